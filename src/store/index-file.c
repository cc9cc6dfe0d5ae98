/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Saved indices of folders: files of the data folder's "indices", named by store and folder. They may be old, cut, torn or of
 * another life of the database (a restored backup), and may be missing. What is read says up to which change it holds and in which file
 * the database was; folder-index.c compares that with the tables before it believes a row.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/folder-index-private.h"

enum {
    VERSION = 1,
    SUMMED_FROM = 12
};

static const guint8 magic[4] = { 'T', 'W', 'I', 'X' };

/* ---- bytes ---- */

GBytes *
tw_index_file_write(const TwIndexSaved *saved, const TwFolderIndexRow *rows, guint32 count)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_INDEX_FILE_HEADER + (gsize) count * TW_INDEX_FILE_ROW);

    tw_buffer_put(&out, magic, sizeof magic);
    tw_buffer_put_u32le(&out, VERSION);
    tw_buffer_put_u32le(&out, 0);
    tw_buffer_put(&out, saved->store.bytes, TW_GUID_LEN);
    tw_buffer_put_u32le(&out, saved->folder);
    tw_buffer_put_u32le(&out, saved->uidvalidity);
    tw_buffer_put_u64le(&out, saved->file);
    tw_buffer_put_u64le(&out, saved->last.cn);
    tw_buffer_put_u32le(&out, saved->last.folder);
    tw_buffer_put_u32le(&out, saved->last.id);
    tw_buffer_put_u32le(&out, saved->last.aux);
    tw_buffer_put_u32le(&out, saved->last.op);
    tw_buffer_put_u32le(&out, count);
    for (guint32 i = 0; i < count; i++) {
        const TwFolderIndexRow *row = &rows[i];
        guint32 first[4] = { GUINT32_TO_LE(row->uid), GUINT32_TO_LE(row->mid),
                             GUINT32_TO_LE(row->flags), GUINT32_TO_LE(row->status) };
        guint64 second[2] = { GUINT64_TO_LE(row->kw), GUINT64_TO_LE(row->modseq) };
        tw_buffer_put(&out, first, sizeof first);
        tw_buffer_put(&out, second, sizeof second);
    }
    tw_buffer_set_u32le(&out, 8, tw_crc32c(0, out.data + SUMMED_FROM, out.len - SUMMED_FROM));
    return tw_buffer_steal_bytes(&out, NULL);
}

static gboolean
take_header(TwCursor *cur, TwIndexSaved *ret, guint32 *ret_count)
{
    const guint8 *guid;
    guint32 op = 0;

    if (!tw_cursor_take(cur, TW_GUID_LEN, &guid))
        return FALSE;
    ret->store = tw_guid_from_bytes(guid);
    if (!tw_cursor_take_u32le(cur, &ret->folder) || !tw_cursor_take_u32le(cur, &ret->uidvalidity) ||
        !tw_cursor_take_u64le(cur, &ret->file) || !tw_cursor_take_u64le(cur, &ret->last.cn) ||
        !tw_cursor_take_u32le(cur, &ret->last.folder) ||
        !tw_cursor_take_u32le(cur, &ret->last.id) || !tw_cursor_take_u32le(cur, &ret->last.aux) ||
        !tw_cursor_take_u32le(cur, &op) || !tw_cursor_take_count(cur, TW_INDEX_FILE_ROW, ret_count))
        return FALSE;
    ret->last.op = (guint8) op;
    return op <= G_MAXUINT8 && *ret_count <= TW_INDEX_FILE_MAX_ROWS &&
           cur->left == (gsize) *ret_count * TW_INDEX_FILE_ROW;
}

/* All is checked: the rows lie one behind the other. */
static gboolean
take_rows(TwCursor *cur, TwFolderIndexRow *rows, guint32 count)
{
    guint32 before = 0;

    for (guint32 i = 0; i < count; i++) {
        TwFolderIndexRow *row = &rows[i];
        if (!tw_cursor_take_u32le(cur, &row->uid) || !tw_cursor_take_u32le(cur, &row->mid) ||
            !tw_cursor_take_u32le(cur, &row->flags) || !tw_cursor_take_u32le(cur, &row->status) ||
            !tw_cursor_take_u64le(cur, &row->kw) || !tw_cursor_take_u64le(cur, &row->modseq) ||
            row->uid <= before || row->mid == 0)
            return FALSE;
        before = row->uid;
    }
    return TRUE;
}

GBytes *
tw_index_file_parse(const guint8 *data, gsize len, TwIndexSaved *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    g_autofree TwFolderIndexRow *rows = NULL;
    TwIndexSaved saved = { 0 };
    const guint8 *name;
    guint32 version, sum, count;

    if (!tw_cursor_take(&cur, sizeof magic, &name) || memcmp(name, magic, sizeof magic) != 0 ||
        !tw_cursor_take_u32le(&cur, &version) || !tw_cursor_take_u32le(&cur, &sum))
        goto damaged;
    if (version != VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "saved index of version %u", version);
        return NULL;
    }
    if (sum != tw_crc32c(0, cur.next, cur.left) || !take_header(&cur, &saved, &count))
        goto damaged;
    rows = g_new(TwFolderIndexRow, count);
    if (!take_rows(&cur, rows, count))
        goto damaged;
    *ret = saved;
    return g_bytes_new_take(g_steal_pointer(&rows), (gsize) count * sizeof *rows);

damaged:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "damaged index");
    return NULL;
}

/* ---- files ---- */

static char *
path_of(const TwEngine *engine, guint32 store, guint32 folder)
{
    g_autofree char *name = g_strdup_printf("%u-%u", store, folder);

    return g_build_filename(engine->path, "indices", name, NULL);
}

/* Tells one life of a database from another; 0 when it cannot be told. */
static guint64
database_file(const TwStore *store)
{
    g_autofree char *name = g_strdup_printf("p%u.db", store->partition->number + 1);
    g_autofree char *path = g_build_filename(store->engine->path, "partitions", name, NULL);
    TwFileStat st;

    return tw_file_stat_path(store->engine->config.fs, path, &st, NULL) ? st.number : 0;
}

static GBytes *
read_file(TwFileSystem *fs, const char *path)
{
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ, NULL);
    g_autofree guint8 *data = NULL;
    TwFileStat st;

    if (file == NULL || !tw_file_stat(file, &st, NULL) || st.size < TW_INDEX_FILE_HEADER ||
        st.size > TW_INDEX_FILE_HEADER + (guint64) TW_INDEX_FILE_MAX_ROWS * TW_INDEX_FILE_ROW)
        return NULL;
    data = g_try_malloc(st.size);
    if (data == NULL || !tw_file_read_exact(file, 0, data, st.size, NULL))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&data), st.size);
}

GBytes *
tw_index_file_load(TwStore *store, guint32 folder, TwIndexSaved *ret)
{
    g_autofree char *path = path_of(store->engine, store->number, folder);
    g_autoptr(GBytes) bytes = read_file(store->engine->config.fs, path);
    g_autoptr(GBytes) rows = NULL;
    const guint8 *data;
    gsize len;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data(bytes, &len);
    rows = tw_index_file_parse(data, len, ret, NULL);
    if (rows == NULL || !tw_guid_equal(&ret->store, &store->guid) || ret->folder != folder ||
        ret->file == 0 || ret->file != database_file(store))
        return NULL;
    return g_steal_pointer(&rows);
}

static gboolean
write_file(TwFileSystem *fs, const char *path, GBytes *bytes)
{
    g_autofree char *fresh = g_strconcat(path, ".new", NULL);
    g_autoptr(TwFile) file = tw_file_open(fs, fresh, TW_FILE_WRITE | TW_FILE_CREATE_NEW, NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    /* somebody else is at it, or was when the program ended: then the next one succeeds */
    if (file == NULL) {
        tw_file_unlink(fs, fresh, NULL);
        return FALSE;
    }
    if (tw_file_write(file, 0, data, len, NULL) && tw_file_rename(fs, fresh, path, TRUE, NULL))
        return TRUE;
    tw_file_unlink(fs, fresh, NULL);
    return FALSE;
}

gboolean
tw_index_file_save(TwStore *store, const TwChange *last, const TwFolderIndex *index)
{
    TwFileSystem *fs = store->engine->config.fs;
    g_autofree char *dir = g_build_filename(store->engine->path, "indices", NULL);
    g_autofree char *path = path_of(store->engine, store->number, index->folder);
    TwIndexSaved saved = { store->guid, index->folder, index->uidvalidity, database_file(store),
                           *last };
    g_autoptr(GBytes) bytes = NULL;

    if (saved.file == 0 || last->cn == 0 || index->count > TW_INDEX_FILE_MAX_ROWS)
        return FALSE;
    tw_file_mkdir(fs, dir, NULL);
    bytes = tw_index_file_write(&saved, index->rows, index->count);
    return write_file(fs, path, bytes);
}

void
tw_index_file_remove(TwEngine *engine, guint32 store, guint32 folder)
{
    TwFileSystem *fs = engine->config.fs;
    g_autofree char *dir = g_build_filename(engine->path, "indices", NULL);
    g_autofree char *prefix = g_strdup_printf("%u-", store);
    g_autoptr(GPtrArray) names = NULL;

    if (folder != 0) {
        g_autofree char *path = path_of(engine, store, folder);
        tw_file_unlink(fs, path, NULL);
        return;
    }
    names = tw_file_list(fs, dir, NULL);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);
        if (g_str_has_prefix(names->pdata[i], prefix))
            tw_file_unlink(fs, path, NULL);
    }
}
