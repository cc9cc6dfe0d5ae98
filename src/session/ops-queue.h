/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of the table of operations (ops.h): the queue of outgoing mail, and locks of messages.
 *
 * Who sends: lists what is due (QUEUE_LIST_ALL), takes a message (QUEUE_TAKE, which locks it for the session), sends it, and
 * finishes it or puts it back (QUEUE_FINISH, QUEUE_RETRY, which give the lock back). A lock ends with its session. A watch
 * with %TW_NOTIFY_QUEUE says when there is something new.
 */
#pragma once

#define TW_OP_QUEUE_LIST(X)                                                                        \
    X(QUEUE_SUBMIT, queue_submit, QueueSubmit, WRITE, MESSAGE, STORE_OWNER, NOTHING, NO)           \
    X(QUEUE_ABORT, queue_abort, QueueAbort, WRITE, MESSAGE, STORE_OWNER, NOTHING, NO)              \
    X(QUEUE_TAKE, queue_take, QueueTake, WRITE, MESSAGE, STORE_OWNER, NOTHING, NO)                 \
    X(QUEUE_RETRY, queue_retry, QueueRetry, WRITE, MESSAGE, STORE_OWNER, NOTHING, NO)              \
    X(QUEUE_FINISH, queue_finish, QueueFinish, WRITE, MESSAGE, STORE_OWNER, NOTHING, NO)           \
    X(QUEUE_LIST, queue_list, QueueList, READ, STORE, STORE_OWNER, NOTHING, NO)                    \
    X(QUEUE_LIST_ALL, queue_list_all, QueueListAll, READ, SERVER, SYSTEM, NOTHING, NO)             \
    X(MESSAGE_LOCK, message_lock, MessageLock, WRITE, MESSAGE, STORE_OWNER, NOTHING, NO)

#define TW_ARGS_QueueSubmit(IN, OUT)                                                               \
    IN(GUID, store, "of a user; UNSUPPORTED: another kind")                                        \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    IN(U32, flags, "TwQueueFlags")                                                                 \
    IN(I64, due_us, "not before; 0: what the message says, or now")
#define TW_ARGS_QueueAbort(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; NOT_QUEUED; SUBMITTED: it is being sent")
#define TW_ARGS_QueueTake(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; NOT_QUEUED; SUBMITTED: another session has its lock")                 \
    OUT(QUEUE_ROW, row, "its entry of the server's queue, as it is now")
#define TW_ARGS_QueueRetry(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; NOT_QUEUED")                                                          \
    IN(I64, due_us, "when to try again; 0: at once")
#define TW_ARGS_QueueFinish(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; also one that is gone")                                               \
    IN(U32, flags, "TwQueueFlags: which queue, and which marks go")                                \
    IN(U32, to, "a folder of the store to move it to; 0: it stays")                                \
    IN(FLAG, remove, "delete it for good")                                                         \
    IN(FLAG, keep_lock, "the session goes on with it")                                             \
    OUT(U32, now, "its number now; 0: it is gone")
#define TW_ARGS_QueueList(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    OUT(QUEUE, rows, "entries of both queues, by number")
#define TW_ARGS_QueueListAll(IN, OUT)                                                              \
    IN(I64, due_us, "entries due at this time or before; 0: all")                                  \
    IN(U32, most, "most entries; 0: 1,000")                                                        \
    OUT(QUEUE, rows, "of the server's queue, in the order of due times")                           \
    OUT(U32, total, "how many there are in all")                                                   \
    OUT(I64, oldest_us, "when the one that waits longest was submitted; 0: there is none")
#define TW_ARGS_MessageLock(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; SUBMITTED: another session has its lock")                             \
    IN(FLAG, unlock, "give the lock back; else take it, once however often")
