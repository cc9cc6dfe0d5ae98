/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an SMTP or LMTP server answers: codes, enhanced codes, text. Source: RFC 5321 4.2, RFC 2034, RFC 3463.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_SMTP_REPLY_LINE_MAX =
        2048, /* RFC 5321 says 512; longer ones are seen. Without it one line fills memory */
    TW_SMTP_REPLY_LINES_MAX = 256, /* without it a reply never ends */
    TW_SMTP_REPLY_TEXT_MAX =
        16384, /* bytes of text kept; what is beyond is dropped, and the reply is still good */
};

typedef enum {
    TW_SMTP_REPLY_DONE, /* a whole reply */
    TW_SMTP_REPLY_MORE, /* a further line follows */
    TW_SMTP_REPLY_BAD,  /* no SMTP reply: close the connection */
} TwSmtpReplyResult;

typedef struct {
    guint16 code; /* 200 to 599 */
    guint8 status
        [3]; /* class, subject, detail of the first enhanced code; class 0: none. Larger than 255: 255 */
    guint line_count;
    GString
        *text;    /* the lines without codes, joined by LF; as sent: any bytes but CR, LF and NUL */
    gboolean bad; /* stays BAD */
    gboolean whole; /* DONE was said; the next line begins another reply */
} TwSmtpReply;

/**
 * tw_smtp_reply_init:
 * @reply: caller's memory
 */
void tw_smtp_reply_init(TwSmtpReply *reply);

/**
 * tw_smtp_reply_clear:
 * @reply: a reply
 */
void tw_smtp_reply_clear(TwSmtpReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSmtpReply, tw_smtp_reply_clear)

/**
 * tw_smtp_reply_add_line:
 * @reply: a reply; after DONE a line begins the next one
 * @line: (array length=len): one line with its CRLF or LF, or without
 * @len: bytes
 *
 * The code must be the same in all lines; an enhanced code counts only if its class is that of the reply. A bare
 * CR or a NUL in the text becomes a blank, as replies are quoted in bounces and logs.
 *
 * Returns: what is known now
 */
TwSmtpReplyResult tw_smtp_reply_add_line(TwSmtpReply *reply, const char *line, gsize len);

G_END_DECLS
