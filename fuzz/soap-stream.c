/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Message streams: the same message whole and cut, and what is read writes and reads back to the same. */
#include "base/error.h"
#include "soap/stream.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static gboolean
on_wants(const TwObject *node, guint32 tag, gpointer data)
{
    (void) node;
    (void) data;
    return tw_prop_tag_is_storable(tag);
}

static gboolean
on_name(const TwNamedProp *name, guint *ret_id, gpointer data, GError **error)
{
    (void) name;
    (void) data;
    (void) error;
    *ret_id = 0x8000;
    return TRUE;
}

static gboolean
on_begin(guint32 len, gboolean *ret_taken, gpointer data, GError **error)
{
    (void) data;
    (void) error;
    *ret_taken = len % 2 == 0;
    return TRUE;
}

static gboolean
on_piece(const guint8 *bytes, gsize len, gpointer data, GError **error)
{
    (void) bytes;
    (void) data;
    (void) error;
    g_assert_true(len > 0);
    return TRUE;
}

static gboolean
on_end(const TwObject *node, guint32 tag, gpointer data, GError **error)
{
    (void) tag;
    (void) data;
    (void) error;
    g_assert_true(node != NULL);
    return TRUE;
}

static const TwSoapStreamFuncs funcs = {
    .wants = on_wants, .name = on_name, .begin = on_begin, .piece = on_piece, .end = on_end
};

static TwObject *
read_by(const guint8 *data, gsize size, gsize piece, gint *ret_code)
{
    g_autoptr(TwSoapStreamReader) reader = tw_soap_stream_reader_new(&funcs, NULL);
    g_autoptr(GError) error = NULL;
    TwObject *object;

    for (gsize at = 0; at < size; at += piece)
        (void) tw_soap_stream_reader_feed(reader, data + at, MIN(piece, size - at), NULL);
    object = tw_soap_stream_reader_finish(reader, &error);
    g_assert_true((object == NULL) == (error != NULL));
    g_assert_true(error == NULL || error->domain == TW_ERROR);
    *ret_code = error != NULL ? error->code : -1;
    return object;
}

static GBytes *
write_all(const TwObject *object)
{
    TwSoapStreamHow how = { 0 };
    g_autoptr(GArray) pieces = tw_soap_stream_write(object, &how, NULL);
    GByteArray *all = g_byte_array_new();

    for (guint i = 0; pieces != NULL && i < pieces->len; i++) {
        gsize len;
        const guint8 *data =
            g_bytes_get_data(g_array_index(pieces, TwSoapStreamPiece, i).bytes, &len);
        g_byte_array_append(all, data, (guint) len);
    }
    return g_byte_array_free_to_bytes(all);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    gint whole_code, cut_code, again_code;
    g_autoptr(TwObject) whole = read_by(data, size, MAX(size, 1), &whole_code);
    g_autoptr(TwObject) cut = read_by(data, size, 1 + size % 7, &cut_code);

    g_assert_true(whole_code == cut_code && (whole == NULL) == (cut == NULL));
    if (whole != NULL) {
        g_autoptr(GBytes) bytes = write_all(whole);
        gsize len;
        const guint8 *written = g_bytes_get_data(bytes, &len);
        g_autoptr(TwObject) again = read_by(written, len, MAX(len, 1), &again_code);
        g_autoptr(GBytes) same = NULL;

        g_assert_nonnull(again);
        same = write_all(again);
        g_assert_true(g_bytes_equal(bytes, same));
    }
    return 0;
}
