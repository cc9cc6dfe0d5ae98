/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A message stream, read as it comes. Each stage waits for a number of bytes that is known (want), is given them whole, and
 * says what comes next; but a large binary, which goes to the caller in whatever pieces it comes (SINK).
 *
 *   VERSION -> PROP_COUNT -> { TAG -> value -> [NAME...] } -> CHILD_COUNT -> { CHILD -> PROP_COUNT ... [TAIL...] } -> DONE
 */
#include "soap/stream.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "mapi/tags.h"

enum {
    VERSION = 1,
    TYPE_LIST = 8,
    MOST_PROPS = 65536, /* of one object: there are not more ids */
};

typedef enum {
    STAGE_VERSION,
    STAGE_PROP_COUNT,
    STAGE_TAG,
    STAGE_FIXED,
    STAGE_LENGTH,
    STAGE_BYTES,
    STAGE_MV_COUNT,
    STAGE_MV_FIXED,
    STAGE_MV_LENGTH,
    STAGE_MV_BYTES,
    STAGE_NAME_HEAD,
    STAGE_NAME_NUMBER,
    STAGE_NAME_LENGTH,
    STAGE_NAME_TEXT,
    STAGE_CHILD_COUNT,
    STAGE_CHILD,
    STAGE_TAIL_LENGTH,
    STAGE_HAS_MESSAGE,
    STAGE_MESSAGE,
    STAGE_SINK,
    STAGE_DONE,
} Stage;

/* A message under way. */
typedef struct {
    TwObject *node;
    guint32 children; /* still to come */
} Frame;

struct TwSoapStreamReader {
    const TwSoapStreamFuncs *funcs;
    gpointer data;
    GError *error; /* the first, which stays */
    Stage stage;
    gsize want;
    TwBuffer have;
    TwObject *root; /* owned */
    GArray *frames; /* Frame: messages around what is read, the innermost last */
    TwObject *node; /* whose properties are read */
    guint32 props;  /* still to come */
    guint32 tag;    /* of the property at hand */
    guint32 items;  /* of a value of several, still to come */
    TwPropValue number;
    TwBuffer packed;    /* or its packed form */
    TwListBuilder list; /* or the items so far */
    gboolean is_list;   /* list is in use */
    gboolean is_tail;   /* the bytes are an attachment's data */
    gboolean sunk;      /* the value was given away */
    guint32 left;       /* SINK: bytes to come */
    TwNamedProp name;
};

TwSoapStreamReader *
tw_soap_stream_reader_new(const TwSoapStreamFuncs *funcs, gpointer data)
{
    TwSoapStreamReader *reader = g_new0(TwSoapStreamReader, 1);

    reader->funcs = funcs;
    reader->data = data;
    reader->stage = STAGE_VERSION;
    reader->want = 4;
    reader->have = reader->packed = (TwBuffer) TW_BUFFER_INIT(TW_VALUE_MAX_LEN);
    reader->root = tw_object_new(TW_OBJECT_MESSAGE);
    reader->node = reader->root;
    reader->frames = g_array_new(FALSE, FALSE, sizeof(Frame));
    return reader;
}

static void
drop_list(TwSoapStreamReader *reader)
{
    if (reader->is_list)
        tw_list_builder_clear(&reader->list);
    reader->is_list = FALSE;
}

void
tw_soap_stream_reader_free(TwSoapStreamReader *reader)
{
    if (reader == NULL)
        return;
    drop_list(reader);
    tw_buffer_clear(&reader->have);
    tw_buffer_clear(&reader->packed);
    tw_object_free(reader->root);
    g_array_unref(reader->frames);
    g_clear_error(&reader->error);
    g_free(reader);
}

static gboolean
expect(TwSoapStreamReader *reader, Stage stage, gsize want)
{
    reader->stage = stage;
    reader->want = want;
    return TRUE;
}

static gboolean
corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "message stream: %s", what);
    return FALSE;
}

static guint32
number_at(const guint8 *data)
{
    guint32 number;

    memcpy(&number, data, sizeof number);
    return GUINT32_FROM_BE(number);
}

/* ---- from object to object ---- */

static gboolean
next_child(TwSoapStreamReader *reader)
{
    while (reader->frames->len > 0) {
        Frame *frame = &g_array_index(reader->frames, Frame, reader->frames->len - 1);

        if (frame->children > 0) {
            frame->children--;
            return expect(reader, STAGE_CHILD, 8);
        }
        g_array_set_size(reader->frames, reader->frames->len - 1);
    }
    return expect(reader, STAGE_DONE, 0);
}

static gboolean
after_props(TwSoapStreamReader *reader)
{
    switch (tw_object_get_kind(reader->node)) {
    case TW_OBJECT_MESSAGE:
        return expect(reader, STAGE_CHILD_COUNT, 4);
    case TW_OBJECT_ATTACHMENT:
        return expect(reader, STAGE_TAIL_LENGTH, 4);
    default:
        return next_child(reader);
    }
}

static gboolean
next_prop(TwSoapStreamReader *reader)
{
    if (reader->props == 0)
        return after_props(reader);
    reader->props--;
    return expect(reader, STAGE_TAG, 4);
}

static gboolean
begin_child(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    Frame *frame = &g_array_index(reader->frames, Frame, reader->frames->len - 1);
    guint32 type = number_at(data);
    TwObjectKind kind = type == TYPE_LIST ? TW_OBJECT_RECIPIENT : (TwObjectKind) type;

    if (kind != TW_OBJECT_RECIPIENT && kind != TW_OBJECT_ATTACHMENT)
        return corrupt(error, "a sub-object of another type");
    reader->node = tw_object_add(frame->node, kind, TW_OBJECT_NEW_NUMBER, error);
    if (reader->node == NULL)
        return FALSE;
    if (type == TYPE_LIST) {
        TwPropValue value = tw_value_long(PR_OBJECT_TYPE, TYPE_LIST);
        if (!tw_object_set(reader->node, &value, error))
            return FALSE;
    }
    return expect(reader, STAGE_PROP_COUNT, 4);
}

static gboolean
begin_embedded(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    g_autoptr(TwObject) message = NULL;

    if (number_at(data) != TW_OBJECT_MESSAGE)
        return corrupt(error, "an attached object of another type");
    message = tw_object_new(TW_OBJECT_MESSAGE);
    if (!tw_object_set_embedded(reader->node, message, error))
        return FALSE;
    reader->node = g_steal_pointer(&message);
    return expect(reader, STAGE_PROP_COUNT, 4);
}

static gboolean
begin_children(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    Frame frame = { reader->node, number_at(data) };

    if (frame.children > 2 * TW_OBJECT_MAX_CHILDREN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "message stream: too many objects");
        return FALSE;
    }
    g_array_append_val(reader->frames, frame);
    return next_child(reader);
}

/* ---- values ---- */

/* Bytes of one value on the wire; 0: it has a length of its own. */
static guint
fixed_size(guint type)
{
    switch (type) {
    case TW_PT_BOOLEAN:
        return 1;
    case TW_PT_I2:
        return 2;
    case TW_PT_LONG:
    case TW_PT_R4:
        return 4;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
    case TW_PT_I8:
        return 8;
    default:
        return 0;
    }
}

static gboolean
has_length(guint type)
{
    return type == TW_PT_STRING8 || type == TW_PT_UNICODE || type == TW_PT_BINARY ||
           type == TW_PT_CLSID;
}

static gboolean
begin_value(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    guint base;

    reader->tag = number_at(data);
    base = tw_prop_tag_base_type(reader->tag);
    reader->sunk = FALSE;
    tw_buffer_clear(&reader->packed);
    drop_list(reader);
    if (fixed_size(base) == 0 && !has_length(base))
        return corrupt(error, "a value of a type that does not travel");
    /* text is UTF-8 whatever its tag says */
    if (tw_prop_tag_is_text(reader->tag))
        reader->tag |= 1u;
    if (tw_prop_tag_is_multi(reader->tag))
        return expect(reader, STAGE_MV_COUNT, 4);
    return fixed_size(base) != 0 ? expect(reader, STAGE_FIXED, fixed_size(base))
                                 : expect(reader, STAGE_LENGTH, 4);
}

/* The number of a node is its own. */
static gboolean
counts(const TwSoapStreamReader *reader, guint32 tag)
{
    TwObjectKind kind = tw_object_get_kind(reader->node);

    return tag != 0 &&
           !(kind == TW_OBJECT_RECIPIENT && tw_prop_tag_id(tag) == tw_prop_tag_id(PR_ROWID)) &&
           !(kind == TW_OBJECT_ATTACHMENT &&
             tw_prop_tag_id(tag) == tw_prop_tag_id(PR_ATTACH_NUM)) &&
           reader->funcs->wants(reader->node, tag, reader->data);
}

static gboolean
set_value(TwSoapStreamReader *reader, guint32 tag, GError **error)
{
    TwPropValue value = reader->number;
    gboolean wanted = counts(reader, tag);

    if (reader->sunk)
        return reader->funcs->end(reader->node, wanted ? tag : 0, reader->data, error);
    if (!wanted)
        return TRUE;
    value.tag = tag;
    if (tw_prop_tag_is_text(tag) && !tw_prop_tag_is_multi(tag))
        value = tw_value_text(tag, (const char *) reader->packed.data, reader->packed.len);
    else if (tw_prop_tag_is_multi(tag) || fixed_size(tw_prop_tag_base_type(tag)) == 0)
        value = tw_value_bytes(tag, reader->packed.data, reader->packed.len);
    if (value.len == 0 && value.text == NULL && has_length(tw_prop_tag_type(tag)))
        value.text = "";
    return tw_object_set(reader->node, &value, error);
}

static gboolean
after_value(TwSoapStreamReader *reader, GError **error)
{
    gboolean ok;

    if (reader->is_tail) {
        reader->is_tail = FALSE;
        return (!reader->sunk || set_value(reader, PR_ATTACH_DATA_BIN, error)) &&
               (reader->sunk || reader->packed.len == 0 ||
                set_value(reader, PR_ATTACH_DATA_BIN, error)) &&
               expect(reader, STAGE_HAS_MESSAGE, 4);
    }
    if (tw_prop_tag_id(reader->tag) > TW_SOAP_STREAM_NAMES)
        return expect(reader, STAGE_NAME_HEAD, 20);
    ok = set_value(reader, reader->tag, error);
    return ok && next_prop(reader);
}

static guint64
big_endian(const guint8 *data, guint size)
{
    guint64 number = 0;

    for (guint i = 0; i < size; i++)
        number = number << 8 | data[i];
    return number;
}

static gboolean
take_fixed(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    guint type = tw_prop_tag_type(reader->tag);
    guint64 number = big_endian(data, (guint) reader->want);
    guint32 half = (guint32) number;

    reader->number = (TwPropValue){ .tag = reader->tag, .i8 = 0 };
    if (type == TW_PT_BOOLEAN)
        reader->number.truth = number != 0;
    else if (type == TW_PT_I2)
        reader->number.i2 = (gint16) number;
    else if (type == TW_PT_LONG)
        reader->number.u4 = half;
    else if (type == TW_PT_R4)
        memcpy(&reader->number.r4, &half, sizeof half);
    else if (type == TW_PT_DOUBLE || type == TW_PT_APPTIME)
        memcpy(&reader->number.r8, &number, sizeof number);
    else
        reader->number.i8 = (gint64) number;
    return after_value(reader, error);
}

static gboolean
too_long(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "message stream: a value too long");
    return FALSE;
}

static gboolean
take_length(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    guint32 len = number_at(data);
    gboolean binary = reader->is_tail || tw_prop_tag_type(reader->tag) == TW_PT_BINARY;

    if (binary && len > TW_SOAP_STREAM_INLINE &&
        !reader->funcs->begin(len, &reader->sunk, reader->data, error))
        return FALSE;
    if (reader->sunk) {
        reader->left = len;
        return expect(reader, STAGE_SINK, 0);
    }
    if (len > TW_VALUE_MAX_LEN)
        return too_long(error);
    return expect(reader, STAGE_BYTES, len);
}

/* The bytes that are there become the value without being copied. */
static gboolean
take_bytes(TwSoapStreamReader *reader, GError **error)
{
    TwBuffer have = reader->have;

    reader->have = reader->packed;
    reader->packed = have;
    return after_value(reader, error);
}

static gboolean
take_mv_count(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    guint size = fixed_size(tw_prop_tag_base_type(reader->tag));

    reader->items = number_at(data);
    if (reader->items > TW_VALUE_MAX_ITEMS)
        return too_long(error);
    if (tw_prop_tag_base_type(reader->tag) == TW_PT_CLSID ||
        tw_prop_tag_base_type(reader->tag) == TW_PT_BOOLEAN)
        return corrupt(error, "a value of a type that does not travel");
    if (size != 0)
        return expect(reader, STAGE_MV_FIXED, (gsize) reader->items * size);
    tw_list_builder_init(&reader->list, reader->tag);
    reader->is_list = TRUE;
    return TRUE;
}

/* The next item of a list, or its end. */
static gboolean
next_item(TwSoapStreamReader *reader, GError **error)
{
    TwPropValue value;

    if (reader->items > 0) {
        reader->items--;
        return expect(reader, STAGE_MV_LENGTH, 4);
    }
    if (!tw_list_builder_finish(&reader->list, &reader->packed, &value, error))
        return FALSE;
    drop_list(reader);
    return after_value(reader, error);
}

static gboolean
take_mv_fixed(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    guint size = fixed_size(tw_prop_tag_base_type(reader->tag));

    for (gsize at = 0; at < reader->want; at += size) {
        guint64 number = big_endian(data + at, size);

        for (guint i = 0; i < size; i++)
            tw_buffer_put_u8(&reader->packed, (guint8) (number >> (8 * i)));
    }
    return after_value(reader, error);
}

/* ---- names ---- */

static gboolean
after_name(TwSoapStreamReader *reader, GError **error)
{
    guint id = 0;
    gboolean ok =
        reader->funcs->name(&reader->name, &id, reader->data, error) &&
        set_value(reader, id != 0 ? tw_prop_tag(id, tw_prop_tag_type(reader->tag)) : 0, error);

    reader->name.name = NULL;
    return ok && next_prop(reader);
}

static gboolean
take_name_head(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    guint32 kind = number_at(data + TW_GUID_LEN);

    reader->name = (TwNamedProp){ 0 };
    memcpy(reader->name.set.bytes, data, TW_GUID_LEN);
    if (kind > 1)
        return corrupt(error, "a name of another kind");
    return expect(reader, kind == 0 ? STAGE_NAME_NUMBER : STAGE_NAME_LENGTH, 4);
}

static gboolean
take_name_text(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    g_autofree char *text = g_strndup((const char *) data, reader->want);

    if (strlen(text) != reader->want || !g_utf8_validate(text, -1, NULL))
        return corrupt(error, "a name that is no text");
    reader->name.name = text;
    return after_name(reader, error);
}

/* ---- stages ---- */

static gboolean
take(TwSoapStreamReader *reader, const guint8 *data, GError **error)
{
    switch (reader->stage) {
    case STAGE_VERSION:
        return number_at(data) == VERSION ? expect(reader, STAGE_PROP_COUNT, 4)
                                          : corrupt(error, "another version");
    case STAGE_PROP_COUNT:
        reader->props = number_at(data);
        return reader->props <= MOST_PROPS ? next_prop(reader)
                                           : corrupt(error, "too many properties");
    case STAGE_TAG:
        return begin_value(reader, data, error);
    case STAGE_FIXED:
        return take_fixed(reader, data, error);
    case STAGE_LENGTH:
        return take_length(reader, data, error);
    case STAGE_BYTES:
        return take_bytes(reader, error);
    case STAGE_MV_COUNT:
        return take_mv_count(reader, data, error) && (!reader->is_list || next_item(reader, error));
    case STAGE_MV_FIXED:
        return take_mv_fixed(reader, data, error);
    case STAGE_MV_LENGTH:
        return number_at(data) <= TW_VALUE_MAX_LEN ? expect(reader, STAGE_MV_BYTES, number_at(data))
                                                   : too_long(error);
    case STAGE_MV_BYTES:
        tw_list_builder_add(&reader->list, data, reader->want);
        return next_item(reader, error);
    case STAGE_NAME_HEAD:
        return take_name_head(reader, data, error);
    case STAGE_NAME_NUMBER:
        reader->name.lid = number_at(data);
        return after_name(reader, error);
    case STAGE_NAME_LENGTH:
        return number_at(data) <= G_MAXUINT16 ? expect(reader, STAGE_NAME_TEXT, number_at(data))
                                              : too_long(error);
    case STAGE_NAME_TEXT:
        return take_name_text(reader, data, error);
    case STAGE_CHILD_COUNT:
        return begin_children(reader, data, error);
    case STAGE_CHILD:
        return begin_child(reader, data, error);
    case STAGE_TAIL_LENGTH:
        reader->is_tail = TRUE;
        reader->sunk = FALSE;
        tw_buffer_clear(&reader->packed);
        return take_length(reader, data, error);
    case STAGE_HAS_MESSAGE:
        return number_at(data) != 0 ? expect(reader, STAGE_MESSAGE, 8) : next_child(reader);
    case STAGE_MESSAGE:
        return begin_embedded(reader, data, error);
    case STAGE_SINK:
    case STAGE_DONE:
        break;
    }
    return corrupt(error, "bytes behind its end");
}

static gboolean
feed_sink(TwSoapStreamReader *reader, TwCursor *cur, GError **error)
{
    gsize len = MIN((gsize) reader->left, cur->left);
    const guint8 *bytes = NULL;

    if (!tw_cursor_take(cur, len, &bytes) ||
        (len > 0 && !reader->funcs->piece(bytes, len, reader->data, error)))
        return FALSE;
    reader->left -= (guint32) len;
    return reader->left > 0 || after_value(reader, error);
}

/* One stage, or as much of it as there are bytes for; FALSE also when there are not enough. */
static gboolean
step(TwSoapStreamReader *reader, TwCursor *cur, GError **error)
{
    gsize len = MIN(reader->want - MIN(reader->want, reader->have.len), cur->left);
    const guint8 *bytes = NULL;
    gboolean ok;

    if (reader->stage == STAGE_DONE)
        return cur->left > 0 && corrupt(error, "bytes behind its end");
    if (reader->stage == STAGE_SINK)
        return cur->left > 0 && feed_sink(reader, cur, error);
    if (!tw_cursor_take(cur, len, &bytes))
        return FALSE;
    tw_buffer_put(&reader->have, bytes, len);
    if (tw_buffer_failed(&reader->have))
        return too_long(error);
    if (reader->have.len < reader->want)
        return FALSE;
    ok = take(reader, reader->have.data, error);
    if (reader->have.len > TW_SOAP_STREAM_INLINE)
        tw_buffer_clear(&reader->have);
    reader->have.len = 0;
    return ok;
}

gboolean
tw_soap_stream_reader_feed(TwSoapStreamReader *reader,
                           const guint8 *bytes,
                           gsize len,
                           GError **error)
{
    TwCursor cur = tw_cursor_init(bytes, len);

    while (reader->error == NULL && step(reader, &cur, &reader->error))
        continue;
    if (reader->error == NULL)
        return TRUE;
    g_propagate_error(error, g_error_copy(reader->error));
    return FALSE;
}

TwObject *
tw_soap_stream_reader_finish(TwSoapStreamReader *reader, GError **error)
{
    if (!tw_soap_stream_reader_feed(reader, NULL, 0, error))
        return NULL;
    if (reader->stage == STAGE_DONE)
        return g_steal_pointer(&reader->root);
    corrupt(error, "cut short");
    return NULL;
}
