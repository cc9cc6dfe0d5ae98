/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/collapse.h"

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "mapi/sort.h"
#include "store/table.h"

enum {
    VERSION = 1,
    HEADING_LEN = 8, /* of the shortest one */
};

static const guint8 magic[4] = { 'T', 'W', 'C', 'S' };

static void
clear_heading(gpointer data)
{
    g_clear_pointer(&((TwCollapseHeading *) data)->values, g_bytes_unref);
}

void
tw_collapse_state_init(TwCollapseState *state)
{
    *state = (TwCollapseState){ .headings = g_array_new(FALSE, FALSE, sizeof(TwCollapseHeading)) };
    g_array_set_clear_func(state->headings, clear_heading);
}

void
tw_collapse_state_clear(TwCollapseState *state)
{
    g_clear_pointer(&state->values, g_bytes_unref);
    g_clear_pointer(&state->headings, g_array_unref);
}

/* u32 length and a bag; none: NULL. */
static gboolean
take_bag(TwCursor *cur, GBytes **ret)
{
    guint32 len;
    const guint8 *data;
    TwProps props;

    if (!tw_cursor_take_u32le(cur, &len) || !tw_cursor_take(cur, len, &data))
        return FALSE;
    *ret = NULL;
    if (len == 0)
        return TRUE;
    if (!tw_props_open(data, len, &props, NULL))
        return FALSE;
    *ret = g_bytes_new(data, len);
    return TRUE;
}

static gboolean
take_heading(TwCursor *cur, TwCollapseHeading *ret)
{
    guint8 depth, expanded;
    guint16 zero;

    if (!tw_cursor_take_u8(cur, &depth) || !tw_cursor_take_u8(cur, &expanded) ||
        !tw_cursor_take_u16le(cur, &zero) || depth == 0 || depth > TW_SORT_MAX_KEYS ||
        expanded > 1 || zero != 0 || !take_bag(cur, &ret->values))
        return FALSE;
    ret->depth = depth;
    ret->expanded = expanded != 0;
    return ret->values != NULL;
}

static gboolean
take_state(TwCursor *cur, TwCollapseState *state, guint16 count)
{
    guint8 depth, zero[3];
    const guint8 *bytes;

    if (!tw_cursor_take_u32le(cur, &state->number) || !tw_cursor_take_u32le(cur, &state->order) ||
        !tw_cursor_take_u8(cur, &depth) || !tw_cursor_take(cur, sizeof zero, &bytes) ||
        (bytes[0] | bytes[1] | bytes[2]) != 0 || depth > TW_SORT_MAX_KEYS ||
        (state->target == TW_COLLAPSE_HEADING) != (depth > 0) || !take_bag(cur, &state->values) ||
        (state->target == TW_COLLAPSE_NONE) != (state->values == NULL) ||
        count > cur->left / HEADING_LEN)
        return FALSE;
    state->depth = depth;
    for (guint i = 0; i < count; i++) {
        TwCollapseHeading heading = { 0 };
        if (!take_heading(cur, &heading)) {
            clear_heading(&heading);
            return FALSE;
        }
        g_array_append_val(state->headings, heading);
    }
    return cur->left == 0;
}

gboolean
tw_collapse_state_parse(const guint8 *data, gsize len, TwCollapseState *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    g_auto(TwCollapseState) state;
    const guint8 *start;
    guint8 version, target;
    guint16 count;

    tw_collapse_state_init(&state);
    if (len > TW_TABLE_MAX_STATE)
        goto too_big;
    if (!tw_cursor_take(&cur, sizeof magic, &start) || memcmp(start, magic, sizeof magic) != 0 ||
        !tw_cursor_take_u8(&cur, &version) || version == 0)
        goto corrupt;
    if (version > VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "collapse state: version %u", version);
        return FALSE;
    }
    if (!tw_cursor_take_u8(&cur, &target) || target > TW_COLLAPSE_HEADING ||
        !tw_cursor_take_u16le(&cur, &count))
        goto corrupt;
    if (count > TW_TABLE_MAX_TOGGLED)
        goto too_big;
    state.target = (TwCollapseTarget) target;
    if (!take_state(&cur, &state, count))
        goto corrupt;
    tw_collapse_state_clear(ret);
    *ret = state;
    state = (TwCollapseState){ 0 };
    return TRUE;

too_big:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "collapse state: too large");
    return FALSE;
corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "collapse state: not of its form");
    return FALSE;
}

static void
put_bag(TwBuffer *out, GBytes *bag)
{
    gsize len = 0;
    const guint8 *data = bag != NULL ? g_bytes_get_data(bag, &len) : NULL;

    tw_buffer_put_u32le(out, (guint32) len);
    tw_buffer_put(out, data, len);
}

GBytes *
tw_collapse_state_write(const TwCollapseState *state, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_TABLE_MAX_STATE);

    if (state->headings->len > TW_TABLE_MAX_TOGGLED) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "collapse state: %u headings",
                    state->headings->len);
        return NULL;
    }
    tw_buffer_put(&out, magic, sizeof magic);
    tw_buffer_put_u8(&out, VERSION);
    tw_buffer_put_u8(&out, (guint8) state->target);
    tw_buffer_put_u16le(&out, (guint16) state->headings->len);
    tw_buffer_put_u32le(&out, state->number);
    tw_buffer_put_u32le(&out, state->order);
    tw_buffer_put_u8(&out, (guint8) state->depth);
    tw_buffer_put_zeros(&out, 3);
    put_bag(&out, state->values);
    for (guint i = 0; i < state->headings->len; i++) {
        const TwCollapseHeading *heading = &g_array_index(state->headings, TwCollapseHeading, i);
        tw_buffer_put_u8(&out, (guint8) heading->depth);
        tw_buffer_put_u8(&out, heading->expanded ? 1 : 0);
        tw_buffer_put_u16le(&out, 0);
        put_bag(&out, heading->values);
    }
    return tw_buffer_steal_bytes(&out, error);
}
