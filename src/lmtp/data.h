/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The text after DATA, piece by piece as it comes. Pure.
 * Source: RFC 5321, section 4.5.2. The end is CR LF "." CR LF and nothing that only looks like it: bare CRs and LFs are bytes
 * of the mail and end no line, else two servers could see two different mails.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    gboolean middle;  /* not at the start of a line */
    gboolean cr_last; /* the last byte was CR */
} TwLmtpData;

/**
 * tw_lmtp_data_take:
 * @data: state; zero at the start
 * @piece: (array length=len): a line with its LF, or, when it is too long for one piece, some of it; one LF at most, at its end
 * @len: how many bytes, at least 1
 * @ret_skip: (out): 1 when the first byte is a dot that is not part of the mail, else 0
 *
 * Returns: FALSE if this is the end, and not part of the mail
 */
gboolean tw_lmtp_data_take(TwLmtpData *data, const guint8 *piece, gsize len, gsize *ret_skip);

G_END_DECLS
