/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows without an owner: asked of the database itself. */
#include "store/bed.h"
#include "store/invariants.h"
#include "store/store-private.h"

static const TwDbSql orphan_rows[] = {
    { .sql = "SELECT COUNT(*) FROM tail t WHERE NOT EXISTS (SELECT 1 FROM msg m WHERE "
             "m.store = t.id >> 32 AND m.bid = (t.id & 4294967295)) AND NOT EXISTS "
             "(SELECT 1 FROM folder f WHERE f.store = t.id >> 32 AND f.id = (t.id & 4294967295)) "
             "AND NOT EXISTS (SELECT 1 FROM store s WHERE s.id = t.id >> 32 AND "
             "s.object = (t.id & 4294967295))" },
    { .sql = "SELECT COUNT(*) FROM mail m WHERE NOT EXISTS (SELECT 1 FROM tail t WHERE "
             "t.id = m.id AND SUBSTR(t.mail, 1, 1) = x'02')" },
    { .sql = "SELECT COUNT(*) FROM tail t WHERE SUBSTR(t.mail, 1, 1) = x'02' AND NOT EXISTS "
             "(SELECT 1 FROM "
             "mail m WHERE m.id = t.id)" },
    { .sql = "SELECT COUNT(*) FROM blobref b WHERE NOT EXISTS (SELECT 1 FROM msg m WHERE "
             "m.store = b.store AND m.bid = b.bid) AND NOT EXISTS (SELECT 1 FROM folder f WHERE "
             "f.store = b.store AND f.id = b.bid) AND NOT EXISTS (SELECT 1 FROM store s WHERE "
             "s.id = b.store AND s.object = b.bid)" },
    { .sql = "SELECT COUNT(*) FROM msg m WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE "
             "f.store = m.store AND f.id = m.folder)" },
    { .sql = "SELECT COUNT(*) FROM msg m WHERE NOT EXISTS (SELECT 1 FROM tail t WHERE "
             "t.id = m.store << 32 | m.bid)" },
    { .sql = "SELECT COUNT(*) FROM oid o WHERE NOT EXISTS (SELECT 1 FROM msg m WHERE "
             "m.store = o.store AND m.mid = o.id) AND NOT EXISTS (SELECT 1 FROM folder f WHERE "
             "f.store = o.store AND f.id = o.id)" },
    { .sql = "SELECT COUNT(*) FROM keyword k WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE "
             "f.store = k.store AND f.id = k.folder)" },
    { .sql = "SELECT COUNT(*) FROM receive_folder r WHERE NOT EXISTS (SELECT 1 FROM folder f "
             "WHERE f.store = r.store AND f.id = r.folder)" },
    { .sql = "SELECT COUNT(*) FROM acl a WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE "
             "f.store = a.store AND f.id = a.folder) AND NOT EXISTS (SELECT 1 FROM store s WHERE "
             "s.id = a.store AND s.object = a.folder)" },
    { .sql = "SELECT COUNT(*) FROM chg_floor c WHERE folder != 0 AND NOT EXISTS (SELECT 1 FROM "
             "folder f WHERE f.store = c.store AND f.id = c.folder)" },
    { .sql = "SELECT COUNT(*) FROM chg_mark c WHERE NOT EXISTS (SELECT 1 FROM store s WHERE "
             "s.id = c.store AND s.cn >= c.cn)" },
    { .sql = "SELECT COUNT(*) FROM folder f WHERE NOT EXISTS (SELECT 1 FROM store s WHERE "
             "s.id = f.store)" },
    { .sql = "SELECT COUNT(*) FROM sent_key k WHERE NOT EXISTS (SELECT 1 FROM tail t WHERE "
             "t.id = k.store << 32 | k.id)" },
    { .sql = "SELECT COUNT(*) FROM gone g WHERE EXISTS (SELECT 1 FROM msg m WHERE "
             "m.store = g.store AND m.mid = g.id) OR NOT EXISTS (SELECT 1 FROM store s WHERE "
             "s.id = g.store AND s.cn >= g.cn)" },
    { .sql = "SELECT COUNT(*) FROM sync_own o WHERE NOT EXISTS (SELECT 1 FROM chg c WHERE "
             "c.store = o.store AND c.cn = o.cn)" },
    { .sql = "SELECT COUNT(*) FROM task" },
    { .sql = "SELECT COUNT(*) FROM search_folder s WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE "
             "f.store = s.store AND f.id = s.id AND f.type = 2) OR NOT EXISTS (SELECT 1 FROM "
             "search_def d WHERE d.store = s.store AND d.id = s.id)" },
    { .sql = "SELECT COUNT(*) FROM search_def d WHERE NOT EXISTS (SELECT 1 FROM search_folder s "
             "WHERE s.store = d.store AND s.id = d.id)" },
    { .sql = "SELECT COUNT(*) FROM search_scope c WHERE NOT EXISTS (SELECT 1 FROM search_folder s "
             "WHERE s.store = c.store AND s.id = c.search)" },
    { .sql = "SELECT COUNT(*) FROM search_hit h WHERE NOT EXISTS (SELECT 1 FROM search_folder s "
             "WHERE s.store = h.store AND s.id = h.search)" },
    { .sql = "SELECT COUNT(*) FROM search_hit h WHERE EXISTS (SELECT 1 FROM search_folder s "
             "WHERE s.store = h.store AND s.id = h.search AND s.gen = h.gen) AND NOT EXISTS "
             "(SELECT 1 FROM search_scope c WHERE c.store = h.store AND c.search = h.search AND "
             "c.gen = h.gen AND c.folder = h.folder)" },
    { .sql = "SELECT COUNT(*) FROM outgoing o WHERE NOT EXISTS (SELECT 1 FROM msg m WHERE "
             "m.store = o.store AND m.mid = o.mid AND m.state = 0)" },
    { .sql = "SELECT COUNT(*) FROM msg WHERE placed < 0 OR placed > "
             "(CAST(strftime('%s', 'now') AS INTEGER) + 60) * 1000000",
      .mariadb = "SELECT COUNT(*) FROM msg WHERE placed < 0 OR placed > (UNIX_TIMESTAMP() + 60) * "
                 "1000000" },
    { .sql = "SELECT COUNT(*) FROM folder WHERE state = 0 AND deleted_at <> 0" },
    { .sql = "SELECT 1 - COUNT(*) FROM meta WHERE timed > 0" },
};

static const char *const orphan_names[] = {
    "records of nobody",
    "mails without a record that says so",
    "records that say there is a mail, without one",
    "values of nobody",
    "messages without a folder",
    "messages without a record",
    "client ids of nobody",
    "keywords of no folder",
    "receive rows of no folder",
    "rights on no folder",
    "oldest changes of no folder",
    "marks of no change",
    "folders without a store",
    "change keys of nobody",
    "gone and there",
    "changes that were none",
    "tasks that nobody finished",
    "searches of no folder",
    "criteria of no search",
    "searched folders of no search",
    "results of no search",
    "results of no scope",
    "queued messages that are not there",
    "messages with impossible times",
    "folders that were deleted and are there",
    "partitions that keep no times",
};

static const TwDbSqlSet orphan_set = { "orphans", orphan_rows, G_N_ELEMENTS(orphan_rows) };

typedef struct {
    const char *label;
    guint bad;
} Orphans;

static gboolean
orphans_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Orphans *orphans = data;

    for (guint i = 0; i < G_N_ELEMENTS(orphan_rows); i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &orphan_set, i);
        if (tw_db_step(st, error) != TW_DB_ROW)
            return FALSE;
        if (tw_db_column_i64(st, 0) != 0) {
            g_printerr("# %s: %d %s\n", orphans->label, (int) tw_db_column_i64(st, 0),
                       orphan_names[i]);
            orphans->bad++;
        }
    }
    return TRUE;
}

void
invariants_check_orphans(TwFileSystem *fs, guint partitions, const char *label)
{
    static const TwDbSqlSet *const sets[] = { &orphan_set };
    TwDbSchema schema = tw_partition_schema;
    Orphans orphans = { label, 0 };

    schema.sets = sets;
    schema.set_count = 1;
    for (guint i = 1; i <= partitions; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwDb) db = bed_open_partition(fs, i, &schema);
        tw_db_read(db, NULL, orphans_tx, &orphans, &error);
        g_assert_no_error(error);
    }
    if (orphans.bad > 0)
        g_error("%s: rows without an owner", label);
}
