/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The answer for an owner who is away: by the server itself, or by a program of the administrator. */
#include "delivery/run-private.h"

#include <string.h>

#include "base/log.h"
#include "delivery/responder.h"
#include "groupware/mailbox.h"

enum {
    MOST_HIDDEN = 1000,       /* hidden messages of an Inbox that are looked at */
    LOG_TRIES = 5,            /* others answer for the same mailbox at the same time */
    LOG_READ_MOST = 512 << 10 /* bytes of the log that are read */
};

/* ---- the log of answers ---- */

static gboolean
is_log(const TwMessageRow *row)
{
    gsize len;
    const guint8 *data = row->head != NULL ? g_bytes_get_data(row->head, &len) : NULL;
    TwPropValue value;
    TwHead head;

    return data != NULL && tw_head_open(data, len, &head, NULL) &&
           tw_head_get(&head, PR_MESSAGE_CLASS, &value) == TW_HEAD_FOUND &&
           g_ascii_strcasecmp(value.text, TW_OOF_LOG_CLASS) == 0;
}

/* @ret 0: there is none. */
static gboolean
find_log(const TwRun *run, const TwBox *box, guint32 *ret, GError **error)
{
    g_auto(TwMessageListArgs) list = { .store = box->place.store,
                                       .folder = box->inbox,
                                       .state = TW_MESSAGE_ASSOC,
                                       .most = MOST_HIDDEN,
                                       .heads = TRUE };

    *ret = 0;
    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_LIST, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len && *ret == 0; i++) {
        const TwMessageRow *row = &g_array_index(list.rows, TwMessageRow, i);
        if (is_log(row))
            *ret = row->mid;
    }
    return TRUE;
}

static gboolean
set_log(TwObject *object, GBytes *log, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(log, &len);
    TwPropValue value = tw_value_bytes(PR_RULE_TRIGGER_HISTORY, data, len);

    return tw_object_set(object, &value, error);
}

static gboolean
make_log(const TwRun *run, const TwBox *box, GBytes *log, GError **error)
{
    TwPropValue message_class = tw_value_str(PR_MESSAGE_CLASS, TW_OOF_LOG_CLASS);
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwMessageCreateArgs) create = {
        .store = box->place.store, .folder = box->inbox, .object = object, .associated = TRUE
    };

    return tw_object_set(object, &message_class, error) && set_log(object, log, error) &&
           tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_CREATE, &create, error);
}

/* What it holds, in the message or, when it is long, beside it. */
static GBytes *
read_log(const TwRun *run, const TwBox *box, guint32 message, const TwObject *object)
{
    g_auto(TwValueReadArgs)
        read = { .store = box->place.store, .message = message, .most = LOG_READ_MOST };
    TwPart part = { 0 };
    TwPropValue value;

    if (tw_object_get(object, PR_RULE_TRIGGER_HISTORY, &value))
        return g_bytes_new(value.data, value.len);
    tw_part_push(&part, TW_PART_PROPERTY, PR_RULE_TRIGGER_HISTORY >> 16);
    read.path = g_bytes_new(part.bytes, part.len);
    (void) tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_VALUE_READ, &read, NULL);
    g_bytes_unref(read.path);
    return g_steal_pointer(&read.bytes);
}

/* CHANGED: somebody else wrote meanwhile. */
static gboolean
try_answer(const TwRun *run, const TwBox *box, const char *key, gboolean *ret_may, GError **error)
{
    gint64 interval = run->options->reply_interval_us;
    g_auto(TwMessageReadArgs) read = { .store = box->place.store };
    g_auto(TwMessageSaveArgs) save = { .store = box->place.store };
    g_autoptr(GBytes) old = NULL;
    g_autoptr(GBytes) next = NULL;

    if (!find_log(run, box, &read.message, error))
        return FALSE;
    if (read.message != 0) {
        if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_READ, &read, error))
            return FALSE;
        old = read_log(run, box, read.message, read.object);
    }
    next = tw_oof_log_add(old, box->settings->oof.generation, key, run->now_us, interval);
    *ret_may = next != NULL;
    if (next == NULL)
        return TRUE;
    if (read.message == 0)
        return make_log(run, box, next, error);
    save.message = read.message;
    save.object = read.object;
    save.cn = read.row.cn;
    return set_log(read.object, next, error) &&
           tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_SAVE, &save, error);
}

gboolean
tw_run_may_answer(const TwRun *run, const TwBox *box, const char *key, GError **error)
{
    for (guint i = 0;; i++) {
        g_autoptr(GError) local = NULL;
        gboolean may = FALSE;

        if (try_answer(run, box, key, &may, &local))
            return may;
        if (i < LOG_TRIES && g_error_matches(local, TW_ERROR, TW_ERROR_CHANGED))
            continue;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
}

/* ---- who asks ---- */

static char **
own_addresses(const TwDirectoryObject *user)
{
    GPtrArray *own = g_ptr_array_new();

    if (*user->mail != '\0')
        g_ptr_array_add(own, g_strdup(user->mail));
    g_ptr_array_add(own, g_strdup(user->name));
    for (guint i = 0; user->aliases != NULL && user->aliases[i] != NULL; i++)
        g_ptr_array_add(own, g_strdup(user->aliases[i]));
    g_ptr_array_add(own, NULL);
    return (char **) g_ptr_array_free(own, FALSE);
}

static gboolean
is_inside(const TwRun *run, const char *address)
{
    g_auto(TwRecipientFindArgs) find = { .address = address };

    return tw_delivery_call(run->delivery, TW_AS_NOBODY, TW_OP_RECIPIENT_FIND, &find, NULL);
}

/* The three addresses of a contact, as ids of this server. */
static gboolean
address_tags(const TwRun *run, guint32 tags[3])
{
    static const TwKnownName known[] = { TW_PidLidEmail1EmailAddress, TW_PidLidEmail2EmailAddress,
                                         TW_PidLidEmail3EmailAddress };
    TwNamedProp names[3];
    const TwNamedProp *items[3];
    g_auto(TwNamesToIdsArgs) args = { .names = { items, 3 }, .create = TRUE };

    for (guint i = 0; i < 3; i++) {
        names[i] = tw_known_name(known[i]);
        items[i] = &names[i];
    }
    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_NAMES_TO_IDS, &args, NULL))
        return FALSE;
    for (guint i = 0; i < 3; i++)
        tags[i] = g_array_index(args.ids, guint32, i) << 16 | TW_PT_UNICODE;
    return TRUE;
}

static TwRestriction *
has_address(const guint32 tags[3], const char *address)
{
    g_auto(TwRestrictionBuilder) builder;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    for (guint i = 0; i < 3; i++) {
        TwPropValue value = tw_value_str(tags[i], address);
        tw_restriction_builder_content(&builder, TW_FUZZY_FULL | TW_FUZZY_IGNORE_CASE, tags[i],
                                       &value);
    }
    tw_restriction_builder_end(&builder);
    return tw_restriction_builder_finish(&builder, NULL);
}

static gboolean
has_rows(TwSession *session, guint32 table, TwRestriction *restriction)
{
    g_auto(TwTableSetupArgs)
        setup = { .table = table, .restrict_rows = TRUE, .restriction = restriction };
    g_auto(TwTableCountArgs) count = { .table = table };

    return tw_session_table_setup(session, &setup, NULL) &&
           tw_session_table_count(session, &count, NULL) && count.rows > 0;
}

static gboolean
is_contact(const TwRun *run, const TwBox *box, const char *address)
{
    g_autoptr(TwSession) session = tw_delivery_get_session(run->delivery, TW_AS_SYSTEM, NULL);
    g_auto(TwTableOpenArgs) open = { .store = box->place.store };
    g_auto(TwTableCloseArgs) close = { 0 };
    g_autoptr(TwRestriction) restriction = NULL;
    TwMailboxFolders folders;
    guint32 tags[3];
    gboolean found;

    if (session == NULL || !address_tags(run, tags) ||
        !tw_mailbox_folders(session, &box->place.store, TW_LAYOUT_PRIVATE, &folders, NULL))
        return FALSE;
    open.folder = folders.numbers[TW_LAYOUT_FOLDER_CONTACTS];
    restriction = has_address(tags, address);
    if (open.folder == 0 || restriction == NULL || !tw_session_table_open(session, &open, NULL))
        return FALSE;
    close.table = open.table;
    found = has_rows(session, open.table, restriction);
    (void) tw_session_table_close(session, &close, NULL);
    return found;
}

/* ---- the answer ---- */

static gboolean
answer(TwRun *run, TwBox *box, const TwObject *message, const TwOofCase *what, GError **error)
{
    const TwOof *oof = &box->settings->oof;
    TwComposeOwner owner = tw_run_owner(box);
    const TwComposeAnswer text = {
        .subject = what->inside ? oof->subject : oof->external_subject,
        .text = what->inside ? oof->text : oof->external_text,
        .to = what->sender,
    };
    const TwResponderCall call = { .program = run->options->autoresponder,
                                   .folder = run->options->tmp_path,
                                   .login = box->user->name,
                                   .place = what->place,
                                   .header = run->bytes,
                                   .header_len = run->len };
    TwComposeNames names;

    if (*call.program != '\0')
        return tw_responder_call(&call, message, &owner, &text, error);
    if (!tw_run_may_answer(run, box, what->sender, error))
        return error == NULL || *error == NULL;
    tw_run_names(run, &names);
    return tw_run_send(run, box, tw_compose_answer(message, &owner, &text, &names), NULL, error);
}

void
tw_run_reply(TwRun *run, TwBox *box, const TwObject *message)
{
    const char *plain = tw_object_get_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "");
    g_auto(GStrv) own = own_addresses(box->user);
    TwOofCase what = {
        .marks = &run->marks,
        .sender = run->mail->sender,
        .from = tw_object_get_text(message, PR_SENT_REPRESENTING_SMTP_ADDRESS, plain),
        .own = (const char *const *) own,
        .place = tw_oof_place(message, (const char *const *) own),
        .cc = run->options->reply_cc,
        .bcc = run->options->reply_bcc,
        .nowhere = run->options->reply_other,
    };
    g_autoptr(GError) error = NULL;
    TwOofVerdict verdict;

    if (*what.sender != '\0') {
        what.inside = is_inside(run, what.sender);
        what.contact = !what.inside && box->settings->oof.audience == TW_OOF_CONTACTS &&
                       is_contact(run, box, what.sender);
    }
    verdict = tw_oof_judge(&box->settings->oof, &what);
    if (verdict != TW_OOF_ANSWER)
        tw_log(TW_LOG_DEBUG, "no-answer", tw_log_str(TW_LOG_USER, box->user->name),
               tw_log_str(TW_LOG_REASON, tw_oof_verdict_name(verdict)));
    else if (!answer(run, box, message, &what, &error))
        tw_log(TW_LOG_WARNING, "answer-failed", tw_log_str(TW_LOG_USER, box->user->name),
               tw_log_error(error));
}
