/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tokenizer: against Expat over documents that both read, and alone where they differ. */
#include "soap/reader.h"

#include <expat.h>

#include "base/error.h"

static const TwSoapLimits limits = TW_SOAP_LIMITS;

/* --- one way to print what was seen ---------------------------------------------------------------------------- */

typedef struct {
    GString *out;
    GString *text; /* of which no tag has come yet */
} Trace;

static void
flush_text(Trace *trace)
{
    if (trace->text->len > 0) {
        g_autofree char *escaped = g_strescape(trace->text->str, NULL);
        g_string_append_printf(trace->out, "\"%s\"", escaped);
    }
    g_string_set_size(trace->text, 0);
}

static int
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* "<name a=1 b=2>", attributes by name. */
static void
put_start(Trace *trace, const char *name, GPtrArray *attributes)
{
    flush_text(trace);
    g_string_append_printf(trace->out, "<%s", name);
    g_ptr_array_sort(attributes, compare_strings);
    for (guint i = 0; i < attributes->len; i++)
        g_string_append_printf(trace->out, " %s", (const char *) attributes->pdata[i]);
    g_string_append_c(trace->out, '>');
}

static void
put_end(Trace *trace)
{
    flush_text(trace);
    g_string_append(trace->out, "</>");
}

/* --- ours ------------------------------------------------------------------------------------------------------ */

static void
trace_token(Trace *trace, const TwSoapToken *token)
{
    g_autoptr(GPtrArray) attributes = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *name = NULL;

    if (token->kind == TW_SOAP_TOKEN_TEXT)
        g_string_append_len(trace->text, token->text, (gssize) token->text_len);
    if (token->kind == TW_SOAP_TOKEN_END)
        put_end(trace);
    if (token->kind != TW_SOAP_TOKEN_START && token->kind != TW_SOAP_TOKEN_LEAF)
        return;
    name = g_strndup(token->name, token->name_len);
    for (guint i = 0; i < token->attribute_count; i++) {
        const TwSoapAttribute *one = &token->attributes[i];
        g_auto(TwBuffer) value = TW_BUFFER_INIT(65536);
        tw_soap_reader_put_value(one, &value);
        g_ptr_array_add(attributes, g_strdup_printf("%.*s=%.*s", (int) one->name_len, one->name,
                                                    (int) value.len, (char *) value.data));
    }
    put_start(trace, name, attributes);
    if (token->kind == TW_SOAP_TOKEN_LEAF) {
        g_string_append_len(trace->text, token->text, (gssize) token->text_len);
        put_end(trace);
    }
}

/* NULL when refused. */
static char *
read_ours(const char *text, gsize len, gsize piece, GError **error)
{
    g_autoptr(TwSoapReader) reader = tw_soap_reader_new(&limits);
    g_autoptr(GString) out = g_string_new(NULL), run = g_string_new(NULL);
    Trace trace = { out, run };
    TwSoapToken token;

    for (gsize at = 0; at <= len; at += piece) {
        gsize n = MIN(piece, len - at);
        g_autofree char *copy = g_memdup2(text + at, MAX(n, 1));
        tw_soap_reader_feed(reader, copy, n);
        if (n < piece || at + n == len)
            tw_soap_reader_finish(reader);
        while (tw_soap_reader_next(reader, &token) != TW_SOAP_TOKEN_MORE) {
            if (token.kind == TW_SOAP_TOKEN_DONE)
                return g_strdup(out->str);
            if (token.kind == TW_SOAP_TOKEN_BAD) {
                g_propagate_error(error, g_error_copy(tw_soap_reader_error(reader)));
                /* and it stays so */
                g_assert_cmpint(tw_soap_reader_next(reader, &token), ==, TW_SOAP_TOKEN_BAD);
                return NULL;
            }
            trace_token(&trace, &token);
        }
    }
    g_assert_not_reached();
}

/* --- Expat ----------------------------------------------------------------------------------------------------- */

static const char *
local_name(const char *name)
{
    const char *separator = strrchr(name, '|');

    return separator != NULL ? separator + 1 : name;
}

static void
expat_start(void *user, const XML_Char *name, const XML_Char **pairs)
{
    g_autoptr(GPtrArray) attributes = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; pairs[i] != NULL; i += 2)
        g_ptr_array_add(attributes, g_strdup_printf("%s=%s", local_name(pairs[i]), pairs[i + 1]));
    put_start(user, local_name(name), attributes);
}

static void
expat_end(void *user, const XML_Char *name)
{
    (void) name;
    put_end(user);
}

static void
expat_text(void *user, const XML_Char *text, int len)
{
    Trace *trace = user;

    g_string_append_len(trace->text, text, len);
}

static char *
read_expat(const char *text, gsize len)
{
    XML_Parser parser = XML_ParserCreateNS(NULL, '|');
    g_autoptr(GString) out = g_string_new(NULL), run = g_string_new(NULL);
    Trace trace = { out, run };
    gboolean good;

    XML_SetUserData(parser, &trace);
    XML_SetElementHandler(parser, expat_start, expat_end);
    XML_SetCharacterDataHandler(parser, expat_text);
    good = XML_Parse(parser, text, (int) len, 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    return good ? g_strdup(out->str) : NULL;
}

/* --- documents at random --------------------------------------------------------------------------------------- */

static void
put_random_text(GRand *rand, GString *out, gboolean in_attribute)
{
    static const char *const pieces[] = {
        "a",       "text ", "&lt;",   "&amp;",  "&#65;", "&#x20AC;",
        "&#xD;",   "&#10;", "&quot;", "&apos;", "&gt;",  "\xc3\xa9",
        "\n",      "\r\n",  "\r",     "\t",     ">",     "\xf0\x9f\xa6\x92",
        "&#0065;", "=",     "/"
    };
    gint count = g_rand_int_range(rand, 0, 8);

    for (gint i = 0; i < count; i++) {
        const char *piece = pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))];
        /* blanks in attributes are told apart by normalising, which both do alike for these */
        if (in_attribute && *piece == '&' && piece[1] == '#' &&
            (piece[2] == 'x' || piece[2] == '1'))
            continue;
        g_string_append(out, piece);
    }
}

static void
put_random_element(GRand *rand, GString *out, guint depth)
{
    static const char *const names[] = { "a",      "item",   "ulPropTag", "n:x",
                                         "_y-1.2", "n:item", "\xc3\xa9l" };
    const char *name = names[g_rand_int_range(rand, 0, G_N_ELEMENTS(names))];
    gint attributes = g_rand_int_range(rand, 0, 3);

    g_string_append_printf(out, "<%s", name);
    for (gint i = 0; i < attributes; i++) {
        char quote = g_rand_boolean(rand) ? '"' : '\'';
        g_string_append_printf(out, "%s%sk%d%s=%c", g_rand_boolean(rand) ? " " : "\n ",
                               g_rand_boolean(rand) ? "n:" : "", i, g_rand_boolean(rand) ? " " : "",
                               quote);
        put_random_text(rand, out, TRUE);
        g_string_append_c(out, quote);
    }
    if (g_rand_int_range(rand, 0, 6) == 0)
        g_string_append(out, " xmlns:n=\"urn:other\"");
    if (g_rand_int_range(rand, 0, 5) == 0) {
        g_string_append(out, g_rand_boolean(rand) ? "/>" : " />");
        return;
    }
    g_string_append(out, g_rand_boolean(rand) ? ">" : " >");
    for (gint i = g_rand_int_range(rand, 0, 4); i > 0; i--) {
        put_random_text(rand, out, FALSE);
        if (depth < 6)
            put_random_element(rand, out, depth + 1);
    }
    g_string_append_printf(out, "</%s%s>", name, g_rand_boolean(rand) ? "" : " ");
}

static void
test_expat(void)
{
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_test_message("seed %u", seed);
    for (guint i = 0; i < 400; i++) {
        static const char *const starts[] = {
            "", "<?xml version=\"1.0\"?>\n", "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>"
        };
        g_autoptr(GString) text = g_string_new(starts[i % G_N_ELEMENTS(starts)]);
        g_autofree char *theirs = NULL, *ours = NULL;
        g_autoptr(GError) error = NULL;
        g_string_append(text, "<root xmlns:n=\"urn:n\">");
        put_random_element(rand, text, 0);
        g_string_append(text, "</root>\n");
        theirs = read_expat(text->str, text->len);
        g_assert_nonnull(theirs);
        ours = read_ours(text->str, text->len, (gsize) g_rand_int_range(rand, 1, 200), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(ours, ==, theirs);
    }
}

/* --- where they differ, and what is refused -------------------------------------------------------------------- */

static void
test_controls(void)
{
    static const char text[] = "<a>&#x1;&#31;</a>";
    g_autofree char *theirs = read_expat(text, strlen(text)), *ours = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_null(theirs);
    ours = read_ours(text, strlen(text), 3, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ours, ==, "<a>\"\\001\\037\"</>");
}

static void
test_refused(void)
{
    static const char *const documents[] = {
        "",
        " ",
        "x",
        "<",
        "<a",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "</a>",
        "<a b/>",
        "<a b=c/>",
        "<a b=\"1\"c=\"2\"/>",
        "<a b=\"<\"/>",
        "<a b=\"&x;\"/>",
        "<a b=\"1\" b='2'/>",
        "<1/>",
        "<:a/>",
        "<a:/>",
        "<n:a/>",
        "<a n:b=\"\"/>",
        "<x:y:z/>",
        "<a xmlns:n=\"\"/>",
        "<!DOCTYPE a><a/>",
        "<a><!----></a>",
        "<a><![CDATA[]]></a>",
        "<a><?p?></a>",
        "<?p?><a/>",
        "<a>&</a>",
        "<a>&;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#xg;</a>",
        "<a>&#0;</a>",
        "<a>&#55296;</a>",
        "<a>&#1114112;</a>",
        "<a>&#99999999999999999999;</a>",
        "<a>&lt</a>",
        "<a>\xff</a>",
        "<a>\xe2\x82</a>",
        "<a>\xc0\x80</a>",
        "<a>\x02</a>",
        "<\xff/>",
        "<a b=\"\xff\"/>",
        "<?xml version=\"1.0\" encoding=\"latin1\"?><a/>",
        "<?xml version=\"1.0\"",
        "<a / >",
        "\xef\xbb<a/>",
        "<a\x01/>",
        "<a></a b=\"1\">",
    };

    for (guint i = 0; i < G_N_ELEMENTS(documents); i++) {
        gsize len = strlen(documents[i]);
        for (gsize piece = 1; piece <= MAX(len, 1); piece++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *read = read_ours(documents[i], len, piece, &error);
            if (read != NULL)
                g_test_message("was read: %s", documents[i]);
            g_assert_null(read);
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
    }
}

/* Each limit at it and one past it, whole and cut. */
static void
test_limits(void)
{
    static const struct {
        const char *name, *before, *unit, *after;
        guint most; /* units */
    } cases[] = {
        { "name", "<", "n", "/>", TW_SOAP_MAX_NAME },
        { "tag", "<a b=\"", "v", "\"/>", TW_SOAP_MAX_TAG - 9 },
        { "blanks of an end tag", "<a></a", " ", ">", TW_SOAP_MAX_TAG - 4 },
        { "levels", "", "<a>", "", 128 },
    };

    for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        guint past = i % 2, count = cases[i / 2].most + past;
        g_autoptr(GString) text = g_string_new(cases[i / 2].before);
        for (guint k = 0; k < count; k++)
            g_string_append(text, cases[i / 2].unit);
        g_string_append(text, cases[i / 2].after);
        for (guint k = 0; cases[i / 2].after[0] == '\0' && k < count; k++)
            g_string_append(text, "</a>");
        for (gsize piece = 1000; piece <= 64000; piece *= 4) {
            g_autoptr(GError) error = NULL;
            g_autofree char *read = read_ours(text->str, text->len, piece, &error);
            g_test_message("%s, %u past", cases[i / 2].name, past);
            if (past == 0)
                g_assert_no_error(error);
            else
                g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        }
    }
}

static void
test_counts(void)
{
    for (guint past = 0; past < 2; past++) {
        g_autoptr(GString) attributes = g_string_new("<a"), prefixes = g_string_new(NULL);
        g_autofree char *read = NULL, *bound = NULL;
        g_autoptr(GError) error = NULL, bound_error = NULL;
        for (guint i = 0; i < TW_SOAP_MAX_ATTRIBUTES + past; i++)
            g_string_append_printf(attributes, " k%u=\"\"", i);
        g_string_append(attributes, "/>");
        for (guint i = 0; i < TW_SOAP_MAX_BINDINGS + past; i++)
            g_string_append_printf(prefixes, "<a xmlns:p%u=\"u\">", i);
        for (guint i = 0; i < TW_SOAP_MAX_BINDINGS + past; i++)
            g_string_append(prefixes, "</a>");
        read = read_ours(attributes->str, attributes->len, 100, &error);
        bound = read_ours(prefixes->str, prefixes->len, 100, &bound_error);
        g_assert_true((read == NULL) == (past == 1));
        g_assert_true((bound == NULL) == (past == 1));
        if (past == 1) {
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
            g_assert_error(bound_error, TW_ERROR, TW_ERROR_TOO_BIG);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/soap/reader/as Expat", test_expat);
    g_test_add_func("/soap/reader/control characters", test_controls);
    g_test_add_func("/soap/reader/refused", test_refused);
    g_test_add_func("/soap/reader/limits", test_limits);
    g_test_add_func("/soap/reader/counts", test_counts);
    return g_test_run();
}
