/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/secret.h"

#include <string.h>

struct TwSecret {
    gsize len;
    char *bytes; /* len bytes and a NUL */
};

TwSecret *
tw_secret_new(const void *data, gsize len)
{
    TwSecret *secret = g_atomic_rc_box_new0(TwSecret);

    g_assert(len < G_MAXSIZE);
    secret->bytes = g_malloc(len + 1);
    if (len > 0)
        memcpy(secret->bytes, data, len);
    secret->bytes[len] = '\0';
    secret->len = len;
    return secret;
}

TwSecret *
tw_secret_ref(TwSecret *secret)
{
    return g_atomic_rc_box_acquire(secret);
}

static void
clear_secret(gpointer box)
{
    TwSecret *secret = box;

    tw_secret_wipe(secret->bytes, secret->len);
    g_free(secret->bytes);
}

void
tw_secret_unref(TwSecret *secret)
{
    if (secret != NULL)
        g_atomic_rc_box_release_full(secret, clear_secret);
}

gboolean
tw_secret_is_empty(const TwSecret *secret)
{
    return secret->len == 0;
}

gboolean
tw_secret_equal(const TwSecret *secret, const void *data, gsize len)
{
    const guint8 *given = data;
    const guint8 *ours = (const guint8 *) secret->bytes;
    volatile guint8 differs = secret->len != len; /* volatile: no early way out */

    /* past the end of ours the NUL is compared again and again: the time tells nothing of its length */
    for (gsize i = 0; i < len; i++)
        differs = (guint8) (differs | (given[i] ^ ours[MIN(i, secret->len)]));
    return differs == 0;
}

const char *
tw_secret_reveal(const TwSecret *secret, gsize *ret_len)
{
    if (ret_len != NULL)
        *ret_len = secret->len;
    return secret->bytes;
}

void
tw_secret_wipe(void *data, gsize len)
{
    if (len > 0)
        explicit_bzero(data, len);
}
