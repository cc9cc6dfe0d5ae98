/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What opening a connection and sending over it share. */
#pragma once

#include "base/error.h"
#include "net/smtp-reply.h"
#include "spooler/smtp.h"

G_BEGIN_DECLS

enum {
    TW_SMTP_COMMANDS_MOST = 65536 /* bytes of commands sent at once */
};

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

/* A command by itself, and its answer. */
gboolean tw_smtp_ask(TwSmtp *smtp, const char *command, GError **error);

/* FALSE, with what the server said. */
gboolean tw_smtp_refused(const TwSmtp *smtp, TwError code, const char *what, GError **error);

/* When there is a user. */
gboolean tw_smtp_log_on(TwSmtp *smtp, const TwSmtpOptions *options, GError **error);

/* What the server said, UTF-8 on one line. */
char *tw_smtp_reply_text(const TwSmtp *smtp);

G_END_DECLS
