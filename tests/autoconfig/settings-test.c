/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "autoconfig/settings.h"

#include <string.h>

#include "base/error.h"

static const char *const list[] = { "imaps://mail.example.org", "pop3://[2001:db8::1]:1110",
                                    "SMTP://mail.example.org:25", NULL };

static char *
text_of(const TwBuffer *out)
{
    g_assert_false(tw_buffer_failed(out));
    return g_strndup((const char *) out->data, out->len);
}

static void
test_facts(void)
{
    static const struct {
        const char *name, *text;
    } bad[] = {
        { "no scheme", "mail.example.org" },
        { "another", "http://mail.example.org" },
        { "no host", "imaps://" },
        { "no port", "imaps://mail.example.org:x" },
        { "a path", "imaps://mail.example.org/" },
        { "half a scheme", "ima://mail.example.org" },
        { "a port too great", "imaps://mail.example.org:65536" },
    };
    const char *many[TW_AUTOCONFIG_SERVERS_MAX + 2] = { 0 };
    g_auto(TwAutoconfigFacts) facts = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *const one[] = { bad[i].text, NULL };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad[i].name);
        g_assert_false(tw_autoconfig_facts_read(one, &facts, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_assert_null(facts.servers);
    }
    for (guint i = 0; i < TW_AUTOCONFIG_SERVERS_MAX; i++)
        many[i] = "imap://h";
    g_assert_true(tw_autoconfig_facts_read(many, &facts, NULL));
    g_assert_cmpuint(facts.servers->len, ==, TW_AUTOCONFIG_SERVERS_MAX);
    many[TW_AUTOCONFIG_SERVERS_MAX] = "imap://h";
    g_assert_false(tw_autoconfig_facts_read(many, &facts, NULL));
    g_assert_cmpuint(facts.servers->len, ==, TW_AUTOCONFIG_SERVERS_MAX); /* as they were */
}

static void
test_addresses(void)
{
    static const struct {
        const char *text;
        gboolean right;
    } cases[] = {
        { "jo@example.org", TRUE },
        { "a@b@c", TRUE },
        { "j\xc3\xb6@x", TRUE },
        { "", FALSE },
        { "@x", FALSE },
        { "x@", FALSE },
        { "x", FALSE },
        { "a b@x", FALSE },
        { "a\n@x", FALSE },
        { "\xff@x", FALSE },
        { "a\x7f@x", FALSE },
    };
    g_autofree char *most = g_strnfill(TW_AUTOCONFIG_ADDRESS_MAX + 1, 'x');

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *copy = g_memdup2(cases[i].text, strlen(cases[i].text));
        g_test_message("%s", cases[i].text);
        g_assert_true(tw_autoconfig_is_address(copy, strlen(cases[i].text)) == cases[i].right);
    }
    most[1] = '@';
    g_assert_true(tw_autoconfig_is_address(most, TW_AUTOCONFIG_ADDRESS_MAX));
    g_assert_false(tw_autoconfig_is_address(most, TW_AUTOCONFIG_ADDRESS_MAX + 1));
}

static void
test_documents(void)
{
    g_auto(TwAutoconfigFacts) facts = { 0 };
    g_auto(TwBuffer) config = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);
    g_auto(TwBuffer) anybody = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);
    g_auto(TwBuffer) discover = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);
    g_autofree char *text = NULL, *other = NULL, *answer = NULL;

    g_assert_true(tw_autoconfig_facts_read(list, &facts, NULL));
    tw_autoconfig_write(&facts, "jo@<&\">.example", &config);
    text = text_of(&config);
    g_assert_nonnull(strstr(text, "<emailProvider id=\"&lt;&amp;&quot;&gt;.example\">"));
    g_assert_nonnull(strstr(text, "<incomingServer type=\"imap\">\n"
                                  "<hostname>mail.example.org</hostname>\n<port>993</port>\n"
                                  "<socketType>SSL</socketType>\n"
                                  "<username>%EMAILLOCALPART%</username>\n"));
    g_assert_nonnull(strstr(text, "<incomingServer type=\"pop3\">\n<hostname>2001:db8::1<"));
    g_assert_nonnull(strstr(text, "<outgoingServer type=\"smtp\">\n"
                                  "<hostname>mail.example.org</hostname>\n<port>25</port>\n"
                                  "<socketType>STARTTLS</socketType>\n"));
    facts.whole_address = TRUE;
    tw_autoconfig_write(&facts, NULL, &anybody);
    other = text_of(&anybody);
    g_assert_nonnull(strstr(other, "<domain>%EMAILDOMAIN%</domain>"));
    g_assert_nonnull(strstr(other, "<username>%EMAILADDRESS%</username>"));
    g_assert_null(strstr(other, "LOCALPART"));

    facts.whole_address = FALSE;
    tw_autodiscover_write(&facts, "j&o@example.org", &discover);
    answer = text_of(&discover);
    g_assert_nonnull(strstr(answer, "<Type>IMAP</Type>\n<Server>mail.example.org</Server>\n"
                                    "<Port>993</Port>\n<LoginName>j&amp;o</LoginName>\n"));
    g_assert_nonnull(strstr(answer, "<Type>SMTP</Type>"));
}

#define REQUEST                                                                                    \
    "<?xml version=\"1.0\"?><Autodiscover xmlns=\"u:x\"><Request>"                                 \
    "<EMailAddress>jo@example.org</EMailAddress>"                                                  \
    "<AcceptableResponseSchema>u:y</AcceptableResponseSchema></Request></Autodiscover>"

static void
test_requests(void)
{
    static const struct {
        const char *name, *text;
        const char *address; /* NULL: refused */
    } cases[] = {
        { "as it is", REQUEST, "jo@example.org" },
        { "none in it", "<a><b/></a>", NULL },
        { "no address", "<a><EMailAddress>jo</EMailAddress></a>", NULL },
        { "an entity",
          "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>"
          "<EMailAddress>&x;@x</EMailAddress></a>",
          NULL },
        { "a reference", "<a><EMailAddress>a&amp;b@x</EMailAddress></a>", "a&b@x" },
        { "too deep",
          "<a><a><a><a><a><a><a><a><a><EMailAddress>a@x</EMailAddress>"
          "</a></a></a></a></a></a></a></a></a>",
          NULL },
        { "nothing", "", NULL },
        { "no XML", "jo@example.org", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);

        g_test_message("%s", cases[i].name);
        for (gsize cut = cases[i].address != NULL ? 0 : len; cut <= len; cut++) {
            g_autofree guint8 *copy = g_memdup2(cases[i].text, cut);
            g_autofree char *address = tw_autodiscover_read(copy, cut);
            g_assert_cmpstr(address, ==, cut == len ? cases[i].address : NULL);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/autoconfig/settings/facts", test_facts);
    g_test_add_func("/autoconfig/settings/addresses", test_addresses);
    g_test_add_func("/autoconfig/settings/documents", test_documents);
    g_test_add_func("/autoconfig/settings/requests", test_requests);
    return g_test_run();
}
