/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows that may be sent later, on both back ends: nobody sees that they came late. */
#include <string.h>

#include "db/kv.h"

enum {
    LATER_KEYS = 700, /* more than go in one call */
    LATER_STEPS = 6000,
    LATER_LONG = 60000, /* of some values: together more than go in one call */
};

typedef struct {
    char *values[LATER_KEYS]; /* owned; NULL: not there */
    gint64 numbers[LATER_KEYS];
    guint count;
} LaterModel;

static void
later_key(guint at, char *out, gsize len)
{
    g_snprintf(out, len, "key %u", at);
}

static gboolean
later_put(TwDbTx *tx, LaterModel *model, guint at, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_INSERT);
    gsize len =
        g_test_rand_int_range(0, 10) == 0 ? LATER_LONG : (gsize) g_test_rand_int_range(0, 50);
    char key[32];

    later_key(at, key, sizeof key);
    model->values[at] = g_strnfill(len, (char) ('a' + at % 26));
    model->numbers[at] = g_test_rand_int_range(0, 1000);
    model->count++;
    tw_db_bind_text(st, 0, key, strlen(key));
    if (len > 0)
        tw_db_bind_bytes(st, 1, model->values[at], len);
    else
        tw_db_bind_null(st, 1);
    tw_db_bind_i64(st, 2, model->numbers[at]);
    return tw_db_run_later(st, error);
}

static gboolean
later_change(TwDbTx *tx, LaterModel *model, guint at, GError **error)
{
    gboolean add = g_test_rand_bit();
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, add ? KV_ADD : KV_DELETE);
    char key[32];

    later_key(at, key, sizeof key);
    tw_db_bind_text(st, add ? 1 : 0, key, strlen(key));
    if (add) {
        tw_db_bind_i64(st, 0, 7);
        model->numbers[at] += 7;
    } else {
        g_clear_pointer(&model->values[at], g_free);
        model->count--;
    }
    return tw_db_run(st, error);
}

static void
later_look(TwDbTx *tx, const LaterModel *model, guint at)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_GET);
    g_autoptr(GError) error = NULL;
    const guint8 *data;
    char key[32];
    TwDbStep step;
    gsize len;

    later_key(at, key, sizeof key);
    tw_db_bind_text(st, 0, key, strlen(key));
    step = tw_db_step(st, &error);
    g_assert_no_error(error);
    g_assert_cmpint(step, ==, model->values[at] != NULL ? TW_DB_ROW : TW_DB_DONE);
    if (step != TW_DB_ROW)
        return;
    g_assert_cmpint(tw_db_column_i64(st, 1), ==, model->numbers[at]);
    if (model->values[at][0] == '\0') {
        g_assert_true(tw_db_column_is_null(st, 0));
        return;
    }
    data = tw_db_column_bytes(st, 0, &len);
    g_assert_cmpuint(len, ==, strlen(model->values[at]));
    g_assert_cmpint(memcmp(data, model->values[at], len), ==, 0);
}

static gboolean
later_tx(TwDbTx *tx, gpointer data, GError **error)
{
    LaterModel *model = data;

    for (guint i = 0; i < LATER_KEYS; i++) {
        if (model->values[i] == NULL && !later_put(tx, model, i, error))
            return FALSE;
    }
    for (guint i = 0; i < LATER_STEPS; i++) {
        guint at = (guint) g_test_rand_int_range(0, LATER_KEYS);
        gboolean ok = TRUE;
        if (model->values[at] == NULL)
            ok = later_put(tx, model, at, error);
        else if (g_test_rand_int_range(0, 20) == 0)
            ok = later_change(tx, model, at, error);
        else if (g_test_rand_int_range(0, 20) == 0)
            later_look(tx, model, at);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

static gboolean
look_at_all_tx(TwDbTx *tx, gpointer data, GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < LATER_KEYS; i++)
        later_look(tx, data, i);
    return TRUE;
}

/* Whatever is asked or changed between, it is as if each row had gone at once. */
static void
test_later(KvPlace *place)
{
    g_autofree LaterModel *model = g_new0(LaterModel, 1);
    g_autoptr(GError) error = NULL;
    TwDb *db = kv_place_open(place);

    for (guint round = 0; round < 2; round++) {
        tw_db_write(db, later_tx, model, &error);
        g_assert_no_error(error);
        tw_db_read(db, NULL, look_at_all_tx, model, &error);
        g_assert_no_error(error);
    }
    for (guint i = 0; i < LATER_KEYS; i++)
        g_free(model->values[i]);
    tw_db_close(db);
}

static gboolean
put_later(TwDbTx *tx, const KvChange *change, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_INSERT);

    tw_db_bind_text(st, 0, change->key, strlen(change->key));
    tw_db_bind_bytes(st, 1, change->value, strlen(change->value));
    tw_db_bind_i64(st, 2, change->n);
    return tw_db_run_later(st, error);
}

typedef struct {
    KvChange change;
    gboolean fails;
    int code; /* of the answer; -1: none yet; 0 done */
} GroupOp;

static void
group_done(const GError *error, gpointer data)
{
    ((GroupOp *) data)->code = error != NULL ? error->code : 0;
}

static gboolean
later_group_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const GroupOp *op = data;

    if (!put_later(tx, &op->change, error))
        return FALSE;
    if (op->fails)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_QUOTA, "by order");
    return !op->fails;
}

/* A row that is refused fails the operation that has put it, and no other; who fails leaves nothing behind. */
static void
test_later_group(KvPlace *place)
{
    GroupOp ops[] = {
        { { "a", "1", 1 }, FALSE, -1 },  { { "a", "2", 1 }, FALSE, -1 },
        { { "b", "1", 1 }, FALSE, -1 },  { { "c", "1", 1 }, TRUE, -1 },
        { { "b", "2", -1 }, FALSE, -1 }, { { "d", "1", 1 }, FALSE, -1 },
    };
    static const int codes[] = { 0, TW_ERROR_EXISTS, 0, TW_ERROR_QUOTA, TW_ERROR_INVALID, 0 };
    KvGate gate;
    TwDb *db = kv_place_open(place);
    g_autofree char *dump = NULL;

    kv_gate_init(&gate);
    kv_gate_close(&gate, db);
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
        g_assert_true(tw_db_write_async(db, NULL, later_group_tx, &ops[i], group_done, NULL));
    kv_gate_open(&gate);
    tw_db_close(db);
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
        g_assert_cmpint(ops[i].code, ==, codes[i]);
    db = kv_place_open(place);
    dump = kv_dump(db);
    tw_db_close(db);
    g_assert_cmpstr(dump, ==, "a=1/1\nb=1/1\nd=1/1\n");
    kv_gate_clear(&gate);
}

static gboolean
later_alone_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return put_later(tx, data, error);
}

/* Alone, who is refused learns of it too. */
static void
test_later_alone(KvPlace *place)
{
    KvChange change = { "a", "1", 1 };
    g_autoptr(GError) error = NULL;
    TwDb *db = kv_place_open(place);

    tw_db_write(db, later_alone_tx, &change, &error);
    g_assert_no_error(error);
    tw_db_write(db, later_alone_tx, &change, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    tw_db_close(db);
}

static const KvCase cases[] = {
    { "any", test_later },
    { "group", test_later_group },
    { "alone", test_later_alone },
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    return kv_run_cases("/db/later", cases, G_N_ELEMENTS(cases));
}
