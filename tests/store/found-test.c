/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the random tests have found, each as small as it can be. */
#include "base/error.h"

#include "mapi/tags.h"
#include "store/bed.h"
#include "store/invariants.h"
#include "store/mail.h"

/* A change that nobody who lists the folder could see. */
static void
test_save_deleted(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = bed_object("after", 10);
    TwMessageSet set;
    guint64 cn;
    guint32 mid;
    Bed bed;

    bed_new(&bed);
    mid = bed_message(&bed, bed.root, "before", 10);
    set = (TwMessageSet){ bed.root, &mid, 1 };
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, NULL));
    g_assert_false(tw_message_save(bed.store, mid, 0, object, 0, &cn, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    invariants_check(bed.store, INVARIANTS_ALL, "save deleted");
    bed_free(&bed);
}

/* The same content had two sizes, by whether flags came along. */
static void
test_size_without_columns(void)
{
    static const guint32 tags[] = { PR_MESSAGE_FLAGS, PR_MSG_STATUS };
    Bed bed;

    bed_new(&bed);
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_autoptr(TwObject) object = bed_object("flags", 10);
        TwPropValue value = tw_value_long(tags[i], 1);
        TwMessageMade made;
        g_assert_true(tw_object_set(object, &value, NULL));
        g_assert_true(tw_message_create(bed.store, bed.root, object, NULL, &made, NULL));
        invariants_check(bed.store, INVARIANTS_ALL, "size");
    }
    bed_free(&bed);
}

/* The folder's cn did not know the change of its new keyword. */
static void
test_keyword_cn(void)
{
    g_autoptr(TwFolderRow) before = NULL;
    g_autoptr(TwFolderRow) after = NULL;
    guint32 folder;
    guint bit;
    Bed bed;

    bed_new(&bed);
    folder = bed_folder(&bed, bed.root, "Box");
    before = bed_row(&bed, folder);
    g_assert_true(tw_folder_keyword(bed.store, folder, "Later", TRUE, &bit, NULL));
    after = bed_row(&bed, folder);
    g_assert_cmpuint(after->cn, ==, before->cn + 1);
    invariants_check(bed.store, INVARIANTS_ALL, "keyword");
    bed_free(&bed);
}

/* Messages that brought new keywords into a folder did so without a change of it: nobody learned of the names. */
static void
test_keyword_brought(void)
{
    for (guint copy = 0; copy < 2; copy++) {
        g_autoptr(TwFolderRow) before = NULL;
        g_autoptr(TwFolderRow) after = NULL;
        g_autoptr(TwFolderRow) again = NULL;
        guint32 from, to, mids[2];
        TwMessageSet set = { .mids = mids, .count = 1 };
        TwFlagChange change = { 0 };
        guint bit;
        Bed bed;

        bed_new(&bed);
        from = bed_folder(&bed, bed.root, "From");
        to = bed_folder(&bed, bed.root, "To");
        for (guint i = 0; i < 2; i++)
            mids[i] = bed_message(&bed, from, "Words", 10);
        g_assert_true(tw_folder_keyword(bed.store, from, "Later", TRUE, &bit, NULL));
        g_assert_true(tw_flag_change_keyword(&change, bit, TRUE));
        set = (TwMessageSet){ from, mids, 2 };
        g_assert_true(tw_messages_set_flags(bed.store, &set, &change, NULL, NULL));
        before = bed_row(&bed, to);
        set.count = 1;
        g_assert_true(copy ? tw_messages_copy(bed.store, &set, to, NULL, NULL)
                           : tw_messages_move(bed.store, &set, to, NULL, NULL));
        after = bed_row(&bed, to);
        g_assert_cmpuint(after->cn, >, before->cn);
        set.mids = &mids[1]; /* brings nothing new */
        g_assert_true(copy ? tw_messages_copy(bed.store, &set, to, NULL, NULL)
                           : tw_messages_move(bed.store, &set, to, NULL, NULL));
        again = bed_row(&bed, to);
        g_assert_cmpuint(again->cn, ==, after->cn);
        invariants_check(bed.store, INVARIANTS_ALL, "brought");
        bed_free(&bed);
    }
}

/* hicn_hier of a folder inside a tree stayed behind when the tree came back. */
static void
test_tree_comes_back(void)
{
    guint32 top, inner, leaf;
    g_autoptr(TwFolderRow) before = NULL;
    g_autoptr(TwFolderRow) after = NULL;
    Bed bed;

    bed_new(&bed);
    top = bed_folder(&bed, bed.root, "Top");
    inner = bed_folder(&bed, top, "Inner");
    leaf = bed_folder(&bed, inner, "Leaf");
    before = bed_row(&bed, leaf);
    g_assert_true(tw_folder_delete(bed.store, top, TRUE, NULL));
    g_assert_true(tw_folder_restore(bed.store, top, NULL, NULL));
    after = bed_row(&bed, inner);
    g_assert_cmpuint(after->hicn_hier, >, before->cn);
    invariants_check(bed.store, INVARIANTS_ALL, "tree");
    bed_free(&bed);
}

/* A save without it lost it, one with another changed it. */
static void
test_search_key(void)
{
    static const guint8 other[] = "another key";
    TwPropValue before, after, wrong = tw_value_bytes(PR_SEARCH_KEY, other, sizeof other);
    g_autoptr(TwObject) was = NULL;
    g_autoptr(GError) error = NULL;
    guint32 mid;
    Bed bed;

    bed_new(&bed);
    mid = bed_message(&bed, bed.root, "key", 10);
    was = tw_message_read(bed.store, mid, NULL, NULL);
    g_assert_true(tw_object_get(was, PR_SEARCH_KEY, &before));
    for (guint i = 0; i < 2; i++) {
        g_autoptr(TwObject) object = bed_object("other text", 20);
        g_autoptr(TwObject) now = NULL;
        guint64 cn;
        if (i == 1)
            g_assert_true(tw_object_set(object, &wrong, NULL));
        g_assert_true(tw_message_save(bed.store, mid, 0, object, 0, &cn, &error));
        now = tw_message_read(bed.store, mid, NULL, NULL);
        g_assert_true(tw_object_get(now, PR_SEARCH_KEY, &after));
        g_assert_true(tw_value_equal(&after, &before));
    }
    invariants_check(bed.store, INVARIANTS_ALL, "search key");
    bed_free(&bed);
}

/* The mail that came has no key of its own: giving it one on a save of its flags is no other mail. */
static void
test_search_key_of_mail(void)
{
    static const char text[] = "Subject: mail\r\n\r\nbody\r\n";
    g_autoptr(GBytes) mail = g_bytes_new_static(text, sizeof text - 1);
    TwMailDelivery delivery = { .target_count = 1 };
    TwMailTarget target = { 0 };
    TwMailResult result = { 0 };
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = NULL;
    guint64 cn;
    Bed bed;

    bed_new(&bed);
    target.store = bed.store;
    target.folder = bed.root;
    delivery.targets = &target;
    g_assert_true(tw_mail_deliver(bed.engine, mail, &delivery, &result, NULL));
    g_assert_no_error(result.error);
    object = tw_message_read(bed.store, result.made.mid, NULL, NULL);
    g_assert_true(tw_message_save(bed.store, result.made.mid, 0, object, 0, &cn, NULL));
    g_assert_true(tw_message_get(bed.store, result.made.mid, &row, NULL));
    g_assert_cmpuint(row.uid, ==, result.made.uid);
    invariants_check(bed.store, INVARIANTS_ALL, "search key of a mail");
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/found/save-deleted", test_save_deleted);
    g_test_add_func("/store/found/size-without-columns", test_size_without_columns);
    g_test_add_func("/store/found/keyword-cn", test_keyword_cn);
    g_test_add_func("/store/found/keyword-brought", test_keyword_brought);
    g_test_add_func("/store/found/search-key", test_search_key);
    g_test_add_func("/store/found/search-key-of-mail", test_search_key_of_mail);
    g_test_add_func("/store/found/tree-comes-back", test_tree_comes_back);
    return g_test_run();
}
