/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/cancel.h"

#include "base/error.h"

static void
count(gpointer data)
{
    g_atomic_int_inc((int *) data);
}

static void
test_fire(void)
{
    g_autoptr(TwCancel) cancel = tw_cancel_new();
    g_autoptr(GError) error = NULL;
    int kept = 0, removed = 0, late = 0;
    guint64 id;

    g_assert_false(tw_cancel_fired(NULL));
    g_assert_false(tw_cancel_fired(cancel));
    g_assert_true(tw_cancel_check(cancel, tw_deadline_never(), &error));
    g_assert_false(tw_cancel_check(cancel, (TwDeadline){ 0 }, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    g_clear_error(&error);
    tw_cancel_add(cancel, count, &kept);
    id = tw_cancel_add(cancel, count, &removed);
    tw_cancel_remove(cancel, id);
    tw_cancel_remove(cancel, id);
    tw_cancel_fire(cancel);
    tw_cancel_fire(cancel);
    g_assert_true(tw_cancel_fired(cancel));
    g_assert_false(tw_cancel_check(cancel, (TwDeadline){ 0 }, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CANCELLED);
    tw_cancel_remove(cancel, tw_cancel_add(cancel, count, &late));
    g_assert_cmpint(kept, ==, 1);
    g_assert_cmpint(removed, ==, 0);
    g_assert_cmpint(late, ==, 1);
    tw_cancel_unref(NULL);
}

typedef struct {
    TwCancel *cancel;
    guint64 id;
} Own;

static void
remove_self(gpointer data)
{
    Own *own = data;

    tw_cancel_remove(own->cancel, own->id);
    own->id = 0;
}

static void
test_callback_removes_itself(void)
{
    g_autoptr(TwCancel) cancel = tw_cancel_new();
    Own own = { cancel, 0 };

    own.id = tw_cancel_add(cancel, remove_self, &own);
    tw_cancel_fire(cancel);
    g_assert_cmpuint(own.id, ==, 0);
}

static gpointer
fire(gpointer data)
{
    tw_cancel_fire(data);
    tw_cancel_unref(data);
    return NULL;
}

/* Data that is freed right after tw_cancel_remove(), while another thread fires: ASan and TSan are the judges. */
static void
test_remove_against_fire(void)
{
    for (int round = 0; round < 200; round++) {
        g_autoptr(TwCancel) cancel = tw_cancel_new();
        int *data = g_new0(int, 1);
        guint64 id = tw_cancel_add(cancel, count, data);
        GThread *thread = g_thread_new("fire", fire, tw_cancel_ref(cancel));

        tw_cancel_remove(cancel, id);
        g_assert_cmpint(g_atomic_int_get(data), <=, 1);
        g_free(data);
        g_thread_join(thread);
        g_assert_true(tw_cancel_fired(cancel));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/cancel/fire", test_fire);
    g_test_add_func("/base/cancel/removes-itself", test_callback_removes_itself);
    g_test_add_func("/base/cancel/remove-against-fire", test_remove_against_fire);
    return g_test_run();
}
