/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "mapi/tags.h"
#include "store/deliver-private.h"
#include "store/inline.h"

static const guint32 text_tags[TW_MAIL_TEXTS] = { PR_BODY, PR_HTML };

/* The part that is not encoded and has just these bytes. */
static guint32
find_part(const TwMailValues *values, const TwMimeTree *tree, const TwPropValue *text)
{
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);

    for (guint32 i = 0; i < count; i++) {
        if (parts[i].kind == TW_MIME_LEAF && parts[i].encoding == TW_MIME_ENCODING_IDENTITY &&
            parts[i].body_len == text->len &&
            memcmp(values->mail + parts[i].body, text->data, text->len) == 0)
            return i;
    }
    return TW_MIME_NONE;
}

void
tw_mail_values_plan(TwMailValues *values, const TwMimeTree *tree, gsize least, GArray *refs)
{
    for (guint i = 0; i < TW_MAIL_TEXTS; i++) {
        TwPropValue text;

        values->texts[i] = TW_MIME_NONE;
        if (!tw_object_get(values->in->object, text_tags[i], &text) || text.len < least)
            continue;
        values->texts[i] = find_part(values, tree, &text);
        if (values->texts[i] != TW_MIME_NONE)
            tw_skeleton_plan_verbatim(refs, tree, values->texts[i]);
    }
    for (guint i = 0; i < values->in->sources->len; i++) {
        const TwMailSource *source = &g_array_index(values->in->sources, TwMailSource, i);
        if (source->whole && source->prefix == NULL &&
            source->encoding == TW_MIME_ENCODING_IDENTITY)
            tw_skeleton_plan_verbatim(refs, tree, source->part);
    }
}

GBytes *
tw_mail_values_leave(const TwMailValues *values, const TwMimeTree *tree, TwObject *object)
{
    TwInlineText texts[TW_INLINE_TEXTS];
    guint parts, count = 0;
    const TwMimePart *all = tw_mime_tree_get_parts(tree, &parts);

    for (guint i = 0; i < TW_MAIL_TEXTS; i++) {
        TwPropValue text;
        guint32 part = TW_MIME_NONE;

        if (tw_object_get(object, text_tags[i], &text) && text.len >= TW_INLINE_LEAST_TEXT)
            part = find_part(values, tree, &text);
        if (part == TW_MIME_NONE)
            continue;
        texts[count++] =
            (TwInlineText){ text_tags[i], (guint32) all[part].body, (guint32) text.len };
        tw_object_remove(object, text_tags[i]);
    }
    return count > 0 ? tw_inline_texts_pack(texts, count) : NULL;
}

/* The reference of the skeleton to a part, or the number of references. */
static guint
find_ref(const GArray *refs, guint32 part)
{
    for (guint i = 0; i < refs->len; i++) {
        if (g_array_index(refs, TwSkeletonRef, i).part == part)
            return i;
    }
    return refs->len;
}

/* The same of the reference whose value is the data of @source. */
static guint
find_source(const GArray *refs, const TwMailSource *source)
{
    return source->whole ? find_ref(refs, source->part) : refs->len;
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
        guint ref = find_source(refs, source), id;
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

/* A text may have been replaced since it was planned. */
static gboolean
is_text(const TwMailValues *values, const TwSkeletonRef *ref, const TwPropValue *text)
{
    return text->len == ref->encoded_len &&
           memcmp(values->mail + ref->encoded, text->data, text->len) == 0;
}

/* The texts of the message lie where the skeleton has them. */
static gboolean
share_texts(const TwMailValues *values,
            const GArray *refs,
            const GArray *rows,
            TwObject *object,
            GError **error)
{
    for (guint i = 0; i < TW_MAIL_TEXTS; i++) {
        guint ref = values->texts[i] != TW_MIME_NONE ? find_ref(refs, values->texts[i]) : refs->len;
        TwBlobRef blob = { .known = TRUE };
        TwPropValue text;

        if (ref >= refs->len || !tw_object_get(object, text_tags[i], &text) ||
            !is_text(values, &g_array_index(refs, TwSkeletonRef, ref), &text))
            continue;
        blob.id = g_array_index(rows, TwValueRow, ref).id;
        blob.len = text.len;
        if (!tw_object_set_blob(object, text.tag, &blob, error))
            return FALSE;
    }
    return TRUE;
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
        guint ref = find_source(refs, source), id;
        TwObject *node = tw_object_locate(object, source->path.bytes, source->path.len, &id);
        TwBlobRef blob;

        if (node == NULL || !tw_object_get_blob(node, PR_ATTACH_DATA_BIN, &blob, NULL))
            continue;
        if (ref < refs->len)
            blob.id = g_array_index(rows, TwValueRow, ref).id;
        else if (!put_source(values, source, use, options, &blob.id, error))
            return FALSE;
        if (!tw_object_resolve(object, source->path.bytes, source->path.len, &blob.id, blob.len,
                               error))
            return FALSE;
    }
    return share_texts(values, refs, rows, object, error);
}
