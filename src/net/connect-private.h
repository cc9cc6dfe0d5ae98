/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Getting a connected socket, the lookup of the name included, before a point in time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As tw_client_connect() says. Returns a socket that does not block, or -1. */
int tw_connect_host(
    const char *host, guint16 port, const char *name_servers, gint64 until_ms, GError **error);
int tw_connect_unix(const char *path, GError **error);

G_END_DECLS
