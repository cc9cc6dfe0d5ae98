/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A mail on its way in, collected until it is whole: in memory while it is small, in an unnamed file when it is not. So
 * what a delivery takes of memory does not grow with the mail.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_SPOOL_MEMORY = 256 * 1024, /* bytes kept in memory before a file is made */
};

/* Private but for the initialiser. */
typedef struct {
    char *folder; /* owned: where the file is made */
    gsize memory; /* bytes kept in memory */
    guint64 limit, len;
    TwBuffer head; /* what is not in the file yet */
    int fd;        /* -1: there is none */
    GError *error; /* owned; the first failure, sticky */
} TwSpool;

/**
 * tw_spool_init:
 * @spool: caller's memory
 * @folder: (nullable): for its file; NULL: that of the system
 * @memory: bytes to keep in memory at most, at least 1; usually %TW_SPOOL_MEMORY
 * @limit: most bytes of a mail
 */
void tw_spool_init(TwSpool *spool, const char *folder, gsize memory, guint64 limit);

/**
 * tw_spool_clear:
 * @spool: a spool, or zeros
 *
 * Frees it with its file.
 */
void tw_spool_clear(TwSpool *spool);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSpool, tw_spool_clear)

/**
 * tw_spool_put:
 * @spool: a spool
 * @data: (array length=len): the next bytes
 * @len: how many
 *
 * A failure is told by tw_spool_finish(); until then more bytes are taken and thrown away.
 */
void tw_spool_put(TwSpool *spool, const void *data, gsize len);

/**
 * tw_spool_finish:
 * @spool: a spool; empty afterwards, either way
 * @error: TW_ERROR_TOO_BIG: past the limit; NO_SPACE or FAILED: the file
 *
 * Returns: (transfer full): all bytes; mapped when they are in a file, which goes with them
 */
GBytes *tw_spool_finish(TwSpool *spool, GError **error);

G_END_DECLS
