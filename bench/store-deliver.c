/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many durable deliveries of a 3.8 KB mail a second, and what does the engine's way cost beside a plain program?
 *
 * Each waiter delivers to one of 200 mailboxes and waits until its mail is durable; no two mails are equal. The peer is a
 * program by hand on plain SQLite (its own files, WAL, synchronous=FULL, prepared statements) that runs the statements of a
 * delivery on the same tables, takes the digest of the mail, compresses it, and appends it to a segment that it
 * syncs once before it commits; where ours keeps mails in rows, so does the peer. It has one thread, which commits as
 * many mails at once as ours has waiters: no queue, nobody to wake, no reading of the mail, no records to build, no
 * checksums. That is the physical limit. Both take turns on the same disk, with 0, 2 and 10 ms added to each flush, one flush
 * at a time. CPU is that of the whole process.
 *
 *     bench-store-deliver [FOLDER [SECONDS [WAITERS [DELAY_MS]]]]
 */
#include "disk.h"
#include "mails.h"
#include "raw-disk.h"

#include "base/compress.h"
#include "base/hash.h"
#include "store/inline.h"
#include "store/mail.h"

#include <sqlite3.h>
#include <string.h>

enum {
    MAILBOXES = 200,
    MAILS = 64, /* to make the others of */
    MOST_WAITERS = 128,
    MOST_ROUNDS = 5,
    SEGMENT_LEN = 64 << 20,
    SEGMENT_BYTES = 1640, /* that a mail writes to the segment ... */
    LOG_BYTES = 10 * 4120 /* ... and to the log */
};

typedef struct {
    TwEngine *engine;
    TwStore *stores[MAILBOXES];
    guint32 inboxes[MAILBOXES];
    GBytes *mails[MAILS];
    gint stop;       /* atomic */
    gint done;       /* atomic */
    gint number;     /* atomic: of the next mail */
    gboolean inside; /* mails lie in the row */
} Bench;

/* ---- ours ---- */

static gpointer
deliver_on(gpointer data)
{
    Bench *bench = data;
    g_autoptr(GRand) rand = g_rand_new();

    while (!g_atomic_int_get(&bench->stop)) {
        guint box = (guint) g_rand_int_range(rand, 0, MAILBOXES);
        guint number = (guint) g_atomic_int_add(&bench->number, 1);
        g_autoptr(GBytes) mail = bench_mail_again(bench->mails[number % MAILS], number);
        TwMailTarget target = { .store = bench->stores[box], .folder = bench->inboxes[box] };
        TwMailDelivery delivery = { .targets = &target, .target_count = 1 };
        TwMailResult result = { 0 };
        g_autoptr(GError) error = NULL;
        if (!tw_mail_deliver(bench->engine, mail, &delivery, &result, &error) ||
            result.error != NULL)
            g_error("%s", (error != NULL ? error : result.error)->message);
        tw_mail_result_clear(&result);
        g_atomic_int_inc(&bench->done);
    }
    return NULL;
}

static double
run_ours(Bench *bench, guint waiters, double seconds, double *ret_cpu_us, double *ret_flushes)
{
    GThread *threads[MOST_WAITERS];
    double start = bench_now(), cpu = bench_cpu_seconds(), rate;
    gint flushes = g_atomic_int_get(&bench_disk.flushes);

    bench->stop = bench->done = 0;
    for (guint i = 0; i < waiters; i++)
        threads[i] = g_thread_new("waiter", deliver_on, bench);
    g_usleep((gulong) (seconds * 1e6));
    g_atomic_int_set(&bench->stop, 1);
    for (guint i = 0; i < waiters; i++)
        g_thread_join(threads[i]);
    rate = bench->done / (bench_now() - start);
    *ret_cpu_us = (bench_cpu_seconds() - cpu) / bench->done * 1e6;
    *ret_flushes = (double) (g_atomic_int_get(&bench_disk.flushes) - flushes) / bench->done;
    return rate;
}

static void
open_ours(Bench *bench, const char *folder)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autofree char *path = g_build_filename(folder, "ours", NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    g_autoptr(GError) error = NULL;

    config.fs = tw_file_system_real();
    config.path = path;
    config.inline_mode = bench->inside ? TW_INLINE_ALWAYS : TW_INLINE_NEVER;
    bench->engine = tw_engine_open(&config, &error);
    if (bench->engine == NULL)
        g_error("%s", error->message);
    for (guint i = 0; i < MAILBOXES; i++) {
        TwStoreMake make = { .partition = -1 };
        TwStoreInfo info;
        bench->stores[i] = tw_store_create(bench->engine, &make, &error);
        if (bench->stores[i] == NULL || !tw_store_get_info(bench->stores[i], &info, &error))
            g_error("%s", error->message);
        bench->inboxes[i] = info.root;
    }
    for (guint i = 0; i < MAILS; i++)
        bench->mails[i] = bench_mail_new(rand);
}

static void
close_ours(Bench *bench)
{
    for (guint i = 0; i < MAILBOXES; i++)
        tw_store_unref(bench->stores[i]);
    for (guint i = 0; i < MAILS; i++)
        g_bytes_unref(bench->mails[i]);
    tw_engine_close(bench->engine);
}

/* ---- the peer ---- */

enum {
    GET_STORE,
    GET_FOLDER,
    ADD_CHANGE,
    ADD_MESSAGE,
    ADD_TAIL,
    ADD_MAIL,
    ADD_VALUE,
    SET_FOLDER,
    SET_STORE,
    STATEMENTS
};

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *st[STATEMENTS];
    gboolean inside; /* mails lie in rows, not in the segment */
    int segment;
    off_t end;
    guint64 number;
    GBytes *const *mails;
} Peer;

/* The tables of a partition that a delivery touches. */
static const char peer_tables[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;"
    "CREATE TABLE store(id INTEGER PRIMARY KEY, kind, state, company, guid, object, root, cn, "
    "bytes,"
    " deleted_bytes, quota_warn, quota_soft, quota_hard, uidvalidity, created, crc);"
    "CREATE TABLE folder(store, id, parent, state, type, deleted_with, name, name_key, uidvalidity,"
    " uidnext, hicn, hicn_hier, cn, cn_create, total, unread, assoc, deleted, deleted_assoc,"
    " subfolders, deleted_folders, bytes, deleted_bytes, changed, crc, PRIMARY KEY(store, id))"
    " WITHOUT ROWID;"
    "CREATE UNIQUE INDEX folder_name ON folder(store, parent, name_key);"
    "CREATE TABLE msg(store, folder, state, mid, uid, recv, size, flags, status, kw, cn, cn_create,"
    " cn_read, bid, conv, head, crc, PRIMARY KEY(store, folder, state, mid)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX msg_uid ON msg(store, folder, uid);"
    "CREATE UNIQUE INDEX msg_mid ON msg(store, mid);"
    "CREATE TABLE tail(id INTEGER PRIMARY KEY, rec BLOB NOT NULL, summary BLOB, mail BLOB);"
    "CREATE TABLE mail(id INTEGER PRIMARY KEY, row BLOB NOT NULL);"
    "CREATE TABLE blobref(store, bid, part, kind, hash, len, crc, PRIMARY KEY(store, bid, part))"
    " WITHOUT ROWID;"
    "CREATE INDEX blobref_hash ON blobref(hash);"
    "CREATE TABLE chg(store, cn, folder, id, op, aux, PRIMARY KEY(store, cn)) WITHOUT ROWID;"
    "BEGIN;";

/* ?1 store, ?2 a number that grows, ?3 bytes, ?4 bytes */
static const char *const peer_sql[] = {
    [GET_STORE] = "SELECT * FROM store WHERE id = ?1",
    [GET_FOLDER] = "SELECT * FROM folder WHERE store = ?1 AND id = 1",
    [ADD_CHANGE] = "INSERT INTO chg VALUES(?1, ?2, 1, ?2, 1, 0)",
    [ADD_MESSAGE] = "INSERT INTO msg VALUES(?1, 1, 0, ?2, ?2, 1700000000000000, 3800, 0, 0, 0, ?2, "
                    "?2, 0, ?2, 7000000000000000, ?3, 3000000000)",
    [ADD_TAIL] = "INSERT OR REPLACE INTO tail VALUES((?1 << 32) | ?2, ?3, ?4, ?5)",
    [ADD_MAIL] = "INSERT OR REPLACE INTO mail VALUES((?1 << 32) | ?2, ?3)",
    [ADD_VALUE] = "INSERT INTO blobref VALUES(?1, ?2, x'0901', 1, ?3, 3800, 3000000000)",
    [SET_FOLDER] =
        "UPDATE folder SET state = 0, deleted_with = 0, uidnext = uidnext + 1, hicn = ?2, "
        "hicn_hier = 1, cn = ?2, total = total + 1, unread = unread + 1, assoc = 0, deleted = 0, "
        "deleted_assoc = 0, subfolders = 0, deleted_folders = 0, bytes = bytes + 3800, "
        "deleted_bytes = 0, changed = ?2 WHERE store = ?1 AND id = 1",
    [SET_STORE] = "UPDATE store SET state = 0, root = 1, cn = ?2, bytes = bytes + 3800, "
                  "deleted_bytes = 0, quota_warn = 0, quota_soft = 0, quota_hard = 0, "
                  "uidvalidity = 1 WHERE id = ?1",
};

static void
run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        g_error("%s", sqlite3_errmsg(db));
}

static void
make_segment(Peer *peer, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "peer.segment", NULL);
    static const guint8 zeros[1 << 20];

    peer->segment = g_open(path, O_CREAT | O_RDWR, 0600);
    for (off_t at = 0; at < SEGMENT_LEN; at += (off_t) sizeof zeros)
        g_assert(pwrite(peer->segment, zeros, sizeof zeros, at) == sizeof zeros);
    g_assert(fsync(peer->segment) == 0);
}

static void
open_peer(Peer *peer, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "peer.db", NULL);

    if (sqlite3_open(path, &peer->db) != SQLITE_OK)
        g_error("%s: cannot be opened", path);
    run_sql(peer->db, peer_tables);
    for (int i = 0; i < MAILBOXES; i++) {
        g_autofree char *rows = g_strdup_printf(
            "INSERT INTO store VALUES(%d, 0, 0, 0, x'00112233445566778899aabbccddeeff', 1, 1, 1, "
            "0, 0, 0, 0, 0, 1, 1, 1); INSERT INTO folder VALUES(%d, 1, 1, 0, 0, 0, 'root', 'root', "
            "1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1);",
            i, i);
        run_sql(peer->db, rows);
    }
    run_sql(peer->db, "COMMIT");
    for (guint i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v2(peer->db, peer_sql[i], -1, &peer->st[i], NULL) != SQLITE_OK)
            g_error("%s", sqlite3_errmsg(peer->db));
    }
    make_segment(peer, folder);
}

static void
close_peer(Peer *peer)
{
    for (guint i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(peer->st[i]);
    sqlite3_close(peer->db);
    close(peer->segment);
}

typedef struct {
    guint8 digest[33];
    guint8 packed[BENCH_MAIL_LEN * 2];
    gsize packed_len;
} PeerMail;

/* Before the transaction: digest, zstd, segment. */
static void
peer_put(Peer *peer, PeerMail *ret)
{
    g_autoptr(GBytes) mail =
        bench_mail_again(peer->mails[peer->number % MAILS], (guint64) 1 << 40 | peer->number);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(sizeof ret->packed);
    gsize len;
    const guint8 *data = g_bytes_get_data(mail, &len);

    peer->number++;
    tw_sha256(data, len, ret->digest + 1);
    ret->digest[0] = 1;
    if (!tw_zstd_compress(&packed, data, len, 1, NULL, NULL))
        g_error("a mail does not compress");
    memcpy(ret->packed, packed.data, packed.len);
    ret->packed_len = packed.len;
    if (peer->inside)
        return;
    if (peer->end + (off_t) packed.len > SEGMENT_LEN)
        peer->end = 0;
    g_assert(pwrite(peer->segment, packed.data, packed.len, peer->end) == (gssize) packed.len);
    peer->end += (off_t) packed.len;
}

static void
peer_rows(Peer *peer, const PeerMail *mail, sqlite3_int64 number)
{
    static const guint8 bytes[600] = { 1 };
    sqlite3_int64 box = g_random_int() % MAILBOXES;

    for (guint s = 0; s < STATEMENTS; s++) {
        sqlite3_stmt *st = peer->st[s];
        int code;
        if (s == (peer->inside ? ADD_VALUE : ADD_MAIL))
            continue;
        sqlite3_bind_int64(st, 1, box);
        if (s != GET_STORE && s != GET_FOLDER)
            sqlite3_bind_int64(st, 2, number);
        if (s == ADD_MESSAGE)
            sqlite3_bind_blob(st, 3, bytes, 200, SQLITE_STATIC); /* as the head is long */
        if (s == ADD_TAIL) {
            sqlite3_bind_blob(st, 3, bytes, 350, SQLITE_STATIC);
            sqlite3_bind_blob(st, 4, bytes, 300, SQLITE_STATIC);
            if (peer->inside)
                sqlite3_bind_blob(st, 5, bytes, 0, SQLITE_STATIC);
        }
        if (s == ADD_MAIL)
            sqlite3_bind_blob(st, 3, mail->packed, (int) mail->packed_len, SQLITE_STATIC);
        if (s == ADD_VALUE)
            sqlite3_bind_blob(st, 3, mail->digest, sizeof mail->digest, SQLITE_STATIC);
        code = sqlite3_step(st);
        if (code != SQLITE_DONE && code != SQLITE_ROW)
            g_error("%s", sqlite3_errmsg(peer->db));
        sqlite3_reset(st);
    }
}

static double
run_peer(Peer *peer, guint group, double seconds, double *ret_cpu_us, double *ret_flushes)
{
    g_autofree PeerMail *mails = g_new(PeerMail, group);
    double start = bench_now(), cpu = bench_cpu_seconds(), took;
    gint flushes = g_atomic_int_get(&bench_disk.flushes);
    guint done = 0;

    do {
        for (guint i = 0; i < group; i++)
            peer_put(peer, &mails[i]);
        g_assert(peer->inside || fdatasync(peer->segment) == 0);
        run_sql(peer->db, "BEGIN IMMEDIATE");
        for (guint i = 0; i < group; i++)
            peer_rows(peer, &mails[i], (sqlite3_int64) peer->number - group + i);
        run_sql(peer->db, "COMMIT");
        done += group;
        took = bench_now() - start;
    } while (took < seconds);
    *ret_cpu_us = (bench_cpu_seconds() - cpu) / done * 1e6;
    *ret_flushes = (double) (g_atomic_int_get(&bench_disk.flushes) - flushes) / done;
    return done / took;
}

/* ---- turns ---- */

static double
median(double *values, guint count)
{
    qsort(values, count, sizeof *values, bench_compare_doubles);
    return values[count / 2];
}

static void
compare(Bench *bench, Peer *peer, const char *folder, guint waiters, guint rounds, double seconds)
{
    const gsize raw[] = { (gsize) SEGMENT_BYTES * waiters, LOG_BYTES };
    guint skip = peer->inside ? 1 : 0; /* no segment is written */
    double ours[MOST_ROUNDS], theirs[MOST_ROUNDS], cpu[MOST_ROUNDS], their_cpu[MOST_ROUNDS];
    double ratio[MOST_ROUNDS], limit[MOST_ROUNDS], flushes[MOST_ROUNDS], their_flushes[MOST_ROUNDS];
    double disk_cpu[MOST_ROUNDS];

    for (guint r = 0; r < rounds; r++) {
        ours[r] = run_ours(bench, waiters, seconds, &cpu[r], &flushes[r]);
        theirs[r] = run_peer(peer, waiters, seconds, &their_cpu[r], &their_flushes[r]);
        ratio[r] = ours[r] / theirs[r];
        if (waiters == 1)
            limit[r] = raw_disk_rate(folder, raw + skip, G_N_ELEMENTS(raw) - skip, seconds / 2,
                                     &disk_cpu[r]);
    }
    median(ours, rounds);
    median(theirs, rounds);
    g_print("%3u waiters: %6.0f/s [%.0f-%.0f], %4.0f us CPU and %.2f flushes each; by hand "
            "%6.0f/s [%.0f-%.0f], %4.0f us, %.2f; ratio %.2f\n",
            waiters, ours[rounds / 2], ours[0], ours[rounds - 1], median(cpu, rounds),
            median(flushes, rounds), theirs[rounds / 2], theirs[0], theirs[rounds - 1],
            median(their_cpu, rounds), median(their_flushes, rounds), median(ratio, rounds));
    if (waiters > 1)
        return;
    median(limit, rounds);
    g_print("             the disk alone, the same bytes and %s: %.0f/s [%.0f-%.0f], %.0f us CPU\n",
            skip ? "one flush" : "two flushes", limit[rounds / 2], limit[0], limit[rounds - 1],
            median(disk_cpu, rounds));
}

typedef struct {
    const char *folder;
    double seconds;
    guint only_waiters; /* 0: all */
} How;

/* Both on new files, with small mails in rows or in blobs. */
static void
run_disk(const How *how, guint delay_ms, gboolean inside)
{
    static const guint waiters[] = { 1, 8, 32, 128 };
    g_autofree char *folder = g_build_filename(how->folder, "bench-store-XXXXXX", NULL);
    guint rounds = delay_ms == 0 ? MOST_ROUNDS : 3;
    Bench bench = { .inside = inside };
    Peer peer = { .mails = bench.mails, .inside = inside };
    double flush_us;

    if (g_mkdtemp(folder) == NULL)
        g_error("%s: cannot be made", folder);
    open_ours(&bench, folder);
    open_peer(&peer, folder);
    bench_disk.delay_us = (gulong) delay_ms * 1000;
    flush_us = bench_sync_p50_us(folder);
    g_print("fdatasync p50 %.0f us (%u ms added), mails in %s%s\n", flush_us, delay_ms,
            inside ? "rows" : "blobs",
            inside == (flush_us + delay_ms * 1e3 > TW_INLINE_FLUSH_US) ? ", as the engine would"
                                                                       : "");
    for (guint w = 0; w < G_N_ELEMENTS(waiters); w++) {
        if (how->only_waiters == 0 || waiters[w] == how->only_waiters)
            compare(&bench, &peer, folder, waiters[w], rounds, how->seconds);
    }
    bench_disk.delay_us = 0;
    close_ours(&bench);
    close_peer(&peer);
    bench_remove(folder);
}

int
main(int argc, char **argv)
{
    static const guint delays_ms[] = { 0, 2, 10 };
    How how = { .folder = argc > 1 ? argv[1] : ".",
                .seconds = argc > 2 ? g_ascii_strtod(argv[2], NULL) : 0.25,
                .only_waiters = argc > 3 ? (guint) g_ascii_strtoull(argv[3], NULL, 10) : 0 };
    guint only_delay = argc > 4 ? (guint) g_ascii_strtoull(argv[4], NULL, 10) : G_MAXUINT;

    for (guint d = 0; d < G_N_ELEMENTS(delays_ms); d++) {
        if (only_delay != G_MAXUINT && delays_ms[d] != only_delay)
            continue;
        for (guint inside = 0; inside < 2; inside++)
            run_disk(&how, delays_ms[d], inside == 1);
    }
    return 0;
}
