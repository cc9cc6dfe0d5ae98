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
 * @server: where the mailboxes are; outlives it
 *
 * Returns: (transfer full): the door
 */
TwImap *tw_imap_new(TwServer *server);

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
