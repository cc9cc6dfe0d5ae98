/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Object numbers: 32 bits, one for each folder and message of the server, never given twice. server.db hands a partition blocks
 * of 65,536; the partition's meta row says which are left; 1,024 at a time are taken from it into memory, so that a
 * crash loses at most so many.
 */
#include "base/error.h"
#include "store/sql-server.h"
#include "store/store-private.h"

typedef struct {
    guint32 block, first, count;
    gboolean dry;
} Take;

static gboolean
take_block_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_server_take_block(tx, data, error);
}

static gboolean
take_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Take *take = data;
    guint32 next, end;

    if (!tw_sql_meta_get(tx, &next, &end, error))
        return FALSE;
    if (end - next < take->count && take->block != 0) {
        next = take->block;
        end = take->block + TW_ID_BLOCK;
    }
    take->dry = end - next < take->count;
    if (take->dry)
        return TRUE;
    take->first = next;
    return tw_sql_meta_set(tx, next + take->count, end, error);
}

/* Durable before any number of it is used. */
static gboolean
fetch(TwPartition *partition, Take *take, GError **error)
{
    take->block = 0;
    if (!tw_db_write(partition->db, take_tx, take, error))
        return FALSE;
    if (!take->dry)
        return TRUE;
    return tw_db_write(partition->engine->server, take_block_tx, &take->block, error) &&
           tw_db_write(partition->db, take_tx, take, error);
}

static gboolean
take_from_memory(TwPartition *partition, guint count, guint32 *ret_first)
{
    TW_LOCK_SCOPE(&partition->id_lock);

    if (partition->id_end - partition->id_next < count)
        return FALSE;
    *ret_first = partition->id_next;
    partition->id_next += count;
    return TRUE;
}

gboolean
tw_ids_take(TwPartition *partition, guint count, guint32 *ret_first, GError **error)
{
    Take take = { .count = TW_ID_STEP };

    g_return_val_if_fail(count <= TW_ID_BLOCK, FALSE);
    if (take_from_memory(partition, count, ret_first))
        return TRUE;
    g_mutex_lock(&partition->id_fetch);
    if (take_from_memory(partition, count, ret_first)) {
        g_mutex_unlock(&partition->id_fetch);
        return TRUE;
    }
    take.count = MAX(count, TW_ID_STEP);
    if (!fetch(partition, &take, error)) {
        g_mutex_unlock(&partition->id_fetch);
        return FALSE;
    }
    *ret_first = take.first;
    if (count < take.count) {
        TW_LOCK_SCOPE(&partition->id_lock);
        partition->id_next = take.first + count;
        partition->id_end = take.first + take.count;
    }
    g_mutex_unlock(&partition->id_fetch);
    return TRUE;
}
