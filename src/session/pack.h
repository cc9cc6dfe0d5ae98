/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Operations as bytes: what a provider on another host sends and is sent. Made from the table of operations, so that one
 * that is added there can be called from afar at once.
 *
 * Fields stand in the order of their row, without names; tw_op_shape() is a number of that row, and two sides whose numbers
 * differ do not understand each other's bytes and must not try.
 */
#pragma once

#include "base/buffer.h"
#include "session/session.h"

G_BEGIN_DECLS

enum {
    TW_PACK_VERSION = 3, /* goes up when the form of a kind changes */
    TW_PACK_MOST =
        96 << 20, /* bytes of one request or answer: a mail of 64 MiB with all around it */
};

/**
 * tw_op_shape:
 * @op: an operation
 *
 * Returns: a number made of its name, the names and kinds of its fields, and %TW_PACK_VERSION
 */
guint32 tw_op_shape(TwOp op);

/**
 * tw_op_find:
 * @name: of an operation, "FOLDER_LIST"
 * @ret: (out): the operation
 *
 * Returns: FALSE: there is none of that name
 */
gboolean tw_op_find(const char *name, TwOp *ret);

/**
 * tw_op_pack_request:
 * @op: an operation
 * @args: its argument struct
 * @out: (inout): takes what goes in
 * @error: TW_ERROR_TOO_BIG: it is larger than the buffer allows, or an object in it cannot be written down
 *
 * Large values of objects in hand are written as lengths: they are not sent.
 *
 * Returns: FALSE on failure
 */
gboolean tw_op_pack_request(TwOp op, gconstpointer args, TwBuffer *out, GError **error);

/**
 * tw_op_pack_answer:
 * @op: an operation
 * @args: its argument struct, after the call
 * @out: (inout): takes what came out
 * @error: as tw_op_pack_request()
 *
 * Returns: FALSE on failure
 */
gboolean tw_op_pack_answer(TwOp op, gconstpointer args, TwBuffer *out, GError **error);

/**
 * tw_op_unpack_answer:
 * @op: an operation
 * @data: (array length=len): what came out, as bytes
 * @len: how many
 * @args: its argument struct, where nothing came out yet
 * @error: TW_ERROR_CORRUPT; TOO_COMPLEX, TOO_BIG: of what is in it
 *
 * Returns: FALSE on failure; what was read before is there then, for tw_op_clear()
 */
gboolean tw_op_unpack_answer(TwOp op, const guint8 *data, gsize len, gpointer args, GError **error);

/* A call that came from elsewhere. */
typedef struct TwOpRequest TwOpRequest;

/**
 * tw_op_unpack_request:
 * @op: an operation
 * @data: (array length=len): what goes in, as bytes; borrowed for as long as the request
 * @len: how many
 * @error: TW_ERROR_CORRUPT; INVALID: a text or value that cannot be; TOO_COMPLEX, TOO_BIG: of what is in it
 *
 * Returns: (transfer full): the request, or NULL
 */
TwOpRequest *tw_op_unpack_request(TwOp op, const guint8 *data, gsize len, GError **error);

/**
 * tw_op_request_args:
 * @request: a request
 *
 * Returns: (transfer none): its argument struct; what comes out is freed with the request
 */
gpointer tw_op_request_args(TwOpRequest *request);

/**
 * tw_op_request_free:
 * @request: (nullable) (transfer full): a request
 */
void tw_op_request_free(TwOpRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwOpRequest, tw_op_request_free)

/**
 * tw_watch_wish_pack:
 * @wish: what to be told of
 * @out: (inout): takes it
 */
void tw_watch_wish_pack(const TwWatchWish *wish, TwBuffer *out);

/**
 * tw_watch_wish_unpack:
 * @data: (array length=len): a wish as bytes
 * @len: how many
 * @ret: (out): the wish
 * @error: TW_ERROR_CORRUPT
 *
 * Returns: FALSE on failure
 */
gboolean tw_watch_wish_unpack(const guint8 *data, gsize len, TwWatchWish *ret, GError **error);

/**
 * tw_notify_events_pack:
 * @events: (element-type TwNotifyEvent): events
 * @out: (inout): takes them
 */
void tw_notify_events_pack(const GArray *events, TwBuffer *out);

/**
 * tw_notify_events_unpack:
 * @data: (array length=len): events as bytes
 * @len: how many bytes
 * @ret: (out) (transfer full) (element-type TwNotifyEvent): the events
 * @error: TW_ERROR_CORRUPT
 *
 * Returns: FALSE on failure
 */
gboolean tw_notify_events_unpack(const guint8 *data, gsize len, GArray **ret, GError **error);

/**
 * tw_session_info_pack:
 * @info: who a session is
 * @out: (inout): takes it, but for the session's secret and what only its door knows
 */
void tw_session_info_pack(const TwSessionInfo *info, TwBuffer *out);

/**
 * tw_session_info_unpack:
 * @data: (array length=len): who a session is, as bytes
 * @len: how many
 * @ret: (out): who it is; the caller frees name, full_name and mail
 * @error: TW_ERROR_CORRUPT
 *
 * Returns: FALSE on failure
 */
gboolean tw_session_info_unpack(const guint8 *data, gsize len, TwSessionInfo *ret, GError **error);

G_END_DECLS
