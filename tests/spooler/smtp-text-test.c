/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/smtp-text.h"

#include "support/assert-bytes.h"

typedef struct {
    const char *name, *text;
    guint has;
    guint64 most_size;
} Offer;

static const Offer offers[] = {
    { "nothing", "", TW_SMTP_HAS_EXTENSIONS, 0 },
    { "the greeting is no keyword", "PIPELINING", TW_SMTP_HAS_EXTENSIONS, 0 },
    { "a few", "relay\nPIPELINING\nsize 35882577\nStartTLS",
      TW_SMTP_HAS_EXTENSIONS | TW_SMTP_HAS_PIPELINING | TW_SMTP_HAS_SIZE | TW_SMTP_HAS_STARTTLS,
      35882577 },
    { "ways to log on", "relay\nAUTH GSSAPI LOGIN PLAIN\nAUTH=LOGIN",
      TW_SMTP_HAS_EXTENSIONS | TW_SMTP_HAS_AUTH_PLAIN | TW_SMTP_HAS_AUTH_LOGIN, 0 },
    { "the old way", "relay\nAUTH=LOGIN", TW_SMTP_HAS_EXTENSIONS | TW_SMTP_HAS_AUTH_LOGIN, 0 },
    { "a size without a number", "relay\nSIZE", TW_SMTP_HAS_EXTENSIONS | TW_SMTP_HAS_SIZE, 0 },
    { "a size that wraps", "relay\nSIZE 99999999999999999999",
      TW_SMTP_HAS_EXTENSIONS | TW_SMTP_HAS_SIZE, 0 },
    { "a longer word", "relay\nPIPELINING2\nDS", TW_SMTP_HAS_EXTENSIONS, 0 },
    { "the rest", "relay\nDSN\nSMTPUTF8\n8BITMIME\nENHANCEDSTATUSCODES\n\n",
      TW_SMTP_HAS_EXTENSIONS | TW_SMTP_HAS_DSN | TW_SMTP_HAS_SMTPUTF8 | TW_SMTP_HAS_8BITMIME |
          TW_SMTP_HAS_STATUS,
      0 },
};

static void
test_offer(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(offers); i++) {
        gsize len = strlen(offers[i].text);
        g_autofree char *copy = g_memdup2(offers[i].text, len);
        TwSmtpOffer offer = tw_smtp_offer_read(copy != NULL ? copy : "", len);

        g_test_message("%s", offers[i].name);
        g_assert_cmphex(offer.has, ==, offers[i].has);
        g_assert_cmpuint(offer.most_size, ==, offers[i].most_size);
        for (gsize cut = 0; cut < len; cut++) {
            g_autofree char *piece = g_memdup2(offers[i].text, cut);
            (void) tw_smtp_offer_read(piece != NULL ? piece : "", cut);
        }
    }
}

typedef struct {
    const char *address;
    const char *plain, *utf8; /* NULL: refused */
} Path;

static const Path paths[] = {
    { "", "<>", "<>" },
    { "jo@example.org", "<jo@example.org>", "<jo@example.org>" },
    { "a.b+c=d/e@[192.0.2.1]", "<a.b+c=d/e@[192.0.2.1]>", "<a.b+c=d/e@[192.0.2.1]>" },
    { "\"a b\"@example.org", "<\"a b\"@example.org>", "<\"a b\"@example.org>" },
    { "\"a\\\"b\"@example.org", "<\"a\\\"b\"@example.org>", "<\"a\\\"b\"@example.org>" },
    { "jo@b\xc3\xbc"
      "cher.example",
      "<jo@xn--bcher-kva.example>",
      "<jo@b\xc3\xbc"
      "cher.example>" },
    { "j\xc3\xb8@example.org", NULL, "<j\xc3\xb8@example.org>" },
    { "jo", NULL, NULL },
    { "@example.org", NULL, NULL },
    { "jo@", NULL, NULL },
    { "jo@.org", NULL, NULL },
    { "jo@a b", NULL, NULL },
    { "jo@a> SIZE=1", NULL, NULL },
    { "jo>\r\nDATA@example.org", NULL, NULL },
    { "jo@example.org\r\nRCPT TO:<x@y>", NULL, NULL },
    { "jo@example.org\n", NULL, NULL },
    { "\"jo\r\n\"@example.org", NULL, NULL },
    { "\"jo@example.org", NULL, NULL },
    { "jo@two@example.org", NULL, NULL },
    { "a b@example.org", NULL, NULL },
    { "jo@[192.0.2.1", NULL, NULL },
    { "jo@[]", NULL, NULL },
    { "jo\x01@example.org", NULL, NULL },
    { "jo@\xff.org", NULL, NULL },
};

static void
check_path(const char *address, gboolean utf8, const char *expected)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    gboolean ok = tw_smtp_put_path(&out, address, utf8);

    g_test_message("%s", address);
    g_assert_cmpint(ok, ==, expected != NULL);
    assert_bytes(out.data, out.len, expected, expected != NULL ? strlen(expected) : 0);
}

static void
test_path(void)
{
    g_autofree char *local = g_strnfill(TW_SMTP_MOST_ADDRESS - strlen("@example.org"), 'a');
    g_autofree char *longest = g_strconcat(local, "@example.org", NULL);
    g_autofree char *longer = g_strconcat("a", longest, NULL);
    g_autofree char *path = g_strconcat("<", longest, ">", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        check_path(paths[i].address, FALSE, paths[i].plain);
        check_path(paths[i].address, TRUE, paths[i].utf8);
    }
    check_path(longest, FALSE, path);
    check_path(longer, FALSE, NULL);
    g_assert_true(tw_smtp_path_needs_utf8("j\xc3\xb8@example.org"));
    g_assert_false(tw_smtp_path_needs_utf8("jo@b\xc3\xbc"
                                           "cher.example"));
}

static void
test_xtext(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);

    tw_smtp_put_xtext(&out, "a+b=c d\r\n\xc3\xb8~!");
    assert_bytes(out.data, out.len, "a+2Bb+3Dc+20d+0D+0A+C3+B8~!", 27);
}

typedef struct {
    const char *mail, *wire;
} Text;

static const Text texts[] = {
    { "", ".\r\n" },
    { "a\r\n", "a\r\n.\r\n" },
    { "a", "a\r\n.\r\n" },
    { ".\r\n", "..\r\n.\r\n" },
    { ".a\r\n..\r\nb.\r\n", "..a\r\n...\r\nb.\r\n.\r\n" },
    { "\n.\n", "\r\n..\r\n.\r\n" },
    { "\r.\r", "\r\n..\r\n.\r\n" },
    { "a\n.\r\nRCPT", "a\r\n..\r\nRCPT\r\n.\r\n" },
    { "a\r\n\n\r.\n\r\n", "a\r\n\r\n\r\n..\r\n\r\n.\r\n" },
};

static void
test_stuff(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        gsize len = strlen(texts[i].mail);

        for (gsize cut = 0; cut <= len; cut++) {
            g_autofree guint8 *first = g_memdup2(texts[i].mail, cut);
            g_autofree guint8 *rest = g_memdup2(texts[i].mail + cut, len - cut);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
            TwSmtpStuff stuff = { 0 };

            tw_smtp_stuff(&stuff, &out, first, cut);
            tw_smtp_stuff(&stuff, &out, rest, len - cut);
            tw_smtp_stuff_end(&stuff, &out);
            assert_bytes(out.data, out.len, texts[i].wire, strlen(texts[i].wire));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/smtp-text/offer", test_offer);
    g_test_add_func("/spooler/smtp-text/path", test_path);
    g_test_add_func("/spooler/smtp-text/xtext", test_xtext);
    g_test_add_func("/spooler/smtp-text/stuff", test_stuff);
    return g_test_run();
}
