/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Kinds of fields as bytes: of each how it is written and read. Lists and structs are members in the order of
 * pack-shape.c; a field that may be NULL begins with a byte that says whether it is there. What has a form of its own keeps
 * it: restrictions and sort orders that of mapi/, objects that of tail records, rules theirs.
 *
 * Objects carry their large values as lengths, never as references: a client that sends one back names the value by its
 * path alone, and the server finds out what lies there (spec: README.md, "objects in hand").
 */
#include <string.h>

#include "base/compress.h"
#include "mapi/wire.h"
#include "session/pack-private.h"
#include "store/record.h"

/* ---- plain ones ---- */

static void
pack_flag(gconstpointer field, TwBuffer *out)
{
    tw_buffer_put_u8(out, *(const gboolean *) field != FALSE);
}

static gboolean
unpack_flag(TwUnpacker *in, gpointer field, GError **error)
{
    return tw_unpack_bool(in, field, error);
}

static void
pack_u32(gconstpointer field, TwBuffer *out)
{
    tw_buffer_put_u32le(out, *(const guint32 *) field);
}

static gboolean
unpack_u32(TwUnpacker *in, gpointer field, GError **error)
{
    return tw_cursor_take_u32le(&in->cur, field) ||
           tw_unpack_failed("a number is cut short", error);
}

static void
pack_u64(gconstpointer field, TwBuffer *out)
{
    tw_buffer_put_u64le(out, *(const guint64 *) field);
}

static gboolean
unpack_u64(TwUnpacker *in, gpointer field, GError **error)
{
    return tw_cursor_take_u64le(&in->cur, field) ||
           tw_unpack_failed("a number is cut short", error);
}

/* A field that is one member. */
#define DEFINE_MEMBER_KIND(name, type_)                                                            \
    static void pack_##name(gconstpointer field, TwBuffer *out)                                    \
    {                                                                                              \
        static const TwPackMember member = { .type = TW_PACK_##type_ };                            \
        static const TwPackShape shape = { .members = &member, .count = 1 };                       \
        tw_pack_struct(&shape, field, out);                                                        \
    }                                                                                              \
    static gboolean unpack_##name(TwUnpacker *in, gpointer field, GError **error)                  \
    {                                                                                              \
        static const TwPackMember member = { .type = TW_PACK_##type_ };                            \
        static const TwPackShape shape = { .members = &member, .count = 1 };                       \
        return tw_unpack_struct(&shape, in, field, error);                                         \
    }
DEFINE_MEMBER_KIND(guid, GUID)
DEFINE_MEMBER_KIND(text, TEXT)
DEFINE_MEMBER_KIND(bytes, BYTES)
DEFINE_MEMBER_KIND(names, NAMES)
DEFINE_MEMBER_KIND(entry, ENTRY)
#undef DEFINE_MEMBER_KIND

/* A field that is a struct. */
#define DEFINE_STRUCT_KIND(name, shape)                                                            \
    static void pack_##name(gconstpointer field, TwBuffer *out)                                    \
    {                                                                                              \
        tw_pack_struct(tw_pack_##shape(), field, out);                                             \
    }                                                                                              \
    static gboolean unpack_##name(TwUnpacker *in, gpointer field, GError **error)                  \
    {                                                                                              \
        return tw_unpack_struct(tw_pack_##shape(), in, field, error);                              \
    }
DEFINE_STRUCT_KIND(store_info, store_info)
DEFINE_STRUCT_KIND(folder, folder_entry)
DEFINE_STRUCT_KIND(queue_row, queue_row)
DEFINE_STRUCT_KIND(message, message)
DEFINE_STRUCT_KIND(made, made)
DEFINE_STRUCT_KIND(quota, quota)
DEFINE_STRUCT_KIND(keys, sync_keys)
#undef DEFINE_STRUCT_KIND

/* A field that is a GArray of structs. */
#define DEFINE_ARRAY_KIND(name, shape)                                                             \
    static void pack_##name(gconstpointer field, TwBuffer *out)                                    \
    {                                                                                              \
        tw_pack_array(tw_pack_##shape(), *(const GArray *const *) field, out);                     \
    }                                                                                              \
    static gboolean unpack_##name(TwUnpacker *in, gpointer field, GError **error)                  \
    {                                                                                              \
        return tw_unpack_array(tw_pack_##shape(), in, field, error);                               \
    }
DEFINE_ARRAY_KIND(receive_folders, receive_folder)
DEFINE_ARRAY_KIND(changes, change)
DEFINE_ARRAY_KIND(folders, folder_entry)
DEFINE_ARRAY_KIND(permissions, permission)
DEFINE_ARRAY_KIND(queue, queue_row)
DEFINE_ARRAY_KIND(messages, message)
DEFINE_ARRAY_KIND(mail_rows, mail_row)
DEFINE_ARRAY_KIND(tombs, tomb)
DEFINE_ARRAY_KIND(appended, made)
DEFINE_ARRAY_KIND(done, done)
DEFINE_ARRAY_KIND(delivered, delivered)
DEFINE_ARRAY_KIND(containers, container)
DEFINE_ARRAY_KIND(gone, gone)
DEFINE_ARRAY_KIND(stores, store_entry)
DEFINE_ARRAY_KIND(sessions, session_entry)
DEFINE_ARRAY_KIND(sync_changes, sync_change)
DEFINE_ARRAY_KIND(table_events, table_event)
#undef DEFINE_ARRAY_KIND

/* A field that is items and a count, borrowed by a request. */
#define DEFINE_ITEMS_KIND(name, Type, shape)                                                       \
    static void pack_##name(gconstpointer field, TwBuffer *out)                                    \
    {                                                                                              \
        const Type *list = field;                                                                  \
        tw_pack_items(tw_pack_##shape(), list->items, list->count, out);                           \
    }                                                                                              \
    static gboolean unpack_##name(TwUnpacker *in, gpointer field, GError **error)                  \
    {                                                                                              \
        Type *list = field;                                                                        \
        return tw_unpack_items(tw_pack_##shape(), in, &list->items, &list->count, error);          \
    }
DEFINE_ITEMS_KIND(in_permissions, TwPermissionRows, permission)
DEFINE_ITEMS_KIND(targets, TwDeliveryTargets, target)
DEFINE_ITEMS_KIND(appends, TwMailAppends, append)
DEFINE_ITEMS_KIND(bags, TwTableBagRows, bag)
DEFINE_ITEMS_KIND(values, TwValueUses, value_use)
#undef DEFINE_ITEMS_KIND

/* ---- numbers ---- */

void
tw_pack_numbers(const guint32 *numbers, gsize count, TwBuffer *out)
{
    tw_pack_count(out, count);
    for (gsize i = 0; i < count; i++)
        tw_buffer_put_u32le(out, numbers[i]);
}

static gboolean
take_numbers(TwUnpacker *in, GArray **ret, GError **error)
{
    guint32 count;

    if (!tw_unpack_count(in, sizeof(guint32), &count, error))
        return FALSE;
    *ret = g_array_sized_new(FALSE, FALSE, sizeof(guint32), count);
    g_array_set_size(*ret, count);
    for (guint32 i = 0; i < count; i++)
        (void) tw_cursor_take_u32le(&in->cur, &g_array_index(*ret, guint32, i));
    return TRUE;
}

static void
unref_array(gpointer array)
{
    g_array_unref(array);
}

gboolean
tw_unpack_kept_numbers(TwUnpacker *in, const guint32 **ret, guint *ret_count, GError **error)
{
    GArray *numbers = NULL;

    if (!take_numbers(in, &numbers, error))
        return FALSE;
    tw_unpack_keep(in, numbers, unref_array);
    *ret = (const guint32 *) (gpointer) numbers->data;
    *ret_count = numbers->len;
    return TRUE;
}

static void
pack_in_numbers(gconstpointer field, TwBuffer *out)
{
    const TwNumbers *numbers = field;

    tw_pack_numbers(numbers->items, numbers->count, out);
}

static gboolean
unpack_in_numbers(TwUnpacker *in, gpointer field, GError **error)
{
    TwNumbers *numbers = field;

    return tw_unpack_kept_numbers(in, &numbers->items, &numbers->count, error);
}

static void
pack_numbers(gconstpointer field, TwBuffer *out)
{
    const GArray *numbers = *(const GArray *const *) field;

    tw_buffer_put_u8(out, numbers != NULL);
    if (numbers != NULL)
        tw_pack_numbers((const guint32 *) (gpointer) numbers->data, numbers->len, out);
}

static gboolean
unpack_numbers(TwUnpacker *in, gpointer field, GError **error)
{
    gboolean there = FALSE;

    return tw_unpack_bool(in, &there, error) && (!there || take_numbers(in, field, error));
}

/* ---- objects ---- */

void
tw_unpack_free_object(gpointer object)
{
    tw_object_free(object);
}

/* A record that cannot be written makes the buffer fail, which the caller looks at. */
void
tw_pack_object_tree(const TwObject *object, TwBuffer *out)
{
    static const TwTailOptions options = { .plain = TRUE };
    g_autoptr(GBytes) record = NULL;
    gconstpointer data;
    gsize len;

    tw_buffer_put_u8(out, object != NULL);
    if (object == NULL)
        return;
    record = tw_tail_write(object, &options, NULL);
    if (record == NULL) {
        out->failed = TRUE;
        return;
    }
    data = g_bytes_get_data(record, &len);
    tw_pack_bytes(out, data, len);
}

gboolean
tw_unpack_object_tree(TwUnpacker *in, TwObject **ret, GError **error)
{
    gboolean there = FALSE;
    TwCursor record;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!tw_unpack_bytes(in, &record, error))
        return FALSE;
    *ret = tw_tail_parse(record.next, record.left, NULL, NULL, error);
    return *ret != NULL;
}

static void
pack_object(gconstpointer field, TwBuffer *out)
{
    tw_pack_object_tree(*(const TwObject *const *) field, out);
}

static gboolean
unpack_object(TwUnpacker *in, gpointer field, GError **error)
{
    TwObject **object = field;

    if (!tw_unpack_object_tree(in, object, error))
        return FALSE;
    if (in->kept != NULL && *object != NULL)
        tw_unpack_keep(in, *object, tw_unpack_free_object);
    return TRUE;
}

/* ---- flags ---- */

static void
put_more(const guint16 *more, guint count, TwBuffer *out)
{
    count = MIN(count, (guint) TW_KEYWORDS_MAX_OVERFLOW);
    tw_buffer_put_u8(out, (guint8) count);
    for (guint i = 0; i < count; i++)
        tw_buffer_put_u16le(out, more[i]);
}

static gboolean
take_more(TwUnpacker *in, guint16 *ret, guint *ret_count, GError **error)
{
    guint8 count;

    if (!tw_cursor_take_u8(&in->cur, &count) || count > TW_KEYWORDS_MAX_OVERFLOW)
        return tw_unpack_failed("too many keywords", error);
    for (guint i = 0; i < count; i++) {
        if (!tw_cursor_take_u16le(&in->cur, &ret[i]))
            return tw_unpack_failed("keywords are cut short", error);
    }
    *ret_count = count;
    return TRUE;
}

static void
pack_flag_change(gconstpointer field, TwBuffer *out)
{
    const TwFlagChange *change = field;

    pack_u32(&change->flags_set, out);
    pack_u32(&change->flags_clear, out);
    pack_u32(&change->status_set, out);
    pack_u32(&change->status_clear, out);
    pack_u64(&change->kw_set, out);
    pack_u64(&change->kw_clear, out);
    pack_u64(&change->unchanged_since, out);
    put_more(change->more_set, change->more_set_count, out);
    put_more(change->more_clear, change->more_clear_count, out);
    pack_flag(&change->kw_exact, out);
}

static gboolean
unpack_flag_change(TwUnpacker *in, gpointer field, GError **error)
{
    TwFlagChange *change = field;

    return unpack_u32(in, &change->flags_set, error) &&
           unpack_u32(in, &change->flags_clear, error) &&
           unpack_u32(in, &change->status_set, error) &&
           unpack_u32(in, &change->status_clear, error) && unpack_u64(in, &change->kw_set, error) &&
           unpack_u64(in, &change->kw_clear, error) &&
           unpack_u64(in, &change->unchanged_since, error) &&
           take_more(in, change->more_set, &change->more_set_count, error) &&
           take_more(in, change->more_clear, &change->more_clear_count, error) &&
           unpack_flag(in, &change->kw_exact, error);
}

/* ---- secrets ---- */

static void
unref_secret(gpointer secret)
{
    tw_secret_unref(secret);
}

static void
pack_secret(gconstpointer field, TwBuffer *out)
{
    const TwSecret *secret = *(const TwSecret *const *) field;
    gsize len = 0;
    const char *text = secret != NULL ? tw_secret_reveal(secret, &len) : NULL;

    tw_buffer_put_u8(out, secret != NULL);
    if (secret != NULL)
        tw_pack_bytes(out, text, len);
}

static gboolean
unpack_secret(TwUnpacker *in, gpointer field, GError **error)
{
    gboolean there = FALSE;
    TwCursor text;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!tw_unpack_bytes(in, &text, error))
        return FALSE;
    *(const TwSecret **) field =
        tw_unpack_keep(in, tw_secret_new(text.next, text.left), unref_secret);
    return TRUE;
}

/* ---- restrictions and orders ---- */

static void
put_restriction(const TwRestriction *restriction, TwBuffer *out)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_PROPS_MAX_LEN);

    tw_buffer_put_u8(out, restriction != NULL);
    if (restriction == NULL)
        return;
    tw_restriction_print(restriction, TW_WIRE_32, &bytes);
    if (tw_buffer_failed(&bytes))
        out->failed = TRUE;
    tw_pack_bytes(out, bytes.data, bytes.len);
}

static gboolean
take_restriction(TwUnpacker *in, TwRestriction **ret, GError **error)
{
    gboolean there = FALSE;
    TwCursor bytes;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!tw_unpack_bytes(in, &bytes, error))
        return FALSE;
    *ret = tw_restriction_parse(bytes.next, bytes.left, TW_WIRE_32, error);
    return *ret != NULL;
}

static void
unref_restriction(gpointer restriction)
{
    tw_restriction_unref(restriction);
}

static void
pack_restriction(gconstpointer field, TwBuffer *out)
{
    put_restriction(*(const TwRestriction *const *) field, out);
}

static gboolean
unpack_restriction(TwUnpacker *in, gpointer field, GError **error)
{
    TwRestriction **restriction = field;

    if (!take_restriction(in, restriction, error))
        return FALSE;
    if (*restriction != NULL)
        tw_unpack_keep(in, *restriction, unref_restriction);
    return TRUE;
}

/* One without keys has no form of its own: it is no bytes. */
static void
pack_order(gconstpointer field, TwBuffer *out)
{
    const TwSortOrder *order = *(const TwSortOrder *const *) field;
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(4096);

    tw_buffer_put_u8(out, order != NULL);
    if (order == NULL)
        return;
    if (order->count > 0)
        tw_sort_order_print(order, &bytes);
    tw_pack_bytes(out, bytes.data, bytes.len);
}

static gboolean
unpack_order(TwUnpacker *in, gpointer field, GError **error)
{
    gboolean there = FALSE;
    TwSortOrder *order;
    TwCursor bytes;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!tw_unpack_bytes(in, &bytes, error))
        return FALSE;
    order = tw_unpack_keep(in, g_new0(TwSortOrder, 1), g_free);
    *(const TwSortOrder **) field = order;
    return bytes.left == 0 || tw_sort_order_parse(bytes.next, bytes.left, order, error);
}

/* ---- search folders and tables ---- */

static void
pack_search(gconstpointer field, TwBuffer *out)
{
    const TwSearchInfo *search = *(const TwSearchInfo *const *) field;

    tw_buffer_put_u8(out, search != NULL);
    if (search == NULL)
        return;
    put_restriction(search->restriction, out);
    pack_numbers(&search->folders, out);
    pack_numbers(&search->excluded, out);
    pack_u32(&search->flags, out);
    pack_u32(&search->state, out);
    pack_u64(&search->cn, out);
    pack_u32(&search->folders_done, out);
    pack_u32(&search->folders_all, out);
}

static gboolean
unpack_search(TwUnpacker *in, gpointer field, GError **error)
{
    TwSearchInfo *search;
    gboolean there = FALSE;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    search = g_new0(TwSearchInfo, 1);
    *(TwSearchInfo **) field = search;
    return take_restriction(in, &search->restriction, error) &&
           unpack_numbers(in, &search->folders, error) &&
           unpack_numbers(in, &search->excluded, error) && unpack_u32(in, &search->flags, error) &&
           unpack_u32(in, &search->state, error) && unpack_u64(in, &search->cn, error) &&
           unpack_u32(in, &search->folders_done, error) &&
           unpack_u32(in, &search->folders_all, error);
}

static void
pack_table_rows(gconstpointer field, TwBuffer *out)
{
    const TwTableRows *rows = *(const TwTableRows *const *) field;
    gsize count;

    tw_buffer_put_u8(out, rows != NULL);
    if (rows == NULL)
        return;
    count = (gsize) rows->row_count * rows->column_count;
    tw_pack_count(out, rows->row_count);
    tw_pack_count(out, rows->column_count);
    for (gsize i = 0; i < count; i++)
        tw_pack_value(&rows->cells[i], out);
}

/* What the cells borrow from is a copy of the bytes that are left: the last field of an answer, so of all they need. */
static gboolean
unpack_table_rows(TwUnpacker *in, gpointer field, GError **error)
{
    g_autoptr(GBytes) owner = NULL;
    g_autofree TwPropValue *cells = NULL;
    TwUnpacker inner = { 0 };
    guint32 rows, columns;
    gboolean there = FALSE;
    gsize count;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!tw_cursor_take_u32le(&in->cur, &rows) || !tw_cursor_take_u32le(&in->cur, &columns) ||
        !g_size_checked_mul(&count, rows, columns) || count > in->cur.left / TW_PACK_LEAST_VALUE)
        return tw_unpack_failed("rows are cut short", error);
    owner = g_bytes_new(in->cur.next, in->cur.left);
    inner.cur = tw_cursor_init(g_bytes_get_data(owner, NULL), in->cur.left);
    cells = g_new0(TwPropValue, MAX(count, 1));
    if (!tw_unpack_values(&inner, FALSE, (guint32) count, cells, error) ||
        !tw_cursor_skip(&in->cur, in->cur.left - inner.cur.left))
        return FALSE;
    *(TwTableRows **) field =
        tw_table_rows_new_packed(rows, columns, g_steal_pointer(&cells), owner);
    return TRUE;
}

/* ---- tables of kinds ---- */

/* clang-format off */
#define IN_KINDS(X) \
    X(FLAG, pack_flag, unpack_flag) \
    X(U32, pack_u32, unpack_u32) \
    X(U64, pack_u64, unpack_u64) \
    X(I64, pack_u64, unpack_u64) \
    X(GUID, pack_guid, unpack_guid) \
    X(TEXT, pack_text, unpack_text) \
    X(BYTES, pack_bytes, unpack_bytes) \
    X(OBJECT, pack_object, unpack_object) \
    X(NUMBERS, pack_in_numbers, unpack_in_numbers) \
    X(PROP_CHANGES, tw_pack_kind_prop_changes, tw_unpack_kind_prop_changes) \
    X(PERMISSIONS, pack_in_permissions, unpack_in_permissions) \
    X(RULE_CHANGES, tw_pack_kind_rule_changes, tw_unpack_kind_rule_changes) \
    X(FLAG_CHANGE, pack_flag_change, unpack_flag_change) \
    X(TARGETS, pack_targets, unpack_targets) \
    X(APPENDS, pack_appends, unpack_appends) \
    X(CONVERTED, tw_pack_kind_converted, tw_unpack_kind_converted) \
    X(NAMES, pack_names, unpack_names) \
    X(SECRET, pack_secret, unpack_secret) \
    X(OBJECT_VALUES, tw_pack_kind_object_values, tw_unpack_kind_object_values) \
    X(NAMED_PROPS, tw_pack_kind_named_props, tw_unpack_kind_named_props) \
    X(RESTRICTION, pack_restriction, unpack_restriction) \
    X(ORDER, pack_order, unpack_order) \
    X(BAGS, pack_bags, unpack_bags) \
    X(VALUES, pack_values, unpack_values)

#define OUT_KINDS(X) \
    X(FLAG, pack_flag, unpack_flag) \
    X(U32, pack_u32, unpack_u32) \
    X(U64, pack_u64, unpack_u64) \
    X(I64, pack_u64, unpack_u64) \
    X(GUID, pack_guid, unpack_guid) \
    X(TEXT, pack_text, unpack_text) \
    X(BYTES, pack_bytes, unpack_bytes) \
    X(OBJECT, pack_object, unpack_object) \
    X(NUMBERS, pack_numbers, unpack_numbers) \
    X(NAMES, pack_names, unpack_names) \
    X(STORE_INFO, pack_store_info, unpack_store_info) \
    X(RECEIVE_FOLDERS, pack_receive_folders, unpack_receive_folders) \
    X(CHANGES, pack_changes, unpack_changes) \
    X(FOLDER, pack_folder, unpack_folder) \
    X(FOLDERS, pack_folders, unpack_folders) \
    X(PERMISSIONS, pack_permissions, unpack_permissions) \
    X(RULES, tw_pack_kind_rules, tw_unpack_kind_rules) \
    X(QUEUE_ROW, pack_queue_row, unpack_queue_row) \
    X(QUEUE, pack_queue, unpack_queue) \
    X(MESSAGE, pack_message, unpack_message) \
    X(MESSAGES, pack_messages, unpack_messages) \
    X(INDEX, tw_pack_kind_index, tw_unpack_kind_index) \
    X(MAIL_ROWS, pack_mail_rows, unpack_mail_rows) \
    X(TOMBS, pack_tombs, unpack_tombs) \
    X(MADE, pack_made, unpack_made) \
    X(APPENDED, pack_appended, unpack_appended) \
    X(DONE, pack_done, unpack_done) \
    X(DELIVERED, pack_delivered, unpack_delivered) \
    X(ENTRY, pack_entry, unpack_entry) \
    X(ENTRIES, tw_pack_kind_entries, tw_unpack_kind_entries) \
    X(CONTAINERS, pack_containers, unpack_containers) \
    X(GONE, pack_gone, unpack_gone) \
    X(QUOTA, pack_quota, unpack_quota) \
    X(STORES, pack_stores, unpack_stores) \
    X(SESSIONS, pack_sessions, unpack_sessions) \
    X(NAMED_PROPS, tw_pack_kind_named_list, tw_unpack_kind_named_list) \
    X(KEYS, pack_keys, unpack_keys) \
    X(SYNC_CHANGES, pack_sync_changes, unpack_sync_changes) \
    X(SEARCH, pack_search, unpack_search) \
    X(TABLE_EVENTS, pack_table_events, unpack_table_events) \
    X(TABLE_ROWS, pack_table_rows, unpack_table_rows)
/* clang-format on */

static const TwPackKind in_kinds[] = {
#define KIND_ROW(kind, pack, unpack) [TW_IN_##kind] = { #kind, pack, unpack },
    IN_KINDS(KIND_ROW)
#undef KIND_ROW
};

static const TwPackKind out_kinds[] = {
#define KIND_ROW(kind, pack, unpack) [TW_OUT_##kind] = { #kind, pack, unpack },
    OUT_KINDS(KIND_ROW)
#undef KIND_ROW
};

/* A kind that is added to types.h is missing here until it has its functions. */
#define COUNT_ROW(...) +1
G_STATIC_ASSERT((0 IN_KINDS(COUNT_ROW)) == (0 TW_IN_KIND_LIST(COUNT_ROW)));
G_STATIC_ASSERT((0 OUT_KINDS(COUNT_ROW)) == (0 TW_OUT_KIND_LIST(COUNT_ROW)));

const TwPackKind *
tw_pack_in_kind(TwInKind kind)
{
    return &in_kinds[kind];
}

const TwPackKind *
tw_pack_out_kind(TwOutKind kind)
{
    return &out_kinds[kind];
}
