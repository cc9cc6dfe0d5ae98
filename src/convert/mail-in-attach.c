/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Attachments: spec/mailbox-layout.md 25. */
#include <string.h>

#include "base/utf8.h"
#include "convert/mail-date.h"
#include "convert/mail-in-private.h"
#include "convert/mail-text.h"
#include "mapi/tags.h"

enum {
    ATTACH_BY_VALUE = 1, /* PR_ATTACH_METHOD */
    ATTACH_EMBEDDED = 5,
    ATTACH_WEB = 7,
    RENDERED_IN_BODY = 4, /* PR_ATTACH_FLAGS */
    MAX_NAME = 255,       /* bytes of a file name */
    MAX_EXTENSION = 20,   /* bytes of an extension with its dot */
    MAX_TYPE = 200,       /* bytes of PR_ATTACH_MIME_TAG */
    MAX_URL = 2000,       /* bytes of an address on the web */
    MAX_CIDS = 1000,      /* references of the HTML that are looked up */
    MAX_CID = 250         /* bytes of one */
};

/* ---- names ---- */

/* What a part is called that has no name. */
static const struct {
    const char *type, *subtype, *extension;
} extensions[] = {
    { "application", "gzip", ".gz" },
    { "application", "json", ".json" },
    { "application", "msword", ".doc" },
    { "application", "pdf", ".pdf" },
    { "application", "pgp-encrypted", ".asc" },
    { "application", "pgp-keys", ".asc" },
    { "application", "pgp-signature", ".asc" },
    { "application", "pkcs7-mime", ".p7m" },
    { "application", "x-pkcs7-mime", ".p7m" },
    { "application", "pkcs7-signature", ".p7s" },
    { "application", "x-pkcs7-signature", ".p7s" },
    { "application", "rtf", ".rtf" },
    { "application", "xml", ".xml" },
    { "application", "zip", ".zip" },
    { "application", "ms-tnef", ".dat" },
    { "audio", "mpeg", ".mp3" },
    { "audio", "wav", ".wav" },
    { "image", "gif", ".gif" },
    { "image", "jpeg", ".jpg" },
    { "image", "jpg", ".jpg" },
    { "image", "png", ".png" },
    { "image", "svg+xml", ".svg" },
    { "image", "tiff", ".tif" },
    { "message", "", ".eml" },
    { "text", "calendar", ".ics" },
    { "text", "csv", ".csv" },
    { "text", "directory", ".vcf" },
    { "text", "html", ".html" },
    { "text", "rtf", ".rtf" },
    { "text", "vcard", ".vcf" },
    { "text", "x-vcard", ".vcf" },
    { "text", "xml", ".xml" },
    { "text", "", ".txt" },
    { "video", "mp4", ".mp4" },
    { "video", "mpeg", ".mpg" },
};

static char *
made_name(const TwMimePart *part)
{
    const char *base = strcmp(part->subtype, "ms-tnef") == 0    ? "winmail"
                       : strstr(part->subtype, "pkcs7") != NULL ? "smime"
                                                                : "attachment";

    for (guint i = 0; i < G_N_ELEMENTS(extensions); i++) {
        if (strcmp(extensions[i].type, part->type) == 0 &&
            (extensions[i].subtype[0] == '\0' || strcmp(extensions[i].subtype, part->subtype) == 0))
            return g_strconcat(base, extensions[i].extension, NULL);
    }
    return g_strconcat(base, ".bin", NULL);
}

/* A name is a name: what looks like a path loses all but its end, so that nobody writes outside of a folder with it. */
static char *
safe_name(const char *name)
{
    const char *at = name;
    char *cut;
    gsize len;

    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '/' || *c == '\\')
            at = c + 1;
    }
    len = strlen(at);
    if (len > MAX_NAME) { /* the extension says what it is */
        const char *dot = strrchr(at, '.');
        const char *extension = dot != NULL && strlen(dot) <= MAX_EXTENSION ? dot : "";
        g_autofree char *head =
            g_strndup(at, tw_utf8_truncated_len(at, len, MAX_NAME - strlen(extension)));
        cut = g_strconcat(head, extension, NULL);
    } else {
        cut = g_strdup(at);
    }
    g_strstrip(cut);
    if (strcmp(cut, ".") == 0 || strcmp(cut, "..") == 0)
        cut[0] = '\0';
    return cut;
}

static char *
part_name(TwMailConvert *all, const TwMimePart *part, const TwMailPartFields *fields)
{
    g_autofree char *name = NULL;
    char *safe;

    if (fields->disposition != NULL)
        name = tw_mail_text_param(all->reader, fields->disposition, "filename");
    if (name == NULL && fields->type != NULL)
        name = tw_mail_text_param(all->reader, fields->type, "name");
    safe = safe_name(name != NULL ? name : "");
    if (safe[0] == '\0') {
        g_free(safe);
        safe = made_name(part);
    }
    return safe;
}

/* "LONGNA~1.TXT" of "Long name.text"; a name that has that form already is itself. */
static void
set_short_name(TwPropsBuilder *props, const char *name)
{
    const char *dot = strrchr(name, '.');
    gsize base_len = dot != NULL ? (gsize) (dot - name) : strlen(name);
    char base[9] = "", extension[5] = "";
    gsize base_at = 0, extension_at = 0;
    gboolean changed = FALSE;
    g_autofree char *text = NULL;

    for (gsize i = 0; i < base_len; i++) {
        if (g_ascii_isalnum(name[i]) || strchr("_-~", name[i]) != NULL) {
            if (base_at < 8)
                base[base_at++] = name[i];
            else
                changed = TRUE;
        } else {
            changed = TRUE;
        }
    }
    for (const char *c = dot; c != NULL && *c != '\0' && extension_at < 4; c++) {
        if (g_ascii_isalnum(*c) || c == dot)
            extension[extension_at++] = *c;
    }
    if (base_at == 0)
        g_strlcpy(base, "ATTACH~1", sizeof base);
    else if (changed)
        g_strlcpy(base + MIN(base_at, 6u), "~1", sizeof base - MIN(base_at, 6u));
    text = g_strconcat(base, extension, NULL);
    tw_mail_set_text(props, PR_ATTACH_FILENAME, text);
}

static void
set_name(TwPropsBuilder *props, const char *name)
{
    const char *dot = strrchr(name, '.');

    tw_mail_set_text(props, PR_DISPLAY_NAME, name);
    tw_mail_set_text(props, PR_ATTACH_LONG_FILENAME, name);
    set_short_name(props, name);
    if (dot != NULL && strlen(dot) <= MAX_EXTENSION && dot[1] != '\0')
        tw_mail_set_text(props, PR_ATTACH_EXTENSION, dot);
}

/* ---- the data ---- */

static TwPart
data_path(const TwMailMessage *message, const TwObject *attachment)
{
    TwPart path = message->path;

    tw_part_push(&path, TW_PART_ATTACHMENT, tw_object_get_number(attachment));
    return path;
}

static void
add_source(TwMailMessage *message,
           const TwObject *attachment,
           guint part,
           gboolean whole,
           const TwMimePart *at,
           GBytes *prefix)
{
    TwMailSource source = { .path = data_path(message, attachment),
                            .part = part,
                            .whole = whole,
                            .encoding = at->encoding,
                            .start = at->body,
                            .len = at->body_len,
                            .prefix = prefix };

    tw_part_push(&source.path, TW_PART_PROPERTY, PR_ATTACH_DATA_BIN >> 16);
    g_array_append_val(message->all->in->sources, source);
}

static void
set_data(TwMailMessage *message, TwObject *attachment, guint part, TwPropsBuilder *props)
{
    TwMailConvert *all = message->all;
    const TwMimePart *at = &all->parts[part];
    g_auto(TwBuffer) data = TW_BUFFER_INIT(4 * all->options->inline_most + 16);

    if (at->body_len > all->options->inline_most) {
        add_source(message, attachment, part, TRUE, at, NULL);
        return;
    }
    tw_mail_part_decode(all, part, G_MAXSIZE, &data);
    tw_props_builder_set(props, tw_value_bytes(PR_ATTACH_DATA_BIN, data.data, data.len));
}

/* ---- fields ---- */

static void
set_field(TwMailMessage *message, TwPropsBuilder *props, guint32 tag, const TwMimeField *field)
{
    g_autofree char *text = tw_mail_text_decode(message->all->reader, field->value,
                                                MIN(field->value_len, (gsize) 2000));

    tw_mail_set_text(props, tag, text);
}

/* "<id>" as "id". */
static void
set_content_id(TwMailMessage *message, TwPropsBuilder *props, const TwMimeField *field)
{
    g_autofree char *text = tw_mail_text_decode(message->all->reader, field->value,
                                                MIN(field->value_len, (gsize) 2000));
    char *start = text, *end;

    if (*start == '<')
        start++;
    end = strchr(start, '>');
    if (end != NULL)
        *end = '\0';
    tw_mail_set_text(props, PR_ATTACH_CONTENT_ID, start);
}

/* RFC 2183, 2.4 and 2.5. */
static void
set_date(TwMailMessage *message,
         TwPropsBuilder *props,
         const TwMailPartFields *fields,
         const char *param,
         guint32 tag)
{
    g_autofree char *text =
        fields->disposition != NULL
            ? tw_mail_text_param(message->all->reader, fields->disposition, param)
            : NULL;
    gint64 us;

    if (text != NULL && tw_mail_date_parse(text, strlen(text), &us))
        tw_mail_set_time(props, tag, us);
}

static void
set_fields(TwMailMessage *message, TwPropsBuilder *props, const TwMailPartFields *fields)
{
    if (fields->has_id)
        set_content_id(message, props, &fields->id);
    if (fields->has_location)
        set_field(message, props, PR_ATTACH_CONTENT_LOCATION, &fields->location);
    if (fields->has_base)
        set_field(message, props, PR_ATTACH_CONTENT_BASE, &fields->base);
    if (fields->has_description)
        set_field(message, props, PR_COMMENT, &fields->description);
    if (fields->disposition != NULL && fields->disposition->type[0] != '\0' &&
        strlen(fields->disposition->type) <= MAX_TYPE &&
        tw_utf8_valid(fields->disposition->type, strlen(fields->disposition->type), NULL))
        tw_mail_set_text(props, PR_ATTACH_CONTENT_DISPOSITION, fields->disposition->type);
    set_date(message, props, fields, "creation-date", PR_CREATION_TIME);
    set_date(message, props, fields, "modification-date", PR_LAST_MODIFICATION_TIME);
}

static void
set_type(TwPropsBuilder *props, const TwMimePart *part)
{
    g_autofree char *tag = g_strconcat(part->type, "/", part->subtype, NULL);

    if (strlen(tag) <= MAX_TYPE && part->subtype[0] != '\0' &&
        tw_utf8_valid(tag, strlen(tag), NULL))
        tw_mail_set_text(props, PR_ATTACH_MIME_TAG, tag);
    else
        tw_mail_set_text(props, PR_ATTACH_MIME_TAG, "application/octet-stream");
}

static TwObject *
new_attachment(TwMailMessage *message, TwPropsBuilder *props)
{
    TwObject *attachment;

    if (message->all->attachments >= message->all->most_attachments)
        return NULL;
    attachment = tw_object_add(message->object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    if (attachment == NULL)
        return NULL;
    message->all->attachments++;
    tw_props_builder_init(props);
    tw_props_builder_set(props, tw_value_long(PR_RENDERING_POSITION, G_MAXUINT32));
    return attachment;
}

/* ---- kinds ---- */

/* FALSE: too deep, or what is said to be a message has no room; it is a file then. */
static gboolean
attach_message(TwMailMessage *message, // NOLINT(misc-no-recursion): limited by max_embedded
               TwObject *attachment,
               guint part,
               TwPropsBuilder *props)
{
    const TwMimePart *at = &message->all->parts[part];
    TwPart path = data_path(message, attachment);
    const char *subject;
    TwObject *embedded;

    if (at->kind != TW_MIME_MESSAGE || at->first_child == TW_MIME_NONE ||
        message->depth + 1 > message->all->options->max_embedded)
        return FALSE;
    tw_part_push(&path, TW_PART_EMBEDDED, 0);
    embedded = tw_mail_message_convert(message->all, at->first_child, message->depth + 1, &path);
    subject = tw_object_get_text(embedded, PR_SUBJECT, "");
    if (*subject != '\0') {
        g_autofree char *name =
            g_strndup(subject, tw_utf8_truncated_len(subject, strlen(subject), MAX_NAME));
        tw_mail_set_text(props, PR_DISPLAY_NAME, name);
    } else {
        tw_mail_set_text(props, PR_DISPLAY_NAME, "message");
    }
    tw_props_builder_set(props, tw_value_long(PR_ATTACH_METHOD, ATTACH_EMBEDDED));
    tw_mail_node_finish(attachment, props, TRUE);
    if (!tw_object_set_embedded(attachment, embedded, NULL))
        tw_object_free(embedded);
    return TRUE;
}

/* message/external-body; access-type=URL: a reference. Nothing is fetched. */
static gboolean
attach_reference(TwMailMessage *message, const TwMailPartFields *fields, TwPropsBuilder *props)
{
    const TwMimeParam *access =
        fields->type != NULL ? tw_mime_value_get(fields->type, "access-type") : NULL;
    g_autofree char *url = NULL;

    if (access == NULL || g_ascii_strcasecmp(access->value, "url") != 0)
        return FALSE;
    url = tw_mail_text_param(message->all->reader, fields->type, "url");
    if (url == NULL || strlen(url) > MAX_URL ||
        (g_ascii_strncasecmp(url, "http://", 7) != 0 &&
         g_ascii_strncasecmp(url, "https://", 8) != 0))
        return FALSE;
    tw_mail_set_text(props, PR_ATTACH_LONG_PATHNAME, url);
    tw_props_builder_set(props, tw_value_long(PR_ATTACH_METHOD, ATTACH_WEB));
    return TRUE;
}

/* The fork of a Mac file that only a Mac can use. */
static gboolean
is_resource_fork(const TwMailMessage *message, guint part)
{
    const TwMimePart *at = &message->all->parts[part];

    return strcmp(at->subtype, "applefile") == 0 && at->parent != TW_MIME_NONE &&
           strcmp(at->type, "application") == 0 &&
           strcmp(message->all->parts[at->parent].subtype, "appledouble") == 0;
}

static void
note_related(TwMailMessage *message, TwObject *attachment)
{
    if (message->cids == NULL)
        message->cids = g_ptr_array_new();
    g_ptr_array_add(message->cids, attachment);
}

TwObject *
tw_mail_attach_part(TwMailMessage *message, // NOLINT(misc-no-recursion): limited by max_embedded
                    guint part,
                    const TwMailPartFields *fields,
                    const TwMailContext *context)
{
    const TwMimePart *at = &message->all->parts[part];
    g_auto(TwPropsBuilder) props = { 0 };
    TwObject *attachment = new_attachment(message, &props);
    g_autofree char *name = NULL;

    if (attachment == NULL)
        return NULL;
    set_type(&props, at);
    set_fields(message, &props, fields);
    if (attach_message(message, attachment, part, &props))
        return attachment;
    name = part_name(message->all, at, fields);
    set_name(&props, name);
    if (fields->has_description)
        set_field(message, &props, PR_DISPLAY_NAME, &fields->description);
    if (strcmp(at->type, "message") != 0 || strcmp(at->subtype, "external-body") != 0 ||
        !attach_reference(message, fields, &props)) {
        tw_props_builder_set(&props, tw_value_long(PR_ATTACH_METHOD, ATTACH_BY_VALUE));
        set_data(message, attachment, part, &props);
    }
    if (is_resource_fork(message, part))
        tw_props_builder_set(&props, tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE));
    tw_mail_node_finish(attachment, &props, TRUE);
    if ((fields->has_id || fields->has_location) &&
        (context->in_related || strcmp(at->type, "image") == 0))
        note_related(message, attachment);
    return attachment;
}

void
tw_mail_attach_entity(TwMailMessage *message, guint part, const TwMailPartFields *fields)
{
    TwMimePart at = message->all->parts[part];
    g_auto(TwPropsBuilder) props = { 0 };
    TwObject *attachment = new_attachment(message, &props);
    TwCursor cur = tw_cursor_init(message->all->mail + at.header, at.header_len);
    g_auto(TwBuffer) prefix = TW_BUFFER_INIT(TW_MIME_MAX_VALUE_LEN);
    TwMimeField field;

    if (attachment == NULL)
        return;
    while (tw_mime_field_next(&cur, &field)) {
        if (tw_mime_field_is(&field, "Content-Type")) {
            tw_buffer_put(&prefix, field.name, field.field_len);
            break;
        }
    }
    tw_buffer_put(&prefix, "\r\n", 2);
    at.encoding = TW_MIME_ENCODING_IDENTITY;
    set_type(&props, &at);
    set_fields(message, &props, fields);
    set_name(&props, "smime.p7m");
    tw_props_builder_set(&props, tw_value_long(PR_ATTACH_METHOD, ATTACH_BY_VALUE));
    add_source(message, attachment, part, FALSE, &at, tw_buffer_steal_bytes(&prefix, NULL));
    tw_mail_node_finish(attachment, &props, TRUE);
}

void
tw_mail_attach_bytes(
    TwMailMessage *message, const char *name, const char *mime_tag, const guint8 *data, gsize len)
{
    g_auto(TwPropsBuilder) props = { 0 };
    TwObject *attachment = new_attachment(message, &props);
    g_autofree char *safe = NULL;

    if (attachment == NULL)
        return;
    safe = safe_name(name != NULL ? name : "");
    set_name(&props, safe[0] != '\0' ? safe : "attachment.bin");
    tw_mail_set_text(&props, PR_ATTACH_MIME_TAG, mime_tag);
    tw_props_builder_set(&props, tw_value_long(PR_ATTACH_METHOD, ATTACH_BY_VALUE));
    tw_props_builder_set(&props, tw_value_bytes(PR_ATTACH_DATA_BIN, data, len));
    tw_mail_node_finish(attachment, &props, TRUE);
}

/* ---- what the HTML shows ---- */

static gboolean
ends_reference(guint8 c)
{
    return c <= ' ' || c == '"' || c == '\'' || c == '>' || c == '<' || c == ')' || c == '&';
}

/* "cid:..." of the HTML, with percent signs decoded. */
static GHashTable *
collect_cids(const TwBuffer *html)
{
    GHashTable *cids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const guint8 *at = html->data, *end = html->data + html->len;

    while (html->len > 0 && g_hash_table_size(cids) < MAX_CIDS &&
           (at = memmem(at, (gsize) (end - at), "cid:", 4)) != NULL) {
        gsize len = 0;
        at += 4;
        while (at + len < end && len < MAX_CID && !ends_reference(at[len]))
            len++;
        if (len > 0) {
            g_autofree char *raw = g_strndup((const char *) at, len);
            char *decoded = g_uri_unescape_string(raw, NULL);
            g_hash_table_add(cids, decoded != NULL ? decoded : g_steal_pointer(&raw));
        }
        at += len;
    }
    return cids;
}

static gboolean
is_shown(GHashTable *cids, const TwBuffer *html, const TwObject *attachment)
{
    const char *cid = tw_object_get_text(attachment, PR_ATTACH_CONTENT_ID, NULL);
    const char *location = tw_object_get_text(attachment, PR_ATTACH_CONTENT_LOCATION, NULL);

    if (cid != NULL && g_hash_table_contains(cids, cid))
        return TRUE;
    return location != NULL && html->len > 0 && strlen(location) > 3 &&
           memmem(html->data, html->len, location, strlen(location)) != NULL;
}

void
tw_mail_attach_hide_related(TwMailMessage *message)
{
    const TwBuffer *html = &message->body.html;
    g_autoptr(GHashTable) cids = NULL;

    if (message->cids == NULL || !message->body.has_html)
        return;
    cids = collect_cids(html);
    for (guint i = 0; i < message->cids->len && i < MAX_CIDS; i++) {
        TwObject *attachment = message->cids->pdata[i];
        TwPropValue hidden = tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE);
        TwPropValue flags = tw_value_long(PR_ATTACH_FLAGS, RENDERED_IN_BODY);
        if (is_shown(cids, html, attachment)) {
            tw_object_set(attachment, &hidden, NULL);
            tw_object_set(attachment, &flags, NULL);
        }
    }
}
