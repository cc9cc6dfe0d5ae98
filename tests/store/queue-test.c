/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The queue of outgoing messages, locks and modes of stores: what each call does; random calls beside a model; cuts of the
 * power; threads that send.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/archive.h"
#include "store/bed.h"
#include "store/invariants.h"
#include "store/message-lock.h"
#include "store/queue.h"
#include "store/search-folder.h"

enum {
    SPOOLER = 77, /* an owner */
    BOTH = TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL,
};

/* ---- helpers ---- */

static guint
flags_of(Bed *bed, guint32 mid)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) error = NULL;

    tw_message_get(bed->store, mid, &row, &error);
    g_assert_no_error(error);
    return row.flags;
}

static void
submit(Bed *bed, guint32 mid, guint flags, gint64 due)
{
    g_autoptr(GError) error = NULL;

    tw_queue_submit(bed->store, mid, flags, due, &error);
    g_assert_no_error(error);
}

/* The server's queue is this: mids in order. */
static void G_GNUC_PRINTF(2, 3) expect_queue(TwEngine *engine, const char *format, ...)
{
    g_autoptr(GArray) list = tw_queue_list(engine, G_MAXINT64, 1000);
    g_autoptr(GString) got = g_string_new(NULL);
    g_autofree char *wanted = NULL;
    va_list args;

    va_start(args, format);
    wanted = g_strdup_vprintf(format, args);
    va_end(args);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(got, "%s%u", i > 0 ? " " : "",
                               g_array_index(list, TwQueueEntry, i).mid);
    g_assert_cmpstr(got->str, ==, wanted);
    g_assert_cmpuint(tw_queue_count(engine, NULL), ==, list->len);
}

static void
refuse(gboolean ok, int code, GError **error)
{
    g_assert_false(ok);
    g_assert_error(*error, TW_ERROR, code);
    g_clear_error(error);
}

/* ---- submit, abort, finish ---- */

static void
test_submit(void)
{
    Bed bed;
    guint32 outbox, sent, m[4], mid;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) list = NULL;
    TwQueueFinish finish = { .flags = BOTH };
    TwQueueEntry entry;
    gint64 oldest;

    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    sent = bed_folder(&bed, bed.root, "sent");
    for (guint i = 0; i < 4; i++)
        m[i] = bed_message(&bed, outbox, "to be sent", 3000);
    submit(&bed, m[0], BOTH, 3000);
    submit(&bed, m[1], BOTH, 1000);
    submit(&bed, m[2], BOTH, 2000);
    submit(&bed, m[2], BOTH, 500); /* a second time: nothing happens */
    expect_queue(bed.engine, "%u %u %u", m[1], m[2], m[0]);
    g_assert_cmphex(flags_of(&bed, m[0]) & TW_MSGFLAG_SUBMITTED, ==, 0);
    submit(&bed, m[3], 0, 0); /* the client's own queue */
    g_assert_cmphex(flags_of(&bed, m[3]), ==,
                    TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_UNSENT | flags_of(&bed, m[0]));
    expect_queue(bed.engine, "%u %u %u", m[1], m[2], m[0]);
    list = tw_queue_list_store(bed.store, &error);
    g_assert_cmpuint(list->len, ==, 4);
    g_assert_cmpuint(tw_queue_count(bed.engine, &oldest), ==, 3);
    g_assert_cmpint(oldest, >, 0);
    bed_reopen(&bed);
    expect_queue(bed.engine, "%u %u %u", m[1], m[2], m[0]);
    g_clear_pointer(&list, g_array_unref);
    list = tw_queue_list(bed.engine, 1999, 10);
    g_assert_cmpuint(list->len, ==, 1);
    /* taken, put back */
    g_assert_true(tw_queue_take(bed.store, m[1], &entry, NULL));
    g_assert_cmpuint(entry.tries, ==, 1);
    g_assert_cmpuint(entry.state, ==, TW_QUEUE_TAKEN);
    g_assert_true(tw_queue_retry(bed.store, m[1], 9000, NULL));
    expect_queue(bed.engine, "%u %u %u", m[2], m[0], m[1]);
    refuse(tw_queue_take(bed.store, m[3], &entry, &error), TW_ERROR_NOT_QUEUED, &error);
    /* taken out */
    g_assert_true(tw_queue_abort(bed.store, m[3], NULL));
    g_assert_cmphex(flags_of(&bed, m[3]) & TW_MSGFLAG_SUBMITTED, ==, 0);
    refuse(tw_queue_abort(bed.store, m[3], &error), TW_ERROR_NOT_QUEUED, &error);
    /* moved, left, deleted */
    finish.move_to = sent;
    g_assert_true(tw_queue_finish(bed.store, m[2], &finish, &mid, NULL));
    g_assert_cmpuint(mid, !=, m[2]);
    g_assert_cmphex(flags_of(&bed, mid) & (TW_MSGFLAG_READ | TW_MSGFLAG_UNSENT), ==,
                    TW_MSGFLAG_READ);
    finish.move_to = 4000000000u; /* not there: it stays */
    g_assert_true(tw_queue_finish(bed.store, m[0], &finish, &mid, NULL));
    g_assert_cmpuint(mid, ==, m[0]);
    finish = (TwQueueFinish){ .flags = BOTH, .remove = TRUE };
    g_assert_true(tw_queue_finish(bed.store, m[1], &finish, &mid, NULL));
    g_assert_cmpuint(mid, ==, 0);
    g_assert_true(tw_queue_finish(bed.store, m[1], &finish, &mid, NULL)); /* gone already */
    expect_queue(bed.engine, "%s", "");
    bed_check_store(bed.store, "submit");
    bed_close(&bed);
    invariants_check_orphans(tw_fault_fs_get(bed.fs), 1, "submit");
    bed_free(&bed);
}

/* spec/mapi-soap.md 13.2: which marks go with which flags. */
static void
test_finish_flags(void)
{
    static const struct {
        const char *name;
        guint flags;
        guint left;
    } cases[] = {
        { "own client", 0, 0 },
        { "server alone", TW_QUEUE_MASTER, TW_MSGFLAG_SUBMITTED },
        { "server, and it does the rest", BOTH, 0 },
        { "own client, and it does the rest", TW_QUEUE_SENTMAIL, 0 },
    };
    Bed bed;
    guint32 outbox;

    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 mid = bed_message(&bed, outbox, cases[i].name, 10);
        TwQueueFinish finish = { .flags = cases[i].flags };
        submit(&bed, mid, 0, 0); /* marks it */
        submit(&bed, mid, cases[i].flags, 0);
        g_assert_true(tw_queue_finish(bed.store, mid, &finish, NULL, NULL));
        g_test_message("%s", cases[i].name);
        g_assert_cmphex(flags_of(&bed, mid) & (TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_UNSENT), ==,
                        cases[i].left);
        g_assert_cmphex(flags_of(&bed, mid) & TW_MSGFLAG_READ, ==, TW_MSGFLAG_READ);
    }
    bed_check_store(bed.store, "finish flags");
    bed_free(&bed);
}

static void
test_deferred(void)
{
    static const struct {
        const char *name;
        gint64 time;          /* PR_DEFERRED_SEND_TIME, seconds since 1970; 0: none */
        guint32 number, unit; /* 0: none */
        gint64 due;           /* seconds since 1970 */
        gint64 from_now;      /* or so many seconds from now */
    } cases[] = {
        { "none", 0, 0, 0, 0, 0 },
        { "a time", 2000000000, 0, 0, 2000000000, 0 },
        { "a time that has passed", 1000, 0, 0, 1000, 0 },
        { "time before number", 2000000000, 5, 0, 2000000000, 0 },
        { "minutes", 0, 5, 0, 0, 300 },
        { "weeks", 0, 999, 3, 0, G_GINT64_CONSTANT(999) * 7 * 86400 },
        { "a number past the limit", 0, 1000, 0, 0, 0 },
        { "no such unit", 0, 5, 4, 0, 0 },
    };
    Bed bed;
    guint32 outbox;

    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwObject) object = bed_object(cases[i].name, 10);
        TwPropValue value;
        TwMessageMade made;
        TwQueueFinish finish = { .flags = BOTH, .remove = TRUE };
        g_autoptr(GArray) list = NULL;
        const TwQueueEntry *entry;
        if (cases[i].time != 0) {
            value = tw_value_i8(PR_DEFERRED_SEND_TIME,
                                (cases[i].time + 11644473600) * G_GINT64_CONSTANT(10000000));
            g_assert_true(tw_object_set(object, &value, NULL));
        }
        if (cases[i].number != 0) {
            value = tw_value_long(PR_DEFERRED_SEND_NUMBER, cases[i].number);
            g_assert_true(tw_object_set(object, &value, NULL));
            value = tw_value_long(PR_DEFERRED_SEND_UNITS, cases[i].unit);
            g_assert_true(tw_object_set(object, &value, NULL));
        }
        g_assert_true(tw_message_create(bed.store, outbox, object, NULL, &made, NULL));
        submit(&bed, made.mid, BOTH, 0);
        list = tw_queue_list(bed.engine, G_MAXINT64, 10);
        g_assert_cmpuint(list->len, ==, 1);
        entry = &g_array_index(list, TwQueueEntry, 0);
        g_test_message("%s", cases[i].name);
        if (cases[i].due != 0)
            g_assert_cmpint(entry->due_us, ==, cases[i].due * G_USEC_PER_SEC);
        else
            g_assert_cmpint(entry->due_us - entry->submitted_us, ==,
                            cases[i].from_now * G_USEC_PER_SEC);
        g_assert_true(tw_queue_finish(bed.store, made.mid, &finish, NULL, NULL));
    }
    bed_free(&bed);
}

static void
test_quota(void)
{
    Bed bed;
    guint32 outbox, mid;
    TwQuota quota = { .soft = 100 };
    g_autoptr(GError) error = NULL;

    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    mid = bed_message(&bed, outbox, "too much", 500);
    g_assert_true(tw_store_set_quota(bed.store, &quota, NULL));
    refuse(tw_queue_submit(bed.store, mid, BOTH, 0, &error), TW_ERROR_QUOTA, &error);
    quota = (TwQuota){ .hard = 100 };
    g_assert_true(tw_store_set_quota(bed.store, &quota, NULL));
    refuse(tw_queue_submit(bed.store, mid, BOTH, 0, &error), TW_ERROR_QUOTA, &error);
    refuse(tw_queue_submit(bed.store, 12345, BOTH, 0, &error), TW_ERROR_NOT_FOUND, &error);
    bed_free(&bed);
}

/* ---- locks ---- */

static void
test_locked(void)
{
    Bed bed;
    guint32 outbox, other, mid, second;
    g_autoptr(TwStore) spooler = NULL;
    g_autoptr(TwStore) rival = NULL;
    g_autoptr(TwObject) object = bed_object("changed", 10);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    TwFlagChange flags = { .flags_set = TW_MSGFLAG_READ };
    TwMessageSet set;
    guint count;
    guint64 cn;

    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    other = bed_folder(&bed, bed.root, "other");
    mid = bed_message(&bed, outbox, "to be sent", 10);
    second = bed_message(&bed, outbox, "another", 10);
    set = (TwMessageSet){ outbox, &mid, 1 };
    spooler = tw_store_for_owner(bed.store, SPOOLER);
    rival = tw_store_for_owner(bed.store, SPOOLER + 1);
    refuse(tw_message_lock(bed.store, mid, &error), TW_ERROR_INVALID, &error);
    refuse(tw_message_lock(spooler, 999, &error), TW_ERROR_NOT_FOUND, &error);
    submit(&bed, mid, BOTH, 1);
    /* queued: read marks may change, content and place may not */
    refuse(tw_message_save(bed.store, mid, 0, object, 0, &cn, &error), TW_ERROR_SUBMITTED, &error);
    g_assert_true(tw_messages_move(bed.store, &set, other, done, NULL));
    g_assert_true(g_array_index(done, TwMessageDone, 0).refused);
    g_assert_true(tw_messages_set_flags(bed.store, &set, &flags, NULL, NULL));
    g_assert_cmphex(flags_of(&bed, mid) & TW_MSGFLAG_READ, ==, TW_MSGFLAG_READ);
    /* held: nobody else may do anything */
    g_assert_true(tw_message_lock(spooler, mid, NULL));
    g_assert_true(tw_message_lock(spooler, mid, NULL));
    g_assert_cmpuint(tw_message_lock_owner(bed.store, mid), ==, SPOOLER);
    refuse(tw_message_lock(rival, mid, &error), TW_ERROR_SUBMITTED, &error);
    refuse(tw_message_unlock(rival, mid, &error), TW_ERROR_SUBMITTED, &error);
    refuse(tw_queue_abort(bed.store, mid, &error), TW_ERROR_SUBMITTED, &error);
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    flags = (TwFlagChange){ .flags_clear = TW_MSGFLAG_READ };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &flags, NULL, NULL));
    g_assert_cmphex(flags_of(&bed, mid) & TW_MSGFLAG_READ, ==, TW_MSGFLAG_READ);
    g_assert_true(tw_message_save(spooler, mid, 0, object, 0, &cn, NULL)); /* the holder may */
    g_array_set_size(done, 0);
    g_assert_true(tw_messages_move(spooler, &set, other, done, NULL));
    mid = g_array_index(done, TwMessageDone, 0).new_mid;
    expect_queue(bed.engine, "%u", mid); /* its entry goes with it */
    /* a session that ends gives all back */
    g_assert_true(tw_message_lock(spooler, second, NULL));
    tw_engine_end_owner(bed.engine, SPOOLER);
    g_assert_cmpuint(tw_message_lock_owner(bed.store, second), ==, 0);
    g_assert_true(tw_message_unlock(rival, second, NULL));
    /* deleting takes it out of the queue */
    set = (TwMessageSet){ other, &mid, 1 };
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, &count, NULL));
    g_assert_cmpuint(count, ==, 1);
    expect_queue(bed.engine, "%s", "");
    submit(&bed, second, BOTH, 1);
    g_assert_true(tw_folder_delete(bed.store, outbox, FALSE, NULL));
    expect_queue(bed.engine, "%s", "");
    bed_check_store(bed.store, "locked");
    bed_free(&bed);
}

/* Synchronisation queues by the submitted mark. */
static void
test_sync(void)
{
    Bed bed;
    guint32 outbox;
    g_autoptr(TwObject) object = bed_object("by synchronisation", 10);
    TwPropValue flags = tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_UNSENT);
    TwMessageMake make = { .flags_context = TW_FLAGS_SYNC };
    g_autoptr(GArray) list = NULL;
    TwMessageMade made;
    guint64 cn;

    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    g_assert_true(tw_object_set(object, &flags, NULL));
    g_assert_true(tw_message_create(bed.store, outbox, object, &make, &made, NULL));
    list = tw_queue_list_store(bed.store, NULL);
    g_assert_cmpuint(list->len, ==, 1);
    g_clear_pointer(&list, g_array_unref);
    flags = tw_value_long(PR_MESSAGE_FLAGS, 0);
    g_assert_true(tw_object_set(object, &flags, NULL));
    g_assert_true(tw_message_save(bed.store, made.mid, 0, object, TW_FLAGS_SYNC, &cn, NULL));
    list = tw_queue_list_store(bed.store, NULL);
    g_assert_cmpuint(list->len, ==, 0);
    bed_check_store(bed.store, "sync");
    bed_free(&bed);
}

/* ---- modes ---- */

static void
test_modes(void)
{
    Bed bed;
    guint32 folder, search, number;
    g_autoptr(TwObject) object = bed_object("x", 10);
    g_autoptr(GError) error = NULL;
    TwMessageMade made;
    TwStoreInfo info;
    TwStoreFigures figures;
    TwStore *store;

    bed_new(&bed);
    number = tw_store_get_number(bed.store);
    folder = bed_folder(&bed, bed.root, "a");
    bed_message(&bed, folder, "x", 10);
    refuse(tw_engine_set_store_mode(bed.engine, 99, TW_STORE_OFFLINE, &error), TW_ERROR_NOT_FOUND,
           &error);
    for (guint restart = 0; restart < 2; restart++) {
        g_assert_true(tw_engine_set_store_mode(bed.engine, number, TW_STORE_READ_ONLY, &error));
        if (restart)
            bed_reopen(&bed);
        g_assert_true(tw_store_get_info(bed.store, &info, NULL));
        g_assert_cmpuint(info.mode, ==, TW_STORE_READ_ONLY);
        refuse(tw_message_create(bed.store, folder, object, NULL, &made, &error), TW_ERROR_OFFLINE,
               &error);
        g_assert_true(tw_engine_set_store_mode(bed.engine, number, TW_STORE_OFFLINE, &error));
        if (restart) {
            bed_close(&bed);
            bed.engine = tw_engine_open(&bed.config, &error);
            g_assert_no_error(error);
        } else {
            refuse(tw_message_create(bed.store, folder, object, NULL, &made, &error),
                   TW_ERROR_OFFLINE, &error);
            refuse(tw_store_get_info(bed.store, &info, &error), TW_ERROR_OFFLINE, &error);
            g_assert_null(tw_folder_get(bed.store, folder, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_OFFLINE);
            g_clear_error(&error);
        }
        store = tw_store_open_number(bed.engine, number, &error);
        g_assert_null(store);
        g_assert_error(error, TW_ERROR, TW_ERROR_OFFLINE);
        g_clear_error(&error);
        g_assert_cmpuint(tw_engine_get_store_mode(bed.engine, number), ==, TW_STORE_OFFLINE);
        g_assert_true(tw_engine_set_store_mode(bed.engine, number, TW_STORE_ONLINE, &error));
        if (bed.store == NULL)
            bed.store = tw_store_open_number(bed.engine, number, &error);
        g_assert_no_error(error);
        g_assert_true(tw_message_create(bed.store, folder, object, NULL, &made, &error));
    }
    /* a search that slept meanwhile goes on */
    {
        TwFolderMake make = { .name = "find", .type = TW_FOLDER_SEARCH };
        g_auto(TwRestrictionBuilder) builder;
        TwSearchCriteria criteria = { .folders = &folder, .folder_count = 1 };
        g_autoptr(TwRestriction) all = NULL;
        tw_restriction_builder_init(&builder);
        tw_restriction_builder_null(&builder);
        all = tw_restriction_builder_finish(&builder, NULL);
        criteria.restriction = all;
        g_assert_true(tw_folder_create(bed.store, bed.root, &make, &search, NULL));
        g_assert_true(tw_search_folder_set(bed.store, search, &criteria, 0, NULL));
        g_assert_true(tw_engine_set_store_mode(bed.engine, number, TW_STORE_OFFLINE, &error));
        g_assert_true(tw_engine_set_store_mode(bed.engine, number, TW_STORE_ONLINE, &error));
    }
    bed_check_store(bed.store, "modes");
    g_assert_true(tw_store_get_figures(bed.store, &figures, NULL));
    g_assert_cmpuint(figures.search_folders, ==, 1);
    g_assert_cmpuint(figures.folders, ==, 3);
    g_assert_cmpuint(figures.messages, ==, 3);
    g_assert_cmpuint(figures.unread, ==, 3);
    g_assert_cmpuint(figures.queue, ==, 0);
    bed_free(&bed);
}

/* ---- a model ---- */

typedef struct {
    guint32 mid;
    gboolean there, master, local;
    gint64 due;
} MMail;

static int
by_due(gconstpointer a, gconstpointer b)
{
    const MMail *x = a, *y = b;

    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

static void
compare(Bed *bed, const GArray *mails)
{
    g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(MMail));
    g_autoptr(GArray) list = tw_queue_list(bed->engine, G_MAXINT64, 1000);
    g_autoptr(GArray) of_store = tw_queue_list_store(bed->store, NULL);
    guint all = 0;

    for (guint i = 0; i < mails->len; i++) {
        const MMail *mail = &g_array_index(mails, MMail, i);
        if (mail->master)
            g_array_append_vals(wanted, mail, 1);
        all += (mail->master ? 1u : 0u) + (mail->local ? 1u : 0u);
    }
    g_array_sort(wanted, by_due);
    g_assert_cmpuint(list->len, ==, wanted->len);
    g_assert_cmpuint(of_store->len, ==, all);
    for (guint i = 0; i < list->len; i++) {
        g_assert_cmpuint(g_array_index(list, TwQueueEntry, i).mid, ==,
                         g_array_index(wanted, MMail, i).mid);
        g_assert_cmpint(g_array_index(list, TwQueueEntry, i).due_us, ==,
                        g_array_index(wanted, MMail, i).due);
    }
}

static void
step(Bed *bed, GRand *rand, GArray *mails, guint32 outbox, guint32 sent)
{
    MMail *mail = &g_array_index(mails, MMail, g_rand_int_range(rand, 0, (gint32) mails->len));
    gboolean master = g_rand_boolean(rand);
    TwQueueFinish finish = { .flags = master ? BOTH : 0 };
    TwMessageSet set = { outbox, &mail->mid, 1 };
    g_autoptr(GError) error = NULL;
    TwQueueEntry entry;
    gint64 due;

    switch (g_rand_int_range(rand, 0, 7)) {
    case 0:
    case 1:
        due = 1 + mail->mid * 10 + (guint32) g_rand_int_range(rand, 0, 5);
        if (tw_queue_submit(bed->store, mail->mid, master ? BOTH : 0, due, &error) != mail->there)
            g_error("submit: %s", error != NULL ? error->message : "no failure");
        if (mail->there && master && !mail->master)
            mail->due = due;
        mail->master = mail->master || (mail->there && master);
        mail->local = mail->local || (mail->there && !master);
        break;
    case 2:
        g_assert_true(tw_queue_abort(bed->store, mail->mid, &error) ==
                      (mail->master || mail->local));
        mail->master = mail->local = FALSE;
        break;
    case 3:
        due = g_rand_int_range(rand, 1, 100000);
        g_assert_true(tw_queue_take(bed->store, mail->mid, &entry, &error) == mail->master);
        if (mail->master) {
            g_assert_true(tw_queue_retry(bed->store, mail->mid, due, NULL));
            mail->due = due;
        }
        break;
    case 4:
        finish.move_to = g_rand_int_range(rand, 0, 8) == 0 ? sent : 0;
        finish.remove = g_rand_int_range(rand, 0, 8) == 0;
        g_assert_true(tw_queue_finish(bed->store, mail->mid, &finish, &mail->mid, NULL));
        *(master ? &mail->master : &mail->local) = FALSE;
        if (mail->mid == 0 || finish.remove)
            mail->there = mail->master = mail->local = FALSE;
        break;
    case 5:
        if (g_rand_int_range(rand, 0, 4) > 0)
            break;
        {
            guint count;
            g_assert_true(tw_messages_delete(bed->store, &set, TRUE, &count, NULL));
            if (count > 0)
                mail->there = mail->master = mail->local = FALSE;
        }
        break;
    default: {
        MMail fresh = { .there = TRUE };
        fresh.mid = bed_message(bed, outbox, "mail", 10);
        g_array_append_val(mails, fresh);
    }
    }
}

static void
test_model(void)
{
    guint32 seed = (guint32) g_test_rand_int(), outbox, sent;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GArray) mails = g_array_new(FALSE, FALSE, sizeof(MMail));
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    sent = bed_folder(&bed, bed.root, "sent");
    for (guint i = 0; i < 5; i++) {
        MMail fresh = { .there = TRUE };
        fresh.mid = bed_message(&bed, outbox, "mail", 10);
        g_array_append_val(mails, fresh);
    }
    for (guint i = 1; i <= 800; i++) {
        step(&bed, rand, mails, outbox, sent);
        if (i % 10 == 0)
            compare(&bed, mails);
        if (i % 200 == 0)
            bed_reopen(&bed);
    }
    bed_check_store(bed.store, "queue model");
    bed_close(&bed);
    invariants_check_orphans(tw_fault_fs_get(bed.fs), 1, "queue model");
    bed_free(&bed);
}

/* ---- cuts of the power ---- */

/* A mail on its way: what was acknowledged when. */
typedef struct {
    guint32 mid, sent;
    guint submitted, taken, finishing,
        finished; /* events when it was acknowledged; finishing: begun */
} Journey;

static gboolean
is_in_queue(TwEngine *engine, guint32 mid, TwQueueEntry *ret)
{
    g_autoptr(GArray) list = tw_queue_list(engine, G_MAXINT64, 1000);

    for (guint i = 0; i < list->len; i++) {
        *ret = g_array_index(list, TwQueueEntry, i);
        if (ret->mid == mid)
            return TRUE;
    }
    return FALSE;
}

/* Nothing vanishes: a mail is in the queue, or it is sent and where it shall be. */
static void
check_image(Bed *bed, guint event, TwImageMode mode, guint32 seed, const GArray *journeys)
{
    g_autofree char *label = g_strdup_printf("event %u, mode %d, seed %u", event, (int) mode, seed);
    g_autoptr(GError) error = NULL;
    Bed after;

    bed_open(&after, tw_fault_fs_image(bed->fs, event, mode, seed), &error);
    if (error == NULL)
        after.store = tw_store_open(after.engine, &bed->store_guid, &error);
    if (error != NULL)
        g_error("%s: %s", label, error->message);
    for (guint i = 0; i < journeys->len; i++) {
        const Journey *journey = &g_array_index(journeys, Journey, i);
        g_auto(TwMessageRow) row = { 0 };
        TwQueueEntry entry;
        gboolean queued = is_in_queue(after.engine, journey->mid, &entry);
        if (journey->submitted <= event && journey->finishing > event && !queued)
            g_error("%s: mail %u is lost from the queue", label, journey->mid);
        if (queued && journey->taken <= event && entry.tries == 0)
            g_error("%s: mail %u may have been sent, and nothing says so", label, journey->mid);
        if (journey->finished <= event &&
            (queued || !tw_message_get(after.store, journey->sent, &row, NULL)))
            g_error("%s: mail %u is not where sent mail is", label, journey->mid);
        if (queued && !tw_message_get(after.store, journey->mid, &row, NULL))
            g_error("%s: mail %u is queued and not there", label, journey->mid);
    }
    bed_check_store(after.store, label);
    bed_free(&after);
}

static void
test_power(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : 100;
    guint32 seed = (guint32) g_test_rand_int(), outbox, sent;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GArray) journeys = g_array_new(FALSE, FALSE, sizeof(Journey));
    TwQueueFinish finish = { .flags = BOTH };
    guint first, last;
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    outbox = bed_folder(&bed, bed.root, "outbox");
    sent = bed_folder(&bed, bed.root, "sent");
    finish.move_to = sent;
    first = tw_fault_fs_events(bed.fs);
    for (guint i = 0; i < 20; i++) {
        Journey journey = { .mid = bed_message(&bed, outbox, "mail", 2000) };
        TwQueueEntry entry;
        submit(&bed, journey.mid, BOTH, 1);
        journey.submitted = tw_fault_fs_events(bed.fs);
        g_assert_true(tw_queue_take(bed.store, journey.mid, &entry, NULL));
        journey.taken = journey.finishing = tw_fault_fs_events(bed.fs);
        g_assert_true(tw_queue_finish(bed.store, journey.mid, &finish, &journey.sent, NULL));
        journey.finished = tw_fault_fs_events(bed.fs);
        g_array_append_val(journeys, journey);
    }
    last = tw_fault_fs_events(bed.fs);
    for (guint i = 0; i < images; i++)
        check_image(&bed, first + (guint) g_rand_int_range(rand, 0, (gint32) (last - first) + 1),
                    (TwImageMode) (i % TW_IMAGE_MODES), g_rand_int(rand), journeys);
    bed_free(&bed);
}

/* ---- threads ---- */

enum {
    MAILS = 60
};

typedef struct {
    Bed *bed;
    guint32 outbox, sent;
    gint sent_count;
    TwCancel *cancel;
} Sending;

static gpointer
send_mails(gpointer data)
{
    Sending *sending = data;
    g_autoptr(TwStore) store = tw_store_for_owner(sending->bed->store, (guint64) (gsize) &store);
    TwQueueFinish finish = { .flags = BOTH, .move_to = sending->sent };
    guint64 serial = 0;

    while (!tw_cancel_fired(sending->cancel)) {
        g_autoptr(GArray) list = tw_queue_list(sending->bed->engine, G_MAXINT64, 8);
        for (guint i = 0; i < list->len; i++) {
            guint32 mid = g_array_index(list, TwQueueEntry, i).mid;
            TwQueueEntry entry;
            if (!tw_message_lock(store, mid, NULL))
                continue;
            if (tw_queue_take(store, mid, &entry, NULL)) {
                g_assert_cmpuint(entry.tries, ==, 1); /* nobody else has begun */
                g_assert_true(tw_queue_finish(store, mid, &finish, &mid, NULL));
                g_atomic_int_inc(&sending->sent_count);
            }
            tw_message_unlock(store, mid, NULL);
        }
        if (list->len == 0)
            tw_queue_wait(sending->bed->engine, &serial, G_MAXINT64, sending->cancel);
    }
    return NULL;
}

static void
test_threads(void)
{
    Sending sending = { .cancel = tw_cancel_new() };
    GThread *threads[3];
    Bed bed;
    guint64 serial = 0;
    g_autoptr(TwFolderRow) row = NULL;

    bed_new(&bed);
    sending.bed = &bed;
    sending.outbox = bed_folder(&bed, bed.root, "outbox");
    sending.sent = bed_folder(&bed, bed.root, "sent");
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("send", send_mails, &sending);
    for (guint i = 0; i < MAILS; i++)
        submit(&bed, bed_message(&bed, sending.outbox, "mail", 10), BOTH, 1 + i % 3);
    while (tw_queue_count(bed.engine, NULL) > 0)
        tw_queue_wait(bed.engine, &serial, G_MAXINT64, NULL);
    tw_cancel_fire(sending.cancel);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(sending.sent_count, ==, MAILS);
    row = bed_row(&bed, sending.sent);
    g_assert_cmpuint(row->total, ==, MAILS);
    tw_queue_wait(bed.engine, &serial, g_get_monotonic_time(), NULL); /* what is known already */
    g_assert_false(tw_queue_wait(bed.engine, &serial, g_get_monotonic_time(), NULL));
    bed_check_store(bed.store, "queue threads");
    tw_cancel_unref(sending.cancel);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/queue/submit", test_submit);
    g_test_add_func("/store/queue/finish-flags", test_finish_flags);
    g_test_add_func("/store/queue/deferred", test_deferred);
    g_test_add_func("/store/queue/quota", test_quota);
    g_test_add_func("/store/queue/locked", test_locked);
    g_test_add_func("/store/queue/sync", test_sync);
    g_test_add_func("/store/queue/modes", test_modes);
    g_test_add_func("/store/queue/model", test_model);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/queue/power", test_power);
    g_test_add_func("/store/queue/threads", test_threads);
    return g_test_run();
}
