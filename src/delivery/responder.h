/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Out-of-office answers by a program of the administrator: the contract of spec/config-and-cli.md 7. */
#pragma once

#include "groupware/compose.h"
#include "groupware/oof.h"

G_BEGIN_DECLS

enum {
    TW_RESPONDER_MS = 30 * 1000, /* then the program is ended: it must not hold the mail */
};

typedef struct {
    const char *program; /* path */
    const char *folder;  /* for the files it is given */
    const char *login;   /* of who is away */
    TwOofPlace place;
    const guint8 *header; /* the mail, whose header it may read */
    gsize header_len;
} TwResponderCall;

/**
 * tw_responder_call:
 * @call: what to call
 * @original: the message that is answered
 * @owner: who is away
 * @answer: what is to be said
 * @error: TW_ERROR_FAILED: it cannot be run, or said that it failed; TIMEOUT; NO_SPACE
 *
 * Runs the program, not through a shell, with a complete mail in a file, and waits for it. Whom it answers how often is its
 * own affair.
 *
 * Returns: FALSE on failure
 */
gboolean tw_responder_call(const TwResponderCall *call,
                           const TwObject *original,
                           const TwComposeOwner *owner,
                           const TwComposeAnswer *answer,
                           GError **error);

/**
 * tw_responder_mail:
 * @original: the message that is answered
 * @owner: who is away
 * @answer: what is to be said
 *
 * Returns: (transfer full): the complete mail, with CR LF: header fields cannot be smuggled in by any text
 */
GString *tw_responder_mail(const TwObject *original,
                           const TwComposeOwner *owner,
                           const TwComposeAnswer *answer);

G_END_DECLS
