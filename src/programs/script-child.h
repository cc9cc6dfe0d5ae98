/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A program of the administrator that a daemon calls and waits for: without a shell, with an environment of its own, and with limits. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_SCRIPT_OUTPUT_MOST =
        16384 /* bytes that are kept of what it says; the rest is read and dropped */
};

/* What is run. All borrowed for the call. */
typedef struct {
    const char *path;               /* absolute; it gets no arguments */
    const char *const *environment; /* "NAME=value", NULL-terminated: all of it */
    int most_ms;                    /* how long it may take */
} TwScript;

/* How it went. */
typedef struct {
    gboolean late; /* it took longer and was killed, with all it had started */
    int status;    /* as waitpid() says */
    GString *said; /* owned: standard output and error */
} TwScriptEnd;

/**
 * tw_script_run:
 * @script: what to run
 * @ret: (out): how it went; to be cleared
 * @error: TW_ERROR_FAILED: it could not be started
 *
 * Runs a program in a session of its own, in "/", with nothing on standard input, no signal blocked and no other file open, and
 * waits for it. What it leaves running in the background goes on, unless it was late.
 *
 * Returns: FALSE: it was not started
 */
gboolean tw_script_run(const TwScript *script, TwScriptEnd *ret, GError **error);

/**
 * tw_script_end_clear:
 * @end: (inout): an end, or one full of zeros
 */
void tw_script_end_clear(TwScriptEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwScriptEnd, tw_script_end_clear)

G_END_DECLS
