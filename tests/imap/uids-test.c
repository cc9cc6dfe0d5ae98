/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/uids.h"

#include <string.h>

static void
add_all(TwImapUids *uids, const guint32 *list, guint count)
{
    for (guint i = 0; i < count; i++)
        tw_imap_uids_append(uids, list[i]);
}

static void
test_numbers(void)
{
    static const guint32 list[] = { 1, 2, 3, 7, 8, 100, G_MAXUINT32 - 1 };
    g_auto(TwImapUids) uids = { 0 };

    g_assert_cmpuint(tw_imap_uids_last(&uids), ==, 0);
    g_assert_cmpuint(tw_imap_uids_at(&uids, 1), ==, 0);
    g_assert_cmpuint(tw_imap_uids_find(&uids, 1), ==, 0);
    add_all(&uids, list, G_N_ELEMENTS(list));
    tw_imap_uids_append(&uids, 5); /* not behind the last: passed over */
    g_assert_cmpuint(uids.count, ==, G_N_ELEMENTS(list));
    g_assert_cmpuint(uids.runs->len, ==, 4);
    for (guint i = 0; i < G_N_ELEMENTS(list); i++) {
        g_assert_cmpuint(tw_imap_uids_at(&uids, i + 1), ==, list[i]);
        g_assert_cmpuint(tw_imap_uids_find(&uids, list[i]), ==, i + 1);
    }
    g_assert_cmpuint(tw_imap_uids_at(&uids, 0), ==, 0);
    g_assert_cmpuint(tw_imap_uids_at(&uids, 8), ==, 0);
    g_assert_cmpuint(tw_imap_uids_find(&uids, 4), ==, 0);
    g_assert_cmpuint(tw_imap_uids_find(&uids, 9), ==, 0);
    g_assert_cmpuint(tw_imap_uids_find(&uids, G_MAXUINT32), ==, 0);
}

static void
check_same(const TwImapUids *uids, const guint32 *list, guint count)
{
    g_assert_cmpuint(uids->count, ==, count);
    for (guint i = 0; i < count; i++) {
        g_assert_cmpuint(tw_imap_uids_at(uids, i + 1), ==, list[i]);
        g_assert_cmpuint(tw_imap_uids_find(uids, list[i]), ==, i + 1);
    }
}

/* The same afterwards, at most two bytes for a run whose numbers are small, and nothing lost when it is done twice or cleared. */
static void
test_packed(void)
{
    static const guint32 odd[] = { 1, 2, 3, 130, 131, 20000, 0xfffffff0u, G_MAXUINT32 - 1 };
    g_auto(TwImapUids) none = { 0 }, few = { 0 }, many = { 0 }, gone = { 0 };

    tw_imap_uids_pack(&none);
    tw_imap_uids_unpack(&none);
    g_assert_cmpuint(none.count, ==, 0);
    add_all(&few, odd, G_N_ELEMENTS(odd));
    for (guint i = 0; i < 2; i++) {
        tw_imap_uids_pack(&few);
        g_assert_null(few.runs);
        tw_imap_uids_unpack(&few);
        tw_imap_uids_unpack(&few);
        check_same(&few, odd, G_N_ELEMENTS(odd));
    }
    for (guint32 uid = 1; uid <= 10000; uid++) {
        if (uid % 10 != 0)
            tw_imap_uids_append(&many, uid);
    }
    tw_imap_uids_pack(&many);
    g_assert_cmpuint(g_bytes_get_size(many.packed), ==, 2 * 1000);
    tw_imap_uids_unpack(&many);
    g_assert_cmpuint(many.count, ==, 9000);
    g_assert_cmpuint(tw_imap_uids_at(&many, 9000), ==, 9999);
    tw_imap_uids_append(&many, 10001);
    g_assert_cmpuint(tw_imap_uids_find(&many, 10001), ==, 9001);
    add_all(&gone, odd, G_N_ELEMENTS(odd));
    tw_imap_uids_pack(&gone);
}

/* Against a plain array, whatever is taken out. */
static void
test_remove(void)
{
    for (guint seed = 0; seed < 200; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_auto(TwImapUids) uids = { 0 };

        for (guint32 uid = 1; uid <= 60; uid++) {
            gboolean there = g_rand_int_range(rand, 0, 4) > 0;

            if (there)
                tw_imap_uids_append(&uids, uid);
            if (g_rand_int_range(rand, 0, 3) == 0)
                g_array_append_val(gone, uid);
            else if (there)
                g_array_append_val(left, uid);
        }
        tw_imap_uids_remove(&uids, gone);
        g_assert_cmpuint(uids.count, ==, left->len);
        for (guint i = 0; i < left->len; i++) {
            guint32 uid = g_array_index(left, guint32, i);

            g_assert_cmpuint(tw_imap_uids_at(&uids, i + 1), ==, uid);
            g_assert_cmpuint(tw_imap_uids_find(&uids, uid), ==, i + 1);
        }
    }
}

static void
test_resolve(void)
{
    static const struct {
        const char *set;
        gboolean by_uid;
        const char *ranges; /* NULL: refused */
    } rows[] = {
        { "1:3", FALSE, "10:12" },
        { "4", FALSE, "20" },
        { "*", FALSE, "20" },
        { "4:2", FALSE, "11:20" },
        { "5", FALSE, NULL },
        { "1:9", FALSE, NULL },
        { "1,1,2,3", FALSE, "10:12" },
        { "1:*", TRUE, "1:20" },
        { "500:*", TRUE, "20:500" },
        { "15", TRUE, "15" },
        { "30,20,10", TRUE, "10,20,30" },
    };
    static const guint32 list[] = { 10, 11, 12, 20 };
    g_auto(TwImapUids) uids = { 0 };

    add_all(&uids, list, G_N_ELEMENTS(list));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
        g_auto(TwBuffer) out = TW_BUFFER_INIT(1000);
        TwCursor cur = tw_cursor_init(rows[i].set, strlen(rows[i].set));

        g_test_message("%s", rows[i].set);
        g_assert_true(tw_imap_take_set(&cur, set));
        g_assert_cmpint(tw_imap_uids_resolve(&uids, set, rows[i].by_uid, ranges), ==,
                        rows[i].ranges != NULL);
        if (rows[i].ranges == NULL)
            continue;
        tw_imap_ranges_put(&out, ranges);
        tw_buffer_put_u8(&out, 0);
        g_assert_cmpstr((const char *) out.data, ==, rows[i].ranges);
    }
}

static void
test_ranges(void)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));

    for (guint32 value = 1; value < 20; value++) {
        if (value % 5 != 0)
            tw_imap_ranges_add(ranges, value);
    }
    g_assert_cmpuint(ranges->len, ==, 4);
    for (guint32 value = 0; value < 30; value++)
        g_assert_cmpint(tw_imap_ranges_have(ranges, value), ==,
                        value > 0 && value < 20 && value % 5 != 0);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/uids/numbers", test_numbers);
    g_test_add_func("/imap/uids/packed", test_packed);
    g_test_add_func("/imap/uids/remove", test_remove);
    g_test_add_func("/imap/uids/resolve", test_resolve);
    g_test_add_func("/imap/uids/ranges", test_ranges);
    return g_test_run();
}
