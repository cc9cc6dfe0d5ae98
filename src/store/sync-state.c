/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * States of clients, and the sets of messages that clients with a filter have. Pure functions of bytes.
 *
 * A state of ours, numbers little-endian:
 *
 *   offset  size  meaning
 *   0       4     magic
 *   4       4     sync id
 *   8       8     change number
 *   16      4     of a first synchronisation: from which message up; else which way led here
 *   20      4     hash of the filter
 *   24      4     the list under way in bits 0 to 7, above it which folder of which store
 *   28      4     CRC32C of what is before
 *
 * A set: u32 hash of the filter, u32 count, then the numbers ascending, each as its distance from the one before it in
 * groups of 7 bits, the lowest first, bit 7 set when another follows.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/sync-private.h"

enum {
    MAGIC = 0x31537754,
    CRC_AT = 28,
};

static gboolean
bad_state(const char *why, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "a synchronisation state %s", why);
    return FALSE;
}

gboolean
tw_sync_state_parse(const guint8 *data, gsize len, TwSyncState *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwSyncState state = { 0 };
    guint32 first = 0, cn = 0, crc = 0, place = 0;

    if (len == 0) {
        *ret = state;
        return TRUE;
    }
    if (len < TW_SYNC_STATE_SHORT || !tw_cursor_take_u32le(&cur, &first))
        return bad_state("is cut short", error);
    if (len != TW_SYNC_STATE_LEN || first != MAGIC) {
        state.sync = first;
        tw_cursor_take_u32le(&cur, &cn);
        state.cn = cn;
        *ret = state;
        return TRUE;
    }
    if (!tw_cursor_take_u32le(&cur, &state.sync) || !tw_cursor_take_u64le(&cur, &state.cn) ||
        !tw_cursor_take_u32le(&cur, &state.below) || !tw_cursor_take_u32le(&cur, &state.filter) ||
        !tw_cursor_take_u32le(&cur, &place) || !tw_cursor_take_u32le(&cur, &crc))
        return bad_state("is cut short", error);
    if (crc != tw_crc32c(0, data, CRC_AT))
        return bad_state("is damaged", error);
    state.list = (guint8) place;
    state.place = place >> 8;
    if (state.list > 2 || (state.list != 0 && state.below == 0) || state.cn > G_MAXINT64)
        return bad_state("makes no sense", error);
    *ret = state;
    return TRUE;
}

void
tw_sync_state_write(const TwSyncState *state, guint8 out[TW_SYNC_STATE_LEN])
{
    guint32 numbers[] = { GUINT32_TO_LE(MAGIC),
                          GUINT32_TO_LE(state->sync),
                          GUINT32_TO_LE((guint32) state->cn),
                          GUINT32_TO_LE((guint32) (state->cn >> 32)),
                          GUINT32_TO_LE(state->below),
                          GUINT32_TO_LE(state->filter),
                          GUINT32_TO_LE(state->list | state->place << 8) };
    guint32 crc = GUINT32_TO_LE(tw_crc32c(0, numbers, sizeof numbers));

    memcpy(out, numbers, sizeof numbers);
    memcpy(out + CRC_AT, &crc, sizeof crc);
}

guint32
tw_sync_filter_hash(const TwRestriction *filter)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    g_autoptr(GBytes) bytes = NULL;
    const guint8 *data;
    gsize len;
    guint32 hash;

    if (filter == NULL)
        return 0;
    tw_restriction_print(filter, TW_WIRE_32, &out);
    bytes = tw_buffer_steal_bytes(&out, NULL);
    if (bytes == NULL)
        return 1;
    data = g_bytes_get_data(bytes, &len);
    hash = tw_crc32c(0, data, len);
    return hash != 0 ? hash : 1;
}

/* ---- sets ---- */

void
tw_sync_seen_clear(TwSyncSeen *seen)
{
    g_clear_pointer(&seen->ids, g_hash_table_unref);
}

static gboolean
take_distance(TwCursor *cur, guint32 *ret)
{
    guint32 value = 0;
    guint8 byte;

    for (guint shift = 0; shift < 35; shift += 7) {
        if (!tw_cursor_take_u8(cur, &byte) || (shift == 28 && byte > 0x0f))
            return FALSE;
        value |= (guint32) (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = value;
            return value != 0 && (shift == 0 || byte != 0);
        }
    }
    return FALSE;
}

gboolean
tw_sync_seen_parse(const guint8 *data, gsize len, TwSyncSeen *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    g_auto(TwSyncSeen) seen = { .ids = g_hash_table_new(NULL, NULL) };
    guint32 count, distance, id = 0;
    gboolean ok = tw_cursor_take_u32le(&cur, &seen.filter) && tw_cursor_take_count(&cur, 1, &count);

    for (guint32 i = 0; ok && i < count; i++) {
        ok = take_distance(&cur, &distance) && distance <= G_MAXUINT32 - id;
        id += ok ? distance : 0;
        if (ok)
            g_hash_table_add(seen.ids, GUINT_TO_POINTER(id));
    }
    if (!ok || cur.left != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a set of objects is damaged");
        return FALSE;
    }
    *ret = seen;
    seen.ids = NULL;
    return TRUE;
}

static int
compare_ids(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

GArray *
tw_sync_seen_list(const TwSyncSeen *seen)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, seen->ids);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        guint32 id = GPOINTER_TO_UINT(key);
        g_array_append_val(ids, id);
    }
    g_array_sort(ids, compare_ids);
    return ids;
}

void
tw_sync_seen_take(TwSyncSeen *seen, const GArray *ids)
{
    g_hash_table_remove_all(seen->ids);
    for (guint i = 0; i < ids->len; i++)
        g_hash_table_add(seen->ids, GUINT_TO_POINTER(g_array_index(ids, guint32, i)));
}

GBytes *
tw_sync_seen_write(const TwSyncSeen *seen)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    g_autoptr(GArray) ids = tw_sync_seen_list(seen);
    guint32 last = 0;

    tw_buffer_put_u32le(&out, seen->filter);
    tw_buffer_put_u32le(&out, ids->len);
    for (guint i = 0; i < ids->len; i++) {
        guint32 id = g_array_index(ids, guint32, i), distance = id - last;
        for (last = id; distance >= 0x80; distance >>= 7)
            tw_buffer_put_u8(&out, (guint8) (0x80 | (distance & 0x7f)));
        tw_buffer_put_u8(&out, (guint8) distance);
    }
    return tw_buffer_steal_bytes(&out, NULL);
}
