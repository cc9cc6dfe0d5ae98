/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/progress.h"

#include <stdio.h>
#include <unistd.h>

void
tw_progress_init(TwProgress *progress, gboolean asked)
{
    *progress = (TwProgress){ .shows = asked || isatty(STDERR_FILENO) };
}

void
tw_progress_say(TwProgress *progress, const char *what, guint64 done, guint64 total)
{
    gint64 now_us = g_get_monotonic_time();

    if (progress == NULL || !progress->shows)
        return;
    if (now_us < progress->next_us && (total == 0 || done != total))
        return;
    progress->next_us = now_us + G_USEC_PER_SEC;
    if (total == 0)
        fprintf(stderr, "%s: %" G_GUINT64_FORMAT "\n", what, done);
    else
        fprintf(stderr, "%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT "\n", what, done, total);
}

void
tw_progress_begin(TwProgress *progress, const char *what)
{
    if (progress != NULL && progress->shows)
        fprintf(stderr, "%s ...\n", what);
}
