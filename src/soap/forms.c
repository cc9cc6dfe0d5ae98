/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sort orders and rule actions. */
#include "soap/forms.h"

#include "base/error.h"

gboolean
tw_soap_sort_order_get(const TwSoapSortOrderArray *list,
                       guint32 categories,
                       guint32 expanded,
                       TwSortOrder *ret,
                       GError **error)
{
    TwSortKey keys[TW_SORT_MAX_KEYS];
    guint32 count = list != NULL ? list->count : 0;

    if (count > TW_SORT_MAX_KEYS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "%u sort keys", count);
        return FALSE;
    }
    for (guint32 i = 0; i < count; i++)
        keys[i] = (TwSortKey){ list->items[i].ulPropTag, (TwSortDirection) list->items[i].ulOrder };
    return tw_sort_order_set(keys, count, categories, expanded, ret, error);
}

gboolean
tw_soap_sort_order_list(const TwSortOrder *order, TwArena *arena, TwSoapSortOrderArray *ret)
{
    TwSoapSortOrder *items = tw_arena_alloc_array(arena, order->count, sizeof *items);

    if (items == NULL)
        return FALSE;
    for (guint i = 0; i < order->count; i++)
        items[i] = (TwSoapSortOrder){ order->keys[i].tag, order->keys[i].direction };
    *ret = (TwSoapSortOrderArray){ items, order->count };
    return TRUE;
}

/* --- actions from the wire ------------------------------------------------------------------------------------- */

static gboolean
refuse(GError **error, const char *message)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, message);
    return FALSE;
}

/* Bags of recipients, which live until the actions are made. */
typedef struct {
    GPtrArray *bags;  /* GBytes */
    GPtrArray *lists; /* TwProps arrays */
} Scratch;

static gboolean
get_recipients(const TwSoapRowSet *rows, Scratch *scratch, TwAction *ret, GError **error)
{
    TwProps *props;

    if (rows->count > TW_ACTIONS_MAX_RECIPIENTS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%u recipients of an action", rows->count);
        return FALSE;
    }
    props = g_new0(TwProps, MAX(rows->count, 1));
    g_ptr_array_add(scratch->lists, props);
    for (guint32 i = 0; i < rows->count; i++) {
        g_auto(TwPropsBuilder) builder = { 0 };
        GBytes *bag;

        tw_props_builder_init(&builder);
        for (guint32 k = 0; k < rows->items[i].count; k++)
            tw_props_builder_set(&builder, rows->items[i].items[k]);
        bag = tw_props_builder_finish_bytes(&builder, error);
        if (bag == NULL)
            return FALSE;
        g_ptr_array_add(scratch->bags, bag);
        if (!tw_props_open_bytes(bag, &props[i], error))
            return FALSE;
    }
    ret->recipients = props;
    ret->recipient_count = rows->count;
    return TRUE;
}

static gboolean
lend(const TwSoapBytes *bytes, const guint8 **ret, guint32 *ret_len, GError **error)
{
    if (bytes->len > TW_ACTIONS_MAX_BYTES) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "bytes of an action");
        return FALSE;
    }
    *ret = bytes->data;
    *ret_len = (guint32) bytes->len;
    return TRUE;
}

static gboolean
get_reply(const TwSoapActionReply *reply, TwAction *ret, GError **error)
{
    if (reply->guid.len != sizeof ret->guid)
        return refuse(error, "a template's GUID that is not 16 bytes long");
    memcpy(ret->guid, reply->guid.data, sizeof ret->guid);
    return lend(&reply->message, &ret->message, &ret->message_len, error);
}

static gboolean
get_action(const TwSoapAction *one, Scratch *scratch, TwAction *ret, GError **error)
{
    *ret = (TwAction){ .type = (TwActionType) one->acttype,
                       .flavor = one->flavor,
                       .flags = one->flags };
    switch (ret->type) {
    case TW_ACTION_MOVE:
    case TW_ACTION_COPY:
        return one->moveCopy == NULL
                   ? refuse(error, "an action without its folder")
                   : lend(&one->moveCopy->store, &ret->store, &ret->store_len, error) &&
                         lend(&one->moveCopy->folder, &ret->folder, &ret->folder_len, error);
    case TW_ACTION_REPLY:
    case TW_ACTION_OOF_REPLY:
        return one->reply == NULL ? refuse(error, "an action without its template")
                                  : get_reply(one->reply, ret, error);
    case TW_ACTION_DEFER:
        return one->defer == NULL ? refuse(error, "an action without its bytes")
                                  : lend(&one->defer->bin, &ret->data, &ret->data_len, error);
    case TW_ACTION_BOUNCE:
        if (one->bouncecode == NULL)
            return refuse(error, "an action without its code");
        ret->bounce = *one->bouncecode;
        return TRUE;
    case TW_ACTION_FORWARD:
    case TW_ACTION_DELEGATE:
        return one->adrlist == NULL ? refuse(error, "an action without its recipients")
                                    : get_recipients(one->adrlist, scratch, ret, error);
    case TW_ACTION_TAG:
        if (one->prop == NULL)
            return refuse(error, "an action without its property");
        ret->value = *one->prop;
        return TRUE;
    case TW_ACTION_DELETE:
    case TW_ACTION_MARK_READ:
        return TRUE;
    }
    return refuse(error, "an action of no known type");
}

static void
unref_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

TwActions *
tw_soap_actions_new(const TwSoapActions *list, GError **error)
{
    g_autofree TwAction *actions = NULL;
    g_autoptr(GPtrArray) bags = g_ptr_array_new_with_free_func(unref_bytes);
    g_autoptr(GPtrArray) lists = g_ptr_array_new_with_free_func(g_free);
    Scratch scratch = { .bags = bags, .lists = lists };

    if (list->count > TW_ACTIONS_MAX_COUNT) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%u actions", list->count);
        return NULL;
    }
    actions = g_new0(TwAction, MAX(list->count, 1));
    for (guint32 i = 0; i < list->count; i++) {
        if (!get_action(&list->items[i], &scratch, &actions[i], error))
            return NULL;
    }
    return tw_actions_new(actions, list->count, error);
}

/* --- actions for the wire -------------------------------------------------------------------------------------- */

static TwSoapRowSet *
put_recipients(const TwAction *action, TwArena *arena)
{
    TwSoapRowSet *rows = tw_arena_new0(arena, TwSoapRowSet);

    if (rows == NULL)
        return NULL;
    rows->items = tw_arena_alloc_array(arena, action->recipient_count, sizeof *rows->items);
    if (rows->items == NULL)
        return NULL;
    rows->count = action->recipient_count;
    for (guint32 i = 0; i < rows->count; i++) {
        TwSoapPropValArray *row = &rows->items[i];
        row->items = tw_arena_alloc_array(arena, action->recipients[i].count, sizeof *row->items);
        if (row->items == NULL)
            return NULL;
        while (tw_props_at(&action->recipients[i], row->count, &row->items[row->count]))
            if (++row->count == action->recipients[i].count)
                break;
    }
    return rows;
}

static gboolean
put_action(const TwAction *action, TwArena *arena, TwSoapAction *ret)
{
    ret->acttype = action->type;
    ret->flavor = action->flavor;
    ret->flags = action->flags;
    switch (action->type) {
    case TW_ACTION_MOVE:
    case TW_ACTION_COPY:
        ret->moveCopy = tw_arena_new0(arena, TwSoapActionMoveCopy);
        if (ret->moveCopy == NULL)
            return FALSE;
        ret->moveCopy->store = (TwSoapBytes){ action->store, action->store_len };
        ret->moveCopy->folder = (TwSoapBytes){ action->folder, action->folder_len };
        return TRUE;
    case TW_ACTION_REPLY:
    case TW_ACTION_OOF_REPLY:
        ret->reply = tw_arena_new0(arena, TwSoapActionReply);
        if (ret->reply == NULL)
            return FALSE;
        ret->reply->message = (TwSoapBytes){ action->message, action->message_len };
        ret->reply->guid = (TwSoapBytes){ action->guid, sizeof action->guid };
        return TRUE;
    case TW_ACTION_DEFER:
        ret->defer = tw_arena_new0(arena, TwSoapActionDefer);
        if (ret->defer == NULL)
            return FALSE;
        ret->defer->bin = (TwSoapBytes){ action->data, action->data_len };
        return TRUE;
    case TW_ACTION_BOUNCE:
        ret->bouncecode = tw_arena_copy(arena, &action->bounce, sizeof action->bounce);
        return ret->bouncecode != NULL;
    case TW_ACTION_FORWARD:
    case TW_ACTION_DELEGATE:
        ret->adrlist = put_recipients(action, arena);
        return ret->adrlist != NULL;
    case TW_ACTION_TAG:
        ret->prop = tw_arena_copy(arena, &action->value, sizeof action->value);
        return ret->prop != NULL;
    case TW_ACTION_DELETE:
    case TW_ACTION_MARK_READ:
        return TRUE;
    }
    return TRUE;
}

gboolean
tw_soap_actions_list(const TwActions *actions, TwArena *arena, TwSoapActions *ret)
{
    guint count = tw_actions_count(actions);
    TwSoapAction *items = tw_arena_alloc_array(arena, count, sizeof *items);

    if (items == NULL)
        return FALSE;
    for (guint i = 0; i < count; i++) {
        if (!put_action(tw_actions_get(actions, i), arena, &items[i]))
            return FALSE;
    }
    *ret = (TwSoapActions){ items, count };
    return TRUE;
}
