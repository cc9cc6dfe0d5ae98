/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-dbadm: checks and repairs the storage, and moves stores as archives. A server that runs is asked to check, to export and to
 * import; all else is for one that is stopped. */
#include "base/error.h"
#include "base/program.h"
#include "programs/control.h"
#include "programs/progress.h"
#include "programs/storage-config.h"
#include "store/archive.h"
#include "store/check.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_DATA = TW_OPTION_OWN,
    OPTION_REPAIR,
    OPTION_DEEP,
    OPTION_JSON,
    OPTION_STORE,
    OPTION_NEW_GUID,
    OPTION_QUIET,
    OPTION_JOBS,
};

enum {
    EXIT_FOUND = 1,  /* findings that were not repaired */
    EXIT_FAILED = 2, /* could not do it */
};

static const TwOption options[] = {
    { .long_name = "config",
      .short_name = 'c',
      .arg = "FILE",
      .id = TW_OPTION_CONFIG,
      .help =
          "the server's configuration: where the data is; keys of other parts are passed over" },
    { .long_name = "jobs",
      .short_name = 'j',
      .arg = "JOBS",
      .id = OPTION_JOBS,
      .help = "accepted; one job works at a time" },
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
        "Works on a data folder. \"check\" looks at every invariant of "
        "one or all stores and says what is wrong, where and why; it changes nothing unless it is "
        "told to repair. While a server has the data open, \"check\", \"export\" and \"import\" "
        "are "
        "done by that "
        "server, beside its users, at the request of its own user or of root; it is asked over the "
        "socket \"control\" of the data folder. All else needs a server that is stopped. An export "
        "of a "
        "store that somebody changes meanwhile exits with 75: try again. A repair deletes no "
        "content: what belongs nowhere goes to the folder "
        "lost+found of its store. \"export --store GUID FILE\" writes one store into an archive, "
        "\"import FILE\" makes a store of one. "
        "\"populate\" makes an empty data folder, \"np-stat\" counts named properties, "
        "\"recalc-sizes\" is \"check --repair\", \"attachments-check\" is \"check --deep\"; "
        "other actions of former versions say why there is nothing to do. Exits with 0 when all is "
        "well or was repaired, 1 "
        "when "
        "something was found and is still there, 2 when it could not be done, 64 for wrong "
        "options, 75 while a server has the data open and is in the way.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = add_tables,
};

typedef struct {
    TwOptions *options;
    TwEngine *engine;
    const char *path; /* the data folder */
    TwProgress progress;
    guint left, repaired; /* findings */
} Dbadm;

static int
give_up(const GError *error)
{
    g_return_val_if_fail(error != NULL, EXIT_FAILED);
    fprintf(stderr, "twiga-dbadm: %s\n", error->message);
    return g_error_matches(error, TW_ERROR, TW_ERROR_BUSY) ||
                   g_error_matches(error, TW_ERROR, TW_ERROR_CHANGED)
               ? TW_EXIT_TEMPORARY
               : EXIT_FAILED;
}

static int
wrong_usage(const char *why)
{
    fprintf(stderr,
            "twiga-dbadm: %s\n"
            "usage: twiga-dbadm [--data DIR] check [--repair] [--deep] [--json] [--store GUID]\n"
            "       twiga-dbadm [--data DIR] export --store GUID FILE\n"
            "       twiga-dbadm [--data DIR] import [--new-guid] FILE\n"
            "       twiga-dbadm [--data DIR] populate | np-stat | recalc-sizes | "
            "attachments-check\n"
            "-c server.cfg names the data folder instead of --data.\n",
            why);
    return TW_EXIT_USAGE;
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
take_finding(Dbadm *dbadm, const TwCheckFinding *one)
{
    print_finding(one, tw_options_has(dbadm->options, OPTION_JSON));
    if (one->repaired)
        dbadm->repaired++;
    else if (one->severity != TW_CHECK_NOTE)
        dbadm->left++;
}

static void
take_findings(Dbadm *dbadm, const GPtrArray *found)
{
    for (guint i = 0; i < found->len; i++)
        take_finding(dbadm, found->pdata[i]);
}

static int
end_check(const Dbadm *dbadm, guint stores)
{
    if (!tw_options_has(dbadm->options, OPTION_JSON))
        printf("%u stores looked at, %u findings left, %u repaired\n", stores, dbadm->left,
               dbadm->repaired);
    return dbadm->left > 0 ? EXIT_FOUND : TW_EXIT_OK;
}

static void
on_check_progress(const char *stage, guint64 done, gpointer data)
{
    tw_progress_say(&((Dbadm *) data)->progress, stage, done, 0);
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
run_check(Dbadm *dbadm, gboolean repair, gboolean deep)
{
    TwCheckOptions how = {
        .repair = repair || tw_options_has(dbadm->options, OPTION_REPAIR),
        .deep = deep || tw_options_has(dbadm->options, OPTION_DEEP),
        .alone = TRUE,
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
    return end_check(dbadm, stores->len);
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
    tw_progress_say(&((Dbadm *) data)->progress, "messages", messages, 0);
}

/* Gets the archive of a store into @place. */
typedef gboolean (*Fetch)(
    Dbadm *dbadm, const TwGuid *guid, Place *place, TwArchiveCounts *ret, GError **error);

static gboolean
fetch_here(Dbadm *dbadm, const TwGuid *guid, Place *place, TwArchiveCounts *ret, GError **error)
{
    TwArchiveOptions how = { .progress = on_archive_progress, .user_data = dbadm };
    g_autoptr(TwStore) store = tw_store_open(dbadm->engine, guid, error);

    return store != NULL && tw_archive_export(store, &how, to_file, place, ret, error);
}

static int
run_export(Dbadm *dbadm, const char *path, Fetch fetch)
{
    TwFileSystem *fs = tw_file_system_real();
    g_autoptr(GError) error = NULL;
    Place place = { 0 };
    TwArchiveCounts counts = { 0 };
    TwGuid guid;
    gboolean ok;

    if (!parse_guid(tw_options_value(dbadm->options, OPTION_STORE), &guid))
        return wrong_usage("export needs --store GUID");
    place.file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE_NEW, &error);
    if (place.file == NULL)
        return give_up(error);
    ok = fetch(dbadm, &guid, &place, &counts, &error) && tw_file_sync(place.file, &error) &&
         tw_file_sync_parent(fs, path, &error);
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

/* Makes a store of the archive at @place; @ret_guid: (transfer full): its GUID as text. */
typedef gboolean (*Put)(
    Dbadm *dbadm, Place *place, TwArchiveCounts *ret, char **ret_guid, GError **error);

static gboolean
put_here(Dbadm *dbadm, Place *place, TwArchiveCounts *ret, char **ret_guid, GError **error)
{
    TwArchiveOptions how = {
        .progress = on_archive_progress,
        .user_data = dbadm,
        .partition = -1,
        .new_guid = tw_options_has(dbadm->options, OPTION_NEW_GUID),
    };
    g_autoptr(TwStore) store = tw_archive_import(dbadm->engine, &how, from_file, place, ret, error);
    TwStoreInfo info;

    if (store == NULL || !tw_store_get_info(store, &info, error))
        return FALSE;
    *ret_guid = g_malloc(TW_GUID_TEXT_SIZE);
    tw_guid_print(&info.guid, TW_GUID_BRACED, *ret_guid);
    return TRUE;
}

static int
run_import(Dbadm *dbadm, const char *path, Put put)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *guid = NULL;
    Place place = { 0 };
    TwArchiveCounts counts = { 0 };
    gboolean ok;

    place.file = tw_file_open(tw_file_system_real(), path, TW_FILE_READ, &error);
    if (place.file == NULL)
        return give_up(error);
    ok = put(dbadm, &place, &counts, &guid, &error);
    tw_file_close(place.file);
    if (!ok)
        return give_up(error);
    printf("%s: %" G_GUINT64_FORMAT " folders, %" G_GUINT64_FORMAT " messages, %" G_GUINT64_FORMAT
           " values\n",
           guid, counts.folders, counts.messages, counts.values);
    return TW_EXIT_OK;
}

/* ---- asked of the server that has the data open ---- */

typedef struct {
    Dbadm *dbadm;
    Place *place;            /* export, import */
    TwArchiveCounts *counts; /* export, import */
    char *guid;              /* import: what was made, owned */
    guint stores;            /* check */
} Asked;

static gboolean
take_reply(const TwControlReply *reply, const guint8 *data, gpointer user_data, GError **error)
{
    Asked *asked = user_data;
    g_autofree char *text = g_strndup(reply->text, reply->text_len);
    TwCheckFinding finding = reply->finding;

    if (reply->kind == TW_CONTROL_PROGRESS)
        tw_progress_say(&asked->dbadm->progress, text, reply->numbers[0], 0);
    else if (reply->kind == TW_CONTROL_STORES)
        asked->stores = (guint) reply->numbers[0];
    else if (reply->kind == TW_CONTROL_DATA && asked->place != NULL)
        return to_file(data, (gsize) reply->numbers[0], asked->place, error);
    else if (reply->kind == TW_CONTROL_COUNTS && asked->counts != NULL)
        *asked->counts =
            (TwArchiveCounts){ reply->numbers[0], reply->numbers[1], reply->numbers[2] };
    else if (reply->kind == TW_CONTROL_MADE) {
        g_free(asked->guid);
        asked->guid = g_steal_pointer(&text);
    } else if (reply->kind == TW_CONTROL_FINDING) {
        finding.why = text;
        take_finding(asked->dbadm, &finding);
    }
    return TRUE;
}

static gboolean
give_archive(guint8 *data, gsize len, gsize *ret_got, gpointer user_data, GError **error)
{
    const Asked *asked = user_data;

    return from_file(data, len, ret_got, asked->place, error);
}

static gboolean
fetch_there(Dbadm *dbadm, const TwGuid *guid, Place *place, TwArchiveCounts *ret, GError **error)
{
    TwControlRequest request = { .deed = TW_CONTROL_EXPORT, .store = *guid };
    Asked asked = { .dbadm = dbadm, .place = place, .counts = ret };

    return tw_control_call(dbadm->path, &request, take_reply, NULL, &asked, error);
}

static gboolean
put_there(Dbadm *dbadm, Place *place, TwArchiveCounts *ret, char **ret_guid, GError **error)
{
    TwControlRequest request = { .deed = TW_CONTROL_IMPORT,
                                 .new_guid = tw_options_has(dbadm->options, OPTION_NEW_GUID) };
    Asked asked = { .dbadm = dbadm, .place = place, .counts = ret };

    if (tw_control_call(dbadm->path, &request, take_reply, give_archive, &asked, error) &&
        asked.guid != NULL) {
        *ret_guid = asked.guid;
        return TRUE;
    }
    g_free(asked.guid);
    if (error != NULL && *error == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "the server names no store");
    return FALSE;
}

static int
ask_check(Dbadm *dbadm, gboolean deep)
{
    const char *wanted = tw_options_value(dbadm->options, OPTION_STORE);
    TwControlRequest request = { .deed = TW_CONTROL_CHECK,
                                 .deep = deep || tw_options_has(dbadm->options, OPTION_DEEP),
                                 .all = wanted == NULL };
    Asked asked = { .dbadm = dbadm };
    g_autoptr(GError) error = NULL;

    if (wanted != NULL && !parse_guid(wanted, &request.store)) {
        g_set_error(&error, TW_ERROR, TW_ERROR_INVALID, "%s: not a GUID", wanted);
        return give_up(error);
    }
    return tw_control_call(dbadm->path, &request, take_reply, NULL, &asked, &error)
               ? end_check(dbadm, asked.stores)
               : give_up(error);
}

/* ---- actions of former versions: spec/config-and-cli.md 17.4 ---- */

static const struct {
    const char *name, *why;
} needless[] = {
    { "index-tags", "no helper index is needed: the check reads each table in its own order" },
    { "rm-helper-index", "no helper index is ever made" },
    { "np-defrag", "ids of named properties are stable by design and are never moved" },
    { "np-remove-highid", "ids above 31485 are never given" },
    { "np-remove-unused", "an id that was given may be known to a client and stays; their number "
                          "is limited when they are made" },
    { "np-remove-xh", "header fields of mails are read from the mail and make no properties" },
    { "np-repair-dups", "a name has one id: the table has a unique index on it" },
    { "k-1216", "its steps are not needed: see index-tags and the np- actions" },
    { "usmp", "all text is stored as UTF-8 of up to four bytes" },
    { "usmp-shrink-columns", "no column has a length in characters" },
    { "usmp-charset", "all text is stored as UTF-8 of up to four bytes" },
    { "kc-1375", "envelopes are read from the mail's summary, which has a checksum: see check" },
    { "kc-1444", "message flags are stored once: see check" },
    { "kf-2888", "a store's GUID is in the map of stores and in its row: see check" },
    { "attachments-to-files", "large values are in segments and files already, never in the "
                              "database" },
    { "extid-sid-to-guid", "the directory keeps no SIDs as external ids" },
    { "sendas-invert", "the direction of send-as is fixed in the directory" },
};

static const char *
why_needless(const char *deed)
{
    for (guint i = 0; i < G_N_ELEMENTS(needless); i++) {
        if (strcmp(needless[i].name, deed) == 0)
            return needless[i].why;
    }
    return NULL;
}

/* All ids that can be given are asked for: the map answers from memory. */
static int
run_np_stat(Dbadm *dbadm)
{
    TwNameMap *map = tw_engine_names(dbadm->engine);
    guint by_name = 0, by_number = 0;

    for (guint i = 1; i <= TW_NAMED_MAX_NUMBER; i++) {
        TwNamedProp name;
        if (!tw_name_map_get_name(map, (guint16) (TW_NAMED_FIRST_ID + i), &name, NULL))
            continue;
        by_name += name.name != NULL ? 1 : 0;
        by_number += name.name == NULL ? 1 : 0;
    }
    printf("%u named properties, %u by text, %u by number; at most %u\n", by_name + by_number,
           by_name, by_number, tw_engine_limits(dbadm->engine)->named_props);
    return TW_EXIT_OK;
}

static int
run_populate(Dbadm *dbadm)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(dbadm->engine);

    printf("the data folder is there, with %u stores\n", stores->len);
    return TW_EXIT_OK;
}

/* ---- start ---- */

typedef enum {
    DEED_NONE,
    DEED_CHECK,
    DEED_EXPORT,
    DEED_IMPORT,
    DEED_POPULATE,
    DEED_NP_STAT,
    DEED_RECALC_SIZES,
    DEED_ATTACHMENTS_CHECK,
    DEED_COUNT,
} Deed;

static const struct {
    const char *name;
    gboolean file, make; /* takes a file; may make a data folder */
} deeds[DEED_COUNT] = {
    [DEED_CHECK] = { "check", FALSE, FALSE },
    [DEED_EXPORT] = { "export", TRUE, FALSE },
    [DEED_IMPORT] = { "import", TRUE, TRUE },
    [DEED_POPULATE] = { "populate", FALSE, TRUE },
    [DEED_NP_STAT] = { "np-stat", FALSE, FALSE },
    [DEED_RECALC_SIZES] = { "recalc-sizes", FALSE, FALSE },
    [DEED_ATTACHMENTS_CHECK] = { "attachments-check", FALSE, FALSE },
};

static Deed
find_deed(const char *name)
{
    for (guint i = DEED_CHECK; i < DEED_COUNT; i++) {
        if (strcmp(deeds[i].name, name) == 0)
            return (Deed) i;
    }
    return DEED_NONE;
}

/* Only an import makes a data folder where there is none. */
static TwEngine *
open_engine(const TwConfig *keys, const char *path, gboolean make, GError **error)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwEngine *engine;

    config.fs = tw_file_system_real();
    config.path = path;
    tw_storage_config_apply(keys, &config);
    if (!make && !tw_storage_config_is_there(keys, config.fs, path, error))
        return NULL;
    engine = tw_engine_open(&config, error);
    if (engine == NULL && error != NULL && g_error_matches(*error, TW_ERROR, TW_ERROR_BUSY))
        g_prefix_error(error, "%s is in use: stop the server first: ", path);
    return engine;
}

static int
run_deed(Dbadm *dbadm, Deed deed, const char *file)
{
    switch (deed) {
    case DEED_CHECK:
        return run_check(dbadm, FALSE, FALSE);
    case DEED_RECALC_SIZES:
        return run_check(dbadm, TRUE, FALSE);
    case DEED_ATTACHMENTS_CHECK:
        return run_check(dbadm, FALSE, TRUE);
    case DEED_EXPORT:
        return run_export(dbadm, file, fetch_here);
    case DEED_IMPORT:
        return run_import(dbadm, file, put_here);
    case DEED_NP_STAT:
        return run_np_stat(dbadm);
    case DEED_POPULATE:
        return run_populate(dbadm);
    case DEED_NONE:
    case DEED_COUNT:
        break;
    }
    return EXIT_FAILED;
}

/* -1: it is not for a server that runs, or none answers. */
static int
ask_deed(Dbadm *dbadm, Deed deed, const char *file)
{
    g_autofree char *socket = g_build_filename(dbadm->path, "control", NULL);
    TwFileStat there;

    if (tw_options_has(dbadm->options, OPTION_REPAIR) ||
        !tw_file_stat_path(tw_file_system_real(), socket, &there, NULL))
        return -1;
    if (deed == DEED_CHECK || deed == DEED_ATTACHMENTS_CHECK)
        return ask_check(dbadm, deed == DEED_ATTACHMENTS_CHECK);
    if (deed == DEED_IMPORT)
        return run_import(dbadm, file, put_there);
    return deed == DEED_EXPORT ? run_export(dbadm, file, fetch_there) : -1;
}

static int
run(Dbadm *dbadm, const TwStart *start)
{
    const GPtrArray *words = start->options->words;
    const char *path = tw_options_value(start->options, OPTION_DATA);
    const char *name = words->len > 0 ? words->pdata[0] : "";
    const char *file = words->len > 1 ? words->pdata[1] : NULL;
    const char *why = why_needless(name);
    Deed deed = find_deed(name);
    g_autoptr(GError) error = NULL;
    int code;

    if (why != NULL) {
        printf("%s: nothing to do: %s\n", name, why);
        return TW_EXIT_OK;
    }
    if (deed == DEED_NONE)
        return wrong_usage("say check, export, import or another action");
    if (words->len != (deeds[deed].file ? 2 : 1))
        return wrong_usage(deeds[deed].file ? "one file, please" : "it takes no file");
    if (path == NULL)
        path = tw_config_get_string(start->config, "data_path");
    dbadm->path = path;
    dbadm->engine = open_engine(start->config, path, deeds[deed].make, &error);
    if (dbadm->engine == NULL) {
        code = g_error_matches(error, TW_ERROR, TW_ERROR_BUSY) ? ask_deed(dbadm, deed, file) : -1;
        return code >= 0 ? code : give_up(error);
    }
    code = run_deed(dbadm, deed, file);
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
    if (!tw_options_has(start->options, OPTION_QUIET))
        tw_progress_init(&dbadm.progress, FALSE);
    return run(&dbadm, start);
}
