/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/ask.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"

static gboolean
read_line(char *line, gsize size)
{
    char *end;

    if (fgets(line, (int) size, stdin) == NULL)
        return FALSE;
    end = strchr(line, '\n');
    if (end == NULL)
        return FALSE;
    *end = '\0';
    return TRUE;
}

static gboolean
ask_once(const char *prompt, char *line, gsize size)
{
    struct termios before, quiet;
    gboolean terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    gboolean got;

    fputs(prompt, stderr);
    fflush(stderr);
    if (terminal) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t) ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    got = read_line(line, size);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return got;
}

TwSecret *
tw_ask_password(const char *prompt, const char *again, GError **error)
{
    char first[TW_ASK_MOST_PASSWORD] = "", second[TW_ASK_MOST_PASSWORD] = "";
    TwSecret *secret = NULL;

    if (!ask_once(prompt, first, sizeof first) ||
        (again != NULL && !ask_once(again, second, sizeof second)))
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "No password was given.");
    else if (again != NULL && strcmp(first, second) != 0)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "The passwords do not match.");
    else
        secret = tw_secret_new(first, strlen(first));
    tw_secret_wipe(first, sizeof first);
    tw_secret_wipe(second, sizeof second);
    return secret;
}
