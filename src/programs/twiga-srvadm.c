/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* twiga-srvadm: a running server's caches, and what was deleted in its stores. */
#include "base/error.h"
#include "base/number.h"
#include "base/program.h"
#include "programs/admin-private.h"
#include "programs/connect.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_CLEAR_CACHE = TW_OPTION_OWN,
    OPTION_PURGE_DELETED,
    OPTION_PURGE_DEFERRED,
};

static const TwOption options[] = {
    { "clear-cache", '\0', "POOL[,POOL]", OPTION_CLEAR_CACHE,
      "drop caches: quota, quotadefault, object, store, acl, cell, index1, index2, "
      "indexedproperty, userobject, externid, userdetail, server, all" },
    { "purge-softdelete", '\0', "DAYS", OPTION_PURGE_DELETED,
      "delete for good what was deleted so many days ago" },
    { "purge-deferred", '\0', NULL, OPTION_PURGE_DEFERRED,
      "write back deferred updates; there never are any" },
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
        "dropped.",
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
read_days(const char *text, gint64 *ret, GError **error)
{
    guint64 days;

    if (!tw_parse_u64(text, strlen(text), 36500, &days)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no number of days.", text);
        return FALSE;
    }
    *ret = (gint64) days;
    return TRUE;
}

/* One thing to do. */
typedef struct {
    AdminAction action;
    gint64 number;
} Deed;

static gboolean
read_deeds(const TwOptions *parsed, GArray *deeds, GError **error)
{
    for (guint i = 0; i < parsed->hits->len; i++) {
        const TwOptionHit *hit = &g_array_index(parsed->hits, TwOptionHit, i);
        Deed deed = { .action = ADMIN_NOTHING };

        if (hit->id == OPTION_CLEAR_CACHE) {
            deed.action = ADMIN_CLEAR_CACHE;
            if (!read_pools(hit->value, &deed.number, error))
                return FALSE;
        } else if (hit->id == OPTION_PURGE_DELETED) {
            deed.action = ADMIN_PURGE_DELETED;
            if (!read_days(hit->value, &deed.number, error))
                return FALSE;
        } else if (hit->id == OPTION_PURGE_DEFERRED) {
            deed.action = ADMIN_PURGE_DEFERRED;
        }
        if (deed.action != ADMIN_NOTHING)
            g_array_append_val(deeds, deed);
    }
    if (deeds->len > 0 && parsed->words->len == 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                        "Say what to do: --clear-cache, --purge-softdelete or --purge-deferred.");
    return FALSE;
}

static gboolean
do_all(TwSession *session, const GArray *deeds, GString *out, GError **error)
{
    for (guint i = 0; i < deeds->len; i++) {
        const Deed *deed = &g_array_index(deeds, Deed, i);
        const AdminRequest request = { .action = deed->action, .number = deed->number };
        Admin admin = { .session = session, .request = &request, .out = out };

        if (!tw_admin_run(&admin, error))
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
    gboolean ok;

    if (start == NULL)
        return code;
    if (!read_deeds(start->options, deeds, &error))
        return give_up(error, TW_EXIT_USAGE);
    server = tw_connect_open(start->config, argv[0], &error);
    session = server != NULL ? tw_connect_system(server, "twiga-srvadm", &error) : NULL;
    if (session == NULL)
        return give_up(error, tw_connect_exit_code(error));
    ok = do_all(session, deeds, out, &error);
    fputs(out->str, stdout);
    if (!ok)
        return give_up(error, TW_EXIT_FAILED);
    return fflush(stdout) == 0 ? TW_EXIT_OK : TW_EXIT_FAILED;
}
