/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The structs of operations, member by member, in the order in which they are packed. */
#include <stddef.h>

#include "session/pack-private.h"

/* ---- what answers own ---- */

static void
clear_receive_folder(gpointer row)
{
    g_free(((TwReceiveFolder *) row)->message_class);
}

static void
clear_folder_entry(gpointer entry)
{
    tw_folder_entry_clear(entry);
}

static void
clear_message(gpointer row)
{
    tw_message_row_clear(row);
}

static void
clear_mail_row(gpointer row)
{
    tw_mail_row_clear(row);
}

static void
clear_delivered(gpointer result)
{
    tw_mail_result_clear(result);
}

static void
clear_container(gpointer entry)
{
    tw_container_entry_clear(entry);
}

static void
clear_session_entry(gpointer entry)
{
    tw_session_entry_clear(entry);
}

static void
clear_sync_change(gpointer change)
{
    g_clear_pointer(&((TwSyncChange *) change)->source_key, g_bytes_unref);
}

static void
clear_event(gpointer event)
{
    tw_notify_event_clear(event);
}

/* ---- members ----
 *
 * Of each struct M(type, member) in their order. */
/* clang-format off */
#define MESSAGE_MEMBERS(M, at) \
    M(U32, at store) M(U32, at folder) M(U32, at mid) M(U32, at uid) M(U32, at bid) M(U8, at state) \
    M(U64, at recv) M(U64, at size) M(U32, at flags) M(U32, at status) M(U64, at kw) M(U64, at cn) \
    M(U64, at cn_create) M(U64, at cn_read) M(U64, at conv) M(U64, at placed) M(BYTES, at head)

#define STORE_INFO(M) \
    M(U32, number) M(U32, object) M(U32, root) M(U32, kind) M(U32, company) M(GUID, guid) M(U64, cn) \
    M(U64, bytes) M(U64, deleted_bytes) M(U64, created_us) M(U64, quota.warn) M(U64, quota.soft) \
    M(U64, quota.hard) M(U32, quota_state) M(U32, mode)
#define RECEIVE_FOLDER(M) M(TEXT, message_class) M(U32, folder) M(U64, changed_us)
#define CHANGE(M) \
    M(U64, cn) M(U32, store) M(U32, folder) M(U32, id) M(U32, aux) M(U32, source) M(U32, from) \
    M(U32, from_folder) M(BOOL, moved) M(U8, op)
#define FOLDER_ENTRY(M) M(FOLDER, row) M(U32, rights) M(U32, depth)
#define PERMISSION(M) M(U32, folder) M(U32, principal) M(U32, rights)
#define QUEUE_ROW(M) \
    M(GUID, store) M(U32, owner) M(U32, message) M(U32, flags) M(U32, tries) M(U32, state) \
    M(U64, due_us) M(U64, submitted_us)
#define MESSAGE(M) MESSAGE_MEMBERS(M, )
#define MAIL_ROW(M) MESSAGE_MEMBERS(M, row.) M(BYTES, summary)
#define TOMB(M) M(U64, cn) M(U32, uid) M(U32, mid)
#define MADE(M) M(U32, mid) M(U32, uid) M(U32, uidvalidity) M(U64, cn)
#define DONE(M) M(U32, mid) M(U32, new_mid) M(U32, uid) M(U64, cn) M(BOOL, modified) M(BOOL, refused)
#define DELIVERED(M) \
    M(U32, made.mid) M(U32, made.uid) M(U32, made.uidvalidity) M(U64, made.cn) M(BOOL, repeated) \
    M(ERROR, error)
#define CONTAINER(M) M(U32, kind) M(U32, depth) M(ENTRY, object)
#define GONE(M) M(U32, number) M(U32, kind) M(U32, company) M(U64, cn)
#define QUOTA(M) M(U64, warn) M(U64, soft) M(U64, hard)
#define STORE_ENTRY(M) M(GUID, guid) M(U32, owner) M(U32, company) M(U32, kind) M(U64, bytes)
#define SESSION_ENTRY(M) \
    M(U32, number) M(U32, user) M(TEXT, name) M(TEXT, address) M(TEXT, program) \
    M(TEXT, program_version) M(TEXT, door) M(TEXT, impersonator) M(U64, idle_us) M(U32, calls)
#define SYNC_KEYS(M) \
    M(BYTES, source_key) M(BYTES, parent_source_key) M(BYTES, change_key) M(BYTES, change_list)
#define SYNC_CHANGE(M) \
    M(U64, cn) M(U32, id) M(U32, parent) M(U16, type) M(BOOL, read) M(BYTES, source_key)
#define TABLE_EVENT(M) M(U32, kind) M(BOOL, has_prior) M(KEY, key) M(KEY, prior) M(U32, row)
#define NOTIFY_EVENT(M) \
    M(U32, connection) M(U32, type) M(U8, object) M(BOOL, counters) M(U32, store) M(U32, id) \
    M(U32, parent) M(U32, old_id) M(U32, old_parent) M(U64, cn) M(U32, total) M(U32, unread) \
    M(U32, sync) M(U16, sync_type) M(U32, flags) M(TEXT, message_class)
#define WATCH_WISH(M) \
    M(U32, connection) M(U32, mask) M(GUID, store) M(U32, id) M(U32, sync) M(U64, cn) \
    M(BOOL, hierarchy) M(U32, table)
#define TARGET(M) \
    M(GUID, store) M(U32, folder) M(U32, flags) M(U32, status) M(U64, kw) M(ONCE, once)
#define APPEND(M) \
    M(BYTES, mail) M(U32, flags) M(U32, status) M(NAMES, keywords) M(U64, recv_us)
#define BAG(M) M(U32, number) M(BYTES, bag)
#define VALUE_USE(M) M(BYTES, path) M(U32, tag) M(U32, value)

/* clang-format on */

/* ---- shapes ---- */

#define SHAPE_MEMBER(type, member) TW_PACK_MEMBER(Struct, type, member)
#define DEFINE_SHAPE(name, Type, clear_func, MEMBERS)                                              \
    const TwPackShape *tw_pack_##name(void)                                                        \
    {                                                                                              \
        typedef Type Struct;                                                                       \
        static const TwPackMember members[] = { MEMBERS(SHAPE_MEMBER) };                           \
        static const TwPackShape shape = { .members = members,                                     \
                                           .count = G_N_ELEMENTS(members),                         \
                                           .size = sizeof(Struct),                                 \
                                           .clear = clear_func };                                  \
                                                                                                   \
        return &shape;                                                                             \
    }
/* clang-format off */
#define SHAPE_LIST(X) \
    X(store_info, TwStoreInfo, NULL, STORE_INFO) \
    X(receive_folder, TwReceiveFolder, clear_receive_folder, RECEIVE_FOLDER) \
    X(change, TwChange, NULL, CHANGE) \
    X(folder_entry, TwFolderEntry, clear_folder_entry, FOLDER_ENTRY) \
    X(permission, TwPermission, NULL, PERMISSION) \
    X(queue_row, TwQueueRow, NULL, QUEUE_ROW) \
    X(message, TwMessageRow, clear_message, MESSAGE) \
    X(mail_row, TwMailRow, clear_mail_row, MAIL_ROW) \
    X(tomb, TwTomb, NULL, TOMB) \
    X(made, TwMessageMade, NULL, MADE) \
    X(done, TwMessageDone, NULL, DONE) \
    X(delivered, TwMailResult, clear_delivered, DELIVERED) \
    X(container, TwContainerEntry, clear_container, CONTAINER) \
    X(gone, TwDirectoryGone, NULL, GONE) \
    X(quota, TwQuota, NULL, QUOTA) \
    X(store_entry, TwStoreEntry, NULL, STORE_ENTRY) \
    X(session_entry, TwSessionEntry, clear_session_entry, SESSION_ENTRY) \
    X(sync_keys, TwSyncKeys, NULL, SYNC_KEYS) \
    X(sync_change, TwSyncChange, clear_sync_change, SYNC_CHANGE) \
    X(table_event, TwTableEvent, NULL, TABLE_EVENT) \
    X(notify_event, TwNotifyEvent, clear_event, NOTIFY_EVENT) \
    X(watch_wish, TwWatchWish, NULL, WATCH_WISH) \
    X(target, TwDeliveryTarget, NULL, TARGET) \
    X(append, TwMailAppend, NULL, APPEND) \
    X(bag, TwTableBag, NULL, BAG) \
    X(value_use, TwValueUse, NULL, VALUE_USE)
/* NOLINTNEXTLINE(bugprone-sizeof-expression): items that are pointers */
SHAPE_LIST(DEFINE_SHAPE)
/* clang-format on */
