/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/disk-model.h"

#include <errno.h>
#include <string.h>

#include "support/disk-model-private.h"

typedef struct {
    TwFile file;
    TwDiskNode *node;
    gboolean readable, writable, holds_lock;
} DiskFile;

static void
event_free(gpointer data)
{
    TwDiskRecord *event = data;

    g_free(event->path);
    g_free(event->to);
    g_clear_pointer(&event->data, g_bytes_unref);
    g_free(event);
}

static void
base_entry_free(gpointer data)
{
    TwDiskBase *entry = data;

    g_free(entry->path);
    g_clear_pointer(&entry->data, g_bytes_unref);
    g_free(entry);
}

static TwDiskNode *
node_new(TwDisk *disk, TwFileKind kind)
{
    TwDiskNode *node = g_new0(TwDiskNode, 1);

    g_ref_count_init(&node->refs);
    node->id = disk->next_node++;
    node->kind = kind;
    if (kind == TW_FILE_KIND_REGULAR)
        node->data = g_byte_array_new();
    return node;
}

static void
node_unref(TwDisk *disk, TwDiskNode *node)
{
    if (!g_ref_count_dec(&node->refs))
        return;
    if (node->data != NULL) {
        disk->used -= node->data->len;
        g_byte_array_unref(node->data);
    }
    g_free(node);
}

static TwDiskRecord *
record(TwDisk *disk, TwDiskEvent kind, TwDiskNode *node)
{
    TwDiskRecord *event = g_new0(TwDiskRecord, 1);

    event->kind = kind;
    event->node = node->id;
    disk->clock_us++;
    node->modified_us = disk->clock_us;
    g_ptr_array_add(disk->trace, event);
    return event;
}

static void
name_node(TwDisk *disk, const char *path, TwDiskNode *node)
{
    TwDiskNode *old = g_hash_table_lookup(disk->names, path);

    g_ref_count_inc(&node->refs);
    g_hash_table_insert(disk->names, g_strdup(path), node);
    if (old != NULL)
        node_unref(disk, old);
}

static void
unname(TwDisk *disk, const char *path)
{
    TwDiskNode *node = g_hash_table_lookup(disk->names, path);

    g_hash_table_remove(disk->names, path);
    node_unref(disk, node);
}

static gboolean
has_parent(TwDisk *disk, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    const TwDiskNode *node = g_hash_table_lookup(disk->names, folder);

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

static TwDiskNode *
node_of(TwFile *file)
{
    return ((DiskFile *) file)->node;
}

static int
disk_open(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, TwFile **ret)
{
    TwDisk *disk = (TwDisk *) fs;
    TW_LOCK_SCOPE(&disk->lock);
    TwDiskNode *node = g_hash_table_lookup(disk->names, path);
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
    TwDiskNode *node = node_of(file);
    TwDiskRecord *event;

    if (!((DiskFile *) file)->writable)
        return EBADF;
    if (offset + len > node->data->len && !resize(disk, node->data, offset + len))
        return ENOSPC;
    if (len > 0)
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
fill_stat(const TwDiskNode *node, TwFileStat *ret)
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
    const TwDiskNode *node = g_hash_table_lookup(disk->names, path);

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
    TwDiskNode *node = g_hash_table_lookup(disk->names, from);
    TwDiskRecord *event;

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
    TwDiskNode *node = g_hash_table_lookup(disk->names, path);

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
    TwDiskNode *node;

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
    TwDiskNode *node = g_hash_table_lookup(disk->names, path);

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
void
tw_disk_add_base(TwDisk *disk, const char *path, TwFileKind kind, const guint8 *data, gsize len)
{
    TwDiskNode *node = node_new(disk, kind);
    TwDiskBase *entry = g_new0(TwDiskBase, 1);

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
    tw_disk_add_base(disk, "/", TW_FILE_KIND_DIRECTORY, NULL, 0);
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
    return ((const TwDiskRecord *) g_ptr_array_index(disk->trace, index))->kind;
}

gboolean
tw_disk_export(TwDisk *disk, const char *folder, GError **error)
{
    TW_LOCK_SCOPE(&disk->lock);
    g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(disk->names), tw_disk_compare_paths);

    for (GList *item = paths; item != NULL; item = item->next) {
        const TwDiskNode *node = g_hash_table_lookup(disk->names, item->data);
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
