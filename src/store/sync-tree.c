/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The hierarchy below a folder. Changes of folders are few, so the tree that the client knows is worked out whole: from the
 * tree of now, by taking back what others changed since its state. What is in the one and not in the other is new or gone;
 * what is in both and was changed is changed. A tree that is moved in or out brings all of its folders, though only its top
 * has a change.
 *
 * Who sees a part of the tree (request->see) has a set of the folders that were told, when there is a sync id: then that is what the
 * client has, and history says only what it did itself since and what was changed.
 */
#include <string.h>

#include "base/error.h"
#include "store/sync-private.h"

/* One folder, as it is and as the client knows it. */
typedef struct {
    guint32 id, parent, parent_then; /* 0: not known */
    guint64 cn;         /* last change by others; of one that only came along: its own */
    gboolean live;      /* it is there, and no search folder */
    gboolean had;       /* the client has it */
    gboolean changed;   /* by others */
    gboolean by_itself; /* the client made it come or go itself: @had is right whatever was told */
    gboolean soft;      /* soft-deleted now */
    gboolean search;    /* a search folder: nobody's */
    gboolean begun;     /* its first change was seen */
    guint at;           /* which that is */
    guint8 then;        /* INSIDE, OUTSIDE: of the tree, as the client knows it */
    guint depth;        /* below the folder now, from 1; 0: not there */
} Node;

enum {
    UNKNOWN = 0,
    INSIDE = 1,
    OUTSIDE = 2,
};

typedef struct {
    TwSyncRun *run;
    GPtrArray *folders; /* TwFolderRow */
    GHashTable *nodes;  /* id -> Node, owned */
} Tree;

static Node *
node_of(Tree *tree, guint32 id)
{
    return g_hash_table_lookup(tree->nodes, GUINT_TO_POINTER(id));
}

static Node *
add_node(Tree *tree, guint32 id)
{
    Node *node = g_new0(Node, 1);

    node->id = id;
    g_hash_table_insert(tree->nodes, GUINT_TO_POINTER(id), node);
    return node;
}

static void
add_rows(Tree *tree)
{
    for (guint i = 0; i < tree->folders->len; i++) {
        const TwFolderRow *row = tree->folders->pdata[i];
        Node *node = add_node(tree, row->id);
        node->parent = node->parent_then = row->parent;
        node->cn = row->cn;
        node->search = row->type == TW_FOLDER_SEARCH;
        node->live = row->state == TW_FOLDER_LIVE && !node->search;
        node->soft = row->state == TW_FOLDER_SOFT;
        node->had = node->live;
    }
}

/* How deep below the folder each one lies. */
static void
measure(Tree *tree)
{
    guint32 top = tree->run->request->folder;
    guint most = tree->folders->len + 1;

    for (guint i = 0; i < tree->folders->len; i++) {
        const TwFolderRow *row = tree->folders->pdata[i];
        Node *node = node_of(tree, row->id);
        const Node *up = node;
        guint depth = 0;
        while (up != NULL && up->id != top && up->parent != up->id && depth < most) {
            depth += up->depth != 0 ? up->depth : 1;
            up = up->depth != 0 ? node_of(tree, top) : node_of(tree, up->parent);
        }
        if (up != NULL && up->id == top && row->id != top && node->live)
            node->depth = depth;
    }
}

static void
tell(Tree *tree, const Node *node, TwSyncAction action)
{
    TwSyncChange change = { .cn = node->cn,
                            .id = node->id,
                            .parent =
                                action < TW_SYNC_SOFT_DELETED ? node->parent : node->parent_then,
                            .type = (guint16) (TW_SYNC_FOLDER | action) };

    g_array_append_val(tree->run->ret->changes, change);
}

static int
by_depth(gconstpointer a, gconstpointer b)
{
    const Node *x = *(Node *const *) a, *y = *(Node *const *) b;

    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    if (x->cn != y->cn)
        return x->cn < y->cn ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* ---- in part ---- */

static gboolean
is_shown(const Tree *tree, const Node *node)
{
    const TwSyncRequest *request = tree->run->request;

    return node->depth != 0 && (request->see == NULL || request->see(node->id, request->see_data));
}

static void
note_seen(const Tree *tree, guint32 id, gboolean has)
{
    const TwSyncSeen *seen = tree->run->seen;

    if (seen == NULL)
        return;
    if (has)
        g_hash_table_add(seen->ids, GUINT_TO_POINTER(id));
    else
        g_hash_table_remove(seen->ids, GUINT_TO_POINTER(id));
}

/* What the client was told of and history knows nothing of any more. */
static void
add_forgotten(Tree *tree)
{
    const GArray *had = tree->run->had;

    for (guint i = 0; had != NULL && i < had->len; i++) {
        guint32 id = g_array_index(had, guint32, i);
        if (node_of(tree, id) == NULL)
            add_node(tree, id)->cn = tree->run->row.cn;
    }
}

/* Two ways that lead to one change number differ in the step: rights come from the directory, too, which has no part in it. */
static void
count_step(const TwSyncRun *run)
{
    TwSyncState *state = &run->ret->state;
    g_autoptr(GArray) now = NULL;

    state->below = 0;
    if (run->had == NULL || state->cn != run->state->cn)
        return;
    now = tw_sync_seen_list(run->seen);
    state->below = run->state->below;
    if (now->len != run->had->len ||
        (now->len > 0 && memcmp(now->data, run->had->data, now->len * sizeof(guint32)) != 0))
        state->below++;
}

/* ---- first ones ---- */

static void
tell_all(Tree *tree)
{
    g_autoptr(GPtrArray) inside = g_ptr_array_new();

    for (guint i = 0; i < tree->folders->len; i++) {
        const TwFolderRow *row = tree->folders->pdata[i];
        Node *node = node_of(tree, row->id);
        gboolean own = tw_sync_is_own(tree->run, row->cn_create);
        node->had = own;
        if (is_shown(tree, node))
            note_seen(tree, node->id, TRUE);
        if (is_shown(tree, node) && (!own || !tw_sync_is_own(tree->run, row->cn)))
            g_ptr_array_add(inside, node);
    }
    g_ptr_array_sort(inside, by_depth);
    for (guint i = 0; i < inside->len; i++) {
        const Node *node = inside->pdata[i];
        tell(tree, node, node->had ? TW_SYNC_CHANGED : TW_SYNC_NEW);
    }
}

/* ---- later ones ---- */

/* Where a folder was after the change at @at: the next move says whence it went. */
static guint32
parent_after(const GArray *changes, guint at, const Node *node)
{
    for (guint i = at + 1; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        if (change->id == node->id && change->op == TW_CHANGE_FOLDER_MOVED)
            return change->aux;
    }
    return node->parent;
}

static void
begin_node(Node *node, const GArray *changes, guint at)
{
    const TwChange *change = &g_array_index(changes, TwChange, at);

    node->begun = TRUE;
    node->at = at;
    node->had = !node->search && change->op != TW_CHANGE_FOLDER_NEW &&
                change->op != TW_CHANGE_FOLDER_RESTORED;
    node->cn = 0;
    if (change->op == TW_CHANGE_FOLDER_MOVED)
        node->parent_then = change->aux;
    else
        node->parent_then = parent_after(changes, at, node);
}

static void
note_change(Tree *tree, Node *node, const GArray *changes, guint at)
{
    const TwChange *change = &g_array_index(changes, TwChange, at);

    if (!tw_sync_is_own(tree->run, change->cn)) {
        node->changed = TRUE;
        node->cn = change->cn;
        return;
    }
    if (change->op == TW_CHANGE_FOLDER)
        return;
    node->by_itself = TRUE;
    node->had = change->op != TW_CHANGE_FOLDER_DELETED;
    node->parent_then = parent_after(changes, at, node);
}

static gboolean
note_changes(Tree *tree, const GArray *changes, GError **error)
{
    for (guint i = 0; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        Node *node = node_of(tree, change->id);
        gboolean purged =
            change->op == TW_CHANGE_FOLDER_DELETED && change->aux == TW_FOLDER_PURGING;
        gboolean soft = FALSE;
        guint32 parent = 0;
        if ((node == NULL || (purged && !node->begun)) &&
            !tw_sql_sync_gone_folder(tree->run->tx, tree->run->store->number, change->id, &parent,
                                     &soft, error))
            return FALSE;
        if (node == NULL) {
            node = add_node(tree, change->id);
            node->parent = parent;
        }
        if (!node->begun)
            begin_node(node, changes, i);
        if (purged && soft && node->at == i)
            node->had = FALSE;
        note_change(tree, node, changes, i);
    }
    return TRUE;
}

/* Whether a folder was below the top, as the client knows it; one that left no trace counts as such. */
static gboolean
was_inside(Tree *tree, Node *node)
{
    guint32 top = tree->run->request->folder;
    guint most = g_hash_table_size(tree->nodes) + 1;
    Node *up = node;
    guint8 answer = UNKNOWN;

    for (guint steps = 0; answer == UNKNOWN; steps++) {
        if (up == NULL || up->parent_then == 0 || steps > most ||
            (up->then == UNKNOWN && up->id == top))
            answer = INSIDE;
        else if (up->then != UNKNOWN)
            answer = up->then;
        else if (up->parent_then == up->id)
            answer = OUTSIDE;
        else
            up = node_of(tree, up->parent_then);
    }
    if (node->id != top)
        node->then = answer;
    return answer == INSIDE;
}

/* Whether what a folder was in is seen, or what that was in when it is gone, too. */
static gboolean
was_in_sight(Tree *tree, const Node *node)
{
    const TwSyncRequest *request = tree->run->request;
    guint most = g_hash_table_size(tree->nodes) + 1;

    for (guint steps = 0; steps < most; steps++) {
        const Node *up = node->parent_then != 0 ? node_of(tree, node->parent_then) : NULL;
        if (up == NULL || up->id == request->folder || up == node)
            return TRUE;
        if (up->live)
            return request->see(up->id, request->see_data);
        node = up;
    }
    return TRUE;
}

/* Who has no set has all of the tree that it sees: of what is gone, what was in something that it sees. */
static gboolean
has_node(Tree *tree, Node *node)
{
    const TwSyncRequest *request = tree->run->request;
    gboolean then = node->had && was_inside(tree, node);

    if (request->see == NULL || (node->by_itself && tree->run->seen != NULL))
        return then;
    if (tree->run->seen != NULL)
        return g_hash_table_contains(tree->run->seen->ids, GUINT_TO_POINTER(node->id));
    if (!then)
        return FALSE;
    return node->depth != 0 ? request->see(node->id, request->see_data) : was_in_sight(tree, node);
}

static void
tell_difference(Tree *tree)
{
    g_autoptr(GPtrArray) here = g_ptr_array_new();
    g_autoptr(GPtrArray) gone = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, tree->nodes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Node *node = value;
        gboolean shown = is_shown(tree, node);
        if (node->id == tree->run->request->folder)
            continue;
        node->had = has_node(tree, node);
        if (node->cn == 0 && tree->run->seen != NULL) /* all it knows of were its own changes */
            node->cn = tree->run->row.cn;
        if (shown && (!node->had || node->changed))
            g_ptr_array_add(here, node);
        else if (!shown && node->had)
            g_ptr_array_add(gone, node);
        note_seen(tree, node->id, shown);
    }
    g_ptr_array_sort(here, by_depth);
    g_ptr_array_sort(gone, by_depth);
    for (guint i = 0; i < here->len; i++) {
        const Node *node = here->pdata[i];
        tell(tree, node, node->had ? TW_SYNC_CHANGED : TW_SYNC_NEW);
    }
    for (guint i = 0; i < gone->len; i++) {
        const Node *node = gone->pdata[i];
        if ((tree->run->request->flags & TW_SYNC_NO_DELETIONS) ||
            (node->soft && (tree->run->request->flags & TW_SYNC_NO_SOFT_DELETIONS)))
            note_seen(tree, node->id, TRUE); /* it keeps it */
        else
            tell(tree, node, node->soft ? TW_SYNC_SOFT_DELETED : TW_SYNC_DELETED);
    }
}

static gboolean
tell_since(Tree *tree, GError **error)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TwChange));

    if (!tw_sql_sync_tree_delta(tree->run->tx, tree->run->store->number, tree->run->state->cn,
                                changes, error))
        return FALSE;
    if (changes->len == 0 && tree->run->seen == NULL)
        return TRUE;
    for (guint i = 0;
         tree->run->request->see != NULL && tree->run->seen == NULL && i < changes->len; i++) {
        if (g_array_index(changes, TwChange, i).op == TW_CHANGE_FOLDER_MOVED) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                                "the client must begin again: a folder was moved");
            return FALSE;
        }
    }
    tree->folders = tw_sql_folder_all(tree->run->tx, tree->run->store->number, error);
    if (tree->folders == NULL)
        return FALSE;
    add_rows(tree);
    if (!note_changes(tree, changes, error))
        return FALSE;
    add_forgotten(tree);
    measure(tree);
    tell_difference(tree);
    count_step(tree->run);
    return TRUE;
}

gboolean
tw_sync_run_tree(TwSyncRun *run, GError **error)
{
    Tree tree = { .run = run, .nodes = g_hash_table_new_full(NULL, NULL, NULL, g_free) };
    gboolean catch_up = (run->request->flags & TW_SYNC_CATCHUP) != 0;
    gboolean ok = TRUE;

    run->ret->state.cn = run->row.cn;
    run->ret->state.below = 0;
    if (run->state->cn != 0 && !catch_up) {
        ok = tell_since(&tree, error);
    } else if (!catch_up || run->seen != NULL) {
        tree.folders = tw_sql_folder_all(run->tx, run->store->number, error);
        ok = tree.folders != NULL;
        if (ok) {
            if (run->seen != NULL)
                g_hash_table_remove_all(run->seen->ids);
            add_rows(&tree);
            measure(&tree);
            tell_all(&tree);
            if (catch_up)
                g_array_set_size(run->ret->changes, 0);
            count_step(run);
        }
    }
    g_clear_pointer(&tree.folders, g_ptr_array_unref);
    g_hash_table_unref(tree.nodes);
    return ok;
}
