/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The administrator's scripts that run when users, groups and companies come and go: the keys createuser_script and its kin
 * (spec/config-and-cli.md 5).
 */
#pragma once

#include "base/config.h"
#include "session/local.h"

G_BEGIN_DECLS

/** tw_user_scripts_config_table: a key for each event, where drop-in folders are, and how long a script may take. */
extern const TwConfigTable tw_user_scripts_config_table;

typedef struct TwUserScripts TwUserScripts;

/**
 * tw_user_scripts_new:
 * @config: with the keys of %tw_user_scripts_config_table; of server_pipe_name it takes where scripts find the server
 *
 * Returns: (transfer full): the scripts
 */
TwUserScripts *tw_user_scripts_new(TwConfig *config);

/**
 * tw_user_scripts_free:
 * @scripts: (nullable) (transfer full): scripts none of which runs
 */
void tw_user_scripts_free(TwUserScripts *scripts);

/**
 * tw_user_scripts_set_config:
 * @scripts: scripts
 * @config: a new configuration, which the next event goes by
 */
void tw_user_scripts_set_config(TwUserScripts *scripts, TwConfig *config);

/**
 * tw_user_scripts_run:
 * @change: what came or went
 * @data: (type TwUserScripts): the scripts
 *
 * A #TwLocalChangeFunc: runs what the key of the event names, one after the other, and waits for each. What a script says goes
 * to the log, as does one that fails; the object stays as it is.
 */
void tw_user_scripts_run(const TwLocalChange *change, gpointer data);

/**
 * tw_user_scripts_list:
 * @folders: (array zero-terminated=1): the later ones before the earlier ones
 * @event: "createuser"
 *
 * What "internal" runs: each executable file of EVENT.d in @folders, by name. A file replaces the one of that name in a folder
 * named before, and an empty one, or a link to /dev/null, only takes it away. Names that begin with "." or "#", end in "~", ".bak"
 * or ".old", or contain ".rpm" or ".dpkg" are passed over.
 *
 * Returns: (transfer full) (element-type utf8): paths
 */
GPtrArray *tw_user_scripts_list(const char *const *folders, const char *event);

G_END_DECLS
