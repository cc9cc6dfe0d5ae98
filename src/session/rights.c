/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "session/rights.h"

#include "base/hash.h"
#include "mapi/tags.h"

enum {
    BY_NAME = 1u << 31,   /* of an entry: seen, and no more */
    MOST_LEVELS = 1u << 8 /* a damaged tree ends here */
};

struct TwRights {
    gint refs;
    TwRelation relation;
    guint32 everywhere;  /* of all but ROWS */
    guint32 hash;        /* of what they come from */
    GHashTable *folders; /* ROWS: number -> bits, or BY_NAME; what is not here is hidden */
};

/* ---- what somebody is to a store ---- */

gboolean
tw_rights_administers(const TwIdentity *identity,
                      const TwDirectorySnapshot *snapshot,
                      const TwRightsStore *store)
{
    const TwDirectoryObject *owner =
        store->owner != 0 ? tw_directory_snapshot_get(snapshot, store->owner) : NULL;

    if (owner != NULL && store->owner >= TW_DIRECTORY_FIRST_NUMBER)
        return tw_identity_is_over(identity, snapshot, owner);
    return tw_identity_administers(identity, snapshot, store->company);
}

TwRelation
tw_rights_relation(const TwIdentity *identity,
                   const TwDirectorySnapshot *snapshot,
                   const TwRightsStore *store,
                   const TwRightsConfig *config)
{
    if (identity->system)
        return TW_RELATION_FULL;
    if (!identity->anonymous && store->owner == identity->number && config->owner_full_access)
        return store->kind == TW_STORE_ARCHIVE ? TW_RELATION_READER : TW_RELATION_FULL;
    if (tw_rights_administers(identity, snapshot, store))
        return config->restrict_admins ? TW_RELATION_RESTRICTED : TW_RELATION_FULL;
    if (identity->anonymous)
        return TW_RELATION_ROWS;
    return store->owner != 0 &&
                   tw_directory_snapshot_company_sees(snapshot, identity->company, store->company)
               ? TW_RELATION_ROWS
               : TW_RELATION_HIDDEN;
}

/* ---- rows ---- */

typedef struct {
    const TwIdentity *identity;
    GHashTable *rows;    /* folder -> bits of all rows for the identity, there with 0 too */
    GHashTable *parents; /* folder -> parent */
    guint32 root, object;
} Tree;

static void
collect_rows(Tree *tree, const GArray *rows)
{
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        gpointer key = GUINT_TO_POINTER(row->folder);
        if (tw_identity_is_principal(tree->identity, row->principal))
            g_hash_table_insert(tree->rows, key,
                                GUINT_TO_POINTER(row->rights | GPOINTER_TO_UINT(g_hash_table_lookup(
                                                                   tree->rows, key))));
    }
}

/* The nearest level with a row decides; the store's own object is the last one. */
static guint32
rights_on(const Tree *tree, guint32 folder)
{
    for (guint level = 0; level < MOST_LEVELS; level++) {
        gpointer found;
        if (g_hash_table_lookup_extended(tree->rows, GUINT_TO_POINTER(folder), NULL, &found))
            return GPOINTER_TO_UINT(found);
        if (folder == tree->object)
            return 0;
        folder =
            folder == tree->root
                ? tree->object
                : GPOINTER_TO_UINT(g_hash_table_lookup(tree->parents, GUINT_TO_POINTER(folder)));
        if (folder == 0)
            return 0;
    }
    return 0;
}

static void
show_path(TwRights *rights, const Tree *tree, guint32 folder)
{
    for (guint level = 0; level < MOST_LEVELS && folder != tree->root && folder != 0; level++) {
        folder = GPOINTER_TO_UINT(g_hash_table_lookup(tree->parents, GUINT_TO_POINTER(folder)));
        if (folder == 0 || g_hash_table_contains(rights->folders, GUINT_TO_POINTER(folder)))
            return;
        g_hash_table_insert(rights->folders, GUINT_TO_POINTER(folder), GUINT_TO_POINTER(BY_NAME));
    }
}

static void
note_folder(TwRights *rights, const Tree *tree, guint32 folder)
{
    guint32 bits = rights_on(tree, folder);

    /* who may not see a folder has no use of what else a row gives */
    if ((bits & (TW_RIGHT_VISIBLE | TW_RIGHT_READ | TW_RIGHT_OWNER)) != 0)
        g_hash_table_insert(rights->folders, GUINT_TO_POINTER(folder), GUINT_TO_POINTER(bits));
}

static void
apply_rows(TwRights *rights, Tree *tree, const GPtrArray *folders)
{
    g_autoptr(GArray) shown = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter iter;
    gpointer key;

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        g_hash_table_insert(tree->parents, GUINT_TO_POINTER(row->id),
                            GUINT_TO_POINTER(row->parent));
    }
    for (guint i = 0; i < folders->len; i++)
        note_folder(rights, tree, ((TwFolderRow *) folders->pdata[i])->id);
    note_folder(rights, tree, tree->object);
    g_hash_table_iter_init(&iter, rights->folders);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        guint32 folder = GPOINTER_TO_UINT(key);
        g_array_append_val(shown, folder);
    }
    for (guint i = 0; i < shown->len; i++) {
        if (g_array_index(shown, guint32, i) != tree->object)
            show_path(rights, tree, g_array_index(shown, guint32, i));
    }
}

static void
show_root(TwRights *rights, guint32 folder)
{
    if (!g_hash_table_contains(rights->folders, GUINT_TO_POINTER(folder)))
        g_hash_table_insert(rights->folders, GUINT_TO_POINTER(folder), GUINT_TO_POINTER(BY_NAME));
}

static guint32
hash_of(TwRelation relation, const TwIdentity *identity, const GArray *rows)
{
    guint32 hash = tw_crc32c(0, &relation, sizeof relation);

    hash = tw_crc32c(hash, identity->principals->data, identity->principals->len * sizeof(guint32));
    if (rows != NULL && rows->len > 0)
        hash = tw_crc32c(hash, rows->data, rows->len * sizeof(TwPermission));
    return hash != 0 ? hash : 1;
}

TwRights *
tw_rights_new(TwRelation relation,
              const TwIdentity *identity,
              const GPtrArray *folders,
              const GArray *rows,
              guint32 root,
              guint32 object)
{
    TwRights *rights = g_new0(TwRights, 1);

    rights->refs = 1;
    rights->relation = relation;
    rights->hash = hash_of(relation, identity, rows);
    switch (relation) {
    case TW_RELATION_FULL:
        rights->everywhere = TW_RIGHT_ALL;
        break;
    case TW_RELATION_RESTRICTED:
        rights->everywhere = TW_RIGHT_VISIBLE | TW_RIGHT_SUBFOLDER | TW_RIGHT_OWNER;
        break;
    case TW_RELATION_READER:
        rights->everywhere = TW_RIGHT_READ | TW_RIGHT_VISIBLE;
        break;
    case TW_RELATION_ROWS: {
        g_autoptr(GHashTable) own = g_hash_table_new(NULL, NULL);
        g_autoptr(GHashTable) parents = g_hash_table_new(NULL, NULL);
        Tree tree = { identity, own, parents, root, object };
        rights->folders = g_hash_table_new(NULL, NULL);
        collect_rows(&tree, rows);
        if (g_hash_table_size(own) > 0)
            apply_rows(rights, &tree, folders);
        if (!identity->anonymous) {
            show_root(rights, root);
            show_root(rights, object);
        }
        break;
    }
    case TW_RELATION_HIDDEN:
        break;
    }
    return rights;
}

TwRights *
tw_rights_ref(TwRights *rights)
{
    g_atomic_int_inc(&rights->refs);
    return rights;
}

void
tw_rights_unref(TwRights *rights)
{
    if (rights == NULL || !g_atomic_int_dec_and_test(&rights->refs))
        return;
    g_clear_pointer(&rights->folders, g_hash_table_unref);
    g_free(rights);
}

/* ---- answers ---- */

TwRelation
tw_rights_relation_of(const TwRights *rights)
{
    return rights->relation;
}

guint32
tw_rights_hash(const TwRights *rights)
{
    return rights->hash;
}

guint32
tw_rights_of(const TwRights *rights, guint32 folder)
{
    guint32 bits;

    if (rights->folders == NULL)
        return rights->everywhere;
    bits = GPOINTER_TO_UINT(g_hash_table_lookup(rights->folders, GUINT_TO_POINTER(folder)));
    return bits & BY_NAME ? 0 : bits;
}

gboolean
tw_rights_seen(const TwRights *rights, guint32 folder)
{
    return rights->folders != NULL
               ? g_hash_table_contains(rights->folders, GUINT_TO_POINTER(folder))
               : rights->everywhere != 0;
}

static gboolean
has_all_or_own(guint32 bits, guint32 all, guint32 own, TwVerdict *ret)
{
    if (bits & all)
        *ret = TW_VERDICT_YES;
    else if (bits & own)
        *ret = TW_VERDICT_OWN;
    else
        return FALSE;
    return TRUE;
}

TwVerdict
tw_rights_ask(const TwRights *rights, guint32 folder, TwOpNeed need)
{
    guint32 bits = tw_rights_of(rights, folder);
    TwVerdict verdict = TW_VERDICT_FORBIDDEN;

    if (!tw_rights_seen(rights, folder))
        return TW_VERDICT_ABSENT;
    switch (need) {
    case TW_NEED_SEEN:
    case TW_NEED_NOTHING:
        return TW_VERDICT_YES;
    case TW_NEED_VISIBLE:
        return bits != 0 ? TW_VERDICT_YES : TW_VERDICT_FORBIDDEN;
    case TW_NEED_READ:
    case TW_NEED_MARK:
        /* one's own messages can be read wherever the folder is seen */
        has_all_or_own(bits, TW_RIGHT_READ, TW_RIGHT_VISIBLE, &verdict);
        return verdict;
    case TW_NEED_CREATE:
        return bits & TW_RIGHT_CREATE ? TW_VERDICT_YES : TW_VERDICT_FORBIDDEN;
    case TW_NEED_EDIT:
        has_all_or_own(bits, TW_RIGHT_EDIT, TW_RIGHT_EDIT_OWN, &verdict);
        return verdict;
    case TW_NEED_DELETE:
        has_all_or_own(bits, TW_RIGHT_DELETE, TW_RIGHT_DELETE_OWN, &verdict);
        return verdict;
    case TW_NEED_SUBFOLDER:
        return bits & TW_RIGHT_SUBFOLDER ? TW_VERDICT_YES : TW_VERDICT_FORBIDDEN;
    case TW_NEED_FOLDER_OWNER:
        return bits & TW_RIGHT_OWNER ? TW_VERDICT_YES : TW_VERDICT_FORBIDDEN;
    case TW_NEED_STORE_OWNER:
        return rights->relation == TW_RELATION_FULL ? TW_VERDICT_YES : TW_VERDICT_FORBIDDEN;
    case TW_NEED_DELIVER:
    case TW_NEED_SELF:
    case TW_NEED_ADMIN:
    case TW_NEED_SYSTEM:
        break;
    }
    return TW_VERDICT_FORBIDDEN;
}

guint32
tw_rights_access(guint32 rights, gboolean is_folder, gboolean own)
{
    enum {
        MODIFY = 1,
        READ = 2,
        DELETE = 4,
        CREATE_HIERARCHY = 8,
        CREATE_CONTENTS = 0x10,
        CREATE_ASSOCIATED = 0x20
    };
    guint32 access = 0;

    if (is_folder) {
        access |= rights & TW_RIGHT_READ ? READ : 0;
        access |= rights & TW_RIGHT_OWNER ? MODIFY | DELETE | CREATE_ASSOCIATED : 0;
        access |= rights & TW_RIGHT_SUBFOLDER ? CREATE_HIERARCHY : 0;
        access |= rights & TW_RIGHT_CREATE ? CREATE_CONTENTS : 0;
        return access;
    }
    access |= rights & TW_RIGHT_READ || own ? READ : 0;
    access |= rights & TW_RIGHT_EDIT || (own && rights & TW_RIGHT_EDIT_OWN) ? MODIFY : 0;
    access |= rights & TW_RIGHT_DELETE || (own && rights & TW_RIGHT_DELETE_OWN) ? DELETE : 0;
    return access;
}

gboolean
tw_rights_shows_store_prop(guint32 tag)
{
    guint id = tag >> 16;

    return (id >= 0x35df && id <= 0x35e7) || /* valid folders, IPM subtree to finder */
           (id >= 0x36d0 && id <= 0x36d9) || /* calendar to additional folders */
           id == 0x36e4 ||                   /* free/busy */
           (id >= 0x6620 && id <= 0x662f) || /* public folders */
           id == PR_DISPLAY_NAME >> 16 || id == 0x340d || id == 0x340e || id == 0x661d;
}
