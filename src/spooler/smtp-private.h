/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What opening a connection and sending over it share. */
#pragma once

#include "net/smtp-reply.h"
#include "spooler/smtp.h"

G_BEGIN_DECLS

struct TwSmtp {
    TwClient *client;
    TwCancel *cancel; /* (owned) (nullable) */
    TwSmtpOffer offer;
    TwSmtpReply reply; /* the last one */
    TwBuffer out;      /* commands that are not yet sent */
    guint reply_ms, end_ms;
    gboolean broken; /* nothing more can be said */
};

/* Sends what is in out. */
gboolean tw_smtp_flush(TwSmtp *smtp, GError **error);

/* Reads one whole answer. @last: that to the end of a mail: it gets more time, and some even when cancelled. */
gboolean tw_smtp_read(TwSmtp *smtp, gboolean last, GError **error);

/* Puts a line behind what is to be sent. */
void tw_smtp_put(TwSmtp *smtp, const char *text);

/* What the server said, UTF-8 on one line. */
char *tw_smtp_reply_text(const TwSmtp *smtp);

G_END_DECLS
