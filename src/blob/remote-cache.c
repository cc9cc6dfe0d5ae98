/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What lies in the bucket, as files that can be read; and the copies of it that are kept here.
 *
 * A window is a file "cache/KIND-NUMBER-WINDOW": its bytes, and their CRC32C (4 bytes, little-endian). It is not flushed to the
 * disk: one that a crash has torn is fetched again.
 */
#include "blob/remote-private.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/random.h"

enum {
    EVICT_TO_PERCENT = 90,
    SUM_LEN = 4,
};

/* ---- copies ---- */

void
tw_remote_add_copy(
    TwRemote *remote, TwBucketKind kind, guint64 number, guint32 window, guint64 size)
{
    TwRemoteCopy *copy = g_new(TwRemoteCopy, 1);
    const TwRemoteCopy *before;

    *copy =
        (TwRemoteCopy){ .kind = (guint8) kind, .number = number, .window = window, .size = size };
    tw_lock(&remote->lock);
    before = g_hash_table_lookup(remote->copies, copy);
    remote->copy_bytes += size - (before != NULL ? before->size : 0);
    copy->used = ++remote->clock;
    g_hash_table_replace(remote->copies, copy, copy);
    tw_unlock(&remote->lock);
}

void
tw_remote_drop_copy(TwRemote *remote, TwBucketKind kind, guint64 number, guint32 window)
{
    TwRemoteCopy key = { .kind = (guint8) kind, .number = number, .window = window };
    const TwRemoteCopy *copy;

    if (remote == NULL)
        return;
    tw_lock(&remote->lock);
    copy = g_hash_table_lookup(remote->copies, &key);
    if (copy != NULL) {
        remote->copy_bytes -= copy->size;
        g_hash_table_remove(remote->copies, &key);
    }
    tw_unlock(&remote->lock);
}

static void
touch(TwRemote *remote, TwBucketKind kind, guint64 number, guint32 window)
{
    TwRemoteCopy key = { .kind = (guint8) kind, .number = number, .window = window };
    TwRemoteCopy *copy;

    tw_lock(&remote->lock);
    copy = g_hash_table_lookup(remote->copies, &key);
    if (copy != NULL)
        copy->used = ++remote->clock;
    tw_unlock(&remote->lock);
}

void
tw_remote_touch(TwRemote *remote, TwBucketKind kind, guint64 number)
{
    if (remote != NULL)
        touch(remote, kind, number, G_MAXUINT32);
}

static char *
window_path(TwRemote *remote, TwBucketKind kind, guint64 number, guint32 window)
{
    return g_strdup_printf("%s/cache/%u-%016" G_GINT64_MODIFIER "x-%08x", remote->volume->path,
                           (guint) kind, number, window);
}

/* ---- rows ---- */

typedef struct {
    TwBucketKind kind;
    guint64 number;
    TwBucketRow row;
    gboolean found;
} Find;

static gboolean
find_row(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;

    return tw_bucket_get(tx, find->kind, find->number, &find->row, &find->found, error);
}

/* A closed segment that lies here becomes one that does not; who holds it reads on. */
static void
evict_segment(TwRemote *remote, guint64 number)
{
    TwBlobVolume *volume = remote->volume;
    g_autofree char *path = tw_volume_segment_path(volume, number);
    Find find = { .kind = TW_BUCKET_SEGMENT, .number = number };
    TwSegment *segment, *away;
    gboolean evicted = FALSE;

    if (!tw_db_read(volume->catalog, NULL, find_row, &find, NULL) || !find.found ||
        find.row.state != TW_BUCKET_THERE)
        return;

    tw_lock(&volume->lock);
    segment = g_hash_table_lookup(volume->segments, &number);
    if (segment != NULL && segment->closed && !segment->away && segment->proven == segment->end &&
        find.row.size == segment->end) {
        away = tw_remote_open_segment(remote, &find.row);
        g_hash_table_replace(volume->segments, &away->number, away);
        evicted = TRUE;
    }
    tw_unlock(&volume->lock);
    /* a file that stays behind costs space until the next start */
    if (evicted)
        (void) tw_file_unlink(volume->config.fs, path, NULL);
}

static void
evict_copy(TwRemote *remote, const TwRemoteCopy *copy)
{
    TwFileSystem *fs = remote->volume->config.fs;
    g_autofree char *path = NULL;

    tw_remote_drop_copy(remote, (TwBucketKind) copy->kind, copy->number, copy->window);
    if (copy->window == G_MAXUINT32 && copy->kind == TW_BUCKET_SEGMENT) {
        evict_segment(remote, copy->number);
        return;
    }
    path = copy->window == G_MAXUINT32
               ? tw_volume_file_path(remote->volume, copy->number)
               : window_path(remote, (TwBucketKind) copy->kind, copy->number, copy->window);
    (void) tw_file_unlink(fs, path, NULL);
}

static int
compare_use(gconstpointer a, gconstpointer b)
{
    const TwRemoteCopy *left = a, *right = b;

    return left->used < right->used ? -1 : left->used > right->used;
}

void
tw_remote_evict(TwRemote *remote)
{
    g_autoptr(GArray) copies = g_array_new(FALSE, FALSE, sizeof(TwRemoteCopy));
    guint64 bytes, least = remote->cache_bytes / 100 * EVICT_TO_PERCENT;
    GHashTableIter iter;
    gpointer value;

    tw_lock(&remote->lock);
    bytes = remote->copy_bytes;
    g_hash_table_iter_init(&iter, remote->copies);
    while (bytes > remote->cache_bytes && g_hash_table_iter_next(&iter, &value, NULL))
        g_array_append_val(copies, *(const TwRemoteCopy *) value);
    tw_unlock(&remote->lock);
    g_array_sort(copies, compare_use);
    for (guint i = 0; i < copies->len && bytes > least; i++) {
        const TwRemoteCopy *copy = &g_array_index(copies, TwRemoteCopy, i);
        evict_copy(remote, copy);
        bytes -= MIN(bytes, copy->size);
    }
}

/* "K-NUMBER-WINDOW" */
static gboolean
parse_window(const char *name, guint8 *ret_kind, guint64 *ret_number, guint32 *ret_window)
{
    guint64 window;

    if (strlen(name) != 27 || (name[0] != '0' && name[0] != '1') || name[1] != '-' ||
        name[18] != '-' || !tw_parse_hex_u64(name + 2, 16, ret_number) ||
        !tw_parse_hex_u64(name + 19, 8, &window))
        return FALSE;
    *ret_kind = (guint8) (name[0] - '0');
    *ret_window = (guint32) window;
    return TRUE;
}

gboolean
tw_remote_adopt_windows(TwRemote *remote, GError **error)
{
    TwFileSystem *fs = remote->volume->config.fs;
    g_autofree char *folder = g_build_filename(remote->volume->path, "cache", NULL);
    g_autoptr(GError) local = NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (!tw_file_mkdir(fs, folder, &local) && !g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    names = tw_file_list(fs, folder, error);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        guint8 kind;
        guint64 number;
        guint32 window;
        TwFileStat stat;
        if (parse_window(name, &kind, &number, &window) && tw_file_stat_path(fs, path, &stat, NULL))
            tw_remote_add_copy(remote, (TwBucketKind) kind, number, window, stat.size);
        else
            (void) tw_file_unlink(fs, path, NULL);
    }
    return names != NULL;
}

/* ---- files of the bucket ---- */

typedef struct {
    TwFile file; /* the first member; its file system is the remote */
    TwRemote *remote;
    TwBucketRow row;
    char *key;
    TwLock lock;   /* guards the rest */
    GBytes *bytes; /* of the window read last; NULL before */
    guint32 window;
} RemoteFile;

/* A window that lies here. NULL if it does not, or not whole. */
static GBytes *
read_window(TwRemote *remote, const TwBucketRow *row, guint32 window, gsize len)
{
    g_autofree char *path = window_path(remote, (TwBucketKind) row->kind, row->number, window);
    g_autoptr(TwFile) file = tw_file_open(remote->volume->config.fs, path, TW_FILE_READ, NULL);
    g_autofree guint8 *bytes = NULL;
    TwCursor cur;
    guint32 sum;

    if (file == NULL)
        return NULL;
    bytes = g_malloc(len + SUM_LEN);
    if (!tw_file_read_exact(file, 0, bytes, len + SUM_LEN, NULL))
        return NULL;
    cur = tw_cursor_init(bytes + len, SUM_LEN);
    if (!tw_cursor_take_u32le(&cur, &sum) || sum != tw_crc32c(0, bytes, len))
        return NULL;
    touch(remote, (TwBucketKind) row->kind, row->number, window);
    return g_bytes_new_take(g_steal_pointer(&bytes), len);
}

/* Keeps a window; without room for it the next reader fetches it again. */
static void
keep_window(TwRemote *remote, const TwBucketRow *row, guint32 window, GBytes *bytes)
{
    TwFileSystem *fs = remote->volume->config.fs;
    g_autofree char *to = window_path(remote, (TwBucketKind) row->kind, row->number, window);
    g_autofree char *from = g_strdup_printf("%s/incoming/%016" G_GINT64_MODIFIER "x",
                                            remote->volume->path, tw_random_u64());
    g_autoptr(TwFile) file = tw_file_open(fs, from, TW_FILE_WRITE | TW_FILE_CREATE_NEW, NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    guint8 sum[SUM_LEN];
    TwBuffer out = { .data = sum, .capacity = sizeof sum, .limit = sizeof sum };

    tw_buffer_put_u32le(&out, tw_crc32c(0, data, len));
    if (file == NULL)
        return;
    if (tw_file_write(file, 0, data, len, NULL) &&
        tw_file_write(file, len, sum, sizeof sum, NULL) && tw_file_rename(fs, from, to, TRUE, NULL))
        tw_remote_add_copy(remote, (TwBucketKind) row->kind, row->number, window, len + SUM_LEN);
    else
        (void) tw_file_unlink(fs, from, NULL);
    tw_lock(&remote->lock);
    if (remote->copy_bytes > remote->cache_bytes) {
        remote->poked = TRUE;
        g_cond_signal(&remote->wake);
    }
    tw_unlock(&remote->lock);
}

static GBytes *
fetch_window(RemoteFile *file, guint32 window, gsize len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_REMOTE_WINDOW);
    GBytes *bytes = read_window(file->remote, &file->row, window, len);

    if (bytes != NULL)
        return bytes;
    if (!tw_s3_get(file->remote->s3, file->key, *file->row.etag != '\0' ? file->row.etag : NULL,
                   (guint64) window * TW_REMOTE_WINDOW, len, &out, error))
        return NULL;
    bytes = tw_buffer_steal_bytes(&out, error);
    if (bytes != NULL)
        keep_window(file->remote, &file->row, window, bytes);
    return bytes;
}

static GBytes *
get_window(RemoteFile *file, guint32 window, gsize len, GError **error)
{
    GBytes *bytes = NULL;

    tw_lock(&file->lock);
    if (file->bytes != NULL && file->window == window)
        bytes = g_bytes_ref(file->bytes);
    tw_unlock(&file->lock);
    if (bytes != NULL)
        return bytes;
    bytes = fetch_window(file, window, len, error);
    if (bytes == NULL)
        return NULL;
    tw_lock(&file->lock);
    g_clear_pointer(&file->bytes, g_bytes_unref);
    file->bytes = g_bytes_ref(bytes);
    file->window = window;
    tw_unlock(&file->lock);
    return bytes;
}

/* Files answer with numbers of the system. */
static int
error_number(const GError *error)
{
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
        return ENOENT;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT))
        return EBADMSG;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_TIMEOUT))
        return ETIMEDOUT;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_CANCELLED))
        return ECANCELED;
    return EAGAIN; /* an account that is refused now may be let in again */
}

static int
remote_pread(TwFile *base, void *data, gsize len, guint64 offset, gsize *ret_got)
{
    RemoteFile *file = (RemoteFile *) base;
    guint32 window = (guint32) (offset / TW_REMOTE_WINDOW);
    guint64 start = (guint64) window * TW_REMOTE_WINDOW;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    const guint8 *all;
    gsize all_len;

    *ret_got = 0;
    if (offset >= file->row.size)
        return 0;
    bytes =
        get_window(file, window, MIN((guint64) TW_REMOTE_WINDOW, file->row.size - start), &error);
    if (bytes == NULL) {
        int number = error_number(error);
        if (number == EBADMSG || number == ENOENT)
            tw_volume_trouble(file->remote->volume, file->file.path, error);
        return number;
    }
    all = g_bytes_get_data(bytes, &all_len);
    *ret_got = MIN(len, all_len - (offset - start));
    memcpy(data, all + (offset - start), *ret_got);
    return 0;
}

static void
remote_close(TwFile *base)
{
    RemoteFile *file = (RemoteFile *) base;

    g_clear_pointer(&file->bytes, g_bytes_unref);
    tw_lock_clear(&file->lock);
    g_free(file->key);
    g_free(file);
}

static int
remote_stat(TwFile *base, TwFileStat *ret)
{
    *ret = (TwFileStat){ .kind = TW_FILE_KIND_REGULAR, .size = ((RemoteFile *) base)->row.size };
    return 0;
}

/* Only what was opened by tw_remote_open_file() is a file of it, and all that is done to one is to read it. */
static const TwFileSystemOps ops = {
    .close = remote_close,
    .pread = remote_pread,
    .stat_file = remote_stat,
};

void
tw_remote_init_files(TwRemote *remote)
{
    remote->fs.ops = &ops;
}

static TwFile *
open_row(TwRemote *remote, const TwBucketRow *row)
{
    RemoteFile *file = g_new0(RemoteFile, 1);

    file->file.fs = &remote->fs;
    file->key = tw_remote_key(remote, row);
    file->file.path = g_strdup_printf("%s/%s", tw_s3_place(remote->s3), file->key);
    file->remote = remote;
    file->row = *row;
    tw_lock_init(&file->lock);
    return &file->file;
}

TwSegment *
tw_remote_open_segment(TwRemote *remote, const TwBucketRow *row)
{
    g_autofree char *path = tw_volume_segment_path(remote->volume, row->number);

    return tw_segment_new_away(open_row(remote, row), path, row->number, row->size);
}

/* A row that says "waiting" of a file that does not lie here is from a catalog that was made anew. */
static gboolean
ask_for(TwRemote *remote, TwBucketRow *row, GError **error)
{
    g_autofree char *key = tw_remote_key(remote, row);
    TwS3Object object;

    if (!tw_s3_head(remote->s3, key, &object, error))
        return FALSE;
    row->size = object.size;
    (void) g_strlcpy(row->etag, object.etag, sizeof row->etag);
    return TRUE;
}

TwFile *
tw_remote_open_file(TwRemote *remote, TwBucketKind kind, guint64 number, GError **error)
{
    Find find = { .kind = kind, .number = number };

    if (!tw_db_read(remote->volume->catalog, NULL, find_row, &find, error))
        return NULL;
    if (!find.found) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                    "the file %016" G_GINT64_MODIFIER "x lies neither here nor in %s", number,
                    tw_s3_place(remote->s3));
        return NULL;
    }
    if ((find.row.state == TW_BUCKET_WAITING || find.row.state == TW_BUCKET_BACKLOG) &&
        !ask_for(remote, &find.row, error))
        return NULL;
    return open_row(remote, &find.row);
}
