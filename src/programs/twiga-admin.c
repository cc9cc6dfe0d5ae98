/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-admin: users, groups, companies and stores, of a running server, or on the data folder of one that is stopped. */
#include "base/error.h"
#include "base/program.h"
#include "programs/admin-private.h"
#include "programs/ask.h"
#include "programs/connect.h"
#include "programs/node.h"
#include "programs/storage-config.h"

#include <stdio.h>
#include <string.h>

static const TwConfigKey keys[] = {
    { .name = "default_store_locale",
      .type = TW_CONFIG_STRING,
      .help = "Language of the folders of new stores, such as de_DE, when --lang does not say. "
              "Empty: that of the environment." },
};

static const TwConfigTable table = {
    .title = "Administration",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_connect_add_tables(schema, error) &&
           tw_config_schema_add(schema, &tw_storage_config_table, error) &&
           tw_config_schema_add(schema, &table, error);
}

static const TwProgram program = {
    .name = "twiga-admin",
    .config_name = "admin",
    .summary = "administrator's tool for users, groups, companies and stores",
    .description =
        "Does one action at a running server, which it finds by server_socket or --host, as "
        "SYSTEM: "
        "over the server's Unix socket who is root, the server's own account or among its "
        "local_admin_users, over https who has a key of its sslkeys_path. Where data_path is set "
        "(or --data-path=DIR given) and no server is named, it does the action on that data "
        "folder, "
        "which no server may have open. What it did or found goes to standard output, the reason "
        "why it could "
        "not to standard error. It exits with 0 when it was done, 1 when not, 64 for wrong "
        "options, 69 when there is no server or no data folder, 75 while a server has it open, 77 "
        "when "
        "the server does not take us for SYSTEM.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = tw_admin_options,
    .add_tables = add_tables,
    .defaults = tw_connect_defaults,
};

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-admin: %s\n", error->message);
    return code;
}

/* ---- passwords ---- */

/* FALSE only on failure: most requests have no password. */
static gboolean
get_password(const AdminRequest *request, TwSecret **ret, GError **error)
{
    if (request->ask_password) {
        *ret = tw_ask_password("Type password: ", "Retype password: ", error);
        return *ret != NULL;
    }
    if (request->password != NULL)
        *ret = tw_secret_new(request->password, strlen(request->password));
    return TRUE;
}

/* ---- language ---- */

/* NULL with @error unset: English. A language somebody asked for by name must be there. */
static gboolean
choose_language(const AdminRequest *request,
                const TwConfig *config,
                const char **ret,
                GError **error)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    const char *named = request->language != NULL
                            ? request->language
                            : tw_config_get_string(config, "default_store_locale");

    *ret = NULL;
    if (named[0] != '\0') {
        *ret = named;
        if (tw_layout_language_find(named) != NULL)
            return TRUE;
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "There are no names of folders in language \"%s\".", named);
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(variables) && (*ret == NULL || **ret == '\0'); i++)
        *ret = g_getenv(variables[i]);
    return TRUE;
}

/* ---- start ---- */

static int
exit_code(const GError *error)
{
    if (g_error_matches(error, TW_ERROR, TW_ERROR_BUSY))
        return TW_EXIT_TEMPORARY;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TW_EXIT_UNAVAILABLE;
    return g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS) ? TW_EXIT_PERMISSION
                                                                : TW_EXIT_FAILED;
}

static int
finish(const Admin *admin)
{
    fputs(admin->out->str, stdout);
    return fflush(stdout) == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}

static int
run_at_server(Admin *admin, const TwConfig *config, const char *called)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwServer) server = tw_connect_open(config, called, &error);
    g_autoptr(TwSession) session =
        server != NULL ? tw_connect_system(server, "twiga-admin", &error) : NULL;

    if (session == NULL)
        return give_up(error, tw_connect_exit_code(error));
    admin->session = session;
    if (!tw_admin_run(admin, &error))
        return give_up(error, TW_EXIT_FAILED);
    return finish(admin);
}

static int
run_at_folder(Admin *admin, const TwConfig *config)
{
    TwNodeConfig node = { .fs = tw_file_system_real(),
                          .path = tw_config_get_string(config, "data_path"),
                          .companies = TRUE };
    g_autoptr(GError) error = NULL;
    TwNode *opened = tw_node_open(&node, &error);
    gboolean ok;

    if (opened == NULL)
        return give_up(error, exit_code(error));
    admin->session = opened->system;
    admin->on_folder = TRUE;
    ok = tw_admin_run(admin, &error);
    tw_node_close(opened);
    if (!ok)
        return give_up(error, TW_EXIT_FAILED);
    return finish(admin);
}

/* A data folder that is named is meant, unless a server is. */
static int
run(Admin *admin, const TwConfig *config, const char *called)
{
    gboolean folder =
        tw_config_is_set(config, "data_path") && !tw_config_is_set(config, "server_socket");

    return folder ? run_at_folder(admin, config) : run_at_server(admin, config, called);
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(TwSecret) password = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    AdminRequest request;
    TwProgress progress;
    Admin admin = { .request = &request, .out = out, .progress = &progress };

    if (start == NULL)
        return code;
    if (!tw_admin_request_parse(start->options, &request, &error))
        return give_up(error, TW_EXIT_USAGE);
    if (tw_options_has(start->options, ADMIN_OPTION_NODE)) {
        fputs("twiga-admin: There is one server: leave --node out.\n", stderr);
        return TW_EXIT_UNAVAILABLE;
    }
    if (!choose_language(&request, start->config, &admin.language, &error) ||
        !get_password(&request, &password, &error))
        return give_up(error, TW_EXIT_FAILED);
    admin.password = password;
    tw_progress_init(&progress, request.progress);
    return run(&admin, start->config, argv[0]);
}
