/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that were saved through the API and never were mails, as a mail client sees them; and flags both ways. */
#include <string.h>

#include "imap/cache.h"
#include "imap/imap.h"
#include "mapi/entryid.h"
#include "mapi/tags.h"
#include "net/net-test.h"
#include "session/world.h"

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *session;
    TwImap *imap;
    TestServer server;
    int fd;
    guint tag;
} Box;

/* ---- a client ---- */

/* All that comes until the tagged answer, which is OK. */
static char *
run(Box *box, const char *command)
{
    g_autofree char *line = g_strdup_printf("t%u %s\r\n", ++box->tag, command);
    g_autofree char *end = g_strdup_printf("t%u OK", box->tag);
    g_autofree char *bad = g_strdup_printf("t%u ", box->tag);
    GString *said = g_string_new(NULL);

    test_send(box->fd, line);
    while (strstr(said->str, bad) == NULL || said->str[said->len - 1] != '\n') {
        char piece[4096];
        gsize got = test_read(box->fd, piece, sizeof piece);

        g_assert_cmpuint(got, >, 0);
        g_string_append_len(said, piece, (gssize) got);
    }
    if (strstr(said->str, end) == NULL)
        g_error("%s: %s", command, said->str);
    return g_string_free(said, FALSE);
}

static void
expect(Box *box, const char *command, const char *part)
{
    g_autofree char *said = run(box, command);

    if (strstr(said, part) == NULL)
        g_error("%s: \"%s\" without \"%s\"", command, said, part);
}

static void
expect_not(Box *box, const char *command, const char *part)
{
    g_autofree char *said = run(box, command);

    if (strstr(said, part) != NULL)
        g_error("%s: \"%s\" with \"%s\"", command, said, part);
}

static void
box_open(Box *box)
{
    TwListenOptions listen;

    memset(box, 0, sizeof *box);
    world_new(&box->world);
    world_user(&box->world, 0, "anna", &box->anna);
    world_user(&box->world, 0, "bert", &box->bert);
    box->session = world_logon(&box->world, "anna");
    box->imap = tw_imap_new();
    tw_imap_set_server(box->imap, box->world.server);
    tw_imap_listen_options(box->imap, &listen);
    box->server = test_server_new(&listen, NULL);
    box->fd = test_connect(&box->server);
    g_free(run(box, "LOGIN anna anna"));
    g_free(run(box, "SELECT INBOX"));
}

static void
box_close(Box *box)
{
    g_autoptr(TwStore) store = NULL;

    close(box->fd);
    test_server_free(&box->server);
    tw_imap_free(box->imap);
    store = tw_store_open(box->world.bed.engine, &box->anna.store, NULL);
    bed_check_store(store, "made");
    g_clear_pointer(&store, tw_store_unref);
    tw_session_unref(box->session);
    world_free(&box->world);
}

/* ---- messages ---- */

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(object, &value, NULL));
}

static void
set_long(TwObject *object, guint32 tag, guint32 number)
{
    TwPropValue value = tw_value_long(tag, number);

    g_assert_true(tw_object_set(object, &value, NULL));
}

/* Somebody who is known by an entry of the address book alone. */
static void
add_recipient(TwObject *message, guint32 kind, guint32 user, const char *name)
{
    TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, kind, NULL);
    TwBookId id = { .type = TW_BOOK_USER, .number = user };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(1000);
    TwPropValue value;

    tw_book_id_write(&id, &bytes);
    value = tw_value_bytes(PR_ENTRYID, bytes.data, bytes.len);
    g_assert_true(tw_object_set(row, &value, NULL));
    set_text(row, PR_ADDRTYPE, "ZARAFA");
    set_text(row, PR_EMAIL_ADDRESS, name);
    set_text(row, PR_DISPLAY_NAME, name);
    set_long(row, PR_RECIPIENT_TYPE, kind);
}

static TwObject *
sample(const Box *box, const char *body)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE), *attachment;
    TwPropValue data = tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) "\0\1\2", 3);

    set_text(message, PR_MESSAGE_CLASS, "IPM.Note");
    set_text(message, PR_SUBJECT, "From the desk");
    set_text(message, PR_BODY, body);
    add_recipient(message, 1, box->bert.number, "bert");
    attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, 0, NULL);
    set_text(attachment, PR_ATTACH_LONG_FILENAME, "zebra.bin");
    set_long(attachment, PR_ATTACH_METHOD, 1);
    g_assert_true(tw_object_set(attachment, &data, NULL));
    return message;
}

static guint32
create(Box *box, const char *body)
{
    g_autoptr(TwObject) message = sample(box, body);
    g_auto(TwMessageCreateArgs)
        args = { .store = box->anna.store, .folder = box->anna.inbox, .object = message };

    assert_done(tw_session_message_create(box->session, &args, error));
    g_free(run(box, "NOOP"));
    return args.made.mid;
}

/* ---- bytes ---- */

static guint64
number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);

    g_assert_nonnull(at);
    return g_ascii_strtoull(at + strlen(word), NULL, 10);
}

static void
test_bytes(void)
{
    Box box;
    g_autofree char *first = NULL, *again = NULL, *size = NULL;
    guint64 len;

    box_open(&box);
    create(&box, "A giraffe has a long neck.\n");
    expect(&box, "FETCH 1 ENVELOPE", "\"From the desk\"");
    expect(&box, "FETCH 1 ENVELOPE", "((\"bert\" NIL \"bert\" \"example.org\"))");
    expect(&box, "FETCH 1 BODYSTRUCTURE", "\"zebra.bin\"");
    expect(&box, "FETCH 1 BODY.PEEK[1]", "A giraffe has a long neck.");
    expect(&box, "FETCH 1 BODY.PEEK[1]<2.7>", "<2> {7}\r\ngiraffe)");
    expect(&box, "FETCH 1 BINARY.SIZE[2]", "BINARY.SIZE[2] 3)");
    expect(&box, "SEARCH TEXT GIRAFFE", "* SEARCH 1\r\n");
    expect(&box, "SEARCH TO bert@example.org", "* SEARCH 1\r\n");
    expect(&box, "SEARCH BODY elephant", "* SEARCH\r\n");
    first = run(&box, "FETCH 1 BODY.PEEK[]");
    size = run(&box, "FETCH 1 RFC822.SIZE");
    len = number_after(size, "RFC822.SIZE ");
    g_assert_cmpuint(len, >, 100);
    g_assert_cmpuint(number_after(first, "{"), ==, len);
    /* a flag is no part of it, nor is a keyword */
    g_free(run(&box, "STORE 1 +FLAGS (\\Flagged \\Answered $Forwarded Own)"));
    again = run(&box, "FETCH 1 BODY.PEEK[]");
    g_assert_cmpuint(number_after(again, "{"), ==, len);
    g_assert_cmpint(strncmp(strchr(first, '{'), strchr(again, '{'), (gsize) len + 6), ==, 0);
    create(&box, "Another one.\n");
    g_free(size);
    size = run(&box, "FETCH 1:2 RFC822.SIZE");
    len += number_after(strstr(size, "* 2"), "RFC822.SIZE ");
    for (guint i = 0; i < 2; i++) {
        g_autofree char *status = run(&box, "STATUS INBOX (SIZE)");
        g_assert_cmpuint(number_after(status, "(SIZE "), ==, len);
    }
    box_close(&box);
}

/* Another text is another mail: under the same uid a client would not look. */
static void
test_saved(void)
{
    Box box;
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwMessageSaveArgs) save = { 0 };
    guint32 mid;

    box_open(&box);
    mid = create(&box, "Before.\n");
    expect(&box, "FETCH 1 (UID BODY.PEEK[1])", "Before.");
    expect(&box, "FETCH 1 UID", "UID 1)");
    read.store = save.store = box.anna.store;
    read.folder = save.folder = box.anna.inbox;
    read.message = save.message = mid;
    assert_done(tw_session_message_read(box.session, &read, error));
    set_text(read.object, PR_BODY, "After.\n");
    save.object = read.object;
    assert_done(tw_session_message_save(box.session, &save, error));
    expect(&box, "NOOP", "* 1 EXPUNGE");
    expect(&box, "FETCH 1 UID", "UID 2)");
    expect(&box, "FETCH 1 BODY.PEEK[1]", "After.");
    box_close(&box);
}

/* ---- flags ---- */

static guint32
shown(Box *box, guint32 mid, guint32 tag)
{
    g_auto(TwMessageReadArgs)
        read = { .store = box->anna.store, .folder = box->anna.inbox, .message = mid };

    assert_done(tw_session_message_read(box->session, &read, error));
    return tw_object_get_long(read.object, tag, 0);
}

/* number: 0: it goes. */
static void
save_long(Box *box, guint32 mid, guint32 tag, guint32 number, guint32 also)
{
    g_auto(TwMessageReadArgs)
        read = { .store = box->anna.store, .folder = box->anna.inbox, .message = mid };
    g_auto(TwMessageSaveArgs)
        save = { .store = box->anna.store, .folder = box->anna.inbox, .message = mid };

    assert_done(tw_session_message_read(box->session, &read, error));
    if (number != 0)
        set_long(read.object, tag, number);
    else
        g_assert_true(tw_object_remove(read.object, tag));
    if (also != 0)
        tw_object_remove(read.object, also);
    save.object = read.object;
    assert_done(tw_session_message_save(box->session, &save, error));
}

static void
test_flags(void)
{
    static const struct {
        const char *flag;
        guint32 tag, value; /* what a MAPI client saves, and sees */
        guint32 also, also_value;
    } cases[] = {
        { "\\Flagged", PR_FLAG_STATUS, 2, PR_FOLLOWUP_ICON, 6 },
        { "\\Answered", PR_LAST_VERB_EXECUTED, 102, PR_ICON_INDEX, 0x105 },
        { "$Forwarded", PR_LAST_VERB_EXECUTED, 104, PR_ICON_INDEX, 0x106 },
    };
    Box box;

    box_open(&box);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 mid = create(&box, "flags\n");
        g_autofree char *fetch = g_strdup_printf("FETCH %u FLAGS", i + 1);
        g_autofree char *add = g_strdup_printf("STORE %u +FLAGS (%s)", i + 1, cases[i].flag);
        g_autofree char *remove = g_strdup_printf("STORE %u -FLAGS (%s)", i + 1, cases[i].flag);
        g_autofree char *search = g_strdup_printf("SEARCH %s%s", i == 2 ? "KEYWORD " : "",
                                                  cases[i].flag + (i == 2 ? 0 : 1));

        g_assert_cmpuint(shown(&box, mid, cases[i].tag), ==, 0);
        expect(&box, add, cases[i].flag);
        g_assert_cmpuint(shown(&box, mid, cases[i].tag), ==, cases[i].value);
        g_assert_cmpuint(shown(&box, mid, cases[i].also), ==, cases[i].also_value);
        expect_not(&box, remove, cases[i].flag);
        g_assert_cmpuint(shown(&box, mid, cases[i].tag), ==, 0);
        g_assert_cmpuint(shown(&box, mid, cases[i].also), ==, 0);

        save_long(&box, mid, cases[i].tag, cases[i].value, 0);
        expect(&box, fetch, cases[i].flag);
        expect(&box, search, "* SEARCH ");
        expect_not(&box, remove, cases[i].flag);
        g_assert_cmpuint(shown(&box, mid, cases[i].tag), ==, 0);
        g_free(run(&box, add));
        save_long(&box, mid, cases[i].tag, 0, cases[i].also);
        expect_not(&box, fetch, cases[i].flag);
    }
    box_close(&box);
}

static guint32
flags_of(Box *box, guint32 mid, gboolean status)
{
    g_auto(TwMessageGetArgs)
        get = { .store = box->anna.store, .folder = box->anna.inbox, .message = mid };

    assert_done(tw_session_message_get(box->session, &get, error));
    return status ? get.row.status : get.row.flags;
}

static void
test_draft(void)
{
    Box box;
    guint32 mid;

    box_open(&box);
    mid = create(&box, "draft\n");
    expect(&box, "STORE 1 +FLAGS (\\Draft)", "\\Draft");
    g_assert_cmphex(flags_of(&box, mid, FALSE) & TW_MSGFLAG_UNSENT, !=, 0);
    expect_not(&box, "STORE 1 -FLAGS (\\Draft)", "\\Draft");
    g_assert_cmphex(flags_of(&box, mid, FALSE) & TW_MSGFLAG_UNSENT, ==, 0);
    expect(&box, "STORE 1 +FLAGS (\\Deleted)", "\\Deleted");
    g_assert_cmphex(flags_of(&box, mid, TRUE), ==, 0x8);
    box_close(&box);
}

/* ---- the cache ---- */

static void
test_cache(void)
{
    g_autoptr(TwImapCache) cache = tw_imap_cache_new(1000);
    g_autofree guint8 *big = g_malloc0(900);
    g_autoptr(GBytes) small = g_bytes_new_static("abc", 3);
    g_autoptr(GBytes) none = NULL;
    g_autoptr(GBytes) again = NULL;
    g_autoptr(GBytes) large = g_bytes_new(big, 900);
    g_autoptr(GBytes) gone = NULL;
    g_autoptr(GBytes) there = NULL;
    TwImapCacheKey one = { .message = 1, .cn = 1 }, two = { .message = 1, .cn = 2 };

    none = tw_imap_cache_get(cache, &one);
    g_assert_null(none);
    tw_imap_cache_put(cache, &one, small);
    tw_imap_cache_put(cache, &one, small);
    again = tw_imap_cache_get(cache, &one);
    g_assert_true(again == small);
    tw_imap_cache_put(cache, &two, large); /* alone more than there is room for */
    gone = tw_imap_cache_get(cache, &one);
    g_assert_null(gone);
    there = tw_imap_cache_get(cache, &two);
    g_assert_true(there == large);
}

/* ---- the other way ---- */

/* What is appended is to MAPI what its delivery would have made of it: body, attachment, recipients. */
static void
test_append(void)
{
    static const char mail[] = "From: Jo <jo@example.com>\r\n"
                               "To: Bert <bert@example.org>\r\n"
                               "Subject: Kept\r\n"
                               "MIME-Version: 1.0\r\n"
                               "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                               "--b\r\nContent-Type: text/plain\r\n\r\nA long neck.\r\n"
                               "--b\r\nContent-Type: image/png; name=zebra.png\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n";
    g_autofree char *command =
        g_strdup_printf("APPEND INBOX (\\Seen) {%zu+}\r\n%s", strlen(mail), mail);
    g_auto(TwMessageListArgs) list = { .state = TW_MESSAGE_NORMAL };
    g_auto(TwMessageReadArgs) read = { 0 };
    g_autofree char *fetched = NULL;
    const TwMessageRow *row;
    const TwObject *attachment;
    Box box;

    box_open(&box);
    g_free(run(&box, command));
    list.store = read.store = box.anna.store;
    list.folder = read.folder = box.anna.inbox;
    assert_done(tw_session_message_list(box.session, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 1);
    row = &g_array_index(list.rows, TwMessageRow, 0);
    g_assert_true((row->flags & TW_MSGFLAG_READ) != 0 && (row->flags & TW_MSGFLAG_HAS_ATTACH) != 0);
    read.message = row->mid;
    assert_done(tw_session_message_read(box.session, &read, error));
    g_assert_cmpstr(tw_object_get_text(read.object, PR_SUBJECT, ""), ==, "Kept");
    g_assert_cmpstr(tw_object_get_text(read.object, PR_BODY, ""), ==, "A long neck.");
    g_assert_cmpuint(tw_object_count(read.object, TW_OBJECT_RECIPIENT), ==, 1);
    g_assert_cmpuint(tw_object_count(read.object, TW_OBJECT_ATTACHMENT), ==, 1);
    attachment = tw_object_at(read.object, TW_OBJECT_ATTACHMENT, 0);
    g_assert_cmpstr(tw_object_get_text(attachment, PR_ATTACH_LONG_FILENAME, ""), ==, "zebra.png");
    fetched = run(&box, "FETCH 1 BODY.PEEK[]"); /* and its bytes are its own */
    g_assert_nonnull(strstr(fetched, mail));
    box_close(&box);
}

/* A meeting: for MAPI it is one, and its bytes are its own. One that MAPI made has a calendar, the same whatever its flags are. */
static void
test_meeting(void)
{
    static const char mail[] =
        "From: Jo <jo@example.com>\r\nSubject: Lunch\r\n"
        "Content-Type: text/calendar; method=REQUEST\r\n\r\n"
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"
        "DTSTART:20260203T040000Z\r\nORGANIZER:mailto:jo@example.com\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n";
    g_autofree char *command = g_strdup_printf("APPEND INBOX {%zu+}\r\n%s", strlen(mail), mail);
    g_auto(TwMessageListArgs) list = { .state = TW_MESSAGE_NORMAL };
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwMessageCreateArgs) create = { 0 };
    g_autofree char *fetched = NULL;
    g_autofree char *made = NULL;
    g_autofree char *again = NULL;
    gsize len;
    Box box;

    box_open(&box);
    g_free(run(&box, command));
    list.store = read.store = create.store = box.anna.store;
    list.folder = read.folder = create.folder = box.anna.inbox;
    assert_done(tw_session_message_list(box.session, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 1);
    read.message = g_array_index(list.rows, TwMessageRow, 0).mid;
    assert_done(tw_session_message_read(box.session, &read, error));
    g_assert_cmpstr(tw_object_get_text(read.object, PR_MESSAGE_CLASS, ""), ==,
                    "IPM.Schedule.Meeting.Request");
    fetched = run(&box, "FETCH 1 BODY.PEEK[]");
    g_assert_nonnull(strstr(fetched, mail));
    create.object = read.object;
    assert_done(tw_session_message_create(box.session, &create, error));
    g_free(run(&box, "NOOP"));
    made = run(&box, "FETCH 2 BODY.PEEK[TEXT]");
    g_assert_nonnull(strstr(made, "Content-Type: text/calendar; charset=utf-8; method=REQUEST"));
    g_assert_nonnull(strstr(made, "UID:lunch@x\r\n"));
    g_free(run(&box, "STORE 2 +FLAGS.SILENT (\\Seen \\Flagged zebra)"));
    again = run(&box, "FETCH 2 BODY.PEEK[TEXT]");
    len = (gsize) number_after(made, "{");
    g_assert_cmpuint(number_after(again, "{"), ==, len);
    g_assert_cmpint(strncmp(strchr(made, '{'), strchr(again, '{'), len + 6), ==, 0);
    box_close(&box);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/made/bytes", test_bytes);
    g_test_add_func("/imap/made/saved", test_saved);
    g_test_add_func("/imap/made/flags", test_flags);
    g_test_add_func("/imap/made/draft", test_draft);
    g_test_add_func("/imap/made/append", test_append);
    g_test_add_func("/imap/made/meeting", test_meeting);
    g_test_add_func("/imap/made/cache", test_cache);
    return g_test_run();
}
