/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any filter, asked of any calendar or card: XML up to the first NUL, content lines after it. */
#include <glib.h>
#include <string.h>

#include "dav/filter.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
ask_calendar(const TwDavElement *filter, const TwContentNode *root)
{
    const TwContentNode *calendar = tw_lines_child(root, "VCALENDAR");
    const TwDavElement *whole = tw_dav_element_child(filter, TW_DAV_NS_CALDAV, "comp-filter");

    if (calendar != NULL && tw_dav_filter_check(filter, TW_DAV_NS_CALDAV) == TW_DAV_FILTER_GOOD)
        g_assert_true(tw_dav_filter_calendar(whole, calendar, NULL) ==
                      tw_dav_filter_calendar(whole, calendar, NULL));
}

static void
ask_card(const TwDavElement *filter, const TwContentNode *root)
{
    const TwContentNode *card = tw_lines_child(root, "VCARD");

    if (card != NULL && tw_dav_filter_check(filter, TW_DAV_NS_CARDDAV) == TW_DAV_FILTER_GOOD)
        g_assert_true(tw_dav_filter_card(filter, card) == tw_dav_filter_card(filter, card));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const guint8 *end = size > 0 ? memchr(data, 0, size) : NULL;
    gsize xml_len = end != NULL ? (gsize) (end - data) : size;
    g_autoptr(TwDavElement) filter = tw_dav_xml_parse(data, xml_len, NULL);
    g_autoptr(TwContentTree) tree =
        end != NULL ? tw_lines_parse(end + 1, size - xml_len - 1, NULL) : NULL;

    if (filter == NULL || tree == NULL)
        return 0;
    ask_calendar(filter, tree->root);
    ask_card(filter, tree->root);
    return 0;
}
