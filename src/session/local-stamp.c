/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Stamps of stores: whoever keeps what was read of a store, such as its rules, sees by the stamp whether to read it again. A
 * stamp moves after the change is durable and before the operation returns. What is not on the list here moves it.
 */
#include "base/time.h"
#include "session/ops-private.h"

/* Mail that comes, goes and is marked, the queue, and what concerns sessions alone. */
static gboolean
keeps_stamp(TwOp op, gconstpointer args)
{
    switch (op) {
    case TW_OP_KEYWORD_ADD:
    case TW_OP_MAIL_ANNOUNCE:
    case TW_OP_MAIL_APPEND:
    case TW_OP_MAIL_DELIVER:
    case TW_OP_MESSAGES_MARK:
    case TW_OP_MESSAGE_LOCK:
    case TW_OP_NAMES_TO_IDS:
    case TW_OP_QUEUE_ABORT:
    case TW_OP_QUEUE_FINISH:
    case TW_OP_QUEUE_RETRY:
    case TW_OP_QUEUE_SUBMIT:
    case TW_OP_QUEUE_TAKE:
    case TW_OP_SYNC_REGISTER:
    case TW_OP_SYNC_SET:
        return TRUE;
    case TW_OP_MESSAGE_CREATE:
        return !((const TwMessageCreateArgs *) args)->associated;
    default:
        return tw_op_info(op)->op_class == TW_OP_READ;
    }
}

void
tw_local_stamps_init(TwStamps *stamps)
{
    stamps->base = (guint64) tw_time_now_us() << 12;
}

static gint *
count_of(TwLocal *local, const TwGuid *store)
{
    return &local->stamps.counts[tw_guid_hash(store) % G_N_ELEMENTS(local->stamps.counts)];
}

guint64
tw_local_stamp(TwLocal *local, const TwGuid *store)
{
    return local->stamps.base + (guint) g_atomic_int_get(count_of(local, store));
}

void
tw_local_stamp_move(TwLocal *local, TwOp op, gconstpointer args)
{
    const TwOpField *fields;
    gboolean named = FALSE;
    guint count;

    if (keeps_stamp(op, args))
        return;
    fields = tw_op_fields(op, &count);
    for (guint i = 0; i < count; i++) {
        if (fields[i].out || fields[i].kind != TW_IN_GUID)
            continue;
        g_atomic_int_inc(count_of(
            local, (const TwGuid *) (gconstpointer) ((const guint8 *) args + fields[i].offset)));
        named = TRUE;
    }
    for (guint i = 0; !named && i < G_N_ELEMENTS(local->stamps.counts); i++)
        g_atomic_int_inc(&local->stamps.counts[i]);
}
