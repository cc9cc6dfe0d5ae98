/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-dbadm: checks and repairs the storage, and moves stores as archives. For a server that is stopped. */
#include "base/error.h"
#include "base/program.h"
#include "programs/storage-config.h"
#include "store/archive.h"
#include "store/check.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OPTION_DATA = TW_OPTION_OWN,
    OPTION_REPAIR,
    OPTION_DEEP,
    OPTION_JSON,
    OPTION_STORE,
    OPTION_NEW_GUID,
    OPTION_QUIET,
};

enum {
    EXIT_FOUND = 1,  /* findings that were not repaired */
    EXIT_FAILED = 2, /* could not do it */
};

static const TwOption options[] = {
    { .long_name = "data", .arg = "DIR", .id = OPTION_DATA, .help = "the data folder" },
    { .long_name = "repair",
      .id = OPTION_REPAIR,
      .help = "check: repair what was found; nothing is deleted, see lost+found" },
    { .long_name = "deep",
      .id = OPTION_DEEP,
      .help = "check: also render each mail and read each value and index" },
    { .long_name = "json", .id = OPTION_JSON, .help = "check: one JSON object a line" },
    { .long_name = "store", .arg = "GUID", .id = OPTION_STORE, .help = "only this store" },
    { .long_name = "new-guid",
      .id = OPTION_NEW_GUID,
      .help = "import: as another store, beside the one that has that GUID" },
    { .long_name = "quiet", .id = OPTION_QUIET, .help = "no progress on standard error" },
    { .long_name = NULL },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_storage_config_table, error);
}

static const TwProgram program = {
    .name = "twiga-dbadm",
    .summary = "check, repair and move mailbox storage",
    .description =
        "Works on the data folder of a server that is stopped. \"check\" looks at every invariant "
        "of "
        "one or all stores and says what is wrong, where and why; it changes nothing unless it is "
        "told to repair. A repair deletes no content: what belongs nowhere goes to the folder "
        "lost+found of its store. \"export --store GUID FILE\" writes one store into an archive, "
        "\"import FILE\" makes a store of one. Exits with 0 when all is well or was repaired, 1 "
        "when "
        "something was found and is still there, 2 when it could not be done, 64 for wrong "
        "options, 75 while a server has the data open.",
    .kind = TW_PROGRAM_TOOL,
    .options = options,
    .add_tables = add_tables,
};

typedef struct {
    TwOptions *options;
    TwEngine *engine;
    gboolean show;        /* progress */
    gint64 next;          /* monotonic time of the next line of it */
    guint left, repaired; /* findings */
} Dbadm;

static int
give_up(const GError *error)
{
    g_return_val_if_fail(error != NULL, EXIT_FAILED);
    fprintf(stderr, "twiga-dbadm: %s\n", error->message);
    return error->domain == TW_ERROR && error->code == TW_ERROR_BUSY ? TW_EXIT_TEMPORARY
                                                                     : EXIT_FAILED;
}

static int
wrong_usage(const char *why)
{
    fprintf(stderr,
            "twiga-dbadm: %s\n"
            "usage: twiga-dbadm [--data DIR] check [--repair] [--deep] [--json] [--store GUID]\n"
            "       twiga-dbadm [--data DIR] export --store GUID FILE\n"
            "       twiga-dbadm [--data DIR] import [--new-guid] FILE\n",
            why);
    return TW_EXIT_USAGE;
}

static void
say(Dbadm *dbadm, const char *stage, guint64 done)
{
    gint64 now = g_get_monotonic_time();

    if (!dbadm->show || now < dbadm->next)
        return;
    dbadm->next = now + G_USEC_PER_SEC;
    fprintf(stderr, "%s: %" G_GUINT64_FORMAT "\n", stage, done);
}

static gboolean
parse_guid(const char *text, TwGuid *ret)
{
    return text != NULL && tw_guid_parse(text, strlen(text), ret);
}

/* ---- check ---- */

static void
print_json_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    putchar('"');
    for (const char *at = valid; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            printf("\\%c", *at);
        else if ((guint8) *at < 0x20)
            printf("\\u%04x", (guint) *at);
        else
            putchar(*at);
    }
    putchar('"');
}

static const char *
severity_name(TwCheckSeverity severity)
{
    switch (severity) {
    case TW_CHECK_NOTE:
        return "note";
    case TW_CHECK_WARNING:
        return "warning";
    case TW_CHECK_ERROR:
        break;
    }
    return "error";
}

static void
print_finding(const TwCheckFinding *one, gboolean json)
{
    const char *state = one->repaired ? "repaired" : one->repairable ? "repairable" : "left";

    if (!json) {
        printf("%s: store %u folder %u object %u: %s: %s (%s)\n", severity_name(one->severity),
               one->store, one->folder, one->object, tw_check_what_name(one->what), one->why,
               state);
        return;
    }
    printf("{\"severity\":\"%s\",\"store\":%u,\"folder\":%u,\"object\":%u,\"what\":\"%s\",\"why\":",
           severity_name(one->severity), one->store, one->folder, one->object,
           tw_check_what_name(one->what));
    print_json_text(one->why);
    printf(",\"repairable\":%s,\"repaired\":%s}\n", one->repairable ? "true" : "false",
           one->repaired ? "true" : "false");
}

static void
take_findings(Dbadm *dbadm, const GPtrArray *found)
{
    gboolean json = tw_options_has(dbadm->options, OPTION_JSON);

    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *one = found->pdata[i];
        print_finding(one, json);
        if (one->repaired)
            dbadm->repaired++;
        else if (one->severity != TW_CHECK_NOTE)
            dbadm->left++;
    }
}

static void
on_check_progress(const char *stage, guint64 done, gpointer data)
{
    say(data, stage, done);
}

/* Those to look at: the one asked for, or all. */
static GArray *
choose_stores(Dbadm *dbadm, GError **error)
{
    g_autoptr(GArray) all = tw_engine_list_stores(dbadm->engine);
    const char *wanted = tw_options_value(dbadm->options, OPTION_STORE);
    TwGuid guid;
    guint32 number;

    if (wanted == NULL)
        return g_steal_pointer(&all);
    if (!parse_guid(wanted, &guid)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: not a GUID", wanted);
        return NULL;
    }
    number = tw_engine_find_store(dbadm->engine, &guid);
    if (number == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "%s: no such store", wanted);
        return NULL;
    }
    g_array_set_size(all, 0);
    g_array_append_val(all, number);
    return g_steal_pointer(&all);
}

static int
run_check(Dbadm *dbadm)
{
    TwCheckOptions how = {
        .repair = tw_options_has(dbadm->options, OPTION_REPAIR),
        .deep = tw_options_has(dbadm->options, OPTION_DEEP),
        .progress = on_check_progress,
        .data = dbadm,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) stores = choose_stores(dbadm, &error);
    g_autoptr(GPtrArray) server = NULL;

    if (stores == NULL)
        return give_up(error);
    server = tw_check_server(dbadm->engine, &how, &error);
    if (server == NULL)
        return give_up(error);
    take_findings(dbadm, server);
    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(GPtrArray) found =
            tw_check_store(dbadm->engine, g_array_index(stores, guint32, i), &how, &error);
        if (found == NULL)
            return give_up(error);
        take_findings(dbadm, found);
    }
    if (!tw_options_has(dbadm->options, OPTION_JSON))
        printf("%u stores looked at, %u findings left, %u repaired\n", stores->len, dbadm->left,
               dbadm->repaired);
    return dbadm->left > 0 ? EXIT_FOUND : TW_EXIT_OK;
}

/* ---- archives ---- */

typedef struct {
    TwFile *file;
    guint64 at;
} Place;

static gboolean
to_file(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    Place *place = user_data;

    if (!tw_file_write(place->file, place->at, data, len, error))
        return FALSE;
    place->at += len;
    return TRUE;
}

static gboolean
from_file(guint8 *data, gsize len, gsize *ret_got, gpointer user_data, GError **error)
{
    Place *place = user_data;

    if (!tw_file_read(place->file, place->at, data, len, ret_got, error))
        return FALSE;
    place->at += *ret_got;
    return TRUE;
}

static void
on_archive_progress(guint64 messages, gpointer data)
{
    say(data, "messages", messages);
}

static int
run_export(Dbadm *dbadm, const char *path)
{
    TwFileSystem *fs = tw_file_system_real();
    TwArchiveOptions how = { .progress = on_archive_progress, .user_data = dbadm };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = NULL;
    Place place = { 0 };
    TwArchiveCounts counts;
    TwGuid guid;
    gboolean ok;

    if (!parse_guid(tw_options_value(dbadm->options, OPTION_STORE), &guid))
        return wrong_usage("export needs --store GUID");
    store = tw_store_open(dbadm->engine, &guid, &error);
    if (store == NULL)
        return give_up(error);
    place.file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE_NEW, &error);
    if (place.file == NULL)
        return give_up(error);
    ok = tw_archive_export(store, &how, to_file, &place, &counts, &error) &&
         tw_file_sync(place.file, &error) && tw_file_sync_parent(fs, path, &error);
    tw_file_close(place.file);
    if (!ok) {
        tw_file_unlink(fs, path, NULL);
        return give_up(error);
    }
    printf("%" G_GUINT64_FORMAT " folders, %" G_GUINT64_FORMAT " messages, %" G_GUINT64_FORMAT
           " values\n",
           counts.folders, counts.messages, counts.values);
    return TW_EXIT_OK;
}

static int
run_import(Dbadm *dbadm, const char *path)
{
    TwArchiveOptions how = {
        .progress = on_archive_progress,
        .user_data = dbadm,
        .partition = -1,
        .new_guid = tw_options_has(dbadm->options, OPTION_NEW_GUID),
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = NULL;
    char guid[TW_GUID_TEXT_SIZE];
    Place place = { 0 };
    TwArchiveCounts counts;
    TwStoreInfo info;

    place.file = tw_file_open(tw_file_system_real(), path, TW_FILE_READ, &error);
    if (place.file == NULL)
        return give_up(error);
    store = tw_archive_import(dbadm->engine, &how, from_file, &place, &counts, &error);
    tw_file_close(place.file);
    if (store == NULL || !tw_store_get_info(store, &info, &error))
        return give_up(error);
    tw_guid_print(&info.guid, TW_GUID_BRACED, guid);
    printf("%s: %" G_GUINT64_FORMAT " folders, %" G_GUINT64_FORMAT " messages, %" G_GUINT64_FORMAT
           " values\n",
           guid, counts.folders, counts.messages, counts.values);
    return TW_EXIT_OK;
}

/* ---- start ---- */

/* Only an import makes a data folder where there is none. */
static TwEngine *
open_engine(const char *path, gboolean make, GError **error)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autofree char *server = g_build_filename(path, "server.db", NULL);
    TwEngine *engine;
    TwFileStat there;

    config.fs = tw_file_system_real();
    config.path = path;
    if (!make && !tw_file_stat_path(config.fs, server, &there, error))
        return NULL;
    engine = tw_engine_open(&config, error);
    if (engine == NULL && error != NULL && g_error_matches(*error, TW_ERROR, TW_ERROR_BUSY))
        g_prefix_error(error, "%s is in use: stop the server first: ", path);
    return engine;
}

static int
run(Dbadm *dbadm, const TwStart *start)
{
    const GPtrArray *words = start->options->words;
    const char *path = tw_options_value(start->options, OPTION_DATA);
    const char *deed = words->len > 0 ? words->pdata[0] : "";
    const char *file = words->len > 1 ? words->pdata[1] : NULL;
    gboolean check = strcmp(deed, "check") == 0, export = strcmp(deed, "export") == 0;
    g_autoptr(GError) error = NULL;
    int code;

    if (!check && !export && strcmp(deed, "import") != 0)
        return wrong_usage("say check, export or import");
    if (words->len != (check ? 1 : 2))
        return wrong_usage(check ? "check takes no file" : "one file, please");
    if (path == NULL)
        path = tw_config_get_string(start->config, "data_path");
    dbadm->engine = open_engine(path, !check && !export, &error);
    if (dbadm->engine == NULL)
        return give_up(error);
    code = check ? run_check(dbadm) : export ? run_export(dbadm, file) : run_import(dbadm, file);
    tw_engine_close(dbadm->engine);
    return code;
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    Dbadm dbadm = { 0 };

    if (start == NULL)
        return code;
    dbadm.options = start->options;
    dbadm.show = isatty(STDERR_FILENO) && !tw_options_has(start->options, OPTION_QUIET);
    return run(&dbadm, start);
}
