/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two mailboxes, a relay, and messages on their way from one to the other. */
#pragma once

#include "groupware/mailbox.h"
#include "session/world.h"
#include "spooler/relay.h"
#include "spooler/spooler.h"

G_BEGIN_DECLS

typedef struct {
    World world;
    WorldUser anna, bert;
    TwMailboxFolders anna_folders, bert_folders;
    TwSession *owner, *system;
    Relay relay;
    TwSpoolerSettings *settings;
    TwConfig *config;
} Post;

void post_open(Post *post, RelayAnswer answer, gconstpointer data);
void post_close(Post *post);
void post_set(Post *post, const char *key, const char *value);
TwObject *post_message(const char *subject);
TwObject *post_add_recipient(
    TwObject *message, guint type, const char *kind, const char *address, const char *name);
void post_set_text(TwObject *message, guint32 tag, const char *text);
guint32 post_submit(Post *post, TwObject *message);
guint post_queue_len(Post *post);
/* Runs the first message of the queue as a program of its own would. */
TwSpoolerResult post_run_first(Post *post, const TwSpoolerHooks *hooks, TwSession *session);
guint post_count_in(Post *post, const WorldUser *user, guint32 folder, guint32 *ret_first);
guint post_sent(Post *post);
guint post_reports(Post *post);
TwObject *post_read_first(Post *post, const WorldUser *user, guint32 folder);
const char *post_mail(Post *post, guint index);
guint post_count_said(Post *post, const char *prefix);
gboolean post_said(Post *post, const char *prefix);

#define assert_contains(text, part)                                                                \
    G_STMT_START                                                                                   \
    {                                                                                              \
        const char *text_ = (text);                                                                \
        if (strstr(text_, (part)) == NULL)                                                         \
            g_error("no \"%s\" in \"%s\"", (part), text_);                                         \
    }                                                                                              \
    G_STMT_END

G_END_DECLS
