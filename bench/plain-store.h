/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The peer of the engine's folder operations: SQLite used by hand, one thread, WAL, synchronous=FULL, default pages and
 * checkpoints. The same tables, rows of the same size, the same statements for each operation; no queue, no checksums, no
 * change stream, no results for each message.
 */
#pragma once

#include "bench.h"

#include <sqlite3.h>
#include <string.h>

typedef enum {
    PLAIN_BEGIN,
    PLAIN_COMMIT,
    PLAIN_STORE_GET,
    PLAIN_STORE_SET,
    PLAIN_FOLDER_GET,
    PLAIN_FOLDER_SET,
    PLAIN_MSG_GET,
    PLAIN_MSG_FLAGS,
    PLAIN_MSG_REKEY,
    PLAIN_MSG_DELETE,
    PLAIN_CHG,
    PLAIN_TOMB,
    PLAIN_OID,
    PLAIN_REF_LIST,
    PLAIN_REF_DELETE,
    PLAIN_TAIL_DELETE,
    PLAIN_INDEX,
    PLAIN_DELTA,
    PLAIN_COUNT,
} PlainSql;

typedef struct {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *st[PLAIN_COUNT];
    sqlite3_int64 cn, next_mid;
    guint left; /* messages not deleted yet: 1 to it are gone */
} Plain;

static inline void
plain_check(Plain *plain, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        g_error("plain SQLite: %s", sqlite3_errmsg(plain->db));
}

/* Runs one statement with up to four numbers, and looks at all of its columns. */
static inline guint
plain_run(Plain *plain,
          PlainSql which,
          sqlite3_int64 a,
          sqlite3_int64 b,
          sqlite3_int64 c,
          sqlite3_int64 d)
{
    sqlite3_stmt *st = plain->st[which];
    const sqlite3_int64 values[] = { a, b, c, d };
    int code, count = sqlite3_bind_parameter_count(st);
    guint rows = 0;

    for (int i = 0; i < count; i++)
        sqlite3_bind_int64(st, i + 1, values[i]);
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(st); i++)
            (void) sqlite3_column_int64(st, i);
        rows++;
    }
    plain_check(plain, code);
    sqlite3_reset(st);
    return rows;
}

static inline void
plain_open(Plain *plain)
{
    static const char *const sql[PLAIN_COUNT] = {
        [PLAIN_BEGIN] = "BEGIN IMMEDIATE",
        [PLAIN_COMMIT] = "COMMIT",
        [PLAIN_STORE_GET] = "SELECT * FROM store WHERE id = ?",
        [PLAIN_STORE_SET] = "UPDATE store SET cn = ?2, bytes = bytes + 1 WHERE id = ?1",
        [PLAIN_FOLDER_GET] = "SELECT * FROM folder WHERE store = ? AND id = ?",
        [PLAIN_FOLDER_SET] = "UPDATE folder SET hicn = ?3, total = total - 1, unread = unread - 1, "
                             "bytes = bytes - 1 WHERE store = ?1 AND id = ?2",
        [PLAIN_MSG_GET] = "SELECT folder, state, mid, uid, recv, size, flags, status, kw, cn, "
                          "cn_create, cn_read, bid, conv FROM msg WHERE store = ? AND mid = ?",
        [PLAIN_MSG_FLAGS] = "UPDATE msg SET flags = flags + 1, status = 0, kw = 0, cn = ?4, "
                            "cn_read = ?4 WHERE store = ?1 AND folder = ?2 AND state = 0 AND "
                            "mid = ?3",
        [PLAIN_MSG_REKEY] = "UPDATE msg SET folder = ?2, state = ?4, mid = ?3, uid = ?3, "
                            "cn = 7 WHERE store = ?1 AND mid = ?3",
        [PLAIN_MSG_DELETE] =
            "DELETE FROM msg WHERE store = ? AND folder = ? AND state = 0 AND mid = ?",
        [PLAIN_CHG] = "INSERT INTO chg VALUES(?1, ?2, 1, ?3, 17, ?4)",
        [PLAIN_TOMB] = "INSERT INTO tomb VALUES(?1, ?2, ?3, ?4, ?4)",
        [PLAIN_OID] = "DELETE FROM oid WHERE store = ? AND id = ?",
        [PLAIN_REF_LIST] = "SELECT kind, len, crc FROM blobref WHERE store = ? AND bid = ?",
        [PLAIN_REF_DELETE] = "DELETE FROM blobref WHERE store = ? AND bid = ?",
        [PLAIN_TAIL_DELETE] = "DELETE FROM tail WHERE id = ?1 << 32 | ?2",
        [PLAIN_INDEX] = "SELECT mid, uid, flags, status, kw, cn, cn_read FROM msg WHERE store = ? "
                        "AND folder = ? AND state = 0 ORDER BY mid",
        [PLAIN_DELTA] = "SELECT c.*, m.folder, m.state, m.mid, m.uid, m.flags, m.status, m.kw, "
                        "m.cn, m.cn_read FROM chg c JOIN msg m ON m.store = c.store AND m.mid = "
                        "c.id WHERE c.store = ? AND c.cn > ? ORDER BY c.cn LIMIT ?",
    };

    plain_check(plain, sqlite3_open(plain->path, &plain->db));
    plain_check(plain, sqlite3_exec(plain->db,
                                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                                    "PRAGMA cache_size = -65536",
                                    NULL, NULL, NULL));
    for (guint i = 0; i < PLAIN_COUNT; i++)
        plain_check(plain, sqlite3_prepare_v2(plain->db, sql[i], -1, &plain->st[i], NULL));
}

static inline void
plain_close(Plain *plain)
{
    for (guint i = 0; i < PLAIN_COUNT; i++)
        sqlite3_finalize(plain->st[i]);
    sqlite3_close(plain->db);
}

/* A new database at @path with @count messages in folder 1 of store 1. */
static inline void
plain_new(Plain *plain, const char *path, guint count)
{
    static const char tables[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
        "CREATE TABLE store(id INTEGER PRIMARY KEY, kind, state, company, guid, object, root, cn, "
        "bytes, deleted_bytes, quota_warn, quota_soft, quota_hard);"
        "CREATE TABLE folder(store, id, parent, state, type, name, uidvalidity, uidnext, hicn, "
        "total, unread, assoc, deleted, bytes, changed, PRIMARY KEY(store, id)) WITHOUT ROWID;"
        "CREATE TABLE msg(store, folder, state, mid, uid, recv, size, flags, status, kw, cn, "
        "cn_create, cn_read, bid, conv, head, crc, PRIMARY KEY(store, folder, state, mid)) "
        "WITHOUT ROWID;"
        "CREATE UNIQUE INDEX msg_uid ON msg(store, folder, uid);"
        "CREATE UNIQUE INDEX msg_mid ON msg(store, mid);"
        "CREATE TABLE tail(id INTEGER PRIMARY KEY, rec, summary);"
        "CREATE TABLE blobref(store, bid, part, kind, hash, len, crc, "
        "PRIMARY KEY(store, bid, part)) WITHOUT ROWID;"
        "CREATE INDEX blobref_hash ON blobref(hash);"
        "CREATE TABLE oid(store, kind, key, id, PRIMARY KEY(store, kind, key)) WITHOUT ROWID;"
        "CREATE INDEX oid_id ON oid(store, id);"
        "CREATE TABLE chg(store, cn, folder, id, op, aux, PRIMARY KEY(store, cn)) WITHOUT ROWID;"
        "CREATE TABLE tomb(store, folder, cn, uid, mid, PRIMARY KEY(store, folder, cn)) "
        "WITHOUT ROWID;"
        "INSERT INTO store VALUES(1, 0, 0, 0, zeroblob(16), 1, 1, 0, 0, 0, 0, 0, 0);"
        "INSERT INTO folder VALUES(1, 1, 1, 0, 0, 'Inbox', 1, 1, 0, 0, 0, 0, 0, 0, 0), "
        "(1, 2, 1, 0, 0, 'Other', 1, 1, 0, 0, 0, 0, 0, 0, 0);";
    /* heads of 240 bytes, records of 420 and summaries of 130 with random ids: about what ours are */
    static const char rows[] =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
        "INSERT INTO msg SELECT 1, 1, 0, i, i, 1795312800000000 + i, 5000, 0, 0, 0, i, i, i, i, "
        "random(), randomblob(240), abs(random() %% 4294967296) FROM n;"
        "INSERT INTO tail SELECT 1 << 32 | mid, randomblob(420), randomblob(130) FROM msg;"
        "INSERT INTO blobref SELECT 1, mid, x'20', 2, randomblob(33), 1700, "
        "abs(random() %% 4294967296) FROM msg;"
        "INSERT INTO chg SELECT 1, mid, 1, mid, 16, 0 FROM msg;"
        "PRAGMA wal_checkpoint(TRUNCATE)";
    g_autofree char *fill = g_strdup_printf(rows, count);

    *plain = (Plain){ .path = g_strdup(path), .cn = count, .next_mid = count, .left = count };
    plain_check(plain, sqlite3_open(path, &plain->db));
    plain_check(plain, sqlite3_exec(plain->db, tables, NULL, NULL, NULL));
    plain_check(plain, sqlite3_exec(plain->db, fill, NULL, NULL, NULL));
    sqlite3_close(plain->db);
    plain_open(plain);
}

/* ---- operations ---- */

static inline void
plain_begin(Plain *plain)
{
    plain_run(plain, PLAIN_BEGIN, 0, 0, 0, 0);
    plain_run(plain, PLAIN_STORE_GET, 1, 0, 0, 0);
    plain_run(plain, PLAIN_FOLDER_GET, 1, 1, 0, 0);
}

static inline void
plain_end(Plain *plain)
{
    plain_run(plain, PLAIN_FOLDER_SET, 1, 1, plain->cn, 0);
    plain_run(plain, PLAIN_STORE_SET, 1, plain->cn, 0, 0);
    plain_run(plain, PLAIN_COMMIT, 0, 0, 0, 0);
}

static inline void
plain_flag_one(Plain *plain, guint32 mid)
{
    plain_run(plain, PLAIN_MSG_GET, 1, mid, 0, 0);
    plain_run(plain, PLAIN_CHG, 1, ++plain->cn, mid, 0);
    plain_run(plain, PLAIN_MSG_FLAGS, 1, 1, mid, plain->cn);
}

static inline void
plain_move_one(Plain *plain, guint32 mid)
{
    plain_run(plain, PLAIN_MSG_GET, 1, mid, 0, 0);
    plain_run(plain, PLAIN_CHG, 1, ++plain->cn, mid, mid);
    plain_run(plain, PLAIN_TOMB, 1, 1, plain->cn, mid);
    plain_run(plain, PLAIN_CHG, 1, ++plain->cn, mid, 0);
    plain_run(plain, PLAIN_MSG_REKEY, 1, 2, mid, 0);
    plain_run(plain, PLAIN_OID, 1, mid, 0, 0);
}

static inline void
plain_soft_one(Plain *plain, guint32 mid)
{
    plain_run(plain, PLAIN_MSG_GET, 1, mid, 0, 0);
    plain_run(plain, PLAIN_CHG, 1, ++plain->cn, mid, 0);
    plain_run(plain, PLAIN_MSG_REKEY, 1, 1, mid, 2);
    plain_run(plain, PLAIN_TOMB, 1, 1, plain->cn, mid);
}

static inline void
plain_hard_one(Plain *plain, guint32 mid)
{
    plain_run(plain, PLAIN_MSG_GET, 1, mid, 0, 0);
    plain_run(plain, PLAIN_REF_LIST, 1, mid, 0, 0);
    plain_run(plain, PLAIN_REF_DELETE, 1, mid, 0, 0);
    plain_run(plain, PLAIN_TAIL_DELETE, 1, mid, 0, 0);
    plain_run(plain, PLAIN_MSG_DELETE, 1, 1, mid, 0);
    plain_run(plain, PLAIN_OID, 1, mid, 0, 0);
    plain_run(plain, PLAIN_CHG, 1, ++plain->cn, mid, 0);
    plain_run(plain, PLAIN_TOMB, 1, 1, plain->cn, mid);
}

/* One operation on @count messages from @first on, in one transaction. */
static inline void
plain_many(Plain *plain, void (*one)(Plain *plain, guint32 mid), guint32 first, guint count)
{
    plain_begin(plain);
    for (guint i = 0; i < count; i++)
        one(plain, first + i);
    plain_end(plain);
}
