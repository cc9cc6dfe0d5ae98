/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-mailbox-permissions: who may do what in mailboxes, and who is a delegate there: shown, given and taken. */
#include "base/error.h"
#include "base/number.h"
#include "base/program.h"
#include "groupware/delegates.h"
#include "groupware/mailbox.h"
#include "programs/admin-print.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_UPDATE = TW_OPTION_OWN,
    OPTION_REMOVE,
    OPTION_REMOVE_ALL,
    OPTION_LIST,
    OPTION_LIST_FOLDERS,
    OPTION_ACTIONS_END,
    OPTION_CALENDAR = OPTION_ACTIONS_END,
    OPTION_TASKS,
    OPTION_INBOX,
    OPTION_CONTACTS,
    OPTION_NOTES,
    OPTION_JOURNAL,
    OPTION_STORE,
    OPTION_LEVELS_END,
    OPTION_PRIVATE = OPTION_LEVELS_END,
    OPTION_COPY,
    OPTION_ONLY,
    OPTION_ALL,
    OPTION_FORMAT,
    OPTION_DRY_RUN,
    OPTION_KEY,
    OPTION_KEY_PASSWORD,
    OPTION_VERBOSE,
    LEVELS = OPTION_LEVELS_END - OPTION_CALENDAR,
    AS_IT_IS = -1, /* of a yes or no */
};

/* clang-format off */
static const TwOption options[] = {
    { "update-delegate", 0, "USER", OPTION_UPDATE, "make USER a delegate, or change what they may" },
    { "remove-delegate", 0, "USER", OPTION_REMOVE, "take that from USER, and their rights on the folders below" },
    { "remove-all-permissions", 0, NULL, OPTION_REMOVE_ALL, "take all delegates and all rights on folders away" },
    { "list-permissions", 0, NULL, OPTION_LIST, "show delegates, and rights on the folders below" },
    { "list-permissions-per-folder", 0, NULL, OPTION_LIST_FOLDERS, "show rights on every folder that gives any" },
    { "calendar", 0, "RIGHTS", OPTION_CALENDAR, "denied, norights or none, readonly, secretary, owner, fullcontrol, or a hexadecimal number" },
    { "tasks", 0, "RIGHTS", OPTION_TASKS, "likewise" },
    { "inbox", 0, "RIGHTS", OPTION_INBOX, "likewise" },
    { "contacts", 0, "RIGHTS", OPTION_CONTACTS, "likewise" },
    { "notes", 0, "RIGHTS", OPTION_NOTES, "likewise" },
    { "journal", 0, "RIGHTS", OPTION_JOURNAL, "likewise" },
    { "store", 0, "RIGHTS", OPTION_STORE, "likewise, on all folders without rights of their own for USER" },
    { "see-private", 0, "yes|no", OPTION_PRIVATE, "whether USER sees private items" },
    { "seeprivate", 0, "yes|no", OPTION_PRIVATE, NULL },
    { "sendcopy", 0, "yes|no", OPTION_COPY, "whether delegates get the meeting requests of the mailbox" },
    { "send-only-to-delegators", 0, "yes|no", OPTION_ONLY, "whether the mailbox itself does not get them then" },
    { "all", 'a', NULL, OPTION_ALL, "all users' mailboxes" },
    { "output-format", 0, "FORMAT", OPTION_FORMAT, "lists as table (default) or json" },
    { "dry-run", 0, NULL, OPTION_DRY_RUN, "with --remove-...: only say what would be taken away" },
    { "sslkey", 's', "FILE", OPTION_KEY, "our certificate with its key, for https" },
    { "sslpass", 'p', "PASS", OPTION_KEY_PASSWORD, "password of that key" },
    { "verbose", 'v', NULL, OPTION_VERBOSE, "no effect" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server" },
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "configuration file; keys of other programs are passed over" },
    { NULL, 0, NULL, 0, NULL },
};
/* clang-format on */

static const TwProgram program = {
    .name = "twiga-mailbox-permissions",
    .config_name = "admin",
    .summary = "show, give and take rights in mailboxes",
    .description = "Does one action with the mailboxes of the users that are named, or of all, at "
                   "a running server, as SYSTEM. A delegate is in the mailbox's list, may send on "
                   "its behalf, and reads its free and busy times, or writes them who may create "
                   "in the calendar. What fails in one mailbox is said and makes the exit status "
                   "1; the others are done all the same.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = tw_connect_add_tables,
    .defaults = tw_connect_defaults,
};

/* Where rights are given by name; by the order of the options. */
static const struct {
    const char *label, *key;
    TwLayoutFolderKey folder; /* NONE: the store itself */
} levels[LEVELS] = {
    { "Calendar", "calendar", TW_LAYOUT_FOLDER_CALENDAR },
    { "Tasks", "tasks", TW_LAYOUT_FOLDER_TASKS },
    { "Inbox", "inbox", TW_LAYOUT_FOLDER_INBOX },
    { "Contacts", "contacts", TW_LAYOUT_FOLDER_CONTACTS },
    { "Notes", "notes", TW_LAYOUT_FOLDER_NOTES },
    { "Journal", "journal", TW_LAYOUT_FOLDER_JOURNAL },
    { "Store", "store", TW_LAYOUT_FOLDER_NONE },
};

/* spec/mailbox-layout.md 10.2. Where two have a number, the first is its name. */
static const struct {
    const char *name;
    guint32 rights;
} presets[] = {
    { "denied", 0 },        { "norights", 0x400 }, { "none", 0x400 },        { "readonly", 0x401 },
    { "secretary", 0x47b }, { "owner", 0x5fb },    { "fullcontrol", 0x4fb },
};

typedef struct {
    int action;
    const char *user; /* (nullable): of the action */
    gboolean all, json, dry_run;
    gboolean has[LEVELS];
    guint32 rights[LEVELS];
    int sees_private, copy, only; /* TRUE, FALSE, AS_IT_IS */
} Wish;

/* One mailbox, and what is done there. */
typedef struct {
    TwSession *session;
    const Wish *wish;
    const char *name;
    TwGuid store;
    guint32 owner, object, root;
    guint32 user; /* number of the action's user, or 0 */
    TwMailboxFolders folders;
    GString *out;
} Mailbox;

/* ---- what is asked ---- */

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
read_rights(const char *text, guint32 *ret, GError **error)
{
    const char *digits = g_str_has_prefix(text, "0x") ? text + 2 : text;
    guint64 number;

    for (guint i = 0; i < G_N_ELEMENTS(presets); i++) {
        if (strcmp(presets[i].name, text) == 0) {
            *ret = presets[i].rights;
            return TRUE;
        }
    }
    if (!tw_parse_hex_u64(digits, strlen(digits), &number) || (number & ~(guint64) TW_RIGHT_KNOWN))
        return refuse(error, "Rights are denied, norights, readonly, secretary, owner, "
                             "fullcontrol, or a hexadecimal number of their bits.");
    *ret = (guint32) number;
    return TRUE;
}

static gboolean
read_choice(const TwOptions *parsed, int id, int *ret, GError **error)
{
    const char *text = tw_options_value(parsed, id);

    *ret = g_strcmp0(text, "yes") == 0 ? TRUE : g_strcmp0(text, "no") == 0 ? FALSE : AS_IT_IS;
    return text == NULL || *ret != AS_IT_IS || refuse(error, "That is yes or no.");
}

static gboolean
read_action(const TwOptions *parsed, Wish *wish, GError **error)
{
    for (int id = OPTION_UPDATE; id < OPTION_ACTIONS_END; id++) {
        if (!tw_options_has(parsed, id))
            continue;
        if (wish->action != 0)
            return refuse(error, "Only one action at a time.");
        wish->action = id;
        wish->user = tw_options_value(parsed, id);
    }
    return wish->action != 0 ||
           refuse(error, "Say what to do: --update-delegate, --remove-delegate, "
                         "--remove-all-permissions, --list-permissions or "
                         "--list-permissions-per-folder.");
}

static gboolean
read_levels(const TwOptions *parsed, Wish *wish, GError **error)
{
    for (guint i = 0; i < LEVELS; i++) {
        const char *text = tw_options_value(parsed, OPTION_CALENDAR + (int) i);
        wish->has[i] = text != NULL;
        if (text != NULL && !read_rights(text, &wish->rights[i], error))
            return FALSE;
        if (text != NULL && wish->action != OPTION_UPDATE)
            return refuse(error, "Rights go with --update-delegate alone.");
    }
    return TRUE;
}

static gboolean
read_wish(const TwOptions *parsed, Wish *wish, GError **error)
{
    const char *format = tw_options_value(parsed, OPTION_FORMAT);
    gboolean removes;

    if (!read_action(parsed, wish, error) || !read_levels(parsed, wish, error) ||
        !read_choice(parsed, OPTION_PRIVATE, &wish->sees_private, error) ||
        !read_choice(parsed, OPTION_COPY, &wish->copy, error) ||
        !read_choice(parsed, OPTION_ONLY, &wish->only, error))
        return FALSE;
    if (wish->action != OPTION_UPDATE &&
        (wish->sees_private != AS_IT_IS || wish->copy != AS_IT_IS || wish->only != AS_IT_IS))
        return refuse(error, "What a delegate gets goes with --update-delegate alone.");
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "table") != 0)
        return refuse(error, "--output-format is table or json.");
    wish->json = g_strcmp0(format, "json") == 0;
    wish->all = tw_options_has(parsed, OPTION_ALL);
    wish->dry_run = tw_options_has(parsed, OPTION_DRY_RUN);
    removes = wish->action == OPTION_REMOVE || wish->action == OPTION_REMOVE_ALL;
    if (wish->dry_run && !removes)
        return refuse(error, "--dry-run goes with --remove-delegate and --remove-all-permissions.");
    if (wish->all == (parsed->words->len > 0))
        return refuse(error, "Say which mailboxes: names, or -a for all.");
    return TRUE;
}

/* ---- rights ---- */

/* 0: the mailbox has no such folder. */
static guint32
level_number(const Mailbox *box, guint level)
{
    TwLayoutFolderKey key = levels[level].folder;

    return key == TW_LAYOUT_FOLDER_NONE ? box->object : box->folders.numbers[key];
}

static gboolean
get_rights(const Mailbox *box, guint32 folder, GArray **ret, GError **error)
{
    g_auto(TwPermissionsArgs) get = { .store = box->store, .folder = folder };

    if (!tw_session_permissions(box->session, &get, error))
        return FALSE;
    *ret = g_steal_pointer(&get.rows);
    return TRUE;
}

static const TwPermission *
find_row(const GArray *rows, guint32 principal)
{
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        if (row->principal == principal)
            return row;
    }
    return NULL;
}

static gboolean
set_row(const Mailbox *box, guint32 folder, guint32 principal, guint32 rights, GError **error)
{
    const TwPermission row = { .principal = principal, .rights = rights };
    g_auto(TwPermissionsSetArgs)
        set = { .store = box->store, .folder = folder, .rows = { .items = &row, .count = 1 } };

    return tw_session_permissions_set(box->session, &set, error);
}

/* ---- giving ---- */

static void
choose(const Wish *wish, TwDelegates *delegates)
{
    if (wish->copy == TRUE && !delegates->meetings)
        delegates->boss_copy = TRUE;
    if (wish->copy != AS_IT_IS)
        delegates->meetings = wish->copy;
    if (wish->only != AS_IT_IS)
        delegates->boss_copy = !wish->only;
}

static gboolean
update_delegate(Mailbox *box, GError **error)
{
    const Wish *wish = box->wish;
    g_auto(TwDelegates) delegates = { 0 };
    const TwDelegate *there;
    gboolean sees_private;

    if (box->user == box->owner)
        return wish->all || refuse(error, "Nobody is a delegate in a mailbox of their own.");
    for (guint i = 0; i < LEVELS; i++) {
        guint32 number = level_number(box, i);
        if (!wish->has[i])
            continue;
        if (number == 0)
            return refuse(error, "The mailbox lacks a folder to give rights on.");
        if (!set_row(box, number, box->user, wish->rights[i], error))
            return FALSE;
    }
    if (!tw_delegates_load(box->session, &box->store, &delegates, error))
        return FALSE;
    there = tw_delegates_find(&delegates, box->user);
    sees_private = there != NULL && there->sees_private;
    tw_delegates_add(&delegates, box->user,
                     wish->sees_private == AS_IT_IS ? sees_private : wish->sees_private);
    choose(wish, &delegates);
    if (!tw_delegates_save(box->session, &box->store, &delegates, error))
        return FALSE;
    g_string_append_printf(box->out, "%s is a delegate of %s.\n", wish->user, box->name);
    return TRUE;
}

/* ---- taking ---- */

static gboolean
remove_row(const Mailbox *box, guint32 folder, guint32 principal, guint *count, GError **error)
{
    *count += 1;
    return box->wish->dry_run || set_row(box, folder, principal, TW_PERMISSION_REMOVE, error);
}

static gboolean
remove_delegate(Mailbox *box, GError **error)
{
    const Wish *wish = box->wish;
    g_auto(TwDelegates) delegates = { 0 };
    gboolean was;
    guint rows = 0;

    if (!tw_delegates_load(box->session, &box->store, &delegates, error))
        return FALSE;
    was = tw_delegates_remove(&delegates, box->user);
    if (was && !wish->dry_run && !tw_delegates_save(box->session, &box->store, &delegates, error))
        return FALSE;
    for (guint i = 0; i < LEVELS; i++) {
        guint32 number = level_number(box, i);
        g_autoptr(GArray) there = NULL;

        if (number == 0)
            continue;
        if (!get_rights(box, number, &there, error))
            return FALSE;
        if (find_row(there, box->user) != NULL && !remove_row(box, number, box->user, &rows, error))
            return FALSE;
    }
    g_string_append_printf(box->out, "%s %s in %s: %s, rights on %u folders.\n", wish->user,
                           wish->dry_run ? "would lose" : "lost", box->name,
                           was ? "delegate" : "no delegate", rows);
    return TRUE;
}

typedef gboolean (*FolderFunc)(
    Mailbox *box, guint32 folder, const char *name, gpointer data, GError **error);

/* The store itself, the root, and all folders below it. */
static gboolean
for_each_folder(Mailbox *box, FolderFunc func, gpointer data, GError **error)
{
    g_auto(TwFolderListArgs) list = { .store = box->store, .deep = TRUE };

    if (!tw_session_folder_list(box->session, &list, error) ||
        !func(box, box->object, "(store)", data, error) ||
        !func(box, box->root, "(root)", data, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwFolderEntry *entry = &g_array_index(list.rows, TwFolderEntry, i);
        if (!func(box, entry->row->id, entry->row->name, data, error))
            return FALSE;
    }
    return TRUE;
}

/* Whether every mailbox has that row from its beginning. */
static gboolean
is_of_layout(const Mailbox *box, guint32 folder, const TwPermission *row)
{
    TwMailboxSpec spec = tw_mailbox_spec(box->owner, TW_STORE_PRIVATE, NULL);
    TwLayoutPlan plan;

    tw_layout_plan(spec.kind, spec.language, &plan);
    for (guint i = 0; i < plan.folders_count; i++) {
        const TwLayoutFolder *of = &plan.folders[i];
        if (of->everyone != 0 && folder == box->folders.numbers[of->key])
            return row->principal == spec.everyone && row->rights == of->everyone;
    }
    return FALSE;
}

static gboolean
clear_folder(Mailbox *box, guint32 folder, const char *name, gpointer data, GError **error)
{
    g_autoptr(GArray) rows = NULL;
    guint *count = data;

    (void) name;
    if (!get_rights(box, folder, &rows, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        if (!is_of_layout(box, folder, row) &&
            !remove_row(box, folder, row->principal, count, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
remove_all(Mailbox *box, GError **error)
{
    gboolean dry = box->wish->dry_run;
    g_auto(TwDelegates) delegates = { 0 };
    guint delegate_count, rows = 0;

    if (!tw_delegates_load(box->session, &box->store, &delegates, error))
        return FALSE;
    delegate_count = delegates.list->len;
    g_array_set_size(delegates.list, 0);
    delegates.meetings = FALSE;
    if (delegate_count > 0 && !dry &&
        !tw_delegates_save(box->session, &box->store, &delegates, error))
        return FALSE;
    if (!for_each_folder(box, clear_folder, &rows, error))
        return FALSE;
    g_string_append_printf(box->out, "%s %s %u delegates and %u rights.\n", box->name,
                           dry ? "would lose" : "lost", delegate_count, rows);
    return TRUE;
}

/* ---- showing ---- */

/* A name, or the number of somebody who is there no more. */
static char *
principal_name(const Mailbox *box, guint32 principal)
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
    for (guint i = 0; i < G_N_ELEMENTS(presets); i++) {
        if (presets[i].rights == rights)
            return g_strdup(presets[i].name);
    }
    return g_strdup_printf("0x%x", rights);
}

static void
say_table(const Mailbox *box, const AdminTable *table)
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
add_folder(Mailbox *box, guint32 folder, const char *name, gpointer data, GError **error)
{
    AdminTable *table = data;
    g_autoptr(GArray) rows = NULL;

    if (!get_rights(box, folder, &rows, error))
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

static gboolean
list_folders(Mailbox *box, GError **error)
{
    static const AdminColumn columns[] = { { "Folder", "folder" },
                                           { "User", "user" },
                                           { "Rights", "rights" } };
    g_auto(AdminTable) table = { 0 };

    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    if (!for_each_folder(box, add_folder, &table, error))
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
add_person(const Mailbox *box,
           guint32 number,
           const TwDelegates *delegates,
           GArray *const rows[LEVELS],
           AdminTable *table)
{
    const TwDelegate *delegate = tw_delegates_find(delegates, number);
    g_autofree char *name = principal_name(box, number);

    tw_admin_table_add(table, name);
    tw_admin_table_add(table, delegate != NULL ? "yes" : "no");
    tw_admin_table_add(table, delegate != NULL && delegate->sees_private ? "yes" : "no");
    for (guint i = 0; i < LEVELS; i++) {
        const TwPermission *row = rows[i] != NULL ? find_row(rows[i], number) : NULL;
        g_autofree char *rights = row != NULL ? rights_name(row->rights) : NULL;
        tw_admin_table_add(table, rights);
    }
}

static gboolean
collect_people(const Mailbox *box,
               const TwDelegates *delegates,
               GArray *rows[LEVELS],
               GArray *people,
               GError **error)
{
    for (guint i = 0; i < delegates->list->len; i++) {
        guint32 number = g_array_index(delegates->list, TwDelegate, i).user;
        if (number != 0)
            note(people, number);
    }
    for (guint i = 0; i < LEVELS; i++) {
        guint32 number = level_number(box, i);
        if (number == 0)
            continue;
        if (!get_rights(box, number, &rows[i], error))
            return FALSE;
        for (guint k = 0; k < rows[i]->len; k++)
            note(people, g_array_index(rows[i], TwPermission, k).principal);
    }
    return TRUE;
}

static void
say_meetings(const Mailbox *box, const TwDelegates *delegates)
{
    const char *who = !delegates->meetings   ? "the mailbox"
                      : delegates->boss_copy ? "the delegates and the mailbox"
                                             : "the delegates";

    g_string_append_printf(box->out, "Meeting requests go to %s.\n", who);
}

static gboolean
list_people(Mailbox *box, GError **error)
{
    AdminColumn columns[3 + LEVELS] = { { "User", "user" },
                                        { "Delegate", "delegate" },
                                        { "Sees private", "sees_private" } };
    g_auto(TwDelegates) delegates = { 0 };
    g_auto(AdminTable) table = { 0 };
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(guint32));
    GArray *rows[LEVELS] = { NULL };
    gboolean ok;

    for (guint i = 0; i < LEVELS; i++)
        columns[3 + i] = (AdminColumn){ levels[i].label, levels[i].key };
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    ok = tw_delegates_load(box->session, &box->store, &delegates, error) &&
         collect_people(box, &delegates, rows, people, error);
    for (guint i = 0; ok && i < people->len; i++)
        add_person(box, g_array_index(people, guint32, i), &delegates, rows, &table);
    for (guint i = 0; i < LEVELS; i++)
        g_clear_pointer(&rows[i], g_array_unref);
    tw_admin_table_sort(&table);
    if (ok)
        say_table(box, &table);
    if (ok && !box->wish->json)
        say_meetings(box, &delegates);
    return ok;
}

/* ---- mailboxes ---- */

static gboolean
do_action(Mailbox *box, GError **error)
{
    switch (box->wish->action) {
    case OPTION_UPDATE:
        return update_delegate(box, error);
    case OPTION_REMOVE:
        return remove_delegate(box, error);
    case OPTION_REMOVE_ALL:
        return remove_all(box, error);
    case OPTION_LIST:
        return list_people(box, error);
    default:
        return list_folders(box, error);
    }
}

/* Whose mailbox. */
typedef struct {
    char *name;    /* owned */
    guint32 owner; /* 0: whoever is called that */
} Target;

static void
target_clear(gpointer target)
{
    g_free(((Target *) target)->name);
}

static gboolean
find_store(Mailbox *box, const Target *target, GError **error)
{
    g_auto(TwStoreFindArgs) find = { .owner = target->owner, .kind = TW_STORE_PRIVATE };

    box->name = target->name;
    box->owner = target->owner;
    if (target->owner == 0)
        return tw_connect_find_store(box->session, target->name, &box->owner, &box->store, error);
    if (!tw_session_store_find(box->session, &find, error))
        return FALSE;
    box->store = find.store;
    return TRUE;
}

static gboolean
do_mailbox(Mailbox *box, const Target *target, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { 0 };

    if (!find_store(box, target, error))
        return FALSE;
    info.store = box->store;
    if (!tw_session_store_info(box->session, &info, error) ||
        !tw_mailbox_folders(box->session, &box->store, TW_LAYOUT_PRIVATE, &box->folders, error))
        return FALSE;
    box->object = info.info.object;
    box->root = info.info.root;
    return do_action(box, error);
}

/* Those who have a mailbox. */
static gboolean
list_all(TwSession *session, GArray *targets, GError **error)
{
    g_auto(TwStoresListArgs) list = { 0 };

    if (!tw_session_stores_list(session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwStoreEntry *entry = &g_array_index(list.rows, TwStoreEntry, i);
        g_auto(TwBookGetArgs) get = { .user = entry->owner };
        Target target = { .owner = entry->owner };

        if (entry->kind != TW_STORE_PRIVATE || entry->owner == 0)
            continue;
        if (!tw_session_book_get(session, &get, error))
            return FALSE;
        target.name = g_strdup(get.entry->name);
        g_array_append_val(targets, target);
        /* cppcheck-suppress memleak ; the array owns what it has */
    }
    return TRUE;
}

/* FALSE with @error: nothing was done. */
static gboolean
prepare(Mailbox *box, const GPtrArray *words, GArray *targets, GError **error)
{
    g_auto(TwNameFindArgs) find = { .name = box->wish->user, .type = TW_DIRECTORY_USERS };

    if (box->wish->user != NULL) {
        if (!tw_session_name_find(box->session, &find, error)) {
            g_prefix_error(error, "There is no user \"%s\": ", box->wish->user);
            return FALSE;
        }
        box->user = find.entry->number;
    }
    if (box->wish->all)
        return list_all(box->session, targets, error);
    for (guint i = 0; i < words->len; i++) {
        Target target = { .name = g_strdup(words->pdata[i]) };
        g_array_append_val(targets, target);
    }
    return TRUE;
}

/* Returns: how many mailboxes failed. */
static guint
do_mailboxes(Mailbox *box, const GArray *targets)
{
    guint failed = 0;

    for (guint i = 0; i < targets->len; i++) {
        const Target *target = &g_array_index(targets, Target, i);
        g_autoptr(GError) error = NULL;
        if (do_mailbox(box, target, &error))
            continue;
        failed++;
        fprintf(stderr, "twiga-mailbox-permissions: %s: %s\n", target->name, error->message);
    }
    if (box->wish->json && box->wish->action >= OPTION_LIST)
        g_string_append(box->out, box->out->len == 0 ? "{}\n" : "}\n");
    return failed;
}

/* ---- start ---- */

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-mailbox-permissions: %s\n", error->message);
    return code;
}

static TwServer *
open_server(const TwStart *start, const char *called, GError **error)
{
    const char *password = tw_options_value(start->options, OPTION_KEY_PASSWORD);
    g_autoptr(TwSecret) secret =
        password != NULL ? tw_secret_new(password, strlen(password)) : NULL;
    const TwConnectKey key = { .file = tw_options_value(start->options, OPTION_KEY),
                               .password = secret };

    return tw_connect_open_with(start->config, called, &key, error);
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GArray) targets = g_array_new(FALSE, FALSE, sizeof(Target));
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Wish wish = { 0 };
    Mailbox box = { .wish = &wish, .out = out };
    guint failed;

    g_array_set_clear_func(targets, target_clear);
    if (start == NULL)
        return code;
    if (!read_wish(start->options, &wish, &error))
        return give_up(error, TW_EXIT_USAGE);
    server = open_server(start, argv[0], &error);
    session =
        server != NULL ? tw_connect_system(server, "twiga-mailbox-permissions", &error) : NULL;
    if (session == NULL)
        return give_up(error, tw_connect_exit_code(error));
    box.session = session;
    if (!prepare(&box, start->options->words, targets, &error))
        return give_up(error, TW_EXIT_FAILED);
    failed = do_mailboxes(&box, targets);
    fputs(out->str, stdout);
    return fflush(stdout) == 0 && failed == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}
