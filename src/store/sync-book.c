/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/sync-book.h"

#include "base/error.h"

typedef struct {
    TwSyncBookSees sees;
    gpointer data;
    TwSyncBatch *ret;
} Book;

static void
tell(const Book *book, guint32 number, guint32 kind, TwSyncAction action, guint64 cn)
{
    TwSyncChange change = {
        .cn = cn, .id = number, .parent = kind, .type = (guint16) (TW_SYNC_BOOK | action)
    };

    g_array_append_val(book->ret->changes, change);
}

static gboolean
is_for(const Book *book, guint32 company, guint32 number)
{
    return number != TW_DIRECTORY_EVERYONE && number != TW_DIRECTORY_SYSTEM &&
           (book->sees == NULL || book->sees(company, number, book->data));
}

static int
by_cn(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const TwSyncChange *) a)->cn, y = ((const TwSyncChange *) b)->cn;

    return (x > y) - (x < y);
}

gboolean
tw_sync_book_changes(const TwDirectorySnapshot *snapshot,
                     guint64 since,
                     TwSyncBookSees sees,
                     gpointer data,
                     TwSyncBatch *ret,
                     GError **error)
{
    Book book = { sees, data, ret };
    g_autoptr(GPtrArray) changed = tw_directory_snapshot_changed(snapshot, since);
    g_autoptr(GArray) gone = NULL;

    *ret = (TwSyncBatch){ .state.cn = tw_directory_snapshot_epoch(snapshot) };
    if (since > ret->state.cn) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                            "the client must begin again: its state is of the future");
        return FALSE;
    }
    if (since != 0 && since < tw_directory_snapshot_gone_since(snapshot)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                            "the client must begin again: what went since its state is forgotten");
        return FALSE;
    }
    ret->changes = g_array_new(FALSE, FALSE, sizeof(TwSyncChange));
    for (guint i = 0; i < changed->len; i++) {
        const TwDirectoryObject *object = changed->pdata[i];
        if (object->kind == TW_DIRECTORY_ADDRESS_LIST ||
            !is_for(&book, object->company, object->number))
            continue;
        if (!object->hidden)
            tell(&book, object->number, object->kind, since == 0 ? TW_SYNC_NEW : TW_SYNC_CHANGED,
                 object->cn);
        else if (since != 0)
            tell(&book, object->number, object->kind, TW_SYNC_DELETED, object->cn);
    }
    gone = since != 0 ? tw_directory_snapshot_gone(snapshot, since) : NULL;
    for (guint i = 0; gone != NULL && i < gone->len; i++) {
        const TwDirectoryGone *one = &g_array_index(gone, TwDirectoryGone, i);
        if (one->kind != TW_DIRECTORY_ADDRESS_LIST && is_for(&book, one->company, one->number))
            tell(&book, one->number, one->kind, TW_SYNC_DELETED, one->cn);
    }
    g_array_sort(ret->changes, by_cn);
    return TRUE;
}
