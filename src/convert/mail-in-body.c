/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which parts of a message are its text, and what text.
 *
 * A body grows unit by unit: a unit is a text part, or a multipart/alternative as a whole with its versions. As soon as one unit is
 * HTML all are: plain text that comes before or after it is shown as HTML too, and HTML gives its plain text. The one HTML
 * of a mail stays as the bytes that came, in their code page; HTML that was joined is UTF-8.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "convert/html-charset.h"
#include "convert/html-text.h"
#include "convert/mail-in-private.h"
#include "convert/mail-text.h"
#include "convert/plain-text.h"
#include "convert/tnef.h"
#include "mapi/codepage.h"
#include "mapi/tags.h"

enum {
    MAX_UNIT = 3 * TW_MAIL_MAX_BODY, /* bytes of one text, decoded */
    CODEPAGE_ASCII = 20127,
    NATIVE_PLAIN = 1, /* PR_NATIVE_BODY_INFO */
    NATIVE_HTML = 3,
};

static void read_part(TwMailMessage *message, guint part, const TwMailContext *context);

/* ---- content fields ---- */

void
tw_mail_part_fields(TwMailConvert *all, guint part, TwMailPartFields *ret)
{
    const TwMimePart *at = &all->parts[part];
    TwCursor cur = tw_cursor_init(all->mail + at->header, at->header_len);
    TwMimeField field;

    *ret = (TwMailPartFields){ 0 };
    for (guint i = 0; i < TW_MAIL_MAX_FIELDS && tw_mime_field_next(&cur, &field); i++) {
        if (field.name_len < 8 ||
            g_ascii_strncasecmp((const char *) field.name, "content-", 8) != 0)
            continue;
        if (ret->type == NULL && tw_mime_field_is(&field, "Content-Type")) {
            ret->type = tw_mime_value_parse(field.value, field.value_len);
        } else if (ret->disposition == NULL && tw_mime_field_is(&field, "Content-Disposition")) {
            ret->disposition = tw_mime_value_parse(field.value, field.value_len);
        } else if (!ret->has_id && tw_mime_field_is(&field, "Content-ID")) {
            ret->id = field;
            ret->has_id = TRUE;
        } else if (!ret->has_location && tw_mime_field_is(&field, "Content-Location")) {
            ret->location = field;
            ret->has_location = TRUE;
        } else if (!ret->has_base && tw_mime_field_is(&field, "Content-Base")) {
            ret->base = field;
            ret->has_base = TRUE;
        } else if (!ret->has_description && tw_mime_field_is(&field, "Content-Description")) {
            ret->description = field;
            ret->has_description = TRUE;
        }
    }
}

void
tw_mail_part_fields_clear(TwMailPartFields *fields)
{
    g_clear_pointer(&fields->type, tw_mime_value_free);
    g_clear_pointer(&fields->disposition, tw_mime_value_free);
}

static const TwMimeParam *
type_param(const TwMailPartFields *fields, const char *name)
{
    return fields->type != NULL ? tw_mime_value_get(fields->type, name) : NULL;
}

static gboolean
param_is(const TwMailPartFields *fields, const char *name, const char *value)
{
    const TwMimeParam *param = type_param(fields, name);

    return param != NULL && g_ascii_strcasecmp(param->value, value) == 0;
}

/* ---- units of text ---- */

static void
body_init(TwMailBody *body)
{
    *body = (TwMailBody){ .plain = TW_BUFFER_INIT(MAX_UNIT), .html = TW_BUFFER_INIT(MAX_UNIT) };
}

static void
body_clear(TwMailBody *body)
{
    tw_buffer_clear(&body->plain);
    tw_buffer_clear(&body->html);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMailBody, body_clear)

static void
put_bytes(TwBuffer *to, GBytes *bytes)
{
    gsize len;
    const void *data;

    if (bytes == NULL)
        return;
    data = g_bytes_get_data(bytes, &len);
    if (len <= to->limit - to->len) /* a text too long for the limit is left out, not half of it */
        tw_buffer_put(to, data, len);
}

/* Moves text within the limit of @to. */
static void
put_text(TwBuffer *to, const TwBuffer *from)
{
    if (from->len <= to->limit - to->len)
        tw_buffer_put(to, from->data, from->len);
}

/* Makes the HTML of a unit UTF-8. */
static void
html_to_utf8(TwMailBody *body)
{
    TwCodepageReader *reader;
    TwBuffer utf8 = TW_BUFFER_INIT(MAX_UNIT);

    if (!body->has_html || body->html_codepage == TW_CODEPAGE_UTF8)
        return;
    reader = tw_codepage_reader_new(body->html_codepage);
    body->html_codepage = TW_CODEPAGE_UTF8;
    if (reader == NULL)
        return;
    tw_codepage_reader_append(reader, body->html.data, body->html.len, &utf8);
    tw_codepage_reader_free(reader);
    tw_buffer_clear(&body->html);
    body->html = utf8;
}

/* Plain text of the HTML, where the sender wrote none. */
static void
plain_from_html(TwMailBody *body)
{
    g_autoptr(GBytes) text = NULL;

    if (body->has_plain || !body->has_html)
        return;
    if (body->html_codepage == TW_CODEPAGE_UTF8) {
        text = tw_html_to_text((const char *) body->html.data, body->html.len, MAX_UNIT, NULL);
    } else {
        TwCodepageReader *reader = tw_codepage_reader_new(body->html_codepage);
        g_auto(TwBuffer) utf8 = TW_BUFFER_INIT(MAX_UNIT);
        if (reader != NULL)
            tw_codepage_reader_append(reader, body->html.data, body->html.len, &utf8);
        tw_codepage_reader_free(reader);
        text = tw_html_to_text((const char *) utf8.data, utf8.len, MAX_UNIT, NULL);
    }
    body->has_plain = TRUE;
    put_bytes(&body->plain, text);
}

static void
html_from_plain(TwMailBody *body)
{
    g_autoptr(GBytes) html = NULL;

    if (body->has_html || !body->has_plain)
        return;
    html = tw_html_from_text((const char *) body->plain.data, body->plain.len, MAX_UNIT, NULL);
    body->has_html = TRUE;
    body->html_codepage = TW_CODEPAGE_UTF8;
    put_bytes(&body->html, html);
}

static void
body_move(TwMailBody *to, TwMailBody *from)
{
    body_clear(to);
    *to = *from;
    body_init(from);
}

/* Adds a unit behind what is there; @from is empty afterwards. */
static void
body_append(TwMailBody *to, TwMailBody *from)
{
    if (!from->has_plain && !from->has_html)
        return;
    if (!to->has_plain && !to->has_html) {
        body_move(to, from);
        return;
    }
    if (to->has_html || from->has_html) {
        plain_from_html(to);
        plain_from_html(from);
        html_to_utf8(to);
        html_to_utf8(from);
        html_from_plain(to);
        html_from_plain(from);
        put_text(&to->html, &from->html);
    }
    if (to->plain.len > 0 && to->plain.data[to->plain.len - 1] != '\n')
        tw_buffer_put(&to->plain, "\r\n", 2);
    put_text(&to->plain, &from->plain);
    body_clear(from);
    body_init(from);
}

/* A version of the same text: HTML beside plain text; of two of one kind the later one counts, unless it is empty. */
static void
body_add_version(TwMailBody *to, TwMailBody *from)
{
    if (from->has_html && (from->html.len > 0 || !to->has_html)) {
        TwBuffer html = to->html;
        to->html = from->html;
        from->html = html;
        to->has_html = TRUE;
        to->html_codepage = from->html_codepage;
    }
    if (from->has_plain && (from->plain.len > 0 || !to->has_plain)) {
        TwBuffer plain = to->plain;
        to->plain = from->plain;
        from->plain = plain;
        to->has_plain = TRUE;
        to->plain_codepage = from->plain_codepage;
    }
    body_clear(from);
    body_init(from);
}

/* ---- one text part ---- */

/* Takes files out of text: each becomes an attachment. What is left is put to @out. */
static void
take_uuencoded(TwMailMessage *message, const TwCursor *text, TwBuffer *out)
{
    gsize at = 0;
    TwUuFile file;

    while (message->all->attachments < message->all->most_attachments &&
           tw_uu_find(text->next, text->left, at, &file)) {
        g_auto(TwBuffer) data = TW_BUFFER_INIT(MAX_UNIT);
        g_autofree char *name = tw_mail_text_decode(message->all->reader,
                                                    (const guint8 *) file.name, strlen(file.name));
        tw_uu_decode(text->next + file.data, file.data_len, &data);
        tw_buffer_put(out, text->next + at, file.start - at);
        tw_mail_attach_bytes(message, name, "application/octet-stream", data.data, data.len);
        at = file.start + file.len;
        g_free(file.name);
    }
    tw_buffer_put(out, text->next + at, text->left - at);
}

static void
read_charset(TwMailConvert *all,
             const TwMailPartFields *fields,
             const TwCursor *raw,
             TwBuffer *out,
             guint *ret_codepage)
{
    const TwMimeParam *charset = type_param(fields, "charset");

    if (ret_codepage != NULL)
        *ret_codepage =
            charset != NULL ? tw_charset_codepage(charset->value, charset->value_len) : 0;
    tw_charset_read(all->reader, charset != NULL ? charset->value : NULL,
                    charset != NULL ? charset->value_len : 0, raw->next, raw->left, out);
}

static void
plain_unit(TwMailMessage *message,
           const TwMailPartFields *fields,
           const TwCursor *all,
           TwMailBody *unit)
{
    g_auto(TwBuffer) rest = TW_BUFFER_INIT(MAX_UNIT);
    g_auto(TwBuffer) text = TW_BUFFER_INIT(MAX_UNIT);
    TwCursor raw = *all;

    if (raw.left > 0 && memmem(raw.next, raw.left, "begin ", 6) != NULL) {
        take_uuencoded(message, all, &rest);
        raw = tw_cursor_init(rest.data, rest.len);
    }
    unit->has_plain = TRUE;
    if (param_is(fields, "format", "flowed")) {
        read_charset(message->all, fields, &raw, &text, &unit->plain_codepage);
        tw_text_unflow((const char *) text.data, text.len, param_is(fields, "delsp", "yes"),
                       &unit->plain);
    } else if (raw.left < 2 || memmem(raw.next, raw.left, "\r\n", 2) != NULL) {
        read_charset(message->all, fields, &raw, &unit->plain, &unit->plain_codepage);
    } else {
        read_charset(message->all, fields, &raw, &text, &unit->plain_codepage);
        tw_text_put_crlf((const char *) text.data, text.len, &unit->plain);
    }
}

/* HTML stays as it came where its code page has a number and the bytes can be believed to be in it. */
static void
html_unit(TwMailMessage *message, const TwMailPartFields *fields, TwBuffer *raw, TwMailBody *unit)
{
    const TwMimeParam *param = type_param(fields, "charset");
    const char *charset = param != NULL ? param->value : NULL;
    gsize charset_len = param != NULL ? param->value_len : 0;
    guint codepage = tw_charset_codepage(charset, charset_len);

    if (codepage == 0 || codepage == CODEPAGE_ASCII) {
        const char *said = NULL;
        gsize len = tw_html_charset((const char *) raw->data, raw->len, &said);
        guint other = tw_charset_codepage(said, len);
        if (other != 0) {
            codepage = other;
            charset = said;
            charset_len = len;
        }
    }
    unit->has_html = TRUE;
    unit->html_codepage = TW_CODEPAGE_UTF8;
    if (tw_utf8_valid(raw->data, raw->len, NULL) &&
        (codepage == 0 || codepage == CODEPAGE_ASCII || codepage == TW_CODEPAGE_UTF8 ||
         codepage == TW_CODEPAGE_WESTERN) &&
        (raw->len == 0 || memchr(raw->data, 0, raw->len) == NULL)) {
        TwBuffer empty = unit->html;
        unit->html = *raw;
        *raw = empty;
    } else if (codepage != 0 && codepage != CODEPAGE_ASCII && codepage != TW_CODEPAGE_UTF8) {
        TwBuffer empty = unit->html;
        unit->html = *raw;
        unit->html_codepage = codepage;
        *raw = empty;
    } else {
        tw_charset_read(message->all->reader, charset, charset_len, raw->data, raw->len,
                        &unit->html);
    }
}

static void
enriched_unit(TwMailMessage *message,
              const TwMailPartFields *fields,
              const TwCursor *raw,
              TwMailBody *unit)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(MAX_UNIT);

    read_charset(message->all, fields, raw, &text, NULL);
    unit->has_html = TRUE;
    unit->html_codepage = TW_CODEPAGE_UTF8;
    tw_text_enriched_to_html((const char *) text.data, text.len, &unit->html);
}

typedef enum {
    TEXT_NONE,
    TEXT_PLAIN,
    TEXT_HTML,
    TEXT_ENRICHED,
} TextKind;

static TextKind
text_kind(const TwMimePart *part)
{
    if (part->kind != TW_MIME_LEAF || strcmp(part->type, "text") != 0)
        return TEXT_NONE;
    if (strcmp(part->subtype, "plain") == 0 || part->subtype[0] == '\0')
        return TEXT_PLAIN;
    if (strcmp(part->subtype, "html") == 0)
        return TEXT_HTML;
    if (strcmp(part->subtype, "enriched") == 0 || strcmp(part->subtype, "richtext") == 0)
        return TEXT_ENRICHED;
    return TEXT_NONE;
}

static gboolean
is_attachment(const TwMailPartFields *fields)
{
    return fields->disposition != NULL && strcmp(fields->disposition->type, "attachment") == 0;
}

/* A name makes a text a file, unless nothing else could be the body. */
static gboolean
is_named(const TwMailPartFields *fields)
{
    static const char *const names[] = { "filename", "filename*", "filename*0", "filename*0*" };

    for (guint i = 0; fields->disposition != NULL && i < G_N_ELEMENTS(names); i++) {
        if (tw_mime_value_get(fields->disposition, names[i]) != NULL)
            return TRUE;
    }
    return type_param(fields, "name") != NULL || type_param(fields, "name*") != NULL;
}

static gboolean
is_body(const TwMailMessage *message, const TwMailPartFields *fields, const TwMailContext *context)
{
    const TwMailBody *body = context->body;

    if (context->attach_only || context->in_related || is_attachment(fields) ||
        message->text_parts >= TW_MAIL_MAX_TEXT_PARTS)
        return FALSE;
    return !is_named(fields) || context->in_alternative ||
           (!body->has_plain && !body->has_html && fields->disposition == NULL);
}

/* Bytes of a text part that may still be taken; all of a message and of a mail together are limited. */
static gsize
text_room(const TwMailMessage *message)
{
    return MIN(TW_MAIL_MAX_BODY - message->body_taken, TW_MAIL_MAX_BODIES - message->all->bodies);
}

/* What is not encoded is read where it stands, unless it is to be moved, which HTML is; else @raw holds it. */
static TwCursor
text_of(TwMailMessage *message, guint part, gsize room, gboolean moves, TwBuffer *raw)
{
    const TwMimePart *at = &message->all->parts[part];

    if (at->encoding == TW_MIME_ENCODING_IDENTITY && !moves)
        return tw_cursor_init(message->all->mail + at->body, MIN(at->body_len, room));
    tw_mail_part_decode(message->all, part, room, raw);
    return tw_cursor_init(raw->data, raw->len);
}

static void
read_text(TwMailMessage *message,
          guint part,
          TextKind kind,
          const TwMailPartFields *fields,
          const TwMailContext *context)
{
    const TwMimePart *at = &message->all->parts[part];
    gsize room = text_room(message), taken = MIN(at->body_len, room);
    g_auto(TwBuffer) raw = TW_BUFFER_INIT(MAX_UNIT);
    g_auto(TwMailBody) unit;
    TwCursor text;

    body_init(&unit);
    message->text_parts++;
    message->body_taken += taken;
    message->all->bodies += taken;
    text = text_of(message, part, room, kind == TEXT_HTML, &raw);
    if (at->body_len > room)
        tw_mail_attach_part(message, part, fields, context);
    switch (kind) {
    case TEXT_PLAIN:
        plain_unit(message, fields, &text, &unit);
        break;
    case TEXT_HTML:
        html_unit(message, fields, &raw, &unit);
        break;
    case TEXT_ENRICHED:
        enriched_unit(message, fields, &text, &unit);
        break;
    case TEXT_NONE:
        break;
    }
    if (context->in_alternative)
        body_add_version(context->body, &unit);
    else
        body_append(context->body, &unit);
}

/* ---- multiparts ---- */

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
read_alternative(TwMailMessage *message, guint part, const TwMailContext *context)
{
    g_auto(TwMailBody) unit;
    TwMailContext inner = *context;

    body_init(&unit);
    inner.in_alternative = TRUE;
    inner.body = &unit;
    for (guint child = message->all->parts[part].first_child; child != TW_MIME_NONE;
         child = message->all->parts[child].next)
        read_part(message, child, &inner);
    if (context->in_alternative)
        body_add_version(context->body, &unit);
    else
        body_append(context->body, &unit);
}

/* "<id>" or "id" without its brackets. */
static gboolean
same_id(const TwMimeField *field, const char *id)
{
    const char *text = (const char *) field->value;
    gsize len = field->value_len;

    while (len > 0 && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
        text++;
        len--;
    }
    while (len > 0 && (guint8) text[len - 1] <= ' ')
        len--;
    return strlen(id) == len && memcmp(text, id, len) == 0;
}

/* The root of a multipart/related: what "start" names, else the first part. */
static guint
related_root(TwMailMessage *message, guint part, const TwMailPartFields *fields)
{
    guint first = message->all->parts[part].first_child;
    const TwMimeParam *start = type_param(fields, "start");
    guint looked_at = 0;

    for (guint child = first; start != NULL && child != TW_MIME_NONE && looked_at < 100;
         child = message->all->parts[child].next, looked_at++) {
        g_auto(TwMailPartFields) own = { 0 };
        tw_mail_part_fields(message->all, child, &own);
        if (own.has_id && same_id(&own.id, start->value))
            return child;
    }
    return first;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
read_related(TwMailMessage *message,
             guint part,
             const TwMailPartFields *fields,
             const TwMailContext *context)
{
    guint root = related_root(message, part, fields);
    g_auto(TwMailBody) unit;
    TwMailContext inner = *context;

    body_init(&unit);
    inner.body = &unit;
    inner.in_alternative = FALSE;
    if (root != TW_MIME_NONE)
        read_part(message, root, &inner);
    inner.in_related = TRUE;
    for (guint child = message->all->parts[part].first_child; child != TW_MIME_NONE;
         child = message->all->parts[child].next) {
        if (child != root)
            read_part(message, child, &inner);
    }
    if (context->in_alternative)
        body_add_version(context->body, &unit);
    else
        body_append(context->body, &unit);
}

static gboolean
is_smime(const TwMailPartFields *fields)
{
    return param_is(fields, "protocol", "application/pkcs7-signature") ||
           param_is(fields, "protocol", "application/x-pkcs7-signature");
}

/* multipart/signed of S/MIME: the whole entity is what clients verify; its text is shown beside. Of others (PGP): its parts. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
read_signed(TwMailMessage *message,
            guint part,
            const TwMailPartFields *fields,
            const TwMailContext *context)
{
    guint first = message->all->parts[part].first_child;

    if (part == message->part && is_smime(fields)) {
        TwMailContext inner = *context;
        guint before = tw_object_count(message->object, TW_OBJECT_ATTACHMENT);
        message->message_class = "IPM.Note.SMIME.MultipartSigned";
        tw_mail_attach_entity(message, part, fields);
        if (first != TW_MIME_NONE && before == 0) {
            message->text_only = TRUE;
            read_part(message, first, &inner);
            message->text_only = FALSE;
        }
        return;
    }
    for (guint child = first; child != TW_MIME_NONE; child = message->all->parts[child].next)
        read_part(message, child, context);
}

/* Whether another part can still become text or an attachment. */
static gboolean
has_room(const TwMailMessage *message)
{
    return message->all->attachments < message->all->most_attachments ||
           message->text_parts < TW_MAIL_MAX_TEXT_PARTS;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
read_mixed(TwMailMessage *message, guint part, gboolean attach_only, const TwMailContext *context)
{
    g_auto(TwMailBody) unit;
    TwMailContext inner = *context;

    body_init(&unit);
    inner.body = &unit;
    inner.in_alternative = FALSE;
    inner.in_related = FALSE;
    inner.attach_only |= attach_only;
    for (guint child = message->all->parts[part].first_child;
         child != TW_MIME_NONE && has_room(message); child = message->all->parts[child].next)
        read_part(message, child, &inner);
    if (context->in_alternative)
        body_add_version(context->body, &unit);
    else
        body_append(context->body, &unit);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
read_multipart(TwMailMessage *message,
               guint part,
               const TwMailPartFields *fields,
               const TwMailContext *context)
{
    const char *subtype = message->all->parts[part].subtype;

    if (strcmp(subtype, "alternative") == 0)
        read_alternative(message, part, context);
    else if (strcmp(subtype, "related") == 0)
        read_related(message, part, fields, context);
    else if (strcmp(subtype, "signed") == 0)
        read_signed(message, part, fields, context);
    else
        read_mixed(message, part, strcmp(subtype, "encrypted") == 0, context);
}

/* ---- leaves with a meaning ---- */

static gboolean
is_tnef(const TwMimePart *part)
{
    return part->kind == TW_MIME_LEAF && strcmp(part->type, "application") == 0 &&
           (strcmp(part->subtype, "ms-tnef") == 0 || strcmp(part->subtype, "vnd.ms-tnef") == 0);
}

/* FALSE: it is a file like any other. */
static gboolean
read_tnef(TwMailMessage *message, guint part)
{
    TwMailConvert *all = message->all;
    g_auto(TwBuffer) data = TW_BUFFER_INIT(TW_MAIL_MAX_TNEF);

    if (all->options->names == NULL || message->has_tnef ||
        all->parts[part].body_len > TW_MAIL_MAX_TNEF)
        return FALSE;
    tw_mail_part_decode(all, part, G_MAXSIZE, &data);
    if (tw_buffer_failed(&data) || !tw_tnef_detect(data.data, data.len))
        return FALSE;
    message->tnef_tried = TRUE;
    if (!tw_tnef_decode(data.data, data.len, all->options->names, message->object, NULL))
        return FALSE;
    message->has_tnef = TRUE;
    /* who it is for stands in the header; the stream's own list is of its writer's making */
    while (tw_object_count(message->object, TW_OBJECT_RECIPIENT) > 0) {
        TwObject *row = tw_object_at(message->object, TW_OBJECT_RECIPIENT, 0);
        tw_object_remove_child(message->object, TW_OBJECT_RECIPIENT, tw_object_get_number(row));
    }
    return TRUE;
}

static gboolean
is_calendar_file(const TwMimePart *part)
{
    return strcmp(part->subtype, "ics") == 0 && strcmp(part->type, "application") == 0;
}

static gboolean
is_calendar(const TwMimePart *part)
{
    return part->kind == TW_MIME_LEAF &&
           ((strcmp(part->subtype, "calendar") == 0 && strcmp(part->type, "text") == 0) ||
            is_calendar_file(part));
}

static void
note_calendar(TwMailMessage *message,
              guint part,
              const TwMailPartFields *fields,
              const TwObject *attachment)
{
    const TwMimeParam *method = type_param(fields, "method");
    const TwMimeParam *charset = type_param(fields, "charset");
    TwMailCalendar calendar = { .part = part };

    if (message->depth > 0 || attachment == NULL)
        return;
    calendar.attachment = tw_object_get_number(attachment);
    calendar.is_file = is_calendar_file(&message->all->parts[part]);
    if (method != NULL && method->value_len < sizeof calendar.method) {
        for (gsize i = 0; i < method->value_len; i++)
            calendar.method[i] = g_ascii_toupper(method->value[i]);
    }
    if (charset != NULL && charset->value_len < sizeof calendar.charset)
        memcpy(calendar.charset, charset->value, charset->value_len);
    g_array_append_val(message->all->in->calendars, calendar);
}

/* The class of an S/MIME entity that is the whole mail. */
static void
note_smime(TwMailMessage *message, const TwMimePart *part)
{
    if (strcmp(part->type, "application") == 0 &&
        (strcmp(part->subtype, "pkcs7-mime") == 0 || strcmp(part->subtype, "x-pkcs7-mime") == 0))
        message->message_class = "IPM.Note.SMIME";
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): messages in messages, limited by depth */
read_leaf(TwMailMessage *message,
          guint part,
          const TwMailPartFields *fields,
          const TwMailContext *context)
{
    const TwMimePart *at = &message->all->parts[part];
    TextKind kind = text_kind(at);
    TwObject *attachment;

    if (part == message->part)
        note_smime(message, at);
    if (kind != TEXT_NONE && is_body(message, fields, context)) {
        read_text(message, part, kind, fields, context);
        return;
    }
    if (message->text_only || (is_tnef(at) && read_tnef(message, part)))
        return;
    attachment = tw_mail_attach_part(message, part, fields, context);
    if (is_calendar(at))
        note_calendar(message, part, fields, attachment);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
read_part(TwMailMessage *message, guint part, const TwMailContext *context)
{
    g_auto(TwMailPartFields) fields = { 0 };

    tw_mail_part_fields(message->all, part, &fields);
    if (message->all->parts[part].kind == TW_MIME_MULTIPART)
        read_multipart(message, part, &fields, context);
    else
        read_leaf(message, part, &fields, context);
}

void
/* NOLINTNEXTLINE(misc-no-recursion): messages in messages, limited by depth */
tw_mail_body_read(TwMailMessage *message)
{
    TwMailContext context = { .body = &message->body };

    read_part(message, message->part, &context);
}

/* ---- properties ---- */

static void
set_plain(TwMailMessage *message, const TwBuffer *text)
{
    if (!tw_buffer_failed(text))
        tw_props_builder_set(
            &message->props,
            tw_value_text(PR_BODY, text->len > 0 ? (const char *) text->data : "", text->len));
}

void
tw_mail_body_finish(TwMailMessage *message)
{
    TwMailBody *body = &message->body;
    guint codepage = TW_CODEPAGE_UTF8;

    if (message->has_tnef && (tw_object_has(message->object, PR_RTF_COMPRESSED) ||
                              tw_object_has(message->object, PR_HTML) ||
                              (!body->has_html && tw_object_has(message->object, PR_BODY))))
        return; /* the writer's own form of the text is there */
    plain_from_html(body);
    if (body->has_html) {
        codepage = body->html_codepage;
        tw_props_builder_set(&message->props,
                             tw_value_bytes(PR_HTML, body->html.data, body->html.len));
    } else if (body->plain_codepage != 0) {
        codepage = body->plain_codepage;
    }
    set_plain(message, &body->plain);
    tw_props_builder_set(&message->props, tw_value_long(PR_INTERNET_CPID, codepage));
    tw_props_builder_set(
        &message->props,
        tw_value_long(PR_NATIVE_BODY_INFO, body->has_html ? NATIVE_HTML : NATIVE_PLAIN));
}
