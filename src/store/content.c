/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An object's content on its way to and from the rows. */
#include "store/content.h"

#include "base/error.h"
#include "mapi/tags.h"
#include "store/dictionary.h"
#include "store/inline.h"

void
tw_content_clear(TwContent *content)
{
    g_clear_pointer(&content->use, tw_blob_use_end);
    g_clear_pointer(&content->record, g_bytes_unref);
    g_clear_pointer(&content->summary, g_bytes_unref);
    g_clear_pointer(&content->mail, g_bytes_unref);
    g_clear_pointer(&content->texts, g_bytes_unref);
    g_clear_pointer(&content->values, g_array_unref);
}

void
tw_content_begin(TwContent *content, TwStore *store)
{
    *content = (TwContent){ .use = tw_blob_use_begin(store->engine->blobs) };
    content->values = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
}

void
tw_content_add_value(
    TwContent *content, const TwPart *part, TwValueKind kind, const TwBlobId *id, guint64 len)
{
    TwValueRow row = { .part = *part, .kind = (guint8) kind, .id = *id, .len = len };

    g_array_append_val(content->values, row);
}

typedef struct {
    TwContent *content;
    TwStore *store;
} Prepare;

static gboolean
put_large(TwObject *node,
          G_GNUC_UNUSED const TwPart *part,
          const TwPropValue *value,
          gpointer data,
          GError **error)
{
    Prepare *prepare = data;
    TwBlobRef ref = { .known = TRUE, .len = value->len };
    TwBlobOptions options = { .scope = prepare->store->company, .compress = TRUE };

    return tw_blob_put(prepare->content->use, value->data, value->len, &options, &ref.id, error) &&
           tw_object_set_blob(node, value->tag, &ref, error);
}

static gboolean
note_blob(G_GNUC_UNUSED TwObject *node,
          const TwPart *part,
          guint32 tag,
          const TwBlobRef *ref,
          gpointer data,
          GError **error)
{
    Prepare *prepare = data;

    if (!ref->known) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "property %08x: its value is nowhere", tag);
        return FALSE;
    }
    tw_content_add_value(prepare->content, part, TW_VALUE_PROPERTY, &ref->id, ref->len);
    return TRUE;
}

/* In columns of the row, or worked out from them (sync.h): the record does not say what holds. */
static gboolean
is_column(guint32 tag)
{
    return tag >> 16 == PR_MESSAGE_FLAGS >> 16 || tag >> 16 == PR_MSG_STATUS >> 16 ||
           tag >> 16 == PR_CHANGE_KEY >> 16 || tag >> 16 == PR_PREDECESSOR_CHANGE_LIST >> 16;
}

typedef struct {
    gsize most, total; /* bytes: of one value; of all */
    gboolean fits;
} Sum;

static gboolean
add_large(G_GNUC_UNUSED TwObject *node,
          G_GNUC_UNUSED const TwPart *part,
          const TwPropValue *value,
          gpointer data,
          G_GNUC_UNUSED GError **error)
{
    Sum *sum = data;

    sum->total += value->len;
    sum->fits =
        sum->fits && value->len <= sum->most && sum->total <= sum->most * TW_INLINE_PROPERTIES;
    return TRUE;
}

/* From how many bytes on a property is a blob. Either all of the object lies in the partition, so that no blob has to be
 * flushed, or as little as ever, so that more of it is kept once. */
static gsize
least_blob(const TwContent *content, const TwStore *store, TwObject *object)
{
    gsize least = store->engine->config.inline_len + 1;
    Sum sum = { .most = store->engine->inline_most / MAX(content->copies, 1), .fits = TRUE };

    if (sum.most < least || content->values->len > 0 || tw_object_count_blobs(object, NULL) > 0 ||
        !tw_object_foreach_large(object, least, add_large, &sum, NULL) || !sum.fits)
        return least;
    return sum.most + 1;
}

gboolean
tw_content_prepare(TwContent *content, TwStore *store, TwObject *object, GError **error)
{
    Prepare prepare = { content, store };
    TwTailOptions options = { .dict = tw_dictionary(TW_DICTIONARY_NEWEST, NULL),
                              .leave_out = is_column };

    if (!tw_object_foreach_large(object, least_blob(content, store, object), put_large, &prepare,
                                 error) ||
        !tw_object_foreach_blob(object, note_blob, &prepare, error))
        return FALSE;
    content->record = tw_tail_write(object, &options, error);
    return content->record != NULL;
}

gboolean
tw_content_write(const TwContent *content, TwWork *work, guint32 bid, GError **error)
{
    guint32 store = work->row.store;

    if (!tw_blob_use_check(content->use, error) ||
        !tw_sql_tail_set(work->tx, store, bid, content->record, content->summary, content->mail,
                         content->texts, error))
        return FALSE;
    for (guint i = 0; i < content->values->len; i++) {
        TwValueRow row = g_array_index(content->values, TwValueRow, i);
        row.bid = bid;
        if (!tw_sql_blobref_add(work->tx, store, &row, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_content_delete(TwWork *work, guint32 bid, GError **error)
{
    guint32 store = work->row.store;
    g_autoptr(GError) damage = NULL;
    g_autoptr(GArray) values = tw_sql_blobref_list(work->tx, store, bid, &damage);

    if (values == NULL && !g_error_matches(damage, TW_ERROR, TW_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&damage));
        return FALSE;
    }
    for (guint i = 0; values != NULL && i < values->len; i++)
        tw_work_hint(work, &g_array_index(values, TwValueRow, i).id);
    return (values != NULL && values->len == 0) ||
                   tw_sql_blobref_delete(work->tx, store, bid, error)
               ? tw_sql_tail_delete(work->tx, store, bid, error)
               : FALSE;
}

gboolean
tw_content_copy(TwWork *work, guint32 from, guint32 to, GError **error)
{
    guint32 store = work->row.store;
    g_autoptr(GArray) values = tw_sql_blobref_list(work->tx, store, from, error);

    if (values == NULL || !tw_sql_tail_copy(work->tx, store, from, to, error))
        return FALSE;
    for (guint i = 0; i < values->len; i++) {
        TwValueRow *row = &g_array_index(values, TwValueRow, i);
        row->bid = to;
        if (!tw_sql_blobref_add(work->tx, store, row, error))
            return FALSE;
    }
    return TRUE;
}

/* @texts: nullable */
static gboolean
give_texts(TwDbTx *tx, guint32 store, guint32 bid, GBytes *texts, TwObject *object, GError **error)
{
    g_autoptr(GBytes) row = NULL;

    return texts == NULL || (tw_sql_tail_mail(tx, store, bid, &row, error) &&
                             tw_inline_texts_give(texts, row, object, error));
}

GBytes *
tw_content_get_record(TwDbTx *tx, guint32 store, guint32 bid, GError **error)
{
    g_autoptr(GBytes) texts = NULL;
    g_autoptr(GBytes) record = tw_sql_tail_get(tx, store, bid, &texts, error);
    g_autoptr(TwObject) object = NULL;

    if (record == NULL || texts == NULL)
        return g_steal_pointer(&record);
    object = tw_content_read(tx, store, bid, NULL, error);
    return object != NULL ? tw_tail_write(object, NULL, error) : NULL;
}

TwObject *
tw_content_read(TwDbTx *tx, guint32 store, guint32 bid, GArray **ret_values, GError **error)
{
    g_autoptr(GBytes) texts = NULL;
    g_autoptr(GBytes) record = tw_sql_tail_get(tx, store, bid, &texts, error);
    g_autoptr(GArray) values = NULL;
    g_autoptr(TwObject) object = NULL;
    const guint8 *data;
    gsize len;
    guint unknown = 0;

    if (record == NULL)
        return NULL;
    data = g_bytes_get_data(record, &len);
    object = tw_tail_parse(data, len, NULL, NULL, error);
    values = object != NULL && give_texts(tx, store, bid, texts, object, error)
                 ? tw_sql_blobref_list(tx, store, bid, error)
                 : NULL;
    for (guint i = 0; values != NULL && i < values->len; i++) {
        const TwValueRow *row = &g_array_index(values, TwValueRow, i);
        if (row->kind == TW_VALUE_PROPERTY &&
            !tw_object_resolve(object, row->part.bytes, row->part.len, &row->id, row->len, error))
            g_clear_pointer(&values, g_array_unref);
    }
    if (values == NULL) {
        g_prefix_error(error, "store %u, object %u: ", store, bid);
        return NULL;
    }
    tw_object_count_blobs(object, &unknown);
    if (unknown > 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "store %u, object %u: %u values without a reference", store, bid, unknown);
        return NULL;
    }
    if (ret_values != NULL)
        *ret_values = g_steal_pointer(&values);
    return g_steal_pointer(&object);
}
