/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * MAPI objects as iCalendar: appointments and series with their exceptions, meeting messages as iTIP, tasks, journal items,
 * notes, and times that are busy.
 *
 * An item that came as iCalendar has its text with it (ical-in.h). What is written then is that text, with the lines of those
 * things that the properties now say otherwise: the kept text is read again, both are written, and where the two differ somebody
 * has changed something since. So alarms, parameters and lines that MAPI does not know stay through changes by MAPI clients.
 *
 * The same object gives the same bytes each time: there is no clock.
 */
#pragma once

#include "convert/ical-in.h"
#include "convert/mail-out.h"

G_BEGIN_DECLS

enum {
    TW_ICAL_OUT_MAX = 64 * 1024 * 1024, /* bytes of a text */
    TW_ICAL_OUT_MAX_BODY = 16 * 1024 * 1024,
    TW_ICAL_OUT_MAX_DATA = 32 * 1024 * 1024, /* bytes of an attachment; a larger one is left out */
    TW_ICAL_OUT_MAX_DATES = 1000,            /* RDATE of a series that no rule can say */
};

/**
 * tw_ical_write:
 * @objects: (array length=count): messages: appointments, tasks, journal items, notes; others are left out
 * @count: how many
 * @method: METHOD, or NONE as for what a server keeps
 * @name: (nullable): name of the calendar
 * @options: how
 * @error: on failure TW_ERROR_TOO_BIG, or what the source of values says
 *
 * Returns: (transfer full): one VCALENDAR, or NULL
 */
GBytes *tw_ical_write(const TwObject *const *objects,
                      guint count,
                      TwIcalMethod method,
                      const char *name,
                      const TwIcalOptions *options,
                      GError **error);

/**
 * tw_ical_write_part:
 * @data: a #TwIcalOptions
 * @message: a message
 * @ret_part: (out): the calendar part, with its method
 * @error: on failure as tw_ical_write()
 *
 * A #TwMailPartFunc: what a meeting message is in a mail, by its class: REQUEST, REPLY, COUNTER or CANCEL; PUBLISH for an
 * appointment.
 *
 * Returns: FALSE on failure; TRUE and no text for a message that is neither
 */
gboolean tw_ical_write_part(gpointer data,
                            const TwObject *message,
                            TwMailOutPart *ret_part,
                            GError **error);

/**
 * tw_ical_write_busy:
 * @spans: (array length=count): spans that are not free, sorted
 * @count: how many
 * @start: ticks, UTC: what is known about
 * @end: ticks, UTC
 * @stamp: ticks, UTC: DTSTAMP
 * @method: REPLY, PUBLISH or NONE
 * @uid: (nullable): UID
 * @organiser: (nullable): mail address of whoever asks
 * @attendee: (nullable): mail address of whose time it is
 *
 * Returns: (transfer full): a VCALENDAR with one VFREEBUSY
 */
GBytes *tw_ical_write_busy(const TwIcalBusy *spans,
                           guint count,
                           gint64 start,
                           gint64 end,
                           gint64 stamp,
                           TwIcalMethod method,
                           const char *uid,
                           const char *organiser,
                           const char *attendee);

/**
 * tw_ical_uid:
 * @object: a message
 * @map: of its named properties
 *
 * Returns: (transfer full): the UID it is written with: of its global object id, else made of a key that it keeps
 */
char *tw_ical_uid(const TwObject *object, TwNameMap *map);

G_END_DECLS
