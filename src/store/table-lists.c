/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Short lists that a store keeps as a whole: receive folders, the rules of a folder. When one may have changed it is read again,
 * and only rows that are different now are told to the views.
 */
#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/rules.h"
#include "store/table-private.h"

static GPtrArray *
new_rows(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
}

/* Brings the cache in line with the list as it is now. */
static void
compare_rows(TwTableSource *source, const GPtrArray *rows, GHashTable *changed)
{
    g_autoptr(GHashTable) left = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer number;
    TW_LOCK_SCOPE(&source->lock);

    g_hash_table_iter_init(&iter, source->cache);
    while (g_hash_table_iter_next(&iter, &number, NULL))
        g_hash_table_add(left, number);
    for (guint i = 0; i < rows->len; i++) {
        TwTableRow *row = rows->pdata[i];
        const TwTableRow *old;
        number = GUINT_TO_POINTER(row->number);
        g_hash_table_remove(left, number);
        old = g_hash_table_lookup(source->cache, number);
        if (old != NULL && g_bytes_equal(old->bag, row->bag))
            continue;
        g_hash_table_add(changed, number);
        tw_table_source_keep(source, row);
    }
    g_hash_table_iter_init(&iter, left);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        g_hash_table_add(changed, number);
        tw_table_source_forget(source, GPOINTER_TO_UINT(number));
    }
}

/* A table of one of the lists, with its rows. */
static TwTable *
open_list(TwTables *tables,
          const TwTableSourceClass *class_of,
          TwStore *store,
          guint32 folder,
          guint flags,
          const TwTableCaller *caller,
          GError **error)
{
    g_autoptr(TwTableSource) source = tw_table_source_new(class_of, tables);
    g_autoptr(GHashTable) changed = g_hash_table_new(NULL, NULL);

    source->store = tw_store_ref(store);
    source->folder = folder;
    source->always_cached = source->given = source->complete = TRUE;
    tw_tables_add_source(tables,
                         source); /* before it is read: what changes meanwhile comes again */
    if (!class_of->compare(source, changed, error)) {
        tw_tables_remove_source(tables, source);
        return NULL;
    }
    return tw_table_new(source, flags, caller);
}

/* ---- receive folders ---- */

typedef struct {
    TwTableSource *source;
    GPtrArray *rows; /* TwTableRow */
} Receive;

static GBytes *
receive_bag(const TwReceiveFolder *one, const TwFolderNames *names, GError **error)
{
    g_auto(TwPropsBuilder) builder;
    guint64 changed = 0;
    gsize len;
    const guint8 *id = g_bytes_get_data(names->entry_id, &len);

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_MESSAGE_CLASS, one->message_class));
    tw_props_builder_set(&builder, tw_value_bytes(PR_ENTRYID, id, len));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RECORD_KEY, id, len));
    if (tw_time_to_filetime(one->changed_us, &changed))
        tw_props_builder_set(&builder, tw_value_i8(PR_LAST_MODIFICATION_TIME, (gint64) changed));
    return tw_props_builder_finish_bytes(&builder, error);
}

/* A row is its place in the list. */
static gboolean
read_receive_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Receive *receive = data;
    TwStore *store = receive->source->store;
    g_autoptr(GArray) list = tw_sql_receive_list(tx, store->number, error);

    if (list == NULL)
        return FALSE;
    g_ptr_array_set_size(receive->rows, 0);
    for (guint i = 0; i < list->len; i++) {
        const TwReceiveFolder *one = &g_array_index(list, TwReceiveFolder, i);
        g_auto(TwFolderNames) names = { NULL, NULL };
        g_autoptr(GBytes) bag = NULL;

        if (!tw_folder_names_load(tx, store, one->folder, &names, error))
            return FALSE;
        bag = receive_bag(one, &names, error);
        if (bag == NULL)
            return FALSE;
        g_ptr_array_add(receive->rows, tw_table_row_new_bag(i + 1, bag));
    }
    return TRUE;
}

static gboolean
receive_compare(TwTableSource *source, GHashTable *changed, GError **error)
{
    g_autoptr(GPtrArray) rows = new_rows();
    Receive receive = { source, rows };

    if (!tw_store_read(source->store, read_receive_tx, &receive, error))
        return FALSE;
    compare_rows(source, rows, changed);
    return TRUE;
}

static void
receive_notice(TwTableSource *source, const TwChange *change)
{
    if (change->op == TW_CHANGE_RECEIVE || change->op == TW_CHANGE_FOLDER_DELETED)
        source->structure = TRUE;
}

static const TwTableSourceClass receive_class = {
    .walk = tw_table_bags_walk,
    .load = tw_table_bags_load,
    .compare = receive_compare,
    .notice = receive_notice,
};

TwTable *
tw_table_open_receive_folders(TwTables *tables,
                              TwStore *store,
                              const TwTableCaller *caller,
                              GError **error)
{
    return open_list(tables, &receive_class, store, 0, 0, caller, error);
}

/* ---- rules ---- */

/* What keeps the order of the table beside it: ids are given one after the other, from 1. */
static guint32
rule_number(guint64 id)
{
    return (guint32) id;
}

static gboolean
rules_compare(TwTableSource *source, GHashTable *changed, GError **error)
{
    g_autoptr(TwRules) rules = tw_folder_read_rules(source->store, source->folder, error);
    g_autoptr(GPtrArray) rows = new_rows();

    if (rules == NULL)
        return FALSE;
    for (guint i = 0; i < tw_rules_count(rules); i++) {
        TwProps props;
        guint64 id = tw_rules_get(rules, i, &props);
        g_autoptr(GBytes) bag = g_bytes_new(props.data, props.len);
        g_ptr_array_add(rows, tw_table_row_new_bag(rule_number(id), bag));
    }
    compare_rows(source, rows, changed);
    return TRUE;
}

static void
rules_notice(TwTableSource *source, const TwChange *change)
{
    if (change->id == source->folder &&
        (change->op == TW_CHANGE_FOLDER || change->op == TW_CHANGE_FOLDER_DELETED))
        source->structure = TRUE;
}

static const TwTableSourceClass rules_class = {
    .walk = tw_table_bags_walk,
    .load = tw_table_bags_load,
    .compare = rules_compare,
    .notice = rules_notice,
};

TwTable *
tw_table_open_rules(TwTables *tables,
                    TwStore *store,
                    guint32 folder,
                    guint flags,
                    const TwTableCaller *caller,
                    GError **error)
{
    static const TwSortOrder order = {
        .keys = { { PR_RULE_SEQUENCE, TW_SORT_ASCENDING }, { PR_RULE_ID, TW_SORT_ASCENDING } },
        .count = 2,
    };
    static const guint32 columns[] = {
        PR_RULE_ID,      PR_RULE_SEQUENCE, PR_RULE_STATE,         PR_RULE_NAME,  PR_RULE_CONDITION,
        PR_RULE_ACTIONS, PR_RULE_PROVIDER, PR_RULE_PROVIDER_DATA, PR_RULE_LEVEL, PR_RULE_USER_FLAGS,
    };
    g_autoptr(TwTable) table = open_list(tables, &rules_class, store, folder, flags, caller, error);

    if (table == NULL || !tw_table_sort(table, &order, error) ||
        !tw_table_set_columns(table, columns, G_N_ELEMENTS(columns), error))
        return NULL;
    return g_steal_pointer(&table);
}
