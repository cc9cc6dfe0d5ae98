/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/doors.h"

struct TwDoors {
    const TwDoor *const *list;
    guint count;
    gpointer *state; /* owned: what bind gave; NULL: not bound */
};

gboolean
tw_house_listen_at(TwHouse *house,
                   const char *what,
                   const char *specs,
                   const TwListenOptions *options,
                   TwListener **ret_first,
                   GError **error)
{
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
tw_house_listen(TwHouse *house,
                const char *what,
                const char *key,
                const TwListenOptions *options,
                TwListener **ret_first,
                GError **error)
{
    return tw_house_listen_at(house, what, tw_config_get_string(house->daemon->config, key),
                              options, ret_first, error);
}

gboolean
tw_doors_add_tables(const TwDoor *const *list, TwConfigSchema *schema, GError **error)
{
    for (guint i = 0; list[i] != NULL; i++) {
        for (guint k = 0; k < G_N_ELEMENTS(list[i]->tables); k++) {
            const TwConfigTable *table = list[i]->tables[k];
            if (table != NULL && !tw_config_schema_add(schema, table, error))
                return FALSE;
        }
    }
    return TRUE;
}

TwDoors *
tw_doors_new(const TwDoor *const *list)
{
    TwDoors *doors = g_new0(TwDoors, 1);

    doors->list = list;
    while (list[doors->count] != NULL)
        doors->count++;
    doors->state = g_new0(gpointer, doors->count);
    return doors;
}

gboolean
tw_doors_bind(TwDoors *doors, TwHouse *house, GError **error)
{
    for (guint i = 0; i < doors->count; i++) {
        if (!doors->list[i]->bind(house, &doors->state[i], error)) {
            g_prefix_error(error, "%s: ", doors->list[i]->name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tw_doors_start(TwDoors *doors, GError **error)
{
    for (guint i = 0; i < doors->count; i++) {
        if (doors->list[i]->start != NULL && !doors->list[i]->start(doors->state[i], error)) {
            g_prefix_error(error, "%s: ", doors->list[i]->name);
            return FALSE;
        }
    }
    return TRUE;
}

void
tw_doors_reloaded(TwDoors *doors)
{
    for (guint i = 0; i < doors->count; i++) {
        if (doors->list[i]->reloaded != NULL)
            doors->list[i]->reloaded(doors->state[i]);
    }
}

void
tw_doors_write_endpoints(TwDoors *doors, GString *text)
{
    for (guint i = 0; i < doors->count; i++) {
        if (doors->list[i]->write_endpoints != NULL)
            doors->list[i]->write_endpoints(doors->state[i], text);
    }
}

void
tw_doors_stop(TwDoors *doors)
{
    if (doors == NULL)
        return;
    for (guint i = doors->count; i-- > 0;) {
        if (doors->state[i] != NULL)
            doors->list[i]->stop(doors->state[i]);
    }
    g_free(doors->state);
    g_free(doors);
}
