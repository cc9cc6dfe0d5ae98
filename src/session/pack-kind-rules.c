/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Kinds of fields as bytes: rules. */
#include "mapi/wire.h"
#include "session/pack-private.h"

void
tw_pack_kind_rule_changes(gconstpointer field, TwBuffer *out)
{
    const TwRuleChanges *changes = field;

    tw_pack_count(out, changes->count);
    for (guint i = 0; i < changes->count; i++) {
        const TwProps *props = changes->items[i].props;
        tw_buffer_put_u32le(out, (guint32) changes->items[i].op);
        tw_buffer_put_u8(out, props != NULL);
        if (props != NULL)
            tw_pack_bytes(out, props->data, props->len);
    }
}

static gboolean
take_rule_change(TwUnpacker *in, TwRulesChange *ret, TwProps *memory, GError **error)
{
    gboolean there = FALSE;
    TwCursor bag;
    guint32 op = 0;

    if (!tw_pack_in_kind(TW_IN_U32)->unpack(in, &op, error) || !tw_unpack_bool(in, &there, error))
        return FALSE;
    ret->op = (TwRulesOp) op;
    if (!there)
        return TRUE;
    if (!tw_unpack_bytes(in, &bag, error) || !tw_props_open(bag.next, bag.left, memory, error))
        return FALSE;
    ret->props = memory;
    return TRUE;
}

enum {
    LEAST_RULE = 4 + 1
};

gboolean
tw_unpack_kind_rule_changes(TwUnpacker *in, gpointer field, GError **error)
{
    TwRuleChanges *changes = field;
    TwRulesChange *items;
    TwProps *bags;
    guint32 count;

    if (!tw_unpack_count(in, LEAST_RULE, &count, error))
        return FALSE;
    items = tw_unpack_keep(in, g_new0(TwRulesChange, MAX(count, 1)), g_free);
    bags = tw_unpack_keep(in, g_new0(TwProps, MAX(count, 1)), g_free);
    changes->items = items;
    changes->count = count;
    for (guint32 i = 0; i < count; i++) {
        if (!take_rule_change(in, &items[i], &bags[i], error))
            return FALSE;
    }
    return TRUE;
}

void
tw_pack_kind_rules(gconstpointer field, TwBuffer *out)
{
    const TwRules *rules = *(const TwRules *const *) field;
    g_autoptr(GBytes) bytes = rules != NULL ? tw_rules_write(rules) : NULL;

    tw_pack_in_kind(TW_IN_BYTES)->pack(&bytes, out);
}

gboolean
tw_unpack_kind_rules(TwUnpacker *in, gpointer field, GError **error)
{
    TwUnpacker inner = { .cur = in->cur };
    g_autoptr(GBytes) bytes = NULL;
    gconstpointer data;
    gsize len;

    if (!tw_pack_in_kind(TW_IN_BYTES)->unpack(&inner, &bytes, error))
        return FALSE;
    in->cur = inner.cur;
    if (bytes == NULL)
        return TRUE;
    data = g_bytes_get_data(bytes, &len);
    *(TwRules **) field = tw_rules_parse(data, len, error);
    return *(TwRules **) field != NULL;
}
