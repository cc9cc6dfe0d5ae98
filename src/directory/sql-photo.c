/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_photo: pictures, read one at a time when somebody looks. */
#include "base/error.h"
#include "directory/db-private.h"

enum {
    GET,
    SET,
    REMOVE
};

static const TwDbSql rows[] = {
    [GET] = { .sql = "SELECT photo FROM dir_photo WHERE number = ?" },
    [SET] = { .sql = "INSERT OR REPLACE INTO dir_photo(number, photo) VALUES(?, ?)",
              .mariadb = "REPLACE INTO dir_photo(number, photo) VALUES(?, ?)" },
    [REMOVE] = { .sql = "DELETE FROM dir_photo WHERE number = ?" },
};

const TwDbSqlSet tw_sql_dir_photo = { "dir_photo", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_photo_get(TwDbTx *tx, guint32 number, GBytes **ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_photo, GET);
    gsize len;
    const guint8 *bytes;
    TwDbStep step;

    tw_db_bind_i64(st, 0, number);
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "there is no photo");
    if (step != TW_DB_ROW)
        return FALSE;
    bytes = tw_db_column_bytes(st, 0, &len);
    *ret = g_bytes_new(bytes, len);
    return TRUE;
}

gboolean
tw_sql_dir_photo_set(TwDbTx *tx, guint32 number, GBytes *photo, GError **error)
{
    gsize len;
    const void *bytes = g_bytes_get_data(photo, &len);
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_photo, len == 0 ? REMOVE : SET);

    tw_db_bind_i64(st, 0, number);
    if (len > 0)
        tw_db_bind_bytes(st, 1, bytes, len);
    return tw_db_run(st, error);
}
