/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the door share. */
#pragma once

#include "convert/content-line.h"
#include "convert/ical-out.h"
#include "convert/vcard-out.h"
#include "dav/dav.h"
#include "dav/dead.h"
#include "dav/index.h"
#include "dav/place.h"
#include "dav/xml.h"
#include "groupware/mailbox.h"
#include "groupware/message-place.h"
#include "net/http-server.h"

G_BEGIN_DECLS

#define TW_DAV_DIRECTORY "directory" /* the segment of the global address book */
#define TW_DAV_INBOX "inbox"
#define TW_DAV_OUTBOX "outbox"
#define TW_DAV_BUSY_CLASS "IPM.Twiga.FreeBusy" /* a message that keeps a VFREEBUSY */
#define TW_DAV_PROXY_READ "calendar-proxy-read"
#define TW_DAV_PROXY_WRITE "calendar-proxy-write"

enum {
    TW_DAV_PRIVATE = 2, /* PR_SENSITIVITY: private, and above it confidential */
};

/** TW_DAV_TICKS_1970: 1970-01-01 in ticks. */
#define TW_DAV_TICKS_1970 (G_GINT64_CONSTANT(134774) * TW_TICKS_DAY)

/* Texts of items that were made, the last used kept. */
typedef struct {
    TwLock lock;        /* guards what follows; a leaf */
    GHashTable *by_key; /* (owned) */
    GQueue order;
    gsize bytes;
} TwDavTexts;

struct TwDav {
    TwServer *server;
    TwHttpServer *http;
    TwTimeZone *zone;     /* (nullable) */
    gint whole_calendars; /* atomic */
    TwDavTexts texts;
    TwLock lock;         /* guards what follows; a leaf */
    GHashTable *zones;   /* name to TwTimeZone, or NULL for one that is not there */
    GHashTable *names;   /* TwNamedProp, owned, to id */
    GHashTable *indexes; /* "store/folder" to TwDavIndex */
    GHashTable *shelves; /* "user/store" to TwDavShelf */
};

/* Where times hang that name no zone. */
typedef struct {
    gboolean asked;            /* the question says so */
    gboolean known;            /* else it is the server's */
    TwTimeZone *zone;          /* (owned) (nullable): NULL: UTC */
    const TwDavFolder *folder; /* (nullable): whose it is */
} TwDavClock;

struct TwDavCall {
    TwDav *dav;
    TwHttpRequest *http;
    const TwHttpHead *head;
    TwSession *session;
    TwSessionInfo who;
    char *name;       /* (owned): who.name */
    TwNameMap *names; /* (owned) */
    TwDavTarget target;
    TwDavElement *body;      /* (owned) (nullable): the XML of the request */
    gboolean minimal;        /* Prefer: return=minimal */
    gboolean no_root;        /* Prefer: depth-noroot */
    gboolean names_only;     /* "propname" */
    gboolean representation; /* Prefer: return=representation */
    gboolean schedules;      /* what is stored or deleted is said to others */
    gboolean tells_all;      /* also to those whom the change does not touch */
    const char *refusal;     /* (nullable): of CalDAV: the precondition that an operation fails */
    GHashTable *managed; /* (owned) (nullable): ids of managed attachments that the text names */
    const char *self[2]; /* the owner's address */
    TwDavClock clock;
    TwIcalOptions ical;
    TwMessagePlace place; /* of the message whose values are read */
    TwValueSource source;
};

/* What properties are asked of. */
typedef struct {
    TwDavKind kind;
    TwDavSpace space;
    const TwDavOwner *owner;   /* (nullable) */
    const TwDavFolder *folder; /* (nullable) */
    const TwDavEntry *entry;   /* (nullable) */
    gboolean proxy_writes;
    char *href;
} TwDavView;

/* What a body says. */
typedef struct {
    TwIcal *ical;     /* (owned) (nullable) */
    GPtrArray *cards; /* (owned) (nullable) */
    TwObject *object; /* in one of them, or that below */
    const char *uid;  /* likewise */
    TwObject *made;   /* (owned) (nullable): of a VFREEBUSY */
    char *own_uid;    /* (owned) (nullable): likewise */
    TwDavItemKind kind;
} TwDavBody;

/* ---- clock.c ---- */

/**
 * tw_dav_clock_clear:
 * @clock: a clock, or zeros
 */
void tw_dav_clock_clear(TwDavClock *clock);

/**
 * tw_dav_clock_ask:
 * @call: a report, whose "timezone" or "timezone-id" counts from now on
 *
 * Returns: FALSE: it is none, and the refusal was sent
 */
gboolean tw_dav_clock_ask(TwDavCall *call);

/**
 * tw_dav_entry_at:
 * @call: the call
 * @entry: an item of its folder
 *
 * Returns: the item with the times that it has for who asks; what it points to is still that of @entry, and the call
 */
TwDavEntry tw_dav_entry_at(TwDavCall *call, const TwDavEntry *entry);

/* ---- door.c ---- */

/**
 * tw_dav_answer:
 * @call: the call
 * @status: of HTTP
 * @body: (nullable) (transfer full): XML inside of the root
 * @root: (nullable): name of the root in "DAV:", or with a prefix; if there is a @body
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

/* ---- codec.c ---- */

/**
 * tw_dav_item_read:
 * @call: the call; values in blobs are read through it until the next message is
 * @store: its store
 * @folder: its folder
 * @mid: a message
 * @ret_cn: (out) (optional): its change number
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): the message
 */
TwObject *tw_dav_item_read(TwDavCall *call,
                           const TwGuid *store,
                           guint32 folder,
                           guint32 mid,
                           guint64 *ret_cn,
                           GError **error);

/**
 * tw_dav_entry_seen:
 * @call: the call
 * @entry: an item of its target
 *
 * Returns: FALSE for what is private, and no event, in the folder of somebody else
 */
gboolean tw_dav_entry_seen(const TwDavCall *call, const TwDavEntry *entry);

/**
 * tw_dav_entry_read:
 * @call: the call
 * @entry: an item of its target
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): the message as the session may see it: of somebody else's private event only when it is
 */
TwObject *tw_dav_entry_read(TwDavCall *call, const TwDavEntry *entry, GError **error);

/**
 * tw_dav_entry_text:
 * @call: the call
 * @entry: an item of its target
 * @version: of a card
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): iCalendar or vCard
 */
GBytes *tw_dav_entry_text(TwDavCall *call,
                          const TwDavEntry *entry,
                          TwVcardVersion version,
                          GError **error);

/**
 * tw_dav_content_type:
 * @entry: an item
 *
 * Returns: (transfer none): of its text
 */
const char *tw_dav_content_type(const TwDavEntry *entry);

/**
 * tw_dav_body_clear:
 * @body: a body
 */
void tw_dav_body_clear(TwDavBody *body);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDavBody, tw_dav_body_clear)

/**
 * tw_dav_body_read:
 * @call: the call
 * @folder: where it shall go
 * @bytes: a body
 * @ret: (out): the one item in it
 *
 * Returns: FALSE: it is none that can go there, and the refusal was sent
 */
gboolean tw_dav_body_read(TwDavCall *call,
                          const TwDavFolder *folder,
                          GBytes *bytes,
                          TwDavBody *ret);

/**
 * tw_dav_said_before:
 * @call: the call
 * @old: a message that was just read
 * @space: calendars or address books
 *
 * Returns: (transfer full) (nullable): the properties that a text of it means
 */
TwObject *tw_dav_said_before(TwDavCall *call, const TwObject *old, TwDavSpace space);

/**
 * tw_dav_texts_init:
 * @texts: caller's memory
 */
void tw_dav_texts_init(TwDavTexts *texts);

/**
 * tw_dav_texts_clear:
 * @texts: texts
 */
void tw_dav_texts_clear(TwDavTexts *texts);

/**
 * tw_dav_texts_get:
 * @texts: texts
 * @key: of a text
 *
 * Returns: (transfer full) (nullable): the text
 */
GBytes *tw_dav_texts_get(TwDavTexts *texts, const char *key);

/**
 * tw_dav_texts_put:
 * @texts: texts
 * @key: of a text
 * @text: kept, in the place of those that were not asked for the longest time; one that is large is not
 */
void tw_dav_texts_put(TwDavTexts *texts, const char *key, GBytes *text);

/* ---- directory.c ---- */

/**
 * tw_dav_directory_refresh:
 * @call: the call
 * @index: that of the global address book for the session's user
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_directory_refresh(TwDavCall *call, TwDavIndex *index, GError **error);

/**
 * tw_dav_directory_gone:
 * @call: the call
 * @index: as for tw_dav_directory_refresh()
 * @since: a change number of the directory
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (element-type utf8) (nullable): names that went
 */
GPtrArray *tw_dav_directory_gone(TwDavCall *call, TwDavIndex *index, guint64 since, GError **error);

/**
 * tw_dav_directory_text:
 * @call: the call
 * @entry: somebody
 * @version: of the card
 * @error: what an operation failed with
 *
 * Returns: (transfer full) (nullable): a vCard
 */
GBytes *tw_dav_directory_text(TwDavCall *call,
                              const TwDavEntry *entry,
                              TwVcardVersion version,
                              GError **error);

/* ---- item.c ---- */

/**
 * tw_dav_add_etag:
 * @response: takes the field ETag
 * @entry: an item
 */
void tw_dav_add_etag(TwHttpResponse *response, const TwDavEntry *entry);

/**
 * tw_dav_schedule_tag:
 * @call: the call
 * @entry: an item of its target
 *
 * Returns: (transfer full) (nullable): its schedule tag with quotes (RFC 6638, 3.2.10); NULL: it is no meeting
 */
char *tw_dav_schedule_tag(TwDavCall *call, const TwDavEntry *entry);

/**
 * tw_dav_refuse_schedule_tag:
 * @call: the call
 * @entry: (nullable): the item of its target
 *
 * What PUT, DELETE, COPY and MOVE ask with If-Schedule-Tag-Match (RFC 6638, 8.3).
 *
 * Returns: whether it was answered with 412
 */
gboolean tw_dav_refuse_schedule_tag(TwDavCall *call, const TwDavEntry *entry);

/**
 * tw_dav_origin:
 * @call: the call
 *
 * Returns: (transfer full): scheme and host that the client knows, empty if it does not say
 */
char *tw_dav_origin(TwDavCall *call);

/**
 * tw_dav_add_location:
 * @call: the call
 * @response: takes the field Location
 * @target: an item
 */
void tw_dav_add_location(TwDavCall *call, TwHttpResponse *response, const TwDavTarget *target);

/**
 * tw_dav_store_item:
 * @call: the call
 * @target: where it goes; item: its name in the path
 * @entry: (nullable): what it takes the place of
 * @object: the message
 * @error: TW_ERROR_CHANGED: somebody saved first; what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_store_item(TwDavCall *call,
                           const TwDavTarget *target,
                           const TwDavEntry *entry,
                           TwObject *object,
                           GError **error);

/**
 * tw_dav_delete_item:
 * @call: the call
 * @target: where it is
 * @entry: an item
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_delete_item(TwDavCall *call,
                            const TwDavTarget *target,
                            const TwDavEntry *entry,
                            GError **error);

/**
 * tw_dav_is_default:
 * @target: a collection
 *
 * Returns: whether every mailbox has it
 */
gboolean tw_dav_is_default(const TwDavTarget *target);

/**
 * tw_dav_refuse_uid:
 * @call: the call
 * @target: where the item was to go
 * @same: the item that has its UID
 */
void tw_dav_refuse_uid(TwDavCall *call, const TwDavTarget *target, const TwDavEntry *same);

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
 * tw_dav_post:
 * @call: POST to a collection: a new item
 */
void tw_dav_post(TwDavCall *call);

/**
 * tw_dav_delete:
 * @call: DELETE
 */
void tw_dav_delete(TwDavCall *call);

/* ---- schedule.c ---- */

/**
 * tw_dav_schedule_answers:
 * @call: the call
 * @object: an item of a calendar
 * @text: (nullable) (transfer full): its text
 *
 * Returns: (transfer full) (nullable): the text, with SCHEDULE-STATUS of those whose answers came (RFC 6638, 3.2.9)
 */
GBytes *tw_dav_schedule_answers(TwDavCall *call, const TwObject *object, GBytes *text);

/* ---- outbox.c ---- */

/**
 * tw_dav_outbox_post:
 * @call: POST to an outbox: when somebody is free (RFC 6638, 5)
 */
void tw_dav_outbox_post(TwDavCall *call);

/**
 * tw_dav_busy_url:
 * @call: GET of /freebusy/USER.ifb
 */
void tw_dav_busy_url(TwDavCall *call);

/* ---- listing.c, whole.c, copy.c, collection.c ---- */

/**
 * tw_dav_get_listing:
 * @call: GET of what is above collections: a page of links
 */
void tw_dav_get_listing(TwDavCall *call);

/**
 * tw_dav_get_whole:
 * @call: GET of a collection: all of it as one file
 */
void tw_dav_get_whole(TwDavCall *call);

/**
 * tw_dav_put_whole:
 * @call: PUT of a calendar as one file
 */
void tw_dav_put_whole(TwDavCall *call);

/**
 * tw_dav_copy:
 * @call: COPY or MOVE
 */
void tw_dav_copy(TwDavCall *call);

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
 * tw_dav_put_status:
 * @out: takes a "propstat"
 * @prop: a property
 * @status: of HTTP
 */
void tw_dav_put_status(GString *out, const TwDavElement *prop, guint status);

/**
 * tw_dav_put_members:
 * @call: PROPPATCH of a proxy
 * @out: takes a "propstat" of each property
 *
 * Changes who is the proxy: rights on the default calendar.
 *
 * Returns: whether all of it was done
 */
gboolean tw_dav_put_members(TwDavCall *call, GString *out);

/**
 * tw_dav_components_tag:
 * @call: the call
 *
 * Returns: the tag of the property of a folder that names the components it was made for; 0: it cannot be had
 */
guint32 tw_dav_components_tag(TwDavCall *call);

/**
 * tw_dav_managed_id_tag:
 * @call: the call
 *
 * Returns: the tag of the property of an attachment that is its id for clients; 0: it cannot be had
 */
guint32 tw_dav_managed_id_tag(TwDavCall *call);

/**
 * tw_dav_kept_prop:
 * @ns: a namespace
 * @name: a name
 * @ret: (out): where it is kept
 *
 * Returns: whether clients may keep a property of that name on a collection
 */
gboolean tw_dav_kept_prop(const char *ns, const char *name, TwNamedProp *ret);

/**
 * tw_dav_dead_of:
 * @call: the call
 * @folder: a collection
 *
 * Returns: (transfer full): the properties that clients keep on it and the server does not know
 */
TwDavDead *tw_dav_dead_of(TwDavCall *call, const TwDavFolder *folder);

/* ---- propfind.c ---- */

/**
 * tw_dav_is_live:
 * @ns: a namespace
 * @name: a name
 *
 * Returns: whether the server makes that property, for whatever resource
 */
gboolean tw_dav_is_live(const char *ns, const char *name);

/**
 * tw_dav_propfind:
 * @call: PROPFIND
 */
void tw_dav_propfind(TwDavCall *call);

/**
 * tw_dav_kept_text:
 * @call: the call
 * @folder: (nullable): a collection
 * @ns: namespace of a property that clients keep
 * @name: its name
 *
 * Returns: (transfer none) (nullable): what was kept
 */
const char *tw_dav_kept_text(TwDavCall *call,
                             const TwDavFolder *folder,
                             const char *ns,
                             const char *name);

/**
 * tw_dav_put_value:
 * @call: the call
 * @out: takes what stands in the property
 * @view: of what
 * @ns: namespace of the property
 * @name: its name
 *
 * Returns: FALSE: it has none
 */
gboolean tw_dav_put_value(
    TwDavCall *call, GString *out, const TwDavView *view, const char *ns, const char *name);

/**
 * tw_dav_put_response:
 * @call: the call
 * @out: takes a "response"
 * @view: of what
 * @wanted: (nullable): "prop" of the request; NULL: all
 */
void tw_dav_put_response(TwDavCall *call,
                         GString *out,
                         const TwDavView *view,
                         const TwDavElement *wanted);

/**
 * tw_dav_put_entry:
 * @call: the call
 * @out: takes a "response"
 * @wanted: (nullable): as for tw_dav_put_response()
 * @entry: an item of the target
 */
void tw_dav_put_entry(TwDavCall *call,
                      GString *out,
                      const TwDavElement *wanted,
                      const TwDavEntry *entry);

/* ---- report.c, query.c, people.c ---- */

/**
 * tw_dav_put_gone:
 * @out: takes a "response" without properties
 * @href: a path, percent-encoded
 * @status: of HTTP
 */
void tw_dav_put_gone(GString *out, const char *href, guint status);

/**
 * tw_dav_kind_named:
 * @name: (nullable): name of a component
 * @ret: (out): what it is
 *
 * Returns: FALSE: it is no item of a calendar
 */
gboolean tw_dav_kind_named(const char *name, TwDavItemKind *ret);

/* Called with one item, whose folder is the target's; FALSE stops. */
typedef gboolean (*TwDavEntryFunc)(TwDavCall *call, const TwDavEntry *entry, gpointer data);

/**
 * tw_dav_each_entry:
 * @call: a call whose target is a home, a collection or an item
 * @func: called with each item there that may be seen
 * @data: for @func
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_each_entry(TwDavCall *call, TwDavEntryFunc func, gpointer data, GError **error);

/**
 * tw_dav_check_data:
 * @call: a report
 *
 * Returns: FALSE: it asks for calendar data of a kind that is not served, and the refusal was sent
 */
gboolean tw_dav_check_data(TwDavCall *call);

/**
 * tw_dav_check_address_data:
 * @call: a report
 *
 * Returns: FALSE: it asks for address data of a kind that is not served, and the refusal was sent
 */
gboolean tw_dav_check_address_data(TwDavCall *call);

/**
 * tw_dav_report:
 * @call: REPORT
 */
void tw_dav_report(TwDavCall *call);

/**
 * tw_dav_calendar_query:
 * @call: calendar-query
 */
void tw_dav_calendar_query(TwDavCall *call);

/**
 * tw_dav_card_query:
 * @call: addressbook-query
 */
void tw_dav_card_query(TwDavCall *call);

/**
 * tw_dav_expand_property:
 * @call: expand-property
 */
void tw_dav_expand_property(TwDavCall *call);

/**
 * tw_dav_principal_match:
 * @call: principal-match
 */
void tw_dav_principal_match(TwDavCall *call);

/**
 * tw_dav_principal_search:
 * @call: principal-property-search or calendarserver-principal-search
 */
void tw_dav_principal_search(TwDavCall *call);

/**
 * tw_dav_principal_search_set:
 * @call: principal-search-property-set
 */
void tw_dav_principal_search_set(TwDavCall *call);

/**
 * tw_dav_acl_principals:
 * @call: acl-principal-prop-set
 */
void tw_dav_acl_principals(TwDavCall *call);

/* ---- trim.c ---- */

/**
 * tw_dav_trim_calendar:
 * @entry: an item
 * @text: its text
 * @data: (nullable): "calendar-data" of a request
 *
 * Returns: (transfer full): what was asked for of it
 */
GBytes *tw_dav_trim_calendar(const TwDavEntry *entry, GBytes *text, const TwDavElement *data);

/**
 * tw_dav_trim_card:
 * @text: a vCard
 * @data: (nullable): "address-data" of a request
 *
 * Returns: (transfer full): what was asked for of it
 */
GBytes *tw_dav_trim_card(GBytes *text, const TwDavElement *data);

G_END_DECLS
