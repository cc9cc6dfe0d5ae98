/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords from a terminal, or from a pipe that stands for one. */
#pragma once

#include <glib.h>

#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_ASK_MOST_PASSWORD =
        1024 /* bytes of a line; what is longer is no password that could be checked */
};

/**
 * tw_ask_password:
 * @prompt: what to ask for, on standard error
 * @again: (nullable): what to ask the second time; both must be the same
 * @error: TW_ERROR_INVALID, with a sentence: nothing was given, or the two differ
 *
 * Reads a line of standard input, without showing it on a terminal.
 *
 * Returns: (transfer full): the password, or NULL
 */
TwSecret *tw_ask_password(const char *prompt, const char *again, GError **error);

G_END_DECLS
