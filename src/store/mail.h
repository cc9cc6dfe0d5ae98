/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mails as they came: delivered to one or many mailboxes, and read back byte for byte.
 *
 * A mail is scanned once. Its bytes are kept as a skeleton and the decoded values of its attachments, each once for all
 * its receivers; before anything is committed the skeleton is rendered and compared with what came. Beside the row
 * stands a summary of header and structure (mail-summary.h).
 */
#pragma once

#include "convert/mail-in.h"
#include "store/mail-summary.h"
#include "store/messages.h"
#include "store/store.h"

G_BEGIN_DECLS

/* Whether mails that this process delivered are told apart by @once. */
typedef struct {
    TwStore *store;
    guint32 folder;
    guint32 flags;  /* TwMessageFlag, of those a client may set; an IMAP APPEND */
    guint32 status; /* PR_MSG_STATUS */
    guint64 kw;     /* keywords of the folder */
    const guint8 *
        once; /* (nullable): 32 bytes that name this delivery to this store: a second one of the same name
                             * does nothing */
} TwMailTarget;

/* How it went with one target. */
typedef struct {
    TwMessageMade made;
    gboolean repeated; /* it had been delivered before: nothing was done, and that is fine */
    GError *error;     /* owned; NULL: it is durable, or repeated */
} TwMailResult;

typedef struct {
    const TwMailTarget *targets;
    guint target_count;
    gint64 recv_us;       /* 0: now */
    const TwObject *with; /* (nullable): its properties are the messages' too */
    const TwMailIn
        *in; /* (nullable): what the mail is as a message; NULL: that is made of its header only */
} TwMailDelivery;

/**
 * tw_mail_deliver:
 * @engine: an engine
 * @bytes: raw bytes; any bytes are a mail
 * @delivery: to whom
 * @results: (out caller-allocates) (array): one for each target, to be cleared with tw_mail_result_clear()
 * @error: what stopped all of it: TW_ERROR_TOO_BIG; NO_SPACE; INVALID: no targets or too many
 *
 * Delivers to all targets, with one scan and one copy of each value; those of one partition share a commit. QUOTA,
 * NOT_FOUND and other failures of one target are told in its result and do not keep the others from getting it.
 *
 * Returns: FALSE, and @results untouched, if nothing was tried
 */
gboolean tw_mail_deliver(TwEngine *engine,
                         GBytes *bytes,
                         const TwMailDelivery *delivery,
                         TwMailResult *results,
                         GError **error);

/**
 * tw_mail_deliver_together:
 * @engine: an engine
 * @mails: (array length=count): raw bytes of each
 * @deliveries: (array length=count): to whom each goes: one target, all of them in the same store
 * @count: how many; not 0
 * @made: (out caller-allocates) (array length=count): what became of each; their uids ascend
 * @error: as of tw_mail_deliver(), and what its result says of a target
 *
 * Delivers all in one commit.
 *
 * Returns: FALSE, and none is there
 */
gboolean tw_mail_deliver_together(TwEngine *engine,
                                  GBytes *const *mails,
                                  const TwMailDelivery *deliveries,
                                  guint count,
                                  TwMessageMade *made,
                                  GError **error);

/**
 * tw_mail_result_clear:
 * @result: a result
 */
void tw_mail_result_clear(TwMailResult *result);

/**
 * tw_store_forget_deliveries:
 * @store: a store
 * @before_us: names given before this time are forgotten
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_forget_deliveries(TwStore *store, gint64 before_us, GError **error);

/* Takes bytes in order, never none. FALSE with @error set stops. */
typedef gboolean (*TwMailSink)(const guint8 *data, gsize len, gpointer user_data, GError **error);

/**
 * tw_message_read_mail:
 * @store: a store
 * @mid: a message
 * @offset: first byte wanted
 * @len: how many; what lies beyond the end is left out
 * @sink: takes them
 * @user_data: for @sink
 * @error: TW_ERROR_NOT_FOUND: no such message, or it did not come as a mail or has been changed since; CORRUPT; what @sink says
 *
 * Gives a range of the mail exactly as it came.
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_read_mail(TwStore *store,
                              guint32 mid,
                              guint64 offset,
                              guint64 len,
                              TwMailSink sink,
                              gpointer user_data,
                              GError **error);

enum {
    TW_MAILS_FIND_MOST =
        32 /* mails that are looked for at once; what lies in their rows is in memory meanwhile */
};

/* Where some mails are: what the database knows of them, as it was at one moment. */
typedef struct TwMailsFound TwMailsFound;

/**
 * tw_mails_find:
 * @store: a store, which outlives what is given
 * @folder: where they must be; 0: anywhere
 * @mids: (array length=count): messages
 * @count: how many, up to TW_MAILS_FIND_MOST
 * @error: TW_ERROR_NOT_FOUND: the folder is not there, or deleted; what the database says
 *
 * Looks for many mails with one look at the database. One that is not there, or damaged, is told of when it is read.
 *
 * Returns: (transfer full): for tw_mails_found_read(), or NULL
 */
TwMailsFound *tw_mails_find(
    TwStore *store, guint32 folder, const guint32 *mids, guint count, GError **error);

/**
 * tw_mails_found_read:
 * @found: mails
 * @at: which of them; each can be read once
 * @len: how many bytes at most
 * @sink: takes them
 * @user_data: for @sink
 * @error: as of tw_message_read_mail()
 *
 * Returns: FALSE on failure
 */
gboolean tw_mails_found_read(TwMailsFound *found,
                             guint at,
                             guint64 len,
                             TwMailSink sink,
                             gpointer user_data,
                             GError **error);

/**
 * tw_mails_found_free:
 * @found: (nullable): mails
 */
void tw_mails_found_free(TwMailsFound *found);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMailsFound, tw_mails_found_free)

/**
 * tw_message_get_summary:
 * @store: a store
 * @mid: a message
 * @error: TW_ERROR_NOT_FOUND: as tw_message_read_mail(), or its mail was too much for a summary
 *
 * Returns: (transfer full): the summary, for tw_mail_summary_open(), or NULL
 */
GBytes *tw_message_get_summary(TwStore *store, guint32 mid, GError **error);

/* A message with what its mail's header and structure say. */
typedef struct {
    TwMessageRow row; /* with its head */
    GBytes *summary;  /* owned; NULL: it has none, or none was asked for */
} TwMailRow;

/**
 * tw_mail_row_clear:
 * @row: a row; what it owns is freed
 */
void tw_mail_row_clear(TwMailRow *row);

/**
 * tw_folder_read_mails:
 * @store: a store
 * @folder: a folder
 * @mids: (array length=count): messages; those that are not in the folder are passed over
 * @count: how many
 * @summaries: with summaries, for tw_mail_summary_open()
 * @out: (element-type TwMailRow): takes them in that order; it frees what its elements own
 * @error: TW_ERROR_NOT_FOUND: no such folder, or it is deleted; CORRUPT
 *
 * One snapshot and one row after the other: what FETCH asks of many messages. Be content with some hundred at a time.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_read_mails(TwStore *store,
                              guint32 folder,
                              const guint32 *mids,
                              guint count,
                              gboolean summaries,
                              GArray *out,
                              GError **error);

G_END_DECLS
