/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any text as a meeting: what is noted in it stays, and noting it again changes nothing more; links of managed attachments go in one
 * step, and come with another. */
#include <glib.h>
#include <string.h>

#include "base/hash.h"
#include "dav/attachment.h"
#include "dav/schedule.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
try_links(GBytes *text)
{
    static char line[] = "ATTACH;MANAGED-ID=1:http://x/";
    g_autoptr(GHashTable) ids = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    g_autoptr(GBytes) bare = tw_dav_text_without_managed(text, ids);
    g_autoptr(GBytes) none = bare != NULL ? tw_dav_text_without_managed(bare, ids) : NULL;
    g_autoptr(GBytes) linked = NULL;

    g_assert_null(none);
    g_assert_cmpint(bare != NULL, ==, g_hash_table_size(ids) > 0);
    g_ptr_array_add(lines, line);
    linked = tw_dav_text_with_lines(text, lines);
    g_assert_nonnull(linked);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static char address[] = "a@b", status[] = "1.2", other[] = "c@d", answered[] = "2.0";
    g_autoptr(GBytes) text = g_bytes_new(data, size);
    g_autoptr(GHashTable) told = g_hash_table_new(tw_hash_str, g_str_equal);
    g_autoptr(GHashTable) before = g_hash_table_new(tw_hash_str, g_str_equal);
    g_autofree char *tag G_GNUC_UNUSED = tw_dav_text_schedule_tag(text, address);
    g_auto(TwDavAgents) agents = { 0 };
    g_autoptr(GBytes) noted = NULL;

    if (size > 0)
        try_links(text);
    g_hash_table_insert(told, address, status);
    g_hash_table_insert(before, other, answered);
    tw_dav_agents_read(text, &agents);
    noted = tw_dav_text_with_status(text, "ATTENDEE", told, before);
    if (noted != NULL) {
        g_autoptr(GBytes) again = tw_dav_text_with_status(noted, "ATTENDEE", told, before);
        g_auto(TwDavAgents) now = { 0 };

        g_assert_true(again == NULL || g_bytes_equal(noted, again));
        tw_dav_agents_read(noted, &now);
        g_assert_cmpuint(g_hash_table_size(now.forced), ==, 0);
        g_assert_false(now.reply_forced);
    }
    return 0;
}
