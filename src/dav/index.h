/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the door knows of the items of a folder without reading them: names, tags, when they are. */
#pragma once

#include "base/lock.h"
#include "convert/ical-out.h"
#include "dav/place.h"
#include "mapi/recurrence.h"

G_BEGIN_DECLS

/* What an item is. The first three are those of #TwIcalKind. */
typedef enum {
    TW_DAV_EVENT = TW_ICAL_EVENT,
    TW_DAV_TODO = TW_ICAL_TODO,
    TW_DAV_JOURNAL = TW_ICAL_JOURNAL,
    TW_DAV_BUSY, /* a VFREEBUSY: its text, and no more */
    TW_DAV_CARD,
} TwDavItemKind;

/* When an item is: what a time-range asks for. */
typedef struct {
    gboolean has_start, has_end, has_done;
    gboolean
        open; /* a rule that only its text has, or a task that comes again: it may be at any later time */
    gboolean floats;         /* start and end name no zone: they are those of the server's */
    gint64 start, end, done; /* ticks, UTC */
    guint32 busy;            /* PidLidBusyStatus */
    GArray *spans;           /* (owned) (nullable) (element-type TwIcalBusy): of a VFREEBUSY */
    TwRecurrence *series;    /* (owned) (nullable) */
    TwTimeZone *zone;        /* (owned) (nullable): of the series */
} TwDavTimes;

/* An item of a folder, as the door knows it by its name. Immutable; in a g_atomic_rc_box. */
typedef struct {
    char *name; /* (owned): in its path */
    char *uid;  /* (owned) */
    guint32 mid;
    guint64 cn;      /* of the message: the tag */
    gint64 modified; /* seconds since 1970; -1: not known */
    TwDavItemKind kind;
    gboolean is_private; /* its owner alone sees more of it than when it is */
    TwDavTimes times;
} TwDavEntry;

/* The items of a folder: made from the messages, so it may go at any time. */
typedef struct TwDavIndex TwDavIndex;

/**
 * tw_dav_index_get:
 * @call: the call
 * @store: the store
 * @folder: a folder of it, or the global address book
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): the items of the folder, with all that committed before this was called
 */
TwDavIndex *tw_dav_index_get(TwDavCall *call,
                             const TwGuid *store,
                             const TwDavFolder *folder,
                             GError **error);

/**
 * tw_dav_index_unref:
 * @index: (nullable) (transfer full): an index
 */
void tw_dav_index_unref(TwDavIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDavIndex, tw_dav_index_unref)

/**
 * tw_dav_index_find:
 * @index: an index
 * @name: of an item
 *
 * Returns: (transfer full) (nullable): the entry
 */
const TwDavEntry *tw_dav_index_find(TwDavIndex *index, const char *name);

/**
 * tw_dav_index_find_uid:
 * @index: an index
 * @uid: a UID
 *
 * Returns: (transfer full) (nullable): the entry
 */
const TwDavEntry *tw_dav_index_find_uid(TwDavIndex *index, const char *uid);

/**
 * tw_dav_index_list:
 * @index: an index
 * @since: a change number: entries that changed after it; 0: all
 * @ret_token: (out) (optional) (transfer full): the sync token that belongs to the list
 *
 * Returns: (transfer full) (element-type TwDavEntry): entries by number
 */
GPtrArray *tw_dav_index_list(TwDavIndex *index, guint64 since, char **ret_token);

/**
 * tw_dav_index_token:
 * @index: an index
 * @cn: a change number; 0: the last
 *
 * Returns: (transfer full): the sync token of that moment
 */
char *tw_dav_index_token(TwDavIndex *index, guint64 cn);

/**
 * tw_dav_index_token_parse:
 * @index: an index
 * @token: a sync token
 * @ret: (out): the change number in it
 *
 * Returns: FALSE: it is none of this index
 */
gboolean tw_dav_index_token_parse(TwDavIndex *index, const char *token, guint64 *ret);

/**
 * tw_dav_index_gone:
 * @call: the call
 * @index: an index of the folder
 * @store: the store
 * @folder: the folder
 * @since: a change number
 * @error: TW_ERROR_CHANGED: a name of what went is no longer known; what an operation failed with
 *
 * Returns: (transfer full) (element-type utf8) (nullable): the names that went since and are not there again
 */
GPtrArray *tw_dav_index_gone(TwDavCall *call,
                             TwDavIndex *index,
                             const TwGuid *store,
                             const TwDavFolder *folder,
                             guint64 since,
                             GError **error);

/**
 * tw_dav_entry_unref:
 * @entry: (nullable) (transfer full): an entry
 */
void tw_dav_entry_unref(const TwDavEntry *entry);
typedef const TwDavEntry TwDavEntryRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDavEntryRef, tw_dav_entry_unref)

/**
 * tw_dav_etag:
 * @entry: an entry
 *
 * Returns: (transfer full): its tag with quotes
 */
char *tw_dav_etag(const TwDavEntry *entry);

/* ---- times.c ---- */

/**
 * tw_dav_times_read:
 * @call: the call
 * @object: an event, task or journal entry
 * @ret: (out): when it is
 */
void tw_dav_times_read(TwDavCall *call, const TwObject *object, TwDavTimes *ret);

/**
 * tw_dav_text_floats:
 * @text: iCalendar
 *
 * Returns: whether the start, or due time, of its first item names no zone: days do not, either
 */
gboolean tw_dav_text_floats(GBytes *text);

/**
 * tw_dav_times_at:
 * @times: when an item is
 * @server: (nullable): the server's zone; NULL: UTC
 * @zone: (nullable): that of who asks; NULL: UTC
 *
 * Returns: when it is for who asks; what it points to is still that of @times, and @zone
 */
TwDavTimes tw_dav_times_at(const TwDavTimes *times, const TwTimeZone *server, TwTimeZone *zone);

/**
 * tw_dav_series_expand:
 * @times: when a series is; it has one
 * @from: ticks, UTC
 * @to: ticks, UTC; the span ends before
 *
 * Series of tasks have days, no times of day (PidLidTaskRecurrence, MS-OXOTASK 2.2.2.2.15); their instances are told with the
 * clock and the length of the first.
 *
 * Returns: (transfer full) (nullable): TwRecurrenceInstance, those that touch the span, of tasks also a few beside it; NULL: too many
 */
GArray *tw_dav_series_expand(const TwDavTimes *times, gint64 from, gint64 to);

/**
 * tw_dav_times_clear:
 * @times: times
 */
void tw_dav_times_clear(TwDavTimes *times);

/**
 * tw_dav_entry_touches:
 * @entry: an item
 * @start: ticks, UTC
 * @end: ticks, UTC
 * @busy: (nullable) (element-type TwIcalBusy): takes its instances that are not free
 *
 * RFC 4791, 9.9.
 *
 * Returns: whether any instance touches the span; also when that cannot be told
 */
gboolean tw_dav_entry_touches(const TwDavEntry *entry, gint64 start, gint64 end, GArray *busy);

G_END_DECLS
