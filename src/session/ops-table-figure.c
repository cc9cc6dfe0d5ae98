/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables for administrators: sessions, and figures of the server, as they are when a table is opened. Source: spec/mapi-soap.md
 * 8.9, spec/config-and-cli.md 16.3 and 16.4.
 */
#include "session/making-private.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "mapi/tags.h"

/* ---- sessions ---- */

/* Of several companies the figures of all are the system administrator's alone. */
static gboolean
ask_figures(const TwLocalCall *call, TwOpNeed *ret_need, GError **error)
{
    *ret_need = call->local->config.hosted ? TW_NEED_SYSTEM : TW_NEED_ADMIN;
    return tw_local_ask_server(call, *ret_need, error);
}

static gboolean
put_list(TwPropsBuilder *builder, guint32 tag, const char *one, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT((gsize) TW_DIRECTORY_MOST_TEXT * 2);
    g_auto(TwListBuilder) list;
    TwPropValue value;

    tw_list_builder_init(&list, tag);
    if (one != NULL)
        tw_list_builder_add(&list, one, strlen(one));
    if (!tw_list_builder_finish(&list, &out, &value, error))
        return FALSE;
    tw_props_builder_set(builder, value);
    return TRUE;
}

/* A session's id is its secret: what is shown is its number in logs. */
static gboolean
add_session(TwMaking *making, const TwSessionEntry *entry, GError **error)
{
    gboolean busy = entry->calls > 0;
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_i8(PR_EC_STATS_SESSION_ID, entry->number));
    tw_props_builder_set(&builder, tw_value_i8(PR_EC_STATS_SESSION_GROUP_ID, 0));
    tw_making_put_text(&builder, PR_EC_STATS_SESSION_IPADDRESS, entry->address);
    tw_making_put_long(&builder, PR_EC_STATS_SESSION_IDLETIME,
                       (guint32) MIN(entry->idle_us / G_USEC_PER_SEC, G_MAXINT32));
    tw_making_put_long(&builder, PR_EC_STATS_SESSION_CAPABILITY, entry->capabilities);
    tw_props_builder_set(&builder, tw_value_bool(PR_EC_STATS_SESSION_LOCKED, busy));
    tw_making_put_text(&builder, PR_EC_USERNAME, entry->name);
    tw_props_builder_set(&builder, tw_value_double(PR_EC_STATS_SESSION_CPU_REAL,
                                                   (double) entry->spent_us / G_USEC_PER_SEC));
    tw_making_put_text(&builder, PR_EC_STATS_SESSION_CLIENT_VERSION, entry->program_version);
    tw_making_put_text(&builder, PR_EC_STATS_SESSION_CLIENT_APPLICATION, entry->program);
    tw_making_put_long(&builder, PR_EC_STATS_SESSION_REQUESTS, entry->all_calls);
    tw_making_put_text(&builder, PR_EC_STATS_SESSION_CLIENT_APPLICATION_VERSION,
                       entry->program_version);
    tw_making_put_text(&builder, PR_EC_STATS_SESSION_CLIENT_APPLICATION_MISC, entry->door);
    return put_list(&builder, PR_EC_STATS_SESSION_BUSYSTATES, busy ? entry->last_op : NULL,
                    error) &&
           put_list(&builder, PR_EC_STATS_SESSION_PROCSTATES, busy ? "P" : NULL, error) &&
           tw_making_add(making, &builder, error);
}

gboolean
tw_local_table_open_sessions(TwLocalCall *call, TwTableOpenSessionsArgs *args, GError **error)
{
    static const guint32 tags[] = {
        PR_EC_STATS_SESSION_ID,
        PR_EC_STATS_SESSION_GROUP_ID,
        PR_EC_STATS_SESSION_IPADDRESS,
        PR_EC_STATS_SESSION_IDLETIME,
        PR_EC_STATS_SESSION_CAPABILITY,
        PR_EC_STATS_SESSION_LOCKED,
        PR_EC_USERNAME,
        PR_EC_STATS_SESSION_BUSYSTATES,
        PR_EC_STATS_SESSION_PROCSTATES,
        PR_EC_STATS_SESSION_CPU_REAL,
        PR_EC_STATS_SESSION_CLIENT_VERSION,
        PR_EC_STATS_SESSION_CLIENT_APPLICATION,
        PR_EC_STATS_SESSION_REQUESTS,
        PR_EC_STATS_SESSION_CLIENT_APPLICATION_VERSION,
        PR_EC_STATS_SESSION_CLIENT_APPLICATION_MISC,
    };
    static const TwMadeColumns columns = { tags, G_N_ELEMENTS(tags) };
    g_auto(TwMaking) making = tw_making_begin(call);
    g_autoptr(GArray) list = NULL;
    TwOpNeed need;

    if (!ask_figures(call, &need, error))
        return FALSE;
    list = tw_local_list_sessions(call->local);
    for (guint i = 0; i < list->len; i++) {
        if (!add_session(&making, &g_array_index(list, TwSessionEntry, i), error))
            return FALSE;
    }
    return tw_making_open(&making, need, args->flags, &columns, &args->table, error);
}

/* ---- figures of the server ---- */

static gboolean
add_figure(TwMaking *making, const char *name, const char *help, const char *value, GError **error)
{
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_DISPLAY_NAME, name));
    tw_props_builder_set(&builder, tw_value_str(PR_EC_STATS_SYSTEM_DESCRIPTION, help));
    tw_props_builder_set(&builder, tw_value_str(PR_EC_STATS_SYSTEM_VALUE, value));
    return tw_making_add(making, &builder, error);
}

static gboolean
add_number(TwMaking *making, const char *name, const char *help, gint64 value, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    return add_figure(making, name, help, text, error);
}

static gboolean
add_identity(TwMaking *making, GError **error)
{
    TwLocal *local = making->call->local;
    g_autoptr(GDateTime) started =
        g_date_time_new_from_unix_utc(local->started_us / G_USEC_PER_SEC);
    g_autofree char *start = g_date_time_format(started, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *system = NULL;
    struct utsname name;

    if (uname(&name) == 0)
        system = g_strjoin(" ", name.sysname, name.release, name.machine, NULL);
    return add_figure(making, "program_name", "Program name", "twiga", error) &&
           add_figure(making, "program_version", "Program version", TW_VERSION, error) &&
           add_figure(making, "utsname", "Operating system", system != NULL ? system : "", error) &&
           add_figure(making, "server_start_date", "When the server started", start, error);
}

static gboolean
add_session_figures(TwMaking *making, GError **error)
{
    TwLocal *local = making->call->local;
    guint now;

    tw_lock(&local->lock);
    now = g_hash_table_size(local->sessions);
    tw_unlock(&local->lock);
    return add_number(making, "sessions", "Sessions now", now, error) &&
           add_number(making, "sessions_created", "Sessions since the start",
                      g_atomic_int_get(&local->made), error) &&
           add_number(making, "sessions_deleted", "Sessions that ended",
                      g_atomic_int_get(&local->ended), error) &&
           add_number(making, "sessions_timeout", "Sessions that nobody used for the timeout",
                      g_atomic_int_get(&local->expired), error) &&
           add_number(making, "login_failed", "Logons that were refused",
                      g_atomic_int_get(&local->refused), error);
}

static gboolean
add_user_figures(TwMaking *making, GError **error)
{
    static const struct {
        const char *name, *help;
        TwDirectoryKind kind;
    } kinds[] = {
        { "usercnt_active", "Users who may log on", TW_DIRECTORY_USER },
        { "usercnt_na_user", "Shared stores", TW_DIRECTORY_NONACTIVE_USER },
        { "usercnt_room", "Rooms", TW_DIRECTORY_ROOM },
        { "usercnt_equipment", "Equipment", TW_DIRECTORY_EQUIPMENT },
        { "usercnt_contact", "Contacts", TW_DIRECTORY_CONTACT },
    };
    g_autoptr(GPtrArray) all = tw_directory_snapshot_changed(making->call->snapshot, 0);
    gint64 counts[G_N_ELEMENTS(kinds)] = { 0 };

    for (guint i = 0; i < all->len; i++) {
        const TwDirectoryObject *object = all->pdata[i];
        for (guint j = 0; j < G_N_ELEMENTS(kinds); j++)
            counts[j] +=
                object->kind == kinds[j].kind && object->number >= TW_DIRECTORY_FIRST_NUMBER;
    }
    for (guint j = 0; j < G_N_ELEMENTS(kinds); j++) {
        if (!add_number(making, kinds[j].name, kinds[j].help, counts[j], error))
            return FALSE;
    }
    return add_number(making, "usercnt_nonactive", "Who cannot log on",
                      counts[1] + counts[2] + counts[3], error);
}

typedef struct {
    TwMaking *making;
    GError *error; /* owned: the first */
} Metrics;

static void
add_metric(const char *name, const char *help, gint64 value, gpointer data)
{
    Metrics *metrics = data;

    if (metrics->error == NULL)
        add_number(metrics->making, name, help, value, &metrics->error);
}

static gboolean
add_metrics(TwMaking *making, GError **error)
{
    Metrics metrics = { making, NULL };

    if (making->call->local->config.metrics != NULL)
        tw_metrics_each(making->call->local->config.metrics, add_metric, &metrics);
    if (metrics.error == NULL)
        return TRUE;
    g_propagate_error(error, metrics.error);
    return FALSE;
}

gboolean
tw_local_table_open_system(TwLocalCall *call, TwTableOpenSystemArgs *args, GError **error)
{
    static const guint32 tags[] = { PR_DISPLAY_NAME, PR_EC_STATS_SYSTEM_DESCRIPTION,
                                    PR_EC_STATS_SYSTEM_VALUE };
    static const TwMadeColumns columns = { tags, G_N_ELEMENTS(tags) };
    g_auto(TwMaking) making = tw_making_begin(call);
    TwOpNeed need;

    return ask_figures(call, &need, error) && add_identity(&making, error) &&
           add_session_figures(&making, error) && add_user_figures(&making, error) &&
           add_metrics(&making, error) &&
           tw_making_open(&making, need, args->flags, &columns, &args->table, error);
}
