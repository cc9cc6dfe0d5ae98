/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What clients say in an exchange of SCRAM (RFC 5802, 5.1 and 7) or by bearer token (RFC 7628, 3.1, and its forerunner XOAUTH2).
 * Pure: bytes in, their meaning out. What is reckoned is in base/scram.h.
 */
#pragma once

#include "base/hash.h"
#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_SCRAM_TEXT_MAX = 4096, /* bytes of a message: it is kept until the exchange ends */
    TW_SCRAM_NAME_MAX = 1024, /* bytes of a name */
    TW_SCRAM_NONCE_MAX = 1024,
    TW_SCRAM_BOUND_MAX = 1024, /* bytes of a channel binding */
};

typedef enum {
    TW_SCRAM_UNBOUND,  /* "n": the client knows of no channel binding */
    TW_SCRAM_UNWANTED, /* "y": it does, and thinks that the server does not */
    TW_SCRAM_BOUND,    /* "p=..." */
} TwScramBinding;

/* client-first-message. Texts are owned. */
typedef struct {
    TwScramBinding binding;
    char *binding_name; /* BOUND: such as "tls-exporter" */
    char *impersonate;  /* (nullable): authorization identity */
    char *user;
    char *head; /* all of it that stands before @bare */
    char *bare;
    char *nonce; /* the client's half */
} TwScramFirst;

/* client-final-message. */
typedef struct {
    guint8 bound[TW_SCRAM_BOUND_MAX]; /* the head of the first message, and the channel's bytes */
    gsize bound_len;
    const char *nonce; /* borrowed, as the others: no NUL ends it */
    gsize nonce_len;
    gsize proved_len; /* bytes of the message that are proved: those before ",p=" */
    guint8 proof[TW_SHA256_LEN];
} TwScramFinal;

/**
 * tw_scram_first_read:
 * @bytes: (array length=len): what the client said, decoded
 * @len: how many bytes
 * @ret: (out): what it means; to be cleared
 *
 * Returns: FALSE if it is no such message, or asks for an extension that must be known; @ret is zero then
 */
gboolean tw_scram_first_read(const char *bytes, gsize len, TwScramFirst *ret);

/**
 * tw_scram_first_clear:
 * @first: a message, or zero
 */
void tw_scram_first_clear(TwScramFirst *first);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwScramFirst, tw_scram_first_clear)

/**
 * tw_scram_final_read:
 * @bytes: (array length=len): what the client said, decoded
 * @len: how many bytes
 * @ret: (out): what it means
 *
 * Returns: FALSE if it is no such message
 */
gboolean tw_scram_final_read(const char *bytes, gsize len, TwScramFinal *ret);

/* A client's words by bearer token. */
typedef struct {
    char *user;      /* owned, nullable: who it says it is */
    TwSecret *token; /* owned */
} TwBearer;

/**
 * tw_bearer_read:
 * @bytes: (array length=len): what the client said by OAUTHBEARER, decoded
 * @len: how many bytes
 * @ret: (out): what it means; to be cleared
 *
 * Host and port are passed over: what connection it is the server knows.
 *
 * Returns: FALSE if it is no such message, or binds a channel; @ret is zero then
 */
gboolean tw_bearer_read(const char *bytes, gsize len, TwBearer *ret);

/**
 * tw_bearer_read_old:
 * @bytes: (array length=len): what the client said by XOAUTH2, decoded
 * @len: how many bytes
 * @ret: (out): what it means; to be cleared
 *
 * Returns: FALSE if it is no such message; @ret is zero then
 */
gboolean tw_bearer_read_old(const char *bytes, gsize len, TwBearer *ret);

/**
 * tw_bearer_clear:
 * @bearer: what was read, or zero
 */
void tw_bearer_clear(TwBearer *bearer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwBearer, tw_bearer_clear)

G_END_DECLS
