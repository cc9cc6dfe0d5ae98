/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writing TNEF: the message's properties in one block, its recipients, its attachments, each with the old attributes that
 * readers look for (class, subject, name and data of an attachment). The text of those is UTF-8 and the stream says so.
 */
#include "base/error.h"
#include "convert/tnef-private.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

typedef struct {
    TwNameMap *names;
    const TwValueSource *source;
    TwTnefFlags flags;
    TwBuffer *out;
} Writer;

/* Begins an attribute; the length is set by end_attribute(). Returns where its bytes begin. */
static gsize
begin_attribute(Writer *writer, guint level, guint32 id)
{
    tw_buffer_put_u8(writer->out, (guint8) level);
    tw_buffer_put_u32le(writer->out, id);
    tw_buffer_put_u32le(writer->out, 0);
    return writer->out->len;
}

static void
end_attribute(Writer *writer, gsize start)
{
    gsize len;

    if (tw_buffer_failed(writer->out))
        return;
    len = writer->out->len - start;
    tw_buffer_set_u32le(writer->out, start - 4, (guint32) len);
    tw_buffer_put_u16le(writer->out, tw_tnef_checksum(writer->out->data + start, len));
}

/* Ends an attribute that is a property block; an empty one is taken back, as some readers cannot stand it. */
static void
end_block(Writer *writer, gsize start)
{
    enum {
        ATTRIBUTE_HEAD = 9 /* level, id, length */
    };

    if (!tw_buffer_failed(writer->out) && writer->out->len - start == sizeof(guint32))
        writer->out->len = start - ATTRIBUTE_HEAD;
    else
        end_attribute(writer, start);
}

static void
put_attribute(Writer *writer, guint level, guint32 id, const void *data, gsize len)
{
    gsize start = begin_attribute(writer, level, id);

    tw_buffer_put(writer->out, data, len);
    end_attribute(writer, start);
}

static void
put_text_attribute(Writer *writer, guint level, guint32 id, const char *text)
{
    put_attribute(writer, level, id, text, strlen(text) + 1);
}

static void
put_padding(TwBuffer *out, gsize len)
{
    tw_buffer_put_zeros(out, (4 - len % 4) % 4);
}

/* UTF-16 with its NUL. */
static void
put_utf16(TwBuffer *out, const char *text, gsize len)
{
    const char *end = text + len;

    for (const char *p = text; p < end; p += g_utf8_skip[*(const guchar *) p]) {
        gunichar c = g_utf8_get_char(p);

        if (c >= 0x10000) {
            tw_buffer_put_u16le(out, (guint16) (0xd800 + ((c - 0x10000) >> 10)));
            c = 0xdc00 + (c & 0x3ff);
        }
        tw_buffer_put_u16le(out, (guint16) c);
    }
    tw_buffer_put_u16le(out, 0);
}

/* One text or binary value: length, bytes, padding. */
static void
put_counted(TwBuffer *out, guint type, const void *data, gsize len)
{
    gsize start;

    tw_buffer_put_u32le(out, 0);
    start = out->len;
    if (type == TW_PT_UNICODE)
        put_utf16(out, data, len);
    else
        tw_buffer_put(out, data, len);
    if (type == TW_PT_STRING8)
        tw_buffer_put_u8(out, 0);
    if (tw_buffer_failed(out))
        return;
    tw_buffer_set_u32le(out, start - 4, (guint32) (out->len - start));
    put_padding(out, out->len - start);
}

/* Tag and, of a named property, its name. FALSE: it has none, so nobody could tell what it is. */
static gboolean
put_tag(Writer *writer, guint32 tag)
{
    TwBuffer *out = writer->out;
    guint16 id = tw_prop_tag_id(tag);
    TwNamedProp name = { .name = NULL };

    if (id >= 0x8000 && !tw_named_prop_from_fixed_id(id, &name) &&
        !tw_name_map_get_name(writer->names, id, &name, NULL))
        return FALSE;
    tw_buffer_put_u32le(out, tag);
    if (id < 0x8000)
        return TRUE;
    tw_buffer_put(out, name.set.bytes, TW_GUID_LEN);
    tw_buffer_put_u32le(out, name.name != NULL);
    if (name.name != NULL)
        put_counted(out, TW_PT_UNICODE, name.name, strlen(name.name));
    else
        tw_buffer_put_u32le(out, name.lid);
    return TRUE;
}

static void
put_fixed(TwBuffer *out, const TwPropValue *value, guint size)
{
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_TNEF_MAX_VALUE);
    guint32 count;

    tw_value_pack(value, &packed);
    count = (guint32) (packed.len / size);
    if (tw_prop_tag_is_multi(value->tag))
        tw_buffer_put_u32le(out, count);
    for (guint32 i = 0; i < count; i++) {
        tw_buffer_put(out, packed.data + (gsize) i * size, size);
        put_padding(out, size);
    }
}

static gboolean
is_run(guint type)
{
    return type == TW_PT_UNICODE || type == TW_PT_STRING8 || type == TW_PT_BINARY;
}

/* One property; *@count grows when it was written. */
static gboolean
put_property(Writer *writer, const TwObject *node, guint32 tag, guint32 *count, GError **error)
{
    TwBuffer *out = writer->out;
    guint type = tw_prop_tag_base_type(tag);
    const TwPropTypeInfo *info = tw_prop_type_info(type);
    TwPropValue value, item;

    if (info == NULL || (!is_run(type) && info->size == 0) || type == TW_PT_ERROR)
        return TRUE;
    if (!tw_object_get(node, tag, &value)) {
        g_autoptr(GBytes) bytes =
            tw_value_source_load(writer->source, node, tag, TW_TNEF_MAX_VALUE, error);

        if (bytes == NULL)
            return FALSE;
        if (!put_tag(writer, tag))
            return TRUE;
        tw_buffer_put_u32le(out, 1);
        put_counted(out, type, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    } else if (!put_tag(writer, tag)) {
        return TRUE;
    } else if (!is_run(type)) {
        put_fixed(out, &value, info->size);
    } else if (tw_prop_tag_is_multi(tag)) {
        tw_buffer_put_u32le(out, tw_value_count(&value));
        for (guint i = 0; tw_value_item(&value, i, &item); i++)
            put_counted(out, type, item.data, item.len);
    } else {
        tw_buffer_put_u32le(out, 1);
        put_counted(out, type, value.data, value.len);
    }
    (*count)++;
    return TRUE;
}

static gboolean put_stream(Writer *writer, const TwObject *message, guint depth, GError **error);

/* The embedded message as an object. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
put_embedded(Writer *writer, const TwObject *message, guint depth, GError **error)
{
    static const TwGuid iid = TW_TNEF_IID_MESSAGE;
    TwBuffer *out = writer->out;
    gsize start;

    tw_buffer_put_u32le(out, PR_ATTACH_DATA_OBJ);
    tw_buffer_put_u32le(out, 1);
    tw_buffer_put_u32le(out, 0);
    start = out->len;
    tw_buffer_put(out, iid.bytes, TW_GUID_LEN);
    if (!put_stream(writer, message, depth, error))
        return FALSE;
    if (tw_buffer_failed(out))
        return TRUE;
    tw_buffer_set_u32le(out, start - 4, (guint32) (out->len - start));
    put_padding(out, out->len - start);
    return TRUE;
}

/* Whether a property is left out of the block. */
static gboolean
is_left_out(const TwObject *node, guint32 tag)
{
    guint id = tw_prop_tag_id(tag);

    return !tw_tnef_may_travel(tw_object_get_kind(node), id) ||
           (tw_object_get_kind(node) == TW_OBJECT_ATTACHMENT &&
            id == tw_prop_tag_id(PR_ATTACH_DATA_BIN));
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
put_block(Writer *writer, const TwObject *node, guint depth, GError **error)
{
    g_autoptr(GArray) tags = tw_object_list_tags(node);
    const TwObject *embedded =
        tw_object_get_kind(node) == TW_OBJECT_ATTACHMENT ? tw_object_get_embedded(node) : NULL;
    gsize start = writer->out->len;
    guint32 count = 0;

    tw_buffer_put_u32le(writer->out, 0);
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);

        if (!is_left_out(node, tag) && !put_property(writer, node, tag, &count, error))
            return FALSE;
    }
    if (embedded != NULL && depth + 1 < TW_TNEF_MAX_DEPTH) {
        if (!put_embedded(writer, embedded, depth + 1, error))
            return FALSE;
        count++;
    }
    if (!tw_buffer_failed(writer->out))
        tw_buffer_set_u32le(writer->out, start, count);
    return TRUE;
}

/* u16 kind, u32 position, u16 width, u16 height, u32 flags. */
static void
put_rendering(Writer *writer, const TwObject *attachment)
{
    gsize start = begin_attribute(writer, TW_TNEF_LEVEL_ATTACHMENT, TW_TNEF_ATTACH_RENDERING);
    TwBuffer *out = writer->out;

    tw_buffer_put_u16le(out, tw_object_get_long(attachment, PR_ATTACH_METHOD, 1) == 6 ? 2 : 1);
    tw_buffer_put_u32le(out, tw_object_get_long(attachment, PR_RENDERING_POSITION, G_MAXUINT32));
    tw_buffer_put_u16le(out, 0);
    tw_buffer_put_u16le(out, 0);
    tw_buffer_put_u32le(out, 0);
    end_attribute(writer, start);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
put_attachment(Writer *writer, const TwObject *attachment, guint depth, GError **error)
{
    const char *name = tw_object_get_text(attachment, PR_ATTACH_LONG_FILENAME, NULL);
    gsize start;

    if (name == NULL)
        name = tw_object_get_text(attachment, PR_ATTACH_FILENAME, NULL);
    put_rendering(writer, attachment);
    if (name != NULL)
        put_text_attribute(writer, TW_TNEF_LEVEL_ATTACHMENT, TW_TNEF_ATTACH_TITLE, name);
    if (tw_object_get_embedded(attachment) == NULL &&
        tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, NULL)) {
        g_autoptr(GBytes) data = tw_value_source_load(writer->source, attachment,
                                                      PR_ATTACH_DATA_BIN, TW_TNEF_MAX_VALUE, error);

        if (data == NULL)
            return FALSE;
        put_attribute(writer, TW_TNEF_LEVEL_ATTACHMENT, TW_TNEF_ATTACH_DATA,
                      g_bytes_get_data(data, NULL), g_bytes_get_size(data));
    }
    start = begin_attribute(writer, TW_TNEF_LEVEL_ATTACHMENT, TW_TNEF_ATTACHMENT);
    if (!put_block(writer, attachment, depth, error))
        return FALSE;
    end_block(writer, start);
    return TRUE;
}

/* The outer message's hidden recipients are nobody's business. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
put_recipients(Writer *writer, const TwObject *message, guint depth, GError **error)
{
    gsize start = begin_attribute(writer, TW_TNEF_LEVEL_MESSAGE, TW_TNEF_RECIPIENTS);
    guint32 count = 0;

    tw_buffer_put_u32le(writer->out, 0);
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);

        if (depth == 0 && (tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & 0xf) == 3)
            continue;
        if (!put_block(writer, row, depth, error))
            return FALSE;
        count++;
    }
    if (!tw_buffer_failed(writer->out))
        tw_buffer_set_u32le(writer->out, start, count);
    end_attribute(writer, start);
    return TRUE;
}

gboolean
tw_tnef_only_here(const TwObject *attachment)
{
    const TwObject *embedded = tw_object_get_embedded(attachment);
    const char *class;

    if (embedded == NULL)
        return tw_object_get_long(attachment, PR_ATTACH_METHOD, 1) == 6;
    class = tw_object_get_text(embedded, PR_MESSAGE_CLASS, "IPM.Note");
    return !tw_message_class_is(class, "IPM.Note") && !tw_message_class_is(class, "REPORT") &&
           !tw_message_class_is(class, "IPM.Post");
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
put_stream(Writer *writer, const TwObject *message, guint depth, GError **error)
{
    static const guint8 version[] = { 0, 0, 1, 0 };
    static const guint8 codepage[] = {
        TW_CODEPAGE_UTF8 & 0xff, TW_CODEPAGE_UTF8 >> 8, 0, 0, 0, 0, 0, 0
    };
    const char *class = tw_object_get_text(message, PR_MESSAGE_CLASS, "IPM.Note");
    const char *subject = tw_object_get_text(message, PR_SUBJECT, NULL);
    const char *old_class = tw_tnef_class_out(class);
    gsize start;

    tw_buffer_put_u32le(writer->out, TW_TNEF_SIGNATURE);
    tw_buffer_put_u16le(writer->out, 1);
    put_attribute(writer, TW_TNEF_LEVEL_MESSAGE, TW_TNEF_VERSION, version, sizeof version);
    put_attribute(writer, TW_TNEF_LEVEL_MESSAGE, TW_TNEF_CODEPAGE, codepage, sizeof codepage);
    put_text_attribute(writer, TW_TNEF_LEVEL_MESSAGE, TW_TNEF_CLASS,
                       old_class != NULL ? old_class : class);
    if (subject != NULL)
        put_text_attribute(writer, TW_TNEF_LEVEL_MESSAGE, TW_TNEF_SUBJECT, subject);
    start = begin_attribute(writer, TW_TNEF_LEVEL_MESSAGE, TW_TNEF_PROPERTIES);
    if (!put_block(writer, message, depth, error))
        return FALSE;
    end_block(writer, start);
    if ((depth > 0 || (writer->flags & TW_TNEF_RECIPIENT_TABLE) != 0) &&
        !put_recipients(writer, message, depth, error))
        return FALSE;
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_ATTACHMENT); i++) {
        const TwObject *attachment = tw_object_at(message, TW_OBJECT_ATTACHMENT, i);

        if (depth == 0 && (writer->flags & TW_TNEF_WITHOUT_FILES) != 0 &&
            !tw_tnef_only_here(attachment))
            continue;
        if (!put_attachment(writer, attachment, depth, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_tnef_encode(const TwObject *message,
               TwNameMap *names,
               const TwValueSource *source,
               TwTnefFlags flags,
               TwBuffer *out,
               GError **error)
{
    Writer writer = { .names = names, .source = source, .flags = flags, .out = out };

    if (!put_stream(&writer, message, 0, error))
        return FALSE;
    if (tw_buffer_failed(out)) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "TNEF of more than %zu bytes", out->limit);
        return FALSE;
    }
    return TRUE;
}
