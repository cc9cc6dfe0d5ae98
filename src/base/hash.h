/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Hashes, each for one use: SHA-256 names content, HMAC proves who wrote it, CRC32C finds what a disk or a cable
 * changed, SipHash keeps hash tables fast when a stranger chooses the keys.
 */
#pragma once

#include <glib.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>

G_BEGIN_DECLS

enum {
    TW_SHA256_LEN = 32,
    TW_SIPHASH_KEY_LEN = 16
};

typedef struct {
    struct sha256_ctx state;
} TwSha256;

/**
 * tw_sha256_init:
 * @hash: caller's memory; nothing to free
 */
void tw_sha256_init(TwSha256 *hash);

/**
 * tw_sha256_update:
 * @hash: a started hash
 * @data: (array length=len): the next bytes
 * @len: how many
 */
void tw_sha256_update(TwSha256 *hash, const void *data, gsize len);

/**
 * tw_sha256_finish:
 * @hash: the hash; started anew afterwards
 * @ret: (out): the digest of all bytes since it was started
 */
void tw_sha256_finish(TwSha256 *hash, guint8 ret[TW_SHA256_LEN]);

/**
 * tw_sha256:
 * @data: (array length=len): bytes
 * @len: how many
 * @ret: (out): their digest
 *
 * SHA-256 of FIPS 180-4, through the processor's own instructions where it has them (nettle asks it).
 */
void tw_sha256(const void *data, gsize len, guint8 ret[TW_SHA256_LEN]);

typedef struct {
    struct hmac_sha256_ctx state;
} TwHmacSha256;

/**
 * tw_hmac_sha256_init:
 * @hmac: caller's memory; it holds what is made from the key: clear it with tw_hmac_sha256_clear()
 * @key: (array length=key_len): the key
 * @key_len: how many bytes, any number
 */
void tw_hmac_sha256_init(TwHmacSha256 *hmac, const void *key, gsize key_len);

/**
 * tw_hmac_sha256_update:
 * @hmac: a started code
 * @data: (array length=len): the next bytes
 * @len: how many
 */
void tw_hmac_sha256_update(TwHmacSha256 *hmac, const void *data, gsize len);

/**
 * tw_hmac_sha256_finish:
 * @hmac: the code; started anew with the same key afterwards
 * @ret: (out): the code (compare it in constant time only)
 */
void tw_hmac_sha256_finish(TwHmacSha256 *hmac, guint8 ret[TW_SHA256_LEN]);

/**
 * tw_hmac_sha256_clear:
 * @hmac: a code; its memory is overwritten
 */
void tw_hmac_sha256_clear(TwHmacSha256 *hmac);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwHmacSha256, tw_hmac_sha256_clear)

/**
 * tw_hmac_sha256:
 * @key: (array length=key_len): the key
 * @key_len: how many bytes
 * @data: (array length=len): bytes
 * @len: how many
 * @ret: (out): the code of RFC 2104 with SHA-256
 */
void tw_hmac_sha256(
    const void *key, gsize key_len, const void *data, gsize len, guint8 ret[TW_SHA256_LEN]);

/**
 * tw_crc32c:
 * @crc: 0, or the sum of the bytes before
 * @data: (array length=len): bytes
 * @len: how many
 *
 * The Castagnoli sum (RFC 3720, appendix B.4), with the processor's instruction where there is one.
 *
 * Returns: the sum over all bytes up to the last of @data
 */
guint32 tw_crc32c(guint32 crc, const void *data, gsize len);

/**
 * tw_siphash:
 * @key: 16 bytes
 * @data: (array length=len): bytes
 * @len: how many
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012).
 *
 * Returns: the hash
 */
guint64 tw_siphash(const guint8 key[TW_SIPHASH_KEY_LEN], const void *data, gsize len);

/**
 * tw_hash_bytes:
 * @data: (array length=len): bytes
 * @len: how many
 *
 * SipHash with a key that this process drew at random: not for anything that is stored or sent.
 *
 * Returns: the hash
 */
guint64 tw_hash_bytes(const void *data, gsize len);

/**
 * tw_hash_str:
 * @key: a NUL-terminated string
 *
 * A #GHashFunc for keys from outside; use with g_str_equal().
 *
 * Returns: the hash
 */
guint tw_hash_str(gconstpointer key);

/**
 * tw_hash_gbytes:
 * @key: a #GBytes
 *
 * A #GHashFunc for keys from outside; use with g_bytes_equal().
 *
 * Returns: the hash
 */
guint tw_hash_gbytes(gconstpointer key);

G_END_DECLS
