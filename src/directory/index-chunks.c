/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A sorted index in chunks that snapshots share: one that is made of another after a change has chunks of its own only where
 * rows came or went, so a change costs some hundred rows and not all of them.
 */
#include <string.h>

#include "directory/index-private.h"

enum {
    CHUNK_ROWS = 128, /* of a new one; at most twice as many before it is split */
};

struct TwDirectoryChunk {
    gint refs; /* atomic */
    guint len;
    gboolean owns; /* references to the entries of its rows */
    TwDirectoryRow rows[];
};

static int
compare_keys(const guint8 *a, gsize a_len, const guint8 *b, gsize b_len)
{
    int order = memcmp(a, b, MIN(a_len, b_len));

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
compare_rows(gconstpointer a, gconstpointer b)
{
    const TwDirectoryRow *x = a, *y = b;
    int order = compare_keys(x->key, x->len, y->key, y->len);

    if (order != 0)
        return order;
    return (x->entry->object->number > y->entry->object->number) -
           (x->entry->object->number < y->entry->object->number);
}

/* ---- chunks ---- */

static TwDirectoryChunk *
chunk_new(const TwDirectoryRow *rows, guint len, gboolean owns)
{
    TwDirectoryChunk *chunk = g_malloc(sizeof *chunk + len * sizeof *rows);

    chunk->refs = 1;
    chunk->len = len;
    chunk->owns = owns;
    memcpy(chunk->rows, rows, len * sizeof *rows);
    for (guint i = 0; owns && i < len; i++)
        g_atomic_rc_box_acquire(rows[i].entry);
    return chunk;
}

static TwDirectoryChunk *
chunk_ref(TwDirectoryChunk *chunk)
{
    g_atomic_int_inc(&chunk->refs);
    return chunk;
}

static void
chunk_unref(TwDirectoryChunk *chunk)
{
    if (!g_atomic_int_dec_and_test(&chunk->refs))
        return;
    for (guint i = 0; chunk->owns && i < chunk->len; i++)
        tw_directory_entry_unref(chunk->rows[i].entry);
    g_free(chunk);
}

static const TwDirectoryRow *
first_of(const TwDirectoryIndex *index, guint chunk)
{
    return &index->chunks[chunk]->rows[0];
}

static const TwDirectoryRow *
last_of(const TwDirectoryIndex *index, guint chunk)
{
    return &index->chunks[chunk]->rows[index->chunks[chunk]->len - 1];
}

/* The last chunk that begins at or before the row, else the first. */
static guint
chunk_for(const TwDirectoryIndex *index, const TwDirectoryRow *row)
{
    guint low = 0, high = index->chunk_count;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (compare_rows(first_of(index, middle), row) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- merging ---- */

typedef struct {
    const TwDirectoryIndex *old;
    GHashTable *dropped;
    gboolean *touched; /* by chunk of the old one */
    GArray *added;     /* TwDirectoryRow, sorted */
    guint next;        /* of those */
    gboolean owns;
    GPtrArray *chunks; /* of the new one */
    GArray *rows;      /* TwDirectoryRow: of chunks that are yet to be made */
} Merge;

static void
touch(Merge *merge, const TwDirectoryRow *row)
{
    guint chunk;

    if (merge->old->chunk_count == 0)
        return;
    chunk = chunk_for(merge->old, row);
    merge->touched[chunk] = TRUE;
    /* rows that are alike may stand on both sides of a border */
    while (chunk > 0 && compare_rows(last_of(merge->old, chunk - 1), row) >= 0)
        merge->touched[--chunk] = TRUE;
}

static void
find_touched(Merge *merge, const GPtrArray *entries, TwDirectoryIndexName name)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, merge->dropped);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const GArray *rows = ((const TwDirectoryEntry *) key)->rows[name];
        for (guint i = 0; rows != NULL && i < rows->len; i++)
            touch(merge, &g_array_index(rows, TwDirectoryRow, i));
    }
    for (guint i = 0; i < entries->len; i++) {
        const GArray *rows = ((const TwDirectoryEntry *) entries->pdata[i])->rows[name];
        if (rows != NULL)
            g_array_append_vals(merge->added, rows->data, rows->len);
    }
    g_array_sort(merge->added, compare_rows);
    for (guint i = 0; i < merge->added->len; i++)
        touch(merge, &g_array_index(merge->added, TwDirectoryRow, i));
}

/* Makes chunks of the rows that wait. */
static void
flush(Merge *merge)
{
    const TwDirectoryRow *rows = (const TwDirectoryRow *) (gpointer) merge->rows->data;
    guint left = merge->rows->len;

    while (left > 0) {
        guint len = left <= 2 * CHUNK_ROWS ? left : CHUNK_ROWS;
        g_ptr_array_add(merge->chunks, chunk_new(rows, len, merge->owns));
        rows += len;
        left -= len;
    }
    g_array_set_size(merge->rows, 0);
}

/* Takes new rows that come before @row; NULL: all that are left. */
static void
take_added(Merge *merge, const TwDirectoryRow *row)
{
    for (; merge->next < merge->added->len; merge->next++) {
        const TwDirectoryRow *added = &g_array_index(merge->added, TwDirectoryRow, merge->next);
        if (row != NULL && compare_rows(added, row) > 0)
            return;
        g_array_append_vals(merge->rows, added, 1);
    }
}

static void
merge_chunk(Merge *merge, guint number)
{
    const TwDirectoryChunk *chunk = merge->old->chunks[number];

    for (guint i = 0; i < chunk->len; i++) {
        if (g_hash_table_contains(merge->dropped, chunk->rows[i].entry))
            continue;
        take_added(merge, &chunk->rows[i]);
        g_array_append_vals(merge->rows, &chunk->rows[i], 1);
    }
    take_added(merge,
               number + 1 < merge->old->chunk_count ? first_of(merge->old, number + 1) : NULL);
}

static TwDirectoryIndex *
index_of(GPtrArray *chunks)
{
    TwDirectoryIndex *index = g_new0(TwDirectoryIndex, 1);

    index->chunk_count = chunks->len;
    index->starts = g_new(guint, MAX(chunks->len, 1));
    for (guint i = 0; i < chunks->len; i++) {
        index->starts[i] = index->len;
        index->len += ((const TwDirectoryChunk *) chunks->pdata[i])->len;
    }
    index->chunks = (TwDirectoryChunk **) g_ptr_array_free(chunks, FALSE);
    return index;
}

TwDirectoryIndex *
tw_directory_index_merge(const TwDirectoryIndex *old,
                         GHashTable *dropped,
                         const GPtrArray *entries,
                         TwDirectoryIndexName name)
{
    g_autofree gboolean *touched = g_new0(gboolean, MAX(old->chunk_count, 1));
    g_autoptr(GArray) added = g_array_new(FALSE, FALSE, sizeof(TwDirectoryRow));
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwDirectoryRow));
    Merge merge = { .old = old,
                    .dropped = dropped,
                    .touched = touched,
                    .added = added,
                    .rows = rows,
                    .owns = name == TW_DIRECTORY_BY_NUMBER,
                    .chunks = g_ptr_array_sized_new(old->chunk_count + 1) };

    find_touched(&merge, entries, name);
    for (guint i = 0; i < old->chunk_count; i++) {
        if (touched[i]) {
            merge_chunk(&merge, i);
        } else {
            flush(&merge);
            g_ptr_array_add(merge.chunks, chunk_ref(old->chunks[i]));
        }
    }
    take_added(&merge, NULL);
    flush(&merge);
    return index_of(merge.chunks);
}

void
tw_directory_index_free(TwDirectoryIndex *index)
{
    if (index == NULL)
        return;
    for (guint i = 0; i < index->chunk_count; i++)
        chunk_unref(index->chunks[i]);
    g_free(index->chunks);
    g_free(index->starts);
    g_free(index);
}

/* ---- looking up ---- */

const TwDirectoryRow *
tw_directory_index_row(const TwDirectoryIndex *index, guint i)
{
    guint low = 0, high = index->chunk_count;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (index->starts[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return &index->chunks[low]->rows[i - index->starts[low]];
}

/* The first chunk whose last row is not before the key. */
static guint
chunk_with(const TwDirectoryIndex *index, const guint8 *key, gsize len)
{
    guint low = 0, high = index->chunk_count;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const TwDirectoryRow *row = last_of(index, middle);
        if (compare_keys(row->key, row->len, key, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint
tw_directory_index_find(const TwDirectoryIndex *index, const guint8 *key, gsize len)
{
    guint chunk = chunk_with(index, key, len), low = 0, high;

    if (chunk == index->chunk_count)
        return index->len;
    high = index->chunks[chunk]->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const TwDirectoryRow *row = &index->chunks[chunk]->rows[middle];
        if (compare_keys(row->key, row->len, key, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return index->starts[chunk] + low;
}

gboolean
tw_directory_row_begins(const TwDirectoryRow *row, const guint8 *key, gsize len)
{
    return row->len >= len && memcmp(row->key, key, len) == 0;
}
