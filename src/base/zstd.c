/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole values in zstd, with or without a dictionary (declared in base/compress.h). */
#include <zstd.h>

#include "base/compress.h"
#include "base/error.h"
#include "base/lock.h"

enum {
    MOST_IDLE = 16 /* contexts kept of each kind: some 200 KB each */
};

struct TwZstdDict {
    ZSTD_CDict *to;
    ZSTD_DDict *from;
    guint32 id;
};

/* Contexts that nobody uses now; the last one given back is the first one lent, since its tables are still in the
 * processor's cache. (One for each thread, with 128 threads that take turns, took twice the time.) */
typedef struct {
    TwLock lock; /* guards the others */
    guint count;
    gpointer idle[MOST_IDLE];
} Pool;

static Pool compressing, decompressing; /* zeroed memory is an open lock */

static gpointer
borrow(Pool *pool)
{
    gpointer context = NULL;

    tw_lock(&pool->lock);
    if (pool->count > 0)
        context = pool->idle[--pool->count];
    tw_unlock(&pool->lock);
    return context;
}

/* FALSE: there are enough. */
static gboolean
give_back(Pool *pool, gpointer context)
{
    gboolean kept;

    tw_lock(&pool->lock);
    kept = pool->count < MOST_IDLE;
    if (kept)
        pool->idle[pool->count++] = context;
    tw_unlock(&pool->lock);
    return kept;
}

static ZSTD_CCtx *
borrow_compressor(void)
{
    ZSTD_CCtx *context = borrow(&compressing);

    if (context == NULL)
        context = ZSTD_createCCtx();
    if (context == NULL)
        g_error("zstd: out of memory");
    return context;
}

static ZSTD_DCtx *
borrow_decompressor(void)
{
    ZSTD_DCtx *context = borrow(&decompressing);

    if (context == NULL)
        context = ZSTD_createDCtx();
    if (context == NULL)
        g_error("zstd: out of memory");
    return context;
}

static void
dict_clear(gpointer memory)
{
    TwZstdDict *dict = memory;

    ZSTD_freeCDict(dict->to);
    ZSTD_freeDDict(dict->from);
}

TwZstdDict *
tw_zstd_dict_new(const void *data, gsize len, int level, GError **error)
{
    guint32 id = ZSTD_getDictID_fromDict(data, len);
    g_autoptr(TwZstdDict) dict = NULL;

    if (id != 0) {
        dict = g_atomic_rc_box_new0(TwZstdDict);
        dict->id = id;
        dict->to = ZSTD_createCDict(data, len, CLAMP(level, 1, 19));
        dict->from = ZSTD_createDDict(data, len);
    }
    if (dict == NULL || dict->to == NULL || dict->from == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "not a zstd dictionary");
        return NULL;
    }
    return g_steal_pointer(&dict);
}

TwZstdDict *
tw_zstd_dict_ref(TwZstdDict *dict)
{
    return g_atomic_rc_box_acquire(dict);
}

void
tw_zstd_dict_unref(TwZstdDict *dict)
{
    if (dict != NULL)
        g_atomic_rc_box_release_full(dict, dict_clear);
}

guint32
tw_zstd_dict_id(const TwZstdDict *dict)
{
    return dict->id;
}

static gboolean
too_big(GError **error, gsize most)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "zstd: more than %" G_GSIZE_FORMAT " bytes",
                most);
    return FALSE;
}

gboolean
tw_zstd_compress(
    TwBuffer *out, const void *data, gsize len, int level, const TwZstdDict *dict, GError **error)
{
    gsize room = ZSTD_compressBound(len), got;
    ZSTD_CCtx *context;

    if (ZSTD_isError(room))
        return too_big(error, ZSTD_MAX_INPUT_SIZE);
    /* near the limit, what fits is enough if the frame does */
    if (tw_buffer_failed(out))
        return too_big(error, out->limit);
    room = MIN(room, out->limit - out->len);
    if (room == 0 || !tw_buffer_reserve(out, room))
        return too_big(error, out->limit);
    context = borrow_compressor();
    if (dict != NULL)
        got = ZSTD_compress_usingCDict(context, out->data + out->len, room, data, len, dict->to);
    else
        got =
            ZSTD_compressCCtx(context, out->data + out->len, room, data, len, CLAMP(level, -7, 19));
    if (!give_back(&compressing, context))
        ZSTD_freeCCtx(context);
    if (ZSTD_isError(got))
        return too_big(error, out->limit);
    out->len += got;
    return TRUE;
}

gboolean
tw_zstd_decompress(
    TwBuffer *out, const void *data, gsize len, gsize most, const TwZstdDict *dict, GError **error)
{
    unsigned long long size = ZSTD_getFrameContentSize(data, len);
    guint8 none[1];
    ZSTD_DCtx *context;
    gsize got;

    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        ZSTD_findFrameCompressedSize(data, len) != len)
        goto corrupt;
    if (size > most)
        return too_big(error, most);
    if (size > 0 && !tw_buffer_reserve(out, (gsize) size))
        return too_big(error, out->limit);
    context = borrow_decompressor();
    if (dict != NULL)
        got = ZSTD_decompress_usingDDict(context, size > 0 ? out->data + out->len : none,
                                         (gsize) size, data, len, dict->from);
    else
        got = ZSTD_decompressDCtx(context, size > 0 ? out->data + out->len : none, (gsize) size,
                                  data, len);
    if (!give_back(&decompressing, context))
        ZSTD_freeDCtx(context);
    if (ZSTD_isError(got) || got != size)
        goto corrupt;
    out->len += got;
    return TRUE;

corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "not a zstd frame that says its size");
    return FALSE;
}
