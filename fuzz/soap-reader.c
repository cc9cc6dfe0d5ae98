/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tokens: the same text and tags whole and cut, errors if and only if refused, all within the input. */
#include "base/error.h"
#include "soap/reader.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* Reads all of it by pieces. Gives what was seen, or NULL. */
static GString *
read_by(const guint8 *data, gsize size, gsize piece, int *ret_code)
{
    static const TwSoapLimits limits = {
        .body = 1u << 20, .depth = 40, .text = 4096, .items = 64, .memory = 1u << 20
    };
    g_autoptr(TwSoapReader) reader = tw_soap_reader_new(&limits);
    g_autoptr(GString) seen = g_string_new(NULL);
    TwSoapToken token;

    for (gsize at = 0;; at += piece) {
        gsize n = at < size ? MIN(piece, size - at) : 0;
        tw_soap_reader_feed(reader, data + MIN(at, size), n);
        if (n == 0)
            tw_soap_reader_finish(reader);
        while (tw_soap_reader_next(reader, &token) != TW_SOAP_TOKEN_MORE) {
            if (token.kind == TW_SOAP_TOKEN_BAD) {
                const GError *error = tw_soap_reader_error(reader);
                g_assert_true(error != NULL && error->domain == TW_ERROR);
                *ret_code = error->code;
                return NULL;
            }
            if (token.kind == TW_SOAP_TOKEN_DONE) {
                g_assert_cmpuint(tw_soap_reader_depth(reader), ==, 0);
                return g_steal_pointer(&seen);
            }
            if (token.kind == TW_SOAP_TOKEN_START || token.kind == TW_SOAP_TOKEN_LEAF) {
                g_assert_cmpuint(token.name_len, <=, TW_SOAP_MAX_NAME);
                g_string_append_c(seen, '<');
                g_string_append_len(seen, token.name, (gssize) token.name_len);
                g_string_append_c(seen, '>');
            }
            if (token.kind == TW_SOAP_TOKEN_TEXT || token.kind == TW_SOAP_TOKEN_LEAF)
                g_string_append_len(seen, token.text, (gssize) token.text_len);
            if (token.kind == TW_SOAP_TOKEN_END || token.kind == TW_SOAP_TOKEN_LEAF)
                g_string_append(seen, "</>");
        }
        g_assert_cmpuint(n, >, 0);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    int whole_code = -1, cut_code = -1;
    GString *whole = read_by(data, size, MAX(size, 1), &whole_code);
    GString *cut = read_by(data, size, size > 0 ? 1 + data[0] % 37u : 1, &cut_code);

    g_assert_true((whole == NULL) == (cut == NULL));
    if (whole != NULL) {
        g_assert_true(g_string_equal(whole, cut));
        g_string_free(whole, TRUE);
        g_string_free(cut, TRUE);
    }
    return 0;
}
