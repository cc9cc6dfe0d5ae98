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

gboolean
tw_meeting_mail_read(const guint8 *mail,
                     gsize len,
                     const TwMimeTree *tree,
                     const TwMailInOptions *options,
                     TwMailIn *in)
{
    const TwIcalOptions how = { .names = options->names, .load = tw_zone_file_read };
    guint count, tries = MIN(in->calendars->len, (guint) TW_MEETING_MAX_PARTS);
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);
    gsize left = TW_MEETING_MAX_TEXT;

    if (options->names == NULL ||
        strcmp(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), "IPM.Note") != 0)
        return FALSE;
    for (guint i = 0; i < tries; i++) {
        const TwMailCalendar *calendar = &g_array_index(in->calendars, TwMailCalendar, i);
        const TwMimePart *part = &parts[calendar->part];
        g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) 4 * TW_MEETING_MAX_TEXT);

        if (part->body_len > left)
            continue;
        left -= part->body_len;
        read_text(mail, len, part, calendar->charset, options, &text);
        if (tw_buffer_failed(&text) || !become_meeting(in, calendar, &text, &how))
            continue;
        g_array_remove_index(in->calendars, i);
        return TRUE;
    }
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
