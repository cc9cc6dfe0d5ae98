/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Options: each connection keeps those that were in force when it came. */
#include "imap/options.h"

const TwImapOptions tw_imap_default_options = {
    .mail_max = G_GUINT64_CONSTANT(128) << 20,
    .fails_max = 10,
    .only_mail = TRUE,
    .public_folders = TRUE,
    .idle = TRUE,
    .progress_s = 10,
};

typedef struct {
    TwImapOptions options;
    char *greeting_name; /* what the options borrow */
} Options;

TwImapOptions *
tw_imap_options_copy(const TwImapOptions *options)
{
    Options *copy = g_atomic_rc_box_new0(Options);

    copy->options = *options;
    copy->options.greeting_name = copy->greeting_name = g_strdup(options->greeting_name);
    return &copy->options;
}

static void
clear_options(gpointer data)
{
    g_free(((Options *) data)->greeting_name);
}

void
tw_imap_options_release(TwImapOptions *options)
{
    g_atomic_rc_box_release_full(options, clear_options);
}

TwImapOptions *
tw_imap_options_ref(TwImapOptions *options)
{
    return g_atomic_rc_box_acquire(options);
}
