/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The plugin `db`: users, groups and companies in a database of their own, managed with the administration tool
 * (spec/config-and-cli.md 4.3). README.md has a picture of its tables.
 */
#pragma once

#include "db/db.h"
#include "directory/plugin.h"

G_BEGIN_DECLS

/* What the database is opened with: tw_db_open(). */
extern const TwDbSchema tw_directory_schema;

/**
 * tw_directory_db_new:
 * @db: a database opened with %tw_directory_schema; must outlive the plugin
 * @error: what reading it failed with
 *
 * On SQLite nobody else can have the database, and the epoch is a number in memory; on MariaDB other nodes write too,
 * and the epoch is read (one row) each time it is asked for.
 *
 * Returns: (transfer full): the plugin, or NULL
 */
TwDirectoryPlugin *tw_directory_db_new(TwDb *db, GError **error);

/**
 * tw_directory_db_keep_scram:
 * @plugin: a plugin of this kind that nobody uses yet
 * @keep: keys for SCRAM-SHA-256 are kept beside the hashes; else those that were are dropped
 * @error: as tw_db_read() and tw_db_write()
 *
 * They are made when a password is set, or right for the first time since, and are cheaper to guess from than yescrypt, should
 * the database be stolen. Before this was called none are kept.
 *
 * Returns: FALSE on failure
 */
gboolean tw_directory_db_keep_scram(TwDirectoryPlugin *plugin, gboolean keep, GError **error);

/**
 * tw_directory_db_import_hash:
 * @plugin: a plugin of this kind
 * @number: a user
 * @hash: a stored password of an older installation, of a form of password.h
 * @error: TW_ERROR_INVALID: no such form; NOT_FOUND: no such user; or as tw_db_write()
 *
 * Sets the password to what @hash is a hash of. At the user's next login it is replaced by one of our own.
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_db_import_hash(TwDirectoryPlugin *plugin,
                                     guint32 number,
                                     const char *hash,
                                     GError **error);

G_END_DECLS
