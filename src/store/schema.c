/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tables, as numbered migrations; README.md draws them. All keys begin with the store, so that a mailbox lies in one
 * piece of each table. A row that carries bytes of ours has their CRC32C beside it (tail: inside the record).
 *
 * On MariaDB numbers are BIGINT, what is part of a key has a length, and each step can be run again, as it commits by itself.
 *
 * In msg a list of one folder is one piece for each state: normal, associated, soft-deleted, soft-deleted
 * associated. uid is NULL for all but normal messages; the unique index then ignores it.
 */
#include "store/store-private.h"

static const TwDbSql partition_1[] = {
    { .sql = "CREATE TABLE meta(id INTEGER PRIMARY KEY CHECK(id = 1), "
             "id_next INTEGER NOT NULL, id_end INTEGER NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS meta(id BIGINT PRIMARY KEY, id_next "
                 "BIGINT NOT NULL, id_end BIGINT NOT NULL) ENGINE=InnoDB" },
    { .sql = "INSERT INTO meta(id, id_next, id_end) VALUES(1, 0, 0)",
      .mariadb = "INSERT IGNORE INTO meta(id, id_next, id_end) VALUES(1, 0, 0)" },
    { .sql = "CREATE TABLE store(id INTEGER PRIMARY KEY, kind INTEGER NOT "
             "NULL, state INTEGER NOT NULL, company INTEGER NOT NULL, guid "
             "BLOB NOT NULL, object INTEGER NOT NULL, root INTEGER NOT NULL, "
             "cn INTEGER NOT NULL, bytes INTEGER NOT NULL, deleted_bytes "
             "INTEGER NOT NULL, quota_warn INTEGER NOT NULL, quota_soft "
             "INTEGER NOT NULL, quota_hard INTEGER NOT NULL, uidvalidity "
             "INTEGER NOT NULL, created INTEGER NOT NULL, crc INTEGER NOT "
             "NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS store(id BIGINT PRIMARY KEY, kind "
                 "BIGINT NOT NULL, state BIGINT NOT NULL, company BIGINT NOT "
                 "NULL, guid VARBINARY(16) NOT NULL, object BIGINT NOT NULL, "
                 "root BIGINT NOT NULL, cn BIGINT NOT NULL, bytes BIGINT NOT "
                 "NULL, deleted_bytes BIGINT NOT NULL, quota_warn BIGINT NOT "
                 "NULL, quota_soft BIGINT NOT NULL, quota_hard BIGINT NOT NULL, "
                 "uidvalidity BIGINT NOT NULL, created BIGINT NOT NULL, crc "
                 "BIGINT NOT NULL) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE folder(store INTEGER NOT NULL, id INTEGER NOT "
             "NULL, parent INTEGER NOT NULL, state INTEGER NOT NULL, type "
             "INTEGER NOT NULL, deleted_with INTEGER NOT NULL, name BLOB NOT "
             "NULL, name_key BLOB, uidvalidity INTEGER NOT NULL, uidnext "
             "INTEGER NOT NULL, hicn INTEGER NOT NULL, hicn_hier INTEGER NOT "
             "NULL, cn INTEGER NOT NULL, cn_create INTEGER NOT NULL, total "
             "INTEGER NOT NULL, unread INTEGER NOT NULL, assoc INTEGER NOT "
             "NULL, deleted INTEGER NOT NULL, deleted_assoc INTEGER NOT "
             "NULL, subfolders INTEGER NOT NULL, deleted_folders INTEGER NOT "
             "NULL, bytes INTEGER NOT NULL, deleted_bytes INTEGER NOT NULL, "
             "changed INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY "
             "KEY(store, id)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS folder(store BIGINT NOT NULL, id "
                 "BIGINT NOT NULL, parent BIGINT NOT NULL, state BIGINT NOT "
                 "NULL, type BIGINT NOT NULL, deleted_with BIGINT NOT NULL, name "
                 "VARBINARY(4096) NOT NULL, name_key VARBINARY(2048), "
                 "uidvalidity BIGINT NOT NULL, uidnext BIGINT NOT NULL, hicn "
                 "BIGINT NOT NULL, hicn_hier BIGINT NOT NULL, cn BIGINT NOT "
                 "NULL, cn_create BIGINT NOT NULL, total BIGINT NOT NULL, unread "
                 "BIGINT NOT NULL, assoc BIGINT NOT NULL, deleted BIGINT NOT "
                 "NULL, deleted_assoc BIGINT NOT NULL, subfolders BIGINT NOT "
                 "NULL, deleted_folders BIGINT NOT NULL, bytes BIGINT NOT NULL, "
                 "deleted_bytes BIGINT NOT NULL, changed BIGINT NOT NULL, crc "
                 "BIGINT NOT NULL, PRIMARY KEY(store, id)) ENGINE=InnoDB" },
    { .sql = "CREATE UNIQUE INDEX folder_name ON folder(store, parent, "
             "name_key)",
      .mariadb = "CREATE UNIQUE INDEX IF NOT EXISTS folder_name ON folder(store, "
                 "parent, name_key)" },
    { .sql = "CREATE TABLE msg(store INTEGER NOT NULL, folder INTEGER NOT "
             "NULL, state INTEGER NOT NULL, mid INTEGER NOT NULL, uid "
             "INTEGER, recv INTEGER NOT NULL, size INTEGER NOT NULL, flags "
             "INTEGER NOT NULL, status INTEGER NOT NULL, kw INTEGER NOT "
             "NULL, cn INTEGER NOT NULL, cn_create INTEGER NOT NULL, cn_read "
             "INTEGER NOT NULL, bid INTEGER NOT NULL, conv INTEGER NOT NULL, "
             "head BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY(store, "
             "folder, state, mid)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS msg(store BIGINT NOT NULL, folder "
                 "BIGINT NOT NULL, state BIGINT NOT NULL, mid BIGINT NOT NULL, "
                 "uid BIGINT, recv BIGINT NOT NULL, size BIGINT NOT NULL, flags "
                 "BIGINT NOT NULL, status BIGINT NOT NULL, kw BIGINT NOT NULL, "
                 "cn BIGINT NOT NULL, cn_create BIGINT NOT NULL, cn_read BIGINT "
                 "NOT NULL, bid BIGINT NOT NULL, conv BIGINT NOT NULL, head "
                 "MEDIUMBLOB NOT NULL, crc BIGINT NOT NULL, PRIMARY KEY(store, "
                 "folder, state, mid)) ENGINE=InnoDB" },
    { .sql = "CREATE UNIQUE INDEX msg_uid ON msg(store, folder, uid)",
      .mariadb = "CREATE UNIQUE INDEX IF NOT EXISTS msg_uid ON msg(store, "
                 "folder, uid)" },
    { .sql = "CREATE UNIQUE INDEX msg_mid ON msg(store, mid)",
      .mariadb = "CREATE UNIQUE INDEX IF NOT EXISTS msg_mid ON msg(store, mid)" },
    { .sql = "CREATE TABLE tail(id INTEGER PRIMARY KEY, rec BLOB NOT NULL, "
             "summary BLOB)",
      .mariadb = "CREATE TABLE IF NOT EXISTS tail(id BIGINT PRIMARY KEY, rec "
                 "LONGBLOB NOT NULL, summary LONGBLOB) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE blobref(store INTEGER NOT NULL, bid INTEGER NOT "
             "NULL, part BLOB NOT NULL, kind INTEGER NOT NULL, hash BLOB NOT "
             "NULL, len INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY "
             "KEY(store, bid, part)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS blobref(store BIGINT NOT NULL, bid "
                 "BIGINT NOT NULL, part VARBINARY(160) NOT NULL, kind BIGINT NOT "
                 "NULL, hash VARBINARY(33) NOT NULL, len BIGINT NOT NULL, crc "
                 "BIGINT NOT NULL, PRIMARY KEY(store, bid, part)) ENGINE=InnoDB" },
    { .sql = "CREATE INDEX blobref_hash ON blobref(hash)",
      .mariadb = "CREATE INDEX IF NOT EXISTS blobref_hash ON blobref(hash)" },
    { .sql = "CREATE TABLE oid(store INTEGER NOT NULL, kind INTEGER NOT "
             "NULL, `key` BLOB NOT NULL, id INTEGER NOT NULL, PRIMARY "
             "KEY(store, kind, `key`)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS oid(store BIGINT NOT NULL, kind "
                 "BIGINT NOT NULL, `key` VARBINARY(512) NOT NULL, id BIGINT NOT "
                 "NULL, PRIMARY KEY(store, kind, `key`)) ENGINE=InnoDB" },
    { .sql = "CREATE INDEX oid_id ON oid(store, id)",
      .mariadb = "CREATE INDEX IF NOT EXISTS oid_id ON oid(store, id)" },
    { .sql = "CREATE TABLE chg(store INTEGER NOT NULL, cn INTEGER NOT NULL, "
             "folder INTEGER NOT NULL, id INTEGER NOT NULL, op INTEGER NOT "
             "NULL, aux INTEGER NOT NULL, PRIMARY KEY(store, cn)) WITHOUT "
             "ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS chg(store BIGINT NOT NULL, cn "
                 "BIGINT NOT NULL, folder BIGINT NOT NULL, id BIGINT NOT NULL, "
                 "op BIGINT NOT NULL, aux BIGINT NOT NULL, PRIMARY KEY(store, "
                 "cn)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE tomb(store INTEGER NOT NULL, folder INTEGER NOT "
             "NULL, cn INTEGER NOT NULL, uid INTEGER NOT NULL, mid INTEGER "
             "NOT NULL, PRIMARY KEY(store, folder, cn)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS tomb(store BIGINT NOT NULL, folder "
                 "BIGINT NOT NULL, cn BIGINT NOT NULL, uid BIGINT NOT NULL, mid "
                 "BIGINT NOT NULL, PRIMARY KEY(store, folder, cn)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE keyword(store INTEGER NOT NULL, folder INTEGER "
             "NOT NULL, names BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY "
             "KEY(store, folder)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS keyword(store BIGINT NOT NULL, "
                 "folder BIGINT NOT NULL, names MEDIUMBLOB NOT NULL, crc BIGINT "
                 "NOT NULL, PRIMARY KEY(store, folder)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE receive_folder(store INTEGER NOT NULL, class_key "
             "TEXT NOT NULL, class TEXT NOT NULL, folder INTEGER NOT NULL, "
             "changed INTEGER NOT NULL, PRIMARY KEY(store, class_key)) "
             "WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS receive_folder(store BIGINT NOT "
                 "NULL, class_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE "
                 "utf8mb4_nopad_bin NOT NULL, class VARCHAR(255) CHARACTER SET utf8mb4 "
                 "COLLATE utf8mb4_nopad_bin NOT NULL, folder BIGINT NOT NULL, changed "
                 "BIGINT NOT NULL, PRIMARY KEY(store, class_key)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE delivered(store INTEGER NOT NULL, hash BLOB NOT "
             "NULL, time INTEGER NOT NULL, PRIMARY KEY(store, hash)) WITHOUT "
             "ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS delivered(store BIGINT NOT NULL, "
                 "hash VARBINARY(33) NOT NULL, time BIGINT NOT NULL, PRIMARY "
                 "KEY(store, hash)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE task(id INTEGER PRIMARY KEY, kind INTEGER NOT "
             "NULL, store INTEGER NOT NULL, pos INTEGER NOT NULL, arg BLOB "
             "NOT NULL, crc INTEGER NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS task(id BIGINT PRIMARY KEY, kind "
                 "BIGINT NOT NULL, store BIGINT NOT NULL, pos BIGINT NOT NULL, "
                 "arg LONGBLOB NOT NULL, crc BIGINT NOT NULL) ENGINE=InnoDB" },
};

static const TwDbSql partition_acl[] = {
    { .sql = "CREATE TABLE acl(store INTEGER NOT NULL, folder INTEGER NOT NULL, principal INTEGER "
             "NOT NULL, rights INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY(store, folder, "
             "principal)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS acl(store BIGINT NOT NULL, folder BIGINT NOT NULL, "
                 "principal BIGINT NOT NULL, rights BIGINT NOT NULL, crc BIGINT NOT NULL, PRIMARY "
                 "KEY(store, folder, principal)) ENGINE=InnoDB" },
};

/* What synchronisation keeps: sync.h. */
static const TwDbSql partition_sync[] = {
    { .sql = "CREATE TABLE sync_own(store INTEGER NOT NULL, sync INTEGER NOT NULL, cn INTEGER NOT "
             "NULL, PRIMARY KEY(store, sync, cn)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS sync_own(store BIGINT NOT NULL, sync BIGINT NOT NULL, "
                 "cn BIGINT NOT NULL, PRIMARY KEY(store, sync, cn)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE gone(store INTEGER NOT NULL, kind INTEGER NOT NULL, `key` BLOB NOT "
             "NULL, id INTEGER NOT NULL, cn INTEGER NOT NULL, parent INTEGER NOT NULL, crc INTEGER "
             "NOT NULL, PRIMARY KEY(store, kind, `key`, id)) WITHOUT ROWID",
      .mariadb =
          "CREATE TABLE IF NOT EXISTS gone(store BIGINT NOT NULL, kind BIGINT NOT NULL, `key` "
          "VARBINARY(512) NOT NULL, id BIGINT NOT NULL, cn BIGINT NOT NULL, parent BIGINT NOT "
          "NULL, crc BIGINT NOT NULL, PRIMARY KEY(store, kind, `key`, id)) ENGINE=InnoDB" },
    { .sql = "CREATE INDEX gone_id ON gone(store, id)",
      .mariadb = "CREATE INDEX IF NOT EXISTS gone_id ON gone(store, id)" },
    { .sql = "CREATE TABLE sent_key(store INTEGER NOT NULL, id INTEGER NOT NULL, cn INTEGER NOT "
             "NULL, `key` BLOB NOT NULL, list BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY "
             "KEY(store, id)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS sent_key(store BIGINT NOT NULL, id BIGINT NOT NULL, "
                 "cn BIGINT NOT NULL, `key` LONGBLOB NOT NULL, list LONGBLOB NOT NULL, crc BIGINT "
                 "NOT NULL, PRIMARY KEY(store, id)) ENGINE=InnoDB" },
};

/* Search folders and the queue of outgoing messages. In search_hit and search_scope the rows of an earlier gen are rubbish that
 * is cleared in slices. */
static const TwDbSql partition_search[] = {
    { .sql = "CREATE TABLE search_folder(store INTEGER NOT NULL, id INTEGER NOT NULL, state "
             "INTEGER NOT NULL, gen INTEGER NOT NULL, hicn INTEGER NOT NULL, PRIMARY KEY(store, "
             "id)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS search_folder(store BIGINT NOT NULL, id BIGINT NOT "
                 "NULL, state BIGINT NOT NULL, gen BIGINT NOT NULL, hicn BIGINT NOT NULL, PRIMARY "
                 "KEY(store, id)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE search_def(store INTEGER NOT NULL, id INTEGER NOT NULL, def BLOB NOT "
             "NULL, crc INTEGER NOT NULL, PRIMARY KEY(store, id)) WITHOUT ROWID",
      .mariadb =
          "CREATE TABLE IF NOT EXISTS search_def(store BIGINT NOT NULL, id BIGINT NOT NULL, def "
          "LONGBLOB NOT NULL, crc BIGINT NOT NULL, PRIMARY KEY(store, id)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE search_scope(store INTEGER NOT NULL, search INTEGER NOT NULL, gen "
             "INTEGER NOT NULL, folder INTEGER NOT NULL, state INTEGER NOT NULL, after INTEGER NOT "
             "NULL, PRIMARY KEY(store, search, gen, folder)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS search_scope(store BIGINT NOT NULL, search BIGINT NOT "
                 "NULL, gen BIGINT NOT NULL, folder BIGINT NOT NULL, state BIGINT NOT NULL, after "
                 "BIGINT NOT NULL, PRIMARY KEY(store, search, gen, folder)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE search_hit(store INTEGER NOT NULL, search INTEGER NOT NULL, gen INTEGER "
             "NOT NULL, mid INTEGER NOT NULL, folder INTEGER NOT NULL, unread INTEGER NOT NULL, "
             "PRIMARY KEY(store, search, gen, mid)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS search_hit(store BIGINT NOT NULL, search BIGINT NOT "
                 "NULL, gen BIGINT NOT NULL, mid BIGINT NOT NULL, folder BIGINT NOT NULL, unread "
                 "BIGINT NOT NULL, PRIMARY KEY(store, search, gen, mid)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE outgoing(store INTEGER NOT NULL, mid INTEGER NOT NULL, master INTEGER "
             "NOT NULL, flags INTEGER NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT NULL, "
             "due INTEGER NOT NULL, submitted INTEGER NOT NULL, PRIMARY KEY(store, mid, master)) "
             "WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS outgoing(store BIGINT NOT NULL, mid BIGINT NOT NULL, "
                 "master BIGINT NOT NULL, flags BIGINT NOT NULL, state BIGINT NOT NULL, tries "
                 "BIGINT NOT NULL, due BIGINT NOT NULL, submitted BIGINT NOT NULL, PRIMARY "
                 "KEY(store, mid, master)) ENGINE=InnoDB" },
};

/* From which change number on a store's changes are kept (folder 0), and what left a folder; a mark now and then
 * says which numbers were given by when. */
static const TwDbSql partition_trim[] = {
    { .sql = "CREATE TABLE chg_floor(store INTEGER NOT NULL, folder INTEGER "
             "NOT NULL, cn INTEGER NOT NULL, PRIMARY KEY(store, folder)) "
             "WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS chg_floor(store BIGINT NOT NULL, "
                 "folder BIGINT NOT NULL, cn BIGINT NOT NULL, PRIMARY KEY(store, "
                 "folder)) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE chg_mark(store INTEGER NOT NULL, cn INTEGER NOT "
             "NULL, time INTEGER NOT NULL, PRIMARY KEY(store, cn)) WITHOUT "
             "ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS chg_mark(store BIGINT NOT NULL, cn "
                 "BIGINT NOT NULL, time BIGINT NOT NULL, PRIMARY KEY(store, cn)) "
                 "ENGINE=InnoDB" },
};

/* The skeleton of a small mail: inline.h. */
static const TwDbSql partition_inline[] = {
    { .sql = "ALTER TABLE tail ADD COLUMN mail BLOB",
      .mariadb = "ALTER TABLE tail ADD COLUMN IF NOT EXISTS mail MEDIUMBLOB" },
};

/* placed: when a message came into the list it is in; deleted_at: of the topmost folder of a deleted tree; both 0 for what happened
 * before meta.timed. */
static const TwDbSql partition_times[] = {
    { .sql = "ALTER TABLE msg ADD COLUMN placed INTEGER NOT NULL DEFAULT 0",
      .mariadb = "ALTER TABLE msg ADD COLUMN IF NOT EXISTS placed BIGINT NOT NULL DEFAULT 0" },
    { .sql = "ALTER TABLE folder ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0",
      .mariadb =
          "ALTER TABLE folder ADD COLUMN IF NOT EXISTS deleted_at BIGINT NOT NULL DEFAULT 0" },
    { .sql = "ALTER TABLE meta ADD COLUMN timed INTEGER NOT NULL DEFAULT 0",
      .mariadb = "ALTER TABLE meta ADD COLUMN IF NOT EXISTS timed BIGINT NOT NULL DEFAULT 0" },
    { .sql = "UPDATE meta SET timed = CAST(strftime('%s', 'now') AS INTEGER) * 1000000",
      .mariadb = "UPDATE meta SET timed = UNIX_TIMESTAMP() * 1000000 WHERE timed = 0" },
};

/* The skeletons of small mails again, in rows of their own: with its record beside it each of them took a page. */
static const TwDbSql partition_mail[] = {
    { .sql = "CREATE TABLE mail(id INTEGER PRIMARY KEY, row BLOB NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS mail(id BIGINT PRIMARY KEY, row MEDIUMBLOB NOT NULL) "
                 "ENGINE=InnoDB" },
};

static const TwDbMigration partition_migrations[] = {
    { .version = 1, .steps = partition_1, .step_count = G_N_ELEMENTS(partition_1) },
    { .version = 2, .steps = partition_sync, .step_count = G_N_ELEMENTS(partition_sync) },
    { .version = 3, .steps = partition_acl, .step_count = G_N_ELEMENTS(partition_acl) },
    { .version = 4, .steps = partition_trim, .step_count = G_N_ELEMENTS(partition_trim) },
    { .version = 5, .steps = partition_search, .step_count = G_N_ELEMENTS(partition_search) },
    { .version = 6, .steps = partition_inline, .step_count = G_N_ELEMENTS(partition_inline) },
    { .version = 7, .steps = partition_times, .step_count = G_N_ELEMENTS(partition_times) },
    { .version = 8, .steps = partition_mail, .step_count = G_N_ELEMENTS(partition_mail) },
};

static const TwDbSqlSet *const partition_sets[] = {
    &tw_sql_store, &tw_sql_folder, &tw_sql_msg, &tw_sql_content, &tw_sql_chg,    &tw_sql_key,
    &tw_sql_task,  &tw_sql_check,  &tw_sql_acl, &tw_sql_sync,    &tw_sql_search, &tw_sql_queue,
};

const TwDbSchema tw_partition_schema = {
    .id = "partition",
    .migrations = partition_migrations,
    .migration_count = G_N_ELEMENTS(partition_migrations),
    .sets = partition_sets,
    .set_count = G_N_ELEMENTS(partition_sets),
};

static const TwDbSql server_1[] = {
    { .sql = "CREATE TABLE server(id INTEGER PRIMARY KEY CHECK(id = 1), guid BLOB NOT NULL, "
             "next_store INTEGER NOT NULL, next_block INTEGER NOT NULL, "
             "partitions INTEGER NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS server(id BIGINT PRIMARY KEY, guid VARBINARY(16) NOT "
                 "NULL, next_store BIGINT NOT NULL, next_block BIGINT NOT NULL, partitions BIGINT "
                 "NOT NULL) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE store_map(store INTEGER PRIMARY KEY, guid BLOB NOT NULL, "
             "part INTEGER NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS store_map(store BIGINT PRIMARY KEY, guid "
                 "VARBINARY(16) NOT NULL, part BIGINT NOT NULL) ENGINE=InnoDB" },
    { .sql = "CREATE UNIQUE INDEX store_map_guid ON store_map(guid)",
      .mariadb = "CREATE UNIQUE INDEX IF NOT EXISTS store_map_guid ON store_map(guid)" },
    { .sql = "CREATE TABLE named_prop(id INTEGER PRIMARY KEY, name_set BLOB NOT NULL, "
             "kind INTEGER NOT NULL, lid INTEGER NOT NULL, name TEXT NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS named_prop(id BIGINT PRIMARY KEY, name_set "
                 "VARBINARY(16) NOT NULL, kind BIGINT NOT NULL, lid BIGINT NOT NULL, name "
                 "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL) "
                 "ENGINE=InnoDB" },
    { .sql = "CREATE UNIQUE INDEX named_prop_name ON named_prop(name_set, kind, lid, name)",
      .mariadb = "CREATE UNIQUE INDEX IF NOT EXISTS named_prop_name ON named_prop(name_set, kind, "
                 "lid, name)" },
};

/* owner: a number of the directory; NULL for an orphan, so that the index passes it over */
static const TwDbSql server_owner[] = {
    { .sql = "ALTER TABLE store_map ADD COLUMN owner INTEGER",
      .mariadb = "ALTER TABLE store_map ADD COLUMN IF NOT EXISTS owner BIGINT" },
    { .sql = "ALTER TABLE store_map ADD COLUMN kind INTEGER NOT NULL DEFAULT 0",
      .mariadb = "ALTER TABLE store_map ADD COLUMN IF NOT EXISTS kind BIGINT NOT NULL DEFAULT 0" },
    { .sql = "CREATE UNIQUE INDEX store_map_owner ON store_map(owner, kind)",
      .mariadb = "CREATE UNIQUE INDEX IF NOT EXISTS store_map_owner ON store_map(owner, kind)" },
};

static const TwDbSql server_sync[] = {
    { .sql = "CREATE TABLE sync(id INTEGER PRIMARY KEY, store INTEGER NOT NULL, "
             "folder INTEGER NOT NULL, kind INTEGER NOT NULL, owner INTEGER NOT NULL, "
             "cn INTEGER NOT NULL, used INTEGER NOT NULL)",
      .mariadb = "CREATE TABLE IF NOT EXISTS sync(id BIGINT PRIMARY KEY, store BIGINT NOT NULL, "
                 "folder BIGINT NOT NULL, kind BIGINT NOT NULL, owner BIGINT NOT NULL, cn BIGINT "
                 "NOT NULL, used BIGINT NOT NULL) ENGINE=InnoDB" },
    { .sql = "CREATE TABLE sync_seen(sync INTEGER NOT NULL, cn INTEGER NOT NULL, "
             "step INTEGER NOT NULL, seen BLOB NOT NULL, crc INTEGER NOT NULL, "
             "PRIMARY KEY(sync, cn, step)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS sync_seen(sync BIGINT NOT NULL, cn BIGINT NOT NULL, "
                 "step BIGINT NOT NULL, seen LONGBLOB NOT NULL, crc BIGINT NOT NULL, PRIMARY "
                 "KEY(sync, cn, step)) ENGINE=InnoDB" },
};

static const TwDbMigration server_migrations[] = {
    { .version = 1, .steps = server_1, .step_count = G_N_ELEMENTS(server_1) },
    { .version = 2, .steps = server_sync, .step_count = G_N_ELEMENTS(server_sync) },
    { .version = 3, .steps = server_owner, .step_count = G_N_ELEMENTS(server_owner) },
};

static const TwDbSqlSet *const server_sets[] = { &tw_sql_server, &tw_sql_sync_id };

const TwDbSchema tw_server_schema = {
    .id = "server",
    .migrations = server_migrations,
    .migration_count = G_N_ELEMENTS(server_migrations),
    .sets = server_sets,
    .set_count = G_N_ELEMENTS(server_sets),
};
