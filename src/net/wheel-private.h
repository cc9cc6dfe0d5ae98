/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Deadlines of many connections: a timer wheel.
 *
 * Moving a deadline later, which every command does, is one store: the entry stays in its bucket, and the thread that
 * turns the wheel puts it further on when it comes by. Only an earlier deadline takes the lock.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_WHEEL_TICK_MS = 32,
    TW_WHEEL_BUCKETS = 2048, /* one turn: 65 s; later deadlines go round again */
};

#define TW_WHEEL_NEVER G_MAXINT64

typedef struct TwWheelEntry {
    struct TwWheelEntry *prev, *next; /* in a bucket; guarded by the wheel's lock */
    gint64 deadline;                  /* ms, atomic; TW_WHEEL_NEVER: none */
    gint64 placed; /* ms of the bucket it is in, atomic; TW_WHEEL_NEVER: in none */
} TwWheelEntry;

typedef struct {
    GMutex lock; /* guards buckets, turned_to and next_wake */
    TwWheelEntry buckets[TW_WHEEL_BUCKETS];
    gint64 turned_to; /* tick up to which buckets were visited */
    gint64 next_wake; /* ms when the turning thread means to come back */
} TwWheel;

/* @now_ms: monotonic. */
void tw_wheel_init(TwWheel *wheel, gint64 now_ms);
void tw_wheel_clear(TwWheel *wheel);

void tw_wheel_entry_init(TwWheelEntry *entry);

/* Sets the deadline. TRUE: the turning thread must be told, it would come too late. Any thread. */
gboolean tw_wheel_set(TwWheel *wheel, TwWheelEntry *entry, gint64 deadline_ms);

/* Puts an entry that was handed out by tw_wheel_turn() back, if it has a deadline and is in no bucket. */
void tw_wheel_relink(TwWheel *wheel, TwWheelEntry *entry);

/* Takes the entry out for good. */
void tw_wheel_remove(TwWheel *wheel, TwWheelEntry *entry);

/* Calls @due, under the lock, for each entry whose deadline has passed; it is in no bucket then. Returns the time in ms
 * when the next bucket with an entry is due, at most one turn ahead. */
gint64 tw_wheel_turn(TwWheel *wheel,
                     gint64 now_ms,
                     void (*due)(TwWheelEntry *entry, gpointer data),
                     gpointer data);

G_END_DECLS
