/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-mr-process: takes meetings of mails into the calendar of a mailbox. */
#include "programs/meeting-helper.h"

static const TwProgram program = {
    .name = "twiga-mr-process",
    .config_name = "dagent",
    .summary = "take meetings of mails into a calendar",
    .description =
        "twiga-mr-process USER DAGENTCFG [ENTRYID] takes a message about a meeting that is in the "
        "mailbox of USER, named by its entry id in hexadecimal, or all that are in the Inbox, into "
        "the calendar: requests become tentative appointments, cancellations mark them, answers "
        "are noted in the meeting of the organiser. Nothing is answered. The server does the same "
        "by itself when mail arrives for somebody who wants that. Exit 0: the message was dealt "
        "with; 1: it was none for the calendar, or there was an error.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = tw_meeting_helper_options,
    .add_tables = tw_meeting_helper_add_tables,
};

int
main(int argc, char **argv)
{
    const TwMeetingHelper helper = { .program = &program,
                                     .take = TW_DIRECTORY_PROCESS,
                                     .leave = TW_DIRECTORY_ACCEPT };

    return tw_meeting_helper_main(&helper, argc, argv);
}
