/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rights in a mailbox as tables: by folder, or by people. */
#include "groupware/delegates.h"
#include "programs/admin-print.h"
#include "programs/permissions-private.h"

/* A name, or the number of somebody who is there no more. */
static char *
principal_name(const PermissionsBox *box, guint32 principal)
{
    g_auto(TwBookGetArgs) get = { .user = principal };

    if (principal == TW_PERMISSION_ANONYMOUS)
        return g_strdup("Anonymous");
    return tw_session_book_get(box->session, &get, NULL) ? g_strdup(get.entry->name)
                                                         : g_strdup_printf("#%u", principal);
}

static char *
rights_name(guint32 rights)
{
    for (guint i = 0; i < PERMISSIONS_PRESETS; i++) {
        if (tw_permissions_presets[i].rights == rights)
            return g_strdup(tw_permissions_presets[i].name);
    }
    return g_strdup_printf("0x%x", rights);
}

static void
say_table(const PermissionsBox *box, const AdminTable *table)
{
    if (!box->wish->json) {
        g_string_append_printf(box->out, "Mailbox %s:\n", box->name);
        tw_admin_table_print(table, box->out);
        return;
    }
    g_string_append(box->out, box->out->len == 0 ? "{" : ",\n");
    tw_admin_print_json_text(box->name, box->out);
    g_string_append(box->out, ": ");
    tw_admin_table_print_json(table, box->out);
}

static gboolean
add_folder(PermissionsBox *box, guint32 folder, const char *name, gpointer data, GError **error)
{
    AdminTable *table = data;
    g_autoptr(GArray) rows = NULL;

    if (!tw_permissions_get(box, folder, &rows, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        g_autofree char *who = principal_name(box, row->principal);
        g_autofree char *rights = rights_name(row->rights);
        tw_admin_table_add(table, name);
        tw_admin_table_add(table, who);
        tw_admin_table_add(table, rights);
    }
    return TRUE;
}

gboolean
tw_permissions_show_folders(PermissionsBox *box, GError **error)
{
    static const AdminColumn columns[] = { { "Folder", "folder" },
                                           { "User", "user" },
                                           { "Rights", "rights" } };
    g_auto(AdminTable) table = { 0 };

    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    if (!tw_permissions_each(box, add_folder, &table, error))
        return FALSE;
    say_table(box, &table);
    return TRUE;
}

static void
note(GArray *people, guint32 number)
{
    for (guint i = 0; i < people->len; i++) {
        if (g_array_index(people, guint32, i) == number)
            return;
    }
    g_array_append_val(people, number);
}

static void
add_person(const PermissionsBox *box,
           guint32 number,
           const TwDelegates *delegates,
           GArray *const rows[PERMISSIONS_LEVELS],
           AdminTable *table)
{
    const TwDelegate *delegate = tw_delegates_find(delegates, number);
    g_autofree char *name = principal_name(box, number);

    tw_admin_table_add(table, name);
    tw_admin_table_add(table, delegate != NULL ? "yes" : "no");
    tw_admin_table_add(table, delegate != NULL && delegate->sees_private ? "yes" : "no");
    for (guint i = 0; i < PERMISSIONS_LEVELS; i++) {
        const TwPermission *row = rows[i] != NULL ? tw_permissions_find(rows[i], number) : NULL;
        g_autofree char *rights = row != NULL ? rights_name(row->rights) : NULL;
        tw_admin_table_add(table, rights);
    }
}

static gboolean
collect_people(const PermissionsBox *box,
               const TwDelegates *delegates,
               GArray *rows[PERMISSIONS_LEVELS],
               GArray *people,
               GError **error)
{
    for (guint i = 0; i < delegates->list->len; i++) {
        guint32 number = g_array_index(delegates->list, TwDelegate, i).user;
        if (number != 0)
            note(people, number);
    }
    for (guint i = 0; i < PERMISSIONS_LEVELS; i++) {
        guint32 number = tw_permissions_folder(box, i);
        if (number == 0)
            continue;
        if (!tw_permissions_get(box, number, &rows[i], error))
            return FALSE;
        for (guint k = 0; k < rows[i]->len; k++)
            note(people, g_array_index(rows[i], TwPermission, k).principal);
    }
    return TRUE;
}

static void
say_meetings(const PermissionsBox *box, const TwDelegates *delegates)
{
    const char *who = !delegates->meetings   ? "the mailbox"
                      : delegates->boss_copy ? "the delegates and the mailbox"
                                             : "the delegates";

    g_string_append_printf(box->out, "Meeting requests go to %s.\n", who);
}

gboolean
tw_permissions_show_people(PermissionsBox *box, GError **error)
{
    AdminColumn columns[3 + PERMISSIONS_LEVELS] = { { "User", "user" },
                                                    { "Delegate", "delegate" },
                                                    { "Sees private", "sees_private" } };
    g_auto(TwDelegates) delegates = { 0 };
    g_auto(AdminTable) table = { 0 };
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(guint32));
    GArray *rows[PERMISSIONS_LEVELS] = { NULL };
    gboolean ok;

    for (guint i = 0; i < PERMISSIONS_LEVELS; i++)
        columns[3 + i] =
            (AdminColumn){ tw_permissions_levels[i].label, tw_permissions_levels[i].key };
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    ok = tw_delegates_load(box->session, &box->store, &delegates, error) &&
         collect_people(box, &delegates, rows, people, error);
    for (guint i = 0; ok && i < people->len; i++)
        add_person(box, g_array_index(people, guint32, i), &delegates, rows, &table);
    for (guint i = 0; i < PERMISSIONS_LEVELS; i++)
        g_clear_pointer(&rows[i], g_array_unref);
    tw_admin_table_sort(&table);
    if (ok)
        say_table(box, &table);
    if (ok && !box->wish->json)
        say_meetings(box, &delegates);
    return ok;
}
