/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Meeting mail handed to a program of the administrator instead of the server's own answer: mr_autoaccepter and
 * mr_autoprocessor, by the contract of spec/config-and-cli.md 19.5: PROGRAM USER CONFIGURATION ENTRYID.
 */
#include "delivery/run-private.h"

#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/log.h"
#include "delivery/child.h"
#include "mapi/tags.h"

enum {
    MOST_MS = 30 * 1000, /* then it is ended: it must not hold the mail */
};

/* What becomes of meetings is a setting of whose mailbox it is; accepting comes before putting into the calendar. */
const char *
tw_run_meeting_program(const TwRun *run, const TwBox *box)
{
    const char *message_class = tw_object_get_text(run->object, PR_MESSAGE_CLASS, "");
    const TwDeliveryOptions *options = run->options;

    if (box->user == NULL || g_ascii_strncasecmp(message_class, "IPM.Schedule.Meeting.",
                                                 strlen("IPM.Schedule.Meeting.")) != 0)
        return NULL;
    if (box->user->meeting & TW_DIRECTORY_ACCEPT)
        return *options->mr_accepter != '\0' ? options->mr_accepter : NULL;
    if (box->user->meeting & TW_DIRECTORY_PROCESS)
        return *options->mr_processor != '\0' ? options->mr_processor : NULL;
    return NULL;
}

static char *
hex_of(GBytes *id)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(id, &len);
    GString *hex = g_string_sized_new(2 * len);

    for (gsize i = 0; i < len; i++)
        g_string_append_printf(hex, "%02X", data[i]);
    return g_string_free(hex, FALSE);
}

static gboolean
run_program(char **argv, GError **error)
{
    g_autoptr(GError) local = NULL;
    int status;
    GPid pid;

    if (!g_spawn_async("/", argv, NULL,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                           G_SPAWN_STDERR_TO_DEV_NULL,
                       NULL, NULL, &pid, &local)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
        return FALSE;
    }
    if (!tw_child_wait(pid, MOST_MS, &status)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "it did not end");
        return FALSE;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "it ended with status %d", status);
    return FALSE;
}

gboolean
tw_run_meeting_by_program(const TwRun *run, const TwBox *box)
{
    const char *path = tw_run_meeting_program(run, box);
    g_auto(TwMessageKeysArgs) keys = { .store = box->place.store, .message = box->message };
    g_autofree char *program = g_strdup(path);
    g_autofree char *login = NULL;
    g_autofree char *config = g_strdup(run->options->config_path);
    g_autofree char *hex = NULL;
    g_autoptr(GError) error = NULL;
    char *argv[5] = { program };

    if (path == NULL || box->message == 0 || box->repeated)
        return FALSE;
    login = argv[1] = g_strdup(box->user->name);
    argv[2] = config;
    if (tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_KEYS, &keys, &error)) {
        hex = argv[3] = hex_of(keys.entry_id);
        if (run_program(argv, &error))
            return path == run->options->mr_accepter;
    }
    tw_log(TW_LOG_WARNING, "meeting-program-failed", tw_log_str(TW_LOG_PROGRAM, path),
           tw_log_str(TW_LOG_USER, box->user->name), tw_log_error(error));
    return FALSE;
}
