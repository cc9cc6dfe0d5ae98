/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-server: the storage with the door for MAPI clients and for programs of ours; other doors are daemons of their own. */
#include "programs/house-main.h"
#include "programs/server-old-keys.h"

static const TwDoor *const all_doors[] = { &tw_door_monitoring, &tw_door_soap, NULL };

static const TwOption options[] = {
    { .long_name = "endpoints",
      .arg = "FILE",
      .id = TW_HOUSE_OPTION_ENDPOINTS,
      .help = "write addresses and PID to FILE once everything listens" },
    { .long_name = "restart-searches",
      .short_name = 'R',
      .id = TW_HOUSE_OPTION_RESTART,
      .help = "begin all search folders anew before the first client comes" },
    { .long_name = "ignore-database-version-conflict", .id = TW_OPTION_SWALLOWED },
    { .long_name = "ignore-attachment-storage-conflict", .id = TW_OPTION_SWALLOWED },
    { .long_name = "override-multiserver-lock", .id = TW_OPTION_SWALLOWED },
    { .long_name = "force-database-upgrade", .id = TW_OPTION_SWALLOWED },
    { .long_name = "ignore-db-thread-stack-size", .id = TW_OPTION_SWALLOWED },
    { .long_name = NULL },
};

/* Where clients of this machine and of the network look first. */
static const struct {
    const char *key, *value;
} defaults[] = {
    { "server_listen", "*%lo:236" },
    { "server_pipe_name", "/run/twiga/server.sock" },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    if (!tw_house_add_tables(all_doors, schema, error) ||
        !tw_config_schema_add(schema, &tw_server_old_keys_table, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(defaults); i++) {
        if (!tw_config_schema_set_default(schema, defaults[i].key, defaults[i].value, error))
            return FALSE;
    }
    return TRUE;
}

static const TwProgram program = {
    .name = "twiga-server",
    .config_name = "server",
    .summary = "storage server for MAPI clients",
    .description = "Keeps the mailboxes and serves them to clients of Zarafa and Kopano, and to "
                   "the other programs of "
                   "Twiga, over a Unix socket, HTTP and HTTPS. HUP reads the configuration, "
                   "certificates and keys of "
                   "services again and opens the logs anew; TERM and INT stop it. Options of older "
                   "servers that ask it to go on "
                   "in spite of something are accepted and have no effect.",
    .kind = TW_PROGRAM_DAEMON,
    .options = options,
    .add_tables = add_tables,
};

int
main(int argc, char **argv)
{
    static const TwHouseProgram what = {
        .program = &program, .doors = all_doors, .server = TRUE, .restarts = TRUE
    };

    return tw_house_main(&what, argc, argv);
}
