/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

void
tw_random_bytes(void *ret, gsize len)
{
    guint8 *at = ret;

    while (len > 0) {
        gssize got = getrandom(at, len, 0);

        if (got < 0) {
            if (errno == EINTR)
                continue;
            g_error("getrandom: %s", g_strerror(errno));
        }
        at += got;
        len -= (gsize) got;
    }
}

guint64
tw_random_u64(void)
{
    guint64 value;

    tw_random_bytes(&value, sizeof value);
    return value;
}
