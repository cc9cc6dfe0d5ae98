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
    gint reason;  /* TwCloseReason, atomic */
    gint timeout; /* TwConnTimeout, atomic */
    GMutex lock;  /* guards conn */
    TwConn *conn; /* a reference to the last one */
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
    } else if (g_str_has_prefix(line, "park")) {
        tw_conn_park(conn, (guint) n);
        test_gate_open(&state->door->parked);
    } else if (g_str_equal(line, "work") || g_str_equal(line, "wait")) {
        if (line[1] == 'a')
            tw_conn_will_wait(conn);
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

    g_atomic_int_set(&door->timeout, (gint) which);
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
    g_atomic_int_set(&door->reason, (gint) reason);
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

static TwConn *
door_last_conn(Door *door)
{
    TwConn *conn;

    test_gate_wait(&door->opened, 1);
    g_mutex_lock(&door->lock);
    conn = tw_conn_ref(door->conn);
    g_mutex_unlock(&door->lock);
    return conn;
}

static void
expect_closed(Door *door, TwCloseReason reason)
{
    test_gate_wait(&door->closed, 1);
    g_assert_cmpint(g_atomic_int_get(&door->reason), ==, (gint) reason);
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

/* The client sends and then only waits; the server notices by itself. */
typedef struct {
    const char *name, *input;
    guint idle_ms, progress_ms;
    TwConnTimeout timeout;
    gboolean second_chance;
    const char *output;
} TimeoutCase;

static const TimeoutCase timeout_cases[] = {
    { "idle", "", 50, 60000, TW_TIMEOUT_IDLE, FALSE, "hello\ntimeout\n" },
    { "idle after a line", "one\n", 50, 60000, TW_TIMEOUT_IDLE, FALSE, "hello\none\ntimeout\n" },
    { "idle twice", "", 50, 60000, TW_TIMEOUT_IDLE, TRUE, "hello\ntimeout\ntimeout\n" },
    { "half a line", "one\ntw", 60000, 50, TW_TIMEOUT_SLOW_INPUT, TRUE, "hello\none\ntimeout\n" },
    { "bytes that never come", "bytes 5\n", 60000, 50, TW_TIMEOUT_SLOW_INPUT, FALSE,
      "hello\ntimeout\n" },
    { "skip that never ends", "skip 5\nabc", 60000, 50, TW_TIMEOUT_SLOW_INPUT, FALSE,
      "hello\ntimeout\n" },
    { "parked", "park 50\n", 60000, 60000, TW_TIMEOUT_PARK, FALSE, "hello\ntimeout\n" },
    { "parked twice", "park 50\nclose\n", 60000, 60000, TW_TIMEOUT_PARK, TRUE,
      "hello\ntimeout\nbye\n" },
};

static void
test_timeouts(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(timeout_cases); i++) {
        const TimeoutCase *tc = &timeout_cases[i];
        Door door = { .idle_ms = tc->idle_ms,
                      .progress_ms = tc->progress_ms,
                      .second_chance = tc->second_chance };
        TestServer server = door_open(&door);
        int fd = test_connect(&server);

        g_test_message("%s", tc->name);
        test_send(fd, tc->input);
        test_expect(fd, tc->output);
        test_expect_end(fd);
        (void) close(fd);
        test_gate_wait(&door.closed, 1);
        g_assert_cmpint(g_atomic_int_get(&door.timeout), ==, (gint) tc->timeout);
        door_shut(&door, &server);
    }
}

/* One byte now and then must not keep a connection for ever: the bytes of a window are counted, not their times. */
static void
test_slow_sender(void)
{
    Door door = { .idle_ms = 60000, .progress_ms = 100 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);
    guint8 byte;

    test_expect(fd, "hello\n");
    test_send(fd, "bytes 1000000\n");
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (send(fd, "x", 1, MSG_NOSIGNAL) != 1 || poll(&p, 1, 5) != 0)
            break;
    }
    g_assert_cmpuint(test_read(fd, &byte, 1), ==, 1);
    test_gate_wait(&door.closed, 1);
    g_assert_cmpint(g_atomic_int_get(&door.timeout), ==, (gint) TW_TIMEOUT_SLOW_INPUT);
    expect_closed(&door, TW_CLOSE_TIMEOUT);
    (void) close(fd);
    door_shut(&door, &server);
}

/* A client that reads nothing holds no worker (the same two serve another one), little memory, and not for ever. */
static void
test_never_reading_client(void)
{
    Door door = { .idle_ms = 60000, .progress_ms = 2000 };
    TestServer server = door_open(&door);
    int greedy[3], other = test_connect(&server);

    for (gsize i = 0; i < G_N_ELEMENTS(greedy); i++) {
        greedy[i] = test_connect(&server);
        test_send(greedy[i], "big 1000000000\nanother\n");
    }
    for (int i = 0; i < 100; i++)
        test_send(other, "line\n");
    test_expect(other, "hello\n");
    for (int i = 0; i < 100; i++)
        test_expect(other, "line\n");
    test_gate_wait(&door.timed_out, G_N_ELEMENTS(greedy));
    g_assert_cmpint(g_atomic_int_get(&door.timeout), ==, (gint) TW_TIMEOUT_SLOW_OUTPUT);
    test_gate_wait(&door.closed, G_N_ELEMENTS(greedy));
    for (gsize i = 0; i < G_N_ELEMENTS(greedy); i++)
        (void) close(greedy[i]);
    test_send(other, "close\n");
    test_expect(other, "bye\n");
    test_expect_end(other);
    (void) close(other);
    door_shut(&door, &server);
}

/* A slow client that does read is not cut: the system's buffer holds much, and reports room only when a third of it is
 * free, which may take longer than a window. */
static void
test_slow_reader(void)
{
    Door door = { .progress_ms = 500 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);
    gsize have = 0;
    char data[4096];

    test_send(fd, "big 4000000\n");
    test_expect(fd, "hello\n");
    while (have < 4000000) {
        gsize got = test_read(fd, data, MIN(sizeof data, 4000000 - have));

        if (got == 0)
            g_error("cut after %" G_GSIZE_FORMAT " bytes", have);
        have += got;
        if (have < 3500000)
            (void) poll(NULL, 0, 3); /* what makes it slow; nothing is decided by it */
    }
    test_send(fd, "close\n");
    test_expect(fd, "\nbye\n");
    g_assert_cmpint(test_gate_count(&door.timed_out), ==, 0);
    (void) close(fd);
    door_shut(&door, &server);
}

static void
test_big_answer(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);
    static char data[100000];
    gsize have = 0;

    /* pipelined behind it: served when the answer has been taken */
    test_send(fd, "big 20000000\nnext\nclose\n");
    test_expect(fd, "hello\n");
    while (have < 20000000) {
        gsize got = test_read(fd, data, MIN(sizeof data, 20000000 - have));
        g_assert_cmpuint(got, >, 0);
        for (gsize i = 0; i < got; i++)
            g_assert_true(data[i] == 'x');
        have += got;
    }
    test_expect(fd, "\nnext\nbye\n");
    test_expect_end(fd);
    (void) close(fd);
    door_shut(&door, &server);
}

static void
test_large_body(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);
    g_autofree char *body = g_malloc0(5000000);

    test_send(fd, "some 5000000\n");
    test_send_bytes(fd, body, 5000000);
    test_send(fd, "skip 5000000\n");
    test_send_bytes(fd, body, 5000000);
    memset(body, 'y', 300000);
    test_send(fd, "bytes 300000\n");
    test_send_bytes(fd, body, 300000);
    test_expect(fd, "hello\n5000000\nskipped\n[");
    test_expect_bytes(fd, body, 300000);
    test_send(fd, "close\n");
    test_expect(fd, "]\nbye\n");
    test_expect_end(fd);
    (void) close(fd);
    door_shut(&door, &server);
}

static void
test_park_and_wake(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);
    g_autoptr(TwConn) conn = door_last_conn(&door);

    test_expect(fd, "hello\n");
    tw_conn_wake(conn); /* while it waits for a line */
    test_expect(fd, "woken\n");
    test_send(fd, "park\nunread\n");
    test_gate_wait(&door.parked, 1);
    tw_conn_wake(conn);
    test_expect(fd, "woken\nunread\n");
    test_send(fd, "close\n");
    test_expect(fd, "bye\n");
    test_expect_end(fd);
    (void) close(fd);
    test_gate_wait(&door.closed, 1);
    tw_conn_wake(conn); /* closed by now: nothing happens */
    door_shut(&door, &server);
}

static void
test_parked_peer_goes(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);
    struct linger reset = { .l_onoff = 1 };

    test_send(fd, "park\n");
    test_gate_wait(&door.parked, 1);
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
    test_gate_wait(&door.eof, 1);
    test_expect(fd, "hello\nend \n"); /* the door stays parked */
    g_assert_cmpint(test_gate_count(&door.closed), ==, 0);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), ==, 0);
    (void) close(fd);
    test_gate_wait(&door.closed, 1);
    g_assert_cmpint(g_atomic_int_get(&door.reason), ==, (gint) TW_CLOSE_PEER);
    door_shut(&door, &server);
}

/* --- many at once ----------------------------------------------------------------------------------------------- */

typedef struct {
    gint woken; /* atomic */
} Counter;

static void
counting_accepted(TwConn *conn, gpointer data)
{
    tw_conn_set_data(conn, data);
    tw_conn_write(conn, "+", 1);
}

static void
counting_woken(TwConn *conn)
{
    Counter *counter = tw_conn_get_data(conn);

    g_atomic_int_inc(&counter->woken);
    tw_conn_write(conn, "!", 1);
}

static void
counting_ready(TwConn *conn, TwCursor input)
{
    tw_conn_write(conn, input.next, input.left);
}

enum {
    FLOOD_CONNS = 50,
    FLOOD_ROUNDS = 200
};

typedef struct {
    GMutex lock;
    GPtrArray *conns; /* references */
    gint stop;        /* atomic */
    Counter counter;
} Flood;

static void
flood_accepted(TwConn *conn, gpointer data)
{
    Flood *flood = data;

    g_mutex_lock(&flood->lock);
    g_ptr_array_add(flood->conns, tw_conn_ref(conn));
    g_mutex_unlock(&flood->lock);
    counting_accepted(conn, &flood->counter);
}

static const TwProtocol flood_protocol = {
    .name = "flood",
    .accepted = flood_accepted,
    .ready = counting_ready,
    .woken = counting_woken,
};

/* Wakes connections at random while they talk, close and are replaced by others in the same slots. */
static gpointer
waker_main(gpointer data)
{
    Flood *flood = data;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    while (!g_atomic_int_get(&flood->stop)) {
        TwConn *conn = NULL;

        g_mutex_lock(&flood->lock);
        if (flood->conns->len > 0)
            conn = tw_conn_ref(g_ptr_array_index(
                flood->conns, g_rand_int_range(rand, 0, (gint32) flood->conns->len)));
        g_mutex_unlock(&flood->lock);
        if (conn != NULL)
            tw_conn_wake(conn);
        tw_conn_unref(conn);
    }
    return NULL;
}

/* Reads until the text has come, with "!" anywhere in it passed over. */
static void
expect_between_wakes(int fd, const char *text)
{
    while (*text != '\0') {
        char c = '\0';
        g_assert_cmpuint(test_read(fd, &c, 1), ==, 1);
        if (c == '!')
            continue;
        g_assert_cmpint(c, ==, *text);
        text++;
    }
}

static void
test_wakes_under_load(void)
{
    Flood flood = { .conns = g_ptr_array_new_with_free_func((GDestroyNotify) tw_conn_unref) };
    TwListenOptions options = { .protocol = &flood_protocol, .data = &flood };
    TestServer server = test_server_new(&options, NULL);
    GThread *wakers[2];
    int fds[FLOOD_CONNS];

    for (gsize i = 0; i < G_N_ELEMENTS(wakers); i++)
        wakers[i] = g_thread_new("waker", waker_main, &flood);
    for (int i = 0; i < FLOOD_CONNS; i++)
        fds[i] = test_connect(&server);
    for (int round = 0; round < FLOOD_ROUNDS; round++) {
        int i = round % FLOOD_CONNS;

        test_send(fds[i], "ping\n");
        expect_between_wakes(fds[i], round < FLOOD_CONNS ? "+ping\n" : "ping\n");
        if (round % 7 == 0 && round >= FLOOD_CONNS) {
            (void) close(fds[i]);
            fds[i] = test_connect(&server);
            expect_between_wakes(fds[i], "+");
        }
    }
    g_atomic_int_set(&flood.stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(wakers); i++)
        g_thread_join(wakers[i]);
    for (int i = 0; i < FLOOD_CONNS; i++)
        (void) close(fds[i]);
    test_server_free(&server);
    g_ptr_array_unref(flood.conns);
}

/* Every connection that is woken once says so once: no wake-up is lost, none is invented. */
static void
test_fan_out(void)
{
    Flood flood = { .conns = g_ptr_array_new_with_free_func((GDestroyNotify) tw_conn_unref) };
    TwListenOptions options = { .protocol = &flood_protocol, .data = &flood };
    TestServer server = test_server_new(&options, NULL);
    enum {
        N = 400
    };
    int fds[N];

    for (int i = 0; i < N; i++) {
        fds[i] = test_connect(&server);
        test_expect(fds[i], "+");
    }
    g_mutex_lock(&flood.lock);
    g_assert_cmpuint(flood.conns->len, ==, N);
    for (int i = 0; i < N; i++)
        tw_conn_wake(g_ptr_array_index(flood.conns, i));
    g_mutex_unlock(&flood.lock);
    for (int i = 0; i < N; i++)
        test_expect(fds[i], "!");
    g_assert_cmpint(g_atomic_int_get(&flood.counter.woken), ==, N);
    for (int i = 0; i < N; i++)
        (void) close(fds[i]);
    test_server_free(&server);
    g_ptr_array_unref(flood.conns);
}

/* --- workers and stopping --------------------------------------------------------------------------------------- */

static void
test_pool_grows_and_shrinks(void)
{
    Door door = { 0 };
    TwListenOptions options = { .protocol = &door_protocol, .data = &door };
    TwLoopOptions loop_options = { .min_workers = 1, .max_workers = 20, .idle_worker_ms = 50 };
    TestServer server = test_server_new(&options, &loop_options);
    TwLoopStats stats;
    int fds[12];

    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = test_connect(&server);
        test_send(fds[i], "work\nclose\n");
    }
    /* all of them wait in door code at once, so each has a thread */
    test_gate_wait(&door.working, G_N_ELEMENTS(fds));
    tw_loop_get_stats(server.loop, &stats);
    g_assert_cmpuint(stats.workers, >=, G_N_ELEMENTS(fds));
    g_assert_cmpuint(stats.workers, <=, 20);
    test_gate_open(&door.may_work);
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        test_expect(fds[i], "hello\nworked\nbye\n");
        (void) close(fds[i]);
    }
    do {
        g_thread_yield();
        tw_loop_get_stats(server.loop, &stats);
    } while (stats.workers > 1);
    door_shut(&door, &server);
}

/* All of them are there before a worker looks, first in the queue, then as events of one batch; the first is slow, and no
 * worker is to be had but the second. */
static void
test_nothing_behind_a_slow_one(gconstpointer data)
{
    const char *slow = data;
    g_autoptr(GError) error = NULL;
    Door door = { 0 };
    TwLoopOptions loop_options = { .min_workers = 2, .max_workers = 2 };
    TestServer server = { .loop = tw_loop_new(&loop_options, &error) };
    int fds[40];

    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        int pair[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
        fds[i] = pair[0];
        test_send(fds[i], i == 0 ? slow : "one\n");
        g_assert_true(tw_conn_add(server.loop, pair[1], &door_protocol, &door, &error));
    }
    g_assert_true(tw_loop_start(server.loop, &error));
    test_gate_wait(&door.working, 1);
    for (gsize i = 1; i < G_N_ELEMENTS(fds); i++)
        test_expect(fds[i], "hello\none\n");
    /* the second worker alone, again and again */
    for (guint round = 0; round < 20; round++) {
        for (gsize i = 1; i < G_N_ELEMENTS(fds); i++)
            test_send(fds[i], "two\n");
        for (gsize i = 1; i < G_N_ELEMENTS(fds); i++)
            test_expect(fds[i], "two\n");
    }
    test_gate_open(&door.may_work);
    test_expect(fds[0], "hello\nworked\n");
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
        (void) close(fds[i]);
    door_shut(&door, &server);
}

static gpointer
stop_main(gpointer data)
{
    return GINT_TO_POINTER(tw_loop_stop(data, TEST_WAIT_MS));
}

static void
test_graceful_stop(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    int idle = test_connect(&server), busy = test_connect(&server);
    GThread *stopper;

    test_expect(idle, "hello\n");
    test_send(busy, "work\nafter\n");
    test_gate_wait(&door.working, 1);
    stopper = g_thread_new("stop", stop_main, server.loop);
    test_expect(idle, "stopping\n"); /* at once */
    test_expect_end(idle);
    (void) close(idle);
    test_expect(busy, "hello\n");
    test_gate_open(&door.may_work); /* and this one when its command is done */
    test_expect(busy, "worked\nstopping\n");
    test_expect_end(busy);
    (void) close(busy);
    g_assert_true(GPOINTER_TO_INT(g_thread_join(stopper)));
    g_assert_cmpint(g_atomic_int_get(&door.reason), ==, (gint) TW_CLOSE_STOPPED);
    door_shut(&door, &server);
}

/* One that never takes its answer is cut when the grace time is over. */
static void
test_hard_stop(void)
{
    Door door = { .progress_ms = 60000 };
    TestServer server = door_open(&door);
    int fd = test_connect(&server);

    test_send(fd, "big 1000000000\n");
    test_expect(fd, "hello\nxxx");
    g_assert_true(tw_loop_stop(server.loop, 50));
    g_assert_cmpint(g_atomic_int_get(&door.reason), ==, (gint) TW_CLOSE_STOPPED);
    (void) close(fd);
    door_shut(&door, &server);
}

static void
test_added_socket(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwConn) conn = NULL;
    TwPeerCredentials cred;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_true(tw_conn_add(server.loop, pair[0], &door_protocol, &door, &error));
    test_expect(pair[1], "hello\n");
    conn = door_last_conn(&door);
    g_assert_true(tw_conn_get_peer_credentials(conn, &cred, &error));
    g_assert_cmpuint(cred.pid, ==, (guint32) getpid());
    g_assert_cmpuint(cred.uid, ==, getuid());
    test_send(pair[1], "close\n");
    test_expect(pair[1], "bye\n");
    (void) close(pair[1]);
    test_gate_wait(&door.closed, 1);
    g_assert_false(tw_conn_add(server.loop, -1, &door_protocol, &door, &error));
    g_assert_nonnull(error);
    door_shut(&door, &server);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/conn/dialogues", test_dialogues);
    g_test_add_func("/net/conn/abort", test_abort);
    g_test_add_func("/net/conn/timeouts", test_timeouts);
    g_test_add_func("/net/conn/slow-sender", test_slow_sender);
    g_test_add_func("/net/conn/never-reading-client", test_never_reading_client);
    g_test_add_func("/net/conn/slow-reader", test_slow_reader);
    g_test_add_func("/net/conn/big-answer", test_big_answer);
    g_test_add_func("/net/conn/large-body", test_large_body);
    g_test_add_func("/net/conn/park-and-wake", test_park_and_wake);
    g_test_add_func("/net/conn/parked-peer-goes", test_parked_peer_goes);
    g_test_add_func("/net/conn/wakes-under-load", test_wakes_under_load);
    g_test_add_func("/net/conn/fan-out", test_fan_out);
    g_test_add_data_func("/net/conn/nothing-behind-a-slow-one", "work\n",
                         test_nothing_behind_a_slow_one);
    g_test_add_data_func("/net/conn/nothing-behind-one-that-says-so", "wait\n",
                         test_nothing_behind_a_slow_one);
    g_test_add_func("/net/conn/pool-grows-and-shrinks", test_pool_grows_and_shrinks);
    g_test_add_func("/net/conn/graceful-stop", test_graceful_stop);
    g_test_add_func("/net/conn/hard-stop", test_hard_stop);
    g_test_add_func("/net/conn/added-socket", test_added_socket);
    return g_test_run();
}
