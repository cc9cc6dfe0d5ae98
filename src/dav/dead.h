/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties that clients keep on a collection and the server does not know: "dead" ones, RFC 4918, 4. */
#pragma once

#include "dav/xml.h"

G_BEGIN_DECLS

enum {
    TW_DAV_MAX_DEAD =
        64 * 1024, /* bytes of all of a collection: without it they are a file store */
};

typedef struct TwDavDead TwDavDead;

/**
 * tw_dav_dead_parse:
 * @text: (nullable): as tw_dav_dead_print() made it; anything else is none
 *
 * Returns: (transfer full): the properties
 */
TwDavDead *tw_dav_dead_parse(const char *text);

/**
 * tw_dav_dead_free:
 * @dead: (nullable) (transfer full): properties
 */
void tw_dav_dead_free(TwDavDead *dead);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDavDead, tw_dav_dead_free)

/**
 * tw_dav_dead_print:
 * @dead: properties
 *
 * Returns: (transfer full) (nullable): a text that holds them; NULL: there are none
 */
char *tw_dav_dead_print(const TwDavDead *dead);

/**
 * tw_dav_dead_set:
 * @dead: properties
 * @prop: a property with what stands in it
 *
 * Returns: FALSE: it is too much, and nothing was changed
 */
gboolean tw_dav_dead_set(TwDavDead *dead, const TwDavElement *prop);

/**
 * tw_dav_dead_remove:
 * @dead: properties
 * @ns: a namespace
 * @name: a name, known or not
 */
void tw_dav_dead_remove(TwDavDead *dead, const char *ns, const char *name);

/**
 * tw_dav_dead_get:
 * @dead: properties
 * @ns: a namespace
 * @name: a name
 *
 * Returns: (transfer none) (nullable): the whole element, as XML
 */
const char *tw_dav_dead_get(const TwDavDead *dead, const char *ns, const char *name);

/**
 * tw_dav_dead_put_all:
 * @dead: properties
 * @out: takes all of them, as XML
 */
void tw_dav_dead_put_all(const TwDavDead *dead, GString *out);

G_END_DECLS
