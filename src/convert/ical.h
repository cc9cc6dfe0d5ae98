/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What reading and writing iCalendar share: ical-in.h, ical-out.h. */
#pragma once

#include "convert/value-source.h"
#include "mapi/named.h"
#include "mapi/timezone.h"

G_BEGIN_DECLS

/* Gets a zone by a name that tw_timezone_name_is_valid() accepts; (transfer full) (nullable). */
typedef TwTimeZone *(*TwIcalZoneFunc)(gpointer data, const char *iana_name);

typedef struct {
    TwNameMap *names;       /* of named properties */
    const TwTimeZone *zone; /* (nullable): where a clock that names no zone hangs; NULL: UTC */
    TwIcalZoneFunc load;    /* (nullable): zones by their IANA names; NULL: there are none */
    gpointer load_data;
    const char *const *
        self; /* (nullable): NULL-terminated: mail addresses of the calendar's owner, for what is his answer */
    const TwValueSource *source; /* (nullable): how values in blobs are read */
} TwIcalOptions;

/* Messages about tasks of several people: below IPM.Note, for no MAPI client has a form for them; each shows them as mail. Request,
 * Canceled, Resp.Pos, Resp.Neg and Resp.Tent, as after IPM.Schedule.Meeting. */
#define TW_ICAL_TASK_MESSAGE "IPM.Note.Task"

/* What people of tasks answer beside the answers of MAPI (PR_RECIPIENT_TRACKSTATUS, PidLidResponseStatus). */
enum {
    TW_ICAL_ANSWER_COMPLETED = 6,
    TW_ICAL_ANSWER_IN_PROCESS = 7,
};

typedef enum {
    TW_ICAL_EVENT,
    TW_ICAL_TODO,
    TW_ICAL_JOURNAL,
} TwIcalKind;

/* METHOD, RFC 5546. */
typedef enum {
    TW_ICAL_NO_METHOD,
    TW_ICAL_PUBLISH,
    TW_ICAL_REQUEST,
    TW_ICAL_REPLY,
    TW_ICAL_ADD,
    TW_ICAL_CANCEL,
    TW_ICAL_REFRESH,
    TW_ICAL_COUNTER,
    TW_ICAL_DECLINE_COUNTER,
} TwIcalMethod;

/**
 * tw_ical_method_name:
 * @method: a method
 *
 * Returns: (transfer none) (nullable): "REQUEST"; NULL for none
 */
const char *tw_ical_method_name(TwIcalMethod method);

/**
 * tw_ical_method_parse:
 * @name: (nullable): such as "request"
 *
 * Returns: the method; NONE for one that is not known
 */
TwIcalMethod tw_ical_method_parse(const char *name);

G_END_DECLS
