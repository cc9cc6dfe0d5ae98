/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/house-main.h"

#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log-config.h"
#include "base/process-config.h"
#include "programs/control.h"
#include "programs/demo.h"
#include "programs/housekeeping.h"
#include "programs/node.h"
#include "programs/storage-config.h"
#include "programs/user-scripts.h"
#include "programs/user-source.h"
#include "programs/users-config.h"
#include "store/search-folder.h"

typedef struct {
    const TwHouseProgram *what;
    const char *called; /* as argv[0] */
    TwHouse house;
    TwServer *remote; /* owned, nullable: the server elsewhere */
    TwLog *audit;     /* (nullable) */
    TwUserScripts *scripts;
    TwDoors *doors;
    TwHousekeeping *keeping;
    TwControl *control; /* (nullable) */
    GString *demo;      /* (nullable): lines about the demo company */
    gint ended;         /* atomic: another server has the databases, or may have */
} Life;

enum {
    EXIT_ENDED = 75, /* start it again: EX_TEMPFAIL */
};

/* ---- storage ---- */

/* On some thread of the storage: the process stops as at any TERM, and says with its code that it wants to be started again. */
static void
on_ended(gpointer data, const GError *why G_GNUC_UNUSED)
{
    g_atomic_int_set(&((Life *) data)->ended, 1);
    kill(getpid(), SIGTERM);
}

static gboolean
open_node(TwDaemon *daemon, GError **error)
{
    Life *life = daemon->data;
    const char *path = tw_config_get_string(daemon->config, "data_path");
    TwNodeConfig config = { .fs = tw_file_system_real(),
                            .path = path,
                            .make = life->what->server,
                            .config = daemon->config,
                            .metrics = daemon->metrics,
                            .audit = life->audit,
                            .ended = on_ended,
                            .ended_data = life,
                            .rules = life->what->server };

    if (life->what->server) {
        life->scripts = tw_user_scripts_new(daemon->config);
        config.changed = tw_user_scripts_run;
        config.changed_data = life->scripts;
    }
    life->house.node = tw_node_open(&config, error);
    if (life->house.node == NULL)
        return FALSE;
    life->house.server = life->house.node->server;
    if (life->what->demo && tw_options_has(daemon->start->options, TW_HOUSE_OPTION_DEMO)) {
        life->demo = g_string_new(NULL);
        if (!tw_demo_make(life->house.node, path, life->demo, error))
            return FALSE;
    }
    tw_log(TW_LOG_NOTICE, "storage-open", tw_log_str(TW_LOG_FILE, path),
           tw_log_int(TW_LOG_COUNT, tw_node_count_stores(life->house.node)));
    return TRUE;
}

/* Without it the server works all the same; only the tools have to wait until it is stopped. */
static void
open_control(Life *life, const char *path)
{
    g_autoptr(GError) error = NULL;

    life->control = tw_control_start(life->house.node->engine, path, &error);
    if (life->control == NULL)
        tw_log(TW_LOG_WARNING, "storage-control-missing", tw_log_error(error));
}

/* Tells the other servers where clients reach this one. */
static gboolean
tell_where(const Life *life, GError **error)
{
    const TwConfig *config = life->house.daemon->config;
    const char *name = tw_users_config_node(config);

    return name == NULL ||
           tw_directory_set_node_urls(life->house.node->directory, name,
                                      tw_config_get_list(config, "server_urls"), error);
}

/* ---- life ---- */

/* Files may need root, and belong to whom we become. */
static gboolean
open_audit(Life *life, const TwDaemon *daemon, GError **error)
{
    g_auto(GStrv) environment = g_get_environ();
    g_auto(TwProcessIdentity) identity = { 0 };
    TwLogPlace place = { .ident = life->what->program->name, .prefix = TW_LOG_PREFIX_THREAD };

    if (!tw_process_identity_from_config(daemon->config, &identity, error))
        return FALSE;
    place.owner_uid = identity.uid;
    place.owner_gid = identity.gid;
    tw_log_place_detect(&place, (const char *const *) environment);
    return tw_audit_log_open(daemon->config, &place, &life->audit, error);
}

static gboolean
bind_doors(TwDaemon *daemon, GError **error)
{
    Life *life = daemon->data;

    if (life->what->server && !open_audit(life, daemon, error))
        return FALSE;
    life->house.daemon = daemon;
    life->doors = tw_doors_new(life->what->doors);
    return tw_doors_bind(life->doors, &life->house, error);
}

/* Search folders are filled in the background; all of them begin anew before anybody comes. */
static gboolean
restart_searches(TwNode *node, GError **error)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(node->engine);
    guint all = 0;

    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(TwStore) store =
            tw_store_open_number(node->engine, g_array_index(stores, guint32, i), NULL);
        guint count = 0;

        /* one that went meanwhile has none */
        if (store != NULL && !tw_store_restart_searches(store, &count, error))
            return FALSE;
        all += count;
    }
    tw_log(TW_LOG_NOTICE, "searches-restarted", tw_log_uint(TW_LOG_COUNT, all));
    return TRUE;
}

/* The storage is another server's: its own life, and that of its databases, are its own. */
static gboolean
open_elsewhere(TwDaemon *daemon, GError **error)
{
    Life *life = daemon->data;

    life->house.server = life->remote = life->what->elsewhere(daemon->config, life->called, error);
    return life->remote != NULL && tw_doors_start(life->doors, error);
}

static gboolean
open_all(TwDaemon *daemon, GError **error)
{
    Life *life = daemon->data;

    if (life->what->elsewhere != NULL && tw_config_is_set(daemon->config, "server_socket"))
        return open_elsewhere(daemon, error);
    if (!open_node(daemon, error))
        return FALSE;
    if (life->what->restarts && tw_options_has(daemon->start->options, TW_HOUSE_OPTION_RESTART) &&
        !restart_searches(life->house.node, error))
        return FALSE;
    if (!tw_doors_start(life->doors, error) || (life->what->server && !tell_where(life, error)))
        return FALSE;
    life->keeping = tw_housekeeping_start(life->house.node);
    open_control(life, tw_config_get_string(daemon->config, "data_path"));
    return TRUE;
}

/* For scripts: written under another name first, so that whoever waits for the file finds it whole. */
static gboolean
write_endpoints(TwDaemon *daemon, const char *path, GError **error)
{
    const Life *life = daemon->data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) local = NULL;
    gboolean secret = life->demo != NULL && life->demo->len > 0;

    tw_doors_write_endpoints(life->doors, text);
    if (secret)
        g_string_append(text, life->demo->str);
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
    Life *life = daemon->data;
    const char *path = tw_options_value(daemon->start->options, TW_HOUSE_OPTION_ENDPOINTS);

    g_atomic_int_set(&life->house.ready, 1);
    if (life->what->server && life->house.node != NULL)
        tw_local_follow_directory(life->house.server, TRUE);
    return path == NULL || write_endpoints(daemon, path, error);
}

static void
reload_users(const TwConfig *config, const TwHouse *house)
{
    g_autoptr(GError) quotas = NULL;
    g_autoptr(GError) source = NULL;

    if (!tw_users_config_reload(config, house->server, &quotas))
        tw_log(TW_LOG_ERR, "reload-failed", tw_log_error(quotas));
    if (!tw_user_source_reload(config, house->node->plugin, &source))
        tw_log(TW_LOG_ERR, "reload-failed", tw_log_error(source));
}

static void
on_reload(TwDaemon *daemon)
{
    const Life *life = daemon->data;

    if (life->scripts != NULL)
        tw_user_scripts_set_config(life->scripts, daemon->config);
    if (life->house.node != NULL)
        reload_users(daemon->config, &life->house);
    if (life->keeping != NULL)
        tw_housekeeping_reload(life->keeping, daemon->config);
    tw_doors_reloaded(life->doors);
}

static void
close_all(TwDaemon *daemon)
{
    Life *life = daemon->data;

    g_clear_pointer(&life->control, tw_control_stop);
    if (life->what->server && life->house.node != NULL)
        tw_local_follow_directory(life->house.server, FALSE);
    g_clear_pointer(&life->doors, tw_doors_stop);
    g_clear_pointer(&life->keeping, tw_housekeeping_stop);
    g_clear_pointer(&life->house.node, tw_node_close);
    g_clear_pointer(&life->remote, tw_server_close);
    g_clear_pointer(&life->scripts, tw_user_scripts_free);
    g_clear_pointer(&life->audit, tw_log_free);
    if (life->demo != NULL)
        g_string_free(g_steal_pointer(&life->demo), TRUE);
}

gboolean
tw_house_add_tables(const TwDoor *const *doors, TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_audit_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_storage_config_table, error) &&
           tw_config_schema_add(schema, &tw_users_config_table, error) &&
           tw_config_schema_add(schema, &tw_user_source_config_table, error) &&
           tw_config_schema_add(schema, &tw_user_scripts_config_table, error) &&
           tw_doors_add_tables(doors, schema, error);
}

int
tw_house_main(const TwHouseProgram *what, int argc, char **argv)
{
    const TwDaemonParts parts = { .program = what->program,
                                  .bind = bind_doors,
                                  .open = open_all,
                                  .ready = announce,
                                  .reloaded = on_reload,
                                  .close = close_all };
    Life life = { .what = what, .called = argv[0] };
    int code = tw_daemon_main(&parts, &life, argc, argv);

    return g_atomic_int_get(&life.ended) ? EXIT_ENDED : code;
}
