/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Regular expressions of restrictions, the one place that talks to PCRE2. The peer's expressions are POSIX basic, so the
 * pattern is turned from that. Steps, memory and the bytes looked at are bounded: patterns come from clients.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "mapi/restriction-private.h"

struct TwExpression {
    pcre2_code *code;            /* owned */
    pcre2_match_context *limits; /* owned */
};

static void
free_converted(PCRE2_UCHAR *pattern)
{
    pcre2_converted_pattern_free(pattern);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PCRE2_UCHAR, free_converted)

TwExpression *
tw_expression_new(const char *text, gsize len, GError **error)
{
    g_autoptr(PCRE2_UCHAR) pattern = NULL;
    PCRE2_SIZE pattern_len = 0, at = 0;
    TwExpression *expression;
    pcre2_code *code = NULL;
    int result;

    if (len > TW_RESTRICTION_MAX_EXPRESSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "regular expression of %" G_GSIZE_FORMAT " bytes", len);
        return NULL;
    }
    result =
        pcre2_pattern_convert((PCRE2_SPTR) text, len, PCRE2_CONVERT_POSIX_BASIC | PCRE2_CONVERT_UTF,
                              &pattern, &pattern_len, NULL);
    if (result == 0)
        code = pcre2_compile(pattern, pattern_len,
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_CASELESS | PCRE2_DOTALL,
                             &result, &at, NULL);
    if (code == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "bad regular expression (%d)", result);
        return NULL;
    }
    expression = g_new0(TwExpression, 1);
    expression->code = code;
    expression->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(expression->limits, TW_RESTRICTION_EXPRESSION_STEPS);
    pcre2_set_depth_limit(expression->limits, TW_RESTRICTION_EXPRESSION_STEPS);
    pcre2_set_heap_limit(expression->limits, TW_RESTRICTION_EXPRESSION_KB);
    return expression;
}

void
tw_expression_free(TwExpression *expression)
{
    if (expression == NULL)
        return;
    pcre2_code_free(expression->code);
    pcre2_match_context_free(expression->limits);
    g_free(expression);
}

gboolean
tw_expression_matches(const TwExpression *expression, const char *text, gsize len)
{
    pcre2_match_data *result = pcre2_match_data_create(1, NULL);
    int count;

    if (result == NULL)
        return FALSE;
    count =
        pcre2_match(expression->code, (PCRE2_SPTR) text, MIN(len, TW_RESTRICTION_EXPRESSION_BYTES),
                    0, 0, result, expression->limits);
    pcre2_match_data_free(result);
    return count >= 0;
}
