/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/disk-model.h"

#include <errno.h>
#include <string.h>

#include "base/lock.h"

enum {
    SECTOR = 512
};

/* A file or folder while the disk runs. Names and open files each hold a reference. */
typedef struct {
    grefcount refs;
    guint id;
    TwFileKind kind;
    GByteArray *data; /* NULL for a folder */
    gboolean locked;
    gint64 modified_us;
} Node;

typedef struct {
    TwDiskEvent kind;
    guint node;      /* the file; for name events the one named */
    char *path, *to; /* for events on names */
    guint64 offset;  /* WRITE; TRUNCATE: the new size */
    GBytes *data;    /* WRITE */
} Event;

/* What the disk held when its trace began. */
typedef struct {
    char *path;
    guint node;
    TwFileKind kind;
    GBytes *data;
} BaseEntry;

struct TwDisk {
    TwFileSystem fs;
    TwLock lock;       /* guards all below */
    GHashTable *names; /* path -> Node */
    GPtrArray *trace;  /* Event */
    GPtrArray *base;   /* BaseEntry */
    guint next_node;
    guint64 space, used; /* used: bytes in files that are named or open */
    gint64 clock_us;     /* moves one step an event */
};

typedef struct {
    TwFile file;
    Node *node;
    gboolean readable, writable, holds_lock;
} DiskFile;

static void
event_free(gpointer data)
{
    Event *event = data;

    g_free(event->path);
    g_free(event->to);
    g_clear_pointer(&event->data, g_bytes_unref);
    g_free(event);
}

static void
base_entry_free(gpointer data)
{
    BaseEntry *entry = data;

    g_free(entry->path);
    g_clear_pointer(&entry->data, g_bytes_unref);
    g_free(entry);
}

static Node *
node_new(TwDisk *disk, TwFileKind kind)
{
    Node *node = g_new0(Node, 1);

    g_ref_count_init(&node->refs);
    node->id = disk->next_node++;
    node->kind = kind;
    if (kind == TW_FILE_KIND_REGULAR)
        node->data = g_byte_array_new();
    return node;
}

static void
node_unref(TwDisk *disk, Node *node)
{
    if (!g_ref_count_dec(&node->refs))
        return;
    if (node->data != NULL) {
        disk->used -= node->data->len;
        g_byte_array_unref(node->data);
    }
    g_free(node);
}

static Event *
record(TwDisk *disk, TwDiskEvent kind, Node *node)
{
    Event *event = g_new0(Event, 1);

    event->kind = kind;
    event->node = node->id;
    disk->clock_us++;
    node->modified_us = disk->clock_us;
    g_ptr_array_add(disk->trace, event);
    return event;
}

static void
name_node(TwDisk *disk, const char *path, Node *node)
{
    Node *old = g_hash_table_lookup(disk->names, path);

    g_ref_count_inc(&node->refs);
    g_hash_table_insert(disk->names, g_strdup(path), node);
    if (old != NULL)
        node_unref(disk, old);
}

static void
unname(TwDisk *disk, const char *path)
{
    Node *node = g_hash_table_lookup(disk->names, path);

    g_hash_table_remove(disk->names, path);
    node_unref(disk, node);
}

static gboolean
has_parent(TwDisk *disk, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    const Node *node = g_hash_table_lookup(disk->names, folder);

    return node != NULL && node->kind == TW_FILE_KIND_DIRECTORY;
}

static gboolean
has_children(TwDisk *disk, const char *path)
{
    g_autofree char *prefix = g_strconcat(path, "/", NULL);
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, disk->names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (g_str_has_prefix(name, prefix))
            return TRUE;
    }
    return FALSE;
}

static TwDisk *
disk_of(TwFile *file)
{
    return (TwDisk *) file->fs;
}

static Node *
node_of(TwFile *file)
{
    return ((DiskFile *) file)->node;
}

static int
disk_open(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, TwFile **ret)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    Node *node = g_hash_table_lookup(disk->names, path);
    DiskFile *file;

    g_return_val_if_fail(path[0] == '/', EINVAL);
    if (node != NULL && (flags & TW_FILE_CREATE_NEW) != 0)
        return EEXIST;
    if (node != NULL && node->kind == TW_FILE_KIND_DIRECTORY)
        return EISDIR;
    if (node == NULL) {
        if ((flags & (TW_FILE_CREATE | TW_FILE_CREATE_NEW)) == 0 || !has_parent(disk, path))
            return ENOENT;
        node = node_new(disk, TW_FILE_KIND_REGULAR);
        name_node(disk, path, node);
        record(disk, TW_DISK_CREATE, node)->path = g_strdup(path);
    } else {
        g_ref_count_inc(&node->refs);
    }
    file = g_new0(DiskFile, 1);
    file->file.fs = fs;
    file->node = node;
    file->readable = (flags & TW_FILE_READ) != 0;
    file->writable = (flags & TW_FILE_WRITE) != 0;
    *ret = &file->file;
    return 0;
}

static void
disk_close(TwFile *file)
{
    TwDisk *disk = disk_of(file);
    TW_LOCK_SCOPE(&disk->lock);

    if (((DiskFile *) file)->holds_lock)
        node_of(file)->locked = FALSE;
    node_unref(disk, node_of(file));
    g_free(file);
}

static int
disk_pread(TwFile *file, void *data, gsize len, guint64 offset, gsize *ret_got)
{
    TW_LOCK_SCOPE(&disk_of(file)->lock);
    const GByteArray *bytes = node_of(file)->data;

    if (!((DiskFile *) file)->readable)
        return EBADF;
    *ret_got = offset >= bytes->len ? 0 : MIN(len, bytes->len - offset);
    if (*ret_got > 0)
        memcpy(data, bytes->data + offset, *ret_got);
    return 0;
}

/* Makes the array len long, zeros at the end; FALSE when the disk has no room. */
static gboolean
resize(TwDisk *disk, GByteArray *bytes, guint64 len)
{
    guint before = bytes->len;

    if (len > G_MAXINT32 ||
        (len > before && len - before > disk->space - MIN(disk->used, disk->space)))
        return FALSE;
    disk->used = disk->used - before + len;
    g_byte_array_set_size(bytes, (guint) len);
    if (len > before)
        memset(bytes->data + before, 0, (gsize) len - before);
    return TRUE;
}

static int
disk_pwrite(TwFile *file, const void *data, gsize len, guint64 offset, gsize *ret_put)
{
    TwDisk *disk = disk_of(file);
    TW_LOCK_SCOPE(&disk->lock);
    Node *node = node_of(file);
    Event *event;

    if (!((DiskFile *) file)->writable)
        return EBADF;
    if (offset + len > node->data->len && !resize(disk, node->data, offset + len))
        return ENOSPC;
    memcpy(node->data->data + offset, data, len);
    event = record(disk, TW_DISK_WRITE, node);
    event->offset = offset;
    event->data = g_bytes_new(data, len);
    *ret_put = len;
    return 0;
}

static int
disk_pwritev(TwFile *file, const struct iovec *parts, int count, guint64 offset, gsize *ret_put)
{
    gsize total = 0;

    for (int i = 0; i < count; i++) {
        gsize put;
        int number = disk_pwrite(file, parts[i].iov_base, parts[i].iov_len, offset + total, &put);
        if (number != 0 && total == 0)
            return number;
        if (number != 0)
            break;
        total += put;
    }
    *ret_put = total;
    return 0;
}

static int
disk_sync(TwFile *file)
{
    TW_LOCK_SCOPE(&disk_of(file)->lock);

    record(disk_of(file), TW_DISK_SYNC, node_of(file));
    return 0;
}

void
tw_disk_fail_sync(TwFile *file)
{
    TW_LOCK_SCOPE(&disk_of(file)->lock);

    record(disk_of(file), TW_DISK_SYNC_FAILED, node_of(file));
}

static int
disk_truncate(TwFile *file, guint64 size)
{
    TwDisk *disk = disk_of(file);
    TW_LOCK_SCOPE(&disk->lock);

    if (!resize(disk, node_of(file)->data, size))
        return ENOSPC;
    record(disk, TW_DISK_TRUNCATE, node_of(file))->offset = size;
    return 0;
}

static int
disk_allocate(TwFile *file, guint64 offset, guint64 len)
{
    guint64 size;

    tw_lock(&disk_of(file)->lock);
    size = node_of(file)->data->len;
    tw_unlock(&disk_of(file)->lock);
    return offset + len > size ? disk_truncate(file, offset + len) : 0;
}

static int
disk_lock(TwFile *file)
{
    TW_LOCK_SCOPE(&disk_of(file)->lock);

    if (((DiskFile *) file)->holds_lock)
        return 0;
    if (node_of(file)->locked)
        return EAGAIN;
    node_of(file)->locked = TRUE;
    ((DiskFile *) file)->holds_lock = TRUE;
    return 0;
}

static void
fill_stat(const Node *node, TwFileStat *ret)
{
    *ret = (TwFileStat){
        .kind = node->kind,
        .size = node->data != NULL ? node->data->len : 0,
        .allocated = node->data != NULL ? node->data->len : 0,
        .device = 1,
        .number = node->id,
        .modified_us = node->modified_us,
    };
}

static int
disk_stat_file(TwFile *file, TwFileStat *ret)
{
    TW_LOCK_SCOPE(&disk_of(file)->lock);

    fill_stat(node_of(file), ret);
    return 0;
}

static int
disk_stat(TwFileSystem *fs, const char *path, TwFileStat *ret)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    const Node *node = g_hash_table_lookup(disk->names, path);

    if (node == NULL)
        return ENOENT;
    fill_stat(node, ret);
    return 0;
}

static int
disk_rename(TwFileSystem *fs, const char *from, const char *to, gboolean replace)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    Node *node = g_hash_table_lookup(disk->names, from);
    Event *event;

    if (node == NULL || !has_parent(disk, to))
        return ENOENT;
    if (node->kind == TW_FILE_KIND_DIRECTORY)
        return ENOTSUP; /* the engine renames files only */
    if (!replace && g_hash_table_contains(disk->names, to))
        return EEXIST;
    name_node(disk, to, node);
    unname(disk, from);
    event = record(disk, TW_DISK_RENAME, node);
    event->path = g_strdup(from);
    event->to = g_strdup(to);
    return 0;
}

static int
disk_remove(TwFileSystem *fs, const char *path, TwDiskEvent kind)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    Node *node = g_hash_table_lookup(disk->names, path);

    if (node == NULL)
        return ENOENT;
    if ((kind == TW_DISK_RMDIR) != (node->kind == TW_FILE_KIND_DIRECTORY))
        return kind == TW_DISK_RMDIR ? ENOTDIR : EISDIR;
    if (kind == TW_DISK_RMDIR && has_children(disk, path))
        return ENOTEMPTY;
    record(disk, kind, node)->path = g_strdup(path);
    unname(disk, path);
    return 0;
}

static int
disk_unlink(TwFileSystem *fs, const char *path)
{
    return disk_remove(fs, path, TW_DISK_UNLINK);
}

static int
disk_rmdir(TwFileSystem *fs, const char *path)
{
    return disk_remove(fs, path, TW_DISK_RMDIR);
}

static int
disk_mkdir(TwFileSystem *fs, const char *path)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    Node *node;

    if (g_hash_table_contains(disk->names, path))
        return EEXIST;
    if (!has_parent(disk, path))
        return ENOENT;
    node = node_new(disk, TW_FILE_KIND_DIRECTORY);
    name_node(disk, path, node);
    record(disk, TW_DISK_MKDIR, node)->path = g_strdup(path);
    node_unref(disk, node);
    return 0;
}

static int
disk_list(TwFileSystem *fs, const char *path, GPtrArray *names)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    GHashTableIter iter;
    gpointer name;

    if (!g_hash_table_contains(disk->names, path))
        return ENOENT;
    g_hash_table_iter_init(&iter, disk->names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_autofree char *folder = g_path_get_dirname(name);
        if (strcmp(folder, path) == 0 && strcmp(name, "/") != 0)
            g_ptr_array_add(names, g_path_get_basename(name));
    }
    return 0;
}

static int
disk_sync_dir(TwFileSystem *fs, const char *path)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    Node *node = g_hash_table_lookup(disk->names, path);

    if (node == NULL)
        return ENOENT;
    record(disk, TW_DISK_SYNC_DIR, node)->path = g_strdup(path);
    return 0;
}

static const TwFileSystemOps disk_ops = {
    .open = disk_open,
    .close = disk_close,
    .pread = disk_pread,
    .pwrite = disk_pwrite,
    .pwritev = disk_pwritev,
    .sync = disk_sync,
    .truncate = disk_truncate,
    .allocate = disk_allocate,
    .lock = disk_lock,
    .stat_file = disk_stat_file,
    .stat = disk_stat,
    .rename = disk_rename,
    .unlink = disk_unlink,
    .rmdir = disk_rmdir,
    .mkdir = disk_mkdir,
    .list = disk_list,
    .sync_dir = disk_sync_dir,
};

/* Puts a file or folder on a disk whose trace has not begun. */
static void
add_base(TwDisk *disk, const char *path, TwFileKind kind, const guint8 *data, gsize len)
{
    Node *node = node_new(disk, kind);
    BaseEntry *entry = g_new0(BaseEntry, 1);

    if (len > 0)
        g_byte_array_append(node->data, data, (guint) len);
    disk->used += len;
    name_node(disk, path, node);
    entry->path = g_strdup(path);
    entry->node = node->id;
    entry->kind = kind;
    entry->data = g_bytes_new(data, len);
    g_ptr_array_add(disk->base, entry);
    node_unref(disk, node);
}

TwDisk *
tw_disk_new(void)
{
    TwDisk *disk = g_new0(TwDisk, 1);

    disk->fs.ops = &disk_ops;
    tw_lock_init(&disk->lock);
    disk->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    disk->trace = g_ptr_array_new_with_free_func(event_free);
    disk->base = g_ptr_array_new_with_free_func(base_entry_free);
    disk->space = G_MAXUINT64;
    add_base(disk, "/", TW_FILE_KIND_DIRECTORY, NULL, 0);
    return disk;
}

void
tw_disk_free(TwDisk *disk)
{
    GHashTableIter iter;
    gpointer node;

    if (disk == NULL)
        return;
    g_hash_table_iter_init(&iter, disk->names);
    while (g_hash_table_iter_next(&iter, NULL, &node))
        node_unref(disk, node);
    g_assert_cmpuint(disk->used, ==, 0); /* or a file is still open */
    g_hash_table_unref(disk->names);
    g_ptr_array_unref(disk->trace);
    g_ptr_array_unref(disk->base);
    tw_lock_clear(&disk->lock);
    g_free(disk);
}

TwFileSystem *
tw_disk_fs(TwDisk *disk)
{
    return &disk->fs;
}

void
tw_disk_set_space(TwDisk *disk, guint64 bytes)
{
    tw_lock(&disk->lock);
    disk->space = bytes;
    tw_unlock(&disk->lock);
}

guint64
tw_disk_used(TwDisk *disk)
{
    TW_LOCK_SCOPE(&disk->lock);

    return disk->used;
}

guint
tw_disk_trace_len(TwDisk *disk)
{
    TW_LOCK_SCOPE(&disk->lock);

    return disk->trace->len;
}

TwDiskEvent
tw_disk_trace_event(TwDisk *disk, guint index)
{
    TW_LOCK_SCOPE(&disk->lock);

    g_assert_cmpuint(index, <, disk->trace->len);
    return ((const Event *) g_ptr_array_index(disk->trace, index))->kind;
}

/* ---- images: the trace replayed as a disk sees it ---- */

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
put_event(Platter *platter, const Event *event)
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
put_some_sectors(Platter *platter, const Event *event, GRand *rand)
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
put_torn(Platter *platter, const Event *event, GRand *rand)
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
put_name(Replay *replay, const Event *event)
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
names_path(const Event *event, const char *path)
{
    return g_strcmp0(event->path, path) == 0 || g_strcmp0(event->to, path) == 0;
}

/* fsync of a folder: every event in it reaches the disk, and takes with it what happened before to the same names. */
static void
sync_names(Replay *replay, const char *folder)
{
    for (guint i = 0; i < replay->renames->len;) {
        const Event *event = g_ptr_array_index(replay->renames, i);
        if (!in_folder(event->path, folder) && !in_folder(event->to, folder)) {
            i++;
            continue;
        }
        put_name(replay, event);
        for (guint j = i; j-- > 0;) {
            const Event *older = g_ptr_array_index(replay->renames, j);
            if (names_path(older, event->path) || (event->to && names_path(older, event->to))) {
                g_ptr_array_remove_index(replay->renames, j);
                i--;
            }
        }
        g_ptr_array_remove_index(replay->renames, i);
    }
}

static void
replay_event(Replay *replay, Event *event)
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
settle_platter(Platter *platter, TwImageMode mode, const Event *last, GRand *rand)
{
    if (mode == TW_IMAGE_REORDERED)
        shuffle(platter->pending, rand);
    for (guint i = 0; i < platter->pending->len; i++) {
        const Event *event = g_ptr_array_index(platter->pending, i);
        if (mode == TW_IMAGE_SUBSET)
            put_some_sectors(platter, event, rand);
        else if (mode == TW_IMAGE_REORDERED && g_rand_boolean(rand))
            put_event(platter, event);
        else if (mode == TW_IMAGE_TORN && event == last)
            put_torn(platter, event, rand);
        else if (mode == TW_IMAGE_TORN || mode == TW_IMAGE_ALL)
            put_event(platter, event);
    }
}

/* What becomes of everything that was not synced when the power went. */
static void
settle(Replay *replay, TwImageMode mode, const Event *last)
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

static int
compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static TwDisk *
press(Replay *replay)
{
    TwDisk *disk = tw_disk_new();
    g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(replay->names), compare_paths);

    for (GList *item = paths; item != NULL; item = item->next) {
        gpointer node = g_hash_table_lookup(replay->names, item->data);
        const Platter *platter = g_hash_table_lookup(replay->platters, node);
        if (strcmp(item->data, "/") != 0 && reachable(replay, item->data))
            add_base(disk, item->data, platter->kind, platter->data->data, platter->data->len);
    }
    return disk;
}

TwDisk *
tw_disk_image(TwDisk *disk, guint events, TwImageMode mode, guint32 seed)
{
    TW_LOCK_SCOPE(&disk->lock);
    const Event *last = NULL;
    TwDisk *image;
    Replay replay = {
        .platters = g_hash_table_new_full(NULL, NULL, NULL, platter_free),
        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .renames = g_ptr_array_new(),
        .rand = g_rand_new_with_seed(seed),
    };

    g_assert_cmpuint(events, <=, disk->trace->len);
    for (guint i = 0; i < disk->base->len; i++) {
        const BaseEntry *entry = g_ptr_array_index(disk->base, i);
        Platter *platter = platter_new(&replay, entry->node, entry->kind);
        gsize len;
        const guint8 *data = g_bytes_get_data(entry->data, &len);
        if (len > 0)
            g_byte_array_append(platter->data, data, (guint) len);
        g_hash_table_insert(replay.names, g_strdup(entry->path), GUINT_TO_POINTER(entry->node));
    }
    for (guint i = 0; i < events; i++) {
        Event *event = g_ptr_array_index(disk->trace, i);
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

gboolean
tw_disk_export(TwDisk *disk, const char *folder, GError **error)
{
    TW_LOCK_SCOPE(&disk->lock);
    g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(disk->names), compare_paths);

    for (GList *item = paths; item != NULL; item = item->next) {
        const Node *node = g_hash_table_lookup(disk->names, item->data);
        g_autofree char *path = g_strconcat(folder, item->data, NULL);
        g_autoptr(TwFile) file = NULL;
        if (strcmp(item->data, "/") == 0)
            continue;
        if (node->kind == TW_FILE_KIND_DIRECTORY) {
            if (!tw_file_mkdir(tw_file_system_real(), path, error))
                return FALSE;
            continue;
        }
        file = tw_file_open(tw_file_system_real(), path, TW_FILE_WRITE | TW_FILE_CREATE_NEW, error);
        if (file == NULL || !tw_file_write(file, 0, node->data->data, node->data->len, error))
            return FALSE;
    }
    return TRUE;
}
