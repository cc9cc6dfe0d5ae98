/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The client's side of SMTP: a connection to a relay, and mails over it with an answer for each recipient. Blocking, for the
 * threads of an agent; every wait has an end (RFC 5321, section 4.5.3.2) and can be cancelled.
 */
#pragma once

#include "base/cancel.h"
#include "base/secret.h"
#include "net/client.h"
#include "spooler/smtp-text.h"

G_BEGIN_DECLS

typedef enum {
    TW_SMTP_CLEAR,      /* never TLS */
    TW_SMTP_WHEN_THERE, /* STARTTLS when it is offered, with whatever certificate */
    TW_SMTP_STARTTLS,   /* or nothing is sent */
    TW_SMTP_TLS,        /* from the first byte */
} TwSmtpSecurity;

/* Zero and NULL mean the default named in each comment. All is borrowed for the call. */
typedef struct {
    const char *host;
    guint16 port;
    const char *unix_path; /* (nullable): a Unix socket instead */
    TwSmtpSecurity security;
    TwTlsClient *tls;         /* of all but CLEAR */
    const char *user;         /* (nullable): log on, with @password */
    const TwSecret *password; /* (nullable) */
    const char *name;         /* of this host, for EHLO */
    TwCancel *cancel;         /* (nullable) */
    guint connect_ms;         /* 30,000 */
    guint reply_ms;           /* for a whole answer; 300,000 */
    guint end_ms;             /* for the answer to the end of a mail; 600,000 */
} TwSmtpOptions;

typedef struct TwSmtp TwSmtp;

/**
 * tw_smtp_open:
 * @options: where to and how
 * @error: on failure TW_ERROR_NOT_FOUND, BUSY or TIMEOUT (nobody answers), NO_ACCESS (certificate, or the log-on was refused, or a
 *   password would have to go over an open line), CORRUPT (what it says is no SMTP), UNSUPPORTED (no STARTTLS, no way to log on),
 *   FAILED (it does not want us), CANCELLED
 *
 * Connects, says who we are, secures the line and logs on. A password goes over TLS, a Unix socket or the loopback interface only.
 *
 * Returns: (transfer full): a connection, or NULL
 */
TwSmtp *tw_smtp_open(const TwSmtpOptions *options, GError **error);

/**
 * tw_smtp_close:
 * @smtp: (nullable) (transfer full): a connection
 *
 * Says QUIT, if the line is in order, and closes without waiting for the answer.
 */
void tw_smtp_close(TwSmtp *smtp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSmtp, tw_smtp_close)

/**
 * tw_smtp_get_offer:
 * @smtp: a connection
 *
 * Returns: (transfer none): what the server offers
 */
const TwSmtpOffer *tw_smtp_get_offer(const TwSmtp *smtp);

/* What became of a recipient. */
typedef enum {
    TW_SMTP_LATER, /* try again; also what holds while nothing is known */
    TW_SMTP_TAKEN, /* it is the relay's now */
    TW_SMTP_NEVER,
} TwSmtpOutcome;

typedef enum {
    TW_SMTP_NOTIFY_SUCCESS = 1u << 0,
    TW_SMTP_NOTIFY_FAILURE = 1u << 1,
    TW_SMTP_NOTIFY_DELAY = 1u << 2,
} TwSmtpNotify;

/* One recipient of the envelope. */
typedef struct {
    const char *address;
    guint notify; /* bits of #TwSmtpNotify; 0: say nothing of it */
    /* coming out */
    TwSmtpOutcome outcome;
    guint16 code;     /* of the answer; 0: there was none */
    guint8 status[3]; /* its enhanced code; class 0: none */
    char *text;       /* (owned) (nullable): what the server said, UTF-8 on one line */
} TwSmtpRecipient;

/**
 * tw_smtp_recipient_clear:
 * @recipient: a recipient; what it owns is freed
 */
void tw_smtp_recipient_clear(TwSmtpRecipient *recipient);

/* Gives the mail to @take, piece by piece; FALSE with @error set: it cannot be read. */
typedef gboolean (*TwSmtpTakeFunc)(gpointer taker, const guint8 *bytes, gsize len, GError **error);
typedef gboolean (*TwSmtpBodyFunc)(gpointer data,
                                   TwSmtpTakeFunc take,
                                   gpointer taker,
                                   GError **error);

typedef struct {
    const char *sender;    /* "" for the null sender */
    guint64 size;          /* bytes */
    gboolean eight_bit;    /* it has bytes that are not ASCII: not without 8BITMIME */
    gboolean utf8;         /* it has headers in UTF-8: not without SMTPUTF8 */
    gboolean headers_only; /* of a DSN: not the whole mail back */
    const char *envelope;  /* (nullable): ENVID */
    TwSmtpBodyFunc body;
    gpointer data;
} TwSmtpMail;

/**
 * tw_smtp_send:
 * @smtp: a connection
 * @mail: what to send
 * @recipients: (array length=count): to whom; filled in
 * @count: how many, at least one
 * @ret_unsure: (out): the mail went over whole, and the answer did not come: the relay may have it
 * @error: on failure CORRUPT, TIMEOUT, CANCELLED, END_OF_SESSION, FAILED: the line broke; or what @mail's body says
 *
 * Recipients that are not addresses are NEVER. After a failure the connection is good for tw_smtp_close() only, and what recipients
 * say until then still holds.
 *
 * Returns: FALSE when the dialogue did not come to its end
 */
gboolean tw_smtp_send(TwSmtp *smtp,
                      const TwSmtpMail *mail,
                      TwSmtpRecipient *recipients,
                      guint count,
                      gboolean *ret_unsure,
                      GError **error);

G_END_DECLS
