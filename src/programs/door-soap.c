/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for clients of Zarafa and Kopano: MAPI in SOAP, over Unix sockets and HTTP. */
#include "programs/doors.h"

#include "soapd/soapd.h"

static const TwConfigKey keys[] = {
    { .name = "server_listen",
      .type = TW_CONFIG_LISTEN,
      .help =
          "Where clients are served over HTTP without TLS, \"*:236\" as a rule. Empty: nowhere." },
    { .name = "server_pipe_name",
      .type = TW_CONFIG_PATH,
      .help = "Unix socket for clients on this machine. Who connects there may be known by the "
              "system account, see "
              "local_admin_users and allow_local_users. Empty: none." },
};

static const TwConfigTable table = {
    .title = "SOAP",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

typedef struct {
    TwHouse *house;
    TwSoapd *soapd;
    TwListener *first; /* borrowed: the first one of HTTP */
    TwListener *pipe;  /* borrowed */
} Door;

static gboolean
bind_pipe(Door *door, const TwListenOptions *options, GError **error)
{
    const char *path = tw_config_get_string(door->house->daemon->config, "server_pipe_name");
    g_autoptr(GPtrArray) listeners = NULL;
    g_autofree char *spec = NULL;

    if (*path == '\0')
        return TRUE;
    spec = g_strconcat("unix:", path, NULL);
    if (!tw_listener_open(door->house->daemon->loop, spec, options, &listeners, error))
        return FALSE;
    door->pipe = g_ptr_array_index(listeners, 0);
    tw_log(TW_LOG_NOTICE, "listening", tw_log_str(TW_LOG_LISTENER, path),
           tw_log_str(TW_LOG_MSG, "soap"));
    return TRUE;
}

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    door->soapd = tw_soapd_new(NULL);
    tw_soapd_listen_options(door->soapd, &options);
    if (!tw_house_listen(house, "soap", "server_listen", &options, &door->first, error))
        return FALSE;
    tw_soapd_listen_options(door->soapd, &options);
    return bind_pipe(door, &options, error);
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
stop_door(gpointer data)
{
    Door *door = data;

    tw_soapd_free(door->soapd);
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
    if (door->pipe != NULL)
        g_string_append_printf(text, "SOAP_SOCKET=%s\n", tw_listener_get_path(door->pipe));
}

const TwDoor tw_door_soap = {
    .name = "soap",
    .tables = { &table },
    .bind = bind_door,
    .start = start_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
