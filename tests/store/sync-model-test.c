/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Clients that know a store only by what synchronisation tells them, beside random operations on it: with steps of any size,
 * filters, sync ids, changes of their own, falls back to an earlier state, and the engine closed and opened in between. When all
 * is quiet each has exactly what is there. TW_STEPS asks for more; --seed repeats a run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/ops.h"
#include "store/sync.h"

enum {
    STEPS = 1500,
    CHECK_EACH = 150,
    REOPEN_EACH = 400,
    MOST_MESSAGES = 150,
    SNAPSHOTS = 4,
};

/* A kind of client. */
typedef struct {
    const char *label;
    guint flags;
    guint max;      /* of one step */
    guint filter;   /* 0 none, 1 unread, 2 subjects with a 1, 3 sender: only the record knows */
    gboolean ids;   /* has sync ids */
    gboolean inner; /* looks at one folder and what is below it */
} Kind;

static const Kind kinds[] = {
    { "all at once", TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED | TW_SYNC_READ_STATE, 0, 0, FALSE, FALSE },
    { "by ids", TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED | TW_SYNC_READ_STATE, 0, 0, TRUE, FALSE },
    { "one by one", TW_SYNC_NORMAL | TW_SYNC_READ_STATE, 1, 0, TRUE, FALSE },
    { "by threes", TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED, 3, 0, FALSE, TRUE },
    { "associated", TW_SYNC_ASSOCIATED | TW_SYNC_READ_STATE, 2, 0, TRUE, TRUE },
    { "unread", TW_SYNC_NORMAL | TW_SYNC_READ_STATE, 0, 1, TRUE, FALSE },
    { "unread by twos", TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED | TW_SYNC_READ_STATE, 2, 1, TRUE,
      FALSE },
    { "unread without an id", TW_SYNC_NORMAL | TW_SYNC_READ_STATE, 5, 1, FALSE, FALSE },
    { "subject", TW_SYNC_NORMAL, 3, 2, TRUE, FALSE },
    { "subject without an id", TW_SYNC_NORMAL | TW_SYNC_READ_STATE, 4, 2, FALSE, FALSE },
    { "body", TW_SYNC_NORMAL | TW_SYNC_READ_STATE, 0, 3, TRUE, FALSE },
};

typedef struct {
    guint64 cn;
    gboolean read;
} Known;

typedef struct {
    TwSyncState state;
    GHashTable *known; /* mid -> Known */
} Copy;

/* All that a client has on its disk. */
typedef struct {
    TwSyncState state;
    GHashTable *parents; /* folder -> parent */
    GHashTable *cns;     /* folder -> cn */
    GHashTable *copies;  /* folder -> Copy */
} Disk;

typedef struct {
    const Kind *kind;
    guint32 top;
    guint32 owner;
    TwRestriction *filter;
    Disk *disk;
    Disk *old[SNAPSHOTS];
    guint told; /* changes */
} Client;

typedef struct {
    Bed bed;
    Ops ops;
    GRand *rand;
    GPtrArray *clients;
} Model;

static guint
pick(Model *m, guint n)
{
    return (guint) g_rand_int_range(m->rand, 0, (gint32) n);
}

/* ---- disks ---- */

static void
free_copy(gpointer data)
{
    g_hash_table_unref(((Copy *) data)->known);
    g_free(data);
}

static Disk *
new_disk(void)
{
    Disk *disk = g_new0(Disk, 1);

    disk->parents = g_hash_table_new(NULL, NULL);
    disk->cns = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    disk->copies = g_hash_table_new_full(NULL, NULL, NULL, free_copy);
    return disk;
}

static void
free_disk(Disk *disk)
{
    if (disk == NULL)
        return;
    g_hash_table_unref(disk->parents);
    g_hash_table_unref(disk->cns);
    g_hash_table_unref(disk->copies);
    g_free(disk);
}

static Copy *
new_copy(void)
{
    Copy *copy = g_new0(Copy, 1);

    copy->known = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return copy;
}

static Disk *
copy_disk(const Disk *disk)
{
    Disk *other = new_disk();
    GHashTableIter iter, inner;
    gpointer key, value;

    other->state = disk->state;
    g_hash_table_iter_init(&iter, disk->parents);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(other->parents, key, value);
    g_hash_table_iter_init(&iter, disk->cns);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(other->cns, key, g_memdup2(value, sizeof(guint64)));
    g_hash_table_iter_init(&iter, disk->copies);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Copy *from = value;
        Copy *to = new_copy();
        gpointer mid, known;
        to->state = from->state;
        g_hash_table_iter_init(&inner, from->known);
        while (g_hash_table_iter_next(&inner, &mid, &known))
            g_hash_table_insert(to->known, mid, g_memdup2(known, sizeof(Known)));
        g_hash_table_insert(other->copies, key, to);
    }
    return other;
}

/* ---- a client ---- */

static TwRestriction *
make_filter(guint which)
{
    g_auto(TwRestrictionBuilder) builder;
    TwPropValue one = tw_value_str(PR_SUBJECT, "1");
    TwPropValue body = tw_value_str(PR_BODY, "aaa");

    tw_restriction_builder_init(&builder);
    if (which == 0)
        return NULL;
    if (which == 1)
        tw_restriction_builder_bitmask(&builder, FALSE, PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
    else if (which == 2)
        tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING, PR_SUBJECT, &one);
    else
        tw_restriction_builder_content(&builder, TW_FUZZY_PREFIX, PR_BODY, &body);
    return tw_restriction_builder_finish(&builder, NULL);
}

/* What a message is to this client: FALSE when it is not for it. */
static gboolean
look_at(Model *m, const Client *client, guint32 folder, guint32 mid, Known *ret)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = tw_message_read(m->bed.store, mid, &row, NULL);
    guint wanted = client->kind->flags;
    gboolean fits = TRUE;

    if (object == NULL || row.folder != folder || row.state >= TW_MESSAGE_DELETED ||
        !(wanted & (row.state == TW_MESSAGE_ASSOC ? TW_SYNC_ASSOCIATED : TW_SYNC_NORMAL)))
        return FALSE;
    if (client->kind->filter == 1)
        fits = !(row.flags & TW_MSGFLAG_READ);
    else if (client->kind->filter == 2)
        fits = strchr(tw_object_get_text(object, PR_SUBJECT, ""), '1') != NULL;
    else if (client->kind->filter == 3)
        fits = g_str_has_prefix(tw_object_get_text(object, PR_BODY, ""), "aaa");
    *ret = (Known){ row.cn, (row.flags & TW_MSGFLAG_READ) != 0 };
    return fits;
}

/* Exact clients are told NEW of what they do not have, and CHANGED and READ of what they have. */
static gboolean
is_exact(const Client *client)
{
    return client->kind->max == 0 && (client->kind->ids || client->kind->filter == 0);
}

static void
apply_message(Model *m, Client *client, guint32 folder, Copy *copy, const TwSyncChange *change)
{
    gpointer mid = GUINT_TO_POINTER(change->id);
    Known *known = g_hash_table_lookup(copy->known, mid);
    Known now;

    g_assert_cmpuint(change->parent, ==, folder);
    g_assert_cmpuint(change->type & 0xf000, ==, TW_SYNC_MESSAGE);
    if (is_exact(client) && (change->type & 0xf) < TW_SYNC_SOFT_DELETED &&
        (known == NULL) != ((change->type & 0xf) == TW_SYNC_NEW))
        g_error("%s: change %x of message %u, which it %s", client->kind->label, change->type,
                change->id, known != NULL ? "has" : "has not");
    switch ((TwSyncAction) (change->type & 0xf)) {
    case TW_SYNC_NEW:
    case TW_SYNC_CHANGED:
        if (!look_at(m, client, folder, change->id, &now))
            g_error("%s: told of message %u, which is not for it", client->kind->label, change->id);
        g_hash_table_insert(copy->known, mid, g_memdup2(&now, sizeof now));
        break;
    case TW_SYNC_READ:
        g_assert_true(client->kind->flags & TW_SYNC_READ_STATE);
        if (known != NULL)
            known->read = change->read;
        break;
    case TW_SYNC_SOFT_DELETED:
    case TW_SYNC_DELETED:
        g_hash_table_remove(copy->known, mid);
        break;
    }
}

static void
forget_all(Client *client)
{
    free_disk(client->disk);
    client->disk = new_disk();
}

/* FALSE: there is nothing more now. */
static gboolean
step_contents(Model *m, Client *client, guint32 folder)
{
    Copy *copy = g_hash_table_lookup(client->disk->copies, GUINT_TO_POINTER(folder));
    TwSyncRequest request = {
        .kind = TW_SYNC_CONTENTS,
        .folder = folder,
        .flags = client->kind->flags,
        .filter = client->filter,
        .max = client->kind->max,
    };
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;

    if (client->kind->ids && copy->state.sync == 0) {
        TwSyncInfo info = { .store = tw_store_get_number(m->bed.store),
                            .folder = folder,
                            .kind = TW_SYNC_CONTENTS,
                            .owner = client->owner };
        if (!tw_sync_register(m->bed.engine, &info, 1, &error)) {
            g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
            return FALSE;
        }
        copy->state.sync = info.id;
    }
    if (!tw_sync_changes(m->bed.store, &copy->state, &request, &batch, &error)) {
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        g_hash_table_insert(client->disk->copies, GUINT_TO_POINTER(folder), new_copy());
        return FALSE;
    }
    for (guint i = 0; i < batch.changes->len; i++)
        apply_message(m, client, folder, copy, &g_array_index(batch.changes, TwSyncChange, i));
    client->told += batch.changes->len;
    copy->state = batch.state;
    return batch.more;
}

static void
apply_folder(Model *m, Client *client, const TwSyncChange *change)
{
    gpointer id = GUINT_TO_POINTER(change->id);
    gboolean known = g_hash_table_contains(client->disk->parents, id);
    g_autoptr(TwFolderRow) row = NULL;

    g_assert_cmpuint(change->type & 0xf000, ==, TW_SYNC_FOLDER);
    if (known == ((change->type & 0xf) == TW_SYNC_NEW))
        g_error("%s: change %x of folder %u, which it %s", client->kind->label, change->type,
                change->id, known ? "has" : "has not");
    if ((change->type & 0xf) >= TW_SYNC_SOFT_DELETED) {
        g_hash_table_remove(client->disk->parents, id);
        g_hash_table_remove(client->disk->cns, id);
        g_hash_table_remove(client->disk->copies, id);
        return;
    }
    row = tw_folder_get(m->bed.store, change->id, NULL);
    g_assert_nonnull(row);
    g_assert_cmpuint(row->parent, ==, change->parent);
    if (change->parent != client->top &&
        !g_hash_table_contains(client->disk->parents, GUINT_TO_POINTER(change->parent)))
        g_error("%s: folder %u comes before its parent", client->kind->label, change->id);
    g_hash_table_insert(client->disk->parents, id, GUINT_TO_POINTER(row->parent));
    g_hash_table_insert(client->disk->cns, id, g_memdup2(&row->cn, sizeof row->cn));
    if (!g_hash_table_contains(client->disk->copies, id))
        g_hash_table_insert(client->disk->copies, id, new_copy());
}

static void
step_tree(Model *m, Client *client)
{
    TwSyncRequest request = { .kind = TW_SYNC_HIERARCHY,
                              .folder = client->top,
                              .flags = client->kind->flags };
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;

    if (!tw_sync_changes(m->bed.store, &client->disk->state, &request, &batch, &error)) {
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        forget_all(client);
        return;
    }
    g_assert_false(batch.more);
    for (guint i = 0; i < batch.changes->len; i++)
        apply_folder(m, client, &g_array_index(batch.changes, TwSyncChange, i));
    client->told += batch.changes->len;
    client->disk->state = batch.state;
}

static guint32
some_copy(Model *m, const Client *client)
{
    g_autofree gpointer *ids = NULL;
    guint count;

    ids = g_hash_table_get_keys_as_array(client->disk->copies, &count);
    return count > 0 ? GPOINTER_TO_UINT(ids[pick(m, count)]) : 0;
}

/* ---- what clients do themselves ---- */

static void
make_own(Model *m, Client *client, guint32 folder, Copy *copy)
{
    g_autoptr(TwStore) store = tw_store_for_sync(m->bed.store, copy->state.sync);
    g_autoptr(TwObject) object = ops_object(&m->ops, 1);
    TwMessageMade made;
    Known now;

    if (tw_message_create(store, folder, object, NULL, &made, NULL) &&
        look_at(m, client, folder, made.mid, &now))
        g_hash_table_insert(copy->known, GUINT_TO_POINTER(made.mid), g_memdup2(&now, sizeof now));
}

/* Its own read marks and deletions, of a message it has as it is. */
static void
change_own(Model *m, Client *client, guint32 folder, Copy *copy)
{
    g_autoptr(TwStore) store = tw_store_for_sync(m->bed.store, copy->state.sync);
    g_autofree gpointer *mids = NULL;
    guint count;
    guint32 mid;
    TwFlagChange flags = { 0 };
    TwMessageSet set = { folder, &mid, 1 };
    const Known *known;
    Known now;

    mids = g_hash_table_get_keys_as_array(copy->known, &count);
    if (count == 0)
        return;
    mid = GPOINTER_TO_UINT(mids[pick(m, count)]);
    known = g_hash_table_lookup(copy->known, GUINT_TO_POINTER(mid));
    if (!look_at(m, client, folder, mid, &now) || now.cn != known->cn || now.read != known->read)
        return;
    if (pick(m, 2) == 0) {
        if (tw_messages_delete(store, &set, pick(m, 2) == 0, NULL, NULL))
            g_hash_table_remove(copy->known, GUINT_TO_POINTER(mid));
        return;
    }
    *(now.read ? &flags.flags_clear : &flags.flags_set) = TW_MSGFLAG_READ;
    if (!tw_messages_set_flags(store, &set, &flags, NULL, NULL))
        return;
    look_at(m, client, folder, mid, &now);
    g_hash_table_insert(copy->known, GUINT_TO_POINTER(mid), g_memdup2(&now, sizeof now));
}

/* Filters are asked of what others change: what a client changes out of its own filter it keeps, so only those without one. */
static void
act_alone(Model *m, Client *client)
{
    guint32 folder = some_copy(m, client);
    Copy *copy = g_hash_table_lookup(client->disk->copies, GUINT_TO_POINTER(folder));

    if (copy == NULL || copy->state.sync == 0 || copy->state.cn == 0 || copy->state.list != 0 ||
        client->filter != NULL || !(client->kind->flags & TW_SYNC_NORMAL))
        return;
    if (pick(m, 2) == 0)
        make_own(m, client, folder, copy);
    else
        change_own(m, client, folder, copy);
    /* it is on its disk before it is told to the server: no fall back behind it */
    for (guint i = 0; i < SNAPSHOTS; i++)
        g_clear_pointer(&client->old[i], free_disk);
}

/* ---- falling back ---- */

static void
remember(Model *m, Client *client)
{
    guint at = pick(m, SNAPSHOTS);

    free_disk(client->old[at]);
    client->old[at] = copy_disk(client->disk);
}

static void
fall_back(Model *m, Client *client)
{
    guint at = pick(m, SNAPSHOTS);

    if (client->old[at] == NULL)
        return;
    free_disk(client->disk);
    client->disk = copy_disk(client->old[at]);
}

/* ---- comparing ---- */

static gboolean
is_below(Model *m, guint32 id, guint32 top)
{
    for (;;) {
        g_autoptr(TwFolderRow) row = tw_folder_get(m->bed.store, id, NULL);
        if (row == NULL || row->state != TW_FOLDER_LIVE)
            return FALSE;
        if (row->parent == top || row->parent == id)
            return row->parent == top && id != top;
        id = row->parent;
    }
}

typedef struct {
    Model *m;
    Client *client;
    guint32 folder;
    GArray *mids;
} Compare;

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val(((Compare *) data)->mids, row->mid);
    return TRUE;
}

static void
compare_folder(Model *m, Client *client, guint32 folder)
{
    const Copy *copy = g_hash_table_lookup(client->disk->copies, GUINT_TO_POINTER(folder));
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    Compare compare = { m, client, folder, mids };
    guint count = 0;

    g_assert_nonnull(copy);
    for (guint state = 0; state < 2; state++)
        g_assert_true(tw_folder_list(m->bed.store, folder, (TwMessageState) state, 0, G_MAXINT32,
                                     FALSE, note_mid, &compare, NULL));
    for (guint i = 0; i < mids->len; i++) {
        guint32 mid = g_array_index(mids, guint32, i);
        const Known *known = g_hash_table_lookup(copy->known, GUINT_TO_POINTER(mid));
        Known now;
        if (!look_at(m, client, folder, mid, &now))
            continue;
        count++;
        if (known == NULL)
            g_error("%s: folder %u: it has no message %u", client->kind->label, folder, mid);
        if (known->cn != now.cn ||
            ((client->kind->flags & TW_SYNC_READ_STATE) && known->read != now.read))
            g_error("%s: folder %u: it has an old message %u", client->kind->label, folder, mid);
    }
    if (g_hash_table_size(copy->known) != count)
        g_error("%s: folder %u: it has %u messages, there are %u", client->kind->label, folder,
                g_hash_table_size(copy->known), count);
}

static void
compare_client(Model *m, Client *client)
{
    g_autoptr(GPtrArray) rows = NULL;
    guint count = 0;

    step_tree(m, client);
    rows = tw_store_folders(m->bed.store, NULL);
    for (guint i = 0; i < rows->len; i++) {
        const TwFolderRow *row = rows->pdata[i];
        gpointer id = GUINT_TO_POINTER(row->id);
        if (row->id == client->top || !is_below(m, row->id, client->top))
            continue;
        count++;
        if (GPOINTER_TO_UINT(g_hash_table_lookup(client->disk->parents, id)) != row->parent)
            g_error("%s: it has not folder %u, or elsewhere", client->kind->label, row->id);
        g_assert_cmpuint(*(guint64 *) g_hash_table_lookup(client->disk->cns, id), ==, row->cn);
        for (guint tries = 0; step_contents(m, client, row->id); tries++)
            g_assert_cmpuint(tries, <, 10000);
        step_contents(m, client, row->id); /* a folder that had to begin again */
        while (step_contents(m, client, row->id))
            continue;
        compare_folder(m, client, row->id);
    }
    g_assert_cmpuint(g_hash_table_size(client->disk->parents), ==, count);
}

/* ---- the run ---- */

static void
step_client(Model *m, Client *client)
{
    guint32 folder;

    switch (pick(m, 8)) {
    case 0:
        step_tree(m, client);
        break;
    case 1:
        remember(m, client);
        break;
    case 2:
        if (pick(m, 4) == 0)
            fall_back(m, client);
        break;
    case 3:
        act_alone(m, client);
        break;
    default:
        folder = some_copy(m, client);
        if (folder != 0)
            step_contents(m, client, folder);
    }
}

static void
add_clients(Model *m, guint32 inner)
{
    m->clients = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Client *client = g_new0(Client, 1);
        client->kind = &kinds[i];
        client->owner = i + 1;
        client->top = kinds[i].inner ? inner : m->bed.root;
        client->filter = make_filter(kinds[i].filter);
        client->disk = new_disk();
        g_ptr_array_add(m->clients, client);
    }
}

static void
free_client(Client *client)
{
    free_disk(client->disk);
    for (guint i = 0; i < SNAPSHOTS; i++)
        free_disk(client->old[i]);
    g_clear_pointer(&client->filter, tw_restriction_unref);
    g_free(client);
}

static void
reopen(Model *m)
{
    bed_reopen(&m->bed);
    m->ops.engine = m->bed.engine;
    m->ops.store = m->bed.store;
}

static void
test_model(void)
{
    const char *wish = g_getenv("TW_STEPS");
    guint steps = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : STEPS;
    guint32 seed = (guint32) g_test_rand_int();
    Model m = { .rand = g_rand_new_with_seed(seed) };
    guint told = 0;

    g_test_message("seed %u", seed);
    bed_new(&m.bed);
    m.ops = (Ops){
        .engine = m.bed.engine, .store = m.bed.store, .rand = m.rand, .most = MOST_MESSAGES
    };
    add_clients(&m, bed_folder(&m.bed, m.bed.root, "Inner"));
    for (guint i = 1; i <= steps; i++) {
        g_autoptr(GError) error = NULL;
        if (!ops_step(&m.ops, &error) && !ops_is_expected(error))
            g_error("%s: %s", m.ops.last, error->message);
        step_client(&m, m.clients->pdata[pick(&m, m.clients->len)]);
        step_client(&m, m.clients->pdata[pick(&m, m.clients->len)]);
        if (i % REOPEN_EACH == 0)
            reopen(&m);
        for (guint j = 0; i % CHECK_EACH == 0 && j < m.clients->len; j++)
            compare_client(&m, m.clients->pdata[j]);
    }
    for (guint j = 0; j < m.clients->len; j++) {
        compare_client(&m, m.clients->pdata[j]);
        told += ((Client *) m.clients->pdata[j])->told;
        free_client(m.clients->pdata[j]);
    }
    g_test_message("%u changes told", told);
    g_assert_cmpuint(told, >, steps);
    bed_check_store(m.bed.store, "sync model");
    bed_free(&m.bed);
    g_ptr_array_unref(m.clients);
    g_rand_free(m.rand);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/sync/model", test_model);
    return g_test_run();
}
