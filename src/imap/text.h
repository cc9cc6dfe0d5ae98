/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Text of mails as UTF-8, for SEARCH, SORT and THREAD. Pure. Source: RFC 2047; RFC 5256, section 2.1. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_IMAP_HEADER_TEXT_MAX = 1 << 20, /* bytes of one field that are looked at */
    TW_IMAP_SUBJECT_MAX = 4096,        /* bytes of a subject whose base is worked out */
};

/**
 * tw_imap_text_of_header:
 * @value: (array length=len): value of a field, with folds
 * @len: how many bytes
 *
 * Returns: (transfer full): it as one line of UTF-8, encoded words decoded, what is not valid replaced
 */
char *tw_imap_text_of_header(const char *value, gsize len);

/**
 * tw_imap_text_of_body:
 * @data: (array length=len): a body, decoded
 * @len: how many bytes
 * @charset: (nullable): as the mail says
 *
 * Returns: (transfer full): it as UTF-8
 */
char *tw_imap_text_of_body(const char *data, gsize len, const char *charset);

/**
 * tw_imap_base_subject:
 * @subject: UTF-8
 * @ret_reply: (out) (optional): it was a reply or was forwarded
 *
 * Returns: (transfer full): what is left without "Re:", "Fwd:", "[list]", "(fwd)"; in upper case
 */
char *tw_imap_base_subject(const char *subject, gboolean *ret_reply);

/**
 * tw_imap_text_fold:
 * @text: in UTF-8
 *
 * Returns: (transfer full): the same in capitals, as i;unicode-casemap compares it
 */
char *tw_imap_text_fold(const char *text);

G_END_DECLS
