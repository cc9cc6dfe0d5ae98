/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on the address book: what the session may see of the directory. */
#include "base/error.h"
#include "session/book-row.h"
#include "session/ops-private.h"

#include <string.h>

TwDirectoryViewer
tw_local_viewer(const TwLocalCall *call)
{
    return tw_identity_viewer(call->who, tw_local_policy(call->local)->hide_everyone);
}

static gboolean
nobody(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such user, group or company");
    return FALSE;
}

static guint32
company_of(const TwDirectoryObject *object)
{
    return object->kind == TW_DIRECTORY_COMPANY ? object->number : object->company;
}

gboolean
tw_local_sees(const TwLocalCall *call, const TwDirectoryObject *object)
{
    TwDirectoryViewer viewer = tw_local_viewer(call);

    if (object == NULL)
        return FALSE;
    return object->number == call->who->number ||
           tw_directory_visible(call->snapshot, &viewer, object) ||
           tw_identity_administers(call->who, call->snapshot, company_of(object));
}

TwDirectoryObject *
tw_local_object(const TwLocalCall *call, guint32 number, GError **error)
{
    TwDirectoryObject *object = tw_directory_snapshot_get(call->snapshot, number);

    if (tw_local_sees(call, object))
        return object;
    nobody(error);
    return NULL;
}

/* With enable_gab off there is nothing to list for users; names are found all the same. */
gboolean
tw_local_may_list(const TwLocalCall *call)
{
    return tw_local_policy(call->local)->enable_book || call->who->admin != TW_DIRECTORY_NO_ADMIN;
}

/* ---- containers and listings ---- */

static void
clear_container(gpointer entry)
{
    tw_container_entry_clear(entry);
}

gboolean
tw_local_book_containers(TwLocalCall *call,
                         TwBookContainersArgs *args,
                         G_GNUC_UNUSED GError **error)
{
    TwDirectoryViewer viewer = tw_local_viewer(call);
    g_autoptr(GArray) tree = tw_directory_containers(call->snapshot, &viewer);

    args->rows = g_array_new(FALSE, FALSE, sizeof(TwContainerEntry));
    g_array_set_clear_func(args->rows, clear_container);
    for (guint i = 0; i < tree->len; i++) {
        const TwDirectoryContainer *one = &g_array_index(tree, TwDirectoryContainer, i);
        TwContainerEntry entry = { one->kind, one->depth, NULL };
        if (one->depth > 0 && !tw_local_may_list(call))
            continue;
        entry.object = one->object != NULL ? tw_directory_object_ref(one->object) : NULL;
        g_array_append_val(args->rows, entry);
    }
    return TRUE;
}

static GPtrArray *
new_entries(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
}

gboolean
tw_local_book_list(TwLocalCall *call, TwBookListArgs *args, GError **error)
{
    TwDirectoryViewer viewer = tw_local_viewer(call);
    TwDirectoryListing listing = {
        .container = args->container,
        .sort = (TwDirectorySort) MIN(args->sort, TW_DIRECTORY_SORT_MAIL),
        .descending = args->descending,
        .offset = args->offset,
        .most = args->most != 0 ? args->most : G_MAXUINT,
    };

    if (!tw_local_may_list(call)) {
        args->rows = new_entries();
        return TRUE;
    }
    args->rows = tw_directory_list(call->snapshot, &viewer, &listing, &args->total, error);
    return args->rows != NULL;
}

/* What an object is as an entry, or as a container. */
static GBytes *
props_of(const TwLocalCall *call, const TwDirectoryObject *object, GError **error)
{
    TwBookRowContext context = { call->snapshot, tw_local_policy(call->local)->disabled_features };

    if (tw_directory_type(object->kind) != TW_DIRECTORY_CONTAINERS)
        return tw_book_row_entry(&context, object, TRUE, error);
    return tw_book_row_container(object->kind == TW_DIRECTORY_COMPANY ? TW_DIRECTORY_COMPANY_LIST
                                                                      : TW_DIRECTORY_OWN_LIST,
                                 object, -1, error);
}

gboolean
tw_local_book_resolve(TwLocalCall *call, TwBookResolveArgs *args, GError **error)
{
    TwDirectoryViewer viewer = tw_local_viewer(call);

    if (!tw_local_given(args->text, "a name", error))
        return FALSE;
    args->entry = tw_directory_resolve(call->snapshot, &viewer, args->text, args->exact, error);
    if (args->entry != NULL && args->compute)
        args->props = props_of(call, args->entry, error);
    return args->entry != NULL && (!args->compute || args->props != NULL);
}

/* ---- one ---- */

gboolean
tw_local_book_get(TwLocalCall *call, TwBookGetArgs *args, GError **error)
{
    if (args->compute) {
        args->props = props_of(call, call->object, error);
        if (args->props == NULL)
            return FALSE;
    }
    args->entry = tw_directory_object_ref(call->object);
    args->is_over = tw_identity_is_over(call->who, call->snapshot, call->object);
    return TRUE;
}

gboolean
tw_local_book_place(G_GNUC_UNUSED TwLocalCall *call, TwBookPlaceArgs *args, GError **error)
{
    static const TwDirectoryContainerKind kinds[] = { [TW_BOOK_PLACE_ROOT] = TW_DIRECTORY_ROOT,
                                                      [TW_BOOK_PLACE_GLOBAL] =
                                                          TW_DIRECTORY_GLOBAL_LIST,
                                                      [TW_BOOK_PLACE_ALL_LISTS] =
                                                          TW_DIRECTORY_ALL_LISTS };

    if (args->place >= G_N_ELEMENTS(kinds))
        return nobody(error);
    args->props = tw_book_row_container(kinds[args->place], NULL, 0, error);
    return args->props != NULL;
}

gboolean
tw_local_book_photo(TwLocalCall *call, TwBookPhotoArgs *args, GError **error)
{
    args->photo = tw_directory_photo(call->local->config.directory, call->object->number, error);
    return args->photo != NULL;
}

gboolean
tw_local_name_find(TwLocalCall *call, TwNameFindArgs *args, GError **error)
{
    TwDirectoryObject *found;

    if (!tw_local_given(args->name, "a name", error))
        return FALSE;
    found = tw_local_find_name(call->local, call->snapshot, (TwDirectoryType) args->type,
                               call->who->company, args->name);
    if (!tw_local_sees(call, found))
        return nobody(error);
    args->entry = tw_directory_object_ref(found);
    return TRUE;
}

gboolean
tw_local_name_split(TwLocalCall *call, TwNameSplitArgs *args, GError **error)
{
    guint32 company = call->who->company;

    if (!tw_local_given(args->name, "a name", error))
        return FALSE;
    if (!tw_local_split_name(call->local, call->snapshot, args->name, &args->plain, &company))
        return nobody(error);
    args->company = company;
    return company == TW_DIRECTORY_NO_COMPANY || tw_local_object(call, company, error) != NULL;
}

gboolean
tw_local_id_find(TwLocalCall *call, TwIdFindArgs *args, GError **error)
{
    TwDirectoryObject *found;
    const void *id;
    gsize len;

    if (!tw_local_given(args->id, "an id", error))
        return FALSE;
    id = g_bytes_get_data(args->id, &len);
    found = tw_directory_snapshot_get_by_id(call->snapshot, id, len);
    if (!tw_local_sees(call, found))
        return nobody(error);
    args->entry = tw_directory_object_ref(found);
    return TRUE;
}

/* ---- lists ---- */

static void
add_seen(const TwLocalCall *call, GPtrArray *rows, guint32 number)
{
    TwDirectoryObject *object = tw_directory_snapshot_get(call->snapshot, number);

    if (tw_local_sees(call, object))
        g_ptr_array_add(rows, tw_directory_object_ref(object));
}

static GArray *
numbers_of(const TwLocalCall *call, const TwBookRelatedArgs *args)
{
    const TwDirectoryObject *object = call->object;
    TwDirectoryRelation relation = (TwDirectoryRelation) args->relation;
    const TwDirectoryLink *links;
    GArray *numbers;
    gsize count;

    if (relation == TW_DIRECTORY_MEMBER && !args->holders &&
        (args->deep || object->number == TW_DIRECTORY_EVERYONE))
        return tw_directory_snapshot_members(call->snapshot, object->number);
    if (relation == TW_DIRECTORY_MEMBER && args->holders && args->deep)
        return tw_directory_snapshot_groups_of(call->snapshot, object->number);
    if (args->holders)
        return tw_directory_snapshot_holders(call->snapshot, relation, object->number);
    numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    links = tw_directory_links(object, relation, &count);
    for (gsize i = 0; i < count; i++)
        g_array_append_val(numbers, links[i].number);
    return numbers;
}

gboolean
tw_local_book_related(TwLocalCall *call, TwBookRelatedArgs *args, GError **error)
{
    g_autoptr(GArray) numbers = NULL;

    if (args->relation < TW_DIRECTORY_MEMBER || args->relation > TW_DIRECTORY_LISTED) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such list");
        return FALSE;
    }
    numbers = numbers_of(call, args);
    args->rows = new_entries();
    for (guint i = 0; i < numbers->len; i++)
        add_seen(call, args->rows, g_array_index(numbers, guint32, i));
    return TRUE;
}

/* What is hidden from the session now is told to be gone, as far as it was known: the numbers alone say nothing. */
gboolean
tw_local_book_changes(TwLocalCall *call, TwBookChangesArgs *args, G_GNUC_UNUSED GError **error)
{
    TwDirectoryViewer viewer = tw_local_viewer(call);
    g_autoptr(GPtrArray) changed = tw_directory_snapshot_changed(call->snapshot, args->since);
    g_autoptr(GArray) gone = tw_directory_snapshot_gone(call->snapshot, args->since);

    args->next = args->since;
    args->rows = new_entries();
    args->gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    for (guint i = 0; i < changed->len; i++) {
        TwDirectoryObject *object = changed->pdata[i];
        args->next = MAX(args->next, object->cn);
        if (tw_directory_visible(call->snapshot, &viewer, object))
            g_ptr_array_add(args->rows, tw_directory_object_ref(object));
    }
    for (guint i = 0; i < gone->len; i++) {
        const TwDirectoryGone *one = &g_array_index(gone, TwDirectoryGone, i);
        args->next = MAX(args->next, one->cn);
        if (viewer.everything ||
            tw_directory_snapshot_company_sees(call->snapshot, viewer.company, one->company))
            g_array_append_vals(args->gone, one, 1);
    }
    return TRUE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    const TwDirectoryObject *x = *(TwDirectoryObject *const *) a;
    const TwDirectoryObject *y = *(TwDirectoryObject *const *) b;
    int order = g_ascii_strcasecmp(x->name, y->name);

    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

gboolean
tw_local_objects_list(TwLocalCall *call, TwObjectsListArgs *args, G_GNUC_UNUSED GError **error)
{
    g_autoptr(GPtrArray) all = NULL;

    args->rows = new_entries();
    if (!tw_local_may_list(call))
        return TRUE;
    all = tw_directory_snapshot_changed(call->snapshot, 0);
    for (guint i = 0; i < all->len; i++) {
        const TwDirectoryObject *object = all->pdata[i];
        gboolean here = args->type == TW_DIRECTORY_CONTAINERS || object->company == args->company;
        if ((guint32) tw_directory_type(object->kind) == args->type && here)
            add_seen(call, args->rows, object->number);
    }
    if (args->type == TW_DIRECTORY_USERS)
        add_seen(call, args->rows, TW_DIRECTORY_SYSTEM);
    else if (args->type == TW_DIRECTORY_GROUPS)
        add_seen(call, args->rows, TW_DIRECTORY_EVERYONE);
    g_ptr_array_sort(args->rows, compare_names);
    return TRUE;
}
