/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an SMTP client says and reads, as bytes: what a server offers, addresses of the envelope, parameters, and the text of a
 * mail between DATA and its dot. Pure functions. Sources: RFC 5321, RFC 1870, RFC 3461, RFC 4954, RFC 6152, RFC 6531.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_SMTP_MOST_ADDRESS = 500, /* bytes of an address: without it one makes a line of any length */
};

typedef enum {
    TW_SMTP_HAS_EXTENSIONS = 1u << 0, /* it knew EHLO */
    TW_SMTP_HAS_STARTTLS = 1u << 1,
    TW_SMTP_HAS_PIPELINING = 1u << 2,
    TW_SMTP_HAS_8BITMIME = 1u << 3,
    TW_SMTP_HAS_SMTPUTF8 = 1u << 4,
    TW_SMTP_HAS_DSN = 1u << 5,
    TW_SMTP_HAS_SIZE = 1u << 6,
    TW_SMTP_HAS_STATUS = 1u << 7, /* ENHANCEDSTATUSCODES */
    TW_SMTP_HAS_AUTH_PLAIN = 1u << 8,
    TW_SMTP_HAS_AUTH_LOGIN = 1u << 9,
    TW_SMTP_HAS_AUTH_SCRAM = 1u << 10, /* SCRAM-SHA-256 */
} TwSmtpHas;

typedef struct {
    guint has;         /* bits of #TwSmtpHas */
    guint64 most_size; /* bytes of a mail; 0: it does not say */
} TwSmtpOffer;

/**
 * tw_smtp_offer_read:
 * @text: (array length=len): the lines of the answer to EHLO without their codes, joined by LF
 * @len: how many bytes
 *
 * The first line is the server's greeting. What is not known, or said in a wrong way, is passed over.
 *
 * Returns: what it offers
 */
TwSmtpOffer tw_smtp_offer_read(const char *text, gsize len);

/**
 * tw_smtp_put_path:
 * @out: (inout): gets "<address>"
 * @address: UTF-8; "" is the null sender
 * @utf8: the server has SMTPUTF8
 *
 * Nothing that is put can end the path or the line. A domain that is not ASCII becomes its A-labels without @utf8.
 *
 * Returns: FALSE, and nothing put, for what is no address of the envelope: no "@", a control character, a blank or bracket outside
 *   quotes, too long, or a local part that would need SMTPUTF8
 */
gboolean tw_smtp_put_path(TwBuffer *out, const char *address, gboolean utf8);

/**
 * tw_smtp_path_needs_utf8:
 * @address: UTF-8
 *
 * Returns: whether its local part is not ASCII
 */
gboolean tw_smtp_path_needs_utf8(const char *address);

/**
 * tw_smtp_put_xtext:
 * @out: (inout): gets the text
 * @text: any bytes
 *
 * As parameters of DSN have it (RFC 3461, section 4): what is not printable ASCII, "+" and "=" as +XX.
 */
void tw_smtp_put_xtext(TwBuffer *out, const char *text);

/* The text of a mail on its way. All zero at the start. */
typedef struct {
    guint8 last;     /* the last byte that was put */
    gboolean inside; /* of a line: the next byte does not begin one */
} TwSmtpStuff;

/**
 * tw_smtp_stuff:
 * @stuff: (inout): where in the text it is
 * @out: (inout): gets the bytes as they go over the wire
 * @bytes: (array length=len): the next bytes of the mail
 * @len: how many
 *
 * Doubles a dot at the beginning of a line, and makes each bare CR or LF a CR LF, so that no server sees an end of the mail, or of a
 * line, that we do not see (RFC 5321, sections 2.3.8 and 4.5.2). The result does not depend on how the mail was cut.
 */
void tw_smtp_stuff(TwSmtpStuff *stuff, TwBuffer *out, const guint8 *bytes, gsize len);

/**
 * tw_smtp_stuff_end:
 * @stuff: (inout): after the last byte
 * @out: (inout): gets the end of the mail: a line end, if one is missing, and the dot
 */
void tw_smtp_stuff_end(TwSmtpStuff *stuff, TwBuffer *out);

G_END_DECLS
