/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What FETCH and SEARCH ask for, and what of mails is looked at for them: the first byte chooses. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "imap/address.h"
#include "imap/fetch-items.h"
#include "imap/search.h"
#include "imap/text.h"
#include "imap/thread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_keys(const uint8_t *data, size_t size)
{
    TwCursor cur = tw_cursor_init(data, size);
    g_autoptr(TwImapKey) key = NULL;
    gboolean good = tw_imap_take_keys(&cur, &key);

    g_assert(good == (key != NULL));
    if (good)
        g_assert(tw_imap_key_has(key, tw_imap_key_needs(key)));
}

static void
read_items(const uint8_t *data, size_t size)
{
    TwCursor cur = tw_cursor_init(data, size);
    g_autoptr(GArray) items = tw_imap_items_new();

    (void) tw_imap_take_items(&cur, items);
    g_assert(items->len <= TW_IMAP_ITEMS_MAX + 5);
    g_assert(cur.left <= size);
}

static void
read_addresses(const char *text, size_t size)
{
    g_autoptr(GArray) addresses = tw_imap_addresses_parse(text, size);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64 << 20);

    tw_imap_put_addresses(&out, addresses);
    g_assert(!tw_buffer_failed(&out));
}

static void
read_texts(const char *text, size_t size)
{
    g_autofree char *line = tw_imap_text_of_header(text, size);
    g_autofree char *base = tw_imap_base_subject(line, NULL);
    g_auto(GStrv) ids = tw_imap_message_ids(text, size);

    g_assert(g_utf8_validate(line, -1, NULL));
    g_assert(g_utf8_validate(base, -1, NULL));
    g_assert(g_strv_length(ids) <= TW_IMAP_REFERENCES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0] % 4) {
    case 0:
        read_keys(data + 1, size - 1);
        break;
    case 1:
        read_items(data + 1, size - 1);
        break;
    case 2:
        read_addresses((const char *) data + 1, size - 1);
        break;
    default:
        read_texts((const char *) data + 1, size - 1);
    }
    return 0;
}
