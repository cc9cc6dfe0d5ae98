/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the door share. */
#pragma once

#include "base/lock.h"
#include "convert/ical-out.h"
#include "dav/dav.h"
#include "dav/xml.h"
#include "groupware/mailbox.h"
#include "net/http-server.h"

G_BEGIN_DECLS

/* An item of a folder, as the door knows it by its name. Immutable; in a g_atomic_rc_box. */
typedef struct {
    char *name; /* (owned): in its path */
    char *uid;  /* (owned) */
    guint32 mid;
    guint64 cn; /* of the message: the tag */
    TwIcalKind kind;
} TwDavEntry;

/* The names of a folder's items at one time: made from the messages, so it may go at any time. Immutable once it is
 * published; in a g_atomic_rc_box. */
typedef struct {
    guint32 uidvalidity;
    guint64 cn;          /* of the store: all up to it is in here */
    GHashTable *by_name; /* (owned): name to TwDavEntry, borrowed */
    GHashTable *by_mid;  /* (owned): message to TwDavEntry, owned */
    GHashTable *gone;    /* (owned): message to the name it had, owned */
} TwDavIndex;

struct TwDav {
    TwServer *server;
    TwHttpServer *http;
    TwTimeZone *zone;    /* (nullable) */
    TwLock lock;         /* guards what follows; a leaf */
    GHashTable *zones;   /* name to TwTimeZone, or NULL for one that is not there */
    GHashTable *names;   /* TwNamedProp, owned, to id */
    GHashTable *indexes; /* "store/folder" to TwDavIndex */
};

typedef enum {
    TW_DAV_ROOT = 1u << 0,
    TW_DAV_PRINCIPAL = 1u << 1,
    TW_DAV_HOME = 1u << 2,
    TW_DAV_COLLECTION = 1u << 3,
    TW_DAV_ITEM = 1u << 4,
} TwDavKind;

/* A folder that is a collection. */
typedef struct {
    guint32 number;
    char *name, *segment; /* (owned): as people see it; in its path */
    gboolean tasks_only;
    guint32 rights;
    guint64 hicn;
    TwObject *props; /* (owned) */
} TwDavFolder;

/* What a path means. */
typedef struct {
    TwDavKind kind;
    TwDavFolder *folder; /* (owned) (nullable): of COLLECTION and ITEM; NULL: there is none */
    char *segment;       /* (owned) (nullable): the name asked for */
    char *item;          /* (owned) (nullable): name of the item */
} TwDavTarget;

typedef struct {
    TwDav *dav;
    TwHttpRequest *http;
    const TwHttpHead *head;
    TwSession *session;
    TwSessionInfo who;
    TwNameMap *names; /* (owned) */
    TwGuid store;
    TwMailboxFolders folders;
    TwDavTarget target;
    TwDavElement *body;  /* (owned) (nullable): the XML of the request */
    const char *self[2]; /* the user's address */
    TwIcalOptions ical;
    struct {
        TwSession *session;
        TwGuid store;
        guint32 folder, message;
    } place; /* of the message whose values are read */
    TwValueSource source;
} TwDavCall;

/* What a property is asked of. */
typedef struct {
    TwDavKind kind;
    const TwDavFolder *folder; /* (nullable) */
    const TwDavEntry *entry;   /* (nullable) */
    char *href;                /* (owned) */
} TwDavView;

/* ---- door.c ---- */

/**
 * tw_dav_answer:
 * @call: the call
 * @status: of HTTP
 * @body: (nullable) (transfer full): XML inside of the root
 * @root: (nullable): name of the root in "DAV:", if there is a @body
 */
void tw_dav_answer(TwDavCall *call, guint status, GString *body, const char *root);

/**
 * tw_dav_refuse:
 * @call: the call
 * @status: of HTTP
 * @ns: namespace of the precondition
 * @name: the precondition that failed
 */
void tw_dav_refuse(TwDavCall *call, guint status, const char *ns, const char *name);

/**
 * tw_dav_fail:
 * @call: the call
 * @error: why; answered with the status that says it
 */
void tw_dav_fail(TwDavCall *call, const GError *error);

/**
 * tw_dav_status:
 * @error: an error
 *
 * Returns: the HTTP status that says it
 */
guint tw_dav_status(const GError *error);

/**
 * tw_dav_depth:
 * @call: the call
 *
 * Returns: the depth asked for: 0, 1; "infinity" is 1 for what is listed here
 */
guint tw_dav_depth(const TwDavCall *call);

/* ---- names.c ---- */

/**
 * tw_dav_names_new:
 * @dav: whose memory of ids is used
 * @session: who asks
 *
 * Returns: (transfer full): a map of named properties for one call
 */
TwNameMap *tw_dav_names_new(TwDav *dav, TwSession *session);

/**
 * tw_dav_load_zone:
 * @data: the #TwDav
 * @name: an IANA name
 *
 * A #TwIcalZoneFunc over the system's zone files.
 *
 * Returns: (transfer full) (nullable): the zone
 */
TwTimeZone *tw_dav_load_zone(gpointer data, const char *name);

/**
 * tw_dav_named_tag:
 * @call: the call
 * @which: a name
 *
 * Returns: its tag; 0 if it has none
 */
guint32 tw_dav_named_tag(TwDavCall *call, TwKnownName which);

/* ---- path.c ---- */

/**
 * tw_dav_target_read:
 * @call: the call
 * @path: a canonical path
 * @ret: (out): what it means; cleared by tw_dav_target_clear()
 * @error: TW_ERROR_NOT_FOUND for what is no path here, or belongs to others
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_target_read(TwDavCall *call, const char *path, TwDavTarget *ret, GError **error);

/**
 * tw_dav_target_clear:
 * @target: a target
 */
void tw_dav_target_clear(TwDavTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDavTarget, tw_dav_target_clear)

/**
 * tw_dav_folders:
 * @call: the call
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (element-type TwDavFolder): the user's calendars and task lists
 */
GPtrArray *tw_dav_folders(TwDavCall *call, GError **error);

/**
 * tw_dav_href:
 * @call: the call
 * @kind: of what
 * @segment: (nullable): of the collection
 * @item: (nullable): name of the item
 *
 * Returns: (transfer full): its path, percent-encoded
 */
char *tw_dav_href(const TwDavCall *call, TwDavKind kind, const char *segment, const char *item);

/* ---- index.c ---- */

/**
 * tw_dav_index_get:
 * @call: the call
 * @folder: a folder
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): the names of the folder as they are now
 */
TwDavIndex *tw_dav_index_get(TwDavCall *call, guint32 folder, GError **error);

/**
 * tw_dav_index_unref:
 * @index: (nullable) (transfer full): an index
 */
void tw_dav_index_unref(TwDavIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDavIndex, tw_dav_index_unref)

/**
 * tw_dav_index_gone:
 * @call: the call
 * @index: an index of the folder
 * @folder: the folder
 * @since: a change number of the store
 * @error: TW_ERROR_CHANGED: a name of what went is no longer known; what an operation failed with
 *
 * Returns: (transfer full) (element-type utf8) (nullable): the names that went since and are not there again
 */
GPtrArray *tw_dav_index_gone(
    TwDavCall *call, const TwDavIndex *index, guint32 folder, guint64 since, GError **error);

/**
 * tw_dav_index_by_uid:
 * @index: an index
 * @uid: a UID
 *
 * Returns: (transfer none) (nullable): the entry
 */
const TwDavEntry *tw_dav_index_by_uid(const TwDavIndex *index, const char *uid);

/**
 * tw_dav_etag:
 * @entry: an entry
 *
 * Returns: (transfer full): its tag with quotes
 */
char *tw_dav_etag(const TwDavEntry *entry);

/* ---- item.c ---- */

/**
 * tw_dav_item_read:
 * @call: the call; values in blobs are read through it until the next message is
 * @folder: its folder
 * @mid: a message
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): the message
 */
TwObject *tw_dav_item_read(TwDavCall *call, guint32 folder, guint32 mid, GError **error);

/**
 * tw_dav_item_text:
 * @call: the call
 * @folder: its folder
 * @entry: an item
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): the item as iCalendar
 */
GBytes *tw_dav_item_text(TwDavCall *call, guint32 folder, const TwDavEntry *entry, GError **error);

/**
 * tw_dav_get:
 * @call: GET or HEAD
 */
void tw_dav_get(TwDavCall *call);

/**
 * tw_dav_put:
 * @call: PUT
 */
void tw_dav_put(TwDavCall *call);

/**
 * tw_dav_delete:
 * @call: DELETE
 */
void tw_dav_delete(TwDavCall *call);

/* ---- collection.c ---- */

/**
 * tw_dav_mkcol:
 * @call: MKCALENDAR or MKCOL
 */
void tw_dav_mkcol(TwDavCall *call);

/**
 * tw_dav_proppatch:
 * @call: PROPPATCH
 */
void tw_dav_proppatch(TwDavCall *call);

/**
 * tw_dav_kept_prop:
 * @ns: a namespace
 * @name: a name
 * @ret: (out): where it is kept
 *
 * Returns: whether clients may keep a property of that name on a collection
 */
gboolean tw_dav_kept_prop(const char *ns, const char *name, TwNamedProp *ret);

/* ---- propfind.c ---- */

/**
 * tw_dav_propfind:
 * @call: PROPFIND
 */
void tw_dav_propfind(TwDavCall *call);

/**
 * tw_dav_put_response:
 * @call: the call
 * @out: takes a "response"
 * @view: of what
 * @wanted: (nullable): "prop" of the request; NULL: all
 * @data: (nullable): the item as iCalendar, for calendar-data
 */
void tw_dav_put_response(
    TwDavCall *call, GString *out, const TwDavView *view, const TwDavElement *wanted, GBytes *data);

/* ---- report.c ---- */

/**
 * tw_dav_report:
 * @call: REPORT
 */
void tw_dav_report(TwDavCall *call);

/* ---- range.c ---- */

/**
 * tw_dav_touches:
 * @call: the call
 * @object: an event or task
 * @start: ticks, UTC
 * @end: ticks, UTC
 * @busy: (nullable) (element-type TwIcalBusy): takes its instances that are not free
 *
 * Returns: whether any instance touches the span; also when that cannot be told
 */
gboolean tw_dav_touches(
    TwDavCall *call, const TwObject *object, gint64 start, gint64 end, GArray *busy);

G_END_DECLS
