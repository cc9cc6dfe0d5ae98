/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an IMAP session asks of the API: mails appended, flags and keywords by name, expunging what is marked. */
#include <string.h>

#include "mapi/tags.h"
#include "session/world.h"

enum {
    DELMARKED = 0x8
};

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *owner, *guest;
} Box;

static void
box_open(Box *box)
{
    world_new(&box->world);
    world_user(&box->world, 0, "anna", &box->anna);
    world_user(&box->world, 0, "bert", &box->bert);
    box->owner = world_logon(&box->world, "anna");
    box->guest = world_logon(&box->world, "bert");
}

static void
box_close(Box *box)
{
    g_autoptr(TwStore) store = tw_store_open(box->world.bed.engine, &box->anna.store, NULL);

    bed_check_store(store, "mail");
    g_clear_pointer(&store, tw_store_unref);
    tw_session_unref(box->owner);
    tw_session_unref(box->guest);
    world_free(&box->world);
}

static GBytes *
mail_of(const char *subject)
{
    g_autofree char *text =
        g_strdup_printf("From: a@example.org\r\nSubject: %s\r\n\r\nHello\r\n", subject);

    return g_bytes_new(text, strlen(text));
}

static GArray *
index_of(Box *box)
{
    g_auto(TwFolderIndexArgs) args = { .store = box->anna.store, .folder = box->anna.inbox };

    assert_done(tw_session_folder_index(box->owner, &args, error));
    return g_array_ref(args.rows);
}

static guint
keyword_bit(Box *box, const char *name)
{
    g_auto(TwKeywordsArgs) args = { .store = box->anna.store, .folder = box->anna.inbox };

    assert_done(tw_session_keywords(box->owner, &args, error));
    for (guint i = 0; args.names[i] != NULL; i++) {
        if (strcmp(args.names[i], name) == 0)
            return i;
    }
    return G_MAXUINT;
}

/* ---- append ---- */

static void
test_append(void)
{
    Box box;
    g_autoptr(GBytes) one = mail_of("one");
    g_autoptr(GBytes) two = mail_of("two");
    static const char *const words[] = { "$Work", "$Later", NULL };
    TwMailAppend mails[] = {
        { .mail = one, .flags = TW_MSGFLAG_READ, .keywords = words, .recv_us = 1000000 },
        { .mail = two, .status = DELMARKED },
    };
    g_auto(TwMailAppendArgs) args = { .mails = { mails, G_N_ELEMENTS(mails) } };
    g_autoptr(GArray) rows = NULL;
    const TwMessageMade *made;
    const TwIndexRow *row;

    box_open(&box);
    args.store = box.anna.store;
    args.folder = box.anna.inbox;
    assert_done(tw_session_mail_append(box.owner, &args, error));
    g_assert_cmpuint(args.made->len, ==, 2);
    made = &g_array_index(args.made, TwMessageMade, 0);
    g_assert_cmpuint(made[0].uid, <, made[1].uid);
    g_assert_cmpuint(made[0].uidvalidity, ==, made[1].uidvalidity);
    rows = index_of(&box);
    g_assert_cmpuint(rows->len, ==, 2);
    row = &g_array_index(rows, TwIndexRow, 0);
    g_assert_cmpuint(row->mid, ==, made[0].mid);
    g_assert_cmpint(row->recv, ==, 1000000);
    g_assert_true(row->flags & TW_MSGFLAG_READ);
    g_assert_cmphex(row->kw, ==,
                    1u << keyword_bit(&box, "$Work") | 1u << keyword_bit(&box, "$Later"));
    row = &g_array_index(rows, TwIndexRow, 1);
    g_assert_cmphex(row->status, ==, DELMARKED);
    g_assert_cmphex(row->kw, ==, 0);
    box_close(&box);
}

/* All or none: also when the last one is too much. */
static void
test_append_all_or_none(void)
{
    Box box;
    g_autoptr(GBytes) one = mail_of("one");
    static const char *const bad[] = { "", NULL };
    TwMailAppend mails[] = { { .mail = one }, { .mail = one, .keywords = bad } };
    TwMailAppendArgs args = { .mails = { mails, G_N_ELEMENTS(mails) } };
    TwMailAppendArgs none = { .folder = 0 };
    g_autoptr(GArray) rows = NULL;

    box_open(&box);
    args.store = none.store = box.anna.store;
    args.folder = box.anna.inbox;
    assert_refused(tw_session_mail_append(box.owner, &args, error), TW_ERROR_INVALID);
    g_assert_null(args.made);
    mails[1] = (TwMailAppend){ .mail = NULL };
    assert_refused(tw_session_mail_append(box.owner, &args, error), TW_ERROR_INVALID);
    assert_refused(tw_session_mail_append(box.owner, &none, error), TW_ERROR_INVALID);
    rows = index_of(&box);
    g_assert_cmpuint(rows->len, ==, 0);
    box_close(&box);
}

/* The quota is reached by the first one, with the second one already written beside it. */
static void
test_append_over_quota(void)
{
    Box box;
    g_autoptr(GBytes) one = mail_of("one");
    TwMailAppend mails[] = { { .mail = one }, { .mail = one }, { .mail = one } };
    TwMailAppendArgs args = { .mails = { mails, G_N_ELEMENTS(mails) } };
    g_auto(TwMailAppendArgs) first = { .mails = { mails, 1 } };
    g_autoptr(TwStore) store = NULL;
    g_autoptr(GArray) rows = NULL;
    TwStoreInfo before, after;

    box_open(&box);
    store = tw_store_open(box.world.bed.engine, &box.anna.store, NULL);
    args.store = first.store = box.anna.store;
    args.folder = first.folder = box.anna.inbox;
    assert_done(tw_session_mail_append(box.owner, &first, error));
    g_assert_true(tw_store_get_info(store, &before, NULL));
    g_assert_true(tw_store_set_quota(store, &(TwQuota){ .hard = before.bytes + 1 }, NULL));
    assert_refused(tw_session_mail_append(box.owner, &args, error), TW_ERROR_QUOTA);
    g_assert_null(args.made);
    rows = index_of(&box);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_true(tw_store_get_info(store, &after, NULL));
    g_assert_cmpint(after.bytes, ==, before.bytes);
    g_clear_pointer(&store, tw_store_unref);
    box_close(&box);
}

/* Several mails at once: as many as there is room for, and nothing of what is none or lies elsewhere. */
static void
test_read_many(void)
{
    static const gsize lens[] = { 700 << 10, 300 << 10, 1 << 20, (1 << 20) + 1, 5000 };
    Box box;
    g_auto(TwMailAppendArgs) append = { 0 };
    TwMailAppend mails[G_N_ELEMENTS(lens)] = { 0 };
    guint32 mids[G_N_ELEMENTS(lens) + 2] = { 0 };

    box_open(&box);
    for (guint i = 0; i < G_N_ELEMENTS(lens); i++) {
        char *text = g_strnfill(lens[i], (char) ('a' + i));

        memcpy(text, "Subject: x\r\n\r\n", 14);
        mails[i].mail = g_bytes_new_take(text, lens[i]);
    }
    append.store = box.anna.store;
    append.folder = box.anna.inbox;
    append.mails = (TwMailAppends){ mails, G_N_ELEMENTS(mails) };
    assert_done(tw_session_mail_append(box.owner, &append, error));
    for (guint i = 0; i < G_N_ELEMENTS(lens); i++)
        mids[i] = g_array_index(append.made, TwMessageMade, i).mid;
    mids[5] = world_message(box.owner, &box.anna.store, box.anna.inbox, "no mail");
    mids[6] = mids[5] + 1000;
    for (guint from = 0; from < G_N_ELEMENTS(mids);) {
        g_auto(TwMailsReadArgs) read = { .store = box.anna.store,
                                         .folder = box.anna.inbox,
                                         .messages = { mids + from, G_N_ELEMENTS(mids) - from } };
        const guint8 *bytes;
        gsize at = 0;

        assert_done(tw_session_mails_read(box.owner, &read, error));
        bytes = g_bytes_get_data(read.bytes, NULL);
        g_assert_cmpuint(read.lens->len, ==, from == 0 ? 2 : from == 2 ? 1 : 4);
        for (guint i = 0; i < read.lens->len; i++) {
            guint32 len = g_array_index(read.lens, guint32, i);
            guint which = from + i;

            g_assert_cmpuint(len, ==, which >= 5 || which == 3 ? 0 : lens[which]);
            if (len > 0)
                g_assert_cmpuint(bytes[at + len - 1], ==, 'a' + which);
            at += len;
        }
        g_assert_cmpuint(at, ==, g_bytes_get_size(read.bytes));
        from += read.lens->len;
    }
    for (guint i = 0; i < G_N_ELEMENTS(lens); i++)
        g_bytes_unref(mails[i].mail);
    box_close(&box);
}

/* What somebody appends in another's folder is that somebody's own message. */
static void
test_append_own(void)
{
    Box box;
    g_autoptr(GBytes) one = mail_of("one");
    TwMailAppend mail = { .mail = one };
    g_auto(TwMailAppendArgs) args = { .mails = { &mail, 1 } };
    g_auto(TwMessageReadArgs) read = { 0 };
    TwMessagesDeleteArgs delete = { 0 };
    guint32 theirs, mid;
    TwPropValue value;

    box_open(&box);
    world_grant(&box.world, &box.anna, box.anna.inbox, box.bert.number,
                TW_RIGHT_VISIBLE | TW_RIGHT_CREATE | TW_RIGHT_DELETE_OWN);
    theirs = world_message(box.owner, &box.anna.store, box.anna.inbox, "anna's");
    args.store = read.store = delete.store = box.anna.store;
    args.folder = delete.folder = box.anna.inbox;
    assert_done(tw_session_mail_append(box.guest, &args, error));
    mid = g_array_index(args.made, TwMessageMade, 0).mid;
    read.message = mid;
    assert_done(tw_session_message_read(box.guest, &read, error));
    g_assert_true(tw_object_get(read.object, PR_CREATOR_NAME, &value));
    g_assert_cmpint(strncmp(value.text, "bert", 4), ==, 0);
    delete.messages = (TwNumbers){ &theirs, 1 };
    assert_refused(tw_session_messages_delete(box.guest, &delete, error), TW_ERROR_NO_ACCESS);
    delete.messages = (TwNumbers){ &mid, 1 };
    assert_done(tw_session_messages_delete(box.guest, &delete, error));
    g_assert_cmpuint(delete.count, ==, 1);
    box_close(&box);
}

/* ---- flags ---- */

static guint64
keywords_of(Box *box, guint at)
{
    g_autoptr(GArray) rows = index_of(box);

    return g_array_index(rows, TwIndexRow, at).kw;
}

static void
test_keywords(void)
{
    Box box;
    guint32 mids[2];
    static const char *const red[] = { "red", NULL };
    static const char *const green_blue[] = { "green", "blue", NULL };
    static const char *const unknown[] = { "never", "red", NULL };
    g_auto(TwMessagesMarkArgs) mark = { .keywords_set = red };

    box_open(&box);
    mids[0] = world_message(box.owner, &box.anna.store, box.anna.inbox, "a");
    mids[1] = world_message(box.owner, &box.anna.store, box.anna.inbox, "b");
    mark.store = box.anna.store;
    mark.folder = box.anna.inbox;
    mark.messages = (TwNumbers){ mids, 2 };
    assert_done(tw_session_messages_mark(box.owner, &mark, error));
    g_assert_cmphex(keywords_of(&box, 0), ==, 1u << keyword_bit(&box, "red"));
    tw_messages_mark_args_clear(&mark);
    mark.keywords_set = green_blue;
    mark.keywords_exact = TRUE; /* STORE FLAGS */
    mark.messages.count = 1;
    assert_done(tw_session_messages_mark(box.owner, &mark, error));
    g_assert_cmphex(keywords_of(&box, 0), ==,
                    1u << keyword_bit(&box, "green") | 1u << keyword_bit(&box, "blue"));
    g_assert_cmphex(keywords_of(&box, 1), ==, 1u << keyword_bit(&box, "red"));
    tw_messages_mark_args_clear(&mark);
    mark.keywords_exact = FALSE;
    mark.keywords_set = NULL;
    mark.keywords_clear = unknown;
    mark.messages.count = 2;
    assert_done(tw_session_messages_mark(box.owner, &mark, error));
    g_assert_cmphex(keywords_of(&box, 1), ==, 0);
    g_assert_cmpuint(keyword_bit(&box, "never"), ==, G_MAXUINT);
    g_assert_cmpuint(g_array_index(mark.done, TwMessageDone, 0).cn, ==, 0);
    tw_messages_mark_args_clear(&mark);
    /* a reader sets the read mark, and no keyword, by whatever name */
    world_grant(&box.world, &box.anna, box.anna.inbox, box.bert.number,
                TW_RIGHT_VISIBLE | TW_RIGHT_READ);
    mark.keywords_clear = NULL;
    mark.keywords_set = red;
    assert_refused(tw_session_messages_mark(box.guest, &mark, error), TW_ERROR_NO_ACCESS);
    mark.keywords_set = NULL;
    mark.keywords_exact = TRUE;
    assert_refused(tw_session_messages_mark(box.guest, &mark, error), TW_ERROR_NO_ACCESS);
    mark.keywords_exact = FALSE;
    mark.change.more_set[0] = 64;
    mark.change.more_set_count = 1;
    assert_refused(tw_session_messages_mark(box.guest, &mark, error), TW_ERROR_NO_ACCESS);
    box_close(&box);
}

/* CONDSTORE: those that changed since are told, and left alone. */
static void
test_unchanged_since(void)
{
    Box box;
    guint32 mids[2];
    g_auto(TwMessagesMarkArgs) mark = { .change = { .flags_set = TW_MSGFLAG_READ } };
    g_autoptr(GArray) before = NULL;
    const TwMessageDone *done;

    box_open(&box);
    mids[0] = world_message(box.owner, &box.anna.store, box.anna.inbox, "a");
    mids[1] = world_message(box.owner, &box.anna.store, box.anna.inbox, "b");
    before = index_of(&box);
    mark.store = box.anna.store;
    mark.folder = box.anna.inbox;
    mark.messages = (TwNumbers){ mids, 2 };
    mark.change.unchanged_since = g_array_index(before, TwIndexRow, 0).modseq;
    assert_done(tw_session_messages_mark(box.owner, &mark, error));
    done = &g_array_index(mark.done, TwMessageDone, 0);
    g_assert_false(done[0].modified);
    g_assert_cmpuint(done[0].cn, >, mark.change.unchanged_since);
    g_assert_true(done[1].modified);
    g_assert_cmpuint(done[1].cn, ==, 0);
    box_close(&box);
}

/* ---- expunge ---- */

static void
test_expunge(void)
{
    for (guint count = 3; count <= 90; count += 87) {
        Box box;
        g_autofree guint32 *mids = g_new(guint32, count);
        g_auto(TwMessagesMarkArgs) mark = { .change = { .status_set = DELMARKED } };
        TwMessagesDeleteArgs delete = { .status = DELMARKED };
        g_autoptr(GArray) rows = NULL;

        box_open(&box);
        for (guint i = 0; i < count; i++)
            mids[i] = world_message(box.owner, &box.anna.store, box.anna.inbox, "x");
        mark.store = delete.store = box.anna.store;
        mark.folder = delete.folder = box.anna.inbox;
        mark.messages = (TwNumbers){ mids + 1, 2 };
        assert_done(tw_session_messages_mark(box.owner, &mark, error));
        delete.messages = (TwNumbers){ mids, count - 1 }; /* UID EXPUNGE: the last is not named */
        assert_done(tw_session_messages_delete(box.owner, &delete, error));
        g_assert_cmpuint(delete.count, ==, count == 3 ? 1 : 2);
        rows = index_of(&box);
        g_assert_cmpuint(rows->len, ==, count - delete.count);
        g_assert_cmpuint(g_array_index(rows, TwIndexRow, 0).mid, ==, mids[0]);
        box_close(&box);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/mail/append", test_append);
    g_test_add_func("/session/mail/append-all-or-none", test_append_all_or_none);
    g_test_add_func("/session/mail/append-over-quota", test_append_over_quota);
    g_test_add_func("/session/mail/append-own", test_append_own);
    g_test_add_func("/session/mail/read-many", test_read_many);
    g_test_add_func("/session/mail/keywords", test_keywords);
    g_test_add_func("/session/mail/unchanged-since", test_unchanged_since);
    g_test_add_func("/session/mail/expunge", test_expunge);
    return g_test_run();
}
