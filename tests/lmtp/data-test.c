/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/data.h"

#include <string.h>

/* What comes on the wire, and the mail that it is. What follows the end is not looked at. */
static const struct {
    const char *wire, *mail;
    gboolean ends;
} rows[] = {
    { ".\r\n", "", TRUE },
    { "a\r\n.\r\n", "a\r\n", TRUE },
    { "..\r\n.\r\n", ".\r\n", TRUE },
    { ".a\r\n...\r\n.\r\n", "a\r\n..\r\n", TRUE },
    { "a\n.\n.\r\n.\r\n", "a\n.\n.\r\n", TRUE }, /* a bare LF starts no line: these dots stay */
    { "a\r\n.\n.\r\n.\r\n", "a\r\n\n.\r\n",
      TRUE }, /* a dot at a true start, and one behind a bare LF */
    { "a\r.\r\n.\r\n", "a\r.\r\n", TRUE },
    { "a\n.\r\n", "a\n.\r\n", FALSE },
    { "a\r\n.", "a\r\n", FALSE },
    { "\r\n\r\n.\r\n", "\r\n\r\n", TRUE },
    { "a", "a", FALSE },
};

/* Lines as a connection lends them: up to LF, or up to the longest piece. */
static gboolean
feed(const char *wire, gsize most, GString *mail)
{
    gsize len = strlen(wire);
    TwLmtpData data = { 0 };

    for (gsize at = 0; at < len;) {
        const char *lf = memchr(wire + at, '\n', len - at);
        gsize n = MIN(lf != NULL ? (gsize) (lf - wire) - at + 1 : len - at, most), skip;
        g_autofree guint8 *piece = g_memdup2(wire + at, n);

        if (!tw_lmtp_data_take(&data, piece, n, &skip))
            return TRUE;
        g_string_append_len(mail, wire + at + skip, (gssize) (n - skip));
        at += n;
    }
    return FALSE;
}

static void
test_text(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) mail = g_string_new(NULL);

        g_assert_cmpint(feed(rows[i].wire, 100, mail), ==, rows[i].ends);
        g_assert_cmpstr(mail->str, ==, rows[i].mail);
    }
}

/* A long line comes in pieces, and is no other mail for that: none of them is an end or loses a dot. */
static void
test_pieces(void)
{
    const char *wire = "..abc.\r\nxx\r.\r\nyyyyyy.\r\n.\r\n";

    for (gsize most = 3; most < 12; most++) {
        g_autoptr(GString) mail = g_string_new(NULL);

        g_assert_true(feed(wire, most, mail));
        g_assert_cmpstr(mail->str, ==, ".abc.\r\nxx\r.\r\nyyyyyy.\r\n");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lmtp/data/text", test_text);
    g_test_add_func("/lmtp/data/pieces", test_pieces);
    return g_test_run();
}
