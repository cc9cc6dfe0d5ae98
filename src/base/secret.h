/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Passwords, keys and tokens: a value that clears itself and has no way to be printed.
 *
 * The type is opaque, no format function of ours takes it, and the one way to the bytes has a name that a reviewer
 * sees. It does not hide from a debugger or a core file: coredump_enabled = no is for that.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct TwSecret TwSecret;

/**
 * tw_secret_new:
 * @data: (array length=len): the bytes, copied; may be NULL when @len is 0
 * @len: how many
 *
 * The caller clears its own copy, with tw_secret_wipe().
 *
 * Returns: (transfer full): an immutable secret; may be used from several threads
 */
TwSecret *tw_secret_new(const void *data, gsize len);

/**
 * tw_secret_ref:
 * @secret: a secret
 *
 * Returns: (transfer full): the same one, with one more reference
 */
TwSecret *tw_secret_ref(TwSecret *secret);

/**
 * tw_secret_unref:
 * @secret: (nullable): a secret
 *
 * Gives a reference back; with the last one the bytes are overwritten and freed.
 */
void tw_secret_unref(TwSecret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSecret, tw_secret_unref)

/**
 * tw_secret_is_empty:
 * @secret: a secret
 *
 * Returns: TRUE when it has no bytes
 */
gboolean tw_secret_is_empty(const TwSecret *secret);

/**
 * tw_secret_equal:
 * @secret: a secret
 * @data: (array length=len): bytes to compare with, as a client sent them
 * @len: how many
 *
 * Takes a time that depends on @len only, neither on where the two differ nor on the length of the secret.
 *
 * Returns: TRUE when both are the same bytes
 */
gboolean tw_secret_equal(const TwSecret *secret, const void *data, gsize len);

/**
 * tw_secret_reveal:
 * @secret: a secret
 * @ret_len: (out) (optional): how many bytes
 *
 * For the one call that hands the secret to a library or a peer. The bytes must not be copied into anything that
 * is not a secret, nor logged.
 *
 * Returns: (transfer none): the bytes, with a NUL after them, borrowed as long as @secret lives
 */
const char *tw_secret_reveal(const TwSecret *secret, gsize *ret_len);

/**
 * tw_secret_wipe:
 * @data: bytes
 * @len: how many
 *
 * Overwrites @data in a way the compiler does not remove.
 */
void tw_secret_wipe(void *data, gsize len);

G_END_DECLS
