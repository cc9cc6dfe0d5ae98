/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * RTF bodies: what they were made from, and the way to HTML and plain text and back.
 *
 * An RTF that was made from HTML carries the original in it: {\*\htmltag ...} groups hold the markup, \htmlrtf ...
 * \htmlrtf0 encloses what is only for readers of RTF. One that was made from text carries the text. Taking the original out
 * again is de-encapsulation (MS-OXRTFEX); of any other RTF a simple HTML or text is made.
 *
 * All text here is UTF-8. RTF names its own code pages; HTML that comes out of it may still name another one in a <meta>
 * tag, so that PR_INTERNET_CPID has to say 65001.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_RTF_MAX_DEPTH = 512, /* groups in groups; each costs a saved state */
    TW_RTF_MAX_FONTS =
        4096, /* fonts of a font table that are remembered; more are taken for the default one */
    TW_RTF_MAX_COLORS = 1024 /* colours likewise */
};

typedef enum {
    TW_RTF_ORDINARY,
    TW_RTF_FROM_HTML,
    TW_RTF_FROM_TEXT
} TwRtfOrigin;

/**
 * tw_rtf_origin:
 * @rtf: (array length=len): RTF
 * @len: how many bytes
 *
 * Looks for \fromhtml1 and \fromtext among the first ten tokens, as MS-OXRTFEX 2.2.3.1 asks.
 *
 * Returns: what the RTF was made from
 */
TwRtfOrigin tw_rtf_origin(const guint8 *rtf, gsize len);

/**
 * tw_rtf_to_html:
 * @rtf: (array length=len): RTF
 * @len: how many bytes
 * @max_len: most bytes of HTML
 * @error: on failure TW_ERROR_CORRUPT for what does not begin as RTF, TW_ERROR_TOO_BIG past @max_len or
 *   %TW_RTF_MAX_DEPTH
 *
 * Gives back the HTML that the RTF was made from, or makes a simple one: paragraphs, characters' looks, links. An RTF that
 * breaks off is read as far as it goes.
 *
 * Returns: (transfer full): the HTML, UTF-8, or NULL
 */
GBytes *tw_rtf_to_html(const guint8 *rtf, gsize len, gsize max_len, GError **error);

/**
 * tw_rtf_to_text:
 * @rtf: (array length=len): RTF
 * @len: how many bytes
 * @max_len: most bytes of text
 * @error: on failure as tw_rtf_to_html()
 *
 * Gives the text of any RTF, with CR LF at the ends of paragraphs and lines; of one that was made from text, the text.
 *
 * Returns: (transfer full): the text, UTF-8, or NULL
 */
GBytes *tw_rtf_to_text(const guint8 *rtf, gsize len, gsize max_len, GError **error);

/**
 * tw_rtf_from_html:
 * @html: (array length=len): HTML, UTF-8
 * @len: how many bytes
 * @max_len: most bytes of RTF
 * @error: on failure TW_ERROR_INVALID for bytes that are not UTF-8, or TW_ERROR_TOO_BIG
 *
 * Wraps HTML in RTF. tw_rtf_to_html() gives back the same bytes; readers of RTF see the text with line and paragraph
 * breaks, bold, italic and underlined.
 *
 * Returns: (transfer full): the RTF, ASCII, or NULL
 */
GBytes *tw_rtf_from_html(const char *html, gsize len, gsize max_len, GError **error);

/**
 * tw_rtf_from_text:
 * @text: (array length=len): text, UTF-8
 * @len: how many bytes
 * @max_len: most bytes of RTF
 * @error: on failure TW_ERROR_INVALID for bytes that are not UTF-8, or TW_ERROR_TOO_BIG
 *
 * Wraps text in RTF. tw_rtf_to_text() gives back the same with every line end written CR LF.
 *
 * Returns: (transfer full): the RTF, ASCII, or NULL
 */
GBytes *tw_rtf_from_text(const char *text, gsize len, gsize max_len, GError **error);

G_END_DECLS
