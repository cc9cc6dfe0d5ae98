/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ORGANIZER and ATTENDEE as sender and recipients; whose meeting it is, and what the owner answered. */
#include <string.h>

#include "base/utf8.h"
#include "convert/ical-in-private.h"
#include "mapi/tags.h"

enum {
    STATE_MEETING = 1,
    STATE_RECEIVED = 2,
    TYPE_REQUIRED = 1,
    TYPE_OPTIONAL = 2,
    TYPE_RESOURCE = 3,
    FLAG_SENDABLE = 1,
    FLAG_ORGANISER = 2,
    RESPONSE_NONE = 0,
    RESPONSE_ORGANISED = 1,
    RESPONSE_TENTATIVE = 2,
    RESPONSE_ACCEPTED = 3,
    RESPONSE_DECLINED = 4,
    RESPONSE_NOT_YET = 5,
    MAX_ADDRESS = 1000,
};

/* The mail address of a calendar user: "mailto:", or EMAIL beside an address of another kind. */
static char *
address_of(const TwContentLine *line)
{
    const char *value = line->value, *email = tw_lines_param(line, "EMAIL");
    g_autofree char *text = NULL;

    if (g_ascii_strncasecmp(value, "mailto:", 7) == 0)
        text = g_uri_unescape_string(value + 7, "");
    if ((text == NULL || text[0] == '\0') && email != NULL) {
        g_free(text);
        text = g_strdup(email);
    }
    if (text == NULL && strchr(value, '@') != NULL && strchr(value, ':') == NULL)
        text = g_strdup(value);
    if (text == NULL)
        return NULL;
    g_strstrip(text);
    /* what was percent-encoded may be anything */
    if (text[0] == '\0' || strlen(text) > MAX_ADDRESS || !tw_utf8_valid(text, strlen(text), NULL) ||
        text[strcspn(text, "\r\n\t ")] != '\0')
        return NULL;
    return g_steal_pointer(&text);
}

static const char *
name_of(const TwContentLine *line)
{
    const char *name = tw_lines_param(line, "CN");

    return name != NULL ? name : "";
}

static gboolean
is_task(const TwContentNode *node)
{
    return strcmp(node->name, "VTODO") == 0;
}

static guint
answer_of(const TwContentLine *line, gboolean task)
{
    if (task && tw_lines_param_is(line, "PARTSTAT", "COMPLETED"))
        return TW_ICAL_ANSWER_COMPLETED;
    if (task && tw_lines_param_is(line, "PARTSTAT", "IN-PROCESS"))
        return TW_ICAL_ANSWER_IN_PROCESS;
    if (tw_lines_param_is(line, "PARTSTAT", "ACCEPTED"))
        return RESPONSE_ACCEPTED;
    if (tw_lines_param_is(line, "PARTSTAT", "DECLINED"))
        return RESPONSE_DECLINED;
    return tw_lines_param_is(line, "PARTSTAT", "TENTATIVE") ? RESPONSE_TENTATIVE : RESPONSE_NONE;
}

static guint
type_of(const TwContentLine *line)
{
    if (tw_lines_param_is(line, "CUTYPE", "RESOURCE") ||
        tw_lines_param_is(line, "CUTYPE", "ROOM") ||
        tw_lines_param_is(line, "ROLE", "NON-PARTICIPANT"))
        return TYPE_RESOURCE;
    return tw_lines_param_is(line, "ROLE", "OPT-PARTICIPANT") ? TYPE_OPTIONAL : TYPE_REQUIRED;
}

static gboolean
is_self(const TwIcalReader *reader, const char *address)
{
    for (guint i = 0; reader->options->self != NULL && reader->options->self[i] != NULL; i++) {
        if (g_ascii_strcasecmp(reader->options->self[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

static TwObject *
add_recipient(TwIcalReader *reader,
              TwObject *object,
              const char *name,
              const char *address,
              guint type,
              guint flags)
{
    TwItemNames *names = &reader->names;
    TwObject *row = tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER,
                                  names->error == NULL ? &names->error : NULL);

    if (row == NULL)
        return NULL;
    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TYPE, type));
    tw_item_set(names, row, tw_value_long(PR_OBJECT_TYPE, 6)); /* MAPI_MAILUSER */
    tw_item_set(names, row, tw_value_long(PR_DISPLAY_TYPE, 0));
    tw_item_set(names, row, tw_value_bool(PR_RESPONSIBILITY, TRUE));
    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_FLAGS, flags));
    tw_item_set_role(names, row, &tw_item_recipient, name, address);
    return row;
}

static void
remove_recipients(TwObject *object)
{
    while (tw_object_count(object, TW_OBJECT_RECIPIENT) > 0) {
        TwObject *row = tw_object_at(object, TW_OBJECT_RECIPIENT, 0);
        tw_object_remove_child(object, TW_OBJECT_RECIPIENT, tw_object_get_number(row));
    }
}

typedef struct {
    TwIcalReader *reader;
    TwObject *object;
    char *organiser; /* (owned) (nullable): address */
    gboolean organised_here;
    gboolean task;
    guint answer; /* the owner's; RESPONSE_NONE if he is no attendee */
    gboolean asked;
    GString *all, *to, *cc;
} People;

static void
append_name(GString *list, const char *name)
{
    if (list->len > 0)
        g_string_append(list, "; ");
    g_string_append(list, name);
}

static void
read_attendee(People *people, const TwContentLine *line)
{
    g_autofree char *address = address_of(line);
    const char *name = name_of(line);
    guint type = type_of(line), flags = FLAG_SENDABLE, answer = answer_of(line, people->task);
    TwObject *row;

    if (address == NULL)
        return;
    if (is_self(people->reader, address))
        people->answer = answer != RESPONSE_NONE ? answer : RESPONSE_NOT_YET;
    people->asked |= tw_lines_param_is(line, "RSVP", "TRUE");
    if (people->organiser != NULL && g_ascii_strcasecmp(people->organiser, address) == 0)
        return; /* is a row already */
    row = add_recipient(people->reader, people->object, name, address, type, flags);
    if (row == NULL)
        return;
    tw_item_set(&people->reader->names, row, tw_value_long(PR_RECIPIENT_TRACKSTATUS, answer));
    append_name(people->all, name[0] != '\0' ? name : address);
    append_name(type == TYPE_REQUIRED ? people->to : people->cc, name[0] != '\0' ? name : address);
}

static void
read_organiser(People *people, const TwContentLine *line)
{
    TwItemNames *names = &people->reader->names;
    const char *sent_by = tw_lines_param(line, "SENT-BY");
    TwIcalMethod method = people->reader->method;

    people->organiser = address_of(line);
    if (people->organiser == NULL)
        return;
    people->organised_here = is_self(people->reader, people->organiser);
    if (method == TW_ICAL_REPLY || method == TW_ICAL_COUNTER)
        return; /* comes from the attendee */
    tw_item_set_role(names, people->object, &tw_item_representing, name_of(line),
                     people->organiser);
    if (sent_by != NULL && g_ascii_strncasecmp(sent_by, "mailto:", 7) == 0)
        sent_by += 7;
    if (people->reader->into_mail)
        return;
    if (sent_by != NULL && sent_by[0] != '\0' && strlen(sent_by) <= MAX_ADDRESS)
        tw_item_set_role(names, people->object, &tw_item_sender, "", sent_by);
    else
        tw_item_set_role(names, people->object, &tw_item_sender, name_of(line), people->organiser);
}

/* A reply is the attendee's and goes to the organiser. */
static void
read_reply(People *people, const TwContentNode *node)
{
    TwItemNames *names = &people->reader->names;
    const TwContentLine *line = tw_lines_find(node, "ATTENDEE");
    const TwContentLine *organiser = tw_lines_find(node, "ORGANIZER");
    g_autofree char *address = line != NULL ? address_of(line) : NULL;

    if (address != NULL) {
        tw_item_set_role(names, people->object, &tw_item_representing, name_of(line), address);
        if (!people->reader->into_mail)
            tw_item_set_role(names, people->object, &tw_item_sender, name_of(line), address);
        tw_item_set_text(names, people->object, tw_item_tag(names, TW_PidLidAppointmentReplyName),
                         name_of(line)[0] != '\0' ? name_of(line) : address);
    }
    if (people->organiser != NULL && tw_object_count(people->object, TW_OBJECT_RECIPIENT) == 0)
        add_recipient(people->reader, people->object, name_of(organiser), people->organiser,
                      TYPE_REQUIRED, FLAG_SENDABLE);
}

static void
set_state(People *people)
{
    TwItemNames *names = &people->reader->names;
    TwObject *object = people->object;
    TwIcalMethod method = people->reader->method;
    gboolean is_reply = method == TW_ICAL_REPLY || method == TW_ICAL_COUNTER;
    guint32 state = STATE_MEETING, response = people->answer;

    if (method == TW_ICAL_REQUEST || method == TW_ICAL_ADD || method == TW_ICAL_CANCEL ||
        (method == TW_ICAL_NO_METHOD && !people->organised_here && people->answer != RESPONSE_NONE))
        state |= STATE_RECEIVED;
    if (state & STATE_RECEIVED) {
        if (response == RESPONSE_NONE)
            response = RESPONSE_NOT_YET;
    } else if (!is_reply) {
        response = RESPONSE_ORGANISED;
        tw_item_set(names, object, tw_value_bool(tw_item_tag(names, TW_PidLidFInvited), TRUE));
    }
    tw_item_set(names, object,
                tw_value_long(tw_item_tag(names, TW_PidLidAppointmentStateFlags), state));
    if (!is_reply)
        tw_item_set(names, object,
                    tw_value_long(tw_item_tag(names, TW_PidLidResponseStatus), response));
    tw_item_set(names, object, tw_value_bool(PR_RESPONSE_REQUESTED, people->asked));
    tw_item_set_text(names, object, tw_item_tag(names, TW_PidLidAllAttendeesString),
                     people->all->str);
    tw_item_set_text(names, object, tw_item_tag(names, TW_PidLidToAttendeesString),
                     people->to->str);
    tw_item_set_text(names, object, tw_item_tag(names, TW_PidLidCcAttendeesString),
                     people->cc->str);
}

void
tw_ical_people_read(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    const TwContentLine *organiser = tw_lines_find(node, "ORGANIZER");
    const TwContentLine *attendee = tw_lines_find(node, "ATTENDEE");
    gboolean is_reply = reader->method == TW_ICAL_REPLY || reader->method == TW_ICAL_COUNTER;
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GString) to = g_string_new(NULL);
    g_autoptr(GString) cc = g_string_new(NULL);
    People people = {
        .reader = reader, .object = object, .task = is_task(node), .all = all, .to = to, .cc = cc
    };
    guint left = TW_ICAL_MAX_ATTENDEES;

    if (organiser == NULL && attendee == NULL)
        return;
    if (organiser != NULL)
        read_organiser(&people, organiser);
    if (is_reply) {
        read_reply(&people, node);
    } else {
        if (attendee != NULL)
            remove_recipients(object);
        if (people.organiser != NULL)
            add_recipient(reader, object, name_of(organiser), people.organiser, TYPE_REQUIRED,
                          FLAG_SENDABLE | FLAG_ORGANISER);
        for (const TwContentLine *line = attendee; line != NULL && left > 0;
             line = tw_lines_next(line), left--)
            read_attendee(&people, line);
    }
    set_state(&people);
    g_free(people.organiser);
}

guint
tw_ical_reply_status(const TwContentNode *node)
{
    const TwContentLine *line = tw_lines_find(node, "ATTENDEE");

    return line != NULL ? answer_of(line, is_task(node)) : RESPONSE_NONE;
}
