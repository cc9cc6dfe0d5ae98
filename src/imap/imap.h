/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * IMAP: mailboxes for every mail client. Source: RFC 3501, with IDLE (RFC 2177), literals without waiting (RFC 7888), UNSELECT
 * (RFC 3691) and NAMESPACE (RFC 2342).
 */
#pragma once

#include "net/listener.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct TwImap TwImap;

/**
 * tw_imap_new:
 *
 * Returns: (transfer full): the door; it can be listened for, and takes connections once it has a server
 */
TwImap *tw_imap_new(void);

/**
 * tw_imap_set_server:
 * @imap: a door without connections
 * @server: where the mailboxes are; outlives it
 */
void tw_imap_set_server(TwImap *imap, TwServer *server);

/**
 * tw_imap_free:
 * @imap: (nullable) (transfer full): a door without connections
 */
void tw_imap_free(TwImap *imap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwImap, tw_imap_free)

/**
 * tw_imap_listen_options:
 * @imap: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_imap_listen_options(TwImap *imap, TwListenOptions *ret);

G_END_DECLS
