/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Connections: the one thing a door talks to.
 *
 * A protocol is a table of functions (#TwProtocol). A worker calls one of them when something it waits for is
 * there: a whole line, n bytes, a request head. The connection belongs to that worker until the function returns;
 * door code is plain and sequential, may take its time and may wait for the engine. It says what it wants to
 * have next (tw_conn_want_line() and so on; the last want stays until it is changed), writes its answer and returns.
 * Nothing else runs on this connection meanwhile, and there is nothing to lock.
 *
 * Input: the bytes of one want are lent to ready() and gone when it returns. Pipelined input stays and is served
 * in order. Output: small answers are collected and sent when the worker has nothing more to read. While a client does
 * not take its answer, no further input of it is looked at, so its memory stays within one answer. An answer that may
 * be large is written piece by piece by a producer (tw_conn_produce()).
 *
 * Functions of this header may be called only by the worker that owns the connection, inside a protocol function,
 * except tw_conn_ref(), tw_conn_unref(), tw_conn_wake(), tw_conn_get_id() and tw_conn_is_cancelled().
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "net/address.h"

G_BEGIN_DECLS

typedef struct TwConn TwConn;
typedef struct TwLoop TwLoop;

typedef enum {
    TW_TIMEOUT_IDLE,       /* nothing of the next want came within idle_ms */
    TW_TIMEOUT_SLOW_INPUT, /* a want was begun, and less than progress_bytes came within progress_ms */
    TW_TIMEOUT_SLOW_OUTPUT, /* the client took less than progress_bytes of an answer within progress_ms */
    TW_TIMEOUT_DEADLINE, /* tw_conn_set_deadline() has passed */
    TW_TIMEOUT_PARK,     /* the time given to tw_conn_park() is over */
} TwConnTimeout;

typedef enum {
    TW_CLOSE_DONE,    /* tw_conn_close(), all output handed to the system */
    TW_CLOSE_PEER,    /* the peer closed or reset it */
    TW_CLOSE_TIMEOUT, /* one of #TwConnTimeout */
    TW_CLOSE_ABORTED, /* tw_conn_abort(), or output passed its limit */
    TW_CLOSE_TLS,     /* TLS error after the connection was secured, or a failed STARTTLS */
    TW_CLOSE_STOPPED, /* the loop stops */
} TwCloseReason;

/* What a protocol does. All members but ready may be NULL; the comment says what happens then. */
typedef struct {
    const char *name; /* for logs and metrics: "imap" */

    /* First call. The peer is known, PROXY header and implicit TLS are done. Sets the data and the first want, writes
     * the greeting. NULL: the data is that of the listener. */
    void (*accepted)(TwConn *conn, gpointer listener_data);

    /* The want is there. input: the line with its line end, the n bytes, the head with its empty line; empty for
     * the skipping wants. Borrowed until the function returns. */
    void (*ready)(TwConn *conn, TwCursor input);

    /* A line or head is longer than its want allows; input is the part that came. What follows it is unread. Answer
     * and close, or set a skipping want. NULL: closed. Without a new want in here it is closed, too. */
    void (*too_long)(TwConn *conn, TwCursor input);

    /* The peer has sent its last byte; rest is what stood behind the last whole want. The peer may still read
     * the answer. The connection closes when the output is sent, unless it is parked. While parked: the peer closed
     * its side meanwhile, called once. NULL: closed. */
    void (*eof)(TwConn *conn, TwCursor rest);

    /* tw_conn_wake() was called since the last call, once or more often. NULL: ignored. */
    void (*woken)(TwConn *conn);

    /* A time limit has passed. After SLOW_OUTPUT nothing can be written any more. It is closed afterwards, unless
     * which is PARK or IDLE and a want was set in here. NULL: closed. */
    void (*timeout)(TwConn *conn, TwConnTimeout which);

    /* The handshake of tw_conn_start_tls() is done. Forget what the client said before. NULL: nothing. */
    void (*secured)(TwConn *conn);

    /* The server stops and no command runs here: say goodbye. It is closed afterwards. NULL: just closed. */
    void (*stopping)(TwConn *conn);

    /* Last call, if accepted was called: release the data. The connection can no longer be used; references to it
     * may live on. */
    void (*closed)(TwConn *conn, TwCloseReason reason);
} TwProtocol;

/* Time limits of a connection. Zero means the default named in each comment. */
typedef struct {
    guint idle_ms;     /* for the first byte of the next want; 60,000 */
    guint progress_ms; /* length of the window in which progress is measured; 30,000 */
    guint
        progress_bytes; /* least bytes in a window while a want or an answer is under way; 1,024 */
} TwConnTimeouts;

enum {
    TW_CONN_LINE_DEFAULT = 8192, /* want of a connection whose protocol sets none: a line so long */
    TW_CONN_WANT_MAX = 64 << 20, /* largest line, head or exact want, in bytes */
    TW_CONN_OUTPUT_DEFAULT =
        4 << 20, /* unsent output, in bytes; more aborts (see tw_conn_set_output_limit()) */
    TW_CONN_PIECE = 32 << 10, /* what a producer should write in one call, in bytes */
};

/**
 * tw_conn_ref:
 * @conn: a connection
 *
 * Any thread that holds a reference may take another. A reference keeps the object, not the connection: after
 * closed() it only answers questions.
 *
 * Returns: (transfer full): @conn
 */
TwConn *tw_conn_ref(TwConn *conn);

/**
 * tw_conn_unref:
 * @conn: (nullable): a connection
 *
 * Gives a reference back; from any thread.
 */
void tw_conn_unref(TwConn *conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwConn, tw_conn_unref)

/**
 * tw_conn_wake:
 * @conn: a connection, to which the caller holds a reference
 *
 * Has a worker call woken() soon: at once when the connection waits for input or is parked, after the running
 * function when it is busy, after the output is taken when the client reads slowly. Several calls may become one. A
 * closed connection is left alone. From any thread, never blocks.
 */
void tw_conn_wake(TwConn *conn);

/**
 * tw_conn_will_wait:
 * @conn: a connection, within one of its functions
 *
 * What this function does next waits for a disk or for another thread. Another worker takes over what else there is to do,
 * at once; without this that is left to the pool, which learns of it by the time that passes.
 */
void tw_conn_will_wait(TwConn *conn);

/**
 * tw_conn_get_id:
 * @conn: a connection
 *
 * Returns: a number that no other connection of this process has, for logs
 */
guint64 tw_conn_get_id(const TwConn *conn);

/**
 * tw_conn_is_cancelled:
 * @conn: a connection
 *
 * For long work: whether its result is of no use any more, because the grace time of a stop is over. From any thread.
 *
 * Returns: TRUE when the work should end early
 */
gboolean tw_conn_is_cancelled(const TwConn *conn);

/**
 * tw_conn_get_loop:
 * @conn: a connection
 *
 * Returns: (transfer none): its loop
 */
TwLoop *tw_conn_get_loop(const TwConn *conn);

/**
 * tw_conn_get_data:
 * @conn: a connection
 *
 * Returns: (transfer none): what tw_conn_set_data() was given
 */
gpointer tw_conn_get_data(const TwConn *conn);

/**
 * tw_conn_set_data:
 * @conn: a connection
 * @data: the door's own state of it; the door frees it in closed()
 */
void tw_conn_set_data(TwConn *conn, gpointer data);

/**
 * tw_conn_set_protocol:
 * @conn: a connection
 * @protocol: from now on; its accepted() is not called, the old one's closed() neither
 * @data: replaces the data
 *
 * Hands the connection to another protocol, for an upgrade. Takes effect with the next call; the want stays.
 */
void tw_conn_set_protocol(TwConn *conn, const TwProtocol *protocol, gpointer data);

/**
 * tw_conn_get_peer:
 * @conn: a connection
 *
 * Returns: (transfer none): the client's address; the one a trusted proxy named, if there was one
 */
const TwAddress *tw_conn_get_peer(const TwConn *conn);

/**
 * tw_conn_get_local:
 * @conn: a connection
 *
 * Returns: (transfer none): the address the client connected to, as its proxy saw it
 */
const TwAddress *tw_conn_get_local(const TwConn *conn);

/* Who is at the other end of a Unix socket, as the kernel says. */
typedef struct {
    guint32 pid; /* when it connected; may be gone or reused */
    guint32 uid, gid;
} TwPeerCredentials;

/**
 * tw_conn_get_peer_credentials:
 * @conn: a connection
 * @ret: (out): process, user and group of the peer
 * @error: on failure TW_ERROR_UNSUPPORTED: not a Unix socket
 *
 * Returns: FALSE, and @ret untouched, when the peer is not on this host
 */
gboolean tw_conn_get_peer_credentials(const TwConn *conn, TwPeerCredentials *ret, GError **error);

/**
 * tw_conn_want_line:
 * @conn: a connection
 * @max: longest line with its line end, in bytes; longer: too_long(). 1 to %TW_CONN_WANT_MAX
 *
 * ready() is called for each whole line; a line ends with LF, and whether CR stands before it is for the protocol to judge.
 */
void tw_conn_want_line(TwConn *conn, gsize max);

/**
 * tw_conn_want_head:
 * @conn: a connection
 * @max: longest head with its empty line, in bytes; longer: too_long(). 1 to %TW_CONN_WANT_MAX
 *
 * ready() is called with everything up to and including the first empty line after a non-empty one (LF or CRLF
 * ends a line; empty lines at the very start are part of it).
 */
void tw_conn_want_head(TwConn *conn, gsize max);

/**
 * tw_conn_want_bytes:
 * @conn: a connection
 * @n: how many, at most %TW_CONN_WANT_MAX; memory grows with what really comes
 *
 * ready() is called with exactly @n bytes. More than fits in memory is for tw_conn_want_some().
 */
void tw_conn_want_bytes(TwConn *conn, gsize n);

/**
 * tw_conn_want_some:
 * @conn: a connection
 * @max: at least 1
 *
 * ready() is called with what is there, at least one byte, at most @max, and not more than some 64 KiB at once. For
 * the chunks of a large literal or body.
 */
void tw_conn_want_some(TwConn *conn, guint64 max);

/**
 * tw_conn_want_skip:
 * @conn: a connection
 * @n: how many
 *
 * Throws the next @n bytes away as they come, and calls ready() with empty input: for a literal that was
 * refused and comes all the same, so that its bytes are never taken for commands.
 */
void tw_conn_want_skip(TwConn *conn, guint64 n);

/**
 * tw_conn_want_skip_line:
 * @conn: a connection
 *
 * Throws everything up to and including the next LF away, and calls ready() with empty input.
 */
void tw_conn_want_skip_line(TwConn *conn);

/**
 * tw_conn_allow_idle:
 * @conn: a connection
 *
 * Until the next want is set, the first byte of each want may take idle_ms. That is so anyway for lines and heads;
 * the other wants are measured from the start, as parts of something under way. For protocols of frames.
 */
void tw_conn_allow_idle(TwConn *conn);

/**
 * tw_conn_park:
 * @conn: a connection
 * @max_ms: longest time; timeout() with %TW_TIMEOUT_PARK is called after it. 0: no limit of its own
 *
 * Wants nothing: input stays unread until another want is set. For long polls and event streams: woken(), timeout()
 * or eof() continue.
 */
void tw_conn_park(TwConn *conn, guint max_ms);

/**
 * tw_conn_write:
 * @conn: a connection
 * @data: (array length=n): bytes to send, copied
 * @n: how many
 *
 * Never blocks. Bytes are sent in order, latest when the protocol function has returned.
 *
 * Returns: FALSE when nothing more can be sent (the peer is gone, or the output limit is passed); a door may ignore it
 */
gboolean tw_conn_write(TwConn *conn, gconstpointer data, gsize n);

/**
 * tw_conn_begin_output:
 * @conn: a connection
 * @room: bytes that will be written at most
 * @ret: (out): a buffer to write into, of exactly that limit; not to be cleared, and gone with tw_conn_end_output()
 *
 * To compose an answer where it will be sent from, without a copy. No other call about @conn until
 * tw_conn_end_output().
 *
 * Returns: FALSE, and nothing to be ended, in the cases of tw_conn_write()
 */
gboolean tw_conn_begin_output(TwConn *conn, gsize room, TwBuffer *ret);

/**
 * tw_conn_end_output:
 * @conn: a connection
 * @buf: from tw_conn_begin_output(); one that failed ends the connection, for half an answer must not go out
 *
 * Sends what was written to @buf, as tw_conn_write().
 *
 * Returns: as tw_conn_write()
 */
gboolean tw_conn_end_output(TwConn *conn, const TwBuffer *buf);

/**
 * tw_conn_write_str:
 * @conn: a connection
 * @text: NUL-terminated text
 *
 * As tw_conn_write().
 *
 * Returns: as tw_conn_write()
 */
gboolean tw_conn_write_str(TwConn *conn, const char *text);

/**
 * tw_conn_printf:
 * @conn: a connection
 * @format: a printf format
 * @...: its values; whoever puts text from outside here has escaped it
 *
 * As tw_conn_write().
 *
 * Returns: as tw_conn_write()
 */
gboolean tw_conn_printf(TwConn *conn, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * tw_conn_flush:
 * @conn: a connection
 *
 * Sends what can be sent without waiting, for a function that says something and then works on.
 *
 * Returns: FALSE when nothing more can be sent
 */
gboolean tw_conn_flush(TwConn *conn);

/**
 * tw_conn_get_unsent:
 * @conn: a connection
 *
 * Returns: bytes written and not yet handed to the system
 */
gsize tw_conn_get_unsent(const TwConn *conn);

/**
 * tw_conn_set_output_limit:
 * @conn: a connection
 * @max: most bytes of unsent output, instead of %TW_CONN_OUTPUT_DEFAULT
 *
 * What a single function may write without a producer to a client that reads nothing. Passing it aborts the connection.
 */
void tw_conn_set_output_limit(TwConn *conn, gsize max);

/**
 * TwProduceFunc:
 * @conn: the connection
 * @data: what tw_conn_produce() was given
 *
 * Writes the next piece, about %TW_CONN_PIECE bytes. Called again when that piece is taken.
 *
 * Returns: TRUE while there is more
 */
typedef gboolean (*TwProduceFunc)(TwConn *conn, gpointer data);

/**
 * tw_conn_produce:
 * @conn: a connection without a producer
 * @func: writes a piece at each call
 * @data: for @func
 * @destroy: (nullable): frees @data, when @func has returned FALSE or the connection ends
 *
 * Has a long answer pulled at the speed of the client. @func is first called when the calling function has returned
 * and what it wrote is sent. No input is served until @func returns FALSE; @func may set the want that follows, or
 * close the connection (it is not called again then). While the client does not read, no worker is held.
 */
void tw_conn_produce(TwConn *conn, TwProduceFunc func, gpointer data, GDestroyNotify destroy);

/**
 * tw_conn_is_producing:
 * @conn: a connection
 *
 * Returns: TRUE from tw_conn_produce() until its function has returned FALSE
 */
gboolean tw_conn_is_producing(const TwConn *conn);

/**
 * tw_conn_set_timeouts:
 * @conn: a connection
 * @timeouts: from now on
 */
void tw_conn_set_timeouts(TwConn *conn, const TwConnTimeouts *timeouts);

/**
 * tw_conn_set_deadline:
 * @conn: a connection
 * @ms: from now; 0 takes it off
 *
 * A limit that no activity of the client moves: for the time before login, or for one whole command. A function
 * that runs is not interrupted.
 */
void tw_conn_set_deadline(TwConn *conn, guint ms);

/**
 * tw_conn_close:
 * @conn: a connection
 *
 * Closes when the output, that of a producer included, is sent: ends the sending direction, waits a moment for the
 * peer to do the same (so that an answer is not lost to a reset), and calls closed(). No further input is served.
 */
void tw_conn_close(TwConn *conn);

/**
 * tw_conn_abort:
 * @conn: a connection
 *
 * Closes without sending what is unsent.
 */
void tw_conn_abort(TwConn *conn);

/**
 * tw_conn_is_tls:
 * @conn: a connection
 *
 * Returns: TRUE when the bytes on the wire are encrypted
 */
gboolean tw_conn_is_tls(const TwConn *conn);

/**
 * tw_conn_start_deflate:
 * @conn: a connection that is not compressed, in ready(), with its answer written
 * @ret_behind: (out): bytes that came behind the command, before the client could know that it may go on; they are taken as
 *   they are. A client that does that has lost the order: the door should close
 *
 * From now on all bytes are compressed both ways (RFC 4978), but what was written before. Takes some 150 KiB.
 *
 * Returns: FALSE: nothing changed
 */
gboolean tw_conn_start_deflate(TwConn *conn, gsize *ret_behind);

/**
 * tw_conn_is_deflated:
 * @conn: a connection
 *
 * Returns: TRUE when the bytes on the wire are compressed
 */
gboolean tw_conn_is_deflated(const TwConn *conn);

/**
 * tw_conn_add:
 * @loop: a loop, started or not
 * @fd: (transfer full): a connected stream socket; closed with the connection, and also on failure
 * @protocol: what is spoken on it; must live as long as the loop
 * @listener_data: for accepted()
 * @error: on failure TW_ERROR_BUSY (a limit of the loop) or TW_ERROR_FAILED
 *
 * Takes a socket that came from elsewhere (a pair, another process) as if it had been accepted. From any thread;
 * accepted() is called by a worker.
 *
 * Returns: FALSE when it was not taken
 */
gboolean tw_conn_add(
    TwLoop *loop, int fd, const TwProtocol *protocol, gpointer listener_data, GError **error);

G_END_DECLS
