/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From the text of a value to the value, as its key's row says. A value is only made when it is right.
 */
#include <string.h>

#include "base/config-private.h"
#include "base/config-value.h"
#include "base/error.h"

static gboolean
refuse(GError **error, const char *message)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, message);
    return FALSE;
}

static gboolean
parse_bool(TwConfigValue *value, const char *text, GError **error)
{
    gboolean yes = FALSE;

    if (*text != '\0' && !tw_config_parse_bool(text, strlen(text), &yes))
        return refuse(error, "is neither yes nor no");
    value->number = yes;
    return TRUE;
}

static gboolean
check_bounds(const TwConfigKey *key, gint64 number, gint64 factor, GError **error)
{
    gint64 max = key->max;
    gint64 scaled_min;
    gint64 scaled_max;

    if (key->min == 0 && key->max == 0)
        max = key->type == TW_CONFIG_INT ? G_MAXINT32 : G_MAXINT64;
    if (__builtin_mul_overflow(max, factor, &scaled_max))
        scaled_max = G_MAXINT64;
    if (__builtin_mul_overflow(key->min, factor, &scaled_min))
        scaled_min = G_MININT64;
    if (number >= scaled_min && number <= scaled_max)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                "is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT "%s%s", key->min, max,
                key->unit == NULL ? "" : " ", key->unit == NULL ? "" : key->unit);
    return FALSE;
}

static gboolean
parse_number(TwConfigValue *value, const TwConfigKey *key, const char *text, GError **error)
{
    gsize len = strlen(text);
    gint64 factor = 1;

    /* A number that is unset by default may be unset in the file. */
    if (len == 0 && (key->def == NULL || *key->def == '\0'))
        return TRUE;
    switch (key->type) {
    case TW_CONFIG_INT:
        if (!tw_config_parse_int(text, len, (key->flags & TW_CONFIG_HEX) != 0, &value->number))
            return refuse(error, "is not a number");
        break;
    case TW_CONFIG_SIZE:
        if (!tw_config_parse_size(text, len, &value->number))
            return refuse(error, "is not a size (a number, perhaps with k, m or g)");
        break;
    default:
        factor = tw_config_time_unit(key->unit, strlen(key->unit));
        if (!tw_config_parse_time(text, len, factor, &value->number))
            return refuse(error, "is not a time (a number, perhaps with ms, s, min, h or d)");
        break;
    }
    return check_bounds(key, value->number, factor, error);
}

/* TRUE when the text is one of the spellings in "no|false|0". */
static gboolean
is_choice(const char *choice, const char *text)
{
    g_auto(GStrv) spellings = g_strsplit(choice, "|", -1);

    for (char **spelling = spellings; *spelling != NULL; spelling++) {
        if (g_ascii_strcasecmp(*spelling, text) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
parse_enum(TwConfigValue *value, const TwConfigKey *key, const char *text, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (guint i = 0; key->choices[i] != NULL; i++) {
        if (is_choice(key->choices[i], text)) {
            value->number = i;
            return TRUE;
        }
        g_string_append_printf(known, "%s%.*s", i > 0 ? ", " : "",
                               (int) strcspn(key->choices[i], "|"), key->choices[i]);
    }
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "is none of %s", known->str);
    return FALSE;
}

static gboolean
parse_value(TwConfigValue *value, const TwConfigKey *key, const char *text, GError **error)
{
    gsize len = strlen(text);

    if (len == 0 && (key->flags & TW_CONFIG_NON_EMPTY) != 0)
        return refuse(error, "must not be empty");
    switch (key->type) {
    case TW_CONFIG_BOOL:
        return parse_bool(value, text, error);
    case TW_CONFIG_INT:
    case TW_CONFIG_SIZE:
    case TW_CONFIG_TIME:
        return parse_number(value, key, text, error);
    case TW_CONFIG_ENUM:
        return parse_enum(value, key, text, error);
    case TW_CONFIG_STRING:
    case TW_CONFIG_PATH:
        return TRUE;
    case TW_CONFIG_LIST:
        value->u.list = tw_config_parse_list(text, len, error);
        return value->u.list != NULL;
    case TW_CONFIG_SECRET:
        value->u.secret = tw_secret_new(text, len);
        return TRUE;
    case TW_CONFIG_LISTEN:
        value->u.listen = tw_listen_list_parse(text, len, error);
        return value->u.listen != NULL;
    case TW_CONFIG_URL:
        if (len == 0)
            text = "default:";
        value->u.url = tw_server_url_parse(text, strlen(text), error);
        return value->u.url != NULL;
    }
    g_assert_not_reached();
}

TwConfigValue *
tw_config_value_new(const TwConfigKey *key, const char *text, TwConfigOrigin origin, GError **error)
{
    g_autoptr(TwConfigValue) value = g_atomic_rc_box_new0(TwConfigValue);

    value->type = key->type;
    value->origin = origin;
    if ((key->flags & TW_CONFIG_OBSOLETE) == 0 && !parse_value(value, key, text, error))
        return NULL;
    if (key->type != TW_CONFIG_SECRET)
        value->text = g_strdup(text);
    return g_steal_pointer(&value);
}

static void
clear_value(gpointer box)
{
    TwConfigValue *value = box;

    g_free(value->text);
    if (value->u.any == NULL)
        return;
    switch (value->type) {
    case TW_CONFIG_LIST:
        g_strfreev(value->u.list);
        break;
    case TW_CONFIG_SECRET:
        tw_secret_unref(value->u.secret);
        break;
    case TW_CONFIG_LISTEN:
        g_ptr_array_unref(value->u.listen);
        break;
    case TW_CONFIG_URL:
        tw_server_url_free(value->u.url);
        break;
    default:
        break;
    }
}

void
tw_config_value_unref(TwConfigValue *value)
{
    if (value != NULL)
        g_atomic_rc_box_release_full(value, clear_value);
}

gboolean
tw_config_value_equal(const TwConfigValue *a, const TwConfigValue *b)
{
    if (a->type == TW_CONFIG_SECRET && a->u.secret != NULL && b->u.secret != NULL) {
        gsize len;
        const char *bytes = tw_secret_reveal(b->u.secret, &len);
        return tw_secret_equal(a->u.secret, bytes, len);
    }
    return g_strcmp0(a->text, b->text) == 0;
}
