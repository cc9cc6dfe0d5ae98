/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The configuration object: values by name, immutable once its load has returned it.
 */
#include "base/config.h"

#include <string.h>

#include "base/config-private.h"
#include "base/error.h"

static void
clear_config(gpointer box)
{
    TwConfig *config = box;

    for (guint i = 0; i < config->schema->slots->len; i++)
        tw_config_value_unref(config->values[i]);
    g_free(config->values);
    g_ptr_array_unref(config->propmap);
    tw_config_schema_unref(config->schema);
}

TwConfig *
tw_config_ref(const TwConfig *config)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the count changes, the object does not */
    return g_atomic_rc_box_acquire((gpointer) (guintptr) config);
}

void
tw_config_unref(TwConfig *config)
{
    if (config != NULL)
        g_atomic_rc_box_release_full(config, clear_config);
}

static const char *
type_name(TwConfigType type)
{
    static const char *const names[] = {
        [TW_CONFIG_BOOL] = "bool",     [TW_CONFIG_INT] = "int",   [TW_CONFIG_SIZE] = "size",
        [TW_CONFIG_TIME] = "time",     [TW_CONFIG_ENUM] = "enum", [TW_CONFIG_STRING] = "string",
        [TW_CONFIG_PATH] = "path",     [TW_CONFIG_LIST] = "list", [TW_CONFIG_SECRET] = "secret",
        [TW_CONFIG_LISTEN] = "listen", [TW_CONFIG_URL] = "url",
    };

    return names[type];
}

/* A name or type that does not fit is a mistake of ours that any run shows at once: no way to go on. */
static const TwConfigValue *
find(const TwConfig *config, const char *name)
{
    gssize at = tw_config_schema_slot(config->schema, name);

    if (at < 0)
        g_error("config key %s is read, but no table has it", name);
    return config->values[at];
}

static const TwConfigValue *
find_typed(const TwConfig *config, const char *name, TwConfigType type)
{
    const TwConfigValue *value = find(config, name);

    if (value->type != type)
        g_error("config key %s is read as %s, but is of type %s", name, type_name(type),
                type_name(value->type));
    return value;
}

gboolean
tw_config_is_set(const TwConfig *config, const char *name)
{
    return find(config, name)->origin >= TW_CONFIG_FROM_FILE;
}

gboolean
tw_config_get_bool(const TwConfig *config, const char *name)
{
    return find_typed(config, name, TW_CONFIG_BOOL)->number != 0;
}

gint64
tw_config_get_int(const TwConfig *config, const char *name)
{
    return find_typed(config, name, TW_CONFIG_INT)->number;
}

guint64
tw_config_get_size(const TwConfig *config, const char *name)
{
    return (guint64) find_typed(config, name, TW_CONFIG_SIZE)->number;
}

gint64
tw_config_get_time_ms(const TwConfig *config, const char *name)
{
    return find_typed(config, name, TW_CONFIG_TIME)->number;
}

guint
tw_config_get_enum(const TwConfig *config, const char *name)
{
    return (guint) find_typed(config, name, TW_CONFIG_ENUM)->number;
}

const char *
tw_config_get_string(const TwConfig *config, const char *name)
{
    const TwConfigValue *value = find(config, name);

    if (value->text == NULL)
        g_error("config key %s is a secret and has no text", name);
    return value->text;
}

const char *const *
tw_config_get_list(const TwConfig *config, const char *name)
{
    return (const char *const *) find_typed(config, name, TW_CONFIG_LIST)->u.list;
}

TwSecret *
tw_config_get_secret(const TwConfig *config, const char *name)
{
    return find_typed(config, name, TW_CONFIG_SECRET)->u.secret;
}

const GPtrArray *
tw_config_get_listen(const TwConfig *config, const char *name)
{
    return find_typed(config, name, TW_CONFIG_LISTEN)->u.listen;
}

const TwServerUrl *
tw_config_get_url(const TwConfig *config, const char *name)
{
    return find_typed(config, name, TW_CONFIG_URL)->u.url;
}

const GPtrArray *
tw_config_get_propmap(const TwConfig *config)
{
    return config->propmap;
}

gboolean
tw_config_set(TwConfig *draft, const char *name, const char *value, GError **error)
{
    gssize at = tw_config_schema_slot(draft->schema, name);
    TwConfigValue *fresh;

    g_return_val_if_fail(draft->draft && at >= 0, FALSE);
    fresh = tw_config_value_new(g_array_index(draft->schema->slots, TwConfigSlot, at).key, value,
                                TW_CONFIG_FROM_TABLE, error);
    if (fresh == NULL) {
        g_prefix_error(error, "%s: \"%s\" ", name, value);
        return FALSE;
    }
    tw_config_value_unref(draft->values[at]);
    draft->values[at] = fresh;
    return TRUE;
}

gboolean
tw_config_translate_listen(TwConfig *draft,
                           const char *bind,
                           const char *enabled,
                           const char *port,
                           const char *listen,
                           GError **error)
{
    gboolean on = enabled == NULL || tw_config_get_bool(draft, enabled);
    gboolean on_is_set = enabled != NULL && tw_config_is_set(draft, enabled);
    const char *address = bind != NULL ? tw_config_get_string(draft, bind) : "";
    gboolean v6 = strchr(address, ':') != NULL && address[0] != '[';
    g_autofree char *spec = NULL;

    if (tw_config_is_set(draft, listen))
        return TRUE;
    if (!on)
        return !on_is_set || tw_config_set(draft, listen, "", error);
    if (!on_is_set && (bind == NULL || !tw_config_is_set(draft, bind)) &&
        !tw_config_is_set(draft, port))
        return TRUE;
    spec =
        g_strdup_printf("%s%s%s:%" G_GINT64_FORMAT, v6 ? "[" : "", *address == '\0' ? "*" : address,
                        v6 ? "]" : "", tw_config_get_int(draft, port));
    return tw_config_set(draft, listen, spec, error);
}
