/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Meetings in mails: a mail with a calendar part becomes a meeting message, and meeting messages and appointments leave with
 * their calendar part. What iCalendar says is in convert/ical-in.h and convert/ical-out.h; here it meets mail-in.h and mail-out.h.
 */
#pragma once

#include "convert/ical-out.h"
#include "convert/mail-in.h"

G_BEGIN_DECLS

enum {
    /* Encoded bytes of calendar parts that are read of one mail. Without it a mail full of them takes seconds; a series with a
     * thousand exceptions has some 500 KiB. */
    TW_MEETING_MAX_TEXT = 2 * 1024 * 1024,
    TW_MEETING_MAX_PARTS = 4, /* calendar parts that are tried */
};

/**
 * tw_meeting_mail_read:
 * @mail: (array length=len): the mail
 * @len: its length
 * @tree: its structure
 * @options: as it was converted; without names there are no meetings
 * @in: (inout): what it was converted to
 *
 * Makes a meeting message of a plain mail (IPM.Note) by the first of its calendar parts that is a meeting; files
 * (application/ics) come last. The attachment of that part goes, with its row of @in->calendars; so do files with the same text.
 * Clocks of the calendar that name no zone hang in UTC.
 *
 * Returns: FALSE when there is none that can be read, and @in is as it was; a mail without a body gets the text of the first
 *   calendar then
 */
gboolean tw_meeting_mail_read(const guint8 *mail,
                              gsize len,
                              const TwMimeTree *tree,
                              const TwMailInOptions *options,
                              TwMailIn *in);

/* What writes calendar parts; of one tw_mail_write(). */
typedef struct {
    TwIcalOptions ical;        /* private */
    TwMailResolveFunc resolve; /* private */
    gpointer data;             /* private */
} TwMeetingWriter;

/**
 * tw_meeting_mail_prepare:
 * @writer: (out caller-allocates): to be there as long as @options
 * @options: (inout): options with all else set
 *
 * Has tw_mail_write() give meeting messages and appointments their calendar part. @options->data is of the writer afterwards,
 * which calls what @options->resolve was with what it was.
 */
void tw_meeting_mail_prepare(TwMeetingWriter *writer, TwMailOptions *options);

G_END_DECLS
