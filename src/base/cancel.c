/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/cancel.h"

#include "base/error.h"
#include "base/lock.h"

typedef struct {
    guint64 id;
    TwCancelFunc func;
    gpointer data;
} Callback;

struct TwCancel {
    int fired;         /* atomic; set under the lock */
    TwLock lock;       /* guards all that follows */
    GCond ended;       /* a callback ended */
    GArray *callbacks; /* Callback, not yet called */
    guint64 last_id;
    guint64 running; /* id of the callback being called, or 0 */
    GThread *runner; /* and by whom */
};

static void
cancel_clear(gpointer memory)
{
    TwCancel *cancel = memory;

    g_array_unref(cancel->callbacks);
    g_cond_clear(&cancel->ended);
    tw_lock_clear(&cancel->lock);
}

TwCancel *
tw_cancel_new(void)
{
    TwCancel *cancel = g_atomic_rc_box_new0(TwCancel);

    tw_lock_init(&cancel->lock);
    g_cond_init(&cancel->ended);
    cancel->callbacks = g_array_new(FALSE, FALSE, sizeof(Callback));
    return cancel;
}

TwCancel *
tw_cancel_ref(TwCancel *cancel)
{
    return g_atomic_rc_box_acquire(cancel);
}

void
tw_cancel_unref(TwCancel *cancel)
{
    if (cancel != NULL)
        g_atomic_rc_box_release_full(cancel, cancel_clear);
}

void
tw_cancel_fire(TwCancel *cancel)
{
    TW_LOCK_SCOPE(&cancel->lock);

    if (g_atomic_int_get(&cancel->fired))
        return;
    g_atomic_int_set(&cancel->fired, TRUE);
    cancel->runner = g_thread_self();
    while (cancel->callbacks->len > 0) {
        Callback callback = g_array_index(cancel->callbacks, Callback, 0);

        g_array_remove_index(cancel->callbacks, 0);
        cancel->running = callback.id;
        tw_unlock(&cancel->lock);
        callback.func(callback.data);
        tw_lock(&cancel->lock);
        cancel->running = 0;
        g_cond_broadcast(&cancel->ended);
    }
    cancel->runner = NULL;
}

gboolean
tw_cancel_fired(const TwCancel *cancel)
{
    return cancel != NULL && __atomic_load_n(&cancel->fired, __ATOMIC_SEQ_CST);
}

gboolean
tw_cancel_check(const TwCancel *cancel, TwDeadline deadline, GError **error)
{
    if (tw_cancel_fired(cancel)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "cancelled");
        return FALSE;
    }
    if (!tw_deadline_is_never(deadline) && tw_deadline_passed(deadline, tw_time_mono_us())) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "the deadline has passed");
        return FALSE;
    }
    return TRUE;
}

guint64
tw_cancel_add(TwCancel *cancel, TwCancelFunc func, gpointer data)
{
    Callback callback = { .func = func, .data = data };
    gboolean fired;

    tw_lock(&cancel->lock);
    callback.id = ++cancel->last_id;
    fired = g_atomic_int_get(&cancel->fired);
    if (!fired)
        g_array_append_val(cancel->callbacks, callback);
    tw_unlock(&cancel->lock);
    if (fired)
        func(data);
    return callback.id;
}

void
tw_cancel_remove(TwCancel *cancel, guint64 id)
{
    TW_LOCK_SCOPE(&cancel->lock);

    for (guint i = 0; i < cancel->callbacks->len; i++) {
        if (g_array_index(cancel->callbacks, Callback, i).id == id) {
            g_array_remove_index(cancel->callbacks, i);
            return;
        }
    }
    while (cancel->running == id && cancel->runner != g_thread_self())
        tw_lock_wait(&cancel->lock, &cancel->ended, G_MAXINT64);
}
