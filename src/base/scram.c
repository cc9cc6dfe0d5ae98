/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/scram.h"

#include <nettle/pbkdf2.h>
#include <string.h>
#include <unicode/usprep.h>
#include <unicode/ustring.h>

enum {
    PREPARED_MOST = 8192, /* units of a prepared password; a longer one is taken as its bytes */
};

/* ---- passwords ---- */

static gboolean
is_plain(const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (text[i] < ' ' || text[i] == 0x7f)
            return FALSE;
    }
    return TRUE;
}

/* RFC 4013; NULL: it cannot be prepared. */
static TwSecret *
prepare(const char *text, gsize len)
{
    g_autofree UChar *in = g_new(UChar, PREPARED_MOST), *out = g_new(UChar, PREPARED_MOST);
    g_autofree char *bytes = g_malloc(3 * PREPARED_MOST);
    UErrorCode status = U_ZERO_ERROR;
    UStringPrepProfile *profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
    int32_t in_len = 0, out_len = 0, bytes_len = 0;
    TwSecret *secret = NULL;

    if (len <= G_MAXINT32)
        u_strFromUTF8(in, PREPARED_MOST, &in_len, text, (int32_t) len, &status);
    if (U_SUCCESS(status))
        out_len = usprep_prepare(profile, in, in_len, out, PREPARED_MOST, USPREP_ALLOW_UNASSIGNED,
                                 NULL, &status);
    if (U_SUCCESS(status))
        u_strToUTF8(bytes, 3 * PREPARED_MOST, &bytes_len, out, out_len, &status);
    if (U_SUCCESS(status) && bytes_len > 0)
        secret = tw_secret_new(bytes, (gsize) bytes_len);
    tw_secret_wipe(in, sizeof *in * PREPARED_MOST);
    tw_secret_wipe(out, sizeof *out * PREPARED_MOST);
    tw_secret_wipe(bytes, 3 * PREPARED_MOST);
    if (profile != NULL)
        usprep_close(profile);
    return secret;
}

void
tw_scram_salt_password(const TwSecret *password,
                       const void *salt,
                       gsize salt_len,
                       guint32 rounds,
                       guint8 ret[TW_SHA256_LEN])
{
    gsize len;
    const char *text = tw_secret_reveal(password, &len);
    g_autoptr(TwSecret) prepared = is_plain(text, len) ? NULL : prepare(text, len);

    if (prepared != NULL)
        text = tw_secret_reveal(prepared, &len);
    pbkdf2_hmac_sha256(len, (const guint8 *) text, rounds, salt_len, salt, TW_SHA256_LEN, ret);
}

/* ---- keys ---- */

/* The client key into @client, the rest into @keys. */
static void
make_keys(const guint8 salted[TW_SHA256_LEN], guint8 client[TW_SHA256_LEN], TwScramKeys *keys)
{
    static const char client_text[] = "Client Key", server_text[] = "Server Key";

    tw_hmac_sha256(salted, TW_SHA256_LEN, client_text, strlen(client_text), client);
    tw_hmac_sha256(salted, TW_SHA256_LEN, server_text, strlen(server_text), keys->server);
    tw_sha256(client, TW_SHA256_LEN, keys->stored);
}

void
tw_scram_prove(const guint8 salted[TW_SHA256_LEN],
               const void *messages,
               gsize len,
               guint8 ret_proof[TW_SHA256_LEN],
               guint8 ret_signature[TW_SHA256_LEN])
{
    guint8 client[TW_SHA256_LEN];
    TwScramKeys keys = { 0 };

    make_keys(salted, client, &keys);
    tw_hmac_sha256(keys.stored, sizeof keys.stored, messages, len, ret_proof);
    for (guint i = 0; i < TW_SHA256_LEN; i++)
        ret_proof[i] ^= client[i];
    tw_hmac_sha256(keys.server, sizeof keys.server, messages, len, ret_signature);
    tw_secret_wipe(client, sizeof client);
    tw_secret_wipe(&keys, sizeof keys);
}

void
tw_scram_keys_make(TwScramKeys *keys, const TwSecret *password)
{
    guint8 salted[TW_SHA256_LEN], client[TW_SHA256_LEN];

    tw_scram_salt_password(password, keys->salt, sizeof keys->salt, keys->rounds, salted);
    make_keys(salted, client, keys);
    tw_secret_wipe(salted, sizeof salted);
    tw_secret_wipe(client, sizeof client);
}

gboolean
tw_scram_keys_check(const TwScramKeys *keys,
                    const void *messages,
                    gsize len,
                    const guint8 proof[TW_SHA256_LEN],
                    guint8 ret_signature[TW_SHA256_LEN])
{
    guint8 client[TW_SHA256_LEN], stored[TW_SHA256_LEN], differ = 0;

    tw_hmac_sha256(keys->stored, sizeof keys->stored, messages, len, client);
    for (guint i = 0; i < TW_SHA256_LEN; i++)
        client[i] ^= proof[i];
    tw_sha256(client, sizeof client, stored);
    for (guint i = 0; i < TW_SHA256_LEN; i++)
        differ |= stored[i] ^ keys->stored[i];
    tw_hmac_sha256(keys->server, sizeof keys->server, messages, len, ret_signature);
    tw_secret_wipe(client, sizeof client);
    return differ == 0;
}
