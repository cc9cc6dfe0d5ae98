/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The plugin's schema, reading and passwords; writing is in db-write.c.
 *
 * Invariants: 1. every write takes one change number, and what it changed carries it; 2. the epoch in memory is never
 * less than a change number whose write was answered; 3. an object's row carries the generation of its password, and
 * dir_secret the same one.
 */
#include "directory/db-plugin.h"

#include <string.h>

#include "base/error.h"
#include "base/lock.h"
#include "directory/db-private.h"
#include "directory/password.h"

struct TwDirectoryDb {
    TwDirectoryPlugin base; /* first */
    TwDb *db;
    TwDirectoryScram scram;
    gboolean
        followed;  /* set before it is used: the plugin over this one decides what may be written */
    TwLock lock;   /* guards what follows */
    guint64 epoch; /* the last change number that was committed here */
    gboolean shared; /* others write too: the epoch must be read */
};

static TwDirectoryDb *
get_self(TwDirectoryPlugin *plugin)
{
    return (TwDirectoryDb *) plugin;
}

gboolean
tw_directory_db_damaged(const char *table, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: a row is not as it was written", table);
    return FALSE;
}

gboolean
tw_directory_db_number(gint64 value, const char *table, guint32 *ret, GError **error)
{
    if (value < 1 || value > G_MAXUINT32)
        return tw_directory_db_damaged(table, error);
    *ret = (guint32) value;
    return TRUE;
}

/* ---- schema ---- */

static const TwDbSql steps[] = {
    TW_DIRECTORY_TABLE("dir_state", TW_DIRECTORY_STATE_COLUMNS),
    TW_DIRECTORY_TABLE("dir_object", TW_DIRECTORY_OBJECT_COLUMNS),
    TW_DIRECTORY_INDEX("dir_object_cn", "dir_object(cn)"),
    TW_DIRECTORY_TABLE("dir_text", TW_DIRECTORY_TEXT_COLUMNS),
    TW_DIRECTORY_TABLE("dir_relation", TW_DIRECTORY_RELATION_COLUMNS),
    TW_DIRECTORY_INDEX("dir_relation_to", "dir_relation(to_number)"),
    TW_DIRECTORY_TABLE("dir_secret", TW_DIRECTORY_SECRET_COLUMNS),
    TW_DIRECTORY_TABLE("dir_photo", TW_DIRECTORY_PHOTO_COLUMNS),
    TW_DIRECTORY_TABLE("dir_gone", TW_DIRECTORY_GONE_COLUMNS),
    TW_DIRECTORY_INDEX("dir_gone_cn", "dir_gone(cn)"),
};

static const TwDbSql node_steps[] = {
    TW_DIRECTORY_TABLE("dir_node", TW_DIRECTORY_NODE_COLUMNS),
};

static const TwDbSql scram_steps[] = {
    TW_DIRECTORY_TABLE("dir_scram", TW_DIRECTORY_SCRAM_COLUMNS),
};

static const TwDbSql external_steps[] = {
    TW_DIRECTORY_TABLE("dir_external", TW_DIRECTORY_EXTERNAL_COLUMNS),
};

static const TwDbMigration migrations[] = {
    { .version = 1,
      .steps = steps,
      .step_count = G_N_ELEMENTS(steps),
      .func = tw_sql_dir_state_begin },
    { .version = 2, .steps = node_steps, .step_count = G_N_ELEMENTS(node_steps) },
    { .version = 3,
      .steps = scram_steps,
      .step_count = G_N_ELEMENTS(scram_steps),
      .func = tw_sql_dir_scram_begin },
    { .version = 4, .steps = external_steps, .step_count = G_N_ELEMENTS(external_steps) },
};

static const TwDbSqlSet *const sets[] = {
    &tw_sql_dir_external, &tw_sql_dir_gone,     &tw_sql_dir_node,  &tw_sql_dir_object,
    &tw_sql_dir_photo,    &tw_sql_dir_relation, &tw_sql_dir_scram, &tw_sql_dir_secret,
    &tw_sql_dir_state,    &tw_sql_dir_text,
};

const TwDbSchema tw_directory_schema = {
    .id = "directory",
    .migrations = migrations,
    .migration_count = G_N_ELEMENTS(migrations),
    .sets = sets,
    .set_count = G_N_ELEMENTS(sets),
};

/* ---- the epoch ---- */

typedef struct {
    TwDirectoryDb *self;
    guint64 cn;
} Committed;

static void
raise_epoch(gpointer data)
{
    const Committed *committed = data;
    TwDirectoryDb *self = committed->self;

    tw_lock(&self->lock);
    self->epoch = MAX(self->epoch, committed->cn);
    tw_unlock(&self->lock);
}

gboolean
tw_directory_db_next_cn(TwDirectoryPlugin *plugin, TwDbTx *tx, guint64 *ret_cn, GError **error)
{
    Committed *committed;

    if (!tw_sql_dir_state_next_cn(tx, ret_cn, error))
        return FALSE;
    committed = g_new(Committed, 1);
    *committed = (Committed){ get_self(plugin), *ret_cn };
    tw_db_on_commit(tx, raise_epoch, committed, g_free);
    return TRUE;
}

gboolean
tw_directory_db_read(TwDirectoryPlugin *plugin, TwDbFunc func, gpointer data, GError **error)
{
    return tw_db_read(get_self(plugin)->db, NULL, func, data, error);
}

TwDirectoryScram *
tw_directory_db_scram(TwDirectoryPlugin *plugin)
{
    return &get_self(plugin)->scram;
}

gboolean
tw_directory_db_run(TwDirectoryPlugin *plugin, TwDbFunc func, gpointer data, GError **error)
{
    return tw_db_write(get_self(plugin)->db, func, data, error);
}

void
tw_directory_db_set_followed(TwDirectoryPlugin *plugin)
{
    get_self(plugin)->followed = TRUE;
}

gboolean
tw_directory_db_check_writable(TwDirectoryPlugin *plugin,
                               TwDbTx *tx,
                               guint32 number,
                               GError **error)
{
    g_autofree char *owner = NULL;
    gboolean found = FALSE;

    if (get_self(plugin)->followed)
        return TRUE;
    if (number != 0 ? !tw_sql_dir_external_has(tx, number, &found, error)
                    : !tw_sql_dir_external_plugin(tx, &owner, error))
        return FALSE;
    if (!found && owner == NULL)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "%s: users are kept elsewhere",
                owner != NULL ? owner : "this one");
    return FALSE;
}

static gboolean
read_epoch_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwDirectoryDb *self = data;
    guint64 cn;

    if (!tw_sql_dir_state_get(tx, &cn, error))
        return FALSE;
    tw_lock(&self->lock);
    self->epoch = MAX(self->epoch, cn);
    self->shared = tw_db_tx_kind(tx) == TW_DB_MARIADB;
    tw_unlock(&self->lock);
    return TRUE;
}

static gboolean
get_epoch(TwDirectoryPlugin *plugin, guint64 *ret, GError **error)
{
    TwDirectoryDb *self = get_self(plugin);
    gboolean shared;

    tw_lock(&self->lock);
    shared = self->shared;
    tw_unlock(&self->lock);
    if (shared && !tw_db_read(self->db, NULL, read_epoch_tx, self, error))
        return FALSE;
    tw_lock(&self->lock);
    *ret = self->epoch;
    tw_unlock(&self->lock);
    return TRUE;
}

/* ---- loading ---- */

typedef struct {
    guint64 since;
    TwDirectoryDelta *delta;
} Load;

/* Adds to an object what other tables hold of it. */
static TwDirectoryObject *
complete(TwDbTx *tx, const TwDirectoryObject *row, GError **error)
{
    TwDirectoryObject values = *row;
    GPtrArray *lists[TW_DIRECTORY_TEXT_KINDS];
    g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(TwDirectoryLink));
    TwDirectoryObject *object = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        lists[i] = g_ptr_array_new_with_free_func(g_free);
    if (tw_sql_dir_text_get(tx, row->number, lists, error) &&
        tw_sql_dir_relation_of(tx, row->number, links, error)) {
        for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
            g_ptr_array_add(lists[i], NULL);
        values.aliases = (const char *const *) lists[TW_DIRECTORY_TEXT_ALIAS]->pdata;
        values.features_on = (const char *const *) lists[TW_DIRECTORY_TEXT_FEATURE_ON]->pdata;
        values.features_off = (const char *const *) lists[TW_DIRECTORY_TEXT_FEATURE_OFF]->pdata;
        values.links = (const TwDirectoryLink *) (gpointer) links->data;
        values.link_count = links->len;
        if (tw_directory_object_check(&values, TW_DIRECTORY_SET_ALIASES | TW_DIRECTORY_SET_FEATURES,
                                      NULL))
            object = tw_directory_object_new(&values);
        else
            tw_directory_db_damaged("dir_text", error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_ptr_array_unref(lists[i]);
    return object;
}

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Load *load = data;
    TwDirectoryDelta *delta = load->delta;
    g_autoptr(GPtrArray) rows =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);

    guint64 since = load->since;

    tw_directory_delta_clear(delta);
    delta->objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    delta->gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    if (!tw_sql_dir_state_get(tx, &delta->epoch, error) ||
        !tw_sql_dir_gone_since(tx, since, delta->gone, error))
        return FALSE;
    if (delta->gone->len >= TW_DIRECTORY_MOST_GONE) /* there may have been more: all anew */
        since = 0;
    delta->whole = since == 0;
    if (!tw_sql_dir_object_since(tx, since, rows, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        TwDirectoryObject *object = complete(tx, g_ptr_array_index(rows, i), error);
        if (object == NULL)
            return FALSE;
        g_ptr_array_add(delta->objects, object);
    }
    return TRUE;
}

static gboolean
load_delta(TwDirectoryPlugin *plugin, guint64 since, TwDirectoryDelta *ret, GError **error)
{
    TwDirectoryDelta delta = { 0 };
    Load load = { since, &delta };

    if (!tw_db_read(get_self(plugin)->db, NULL, load_tx, &load, error)) {
        tw_directory_delta_clear(&delta);
        return FALSE;
    }
    *ret = delta;
    return TRUE;
}

/* ---- passwords ---- */

typedef struct {
    TwDirectoryPlugin *plugin;
    guint32 number;
    char *hash;
    guint64 generation;
} Secret;

static void
clear_secret(Secret *secret)
{
    if (secret->hash != NULL)
        tw_secret_wipe(secret->hash, strlen(secret->hash));
    g_clear_pointer(&secret->hash, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Secret, clear_secret)

static gboolean
get_secret_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Secret *secret = data;

    clear_secret(secret);
    return tw_sql_dir_secret_get(tx, secret->number, &secret->hash, &secret->generation, error);
}

static gboolean
upgrade_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Secret *secret = data;

    return tw_sql_dir_secret_upgrade(tx, secret->number, secret->hash, secret->generation, error);
}

/* The login is right whether or not the better hash could be stored: the next one tries again. */
static void
upgrade(TwDirectoryDb *self, const Secret *old, const TwSecret *password)
{
    g_auto(Secret) better = { .number = old->number, .generation = old->generation };

    better.hash = tw_password_hash(password, NULL);
    if (better.hash != NULL)
        tw_db_write(self->db, upgrade_tx, &better, NULL);
}

static gboolean
check_password(TwDirectoryPlugin *plugin,
               const TwDirectoryObject *user,
               const TwSecret *password,
               guint64 *ret_generation,
               GError **error)
{
    TwDirectoryDb *self = get_self(plugin);
    g_auto(Secret) secret = { .number = user == NULL ? 0 : user->number };
    TwPasswordVerdict verdict;

    if (!tw_db_read(self->db, NULL, get_secret_tx, &secret, error))
        return FALSE;
    verdict = tw_password_check(secret.hash, password);
    if (verdict == TW_PASSWORD_WRONG) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "unknown user or wrong password");
        return FALSE;
    }
    if (verdict == TW_PASSWORD_RIGHT_BUT_OLD)
        upgrade(self, &secret, password);
    tw_directory_db_scram_learn(plugin, user, secret.generation, password);
    *ret_generation = secret.generation;
    return TRUE;
}

/* ---- photos ---- */

typedef struct {
    guint32 number;
    GBytes *photo;
} Photo;

static gboolean
get_photo_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Photo *photo = data;

    g_clear_pointer(&photo->photo, g_bytes_unref);
    return tw_sql_dir_photo_get(tx, photo->number, &photo->photo, error);
}

static GBytes *
get_photo(TwDirectoryPlugin *plugin, guint32 number, GError **error)
{
    Photo photo = { .number = number };

    if (!tw_db_read(get_self(plugin)->db, NULL, get_photo_tx, &photo, error))
        g_clear_pointer(&photo.photo, g_bytes_unref);
    return photo.photo;
}

/* ---- servers ---- */

typedef struct {
    const char *name, *urls;
    char *found; /* owned */
} Node;

static gboolean
get_node_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Node *node = data;

    g_clear_pointer(&node->found, g_free);
    return tw_sql_dir_node_get(tx, node->name, &node->found, error);
}

static char *
get_node_urls(TwDirectoryPlugin *plugin, const char *name, GError **error)
{
    Node node = { .name = name };

    if (!tw_db_read(get_self(plugin)->db, NULL, get_node_tx, &node, error))
        g_clear_pointer(&node.found, g_free);
    return node.found;
}

static gboolean
set_node_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Node *node = data;

    return tw_sql_dir_node_set(tx, node->name, node->urls, error);
}

static gboolean
set_node_urls(TwDirectoryPlugin *plugin, const char *name, const char *urls, GError **error)
{
    Node node = { .name = name, .urls = urls };

    return tw_db_write(get_self(plugin)->db, set_node_tx, &node, error);
}

/* ---- life ---- */

static void
close_plugin(TwDirectoryPlugin *plugin)
{
    TwDirectoryDb *self = get_self(plugin);

    tw_lock_clear(&self->lock);
    tw_secret_wipe(&self->scram, sizeof self->scram);
    g_free(self);
}

static const TwDirectoryPluginFuncs funcs = {
    .name = "db",
    .close = close_plugin,
    .epoch = get_epoch,
    .load = load_delta,
    .check_password = check_password,
    .has_scram = tw_directory_db_has_scram,
    .scram_keys = tw_directory_db_scram_keys,
    .photo = get_photo,
    .create = tw_directory_db_create,
    .modify = tw_directory_db_modify,
    .remove = tw_directory_db_remove,
    .relate = tw_directory_db_relate,
    .unrelate = tw_directory_db_unrelate,
    .node_urls = get_node_urls,
    .set_node_urls = set_node_urls,
};

TwDirectoryPlugin *
tw_directory_db_new(TwDb *db, GError **error)
{
    TwDirectoryDb *self = g_new0(TwDirectoryDb, 1);

    self->base.funcs = &funcs;
    self->db = db;
    tw_lock_init(&self->lock);
    if (!tw_db_read(db, NULL, read_epoch_tx, self, error)) {
        close_plugin(&self->base);
        return NULL;
    }
    return &self->base;
}
