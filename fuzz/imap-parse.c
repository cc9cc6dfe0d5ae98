/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "imap/mailbox-name.h"
#include "imap/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A word that was taken: it is in the command, and where it is a name, what it says survives being sent back. */
static void
take_one(TwCursor *cur)
{
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_autofree char *text = NULL, *name = NULL, *sent = NULL, *again = NULL;
    gsize before = cur->left;
    guint32 number;

    if (!tw_imap_take_set(cur, set) && !tw_imap_take_number(cur, &number) &&
        !tw_imap_take_astring(cur, &text) && !tw_imap_take_list_mailbox(cur, &text)) {
        g_assert(cur->left == before);
        (void) tw_cursor_skip(cur, MIN(cur->left, 1));
        return;
    }
    if (text == NULL)
        return;
    g_assert(strlen(text) <= before);
    name = tw_imap_name_decode(text);
    if (name == NULL)
        return;
    g_assert(g_utf8_validate(name, -1, NULL));
    sent = tw_imap_name_encode(name);
    again = tw_imap_name_decode(sent);
    g_assert(g_strcmp0(name, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TwCursor cur = tw_cursor_init(data, size);
    char tag[TW_IMAP_TAG_MAX + 1];
    TwImapLiteral literal;

    if (tw_imap_find_literal(data, size, &literal))
        g_assert(size >= 5);
    (void) tw_imap_take_tag(&cur, tag);
    while (cur.left > 0)
        take_one(&cur);
    return 0;
}
