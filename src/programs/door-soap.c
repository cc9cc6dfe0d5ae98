/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for clients of Zarafa and Kopano: MAPI in SOAP, over Unix sockets and HTTP. */
#include "programs/doors.h"

#include "programs/users-config.h"
#include "soapd/soapd-config.h"
#include "soapd/soapd.h"

typedef struct {
    TwHouse *house;
    TwSoapd *soapd;
    TwTlsServer *tls;   /* owned, nullable */
    TwListener *first;  /* borrowed, nullable: the first one of HTTP */
    TwListener *inside; /* borrowed, nullable: the first one of HTTPS */
    TwListener *pipe;   /* borrowed, nullable */
} Door;

static gboolean
bind_pipe(Door *door, const char *path, TwListener **ret, GError **error)
{
    g_autoptr(GPtrArray) listeners = NULL;
    g_autofree char *spec = g_strconcat("unix:", path, NULL);
    TwListenOptions options;

    if (*path == '\0')
        return TRUE;
    tw_soapd_listen_options(door->soapd, &options);
    if (!tw_listener_open(door->house->daemon->loop, spec, &options, &listeners, error))
        return FALSE;
    *ret = g_ptr_array_index(listeners, 0);
    tw_log(TW_LOG_NOTICE, "listening", tw_log_str(TW_LOG_LISTENER, path),
           tw_log_str(TW_LOG_MSG, "soap"));
    return TRUE;
}

static gboolean
bind_pipes(Door *door, GError **error)
{
    const TwConfig *config = door->house->daemon->config;
    TwListener *priority = NULL;

    return !tw_config_get_bool(config, "server_pipe_enabled") ||
           (bind_pipe(door, tw_config_get_string(config, "server_pipe_name"), &door->pipe, error) &&
            bind_pipe(door, tw_config_get_string(config, "server_pipe_priority"), &priority,
                      error));
}

static gboolean
bind_tls(Door *door, GError **error)
{
    TwListenOptions options;

    if (!tw_soapd_tls_read(door->house->daemon->config, NULL, &door->tls, error))
        return FALSE;
    if (door->tls == NULL)
        return TRUE;
    tw_soapd_listen_options(door->soapd, &options);
    options.tls = door->tls;
    return tw_house_listen(door->house, "soap over TLS", "server_listen_tls", &options,
                           &door->inside, error);
}

static gboolean
read_keys(Door *door, GError **error)
{
    g_autoptr(GPtrArray) bad = g_ptr_array_new_with_free_func(g_free);
    TwSoapdKeys *keys = tw_soapd_keys_read_config(door->house->daemon->config, bad, error);

    for (guint i = 0; i < bad->len; i++)
        tw_log(TW_LOG_WARNING, "sslkey-ignored", tw_log_str(TW_LOG_FILE, g_ptr_array_index(bad, i)),
               tw_log_str(TW_LOG_REASON,
                          "cannot be read, or is neither a public key nor a certificate in PEM"));
    if (keys == NULL)
        return FALSE;
    tw_soapd_set_keys(door->soapd, keys);
    return TRUE;
}

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwListenOptions options;
    TwSoapdConfig config;

    *ret_door = door;
    door->house = house;
    tw_soapd_config_read(house->daemon->config, &config);
    config.session_timeout_us = tw_users_config_session_timeout_us(house->daemon->config);
    door->soapd = tw_soapd_new(&config);
    tw_soapd_listen_options(door->soapd, &options);
    return tw_house_listen(house, "soap", "server_listen", &options, &door->first, error) &&
           bind_tls(door, error) && read_keys(door, error) && bind_pipes(door, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    tw_soapd_set_server(door->soapd, door->house->server);
    return TRUE;
}

static void
reload_failed(const GError *error)
{
    tw_log(TW_LOG_ERR, "reload-failed", tw_log_str(TW_LOG_ERROR, error->message));
}

/* Certificates and keys of services: what cannot be read leaves those that were there. */
static void
reload_door(gpointer data)
{
    Door *door = data;
    g_autoptr(TwTlsServer) tls = NULL;
    g_autoptr(GError) tls_error = NULL;
    g_autoptr(GError) keys_error = NULL;

    if (door->tls != NULL &&
        !tw_soapd_tls_read(door->house->daemon->config, door->tls, &tls, &tls_error))
        reload_failed(tls_error);
    if (!read_keys(door, &keys_error))
        reload_failed(keys_error);
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_soapd_free(door->soapd);
    tw_tls_server_unref(door->tls);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;
    char address[TW_ADDRESS_TEXT_MAX];

    if (door->first != NULL) {
        tw_address_format(tw_listener_get_address(door->first), TRUE, address);
        g_string_append_printf(text, "SOAP_URL=http://%s/zarafa\n", address);
    }
    if (door->inside != NULL) {
        tw_address_format(tw_listener_get_address(door->inside), TRUE, address);
        g_string_append_printf(text, "SOAP_TLS_URL=https://%s/zarafa\n", address);
    }
    if (door->pipe != NULL)
        g_string_append_printf(text, "SOAP_SOCKET=%s\n", tw_listener_get_path(door->pipe));
}

const TwDoor tw_door_soap = {
    .name = "soap",
    .tables = { &tw_soapd_config_table },
    .bind = bind_door,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
