/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pop3/text.h"

#include <string.h>

#include "support/assert-bytes.h"

/* Lines of a body that are wanted; ALL: RETR. */
enum {
    ALL = -1
};

static const struct {
    const char *mail;
    int lines;
    const char *wire;
} rows[] = {
    { "", ALL, ".\r\n" },
    { "a\r\n", ALL, "a\r\n.\r\n" },
    { "a", ALL, "a\r\n.\r\n" },
    { "a\r", ALL, "a\r\n.\r\n" },
    { ".", ALL, "..\r\n.\r\n" },
    { ".\r\n", ALL, "..\r\n.\r\n" },
    { "..\r\n.a\r\n", ALL, "...\r\n..a\r\n.\r\n" },
    { "a.\r\n\r\n.\r\n", ALL, "a.\r\n\r\n..\r\n.\r\n" },
    { "a\r\n\n", ALL, "a\r\n\n\r\n.\r\n" },          /* a strict client waits for CR LF . CR LF */
    { "a\n.\r\nb\r\n", ALL, "a\n..\r\nb\r\n.\r\n" }, /* a lenient one must not see an end here */
    { "a\r.\r\nb\r\n", ALL, "a\r.\r\nb\r\n.\r\n" },
    { "a: b\r\n\r\n1\r\n2\r\n3\r\n", 0, "a: b\r\n\r\n.\r\n" },
    { "a: b\r\n\r\n1\r\n2\r\n3\r\n", 1, "a: b\r\n\r\n1\r\n.\r\n" },
    { "a: b\r\n\r\n1\r\n\r\n3\r\n", 2, "a: b\r\n\r\n1\r\n\r\n.\r\n" },
    { "a: b\r\n\r\n1\r\n.2", 9, "a: b\r\n\r\n1\r\n..2\r\n.\r\n" },
    { "a: b\n\n1\r\n2\r\n", 1, "a: b\n\n1\r\n.\r\n" },
    { "\r\n1\r\n2\r\n", 1, "\r\n1\r\n.\r\n" },
    { "a: b\r\n", 0, "a: b\r\n.\r\n" }, /* a header alone */
    { "a: b\r\nX\r\n\r\n1\r\n", 0, "a: b\r\nX\r\n\r\n.\r\n" },
    { "a: b\r\n\rX\r\n\r\n1\r\n", 0, "a: b\r\n\rX\r\n\r\n.\r\n" },
    { "a: b\r\n\n1\r\n2\r\n", 0, "a: b\r\n\n\r\n.\r\n" },
};

/* In two pieces that meet at @cut, or byte by byte if it is more than there is. */
static void
put(const char *mail, int lines, gsize cut, TwBuffer *out)
{
    TwPop3Text text = { .top = lines != ALL, .lines = lines != ALL ? (guint32) lines : 0 };
    gsize len = strlen(mail), at = 0;

    while (at < len) {
        gsize n = cut > len ? 1 : at < cut ? cut - at : len - at, before = out->len;
        g_autofree guint8 *piece = g_memdup2(mail + at, n);
        gboolean more = tw_pop3_text_put(&text, piece, n, out);

        g_assert_cmpuint(out->len - before, <=, 2 * n);
        if (!more)
            break;
        at += n;
    }
    tw_pop3_text_end(&text, out);
}

static void
test_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (gsize cut = 0; cut <= strlen(rows[i].mail) + 1; cut++) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(1000);

            g_test_message("row %" G_GSIZE_FORMAT " cut at %" G_GSIZE_FORMAT, i, cut);
            put(rows[i].mail, rows[i].lines, cut, &out);
            assert_bytes(out.data, out.len, rows[i].wire, strlen(rows[i].wire));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pop3/text/rows", test_rows);
    return g_test_run();
}
