/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga-ical: CalDAV and CardDAV as a program of their own, in front of a server that may be on another host. `twiga` has the
 * same door among its others.
 *
 * The mailboxes are those of server_socket. Who logs on here is asked for a password there: that the program itself may do
 * everything at the server counts for nobody.
 */
#include "base/log-config.h"
#include "base/process-config.h"
#include "programs/connect.h"
#include "programs/daemon.h"
#include "programs/doors.h"
#include "programs/tls-config.h"

/* ---- keys ---- */

static const TwConfigKey keys[] = {
    { .name = "server_bind",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_LEGACY,
      .instead = "ical_listen",
      .help = "Address that ical_port and icals_port are on. Empty: all." },
    { .name = "ical_enable",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_LEGACY,
      .def = "yes",
      .instead = "ical_listen",
      .help = "Whether to serve without TLS, on ical_port." },
    { .name = "ical_port",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_LEGACY,
      .def = "8080",
      .max = 65535,
      .instead = "ical_listen",
      .help = "Port without TLS." },
    { .name = "icals_enable",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_LEGACY,
      .def = "no",
      .instead = "icals_listen",
      .help = "Whether to serve inside TLS, on icals_port." },
    { .name = "icals_port",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_LEGACY,
      .def = "8443",
      .max = 65535,
      .instead = "icals_listen",
      .help = "Port inside TLS." },
    { .name = "default_charset",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was the charset of bodies that name none. They are UTF-8, as the standards say." },
    { .name = "process_model",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a choice between threads and processes. There are threads." },
    { .name = "tmp_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a folder for temporary files." },
};

static gboolean
translate(TwConfig *draft, GError **error)
{
    return tw_config_translate_listen(draft, "server_bind", "ical_enable", "ical_port",
                                      "ical_listen", error) &&
           tw_config_translate_listen(draft, "server_bind", "icals_enable", "icals_port",
                                      "icals_listen", error);
}

static const TwConfigTable table = {
    .title = "iCal gateway",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

static const TwDoor *const doors[] = {
    &tw_door_monitoring,
    &tw_door_dav,
    NULL,
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_connect_config_table, error) &&
           tw_doors_add_tables(doors, schema, error) &&
           tw_config_schema_add(schema, &tw_tls_config_table, error) &&
           tw_config_schema_add(schema, &table, error) &&
           tw_config_schema_set_default(schema, "ical_listen", "*%lo:8080", error);
}

static const TwProgram program = {
    .name = "twiga-ical",
    .config_name = "ical",
    .summary = "calendars and contacts for their clients, by CalDAV and CardDAV",
    .description =
        "Serves calendars, task lists and address books over HTTP and HTTPS. The mailboxes are "
        "those "
        "of a server (server_socket), on this host or another; twiga has the same door inside. An "
        "account is set up with the address of this program alone: clients find the rest. A "
        "calendar "
        "as one file is at /ical/USER/FOLDER, what others share below /caldav/THEIR-NAME/, public "
        "folders below /caldav/public/ and /carddav/public/. HUP reads the configuration and the "
        "certificates again.",
    .kind = TW_PROGRAM_DAEMON,
    .add_tables = add_tables,
};

/* ---- life ---- */

typedef struct {
    TwHouse house;
    TwDoors *doors;
    const char *argv0; /* a name of an older generation looks for the socket of that generation */
} Ical;

static gboolean
bind_doors(TwDaemon *daemon, GError **error)
{
    Ical *ical = daemon->data;

    ical->house.daemon = daemon;
    ical->doors = tw_doors_new(doors);
    return tw_doors_bind(ical->doors, &ical->house, error);
}

static gboolean
open_all(TwDaemon *daemon, GError **error)
{
    Ical *ical = daemon->data;

    ical->house.server = tw_connect_daemon(daemon->config, ical->argv0, error);
    return ical->house.server != NULL && tw_doors_start(ical->doors, error);
}

static gboolean
announce(TwDaemon *daemon, GError **error)
{
    (void) error;
    g_atomic_int_set(&((Ical *) daemon->data)->house.ready, 1);
    return TRUE;
}

static void
on_reload(TwDaemon *daemon)
{
    tw_doors_reloaded(((Ical *) daemon->data)->doors);
}

static void
close_all(TwDaemon *daemon)
{
    Ical *ical = daemon->data;

    g_clear_pointer(&ical->doors, tw_doors_stop);
    g_clear_pointer(&ical->house.server, tw_server_close);
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
    Ical ical = { .argv0 = argv[0] };

    return tw_daemon_main(&parts, &ical, argc, argv);
}
