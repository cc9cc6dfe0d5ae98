/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The way of every operation: who asks now, what it is done to, whether it may, then the operation itself.
 *
 * What a row of the table says about rights is asked here and nowhere else. An operation asks again only for what the table
 * cannot say: folders below the one that was named, and each message where only own ones may be touched.
 */
#include "base/error.h"
#include "base/log-audit.h"
#include "session/ops-private.h"

/* ---- the functions, from the table ---- */

#define LOCAL_THUNK(upper, lower, camel, ...)                                                      \
    static gboolean run_##lower(TwLocalCall *call, gpointer args, GError **error)                  \
    {                                                                                              \
        return tw_local_##lower(call, args, error);                                                \
    }
TW_OP_LIST(LOCAL_THUNK)
#undef LOCAL_THUNK

static const TwLocalFunc functions[] = {
#define LOCAL_ROW(upper, lower, camel, ...) [TW_OP_##upper] = run_##lower,
    TW_OP_LIST(LOCAL_ROW)
#undef LOCAL_ROW
};

/* ---- who asks ---- */

static gboolean
ended(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "the session has ended");
    return FALSE;
}

/* A user who is gone, or may not log on any more, has no session. */
static TwIdentity *
identity_now(const TwLocalCall *call, TwIdentity *before, GError **error)
{
    const TwLocalSession *session = call->session;
    const TwDirectoryObject *user;
    TwIdentity *who;

    if (before->anonymous || before->epoch == tw_directory_snapshot_epoch(call->snapshot))
        return tw_identity_ref(before);
    user = tw_directory_snapshot_get(call->snapshot, before->number);
    who = user != NULL && (!session->by_password || user->kind == TW_DIRECTORY_USER)
              ? tw_identity_new(call->snapshot, before->number, NULL)
              : NULL;
    if (who == NULL)
        ended(error);
    return who;
}

/* The identity of the session, or NULL when it has ended; counts the call. */
static TwIdentity *
enter(TwLocalSession *session, TwOp op, gint64 now)
{
    TW_LOCK_SCOPE(&session->lock);

    if (session->ended)
        return NULL;
    if (!(session->flags & TW_LOGON_BOUND) && session->calls == 0 &&
        now - session->used_us >= session->local->config.session_timeout_us)
        return NULL;
    session->calls++;
    session->all++;
    session->last_op = op;
    session->used_us = now;
    return tw_identity_ref(session->identity);
}

static void
leave(TwLocalSession *session, TwIdentity *who, gint64 began_us)
{
    gint64 now = tw_local_now(session->local);
    TwIdentity *old = NULL;

    tw_lock(&session->lock);
    session->calls--;
    session->used_us = now;
    session->spent_us += now - began_us;
    if (who != NULL && who->epoch > session->identity->epoch) {
        old = session->identity;
        session->identity = tw_identity_ref(who);
    }
    tw_unlock(&session->lock);
    tw_identity_unref(old);
}

gboolean
tw_local_begin(TwLocalCall *call, TwLocalSession *session, GError **error)
{
    g_autoptr(TwIdentity) before = NULL;

    call->session = session;
    call->local = session->local;
    call->began_us = tw_local_now(session->local);
    before = enter(session, call->op, call->began_us);
    if (before == NULL) {
        tw_session_end(&session->base);
        return ended(error);
    }
    call->snapshot = tw_directory_snapshot(call->local->config.directory, error);
    if (call->snapshot != NULL)
        call->who = identity_now(call, before, error);
    if (call->who != NULL)
        return TRUE;
    tw_local_end_call(call);
    return FALSE;
}

void
tw_local_end_call(TwLocalCall *call)
{
    leave(call->session, call->who, call->began_us);
    if (call->who == NULL && call->snapshot != NULL)
        tw_session_end(&call->session->base);
    tw_local_table_unref(call->table);
    tw_store_unref(call->own_store);
    tw_rights_unref(call->rights);
    tw_access_unref(call->access);
    tw_identity_unref(call->who);
    tw_directory_snapshot_unref(call->snapshot);
}

/* ---- whether it may ---- */

gboolean
tw_local_verdict(TwVerdict verdict, gboolean own, GError **error)
{
    if (verdict == TW_VERDICT_YES || (verdict == TW_VERDICT_OWN && own))
        return TRUE;
    if (verdict == TW_VERDICT_ABSENT)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such folder");
    else
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "not allowed");
    return FALSE;
}

gboolean
tw_local_ask(const TwLocalCall *call, guint32 folder, TwOpNeed need, GError **error)
{
    return tw_local_verdict(tw_rights_ask(call->rights, folder, need), FALSE, error);
}

static guint32
number_field(TwOp op, const char *name, gpointer args)
{
    const TwOpField *field = tw_op_field(op, name);

    return field != NULL ? G_STRUCT_MEMBER(guint32, args, field->offset) : 0;
}

/* Where only what is one's own may be touched each message is looked at; one that is not there is passed over. */
static gboolean
all_own(const TwLocalCall *call, const TwNumbers *messages, GError **error)
{
    for (guint i = 0; i < messages->count; i++) {
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(GError) why = NULL;
        g_autoptr(TwObject) object = tw_message_read(call->store, messages->items[i], &row, &why);
        if (object == NULL && !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (object != NULL && row.folder == call->folder && !tw_access_is_own(call, object))
            return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    }
    return TRUE;
}

/* The folder of a message that was named without it. What the session may not do with it is not there for it. */
static gboolean
find_folder(TwLocalCall *call, guint32 message, TwOpNeed need, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };

    if (!tw_message_get(call->store, message, &row, error))
        return FALSE;
    call->folder = row.folder;
    if (tw_rights_ask(call->rights, row.folder, need) <= TW_VERDICT_OWN)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such message");
    return FALSE;
}

static gboolean
ask_message(TwLocalCall *call, gpointer args, TwOpNeed need, GError **error)
{
    guint32 message = number_field(call->op, "message", args);
    TwNumbers one = { &message, 1 };
    gboolean named = number_field(call->op, "folder", args) != 0 || message == 0;
    g_autoptr(GError) why = NULL;
    TwVerdict verdict;

    if (!named && tw_rights_relation_of(call->rights) == TW_RELATION_FULL) {
        call->folder = 0; /* any of the store's */
        return TRUE;
    }
    if (!named && !find_folder(call, message, need, error))
        return FALSE;
    verdict = tw_rights_ask(call->rights, call->folder, need);
    if (verdict != TW_VERDICT_OWN)
        return tw_local_verdict(verdict, FALSE, error);
    if (message != 0 && all_own(call, &one, &why))
        return TRUE;
    if (named || why == NULL)
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such message");
    return FALSE;
}

gboolean
tw_local_ask_messages(const TwLocalCall *call,
                      const TwNumbers *messages,
                      TwOpNeed need,
                      GError **error)
{
    TwVerdict verdict = tw_rights_ask(call->rights, call->folder, need);

    if (messages->count > TW_SESSION_MOST_NUMBERS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many messages in one call");
        return FALSE;
    }
    return verdict == TW_VERDICT_OWN ? all_own(call, messages, error)
                                     : tw_local_verdict(verdict, FALSE, error);
}

static gboolean
ask_store_admin(const TwLocalCall *call, GError **error)
{
    TwRightsStore facts = { call->access->place.owner, call->access->kind, call->access->company };

    return tw_rights_administers(call->who, call->snapshot, &facts) ||
           tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
}

/* Changes made by the consumer of a sync id are not told to it again. */
static gboolean
use_sync_id(TwLocalCall *call, gpointer args, GError **error)
{
    guint32 sync = number_field(call->op, "sync", args);
    TwSyncInfo info;

    if (sync == 0)
        return TRUE;
    if (!tw_sync_get(call->local->config.engine, sync, call->who->number, &info, error))
        return FALSE;
    call->store = call->own_store = tw_store_for_sync(call->access->store, sync);
    return TRUE;
}

static gboolean
ask_store(TwLocalCall *call, const TwOpInfo *info, gpointer args, GError **error)
{
    const TwOpField *field = tw_op_field(call->op, "store");
    gboolean ok;

    call->access =
        tw_access_open(call, &G_STRUCT_MEMBER(TwGuid, args, field->offset), &call->rights, error);
    if (call->access == NULL)
        return FALSE;
    call->store = call->access->store;
    call->folder = number_field(call->op, "folder", args);
    if (call->folder == 0)
        call->folder = call->access->root;
    switch (info->target) {
    case TW_ON_MESSAGE:
        ok = ask_message(call, args, info->need, error);
        break;
    case TW_ON_MESSAGES:
        ok = tw_local_ask_messages(
            call, &G_STRUCT_MEMBER(TwNumbers, args, tw_op_field(call->op, "messages")->offset),
            info->need, error);
        break;
    case TW_ON_FOLDER:
        ok = tw_local_ask(call, call->folder, info->need, error);
        break;
    default:
        call->folder = call->access->object;
        ok = info->need == TW_NEED_ADMIN ? ask_store_admin(call, error)
                                         : tw_local_ask(call, call->folder, info->need, error);
        break;
    }
    return ok && use_sync_id(call, args, error) &&
           (info->need_to == TW_NEED_NOTHING ||
            tw_local_ask(call, number_field(call->op, "to", args), info->need_to, error));
}

/* ---- users and companies ---- */

static gboolean
ask_user(TwLocalCall *call, const TwOpInfo *info, gpointer args, GError **error)
{
    guint32 number = number_field(call->op, "user", args);
    gboolean self, over;

    if (number == 0)
        number = call->who->number;
    call->object = tw_local_object(call, number, error);
    if (call->object == NULL)
        return FALSE;
    self = number == call->who->number;
    over = tw_identity_is_over(call->who, call->snapshot, call->object);
    if (info->need == TW_NEED_SEEN || over || (self && info->need == TW_NEED_SELF))
        return TRUE;
    return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
}

static gboolean
ask_company(TwLocalCall *call, const TwOpInfo *info, gpointer args, GError **error)
{
    guint32 company = number_field(call->op, "company", args);

    if (company != TW_DIRECTORY_NO_COMPANY) {
        const TwDirectoryObject *object = tw_local_object(call, company, error);
        if (object == NULL)
            return FALSE;
        if (object->kind != TW_DIRECTORY_COMPANY)
            return tw_local_verdict(TW_VERDICT_ABSENT, FALSE, error);
    } else if (info->need == TW_NEED_SEEN && call->who->admin != TW_DIRECTORY_SYSTEM_ADMIN &&
               call->who->company != TW_DIRECTORY_NO_COMPANY) {
        return tw_local_verdict(TW_VERDICT_ABSENT, FALSE, error);
    }
    if (info->need == TW_NEED_SEEN || tw_identity_administers(call->who, call->snapshot, company))
        return TRUE;
    return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
}

gboolean
tw_local_ask_server(const TwLocalCall *call, TwOpNeed need, GError **error)
{
    gboolean any = call->who->admin != TW_DIRECTORY_NO_ADMIN || call->who->admin_of->len > 0;

    if (need == TW_NEED_NOTHING || (need == TW_NEED_ADMIN && any) ||
        (need == TW_NEED_DELIVER && call->who->anonymous) ||
        call->who->admin == TW_DIRECTORY_SYSTEM_ADMIN)
        return TRUE;
    return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
}

static gboolean
ask_all(TwLocalCall *call, const TwOpInfo *info, gpointer args, GError **error)
{
    /* who did not log on delivers, and that is all */
    if (call->who->anonymous && info->need != TW_NEED_DELIVER)
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    switch (info->target) {
    case TW_ON_STORE:
    case TW_ON_FOLDER:
    case TW_ON_MESSAGE:
    case TW_ON_MESSAGES:
        return ask_store(call, info, args, error);
    case TW_ON_SERVER:
        return tw_local_ask_server(call, info->need, error);
    case TW_ON_USER:
        return ask_user(call, info, args, error);
    case TW_ON_COMPANY:
        return ask_company(call, info, args, error);
    case TW_ON_MANY:
        break; /* asked for each by itself */
    }
    return TRUE;
}

static void
audit_call(const TwLocalCall *call, const TwOpInfo *info, const GError *error)
{
    gboolean denied = g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS);
    TwAuditEvent event = denied                          ? TW_AUDIT_ACCESS_DENIED
                         : info->op_class == TW_OP_ADMIN ? TW_AUDIT_ADMINISTRATION
                                                         : TW_AUDIT_RIGHTS_CHANGED;
    char guid[TW_GUID_TEXT_SIZE] = "";
    const char *object = guid;

    if (call->local->config.audit == NULL || (!denied && (!info->audited || error != NULL)))
        return;
    if (call->access != NULL)
        tw_guid_print(&call->access->place.guid, TW_GUID_HEX, guid);
    else if (call->object != NULL)
        object = call->object->name;
    tw_audit(call->local->config.audit, event,
             (const TwLogValue[]){
                 tw_log_str(TW_LOG_COMMAND, info->name),
                 tw_log_str(TW_LOG_OBJECT, object),
                 tw_log_uint(TW_LOG_FOLDER, call->folder),
                 tw_log_str(TW_LOG_USER, call->who->name),
                 { .field = TW_LOG_FIELD_END },
             });
}

gboolean
tw_local_call(TwSession *session, TwOp op, gpointer args, GError **error)
{
    const TwOpInfo *info = tw_op_info(op);
    TwLocalCall call = { .op = op };
    g_autoptr(GError) why = NULL;
    gboolean ok;

    if (!tw_local_begin(&call, (TwLocalSession *) session, error))
        return FALSE;
    ok = ask_all(&call, info, args, &why);
    if (ok) {
        ok = functions[op](&call, args, &why);
        tw_local_stamp_move(call.local, op, args);
    }
    if (info->op_class == TW_OP_ADMIN)
        tw_live_look(call.local->live);
    audit_call(&call, info, why);
    tw_local_end_call(&call);
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&why));
    return ok;
}
