/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The physical limit of whatever is durable: the same bytes written over themselves and flushed, and nothing else done. */
#pragma once

#include "bench.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum {
    RAW_FILE_LEN = 8 << 20, /* written beforehand, as our files are */
    RAW_MOST_FILES = 4
};

/* How often a second @count files can take @lens[i] bytes each, one flush after each; and what CPU each time takes. */
static inline double
raw_disk_rate(
    const char *folder, const gsize *lens, guint count, double seconds, double *ret_cpu_us)
{
    static guint8 zeros[1 << 20];
    int fds[RAW_MOST_FILES];
    off_t at[RAW_MOST_FILES] = { 0 };
    guint64 done = 0;
    double start, cpu, took;

    g_assert(count <= RAW_MOST_FILES);
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/raw-%u", folder, i);
        fds[i] = g_open(path, O_CREAT | O_RDWR, 0600);
        for (off_t from = 0; from < RAW_FILE_LEN; from += (off_t) sizeof zeros)
            g_assert(pwrite(fds[i], zeros, sizeof zeros, from) == sizeof zeros);
        g_assert(fsync(fds[i]) == 0);
        g_unlink(path);
    }
    cpu = bench_cpu_seconds();
    start = bench_now();
    do {
        for (guint i = 0; i < count; i++) {
            if (at[i] + (off_t) lens[i] > RAW_FILE_LEN)
                at[i] = 0;
            g_assert(pwrite(fds[i], zeros, lens[i], at[i]) == (gssize) lens[i]);
            g_assert(fdatasync(fds[i]) == 0);
            at[i] += (off_t) lens[i];
        }
        done++;
        took = bench_now() - start;
    } while (took < seconds);
    *ret_cpu_us = (bench_cpu_seconds() - cpu) * 1e6 / (double) done;
    for (guint i = 0; i < count; i++)
        close(fds[i]);
    return (double) done / took;
}
