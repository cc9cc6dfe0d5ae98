/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that a mailbox sends by itself. */
#include "delivery/run-private.h"

#include "groupware/mailbox.h"

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
tw_run_send(const TwRun *run, const TwBox *box, TwObject *message, GError **error)
{
    g_autoptr(TwObject) owned = message;
    g_auto(TwMessageCreateArgs) create = { .store = box->place.store, .object = owned };
    g_auto(TwQueueSubmitArgs) submit = { .store = box->place.store, .flags = TW_QUEUE_MASTER };

    if (!find_outbox(run, box, &create.folder, error) ||
        !tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_CREATE, &create, error))
        return FALSE;
    submit.message = create.made.mid;
    if (tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_QUEUE_SUBMIT, &submit, error))
        return TRUE;
    remove_message(run, box, create.folder, create.made.mid);
    return FALSE;
}
