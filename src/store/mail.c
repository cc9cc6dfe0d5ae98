/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading mails back: the skeleton and the values it names. */
#include "store/mail.h"

#include <string.h>

#include "base/error.h"
#include "convert/mime-skeleton.h"
#include "store/inline.h"
#include "store/message-private.h"
#include "store/value-window.h"

enum {
    MAX_SKELETON = 1 << 30 /* bytes of a skeleton that are taken into memory */
};

typedef struct {
    TwStore *store;
    guint32 folder; /* where it must be; 0: anywhere */
    guint32 mid, bid;
    GArray *values;
    GBytes *mail; /* in its row, nullable */
    GBytes *summary;
} Find;

static void
clear_find(Find *find)
{
    g_clear_pointer(&find->values, g_array_unref);
    g_clear_pointer(&find->mail, g_bytes_unref);
}

static gboolean
is_live(TwDbTx *tx, const TwStore *store, guint32 id, GError **error)
{
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, store->number, id, error);

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_LIVE)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u: deleted", id);
    return FALSE;
}

static gboolean
find_row(TwDbTx *tx, const Find *find, TwMessageRow *ret, GError **error)
{
    guint32 store = find->store->number;
    gboolean found = FALSE;

    if (find->folder != 0 &&
        !tw_sql_msg_get_in(tx, store, find->folder, find->mid, ret, &found, error))
        return FALSE;
    if (found)
        return TRUE;
    if (!tw_sql_msg_get(tx, store, find->mid, FALSE, ret, error))
        return FALSE;
    if (find->folder == 0 || ret->folder == find->folder)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u is elsewhere", find->mid);
    return FALSE;
}

static gboolean
find_content(TwDbTx *tx, Find *find, const TwMessageRow *row, GError **error)
{
    find->bid = row->bid;
    clear_find(find);
    find->values = tw_sql_blobref_list(tx, find->store->number, row->bid, error);
    return find->values != NULL &&
           tw_sql_tail_mail(tx, find->store->number, row->bid, &find->mail, error);
}

static gboolean
find_mail_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;
    g_auto(TwMessageRow) row = { 0 };

    return find_row(tx, find, &row, error) && is_live(tx, find->store, row.folder, error) &&
           find_content(tx, find, &row, error);
}

static gboolean
summary_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;

    g_clear_pointer(&find->summary, g_bytes_unref);
    return tw_sql_tail_summary(tx, find->store->number, find->bid, &find->summary, error);
}

gboolean
tw_message_read_summary(TwStore *store, guint32 bid, GBytes **ret, GError **error)
{
    Find find = { .store = store, .bid = bid };

    if (!tw_store_read(store, summary_tx, &find, error))
        return FALSE;
    *ret = find.summary;
    return TRUE;
}

static gboolean
find_summary_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return find_mail_tx(tx, data, error) && summary_tx(tx, data, error);
}

GBytes *
tw_message_get_summary(TwStore *store, guint32 mid, GError **error)
{
    Find find = { .store = store, .mid = mid };
    gboolean ok = tw_store_read(store, find_summary_tx, &find, error);

    clear_find(&find);
    if (ok && find.summary == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u has no summary", mid);
    return find.summary;
}

/* ---- rows of many ---- */

typedef struct {
    TwStore *store;
    guint32 folder;
    const guint32 *mids;
    guint count;
    gboolean summaries;
    GArray *out;
    guint kept; /* of it, before this */
} Rows;

void
tw_mail_row_clear(TwMailRow *row)
{
    tw_message_row_clear(&row->row);
    g_clear_pointer(&row->summary, g_bytes_unref);
}

static gboolean
read_row(TwDbTx *tx, const Rows *rows, guint32 mid, TwMailRow *ret, GError **error)
{
    guint32 store = rows->store->number;
    g_autoptr(GError) why = NULL;

    if (!tw_sql_msg_get(tx, store, mid, TRUE, &ret->row, &why)) {
        if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return ret->row.folder != rows->folder || !rows->summaries ||
           tw_sql_tail_summary(tx, store, ret->row.bid, &ret->summary, error);
}

static gboolean
rows_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Rows *rows = data;

    g_array_set_size(rows->out, rows->kept);
    if (!is_live(tx, rows->store, rows->folder, error))
        return FALSE;
    for (guint i = 0; i < rows->count; i++) {
        TwMailRow one = { 0 };

        if (!read_row(tx, rows, rows->mids[i], &one, error)) {
            tw_mail_row_clear(&one);
            return FALSE;
        }
        if (one.row.mid != 0 && one.row.folder == rows->folder)
            g_array_append_val(rows->out, one);
        else
            tw_mail_row_clear(&one);
    }
    return TRUE;
}

gboolean
tw_folder_read_mails(TwStore *store,
                     guint32 folder,
                     const guint32 *mids,
                     guint count,
                     gboolean summaries,
                     GArray *out,
                     GError **error)
{
    Rows rows = { store, folder, mids, count, summaries, out, out->len };

    return tw_store_read(store, rows_tx, &rows, error);
}

/* ---- the mail itself ---- */

typedef struct {
    TwStore *store;
    GArray *values; /* TwValueRow of the parts, by number */
    TwMailSink sink;
    gpointer user_data;
    gboolean lost; /* a value was not there */
    TwValueWindow window;
} Render;

/* Passes on how reading a value went. */
static gboolean
note_loss(Render *render, gboolean ok, GError **failure, GError **error)
{
    if (ok)
        return TRUE;
    render->lost |= g_error_matches(*failure, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_propagate_error(error, g_steal_pointer(failure));
    return FALSE;
}

static gboolean
fetch(guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error)
{
    Render *render = user_data;
    g_autoptr(GError) failure = NULL;

    if (ref >= render->values->len) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "a mail without its value %u", ref);
        return FALSE;
    }
    return note_loss(render,
                     tw_value_window_read(&render->window, render->store->engine->blobs,
                                          &g_array_index(render->values, TwValueRow, ref).id,
                                          offset, len, out, &failure),
                     &failure, error);
}

static gboolean
pass_on(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    const Render *render = user_data;

    return render->sink(data, len, render->user_data, error);
}

static guint32
own_number(const TwPart *part)
{
    const guint8 *data = part->bytes;
    gsize len = part->len;
    guint32 number = G_MAXUINT32;

    return tw_part_next(&data, &len, &number) == TW_PART_OWN ? number : G_MAXUINT32;
}

static int
compare_values(gconstpointer a, gconstpointer b)
{
    guint32 x = own_number(&((const TwValueRow *) a)->part);
    guint32 y = own_number(&((const TwValueRow *) b)->part);

    return (x > y) - (x < y);
}

/* Splits a message's values into those of the mail: @ret_mail, and the ones it names by number. */
static gboolean
sort_values(const GArray *all, GArray *parts, TwValueRow *ret_mail)
{
    gboolean found = FALSE;

    for (guint i = 0; i < all->len; i++) {
        const TwValueRow *row = &g_array_index(all, TwValueRow, i);
        if (row->kind == TW_VALUE_MAIL) {
            *ret_mail = *row;
            found = TRUE;
        } else if (row->kind == TW_VALUE_PART) {
            g_array_append_vals(parts, row, 1);
        }
    }
    g_array_sort(parts, compare_values);
    return found;
}

static GBytes *
read_skeleton(Render *render, const TwBlobId *id, GError **error)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MAX_SKELETON);
    g_autoptr(GError) failure = NULL;
    gboolean ok = tw_blob_read(render->store->engine->blobs, id, 0, MAX_SKELETON, &bytes, &failure);

    return note_loss(render, ok, &failure, error) ? tw_buffer_steal_bytes(&bytes, error) : NULL;
}

/* @inside: (nullable): the skeleton in its row; else it is the value @id */
static gboolean
render_mail(Render *render,
            GBytes *inside,
            const TwBlobId *id,
            guint32 mid,
            guint64 offset,
            guint64 len,
            GError **error)
{
    g_autoptr(GBytes) whole =
        inside != NULL ? tw_inline_open(inside, error) : read_skeleton(render, id, error);
    g_autoptr(TwSkeleton) skeleton = NULL;

    if (whole == NULL && inside == NULL)
        return FALSE;
    skeleton = whole != NULL ? tw_skeleton_parse(whole, error) : NULL;
    if (skeleton == NULL) {
        g_prefix_error(error, "store %u, message %u: ", render->store->number, mid);
        return FALSE;
    }
    return tw_skeleton_read(skeleton, offset, len, fetch, pass_on, render, error);
}

/* Values go after their message: one that is not there while the message still is was lost. */
static gboolean
is_still_there(TwStore *store, guint32 mid)
{
    Find find = { .store = store, .mid = mid };
    gboolean there = tw_store_read(store, find_mail_tx, &find, NULL);

    clear_find(&find);
    return there;
}

/* What @find found; it is empty after that. */
static gboolean
read_found(
    Find *find, guint64 offset, guint64 len, TwMailSink sink, gpointer user_data, GError **error)
{
    TwStore *store = find->store;
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    Render render = { .store = store, .values = parts, .sink = sink, .user_data = user_data };
    g_autoptr(GError) failure = NULL;
    TwValueRow mail = { 0 };
    gboolean found = sort_values(find->values, parts, &mail) || find->mail != NULL;
    g_autoptr(GBytes) inside = g_steal_pointer(&find->mail);
    gboolean ok;

    clear_find(find);
    if (!found) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u is no mail", find->mid);
        return FALSE;
    }
    ok = render_mail(&render, inside, &mail.id, find->mid, offset, len, &failure);
    tw_value_window_clear(&render.window);
    if (ok)
        return TRUE;
    if (render.lost && is_still_there(store, find->mid))
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, message %u: %s", store->number,
                    find->mid, failure->message);
    else
        g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean
tw_message_read_mail(TwStore *store,
                     guint32 mid,
                     guint64 offset,
                     guint64 len,
                     TwMailSink sink,
                     gpointer user_data,
                     GError **error)
{
    Find find = { .store = store, .mid = mid };

    if (tw_store_read(store, find_mail_tx, &find, error))
        return read_found(&find, offset, len, sink, user_data, error);
    clear_find(&find);
    return FALSE;
}

/* ---- many mails ---- */

struct TwMailsFound {
    TwStore *store;
    guint32 folder;
    guint count;
    Find finds[];
};

static gboolean
find_mails_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwMailsFound *found = data;

    for (guint i = 0; i < found->count; i++)
        clear_find(&found->finds[i]);
    if (found->folder != 0 && !is_live(tx, found->store, found->folder, error))
        return FALSE;
    for (guint i = 0; i < found->count; i++) {
        Find *find = &found->finds[i];
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(GError) why = NULL;

        if (find_row(tx, find, &row, &why) &&
            (row.folder == found->folder || is_live(tx, found->store, row.folder, &why)) &&
            find_content(tx, find, &row, &why))
            continue;
        clear_find(find);
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) &&
            !g_error_matches(why, TW_ERROR, TW_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

TwMailsFound *
tw_mails_find(TwStore *store, guint32 folder, const guint32 *mids, guint count, GError **error)
{
    g_autoptr(TwMailsFound) found = NULL;

    g_return_val_if_fail(count <= TW_MAILS_FIND_MOST, NULL);
    found = g_malloc0(sizeof *found + count * sizeof found->finds[0]);
    *found = (TwMailsFound){ .store = store, .folder = folder, .count = count };
    for (guint i = 0; i < count; i++)
        found->finds[i] = (Find){ .store = store, .folder = folder, .mid = mids[i] };
    return tw_store_read(store, find_mails_tx, found, error) ? g_steal_pointer(&found) : NULL;
}

gboolean
tw_mails_found_read(
    TwMailsFound *found, guint at, guint64 len, TwMailSink sink, gpointer user_data, GError **error)
{
    Find *find = &found->finds[at];

    g_return_val_if_fail(at < found->count, FALSE);
    if (find->values != NULL)
        return read_found(find, 0, len, sink, user_data, error);
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u is not there", find->mid);
    return FALSE;
}

void
tw_mails_found_free(TwMailsFound *found)
{
    for (guint i = 0; found != NULL && i < found->count; i++)
        clear_find(&found->finds[i]);
    g_free(found);
}
