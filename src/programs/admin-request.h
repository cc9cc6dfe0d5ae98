/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an administrator asks of twiga-admin: the command line as a checked request. Pure: no files, no terminal.
 *
 * Source: spec/config-and-cli.md 15.1, 15.2.
 */
#pragma once

#include "base/program.h"

G_BEGIN_DECLS

enum {
    ADMIN_OPTION_NODE = TW_OPTION_OWN + 900 /* --node, which main() refuses */
};

/* The actions; one each call. */
typedef enum {
    ADMIN_NOTHING,
    ADMIN_CREATE_PUBLIC,
    ADMIN_CREATE_USER,
    ADMIN_UPDATE_USER,
    ADMIN_DELETE_USER,
    ADMIN_CREATE_GROUP,
    ADMIN_UPDATE_GROUP,
    ADMIN_DELETE_GROUP,
    ADMIN_ADD_MEMBER,
    ADMIN_REMOVE_MEMBER,
    ADMIN_LIST_USERS,
    ADMIN_LIST_GROUPS,
    ADMIN_LIST_COMPANIES,
    ADMIN_DETAILS,
    ADMIN_SYNC,
    ADMIN_USER_COUNT,
    ADMIN_CREATE_COMPANY,
    ADMIN_UPDATE_COMPANY,
    ADMIN_DELETE_COMPANY,
    ADMIN_SET_SYSTEM_ADMIN,
    ADMIN_ADD_VIEW,
    ADMIN_DEL_VIEW,
    ADMIN_LIST_VIEW,
    ADMIN_ADD_ADMIN,
    ADMIN_DEL_ADMIN,
    ADMIN_LIST_ADMIN,
    ADMIN_ADD_USER_RECIPIENT,
    ADMIN_DEL_USER_RECIPIENT,
    ADMIN_LIST_USER_RECIPIENTS,
    ADMIN_ADD_COMPANY_RECIPIENT,
    ADMIN_DEL_COMPANY_RECIPIENT,
    ADMIN_LIST_COMPANY_RECIPIENTS,
    ADMIN_LIST_SENDAS,
    ADMIN_CREATE_STORE,
    ADMIN_UNHOOK_STORE,
    ADMIN_HOOK_STORE,
    ADMIN_REMOVE_STORE,
    ADMIN_LIST_ORPHANS,
    ADMIN_FORCE_RESYNC,
    ADMIN_RESET_COUNTS,
    ADMIN_CLEAR_CACHE,
    ADMIN_PURGE_DELETED,
    ADMIN_PURGE_DEFERRED,
    ADMIN_ACTIONS
} AdminAction;

/* What --type says. */
typedef enum {
    ADMIN_TYPE_USER,
    ADMIN_TYPE_GROUP,
    ADMIN_TYPE_COMPANY,
    ADMIN_TYPE_ARCHIVE,
} AdminType;

/* A value that may not have been given. */
typedef enum {
    ADMIN_UNSET = -1,
    ADMIN_NO = 0,
    ADMIN_YES = 1,
} AdminFlag;

/* What -n says. */
typedef enum {
    ADMIN_ACTIVE_UNSET = -1,
    ADMIN_ACTIVE,
    ADMIN_NONACTIVE,
    ADMIN_ROOM,
    ADMIN_EQUIPMENT,
} AdminActive;

typedef struct {
    AdminFlag own;           /* --qo: these rather than the defaults */
    gint64 warn, soft, hard; /* bytes; 0: unlimited; -1: not given */
} AdminQuota;

/* All text is borrowed from the command line; NULL: not given. */
typedef struct {
    AdminAction action;
    const char *name; /* of the action: a user, group, company, store */
    const char *group, *company, *user, *new_name, *full_name, *home_server, *mail, *password,
        *language;
    gboolean ask_password, json, copy_to_public, dry_run, progress;
    int admin; /* 0, 1, 2; -1: not given */
    AdminActive active;
    AdminQuota quota, user_quota;
    AdminFlag accept, decline_conflict, decline_recurring, process;
    AdminType type;
    gint64 number;          /* days of --purge-softdelete, bits of --clear-cache */
    const GPtrArray *words; /* what is no option: users of --force-resync */
    const char *add_sendas, *del_sendas, *enable_feature, *disable_feature;
} AdminRequest;

/** tw_admin_options: the options of twiga-admin. */
extern const TwOption tw_admin_options[];

/**
 * tw_admin_request_parse:
 * @options: a parsed command line; the request borrows from it
 * @ret: (out): what is asked
 * @error: TW_ERROR_INVALID, with one sentence: no action, two, an option that does not go with it, one that is missing, or a
 *   value that means nothing
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_request_parse(const TwOptions *options, AdminRequest *ret, GError **error);

G_END_DECLS
