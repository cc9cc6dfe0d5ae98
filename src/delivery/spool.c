/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

void
tw_spool_init(TwSpool *spool, const char *folder, gsize memory, guint64 limit)
{
    *spool = (TwSpool){ .folder = g_strdup(folder != NULL ? folder : g_get_tmp_dir()),
                        .memory = memory,
                        .limit = limit,
                        .fd = -1 };
    spool->head = (TwBuffer) TW_BUFFER_INIT(memory);
}

static void
empty(TwSpool *spool)
{
    tw_buffer_clear(&spool->head);
    g_clear_error(&spool->error);
    if (spool->folder != NULL && spool->fd >= 0)
        (void) close(spool->fd);
    spool->fd = -1;
    spool->len = 0;
}

void
tw_spool_clear(TwSpool *spool)
{
    empty(spool);
    g_clear_pointer(&spool->folder, g_free);
}

static void
fail_errno(TwSpool *spool, const char *what)
{
    int code = errno;

    g_set_error(&spool->error, TW_ERROR,
                code == ENOSPC || code == EDQUOT ? TW_ERROR_NO_SPACE : TW_ERROR_FAILED,
                "%s in %s: %s", what, spool->folder, g_strerror(code));
    tw_buffer_clear(&spool->head);
}

/* A file without a name: nothing is left of it whatever happens. Not every file system can do that at once. */
static gboolean
open_file(TwSpool *spool)
{
    g_autofree char *name = NULL;

    if (spool->fd >= 0)
        return TRUE;
    spool->fd = open(spool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd >= 0)
        return TRUE;
    name = g_build_filename(spool->folder, "twiga-mail-XXXXXX", NULL);
    spool->fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd >= 0)
        (void) unlink(name);
    else
        fail_errno(spool, "cannot make a file");
    return spool->fd >= 0;
}

static gboolean
write_all(TwSpool *spool, const guint8 *data, gsize len)
{
    if (!open_file(spool))
        return FALSE;
    while (len > 0) {
        gssize n = write(spool->fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail_errno(spool, "cannot write");
            return FALSE;
        }
        data += n;
        len -= (gsize) n;
    }
    return TRUE;
}

void
tw_spool_put(TwSpool *spool, const void *data, gsize len)
{
    if (spool->error != NULL)
        return;
    if (len > spool->limit - spool->len) {
        g_set_error_literal(&spool->error, TW_ERROR, TW_ERROR_TOO_BIG,
                            "the mail is larger than this server takes");
        tw_buffer_clear(&spool->head);
        return;
    }
    spool->len += len;
    if (len > spool->memory - spool->head.len) {
        if (!write_all(spool, spool->head.data, spool->head.len))
            return;
        tw_buffer_clear(&spool->head);
        spool->head.limit = spool->memory;
    }
    if (len > spool->memory)
        (void) write_all(spool, data, len);
    else
        tw_buffer_put(&spool->head, data, len);
}

static GBytes *
map(TwSpool *spool, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GMappedFile) file = NULL;

    if (!write_all(spool, spool->head.data, spool->head.len)) {
        g_propagate_error(error, g_steal_pointer(&spool->error));
        return NULL;
    }
    file = g_mapped_file_new_from_fd(spool->fd, FALSE, &local);
    if (file == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
        return NULL;
    }
    return g_mapped_file_get_bytes(file);
}

GBytes *
tw_spool_finish(TwSpool *spool, GError **error)
{
    GBytes *bytes = NULL;

    if (spool->error != NULL)
        g_propagate_error(error, g_steal_pointer(&spool->error));
    else if (spool->fd >= 0)
        bytes = map(spool, error);
    else
        bytes = tw_buffer_steal_bytes(&spool->head, error);
    empty(spool);
    spool->head.limit = spool->memory;
    return bytes;
}
