/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which instructions this processor has, as one ladder. Modules with several versions of a loop ask here at
 * each call; tests lower the ladder to run every version on the same input.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    TW_CPU_PORTABLE, /* plain C */
    TW_CPU_SSE42,    /* up to SSSE3 shuffles and the CRC32 instruction */
    TW_CPU_AVX2,     /* 32-byte integer vectors */
    TW_CPU_VBMI,     /* AVX-512 with byte permutations */
} TwCpuLevel;

/**
 * tw_cpu_level:
 *
 * Asked of the processor once; never higher than tw_cpu_set_most().
 *
 * Returns: the best level to use
 */
TwCpuLevel tw_cpu_level(void);

/**
 * tw_cpu_set_most:
 * @most: highest level tw_cpu_level() may answer from now on; %TW_CPU_VBMI lifts the bound
 *
 * For tests and benchmarks. May be called at any time from any thread; every level gives the same results.
 *
 * Returns: the level in use afterwards, which is lower than @most on a lesser processor
 */
TwCpuLevel tw_cpu_set_most(TwCpuLevel most);

/**
 * tw_cpu_level_name:
 * @level: a level
 *
 * Returns: (transfer none): its name for test and benchmark output, such as "avx2"
 */
const char *tw_cpu_level_name(TwCpuLevel level);

G_END_DECLS
