/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Threads of messages. Pure. Source: RFC 5256, section 3. */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_REFERENCES_MAX = 200, /* of one message; the first ones are left out */
};

/* A message to put into threads. */
typedef struct {
    guint32 number;                /* as it is told */
    gint64 date;                   /* microseconds */
    const char *message_id;        /* (nullable): without angle brackets */
    const char *const *references; /* (nullable): ids, the oldest first, ended by NULL */
    const char *subject;           /* base subject */
    gboolean reply;                /* its subject is that of an answer */
} TwImapThreadMail;

/**
 * tw_imap_thread_references:
 * @out: takes threads in parentheses
 * @mails: (array length=count): messages, each number once
 * @count: how many
 *
 * The algorithm REFERENCES.
 */
void tw_imap_thread_references(TwBuffer *out, TwImapThreadMail *mails, guint count);

/**
 * tw_imap_thread_subject:
 * @out: takes threads in parentheses
 * @mails: (array length=count): messages, each number once
 * @count: how many
 *
 * The algorithm ORDEREDSUBJECT.
 */
void tw_imap_thread_subject(TwBuffer *out, TwImapThreadMail *mails, guint count);

/**
 * tw_imap_message_ids:
 * @text: (array length=len): value of a field
 * @len: how many bytes
 *
 * Returns: (transfer full) (array zero-terminated=1): the ids in it, without angle brackets, the last ones where there are more
 *   than %TW_IMAP_REFERENCES_MAX
 */
char **tw_imap_message_ids(const char *text, gsize len);

G_END_DECLS
