/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables of the address book. What somebody sees in a container depends on the company and on whether they see everything, so
 * rows are made once for all who see the same, and kept while the directory changes: what is different then is told to all
 * tables that show the set.
 *
 * A set that no table shows is let go when there are too many. Rows are made under the set's own mutex, from memory alone.
 */
#include "session/book-row.h"
#include "session/local-table-private.h"

#include "base/error.h"
#include "mapi/tags.h"

enum {
    MOST_SETS = 64, /* of all sessions; more than that are not shared */
    TAG_PATH = 0xFFF9001F,
};

typedef struct {
    guint32 company, object;
    TwBookPlace place;
    gboolean everything, hide_everyone, may_list, containers, deep;
} Key;

/* A row of a set: made from @of, which is immutable. */
typedef struct {
    TwDirectoryObject *of, *company; /* references; NULL: of the server */
} Made;

struct TwBookSet {
    gint refs;
    Key key;
    TwTableBags *bags;
    GMutex busy;      /* guards what follows */
    GHashTable *rows; /* number -> Made, owned */
    guint64 epoch;    /* of the directory that they show */
    gboolean filled, gone;
};

struct TwBookSets {
    TwLock lock;     /* guards the list; a leaf */
    GPtrArray *list; /* TwBookSet, a reference each */
};

/* ---- sets ---- */

static void
free_made(gpointer data)
{
    Made *made = data;

    tw_directory_object_unref(made->of);
    tw_directory_object_unref(made->company);
    g_free(made);
}

static TwBookSet *
set_new(TwTables *tables, const Key *key)
{
    TwBookSet *set = g_new0(TwBookSet, 1);

    set->refs = 1;
    set->key = *key;
    set->bags = tw_table_bags_new(tables, FALSE);
    g_mutex_init(&set->busy);
    set->rows = g_hash_table_new_full(NULL, NULL, NULL, free_made);
    return set;
}

static TwBookSet *
set_ref(TwBookSet *set)
{
    g_atomic_int_inc(&set->refs);
    return set;
}

void
tw_book_set_unref(TwBookSet *set)
{
    if (set == NULL || !g_atomic_int_dec_and_test(&set->refs))
        return;
    tw_table_bags_unref(set->bags);
    g_hash_table_unref(set->rows);
    g_mutex_clear(&set->busy);
    g_free(set);
}

static void
unref_set(gpointer set)
{
    tw_book_set_unref(set);
}

TwBookSets *
tw_book_sets_new(void)
{
    TwBookSets *sets = g_new0(TwBookSets, 1);

    tw_lock_init(&sets->lock);
    sets->list = g_ptr_array_new_with_free_func(unref_set);
    return sets;
}

void
tw_book_sets_free(TwBookSets *sets)
{
    g_ptr_array_unref(sets->list);
    tw_lock_clear(&sets->lock);
    g_free(sets);
}

static gboolean
same_key(const Key *a, const Key *b)
{
    return a->company == b->company && a->object == b->object && a->place == b->place &&
           a->everything == b->everything && a->hide_everyone == b->hide_everyone &&
           a->may_list == b->may_list && a->containers == b->containers && a->deep == b->deep;
}

/* (transfer full) (nullable): the oldest that nobody uses, to be let go of without the lock. */
static TwBookSet *
take_idle(TwBookSets *sets)
{
    for (guint i = 0; i < sets->list->len; i++) {
        TwBookSet *set = sets->list->pdata[i];
        if (g_atomic_int_get(&set->refs) == 1)
            return g_ptr_array_steal_index(sets->list, i);
    }
    return NULL;
}

/* (transfer full) */
static TwBookSet *
get_set(TwLocal *local, const Key *key)
{
    TwBookSets *sets = local->book_sets;
    TwBookSet *fresh = set_new(local->tables, key), *idle = NULL, *found = NULL;

    tw_lock(&sets->lock);
    for (guint i = 0; i < sets->list->len && found == NULL; i++) {
        if (same_key(&((TwBookSet *) sets->list->pdata[i])->key, key))
            found = set_ref(sets->list->pdata[i]);
    }
    if (found == NULL && sets->list->len >= MOST_SETS)
        idle = take_idle(sets);
    if (found == NULL && sets->list->len < MOST_SETS)
        g_ptr_array_add(sets->list, set_ref(fresh));
    tw_unlock(&sets->lock);
    tw_book_set_unref(idle);
    if (found == NULL)
        return fresh;
    tw_book_set_unref(fresh);
    return found;
}

/* ---- rows ---- */

/* A filling under way: what is left in @before when it ends is gone. */
typedef struct {
    TwLocalCall *call;
    TwBookSet *set;
    GHashTable *before; /* number -> Made */
    TwBookRowContext context;
    GError **error;
} Fill;

static TwDirectoryObject *
company_of(const Fill *fill, const TwDirectoryObject *object)
{
    return object != NULL && object->company != TW_DIRECTORY_NO_COMPANY
               ? tw_directory_snapshot_get(fill->call->snapshot, object->company)
               : NULL;
}

static TwDirectoryObject *
ref_or_null(TwDirectoryObject *object)
{
    return object != NULL ? tw_directory_object_ref(object) : NULL;
}

/* With no bag the row is there as it shall be. */
static gboolean
keep_row(Fill *fill, guint32 number, TwDirectoryObject *object, GBytes *bag)
{
    Made *made = g_new0(Made, 1);

    made->of = ref_or_null(object);
    made->company = ref_or_null(company_of(fill, object));
    g_hash_table_replace(fill->set->rows, GUINT_TO_POINTER(number), made);
    return bag == NULL || tw_table_bags_set(fill->set->bags, number, bag, fill->error);
}

/* Whether the row of before was made from the same. */
static gboolean
is_same(const Fill *fill, guint32 number, const TwDirectoryObject *object)
{
    const Made *made = g_hash_table_lookup(fill->before, GUINT_TO_POINTER(number));

    return made != NULL && made->of == object && made->company == company_of(fill, object);
}

static gboolean
fill_entries(Fill *fill)
{
    TwDirectoryViewer viewer = tw_local_viewer(fill->call);
    TwDirectoryListing listing = { .container = fill->set->key.object, .most = G_MAXUINT };
    g_autoptr(GPtrArray) list = NULL;

    if (!fill->set->key.may_list)
        return TRUE;
    list = tw_directory_list(fill->call->snapshot, &viewer, &listing, NULL, fill->error);
    if (list == NULL)
        return FALSE;
    for (guint i = 0; i < list->len; i++) {
        TwDirectoryObject *object = list->pdata[i];
        g_autoptr(GBytes) bag = NULL;
        if (!is_same(fill, object->number, object)) {
            bag = tw_book_row_entry(&fill->context, object, FALSE, fill->error);
            if (bag == NULL)
                return FALSE;
        }
        if (!keep_row(fill, object->number, object, bag))
            return FALSE;
    }
    return TRUE;
}

/* Which containers of the tree stand in the set's place, and how deep below it. */
static int
depth_of(const Key *key, const TwDirectoryContainer *one, TwBookPlace above)
{
    if (key->place == TW_BOOK_PLACE_ROOT)
        return one->depth == 0 || (one->depth > 1 && !key->deep) ? -1 : (int) one->depth - 1;
    return one->depth == 2 && key->place == above ? 0 : -1;
}

static gboolean
fill_containers(Fill *fill)
{
    const Key *key = &fill->set->key;
    TwDirectoryViewer viewer = tw_local_viewer(fill->call);
    g_autoptr(GArray) tree = tw_directory_containers(fill->call->snapshot, &viewer);

    for (guint i = 0; i < tree->len; i++) {
        const TwDirectoryContainer *one = &g_array_index(tree, TwDirectoryContainer, i);
        TwBookPlace above =
            one->kind == TW_DIRECTORY_COMPANY_LIST ? TW_BOOK_PLACE_GLOBAL : TW_BOOK_PLACE_ALL_LISTS;
        guint32 number = tw_book_row_container_number(one->kind, one->object);
        int depth = depth_of(key, one, above);
        g_autoptr(GBytes) bag = NULL;
        if (depth < 0 || (one->depth > 1 && !key->may_list))
            continue;
        if (!is_same(fill, number, one->object)) {
            bag =
                tw_book_row_container(one->kind, one->object, key->deep ? depth : -1, fill->error);
            if (bag == NULL)
                return FALSE;
        }
        if (!keep_row(fill, number, one->object, bag))
            return FALSE;
    }
    return TRUE;
}

static gboolean
take_away(Fill *fill)
{
    GHashTableIter iter;
    gpointer number;

    g_hash_table_iter_init(&iter, fill->before);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        if (!g_hash_table_contains(fill->set->rows, number) &&
            !tw_table_bags_set(fill->set->bags, GPOINTER_TO_UINT(number), NULL, fill->error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fill_set(TwLocalCall *call, TwBookSet *set, GError **error)
{
    g_autoptr(GHashTable) before = set->rows;
    Fill fill = { call,
                  set,
                  before,
                  { call->snapshot, tw_local_policy(call->local)->disabled_features },
                  error };
    gboolean ok;

    set->rows = g_hash_table_new_full(NULL, NULL, NULL, free_made);
    ok = set->key.containers ? fill_containers(&fill) : fill_entries(&fill);
    return take_away(&fill) && ok;
}

/* Brings a set up to the directory of the call; one that is further stays. */
static gboolean
bring_set(TwLocalCall *call, TwBookSet *set, GError **error)
{
    guint64 epoch = tw_directory_snapshot_epoch(call->snapshot);
    gboolean ok = TRUE;

    g_mutex_lock(&set->busy);
    if (!set->filled || epoch > set->epoch) {
        ok = fill_set(call, set, error);
        set->gone = !ok;
        set->filled = TRUE;
        set->epoch = epoch;
    } else if (set->gone) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such container");
        ok = FALSE;
    }
    g_mutex_unlock(&set->busy);
    return ok;
}

/* ---- tables ---- */

static Key
key_of(const TwLocalCall *call, TwBookPlace place, guint32 object, gboolean containers, guint flags)
{
    TwDirectoryViewer viewer = tw_local_viewer(call);

    return (Key){
        .company = viewer.company,
        .object = object,
        .place = place,
        .everything = viewer.everything,
        .hide_everyone = viewer.hide_everyone,
        .may_list = tw_local_may_list(call),
        .containers = containers,
        .deep = containers && (flags & TW_TABLE_DEEP),
    };
}

/* Who sees with other eyes now has to open another table. */
static gboolean
bring_table(TwLocalCall *call, TwLocalTable *self, GError **error)
{
    const Key *key = &self->book->key;
    Key now = key_of(call, key->place, key->object, key->containers,
                     key->deep ? (guint) TW_TABLE_DEEP : 0);

    if (!same_key(key, &now)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such container any more");
        return FALSE;
    }
    return bring_set(call, self->book, error);
}

static gboolean
set_up(TwTable *table, gboolean containers, GError **error)
{
    static const guint32 entry_columns[] = {
        PR_ENTRYID,
        PR_DISPLAY_NAME,
        PR_INSTANCE_KEY,
        PR_ADDRTYPE,
        PR_DISPLAY_TYPE,
        PR_DISPLAY_TYPE_EX,
        PR_EMAIL_ADDRESS,
        PR_SMTP_ADDRESS,
        PR_OBJECT_TYPE,
        PR_RECORD_KEY,
        PR_SEARCH_KEY,
        PR_DEPARTMENT_NAME,
        PR_BUSINESS_TELEPHONE_NUMBER,
        PR_OFFICE_LOCATION,
        PR_PRIMARY_FAX_NUMBER,
    };
    static const guint32 container_columns[] = {
        PR_ENTRYID,     PR_DISPLAY_NAME, PR_INSTANCE_KEY, PR_DISPLAY_TYPE,
        PR_OBJECT_TYPE, PR_RECORD_KEY,   PR_SEARCH_KEY,
    };
    /* spec/mapi-soap.md 8.5; people have no path, and stand by name */
    static const TwSortOrder order = {
        .keys = { { TAG_PATH, TW_SORT_ASCENDING }, { PR_DISPLAY_NAME, TW_SORT_ASCENDING } },
        .count = 2,
    };

    return tw_table_sort(table, &order, error) &&
           (containers
                ? tw_table_set_columns(table, container_columns, G_N_ELEMENTS(container_columns),
                                       error)
                : tw_table_set_columns(table, entry_columns, G_N_ELEMENTS(entry_columns), error));
}

/* Where entries and containers can be. */
static gboolean
check_place(const TwTableOpenBookArgs *args, GError **error)
{
    gboolean ok = FALSE;

    switch (args->place) {
    case TW_BOOK_PLACE_ROOT:
    case TW_BOOK_PLACE_ALL_LISTS:
        ok = args->containers;
        break;
    case TW_BOOK_PLACE_GLOBAL:
        ok = TRUE;
        break;
    case TW_BOOK_PLACE_OBJECT:
        ok = !args->containers && args->object != 0;
        break;
    default:
        break;
    }
    if (!ok)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such container");
    return ok;
}

gboolean
tw_local_table_open_book(TwLocalCall *call, TwTableOpenBookArgs *args, GError **error)
{
    guint32 object = args->place == TW_BOOK_PLACE_OBJECT ? args->object : 0;
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwLocalTable *self;
    Key key;

    if (!check_place(args, error))
        return FALSE;
    key = key_of(call, (TwBookPlace) args->place, object, args->containers, args->flags);
    self = tw_local_table_new_plain();
    self->book = get_set(call->local, &key);
    self->bring = bring_table;
    if (bring_set(call, self->book, error)) {
        self->table = tw_table_open_bags(self->book->bags, args->flags & TW_TABLE_NO_CUT, &caller);
        if (!set_up(self->table, args->containers, error))
            g_clear_pointer(&self->table, tw_table_free);
    }
    return tw_local_table_keep(call->session, self, &args->table, error);
}
