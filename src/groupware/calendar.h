/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What stands in a calendar between two times: single appointments and instances of series, by views that the server keeps:
 * sorted by their end for the first, all series for the second. So the past costs nothing, and a second look at a calendar reads
 * what is in the window only. Tasks and other items are passed over.
 *
 *     g_auto(TwCalendarReader) reader = { 0 };
 *     g_autoptr(GArray) entries = tw_calendar_entries_new();
 *
 *     tw_calendar_reader_init(&reader, session);
 *     return tw_calendar_find(&reader, &store, &folder, error) &&
 *            tw_calendar_read(&reader, &window, entries, error);
 */
#pragma once

#include "convert/item-props.h"
#include "mapi/recurrence.h"
#include "session/session.h"

G_BEGIN_DECLS

enum {
    TW_CALENDAR_MOST_ENTRIES = 50000, /* of one look at one calendar */
};

/* PidLidBusyStatus. */
typedef enum {
    TW_BUSY_FREE = 0,
    TW_BUSY_TENTATIVE = 1,
    TW_BUSY_BUSY = 2,
    TW_BUSY_AWAY = 3,
    TW_BUSY_ELSEWHERE = 4,
} TwBusy;

/* One stretch of a calendar. */
typedef struct {
    gint64 start, end; /* ticks, UTC */
    guint busy;        /* TwBusy */
    gboolean all_day, private, recurring, cancelled;
    guint32 message;          /* the item */
    gint64 day;               /* of a series: the slot's day (mapi/recurrence.h); -1: it is none */
    char *subject, *location; /* owned; "" for none */
} TwCalendarEntry;

/* Where to look, and between which times. */
typedef struct {
    TwGuid store;
    guint32 folder;
    gint64 start, end; /* ticks, UTC; what begins before the end and ends after the start */
    TwTimeZone *zone;  /* (nullable): of series that name none; NULL: UTC */
} TwCalendarWindow;

/* One session's look at calendars; for one thread. */
typedef struct {
    TwSession *session; /* borrowed */
    TwNameMap *map;     /* owned */
    TwItemNames names;
} TwCalendarReader;

/**
 * tw_calendar_reader_init:
 * @reader: caller's memory
 * @session: (transfer none): outlives it
 */
void tw_calendar_reader_init(TwCalendarReader *reader, TwSession *session);

/**
 * tw_calendar_reader_clear:
 * @reader: a reader, or zeros
 */
void tw_calendar_reader_clear(TwCalendarReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwCalendarReader, tw_calendar_reader_clear)

/**
 * tw_calendar_entries_new:
 *
 * Returns: (transfer full) (element-type TwCalendarEntry): an empty list that owns what is in it
 */
GArray *tw_calendar_entries_new(void);

/**
 * tw_calendar_find:
 * @reader: a reader
 * @store: a private store
 * @ret: (out): its calendar
 * @error: TW_ERROR_NOT_FOUND: it has none that the session may see; else what an operation failed with
 *
 * The one that the store's root leads to, as tw_mailbox_folders() finds it, at the cost of one look.
 *
 * Returns: FALSE on failure
 */
gboolean tw_calendar_find(TwCalendarReader *reader,
                          const TwGuid *store,
                          guint32 *ret,
                          GError **error);

/**
 * tw_calendar_read:
 * @reader: a reader, of who may read the folder
 * @window: where and when
 * @entries: (inout) (element-type TwCalendarEntry): takes what is there, by start
 * @error: TW_ERROR_TOO_COMPLEX: more than %TW_CALENDAR_MOST_ENTRIES; else what an operation failed with
 *
 * Free ones and cancelled ones too. A series whose rule MAPI cannot say counts with its first instance.
 *
 * Returns: FALSE on failure
 */
gboolean tw_calendar_read(TwCalendarReader *reader,
                          const TwCalendarWindow *window,
                          GArray *entries,
                          GError **error);

/**
 * tw_calendar_find_items:
 * @reader: a reader, of who may read the folder
 * @store: a store
 * @folder: a calendar in it
 * @clean_id: a global object id without a date (mapi/global-id.h)
 * @found: (inout) (element-type guint32): takes the messages of that meeting: the series, single instances of one that is not
 *   there as a whole, copies
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_calendar_find_items(TwCalendarReader *reader,
                                const TwGuid *store,
                                guint32 folder,
                                GBytes *clean_id,
                                GArray *found,
                                GError **error);

/**
 * tw_calendar_zone:
 * @names: its named properties
 * @object: an appointment or a message about one
 * @fallback: (nullable): when it names none
 *
 * Returns: (transfer full) (nullable): the zone on whose clock its series hangs; NULL: UTC
 */
TwTimeZone *tw_calendar_zone(TwItemNames *names, const TwObject *object, TwTimeZone *fallback);

/**
 * tw_calendar_expand:
 * @names: its named properties
 * @object: an appointment or a message about one
 * @window: when; place and session do not count
 * @entries: (inout) (element-type TwCalendarEntry): takes its stretches in the window
 * @error: as tw_calendar_read()
 *
 * As tw_calendar_read(), of an item in hand.
 *
 * Returns: FALSE on failure
 */
gboolean tw_calendar_expand(TwItemNames *names,
                            const TwObject *object,
                            const TwCalendarWindow *window,
                            GArray *entries,
                            GError **error);

G_END_DECLS
