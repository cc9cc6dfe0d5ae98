/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When people are free: questions posted to an outbox (RFC 6638, 5), and the address at which somebody's times are published. */
#include "dav/schedule.h"

#include <string.h>

#include "base/error.h"
#include "convert/ical-value.h"
#include "groupware/freebusy.h"
#include "net/http-uri.h"

enum {
    PUBLISHED_BACK = 7,   /* days */
    PUBLISHED_AHEAD = 180 /* days */
};

static const char busy_prefix[] = "/freebusy/", busy_suffix[] = ".ifb";

/* ---- who is asked ---- */

/* 0: nobody of this server. */
static guint32
user_of(TwSession *system, const char *address)
{
    g_auto(TwRecipientFindArgs) find = { .address = address };

    return tw_session_recipient_find(system, &find, NULL) ? find.user : 0;
}

static gboolean
is_self(TwDavCall *call, TwSession *system, const char *address)
{
    return (call->who.mail != NULL && g_ascii_strcasecmp(call->who.mail, address) == 0) ||
           user_of(system, address) == call->who.user;
}

/* The times of one user; NULL: nothing is known. */
static GBytes *
busy_of(TwDavCall *call,
        TwSession *system,
        guint32 user,
        const TwCalendarWindow *window,
        TwIcalMethod method,
        const char *const *texts)
{
    g_autoptr(GArray) list = tw_freebusy_list_new();
    const TwFreebusy *one;

    if (!tw_freebusy_ask(call->session, system, &user, 1, window, 0, list, NULL))
        return NULL;
    one = &g_array_index(list, TwFreebusy, 0);
    if (one->error != NULL)
        return NULL;
    return tw_ical_write_busy((const TwIcalBusy *) (gconstpointer) one->spans->data,
                              one->spans->len, window->start, window->end, tw_dav_now(), method,
                              texts[0], texts[1], texts[2]);
}

/* ---- the question ---- */

typedef struct {
    const TwContentNode *busy; /* the VFREEBUSY */
    TwCalendarWindow window;
    const char *uid, *organiser;
} Question;

static gboolean
read_moment(const TwContentNode *node, const char *name, gint64 *ret)
{
    const TwContentLine *line = tw_lines_find(node, name);
    TwIcalTime time;

    if (line == NULL || !tw_ical_time_parse(line->value, line->value_len, &time) ||
        time.kind != TW_ICAL_UTC)
        return FALSE;
    *ret = time.ticks;
    return TRUE;
}

static gboolean
read_question(const TwContentTree *tree, Question *ret)
{
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const TwContentLine *method = calendar != NULL ? tw_lines_find(calendar, "METHOD") : NULL;
    const TwContentNode *busy = calendar != NULL ? tw_lines_child(calendar, "VFREEBUSY") : NULL;
    const TwContentLine *uid = busy != NULL ? tw_lines_find(busy, "UID") : NULL;
    const TwContentLine *organiser = busy != NULL ? tw_lines_find(busy, "ORGANIZER") : NULL;

    if (method == NULL || g_ascii_strcasecmp(method->value, "REQUEST") != 0 || uid == NULL ||
        organiser == NULL || tw_lines_find(busy, "ATTENDEE") == NULL ||
        !read_moment(busy, "DTSTART", &ret->window.start) ||
        !read_moment(busy, "DTEND", &ret->window.end) || ret->window.end <= ret->window.start)
        return FALSE;
    ret->busy = busy;
    ret->uid = uid->value;
    ret->organiser = organiser->value;
    return TRUE;
}

/* ---- the answer ---- */

static void
put_answer(TwDavCall *call,
           TwSession *system,
           const Question *question,
           const TwContentLine *attendee,
           GString *out)
{
    g_autofree char *address = tw_dav_bare_address(attendee->value);
    g_autofree char *organiser = tw_dav_bare_address(question->organiser);
    const char *const texts[] = { question->uid, organiser, address };
    guint32 user = address != NULL ? user_of(system, address) : 0;
    g_autoptr(GBytes) text =
        user != 0 ? busy_of(call, system, user, &question->window, TW_ICAL_REPLY, texts) : NULL;

    g_string_append(out, "<C:response><C:recipient>");
    tw_dav_put_href(out, attendee->value);
    g_string_append_printf(out, "</C:recipient><C:request-status>%s</C:request-status>",
                           text != NULL      ? "2.0;Success"
                           : address != NULL ? "3.7;Invalid calendar user"
                                             : "3.8;No authority");
    if (text != NULL) {
        g_string_append(out, "<C:calendar-data>");
        tw_dav_put_text_len(out, g_bytes_get_data(text, NULL), g_bytes_get_size(text));
        g_string_append(out, "</C:calendar-data>");
    }
    g_string_append(out, "</C:response>");
}

static void
answer_question(TwDavCall *call, TwSession *system, const Question *question)
{
    GString *out = g_string_new(NULL);
    guint left = TW_DAV_MAX_BUSY;

    for (const TwContentLine *line = tw_lines_find(question->busy, "ATTENDEE");
         line != NULL && left > 0; line = tw_lines_next(line), left--)
        put_answer(call, system, question, line, out);
    tw_dav_answer(call, 200, out, "C:schedule-response");
}

static gboolean
is_calendar_type(TwDavCall *call)
{
    const char *type = tw_http_head_get(call->head, "Content-Type");

    return type != NULL && g_ascii_strncasecmp(type, "text/calendar", strlen("text/calendar")) == 0;
}

void
tw_dav_outbox_post(TwDavCall *call)
{
    g_autoptr(GBytes) bytes = tw_http_request_get_body(call->http, TW_DAV_MAX_XML, NULL);
    g_autoptr(TwContentTree) tree =
        bytes != NULL ? tw_lines_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL)
                      : NULL;
    g_autoptr(TwSession) system = tw_dav_system_session(call);
    g_autofree char *organiser = NULL;
    Question question = { .busy = NULL };

    if (!is_calendar_type(call)) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "supported-calendar-data");
        return;
    }
    if (tree == NULL || tree->bad_lines > 0) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-calendar-data");
        return;
    }
    if (!read_question(tree, &question)) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-scheduling-message");
        return;
    }
    if (system == NULL) {
        tw_http_request_respond_error(call->http, 503);
        return;
    }
    organiser = tw_dav_bare_address(question.organiser);
    if (organiser == NULL || !is_self(call, system, organiser))
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "organizer-allowed");
    else
        answer_question(call, system, &question);
}

/* ---- published times ---- */

/* "start" and "end" of the query, in UTC; without them the last week and the next half year. */
static gboolean
read_window(const TwDavCall *call, TwCalendarWindow *ret)
{
    const char *text = call->head->query;
    g_autoptr(TwHttpQuery) query = tw_http_query_parse(text, text != NULL ? strlen(text) : 0, NULL);
    const char *start = query != NULL ? tw_http_query_get(query, "start") : NULL;
    const char *end = query != NULL ? tw_http_query_get(query, "end") : NULL;
    gint64 now = tw_dav_now();
    TwIcalTime from = { TW_ICAL_UTC, now - PUBLISHED_BACK * TW_TICKS_DAY };
    TwIcalTime to = { TW_ICAL_UTC, now + PUBLISHED_AHEAD * TW_TICKS_DAY };

    if ((start != NULL && !tw_ical_time_parse(start, strlen(start), &from)) ||
        (end != NULL && !tw_ical_time_parse(end, strlen(end), &to)) || to.ticks <= from.ticks)
        return FALSE;
    ret->start = from.ticks;
    ret->end = to.ticks;
    return TRUE;
}

/* USER of the path, decoded; NULL: there is none. */
static char *
user_name(const char *path)
{
    const char *start = path + strlen(busy_prefix);
    gsize len = strlen(start);

    if (!g_str_has_suffix(start, busy_suffix) || strchr(start, '/') != NULL)
        return NULL;
    return tw_http_percent_decode(start, len - strlen(busy_suffix), FALSE, NULL);
}

void
tw_dav_busy_url(TwDavCall *call)
{
    g_autofree char *name = user_name(call->head->path);
    g_autoptr(TwSession) system = tw_dav_system_session(call);
    g_auto(TwDavOwner) owner = { 0 };
    TwCalendarWindow window = { .start = 0 };
    g_autoptr(GBytes) text = NULL;
    TwHttpResponse *response;

    if (strcmp(call->head->method, "GET") != 0 && strcmp(call->head->method, "HEAD") != 0) {
        tw_http_request_respond_error(call->http, 405);
        return;
    }
    if (!read_window(call, &window)) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    if (name != NULL && system != NULL && tw_dav_owner_find(call, name, &owner, NULL) &&
        owner.user != 0) {
        const char *const texts[] = { NULL, owner.mail, NULL };
        text = busy_of(call, system, owner.user, &window, TW_ICAL_PUBLISH, texts);
    }
    if (text == NULL) {
        tw_http_request_respond_error(call->http, 404);
        return;
    }
    response = tw_http_response_new(200);
    tw_http_response_set_body(response, "text/calendar; charset=utf-8; component=vfreebusy", text);
    tw_http_request_respond(call->http, response);
}
