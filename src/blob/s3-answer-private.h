/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an S3 server answers, as far as it matters here: one element's text, and the pages of a list. The documents are XML
 * of a fixed form; elements are looked for by name, which takes time linear in their length, and nothing is expanded but the
 * five references of XML itself and those of numbers below 128.
 */
#pragma once

#include <glib.h>

enum {
    TW_S3_MAX_ANSWER = 4 << 20, /* bytes of a document: a server that lies costs no more memory */
    TW_S3_MAX_TEXT = 2048,      /* bytes of one element's text; keys have at most 1024 */
    TW_S3_MAX_PAGE = 1000,      /* objects on a page, as the protocol has it */
    TW_S3_ETAG_SIZE = 128,      /* of an entity tag without its quotes, with its NUL */
};

typedef struct {
    char *key;
    guint64 size;
    char etag[TW_S3_ETAG_SIZE];
} TwS3Listed;

/* Frees what a #TwS3Listed has; for arrays of them. */
void tw_s3_listed_clear(gpointer listed);

/* The text of the first element of that name. (transfer full) (nullable): NULL when there is none, or it is too long, or has
 * markup or control characters in it. */
char *tw_s3_answer_text(const char *xml, gsize len, const char *name);

/* Takes an entity tag out of its quotes. FALSE if it is too long or has other than printing characters. */
gboolean tw_s3_etag_parse(const char *text, gsize len, char ret[TW_S3_ETAG_SIZE]);

/* A page of ListObjectsV2: appends to listed (of TwS3Listed); *ret_next (transfer full) (nullable) is how to ask for the next
 * one. CORRUPT: not such a page; TOO_BIG: more objects than a page has. listed is unchanged on failure. */
gboolean tw_s3_list_parse(
    const char *xml, gsize len, GArray *listed, char **ret_next, GError **error);
