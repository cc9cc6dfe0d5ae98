/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/keys.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"

enum {
    CHANGE_COUNTER_LEN = 4,
    SOURCE_COUNTER_LEN = 6
};

gboolean
tw_xid_parse(const guint8 *data, gsize len, TwXid *ret_xid, GError **error)
{
    TwXid xid;

    if (len <= TW_GUID_LEN || len > TW_GUID_LEN + TW_XID_MAX_COUNTER) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "key of %" G_GSIZE_FORMAT " bytes", len);
        return FALSE;
    }
    memset(&xid, 0, sizeof xid);
    xid.replica = tw_guid_from_bytes(data);
    xid.counter_len = (guint8) (len - TW_GUID_LEN);
    memcpy(xid.counter, data + TW_GUID_LEN, xid.counter_len);
    *ret_xid = xid;
    return TRUE;
}

void
tw_xid_write(const TwXid *xid, TwBuffer *out)
{
    tw_buffer_put(out, xid->replica.bytes, TW_GUID_LEN);
    tw_buffer_put(out, xid->counter, xid->counter_len);
}

static TwXid
make_xid(const TwGuid *replica, guint64 number, guint8 counter_len)
{
    TwXid xid = { .replica = *replica, .counter_len = counter_len };

    for (guint i = 0; i < counter_len; i++)
        xid.counter[i] = (guint8) (number >> (8 * i));
    return xid;
}

TwXid
tw_source_key_make(const TwGuid *server, guint64 number)
{
    return make_xid(server, number, SOURCE_COUNTER_LEN);
}

TwXid
tw_change_key_make(const TwGuid *server, guint32 change)
{
    return make_xid(server, change, CHANGE_COUNTER_LEN);
}

guint64
tw_xid_counter(const TwXid *xid)
{
    guint64 value = 0;

    for (guint i = 0; i < xid->counter_len; i++) {
        guint from = xid->counter_len == CHANGE_COUNTER_LEN ? xid->counter_len - 1 - i : i;
        value = value << 8 | xid->counter[from];
    }
    return value;
}

gboolean
tw_xid_equal(const TwXid *a, const TwXid *b)
{
    gboolean lens = a->counter_len == b->counter_len ||
                    (MIN(a->counter_len, b->counter_len) == SOURCE_COUNTER_LEN &&
                     MAX(a->counter_len, b->counter_len) == TW_XID_MAX_COUNTER);

    return lens && tw_guid_equal(&a->replica, &b->replica) &&
           memcmp(a->counter, b->counter, TW_XID_MAX_COUNTER) == 0;
}

/* One key of each replica, sorted by GUID. */
struct TwChangeList {
    GArray *keys; /* of TwXid */
};

TwChangeList *
tw_change_list_new(void)
{
    TwChangeList *list = g_new0(TwChangeList, 1);

    list->keys = g_array_new(FALSE, FALSE, sizeof(TwXid));
    return list;
}

void
tw_change_list_free(TwChangeList *list)
{
    if (list == NULL)
        return;
    g_array_unref(list->keys);
    g_free(list);
}

guint
tw_change_list_count(const TwChangeList *list)
{
    return list->keys->len;
}

/* Where the replica's key is, or where it belongs. */
static gboolean
find_replica(const TwChangeList *list, const TwGuid *replica, guint *ret_at)
{
    guint low = 0, high = list->keys->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = tw_guid_compare(&g_array_index(list->keys, TwXid, middle).replica, replica);
        if (order == 0) {
            *ret_at = middle;
            return TRUE;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_at = low;
    return FALSE;
}

gboolean
tw_change_list_add(TwChangeList *list, const TwXid *change, GError **error)
{
    guint at;

    if (find_replica(list, &change->replica, &at)) {
        TwXid *known = &g_array_index(list->keys, TwXid, at);
        if (tw_xid_counter(change) > tw_xid_counter(known))
            *known = *change;
        return TRUE;
    }
    if (list->keys->len >= TW_CHANGE_LIST_MAX) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "change list of more than %d replicas",
                    TW_CHANGE_LIST_MAX);
        return FALSE;
    }
    g_array_insert_val(list->keys, at, *change);
    return TRUE;
}

static gboolean
take_key(TwCursor *cur, TwXid *ret)
{
    TwCursor copy = *cur;
    guint8 len;
    const guint8 *data;

    if (!tw_cursor_take_u8(&copy, &len) || !tw_cursor_take(&copy, len, &data) ||
        !tw_xid_parse(data, len, ret, NULL))
        return FALSE;
    *cur = copy;
    return TRUE;
}

TwChangeList *
tw_change_list_parse(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(TwChangeList) list = tw_change_list_new();
    TwCursor cur = tw_cursor_init(data, len);
    TwXid key;

    if (len == TW_CHANGE_KEY_LEN && tw_xid_parse(data, len, &key, NULL)) {
        tw_change_list_add(list, &key, NULL);
        return g_steal_pointer(&list);
    }
    while (cur.left > 0) {
        if (!take_key(&cur, &key)) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "change list breaks off %" G_GSIZE_FORMAT " bytes before its end",
                        cur.left);
            return NULL;
        }
        if (!tw_change_list_add(list, &key, error))
            return NULL;
    }
    return g_steal_pointer(&list);
}

static void
put_key(const TwXid *key, TwBuffer *out)
{
    tw_buffer_put_u8(out, (guint8) (TW_GUID_LEN + key->counter_len));
    tw_xid_write(key, out);
}

void
tw_change_list_write(const TwChangeList *list, TwBuffer *out)
{
    const TwXid *first = list->keys->len == 1 ? &g_array_index(list->keys, TwXid, 0) : NULL;

    for (guint i = 0; i < list->keys->len; i++)
        put_key(&g_array_index(list->keys, TwXid, i), out);
    /* a list as long as the bare key that the peer stores would be read as one: said twice it means the same */
    if (first != NULL && 1 + TW_GUID_LEN + first->counter_len == TW_CHANGE_KEY_LEN)
        put_key(first, out);
}

gboolean
tw_change_list_contains(const TwChangeList *list, const TwXid *change)
{
    guint at;

    return find_replica(list, &change->replica, &at) &&
           tw_xid_counter(&g_array_index(list->keys, TwXid, at)) >= tw_xid_counter(change);
}

gboolean
tw_change_list_merge(TwChangeList *list, const TwChangeList *other, GError **error)
{
    for (guint i = 0; i < other->keys->len; i++) {
        if (!tw_change_list_add(list, &g_array_index(other->keys, TwXid, i), error))
            return FALSE;
    }
    return TRUE;
}

TwChangeOrder
tw_change_list_compare(const TwChangeList *a,
                       const TwXid *a_change,
                       const TwChangeList *b,
                       const TwXid *b_change)
{
    gboolean a_knows = tw_change_list_contains(a, b_change);
    gboolean b_knows = tw_change_list_contains(b, a_change);

    if (a_knows && b_knows)
        return TW_CHANGE_SAME;
    if (a_knows)
        return TW_CHANGE_NEWER;
    return b_knows ? TW_CHANGE_OLDER : TW_CHANGE_CONFLICT;
}

void
tw_instance_key_write(guint32 number, guint32 order, guint8 out[TW_INSTANCE_KEY_LEN])
{
    guint32 fields[2] = { GUINT32_TO_LE(number), GUINT32_TO_LE(order) };

    memcpy(out, fields, TW_INSTANCE_KEY_LEN);
}

gboolean
tw_instance_key_parse(const guint8 *data, gsize len, guint32 *ret_number, guint32 *ret_order)
{
    TwCursor cur = tw_cursor_init(data, len);

    return len == TW_INSTANCE_KEY_LEN && tw_cursor_take_u32le(&cur, ret_number) &&
           tw_cursor_take_u32le(&cur, ret_order);
}

/* Capitals one character at a time: what the host's locale thinks of the letter i must not matter. */
static void
put_capitals(TwBuffer *out, const char *text)
{
    while (*text != '\0') {
        gunichar c = g_utf8_get_char_validated(text, -1);
        char utf8[6] = { 0 };

        if (c >= 0x110000u) { /* not UTF-8: kept as it is */
            tw_buffer_put_u8(out, (guint8) *text++);
            continue;
        }
        tw_buffer_put(out, utf8, (gsize) g_unichar_to_utf8(g_unichar_toupper(c), utf8));
        text += g_unichar_to_utf8(c, NULL);
    }
}

GBytes *
tw_search_key_make(const char *address_type, const char *address, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SEARCH_KEY_MAX_LEN);

    put_capitals(&out, address_type);
    tw_buffer_put_u8(&out, ':');
    put_capitals(&out, address);
    tw_buffer_put_u8(&out, 0);
    return tw_buffer_steal_bytes(&out, error);
}

gboolean
tw_search_key_parse(const guint8 *data, gsize len, char **ret_type, char **ret_address)
{
    const guint8 *colon;

    if (len < 3 || len > TW_SEARCH_KEY_MAX_LEN || memchr(data, 0, len) != data + len - 1 ||
        !g_utf8_validate((const char *) data, (gssize) len - 1, NULL))
        return FALSE;
    colon = memchr(data, ':', len);
    if (colon == NULL || colon == data)
        return FALSE;
    *ret_type = g_strndup((const char *) data, (gsize) (colon - data));
    *ret_address = g_strdup((const char *) colon + 1);
    return TRUE;
}
