/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of a message's properties share. */
#pragma once

#include <string.h>

#include "store/message-props.h"

G_BEGIN_DECLS

static inline TwPropsAnswer
tw_props_give(TwPropValue value, guint32 tag, TwPropValue *ret)
{
    if (value.tag != tag && !tw_prop_tag_answers(value.tag, tag))
        return TW_PROPS_ABSENT;
    *ret = value;
    return TW_PROPS_FOUND;
}

static inline TwPropsAnswer
tw_props_give_long(guint32 own, guint64 number, guint32 tag, TwPropValue *ret)
{
    return tw_props_give(tw_value_long(own, (guint32) MIN(number, G_MAXUINT32)), tag, ret);
}

static inline TwPropsAnswer
tw_props_give_bytes(guint32 own, GBytes *bytes, guint32 tag, TwPropValue *ret)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    return tw_props_give(tw_value_bytes(own, data, len), tag, ret);
}

/* message-names.c: the facts of the folder of this message; what they said of another one is forgotten. NULL: nobody lent any. */
TwFolderFacts *tw_props_facts(TwMessageProps *props);
gboolean tw_props_load_folder_names(TwMessageProps *props, TwDbTx *tx, GError **error);

/* message-row-props.c: what a row knows of a message, or what stands for it. FALSE: nothing; ask head and tail. */
gboolean tw_props_ask_row(TwMessageProps *props,
                          guint32 tag,
                          TwPropValue *ret,
                          TwPropsAnswer *answer);

/* message-categories.c: once the tail was tried. A message without any has a value of type ERROR. */
gboolean tw_props_load_categories(TwMessageProps *props, TwDbTx *tx, GError **error);
TwPropsAnswer tw_props_give_categories(TwMessageProps *props, guint32 tag, TwPropValue *ret);

/* message-props.c: @bytes live as long as the message is open. FALSE: they had no room. */
gboolean tw_props_keep_value(TwMessageProps *props, TwBuffer *bytes);

G_END_DECLS
