/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The server behind all doors of one process: engine, directory and the local provider, opened on one data folder. What
 * `twiga` and the administrator's tools share.
 */
#pragma once

#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/db.h"
#include "session/local.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct {
    TwFileSystem *fs;
    const char *path; /* the data folder */
    gboolean make;    /* make it when there is none; else that is TW_ERROR_NOT_FOUND */
    TwConfig *
        config; /* (nullable): with the keys of users-config.h and storage-config.h; kept by the node */
    TwLog *audit;       /* (nullable) */
    TwMetrics *metrics; /* (nullable): what the table of figures shows beside the server's own */
    /* (nullable): TwEngineConfig.ended: the process must be started anew */
    void (*ended)(gpointer data, const GError *why);
    gpointer ended_data;
    TwLocalChangeFunc changed; /* (nullable): as in TwLocalConfig */
    gpointer changed_data;
    gboolean
        rules; /* what @config says of quotas, scram_enabled and where users are kept (user-source.h) holds for all stores and users */
    gboolean companies; /* there may be some, whatever the configuration says */
} TwNodeConfig;

typedef struct {
    TwConfig *config; /* (nullable) */
    TwEngine *engine;
    TwDb *directory_db; /* directory.db in the data folder */
    TwDirectory *directory;
    TwDirectoryPlugin *plugin; /* of @directory */
    TwServer *server;          /* the local provider */
    TwSession *system;         /* the session of SYSTEM, for what the server does itself */
    gboolean rules;            /* as in TwNodeConfig */
} TwNode;

/**
 * tw_node_open:
 * @config: how; what it points to outlives the node
 * @error: TW_ERROR_BUSY: another program has the folder open; NOT_FOUND: no data folder; else what the parts say
 *
 * Returns: (transfer full): the node, or NULL
 */
TwNode *tw_node_open(const TwNodeConfig *config, GError **error);

/**
 * tw_node_close:
 * @node: (nullable) (transfer full): a node none of whose sessions is in use any more
 */
void tw_node_close(TwNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwNode, tw_node_close)

/**
 * tw_node_count_stores:
 * @node: (nullable): a node
 *
 * Returns: how many stores it has
 */
guint tw_node_count_stores(const TwNode *node);

G_END_DECLS
