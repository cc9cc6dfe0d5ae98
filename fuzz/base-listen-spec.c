/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a listener, a list of listeners and a server URL. Holds: an error if and only if nothing comes back, and what
 * is written parses back to the same text. */
#include <string.h>

#include "base/listen-spec.h"
#include "base/server-url.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
try_spec(const char *text, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwListenSpec) spec = tw_listen_spec_parse(text, len, &error);
    g_autoptr(TwListenSpec) again = NULL;
    g_autofree char *shown = NULL;
    g_autofree char *shown_again = NULL;

    g_assert_cmpint(spec == NULL, ==, error != NULL);
    if (spec == NULL)
        return;
    shown = tw_listen_spec_to_string(spec);
    again = tw_listen_spec_parse(shown, strlen(shown), NULL);
    g_assert_nonnull(again);
    shown_again = tw_listen_spec_to_string(again);
    g_assert_cmpstr(shown, ==, shown_again);
}

static void
try_url(const char *text, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwServerUrl) url = tw_server_url_parse(text, len, &error);
    g_autoptr(TwServerUrl) again = NULL;
    g_autofree char *shown = NULL;
    g_autofree char *shown_again = NULL;

    g_assert_cmpint(url == NULL, ==, error != NULL);
    if (url == NULL)
        return;
    shown = tw_server_url_to_string(url);
    again = tw_server_url_parse(shown, strlen(shown), NULL);
    g_assert_nonnull(again);
    shown_again = tw_server_url_to_string(again);
    g_assert_cmpstr(shown, ==, shown_again);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *text = (const char *) data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = tw_listen_list_parse(text, size, &error);

    g_assert_cmpint(list == NULL, ==, error != NULL);
    try_spec(text, size);
    try_url(text, size);
    return 0;
}
