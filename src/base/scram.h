/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): what both sides reckon. Messages are written and read elsewhere. Pure.
 *
 *   salted = PBKDF2(password as SASLprep has it, salt, rounds)
 *   client key = HMAC(salted, "Client Key"), server key = HMAC(salted, "Server Key"), stored key = SHA-256(client key)
 *   proof = client key XOR HMAC(stored key, messages), signature = HMAC(server key, messages)
 *
 * Who keeps stored key and server key can check proofs, and neither log on with them nor read the password from them faster than by
 * trying.
 */
#pragma once

#include "base/hash.h"
#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_SCRAM_SALT_LEN = 16, /* of our own salts */
    TW_SCRAM_ROUNDS =
        65536, /* of our own keys: some 25 ms, as long as yescrypt takes; clients spend it too */
};

/* What a server keeps of a password. */
typedef struct {
    guint8 salt[TW_SCRAM_SALT_LEN];
    guint32 rounds;
    guint8 stored[TW_SHA256_LEN], server[TW_SHA256_LEN];
} TwScramKeys;

/**
 * tw_scram_salt_password:
 * @password: of the user
 * @salt: (array length=salt_len): bytes
 * @salt_len: how many, at least one
 * @rounds: how often, at least once; bounded by the caller, as it costs time
 * @ret: (out): to be wiped
 *
 * A password that SASLprep (RFC 4013) refuses, or that is no UTF-8, is taken as its bytes.
 */
void tw_scram_salt_password(const TwSecret *password,
                            const void *salt,
                            gsize salt_len,
                            guint32 rounds,
                            guint8 ret[TW_SHA256_LEN]);

/**
 * tw_scram_prove:
 * @salted: of tw_scram_salt_password()
 * @messages: (array length=len): those of both sides
 * @len: how many bytes
 * @ret_proof: (out): what the client says
 * @ret_signature: (out): what the server must say then
 */
void tw_scram_prove(const guint8 salted[TW_SHA256_LEN],
                    const void *messages,
                    gsize len,
                    guint8 ret_proof[TW_SHA256_LEN],
                    guint8 ret_signature[TW_SHA256_LEN]);

/**
 * tw_scram_keys_make:
 * @keys: (inout): with salt and rounds; gets its keys
 * @password: of the user
 */
void tw_scram_keys_make(TwScramKeys *keys, const TwSecret *password);

/**
 * tw_scram_keys_check:
 * @keys: what is kept
 * @messages: (array length=len): those of both sides
 * @len: how many bytes
 * @proof: what the client said
 * @ret_signature: (out): what the server says when it is right
 *
 * Takes the same time whatever it finds.
 *
 * Returns: whether the client knows the password
 */
gboolean tw_scram_keys_check(const TwScramKeys *keys,
                             const void *messages,
                             gsize len,
                             const guint8 proof[TW_SHA256_LEN],
                             guint8 ret_signature[TW_SHA256_LEN]);

G_END_DECLS
