/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The small tables of an archive: what left folders, how far back that is known, who may do what, and where mail is received. */
#include "base/error.h"
#include "base/text.h"
#include "store/archive-import-private.h"

static gboolean
tombs_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;
    gsize len;
    const guint8 *bytes = g_bytes_get_data(import->chunk, &len);
    TwCursor cur = tw_cursor_init(bytes, len);
    guint64 cn;
    guint32 uid;

    tw_cursor_skip(&cur, 4);
    while (tw_cursor_take_u64le(&cur, &cn) && tw_cursor_take_u32le(&cur, &uid)) {
        if (cn > import->row.cn)
            return tw_import_corrupt(error,
                                     "a message vanished later than the store's last change");
        if (!tw_sql_tomb_add(tx, import->row.store, import->target, cn, uid, TW_TOMB_STRANGER,
                             error))
            return FALSE;
    }
    return cur.left == 0 || tw_import_corrupt(error, "vanished messages make no sense");
}

gboolean
tw_import_take_tombs(TwImport *import, TwCursor *cur, GError **error)
{
    guint32 old;
    const TwFolderRow *folder;

    if (!tw_cursor_take_u32le(cur, &old) || (folder = tw_import_folder(import, old)) == NULL)
        return tw_import_corrupt(error, "messages vanished from no folder");
    import->target = folder->id;
    return tw_store_write(import->store, 0, FALSE, tombs_tx, import, error);
}

static gboolean
floor_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;

    return tw_sql_floor_set(tx, import->row.store, import->target, import->floor, error);
}

gboolean
tw_import_take_floor(TwImport *import, TwCursor *cur, GError **error)
{
    guint32 old;
    const TwFolderRow *folder;

    if (!tw_cursor_take_u32le(cur, &old) || !tw_cursor_take_u64le(cur, &import->floor) ||
        cur->left > 0 || import->floor > import->row.cn ||
        (folder = tw_import_folder(import, old)) == NULL)
        return tw_import_corrupt(error, "from where on vanished messages are kept makes no sense");
    import->target = folder->id;
    return tw_store_write(import->store, 0, FALSE, floor_tx, import, error);
}

static gboolean
receive_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;
    g_autofree char *key = g_ascii_strup(import->class_name, -1);

    return tw_sql_receive_set(tx, import->row.store, key, import->class_name, import->target,
                              import->row.created, error);
}

static gboolean
rights_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;
    TwCursor cur = *import->rights;
    TwPermission row = { .folder = import->target };

    while (cur.left > 0) {
        if (!tw_cursor_take_u32le(&cur, &row.principal) ||
            !tw_cursor_take_u32le(&cur, &row.rights) || row.principal == 0 ||
            (row.rights & ~(guint32) TW_RIGHT_KNOWN) != 0)
            return tw_import_corrupt(error, "rights make no sense");
        if (!tw_sql_acl_set(tx, import->row.store, &row, error))
            return FALSE;
    }
    return TRUE;
}

/* On another server the same numbers are other people. */
gboolean
tw_import_take_rights(TwImport *import, TwCursor *cur, GError **error)
{
    const guint8 *guid;
    const TwFolderRow *folder = NULL;
    guint32 old;
    gboolean here;

    if (!tw_cursor_take(cur, TW_GUID_LEN, &guid) || !tw_cursor_take_u32le(cur, &old) ||
        cur->left % 8 != 0 || cur->left / 8 > TW_PERMISSION_MOST ||
        (old != 0 && (folder = tw_import_folder(import, old)) == NULL))
        return tw_import_corrupt(error, "rights make no sense");
    here = memcmp(guid, import->engine->guid.bytes, TW_GUID_LEN) == 0;
    import->target = folder != NULL ? folder->id : import->row.object;
    import->rights = cur;
    return !here || tw_store_write(import->store, 0, FALSE, rights_tx, import, error);
}

gboolean
tw_import_take_receive(TwImport *import, TwCursor *cur, GError **error)
{
    guint32 old;
    guint16 len;
    const guint8 *text;
    const TwFolderRow *folder;

    if (!tw_cursor_take_u32le(cur, &old) || !tw_cursor_take_u16le(cur, &len) ||
        !tw_cursor_take(cur, len, &text) || cur->left > 0 || len > 255 ||
        (folder = tw_import_folder(import, old)) == NULL)
        return tw_import_corrupt(error, "a receive folder makes no sense");
    for (guint i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e)
            return tw_import_corrupt(error, "a receive folder makes no sense");
    }
    g_free(import->class_name);
    import->class_name = g_strndup((const char *) text, len);
    import->target = folder->id;
    return tw_store_write(import->store, 0, FALSE, receive_tx, import, error);
}
