/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Cells. All is filled from rows and heads first; what only tails know is then read for the rows that need it, in one snapshot. Rules of
 * cells: spec/mapi-soap.md 8.3, generated columns: 8.4.
 */
#include "base/error.h"
#include "base/utf8.h"
#include "mapi/codepage.h"
#include "mapi/keys.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/table-private.h"

enum {
    ACCESS_MESSAGE = 7,   /* PR_ACCESS of a message for its owner: modify, read, delete */
    CODEPAGE_LATIN = 1252 /* of 8-bit text whose code page nobody said */
};

/* What cells borrow from. */
typedef struct {
    guint count;
    TwTableRow **rows;
    TwMessageProps *props; /* of messages */
    TwProps *bags;         /* of others */
    guint8 (*keys)[TW_INSTANCE_KEY_LEN];
    TwTableRef *refs;
    GPtrArray *texts; /* char *: 8-bit text as UTF-8; NULL: none */
    GBytes *owner;    /* of rows that were read elsewhere: all of it; NULL */
} Held;

static void
free_held(Held *held)
{
    for (guint i = 0; i < held->count; i++) {
        tw_message_props_clear(&held->props[i]);
        tw_table_row_unref(held->rows[i]);
    }
    g_free(held->rows);
    g_free(held->props);
    g_free(held->bags);
    g_free(held->keys);
    g_free(held->refs);
    g_clear_pointer(&held->texts, g_ptr_array_unref);
    g_clear_pointer(&held->owner, g_bytes_unref);
    g_free(held);
}

void
tw_table_rows_free(TwTableRows *rows)
{
    if (rows == NULL)
        return;
    g_free(rows->cells);
    free_held(rows->held);
    g_free(rows);
}

TwTableRows *
tw_table_rows_new_packed(guint row_count, guint column_count, TwPropValue *cells, GBytes *owner)
{
    TwTableRows *rows = g_new0(TwTableRows, 1);
    Held *held = g_new0(Held, 1);

    held->owner = g_bytes_ref(owner);
    *rows = (TwTableRows){
        .row_count = row_count, .column_count = column_count, .cells = cells, .held = held
    };
    return rows;
}

TwTableRef
tw_table_ref_of(const TwTable *table, TwViewPlace place)
{
    const TwView *view = table->shared->view;
    const TwViewEntry *entry;
    const TwViewGroup *group = place.group;

    if (place.slot != TW_VIEW_HEADING) {
        entry = tw_view_entry(view, place.slot);
        return (TwTableRef){ .number = entry->number,
                             .order = entry->order,
                             .sample = entry->number,
                             .instance = entry->order,
                             .depth = tw_view_get_levels(view),
                             .row_type = TW_TABLE_ROW_TYPE_LEAF };
    }
    while (group->slots == NULL)
        group = group->groups->pdata[0];
    entry = tw_view_entry(view, g_array_index(group->slots, guint32, 0));
    return (TwTableRef){
        .heading = TRUE,
        .order = place.group->number,
        .sample = entry->number,
        .instance = entry->order,
        .depth = place.group->depth - 1,
        .row_type = tw_table_is_expanded(table, place.group) ? TW_TABLE_ROW_TYPE_EXPANDED
                                                             : TW_TABLE_ROW_TYPE_COLLAPSED,
        .rows = place.group->rows,
        .unread = place.group->unread,
    };
}

/* ---- values ---- */

/* One row while its cells are made. */
typedef struct {
    const TwTable *table;
    const TwTableRef *ref;
    TwMessageProps *props; /* NULL: not a message */
    const TwProps *bag;    /* or not a bag */
    const guint8 *key;     /* PR_INSTANCE_KEY */
    gboolean load;         /* load what is needed, rather than say LATER */
} RowInHand;

static TwPropsAnswer
give(TwPropValue value, guint32 tag, TwPropValue *ret)
{
    if (value.tag != tag && !tw_prop_tag_answers(value.tag, tag))
        return TW_PROPS_ABSENT;
    *ret = value;
    return TW_PROPS_FOUND;
}

/* Columns that a heading has: those that made it and those of the headings above. */
static gboolean
is_heading_column(const RowInHand *row, guint32 tag)
{
    const TwSortOrder *order = &row->table->order;

    for (guint i = 0; i < order->count; i++) {
        int level = row->table->key_level[i];
        if (tw_prop_tag_id(order->keys[i].tag) == tw_prop_tag_id(tag) && level >= 0 &&
            level <= (int) row->ref->depth && order->keys[i].direction != TW_SORT_CATEGORY_MAX &&
            order->keys[i].direction != TW_SORT_CATEGORY_MIN)
            return TRUE;
    }
    return FALSE;
}

/* What its user may do with a message. */
static TwTableAccess
access_of(const RowInHand *row)
{
    const TwTableSource *source = row->table->source;
    TwTableAccess access = { .access = ACCESS_MESSAGE, .access_level = 1 };

    if (source->see != NULL) {
        if (!source->see(row->props->row->folder, &access, source->see_data))
            access = (TwTableAccess){ 0 };
    } else if (row->table->caller.has_access) {
        access = row->table->caller.access;
    }
    return access;
}

/* Columns that the table makes. FALSE: the row knows. */
static gboolean
ask_table(const RowInHand *row, guint32 tag, TwPropValue *ret, TwPropsAnswer *answer)
{
    const TwTableCaller *caller = &row->table->caller;
    const TwTableRef *ref = row->ref;

    switch (tag >> 16) {
    case PR_INSTANCE_KEY >> 16:
        *answer = give(tw_value_bytes(PR_INSTANCE_KEY, row->key, TW_INSTANCE_KEY_LEN), tag, ret);
        return TRUE;
    case PR_ROW_TYPE >> 16:
        *answer = give(tw_value_long(PR_ROW_TYPE, ref->row_type), tag, ret);
        return TRUE;
    case PR_DEPTH >> 16:
        if (row->bag != NULL && !ref->heading && row->table->order.categories == 0 &&
            tw_props_get(row->bag, tag, ret)) {
            *answer = TW_PROPS_FOUND;
            return TRUE;
        }
        *answer = give(tw_value_long(PR_DEPTH, ref->depth), tag, ret);
        return TRUE;
    case PR_CONTENT_COUNT >> 16:
        if (!ref->heading)
            return FALSE;
        *answer = give(tw_value_long(PR_CONTENT_COUNT, ref->rows), tag, ret);
        return TRUE;
    case PR_CONTENT_UNREAD >> 16:
        if (!ref->heading)
            return FALSE;
        *answer = give(tw_value_long(PR_CONTENT_UNREAD, ref->unread), tag, ret);
        return TRUE;
    case PR_ACCESS >> 16:
        if (row->props == NULL || ref->heading)
            return FALSE;
        *answer = give(tw_value_long(PR_ACCESS, access_of(row).access), tag, ret);
        return TRUE;
    case PR_ACCESS_LEVEL >> 16:
        if (row->props == NULL || ref->heading)
            return FALSE;
        *answer = give(tw_value_long(PR_ACCESS_LEVEL, access_of(row).access_level), tag, ret);
        return TRUE;
    case PR_STORE_SUPPORT_MASK >> 16:
        if (caller->support_mask == 0 || ref->heading)
            return FALSE;
        *answer = give(tw_value_long(PR_STORE_SUPPORT_MASK, caller->support_mask), tag, ret);
        return TRUE;
    default:
        return FALSE;
    }
}

static TwPropsAnswer
ask_bag(const TwProps *bag, guint32 tag, TwPropValue *ret)
{
    TwPropValue value;

    if (!tw_props_get_id(bag, tag >> 16, &value))
        return TW_PROPS_ABSENT;
    if (tw_prop_tag_type(value.tag) ==
        TW_PT_ERROR) { /* too large for a row, or computed elsewhere */
        *ret = value;
        return TW_PROPS_FOUND;
    }
    return give(value, tag, ret);
}

static TwPropsAnswer
ask_row(const RowInHand *row, guint32 tag, TwPropValue *ret)
{
    if (row->bag != NULL)
        return ask_bag(row->bag, tag, ret);
    if (!row->load)
        return tw_message_props_peek(row->props, tag, ret);
    return tw_message_props_get(row->props, tag, ret) ? TW_PROPS_FOUND : TW_PROPS_ABSENT;
}

static TwPropsAnswer
ask(const RowInHand *row, guint32 tag, TwPropValue *ret)
{
    TwPropsAnswer answer;
    TwPropValue value;

    if (ask_table(row, tag, ret, &answer))
        return answer;
    if ((row->ref->heading && !is_heading_column(row, tag)) ||
        (row->bag == NULL && row->props == NULL))
        return TW_PROPS_ABSENT;
    answer = ask_row(row, tag, &value);
    if (answer != TW_PROPS_FOUND)
        return answer;
    if (tw_prop_tag_is_instance(tag) && tw_prop_tag_is_multi(value.tag))
        return tw_value_item(&value, row->ref->instance, ret) ? TW_PROPS_FOUND : TW_PROPS_ABSENT;
    *ret = value;
    return TW_PROPS_FOUND;
}

/* ---- cells ---- */

static TwPropValue
error_cell(guint32 tag, guint32 result)
{
    return tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), result);
}

/* Bytes of the first characters of a text. */
static guint32
cut_text(const char *text, guint32 len)
{
    const char *p = text, *end = text + len;

    for (guint i = 0; i < TW_TABLE_MAX_TEXT && p < end; i++) {
        p++;
        while (p < end && ((guint8) *p & 0xc0) == 0x80)
            p++;
    }
    return (guint32) (p - text);
}

static void
make_utf8(Held *held, TwPropValue *value)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4 * (gsize) TW_TABLE_MAX_VALUE);
    g_autoptr(TwCodepageReader) reader = NULL;

    if (tw_utf8_valid(value->text, value->len, NULL))
        return;
    reader = tw_codepage_reader_new(CODEPAGE_LATIN);
    tw_codepage_reader_append(reader, (const guint8 *) value->text,
                              MIN(value->len, TW_TABLE_MAX_VALUE), &out);
    if (held->texts == NULL)
        held->texts = g_ptr_array_new_with_free_func(g_free);
    *value = tw_value_text(value->tag, (const char *) out.data, out.len);
    g_ptr_array_add(held->texts, g_steal_pointer(&out.data));
    out.len = out.capacity = 0;
}

static TwPropValue
finish_cell(const TwTable *table, Held *held, guint32 tag, TwPropValue value)
{
    guint type = tw_prop_tag_type(value.tag);

    if (type == TW_PT_ERROR)
        return error_cell(tag, value.u4);
    if (type == TW_PT_STRING8 || type == TW_PT_UNICODE) {
        if (type == TW_PT_STRING8)
            make_utf8(held, &value);
        if (tw_prop_tag_is_text(tag) || tw_prop_tag_is_instance(tag))
            value.tag = tag & ~(guint32) TW_PT_MV_INSTANCE;
        if (value.len > TW_TABLE_MAX_VALUE)
            return error_cell(tag, MAPI_E_NOT_ENOUGH_MEMORY);
        if ((table->flags & TW_TABLE_NO_CUT) == 0 && value.len > TW_TABLE_MAX_TEXT)
            value.len = cut_text(value.text, value.len);
    } else if (type == TW_PT_BINARY || tw_prop_tag_is_multi(value.tag)) {
        if (value.len > TW_TABLE_MAX_VALUE)
            return error_cell(tag, MAPI_E_NOT_ENOUGH_MEMORY);
        if ((table->flags & TW_TABLE_NO_CUT) == 0 && type == TW_PT_BINARY)
            value.len = MIN(value.len, TW_TABLE_MAX_BINARY);
    }
    return value;
}

static gboolean
never_in_table(guint32 tag)
{
    return tag == PR_HTML || tag == PR_RTF_COMPRESSED || tw_prop_tag_type(tag) == TW_PT_UNSPECIFIED;
}

static TwPropsAnswer
make_cell(const RowInHand *row, Held *held, guint32 tag, TwPropValue *cell)
{
    TwPropValue value;
    TwPropsAnswer answer = never_in_table(tag) ? TW_PROPS_ABSENT : ask(row, tag, &value);

    if (answer == TW_PROPS_FOUND)
        *cell = finish_cell(row->table, held, tag, value);
    else if (answer == TW_PROPS_ABSENT)
        *cell = error_cell(tag, MAPI_E_NOT_FOUND);
    return answer;
}

/* ---- windows ---- */

static RowInHand
row_in_hand(const TwTable *table, const Held *held, guint i)
{
    const TwTableRow *row = held->rows[i];

    return (RowInHand){ .table = table,
                        .ref = &held->refs[i],
                        .props = row != NULL && row->bag == NULL ? &held->props[i] : NULL,
                        .bag = row != NULL && row->bag != NULL ? &held->bags[i] : NULL,
                        .key = held->keys[i] };
}

/* Names stay with a row that others may see, so that the next window need not ask. */
static void
keep_keys(TwTableRow *row, const TwMessageProps *props)
{
    TwMessageKeys *keys;

    if (!props->has_keys || g_atomic_int_get(&row->refs) == 1 ||
        g_atomic_pointer_get(&row->keys) != NULL)
        return;
    keys = g_new0(TwMessageKeys, 1);
    keys->entry_id = props->keys.entry_id != NULL ? g_bytes_ref(props->keys.entry_id) : NULL;
    keys->source_key = props->keys.source_key != NULL ? g_bytes_ref(props->keys.source_key) : NULL;
    if (g_atomic_pointer_compare_and_exchange(&row->keys, NULL, keys))
        // cppcheck-suppress memleak
        return; /* they are the row's now */
    tw_message_keys_clear(keys);
    g_free(keys);
}

typedef struct {
    TwStore *store;
    Held *held;
    const guint8 *needs; /* of each row: 1 names, 2 the tail */
} LoadMore;

enum {
    NEEDS_NAMES = 1,
    NEEDS_TAIL = 2
};

/* Names of all rows that need them, by one statement. */
static gboolean
load_names(const LoadMore *more, TwDbTx *tx, GError **error)
{
    Held *held = more->held;
    g_autofree guint32 *mids = g_new(guint32, held->count);
    g_autofree TwMessageKeys *keys = g_new(TwMessageKeys, held->count);
    guint count = 0;

    for (guint i = 0; i < held->count; i++) {
        if ((more->needs[i] & NEEDS_NAMES) != 0 && !held->props[i].has_keys)
            mids[count++] = held->rows[i]->number;
    }
    if (!tw_message_keys_load(tx, more->store, mids, count, keys, error))
        return FALSE;
    count = 0;
    for (guint i = 0; i < held->count; i++) {
        if ((more->needs[i] & NEEDS_NAMES) != 0 && !held->props[i].has_keys) {
            held->props[i].keys = keys[count++];
            held->props[i].has_keys = TRUE;
        }
    }
    return TRUE;
}

static gboolean
load_more_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const LoadMore *more = data;
    g_auto(TwFolderFacts) facts = { 0 };
    gboolean ok = TRUE;

    if (!load_names(more, tx, error))
        return FALSE;
    for (guint i = 0; ok && i < more->held->count; i++) {
        TwMessageProps *props = &more->held->props[i];
        if (more->needs[i] == 0)
            continue;
        props->facts = &facts;
        ok = ((more->needs[i] & NEEDS_NAMES) == 0 ||
              tw_message_props_load(props, tx, FALSE, error)) &&
             ((more->needs[i] & NEEDS_TAIL) == 0 || tw_message_props_load(props, tx, TRUE, error));
        props->facts = NULL;
    }
    return ok;
}

static guint8
need_of(guint32 tag)
{
    switch (tag >> 16) {
    case PR_ENTRYID >> 16:
    case PR_RECORD_KEY >> 16:
    case PR_LONGTERM_ENTRYID_FROM_TABLE >> 16:
    case PR_SOURCE_KEY >> 16:
    case PR_PARENT_ENTRYID >> 16:
    case PR_PARENT_SOURCE_KEY >> 16:
        return NEEDS_NAMES;
    default:
        return NEEDS_TAIL;
    }
}

static gboolean
fill_late_cells(const TwTable *table, TwTableRows *rows, const guint8 *needs, GError **error)
{
    Held *held = rows->held;
    LoadMore more = { table->source->store, held, needs };

    if (!tw_store_read(table->source->store, load_more_tx, &more, error))
        return FALSE;
    for (guint i = 0; i < held->count; i++) {
        RowInHand row = row_in_hand(table, held, i);
        if (needs[i] == 0)
            continue;
        if ((needs[i] & NEEDS_NAMES) != 0)
            keep_keys(held->rows[i], &held->props[i]);
        for (guint c = 0; c < rows->column_count; c++) {
            TwPropValue *cell = &rows->cells[(gsize) i * rows->column_count + c];
            if (cell->tag == 0 && make_cell(&row, held, table->columns[c], cell) == TW_PROPS_LATER)
                *cell = error_cell(table->columns[c], MAPI_E_NOT_FOUND);
        }
    }
    return TRUE;
}

static gboolean
fill_cells(TwTable *table, TwTableRows *rows, GError **error)
{
    Held *held = rows->held;
    g_autofree guint8 *needs = NULL;
    gsize value_max =
        (table->flags & TW_TABLE_NO_CUT) != 0 ? TW_TABLE_MAX_VALUE + 1 : 4 * TW_TABLE_MAX_TEXT;

    for (guint i = 0; i < held->count; i++) {
        RowInHand row;
        TwPropValue *cells = &rows->cells[(gsize) i * rows->column_count];

        tw_instance_key_write(held->refs[i].heading ? 0 : held->refs[i].number, held->refs[i].order,
                              held->keys[i]);
        if (held->rows[i] != NULL)
            tw_table_row_open(table->source, held->rows[i], &held->props[i], &held->bags[i]);
        row = row_in_hand(table, held, i);
        if (row.props != NULL) {
            row.props->names = table->source->has_names ? &table->source->names : NULL;
            row.props->value_max = value_max;
        }
        for (guint c = 0; c < rows->column_count; c++) {
            if (make_cell(&row, held, table->columns[c], &cells[c]) != TW_PROPS_LATER)
                continue;
            cells[c].tag = 0;
            if (needs == NULL)
                needs = g_new0(guint8, held->count);
            needs[i] |= need_of(table->columns[c]);
        }
    }
    return needs == NULL || fill_late_cells(table, rows, needs, error);
}

/* Takes the references. */
static Held *
hold_rows(const TwTableRef *refs, TwTableRow **rows, guint count)
{
    Held *held = g_new0(Held, 1);
    guint room = MAX(count, 1);

    held->rows = g_new(TwTableRow *, room);
    held->refs = g_new(TwTableRef, room);
    held->props = g_new(TwMessageProps, room);
    held->bags = g_new(TwProps, room);
    held->keys = g_malloc_n(room, sizeof *held->keys);
    for (guint i = 0; i < count; i++) {
        held->rows[held->count] = rows[i];
        held->refs[held->count] = refs[i];
        held->props[held->count++].row = NULL;
    }
    return held;
}

TwTableRows *
tw_table_give_rows(
    TwTable *table, const TwTableRef *refs, TwTableRow **rows, guint count, GError **error)
{
    TwTableRows *self = g_new0(TwTableRows, 1);
    Held *held = hold_rows(refs, rows, count);

    self->held = held;
    self->row_count = held->count;
    self->column_count = table->column_count;
    self->cells = g_new(TwPropValue, MAX((gsize) self->row_count * self->column_count, 1));
    if (!fill_cells(table, self, error)) {
        tw_table_rows_free(self);
        return NULL;
    }
    return self;
}

TwTableRows *
tw_table_read_rows(
    TwTable *table, const TwTableRef *refs, guint count, gboolean keep, GError **error)
{
    g_autofree guint32 *numbers = g_new(guint32, MAX(count, 1));
    g_autofree TwTableRow **rows = g_new0(TwTableRow *, MAX(count, 1));
    g_autofree TwTableRef *there = g_new(TwTableRef, MAX(count, 1));
    guint used = 0;

    for (guint i = 0; i < count; i++)
        numbers[i] = refs[i].sample;
    if (!tw_table_source_get_rows(table->source, numbers, count, rows, error))
        return NULL;
    for (guint i = 0; i < count; i++) {
        if (rows[i] == NULL && !keep)
            continue;
        rows[used] = rows[i];
        there[used++] = refs[i];
    }
    return tw_table_give_rows(table, there, rows, used, error);
}

/* ---- for restrictions ---- */

static gboolean
match_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    TwTableMatchRow *match = data;
    RowInHand row = { .table = match->table,
                      .ref = match->ref,
                      .props = match->props,
                      .bag = match->bag,
                      .key = match->key,
                      .load = TRUE };

    return ask(&row, tag, ret) == TW_PROPS_FOUND;
}

static gboolean
match_get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    TwTableMatchRow *match = data;

    if (match->ref->heading)
        return FALSE;
    if (match->bag != NULL)
        return tw_props_get_row(match->bag, tag, index, ret);
    if (match->props != NULL) {
        TwPropSource source = tw_message_props_source(match->props);
        return source.get_row(source.data, tag, index, ret);
    }
    return FALSE;
}

TwPropSource
tw_table_match_source(TwTableMatchRow *row)
{
    tw_instance_key_write(row->ref->heading ? 0 : row->ref->number, row->ref->order, row->key);
    return (TwPropSource){ match_get, match_get_row, row };
}
