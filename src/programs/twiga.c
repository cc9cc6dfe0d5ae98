/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga: all doors in one process, over one data folder. Here its doors are given a daemon's life and a node to
 * stand on.
 */
#include "programs/house-main.h"

/* In the order in which they are bound and started. */
static const TwDoor *const all_doors[] = {
    &tw_door_monitoring, &tw_door_lmtp, &tw_door_imap,       &tw_door_pop3, &tw_door_soap,
    &tw_door_spooler,    &tw_door_dav,  &tw_door_autoconfig, NULL,
};

static const TwOption options[] = {
    { .long_name = "endpoints",
      .arg = "FILE",
      .id = TW_HOUSE_OPTION_ENDPOINTS,
      .help = "write addresses and PID to FILE once everything listens" },
    { .long_name = "demo",
      .id = TW_HOUSE_OPTION_DEMO,
      .help =
          "in a data folder without users, make a demo company with three users and some mail" },
    { .long_name = NULL },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_house_add_tables(all_doors, schema, error);
}

static const TwProgram program = {
    .name = "twiga",
    .config_name = "server",
    .summary = "collaboration server, all doors in one process",
    .description =
        "Runs every part of Twiga in one process, with nothing to install or configure beside it. "
        "With --demo a data folder that has no users gets a demo company: their names and "
        "passwords stand in demo.env in the data folder, readable by the server's user only, "
        "and in the file of --endpoints.",
    .kind = TW_PROGRAM_DAEMON,
    .options = options,
    .add_tables = add_tables,
};

int
main(int argc, char **argv)
{
    static const TwHouseProgram what = {
        .program = &program, .doors = all_doors, .server = TRUE, .demo = TRUE
    };

    return tw_house_main(&what, argc, argv);
}
