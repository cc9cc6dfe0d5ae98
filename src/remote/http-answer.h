/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The head of an HTTP answer, line by line. Reads bytes and keeps what decides how the body is framed; no sockets. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_REMOTE_LINE_MOST = 16384, /* bytes of one line of a head */
    TW_REMOTE_FIELDS_MOST = 200, /* fields of a head: without it a server sends them for ever */
};

typedef enum {
    TW_REMOTE_BODY_NONE,
    TW_REMOTE_BODY_LENGTH,
    TW_REMOTE_BODY_CHUNKED,
    TW_REMOTE_BODY_UNTIL_CLOSE,
} TwRemoteBody;

/* All zero is a head of which nothing was read. */
typedef struct {
    guint status; /* 0: the status line was not read */
    guint minor;  /* of the version 1.x */
    guint fields;
    gboolean close, keep, has_length, chunked;
    guint64 len;
    TwRemoteBody body; /* how the body is framed, once the head is whole */
} TwRemoteAnswer;

/**
 * tw_remote_answer_line:
 * @answer: a head under way
 * @line: (array length=len): the next line, without its CR LF
 * @len: how many bytes
 * @ret_done: (out): it was the empty line behind the head
 * @error: TW_ERROR_CORRUPT: no head of HTTP/1.x; TOO_BIG: %TW_REMOTE_FIELDS_MOST
 *
 * Source: RFC 9112, 4 and 6.3. A body whose length is said in two ways is refused.
 *
 * Returns: FALSE on failure
 */
gboolean tw_remote_answer_line(
    TwRemoteAnswer *answer, const guint8 *line, gsize len, gboolean *ret_done, GError **error);

/**
 * tw_remote_answer_keeps:
 * @answer: a head that is whole
 *
 * Returns: whether the connection stays open behind the body
 */
gboolean tw_remote_answer_keeps(const TwRemoteAnswer *answer);

G_END_DECLS
