/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Time zones: what MAPI's blobs say of them, their IANA and Windows names, and wall clock <-> UTC. [MS-OXOCAL] 2.2.1.39-44,
 * spec/mailbox-layout.md 18.
 *
 * A zone is immutable, counted, and comes from one of two places. From a blob it has the rules Windows knows: two changes a
 * year, valid from a year on. From the bytes of an IANA zone file (TZif, /usr/share/zoneinfo; the caller reads it, this
 * folder does no I/O) it is exact. Zone files and not ICU's own zone data, since the system's are kept current between
 * releases; ICU tells Windows names from IANA names.
 *
 * Times are ticks: 100 ns since 1601-01-01 00:00, as PT_SYSTIME has them, on the wall clock or in UTC as the text says.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define TW_TICKS_SECOND G_GINT64_CONSTANT(10000000)
#define TW_TICKS_MINUTE (60 * TW_TICKS_SECOND)
#define TW_TICKS_DAY (1440 * TW_TICKS_MINUTE)
/* The ticks conversions are made for: the years 1601 to 9999; others are moved to the nearer end. */
#define TW_TICKS_MIN G_GINT64_CONSTANT(0)
#define TW_TICKS_MAX (G_GINT64_CONSTANT(3067671) * TW_TICKS_DAY)

/* Most rules of a definition. Windows knows a few for each zone. */
#define TW_TIMEZONE_MAX_RULES 1024u
/* Longest key name, in UTF-16 units; the registry allows 255. */
#define TW_TIMEZONE_MAX_NAME 255u
/* Most bytes and changes of a zone file; real ones have below 4 KB and 250. */
#define TW_TIMEZONE_MAX_TZIF 262144u
#define TW_TIMEZONE_MAX_CHANGES 4096u
/* Bytes of a PidLidTimeZoneStruct. */
#define TW_TIMEZONE_STRUCT_LEN 48u

/** TwTimeZone: a zone; immutable, reference-counted, safe to share between threads. */
typedef struct TwTimeZone TwTimeZone;

/* SYSTEMTIME as zones use it. With @year 0: the @day-th (5: last) @weekday of @month, each year; else that one date. @month 0: no
 * change. */
typedef struct {
    guint16 year, month, weekday, day, hour, minute, second, millisecond;
} TwSystemTime;

typedef enum {
    TW_TIMEZONE_RULE_RECURRENCE = 1u << 0, /* the same as in the series' TimeZoneStruct */
    TW_TIMEZONE_RULE_EFFECTIVE = 1u << 1,  /* the one in force when it was written */
} TwTimeZoneRuleFlags;

/* UTC = wall clock + bias + (standard or daylight) bias. Dates are on the wall clock before the change. */
typedef struct {
    guint16 year;                              /* first year it is for */
    guint16 flags;                             /* TwTimeZoneRuleFlags */
    gint32 bias, standard_bias, daylight_bias; /* minutes */
    TwSystemTime standard, daylight;           /* when each begins */
} TwTimeZoneRule;

/**
 * TwTimeZoneLoad:
 * @iana_name: a name that tw_timezone_name_is_valid() accepts, so that it can be joined to a folder
 * @user_data: the caller's
 *
 * Gets the bytes of a zone file.
 *
 * Returns: (transfer full) (nullable): the file, NULL when there is none
 */
typedef GBytes *(*TwTimeZoneLoad)(const char *iana_name, gpointer user_data);

/**
 * tw_timezone_new:
 * @key_name: (nullable): Windows name, valid UTF-8
 * @rules: (array length=count): rules, years ascending
 * @count: 1 to %TW_TIMEZONE_MAX_RULES
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: (transfer full): a zone, or NULL if a rule has numbers out of range or years are not ascending
 */
TwTimeZone *tw_timezone_new(const char *key_name,
                            const TwTimeZoneRule *rules,
                            guint count,
                            GError **error);

/**
 * tw_timezone_ref:
 * @zone: a zone
 *
 * Returns: (transfer full): the same
 */
TwTimeZone *tw_timezone_ref(TwTimeZone *zone);

/**
 * tw_timezone_unref:
 * @zone: (nullable) (transfer full): a zone
 */
void tw_timezone_unref(TwTimeZone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTimeZone, tw_timezone_unref)

/**
 * tw_timezone_parse_struct:
 * @data: (array length=len): PidLidTimeZoneStruct
 * @len: bytes; more than 48 are ignored
 * @error: on failure TW_ERROR_CORRUPT
 *
 * Returns: (transfer full): a zone of one rule without a name, or NULL
 */
TwTimeZone *tw_timezone_parse_struct(const guint8 *data, gsize len, GError **error);

/**
 * tw_timezone_parse_definition:
 * @data: (array length=len): PidLidAppointmentTimeZoneDefinition(Recur|StartDisplay|EndDisplay)
 * @len: bytes; those after the last rule are ignored
 * @error: on failure TW_ERROR_CORRUPT, or TW_ERROR_TOO_BIG past a limit above
 *
 * Rules are sorted by year; of two for one year the later counts.
 *
 * Returns: (transfer full): a zone with at least one rule, or NULL
 */
TwTimeZone *tw_timezone_parse_definition(const guint8 *data, gsize len, GError **error);

/**
 * tw_timezone_parse_tzif:
 * @iana_name: its name
 * @data: (array length=len): a zone file, RFC 8536, versions 1 to 4
 * @len: bytes
 * @error: on failure TW_ERROR_CORRUPT, TW_ERROR_INVALID for a bad name, or TW_ERROR_TOO_BIG
 *
 * Reads an IANA zone, which is then exact for all years: after the file's last change by its footer, for ever. Leap seconds
 * are not counted. Costs up to 100 us; keep the result.
 *
 * Returns: (transfer full): a zone with the IANA name and, if there is one, the Windows name; or NULL
 */
TwTimeZone *tw_timezone_parse_tzif(const char *iana_name,
                                   const guint8 *data,
                                   gsize len,
                                   GError **error);

/**
 * tw_timezone_for_series:
 * @recur_definition: (nullable): PidLidAppointmentTimeZoneDefinitionRecur
 * @time_zone_struct: (nullable): PidLidTimeZoneStruct
 * @display_definition: (nullable): PidLidAppointmentTimeZoneDefinitionStartDisplay
 * @fallback: (nullable): the store's or the user's zone
 *
 * The zone of a series by the precedence of spec 18: the first of them that can be read; but a definition whose effective
 * rule differs from the struct was left behind by a client that knows only the struct, and the struct counts ([MS-OXOCAL]
 * 2.2.1.41).
 *
 * Returns: (transfer full) (nullable): the zone
 */
TwTimeZone *tw_timezone_for_series(GBytes *recur_definition,
                                   GBytes *time_zone_struct,
                                   GBytes *display_definition,
                                   TwTimeZone *fallback);

/**
 * tw_timezone_write_struct:
 * @zone: a zone
 * @year: whose rule is written
 *
 * Returns: (transfer full): 48 bytes, PidLidTimeZoneStruct
 */
GBytes *tw_timezone_write_struct(const TwTimeZone *zone, int year);

/**
 * tw_timezone_write_definition:
 * @zone: a zone
 * @first_year: an exact zone's rules are written from this year; a blob's zone has its own
 * @last_year: and to this
 * @effective_year: whose rule is marked as effective
 * @recurring: mark it also as that of the series' struct, for PidLidAppointmentTimeZoneDefinitionRecur
 * @error: on failure TW_ERROR_INVALID when the years give no rule or more than 1024
 *
 * Returns: (transfer full): a definition, or NULL
 */
GBytes *tw_timezone_write_definition(const TwTimeZone *zone,
                                     int first_year,
                                     int last_year,
                                     int effective_year,
                                     gboolean recurring,
                                     GError **error);

/**
 * tw_timezone_get_key_name:
 * @zone: a zone
 *
 * Returns: (transfer none) (nullable): the Windows name as the blob had it, or that of the IANA name
 */
const char *tw_timezone_get_key_name(const TwTimeZone *zone);

/**
 * tw_timezone_get_iana_name:
 * @zone: a zone
 *
 * Returns: (transfer none) (nullable): the IANA name: the file's, or what the key name stands for
 */
const char *tw_timezone_get_iana_name(const TwTimeZone *zone);

/**
 * tw_timezone_get_rule:
 * @zone: a zone
 * @year: 1601 to 9999
 * @ret_rule: (out): the rule for the year, @year in it being the one asked for or, of a blob's zone, the one it is valid from
 *
 * Of a blob's zone: the last rule that begins in the year or before, or else its first. Of an exact zone: made from the changes
 * of that year, flags 0. A year with more than two changes, or with two that do not come back, cannot be said by a rule; it gets
 * the first change to the later and the last to the earlier clock; a year in which the zone crossed the date line gets the clock it
 * began with.
 */
void tw_timezone_get_rule(const TwTimeZone *zone, int year, TwTimeZoneRule *ret_rule);

/**
 * tw_timezone_get_rules:
 * @zone: a zone
 * @first_year: from
 * @last_year: to, both included; at most 1024 years
 *
 * The rules for a range of years, equal ones of neighbouring years merged: those of an exact zone are worded (nth or last
 * weekday, midnight or the end of the day before) so that they hold for as many years as possible.
 *
 * Returns: (transfer full) (element-type TwTimeZoneRule): rules, years ascending
 */
GArray *tw_timezone_get_rules(const TwTimeZone *zone, int first_year, int last_year);

/**
 * tw_timezone_to_local:
 * @zone: (nullable): a zone; NULL is UTC
 * @utc: ticks, UTC
 *
 * Returns: ticks on the wall clock
 */
gint64 tw_timezone_to_local(const TwTimeZone *zone, gint64 utc);

/**
 * tw_timezone_to_utc:
 * @zone: (nullable): a zone; NULL is UTC
 * @local: ticks on the wall clock
 *
 * A time that comes twice, when the clock is set back, is the first of the two. A time that never comes, when it is set
 * forward, is reckoned with the clock before the change, which shows it later by the gap: 02:30 becomes 03:30. (RFC 5545, 3.3.5,
 * says the same.)
 *
 * Returns: ticks, UTC
 */
gint64 tw_timezone_to_utc(const TwTimeZone *zone, gint64 local);

/**
 * tw_timezone_describe:
 * @zone: a zone
 * @year: whose standard time is said
 *
 * Returns: (transfer full): PidLidTimeZoneDescription: "(UTC+01:00) W. Europe Standard Time"
 */
char *tw_timezone_describe(const TwTimeZone *zone, int year);

/**
 * tw_timezone_to_string:
 * @zone: a zone
 * @first_year: of the rules
 * @last_year: of the rules
 *
 * Returns: (transfer full): names and rules, a line each, for logs and golden files
 */
char *tw_timezone_to_string(const TwTimeZone *zone, int first_year, int last_year);

/**
 * tw_timezone_name_is_valid:
 * @iana_name: a name from outside
 *
 * Asks whether a name has the form of an IANA zone: letters, digits, "+-_/", parts that begin with a letter; so neither
 * "..", nor "/etc/passwd", nor an empty part. At most 64 bytes. It need not exist.
 *
 * Returns: TRUE if so
 */
gboolean tw_timezone_name_is_valid(const char *iana_name);

/**
 * tw_timezone_name_from_windows:
 * @key_name: a Windows name such as "W. Europe Standard Time"; an IANA name stands for itself, as some clients write it
 *
 * Returns: (transfer full) (nullable): CLDR's IANA name for it ("Europe/Berlin"); NULL for a name it does not know, which is
 *  to be kept as it is
 */
char *tw_timezone_name_from_windows(const char *key_name);

/**
 * tw_timezone_name_to_windows:
 * @iana_name: an IANA name
 *
 * Returns: (transfer full) (nullable): CLDR's Windows name, NULL for a zone Windows does not have
 */
char *tw_timezone_name_to_windows(const char *iana_name);

/**
 * tw_timezone_guess_iana:
 * @zone: a zone without a name, from a struct
 * @year: whose rule is compared
 * @load: gets zone files
 * @user_data: for @load
 *
 * Looks for an IANA zone that keeps the same clock in a year, among those that stand for a Windows zone (some 140, of which
 * those with the offset are loaded). Many zones share a clock: the first by name is told, so this is for showing something, not
 * for storing.
 *
 * Returns: (transfer full) (nullable): its name
 */
char *tw_timezone_guess_iana(const TwTimeZone *zone,
                             int year,
                             TwTimeZoneLoad load,
                             gpointer user_data);

G_END_DECLS
