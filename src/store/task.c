/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a crash left half done in batches is finished when a partition is opened. Nothing of one task may keep the others,
 * or the partition, from working: what cannot be read or done is told in the log, and stays for the check to find.
 */
#include "base/error.h"
#include "base/log.h"
#include "store/message-private.h"

typedef struct {
    GArray *tasks;
    guint damaged;
} List;

static gboolean
list_tx(TwDbTx *tx, gpointer data, GError **error)
{
    List *list = data;

    g_clear_pointer(&list->tasks, g_array_unref);
    list->tasks = tw_sql_task_list(tx, &list->damaged, error);
    return list->tasks != NULL;
}

gboolean
tw_task_is_known(const TwTaskRow *task)
{
    if (task->kind == TW_TASK_PURGE_TREE)
        return g_bytes_get_size(task->arg) % 4 == 0 && task->pos <= g_bytes_get_size(task->arg) / 4;
    return tw_bulk_can_resume(task);
}

static void
resume_one(TwEngine *engine, const TwPartition *partition, const TwTaskRow *task)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_of(engine, task->store, &error);

    if (store != NULL && !tw_task_is_known(task))
        g_set_error_literal(&error, TW_ERROR, TW_ERROR_CORRUPT, "it cannot be read");
    else if (store != NULL && task->kind == TW_TASK_PURGE_TREE)
        tw_folder_purge_resume(store, task, &error);
    else if (store != NULL)
        tw_bulk_resume(store, task, &error);
    if (error != NULL)
        tw_log(TW_LOG_ERR, "task-not-finished", tw_log_str(TW_LOG_FILE, partition->path),
               tw_log_uint(TW_LOG_QUEUE, (guint64) task->id), tw_log_error(error));
}

void
tw_tasks_resume(TwEngine *engine, TwPartition *partition)
{
    g_autoptr(GError) error = NULL;
    List list = { NULL, 0 };

    if (!tw_db_read(partition->db, NULL, list_tx, &list, &error))
        tw_log(TW_LOG_ERR, "tasks-unreadable", tw_log_str(TW_LOG_FILE, partition->path),
               tw_log_error(error));
    else if (list.damaged > 0)
        tw_log(TW_LOG_ERR, "tasks-damaged", tw_log_str(TW_LOG_FILE, partition->path),
               tw_log_uint(TW_LOG_COUNT, list.damaged),
               tw_log_str(TW_LOG_MSG, "what they were to finish stays half done: run the check"));
    for (guint i = 0; error == NULL && i < list.tasks->len; i++)
        resume_one(engine, partition, &g_array_index(list.tasks, TwTaskRow, i));
    g_clear_pointer(&list.tasks, g_array_unref);
}
