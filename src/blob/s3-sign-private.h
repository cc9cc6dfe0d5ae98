/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Signature Version 4, as AWS describes it ("Authenticating Requests: Using the Authorization Header"): functions of their
 * input, without clock or sockets.
 *
 *   canonical = METHOD \n PATH \n QUERY \n name:value \n ... \n \n name;name... \n SHA256(payload)
 *   string    = AWS4-HMAC-SHA256 \n TIME \n DAY/REGION/SERVICE/aws4_request \n SHA256(canonical)
 *   signature = HMAC(HMAC(HMAC(HMAC(HMAC("AWS4" SECRET, DAY), REGION), SERVICE), "aws4_request"), string)
 */
#pragma once

#include "base/secret.h"

#include <glib.h>

enum {
    TW_S3_TIME_SIZE = 17, /* of "20130524T000000Z" with its NUL */
};

typedef struct {
    const char *name, *value;
} TwS3Pair;

typedef struct {
    const char *method;
    const char *path;  /* as it goes over the wire: tw_s3_escape_path() */
    const char *query; /* tw_s3_print_query() */
    /* names in lower case; all of them are signed; sorted in place */
    TwS3Pair *headers;
    guint header_count;
    const char *payload_hash; /* SHA-256 in hexadecimal: what x-amz-content-sha256 says too */
} TwS3Request;

typedef struct {
    const char *access_key;
    const TwSecret *secret;
    const char *region, *service;
} TwS3Identity;

/* The name of an object in a URL: all but unreserved characters and "/" as %XX. (transfer full) */
char *tw_s3_escape_path(const char *path);

/* The query of a URL, sorted, each pair with its "=", as it is signed and as it is sent; sorts in place. (transfer full) */
char *tw_s3_print_query(TwS3Pair *pairs, guint count);

/* The canonical form of a request; *ret_signed gets the names of the headers. (transfer full) */
char *tw_s3_print_canonical(const TwS3Request *request, char **ret_signed);

/* The value of the Authorization header; time is of the form of tw_s3_print_time(). (transfer full) */
char *tw_s3_authorize(const TwS3Request *request, const TwS3Identity *identity, const char *time);

/* A time in microseconds since 1970 as x-amz-date has it. */
void tw_s3_print_time(gint64 us, char ret[TW_S3_TIME_SIZE]);

/* SHA-256 in hexadecimal. (transfer full) */
char *tw_s3_hash(const void *data, gsize len);
