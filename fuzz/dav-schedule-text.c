/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any text as a meeting: what is noted in it stays, and noting it again changes nothing more. */
#include <glib.h>
#include <string.h>

#include "base/hash.h"
#include "dav/schedule.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static char address[] = "a@b", status[] = "1.2";
    g_autoptr(GBytes) text = g_bytes_new(data, size);
    g_autoptr(GHashTable) told = g_hash_table_new(tw_hash_str, g_str_equal);
    g_autofree char *tag G_GNUC_UNUSED = tw_dav_text_schedule_tag(text, address);
    g_auto(TwDavAgents) agents = { 0 };
    g_autoptr(GBytes) noted = NULL;

    g_hash_table_insert(told, address, status);
    tw_dav_agents_read(text, &agents);
    noted = tw_dav_text_with_status(text, "ATTENDEE", told);
    if (noted != NULL) {
        g_autoptr(GBytes) again = tw_dav_text_with_status(noted, "ATTENDEE", told);
        g_auto(TwDavAgents) now = { 0 };

        g_assert_true(again == NULL || g_bytes_equal(noted, again));
        tw_dav_agents_read(noted, &now);
        g_assert_cmpuint(g_hash_table_size(now.forced), ==, 0);
        g_assert_false(now.reply_forced);
    }
    return 0;
}
