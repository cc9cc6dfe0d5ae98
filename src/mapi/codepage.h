/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Windows code pages to UTF-8: the charset of PR_INTERNET_CPID, PR_MESSAGE_CODEPAGE and of the runs of an RTF.
 * The tables come with ICU: nothing is read from disk.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_CODEPAGE_WESTERN = 1252,
    TW_CODEPAGE_UTF8 = 65001
};

/**
 * tw_codepage_charset:
 * @codepage: a Windows code page number
 *
 * Returns: (transfer none) (nullable): its charset name as mail and HTML write it, a constant, or NULL for a number that is
 *   not in the table
 */
const char *tw_codepage_charset(guint codepage);

/* A converter from one code page. Not for two threads at once. */
typedef struct TwCodepageReader TwCodepageReader;

/**
 * tw_codepage_reader_new:
 * @codepage: a Windows code page number
 *
 * Returns: (transfer full) (nullable): a converter, or NULL for a code page that is not in the table
 */
TwCodepageReader *tw_codepage_reader_new(guint codepage);

/**
 * tw_codepage_reader_new_named:
 * @charset: a charset's name, for those that are no code page of Windows
 *
 * Returns: (transfer full) (nullable): a converter, or NULL for a name that ICU does not know
 */
TwCodepageReader *tw_codepage_reader_new_named(const char *charset);

/**
 * tw_codepage_reader_append:
 * @reader: a converter
 * @data: (array length=len): whole characters in its code page; what is cut short at the end counts as broken
 * @len: how many bytes
 * @out: gets them as UTF-8, U+FFFD for each broken one
 */
void tw_codepage_reader_append(TwCodepageReader *reader,
                               const guint8 *data,
                               gsize len,
                               TwBuffer *out);

/**
 * tw_codepage_reader_free:
 * @reader: (nullable) (transfer full): a converter
 */
void tw_codepage_reader_free(TwCodepageReader *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwCodepageReader, tw_codepage_reader_free)

G_END_DECLS
