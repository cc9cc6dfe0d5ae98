/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Looking up the addresses of a host without blocking: by the numbers themselves, by the system's hosts file, or by DNS. The
 * caller polls, so that names and connections share one wait and one deadline. One lookup belongs to one thread.
 */
#pragma once

#include <glib.h>
#include <poll.h>

#include "net/address.h"

G_BEGIN_DECLS

typedef struct TwResolve TwResolve;

enum {
    TW_RESOLVE_FDS_MOST = 16, /* sockets of one lookup */
    TW_RESOLVE_ADDRESSES_MOST =
        16, /* taken of each family; a name with hundreds would keep us busy for ever */
};

/* Begins to look for both families. servers: (nullable) "address:port,..." to ask instead of the system's. What cannot even
 * begin fails at once, as TW_ERROR_INVALID or TW_ERROR_BUSY. */
TwResolve *tw_resolve_new(
    const char *host, guint16 port, const char *servers, gint64 now_ms, GError **error);
void tw_resolve_free(TwResolve *resolve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwResolve, tw_resolve_free)

/* Says what to wait for: sockets go to fds, which has room for TW_RESOLVE_FDS_MOST; returns how many. *ret_wake_ms becomes
 * earlier when the lookup wants to be called before it. */
guint tw_resolve_prepare(const TwResolve *resolve, struct pollfd *fds, gint64 *ret_wake_ms);

/* After the wait, however it ended: takes answers, asks again what got none. */
void tw_resolve_process(TwResolve *resolve, const struct pollfd *fds, guint count, gint64 now_ms);

/* The next address to try, families in turns and IPv6 first (RFC 8305 4). FALSE: none now. IPv4 addresses that come first
 * are held back for a moment, as the other answer is most often close behind (RFC 8305 3). */
gboolean tw_resolve_next(TwResolve *resolve, gint64 now_ms, TwAddress *ret);

/* Whether no more addresses will come than tw_resolve_next() has given out. */
gboolean tw_resolve_is_done(const TwResolve *resolve);

/* Why there was no address, in a lookup that is done and found none, or as one that ran out of time. */
void tw_resolve_set_error(const TwResolve *resolve, GError **error);

G_END_DECLS
