/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A connection whose bytes are compressed both ways (RFC 4978): between its buffers and TLS or the socket. */
#pragma once

#include "net/conn-private.h"

G_BEGIN_DECLS

/*
 * Invariants:
 *   1. What was compressed and is not sent yet stands in out; the same bytes in the clear are offered again until it is gone,
 *      and count as sent only then. So unsent output is always seen in the connection's own buffer.
 *   2. What came and is not expanded yet stands in in.
 */
TwDeflate *tw_deflate_new(gsize plain_left);
void tw_deflate_free(TwDeflate *self);
/* As tw_conn_read() and tw_conn_send(). */
gssize tw_deflate_read(TwDeflate *self, TwConn *conn, guint8 *data, gsize n);
gssize tw_deflate_send(TwDeflate *self, TwConn *conn, const guint8 *data, gsize n);

/* conn-io.c: what is below. */
gssize tw_conn_read_raw(TwConn *conn, guint8 *data, gsize n);
gssize tw_conn_send_raw(TwConn *conn, const guint8 *data, gsize n);

G_END_DECLS
