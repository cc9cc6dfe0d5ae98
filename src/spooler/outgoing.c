/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"

enum {
    PIECE = 65536
};

/* ---- names of properties, as the server has them ---- */

typedef struct {
    TwNameMap base;
    TwSession *session;
    GPtrArray *kept; /* of TwNamedProp: names that were given out */
} SessionNames;

static gboolean
get_ids(TwNameMap *map,
        const TwNamedProp *const *names,
        gsize count,
        gboolean create,
        guint16 *ret_ids,
        GError **error)
{
    SessionNames *own = (SessionNames *) map;
    g_auto(TwNamesToIdsArgs) args = { .names = { names, (guint) count }, .create = create };

    if (!tw_session_names_to_ids(own->session, &args, error))
        return FALSE;
    for (gsize i = 0; i < count; i++)
        ret_ids[i] = (guint16) g_array_index(args.ids, guint32, i);
    return TRUE;
}

static gboolean
get_names(
    TwNameMap *map, const guint16 *ids, gsize count, const TwNamedProp **ret_names, GError **error)
{
    SessionNames *own = (SessionNames *) map;
    g_autofree guint32 *numbers = g_new(guint32, MAX(count, 1));
    g_auto(TwIdsToNamesArgs) args = { .ids = { numbers, (guint) count } };

    for (gsize i = 0; i < count; i++)
        numbers[i] = ids[i];
    if (!tw_session_ids_to_names(own->session, &args, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwNamedProp *name = args.names->pdata[i];
        TwNamedProp *copy = name != NULL ? tw_named_prop_copy(name) : NULL;
        if (copy != NULL)
            g_ptr_array_add(own->kept, copy);
        ret_names[i] = copy;
    }
    return TRUE;
}

static void
free_names(TwNameMap *map)
{
    SessionNames *own = (SessionNames *) map;

    g_ptr_array_unref(own->kept);
    g_free(own);
}

static TwNameMap *
names_of(TwSession *session)
{
    static const TwNameMapFuncs funcs = { get_ids, get_names, free_names };
    SessionNames *own = g_new0(SessionNames, 1);

    own->base.funcs = &funcs;
    own->session = session;
    own->kept = g_ptr_array_new_with_free_func(g_free);
    return &own->base;
}

/* ---- large values ---- */

static void
put_steps(TwPart *part, const TwObject *node)
{
    const TwObject *nodes[2 * TW_OBJECT_MAX_DEPTH + 4];
    guint count = 0;

    for (; node != NULL && tw_object_get_parent(node) != NULL; node = tw_object_get_parent(node)) {
        if (count == G_N_ELEMENTS(nodes))
            return;
        nodes[count++] = node;
    }
    while (count-- > 0) {
        TwObjectKind kind = tw_object_get_kind(nodes[count]);
        tw_part_push(part,
                     kind == TW_OBJECT_ATTACHMENT  ? TW_PART_ATTACHMENT
                     : kind == TW_OBJECT_RECIPIENT ? TW_PART_RECIPIENT
                                                   : TW_PART_EMBEDDED,
                     tw_object_get_number(nodes[count]));
    }
}

static gboolean
read_value(gpointer data,
           const TwObject *node,
           guint32 tag,
           guint64 offset,
           void *buf,
           gsize len,
           gsize *ret_len,
           GError **error)
{
    const TwOutgoingSpec *spec = data;
    TwPart part = { .len = 0 };
    g_autoptr(GBytes) path = NULL;
    g_auto(TwValueReadArgs) args = { .store = spec->store,
                                     .message = spec->message,
                                     .offset = offset,
                                     .most = (guint32) MIN(len, TW_SESSION_MOST_BYTES) };

    put_steps(&part, node);
    tw_part_push(&part, TW_PART_PROPERTY, tw_prop_tag_id(tag));
    path = g_bytes_new(part.bytes, part.len);
    args.path = path;
    if (!tw_session_value_read(spec->session, &args, error))
        return FALSE;
    *ret_len = MIN(len, g_bytes_get_size(args.bytes));
    memcpy(buf, g_bytes_get_data(args.bytes, NULL), *ret_len);
    return TRUE;
}

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
    g_autoptr(TwNameMap) names = names_of(spec->session);
    TwOutgoingSpec place = *spec;
    TwValueSource source = { .read = read_value, .data = &place };
    Making making = { .outgoing = outgoing, .folder = spec->folder };
    TwMailOptions options = { .names = names,
                              .source = &source,
                              .resolve = spec->resolve,
                              .data = spec->data,
                              .domain = spec->domain,
                              .tnef = spec->tnef,
                              .flags = spec->flags };

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
