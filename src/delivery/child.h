/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Programs of the administrator that delivery calls. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_child_wait:
 * @pid: a child of ours, started with G_SPAWN_DO_NOT_REAP_CHILD
 * @most_ms: how long it may take; then it is killed
 * @ret_status: (out): as waitpid() says
 *
 * Returns: FALSE: it took longer
 */
gboolean tw_child_wait(GPid pid, int most_ms, int *ret_status);

G_END_DECLS
