/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One store as one file: the way to move it.
 *
 * Format, version 2; numbers little-endian. The file begins with "TWIGASTO", u32 version, u32 zero. Then come chunks:
 * u32 kind, u32 length, u32 CRC32C of kind, length and content, the content. A reader holds one chunk in memory.
 *
 *   kind        content                                                                                     order
 *   1 STORE     u8 store kind, GUID, u64 cn, i64 warn, soft, hard quota, u32 uidvalidity, i64 created, u32 root   first
 *   2 NAME      u16 id, GUID of the set, u8 is text, u32 number, u16 bytes, the text: a named property            next
 *   3 PROPS     content of the store's own properties                                                       next
 *   4 FOLDER    u32 id, parent, u8 state, type, u32 deleted with, uidvalidity, uidnext, u64 hicn, hierarchy's hicn, cn,
 *               cn of making, i64 changed, u16 bytes, name, keys, u32 bytes, keywords, content, time        parents first
 *   5 VALUE     name of a value, u64 length                                             before the first that names it
 *   6 DATA      the next bytes of that value, until its length is reached                                   after VALUE
 *   7 MESSAGE   u32 folder, u8 state, u32 uid, i64 recv, size, u32 flags, status, u64 kw, cn, cn of making, of the read
 *               mark, conversation, keys, u32 bytes, head, content, time                            after its folder
 *   8 TOMB      u32 folder, then u64 cn, u32 uid of each message that left it                       after its folder
 *   9 RECEIVE   u32 folder, u16 bytes, message class                                                after its folder
 *  10 FLOOR     u32 folder, u64 cn up to which TOMB was trimmed; only if it was                      after its folder
 *  11 RIGHTS    GUID of the server whose directory numbers people, u32 folder (0: the store itself), then u32 principal, u32
 *               rights of each row; passed over by another server                                   after its folder
 *  12 SEARCH   u32 folder, u8 is stopped, criteria as in search-folder.c; results are not in it            after all folders
 *  13 QUEUE    u32 folder, uid, flags, u8 state, u32 tries, i64 due, submitted: a message to be sent     after its message
 *  14 NAMED     u32 number the message had where it comes from: rules or properties name it by that   after its message
 *   15 END      u64 folders, messages, values, SHA-256 of all bytes before this chunk                       last
 *
 *   keys        u8 count, each: u8 kind, u16 bytes, a client's id (kinds 1, 2); u64 cn and a client's change key (3), and
 *               the predecessor list that came with it (4)
 *   content     u32 bytes, tail record, u32 bytes, summary, u32 count, each: u8 kind, u8 bytes, path, name of the value,
 *               u64 length
 *   time        i64 TwFolderRow.deleted_us, TwMessageRow.placed; left out when it is 0, as it always was in version 1
 */
#pragma once

#include "base/cancel.h"
#include "store/store.h"

G_BEGIN_DECLS

enum {
    TW_ARCHIVE_VERSION = 2,          /* what is written; 1 is read too */
    TW_ARCHIVE_MAX_CHUNK = 96 << 20, /* bytes; without it a length of four bytes reserves 4 GiB */
    TW_ARCHIVE_MAX_VALUES = 1 << 17, /* values of one message */
    TW_ARCHIVE_MAX_KEYS = 16,        /* client ids of one message or folder */
    TW_ARCHIVE_MAX_KEY = 4096,       /* bytes of one */
};

typedef struct {
    guint64 folders, messages, values;
} TwArchiveCounts;

/* Takes the next bytes. FALSE with @error set stops. */
typedef gboolean (*TwArchiveSink)(const guint8 *data,
                                  gsize len,
                                  gpointer user_data,
                                  GError **error);

/* Gives the next bytes: @ret_got fewer than @len only at the end. */
typedef gboolean (*TwArchiveSource)(
    guint8 *data, gsize len, gsize *ret_got, gpointer user_data, GError **error);

typedef struct {
    const TwCancel *cancel;                                 /* (nullable) */
    void (*progress)(guint64 messages, gpointer user_data); /* (nullable) */
    gpointer user_data;
    gboolean new_guid; /* import: as another store, which leaves one of that GUID alone */
    gint partition;    /* import: -1: the one with the fewest stores */
} TwArchiveOptions;

/**
 * tw_archive_export:
 * @store: a store that nobody changes meanwhile
 * @options: how
 * @sink: takes the archive in order
 * @user_data: for @sink
 * @ret: (out): what is in it
 * @error: TW_ERROR_CHANGED: the store was changed; CORRUPT: something in it is damaged: check it first; CANCELLED; what
 *   @sink says
 *
 * Holds one message, or 256 KiB of a value, in memory, and the names of the values that were written.
 *
 * Returns: FALSE on failure: what was written is no archive
 */
gboolean tw_archive_export(TwStore *store,
                           const TwArchiveOptions *options,
                           TwArchiveSink sink,
                           gpointer user_data,
                           TwArchiveCounts *ret,
                           GError **error);

/**
 * tw_archive_import:
 * @engine: an engine
 * @options: how
 * @source: gives the archive
 * @user_data: for @source
 * @ret: (out): what was in it
 * @error: TW_ERROR_EXISTS: there is a store of that GUID; CORRUPT: damaged or cut; UNSUPPORTED: a newer version; TOO_BIG;
 *   CANCELLED; NO_SPACE
 *
 * Makes the store with new numbers. What changed when is not in an archive: a state of sync made from its changes begins
 * anew (tw_store_oldest()), one made from uids and vanished messages goes on. uids, uidvalidities, change numbers and client ids stay. It can be opened when all
 * of it is there and durable; after a failure nothing of it is left, and after a crash the next import clears it.
 *
 * Returns: (transfer full): the store, or NULL
 */
TwStore *tw_archive_import(TwEngine *engine,
                           const TwArchiveOptions *options,
                           TwArchiveSource source,
                           gpointer user_data,
                           TwArchiveCounts *ret,
                           GError **error);

G_END_DECLS
