/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dictionaries: made ready when the first is asked for, then only read. */
#include "store/dictionary.h"

#include "base/cursor.h"
#include "base/error.h"
#include "store/dictionary-private.h"
#include "store/record.h"

enum {
    PACKED = 0x80,
};

static const char *const texts[] = { tw_dictionary_1 };

static TwZstdDict *
load(guint which)
{
    gsize len;
    g_autofree guint8 *data = g_base64_decode(texts[which], &len);
    TwZstdDict *dict = tw_zstd_dict_new(data, len, TW_TAIL_LEVEL, NULL);

    g_assert(dict != NULL && tw_zstd_dict_id(dict) == TW_DICTIONARY_IDS + which + 1);
    return dict;
}

const TwZstdDict *
tw_dictionary(guint32 id, gpointer unused G_GNUC_UNUSED)
{
    static gsize loaded[G_N_ELEMENTS(texts)]; /* a TwZstdDict each, or 0 */
    guint32 which = id - TW_DICTIONARY_IDS - 1;

    if (which >= G_N_ELEMENTS(texts))
        return NULL;
    if (g_once_init_enter(&loaded[which]))
        g_once_init_leave(&loaded[which], (gsize) load(which));
    return (const TwZstdDict *) loaded[which];
}

GBytes *
tw_dictionary_pack(GBytes *summary)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(summary, &len);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(len);

    if (len > 0 && data[0] == PACKED)
        return g_bytes_ref(summary);
    tw_buffer_put_u8(&out, PACKED);
    tw_buffer_put_u32le(&out, TW_DICTIONARY_NEWEST);
    if (tw_buffer_failed(&out) ||
        !tw_zstd_compress(&out, data, len, TW_TAIL_LEVEL, tw_dictionary(TW_DICTIONARY_NEWEST, NULL),
                          NULL))
        return g_bytes_ref(summary);
    return tw_buffer_steal_bytes(&out, NULL);
}

GBytes *
tw_dictionary_unpack(const guint8 *row, gsize len, gsize most, GError **error)
{
    g_auto(TwBuffer) plain = TW_BUFFER_INIT(most);
    TwCursor cur = tw_cursor_init(row, len);
    const TwZstdDict *dict;
    guint8 first;
    guint32 id;

    if (len == 0 || row[0] != PACKED) {
        if (len <= most)
            return g_bytes_new(row, len);
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a summary of %zu bytes", len);
        return NULL;
    }
    dict = tw_cursor_take_u8(&cur, &first) && tw_cursor_take_u32le(&cur, &id)
               ? tw_dictionary(id, NULL)
               : NULL;
    if (dict == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "a summary made with a dictionary that is not there");
        return NULL;
    }
    if (!tw_zstd_decompress(&plain, cur.next, cur.left, most, dict, error)) {
        g_prefix_error(error, "summary: ");
        return NULL;
    }
    return tw_buffer_steal_bytes(&plain, error);
}
