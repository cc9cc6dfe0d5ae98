/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/doors.h"

/* All doors there are, in the order in which they are bound and started. */
static const TwDoor *const all[] = {
    &tw_door_monitoring,
};

struct TwDoors {
    gpointer state[G_N_ELEMENTS(all)]; /* what bind gave; NULL: not bound */
};

gboolean
tw_doors_add_tables(TwConfigSchema *schema, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->table != NULL && !tw_config_schema_add(schema, all[i]->table, error))
            return FALSE;
    }
    return TRUE;
}

TwDoors *
tw_doors_new(void)
{
    return g_new0(TwDoors, 1);
}

gboolean
tw_doors_bind(TwDoors *doors, TwHouse *house, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!all[i]->bind(house, &doors->state[i], error)) {
            g_prefix_error(error, "%s: ", all[i]->name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tw_doors_start(TwDoors *doors, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->start != NULL && !all[i]->start(doors->state[i], error)) {
            g_prefix_error(error, "%s: ", all[i]->name);
            return FALSE;
        }
    }
    return TRUE;
}

void
tw_doors_reloaded(TwDoors *doors)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->reloaded != NULL)
            all[i]->reloaded(doors->state[i]);
    }
}

void
tw_doors_write_endpoints(TwDoors *doors, GString *text)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->write_endpoints != NULL)
            all[i]->write_endpoints(doors->state[i], text);
    }
}

void
tw_doors_stop(TwDoors *doors)
{
    if (doors == NULL)
        return;
    for (guint i = G_N_ELEMENTS(all); i-- > 0;) {
        if (doors->state[i] != NULL)
            all[i]->stop(doors->state[i]);
    }
    g_free(doors);
}
