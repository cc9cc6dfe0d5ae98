/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The doors for mail clients: IMAP and POP3. They differ in what is made, and in nothing of how it is run. Both read the keys
 * of this file and of tls-config.h; the older switches and ports (imap_enable, imap_port ...) become lists of listeners.
 */
#include "programs/doors.h"

#include "imap/imap-config.h"
#include "pop3/pop3-config.h"
#include "programs/tls-config.h"

/* What one of them is. */
typedef struct {
    const char *name, *endpoint, *listen; /* in the clear, and with STARTTLS */
    const char *name_inside, *endpoint_inside, *listen_inside;
    gpointer (*make)(const TwConfig *config, TwTlsServer *tls);
    void (*listen_options)(gpointer self, TwListenOptions *ret);
    gboolean (*listen_tls_options)(gpointer self, TwListenOptions *ret);
    void (*start)(gpointer self, TwHouse *house);
    void (*reloaded)(gpointer self, const TwConfig *config);
    void (*free)(gpointer self);
} Kind;

typedef struct {
    const Kind *kind;
    TwHouse *house;
    TwTlsServer *tls;   /* nullable */
    gpointer self;      /* of the kind */
    TwListener *first;  /* borrowed: the first one that listens */
    TwListener *inside; /* borrowed (nullable): the first one inside TLS */
} Door;

/* ---- keys that both have; they stand in the schema once, with IMAP ---- */

static const TwConfigKey client_keys[] = {
    { .name = "disable_plaintext_auth",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Refuse passwords on connections without TLS, but for those from this host." },
    { .name = "bypass_auth",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Take any password from IMAP clients on this host. Only for migrations by a program "
              "that runs "
              "here, never while somebody else may log in to this host." },
    { .name = "server_hostname",
      .type = TW_CONFIG_STRING,
      .help = "Name of this host in greetings. Empty: what the system says." },
    { .name = "server_hostname_greeting",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Say the name of this host in greetings." },
};

static const TwConfigTable client_table = {
    .title = "Mail clients",
    .keys = client_keys,
    .keys_count = G_N_ELEMENTS(client_keys),
};

/* ---- what a door does ---- */

static gboolean
bind_inside(Door *door, GError **error)
{
    const Kind *kind = door->kind;
    TwListenOptions options;

    if (*tw_config_get_string(door->house->daemon->config, kind->listen_inside) == '\0')
        return TRUE;
    if (!kind->listen_tls_options(door->self, &options)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s needs ssl_certificate_file",
                    kind->listen_inside);
        return FALSE;
    }
    return tw_house_listen(door->house, kind->name_inside, kind->listen_inside, &options,
                           &door->inside, error);
}

static gboolean
bind_door(const Kind *kind, TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwListenOptions options;

    *ret_door = door;
    door->kind = kind;
    door->house = house;
    if (!tw_tls_config_read(house->daemon->config, &door->tls, error))
        return FALSE;
    door->self = kind->make(house->daemon->config, door->tls);
    kind->listen_options(door->self, &options);
    return tw_house_listen(house, kind->name, kind->listen, &options, &door->first, error) &&
           bind_inside(door, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    door->kind->start(door->self, door->house);
    return TRUE;
}

static void
reload_door(gpointer data)
{
    Door *door = data;
    const TwConfig *config = door->house->daemon->config;
    g_autoptr(GError) error = NULL;

    if (!tw_tls_config_reload(config, door->tls, &error))
        tw_log(TW_LOG_ERR, "tls-reload-failed", tw_log_error(error));
    door->kind->reloaded(door->self, config);
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    if (door->self != NULL)
        door->kind->free(door->self);
    tw_tls_server_unref(door->tls);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;

    if (door->first != NULL)
        g_string_append_printf(text, "%s=%u\n", door->kind->endpoint,
                               tw_listener_get_address(door->first)->port);
    if (door->inside != NULL)
        g_string_append_printf(text, "%s=%u\n", door->kind->endpoint_inside,
                               tw_listener_get_address(door->inside)->port);
}

/* ---- IMAP ---- */

static void
reload_imap(gpointer self, const TwConfig *config)
{
    TwImapOptions options;

    tw_imap_options_read(config, &options);
    tw_imap_set_options(self, &options);
}

static gpointer
make_imap(const TwConfig *config, TwTlsServer *tls)
{
    TwImap *imap = tw_imap_new();

    reload_imap(imap, config);
    tw_imap_set_tls(imap, tls);
    return imap;
}

static void
imap_listen_options(gpointer self, TwListenOptions *ret)
{
    tw_imap_listen_options(self, ret);
}

static gboolean
imap_listen_tls_options(gpointer self, TwListenOptions *ret)
{
    return tw_imap_listen_tls_options(self, ret);
}

static void
start_imap(gpointer self, TwHouse *house)
{
    tw_imap_set_metrics(self, house->daemon->metrics);
    tw_imap_set_server(self, house->server);
}

static void
free_imap(gpointer self)
{
    tw_imap_free(self);
}

static const Kind imap = {
    .name = "imap",
    .endpoint = "IMAP_PORT",
    .listen = "imap_listen",
    .name_inside = "imaps",
    .endpoint_inside = "IMAPS_PORT",
    .listen_inside = "imaps_listen",
    .make = make_imap,
    .listen_options = imap_listen_options,
    .listen_tls_options = imap_listen_tls_options,
    .start = start_imap,
    .reloaded = reload_imap,
    .free = free_imap,
};

static gboolean
bind_imap(TwHouse *house, gpointer *ret_door, GError **error)
{
    return bind_door(&imap, house, ret_door, error);
}

const TwDoor tw_door_imap = {
    .name = "imap",
    .tables = { &tw_imap_config_table, &client_table, &tw_tls_config_table },
    .bind = bind_imap,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};

/* ---- POP3 ---- */

static void
reload_pop3(gpointer self, const TwConfig *config)
{
    TwPop3Options options;

    tw_pop3_options_read(config, &options);
    tw_pop3_set_options(self, &options);
}

static gpointer
make_pop3(const TwConfig *config, TwTlsServer *tls)
{
    TwPop3 *pop3 = tw_pop3_new();

    reload_pop3(pop3, config);
    tw_pop3_set_tls(pop3, tls);
    return pop3;
}

static void
pop3_listen_options(gpointer self, TwListenOptions *ret)
{
    tw_pop3_listen_options(self, ret);
}

static gboolean
pop3_listen_tls_options(gpointer self, TwListenOptions *ret)
{
    return tw_pop3_listen_tls_options(self, ret);
}

static void
start_pop3(gpointer self, TwHouse *house)
{
    tw_pop3_set_server(self, house->server);
}

static void
free_pop3(gpointer self)
{
    tw_pop3_free(self);
}

static const Kind pop3 = {
    .name = "pop3",
    .endpoint = "POP3_PORT",
    .listen = "pop3_listen",
    .name_inside = "pop3s",
    .endpoint_inside = "POP3S_PORT",
    .listen_inside = "pop3s_listen",
    .make = make_pop3,
    .listen_options = pop3_listen_options,
    .listen_tls_options = pop3_listen_tls_options,
    .start = start_pop3,
    .reloaded = reload_pop3,
    .free = free_pop3,
};

static gboolean
bind_pop3(TwHouse *house, gpointer *ret_door, GError **error)
{
    return bind_door(&pop3, house, ret_door, error);
}

const TwDoor tw_door_pop3 = {
    .name = "pop3",
    .tables = { &tw_pop3_config_table },
    .bind = bind_pop3,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
