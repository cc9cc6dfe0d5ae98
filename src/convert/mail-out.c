/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The structure of a mail.
 *
 *   mail                       mixed { bodies, attachments ..., winmail.dat }; bodies alone when there is nothing else
 *   bodies                     alternative { plain, HTML, calendar }; the one that there is
 *   HTML                       related { HTML, what it shows }
 *   signed, encrypted          the entity of the one attachment, as it stands (RFC 8551, RFC 3156)
 *   report                     mail-out-report.c
 *
 * Bytes are gathered in a buffer and handed to the sink when they are many.
 */
#include "convert/mail-out.h"

#include "base/error.h"
#include "convert/ical.h"
#include "convert/mail-out-private.h"
#include "convert/tnef.h"
#include "mapi/message-class.h"

enum {
    FLUSH_AT = 32 * 1024,
    ATTACH_FLAG_RELATED = 4, /* PR_ATTACH_FLAGS: shown by the HTML */
    MOST_LINE = 998,
    MOST_REFERENCES = 10000, /* cid: of one HTML */
};

/* --- the sink -------------------------------------------------------------------------------------------------- */

gboolean
tw_mail_flush(TwMailWriter *writer, gboolean all, GError **error)
{
    TwBuffer *buffer = &writer->buffer;
    gsize len = buffer->len;

    if (tw_buffer_failed(buffer)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a mail part is too large");
        return FALSE;
    }
    if (len == 0 || (!all && len < FLUSH_AT))
        return TRUE;
    writer->last = buffer->data[len - 1];
    buffer->len = 0;
    return writer->sink(writer->sink_data, buffer->data, len, error);
}

static void
put_str(TwMailWriter *writer, const char *text)
{
    tw_buffer_put(&writer->buffer, text, strlen(text));
}

/* --- what the message is --------------------------------------------------------------------------------------- */

static const char *
class_of(const TwObject *message)
{
    return tw_object_get_text(message, PR_MESSAGE_CLASS, "IPM.Note");
}

static gboolean
is_one_of(const char *class, const char *const *bases, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (tw_message_class_is(class, bases[i]))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_calendar_item(const char *class)
{
    static const char *const bases[] = { "IPM.Schedule.Meeting", "IPM.Appointment", "IPM.Task",
                                         "IPM.TaskRequest", TW_ICAL_TASK_MESSAGE };

    return is_one_of(class, bases, G_N_ELEMENTS(bases));
}

/* Items that a mail with its attachments tells wholly. */
static gboolean
is_plain_mail(const char *class)
{
    static const char *const bases[] = { "IPM.Note", "IPM.Post", "IPM.Document", "IPM.Sharing" };

    return tw_message_class_is(class, "REPORT") || strcmp(class, "IPM") == 0 ||
           is_one_of(class, bases, G_N_ELEMENTS(bases));
}

/* Voting buttons have no other way. */
static gboolean
has_votes(const TwMailWriter *writer, const TwObject *message)
{
    TwNamedProp name = tw_known_name(TW_PidLidVerbStream);
    guint16 id = 0;

    return tw_name_map_get_ids(writer->options->names, &name, 1, FALSE, &id, NULL) && id != 0 &&
           tw_object_has(message, tw_prop_tag(id, TW_PT_BINARY));
}

/* --- content --------------------------------------------------------------------------------------------------- */

/* All that goes into a mail that is no report and not signed. */
typedef struct {
    TwMailBodies bodies;
    TwMailOutPart calendar, card;
    GPtrArray *related, *attached; /* of borrowed TwObject */
    gboolean tnef;
} Content;

static void
content_clear(Content *content)
{
    tw_mail_bodies_clear(&content->bodies);
    g_clear_pointer(&content->calendar.text, g_bytes_unref);
    g_clear_pointer(&content->calendar.method, g_free);
    g_clear_pointer(&content->card.text, g_bytes_unref);
    g_clear_pointer(&content->card.method, g_free);
    g_clear_pointer(&content->related, g_ptr_array_unref);
    g_clear_pointer(&content->attached, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Content, content_clear)

/* The ids that the HTML refers to. */
static GHashTable *
list_references(GBytes *html)
{
    GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gsize len;
    const char *at = g_bytes_get_data(html, &len);
    const char *end = at + len;

    while ((at = len == 0 ? NULL : memchr(at, ':', (gsize) (end - at))) != NULL) {
        gboolean found = at - 3 >= (const char *) g_bytes_get_data(html, NULL) &&
                         g_ascii_strncasecmp(at - 3, "cid", 3) == 0;
        const char *start = ++at;

        while (found && at < end && (guint8) *at > ' ' && strchr("\"'<>()&", *at) == NULL)
            at++;
        if (found && at > start && g_hash_table_size(ids) < MOST_REFERENCES) {
            char *id = g_uri_unescape_segment(start, at, NULL);

            g_hash_table_add(ids, id != NULL ? id : g_strndup(start, (gsize) (at - start)));
        }
        if (at == end)
            break;
    }
    return ids;
}

static gboolean
is_related(const TwObject *attachment, GHashTable *references)
{
    const char *id = tw_object_get_text(attachment, PR_ATTACH_CONTENT_ID, "");
    const char *place = tw_object_get_text(attachment, PR_ATTACH_CONTENT_LOCATION, "");
    gsize len = strlen(id);
    g_autofree char *bare =
        len > 2 && id[0] == '<' && id[len - 1] == '>' ? g_strndup(id + 1, len - 2) : g_strdup(id);

    if (tw_object_get_embedded(attachment) != NULL)
        return FALSE;
    if (*bare != '\0' && g_hash_table_contains(references, bare))
        return TRUE;
    return (tw_object_get_long(attachment, PR_ATTACH_FLAGS, 0) & ATTACH_FLAG_RELATED) != 0 &&
           (*bare != '\0' || *place != '\0');
}

static void
sort_attachments(const TwObject *message, Content *content)
{
    g_autoptr(GHashTable) references =
        content->bodies.html != NULL ? list_references(content->bodies.html) : NULL;

    content->related = g_ptr_array_new();
    content->attached = g_ptr_array_new();
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_ATTACHMENT); i++) {
        TwObject *attachment = tw_object_at(message, TW_OBJECT_ATTACHMENT, i);

        if (!tw_mail_attachment_has_part(attachment) ||
            (content->tnef && tw_tnef_only_here(attachment)))
            continue;
        g_ptr_array_add(references != NULL && is_related(attachment, references)
                            ? content->related
                            : content->attached,
                        attachment);
    }
}

static gboolean
gather(TwMailWriter *writer, const TwObject *message, Content *content, GError **error)
{
    const TwMailOptions *options = writer->options;
    const char *class = class_of(message);

    if (!tw_mail_get_bodies(writer, message, &content->bodies, error))
        return FALSE;
    if (options->calendar != NULL && is_calendar_item(class) &&
        !options->calendar(options->data, message, &content->calendar, error))
        return FALSE;
    if (options->card != NULL &&
        (tw_message_class_is(class, "IPM.Contact") || tw_message_class_is(class, "IPM.DistList")) &&
        !options->card(options->data, message, &content->card, error))
        return FALSE;
    content->tnef =
        options->tnef == TW_MAIL_TNEF_ALWAYS ||
        (options->tnef == TW_MAIL_TNEF_NEEDED &&
         ((!is_plain_mail(class) && content->calendar.text == NULL && content->card.text == NULL) ||
          has_votes(writer, message)));
    sort_attachments(message, content);
    return TRUE;
}

/* --- bodies ---------------------------------------------------------------------------------------------------- */

static gboolean
put_plain(TwMailWriter *writer, const Content *content, GError **error)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) TW_MAIL_OUT_MAX_BODY * 2);
    gsize len = 0;
    const char *plain =
        content->bodies.plain != NULL ? g_bytes_get_data(content->bodies.plain, &len) : NULL;

    tw_body_put_flowed(&text, plain, len);
    if (tw_buffer_failed(&text)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a body is too large");
        return FALSE;
    }
    tw_mail_put_text_part(writer, "plain", "utf-8", "format", "flowed", text.data, text.len);
    return tw_mail_flush(writer, FALSE, error);
}

static gboolean
put_html(TwMailWriter *writer, const Content *content, guint depth, GError **error)
{
    char boundary[TW_MAIL_BOUNDARY_SIZE];
    g_auto(TwBuffer) html = TW_BUFFER_INIT((gsize) TW_MAIL_OUT_MAX_BODY * 4);
    gsize len;
    const char *kept = g_bytes_get_data(content->bodies.html, &len);

    if (content->related->len > 0) {
        tw_mail_begin_multipart(writer, "related", "type", "text/html", boundary);
        tw_mail_delimit(writer, boundary, FALSE);
    }
    tw_body_put_crlf(&html, kept, len);
    tw_mail_put_text_part(writer, "html", content->bodies.charset, NULL, NULL, html.data, html.len);
    if (!tw_mail_flush(writer, FALSE, error))
        return FALSE;
    for (guint i = 0; i < content->related->len; i++) {
        tw_mail_delimit(writer, boundary, FALSE);
        if (!tw_mail_put_attachment(writer, content->related->pdata[i], TRUE, depth, error))
            return FALSE;
    }
    if (content->related->len > 0)
        tw_mail_delimit(writer, boundary, TRUE);
    return TRUE;
}

static void
put_codec_part(TwMailWriter *writer, const char *subtype, const TwMailOutPart *part)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_MAIL_OUT_MAX_BODY);
    gsize len;
    const char *data = g_bytes_get_data(part->text, &len);

    tw_body_put_crlf(&text, data, len);
    tw_mail_put_text_part(writer, subtype, "utf-8", part->method != NULL ? "method" : NULL,
                          part->method, text.data, text.len);
}

static gboolean
put_bodies(TwMailWriter *writer, const Content *content, guint depth, GError **error)
{
    char boundary[TW_MAIL_BOUNDARY_SIZE];

    if (content->bodies.html == NULL && content->calendar.text == NULL)
        return put_plain(writer, content, error);
    tw_mail_begin_multipart(writer, "alternative", NULL, NULL, boundary);
    tw_mail_delimit(writer, boundary, FALSE);
    if (!put_plain(writer, content, error))
        return FALSE;
    if (content->bodies.html != NULL) {
        tw_mail_delimit(writer, boundary, FALSE);
        if (!put_html(writer, content, depth, error))
            return FALSE;
    }
    if (content->calendar.text != NULL) {
        tw_mail_delimit(writer, boundary, FALSE);
        put_codec_part(writer, "calendar", &content->calendar);
    }
    tw_mail_delimit(writer, boundary, TRUE);
    return tw_mail_flush(writer, FALSE, error);
}

static gboolean
put_tnef(TwMailWriter *writer, const TwObject *message, GError **error)
{
    g_auto(TwBuffer) stream = TW_BUFFER_INIT(TW_MAIL_OUT_MAX_TNEF);
    TwHead head = tw_head_begin(&writer->buffer, "Content-Type", FALSE);

    if (!tw_tnef_encode(message, writer->options->names, writer->options->source,
                        TW_TNEF_WITHOUT_FILES, &stream, error))
        return FALSE;
    tw_head_word(&head, "application/ms-tnef", 19);
    tw_head_param(&head, "name", "winmail.dat");
    tw_head_end(&head);
    tw_head_put_words(&writer->buffer, "Content-Disposition", "attachment; filename=winmail.dat");
    tw_head_put_words(&writer->buffer, "Content-Transfer-Encoding", "base64");
    put_str(writer, "\r\n");
    tw_body_put(&writer->buffer, stream.data, stream.len, TW_BODY_BASE64, FALSE);
    return tw_mail_flush(writer, FALSE, error);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
put_mail(TwMailWriter *writer, const TwObject *message, guint depth, GError **error)
{
    char boundary[TW_MAIL_BOUNDARY_SIZE];
    g_auto(Content) content = { .tnef = FALSE };

    if (!gather(writer, message, &content, error))
        return FALSE;
    if (content.attached->len == 0 && content.card.text == NULL && !content.tnef)
        return put_bodies(writer, &content, depth, error);
    tw_mail_begin_multipart(writer, "mixed", NULL, NULL, boundary);
    tw_mail_delimit(writer, boundary, FALSE);
    if (!put_bodies(writer, &content, depth, error))
        return FALSE;
    for (guint i = 0; i < content.attached->len; i++) {
        tw_mail_delimit(writer, boundary, FALSE);
        if (!tw_mail_put_attachment(writer, content.attached->pdata[i], FALSE, depth, error))
            return FALSE;
    }
    if (content.card.text != NULL) {
        tw_mail_delimit(writer, boundary, FALSE);
        put_codec_part(writer, "vcard", &content.card);
    }
    if (content.tnef) {
        tw_mail_delimit(writer, boundary, FALSE);
        if (!put_tnef(writer, message, error))
            return FALSE;
    }
    tw_mail_delimit(writer, boundary, TRUE);
    return tw_mail_flush(writer, FALSE, error);
}

/* --- signed and encrypted -------------------------------------------------------------------------------------- */

/* Whether a run of bytes can go out as an entity: it begins with a Content-Type field, and no line is too long. */
typedef struct {
    GString *head; /* its first bytes */
    gsize line;
    gboolean too_long;
} EntityCheck;

static gboolean
take_check(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    EntityCheck *check = data;

    (void) error;
    if (check->head->len < 4096)
        g_string_append_len(check->head, (const char *) bytes,
                            (gssize) MIN(len, 4096 - check->head->len));
    for (gsize i = 0; i < len; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r')
            check->line = 0;
        else if (++check->line > MOST_LINE || bytes[i] == '\0')
            check->too_long = TRUE;
    }
    return TRUE;
}

/* The entity with CR LF at the ends of lines, which is the form that was signed. */
typedef struct {
    TwMailWriter *writer;
    gboolean have_cr;
} EntityWalk;

static gboolean
take_entity(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    EntityWalk *walk = data;
    TwBuffer *out = &walk->writer->buffer;

    for (gsize i = 0; i < len; i++) {
        if (walk->have_cr && bytes[i] == '\n') {
            walk->have_cr = FALSE; /* its line end is written */
            continue;
        }
        walk->have_cr = bytes[i] == '\r';
        if (bytes[i] == '\r' || bytes[i] == '\n')
            tw_buffer_put(out, "\r\n", 2);
        else
            tw_buffer_put_u8(out, bytes[i]);
    }
    return tw_mail_flush(walk->writer, FALSE, error);
}

/* The one attachment of a signed or encrypted message. */
static const TwObject *
get_entity(const TwObject *message)
{
    const TwObject *attachment = tw_object_at(message, TW_OBJECT_ATTACHMENT, 0);

    if (!tw_message_class_is(class_of(message), "IPM.Note.SMIME") ||
        tw_object_count(message, TW_OBJECT_ATTACHMENT) != 1 ||
        tw_object_get_embedded(attachment) != NULL ||
        !tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, NULL))
        return NULL;
    return attachment;
}

/* A whole MIME entity. *@ret_done is FALSE when its bytes are none. */
static gboolean
put_entity(TwMailWriter *writer, const TwObject *attachment, gboolean *ret_done, GError **error)
{
    EntityCheck check = { .head = g_string_new(NULL) };
    EntityWalk walk = { .writer = writer };
    const TwValueSource *source = writer->options->source;
    gboolean good =
        tw_value_source_walk(source, attachment, PR_ATTACH_DATA_BIN, take_check, &check, error);
    g_autofree char *head = g_string_free(check.head, FALSE);

    if (!good)
        return FALSE;
    *ret_done = !check.too_long && g_ascii_strncasecmp(head, "Content-Type:", 13) == 0 &&
                (strstr(head, "\n\n") != NULL || strstr(head, "\n\r\n") != NULL);
    if (!*ret_done)
        return TRUE;
    return tw_value_source_walk(source, attachment, PR_ATTACH_DATA_BIN, take_entity, &walk, error);
}

/* A message that is one PKCS #7 value: RFC 8551, section 3.3. */
static gboolean
put_pkcs7(TwMailWriter *writer, const TwObject *attachment, GError **error)
{
    const char *type = tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, "");

    if (!g_str_has_prefix(type, "application/pkcs7-mime") &&
        !g_str_has_prefix(type, "application/x-pkcs7-mime"))
        type = "application/pkcs7-mime";
    return tw_mail_put_entity_file(writer, attachment, type, "smime.p7m", error);
}

gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
tw_mail_put_message(TwMailWriter *writer, const TwObject *message, guint depth, GError **error)
{
    const TwObject *entity = get_entity(message);
    gboolean receipt, done = FALSE;

    if (depth > TW_OBJECT_MAX_DEPTH) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "messages nested too deep");
        return FALSE;
    }
    if (!tw_mail_put_header(writer, message, depth) || !tw_mail_flush(writer, FALSE, error))
        return FALSE;
    if (entity != NULL) {
        if (!put_entity(writer, entity, &done, error))
            return FALSE;
        if (!done && tw_message_class_is(class_of(message), "IPM.Note.SMIME.MultipartSigned"))
            return put_mail(writer, message, depth, error); /* damaged: a file as any other */
        return done || put_pkcs7(writer, entity, error);
    }
    if (tw_mail_is_report(message, &receipt))
        return tw_mail_put_report(writer, message, depth, error);
    return put_mail(writer, message, depth, error);
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

gboolean
tw_mail_write(const TwObject *message,
              const TwMailOptions *options,
              TwMailSinkFunc sink,
              gpointer data,
              GError **error)
{
    TwMailWriter writer = {
        .options = options,
        .flags = options->flags,
        .sink = sink,
        .sink_data = data,
        .buffer = TW_BUFFER_INIT((gsize) TW_MAIL_OUT_MAX_BODY * 4),
        .seed = tw_mail_message_id(message, options->domain),
    };
    gboolean good = tw_mail_put_message(&writer, message, 0, error);

    if (good && writer.buffer.len > 0)
        writer.last = writer.buffer.data[writer.buffer.len - 1];
    if (good && writer.last != '\n')
        put_str(&writer, "\r\n");
    good = good && tw_mail_flush(&writer, TRUE, error);
    tw_buffer_clear(&writer.buffer);
    g_free(writer.seed);
    return good;
}

static gboolean
take_bytes(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    TwBuffer *out = data;

    tw_buffer_put(out, bytes, len);
    if (!tw_buffer_failed(out))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a mail of more than %zu bytes", out->limit);
    return FALSE;
}

GBytes *
tw_mail_write_bytes(const TwObject *message,
                    const TwMailOptions *options,
                    gsize max_len,
                    GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(max_len);

    if (!tw_mail_write(message, options, take_bytes, &out, error))
        return NULL;
    return tw_buffer_steal_bytes(&out, error);
}
