/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A mail as an answer of several lines, piece by piece: a dot that begins a line is doubled, and a line with one dot ends it.
 * Pure. Source: RFC 1939, section 3; RFC 1939, section 7 (TOP).
 *
 * The bytes of the mail are sent as they are, bare CRs and LFs too, so that its size is the one that was told and signatures hold.
 * A dot behind a bare LF is doubled as well: many clients take such a LF for a line end, and a mail must not be able to end
 * its own answer and speak for the server.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

typedef struct {
    gboolean top;   /* only the header and some lines */
    guint32 lines;  /* that are still wanted of the body */
    gboolean body;  /* the header is over */
    gboolean done;  /* all that is wanted was put */
    guint line_len; /* of the line so far; 3: three or more */
    guint8 last;    /* byte that was put, 0 at the start */
    gboolean open;  /* what was put does not end with CR LF */
} TwPop3Text;

/**
 * tw_pop3_text_put:
 * @text: zero at the start, with top and lines as they are wanted
 * @data: (array length=len): the next bytes of the mail
 * @len: how many
 * @out: what is to be sent; at most twice @len
 *
 * Returns: FALSE: no more of the mail is wanted
 */
gboolean tw_pop3_text_put(TwPop3Text *text, const guint8 *data, gsize len, TwBuffer *out);

/**
 * tw_pop3_text_end:
 * @text: a mail that was put
 * @out: the end of the answer; at most 5 bytes
 *
 * Ends a last line that has no end.
 */
void tw_pop3_text_end(const TwPop3Text *text, TwBuffer *out);

G_END_DECLS
