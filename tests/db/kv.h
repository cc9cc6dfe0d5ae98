/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the tests of db/ share: a table of keys and values, its statements, and databases to run on: SQLite on a disk
 * in memory, and a MariaDB server of our own on a Unix socket when one is installed.
 */
#pragma once

#include "base/error.h"
#include "base/lock.h"
#include "db/db.h"
#include "support/fault-fs.h"

G_BEGIN_DECLS

enum {
    KV_INSERT, /* k, v, n */
    KV_SET,    /* k, v, n; whether it is there or not */
    KV_GET,    /* k -> v, n */
    KV_DELETE, /* k */
    KV_ALL,    /* -> k, v, n by k */
    KV_ADD,    /* n, k: adds to it */
    KV_COUNT,  /* -> how many */
    KV_WRONG,  /* not SQL */
};

extern const TwDbSqlSet kv_sql;
extern const TwDbSchema kv_schema;

/* Thousands of openings need not be told. */
void kv_drop_debug_messages(void);

/* A database for a test, and how to open it. */
typedef struct {
    TwFaultFs *disk; /* SQLite only */
    TwDbConfig config;
} KvPlace;

/* kind MARIADB needs kv_maria_start(); the table is emptied. */
void kv_place_init(KvPlace *place, TwDbKind kind);
void kv_place_clear(KvPlace *place);
TwDb *kv_place_open(const KvPlace *place); /* must succeed */

/* A case that runs on every back end. */
typedef struct {
    const char *name;
    void (*func)(KvPlace *place);
} KvCase;

/* PREFIX/sqlite/NAME and, when a server is installed, PREFIX/mariadb/NAME. Returns what the program ends with. */
int kv_run_cases(const char *prefix, const KvCase *cases, guint count);

/* FALSE when no server is installed. */
gboolean kv_maria_start(void);
void kv_maria_stop(void);
void kv_maria_sql(const char *database, const char *sql); /* @database: (nullable) */
const char *kv_maria_folder(void);
/* Keeps a transaction with that statement open until kv_maria_let_go(). */
gpointer kv_maria_hold(const char *database, const char *sql);
void kv_maria_let_go(gpointer hold);
/* The server closes every connection but this one. */
void kv_maria_cut_all(void);

/* One change, as a closure's data. */
typedef struct {
    const char *key;
    const char *value; /* NULL: delete */
    gint64 n;
} KvChange;

/* KV_SET or KV_DELETE of a KvChange. */
gboolean kv_change(TwDbTx *tx, gpointer data, GError **error);
gboolean kv_insert(TwDbTx *tx, gpointer data, GError **error);

/* All rows as "k=v/n" lines; aborts the test when they cannot be read. */
char *kv_dump(TwDb *db);
gboolean kv_dump_tx(TwDbTx *tx, gpointer string, GError **error);

/* Writes it, and must succeed. */
void kv_put(TwDb *db, const char *key, const char *value, gint64 n);

/* Holds the writer thread inside a closure, so that what is queued meanwhile becomes one group. */
typedef struct {
    TwLock lock;
    GCond cond;
    gboolean entered, open;
} KvGate;

void kv_gate_init(KvGate *gate);
void kv_gate_close(KvGate *gate, TwDb *db); /* returns when the writer is inside */
void kv_gate_open(KvGate *gate);
void kv_gate_clear(KvGate *gate);

G_END_DECLS
