/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The handler runs in a broken process: it uses only what signal-safety(7) lists, and backtrace(), which does not allocate
 * once it has been called (tw_crash_install() calls it so that its library is loaded).
 */
#include "base/crash.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"

enum {
    FRAMES_MOST = 64,
    ALT_STACK = 64 * 1024,
};

static const struct {
    int number;
    const char *name;
} signals[] = {
    { SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGABRT, "SIGABRT" },
    { SIGILL, "SIGILL" },   { SIGFPE, "SIGFPE" },
};

/* Set before threads start, read by the handler. */
static char banner[512];
static gint log_fd = -1; /* atomic */
static gint crashing;    /* atomic: only one thread reports */

static void
put(int fd, const char *text, gsize len)
{
    while (len > 0) {
        gssize n = write(fd, text, len);
        if (n <= 0 && errno != EINTR)
            return;
        if (n > 0) {
            text += n;
            len -= (gsize) n;
        }
    }
}

static void
put_text(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

static void
put_hex(int fd, guintptr value)
{
    char digits[2 + 2 * sizeof value];

    digits[0] = '0';
    digits[1] = 'x';
    for (gsize i = sizeof digits; i > 2; i--) {
        digits[i - 1] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    put(fd, digits, sizeof digits);
}

static const char *
signal_name(int number)
{
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        if (signals[i].number == number)
            return signals[i].name;
    }
    return "a signal";
}

static void
report(int fd, int number, const siginfo_t *info, void *const *frames, int frames_count)
{
    put_text(fd, banner);
    put_text(fd, ": ");
    put_text(fd, signal_name(number));
    if (number == SIGSEGV || number == SIGBUS) {
        put_text(fd, " at ");
        put_hex(fd, (guintptr) info->si_addr);
    }
    put_text(fd, ", backtrace:\n");
    backtrace_symbols_fd(frames, frames_count, fd);
    put_text(fd, "end of backtrace\n");
}

static void
handle(int number, siginfo_t *info, void *context)
{
    void *frames[FRAMES_MOST];
    int frames_count;
    int fd = g_atomic_int_get(&log_fd);

    (void) context;
    /* SA_RESETHAND: a second fault in here, or in another thread, just kills */
    if (g_atomic_int_compare_and_exchange(&crashing, FALSE, TRUE)) {
        frames_count = backtrace(frames, FRAMES_MOST);
        report(STDERR_FILENO, number, info, frames, frames_count);
        if (fd >= 0 && fd != STDERR_FILENO)
            report(fd, number, info, frames, frames_count);
    }
    raise(number); /* pending until we return; then the default action */
}

static void
make_banner(const char *program, const char *version)
{
    struct utsname host;
    const char *system = "?";
    const char *release = "?";
    const char *machine = "?";

    if (uname(&host) == 0) {
        system = host.sysname;
        release = host.release;
        machine = host.machine;
    }
    g_snprintf(banner, sizeof banner, "%s %s (%s %s %s) died of", program, version, system, release,
               machine);
}

void
tw_crash_install(const char *program, const char *version)
{
    void *frames[2];

    make_banner(program, version);
    backtrace(frames, G_N_ELEMENTS(frames));
    tw_crash_begin_thread();
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        struct sigaction action = { .sa_sigaction = handle,
                                    .sa_flags = (int) (SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };

        sigemptyset(&action.sa_mask);
        sigaction(signals[i].number, &action, NULL);
    }
}

void
tw_crash_set_fd(int fd)
{
    g_atomic_int_set(&log_fd, fd);
}

void
tw_crash_begin_thread(void)
{
    stack_t stack = { .ss_sp = NULL, .ss_size = ALT_STACK, .ss_flags = 0 };
    stack_t old;

    /* A sanitizer may have set one already. */
    if (sigaltstack(NULL, &old) != 0 || (old.ss_flags & SS_DISABLE) == 0)
        return;
    stack.ss_sp = g_malloc(ALT_STACK);
    if (sigaltstack(&stack, NULL) != 0)
        g_free(stack.ss_sp);
}

void
tw_crash_end_thread(void)
{
    stack_t none = { .ss_sp = NULL, .ss_size = 0, .ss_flags = SS_DISABLE };
    stack_t old;

    if (sigaltstack(NULL, &old) != 0 || (old.ss_flags & SS_DISABLE) != 0 ||
        old.ss_size != ALT_STACK)
        return;
    if (sigaltstack(&none, NULL) == 0)
        g_free(old.ss_sp);
}

gboolean
tw_coredump_set(TwCoredump mode, GError **error)
{
    struct rlimit limit = { .rlim_cur = 0, .rlim_max = 0 };

    if (mode == TW_COREDUMP_DEFAULT)
        return TRUE;
    if (mode == TW_COREDUMP_YES) {
        limit.rlim_cur = RLIM_INFINITY;
        limit.rlim_max = RLIM_INFINITY;
        if (setrlimit(RLIMIT_CORE, &limit) != 0) { /* not root: as high as we may */
            if (getrlimit(RLIMIT_CORE, &limit) != 0)
                return tw_error_from_errno(error, errno, "core file limit");
            limit.rlim_cur = limit.rlim_max;
        }
    }
    if (setrlimit(RLIMIT_CORE, &limit) != 0)
        return tw_error_from_errno(error, errno, "core file limit");
    if (prctl(PR_SET_DUMPABLE, mode == TW_COREDUMP_YES, 0, 0, 0) != 0)
        return tw_error_from_errno(error, errno, "core file switch");
    return TRUE;
}
