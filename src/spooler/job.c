/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/job.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "base/log.h"
#include "mapi/message-class.h"
#include "spooler/filing.h"
#include "spooler/outgoing.h"
#include "spooler/people.h"
#include "spooler/rights.h"

enum {
    /* Addresses for which nothing more is to be done while others wait: taken by the relay, or reported on. Of the store's own
     * range, so no mail carries it. */
    SETTLED_TAG = 0x67fd101f,
    MOST_DOUBLINGS = 20,    /* of the time between two tries */
    MOST_SETTLED = 8 << 20, /* bytes of that property */
};

typedef struct {
    const TwSpoolerPlace *place;
    TwFiling filing;
    TwQueueRow row;
    guint64 cn;
    TwDirectoryObject *owner, *represented; /* owned */
    TwObject *stored, *message;             /* owned: as it is in the store, and in hand */
    TwSends sends;
    GArray *recipients;  /* owned, of TwRecipient */
    GArray *failed;      /* owned, likewise: to be reported on */
    GHashTable *settled; /* owned, of char *, lower case */
    guint sent, waiting; /* of this try */
} Job;

static void
clear_job(Job *job)
{
    tw_directory_object_unref(job->owner);
    tw_directory_object_unref(job->represented);
    tw_object_free(job->stored);
    tw_object_free(job->message);
    g_clear_pointer(&job->recipients, g_array_unref);
    g_clear_pointer(&job->failed, g_array_unref);
    g_clear_pointer(&job->settled, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, clear_job)

static void
step(const Job *job, const char *name)
{
    const TwSpoolerHooks *hooks = job->place->hooks;

    if (hooks != NULL && hooks->step != NULL)
        hooks->step(hooks->data, name);
}

static void
log_event(const Job *job, TwLogLevel level, const char *what, guint count, const char *why)
{
    char store[TW_GUID_TEXT_SIZE];

    tw_guid_print(&job->row.store, TW_GUID_PLAIN, store);
    if (why == NULL)
        tw_log(level, "mail-out", tw_log_str(TW_LOG_RESULT, what), tw_log_str(TW_LOG_STORE, store),
               tw_log_uint(TW_LOG_MESSAGE, job->row.message), tw_log_uint(TW_LOG_COUNT, count));
    else
        tw_log(level, "mail-out", tw_log_str(TW_LOG_RESULT, what), tw_log_str(TW_LOG_STORE, store),
               tw_log_uint(TW_LOG_MESSAGE, job->row.message), tw_log_uint(TW_LOG_COUNT, count),
               tw_log_str(TW_LOG_REASON, why));
}

/* ---- loading ---- */

static gboolean
load(Job *job, GError **error)
{
    TwSession *session = job->place->session;
    g_auto(TwMessageReadArgs) read = { .store = job->row.store, .message = job->row.message };
    g_auto(TwBookGetArgs) owner = { .user = job->row.owner };
    TwPropValue settled, one;

    if (!tw_session_message_read(session, &read, error) ||
        !tw_session_book_get(session, &owner, error))
        return FALSE;
    job->cn = read.row.cn;
    job->stored = g_steal_pointer(&read.object);
    job->message = tw_object_copy(job->stored);
    job->owner = g_steal_pointer(&owner.entry);
    if (tw_object_get(job->stored, SETTLED_TAG, &settled)) {
        for (guint i = 0; tw_value_item(&settled, i, &one); i++)
            g_hash_table_add(job->settled, g_strndup(one.text, one.len));
    }
    (void) tw_object_remove(job->message, SETTLED_TAG);
    job->filing = (TwFiling){ .session = session,
                              .settings = job->place->settings,
                              .row = &job->row,
                              .owner = job->owner,
                              .message = job->stored,
                              .now_us = tw_time_now_us() };
    return TRUE;
}

static char *
key_of(const TwRecipient *one)
{
    return g_ascii_strdown(one->address != NULL ? one->address : one->name, -1);
}

static gboolean
is_settled(const Job *job, const TwRecipient *one)
{
    g_autofree char *key = key_of(one);

    return g_hash_table_contains(job->settled, key);
}

/* ---- outcomes ---- */

static void
settle(Job *job, const TwRecipient *one)
{
    g_hash_table_add(job->settled, key_of(one));
}

static void
fail(Job *job, const TwRecipient *one, TwRecipientTrouble trouble)
{
    TwRecipient failed = { .address = g_strdup(one->address),
                           .name = g_strdup(one->name),
                           .trouble = trouble,
                           .code = one->code,
                           .text = g_strdup(one->text) };

    memcpy(failed.status, one->status, sizeof failed.status);
    g_array_append_val(job->failed, failed);
    settle(job, one);
}

static gboolean
is_expired(const Job *job)
{
    return job->filing.now_us - job->row.submitted_us >= job->place->settings->give_up_us;
}

static void
wait_for(Job *job, const TwRecipient *one)
{
    if (is_expired(job)) {
        fail(job, one, TW_RECIPIENT_EXPIRED);
        return;
    }
    job->waiting++;
}

/* All that are to be tried share it. */
static void
all_share(Job *job, TwRecipientTrouble trouble)
{
    for (guint i = 0; i < job->recipients->len; i++) {
        const TwRecipient *one = &g_array_index(job->recipients, TwRecipient, i);
        if (is_settled(job, one))
            continue;
        if (trouble == TW_RECIPIENT_OK && one->trouble == TW_RECIPIENT_OK)
            wait_for(job, one);
        else
            fail(job, one, trouble != TW_RECIPIENT_OK ? trouble : one->trouble);
    }
}

/* ---- sending ---- */

static char *
resolve(gpointer data, const guint8 *id, gsize len)
{
    Job *job = data;
    g_autoptr(TwDirectoryObject) entry = NULL;

    if (!tw_person_find_id(job->place->session, id, len, &entry, NULL) || entry == NULL ||
        *entry->mail == '\0')
        return NULL;
    return g_strdup(entry->mail);
}

static gboolean
make_mail(Job *job, TwMailFlags flags, TwOutgoing *ret, GError **error)
{
    const TwSpoolerSettings *settings = job->place->settings;
    TwOutgoingSpec spec = { .session = job->place->session,
                            .store = job->row.store,
                            .message = job->row.message,
                            .folder = settings->tmp_path,
                            .domain = settings->name,
                            .tnef = settings->tnef,
                            .flags = flags,
                            .resolve = resolve,
                            .data = job };

    return tw_outgoing_make(ret, job->message, &spec, error);
}

static gboolean
append_to_file(gpointer taker, const guint8 *bytes, gsize len, GError **error)
{
    if (fwrite(bytes, 1, len, taker) == len)
        return TRUE;
    return tw_error_from_errno(error, errno, "writing a raw copy");
}

/* For support: what is sent, with whom it does not show. A copy that fails stops no mail. */
static void
keep_raw(Job *job)
{
    const TwSpoolerSettings *settings = job->place->settings;
    g_auto(TwOutgoing) mail = { .fd = -1 };
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strdup_printf("%s/smtp-%u-%u-%u.eml", settings->raw_path,
                                            job->row.owner, job->row.message, job->row.tries);
    FILE *file;
    gboolean ok;

    if (!settings->raw)
        return;
    file = g_fopen(path, "we");
    ok = file != NULL ? make_mail(job, TW_MAIL_BCC, &mail, &error) &&
                            tw_outgoing_give(&mail, append_to_file, file, &error)
                      : tw_error_from_errno(&error, errno, path);
    if (file != NULL && fclose(file) != 0)
        ok = FALSE;
    if (!ok)
        log_event(job, TW_LOG_WARNING, "no-raw-copy", 0, error != NULL ? error->message : path);
}

/* What reports on others, and what nobody wrote, must not be reported on (RFC 5321, 4.5.5; RFC 3834, 3.3). */
static gboolean
has_null_sender(const Job *job)
{
    const char *class = tw_object_get_text(job->message, PR_MESSAGE_CLASS, "");

    return tw_message_class_is(class, "REPORT") ||
           tw_message_class_is(class, "IPM.Note.Rules.OofTemplate") ||
           tw_message_class_is(class, "IPM.Note.Rules.ReplyTemplate");
}

static const char *
sender_of(const Job *job)
{
    if (has_null_sender(job))
        return "";
    return job->sends == TW_SENDS_AS && job->represented != NULL && *job->represented->mail != '\0'
               ? job->represented->mail
               : job->owner->mail;
}

static guint
notify_of(const Job *job)
{
    TwPropValue asked;

    if (!job->place->settings->dsn ||
        !tw_object_get(job->message, PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, &asked) ||
        tw_prop_tag_type(asked.tag) != TW_PT_BOOLEAN || !asked.truth)
        return 0;
    return TW_SMTP_NOTIFY_SUCCESS | TW_SMTP_NOTIFY_FAILURE | TW_SMTP_NOTIFY_DELAY;
}

/* Those of the envelope: of the list, what has an address and is not settled. */
static GArray *
make_envelope(Job *job)
{
    GArray *envelope = g_array_new(FALSE, TRUE, sizeof(TwSmtpRecipient));
    guint notify = notify_of(job);

    for (guint i = 0; i < job->recipients->len; i++) {
        const TwRecipient *one = &g_array_index(job->recipients, TwRecipient, i);
        TwSmtpRecipient to = { .address = one->address, .notify = notify };
        if (one->trouble == TW_RECIPIENT_OK && !is_settled(job, one))
            g_array_append_val(envelope, to);
    }
    g_array_set_clear_func(envelope, (GDestroyNotify) tw_smtp_recipient_clear);
    return envelope;
}

static void
take_outcomes(Job *job, const GArray *envelope)
{
    guint next = 0;

    for (guint i = 0; i < job->recipients->len; i++) {
        TwRecipient *one = &g_array_index(job->recipients, TwRecipient, i);
        const TwSmtpRecipient *to;
        if (is_settled(job, one))
            continue;
        if (one->trouble != TW_RECIPIENT_OK) {
            fail(job, one, one->trouble);
            continue;
        }
        to = &g_array_index(envelope, TwSmtpRecipient, next++);
        one->code = to->code;
        one->text = g_strdup(to->text);
        memcpy(one->status, to->status, sizeof one->status);
        if (to->outcome == TW_SMTP_NEVER) {
            fail(job, one, TW_RECIPIENT_REFUSED);
        } else if (to->outcome == TW_SMTP_LATER) {
            wait_for(job, one);
        } else {
            settle(job, one);
            job->sent++;
        }
    }
}

static TwSmtp *
open_relay(const TwSpoolerPlace *place, GError **error)
{
    const TwSpoolerSettings *settings = place->settings;
    TwSmtpOptions options = { .host = settings->host,
                              .port = settings->port,
                              .unix_path = settings->unix_path,
                              .security = settings->security,
                              .tls = settings->tls,
                              .user = settings->user,
                              .password = settings->password,
                              .name = settings->name,
                              .cancel = place->cancel };

    return tw_smtp_open(&options, error);
}

static gboolean
needs_utf8(const GArray *envelope, const char *sender)
{
    for (guint i = 0; i < envelope->len; i++) {
        if (tw_smtp_path_needs_utf8(g_array_index(envelope, TwSmtpRecipient, i).address))
            return TRUE;
    }
    return tw_smtp_path_needs_utf8(sender);
}

static TwMailFlags
flags_for(TwSmtp *smtp, const GArray *envelope, const char *sender)
{
    guint has = tw_smtp_get_offer(smtp)->has;
    TwMailFlags flags = (TwMailFlags) 0;

    if (has & TW_SMTP_HAS_8BITMIME)
        flags |= TW_MAIL_8BIT;
    if ((has & TW_SMTP_HAS_SMTPUTF8) && needs_utf8(envelope, sender))
        flags |= TW_MAIL_UTF8;
    return flags;
}

/* Whether it is the message that is at fault, now and for ever. */
static gboolean
is_message_broken(const GError *error)
{
    return g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_TOO_COMPLEX) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_INVALID) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
}

static gboolean
send_over(Job *job, TwSmtp *smtp, GArray *envelope, GError **error)
{
    const char *sender = sender_of(job);
    TwMailFlags flags = flags_for(smtp, envelope, sender);
    g_auto(TwOutgoing) outgoing = { .fd = -1 };
    g_autofree char *id = tw_mail_message_id(job->message, job->place->settings->name);
    g_autoptr(GError) why = NULL;
    TwSmtpMail mail = { .sender = sender,
                        .utf8 = (flags & TW_MAIL_UTF8) != 0,
                        .envelope = notify_of(job) != 0 ? id : NULL,
                        .body = tw_outgoing_give,
                        .data = &outgoing };
    gboolean unsure;

    if (!make_mail(job, flags, &outgoing, &why)) {
        if (!is_message_broken(why)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        log_event(job, TW_LOG_ERR, "broken", 0, why->message);
        all_share(job, TW_RECIPIENT_BROKEN);
        return TRUE;
    }
    mail.size = outgoing.len;
    mail.eight_bit = outgoing.eight_bit;
    if (!tw_smtp_send(smtp, &mail, (TwSmtpRecipient *) (gpointer) envelope->data, envelope->len,
                      &unsure, &why))
        log_event(job, TW_LOG_WARNING, unsure ? "maybe-twice" : "line-broke", envelope->len,
                  why->message);
    take_outcomes(job, envelope);
    return TRUE;
}

static gboolean
transmit(Job *job, GError **error)
{
    g_autoptr(GArray) envelope = make_envelope(job);
    g_autoptr(GError) why = NULL;
    g_autoptr(TwSmtp) smtp = NULL;

    if (envelope->len == 0) {
        all_share(job, TW_RECIPIENT_OK);
        return TRUE;
    }
    keep_raw(job);
    smtp = open_relay(job->place, &why);
    if (smtp != NULL)
        return send_over(job, smtp, envelope, error);
    log_event(job, TW_LOG_WARNING, "no-relay", envelope->len, why->message);
    all_share(job, TW_RECIPIENT_OK);
    return TRUE;
}

/* ---- the way of a message ---- */

static gboolean
judge(Job *job, GError **error)
{
    const TwSpoolerSettings *settings = job->place->settings;

    if (!tw_sends_judge(job->place->session, settings, job->owner, job->message, &job->sends,
                        &job->represented, error))
        return FALSE;
    job->recipients =
        tw_recipients_collect(job->place->session, settings, &job->row.store, job->message, error);
    return job->recipients != NULL;
}

/* What a hook says; TRUE in *@ret_go_on: it is to be sent. */
static void
ask_hook(Job *job, gboolean *ret_go_on)
{
    const TwSpoolerHooks *hooks = job->place->hooks;
    TwSpoolerVerdict verdict = TW_SPOOLER_CONTINUE;

    *ret_go_on = FALSE;
    if (hooks != NULL && hooks->pre_sending != NULL)
        verdict = hooks->pre_sending(hooks->data, job->place->session, &job->row, job->message);
    switch (verdict) {
    case TW_SPOOLER_CONTINUE:
    case TW_SPOOLER_EXIT:
        *ret_go_on = TRUE;
        break;
    case TW_SPOOLER_FAILED:
    case TW_SPOOLER_STOP_FAILED:
        all_share(job, TW_RECIPIENT_BROKEN);
        break;
    case TW_SPOOLER_STOP_SUCCESS:
        break;
    case TW_SPOOLER_RETRY_LATER:
        all_share(job, TW_RECIPIENT_OK);
        break;
    }
}

static gboolean
attempt(Job *job, GError **error)
{
    gboolean go_on;

    if (!judge(job, error))
        return FALSE;
    if (job->sends == TW_SENDS_FORBIDDEN) {
        all_share(job, TW_RECIPIENT_FORBIDDEN);
        return TRUE;
    }
    ask_hook(job, &go_on);
    return !go_on || transmit(job, error);
}

static gint64
next_try(const Job *job)
{
    const TwSpoolerSettings *settings = job->place->settings;
    guint doublings = MIN(job->row.tries > 0 ? job->row.tries - 1 : 0, MOST_DOUBLINGS);
    gint64 wait = MIN(settings->retry_us, settings->retry_most_us);

    while (doublings-- > 0 && wait < settings->retry_most_us)
        wait = MIN(wait * 2, settings->retry_most_us);
    return MAX(tw_time_now_us() + wait, 1);
}

static gboolean
put_back(const Job *job, GError **error)
{
    TwQueueRetryArgs args = { .store = job->row.store,
                              .message = job->row.message,
                              .due_us = next_try(job) };

    return tw_session_queue_retry(job->place->session, &args, error);
}

/* So that those who have it do not get it again with the others. */
static gboolean
note_settled(Job *job, GError **error)
{
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST_SETTLED);
    TwMessageSaveArgs args = {
        .store = job->row.store, .message = job->row.message, .object = job->stored, .cn = job->cn
    };
    TwPropValue value;
    GHashTableIter iter;
    gpointer key;

    if (job->sent == 0 && job->failed->len == 0)
        return TRUE;
    tw_list_builder_init(&list, SETTLED_TAG);
    g_hash_table_iter_init(&iter, job->settled);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        tw_list_builder_add(&list, key, strlen(key));
    return tw_list_builder_finish(&list, &bytes, &value, error) &&
           tw_object_set(job->stored, &value, error) &&
           tw_session_message_save(job->place->session, &args, error);
}

/* A copy that fails is no reason to send again. */
static gboolean
copy_for_represented(const Job *job)
{
    TwSpoolerCopy copy = job->place->settings->copy;
    g_autoptr(GError) why = NULL;
    gboolean there = FALSE;

    if (job->represented == NULL || copy == TW_SPOOLER_COPY_NONE ||
        job->sends == TW_SENDS_FORBIDDEN)
        return FALSE;
    if (!tw_filing_copy(&job->filing, job->represented, &there, &why))
        log_event(job, TW_LOG_WARNING, "no-copy", 0, why->message);
    return there && copy == TW_SPOOLER_COPY_MOVE;
}

static gboolean
conclude(Job *job, TwSpoolerResult *ret, GError **error)
{
    gboolean elsewhere;

    step(job, "sent");
    if (job->sent > 0)
        log_event(job, TW_LOG_INFO, "sent", job->sent, NULL);
    if (job->failed->len > 0) {
        log_event(job, TW_LOG_NOTICE, "failed", job->failed->len, NULL);
        if (!has_null_sender(job) && !tw_filing_report(&job->filing, job->failed, error))
            return FALSE;
        step(job, "reported");
    }
    if (job->waiting > 0) {
        *ret = TW_SPOOLER_WAITS;
        log_event(job, TW_LOG_INFO, "waits", job->waiting, NULL);
        if (!note_settled(job, error))
            return FALSE;
        step(job, "noted");
        return put_back(job, error);
    }
    *ret = TW_SPOOLER_DONE;
    elsewhere = copy_for_represented(job);
    step(job, "copied");
    if (!tw_filing_finish(&job->filing, elsewhere, error))
        return FALSE;
    step(job, "finished");
    return TRUE;
}

/* ---- taking ---- */

/* FALSE without an error: it is not ours to send. */
static gboolean
take(Job *job, const TwQueueRow *row, GError **error)
{
    g_auto(TwQueueTakeArgs) args = { .store = row->store, .message = row->message };
    g_autoptr(GError) why = NULL;

    if (!tw_session_queue_take(job->place->session, &args, &why)) {
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_SUBMITTED) &&
            !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_QUEUED) &&
            !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    job->row = args.row;
    if (row->state == TW_QUEUE_TAKEN)
        log_event(job, TW_LOG_WARNING, "maybe-twice", 0, "sending was begun and not finished");
    return TRUE;
}

gboolean
tw_spooler_job_run(const TwSpoolerPlace *place,
                   const TwQueueRow *row,
                   TwSpoolerResult *ret,
                   GError **error)
{
    g_auto(Job) job = { .place = place, .row = *row };
    GError *why = NULL;

    *ret = TW_SPOOLER_SKIPPED;
    job.failed = tw_recipients_new();
    job.settled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!take(&job, row, &why)) {
        if (why == NULL)
            return TRUE;
        g_propagate_error(error, why);
        return FALSE;
    }
    step(&job, "taken");
    if (load(&job, &why) && attempt(&job, &why) && conclude(&job, ret, &why))
        return TRUE;
    log_event(&job, TW_LOG_ERR, "error", 0, why->message);
    (void) put_back(&job, NULL);
    g_propagate_error(error, why);
    return FALSE;
}
