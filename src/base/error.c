/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>

G_DEFINE_QUARK(tw_error, tw_error)
G_DEFINE_QUARK(tw_mapi_error, tw_mapi_error)

typedef struct {
    const char *name;
    guint32 mapi;
} ErrorRow;

static const ErrorRow rows[] = {
#define ERROR_ROW(row_name, row_mapi) { .name = #row_name, .mapi = (row_mapi) },
    TW_ERROR_LIST(ERROR_ROW)
#undef ERROR_ROW
};

const char *
tw_error_name(TwError code)
{
    return (guint) code < G_N_ELEMENTS(rows) ? rows[code].name : "UNKNOWN";
}

guint32
tw_error_to_mapi(const GError *error)
{
    if (error == NULL)
        return 0;
    if (error->domain == TW_MAPI_ERROR)
        return (guint32) error->code;
    if (error->domain == TW_ERROR && (guint) error->code < G_N_ELEMENTS(rows))
        return rows[error->code].mapi;
    return rows[TW_ERROR_FAILED].mapi;
}

GError *
tw_error_from_mapi(guint32 mapi, const char *message)
{
    if (mapi == 0)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].mapi == mapi)
            return g_error_new_literal(TW_ERROR, (int) i, message);
    }
    if ((mapi & 0x80000000u) == 0)
        return NULL;
    return g_error_new_literal(TW_MAPI_ERROR, (int) mapi, message);
}

static TwError
code_from_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return TW_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return TW_ERROR_NO_ACCESS;
    case EEXIST:
    case ENOTEMPTY:
        return TW_ERROR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return TW_ERROR_NO_SPACE;
    case EBADMSG: /* what file systems say of a wrong checksum */
        return TW_ERROR_CORRUPT;
    case EFBIG:
    case ENAMETOOLONG:
        return TW_ERROR_TOO_BIG;
    case ETIMEDOUT:
        return TW_ERROR_TIMEOUT;
    case EAGAIN:
    case EBUSY:
    case EMFILE:
    case ENFILE:
        return TW_ERROR_BUSY;
    case EINVAL:
        return TW_ERROR_INVALID;
    case ECANCELED:
        return TW_ERROR_CANCELLED;
    default:
        return TW_ERROR_FAILED;
    }
}

gboolean
tw_error_from_errno(GError **error, int number, const char *what)
{
    g_set_error(error, TW_ERROR, (int) code_from_errno(number), "%s: %s", what, g_strerror(number));
    return FALSE;
}
