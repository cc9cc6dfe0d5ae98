/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for calendars and contacts: CalDAV and CardDAV, plain and inside TLS. TLS has the keys of tls-config.h. */
#include "base/error.h"
#include "dav/dav.h"
#include "programs/doors.h"
#include "programs/tls-config.h"

static const TwConfigKey keys[] = {
    { .name = "ical_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where CalDAV and CardDAV are served over HTTP without TLS, \"*:8080\" as a rule. "
              "Empty: nowhere." },
    { .name = "icals_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where CalDAV and CardDAV are served over HTTPS, \"*:8443\" as a rule; needs "
              "ssl_certificate_file. Empty: nowhere." },
    { .name = "enable_ical_get",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Whether a whole calendar or address book may be fetched as one file." },
    { .name = "server_timezone",
      .type = TW_CONFIG_STRING,
      .def = "Europe/Amsterdam",
      .help = "Time zone, by its IANA name, of calendar entries whose times name none." },
};

static const TwConfigTable table = {
    .title = "CalDAV and CardDAV",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

typedef struct {
    TwHouse *house;
    TwDav *dav;
    TwTlsServer *tls;   /* (owned) (nullable) */
    TwListener *first;  /* borrowed: the first one that listens */
    TwListener *inside; /* borrowed (nullable): the first one inside TLS */
} Door;

static gboolean
bind_inside(Door *door, GError **error)
{
    const TwConfig *config = door->house->daemon->config;
    TwListenOptions options;

    if (*tw_config_get_string(config, "icals_listen") == '\0')
        return TRUE;
    if (!tw_tls_config_read(config, &door->tls, error))
        return FALSE;
    if (door->tls == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "icals_listen needs ssl_certificate_file");
        return FALSE;
    }
    tw_dav_listen_options(door->dav, &options);
    options.tls = door->tls;
    return tw_house_listen(door->house, "caldav over TLS", "icals_listen", &options, &door->inside,
                           error);
}

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    const TwConfig *config = house->daemon->config;
    TwDavConfig dav = { .zone = tw_config_get_string(config, "server_timezone"),
                        .no_whole_calendars = !tw_config_get_bool(config, "enable_ical_get") };
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    door->dav = tw_dav_new(&dav);
    tw_dav_listen_options(door->dav, &options);
    return tw_house_listen(house, "caldav", "ical_listen", &options, &door->first, error) &&
           bind_inside(door, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    tw_dav_set_server(door->dav, door->house->server);
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
    tw_dav_set_whole_calendars(door->dav, tw_config_get_bool(config, "enable_ical_get"));
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_dav_free(door->dav);
    tw_tls_server_unref(door->tls);
    g_free(door);
}

static void
write_endpoint(GString *text, const char *name, const char *scheme, const TwListener *listener)
{
    char address[TW_ADDRESS_TEXT_MAX];

    if (listener == NULL)
        return;
    tw_address_format(tw_listener_get_address(listener), TRUE, address);
    g_string_append_printf(text, "%s=%s://%s/\n", name, scheme, address);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;

    write_endpoint(text, "DAV_URL", "http", door->first);
    write_endpoint(text, "DAVS_URL", "https", door->inside);
}

const TwDoor tw_door_dav = {
    .name = "dav",
    .tables = { &table },
    .bind = bind_door,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
