/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/name-budget.h"

#include "base/error.h"

static guint16
ask(TwNameMap *map, const char *text, gboolean create)
{
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS), .name = text };
    guint16 id = 1;

    g_assert_true(tw_name_map_get_ids(map, &name, 1, create, &id, NULL));
    return id;
}

/* So many new names as a mail may have, and not one more; what is known costs nothing. */
static void
test_mail(void)
{
    g_autoptr(TwNameMap) server = tw_name_map_new();
    g_autoptr(TwNameMap) mail = tw_name_budget_new(server);
    TwNamedProp known = tw_known_name(TW_PidNameKeywords);
    guint16 id = 0;

    for (guint i = 0; i < 2 * TW_NAME_BUDGET_MAIL; i++) {
        g_autofree char *text = g_strdup_printf("x-%u", i % TW_NAME_BUDGET_MAIL);
        g_assert_cmpuint(ask(mail, text, TRUE), ==, ask(server, text, FALSE));
        g_assert_cmpuint(ask(server, text, FALSE), !=, 0);
    }
    g_assert_cmpuint(ask(mail, "x-more", TRUE), ==, 0);
    g_assert_cmpuint(ask(server, "x-more", FALSE), ==, 0);
    g_assert_true(tw_name_map_get_ids(mail, &known, 1, TRUE, &id, NULL));
    g_assert_cmpuint(id, !=, 0);
    ask(server, "x-more", TRUE); /* somebody who logged on */
    g_assert_cmpuint(ask(mail, "x-more", TRUE), ==, ask(server, "x-more", FALSE));
    g_assert_cmpuint(ask(mail, "x-never", FALSE), ==, 0);
}

/* Past their share the mails of strangers get no name at all, and who logs on still does. */
static void
test_share(void)
{
    g_autoptr(TwNameMap) server = tw_name_map_new();
    g_autoptr(TwNameMap) mail = NULL;
    guint16 last = 0;

    for (guint i = 0; last < TW_NAME_BUDGET_LAST_ID - 1; i++) {
        g_autofree char *text = g_strdup_printf("x-%u", i);
        last = ask(server, text, TRUE);
    }
    mail = tw_name_budget_new(server);
    g_assert_cmpuint(ask(mail, "y-last", TRUE), ==, TW_NAME_BUDGET_LAST_ID);
    g_assert_cmpuint(ask(mail, "y-past", TRUE), ==, 0);
    g_assert_cmpuint(ask(server, "y-past", FALSE), ==, 0);
    g_assert_cmpuint(ask(server, "z", TRUE), >, TW_NAME_BUDGET_LAST_ID);
    g_assert_cmpuint(ask(mail, "z", TRUE), !=, 0);
    g_assert_cmpuint(ask(mail, "x-7", TRUE), !=, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/name-budget/mail", test_mail);
    g_test_add_func("/groupware/name-budget/share", test_share);
    return g_test_run();
}
