/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How a logon is decided: spec/mapi-soap.md 3.3. First what vouches for the caller, by the table of peers; then the
 * password; then impersonation. Everything that has to do with who it is gives one answer.
 */
#include "base/error.h"
#include "base/hash.h"
#include "base/log-audit.h"
#include "base/number.h"
#include "base/text.h"
#include "session/local-private.h"

#include <pwd.h>
#include <string.h>

/* What a peer may do without a password. */
typedef enum {
    MAY_ANYBODY = 1u << 0, /* be any user, SYSTEM too */
    MAY_NOBODY = 1u << 1,  /* be anonymous, for delivery */
    MAY_BY_UID = 1u << 2,  /* as its uid says */
} PeerMay;

static const guint8 peers[] = {
    [TW_PEER_NETWORK] = 0,
    [TW_PEER_UNIX] = MAY_BY_UID | MAY_NOBODY,
    [TW_PEER_CERTIFICATE] = MAY_ANYBODY | MAY_NOBODY,
    [TW_PEER_PROCESS] = MAY_ANYBODY | MAY_NOBODY,
};

/* ---- names ---- */

/* Takes a typed name apart; in the form "%u" there is no company. */
static void
split_login(const TwLocal *local, const char *typed, char **ret_user, char **ret_company)
{
    const char *format = local->config.login_format;
    const char *user = strstr(format, "%u"), *company = strstr(format, "%c");
    gboolean user_first = company == NULL || user < company;
    const char *between = user_first ? user + 2 : company + 2;
    const char *end = user_first ? company : user;
    g_autofree char *separator = NULL;
    const char *cut;

    *ret_company = NULL;
    *ret_user = g_strdup(typed);
    if (company == NULL || !local->config.hosted)
        return;
    separator = g_strndup(between, (gsize) (end - between));
    cut = user_first ? g_strrstr(typed, separator) : strstr(typed, separator);
    if (cut == NULL)
        return;
    g_free(*ret_user);
    *ret_user = g_strndup(typed, (gsize) (cut - typed));
    *ret_company = g_strdup(cut + strlen(separator));
    if (!user_first) {
        char *swap = *ret_user;
        *ret_user = *ret_company;
        *ret_company = swap;
    }
}

/* Of a typed name that says no company: where no name says one, a directory elsewhere gives each only once. */
static guint32
usual_company(const TwLocal *local)
{
    return local->config.hosted && strstr(local->config.login_format, "%c") == NULL
               ? TW_DIRECTORY_ANY_COMPANY
               : TW_DIRECTORY_NO_COMPANY;
}

/* Which company a typed name is of; FALSE: one that is not there. */
static gboolean
find_company(const TwLocal *local,
             const TwDirectorySnapshot *snapshot,
             const char *name,
             guint32 *ret)
{
    const TwDirectoryObject *company;

    *ret = usual_company(local);
    if (name == NULL)
        return TRUE;
    company = tw_directory_snapshot_find(snapshot, TW_DIRECTORY_CONTAINERS, TW_DIRECTORY_NO_COMPANY,
                                         name);
    if (company == NULL || company->kind != TW_DIRECTORY_COMPANY)
        return FALSE;
    *ret = company->number;
    return TRUE;
}

char *
tw_local_join_login(const TwLocal *local, const char *user, const char *company)
{
    g_autoptr(GString) name = NULL;

    if (company == NULL || !local->config.hosted)
        return g_strdup(user);
    name = g_string_new(NULL);
    for (const char *at = local->config.login_format; *at != '\0'; at++) {
        if (g_str_has_prefix(at, "%u"))
            g_string_append(name, user), at++;
        else if (g_str_has_prefix(at, "%c"))
            g_string_append(name, company), at++;
        else
            g_string_append_c(name, *at);
    }
    return g_string_free(g_steal_pointer(&name), FALSE);
}

/* Of the only user or group of that name; the given one where it is in there. */
static void
find_its_company(const TwDirectorySnapshot *snapshot, const char *name, guint32 *io_company)
{
    static const TwDirectoryType types[] = { TW_DIRECTORY_USERS, TW_DIRECTORY_GROUPS };
    const guint32 places[] = { *io_company, TW_DIRECTORY_ANY_COMPANY };

    for (guint i = 0; i < G_N_ELEMENTS(places) * G_N_ELEMENTS(types); i++) {
        const TwDirectoryObject *found =
            tw_directory_snapshot_find(snapshot, types[i % 2], places[i / 2], name);
        if (found != NULL) {
            *io_company = found->number < TW_DIRECTORY_FIRST_NUMBER ? *io_company : found->company;
            return;
        }
    }
}

gboolean
tw_local_split_name(const TwLocal *local,
                    const TwDirectorySnapshot *snapshot,
                    const char *typed,
                    char **ret_plain,
                    guint32 *io_company)
{
    g_autofree char *plain = NULL;
    g_autofree char *company = NULL;

    split_login(local, typed, &plain, &company);
    if (company != NULL && !find_company(local, snapshot, company, io_company))
        return FALSE;
    if (usual_company(local) == TW_DIRECTORY_ANY_COMPANY)
        find_its_company(snapshot, plain, io_company);
    *ret_plain = g_steal_pointer(&plain);
    return TRUE;
}

TwDirectoryObject *
tw_local_find_user(const TwLocal *local, const TwDirectorySnapshot *snapshot, const char *name)
{
    g_autofree char *user = NULL;
    g_autofree char *company = NULL;
    guint32 number;

    split_login(local, name, &user, &company);
    if (!find_company(local, snapshot, company, &number))
        return NULL;
    return tw_directory_snapshot_find(snapshot, TW_DIRECTORY_USERS, number, user);
}

TwDirectoryObject *
tw_local_find_name(const TwLocal *local,
                   const TwDirectorySnapshot *snapshot,
                   TwDirectoryType type,
                   guint32 company,
                   const char *name)
{
    g_autofree char *plain = NULL;
    g_autofree char *company_name = NULL;
    TwDirectoryObject *found;

    if (type == TW_DIRECTORY_CONTAINERS)
        return tw_directory_snapshot_find(snapshot, type, TW_DIRECTORY_NO_COMPANY, name);
    split_login(local, name, &plain, &company_name);
    if (company_name != NULL && !find_company(local, snapshot, company_name, &company))
        return NULL;
    found = tw_directory_snapshot_find(snapshot, type, company, plain);
    return found == NULL && usual_company(local) == TW_DIRECTORY_ANY_COMPANY
               ? tw_directory_snapshot_find(snapshot, type, TW_DIRECTORY_ANY_COMPANY, plain)
               : found;
}

/* ---- who ---- */

typedef struct {
    TwLocal *local;
    const TwLogon *logon;
    TwDirectorySnapshot *snapshot;
    const char *method;
    guint32 user;
    gboolean by_password;
} Logon;

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error(error, TW_ERROR, TW_ERROR_NO_ACCESS, "logon: %s", why);
    return FALSE;
}

static char *
account_of(const TwLocal *local, guint uid)
{
    struct passwd entry, *found = NULL;
    char room[4096];

    if (local->config.account_of != NULL)
        return local->config.account_of(uid, local->config.data);
    return getpwuid_r((uid_t) uid, &entry, room, sizeof room, &found) == 0 && found != NULL
               ? g_strdup(found->pw_name)
               : NULL;
}

/* A list of accounts may say uids, too. */
static gboolean
is_admin_uid(const TwLocal *local, guint uid, const char *account)
{
    const TwTrust *trust = &local->config.trust;

    if (uid == trust->own_uid)
        return TRUE;
    for (guint i = 0; trust->admin_users != NULL && trust->admin_users[i] != NULL; i++) {
        const char *one = trust->admin_users[i];
        guint64 number;
        if (tw_parse_u64(one, strlen(one), G_MAXUINT32, &number) ? number == uid
                                                                 : g_strcmp0(account, one) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Whether the peer may be @user without a password. */
static gboolean
is_vouched(const Logon *state, const TwDirectoryObject *user)
{
    const TwLogon *logon = state->logon;
    const TwTrust *trust = &state->local->config.trust;
    g_autofree char *account = NULL;

    if (logon->flags & TW_LOGON_PASSWORD)
        return FALSE;
    if (peers[logon->peer.kind] & MAY_ANYBODY)
        return TRUE;
    if (!(peers[logon->peer.kind] & MAY_BY_UID) || (logon->flags & TW_LOGON_NO_UID))
        return FALSE;
    account = account_of(state->local, logon->peer.uid);
    if (is_admin_uid(state->local, logon->peer.uid, account))
        return TRUE;
    if (!trust->local_users || user->number == TW_DIRECTORY_SYSTEM)
        return FALSE;
    return account != NULL && tw_local_find_user(state->local, state->snapshot, account) == user;
}

/* Whose failures are counted: the name, or for a token that comes without one the peer. */
static const char *
limited_name(const TwLogon *logon)
{
    if (logon->user != NULL)
        return logon->user;
    return logon->peer.address != NULL ? logon->peer.address : "";
}

/* FALSE with BUSY: the caller has to wait first. */
static gboolean
check_delay(const Logon *state, gint64 *ret_wait_us, GError **error)
{
    const TwLogon *logon = state->logon;
    gint64 now = tw_local_now(state->local);
    gint64 wait =
        tw_login_limiter_advise(state->local->limiter, limited_name(logon),
                                logon->peer.address != NULL ? logon->peer.address : "", now);

    if (wait == 0 || (logon->flags & TW_LOGON_WAITED))
        return TRUE;
    *ret_wait_us = wait;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY, "logon: too many failures just now");
    return FALSE;
}

/* ---- what a client may show: password, proof, token ---- */

/* An unknown company must take as long as an unknown user. */
static guint32
take_login_apart(const TwLocal *local,
                 const TwDirectorySnapshot *snapshot,
                 const char *typed,
                 char **ret_name)
{
    g_autofree char *company_name = NULL;
    guint32 company;

    split_login(local, typed, ret_name, &company_name);
    return find_company(local, snapshot, company_name, &company) ? company : G_MAXUINT32;
}

static TwDirectoryObject *
check_password(Logon *state, GError **error)
{
    const TwLogon *logon = state->logon;
    g_autofree char *name = NULL;
    guint32 company = take_login_apart(state->local, state->snapshot, logon->user, &name);

    state->method = "User supplied password";
    return tw_directory_login(state->local->config.directory, company, name, logon->password,
                              tw_local_now(state->local), error);
}

static TwDirectoryObject *
check_scram(Logon *state, GError **error)
{
    const TwLogonScram *scram = state->logon->scram;
    g_autoptr(TwDirectoryObject) user = NULL;
    g_autofree char *name = NULL;
    guint32 company = take_login_apart(state->local, state->snapshot, state->logon->user, &name);
    TwScramKeys keys;
    gboolean right;

    state->method = "SCRAM-SHA-256";
    if (!tw_directory_scram_keys(state->local->config.directory, company, name, &keys, &user,
                                 error))
        return NULL;
    right = tw_scram_keys_check(&keys, scram->messages, strlen(scram->messages), scram->proof,
                                scram->ret_signature);
    tw_secret_wipe(&keys, sizeof keys);
    if (right && user != NULL)
        return g_steal_pointer(&user);
    refuse(error, "no such user, no keys for SCRAM, or a wrong password");
    return NULL;
}

static TwDirectoryObject *
check_token(Logon *state, GError **error)
{
    const TwLocal *local = state->local;
    const char *claimed = state->logon->user;
    g_autofree char *name = NULL;
    TwDirectoryObject *user;
    gsize len;
    const char *token = tw_secret_reveal(state->logon->token, &len);

    state->method = "Bearer token";
    if (local->config.token == NULL) {
        refuse(error, "tokens are not taken");
        return NULL;
    }
    if (!local->config.token(token, len, &name, local->config.token_data, error))
        return NULL;
    user = tw_local_find_user(local, state->snapshot, name);
    if (user != NULL && user->kind == TW_DIRECTORY_USER && user->number != TW_DIRECTORY_SYSTEM &&
        (claimed == NULL || tw_local_find_user(local, state->snapshot, claimed) == user))
        return tw_directory_object_ref(user);
    refuse(error, "the token is of nobody, or of somebody else");
    return NULL;
}

static gboolean
check_shown(Logon *state, GError **error)
{
    TwLocal *local = state->local;
    const TwLogon *logon = state->logon;
    const char *named = limited_name(logon);
    g_autoptr(GError) why = NULL;
    g_autoptr(TwDirectoryObject) user = logon->scram != NULL   ? check_scram(state, &why)
                                        : logon->token != NULL ? check_token(state, &why)
                                                               : check_password(state, &why);

    if (user != NULL) {
        tw_login_limiter_succeeded(local->limiter, named);
        state->user = user->number;
        state->by_password = TRUE;
        return TRUE;
    }
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NO_ACCESS))
        tw_login_limiter_failed(local->limiter, named,
                                logon->peer.address != NULL ? logon->peer.address : "",
                                tw_local_now(local));
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

guint
tw_local_offers(TwServer *server)
{
    const TwLocal *local = (const TwLocal *) server;

    return (tw_directory_has_scram(local->config.directory) ? (guint) TW_SERVER_SCRAM : 0) |
           (local->config.token != NULL ? (guint) TW_SERVER_TOKEN : 0);
}

gboolean
tw_local_scram_ask(TwServer *server, const char *user, TwScramAsk *ret, GError **error)
{
    const TwLocal *local = (const TwLocal *) server;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(local->config.directory, error);
    g_autoptr(TwDirectoryObject) whose = NULL;
    g_autofree char *name = NULL;
    TwScramKeys keys;
    guint32 company;

    if (snapshot == NULL)
        return FALSE;
    company = take_login_apart(local, snapshot, user, &name);
    if (!tw_directory_scram_keys(local->config.directory, company, name, &keys, &whose, error))
        return FALSE;
    memcpy(ret->salt, keys.salt, sizeof ret->salt);
    ret->rounds = keys.rounds;
    tw_secret_wipe(&keys, sizeof keys);
    return TRUE;
}

static gboolean
authenticate(Logon *state, gint64 *ret_wait_us, GError **error)
{
    const TwLogon *logon = state->logon;
    const TwDirectoryObject *user;
    gboolean names_itself = logon->token != NULL && logon->user == NULL;

    if (logon->flags & TW_LOGON_ANONYMOUS) {
        state->method = "Delivery";
        return (peers[logon->peer.kind] & MAY_NOBODY) != 0 ||
               refuse(error, "nobody may not come from there");
    }
    if (!names_itself && (logon->user == NULL || *logon->user == '\0'))
        return refuse(error, "no name");
    user = names_itself ? NULL : tw_local_find_user(state->local, state->snapshot, logon->user);
    if (user != NULL && is_vouched(state, user)) {
        state->method = logon->peer.kind == TW_PEER_UNIX          ? "Pipe user"
                        : logon->peer.kind == TW_PEER_CERTIFICATE ? "SSL certificate"
                                                                  : "Trusted program";
        state->user = user->number;
        return TRUE;
    }
    if (logon->password == NULL && logon->scram == NULL && logon->token == NULL)
        return refuse(error, "no password");
    return check_delay(state, ret_wait_us, error) && check_shown(state, error);
}

/* Whether the user may use the door at all: spec/mapi-soap.md 4.8. */
static gboolean
has_feature(TwLocal *local, const TwDirectoryObject *user, const char *door)
{
    const char *const *off;

    if (door == NULL || user->number == TW_DIRECTORY_SYSTEM)
        return TRUE;
    if (user->features_off != NULL && g_strv_contains(user->features_off, door))
        return FALSE;
    if (user->features_on != NULL && g_strv_contains(user->features_on, door))
        return TRUE;
    off = tw_local_policy(local)->disabled_features;
    return off == NULL || !g_strv_contains(off, door);
}

/* Only an administrator over a user may be that user. */
static gboolean
impersonate(Logon *state, TwIdentity **who, char **ret_impersonator, GError **error)
{
    const TwDirectoryObject *user;
    g_autoptr(GError) why = NULL;
    TwIdentity *other;

    if (state->logon->impersonate == NULL || *state->logon->impersonate == '\0')
        return TRUE;
    user = tw_local_find_user(state->local, state->snapshot, state->logon->impersonate);
    if (user == NULL || (*who)->anonymous || !tw_identity_is_over(*who, state->snapshot, user))
        return refuse(error, "may not be somebody else");
    other = tw_identity_new(state->snapshot, user->number, &why);
    if (other == NULL)
        return refuse(error, why->message);
    *ret_impersonator = g_strdup((*who)->name);
    tw_identity_unref(*who);
    *who = other;
    return TRUE;
}

/* ---- the session ---- */

static void
audit(const Logon *state, gboolean ok, const TwLocalSession *session)
{
    const TwLogon *logon = state->logon;
    gboolean other = logon->impersonate != NULL && *logon->impersonate != '\0';
    const char *from = logon->peer.address != NULL ? logon->peer.address : "";
    const char *program = logon->program != NULL ? logon->program : "";
    const char *user = other ? logon->impersonate : logon->user != NULL ? logon->user : "";
    TwLogValue values[8];
    guint count = 0;

    if (state->local->config.audit == NULL)
        return;
    values[count++] = tw_log_str(TW_LOG_USER, user);
    if (other)
        values[count++] = tw_log_str(TW_LOG_IMPERSONATOR, logon->user);
    values[count++] = tw_log_str(TW_LOG_FROM, from);
    values[count++] = tw_log_str(TW_LOG_METHOD, state->method != NULL ? state->method : "");
    values[count++] = tw_log_str(TW_LOG_PROGRAM, program);
    if (session != NULL)
        values[count++] = tw_log_uint(TW_LOG_SESSION, session->number);
    values[count] = (TwLogValue){ .field = TW_LOG_FIELD_END };
    tw_audit(state->local->config.audit,
             ok      ? other ? TW_AUDIT_IMPERSONATE_OK : TW_AUDIT_LOGON_OK
             : other ? TW_AUDIT_IMPERSONATE_FAILED
                     : TW_AUDIT_LOGON_FAILED,
             values);
}

/* The one line by which a filter of log files finds who guesses passwords, whether there is an audit log or not. A logon that
 * was only told to wait comes again. @count, of those refused so far, makes each line another: equal ones are folded. */
static void
log_failure(const TwLogon *logon, const GError *error, guint count)
{
    if (!g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS))
        return;
    tw_log(TW_LOG_WARNING, "logon-failed",
           tw_log_str(TW_LOG_USER, logon->user != NULL ? logon->user : ""),
           tw_log_str(TW_LOG_PEER, logon->peer.address != NULL ? logon->peer.address : ""),
           tw_log_str(TW_LOG_PROGRAM, logon->program != NULL ? logon->program : ""),
           tw_log_uint(TW_LOG_COUNT, count));
}

static TwLocalSession *
make_session(const Logon *state, TwIdentity *who, char *impersonator)
{
    const TwLogon *logon = state->logon;
    TwLocalSession *session = g_new0(TwLocalSession, 1);

    session->base.funcs = state->local->base.funcs;
    session->refs = logon->flags & TW_LOGON_BOUND ? 1 : 2;
    session->local = state->local;
    session->number = (guint32) g_atomic_int_add(&state->local->last_number, 1) + 1;
    session->user = who->number;
    session->flags = logon->flags;
    session->peer = logon->peer.kind;
    session->address = g_strdup(logon->peer.address);
    session->certificate =
        g_memdup2(logon->peer.certificate, logon->peer.certificate != NULL ? TW_SHA256_LEN : 0);
    session->program = g_strdup(logon->program);
    session->program_version = g_strdup(logon->program_version);
    session->door = g_strdup(logon->door);
    session->capabilities = logon->capabilities;
    session->by_password = state->by_password;
    session->impersonator = impersonator;
    session->used_us = tw_local_now(state->local);
    session->first = tw_identity_ref(who);
    session->identity = tw_identity_ref(who);
    session->accesses = tw_access_table_new();
    session->tables = tw_local_table_list_new();
    session->values = tw_local_value_list_new();
    tw_lock_init(&session->lock);
    return session;
}

static gboolean
decide(Logon *state, TwLocalSession **ret, gint64 *ret_wait_us, GError **error)
{
    g_autoptr(TwIdentity) who = NULL;
    g_autofree char *impersonator = NULL;
    const TwDirectoryObject *user;

    if (!authenticate(state, ret_wait_us, error))
        return FALSE;
    if (state->logon->flags & TW_LOGON_ANONYMOUS) {
        who = tw_identity_new_anonymous();
    } else {
        g_autoptr(GError) why = NULL;
        /* a password may have been checked against what is newer than our snapshot */
        tw_directory_snapshot_unref(state->snapshot);
        state->snapshot = tw_directory_snapshot(state->local->config.directory, error);
        if (state->snapshot == NULL)
            return FALSE;
        who = tw_identity_new(state->snapshot, state->user, &why);
        if (who == NULL)
            return refuse(error, why->message);
    }
    if (!impersonate(state, &who, &impersonator, error))
        return FALSE;
    user = who->number != 0 ? tw_directory_snapshot_get(state->snapshot, who->number) : NULL;
    if (user != NULL && !has_feature(state->local, user, state->logon->door))
        return refuse(error, "the user may not use this door");
    *ret = make_session(state, who, g_steal_pointer(&impersonator));
    return TRUE;
}

gboolean
tw_local_logon(
    TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error)
{
    Logon state = { .local = (TwLocal *) server, .logon = logon };
    TwLocalSession *session = NULL;
    g_autoptr(GError) why = NULL;
    gboolean ok;

    state.snapshot = tw_directory_snapshot(state.local->config.directory, error);
    if (state.snapshot == NULL)
        return FALSE;
    ok = decide(&state, &session, ret_wait_us, &why);
    if (ok && !(logon->flags & TW_LOGON_CHECK))
        ok = tw_local_add_session(state.local, session, &why);
    audit(&state, ok, session);
    if (!ok) {
        log_failure(logon, why, (guint) g_atomic_int_add(&state.local->refused, 1) + 1);
        g_propagate_error(error, g_steal_pointer(&why));
    }
    tw_directory_snapshot_unref(state.snapshot);
    if (ok && !(logon->flags & TW_LOGON_CHECK)) {
        *ret = &session->base;
    } else if (session != NULL) {
        session->refs = 1; /* it stands in no table */
        tw_session_unref(&session->base);
    }
    return ok;
}
