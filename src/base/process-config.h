/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The configuration keys of the process itself: whom it runs as, core files, and what older generations had there.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/config.h"

G_BEGIN_DECLS

/** tw_process_config_table: run_as_user, run_as_group, pid_file, coredump_enabled ...: every daemon. The choices of
 * coredump_enabled are numbered as #TwCoredump. */
extern const TwConfigTable tw_process_config_table;

/* Whom to run as. */
typedef struct {
    uid_t uid;       /* (uid_t) -1: stay as started */
    gid_t gid;       /* (gid_t) -1: stay as started */
    char *user_name; /* for initgroups(); NULL when there is none */
} TwProcessIdentity;

/**
 * tw_process_identity_clear:
 * @identity: an identity
 */
void tw_process_identity_clear(TwProcessIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwProcessIdentity, tw_process_identity_clear)

/**
 * tw_process_identity_from_config:
 * @config: a configuration with the keys of %tw_process_config_table
 * @ret: (out): user and group; the group of the user when run_as_group is empty
 * @error: on failure TW_ERROR_NOT_FOUND for a name the system does not know, or by errno
 *
 * Looks run_as_user and run_as_group up; both may be names or numbers.
 *
 * Returns: TRUE when found
 */
gboolean tw_process_identity_from_config(const TwConfig *config,
                                         TwProcessIdentity *ret,
                                         GError **error);

G_END_DECLS
