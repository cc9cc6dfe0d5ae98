/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Delivery: a mail to one or many mailboxes. One scan, one plan, one object; values are put once for each scope
 * (company); each target is an operation of its own, queued together, so that those of one partition share a commit.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/date.h"
#include "base/error.h"
#include "base/time.h"
#include "convert/mime-header.h"
#include "convert/mime-scan.h"
#include "convert/mime-skeleton.h"
#include "mapi/tags.h"
#include "store/deliver-private.h"
#include "store/dictionary.h"
#include "store/inline.h"
#include "store/mail.h"
#include "store/message-private.h"
#include "store/value-window.h"

enum {
    LEAST_VALUE = 1024,    /* decoded bytes from which an attachment is worth a value of its own */
    MAX_IN_ROW = 4096,     /* bytes of a skeleton with references, in all rows together */
    MAX_HEADER_TEXT = 900, /* bytes taken of one header field; all of it is in the mail */
    MAX_RECIPIENTS = 200,  /* taken from To and Cc; all of them are in the mail */
};

/* The mail as it is kept in one scope. */
typedef struct {
    guint32 company;
    TwContent content;
} Scope;

typedef struct {
    TwEngine *engine;
    const guint8 *mail;
    gsize len;
    const TwMimeTree *tree;
    TwMimeTree *scanned; /* owned, nullable: the tree, when nobody brought one */
    GArray *refs;        /* TwSkeletonRef */
    TwMailValues values; /* when there is @in */
    guint copies;        /* targets */
    gboolean inside; /* the mail lies in the rows of its targets, all of it literal (inline.h) */
    TwObject *object;
    const TwMailIn *in;  /* nullable */
    gboolean has_attach; /* the object has one that is not hidden */
    gboolean shared;     /* the object is for several scopes: each takes a copy */
    GBytes *summary;     /* nullable */
    TwMessageRow row;    /* of every target, but for its place, flags and numbers */
    GArray *scopes;      /* Scope */

    GMutex lock; /* guards waiting */
    GCond done;
    guint waiting;
    gboolean awaited; /* somebody waits for done: a signal costs a call of the kernel */
} Mail;

/* ---- the object: what the head needs of the header ---- */

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    tw_object_set(object, &value, NULL); /* text that does not fit is in the mail all the same */
}

static char *
field_text(const TwMimeField *field)
{
    GString *line =
        tw_mime_unfold(field->value, MIN(field->value_len, (gsize) MAX_HEADER_TEXT * 2));
    char *valid;

    g_string_truncate(line, MIN(line->len, MAX_HEADER_TEXT));
    valid = g_utf8_make_valid(line->str, (gssize) line->len);
    g_string_free(line, TRUE);
    return valid;
}

/* "Name <address>", "address" or "address (name)"; raw where it is neither. */
static void
split_address(const char *text, char **ret_name, char **ret_address)
{
    const char *open = strrchr(text, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    char *name;

    if (close == NULL) {
        *ret_name = g_strstrip(g_strdup(text));
        *ret_address = g_strdup(*ret_name);
        return;
    }
    *ret_address = g_strstrip(g_strndup(open + 1, (gsize) (close - open - 1)));
    name = g_strstrip(g_strndup(text, (gsize) (open - text)));
    if (name[0] == '"' && strlen(name) >= 2 && name[strlen(name) - 1] == '"') {
        name[strlen(name) - 1] = '\0';
        memmove(name, name + 1, strlen(name));
    }
    if (*name == '\0') {
        g_free(name);
        name = g_strdup(*ret_address);
    }
    *ret_name = name;
}

static void
add_recipient(TwObject *object, const char *text, guint32 type)
{
    g_autofree char *name = NULL;
    g_autofree char *address = NULL;
    TwPropValue value = tw_value_long(PR_RECIPIENT_TYPE, type);
    TwObject *recipient;

    if (*text == '\0' || tw_object_count(object, TW_OBJECT_RECIPIENT) >= MAX_RECIPIENTS)
        return;
    recipient = tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    if (recipient == NULL)
        return;
    split_address(text, &name, &address);
    tw_object_set(recipient, &value, NULL);
    set_text(recipient, PR_DISPLAY_NAME, name);
    set_text(recipient, PR_ADDRTYPE, "SMTP");
    set_text(recipient, PR_EMAIL_ADDRESS, address);
    set_text(recipient, PR_SMTP_ADDRESS, address);
}

/* At commas outside quotes and angle brackets. */
static void
add_recipients(TwObject *object, const char *list, guint32 type)
{
    gboolean quoted = FALSE, angle = FALSE;
    const char *start = list;

    for (const char *at = list;; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '<' || *at == '>')
            angle = *at == '<';
        if (*at == '\0' || (*at == ',' && !quoted && !angle)) {
            g_autofree char *one = g_strstrip(g_strndup(start, (gsize) (at - start)));
            add_recipient(object, one, type);
            start = at + 1;
        }
        if (*at == '\0')
            return;
    }
}

static void
set_from(TwObject *object, const char *text)
{
    g_autofree char *name = NULL;
    g_autofree char *address = NULL;

    split_address(text, &name, &address);
    set_text(object, PR_SENT_REPRESENTING_NAME, name);
    set_text(object, PR_SENT_REPRESENTING_ADDRTYPE, "SMTP");
    set_text(object, PR_SENT_REPRESENTING_EMAIL_ADDRESS, address);
    set_text(object, PR_SENDER_NAME, name);
    set_text(object, PR_SENDER_ADDRTYPE, "SMTP");
    set_text(object, PR_SENDER_EMAIL_ADDRESS, address);
}

static void
set_date(TwObject *object, const char *text)
{
    guint64 filetime;
    TwDate date;
    gint64 us;

    if (tw_date_parse_rfc5322(text, strlen(text), &date) && tw_date_to_us(&date, &us) &&
        tw_time_to_filetime(us, &filetime)) {
        TwPropValue value = tw_value_i8(PR_CLIENT_SUBMIT_TIME, (gint64) filetime);
        tw_object_set(object, &value, NULL);
    }
}

static void
take_field(TwObject *object, const TwMimeField *field)
{
    static const struct {
        const char *name;
        guint32 tag;
    } texts[] = {
        { "Subject", PR_SUBJECT },
        { "Message-ID", PR_INTERNET_MESSAGE_ID },
        { "In-Reply-To", PR_IN_REPLY_TO_ID },
        { "References", PR_INTERNET_REFERENCES },
    };
    g_autofree char *text = field_text(field);

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (tw_mime_field_is(field, texts[i].name) && !tw_object_has(object, texts[i].tag))
            set_text(object, texts[i].tag, text);
    }
    if (tw_mime_field_is(field, "From") && !tw_object_has(object, PR_SENDER_NAME))
        set_from(object, text);
    else if (tw_mime_field_is(field, "Date") && !tw_object_has(object, PR_CLIENT_SUBMIT_TIME))
        set_date(object, text);
    else if (tw_mime_field_is(field, "To"))
        add_recipients(object, text, 1);
    else if (tw_mime_field_is(field, "Cc"))
        add_recipients(object, text, 2);
}

static void
take_properties(TwObject *object, const TwObject *with)
{
    g_autoptr(GArray) tags = tw_object_list_tags(with);

    for (guint i = 0; i < tags->len; i++) {
        TwPropValue value;
        if (tw_object_get(with, g_array_index(tags, guint32, i), &value))
            tw_object_set(object, &value, NULL);
    }
}

static void
set_received(TwObject *object, gint64 recv)
{
    guint64 filetime;

    if (tw_time_to_filetime(recv, &filetime)) {
        TwPropValue value = tw_value_i8(PR_MESSAGE_DELIVERY_TIME, (gint64) filetime);
        tw_object_set(object, &value, NULL);
    }
}

/* The whole message, which whoever delivers made of it. */
static TwObject *
whole_object(const Mail *mail, gint64 recv, GError **error)
{
    g_autoptr(TwObject) object = tw_object_copy(mail->in->object);

    set_received(object, recv);
    if (!tw_mail_values_measure(&mail->values, mail->refs, object, error))
        return NULL;
    return g_steal_pointer(&object);
}

static TwObject *
object_of(const Mail *mail, gint64 recv)
{
    guint count;
    const TwMimePart *root = tw_mime_tree_get_parts(mail->tree, &count);
    TwCursor cur = tw_cursor_init(mail->mail + root->header, root->header_len);
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    TwMimeField field;

    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    while (tw_mime_field_next(&cur, &field)) {
        if (field.name_len > 0)
            take_field(object, &field);
    }
    set_received(object, recv);
    return object;
}

/* ---- skeleton and values ---- */

static gboolean
to_writer(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    return tw_blob_writer_put(user_data, data, len, error);
}

static gboolean
put_value(const Mail *mail,
          const TwSkeletonRef *ref,
          TwBlobUse *use,
          const TwBlobOptions *options,
          TwBlobId *ret_id,
          GError **error)
{
    g_autoptr(TwBlobWriter) writer = tw_blob_writer_new(use, options);

    return tw_skeleton_decode(mail->mail, mail->len, ref, to_writer, writer, error) &&
           tw_blob_writer_finish(writer, ret_id, NULL, error);
}

typedef struct {
    const Mail *mail;
    const TwContent *content;
    TwValueWindow window;
    gsize at; /* bytes that were the same so far */
} Proof;

static gboolean
fetch(guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error)
{
    Proof *proof = user_data;
    const TwValueRow *row;

    g_return_val_if_fail(ref < proof->content->values->len, FALSE);
    row = &g_array_index(proof->content->values, TwValueRow, ref);
    return tw_value_window_read(&proof->window, proof->mail->engine->blobs, &row->id, offset, len,
                                out, error);
}

static gboolean
compare(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    Proof *proof = user_data;

    if (len > proof->mail->len - proof->at ||
        memcmp(proof->mail->mail + proof->at, data, len) != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "the skeleton is not the mail");
        return FALSE;
    }
    proof->at += len;
    return TRUE;
}

/* Renders what would be kept, out of where it would be kept. */
static gboolean
proves(const Mail *mail, const TwContent *content, GBytes *bytes)
{
    g_autoptr(TwSkeleton) skeleton = tw_skeleton_parse(bytes, NULL);
    Proof proof = { .mail = mail, .content = content };
    gboolean same = skeleton != NULL &&
                    tw_skeleton_read(skeleton, 0, G_MAXUINT64, fetch, compare, &proof, NULL) &&
                    proof.at == mail->len;

    tw_value_window_clear(&proof.window);
    return same;
}

static void
own_part(guint32 number, TwPart *ret)
{
    *ret = (TwPart){ 0 };
    tw_part_push(ret, TW_PART_OWN, number);
}

static gboolean
put_values(const Mail *mail, Scope *scope, const GArray *refs, GError **error)
{
    TwContent *content = &scope->content;
    TwBlobOptions options = { .scope = scope->company, .compress = TRUE };

    g_array_set_size(content->values, 0);
    for (guint i = 0; i < refs->len; i++) {
        const TwSkeletonRef *ref = &g_array_index(refs, TwSkeletonRef, i);
        TwBlobId id;
        TwPart part;

        if (!put_value(mail, ref, content->use, &options, &id, error))
            return FALSE;
        own_part(TW_PART_OWN_VALUES + i, &part);
        tw_content_add_value(content, &part, TW_VALUE_PART, &id, ref->decoded_len);
    }
    return TRUE;
}

/* Whether the skeleton lies in the row: with all of its mail; or as it is little beside the values, and to look for its
 * like costs more than to keep it. */
static gboolean
is_in_row(const Mail *mail, const GArray *refs, gsize len)
{
    return mail->inside || (mail->engine->config.inline_mode != TW_INLINE_NEVER && refs->len > 0 &&
                            len <= MAX_IN_ROW / mail->copies);
}

/* What it names are values 0 to n, then comes the skeleton itself; or that goes into the row. */
static gboolean
put_skeleton(const Mail *mail, Scope *scope, const GArray *refs, gboolean *ret_same, GError **error)
{
    TwContent *content = &scope->content;
    TwBlobOptions options = { .scope = scope->company, .compress = TRUE };
    g_autoptr(GBytes) bytes = tw_skeleton_build(mail->mail, mail->len, refs, error);
    const guint8 *data;
    TwBlobId id;
    TwPart part;
    gsize len;

    g_clear_pointer(&content->mail, g_bytes_unref);
    if (bytes == NULL || !put_values(mail, scope, refs, error))
        return FALSE;
    data = g_bytes_get_data(bytes, &len);
    if (is_in_row(mail, refs, len)) {
        content->mail = tw_inline_pack(bytes);
    } else {
        if (!tw_blob_put(content->use, data, len, &options, &id, error))
            return FALSE;
        own_part(TW_PART_OWN_SKELETON, &part);
        tw_content_add_value(content, &part, TW_VALUE_MAIL, &id, len);
    }
    *ret_same = proves(mail, content, bytes);
    return TRUE;
}

/* The message with its values, which go after those of the skeleton. */
static gboolean
fill_object(Mail *mail, Scope *scope, TwStore *store, const GArray *refs, GError **error)
{
    TwBlobOptions options = { .scope = scope->company, .compress = TRUE };
    g_autoptr(TwObject) copy = mail->shared ? tw_object_copy(mail->object) : NULL;
    TwObject *object = copy != NULL ? copy : mail->object;

    if (mail->in != NULL && !tw_mail_values_put(&mail->values, refs, scope->content.values,
                                                scope->content.use, &options, object, error))
        return FALSE;
    if (mail->in != NULL && mail->inside)
        scope->content.texts = tw_mail_values_leave(&mail->values, mail->tree, object);
    return tw_content_prepare(&scope->content, store, object, error);
}

static gboolean
fill_scope(Mail *mail, Scope *scope, TwStore *store, GError **error)
{
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(TwSkeletonRef));
    const GArray *refs = mail->refs;
    gboolean same = FALSE;

    tw_content_begin(&scope->content, store);
    scope->content.copies = mail->copies;
    if (!put_skeleton(mail, scope, mail->refs, &same, error))
        return FALSE;
    if (!same) { /* all of it as it is, then */
        refs = none;
        if (!put_skeleton(mail, scope, refs, &same, error))
            return FALSE;
    }
    if (!same) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "the mail cannot be kept as it is");
        return FALSE;
    }
    scope->content.summary = mail->summary != NULL ? tw_dictionary_pack(mail->summary) : NULL;
    return fill_object(mail, scope, store, refs, error);
}

/* ---- targets ---- */

typedef struct {
    Mail *mail;
    const TwMailTarget *target;
    const Scope *scope;
    TwMailResult *result;
    guint32 mid;
    TwMessageMade made;
} One;

static gboolean
deliver_one(TwWork *work, One *one, GError **error)
{
    const TwMailTarget *target = one->target;
    g_autoptr(GBytes) head = NULL;
    TwMessageRow row = one->mail->row;
    TwFolderRow *folder;

    if (target->once != NULL &&
        !tw_sql_delivered_add(work->tx, target->store->number, target->once, work->now, error))
        return FALSE;
    folder = tw_work_folder(work, target->folder, FALSE, error);
    row.store = target->store->number;
    row.folder = target->folder;
    row.mid = row.bid = one->mid;
    row.status |= target->status;
    row.kw = target->kw;
    row.flags = tw_derive_message_flags(
        0, target->flags | TW_MSGFLAG_UNMODIFIED | TW_MSGFLAG_ORIGIN_INTERNET,
        TW_FLAGS_FIRST_SAVE | TW_FLAGS_SET | TW_FLAGS_TRANSPORT |
            (one->mail->has_attach ? (guint) TW_FLAGS_HAS_ATTACH : 0u));
    head = tw_message_head_with_eid(row.head, tw_message_eid(row.store, row.bid));
    row.head = head;
    if (folder == NULL || !tw_work_quota(work, row.size, error) ||
        !tw_message_insert(work, &row, folder, error) ||
        !tw_content_write(&one->scope->content, work, row.bid, error))
        return FALSE;
    one->made = (TwMessageMade){ row.mid, row.uid, folder->uidvalidity, row.cn };
    return TRUE;
}

static gboolean
deliver_tx(TwDbTx *tx, gpointer data, GError **error)
{
    One *one = data;
    g_auto(TwWork) work = { 0 };

    return tw_work_begin(&work, tx, one->target->store, error) && deliver_one(&work, one, error) &&
           tw_work_finish(&work, error);
}

static void
delivered(const GError *error, gpointer data)
{
    One *one = data;
    Mail *mail = one->mail;

    if (error == NULL)
        one->result->made = one->made;
    else if (one->target->once != NULL && g_error_matches(error, TW_ERROR, TW_ERROR_EXISTS))
        one->result->repeated = TRUE;
    else
        one->result->error = g_error_copy(error);
    g_mutex_lock(&mail->lock);
    if (--mail->waiting == 0 && mail->awaited)
        g_cond_signal(&mail->done);
    g_mutex_unlock(&mail->lock);
}

static const Scope *
scope_of(const Mail *mail, guint32 company)
{
    for (guint i = 0; i < mail->scopes->len; i++) {
        const Scope *scope = &g_array_index(mail->scopes, Scope, i);
        if (scope->company == company)
            return scope;
    }
    return NULL;
}

static gboolean
fill_scopes(Mail *mail, const TwMailDelivery *delivery, GError **error)
{
    for (guint i = 0; i < delivery->target_count; i++) {
        TwStore *store = delivery->targets[i].store;
        Scope scope = { .company = store->company };
        if (scope_of(mail, store->company) != NULL)
            continue;
        g_array_append_val(mail->scopes, scope);
        if (!fill_scope(mail, &g_array_index(mail->scopes, Scope, mail->scopes->len - 1), store,
                        error))
            return FALSE;
    }
    return TRUE;
}

/* FALSE: the answer is @error, now; else delivered() is called. Waiting for the only one here saves two wake-ups. */
static gboolean
hand_over(
    One *one, TwPartition *partition, const TwDbOptions *options, gboolean alone, GError **error)
{
    if (!tw_ids_take(partition, 1, &one->mid, error))
        return FALSE;
    if (!alone)
        return tw_db_write_async(partition->db, options, deliver_tx, one, delivered, error);
    if (!tw_db_write_with(partition->db, options, deliver_tx, one, error))
        return FALSE;
    delivered(NULL, one);
    return TRUE;
}

static void
queue_all(Mail *mail, const TwMailDelivery *delivery, TwMailResult *results)
{
    g_autofree One *ones = g_new0(One, delivery->target_count);

    mail->waiting = delivery->target_count;
    for (guint i = 0; i < delivery->target_count; i++) {
        One *one = &ones[i];
        TwPartition *partition = delivery->targets[i].store->partition;
        TwDbOptions options = { 0 };
        g_autoptr(GError) failure = NULL;
        *one = (One){ .mail = mail, .target = &delivery->targets[i], .result = &results[i] };
        one->scope = scope_of(mail, one->target->store->company);
        options.cost_bytes = tw_content_cost(&one->scope->content);
        if (!hand_over(one, partition, &options, delivery->target_count == 1, &failure))
            delivered(failure, one);
    }
    g_mutex_lock(&mail->lock);
    mail->awaited = TRUE;
    while (mail->waiting > 0)
        g_cond_wait(&mail->done, &mail->lock);
    g_mutex_unlock(&mail->lock);
}

static gboolean
read_mail(Mail *mail, const TwMailDelivery *delivery, gint64 recv, GError **error)
{
    guint count;
    const TwMimePart *root;
    TwHeadOptions head = { .has_mail = TRUE, .mail_len = mail->len };

    if (delivery->in != NULL && delivery->in->tree != NULL)
        mail->tree = delivery->in->tree;
    else
        mail->tree = mail->scanned = tw_mime_scan(mail->mail, mail->len, NULL);
    root = tw_mime_tree_get_parts(mail->tree, &count);
    head.mail_header_len = (guint32) MIN(root->header_len, G_MAXUINT32);
    mail->copies = delivery->target_count;
    mail->inside = mail->len * mail->copies <= mail->engine->inline_most;
    mail->refs = mail->inside ? g_array_new(FALSE, FALSE, sizeof(TwSkeletonRef))
                              : tw_skeleton_plan(mail->mail, mail->len, mail->tree, LEAST_VALUE);
    mail->summary = tw_mail_summary_build(mail->mail, mail->len, mail->tree, NULL);
    mail->in = delivery->in;
    mail->values = (TwMailValues){ .mail = mail->mail, .len = mail->len, .in = mail->in };
    if (mail->in != NULL && !mail->inside)
        tw_mail_values_plan(&mail->values, mail->tree, mail->engine->config.inline_len + 1,
                            mail->refs);
    else
        memset(mail->values.texts, 0xff, sizeof mail->values.texts); /* TW_MIME_NONE */
    mail->object = mail->in != NULL ? whole_object(mail, recv, error) : object_of(mail, recv);
    if (mail->object == NULL)
        return FALSE;
    mail->has_attach = tw_derive_has_attach(mail->object);
    for (guint i = 1; i < delivery->target_count; i++)
        mail->shared |= delivery->targets[i].store->company != delivery->targets[0].store->company;
    if (delivery->with != NULL)
        take_properties(mail->object, delivery->with);
    mail->row.state = TW_MESSAGE_NORMAL;
    if (!tw_message_row_from(mail->object, &head, recv, &mail->row, error))
        return FALSE;
    mail->row.size += (gint64) mail->len;
    return TRUE;
}

static void
clear_scope(gpointer data)
{
    tw_content_clear(&((Scope *) data)->content);
}

static void
clear_mail(Mail *mail)
{
    g_clear_pointer(&mail->scopes, g_array_unref);
    tw_message_row_clear(&mail->row);
    g_clear_pointer(&mail->object, tw_object_free);
    g_clear_pointer(&mail->summary, g_bytes_unref);
    g_clear_pointer(&mail->refs, g_array_unref);
    g_clear_pointer(&mail->scanned, tw_mime_tree_free);
    g_cond_clear(&mail->done);
    g_mutex_clear(&mail->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mail, clear_mail)

/* All that is done before a transaction. mail: to be cleared, also on failure. */
static gboolean
make_ready(
    Mail *mail, TwEngine *engine, GBytes *bytes, const TwMailDelivery *delivery, GError **error)
{
    const TwEngineLimits *limits = &engine->config.limits;
    gint64 recv = delivery->recv_us != 0 ? delivery->recv_us : tw_time_now_us();

    *mail = (Mail){ .engine = engine };
    g_mutex_init(&mail->lock);
    g_cond_init(&mail->done);
    mail->mail = g_bytes_get_data(bytes, &mail->len);
    if (mail->len > limits->mail_len) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a mail of %zu bytes", mail->len);
        return FALSE;
    }
    if (delivery->target_count < 1 || delivery->target_count > limits->targets) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no receivers, or too many");
        return FALSE;
    }
    mail->scopes = g_array_new(FALSE, FALSE, sizeof(Scope));
    g_array_set_clear_func(mail->scopes, clear_scope);
    return read_mail(mail, delivery, recv, error) && fill_scopes(mail, delivery, error);
}

gboolean
tw_mail_deliver(TwEngine *engine,
                GBytes *bytes,
                const TwMailDelivery *delivery,
                TwMailResult *results,
                GError **error)
{
    g_auto(Mail) mail = { 0 };

    if (!make_ready(&mail, engine, bytes, delivery, error))
        return FALSE;
    memset(results, 0, delivery->target_count * sizeof *results);
    queue_all(&mail, delivery, results);
    return TRUE;
}

/* ---- many mails at once ---- */

typedef struct {
    One *ones;
    guint count;
} Together;

static gboolean
together_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Together *together = data;
    g_auto(TwWork) work = { 0 };

    if (!tw_work_begin(&work, tx, together->ones[0].target->store, error))
        return FALSE;
    for (guint i = 0; i < together->count; i++) {
        if (!deliver_one(&work, &together->ones[i], error))
            return FALSE;
    }
    return tw_work_finish(&work, error);
}

static gboolean
write_together(Together *together, TwPartition *partition, TwMessageMade *made, GError **error)
{
    TwDbOptions options = { 0 };
    guint32 first;

    if (!tw_ids_take(partition, together->count, &first, error))
        return FALSE;
    for (guint i = 0; i < together->count; i++) {
        together->ones[i].mid = first + i;
        options.cost_bytes += tw_content_cost(&together->ones[i].scope->content);
    }
    if (!tw_db_write_with(partition->db, &options, together_tx, together, error))
        return FALSE;
    for (guint i = 0; i < together->count; i++)
        made[i] = together->ones[i].made;
    return TRUE;
}

gboolean
tw_mail_deliver_together(TwEngine *engine,
                         GBytes *const *mails,
                         const TwMailDelivery *deliveries,
                         guint count,
                         TwMessageMade *made,
                         GError **error)
{
    g_autofree Mail *all = g_new0(Mail, count);
    g_autofree One *ones = g_new0(One, count);
    Together together = { ones, count };
    gboolean ok = TRUE;
    guint ready = 0;

    while (ok && ready < count) {
        const TwMailDelivery *delivery = &deliveries[ready];
        Mail *mail = &all[ready];

        g_return_val_if_fail(delivery->target_count == 1 &&
                                 delivery->targets->store == deliveries->targets->store,
                             FALSE);
        ok = make_ready(mail, engine, mails[ready], delivery, error);
        ones[ready] = (One){ .mail = mail, .target = delivery->targets };
        if (ok)
            ones[ready].scope = scope_of(mail, delivery->targets->store->company);
        ready++;
    }
    ok = ok && write_together(&together, deliveries->targets->store->partition, made, error);
    while (ready > 0)
        clear_mail(&all[--ready]);
    return ok;
}

void
tw_mail_result_clear(TwMailResult *result)
{
    g_clear_error(&result->error);
}

/* ---- names of deliveries ---- */

typedef struct {
    TwStore *store;
    gint64 before;
} Trim;

static gboolean
trim_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Trim *trim = data;

    return tw_sql_delivered_trim(tx, trim->store->number, trim->before, error);
}

gboolean
tw_store_forget_deliveries(TwStore *store, gint64 before_us, GError **error)
{
    Trim trim = { store, before_us };

    return tw_store_write(store, 0, TRUE, trim_tx, &trim, error);
}
