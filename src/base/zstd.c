/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole values in zstd, with or without a dictionary (declared in base/compress.h). */
#include <zstd.h>

#include "base/compress.h"
#include "base/error.h"

struct TwZstdDict {
    ZSTD_CDict *to;
    ZSTD_DDict *from;
    guint32 id;
};

static void
free_compress_context(gpointer context)
{
    ZSTD_freeCCtx(context);
}

static void
free_decompress_context(gpointer context)
{
    ZSTD_freeDCtx(context);
}

/* One of each a thread. */
static GPrivate compress_contexts = G_PRIVATE_INIT(free_compress_context);
static GPrivate decompress_contexts = G_PRIVATE_INIT(free_decompress_context);

static ZSTD_CCtx *
compress_context(void)
{
    ZSTD_CCtx *context = g_private_get(&compress_contexts);

    if (context == NULL) {
        context = ZSTD_createCCtx();
        if (context == NULL)
            g_error("zstd: out of memory");
        g_private_set(&compress_contexts, context);
    }
    return context;
}

static ZSTD_DCtx *
decompress_context(void)
{
    ZSTD_DCtx *context = g_private_get(&decompress_contexts);

    if (context == NULL) {
        context = ZSTD_createDCtx();
        if (context == NULL)
            g_error("zstd: out of memory");
        g_private_set(&decompress_contexts, context);
    }
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

    if (ZSTD_isError(room))
        return too_big(error, ZSTD_MAX_INPUT_SIZE);
    /* near the limit, what fits is enough if the frame does */
    if (tw_buffer_failed(out))
        return too_big(error, out->limit);
    room = MIN(room, out->limit - out->len);
    if (room == 0 || !tw_buffer_reserve(out, room))
        return too_big(error, out->limit);
    if (dict != NULL)
        got = ZSTD_compress_usingCDict(compress_context(), out->data + out->len, room, data, len,
                                       dict->to);
    else
        got = ZSTD_compressCCtx(compress_context(), out->data + out->len, room, data, len,
                                CLAMP(level, 1, 19));
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
    gsize got;

    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        ZSTD_findFrameCompressedSize(data, len) != len)
        goto corrupt;
    if (size > most)
        return too_big(error, most);
    if (size > 0 && !tw_buffer_reserve(out, (gsize) size))
        return too_big(error, out->limit);
    if (dict != NULL)
        got =
            ZSTD_decompress_usingDDict(decompress_context(), size > 0 ? out->data + out->len : none,
                                       (gsize) size, data, len, dict->from);
    else
        got = ZSTD_decompressDCtx(decompress_context(), size > 0 ? out->data + out->len : none,
                                  (gsize) size, data, len);
    if (ZSTD_isError(got) || got != size)
        goto corrupt;
    out->len += got;
    return TRUE;

corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "not a zstd frame that says its size");
    return FALSE;
}
