/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/message-place.h"

#include <string.h>

#include "base/error.h"
#include "mapi/part.h"

/* The way down from the message. FALSE: deeper than a message may be. */
static gboolean
put_steps(TwPart *part, const TwObject *node)
{
    const TwObject *nodes[2 * TW_PART_MAX_DEPTH + 4];
    guint count = 0;

    for (; tw_object_get_parent(node) != NULL; node = tw_object_get_parent(node)) {
        if (count == G_N_ELEMENTS(nodes))
            return FALSE;
        nodes[count++] = node;
    }
    while (count-- > 0) {
        TwObjectKind kind = tw_object_get_kind(nodes[count]);

        tw_part_push(part,
                     kind == TW_OBJECT_ATTACHMENT  ? TW_PART_ATTACHMENT
                     : kind == TW_OBJECT_RECIPIENT ? TW_PART_RECIPIENT
                                                   : TW_PART_EMBEDDED,
                     tw_object_get_number(nodes[count]));
    }
    return TRUE;
}

static gboolean
read_value(gpointer data,
           const TwObject *node,
           guint32 tag,
           guint64 offset,
           void *buf,
           gsize len,
           gsize *ret_len,
           GError **error)
{
    const TwMessagePlace *place = data;
    TwPart part = { .len = 0 };
    g_autoptr(GBytes) path = NULL;
    g_auto(TwValueReadArgs) args = { .store = place->store,
                                     .folder = place->folder,
                                     .message = place->message,
                                     .offset = offset,
                                     .most = (guint32) MIN(len, (gsize) TW_SESSION_MOST_BYTES) };

    if (!put_steps(&part, node)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "messages in too many messages");
        return FALSE;
    }
    tw_part_push(&part, TW_PART_PROPERTY, tw_prop_tag_id(tag));
    path = g_bytes_new(part.bytes, part.len);
    args.path = path;
    if (!tw_session_value_read(place->session, &args, error))
        return FALSE;
    *ret_len = MIN(len, g_bytes_get_size(args.bytes));
    if (*ret_len > 0)
        memcpy(buf, g_bytes_get_data(args.bytes, NULL), *ret_len);
    return TRUE;
}

TwValueSource
tw_message_place_values(TwMessagePlace *place)
{
    return (TwValueSource){ .read = read_value, .data = place };
}
