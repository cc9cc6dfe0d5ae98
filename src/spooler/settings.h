/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of spooler.cfg, and what they say to those who send. */
#pragma once

#include "base/config.h"
#include "convert/mail-out.h"
#include "spooler/smtp.h"

G_BEGIN_DECLS

/** tw_spooler_config_table: the keys of sending mail. */
extern const TwConfigTable tw_spooler_config_table;

/** tw_spooler_places_table: keys of folders that deliver mail too; for a program that does not deliver. */
extern const TwConfigTable tw_spooler_places_table;

/** tw_spooler_historic_table: keys of spooler.cfg that have no effect here, for a program that reads that file. */
extern const TwConfigTable tw_spooler_historic_table;

/* What becomes of a copy for who is represented. */
typedef enum {
    TW_SPOOLER_COPY_NONE,
    TW_SPOOLER_COPY_BOTH,
    TW_SPOOLER_COPY_MOVE,
} TwSpoolerCopy;

/* Immutable, reference-counted. */
typedef struct {
    TwConfig *config; /* (owned): texts below are borrowed from it */
    const char *host, *unix_path;
    guint16 port;
    TwSmtpSecurity security;
    TwTlsClient *tls; /* (owned) (nullable) */
    const char *user;
    TwSecret *password; /* (owned) (nullable) */
    char *name;         /* (owned): of this host */
    guint threads;
    const char *fax_domain, *fax_international, *raw_path, *tmp_path, *language;
    gboolean always_delegates, redirect_as_it_was, to_everyone, expand_groups, dsn, raw;
    TwSpoolerCopy copy;
    TwMailTnef tnef;
    gint64 retry_us, retry_most_us, give_up_us;
} TwSpoolerSettings;

/* What a command line says instead of the configuration. */
typedef struct {
    const char *server; /* (nullable): instead of smtp_server */
    guint16 port;       /* 0: smtp_port holds */
} TwSpoolerRelay;

/**
 * tw_spooler_settings_new:
 * @config: with the keys of the table
 * @relay: (nullable): outlives the settings
 * @error: what reading the trusted certificates says; INVALID: keys that do not go together
 *
 * Returns: (transfer full): what it says, or NULL
 */
TwSpoolerSettings *tw_spooler_settings_new(TwConfig *config,
                                           const TwSpoolerRelay *relay,
                                           GError **error);

/**
 * tw_spooler_settings_ref:
 * @settings: settings
 *
 * Returns: (transfer full): the same
 */
TwSpoolerSettings *tw_spooler_settings_ref(TwSpoolerSettings *settings);

/**
 * tw_spooler_settings_unref:
 * @settings: (nullable): settings
 */
void tw_spooler_settings_unref(TwSpoolerSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSpoolerSettings, tw_spooler_settings_unref)

G_END_DECLS
