/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that a mailbox sends by itself. */
#include "delivery/run-private.h"

#include <string.h>

#include "groupware/mailbox.h"

/* Our own property of what a mail caused, in the private range of the provider: its tw_run_name(). */
#define TW_PR_RUN_NAME 0x67e40102u

enum {
    MOST_OUTGOING = 1000, /* messages of an Outbox that are looked at */
};

TwComposeOwner
tw_run_owner(const TwBox *box)
{
    const TwDirectoryObject *user = box->user;

    return (TwComposeOwner){ .name = *user->full_name != '\0' ? user->full_name : user->name,
                             .address = *user->mail != '\0' ? user->mail : user->name };
}

void
tw_run_names(const TwRun *run, TwComposeNames *ret)
{
    TwNamedProp names[TW_COMPOSE_HEADER_COUNT];
    const TwNamedProp *items[TW_COMPOSE_HEADER_COUNT];
    g_auto(TwNamesToIdsArgs) args = { .names = { items, TW_COMPOSE_HEADER_COUNT }, .create = TRUE };

    *ret = (TwComposeNames){ 0 };
    for (guint i = 0; i < TW_COMPOSE_HEADER_COUNT; i++) {
        names[i] = (TwNamedProp){ .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS),
                                  .name = tw_compose_header_name((TwComposeHeader) i) };
        items[i] = &names[i];
    }
    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_NAMES_TO_IDS, &args, NULL))
        return;
    for (guint i = 0; i < TW_COMPOSE_HEADER_COUNT; i++)
        ret->ids[i] = g_array_index(args.ids, guint32, i);
}

static gboolean
find_outbox(const TwRun *run, const TwBox *box, guint32 *ret, GError **error)
{
    g_autoptr(TwSession) session = tw_delivery_get_session(run->delivery, TW_AS_SYSTEM, error);
    TwMailboxFolders folders;

    if (session == NULL ||
        !tw_mailbox_folders(session, &box->place.store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    *ret = folders.numbers[TW_LAYOUT_FOLDER_OUTBOX];
    if (*ret != 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the mailbox has no Outbox");
    return FALSE;
}

/* One that is not submitted does not stay. */
static void
remove_message(const TwRun *run, const TwBox *box, guint32 folder, guint32 message)
{
    g_auto(TwMessagesDeleteArgs) args = {
        .store = box->place.store, .folder = folder, .messages = { &message, 1 }, .hard = TRUE
    };

    (void) tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGES_DELETE, &args, NULL);
}

gboolean
tw_run_name(
    const TwRun *run, const TwBox *box, const char *what, guint number, guint8 ret[TW_SHA256_LEN])
{
    const TwMailDigest *digest = run->mail->digest;
    guint8 delivery[TW_SHA256_LEN];
    guint32 numbers[] = { GUINT32_TO_LE(number), GUINT32_TO_LE(box->place.folder) };
    TwSha256 hash;

    if (digest == NULL || run->options->duplicates == TW_DUPLICATES_DELIVER)
        return FALSE;
    tw_delivery_name(digest, tw_seen_count(run->delivery->seen, digest), 0, delivery);
    tw_sha256_init(&hash);
    tw_sha256_update(&hash, what, strlen(what) + 1);
    tw_sha256_update(&hash, numbers, sizeof numbers);
    tw_sha256_update(&hash, delivery, sizeof delivery);
    tw_sha256_finish(&hash, ret);
    return TRUE;
}

/* ---- what was made before ---- */

static gboolean
has_name(const TwRun *run, const TwBox *box, guint32 message, const guint8 *name)
{
    g_auto(TwMessageReadArgs) read = { .store = box->place.store, .message = message };
    TwPropValue value;

    return tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_READ, &read, NULL) &&
           tw_object_get(read.object, TW_PR_RUN_NAME, &value) && value.len == TW_SHA256_LEN &&
           memcmp(value.data, name, TW_SHA256_LEN) == 0;
}

/* It was made, when the mail came before. Is it still there then a crash may have come before it was submitted; what is in the
 * queue already stays as it is. */
static gboolean
submit_again(const TwRun *run, const TwBox *box, guint32 outbox, const guint8 *name, GError **error)
{
    g_auto(TwMessageListArgs) list = { .store = box->place.store,
                                       .folder = outbox,
                                       .state = TW_MESSAGE_NORMAL,
                                       .most = MOST_OUTGOING };

    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_LIST, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        guint32 message = g_array_index(list.rows, TwMessageRow, i).mid;
        g_auto(TwQueueSubmitArgs)
            submit = { .store = box->place.store, .message = message, .flags = TW_QUEUE_MASTER };

        if (has_name(run, box, message, name))
            return tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_QUEUE_SUBMIT, &submit,
                                    error);
    }
    return TRUE;
}

gboolean
tw_run_send(
    const TwRun *run, const TwBox *box, TwObject *message, const guint8 *name, GError **error)
{
    g_autoptr(TwObject) owned = message;
    g_autoptr(GBytes) once = name != NULL ? g_bytes_new(name, TW_SHA256_LEN) : NULL;
    TwPropValue value = tw_value_bytes(TW_PR_RUN_NAME, name, TW_SHA256_LEN);
    g_auto(TwMessageCreateArgs)
        create = { .store = box->place.store, .object = owned, .once = once };
    g_auto(TwQueueSubmitArgs) submit = { .store = box->place.store, .flags = TW_QUEUE_MASTER };
    g_autoptr(GError) local = NULL;

    if ((name != NULL && !tw_object_set(owned, &value, error)) ||
        !find_outbox(run, box, &create.folder, error))
        return FALSE;
    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_CREATE, &create, &local)) {
        if (name != NULL && g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS))
            return submit_again(run, box, create.folder, name, error);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    submit.message = create.made.mid;
    if (tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_QUEUE_SUBMIT, &submit, error))
        return TRUE;
    if (name == NULL) /* one with a name is found when the mail comes again */
        remove_message(run, box, create.folder, create.made.mid);
    return FALSE;
}
