/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Clocks, units of time and deadlines. A point in time is a gint64 of microseconds since 1970-01-01 UTC (_us); a
 * point on the monotonic clock is one since boot and is never stored. Text forms are in date.h.
 */
#pragma once

#include <glib.h>

#include "base/checked.h"

G_BEGIN_DECLS

#define TW_US_PER_S G_GINT64_CONSTANT(1000000)

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: all that the text forms can say. */
#define TW_TIME_LEAST_US G_GINT64_CONSTANT(-62135596800000000)
#define TW_TIME_MOST_US G_GINT64_CONSTANT(253402300799999999)

/**
 * tw_time_now_us:
 *
 * Returns: the wall clock, which may jump
 */
static inline gint64
tw_time_now_us(void)
{
    return g_get_real_time();
}

/**
 * tw_time_mono_us:
 *
 * Returns: the monotonic clock
 */
static inline gint64
tw_time_mono_us(void)
{
    return g_get_monotonic_time();
}

/**
 * tw_time_from_filetime:
 * @filetime: 100 ns units since 1601-01-01 UTC (MS-DTYP 2.3.3)
 * @ret_us: (out): the same, the tenths of a microsecond cut off
 *
 * Every FILETIME has an answer; it may lie past %TW_TIME_MOST_US.
 */
static inline void
tw_time_from_filetime(guint64 filetime, gint64 *ret_us)
{
    *ret_us = (gint64) (filetime / 10) - G_GINT64_CONSTANT(11644473600000000);
}

/**
 * tw_time_to_filetime:
 * @us: a point in time
 * @ret: (out): 100 ns units since 1601-01-01 UTC
 *
 * Returns: FALSE, and @ret untouched, before 1601 or when it does not fit
 */
static inline gboolean
tw_time_to_filetime(gint64 us, guint64 *ret)
{
    gint64 since;

    if (__builtin_add_overflow(us, G_GINT64_CONSTANT(11644473600000000), &since) || since < 0 ||
        (guint64) since > G_MAXUINT64 / 10)
        return FALSE;
    *ret = (guint64) since * 10;
    return TRUE;
}

/* When something must have ended, on the monotonic clock. Passed by value. */
typedef struct {
    gint64 at_us; /* G_MAXINT64: never */
} TwDeadline;

/**
 * tw_deadline_never:
 *
 * Returns: a deadline that does not pass
 */
static inline TwDeadline
tw_deadline_never(void)
{
    return (TwDeadline){ G_MAXINT64 };
}

/**
 * tw_deadline_after_us:
 * @now_us: the monotonic clock
 * @us: microseconds from now; negative means it has passed
 *
 * Returns: the deadline; never, when that is too far away to say
 */
static inline TwDeadline
tw_deadline_after_us(gint64 now_us, gint64 us)
{
    return (TwDeadline){ tw_saturating_add_i64(now_us, us) };
}

/**
 * tw_deadline_in_ms:
 * @ms: milliseconds from now, as an outsider may say them
 *
 * Returns: the deadline; never, when that is too far away to say
 */
static inline TwDeadline
tw_deadline_in_ms(guint64 ms)
{
    if (ms > G_MAXINT64 / 1000)
        return tw_deadline_never();
    return tw_deadline_after_us(tw_time_mono_us(), (gint64) ms * 1000);
}

/**
 * tw_deadline_is_never:
 * @deadline: a deadline
 *
 * Returns: whether it cannot pass
 */
static inline gboolean
tw_deadline_is_never(TwDeadline deadline)
{
    return deadline.at_us == G_MAXINT64;
}

/**
 * tw_deadline_passed:
 * @deadline: a deadline
 * @now_us: the monotonic clock
 *
 * Returns: whether it has passed; at its very time it has
 */
static inline gboolean
tw_deadline_passed(TwDeadline deadline, gint64 now_us)
{
    return !tw_deadline_is_never(deadline) && now_us >= deadline.at_us;
}

/**
 * tw_deadline_remaining_us:
 * @deadline: a deadline
 * @now_us: the monotonic clock
 *
 * Returns: microseconds left, 0 when it has passed, G_MAXINT64 when it cannot
 */
static inline gint64
tw_deadline_remaining_us(TwDeadline deadline, gint64 now_us)
{
    gint64 left;

    if (tw_deadline_is_never(deadline))
        return G_MAXINT64;
    if (now_us >= deadline.at_us)
        return 0;
    return __builtin_sub_overflow(deadline.at_us, now_us, &left) ? G_MAXINT64 : left;
}

/**
 * tw_deadline_poll_ms:
 * @deadline: a deadline
 * @now_us: the monotonic clock
 *
 * Returns: what to give poll(2) and epoll_wait(2): milliseconds rounded up, -1 for never
 */
static inline int
tw_deadline_poll_ms(TwDeadline deadline, gint64 now_us)
{
    gint64 left = tw_deadline_remaining_us(deadline, now_us);

    if (left == G_MAXINT64)
        return -1;
    left = left / 1000 + (left % 1000 != 0);
    return left > G_MAXINT ? G_MAXINT : (int) left;
}

/**
 * tw_deadline_earlier:
 * @a: a deadline
 * @b: another
 *
 * Returns: the one that passes first
 */
static inline TwDeadline
tw_deadline_earlier(TwDeadline a, TwDeadline b)
{
    return a.at_us <= b.at_us ? a : b;
}

G_END_DECLS
