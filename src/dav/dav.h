/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The door for calendars and contacts: CalDAV (RFC 4791) and CardDAV (RFC 6352) on WebDAV (RFC 4918) with access control
 * (RFC 3744) and collection synchronisation (RFC 6578). Start here.
 */
#pragma once

#include "net/listener.h"
#include "session/session.h"

G_BEGIN_DECLS

/* Without these one request holds a worker, or the memory, for as long as its sender likes. */
enum {
    TW_DAV_MAX_XML = 1024 * 1024,       /* bytes of an XML body */
    TW_DAV_MAX_DEPTH = 32,              /* elements in one another */
    TW_DAV_MAX_ELEMENTS = 50000,        /* elements of a body: a multiget names each item */
    TW_DAV_MAX_ITEM = 16 * 1024 * 1024, /* bytes of a calendar object */
    TW_DAV_MAX_ANSWER = 512 * 1024 * 1024,
    TW_DAV_MAX_NAME = 255,        /* bytes of a name in a path, decoded */
    TW_DAV_MAX_INSTANCES = 10000, /* of a series, in one look at a range */
    TW_DAV_MAX_INDEXES = 256,     /* folders whose names are held in memory; likewise homes */
    TW_DAV_MAX_SHARED = 200,      /* others whose homes are looked into for one answer */
    TW_DAV_MAX_PEOPLE = 200,      /* principals of one answer */
    TW_DAV_MAX_ATTACHMENTS = 100, /* of an item, by POST */
    TW_DAV_MAX_INBOX = 1000,      /* newest messages of an Inbox that are looked at for meetings */
    TW_DAV_MAX_BUSY = 200,        /* people of one question who is free */
    TW_DAV_MAX_KEPT_TEXT = 256 * 1024,        /* bytes of a text of an item that is kept */
    TW_DAV_MAX_KEPT_TEXTS = 64 * 1024 * 1024, /* bytes of all of them */
};

typedef struct TwDav TwDav;

typedef struct {
    const char *zone; /* (nullable): IANA name: where clocks that name no zone hang; NULL: UTC */
    gboolean no_whole_calendars; /* GET of a collection is refused */
} TwDavConfig;

/**
 * tw_dav_new:
 * @config: (nullable): how to work; copied
 *
 * Returns: (transfer full): the door; it can be listened for, and answers once it has a server
 */
TwDav *tw_dav_new(const TwDavConfig *config);

/**
 * tw_dav_set_server:
 * @dav: a door without connections
 * @server: where the mailboxes are; outlives it
 */
void tw_dav_set_server(TwDav *dav, TwServer *server);

/**
 * tw_dav_set_whole_calendars:
 * @dav: a door, with connections too
 * @allowed: whether GET of a collection gives all of it
 */
void tw_dav_set_whole_calendars(TwDav *dav, gboolean allowed);

/**
 * tw_dav_free:
 * @dav: (nullable) (transfer full): a door without connections
 */
void tw_dav_free(TwDav *dav);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDav, tw_dav_free)

/**
 * tw_dav_listen_options:
 * @dav: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_dav_listen_options(TwDav *dav, TwListenOptions *ret);

G_END_DECLS
