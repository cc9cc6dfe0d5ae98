/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/answer.h"

#include <string.h>

/* Each error of the house, and what a mail server is told: 5xx only where trying again cannot help. */
static const struct {
    TwError code;
    const char *recipient, *delivery;
} rows[] = {
    { TW_ERROR_FAILED, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_NOT_FOUND, "550 5.1.1", "450 4.2.0" },
    { TW_ERROR_NO_ACCESS, "550 5.2.1", "550 5.7.1" },
    { TW_ERROR_INVALID, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_EXISTS, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_CHANGED, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_CORRUPT, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_TOO_BIG, "550 5.2.4", "552 5.3.4" },
    { TW_ERROR_NO_SPACE, "451 4.3.0", "452 4.3.1" },
    { TW_ERROR_QUOTA, "552 5.2.2", "552 5.2.2" },
    { TW_ERROR_BUSY, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_TIMEOUT, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_UNSUPPORTED, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_AMBIGUOUS, "550 5.1.4", "450 4.2.0" },
    { TW_ERROR_END_OF_SESSION, "451 4.3.0", "451 4.4.1" },
    { TW_ERROR_TOO_COMPLEX, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_CANCELLED, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_SUBMITTED, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_NOT_QUEUED, "451 4.3.0", "450 4.2.0" },
    { TW_ERROR_OFFLINE, "450 4.2.1", "450 4.2.1" },
};

static void
test_answers(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = g_error_new_literal(TW_ERROR, (gint) rows[i].code, "secret");

        g_assert_true(g_str_has_prefix(tw_lmtp_answer_recipient(error), rows[i].recipient));
        g_assert_true(g_str_has_prefix(tw_lmtp_answer_delivery(error), rows[i].delivery));
        g_assert_null(strstr(tw_lmtp_answer_delivery(error), "secret"));
    }
    g_assert_cmpstr(tw_lmtp_answer_delivery(NULL), ==, "250 2.1.5 Delivered");
}

static void
test_foreign(void)
{
    g_autoptr(GError) error = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");

    g_assert_cmpint(tw_lmtp_answer_recipient(error)[0], ==, '4');
    g_assert_cmpint(tw_lmtp_answer_delivery(error)[0], ==, '4');
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lmtp/answer/answers", test_answers);
    g_test_add_func("/lmtp/answer/foreign", test_foreign);
    return g_test_run();
}
