/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-srvadm: a running server's caches, messages to try them with, and what was deleted in its stores. */
#include "base/error.h"
#include "base/number.h"
#include "base/program.h"
#include "programs/admin-private.h"
#include "programs/cache-data.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_CLEAR_CACHE = TW_OPTION_OWN,
    OPTION_PURGE_DELETED,
    OPTION_PURGE_DEFERRED,
    OPTION_CACHE_CREATE,
    OPTION_CACHE_SIZE,
    OPTION_CACHE_READ,
    OPTION_PROGRESS,
    OPTION_DRY_RUN,
    CACHE_BYTES = 1024, /* of a message to try caches with, unless --ct-size says another size */
};

static const TwOption options[] = {
    { "clear-cache", '\0', "POOL[,POOL]", OPTION_CLEAR_CACHE,
      "drop caches: quota, quotadefault, object, store, acl, cell, index1, index2, "
      "indexedproperty, userobject, externid, userdetail, server, all" },
    { "purge-softdelete", '\0', "DAYS", OPTION_PURGE_DELETED,
      "delete for good what was deleted so many days ago" },
    { "purge-deferred", '\0', NULL, OPTION_PURGE_DEFERRED,
      "write back deferred updates; there never are any" },
    { "ct-create", '\0', "N", OPTION_CACHE_CREATE,
      "add so many messages to the cache test data in the store of SYSTEM, which is made" },
    { "ct-size", '\0', "BYTES", OPTION_CACHE_SIZE,
      "size of the text of each of them; 1024 if it is not said" },
    { "ct-read", '\0', NULL, OPTION_CACHE_READ,
      "read all cache test data and say how long it took" },
    { "dry-run", '\0', NULL, OPTION_DRY_RUN,
      "with --purge-softdelete: only say how much would be deleted" },
    { "progress", '\0', NULL, OPTION_PROGRESS,
      "say on standard error how far a long job is, also where that is no terminal" },
    { "config", 'c', "FILE", TW_OPTION_CONFIG,
      "configuration file; keys of other programs are passed over" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server; else as server_socket says" },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwProgram program = {
    .name = "twiga-srvadm",
    .config_name = "admin",
    .summary = "clear caches and purge what was deleted, at a running server",
    .description =
        "Does what its options say, one after the other, at a running server, as SYSTEM. Caches of "
        "this server size themselves: whatever pools are named, all that can be read again is "
        "dropped. Cache test data are messages in a folder of the store of SYSTEM: who asks for "
        "them "
        "twice in a row sees what a cache is worth.",
    .kind = TW_PROGRAM_TOOL,
    .foreign_config = TRUE,
    .options = options,
    .add_tables = tw_connect_add_tables,
    .defaults = tw_connect_defaults,
};

/* spec/config-and-cli.md 15.3. */
static const struct {
    const char *name;
    guint32 bits;
} pools[] = {
    { "quota", 0x1 },        { "quotadefault", 0x2 }, { "object", 0x4 },
    { "store", 0x8 },        { "acl", 0x10 },         { "cell", 0x20 },
    { "index1", 0x40 },      { "index2", 0x80 },      { "indexedproperty", 0x100 },
    { "userobject", 0x200 }, { "externid", 0x400 },   { "userdetail", 0x800 },
    { "server", 0x1000 },    { "all", G_MAXUINT32 },
};

static gboolean
add_pool(const char *name, gint64 *io_bits, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(pools); i++) {
        if (strcmp(pools[i].name, name) == 0) {
            *io_bits |= pools[i].bits;
            return TRUE;
        }
    }
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "There is no cache \"%s\"; see --help.", name);
    return FALSE;
}

static gboolean
read_pools(const char *text, gint64 *ret_bits, GError **error)
{
    g_auto(GStrv) names = g_strsplit(text, ",", 64);

    *ret_bits = 0;
    for (gsize i = 0; names[i] != NULL; i++) {
        if (!add_pool(names[i], ret_bits, error))
            return FALSE;
    }
    return *ret_bits != 0 || add_pool("", ret_bits, error);
}

static gboolean
read_number(const char *text, guint64 most, const char *what, gint64 *ret, GError **error)
{
    guint64 number;

    if (!tw_parse_u64(text, strlen(text), most, &number)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no number of %s.", text, what);
        return FALSE;
    }
    *ret = (gint64) number;
    return TRUE;
}

/* One thing to do: as its option says. */
typedef struct {
    int option;
    gint64 number;
} Deed;

/* TRUE, and no option in @ret, for options that only say how. */
static gboolean
read_deed(const TwOptionHit *hit, gint64 *io_size, Deed *ret, GError **error)
{
    *ret = (Deed){ .option = hit->id };
    switch (hit->id) {
    case OPTION_CLEAR_CACHE:
        return read_pools(hit->value, &ret->number, error);
    case OPTION_PURGE_DELETED:
        return read_number(hit->value, 36500, "days", &ret->number, error);
    case OPTION_CACHE_CREATE:
        return read_number(hit->value, TW_CACHE_DATA_MOST_MESSAGES, "messages", &ret->number,
                           error);
    case OPTION_PURGE_DEFERRED:
    case OPTION_CACHE_READ:
        return TRUE;
    case OPTION_CACHE_SIZE:
        ret->option = 0;
        return read_number(hit->value, TW_CACHE_DATA_MOST_BYTES, "bytes", io_size, error);
    default:
        ret->option = 0;
        return TRUE;
    }
}

static gboolean
purges_alone(const GArray *deeds)
{
    return deeds->len == 1 && g_array_index(deeds, Deed, 0).option == OPTION_PURGE_DELETED;
}

static gboolean
read_deeds(const TwOptions *parsed, GArray *deeds, gint64 *ret_size, GError **error)
{
    *ret_size = CACHE_BYTES;
    for (guint i = 0; i < parsed->hits->len; i++) {
        Deed deed;
        if (!read_deed(&g_array_index(parsed->hits, TwOptionHit, i), ret_size, &deed, error))
            return FALSE;
        if (deed.option != 0)
            g_array_append_val(deeds, deed);
    }
    if (tw_options_has(parsed, OPTION_DRY_RUN) && !purges_alone(deeds)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "--dry-run goes with --purge-softdelete alone.");
        return FALSE;
    }
    if (deeds->len > 0 && parsed->words->len == 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                        "Say what to do: --clear-cache, --purge-softdelete, --purge-deferred, "
                        "--ct-create or --ct-read.");
    return FALSE;
}

static gboolean
administer(const Admin *at, AdminAction action, gint64 number, GError **error)
{
    const AdminRequest request = { .action = action,
                                   .number = number,
                                   .dry_run = at->request->dry_run };
    Admin admin = *at;

    admin.request = &request;
    return tw_admin_run(&admin, error);
}

static gboolean
do_one(const Admin *admin, const Deed *deed, gint64 size, GError **error)
{
    switch (deed->option) {
    case OPTION_CLEAR_CACHE:
        return administer(admin, ADMIN_CLEAR_CACHE, deed->number, error);
    case OPTION_PURGE_DELETED:
        return administer(admin, ADMIN_PURGE_DELETED, deed->number, error);
    case OPTION_PURGE_DEFERRED:
        return administer(admin, ADMIN_PURGE_DEFERRED, 0, error);
    case OPTION_CACHE_CREATE:
        return tw_cache_data_create(admin->session, (guint) deed->number, (guint) size,
                                    admin->progress, admin->out, error);
    default:
        return tw_cache_data_read(admin->session, admin->progress, admin->out, error);
    }
}

static gboolean
do_all(const Admin *admin, const GArray *deeds, gint64 size, GError **error)
{
    for (guint i = 0; i < deeds->len; i++) {
        if (!do_one(admin, &g_array_index(deeds, Deed, i), size, error))
            return FALSE;
    }
    return TRUE;
}

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "twiga-srvadm: %s\n", error->message);
    return code;
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(GArray) deeds = g_array_new(FALSE, TRUE, sizeof(Deed));
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GError) error = NULL;
    TwProgress progress;
    AdminRequest request = { .action = ADMIN_PURGE_DELETED };
    Admin admin = { .out = out, .progress = &progress, .request = &request };
    gint64 size;
    gboolean ok;

    if (start == NULL)
        return code;
    if (!read_deeds(start->options, deeds, &size, &error))
        return give_up(error, TW_EXIT_USAGE);
    server = tw_connect_open(start->config, argv[0], &error);
    session = server != NULL ? tw_connect_system(server, "twiga-srvadm", &error) : NULL;
    if (session == NULL)
        return give_up(error, tw_connect_exit_code(error));
    admin.session = session;
    request.dry_run = tw_options_has(start->options, OPTION_DRY_RUN);
    tw_progress_init(&progress, tw_options_has(start->options, OPTION_PROGRESS));
    ok = do_all(&admin, deeds, size, &error);
    fputs(out->str, stdout);
    if (!ok)
        return give_up(error, TW_EXIT_FAILED);
    return fflush(stdout) == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}
