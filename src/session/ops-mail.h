/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): raw mails. */
#pragma once

#define TW_OP_MAIL_LIST(X)                                                                         \
    X(MAIL_READ, mail_read, MailRead, READ, MESSAGE, READ, NOTHING, NO)                            \
    X(MAILS_READ, mails_read, MailsRead, READ, MESSAGES, READ, NOTHING, NO)                        \
    X(MAIL_SUMMARY, mail_summary, MailSummary, READ, MESSAGE, READ, NOTHING, NO)                   \
    X(MAIL_ROWS, mail_rows, MailRows, READ, MESSAGES, READ, NOTHING, NO)                           \
    X(MAIL_ANNOUNCE, mail_announce, MailAnnounce, WRITE, MESSAGE, EDIT, NOTHING, NO)               \
    X(MAIL_APPEND, mail_append, MailAppend, WRITE, FOLDER, CREATE, NOTHING, NO)                    \
    X(MAIL_DELIVER, mail_deliver, MailDeliver, WRITE, MANY, DELIVER, NOTHING, NO)                  \
    X(RECIPIENT_FIND, recipient_find, RecipientFind, READ, SERVER, DELIVER, NOTHING, NO)

#define TW_ARGS_MailRead(IN, OUT)                                                                  \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    IN(U64, offset, "first byte wanted")                                                           \
    IN(U32, most, "how many; at most 1 MiB")                                                       \
    OUT(BYTES, bytes, "the mail as it came; fewer than most: that was its end")
#define TW_ARGS_MailsRead(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which, ascending")                                                      \
    OUT(BYTES, bytes, "mails as they came, one behind the other, 1 MiB at most")                   \
    OUT(NUMBERS, lens,                                                                             \
        "of each, of the first messages for which there is room; 0: it has no mail, or too long "  \
        "a one")
#define TW_ARGS_MailSummary(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    OUT(BYTES, summary, "for tw_mail_summary_open()")
#define TW_ARGS_MailRows(IN, OUT)                                                                  \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which, ascending")                                                      \
    IN(FLAG, summaries, "with summaries")                                                          \
    OUT(MAIL_ROWS, rows, "those that are there, in that order")
#define TW_ARGS_MailAnnounce(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "a mail that arrived, after rules")
#define TW_ARGS_MailAppend(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "where")                                                                       \
    IN(APPENDS, mails, "all of them are kept, or none")                                            \
    OUT(APPENDED, made, "one for each, in their order; uids ascending")
#define TW_ARGS_MailDeliver(IN, OUT)                                                               \
    IN(BYTES, mail, "raw bytes")                                                                   \
    IN(CONVERTED, message, "what it is as a message; NULL: made of its header only")               \
    IN(TARGETS, targets, "to whom; each is told by itself")                                        \
    IN(FLAG, announce, "tell who waits for new mail; else whoever delivers does")                  \
    IN(I64, recv_us, "0: now")                                                                     \
    OUT(DELIVERED, results, "one for each target, in their order")
#define TW_ARGS_RecipientFind(IN, OUT)                                                             \
    IN(TEXT, address, "an e-mail address, an alias or a login name, in any case")                  \
    OUT(U32, user, "who has it; hidden ones too")                                                  \
    OUT(GUID, store, "the mailbox")
