/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The head record: the few properties of a message that lists show, uncompressed in the message's row, read in place.
 *
 * Format, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       2     version: 1                                                                          1
 *   2       2     n: bytes before the strings; a reader passes over slots it does not know            1
 *   4       4     which properties exist: bits of TwHeadBit                                           1
 *   8       4     which values are cut or too long for their slot: bits of TwHeadBit                  1
 *   12      1     PR_IMPORTANCE                                                                       1
 *   13      1     PR_SENSITIVITY                                                                      1
 *   14      1     PR_PRIORITY, signed                                                                 1
 *   15      1     booleans: bit 0 PR_HASATTACH                                                        1
 *   16      4     PR_MSG_STATUS                                                                       1
 *   20      4     PR_ICON_INDEX                                                                       1
 *   24      1     PR_FLAG_STATUS                                                                      1
 *   25      1     PR_FOLLOWUP_ICON                                                                    1
 *   26      2     PR_LAST_VERB_EXECUTED                                                               1
 *   28      1     message class: its number in the list of head.c, or 0: string 0                     1
 *   29      1     bytes of the subject that are its prefix                                            1
 *   30      1     how many keywords past the 64th: u16 each, between the slots and the strings         1
 *   31      1     sameness: bits of TwHeadSame                                                        1
 *   32      8     PR_CLIENT_SUBMIT_TIME                                                               1
 *   40      8     PR_MESSAGE_DELIVERY_TIME                                                            1
 *   48      8     eid: kept on move, new on copy; EMAILID of IMAP, id of JMAP                         1
 *   56      16    PR_CONVERSATION_ID                                                                  1
 *   72      4     bytes of the mail as it came (RFC822.SIZE); G_MAXUINT32: more                       1
 *   76      4     bytes of its header                                                                 1
 *   80      n     keywords past the 64th
 *           ...   seven strings {u8 length, the text, NUL}: class, subject, from name, from address,
 *                 to, topic, preview                                                                  1
 *
 * Text is cut between code points, and its bit then set in the word at 8. A number too large for its slot is left out,
 * with its bit set in that word. So what the head answers is right, and it says where the tail has to be asked.
 */
#pragma once

#include "mapi/object.h"

G_BEGIN_DECLS

enum {
    TW_HEAD_VERSION = 1,
    TW_HEAD_FIXED_LEN = 80,
    TW_HEAD_TARGET_LEN =
        240, /* the preview gets what is left of it, and TW_HEAD_MIN_PREVIEW at least */
    TW_HEAD_MAX_LEN = 640, /* longest that version 1 can be: 610 */
    TW_HEAD_MAX_CLASS = 60,
    TW_HEAD_MAX_SUBJECT = 120,
    TW_HEAD_MAX_FROM = 60,
    TW_HEAD_MAX_ADDRESS = 60,
    TW_HEAD_MAX_TO = 60,
    TW_HEAD_MAX_TOPIC = 60,
    TW_HEAD_MAX_PREVIEW = 80,
    TW_HEAD_MIN_PREVIEW = 32,
    TW_HEAD_MAX_KEYWORDS = 32, /* past the 64th of the folder; more are refused */
};

/* Bits of the words at 4 and 8. Numbers are on disk: never reused. */
typedef enum {
    TW_HEAD_IMPORTANCE = 1u << 0,
    TW_HEAD_SENSITIVITY = 1u << 1,
    TW_HEAD_PRIORITY = 1u << 2,
    TW_HEAD_STATUS = 1u << 3,
    TW_HEAD_ICON = 1u << 4,
    TW_HEAD_FLAG_STATUS = 1u << 5,
    TW_HEAD_FOLLOWUP_ICON = 1u << 6,
    TW_HEAD_LAST_VERB = 1u << 7,
    TW_HEAD_CLASS = 1u << 8,
    TW_HEAD_SUBMIT_TIME = 1u << 9,
    TW_HEAD_DELIVERY_TIME = 1u << 10,
    TW_HEAD_SUBJECT = 1u << 11,
    TW_HEAD_FROM_NAME = 1u << 12,      /* PR_SENT_REPRESENTING_NAME */
    TW_HEAD_FROM_ADDRESS = 1u << 13,   /* PR_SENT_REPRESENTING_EMAIL_ADDRESS */
    TW_HEAD_FROM_SMTP = 1u << 14,      /* PR_SENT_REPRESENTING_SMTP_ADDRESS */
    TW_HEAD_SENDER_NAME = 1u << 15,    /* PR_SENDER_NAME */
    TW_HEAD_SENDER_ADDRESS = 1u << 16, /* PR_SENDER_EMAIL_ADDRESS */
    TW_HEAD_SENDER_SMTP = 1u << 17,    /* PR_SENDER_SMTP_ADDRESS */
    TW_HEAD_FROM_TYPE = 1u << 18,      /* PR_SENT_REPRESENTING_ADDRTYPE */
    TW_HEAD_SENDER_TYPE = 1u << 19,    /* PR_SENDER_ADDRTYPE */
    TW_HEAD_TO = 1u << 20,             /* PR_DISPLAY_TO */
    TW_HEAD_TOPIC = 1u << 21,          /* PR_CONVERSATION_TOPIC */
    TW_HEAD_PREVIEW = 1u << 22,        /* PR_PREVIEW */
    TW_HEAD_MAIL = 1u << 23,           /* the two numbers at 72 */
    TW_HEAD_CONVERSATION = 1u << 24,   /* PR_CONVERSATION_ID */
} TwHeadBit;

/* Values that stand there once and answer several properties. A property that exists without being the same is cut: its
 * bit is in both words. */
typedef enum {
    TW_HEAD_SAME_FROM_SMTP = 1u << 0,      /* is the from address */
    TW_HEAD_SAME_SENDER_NAME = 1u << 1,    /* is the from name */
    TW_HEAD_SAME_SENDER_ADDRESS = 1u << 2, /* is the from address */
    TW_HEAD_SAME_SENDER_SMTP = 1u << 3,    /* is the from address */
    TW_HEAD_FROM_IS_SMTP = 1u << 4,        /* its type is "SMTP" */
    TW_HEAD_SENDER_IS_SMTP = 1u << 5,
    TW_HEAD_TOPIC_IS_SUBJECT =
        1u << 6, /* the topic is the subject without its prefix, and no string */
} TwHeadSame;

/* What a head is made from besides the object. All zero is allowed. */
typedef struct {
    guint64 eid;
    gboolean has_mail; /* the message has its mail as it came; the next two count */
    guint64 mail_len;
    guint32 mail_header_len;
    const char *
        preview; /* (nullable): begin of the body in UTF-8, white space as it is; NULL: PR_BODY when inline */
    gsize preview_len;       /* bytes; what is behind the first few hundred does not matter */
    const guint16 *keywords; /* numbers of keywords past the 64th (keywords.h), ascending */
    guint keyword_count;
} TwHeadOptions;

/* A head that was opened: borrowed bytes, no state. Copy it freely. */
typedef struct {
    const guint8 *data;
    const guint8 *string[7]; /* at their length bytes */
    guint32 have, cut;       /* the words at 4 and 8 */
    guint len;
} TwHead;

typedef enum {
    TW_HEAD_FOUND,   /* the value */
    TW_HEAD_ABSENT,  /* the message does not have the property */
    TW_HEAD_CUT,     /* only its begin is here (and returned), or nothing of it; ask the tail */
    TW_HEAD_UNKNOWN, /* not a property of heads; ask elsewhere */
} TwHeadAnswer;

/**
 * tw_head_build:
 * @object: a message
 * @options: (nullable): what is not in the object
 * @error: on failure TW_ERROR_TOO_BIG: more than %TW_HEAD_MAX_KEYWORDS keywords
 *
 * Makes the head of a message. PR_HASATTACH, PR_CONVERSATION_ID, PR_DISPLAY_TO and the subject prefix are computed as
 * derive.h says, whatever properties of these names the object has.
 *
 * Returns: (transfer full): the head, or NULL
 */
GBytes *tw_head_build(const TwObject *object, const TwHeadOptions *options, GError **error);

/**
 * tw_head_open:
 * @data: (array length=len): a head from a row, borrowed for as long as @ret is used
 * @len: how many bytes
 * @ret: (out): the head
 * @error: on failure TW_ERROR_CORRUPT, TW_ERROR_UNSUPPORTED (a version that is not read here)
 *
 * Checks the form: whatever the bytes are, readers stay inside of them, and every text is UTF-8 with a NUL behind it.
 * Allocates nothing.
 *
 * Returns: TRUE if it can be read
 */
gboolean tw_head_open(const guint8 *data, gsize len, TwHead *ret, GError **error);

/**
 * tw_head_open_verified:
 * @data: (array length=len): a head whose checksum was just compared
 * @len: how many bytes
 * @ret: (out): the head
 *
 * As tw_head_open(), but does not look whether text is UTF-8: for lists of thousands of rows.
 *
 * Returns: TRUE if it can be read
 */
gboolean tw_head_open_verified(const guint8 *data, gsize len, TwHead *ret);

/**
 * tw_head_get:
 * @head: a head
 * @tag: the tag asked for, by the rule of tw_prop_tag_answers()
 * @ret: (out): the value, borrowed from the head; written for FOUND, and for CUT when @ret_tag's begin is here, else a
 *   value of tag 0
 *
 * Reads one property in place, without allocation.
 *
 * Returns: what the head knows of it
 */
TwHeadAnswer tw_head_get(const TwHead *head, guint32 tag, TwPropValue *ret);

/**
 * tw_head_answers:
 * @tag: a tag of a column or restriction
 *
 * For planners: whether heads know this property at all.
 *
 * Returns: FALSE if tw_head_get() will say UNKNOWN of every head
 */
gboolean tw_head_answers(guint32 tag);

/**
 * tw_head_get_eid:
 * @head: a head
 *
 * Returns: the id that is kept on move and new on copy
 */
guint64 tw_head_get_eid(const TwHead *head);

/**
 * tw_head_get_mail:
 * @head: a head
 * @ret_len: (out): bytes of the mail as it came; G_MAXUINT32 when that or more
 * @ret_header_len: (out): bytes of its header
 *
 * Returns: FALSE, and nothing written, if the message did not come as a mail
 */
gboolean tw_head_get_mail(const TwHead *head, guint32 *ret_len, guint32 *ret_header_len);

/**
 * tw_head_keyword_count:
 * @head: a head
 *
 * Returns: how many keywords past the 64th it has
 */
guint tw_head_keyword_count(const TwHead *head);

/**
 * tw_head_keyword:
 * @head: a head
 * @index: from 0, less than the count
 *
 * Returns: the number of that keyword in the folder's dictionary
 */
guint16 tw_head_keyword(const TwHead *head, guint index);

/* Evaluates restrictions and columns on the head first. Caller's memory, used by one thread. */
typedef struct {
    const TwHead *head;
    const TwPropSource
        *first; /* (nullable): columns of the row that overrule the head; FALSE: ask the head */
    const TwPropSource *
        more; /* (nullable): the tail, asked for what the head does not know; loads it when first asked */
    gboolean
        unsure; /* set, never cleared: something was asked that only the tail knows, and there is no @more */
} TwHeadSource;

/**
 * tw_head_source:
 * @source: filled in by the caller; outlives the result
 *
 * For tw_restriction_match(). With no tail at hand a match is to be believed only while @unsure is FALSE.
 *
 * Returns: the source
 */
TwPropSource tw_head_source(TwHeadSource *source);

G_END_DECLS
