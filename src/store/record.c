/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tail records: a tree of nodes as nested bags, in a frame with a checksum. The format is in record.h. */
#include "store/record.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "mapi/object-node.h"
#include "mapi/tags.h"
#include "store/dictionary.h"

enum {
    CODING_PLAIN = 0,
    CODING_ZSTD = 1,
    CODING_ZSTD_DICT = 2,
    AT_SUM = 4,
    AT_AFTER_SUM = 8,
};

static gboolean
corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "tail record: %s", what);
    return FALSE;
}

static gboolean write_node(const TwObject *object,
                           gboolean (*leave_out)(guint32 tag),
                           TwBuffer *out,
                           GError **error);

static void
write_blobs(const TwObject *object, TwPropsBuilder *builder)
{
    g_auto(TwBuffer) list = TW_BUFFER_INIT(TW_OBJECT_MAX_BYTES);

    if (object->blobs == NULL || object->blobs->len == 0)
        return;
    for (guint i = 0; i < object->blobs->len; i++) {
        const TwObjectBlob *blob = &g_array_index(object->blobs, TwObjectBlob, i);
        tw_buffer_put_u32le(&list, blob->tag);
        tw_buffer_put_u64le(&list, blob->ref.len);
    }
    tw_props_builder_set(builder, tw_value_bytes(TW_OBJECT_BLOBS_TAG, list.data, list.len));
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
write_rows(
    guint32 tag, TwObject *const *nodes, guint count, TwPropsBuilder *builder, GError **error)
{
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_OBJECT_MAX_BYTES);
    g_auto(TwBuffer) row = TW_BUFFER_INIT(TW_OBJECT_MAX_BYTES);
    TwPropValue value;

    tw_list_builder_init(&list, tag);
    for (guint i = 0; i < count; i++) {
        row.len = 0;
        if (!write_node(nodes[i], NULL, &row, error))
            return FALSE;
        tw_list_builder_add(&list, row.data, row.len);
    }
    if (!tw_list_builder_finish(&list, &packed, &value, error))
        return FALSE;
    tw_props_builder_set(builder, value);
    return TRUE;
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
write_node(const TwObject *object,
           gboolean (*leave_out)(guint32 tag),
           TwBuffer *out,
           GError **error)
{
    static const guint32 tags[] = { PR_MESSAGE_RECIPIENTS, PR_MESSAGE_ATTACHMENTS };
    g_auto(TwPropsBuilder) builder = { 0 };

    tw_props_builder_init(&builder);
    tw_object_build(object, &builder, leave_out);
    write_blobs(object, &builder);
    for (guint list = 0; list < G_N_ELEMENTS(tags); list++) {
        const GPtrArray *nodes = object->lists[list].nodes;
        if (nodes != NULL && nodes->len > 0 &&
            !write_rows(tags[list], (TwObject *const *) nodes->pdata, nodes->len, &builder, error))
            return FALSE;
    }
    if (object->embedded != NULL &&
        !write_rows(PR_ATTACH_DATA_OBJ, &object->embedded, 1, &builder, error))
        return FALSE;
    return tw_props_builder_finish(&builder, out, error);
}

static guint32
checksum(const guint8 *record, gsize len)
{
    return tw_crc32c(tw_crc32c(0, record, AT_SUM), record + AT_AFTER_SUM, len - AT_AFTER_SUM);
}

/* Puts the body behind the header, compressed where that makes it shorter; returns the coding. */
static guint8
put_body(const TwBuffer *body, const TwTailOptions *options, TwBuffer *out)
{
    const TwZstdDict *dict = options->dict;

    if (!options->plain && (dict != NULL || body->len >= TW_TAIL_SMALLEST_ZSTD)) {
        g_auto(TwBuffer) packed = TW_BUFFER_INIT(body->len);
        if (tw_zstd_compress(&packed, body->data, body->len, TW_TAIL_LEVEL, dict, NULL)) {
            tw_buffer_put(out, packed.data, packed.len);
            return dict != NULL ? CODING_ZSTD_DICT : CODING_ZSTD;
        }
    }
    tw_buffer_put(out, body->data, body->len);
    return CODING_PLAIN;
}

GBytes *
tw_tail_write(const TwObject *object, const TwTailOptions *options, GError **error)
{
    const TwTailOptions defaults = { .dict = tw_dictionary(TW_DICTIONARY_NEWEST, NULL) };
    const TwTailOptions *how = options != NULL ? options : &defaults;
    g_auto(TwBuffer) body = TW_BUFFER_INIT(TW_TAIL_MAX_PLAIN);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(how->most > 0 ? how->most : TW_TAIL_MAX_LEN);
    guint8 coding;

    if (!write_node(object, how->leave_out, &body, error))
        return NULL;
    tw_buffer_put_zeros(&out, TW_TAIL_HEADER_LEN);
    coding = put_body(&body, how, &out);
    if (!tw_buffer_failed(&out)) {
        out.data[0] = TW_TAIL_VERSION;
        out.data[1] = coding;
        tw_buffer_set_u16le(&out, 2, (guint16) object->kind);
        if (coding == CODING_ZSTD_DICT)
            tw_buffer_set_u32le(&out, 8, tw_zstd_dict_id(how->dict));
        tw_buffer_set_u32le(&out, 12, (guint32) body.len);
        tw_buffer_set_u32le(&out, AT_SUM, checksum(out.data, out.len));
    }
    return tw_buffer_steal_bytes(&out, error);
}

typedef struct {
    guint8 version, coding;
    guint16 kind;
    guint32 sum, dict, plain_len;
    TwCursor body;
} Header;

static gboolean
read_header(const guint8 *record, gsize len, Header *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(record, len);

    if (!tw_cursor_take_u8(&cur, &ret->version) || !tw_cursor_take_u8(&cur, &ret->coding) ||
        !tw_cursor_take_u16le(&cur, &ret->kind) || !tw_cursor_take_u32le(&cur, &ret->sum) ||
        !tw_cursor_take_u32le(&cur, &ret->dict) || !tw_cursor_take_u32le(&cur, &ret->plain_len))
        return corrupt(error, "cut short");
    ret->body = cur;
    if (ret->sum != checksum(record, len))
        return corrupt(error, "wrong checksum");
    if (ret->version != TW_TAIL_VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "tail record: version %u", ret->version);
        return FALSE;
    }
    if (ret->kind != TW_OBJECT_STORE && ret->kind != TW_OBJECT_FOLDER &&
        ret->kind != TW_OBJECT_MESSAGE)
        return corrupt(error, "of no known kind");
    if (ret->coding > CODING_ZSTD_DICT || (ret->dict != 0) != (ret->coding == CODING_ZSTD_DICT))
        return corrupt(error, "unknown coding");
    if (ret->plain_len > TW_TAIL_MAX_PLAIN) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "tail record: %u plain bytes",
                    ret->plain_len);
        return FALSE;
    }
    return TRUE;
}

static GBytes *
open_body(const Header *header, TwTailDictFunc find_dict, gpointer data, GError **error)
{
    g_auto(TwBuffer) plain = TW_BUFFER_INIT(header->plain_len);
    const TwZstdDict *dict = NULL;
    TwProps props;

    if (header->coding == CODING_ZSTD_DICT) {
        dict =
            find_dict == NULL ? tw_dictionary(header->dict, NULL) : find_dict(header->dict, data);
        if (dict == NULL) {
            corrupt(error, "made with a dictionary that is not there");
            return NULL;
        }
    }
    if (header->coding == CODING_PLAIN)
        tw_buffer_put(&plain, header->body.next, header->body.left);
    else if (!tw_zstd_decompress(&plain, header->body.next, header->body.left, header->plain_len,
                                 dict, NULL)) {
        corrupt(error, "does not inflate to what it says");
        return NULL;
    }
    if (tw_buffer_failed(&plain) || plain.len != header->plain_len) {
        corrupt(error, "wrong length");
        return NULL;
    }
    if (!tw_props_open(plain.data, plain.len, &props, error)) {
        g_prefix_error(error, "tail record: ");
        return NULL;
    }
    return tw_buffer_steal_bytes(&plain, error);
}

GBytes *
tw_tail_open(
    const guint8 *record, gsize len, TwTailDictFunc find_dict, gpointer data, GError **error)
{
    Header header;

    if (!read_header(record, len, &header, error))
        return NULL;
    return open_body(&header, find_dict, data, error);
}

static gboolean read_node(
    TwObject *object, GBytes *body, const TwProps *bag, guint depth, GError **error);

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
read_rows(TwObject *object,
          GBytes *body,
          const TwPropValue *rows,
          TwObjectKind kind,
          guint depth,
          GError **error)
{
    guint32 number_tag = tw_prop_tag(tw_object_number_id(kind), TW_PT_LONG);

    for (guint i = 0, n = tw_value_count(rows); i < n; i++) {
        TwProps bag;
        TwPropValue number;
        TwObject *child;

        if (!tw_props_value_row(rows, i, &bag))
            return corrupt(error, "row outside of its list");
        if (!tw_props_get(&bag, number_tag, &number) || number.u4 == TW_OBJECT_NEW_NUMBER ||
            tw_object_find(object, kind, number.u4) != NULL)
            return corrupt(error, "row without a number of its own");
        if (!tw_object_has_room(object, TW_OBJECT_NODE_COST, error))
            return FALSE;
        child = tw_object_new_node(kind, number.u4);
        tw_object_attach(object, child);
        if (!read_node(child, body, &bag, depth, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
read_embedded(
    TwObject *attachment, GBytes *body, const TwPropValue *rows, guint depth, GError **error)
{
    TwProps bag;

    if (depth >= TW_OBJECT_MAX_DEPTH) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX,
                            "tail record: messages too deep");
        return FALSE;
    }
    if (tw_value_count(rows) != 1 || !tw_props_value_row(rows, 0, &bag))
        return corrupt(error, "not one message in an attachment");
    if (!tw_object_has_room(attachment, TW_OBJECT_NODE_COST, error))
        return FALSE;
    attachment->embedded = tw_object_new_node(TW_OBJECT_MESSAGE, 0);
    attachment->embedded->parent = attachment;
    tw_object_grow(attachment, TW_OBJECT_NODE_COST);
    return read_node(attachment->embedded, body, &bag, depth + 1, error);
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
read_node(TwObject *object, GBytes *body, const TwProps *bag, guint depth, GError **error)
{
    TwPropValue value;

    if (!tw_object_load(object, body, bag, error))
        return FALSE;
    for (guint i = 0; tw_props_at(bag, i, &value); i++) {
        gboolean good;

        if (tw_prop_tag_type(value.tag) != TW_PT_OBJECT)
            continue;
        if (object->kind == TW_OBJECT_MESSAGE && value.tag == PR_MESSAGE_RECIPIENTS)
            good = read_rows(object, body, &value, TW_OBJECT_RECIPIENT, depth, error);
        else if (object->kind == TW_OBJECT_MESSAGE && value.tag == PR_MESSAGE_ATTACHMENTS)
            good = read_rows(object, body, &value, TW_OBJECT_ATTACHMENT, depth, error);
        else if (object->kind == TW_OBJECT_ATTACHMENT && value.tag == PR_ATTACH_DATA_OBJ)
            good = read_embedded(object, body, &value, depth, error);
        else
            good = corrupt(error, "rows where none belong");
        if (!good)
            return FALSE;
    }
    return TRUE;
}

TwObject *
tw_tail_parse_body(GBytes *body, TwObjectKind kind, GError **error)
{
    g_autoptr(TwObject) object = tw_object_new(kind);
    gsize len;
    const guint8 *data = g_bytes_get_data(body, &len);
    TwProps bag;

    if (!tw_props_open_verified(data, len, &bag, error) || !read_node(object, body, &bag, 0, error))
        return NULL;
    return g_steal_pointer(&object);
}

TwObject *
tw_tail_parse(
    const guint8 *record, gsize len, TwTailDictFunc find_dict, gpointer data, GError **error)
{
    g_autoptr(GBytes) body = NULL;
    Header header;

    if (!read_header(record, len, &header, error))
        return NULL;
    body = open_body(&header, find_dict, data, error);
    return body == NULL ? NULL : tw_tail_parse_body(body, (TwObjectKind) header.kind, error);
}
