/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where mail goes: addresses, folders, groups, junk, hooks, what comes twice. */
#include <errno.h>
#include <string.h>

#include "convert/item-props.h"
#include "delivery/house.h"
#include "groupware/session-names.h"
#include "mapi/global-id.h"
#include "mapi/tags.h"
#include "support/assert-bytes.h"

#define MAIL(subject)                                                                              \
    "From: Jo <jo@example.com>\r\nTo: ann@example.org\r\nSubject: " subject "\r\n\r\nx\r\n"

static const char jo[] = "jo@example.com";

static guint
inbox_count(House *house, const Person *person)
{
    return house_count(house, person, person->folders.numbers[TW_LAYOUT_FOLDER_INBOX]);
}

/* ---- addresses ---- */

static const struct {
    const char *address;
    int code; /* of the error; -1: found */
} addresses[] = {
    { "ann", -1 },
    { "ANN", -1 },
    { "ann@example.org", -1 },
    { "Ann@Example.Org", -1 },
    { "ann+nothing@example.org", -1 },
    { "ann+@example.org", -1 },
    { "nobody@example.org", TW_ERROR_NOT_FOUND },
    { "nobody+x@example.org", TW_ERROR_NOT_FOUND },
    { "ann@example.com", TW_ERROR_NOT_FOUND },
    { "+ann@example.org", TW_ERROR_NOT_FOUND },
    { "public+x@example.org", TW_ERROR_NOT_FOUND },
    { "", TW_ERROR_INVALID },
};

static void
test_addresses(void)
{
    House house;

    house_new(&house);
    for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwDeliveryRecipient) found =
            tw_delivery_find(house.delivery, addresses[i].address, NULL, &error);

        g_test_message("%s", addresses[i].address);
        if (addresses[i].code < 0) {
            g_assert_no_error(error);
            g_assert_cmpuint(found->places->len, ==, 1);
        } else if (addresses[i].code != TW_ERROR_INVALID) {
            g_assert_error(error, TW_ERROR, addresses[i].code);
        } else {
            g_assert_null(found);
        }
    }
    house_free(&house);
}

static void
test_wishes(void)
{
    const TwDeliveryWish no_login = { .flags = TW_DELIVERY_NO_LOGIN };
    const TwDeliveryWish strip = { .flags = TW_DELIVERY_STRIP_DOMAIN };
    const TwDeliveryWish read = { .flags = TW_DELIVERY_READ };
    g_autoptr(GError) refused = NULL;
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) message = NULL;
    House house;

    house_new(&house);
    refused = house_deliver_with(&house, jo, "ann", &no_login, MAIL("a"));
    g_assert_error(refused, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_no_error(house_deliver_with(&house, jo, "ann@elsewhere", &strip, MAIL("b")));
    g_assert_no_error(house_deliver_with(&house, jo, "ann", &read, MAIL("c")));
    message =
        house_last(&house, &house.ann, house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX], &row);
    g_assert_cmpuint(row.flags & TW_MSGFLAG_READ, !=, 0);
    g_assert_cmpstr(tw_object_get_text(message, PR_SUBJECT, ""), ==, "c");
    house_free(&house);
}

/* ---- folders ---- */

static const struct {
    const char *address, *folder;
    guint flags;
    gboolean inbox; /* it ends there, for the folder is not there */
} folders[] = {
    { "ann+orders@example.org", NULL, 0, FALSE },
    { "ann+ORDERS@example.org", NULL, 0, FALSE },
    { "ann+orders/2026@example.org", NULL, 0, FALSE },
    { "ann+none@example.org", NULL, 0, TRUE },
    { "ann+Outbox@example.org", NULL, 0, TRUE },
    { "ann", "Orders\\2026", 0, FALSE },
    { "ann", "Orders\\2027", 0, TRUE },
    { "ann", "Orders\\2027\\x", TW_DELIVERY_CREATE, FALSE },
    { "ann", "Orders\\2027\\x", 0, FALSE },
};

static void
test_folders(void)
{
    House house;
    guint32 orders;
    guint inbox = 0;

    house_new(&house);
    orders = world_folder(house.system, &house.ann.user.store,
                          house.ann.folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE], "Orders");
    (void) world_folder(house.system, &house.ann.user.store, orders, "2026");
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        const TwDeliveryWish wish = { .flags = folders[i].flags, .folder = folders[i].folder };
        g_autofree char *mail = g_strdup_printf(MAIL("%u"), i);

        g_test_message("%s %s", folders[i].address, folders[i].folder);
        g_assert_no_error(house_deliver_with(&house, jo, folders[i].address, &wish, mail));
        inbox += folders[i].inbox ? 1 : 0;
        g_assert_cmpuint(inbox_count(&house, &house.ann), ==, inbox);
    }
    g_assert_cmpuint(house_count(&house, &house.ann, orders), ==, 2);
    house_free(&house);
}

/* ---- groups ---- */

static void
relate(House *house, guint32 group, guint32 member)
{
    g_auto(TwRelateArgs) args = { .user = group, .relation = TW_DIRECTORY_MEMBER, .other = member };

    assert_done(tw_session_relate(house->system, &args, error));
}

static guint32
make_group(House *house, const char *name, const char *mail)
{
    TwDirectoryObject values = { .kind = TW_DIRECTORY_GROUP, .name = name, .mail = mail };
    g_auto(TwObjectCreateArgs) args = { .values = &values };

    assert_done(tw_session_object_create(house->system, &args, error));
    return args.created;
}

/* A group in a group, and somebody twice: everybody gets one copy. */
static void
test_group(void)
{
    House house;
    guint32 all, staff;
    g_autoptr(GError) empty = NULL;

    house_new(&house);
    staff = make_group(&house, "staff", "staff@example.org");
    all = make_group(&house, "all", "all@example.org");
    empty = house_deliver(&house, jo, "staff@example.org", MAIL("nobody"));
    g_assert_error(empty, TW_ERROR, TW_ERROR_NOT_FOUND);
    relate(&house, staff, house.bob.user.number);
    relate(&house, staff, house.ann.user.number);
    relate(&house, all, staff);
    relate(&house, all, house.ann.user.number);
    g_assert_no_error(house_deliver(&house, jo, "all@example.org", MAIL("all")));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 1);
    g_assert_cmpuint(inbox_count(&house, &house.bob), ==, 1);
    house_free(&house);
}

/* ---- many ---- */

/* One mail to thirty takes about the room of one. */
static void
test_many(void)
{
    enum {
        PEOPLE = 30,
        LINES = 3000,
    };
    TwDeliveryRecipient *recipients[PEOPLE];
    g_autoptr(GString) text = g_string_new("Return-Path: <x>\r\n");
    gsize trace_len = text->len;
    g_autoptr(GBytes) bytes = NULL;
    TwDeliveryMail mail = { .trace_len = trace_len, .sender = jo };
    House house;
    guint64 before, after;

    house_new(&house);
    g_string_append(text, "Subject: large\r\nContent-Type: application/pdf\r\n"
                          "Content-Disposition: attachment; filename=a.pdf\r\n"
                          "Content-Transfer-Encoding: base64\r\n\r\n");
    for (guint i = 0; i < LINES; i++)
        g_string_append_printf(text, "%08x%08x%08x%08x%08x%08x%08x%08x%08xAAAA\r\n",
                               g_test_rand_int(), g_test_rand_int(), g_test_rand_int(),
                               g_test_rand_int(), g_test_rand_int(), g_test_rand_int(),
                               g_test_rand_int(), g_test_rand_int(), g_test_rand_int());
    mail.mail = bytes = g_bytes_new(text->str, text->len);
    for (guint i = 0; i < PEOPLE; i++) {
        g_autofree char *name = g_strdup_printf("user%u", i);
        g_autoptr(GError) error = NULL;
        WorldUser user;

        world_user(&house.world, 0, name, &user);
        recipients[i] = tw_delivery_find(house.delivery, name, NULL, &error);
        g_assert_no_error(error);
    }
    before = tw_fault_fs_used(house.world.bed.fs);
    tw_delivery_run(house.delivery, &mail, recipients, PEOPLE);
    after = tw_fault_fs_used(house.world.bed.fs);
    for (guint i = 0; i < PEOPLE; i++) {
        g_assert_no_error(recipients[i]->error);
        tw_delivery_recipient_free(recipients[i]);
    }
    g_test_message("%u bytes to %d people: %u more on the disk", (guint) text->len, PEOPLE,
                   (guint) (after - before));
    g_assert_cmpuint(after - before, <, text->len * 5); /* files grow by steps */
    house_free(&house);
}

/* ---- junk ---- */

static const struct {
    const char *header;
    guint flags;
    gboolean junk;
} junk[] = {
    { "", 0, FALSE },
    { "X-Spam-Status: Yes, score=9\r\n", 0, TRUE },
    { "X-Spam-Status: No, score=0\r\n", 0, FALSE },
    { "", TW_DELIVERY_JUNK, TRUE },
};

static void
test_junk(void)
{
    House house;
    guint counts[2] = { 0, 0 };

    house_new(&house);
    for (guint i = 0; i < G_N_ELEMENTS(junk); i++) {
        const TwDeliveryWish wish = { .flags = junk[i].flags };
        g_autofree char *mail = g_strdup_printf("%sSubject: %u\r\n\r\n", junk[i].header, i);

        g_assert_no_error(house_deliver_with(&house, jo, "ann", &wish, mail));
        counts[junk[i].junk]++;
        g_assert_cmpuint(inbox_count(&house, &house.ann), ==, counts[0]);
        g_assert_cmpuint(
            house_count(&house, &house.ann, house.ann.folders.numbers[TW_LAYOUT_FOLDER_JUNK]), ==,
            counts[1]);
    }
    house_free(&house);
}

/* ---- what comes twice ---- */

static void
confirm(House *house, const char *mail)
{
    TwMailDigest digest;

    tw_mail_digest((const guint8 *) mail, strlen(mail), jo, &digest);
    tw_delivery_confirm(house->delivery, &digest);
}

static void
test_retries(void)
{
    House house;

    house_new(&house);
    g_assert_no_error(house_deliver(&house, jo, "ann", MAIL("a")));
    g_assert_no_error(house_deliver(&house, jo, "ann", MAIL("a"))); /* our answer was lost */
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 1);
    g_assert_no_error(house_deliver(&house, jo, "bob", MAIL("a"))); /* another mailbox */
    g_assert_cmpuint(inbox_count(&house, &house.bob), ==, 1);
    confirm(&house, MAIL("a")); /* it was not: who sends it again means it */
    g_assert_no_error(house_deliver(&house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 2);
    /* a process that starts anew has forgotten that, and the mailbox has not */
    tw_delivery_free(house.delivery);
    house.delivery = tw_delivery_new(house.world.server, NULL);
    g_assert_no_error(house_deliver(&house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 2);
    house_set(&house, "suppress_duplicates", "no");
    g_assert_no_error(house_deliver(&house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 3);
    house_free(&house);
}

/* The disk is full from some write on: the mail is refused with what passes, and when it comes again it is there once. */
static void
test_full_disk(void)
{
    enum {
        MAILS = 12
    };
    const TwError lasting[] = { TW_ERROR_QUOTA, TW_ERROR_NO_ACCESS, TW_ERROR_TOO_BIG,
                                TW_ERROR_NOT_FOUND };
    guint refused = 0;
    House house;

    house_new(&house);
    for (guint i = 1; i <= MAILS; i++) {
        const TwFault full = { .calls = TW_FAULT_WRITE | TW_FAULT_TRUNCATE,
                               .nth = i,
                               .count = G_MAXUINT,
                               .number = ENOSPC };
        g_autofree char *mail = g_strdup_printf("Subject: %u\r\n\r\nx\r\n", i);
        g_autoptr(GError) error = NULL;

        tw_fault_fs_arm(house.world.bed.fs, &full);
        error = house_deliver(&house, jo, "ann", mail);
        (void) tw_fault_fs_disarm(house.world.bed.fs);
        if (error == NULL)
            continue;
        for (guint k = 0; k < G_N_ELEMENTS(lasting); k++)
            g_assert_false(g_error_matches(error, TW_ERROR, (int) lasting[k]));
        refused++;
        g_assert_no_error(house_deliver(&house, jo, "ann", mail));
    }
    g_test_message("%u of %u refused at first", refused, MAILS);
    g_assert_cmpuint(refused, >, 0);
    g_assert_cmpuint(
        house_count(&house, &house.ann, house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX]), ==,
        MAILS);
    house_free(&house);
}

/* What its sender calls expired is delivered as any other: a mail that was answered 250 does not vanish. */
static void
test_expired(void)
{
    g_autoptr(TwObject) message = NULL;
    g_auto(TwMessageRow) row = { 0 };
    House house;

    house_new(&house);
    g_assert_no_error(
        house_deliver(&house, jo, "ann",
                      "Subject: late\r\nExpiry-Date: 11 Dec 2001 09:56:30 +0400\r\n\r\nx\r\n"));
    message =
        house_last(&house, &house.ann, house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX], &row);
    g_assert_nonnull(message);
    g_assert_true(tw_object_has(message, PR_EXPIRY_TIME));
    house_free(&house);
}

static void
test_by_id(void)
{
    House house;

    house_new(&house);
    house_set(&house, "suppress_duplicates", "message-id");
    g_assert_no_error(house_deliver(&house, jo, "ann", "Message-ID: <1@x>\r\nSubject: a\r\n\r\n"));
    g_assert_no_error(house_deliver(&house, jo, "ann", "Message-ID: <1@x>\r\nSubject: b\r\n\r\n"));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 1);
    g_assert_no_error(house_deliver(&house, jo, "ann", "Message-ID: <2@x>\r\nSubject: b\r\n\r\n"));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 2);
    house_free(&house);
}

/* ---- hooks ---- */

typedef struct {
    TwHookStage stage;
    TwHookResult result;
    guint32 folder; /* 0: leave it */
    guint calls;
} Hook;

static TwHookResult
run_hook(TwHookStage stage, TwHookMail *mail, gpointer data, GError **error)
{
    Hook *hook = data;

    if (stage != hook->stage)
        return TW_HOOK_CONTINUE;
    hook->calls++;
    if (stage == TW_HOOK_POST_DELIVERY)
        g_assert_cmpuint(mail->message, !=, 0);
    if (hook->folder != 0)
        mail->folder = hook->folder;
    if (hook->result == TW_HOOK_STOP_FAILED)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "as the test wants it");
    return hook->result;
}

static const struct {
    TwHookStage stage;
    TwHookResult result;
    int code; /* -1: no error */
    gboolean stored;
} hook_rows[] = {
    { TW_HOOK_POST_CONVERTING, TW_HOOK_CONTINUE, -1, TRUE },
    { TW_HOOK_POST_CONVERTING, TW_HOOK_STOP_FAILED, TW_ERROR_NO_ACCESS, FALSE },
    { TW_HOOK_PRE_DELIVERY, TW_HOOK_FAILED, -1, TRUE },
    { TW_HOOK_PRE_DELIVERY, TW_HOOK_STOP_SUCCESS, -1, FALSE },
    { TW_HOOK_PRE_DELIVERY, TW_HOOK_STOP_FAILED, TW_ERROR_NO_ACCESS, FALSE },
    { TW_HOOK_PRE_DELIVERY, TW_HOOK_RETRY_LATER, TW_ERROR_BUSY, FALSE },
    { TW_HOOK_PRE_DELIVERY, TW_HOOK_EXIT, -1, TRUE },
    { TW_HOOK_PRE_RULE, TW_HOOK_RETRY_LATER, TW_ERROR_BUSY, FALSE },
    { TW_HOOK_PRE_RULE, TW_HOOK_STOP_SUCCESS, -1, FALSE },
    { TW_HOOK_NEW_MAIL, TW_HOOK_CONTINUE, -1, TRUE },
    { TW_HOOK_NEW_MAIL, TW_HOOK_RETRY_LATER, -1, TRUE },
    { TW_HOOK_NEW_MAIL, TW_HOOK_STOP_FAILED, -1, TRUE },
    { TW_HOOK_NEW_MAIL, TW_HOOK_EXIT, -1, TRUE },
    { TW_HOOK_NEW_MAIL, TW_HOOK_STOP_SUCCESS, -1, TRUE },
    { TW_HOOK_POST_DELIVERY, TW_HOOK_CONTINUE, -1, TRUE },
    { TW_HOOK_POST_DELIVERY, TW_HOOK_STOP_FAILED, -1, TRUE },
};

static void
test_hooks(void)
{
    Hook first = { 0 }, second = { 0 };
    const TwDeliveryHook hooks[] = { { "first", 0x1f, run_hook, &first },
                                     { "second", 0x1f, run_hook, &second } };
    House house;
    guint stored = 0;

    house_new(&house);
    tw_delivery_add_hook(house.delivery, &hooks[0]);
    tw_delivery_add_hook(house.delivery, &hooks[1]);
    for (guint i = 0; i < G_N_ELEMENTS(hook_rows); i++) {
        gboolean goes_on =
            hook_rows[i].result == TW_HOOK_CONTINUE || hook_rows[i].result == TW_HOOK_FAILED ||
            hook_rows[i].stage == TW_HOOK_POST_DELIVERY ||
            (hook_rows[i].stage == TW_HOOK_NEW_MAIL && hook_rows[i].result != TW_HOOK_EXIT &&
             hook_rows[i].result != TW_HOOK_STOP_SUCCESS);
        g_autofree char *mail = g_strdup_printf(MAIL("%u"), i);
        g_autoptr(GError) error = NULL;

        g_test_message("%u", i);
        first = (Hook){ .stage = hook_rows[i].stage, .result = hook_rows[i].result };
        second = (Hook){ .stage = hook_rows[i].stage };
        error = house_deliver(&house, jo, "ann", mail);
        if (hook_rows[i].code < 0)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, hook_rows[i].code);
        stored += hook_rows[i].stored ? 1 : 0;
        g_assert_cmpuint(inbox_count(&house, &house.ann), ==, stored);
        g_assert_cmpuint(first.calls, ==, 1);
        g_assert_cmpuint(second.calls, ==, goes_on ? 1 : 0);
    }
    house_free(&house);
}

/* A hook sends the mail elsewhere, for its mailbox alone. */
static void
test_hook_moves(void)
{
    Hook hook = { .stage = TW_HOOK_PRE_DELIVERY };
    const TwDeliveryHook row = { "mover", 1u << TW_HOOK_PRE_DELIVERY, run_hook, &hook };
    House house;
    guint32 drafts;

    house_new(&house);
    drafts = hook.folder = house.ann.folders.numbers[TW_LAYOUT_FOLDER_DRAFTS];
    tw_delivery_add_hook(house.delivery, &row);
    g_assert_no_error(house_deliver(&house, jo, "ann", MAIL("moved")));
    g_assert_cmpuint(inbox_count(&house, &house.ann), ==, 0);
    g_assert_cmpuint(house_count(&house, &house.ann, drafts), ==, 1);
    house_free(&house);
}

static TwHookResult
rename_mail(G_GNUC_UNUSED TwHookStage stage,
            TwHookMail *mail,
            gpointer data,
            G_GNUC_UNUSED GError **error)
{
    TwPropValue subject = tw_value_str(PR_SUBJECT, "renamed");

    if (mail->user != *(guint32 *) data)
        return TW_HOOK_CONTINUE;
    g_assert_true(tw_object_set(mail->object, &subject, NULL));
    mail->changed = TRUE;
    return TW_HOOK_CONTINUE;
}

/* A hook changes the message of one mailbox, and the other has it as it came. */
static void
test_hook_changes(void)
{
    guint32 ann = 0;
    const TwDeliveryHook row = { "renamer", 1u << TW_HOOK_POST_CONVERTING, rename_mail, &ann };
    g_autoptr(TwObject) anns = NULL;
    g_autoptr(TwObject) bobs = NULL;
    House house;
    guint32 both;

    house_new(&house);
    ann = house.ann.user.number;
    both = make_group(&house, "both", "both@example.org");
    relate(&house, both, ann);
    relate(&house, both, house.bob.user.number);
    tw_delivery_add_hook(house.delivery, &row);
    g_assert_no_error(house_deliver(&house, jo, "both", MAIL("as it came")));
    anns = house_last(&house, &house.ann, house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX], NULL);
    bobs = house_last(&house, &house.bob, house.bob.folders.numbers[TW_LAYOUT_FOLDER_INBOX], NULL);
    g_assert_cmpstr(tw_object_get_text(anns, PR_SUBJECT, ""), ==, "renamed");
    g_assert_cmpstr(tw_object_get_text(bobs, PR_SUBJECT, ""), ==, "as it came");
    house_free(&house);
}

/* ---- meetings ---- */

#define CALENDAR(method, lines)                                                                    \
    "From: Jo <jo@example.com>\r\nTo: ann@example.org\r\nSubject: Lunch\r\n"                       \
    "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nCome.\r\n--b\r\n"           \
    "Content-Type: text/calendar; method=" method "\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:" method      \
    "\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\nDTSTAMP:20260101T000000Z\r\nLOCATION:Kitchen\r\n"          \
    "ORGANIZER:mailto:jo@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example."            \
    "org\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n\r\n--b--\r\n"

static const struct {
    const char *mail, *message_class;
    guint attachments;
} meetings[] = {
    { CALENDAR("REQUEST",
               "DTSTART;TZID=Europe/Berlin:20260203T050000\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=WEEKLY;COUNT=4\r\n"),
      "IPM.Schedule.Meeting.Request", 0 },
    { CALENDAR("REPLY", "DTSTART:20260203T040000Z\r\nDTEND:20260203T050000Z\r\n"),
      "IPM.Schedule.Meeting.Resp.Pos", 0 },
    { CALENDAR("REQUEST", ""), "IPM.Note", 1 }, /* no time */
    { CALENDAR("REQUEST", "END:VEVENT\r\nEND:VCALENDAR\r\nEND:VCALENDAR\r\nDTSTART:2026\r\n"),
      "IPM.Note", 1 },
};

/* What is stored is a meeting, and its mail is still the one that came. */
static void
test_meetings(void)
{
    House house;
    g_autoptr(TwNameMap) names = NULL;
    guint32 inbox;

    house_new(&house);
    names = tw_session_names_new(house.system);
    inbox = house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX];
    for (guint i = 0; i < G_N_ELEMENTS(meetings); i++) {
        const gint64 start = G_GINT64_CONSTANT(134145648000000000); /* 2026-02-03 04:00 UTC */
        g_auto(TwMessageRow) row = { 0 };
        g_auto(TwItemNames) tags = { 0 };
        g_autoptr(TwObject) message = NULL;
        g_auto(TwMailReadArgs)
            read = { .store = house.ann.user.store, .folder = inbox, .most = 65536 };
        g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
        TwPropValue value;
        const char *mail;
        gsize len;
        gint64 ticks = 0;

        g_test_message("%u", i);
        g_assert_no_error(house_deliver(&house, jo, "ann", meetings[i].mail));
        message = house_last(&house, &house.ann, inbox, &row);
        g_assert_cmpstr(tw_object_get_text(message, PR_MESSAGE_CLASS, ""), ==,
                        meetings[i].message_class);
        g_assert_cmpuint(tw_object_count(message, TW_OBJECT_ATTACHMENT), ==,
                         meetings[i].attachments);
        read.message = row.mid;
        assert_done(tw_session_mail_read(house.system, &read, error));
        mail = g_bytes_get_data(read.bytes, &len);
        g_assert_cmpuint(len, >=, strlen(meetings[i].mail));
        assert_bytes(mail + len - strlen(meetings[i].mail), strlen(meetings[i].mail),
                     meetings[i].mail, strlen(meetings[i].mail));
        if (meetings[i].attachments > 0)
            continue;
        tw_item_names_init(&tags, names, FALSE);
        g_assert_true(
            tw_item_get_time(message, tw_item_tag(&tags, TW_PidLidAppointmentStartWhole), &ticks));
        g_assert_cmpint(ticks, ==, start);
        g_assert_true(
            tw_item_get_time(message, tw_item_tag(&tags, TW_PidLidAppointmentEndWhole), &ticks));
        g_assert_cmpint(ticks, ==, start + 60 * 60 * G_GINT64_CONSTANT(10000000));
        g_assert_cmpstr(tw_object_get_text(message, tw_item_tag(&tags, TW_PidLidLocation), ""), ==,
                        "Kitchen");
        g_assert_true(tw_object_get(message, tw_item_tag(&tags, TW_PidLidGlobalObjectId), &value));
        assert_bytes(value.data, value.len, g_bytes_get_data(id, NULL), g_bytes_get_size(id));
        g_assert_true(tw_object_has(message, tw_item_tag(&tags, TW_PidLidAppointmentRecur)) ==
                      (i == 0));
    }
    house_free(&house);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/delivery/addresses", test_addresses);
    g_test_add_func("/delivery/delivery/wishes", test_wishes);
    g_test_add_func("/delivery/delivery/folders", test_folders);
    g_test_add_func("/delivery/delivery/group", test_group);
    g_test_add_func("/delivery/delivery/many", test_many);
    g_test_add_func("/delivery/delivery/junk", test_junk);
    g_test_add_func("/delivery/delivery/retries", test_retries);
    g_test_add_func("/delivery/delivery/by-id", test_by_id);
    g_test_add_func("/delivery/delivery/full-disk", test_full_disk);
    g_test_add_func("/delivery/delivery/expired", test_expired);
    g_test_add_func("/delivery/delivery/hooks", test_hooks);
    g_test_add_func("/delivery/delivery/hook-moves", test_hook_moves);
    g_test_add_func("/delivery/delivery/hook-changes", test_hook_changes);
    g_test_add_func("/delivery/delivery/meetings", test_meetings);
    return g_test_run();
}
