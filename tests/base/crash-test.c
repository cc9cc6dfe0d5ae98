/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a child that dies; returns its wait status and what it wrote to standard error and to a second descriptor. */
static int
run_child(void (*die)(void), char **ret_stderr, char **ret_log)
{
    g_autofree char *err_path = g_build_filename(g_get_tmp_dir(), "twiga-crash-XXXXXX", NULL);
    g_autofree char *log_path = g_strdup(err_path);
    int err = g_mkstemp(err_path);
    int log = g_mkstemp(log_path);
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        dup2(err, STDERR_FILENO);
        tw_coredump_set(TW_COREDUMP_NO, NULL);
        tw_crash_install("twiga-test", "1.2.3");
        tw_crash_set_fd(log);
        die();
        _exit(0);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(g_file_get_contents(err_path, ret_stderr, NULL, NULL));
    g_assert_true(g_file_get_contents(log_path, ret_log, NULL, NULL));
    close(err);
    close(log);
    unlink(err_path);
    unlink(log_path);
    return status;
}

static void
die_by_abort(void)
{
    abort();
}

static void
die_by_fault(void)
{
    raise(SIGSEGV);
}

static void
die_by_bus(void)
{
    raise(SIGBUS);
}

static gpointer
die_in_thread(gpointer data)
{
    (void) data;
    tw_crash_begin_thread();
    raise(SIGSEGV);
    tw_crash_end_thread();
    return NULL;
}

static void
die_elsewhere(void)
{
    g_thread_join(g_thread_new("dying", die_in_thread, NULL));
}

static void
test_report(void)
{
    static const struct {
        void (*die)(void);
        int number;
        const char *name;
    } cases[] = {
        { die_by_abort, SIGABRT, "died of: SIGABRT" },
        { die_by_fault, SIGSEGV, "died of: SIGSEGV at 0x" },
        { die_by_bus, SIGBUS, "died of: SIGBUS at 0x" },
        { die_elsewhere, SIGSEGV, "died of: SIGSEGV at 0x" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = NULL;
        g_autofree char *log = NULL;
        int status = run_child(cases[i].die, &text, &log);

        g_test_message("%s", cases[i].name);
        g_assert_true(WIFSIGNALED(status));
        g_assert_cmpint(WTERMSIG(status), ==, cases[i].number);
        g_assert_true(g_str_has_prefix(text, "twiga-test 1.2.3 (Linux "));
        g_assert_nonnull(strstr(text, cases[i].name));
        g_assert_nonnull(strstr(text, "crash-test"));
        g_assert_true(g_str_has_suffix(text, "end of backtrace\n"));
        g_assert_cmpstr(log, ==, text);
    }
}

static void
test_threads_clean_up(void)
{
    /* outside of a sanitizer there is no stack before, and none after */
    tw_crash_begin_thread();
    tw_crash_begin_thread();
    tw_crash_end_thread();
    tw_crash_end_thread();
}

static void
test_coredump(void)
{
    struct rlimit before;
    struct rlimit limit;
    pid_t pid;
    int status = 0;

    g_assert_cmpint(getrlimit(RLIMIT_CORE, &before), ==, 0);
    g_assert_true(tw_coredump_set(TW_COREDUMP_DEFAULT, NULL));
    g_assert_cmpint(getrlimit(RLIMIT_CORE, &limit), ==, 0);
    g_assert_true(limit.rlim_cur == before.rlim_cur);
    pid = fork(); /* the limit cannot be raised again by everyone */
    if (pid == 0) {
        gboolean ok = tw_coredump_set(TW_COREDUMP_YES, NULL) &&
                      getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == limit.rlim_max;

        ok = ok && tw_coredump_set(TW_COREDUMP_NO, NULL) && getrlimit(RLIMIT_CORE, &limit) == 0 &&
             limit.rlim_cur == 0;
        _exit(ok ? 0 : 1);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/crash/2.6/report", test_report);
    g_test_add_func("/base/crash/threads", test_threads_clean_up);
    g_test_add_func("/base/crash/2.6/coredump", test_coredump);
    return g_test_run();
}
