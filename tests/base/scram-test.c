/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/scram.h"

#include <string.h>

#include "base/base64.h"
#include "support/assert-bytes.h"

/* The example of RFC 7677, 3. */
static const char messages[] =
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
static const char proof_text[] = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
static const char signature_text[] = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

static void
decode(const char *text, void *ret, gsize len)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(256);

    g_assert_true(tw_base64_decode(&bytes, text, strlen(text), TW_BASE64_STANDARD, NULL));
    g_assert_cmpuint(bytes.len, ==, len);
    memcpy(ret, bytes.data, len);
}

static void
test_example(void)
{
    g_autoptr(TwSecret) password = tw_secret_new("pencil", 6);
    g_autoptr(TwSecret) other = tw_secret_new("pencio", 6);
    guint8 wanted[TW_SHA256_LEN], said[TW_SHA256_LEN];
    guint8 salted[TW_SHA256_LEN], proof[TW_SHA256_LEN], signature[TW_SHA256_LEN];
    TwScramKeys keys = { .rounds = 4096 };

    decode(proof_text, wanted, sizeof wanted);
    decode(signature_text, said, sizeof said);
    decode("W22ZaJ0SNY7soEsUEjb6gQ==", keys.salt, sizeof keys.salt);
    tw_scram_salt_password(password, keys.salt, sizeof keys.salt, 4096, salted);
    tw_scram_prove(salted, messages, strlen(messages), proof, signature);
    assert_bytes(proof, sizeof proof, wanted, sizeof wanted);
    assert_bytes(signature, sizeof signature, said, sizeof said);

    tw_scram_keys_make(&keys, password);
    memset(signature, 0, sizeof signature);
    g_assert_true(tw_scram_keys_check(&keys, messages, strlen(messages), proof, signature));
    assert_bytes(signature, sizeof signature, said, sizeof said);
    g_assert_false(tw_scram_keys_check(&keys, messages, strlen(messages) - 1, proof, signature));
    for (guint i = 0; i < sizeof proof; i++) {
        proof[i] ^= 1;
        g_assert_false(tw_scram_keys_check(&keys, messages, strlen(messages), proof, signature));
        proof[i] ^= 1;
    }
    tw_scram_keys_make(&keys, other);
    g_assert_false(tw_scram_keys_check(&keys, messages, strlen(messages), proof, signature));
}

/* RFC 4013, 3, and what it cannot prepare: the same password or not. */
static void
test_prepared(void)
{
    static const struct {
        const char *name, *one, *other;
        gboolean same;
    } cases[] = {
        { "a soft hyphen is nothing", "I\xc2\xadX", "IX", TRUE },
        { "case stays", "user", "USER", FALSE },
        { "a feminine ordinal", "\xc2\xaa", "a", TRUE },
        { "roman nine", "\xe2\x85\xa8", "IX", TRUE },
        { "composed or not", "\xc3\xbc", "u\xcc\x88", TRUE },
        { "a space of another kind",
          "a\xc2\xa0"
          "b",
          "a b", TRUE },
        { "what is refused stays as it is", "\x07", "", FALSE },
        { "no UTF-8", "\xff", "\xfe", FALSE },
    };
    guint8 one[TW_SHA256_LEN], other[TW_SHA256_LEN];

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwSecret) a = tw_secret_new(cases[i].one, strlen(cases[i].one));
        g_autoptr(TwSecret) b = tw_secret_new(cases[i].other, strlen(cases[i].other));

        g_test_message("%s", cases[i].name);
        tw_scram_salt_password(a, "salt", 4, 1, one);
        tw_scram_salt_password(b, "salt", 4, 1, other);
        g_assert_true((memcmp(one, other, sizeof one) == 0) == cases[i].same);
    }
}

/* Longer than what is prepared at once: as its bytes, not cut. */
static void
test_long(void)
{
    g_autofree char *text = g_strnfill(30000, 'x');
    guint8 one[TW_SHA256_LEN], other[TW_SHA256_LEN];
    g_autoptr(TwSecret) a = NULL, b = NULL;

    text[0] = (char) 0xc3;
    text[1] = (char) 0xbc;
    a = tw_secret_new(text, 30000);
    text[29999] = 'y';
    b = tw_secret_new(text, 30000);
    tw_scram_salt_password(a, "salt", 4, 1, one);
    tw_scram_salt_password(b, "salt", 4, 1, other);
    g_assert_cmpint(memcmp(one, other, sizeof one), !=, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/scram/rfc7677-3", test_example);
    g_test_add_func("/base/scram/prepared", test_prepared);
    g_test_add_func("/base/scram/long", test_long);
    return g_test_run();
}
