/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sender and recipients as ORGANIZER and ATTENDEE. */
#include <string.h>

#include "convert/ical-out-private.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    STATE_MEETING = 1,
    FLAG_ORGANISER = 2, /* PR_RECIPIENT_FLAGS */
    FLAG_DELETED = 0x20,
    TYPE_OPTIONAL = 2,
    TYPE_RESOURCE = 3,
};

/* "mailto:" and the address; what a URI cannot hold is percent-encoded. */
static char *
mailto(const char *address)
{
    g_autofree char *escaped = g_uri_escape_string(address, "@!$&'*+,;=:/", TRUE);

    return g_strconcat("mailto:", escaped, NULL);
}

static void
put_person(const TwIcalPlace *place,
           const char *property,
           const char *params,
           const char *name,
           const char *address)
{
    g_autofree char *value = mailto(address);
    g_autoptr(GString) head = g_string_new(property);

    if (name != NULL && name[0] != '\0' && g_ascii_strcasecmp(name, address) != 0)
        tw_lines_put_param(head, "CN", name);
    g_string_append(head, params);
    tw_ical_put(place, head->str, value);
}

static const char *
answer_word(guint32 status)
{
    static const char *const words[] = {
        "NEEDS-ACTION", "NEEDS-ACTION", "TENTATIVE", "ACCEPTED",
        "DECLINED",     "NEEDS-ACTION", "COMPLETED", "IN-PROCESS"
    };

    return status < G_N_ELEMENTS(words) ? words[status] : words[0];
}

static gboolean
is_self(const TwIcalWriter *writer, const char *address)
{
    const char *const *self = writer->options->self;

    for (guint i = 0; address != NULL && self != NULL && self[i] != NULL; i++) {
        if (g_ascii_strcasecmp(self[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* What only people of tasks answer. */
static gboolean
is_progress(guint32 answer)
{
    return answer == TW_ICAL_ANSWER_COMPLETED || answer == TW_ICAL_ANSWER_IN_PROCESS;
}

/* What the owner of the calendar answered stands in the item; MAPI clients do not write it beside the person. */
static guint32
status_of(TwIcalWriter *writer, const TwObject *item, const TwObject *row, const char *address)
{
    guint32 status = tw_object_get_long(row, PR_RECIPIENT_TRACKSTATUS, 0);
    guint32 tag = tw_item_tag(&writer->names, TW_PidLidResponseStatus);
    guint32 own = tag != 0 ? tw_object_get_long(item, tag, 0) : 0;

    return ((own >= 2 && own <= 4) || is_progress(own)) && is_self(writer, address) ? own : status;
}

static void
put_attendee(TwIcalWriter *writer,
             const TwIcalPlace *place,
             const TwObject *item,
             const TwObject *row,
             gboolean asked)
{
    g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);
    guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & 0xf;
    guint32 status = status_of(writer, item, row, address);
    g_autoptr(GString) params = g_string_new(NULL);

    if (address == NULL || tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & FLAG_DELETED)
        return;
    if (type == TYPE_RESOURCE)
        g_string_append(params, ";CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT");
    else
        g_string_append(params,
                        type == TYPE_OPTIONAL ? ";ROLE=OPT-PARTICIPANT" : ";ROLE=REQ-PARTICIPANT");
    g_string_append_printf(params, ";PARTSTAT=%s%s", answer_word(status),
                           asked ? ";RSVP=TRUE" : "");
    put_person(place, "ATTENDEE", params->str, tw_object_get_text(row, PR_DISPLAY_NAME, NULL),
               address);
}

static void
put_organiser(const TwObject *object, const TwIcalPlace *place)
{
    g_autofree char *address = tw_item_role_address(object, &tw_item_representing);
    g_autofree char *sender = tw_item_role_address(object, &tw_item_sender);
    g_autoptr(GString) params = g_string_new(NULL);

    if (address == NULL)
        return;
    if (sender != NULL && g_ascii_strcasecmp(sender, address) != 0) {
        g_autofree char *uri = mailto(sender);
        tw_lines_put_param(params, "SENT-BY", uri);
    }
    put_person(place, "ORGANIZER", params->str,
               tw_object_get_text(object, PR_SENT_REPRESENTING_NAME, NULL), address);
}

static const char *
reply_word(TwIcalWriter *writer, const TwObject *object)
{
    const char *message_class = tw_object_get_text(object, PR_MESSAGE_CLASS, "");
    guint32 tag = tw_item_tag(&writer->names, TW_PidLidResponseStatus);

    if (tw_message_class_is(message_class, TW_ICAL_TASK_MESSAGE))
        return answer_word(tag != 0 ? tw_object_get_long(object, tag, 0) : 0);
    if (tw_message_class_is(message_class, "IPM.Schedule.Meeting.Resp.Pos"))
        return "ACCEPTED";
    return tw_message_class_is(message_class, "IPM.Schedule.Meeting.Resp.Neg") ? "DECLINED"
                                                                               : "TENTATIVE";
}

/* A reply: the sender is the attendee, and it goes to the organiser. */
static void
write_reply(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place)
{
    g_autofree char *address = tw_item_role_address(object, &tw_item_representing);
    g_autofree char *params = g_strconcat(";PARTSTAT=", reply_word(writer, object), NULL);

    for (guint i = 0; i < MIN(tw_object_count(object, TW_OBJECT_RECIPIENT), 1); i++) {
        const TwObject *row = tw_object_at(object, TW_OBJECT_RECIPIENT, i);
        g_autofree char *organiser = tw_item_role_address(row, &tw_item_recipient);
        if (organiser != NULL)
            put_person(place, "ORGANIZER", "", tw_object_get_text(row, PR_DISPLAY_NAME, NULL),
                       organiser);
    }
    if (address != NULL)
        put_person(place, "ATTENDEE", params,
                   tw_object_get_text(object, PR_SENT_REPRESENTING_NAME, NULL), address);
}

static gboolean
is_organiser(const TwObject *row, const char *organiser)
{
    g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);

    return tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & FLAG_ORGANISER ||
           (organiser != NULL && address != NULL && g_ascii_strcasecmp(organiser, address) == 0);
}

void
tw_ical_people_write(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place)
{
    guint32 state_tag = tw_item_tag(&writer->names, TW_PidLidAppointmentStateFlags);
    const TwObject *root = view->base != NULL ? view->base : view->own;
    const TwObject *rows =
        view->base != NULL && tw_object_count(view->own, TW_OBJECT_RECIPIENT) == 0 ? view->base
                                                                                   : view->own;
    guint count = MIN(tw_object_count(rows, TW_OBJECT_RECIPIENT), (guint) TW_ICAL_MAX_ATTENDEES);
    g_autofree char *organiser = tw_item_role_address(root, &tw_item_representing);
    gboolean is_meeting =
        state_tag != 0 && (tw_object_get_long(root, state_tag, 0) & STATE_MEETING) != 0;
    TwPropValue asked;
    gboolean rsvp = tw_object_get(root, PR_RESPONSE_REQUESTED, &asked) && asked.truth;

    if (writer->method == TW_ICAL_REPLY || writer->method == TW_ICAL_COUNTER) {
        write_reply(writer, view->own, place);
        return;
    }
    /* an appointment has a creator, too, who organises nothing */
    if (!is_meeting && writer->method == TW_ICAL_NO_METHOD)
        return;
    put_organiser(root, place);
    for (guint i = 0; i < count; i++) {
        const TwObject *row = tw_object_at(rows, TW_OBJECT_RECIPIENT, i);
        if (!is_organiser(row, organiser))
            put_attendee(writer, place, view->own, row, rsvp && writer->method != TW_ICAL_CANCEL);
    }
}
