/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What mail programs ask by Autodiscover: an address that is taken can be answered, and the answer is XML. */
#include <string.h>

#include "autoconfig/settings.h"
#include "soap/reader.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
assert_xml(const TwBuffer *out)
{
    const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwSoapReader) reader = tw_soap_reader_new(&limits);
    TwSoapToken token;
    TwSoapTokenKind kind;

    g_assert_false(tw_buffer_failed(out));
    tw_soap_reader_feed(reader, out->data, out->len);
    tw_soap_reader_finish(reader);
    do
        kind = tw_soap_reader_next(reader, &token);
    while (kind != TW_SOAP_TOKEN_DONE && kind != TW_SOAP_TOKEN_BAD);
    g_assert_cmpint(kind, ==, TW_SOAP_TOKEN_DONE);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const char *const list[] = { "imaps://mail.example.org", "smtp://mail.example.org",
                                        NULL };
    g_autofree char *address = tw_autodiscover_read(data, size);
    g_auto(TwAutoconfigFacts) facts = { 0 };
    g_auto(TwBuffer) config = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);
    g_auto(TwBuffer) discover = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);

    if (address == NULL)
        return 0;
    g_assert_true(tw_autoconfig_is_address(address, strlen(address)));
    g_assert_true(tw_autoconfig_facts_read(list, &facts, NULL));
    tw_autoconfig_write(&facts, address, &config);
    tw_autodiscover_write(&facts, address, &discover);
    assert_xml(&config);
    assert_xml(&discover);
    return 0;
}
