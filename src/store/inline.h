/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Values that lie in the partition itself rather than in the blob volume: where a flush of the disk costs something, a small
 * mail is durable after one of them, that of the partition's log. Private to store/.
 *
 * What lies there: properties, in the tail record (its limit is raised); the skeleton of a mail, in a row of the table mail
 * (before schema 8 in the column tail.mail, where it is still read); texts of the message that are a part of that mail just as they
 * are, nowhere else: tail.mail lists them. All forms are read at any time, whatever the limit is: it says only what is written.
 *
 * A skeleton in its row, version 1; numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       1     version: 1                                                                          1
 *   1       1     coding: 0 plain, 2 zstd with a dictionary                                           1
 *   2       2     zero                                                                                1
 *   4       4     CRC32C of bytes 0 to 3 and of all from byte 8 to the end                            1
 *   8       4     coding 2: id of the dictionary (dictionary.h); else 0                               1
 *   12            the skeleton, coded                                                                 1
 *
 * tail.mail, version 2: there is a row of mail, and so much of the object is in it:
 *
 *   offset  size  meaning
 *   0       1     version: 2
 *   1       1     n, how many texts
 *   2       2     zero
 *   4       4     CRC32C of bytes 0 to 3 and of all from byte 8 to the end
 *   8       12 n  each: tag, offset in the mail, length, 4 bytes each
 */
#pragma once

#include "mapi/object.h"
#include "store/engine.h"

G_BEGIN_DECLS

enum {
    TW_INLINE_HEADER_LEN = 12,
    /* Bytes of a skeleton that a row may say it has: the largest limit, and what a skeleton adds to a mail. */
    TW_INLINE_MAX_LEN = TW_INLINE_MOST + 1024,
    TW_INLINE_FLUSHES = 7,   /* flushes that are measured; the median counts */
    TW_INLINE_FLUSH_US = 50, /* a flush that takes longer costs more than a row */
    TW_INLINE_PROPERTIES =
        4,               /* all properties of an object in its record: this many times the limit */
    TW_INLINE_TEXTS = 2, /* texts of an object that lie in its mail: plain, HTML */
    TW_INLINE_LEAST_TEXT = 64, /* bytes; less is not worth a look at the mail */
};

/* A property of an object, byte for byte in its mail. */
typedef struct {
    guint32 tag, offset, len;
} TwInlineText;

/**
 * tw_inline_pack:
 * @skeleton: at most %TW_INLINE_MAX_LEN bytes
 *
 * Returns: (transfer full): as it goes into its row
 */
GBytes *tw_inline_pack(GBytes *skeleton);

/**
 * tw_inline_open:
 * @row: what is in the row
 * @error: TW_ERROR_CORRUPT: damaged, or made with a dictionary that is not there; TW_ERROR_UNSUPPORTED: a newer version;
 *   TW_ERROR_TOO_BIG: over %TW_INLINE_MAX_LEN
 *
 * Returns: (transfer full): the skeleton, or NULL
 */
GBytes *tw_inline_open(GBytes *row, GError **error);

/**
 * tw_inline_texts_pack:
 * @texts: (array length=count) (nullable): what lies in the mail
 * @count: at most %TW_INLINE_TEXTS
 *
 * Returns: (transfer full): what tail.mail says
 */
GBytes *tw_inline_texts_pack(const TwInlineText *texts, guint count);

/**
 * tw_inline_is_texts:
 * @bytes: (array length=len): what is in tail.mail
 * @len: how many
 *
 * Returns: FALSE for the skeleton itself, of a schema before 8
 */
gboolean tw_inline_is_texts(const guint8 *bytes, gsize len);

/**
 * tw_inline_texts_give:
 * @list: what tail.mail says
 * @row: (nullable): the row of mail
 * @object: (inout): the object of the record; gets its texts
 * @error: TW_ERROR_CORRUPT: the list, the row or a text in it is damaged or not there
 *
 * Returns: FALSE on failure; @object may have some of them then
 */
gboolean tw_inline_texts_give(GBytes *list, GBytes *row, TwObject *object, GError **error);

/* A clock that goes on while the disk works; microseconds. */
typedef gint64 (*TwInlineClock)(gpointer data);

/**
 * tw_inline_measure:
 * @fs: the files
 * @folder: the data folder
 * @clock: the time
 * @data: for @clock
 * @ret_us: (out): the median of %TW_INLINE_FLUSHES flushes
 * @error: what the file system says
 *
 * Writes the same four kilobytes of a file over and over, which it takes away again, and flushes them each time.
 *
 * Returns: FALSE on failure
 */
gboolean tw_inline_measure(TwFileSystem *fs,
                           const char *folder,
                           TwInlineClock clock,
                           gpointer data,
                           gint64 *ret_us,
                           GError **error);

/**
 * tw_inline_limit:
 * @config: an engine's configuration; its folder is there
 * @clock: (nullable): the time; NULL: the system's
 * @data: for @clock
 *
 * Measures where the configuration leaves the choice, and logs what was chosen ("values-inline"). A disk that cannot be
 * measured counts as fast.
 *
 * Returns: bytes up to which values lie in the partition; 0: none
 */
gsize tw_inline_limit(const TwEngineConfig *config, TwInlineClock clock, gpointer data);

G_END_DECLS
