/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Not a door but an agent that lives like one: it sends the mail that mailboxes have submitted. */
#include "programs/doors.h"

#include "base/log.h"
#include "spooler/spooler.h"

typedef struct {
    TwHouse *house;
    TwSpooler *spooler; /* NULL until the node is open */
} Door;

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);

    (void) error;
    *ret_door = door;
    door->house = house;
    return TRUE;
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    door->spooler =
        tw_spooler_start(door->house->node->server, door->house->daemon->config, NULL, NULL, error);
    return door->spooler != NULL;
}

static void
reload_door(gpointer data)
{
    Door *door = data;
    g_autoptr(GError) error = NULL;

    if (!tw_spooler_reload(door->spooler, door->house->daemon->config, &error))
        tw_log(TW_LOG_ERR, "reload-failed", tw_log_error(error));
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_spooler_stop(door->spooler);
    g_free(door);
}

const TwDoor tw_door_spooler = {
    .name = "spooler",
    .tables = { &tw_spooler_config_table },
    .bind = bind_door,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
};
