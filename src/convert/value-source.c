/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/value-source.h"

#include "base/error.h"

enum {
    PIECE = 64 * 1024
};

/* Whether a value is a run of bytes, and where. */
static gboolean
get_run(const TwPropValue *value, const guint8 **ret_data)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_UNICODE:
    case TW_PT_STRING8:
        *ret_data = (const guint8 *) value->text;
        return TRUE;
    case TW_PT_BINARY:
        *ret_data = value->data;
        return TRUE;
    default:
        return FALSE;
    }
}

gboolean
tw_value_source_len(const TwObject *node, guint32 tag, guint64 *ret_len)
{
    TwPropValue value;
    TwBlobRef ref;
    const guint8 *data;
    guint64 len;

    if (tw_object_get(node, tag, &value) && get_run(&value, &data))
        len = value.len;
    else if (tw_object_get_blob(node, tag, &ref, NULL))
        len = ref.len;
    else
        return FALSE;
    if (ret_len != NULL)
        *ret_len = len;
    return TRUE;
}

static gboolean
walk_blob(const TwValueSource *source,
          const TwObject *node,
          guint32 tag,
          guint64 len,
          TwValueTakeFunc take,
          gpointer data,
          GError **error)
{
    g_autofree guint8 *piece = g_malloc(PIECE);
    guint64 done = 0;

    while (done < len) {
        gsize got = 0;

        if (!source->read(source->data, node, tag, done, piece, (gsize) MIN(PIECE, len - done),
                          &got, error))
            return FALSE;
        if (got == 0 || got > len - done) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "property %08x ends at %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                        " bytes",
                        tag, done, len);
            return FALSE;
        }
        if (!take(data, piece, got, error))
            return FALSE;
        done += got;
    }
    return TRUE;
}

gboolean
tw_value_source_walk(const TwValueSource *source,
                     const TwObject *node,
                     guint32 tag,
                     TwValueTakeFunc take,
                     gpointer data,
                     GError **error)
{
    TwPropValue value;
    TwBlobRef ref;
    guint32 stored;
    const guint8 *bytes;

    if (tw_object_get(node, tag, &value) && get_run(&value, &bytes))
        return value.len == 0 || take(data, bytes, value.len, error);
    if (!tw_object_get_blob(node, tag, &ref, &stored)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no property %08x", tag);
        return FALSE;
    }
    if (source == NULL || source->read == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "no way to read property %08x", tag);
        return FALSE;
    }
    return walk_blob(source, node, stored, ref.len, take, data, error);
}

static gboolean
take_piece(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    TwBuffer *out = data;

    tw_buffer_put(out, bytes, len);
    if (!tw_buffer_failed(out))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a value of more than %zu bytes", out->limit);
    return FALSE;
}

GBytes *
tw_value_source_load(
    const TwValueSource *source, const TwObject *node, guint32 tag, gsize max_len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(max_len);

    if (!tw_value_source_walk(source, node, tag, take_piece, &out, error))
        return NULL;
    return tw_buffer_steal_bytes(&out, error);
}
