/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What parses prints in one of the three forms, and that parses to the same. */
#include "base/guid.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    TwGuid guid, back;
    gboolean found = FALSE;

    if (!tw_guid_parse((const char *) data, size, &guid))
        return 0;
    for (TwGuidForm form = TW_GUID_PLAIN; form <= TW_GUID_HEX; form++) {
        char text[TW_GUID_TEXT_SIZE];

        tw_guid_print(&guid, form, text);
        g_assert_true(tw_guid_parse(text, strlen(text), &back) && tw_guid_equal(&guid, &back));
        if (strlen(text) == size && g_ascii_strncasecmp(text, (const char *) data, size) == 0)
            found = TRUE;
    }
    g_assert_true(found);
    return 0;
}
