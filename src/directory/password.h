/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Password hashes: made with yescrypt (libxcrypt), and everything an older installation may hold is checked too.
 *
 *   stored text                      what                                       checked   made
 *   $y$...                           yescrypt, cost 1 to 8                      yes       yes, cost 5
 *   $6$... $5$... (rounds=)          SHA-512 and SHA-256 crypt                  yes       no
 *   $2a$... $2b$... $2y$...          bcrypt, cost 4 to 12                       yes       no
 *   8 + 32 hexadecimal digits        salt, MD5 of salt and password: Zarafa     yes       no
 *
 * Anything else, and a cost outside its bounds (a stored number must not stop the server), is never right. A check of
 * anything that is not our own form also costs one yescrypt (about 25 ms of processor time and 16 MiB for that long),
 * so that the answer's time does not tell whether a user is there or has an old hash. What is left of a
 * difference: bcrypt and SHA-crypt come on top.
 */
#pragma once

#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_PASSWORD_MOST_LEN = 511,       /* bytes of a password: what libxcrypt takes */
    TW_PASSWORD_MOST_HASH = 255,      /* bytes of a stored hash */
    TW_PASSWORD_MOST_ROUNDS = 200000, /* of SHA-crypt: about a second */
};

typedef enum {
    TW_PASSWORD_WRONG,
    TW_PASSWORD_RIGHT,
    TW_PASSWORD_RIGHT_BUT_OLD, /* right; store what tw_password_hash() makes of it instead */
} TwPasswordVerdict;

/**
 * tw_password_hash:
 * @password: the new password
 * @error: TW_ERROR_INVALID: empty or with a NUL in it; TW_ERROR_TOO_BIG; TW_ERROR_FAILED: no memory
 *
 * Takes as long as a login. Any thread.
 *
 * Returns: (transfer full): the text to store, or NULL
 */
char *tw_password_hash(const TwSecret *password, GError **error);

/**
 * tw_password_check:
 * @hash: (nullable): a stored text; NULL for a user who is not there or has no password
 * @password: what a client sent
 *
 * Compares in constant time. Any thread.
 *
 * Returns: whether they belong together; never for an empty password
 */
TwPasswordVerdict tw_password_check(const char *hash, const TwSecret *password);

/**
 * tw_password_is_hash:
 * @text: (array length=len): a text that may be a stored hash
 * @len: how many bytes
 *
 * For those who take over hashes from elsewhere.
 *
 * Returns: TRUE if it has a form of the list above
 */
gboolean tw_password_is_hash(const char *text, gsize len);

G_END_DECLS
