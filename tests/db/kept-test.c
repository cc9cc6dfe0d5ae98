/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows that the writer may keep, on both back ends: whatever is changed between, and whoever fails, each reading finds what is
 * there. The model is an array; now and then everything is compared.
 */
#include <string.h>

#include "db/kv.h"

enum {
    WIDTH = 40, /* keys are of two parts: 2 * WIDTH rows */
    ROWS = 2 * WIDTH,
    STEPS = 300, /* of a transaction */
    ROUNDS = 40,
    LEASE_US = 60 * G_USEC_PER_SEC,
};

enum {
    PUT,
    GET,
    SET,     /* the whole row but its name */
    SET_ONE, /* another statement on the same row */
    NAME,    /* a column that is no number */
    ADD,     /* not by whole values */
    ADD_ALL, /* many rows at once */
    DROP,
    SUM,
};

static const TwDbSql rows[] = {
    [PUT] = { .sql = "INSERT INTO thing(part, id, name, x, y) VALUES(?, ?, ?, ?, ?)" },
    [GET] = { .sql = "SELECT name, x, y FROM thing WHERE part = ? AND id = ?" },
    [SET] = { .sql = "UPDATE thing SET x = ?, y = ? WHERE part = ? AND id = ?" },
    [SET_ONE] = { .sql = "UPDATE thing SET y = ? WHERE part = ? AND id = ?" },
    [NAME] = { .sql = "UPDATE thing SET name = ? WHERE part = ? AND id = ?" },
    [ADD] = { .sql = "UPDATE thing SET x = x + ? WHERE part = ? AND id = ?" },
    [ADD_ALL] = { .sql = "UPDATE thing SET x = x + ? WHERE part = ?" },
    [DROP] = { .sql = "DELETE FROM thing WHERE part = ? AND id = ?" },
    [SUM] = { .sql = "SELECT count(*), CAST(ifnull(sum(x), 0) AS INTEGER) FROM thing",
              .mariadb = "SELECT count(*), CAST(ifnull(sum(x), 0) AS SIGNED) FROM thing" },
};

static const TwDbSqlSet thing_sql = { "thing", rows, G_N_ELEMENTS(rows) };

static const TwDbSql steps[] = {
    { .sql = "CREATE TABLE thing(part INTEGER NOT NULL, id INTEGER NOT NULL, name BLOB NOT NULL, "
             "x INTEGER NOT NULL CHECK(x >= 0), y INTEGER, PRIMARY KEY(part, id)) WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS thing(part BIGINT NOT NULL, id BIGINT NOT NULL, "
                 "name LONGBLOB NOT NULL, x BIGINT NOT NULL CHECK(x >= 0), y BIGINT, "
                 "PRIMARY KEY(part, id)) ENGINE=InnoDB" },
};
static const TwDbMigration migrations[] = { { .version = 1, .steps = steps, .step_count = 1 } };
static const TwDbSqlSet *const sets[] = { &thing_sql };
static const TwDbSchema thing_schema = {
    .id = "thing", .migrations = migrations, .migration_count = 1, .sets = sets, .set_count = 1
};

typedef struct {
    gboolean is_there, has_y;
    char name[16];
    gint64 x, y;
} Thing;

typedef struct {
    Thing now[ROWS];
    gboolean fails; /* by order, at the end */
} Model;

static void
bind_key(TwDbStatement *st, guint first, guint at)
{
    tw_db_bind_i64(st, first, at / WIDTH);
    tw_db_bind_i64(st, first + 1, at % WIDTH);
}

static void
bind_y(TwDbStatement *st, guint index, const Thing *thing)
{
    if (thing->has_y)
        tw_db_bind_i64(st, index, thing->y);
    else
        tw_db_bind_null(st, index);
}

static void
look(TwDbTx *tx, const Model *model, guint at)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, GET);
    const Thing *thing = &model->now[at];
    g_autoptr(GError) error = NULL;
    const guint8 *name;
    TwDbStep step;
    gsize len;

    bind_key(st, 0, at);
    step = tw_db_step_kept(st, &error);
    g_assert_no_error(error);
    g_assert_cmpint(step, ==, thing->is_there ? TW_DB_ROW : TW_DB_DONE);
    if (step == TW_DB_DONE)
        return;
    name = tw_db_column_bytes(st, 0, &len);
    g_assert_true(len == strlen(thing->name) && memcmp(name, thing->name, len) == 0);
    g_assert_cmpint(tw_db_column_i64(st, 1), ==, thing->x);
    g_assert_true(tw_db_column_is_null(st, 2) == !thing->has_y);
    if (thing->has_y)
        g_assert_cmpint(tw_db_column_i64(st, 2), ==, thing->y);
    g_assert_cmpint(tw_db_step(st, &error), ==, TW_DB_DONE);
}

static gboolean
put(TwDbTx *tx, Thing *thing, guint at, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, PUT);

    bind_key(st, 0, at);
    tw_db_bind_bytes(st, 2, thing->name, strlen(thing->name));
    tw_db_bind_i64(st, 3, thing->x);
    bind_y(st, 4, thing);
    return g_test_rand_bit() ? tw_db_run_later(st, error) : tw_db_run(st, error);
}

static gboolean
set(TwDbTx *tx, const Thing *thing, guint at, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, SET);

    tw_db_bind_i64(st, 0, thing->x);
    bind_y(st, 1, thing);
    bind_key(st, 2, at);
    return tw_db_run_later(st, error);
}

static gboolean
set_one(TwDbTx *tx, const Thing *thing, guint at, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, SET_ONE);

    bind_y(st, 0, thing);
    bind_key(st, 1, at);
    return g_test_rand_bit() ? tw_db_run_later(st, error) : tw_db_run(st, error);
}

static gboolean
set_name(TwDbTx *tx, const Thing *thing, guint at, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, NAME);

    tw_db_bind_bytes(st, 0, thing->name, strlen(thing->name));
    bind_key(st, 1, at);
    return g_test_rand_bit() ? tw_db_run_later(st, error) : tw_db_run(st, error);
}

static gboolean
add_to_part(TwDbTx *tx, Model *model, guint part, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, ADD_ALL);

    for (guint i = part * WIDTH; i < (part + 1) * WIDTH; i++)
        model->now[i].x += 3;
    tw_db_bind_i64(st, 0, 3);
    tw_db_bind_i64(st, 1, part);
    return tw_db_run(st, error);
}

static gboolean
add_or_drop(TwDbTx *tx, Thing *thing, guint at, GError **error)
{
    gboolean add = g_test_rand_bit();
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, add ? ADD : DROP);

    if (add)
        tw_db_bind_i64(st, 0, 5);
    bind_key(st, add ? 1 : 0, at);
    thing->x += add ? 5 : 0;
    thing->is_there = add;
    return tw_db_run(st, error);
}

static gboolean
check_sum(TwDbTx *tx, const Model *model, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, SUM);
    gint64 count = 0, sum = 0;

    for (guint i = 0; i < ROWS; i++) {
        count += model->now[i].is_there ? 1 : 0;
        sum += model->now[i].is_there ? model->now[i].x : 0;
    }
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    g_assert_cmpint(tw_db_column_i64(st, 0), ==, count);
    g_assert_cmpint(tw_db_column_i64(st, 1), ==, sum);
    return TRUE;
}

static gboolean
change(TwDbTx *tx, Model *model, guint at, GError **error)
{
    Thing *thing = &model->now[at];
    gint32 what = g_test_rand_int_range(0, 40);

    if (!thing->is_there) {
        thing->is_there = TRUE;
        thing->has_y = g_test_rand_bit();
        g_snprintf(thing->name, sizeof thing->name, "%d", g_test_rand_int_range(0, 1 << 20));
        return put(tx, thing, at, error);
    }
    if (what < 30) {
        thing->x = g_test_rand_int_range(0, 1000);
        thing->y = g_test_rand_int_range(0, 1000);
        thing->has_y = g_test_rand_int_range(0, 5) > 0;
        return what < 20 ? set(tx, thing, at, error)
                         : set_one(tx, thing, at, error) && set(tx, thing, at, error);
    }
    if (what < 33) {
        g_snprintf(thing->name, sizeof thing->name, "%d", g_test_rand_int_range(0, 1 << 20));
        return set_name(tx, thing, at, error);
    }
    if (what < 34)
        return add_to_part(tx, model, at / WIDTH, error);
    return what < 38 ? add_or_drop(tx, thing, at, error) : check_sum(tx, model, error);
}

static gboolean
steps_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Model *model = data;

    for (guint i = 0; i < STEPS; i++) {
        guint at = (guint) g_test_rand_int_range(0, ROWS);
        look(tx, model, at);
        if (g_test_rand_bit() && !change(tx, model, at, error))
            return FALSE;
    }
    if (model->fails)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_QUOTA, "by order");
    return !model->fails;
}

static gboolean
look_at_all_tx(TwDbTx *tx, gpointer data, GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < ROWS; i++)
        look(tx, data, i);
    return TRUE;
}

static void
run_rounds(KvPlace *place, gint64 lease_us)
{
    g_autofree Model *model = g_new0(Model, 1);
    g_autofree Model *before = g_new0(Model, 1);
    TwDb *db;

    place->config.schema = &thing_schema;
    place->config.lease_us = place->config.kind == TW_DB_MARIADB ? lease_us : 0;
    db = kv_place_open(place);
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(GError) error = NULL;
        *before = *model;
        model->fails = g_test_rand_int_range(0, 4) == 0;
        if (tw_db_write(db, steps_tx, model, &error)) {
            g_assert_false(model->fails);
        } else {
            g_assert_error(error, TW_ERROR, TW_ERROR_QUOTA);
            *model = *before;
        }
        g_clear_error(&error);
        tw_db_read(db, NULL, look_at_all_tx, model, &error);
        g_assert_no_error(error);
    }
    tw_db_close(db);
}

static void
test_alone(KvPlace *place)
{
    run_rounds(place, LEASE_US);
}

static void
test_without_lease(KvPlace *place)
{
    run_rounds(place, 0);
}

/* ---- groups: who fails is run again with care ---- */

typedef struct {
    guint at;
    gint64 add; /* to x, which must not fall below 0 */
    gboolean fails;
    int code;
} GroupOp;

static gboolean
group_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const GroupOp *op = data;
    Thing thing = { .is_there = TRUE, .has_y = TRUE, .name = "n" };
    {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &thing_sql, GET);
        TwDbStep step;
        bind_key(st, 0, op->at);
        step = tw_db_step_kept(st, error);
        if (step == TW_DB_FAILED)
            return FALSE;
        if (step == TW_DB_ROW) {
            thing.x = tw_db_column_i64(st, 1) + op->add;
            thing.y = tw_db_column_i64(st, 2) + 1;
        } else {
            thing.x = op->add;
            thing.is_there = FALSE;
        }
    }
    if (!(thing.is_there ? set(tx, &thing, op->at, error) : put(tx, &thing, op->at, error)))
        return FALSE;
    if (op->fails)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_QUOTA, "by order");
    return !op->fails;
}

static void
group_done(const GError *error, gpointer data)
{
    ((GroupOp *) data)->code = error != NULL ? error->code : 0;
}

static void
test_group(KvPlace *place)
{
    GroupOp ops[] = {
        { 1, 5, FALSE, -1 },   { 1, 6, FALSE, -1 }, { 2, 1, FALSE, -1 },  { 1, 100, TRUE, -1 },
        { 2, -50, FALSE, -1 }, { 1, 7, FALSE, -1 }, { 3, -1, FALSE, -1 }, { 2, 10, FALSE, -1 },
    };
    static const int codes[] = {
        0, 0, 0, TW_ERROR_QUOTA, TW_ERROR_INVALID, 0, TW_ERROR_INVALID, 0
    };
    Model model = { .now = { [1] = { TRUE, TRUE, "n", 18, 2 }, [2] = { TRUE, TRUE, "n", 11, 1 } } };
    g_autoptr(GError) error = NULL;
    KvGate gate;
    TwDb *db;

    place->config.schema = &thing_schema;
    place->config.lease_us = place->config.kind == TW_DB_MARIADB ? LEASE_US : 0;
    db = kv_place_open(place);
    kv_gate_init(&gate);
    kv_gate_close(&gate, db);
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
        g_assert_true(tw_db_write_async(db, NULL, group_tx, &ops[i], group_done, NULL));
    kv_gate_open(&gate);
    tw_db_close(db);
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
        g_assert_cmpint(ops[i].code, ==, codes[i]);
    db = kv_place_open(place);
    tw_db_read(db, NULL, look_at_all_tx, &model, &error);
    g_assert_no_error(error);
    tw_db_close(db);
    kv_gate_clear(&gate);
}

/* ---- others that write ---- */

/* Without a lease another may have written since: what was kept in the last transaction counts no more. A lost connection keeps
 * nothing either. */
static void
test_others(KvPlace *place)
{
    GroupOp op = { 1, 5, FALSE, 0 };
    Model model = { .now = { [1] = { TRUE, TRUE, "n", 45, 9 } } };
    g_autoptr(GError) error = NULL;
    TwDb *db;

    if (place->config.kind != TW_DB_MARIADB)
        return;
    place->config.schema = &thing_schema;
    db = kv_place_open(place);
    for (guint i = 0; i < 3; i++) { /* puts it, finds it, finds what the other made of it */
        if (i == 2)
            kv_maria_sql(place->config.database, "UPDATE thing SET x = 40, y = 7 WHERE id = 1");
        tw_db_write(db, group_tx, &op, &error);
        g_assert_no_error(error);
    }
    kv_maria_cut_all();
    kv_maria_sql(place->config.database, "UPDATE thing SET x = 40 WHERE id = 1");
    op.add = 5;
    tw_db_write(db, group_tx, &op, &error);
    g_assert_no_error(error);
    tw_db_read(db, NULL, look_at_all_tx, &model, &error);
    g_assert_no_error(error);
    tw_db_close(db);
}

static const KvCase cases[] = {
    { "alone", test_alone },
    { "without-lease", test_without_lease },
    { "group", test_group },
    { "others", test_others },
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    return kv_run_cases("/db/kept", cases, G_N_ELEMENTS(cases));
}
