/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A mail before it goes: made of a message, kept in memory while it is small and in a file without a name when it is not. So its
 * size is known, and nothing can go wrong with it, before the relay hears of it.
 */
#pragma once

#include "convert/mail-out.h"
#include "session/session.h"
#include "spooler/smtp.h"

G_BEGIN_DECLS

enum {
    TW_OUTGOING_MEMORY = 256 * 1024, /* bytes kept in memory */
};

typedef struct {
    guint64 len;
    gboolean eight_bit; /* some byte is not ASCII */
    TwBuffer head;      /* private: all of it, or what is not in the file yet */
    int fd;             /* private: -1: there is no file */
} TwOutgoing;

/* What stands around a message while it becomes a mail. */
typedef struct {
    TwSession *session;
    TwGuid store;
    guint32 message;
    const char *folder; /* for the file */
    const char *domain;
    TwMailTnef tnef;
    TwMailFlags flags;
    TwMailResolveFunc resolve; /* (nullable) */
    gpointer data;             /* for @resolve */
} TwOutgoingSpec;

/**
 * tw_outgoing_make:
 * @outgoing: (out caller-allocates): the mail; to be cleared also after a failure
 * @object: the message
 * @spec: how
 * @error: what reading the message, converting it and writing the file say
 *
 * Returns: FALSE on failure
 */
gboolean tw_outgoing_make(TwOutgoing *outgoing,
                          const TwObject *object,
                          const TwOutgoingSpec *spec,
                          GError **error);

/**
 * tw_outgoing_clear:
 * @outgoing: a mail
 */
void tw_outgoing_clear(TwOutgoing *outgoing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwOutgoing, tw_outgoing_clear)

/**
 * tw_outgoing_give:
 * @data: a mail, as gpointer for #TwSmtpMail
 * @take: takes it
 * @taker: for @take
 * @error: what reading the file, or @take, says
 *
 * Returns: FALSE on failure
 */
gboolean tw_outgoing_give(gpointer data, TwSmtpTakeFunc take, gpointer taker, GError **error);

G_END_DECLS
