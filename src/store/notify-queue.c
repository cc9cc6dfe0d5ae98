/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue of one consumer: bounded, empty of memory while it is empty of events. */
#include "store/notify-private.h"

enum {
    LOOK_BACK = 16 /* events among which one about the same counters is looked for */
};

void
tw_notify_event_clear(TwNotifyEvent *event)
{
    g_clear_pointer(&event->message_class, g_free);
}

static void
clear_event(gpointer data)
{
    tw_notify_event_clear(data);
}

GArray *
tw_notify_events_new(void)
{
    GArray *events = g_array_new(FALSE, FALSE, sizeof(TwNotifyEvent));

    g_array_set_clear_func(events, clear_event);
    return events;
}

static void
queue_unref(TwNotifyQueue *queue)
{
    if (!g_atomic_int_dec_and_test(&queue->refs))
        return;
    g_clear_pointer(&queue->events, g_array_unref);
    g_cond_clear(&queue->changed);
    tw_lock_clear(&queue->lock);
    g_free(queue);
}

TwNotifyQueue *
tw_notify_queue_new(TwNotifyBus *bus, const TwNotifyQueueConfig *config)
{
    TwNotifyQueue *queue = g_new0(TwNotifyQueue, 1);

    queue->bus = bus;
    queue->refs = 1;
    if (config != NULL)
        queue->config = *config;
    if (queue->config.max == 0)
        queue->config.max = TW_NOTIFY_QUEUE_EVENTS;
    tw_lock_init(&queue->lock);
    g_cond_init(&queue->changed);
    tw_lock(&bus->index_lock);
    queue->all_next = bus->queues;
    if (bus->queues != NULL)
        bus->queues->all_prev = queue;
    bus->queues = queue;
    tw_unlock(&bus->index_lock);
    return queue;
}

void
tw_notify_queue_free(TwNotifyQueue *queue)
{
    TwNotifyBus *bus;
    const TwNotifySub *first;

    if (queue == NULL)
        return;
    bus = queue->bus;
    while ((first = queue->subs) != NULL) /* only the owner changes the list */
        tw_notify_unsubscribe(queue, first->wish.connection);
    tw_lock(&bus->index_lock);
    if (queue->all_next != NULL)
        queue->all_next->all_prev = queue->all_prev;
    if (queue->all_prev != NULL)
        queue->all_prev->all_next = queue->all_next;
    else
        bus->queues = queue->all_next;
    tw_unlock(&bus->index_lock);
    tw_lock(&queue->lock);
    queue->ended = TRUE;
    while (queue->waking > 0)
        tw_lock_wait(&queue->lock, &queue->changed, G_MAXINT64);
    tw_unlock(&queue->lock);
    queue_unref(queue);
}

/* ---- in ---- */

/* With the queue's lock: whether its owner has to be told that there is something now. */
static TwNotifyQueue *
note_news(TwNotifyQueue *queue, gboolean was_empty)
{
    TW_ASSERT_HELD(&queue->lock);
    if (!was_empty)
        return NULL;
    g_cond_broadcast(&queue->changed);
    if (queue->config.wake == NULL || queue->ended)
        return NULL;
    queue->waking++;
    g_atomic_int_inc(&queue->refs);
    return queue;
}

/* Counters are told as they are now: the last word on them is enough. */
static gboolean
replace_counters(const GArray *events, const TwNotifyEvent *event)
{
    for (guint i = events->len; i > 0 && events->len - i < LOOK_BACK; i--) {
        TwNotifyEvent *other = &g_array_index(events, TwNotifyEvent, i - 1);
        if (other->connection != event->connection || other->store != event->store ||
            other->id != event->id || other->object != event->object)
            continue;
        if (!other->counters) /* it says older ones, and would be read last */
            return FALSE;
        *other = *event;
        return TRUE;
    }
    return FALSE;
}

TwNotifyQueue *
tw_notify_queue_put(TwNotifyQueue *queue, const TwNotifyEvent *event)
{
    TW_LOCK_SCOPE(&queue->lock);
    gboolean was_empty = queue->events == NULL && !queue->missed;
    TwNotifyEvent copy = *event;

    if (queue->events == NULL)
        queue->events = tw_notify_events_new();
    if (event->counters && replace_counters(queue->events, event))
        return NULL;
    if (queue->events->len >= queue->config.max) {
        g_array_set_size(queue->events, 0);
        queue->missed = TRUE;
    }
    copy.message_class = g_strdup(event->message_class);
    g_array_append_val(queue->events, copy);
    return note_news(queue, was_empty);
}

TwNotifyQueue *
tw_notify_queue_miss(TwNotifyQueue *queue)
{
    TW_LOCK_SCOPE(&queue->lock);
    gboolean was_empty = queue->events == NULL && !queue->missed;

    g_clear_pointer(&queue->events, g_array_unref);
    queue->missed = TRUE;
    return note_news(queue, was_empty);
}

void
tw_notify_queue_wake(TwNotifyQueue *queue)
{
    queue->config.wake(queue->config.data);
    tw_lock(&queue->lock);
    if (--queue->waking == 0)
        g_cond_broadcast(&queue->changed);
    tw_unlock(&queue->lock);
    queue_unref(queue);
}

void
tw_notify_queue_forget(TwNotifyQueue *queue, guint32 connection)
{
    TW_LOCK_SCOPE(&queue->lock);

    for (guint i = queue->events != NULL ? queue->events->len : 0; i > 0; i--) {
        if (g_array_index(queue->events, TwNotifyEvent, i - 1).connection == connection)
            g_array_remove_index(queue->events, i - 1);
    }
    if (queue->events != NULL && queue->events->len == 0)
        g_clear_pointer(&queue->events, g_array_unref);
}

/* ---- out ---- */

/* Takes the first @max events out; NULL when there are none. */
static GArray *
take_some(TwNotifyQueue *queue, guint max, gboolean *ret_missed)
{
    TW_LOCK_SCOPE(&queue->lock);
    GArray *some;

    *ret_missed = queue->missed;
    queue->missed = FALSE;
    if (queue->events == NULL || max == 0 || queue->events->len <= max)
        return g_steal_pointer(&queue->events);
    some = tw_notify_events_new();
    g_array_append_vals(some, queue->events->data, max);
    for (guint i = 0; i < max; i++) /* @some owns it now */
        g_array_index(queue->events, TwNotifyEvent, i).message_class = NULL;
    g_array_remove_range(queue->events, 0, max);
    return some;
}

void
tw_notify_queue_take(TwNotifyQueue *queue, GArray *out, guint max, gboolean *ret_missed)
{
    g_autoptr(GArray) some = take_some(queue, max, ret_missed);

    for (guint i = 0; some != NULL && i < some->len; i++) {
        TwNotifyEvent *event = &g_array_index(some, TwNotifyEvent, i);
        if (queue->config.allow != NULL && !queue->config.allow(event, queue->config.data))
            continue;
        g_array_append_vals(out, event, 1);
        event->message_class = NULL;
    }
}

gboolean
tw_notify_queue_wait(TwNotifyQueue *queue, gint64 until_us)
{
    TW_LOCK_SCOPE(&queue->lock);

    while (queue->events == NULL && !queue->missed) {
        if (!tw_lock_wait(&queue->lock, &queue->changed, until_us))
            return queue->events != NULL || queue->missed;
    }
    return TRUE;
}
