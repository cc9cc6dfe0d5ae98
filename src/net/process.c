/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"

enum {
    NAME_BUFFER = 64 << 10 /* for one entry of the user or group database */
};

/* --- signals ---------------------------------------------------------------------------------------------------- */

struct TwSignals {
    int fd;
};

TwSignals *
tw_signals_new(GError **error)
{
    static const int handled[] = { SIGHUP, SIGTERM, SIGINT, SIGUSR2, SIGCHLD };
    TwSignals *signals;
    sigset_t set;
    int fd, code;

    sigemptyset(&set);
    for (gsize i = 0; i < G_N_ELEMENTS(handled); i++)
        sigaddset(&set, handled[i]);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGUSR1, SIG_IGN) == SIG_ERR) {
        tw_error_from_errno(error, errno, "ignoring signals");
        return NULL;
    }
    code = pthread_sigmask(SIG_BLOCK, &set, NULL);
    fd = code == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    if (fd < 0) {
        tw_error_from_errno(error, code != 0 ? code : errno, "reading signals");
        return NULL;
    }
    signals = g_new0(TwSignals, 1);
    signals->fd = fd;
    return signals;
}

void
tw_signals_free(TwSignals *signals)
{
    if (signals == NULL)
        return;
    (void) close(signals->fd);
    g_free(signals);
}

static TwSignal
signal_meaning(guint32 number)
{
    switch (number) {
    case SIGHUP:
        return TW_SIGNAL_RELOAD;
    case SIGUSR2:
        return TW_SIGNAL_QUEUE;
    case SIGCHLD:
        return TW_SIGNAL_CHILD;
    default:
        return TW_SIGNAL_STOP;
    }
}

TwSignal
tw_signals_wait(TwSignals *signals, int max_ms)
{
    gint64 until = g_get_monotonic_time() / 1000 + max_ms;

    for (;;) {
        struct signalfd_siginfo info;
        struct pollfd p = { .fd = signals->fd, .events = POLLIN };
        gint64 left = max_ms < 0 ? -1 : until - g_get_monotonic_time() / 1000;

        if (read(signals->fd, &info, sizeof info) == (gssize) sizeof info)
            return signal_meaning(info.ssi_signo);
        if (max_ms >= 0 && left <= 0)
            return TW_SIGNAL_NONE;
        if (poll(&p, 1, (int) left) < 0 && errno != EINTR)
            return TW_SIGNAL_NONE;
    }
}

/* --- user and group --------------------------------------------------------------------------------------------- */

typedef struct {
    uid_t uid;
    gid_t gid;
    char name[256]; /* empty: no entry */
} Identity;

static gboolean
find_user(const char *user, Identity *ret, GError **error)
{
    g_autofree char *buffer = g_malloc(NAME_BUFFER);
    struct passwd entry, *found = NULL;
    guint32 number = 0;
    gboolean is_number = tw_parse_u32(user, strlen(user), G_MAXUINT32 - 1, &number);
    int code = getpwnam_r(user, &entry, buffer, NAME_BUFFER, &found);

    if (found == NULL && is_number)
        code = getpwuid_r(number, &entry, buffer, NAME_BUFFER, &found);
    if (found != NULL) {
        *ret = (Identity){ entry.pw_uid, entry.pw_gid, { 0 } };
        g_strlcpy(ret->name, entry.pw_name, sizeof ret->name);
        return TRUE;
    }
    if (is_number) {
        *ret = (Identity){ number, (gid_t) -1, { 0 } };
        return TRUE;
    }
    if (code != 0)
        return tw_error_from_errno(error, code, user);
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "there is no user '%s'", user);
    return FALSE;
}

static gboolean
find_group(const char *group, gid_t *ret, GError **error)
{
    g_autofree char *buffer = g_malloc(NAME_BUFFER);
    struct group entry, *found = NULL;
    guint32 number;
    int code = getgrnam_r(group, &entry, buffer, NAME_BUFFER, &found);

    if (found != NULL) {
        *ret = entry.gr_gid;
        return TRUE;
    }
    if (tw_parse_u32(group, strlen(group), G_MAXUINT32 - 1, &number)) {
        *ret = number;
        return TRUE;
    }
    if (code != 0)
        return tw_error_from_errno(error, code, group);
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "there is no group '%s'", group);
    return FALSE;
}

static gboolean
set_groups(const char *user_name, gid_t gid, GError **error)
{
    if (geteuid() == 0) {
        int code = user_name[0] != '\0' ? initgroups(user_name, gid) : setgroups(1, &gid);
        if (code < 0)
            return tw_error_from_errno(error, errno, "setting supplementary groups");
    }
    if (setresgid(gid, gid, gid) < 0)
        return tw_error_from_errno(error, errno, "setting the group");
    return TRUE;
}

static gboolean
set_user(uid_t uid, GError **error)
{
    uid_t real, effective, saved;

    if (setresuid(uid, uid, uid) < 0)
        return tw_error_from_errno(error, errno, "setting the user");
    if (getresuid(&real, &effective, &saved) < 0 || real != uid || effective != uid ||
        saved != uid || (uid != 0 && setuid(0) == 0)) {
        g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "the former user can be had back");
        return FALSE;
    }
    return TRUE;
}

gboolean
tw_process_drop_privileges(const char *user, const char *group, GError **error)
{
    Identity who = { (uid_t) -1, (gid_t) -1, { 0 } };
    gboolean has_user = user != NULL && user[0] != '\0';
    gboolean has_group = group != NULL && group[0] != '\0';

    if (has_user && !find_user(user, &who, error))
        return FALSE;
    if (has_group && !find_group(group, &who.gid, error))
        return FALSE;
    if (has_user && who.gid == (gid_t) -1) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                    "user %s has no entry, so a group must be named", user);
        return FALSE;
    }
    if (who.gid != (gid_t) -1 && !set_groups(who.name, who.gid, error))
        return FALSE;
    if (has_user && !set_user(who.uid, error))
        return FALSE;
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return tw_error_from_errno(error, errno, "PR_SET_DUMPABLE");
    return TRUE;
}

/* --- pid file --------------------------------------------------------------------------------------------------- */

struct TwPidFile {
    int fd;
    char *path;
};

static gboolean
set_locked(int fd, const char *path, GError **error)
{
    char text[32];
    gssize got;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    if (errno != EWOULDBLOCK)
        return tw_error_from_errno(error, errno, path);
    got = pread(fd, text, sizeof text - 1, 0);
    text[MAX(got, 0)] = '\0';
    g_strchomp(text);
    g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "%s is locked by process %s", path, text);
    return FALSE;
}

/* Between open and lock the file may have been removed by its former owner; then it is another file that is locked. */
static gboolean
is_still_there(int fd, const char *path)
{
    struct stat mine, there;

    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

TwPidFile *
tw_pid_file_new(const char *path, GError **error)
{
    g_autofree char *text = g_strdup_printf("%d\n", (int) getpid());
    TwPidFile *file;
    int fd;

    for (;;) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0) {
            tw_error_from_errno(error, errno, path);
            return NULL;
        }
        if (!set_locked(fd, path, error)) {
            (void) close(fd);
            return NULL;
        }
        if (is_still_there(fd, path))
            break;
        (void) close(fd);
    }
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, strlen(text), 0) != (gssize) strlen(text)) {
        tw_error_from_errno(error, errno, path);
        (void) close(fd);
        return NULL;
    }
    file = g_new0(TwPidFile, 1);
    file->fd = fd;
    file->path = g_strdup(path);
    return file;
}

void
tw_pid_file_free(TwPidFile *file)
{
    if (file == NULL)
        return;
    /* after privileges are dropped the folder may be out of reach; an empty, unlocked file does no harm */
    if (unlink(file->path) < 0 && ftruncate(file->fd, 0) < 0)
        g_debug("pid file %s stays: %s", file->path, g_strerror(errno));
    (void) close(file->fd);
    g_free(file->path);
    g_free(file);
}

/* --- service manager -------------------------------------------------------------------------------------------- */

void
tw_process_notify(const char *state)
{
    g_autofree char *text = NULL;

    if (g_str_equal(state, "RELOADING=1"))
        text = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                               g_get_monotonic_time());
    (void) sd_notify(0, text != NULL ? text : state);
}

static void
passed_socket_clear(gpointer data)
{
    g_free(((TwPassedSocket *) data)->name);
}

GArray *
tw_process_take_sockets(void)
{
    GArray *sockets = g_array_new(FALSE, FALSE, sizeof(TwPassedSocket));
    char **names = NULL;
    int count = sd_listen_fds_with_names(TRUE, &names);

    g_array_set_clear_func(sockets, passed_socket_clear);
    for (int i = 0; i < count; i++) {
        TwPassedSocket passed = { .fd = SD_LISTEN_FDS_START + i, .name = g_strdup(names[i]) };
        g_array_append_val(sockets, passed);
    }
    /* libsystemd hands out memory of malloc(), which on this system is GLib's, too (since GLib 2.46) */
    g_strfreev(names);
    return sockets;
}
