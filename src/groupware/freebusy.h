/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * When people are free and busy: asked for by doors, computed from calendars at that moment; and published for clients that
 * look for it in the public store (spec/mailbox-layout.md 10.4 and 12; MS-OXOPFFB).
 *
 * Who sees somebody in the address book sees when they are busy. What they do then is seen by who may read the calendar or has the
 * right to details (%TW_RIGHT_FREEBUSY_DETAIL); of private items by the owner and by delegates who see private items.
 */
#pragma once

#include "convert/ical-in.h"
#include "groupware/calendar.h"

G_BEGIN_DECLS

enum {
    TW_FREEBUSY_MOST_USERS = 1000, /* of one question */
    TW_FREEBUSY_MOST_DAYS = 3660,  /* of a window */
    TW_FREEBUSY_MOST_MONTHS = 36,  /* that are published, whatever is set */
    TW_FREEBUSY_MONTHS = 6,        /* that are published where nothing is set */
    TW_FREEBUSY_DAYS_BACK = 7,     /* these are in, as well */
};

typedef enum {
    TW_FREEBUSY_DETAILS = 1u << 0, /* what is in the calendar too, as far as the asker may know */
} TwFreebusyFlags;

/* What is known of one of them. */
typedef struct {
    guint32 user;
    TwGuid store;   /* of the calendar */
    guint32 folder; /* */
    GArray *spans;  /* owned: of #TwIcalBusy: not free, sorted, not overlapping */
    GArray *
        entries; /* owned (nullable): of #TwCalendarEntry: with DETAILS; texts are empty where they are not to be seen */
    gboolean details; /* the asker may know texts of what is not private */
    GError *
        error; /* owned (nullable): why nothing is known: NOT_FOUND: no such user, or no calendar */
} TwFreebusy;

/**
 * tw_freebusy_list_new:
 *
 * Returns: (transfer full) (element-type TwFreebusy): an empty list that owns what is in it
 */
GArray *tw_freebusy_list_new(void);

/**
 * tw_freebusy_ask:
 * @session: of who asks
 * @system: of the server itself: reads the calendars
 * @users: (array length=count): numbers of the directory
 * @count: at most %TW_FREEBUSY_MOST_USERS
 * @window: between which times; place does not count, nor does what lies past %TW_FREEBUSY_MOST_DAYS
 * @flags: bits of #TwFreebusyFlags
 * @list: (inout) (element-type TwFreebusy): takes one for each, in their order
 * @error: TW_ERROR_TOO_BIG; END_OF_SESSION
 *
 * Hours in which they cannot be met (availability.h) are in, too. What cannot be known of one of them is their own error.
 *
 * Returns: FALSE on failure
 */
gboolean tw_freebusy_ask(TwSession *session,
                         TwSession *system,
                         const guint32 *users,
                         guint count,
                         const TwCalendarWindow *window,
                         guint flags,
                         GArray *list,
                         GError **error);

/* ---- pure ---- */

/**
 * tw_freebusy_merge:
 * @entries: (element-type TwCalendarEntry): what is in a calendar
 * @start: ticks, UTC: before it nothing counts
 * @end: ticks, UTC: nor after it
 *
 * Where two overlap the one counts that comes first in: away, busy, tentative, elsewhere. Free and cancelled ones are left out.
 *
 * Returns: (transfer full) (element-type TwIcalBusy): spans, sorted, not overlapping; touching ones of one kind are one
 */
GArray *tw_freebusy_merge(const GArray *entries, gint64 start, gint64 end);

/**
 * tw_freebusy_write:
 * @spans: (element-type TwIcalBusy): as tw_freebusy_merge() makes them
 * @start: ticks, UTC: first instant of a month
 * @end: ticks, UTC: first instant of another one
 * @now: ticks, UTC
 * @message: gets the lists of months
 * @error: TW_ERROR_TOO_BIG
 *
 * Returns: FALSE on failure
 */
gboolean tw_freebusy_write(
    const GArray *spans, gint64 start, gint64 end, gint64 now, TwObject *message, GError **error);

/* ---- publishing ---- */

/**
 * tw_freebusy_publish:
 * @system: of the server itself
 * @user: a number of the directory, who has a mailbox
 * @now: ticks, UTC
 * @error: TW_ERROR_NOT_FOUND: no mailbox, or no public store; else what an operation failed with
 *
 * Writes the message of that user in the public store: from a week ago on, as many months as LocalFreebusy says, six at least.
 *
 * Returns: FALSE on failure
 */
gboolean tw_freebusy_publish(TwSession *system, guint32 user, gint64 now, GError **error);

G_END_DECLS
