/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* As a mail: skeleton and values give the same bytes. As a skeleton: refused, or readable whole and in part. */
#include "convert/mime-skeleton.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    const guint8 *mail; /* NULL: values of zeros */
    gsize size;
    const GArray *refs;
    const guint8 *expected;
    gsize given;
} Reader;

static gboolean
collect(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static gboolean
fetch(guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error)
{
    const Reader *reader = user_data;

    if (reader->mail == NULL) {
        tw_buffer_put_zeros(out, len);
    } else {
        GByteArray *value = g_byte_array_new();
        const TwSkeletonRef *at = &g_array_index(reader->refs, TwSkeletonRef, ref);
        g_assert(tw_skeleton_decode(reader->mail, reader->size, at, collect, value, error));
        g_assert(offset <= value->len && len <= value->len - offset);
        tw_buffer_put(out, value->data + offset, len);
        g_byte_array_unref(value);
    }
    return TRUE;
}

static gboolean
compare(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    Reader *reader = user_data;

    g_assert(len > 0);
    g_assert(reader->expected == NULL || memcmp(reader->expected + reader->given, data, len) == 0);
    reader->given += len;
    return TRUE;
}

static void
as_mail(const guint8 *data, gsize size, gboolean verbatim)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, size, NULL);
    g_autoptr(GArray) refs = tw_skeleton_plan(data, size, tree, 0);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(TwSkeleton) skeleton = NULL;
    Reader reader = { data, size, refs, data, 0 };
    guint count;

    tw_mime_tree_get_parts(tree, &count);
    for (guint32 part = 0; verbatim && part < count; part++)
        tw_skeleton_plan_verbatim(refs, tree, part);
    bytes = tw_skeleton_build(data, size, refs, NULL);
    skeleton = tw_skeleton_parse(bytes, NULL);
    g_assert(skeleton != NULL && tw_skeleton_get_len(skeleton) == size);
    g_assert(tw_skeleton_read(skeleton, 0, size, fetch, compare, &reader, NULL));
    g_assert(reader.given == size);
}

static void
as_skeleton(const guint8 *data, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSkeleton) skeleton = tw_skeleton_parse(bytes, &error);
    Reader reader = { 0 };
    guint64 len, from;

    g_assert((skeleton == NULL) == (error != NULL));
    if (skeleton == NULL)
        return;
    len = tw_skeleton_get_len(skeleton);
    from = len / 3;
    g_assert(tw_skeleton_read(skeleton, from, 100000, fetch, compare, &reader, NULL));
    g_assert(reader.given == MIN(len - from, 100000));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    as_mail(data, size, FALSE);
    as_mail(data, size, TRUE);
    as_skeleton(data, size);
    return 0;
}
