/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Many deliver to one mailbox at once: each mail is there once, and each sender is answered once. */
#include <string.h>

#include "delivery/house.h"

enum {
    THREADS = 4,
    MAILS = 8, /* of each thread */
    SENDERS = 3,
};

typedef struct {
    House *house;
    guint number;
} Work;

static gpointer
deliver_some(gpointer data)
{
    const Work *work = data;

    for (guint i = 0; i < MAILS; i++) {
        g_autofree char *mail = g_strdup_printf("From: a@example.com\r\nTo: ann@example.org\r\n"
                                                "Message-ID: <%u.%u@x>\r\n\r\n",
                                                work->number, i);
        g_autofree char *sender = g_strdup_printf("sender%u@example.com", i % SENDERS);

        g_assert_no_error(house_deliver(work->house, sender, "ann", mail));
    }
    return NULL;
}

static void
test_threads(void)
{
    const TwPropValue values[] = { tw_value_bool(PR_EC_OUTOFOFFICE, TRUE),
                                   tw_value_str(PR_EC_OUTOFOFFICE_MSG, "gone") };
    g_auto(TwStoreChangePropsArgs) args = { .changes = { .values = values, .value_count = 2 } };
    GThread *threads[THREADS];
    Work works[THREADS];
    House house;

    house_new(&house);
    args.store = house.ann.user.store;
    assert_done(tw_session_store_change_props(house.system, &args, error));
    /* the log is made by the first answer, and what is made twice at once would answer twice */
    g_assert_no_error(
        house_deliver(&house, "first@example.com", "ann", "To: ann@example.org\r\n\r\nfirst\r\n"));
    for (guint i = 0; i < THREADS; i++) {
        works[i] = (Work){ &house, i };
        threads[i] = g_thread_new("deliverer", deliver_some, &works[i]);
    }
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(
        house_count(&house, &house.ann, house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX]), ==,
        THREADS * MAILS + 1);
    g_assert_cmpuint(house_queued(&house, &house.ann), ==, SENDERS + 1);
    house_free(&house);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/threads/one-mailbox", test_threads);
    return g_test_run();
}
