/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each operation by itself: what it does, and what it refuses. */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/bed.h"

/* ---- stores ---- */

static void
test_stores(void)
{
    Bed bed;
    TwStoreMake make = { .kind = TW_STORE_PUBLIC, .company = 7, .partition = 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) other = NULL;
    TwStoreInfo info;

    bed_new(&bed);
    memset(make.guid.bytes, 5, sizeof make.guid.bytes);
    other = tw_store_create(bed.engine, &make, &error);
    g_assert_no_error(error);
    g_assert_null(tw_store_create(bed.engine, &make, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_true(tw_store_get_info(other, &info, NULL));
    g_assert_cmpint(info.kind, ==, TW_STORE_PUBLIC);
    g_assert_cmpuint(info.company, ==, 7);
    g_assert_true(tw_store_delete(other, &error));
    g_assert_false(tw_store_get_info(other, &info, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_clear_pointer(&other, tw_store_unref);
    other = tw_store_create(bed.engine, &make, &error);
    g_assert_no_error(error);
    g_clear_pointer(&other, tw_store_unref);
    bed_reopen(&bed);
    other = tw_store_open(bed.engine, &make.guid, &error);
    g_assert_no_error(error);
    g_clear_pointer(&other, tw_store_unref);
    bed_free(&bed);
}

/* ---- folders ---- */

typedef struct {
    const char *label, *first, *second;
    int code; /* -1: fine */
} NameCase;

static const NameCase name_cases[] = {
    { "another", "Mail", "Mails", -1 },
    { "the same", "Mail", "Mail", TW_ERROR_EXISTS },
    { "in another case", "Mail", "mAIL", TW_ERROR_EXISTS },
    { "composed and not", "Caf\xc3\xa9", "Cafe\xcc\x81", TW_ERROR_EXISTS },
    { "none", "Mail", "", TW_ERROR_INVALID },
    { "no text", "Mail", "\xff", TW_ERROR_INVALID },
};

static void
test_names(gconstpointer data)
{
    const NameCase *tc = data;
    TwFolderMake make = { .name = tc->second, .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    guint32 first, second;
    Bed bed;

    bed_new(&bed);
    first = bed_folder(&bed, bed.root, tc->first);
    tw_folder_create(bed.store, bed.root, &make, &second, &error);
    if (tc->code < 0)
        g_assert_no_error(error);
    else
        g_assert_error(error, TW_ERROR, tc->code);
    g_clear_error(&error);
    second = bed_folder(&bed, bed.root, "Other");
    if (tc->code >= 0) {
        g_assert_false(tw_folder_rename(bed.store, second, tc->second, &error));
        g_assert_error(error, TW_ERROR, tc->code);
        g_clear_error(&error);
    }
    if (tc->code == TW_ERROR_EXISTS) {
        /* a deleted one blocks no name */
        g_assert_true(tw_folder_delete(bed.store, first, TRUE, &error));
        g_assert_true(tw_folder_rename(bed.store, second, tc->second, &error));
        g_assert_false(tw_folder_restore(bed.store, first, NULL, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
        g_clear_error(&error);
        g_assert_true(tw_folder_restore(bed.store, first, "Again", &error));
    }
    bed_check_store(bed.store, tc->label);
    bed_free(&bed);
}

static void
test_tree(void)
{
    Bed bed;
    g_autoptr(GError) error = NULL;
    guint32 a, b, c, copy, found;
    g_autoptr(TwFolderRow) row = NULL;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    b = bed_folder(&bed, a, "b");
    c = bed_folder(&bed, b, "c");
    bed_message(&bed, c, "in c", 100);
    bed_message(&bed, c, "large, in c", 9000);
    g_assert_false(tw_folder_move(bed.store, a, c, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(tw_folder_copy(bed.store, a, c, NULL, TRUE, &copy, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(tw_folder_delete(bed.store, bed.root, FALSE, &error));
    g_clear_error(&error);
    g_assert_true(tw_folder_copy(bed.store, a, bed.root, "copy", TRUE, &copy, &error));
    g_assert_true(tw_folder_find(bed.store, copy, "B", &found, &error));
    g_assert_true(tw_folder_find(bed.store, found, "C", &found, &error));
    row = bed_row(&bed, found);
    g_assert_cmpuint(row->total, ==, 2);
    bed_check_store(bed.store, "copied");
    g_assert_true(tw_folder_delete(bed.store, a, FALSE, &error));
    g_assert_null(tw_folder_get(bed.store, c, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    bed_check_store(bed.store, "deleted");
    bed_free(&bed);
}

static void
test_depth(void)
{
    Bed bed;
    guint32 at, other, id = 0;
    g_autoptr(GError) error = NULL;
    TwFolderMake make = { .name = "too deep", .type = TW_FOLDER_GENERIC };

    bed_new(&bed);
    at = bed.root;
    for (guint i = 0; i < bed.config.limits.folder_depth; i++)
        at = bed_folder(&bed, at, "down");
    g_assert_false(tw_folder_create(bed.store, at, &make, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    other = bed_folder(&bed, bed.root, "other");
    g_assert_false(tw_folder_move(bed.store, other, at, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    bed_check_store(bed.store, "deep");
    bed_free(&bed);
}

static void
test_folder_props(void)
{
    Bed bed;
    guint32 id;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_FOLDER);
    g_autofree char *rules = g_strnfill(5000, 'r');
    TwPropValue value = tw_value_str(PR_COMMENT, "a comment");
    TwStoreInfo info;
    TwBlobRef ref;

    bed_new(&bed);
    id = bed_folder(&bed, bed.root, "a");
    g_assert_true(tw_object_set(object, &value, NULL));
    value = tw_value_bytes(PR_RULES_DATA, (const guint8 *) rules, 5000);
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_folder_save_object(bed.store, id, object, &error));
    g_clear_pointer(&object, tw_object_free);
    bed_reopen(&bed);
    object = tw_folder_read_object(bed.store, id, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(tw_object_get_text(object, PR_COMMENT, NULL), ==, "a comment");
    g_assert_true(tw_object_get_blob(object, PR_RULES_DATA, &ref, NULL));
    g_clear_pointer(&object, tw_object_free);
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    object = tw_folder_read_object(bed.store, info.object, &error);
    g_assert_cmpint(tw_object_get_kind(object), ==, TW_OBJECT_STORE);
    bed_free(&bed);
}

/* ---- messages ---- */

static void
test_uids(void)
{
    Bed bed;
    guint32 a, b, mid;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GArray) tombs = NULL;
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwFolderRow) folder = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageSet set;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    b = bed_folder(&bed, bed.root, "b");
    mid = bed_message(&bed, a, "first", 10);
    set = (TwMessageSet){ a, &mid, 1 };
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, &error));
    g_assert_true(tw_messages_restore(bed.store, &set, done, &error));
    g_assert_cmpuint(g_array_index(done, TwMessageDone, 0).uid, ==, 2);
    g_array_set_size(done, 0);
    g_assert_true(tw_messages_move(bed.store, &set, b, done, &error));
    g_assert_false(tw_message_get(bed.store, mid, &row, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    mid = g_array_index(done, TwMessageDone, 0).new_mid;
    g_assert_true(tw_message_get(bed.store, mid, &row, &error));
    g_assert_cmpuint(row.uid, ==, 1);
    g_assert_cmpuint(row.bid, !=, row.mid);
    set = (TwMessageSet){ b, &mid, 1 };
    g_assert_true(tw_messages_move(bed.store, &set, a, NULL, &error));
    folder = bed_row(&bed, a);
    g_assert_cmpuint(folder->uidnext, ==, 4);
    tombs = tw_folder_vanished(bed.store, a, 0, 100, &error);
    g_assert_cmpuint(tombs->len, ==, 2);
    g_assert_cmpuint(g_array_index(tombs, TwTomb, 0).uid, ==, 1);
    g_assert_cmpuint(g_array_index(tombs, TwTomb, 1).uid, ==, 2);
    bed_check_store(bed.store, "uids");
    bed_free(&bed);
}

static void
test_keys(void)
{
    Bed bed;
    g_autoptr(GBytes) entry = g_bytes_new_static("entry id", 8);
    g_autoptr(GBytes) source = g_bytes_new_static("source key", 10);
    TwMessageMake make = { .entry_id = entry, .source_key = source };
    g_autoptr(TwObject) object = bed_object("keyed", 10);
    g_autoptr(GBytes) back = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageMade made, again;
    TwMessageSet set;
    guint32 id;

    bed_new(&bed);
    g_assert_true(tw_message_create(bed.store, bed.root, object, &make, &made, &error));
    g_assert_true(tw_store_find_key(bed.store, TW_KEY_ENTRY_ID, entry, &id, &error));
    g_assert_cmpuint(id, ==, made.mid);
    g_assert_false(tw_message_create(bed.store, bed.root, object, &make, &again, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    make.entry_id = NULL; /* a source key in use is passed over */
    g_assert_true(tw_message_create(bed.store, bed.root, object, &make, &again, &error));
    back = tw_store_get_key(bed.store, TW_KEY_SOURCE_KEY, made.mid, &error);
    g_assert_true(g_bytes_equal(back, source));
    set = (TwMessageSet){ bed.root, &made.mid, 1 };
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, &error));
    g_assert_false(tw_store_find_key(bed.store, TW_KEY_ENTRY_ID, entry, &id, &error));
    bed_check_store(bed.store, "keys");
    bed_free(&bed);
}

static void
test_flags(void)
{
    Bed bed;
    guint32 mid, folder;
    guint bit, bit_b;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_auto(TwMessageRow) row = { 0 };
    g_auto(GStrv) words = NULL;
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ };
    TwMessageSet set;
    guint64 cn;

    bed_new(&bed);
    folder = bed_folder(&bed, bed.root, "b");
    mid = bed_message(&bed, bed.root, "flagged", 10);
    set = (TwMessageSet){ bed.root, &mid, 1 };
    g_assert_true(tw_message_get(bed.store, mid, &row, &error));
    cn = row.cn;
    g_assert_true(tw_messages_set_flags(bed.store, &set, &change, done, &error));
    tw_message_row_clear(&row);
    g_assert_true(tw_message_get(bed.store, mid, &row, &error));
    g_assert_cmpuint(row.cn, ==, cn); /* reading is no change of content */
    g_assert_cmpuint(row.cn_read, ==, g_array_index(done, TwMessageDone, 0).cn);
    g_array_set_size(done, 0);
    g_assert_true(tw_messages_set_flags(bed.store, &set, &change, done, &error));
    g_assert_cmpuint(g_array_index(done, TwMessageDone, 0).cn, ==, 0);
    g_array_set_size(done, 0);
    change = (TwFlagChange){ .flags_clear = TW_MSGFLAG_READ, .unchanged_since = cn };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &change, done, &error));
    g_assert_true(g_array_index(done, TwMessageDone, 0).modified);
    /* keywords speak names, not bits */
    g_assert_true(tw_folder_keyword(bed.store, folder, "First there", TRUE, &bit, &error));
    g_assert_true(tw_folder_keyword(bed.store, bed.root, "Blue", TRUE, &bit, &error));
    g_assert_cmpuint(bit, ==, 0);
    change = (TwFlagChange){ .kw_set = 1 };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &change, NULL, &error));
    g_array_set_size(done, 0);
    g_assert_true(tw_messages_move(bed.store, &set, folder, done, &error));
    g_assert_true(tw_folder_keyword(bed.store, folder, "blue", FALSE, &bit_b, &error));
    g_assert_cmpuint(bit_b, ==, 1);
    tw_message_row_clear(&row);
    mid = g_array_index(done, TwMessageDone, 0).new_mid;
    g_assert_true(tw_message_get(bed.store, mid, &row, &error));
    g_assert_cmpuint(row.kw, ==, 2);
    words = tw_folder_keywords(bed.store, folder, &error);
    g_assert_cmpstr(words[1], ==, "Blue");
    bed_check_store(bed.store, "flags");
    bed_free(&bed);
}

static void
test_keyword_limit(void)
{
    Bed bed;
    guint bit;
    g_autoptr(GError) error = NULL;

    bed_new(&bed);
    for (guint i = 0; i < bed.config.limits.keywords; i++) {
        g_autofree char *name = g_strdup_printf("word%u", i);
        g_assert_true(tw_folder_keyword(bed.store, bed.root, name, TRUE, &bit, &error));
        g_assert_cmpuint(bit, ==, i);
    }
    g_assert_false(tw_folder_keyword(bed.store, bed.root, "one more", TRUE, &bit, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    bed_free(&bed);
}

static void
flag_words(Bed *bed, guint32 folder, guint32 mid, const TwFlagChange *change, int code)
{
    TwMessageSet set = { folder, &mid, 1 };
    g_autoptr(GError) error = NULL;

    tw_messages_set_flags(bed->store, &set, change, NULL, &error);
    if (code < 0)
        g_assert_no_error(error);
    else
        g_assert_error(error, TW_ERROR, code);
}

/* Past the 64th: set, cleared, kept by a save, taken along by copy and move, gone in lost+found alone. */
static void
test_keywords_past_64(void)
{
    Bed bed;
    guint32 from, to, mid, copy;
    TwFlagChange change = { 0 };
    TwMessageSet set = { .mids = &mid, .count = 1 };
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(TwObject) object = bed_object("saved again", 30);
    g_autofree char *before = NULL;
    g_autofree char *text = NULL;
    guint64 cn;

    bed_new(&bed);
    from = bed_folder(&bed, bed.root, "from");
    to = bed_folder(&bed, bed.root, "to");
    mid = bed_message(&bed, from, "words", 50);
    bed_keyword(&bed, to, "t", 0);
    for (guint i = 0; i < 100; i++)
        g_assert_cmpuint(bed_keyword(&bed, from, "f", i), ==, i);
    g_assert_true(tw_flag_change_keyword(&change, 3, TRUE));
    g_assert_true(tw_flag_change_keyword(&change, 99, TRUE));
    g_assert_true(tw_flag_change_keyword(&change, 64, TRUE));
    g_assert_true(tw_flag_change_keyword(&change, 70, TRUE));
    flag_words(&bed, from, mid, &change, -1);
    before = bed_keywords(&bed, from, mid);
    g_assert_cmpstr(before, ==, "f3 f64 f70 f99 ");
    bed_check_store(bed.store, "set");
    change = (TwFlagChange){ 0 };
    g_assert_true(tw_flag_change_keyword(&change, 70, FALSE));
    flag_words(&bed, from, mid, &change, -1);
    g_assert_true(tw_message_save(bed.store, mid, 0, object, 0, &cn, NULL));
    text = bed_keywords(&bed, from, mid);
    g_assert_cmpstr(text, ==, "f3 f64 f99 ");
    set.from = from;
    g_assert_true(tw_messages_copy(bed.store, &set, to, done, NULL));
    copy = g_array_index(done, TwMessageDone, 0).new_mid;
    g_free(text);
    text = bed_keywords(&bed, to, copy);
    g_assert_cmpstr(text, ==, "f3 f64 f99 ");
    for (guint i = 0; i < 80; i++)
        bed_keyword(&bed, bed.root, "r", i);
    g_array_set_size(done, 0);
    g_assert_true(tw_messages_move(bed.store, &set, bed.root, done, NULL));
    g_free(text);
    text = bed_keywords(&bed, bed.root, g_array_index(done, TwMessageDone, 0).new_mid);
    g_assert_cmpstr(text, ==, "f3 f64 f99 ");
    bed_check_store(bed.store, "moved");
    bed_free(&bed);
}

static void
test_keywords_of_one_message(void)
{
    Bed bed;
    guint32 mid;
    TwFlagChange change = { 0 };

    bed_new(&bed);
    mid = bed_message(&bed, bed.root, "words", 50);
    for (guint i = 0; i < 100; i++)
        bed_keyword(&bed, bed.root, "f", i);
    for (guint i = 64; i < 96; i++)
        g_assert_true(tw_flag_change_keyword(&change, i, TRUE));
    g_assert_false(tw_flag_change_keyword(&change, 96, TRUE));
    g_assert_true(tw_flag_change_keyword(&change, 95, TRUE)); /* is in it already */
    g_assert_false(tw_flag_change_keyword(&change, TW_KEYWORDS_MAX_COUNT, FALSE));
    flag_words(&bed, bed.root, mid, &change, -1);
    change = (TwFlagChange){ 0 };
    g_assert_true(tw_flag_change_keyword(&change, 96, TRUE));
    flag_words(&bed, bed.root, mid, &change, TW_ERROR_TOO_BIG);
    g_assert_true(tw_flag_change_keyword(&change, 64, FALSE)); /* clearing comes first */
    flag_words(&bed, bed.root, mid, &change, -1);
    bed_check_store(bed.store, "full");
    bed_free(&bed);
}

/* ---- quota, receive folders, names ---- */

static void
test_quota(void)
{
    Bed bed;
    TwQuota quota = { 500, 1000, 2000 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = bed_object("too much", 10);
    g_autoptr(GArray) mids = NULL;
    TwMessageMade made;
    TwStoreInfo info;
    TwMessageSet set;

    bed_new(&bed);
    g_assert_true(tw_store_set_quota(bed.store, &quota, &error));
    bed_message(&bed, bed.root, "half", 600);
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    g_assert_cmpint(info.quota_state, ==, TW_QUOTA_WARN);
    bed_message(&bed, bed.root, "over", 1900);
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    g_assert_cmpint(info.quota_state, ==, TW_QUOTA_HARD);
    g_assert_false(tw_message_create(bed.store, bed.root, object, NULL, &made, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_QUOTA);
    g_clear_error(&error);
    mids = bed_mids(&bed, bed.root, TW_MESSAGE_NORMAL);
    set = (TwMessageSet){ bed.root, (guint32 *) (gpointer) mids->data, mids->len };
    g_assert_false(tw_messages_copy(bed.store, &set, bed.root, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_QUOTA);
    g_clear_error(&error);
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, &error));
    g_assert_true(tw_message_create(bed.store, bed.root, object, NULL, &made, &error));
    bed_check_store(bed.store, "quota");
    bed_free(&bed);
}

typedef struct {
    const char *message_class;
    guint which; /* 0 root, 1 inbox, 2 reports */
} ClassCase;

static void
test_receive_folders(void)
{
    static const ClassCase cases[] = {
        { "IPM.Note", 1 },     { "", 1 },           { "ipm.note.smime", 1 },
        { "REPORT.IPM.X", 2 }, { "Report.IPM", 2 }, { "REPORT.IPMX", 1 },
        { "REPORT", 1 },       { "\xff\xfe", 1 },
    };
    Bed bed;
    guint32 folders[3], got;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) list = NULL;

    bed_new(&bed);
    folders[0] = bed.root;
    folders[1] = bed_folder(&bed, bed.root, "Inbox");
    folders[2] = bed_folder(&bed, bed.root, "Reports");
    g_assert_true(tw_store_get_receive_folder(bed.store, "IPM.Note", &got, &error));
    g_assert_cmpuint(got, ==, bed.root);
    g_assert_true(tw_store_set_receive_folder(bed.store, "", folders[1], &error));
    g_assert_true(tw_store_set_receive_folder(bed.store, "REPORT.IPM", folders[2], &error));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(tw_store_get_receive_folder(bed.store, cases[i].message_class, &got, &error));
        g_assert_cmpuint(got, ==, folders[cases[i].which]);
    }
    g_assert_false(tw_store_set_receive_folder(bed.store, "", 0, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_true(tw_store_set_receive_folder(bed.store, "report.ipm", 0, &error));
    list = tw_store_list_receive_folders(bed.store, &error);
    g_assert_cmpuint(list->len, ==, 1);
    bed_free(&bed);
}

static void
test_named_props(void)
{
    Bed bed;
    TwNamedProp names[3] = { { .name = "text" }, { .lid = 0x8503 }, { .name = "Text" } };
    guint16 ids[3], again[3];
    TwNamedProp back;
    g_autoptr(GError) error = NULL;

    bed_new(&bed);
    for (guint i = 0; i < 3; i++)
        memset(names[i].set.bytes, 9, sizeof names[i].set.bytes);
    g_assert_true(tw_name_map_get_ids(tw_engine_names(bed.engine), names, 3, FALSE, ids, &error));
    g_assert_cmpuint(ids[0] | ids[1] | ids[2], ==, 0);
    g_assert_true(tw_name_map_get_ids(tw_engine_names(bed.engine), names, 3, TRUE, ids, &error));
    g_assert_cmpuint(ids[0], ==, 0x8501);
    g_assert_cmpuint(ids[2], ==, 0x8503);
    bed_reopen(&bed);
    g_assert_true(tw_name_map_get_ids(tw_engine_names(bed.engine), names, 3, FALSE, again, &error));
    for (guint i = 0; i < 3; i++)
        g_assert_cmpuint(ids[i], ==, again[i]);
    g_assert_true(tw_name_map_get_name(tw_engine_names(bed.engine), ids[1], &back, &error));
    g_assert_cmpuint(back.lid, ==, 0x8503);
    bed_free(&bed);
}

/* ---- batches ---- */

static void
test_batches(void)
{
    Bed bed;
    guint32 folder, doomed;
    g_autoptr(GArray) mids = NULL;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GError) error = NULL;
    TwMessageSet set;

    bed_new(&bed);
    bed.config.limits.batch = 7;
    bed_reopen(&bed);
    folder = bed_folder(&bed, bed.root, "to");
    for (guint i = 0; i < 30; i++)
        bed_message(&bed, bed.root, "one of many", 20 + i);
    mids = bed_mids(&bed, bed.root, TW_MESSAGE_NORMAL);
    set = (TwMessageSet){ bed.root, (guint32 *) (gpointer) mids->data, mids->len };
    g_assert_true(tw_messages_copy(bed.store, &set, folder, NULL, &error));
    g_assert_true(tw_messages_move(bed.store, &set, folder, done, &error));
    g_assert_cmpuint(done->len, ==, 30);
    bed_check_store(bed.store, "batches");
    g_assert_true(tw_folder_copy(bed.store, folder, bed.root, "doomed", TRUE, &doomed, &error));
    g_assert_true(tw_folder_delete(bed.store, folder, TRUE, &error));
    g_assert_true(tw_folder_delete(bed.store, folder, FALSE, &error));
    g_assert_true(tw_folder_delete(bed.store, doomed, FALSE, &error));
    bed_reopen(&bed);
    bed_check_store(bed.store, "batches done");
    bed_free(&bed);
}

/* ---- the stream ---- */

static void
note_wake(gpointer data)
{
    g_atomic_int_inc((gint *) data);
}

static void
test_stream(void)
{
    Bed bed;
    gint wakes = 0;
    gboolean behind;
    TwSubscription *subscription;
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(TwChange));
    g_autoptr(GArray) table = NULL;
    g_autoptr(GError) error = NULL;
    guint64 cn;

    bed_new(&bed);
    bed.config.limits.stream_events = 8;
    bed_reopen(&bed);
    subscription = tw_engine_subscribe(bed.engine, NULL, note_wake, &wakes);
    for (guint i = 0; i < 5; i++)
        bed_message(&bed, bed.root, "told", 10);
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_false(behind);
    g_assert_cmpint(g_atomic_int_get(&wakes), ==, 1);
    table = tw_store_changes(bed.store, 1, 100, &cn, &error);
    g_assert_cmpuint(seen->len, ==, table->len);
    for (guint i = 0; i < seen->len; i++)
        g_assert_cmpuint(g_array_index(seen, TwChange, i).cn, ==,
                         g_array_index(table, TwChange, i).cn);
    for (guint i = 0; i < 12; i++)
        bed_message(&bed, bed.root, "too fast", 10);
    g_array_set_size(seen, 0);
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_true(behind);
    g_assert_cmpuint(seen->len, ==, 8);
    bed_message(&bed, bed.root, "and on", 10);
    g_array_set_size(seen, 0);
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_false(behind);
    g_assert_cmpuint(seen->len, ==, 1);
    tw_subscription_end(subscription);
    bed_free(&bed);
}

static gboolean
is_wanted(guint32 store G_GNUC_UNUSED, gpointer data)
{
    return g_atomic_int_get((gint *) data) >= 0;
}

/* What is not wanted wakes nobody and takes no room. */
static void
test_stream_of_some(void)
{
    Bed bed;
    gint wakes = 0;
    gboolean behind;
    TwSubscription *subscription;
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(TwChange));

    bed_new(&bed);
    bed.config.limits.stream_events = 2;
    bed_reopen(&bed);
    wakes = -1;
    subscription = tw_engine_subscribe(bed.engine, is_wanted, note_wake, &wakes);
    for (guint i = 0; i < 5; i++)
        bed_message(&bed, bed.root, "not wanted", 10);
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_false(behind);
    g_assert_cmpuint(seen->len, ==, 0);
    g_assert_cmpint(g_atomic_int_get(&wakes), ==, -1);
    g_atomic_int_set(&wakes, 0);
    bed_message(&bed, bed.root, "wanted", 10);
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_false(behind);
    g_assert_cmpuint(seen->len, ==, 1);
    g_assert_cmpint(g_atomic_int_get(&wakes), ==, 1);
    tw_subscription_end(subscription);
    bed_free(&bed);
}

/* ---- the collector ---- */

static void
test_collect(void)
{
    Bed bed;
    guint32 mid;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GError) error = NULL;
    TwEngineCollected collected;
    TwMessageSet set;

    bed_new(&bed);
    mid = bed_message(&bed, bed.root, "with a large body", 20000);
    set = (TwMessageSet){ bed.root, &mid, 1 };
    g_assert_true(tw_messages_copy(bed.store, &set, bed.root, done, &error));
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, &error));
    g_assert_true(tw_engine_collect(bed.engine, 0, TRUE, &collected, &error));
    g_assert_cmpuint(collected.dropped, ==, 0); /* the copy has it still */
    bed_check_store(bed.store, "collected");
    mid = g_array_index(done, TwMessageDone, 0).new_mid;
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, &error));
    g_assert_true(tw_engine_collect(bed.engine, 0, TRUE, &collected, &error));
    g_assert_cmpuint(collected.dropped, ==, 1);
    bed_free(&bed);
}

/* ---- edits that others get in the way of ---- */

typedef struct {
    Bed *bed;
    guint32 id;
    guint calls, others; /* how often somebody else saves first */
} Edit;

static gboolean
set_comment(TwObject *object, G_GNUC_UNUSED gpointer data, GError **error)
{
    TwPropValue value = tw_value_str(PR_COMMENT, "by another");

    return tw_object_set(object, &value, error);
}

static gboolean
set_class(TwObject *object, gpointer data, GError **error)
{
    Edit *edit = data;
    TwPropValue value = tw_value_str(PR_CONTAINER_CLASS, "IPF.Note");

    if (edit->calls++ < edit->others) {
        g_autoptr(TwObject) now = tw_folder_read_object(edit->bed->store, edit->id, NULL);
        TwPropValue count = tw_value_long(PR_ICON_INDEX, edit->calls);
        g_assert_true(set_comment(now, NULL, NULL) && tw_object_set(now, &count, NULL));
        g_assert_true(tw_folder_save_object(edit->bed->store, edit->id, now, NULL));
    }
    return tw_object_set(object, &value, error);
}

static void
test_edit(void)
{
    Bed bed;
    TwStoreInfo info;
    guint32 ids[3];

    bed_new(&bed);
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    ids[0] = bed_folder(&bed, bed.root, "Inbox");
    ids[1] = bed.root;
    ids[2] = info.object;
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwObject) object = NULL;
        Edit edit = { &bed, ids[i], 0, 2 };
        Edit never = { &bed, ids[i], 0, G_MAXUINT };
        tw_folder_edit_object(bed.store, ids[i], set_class, &edit, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(edit.calls, ==, 3);
        object = tw_folder_read_object(bed.store, ids[i], NULL);
        g_assert_cmpstr(tw_object_get_text(object, PR_COMMENT, ""), ==, "by another");
        g_assert_cmpstr(tw_object_get_text(object, PR_CONTAINER_CLASS, ""), ==, "IPF.Note");
        g_assert_false(tw_folder_edit_object(bed.store, ids[i], set_class, &never, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    }
    bed_check_store(bed.store, "edit");
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/folder/edit", test_edit);
    g_test_add_func("/store/stores", test_stores);
    for (guint i = 0; i < G_N_ELEMENTS(name_cases); i++) {
        g_autofree char *path = g_strconcat("/store/folder/name/", name_cases[i].label, NULL);
        g_test_add_data_func(path, &name_cases[i], test_names);
    }
    g_test_add_func("/store/folder/tree", test_tree);
    g_test_add_func("/store/folder/depth", test_depth);
    g_test_add_func("/store/folder/props", test_folder_props);
    g_test_add_func("/store/message/uids", test_uids);
    g_test_add_func("/store/message/keys", test_keys);
    g_test_add_func("/store/message/flags", test_flags);
    g_test_add_func("/store/message/keyword-limit", test_keyword_limit);
    g_test_add_func("/store/message/keywords-past-64", test_keywords_past_64);
    g_test_add_func("/store/message/keywords-of-one", test_keywords_of_one_message);
    g_test_add_func("/store/quota", test_quota);
    g_test_add_func("/store/receive-folders", test_receive_folders);
    g_test_add_func("/store/named-props", test_named_props);
    g_test_add_func("/store/batches", test_batches);
    g_test_add_func("/store/stream", test_stream);
    g_test_add_func("/store/stream-of-some", test_stream_of_some);
    g_test_add_func("/store/collect", test_collect);
    return g_test_run();
}
