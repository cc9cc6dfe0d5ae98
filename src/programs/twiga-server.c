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

/* Where clients of this machine and of the network look first, and where an administrator of that generation has files. */
static const TwProgramDefault defaults[] = {
    { "server_listen", { "*%lo:236", "*%lo:236", "*%lo:236" } },
    { "server_pipe_name",
      { "/run/twiga/server.sock", "/var/run/kopano/server.sock", "/var/run/zarafa" } },
    { "server_pipe_priority", { "", "/var/run/kopano/prio.sock", "/var/run/zarafa-prio" } },
    { "server_ssl_key_file",
      { "/etc/twiga/ssl/server.pem", "/etc/kopano/ssl/server.pem", "/etc/zarafa/ssl/server.pem" } },
    { "server_ssl_ca_file",
      { "/etc/twiga/ssl/cacert.pem", "/etc/kopano/ssl/cacert.pem", "/etc/zarafa/ssl/cacert.pem" } },
    { "sslkeys_path", { "/etc/twiga/sslkeys", "/etc/kopano/sslkeys", "/etc/zarafa/sslkeys" } },
    { "userscripts_folders",
      { "/usr/lib/twiga/userscripts /etc/twiga/userscripts",
        "/usr/lib/kopano/userscripts /etc/kopano/userscripts",
        "/usr/lib/zarafa/userscripts /etc/zarafa/userscripts" } },
    { NULL, { NULL } },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_house_add_tables(all_doors, schema, error) &&
           tw_config_schema_add(schema, &tw_server_old_keys_table, error);
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
    .defaults = defaults,
};

int
main(int argc, char **argv)
{
    static const TwHouseProgram what = {
        .program = &program, .doors = all_doors, .server = TRUE, .restarts = TRUE
    };

    return tw_house_main(&what, argc, argv);
}
