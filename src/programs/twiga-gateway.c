/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga-gateway: IMAP and POP3 as a program of their own. `twiga` has the same doors among its others.
 *
 * The doors know their mailboxes as a TwServer alone: one behind a wire (server_socket), or the data folder that is named.
 */
#include "base/log-config.h"
#include "base/process-config.h"
#include "programs/connect.h"
#include "programs/daemon.h"
#include "programs/doors.h"
#include "programs/housekeeping.h"
#include "programs/node.h"
#include "programs/storage-config.h"
#include "programs/users-config.h"

/* ---- keys ---- */

static const TwConfigKey keys[] = {
    { .name = "server_bind",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_LEGACY,
      .instead = "imap_listen",
      .help = "Address that imap_port, imaps_port, pop3_port and pop3s_port are on. Empty: all." },
    { .name = "html_safety_filter",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a filter for mails made of HTML. They are sent as they are." },
    { .name = "tmp_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a folder for temporary files. There are none." },
};

static gboolean
translate(TwConfig *draft, GError **error)
{
    static const char *const doors[][3] = {
        { "imap_enable", "imap_port", "imap_listen" },
        { "imaps_enable", "imaps_port", "imaps_listen" },
        { "pop3_enable", "pop3_port", "pop3_listen" },
        { "pop3s_enable", "pop3s_port", "pop3s_listen" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(doors); i++) {
        if (!tw_config_translate_listen(draft, "server_bind", doors[i][0], doors[i][1], doors[i][2],
                                        error))
            return FALSE;
    }
    return TRUE;
}

static const TwConfigTable table = {
    .title = "Gateway",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

static const TwDoor *const doors[] = {
    &tw_door_monitoring,
    &tw_door_imap,
    &tw_door_pop3,
    NULL,
};

/* Its own table comes last, for with server_bind ports mean something else than what the doors make of them. */
static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_connect_config_table, error) &&
           tw_config_schema_add(schema, &tw_storage_config_table, error) &&
           tw_config_schema_add(schema, &tw_users_config_table, error) &&
           tw_doors_add_tables(doors, schema, error) &&
           tw_config_schema_add(schema, &table, error) &&
           tw_config_schema_set_default(schema, "imap_listen", "*%lo:143", error) &&
           tw_config_schema_set_default(schema, "pop3_listen", "*%lo:110", error) &&
           tw_config_schema_set_default(schema, "imap_enable", "yes", error) &&
           tw_config_schema_set_default(schema, "pop3_enable", "yes", error);
}

static const TwProgram program = {
    .name = "twiga-gateway",
    .config_name = "gateway",
    .summary = "mailboxes for mail clients, by IMAP and POP3",
    .description =
        "Serves IMAP and POP3, in the clear, with STARTTLS and inside TLS, for the mailboxes of a "
        "server elsewhere, which server_socket names. Where data_path is set and server_socket is "
        "not, it opens that data folder itself, which no server may have open. twiga has the same "
        "doors. HUP reads the configuration and the certificates again: connections that come from "
        "then on are served by it. Log-ons that fail are lines of level warning in the log, with "
        "the address of the client as peer, for programs that shut addresses out.",
    .kind = TW_PROGRAM_DAEMON,
    .add_tables = add_tables,
};

/* ---- life ---- */

typedef struct {
    const char *called;
    TwHouse house;
    TwServer *remote; /* owned, nullable */
    TwDoors *doors;
    TwHousekeeping *keeping;
} Gateway;

static gboolean
open_node(Gateway *gateway, TwConfig *config, GError **error)
{
    TwNodeConfig node = { .fs = tw_file_system_real(),
                          .path = tw_config_get_string(config, "data_path"),
                          .config = config };

    gateway->house.node = tw_node_open(&node, error);
    if (gateway->house.node == NULL)
        return FALSE;
    gateway->house.server = gateway->house.node->server;
    gateway->keeping = tw_housekeeping_start(gateway->house.node);
    return TRUE;
}

/* Where the mailboxes are. A data folder that is named is meant, unless a server is. */
static gboolean
open_server(Gateway *gateway, TwConfig *config, GError **error)
{
    if (tw_config_is_set(config, "data_path") && !tw_config_is_set(config, "server_socket"))
        return open_node(gateway, config, error);
    gateway->remote = tw_connect_daemon(config, gateway->called, error);
    gateway->house.server = gateway->remote;
    return gateway->remote != NULL;
}

static gboolean
bind_doors(TwDaemon *daemon, GError **error)
{
    Gateway *gateway = daemon->data;

    gateway->house.daemon = daemon;
    gateway->doors = tw_doors_new(doors);
    return tw_doors_bind(gateway->doors, &gateway->house, error);
}

static gboolean
open_all(TwDaemon *daemon, GError **error)
{
    Gateway *gateway = daemon->data;

    if (tw_config_get_bool(daemon->config, "bypass_auth"))
        tw_log(TW_LOG_WARNING, "passwords-are-not-asked",
               tw_log_str(TW_LOG_CONFIG_KEY, "bypass_auth"));
    return open_server(gateway, daemon->config, error) && tw_doors_start(gateway->doors, error);
}

static gboolean
announce(TwDaemon *daemon, GError **error)
{
    (void) error;
    g_atomic_int_set(&((Gateway *) daemon->data)->house.ready, 1);
    return TRUE;
}

static void
on_reload(TwDaemon *daemon)
{
    const Gateway *gateway = daemon->data;

    if (gateway->keeping != NULL)
        tw_housekeeping_reload(gateway->keeping, daemon->config);
    tw_doors_reloaded(gateway->doors);
}

static void
close_all(TwDaemon *daemon)
{
    Gateway *gateway = daemon->data;

    g_clear_pointer(&gateway->doors, tw_doors_stop);
    g_clear_pointer(&gateway->keeping, tw_housekeeping_stop);
    g_clear_pointer(&gateway->house.node, tw_node_close);
    g_clear_pointer(&gateway->remote, tw_server_close);
}

int
main(int argc, char **argv)
{
    static const TwDaemonParts parts = { .program = &program,
                                         .bind = bind_doors,
                                         .open = open_all,
                                         .ready = announce,
                                         .reloaded = on_reload,
                                         .close = close_all };
    Gateway gateway = { .called = argv[0] };

    return tw_daemon_main(&parts, &gateway, argc, argv);
}
