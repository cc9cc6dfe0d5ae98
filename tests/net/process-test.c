/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* Each case runs in a child: it changes what belongs to the whole process. 0 is success. */
static void
run_in_child(int (*func)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(func());
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            g_printerr("# line %d: %s\n", __LINE__, #condition);                                   \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

static int
child_signals(void)
{
    g_autoptr(TwSignals) signals = tw_signals_new(NULL);

    CHECK(signals != NULL);
    CHECK(tw_signals_wait(signals, 0) == TW_SIGNAL_NONE);
    kill(getpid(), SIGPIPE);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGHUP);
    CHECK(tw_signals_wait(signals, -1) == TW_SIGNAL_RELOAD);
    kill(getpid(), SIGUSR2);
    CHECK(tw_signals_wait(signals, 1000) == TW_SIGNAL_QUEUE);
    kill(getpid(), SIGTERM);
    CHECK(tw_signals_wait(signals, 1000) == TW_SIGNAL_STOP);
    kill(getpid(), SIGTERM); /* the second one is as safe as the first */
    kill(getpid(), SIGINT);
    CHECK(tw_signals_wait(signals, 1000) == TW_SIGNAL_STOP);
    CHECK(tw_signals_wait(signals, 1000) == TW_SIGNAL_STOP);
    CHECK(tw_signals_wait(signals, 0) == TW_SIGNAL_NONE);
    return 0;
}

static int
child_drop(void)
{
    g_autoptr(GError) error = NULL;
    gid_t groups[8];

    CHECK(tw_process_drop_privileges("nobody", NULL, &error));
    CHECK(getuid() != 0 && geteuid() != 0 && getgid() != 0 && getegid() != 0);
    CHECK(setuid(0) < 0);
    CHECK(prctl(PR_GET_DUMPABLE) == 0);
    for (int i = getgroups(8, groups); i-- > 0;)
        CHECK(groups[i] != 0);
    return 0;
}

static int
child_drop_to_numbers(void)
{
    g_autoptr(GError) error = NULL;

    CHECK(!tw_process_drop_privileges("4242", NULL, &error));
    CHECK(g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND));
    CHECK(geteuid() == 0);
    g_clear_error(&error);
    CHECK(tw_process_drop_privileges("4242", "4343", &error));
    CHECK(getuid() == 4242 && getgid() == 4343 && getgroups(0, NULL) <= 1);
    return 0;
}

static int
child_drop_to_nobody_known(void)
{
    g_autoptr(GError) error = NULL;

    CHECK(!tw_process_drop_privileges("no-such-user", NULL, &error));
    CHECK(g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND));
    g_clear_error(&error);
    CHECK(!tw_process_drop_privileges(NULL, "no-such-group", &error));
    CHECK(g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND));
    g_clear_error(&error);
    CHECK(tw_process_drop_privileges("", "", &error));
    return 0;
}

static void
test_signals(void)
{
    run_in_child(child_signals);
}

static void
test_drop(void)
{
    run_in_child(child_drop_to_nobody_known);
    if (geteuid() != 0) {
        g_test_skip("only root can become somebody else");
        return;
    }
    run_in_child(child_drop);
    run_in_child(child_drop_to_numbers);
}

static void
test_pid_file(void)
{
    g_autofree char *folder = g_dir_make_tmp("twiga-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "pid", NULL), *text = NULL, *expected = NULL;
    g_autoptr(GError) error = NULL;
    TwPidFile *file;

    g_assert_true(g_file_set_contents(path, "123456789 left by a crash\n", -1, NULL));
    file = tw_pid_file_new(path, &error);
    g_assert_no_error(error);
    expected = g_strdup_printf("%d\n", (int) getpid());
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
    g_assert_null(tw_pid_file_new(path, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, g_strchomp(expected)));
    tw_pid_file_free(file);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));

    g_clear_error(&error);
    g_free(g_steal_pointer(&path));
    path = g_build_filename(folder, "missing", "pid", NULL);
    g_assert_null(tw_pid_file_new(path, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    (void) g_rmdir(folder);
}

static void
test_notify(void)
{
    g_autofree char *folder = g_dir_make_tmp("twiga-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "notify", NULL);
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char text[200] = "";

    g_strlcpy(addr.sun_path, path, sizeof addr.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *) &addr, sizeof addr), ==, 0);
    g_setenv("NOTIFY_SOCKET", path, TRUE);
    tw_process_notify("READY=1\nSTATUS=serving");
    g_assert_cmpint(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), ==, 22);
    g_assert_cmpstr(text, ==, "READY=1\nSTATUS=serving");
    tw_process_notify("RELOADING=1");
    g_assert_cmpint(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), >, 12);
    g_assert_true(g_str_has_prefix(text, "RELOADING=1\nMONOTONIC_USEC="));
    g_unsetenv("NOTIFY_SOCKET");
    tw_process_notify("STOPPING=1");
    g_assert_cmpint(recv(fd, text, sizeof text, MSG_DONTWAIT), <, 0);
    (void) close(fd);
    (void) g_unlink(path);
    (void) g_rmdir(folder);
}

/* As the service manager does it: two sockets from descriptor 3 on. */
static int
child_sockets(void)
{
    g_autofree char *pid = g_strdup_printf("%d", (int) getpid());
    g_autoptr(GArray) sockets = NULL, again = NULL;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(dup2(pair[0], 100) == 100 && dup2(pair[1], 101) == 101);
    CHECK(dup2(100, 3) == 3 && dup2(101, 4) == 4);
    g_setenv("LISTEN_PID", pid, TRUE);
    g_setenv("LISTEN_FDS", "2", TRUE);
    g_setenv("LISTEN_FDNAMES", "imap:imaps", TRUE);
    sockets = tw_process_take_sockets();
    CHECK(sockets->len == 2);
    CHECK(g_array_index(sockets, TwPassedSocket, 0).fd == 3);
    CHECK(g_str_equal(g_array_index(sockets, TwPassedSocket, 0).name, "imap"));
    CHECK(g_array_index(sockets, TwPassedSocket, 1).fd == 4);
    CHECK(g_str_equal(g_array_index(sockets, TwPassedSocket, 1).name, "imaps"));
    CHECK(g_getenv("LISTEN_FDS") == NULL);
    again = tw_process_take_sockets();
    CHECK(again->len == 0);
    return 0;
}

static void
test_sockets(void)
{
    run_in_child(child_sockets);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/process/signals", test_signals);
    g_test_add_func("/net/process/drop-privileges", test_drop);
    g_test_add_func("/net/process/pid-file", test_pid_file);
    g_test_add_func("/net/process/notify", test_notify);
    g_test_add_func("/net/process/passed-sockets", test_sockets);
    return g_test_run();
}
