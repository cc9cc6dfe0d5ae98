/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The summary of a mail: the header fields clients list, and the tree of its parts with all that BODYSTRUCTURE tells, so that
 * ENVELOPE, BODYSTRUCTURE, ranges of parts and common HEADER.FIELDS are answered without the mail itself.
 *
 * Format, version 1; numbers little-endian; v: LEB128, seven bits a byte, the low ones first, at most 9 bytes, no zero
 * byte at the end of several; s: v length, then the bytes:
 *
 *   offset  size  meaning                                                                             since
 *   0       1     version: 1                                                                          1
 *   1       3     0                                                                                   1
 *   4       4     CRC32C of bytes 0 to 3 and of all from byte 8 to the end                            1
 *   8       8     bytes of the mail                                                                   1
 *   16      8     bit i: field i of the list is in the mail's header                                  1
 *   24      8     bit i: of field i not all is here, it was too long                                  1
 *   32      4     bytes of the fields                                                                 1
 *   36      4     n: how many parts, at least 1                                                       1
 *   40            fields of the mail, in its order: u8 number, v bytes of the name with colon, s the whole field with
 *                 its last line break                                                                 1
 *   ...           n parts in the order in which they begin:
 *                 u8 kind | encoding << 4; u8 flags (mime-scan.h); v depth; v header offset; v header bytes; v body offset;
 *                 v body bytes; v lines; s type; s subtype; s encoding word; s id; s description; s md5; s language;
 *                 s location; v parameters, for each s name, s value; u8 has disposition: if 1, s word and v parameters
 *                 as before; v bytes of envelope fields, and these as above: only in a message inside a message    1
 *
 * Texts are as in the mail, unfolded: bytes of any charset, encoded words as they are.
 */
#pragma once

#include "base/cursor.h"
#include "convert/mime-scan.h"

G_BEGIN_DECLS

enum {
    TW_MAIL_SUMMARY_VERSION = 1,
    TW_MAIL_SUMMARY_FIXED_LEN = 40,
    /* A mail with more has no summary (TW_ERROR_TOO_BIG): it is read itself. Else a mail of 10,000 empty parts makes a row of
     * a megabyte that each list reads. */
    TW_MAIL_SUMMARY_MAX_LEN = 256 * 1024,
    TW_MAIL_SUMMARY_MAX_PARTS = 1000,
    TW_MAIL_SUMMARY_MAX_FIELD =
        4096, /* bytes of one field; a longer one is left out, and its bit set */
    TW_MAIL_SUMMARY_MAX_FIELDS = 16384, /* bytes of all fields of one message, likewise */
    TW_MAIL_SUMMARY_MAX_TEXT =
        1024, /* bytes of one text or parameter of a part; longer ones are cut */
    TW_MAIL_SUMMARY_MAX_PARAMS = 32, /* of one value; more are left out */
};

/* The fields that are kept. A row's number is on disk: rows are added at the end only, 64 at most. The first ten are those of
 * ENVELOPE, and are kept of messages in messages too. */
#define TW_MAIL_FIELD_LIST(X)                                                                      \
    X(DATE, "date")                                                                                \
    X(SUBJECT, "subject")                                                                          \
    X(FROM, "from")                                                                                \
    X(SENDER, "sender")                                                                            \
    X(REPLY_TO, "reply-to")                                                                        \
    X(TO, "to")                                                                                    \
    X(CC, "cc")                                                                                    \
    X(BCC, "bcc")                                                                                  \
    X(IN_REPLY_TO, "in-reply-to")                                                                  \
    X(MESSAGE_ID, "message-id")                                                                    \
    X(REFERENCES, "references")                                                                    \
    X(CONTENT_TYPE, "content-type")                                                                \
    X(CONTENT_TRANSFER_ENCODING, "content-transfer-encoding")                                      \
    X(MIME_VERSION, "mime-version")                                                                \
    X(IMPORTANCE, "importance")                                                                    \
    X(PRIORITY, "priority")                                                                        \
    X(X_PRIORITY, "x-priority")                                                                    \
    X(RETURN_PATH, "return-path")                                                                  \
    X(DELIVERED_TO, "delivered-to")                                                                \
    X(NEWSGROUPS, "newsgroups")                                                                    \
    X(LIST_ID, "list-id")                                                                          \
    X(LIST_POST, "list-post")                                                                      \
    X(LIST_UNSUBSCRIBE, "list-unsubscribe")                                                        \
    X(MAIL_FOLLOWUP_TO, "mail-followup-to")                                                        \
    X(MAIL_REPLY_TO, "mail-reply-to")                                                              \
    X(DISPOSITION_NOTIFICATION_TO, "disposition-notification-to")                                  \
    X(X_SPAM_FLAG, "x-spam-flag")                                                                  \
    X(X_SPAM_STATUS, "x-spam-status")                                                              \
    X(AUTO_SUBMITTED, "auto-submitted")                                                            \
    X(THREAD_TOPIC, "thread-topic")                                                                \
    X(THREAD_INDEX, "thread-index")                                                                \
    X(KEYWORDS, "keywords")                                                                        \
    X(USER_AGENT, "user-agent")                                                                    \
    X(X_MAILER, "x-mailer")                                                                        \
    X(ORGANIZATION, "organization")                                                                \
    X(RESENT_FROM, "resent-from")                                                                  \
    X(RESENT_TO, "resent-to")                                                                      \
    X(RESENT_DATE, "resent-date")                                                                  \
    X(RESENT_MESSAGE_ID, "resent-message-id")

typedef enum {
#define TW_MAIL_FIELD_ENUM_ROW(name, text) TW_MAIL_FIELD_##name,
    TW_MAIL_FIELD_LIST(TW_MAIL_FIELD_ENUM_ROW)
#undef TW_MAIL_FIELD_ENUM_ROW
    TW_MAIL_FIELD_COUNT,
    TW_MAIL_FIELD_ENVELOPE_COUNT = TW_MAIL_FIELD_MESSAGE_ID + 1,
} TwMailFieldNumber;

/* Bytes inside a summary, without a NUL. */
typedef struct {
    const char *text;
    gsize len;
} TwMailText;

/* A summary that was opened: borrowed bytes, no state. */
typedef struct {
    const guint8 *data;
    gsize len;
    guint64 mail_len;
    guint64 have, cut; /* bits of fields, the words at 16 and 24 */
    guint part_count;
    TwCursor fields, parts;
} TwMailSummary;

typedef struct {
    guint number; /* TwMailFieldNumber */
    TwMailText name;
    TwMailText value; /* after the colon, folds included, without the last line break */
    TwMailText field; /* all of it, with the last line break */
} TwMailField;

typedef struct {
    guint64 header, header_len, body, body_len, lines; /* as in TwMimePart */
    guint depth;                                       /* 0: the mail */
    guint8 kind, encoding, flags;                      /* TwMimeKind, TwMimeEncoding, TwMimeFlags */
    TwMailText type, subtype;
    TwMailText encoding_word; /* Content-Transfer-Encoding; empty: none */
    TwMailText id, description, md5, language, location;
    guint param_count;
    TwCursor params; /* for tw_mail_param_next() */
    gboolean has_disposition;
    TwMailText disposition;
    guint disposition_param_count;
    TwCursor disposition_params;
    TwCursor fields; /* envelope of a message in a message, for tw_mail_field_next() */
} TwMailPart;

/**
 * tw_mail_field_number:
 * @name: (array length=len): name of a header field, in any case
 * @len: how many bytes
 *
 * Returns: its #TwMailFieldNumber, or -1 for one that summaries do not keep
 */
int tw_mail_field_number(const char *name, gsize len);

/**
 * tw_mail_summary_build:
 * @data: (array length=len): the mail
 * @len: how many bytes
 * @tree: its parts
 * @error: on failure TW_ERROR_TOO_BIG (%TW_MAIL_SUMMARY_MAX_LEN, %TW_MAIL_SUMMARY_MAX_PARTS): do without
 *
 * Returns: (transfer full): the summary, or NULL
 */
GBytes *tw_mail_summary_build(const guint8 *data,
                              gsize len,
                              const TwMimeTree *tree,
                              GError **error);

/**
 * tw_mail_summary_open:
 * @data: (array length=len): a summary from a row, borrowed for as long as @ret is used
 * @len: how many bytes
 * @ret: (out): the summary
 * @error: on failure TW_ERROR_CORRUPT, TW_ERROR_UNSUPPORTED (another version), TW_ERROR_TOO_BIG
 *
 * Checks the checksum and the form whole; what it accepts, the readers below may trust. Allocates nothing.
 *
 * Returns: TRUE if it can be read
 */
gboolean tw_mail_summary_open(const guint8 *data, gsize len, TwMailSummary *ret, GError **error);

/**
 * tw_mail_field_next:
 * @fields: (inout): a copy of the fields of a summary or part; moved on
 * @ret: (out): the next field
 *
 * Returns: FALSE at the end
 */
gboolean tw_mail_field_next(TwCursor *fields, TwMailField *ret);

/**
 * tw_mail_field_find:
 * @fields: the fields of a summary or part
 * @number: which
 * @ret: (out): the first such field
 *
 * Returns: FALSE if there is none
 */
gboolean tw_mail_field_find(const TwCursor *fields, TwMailFieldNumber number, TwMailField *ret);

/**
 * tw_mail_fields_read:
 * @header: (array length=len): a header
 * @len: how many bytes
 *
 * The fields of ENVELOPE in it, each whole, for one who cannot do with a summary that left some out.
 *
 * Returns: (transfer full): bytes that tw_mail_field_next() reads
 */
GBytes *tw_mail_fields_read(const guint8 *header, gsize len);

/**
 * tw_mail_part_next:
 * @parts: (inout): a copy of the parts of a summary; moved on
 * @ret: (out): the next part; deeper than the one before: inside it
 *
 * Returns: FALSE at the end
 */
gboolean tw_mail_part_next(TwCursor *parts, TwMailPart *ret);

/**
 * tw_mail_param_next:
 * @params: (inout): a copy of the parameters of a part; moved on
 * @ret_name: (out): lower case, as written, such as "filename*0*"
 * @ret_value: (out): without quotes
 *
 * To be called as often as the count beside it says.
 *
 * Returns: FALSE at the end
 */
gboolean tw_mail_param_next(TwCursor *params, TwMailText *ret_name, TwMailText *ret_value);

G_END_DECLS
