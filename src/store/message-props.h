/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A message's properties for tables and searches: from its row, then its head, and only when neither knows, its tail. Private to store/.
 */
#pragma once

#include "mapi/restriction.h"
#include "store/identity.h"
#include "store/store-private.h"

G_BEGIN_DECLS

enum {
    /* Bytes of a large value that a restriction looks at: of the body of a mail, not of an archive of many. */
    TW_MATCH_MAX_VALUE = 1 << 20,
    TW_MATCH_COST_LOAD = 200, /* of reading a tail, in units of one node over one row */
};

/* Names of a folder that its messages show: the same for all of them. */
typedef struct {
    GBytes *entry_id, *source_key; /* owned */
} TwFolderNames;

/**
 * tw_folder_names_load:
 * @tx: a transaction
 * @store: a store
 * @folder: one of its folders
 * @ret: (out): its names
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_names_load(
    TwDbTx *tx, TwStore *store, guint32 folder, TwFolderNames *ret, GError **error);

/**
 * tw_folder_names_clear:
 * @names: what was loaded
 */
void tw_folder_names_clear(TwFolderNames *names);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwFolderNames, tw_folder_names_clear)

/* What is known of a folder while rows of it are looked at, so that it is read once. All zero: nothing yet. */
typedef struct {
    guint32 folder;
    TwFolderNames names;
    TwKeywords *
        words; /* owned; its keywords as they once were: numbers that it knows are right for ever */
} TwFolderFacts;

/**
 * tw_folder_facts_clear:
 * @facts: what is known
 */
void tw_folder_facts_clear(TwFolderFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwFolderFacts, tw_folder_facts_clear)

/* Names that clients made for one message; what they did not make is NULL. */
typedef struct {
    GBytes *entry_id, *source_key; /* owned */
} TwMessageKeys;

/**
 * tw_message_keys_load:
 * @tx: a transaction
 * @store: a store
 * @ids: (array length=count): messages or folders
 * @count: how many
 * @ret: (out caller-allocates) (array length=count): the names of each
 * @error: what the database says
 *
 * Returns: FALSE on failure, with nothing to clear
 */
gboolean tw_message_keys_load(TwDbTx *tx,
                              TwStore *store,
                              const guint32 *ids,
                              guint count,
                              TwMessageKeys *ret,
                              GError **error);

/**
 * tw_message_keys_clear:
 * @keys: what was loaded
 */
void tw_message_keys_clear(TwMessageKeys *keys);

/* The properties of one message. Caller's memory, used by one thread. Values live until it is opened anew or cleared. */
typedef struct {
    TwStore *store;
    TwDbTx *tx; /* (nullable): the snapshot to read in; NULL: a short one each time */
    const TwMessageRow *row;
    const TwFolderNames *names; /* (nullable): lent; NULL: loaded when asked for */
    TwFolderFacts *facts;       /* (nullable): lent; keeps what was loaded of the folder */
    gsize value_max;            /* bytes of a large value that are read; 0: it counts as missing */
    guint64 cost;               /* what was loaded since it was opened, in units of budgets */
    gboolean has_head, has_keys, tried;
    gboolean lent_object;
    gboolean wants_version;    /* its change key was asked for */
    gboolean wants_categories; /* its categories were asked for */
    TwHead head;
    TwMessageKeys keys;
    TwFolderNames own_names;
    TwKeywords *own_words;            /* owned: without @facts */
    GBytes *change_key, *change_list; /* owned; NULL: not loaded */
    TwPropValue categories;           /* tag 0: not made yet; of type ERROR: it has none */
    TwObject *object;                 /* owned: the tail; NULL when not loaded or damaged */
    GError *error; /* owned: why a read failed that had to succeed; damage of the message is none */
    char *display[3];  /* owned */
    GPtrArray *values; /* GBytes: of blobs, and what else was made */
    guint8 entry_id[TW_OBJECT_ID_LEN], store_id[TW_OBJECT_ID_LEN];
    guint8 source_key[TW_SOURCE_KEY_LEN];
    guint8 search_key[TW_DERIVED_SEARCH_KEY_LEN];
    TwGuid conversation;
} TwMessageProps;

/** TW_MESSAGE_PROPS_INIT: a #TwMessageProps of no message. */
#define TW_MESSAGE_PROPS_INIT                                                                      \
    {                                                                                              \
        .row = NULL                                                                                \
    }

/**
 * tw_message_props_open:
 * @props: initialised; what it held of another message is cleared
 * @store: a store
 * @tx: (nullable): see #TwMessageProps
 * @row: a row, lent for as long as @props is used
 * @head: (nullable) (array length=head_len): its head, checked against its checksum, lent too; NULL: damaged
 * @head_len: how many bytes
 */
void tw_message_props_open(TwMessageProps *props,
                           TwStore *store,
                           TwDbTx *tx,
                           const TwMessageRow *row,
                           const guint8 *head,
                           gsize head_len);

/**
 * tw_message_props_use:
 * @props: what was just opened
 * @object: its tail, which somebody has read already; lent
 */
void tw_message_props_use(TwMessageProps *props, TwObject *object);

/**
 * tw_message_props_clear:
 * @props: what was opened
 */
void tw_message_props_clear(TwMessageProps *props);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMessageProps, tw_message_props_clear)

typedef enum {
    TW_PROPS_FOUND,
    TW_PROPS_ABSENT,
    TW_PROPS_LATER, /* has to be loaded */
} TwPropsAnswer;

/**
 * tw_message_props_peek:
 * @props: a message
 * @tag: the tag asked for
 * @ret: (out): the value; written for FOUND
 *
 * Answers without any reading: from row, head, and what was loaded before.
 *
 * Returns: what is known
 */
TwPropsAnswer tw_message_props_peek(TwMessageProps *props, guint32 tag, TwPropValue *ret);

/**
 * tw_message_props_load:
 * @props: a message
 * @tx: a transaction to read in
 * @object: TRUE: its tail, and what its categories need; FALSE: only the names that clients made
 * @error: what the database says; a damaged message is none: what cannot be read is absent
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_props_load(TwMessageProps *props, TwDbTx *tx, gboolean object, GError **error);

/**
 * tw_message_props_get:
 * @props: a message
 * @tag: the tag asked for
 * @ret: (out): the value
 *
 * As tw_message_props_peek(), and loads what is needed. A failure stays in @props.
 *
 * Returns: FALSE if it is not there
 */
gboolean tw_message_props_get(TwMessageProps *props, guint32 tag, TwPropValue *ret);

/**
 * tw_message_props_source:
 * @props: a message; outlives the result
 *
 * Returns: the source, for restrictions and sorts, with recipients and attachments as rows
 */
TwPropSource tw_message_props_source(TwMessageProps *props);

G_END_DECLS
