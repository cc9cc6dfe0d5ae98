/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * iCalendar as MAPI objects: appointments and series with their exceptions, meeting messages of iTIP, tasks, journal items and
 * notes; and times that are busy. RFC 5545, 5546, 7986; MS-OXCICAL; spec/mailbox-layout.md 16 to 19 and 33.1.
 *
 * What MAPI has no property for is not lost: the text of each item, less the data of its attachments, stays with it
 * (PidLidInboundICalStream), and ical-out.h gives each line back whose meaning has not been changed since.
 *
 * A function of the text and the options: no clock, no files.
 */
#pragma once

#include "convert/ical.h"

G_BEGIN_DECLS

/* Without these a text of a megabyte is a series with a hundred thousand embedded messages. */
enum {
    TW_ICAL_MAX_ITEMS = 50000,     /* items of a text */
    TW_ICAL_MAX_EXCEPTIONS = 1000, /* exceptions of a series that are objects; all are kept */
    TW_ICAL_MAX_ATTENDEES = 5000,  /* recipients of an item; all are kept */
    TW_ICAL_MAX_ATTACHMENTS = 500, /* attachments of an item */
    TW_ICAL_MAX_CATEGORIES = 200,  /* categories of an item */
    TW_ICAL_MAX_KEPT =
        4 * 1024 * 1024,      /* bytes of an item's text that are kept; a longer one is not */
    TW_ICAL_MAX_BUSY = 20000, /* spans of a VFREEBUSY */
};

typedef struct {
    TwIcalKind kind;
    char *uid;        /* (owned); made of the content when the text has none */
    TwObject *object; /* (owned) sealed */
} TwIcalItem;

/* A span of VFREEBUSY. */
typedef struct {
    gint64 start, end; /* ticks, UTC */
    guint busy;        /* as PidLidBusyStatus: 0 free, 1 tentative, 2 busy, 3 out of office */
} TwIcalBusy;

typedef struct {
    TwIcalMethod method;
    char *name, *description,
        *color;        /* (owned) (nullable): of the calendar: X-WR-CALNAME or NAME and so on */
    GPtrArray *items;  /* (owned) (element-type TwIcalItem) */
    GArray *busy;      /* (owned) (element-type TwIcalBusy): of VFREEBUSY */
    gboolean has_busy; /* there was a VFREEBUSY */
    guint bad_lines;   /* lines that are none */
    guint bad_items;   /* events without a time, which are not among @items */
} TwIcal;

/**
 * tw_ical_read:
 * @text: (array length=len): a VCALENDAR, or several
 * @len: how many bytes
 * @options: how
 * @error: on failure TW_ERROR_CORRUPT (no calendar, broken components), TW_ERROR_TOO_BIG (a limit
 *   above or of content-line.h), or what the map of names says
 *
 * Makes an object of each item: the components with one UID are one item. With a METHOD that is about a meeting they are
 * messages of IPM.Schedule.Meeting, else IPM.Appointment, IPM.Task, IPM.Activity or IPM.StickyNote.
 *
 * Returns: (transfer full): what is in it, or NULL
 */
TwIcal *tw_ical_read(const guint8 *text, gsize len, const TwIcalOptions *options, GError **error);

/**
 * tw_ical_free:
 * @ical: (nullable) (transfer full): a calendar
 */
void tw_ical_free(TwIcal *ical);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwIcal, tw_ical_free)

/**
 * tw_ical_read_meeting:
 * @text: (array length=len): a text/calendar part of a mail
 * @len: how many bytes
 * @method: (nullable): the parameter "method" of the part; METHOD in the text counts first
 * @options: how
 * @mail: the mail as a message (mail-in.h); sealed again afterwards
 * @ret_method: (out): what it is about
 * @error: on failure as tw_ical_read(), TW_ERROR_CORRUPT when what needs a time has none, and TW_ERROR_UNSUPPORTED when it is no
 *   meeting: no METHOD, or one without a message class
 *
 * Makes a meeting message of a mail: class, times, ids, attendees and all else of the first event. Subject, bodies and sender
 * stay those of the mail where it has them. What ADD brings is an instance of its series, by its start. PUBLISH makes an
 * appointment of a mail without a body that has one event. REFRESH and DECLINECOUNTER have no class.
 *
 * Returns: FALSE on failure: @mail is unchanged when it is CORRUPT or UNSUPPORTED
 */
gboolean tw_ical_read_meeting(const guint8 *text,
                              gsize len,
                              const char *method,
                              const TwIcalOptions *options,
                              TwObject *mail,
                              TwIcalMethod *ret_method,
                              GError **error);

/**
 * tw_ical_describe:
 * @text: (array length=len): a calendar
 * @len: how many bytes
 * @ret_summary: (out) (transfer full) (nullable): what it is called
 * @ret_text: (out) (transfer full): what is said about it, with CR LF between; maybe nothing
 * @error: on failure TW_ERROR_CORRUPT (no event in it), TW_ERROR_TOO_BIG
 *
 * What a reader is to see of a calendar that makes no meeting: SUMMARY, COMMENT and DESCRIPTION of its first event.
 *
 * Returns: FALSE on failure
 */
gboolean tw_ical_describe(
    const guint8 *text, gsize len, char **ret_summary, char **ret_text, GError **error);

G_END_DECLS
