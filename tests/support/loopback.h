/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where tests serve and connect: on 127.0.0.1, or on ::1 if TW_TEST_LOOPBACK says so (`./test --ipv6`). */
#pragma once

#include <glib.h>

static inline gboolean
loopback_is_6(void)
{
    return g_strcmp0(g_getenv("TW_TEST_LOOPBACK"), "::1") == 0;
}

static inline const char *
loopback_host(void)
{
    return loopback_is_6() ? "::1" : "127.0.0.1";
}

/* As it stands in a listen key. */
static inline const char *
loopback_any_port(void)
{
    return loopback_is_6() ? "[::1]:0" : "127.0.0.1:0";
}
