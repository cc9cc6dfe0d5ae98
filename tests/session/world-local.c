/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The world's server is the local provider itself. */
#include "session/world.h"

void
world_provider_change(TwLocalConfig *config)
{
    (void) config;
}

TwServer *
world_provider_open(World *world)
{
    return world->local;
}

void
world_provider_close(World *world)
{
    (void) world;
}
