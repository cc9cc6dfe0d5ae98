/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunks of an archive and what is in them. Pure: bytes in, structs out. Private to store/. */
#pragma once

#include "base/cursor.h"
#include "store/archive.h"
#include "store/store-private.h"

G_BEGIN_DECLS

typedef enum {
    TW_CHUNK_STORE = 1,
    TW_CHUNK_NAME = 2,
    TW_CHUNK_PROPS = 3,
    TW_CHUNK_FOLDER = 4,
    TW_CHUNK_VALUE = 5,
    TW_CHUNK_DATA = 6,
    TW_CHUNK_MESSAGE = 7,
    TW_CHUNK_TOMB = 8,
    TW_CHUNK_RECEIVE = 9,
    TW_CHUNK_FLOOR = 10,
    TW_CHUNK_RIGHTS = 11,
    TW_CHUNK_SEARCH = 12,
    TW_CHUNK_QUEUE = 13,
    TW_CHUNK_NAMED = 14,
    TW_CHUNK_END = 15,
} TwChunkKind;

enum {
    TW_ARCHIVE_HEADER_LEN = 16,
    TW_CHUNK_HEADER_LEN = 12,
    TW_CHUNK_END_LEN = 3 * 8 + 32,
};

/* Kinds of keys beside TwKeyKind. Numbers are in archives. */
enum {
    TW_ARCHIVE_CHANGE_KEY = 3, /* u64 cn, the change key a client sent with that change */
    TW_ARCHIVE_CHANGE_LIST = 4,
    TW_ARCHIVE_MAX_LIST = 8192, /* bytes of a list: TW_CHANGE_LIST_MAX keys with their lengths */
};

typedef struct {
    guint8 kind; /* TwKeyKind, or one of these */
    GBytes *key; /* owned */
} TwArchiveKey;

/* What lies under a body number. */
typedef struct {
    GBytes *record, *summary; /* owned; summary nullable */
    GBytes *
        mail; /* owned, nullable: bytes of the value of kind MAIL, when they lie in the row; not in the archive's item */
    GArray *values; /* TwValueRow, owned */
} TwArchiveContent;

/* A folder or message with all that goes with it. */
typedef struct {
    TwFolderRow folder; /* its name is owned */
    TwMessageRow row;   /* its head is owned */
    GBytes *keywords;   /* owned, nullable */
    GArray *keys;       /* TwArchiveKey, owned, nullable */
    TwArchiveContent content;
} TwArchiveItem;

/**
 * tw_archive_item_clear:
 * @item: an item; what it owns is freed
 */
void tw_archive_item_clear(TwArchiveItem *item);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwArchiveItem, tw_archive_item_clear)

/**
 * tw_archive_put_item:
 * @item: a folder or message
 * @kind: PROPS, FOLDER or MESSAGE
 * @out: (inout): takes the content of its chunk
 */
void tw_archive_put_item(const TwArchiveItem *item, TwChunkKind kind, TwBuffer *out);

/**
 * tw_archive_take_item:
 * @cur: (inout): the content of a chunk
 * @kind: PROPS, FOLDER or MESSAGE
 * @ret: (out): the item; cleared by the caller, also on failure
 * @error: on failure TW_ERROR_CORRUPT
 *
 * Checks all that can be checked without a database: states, forms of head, record, keywords and paths.
 *
 * Returns: FALSE on failure
 */
gboolean tw_archive_take_item(TwCursor *cur, TwChunkKind kind, TwArchiveItem *ret, GError **error);

/**
 * tw_archive_print_chunk:
 * @kind: of a chunk
 * @data: (array length=len): its content
 * @len: how many bytes
 * @ret: (out): the bytes before the content
 */
void tw_archive_print_chunk(TwChunkKind kind,
                            const guint8 *data,
                            gsize len,
                            guint8 ret[TW_CHUNK_HEADER_LEN]);

typedef struct {
    TwArchiveSource source;
    gpointer user_data;
    struct sha256_ctx *hash; /* (nullable): of all bytes of chunks before the last */
} TwArchiveReader;

/**
 * tw_archive_read_header:
 * @reader: at the beginning
 * @error: TW_ERROR_CORRUPT; UNSUPPORTED; what the source says
 *
 * Returns: FALSE on failure
 */
gboolean tw_archive_read_header(TwArchiveReader *reader, GError **error);

/**
 * tw_archive_read_chunk:
 * @reader: behind the header or a chunk
 * @ret_kind: (out): its kind, which may be unknown
 * @ret: (out): its content
 * @error: TW_ERROR_CORRUPT: damaged or cut; TOO_BIG; what the source says
 *
 * Returns: FALSE on failure
 */
gboolean tw_archive_read_chunk(TwArchiveReader *reader,
                               guint32 *ret_kind,
                               GBytes **ret,
                               GError **error);

/* What entry ids become. */
typedef struct {
    TwGuid from, to;      /* GUID that the store had, and has now */
    GHashTable *folders;  /* borrowed: numbers there -> here */
    GHashTable *messages; /* borrowed, nullable: likewise */
    gboolean
        part; /* only those are here: the id of the store stays but before that of one of them */
} TwArchiveIds;

/**
 * tw_archive_translate_ids:
 * @bytes: (array length=len) (inout): a restriction or something else that holds entry ids
 * @len: how many bytes
 * @ids: what they become
 *
 * Writes this server's entry ids of the store, its folders and messages over those of the old server, which are as long. Ids that
 * clients made go with their objects and stay.
 */
void tw_archive_translate_ids(guint8 *bytes, gsize len, const TwArchiveIds *ids);

/**
 * tw_archive_translate_object:
 * @store: the store it is in now
 * @object: (inout): properties of a folder or of the store
 * @ids: what ids become
 * @ret_changed: (out): whether there were any
 * @error: TW_ERROR_TOO_BIG: its rules; what the blobs say
 *
 * As tw_archive_translate_ids() in all its binary properties, and in its rules also when they are large.
 *
 * Returns: FALSE on failure
 */
gboolean tw_archive_translate_object(TwStore *store,
                                     TwObject *object,
                                     const TwArchiveIds *ids,
                                     gboolean *ret_changed,
                                     GError **error);

/**
 * tw_archive_list_messages:
 * @store: a store
 * @object: properties of a folder or of the store
 * @guid: the store's
 * @numbers: takes the numbers of messages that it names: templates of rules, free and busy times
 * @error: as tw_archive_translate_object()
 *
 * Returns: FALSE on failure
 */
gboolean tw_archive_list_messages(
    TwStore *store, TwObject *object, const TwGuid *guid, GHashTable *numbers, GError **error);

G_END_DECLS
