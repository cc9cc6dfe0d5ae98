/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/raw-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

static char *
name_of(const TwRun *run, const TwBox *box)
{
    g_auto(TwBookGetArgs) get = { .user = box->place.user };

    if (box->place.user == 0 ||
        !tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_BOOK_GET, &get, NULL))
        return NULL;
    return g_strdup(get.entry->name);
}

static gboolean
is_wanted(const TwRun *run, const char *name, gboolean failed)
{
    switch (run->options->raw) {
    case TW_RAW_NEVER:
        break;
    case TW_RAW_ALL:
        return !failed; /* it is called once more when all went well */
    case TW_RAW_ERROR:
        return failed;
    case TW_RAW_USERS:
        for (guint i = 0; name != NULL && run->options->raw_users[i] != NULL; i++) {
            if (g_ascii_strcasecmp(run->options->raw_users[i], name) == 0)
                return !failed;
        }
        break;
    }
    return FALSE;
}

/* The name of a user may hold anything. */
static char *
make_path(const TwRun *run, const char *name)
{
    g_autofree char *safe = g_strdup(name != NULL ? name : "public");
    g_autofree char *file = NULL;

    g_strcanon(safe, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", '_');
    file = g_strdup_printf("raw-%.64s-XXXXXX", safe);
    return g_build_filename(run->options->raw_path, file, NULL);
}

static gboolean
write_file(int fd, const guint8 *data, gsize len)
{
    while (len > 0) {
        gssize n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        data += n;
        len -= (gsize) n;
    }
    return TRUE;
}

void
tw_raw_copy(const TwRun *run, const TwBox *box, gboolean failed)
{
    g_autofree char *name = NULL;
    g_autofree char *path = NULL;
    int fd;

    if (run->options->raw == TW_RAW_NEVER)
        return;
    name = name_of(run, box);
    if (!is_wanted(run, name, failed))
        return;
    path = make_path(run, name);
    fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || !write_file(fd, run->bytes, run->len))
        tw_log(TW_LOG_WARNING, "raw-copy-failed", tw_log_str(TW_LOG_FILE, path),
               tw_log_str(TW_LOG_REASON, g_strerror(errno)));
    if (fd >= 0)
        (void) close(fd);
}
