/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "session/making-private.h"

#include "base/error.h"

enum {
    MOST_ROWS = 1 << 20, /* of one table: each is in memory as long as it is open */
};

TwMaking
tw_making_begin(TwLocalCall *call)
{
    return (TwMaking){ .call = call, .bags = tw_table_bags_new(call->local->tables, FALSE) };
}

void
tw_making_clear(TwMaking *making)
{
    tw_table_bags_unref(making->bags);
}

gboolean
tw_making_add(TwMaking *making, TwPropsBuilder *builder, GError **error)
{
    g_autoptr(GBytes) bag = tw_props_builder_finish_bytes(builder, error);

    if (bag == NULL)
        return FALSE;
    if (making->count >= MOST_ROWS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many rows");
        return FALSE;
    }
    return tw_table_bags_set(making->bags, ++making->count, bag, error);
}

gboolean
tw_making_open(TwMaking *making,
               TwOpNeed need,
               guint flags,
               const TwMadeColumns *columns,
               guint32 *ret,
               GError **error)
{
    TwTableCaller caller = tw_local_table_caller(making->call, 0);
    TwLocalTable *self = tw_local_table_new_plain();

    self->need = need;
    self->table = tw_table_open_bags(making->bags, flags & TW_TABLE_NO_CUT, &caller);
    if (!tw_table_set_columns(self->table, columns->tags, columns->count, error))
        g_clear_pointer(&self->table, tw_table_free);
    return tw_local_table_keep(making->call->session, self, ret, error);
}

/* ---- values ---- */

void
tw_making_put_text(TwPropsBuilder *builder, guint32 tag, const char *text)
{
    if (text != NULL && *text != '\0')
        tw_props_builder_set(builder, tw_value_str(tag, text));
}

void
tw_making_put_long(TwPropsBuilder *builder, guint32 tag, guint32 number)
{
    tw_props_builder_set(builder, tw_value_long(tag, number));
}
