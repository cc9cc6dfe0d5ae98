/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Random bytes of the kernel, fit for keys. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_random_bytes:
 * @ret: (out) (array length=len): caller's memory
 * @len: how many bytes to fill
 *
 * Fills the memory from getrandom(2). Waits at boot until the kernel is ready; ends the program if the kernel
 * refuses, since nothing safe can be done without.
 */
void tw_random_bytes(void *ret, gsize len);

/**
 * tw_random_u64:
 *
 * Returns: 64 random bits
 */
guint64 tw_random_u64(void);

G_END_DECLS
