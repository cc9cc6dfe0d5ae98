/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The disk under a benchmark: how long its flush takes, and a slower one. Both a program of ours and a library reach fsync()
 * and fdatasync() through the dynamic linker, so the ones defined here stand before those of the C library for all of
 * them; one flush at a time gets through, as a disk does. Included once, by the program itself.
 */
#pragma once

#include "bench.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    gulong delay_us; /* added to each flush; set while nothing runs */
    gint flushes;    /* atomic: so far */
    GMutex flush;    /* one at a time */
} bench_disk;

static inline int
bench_slow_sync(long call, int fd)
{
    int answer;

    g_atomic_int_inc(&bench_disk.flushes);
    if (bench_disk.delay_us == 0)
        return (int) syscall(call, fd);
    g_mutex_lock(&bench_disk.flush);
    g_usleep(bench_disk.delay_us);
    answer = (int) syscall(call, fd);
    g_mutex_unlock(&bench_disk.flush);
    return answer;
}

int
fdatasync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name): reserved */
{
    return bench_slow_sync(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    return bench_slow_sync(SYS_fsync, fd);
}

/* The p50 of flushing a page that is written over. */
static inline double
bench_sync_p50_us(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "sync", NULL);
    int fd = g_open(path, O_CREAT | O_RDWR, 0600);
    static char page[4096];
    double samples[51];

    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        double start = bench_now();
        g_assert(pwrite(fd, page, sizeof page, 0) == sizeof page && fdatasync(fd) == 0);
        samples[i] = (bench_now() - start) * 1e6;
    }
    close(fd);
    g_unlink(path);
    qsort(samples, G_N_ELEMENTS(samples), sizeof *samples, bench_compare_doubles);
    return samples[G_N_ELEMENTS(samples) / 2];
}

/* Removes a folder of data and all below it. */
static inline void
bench_remove(const char *path) /* NOLINT(misc-no-recursion): depth of a data folder */
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        bench_remove(below);
    }
    g_remove(path);
}
