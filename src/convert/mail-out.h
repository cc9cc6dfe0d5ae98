/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A message as mail: MAPI objects to RFC 5322 and MIME.
 *
 * 1. The same object gives the same bytes, each time: there is no clock and no chance in it. Message-ID and boundaries come
 *    from the object's keys.
 * 2. No property's text can begin a header field or end a part. No line has more than 998 bytes, none ends in anything but CR LF.
 * 3. Bytes go to a sink as they are made; values in blobs are read in pieces. Bodies alone are held in memory.
 *
 * Which property goes where is in doc/mail-properties.md. A caller that still has the mail as it came sends that instead.
 */
#pragma once

#include "convert/value-source.h"
#include "mapi/named.h"

G_BEGIN_DECLS

enum {
    TW_MAIL_OUT_MAX_BODY =
        64 * 1024 * 1024, /* bytes of one body; a longer one is TW_ERROR_TOO_BIG */
    TW_MAIL_OUT_MAX_TNEF = 64 * 1024 * 1024, /* bytes of a TNEF part */
    TW_MAIL_OUT_MAX_ADDRESSES = 100000,      /* addresses of one field; later ones are left out */
    TW_MAIL_OUT_MAX_REFERENCES =
        100, /* message ids in References; the first and the last ones stay */
    TW_MAIL_OUT_MAX_HEADERS = 1000, /* fields of names and kept fields, each */
};

/* Takes the next bytes; FALSE with @error set stops the writing. */
typedef gboolean (*TwMailSinkFunc)(gpointer data, const guint8 *bytes, gsize len, GError **error);

/* What another codec makes of a message. */
typedef struct {
    GBytes *text; /* (owned): UTF-8 */
    char *method; /* (owned) (nullable): the method parameter of text/calendar, such as "REQUEST" */
} TwMailOutPart;

/* Makes iCalendar or vCard of @message. FALSE with @error set on failure; TRUE and no text when it has no such form. */
typedef gboolean (*TwMailPartFunc)(gpointer data,
                                   const TwObject *message,
                                   TwMailOutPart *ret_part,
                                   GError **error);

/* The mail address of an entry id that is no mail address itself; (transfer full) (nullable). */
typedef char *(*TwMailResolveFunc)(gpointer data, const guint8 *entryid, gsize len);

typedef enum {
    TW_MAIL_TNEF_NEEDED, /* where nothing else carries the item */
    TW_MAIL_TNEF_NEVER,
    TW_MAIL_TNEF_ALWAYS, /* and for each message that is no report and not signed */
} TwMailTnef;

typedef enum {
    TW_MAIL_UTF8 = 1u << 0, /* SMTPUTF8: headers and addresses in UTF-8 as they are */
    TW_MAIL_8BIT = 1u << 1, /* 8BITMIME: bodies in 8bit */
    TW_MAIL_BCC = 1u << 2,  /* write Bcc: for the sender's own copy */
    TW_MAIL_RECEIVED =
        1u << 3, /* write what is kept of the headers it came with: for reading, not for sending */
} TwMailFlags;

typedef struct {
    TwNameMap *names;            /* of the message's named properties */
    const TwValueSource *source; /* (nullable): how values in blobs are read */
    TwMailPartFunc calendar;     /* (nullable): for meeting items and appointments */
    TwMailPartFunc card;         /* (nullable): for contacts */
    TwMailResolveFunc resolve;   /* (nullable) */
    gpointer data;               /* for the three above */
    const char *
        domain; /* (nullable): right side of Message-IDs made here, and name of the reporter; else "localhost" */
    int date_offset_min; /* zone of Date, minutes east of Greenwich */
    TwMailTnef tnef;
    TwMailFlags flags;
} TwMailOptions;

/**
 * tw_mail_write:
 * @message: a message
 * @options: how
 * @sink: takes the mail
 * @data: for @sink
 * @error: on failure TW_ERROR_TOO_BIG (a limit above), or what a callback says
 *
 * Writes the message as mail. Mail, posts and items of other classes; signed and encrypted messages with their part as it stands;
 * delivery reports and read receipts as multipart/report; meeting items with their calendar part.
 *
 * Returns: FALSE, when @sink may have got a part, on failure
 */
gboolean tw_mail_write(const TwObject *message,
                       const TwMailOptions *options,
                       TwMailSinkFunc sink,
                       gpointer data,
                       GError **error);

/**
 * tw_mail_write_bytes:
 * @message: a message
 * @options: how
 * @max_len: most bytes of mail
 * @error: on failure as tw_mail_write(), and TW_ERROR_TOO_BIG past @max_len
 *
 * Returns: (transfer full): the mail, or NULL
 */
GBytes *tw_mail_write_bytes(const TwObject *message,
                            const TwMailOptions *options,
                            gsize max_len,
                            GError **error);

/**
 * tw_mail_message_id:
 * @message: a message
 * @domain: (nullable): as in #TwMailOptions
 *
 * The id that the mail has: that of the message, else one made from its search key, source key or content, always the same.
 *
 * Returns: (transfer full): "<...@...>"
 */
char *tw_mail_message_id(const TwObject *message, const char *domain);

G_END_DECLS
