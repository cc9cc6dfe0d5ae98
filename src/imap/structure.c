/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/structure.h"

#include <string.h>

#include "imap/address.h"
#include "imap/parse.h"

static void
put_nil(TwBuffer *out)
{
    tw_buffer_put(out, "NIL", 3);
}

static void
put_nstring(TwBuffer *out, TwMailText text)
{
    if (text.len > 0)
        tw_imap_put_string(out, text.text, text.len);
    else
        put_nil(out);
}

/* ---- envelope ---- */

/* Without folds and blanks at both ends. */
static void
put_unfolded(TwBuffer *out, TwMailText text)
{
    g_autofree char *line = NULL;
    gsize len = 0;

    while (text.len > 0 && g_ascii_isspace(text.text[0])) {
        text.text++;
        text.len--;
    }
    while (text.len > 0 && g_ascii_isspace(text.text[text.len - 1]))
        text.len--;
    if (memchr(text.text, '\n', text.len) == NULL && memchr(text.text, '\r', text.len) == NULL) {
        tw_imap_put_string(out, text.text, text.len);
        return;
    }
    line = g_malloc(text.len);
    for (gsize i = 0; i < text.len; i++) {
        if (text.text[i] != '\r' && text.text[i] != '\n')
            line[len++] = text.text[i];
    }
    tw_imap_put_string(out, line, len);
}

static void
put_field_text(TwBuffer *out, const TwCursor *fields, TwMailFieldNumber number)
{
    TwMailField field;

    if (tw_mail_field_find(fields, number, &field))
        put_unfolded(out, field.value);
    else
        put_nil(out);
}

static gboolean
is_empty(TwMailText text)
{
    for (gsize i = 0; i < text.len; i++) {
        if (!g_ascii_isspace(text.text[i]))
            return FALSE;
    }
    return TRUE;
}

/* All fields of that name; instead those of another where there is none. */
static void
put_field_addresses(TwBuffer *out,
                    const TwCursor *fields,
                    TwMailFieldNumber number,
                    TwMailFieldNumber instead)
{
    g_autoptr(GArray) all = NULL;
    TwCursor cur = *fields;
    TwMailField field;

    while (tw_mail_field_next(&cur, &field)) {
        g_autoptr(GArray) more = NULL;

        if (field.number != number || is_empty(field.value))
            continue;
        more = tw_imap_addresses_parse(field.value.text, field.value.len);
        if (all == NULL) {
            all = g_steal_pointer(&more);
        } else if (all->len + more->len <= TW_IMAP_ADDRESSES_MAX) {
            g_array_append_vals(all, more->data, more->len);
            g_array_set_clear_func(more, NULL);
        }
    }
    if (all != NULL)
        tw_imap_put_addresses(out, all);
    else if (instead != number)
        put_field_addresses(out, fields, instead, instead);
    else
        put_nil(out);
}

void
tw_imap_put_envelope(TwBuffer *out, const TwCursor *fields)
{
    static const struct {
        TwMailFieldNumber number, instead;
    } addresses[] = {
        { TW_MAIL_FIELD_FROM, TW_MAIL_FIELD_FROM },
        { TW_MAIL_FIELD_SENDER, TW_MAIL_FIELD_FROM },
        { TW_MAIL_FIELD_REPLY_TO, TW_MAIL_FIELD_FROM },
        { TW_MAIL_FIELD_TO, TW_MAIL_FIELD_TO },
        { TW_MAIL_FIELD_CC, TW_MAIL_FIELD_CC },
        { TW_MAIL_FIELD_BCC, TW_MAIL_FIELD_BCC },
    };

    tw_buffer_put_u8(out, '(');
    put_field_text(out, fields, TW_MAIL_FIELD_DATE);
    tw_buffer_put_u8(out, ' ');
    put_field_text(out, fields, TW_MAIL_FIELD_SUBJECT);
    for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
        tw_buffer_put_u8(out, ' ');
        put_field_addresses(out, fields, addresses[i].number, addresses[i].instead);
    }
    tw_buffer_put_u8(out, ' ');
    put_field_text(out, fields, TW_MAIL_FIELD_IN_REPLY_TO);
    tw_buffer_put_u8(out, ' ');
    put_field_text(out, fields, TW_MAIL_FIELD_MESSAGE_ID);
    tw_buffer_put_u8(out, ')');
}

/* ---- structure ---- */

static gboolean
text_is(TwMailText text, const char *word)
{
    return text.len == strlen(word) && g_ascii_strncasecmp(text.text, word, text.len) == 0;
}

static void
put_params(TwBuffer *out, TwCursor params, guint count, gboolean is_text)
{
    TwMailText name, value;
    gboolean charset = !is_text, first = TRUE;

    for (guint i = 0; i < count && tw_mail_param_next(&params, &name, &value); i++) {
        tw_buffer_put_u8(out, first ? '(' : ' ');
        tw_imap_put_string(out, name.text, name.len);
        tw_buffer_put_u8(out, ' ');
        tw_imap_put_string(out, value.text, value.len);
        charset |= text_is(name, "charset");
        first = FALSE;
    }
    if (!charset)
        tw_imap_put_text(out, first ? "(\"charset\" \"us-ascii\")" : " \"charset\" \"us-ascii\")");
    else if (first)
        put_nil(out);
    else
        tw_buffer_put_u8(out, ')');
}

/* A list of words between commas. */
static void
put_language(TwBuffer *out, TwMailText text)
{
    gboolean first = TRUE;

    for (gsize at = 0; at < text.len;) {
        gsize end = at;

        while (end < text.len && text.text[end] != ',' && !g_ascii_isspace(text.text[end]))
            end++;
        if (end > at) {
            tw_buffer_put_u8(out, first ? '(' : ' ');
            tw_imap_put_string(out, text.text + at, end - at);
            first = FALSE;
        }
        at = end + 1;
    }
    if (first)
        put_nil(out);
    else
        tw_buffer_put_u8(out, ')');
}

static void
put_disposition(TwBuffer *out, const TwMailPart *part)
{
    if (!part->has_disposition || part->disposition.len == 0) {
        put_nil(out);
        return;
    }
    tw_buffer_put_u8(out, '(');
    tw_imap_put_string(out, part->disposition.text, part->disposition.len);
    tw_buffer_put_u8(out, ' ');
    put_params(out, part->disposition_params, part->disposition_param_count, FALSE);
    tw_buffer_put_u8(out, ')');
}

/* What stands at the end of BODYSTRUCTURE for parts of all kinds. */
static void
put_extension(TwBuffer *out, const TwMailPart *part)
{
    tw_buffer_put_u8(out, ' ');
    put_disposition(out, part);
    tw_buffer_put_u8(out, ' ');
    put_language(out, part->language);
    tw_buffer_put_u8(out, ' ');
    put_nstring(out, part->location);
}

/* Parts in the order in which they begin; those inside another are deeper. */
typedef struct {
    TwCursor cur;
    TwMailPart next;
    gboolean more;
} Walk;

static void
walk_on(Walk *walk)
{
    walk->more = tw_mail_part_next(&walk->cur, &walk->next);
}

static void put_part(TwBuffer *out, Walk *walk, gboolean extended);

static void
put_multipart(TwBuffer *out, const TwMailPart *part, Walk *walk, gboolean extended)
{
    gboolean any = FALSE;

    while (walk->more && walk->next.depth > part->depth) {
        put_part(out, walk, extended);
        any = TRUE;
    }
    if (!any) /* there must be one */
        tw_imap_put_text(
            out, extended ? "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "
                            "0 0 NIL NIL NIL NIL)"
                          : "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "
                            "0 0)");
    tw_buffer_put_u8(out, ' ');
    tw_imap_put_string(out, part->subtype.text, part->subtype.len);
    if (!extended)
        return;
    tw_buffer_put_u8(out, ' ');
    put_params(out, part->params, part->param_count, FALSE);
    put_extension(out, part);
}

static void
put_leaf(TwBuffer *out, const TwMailPart *part, Walk *walk, gboolean extended)
{
    gboolean is_text = text_is(part->type, "text");

    tw_imap_put_string(out, part->type.text, part->type.len);
    tw_buffer_put_u8(out, ' ');
    tw_imap_put_string(out, part->subtype.text, part->subtype.len);
    tw_buffer_put_u8(out, ' ');
    put_params(out, part->params, part->param_count, is_text);
    tw_buffer_put_u8(out, ' ');
    put_nstring(out, part->id);
    tw_buffer_put_u8(out, ' ');
    put_nstring(out, part->description);
    tw_buffer_put_u8(out, ' ');
    if (part->encoding_word.len > 0)
        tw_imap_put_string(out, part->encoding_word.text, part->encoding_word.len);
    else
        tw_imap_put_text(out, "\"7bit\"");
    tw_buffer_put_u8(out, ' ');
    tw_imap_put_number(out, part->body_len);
    if (part->kind == TW_MIME_MESSAGE && walk->more && walk->next.depth > part->depth) {
        tw_buffer_put_u8(out, ' ');
        tw_imap_put_envelope(out, &walk->next.fields);
        tw_buffer_put_u8(out, ' ');
        put_part(out, walk, extended);
        is_text = TRUE; /* it has lines, too */
    }
    if (is_text) {
        tw_buffer_put_u8(out, ' ');
        tw_imap_put_number(out, part->lines);
    }
    if (!extended)
        return;
    tw_buffer_put_u8(out, ' ');
    put_nstring(out, part->md5);
    put_extension(out, part);
}

static void
put_part(TwBuffer *out, Walk *walk, gboolean extended) /* NOLINT(misc-no-recursion): depth */
{
    TwMailPart part = walk->next;

    walk_on(walk);
    tw_buffer_put_u8(out, '(');
    if (part.kind == TW_MIME_MULTIPART)
        put_multipart(out, &part, walk, extended);
    else
        put_leaf(out, &part, walk, extended);
    while (walk->more && walk->next.depth > part.depth) /* more than one in a message: none is */
        walk_on(walk);
    tw_buffer_put_u8(out, ')');
}

void
tw_imap_put_structure(TwBuffer *out, const TwMailSummary *summary, gboolean extended)
{
    Walk walk = { .cur = summary->parts };

    walk_on(&walk);
    put_part(out, &walk, extended);
}

/* ---- parts ---- */

/* The nth part right inside; its index in ret. */
static gboolean
find_child(const GArray *parts, guint parent, guint32 number, guint *ret)
{
    guint depth = g_array_index(parts, TwMailPart, parent).depth;

    for (guint i = parent + 1; i < parts->len; i++) {
        const TwMailPart *part = &g_array_index(parts, TwMailPart, i);

        if (part->depth <= depth)
            return FALSE;
        if (part->depth == depth + 1 && --number == 0) {
            *ret = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* RFC 9051, 6.4.5.1: a message that is no multipart has one part, 1, which is its body. */
static gboolean
follow(const GArray *parts, const guint32 *path, guint count, guint *ret)
{
    guint at = 0;

    for (guint i = 0; i < count; i++) {
        guint kind = g_array_index(parts, TwMailPart, at).kind;

        if (i > 0 && kind == TW_MIME_LEAF)
            return FALSE;
        if (i > 0 && kind == TW_MIME_MESSAGE && !find_child(parts, at, 1, &at))
            return FALSE;
        if (g_array_index(parts, TwMailPart, at).kind == TW_MIME_MULTIPART) {
            if (path[i] == 0 || !find_child(parts, at, path[i], &at))
                return FALSE;
        } else if (path[i] != 1) {
            return FALSE;
        }
    }
    *ret = at;
    return TRUE;
}

static gboolean
is_known_encoding(TwMailText word)
{
    static const char *const words[] = { "7bit", "8bit", "binary", "base64", "quoted-printable" };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (text_is(word, words[i]))
            return TRUE;
    }
    return word.len == 0;
}

gboolean
tw_imap_find_part(const TwMailSummary *summary,
                  const guint32 *path,
                  guint count,
                  TwImapPartKind kind,
                  TwImapPlace *ret)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(TwMailPart));
    TwCursor cur = summary->parts;
    const TwMailPart *part;
    TwMailPart one;
    guint at;

    while (tw_mail_part_next(&cur, &one))
        g_array_append_val(parts, one);
    if (!follow(parts, path, count, &at))
        return FALSE;
    if (count > 0 && kind >= TW_IMAP_PART_HEADER &&
        (g_array_index(parts, TwMailPart, at).kind != TW_MIME_MESSAGE ||
         !find_child(parts, at, 1, &at)))
        return FALSE;
    part = &g_array_index(parts, TwMailPart, at);
    *ret = (TwImapPlace){ .encoding = part->encoding,
                          .known = is_known_encoding(part->encoding_word) };
    if (kind == TW_IMAP_PART_MIME || kind == TW_IMAP_PART_HEADER) {
        ret->at = part->header;
        ret->len = part->header_len;
        ret->whole_header = at == 0;
        ret->fields = at == 0 ? summary->fields : part->fields;
        ret->have = summary->have;
        ret->cut = summary->cut;
    } else if (kind == TW_IMAP_PART_ALL && count == 0) {
        ret->len = summary->mail_len;
    } else {
        ret->at = part->body;
        ret->len = part->body_len;
    }
    return TRUE;
}
