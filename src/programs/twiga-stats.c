/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-stats: figures of a running server: of itself, its sessions, its users and its companies. */
#include "base/error.h"
#include "base/program.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "programs/admin-print.h"
#include "programs/ask.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_SYSTEM = TW_OPTION_OWN,
    OPTION_SESSIONS,
    OPTION_USERS,
    OPTION_COMPANY,
    OPTION_ACTIONS_END,
    OPTION_USER = OPTION_ACTIONS_END,
    OPTION_DUMP,
    OPTION_FORMAT,
    PIECE = 1000, /* rows that are asked for at once */
    MOST_COLUMNS = 16,
};

/* clang-format off */
static const TwOption options[] = {
    { "system", 0, NULL, OPTION_SYSTEM, "figures of the server, by name" },
    { "sessions", 0, NULL, OPTION_SESSIONS, "who is connected, and with what" },
    { "session", 0, NULL, OPTION_SESSIONS, NULL },
    { "users", 0, NULL, OPTION_USERS, "users, with sizes and quotas" },
    { "company", 0, NULL, OPTION_COMPANY, "companies, likewise" },
    { "user", 'u', "NAME", OPTION_USER, "log on as this administrator; the password is asked for" },
    { "dump", 'd', NULL, OPTION_DUMP, "fields separated by commas" },
    { "output-format", 0, "FORMAT", OPTION_FORMAT, "table (default) or json" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server" },
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "configuration file; keys of other programs are passed over" },
    { NULL, 0, NULL, 0, NULL },
};
/* clang-format on */

static const TwProgram program = {
    .name = "twiga-stats",
    .config_name = "admin",
    .summary = "show figures of a running server",
    .description = "Prints one table of a running server, as it is at that moment: as SYSTEM, over "
                   "the server's Unix socket or with a trusted key, or as the administrator that "
                   "-u names. With -d the first line has the names of the fields, and a field with "
                   "a comma, a quote or a line end is in quotes.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = tw_connect_add_tables,
    .defaults = tw_connect_defaults,
};

/* ---- tables ---- */

typedef struct {
    AdminColumn names;
    guint32 tag;
} Column;

static const Column system_columns[] = {
    { { "Parameter", "parameter" }, PR_DISPLAY_NAME },
    { { "Description", "description" }, PR_EC_STATS_SYSTEM_DESCRIPTION },
    { { "Value", "value" }, PR_EC_STATS_SYSTEM_VALUE },
};

static const Column session_columns[] = {
    { { "Group", "group" }, PR_EC_STATS_SESSION_GROUP_ID },
    { { "Session", "session" }, PR_EC_STATS_SESSION_ID },
    { { "Idle", "idle" }, PR_EC_STATS_SESSION_IDLETIME },
    { { "Capability", "capability" }, PR_EC_STATS_SESSION_CAPABILITY },
    { { "Locked", "locked" }, PR_EC_STATS_SESSION_LOCKED },
    { { "Real time", "real_time" }, PR_EC_STATS_SESSION_CPU_REAL },
    { { "Requests", "requests" }, PR_EC_STATS_SESSION_REQUESTS },
    { { "User", "user" }, PR_EC_USERNAME },
    { { "Peer", "peer" }, PR_EC_STATS_SESSION_IPADDRESS },
    { { "Version", "version" }, PR_EC_STATS_SESSION_CLIENT_VERSION },
    { { "Application", "application" }, PR_EC_STATS_SESSION_CLIENT_APPLICATION },
    { { "App version", "app_version" }, PR_EC_STATS_SESSION_CLIENT_APPLICATION_VERSION },
    { { "Door", "door" }, PR_EC_STATS_SESSION_CLIENT_APPLICATION_MISC },
    { { "Busy", "busy" }, PR_EC_STATS_SESSION_BUSYSTATES },
    { { "State", "state" }, PR_EC_STATS_SESSION_PROCSTATES },
};

static const Column user_columns[] = {
    { { "Company", "company" }, PR_EC_COMPANY_NAME },
    { { "User", "user" }, PR_EC_USERNAME },
    { { "Full name", "full_name" }, PR_DISPLAY_NAME },
    { { "Mail", "mail" }, PR_SMTP_ADDRESS },
    { { "Admin", "admin" }, PR_EC_ADMINISTRATOR },
    { { "Home server", "home_server" }, PR_EC_HOMESERVER_NAME },
    { { "Size", "size" }, PR_MESSAGE_SIZE_EXTENDED },
    { { "Warning", "warning" }, PR_QUOTA_WARNING_THRESHOLD },
    { { "Soft", "soft" }, PR_QUOTA_SEND_THRESHOLD },
    { { "Hard", "hard" }, PR_QUOTA_RECEIVE_THRESHOLD },
    { { "Store GUID", "store_guid" }, PR_EC_STOREGUID },
    { { "Last logon", "last_logon" }, PR_LAST_LOGON_TIME },
    { { "Last logoff", "last_logoff" }, PR_LAST_LOGOFF_TIME },
    { { "Quota mail", "quota_mail" }, PR_EC_QUOTA_MAIL_TIME },
};

static const Column company_columns[] = {
    { { "Company", "company" }, PR_EC_COMPANY_NAME },
    { { "Administrator", "administrator" }, PR_EC_COMPANY_ADMIN },
    { { "Size", "size" }, PR_MESSAGE_SIZE_EXTENDED },
    { { "Warning", "warning" }, PR_QUOTA_WARNING_THRESHOLD },
    { { "Soft", "soft" }, PR_QUOTA_SEND_THRESHOLD },
    { { "Hard", "hard" }, PR_QUOTA_RECEIVE_THRESHOLD },
    { { "Quota mail", "quota_mail" }, PR_EC_QUOTA_MAIL_TIME },
};

static gboolean
open_system(TwSession *session, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenSystemArgs) open = { 0 };

    if (!tw_session_table_open_system(session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

static gboolean
open_sessions(TwSession *session, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenSessionsArgs) open = { 0 };

    if (!tw_session_table_open_sessions(session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

static gboolean
open_users(TwSession *session, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenUsersArgs) open = { 0 };

    if (!tw_session_table_open_users(session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

static gboolean
open_companies(TwSession *session, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenCompaniesArgs) open = { 0 };

    if (!tw_session_table_open_companies(session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

/* By the order of the options. */
static const struct {
    gboolean (*open)(TwSession *session, guint32 *ret, GError **error);
    const Column *columns;
    guint count;
    gboolean sorted; /* by the first column */
} tables[] = {
    { open_system, system_columns, G_N_ELEMENTS(system_columns), TRUE },
    { open_sessions, session_columns, G_N_ELEMENTS(session_columns), FALSE },
    { open_users, user_columns, G_N_ELEMENTS(user_columns), FALSE },
    { open_companies, company_columns, G_N_ELEMENTS(company_columns), FALSE },
};

/* ---- rows ---- */

static char *
format_time(gint64 filetime)
{
    gint64 us;
    g_autoptr(GDateTime) at = NULL;

    if (filetime <= 0)
        return NULL;
    tw_time_from_filetime((guint64) filetime, &us);
    at = g_date_time_new_from_unix_local(us / G_USEC_PER_SEC);
    return at == NULL ? NULL : g_date_time_format(at, "%Y-%m-%d %H:%M:%S");
}

static char *
format_bytes(const TwPropValue *value)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < value->len; i++)
        g_string_append_printf(text, "%02x", value->data[i]);
    return g_string_free(text, FALSE);
}

static char *
format_list(const TwPropValue *value)
{
    GString *text = g_string_new(NULL);
    TwPropValue item;

    for (guint i = 0; tw_value_item(value, i, &item); i++)
        g_string_append_printf(text, "%s%.*s", i == 0 ? "" : " ", (int) item.len, item.text);
    return g_string_free(text, FALSE);
}

/* NULL: there is none. */
static char *
format_cell(const TwPropValue *value)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_UNICODE:
        return g_strndup(value->text, value->len);
    case TW_PT_LONG:
        return g_strdup_printf("%d", value->i4);
    case TW_PT_I8:
        return g_strdup_printf("%" G_GINT64_FORMAT, value->i8);
    case TW_PT_BOOLEAN:
        return g_strdup(value->truth ? "yes" : "no");
    case TW_PT_DOUBLE:
        return g_strdup_printf("%.3f", value->r8);
    case TW_PT_SYSTIME:
        return format_time(value->i8);
    case TW_PT_BINARY:
        return format_bytes(value);
    case TW_PT_MV_UNICODE:
        return format_list(value);
    default:
        return NULL;
    }
}

static gboolean
read_rows(TwSession *session, guint32 number, AdminTable *table, GError **error)
{
    guint got;

    do {
        g_auto(TwTableRowsArgs) read = { .table = number, .count = PIECE };

        if (!tw_session_table_rows(session, &read, error))
            return FALSE;
        got = read.rows->row_count;
        for (guint i = 0; i < got * read.rows->column_count; i++) {
            g_autofree char *cell = format_cell(&read.rows->cells[i]);
            tw_admin_table_add(table, cell);
        }
    } while (got > 0);
    return TRUE;
}

static gboolean
read_table(TwSession *session, guint which, AdminTable *table, GError **error)
{
    guint32 tags[MOST_COLUMNS];
    g_auto(TwTableSetupArgs) setup = { .columns = { tags, tables[which].count } };

    for (guint i = 0; i < tables[which].count; i++)
        tags[i] = tables[which].columns[i].tag;
    if (!tables[which].open(session, &setup.table, error) ||
        !tw_session_table_setup(session, &setup, error) ||
        !read_rows(session, setup.table, table, error))
        return FALSE;
    if (tables[which].sorted)
        tw_admin_table_sort(table);
    return TRUE;
}

/* ---- what is said ---- */

static void
put_field(GString *out, const char *text, gboolean last)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        g_string_append(out, text);
    } else {
        g_autoptr(GString) quoted = g_string_new(text);
        g_string_replace(quoted, "\"", "\"\"", 0);
        g_string_append_printf(out, "\"%s\"", quoted->str);
    }
    g_string_append_c(out, last ? '\n' : ',');
}

static void
put_dump(const AdminTable *table, GString *out)
{
    guint count = table->column_count;

    for (guint i = 0; i < count; i++)
        put_field(out, table->columns[i].key, i + 1 == count);
    for (guint i = 0; count > 0 && i < table->cells->len; i++)
        put_field(out, table->cells->pdata[i], i % count + 1 == count);
}

typedef struct {
    guint which; /* of tables */
    const char *user;
    gboolean dump, json;
} Wish;

static gboolean
run(TwSession *session, const Wish *wish, GString *out, GError **error)
{
    AdminColumn columns[MOST_COLUMNS];
    g_auto(AdminTable) table = { 0 };

    for (guint i = 0; i < tables[wish->which].count; i++)
        columns[i] = tables[wish->which].columns[i].names;
    tw_admin_table_init(&table, columns, tables[wish->which].count);
    if (!read_table(session, wish->which, &table, error))
        return FALSE;
    if (wish->dump) {
        put_dump(&table, out);
    } else if (wish->json) {
        tw_admin_table_print_json(&table, out);
        g_string_append_c(out, '\n');
    } else {
        tw_admin_table_print(&table, out);
    }
    return TRUE;
}

/* ---- start ---- */

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
read_wish(const TwOptions *parsed, Wish *wish, GError **error)
{
    const char *format = tw_options_value(parsed, OPTION_FORMAT);
    guint asked = 0;

    for (int id = OPTION_SYSTEM; id < OPTION_ACTIONS_END; id++) {
        if (!tw_options_has(parsed, id))
            continue;
        wish->which = (guint) (id - OPTION_SYSTEM);
        asked++;
    }
    if (asked != 1 || parsed->words->len > 0)
        return refuse(error, "Say one table: --system, --sessions, --users or --company.");
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "table") != 0)
        return refuse(error, "--output-format is table or json.");
    wish->json = g_strcmp0(format, "json") == 0;
    wish->dump = tw_options_has(parsed, OPTION_DUMP);
    wish->user = tw_options_value(parsed, OPTION_USER);
    return !wish->dump || format == NULL ||
           refuse(error, "-d and --output-format exclude each other.");
}

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-stats: %s\n", error->message);
    return code;
}

static TwSession *
open_session(TwServer *server, const char *user, const TwSecret *password, GError **error)
{
    const TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK },
                            .user = user,
                            .password = password,
                            .program = "twiga-stats" };
    TwSession *session = NULL;

    if (user == NULL)
        return tw_connect_system(server, "twiga-stats", error);
    return tw_server_logon(server, &logon, &session, NULL, error) ? session : NULL;
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSecret) password = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Wish wish = { 0 };

    if (start == NULL)
        return code;
    if (!read_wish(start->options, &wish, &error))
        return give_up(error, TW_EXIT_USAGE);
    if (wish.user != NULL) {
        password = tw_ask_password("Password: ", NULL, &error);
        if (password == NULL)
            return give_up(error, TW_EXIT_FAILED);
    }
    server = tw_connect_open(start->config, argv[0], &error);
    if (server == NULL)
        return give_up(error, tw_connect_exit_code(error));
    session = open_session(server, wish.user, password, &error);
    if (session == NULL)
        return give_up(error, wish.user != NULL ? TW_EXIT_FAILED : tw_connect_exit_code(error));
    if (!run(session, &wish, out, &error))
        return give_up(error, TW_EXIT_FAILED);
    fputs(out->str, stdout);
    return fflush(stdout) == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}
