/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whether one message matches: columns of its row first, then its head, then its record, which is read when something asks
 * for it, and large values of that.
 */
#include "base/error.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/search-private.h"

typedef struct {
    TwDbTx *tx;
    TwBlobVolume *blobs;
    const TwMessageRow *row;
    gboolean loaded;
    GBytes *body;      /* of the record; NULL: it cannot be read */
    TwProps props;     /* of the body */
    TwObject *object;  /* (nullable): made when a large value is asked for */
    GPtrArray *values; /* bytes that answers borrow from */
} Match;

/* ---- columns of the row ---- */

static gboolean
row_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    const TwMessageRow *row = ((Match *) data)->row;
    TwPropValue value;

    switch (tag >> 16) {
    case PR_MESSAGE_FLAGS >> 16:
        value = tw_value_long(PR_MESSAGE_FLAGS, row->flags);
        break;
    case PR_MSG_STATUS >> 16:
        value = tw_value_long(PR_MSG_STATUS, row->status);
        break;
    case PR_EC_IMAP_ID >> 16:
        value = tw_value_long(PR_EC_IMAP_ID, row->uid);
        break;
    case PR_EC_HIERARCHYID >> 16:
        value = tw_value_long(PR_EC_HIERARCHYID, row->mid);
        break;
    case PR_MESSAGE_SIZE >> 16:
        if (tw_prop_tag_type(tag) == TW_PT_I8)
            value = tw_value_i8(tag, row->size);
        else
            value = tw_value_long(PR_MESSAGE_SIZE, (guint32) MIN(row->size, G_MAXINT32));
        break;
    default:
        return FALSE;
    }
    if (!tw_prop_tag_answers(value.tag, tag))
        return FALSE;
    *ret = value;
    return TRUE;
}

/* ---- the record ---- */

static gboolean
load(Match *match)
{
    g_autoptr(GBytes) record = NULL;
    gsize len;
    const guint8 *data;

    if (match->loaded)
        return match->body != NULL;
    match->loaded = TRUE;
    record = tw_sql_tail_get(match->tx, match->row->store, match->row->bid, NULL);
    if (record == NULL)
        return FALSE;
    data = g_bytes_get_data(record, &len);
    match->body = tw_tail_open(data, len, NULL, NULL, NULL);
    if (match->body == NULL)
        return FALSE;
    data = g_bytes_get_data(match->body, &len);
    if (tw_props_open_verified(data, len, &match->props, NULL))
        return TRUE;
    g_clear_pointer(&match->body, g_bytes_unref);
    return FALSE;
}

/* A value that is not in the record's bag but beside it: its begin, as far as it is looked at. */
static gboolean
get_large(Match *match, guint32 tag, TwPropValue *ret)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SEARCH_MAX_VALUE + 1);
    TwPropValue listed;
    TwBlobRef ref;
    guint32 stored;
    gsize len;
    GBytes *bytes;

    if (!tw_props_get_id(&match->props, TW_OBJECT_BLOBS_ID, &listed))
        return FALSE;
    if (match->object == NULL)
        match->object = tw_content_read(match->tx, match->row->store, match->row->bid, NULL, NULL);
    if (match->object == NULL || !tw_object_get_blob(match->object, tag, &ref, &stored) ||
        !ref.known || !tw_blob_read(match->blobs, &ref.id, 0, TW_SEARCH_MAX_VALUE, &out, NULL))
        return FALSE;
    len = out.len;
    if (tw_prop_tag_type(stored) == TW_PT_UNICODE) {
        const char *end; /* a cut goes between code points */
        g_utf8_validate_len((const char *) out.data, len, &end);
        out.len = len = (gsize) (end - (const char *) out.data);
    }
    tw_buffer_put_u8(&out, 0); /* behind texts there is a NUL */
    bytes = tw_buffer_steal_bytes(&out, NULL);
    if (bytes == NULL)
        return FALSE;
    g_ptr_array_add(match->values, bytes);
    *ret = (TwPropValue){ .tag = stored, .len = (guint32) len };
    ret->data = g_bytes_get_data(bytes, NULL);
    return TRUE;
}

static gboolean
tail_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    Match *match = data;

    return load(match) && (tw_props_get(&match->props, tag, ret) || get_large(match, tag, ret));
}

static gboolean
tail_get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    Match *match = data;

    return load(match) && tw_props_get_row(&match->props, tag, index, ret);
}

static void
free_bytes(gpointer data)
{
    g_bytes_unref(data);
}

gboolean
tw_search_match(TwDbTx *tx,
                const TwRestriction *restriction,
                TwBlobVolume *blobs,
                const TwMessageRow *row)
{
    Match match = { .tx = tx, .blobs = blobs, .row = row };
    TwPropSource columns = { row_get, NULL, &match }, tail = { tail_get, tail_get_row, &match };
    TwHead head;
    TwHeadSource source = { .head = &head, .first = &columns, .more = &tail };
    TwPropSource all;
    TwMatchContext context = { 0 };
    gboolean matches;
    gsize len;
    const guint8 *data;

    if (row->head == NULL)
        return FALSE;
    data = g_bytes_get_data(row->head, &len);
    if (!tw_head_open_verified(data, len, &head))
        return FALSE;
    match.values = g_ptr_array_new_with_free_func(free_bytes);
    all = tw_head_source(&source);
    matches = tw_restriction_match(restriction, &all, &context);
    g_ptr_array_unref(match.values);
    tw_object_free(match.object);
    g_clear_pointer(&match.body, g_bytes_unref);
    return matches;
}
