/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Comparing bytes in tests: g_assert_cmpmem() takes int lengths, which our warnings refuse. */
#pragma once

#include <glib.h>
#include <string.h>

#define assert_bytes(a, a_len, b, b_len)                                                           \
    G_STMT_START                                                                                   \
    {                                                                                              \
        gsize a_len_ = (a_len), b_len_ = (b_len);                                                  \
        g_assert_cmpuint(a_len_, ==, b_len_);                                                      \
        if (a_len_ > 0)                                                                            \
            g_assert_cmpint(memcmp((a), (b), a_len_), ==, 0);                                      \
    }                                                                                              \
    G_STMT_END
