/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Kinds of fields as bytes: converted mails, the object and where in the mail the data of its attachments is. */
#include "base/error.h"
#include "convert/mail-in.h"
#include "session/pack-private.h"

static void
clear_source(gpointer source)
{
    g_clear_pointer(&((TwMailSource *) source)->prefix, g_bytes_unref);
}

static void
free_converted(gpointer converted)
{
    tw_mail_in_free(converted);
}

static void
put_source(const TwMailSource *source, TwBuffer *out)
{
    gsize len = 0;
    gconstpointer prefix = source->prefix != NULL ? g_bytes_get_data(source->prefix, &len) : NULL;

    tw_pack_bytes(out, source->path.bytes, source->path.len);
    tw_buffer_put_u32le(out, source->part);
    tw_buffer_put_u8(out, source->whole != FALSE);
    tw_buffer_put_u8(out, source->encoding);
    tw_buffer_put_u64le(out, source->start);
    tw_buffer_put_u64le(out, source->len);
    tw_pack_bytes(out, prefix, len);
}

static gboolean
take_source(TwUnpacker *in, TwMailSource *ret, GError **error)
{
    TwCursor path, prefix;
    guint64 start, len;

    if (!tw_unpack_bytes(in, &path, error))
        return FALSE;
    if (path.left > TW_PART_MAX_LEN || !tw_cursor_take_u32le(&in->cur, &ret->part))
        return tw_unpack_failed("no path of a value", error);
    if (!tw_unpack_bool(in, &ret->whole, error))
        return FALSE;
    if (!tw_cursor_take_u8(&in->cur, &ret->encoding) || !tw_cursor_take_u64le(&in->cur, &start) ||
        !tw_cursor_take_u64le(&in->cur, &len) || start > G_MAXSIZE || len > G_MAXSIZE)
        return tw_unpack_failed("no place in a mail", error);
    if (!tw_unpack_bytes(in, &prefix, error))
        return FALSE;
    if (path.left > 0)
        memcpy(ret->path.bytes, path.next, path.left);
    ret->path.len = (guint8) path.left;
    ret->start = (gsize) start;
    ret->len = (gsize) len;
    ret->prefix = prefix.left > 0 ? g_bytes_new(prefix.next, prefix.left) : NULL;
    return TRUE;
}

void
tw_pack_kind_converted(gconstpointer field, TwBuffer *out)
{
    const TwMailIn *converted = *(const TwMailIn *const *) field;

    tw_pack_object_tree(converted != NULL ? converted->object : NULL, out);
    if (converted == NULL)
        return;
    tw_pack_count(out, converted->sources->len);
    for (guint i = 0; i < converted->sources->len; i++)
        put_source(&g_array_index(converted->sources, TwMailSource, i), out);
}

enum {
    LEAST_SOURCE = 4 + 4 + 1 + 1 + 8 + 8 + 4
};

gboolean
tw_unpack_kind_converted(TwUnpacker *in, gpointer field, GError **error)
{
    TwObject *object = NULL;
    TwMailIn *converted;
    guint32 count;

    if (!tw_unpack_object_tree(in, &object, error))
        return FALSE;
    if (object == NULL)
        return TRUE;
    converted = g_new0(TwMailIn, 1);
    converted->object = object;
    converted->sources = g_array_new(FALSE, TRUE, sizeof(TwMailSource));
    converted->calendars = g_array_new(FALSE, TRUE, sizeof(TwMailCalendar));
    g_array_set_clear_func(converted->sources, clear_source);
    tw_unpack_keep(in, converted, free_converted);
    *(const TwMailIn **) field = converted;
    if (!tw_unpack_count(in, LEAST_SOURCE, &count, error))
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        g_array_set_size(converted->sources, i + 1);
        if (!take_source(in, &g_array_index(converted->sources, TwMailSource, i), error))
            return FALSE;
    }
    return TRUE;
}
