/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that were saved through the API and never were mails, as a POP3 client gets them. */
#include <string.h>

#include "mapi/tags.h"
#include "net/net-test.h"
#include "pop3/pop3.h"
#include "session/world.h"

typedef struct {
    World world;
    WorldUser anna;
    TwSession *session;
    TwPop3 *pop3;
    TestServer server;
    int fd;
} Box;

/* ---- a client ---- */

/* What is said until @end. */
static char *
listen_for(Box *box, const char *end)
{
    GString *said = g_string_new(NULL);

    while (!g_str_has_suffix(said->str, end)) {
        char piece[4096];
        gsize got = test_read(box->fd, piece, sizeof piece);

        g_assert_cmpuint(got, >, 0);
        g_string_append_len(said, piece, (gssize) got);
    }
    return g_string_free(said, FALSE);
}

static char *
ask(Box *box, const char *line, const char *end)
{
    test_send(box->fd, line);
    test_send(box->fd, "\r\n");
    return listen_for(box, end);
}

static void
expect(Box *box, const char *line, const char *answer)
{
    g_autofree char *said = ask(box, line, "\r\n");

    g_assert_cmpstr(said, ==, answer);
}

static void
log_on(Box *box)
{
    box->fd = test_connect(&box->server);
    g_free(listen_for(box, "\r\n"));
    g_free(ask(box, "USER anna", "\r\n"));
    g_free(ask(box, "PASS anna", "\r\n"));
}

static void
box_open(Box *box)
{
    TwListenOptions listen;

    memset(box, 0, sizeof *box);
    world_new(&box->world);
    world_user(&box->world, 0, "anna", &box->anna);
    box->session = world_logon(&box->world, "anna");
    box->pop3 = tw_pop3_new();
    tw_pop3_set_server(box->pop3, box->world.server);
    tw_pop3_listen_options(box->pop3, &listen);
    box->server = test_server_new(&listen, NULL);
}

static void
box_close(Box *box)
{
    close(box->fd);
    test_server_free(&box->server);
    tw_pop3_free(box->pop3);
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

/* Saved by a MAPI client; with a file of @len bytes. */
static guint32
create(Box *box, const char *body, gsize len)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, 0, NULL);
    TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 1), data;
    g_autofree guint8 *bytes = g_malloc(len);
    g_auto(TwMessageCreateArgs)
        args = { .store = box->anna.store, .folder = box->anna.inbox, .object = message };

    memset(bytes, 'z', len);
    data = tw_value_bytes(PR_ATTACH_DATA_BIN, bytes, len);
    set_text(message, PR_MESSAGE_CLASS, "IPM.Note");
    set_text(message, PR_SUBJECT, "From the desk");
    set_text(message, PR_BODY, body);
    set_text(attachment, PR_ATTACH_LONG_FILENAME, "zebra.bin");
    g_assert_true(tw_object_set(attachment, &method, NULL));
    g_assert_true(tw_object_set(attachment, &data, NULL));
    assert_done(tw_session_message_create(box->session, &args, error));
    return args.made.mid;
}

/* The size that is told is that of what is sent, also when that is more than one piece. */
static void
test_retrieve(void)
{
    static const gsize lens[] = { 3, 200000 };
    Box box;

    box_open(&box);
    for (guint i = 0; i < G_N_ELEMENTS(lens); i++)
        create(&box, "A giraffe has a long neck.\r\n.\r\nAnd it ends.\r\n", lens[i]);
    log_on(&box);
    for (guint i = 1; i <= G_N_ELEMENTS(lens); i++) {
        g_autofree char *list = g_strdup_printf("LIST %u", i);
        g_autofree char *retrieve = g_strdup_printf("RETR %u", i);
        g_autofree char *listed = ask(&box, list, "\r\n"), *sent = ask(&box, retrieve, "\r\n.\r\n");
        guint64 size = g_ascii_strtoull(strrchr(listed, ' '), NULL, 10);
        const char *mail = strstr(sent, "\r\n") + 2;
        gsize dots = strstr(mail, "\r\n..\r\n") != NULL ? 1 : 0; /* doubled on the wire */

        g_assert_cmpuint(size, >, lens[i - 1]);
        g_assert_cmpuint(strlen(mail) - strlen(".\r\n") - dots, ==, size);
        g_assert_nonnull(strstr(mail, "Subject: From the desk\r\n"));
        g_assert_nonnull(strstr(mail, "A giraffe has a long neck."));
        g_assert_nonnull(strstr(mail, "zebra.bin"));
    }
    box_close(&box);
}

static void
test_top(void)
{
    Box box;
    g_autofree char *top = NULL;

    box_open(&box);
    create(&box, "One.\r\nTwo.\r\n", 3);
    log_on(&box);
    top = ask(&box, "TOP 1 0", "\r\n.\r\n");
    g_assert_nonnull(strstr(top, "Subject: From the desk\r\n"));
    g_assert_null(strstr(top, "One."));
    box_close(&box);
}

/* It goes while the session lasts, and can be deleted by it as any other. */
static void
test_gone(void)
{
    Box box;
    guint32 mid;
    g_auto(TwMessagesDeleteArgs) gone = { 0 };

    box_open(&box);
    mid = create(&box, "Short of time.\r\n", 3);
    create(&box, "Here to stay.\r\n", 3);
    log_on(&box);
    gone.store = box.anna.store;
    gone.folder = box.anna.inbox;
    gone.messages = (TwNumbers){ &mid, 1 };
    assert_done(tw_session_messages_delete(box.session, &gone, error));
    expect(&box, "RETR 1", "-ERR No such message\r\n");
    expect(&box, "DELE 2", "+OK Deleted when you quit\r\n");
    g_free(ask(&box, "QUIT", "\r\n"));
    close(box.fd);
    log_on(&box);
    expect(&box, "STAT", "+OK 0 0\r\n");
    box_close(&box);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pop3/made/retrieve", test_retrieve);
    g_test_add_func("/pop3/made/top", test_top);
    g_test_add_func("/pop3/made/gone", test_gone);
    return g_test_run();
}
