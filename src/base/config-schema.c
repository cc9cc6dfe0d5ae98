/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Schemas: which keys a file may hold, checked when they are registered so that no table can be half wrong.
 */
#include <string.h>

#include "base/config-private.h"
#include "base/config-value.h"
#include "base/error.h"

enum {
    NAME_MOST = 64 /* bytes; did-you-mean costs the square of it for each key */
};

static void
clear_schema(gpointer box)
{
    TwConfigSchema *schema = box;

    g_array_unref(schema->slots);
    g_array_unref(schema->tables);
    g_hash_table_unref(schema->by_name);
    g_hash_table_unref(schema->elsewhere);
}

TwConfigSchema *
tw_config_schema_new(void)
{
    TwConfigSchema *schema = g_atomic_rc_box_new0(TwConfigSchema);

    schema->slots = g_array_new(FALSE, FALSE, sizeof(TwConfigSlot));
    schema->tables = g_array_new(FALSE, FALSE, sizeof(gpointer));
    schema->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    schema->elsewhere = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return schema;
}

TwConfigSchema *
tw_config_schema_ref(TwConfigSchema *schema)
{
    return g_atomic_rc_box_acquire(schema);
}

void
tw_config_schema_unref(TwConfigSchema *schema)
{
    if (schema != NULL)
        g_atomic_rc_box_release_full(schema, clear_schema);
}

gssize
tw_config_schema_slot(const TwConfigSchema *schema, const char *name)
{
    return (gssize) GPOINTER_TO_SIZE(g_hash_table_lookup(schema->by_name, name)) - 1;
}

gboolean
tw_config_schema_has_key(const TwConfigSchema *schema, const char *name)
{
    return tw_config_schema_slot(schema, name) >= 0 ||
           g_hash_table_contains(schema->elsewhere, name);
}

static gboolean
is_key_name(const char *name)
{
    gsize len = name == NULL ? 0 : strlen(name);

    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_islower(name[i]) && !g_ascii_isdigit(name[i]) && name[i] != '_')
            return FALSE;
    }
    return len > 0 && len <= NAME_MOST;
}

/* What is wrong with a key, or NULL. */
static const char *
find_mistake(const TwConfigKey *key)
{
    if (!is_key_name(key->name))
        return "a name is lower case letters, digits and underscores";
    if (key->help == NULL || *key->help == '\0')
        return "no help text";
    if (key->min > key->max)
        return "the least value is larger than the largest";
    if (key->type == TW_CONFIG_TIME &&
        (key->unit == NULL || tw_config_time_unit(key->unit, strlen(key->unit)) == 0))
        return "a time needs a unit";
    if (key->type == TW_CONFIG_ENUM && (key->choices == NULL || key->choices[0] == NULL))
        return "an enum needs choices";
    if ((key->flags & TW_CONFIG_LEGACY) != 0 && key->instead == NULL)
        return "an old key needs the name of the new one";
    return NULL;
}

static gboolean
check_name_is_free(const TwConfigSchema *schema, GHashTable *fresh, char *name, GError **error)
{
    gboolean taken = tw_config_schema_slot(schema, name) >= 0;

    if (!g_hash_table_add(fresh, name) || taken) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "config key %s is there already", name);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_key(const TwConfigSchema *schema, GHashTable *fresh, const TwConfigKey *key, GError **error)
{
    const char *mistake = find_mistake(key);
    g_auto(GStrv) aliases = g_strsplit(key->aliases == NULL ? "" : key->aliases, " ", -1);

    if (mistake != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "config key %s: %s",
                    key->name == NULL ? "(none)" : key->name, mistake);
        return FALSE;
    }
    if ((key->flags & TW_CONFIG_OBSOLETE) == 0) {
        g_autoptr(TwConfigValue) value = tw_config_value_new(key, key->def == NULL ? "" : key->def,
                                                             TW_CONFIG_FROM_DEFAULT, error);
        if (value == NULL) {
            g_prefix_error(error, "config key %s: default: ", key->name);
            return FALSE;
        }
    }
    if (!check_name_is_free(schema, fresh, g_strdup(key->name), error))
        return FALSE;
    for (char **alias = aliases; *alias != NULL; alias++) {
        if (!check_name_is_free(schema, fresh, g_strdup(*alias), error))
            return FALSE;
    }
    return TRUE;
}

static void
add_key(TwConfigSchema *schema, const TwConfigTable *table, const TwConfigKey *key)
{
    TwConfigSlot slot = { .key = key, .table = table, .def = key->def == NULL ? "" : key->def };
    g_auto(GStrv) aliases = g_strsplit(key->aliases == NULL ? "" : key->aliases, " ", -1);
    gpointer number;

    g_array_append_val(schema->slots, slot);
    number = GSIZE_TO_POINTER((gsize) schema->slots->len);
    g_hash_table_insert(schema->by_name, g_strdup(key->name), number);
    for (char **alias = aliases; *alias != NULL; alias++)
        g_hash_table_insert(schema->by_name, g_strdup(*alias), number);
}

gboolean
tw_config_schema_add(TwConfigSchema *schema, const TwConfigTable *table, GError **error)
{
    g_autoptr(GHashTable) fresh = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_return_val_if_fail(!g_atomic_int_get(&schema->sealed), FALSE);
    for (gsize i = 0; i < table->keys_count; i++) {
        if (!check_key(schema, fresh, &table->keys[i], error))
            return FALSE;
    }
    for (gsize i = 0; i < table->keys_count; i++)
        add_key(schema, table, &table->keys[i]);
    g_array_append_val(schema->tables, table);
    return TRUE;
}

void
tw_config_schema_add_elsewhere(TwConfigSchema *schema, const TwConfigTable *table, const char *file)
{
    g_return_if_fail(!g_atomic_int_get(&schema->sealed));
    for (gsize i = 0; i < table->keys_count; i++)
        g_hash_table_insert(schema->elsewhere, g_strdup(table->keys[i].name), g_strdup(file));
}

gboolean
tw_config_schema_set_default(TwConfigSchema *schema,
                             const char *name,
                             const char *value,
                             GError **error)
{
    gssize at = tw_config_schema_slot(schema, name);
    TwConfigSlot *slot;
    g_autoptr(TwConfigValue) parsed = NULL;

    g_return_val_if_fail(!g_atomic_int_get(&schema->sealed), FALSE);
    if (at < 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no config key %s", name);
        return FALSE;
    }
    slot = &g_array_index(schema->slots, TwConfigSlot, at);
    parsed = tw_config_value_new(slot->key, value, TW_CONFIG_FROM_DEFAULT, error);
    if (parsed == NULL) {
        g_prefix_error(error, "config key %s: default: ", name);
        return FALSE;
    }
    slot->def = value;
    return TRUE;
}

void
tw_config_schema_allow_propmap(TwConfigSchema *schema)
{
    g_return_if_fail(!g_atomic_int_get(&schema->sealed));
    schema->propmap = TRUE;
}

/* Single-character changes, and swaps of neighbours, that lead from one name to the other. Both at most NAME_MOST. */
static guint
distance(const char *a, const char *b)
{
    guint rows[3][NAME_MOST + 1];
    gsize a_len = strlen(a);
    gsize b_len = strlen(b);

    for (guint j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (guint i = 1; i <= a_len; i++) {
        guint *row = rows[i % 3];
        const guint *above = rows[(i + 2) % 3];
        const guint *before = rows[(i + 1) % 3];

        row[0] = i;
        for (guint j = 1; j <= b_len; j++) {
            guint best = above[j - 1] + (a[i - 1] != b[j - 1]);

            best = MIN(best, above[j] + 1);
            best = MIN(best, row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = MIN(best, before[j - 2] + 1);
            row[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *
tw_config_schema_suggest(const TwConfigSchema *schema, const char *name)
{
    const char *best = NULL;
    guint least;
    g_autofree char *lower = g_ascii_strdown(name, -1);

    if (strlen(name) > NAME_MOST)
        return NULL;
    least = (guint) strlen(name) / 3 + 1; /* more would suggest anything for a short name */
    g_strdelimit(lower, "-", '_');
    for (guint i = 0; i < schema->slots->len; i++) {
        const TwConfigKey *key = g_array_index(schema->slots, TwConfigSlot, i).key;
        guint d;

        if ((key->flags & (TW_CONFIG_OBSOLETE | TW_CONFIG_LEGACY)) != 0)
            continue;
        d = distance(lower, key->name);
        if (d < least) {
            least = d;
            best = key->name;
        }
    }
    return best;
}
