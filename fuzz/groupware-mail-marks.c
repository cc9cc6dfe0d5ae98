/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the header of a mail, and their first line as the pattern that is looked for. */
#include "groupware/mail-marks.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const guint8 *lf = memchr(data, '\n', size);
    g_autofree char *line = g_strndup((const char *) data, lf != NULL ? (gsize) (lf - data) : size);
    const char *words[] = { line, "X-Spam*", NULL };
    g_autoptr(TwMarkPatterns) patterns = tw_mark_patterns_new(words);
    const TwMarkWishes wishes = {
        .spam_name = "X-Spam", .spam_value = line, .no_forward = patterns, .no_reply = patterns
    };
    TwMarks marks, again;

    tw_marks_read(data, size, &wishes, &marks);
    if (marks.id != NULL) {
        g_assert_cmpuint(marks.id_len, <=, TW_MARKS_MOST_ID);
        g_assert_true((const guint8 *) marks.id >= data &&
                      (const guint8 *) marks.id + marks.id_len <= data + size);
    }
    tw_marks_read(data, size, &wishes, &again);
    g_assert_cmpuint(again.bits, ==, marks.bits);
    (void) tw_marks_is_machine(line);
    return 0;
}
