/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677), the client's side, without channel binding: the relay learns nothing that opens the account
 * elsewhere, and shows that it knew the password too. Pure.
 */
#pragma once

#include "base/hash.h"
#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_SCRAM_MESSAGE_MAX = 4096, /* bytes of a message of the relay */
    TW_SCRAM_SALT_MAX = 1024,    /* bytes of a salt */
    TW_SCRAM_LEAST_ROUNDS =
        4096, /* RFC 7677, 4; a relay that asks for fewer wants the password guessed */
    TW_SCRAM_MOST_ROUNDS =
        1000000, /* half a second; without it a relay keeps a worker as long as it likes */
};

typedef struct {
    char *bare;                            /* owned: the first message without its head */
    char *nonce;                           /* owned: our half */
    guint8 proof_of_server[TW_SHA256_LEN]; /* what its last message must say */
} TwScram;

/**
 * tw_scram_begin:
 * @scram: (out caller-allocates): to be cleared
 * @user: who logs on
 * @nonce: printable, without a comma, never used before
 *
 * Returns: (transfer full): the first message
 */
char *tw_scram_begin(TwScram *scram, const char *user, const char *nonce);

/**
 * tw_scram_answer:
 * @scram: begun
 * @said: (array length=len): the relay's first message
 * @len: how many bytes
 * @password: of the user
 * @error: on failure TW_ERROR_CORRUPT: it is no such message, or not for us; TOO_COMPLEX: too many rounds; NO_ACCESS: too few
 *
 * Returns: (transfer full): the last message, or NULL
 */
char *tw_scram_answer(
    TwScram *scram, const char *said, gsize len, const TwSecret *password, GError **error);

/**
 * tw_scram_is_server:
 * @scram: answered
 * @said: (array length=len): the relay's last message
 * @len: how many bytes
 *
 * Returns: whether it knows the password
 */
gboolean tw_scram_is_server(const TwScram *scram, const char *said, gsize len);

/**
 * tw_scram_clear:
 * @scram: begun, or zeros
 */
void tw_scram_clear(TwScram *scram);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwScram, tw_scram_clear)

G_END_DECLS
