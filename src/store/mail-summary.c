/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Summaries of mails; the format is in mail-summary.h. */
#include "store/mail-summary.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "convert/mime-header.h"

enum {
    AT_SUM = 4,
    AT_AFTER_SUM = 8,
    MAX_NUMBER_LEN = 9,
    SMALLEST_PART = 17, /* bytes of a part with nothing in it */
    PLAIN_COUNT = 6,    /* texts of a part that are unfolded fields */
};

static const struct {
    const char *name;
    guint8 len;
} field_names[] = {
#define FIELD_ROW(name, text) { text, sizeof text - 1 },
    TW_MAIL_FIELD_LIST(FIELD_ROW)
#undef FIELD_ROW
};
G_STATIC_ASSERT(G_N_ELEMENTS(field_names) <= 64);

int
tw_mail_field_number(const char *name, gsize len)
{
    for (guint i = 0; i < G_N_ELEMENTS(field_names); i++) {
        if (field_names[i].len == len && g_ascii_strncasecmp(field_names[i].name, name, len) == 0)
            return (int) i;
    }
    return -1;
}

static void
put_number(TwBuffer *out, guint64 number)
{
    guint8 bytes[MAX_NUMBER_LEN + 1];
    guint n = 0;

    for (; number >= 0x80; number >>= 7)
        bytes[n++] = (guint8) (number | 0x80);
    bytes[n++] = (guint8) number;
    tw_buffer_put(out, bytes, n);
}

static void
put_text(TwBuffer *out, const char *text, gsize len, gsize most)
{
    gsize kept = MIN(len, most);

    put_number(out, kept);
    tw_buffer_put(out, text, kept);
}

/* A field of a header that is in the list. */
typedef struct {
    int number;
    const char *raw;
    gsize len, value_at;
} Listed;

/* The next one with a number below @end; FALSE: there is none. */
static gboolean
next_listed(TwCursor *header, int end, Listed *ret)
{
    for (;;) {
        const char *raw = (const char *) header->next;
        const guint8 *colon;
        TwMimeField field;
        int number = -1;

        if (!tw_mime_field_next(header, &field))
            return FALSE;
        if (field.name_len > 0)
            number = tw_mail_field_number((const char *) field.name, field.name_len);
        colon = memchr(raw, ':', field.field_len);
        if (number < 0 || number >= end || colon == NULL)
            continue;
        *ret = (Listed){ number, raw, field.field_len, (gsize) ((const char *) colon + 1 - raw) };
        return TRUE;
    }
}

static void
put_field(TwBuffer *out, const Listed *field)
{
    tw_buffer_put_u8(out, (guint8) field->number);
    put_number(out, field->value_at);
    put_text(out, field->raw, field->len, G_MAXSIZE);
}

/* The fields of one header that are in the list, up to number @end. */
static void
put_fields(TwBuffer *out, TwCursor header, int end, guint64 *ret_have, guint64 *ret_cut)
{
    gsize start = out->len;
    Listed field;

    *ret_have = *ret_cut = 0;
    while (next_listed(&header, end, &field)) {
        gsize used = out->len - start;

        *ret_have |= G_GUINT64_CONSTANT(1) << field.number;
        if (field.len > TW_MAIL_SUMMARY_MAX_FIELD || used > TW_MAIL_SUMMARY_MAX_FIELDS ||
            field.len > TW_MAIL_SUMMARY_MAX_FIELDS - used)
            *ret_cut |= G_GUINT64_CONSTANT(1) << field.number;
        else
            put_field(out, &field);
    }
}

GBytes *
tw_mail_fields_read(const guint8 *header, gsize len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    TwCursor cur = tw_cursor_init(header, len);
    Listed field;

    while (next_listed(&cur, TW_MAIL_FIELD_ENVELOPE_COUNT, &field))
        put_field(&out, &field);
    return tw_buffer_steal_bytes(&out, NULL);
}

static void
put_params(TwBuffer *out, const TwMimeValue *value)
{
    guint count = MIN(value->param_count, TW_MAIL_SUMMARY_MAX_PARAMS);

    put_number(out, count);
    for (guint i = 0; i < count; i++) {
        put_text(out, value->params[i].name, strlen(value->params[i].name),
                 TW_MAIL_SUMMARY_MAX_TEXT);
        put_text(out, value->params[i].value, value->params[i].value_len, TW_MAIL_SUMMARY_MAX_TEXT);
    }
}

/* The fields of a part's header that tell about the part; the first of each name counts. */
typedef struct {
    TwMimeField plain[PLAIN_COUNT];
    TwMimeField type, disposition;
} PartHeader;

static const char *const plain_names[PLAIN_COUNT] = {
    "content-transfer-encoding", "content-id",       "content-description", "content-md5",
    "content-language",          "content-location",
};

static PartHeader
read_part_header(TwCursor header)
{
    PartHeader found = { 0 };
    TwMimeField field;

    while (tw_mime_field_next(&header, &field)) {
        if (field.name_len < 8 ||
            g_ascii_strncasecmp((const char *) field.name, "content-", 8) != 0)
            continue;
        if (found.type.name == NULL && tw_mime_field_is(&field, "content-type"))
            found.type = field;
        else if (found.disposition.name == NULL && tw_mime_field_is(&field, "content-disposition"))
            found.disposition = field;
        for (guint i = 0; i < PLAIN_COUNT; i++) {
            if (found.plain[i].name == NULL && tw_mime_field_is(&field, plain_names[i]))
                found.plain[i] = field;
        }
    }
    return found;
}

static void
put_plain(TwBuffer *out, const TwMimeField *field)
{
    g_autoptr(GString) text = NULL;

    if (field->name == NULL) {
        put_number(out, 0);
        return;
    }
    text = tw_mime_unfold(field->value, MIN(field->value_len, TW_MAIL_SUMMARY_MAX_FIELD));
    put_text(out, text->str, text->len, TW_MAIL_SUMMARY_MAX_TEXT);
}

static void
put_part(TwBuffer *out, const guint8 *data, const TwMimePart *part, gboolean in_message)
{
    TwCursor block = tw_cursor_init(data + part->header, part->header_len);
    PartHeader header = read_part_header(block);
    g_autoptr(TwMimeValue) type = tw_mime_value_parse(header.type.value, header.type.value_len);
    g_auto(TwBuffer) envelope = TW_BUFFER_INIT((gsize) 2 * TW_MAIL_SUMMARY_MAX_FIELDS);
    guint64 have, cut;

    tw_buffer_put_u8(out, (guint8) (part->kind | part->encoding << 4));
    tw_buffer_put_u8(out, part->flags);
    put_number(out, part->depth);
    put_number(out, part->header);
    put_number(out, part->header_len);
    put_number(out, part->body);
    put_number(out, part->body_len);
    put_number(out, part->lines);
    put_text(out, part->type, strlen(part->type), TW_MAIL_SUMMARY_MAX_TEXT);
    put_text(out, part->subtype, strlen(part->subtype), TW_MAIL_SUMMARY_MAX_TEXT);
    for (guint i = 0; i < PLAIN_COUNT; i++)
        put_plain(out, &header.plain[i]);
    put_params(out, type);
    tw_buffer_put_u8(out, header.disposition.name != NULL);
    if (header.disposition.name != NULL) {
        g_autoptr(TwMimeValue) value =
            tw_mime_value_parse(header.disposition.value, header.disposition.value_len);
        put_text(out, value->type, strlen(value->type), TW_MAIL_SUMMARY_MAX_TEXT);
        put_params(out, value);
    }
    if (in_message)
        put_fields(&envelope, block, TW_MAIL_FIELD_ENVELOPE_COUNT, &have, &cut);
    put_text(out, (const char *) envelope.data, envelope.len, G_MAXSIZE);
}

static guint32
checksum(const guint8 *data, gsize len)
{
    return tw_crc32c(tw_crc32c(0, data, AT_SUM), data + AT_AFTER_SUM, len - AT_AFTER_SUM);
}

GBytes *
tw_mail_summary_build(const guint8 *data, gsize len, const TwMimeTree *tree, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_MAIL_SUMMARY_MAX_LEN);
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);
    guint64 have, cut;

    if (count > TW_MAIL_SUMMARY_MAX_PARTS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "mail summary: %u parts", count);
        return NULL;
    }
    tw_buffer_put_zeros(&out, TW_MAIL_SUMMARY_FIXED_LEN);
    put_fields(&out, tw_cursor_init(data + parts[0].header, parts[0].header_len),
               TW_MAIL_FIELD_COUNT, &have, &cut);
    tw_buffer_set_u32le(&out, 32, (guint32) (out.len - TW_MAIL_SUMMARY_FIXED_LEN));
    for (guint i = 0; i < count; i++)
        put_part(&out, data, &parts[i],
                 parts[i].parent != TW_MIME_NONE && parts[parts[i].parent].kind == TW_MIME_MESSAGE);
    if (!tw_buffer_failed(&out)) {
        out.data[0] = TW_MAIL_SUMMARY_VERSION;
        tw_buffer_set_u64le(&out, 8, len);
        tw_buffer_set_u64le(&out, 16, have);
        tw_buffer_set_u64le(&out, 24, cut);
        tw_buffer_set_u32le(&out, 36, count);
        tw_buffer_set_u32le(&out, AT_SUM, checksum(out.data, out.len));
    }
    return tw_buffer_steal_bytes(&out, error);
}

static gboolean
take_number(TwCursor *cur, guint64 *ret)
{
    guint64 number = 0;
    guint8 byte = 0x80;

    for (guint i = 0; (byte & 0x80) != 0; i++) {
        if (i == MAX_NUMBER_LEN || !tw_cursor_take_u8(cur, &byte) || (byte == 0 && i > 0))
            return FALSE;
        number |= (guint64) (byte & 0x7f) << (7 * i);
    }
    *ret = number;
    return TRUE;
}

static gboolean
take_text(TwCursor *cur, TwMailText *ret)
{
    const guint8 *text;
    guint64 len;

    if (!take_number(cur, &len) || !tw_cursor_take(cur, len, &text))
        return FALSE;
    *ret = (TwMailText){ (const char *) text, len };
    return TRUE;
}

gboolean
tw_mail_field_next(TwCursor *fields, TwMailField *ret)
{
    TwCursor cur = *fields;
    TwMailField field;
    guint8 number;
    guint64 colon;
    gsize end;

    if (!tw_cursor_take_u8(&cur, &number) || number >= TW_MAIL_FIELD_COUNT ||
        !take_number(&cur, &colon) || !take_text(&cur, &field.field) || colon == 0 ||
        colon > field.field.len || field.field.text[colon - 1] != ':')
        return FALSE;
    end = field.field.len;
    if (end > colon && field.field.text[end - 1] == '\n')
        end--;
    if (end > colon && field.field.text[end - 1] == '\r')
        end--;
    field.number = number;
    field.name = (TwMailText){ field.field.text, colon - 1 };
    field.value = (TwMailText){ field.field.text + colon, end - colon };
    *ret = field;
    *fields = cur;
    return TRUE;
}

gboolean
tw_mail_field_find(const TwCursor *fields, TwMailFieldNumber number, TwMailField *ret)
{
    TwCursor cur = *fields;
    TwMailField field;

    while (tw_mail_field_next(&cur, &field)) {
        if (field.number == number) {
            *ret = field;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
tw_mail_param_next(TwCursor *params, TwMailText *ret_name, TwMailText *ret_value)
{
    TwCursor cur = *params;
    TwMailText name, value;

    if (!take_text(&cur, &name) || !take_text(&cur, &value))
        return FALSE;
    *ret_name = name;
    *ret_value = value;
    *params = cur;
    return TRUE;
}

/* A count of parameters and a cursor over them alone. */
static gboolean
take_params(TwCursor *cur, guint *ret_count, TwCursor *ret)
{
    TwCursor start;
    TwMailText name, value;
    guint64 count;

    if (!take_number(cur, &count) || count > TW_MAIL_SUMMARY_MAX_PARAMS)
        return FALSE;
    start = *cur;
    for (guint64 i = 0; i < count; i++) {
        if (!tw_mail_param_next(cur, &name, &value))
            return FALSE;
    }
    *ret_count = (guint) count;
    *ret = tw_cursor_init(start.next, start.left - cur->left);
    return TRUE;
}

static gboolean
take_disposition(TwCursor *cur, TwMailPart *part)
{
    guint8 has;

    if (!tw_cursor_take_u8(cur, &has) || has > 1)
        return FALSE;
    part->has_disposition = has;
    return !has || (take_text(cur, &part->disposition) &&
                    take_params(cur, &part->disposition_param_count, &part->disposition_params));
}

gboolean
tw_mail_part_next(TwCursor *parts, TwMailPart *ret)
{
    TwCursor cur = *parts;
    TwMailPart part = { 0 };
    guint64 depth;
    guint8 kind;
    TwMailText fields;

    if (!tw_cursor_take_u8(&cur, &kind) || !tw_cursor_take_u8(&cur, &part.flags) ||
        !take_number(&cur, &depth) || depth > G_MAXUINT16 || !take_number(&cur, &part.header) ||
        !take_number(&cur, &part.header_len) || !take_number(&cur, &part.body) ||
        !take_number(&cur, &part.body_len) || !take_number(&cur, &part.lines) ||
        !take_text(&cur, &part.type) || !take_text(&cur, &part.subtype) ||
        !take_text(&cur, &part.encoding_word) || !take_text(&cur, &part.id) ||
        !take_text(&cur, &part.description) || !take_text(&cur, &part.md5) ||
        !take_text(&cur, &part.language) || !take_text(&cur, &part.location) ||
        !take_params(&cur, &part.param_count, &part.params) || !take_disposition(&cur, &part) ||
        !take_text(&cur, &fields))
        return FALSE;
    part.depth = (guint) depth;
    part.kind = kind & 0xf;
    part.encoding = kind >> 4;
    part.fields = tw_cursor_init(fields.text, fields.len);
    if (part.kind > TW_MIME_MESSAGE || part.encoding > TW_MIME_ENCODING_UUENCODE)
        return FALSE;
    *ret = part;
    *parts = cur;
    return TRUE;
}

static gboolean
check_fields(TwCursor fields)
{
    TwMailField field;

    while (tw_mail_field_next(&fields, &field))
        ;
    return fields.left == 0;
}

/* Ranges inside the mail, and depths that a tree can have. */
static gboolean
check_part(const TwMailPart *part, const TwMailSummary *summary, guint index, guint last_depth)
{
    if (part->header > summary->mail_len || part->header_len > summary->mail_len - part->header ||
        part->body > summary->mail_len || part->body_len > summary->mail_len - part->body ||
        part->lines > part->body_len)
        return FALSE;
    return (index == 0 ? part->depth == 0 : part->depth > 0 && part->depth <= last_depth + 1) &&
           check_fields(part->fields);
}

static gboolean
check_parts(const TwMailSummary *summary)
{
    TwCursor parts = summary->parts;
    TwMailPart part;
    guint depth = 0;

    for (guint i = 0; i < summary->part_count; i++) {
        if (!tw_mail_part_next(&parts, &part) || !check_part(&part, summary, i, depth))
            return FALSE;
        depth = part.depth;
    }
    return parts.left == 0;
}

static gboolean
read_summary(const guint8 *data, gsize len, TwMailSummary *ret)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwMailSummary summary = { .data = data, .len = len };
    guint64 listed = (G_GUINT64_CONSTANT(1) << TW_MAIL_FIELD_COUNT) - 1;
    guint32 zero, fields_len, count;

    if (!tw_cursor_take_u32le(&cur, &zero) || zero != TW_MAIL_SUMMARY_VERSION ||
        !tw_cursor_skip(&cur, 4) || !tw_cursor_take_u64le(&cur, &summary.mail_len) ||
        !tw_cursor_take_u64le(&cur, &summary.have) || !tw_cursor_take_u64le(&cur, &summary.cut) ||
        !tw_cursor_take_u32le(&cur, &fields_len) || !tw_cursor_take_u32le(&cur, &count) ||
        !tw_cursor_take_cursor(&cur, fields_len, &summary.fields))
        return FALSE;
    if (count == 0 || count > TW_MAIL_SUMMARY_MAX_PARTS || count > cur.left / SMALLEST_PART ||
        (summary.have & ~listed) != 0 || (summary.cut & ~summary.have) != 0 ||
        !check_fields(summary.fields))
        return FALSE;
    summary.part_count = count;
    summary.parts = cur;
    if (!check_parts(&summary))
        return FALSE;
    *ret = summary;
    return TRUE;
}

gboolean
tw_mail_summary_open(const guint8 *data, gsize len, TwMailSummary *ret, GError **error)
{
    guint32 sum;

    if (len > TW_MAIL_SUMMARY_MAX_LEN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "mail summary: too many bytes");
        return FALSE;
    }
    if (len >= TW_MAIL_SUMMARY_FIXED_LEN) {
        memcpy(&sum, data + AT_SUM, sizeof sum);
        if (GUINT32_FROM_LE(sum) == checksum(data, len)) {
            if (data[0] != TW_MAIL_SUMMARY_VERSION) {
                g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "mail summary: version %u",
                            data[0]);
                return FALSE;
            }
            if (read_summary(data, len, ret))
                return TRUE;
        }
    }
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "mail summary: not of the form of version 1");
    return FALSE;
}
