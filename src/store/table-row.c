/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A row of a table as it is kept: a message with its head, or a bag. */
#include "store/table-private.h"

enum {
    ROW_OVERHEAD = 64, /* bytes of a row in the cache beside its own */
};

TwTableRow *
tw_table_row_new_message(const TwMessageRow *row, const guint8 *head, gsize head_len)
{
    TwTableRow *self = g_malloc(sizeof *self + head_len);

    *self = (TwTableRow){ .number = row->mid, .row = *row, .has_head = head != NULL };
    self->refs = 1;
    self->bytes = sizeof *self + head_len + ROW_OVERHEAD;
    self->row.head = NULL;
    self->head_len = (guint16) head_len;
    if (head != NULL)
        memcpy(self->head, head, head_len);
    return self;
}

TwTableRow *
tw_table_row_new_bag(guint32 number, GBytes *bag)
{
    TwTableRow *self = g_new0(TwTableRow, 1);

    self->refs = 1;
    self->number = number;
    self->bag = g_bytes_ref(bag);
    self->bytes = sizeof *self + g_bytes_get_size(bag) + ROW_OVERHEAD;
    return self;
}

TwTableRow *
tw_table_row_ref(TwTableRow *row)
{
    g_atomic_int_inc(&row->refs);
    return row;
}

static void
free_keys(TwMessageKeys *keys)
{
    if (keys == NULL)
        return;
    tw_message_keys_clear(keys);
    g_free(keys);
}

void
tw_table_row_unref(TwTableRow *row)
{
    if (row == NULL || !g_atomic_int_dec_and_test(&row->refs))
        return;
    g_clear_pointer(&row->bag, g_bytes_unref);
    free_keys(row->keys);
    g_free(row);
}

gboolean
tw_table_row_is_unread(const TwTableRow *row)
{
    return row->bag == NULL && (row->row.flags & TW_MSGFLAG_READ) == 0;
}

static gboolean
bag_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_props_get(data, tag, ret);
}

static gboolean
bag_get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    return tw_props_get_row(data, tag, index, ret);
}

TwPropSource
tw_table_row_open(TwTableSource *source, TwTableRow *row, TwMessageProps *props, TwProps *bag)
{
    const TwMessageKeys *keys;

    if (row->bag != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(row->bag, &len);
        if (!tw_props_open_verified(data, len, bag, NULL))
            *bag = TW_PROPS_EMPTY;
        return (TwPropSource){ bag_get, bag_get_row, bag };
    }
    tw_message_props_open(props, source->store, NULL, &row->row, row->has_head ? row->head : NULL,
                          row->head_len);
    keys = g_atomic_pointer_get(&row->keys);
    if (keys != NULL) {
        props->has_keys = TRUE;
        props->keys.entry_id = keys->entry_id != NULL ? g_bytes_ref(keys->entry_id) : NULL;
        props->keys.source_key = keys->source_key != NULL ? g_bytes_ref(keys->source_key) : NULL;
    }
    return tw_message_props_source(props);
}
