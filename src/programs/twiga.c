/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga: all doors in one process, over one data folder. Here its doors are given a daemon's life and a node to
 * stand on.
 */
#include "base/error.h"
#include "base/log-config.h"
#include "base/process-config.h"
#include "programs/daemon.h"
#include "programs/demo.h"
#include "programs/doors.h"
#include "programs/housekeeping.h"
#include "programs/node.h"
#include "programs/storage-config.h"
#include "programs/users-config.h"

#include <unistd.h>

enum {
    OPTION_ENDPOINTS = TW_OPTION_OWN,
    OPTION_DEMO,
};

/* In the order in which they are bound and started. */
static const TwDoor *const all_doors[] = {
    &tw_door_monitoring, &tw_door_lmtp,    &tw_door_imap, &tw_door_pop3,
    &tw_door_soap,       &tw_door_spooler, &tw_door_dav,  NULL,
};

static const TwOption options[] = {
    { .long_name = "endpoints",
      .arg = "FILE",
      .id = OPTION_ENDPOINTS,
      .help = "write addresses and PID to FILE once everything listens" },
    { .long_name = "demo",
      .id = OPTION_DEMO,
      .help =
          "in a data folder without users, make a demo company with three users and some mail" },
    { .long_name = NULL },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_storage_config_table, error) &&
           tw_config_schema_add(schema, &tw_users_config_table, error) &&
           tw_doors_add_tables(all_doors, schema, error);
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

typedef struct {
    TwHouse house;
    TwDoors *doors;
    TwHousekeeping *keeping;
    GString *demo; /* (nullable): lines about the demo company */
} Twiga;

/* ---- storage ---- */

static gboolean
open_node(TwDaemon *daemon, GError **error)
{
    Twiga *twiga = daemon->data;
    const char *path = tw_config_get_string(daemon->config, "data_path");
    TwNodeConfig config = {
        .fs = tw_file_system_real(), .path = path, .make = TRUE, .config = daemon->config
    };

    twiga->house.node = tw_node_open(&config, error);
    if (twiga->house.node == NULL)
        return FALSE;
    if (tw_options_has(daemon->start->options, OPTION_DEMO)) {
        twiga->demo = g_string_new(NULL);
        if (!tw_demo_make(twiga->house.node, path, twiga->demo, error))
            return FALSE;
    }
    tw_log(TW_LOG_NOTICE, "storage-open", tw_log_str(TW_LOG_FILE, path),
           tw_log_int(TW_LOG_COUNT, tw_node_count_stores(twiga->house.node)));
    return TRUE;
}

/* ---- life ---- */

static gboolean
bind_doors(TwDaemon *daemon, GError **error)
{
    Twiga *twiga = daemon->data;

    twiga->house.daemon = daemon;
    twiga->doors = tw_doors_new(all_doors);
    return tw_doors_bind(twiga->doors, &twiga->house, error);
}

static gboolean
open_all(TwDaemon *daemon, GError **error)
{
    Twiga *twiga = daemon->data;

    if (!open_node(daemon, error) || !tw_doors_start(twiga->doors, error))
        return FALSE;
    twiga->keeping = tw_housekeeping_start(twiga->house.node);
    return TRUE;
}

/* For scripts: written under another name first, so that whoever waits for the file finds it whole. */
static gboolean
write_endpoints(TwDaemon *daemon, const char *path, GError **error)
{
    const Twiga *twiga = daemon->data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) local = NULL;
    gboolean secret = twiga->demo != NULL && twiga->demo->len > 0;

    tw_doors_write_endpoints(twiga->doors, text);
    if (secret)
        g_string_append(text, twiga->demo->str);
    g_string_append_printf(text, "PID=%d\n", (int) getpid());
    if (g_file_set_contents_full(path, text->str, (gssize) text->len,
                                 G_FILE_SET_CONTENTS_CONSISTENT, secret ? 0600 : 0644, &local))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
    return FALSE;
}

static gboolean
announce(TwDaemon *daemon, GError **error)
{
    Twiga *twiga = daemon->data;
    const char *path = tw_options_value(daemon->start->options, OPTION_ENDPOINTS);

    g_atomic_int_set(&twiga->house.ready, 1);
    return path == NULL || write_endpoints(daemon, path, error);
}

static void
on_reload(TwDaemon *daemon)
{
    tw_doors_reloaded(((Twiga *) daemon->data)->doors);
}

static void
close_all(TwDaemon *daemon)
{
    Twiga *twiga = daemon->data;

    g_clear_pointer(&twiga->doors, tw_doors_stop);
    g_clear_pointer(&twiga->keeping, tw_housekeeping_stop);
    g_clear_pointer(&twiga->house.node, tw_node_close);
    if (twiga->demo != NULL)
        g_string_free(g_steal_pointer(&twiga->demo), TRUE);
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
    Twiga twiga = { 0 };

    return tw_daemon_main(&parts, &twiga, argc, argv);
}
