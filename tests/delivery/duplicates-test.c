/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/duplicates.h"

#include <string.h>

static TwMailDigest
digest_of(const char *mail, const char *sender)
{
    TwMailDigest digest;

    tw_mail_digest((const guint8 *) mail, strlen(mail), sender, &digest);
    return digest;
}

static void
test_digest(void)
{
    TwMailDigest a = digest_of("mail", "jo@x");
    TwMailDigest same = digest_of("mail", "jo@x");
    TwMailDigest other_sender = digest_of("mail", "bo@x");
    TwMailDigest moved = digest_of("xmail", "jo@");

    g_assert_cmpint(memcmp(&a, &same, sizeof a), ==, 0);
    g_assert_cmpint(memcmp(&a, &other_sender, sizeof a), !=, 0);
    g_assert_cmpint(memcmp(&a, &moved, sizeof a), !=, 0);
}

/* Names differ by mail, folder, how often it was confirmed, and kind. */
static void
test_names(void)
{
    TwMailDigest mail = digest_of("mail", "");
    guint8 names[5][TW_SHA256_LEN];

    tw_delivery_name(&mail, 0, 5, names[0]);
    tw_delivery_name(&mail, 1, 5, names[1]);
    tw_delivery_name(&mail, 0, 6, names[2]);
    tw_delivery_name_by_id("<a@b>", 5, 5, names[3]);
    tw_delivery_name_by_id((const char *) mail.bytes, sizeof mail.bytes, 5, names[4]);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        for (guint k = 0; k < i; k++)
            g_assert_cmpint(memcmp(names[i], names[k], TW_SHA256_LEN), !=, 0);
    }
}

static void
test_seen(void)
{
    g_autoptr(TwSeen) seen = tw_seen_new(2);
    TwMailDigest a = digest_of("a", ""), b = digest_of("b", ""), c = digest_of("c", "");

    g_assert_cmpuint(tw_seen_count(seen, &a), ==, 0);
    tw_seen_confirm(seen, &a);
    tw_seen_confirm(seen, &b);
    tw_seen_confirm(seen, &a);
    g_assert_cmpuint(tw_seen_count(seen, &a), ==, 2);
    tw_seen_confirm(seen, &c); /* b was confirmed longest ago */
    g_assert_cmpuint(tw_seen_count(seen, &b), ==, 0);
    g_assert_cmpuint(tw_seen_count(seen, &a), ==, 2);
    g_assert_cmpuint(tw_seen_count(seen, &c), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/duplicates/digest", test_digest);
    g_test_add_func("/delivery/duplicates/names", test_names);
    g_test_add_func("/delivery/duplicates/seen", test_seen);
    return g_test_run();
}
