/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast are the hashes, beside copying the same 64 KiB? SHA-256 at over 1 GB/s means the processor's own
 * instructions: plain code reaches a fifth of a gigabyte. GLib's SHA-256 is plain code. */
#include "bench.h"

#include <string.h>

#include "base/cpu.h"
#include "base/hash.h"

enum {
    SIZE = 64 * 1024,
    SHORT = 24 /* a key of a hash table */
};

static guint8 input[SIZE], output[SIZE];

static double
copy(gpointer user)
{
    (void) user;
    memcpy(output, input, SIZE);
    __asm__ volatile("" : : "r"(output) : "memory");
    return SIZE;
}

static double
sha256(gpointer user)
{
    (void) user;
    tw_sha256(input, SIZE, output);
    return SIZE;
}

static double
sha256_glib(gpointer user)
{
    g_autofree char *text = g_compute_checksum_for_data(G_CHECKSUM_SHA256, input, SIZE);

    (void) user;
    return SIZE;
}

static double
crc(gpointer user)
{
    *(guint32 *) user ^= tw_crc32c(0, input, SIZE);
    return SIZE;
}

static double
keys(gpointer user)
{
    for (gsize at = 0; at + SHORT <= SIZE; at += SHORT)
        *(guint32 *) user ^= (guint32) tw_hash_bytes(input + at, SHORT);
    return (double) (SIZE / SHORT);
}

static double
keys_glib(gpointer user)
{
    for (gsize at = 0; at + SHORT <= SIZE; at += SHORT)
        *(guint32 *) user ^= g_str_hash(input + at);
    return (double) (SIZE / SHORT);
}

int
main(void)
{
    guint32 sum = 0;
    BenchRate memory = bench_rate(copy, NULL, 0.1);

    for (gsize i = 0; i < SIZE; i++)
        input[i] = (i + 1) % SHORT == 0 ? 0 : (guint8) (i * 2654435761u >> 13 | 1);
    bench_print("sha256", "B", bench_rate(sha256, NULL, 0.1), "memcpy", memory);
    bench_print("sha256", "B", bench_rate(sha256, NULL, 0.1), "GChecksum",
                bench_rate(sha256_glib, NULL, 0.1));
    bench_print("crc32c", "B", bench_rate(crc, &sum, 0.1), "memcpy", memory);
    tw_cpu_set_most(TW_CPU_PORTABLE);
    bench_print("crc32c, tables", "B", bench_rate(crc, &sum, 0.1), "memcpy", memory);
    bench_print("siphash of 24-byte keys", "keys", bench_rate(keys, &sum, 0.1), "g_str_hash",
                bench_rate(keys_glib, &sum, 0.1));
    return 0;
}
