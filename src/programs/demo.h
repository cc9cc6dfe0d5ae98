/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The demo company: three people with mailboxes, a group, a public store and some mail, for a first look (`./run`).
 *
 * Who it is, with passwords made for this data folder, stands in demo.env in the data folder, readable by the server's user
 * only: lines NAME=value for scripts.
 */
#pragma once

#include "programs/node.h"

G_BEGIN_DECLS

/**
 * tw_demo_make:
 * @node: a node
 * @path: the data folder
 * @text: gets the lines of demo.env: DEMO_USER, DEMO_PASS, DEMO_ADDR, DEMO_USER2 and so on; nothing when there is no demo
 * @error: what the parts say
 *
 * Makes the demo in a data folder without users. One that was begun is completed; one that is complete is left alone,
 * whatever became of it; and a folder with users of somebody else gets none.
 *
 * Returns: FALSE on failure
 */
gboolean tw_demo_make(TwNode *node, const char *path, GString *text, GError **error);

G_END_DECLS
