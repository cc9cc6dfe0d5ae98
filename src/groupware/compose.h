/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages that are made of others: forwarded, redirected, answers, notices. Pure: a message in, a new one out, unsent and
 * ready to be submitted; it deletes itself when it is sent (spec/mailbox-layout.md 13.4, 31).
 */
#pragma once

#include "mapi/object.h"
#include "mapi/props.h"

G_BEGIN_DECLS

/* Header fields of internet mail that a message carries as named properties of the set PS_INTERNET_HEADERS. Each row:
 * constant, name of the field. */
#define TW_COMPOSE_HEADER_LIST(X)                                                                  \
    X(RULE, "x-twiga-rule-action")                                                                 \
    X(LOOP, "x-twiga-loop")                                                                        \
    X(VACATION, "x-twiga-vacation")                                                                \
    X(AUTO_SUBMITTED, "auto-submitted")                                                            \
    X(PRECEDENCE, "precedence")                                                                    \
    X(SUPPRESS, "x-auto-response-suppress")

typedef enum {
#define TW_COMPOSE_HEADER_ROW(name, field) TW_COMPOSE_##name,
    TW_COMPOSE_HEADER_LIST(TW_COMPOSE_HEADER_ROW)
#undef TW_COMPOSE_HEADER_ROW
    TW_COMPOSE_HEADER_COUNT
} TwComposeHeader;

/* Ids of those properties on this server; 0: it is left out. */
typedef struct {
    guint32 ids[TW_COMPOSE_HEADER_COUNT];
} TwComposeNames;

/* Whose mailbox sends. */
typedef struct {
    const char *name, *address;
    GBytes *entry_id; /* (nullable): in the address book */
} TwComposeOwner;

/**
 * tw_compose_header_name:
 * @header: a header field
 *
 * Returns: (transfer none): its name as a named property has it
 */
const char *tw_compose_header_name(TwComposeHeader header);

/**
 * tw_compose_forward:
 * @original: a message
 * @owner: who forwards it
 *
 * Returns: (transfer full): a message with its content and "FW: " before its subject, without recipients
 */
TwObject *tw_compose_forward(const TwObject *original, const TwComposeOwner *owner);

/**
 * tw_compose_attached:
 * @original: a message
 * @owner: who forwards it
 *
 * Returns: (transfer full): a message with it as an attachment, without recipients
 */
TwObject *tw_compose_attached(const TwObject *original, const TwComposeOwner *owner);

/**
 * tw_compose_redirect:
 * @original: a message
 * @owner: who sends it on
 *
 * Returns: (transfer full): the message as it is, from whom it was, sent by @owner, without recipients
 */
TwObject *tw_compose_redirect(const TwObject *original, const TwComposeOwner *owner);

/**
 * tw_compose_delegate:
 * @original: a message
 * @owner: whom it was for
 *
 * As tw_compose_redirect(), and says for whom it was received (PR_RCVD_REPRESENTING_...).
 *
 * Returns: (transfer full): the message
 */
TwObject *tw_compose_delegate(const TwObject *original, const TwComposeOwner *owner);

/* An answer that is made of texts. */
typedef struct {
    const char
        *subject; /* "%subject" stands for that of the original; "": "Out of Office: " and that */
    const char *text;
    const char *to; /* address it goes to */
} TwComposeAnswer;

/**
 * tw_compose_answer:
 * @original: a message
 * @owner: who answers
 * @answer: what
 * @names: ids of header fields: it is marked as an automatic answer
 *
 * Returns: (transfer full): an answer to it
 */
TwObject *tw_compose_answer(const TwObject *original,
                            const TwComposeOwner *owner,
                            const TwComposeAnswer *answer,
                            const TwComposeNames *names);

/**
 * tw_compose_template:
 * @original: a message
 * @template_message: a hidden message that is the answer
 * @owner: who answers
 * @to: (nullable): address it also goes to, besides the recipients of the template
 * @names: ids of header fields: it is marked as an automatic answer
 *
 * Returns: (transfer full): an answer to it
 */
TwObject *tw_compose_template(const TwObject *original,
                              const TwObject *template_message,
                              const TwComposeOwner *owner,
                              const char *to,
                              const TwComposeNames *names);

/**
 * tw_compose_notice:
 * @to: whom it is for; also whom it is from
 * @subject: "%subject" and "%sender" stand for those of the original
 * @text: likewise
 * @original: a message
 *
 * Returns: (transfer full): a message to be put into a mailbox
 */
TwObject *tw_compose_notice(const TwComposeOwner *to,
                            const char *subject,
                            const char *text,
                            const TwObject *original);

/**
 * tw_compose_renew:
 * @message: a copy of a message or item
 *
 * Takes what its way and its place gave it, so that it can be sent: unsent, and gone when it is sent.
 */
void tw_compose_renew(TwObject *message);

/**
 * tw_compose_add:
 * @message: a message in the making
 * @name: of a recipient
 * @address: of it
 */
void tw_compose_add(TwObject *message, const char *name, const char *address);

/**
 * tw_compose_mark:
 * @message: a message in the making
 * @names: ids of header fields
 * @header: which
 * @text: its value
 */
void tw_compose_mark(TwObject *message,
                     const TwComposeNames *names,
                     TwComposeHeader header,
                     const char *text);

G_END_DECLS
