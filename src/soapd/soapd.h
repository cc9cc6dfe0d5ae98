/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The SOAP door: MAPI for clients of Zarafa and Kopano, over HTTP on a Unix socket or TCP. Start here. The contract is
 * spec/mapi-soap.md; the codec is soap/.
 */
#pragma once

#include "net/listener.h"
#include "session/session.h"
#include "soap/reader.h"
#include "soapd/trusted-keys.h"

G_BEGIN_DECLS

typedef struct TwSoapd TwSoapd;

/* Zero and NULL mean the default named in each comment. */
typedef struct {
    gint64 session_timeout_us;  /* after which what the door keeps of a session goes; 300 s */
    guint poll_ms;              /* how long notifyGetItems waits for news; 60,000 */
    const char *node;           /* name of this server in pseudo URLs; "Unknown" */
    const TwSoapLimits *limits; /* of a request; TW_SOAP_LIMITS */
    TwConnTimeouts timeouts;    /* of connections */
    gboolean
        compress_local; /* grant COMPRESSION to clients of this host, too, which gain nothing by it: for tests */
} TwSoapdConfig;

/**
 * tw_soapd_new:
 * @config: (nullable): how to work; copied
 *
 * Returns: (transfer full): the door; it can be listened for, and takes connections once it has a server
 */
TwSoapd *tw_soapd_new(const TwSoapdConfig *config);

/**
 * tw_soapd_set_server:
 * @soapd: a door without connections
 * @server: where the mailboxes are; outlives it
 */
void tw_soapd_set_server(TwSoapd *soapd, TwServer *server);

/**
 * tw_soapd_set_keys:
 * @soapd: a door
 * @keys: (nullable) (transfer full): services that are trusted by their certificate, from now on; sessions that were
 *   opened by others that were trusted before go on
 */
void tw_soapd_set_keys(TwSoapd *soapd, TwSoapdKeys *keys);

/**
 * tw_soapd_free:
 * @soapd: (nullable) (transfer full): a door without connections
 *
 * Sessions of its clients end.
 */
void tw_soapd_free(TwSoapd *soapd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapd, tw_soapd_free)

/**
 * tw_soapd_listen_options:
 * @soapd: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_soapd_listen_options(TwSoapd *soapd, TwListenOptions *ret);

G_END_DECLS
