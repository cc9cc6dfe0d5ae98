/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any text as an availability: what it makes lies in the window, sorted, none over another, and the meeting in it stays. */
#include <glib.h>
#include <string.h>

#include "groupware/availability.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const gint64 start = TW_TICKS_DAY * 155258, end = start + 60 * TW_TICKS_DAY;
    const TwIcalBusy meeting = { start + TW_TICKS_DAY, start + 2 * TW_TICKS_DAY, 2 };
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autofree char *text = g_strndup((const char *) data, size);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(GError) error = NULL;
    const TwIcalOptions options = { .names = names };
    gint64 last = start;
    gboolean found = FALSE, good;

    g_array_append_val(spans, meeting);
    good = tw_availability_add(text, &options, start, end, spans, &error);
    g_assert_true(good == (error == NULL));
    g_assert_true(good || spans->len == 1);
    for (guint i = 0; i < spans->len; i++) {
        const TwIcalBusy *span = &g_array_index(spans, TwIcalBusy, i);
        g_assert_true(span->start >= last && span->start < span->end && span->end <= end);
        found |= span->start == meeting.start && span->end == meeting.end;
        last = span->end;
    }
    g_assert_true(found);
    return 0;
}
