/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Users of the system: accounts and groups as the name service switch lists them (spec/config-and-cli.md 4.4).
 *
 * A user's id is the uid, a group's the gid. Names, full names and members come from there; addresses, quotas and the rest are
 * the administrator's, here.
 */
#pragma once

#include "directory/external.h"

G_BEGIN_DECLS

typedef struct {
    const char *charset;       /* of full names */
    const char *domain;        /* of addresses as they begin */
    const char *home_server;   /* (nullable): where new users' mailboxes are */
    const char *const *shells; /* whose users cannot log on */
    guint32 uid_min, uid_max, gid_min, gid_max;
    const char *const *uids_without, *const *gids_without; /* left out */
    /* (nullable): files instead of what the system has */
    const char *passwd_file, *group_file, *shadow_file;
} TwUnixSourceConfig;

/**
 * tw_unix_source_new:
 * @config: how; copied
 * @error: TW_ERROR_INVALID: an unknown charset, or a uid or gid that is no number
 *
 * Returns: (transfer full): the source, or NULL
 */
TwDirectorySource *tw_unix_source_new(const TwUnixSourceConfig *config, GError **error);

G_END_DECLS
