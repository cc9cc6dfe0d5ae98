/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of a folder's index. There may be a million of them, and each is much like the one before it: a row is what differs.
 *
 *   u8       0: no list; 1: u32 count, then the rows
 *   row      u8: bit n is set when field n is not what is expected; then for each of those, in their order, the difference
 *            to that (modulo 2^64), its sign in the lowest bit, seven bits a byte, the lowest first
 *   fields   0 uid, 1 mid, 2 flags, 3 status, 4 kw, 5 modseq, 6 recv, 7 size
 *
 * Expected are the number behind that of the row before for uid and mid, and for the rest what the row before has; the first
 * row stands behind one of zeros.
 */
#include "session/pack-private.h"

enum {
    FIELDS = 8,
    /* One byte can be a row of 48: without it an answer of 160 MiB would take 7 GiB. */
    ROWS_MOST = 4 << 20,
};

typedef struct {
    guint64 values[FIELDS];
} Row;

static Row
from_index(const TwIndexRow *row)
{
    return (Row){ { row->uid, row->mid, row->flags, row->status, row->kw, row->modseq,
                    (guint64) row->recv, (guint64) row->size } };
}

/* FALSE: a number is too large for its field. */
static gboolean
to_index(const Row *row, TwIndexRow *ret)
{
    for (guint i = 0; i < 4; i++) {
        if (row->values[i] > G_MAXUINT32)
            return FALSE;
    }
    *ret = (TwIndexRow){ .uid = (guint32) row->values[0],
                         .mid = (guint32) row->values[1],
                         .flags = (guint32) row->values[2],
                         .status = (guint32) row->values[3],
                         .kw = row->values[4],
                         .modseq = row->values[5],
                         .recv = (gint64) row->values[6],
                         .size = (gint64) row->values[7] };
    return TRUE;
}

/* What is expected behind a row. */
static void
step(Row *row)
{
    row->values[0]++;
    row->values[1]++;
}

static void
put_difference(TwBuffer *out, guint64 difference)
{
    guint64 number = difference >> 63 != 0 ? ~difference << 1 | 1 : difference << 1;
    guint8 bytes[10];
    gsize len = 0;

    for (; number >= 0x80; number >>= 7)
        bytes[len++] = (guint8) (number | 0x80);
    bytes[len++] = (guint8) number;
    tw_buffer_put(out, bytes, len);
}

static gboolean
take_difference(TwCursor *cur, guint64 *ret)
{
    guint64 number = 0;
    guint8 byte = 0x80;

    for (guint shift = 0; byte >= 0x80; shift += 7) {
        if (shift > 63 || !tw_cursor_take_u8(cur, &byte) || (shift == 63 && byte > 1))
            return FALSE;
        number |= (guint64) (byte & 0x7f) << shift;
    }
    *ret = (number & 1) != 0 ? ~(number >> 1) : number >> 1;
    return TRUE;
}

static void
pack_row(const Row *expected, const Row *row, TwBuffer *out)
{
    guint8 mask = 0;

    for (guint i = 0; i < FIELDS; i++)
        mask |= (guint8) ((row->values[i] != expected->values[i] ? 1u : 0u) << i);
    tw_buffer_put_u8(out, mask);
    for (guint i = 0; i < FIELDS; i++) {
        if ((mask & 1u << i) != 0)
            put_difference(out, row->values[i] - expected->values[i]);
    }
}

void
tw_pack_kind_index(gconstpointer field, TwBuffer *out)
{
    const GArray *rows = *(const GArray *const *) field;
    Row expected = { { 0 } };

    tw_buffer_put_u8(out, rows != NULL);
    if (rows == NULL)
        return;
    tw_pack_count(out, rows->len);
    for (guint i = 0; i < rows->len; i++) {
        Row row = from_index(&g_array_index(rows, TwIndexRow, i));

        step(&expected);
        pack_row(&expected, &row, out);
        expected = row;
    }
}

static gboolean
unpack_row(TwCursor *cur, Row *io_row)
{
    guint8 mask;

    step(io_row);
    if (!tw_cursor_take_u8(cur, &mask))
        return FALSE;
    for (guint i = 0; i < FIELDS; i++) {
        guint64 difference;

        if ((mask & 1u << i) == 0)
            continue;
        if (!take_difference(cur, &difference))
            return FALSE;
        io_row->values[i] += difference;
    }
    return TRUE;
}

gboolean
tw_unpack_kind_index(TwUnpacker *in, gpointer field, GError **error)
{
    GArray **ret = field;
    Row row = { { 0 } };
    gboolean there = FALSE;
    guint32 count;

    if (!tw_unpack_bool(in, &there, error) || (there && !tw_unpack_count(in, 1, &count, error)))
        return FALSE;
    if (!there)
        return TRUE;
    if (count > ROWS_MOST)
        return tw_unpack_failed("too many rows of an index", error);
    *ret = g_array_sized_new(FALSE, FALSE, sizeof(TwIndexRow), count);
    for (guint32 i = 0; i < count; i++) {
        TwIndexRow index;

        if (!unpack_row(&in->cur, &row) || !to_index(&row, &index))
            return tw_unpack_failed("a row of an index", error);
        g_array_append_val(*ret, index);
    }
    return TRUE;
}
