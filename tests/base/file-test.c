/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The same cases on the system's own files and on the disk in memory, so that the second is a fair stand-in. */
#include "base/file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "support/fault-fs.h"

typedef struct {
    TwFaultFs *fault;
    TwFileSystem *fs;
    char *folder;
} Place;

static char *
at(const Place *place, const char *name)
{
    return g_build_filename(place->folder, name, NULL);
}

static TwFile *
open_file(const Place *place, const char *name, TwFileOpenFlags flags, GError **error)
{
    g_autofree char *path = at(place, name);

    return tw_file_open(place->fs, path, flags, error);
}

static void
test_read_and_write(const Place *place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFile) file =
        open_file(place, "a", TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE_NEW, &error);
    char one[] = "one", two[] = "two", three[] = "three", got[32];
    struct iovec parts[] = { { one, 3 }, { two, 0 }, { two, 3 }, { three, 5 } };
    TwFileStat st;
    gsize len;

    g_assert_no_error(error);
    g_assert_true(tw_file_write_vectors(file, 2, parts, G_N_ELEMENTS(parts), &error));
    g_assert_true(tw_file_read(file, 0, got, sizeof got, &len, &error));
    g_assert_cmpuint(len, ==, 13);
    g_assert_true(memcmp(got, "\0\0onetwothree", 13) == 0);
    g_assert_true(tw_file_read(file, 13, got, 1, &len, &error) && len == 0);
    g_assert_true(tw_file_read_exact(file, 10, got, 3, &error));
    g_assert_false(tw_file_read_exact(file, 11, got, 3, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_assert_true(tw_file_write_zeros(file, 100000, 100000, NULL));
    g_assert_true(tw_file_stat(file, &st, NULL));
    g_assert_cmpuint(st.size, ==, 200000);
    g_assert_cmpint(st.kind, ==, TW_FILE_KIND_REGULAR);
    g_assert_true(tw_file_truncate(file, 5, NULL) && tw_file_allocate(file, 0, 4096, NULL));
    g_assert_true(tw_file_stat(file, &st, NULL) && st.size == 4096);
    g_assert_true(tw_file_read(file, 0, got, 8, &len, NULL));
    g_assert_true(memcmp(got, "\0\0one\0\0\0", 8) == 0);
    g_assert_true(tw_file_sync(file, NULL) && tw_file_sync_parent(place->fs, file->path, NULL));
}

static void
test_names(const Place *place)
{
    g_autofree char *a = at(place, "a"), *b = at(place, "b"), *dir = at(place, "dir");
    g_autofree char *inner = at(place, "dir/c");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = NULL;
    TwFileStat st;

    g_assert_null(open_file(place, "a", TW_FILE_READ, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    tw_file_close(open_file(place, "a", TW_FILE_WRITE | TW_FILE_CREATE, NULL));
    g_assert_null(open_file(place, "a", TW_FILE_WRITE | TW_FILE_CREATE_NEW, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    tw_file_close(open_file(place, "b", TW_FILE_WRITE | TW_FILE_CREATE, NULL));
    g_assert_false(tw_file_rename(place->fs, a, b, FALSE, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_true(tw_file_mkdir(place->fs, dir, NULL));
    g_assert_true(tw_file_rename(place->fs, a, inner, FALSE, NULL));
    g_assert_false(tw_file_rmdir(place->fs, dir, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_true(tw_file_rename(place->fs, inner, b, TRUE, NULL));
    g_assert_true(tw_file_stat_path(place->fs, dir, &st, NULL));
    g_assert_cmpint(st.kind, ==, TW_FILE_KIND_DIRECTORY);
    names = tw_file_list(place->fs, place->folder, &error);
    g_assert_cmpuint(names->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(names, 0), ==, "b");
    g_assert_cmpstr(g_ptr_array_index(names, 1), ==, "dir");
    g_assert_true(tw_file_rmdir(place->fs, dir, NULL) && tw_file_unlink(place->fs, b, NULL));
    g_assert_false(tw_file_unlink(place->fs, b, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static void
test_lock(const Place *place)
{
    TwFileOpenFlags flags = TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE;
    TwFile *first = open_file(place, "lock", flags, NULL);
    g_autoptr(TwFile) second = open_file(place, "lock", flags, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_file_lock(first, NULL));
    g_assert_false(tw_file_lock(second, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    tw_file_close(open_file(place, "lock", flags, NULL)); /* closing a third drops nothing */
    g_assert_false(tw_file_lock(second, NULL));
    tw_file_close(first);
    g_assert_true(tw_file_lock(second, NULL));
}

static void
test_symbolic_link(void)
{
    g_autofree char *folder = g_dir_make_tmp("tw-file-XXXXXX", NULL);
    g_autofree char *link = g_build_filename(folder, "link", NULL);

    g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
    g_assert_null(tw_file_open(tw_file_system_real(), link, TW_FILE_READ, NULL));
    g_unlink(link);
    g_rmdir(folder);
}

/* ---- the disk in memory and its faults ---- */

static void
test_faults(void)
{
    g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
    TwFault third = { TW_FAULT_WRITE, 3, 1, ENOSPC, 2, ".log" };
    TwFault brief = { TW_FAULT_WRITE | TW_FAULT_READ, 1, G_MAXUINT, 0, 1, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFile) other = NULL, file = NULL;
    char got[4];

    file = tw_file_open(tw_fault_fs_get(fs), "/x.log",
                        TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, NULL);
    other = tw_file_open(tw_fault_fs_get(fs), "/y", TW_FILE_WRITE | TW_FILE_CREATE, NULL);
    tw_fault_fs_arm(fs, &third);
    for (int i = 0; i < 2; i++)
        g_assert_true(tw_file_write(file, 0, "abcd", 4, NULL) &&
                      tw_file_write(other, 0, "abcd", 4, NULL));
    g_assert_false(tw_file_write(file, 0, "ABCD", 4, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    g_assert_true(tw_file_read_exact(file, 0, got, 4, NULL) && memcmp(got, "ABcd", 4) == 0);
    g_assert_true(tw_file_write(file, 0, "efgh", 4, NULL));
    g_assert_cmpuint(tw_fault_fs_disarm(fs), ==, 1);
    tw_fault_fs_arm(fs, &brief);
    g_assert_true(tw_file_write(file, 0, "1234", 4, NULL));
    g_assert_true(tw_file_read_exact(file, 0, got, 4, NULL) && memcmp(got, "1234", 4) == 0);
    g_assert_cmpuint(tw_fault_fs_disarm(fs), ==, 8);
    tw_fault_fs_set_space(fs, tw_fault_fs_used(fs) + 3);
    g_assert_false(tw_file_write(file, 4, "1234", 4, NULL));
    g_assert_true(tw_file_write(file, 4, "123", 3, NULL));
    tw_fault_fs_cut_power(fs);
    g_assert_false(tw_file_read_exact(file, 0, got, 4, NULL));
    g_assert_false(tw_file_sync(file, NULL));
}

static char *
content(TwFaultFs *fs, guint events, TwImageMode mode, guint32 seed, const char *path)
{
    g_autoptr(TwFaultFs) image = tw_fault_fs_image(fs, events, mode, seed);
    g_autoptr(TwFile) file = tw_file_open(tw_fault_fs_get(image), path, TW_FILE_READ, NULL);
    char *text = g_malloc0(5000);
    gsize len;

    if (file == NULL)
        return (g_free(text), NULL);
    g_assert_true(tw_file_read(file, 0, text, 4999, &len, NULL));
    return text;
}

/* A name needs its folder's sync, bytes need the file's; a failed sync loses some for good. */
static void
test_images(void)
{
    g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
    TwFault failing = { TW_FAULT_SYNC, 1, 1, EIO, 0, NULL };
    g_autoptr(TwFile) file = NULL;
    g_autofree char *none = NULL, *empty = NULL, *first = NULL, *all = NULL, *lost = NULL;
    g_autofree char *a = g_strnfill(4096, 'a'), *b = g_strnfill(4096, 'b');
    gboolean mixed = FALSE;

    file = tw_file_open(tw_fault_fs_get(fs), "/f", TW_FILE_WRITE | TW_FILE_CREATE, NULL);
    tw_file_write(file, 0, a, 4096, NULL);
    tw_file_sync(file, NULL);
    none = content(fs, tw_fault_fs_events(fs), TW_IMAGE_SYNCED, 1, "/f");
    g_assert_null(none); /* no folder was synced */
    tw_file_sync_dir(tw_fault_fs_get(fs), "/", NULL);
    first = content(fs, tw_fault_fs_events(fs), TW_IMAGE_SYNCED, 1, "/f");
    g_assert_cmpstr(first, ==, a);
    tw_file_write(file, 0, b, 4096, NULL);
    empty = content(fs, tw_fault_fs_events(fs), TW_IMAGE_SYNCED, 1, "/f");
    g_assert_cmpstr(empty, ==, a);
    all = content(fs, tw_fault_fs_events(fs), TW_IMAGE_ALL, 1, "/f");
    g_assert_cmpstr(all, ==, b);
    for (guint seed = 0; seed < 8; seed++) {
        g_autofree char *some = content(fs, tw_fault_fs_events(fs), TW_IMAGE_SUBSET, seed, "/f");
        for (guint i = 0; i < 4096; i += 512)
            g_assert_true(strncmp(some + i, a, 512) == 0 || strncmp(some + i, b, 512) == 0);
        mixed = mixed || (strchr(some, 'a') && strchr(some, 'b'));
    }
    g_assert_true(mixed);
    tw_fault_fs_arm(fs, &failing);
    g_assert_false(tw_file_sync(file, NULL));
    g_assert_true(tw_file_sync(file, NULL)); /* and yet: */
    lost = content(fs, tw_fault_fs_events(fs), TW_IMAGE_SYNCED, 3, "/f");
    g_assert_true(strchr(lost, 'a') != NULL);
}

typedef struct {
    const char *name;
    void (*func)(const Place *place);
} Case;

static const Case cases[] = {
    { "read-and-write", test_read_and_write },
    { "names", test_names },
    { "lock", test_lock },
};

static void
on_disk(gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("tw-file-XXXXXX", NULL);
    Place place = { NULL, tw_file_system_real(), folder };
    g_autoptr(GPtrArray) left = NULL;

    ((const Case *) data)->func(&place);
    left = tw_file_list(place.fs, folder, NULL);
    for (guint i = 0; i < left->len; i++) {
        g_autofree char *path = at(&place, g_ptr_array_index(left, i));
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void
in_memory(gconstpointer data)
{
    g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
    Place place = { fs, tw_fault_fs_get(fs), (char[]){ "/" } };

    ((const Case *) data)->func(&place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *disk = g_strconcat("/base/file/disk/", cases[i].name, NULL);
        g_autofree char *memory = g_strconcat("/base/file/memory/", cases[i].name, NULL);
        g_test_add_data_func(disk, &cases[i], on_disk);
        g_test_add_data_func(memory, &cases[i], in_memory);
    }
    g_test_add_func("/base/file/symbolic-link", test_symbolic_link);
    g_test_add_func("/base/file/faults", test_faults);
    g_test_add_func("/base/file/images", test_images);
    return g_test_run();
}
