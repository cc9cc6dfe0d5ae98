/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of soapd/ share: a call under way, what the door keeps of each session, and names of objects. */
#pragma once

#include "base/hash.h"
#include "base/lock.h"
#include "mapi/part.h"
#include "net/http-server.h"
#include "soap/soap.h"
#include "soapd/soapd.h"

G_BEGIN_DECLS

typedef struct TwSoapdClient TwSoapdClient;
typedef struct TwSoapdGroup TwSoapdGroup;
typedef struct TwSoapdImport TwSoapdImport;
typedef struct TwSoapdQueue TwSoapdQueue;
typedef struct TwSoapdRequest TwSoapdRequest;

struct TwSoapd {
    TwSoapdConfig config;
    char *node;
    TwGuid
        boot; /* another each time the door is made: a session that was not there before is gone with it */
    TwSoapLimits limits;
    TwServer *server; /* borrowed, nullable: none yet */
    TwHttpServer *http;
    TwLock lock;         /* guards the two tables and keys; a leaf */
    GHashTable *clients; /* session id -> TwSoapdClient, a reference each */
    GHashTable *groups;  /* TwSoapdGroup itself, borrowed: each goes with its last client */
    TwSoapdKeys *keys;   /* owned, nullable: who is trusted by a certificate */
};

/* A call under way. */
typedef struct {
    TwSoapd *door;
    TwHttpRequest *http;
    TwSoapVersion version;
    TwSoapCall which;
    TwSession *session;               /* owned; NULL for logon */
    TwSoapdClient *client;            /* owned, likewise */
    TwArena *arena;                   /* goes when it is answered */
    GArray *kept;                     /* what is freed when it is answered */
    TwSoapdImport *import;            /* owned, nullable: its stream */
    TwServerInfoArgs *server;         /* nullable: asked for once; kept by the call */
    const TwDirectoryObject *company; /* the last whose name was wanted; kept by the call */
    gboolean answered;                /* the handler saw to the answer itself */
} TwSoapdCall;

/* A handler reads @data, the call's args, and fills @out, its response, which is zeroes. FALSE: the code of @error is the
 * answer, and @out is zeroes again. It may set a code of its own in @out and return TRUE. */
typedef gboolean (*TwSoapdHandler)(TwSoapdCall *call,
                                   gconstpointer data,
                                   gpointer out,
                                   GError **error);

/* Each row: call, handler. What has none answers NO_SUPPORT. */
/* clang-format off */
#define TW_SOAPD_CALL_LIST(X) \
    X(LOGOFF, logoff) \
    X(SSO_LOGON, sso_logon) \
    X(RESOLVE_PSEUDO_URL, resolve_pseudo_url) \
    X(GET_SERVER_DETAILS, get_server_details) \
    X(GET_STORE, get_store) \
    X(GET_PUBLIC_STORE, get_public_store) \
    X(GET_STORE_NAME, get_store_name) \
    X(GET_STORE_TYPE, get_store_type) \
    X(RESOLVE_STORE, resolve_store) \
    X(RESOLVE_USER_STORE, resolve_user_store) \
    X(GET_OWNER, get_owner) \
    X(GET_RECEIVE_FOLDER, get_receive_folder) \
    X(GET_RECEIVE_FOLDER_TABLE, get_receive_folder_table) \
    X(SET_RECEIVE_FOLDER, set_receive_folder) \
    X(GET_IDS_FROM_NAMES, get_ids_from_names) \
    X(GET_NAMES_FROM_IDS, get_names_from_ids) \
    X(GET_ENTRY_IDFROM_SOURCE_KEY, get_entry_id_from_source_key) \
    X(CHECK_EXIST_OBJECT, check_exist_object) \
    X(GET_CHANGE_INFO, get_change_info) \
    X(LOAD_OBJECT, load_object) \
    X(LOAD_PROP, load_prop) \
    X(SAVE_OBJECT, save_object) \
    X(CREATE_FOLDER, create_folder) \
    X(CREATE_FOLDERS, create_folders) \
    X(DELETE_FOLDER, delete_folder) \
    X(COPY_FOLDER, copy_folder) \
    X(EMPTY_FOLDER, empty_folder) \
    X(DELETE_OBJECTS, delete_objects) \
    X(COPY_OBJECTS, copy_objects) \
    X(SET_READ_FLAGS, set_read_flags) \
    X(GET_MESSAGE_STATUS, get_message_status) \
    X(SET_MESSAGE_STATUS, set_message_status) \
    X(TABLE_SET_SEARCH_CRITERIA, set_search_criteria) \
    X(TABLE_GET_SEARCH_CRITERIA, get_search_criteria) \
    X(GET_RIGHTS, get_rights) \
    X(SET_RIGHTS, set_rights) \
    X(TABLE_OPEN, table_open) \
    X(TABLE_CLOSE, table_close) \
    X(TABLE_SET_COLUMNS, table_set_columns) \
    X(TABLE_QUERY_COLUMNS, table_query_columns) \
    X(TABLE_SORT, table_sort) \
    X(TABLE_RESTRICT, table_restrict) \
    X(TABLE_GET_ROW_COUNT, table_get_row_count) \
    X(TABLE_QUERY_ROWS, table_query_rows) \
    X(TABLE_FIND_ROW, table_find_row) \
    X(TABLE_SEEK_ROW, table_seek_row) \
    X(TABLE_CREATE_BOOKMARK, table_create_bookmark) \
    X(TABLE_FREE_BOOKMARK, table_free_bookmark) \
    X(TABLE_EXPAND_ROW, table_expand_row) \
    X(TABLE_COLLAPSE_ROW, table_collapse_row) \
    X(TABLE_GET_COLLAPSE_STATE, table_get_collapse_state) \
    X(TABLE_SET_COLLAPSE_STATE, table_set_collapse_state) \
    X(TABLE_MULTI, table_multi) \
    X(SET_SYNC_STATUS, set_sync_status) \
    X(GET_SYNC_STATES, get_sync_states) \
    X(GET_CHANGES, get_changes) \
    X(EXPORT_MESSAGE_CHANGES_AS_STREAM, export_message_changes_as_stream) \
    X(IMPORT_MESSAGE_FROM_STREAM, import_message_from_stream) \
    X(NOTIFY, notify) \
    X(NOTIFY_SUBSCRIBE, notify_subscribe) \
    X(NOTIFY_SUBSCRIBE_MULTI, notify_subscribe_multi) \
    X(NOTIFY_UN_SUBSCRIBE, notify_unsubscribe) \
    X(NOTIFY_UN_SUBSCRIBE_MULTI, notify_unsubscribe_multi) \
    X(NOTIFY_GET_ITEMS, notify_get_items) \
    X(SUBMIT_MESSAGE, submit_message) \
    X(FINISHED_MESSAGE, finished_message) \
    X(ABORT_SUBMIT, abort_submit) \
    X(SET_LOCK_STATE, set_lock_state) \
    X(READ_AB_PROPS, read_ab_props) \
    X(AB_RESOLVE_NAMES, ab_resolve_names) \
    X(GET_USER, get_user) \
    X(GET_USER_LIST, get_user_list) \
    X(RESOLVE_USERNAME, resolve_username) \
    X(GET_SEND_AS_LIST, get_send_as_list) \
    X(GET_GROUP, get_group) \
    X(GET_GROUP_LIST, get_group_list) \
    X(RESOLVE_GROUPNAME, resolve_groupname) \
    X(GET_USER_LIST_OF_GROUP, get_user_list_of_group) \
    X(GET_GROUP_LIST_OF_USER, get_group_list_of_user) \
    X(GET_QUOTA, get_quota) \
    X(GET_QUOTA_STATUS, get_quota_status) \
    X(CREATE_USER, create_user) \
    X(SET_USER, set_user) \
    X(DELETE_USER, delete_user) \
    X(CREATE_GROUP, create_group) \
    X(GROUP_DELETE, group_delete) \
    X(ADD_GROUP_USER, add_group_user) \
    X(DELETE_GROUP_USER, delete_group_user) \
    X(ADD_SEND_AS_USER, add_send_as_user) \
    X(DEL_SEND_AS_USER, del_send_as_user) \
    X(SET_QUOTA, set_quota) \
    X(ADD_QUOTA_RECIPIENT, add_quota_recipient) \
    X(DELETE_QUOTA_RECIPIENT, delete_quota_recipient) \
    X(GET_QUOTA_RECIPIENTS, get_quota_recipients) \
    X(SET_GROUP, set_group) \
    X(CREATE_COMPANY, create_company) \
    X(SET_COMPANY, set_company) \
    X(DELETE_COMPANY, delete_company) \
    X(GET_COMPANY, get_company) \
    X(GET_COMPANY_LIST, get_company_list) \
    X(RESOLVE_COMPANYNAME, resolve_companyname) \
    X(ADD_COMPANY_TO_REMOTE_VIEW_LIST, add_company_to_remote_view_list) \
    X(DEL_COMPANY_FROM_REMOTE_VIEW_LIST, del_company_from_remote_view_list) \
    X(GET_REMOTE_VIEW_LIST, get_remote_view_list) \
    X(ADD_USER_TO_REMOTE_ADMIN_LIST, add_user_to_remote_admin_list) \
    X(DEL_USER_FROM_REMOTE_ADMIN_LIST, del_user_from_remote_admin_list) \
    X(GET_REMOTE_ADMIN_LIST, get_remote_admin_list) \
    X(CREATE_STORE, create_store) \
    X(HOOK_STORE, hook_store) \
    X(UNHOOK_STORE, unhook_store) \
    X(REMOVE_STORE, remove_store) \
    X(RESET_FOLDER_COUNT, reset_folder_count) \
    X(PURGE_SOFT_DELETE, purge_soft_delete) \
    X(PURGE_CACHE, purge_cache) \
    X(PURGE_DEFERRED_UPDATES, purge_deferred_updates) \
    X(SYNC_USERS, sync_users) \
    X(REMOVE_ALL_OBJECTS, remove_all_objects) \
    X(TEST_PERFORM, test_perform) \
    X(TEST_SET, test_set) \
    X(TEST_GET, test_get) \
    X(TWIGA_SESSION, twiga_session) \
    X(TWIGA_CALL, twiga_call) \
    X(TWIGA_WATCH, twiga_watch) \
    X(TWIGA_WAIT, twiga_wait)
/* clang-format on */

#define TW_SOAPD_DECLARE_HANDLER(constant, name)                                                   \
    gboolean tw_soapd_##name(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error);
TW_SOAPD_CALL_LIST(TW_SOAPD_DECLARE_HANDLER)
#undef TW_SOAPD_DECLARE_HANDLER

/* ---- door.c ---- */

/* What a call keeps: see tw_soapd_keep(). */
GArray *tw_soapd_kept_new(void);

/* Frees @data when the call is answered. */
void tw_soapd_keep(TwSoapdCall *call, gpointer data, GDestroyNotify destroy);

/* Bytes of the call's response; takes @bytes. */
TwSoapBytes tw_soapd_give_bytes(TwSoapdCall *call, GBytes *bytes);

/* Bytes of a request for session/; NULL for none or no bytes. */
GBytes *tw_soapd_take_bytes(TwSoapBytes bytes);

/* Memory of the call; FALSE with @error set when there is no more. */
gboolean tw_soapd_alloc(TwSoapdCall *call, gsize count, gsize each, gpointer ret, GError **error);

/* Text that lives as long as the call. */
const char *tw_soapd_text(TwSoapdCall *call, const char *text);

/* ---- anchor.c: the store of SYSTEM, which is none ---- */

/* The number in its id. */
typedef enum {
    TW_SOAPD_ANCHOR_NONE = 0,
    TW_SOAPD_ANCHOR_STORE = 1,
    TW_SOAPD_ANCHOR_ROOT = 2,
} TwSoapdAnchor;

/* What an id names there, for sessions of SYSTEM. */
TwSoapdAnchor tw_soapd_anchor_find(const TwSoapdCall *call, TwSoapBytes id);
/* NOT_FOUND for all others. */
gboolean tw_soapd_anchor_give_store(TwSoapdCall *call, TwSoapGetStoreResponse *ret, GError **error);
gboolean tw_soapd_anchor_load(TwSoapdCall *call,
                              TwSoapdAnchor which,
                              TwSoapSaveObject *ret,
                              GError **error);

/* Fails a call with a code of the wire; always FALSE. */
gboolean tw_soapd_fail(TwSoapResultCode code, GError **error);

/* For answers that are not small: with gzip for who has asked for it. */
void tw_soapd_choose_coding(const TwSoapdCall *call, TwHttpResponse *response);

/* For a call that waits long: what it was asked with, some 70 KiB of a decoder, is needed no more. Its arguments are gone. */
void tw_soapd_forget_request(const TwSoapdCall *call);

/* Writes the envelope of a response. */
gboolean tw_soapd_write(TwSoapVersion version,
                        TwSoapCall which,
                        gconstpointer response,
                        TwBuffer *out);

/* Where a request comes from. */
typedef struct {
    TwPeer peer;
    char address[TW_ADDRESS_TEXT_MAX]; /* what peer.address points to */
    guint8 certificate[TW_SHA256_LEN]; /* what peer.certificate points to */
} TwSoapdPeer;

/* Whoever shows a certificate is NETWORK here. */
void tw_soapd_peer(TwHttpRequest *http, TwSoapdPeer *ret);

/* Likewise, and CERTIFICATE when it is a trusted one: for logons, as that takes some time. */
void tw_soapd_peer_judged(TwSoapd *door, TwHttpRequest *http, TwSoapdPeer *ret);

/* ---- own.c ---- */

enum {
    TW_SOAPD_CAPABILITY_TWIGA = 0x40000000, /* Twiga's own calls, for who asks for them */
};

/* Ends what a client waits for and listens to. */
void tw_soapd_own_leave(TwSoapdClient *client);

/* ---- logon.c ---- */

/* Answers the call @args, at once or later. */
void tw_soapd_logon(TwSoapd *door,
                    TwHttpRequest *http,
                    TwSoapVersion version,
                    const TwSoapLogonArgs *args);

/* ---- client.c ---- */

/* The numbers under which recipients, attachments and messages in messages are known to clients. */
typedef struct {
    GHashTable *by_number; /* guint32 -> TwSoapdChild */
    GHashTable *by_place;  /* of the same */
} TwSoapdNumbers;

/* One thing a client wants to be told of. */
typedef struct {
    guint32 mask;  /* as the client sent it */
    TwGuid store;  /* of objects */
    guint32 table; /* of a table; else 0 */
    guint32 sync;  /* of synchronisation: the sync id; else 0 */
} TwSoapdWish;

/* Answers come with gzip (spec/mapi-soap.md 1.5). */
#define TW_SOAPD_CAPABILITY_COMPRESSION 0x0001u

struct TwSoapdClient {
    gint refs;
    guint64 id;          /* the session's secret */
    TwSession *session;  /* owned */
    TwSoapdGroup *group; /* owned reference */
    guint32 capabilities;
    TwPeerKind peer_kind;
    guint8 *certificate; /* owned, nullable: what was shown at the logon, TW_SHA256_LEN bytes */
    gint64 used_us;      /* under the door's lock */
    TwLock lock;         /* guards what is below; a leaf */
    TwSoapdNumbers numbers;
    GHashTable *tables;         /* number -> type of rows (PR_OBJECT_TYPE) */
    GHashTable *queues;         /* number of a table -> TwSoapdQueue */
    GHashTable *wishes;         /* connection -> TwSoapdWish */
    TwWatch *watch;             /* owned, nullable: set once, and there as long as the client */
    GHashTable *own;            /* number -> a watch of own.c; NULL: none */
    guint32 last_own;           /* the last number given to one */
    TwHttpRequest *own_waiting; /* owned, nullable: the call that waits for one of them */
    TwSoapVersion own_version;  /* of that call */
    gboolean own_ended;         /* nobody waits any more */
};

TwSoapdClient *tw_soapd_client_ref(TwSoapdClient *client);
void tw_soapd_client_unref(TwSoapdClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapdClient, tw_soapd_client_unref)

/* Takes a new session in; @group 0 is one of its own. Also drops clients that nobody used. */
void tw_soapd_client_add(
    TwSoapd *door, TwSession *session, const TwPeer *peer, guint64 group, guint32 capabilities);

/* What belongs to a session id that came @from a peer, or NULL with END_OF_SESSION. */
TwSoapdClient *tw_soapd_client_find(TwSoapd *door, guint64 id, const TwPeer *from, GError **error);

/* Ends the session. */
void tw_soapd_client_end(TwSoapd *door, TwSoapdClient *client);

/* ---- number.c ---- */

void tw_soapd_numbers_init(TwSoapdNumbers *numbers);
void tw_soapd_numbers_clear(TwSoapdNumbers *numbers);

/* The number of a node of a message: the same each time, in this session, and nearly always in others. */
guint32 tw_soapd_number_of(TwSoapdClient *client,
                           const TwGuid *store,
                           guint32 message,
                           const TwObject *node);

/* Where a number leads to; FALSE: it was not given out, or long ago. */
gboolean tw_soapd_number_find(TwSoapdClient *client,
                              guint32 number,
                              TwGuid *ret_store,
                              guint32 *ret_message,
                              TwPart *ret_part);

/* The path of a node in its message. */
void tw_soapd_part_of(const TwObject *node, TwPart *ret);

/* ---- place.c: names of objects ---- */

/* What an entry id names. */
typedef struct {
    TwGuid store;
    TwObjectType type;
    guint32 folder;  /* itself, or the message's; of a store its root */
    guint32 message; /* 0: none */
} TwSoapdPlace;

/* An entry id that must be there: no bytes are INVALID. */
gboolean tw_soapd_find(TwSoapdCall *call, TwSoapBytes id, TwSoapdPlace *ret, GError **error);
/* Likewise, of one kind. */
gboolean tw_soapd_find_folder(TwSoapdCall *call, TwSoapBytes id, TwSoapdPlace *ret, GError **error);
gboolean tw_soapd_find_message(TwSoapdCall *call,
                               TwSoapBytes id,
                               TwSoapdPlace *ret,
                               GError **error);
/* The GUID of a store's or any of its objects' ids. */
gboolean tw_soapd_find_store(TwSoapdCall *call, TwSoapBytes id, TwGuid *ret, GError **error);

gboolean tw_soapd_store_id(
    TwSoapdCall *call, const TwGuid *store, guint16 flags, TwSoapBytes *ret, GError **error);
gboolean tw_soapd_folder_id(
    TwSoapdCall *call, const TwGuid *store, guint32 folder, TwSoapBytes *ret, GError **error);
gboolean tw_soapd_message_id(TwSoapdCall *call,
                             const TwGuid *store,
                             guint32 folder,
                             guint32 message,
                             TwSoapBytes *ret,
                             GError **error);

/* Entry id in the address book. */
gboolean tw_soapd_book_id(TwSoapdCall *call,
                          const TwDirectoryObject *object,
                          TwSoapBytes *ret,
                          GError **error);
/* Likewise by number; of somebody the session may not know of the form for built-in ones. */
gboolean tw_soapd_user_id(TwSoapdCall *call, guint32 user, TwSoapBytes *ret, GError **error);
/* Number of somebody named by number and id; the id wins. */
gboolean tw_soapd_find_user(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, guint32 *ret, GError **error);
/* "pseudo://NODE" */
const char *tw_soapd_server_path(TwSoapdCall *call);

/* Whether the home of a user or company, 0: the session's own, is another of several servers; then with what the client
 * resolves. @flags: of the call, which may say that it shall be looked for here all the same. */
gboolean tw_soapd_is_elsewhere(TwSoapdCall *call, guint32 owner, guint32 flags, const char **ret);

/* The source key that an object brings, when a new one may have it: not the server's own, and nobody's in that store. */
GBytes *tw_soapd_new_source_key(TwSoapdCall *call, const TwGuid *store, TwObject *object);

/* ---- import.c: a message that comes as a stream ---- */

/* @call and @args stay until it is freed. */
TwSoapdImport *tw_soapd_import_begin(TwSoapdCall *call,
                                     const TwSoapImportMessageFromStreamArgs *args,
                                     GError **error);
gboolean tw_soapd_import_feed(TwSoapdImport *import,
                              const guint8 *bytes,
                              gsize len,
                              GError **error);
void tw_soapd_import_free(TwSoapdImport *import);

/* ---- notify.c: what clients are told; sessions of one group share it ---- */

/* A reference to the group of that number and user, or to a new one; 0 is always new. Under the door's lock, as joining. */
TwSoapdGroup *tw_soapd_group_get(TwSoapd *door, guint64 id, guint32 user);
void tw_soapd_group_unref(TwSoapdGroup *group);
void tw_soapd_group_join(TwSoapdGroup *group, TwSoapdClient *client);
/* Answers whoever waits when it was @client's call, and forgets it. */
void tw_soapd_group_leave(TwSoapd *door, TwSoapdClient *client);
gboolean tw_soapd_subscribe(TwSoapdCall *call, const TwSoapNotifySubscribe *wish, GError **error);

/* ---- load.c ---- */

/* Adds what the server makes of a message, folder or store to its stored properties (spec/mapi-soap.md 7.2). */
gboolean tw_soapd_add_computed(TwSoapdCall *call,
                               const TwSoapdPlace *place,
                               TwObject *object,
                               GError **error);

/* A display name of a store. */
gboolean tw_soapd_store_name(TwSoapdCall *call,
                             const TwGuid *store,
                             const char **ret,
                             GError **error);

/* ---- book.c ---- */

/* Adds the doors that somebody may use, or those that are shut; constants. */
void tw_soapd_list_features(const TwDirectoryObject *object, gboolean on, GPtrArray *ret);

/* ---- user.c ---- */

/* Somebody by number and id, for the call; number 0 without an id is the session's user. NOT_FOUND also for one of another type. */
const TwDirectoryObject *tw_soapd_get_object(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryType type, GError **error);
/* Likewise by exact name. */
const TwDirectoryObject *tw_soapd_get_named(TwSoapdCall *call,
                                            const char *name,
                                            TwDirectoryType type,
                                            GError **error);
/* The object, for as long as the call. */
const TwDirectoryObject *tw_soapd_keep_object(TwSoapdCall *call, TwDirectoryObject *object);
/* Those of @rows that are users, without contacts. */
gboolean tw_soapd_fill_users(TwSoapdCall *call,
                             const GPtrArray *rows,
                             TwSoapUserArray *ret,
                             GError **error);

/* ---- admin.c ---- */

/* One side of a relation, by number and id. */
typedef struct {
    guint32 number;
    TwSoapBytes id;
} TwSoapdName;

/* Puts @other into a list of @holder, or takes it out. */
gboolean tw_soapd_relate(TwSoapdCall *call,
                         TwSoapdName holder,
                         TwDirectoryRelation relation,
                         TwSoapdName other,
                         gboolean add,
                         GError **error);
gboolean tw_soapd_remove_object(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryType type, GError **error);

/* ---- company.c ---- */

/* NO_SUPPORT where there are no companies. */
gboolean tw_soapd_ask_hosted(TwSoapdCall *call, GError **error);

/* What the server says of itself, or NULL. */
const TwServerInfoArgs *tw_soapd_server(TwSoapdCall *call, GError **error);
/* The name somebody logs on with: with the company where there are several. As long as the call. */
const char *tw_soapd_login_name(TwSoapdCall *call, const TwDirectoryObject *object);
/* What a name says that a client typed for somebody new. */
gboolean tw_soapd_split_name(TwSoapdCall *call,
                             const char *typed,
                             const char **ret_plain,
                             guint32 *ret_company,
                             GError **error);
/* The name of a store after the server's format. */
char *tw_soapd_format_store(TwSoapdCall *call, const TwDirectoryObject *owner);

/* ---- propmap.c: properties of the address book that have no member of their own (spec/mapi-soap.md 4.8) ---- */

gboolean tw_soapd_give_propmap(TwSoapdCall *call,
                               const TwDirectoryObject *from,
                               TwSoapPropmapPairArray **ret,
                               TwSoapPropmapMVPairArray **ret_lists,
                               GError **error);
/* Puts them into @values over those that are in @before (nullable), and names the fields that count. */
gboolean tw_soapd_take_propmap(TwSoapdCall *call,
                               const TwSoapPropmapPairArray *pairs,
                               const TwSoapPropmapMVPairArray *lists,
                               const TwDirectoryObject *before,
                               TwDirectoryObject *values,
                               guint32 *io_fields,
                               GError **error);

/* ---- table-open.c ---- */

gboolean tw_soapd_open_table(TwSoapdCall *call,
                             const TwSoapTableOpenRequest *how,
                             guint32 *ret,
                             GError **error);
/* Which container an id of the address book names (TwBookPlace); no id: the root. */
gboolean tw_soapd_find_container(
    TwSoapdCall *call, TwSoapBytes id, guint32 *ret_place, guint32 *ret_object, GError **error);
/* Brings a table in step with its queue; of other tables nothing. */
void tw_soapd_queue_refresh(TwSoapdCall *call, guint32 table);
void tw_soapd_queues_refresh(TwSoapdCall *call);
void tw_soapd_queue_free(gpointer data);

/* ---- table.c ---- */

/* Rows for a response; takes @rows. */
gboolean tw_soapd_give_rows(TwSoapdCall *call,
                            TwTableRows *rows,
                            TwSoapRowSet *ret,
                            GError **error);

G_END_DECLS
