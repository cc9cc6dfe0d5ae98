/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Operations on the rights of a folder: its rows, and the same as a table. In a table who has no row of their own has member
 * 0, who did not log on -1; others have their number (spec/mailbox-layout.md 10.3).
 */
#include "base/error.h"
#include "mapi/tags.h"
#include "session/book-row.h"
#include "session/local-table-private.h"

gboolean
tw_local_permissions(TwLocalCall *call, TwPermissionsArgs *args, GError **error)
{
    g_autoptr(GArray) all = tw_store_permissions(call->store, error);

    if (all == NULL)
        return FALSE;
    args->rows = g_array_new(FALSE, FALSE, sizeof(TwPermission));
    for (guint i = 0; i < all->len; i++) {
        if (g_array_index(all, TwPermission, i).folder == call->folder)
            g_array_append_vals(args->rows, &g_array_index(all, TwPermission, i), 1);
    }
    return TRUE;
}

/* Rights go to users, groups and companies that the giver may know of; who is gone may be taken away. */
static gboolean
check_principals(const TwLocalCall *call, const TwPermissionRows *rows, GError **error)
{
    for (guint i = 0; i < rows->count; i++) {
        const TwDirectoryObject *who =
            tw_directory_snapshot_get(call->snapshot, rows->items[i].principal);
        gboolean fits = who != NULL && who->kind != TW_DIRECTORY_CONTACT &&
                        who->kind != TW_DIRECTORY_ADDRESS_LIST &&
                        tw_directory_snapshot_company_sees(
                            call->snapshot, call->who->company,
                            who->kind == TW_DIRECTORY_COMPANY ? who->number : who->company);
        if (who != NULL && who->number == TW_DIRECTORY_EVERYONE)
            fits = TRUE;
        if (call->who->admin == TW_DIRECTORY_SYSTEM_ADMIN && who != NULL)
            fits = TRUE;
        if (rows->items[i].rights == TW_PERMISSION_REMOVE ||
            rows->items[i].principal == TW_PERMISSION_ANONYMOUS)
            fits = TRUE;
        if (!fits) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "rights for %u, who is not known",
                        rows->items[i].principal);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tw_local_permissions_set(TwLocalCall *call, TwPermissionsSetArgs *args, GError **error)
{
    return check_principals(call, &args->rows, error) &&
           tw_store_set_permissions(call->store, call->folder, args->rows.items, args->rows.count,
                                    args->replace, error);
}

/* ---- the table ---- */

enum {
    MEMBER_DEFAULT = 0,
    MEMBER_ANONYMOUS = -1
};

/* All who log on: Everyone, and of a store of a company that company (spec/mailbox-layout.md 10.3). */
static gboolean
is_default(const TwLocalCall *call, guint32 principal)
{
    guint32 company = call->local->config.hosted ? call->access->company : TW_DIRECTORY_NO_COMPANY;

    return principal ==
           (company != TW_DIRECTORY_NO_COMPANY ? company : (guint32) TW_DIRECTORY_EVERYONE);
}

static gint64
member_of(const TwLocalCall *call, guint32 principal)
{
    if (principal == TW_PERMISSION_ANONYMOUS)
        return MEMBER_ANONYMOUS;
    return is_default(call, principal) ? MEMBER_DEFAULT : (gint64) principal;
}

/* Who is gone or may not be known of has a number alone. */
static GBytes *
bag_of_row(const TwLocalCall *call, const TwPermission *row, GError **error)
{
    const TwDirectoryObject *who = tw_directory_snapshot_get(call->snapshot, row->principal);
    g_auto(TwBuffer) id = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_i8(PR_MEMBER_ID, member_of(call, row->principal)));
    tw_props_builder_set(&builder, tw_value_long(PR_MEMBER_RIGHTS, row->rights));
    if (row->principal == TW_PERMISSION_ANONYMOUS) {
        tw_props_builder_set(&builder, tw_value_str(PR_MEMBER_NAME, "Anonymous"));
        tw_props_builder_set(&builder, tw_value_bytes(PR_ENTRYID, NULL, 0));
    } else if (tw_local_sees(call, who)) {
        TwBookId book = tw_book_row_id(who);
        tw_book_id_write(&book, &id);
        tw_props_builder_set(&builder, tw_value_str(PR_MEMBER_NAME, tw_book_row_name(who)));
        tw_props_builder_set(&builder, tw_value_bytes(PR_ENTRYID, id.data, id.len));
    }
    return tw_props_builder_finish_bytes(&builder, error);
}

/* The rows were made for those rights and that directory, or any. */
static guint64
stamp_of(const TwLocalCall *call)
{
    return (tw_directory_snapshot_epoch(call->snapshot) << 32 |
            tw_store_permission_epoch(call->access->store)) +
           1;
}

static gboolean
fill_rows(TwLocalCall *call, TwLocalTable *self, const GArray *rows, GError **error)
{
    g_autoptr(GHashTable) before = self->rows;

    self->rows = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_bytes_unref);
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        gpointer number = GUINT_TO_POINTER(row->principal);
        GBytes *bag = bag_of_row(call, row, error), *old;
        if (bag == NULL)
            return FALSE;
        g_hash_table_insert(self->rows, number, bag);
        old = before != NULL ? g_hash_table_lookup(before, number) : NULL;
        if ((old == NULL || !g_bytes_equal(old, bag)) &&
            !tw_table_bags_set(self->made, row->principal, bag, error))
            return FALSE;
    }
    if (before != NULL)
        tw_local_table_take_away(self, before);
    return TRUE;
}

static gboolean
bring_permissions(TwLocalCall *call, TwLocalTable *self, GError **error)
{
    guint64 stamp = stamp_of(call);
    TwPermissionsArgs read = { 0 };
    TwStore *store = call->store;
    guint32 folder = call->folder;
    gboolean ok;

    if (self->stamp == stamp)
        return TRUE;
    call->store = call->access->store;
    call->folder = self->folder;
    ok = tw_local_permissions(call, &read, error) && fill_rows(call, self, read.rows, error);
    if (!ok) { /* as at the start */
        tw_table_bags_clear(self->made);
        g_clear_pointer(&self->rows, g_hash_table_unref);
    }
    call->store = store;
    call->folder = folder;
    tw_op_clear(TW_OP_PERMISSIONS, &read);
    if (ok)
        self->stamp = stamp;
    return ok;
}

gboolean
tw_local_table_open_permissions(TwLocalCall *call, TwTableOpenPermissionsArgs *args, GError **error)
{
    static const guint32 columns[] = { PR_MEMBER_ID, PR_MEMBER_NAME, PR_MEMBER_RIGHTS, PR_ENTRYID };
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwLocalTable *self = tw_local_table_new(call, TW_NEED_VISIBLE);

    self->by_rights = TRUE; /* it is told when rights change */
    self->made = tw_table_bags_new(call->local->tables, FALSE);
    self->bring = bring_permissions;
    if (bring_permissions(call, self, error)) {
        self->table = tw_table_open_bags(self->made, args->flags, &caller);
        if (!tw_table_set_columns(self->table, columns, G_N_ELEMENTS(columns), error))
            g_clear_pointer(&self->table, tw_table_free);
    }
    return tw_local_table_keep(call->session, self, &args->table, error);
}
