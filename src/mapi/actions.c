/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The wire form, MS-OXORULE 2.2.5. C is a count or length of 2 or 4 bytes:
 *
 *   actions           C number of blocks, blocks
 *   block             C length of what follows, type (1), flavor (4), flags (4), data
 *
 *   MOVE, COPY        [16-bit: in this store (1)] C store entry id, C folder entry id
 *   REPLY, OOF_REPLY  16-bit: folder id (8), message id (8), GUID (16); 32-bit: C entry id, GUID (16)
 *   DEFER             the rest of the block
 *   BOUNCE            code (4)
 *   FORWARD, DELEGATE C number of recipients, each: 1 (1), C number of values, tagged values
 *   TAG               tagged value
 *   DELETE, MARK_READ nothing
 *
 * While a list is parsed its actions borrow from the input and from bags held beside; tw_actions_new() then copies all
 * of it into one place.
 */
#include "mapi/actions.h"

#include "base/error.h"

enum {
    NARROW_REPLY_ID_LEN = 16
};

struct TwActions {
    guint count;
    TwAction *actions;   /* owned */
    GPtrArray *held;     /* owned; arrays of recipients */
    GStringChunk *bytes; /* owned; all that pointers point to */
};

TwActions *
tw_actions_ref(TwActions *actions)
{
    return g_atomic_rc_box_acquire(actions);
}

static void
clear_actions(gpointer data)
{
    TwActions *actions = data;

    g_free(actions->actions);
    g_ptr_array_unref(actions->held);
    g_string_chunk_free(actions->bytes);
}

void
tw_actions_unref(TwActions *actions)
{
    if (actions != NULL)
        g_atomic_rc_box_release_full(actions, clear_actions);
}

guint
tw_actions_count(const TwActions *actions)
{
    return actions->count;
}

const TwAction *
tw_actions_get(const TwActions *actions, guint index)
{
    g_return_val_if_fail(index < actions->count, NULL);
    return &actions->actions[index];
}

const char *
tw_action_name(TwActionType type)
{
    static const char *const names[] = { "unknown",   "move",  "copy",   "reply",
                                         "oof-reply", "defer", "bounce", "forward",
                                         "delegate",  "tag",   "delete", "mark-read" };

    return (guint) type < G_N_ELEMENTS(names) ? names[type] : "unknown";
}

static gboolean
fail(GError **error, TwError code, const char *what)
{
    g_set_error(error, TW_ERROR, (int) code, "rule actions: %s", what);
    return FALSE;
}

static gboolean
check_recipients(const TwAction *action, gsize *bytes, GError **error)
{
    TwPropValue value;

    for (guint i = 0; i < action->recipient_count; i++) {
        TwProps checked;

        if (!tw_props_open(action->recipients[i].data, action->recipients[i].len, &checked, error))
            return FALSE;
        for (guint k = 0; tw_props_at(&checked, k, &value); k++) {
            if (!tw_wire_has_form(value.tag))
                return fail(error, TW_ERROR_INVALID,
                            "a recipient's value of a type that cannot be there");
        }
        *bytes += checked.len;
    }
    return TRUE;
}

/* Checks one action and adds what it holds to the totals. */
static gboolean
check_action(const TwAction *action, gsize *bytes, gsize *recipients, GError **error)
{
    if (action->type < TW_ACTION_MOVE || action->type > TW_ACTION_MARK_READ)
        return fail(error, TW_ERROR_INVALID, "unknown type");
    *bytes +=
        (gsize) action->store_len + action->folder_len + action->message_len + action->data_len;
    *recipients += action->recipient_count;
    if (*recipients > TW_ACTIONS_MAX_RECIPIENTS)
        return fail(error, TW_ERROR_TOO_BIG, "too many recipients");
    if (!check_recipients(action, bytes, error))
        return FALSE;
    if (action->type == TW_ACTION_TAG) {
        if (!tw_wire_has_form(action->value.tag))
            return fail(error, TW_ERROR_INVALID, "a value of a type that cannot be there");
        if (!tw_value_check(&action->value, error))
            return FALSE;
        *bytes += tw_value_packed_len(&action->value);
    }
    return *bytes <= TW_ACTIONS_MAX_BYTES || fail(error, TW_ERROR_TOO_BIG, "too many bytes");
}

static const guint8 *
keep(TwActions *actions, const guint8 *data, gsize len)
{
    return (const guint8 *) g_string_chunk_insert_len(
        actions->bytes, len == 0 ? "" : (const char *) data, (gssize) len);
}

static void
keep_value(TwActions *actions, TwPropValue *value)
{
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_VALUE_MAX_LEN + 1);

    tw_value_pack(value, &packed);
    tw_value_unpack(value->tag, keep(actions, packed.data, packed.len), packed.len, value);
}

static void
keep_recipients(TwActions *actions, TwAction *action)
{
    TwProps *copy = g_new0(TwProps, MAX(action->recipient_count, 1));

    for (guint i = 0; i < action->recipient_count; i++) {
        copy[i] = action->recipients[i];
        copy[i].data = keep(actions, copy[i].data, copy[i].len);
    }
    action->recipients = copy;
    g_ptr_array_add(actions->held, copy);
}

TwActions *
tw_actions_new(const TwAction *actions, guint count, GError **error)
{
    gsize bytes = 0, recipients = 0;
    TwActions *list;

    if (count > TW_ACTIONS_MAX_COUNT) {
        fail(error, TW_ERROR_TOO_BIG, "too many");
        return NULL;
    }
    for (guint i = 0; i < count; i++) {
        if (!check_action(&actions[i], &bytes, &recipients, error))
            return NULL;
    }
    list = g_atomic_rc_box_new0(TwActions);
    list->count = count;
    list->actions = count == 0 ? NULL : g_memdup2(actions, count * sizeof *actions);
    list->held = g_ptr_array_new_with_free_func(g_free);
    list->bytes = g_string_chunk_new(1024);
    for (guint i = 0; i < count; i++) {
        TwAction *action = &list->actions[i];

        action->store = keep(list, action->store, action->store_len);
        action->folder = keep(list, action->folder, action->folder_len);
        action->message = keep(list, action->message, action->message_len);
        action->data = keep(list, action->data, action->data_len);
        keep_recipients(list, action);
        if (action->type == TW_ACTION_TAG)
            keep_value(list, &action->value);
    }
    return list;
}

typedef struct {
    TwWireWidth width;
    GArray *actions;  /* owned; TwAction that borrow */
    GPtrArray *bags;  /* owned; GBytes of recipients and values */
    GPtrArray *lists; /* owned; GArray of TwProps */
    gsize recipients;
} Parse;

static gboolean
corrupt(GError **error)
{
    return fail(error, TW_ERROR_CORRUPT, "bytes are none");
}

static gboolean
take_counted(TwCursor *cur, TwWireWidth width, const guint8 **ret, guint32 *ret_len)
{
    return tw_wire_take_count(cur, width, ret_len) && tw_cursor_take(cur, *ret_len, ret);
}

static gboolean
parse_move(Parse *parse, TwCursor *cur, TwAction *action, GError **error)
{
    guint8 in_this_store = 0;

    if (parse->width == TW_WIRE_16 && !tw_cursor_take_u8(cur, &in_this_store))
        return corrupt(error);
    if (in_this_store > 1 || !take_counted(cur, parse->width, &action->store, &action->store_len) ||
        !take_counted(cur, parse->width, &action->folder, &action->folder_len))
        return corrupt(error);
    action->in_this_store = in_this_store;
    return TRUE;
}

static gboolean
parse_reply(Parse *parse, TwCursor *cur, TwAction *action, GError **error)
{
    const guint8 *guid;

    if (parse->width == TW_WIRE_16) {
        action->message_len = NARROW_REPLY_ID_LEN;
        if (!tw_cursor_take(cur, NARROW_REPLY_ID_LEN, &action->message))
            return corrupt(error);
    } else if (!take_counted(cur, parse->width, &action->message, &action->message_len)) {
        return corrupt(error);
    }
    if (!tw_cursor_take(cur, sizeof action->guid, &guid))
        return corrupt(error);
    memcpy(action->guid, guid, sizeof action->guid);
    return TRUE;
}

static gboolean
parse_recipient(Parse *parse, TwCursor *cur, GArray *list, GError **error)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(TW_ACTIONS_MAX_BYTES);
    GBytes *bytes;
    TwPropValue value;
    guint8 reserved;
    guint32 count;
    TwProps props;

    if (!tw_cursor_take_u8(cur, &reserved) || reserved != 1 ||
        !tw_wire_take_count(cur, parse->width, &count) || count > cur->left / 4)
        return corrupt(error);
    tw_props_builder_init(&builder);
    for (guint32 i = 0; i < count; i++) {
        if (!tw_wire_take_tagged(cur, parse->width, &scratch, &value, error))
            return FALSE;
        tw_props_builder_set(&builder, value);
    }
    bytes = tw_props_builder_finish_bytes(&builder, error);
    if (bytes == NULL)
        return FALSE;
    g_ptr_array_add(parse->bags, bytes);
    if (!tw_props_open_bytes(bytes, &props, error))
        return FALSE;
    g_array_append_val(list, props);
    return TRUE;
}

static gboolean
parse_recipients(Parse *parse, TwCursor *cur, TwAction *action, GError **error)
{
    const gsize smallest = parse->width == TW_WIRE_16 ? 3 : 5;
    GArray *list;
    guint32 count;

    if (!tw_wire_take_count(cur, parse->width, &count) || count > cur->left / smallest)
        return corrupt(error);
    parse->recipients += count;
    if (parse->recipients > TW_ACTIONS_MAX_RECIPIENTS)
        return fail(error, TW_ERROR_TOO_BIG, "too many recipients");
    list = g_array_sized_new(FALSE, FALSE, sizeof(TwProps), count);
    g_ptr_array_add(parse->lists, list);
    for (guint32 i = 0; i < count; i++) {
        if (!parse_recipient(parse, cur, list, error))
            return FALSE;
    }
    action->recipients = (const TwProps *) (const void *) list->data;
    action->recipient_count = count;
    return TRUE;
}

static gboolean
parse_tag(Parse *parse, TwCursor *cur, TwAction *action, GError **error)
{
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(TW_ACTIONS_MAX_BYTES),
                     packed = TW_BUFFER_INIT(TW_ACTIONS_MAX_BYTES + 1);
    TwPropValue value;
    GBytes *bytes;
    gsize len;
    const guint8 *data;

    if (!tw_wire_take_tagged(cur, parse->width, &scratch, &value, error))
        return FALSE;
    tw_value_pack(&value, &packed);
    bytes = tw_buffer_steal_bytes(&packed, error);
    if (bytes == NULL)
        return FALSE;
    g_ptr_array_add(parse->bags, bytes);
    data = g_bytes_get_data(bytes, &len);
    return tw_value_unpack(value.tag, data, len, &action->value) || corrupt(error);
}

static gboolean
parse_data(Parse *parse, TwCursor *cur, TwAction *action, GError **error)
{
    switch (action->type) {
    case TW_ACTION_MOVE:
    case TW_ACTION_COPY:
        return parse_move(parse, cur, action, error);
    case TW_ACTION_REPLY:
    case TW_ACTION_OOF_REPLY:
        return parse_reply(parse, cur, action, error);
    case TW_ACTION_DEFER:
        action->data_len = (guint32) cur->left;
        return tw_cursor_take(cur, cur->left, &action->data);
    case TW_ACTION_BOUNCE:
        return tw_cursor_take_u32le(cur, &action->bounce) || corrupt(error);
    case TW_ACTION_FORWARD:
    case TW_ACTION_DELEGATE:
        return parse_recipients(parse, cur, action, error);
    case TW_ACTION_TAG:
        return parse_tag(parse, cur, action, error);
    case TW_ACTION_DELETE:
    case TW_ACTION_MARK_READ:
        return TRUE;
    }
    return fail(error, TW_ERROR_INVALID, "unknown type");
}

static gboolean
parse_block(Parse *parse, TwCursor *cur, GError **error)
{
    TwAction action = { .flavor = 0 };
    guint8 type;
    guint32 len;
    TwCursor block;

    if (!tw_wire_take_count(cur, parse->width, &len) || !tw_cursor_take_cursor(cur, len, &block) ||
        !tw_cursor_take_u8(&block, &type) || !tw_cursor_take_u32le(&block, &action.flavor) ||
        !tw_cursor_take_u32le(&block, &action.flags))
        return corrupt(error);
    action.type = type;
    if (!parse_data(parse, &block, &action, error))
        return FALSE;
    if (block.left != 0)
        return corrupt(error);
    g_array_append_val(parse->actions, action);
    return TRUE;
}

static gboolean
parse_blocks(Parse *parse, TwCursor *cur, GError **error)
{
    guint32 count;

    if (!tw_wire_take_count(cur, parse->width, &count) || count > cur->left / 9)
        return corrupt(error);
    if (count > TW_ACTIONS_MAX_COUNT)
        return fail(error, TW_ERROR_TOO_BIG, "too many");
    for (guint32 i = 0; i < count; i++) {
        if (!parse_block(parse, cur, error))
            return FALSE;
    }
    return cur->left == 0 || corrupt(error);
}

static void
unref_bytes(gpointer data)
{
    g_bytes_unref(data);
}

static void
unref_array(gpointer data)
{
    g_array_unref(data);
}

TwActions *
tw_actions_parse(const guint8 *data, gsize len, TwWireWidth width, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwActions *actions = NULL;
    Parse parse = { .width = width };

    if (len > TW_ACTIONS_MAX_BYTES) {
        fail(error, TW_ERROR_TOO_BIG, "too many bytes");
        return NULL;
    }
    parse.actions = g_array_new(FALSE, FALSE, sizeof(TwAction));
    parse.bags = g_ptr_array_new_with_free_func(unref_bytes);
    parse.lists = g_ptr_array_new_with_free_func(unref_array);
    if (parse_blocks(&parse, &cur, error))
        actions = tw_actions_new((const TwAction *) (const void *) parse.actions->data,
                                 parse.actions->len, error);
    g_array_unref(parse.actions);
    g_ptr_array_unref(parse.bags);
    g_ptr_array_unref(parse.lists);
    return actions;
}

static void
put_counted(TwBuffer *out, TwWireWidth width, const guint8 *data, gsize len)
{
    tw_wire_put_count(out, width, len);
    tw_buffer_put(out, data, len);
}

static void
print_recipients(const TwAction *action, TwWireWidth width, TwBuffer *out)
{
    TwPropValue value;

    tw_wire_put_count(out, width, action->recipient_count);
    for (guint i = 0; i < action->recipient_count; i++) {
        tw_buffer_put_u8(out, 1);
        tw_wire_put_count(out, width, action->recipients[i].count);
        for (guint k = 0; tw_props_at(&action->recipients[i], k, &value); k++)
            tw_wire_put_tagged(&value, width, out);
    }
}

static void
print_data(const TwAction *action, TwWireWidth width, TwBuffer *out)
{
    switch (action->type) {
    case TW_ACTION_MOVE:
    case TW_ACTION_COPY:
        if (width == TW_WIRE_16)
            tw_buffer_put_u8(out, action->in_this_store ? 1 : 0);
        put_counted(out, width, action->store, action->store_len);
        put_counted(out, width, action->folder, action->folder_len);
        return;
    case TW_ACTION_REPLY:
    case TW_ACTION_OOF_REPLY:
        if (width == TW_WIRE_32)
            put_counted(out, width, action->message, action->message_len);
        else if (action->message_len == NARROW_REPLY_ID_LEN)
            tw_buffer_put(out, action->message, action->message_len);
        else
            out->failed = TRUE;
        tw_buffer_put(out, action->guid, sizeof action->guid);
        return;
    case TW_ACTION_DEFER:
        tw_buffer_put(out, action->data, action->data_len);
        return;
    case TW_ACTION_BOUNCE:
        tw_buffer_put_u32le(out, action->bounce);
        return;
    case TW_ACTION_FORWARD:
    case TW_ACTION_DELEGATE:
        print_recipients(action, width, out);
        return;
    case TW_ACTION_TAG:
        tw_wire_put_tagged(&action->value, width, out);
        return;
    case TW_ACTION_DELETE:
    case TW_ACTION_MARK_READ:
        return;
    }
}

void
tw_actions_print(const TwActions *actions, TwWireWidth width, TwBuffer *out)
{
    tw_wire_put_count(out, width, actions->count);
    for (guint i = 0; i < actions->count; i++) {
        const TwAction *action = &actions->actions[i];
        g_auto(TwBuffer) block = TW_BUFFER_INIT(out->limit);

        tw_buffer_put_u8(&block, (guint8) action->type);
        tw_buffer_put_u32le(&block, action->flavor);
        tw_buffer_put_u32le(&block, action->flags);
        print_data(action, width, &block);
        if (tw_buffer_failed(&block))
            out->failed = TRUE;
        put_counted(out, width, block.data, block.len);
    }
}
