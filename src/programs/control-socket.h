/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the socket of control.h is; what both ends share. */
#pragma once

#include <glib.h>
#include <sys/socket.h>
#include <sys/un.h>

G_BEGIN_DECLS

/**
 * tw_control_address:
 * @folder: a descriptor of the data folder, open for as long as the address is used
 * @name: a file of it
 * @ret: (out): its address, which is short however long the folder's path is
 */
static inline void
tw_control_address(int folder, const char *name, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    g_snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/%s", folder, name);
}

G_END_DECLS
