/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as an entry id, a single-instance id, a conversation index and a search key. What parses is written,
 * parses again and is equal; writing that a second time gives the same bytes. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/conversation.h"
#include "mapi/entryid.h"
#include "mapi/keys.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_entryid(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwEntryId) id = tw_entryid_parse(data, size, &error);
    g_autoptr(TwEntryId) back = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4 * TW_ENTRYID_MAX_LEN);
    g_auto(TwBuffer) again = TW_BUFFER_INIT(4 * TW_ENTRYID_MAX_LEN);
    g_autofree char *printed = NULL;

    g_assert_true((id == NULL) == (error != NULL));
    if (id == NULL) {
        g_assert_true(error->code == TW_ERROR_INVALID || error->code == TW_ERROR_TOO_BIG);
        return;
    }
    printed = tw_entryid_to_string(id);
    g_assert_nonnull(printed);
    tw_entryid_write(id, &out);
    g_assert_false(out.failed);
    if (out.len > TW_ENTRYID_MAX_LEN)
        return; /* 8-bit text grew when it became Unicode */
    back = tw_entryid_parse(out.data, out.len, NULL);
    g_assert_nonnull(back);
    g_assert_true(tw_entryid_equal(id, back));
    g_assert_true(tw_entryid_same(data, size, out.data, out.len));
    tw_entryid_write(back, &again);
    g_assert_true(out.len == again.len && memcmp(out.data, again.data, out.len) == 0);
}

static void
check_others(const guint8 *data, gsize size)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(2 * TW_CONVERSATION_MAX_LEN);
    guint8 written[TW_INSTANCE_ID_LEN];
    TwInstanceId instance;
    TwConversationIndex index;

    if (tw_instance_id_parse(data, size, &instance, NULL)) {
        tw_instance_id_write(&instance, written);
        g_assert_true(memcmp(written, data, size) == 0);
    }
    if (tw_conversation_index_parse(data, size, &index, NULL)) {
        for (guint i = 0; i < index.reply_count; i++)
            g_assert_true(tw_conversation_index_reply_time(data, size, i) >= index.time);
        g_assert_true(tw_conversation_index_reply(data, size, G_MAXUINT64, data[0], &out, NULL));
        g_assert_true(tw_conversation_index_parse(out.data, out.len, &index, NULL) ||
                      out.len > TW_CONVERSATION_MAX_LEN);
    }
}

static void
check_texts(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) header = tw_conversation_index_from_header((const char *) data, size, &error);
    g_autofree char *type = NULL, *address = NULL;

    g_assert_true((header == NULL) == (error != NULL));
    if (tw_search_key_parse(data, size, &type, &address)) {
        g_autoptr(GBytes) key = tw_search_key_make(type, address, NULL);
        g_assert_true(key == NULL || g_bytes_get_size(key) >= 3);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    check_entryid(data, size);
    check_others(data, size);
    check_texts(data, size);
    return 0;
}
