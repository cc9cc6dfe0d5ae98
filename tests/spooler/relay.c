/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/relay.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const good[RELAY_STEPS] = {
    [RELAY_GREETING] = "220 relay.test ESMTP\r\n",
    [RELAY_EHLO] = "250-relay.test\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250-8BITMIME\r\n"
                   "250-SMTPUTF8\r\n250-DSN\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n",
    [RELAY_HELO] = "250 relay.test\r\n",
    [RELAY_AUTH] = "235 2.7.0 Welcome\r\n",
    [RELAY_SECRET] = "235 2.7.0 Welcome\r\n",
    [RELAY_MAIL] = "250 2.1.0 Ok\r\n",
    [RELAY_RCPT] = "250 2.1.5 Ok\r\n",
    [RELAY_DATA] = "354 Go on\r\n",
    [RELAY_DOT] = "250 2.0.0 Queued\r\n",
    [RELAY_RSET] = "250 2.0.0 Ok\r\n",
};

typedef struct {
    Relay *relay;
    int fd;
    gboolean open;
    guint counts[RELAY_STEPS];
    GString *in;
} Caller;

static gboolean
wait_input(Relay *relay, int fd)
{
    while (!g_atomic_int_get(&relay->stopping)) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, 20) > 0)
            return TRUE;
    }
    return FALSE;
}

static void
say(Caller *caller, RelayStep step, const char *line)
{
    Relay *relay = caller->relay;
    guint number = caller->counts[step]++;
    const char *text =
        relay->answer != NULL ? relay->answer(step, number, line, relay->data) : NULL;
    gboolean hang_up;
    gsize len;

    if (text == NULL)
        text = good[step];
    hang_up = *text == '!';
    text += hang_up;
    len = strlen(text);
    if (relay->most_bytes >= 0 && len >= (gsize) relay->most_bytes) {
        len = (gsize) relay->most_bytes;
        hang_up = TRUE;
    }
    if (relay->most_bytes >= 0)
        relay->most_bytes -= (gssize) len;
    if (len > 0 && send(caller->fd, text, len, MSG_NOSIGNAL) < 0)
        hang_up = TRUE;
    caller->open = caller->open && !hang_up;
}

/* One line with its LF. */
static char *
read_line(Caller *caller)
{
    char *lf, *line;

    while ((lf = memchr(caller->in->str, '\n', caller->in->len)) == NULL) {
        char room[65536];
        gssize got;
        if (!wait_input(caller->relay, caller->fd))
            return NULL;
        got = recv(caller->fd, room, sizeof room, 0);
        if (got <= 0)
            return NULL;
        g_string_append_len(caller->in, room, got);
    }
    line = g_strndup(caller->in->str, (gsize) (lf - caller->in->str) + 1);
    g_string_erase(caller->in, 0, lf - caller->in->str + 1);
    return line;
}

static void
take_mail(Caller *caller)
{
    Relay *relay = caller->relay;
    GString *mail = g_string_new(NULL);

    for (;;) {
        g_autofree char *line = read_line(caller);
        if (line == NULL) {
            g_string_free(mail, TRUE);
            caller->open = FALSE;
            return;
        }
        if (g_str_equal(line, ".\r\n"))
            break;
        g_string_append(mail, line);
    }
    g_mutex_lock(&relay->lock);
    g_ptr_array_add(relay->mails, mail);
    relay->dots++;
    g_cond_broadcast(&relay->changed);
    g_mutex_unlock(&relay->lock);
    say(caller, RELAY_DOT, "");
}

static void
serve(Relay *relay, int fd)
{
    static const struct {
        const char *verb;
        RelayStep step;
    } verbs[] = {
        { "EHLO", RELAY_EHLO }, { "HELO", RELAY_HELO }, { "AUTH", RELAY_AUTH },
        { "MAIL", RELAY_MAIL }, { "RCPT", RELAY_RCPT }, { "DATA", RELAY_DATA },
        { "RSET", RELAY_RSET },
    };
    Caller caller = { .relay = relay, .fd = fd, .open = TRUE, .in = g_string_new(NULL) };

    say(&caller, RELAY_GREETING, "");
    while (caller.open) {
        g_autofree char *line = read_line(&caller);
        RelayStep step = RELAY_SECRET;
        if (line == NULL || g_str_has_prefix(line, "QUIT"))
            break;
        g_mutex_lock(&relay->lock);
        g_ptr_array_add(relay->lines, g_strdup(line));
        g_mutex_unlock(&relay->lock);
        for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
            if (g_ascii_strncasecmp(line, verbs[i].verb, 4) == 0)
                step = verbs[i].step;
        }
        say(&caller, step, line);
        if (step == RELAY_DATA && caller.open) {
            const char *text = relay->answer != NULL
                                   ? relay->answer(step, caller.counts[step] - 1, line, relay->data)
                                   : NULL;
            if (text == NULL)
                take_mail(&caller);
        }
    }
    g_string_free(caller.in, TRUE);
}

static gpointer
run(gpointer data)
{
    Relay *relay = data;

    while (wait_input(relay, relay->listener)) {
        int fd = accept(relay->listener, NULL, NULL);
        if (fd < 0)
            continue;
        serve(relay, fd);
        close(fd);
    }
    return NULL;
}

static void
free_mail(gpointer mail)
{
    g_string_free(mail, TRUE);
}

void
relay_start(Relay *relay, RelayAnswer answer, gconstpointer data)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    *relay = (Relay){ .answer = answer, .data = data, .most_bytes = -1 };
    relay->lines = g_ptr_array_new_with_free_func(g_free);
    relay->mails = g_ptr_array_new_with_free_func(free_mail);
    relay->folder = g_dir_make_tmp("twiga-relay-XXXXXX", NULL);
    relay->path = g_build_filename(relay->folder, "s", NULL);
    g_strlcpy(address.sun_path, relay->path, sizeof address.sun_path);
    g_mutex_init(&relay->lock);
    g_cond_init(&relay->changed);
    relay->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(relay->listener, (struct sockaddr *) &address, sizeof address), ==, 0);
    g_assert_cmpint(listen(relay->listener, 16), ==, 0);
    relay->thread = g_thread_new("relay", run, relay);
}

void
relay_stop(Relay *relay)
{
    g_atomic_int_set(&relay->stopping, 1);
    g_clear_pointer(&relay->thread, g_thread_join);
}

void
relay_clear(Relay *relay)
{
    if (relay->thread != NULL)
        relay_stop(relay);
    close(relay->listener);
    (void) g_unlink(relay->path);
    (void) g_rmdir(relay->folder);
    g_ptr_array_unref(relay->lines);
    g_ptr_array_unref(relay->mails);
    g_free(relay->folder);
    g_free(relay->path);
    g_mutex_clear(&relay->lock);
    g_cond_clear(&relay->changed);
}

void
relay_wait_mails(Relay *relay, guint count)
{
    gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    g_mutex_lock(&relay->lock);
    while (relay->dots < count) {
        if (!g_cond_wait_until(&relay->changed, &relay->lock, until))
            g_error("the relay waited in vain for %u mails", count);
    }
    g_mutex_unlock(&relay->lock);
}
