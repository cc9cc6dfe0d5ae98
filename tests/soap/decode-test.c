/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the decoder reads, what it forgives and what it refuses; and that it reads all that is written. */
#include "soap/decode.h"

#include "base/error.h"
#include "soap/envelope.h"
#include "soap/random-record.h"

#define SMALL_LIMITS                                                                               \
    {                                                                                              \
        .body = 8192, .depth = 24, .text = 256, .items = 16, .memory = 1u << 20                    \
    }

/* Reads @text, cut at @cut. */
static const TwSoapMessage *
read_cut(TwSoapDecoder *decoder, const char *text, gsize len, gsize cut, GError **error)
{
    g_autofree char *first = g_memdup2(text, MAX(cut, 1)),
                    *second = g_memdup2(text + cut, MAX(len - cut, 1));

    tw_soap_decoder_expect_request(decoder);
    if (!tw_soap_decoder_feed(decoder, first, cut, error) ||
        !tw_soap_decoder_feed(decoder, second, len - cut, error))
        return NULL;
    return tw_soap_decoder_finish(decoder, error);
}

#define STORE(inner) "<ns:getStoreName><ulSessionId>5</ulSessionId>" inner "</ns:getStoreName>"
#define VALUE(inner)                                                                               \
    "<ns:saveObject><lpsSaveObj><modProps><item>" inner                                            \
    "</item></modProps></lpsSaveObj></ns:saveObject>"

typedef struct {
    const char *name, *element;
    int code; /* -1: read */
} Case;

static const Case cases[] = {
    { "whole", STORE("<sEntryId>AQID</sEntryId>"), -1 },
    { "missing", STORE(""), -1 },
    { "surplus", STORE("<other><a>1</a>text</other><sEntryId>AQID</sEntryId>"), -1 },
    { "reordered",
      "<ns:getStoreName><sEntryId>AQID</sEntryId><ulSessionId>5</ulSessionId></ns:getStoreName>",
      -1 },
    { "qualified", "<ns:getStoreName><ns:ulSessionId>5</ns:ulSessionId></ns:getStoreName>", -1 },
    { "of another namespace",
      "<ns:getStoreName><xop:ulSessionId>x</xop:ulSessionId></ns:getStoreName>", -1 },
    { "another prefix", "<z:getStoreName xmlns:z=\"urn:zarafa\"/>", -1 },
    { "default namespace",
      "<getStoreName xmlns=\"urn:zarafa\"><ulSessionId>5</ulSessionId></getStoreName>", -1 },
    { "nil", STORE("<sEntryId xsi:nil=\"true\"/>"), -1 },
    { "nil number", "<ns:getStoreName><ulSessionId xsi:nil=\"1\"/></ns:getStoreName>", -1 },
    { "attributes nobody reads",
      STORE("<sEntryId id=\"_1\" xsi:type=\"xsd:base64Binary\">AQID</sEntryId>"), -1 },
    { "blanks around elements",
      "<ns:getStoreName>\n  <ulSessionId> 5 </ulSessionId>\n</ns:getStoreName>", -1 },
    { "base64 in lines", STORE("<sEntryId>AQ\nID\n</sEntryId>"), -1 },
    { "sparse array",
      "<ns:tableSetColumns><aPropTag SOAP-ENC:arrayType=\"xsd:unsignedInt[9]\"><item "
      "SOAP-ENC:position=\"[5]\">7</item></aPropTag></ns:tableSetColumns>",
      -1 },
    { "items of any name",
      "<ns:tableSetColumns><aPropTag><x>1</x><y>2</y></aPropTag></ns:tableSetColumns>", -1 },
    { "an array that lies",
      "<ns:tableSetColumns><aPropTag "
      "SOAP-ENC:arrayType=\"xsd:unsignedInt[4000000000]\"><item>7</item></aPropTag>"
      "</ns:tableSetColumns>",
      -1 },
    { "sixteen items",
      "<ns:tableSetColumns><aPropTag><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</"
      "i><i>1</i>"
      "<i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i></aPropTag></ns:tableSetColumns>",
      -1 },
    { "seventeen items",
      "<ns:tableSetColumns><aPropTag><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</"
      "i><i>1</i>"
      "<i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i><i>1</i></aPropTag></"
      "ns:tableSetColumns>",
      TW_ERROR_TOO_BIG },
    { "two calls", STORE("") STORE("<sEntryId>!</sEntryId>"), -1 },
    { "tag behind its value", VALUE("<ul>7</ul><ulPropTag>235339779</ulPropTag>"), -1 },
    { "no call", "", TW_ERROR_CORRUPT },
    { "unknown call", "<ns:formatDisk/>", TW_ERROR_NOT_FOUND },
    { "call of no namespace", "<getStoreName/>", TW_ERROR_NOT_FOUND },
    { "call of another namespace", "<xop:getStoreName/>", TW_ERROR_NOT_FOUND },
    { "letters in a number", "<ns:getStoreName><ulSessionId>5a</ulSessionId></ns:getStoreName>",
      TW_ERROR_INVALID },
    { "an empty number", "<ns:getStoreName><ulSessionId/></ns:getStoreName>", TW_ERROR_INVALID },
    { "a number of 65 bits",
      "<ns:getStoreName><ulSessionId>18446744073709551616</ulSessionId></ns:getStoreName>",
      TW_ERROR_INVALID },
    { "a number of 33 bits", "<ns:tableClose><ulTableId>4294967296</ulTableId></ns:tableClose>",
      TW_ERROR_INVALID },
    { "the largest of 32", "<ns:tableClose><ulTableId>4294967295</ulTableId></ns:tableClose>", -1 },
    { "less than none", "<ns:tableClose><ulTableId>-1</ulTableId></ns:tableClose>",
      TW_ERROR_INVALID },
    { "signed", "<ns:tableSeekRow><lRowCount>-2147483648</lRowCount></ns:tableSeekRow>", -1 },
    { "signed, past the least",
      "<ns:tableSeekRow><lRowCount>-2147483649</lRowCount></ns:tableSeekRow>", TW_ERROR_INVALID },
    { "signed, past the most",
      "<ns:tableSeekRow><lRowCount>2147483648</lRowCount></ns:tableSeekRow>", TW_ERROR_INVALID },
    { "neither true nor false", "<ns:setLockState><bLocked>yes</bLocked></ns:setLockState>",
      TW_ERROR_INVALID },
    { "true as 1", "<ns:setLockState><bLocked>1</bLocked></ns:setLockState>", -1 },
    { "no base64", STORE("<sEntryId>A*ID</sEntryId>"), TW_ERROR_INVALID },
    { "base64 cut", STORE("<sEntryId>AQI</sEntryId>"), TW_ERROR_INVALID },
    { "twice", STORE("<sEntryId>AQID</sEntryId><sEntryId>AQID</sEntryId>"), TW_ERROR_INVALID },
    { "an element in a number",
      "<ns:getStoreName><ulSessionId><a/></ulSessionId></ns:getStoreName>", TW_ERROR_INVALID },
    { "text in a structure", "<ns:getStoreName>hello<ulSessionId>1</ulSessionId></ns:getStoreName>",
      TW_ERROR_INVALID },
    { "a value with two members",
      VALUE("<ulPropTag>3</ulPropTag><ul>1</ul><mvl><item>1</item></mvl>"), TW_ERROR_INVALID },
    { "two tags", VALUE("<ulPropTag>3</ulPropTag><ulPropTag>3</ulPropTag>"), TW_ERROR_INVALID },
    { "a hex float", VALUE("<ulPropTag>65541</ulPropTag><dbl>0x1p3</dbl>"), TW_ERROR_INVALID },
    { "entity", STORE("<sEntryId>&bomb;</sEntryId>"), TW_ERROR_CORRUPT },
    { "comment", STORE("<!-- -->"), TW_ERROR_CORRUPT },
    { "CDATA", STORE("<sEntryId><![CDATA[AQID]]></sEntryId>"), TW_ERROR_CORRUPT },
    { "instruction", STORE("<?php ?>"), TW_ERROR_CORRUPT },
    { "tags crossed", "<ns:getStoreName><a><b></a></b></ns:getStoreName>", TW_ERROR_CORRUPT },
    { "prefix of nothing", STORE("<q:a/>"), TW_ERROR_CORRUPT },
    { "attribute twice", STORE("<a b=\"1\" b=\"2\"/>"), TW_ERROR_CORRUPT },
    { "NUL by reference", STORE("<a>&#0;</a>"), TW_ERROR_CORRUPT },
    { "a surrogate", STORE("<a>&#xD800;</a>"), TW_ERROR_CORRUPT },
    { "past the last character", STORE("<a>&#x110000;</a>"), TW_ERROR_CORRUPT },
    { "control character", STORE("<a>\x01</a>"), TW_ERROR_CORRUPT },
    { "no UTF-8", STORE("<a>\xc3(</a>"), TW_ERROR_CORRUPT },
    { "two place holders",
      "<ns:importMessageFromStream><sStreamData><xop:Include href=\"cid:a\"/><xop:Include "
      "href=\"cid:b\"/>"
      "</sStreamData></ns:importMessageFromStream>",
      TW_ERROR_INVALID },
    { "a place holder for nothing",
      "<ns:importMessageFromStream><sStreamData><xop:Include/></sStreamData></"
      "ns:importMessageFromStream>",
      TW_ERROR_INVALID },
};

static void
test_case(gconstpointer user)
{
    static const TwSoapLimits limits = SMALL_LIMITS;
    const Case *tc = user;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autofree char *text = envelope(tc->element);
    gsize len = strlen(text);

    for (gsize cut = 0; cut <= len; cut++) {
        g_autoptr(GError) error = NULL;
        const TwSoapMessage *message = read_cut(decoder, text, len, cut, &error);
        if (tc->code < 0) {
            g_assert_no_error(error);
            g_assert_nonnull(message);
            g_assert_null(message->refusal);
        } else {
            g_assert_error(error, TW_ERROR, tc->code);
            g_assert_null(message);
        }
    }
}

/* Not one prefix of a message is a message. */
static void
test_cut_short(void)
{
    static const TwSoapLimits limits = SMALL_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autofree char *text = envelope(STORE("<sEntryId>AQID</sEntryId>"));

    for (gsize len = 0; len < strlen(text); len++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(read_cut(decoder, text, len, len / 2, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* Well-formed, but a value that cannot be. */
static void
test_refusals(void)
{
    static const struct {
        const char *name, *element;
        int code;
    } refusals[] = {
        { "member of another type", VALUE("<ulPropTag>235339779</ulPropTag><lpszA>x</lpszA>"),
          TW_ERROR_INVALID },
        { "no member", VALUE("<ulPropTag>235339779</ulPropTag>"), TW_ERROR_INVALID },
        { "no tag", VALUE("<ul>1</ul>"), TW_ERROR_INVALID },
        { "a GUID of 3 bytes", VALUE("<ulPropTag>65608</ulPropTag><bin>AQID</bin>"),
          TW_ERROR_INVALID },
        { "an object", VALUE("<ulPropTag>65549</ulPropTag><bin>AQID</bin>"), TW_ERROR_INVALID },
        { "a type that does not exist", VALUE("<ulPropTag>66000</ulPropTag><ul>1</ul>"),
          TW_ERROR_INVALID },
        { "an empty restriction",
          VALUE("<ulPropTag>1719206141</ulPropTag><res><ulType>0</ulType></res>"),
          TW_ERROR_INVALID },
    };
    static const TwSoapLimits limits = SMALL_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);

    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *text = envelope(refusals[i].element);
        g_autoptr(GError) error = NULL;
        const TwSoapMessage *message = read_cut(decoder, text, strlen(text), 0, &error);
        const TwSoapSaveObjectArgs *args;
        g_test_message("%s", refusals[i].name);
        g_assert_no_error(error);
        g_assert_error(message->refusal, TW_ERROR, refusals[i].code);
        args = message->body;
        g_assert_cmphex(args->lpsSaveObj->modProps.items[0].tag & 0xffffu, ==, TW_PT_ERROR);
    }
}

/* A request with two values in a row. @slow: items that are read one token after the other. */
static char *
two_values(const char *value, gboolean slow)
{
    const char *item = slow ? "<item a=\"1\">" : "<item>";
    g_autofree char *call = g_strdup_printf("<ns:saveObject><lpsSaveObj><modProps>%s<ulPropTag>"
                                            "235339779</ulPropTag><ul>7</ul></item>%s%s"
                                            "</item></modProps></lpsSaveObj></ns:saveObject>",
                                            item, item, value);

    return envelope(call);
}

/* What is read at once is what is read token by token, wherever the bytes are cut. */
static void
test_plain_values(void)
{
    static const char *const values[] = {
        "<ulPropTag>3604510</ulPropTag><lpszA>Hello</lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA></lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA>Gr\xc3\xbc\xc3\x9f\xc3\xa9, tab\tline\nend</lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA>a &amp; b</lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA>cut \xc3</lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA>01234567\xff</lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA>0123456\x01</lpszA>",
        "<ulPropTag>3604510</ulPropTag><lpszA>no end</lpsza>",
        "<ulPropTag>235339779</ulPropTag><ul>4294967295</ul>",
        "<ulPropTag>235339779</ulPropTag><ul>4294967296</ul>",
        "<ulPropTag>235339779</ulPropTag><ul>-1</ul>",
        "<ulPropTag>235339779</ulPropTag><lpszA>x</lpszA>",
        "<ulPropTag>235339779</ulPropTag><ul>1</ul><ul>1</ul>",
        "<ulPropTag>4530241539</ulPropTag><ul>1</ul>",
        "<ulPropTag>00000000000235339779</ulPropTag><ul>1</ul>",
        "<ulPropTag></ulPropTag><ul>1</ul>",
        "<ulPropTag>235012107</ulPropTag><b>true</b>",
        "<ulPropTag>235012107</ulPropTag><b>maybe</b>",
        "<ulPropTag>268370178</ulPropTag><bin>AQID</bin>",
        "<ulPropTag>268370178</ulPropTag><bin>AQI</bin>",
        "<ulPropTag>65608</ulPropTag><bin>AQID</bin>",
        "<ulPropTag>65538</ulPropTag><i>-32768</i>",
        "<ulPropTag>65556</ulPropTag><li>-9</li>",
        "<ulPropTag>65541</ulPropTag><dbl>0.5</dbl>",
        "<ulPropTag>235274304</ulPropTag><hilo><hi>1</hi><lo>2</lo></hilo>",
        "<ulPropTag>65546</ulPropTag><ul>2147746063</ul>",
        "<ulPropTag>66000</ulPropTag><ul>1</ul>",
    };
    static const TwSoapLimits limits = SMALL_LIMITS;
    g_autoptr(TwSoapDecoder) slow = tw_soap_decoder_new(&limits);
    g_autoptr(TwSoapDecoder) fast = tw_soap_decoder_new(&limits);

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *token = two_values(values[i], TRUE), *plain = two_values(values[i], FALSE);
        g_auto(TwBuffer) wanted = TW_BUFFER_INIT(8192);
        g_autoptr(GError) failure = NULL;
        const TwSoapMessage *known = read_cut(slow, token, strlen(token), 0, &failure);
        g_test_message("%s", values[i]);
        if (known != NULL)
            g_assert_true(tw_soap_write_request(known->call, known->body, &wanted));
        for (gsize cut = 0; cut <= strlen(plain); cut++) {
            g_auto(TwBuffer) got = TW_BUFFER_INIT(8192);
            g_autoptr(GError) error = NULL;
            const TwSoapMessage *message = read_cut(fast, plain, strlen(plain), cut, &error);
            g_assert_true((message == NULL) == (known == NULL));
            if (message == NULL) {
                g_assert_error(error, TW_ERROR, failure->code);
                continue;
            }
            g_assert_true((message->refusal == NULL) == (known->refusal == NULL));
            g_assert_true(tw_soap_write_request(message->call, message->body, &got));
            g_assert_cmpuint(got.len, ==, wanted.len);
            g_assert_true(memcmp(got.data, wanted.data, got.len) == 0);
        }
    }
}

/* Nor is it deeper or longer than it may be. */
static void
test_plain_limits(void)
{
    static const char long_text[] = "0123456789012345678901234567890123456789";
    TwSoapLimits limits = SMALL_LIMITS;

    for (guint past = 0; past < 2; past++) {
        g_autofree char *value = g_strdup_printf(
            "<ulPropTag>3604510</ulPropTag><lpszA>%s%s</lpszA>", long_text, past == 0 ? "" : "x");
        g_autofree char *text = two_values(value, FALSE);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwSoapDecoder) shallow = NULL, narrow = NULL;
        limits = (TwSoapLimits) SMALL_LIMITS;
        limits.text = strlen(long_text);
        narrow = tw_soap_decoder_new(&limits);
        g_assert_true((read_cut(narrow, text, strlen(text), 0, &error) == NULL) == (past == 1));
        g_clear_error(&error);
        limits = (TwSoapLimits) SMALL_LIMITS;
        limits.depth = 7 - past; /* the member is the seventh */
        shallow = tw_soap_decoder_new(&limits);
        g_assert_true((read_cut(shallow, text, strlen(text), 0, &error) == NULL) == (past == 1));
        if (past == 1)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

/* Each limit, at it and one past it. */
static void
test_limits(void)
{
    static const TwSoapLimits limits = SMALL_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);

    for (guint past = 0; past < 2; past++) {
        g_autoptr(GString) deep = g_string_new("<ns:getStoreName>"), wide = g_string_new(NULL);
        g_autofree char *deep_text = NULL, *wide_text = NULL;
        g_autoptr(GError) error = NULL;
        /* envelope, body and call are three */
        for (guint i = 0; i < 21 + past; i++)
            g_string_append(deep, "<a>");
        for (guint i = 0; i < 21 + past; i++)
            g_string_append(deep, "</a>");
        g_string_append(deep, "</ns:getStoreName>");
        deep_text = envelope(deep->str);
        g_assert_true((read_cut(decoder, deep_text, strlen(deep_text), 0, &error) == NULL) ==
                      (past == 1));
        if (past == 1)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        g_clear_error(&error);

        g_string_append(wide, "<ns:getUser><sUserId>");
        for (guint i = 0; i < 256 + 4 * past; i++)
            g_string_append_c(wide, 'A');
        g_string_append(wide, "</sUserId></ns:getUser>");
        wide_text = envelope(wide->str);
        for (gsize cut = 0; cut < strlen(wide_text); cut += 5) {
            g_assert_true((read_cut(decoder, wide_text, strlen(wide_text), cut, &error) == NULL) ==
                          (past == 1));
            if (past == 1)
                g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
            g_clear_error(&error);
        }
    }
}

static void
test_body_and_memory(void)
{
    TwSoapLimits limits = SMALL_LIMITS;
    g_autofree char *text = envelope(STORE("<sEntryId>AQID</sEntryId>"));

    limits.body = strlen(text);
    for (guint past = 0; past < 2; past++) {
        g_autoptr(TwSoapDecoder) decoder = NULL;
        g_autoptr(GError) error = NULL;
        limits.body -= past;
        decoder = tw_soap_decoder_new(&limits);
        g_assert_true((read_cut(decoder, text, strlen(text), 9, &error) == NULL) == (past == 1));
        if (past == 1)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
    limits.body = 8192;
    limits.memory = 8;
    {
        g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
        g_autoptr(GError) error = NULL;
        g_assert_null(read_cut(decoder, text, strlen(text), 0, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

static void
test_soap_12(void)
{
    static const TwSoapLimits limits = SMALL_LIMITS;
    static const char text[] =
        "<e:Envelope "
        "xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Header><a>1</a></e:Header><e:Body>"
        "<m:logoff "
        "xmlns:m=\"urn:zarafa\"><ulSessionId>3</ulSessionId></m:logoff></e:Body></e:Envelope>";
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autoptr(GError) error = NULL;
    const TwSoapMessage *message = read_cut(decoder, text, strlen(text), 30, &error);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(8192);
    TwSoapResult result = { 0 };

    g_assert_no_error(error);
    g_assert_cmpint(message->version, ==, TW_SOAP_1_2);
    g_assert_cmpint(message->call, ==, TW_SOAP_CALL_LOGOFF);
    g_assert_true(tw_soap_write_response(message->version, message->call, &result, &out));
    tw_soap_decoder_expect_response(decoder, TW_SOAP_CALL_LOGOFF);
    g_assert_true(tw_soap_decoder_feed(decoder, out.data, out.len, NULL));
    message = tw_soap_decoder_finish(decoder, &error);
    g_assert_no_error(error);
    g_assert_cmpint(message->version, ==, TW_SOAP_1_2);
}

static void
test_faults(void)
{
    static const TwSoapLimits limits = SMALL_LIMITS;
    static const struct {
        TwError code;
        const char *text;
    } faults[] = {
        { TW_ERROR_NOT_FOUND, "not implemented" },
        { TW_ERROR_INVALID, "Validation constraint violation" },
        { TW_ERROR_TOO_BIG, "too large" },
        { TW_ERROR_FAILED, "Internal error" },
    };
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);

    for (guint i = 0; i < 2 * G_N_ELEMENTS(faults); i++) {
        g_autoptr(GError) error = NULL,
                          cause =
                              g_error_new_literal(TW_ERROR, (gint) faults[i / 2].code, "secret");
        g_autoptr(GError) told = NULL;
        g_auto(TwBuffer) out = TW_BUFFER_INIT(8192);
        const TwSoapMessage *message;
        g_assert_true(tw_soap_write_fault(i % 2 == 0 ? TW_SOAP_1_1 : TW_SOAP_1_2, cause, &out));
        tw_soap_decoder_expect_response(decoder, TW_SOAP_CALL_LOGON);
        g_assert_true(tw_soap_decoder_feed(decoder, out.data, out.len, &error));
        message = tw_soap_decoder_finish(decoder, &error);
        g_assert_no_error(error);
        g_assert_nonnull(message->fault);
        told = tw_soap_fault_error(message->fault);
        g_assert_nonnull(strstr(told->message, faults[i / 2].text));
        g_assert_null(strstr(told->message, "secret"));
    }
}

static void
test_wrong_answer(void)
{
    static const TwSoapLimits limits = SMALL_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autofree char *text = envelope("<ns:logoffResponse><result>0</result></ns:logoffResponse>");
    g_autoptr(GError) error = NULL;

    tw_soap_decoder_expect_response(decoder, TW_SOAP_CALL_LOGON);
    g_assert_false(tw_soap_decoder_feed(decoder, text, strlen(text), &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

/* --- round trips ----------------------------------------------------------------------------------------------- */

static void
test_calls_at_random(void)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autoptr(TwArena) arena = tw_arena_new(64u << 20);
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_test_message("seed %u", seed);
    for (guint i = 0; i < 4 * TW_SOAP_CALL_COUNT; i++) {
        TwSoapCall call = (TwSoapCall) (i / 4);
        gboolean is_response = i % 2 == 1;
        const TwSoapCallInfo *info = tw_soap_call_info(call);
        const TwSoapType *type = is_response ? info->response : info->args;
        gpointer record;
        g_auto(TwBuffer) out = TW_BUFFER_INIT(16u << 20);
        g_autoptr(GError) error = NULL;
        const TwSoapMessage *message;
        gsize piece = (gsize) g_rand_int_range(rand, 1, 4000);

        tw_arena_reset(arena);
        record = random_record(rand, arena, type);
        if (is_response) {
            g_assert_true(tw_soap_write_response(TW_SOAP_1_1, call, record, &out));
            tw_soap_decoder_expect_response(decoder, call);
        } else {
            g_assert_true(tw_soap_write_request(call, record, &out));
            tw_soap_decoder_expect_request(decoder);
        }
        for (gsize at = 0; at < out.len; at += piece) {
            tw_soap_decoder_feed(decoder, out.data + at, MIN(piece, out.len - at), &error);
            g_assert_no_error(error);
        }
        message = tw_soap_decoder_finish(decoder, &error);
        g_assert_no_error(error);
        g_assert_no_error(message->refusal);
        g_assert_cmpint(message->call, ==, call);
        assert_same_record(type, record, message->body);
    }
}

static void
round_trip(const TwSoapType *type, gpointer user)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    GRand *rand = user;

    for (guint i = 0; i < 4; i++) {
        g_autoptr(TwArena) arena = tw_arena_new(64u << 20);
        gpointer record = random_record(rand, arena, type), back;
        g_auto(TwBuffer) out = TW_BUFFER_INIT(16u << 20);
        g_autoptr(GError) error = NULL;
        g_assert_true(tw_soap_write_record(type, record, "root", &out));
        back = tw_soap_decode_record(type, out.data, out.len, arena, &limits, &error);
        g_assert_no_error(error);
        assert_same_record(type, record, back);
    }
}

static void
test_records_at_random(void)
{
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_test_message("seed %u", seed);
    tw_soap_type_foreach(round_trip, rand);
}

/* Rows of the lists that could contradict each other. */
static void
test_rows(void)
{
    for (guint i = 0; i < TW_SOAP_CALL_COUNT; i++) {
        const TwSoapCallInfo *info = tw_soap_call_info((TwSoapCall) i);
        TwSoapCall found;
        gint64 response[64] = { 0 };
        g_assert_true(tw_soap_call_find(info->name, strlen(info->name), &found));
        g_assert_cmpuint(found, ==, i);
        g_assert_cmpuint(info->response->size, <=, sizeof response);
        tw_soap_call_set_result((TwSoapCall) i, response, 0x80000002u);
        g_assert_cmphex(tw_soap_call_result((TwSoapCall) i, response), ==, 0x80000002u);
        if (info->args->member_count > 0 && info->args->members[0].kind == TW_SOAP_U64)
            g_assert_true(g_str_has_suffix(info->args->members[0].name, "essionId") ||
                          g_str_equal(info->args->members[0].name, "session-id"));
    }
    g_assert_false(tw_soap_call_find("logo", 4, &(TwSoapCall){ 0 }));
    g_assert_false(tw_soap_call_find("logonx", 6, &(TwSoapCall){ 0 }));
    g_assert_false(tw_soap_call_find("", 0, &(TwSoapCall){ 0 }));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/soap/decode/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/soap/decode/cut short", test_cut_short);
    g_test_add_func("/soap/decode/refusals", test_refusals);
    g_test_add_func("/soap/decode/plain values", test_plain_values);
    g_test_add_func("/soap/decode/plain limits", test_plain_limits);
    g_test_add_func("/soap/decode/limits", test_limits);
    g_test_add_func("/soap/decode/body and memory", test_body_and_memory);
    g_test_add_func("/soap/decode/SOAP 1.2", test_soap_12);
    g_test_add_func("/soap/decode/faults", test_faults);
    g_test_add_func("/soap/decode/the wrong answer", test_wrong_answer);
    g_test_add_func("/soap/calls at random", test_calls_at_random);
    g_test_add_func("/soap/records at random", test_records_at_random);
    g_test_add_func("/soap/rows", test_rows);
    return g_test_run();
}
