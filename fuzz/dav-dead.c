/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any text as properties that clients keep: what is printed parses back to the same, and is XML that stands by itself. */
#include <glib.h>
#include <string.h>

#include "dav/dead.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check(const TwDavDead *dead)
{
    g_autofree char *text = tw_dav_dead_print(dead);
    g_autoptr(TwDavDead) again = tw_dav_dead_parse(text);
    g_autofree char *same = tw_dav_dead_print(again);

    g_assert_cmpstr(text, ==, same);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *) data, size);
    g_autoptr(TwDavDead) dead = tw_dav_dead_parse(text);
    g_autoptr(TwDavElement) root = tw_dav_xml_parse(data, size, NULL);

    check(dead);
    for (const TwDavElement *prop = root != NULL ? root->children : NULL; prop != NULL;
         prop = prop->next) {
        if (tw_dav_dead_set(dead, prop))
            g_assert_nonnull(tw_dav_dead_get(dead, prop->ns, prop->name));
        check(dead);
    }
    for (const TwDavElement *prop = root != NULL ? root->children : NULL; prop != NULL;
         prop = prop->next) {
        tw_dav_dead_remove(dead, prop->ns, prop->name);
        g_assert_null(tw_dav_dead_get(dead, prop->ns, prop->name));
    }
    return 0;
}
