/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/meeting-mail.h"

#include <string.h>

#include "base/error.h"
#include "convert/charset.h"
#include "convert/item-props.h"
#include "groupware/zone-files.h"
#include "mapi/tags.h"

/* ---- in ---- */

static gboolean
take_text(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    TwBuffer *text = user_data;

    (void) error;
    tw_buffer_put(text, data, len);
    return TRUE;
}

/* The text of a part in UTF-8. */
static void
read_text(const guint8 *mail,
          gsize len,
          const TwMimePart *part,
          const char *charset,
          const TwMailInOptions *options,
          TwBuffer *ret)
{
    const TwMailSource source = { .encoding = part->encoding,
                                  .start = part->body,
                                  .len = part->body_len };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_MEETING_MAX_TEXT);
    g_autoptr(TwCharsetReader) reader =
        tw_charset_reader_new(options->charset, options->substitutes);

    /* the source is of this mail, so that nothing is left to go wrong but the buffer */
    (void) tw_mail_source_decode(mail, len, &source, take_text, &bytes, NULL);
    if (!tw_buffer_failed(&bytes))
        tw_charset_read(reader, *charset != '\0' ? charset : NULL, strlen(charset), bytes.data,
                        bytes.len, ret);
}

/* What a mail that is nothing but a calendar has for a body. */
static gboolean
has_empty_body(const TwObject *object)
{
    return !tw_object_has(object, PR_HTML) && *tw_object_get_text(object, PR_BODY, "") == '\0';
}

/* Data of attachments that are not there any more. */
static void
leave_out_sources(TwMailIn *in)
{
    for (guint i = in->sources->len; i > 0; i--) {
        const TwMailSource *source = &g_array_index(in->sources, TwMailSource, i - 1);
        guint id;

        if (tw_object_locate(in->object, source->path.bytes, source->path.len, &id) == NULL)
            g_array_remove_index(in->sources, i - 1);
    }
}

/* On a copy, for what cannot be read shall leave no trace. */
static gboolean
become_meeting(TwMailIn *in,
               const TwMailCalendar *calendar,
               const TwBuffer *text,
               const TwIcalOptions *options)
{
    g_autoptr(TwObject) meeting = tw_object_copy(in->object);
    TwIcalMethod method;

    if (has_empty_body(meeting))
        tw_object_remove(meeting, PR_BODY);
    /* its attachment goes last, so that no new one gets its number, which sources may have */
    if (!tw_ical_read_meeting(text->data, text->len, calendar->method, options, meeting, &method,
                              NULL) ||
        !tw_object_remove_child(meeting, TW_OBJECT_ATTACHMENT, calendar->attachment) ||
        !tw_object_seal(meeting, NULL))
        return FALSE;
    tw_object_free(in->object);
    in->object = g_steal_pointer(&meeting);
    leave_out_sources(in);
    return TRUE;
}

/* A calendar part and its text. */
typedef struct {
    TwMailCalendar calendar;
    TwBuffer text;
} Candidate;

static void
clear_candidate(gpointer data)
{
    tw_buffer_clear(&((Candidate *) data)->text);
}

/* Those that are tried, as far as the limits go: what are files comes after what is not. */
static GArray *
read_candidates(const guint8 *mail,
                gsize len,
                const TwMimeTree *tree,
                const TwMailInOptions *options,
                const TwMailIn *in)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Candidate));
    guint count, tries = MIN(in->calendars->len, (guint) TW_MEETING_MAX_PARTS), shown = 0;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);
    gsize left = TW_MEETING_MAX_TEXT;

    g_array_set_clear_func(all, clear_candidate);
    for (guint i = 0; i < tries; i++) {
        Candidate one = { .calendar = g_array_index(in->calendars, TwMailCalendar, i),
                          .text = TW_BUFFER_INIT((gsize) 4 * TW_MEETING_MAX_TEXT) };
        const TwMimePart *part = &parts[one.calendar.part];

        if (part->body_len > left)
            continue;
        left -= part->body_len;
        read_text(mail, len, part, one.calendar.charset, options, &one.text);
        if (tw_buffer_failed(&one.text))
            tw_buffer_clear(&one.text);
        else
            g_array_insert_val(all, one.calendar.is_file ? all->len : shown++, one);
    }
    return all;
}

static void
forget_calendar(TwMailIn *in, guint32 attachment)
{
    for (guint i = in->calendars->len; i > 0; i--) {
        if (g_array_index(in->calendars, TwMailCalendar, i - 1).attachment == attachment)
            g_array_remove_index(in->calendars, i - 1);
    }
}

/* The same calendar once more as a file says nothing that the meeting does not. */
static void
drop_copies(TwMailIn *in, const GArray *candidates, guint taken)
{
    const Candidate *meeting = &g_array_index(candidates, Candidate, taken);

    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *other = &g_array_index(candidates, Candidate, i);

        if (i == taken || !other->calendar.is_file || other->text.len != meeting->text.len ||
            memcmp(other->text.data, meeting->text.data, meeting->text.len) != 0)
            continue;
        tw_object_remove_child(in->object, TW_OBJECT_ATTACHMENT, other->calendar.attachment);
        forget_calendar(in, other->calendar.attachment);
    }
    leave_out_sources(in);
    (void) tw_object_seal(in->object, NULL); /* there is less than there was */
}

/* What a mail without a word of its own shows of a calendar that makes no meeting, such as METHOD:REFRESH. */
static void
describe(TwMailIn *in, const TwBuffer *text)
{
    g_autofree char *summary = NULL;
    g_autofree char *body = NULL;
    g_autoptr(TwObject) told = NULL;
    TwPropValue value;

    if (!tw_ical_describe(text->data, text->len, &summary, &body, NULL))
        return;
    told = tw_object_copy(in->object);
    value = tw_value_str(PR_BODY, body);
    (void) tw_object_set(told, &value, NULL);
    if (summary != NULL && !tw_object_has(told, PR_SUBJECT)) {
        value = tw_value_str(PR_SUBJECT, summary);
        (void) tw_object_set(told, &value, NULL);
    }
    if (!tw_object_seal(told, NULL))
        return;
    tw_object_free(in->object);
    in->object = g_steal_pointer(&told);
}

gboolean
tw_meeting_mail_read(const guint8 *mail,
                     gsize len,
                     const TwMimeTree *tree,
                     const TwMailInOptions *options,
                     TwMailIn *in)
{
    const TwIcalOptions how = { .names = options->names, .load = tw_zone_file_read };
    g_autoptr(GArray) candidates = NULL;

    if (options->names == NULL || in->calendars->len == 0 ||
        strcmp(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), "IPM.Note") != 0)
        return FALSE;
    candidates = read_candidates(mail, len, tree, options, in);
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *one = &g_array_index(candidates, Candidate, i);

        if (!become_meeting(in, &one->calendar, &one->text, &how))
            continue;
        forget_calendar(in, one->calendar.attachment);
        drop_copies(in, candidates, i);
        return TRUE;
    }
    if (candidates->len > 0 && has_empty_body(in->object))
        describe(in, &g_array_index(candidates, Candidate, 0).text);
    return FALSE;
}

/* ---- out ---- */

static void
fill_address(const TwMeetingWriter *writer, TwObject *object, const TwItemRole *role)
{
    g_autofree char *address = tw_item_role_address(object, role);
    TwPropValue value;

    if (address != NULL || writer->resolve == NULL || !tw_object_get(object, role->entryid, &value))
        return;
    address = writer->resolve(writer->data, value.data, value.len);
    if (address == NULL)
        return;
    value = tw_value_str(role->smtp, address);
    (void) tw_object_set(object, &value, NULL);
}

/*
 * TwMailPartFunc. People of the address book get their mail addresses first, for iCalendar has no other ones. The times of the
 * message are not those of the meeting; and they change with its flags, which the bytes of a mail do not.
 */
static gboolean
write_part(gpointer data, const TwObject *message, TwMailOutPart *ret_part, GError **error)
{
    TwMeetingWriter *writer = data;
    g_autoptr(TwObject) known = tw_object_copy(message);

    tw_object_remove(known, PR_CREATION_TIME);
    tw_object_remove(known, PR_LAST_MODIFICATION_TIME);
    fill_address(writer, known, &tw_item_representing);
    fill_address(writer, known, &tw_item_sender);
    for (guint i = 0; i < tw_object_count(known, TW_OBJECT_RECIPIENT); i++)
        fill_address(writer, tw_object_at(known, TW_OBJECT_RECIPIENT, i), &tw_item_recipient);
    return tw_ical_write_part(&writer->ical, known, ret_part, error);
}

/* TwMailResolveFunc */
static char *
resolve(gpointer data, const guint8 *entryid, gsize len)
{
    const TwMeetingWriter *writer = data;

    return writer->resolve(writer->data, entryid, len);
}

void
tw_meeting_mail_prepare(TwMeetingWriter *writer, TwMailOptions *options)
{
    *writer = (TwMeetingWriter){
        .ical = { .names = options->names, .load = tw_zone_file_read, .source = options->source },
        .resolve = options->resolve,
        .data = options->data
    };
    options->calendar = write_part;
    options->resolve = options->resolve != NULL ? resolve : NULL;
    options->data = writer;
}
