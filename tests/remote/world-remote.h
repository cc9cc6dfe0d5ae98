/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of what only the remote provider has. */
#pragma once

#include "session/world.h"
#include "soapd/soapd.h"

G_BEGIN_DECLS

/* Ends the door with all its sessions and connections, and opens another one at the same socket: a server that was restarted. */
void world_remote_restart(World *world);

G_END_DECLS
