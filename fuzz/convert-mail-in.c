/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes are a mail; the message that comes of it can be packed, and its sources lie in the mail and in the message. */
#include "convert/mail-in.h"
#include "mapi/tags.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static gboolean
count(G_GNUC_UNUSED const guint8 *data, gsize len, gpointer total, G_GNUC_UNUSED GError **error)
{
    g_assert(len > 0);
    *(gsize *) total += len;
    return TRUE;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const char *const headers[] = { "X-Spam-Flag", NULL };
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, size, NULL);
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwMailInOptions options = { .names = names, .headers = headers, .inline_most = 100 };
    g_autoptr(TwMailIn) in = tw_mail_to_object(data, size, tree, &options);

    g_assert(tw_object_has(in->object, PR_MESSAGE_CLASS));
    for (guint i = 0; i < in->sources->len; i++) {
        const TwMailSource *source = &g_array_index(in->sources, TwMailSource, i);
        gsize total = 0;
        guint id = 0;
        g_assert(tw_part_check(source->path.bytes, source->path.len, NULL));
        g_assert(tw_object_locate(in->object, source->path.bytes, source->path.len, &id) != NULL);
        g_assert(id == PR_ATTACH_DATA_BIN >> 16);
        g_assert(tw_mail_source_decode(data, size, source, count, &total, NULL));
        g_assert(total <= 4 * size + 70000);
    }
    return 0;
}
