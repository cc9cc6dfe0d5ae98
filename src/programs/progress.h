/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How far a long job is, on standard error: for who sits before it, or who asked for it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lines of one program; all zero: none are shown. */
typedef struct {
    gboolean shows;
    gint64 next_us; /* monotonic time from which the next line may come */
} TwProgress;

/**
 * tw_progress_init:
 * @progress: (out): what tells
 * @asked: an option asked for it
 *
 * It is shown where standard error is a terminal, too.
 */
void tw_progress_init(TwProgress *progress, gboolean asked);

/**
 * tw_progress_say:
 * @progress: (nullable): what tells
 * @what: what is counted: "folders"
 * @done: how many are
 * @total: of how many; 0: nobody knows
 *
 * Prints a line at most once a second, whatever is counted; the first one, and that all are done, always.
 */
void tw_progress_say(TwProgress *progress, const char *what, guint64 done, guint64 total);

/**
 * tw_progress_begin:
 * @progress: (nullable): what tells
 * @what: a job of one step that may take long: "purging at the server"
 *
 * Prints a line.
 */
void tw_progress_begin(TwProgress *progress, const char *what);

G_END_DECLS
