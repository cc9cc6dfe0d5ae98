/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entry ids in a tree that came to another store: in properties and rules of its folders and in its associated messages, those of
 * folders and messages of the tree become those they have now. All others stay, and lead to where they led before; the id of a store
 * goes with that of the folder behind it. May be done twice.
 */
#include "base/error.h"
#include "store/archive-private.h"
#include "store/message-private.h"
#include "store/transfer-private.h"

/* What is damaged, or was deleted meanwhile, stays as it is. */
static gboolean
is_passed_over(const GError *error)
{
    return g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT);
}

typedef struct {
    TwStore *store;
    const TwArchiveIds *ids;
    gboolean changed;
} Edit;

static gboolean
edit_folder(TwObject *object, gpointer data, GError **error)
{
    Edit *edit = data;

    return tw_archive_translate_object(edit->store, object, edit->ids, &edit->changed, error);
}

static gboolean
translate_folder(Edit *edit, guint32 id, GError **error)
{
    g_autoptr(TwObject) object = tw_folder_read_object(edit->store, id, error);

    return object != NULL && edit_folder(object, edit, error) &&
           (!edit->changed || tw_folder_edit_object(edit->store, id, edit_folder, edit, error));
}

static gboolean
translate_message(Edit *edit, guint32 mid, GError **error)
{
    g_autoptr(TwObject) object = tw_message_read(edit->store, mid, NULL, error);
    guint64 cn;

    return object != NULL && edit_folder(object, edit, error) &&
           (!edit->changed || tw_message_save(edit->store, mid, 0, object, 0, &cn, error));
}

static gboolean
add_mid(const TwMessageRow *row, gpointer mids)
{
    g_array_append_val((GArray *) mids, row->mid);
    return TRUE;
}

typedef gboolean (*OneFunc)(Edit *edit, guint32 id, GError **error);

static gboolean
translate_one(Edit *edit, OneFunc func, guint32 id, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (func(edit, id, &failure) || is_passed_over(failure))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean
tw_transfer_translate(
    TwStore *from, TwStore *to, GHashTable *folders, GHashTable *messages, GError **error)
{
    const TwArchiveIds ids = { from->guid, to->guid, folders, messages, TRUE };
    Edit edit = { to, &ids, FALSE };
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, folders);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        guint32 id = GPOINTER_TO_UINT(value);
        g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_autoptr(GError) failure = NULL;
        if (!translate_one(&edit, translate_folder, id, error))
            return FALSE;
        if (!tw_folder_list(to, id, TW_MESSAGE_ASSOC, 0, G_MAXUINT32 / 2, FALSE, add_mid, mids,
                            &failure) &&
            !is_passed_over(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        for (guint i = 0; i < mids->len; i++) {
            if (!translate_one(&edit, translate_message, g_array_index(mids, guint32, i), error))
                return FALSE;
        }
    }
    return TRUE;
}
