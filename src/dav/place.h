/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What paths mean: owners, their folders, what is below them. */
#pragma once

#include "groupware/mailbox.h"

G_BEGIN_DECLS

typedef struct TwDavCall TwDavCall;

/* Kinds of resources. */
typedef enum {
    TW_DAV_ROOT = 1u << 0,
    TW_DAV_PRINCIPALS = 1u << 1, /* all of them */
    TW_DAV_PRINCIPAL = 1u << 2,
    TW_DAV_PROXY = 1u << 3, /* who may read, or write, somebody's calendars */
    TW_DAV_HOME = 1u << 4,
    TW_DAV_COLLECTION = 1u << 5,
    TW_DAV_ITEM = 1u << 6,
} TwDavKind;

/* What is below a home: calendars, or address books. */
typedef enum {
    TW_DAV_CALENDARS,
    TW_DAV_BOOKS,
} TwDavSpace;

/* What a collection holds. */
typedef enum {
    TW_DAV_HOLDS_EVENTS, /* and tasks and journal entries beside them */
    TW_DAV_HOLDS_TASKS,
    TW_DAV_HOLDS_JOURNAL,
    TW_DAV_HOLDS_CARDS,
    TW_DAV_HOLDS_DIRECTORY, /* the global address book, which is no folder */
    TW_DAV_HOLDS_INBOX,     /* messages about meetings in the Inbox (RFC 6638, 2.2) */
    TW_DAV_HOLDS_OUTBOX, /* nothing: what is posted there is answered (RFC 6638, 2.1), and it is no folder */
} TwDavHolds;

/* A folder that is a collection. Immutable. */
typedef struct {
    guint32 number;
    char *name, *segment; /* (owned): as people see it; in its path */
    TwDavHolds holds;
    guint takes;     /* bits 1 << #TwDavItemKind: what can be put there */
    guint32 rights;  /* TwRight */
    TwObject *props; /* (owned) (nullable) */
} TwDavFolder;

/* The collections of a store as one user sees them. Immutable; in a g_atomic_rc_box. */
typedef struct {
    guint64 stamp;
    TwMailboxFolders defaults;
    GPtrArray *folders; /* (owned) (element-type TwDavFolder) */
} TwDavShelf;

/* Whose a path is. */
typedef struct {
    gboolean is_public; /* the public store, which is called "public" */
    gboolean own;       /* the session's user */
    gboolean has_store;
    guint32 user;                  /* a number of the directory; 0 for the public store */
    char *name, *full_name, *mail; /* (owned); mail is nullable */
    const char *type;              /* CUTYPE of iCalendar */
    TwGuid store;
} TwDavOwner;

/* What a path means. */
typedef struct {
    TwDavKind kind;
    TwDavSpace space;
    gboolean whole;        /* /ical/: the collection as one file */
    gboolean proxy_writes; /* of PROXY */
    TwDavOwner owner;      /* (owned): from PRINCIPAL on */
    TwDavShelf *shelf;     /* (owned) (nullable): from HOME on */
    const TwDavFolder
        *folder;   /* (nullable): in the shelf: of COLLECTION and ITEM; NULL: there is none */
    char *segment; /* (owned) (nullable): the name asked for */
    char *item;    /* (owned) (nullable): name of the item */
} TwDavTarget;

/* ---- owner.c ---- */

/**
 * tw_dav_owner_clear:
 * @owner: an owner
 */
void tw_dav_owner_clear(TwDavOwner *owner);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDavOwner, tw_dav_owner_clear)

/**
 * tw_dav_owner_find:
 * @call: the call
 * @name: a log-on name in any case, or "public"
 * @ret: (out): who it is
 * @error: TW_ERROR_NOT_FOUND, also for who may not be known; what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_owner_find(TwDavCall *call, const char *name, TwDavOwner *ret, GError **error);

/**
 * tw_dav_owner_of_object:
 * @call: the call
 * @object: a user of the directory
 * @ret: (out): the same, without a store
 */
void tw_dav_owner_of_object(TwDavCall *call, const TwDirectoryObject *object, TwDavOwner *ret);

/**
 * tw_dav_owners_shared:
 * @call: the call
 *
 * Returns: (transfer full) (element-type TwDavOwner): others in whose stores the session's user sees something, and the public
 *   store
 */
GPtrArray *tw_dav_owners_shared(TwDavCall *call);

/**
 * tw_dav_shelf_get:
 * @call: the call
 * @owner: whose store
 * @error: what an operation failed with
 *
 * The collections of a store, kept by the door until something but mail changes there.
 *
 * Returns: (transfer full) (nullable): what the session may see
 */
TwDavShelf *tw_dav_shelf_get(TwDavCall *call, const TwDavOwner *owner, GError **error);

/**
 * tw_dav_shelf_unref:
 * @shelf: (nullable) (transfer full): a shelf
 */
void tw_dav_shelf_unref(TwDavShelf *shelf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDavShelf, tw_dav_shelf_unref)

/**
 * tw_dav_shelf_has:
 * @shelf: a shelf
 * @space: calendars or address books
 * @rights: TwRight of which one has all
 *
 * Returns: whether a collection of that kind is there
 */
gboolean tw_dav_shelf_has(const TwDavShelf *shelf, TwDavSpace space, guint32 rights);

/**
 * tw_dav_folder_is_fixed:
 * @folder: a folder
 *
 * Returns: whether it is one that the server makes, in which clients put nothing
 */
gboolean tw_dav_folder_is_fixed(const TwDavFolder *folder);

/**
 * tw_dav_folder_takes:
 * @holds: what a folder holds
 * @chosen: (nullable): names of components with blanks between them, as they were chosen when it was made; NULL: all
 *
 * Returns: bits 1 << #TwDavItemKind: what clients can put there
 */
guint tw_dav_folder_takes(TwDavHolds holds, const char *chosen);

/**
 * tw_dav_folder_space:
 * @folder: a folder
 *
 * Returns: below which home it is
 */
TwDavSpace tw_dav_folder_space(const TwDavFolder *folder);

/* ---- path.c ---- */

/**
 * tw_dav_target_read:
 * @call: the call
 * @path: a canonical path
 * @ret: (out): what it means; cleared by tw_dav_target_clear()
 * @error: TW_ERROR_NOT_FOUND for what is no path here, or may not be known
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_target_read(TwDavCall *call, const char *path, TwDavTarget *ret, GError **error);

/**
 * tw_dav_target_read_url:
 * @call: the call
 * @url: a path, or a URL of this server, as it stands in a header or in "href"
 * @ret: (out): what it means
 * @error: as tw_dav_target_read(); TW_ERROR_INVALID: another server, or no path
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_target_read_url(TwDavCall *call, const char *url, TwDavTarget *ret, GError **error);

/**
 * tw_dav_default_calendar:
 * @shelf: (nullable): a shelf
 *
 * Returns: (transfer none) (nullable): the calendar that every mailbox has
 */
const TwDavFolder *tw_dav_default_calendar(const TwDavShelf *shelf);

/**
 * tw_dav_target_clear:
 * @target: a target
 */
void tw_dav_target_clear(TwDavTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDavTarget, tw_dav_target_clear)

/**
 * tw_dav_href_of:
 * @call: the call
 * @kind: of what of its target; no ITEM
 * @folder: (nullable): of a COLLECTION
 *
 * Returns: (transfer full): its path, percent-encoded
 */
char *tw_dav_href_of(const TwDavCall *call, TwDavKind kind, const TwDavFolder *folder);

/**
 * tw_dav_href_home:
 * @owner: whose
 * @space: calendars or address books
 *
 * Returns: (transfer full): the path of the home, percent-encoded
 */
char *tw_dav_href_home(const TwDavOwner *owner, TwDavSpace space);

/**
 * tw_dav_href_principal:
 * @owner: whose
 * @proxy: (nullable): "calendar-proxy-read" or "calendar-proxy-write"
 *
 * Returns: (transfer full): the path of the principal, percent-encoded
 */
char *tw_dav_href_principal(const TwDavOwner *owner, const char *proxy);

/**
 * tw_dav_href_item:
 * @owner: whose
 * @folder: a collection
 * @item: (nullable): name of an item; NULL: the collection itself
 *
 * Returns: (transfer full): its path, percent-encoded
 */
char *tw_dav_href_item(const TwDavOwner *owner, const TwDavFolder *folder, const char *item);

G_END_DECLS
