/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the S3 server of with-s3-peer.py is, and what it shall do wrong. */
#pragma once

#include "blob/blob.h"

#include <string.h>

/* The bucket of the peer; secret is lent. Small waits, since what fails here fails on purpose. */
static inline TwBlobS3
tw_test_s3(char host[32], TwSecret *secret)
{
    TwBlobS3 s3 = TW_BLOB_S3_INIT;

    g_snprintf(host, 32, "127.0.0.1:%s", g_getenv("TW_S3_PORT"));
    s3.host = host;
    s3.tls = FALSE;
    s3.path_style = TRUE;
    s3.bucket = "mail";
    s3.access_key = "key";
    s3.secret = secret;
    s3.wait_ms = 1;
    s3.timeout_ms = 1000;
    s3.tries = 4;
    return s3;
}

/* Says what goes wrong from now on, see s3_peer.py; "" for nothing. */
static inline void
tw_test_s3_faults(const char *text)
{
    g_assert_true(g_file_set_contents(g_getenv("TW_S3_FAULTS"), text, -1, NULL));
}

/* How often the peer was asked something whose line in the log begins with text, since the log was cleared. */
static inline guint
tw_test_s3_asked(const char *text)
{
    g_autofree char *log = NULL;
    guint count = 0;

    g_assert_true(g_file_get_contents(g_getenv("TW_S3_LOG"), &log, NULL, NULL));
    for (const char *at = log; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
        at += *at == '\n';
        count += g_str_has_prefix(at, text) ? 1 : 0;
    }
    return count;
}

static inline void
tw_test_s3_forget(void)
{
    g_assert_true(g_file_set_contents(g_getenv("TW_S3_LOG"), "", 0, NULL));
}
