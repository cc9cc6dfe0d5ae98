/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga-spooler: sends outgoing mail by itself, over a data folder that no server has open. `twiga` does the same among its
 * other work (door-spooler.c).
 */
#include "base/log-config.h"
#include "base/number.h"
#include "base/process-config.h"
#include "programs/daemon.h"
#include "programs/node.h"
#include "programs/storage-config.h"
#include "spooler/spooler.h"

#include <string.h>

enum {
    OPTION_PORT = TW_OPTION_OWN,
};

static const TwOption options[] = {
    { .long_name = "port",
      .arg = "N",
      .id = OPTION_PORT,
      .help = "the port of the mail server, instead of smtp_port" },
    { .long_name = NULL },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_storage_config_table, error) &&
           tw_config_schema_add(schema, &tw_spooler_config_table, error) &&
           tw_config_schema_add(schema, &tw_spooler_places_table, error) &&
           tw_config_schema_add(schema, &tw_spooler_historic_table, error);
}

static const TwProgram program = {
    .name = "twiga-spooler",
    .config_name = "spooler",
    .summary = "sends the outgoing mail of a data folder",
    .description =
        "Takes messages from the queue of outgoing mail in the order in which they are due and "
        "hands them to a mail server by SMTP: that of its one argument, or smtp_server. What was "
        "sent goes to Sent Items, what cannot be sent comes back to its sender as a report, and "
        "what cannot be sent now is tried again. It works on a data folder (data_path) that no "
        "server has open: twiga sends by itself, with the same keys. One that is open elsewhere is "
        "a failure to start.",
    .kind = TW_PROGRAM_DAEMON,
    .options = options,
    .add_tables = add_tables,
};

typedef struct {
    TwNode *node;
    TwSpooler *spooler;
    TwSpoolerRelay relay;
} Program;

static gboolean
read_arguments(TwDaemon *daemon, GError **error)
{
    Program *own = daemon->data;
    const GPtrArray *words = daemon->start->options->words;
    const char *port = tw_options_value(daemon->start->options, OPTION_PORT);
    guint32 number = 0;

    if (words->len > 1) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "one mail server, please");
        return FALSE;
    }
    if (port != NULL && (!tw_parse_u32(port, strlen(port), G_MAXUINT16, &number) || number == 0)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s is no port", port);
        return FALSE;
    }
    own->relay.server = words->len > 0 ? words->pdata[0] : NULL;
    own->relay.port = (guint16) number;
    return TRUE;
}

static gboolean
open_all(TwDaemon *daemon, GError **error)
{
    Program *own = daemon->data;
    TwNodeConfig config = { .fs = tw_file_system_real(),
                            .path = tw_config_get_string(daemon->config, "data_path"),
                            .companies = TRUE };

    own->node = tw_node_open(&config, error);
    if (own->node == NULL)
        return FALSE;
    own->spooler = tw_spooler_start(own->node->server, daemon->config, &own->relay, NULL, error);
    return own->spooler != NULL;
}

static void
on_reload(TwDaemon *daemon)
{
    g_autoptr(GError) error = NULL;

    if (!tw_spooler_reload(((Program *) daemon->data)->spooler, daemon->config, &error))
        tw_log(TW_LOG_ERR, "reload-failed", tw_log_error(error));
}

static void
close_all(TwDaemon *daemon)
{
    Program *own = daemon->data;

    g_clear_pointer(&own->spooler, tw_spooler_stop);
    g_clear_pointer(&own->node, tw_node_close);
}

int
main(int argc, char **argv)
{
    static const TwDaemonParts parts = { .program = &program,
                                         .bind = read_arguments,
                                         .open = open_all,
                                         .reloaded = on_reload,
                                         .close = close_all };
    Program own = { 0 };

    return tw_daemon_main(&parts, &own, argc, argv);
}
