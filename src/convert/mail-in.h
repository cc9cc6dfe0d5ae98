/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A mail as a MAPI message: header fields, recipients, bodies, attachments, embedded messages.
 *
 * Every input gives a message. What goes past a limit is left out of the message or cut; the bytes of the mail are kept by
 * the store all the same. The codec is a function of the bytes and the options: no clock, no files.
 *
 * A large attachment is not copied: the message has its properties but not its data, and a #TwMailSource says which bytes
 * of the mail, decoded how, are the data. A store that keeps the decoded part anyway (mime-skeleton.h) refers to that.
 *
 * Rules: spec/mailbox-layout.md 3.3, 22 to 26, 33.3; MS-OXCMAIL.
 */
#pragma once

#include "convert/mime-scan.h"
#include "convert/mime-skeleton.h"
#include "mapi/named.h"
#include "mapi/object.h"

G_BEGIN_DECLS

/* Without these a mail of some megabytes makes a message of gigabytes, or takes minutes. */
enum {
    TW_MAIL_MAX_RECIPIENTS = 10000, /* of a message; more stay in the header text */
    TW_MAIL_MAX_REPLY_TO = 100,     /* reply recipients */
    TW_MAIL_MAX_ATTACHMENTS = 4000, /* of a mail with all that is embedded in it */
    TW_MAIL_FREE_ATTACHMENTS = 200, /* that a mail may have whatever its size */
    /* Of the mail, for each one more; other parts are in its bytes only. Else a small mail of tiny parts costs what a large one
     * does. */
    TW_MAIL_ATTACHMENT_BYTES = 2048,
    TW_MAIL_MAX_HEADERS = 256 * 1024, /* bytes of PR_TRANSPORT_MESSAGE_HEADERS */
    TW_MAIL_MAX_BODY =
        2 * 1024 *
        1024, /* encoded bytes of the text parts of a message; a longer text is cut there and
                                            * is an attachment too */
    TW_MAIL_MAX_BODIES = 4 * 1024 * 1024, /* the same of a mail with all that is embedded in it */
    TW_MAIL_MAX_TEXT_PARTS = 100, /* text parts that are joined to one body; more are attachments */
    TW_MAIL_MAX_TNEF = 48 * 1024 * 1024, /* bytes of a winmail.dat that is taken apart */
    TW_MAIL_MAX_REPORT = 256 * 1024,     /* bytes of the machine's part of a report */
    TW_MAIL_MAX_KEYWORDS = 100,          /* categories of a message */
    TW_MAIL_MAX_FIELDS = 20000,          /* header fields that are looked at */
    TW_MAIL_INLINE_MOST = 8 * 1024       /* the default of TwMailInOptions.inline_most */
};

typedef struct {
    TwNameMap *
        names; /* (nullable): where named properties get their ids; NULL: there will be none, and no TNEF is read */
    const char *
        charset; /* (nullable): of text that names none and is not UTF-8; NULL: guessed, else windows-1252 */
    const char *const *substitutes; /* (nullable): as for tw_charset_reader_new() */
    const char *const
        *headers; /* (nullable): NULL-terminated names of fields that become named properties */
    gint64 received_us; /* PR_MESSAGE_DELIVERY_TIME; 0: none */
    guint
        max_embedded; /* messages in messages, at most TW_PART_MAX_DEPTH; deeper ones are files; 0: that many */
    gsize
        inline_most; /* data of attachments up to this many encoded bytes are in the message; 0: the default */
} TwMailInOptions;

/* Where data of an attachment is. */
typedef struct {
    TwPart path;      /* of the value in the message, for tw_object_locate() */
    guint32 part;     /* of the tree; its whole body, unless @whole is FALSE */
    gboolean whole;   /* what tw_skeleton_plan() calls the value of @part is this value */
    guint8 encoding;  /* TwMimeEncoding */
    gsize start, len; /* the encoded bytes in the mail */
    GBytes *prefix;   /* (nullable) (owned): bytes that stand before the decoded ones */
} TwMailSource;

/* A calendar in the mail, for the iCalendar codec. */
typedef struct {
    guint32 part; /* of the tree */
    guint32
        attachment; /* number of the attachment of the (outermost) message that stands for it; it may be removed */
    char method
        [16]; /* the parameter "method" in capitals, such as "REQUEST"; empty when there is none */
    char charset[65]; /* the parameter "charset"; empty when there is none */
    gboolean
        is_file; /* application/ics: often the copy of another part for those who want a file */
} TwMailCalendar;

typedef struct {
    TwObject *object; /* (owned) the message; sealed */
    GArray *
        sources; /* (owned) (element-type TwMailSource): of the attachments without data, each path once */
    GArray *calendars; /* (owned) (element-type TwMailCalendar): of the outermost message */
} TwMailIn;

/**
 * tw_mail_to_object:
 * @mail: (array length=len): a whole mail
 * @len: its length
 * @tree: its structure
 * @options: (nullable): how; NULL: all zero
 *
 * Makes a message of a mail. Never fails: a mail in which nothing is understood has its header text, and its body as text.
 * A body that is only HTML gets its plain text too. Message classes: IPM.Note; IPM.Note.SMIME and
 * IPM.Note.SMIME.MultipartSigned, whose one attachment is the signed or encrypted entity; REPORT.IPM.Note.* for reports of
 * delivery and receipts; what TNEF says.
 *
 * Returns: (transfer full): the message and what belongs to it
 */
TwMailIn *tw_mail_to_object(const guint8 *mail,
                            gsize len,
                            const TwMimeTree *tree,
                            const TwMailInOptions *options);

/**
 * tw_mail_in_free:
 * @in: (nullable) (transfer full): a converted mail
 */
void tw_mail_in_free(TwMailIn *in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMailIn, tw_mail_in_free)

/**
 * tw_mail_source_decode:
 * @mail: (array length=len): the mail that was converted
 * @len: its length
 * @source: one of its sources
 * @sink: takes the data in pieces of at most 64 KiB
 * @user_data: for @sink
 * @error: TW_ERROR_INVALID if @source does not fit @mail, or what @sink said
 *
 * Gives the data of an attachment.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mail_source_decode(const guint8 *mail,
                               gsize len,
                               const TwMailSource *source,
                               TwSkeletonSink sink,
                               gpointer user_data,
                               GError **error);

G_END_DECLS
