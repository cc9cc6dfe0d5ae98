/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/hash.h"

#include <string.h>

#include "base/random.h"

void
tw_sha256_init(TwSha256 *hash)
{
    sha256_init(&hash->state);
}

void
tw_sha256_update(TwSha256 *hash, const void *data, gsize len)
{
    if (len > 0)
        sha256_update(&hash->state, len, data);
}

void
tw_sha256_finish(TwSha256 *hash, guint8 ret[TW_SHA256_LEN])
{
    sha256_digest(&hash->state, TW_SHA256_LEN, ret);
}

void
tw_sha256(const void *data, gsize len, guint8 ret[TW_SHA256_LEN])
{
    TwSha256 hash;

    tw_sha256_init(&hash);
    tw_sha256_update(&hash, data, len);
    tw_sha256_finish(&hash, ret);
}

void
tw_hmac_sha256_init(TwHmacSha256 *hmac, const void *key, gsize key_len)
{
    static const guint8 none[1];

    hmac_sha256_set_key(&hmac->state, key_len, key_len > 0 ? key : none);
}

void
tw_hmac_sha256_update(TwHmacSha256 *hmac, const void *data, gsize len)
{
    if (len > 0)
        hmac_sha256_update(&hmac->state, len, data);
}

void
tw_hmac_sha256_finish(TwHmacSha256 *hmac, guint8 ret[TW_SHA256_LEN])
{
    hmac_sha256_digest(&hmac->state, TW_SHA256_LEN, ret);
}

void
tw_hmac_sha256_clear(TwHmacSha256 *hmac)
{
    explicit_bzero(hmac, sizeof *hmac);
}

void
tw_hmac_sha256(
    const void *key, gsize key_len, const void *data, gsize len, guint8 ret[TW_SHA256_LEN])
{
    g_auto(TwHmacSha256) hmac;

    tw_hmac_sha256_init(&hmac, key, key_len);
    tw_hmac_sha256_update(&hmac, data, len);
    tw_hmac_sha256_finish(&hmac, ret);
}

typedef struct {
    guint64 a, b, c, d;
} SipState;

static inline guint64
rotate(guint64 x, guint bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void
sip_round(SipState *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static inline void
sip_word(SipState *s, guint64 word)
{
    s->d ^= word;
    sip_round(s);
    sip_round(s);
    s->a ^= word;
}

static inline guint64
read_word(const guint8 *p)
{
    guint64 word;

    memcpy(&word, p, sizeof word);
    return GUINT64_FROM_LE(word);
}

guint64
tw_siphash(const guint8 key[TW_SIPHASH_KEY_LEN], const void *data, gsize len)
{
    const guint8 *p = data;
    guint64 low = read_word(key), high = read_word(key + 8);
    guint64 last = (guint64) len << 56;
    SipState s = {
        low ^ G_GUINT64_CONSTANT(0x736f6d6570736575), /* "somepseudorandomlygeneratedbytes" */
        high ^ G_GUINT64_CONSTANT(0x646f72616e646f6d),
        low ^ G_GUINT64_CONSTANT(0x6c7967656e657261),
        high ^ G_GUINT64_CONSTANT(0x7465646279746573),
    };

    for (; len >= 8; p += 8, len -= 8)
        sip_word(&s, read_word(p));
    for (gsize i = 0; i < len; i++)
        last |= (guint64) p[i] << (8 * i);
    sip_word(&s, last);
    s.c ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

/* Drawn once; a hash function of GLib cannot be given a context. */
static const guint8 *
process_key(void)
{
    static guint8 key[TW_SIPHASH_KEY_LEN];
    static gsize drawn;

    if (g_once_init_enter(&drawn)) {
        tw_random_bytes(key, sizeof key);
        g_once_init_leave(&drawn, 1);
    }
    return key;
}

guint64
tw_hash_bytes(const void *data, gsize len)
{
    return tw_siphash(process_key(), data, len);
}

guint
tw_hash_str(gconstpointer key)
{
    return (guint) tw_hash_bytes(key, strlen(key));
}

guint
tw_hash_gbytes(gconstpointer key)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): GLib asks for a GBytes that is not const, and only reads it */
    GBytes *bytes = (GBytes *) (guintptr) key;
    gsize len;
    const void *data = g_bytes_get_data(bytes, &len);

    return (guint) tw_hash_bytes(data, len);
}
