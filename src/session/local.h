/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The local provider: the engine and the directory of this process behind the API. */
#pragma once

#include "base/log.h"
#include "base/metrics.h"
#include "directory/directory.h"
#include "directory/login-limiter.h"
#include "session/session.h"

G_BEGIN_DECLS

/* Who may log on without a password: policy as data. */
typedef struct {
    guint own_uid;                  /* of this process: is anybody over a Unix socket */
    const char *const *admin_users; /* (nullable): local_admin_users: accounts or uids, likewise */
    gboolean local_users;           /* allow_local_users: an account is the user of the same name */
} TwTrust;

/* What came into the directory of its users, or went from it. */
typedef enum {
    TW_LOCAL_USER_MADE = 0, /* of any kind that has a store */
    TW_LOCAL_USER_GONE = 1,
    TW_LOCAL_GROUP_MADE = 2,
    TW_LOCAL_GROUP_GONE = 3,
    TW_LOCAL_COMPANY_MADE = 4,
    TW_LOCAL_COMPANY_GONE = 5,
} TwLocalEvent;

typedef struct {
    TwLocalEvent event;
    const char *name; /* to log on with, or of the group or company */
    guint32 number;   /* it has, or had */
    TwGuid store;     /* of a user who is gone: the private store, which is an orphan now */
} TwLocalChange;

/**
 * TwLocalChangeFunc:
 * @change: what came or went; it is durable. A user who had no store goes without notice
 * @data: as was given with it
 *
 * Called on the thread of the call that did it, which waits. No lock is held: it may use the server.
 */
typedef void (*TwLocalChangeFunc)(const TwLocalChange *change, gpointer data);

/* What may change while the server runs. */
typedef struct {
    gboolean hide_everyone;               /* key of this name */
    gboolean enable_book;                 /* enable_gab */
    const char *const *disabled_features; /* (nullable): off for who has not asked for them */
    TwQuota user_quota;    /* for users who have none of their own or of their company */
    TwQuota company_quota; /* for companies that have none of their own */
} TwLocalPolicy;

/**
 * TwLocalTokenFunc:
 * @token: what a client showed: bytes from outside, with an end but no NUL
 * @len: how many bytes
 * @ret_user: (out) (transfer full): the log-on name of who it was given to
 * @data: as was given with it
 * @error: TW_ERROR_NO_ACCESS: it is not good; other codes when that cannot be said
 *
 * Says what a bearer token (RFC 6750) is worth. Any thread, several at a time; may wait.
 *
 * Returns: FALSE on failure
 */
typedef gboolean (*TwLocalTokenFunc)(
    const char *token, gsize len, char **ret_user, gpointer data, GError **error);

typedef struct {
    TwEngine *engine; /* outlives the server, like all that is here */
    TwDirectory *directory;
    TwLog *audit; /* (nullable) */
    TwTrust trust;
    TwLoginLimiterConfig limiter;
    const char
        *node; /* (nullable): server_name: which of several servers this is; NULL: the only one */
    gboolean hosted;          /* enable_hosted_kopano: several companies */
    const char *login_format; /* loginname_format: "%u", "%u@%c" ... */
    const char
        *store_format; /* storename_format: display names of stores, of "%u", "%f" and "%c" */
    gboolean owner_full_access, restrict_admins; /* keys of these names */
    TwLocalPolicy policy;                        /* as it begins */
    gint64 session_timeout_us;
    gboolean check_address; /* session_ip_check */
    guint most_sessions, most_user_sessions;
    guint most_watches, most_tables; /* of one session */
    TwMetrics *metrics;        /* (nullable): what the table of figures shows beside its own */
    TwLocalChangeFunc changed; /* (nullable) */
    gpointer changed_data;
    TwLocalTokenFunc token; /* (nullable): NULL: nobody logs on by token */
    gpointer token_data;
    gint64 (*now_us)(gpointer data); /* (nullable): the monotonic clock */
    char *(*account_of)(
        guint uid, gpointer data); /* (nullable): name of a system account; NULL: the system's */
    gpointer data;
} TwLocalConfig;

/** TW_LOCAL_CONFIG_INIT: a #TwLocalConfig with everything but engine and directory. */
#define TW_LOCAL_CONFIG_INIT                                                                       \
    {                                                                                              \
        .trust = { .own_uid = G_MAXUINT }, .limiter = TW_LOGIN_LIMITER_CONFIG_INIT,                \
        .login_format = "%u", .store_format = "%f", .owner_full_access = TRUE,                     \
        .policy = { .enable_book = TRUE }, .session_timeout_us = (gint64) 300 * G_USEC_PER_SEC,    \
        .check_address = TRUE, .most_sessions = 100000, .most_user_sessions = 1000,                \
        .most_watches = 1000, .most_tables = 1000                                                  \
    }

/**
 * tw_local_new:
 * @config: how; copied, but what it points to outlives the server
 * @error: TW_ERROR_INVALID: a login format without %u, or with %c and no character between them
 *
 * Returns: (transfer full): the server, or NULL
 */
TwServer *tw_local_new(const TwLocalConfig *config, GError **error);

/**
 * tw_local_open:
 * @path: a data folder
 * @error: TW_ERROR_NOT_FOUND: no data folder; BUSY: another program has it open; else what the parts say
 *
 * Opens a data folder as it is, with its own directory and everything else as without a configuration. For small programs;
 * those that have a configuration open the parts themselves.
 *
 * Returns: (transfer full): the server, or NULL
 */
TwServer *tw_local_open(const char *path, GError **error);

/**
 * tw_local_set_policy:
 * @server: a local one
 * @policy: what holds from now on, copied
 *
 * Puts another policy in place; calls under way go on by the one they began with. Quotas of stores are what they were until
 * tw_local_apply_quotas().
 */
void tw_local_set_policy(TwServer *server, const TwLocalPolicy *policy);

/**
 * tw_local_flush:
 * @server: a local one
 *
 * Waits until watches have all that was committed before this call. For tests and orderly ends.
 */
void tw_local_flush(TwServer *server);

/**
 * tw_local_apply_quotas:
 * @server: a local one
 * @error: of the first store that failed; the others have their levels all the same
 *
 * Gives every store the levels that hold for its owner now, those of the configuration among them, which may be others than when
 * the store was made. Writes only where something differs.
 *
 * Returns: FALSE on failure
 */
gboolean tw_local_apply_quotas(TwServer *server, GError **error);

/**
 * tw_local_follow_directory:
 * @server: a local one
 * @follow: whether to begin; else to end, and nothing of it is under way any more when this returns
 *
 * What comes and goes in a source of users elsewhere is dealt with as what administrators make and remove here: it is told
 * (TwLocalConfig.changed), stores of those who are gone lose their owner, quotas reach stores. To be begun when programs that are told
 * can reach the server, and ended before it is closed.
 */
void tw_local_follow_directory(TwServer *server, gboolean follow);

/**
 * tw_local_expire:
 * @server: a local one
 *
 * Ends the sessions that nobody used for the timeout. To be called now and then.
 *
 * Returns: how many ended
 */
guint tw_local_expire(TwServer *server);

G_END_DECLS
