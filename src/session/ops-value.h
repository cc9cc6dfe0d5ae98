/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of the table of operations (ops.h): large values on their way in. A value is written in pieces, is kept by the session
 * under a number of its own, and is put into a message when that is saved: the field "values" of MESSAGE_CREATE and
 * MESSAGE_SAVE. So no memory holds all of it, and a client that names numbers can name its own values only.
 */
#pragma once

#define TW_OP_VALUE_LIST(X)                                                                        \
    X(VALUE_BEGIN, value_begin, ValueBegin, READ, STORE, SEEN, NOTHING, NO)                        \
    X(VALUE_WRITE, value_write, ValueWrite, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(VALUE_FINISH, value_finish, ValueFinish, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(VALUE_DROP, value_drop, ValueDrop, READ, SERVER, NOTHING, NOTHING, NO)

#define TW_ARGS_ValueBegin(IN, OUT)                                                                \
    IN(GUID, store, "where it will be used")                                                       \
    OUT(U32, value, "a number of the session's; TOO_BIG: it has too many")
#define TW_ARGS_ValueWrite(IN, OUT)                                                                \
    IN(U32, value, "which; a failure ends it")                                                     \
    IN(BYTES, bytes, "the next ones, at most 1 MiB")
#define TW_ARGS_ValueFinish(IN, OUT)                                                               \
    IN(U32, value, "which")                                                                        \
    OUT(U64, len, "of the whole value")
#define TW_ARGS_ValueDrop(IN, OUT) IN(U32, value, "which; those that were saved are gone already")
