/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whether a data folder keeps its promises: every invariant of a store, told finding by finding, and repaired on request.
 *
 * It may run while the server works: it reads in short snapshots, and what only a change in between made look wrong is
 * looked at again before it is told. Repairing deletes no content: what belongs nowhere, and messages that lost a part
 * of themselves, go to the folder "lost+found" of the store.
 */
#pragma once

#include "base/cancel.h"
#include "store/engine.h"

G_BEGIN_DECLS

enum {
    TW_CHECK_MAX_FINDINGS =
        10000, /* of one round; a store with more is checked again after the repair */
    TW_CHECK_MAX_ROUNDS =
        6, /* check and repair, since a repair can bring to light what lay below */
};

typedef enum {
    TW_CHECK_NOTE,    /* worth knowing, nothing is wrong */
    TW_CHECK_WARNING, /* a derived value is wrong, nothing is lost */
    TW_CHECK_ERROR,   /* content is lost or cannot be reached */
} TwCheckSeverity;

/* What can be wrong, in the order in which it is repaired. Names are for people and scripts. */
#define TW_CHECK_LIST(X)                                                                           \
    X(STRUCTURE, "database-structure", ERROR)                                                      \
    X(STORE_PLACE, "store-place", ERROR)                                                           \
    X(STORE_STATE, "store-state", NOTE)                                                            \
    X(STORE_ROW, "store-row", ERROR)                                                               \
    X(STORE_CN, "store-change-number", ERROR)                                                      \
    X(STORE_ROOT, "store-root", ERROR)                                                             \
    X(FOLDER_ROW, "folder-row", ERROR)                                                             \
    X(FOLDER_PARENT, "folder-parent", ERROR)                                                       \
    X(FOLDER_STATE, "folder-state", ERROR)                                                         \
    X(FOLDER_NAME, "folder-name", WARNING)                                                         \
    X(FOLDER_UIDNEXT, "folder-uidnext", ERROR)                                                     \
    X(MESSAGE_FOLDER, "message-folder", ERROR)                                                     \
    X(MESSAGE_STATE, "message-state", ERROR)                                                       \
    X(MESSAGE_UID, "message-uid", ERROR)                                                           \
    X(BODY_SHARED, "body-shared", ERROR)                                                           \
    X(RECORD_MISSING, "record-missing", ERROR)                                                     \
    X(RECORD_DAMAGED, "record-damaged", ERROR)                                                     \
    X(VALUE_REFERENCE, "value-reference", ERROR)                                                   \
    X(VALUE_MISSING, "value-missing", ERROR)                                                       \
    X(MAIL, "mail", ERROR)                                                                         \
    X(MESSAGE_HEAD, "message-head", WARNING)                                                       \
    X(MESSAGE_SIZE, "message-size", WARNING)                                                       \
    X(RECORD_ORPHAN, "record-orphan", ERROR)                                                       \
    X(VALUE_ORPHAN, "value-orphan", ERROR)                                                         \
    X(TOMB, "vanished-message", ERROR)                                                             \
    X(KEY, "client-id", WARNING)                                                                   \
    X(KEYWORDS, "keywords", WARNING)                                                               \
    X(RIGHTS, "folder-rights", WARNING)                                                            \
    X(RECEIVE_FOLDER, "receive-folder", WARNING)                                                   \
    X(SEARCH, "search-folder", WARNING)                                                            \
    X(QUEUE, "outgoing-message", WARNING)                                                          \
    X(FOLDER_CN, "folder-change-number", WARNING)                                                  \
    X(FOLDER_COUNTERS, "folder-counters", WARNING)                                                 \
    X(FOLDER_SUBFOLDERS, "folder-subfolders", WARNING)                                             \
    X(STORE_BYTES, "store-bytes", WARNING)                                                         \
    X(CHANGE, "change-table", WARNING)                                                             \
    X(NAMED_PROPERTY, "named-property", WARNING)                                                   \
    X(TASK, "task", WARNING)                                                                       \
    X(BLOB, "blob", ERROR)                                                                         \
    X(MORE, "more", NOTE)

typedef enum {
#define TW_CHECK_ENUM_ROW(name, text, severity) TW_CHECK_##name,
    TW_CHECK_LIST(TW_CHECK_ENUM_ROW)
#undef TW_CHECK_ENUM_ROW
    TW_CHECK_WHAT_COUNT
} TwCheckWhat;

typedef struct {
    TwCheckSeverity severity;
    TwCheckWhat what;
    guint32 store;  /* 0: the server */
    guint32 folder; /* 0: none */
    guint32 object; /* message, body, folder: whatever @what is about; 0: none */
    char *why;      /* owned */
    gboolean repairable;
    gboolean repaired; /* it is not there any more */
} TwCheckFinding;

typedef struct {
    gboolean repair;
    gboolean deep; /* also renders each mail, checks each index, and reads every blob */
    gboolean
        alone; /* nobody else uses the engine: one look at a whole database may take its time */
    const TwCancel *cancel;                                           /* (nullable) */
    void (*progress)(const char *stage, guint64 done, gpointer data); /* (nullable): now and then */
    gpointer data;                                                    /* for @progress */
} TwCheckOptions;

/**
 * tw_check_finding_free:
 * @finding: (nullable) (transfer full): a finding
 */
void tw_check_finding_free(TwCheckFinding *finding);

/**
 * tw_check_what_name:
 * @what: what is wrong
 *
 * Returns: (transfer none): "folder-counters", a constant
 */
const char *tw_check_what_name(TwCheckWhat what);

/**
 * tw_check_store:
 * @engine: an engine
 * @store: number of a store
 * @options: how
 * @error: TW_ERROR_NOT_FOUND: no such store; BUSY: its partition is not open; CANCELLED; what the database says. What is
 *   found is no failure
 *
 * Looks at all that belongs to one store.
 *
 * Returns: (transfer full) (element-type TwCheckFinding): what was found, those of the first round first; or NULL
 */
GPtrArray *tw_check_store(TwEngine *engine,
                          guint32 store,
                          const TwCheckOptions *options,
                          GError **error);

/**
 * tw_check_server:
 * @engine: an engine
 * @options: how; nothing of it is repaired here
 * @error: TW_ERROR_CANCELLED; what the databases say
 *
 * Looks at what belongs to no store alone: the structure of the databases, the map of stores, named properties, tasks;
 * deep: every blob.
 *
 * Returns: (transfer full) (element-type TwCheckFinding): what was found, or NULL
 */
GPtrArray *tw_check_server(TwEngine *engine, const TwCheckOptions *options, GError **error);

G_END_DECLS
