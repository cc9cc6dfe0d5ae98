/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What twiga-mr-accept and twiga-mr-process share: USER DAGENTCFG [ENTRYID] (spec/config-and-cli.md 19.5). */
#pragma once

#include "base/program.h"
#include "session/session.h"

G_BEGIN_DECLS

/* One of the two. */
typedef struct {
    const TwProgram *program;
    guint take,
        leave; /* bits of #TwDirectoryMeetingFlags that hold, and that do not, whatever is set */
} TwMeetingHelper;

/* Both have the same options. */
extern const TwOption tw_meeting_helper_options[];

/**
 * tw_meeting_helper_add_tables:
 * @schema: gets the keys of a connection
 * @error: as tw_config_schema_add()
 *
 * Returns: FALSE on failure
 */
gboolean tw_meeting_helper_add_tables(TwConfigSchema *schema, GError **error);

/**
 * tw_meeting_helper_main:
 * @helper: which
 * @argc: of main()
 * @argv: of main()
 *
 * Returns: what to exit with
 */
int tw_meeting_helper_main(const TwMeetingHelper *helper, int argc, char **argv);

G_END_DECLS
