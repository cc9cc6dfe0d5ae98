/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the server makes for objects (spec/mapi-soap.md 7.2, 7.4, 8.4; spec/mailbox-layout.md 3, 4.2, 9.1, 22, 25, 26): each property is
 * there, of its type and with its value, for a message that a client saved and for a mail as it was delivered, loaded and in a table.
 */
#include "store/computed.h"

#include <string.h>

#include "base/error.h"
#include "mapi/message.h"
#include "mapi/props.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/identity.h"
#include "store/message-lock.h"
#include "store/sync.h"
#include "store/table.h"

enum {
    SAVED = 1 << 0,     /* is there for the message that was saved */
    DELIVERED = 1 << 1, /* for the mail that was delivered */
    BOTH = SAVED | DELIVERED,
};

typedef struct {
    guint32 tag;
    guint where;
    const char *saved, *delivered; /* (nullable): as text; NULL: not looked at here */
} Row;

/* Numbers are of the fixture: see set_up(). */
static const Row rows[] = {
    { PR_ENTRYID, BOTH, NULL, NULL },
    { PR_RECORD_KEY, BOTH, NULL, NULL },
    { PR_SOURCE_KEY, BOTH, NULL, NULL },
    { PR_PARENT_ENTRYID, BOTH, NULL, NULL },
    { PR_PARENT_SOURCE_KEY, BOTH, NULL, NULL },
    { PR_STORE_ENTRYID, BOTH, NULL, NULL },
    { PR_STORE_RECORD_KEY, BOTH, NULL, NULL },
    { PR_MAPPING_SIGNATURE, BOTH, NULL, NULL },
    { PR_OBJECT_TYPE, BOTH, "5", "5" },
    { PR_CHANGE_KEY, BOTH, NULL, NULL },
    { PR_PREDECESSOR_CHANGE_LIST, BOTH, NULL, NULL },
    { PR_CHANGE_NUM, BOTH, NULL, NULL },
    { PR_EC_HIERARCHYID, BOTH, NULL, NULL },
    { PR_EC_PARENT_HIERARCHYID, BOTH, NULL, NULL },
    { PR_EC_IMAP_ID, BOTH, "1", "2" },
    { PR_MESSAGE_FLAGS, BOTH, "1043", NULL }, /* read, once read, unmodified, with an attachment */
    { PR_MSG_STATUS, BOTH, "2", "0" },
    { PR_SUBMIT_FLAGS, BOTH, "0", "0" },
    { PR_MESSAGE_SIZE, BOTH, NULL, NULL }, /* an id has one type in a bag: a message's is LONG */
    { PR_READ, BOTH, "1", "0" },
    { PR_ASSOCIATED, BOTH, "0", "0" },
    { PR_HASATTACH, BOTH, "1", "0" },
    { PR_NORMALIZED_SUBJECT, BOTH, "Giraffes", "Zebras" },
    { PR_SUBJECT_PREFIX, BOTH, "Re: ", "AW: " },
    { PR_CONVERSATION_TOPIC, BOTH, "Giraffes", "Zebras" },
    { PR_CONVERSATION_ID, BOTH, NULL, NULL },
    { PR_DISPLAY_TO, BOTH, "Grace Hopper; Ada Lovelace", NULL },
    { PR_DISPLAY_CC, BOTH, "Alan Turing", NULL },
    { PR_DISPLAY_BCC, BOTH, "", NULL },
    { PR_SEARCH_KEY, BOTH, NULL, NULL },
    { PR_CREATION_TIME, BOTH, NULL, NULL },
    { PR_LAST_MODIFICATION_TIME, BOTH, NULL, NULL },
    { PR_CONTENT_COUNT, 0, NULL, NULL }, /* of rows of tables alone */
};

/* Columns that only tables have. */
static const Row columns[] = {
    { PR_INSTANCE_KEY, BOTH, NULL, NULL }, { PR_LONGTERM_ENTRYID_FROM_TABLE, BOTH, NULL, NULL },
    { PR_ROW_TYPE, BOTH, "1", "1" },       { PR_DEPTH, BOTH, "0", "0" },
    { PR_CONTENT_COUNT, BOTH, "1", "1" },  { PR_CONTENT_UNREAD, BOTH, "0", "1" },
    { PR_ACCESS, BOTH, "7", "7" },         { PR_ACCESS_LEVEL, BOTH, "1", "1" },
};

typedef struct {
    Bed bed;
    TwTables *tables;
    guint32 folder, saved, delivered;
} Fixture;

static guint32
save_one(Fixture *f)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    TwMessageMade made = { 0 };
    TwObject *file;

    put_text(object, PR_SUBJECT, "Re: Giraffes");
    put_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    put_value(object, tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_READ | TW_MSGFLAG_UNMODIFIED));
    put_value(object, tw_value_long(PR_MSG_STATUS, 2));
    add_recipient(object, 1, "Grace Hopper", "grace@example.org");
    add_recipient(object, 2, "Alan Turing", "alan@example.org");
    add_recipient(object, 1, "Ada Lovelace", "ada@example.org");
    file = tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    put_text(file, PR_ATTACH_LONG_FILENAME, "giraffe.png");
    tw_message_create(f->bed.store, f->folder, object, NULL, &made, &error);
    g_assert_no_error(error);
    return made.mid;
}

static guint32
deliver_one(Fixture *f)
{
    static const char mail[] = "From: Ada <ada@example.org>\r\nTo: grace@example.org\r\n"
                               "Subject: AW: Zebras\r\nMessage-ID: <1@example.org>\r\n"
                               "Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\nStripes.\r\n";
    g_autoptr(GBytes) bytes = g_bytes_new_static(mail, sizeof mail - 1);
    TwMailTarget target = { .store = f->bed.store, .folder = f->folder };
    TwMailDelivery delivery = { .targets = &target,
                                .target_count = 1,
                                .recv_us = G_GINT64_CONSTANT(1767261600000000) };
    TwMailResult result = { 0 };
    g_autoptr(GError) error = NULL;
    guint32 mid;

    tw_mail_deliver(f->bed.engine, bytes, &delivery, &result, &error);
    g_assert_no_error(error);
    g_assert_no_error(result.error);
    mid = result.made.mid;
    tw_mail_result_clear(&result);
    return mid;
}

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    bed_new(&f->bed);
    f->tables = tw_tables_new(f->bed.engine, NULL, NULL, NULL);
    f->folder = bed_folder(&f->bed, f->bed.root, "Inbox");
    f->saved = save_one(f);
    f->delivered = deliver_one(f);
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    tw_tables_free(f->tables);
    bed_check_store(f->bed.store, "after the test");
    bed_free(&f->bed);
}

static char *
text_of(const TwPropValue *value)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_LONG:
        return g_strdup_printf("%u", value->u4);
    case TW_PT_BOOLEAN:
        return g_strdup(value->truth ? "1" : "0");
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return g_strdup_printf("%" G_GINT64_FORMAT, value->i8);
    case TW_PT_UNICODE:
        return g_strndup(value->text, value->len);
    default: {
        GString *hex = g_string_new(NULL);
        for (guint i = 0; i < value->len; i++)
            g_string_append_printf(hex, "%02x", value->data[i]);
        return g_string_free(hex, FALSE);
    }
    }
}

static void
check_value(const TwPropValue *value, const char *expected)
{
    g_autofree char *text = text_of(value);

    if (expected != NULL)
        g_assert_cmpstr(text, ==, expected);
}

static GBytes *
computed(Fixture *f, guint32 mid)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(f->bed.store, mid, &row, &error);
    GBytes *bag;

    g_assert_no_error(error);
    bag = tw_message_computed(f->bed.store, &row, object, &error);
    g_assert_no_error(error);
    return bag;
}

static TwTableRows *
table_rows(Fixture *f, const Row *list, guint count)
{
    g_autofree guint32 *tags = g_new(guint32, count);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTable) table =
        tw_table_open_contents(f->tables, f->bed.store, f->folder, 0, NULL, &error);
    TwTableRows *read;

    g_assert_no_error(error);
    for (guint i = 0; i < count; i++)
        tags[i] = list[i].tag;
    g_assert_true(tw_table_set_columns(table, tags, count, NULL));
    read = tw_table_query_rows(table, 2, FALSE, &error); /* the mail is the newer one */
    g_assert_no_error(error);
    g_assert_cmpuint(read->row_count, ==, 2);
    return read;
}

static void
test_loaded(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    const guint32 mids[] = { f->saved, f->delivered };

    for (guint m = 0; m < 2; m++) {
        g_autoptr(GBytes) bytes = computed(f, mids[m]);
        TwProps bag;
        g_assert_true(tw_props_open_bytes(bytes, &bag, NULL));
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            TwPropValue value;
            gboolean there = tw_props_get(&bag, rows[i].tag, &value);
            g_test_message("%08x of %s", rows[i].tag, m == 0 ? "the saved" : "the delivered");
            g_assert_cmpint(there, ==, (rows[i].where & (m == 0 ? SAVED : DELIVERED)) != 0);
            if (!there)
                continue;
            g_assert_cmphex(value.tag, ==, rows[i].tag);
            check_value(&value, m == 0 ? rows[i].saved : rows[i].delivered);
        }
    }
}

/* A table says of each message what it says when it is loaded. */
static void
test_columns(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwTableRows) shown = table_rows(f, rows, G_N_ELEMENTS(rows));
    g_autoptr(TwTableRows) more = table_rows(f, columns, G_N_ELEMENTS(columns));

    for (guint m = 0; m < 2; m++) {
        g_autoptr(GBytes) bytes = computed(f, m == 0 ? f->saved : f->delivered);
        TwProps bag;
        g_assert_true(tw_props_open_bytes(bytes, &bag, NULL));
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            const TwPropValue *cell = tw_table_rows_cell(shown, 1 - m, i);
            g_autofree char *text = NULL;
            TwPropValue value;
            if (!tw_props_get(&bag, rows[i].tag, &value))
                continue;
            text = text_of(&value);
            g_test_message("column %08x", rows[i].tag);
            g_assert_cmphex(cell->tag, ==, rows[i].tag);
            check_value(cell, text);
        }
        for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
            const TwPropValue *cell = tw_table_rows_cell(more, 1 - m, i);
            g_test_message("column %08x", columns[i].tag);
            g_assert_cmphex(cell->tag, ==, columns[i].tag);
            check_value(cell, m == 0 ? columns[i].saved : columns[i].delivered);
        }
    }
}

static char *
one_text(Fixture *f, guint32 mid, guint32 tag)
{
    g_autoptr(GBytes) bytes = computed(f, mid);
    TwPropValue value;
    TwProps bag;

    g_assert_true(tw_props_open_bytes(bytes, &bag, NULL));
    g_assert_true(tw_props_get(&bag, tag, &value));
    return text_of(&value);
}

/* What stays when a mail is saved for the first time, and what does not. */
static const guint32 stable[] = {
    PR_SEARCH_KEY,     PR_SOURCE_KEY,         PR_ENTRYID,
    PR_CREATION_TIME,  PR_CONVERSATION_ID,    PR_RECORD_KEY,
    PR_SUBJECT_PREFIX, PR_NORMALIZED_SUBJECT, PR_CONVERSATION_TOPIC,
};
static const guint32 changed[] = { PR_CHANGE_KEY, PR_LAST_MODIFICATION_TIME, PR_CHANGE_NUM };

static guint32
tag_at(guint i)
{
    return i < G_N_ELEMENTS(stable) ? stable[i] : changed[i - G_N_ELEMENTS(stable)];
}

/* A mail is the same object before and after it is first saved, and so is its copy; its time of change is another. */
static void
test_first_save(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    TwMessageSet set = { f->folder, &f->delivered, 1 };
    g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(TwObject) object = tw_message_read(f->bed.store, f->delivered, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *copied = NULL;
    g_autofree char *made = one_text(f, f->saved, PR_SEARCH_KEY);
    guint64 cn;

    g_assert_true(tw_messages_copy(f->bed.store, &set, f->folder, done, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(stable) + G_N_ELEMENTS(changed); i++)
        g_ptr_array_add(before, one_text(f, f->delivered, tag_at(i)));
    put_value(object, tw_value_long(PR_FLAG_STATUS, 2));
    tw_message_save(f->bed.store, f->delivered, 0, object, 0, &cn, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < before->len; i++) {
        g_autofree char *after = one_text(f, f->delivered, tag_at(i));
        g_test_message("%08x", tag_at(i));
        g_assert_true((strcmp(before->pdata[i], after) == 0) == (i < G_N_ELEMENTS(stable)));
    }
    /* copied along, though the copy was never saved */
    copied = one_text(f, g_array_index(done, TwMessageDone, 0).new_mid, PR_SEARCH_KEY);
    g_assert_cmpstr(before->pdata[0], ==, copied);
    g_assert_cmpuint(strlen(made), ==, 32);
}

/* A key that synchronisation sent is the message's until the next change. */
static void
test_sent_key(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    guint8 sent[22] = { 1, 2, 3 };
    g_autoptr(TwObject) object = tw_message_read(f->bed.store, f->saved, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *during = NULL;
    g_autofree char *after = NULL;
    guint64 cn;

    sent[21] = 9;
    put_value(object, tw_value_bytes(PR_CHANGE_KEY, sent, sizeof sent));
    tw_message_save(f->bed.store, f->saved, 0, object, TW_FLAGS_SYNC, &cn, &error);
    g_assert_no_error(error);
    during = one_text(f, f->saved, PR_CHANGE_KEY);
    g_assert_true(g_str_has_prefix(during, "010203"));
    tw_message_save(f->bed.store, f->saved, 0, object, 0, &cn, &error);
    g_assert_no_error(error);
    after = one_text(f, f->saved, PR_CHANGE_KEY);
    g_assert_false(g_str_has_prefix(after, "010203"));
}

/* ---- named properties of flagged mails (spec/mailbox-layout.md 22.4) ---- */

static guint32
named_tag(Fixture *f, TwKnownName which)
{
    TwNamedProp prop = tw_known_name(which);
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(tw_engine_names(f->bed.engine), &prop, 1, TRUE, &id, NULL));
    return tw_prop_tag(id, tw_known_name_type(which));
}

static void
mark_flagged(Fixture *f, guint32 mid, gboolean flagged)
{
    TwMessageSet set = { f->folder, &mid, 1 };
    TwFlagChange change = { .status_set = flagged ? 2 : 0, .status_clear = flagged ? 0 : 2 };

    g_assert_true(tw_messages_set_flags(f->bed.store, &set, &change, NULL, NULL));
}

/* Loaded and in a table; NULL: it is not there. @row: of the table. */
static void
check_named(Fixture *f, guint32 mid, guint row, TwKnownName which, const char *expected)
{
    const Row column = { named_tag(f, which), BOTH, NULL, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(f->bed.store, mid, NULL, &error);
    g_autoptr(TwTableRows) read = table_rows(f, &column, 1);
    const TwPropValue *cell;
    TwPropValue value;

    g_test_message("%s", tw_known_name_canonical(which));
    g_assert_no_error(error);
    g_assert_cmpint(tw_object_get(object, column.tag, &value), ==, expected != NULL);
    if (expected != NULL)
        check_value(&value, expected);
    cell = &read->cells[row];
    g_assert_cmpint(tw_prop_tag_type(cell->tag) != TW_PT_ERROR, ==, expected != NULL);
    if (expected != NULL)
        check_value(cell, expected);
}

static void
test_flagged(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwObject) object = NULL;
    guint64 cn;

    check_named(f, f->delivered, 0, TW_PidLidFlagRequest, NULL);
    mark_flagged(f, f->delivered, TRUE);
    check_named(f, f->delivered, 0, TW_PidLidFlagRequest, "Follow up");
    check_named(f, f->delivered, 0, TW_PidLidTaskStatus, "0");
    check_named(f, f->delivered, 0, TW_PidLidTaskComplete, "0");
    check_named(f, f->delivered, 0, TW_PidLidToDoTitle, "Zebras");
    check_named(f, f->delivered, 0, TW_PidLidTaskDueDate, NULL);

    /* a client gives it a date, the bit goes and comes again: the date was of the first flag */
    object = tw_message_read(f->bed.store, f->delivered, NULL, NULL);
    put_value(object, tw_value_i8(named_tag(f, TW_PidLidTaskDueDate), 4711));
    put_value(object, tw_value_bool(named_tag(f, TW_PidLidReminderSet), TRUE));
    g_assert_true(tw_message_save(f->bed.store, f->delivered, 0, object, 0, &cn, NULL));
    check_named(f, f->delivered, 0, TW_PidLidTaskDueDate, "4711");
    check_named(f, f->delivered, 0, TW_PidLidReminderSet, "1");
    mark_flagged(f, f->delivered, FALSE);
    check_named(f, f->delivered, 0, TW_PidLidTaskDueDate, NULL);
    check_named(f, f->delivered, 0, TW_PidLidFlagRequest, NULL);
    check_named(f, f->delivered, 0, TW_PidLidReminderSet, NULL);
    bed_check_store(f->bed.store, "flagged");
}

/* A flagged task keeps what is its own. */
static void
test_flagged_task(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwObject) object = tw_message_read(f->bed.store, f->saved, NULL, NULL);
    guint64 cn;

    put_value(object, tw_value_str(PR_MESSAGE_CLASS, "IPM.Task"));
    put_value(object, tw_value_long(named_tag(f, TW_PidLidTaskStatus), 3));
    put_value(object, tw_value_long(PR_FLAG_STATUS, 2));
    g_assert_true(tw_message_save(f->bed.store, f->saved, 0, object, 0, &cn, NULL));
    mark_flagged(f, f->saved, FALSE);
    check_named(f, f->saved, 1, TW_PidLidTaskStatus, "3");
    mark_flagged(f, f->saved, TRUE);
    check_named(f, f->saved, 1, TW_PidLidTaskStatus, "3");
}

static void
test_lock(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwStore) owner = tw_store_for_owner(f->bed.store, 7);
    g_autofree char *flags = NULL;

    g_assert_true(tw_message_lock(owner, f->saved, NULL));
    flags = one_text(f, f->saved, PR_SUBMIT_FLAGS);
    g_assert_cmpstr(flags, ==, "1");
    g_assert_true(tw_message_unlock(owner, f->saved, NULL));
}

static void
check_bag(GBytes *bytes, const Row *list, guint count)
{
    TwProps bag;

    g_assert_nonnull(bytes);
    g_assert_true(tw_props_open_bytes(bytes, &bag, NULL));
    for (guint i = 0; i < count; i++) {
        TwPropValue value;
        gboolean there = tw_props_get(&bag, list[i].tag, &value);
        g_test_message("%08x", list[i].tag);
        g_assert_cmpint(there, ==, list[i].where != 0);
        if (there)
            check_value(&value, list[i].saved);
    }
    g_bytes_unref(bytes);
}

static void
test_folder_and_store(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const Row folder[] = {
        { PR_ENTRYID, BOTH, NULL, NULL },
        { PR_RECORD_KEY, BOTH, NULL, NULL },
        { PR_SOURCE_KEY, BOTH, NULL, NULL },
        { PR_PARENT_ENTRYID, BOTH, NULL, NULL },
        { PR_PARENT_SOURCE_KEY, BOTH, NULL, NULL },
        { PR_STORE_ENTRYID, BOTH, NULL, NULL },
        { PR_STORE_RECORD_KEY, BOTH, NULL, NULL },
        { PR_MAPPING_SIGNATURE, BOTH, NULL, NULL },
        { PR_CHANGE_KEY, BOTH, NULL, NULL },
        { PR_PREDECESSOR_CHANGE_LIST, BOTH, NULL, NULL },
        { PR_OBJECT_TYPE, BOTH, "3", NULL },
        { PR_DISPLAY_NAME, BOTH, "Inbox", NULL },
        { PR_FOLDER_TYPE, BOTH, "1", NULL },
        { PR_CONTENT_COUNT, BOTH, "2", NULL },
        { PR_CONTENT_UNREAD, BOTH, "1", NULL },
        { PR_ASSOC_CONTENT_COUNT, BOTH, "0", NULL },
        { PR_DELETED_MSG_COUNT, BOTH, "0", NULL },
        { PR_DELETED_ASSOC_MSG_COUNT, BOTH, "0", NULL },
        { PR_DELETED_FOLDER_COUNT, BOTH, "0", NULL },
        { PR_FOLDER_CHILD_COUNT, BOTH, "0", NULL },
        { PR_SUBFOLDERS, BOTH, "0", NULL },
        { PR_LOCAL_COMMIT_TIME_MAX, BOTH, NULL, NULL },
        { PR_MESSAGE_SIZE_EXTENDED, BOTH, NULL, NULL },
        { PR_EC_HIERARCHYID, BOTH, NULL, NULL },
    };
    static const Row root[] = {
        { PR_PARENT_ENTRYID, BOTH, NULL, NULL },
        { PR_PARENT_SOURCE_KEY, 0, NULL, NULL },
        { PR_FOLDER_TYPE, BOTH, "0", NULL },
        { PR_SUBFOLDERS, BOTH, "1", NULL },
    };
    static const Row store[] = {
        { PR_ENTRYID, BOTH, NULL, NULL },
        { PR_STORE_ENTRYID, BOTH, NULL, NULL },
        { PR_RECORD_KEY, BOTH, NULL, NULL },
        { PR_STORE_RECORD_KEY, BOTH, NULL, NULL },
        { PR_PROVIDER_UID, BOTH, NULL, NULL },
        { PR_MAPPING_SIGNATURE, BOTH, NULL, NULL },
        { PR_OBJECT_TYPE, BOTH, "1", NULL },
        { PR_MESSAGE_SIZE_EXTENDED, BOTH, NULL, NULL },
        { PR_QUOTA_WARNING_THRESHOLD, BOTH, "10", NULL },
        { PR_QUOTA_SEND_THRESHOLD, BOTH, "20", NULL },
        { PR_QUOTA_RECEIVE_THRESHOLD, 0, NULL, NULL }, /* none is set */
    };
    TwQuota quota = { 10 * 1024, 20 * 1024, 0 };

    g_assert_true(tw_store_set_quota(f->bed.store, &quota, NULL));
    check_bag(tw_folder_computed(f->bed.store, f->folder, NULL), folder, G_N_ELEMENTS(folder));
    check_bag(tw_folder_computed(f->bed.store, f->bed.root, NULL), root, G_N_ELEMENTS(root));
    check_bag(tw_store_computed(f->bed.store, NULL), store, G_N_ELEMENTS(store));
    g_assert_null(tw_folder_computed(f->bed.store, 4000000000u, NULL));
}

static void
test_children(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const Row recipient[] = { { PR_ROWID, BOTH, NULL, NULL },
                                     { PR_OBJECT_TYPE, BOTH, "6", NULL },
                                     { PR_ATTACH_NUM, 0, NULL, NULL } };
    static const Row attachment[] = { { PR_ATTACH_NUM, BOTH, "0", NULL },
                                      { PR_OBJECT_TYPE, BOTH, "7", NULL },
                                      { PR_ATTACH_SIZE, BOTH, NULL, NULL },
                                      { PR_ROWID, 0, NULL, NULL } };
    g_autoptr(TwObject) object = tw_message_read(f->bed.store, f->saved, NULL, NULL);

    check_bag(tw_child_computed(tw_object_at(object, TW_OBJECT_RECIPIENT, 0), NULL), recipient,
              G_N_ELEMENTS(recipient));
    check_bag(tw_child_computed(tw_object_at(object, TW_OBJECT_ATTACHMENT, 0), NULL), attachment,
              G_N_ELEMENTS(attachment));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
#define ADD(name, func) g_test_add("/store/computed/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("loaded", test_loaded);
    ADD("columns", test_columns);
    ADD("first-save", test_first_save);
    ADD("sent-key", test_sent_key);
    ADD("flagged", test_flagged);
    ADD("flagged-task", test_flagged_task);
    ADD("lock", test_lock);
    ADD("folder-and-store", test_folder_and_store);
    ADD("children", test_children);
    return g_test_run();
}
