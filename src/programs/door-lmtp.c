/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for mail servers: LMTP. */
#include "programs/doors.h"

#include "lmtp/lmtp.h"

static const TwConfigKey keys[] = {
    { .name = "lmtp_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where the mail server of this host hands over mail by LMTP. Whoever reaches it can "
              "put mail into any mailbox, so offer it to that mail server only. Empty: nowhere." },
};

static const TwConfigTable table = {
    .title = "Mail in",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

typedef struct {
    TwHouse *house;
    TwLmtp *lmtp;
    TwListener *first; /* borrowed: the first one that listens */
} Door;

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    door->lmtp = tw_lmtp_new(NULL);
    tw_lmtp_listen_options(door->lmtp, &options);
    return tw_house_listen(house, "lmtp", "lmtp_listen", &options, &door->first, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    tw_lmtp_set_server(door->lmtp, door->house->node->server);
    return TRUE;
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_lmtp_free(door->lmtp);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;

    if (door->first != NULL)
        g_string_append_printf(text, "LMTP_PORT=%u\n", tw_listener_get_address(door->first)->port);
}

const TwDoor tw_door_lmtp = {
    .name = "lmtp",
    .table = &table,
    .bind = bind_door,
    .start = start_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
