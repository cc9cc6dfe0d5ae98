/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a disk holds when the power goes: the trace replayed as the disk saw it. */
#include <string.h>

#include "support/disk-model-private.h"

enum {
    SECTOR = 512
};

typedef struct {
    TwFileKind kind;
    GByteArray *data;   /* what is on the platters */
    GPtrArray *pending; /* borrowed Events: written, not synced */
} Platter;

typedef struct {
    GHashTable *platters; /* node -> Platter */
    GHashTable *names;    /* path -> node; what is on the platters */
    GPtrArray *renames;   /* borrowed Events on names that are not synced, in order */
    GRand *rand;
} Replay;

static void
platter_free(gpointer data)
{
    Platter *platter = data;

    g_byte_array_unref(platter->data);
    g_ptr_array_unref(platter->pending);
    g_free(platter);
}

static Platter *
platter_new(Replay *replay, guint node, TwFileKind kind)
{
    Platter *platter = g_new0(Platter, 1);

    platter->kind = kind;
    platter->data = g_byte_array_new();
    platter->pending = g_ptr_array_new();
    g_hash_table_insert(replay->platters, GUINT_TO_POINTER(node), platter);
    return platter;
}

static void
put_bytes(GByteArray *to, guint64 offset, const guint8 *data, gsize len)
{
    if (offset + len > to->len) {
        guint before = to->len;
        g_byte_array_set_size(to, (guint) (offset + len));
        memset(to->data + before, 0, to->len - before);
    }
    if (len > 0)
        memcpy(to->data + offset, data, len);
}

static void
put_event(Platter *platter, const TwDiskRecord *event)
{
    gsize len;
    const guint8 *data;

    if (event->kind == TW_DISK_TRUNCATE) {
        guint before = platter->data->len;
        g_byte_array_set_size(platter->data, (guint) event->offset);
        if (platter->data->len > before)
            memset(platter->data->data + before, 0, platter->data->len - before);
        return;
    }
    data = g_bytes_get_data(event->data, &len);
    put_bytes(platter->data, event->offset, data, len);
}

/* Half of the sectors of a write; a truncation happens or not. */
static void
put_some_sectors(Platter *platter, const TwDiskRecord *event, GRand *rand)
{
    gsize len, at = 0;
    const guint8 *data;

    if (event->kind == TW_DISK_TRUNCATE) {
        if (g_rand_boolean(rand))
            put_event(platter, event);
        return;
    }
    data = g_bytes_get_data(event->data, &len);
    while (at < len) {
        gsize in_sector = SECTOR - (event->offset + at) % SECTOR;
        gsize part = MIN(len - at, in_sector);
        if (g_rand_boolean(rand))
            put_bytes(platter->data, event->offset + at, data + at, part);
        at += part;
    }
}

/* The write up to a random byte. */
static void
put_torn(Platter *platter, const TwDiskRecord *event, GRand *rand)
{
    gsize len;
    const guint8 *data;

    if (event->kind == TW_DISK_TRUNCATE)
        return;
    data = g_bytes_get_data(event->data, &len);
    if (len > 0)
        put_bytes(platter->data, event->offset, data,
                  (gsize) g_rand_int_range(rand, 0, (gint32) MIN(len, (gsize) G_MAXINT32)));
}

static gboolean
in_folder(const char *path, const char *folder)
{
    g_autofree char *parent = NULL;

    if (path == NULL)
        return FALSE;
    parent = g_path_get_dirname(path);
    return strcmp(parent, folder) == 0;
}

static void
put_name(Replay *replay, const TwDiskRecord *event)
{
    switch (event->kind) {
    case TW_DISK_CREATE:
    case TW_DISK_MKDIR:
        g_hash_table_insert(replay->names, g_strdup(event->path), GUINT_TO_POINTER(event->node));
        break;
    case TW_DISK_RENAME:
        g_hash_table_remove(replay->names, event->path);
        g_hash_table_insert(replay->names, g_strdup(event->to), GUINT_TO_POINTER(event->node));
        break;
    default:
        g_hash_table_remove(replay->names, event->path);
    }
}

static gboolean
names_path(const TwDiskRecord *event, const char *path)
{
    return g_strcmp0(event->path, path) == 0 || g_strcmp0(event->to, path) == 0;
}

/* fsync of a folder: every event in it reaches the disk, and takes with it what happened before to the same names. */
static void
sync_names(Replay *replay, const char *folder)
{
    for (guint i = 0; i < replay->renames->len;) {
        const TwDiskRecord *event = g_ptr_array_index(replay->renames, i);
        if (!in_folder(event->path, folder) && !in_folder(event->to, folder)) {
            i++;
            continue;
        }
        put_name(replay, event);
        for (guint j = i; j-- > 0;) {
            const TwDiskRecord *older = g_ptr_array_index(replay->renames, j);
            if (names_path(older, event->path) || (event->to && names_path(older, event->to))) {
                g_ptr_array_remove_index(replay->renames, j);
                i--;
            }
        }
        g_ptr_array_remove_index(replay->renames, i);
    }
}

static void
replay_event(Replay *replay, TwDiskRecord *event)
{
    Platter *platter = g_hash_table_lookup(replay->platters, GUINT_TO_POINTER(event->node));

    switch (event->kind) {
    case TW_DISK_CREATE:
    case TW_DISK_MKDIR:
        platter_new(replay, event->node,
                    event->kind == TW_DISK_MKDIR ? TW_FILE_KIND_DIRECTORY : TW_FILE_KIND_REGULAR);
        g_ptr_array_add(replay->renames, event);
        break;
    case TW_DISK_RENAME:
    case TW_DISK_UNLINK:
    case TW_DISK_RMDIR:
        g_ptr_array_add(replay->renames, event);
        break;
    case TW_DISK_WRITE:
    case TW_DISK_TRUNCATE:
        g_ptr_array_add(platter->pending, event);
        break;
    case TW_DISK_SYNC:
        for (guint i = 0; i < platter->pending->len; i++)
            put_event(platter, g_ptr_array_index(platter->pending, i));
        g_ptr_array_set_size(platter->pending, 0);
        break;
    case TW_DISK_SYNC_FAILED:
        for (guint i = 0; i < platter->pending->len; i++)
            put_some_sectors(platter, g_ptr_array_index(platter->pending, i), replay->rand);
        g_ptr_array_set_size(platter->pending, 0);
        break;
    case TW_DISK_SYNC_DIR:
        sync_names(replay, event->path);
        break;
    default:
        g_assert_not_reached();
    }
}

static void
shuffle(GPtrArray *array, GRand *rand)
{
    for (guint i = array->len; i > 1; i--) {
        guint j = (guint) g_rand_int_range(rand, 0, (gint32) i);
        gpointer other = array->pdata[j];
        array->pdata[j] = array->pdata[i - 1];
        array->pdata[i - 1] = other;
    }
}

static void
settle_platter(Platter *platter, TwImageMode mode, const TwDiskRecord *last, GRand *rand)
{
    if (mode == TW_IMAGE_REORDERED)
        shuffle(platter->pending, rand);
    for (guint i = 0; i < platter->pending->len; i++) {
        const TwDiskRecord *event = g_ptr_array_index(platter->pending, i);
        if (mode == TW_IMAGE_SUBSET)
            put_some_sectors(platter, event, rand);
        else if (mode == TW_IMAGE_TORN && event == last)
            put_torn(platter, event, rand);
        else if (mode != TW_IMAGE_REORDERED || g_rand_boolean(rand))
            put_event(platter, event);
    }
}

/* What becomes of everything that was not synced when the power went. */
static void
settle(Replay *replay, TwImageMode mode, const TwDiskRecord *last)
{
    guint kept = replay->renames->len;

    if (mode == TW_IMAGE_SYNCED)
        return;
    if (mode == TW_IMAGE_SUBSET)
        kept = (guint) g_rand_int_range(replay->rand, 0, (gint32) kept + 1);
    for (guint i = 0; i < kept; i++) {
        if (mode != TW_IMAGE_REORDERED || g_rand_boolean(replay->rand))
            put_name(replay, g_ptr_array_index(replay->renames, i));
    }
    /* by number: a hash table's own order would make a seed mean different things */
    for (guint node = 0, left = g_hash_table_size(replay->platters); left > 0; node++) {
        Platter *platter = g_hash_table_lookup(replay->platters, GUINT_TO_POINTER(node));
        if (platter == NULL)
            continue;
        settle_platter(platter, mode, last, replay->rand);
        left--;
    }
}

static gboolean
reachable(Replay *replay, const char *path) /* NOLINT(misc-no-recursion): depth of the path */
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (strcmp(path, "/") == 0)
        return TRUE;
    return g_hash_table_contains(replay->names, folder) && reachable(replay, folder);
}

int
tw_disk_compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static TwDisk *
press(Replay *replay)
{
    TwDisk *disk = tw_disk_new();
    g_autoptr(GList) paths =
        g_list_sort(g_hash_table_get_keys(replay->names), tw_disk_compare_paths);

    for (GList *item = paths; item != NULL; item = item->next) {
        gpointer node = g_hash_table_lookup(replay->names, item->data);
        const Platter *platter = g_hash_table_lookup(replay->platters, node);
        if (strcmp(item->data, "/") != 0 && reachable(replay, item->data))
            tw_disk_add_base(disk, item->data, platter->kind, platter->data->data,
                             platter->data->len);
    }
    return disk;
}

TwDisk *
tw_disk_image(TwDisk *disk, guint events, TwImageMode mode, guint32 seed)
{
    TW_LOCK_SCOPE(&disk->lock);
    const TwDiskRecord *last = NULL;
    TwDisk *image;
    Replay replay = {
        .platters = g_hash_table_new_full(NULL, NULL, NULL, platter_free),
        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .renames = g_ptr_array_new(),
        .rand = g_rand_new_with_seed(seed),
    };

    g_assert_cmpuint(events, <=, disk->trace->len);
    for (guint i = 0; i < disk->base->len; i++) {
        const TwDiskBase *entry = g_ptr_array_index(disk->base, i);
        Platter *platter = platter_new(&replay, entry->node, entry->kind);
        gsize len;
        const guint8 *data = g_bytes_get_data(entry->data, &len);
        if (len > 0)
            g_byte_array_append(platter->data, data, (guint) len);
        g_hash_table_insert(replay.names, g_strdup(entry->path), GUINT_TO_POINTER(entry->node));
    }
    for (guint i = 0; i < events; i++) {
        TwDiskRecord *event = g_ptr_array_index(disk->trace, i);
        replay_event(&replay, event);
        if (event->kind == TW_DISK_WRITE)
            last = event;
    }
    settle(&replay, mode, last);
    image = press(&replay);
    g_hash_table_unref(replay.platters);
    g_hash_table_unref(replay.names);
    g_ptr_array_unref(replay.renames);
    g_rand_free(replay.rand);
    return image;
}
