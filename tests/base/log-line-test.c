/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log-line.h"

#include <string.h>

static void
test_text(void)
{
    static const struct {
        const char *label, *text;
        gsize len;
        const char *needed, *single, *json;
    } cases[] = {
        { "plain", "joe@example.org", 15, "joe@example.org", "'joe@example.org'",
          "\"joe@example.org\"" },
        { "empty", "", 0, "\"\"", "''", "\"\"" },
        { "blank", "a b", 3, "\"a b\"", "'a b'", "\"a b\"" },
        { "equals", "user=root", 9, "\"user=root\"", "'user=root'", "\"user=root\"" },
        { "forged line", "x\n2026: [notice ] login", 23, "\"x\\n2026: [notice ] login\"",
          "'x\\n2026: [notice ] login'", "\"x\\u000a2026: [notice ] login\"" },
        { "quotes", "\"'\\", 3, "\"\\\"'\\\\\"", "'\"\\'\\\\'", "\"\\\"'\\\\\"" },
        { "escape and NUL", "\033[2J\0", 5, "\"\\x1b[2J\\x00\"", "'\\x1b[2J\\x00'",
          "\"\\u001b[2J\\u0000\"" },
        { "UTF-8", "J\xc3\xbcrgen", 7, "\"J\xc3\xbcrgen\"", "'J\xc3\xbcrgen'",
          "\"J\xc3\xbcrgen\"" },
        { "no UTF-8", "\xfc\xc3", 2, "\"\\xfc\\xc3\"", "'\\xfc\\xc3'", "\"\\ufffd\\ufffd\"" },
        { "overlong", "\xc0\x8a", 2, "\"\\xc0\\x8a\"", "'\\xc0\\x8a'", "\"\\ufffd\\ufffd\"" },
        { "C1", "\xc2\x85", 2, "\"\\u0085\"", "'\\u0085'", "\"\\u0085\"" },
        { "right to left", "\xe2\x80\xae", 3, "\"\\u202e\"", "'\\u202e'", "\"\\u202e\"" },
        { "line separator", "\xe2\x80\xa8", 3, "\"\\u2028\"", "'\\u2028'", "\"\\u2028\"" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *input = g_memdup2(cases[i].text, cases[i].len);
        g_autoptr(GString) needed = g_string_new(NULL);
        g_autoptr(GString) single = g_string_new(NULL);
        g_autoptr(GString) json = g_string_new(NULL);

        g_test_message("%s", cases[i].label);
        tw_log_append_text(needed, input, cases[i].len, TW_LOG_QUOTE_NEEDED);
        tw_log_append_text(single, input, cases[i].len, TW_LOG_QUOTE_SINGLE);
        tw_log_append_json_text(json, input, cases[i].len);
        g_assert_cmpstr(needed->str, ==, cases[i].needed);
        g_assert_cmpstr(single->str, ==, cases[i].single);
        g_assert_cmpstr(json->str, ==, cases[i].json);
        for (gsize cut = 0; cut < cases[i].len; cut++) {
            g_autofree char *part = g_memdup2(cases[i].text, cut);
            tw_log_append_text(needed, part, cut, TW_LOG_QUOTE_NEEDED);
            tw_log_append_json_text(json, part, cut);
        }
    }
}

static void
test_value_limit(void)
{
    g_autofree char *text = g_strnfill(TW_LOG_VALUE_MOST + 1, 'x');
    g_autoptr(GString) fits = g_string_new(NULL);
    g_autoptr(GString) cut = g_string_new(NULL);

    tw_log_append_text(fits, text, TW_LOG_VALUE_MOST, TW_LOG_QUOTE_NEEDED);
    tw_log_append_text(cut, text, TW_LOG_VALUE_MOST + 1, TW_LOG_QUOTE_NEEDED);
    g_assert_cmpuint(fits->len, ==, TW_LOG_VALUE_MOST);
    g_assert_cmpuint(cut->len, ==, TW_LOG_VALUE_MOST + 5);
    g_assert_true(g_str_has_suffix(cut->str, "x...\""));
}

static void
test_values(void)
{
    g_autoptr(GError) problem = g_error_new(g_quark_from_static_string("t"), 1, "no way");
    const TwLogValue values[] = {
        tw_log_str(TW_LOG_USER, "joe"),
        tw_log_str(TW_LOG_PEER, NULL),
        tw_log_int(TW_LOG_STATUS, -5),
        tw_log_uint(TW_LOG_BYTES, G_MAXUINT64),
        tw_log_seconds(TW_LOG_T_HANDLER, 1500001),
        tw_log_seconds(TW_LOG_T_HANDLER_ALL, -1),
        tw_log_error(problem),
        { .field = TW_LOG_FIELD_END },
    };
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) json = g_string_new(NULL);

    tw_log_append_values(text, values, TW_LOG_QUOTE_NEEDED);
    tw_log_append_json(json, values);
    g_assert_cmpstr(text->str, ==,
                    " user=joe status=-5 bytes=18446744073709551615 Trh2=1.500001 Trh1=-0.000001 "
                    "error=\"no way\"");
    g_assert_cmpstr(json->str, ==,
                    ",\"user\":\"joe\",\"status\":-5,\"bytes\":18446744073709551615,\"Trh2\":1."
                    "500001,\"Trh1\":-0.000001,\"error\":\"no way\"");
}

static void
test_time(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    tw_log_append_time(text, G_GINT64_CONSTANT(1700000000000042), FALSE);
    g_assert_cmpstr(text->str, ==, "2023-11-14T23:13:20.000042");
    g_string_truncate(text, 0);
    tw_log_append_time(text, 0, TRUE);
    g_assert_cmpstr(text->str, ==, "1970-01-01T01:00:00.000000+0100");
}

/* Keys are looked for by scripts: plain, unique, and none that asks for a secret. */
static void
test_registered_keys(void)
{
    static const char *const forbidden[] = {
        "pass", "token", "secret", "cookie", "body", "subject"
    };
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (TwLogField field = TW_LOG_FIELD_END + 1; field < TW_LOG_FIELD_COUNT; field++) {
        const char *key = tw_log_field_key(field);

        g_assert_true(g_hash_table_add(seen, (gpointer) (guintptr) key));
        g_assert_cmpuint(strlen(key), >, 0);
        for (gsize i = 0; key[i] != '\0'; i++)
            g_assert_true(g_ascii_isalnum(key[i]));
        for (guint i = 0; i < G_N_ELEMENTS(forbidden); i++)
            g_assert_null(strstr(key, forbidden[i]));
    }
    g_assert_cmpstr(tw_log_field_key(TW_LOG_FIELD_COUNT), ==, "");
}

int
main(int argc, char **argv)
{
    g_setenv("TZ", "TST-1", TRUE); /* an hour east, no summer time */
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/log-line/text", test_text);
    g_test_add_func("/base/log-line/value-limit", test_value_limit);
    g_test_add_func("/base/log-line/values", test_values);
    g_test_add_func("/base/log-line/time", test_time);
    g_test_add_func("/base/log-line/keys", test_registered_keys);
    return g_test_run();
}
