/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mail programs that know an address and a password find out the rest here: over HTTP, by the two questions that are in use. Nobody
 * logs on, and nobody is looked up: the answer is the same for each address of a domain, whether it is anybody's or not.
 */
#pragma once

#include "autoconfig/settings.h"
#include "net/listener.h"

G_BEGIN_DECLS

typedef struct TwAutoconfig TwAutoconfig;

/**
 * tw_autoconfig_new:
 * @facts: (transfer full): what is told; zero afterwards
 *
 * Returns: (transfer full): the door
 */
TwAutoconfig *tw_autoconfig_new(TwAutoconfigFacts *facts);

/**
 * tw_autoconfig_free:
 * @door: (nullable) (transfer full): a door without connections
 */
void tw_autoconfig_free(TwAutoconfig *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwAutoconfig, tw_autoconfig_free)

/**
 * tw_autoconfig_listen_options:
 * @door: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_autoconfig_listen_options(TwAutoconfig *door, TwListenOptions *ret);

G_END_DECLS
