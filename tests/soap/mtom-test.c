/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/mtom.h"

#include "base/error.h"

static void
test_type(void)
{
    static const struct {
        const char *value, *boundary;
        int code; /* -1: good */
    } cases[] = {
        { "multipart/related; charset=utf-8; boundary=\"==teBs57W==\"; "
          "type=\"application/xop+xml\"; "
          "start=\"<SOAP-ENV:Envelope>\"; start-info=\"text/xml\"",
          "==teBs57W==", -1 },
        { "Multipart/Related;boundary=abc", "abc", -1 },
        { "multipart/related; boundary=\"a\\\"b\" ;", "a\"b", -1 },
        { "text/xml; charset=utf-8", NULL, TW_ERROR_UNSUPPORTED },
        { "multipart/mixed; boundary=a", NULL, TW_ERROR_UNSUPPORTED },
        { "multipart/related", NULL, TW_ERROR_CORRUPT },
        { "multipart/related; boundary=", NULL, TW_ERROR_CORRUPT },
        { "multipart/related; boundary=\"\"", NULL, TW_ERROR_CORRUPT },
        { "multipart/related; boundary=\"a", NULL, TW_ERROR_CORRUPT },
        { "multipart/related; boundary=\"a\n\"", NULL, TW_ERROR_CORRUPT },
        { "multipart/related; boundary=a; boundary=b", NULL, TW_ERROR_CORRUPT },
        { "multipart/related boundary=a", NULL, TW_ERROR_CORRUPT },
        { "multipart", NULL, TW_ERROR_CORRUPT },
        { "", NULL, TW_ERROR_CORRUPT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].value);
        g_autofree char *copy = g_memdup2(cases[i].value, MAX(len, 1));
        g_autoptr(GError) error = NULL;
        TwMtomType type = { "untouched" };
        gboolean good = tw_mtom_type_parse(copy, len, &type, &error);
        if (cases[i].code < 0) {
            g_assert_no_error(error);
            g_assert_cmpstr(type.boundary, ==, cases[i].boundary);
        } else {
            g_assert_error(error, TW_ERROR, cases[i].code);
            g_assert_cmpstr(type.boundary, ==, "untouched");
        }
        g_assert_true(good == (cases[i].code < 0));
    }
}

static void
test_type_limit(void)
{
    for (guint past = 0; past < 2; past++) {
        g_autofree char *boundary = g_strnfill(TW_MTOM_MAX_BOUNDARY + past, 'b');
        g_autofree char *value = g_strconcat("multipart/related;boundary=", boundary, NULL);
        g_autoptr(GError) error = NULL;
        TwMtomType type;
        if (tw_mtom_type_parse(value, strlen(value), &type, &error))
            g_assert_cmpuint(past, ==, 0);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

/* What a body says: "[id]bytes" for each part, and "." at the end; NULL when refused. */
static char *
read_body(const char *body, gsize len, gsize piece, GError **error)
{
    static const TwMtomType type = { "b0" };
    g_autoptr(TwMtomReader) reader = tw_mtom_reader_new(&type);
    g_autoptr(GString) out = g_string_new(NULL);
    TwMtomToken token;

    for (gsize at = 0; at < len; at += piece) {
        gsize n = MIN(piece, len - at);
        g_autofree char *copy = g_memdup2(body + at, n);
        tw_mtom_reader_feed(reader, copy, n);
        while (tw_mtom_reader_next(reader, &token) != TW_MTOM_MORE) {
            if (token.kind == TW_MTOM_PART)
                g_string_append_printf(out, "[%.*s]", (int) token.id_len, token.id);
            else if (token.kind == TW_MTOM_DATA)
                g_string_append_len(out, (const char *) token.data, (gssize) token.data_len);
            else if (token.kind == TW_MTOM_BAD) {
                g_propagate_error(error, g_error_copy(tw_mtom_reader_error(reader)));
                return NULL;
            } else if (token.kind == TW_MTOM_DONE) {
                g_string_append_c(out, '.');
                break;
            }
        }
        if (token.kind == TW_MTOM_DONE)
            break;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
test_bodies(void)
{
    static const struct {
        const char *name, *body, *said;
        int code;
    } cases[] = {
        { "one part", "--b0\r\nContent-ID: <a>\r\n\r\nhello\r\n--b0--\r\n", "[a]hello.", 0 },
        { "a CR LF first", "\r\n--b0\r\nContent-ID: <a>\r\n\r\nhello\r\n--b0--", "[a]hello.", 0 },
        { "preamble and epilogue", "x\r\ny\r\n--b0\r\n\r\nz\r\n--b0-- whatever\r\n--b0\r\n", "[]z.",
          0 },
        { "no brackets, any case", "--b0\r\ncontent-id:emcas-0 \r\n\r\n\r\n--b0--", "[emcas-0].",
          0 },
        { "two parts",
          "--b0\r\nContent-ID: <a>\r\n\r\n1\r\n--b0\r\nContent-ID: <b>\r\n\r\n2\r\n--b0--",
          "[a]1[b]2.", 0 },
        { "what looks like the end", "--b0\r\n\r\n\r\n--b\r\n-\r\r\n--b1\r\n--b0--",
          "[]\r\n--b\r\n-\r\r\n--b1.", 0 },
        { "blanks behind the delimiter", "--b0 \t\r\n\r\nx\r\n--b0--", "[]x.", 0 },
        { "encodings", "--b0\r\nContent-Transfer-Encoding: Binary\r\n\r\nx\r\n--b0--", "[]x.", 0 },
        { "cut short", "--b0\r\n\r\nx\r\n--b", "[]x", 0 },
        { "base64", "--b0\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b0--", NULL,
          TW_ERROR_UNSUPPORTED },
        { "no part", "--b0--\r\n", NULL, TW_ERROR_CORRUPT },
        { "a boundary that goes on", "--b0x\r\n\r\n", NULL, TW_ERROR_CORRUPT },
        { "a line that is no header", "--b0\r\nhello\r\n\r\n", NULL, TW_ERROR_CORRUPT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].body);
        for (gsize piece = 1; piece <= len; piece++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *said = read_body(cases[i].body, len, piece, &error);
            g_test_message("%s, by %zu", cases[i].name, piece);
            if (cases[i].said != NULL)
                g_assert_no_error(error);
            else
                g_assert_error(error, TW_ERROR, cases[i].code);
            g_assert_cmpstr(said, ==, cases[i].said);
        }
    }
}

static void
test_limits(void)
{
    static const struct {
        const char *before, *after;
        guint most;
    } cases[] = {
        { "", "\r\n--b0\r\n\r\nx\r\n--b0--", TW_MTOM_MAX_PREAMBLE },
        { "--b0\r\nX: ", "\r\n\r\nx\r\n--b0--", TW_MTOM_MAX_HEAD - 9 },
        { "--b0\r\nContent-ID: <", ">\r\n\r\nx\r\n--b0--", TW_MTOM_MAX_ID },
    };

    for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        g_autofree char *fill = g_strnfill(cases[i / 2].most + i % 2, 'f');
        g_autofree char *body = g_strconcat(cases[i / 2].before, fill, cases[i / 2].after, NULL);
        for (gsize piece = 1; piece < 10000; piece *= 7) {
            g_autoptr(GError) error = NULL;
            g_autofree char *said = read_body(body, strlen(body), piece, &error);
            if (i % 2 == 0)
                g_assert_no_error(error);
            else
                g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
            g_assert_true((said == NULL) == (i % 2 == 1));
        }
    }
}

/* What we write, as spec/mapi-soap.md 1.6 has it, and read again. */
static void
test_written(void)
{
    static const TwMtomType type = { "b0" };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(8192), value = TW_BUFFER_INIT(1024);
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;
    TwMtomType made, read;

    tw_mtom_put_root(&type, &out);
    tw_buffer_put(&out, "<xml/>", 6);
    tw_mtom_put_part(&type, "emcas-0", &out);
    tw_buffer_put(&out, "\0\r\n--", 5);
    tw_mtom_put_part(&type, "emcas-1", &out);
    tw_mtom_put_end(&type, &out);
    said = read_body((const char *) out.data, out.len, 11, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(said, "[SOAP-ENV:Envelope]<xml/>[emcas-0]"));

    tw_mtom_type_make(&made);
    tw_mtom_put_type(&made, &value);
    g_assert_true(tw_mtom_type_parse((const char *) value.data, value.len, &read, &error));
    g_assert_cmpstr(read.boundary, ==, made.boundary);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/soap/mtom/type", test_type);
    g_test_add_func("/soap/mtom/type limit", test_type_limit);
    g_test_add_func("/soap/mtom/bodies", test_bodies);
    g_test_add_func("/soap/mtom/limits", test_limits);
    g_test_add_func("/soap/mtom/written", test_written);
    return g_test_run();
}
