/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-passwd: changes a password, one's own or, for administrators, anybody's. */
#include "base/error.h"
#include "base/program.h"
#include "programs/ask.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_USER = TW_OPTION_OWN,
    OPTION_OLD,
    OPTION_NEW,
};

static const TwOption options[] = {
    { .long_name = "user",
      .short_name = 'u',
      .arg = "NAME",
      .id = OPTION_USER,
      .help = "whose password" },
    { .long_name = "oldpass",
      .short_name = 'o',
      .arg = "PASS",
      .id = OPTION_OLD,
      .help = "the password as it is; who is SYSTEM at the server needs none" },
    { .long_name = "newpass",
      .short_name = 'p',
      .arg = "PASS",
      .id = OPTION_NEW,
      .help = "the new one; asked for when it is not given" },
    { .long_name = "host",
      .short_name = 'h',
      .arg = "URL",
      .id = TW_OPTION_HOST,
      .help = "connect to this server" },
    { .long_name = "config",
      .short_name = 'c',
      .arg = "FILE",
      .id = TW_OPTION_CONFIG,
      .help = "configuration file; keys of other programs are passed over" },
    { .long_name = NULL },
};

static const TwProgram program = {
    .name = "twiga-passwd",
    .config_name = "admin",
    .summary = "change a password",
    .description = "Changes the password of a user at a running server. With the old password (-o, "
                   "or asked for) it logs on as "
                   "that user; with a new one alone (-p) it is done as SYSTEM, over the server's "
                   "Unix socket or with a "
                   "trusted key. Passwords on the command line can be seen by other users of this "
                   "machine. A wrong old "
                   "password is exit 1.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = tw_connect_add_tables,
    .defaults = tw_connect_defaults,
};

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-passwd: %s\n", error->message);
    return code;
}

static TwSecret *
given(const TwOptions *parsed, int id)
{
    const char *text = tw_options_value(parsed, id);

    return text != NULL ? tw_secret_new(text, strlen(text)) : NULL;
}

/* NULL with @error: the user's own session, or SYSTEM's without an old password. */
static TwSession *
open_session(TwServer *server, const char *user, const TwSecret *old, GError **error)
{
    const TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK },
                            .user = user,
                            .password = old,
                            .program = "twiga-passwd" };
    TwSession *session = NULL;

    if (old == NULL)
        return tw_connect_system(server, "twiga-passwd", error);
    return tw_server_logon(server, &logon, &session, NULL, error) ? session : NULL;
}

static gboolean
change(
    TwSession *session, const char *user, const TwSecret *old, const TwSecret *new, GError **error)
{
    g_auto(TwNameFindArgs) find = { .name = user, .type = TW_DIRECTORY_USERS };
    g_auto(TwObjectChangeArgs) change = { .password = new, .old_password = old };

    if (old == NULL) {
        if (!tw_session_name_find(session, &find, error)) {
            g_prefix_error(error, "There is no user \"%s\": ", user);
            return FALSE;
        }
        change.user = find.entry->number;
    }
    return tw_session_object_change(session, &change, error);
}

/* With -p alone the old one is not asked for. FALSE: nobody answered, or twice differently. */
static gboolean
get_passwords(const TwOptions *parsed, TwSecret **ret_old, TwSecret **ret_new, GError **error)
{
    *ret_old = given(parsed, OPTION_OLD);
    *ret_new = given(parsed, OPTION_NEW);
    if (*ret_new != NULL)
        return TRUE;
    if (*ret_old == NULL)
        *ret_old = tw_ask_password("Old password: ", NULL, error);
    if (*ret_old != NULL)
        *ret_new = tw_ask_password("New password: ", "Retype password: ", error);
    return *ret_new != NULL;
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSecret) old = NULL;
    g_autoptr(TwSecret) new = NULL;
    g_autoptr(GError) error = NULL;
    const char *user;

    if (start == NULL)
        return code;
    user = tw_options_value(start->options, OPTION_USER);
    if (user == NULL || *user == '\0') {
        fputs("twiga-passwd: Say whose password with -u.\n", stderr);
        return TW_EXIT_USAGE;
    }
    if (!get_passwords(start->options, &old, &new, &error))
        return give_up(error, TW_EXIT_FAILED);
    server = tw_connect_open(start->config, argv[0], &error);
    if (server == NULL)
        return give_up(error, tw_connect_exit_code(error));
    session = open_session(server, user, old, &error);
    if (session == NULL)
        return give_up(error, old != NULL ? TW_EXIT_FAILED : tw_connect_exit_code(error));
    if (!change(session, user, old, new, &error))
        return give_up(error, TW_EXIT_FAILED);
    puts("Password changed.");
    return TW_EXIT_OK;
}
