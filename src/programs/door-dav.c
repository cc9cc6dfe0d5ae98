/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for calendars: CalDAV. */
#include "dav/dav.h"
#include "programs/doors.h"

static const TwConfigKey keys[] = {
    { .name = "ical_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where CalDAV is served over HTTP without TLS, \"*:8080\" as a rule. Empty: "
              "nowhere." },
    { .name = "server_timezone",
      .type = TW_CONFIG_STRING,
      .def = "Europe/Amsterdam",
      .help = "Time zone, by its IANA name, of calendar entries whose times name none." },
};

static const TwConfigTable table = {
    .title = "CalDAV",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

typedef struct {
    TwHouse *house;
    TwDav *dav;
    TwListener *first; /* borrowed: the first one that listens */
} Door;

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwDavConfig config = { .zone = tw_config_get_string(house->daemon->config, "server_timezone") };
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    door->dav = tw_dav_new(&config);
    tw_dav_listen_options(door->dav, &options);
    return tw_house_listen(house, "caldav", "ical_listen", &options, &door->first, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    tw_dav_set_server(door->dav, door->house->node->server);
    return TRUE;
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_dav_free(door->dav);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;
    char address[TW_ADDRESS_TEXT_MAX];

    if (door->first == NULL)
        return;
    tw_address_format(tw_listener_get_address(door->first), TRUE, address);
    g_string_append_printf(text, "DAV_URL=http://%s/\n", address);
}

const TwDoor tw_door_dav = {
    .name = "dav",
    .tables = { &table },
    .bind = bind_door,
    .start = start_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
