/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/doors.h"

/* All doors there are, in the order in which they are bound and started. */
static const TwDoor *const all[] = {
    &tw_door_monitoring,
    &tw_door_lmtp,
    &tw_door_imap,
    &tw_door_spooler,
};

struct TwDoors {
    gpointer state[G_N_ELEMENTS(all)]; /* what bind gave; NULL: not bound */
};

gboolean
tw_house_listen(TwHouse *house,
                const char *what,
                const char *key,
                const TwListenOptions *options,
                TwListener **ret_first,
                GError **error)
{
    const char *specs = tw_config_get_string(house->daemon->config, key);
    g_autoptr(GPtrArray) listeners = NULL;

    if (!tw_listener_open(house->daemon->loop, specs, options, &listeners, error))
        return FALSE;
    *ret_first = listeners->len > 0 ? g_ptr_array_index(listeners, 0) : NULL;
    for (guint i = 0; i < listeners->len; i++) {
        char address[TW_ADDRESS_TEXT_MAX];
        tw_address_format(tw_listener_get_address(g_ptr_array_index(listeners, i)), TRUE, address);
        tw_log(TW_LOG_NOTICE, "listening", tw_log_str(TW_LOG_LISTENER, address),
               tw_log_str(TW_LOG_MSG, what));
    }
    return TRUE;
}

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
