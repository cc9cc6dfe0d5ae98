/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The charset that an HTML says it is in. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_HTML_CHARSET_WITHIN = 4096 /* bytes that are looked at */
};

/**
 * tw_html_charset:
 * @html: (array length=len): HTML in any charset that has ASCII in it
 * @len: how many bytes
 * @ret_charset: (out): where the name of the charset begins, borrowed from @html
 *
 * Finds what a <meta> tag says ("charset=", also within "content="), or the encoding of an XML declaration.
 *
 * Returns: bytes of the name; 0: nothing is said
 */
gsize tw_html_charset(const char *html, gsize len, const char **ret_charset);

G_END_DECLS
