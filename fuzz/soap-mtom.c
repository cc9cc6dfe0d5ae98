/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Frames: the same parts whole and cut. The first line is the Content-Type. */
#include "base/error.h"
#include "soap/mtom.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static GString *
read_by(const TwMtomType *type, const guint8 *data, gsize size, gsize piece, gboolean *ret_bad)
{
    g_autoptr(TwMtomReader) reader = tw_mtom_reader_new(type);
    GString *seen = g_string_new(NULL);
    TwMtomToken token = { .kind = TW_MTOM_MORE };

    for (gsize at = 0; at < size && token.kind == TW_MTOM_MORE; at += piece) {
        tw_mtom_reader_feed(reader, data + at, MIN(piece, size - at));
        while (tw_mtom_reader_next(reader, &token) != TW_MTOM_MORE) {
            if (token.kind == TW_MTOM_BAD || token.kind == TW_MTOM_DONE)
                break;
            if (token.kind == TW_MTOM_PART)
                g_string_append_len(g_string_append_c(seen, '['), token.id, (gssize) token.id_len);
            if (token.kind == TW_MTOM_END)
                g_string_append_c(seen, ']');
            if (token.kind == TW_MTOM_DATA)
                g_string_append_len(seen, (const char *) token.data, (gssize) token.data_len);
        }
    }
    *ret_bad = token.kind == TW_MTOM_BAD;
    g_assert_true(*ret_bad == (tw_mtom_reader_error(reader) != NULL));
    return seen;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const guint8 *line = size > 0 ? memchr(data, '\n', size) : NULL;
    g_autoptr(GError) error = NULL;
    gboolean whole_bad, cut_bad;
    GString *whole, *cut;
    TwMtomType type;
    gsize skip;

    if (line == NULL)
        return 0;
    if (!tw_mtom_type_parse((const char *) data, (gsize) (line - data), &type, &error)) {
        g_assert_true(error != NULL && error->domain == TW_ERROR);
        return 0;
    }
    skip = (gsize) (line + 1 - data);
    whole = read_by(&type, data + skip, size - skip, MAX(size - skip, 1), &whole_bad);
    cut = read_by(&type, data + skip, size - skip, 1 + size % 7, &cut_bad);
    g_assert_true(whole_bad == cut_bad);
    if (!whole_bad)
        g_assert_true(g_string_equal(whole, cut));
    g_string_free(whole, TRUE);
    g_string_free(cut, TRUE);
    return 0;
}
