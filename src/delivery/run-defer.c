/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a rule wants that only a client can do, such as a sound: the server leaves a message for it in the folder for deferred
 * actions, and the client does it when it finds that.
 */
#include "delivery/run-private.h"

#include "base/error.h"
#include "groupware/mailbox.h"
#include "mapi/tags.h"

#define DEFERRED_CLASS "IPC.Microsoft Exchange 4.0.Deferred Action"

static gboolean
find_folder(const TwRun *run, const TwBox *box, guint32 *ret, GError **error)
{
    g_autoptr(TwSession) session = tw_delivery_get_session(run->delivery, TW_AS_SYSTEM, error);
    TwMailboxFolders folders;

    if (session == NULL ||
        !tw_mailbox_folders(session, &box->place.store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    *ret = folders.numbers[TW_LAYOUT_FOLDER_DEFERRED];
    if (*ret != 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no folder for deferred actions");
    return FALSE;
}

static gboolean
set_bytes(TwObject *object, guint32 tag, const void *data, gsize len, GError **error)
{
    TwPropValue value = tw_value_bytes(tag, data, len);

    return tw_object_set(object, &value, error);
}

static gboolean
set_id(TwObject *object, guint32 tag, GBytes *id, GError **error)
{
    gsize len;
    const void *data = g_bytes_get_data(id, &len);

    return set_bytes(object, tag, data, len, error);
}

/* Where the mail and the rule are. */
static gboolean
set_places(const TwRun *run, const TwBox *box, TwObject *object, GError **error)
{
    g_auto(TwMessageKeysArgs) message = { .store = box->place.store, .message = box->message };
    g_auto(TwFolderKeysArgs) folder = { .store = box->place.store, .folder = box->inbox };

    return tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_KEYS, &message, error) &&
           tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_FOLDER_KEYS, &folder, error) &&
           set_id(object, PR_DAM_ORIGINAL_ENTRYID, message.entry_id, error) &&
           set_id(object, PR_RULE_FOLDER_ENTRYID, folder.entry_id, error);
}

static gboolean
set_action(TwObject *object, const TwRuleStep *step, GError **error)
{
    const guint64 id = GUINT64_TO_LE(step->rule->id);
    g_autoptr(TwActions) actions = tw_actions_new(step->action, 1, error);
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(TW_ACTIONS_MAX_BYTES);

    if (actions == NULL)
        return FALSE;
    tw_actions_print(actions, TW_WIRE_16, &wire);
    if (tw_buffer_failed(&wire)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "an action that is too long");
        return FALSE;
    }
    return set_bytes(object, PR_CLIENT_ACTIONS, wire.data, wire.len, error) &&
           set_bytes(object, PR_RULE_IDS, &id, sizeof id, error);
}

static gboolean
set_rest(TwObject *object, const TwRuleStep *step, GError **error)
{
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, DEFERRED_CLASS),
        tw_value_str(PR_RULE_PROVIDER, step->rule->provider),
        tw_value_bool(PR_DAM_BACK_PATCHED, TRUE), /* the ids are right */
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(object, &values[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_run_defer(const TwRun *run, const TwBox *box, const TwRuleStep *step, GError **error)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwMessageCreateArgs) create = { .store = box->place.store, .object = object };
    guint8 name[TW_SHA256_LEN];
    g_autoptr(GBytes) once = NULL;
    g_autoptr(GError) local = NULL;

    if (box->message == 0)
        return TRUE; /* it is not here, so no client finds it */
    if (tw_run_name(run, box, "deferred", (guint) step->rule->id, name))
        once = g_bytes_new(name, sizeof name);
    create.once = once;
    if (!find_folder(run, box, &create.folder, error) || !set_rest(object, step, error) ||
        !set_action(object, step, error) || !set_places(run, box, object, error))
        return FALSE;
    if (tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_CREATE, &create, &local) ||
        g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}
