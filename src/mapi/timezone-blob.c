/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The two time zone blobs, both ways (spec/mailbox-layout.md 18, all little-endian):
 *
 *   struct (48 bytes): 3 x 32-bit bias; 16-bit year, date: standard; 16-bit year, date: daylight.
 *   definition: 8-bit major 2, minor 1; 16-bit bytes from the next field to the count; 16-bit reserved 2; 16-bit units of key
 *     name, key name; 16-bit count; rules.
 *   rule (66 bytes): 8-bit major 2, minor 1; 16-bit bytes that follow (62); 16-bit flags, year; 14 bytes of the rest of that
 *     SYSTEMTIME, zero; 3 x 32-bit bias; dates: standard, daylight.
 *   date (SYSTEMTIME): 16-bit year, month, weekday, day, hour, minute, second, millisecond.
 */
#include "mapi/timezone.h"

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "mapi/civil.h"
#include "mapi/timezone-private.h"
#include "mapi/utf16-private.h"

enum {
    MAJOR = 2,
    MINOR = 1,
    RESERVED = 2,
    RULE_LEN = 66,
    RULE_BODY = 62,
};

static gboolean
take_date(TwCursor *cur, TwSystemTime *ret_date)
{
    return tw_cursor_take_u16le(cur, &ret_date->year) &&
           tw_cursor_take_u16le(cur, &ret_date->month) &&
           tw_cursor_take_u16le(cur, &ret_date->weekday) &&
           tw_cursor_take_u16le(cur, &ret_date->day) &&
           tw_cursor_take_u16le(cur, &ret_date->hour) &&
           tw_cursor_take_u16le(cur, &ret_date->minute) &&
           tw_cursor_take_u16le(cur, &ret_date->second) &&
           tw_cursor_take_u16le(cur, &ret_date->millisecond);
}

static gboolean
take_bias(TwCursor *cur, gint32 *ret_bias)
{
    guint32 value;

    if (!tw_cursor_take_u32le(cur, &value))
        return FALSE;
    *ret_bias = (gint32) value;
    return TRUE;
}

static gboolean
take_biases(TwCursor *cur, TwTimeZoneRule *rule)
{
    return take_bias(cur, &rule->bias) && take_bias(cur, &rule->standard_bias) &&
           take_bias(cur, &rule->daylight_bias);
}

static TwTimeZone *
corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "time zone blob: %s", what);
    return NULL;
}

TwTimeZone *
tw_timezone_parse_struct(const guint8 *data, gsize len, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwTimeZoneRule rule = { 0 };

    if (!take_biases(&cur, &rule) || !tw_cursor_skip(&cur, 2) || !take_date(&cur, &rule.standard) ||
        !tw_cursor_skip(&cur, 2) || !take_date(&cur, &rule.daylight))
        return corrupt(error, "struct is cut");
    if (!tw_timezone_rule_check(&rule))
        return corrupt(error, "struct has numbers out of range");
    return tw_timezone_new(NULL, &rule, 1, error);
}

/* A rule says its length, which may grow in later minor versions. */
static gboolean
take_rule(TwCursor *cur, TwTimeZoneRule *rule)
{
    guint8 major, minor;
    guint16 size;
    TwCursor body;

    return tw_cursor_take_u8(cur, &major) && tw_cursor_take_u8(cur, &minor) &&
           tw_cursor_take_u16le(cur, &size) && major == MAJOR && size >= RULE_BODY &&
           tw_cursor_take_cursor(cur, size, &body) && tw_cursor_take_u16le(&body, &rule->flags) &&
           tw_cursor_take_u16le(&body, &rule->year) && tw_cursor_skip(&body, 14) &&
           take_biases(&body, rule) && take_date(&body, &rule->standard) &&
           take_date(&body, &rule->daylight);
}

static gboolean
take_header(TwCursor *cur, char **ret_name, guint16 *ret_count, GError **error)
{
    guint8 major, minor;
    guint16 size, reserved, units;
    const guint8 *name;

    if (!tw_cursor_take_u8(cur, &major) || !tw_cursor_take_u8(cur, &minor) ||
        !tw_cursor_take_u16le(cur, &size) || !tw_cursor_take_u16le(cur, &reserved) ||
        !tw_cursor_take_u16le(cur, &units) || major != MAJOR ||
        !tw_cursor_take(cur, (gsize) units * 2, &name) || !tw_cursor_take_u16le(cur, ret_count)) {
        corrupt(error, "header is cut or of another version");
        return FALSE;
    }
    if (units > TW_TIMEZONE_MAX_NAME || *ret_count > TW_TIMEZONE_MAX_RULES) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "time zone blob: name or rules past the limit");
        return FALSE;
    }
    if (*ret_count == 0 || *ret_count > cur->left / RULE_LEN) {
        corrupt(error, "no rules, or more than bytes");
        return FALSE;
    }
    *ret_name = tw_utf16_to_utf8(name, units);
    return TRUE;
}

/* In place, stable: by year; of one year the last stays. */
static guint
sort_rules(TwTimeZoneRule *rules, guint count)
{
    guint kept = 0;

    for (guint i = 0; i < count; i++) { /* insertion: few, and nearly always sorted */
        TwTimeZoneRule rule = rules[i];
        guint at = i;
        for (; at > 0 && rules[at - 1].year > rule.year; at--)
            rules[at] = rules[at - 1];
        rules[at] = rule;
    }
    for (guint i = 0; i < count; i++) {
        if (kept > 0 && rules[kept - 1].year == rules[i].year)
            kept--;
        rules[kept++] = rules[i];
    }
    return kept;
}

TwTimeZone *
tw_timezone_parse_definition(const guint8 *data, gsize len, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    g_autofree char *name = NULL;
    g_autofree TwTimeZoneRule *rules = NULL;
    guint16 count;

    if (!take_header(&cur, &name, &count, error))
        return NULL;
    rules = g_new0(TwTimeZoneRule, count);
    for (guint i = 0; i < count; i++) {
        if (!take_rule(&cur, &rules[i]) || !tw_timezone_rule_check(&rules[i]))
            return corrupt(error, "rule is cut or has numbers out of range");
    }
    return tw_timezone_new(name, rules, sort_rules(rules, count), error);
}

static void
put_date(TwBuffer *buf, const TwSystemTime *date)
{
    tw_buffer_put_u16le(buf, date->year);
    tw_buffer_put_u16le(buf, date->month);
    tw_buffer_put_u16le(buf, date->weekday);
    tw_buffer_put_u16le(buf, date->day);
    tw_buffer_put_u16le(buf, date->hour);
    tw_buffer_put_u16le(buf, date->minute);
    tw_buffer_put_u16le(buf, date->second);
    tw_buffer_put_u16le(buf, date->millisecond);
}

static void
put_biases(TwBuffer *buf, const TwTimeZoneRule *rule)
{
    tw_buffer_put_u32le(buf, (guint32) rule->bias);
    tw_buffer_put_u32le(buf, (guint32) rule->standard_bias);
    tw_buffer_put_u32le(buf, (guint32) rule->daylight_bias);
}

GBytes *
tw_timezone_write_struct(const TwTimeZone *zone, int year)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(TW_TIMEZONE_STRUCT_LEN);
    TwTimeZoneRule rule;

    tw_timezone_get_rule(zone, year, &rule);
    put_biases(&buf, &rule);
    tw_buffer_put_u16le(&buf, rule.standard.year);
    put_date(&buf, &rule.standard);
    tw_buffer_put_u16le(&buf, rule.daylight.year);
    put_date(&buf, &rule.daylight);
    return tw_buffer_steal_bytes(&buf, NULL);
}

static void
put_rule(TwBuffer *buf, const TwTimeZoneRule *rule, guint16 flags)
{
    tw_buffer_put_u8(buf, MAJOR);
    tw_buffer_put_u8(buf, MINOR);
    tw_buffer_put_u16le(buf, RULE_BODY);
    tw_buffer_put_u16le(buf, flags);
    tw_buffer_put_u16le(buf, rule->year);
    tw_buffer_put_zeros(buf, 14);
    put_biases(buf, rule);
    put_date(buf, &rule->standard);
    put_date(buf, &rule->daylight);
}

/* The rule in force in a year, as readers look it up. */
static guint
effective_rule(const GArray *rules, int year)
{
    guint found = 0;

    for (guint i = 1; i < rules->len; i++) {
        if (g_array_index(rules, TwTimeZoneRule, i).year <= year)
            found = i;
    }
    return found;
}

GBytes *
tw_timezone_write_definition(const TwTimeZone *zone,
                             int first_year,
                             int last_year,
                             int effective_year,
                             gboolean recurring,
                             GError **error)
{
    g_auto(TwBuffer) buf =
        TW_BUFFER_INIT(8 + 2 * TW_TIMEZONE_MAX_NAME + 2 + TW_TIMEZONE_MAX_RULES * RULE_LEN);
    g_autoptr(GArray) rules = tw_timezone_get_rules(zone, first_year, last_year);
    const char *name = zone->key_name ? zone->key_name : zone->iana_name ? zone->iana_name : "";
    gsize units = tw_utf16_units(name);
    guint16 flags = TW_TIMEZONE_RULE_EFFECTIVE | (recurring ? TW_TIMEZONE_RULE_RECURRENCE : 0);
    guint effective = effective_rule(rules, effective_year);

    if (rules->len == 0 || rules->len > TW_TIMEZONE_MAX_RULES || units > TW_TIMEZONE_MAX_NAME) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "time zone: %u rules", rules->len);
        return NULL;
    }
    tw_buffer_put_u8(&buf, MAJOR);
    tw_buffer_put_u8(&buf, MINOR);
    tw_buffer_put_u16le(&buf, (guint16) (6 + 2 * units));
    tw_buffer_put_u16le(&buf, RESERVED);
    tw_buffer_put_u16le(&buf, (guint16) units);
    tw_utf16_put(&buf, name);
    tw_buffer_put_u16le(&buf, (guint16) rules->len);
    for (guint i = 0; i < rules->len; i++)
        put_rule(&buf, &g_array_index(rules, TwTimeZoneRule, i), i == effective ? flags : 0);
    return tw_buffer_steal_bytes(&buf, error);
}

static TwTimeZone *
parse_bytes(GBytes *bytes, TwTimeZone *(*parse)(const guint8 *data, gsize len, GError **error))
{
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data(bytes, &len);
    return parse(data, len, NULL);
}

/* The marked rule, or else the last. */
static const TwTimeZoneRule *
marked_rule(const TwTimeZone *zone)
{
    for (guint i = 0; i < zone->rule_count; i++) {
        if (zone->rules[i].flags & TW_TIMEZONE_RULE_EFFECTIVE)
            return &zone->rules[i];
    }
    return &zone->rules[zone->rule_count - 1];
}

TwTimeZone *
tw_timezone_for_series(GBytes *recur_definition,
                       GBytes *time_zone_struct,
                       GBytes *display_definition,
                       TwTimeZone *fallback)
{
    g_autoptr(TwTimeZone) definition = parse_bytes(recur_definition, tw_timezone_parse_definition);
    g_autoptr(TwTimeZone) plain = parse_bytes(time_zone_struct, tw_timezone_parse_struct);

    if (definition != NULL &&
        (plain == NULL || tw_timezone_rule_equal(marked_rule(definition), &plain->rules[0])))
        return g_steal_pointer(&definition);
    if (plain != NULL)
        return g_steal_pointer(&plain);
    if ((definition = parse_bytes(display_definition, tw_timezone_parse_definition)) != NULL)
        return g_steal_pointer(&definition);
    return fallback != NULL ? tw_timezone_ref(fallback) : NULL;
}
