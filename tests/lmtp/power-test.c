/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * LMTP over a disk that remembers everything (spec/robustness.md A2 to A5): whatever the power or a fault leaves, each mail that was
 * answered with 250 is there, whole and once; when the sender brings those again that were not, it has each of them once as well.
 * Trouble with one database is a reply 4xx to those who live in it, and to nobody else.
 *
 * TW_POWER_IMAGES=2000 looks at as many images; --seed repeats a run.
 */
#include "lmtp/lmtp.h"

#include <errno.h>
#include <string.h>

#include "delivery/house.h"
#include "net/net-test.h"
#include "store/invariants.h"
#include "support/assert-bytes.h"

enum {
    ANN,
    BOB,
    PEOPLE,
    MAILS = 24,
    IMAGES = 40,
    MOST_LINES = 200,
    NEVER = G_MAXINT,
};

typedef struct {
    char *text;
    gboolean to[PEOPLE];
    guint answered[PEOPLE]; /* events of the disk when 250 had come */
    char said[PEOPLE];      /* first digit of the last answer */
} Mail;

/* A server on a disk, with a client. */
typedef struct {
    House house;
    TwLmtp *lmtp;
    TestServer server;
    int fd;
} Door;

static const char *const names[PEOPLE] = { "ann", "bob" };

/* ---- the client ---- */

/* The last line of a reply. */
static char
read_reply(int fd)
{
    for (;;) {
        char line[600];
        gsize len = 0;

        do {
            g_assert_cmpuint(len, <, sizeof line);
            if (test_read(fd, line + len, 1) == 0)
                g_error("the server hung up");
        } while (line[len++] != '\n');
        g_assert_cmpuint(len, >, 4);
        if (line[3] == ' ')
            return line[0];
    }
}

static char
say(const Door *door, const char *line)
{
    test_send(door->fd, line);
    return read_reply(door->fd);
}

/* To those who have not answered for it yet. */
static void
bring(const Door *door, Mail *mail)
{
    g_autofree char *text = g_strconcat(mail->text, ".\r\n", NULL);
    gboolean taken[PEOPLE] = { FALSE }, any = FALSE;

    g_assert_cmpint(say(door, "MAIL FROM:<jo@example.com>\r\n"), ==, '2');
    for (guint who = 0; who < PEOPLE; who++) {
        g_autofree char *line = g_strdup_printf("RCPT TO:<%s>\r\n", names[who]);

        if (!mail->to[who] || mail->answered[who] != NEVER)
            continue;
        mail->said[who] = say(door, line);
        any |= taken[who] = mail->said[who] == '2';
    }
    if (!any) {
        g_assert_cmpint(say(door, "RSET\r\n"), ==, '2');
        return;
    }
    g_assert_cmpint(say(door, "DATA\r\n"), ==, '3');
    test_send(door->fd, text);
    for (guint who = 0; who < PEOPLE; who++) {
        if (!taken[who])
            continue;
        mail->said[who] = read_reply(door->fd);
        if (mail->said[who] == '2')
            mail->answered[who] = tw_fault_fs_events(door->house.world.bed.fs);
    }
}

/* ---- the server ---- */

static void
listen_for_mail(Door *door)
{
    TwListenOptions options;

    door->lmtp = tw_lmtp_new(NULL);
    tw_lmtp_set_delivery(door->lmtp, door->house.delivery);
    tw_lmtp_listen_options(door->lmtp, &options);
    door->server = test_server_new(&options, NULL);
    door->fd = test_connect(&door->server);
    g_assert_cmpint(read_reply(door->fd), ==, '2');
    g_assert_cmpint(say(door, "LHLO power.example\r\n"), ==, '2');
}

/* On a new disk, a partition for each of the two. */
static void
begin(Door *door)
{
    *door = (Door){ 0 };
    bed_set_partitions(PEOPLE);
    house_new(&door->house);
    listen_for_mail(door);
}

/* The same house on another disk, or on its own one again. */
static void
open_again(Door *door, const Door *first, TwFaultFs *fs, const char *label)
{
    World *world = &door->house.world;
    g_autoptr(GError) error = NULL;

    *door = (Door){ .house = first->house };
    bed_open(&world->bed, fs, &error);
    if (world->bed.engine == NULL)
        g_error("%s: %s", label, error->message);
    world->config.engine = world->bed.engine;
    world->config.data = world;
    world->local = tw_local_new(&world->config, &error);
    g_assert_no_error(error);
    world->server = world_provider_open(world);
    door->house.system = world_trusted(world, "SYSTEM");
    door->house.delivery = tw_delivery_new(world->server, NULL);
    listen_for_mail(door);
}

/* The disk stays. */
static void
stop(Door *door)
{
    (void) close(door->fd);
    test_server_free(&door->server);
    tw_lmtp_free(door->lmtp);
    tw_delivery_free(door->house.delivery);
    tw_session_unref(door->house.system);
    world_provider_close(&door->house.world);
    tw_server_close(door->house.world.local);
    bed_close(&door->house.world.bed);
}

static void
end(Door *door)
{
    place_clear(&door->house.world.place);
    bed_free(&door->house.world.bed);
}

/* ---- mails ---- */

static void
clear_mail(gpointer data)
{
    g_free(((Mail *) data)->text);
}

/* Some are a line, some have values of their own, an attachment among them. */
static Mail
make_mail(GRand *rand, guint number)
{
    guint lines = (guint) g_rand_int_range(rand, 1, MOST_LINES);
    gint whom = g_rand_int_range(rand, 0, 3);
    GString *text = g_string_new(NULL);
    Mail mail = { .to = { whom != 1, whom != 2 }, .answered = { NEVER, NEVER } };

    g_string_printf(text, "Subject: %u\r\nMessage-ID: <%u@power.example>\r\n", number, number);
    if (g_rand_boolean(rand))
        g_string_append(text, "Content-Type: application/pdf; name=a.pdf\r\n"
                              "Content-Disposition: attachment\r\n"
                              "Content-Transfer-Encoding: base64\r\n");
    g_string_append(text, "\r\n");
    for (guint i = 0; i < lines; i++)
        g_string_append_printf(text, "%08x%08x%08x%08x%08x%08x\r\n", g_rand_int(rand),
                               g_rand_int(rand), g_rand_int(rand), g_rand_int(rand),
                               g_rand_int(rand), g_rand_int(rand));
    mail.text = g_string_free(text, FALSE);
    return mail;
}

static GArray *
make_mails(GRand *rand, guint count)
{
    GArray *mails = g_array_new(FALSE, FALSE, sizeof(Mail));

    g_array_set_clear_func(mails, clear_mail);
    for (guint i = 0; i < count; i++) {
        Mail mail = make_mail(rand, i);
        g_array_append_val(mails, mail);
    }
    return mails;
}

static Mail *
mail_at(const GArray *mails, guint i)
{
    return &g_array_index(mails, Mail, i);
}

/* As a sender has them when the power went: what was answered later was not. */
static GArray *
mails_by(const GArray *mails, guint events)
{
    GArray *copies = g_array_new(FALSE, FALSE, sizeof(Mail));

    g_array_set_clear_func(copies, clear_mail);
    for (guint i = 0; i < mails->len; i++) {
        Mail copy = *mail_at(mails, i);

        copy.text = g_strdup(copy.text);
        for (guint who = 0; who < PEOPLE; who++)
            copy.answered[who] = copy.answered[who] <= events ? copy.answered[who] : NEVER;
        g_array_append_val(copies, copy);
    }
    return copies;
}

/* ---- the oracle ---- */

/* Behind the lines that say how it came, the mail is what was sent. */
static guint
number_of(House *house, const Person *person, guint32 message, const GArray *mails)
{
    g_auto(TwMailReadArgs)
        args = { .store = person->user.store, .message = message, .most = 1 << 20 };
    const char *data, *subject;
    gsize len;
    guint number;

    assert_done(tw_session_mail_read(house->system, &args, error));
    data = g_bytes_get_data(args.bytes, &len);
    subject = g_strstr_len(data, (gssize) len, "Subject: ");
    g_assert_nonnull(subject);
    number = (guint) g_ascii_strtoull(subject + strlen("Subject: "), NULL, 10);
    g_assert_cmpuint(number, <, mails->len);
    assert_bytes(subject, len - (gsize) (subject - data), mail_at(mails, number)->text,
                 strlen(mail_at(mails, number)->text));
    return number;
}

/* Each that was answered once, each other at most once; or @all of them once. */
static void
check_person(House *house, guint who, const GArray *mails, gboolean all, const char *label)
{
    const Person *person = who == ANN ? &house->ann : &house->bob;
    g_auto(TwMessageListArgs) list = { .store = person->user.store,
                                       .folder = person->folders.numbers[TW_LAYOUT_FOLDER_INBOX] };
    g_autofree guint *counts = g_new0(guint, mails->len);

    assert_done(tw_session_message_list(house->system, &list, error));
    for (guint i = 0; i < list.rows->len; i++)
        counts[number_of(house, person, g_array_index(list.rows, TwMessageRow, i).mid, mails)]++;
    for (guint i = 0; i < mails->len; i++) {
        const Mail *mail = mail_at(mails, i);
        guint least = mail->to[who] && (all || mail->answered[who] != NEVER);

        if (counts[i] < least || counts[i] > (mail->to[who] ? 1 : 0))
            g_error("%s: %s has mail %u %u times, answered %d", label, names[who], i, counts[i],
                    mail->answered[who] != NEVER);
    }
}

static void
check_all(House *house, const GArray *mails, gboolean all, const char *label)
{
    for (guint who = 0; who < PEOPLE; who++)
        check_person(house, who, mails, all, label);
    invariants_check_engine(house->world.bed.engine, INVARIANTS_ALL, label);
}

/* What the disk may be after so many events; then the sender comes again. */
static void
check_image(const Door *first, const GArray *mails, guint events, TwImageMode mode, guint32 seed)
{
    g_autofree char *label = g_strdup_printf("events %u, mode %d, seed %u", events, mode, seed);
    TwFaultFs *image = tw_fault_fs_image(first->house.world.bed.fs, events, mode, seed);
    g_autoptr(GArray) sent = mails_by(mails, events);
    Door door;

    open_again(&door, first, image, label);
    check_all(&door.house, sent, FALSE, label);
    for (guint i = 0; i < sent->len; i++) {
        Mail *mail = mail_at(sent, i);

        if ((mail->to[ANN] && mail->answered[ANN] == NEVER) ||
            (mail->to[BOB] && mail->answered[BOB] == NEVER))
            bring(&door, mail);
        g_assert_true(!mail->to[ANN] || mail->answered[ANN] != NEVER);
        g_assert_true(!mail->to[BOB] || mail->answered[BOB] != NEVER);
    }
    check_all(&door.house, sent, TRUE, label);
    stop(&door);
    tw_fault_fs_free(image);
}

static void
test_cuts(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : IMAGES;
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GArray) mails = make_mails(rand, MAILS);
    guint began, ended;
    Door door;

    begin(&door);
    began = tw_fault_fs_events(door.house.world.bed.fs);
    for (guint i = 0; i < mails->len; i++) {
        bring(&door, mail_at(mails, i));
        g_assert_true(mail_at(mails, i)->answered[ANN] != NEVER ||
                      mail_at(mails, i)->answered[BOB] != NEVER);
    }
    ended = tw_fault_fs_events(door.house.world.bed.fs);
    check_all(&door.house, mails, TRUE, "before any cut");
    stop(&door);
    g_test_message("seed %u: %u events for %u mails", seed, ended - began, mails->len);
    for (guint i = 0; i < images; i++)
        check_image(&door, mails,
                    (guint) g_rand_int_range(rand, (gint32) began, (gint32) ended + 1),
                    (TwImageMode) (i % TW_IMAGE_MODES), g_rand_int(rand) >> 1);
    end(&door);
}

/* ---- trouble ---- */

/* When it begins. */
typedef enum {
    RUNNING,
    JUST_OPENED, /* nothing is in memory */
    BEFORE,      /* it is not to be opened */
} When;

typedef struct {
    const char *name;
    When when;
    TwFaultCalls calls;
    int number;
    const char *suffix;
    char said[PEOPLE];
} Trouble;

static const Trouble troubles[] = {
    { "database-write", RUNNING, TW_FAULT_WRITE, EIO, "p2.db-wal", { '4', '2' } },
    { "database-sync", RUNNING, TW_FAULT_SYNC, EIO, "p2.db-wal", { '4', '2' } },
    { "database-full", RUNNING, TW_FAULT_WRITE, ENOSPC, "p2.db-wal", { '4', '2' } },
    { "database-unreadable", JUST_OPENED, TW_FAULT_READ, EIO, "p2.db", { '4', '2' } },
    { "database-forbidden", BEFORE, TW_FAULT_OPEN, EACCES, "p2.db", { '4', '2' } },
    { "database-locked", BEFORE, TW_FAULT_LOCK, EAGAIN, "p2.db-lock", { '4', '2' } },
    { "disk-full", RUNNING, TW_FAULT_WRITE | TW_FAULT_TRUNCATE, ENOSPC, NULL, { '4', '4' } },
    { "disk-gone", RUNNING, TW_FAULT_WRITE | TW_FAULT_SYNC, EIO, NULL, { '4', '4' } },
};

static void
open_into(Door *door, const Trouble *trouble, const TwFault *fault)
{
    TwFaultFs *fs = door->house.world.bed.fs;
    const Door first = *door;

    if (trouble->when != RUNNING) {
        stop(door);
        if (trouble->when == BEFORE)
            tw_fault_fs_arm(fs, fault);
        open_again(door, &first, fs, trouble->name);
    }
    if (trouble->when != BEFORE)
        tw_fault_fs_arm(fs, fault);
}

static void
test_trouble(gconstpointer data)
{
    const Trouble *trouble = data;
    const TwFault fault = {
        trouble->calls, 1, G_MAXUINT, trouble->number, 0, trouble->suffix,
    };
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GArray) mails = make_mails(rand, MAILS / 4);
    guint hits, events;
    Door door;

    begin(&door);
    for (guint i = 0; i < mails->len; i++) {
        Mail *mail = mail_at(mails, i);

        mail->to[ANN] = mail->to[BOB] = TRUE;
        if (i == 2)
            open_into(&door, trouble, &fault);
        bring(&door, mail);
        for (guint who = 0; who < PEOPLE; who++)
            g_assert_cmpint(mail->said[who], ==, i < 2 ? '2' : trouble->said[who]);
    }
    hits = tw_fault_fs_disarm(door.house.world.bed.fs);
    g_assert_cmpuint(hits, >, 0);
    stop(&door);
    events = tw_fault_fs_events(door.house.world.bed.fs);
    for (TwImageMode mode = TW_IMAGE_SYNCED; mode < TW_IMAGE_MODES; mode++)
        check_image(&door, mails, events, mode, seed >> 1);
    end(&door);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/lmtp/power/cuts", test_cuts);
    for (guint i = 0; i < G_N_ELEMENTS(troubles); i++) {
        g_autofree char *path = g_strconcat("/lmtp/power/", troubles[i].name, NULL);
        g_test_add_data_func(path, &troubles[i], test_trouble);
    }
    return g_test_run();
}
