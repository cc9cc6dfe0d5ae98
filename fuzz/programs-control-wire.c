/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "programs/control-wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_request(const char *line, gsize len)
{
    g_autoptr(GString) again = g_string_new(NULL);
    TwControlRequest request, second;

    if (!tw_control_request_parse(line, len, &request))
        return;
    tw_control_request_write(&request, again);
    g_assert(again->len <= TW_CONTROL_MAX_REQUEST);
    g_assert(tw_control_request_parse(again->str, again->len - 1, &second));
    g_assert(second.deed == request.deed && second.deep == request.deep &&
             second.all == request.all && second.new_guid == request.new_guid &&
             tw_guid_equal(&second.store, &request.store));
}

/* What can be read is written as one line that reads the same. */
static void
check_reply(const char *line, gsize len)
{
    g_autoptr(GString) first = g_string_new(NULL);
    g_autoptr(GString) again = g_string_new(NULL);
    TwControlReply reply, second;

    if (!tw_control_reply_parse(line, len, &reply))
        return;
    tw_control_reply_write(&reply, first);
    g_assert(first->len <= TW_CONTROL_MAX_REPLY);
    g_assert(memchr(first->str, '\n', first->len) == first->str + first->len - 1);
    g_assert(tw_control_reply_parse(first->str, first->len - 1, &second));
    g_assert(second.kind == reply.kind && second.text_len <= reply.text_len);
    tw_control_reply_write(&second, again);
    g_assert(g_string_equal(first, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request((const char *) data, size);
    check_reply((const char *) data, size);
    return 0;
}
