/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-mr-accept: answers meeting requests in a mailbox. */
#include "programs/meeting-helper.h"

static const TwProgram program = {
    .name = "twiga-mr-accept",
    .config_name = "dagent",
    .summary = "answer meeting requests of a mailbox",
    .description =
        "twiga-mr-accept USER DAGENTCFG [ENTRYID] answers a meeting request that is in the mailbox "
        "of USER, named by its entry id in hexadecimal, or all that are in the Inbox: it accepts, "
        "or declines what USER's settings decline, and keeps the calendar. Cancellations take "
        "the meeting out of the calendar. The server does the same by itself when mail arrives for "
        "somebody whose requests are accepted. Exit 0: the message was dealt with; 1: it was "
        "none for the calendar, or there was an error.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = tw_meeting_helper_options,
    .add_tables = tw_meeting_helper_add_tables,
};

int
main(int argc, char **argv)
{
    const TwMeetingHelper helper = { .program = &program, .take = TW_DIRECTORY_ACCEPT };

    return tw_meeting_helper_main(&helper, argc, argv);
}
