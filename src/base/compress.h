/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * zstd, and the zlib family (deflate, zlib, gzip): whole values and streams. What comes out of a decompressor is
 * bounded twice: by size, and by its ratio to what went in, so that a bomb is refused while it is small.
 */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"

G_BEGIN_DECLS

typedef enum {
    TW_CODING_DEFLATE, /* RFC 1951, bare: IMAP COMPRESS */
    TW_CODING_ZLIB,    /* RFC 1950: what HTTP calls "deflate" */
    TW_CODING_GZIP,    /* RFC 1952, any number of members */
    TW_CODING_ZSTD,    /* RFC 8878, any number of frames */
} TwCoding;

enum {
    TW_ZSTD_MOST_WINDOW_LOG =
        23, /* RFC 8878 section 3.1.1.1.2: 8 MiB; a frame may ask for more memory than it fills */
    TW_COMPRESS_RATIO_FREE = 65536 /* bytes of output before the ratio is looked at */
};

/* A trained zstd dictionary, digested once, for any number of threads. */
typedef struct TwZstdDict TwZstdDict;

/**
 * tw_zstd_dict_new:
 * @data: (array length=len): a dictionary as "zstd --train" makes it
 * @len: how many bytes
 * @level: compression level it will be used at
 * @error: TW_ERROR_CORRUPT when it is not a dictionary
 *
 * Returns: (transfer full): a handle; it keeps a copy
 */
TwZstdDict *tw_zstd_dict_new(const void *data, gsize len, int level, GError **error);

/**
 * tw_zstd_dict_ref:
 * @dict: a handle
 *
 * Returns: (transfer full): the same
 */
TwZstdDict *tw_zstd_dict_ref(TwZstdDict *dict);

/**
 * tw_zstd_dict_unref:
 * @dict: (nullable): a handle
 */
void tw_zstd_dict_unref(TwZstdDict *dict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwZstdDict, tw_zstd_dict_unref)

/**
 * tw_zstd_dict_id:
 * @dict: a handle
 *
 * Returns: the number in the dictionary's head, which each frame made with it carries
 */
guint32 tw_zstd_dict_id(const TwZstdDict *dict);

/**
 * tw_zstd_compress:
 * @out: where the frame goes
 * @data: (array length=len): bytes
 * @len: how many
 * @level: from -7 over -1 (faster the lower) and 1 (fast) to 19; ignored with a dictionary, which has its own
 * @dict: (nullable): a dictionary
 * @error: TW_ERROR_TOO_BIG when @out is full
 *
 * Writes one frame that says its size. Some contexts for this are kept for all threads, as making one costs more than
 * compressing a record.
 *
 * Returns: FALSE, and @out as it was, on failure
 */
gboolean tw_zstd_compress(
    TwBuffer *out, const void *data, gsize len, int level, const TwZstdDict *dict, GError **error);

/**
 * tw_zstd_decompress:
 * @out: where the bytes go
 * @data: (array length=len): exactly one frame that says its size, as tw_zstd_compress() writes it
 * @len: how many bytes
 * @most: largest size to accept; a frame that claims more is TW_ERROR_TOO_BIG before anything is reserved
 * @dict: (nullable): the dictionary it was made with
 * @error: TW_ERROR_CORRUPT, or TW_ERROR_TOO_BIG
 *
 * Returns: FALSE, and @out as it was, on failure
 */
gboolean tw_zstd_decompress(
    TwBuffer *out, const void *data, gsize len, gsize most, const TwZstdDict *dict, GError **error);

typedef struct TwCompressor TwCompressor;

typedef enum {
    TW_FLUSH_NONE,   /* keep what helps to compress what comes */
    TW_FLUSH_SYNC,   /* the reader must get all so far */
    TW_FLUSH_FINISH, /* the stream ends here */
} TwFlush;

/**
 * tw_compressor_new:
 * @coding: what to write
 * @level: 1 (fast) to 9, to 19 for zstd
 *
 * Returns: (transfer full): a stream; for one thread at a time
 */
TwCompressor *tw_compressor_new(TwCoding coding, int level);

/**
 * tw_compressor_free:
 * @compressor: (nullable): a stream
 */
void tw_compressor_free(TwCompressor *compressor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwCompressor, tw_compressor_free)

/**
 * tw_compressor_put:
 * @compressor: a stream, not finished
 * @data: (array length=len): the next bytes
 * @len: how many
 * @flush: what must come out
 * @out: where the result goes
 * @error: TW_ERROR_TOO_BIG when @out is full, TW_ERROR_FAILED when the library refuses; the stream is of no
 *     more use after either
 *
 * Returns: FALSE on failure
 */
gboolean tw_compressor_put(TwCompressor *compressor,
                           const void *data,
                           gsize len,
                           TwFlush flush,
                           TwBuffer *out,
                           GError **error);

typedef struct TwDecompressor TwDecompressor;

typedef enum {
    TW_DECOMPRESS_BAD,  /* and stays so; the error says why */
    TW_DECOMPRESS_MORE, /* all input was read; a member or frame is open */
    TW_DECOMPRESS_FULL, /* as much came out as was asked for; call again, even with no input left */
    TW_DECOMPRESS_END,  /* all input was read; the stream may end here */
} TwDecompressed;

/**
 * tw_decompressor_new:
 * @coding: what to read
 * @most: most bytes that may come out in all
 * @most_ratio: most bytes that may come out for each that went in, past the first %TW_COMPRESS_RATIO_FREE
 *
 * Returns: (transfer full): a stream; for one thread at a time
 */
TwDecompressor *tw_decompressor_new(TwCoding coding, guint64 most, guint most_ratio);

/**
 * tw_decompressor_free:
 * @decompressor: (nullable): a stream
 */
void tw_decompressor_free(TwDecompressor *decompressor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDecompressor, tw_decompressor_free)

/**
 * tw_decompressor_put:
 * @decompressor: a stream
 * @in: the next bytes; what was read is taken off
 * @most_now: most bytes to write in this call, at least 1: the reader's patience
 * @out: where they go
 * @error: TW_ERROR_CORRUPT for bytes that break the format, or follow its end; TW_ERROR_TOO_BIG when the size,
 *     the ratio or @out is exceeded
 *
 * What comes out, and whether it fails, does not depend on how the input was cut; only the ratio is looked at
 * where the pieces end, and so is how much is out before a failure.
 *
 * Returns: how it went
 */
TwDecompressed tw_decompressor_put(
    TwDecompressor *decompressor, TwCursor *in, gsize most_now, TwBuffer *out, GError **error);

G_END_DECLS
