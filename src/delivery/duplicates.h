/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of deliveries, so that a mail a mail server repeats is not stored twice.
 *
 * A server whose connection broke before our answer sends the same bytes again. The name of a delivery is a digest of those
 * bytes, the sender and the mailbox; the engine keeps names with the mails, so that they outlive a crash. Who sends the same
 * bytes on purpose, after it got its answer, means a second mail: so the door confirms what was answered, and confirmed
 * bytes get another name the next time.
 */
#pragma once

#include <glib.h>

#include "base/guid.h"
#include "base/hash.h"

G_BEGIN_DECLS

enum {
    TW_SEEN_MOST = 65536, /* mails that are remembered as answered; the oldest goes first */
};

/* Of a mail: its bytes and its sender. */
typedef struct {
    guint8 bytes[TW_SHA256_LEN];
} TwMailDigest;

/* Mails that were answered, since this process began. Safe from any thread. */
typedef struct TwSeen TwSeen;

/**
 * tw_seen_new:
 * @most: mails to remember, at least 1; usually %TW_SEEN_MOST
 *
 * Returns: (transfer full): an empty memory
 */
TwSeen *tw_seen_new(guint most);

/**
 * tw_seen_free:
 * @seen: (nullable) (transfer full): a memory
 */
void tw_seen_free(TwSeen *seen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSeen, tw_seen_free)

/**
 * tw_seen_confirm:
 * @seen: a memory
 * @digest: of a mail whose sender knows our answer
 */
void tw_seen_confirm(TwSeen *seen, const TwMailDigest *digest);

/**
 * tw_seen_count:
 * @seen: a memory
 * @digest: of a mail
 *
 * Returns: how often it was confirmed
 */
guint tw_seen_count(TwSeen *seen, const TwMailDigest *digest);

/**
 * tw_mail_digest:
 * @mail: (array length=len): a mail without our own trace lines
 * @len: how many bytes
 * @sender: of the envelope
 * @ret: (out): its digest
 */
void tw_mail_digest(const guint8 *mail, gsize len, const char *sender, TwMailDigest *ret);

/**
 * tw_delivery_name:
 * @digest: of a mail
 * @count: how often it was confirmed before
 * @folder: where it goes
 * @ret: (out): the name of its delivery to there
 */
void tw_delivery_name(const TwMailDigest *digest,
                      guint count,
                      guint32 folder,
                      guint8 ret[TW_SHA256_LEN]);

/**
 * tw_delivery_name_by_id:
 * @id: (array length=len): a Message-ID
 * @len: how many bytes
 * @folder: where it goes
 * @ret: (out): the name of any delivery of a mail with that id to there
 */
void tw_delivery_name_by_id(const char *id, gsize len, guint32 folder, guint8 ret[TW_SHA256_LEN]);

G_END_DECLS
