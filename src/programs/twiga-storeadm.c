/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-storeadm: stores are made, listed, taken from their owners, given to others and removed, at a running server. */
#include "base/error.h"
#include "base/program.h"
#include "programs/admin-private.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_ATTACH = TW_OPTION_OWN,
    OPTION_CREATE,
    OPTION_DETACH,
    OPTION_LIST,
    OPTION_ORPHANS,
    OPTION_PUBLIC,
    OPTION_REMOVE,
    OPTION_ACTIONS_END,
    OPTION_NAME = OPTION_ACTIONS_END,
    OPTION_TYPE,
    OPTION_COMPANY,
    OPTION_LANGUAGE,
    OPTION_FORMAT,
    OPTION_DRY_RUN,
    OPTION_PROGRESS,
    OPTION_VERBOSE,
};

/* clang-format off */
static const TwOption options[] = {
    { "attach", 'A', "GUID", OPTION_ATTACH, "give an orphan to -n; a store that one has already becomes an orphan" },
    { "create", 'C', NULL, OPTION_CREATE, "make a store for -n" },
    { "detach", 'D', NULL, OPTION_DETACH, "make an orphan of the store of -n" },
    { "list", 'M', NULL, OPTION_LIST, "list all stores" },
    { "orphans", 'O', NULL, OPTION_ORPHANS, "list stores without owners, and users without stores" },
    { "public", 'P', NULL, OPTION_PUBLIC, "make the public store, with -k that of a company" },
    { "remove", 'R', "GUID", OPTION_REMOVE, "delete an orphan for good" },
    { "name", 'n', "NAME", OPTION_NAME, "whose store" },
    { "type", 't', "TYPE", OPTION_TYPE, "how -n is read: user (default), archive, group, company" },
    { "company", 'k', "COMPANY", OPTION_COMPANY, "of which company" },
    { "language", 'l', "LOCALE", OPTION_LANGUAGE, "language of the folders of a new store" },
    { "output-format", 0, "FORMAT", OPTION_FORMAT, "lists as table (default) or json" },
    { "dry-run", 0, NULL, OPTION_DRY_RUN, "with -R: only say what would be deleted" },
    { "progress", 0, NULL, OPTION_PROGRESS, "say on standard error how far a long job is, also where that is no terminal" },
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "configuration file; keys of other programs are passed over" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server; else as server_socket says" },
    { NULL, 'v', NULL, OPTION_VERBOSE, "no effect" },
    { NULL, 0, NULL, 0, NULL },
};
/* clang-format on */

static const TwProgram program = {
    .name = "twiga-storeadm",
    .config_name = "admin",
    .summary = "make, list, detach, attach and remove stores",
    .description =
        "Does one action with stores at a running server, as SYSTEM. What it did or found goes to "
        "standard output, the reason why it could not to standard error.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = tw_connect_add_tables,
    .defaults = tw_connect_defaults,
};

typedef struct {
    int action;
    AdminRequest request;
} Wish;

/* ---- what is asked ---- */

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
read_action(const TwOptions *parsed, Wish *wish, GError **error)
{
    for (int id = OPTION_ATTACH; id < OPTION_ACTIONS_END; id++) {
        if (!tw_options_has(parsed, id))
            continue;
        if (wish->action != 0)
            return refuse(error, "Only one action at a time.");
        wish->action = id;
    }
    return wish->action != 0 || refuse(error, "Say what to do: -A, -C, -D, -M, -O, -P or -R.");
}

static gboolean
read_type(const char *text, AdminType *ret, GError **error)
{
    static const char *const types[] = { [ADMIN_TYPE_USER] = "user",
                                         [ADMIN_TYPE_GROUP] = "group",
                                         [ADMIN_TYPE_COMPANY] = "company",
                                         [ADMIN_TYPE_ARCHIVE] = "archive" };

    for (guint i = 0; text != NULL && i < G_N_ELEMENTS(types); i++) {
        if (strcmp(types[i], text) == 0) {
            *ret = (AdminType) i;
            return TRUE;
        }
    }
    return text == NULL || refuse(error, "-t is user, archive, group or company.");
}

static gboolean
check(const Wish *wish, const TwOptions *parsed, GError **error)
{
    gboolean named = wish->action == OPTION_ATTACH || wish->action == OPTION_CREATE ||
                     wish->action == OPTION_DETACH;
    gboolean made = wish->action == OPTION_CREATE || wish->action == OPTION_PUBLIC;

    if (named != tw_options_has(parsed, OPTION_NAME))
        return refuse(error,
                      named ? "Say whose store with -n." : "-n goes with -A, -C and -D alone.");
    if (!named && tw_options_has(parsed, OPTION_TYPE))
        return refuse(error, "-t goes with -n alone.");
    if (!made && wish->request.language != NULL)
        return refuse(error, "-l goes with -C and -P alone.");
    if (wish->request.dry_run && wish->action != OPTION_REMOVE)
        return refuse(error, "--dry-run goes with -R alone.");
    if (wish->request.language != NULL && tw_layout_language_find(wish->request.language) == NULL)
        return refuse(error, "There are no names of folders in that language.");
    return TRUE;
}

static gboolean
read_wish(const TwOptions *parsed, Wish *wish, GError **error)
{
    AdminRequest *request = &wish->request;
    const char *format = tw_options_value(parsed, OPTION_FORMAT);

    if (!read_action(parsed, wish, error) ||
        !read_type(tw_options_value(parsed, OPTION_TYPE), &request->type, error))
        return FALSE;
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "table") != 0)
        return refuse(error, "--output-format is table or json.");
    request->json = g_strcmp0(format, "json") == 0;
    request->company = tw_options_value(parsed, OPTION_COMPANY);
    request->language = tw_options_value(parsed, OPTION_LANGUAGE);
    request->user = tw_options_value(parsed, OPTION_NAME);
    request->name = request->user;
    if (wish->action == OPTION_ATTACH || wish->action == OPTION_REMOVE)
        request->name = tw_options_value(parsed, wish->action);
    request->dry_run = tw_options_has(parsed, OPTION_DRY_RUN);
    return check(wish, parsed, error);
}

/* ---- actions ---- */

static const char *
kind_of(TwStoreKind kind)
{
    switch (kind) {
    case TW_STORE_PUBLIC:
        return "public";
    case TW_STORE_ARCHIVE:
        return "archive";
    case TW_STORE_PRIVATE:
        break;
    }
    return "private";
}

static gboolean
add_store(const Admin *admin, const TwStoreEntry *entry, AdminTable *table, GError **error)
{
    g_autofree char *size = tw_admin_format_size((guint64) MAX(entry->bytes, 0));
    g_autoptr(TwDirectoryObject) owner = NULL;
    char guid[TW_GUID_TEXT_SIZE];

    if (entry->owner != 0) {
        owner = tw_admin_get(admin, entry->owner, error);
        if (owner == NULL)
            return FALSE;
    }
    tw_guid_print(&entry->guid, TW_GUID_HEX, guid);
    tw_admin_table_add(table, guid);
    tw_admin_table_add(table, kind_of(entry->kind));
    tw_admin_table_add(table, owner != NULL ? owner->name : "");
    tw_admin_table_add(table, size);
    return TRUE;
}

static gboolean
list_stores(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "Store GUID", "guid" },
                                           { "Store type", "type" },
                                           { "Owner", "owner" },
                                           { "Store size", "size" } };
    g_auto(AdminTable) table = { 0 };
    g_auto(TwStoresListArgs) list = { 0 };

    if (!tw_session_stores_list(admin->session, &list, error))
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < list.rows->len; i++) {
        tw_progress_say(admin->progress, "stores looked at", i + 1, list.rows->len);
        if (!add_store(admin, &g_array_index(list.rows, TwStoreEntry, i), &table, error))
            return FALSE;
    }
    if (admin->request->json) {
        tw_admin_table_print_json(&table, admin->out);
        g_string_append_c(admin->out, '\n');
    } else {
        tw_admin_table_print(&table, admin->out);
    }
    return TRUE;
}

/* The store that the new owner has becomes an orphan first; none is no failure. */
static gboolean
attach(Admin *admin, Wish *wish, GError **error)
{
    AdminRequest before = wish->request;
    Admin detach = *admin;
    g_autoptr(GError) why = NULL;

    before.name = before.user;
    detach.request = &before;
    if (!tw_admin_unhook_store(&detach, &why) &&
        !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return tw_admin_hook_store(admin, error);
}

static gboolean
run(Admin *admin, Wish *wish, GError **error)
{
    switch (wish->action) {
    case OPTION_ATTACH:
        return attach(admin, wish, error);
    case OPTION_CREATE:
        return tw_admin_create_store(admin, error);
    case OPTION_DETACH:
        return tw_admin_unhook_store(admin, error);
    case OPTION_LIST:
        return list_stores(admin, error);
    case OPTION_ORPHANS:
        return tw_admin_list_orphans(admin, error);
    case OPTION_PUBLIC:
        return tw_admin_create_public(admin, error);
    default:
        return tw_admin_remove_store(admin, error);
    }
}

/* ---- start ---- */

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-storeadm: %s\n", error->message);
    return code;
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Wish wish = { 0 };
    TwProgress progress;
    Admin admin = { .request = &wish.request, .out = out, .progress = &progress };

    if (start == NULL)
        return code;
    if (!read_wish(start->options, &wish, &error))
        return give_up(error, TW_EXIT_USAGE);
    tw_progress_init(&progress, tw_options_has(start->options, OPTION_PROGRESS));
    server = tw_connect_open(start->config, argv[0], &error);
    session = server != NULL ? tw_connect_system(server, "twiga-storeadm", &error) : NULL;
    if (session == NULL)
        return give_up(error, tw_connect_exit_code(error));
    admin.session = session;
    admin.language = wish.request.language;
    if (!run(&admin, &wish, &error))
        return give_up(error, TW_EXIT_FAILED);
    fputs(out->str, stdout);
    return fflush(stdout) == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}
