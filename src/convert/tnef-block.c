/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading TNEF's property blocks: a count, then for each property
 *
 *   u32 tag; of a named one also: 16 bytes set, u32 kind, then u32 number, or u32 length and UTF-16 text, padded
 *   types of fixed size:           the value, padded to four bytes; a list: u32 count before
 *   text, bytes, objects:          u32 count (1 if it is no list), then for each u32 length, bytes, padded to four
 *
 * The bytes of an object begin with the id of its interface: a message is another stream, a storage is data.
 * Source: MS-OXTNEF 2.1.3.4.
 */
#include "base/error.h"
#include "convert/tnef-private.h"
#include "mapi/tags.h"

/* A property as it was read: its tag here, and what its bytes are. */
typedef struct {
    guint32 tag; /* id of this server; text is UNICODE */
    guint type;  /* on the wire, without the flag */
    gboolean multi;
} Property;

gboolean
tw_tnef_may_travel(TwObjectKind kind, guint id)
{
    /* Ids and keys of a place in some store: believed, they would name things of this one. */
    if (id == tw_prop_tag_id(PR_ROWID) || id == TW_OBJECT_BLOBS_ID)
        return FALSE;
    if (kind == TW_OBJECT_RECIPIENT)
        return TRUE;
    if ((id >= 0x6600 && id <= 0x67ff) || (id >= 0x65e0 && id <= 0x65e3))
        return FALSE;
    switch (id) {
    case 0x0e05: /* PR_PARENT_DISPLAY */
    case 0x0e08: /* PR_MESSAGE_SIZE */
    case 0x0e09: /* PR_PARENT_ENTRYID */
    case 0x0e12: /* PR_MESSAGE_RECIPIENTS */
    case 0x0e13: /* PR_MESSAGE_ATTACHMENTS */
    case 0x0e21: /* PR_ATTACH_NUM */
    case 0x0e23: /* PR_INTERNET_ARTICLE_NUMBER */
    case 0x0ff4: /* PR_ACCESS */
    case 0x0ff6: /* PR_INSTANCE_KEY */
    case 0x0ff7: /* PR_ACCESS_LEVEL */
    case 0x0ff8: /* PR_MAPPING_SIGNATURE */
    case 0x0ff9: /* PR_RECORD_KEY */
    case 0x0ffa: /* PR_STORE_RECORD_KEY */
    case 0x0ffb: /* PR_STORE_ENTRYID */
    case 0x0ffe: /* PR_OBJECT_TYPE */
    case 0x0fff: /* PR_ENTRYID */
        return FALSE;
    default:
        return TRUE;
    }
}

static gboolean
skip_padding(TwCursor *cur, gsize len)
{
    gsize padding = (4 - len % 4) % 4;

    return tw_cursor_skip(cur, MIN(padding, cur->left)); /* the last of a stream often has none */
}

/* UTF-16 up to its first NUL, as UTF-8; half a pair becomes U+FFFD. */
static void
put_utf16(TwBuffer *out, const guint8 *data, gsize len)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint16 unit, low;

    while (tw_cursor_take_u16le(&cur, &unit) && unit != 0) {
        gunichar c = unit;
        char text[6];
        TwCursor ahead = cur;

        if ((unit & 0xfc00) == 0xd800 && tw_cursor_take_u16le(&ahead, &low) &&
            (low & 0xfc00) == 0xdc00) {
            c = 0x10000u + ((unit & 0x3ffu) << 10) + (low & 0x3ffu);
            cur = ahead;
        } else if ((unit & 0xf800) == 0xd800) {
            c = 0xfffd;
        }
        tw_buffer_put(out, text, (gsize) g_unichar_to_utf8(c, text));
    }
}

/* Reads the name behind a tag and asks for its id; *@ret_id is 0 when the property has to be left out. */
static gboolean
read_name(TwTnefReader *reader, TwCursor *cur, guint16 *ret_id)
{
    TwTnefBudget *budget = reader->budget;
    g_auto(TwBuffer) text = TW_BUFFER_INIT(8192);
    TwNamedProp name = { .name = NULL, .lid = 0 };
    const guint8 *set, *chars;
    guint32 kind, number;

    *ret_id = 0;
    if (!tw_cursor_take(cur, TW_GUID_LEN, &set) || !tw_cursor_take_u32le(cur, &kind) ||
        !tw_cursor_take_u32le(cur, &number))
        return FALSE;
    name.set = tw_guid_from_bytes(set);
    if (kind == 0) {
        name.lid = number;
    } else {
        if (kind != 1 || !tw_cursor_take(cur, number, &chars) || !skip_padding(cur, number))
            return FALSE;
        put_utf16(&text, chars, number);
        tw_buffer_put_u8(&text, 0);
        name.name = tw_buffer_failed(&text) ? "" : (const char *) text.data;
    }
    if (!tw_named_prop_check(&name, NULL)) {
        budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return TRUE;
    }
    *ret_id = tw_named_prop_fixed_id(&name);
    if (*ret_id != 0)
        return TRUE;
    if (budget->named == 0) {
        budget->notes |= TW_TNEF_NOTE_LIMIT;
        return TRUE;
    }
    budget->named--;
    return tw_name_map_get_ids(budget->names, &name, 1, TRUE, ret_id, &budget->failed);
}

/* One value of fixed size, packed as value.h has it. */
static gboolean
read_fixed(TwCursor *cur, guint type, guint size, TwBuffer *out)
{
    const guint8 *data;

    if (!tw_cursor_take(cur, size, &data) || !skip_padding(cur, size))
        return FALSE;
    if (type == TW_PT_BOOLEAN)
        tw_buffer_put_u16le(out, data[0] != 0 || data[1] != 0);
    else
        tw_buffer_put(out, data, size);
    return TRUE;
}

static gboolean
read_fixed_property(TwTnefReader *reader, TwCursor *cur, TwObject *node, const Property *property)
{
    const TwPropTypeInfo *info = tw_prop_type_info(property->type);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_TNEF_MAX_VALUE);
    guint32 count = 1;
    TwPropValue value;

    if (property->multi &&
        (!tw_cursor_take_count(cur, MAX(info->size, 1), &count) || count > TW_VALUE_MAX_ITEMS))
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        if (!read_fixed(cur, property->type, info->size, &packed))
            return FALSE;
    }
    if (node == NULL || property->type == TW_PT_ERROR)
        return TRUE;
    if (tw_buffer_failed(&packed))
        reader->budget->notes |= TW_TNEF_NOTE_LIMIT;
    else if (property->multi) {
        value = tw_value_bytes(property->tag, packed.data, packed.len);
        tw_tnef_set(reader, node, &value);
    } else if (tw_value_unpack(property->tag, packed.data, packed.len, &value))
        tw_tnef_set(reader, node, &value);
    return TRUE;
}

/* An object: a message becomes one, a storage stays as it is. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
read_object(TwTnefReader *reader, const guint8 *data, gsize len, TwObject *node, guint id)
{
    static const TwGuid message_iid = TW_TNEF_IID_MESSAGE;
    TwTnefBudget *budget = reader->budget;
    TwCursor cur = tw_cursor_init(data, len);
    const guint8 *iid;
    TwGuid guid;

    if (!tw_cursor_take(&cur, TW_GUID_LEN, &iid)) {
        budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    if (node == NULL || tw_object_get_kind(node) != TW_OBJECT_ATTACHMENT ||
        id != tw_prop_tag_id(PR_ATTACH_DATA_BIN))
        return;
    guid = tw_guid_from_bytes(iid);
    if (tw_guid_equal(&guid, &message_iid)) {
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);

        gboolean allowed = reader->depth + 1 < TW_TNEF_MAX_DEPTH;

        if (allowed && !tw_tnef_read_stream(budget, cur, reader->depth + 1, message))
            budget->notes |= TW_TNEF_NOTE_DAMAGED;
        else if (allowed && tw_object_set_embedded(node, message, NULL))
            message = NULL; /* belongs to the attachment now */
        else
            budget->notes |= TW_TNEF_NOTE_LIMIT;
    } else {
        TwPropValue value = tw_value_bytes(PR_ATTACH_DATA_BIN, cur.next, cur.left);

        tw_tnef_set(reader, node, &value);
    }
}

/* The bytes of a text or binary value, as they are kept. */
static const guint8 *
convert_item(TwTnefReader *reader, guint type, const guint8 *data, gsize *len, TwBuffer *text)
{
    if (type == TW_PT_BINARY)
        return data;
    tw_buffer_clear(text);
    if (type == TW_PT_UNICODE) {
        put_utf16(text, data, *len);
    } else {
        gsize text_len = 0;
        g_autofree char *converted = tw_tnef_text(reader, data, *len, &text_len);

        tw_buffer_put(text, converted, text_len);
    }
    *len = text->len;
    return text->data != NULL ? text->data : (const guint8 *) "";
}

static void
set_single(
    TwTnefReader *reader, TwObject *node, const Property *property, const guint8 *data, gsize len)
{
    TwPropValue value = property->type == TW_PT_BINARY
                            ? tw_value_bytes(property->tag, data, len)
                            : tw_value_text(property->tag, (const char *) data, len);

    tw_tnef_set(reader, node, &value);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
read_counted_property(TwTnefReader *reader, TwCursor *cur, TwObject *node, const Property *property)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_TNEF_MAX_VALUE);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_TNEF_MAX_VALUE);
    g_auto(TwListBuilder) list;
    guint32 count, len;
    const guint8 *data;
    TwPropValue value;

    tw_list_builder_init(&list, property->multi ? property->tag : PR_ATTACH_DATA_OBJ);
    if (!tw_cursor_take_count(cur, sizeof len, &count) || count > TW_VALUE_MAX_ITEMS)
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        gsize item_len;

        if (!tw_cursor_take_u32le(cur, &len) || !tw_cursor_take(cur, len, &data) ||
            !skip_padding(cur, len))
            return FALSE;
        item_len = len;
        if (node == NULL)
            continue;
        if (property->type == TW_PT_OBJECT) {
            read_object(reader, data, len, node, tw_prop_tag_id(property->tag));
        } else if (len > TW_TNEF_MAX_VALUE) {
            reader->budget->notes |= TW_TNEF_NOTE_LIMIT;
        } else {
            data = convert_item(reader, property->type, data, &item_len, &text);
            if (property->multi)
                tw_list_builder_add(&list, data, item_len);
            else if (i == 0)
                set_single(reader, node, property, data, item_len);
        }
    }
    if (property->multi && node != NULL) {
        if (tw_list_builder_finish(&list, &packed, &value, NULL))
            tw_tnef_set(reader, node, &value);
        else
            reader->budget->notes |= TW_TNEF_NOTE_LIMIT;
    }
    return TRUE;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
read_property(TwTnefReader *reader, TwCursor *cur, TwObject *node, guint8 *ids)
{
    Property property;
    const TwPropTypeInfo *info;
    guint16 id;
    guint32 tag;
    guint type;

    if (!tw_cursor_take_u32le(cur, &tag))
        return FALSE;
    property.type = tw_prop_tag_type(tag) & ~(guint) TW_PT_MV_FLAG;
    property.multi = (tag & TW_PT_MV_FLAG) != 0;
    info = tw_prop_type_info(property.type);
    id = tw_prop_tag_id(tag);
    if (info == NULL || (property.multi && !info->multi) || (tag & TW_PT_MVI_FLAG) != 0)
        return FALSE; /* no telling where it ends */
    if (id >= 0x8000 && !read_name(reader, cur, &id))
        return FALSE;
    type = property.type == TW_PT_STRING8 ? TW_PT_UNICODE : property.type;
    property.tag = tw_prop_tag(id, type | (property.multi ? TW_PT_MV_FLAG : 0));
    if (id == 0 || !tw_tnef_may_travel(tw_object_get_kind(node), id))
        node = NULL; /* read over it */
    else if (ids != NULL)
        ids[id / 8] = (guint8) (ids[id / 8] | 1u << id % 8);
    switch (property.type) {
    case TW_PT_NULL:
    case TW_PT_UNSPECIFIED:
        return TRUE;
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
    case TW_PT_BINARY:
    case TW_PT_OBJECT:
        return read_counted_property(reader, cur, node, &property);
    default:
        return info->size != 0 && read_fixed_property(reader, cur, node, &property);
    }
}

gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
tw_tnef_read_block(TwTnefReader *reader, TwCursor *cur, TwObject *node, guint8 *ids)
{
    TwTnefBudget *budget = reader->budget;
    guint32 count;

    if (!tw_cursor_take_u32le(cur, &count))
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        if (budget->properties == 0) {
            budget->notes |= TW_TNEF_NOTE_LIMIT;
            budget->stop = TRUE;
            return TRUE;
        }
        budget->properties--;
        if (!read_property(reader, cur, node, ids))
            return FALSE;
        if (budget->failed != NULL || budget->stop)
            return TRUE;
    }
    return TRUE;
}
