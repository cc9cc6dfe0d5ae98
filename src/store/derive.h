/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Values the store computes from the rest of a message, and the rules of bits that several parties set.
 */
#pragma once

#include "base/guid.h"
#include "mapi/object.h"

G_BEGIN_DECLS

enum {
    TW_DERIVE_MAX_DISPLAY =
        32 * 1024,              /* bytes of PR_DISPLAY_TO and its kin: spec/mailbox-layout.md 34 */
    TW_DERIVE_MAX_PREFIX = 255, /* bytes of a subject prefix that counts */
    TW_DERIVED_SEARCH_KEY_LEN = 16,
};

/**
 * tw_derive_subject_prefix_len:
 * @object: a message
 *
 * How much of PR_SUBJECT is its prefix: PR_SUBJECT_PREFIX where that is set and the subject begins with it, else by
 * tw_subject_prefix_len(). Source: spec/mailbox-layout.md 22.5.
 *
 * Returns: bytes of PR_SUBJECT, at most %TW_DERIVE_MAX_PREFIX; what follows is the normalised subject
 */
gsize tw_derive_subject_prefix_len(const TwObject *object);

/**
 * tw_derive_normalized_subject:
 * @object: a message
 *
 * PR_NORMALIZED_SUBJECT: the subject behind its prefix; without a subject what PR_NORMALIZED_SUBJECT itself says.
 *
 * Returns: (transfer none): the text, borrowed as by tw_object_get(); never NULL
 */
const char *tw_derive_normalized_subject(const TwObject *object);

/**
 * tw_derive_subject_changed:
 * @object: a message whose PR_SUBJECT was just set or removed
 * @prefix_set: PR_SUBJECT_PREFIX was set in the same call
 * @error: on failure as tw_object_set()
 *
 * Strips the mark of old 8-bit subjects, recomputes PR_SUBJECT_PREFIX unless it was set, and removes a stale
 * PR_NORMALIZED_SUBJECT, which is computed when asked for.
 *
 * Returns: TRUE on success
 */
gboolean tw_derive_subject_changed(TwObject *object, gboolean prefix_set, GError **error);

/**
 * tw_derive_conversation_id:
 * @object: a message
 *
 * PR_CONVERSATION_ID of spec/mailbox-layout.md 3.3; without a topic that of the normalised subject.
 *
 * Returns: the id
 */
TwGuid tw_derive_conversation_id(const TwObject *object);

/**
 * tw_derive_conversation_hash:
 * @id: a conversation id
 *
 * Returns: 63 bits of it for an index (never negative as a signed number)
 */
guint64 tw_derive_conversation_hash(const TwGuid *id);

/**
 * tw_derive_search_key:
 * @object: a message
 * @random: 16 random bytes
 * @error: on failure as tw_object_set()
 *
 * Gives a message its PR_SEARCH_KEY unless it has one: set once and copied along (spec/mailbox-layout.md 3.2).
 *
 * Returns: TRUE on success
 */
gboolean tw_derive_search_key(TwObject *object, const guint8 random[16], GError **error);

/**
 * tw_derive_search_key_of:
 * @object: a message as it is stored
 * @ret: (out): the search key of one that has no PR_SEARCH_KEY: a mail that was delivered and not saved since
 *
 * The same for all copies of a mail, until the first save writes it down: made from its internet message id, sender, subject
 * and times.
 */
void tw_derive_search_key_of(const TwObject *object, guint8 ret[TW_DERIVED_SEARCH_KEY_LEN]);

/**
 * tw_derive_has_attach:
 * @object: a message
 *
 * PR_HASATTACH: an attachment that is not hidden. Hidden is PR_ATTACHMENT_HIDDEN. Source: spec/mailbox-layout.md 25.
 *
 * Returns: whether it has one
 */
gboolean tw_derive_has_attach(const TwObject *object);

/**
 * tw_derive_display:
 * @object: a message
 * @recipient_type: 1 To, 2 Cc, 3 Bcc
 *
 * PR_DISPLAY_TO, PR_DISPLAY_CC or PR_DISPLAY_BCC: the names of the recipients of that type (without a name the address), with
 * "; " between them, cut after the last name that fits into %TW_DERIVE_MAX_DISPLAY.
 *
 * Returns: (transfer full): UTF-8, maybe empty
 */
char *tw_derive_display(const TwObject *object, guint recipient_type);

/**
 * tw_derive_size:
 * @object: a message or attachment
 *
 * PR_MESSAGE_SIZE_EXTENDED of a message and PR_ATTACH_SIZE of an attachment, and what quotas count: the packed bytes of
 * all values, inline or in blobs, of the message and of all in it, without entries of bags; a value counts in each message
 * that has it, shared or not. PR_MESSAGE_SIZE is this, at most G_MAXINT32.
 *
 * Returns: bytes
 */
guint64 tw_derive_size(const TwObject *object);

/**
 * tw_derive_preview:
 * @text: (array length=len): begin of a body in UTF-8
 * @len: how many bytes
 * @most: most bytes of the preview
 * @ret_cut: (out) (optional): whether there was more than white space behind it
 *
 * The first words of a text, runs of white space and control characters as one blank, without any at its ends. Other
 * than UTF-8 ends it.
 *
 * Returns: (transfer full): the preview
 */
char *tw_derive_preview(const char *text, gsize len, gsize most, gboolean *ret_cut);

/* PR_MESSAGE_FLAGS: spec/mailbox-layout.md 22.1. */
typedef enum {
    TW_MSGFLAG_READ = 0x01,
    TW_MSGFLAG_UNMODIFIED = 0x02,
    TW_MSGFLAG_SUBMITTED = 0x04,
    TW_MSGFLAG_UNSENT = 0x08,
    TW_MSGFLAG_HAS_ATTACH = 0x10,
    TW_MSGFLAG_FROM_ME = 0x20,
    TW_MSGFLAG_ASSOCIATED = 0x40,
    TW_MSGFLAG_RESEND = 0x80,
    TW_MSGFLAG_READ_REPORT_PENDING = 0x100,
    TW_MSGFLAG_NONREAD_REPORT_PENDING = 0x200,
    TW_MSGFLAG_EVER_READ = 0x400,
    TW_MSGFLAG_ORIGIN_X400 = 0x1000,
    TW_MSGFLAG_ORIGIN_INTERNET = 0x2000,
    TW_MSGFLAG_UNTRUSTED = 0x8000,
} TwMessageFlag;

/* Who asks, and of what. */
typedef enum {
    TW_FLAGS_FIRST_SAVE = 1u << 0, /* the message is new */
    TW_FLAGS_SYNC = 1u << 1,       /* an ICS collector saves it (ulSyncId is not 0) */
    TW_FLAGS_TRANSPORT = 1u << 2,  /* delivery: may set the origin bits */
    TW_FLAGS_ASSOCIATED = 1u << 3, /* the message is associated (ulFlags 0x40) */
    TW_FLAGS_HAS_ATTACH = 1u << 4, /* tw_derive_has_attach() */
    TW_FLAGS_SET = 1u << 5,        /* PR_MESSAGE_FLAGS is among the properties that are saved */
} TwFlagsContext;

/**
 * tw_derive_message_flags:
 * @old: flags that the message has; 0 for a new one
 * @wanted: what the client sent; ignored without %TW_FLAGS_SET
 * @context: bits of #TwFlagsContext
 *
 * What a save makes of PR_MESSAGE_FLAGS. Source: spec/mapi-soap.md 7.3, spec/mailbox-layout.md 22.1:
 * a client sets them at the first save, or with SYNC: read, unmodified, unsent, from me, resend, the two report bits; submitted
 * with SYNC only; the origin bits with TRANSPORT only. The store sets associated and has-attachments; read sets ever
 * read, which stays. Each save but the first clears unmodified, unless SYNC sets it.
 *
 * Returns: the new flags
 */
guint32 tw_derive_message_flags(guint32 old, guint32 wanted, guint context);

/**
 * tw_derive_read_flag:
 * @old: flags that the message has
 * @is_read: the new state
 *
 * Setting or clearing the read mark, which does not count as a modification. Reading a message also takes back the pending
 * reports; who sends them looks before.
 *
 * Returns: the new flags
 */
guint32 tw_derive_read_flag(guint32 old, gboolean is_read);

G_END_DECLS
