/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A filter on messages: asked of the row's columns, then of its head, and of its record when only that knows. */
#include "base/error.h"
#include "mapi/props.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/head.h"
#include "store/sync-private.h"

typedef struct {
    const TwSyncFilter *filter;
    const TwMessageRow *row;
    GBytes *body; /* of the tail, once asked for; owned */
    TwProps props;
    gboolean asked;
    GError *error; /* owned */
} Row;

static gboolean
get_column(gpointer data, guint32 tag, TwPropValue *ret)
{
    const TwMessageRow *row = ((const Row *) data)->row;
    TwPropValue values[] = {
        tw_value_long(PR_MESSAGE_FLAGS, row->flags),
        tw_value_long(PR_MSG_STATUS, row->status),
        tw_value_long(PR_MESSAGE_SIZE, (guint32) MIN(row->size, G_MAXINT32)),
        tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, row->size),
        tw_value_bool(PR_READ, (row->flags & TW_MSGFLAG_READ) != 0),
        tw_value_bool(PR_HASATTACH, (row->flags & TW_MSGFLAG_HAS_ATTACH) != 0),
        tw_value_bool(PR_ASSOCIATED, (row->state & 1) != 0),
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (tw_prop_tag_answers(values[i].tag, tag)) {
            *ret = values[i];
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
load(Row *row)
{
    g_autoptr(GBytes) record = NULL;
    const guint8 *data;
    gsize len;

    if (row->asked)
        return row->body != NULL;
    row->asked = TRUE;
    record = tw_content_get_record(row->filter->tx, row->filter->store, row->row->bid, &row->error);
    if (record == NULL)
        return FALSE;
    data = g_bytes_get_data(record, &len);
    row->body = tw_tail_open(data, len, NULL, NULL, &row->error);
    if (row->body == NULL)
        return FALSE;
    data = g_bytes_get_data(row->body, &len);
    if (tw_props_open_verified(data, len, &row->props, &row->error))
        return TRUE;
    g_clear_pointer(&row->body, g_bytes_unref);
    return FALSE;
}

static gboolean
get_stored(gpointer data, guint32 tag, TwPropValue *ret)
{
    Row *row = data;

    return load(row) && tw_props_get(&row->props, tag, ret);
}

static gboolean
get_stored_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    Row *row = data;

    return load(row) && tw_props_get_row(&row->props, tag, index, ret);
}

static gboolean
match(const TwSyncFilter *filter, Row *row, gboolean *ret, GError **error)
{
    TwPropSource columns = { .get = get_column, .data = row };
    TwPropSource stored = { .get = get_stored, .get_row = get_stored_row, .data = row };
    TwMatchContext context = { .collation = filter->collation };
    TwHead head;
    TwHeadSource heads = { .head = &head, .first = &columns, .more = &stored };
    TwPropSource source = tw_head_source(&heads);
    gsize len;
    const guint8 *data = g_bytes_get_data(row->row->head, &len);

    if (!tw_head_open_verified(data, len, &head)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "message %u: damaged head", row->row->mid);
        return FALSE;
    }
    *ret = tw_restriction_match(filter->filter, &source, &context);
    g_clear_pointer(&row->body, g_bytes_unref);
    if (row->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&row->error));
    return FALSE;
}

gboolean
tw_sync_filter_fits(const TwSyncFilter *filter, guint32 mid, gboolean *ret, GError **error)
{
    g_auto(TwMessageRow) message = { 0 };
    g_autoptr(GError) failure = NULL;
    Row row = { .filter = filter, .row = &message };

    *ret = TRUE;
    if (filter->filter == NULL)
        return TRUE;
    if (tw_sql_msg_get(filter->tx, filter->store, mid, TRUE, &message, &failure))
        return match(filter, &row, ret, error);
    *ret = FALSE;
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
