/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The configuration keys of the log, the request log and the audit log, and what they mean.
 */
#pragma once

#include <glib.h>

#include "base/config.h"
#include "base/log.h"

G_BEGIN_DECLS

/** tw_log_config_table: log_method, log_file, log_level ...: every program. */
extern const TwConfigTable tw_log_config_table;

/** tw_request_log_config_table: request_log_method, request_log_file: the server. */
extern const TwConfigTable tw_request_log_config_table;

/** tw_audit_log_config_table: audit_log_enabled, audit_log_method ...: the server. */
extern const TwConfigTable tw_audit_log_config_table;

/* What a program knows besides its configuration. */
typedef struct {
    const char *ident;      /* program name; borrowed for ever */
    TwLogPrefix prefix;     /* by process model */
    uid_t owner_uid;        /* run_as_user, (uid_t) -1 for none: log files are given to it */
    gid_t owner_gid;        /* run_as_group, likewise */
    gboolean under_journal; /* standard error goes to the journal, which stamps lines itself */
    gboolean has_syslog;    /* a syslog service listens */
} TwLogPlace;

/**
 * tw_log_place_detect:
 * @place: its members under_journal and has_syslog are set
 * @environment: (nullable): "NAME=value" strings, NULL-terminated
 *
 * Looks whether JOURNAL_STREAM names our standard error, and whether /dev/log is a socket.
 */
void tw_log_place_detect(TwLogPlace *place, const char *const *environment);

/**
 * tw_log_settings_from_config:
 * @config: a configuration with the keys of %tw_log_config_table
 * @place: what else is known
 *
 * log_method auto is: the file if log_file is set, else the journal if standard error goes there, else syslog if it listens,
 * else standard error.
 *
 * Returns: settings for tw_log_new(); they borrow from @config and @place
 */
TwLogSettings tw_log_settings_from_config(const TwConfig *config, const TwLogPlace *place);

/**
 * tw_request_log_open:
 * @config: a configuration with the keys of %tw_log_config_table and %tw_request_log_config_table
 * @place: what else is known
 * @ret: (out) (transfer full) (nullable): the log, or NULL when it is off
 * @error: as tw_log_new()
 *
 * Returns: FALSE when it could not be opened
 */
gboolean tw_request_log_open(const TwConfig *config,
                             const TwLogPlace *place,
                             TwLog **ret,
                             GError **error);

/**
 * tw_audit_log_open:
 * @config: a configuration with the keys of %tw_log_config_table and %tw_audit_log_config_table
 * @place: what else is known
 * @ret: (out) (transfer full) (nullable): the log, or NULL when it is off
 * @error: as tw_log_new()
 *
 * Returns: FALSE when it could not be opened
 */
gboolean tw_audit_log_open(const TwConfig *config,
                           const TwLogPlace *place,
                           TwLog **ret,
                           GError **error);

/**
 * tw_log_notes:
 * @notes: (element-type TwConfigNote): what was said about a configuration
 *
 * Logs warnings and errors about a configuration, event "config".
 */
void tw_log_notes(const GPtrArray *notes);

G_END_DECLS
