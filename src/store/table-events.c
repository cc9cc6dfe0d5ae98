/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Live tables. Each step of a view's change is told while the view is as the client's copy is then, so what is put behind what is always
 * in the copy. A row that moves is taken out of the view first and out of the copy last: in between, what is new is put behind rows that
 * both have.
 */
#include "base/error.h"
#include "store/table-private.h"

static TwTable *
table_of(TwViewListener *listener)
{
    return (TwTable *) (gpointer) listener;
}

static TwTableEvent *
add_event(TwTable *table, TwTableEventKind kind)
{
    TwTableEvent event = { .kind = kind, .row = -1 };

    if (table->token == 0 || table->quiet)
        return NULL;
    if (table->events->len > 0 &&
        g_array_index(table->events, TwTableEvent, 0).kind == TW_TABLE_CHANGED)
        return NULL;
    if (table->events->len >= table->tables->config.events_max) {
        tw_table_changed(table);
        return NULL;
    }
    g_array_append_val(table->events, event);
    return &g_array_index(table->events, TwTableEvent, table->events->len - 1);
}

void
tw_table_changed(TwTable *table)
{
    TwTableEvent event = { .kind = TW_TABLE_CHANGED, .row = -1 };

    table->total_known = FALSE;
    if (table->token == 0)
        return;
    g_array_set_size(table->events, 0);
    g_array_append_val(table->events, event);
}

/* Added or modified. */
static void
tell_row(TwTable *table, TwTableEventKind kind, TwViewPlace place)
{
    TwTableEvent *event = add_event(table, kind);
    TwViewPlace prior;

    if (event == NULL)
        return;
    tw_table_place_key(table, place, event->key);
    prior = tw_table_place_prev(table, place);
    event->has_prior = prior.group != NULL;
    if (event->has_prior)
        tw_table_place_key(table, prior, event->prior);
}

static void
tell_deleted(TwTable *table, guint32 number, guint32 order)
{
    TwTableEvent *event = add_event(table, TW_TABLE_ROW_DELETED);

    if (event != NULL)
        tw_instance_key_write(number, order, event->key);
}

static TwViewPlace
place_of_slot(TwTable *table, guint32 slot)
{
    return (TwViewPlace){ tw_view_entry(table->shared->view, slot)->group, slot, 0 };
}

/* Out of the way of a row that goes: what is read next is the row behind it. */
static void
leave_place(TwTable *table, TwViewPlace place)
{
    if (table->cursor == TW_CURSOR_ROW && table->at.group == place.group &&
        table->at.slot == place.slot)
        tw_table_set_cursor(table, tw_table_place_next(table, place));
}

static void
leaf_leaving(TwViewListener *listener, guint32 slot, G_GNUC_UNUSED gboolean moving)
{
    TwTable *table = table_of(listener);
    TwViewPlace place = place_of_slot(table, slot);

    table->was_visible = tw_table_place_visible(table, place);
    table->total_known = FALSE;
    leave_place(table, place);
}

static void
leaf_gone(TwViewListener *listener, guint32 number, guint32 order)
{
    TwTable *table = table_of(listener);

    if (table->was_visible)
        tell_deleted(table, number, order);
}

static void
leaf_came(TwViewListener *listener, guint32 slot, gboolean moved)
{
    TwTable *table = table_of(listener);
    TwViewPlace place = place_of_slot(table, slot);
    const TwViewEntry *entry = tw_view_entry(table->shared->view, slot);
    gboolean visible = tw_table_place_visible(table, place);
    gboolean was_visible = moved && table->was_visible;

    table->total_known = FALSE;
    if (visible)
        tell_row(table, was_visible ? TW_TABLE_ROW_MODIFIED : TW_TABLE_ROW_ADDED, place);
    else if (was_visible)
        tell_deleted(table, entry->number, entry->order);
}

static void
leaf_changed(TwViewListener *listener, guint32 slot)
{
    TwTable *table = table_of(listener);
    TwViewPlace place = place_of_slot(table, slot);

    if (table->token != 0 && tw_table_place_visible(table, place))
        tell_row(table, TW_TABLE_ROW_MODIFIED, place);
}

static void
group_leaving(TwViewListener *listener, TwViewGroup *group)
{
    TwTable *table = table_of(listener);
    TwViewPlace place = { group, TW_VIEW_HEADING, 0 };

    table->total_known = FALSE;
    leave_place(table, place);
    if (tw_table_place_visible(table, place))
        tell_deleted(table, 0, group->number);
}

static void
group_came(TwViewListener *listener, TwViewGroup *group)
{
    TwTable *table = table_of(listener);
    TwViewPlace place = { group, TW_VIEW_HEADING, 0 };

    table->total_known = FALSE;
    if (tw_table_place_visible(table, place))
        tell_row(table, TW_TABLE_ROW_ADDED, place);
}

static void
group_changed(TwViewListener *listener, TwViewGroup *group)
{
    TwTable *table = table_of(listener);
    TwViewPlace place = { group, TW_VIEW_HEADING, 0 };

    if (table->token != 0 && tw_table_place_visible(table, place))
        tell_row(table, TW_TABLE_ROW_MODIFIED, place);
}

static void
reordered(TwViewListener *listener)
{
    tw_table_changed(table_of(listener));
}

const TwViewListenerClass tw_table_listener = {
    .leaf_leaving = leaf_leaving,
    .leaf_gone = leaf_gone,
    .leaf_came = leaf_came,
    .leaf_changed = leaf_changed,
    .group_leaving = group_leaving,
    .group_came = group_came,
    .group_changed = group_changed,
    .reordered = reordered,
};

gboolean
tw_table_subscribe(TwTable *table, guint64 token, GError **error)
{
    if (token != 0 && !tw_table_sync(table, error))
        return FALSE;
    tw_lock(&table->source->lock);
    table->token = token;
    table->told = FALSE;
    g_array_set_size(table->events, 0);
    tw_unlock(&table->source->lock);
    return TRUE;
}

/* The rows of the events that have one, once each event. */
static void
collect_refs(TwTable *table, GArray *events, GArray *refs)
{
    for (guint i = 0; i < events->len; i++) {
        TwTableEvent *event = &g_array_index(events, TwTableEvent, i);
        TwViewPlace place;
        TwTableRef ref;

        event->row = -1;
        if ((event->kind != TW_TABLE_ROW_ADDED && event->kind != TW_TABLE_ROW_MODIFIED) ||
            !tw_table_place_of_key(table, event->key, sizeof event->key, &place))
            continue;
        ref = tw_table_ref_of(table, place);
        event->row = (int) refs->len;
        g_array_append_val(refs, ref);
    }
}

GArray *
tw_table_take_events(TwTable *table, TwTableRows **ret_rows, GError **error)
{
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(TwTableRef));
    g_autoptr(GArray) events = NULL;
    TwTableRows *rows;

    if (!tw_table_sync(table, error))
        return NULL;
    tw_lock(&table->source->lock);
    events = table->events;
    table->events = g_array_new(FALSE, FALSE, sizeof(TwTableEvent));
    table->told = FALSE;
    collect_refs(table, events, refs);
    tw_unlock(&table->source->lock);
    rows = tw_table_read_rows(table, (const TwTableRef *) (gpointer) refs->data, refs->len, TRUE,
                              error);
    if (rows == NULL) { /* the client has to read everything then */
        tw_lock(&table->source->lock);
        tw_table_changed(table);
        tw_unlock(&table->source->lock);
        return NULL;
    }
    *ret_rows = rows;
    return g_steal_pointer(&events);
}
