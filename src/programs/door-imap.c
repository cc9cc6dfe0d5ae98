/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for mail clients: IMAP. */
#include "programs/doors.h"

#include "imap/imap.h"

static const TwConfigKey keys[] = {
    { .name = "imap_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail clients are served by IMAP without TLS. Empty: nowhere." },
};

static const TwConfigTable table = {
    .title = "IMAP",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

typedef struct {
    TwHouse *house;
    TwImap *imap;
    TwListener *first; /* borrowed: the first one that listens */
} Door;

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    door->imap = tw_imap_new();
    tw_imap_listen_options(door->imap, &options);
    return tw_house_listen(house, "imap", "imap_listen", &options, &door->first, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    tw_imap_set_server(door->imap, door->house->node->server);
    return TRUE;
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_imap_free(door->imap);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;

    if (door->first != NULL)
        g_string_append_printf(text, "IMAP_PORT=%u\n", tw_listener_get_address(door->first)->port);
}

const TwDoor tw_door_imap = {
    .name = "imap",
    .table = &table,
    .bind = bind_door,
    .start = start_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
