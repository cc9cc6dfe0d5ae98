/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/rate.h"

static const gint64 second = G_USEC_PER_SEC;

/* What is sent when, and whether it is let in, with three mails a minute. */
static const struct {
    gint64 at;
    const char *client;
    gboolean ok;
} rows[] = {
    { 0, "a", TRUE },    { 0, "a", TRUE },   { 1, "a", TRUE },   { 2, "a", FALSE },
    { 2, "b", TRUE },    { 19, "a", FALSE }, { 20, "a", TRUE },  { 21, "a", FALSE },
    { 600, "a", TRUE },  { 600, "a", TRUE }, { 600, "a", TRUE }, { 600, "a", FALSE },
    { 500, "a", FALSE }, /* a clock that went back gives nothing */
};

static void
test_rows(void)
{
    g_autoptr(TwLmtpRate) rate = tw_lmtp_rate_new(3, 10);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%u", i);
        g_assert_cmpint(tw_lmtp_rate_take(rate, rows[i].client, rows[i].at * second), ==,
                        rows[i].ok);
    }
}

static void
test_no_limit(void)
{
    g_autoptr(TwLmtpRate) rate = tw_lmtp_rate_new(0, 1);

    for (guint i = 0; i < 1000; i++)
        g_assert_true(tw_lmtp_rate_take(rate, "a", 0));
}

/* The client that was silent longest is forgotten, and no other. */
static void
test_clients(void)
{
    g_autoptr(TwLmtpRate) rate = tw_lmtp_rate_new(1, 2);

    g_assert_true(tw_lmtp_rate_take(rate, "a", 0));
    g_assert_true(tw_lmtp_rate_take(rate, "b", 0));
    g_assert_false(tw_lmtp_rate_take(rate, "a", 1));
    g_assert_true(tw_lmtp_rate_take(rate, "c", 2)); /* b goes */
    g_assert_false(tw_lmtp_rate_take(rate, "a", 3));
    g_assert_true(tw_lmtp_rate_take(rate, "b", 4));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lmtp/rate/rows", test_rows);
    g_test_add_func("/lmtp/rate/no-limit", test_no_limit);
    g_test_add_func("/lmtp/rate/clients", test_clients);
    return g_test_run();
}
