/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/conn.h"

#include "net-test.h"

/* A protocol of lines that shows every service of a connection:
 *   "n bytes"    the next n bytes are sent back in brackets     "some n"   the next n bytes are counted as they come
 *   "skip n"     the next n bytes are thrown away               "big n"    an answer of n bytes
 *   "close"      answers and closes                             "abort"    closes hard
 *   "park"       waits for a wake-up                            anything   is sent back */
typedef struct {
    TestGate opened, closed, parked, eof, timed_out, working, may_work;
    TwCloseReason reason;
    TwConnTimeout timeout;
    TwConn *conn; /* a reference to the last one */
    GMutex lock;
    guint idle_ms, progress_ms;
    gboolean second_chance;
} Door;

typedef struct {
    Door *door;
    guint64 left; /* of big or some */
    guint64 taken;
    enum {
        DOOR_LINES,
        DOOR_BYTES,
        DOOR_SOME,
        DOOR_SKIP
    } mode;
} DoorConn;

static void
door_accepted(TwConn *conn, gpointer data)
{
    Door *door = data;
    DoorConn *state = g_new0(DoorConn, 1);
    TwConnTimeouts timeouts = { .idle_ms = door->idle_ms, .progress_ms = door->progress_ms };

    state->door = door;
    tw_conn_set_data(conn, state);
    tw_conn_set_timeouts(conn, &timeouts);
    g_mutex_lock(&door->lock);
    g_clear_pointer(&door->conn, tw_conn_unref);
    door->conn = tw_conn_ref(conn);
    g_mutex_unlock(&door->lock);
    tw_conn_want_line(conn, 64);
    tw_conn_write_str(conn, "hello\n");
    test_gate_open(&door->opened);
}

static gboolean
door_produce(TwConn *conn, gpointer data)
{
    DoorConn *state = data;
    g_autofree char *piece = g_malloc(TW_CONN_PIECE);
    gsize n = (gsize) MIN(state->left, TW_CONN_PIECE);

    memset(piece, 'x', n);
    tw_conn_write(conn, piece, n);
    state->left -= n;
    if (state->left == 0)
        tw_conn_write_str(conn, "\n");
    return state->left > 0;
}

static void
door_line(TwConn *conn, DoorConn *state, const char *line)
{
    guint64 n = 0;
    const char *space = strchr(line, ' ');

    if (space != NULL)
        n = g_ascii_strtoull(space + 1, NULL, 10);
    if (g_str_has_prefix(line, "bytes ")) {
        state->mode = DOOR_BYTES;
        tw_conn_want_bytes(conn, (gsize) n);
    } else if (g_str_has_prefix(line, "some ")) {
        state->mode = DOOR_SOME;
        state->left = n;
        state->taken = 0;
        tw_conn_want_some(conn, n);
    } else if (g_str_has_prefix(line, "skip ")) {
        state->mode = DOOR_SKIP;
        tw_conn_want_skip(conn, n);
    } else if (g_str_has_prefix(line, "big ")) {
        state->left = n;
        tw_conn_produce(conn, door_produce, state, NULL);
    } else if (g_str_equal(line, "close")) {
        tw_conn_write_str(conn, "bye\n");
        tw_conn_close(conn);
    } else if (g_str_equal(line, "abort")) {
        tw_conn_abort(conn);
    } else if (g_str_equal(line, "park")) {
        tw_conn_park(conn, (guint) n);
        test_gate_open(&state->door->parked);
    } else if (g_str_equal(line, "work")) {
        test_gate_open(&state->door->working);
        test_gate_wait(&state->door->may_work, 1);
        tw_conn_write_str(conn, "worked\n");
    } else {
        tw_conn_printf(conn, "%s\n", line);
    }
}

static void
door_ready(TwConn *conn, TwCursor input)
{
    DoorConn *state = tw_conn_get_data(conn);
    g_autofree char *text = g_strndup((const char *) input.next, input.left);

    switch (state->mode) {
    case DOOR_LINES:
        g_assert_cmpuint(input.left, >, 0);
        g_assert_cmpint(text[input.left - 1], ==, '\n');
        door_line(conn, state, g_strchomp(text));
        return;
    case DOOR_BYTES:
        tw_conn_printf(conn, "[%s]\n", text);
        break;
    case DOOR_SOME:
        g_assert_cmpuint(input.left, >=, 1);
        g_assert_cmpuint(input.left, <=, state->left);
        state->left -= input.left;
        state->taken += input.left;
        if (state->left > 0) {
            tw_conn_want_some(conn, state->left);
            return;
        }
        tw_conn_printf(conn, "%" G_GUINT64_FORMAT "\n", state->taken);
        break;
    case DOOR_SKIP:
        g_assert_cmpuint(input.left, ==, 0);
        tw_conn_write_str(conn, "skipped\n");
        break;
    }
    state->mode = DOOR_LINES;
    tw_conn_want_line(conn, 64);
}

static void
door_too_long(TwConn *conn, TwCursor input)
{
    DoorConn *state = tw_conn_get_data(conn);

    g_assert_cmpuint(input.left, ==, 64);
    tw_conn_write_str(conn, "too long\n");
    if (input.next[0] == 's') {
        state->mode = DOOR_SKIP;
        tw_conn_want_skip_line(conn);
    } else {
        tw_conn_close(conn);
    }
}

static void
door_eof(TwConn *conn, TwCursor rest)
{
    DoorConn *state = tw_conn_get_data(conn);

    tw_conn_printf(conn, "end %.*s\n", (int) rest.left, (const char *) rest.next);
    test_gate_open(&state->door->eof);
}

static void
door_woken(TwConn *conn)
{
    tw_conn_write_str(conn, "woken\n");
    tw_conn_want_line(conn, 64);
}

static void
door_timeout(TwConn *conn, TwConnTimeout which)
{
    Door *door = ((DoorConn *) tw_conn_get_data(conn))->door;

    door->timeout = which;
    tw_conn_write_str(conn, "timeout\n");
    if (door->second_chance) {
        door->second_chance = FALSE;
        tw_conn_want_line(conn, 64);
    }
    test_gate_open(&door->timed_out);
}

static void
door_stopping(TwConn *conn)
{
    tw_conn_write_str(conn, "stopping\n");
}

static void
door_closed(TwConn *conn, TwCloseReason reason)
{
    DoorConn *state = tw_conn_get_data(conn);
    Door *door = state->door;

    g_free(state);
    door->reason = reason;
    test_gate_open(&door->closed);
}

static const TwProtocol door_protocol = {
    .name = "test",
    .accepted = door_accepted,
    .ready = door_ready,
    .too_long = door_too_long,
    .eof = door_eof,
    .woken = door_woken,
    .timeout = door_timeout,
    .stopping = door_stopping,
    .closed = door_closed,
};

static TestServer
door_open(Door *door)
{
    TwListenOptions options = { .protocol = &door_protocol, .data = door };

    return test_server_new(&options, NULL);
}

static void
door_shut(Door *door, TestServer *server)
{
    test_server_free(server);
    g_assert_cmpint(test_gate_count(&door->opened), ==, test_gate_count(&door->closed));
    g_clear_pointer(&door->conn, tw_conn_unref);
}

static void
expect_closed(Door *door, TwCloseReason reason)
{
    test_gate_wait(&door->closed, 1);
    g_assert_cmpint(door->reason, ==, reason);
}

/* What is sent, and what comes back before the server closes; the client shuts its side after sending if the server does
 * not close by itself. */
typedef struct {
    const char *name, *input, *output;
} Dialogue;

#define FORTY "0123456789012345678901234567890123456789"

static const Dialogue dialogues[] = {
    { "line", "one\r\nclose\r\n", "hello\none\nbye\n" },
    { "pipelined", "1\n2\n3\n4\n5\nclose\n6\n", "hello\n1\n2\n3\n4\n5\nbye\n" },
    { "empty line", "\nclose\n", "hello\n\nbye\n" },
    { "longest line", FORTY "01234567890123456789012\nclose\n",
      "hello\n" FORTY "01234567890123456789012\nbye\n" },
    { "line one too long", FORTY "012345678901234567890123\nclose\n", "hello\ntoo long\n" },
    { "skip a long line", "s" FORTY FORTY FORTY "\nclose\n", "hello\ntoo long\nskipped\nbye\n" },
    { "bytes", "bytes 5\nab\ncdclose\n", "hello\n[ab\ncd]\nbye\n" },
    { "no bytes", "bytes 0\nclose\n", "hello\n[]\nbye\n" },
    { "some", "some 7\n1234567close\n", "hello\n7\nbye\n" },
    { "skip", "skip 6\nclose\nclose\n", "hello\nskipped\nbye\n" },
    { "skip nothing", "skip 0\nclose\n", "hello\nskipped\nbye\n" },
    { "big", "big 3\nclose\n", "hello\nxxx\nbye\n" },
    { "end in a line", "one\ntwo", "hello\none\nend two\n" },
    { "end at once", "", "hello\nend \n" },
    { "end in bytes", "bytes 5\nabc", "hello\nend abc\n" },
};

static void
run_dialogue(TestServer *server, const Dialogue *d, gsize cut)
{
    int fd = test_connect(server);
    gsize len = strlen(d->input);

    test_send_bytes(fd, d->input, MIN(cut, len));
    if (cut < len) {
        /* the greeting shows that the server has read, and perhaps parked; the rest comes as a separate piece */
        test_expect_bytes(fd, d->output, 6);
        test_send_bytes(fd, d->input + cut, len - cut);
        test_expect(fd, d->output + 6);
    }
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
    if (cut >= len)
        test_expect(fd, d->output);
    test_expect_end(fd);
    (void) close(fd);
}

static void
test_dialogues(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);

    for (gsize i = 0; i < G_N_ELEMENTS(dialogues); i++) {
        const Dialogue *d = &dialogues[i];

        g_test_message("%s", d->name);
        run_dialogue(&server, d, G_MAXSIZE);
        for (gsize cut = 0; strstr(d->output, "end ") == NULL && cut < strlen(d->input); cut++)
            run_dialogue(&server, d, cut);
    }
    door_shut(&door, &server);
}

static void
test_abort(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);

    test_send(fd, "one\nabort\ntwo\n");
    test_gate_wait(&door.closed, 1);
    expect_closed(&door, TW_CLOSE_ABORTED);
    (void) close(fd);
    door_shut(&door, &server);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/conn/dialogues", test_dialogues);
    g_test_add_func("/net/conn/abort", test_abort);
    return g_test_run();
}
