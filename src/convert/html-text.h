/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * HTML bodies as plain text, and plain text as HTML. All text is UTF-8; who has HTML of another charset converts it first.
 *
 * HTML is read as mail has it: any bytes have an answer, in linear time and without recursion.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_HTML_MAX_LISTS = 32,      /* lists in lists that are numbered on their own */
    TW_HTML_MAX_ATTRIBUTE = 4096 /* bytes of a link's address that are shown */
};

/**
 * tw_html_to_text:
 * @html: (array length=len): HTML, UTF-8; ill-formed bytes become U+FFFD, zeros are passed over
 * @len: how many bytes
 * @max_len: most bytes of text
 * @error: on failure TW_ERROR_TOO_BIG past @max_len
 *
 * What a reader would see: paragraphs, line breaks, lists, rows of tables, quotes with "> ", preformatted text as it stands;
 * after the words of a link its address in angle brackets unless they say the same; the alternative text of an image in brackets.
 * Scripts, styles, comments and the title are left out.
 *
 * Returns: (transfer full): the text with CR LF at the ends of lines, without blank lines at either end, or NULL
 */
GBytes *tw_html_to_text(const char *html, gsize len, gsize max_len, GError **error);

/**
 * tw_html_from_text:
 * @text: (array length=len): text, UTF-8; ill-formed bytes become U+FFFD
 * @len: how many bytes
 * @max_len: most bytes of HTML
 * @error: on failure TW_ERROR_TOO_BIG past @max_len
 *
 * A page that shows the text: characters escaped, lines as they stand, runs of blanks kept, web and mail addresses as links.
 *
 * Returns: (transfer full): the HTML, UTF-8, or NULL
 */
GBytes *tw_html_from_text(const char *text, gsize len, gsize max_len, GError **error);

G_END_DECLS
