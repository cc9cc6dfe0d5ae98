/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Series of appointments and tasks: the recurrence blob (PidLidAppointmentRecur, PidLidTaskRecurrence), read, written,
 * checked, expanded. [MS-OXOCAL] 2.2.1.44, spec/mailbox-layout.md 17.
 *
 * Times in a blob are minutes since 1601-01-01 00:00 on the wall clock of the series' own zone. Days are counted from the
 * same midnight: day = minutes / 1440. A *slot* is a place in the pattern, before exceptions; an *instance* is what a
 * calendar shows. No two slots share a day, so a day names a slot.
 */
#pragma once

#include <glib.h>

#include "mapi/timezone.h"

G_BEGIN_DECLS

/* Most bytes of a blob that are looked at; a bomb of exceptions would cost a little over this in memory. */
#define TW_RECURRENCE_MAX_BLOB 4194304u
/* Most dates in either list, and most exceptions (their count has 16 bits). */
#define TW_RECURRENCE_MAX_DATES 65535u
/* Longest subject or location of an exception, in bytes of its 8-bit or units of its UTF-16 form. */
#define TW_RECURRENCE_MAX_TEXT 16384u
/* Most bytes of a reserved block or a change highlight. */
#define TW_RECURRENCE_MAX_RESERVED 65536u

/** TW_RECURRENCE_NEVER: the end date of a series without end: 4500-12-31 23:59. */
#define TW_RECURRENCE_NEVER 0x5AE980DFu

typedef enum {
    TW_RECURRENCE_DAILY = 0x200A,
    TW_RECURRENCE_WEEKLY = 0x200B,
    TW_RECURRENCE_MONTHLY = 0x200C,
    TW_RECURRENCE_YEARLY = 0x200D,
} TwRecurrenceFrequency;

typedef enum {
    TW_RECURRENCE_DAY = 0,  /* every so many days */
    TW_RECURRENCE_WEEK = 1, /* some weekdays of every so many weeks */
    TW_RECURRENCE_MONTH =
        2, /* a day of every so many months; the last where the month is shorter */
    TW_RECURRENCE_MONTH_NTH = 3,     /* the nth of some weekdays, or the last */
    TW_RECURRENCE_MONTH_END = 4,     /* the last day */
    TW_RECURRENCE_HIJRI_MONTH = 0xA, /* the same three in months of the Hijri calendar */
    TW_RECURRENCE_HIJRI_MONTH_NTH = 0xB,
    TW_RECURRENCE_HIJRI_MONTH_END = 0xC,
} TwRecurrencePatternType;

/* Calendars whose months differ from the Gregorian ones; the other numbers (0-5, 7, 9-0xC) share its months. */
typedef enum {
    TW_RECURRENCE_CALENDAR_DEFAULT = 0,
    TW_RECURRENCE_CALENDAR_GREGORIAN = 1,
    TW_RECURRENCE_CALENDAR_HIJRI = 6,
    TW_RECURRENCE_CALENDAR_HEBREW = 8,
    TW_RECURRENCE_CALENDAR_LUNAR = 0xE, /* Japanese; and above: Chinese, Korean */
    TW_RECURRENCE_CALENDAR_SAKA = 0x10,
    TW_RECURRENCE_CALENDAR_UMALQURA = 0x17,
} TwRecurrenceCalendar;

typedef enum {
    TW_RECURRENCE_END_DATE = 0x2021,
    TW_RECURRENCE_END_COUNT = 0x2022,
    TW_RECURRENCE_END_NEVER = 0x2023, /* on reading also 0xFFFFFFFF */
} TwRecurrenceEnd;

/* The pattern without its exceptions. */
typedef struct {
    TwRecurrenceFrequency frequency; /* what the user chose; the type rules */
    TwRecurrencePatternType type;
    guint16 calendar; /* TwRecurrenceCalendar or another number */
    guint32
        first; /* first date/time; made by tw_recurrence_normalize(), kept and never obeyed on reading */
    guint32 period;      /* DAY: minutes, a multiple of 1440; WEEK: weeks; MONTH...: months */
    gboolean sliding;    /* a task that makes its next instance when one is done */
    guint8 days;         /* WEEK, MONTH_NTH: 1 Sunday, 2 Monday ... 0x40 Saturday */
    guint8 day_of_month; /* MONTH, MONTH_END: 1-31 */
    guint8 nth;          /* MONTH_NTH: 1-4, 5 the last */
    TwRecurrenceEnd end;
    guint32 count;        /* slots; obeyed with END_COUNT only */
    guint8 first_weekday; /* 0 Sunday ... 6: where a week begins */
    guint32 start_date;   /* minutes, midnight; the pattern is anchored here */
    guint32 end_date;     /* minutes, midnight of the last slot; obeyed with END_DATE only */
} TwRecurrencePattern;

/* Bits of override flags: what an exception has of its own. */
typedef enum {
    TW_RECURRENCE_SUBJECT = 1u << 0,
    TW_RECURRENCE_MEETING_TYPE = 1u << 1,
    TW_RECURRENCE_REMINDER_DELTA = 1u << 2,
    TW_RECURRENCE_REMINDER_SET = 1u << 3,
    TW_RECURRENCE_LOCATION = 1u << 4,
    TW_RECURRENCE_BUSY = 1u << 5,
    TW_RECURRENCE_ATTACHMENT = 1u << 6,
    TW_RECURRENCE_SUB_TYPE = 1u << 7,
    TW_RECURRENCE_COLOUR = 1u << 8,
    TW_RECURRENCE_BODY = 1u << 9, /* the body differs: no field here, look into the attachment */
} TwRecurrenceOverride;

/* One modified instance. Numbers without their flag are 0, texts NULL. */
typedef struct {
    guint32 start, end; /* minutes, series zone */
    guint32
        original; /* start of the slot it replaces; some writers leave its midnight, so only its day counts */
    guint16 flags; /* TwRecurrenceOverride */
    guint32 meeting_type;
    guint32 reminder_delta; /* minutes before the start */
    guint32 reminder_set;
    guint32 busy;
    guint32 attachment;
    guint32 sub_type; /* 1 all day */
    guint32 colour;
    GBytes *subject_8bit, *location_8bit; /* in the message's code page; present with the flag */
    char *subject, *location; /* UTF-8, from the extended part; NULL when the writer had none */
    GBytes *change_highlight; /* (nullable): first 4 bytes: bits of what changed */
    GBytes *reserved1, *reserved2; /* (nullable): reserved blocks of the extended part */
} TwRecurrenceException;

/* What a reader forgave; for the log. */
typedef enum {
    TW_RECURRENCE_NOTE_FIRST = 1u << 0,  /* first date/time does not fit the start date */
    TW_RECURRENCE_NOTE_COUNTS = 1u << 1, /* exceptions and modified dates differ in number */
    TW_RECURRENCE_NOTE_NO_EXTENDED =
        1u << 2, /* extended part cut or broken: subjects are 8-bit only */
    TW_RECURRENCE_NOTE_TRAILING = 1u
                                  << 3, /* bytes after the end, left by an earlier, longer blob */
} TwRecurrenceNote;

/* A series. Plain data: fill it, then tw_recurrence_normalize(). */
typedef struct {
    TwRecurrencePattern pattern;
    GArray *deleted;    /* of guint32: midnights of slots that are gone or modified */
    GArray *modified;   /* of guint32: new midnights of modified instances */
    gboolean has_times; /* FALSE: a task, nothing below applies */
    guint32 reader_version2, writer_version2;
    guint32 start_offset,
        end_offset;                /* minutes after midnight of the slot's day; end may pass 1440 */
    GArray *exceptions;            /* of TwRecurrenceException */
    GBytes *reserved1, *reserved2; /* (nullable) */
    guint notes;                   /* TwRecurrenceNote, set by the reader */
} TwRecurrence;

/* One row of an expansion. */
typedef struct {
    gint64 start, end;             /* ticks, UTC */
    gint64 local_start, local_end; /* minutes since 1601, series zone */
    guint32 day;                   /* the slot's day, whatever was done to it */
    gint32 exception;              /* index in @exceptions, or -1 */
} TwRecurrenceInstance;

/**
 * tw_recurrence_new:
 *
 * Returns: (transfer full): an empty series: daily, no times, no end, writer version 0x3009
 */
TwRecurrence *tw_recurrence_new(void);

/**
 * tw_recurrence_free:
 * @recurrence: (nullable) (transfer full): a series
 */
void tw_recurrence_free(TwRecurrence *recurrence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwRecurrence, tw_recurrence_free)

/**
 * tw_recurrence_parse:
 * @data: (array length=len): a blob
 * @len: bytes
 * @error: on failure TW_ERROR_CORRUPT, or TW_ERROR_TOO_BIG past a limit above
 *
 * Reads a blob of an appointment or a task (which ends after the pattern). What is in the result can be expanded:
 * numbers no pattern can have are CORRUPT. Forgiven, and noted in @notes: a first date/time that does not fit, lists of
 * different length, a missing or broken extended part, bytes after the end. Linear in @len.
 *
 * Returns: (transfer full): the series, or NULL
 */
TwRecurrence *tw_recurrence_parse(const guint8 *data, gsize len, GError **error);

/**
 * tw_recurrence_write:
 * @recurrence: a series
 * @error: on failure TW_ERROR_INVALID (see tw_recurrence_check()) or TW_ERROR_TOO_BIG
 *
 * Writes what is there, without normalizing, so that a blob comes back as it was read. A task's ends after the pattern.
 * Where an exception has a subject or location in only one form, the other is made: ASCII with '?' in the 8-bit form,
 * and Latin-1 read as such in the UTF-16 one.
 *
 * Returns: (transfer full): the blob, or NULL
 */
GBytes *tw_recurrence_write(const TwRecurrence *recurrence, GError **error);

/**
 * tw_recurrence_check:
 * @recurrence: a series
 * @error: on failure TW_ERROR_INVALID, naming the field
 *
 * Asks whether all numbers are within what the format and the expansion know.
 *
 * Returns: FALSE if not
 */
gboolean tw_recurrence_check(const TwRecurrence *recurrence, GError **error);

/**
 * tw_recurrence_normalize:
 * @recurrence: a series whose pattern, times and exceptions were filled in
 * @error: on failure TW_ERROR_INVALID
 *
 * Brings the fields that follow from others into order before writing: moves the start date to the first slot, sets first
 * date/time, end date and count (10 without end, as clients write it), lists every exception's slot among the deleted dates
 * and its new day among the modified ones, sorts all lists, drops deleted dates that are no slot.
 *
 * Returns: FALSE, and nothing changed, if the series is invalid or has no slot at all
 */
gboolean tw_recurrence_normalize(TwRecurrence *recurrence, GError **error);

/**
 * tw_recurrence_change_pattern:
 * @recurrence: a series
 * @pattern: its new pattern
 * @error: on failure TW_ERROR_INVALID
 *
 * Gives a series another pattern. That removes all its exceptions, deleted ones too (spec 17.6).
 *
 * Returns: FALSE, and nothing changed, if the pattern is invalid
 */
gboolean tw_recurrence_change_pattern(TwRecurrence *recurrence,
                                      const TwRecurrencePattern *pattern,
                                      GError **error);

/**
 * tw_recurrence_check_move:
 * @recurrence: a series
 * @day: day of a slot
 * @new_start: where its instance shall start, minutes since 1601, series zone
 * @error: on failure TW_ERROR_NOT_FOUND when @day is no slot or deleted, TW_ERROR_INVALID when clients would refuse the move
 *
 * The rule of spec 17.6: no two instances on one day, and no instance jumps over its neighbour. Neighbours are the
 * instances before and after as they are now, exceptions included.
 *
 * Returns: TRUE if the move is allowed
 */
gboolean tw_recurrence_check_move(const TwRecurrence *recurrence,
                                  guint32 day,
                                  gint64 new_start,
                                  GError **error);

/**
 * tw_recurrence_is_slot:
 * @recurrence: a checked series
 * @day: a day
 *
 * Returns: TRUE if the pattern has a slot on that day, deleted or not
 */
gboolean tw_recurrence_is_slot(const TwRecurrence *recurrence, guint32 day);

/**
 * tw_recurrence_get_range:
 * @recurrence: a checked series
 * @ret_first: (out): day of the first slot
 * @ret_last: (out): day of the last slot; G_MAXUINT32 without end
 *
 * The ends of the pattern, by arithmetic from count, end date or neither.
 *
 * Returns: FALSE if the pattern has no slot (it ends before it begins), or its calendar is not known
 */
gboolean tw_recurrence_get_range(const TwRecurrence *recurrence,
                                 guint32 *ret_first,
                                 guint32 *ret_last);

/**
 * tw_recurrence_get_clip:
 * @recurrence: a checked series
 * @ret_start: (out): ClipStart, ticks: midnight of the first slot, said as UTC
 * @ret_end: (out): ClipEnd, ticks: midnight of the last slot, or 4500-08-31 23:59
 *
 * Returns: FALSE as tw_recurrence_get_range()
 */
gboolean tw_recurrence_get_clip(const TwRecurrence *recurrence, gint64 *ret_start, gint64 *ret_end);

/**
 * tw_recurrence_expand:
 * @recurrence: a checked series
 * @zone: (nullable): the series' zone; NULL: its wall clock is UTC
 * @window_start: ticks, UTC
 * @window_end: ticks, UTC, past the end
 * @max: most instances; more is TW_ERROR_TOO_COMPLEX
 * @error: on failure TW_ERROR_TOO_COMPLEX, or TW_ERROR_UNSUPPORTED for months of a calendar that is not known
 *
 * The instances that touch the window: that begin before its end and end after its start (or begin at or after its start,
 * for those of no length), in order of their start. Cost: the instances in the window, plus a look at each exception and
 * deleted date of the series; the past before the window costs nothing. Exceptions come with their own times, moved into
 * or out of the window; their slots, and deleted ones, do not. A series without times has instances of no length at
 * midnight; a sliding one only its first slot.
 *
 * Wall clock becomes UTC by the rules of tw_timezone_to_utc(). An instance that a gap turns round keeps its length from
 * the start.
 *
 * Returns: (transfer full) (element-type TwRecurrenceInstance): the instances, or NULL
 */
GArray *tw_recurrence_expand(const TwRecurrence *recurrence,
                             const TwTimeZone *zone,
                             gint64 window_start,
                             gint64 window_end,
                             guint max,
                             GError **error);

typedef enum {
    TW_RECURRENCE_TEXT_PLAIN = 0,
    TW_RECURRENCE_TEXT_PRIVATE =
        1u << 0, /* subjects and locations too: for tests and repair, never for a log */
    TW_RECURRENCE_TEXT_ONE_LINE = 1u << 1, /* pattern and counts only */
} TwRecurrenceTextFlags;

/**
 * tw_recurrence_to_string:
 * @recurrence: a series
 * @flags: how much
 *
 * What a blob says, in fixed English, for logs, golden files and fsck.
 *
 * Returns: (transfer full): lines; one line without end with %TW_RECURRENCE_TEXT_ONE_LINE
 */
char *tw_recurrence_to_string(const TwRecurrence *recurrence, TwRecurrenceTextFlags flags);

G_END_DECLS
