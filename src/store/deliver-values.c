/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/tags.h"
#include "store/deliver-private.h"

/* The reference of the skeleton whose value is the data of @source, or the number of references. */
static guint
find_ref(const GArray *refs, const TwMailSource *source)
{
    for (guint i = 0; source->whole && i < refs->len; i++) {
        if (g_array_index(refs, TwSkeletonRef, i).part == source->part)
            return i;
    }
    return refs->len;
}

static gboolean
count(G_GNUC_UNUSED const guint8 *data, gsize len, gpointer total, G_GNUC_UNUSED GError **error)
{
    *(guint64 *) total += len;
    return TRUE;
}

gboolean
tw_mail_values_measure(const TwMailValues *values,
                       const GArray *refs,
                       TwObject *object,
                       GError **error)
{
    for (guint i = 0; i < values->in->sources->len; i++) {
        const TwMailSource *source = &g_array_index(values->in->sources, TwMailSource, i);
        guint ref = find_ref(refs, source), id;
        TwBlobRef blob = { .known = FALSE };
        TwObject *node = tw_object_locate(object, source->path.bytes, source->path.len, &id);

        if (node == NULL)
            continue;
        if (ref < refs->len)
            blob.len = g_array_index(refs, TwSkeletonRef, ref).decoded_len;
        else if (!tw_mail_source_decode(values->mail, values->len, source, count, &blob.len, error))
            return FALSE;
        tw_object_set_blob(node, PR_ATTACH_DATA_BIN, &blob,
                           NULL); /* what does not fit is in the mail */
    }
    return TRUE;
}

static gboolean
to_writer(const guint8 *data, gsize len, gpointer writer, GError **error)
{
    return tw_blob_writer_put(writer, data, len, error);
}

static gboolean
put_source(const TwMailValues *values,
           const TwMailSource *source,
           TwBlobUse *use,
           const TwBlobOptions *options,
           TwBlobId *ret_id,
           GError **error)
{
    g_autoptr(TwBlobWriter) writer = tw_blob_writer_new(use, options);

    return tw_mail_source_decode(values->mail, values->len, source, to_writer, writer, error) &&
           tw_blob_writer_finish(writer, ret_id, NULL, error);
}

gboolean
tw_mail_values_put(const TwMailValues *values,
                   const GArray *refs,
                   const GArray *rows,
                   TwBlobUse *use,
                   const TwBlobOptions *options,
                   TwObject *object,
                   GError **error)
{
    for (guint i = 0; i < values->in->sources->len; i++) {
        const TwMailSource *source = &g_array_index(values->in->sources, TwMailSource, i);
        guint ref = find_ref(refs, source), id;
        TwObject *node = tw_object_locate(object, source->path.bytes, source->path.len, &id);
        TwBlobRef blob;

        if (node == NULL || !tw_object_get_blob(node, PR_ATTACH_DATA_BIN, &blob, NULL))
            continue;
        if (ref + 1 < rows->len && ref < refs->len)
            blob.id = g_array_index(rows, TwValueRow, ref + 1).id;
        else if (!put_source(values, source, use, options, &blob.id, error))
            return FALSE;
        if (!tw_object_resolve(object, source->path.bytes, source->path.len, &blob.id, blob.len,
                               error))
            return FALSE;
    }
    return TRUE;
}
