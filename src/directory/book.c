/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/book.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "directory/index-private.h"

enum {
    MOST_TYPED = 1024, /* bytes of a typed name; longer fits nothing */
};

static gboolean
company_visible(const TwDirectorySnapshot *snapshot,
                const TwDirectoryViewer *viewer,
                const TwDirectoryObject *object)
{
    guint32 company = object->kind == TW_DIRECTORY_COMPANY ? object->number : object->company;

    return viewer->everything || object->number < TW_DIRECTORY_FIRST_NUMBER ||
           tw_directory_snapshot_company_sees(snapshot, viewer->company, company);
}

gboolean
tw_directory_visible(const TwDirectorySnapshot *snapshot,
                     const TwDirectoryViewer *viewer,
                     const TwDirectoryObject *object)
{
    if (viewer->everything)
        return TRUE;
    if (object->hidden || (viewer->hide_everyone && object->number == TW_DIRECTORY_EVERYONE))
        return FALSE;
    return company_visible(snapshot, viewer, object);
}

/* ---- containers ---- */

static void
add_container(GArray *tree, TwDirectoryContainerKind kind, guint depth, TwDirectoryObject *object)
{
    TwDirectoryContainer container = { kind, depth, object };

    g_array_append_val(tree, container);
}

/* Rows of one company in ORDER: from *ret_first to before the result. */
static guint
company_rows(const TwDirectoryIndex *order, guint32 company, guint *ret_first)
{
    guint32 key = GUINT32_TO_BE(company), next = GUINT32_TO_BE(company + 1);

    *ret_first = tw_directory_index_find(order, (const guint8 *) &key, sizeof key);
    return company == G_MAXUINT32
               ? order->len
               : tw_directory_index_find(order, (const guint8 *) &next, sizeof next);
}

static void
add_objects(const TwDirectorySnapshot *snapshot,
            const TwDirectoryViewer *viewer,
            TwDirectoryKind kind,
            GArray *tree)
{
    const TwDirectoryIndex *order = snapshot->indexes[TW_DIRECTORY_BY_ORDER];
    guint32 company = kind == TW_DIRECTORY_COMPANY ? TW_DIRECTORY_NO_COMPANY : viewer->company;
    guint i, end = company_rows(order, company, &i);

    for (; i < end; i++) {
        TwDirectoryObject *object = tw_directory_index_row(order, i)->entry->object;
        if (object->kind == kind && tw_directory_visible(snapshot, viewer, object))
            add_container(tree,
                          kind == TW_DIRECTORY_COMPANY ? TW_DIRECTORY_COMPANY_LIST
                                                       : TW_DIRECTORY_OWN_LIST,
                          2, object);
    }
}

GArray *
tw_directory_containers(const TwDirectorySnapshot *snapshot, const TwDirectoryViewer *viewer)
{
    GArray *tree = g_array_new(FALSE, FALSE, sizeof(TwDirectoryContainer));

    add_container(tree, TW_DIRECTORY_ROOT, 0, NULL);
    add_container(tree, TW_DIRECTORY_GLOBAL_LIST, 1, NULL);
    add_objects(snapshot, viewer, TW_DIRECTORY_COMPANY, tree);
    /* spec/mapi-soap.md 15.2: one company alone is the global list itself */
    if (tree->len == 3 && !viewer->everything)
        g_array_set_size(tree, 2);
    add_container(tree, TW_DIRECTORY_ALL_LISTS, 1, NULL);
    add_objects(snapshot, viewer, TW_DIRECTORY_ADDRESS_LIST, tree);
    return tree;
}

/* ---- listings ---- */

static gboolean
is_listed(const TwDirectorySnapshot *snapshot,
          const TwDirectoryViewer *viewer,
          const TwDirectoryObject *object)
{
    return tw_directory_type(object->kind) != TW_DIRECTORY_CONTAINERS &&
           tw_directory_visible(snapshot, viewer, object);
}

static void
collect_company(const TwDirectorySnapshot *snapshot,
                const TwDirectoryViewer *viewer,
                guint32 company,
                gboolean built_in,
                GPtrArray *found)
{
    const TwDirectoryIndex *order = snapshot->indexes[TW_DIRECTORY_BY_ORDER];
    guint i, end = company_rows(order, company, &i);

    for (; i < end; i++) {
        TwDirectoryEntry *entry = tw_directory_index_row(order, i)->entry;
        if ((built_in || entry->object->number >= TW_DIRECTORY_FIRST_NUMBER) &&
            is_listed(snapshot, viewer, entry->object))
            g_ptr_array_add(found, entry);
    }
}

static TwDirectoryEntry *
entry_of(const TwDirectorySnapshot *snapshot, guint32 number)
{
    const TwDirectoryIndex *rows = snapshot->indexes[TW_DIRECTORY_BY_NUMBER];
    guint32 key = GUINT32_TO_BE(number);
    guint i = tw_directory_index_find(rows, (const guint8 *) &key, sizeof key);

    return i < rows->len && tw_directory_index_row(rows, i)->entry->object->number == number
               ? tw_directory_index_row(rows, i)->entry
               : NULL;
}

static void
collect_number(const TwDirectorySnapshot *snapshot,
               const TwDirectoryViewer *viewer,
               guint32 number,
               GPtrArray *found)
{
    TwDirectoryEntry *entry = entry_of(snapshot, number);

    if (entry != NULL && is_listed(snapshot, viewer, entry->object))
        g_ptr_array_add(found, entry);
}

static int
compare_shown(const TwDirectoryEntry *a, const TwDirectoryEntry *b)
{
    int order = memcmp(a->order, b->order, MIN(a->order_len, b->order_len));

    return order != 0 ? order : (a->order_len > b->order_len) - (a->order_len < b->order_len);
}

static int
compare_entries(gconstpointer a, gconstpointer b, gpointer data)
{
    const TwDirectoryEntry *x = *(const TwDirectoryEntry *const *) a;
    const TwDirectoryEntry *y = *(const TwDirectoryEntry *const *) b;
    TwDirectorySort sort = *(const TwDirectorySort *) data;
    int order = 0;

    if (sort == TW_DIRECTORY_SORT_NAME)
        order = strcmp(x->name_key, y->name_key);
    else if (sort == TW_DIRECTORY_SORT_MAIL)
        order = strcmp(x->mail_key, y->mail_key);
    return order != 0 ? order : compare_shown(x, y);
}

/* What stands in a container; *ret_sorted when it comes in the order of SHOWN. */
static gboolean
collect(const TwDirectorySnapshot *snapshot,
        const TwDirectoryViewer *viewer,
        guint32 container,
        GPtrArray *found,
        gboolean *ret_sorted)
{
    const TwDirectoryObject *object;
    TwDirectoryRelation relation = TW_DIRECTORY_MEMBER;
    const TwDirectoryLink *links;
    gsize count;

    *ret_sorted = container == 0 && viewer->company == TW_DIRECTORY_NO_COMPANY;
    if (container == 0) {
        collect_company(snapshot, viewer, viewer->company, TRUE, found);
        if (viewer->company != TW_DIRECTORY_NO_COMPANY) {
            collect_number(snapshot, viewer, TW_DIRECTORY_EVERYONE, found);
            collect_number(snapshot, viewer, TW_DIRECTORY_SYSTEM, found);
        }
        return TRUE;
    }
    object = tw_directory_snapshot_get(snapshot, container);
    if (object == NULL || !tw_directory_visible(snapshot, viewer, object))
        return FALSE;
    if (object->kind == TW_DIRECTORY_COMPANY) {
        *ret_sorted = TRUE;
        collect_company(snapshot, viewer, container, FALSE, found);
        return TRUE;
    }
    if (container == TW_DIRECTORY_EVERYONE) {
        g_autoptr(GArray) users = tw_directory_snapshot_members(snapshot, container);
        for (guint i = 0; i < users->len; i++)
            collect_number(snapshot, viewer, g_array_index(users, guint32, i), found);
        return TRUE;
    }
    if (object->kind == TW_DIRECTORY_ADDRESS_LIST)
        relation = TW_DIRECTORY_LISTED;
    else if (tw_directory_type(object->kind) != TW_DIRECTORY_GROUPS)
        return FALSE;
    links = tw_directory_links(object, relation, &count);
    for (gsize i = 0; i < count; i++)
        collect_number(snapshot, viewer, links[i].number, found);
    return TRUE;
}

GPtrArray *
tw_directory_list(const TwDirectorySnapshot *snapshot,
                  const TwDirectoryViewer *viewer,
                  const TwDirectoryListing *listing,
                  guint *ret_total,
                  GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    TwDirectorySort sort = listing->sort;
    GPtrArray *window;
    gboolean sorted;
    guint count;

    if (!collect(snapshot, viewer, listing->container, found, &sorted)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "container %u is not there",
                    listing->container);
        return NULL;
    }
    if (!sorted || sort != TW_DIRECTORY_SORT_SHOWN)
        g_ptr_array_sort_with_data(found, compare_entries, &sort);
    count = listing->offset >= found->len ? 0 : MIN(listing->most, found->len - listing->offset);
    window = g_ptr_array_new_full(count, (GDestroyNotify) tw_directory_object_unref);
    for (guint i = 0; i < count; i++) {
        guint at = listing->offset + i;
        const TwDirectoryEntry *entry =
            g_ptr_array_index(found, listing->descending ? found->len - 1 - at : at);
        g_ptr_array_add(window, tw_directory_object_ref(entry->object));
    }
    if (ret_total != NULL)
        *ret_total = found->len;
    return window;
}

/* ---- names ---- */

typedef struct {
    const TwDirectorySnapshot *snapshot;
    const TwDirectoryViewer *viewer;
    const guint8 *key;
    gsize len;
    TwDirectoryTerm terms;    /* that count */
    gboolean whole;           /* or beginnings */
    gboolean best_class;      /* only the best class counts */
    TwDirectoryObject *found; /* the first */
    guint count;              /* different ones: 2 means several */
} Search;

static guint
class_of(const TwDirectoryObject *object)
{
    if (object->kind == TW_DIRECTORY_CONTACT)
        return 3;
    if (tw_directory_type(object->kind) == TW_DIRECTORY_USERS)
        return 0;
    return tw_directory_type(object->kind) == TW_DIRECTORY_GROUPS ? 1 : 2;
}

static void
note(Search *search, TwDirectoryObject *object)
{
    if (search->found == object)
        return;
    if (search->found != NULL && search->best_class &&
        class_of(object) != class_of(search->found)) {
        if (class_of(object) > class_of(search->found))
            return;
        search->count = 0;
    }
    search->found = object;
    search->count++;
}

static gboolean
counts(const Search *search, const TwDirectoryRow *row)
{
    const TwDirectoryObject *object = row->entry->object;

    if ((row->term & search->terms) == 0 || (search->whole && row->len != search->len))
        return FALSE;
    /* whoever knows the address of what is hidden may write to it */
    if (object->hidden && search->whole && row->term == TW_DIRECTORY_TERM_ADDRESS)
        return company_visible(search->snapshot, search->viewer, object);
    return tw_directory_visible(search->snapshot, search->viewer, object);
}

static void
run_search(Search *search)
{
    const TwDirectoryIndex *rows = search->snapshot->indexes[TW_DIRECTORY_BY_TERM];

    for (guint i = tw_directory_index_find(rows, search->key, search->len); i < rows->len; i++) {
        const TwDirectoryRow *row = tw_directory_index_row(rows, i);
        if (!tw_directory_row_begins(row, search->key, search->len) ||
            (search->whole && row->len != search->len))
            return; /* whole ones come first */
        if (counts(search, row))
            note(search, row->entry->object);
        if (search->count > 1 && !search->best_class)
            return;
    }
}

TwDirectoryObject *
tw_directory_resolve(const TwDirectorySnapshot *snapshot,
                     const TwDirectoryViewer *viewer,
                     const char *text,
                     gboolean exact_only,
                     GError **error)
{
    gboolean account = text[0] == '=';
    gsize len = strlen(text + account);
    g_autofree char *key =
        len == 0 || len > MOST_TYPED ? NULL : tw_text_name_key(text + account, len, NULL);
    Search search = {
        .snapshot = snapshot,
        .viewer = viewer,
        .key = (const guint8 *) key,
        .len = key == NULL ? 0 : strlen(key),
        .terms = account ? TW_DIRECTORY_TERM_ACCOUNT
                         : TW_DIRECTORY_TERM_ACCOUNT | TW_DIRECTORY_TERM_ADDRESS |
                               TW_DIRECTORY_TERM_SHOWN,
        .whole = TRUE,
        .best_class = exact_only,
    };

    if (key != NULL)
        run_search(&search);
    if (key != NULL && search.count == 0 && !account && !exact_only) {
        search.whole = FALSE;
        search.terms |= TW_DIRECTORY_TERM_PART;
        run_search(&search);
    }
    if (search.count == 1)
        return tw_directory_object_ref(search.found);
    if (search.count == 0)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "nobody of that name");
    else
        g_set_error_literal(error, TW_ERROR, TW_ERROR_AMBIGUOUS, "several of that name");
    return NULL;
}
