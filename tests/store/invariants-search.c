/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Results of search folders: compared one by one with whole objects. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/identity.h"
#include "store/invariants-private.h"
#include "store/mail.h"
#include "store/search-folder.h"

typedef struct {
    InvariantsCheck *check;
    const TwMessageRow *row;
    TwObject *object;
    GPtrArray *values; /* GBytes of large ones */
} Whole;

static gboolean
whole_large(const Whole *whole, guint32 tag, TwPropValue *ret)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    TwBlobRef ref;
    guint32 stored;
    GBytes *bytes;

    if (!tw_object_get_blob(whole->object, tag, &ref, &stored) ||
        !tw_store_read_value(whole->check->store, &ref, 0, ref.len, &out, NULL))
        return FALSE;
    tw_buffer_put_u8(&out, 0);
    bytes = tw_buffer_steal_bytes(&out, NULL);
    g_ptr_array_add(whole->values, bytes);
    *ret = (TwPropValue){ .tag = stored, .len = (guint32) ref.len };
    ret->data = g_bytes_get_data(bytes, NULL);
    return TRUE;
}

/* The folder's own entry id: the tests give folders no other. */
static gboolean
whole_parent(const Whole *whole, TwPropValue *ret)
{
    guint8 *id = g_malloc(TW_OBJECT_ID_LEN);

    tw_identity_entry_id(&whole->check->store->guid, TW_OBJECT_ID_FOLDER, whole->row->folder, id);
    g_ptr_array_add(whole->values, g_bytes_new_take(id, TW_OBJECT_ID_LEN));
    *ret = tw_value_bytes(PR_PARENT_ENTRYID, id, TW_OBJECT_ID_LEN);
    return TRUE;
}

static gboolean
whole_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    const Whole *whole = data;
    guint id = tag >> 16;

    if (id == PR_PARENT_ENTRYID >> 16)
        return whole_parent(whole, ret);

    if (id == PR_MESSAGE_FLAGS >> 16)
        *ret = tw_value_long(PR_MESSAGE_FLAGS, whole->row->flags);
    else if (id == PR_MSG_STATUS >> 16)
        *ret = tw_value_long(PR_MSG_STATUS, whole->row->status);
    else if (id == PR_MESSAGE_SIZE >> 16)
        *ret = tw_value_long(PR_MESSAGE_SIZE, (guint32) whole->row->size);
    else if (id == PR_HASATTACH >> 16)
        *ret = tw_value_bool(PR_HASATTACH, tw_derive_has_attach(whole->object));
    else
        return tw_object_get(whole->object, tag, ret) || whole_large(whole, tag, ret);
    return TRUE;
}

/* Of recipients and attachments. */
static gboolean
whole_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    const Whole *whole = data;
    TwPropSource source = tw_object_source(whole->object);

    return source.get_row(source.data, tag, index, ret);
}

typedef struct {
    InvariantsCheck *check;
    const TwSearchInfo *info;
    GHashTable *wanted; /* set of mids */
    GArray *mids;
    guint unread;
} Results;

static gboolean
collect_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val(((Results *) data)->mids, row->mid);
    return TRUE;
}

static gboolean
note_result(const TwMessageRow *row, gpointer data)
{
    Results *results = data;

    g_array_append_val(results->mids, row->mid);
    results->unread += row->flags & TW_MSGFLAG_READ ? 0 : 1;
    if (row->head == NULL)
        invariants_wrong(results->check, "result %u: no head", row->mid);
    return TRUE;
}

static gboolean
has_number(const GArray *numbers, guint32 number)
{
    for (guint i = 0; i < numbers->len; i++) {
        if (g_array_index(numbers, guint32, i) == number)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_searched(InvariantsCheck *check, const TwSearchInfo *info, const TwFolderRow *row)
{
    if (row->state != TW_FOLDER_LIVE || row->type == TW_FOLDER_SEARCH)
        return FALSE;
    if (has_number(info->folders, row->id))
        return TRUE;
    while (info->flags & TW_SEARCH_RECURSIVE && row != NULL) {
        if (has_number(info->folders, row->id))
            return TRUE;
        if (has_number(info->excluded, row->id) || row->parent == row->id)
            return FALSE;
        row = invariants_folder(check, row->parent);
    }
    return FALSE;
}

static void
search_by_hand(Results *results, const TwFolderRow *folder)
{
    InvariantsCheck *check = results->check;
    g_autoptr(GError) error = NULL;

    g_array_set_size(results->mids, 0);
    tw_folder_list(check->store, folder->id, TW_MESSAGE_NORMAL, 0, G_MAXINT32, FALSE, collect_mid,
                   results, &error);
    if (!invariants_worked(check, "list of folder", folder->id, &error))
        return;
    for (guint i = 0; i < results->mids->len; i++) {
        guint32 mid = g_array_index(results->mids, guint32, i);
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(TwObject) object = tw_message_read(check->store, mid, &row, &error);
        g_autoptr(GPtrArray) values =
            g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
        Whole whole = { check, &row, object, values };
        TwPropSource source = { whole_get, whole_row, &whole };
        if (invariants_worked(check, "message", mid, &error) &&
            tw_restriction_match(results->info->restriction, &source, NULL))
            g_hash_table_add(results->wanted, GUINT_TO_POINTER(mid));
    }
}

/* Only of one that is kept current is it known what must be there. */
void
invariants_check_search(InvariantsCheck *check, const TwFolderRow *row)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSearchInfo) info = tw_search_folder_get(check->store, row->id, &error);
    g_autoptr(GHashTable) wanted = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    Results results = { check, info, wanted, mids, 0 };
    guint32 last = 0;

    if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        if (row->total != 0 || row->unread != 0)
            invariants_wrong(check, "search folder %u: counts, but was never searched", row->id);
        return;
    }
    if (!invariants_worked(check, "search folder", row->id, &error) ||
        row->state != TW_FOLDER_LIVE || !(info->state & TW_SEARCH_IS_RUNNING))
        return;
    if (info->state & TW_SEARCH_IS_REBUILDING)
        invariants_wrong(check, "search folder %u: is still being filled", row->id);
    for (guint i = 0; i < check->folders->len; i++) {
        if (is_searched(check, info, check->folders->pdata[i]))
            search_by_hand(&results, check->folders->pdata[i]);
    }
    g_array_set_size(mids, 0);
    tw_search_folder_list(check->store, row->id, 0, G_MAXINT32, TRUE, note_result, &results,
                          &error);
    invariants_worked(check, "results of search folder", row->id, &error);
    for (guint i = 0; i < mids->len; i++) {
        guint32 mid = g_array_index(mids, guint32, i);
        if (mid <= last || !g_hash_table_contains(wanted, GUINT_TO_POINTER(mid)))
            invariants_wrong(check, "search folder %u: result %u behind %u is none", row->id, mid,
                             last);
        last = mid;
    }
    if (mids->len != g_hash_table_size(wanted) || row->total != mids->len ||
        row->unread != results.unread)
        invariants_wrong(check, "search folder %u: says %u, %u unread; has %u, %u; should have %u",
                         row->id, row->total, row->unread, mids->len, results.unread,
                         g_hash_table_size(wanted));
}
