/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The request head. The first byte says where the input is cut; the answer must be that of the whole. What is accepted must
 * have one framing, a canonical path and fields that look-ups find.
 */
#include "net/http-head.h"

#include <string.h>

#include "net/http-coding.h"
#include "net/http-condition.h"
#include "net/http-uri.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const TwHttpHeadLimits limits = {
    .line_len = 200, .field_len = 300, .head_len = 1500, .field_count = 20
};

static void
check_accepted(const TwHttpHead *head, gsize len)
{
    g_assert(head->head_len <= len && head->head_len >= 4);
    g_assert(tw_http_is_token((const guint8 *) head->method, strlen(head->method)));
    g_assert(head->framing != TW_HTTP_FRAMING_CHUNKED ||
             tw_http_head_get(head, "Content-Length") == NULL);
    g_assert(head->framing != TW_HTTP_FRAMING_LENGTH ||
             tw_http_head_get(head, "Transfer-Encoding") == NULL);
    g_assert(head->minor_version == 0 || head->host != NULL);
    if (strcmp(head->path, "*") != 0) {
        g_autofree char *again = tw_http_path_canonical(head->path, strlen(head->path), NULL);

        g_assert(again != NULL && strcmp(again, head->path) == 0);
        g_assert(strstr(head->path, "/../") == NULL && strstr(head->path, "//") == NULL);
    }
    for (guint i = 0; i < head->field_count; i++)
        g_assert(tw_http_head_get(head, head->bytes + head->fields[i].name) != NULL);
}

static void
use_accepted(const TwHttpHead *head)
{
    g_autoptr(TwHttpQuery) query = NULL;
    gint64 seconds;

    if (head->query != NULL)
        query = tw_http_query_parse(head->query, strlen(head->query), NULL);
    g_assert(query == NULL || query->count <= TW_HTTP_QUERY_MOST);
    g_assert(tw_http_coding_choose(head) != TW_HTTP_CODING_UNKNOWN);
    (void) tw_http_coding_of_request(head);
    (void) tw_http_condition_check(head, "\"a\"", TRUE, 784111777);
    (void) tw_http_if_range_holds(head, "\"a\"", 784111777);
    for (guint i = 0; i < head->field_count; i++) {
        const char *value = head->bytes + head->fields[i].value;

        if (tw_http_date_parse(value, &seconds)) {
            char text[TW_HTTP_DATE_LEN + 1];
            gint64 back;

            tw_http_date_format(seconds, text);
            g_assert(tw_http_date_parse(text, &back) && back == seconds);
        }
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwHttpHead) whole = tw_http_head_new(&limits);
    g_autoptr(TwHttpHead) cut = tw_http_head_new(&limits);
    TwHttpStep step, cut_step;
    gsize at;

    if (size == 0)
        return 0;
    at = data[0] * (size - 1) / 255;
    data++;
    size--;
    step = tw_http_head_step(whole, data, size);
    cut_step = tw_http_head_step(cut, data, at);
    if (cut_step == TW_HTTP_MORE)
        cut_step = tw_http_head_step(cut, data, size);
    g_assert(step == cut_step && whole->status == cut->status);
    g_assert((step == TW_HTTP_BAD) == (whole->status != 0));
    if (step == TW_HTTP_DONE) {
        check_accepted(whole, size);
        use_accepted(whole);
    }
    return 0;
}
