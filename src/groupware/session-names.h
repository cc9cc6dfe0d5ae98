/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Named properties as a session's server has them, for codecs. */
#pragma once

#include "session/session.h"

G_BEGIN_DECLS

/**
 * tw_session_names_new:
 * @session: (transfer none): a session that outlives the map
 *
 * A map for one thread and a short time: names it gave out stay with it.
 *
 * Returns: (transfer full): a map, for tw_name_map_free()
 */
TwNameMap *tw_session_names_new(TwSession *session);

G_END_DECLS
