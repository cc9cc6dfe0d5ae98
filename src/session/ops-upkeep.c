/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations that keep a server in order. */
#include "base/time.h"
#include "session/ops-private.h"

static const gint64 day_us = G_TIME_SPAN_DAY;

gboolean
tw_local_folder_recount(TwLocalCall *call, TwFolderRecountArgs *args, GError **error)
{
    return tw_folder_recount(call->store, call->folder, &args->wrong, error);
}

/* ---- what was deleted and could be restored ---- */

gboolean
tw_local_deleted_purge(TwLocalCall *call, TwDeletedPurgeArgs *args, GError **error)
{
    gint64 before = args->days != 0 ? tw_time_now_us() - args->days * day_us : G_MAXINT64;

    return tw_engine_purge_deleted(call->local->config.engine, before, args->only_count,
                                   &args->count, error);
}

/* ---- what is remembered ---- */

gboolean
tw_local_cache_drop(TwLocalCall *call, TwCacheDropArgs *args, G_GNUC_UNUSED GError **error)
{
    args->count = tw_access_drop_all(call->local);
    return TRUE;
}

/* What a call sees of the directory is what it was when the call began; this begins once more, and asks a source elsewhere. */
gboolean
tw_local_directory_sync(TwLocalCall *call, TwDirectorySyncArgs *args, GError **error)
{
    g_autoptr(TwDirectorySnapshot) now = NULL;

    if (!tw_directory_refresh(call->local->config.directory, error))
        return FALSE;
    now = tw_directory_snapshot(call->local->config.directory, error);
    if (now == NULL)
        return FALSE;
    args->epoch = tw_directory_snapshot_epoch(now);
    return TRUE;
}
