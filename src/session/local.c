/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The local provider and its sessions.
 *
 * A session is in the table until it ends; it ends by logging off, when its time is over, or, a bound one, with the last
 * reference outside the table.
 */
#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/time.h"
#include "session/local-private.h"
#include "store/message-lock.h"

#include <string.h>

gint64
tw_local_now(const TwLocal *local)
{
    return local->config.now_us != NULL ? local->config.now_us(local->config.data)
                                        : tw_time_mono_us();
}

/* ---- sessions ---- */

/* What a session holds of others' messages ends with it. */
static void
give_back_locks(TwLocalSession *session)
{
    if (g_atomic_int_get(&session->has_locked))
        tw_engine_end_owner(session->local->config.engine, session->id);
}

static void
free_session(TwLocalSession *session)
{
    give_back_locks(session);
    tw_identity_unref(session->first);
    tw_identity_unref(session->identity);
    g_hash_table_unref(session->accesses);
    g_hash_table_unref(session->tables);
    g_hash_table_unref(session->values);
    g_free(session->address);
    g_free(session->certificate);
    g_free(session->program);
    g_free(session->program_version);
    g_free(session->door);
    g_free(session->impersonator);
    tw_lock_clear(&session->lock);
    g_free(session);
}

static TwSession *
ref_session(TwSession *base)
{
    g_atomic_int_inc(&((TwLocalSession *) base)->refs);
    return base;
}

/* For who finds a session in the table, under the lock. FALSE: its last reference is gone, and its thread waits for the lock to take
 * it out: it must not come back to life, or it would be freed twice. */
static gboolean
ref_if_held(TwLocalSession *session)
{
    gint refs = g_atomic_int_get(&session->refs);

    while (refs > 0) {
        if (g_atomic_int_compare_and_exchange_full(&session->refs, refs, refs + 1, &refs))
            return TRUE;
    }
    return FALSE;
}

/* Under the lock. */
static TwLocalSeen *
seen_of(TwLocal *local, guint32 user)
{
    gpointer key = GUINT_TO_POINTER(user);
    TwLocalSeen *seen = g_hash_table_lookup(local->seen, key);

    if (seen == NULL) {
        seen = g_new0(TwLocalSeen, 1);
        g_hash_table_insert(local->seen, key, seen);
    }
    return seen;
}

TwLocalSeen
tw_local_get_seen(TwLocal *local, guint32 user)
{
    const TwLocalSeen *seen;
    TW_LOCK_SCOPE(&local->lock);

    seen = g_hash_table_lookup(local->seen, GUINT_TO_POINTER(user));
    return seen != NULL ? *seen : (TwLocalSeen){ 0 };
}

/* Takes it out of the table. */
static void
forget_session(TwLocalSession *session)
{
    TwLocal *local = session->local;
    gpointer key = GUINT_TO_POINTER(session->user);
    guint count;
    TW_LOCK_SCOPE(&local->lock);

    if (!g_hash_table_remove(local->sessions, &session->id))
        return;
    g_atomic_int_inc(&local->ended);
    seen_of(local, session->user)->logoff_us = g_get_real_time();
    count = GPOINTER_TO_UINT(g_hash_table_lookup(local->per_user, key)) - 1;
    if (count > 0)
        g_hash_table_insert(local->per_user, key, GUINT_TO_POINTER(count));
    else
        g_hash_table_remove(local->per_user, key);
}

static void
unref_session(TwSession *base)
{
    TwLocalSession *session = (TwLocalSession *) base;

    if (!g_atomic_int_dec_and_test(&session->refs))
        return;
    forget_session(session);
    free_session(session);
}

static gboolean
mark_ended(TwLocalSession *session)
{
    GHashTable *accesses, *tables, *values;
    gboolean was;

    tw_lock(&session->lock);
    was = session->ended;
    session->ended = TRUE;
    accesses = session->accesses;
    session->accesses = tw_access_table_new();
    tables = session->tables;
    session->tables = tw_local_table_list_new();
    values = session->values;
    session->values = tw_local_value_list_new();
    tw_unlock(&session->lock);
    g_hash_table_unref(accesses);
    g_hash_table_unref(tables);
    g_hash_table_unref(values);
    give_back_locks(session);
    return !was;
}

static void
end_session(TwSession *base)
{
    TwLocalSession *session = (TwLocalSession *) base;

    if (!mark_ended(session))
        return;
    forget_session(session);
    if (!(session->flags & TW_LOGON_BOUND))
        unref_session(base);
}

gboolean
tw_local_add_session(TwLocal *local, TwLocalSession *session, GError **error)
{
    gpointer key = GUINT_TO_POINTER(session->user);
    guint count;
    TW_LOCK_SCOPE(&local->lock);

    count = GPOINTER_TO_UINT(g_hash_table_lookup(local->per_user, key));
    if (g_hash_table_size(local->sessions) >= local->config.most_sessions ||
        (session->user != 0 && session->user != TW_DIRECTORY_SYSTEM &&
         count >= local->config.most_user_sessions)) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many sessions (%u of user %u)", count,
                    session->user);
        return FALSE;
    }
    do {
        session->id = tw_random_u64();
    } while (session->id == 0 || g_hash_table_contains(local->sessions, &session->id));
    g_hash_table_insert(local->sessions, &session->id, session);
    g_hash_table_insert(local->per_user, key, GUINT_TO_POINTER(count + 1));
    g_atomic_int_inc(&local->made);
    seen_of(local, session->user)->logon_us = g_get_real_time();
    return TRUE;
}

static gboolean
same_certificate(const guint8 *a, const guint8 *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return memcmp(a, b, TW_SHA256_LEN) == 0;
}

/* An address may change where session_ip_check is off; the way in, a Unix user and a certificate may not. */
static gboolean
same_peer(const TwLocalSession *session, const TwPeer *peer)
{
    if (session->peer != peer->kind || !same_certificate(session->certificate, peer->certificate))
        return FALSE;
    if (!session->local->config.check_address && peer->kind != TW_PEER_UNIX)
        return TRUE;
    return g_strcmp0(session->address, peer->address) == 0;
}

static TwSession *
find_session(TwServer *server, guint64 id, const TwPeer *peer, GError **error)
{
    TwLocal *local = (TwLocal *) server;
    TwLocalSession *session;

    tw_lock(&local->lock);
    session = g_hash_table_lookup(local->sessions, &id);
    if (session != NULL && !(session->flags & TW_LOGON_BOUND) && same_peer(session, peer))
        ref_session(&session->base);
    else
        session = NULL;
    tw_unlock(&local->lock);
    if (session == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "no such session");
    return session != NULL ? &session->base : NULL;
}

static void
get_info(TwSession *base, TwSessionInfo *ret)
{
    const TwLocalSession *session = (TwLocalSession *) base;
    const TwIdentity *who = session->first;

    *ret = (TwSessionInfo){
        .user = who->number,
        .company = who->company,
        .admin = who->admin,
        .system = who->system,
        .anonymous = who->anonymous,
        .name = who->name,
        .full_name = who->full_name,
        .mail = who->mail,
        .number = session->number,
        .id = session->id,
        .capabilities = session->capabilities,
    };
}

/* ---- lists of sessions ---- */

static void
clear_session_entry(gpointer entry)
{
    tw_session_entry_clear(entry);
}

static void
drop_session(gpointer session)
{
    tw_session_unref(session);
}

GPtrArray *
tw_local_all_sessions(TwLocal *local)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(drop_session);
    GHashTableIter iter;
    gpointer session;
    TW_LOCK_SCOPE(&local->lock);

    g_hash_table_iter_init(&iter, local->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &session)) {
        if (ref_if_held(session))
            g_ptr_array_add(all, session);
    }
    return all;
}

GArray *
tw_local_list_sessions(TwLocal *local)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(TwSessionEntry));
    gint64 now = tw_local_now(local);
    GHashTableIter iter;
    gpointer value;

    g_array_set_clear_func(rows, clear_session_entry);
    tw_lock(&local->lock);
    g_hash_table_iter_init(&iter, local->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwLocalSession *session = value;
        TwSessionEntry entry = {
            .number = session->number,
            .user = session->user,
            .name = g_strdup(session->first->name),
            .address = g_strdup(session->address),
            .program = g_strdup(session->program),
            .program_version = g_strdup(session->program_version),
            .door = g_strdup(session->door),
            .impersonator = g_strdup(session->impersonator),
            .capabilities = session->capabilities,
        };
        tw_lock(&session->lock);
        entry.idle_us = now - session->used_us;
        entry.calls = session->calls;
        entry.last_op = tw_op_info(session->last_op)->name;
        entry.all_calls = session->all;
        entry.spent_us = session->spent_us;
        tw_unlock(&session->lock);
        g_array_append_val(rows, entry);
    }
    tw_unlock(&local->lock);
    return rows;
}

gboolean
tw_local_end_number(TwLocal *local, guint32 number)
{
    g_autoptr(TwSession) found = NULL;
    gboolean bound = FALSE;
    GHashTableIter iter;
    gpointer value;

    tw_lock(&local->lock);
    g_hash_table_iter_init(&iter, local->sessions);
    while (found == NULL && !bound && g_hash_table_iter_next(&iter, NULL, &value)) {
        TwLocalSession *session = value;
        if (session->number != number)
            continue;
        bound = (session->flags & TW_LOGON_BOUND) != 0;
        if (bound)
            mark_ended(session); /* it leaves the table with its connection */
        else
            found = ref_session(&session->base);
    }
    tw_unlock(&local->lock);
    if (found != NULL)
        end_session(found);
    return bound || found != NULL;
}

/* ---- expiry ---- */

static gboolean
is_over(TwLocalSession *session, gint64 now)
{
    TW_LOCK_SCOPE(&session->lock);

    return session->calls == 0 &&
           now - session->used_us >= session->local->config.session_timeout_us;
}

guint
tw_local_expire(TwServer *server)
{
    TwLocal *local = (TwLocal *) server;
    g_autoptr(GPtrArray) over = tw_local_all_sessions(local);
    gint64 now = tw_local_now(local);

    for (guint i = over->len; i > 0; i--) {
        TwLocalSession *session = over->pdata[i - 1];
        tw_local_values_expire(session, now - local->config.session_timeout_us);
        if ((session->flags & TW_LOGON_BOUND) || !is_over(session, now))
            g_ptr_array_remove_index_fast(over, i - 1);
    }
    g_atomic_int_add(&local->expired, (gint) over->len);
    g_ptr_array_foreach(over, (GFunc) (void (*)(void)) tw_session_end, NULL);
    return over->len;
}

/* ---- the server ---- */

void
tw_local_flush(TwServer *server)
{
    tw_notify_bus_flush(((TwLocal *) server)->bus);
}

static void
close_server(TwServer *server)
{
    TwLocal *local = (TwLocal *) server;
    g_autoptr(GPtrArray) left = tw_local_all_sessions(local);

    for (guint i = 0; i < left->len; i++)
        end_session(left->pdata[i]);
    g_clear_pointer(&left, g_ptr_array_unref);
    tw_live_stop(local->live);
    tw_book_sets_free(local->book_sets);
    tw_tables_free(local->tables);
    tw_live_free(local->live);
    tw_collations_free(local->collations);
    tw_notify_bus_free(local->bus);
    tw_login_limiter_free(local->limiter);
    g_hash_table_unref(local->sessions);
    g_hash_table_unref(local->per_user);
    g_hash_table_unref(local->seen);
    g_ptr_array_unref(local->all_policies);
    tw_local_parts_close(&local->parts);
    tw_lock_clear(&local->lock);
    g_free(local);
}

static const TwServerFuncs funcs = {
    .name = "local",
    .logon = tw_local_logon,
    .find = find_session,
    .close = close_server,
    .call = tw_local_call,
    .get_info = get_info,
    .watch = tw_local_watch,
    .watch_add = tw_local_watch_add,
    .watch_remove = tw_local_watch_remove,
    .pull = tw_local_pull,
    .watch_end = tw_local_watch_end,
    .end = end_session,
    .ref = ref_session,
    .unref = unref_session,
    .offers = tw_local_offers,
    .scram_ask = tw_local_scram_ask,
};

static gboolean
is_login_format(const char *format)
{
    const char *user = strstr(format, "%u");
    const char *company = strstr(format, "%c");
    gboolean apart = company == NULL || ABS(company - user) > 2;

    return user != NULL && apart && strchr(format, '=') == NULL;
}

static void
free_policy(gpointer data)
{
    TwLocalPolicy *policy = data;

    g_strfreev((char **) (gsize) policy->disabled_features); /* NOLINT: made below */
    g_free(policy);
}

void
tw_local_set_policy(TwServer *server, const TwLocalPolicy *policy)
{
    TwLocal *local = (TwLocal *) server;
    TwLocalPolicy *own = g_memdup2(policy, sizeof *policy);

    own->disabled_features =
        (const char *const *) g_strdupv((char **) (gsize) policy->disabled_features); /* NOLINT */
    tw_lock(&local->lock);
    g_ptr_array_add(local->all_policies, own);
    tw_unlock(&local->lock);
    g_atomic_pointer_set(&local->policy, own);
}

TwServer *
tw_local_new(const TwLocalConfig *config, GError **error)
{
    TwLocal *local;

    if (!is_login_format(config->login_format)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no format of login names",
                    config->login_format);
        return NULL;
    }
    local = g_new0(TwLocal, 1);
    local->base.funcs = &funcs;
    local->config = *config;
    local->rights = (TwRightsConfig){ config->owner_full_access, config->restrict_admins };
    local->limiter = tw_login_limiter_new(&config->limiter);
    local->bus = tw_notify_bus_new(config->engine);
    local->live = tw_live_new(config->engine, config->directory);
    local->tables = tw_tables_new(config->engine, NULL, tw_live_wake, local->live);
    tw_live_start(local->live, local->tables);
    local->collations = tw_collations_new();
    tw_local_stamps_init(&local->stamps);
    tw_lock_init(&local->lock);
    local->all_policies = g_ptr_array_new_with_free_func(free_policy);
    tw_local_set_policy(&local->base, &config->policy);
    local->sessions = g_hash_table_new(g_int64_hash, g_int64_equal);
    local->per_user = g_hash_table_new(NULL, NULL);
    local->seen = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    local->book_sets = tw_book_sets_new();
    local->started_us = g_get_real_time();
    return &local->base;
}
