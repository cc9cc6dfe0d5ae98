/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_object: a row an object, with all that an object has once. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "directory/db-private.h"

enum {
    GET,
    SINCE,
    INSERT,
    UPDATE,
    TOUCH,
    REMOVE,
    ANY_IN
};

enum {
    FLAG_HIDDEN = 1u << 0,
    FLAG_OWN_QUOTA = 1u << 1,
    FLAG_OWN_USER_QUOTA = 1u << 2,
    FLAG_PHOTO = 1u << 3,
};

#define VALUES                                                                                     \
    "kind, company, space, name, name_key, full_name, mail, home_server, description, "            \
    "admin_level, flags, quota_warn, quota_soft, quota_hard, user_warn, user_soft, user_hard, "    \
    "meeting, capacity, system_contact, details, generation, cn"

static const TwDbSql rows[] = {
    [GET] = { .sql = "SELECT number, id, " VALUES " FROM dir_object WHERE number = ?" },
    /* dir_object_cn; after the first load as many rows as changed */
    [SINCE] = { .sql = "SELECT number, id, " VALUES " FROM dir_object WHERE cn > ? ORDER BY cn" },
    [INSERT] = { .sql =
                     "INSERT INTO dir_object(" VALUES ", id, number) VALUES(?, ?, ?, ?, ?, ?, ?, "
                     "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
    [UPDATE] = { .sql = "UPDATE dir_object SET kind = ?, company = ?, space = ?, name = ?, "
                        "name_key = ?, full_name = ?, mail = ?, home_server = ?, description = ?, "
                        "admin_level = ?, flags = ?, quota_warn = ?, quota_soft = ?, "
                        "quota_hard = ?, user_warn = ?, user_soft = ?, user_hard = ?, meeting = ?, "
                        "capacity = ?, system_contact = ?, details = ?, generation = ?, cn = ? "
                        "WHERE id = ? AND number = ?" },
    [TOUCH] = { .sql = "UPDATE dir_object SET cn = ? WHERE number = ?" },
    [REMOVE] = { .sql = "DELETE FROM dir_object WHERE number = ?" },
    [ANY_IN] = { .sql = "SELECT 1 FROM dir_object WHERE company = ? LIMIT 1" },
};

const TwDbSqlSet tw_sql_dir_object = { "dir_object", rows, G_N_ELEMENTS(rows) };

static guint64
read_u64(TwDbStatement *st, guint column)
{
    return (guint64) MAX(tw_db_column_i64(st, column), 0);
}

static guint32
read_u32(TwDbStatement *st, guint column)
{
    return (guint32) CLAMP(tw_db_column_i64(st, column), 0, G_MAXUINT32);
}

/* Rows are checked like values from outside: a disk can lie. */
static gboolean
read_object(TwDbStatement *st, TwDirectoryObject **ret, GError **error)
{
    TwDirectoryObject row = { 0 };
    g_autoptr(GBytes) id = NULL, details = NULL;
    gsize len;
    const guint8 *bytes = tw_db_column_bytes(st, 1, &len);
    guint32 flags = read_u32(st, 12);

    if (!tw_directory_db_number(tw_db_column_i64(st, 0), "dir_object", &row.number, error))
        return FALSE;
    id = g_bytes_new(bytes, len);
    row.id = id;
    row.kind = (TwDirectoryKind) read_u32(st, 2);
    row.company = read_u32(st, 3);
    row.name = tw_db_column_text(st, 5, NULL);
    row.full_name = tw_db_column_text(st, 7, NULL);
    row.mail = tw_db_column_text(st, 8, NULL);
    row.home_server = tw_db_column_text(st, 9, NULL);
    row.description = tw_db_column_text(st, 10, NULL);
    row.admin = (TwDirectoryAdmin) read_u32(st, 11);
    row.hidden = (flags & FLAG_HIDDEN) != 0;
    row.has_photo = (flags & FLAG_PHOTO) != 0;
    row.quota = (TwDirectoryQuota){ (flags & FLAG_OWN_QUOTA) != 0, read_u64(st, 13),
                                    read_u64(st, 14), read_u64(st, 15) };
    row.user_quota = (TwDirectoryQuota){ (flags & FLAG_OWN_USER_QUOTA) != 0, read_u64(st, 16),
                                         read_u64(st, 17), read_u64(st, 18) };
    row.meeting = (TwDirectoryMeetingFlags) read_u32(st, 19);
    row.capacity = read_u32(st, 20);
    row.system_contact = read_u32(st, 21);
    if (!tw_db_column_is_null(st, 22)) {
        bytes = tw_db_column_bytes(st, 22, &len);
        details = g_bytes_new(bytes, len);
        row.details = details;
    }
    row.password_generation = read_u64(st, 23);
    row.cn = read_u64(st, 24);
    if (!tw_directory_object_check(&row, TW_DIRECTORY_SET_ALL, NULL))
        return tw_directory_db_damaged("dir_object", error);
    *ret = tw_directory_object_new(&row);
    return TRUE;
}

gboolean
tw_sql_dir_object_get(TwDbTx *tx, guint32 number, TwDirectoryObject **ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_object, GET);
    TwDbStep step;

    *ret = NULL;
    tw_db_bind_i64(st, 0, number);
    step = tw_db_step(st, error);
    return step == TW_DB_ROW ? read_object(st, ret, error) : step == TW_DB_DONE;
}

gboolean
tw_sql_dir_object_since(TwDbTx *tx, guint64 cn, GPtrArray *objects, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_object, SINCE);
    TwDbStep step;

    tw_db_bind_i64(st, 0, (gint64) cn);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwDirectoryObject *object = NULL;
        if (!read_object(st, &object, error))
            return FALSE;
        g_ptr_array_add(objects, object);
    }
    return step == TW_DB_DONE;
}

static void
bind_text(TwDbStatement *st, guint index, const char *text)
{
    tw_db_bind_text(st, index, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void
bind_quota(TwDbStatement *st, guint index, const TwDirectoryQuota *quota)
{
    tw_db_bind_i64(st, index, (gint64) quota->warn);
    tw_db_bind_i64(st, index + 1, (gint64) quota->soft);
    tw_db_bind_i64(st, index + 2, (gint64) quota->hard);
}

static void
bind_object(TwDbStatement *st, const TwDirectoryObject *row, const char *key)
{
    guint flags = (row->hidden ? FLAG_HIDDEN : 0) | (row->quota.own ? FLAG_OWN_QUOTA : 0) |
                  (row->user_quota.own ? FLAG_OWN_USER_QUOTA : 0) |
                  (row->has_photo ? FLAG_PHOTO : 0);
    gsize len;
    const void *bytes;

    tw_db_bind_i64(st, 0, row->kind);
    tw_db_bind_i64(st, 1, row->company);
    tw_db_bind_i64(st, 2, tw_directory_type(row->kind));
    bind_text(st, 3, row->name);
    tw_db_bind_bytes(st, 4, key, strlen(key));
    bind_text(st, 5, row->full_name);
    bind_text(st, 6, row->mail);
    bind_text(st, 7, row->home_server);
    bind_text(st, 8, row->description);
    tw_db_bind_i64(st, 9, row->admin);
    tw_db_bind_i64(st, 10, flags);
    bind_quota(st, 11, &row->quota);
    bind_quota(st, 14, &row->user_quota);
    tw_db_bind_i64(st, 17, row->meeting);
    tw_db_bind_i64(st, 18, row->capacity);
    tw_db_bind_i64(st, 19, row->system_contact);
    if (row->details == NULL) {
        tw_db_bind_null(st, 20);
    } else {
        bytes = g_bytes_get_data(row->details, &len);
        tw_db_bind_bytes(st, 20, bytes, len);
    }
    tw_db_bind_i64(st, 21, (gint64) row->password_generation);
    tw_db_bind_i64(st, 22, (gint64) row->cn);
    bytes = g_bytes_get_data(row->id, &len);
    tw_db_bind_bytes(st, 23, bytes, len);
    tw_db_bind_i64(st, 24, row->number);
}

gboolean
tw_sql_dir_object_put(TwDbTx *tx, const TwDirectoryObject *row, gboolean is_new, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_object, is_new ? INSERT : UPDATE);
    g_autofree char *key = tw_text_name_key(row->name, strlen(row->name), error);

    if (key == NULL)
        return FALSE;
    if (strlen(key) > TW_DIRECTORY_MOST_NAME_KEY) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "the name is too long");
        return FALSE;
    }
    bind_object(st, row, key);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_object_touch(TwDbTx *tx, guint32 number, guint64 cn, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_object, TOUCH);

    tw_db_bind_i64(st, 0, (gint64) cn);
    tw_db_bind_i64(st, 1, number);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_object_delete(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_object, REMOVE);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_object_any_in(TwDbTx *tx, guint32 company, gboolean *ret_any, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_object, ANY_IN);
    TwDbStep step;

    tw_db_bind_i64(st, 0, company);
    step = tw_db_step(st, error);
    *ret_any = step == TW_DB_ROW;
    return step != TW_DB_FAILED;
}
