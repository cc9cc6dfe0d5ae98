/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parts of a mail: multiparts and their delimiters, text, attachments. */
#include "base/base64.h"
#include "base/date.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "convert/mail-out-private.h"

enum {
    MOST_CHOSEN = 256 * 1024, /* bytes of an attachment that is looked at for a shorter encoding */
    MOST_CONTENT_ID = 500,
    PIECE = 16 * 1024,   /* bytes that are encoded at once */
    METHOD_BY_VALUE = 1, /* PR_ATTACH_METHOD */
    METHOD_BY_REFERENCE = 2,
    METHOD_BY_WEB_REFERENCE = 7,
};

/* --- multiparts ------------------------------------------------------------------------------------------------ */

void
tw_mail_boundary(TwMailWriter *writer, char ret[TW_MAIL_BOUNDARY_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    guint8 digest[TW_SHA256_LEN];
    guint8 number[4] = { (guint8) writer->boundaries, (guint8) (writer->boundaries >> 8),
                         (guint8) (writer->boundaries >> 16), (guint8) (writer->boundaries >> 24) };
    TwSha256 hash;
    gsize at = strlen(TW_BODY_BOUNDARY_MARK);

    tw_sha256_init(&hash);
    tw_sha256_update(&hash, number, sizeof number);
    tw_sha256_update(&hash, writer->seed, strlen(writer->seed));
    tw_sha256_finish(&hash, digest);
    writer->boundaries++;
    memcpy(ret, TW_BODY_BOUNDARY_MARK, at);
    for (guint i = 0; i < 16; i++) {
        ret[at++] = digits[digest[i] >> 4];
        ret[at++] = digits[digest[i] & 15];
    }
    ret[at] = '\0';
}

static void
put_str(TwMailWriter *writer, const char *text)
{
    tw_buffer_put(&writer->buffer, text, strlen(text));
}

void
tw_mail_delimit(TwMailWriter *writer, const char *boundary, gboolean last)
{
    put_str(writer, "\r\n--");
    put_str(writer, boundary);
    put_str(writer, last ? "--\r\n" : "\r\n");
}

void
tw_mail_begin_multipart(TwMailWriter *writer,
                        const char *subtype,
                        const char *param,
                        const char *value,
                        char ret_boundary[TW_MAIL_BOUNDARY_SIZE])
{
    g_autofree char *type = g_strdup_printf("multipart/%s", subtype);
    TwHead head = tw_head_begin(&writer->buffer, "Content-Type", FALSE);

    tw_mail_boundary(writer, ret_boundary);
    tw_head_word(&head, type, strlen(type));
    if (param != NULL)
        tw_head_param(&head, param, value);
    tw_head_param(&head, "boundary", ret_boundary);
    tw_head_end(&head);
    if ((writer->flags & TW_MAIL_8BIT) != 0)
        tw_head_put_words(&writer->buffer, "Content-Transfer-Encoding", "8bit");
}

/* --- text ------------------------------------------------------------------------------------------------------ */

static void
put_encoding(TwMailWriter *writer, TwBodyEncoding encoding)
{
    tw_head_put_words(&writer->buffer, "Content-Transfer-Encoding",
                      tw_body_encoding_name(encoding));
}

static gboolean
is_ascii(const guint8 *data, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (data[i] >= 0x80)
            return FALSE;
    }
    return TRUE;
}

void
tw_mail_put_text_part(TwMailWriter *writer,
                      const char *subtype,
                      const char *charset,
                      const char *param,
                      const char *value,
                      const guint8 *data,
                      gsize len)
{
    g_autofree char *type = g_strdup_printf("text/%s", subtype);
    gboolean eightbit = (writer->flags & TW_MAIL_8BIT) != 0;
    TwBodyEncoding encoding = tw_body_choose(data, len, TRUE, eightbit);
    TwHead head = tw_head_begin(&writer->buffer, "Content-Type", FALSE);

    tw_head_word(&head, type, strlen(type));
    if (strcmp(charset, "utf-8") == 0 && strcmp(subtype, "plain") == 0 && is_ascii(data, len))
        charset = "us-ascii";
    tw_head_param(&head, "charset", charset);
    if (param != NULL)
        tw_head_param(&head, param, value);
    tw_head_end(&head);
    put_encoding(writer, encoding);
    put_str(writer, "\r\n");
    tw_body_put(&writer->buffer, data, len, encoding, TRUE);
}

/* --- attachments ----------------------------------------------------------------------------------------------- */

static gboolean
has_data(const TwObject *attachment)
{
    return tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, NULL);
}

static gboolean
is_reference(guint32 method)
{
    return (method >= METHOD_BY_REFERENCE && method <= 4) || method == METHOD_BY_WEB_REFERENCE;
}

static const char *
reference_path(const TwObject *attachment)
{
    const char *path = tw_object_get_text(attachment, PR_ATTACH_LONG_PATHNAME, "");

    return *path != '\0' ? path : tw_object_get_text(attachment, PR_ATTACH_PATHNAME, "");
}

gboolean
tw_mail_attachment_has_part(const TwObject *attachment)
{
    guint32 method = tw_object_get_long(attachment, PR_ATTACH_METHOD, METHOD_BY_VALUE);

    if (tw_object_get_embedded(attachment) != NULL)
        return TRUE;
    return has_data(attachment) || (is_reference(method) && *reference_path(attachment) != '\0');
}

/* "type/subtype" of tokens that is no multipart and no message. */
static gboolean
is_media_type(const char *text)
{
    const char *slash = strchr(text, '/');

    if (slash == NULL || slash == text || slash[1] == '\0' || strlen(text) > 127 ||
        g_ascii_strncasecmp(text, "multipart/", 10) == 0 ||
        g_ascii_strncasecmp(text, "message/", 8) == 0)
        return FALSE;
    for (const char *p = text; *p != '\0'; p++) {
        if (p != slash && !g_ascii_isalnum(*p) && strchr("!#$&-^_.+", *p) == NULL)
            return FALSE;
    }
    return TRUE;
}

static const char *
file_name(const TwObject *attachment)
{
    static const guint32 tags[] = { PR_ATTACH_LONG_FILENAME, PR_ATTACH_FILENAME, PR_DISPLAY_NAME };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        const char *name = tw_object_get_text(attachment, tags[i], "");

        if (*name != '\0')
            return name;
    }
    return NULL;
}

static void
put_file_date(
    TwMailWriter *writer, TwHead *head, const char *param, const TwObject *attachment, guint32 tag)
{
    char text[TW_DATE_TEXT_SIZE];
    TwPropValue value;
    gint64 us;

    if (!tw_object_get(attachment, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_SYSTIME ||
        value.i8 <= 0)
        return;
    tw_time_from_filetime((guint64) value.i8, &us);
    if (tw_date_print_rfc5322(us, writer->options->date_offset_min, text))
        tw_head_param(head, param, text);
}

static void
put_content_id(TwMailWriter *writer, const TwObject *attachment)
{
    const char *id = tw_object_get_text(attachment, PR_ATTACH_CONTENT_ID, "");
    const char *place = tw_object_get_text(attachment, PR_ATTACH_CONTENT_LOCATION, "");
    gsize len = strlen(id);
    g_autofree char *angle = NULL;

    if (len > 2 && id[0] == '<' && id[len - 1] == '>') {
        id++;
        len -= 2;
    }
    if (len > 0 && len <= MOST_CONTENT_ID && strcspn(id, "<> \t\r\n") >= len) {
        angle = g_strdup_printf("<%.*s>", (int) len, id);
        if (g_str_is_ascii(angle))
            tw_head_put_words(&writer->buffer, "Content-ID", angle);
    }
    if (strcspn(place, " \t\r\n") == strlen(place) && strlen(place) <= TW_HEAD_MAX_WORD)
        tw_head_put_words(&writer->buffer, "Content-Location", place);
}

/* Disposition, name, dates, id, description: what all attachments have. */
static void
put_disposition(TwMailWriter *writer, const TwObject *attachment, gboolean related)
{
    const char *name = file_name(attachment);
    const char *shown = tw_object_get_text(attachment, PR_DISPLAY_NAME, NULL);
    TwHead head = tw_head_begin(&writer->buffer, "Content-Disposition", FALSE);
    const char *disposition = related ? "inline" : "attachment";

    tw_head_word(&head, disposition, strlen(disposition));
    if (name != NULL)
        tw_head_param(&head, "filename", name);
    put_file_date(writer, &head, "creation-date", attachment, PR_CREATION_TIME);
    put_file_date(writer, &head, "modification-date", attachment, PR_LAST_MODIFICATION_TIME);
    tw_head_end(&head);
    put_content_id(writer, attachment);
    if (shown != NULL && g_strcmp0(shown, name) != 0)
        tw_head_put_text(&writer->buffer, "Content-Description", shown,
                         (writer->flags & TW_MAIL_UTF8) != 0);
}

typedef struct {
    TwMailWriter *writer;
    TwBase64Encoder encoder;
} Base64Walk;

static gboolean
take_base64(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    Base64Walk *walk = data;

    while (len > 0) {
        gsize piece = MIN(len, PIECE);

        tw_base64_encoder_put(&walk->encoder, bytes, piece, &walk->writer->buffer);
        if (!tw_mail_flush(walk->writer, FALSE, error))
            return FALSE;
        bytes += piece;
        len -= piece;
    }
    return TRUE;
}

/* The value in base64, piece by piece. */
static gboolean
put_large(TwMailWriter *writer, const TwObject *attachment, GError **error)
{
    Base64Walk walk = { .writer = writer };

    put_encoding(writer, TW_BODY_BASE64);
    put_str(writer, "\r\n");
    tw_base64_encoder_init(&walk.encoder, TW_BASE64_MIME_COLUMNS, FALSE);
    if (!tw_value_source_walk(writer->options->source, attachment, PR_ATTACH_DATA_BIN, take_base64,
                              &walk, error))
        return FALSE;
    tw_base64_encoder_finish(&walk.encoder, &writer->buffer);
    return tw_mail_flush(writer, FALSE, error);
}

gboolean
tw_mail_put_entity_file(TwMailWriter *writer,
                        const TwObject *attachment,
                        const char *type,
                        const char *name,
                        GError **error)
{
    g_autofree char *disposition = g_strdup_printf("attachment; filename=%s", name);
    g_auto(GStrv) params = g_strsplit(type, ";", -1);
    TwHead head = tw_head_begin(&writer->buffer, "Content-Type", FALSE);

    tw_head_word(&head, params[0], strlen(params[0]));
    for (guint i = 1; params[i] != NULL; i++) {
        char *equals = strchr(params[i], '=');

        if (equals == NULL)
            continue;
        *equals = '\0';
        if (g_ascii_strcasecmp(g_strstrip(params[i]), "smime-type") == 0)
            tw_head_param(&head, "smime-type", g_strstrip(equals + 1));
    }
    tw_head_param(&head, "name", name);
    tw_head_end(&head);
    tw_head_put_words(&writer->buffer, "Content-Disposition", disposition);
    return put_large(writer, attachment, error);
}

static gboolean
put_file(TwMailWriter *writer, const TwObject *attachment, gboolean related, GError **error)
{
    const char *type = tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, "");
    gboolean text = g_ascii_strncasecmp(type, "text/", 5) == 0;
    TwHead head = tw_head_begin(&writer->buffer, "Content-Type", FALSE);
    guint64 len = 0;

    if (!is_media_type(type))
        type = "application/octet-stream";
    tw_head_word(&head, type, strlen(type));
    if (file_name(attachment) != NULL)
        tw_head_param(&head, "name", file_name(attachment));
    tw_head_end(&head);
    put_disposition(writer, attachment, related);
    tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, &len);
    if (!text || len > MOST_CHOSEN)
        return put_large(writer, attachment, error);
    {
        g_autoptr(GBytes) data = tw_value_source_load(writer->options->source, attachment,
                                                      PR_ATTACH_DATA_BIN, MOST_CHOSEN, error);
        gboolean eightbit = (writer->flags & TW_MAIL_8BIT) != 0;
        gsize size;
        const guint8 *bytes = data != NULL ? g_bytes_get_data(data, &size) : NULL;
        TwBodyEncoding encoding;

        if (data == NULL)
            return FALSE;
        encoding = tw_body_choose(bytes, size, FALSE, eightbit);
        put_encoding(writer, encoding);
        put_str(writer, "\r\n");
        tw_body_put(&writer->buffer, bytes, size, encoding, FALSE);
    }
    return tw_mail_flush(writer, FALSE, error);
}

/* A file that is only named: RFC 2017. */
static void
put_reference(TwMailWriter *writer, const TwObject *attachment)
{
    TwHead head = tw_head_begin(&writer->buffer, "Content-Type", FALSE);

    tw_head_word(&head, "message/external-body", 21);
    tw_head_param(&head, "access-type", "URL");
    tw_head_param(&head, "url", reference_path(attachment));
    tw_head_end(&head);
    put_disposition(writer, attachment, FALSE);
    put_str(writer, "\r\nContent-Type: application/octet-stream\r\n\r\n");
}

/* A message/rfc822 has an ASCII header, so that readers of before RFC 6532 know it. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
put_embedded(TwMailWriter *writer, const TwObject *attachment, guint depth, GError **error)
{
    TwMailFlags flags = writer->flags;
    gboolean good;

    tw_head_put_words(&writer->buffer, "Content-Type", "message/rfc822");
    if ((flags & TW_MAIL_8BIT) != 0)
        put_encoding(writer, TW_BODY_8BIT);
    put_disposition(writer, attachment, FALSE);
    put_str(writer, "\r\n");
    writer->flags &= ~(TwMailFlags) TW_MAIL_UTF8;
    good = tw_mail_put_message(writer, tw_object_get_embedded(attachment), depth + 1, error);
    writer->flags = flags;
    return good;
}

gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
tw_mail_put_attachment(
    TwMailWriter *writer, const TwObject *attachment, gboolean related, guint depth, GError **error)
{
    if (tw_object_get_embedded(attachment) != NULL)
        return put_embedded(writer, attachment, depth, error);
    if (has_data(attachment))
        return put_file(writer, attachment, related, error);
    put_reference(writer, attachment);
    return tw_mail_flush(writer, FALSE, error);
}
