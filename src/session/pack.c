/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "session/pack.h"

#include <string.h>

#include "base/hash.h"
#include "session/pack-private.h"

struct TwOpRequest {
    TwOp op;
    gpointer args;
    GArray *kept; /* TwPackKept */
};

/* ---- rows ---- */

static const TwPackKind *
kind_of(const TwOpField *field)
{
    return field->out ? tw_pack_out_kind((TwOutKind) field->kind)
                      : tw_pack_in_kind((TwInKind) field->kind);
}

guint32
tw_op_shape(TwOp op)
{
    guint count;
    const TwOpField *fields = tw_op_fields(op, &count);
    guint8 digest[TW_SHA256_LEN];
    guint8 version = TW_PACK_VERSION;
    TwSha256 hash;

    tw_sha256_init(&hash);
    tw_sha256_update(&hash, &version, 1);
    tw_sha256_update(&hash, tw_op_info(op)->name, strlen(tw_op_info(op)->name) + 1);
    for (guint i = 0; i < count; i++) {
        tw_sha256_update(&hash, fields[i].out ? ">" : "<", 1);
        tw_sha256_update(&hash, kind_of(&fields[i])->name, strlen(kind_of(&fields[i])->name) + 1);
        tw_sha256_update(&hash, fields[i].name, strlen(fields[i].name) + 1);
    }
    tw_sha256_finish(&hash, digest);
    return (guint32) digest[0] | (guint32) digest[1] << 8 | (guint32) digest[2] << 16 |
           (guint32) digest[3] << 24;
}

gboolean
tw_op_find(const char *name, TwOp *ret)
{
    for (guint i = 0; i < TW_OP_COUNT; i++) {
        if (strcmp(tw_op_info((TwOp) i)->name, name) == 0) {
            *ret = (TwOp) i;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- both directions ---- */

static gboolean
pack(TwOp op, gconstpointer args, gboolean out_fields, TwBuffer *out, GError **error)
{
    guint count;
    const TwOpField *fields = tw_op_fields(op, &count);

    for (guint i = 0; i < count; i++) {
        if (fields[i].out == out_fields)
            kind_of(&fields[i])->pack((const guint8 *) args + fields[i].offset, out);
    }
    if (!tw_buffer_failed(out))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%s: more than fits into one call",
                tw_op_info(op)->name);
    return FALSE;
}

static gboolean
unpack(TwOp op, TwUnpacker *in, gboolean out_fields, gpointer args, GError **error)
{
    guint count;
    const TwOpField *fields = tw_op_fields(op, &count);

    for (guint i = 0; i < count; i++) {
        if (fields[i].out == out_fields &&
            !kind_of(&fields[i])->unpack(in, (guint8 *) args + fields[i].offset, error)) {
            g_prefix_error(error, "%s.%s: ", tw_op_info(op)->name, fields[i].name);
            return FALSE;
        }
    }
    return in->cur.left == 0 || tw_unpack_failed("bytes behind the last field", error);
}

gboolean
tw_op_pack_request(TwOp op, gconstpointer args, TwBuffer *out, GError **error)
{
    return pack(op, args, FALSE, out, error);
}

gboolean
tw_op_pack_answer(TwOp op, gconstpointer args, TwBuffer *out, GError **error)
{
    return pack(op, args, TRUE, out, error);
}

gboolean
tw_op_unpack_answer(TwOp op, const guint8 *data, gsize len, gpointer args, GError **error)
{
    TwUnpacker in = { .cur = tw_cursor_init(data, len) };

    return unpack(op, &in, TRUE, args, error);
}

TwOpRequest *
tw_op_unpack_request(TwOp op, const guint8 *data, gsize len, GError **error)
{
    g_autoptr(TwOpRequest) request = g_new0(TwOpRequest, 1);
    TwUnpacker in = { .cur = tw_cursor_init(data, len) };

    request->op = op;
    request->args = g_malloc0(tw_op_info(op)->args_size);
    request->kept = g_array_new(FALSE, FALSE, sizeof(TwPackKept));
    in.kept = request->kept;
    return unpack(op, &in, FALSE, request->args, error) ? g_steal_pointer(&request) : NULL;
}

gpointer
tw_op_request_args(TwOpRequest *request)
{
    return request->args;
}

void
tw_op_request_free(TwOpRequest *request)
{
    if (request == NULL)
        return;
    tw_op_clear(request->op, request->args);
    for (guint i = request->kept->len; i-- > 0;) {
        const TwPackKept *kept = &g_array_index(request->kept, TwPackKept, i);
        kept->destroy(kept->data);
    }
    g_array_unref(request->kept);
    g_free(request->args);
    g_free(request);
}

/* ---- watches ---- */

static gboolean
is_done(const TwUnpacker *in, GError **error)
{
    return in->cur.left == 0 || tw_unpack_failed("bytes behind the end", error);
}

void
tw_watch_wish_pack(const TwWatchWish *wish, TwBuffer *out)
{
    tw_pack_struct(tw_pack_watch_wish(), wish, out);
}

gboolean
tw_watch_wish_unpack(const guint8 *data, gsize len, TwWatchWish *ret, GError **error)
{
    TwUnpacker in = { .cur = tw_cursor_init(data, len) };

    *ret = (TwWatchWish){ 0 };
    return tw_unpack_struct(tw_pack_watch_wish(), &in, ret, error) && is_done(&in, error);
}

void
tw_notify_events_pack(const GArray *events, TwBuffer *out)
{
    tw_pack_array(tw_pack_notify_event(), events, out);
}

gboolean
tw_notify_events_unpack(const guint8 *data, gsize len, GArray **ret, GError **error)
{
    TwUnpacker in = { .cur = tw_cursor_init(data, len) };
    g_autoptr(GArray) events = NULL;

    if (!tw_unpack_array(tw_pack_notify_event(), &in, &events, error) || !is_done(&in, error))
        return FALSE;
    *ret = events != NULL ? g_steal_pointer(&events) : tw_notify_events_new();
    return TRUE;
}

/* ---- who a session is ---- */

#define INFO_MEMBER(type, member) TW_PACK_MEMBER(TwSessionInfo, type, member)
/* clang-format off */
static const TwPackMember info_members[] = {
    INFO_MEMBER(U32, user) INFO_MEMBER(U32, company) INFO_MEMBER(U32, admin) INFO_MEMBER(BOOL, system)
    INFO_MEMBER(BOOL, anonymous) INFO_MEMBER(TEXT, name) INFO_MEMBER(TEXT, full_name)
    INFO_MEMBER(TEXT, mail) INFO_MEMBER(U32, number)
};
/* clang-format on */
static const TwPackShape info_shape = { .members = info_members,
                                        .count = G_N_ELEMENTS(info_members),
                                        .size = sizeof(TwSessionInfo) };

void
tw_session_info_pack(const TwSessionInfo *info, TwBuffer *out)
{
    tw_pack_struct(&info_shape, info, out);
}

static void
free_texts(TwSessionInfo *info)
{
    g_free((char *) (guintptr) info->name);      /* NOLINT: owned here */
    g_free((char *) (guintptr) info->full_name); /* NOLINT: owned here */
    g_free((char *) (guintptr) info->mail);      /* NOLINT: owned here */
    *info = (TwSessionInfo){ 0 };
}

gboolean
tw_session_info_unpack(const guint8 *data, gsize len, TwSessionInfo *ret, GError **error)
{
    TwUnpacker in = { .cur = tw_cursor_init(data, len) };

    *ret = (TwSessionInfo){ 0 };
    if (tw_unpack_struct(&info_shape, &in, ret, error) && is_done(&in, error))
        return TRUE;
    free_texts(ret);
    return FALSE;
}
