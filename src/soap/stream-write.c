/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message as a stream: bytes in memory, and between them the places of values that lie in blobs. */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "mapi/tags.h"
#include "soap/stream.h"

enum {
    VERSION = 1,
    TYPE_LIST = 8,
    TAG_EC_IMAP_EMAIL = 0x678C0102,
};

typedef struct {
    const TwSoapStreamHow *how;
    GArray *pieces;
    TwBuffer bytes; /* not in a piece yet */
    GError **error;
} Writer;

/* One property to write: a value, or a reference. */
typedef struct {
    TwPropValue value; /* its tag is the one that is written */
    gboolean in_blob;
    TwBlobRef ref;
} Prop;

static void
clear_piece(gpointer data)
{
    g_clear_pointer(&((TwSoapStreamPiece *) data)->bytes, g_bytes_unref);
}

static gboolean
flush(Writer *writer)
{
    TwSoapStreamPiece piece = { .len = writer->bytes.len };

    if (!tw_buffer_failed(&writer->bytes) && piece.len == 0)
        return TRUE;
    piece.bytes = tw_buffer_steal_bytes(&writer->bytes, writer->error);
    if (piece.bytes == NULL)
        return FALSE;
    g_array_append_val(writer->pieces, piece);
    return TRUE;
}

static gboolean
put_blob(Writer *writer, const TwPart *part, guint64 len)
{
    TwSoapStreamPiece piece = { .part = *part, .len = len };

    if (!flush(writer))
        return FALSE;
    g_array_append_val(writer->pieces, piece);
    return TRUE;
}

/* ---- values ---- */

static void
put_scalar(TwBuffer *out, const TwPropValue *value)
{
    guint64 wide;
    guint32 half;

    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_BOOLEAN:
        tw_buffer_put_u8(out, value->truth ? 1 : 0);
        break;
    case TW_PT_I2:
        tw_buffer_put_u16be(out, (guint16) value->i2);
        break;
    case TW_PT_LONG:
        tw_buffer_put_u32be(out, value->u4);
        break;
    case TW_PT_R4:
        memcpy(&half, &value->r4, sizeof half);
        tw_buffer_put_u32be(out, half);
        break;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        memcpy(&wide, &value->r8, sizeof wide);
        tw_buffer_put_u64be(out, wide);
        break;
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
    case TW_PT_I8:
        tw_buffer_put_u64be(out, (guint64) value->i8);
        break;
    default:
        tw_buffer_put_u32be(out, value->len);
        tw_buffer_put(out, value->data, value->len);
        break;
    }
}

static void
put_value(TwBuffer *out, const TwPropValue *value)
{
    guint count = tw_value_count(value);

    if (!tw_prop_tag_is_multi(value->tag)) {
        put_scalar(out, value);
        return;
    }
    tw_buffer_put_u32be(out, count);
    for (guint i = 0; i < count; i++) {
        TwPropValue item;

        if (tw_value_item(value, i, &item))
            put_scalar(out, &item);
    }
}

static void
put_name(TwBuffer *out, const TwNamedProp *name)
{
    tw_buffer_put(out, name->set.bytes, sizeof name->set.bytes);
    tw_buffer_put_u32be(out, name->name != NULL ? 1 : 0);
    if (name->name == NULL) {
        tw_buffer_put_u32be(out, name->lid);
        return;
    }
    tw_buffer_put_u32be(out, (guint32) strlen(name->name));
    tw_buffer_put(out, name->name, strlen(name->name));
}

/* ---- properties ---- */

static gboolean
travels(guint32 tag)
{
    switch (tw_prop_tag_base_type(tag)) {
    case TW_PT_I2:
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
    case TW_PT_I8:
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
    case TW_PT_BINARY:
        return TRUE;
    case TW_PT_BOOLEAN:
    case TW_PT_CLSID:
        return !tw_prop_tag_is_multi(tag);
    default:
        return FALSE;
    }
}

/* Whether a body stands back for another one. */
static gboolean
is_lesser_body(const Writer *writer, const TwObject *object, guint32 tag)
{
    gboolean html = tw_object_has(object, PR_HTML);
    gboolean rtf = tw_object_has(object, PR_RTF_COMPRESSED);
    guint id = tw_prop_tag_id(tag);

    if ((writer->how->flags & TW_SOAP_STREAM_NO_RICH) != 0)
        return id == tw_prop_tag_id(PR_HTML) || id == tw_prop_tag_id(PR_RTF_COMPRESSED);
    if ((writer->how->flags & TW_SOAP_STREAM_BEST_BODY) == 0)
        return FALSE;
    return (id == tw_prop_tag_id(PR_RTF_COMPRESSED) && html) ||
           (id == tw_prop_tag_id(PR_BODY) && (html || rtf));
}

static gboolean
is_written(const Writer *writer, const TwObject *object, guint32 tag)
{
    guint id = tw_prop_tag_id(tag);

    if (!travels(tag) || id == tw_prop_tag_id(PR_ATTACH_DATA_BIN) ||
        id == tw_prop_tag_id(TAG_EC_IMAP_EMAIL))
        return FALSE;
    if (id > TW_SOAP_STREAM_NAMES &&
        (writer->how->name == NULL || writer->how->name(id, writer->how->data) == NULL))
        return FALSE;
    return tw_object_get_kind(object) != TW_OBJECT_MESSAGE || !is_lesser_body(writer, object, tag);
}

static GArray *
list_props(const Writer *writer, const TwObject *object)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);
    GArray *props = g_array_new(FALSE, FALSE, sizeof(Prop));

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        Prop prop = { .value = { .tag = tag } };

        if (!is_written(writer, object, tag))
            continue;
        if (!tw_object_get(object, tag, &prop.value)) {
            prop.in_blob = tw_object_get_blob(object, tag, &prop.ref, &prop.value.tag);
            if (!prop.in_blob)
                continue;
        }
        g_array_append_val(props, prop);
    }
    /* of the top message: what the object has not itself */
    for (guint i = 0; tw_object_get_parent(object) == NULL && i < writer->how->more_count; i++) {
        Prop prop = { .value = writer->how->more[i] };
        g_array_append_val(props, prop);
    }
    return props;
}

static gboolean
too_big(const Writer *writer)
{
    g_set_error_literal(writer->error, TW_ERROR, TW_ERROR_TOO_BIG, "a value of 4 GiB");
    return FALSE;
}

static gboolean
put_prop(Writer *writer, const Prop *prop, const TwPart *place)
{
    guint32 tag = prop->value.tag;
    guint id = tw_prop_tag_id(tag);
    TwPart part = *place;

    tw_buffer_put_u32be(&writer->bytes, tw_prop_tag_is_text(tag) ? tag & ~1u : tag);
    if (prop->in_blob) {
        if (prop->ref.len > G_MAXUINT32)
            return too_big(writer);
        tw_part_push(&part, TW_PART_PROPERTY, id);
        tw_buffer_put_u32be(&writer->bytes, (guint32) prop->ref.len);
        if (!put_blob(writer, &part, prop->ref.len))
            return FALSE;
    } else {
        put_value(&writer->bytes, &prop->value);
    }
    if (id > TW_SOAP_STREAM_NAMES)
        put_name(&writer->bytes, writer->how->name(id, writer->how->data));
    return TRUE;
}
G_STATIC_ASSERT((TW_PT_STRING8 | 1u) == TW_PT_UNICODE);

static gboolean
put_props(Writer *writer, const TwObject *object, const TwPart *place)
{
    g_autoptr(GArray) props = list_props(writer, object);

    tw_buffer_put_u32be(&writer->bytes, props->len);
    for (guint i = 0; i < props->len; i++) {
        if (!put_prop(writer, &g_array_index(props, Prop, i), place))
            return FALSE;
    }
    return TRUE;
}

/* ---- objects ---- */

static gboolean put_message(Writer *writer, const TwObject *message, const TwPart *place);

/* The data of an attachment, and a message in it. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth of the object */
put_tail(Writer *writer, const TwObject *attachment, const TwPart *place)
{
    const TwObject *message = tw_object_get_embedded(attachment);
    TwPropValue value;
    TwBlobRef ref;
    TwPart part = *place;

    if (tw_object_get(attachment, PR_ATTACH_DATA_BIN, &value)) {
        put_scalar(&writer->bytes, &value);
    } else if (tw_object_get_blob(attachment, PR_ATTACH_DATA_BIN, &ref, NULL)) {
        if (ref.len > G_MAXUINT32)
            return too_big(writer);
        tw_part_push(&part, TW_PART_PROPERTY, tw_prop_tag_id(PR_ATTACH_DATA_BIN));
        tw_buffer_put_u32be(&writer->bytes, (guint32) ref.len);
        if (!put_blob(writer, &part, ref.len))
            return FALSE;
    } else {
        tw_buffer_put_u32be(&writer->bytes, 0);
    }
    tw_buffer_put_u32be(&writer->bytes, message != NULL ? 1 : 0);
    if (message == NULL)
        return TRUE;
    tw_buffer_put_u32be(&writer->bytes, TW_OBJECT_MESSAGE);
    tw_buffer_put_u32be(&writer->bytes, 0);
    part = *place;
    tw_part_push(&part, TW_PART_EMBEDDED, 0);
    return put_message(writer, message, &part);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth of the object */
put_child(Writer *writer, const TwObject *child, const TwPart *place)
{
    gboolean recipient = tw_object_get_kind(child) == TW_OBJECT_RECIPIENT;
    guint32 number = tw_object_get_number(child);
    TwPart part = *place;

    tw_part_push(&part, recipient ? TW_PART_RECIPIENT : TW_PART_ATTACHMENT, number);
    tw_buffer_put_u32be(&writer->bytes,
                        recipient && tw_object_get_long(child, PR_OBJECT_TYPE, 0) == TYPE_LIST
                            ? TYPE_LIST
                            : (guint32) tw_object_get_kind(child));
    tw_buffer_put_u32be(&writer->bytes, number);
    return put_props(writer, child, &part) && (recipient || put_tail(writer, child, &part));
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth of the object */
put_message(Writer *writer, const TwObject *message, const TwPart *place)
{
    static const TwObjectKind kinds[] = { TW_OBJECT_RECIPIENT, TW_OBJECT_ATTACHMENT };

    if (!put_props(writer, message, place))
        return FALSE;
    tw_buffer_put_u32be(&writer->bytes, tw_object_count(message, TW_OBJECT_RECIPIENT) +
                                            tw_object_count(message, TW_OBJECT_ATTACHMENT));
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        for (guint i = 0; i < tw_object_count(message, kinds[kind]); i++) {
            if (!put_child(writer, tw_object_at(message, kinds[kind], i), place))
                return FALSE;
        }
    }
    return TRUE;
}

GArray *
tw_soap_stream_write(const TwObject *object, const TwSoapStreamHow *how, GError **error)
{
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(TwSoapStreamPiece));
    Writer writer = { how, pieces, TW_BUFFER_INIT(2 * (gsize) TW_OBJECT_MAX_BYTES), error };
    TwPart top = { 0 };
    gboolean ok;

    g_array_set_clear_func(pieces, clear_piece);
    tw_buffer_put_u32be(&writer.bytes, VERSION);
    ok = put_message(&writer, object, &top) && flush(&writer);
    tw_buffer_clear(&writer.bytes);
    return ok ? g_steal_pointer(&pieces) : NULL;
}
