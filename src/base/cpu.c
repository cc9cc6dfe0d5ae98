/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/cpu.h"

enum {
    NOT_ASKED = -1
};

/* What tw_cpu_level() answers. Two threads that ask first write the same value. */
static int current = NOT_ASKED;

static TwCpuLevel
detect(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.2"))
        return TW_CPU_PORTABLE;
    if (!__builtin_cpu_supports("avx2"))
        return TW_CPU_SSE42;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi"))
        return TW_CPU_VBMI;
    return TW_CPU_AVX2;
#else
    return TW_CPU_PORTABLE;
#endif
}

TwCpuLevel
tw_cpu_level(void)
{
    int level = __atomic_load_n(&current, __ATOMIC_RELAXED);

    if (G_UNLIKELY(level == NOT_ASKED)) {
        level = (int) detect();
        __atomic_store_n(&current, level, __ATOMIC_RELAXED);
    }
    return (TwCpuLevel) level;
}

TwCpuLevel
tw_cpu_set_most(TwCpuLevel most)
{
    TwCpuLevel level = MIN(detect(), most);

    __atomic_store_n(&current, (int) level, __ATOMIC_RELAXED);
    return level;
}

const char *
tw_cpu_level_name(TwCpuLevel level)
{
    switch (level) {
    case TW_CPU_PORTABLE:
        return "portable";
    case TW_CPU_SSE42:
        return "sse4.2";
    case TW_CPU_AVX2:
        return "avx2";
    case TW_CPU_VBMI:
        return "vbmi";
    }
    return "unknown";
}
