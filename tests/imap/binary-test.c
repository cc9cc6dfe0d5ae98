/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/binary.h"

#include <string.h>

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
    const char *name, *mail;
    gsize len;
    const char *wanted; /* NULL: it cannot be helped */
} cases[] = {
    { "nothing to do", BYTES("A: b\r\n\r\nbody\r\n"), "A: b\r\n\r\nbody\r\n" },
    { "empty", BYTES(""), "" },
    { "one part", BYTES("A: b\r\ncontent-transfer-encoding:\r\n binary\r\nC: d\r\n\r\n\0x"),
      "A: b\r\nC: d\r\nContent-Transfer-Encoding: base64\r\n\r\nAHg=\r\n" },
    { "one of two",
      BYTES("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
            "Content-Type: application/x\r\n\r\n\0\r\n--b--\r\n"),
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
      "Content-Type: application/x\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\nAA==\r\n\r\n--b--\r\n" },
    { "in a header", BYTES("A: \0\r\n\r\nx"), NULL },
    { "before the first part",
      BYTES("Content-Type: multipart/mixed; boundary=b\r\n\r\n\0\r\n--b\r\n\r\nx\r\n--b--\r\n"),
      NULL },
    { "said to be encoded", BYTES("Content-Transfer-Encoding: base64\r\n\r\nAA\0A"), NULL },
};

static void
test_encode(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = g_memdup2(cases[i].mail, cases[i].len);
        g_autoptr(GBytes) mail = g_bytes_new(copy, cases[i].len);
        g_autoptr(GBytes) encoded = tw_imap_binary_encode(mail);
        g_autofree char *text = NULL;

        g_test_message("%s", cases[i].name);
        if (encoded != NULL)
            text = g_strndup(g_bytes_get_data(encoded, NULL), g_bytes_get_size(encoded));
        g_assert_cmpstr(encoded != NULL && text == NULL ? "" : text, ==, cases[i].wanted);
    }
}

/* However it is cut, what comes out has no zero byte. */
static void
test_cut(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize len = 0; len <= cases[i].len; len++) {
            g_autoptr(GBytes) mail = g_bytes_new(cases[i].mail, len);
            g_autoptr(GBytes) encoded = tw_imap_binary_encode(mail);

            if (encoded != NULL && g_bytes_get_size(encoded) > 0)
                g_assert_null(
                    memchr(g_bytes_get_data(encoded, NULL), '\0', g_bytes_get_size(encoded)));
        }
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/binary/encode", test_encode);
    g_test_add_func("/imap/binary/cut", test_cut);
    return g_test_run();
}
