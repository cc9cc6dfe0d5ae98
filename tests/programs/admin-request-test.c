/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The command line of twiga-admin as a request, and how it prints; what the program does with both is in admin-test.py. */
#include <string.h>

#include "base/error.h"
#include "programs/admin-print.h"
#include "programs/admin-request.h"

/* A line that was parsed: the request borrows from the words. */
typedef struct {
    char **words;
    TwOptions *options;
    AdminRequest request;
} Line;

static void
line_clear(Line *line)
{
    g_clear_pointer(&line->options, tw_options_free);
    g_clear_pointer(&line->words, g_strfreev);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Line, line_clear)

static gboolean
parse(Line *line, const char *text, GError **error)
{
    static const TwOption *const tables[] = { tw_admin_options, NULL };
    g_autofree char *whole = g_strconcat("twiga-admin ", text, NULL);

    line_clear(line);
    line->words = g_strsplit(whole, " ", -1);
    line->options =
        tw_options_parse(tables, NULL, NULL, line->words, (int) g_strv_length(line->words), error);
    return line->options != NULL && tw_admin_request_parse(line->options, &line->request, error);
}

/* ---- every action in its shortest form, and that its needs are needs ---- */

static void
test_actions(void)
{
    static const struct {
        AdminAction action;
        const char *line,
            *missing; /* missing: the same without what it needs; NULL: needs nothing */
    } cases[] = {
        { ADMIN_CREATE_PUBLIC, "-s", NULL },
        { ADMIN_CREATE_USER, "-c u -p p -f f -e e", "-c u -p p -f f" },
        { ADMIN_UPDATE_USER, "-u u -f f", "-u u" },
        { ADMIN_DELETE_USER, "-d u", NULL },
        { ADMIN_CREATE_GROUP, "-g g", NULL },
        { ADMIN_UPDATE_GROUP, "--update-group g -e e", "--update-group g" },
        { ADMIN_DELETE_GROUP, "-G g", NULL },
        { ADMIN_ADD_MEMBER, "-b u -i g", "-b u" },
        { ADMIN_REMOVE_MEMBER, "-B u -i g", "-B u" },
        { ADMIN_LIST_USERS, "-l", NULL },
        { ADMIN_LIST_GROUPS, "-L", NULL },
        { ADMIN_LIST_COMPANIES, "--list-companies", NULL },
        { ADMIN_DETAILS, "--details n", NULL },
        { ADMIN_SYNC, "--sync", NULL },
        { ADMIN_USER_COUNT, "--user-count", NULL },
        { ADMIN_CREATE_COMPANY, "--create-company c", NULL },
        { ADMIN_UPDATE_COMPANY, "--update-company c --qw 1", NULL },
        { ADMIN_DELETE_COMPANY, "--delete-company c", NULL },
        { ADMIN_SET_SYSTEM_ADMIN, "--set-system-admin u -I c", "--set-system-admin u" },
        { ADMIN_ADD_VIEW, "--add-to-viewlist c -I d", "--add-to-viewlist c" },
        { ADMIN_DEL_VIEW, "--del-from-viewlist c -I d", "--del-from-viewlist c" },
        { ADMIN_LIST_VIEW, "--list-view -I c", "--list-view" },
        { ADMIN_ADD_ADMIN, "--add-to-adminlist u -I c", "--add-to-adminlist u" },
        { ADMIN_DEL_ADMIN, "--del-from-adminlist u -I c", "--del-from-adminlist u" },
        { ADMIN_LIST_ADMIN, "--list-admin -I c", "--list-admin" },
        { ADMIN_ADD_USER_RECIPIENT, "--add-userquota-recipient u -I c",
          "--add-userquota-recipient u" },
        { ADMIN_DEL_USER_RECIPIENT, "--del-userquota-recipient u -I c",
          "--del-userquota-recipient u" },
        { ADMIN_LIST_USER_RECIPIENTS, "--list-userquota-recipients -I c",
          "--list-userquota-recipients" },
        { ADMIN_ADD_COMPANY_RECIPIENT, "--add-companyquota-recipient u -I c",
          "--add-companyquota-recipient u" },
        { ADMIN_DEL_COMPANY_RECIPIENT, "--del-companyquota-recipient u -I c",
          "--del-companyquota-recipient u" },
        { ADMIN_LIST_COMPANY_RECIPIENTS, "--list-companyquota-recipients -I c",
          "--list-companyquota-recipients" },
        { ADMIN_LIST_SENDAS, "--list-sendas n", NULL },
        { ADMIN_CREATE_STORE, "--create-store u", NULL },
        { ADMIN_UNHOOK_STORE, "--unhook-store u", NULL },
        { ADMIN_HOOK_STORE, "--hook-store g -u u", "--hook-store g" },
        { ADMIN_REMOVE_STORE, "--remove-store g", NULL },
        { ADMIN_LIST_ORPHANS, "--list-orphans", NULL },
        { ADMIN_FORCE_RESYNC, "--force-resync", NULL },
        { ADMIN_RESET_COUNTS, "--reset-folder-count u", NULL },
        { ADMIN_CLEAR_CACHE, "--clear-cache", NULL },
        { ADMIN_PURGE_DELETED, "--purge-softdelete 30", NULL },
        { ADMIN_PURGE_DEFERRED, "--purge-deferred", NULL },
    };

    g_assert_cmpuint(G_N_ELEMENTS(cases), ==, ADMIN_ACTIONS - 1);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Line) line = { 0 };
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(cases[i].action, ==, i + 1);
        parse(&line, cases[i].line, &error);
        g_assert_no_error(error);
        g_assert_cmpint(line.request.action, ==, cases[i].action);
        if (cases[i].missing == NULL)
            continue;
        g_assert_false(parse(&line, cases[i].missing, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

static void
test_values(void)
{
    g_auto(Line) line = { 0 };
    g_autoptr(GError) error = NULL;
    const AdminRequest *request = &line.request;

    parse(
        &line,
        "-u anna -U ann -f Full -e a@b -a 2 -n equipment --qo no --qw 0 --qs 1 --qh 8796093022207 "
        "--mr-accept Y --mr-decline-conflict 0 --add-sendas bob -I Acme -p geheim",
        &error);
    g_assert_no_error(error);
    g_assert_cmpstr(request->name, ==, "anna");
    g_assert_cmpstr(request->new_name, ==, "ann");
    g_assert_cmpstr(request->full_name, ==, "Full");
    g_assert_cmpstr(request->mail, ==, "a@b");
    g_assert_cmpstr(request->company, ==, "Acme");
    g_assert_cmpstr(request->password, ==, "geheim");
    g_assert_cmpstr(request->add_sendas, ==, "bob");
    g_assert_cmpint(request->admin, ==, 2);
    g_assert_cmpint(request->active, ==, ADMIN_EQUIPMENT);
    g_assert_cmpint(request->quota.own, ==, ADMIN_NO);
    g_assert_cmpint(request->quota.warn, ==, 0);
    g_assert_cmpint(request->quota.soft, ==, 1 << 20);
    g_assert_cmpint(request->quota.hard, ==, G_GINT64_CONSTANT(8796093022207) << 20);
    g_assert_cmpint(request->user_quota.hard, ==, -1);
    g_assert_cmpint(request->accept, ==, ADMIN_YES);
    g_assert_cmpint(request->decline_conflict, ==, ADMIN_NO);
    g_assert_cmpint(request->process, ==, ADMIN_UNSET);

    /* one megabyte more does not fit into 63 bits of bytes */
    g_assert_false(parse(&line, "-u anna --qh 8796093022208", &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);

    /* -u is no action beside --hook-store, on whichever side it stands */
    parse(&line, "-u anna --hook-store guid", &error);
    g_assert_no_error(error);
    g_assert_cmpint(request->action, ==, ADMIN_HOOK_STORE);
    g_assert_cmpstr(request->user, ==, "anna");
    g_assert_cmpstr(request->name, ==, "guid");
}

/* ---- printing ---- */

static void
test_table(void)
{
    static const AdminColumn columns[] = { { "Name", "name" }, { "What", "what" } };
    g_auto(AdminTable) table = { 0 };
    g_autoptr(GString) text = g_string_new(NULL), json = g_string_new(NULL);

    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    tw_admin_table_add(&table, "zoë");
    tw_admin_table_add(&table, "last");
    tw_admin_table_add(&table, "Änne");
    tw_admin_table_add(&table, NULL);
    tw_admin_table_add(&table, "bo\"b\n");
    tw_admin_table_add(&table, "\xff");
    tw_admin_table_sort(&table);
    tw_admin_table_print_json(&table, json);
    g_assert_cmpstr(json->str, ==,
                    "[{\"name\":\"bo\\\"b\\u000a\",\"what\":\"\xef\xbf\xbd\"},"
                    "{\"name\":\"zoë\",\"what\":\"last\"},{\"name\":\"Änne\",\"what\":\"\"}]");
    tw_admin_table_clear(&table);

    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    tw_admin_table_add(&table, "zoë");
    tw_admin_table_add(&table, "long value");
    tw_admin_table_print(&table, text);
    g_assert_cmpstr(text->str, ==, "\tName\tWhat\n\t----------------------\n\tzoë \tlong value\n");
}

static void
test_fields(void)
{
    static const struct {
        const char *label, *line;
    } cases[] = {
        { "A", "A:\t\t\t\tv\n" },
        { "Eleven char", "Eleven char:\t\t\tv\n" },
        { "Twentythree characters.", "Twentythree characters.:\tv\n" },
        { "A label that is longer than the column",
          "A label that is longer than the column:\tv\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        tw_admin_print_field(cases[i].label, "v", text);
        g_assert_cmpstr(text->str, ==, cases[i].line);
    }
}

static void
test_sizes(void)
{
    static const struct {
        guint64 bytes;
        const char *text;
    } cases[] = {
        { 0, "0.00 MB" },     { 1 << 20, "1.00 MB" }, { (1 << 20) + (1 << 19), "1.50 MB" },
        { 10485, "0.00 MB" }, { 10486, "0.01 MB" },   { G_MAXUINT64, "17592186044415.99 MB" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = tw_admin_format_size(cases[i].bytes);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/admin-request/actions", test_actions);
    g_test_add_func("/admin-request/values", test_values);
    g_test_add_func("/admin-print/table", test_table);
    g_test_add_func("/admin-print/fields", test_fields);
    g_test_add_func("/admin-print/sizes", test_sizes);
    return g_test_run();
}
