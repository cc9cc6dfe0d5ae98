/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "groupware/meeting-mail.h"
#include "groupware/message-place.h"
#include "groupware/session-names.h"

enum {
    PIECE = 65536
};

/* ---- the mail ---- */

static int
open_nameless(const char *folder, GError **error)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        g_autofree char *path = g_build_filename(folder, "twiga-mail-XXXXXX", NULL);
        /* a file system without O_TMPFILE */
        fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
        if (fd >= 0)
            (void) g_unlink(path);
    }
    if (fd < 0)
        tw_error_from_errno(error, errno, folder);
    return fd;
}

static gboolean
write_all(int fd, const guint8 *bytes, gsize len, GError **error)
{
    while (len > 0) {
        gssize done = write(fd, bytes, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return tw_error_from_errno(error, errno, "writing a mail to tmp_path");
        bytes += done;
        len -= (gsize) done;
    }
    return TRUE;
}

typedef struct {
    TwOutgoing *outgoing;
    const char *folder;
} Making;

static gboolean
take_bytes(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    Making *making = data;
    TwOutgoing *outgoing = making->outgoing;

    outgoing->len += len;
    for (gsize i = 0; i < len && !outgoing->eight_bit; i++)
        outgoing->eight_bit = bytes[i] >= 0x80;
    if (outgoing->fd < 0 && outgoing->len <= TW_OUTGOING_MEMORY) {
        tw_buffer_put(&outgoing->head, bytes, len);
        return TRUE;
    }
    if (outgoing->fd < 0) {
        outgoing->fd = open_nameless(making->folder, error);
        if (outgoing->fd < 0 ||
            !write_all(outgoing->fd, outgoing->head.data, outgoing->head.len, error))
            return FALSE;
        tw_buffer_clear(&outgoing->head);
    }
    return write_all(outgoing->fd, bytes, len, error);
}

gboolean
tw_outgoing_make(TwOutgoing *outgoing,
                 const TwObject *object,
                 const TwOutgoingSpec *spec,
                 GError **error)
{
    g_autoptr(TwNameMap) names = tw_session_names_new(spec->session);
    TwMessagePlace place = { .session = spec->session,
                             .store = spec->store,
                             .message = spec->message };
    TwValueSource source = tw_message_place_values(&place);
    Making making = { .outgoing = outgoing, .folder = spec->folder };
    TwMailOptions options = { .names = names,
                              .source = &source,
                              .resolve = spec->resolve,
                              .data = spec->data,
                              .domain = spec->domain,
                              .tnef = spec->tnef,
                              .flags = spec->flags };
    TwMeetingWriter meeting;

    tw_meeting_mail_prepare(&meeting, &options);
    *outgoing = (TwOutgoing){ .fd = -1, .head = TW_BUFFER_INIT(TW_OUTGOING_MEMORY) };
    return tw_mail_write(object, &options, take_bytes, &making, error);
}

void
tw_outgoing_clear(TwOutgoing *outgoing)
{
    tw_buffer_clear(&outgoing->head);
    if (outgoing->fd > 0)
        close(outgoing->fd);
    outgoing->fd = -1;
}

gboolean
tw_outgoing_give(gpointer data, TwSmtpTakeFunc take, gpointer taker, GError **error)
{
    const TwOutgoing *outgoing = data;
    g_autofree guint8 *piece = NULL;
    guint64 offset = 0;

    if (outgoing->fd < 0)
        return take(taker, outgoing->head.data, outgoing->head.len, error);
    piece = g_malloc(PIECE);
    while (offset < outgoing->len) {
        gssize got = pread(outgoing->fd, piece, PIECE, (off_t) offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tw_error_from_errno(error, errno, "reading a mail in tmp_path");
        if (got == 0) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a mail in tmp_path is cut");
            return FALSE;
        }
        if (!take(taker, piece, (gsize) got, error))
            return FALSE;
        offset += (guint64) got;
    }
    return TRUE;
}
