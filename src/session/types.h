/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the fields of operations are made of. Types of lower floors that stand here are values without a database
 * behind them: a message in hand, a row, a user; doors use their functions through this header.
 */
#pragma once

#include "base/error.h"
#include "base/guid.h"
#include "base/secret.h"
#include "directory/book.h"
#include "mapi/entryid.h"
#include "mapi/named.h"
#include "mapi/restriction.h"
#include "mapi/tags.h"
#include "store/changes.h"
#include "store/derive.h"
#include "store/folder.h"
#include "store/head.h"
#include "store/mail-summary.h"
#include "store/mail.h"
#include "store/messages.h"
#include "store/notify.h"
#include "store/permissions.h"
#include "store/queue.h"
#include "store/rules.h"
#include "store/save.h"
#include "store/search-folder.h"
#include "store/store.h"
#include "store/sync.h"
#include "store/table.h"

G_BEGIN_DECLS

enum {
    TW_SESSION_MOST_BYTES = 1 << 20,   /* of one piece of a mail or value */
    TW_SESSION_MOST_ROWS = 1 << 20,    /* of one answer */
    TW_SESSION_MOST_NUMBERS = 1 << 20, /* messages of one call */
    TW_SESSION_MOST_VALUES = 32,       /* on their way in, of one session: each holds up to 1 MiB */
    TW_SESSION_MOST_APPENDS = 1000,    /* mails of one call: all of them are in memory */
};

/* ---- going in ---- */

typedef struct {
    const guint32 *items;
    guint count;
} TwNumbers;

/* What to set and what to remove; removing comes first. */
typedef struct {
    const TwPropValue *values;
    guint value_count;
    const guint32 *removed; /* tags; only the ids count */
    guint removed_count;
} TwPropChanges;

typedef struct {
    const TwPermission *items; /* the member folder is not looked at */
    guint count;
} TwPermissionRows;

typedef struct {
    const TwRulesChange *items;
    guint count;
} TwRuleChanges;

/* Where a value that was written in pieces goes. */
typedef struct {
    GBytes *path;  /* as mapi/part.h makes them, from the message that is saved */
    guint32 tag;   /* of type BINARY; its id is that of the path */
    guint32 value; /* from VALUE_BEGIN, finished; gone when the message was saved */
} TwValueUse;

typedef struct {
    const TwValueUse *items;
    guint count;
} TwValueUses;

/* A row that somebody else makes, for a table. */
typedef struct {
    guint32 number; /* the first half of its PR_INSTANCE_KEY */
    GBytes *bag;    /* (nullable): a packed bag (mapi/props.h), a column each; NULL: the row goes */
} TwTableBag;

typedef struct {
    const TwTableBag *items;
    guint count;
} TwTableBagRows;

/* A container of the address book, for its tables. The first three are the numbers in entry ids of it. */
typedef enum {
    TW_BOOK_PLACE_ROOT = 0,
    TW_BOOK_PLACE_GLOBAL = 1,    /* the global list: all of the session's company */
    TW_BOOK_PLACE_ALL_LISTS = 2, /* what the address lists are in */
    TW_BOOK_PLACE_OBJECT = 3,    /* a company, an address list or a group */
} TwBookPlace;

/* Tables of stores. */
typedef enum {
    TW_STORES_OF_USERS = 0,  /* a row for each store, and for each user who has none */
    TW_STORES_MAILBOXES = 1, /* a row for each store, with what stores have as properties */
} TwStoresTable;

/* One mailbox of a delivery. */
typedef struct {
    TwGuid store;
    guint32 folder; /* 0: where the store receives mail */
    guint32 flags;  /* TwMessageFlag, of those a client may set */
    guint32 status; /* PR_MSG_STATUS */
    guint64 kw;     /* keywords of the folder */
    const guint8 *
        once; /* (nullable): 32 bytes that name this delivery to this store: a second one does nothing */
} TwDeliveryTarget;

typedef struct {
    const TwDeliveryTarget *items;
    guint count;
} TwDeliveryTargets;

/* One mail of a client to be kept in a folder: an IMAP APPEND. */
typedef struct {
    GBytes *mail;                /* raw bytes */
    guint32 flags;               /* TwMessageFlag, of those a client may set */
    guint32 status;              /* PR_MSG_STATUS */
    const char *const *keywords; /* (nullable): ended by NULL; new ones are added to the folder's */
    gint64 recv_us;              /* 0: now */
} TwMailAppend;

typedef struct {
    const TwMailAppend *items;
    guint count;
} TwMailAppends;

typedef struct {
    const TwNamedProp *const *items;
    guint count;
} TwNamedProps;

/* ---- coming out ---- */

/* A store as an administrator sees it. */
typedef struct {
    TwGuid guid;
    guint32 owner; /* 0: an orphan */
    guint32 company;
    TwStoreKind kind;
    gint64 bytes;
} TwStoreEntry;

/* A container of the address book. */
typedef struct {
    TwDirectoryContainerKind kind;
    guint depth;               /* 0: the root */
    TwDirectoryObject *object; /* owned, nullable: the company or address list */
} TwContainerEntry;

/**
 * tw_container_entry_clear:
 * @entry: an entry; what it owns is freed
 */
void tw_container_entry_clear(TwContainerEntry *entry);

/* A session as an administrator sees it. */
typedef struct {
    guint32 number, user;
    char *name, *address, *program, *program_version, *door, *impersonator; /* owned, nullable */
    gint64 idle_us;
    guint calls;         /* under way */
    guint32 all_calls;   /* that began */
    gint64 spent_us;     /* in calls that ended */
    const char *last_op; /* the operation that began last: a constant */
    guint32 capabilities;
} TwSessionEntry;

/**
 * tw_session_entry_clear:
 * @entry: an entry; what it owns is freed
 */
void tw_session_entry_clear(TwSessionEntry *entry);

/* A folder as the session sees it. */
typedef struct {
    TwFolderRow *row; /* owned; without counters when only the name is seen */
    guint32 rights;   /* TwRight that the session has on it */
    guint depth;      /* below the folder that was asked for, from 1 */
} TwFolderEntry;

/**
 * tw_folder_entry_clear:
 * @entry: an entry; what it owns is freed
 */
void tw_folder_entry_clear(TwFolderEntry *entry);

/* What an IMAP session keeps of each message. */
typedef struct {
    guint32 uid, mid, flags, status;
    guint64 kw, modseq;
    gint64 recv, size;
} TwIndexRow;

/* An entry of a queue of outgoing mail. */
typedef struct {
    TwGuid store;
    guint32 owner, message;
    guint32 flags; /* TwQueueFlags */
    guint32 tries; /* how often it was taken */
    TwQueueState state;
    gint64 due_us, submitted_us; /* microseconds since 1970 */
} TwQueueRow;

/* ---- kinds of fields ----
 *
 * Each row: name, C type. The remote provider has a codec for each; numbers are not part of any format. */
#define TW_IN_KIND_LIST(X)                                                                         \
    X(FLAG, gboolean)                                                                              \
    X(U32, guint32)                                                                                \
    X(U64, guint64)                                                                                \
    X(I64, gint64)                                                                                 \
    X(GUID, TwGuid)                                                                                \
    X(TEXT, const char *)                                                                          \
    X(BYTES, GBytes *)                                                                             \
    X(OBJECT, TwObject *)                                                                          \
    X(NUMBERS, TwNumbers)                                                                          \
    X(PROP_CHANGES, TwPropChanges)                                                                 \
    X(PERMISSIONS, TwPermissionRows)                                                               \
    X(RULE_CHANGES, TwRuleChanges)                                                                 \
    X(FLAG_CHANGE, TwFlagChange)                                                                   \
    X(TARGETS, TwDeliveryTargets)                                                                  \
    X(APPENDS, TwMailAppends)                                                                      \
    X(CONVERTED, const TwMailIn *)                                                                 \
    X(NAMES, const char *const *)                                                                  \
    X(SECRET, const TwSecret *)                                                                    \
    X(OBJECT_VALUES, const TwDirectoryObject *)                                                    \
    X(NAMED_PROPS, TwNamedProps)                                                                   \
    X(RESTRICTION, TwRestriction *)                                                                \
    X(ORDER, const TwSortOrder *)                                                                  \
    X(BAGS, TwTableBagRows)                                                                        \
    X(VALUES, TwValueUses)

/* Each row: name, C type, function that clears a field of it. GArrays free what their elements own. */
#define TW_OUT_KIND_LIST(X)                                                                        \
    X(FLAG, gboolean, NULL)                                                                        \
    X(U32, guint32, NULL)                                                                          \
    X(U64, guint64, NULL)                                                                          \
    X(I64, gint64, NULL)                                                                           \
    X(GUID, TwGuid, NULL)                                                                          \
    X(TEXT, char *, clear_text)                                                                    \
    X(BYTES, GBytes *, clear_bytes)                                                                \
    X(OBJECT, TwObject *, clear_object)                                                            \
    X(NUMBERS, GArray *, clear_array)         /* guint32 */                                        \
    X(NAMES, char **, clear_names)            /* ended by NULL */                                  \
    X(STORE_INFO, TwStoreInfo, NULL)          /* */                                                \
    X(RECEIVE_FOLDERS, GArray *, clear_array) /* TwReceiveFolder */                                \
    X(CHANGES, GArray *, clear_array)         /* TwChange */                                       \
    X(FOLDER, TwFolderEntry, clear_folder)    /* */                                                \
    X(FOLDERS, GArray *, clear_array)         /* TwFolderEntry */                                  \
    X(PERMISSIONS, GArray *, clear_array)     /* TwPermission */                                   \
    X(RULES, TwRules *, clear_rules)          /* */                                                \
    X(QUEUE_ROW, TwQueueRow, NULL)            /* */                                                \
    X(QUEUE, GArray *, clear_array)           /* TwQueueRow */                                     \
    X(MESSAGE, TwMessageRow, clear_message)   /* */                                                \
    X(MESSAGES, GArray *, clear_array)        /* TwMessageRow */                                   \
    X(INDEX, GArray *, clear_array)           /* TwIndexRow */                                     \
    X(MAIL_ROWS, GArray *, clear_array)       /* TwMailRow */                                      \
    X(TOMBS, GArray *, clear_array)           /* TwTomb */                                         \
    X(MADE, TwMessageMade, NULL)              /* */                                                \
    X(APPENDED, GArray *, clear_array)        /* TwMessageMade */                                  \
    X(DONE, GArray *, clear_array)            /* TwMessageDone */                                  \
    X(DELIVERED, GArray *, clear_array)       /* TwMailResult */                                   \
    X(ENTRY, TwDirectoryObject *, clear_entry)                                                     \
    X(ENTRIES, GPtrArray *, clear_pointers)        /* TwDirectoryObject */                         \
    X(CONTAINERS, GArray *, clear_array)           /* TwContainerEntry */                          \
    X(GONE, GArray *, clear_array)                 /* TwDirectoryGone */                           \
    X(QUOTA, TwQuota, NULL)                        /* */                                           \
    X(STORES, GArray *, clear_array)               /* TwStoreEntry */                              \
    X(SESSIONS, GArray *, clear_array)             /* TwSessionEntry */                            \
    X(NAMED_PROPS, GPtrArray *, clear_pointers)    /* TwNamedProp, nullable */                     \
    X(KEYS, TwSyncKeys, clear_keys)                /* */                                           \
    X(SYNC_CHANGES, GArray *, clear_array)         /* TwSyncChange */                              \
    X(SEARCH, TwSearchInfo *, clear_search)        /* */                                           \
    X(TABLE_EVENTS, GArray *, clear_array)         /* TwTableEvent */                              \
    X(TABLE_ROWS, TwTableRows *, clear_table_rows) /* */

#define TW_IN_KIND_TYPE(name, type) typedef type TwIn_##name;
TW_IN_KIND_LIST(TW_IN_KIND_TYPE)
#undef TW_IN_KIND_TYPE
#define TW_OUT_KIND_TYPE(name, type, clear) typedef type TwOut_##name;
TW_OUT_KIND_LIST(TW_OUT_KIND_TYPE)
#undef TW_OUT_KIND_TYPE

typedef enum {
#define TW_IN_KIND_ROW(name, type) TW_IN_##name,
    TW_IN_KIND_LIST(TW_IN_KIND_ROW)
#undef TW_IN_KIND_ROW
} TwInKind;

typedef enum {
#define TW_OUT_KIND_ROW(name, type, clear) TW_OUT_##name,
    TW_OUT_KIND_LIST(TW_OUT_KIND_ROW)
#undef TW_OUT_KIND_ROW
} TwOutKind;

G_END_DECLS
