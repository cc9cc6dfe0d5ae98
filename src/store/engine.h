/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The engine: one data folder with its server.db, partitions and blob volume, and the names that belong to all stores.
 *
 * All functions may be called from any thread. Nothing here asks for rights: session/ does, once, above.
 */
#pragma once

#include "base/file.h"
#include "base/guid.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "blob/blob.h"
#include "mapi/named.h"
#include "store/keywords.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct TwEngine TwEngine;
typedef struct TwStore TwStore;

typedef struct {
    guint
        folder_depth; /* folders inside folders. Without it: recursion of every client's tree code */
    guint folders;    /* in one store */
    gsize name_len;   /* bytes of a folder's name */
    guint keywords;   /* in one folder, at most TW_KEYWORDS_MAX_COUNT */
    gsize keyword_len; /* bytes of one */
    gsize mail_len;    /* bytes of one mail */
    guint targets;     /* mailboxes of one delivery */
    guint
        batch; /* messages changed in one transaction; more go in batches with a progress record */
    guint named_props; /* in the server; at most TW_NAMED_MAX_NUMBER */
    guint client_key;  /* bytes of an id made by a client */
    guint
        stream_events; /* changes kept for one subscriber before it has to read the change table */
    gint64 change_age_us; /* how long changes, and what left folders, are kept; 0: by count alone */
    guint changes;        /* most changes kept in one store */
    guint vanished;       /* most messages remembered that left one folder */
    guint trim_batch;     /* rows taken away in one transaction */
} TwEngineLimits;

/** TW_ENGINE_LIMITS_INIT: limits that fit every client known. */
#define TW_ENGINE_LIMITS_INIT                                                                      \
    {                                                                                              \
        .folder_depth = 100, .folders = 100000, .name_len = 1024, .keywords = TW_KEYWORDS_FOLDER,  \
        .keyword_len = 255, .mail_len = 256u << 20, .targets = 1000, .batch = 20000,               \
        .named_props = TW_NAMED_MAX_NUMBER, .client_key = 512, .stream_events = 65536,             \
        .change_age_us = G_GINT64_CONSTANT(90) * 24 * 3600 * G_USEC_PER_SEC, .changes = 1000000,   \
        .vanished = 100000, .trim_batch = 5000                                                     \
    }

/* Where small values are put: into the blob volume, or into the partition beside their row. See README.md. */
typedef enum {
    TW_INLINE_NEVER = 0,
    TW_INLINE_AUTO =
        1, /* into the partition where a flush of the data folder takes its time: measured at each start */
    TW_INLINE_ALWAYS = 2,
} TwInlineMode;

enum {
    TW_INLINE_MOST = 65536, /* the largest limit */
};

/* The databases on a MariaDB server rather than in SQLite files: what server.db and each partition would hold. They are made when
 * there are none. Blobs stay in the data folder. One engine at a time has them; another waits for the end of its lease. */
typedef struct {
    const char *host;   /* (nullable): this machine, by socket */
    guint port;         /* 0: the usual one */
    const char *socket; /* (nullable): the usual one */
    const char *user;
    TwSecret *password;                      /* (nullable) */
    const char *tls_ca, *tls_cert, *tls_key; /* (nullable): as in #TwDbConfig */
    const char *
        database; /* (nullable): DATABASE is for server.db, DATABASE_1, DATABASE_2 ... for partitions */
    const char *node; /* (nullable): for messages of other nodes: the host's name */
    gint64 lease_us;
} TwEngineMaria;

typedef struct {
    TwFileSystem *fs;
    const char *path;  /* the data folder, made when there is none */
    guint partitions;  /* at least; a data folder that has more keeps them. At most 1,000 */
    gsize cache_bytes; /* page caches of all databases together, but 256 KiB at least of each */
    gsize index_bytes; /* indices of folders kept in memory (folder-index.h) */
    guint index_save;  /* indices of so many messages are saved; 0: none */
    gsize inline_len;  /* properties longer than this are blobs */
    TwInlineMode inline_mode;
    gsize
        inline_most; /* unless that says never: values up to this lie in the partition; at most TW_INLINE_MOST */
    guint64 log_bytes_min, log_bytes_max, reserve_bytes_max; /* of each partition: TwDbConfig */
    guint64 segment_bytes_min, segment_bytes_max;            /* of the blobs: TwBlobConfig */
    gsize large_bytes;
    TwBlobS3
        s3; /* a bucket for values; its host NULL: none. Strings are lent until the engine is open */
    gboolean share_companies; /* equal values of different companies become one (S293) */
    gint64 reopen_us,
        reopen_us_max; /* a database that failed is opened anew after this time, then twice that, ... */
    gint64 search_delay_us; /* what is committed within this time reaches search folders together */
    TwEngineLimits limits;
    TwEngineMaria maria; /* its database NULL: SQLite, in the data folder */
    /* (nullable): called once, on some thread, when another node took over or a commit was lost sight of: the engine reads and
     * writes nothing more, and the process must be started anew. Must not call back. */
    void (*ended)(gpointer data, const GError *why);
    gpointer ended_data;
    TwMetrics *metrics; /* (nullable): counts in it; outlives the engine */
} TwEngineConfig;

/** TW_ENGINE_CONFIG_INIT: a #TwEngineConfig with everything but the place. */
#define TW_ENGINE_CONFIG_INIT                                                                      \
    {                                                                                              \
        .partitions = 1, .cache_bytes = 64u << 20, .index_bytes = 64u << 20, .index_save = 4096,   \
        .inline_len = 1024, .inline_most = 8192, .log_bytes_min = 8u << 20,                        \
        .log_bytes_max = 64u << 20, .reserve_bytes_max = 64u << 20, .segment_bytes_min = 1u << 20, \
        .segment_bytes_max = 64u << 20, .large_bytes = 1u << 20, .share_companies = TRUE,          \
        .reopen_us = G_USEC_PER_SEC, .reopen_us_max = G_GINT64_CONSTANT(60) * G_USEC_PER_SEC,      \
        .search_delay_us = 10000, .limits = TW_ENGINE_LIMITS_INIT, .s3 = TW_BLOB_S3_INIT,          \
        .maria = {                                                                                 \
            .lease_us = (gint64) 5 * G_USEC_PER_SEC                                                \
        }                                                                                          \
    }

/**
 * tw_engine_open:
 * @config: how; copied, but @fs must outlive the engine
 * @error: what tw_db_open() and tw_blob_volume_open() say: BUSY, CORRUPT, UNSUPPORTED, NO_SPACE; INVALID: a limit that
 *   makes no sense; NOT_FOUND: server.db is lost while partitions are there
 *
 * Opens a data folder, making it when there is none, and finishes what a crash left half done in batches. A
 * partition that cannot be opened (damaged, missing, put in another's place, of a newer version) does not keep the
 * others from working: its stores are TW_ERROR_BUSY, and the log says why ("partition-unavailable", with file and
 * error). Only when none opens is that an error here.
 *
 * A database of which a write or sync fails takes no more changes (BUSY) and is read on; the engine opens it anew by itself,
 * and the log says so ("database-suspect", "database-reopened", "database-not-reopened").
 *
 * Returns: (transfer full): the engine, or NULL
 */
TwEngine *tw_engine_open(const TwEngineConfig *config, GError **error);

/**
 * tw_engine_close:
 * @engine: (nullable) (transfer full): an engine whose stores and subscriptions were all given back
 */
void tw_engine_close(TwEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwEngine, tw_engine_close)

/**
 * tw_engine_guid:
 * @engine: an engine
 *
 * Returns: (transfer none): the server's GUID
 */
const TwGuid *tw_engine_guid(const TwEngine *engine);

/**
 * tw_engine_limits:
 * @engine: an engine
 *
 * Returns: (transfer none): its limits
 */
const TwEngineLimits *tw_engine_limits(const TwEngine *engine);

/**
 * tw_engine_names:
 * @engine: an engine
 *
 * The server's named properties: ids from 0x8501 up, never changed and never given again. Asking is answered from
 * memory; only a new name is written.
 *
 * Returns: (transfer none): the map, as long as the engine
 */
TwNameMap *tw_engine_names(TwEngine *engine);

typedef struct {
    guint64 looked_at, kept, dropped, freed_bytes;
} TwEngineCollected;

/**
 * tw_engine_collect:
 * @engine: an engine
 * @grace_us: how long after its last use a value is left alone
 * @all: look at every value rather than at those hinted
 * @ret: (out): what was done
 * @error: what the volume or a partition says; a partition that cannot be asked keeps every value
 *
 * Takes away the blobs that no row of any partition names, and gives back the segments that are mostly dead.
 *
 * Returns: FALSE on failure
 */
gboolean tw_engine_collect(
    TwEngine *engine, gint64 grace_us, gboolean all, TwEngineCollected *ret, GError **error);

G_END_DECLS
