/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sessions: how one is opened, opened again, used and ended. Each operation is one call, twigaCall, made from the table of
 * operations (session/pack.h).
 */
#include <string.h>

#include "base/time.h"
#include "remote/remote-private.h"
#include "session/pack.h"

enum {
    FLAG_NO_UID = 1,
    FLAG_CHECK = 2,
    FLAG_ANONYMOUS = 0x10000, /* soapd/logon.c */
    FLAG_PASSWORD = 0x20000,

    PASSWORD_MOST = 4096, /* bytes of a password */
};

/* ---- memory ---- */

static void
free_texts(TwSessionInfo *info)
{
    g_free((gpointer) (guintptr) info->name);      /* NOLINT: ours */
    g_free((gpointer) (guintptr) info->full_name); /* NOLINT: ours */
    g_free((gpointer) (guintptr) info->mail);      /* NOLINT: ours */
    info->name = info->full_name = info->mail = NULL;
}

TwRemoteSession *
tw_remote_session_ref(TwRemoteSession *session)
{
    g_atomic_int_inc(&session->refs);
    return session;
}

void
tw_remote_session_unref(TwRemoteSession *session)
{
    if (session == NULL || !g_atomic_int_dec_and_test(&session->refs))
        return;
    tw_client_free(session->parked);
    g_ptr_array_unref(session->watches);
    free_texts(&session->info);
    g_free(session->user);
    g_free(session->impersonate);
    g_free(session->program);
    g_free(session->program_version);
    g_free(session->door);
    tw_secret_unref(session->password);
    tw_lock_clear(&session->lock);
    g_free(session);
}

static TwRemoteSession *
session_new(TwRemote *remote, const TwLogon *logon)
{
    TwRemoteSession *session = g_new0(TwRemoteSession, 1);

    session->base.funcs = remote->base.funcs;
    session->refs = 1;
    session->holders = 1;
    session->remote = remote;
    session->flags = ((logon->flags & TW_LOGON_NO_UID) != 0 ? (guint) FLAG_NO_UID : 0) |
                     ((logon->flags & TW_LOGON_CHECK) != 0 ? (guint) FLAG_CHECK : 0) |
                     ((logon->flags & TW_LOGON_ANONYMOUS) != 0 ? (guint) FLAG_ANONYMOUS : 0) |
                     ((logon->flags & TW_LOGON_PASSWORD) != 0 || logon->peer.kind != TW_PEER_PROCESS
                          ? (guint) FLAG_PASSWORD
                          : 0);
    session->user = g_strdup(logon->user);
    session->password =
        logon->password != NULL
            ? tw_secret_ref((TwSecret *) (guintptr) logon->password) /* NOLINT: counted */
            : NULL;
    session->impersonate = g_strdup(logon->impersonate);
    session->program = g_strdup(logon->program != NULL ? logon->program : remote->program);
    session->program_version =
        g_strdup(logon->program_version != NULL ? logon->program_version : TW_VERSION);
    session->door = g_strdup(logon->door);
    session->info.capabilities = logon->capabilities;
    session->watches = g_ptr_array_new();
    tw_lock_init(&session->lock);
    return session;
}

/* ---- logging on ---- */

static gboolean
judge_logon(const TwSoapLogonResponse *answer, guint flags, GError **error)
{
    if (answer->er == TW_SOAP_RESULT_LOGON_FAILED || answer->er == TW_SOAP_RESULT_NO_ACCESS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "logon: the server refused it");
        return FALSE;
    }
    if (answer->er != 0) {
        GError *why = tw_soap_result_to_error(answer->er, "logon");
        if (why == NULL)
            why = g_error_new_literal(TW_ERROR, TW_ERROR_FAILED, "logon: a warning");
        g_propagate_error(error, why);
        return FALSE;
    }
    if ((flags & FLAG_CHECK) == 0 && (answer->ulCapabilities & TW_REMOTE_CAPABILITY_OWN) == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "logon: this server is no Twiga");
        return FALSE;
    }
    return TRUE;
}

static void
log_off(TwRemote *remote, guint64 id)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    const TwSoapSessionArgs args = { .ulSessionId = id };

    (void) tw_remote_exchange(remote, TW_SOAP_CALL_LOGOFF, &args, TW_REMOTE_ONCE, decoder, NULL);
}

/* One logon. *@ret_id is 0 where only a password was checked. */
static gboolean
ask_logon(TwRemoteSession *session, guint64 *ret_id, GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    g_autofree char *misc =
        session->door != NULL ? g_strconcat("door=", session->door, NULL) : NULL;
    char password[PASSWORD_MOST] = "";
    TwSoapLogonArgs args = { .szUsername = session->user != NULL ? session->user : "",
                             .szPassword = password,
                             .szImpersonateUser =
                                 session->impersonate != NULL ? session->impersonate : "",
                             .szVersion = "11.0.2",
                             .ulCapabilities = TW_REMOTE_CAPABILITIES | TW_REMOTE_CAPABILITY_OWN,
                             .ulFlags = session->flags,
                             .szClientApp = session->program != NULL ? session->program : "twiga",
                             .szClientAppVersion = session->program_version,
                             .szClientAppMisc = misc != NULL ? misc : "" };
    const TwSoapLogonResponse *answer;

    if (session->password != NULL && g_strlcpy(password, tw_secret_reveal(session->password, NULL),
                                               sizeof password) >= sizeof password) {
        tw_secret_wipe(password, sizeof password);
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "logon: no such password");
        return FALSE;
    }
    answer = tw_remote_exchange(session->remote, TW_SOAP_CALL_LOGON, &args, TW_REMOTE_AGAIN,
                                decoder, error);
    tw_secret_wipe(password, sizeof password);
    if (answer == NULL)
        return FALSE;
    if (!judge_logon(answer, session->flags, error)) {
        if (answer->ulSessionId != 0)
            log_off(session->remote, answer->ulSessionId);
        return FALSE;
    }
    *ret_id = answer->ulSessionId;
    return TRUE;
}

/* What the server says of a session. */
typedef struct {
    TwSessionInfo info; /* texts are owned */
    TwGuid boot;
    guint timeout_s;
} Said;

static gboolean
ask_info(TwRemoteSession *session, guint64 id, Said *ret, GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    const TwSoapSessionArgs args = { .ulSessionId = id };
    const TwSoapTwigaSessionResponse *answer = tw_remote_exchange(
        session->remote, TW_SOAP_CALL_TWIGA_SESSION, &args, TW_REMOTE_AGAIN, decoder, error);

    if (answer == NULL)
        return FALSE;
    if (answer->er != 0) {
        GError *why = tw_soap_result_to_error(answer->er, "twigaSession");
        if (why != NULL)
            g_propagate_error(error, why);
        else
            g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "twigaSession");
        return FALSE;
    }
    if (answer->sServer.len != TW_GUID_LEN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "twigaSession: no server");
        return FALSE;
    }
    memcpy(ret->boot.bytes, answer->sServer.data, TW_GUID_LEN);
    ret->timeout_s = answer->ulTimeoutSeconds;
    return tw_session_info_unpack(answer->sInfo.data, answer->sInfo.len, &ret->info, error);
}

static gboolean
list_session(TwRemoteSession *session, GError **error)
{
    TwRemote *remote = session->remote;
    TwRemoteListener *made = NULL;
    gboolean has;

    tw_lock(&remote->lock);
    has = remote->listener != NULL;
    tw_unlock(&remote->lock);
    if (!has) {
        made = tw_remote_listener_new(remote, error);
        if (made == NULL)
            return FALSE;
    }
    tw_lock(&remote->lock);
    if (remote->listener == NULL)
        remote->listener = g_steal_pointer(&made);
    g_ptr_array_add(remote->sessions, tw_remote_session_ref(session));
    tw_unlock(&remote->lock);
    tw_remote_listener_free(made);
    return TRUE;
}

gboolean
tw_remote_logon(
    TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error)
{
    g_autoptr(TwRemoteSession) session = session_new((TwRemote *) server, logon);
    guint32 capabilities = session->info.capabilities;
    Said said = { 0 };

    *ret_wait_us = 0; /* the server waits itself before it answers */
    if (!ask_logon(session, &session->id, error))
        return FALSE;
    if ((logon->flags & TW_LOGON_CHECK) != 0)
        return TRUE;
    if (!ask_info(session, session->id, &said, error)) {
        log_off(session->remote, session->id);
        return FALSE;
    }
    session->info = said.info;
    session->boot = said.boot;
    session->timeout_s = said.timeout_s;
    session->info.id = session->id;
    session->info.capabilities = capabilities;
    session->used_us = tw_time_mono_us();
    if (!list_session(session, error)) { /* from here on the listener looks at it */
        log_off(session->remote, session->id);
        return FALSE;
    }
    *ret = &g_steal_pointer(&session)->base;
    return TRUE;
}

/* ---- life ---- */

gboolean
tw_remote_session_id(TwRemoteSession *session, guint64 *ret, GError **error)
{
    TW_LOCK_SCOPE(&session->lock);

    *ret = session->id;
    if (!session->ended)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "the session has ended");
    return FALSE;
}

void
tw_remote_session_used(TwRemoteSession *session)
{
    TW_LOCK_SCOPE(&session->lock);

    session->used_us = tw_time_mono_us();
}

/* Whether a session may be gone without anybody's will: the server lives anew, or did not hear of it for too long. */
static gboolean
was_lost(TwRemoteSession *session, const Said *said)
{
    TW_LOCK_SCOPE(&session->lock);

    return !tw_guid_equal(&session->boot, &said->boot) ||
           tw_time_mono_us() - session->used_us >= (gint64) session->timeout_s * G_USEC_PER_SEC;
}

static gboolean
take_new(TwRemoteSession *session, guint64 old, guint64 id, const Said *said)
{
    TW_LOCK_SCOPE(&session->lock);

    if (session->id != old || session->ended)
        return FALSE;
    session->id = id;
    session->info.id = id;
    session->boot = said->boot;
    session->used_us = tw_time_mono_us();
    return TRUE;
}

static gboolean
stays_ended(const char *why, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "the session has ended: %s", why);
    return FALSE;
}

/* Two may come here at once: the first whose session stands is taken, the other's is given back. One that an administrator
 * ended stays ended. */
gboolean
tw_remote_log_on_again(TwRemoteSession *session, guint64 old, GError **error)
{
    g_autoptr(GError) why = NULL;
    Said said = { 0 };
    guint64 id = 0;
    gboolean lost;

    if (!tw_remote_session_id(session, &id, error))
        return FALSE;
    if (id != old)
        return TRUE;
    if (!ask_logon(session, &id, &why))
        return stays_ended(why->message, error);
    lost = ask_info(session, id, &said, &why) && was_lost(session, &said);
    free_texts(&said.info);
    if (lost && take_new(session, old, id, &said)) {
        tw_remote_restore_watches(session);
    } else {
        log_off(session->remote, id);
        if (!lost)
            return stays_ended(why != NULL ? why->message : "it was ended at the server", error);
    }
    return tw_remote_session_id(session, &id, error);
}

void
tw_remote_keep_alive(TwRemoteSession *session)
{
    Said said = { 0 };
    gint64 now = tw_time_mono_us();
    guint64 id;
    guint timeout_s;
    gboolean due;

    tw_lock(&session->lock);
    timeout_s = MAX(session->timeout_s, 3);
    due = !session->ended && now - session->used_us > (gint64) timeout_s * G_USEC_PER_SEC / 3;
    if (due)
        session->used_us = now;
    id = session->id;
    tw_unlock(&session->lock);
    if (due && ask_info(session, id, &said, NULL))
        free_texts(&said.info);
}

void
tw_remote_get_info(TwSession *base, TwSessionInfo *ret)
{
    TwRemoteSession *session = (TwRemoteSession *) base;
    TW_LOCK_SCOPE(&session->lock);

    *ret = session->info;
}

void
tw_remote_end(TwSession *base)
{
    TwRemoteSession *session = (TwRemoteSession *) base;
    TwRemote *remote = session->remote;
    gboolean listed;
    guint64 id;

    tw_lock(&session->lock);
    id = session->ended ? 0 : session->id;
    session->ended = TRUE;
    tw_unlock(&session->lock);
    if (id == 0)
        return;
    tw_lock(&remote->lock);
    listed = g_ptr_array_remove_fast(remote->sessions, session);
    tw_unlock(&remote->lock);
    log_off(remote, id);
    if (listed)
        tw_remote_session_unref(session);
}

TwSession *
tw_remote_ref(TwSession *base)
{
    g_atomic_int_inc(&((TwRemoteSession *) base)->holders);
    return base;
}

/* The program holds all there is of a session: with the last reference it ends, bound or not. */
void
tw_remote_unref(TwSession *base)
{
    TwRemoteSession *session = (TwRemoteSession *) base;

    if (!g_atomic_int_dec_and_test(&session->holders))
        return;
    tw_remote_end(base);
    tw_remote_session_unref(session);
}

/* ---- operations ---- */

/* What belongs to one session of the server: it is gone with that, and a call on it is never made twice. */
static const gboolean bound[TW_OP_COUNT] = {
#define BOUND_ROW(upper, ...) [TW_OP_##upper] = TRUE,
    TW_OP_TABLE_LIST(BOUND_ROW) TW_OP_VALUE_LIST(BOUND_ROW)
#undef BOUND_ROW
};

static TwRemoteRepeat
repeat_of(TwOp op)
{
    return tw_op_info(op)->op_class == TW_OP_READ && !bound[op] ? TW_REMOTE_AGAIN : TW_REMOTE_ONCE;
}

static gboolean
failed(TwOp op, const TwSoapTwigaCallResponse *answer, GError **error)
{
    const char *reason = answer->szReason != NULL ? answer->szReason : "";
    GError *why = answer->ulError != 0 ? tw_error_from_mapi(answer->ulError, reason)
                                       : tw_soap_result_to_error(answer->er, tw_op_info(op)->name);

    if (why == NULL)
        why = g_error_new(TW_ERROR, TW_ERROR_FAILED, "%s: result 0x%08x", tw_op_info(op)->name,
                          answer->er);
    g_propagate_error(error, why);
    return FALSE;
}

/* One try. */
static gboolean
call_once(TwRemoteSession *session, TwOp op, gpointer args, guint64 id, GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_PACK_MOST);
    TwSoapTwigaCallArgs request = { .ulSessionId = id,
                                    .szOperation = tw_op_info(op)->name,
                                    .ulShape = tw_op_shape(op) };
    const TwSoapTwigaCallResponse *answer;

    if (!tw_op_pack_request(op, args, &packed, error))
        return FALSE;
    request.sRequest.data = packed.data;
    request.sRequest.len = packed.len;
    answer = tw_remote_exchange(session->remote, TW_SOAP_CALL_TWIGA_CALL, &request, repeat_of(op),
                                decoder, error);
    if (answer == NULL)
        return FALSE;
    tw_remote_session_used(session);
    if (answer->er != 0)
        return failed(op, answer, error);
    if (tw_op_unpack_answer(op, answer->sAnswer.data, answer->sAnswer.len, args, error))
        return TRUE;
    tw_op_clear(op, args);
    return FALSE;
}

gboolean
tw_remote_call(TwSession *base, TwOp op, gpointer args, GError **error)
{
    TwRemoteSession *session = (TwRemoteSession *) base;
    g_autoptr(GError) why = NULL;
    guint64 id;

    if (!tw_remote_session_id(session, &id, error))
        return FALSE;
    if (call_once(session, op, args, id, &why))
        return TRUE;
    if (!g_error_matches(why, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!tw_remote_log_on_again(session, id, error))
        return FALSE;
    if (bound[op]) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return tw_remote_session_id(session, &id, error) && call_once(session, op, args, id, error);
}
