/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-oof: shows and sets out of office of a mailbox: the switch, the window and the texts. */
#include "base/error.h"
#include "base/program.h"
#include "base/time.h"
#include "groupware/oof.h"
#include "mapi/tags.h"
#include "programs/admin-print.h"
#include "programs/ask.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_USER = TW_OPTION_OWN,
    OPTION_MODE,
    OPTION_SUBJECT,
    OPTION_MESSAGE,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_KEY,
    OPTION_ASK_KEY,
    OPTION_ASK,
    OPTION_PASSWORD,
    OPTION_DUMP,
    MOST_TEXT = 1 << 20, /* bytes of a text */
    MOST_CHANGES = 6,    /* properties that one call sets */
};

/* clang-format off */
static const TwOption options[] = {
    { "user", 'u', "NAME", OPTION_USER, "whose mailbox" },
    { "mode", 'm', "0|1", OPTION_MODE, "switch it off or on" },
    { "subject", 't', "TEXT", OPTION_SUBJECT, "subject of the answer" },
    { "message", 'n', "FILE", OPTION_MESSAGE, "its text, in UTF-8" },
    { "from", 0, "TIME", OPTION_FROM, "when the absence begins: YYYY-MM-DD HH:MM of the local zone, or infinite" },
    { "until", 0, "TIME", OPTION_UNTIL, "when it ends, likewise" },
    { "to", 0, "TIME", OPTION_UNTIL, "as --until" },
    { "sslkey", 's', "FILE", OPTION_KEY, "our certificate with its key, for https" },
    { NULL, 'P', NULL, OPTION_ASK_KEY, "ask for the password of that key" },
    { NULL, 'x', NULL, OPTION_ASK, "log on as the user, and ask for their password" },
    { "password", 'p', "PASS", OPTION_PASSWORD, "log on as the user, with this password" },
    { "dump-json", 0, NULL, OPTION_DUMP, "no effect: JSON is always printed" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server" },
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "configuration file; keys of other programs are passed over" },
    { NULL, 0, NULL, 0, NULL },
};
/* clang-format on */

static const TwProgram program = {
    .name = "twiga-oof",
    .config_name = "admin",
    .summary = "show and set out of office",
    .description =
        "Changes what options name of the out-of-office settings of a mailbox at a running server, "
        "and prints as JSON what is set then. Without -p, -x or OOF_PASSWORD in the environment it "
        "is done as SYSTEM, over the server's Unix socket or with a trusted key, whose password "
        "may be in OOF_SSL_PASSWORD. The historic form is known too: USER 0|1|- [SUBJECT] "
        "[MESSAGEFILE], where - changes texts alone, and only while the switch is off. Passwords "
        "on the command line can be seen by other users of this machine. A wrong password is "
        "exit 1.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = tw_connect_add_tables,
    .defaults = tw_connect_defaults,
};

typedef struct {
    const char *user;
    const char *subject; /* (nullable): as it is */
    char *message;       /* owned (nullable): as it is */
    gint64 from, until;  /* FILETIME; 0: open */
    gboolean has_from, has_until;
    gboolean has_mode, on;
    gboolean only_off; /* nothing is changed while it is on */
} Wish;

static void
wish_clear(Wish *wish)
{
    g_free(wish->message);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wish, wish_clear)

/* ---- what is asked ---- */

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
read_mode(const char *text, Wish *wish, GError **error)
{
    if (text == NULL)
        return TRUE;
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return refuse(error, "The switch is 0 or 1.");
    wish->has_mode = TRUE;
    wish->on = *text == '1';
    return TRUE;
}

/* The number in @len digits at @text; the caller knows that they are digits. */
static gint
digits(const char *text, guint len)
{
    gint number = 0;

    for (guint i = 0; i < len; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

static gboolean
looks_like_time(const char *text)
{
    static const char form[] = "0000-00-00 00:00";

    if (strlen(text) != strlen(form))
        return FALSE;
    for (guint i = 0; form[i] != '\0'; i++) {
        if (form[i] == '0' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_time(const char *text, gboolean *ret_has, gint64 *ret, GError **error)
{
    g_autoptr(GDateTime) at = NULL;
    guint64 filetime;

    if (text == NULL)
        return TRUE;
    *ret_has = TRUE;
    *ret = 0;
    if (strcmp(text, "infinite") == 0)
        return TRUE;
    if (looks_like_time(text))
        at = g_date_time_new_local(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2),
                                   digits(text + 11, 2), digits(text + 14, 2), 0);
    if (at == NULL || !tw_time_to_filetime(g_date_time_to_unix(at) * TW_US_PER_S, &filetime))
        return refuse(error, "A time is YYYY-MM-DD HH:MM, or infinite.");
    *ret = (gint64) filetime;
    return TRUE;
}

static gboolean
read_message(const char *path, Wish *wish, GError **error)
{
    gsize len = 0;

    if (path == NULL)
        return TRUE;
    if (!g_file_get_contents(path, &wish->message, &len, error))
        return FALSE;
    if (len > MOST_TEXT)
        return refuse(error, "The text is too long.");
    return g_utf8_validate_len(wish->message, len, NULL) ||
           refuse(error, "The text is not in UTF-8.");
}

/* USER 0|1|- [SUBJECT] [MESSAGEFILE]. */
static gboolean
read_words(const TwOptions *parsed, Wish *wish, GError **error)
{
    const char *words[4] = { NULL };
    guint count = parsed->words->len;

    if (count == 0)
        return TRUE;
    if (count < 2 || count > G_N_ELEMENTS(words) || tw_options_has(parsed, OPTION_USER) ||
        tw_options_has(parsed, OPTION_MODE))
        return refuse(error, "Without options: USER 0|1|- [SUBJECT] [MESSAGEFILE].");
    for (guint i = 0; i < count; i++)
        words[i] = parsed->words->pdata[i];
    wish->user = words[0];
    wish->only_off = strcmp(words[1], "-") == 0;
    if (words[2] != NULL)
        wish->subject = words[2];
    return (wish->only_off || read_mode(words[1], wish, error)) &&
           read_message(words[3], wish, error);
}

static gboolean
read_wish(const TwOptions *parsed, Wish *wish, GError **error)
{
    wish->user = tw_options_value(parsed, OPTION_USER);
    wish->subject = tw_options_value(parsed, OPTION_SUBJECT);
    if (!read_mode(tw_options_value(parsed, OPTION_MODE), wish, error) ||
        !read_time(tw_options_value(parsed, OPTION_FROM), &wish->has_from, &wish->from, error) ||
        !read_time(tw_options_value(parsed, OPTION_UNTIL), &wish->has_until, &wish->until, error) ||
        !read_words(parsed, wish, error))
        return FALSE;
    if (wish->user == NULL || *wish->user == '\0')
        return refuse(error, "Say whose mailbox with -u.");
    if (wish->subject != NULL &&
        (strlen(wish->subject) > MOST_TEXT || !g_utf8_validate(wish->subject, -1, NULL)))
        return refuse(error, "The subject is too long, or not in UTF-8.");
    if (wish->message != NULL && tw_options_has(parsed, OPTION_MESSAGE))
        return refuse(error, "Give one text.");
    return read_message(tw_options_value(parsed, OPTION_MESSAGE), wish, error);
}

/* ---- the mailbox ---- */

static gboolean
load(TwSession *session, const TwGuid *store, TwOof *ret, GError **error)
{
    g_auto(TwStorePropsArgs) props = { .store = *store };

    if (!tw_session_store_props(session, &props, error))
        return FALSE;
    tw_oof_read(props.object, ret);
    return TRUE;
}

typedef struct {
    TwPropValue values[MOST_CHANGES];
    guint32 removed[MOST_CHANGES];
    guint value_count, removed_count;
} Changes;

static void
set_time(Changes *changes, guint32 tag, gint64 filetime)
{
    if (filetime == 0) {
        changes->removed[changes->removed_count++] = tag;
        return;
    }
    changes->values[changes->value_count++] = tw_value_i8(tag, filetime);
}

/* The switch has several names: that of other clients goes, so that it cannot contradict. */
static void
set_switch(Changes *changes, gboolean on)
{
    changes->removed[changes->removed_count++] = PR_OOF_STATE;
    changes->values[changes->value_count++] = tw_value_bool(PR_EC_OUTOFOFFICE, on);
}

static gboolean
change(TwSession *session, const TwGuid *store, const Wish *wish, GError **error)
{
    Changes changes = { .value_count = 0 };
    g_auto(TwStoreChangePropsArgs) args = { .store = *store };

    if (wish->has_mode)
        set_switch(&changes, wish->on);
    if (wish->subject != NULL)
        changes.values[changes.value_count++] =
            tw_value_str(PR_EC_OUTOFOFFICE_SUBJECT, wish->subject);
    if (wish->message != NULL)
        changes.values[changes.value_count++] = tw_value_str(PR_EC_OUTOFOFFICE_MSG, wish->message);
    if (wish->has_from)
        set_time(&changes, PR_EC_OUTOFOFFICE_FROM, wish->from);
    if (wish->has_until)
        set_time(&changes, PR_EC_OUTOFOFFICE_UNTIL, wish->until);
    args.changes = (TwPropChanges){ .values = changes.values,
                                    .value_count = changes.value_count,
                                    .removed = changes.removed,
                                    .removed_count = changes.removed_count };
    return changes.value_count + changes.removed_count == 0 ||
           tw_session_store_change_props(session, &args, error);
}

/* Whether what is set and what is wished can hold together. */
static gboolean
check(const TwOof *now, const Wish *wish, GError **error)
{
    gint64 from_us = now->from_us, until_us = now->until_us;

    if (wish->only_off && now->on)
        return refuse(error, "Out of office is on: its texts stay as they are.");
    if (wish->has_from && wish->from != 0)
        tw_time_from_filetime((guint64) wish->from, &from_us);
    if (wish->has_from && wish->from == 0)
        from_us = 0;
    if (wish->has_until && wish->until != 0)
        tw_time_from_filetime((guint64) wish->until, &until_us);
    if (wish->has_until && wish->until == 0)
        until_us = G_MAXINT64;
    if ((wish->has_from || wish->has_until) && from_us >= until_us)
        return refuse(error, "The absence would end before it begins.");
    return TRUE;
}

/* ---- what is said ---- */

static void
put_time(GString *out, const char *key, gint64 us, gint64 open)
{
    g_autoptr(GDateTime) at =
        us == open ? NULL : g_date_time_new_from_unix_local(us / G_USEC_PER_SEC);
    g_autofree char *text =
        at == NULL ? g_strdup("infinite") : g_date_time_format(at, "%Y-%m-%d %H:%M");

    g_string_append_printf(out, "  \"%s\": \"%s\",\n", key, text);
}

static void
put(GString *out, const TwOof *oof, gint64 now_us)
{
    g_string_append_printf(out, "{\n  \"set\": %s,\n  \"active\": %s,\n",
                           oof->on ? "true" : "false",
                           tw_oof_is_on(oof, now_us) ? "true" : "false");
    put_time(out, "from", oof->from_us, 0);
    put_time(out, "until", oof->until_us, G_MAXINT64);
    g_string_append(out, "  \"subject\": ");
    tw_admin_print_json_text(oof->subject, out);
    g_string_append(out, ",\n  \"message\": ");
    tw_admin_print_json_text(oof->text, out);
    g_string_append(out, "\n}\n");
}

/* ---- start ---- */

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-oof: %s\n", error != NULL ? error->message : "failed");
    return code;
}

/* Of the command line, else of the environment, else asked for. FALSE: nothing was answered. */
static gboolean
get_secret(
    const char *given, const char *variable, const char *prompt, TwSecret **ret, GError **error)
{
    const char *text = given != NULL ? given : g_getenv(variable);

    if (text != NULL)
        *ret = tw_secret_new(text, strlen(text));
    else if (prompt != NULL)
        *ret = tw_ask_password(prompt, NULL, error);
    return *ret != NULL || prompt == NULL;
}

static TwSession *
open_session(TwServer *server, const char *user, const TwSecret *password, GError **error)
{
    const TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK },
                            .user = user,
                            .password = password,
                            .program = "twiga-oof" };
    TwSession *session = NULL;

    if (password == NULL)
        return tw_connect_system(server, "twiga-oof", error);
    return tw_server_logon(server, &logon, &session, NULL, error) ? session : NULL;
}

static gboolean
run(TwSession *session, const Wish *wish, GString *out, GError **error)
{
    g_auto(TwOof) before = { 0 }, after = { 0 };
    TwGuid store;

    if (!tw_connect_find_store(session, wish->user, NULL, &store, error) ||
        !load(session, &store, &before, error) || !check(&before, wish, error) ||
        !change(session, &store, wish, error) || !load(session, &store, &after, error))
        return FALSE;
    put(out, &after, tw_time_now_us());
    return TRUE;
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSecret) password = NULL;
    g_autoptr(TwSecret) key_password = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_auto(Wish) wish = { 0 };
    const TwOptions *parsed;

    if (start == NULL)
        return code;
    parsed = start->options;
    if (!read_wish(parsed, &wish, &error))
        return give_up(error, error->domain == TW_ERROR ? TW_EXIT_USAGE : TW_EXIT_FAILED);
    if (!get_secret(tw_options_value(parsed, OPTION_PASSWORD), "OOF_PASSWORD",
                    tw_options_has(parsed, OPTION_ASK) ? "Password: " : NULL, &password, &error) ||
        !get_secret(NULL, "OOF_SSL_PASSWORD",
                    tw_options_has(parsed, OPTION_ASK_KEY) ? "Password of the key: " : NULL,
                    &key_password, &error))
        return give_up(error, TW_EXIT_FAILED);
    server = tw_connect_open_with(
        start->config, argv[0],
        &(TwConnectKey){ .file = tw_options_value(parsed, OPTION_KEY), .password = key_password },
        &error);
    if (server == NULL)
        return give_up(error, tw_connect_exit_code(error));
    session = open_session(server, wish.user, password, &error);
    if (session == NULL)
        return give_up(error, password != NULL ? TW_EXIT_FAILED : tw_connect_exit_code(error));
    if (!run(session, &wish, out, &error))
        return give_up(error, TW_EXIT_FAILED);
    fputs(out->str, stdout);
    return fflush(stdout) == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}
