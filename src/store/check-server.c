/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What belongs to no store alone: the structure of the databases, the map of stores, named properties, tasks, blobs. */
#include <string.h>

#include "base/error.h"
#include "store/check-private.h"

enum {
    SCRUB_BYTES = 64 << 20 /* of stored values between two looks at cancellation */
};

/* What nothing here repairs says why. */
#define DAMAGED                                                                                    \
    " (no repair: what stood in a damaged page is not known, and mending its tree would drop "     \
    "rows; "                                                                                       \
    "export its stores one by one, or put back the file from a backup)"

typedef struct {
    TwCheck check; /* number 0: what is noted is the server's */
    GString *text;
    guint number; /* of the partition in hand */
    guint tasks;
    GArray *stores, *places;
} Server;

static gboolean
structure_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Server *server = data;

    g_string_truncate(server->text, 0);
    return tw_sql_check_structure(tx, server->check.options->deep, server->text, error);
}

static void
look_at_structure(Server *server, TwDb *db, const char *name)
{
    const TwCheckOptions *how = server->check.options;
    TwDbOptions options = { .deadline_us = how->alone ? G_MAXINT64 : 0, .cancel = how->cancel };
    g_autoptr(GError) why = NULL;
    gboolean ok = tw_db_read(db, &options, structure_tx, server, &why);

    if (g_error_matches(why, TW_ERROR, TW_ERROR_TIMEOUT))
        tw_check_note(&server->check, TW_CHECK_MORE, 0, server->number, FALSE,
                      "%s: its structure takes longer to look at than a read may last while the "
                      "server works: check it when the server is stopped",
                      name);
    else if (!ok && !g_error_matches(why, TW_ERROR, TW_ERROR_CANCELLED))
        tw_check_note(&server->check, TW_CHECK_STRUCTURE, 0, server->number, FALSE,
                      "%s: %s" DAMAGED, name, why->message);
    else if (ok && server->text->len > 0)
        tw_check_note(&server->check, TW_CHECK_STRUCTURE, 0, server->number, FALSE,
                      "%s: %s" DAMAGED, name, server->text->str);
}

static gboolean
partition_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Server *server = data;
    g_autoptr(GArray) tasks = tw_sql_task_list(tx, &server->tasks, error);

    g_clear_pointer(&server->stores, g_array_unref);
    if (tasks == NULL)
        return FALSE;
    for (guint i = 0; i < tasks->len; i++)
        server->tasks += tw_task_is_known(&g_array_index(tasks, TwTaskRow, i)) ? 0 : 1;
    server->stores = tw_sql_check_stores(tx, error);
    return server->stores != NULL;
}

static gboolean
is_placed(const Server *server, guint32 store)
{
    for (guint i = 0; i < server->places->len; i++) {
        const TwStorePlace *place = &g_array_index(server->places, TwStorePlace, i);
        if (place->number == store)
            return place->partition == server->number;
    }
    return FALSE;
}

static void
look_at_partition(Server *server, TwPartition *partition)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *name = g_strdup_printf("partition %u", partition->number + 1);

    server->number = partition->number;
    if (partition->db == NULL) {
        tw_check_note(&server->check, TW_CHECK_STRUCTURE, 0, partition->number, FALSE,
                      "%s cannot be opened: %s (no repair: nothing of it can be read)", name,
                      partition->why);
        return;
    }
    look_at_structure(server, partition->db, name);
    if (!tw_db_read(partition->db, NULL, partition_tx, server, &why)) {
        tw_check_note(&server->check, TW_CHECK_STRUCTURE, 0, partition->number, FALSE, "%s: %s",
                      name, why->message);
        return;
    }
    if (server->tasks > 0)
        tw_check_note(&server->check, TW_CHECK_TASK, 0, partition->number, FALSE,
                      "%s: %u tasks cannot be read: what they were to finish stays as it is (no "
                      "repair: what they were to do is known to nobody; nothing is lost by it)",
                      name, server->tasks);
    for (guint i = 0; i < server->stores->len; i++) {
        guint32 store = g_array_index(server->stores, guint32, i);
        if (!is_placed(server, store))
            tw_check_note(&server->check, TW_CHECK_STORE_PLACE, 0, store, FALSE,
                          "%s has a store %u, which the map of stores has not there (no repair: "
                          "it may be what a deletion left, or the map older than the partition)",
                          name, store);
    }
}

static gboolean
server_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Server *server = data;

    g_clear_pointer(&server->places, g_array_unref);
    server->places = tw_sql_place_list(tx, error);
    return server->places != NULL;
}

static gboolean
named_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Server *server = data;
    g_autoptr(GArray) names = tw_sql_named_list(tx, 0, error);

    for (guint i = 0; names != NULL && i < names->len; i++) {
        TwNamedRow *row = &g_array_index(names, TwNamedRow, i);
        g_autoptr(GError) why = NULL;
        if (!tw_named_prop_check(row->name, &why) || tw_named_prop_fixed_id(row->name) != 0)
            tw_check_note(&server->check, TW_CHECK_NAMED_PROPERTY, 0, row->id, FALSE,
                          "the name of property 0x%04x cannot be: %s (no repair: records name the "
                          "property by this number, which would mean another one)",
                          row->id, why != NULL ? why->message : "its id is fixed");
        g_free(row->name);
    }
    return names != NULL;
}

static void
note_blob(const TwBlobId *id, const GError *why, gpointer data)
{
    g_autofree char *name = tw_blob_id_to_hex(id);

    tw_check_note(data, TW_CHECK_BLOB, 0, 0, FALSE,
                  "value %s: %s (no repair here: its bytes are lost; the check of each store with "
                  "--deep mends the messages that name it)",
                  name, why->message);
}

static void
note_file(const char *path, const char *what, gpointer data)
{
    tw_check_note(data, TW_CHECK_BLOB, 0, 0, FALSE,
                  "%s: %s (no repair here: a damaged catalog is made anew from the segments when "
                  "the server starts; a "
                  "segment is read on without its header, and compaction moves what lives in it)",
                  path, what);
}

static gboolean
scrub(Server *server, GError **error)
{
    const TwCheckOptions *options = server->check.options;
    static const TwBlobId start;
    TwBlobId after = start;
    guint64 done = 0, count;

    do {
        if (!tw_blob_scrub(server->check.engine->blobs, &after, SCRUB_BYTES, note_blob,
                           &server->check, &count, error) ||
            !tw_cancel_check(options->cancel, tw_deadline_never(), error))
            return FALSE;
        done += count;
        if (options->progress != NULL)
            options->progress("blobs", done, options->data);
    } while (!tw_blob_id_equal(&after, &start));
    return TRUE;
}

static void
free_finding(gpointer data)
{
    tw_check_finding_free(data);
}

static gboolean
look_at_server(Server *server, GError **error)
{
    TwEngine *engine = server->check.engine;
    g_autoptr(GError) why = NULL;

    if (!tw_db_read(engine->server, NULL, server_tx, server, error))
        return FALSE;
    look_at_structure(server, engine->server, "server.db");
    if (!tw_db_read(engine->server, NULL, named_tx, server, &why))
        tw_check_note(&server->check, TW_CHECK_NAMED_PROPERTY, 0, 0, FALSE, "%s", why->message);
    for (guint i = 0; i < engine->partition_count; i++) {
        if (!tw_cancel_check(server->check.options->cancel, tw_deadline_never(), error))
            return FALSE;
        if (server->check.options->progress != NULL)
            server->check.options->progress("structure", i, server->check.options->data);
        look_at_partition(server, &engine->partitions[i]);
    }
    tw_blob_inspect(engine->blobs, note_file, &server->check);
    return !server->check.options->deep || scrub(server, error);
}

GPtrArray *
tw_check_server(TwEngine *engine, const TwCheckOptions *options, GError **error)
{
    Server server = { .check = { .engine = engine, .options = options } };
    gboolean ok;

    server.check.found = g_ptr_array_new_with_free_func(free_finding);
    server.text = g_string_new(NULL);
    ok = look_at_server(&server, error);
    g_string_free(server.text, TRUE);
    g_clear_pointer(&server.stores, g_array_unref);
    g_clear_pointer(&server.places, g_array_unref);
    if (!ok)
        g_clear_pointer(&server.check.found, g_ptr_array_unref);
    return server.check.found;
}
