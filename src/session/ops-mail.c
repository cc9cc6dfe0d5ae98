/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on raw mails: read back by range, their summaries, delivery to many. */
#include "base/error.h"
#include "convert/idn.h"
#include "mapi/tags.h"
#include "session/ops-private.h"

static gboolean
sink(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    TwBuffer *out = user_data;

    tw_buffer_put(out, data, len);
    if (!tw_buffer_failed(out))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "more came than was asked for");
    return FALSE;
}

gboolean
tw_local_mail_read(TwLocalCall *call, TwMailReadArgs *args, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SESSION_MOST_BYTES);

    if (!tw_local_in_folder(call, args->message, error) ||
        !tw_message_read_mail(call->store, args->message, args->offset,
                              MIN(args->most, TW_SESSION_MOST_BYTES), sink, &out, error))
        return FALSE;
    args->bytes = g_bytes_new(out.data, out.len);
    return TRUE;
}

/* One more behind the others. FALSE: there is no room behind them. len: 0: it is left out. */
static gboolean
add_mail(TwMailsFound *found, guint at, TwBuffer *out, guint32 *ret_len)
{
    gsize before = out->len, room = TW_SESSION_MOST_BYTES - before;
    gboolean read = tw_mails_found_read(found, at, room + 1, sink, out, NULL);

    *ret_len = 0;
    if (read && out->len - before <= room) {
        *ret_len = (guint32) (out->len - before);
        return TRUE;
    }
    out->len = before;
    return !read || before == 0;
}

gboolean
tw_local_mails_read(TwLocalCall *call, TwMailsReadArgs *args, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SESSION_MOST_BYTES + 1);
    const TwNumbers *messages = &args->messages;
    gboolean room = TRUE;

    args->lens = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint from = 0; room && from < messages->count; from += TW_MAILS_FIND_MOST) {
        guint count = MIN(messages->count - from, (guint) TW_MAILS_FIND_MOST);
        g_autoptr(TwMailsFound) found =
            tw_mails_find(call->store, call->folder, messages->items + from, count, error);

        if (found == NULL)
            return FALSE;
        for (guint i = 0; room && i < count; i++) {
            guint32 len;

            room = add_mail(found, i, &out, &len);
            if (room)
                g_array_append_val(args->lens, len);
        }
    }
    args->bytes = tw_buffer_steal_bytes(&out, error);
    return args->bytes != NULL;
}

gboolean
tw_local_mail_summary(TwLocalCall *call, TwMailSummaryArgs *args, GError **error)
{
    if (!tw_local_in_folder(call, args->message, error))
        return FALSE;
    args->summary = tw_message_get_summary(call->store, args->message, error);
    return args->summary != NULL;
}

enum {
    ROWS_AT_ONCE = 500 /* of one snapshot */
};

static void
clear_mail_row(gpointer row)
{
    tw_mail_row_clear(row);
}

gboolean
tw_local_mail_rows(TwLocalCall *call, TwMailRowsArgs *args, GError **error)
{
    args->rows = g_array_sized_new(FALSE, TRUE, sizeof(TwMailRow), args->messages.count);
    g_array_set_clear_func(args->rows, clear_mail_row);
    for (guint from = 0; from < args->messages.count; from += ROWS_AT_ONCE) {
        if (!tw_folder_read_mails(call->store, call->folder, args->messages.items + from,
                                  MIN(args->messages.count - from, (guint) ROWS_AT_ONCE),
                                  args->summaries, args->rows, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_local_mail_announce(TwLocalCall *call, TwMailAnnounceArgs *args, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = tw_message_read(call->store, args->message, &row, error);

    if (object == NULL)
        return FALSE;
    if (call->folder != 0 && row.folder != call->folder) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such message");
        return FALSE;
    }
    tw_notify_new_mail(call->local->bus, tw_store_get_number(call->store), row.folder, row.mid,
                       tw_object_get_text(object, PR_MESSAGE_CLASS, "IPM.Note"), row.flags);
    return TRUE;
}

/* ---- delivery ---- */

typedef struct {
    GPtrArray *accesses; /* TwAccess, one for each target; NULL where it may not */
    GArray *targets;     /* TwMailTarget of those that may */
    GArray *places;      /* guint: which result each is */
} Delivery;

/* A session for delivery may put mail where a user's mailbox takes it, and elsewhere by rows for nobody. */
static gboolean
may_deliver(TwLocalCall *call,
            const TwAccess *access,
            const TwRights *rights,
            const TwDeliveryTarget *target,
            guint32 folder,
            GError **error)
{
    gboolean inbox = target->folder == 0 && access->kind == TW_STORE_PRIVATE;

    if (call->who->anonymous && inbox && access->place.owner != 0 && target->flags == 0 &&
        target->status == 0 && target->kw == 0)
        return TRUE;
    return tw_local_verdict(tw_rights_ask(rights, folder, TW_NEED_CREATE), FALSE, error);
}

static gboolean
add_target(TwLocalCall *call,
           const TwDeliveryTarget *target,
           guint index,
           Delivery *delivery,
           GError **error)
{
    g_autoptr(TwRights) rights = NULL;
    g_autoptr(TwAccess) access = tw_access_open(call, &target->store, &rights, error);
    TwMailTarget to = { .folder = target->folder,
                        .flags = target->flags,
                        .status = target->status,
                        .kw = target->kw,
                        .once = target->once };

    if (access == NULL || (to.folder == 0 && !tw_store_get_receive_folder(access->store, "IPM.Note",
                                                                          &to.folder, error)))
        return FALSE;
    if (!may_deliver(call, access, rights, target, to.folder, error))
        return FALSE;
    to.store = access->store;
    g_ptr_array_add(delivery->accesses, g_steal_pointer(&access));
    g_array_append_val(delivery->targets, to);
    g_array_append_val(delivery->places, index);
    return TRUE;
}

static void
clear_result(gpointer result)
{
    tw_mail_result_clear(result);
}

static void
unref_access(gpointer access)
{
    tw_access_unref(access);
}

gboolean
tw_local_mail_deliver(TwLocalCall *call, TwMailDeliverArgs *args, GError **error)
{
    g_autoptr(GPtrArray) accesses = g_ptr_array_new_with_free_func(unref_access);
    g_autoptr(GArray) targets = g_array_new(FALSE, FALSE, sizeof(TwMailTarget));
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree TwMailResult *results = NULL;
    Delivery delivery = { accesses, targets, places };
    TwMailDelivery how = { .recv_us = args->recv_us, .in = args->message };
    const char *message_class =
        args->message != NULL
            ? tw_object_get_text(args->message->object, PR_MESSAGE_CLASS, "IPM.Note")
            : "IPM.Note";
    guint most = tw_engine_limits(call->local->config.engine)->targets;

    if (!tw_local_given(args->mail, "a mail", error))
        return FALSE;
    if (args->targets.count == 0 || args->targets.count > most) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no receivers, or too many");
        return FALSE;
    }
    args->results = g_array_sized_new(FALSE, TRUE, sizeof(TwMailResult), args->targets.count);
    g_array_set_size(args->results, args->targets.count);
    g_array_set_clear_func(args->results, clear_result);
    for (guint i = 0; i < args->targets.count; i++)
        add_target(call, &args->targets.items[i], i, &delivery,
                   &g_array_index(args->results, TwMailResult, i).error);
    if (targets->len == 0)
        return TRUE;
    how.targets = (const TwMailTarget *) (gpointer) targets->data;
    how.target_count = targets->len;
    results = g_new0(TwMailResult, targets->len);
    if (!tw_mail_deliver(call->local->config.engine, args->mail, &how, results, error))
        return FALSE;
    for (guint i = 0; args->announce && i < targets->len; i++) {
        const TwMailTarget *target = &g_array_index(targets, TwMailTarget, i);
        if (results[i].error == NULL && !results[i].repeated)
            tw_notify_new_mail(call->local->bus, tw_store_get_number(target->store), target->folder,
                               results[i].made.mid, message_class, target->flags);
    }
    for (guint i = 0; i < targets->len; i++)
        g_array_index(args->results, TwMailResult, g_array_index(places, guint, i)) = results[i];
    return TRUE;
}

/* ---- by a user into a folder ---- */

/* Keywords past the 64th stand in the message's head, which is written after it. */
static gboolean
set_rest_of_keywords(TwLocalCall *call, guint32 mid, const TwFlagChange *words, GError **error)
{
    TwMessageSet set = { call->folder, &mid, 1 };

    return words->more_set_count == 0 ||
           tw_messages_set_flags(call->store, &set, words, NULL, error);
}

/* Mails on their way into the folder: an array of each kind, as tw_mail_deliver_together() wants them. */
typedef struct {
    GBytes **mails; /* borrowed */
    TwMailTarget *targets;
    TwMailDelivery *deliveries;
    TwFlagChange *words;
} Appending;

static void
appending_clear(Appending *appending)
{
    g_free(appending->mails);
    g_free(appending->targets);
    g_free(appending->deliveries);
    g_free(appending->words);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Appending, appending_clear)

static gboolean
add_append(TwLocalCall *call,
           Appending *appending,
           guint at,
           const TwMailAppend *one,
           const TwObject *creator,
           GError **error)
{
    TwFlagChange *words = &appending->words[at];

    if (!tw_local_given(one->mail, "a mail", error) ||
        !tw_local_name_keywords(call, one->keywords, TRUE, words, error))
        return FALSE;
    appending->mails[at] = one->mail;
    appending->targets[at] = (TwMailTarget){ .store = call->store,
                                             .folder = call->folder,
                                             .flags = one->flags,
                                             .status = one->status,
                                             .kw = words->kw_set };
    appending->deliveries[at] = (TwMailDelivery){ .targets = &appending->targets[at],
                                                  .target_count = 1,
                                                  .recv_us = one->recv_us,
                                                  .with = creator,
                                                  .in = one->message };
    return TRUE;
}

static void
take_back(TwLocalCall *call, const GArray *made)
{
    for (guint i = 0; i < made->len; i++) {
        guint32 mid = g_array_index(made, TwMessageMade, i).mid;
        TwMessageSet set = { call->folder, &mid, 1 };
        tw_messages_delete(call->store, &set, FALSE, NULL, NULL);
    }
}

gboolean
tw_local_mail_append(TwLocalCall *call, TwMailAppendArgs *args, GError **error)
{
    g_autoptr(TwObject) creator = tw_object_new(TW_OBJECT_MESSAGE);
    guint count = args->mails.count;
    g_auto(Appending) appending = { 0 };

    if (count == 0 || count > TW_SESSION_MOST_APPENDS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no mails, or too many");
        return FALSE;
    }
    if (!tw_access_sign(call, creator, error))
        return FALSE;
    appending = (Appending){ g_new0(GBytes *, count), g_new0(TwMailTarget, count),
                             g_new0(TwMailDelivery, count), g_new0(TwFlagChange, count) };
    for (guint i = 0; i < count; i++) {
        if (!add_append(call, &appending, i, &args->mails.items[i], creator, error))
            return FALSE;
    }
    args->made = g_array_sized_new(FALSE, TRUE, sizeof(TwMessageMade), count);
    g_array_set_size(args->made, count);
    if (!tw_mail_deliver_together(call->local->config.engine, appending.mails, appending.deliveries,
                                  count, (TwMessageMade *) (gpointer) args->made->data, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        guint32 mid = g_array_index(args->made, TwMessageMade, i).mid;

        if (set_rest_of_keywords(call, mid, &appending.words[i], error))
            continue;
        take_back(call, args->made);
        return FALSE;
    }
    return TRUE;
}

/* ---- recipients ---- */

/* Names of people are no addresses: what the address book would find by one is not meant. */
static gboolean
is_address_of(const TwDirectoryObject *object, const char *address)
{
    if (g_ascii_strcasecmp(object->name, address) == 0 ||
        g_ascii_strcasecmp(object->mail, address) == 0)
        return TRUE;
    for (guint i = 0; object->aliases != NULL && object->aliases[i] != NULL; i++) {
        if (g_ascii_strcasecmp(object->aliases[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
find_exactly(TwLocalCall *call, const char *address, TwRecipientFindArgs *args, GError **error)
{
    static const TwDirectoryViewer all = { .everything = TRUE };
    g_autoptr(TwDirectoryObject) object = NULL;
    TwStoreOwned place;

    object = tw_directory_resolve(call->snapshot, &all, address, TRUE, error);
    if (object == NULL)
        return FALSE;
    if (object->kind != TW_DIRECTORY_USER || !is_address_of(object, address) ||
        !tw_engine_find_owned(call->local->config.engine, object->number, TW_STORE_PRIVATE,
                              &place)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such recipient");
        return FALSE;
    }
    args->user = object->number;
    args->store = place.guid;
    return TRUE;
}

/* Its domain may be written in another form than the directory's. */
gboolean
tw_local_recipient_find(TwLocalCall *call, TwRecipientFindArgs *args, GError **error)
{
    g_autofree char *ascii = NULL;
    g_autofree char *unicode = NULL;
    g_autoptr(GError) why = NULL;

    if (!tw_local_given(args->address, "an address", error))
        return FALSE;
    if (find_exactly(call, args->address, args, &why) ||
        (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) &&
         tw_idn_address_forms(args->address, &ascii, &unicode) &&
         (find_exactly(call, unicode, args, NULL) || find_exactly(call, ascii, args, NULL))))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}
