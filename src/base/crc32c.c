/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CRC32C (declared in base/hash.h): by the processor's instruction, else by eight tables, eight bytes a step. */
#include <string.h>

#include "base/cpu.h"
#include "base/hash.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

enum {
    POLYNOMIAL = 0x82f63b78 /* 0x1edc6f41, lowest bit first */
};

static guint32 tables[8][256];

static void
fill_tables(void)
{
    for (guint32 i = 0; i < 256; i++) {
        guint32 crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? (guint32) POLYNOMIAL : 0);
        tables[0][i] = crc;
    }
    for (guint32 i = 0; i < 256; i++) {
        for (int t = 1; t < 8; t++)
            tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 0xff];
    }
}

static guint32
crc_by_tables(guint32 crc, const guint8 *p, gsize len)
{
    static gsize filled;

    if (g_once_init_enter(&filled)) {
        fill_tables();
        g_once_init_leave(&filled, 1);
    }
    for (; len >= 8; p += 8, len -= 8) {
        guint64 word;

        memcpy(&word, p, sizeof word);
        word = GUINT64_FROM_LE(word) ^ crc;
        crc = 0;
        for (int t = 0; t < 8; t++)
            crc ^= tables[7 - t][word >> (8 * t) & 0xff];
    }
    for (; len > 0; p++, len--)
        crc = crc >> 8 ^ tables[0][(crc ^ *p) & 0xff];
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static guint32
crc_by_instruction(guint32 crc, const guint8 *p, gsize len)
{
    guint64 wide = crc;

    for (; len >= 8; p += 8, len -= 8) {
        guint64 word;

        memcpy(&word, p, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (guint32) wide;
    for (; len > 0; p++, len--)
        crc = _mm_crc32_u8(crc, *p);
    return crc;
}
#endif

guint32
tw_crc32c(guint32 crc, const void *data, gsize len)
{
#if defined(__x86_64__)
    if (tw_cpu_level() >= TW_CPU_SSE42)
        return ~crc_by_instruction(~crc, data, len);
#endif
    return ~crc_by_tables(~crc, data, len);
}
