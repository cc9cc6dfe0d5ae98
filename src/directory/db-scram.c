/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Keys for SCRAM in the plugin: made when a password is set, or right for the first time since; told for names that nobody has, too.
 *
 * A salt is made of the name and a secret of the house, so that a name that nobody has, a user without keys and a user with keys
 * are asked for the same, again and again, and a set password does not show from outside.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "directory/db-plugin.h"
#include "directory/db-private.h"

static void
make_of_secret(const TwDirectoryScram *scram,
               const char *what,
               guint32 company,
               const char *name,
               guint8 ret[TW_SHA256_LEN])
{
    g_autofree char *key = tw_text_name_key(name, strlen(name), NULL);
    g_autofree char *text = g_strdup_printf("%s %u %s", what, company, key != NULL ? key : name);

    tw_hmac_sha256(scram->secret, sizeof scram->secret, text, strlen(text), ret);
}

/* Keys whose password nobody knows. */
static void
make_nobodys(const TwDirectoryScram *scram, guint32 company, const char *name, TwScramKeys *ret)
{
    guint8 salt[TW_SHA256_LEN];

    make_of_secret(scram, "salt", company, name, salt);
    memcpy(ret->salt, salt, sizeof ret->salt);
    ret->rounds = TW_SCRAM_ROUNDS;
    make_of_secret(scram, "stored", company, name, ret->stored);
    make_of_secret(scram, "server", company, name, ret->server);
}

void
tw_directory_db_scram_make(const TwDirectoryScram *scram,
                           guint32 company,
                           const char *name,
                           const TwSecret *password,
                           TwScramKeys *ret)
{
    make_nobodys(scram, company, name, ret);
    tw_scram_keys_make(ret, password);
}

/* ---- kept or not ---- */

typedef struct {
    TwScramKeys keys;
    gboolean found;
    guint64 generation;
} House;

static gboolean
get_house_tx(TwDbTx *tx, gpointer data, GError **error)
{
    House *house = data;

    return tw_sql_dir_scram_get(tx, 0, &house->keys, &house->found, &house->generation, error) &&
           (house->found || tw_directory_db_damaged("dir_scram", error));
}

static gboolean
is_any_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_dir_scram_any(tx, data, error);
}

static gboolean
drop_all_tx(TwDbTx *tx, gpointer data, GError **error)
{
    (void) data;
    return tw_sql_dir_scram_delete_all(tx, error);
}

gboolean
tw_directory_db_keep_scram(TwDirectoryPlugin *plugin, gboolean keep, GError **error)
{
    TwDirectoryScram *scram = tw_directory_db_scram(plugin);
    House house = { 0 };
    gboolean any = FALSE;

    scram->kept = FALSE;
    if (!keep)
        return tw_directory_db_read(plugin, is_any_tx, &any, error) &&
               (!any || tw_directory_db_run(plugin, drop_all_tx, NULL, error));
    if (!tw_directory_db_read(plugin, get_house_tx, &house, error))
        return FALSE;
    memcpy(scram->secret, house.keys.server, sizeof scram->secret);
    tw_secret_wipe(&house, sizeof house);
    scram->kept = TRUE;
    return TRUE;
}

gboolean
tw_directory_db_has_scram(TwDirectoryPlugin *plugin)
{
    return tw_directory_db_scram(plugin)->kept;
}

/* ---- log-on ---- */

typedef struct {
    guint32 number;
    TwScramKeys keys;
    gboolean found;
} Wanted;

static gboolean
get_keys_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Wanted *wanted = data;
    g_autofree char *hash = NULL;
    guint64 of_keys, of_hash;

    if (!tw_sql_dir_scram_get(tx, wanted->number, &wanted->keys, &wanted->found, &of_keys, error) ||
        !tw_sql_dir_secret_get(tx, wanted->number, &hash, &of_hash, error))
        return FALSE;
    wanted->found = wanted->found && hash != NULL && of_keys == of_hash;
    if (hash != NULL)
        tw_secret_wipe(hash, strlen(hash));
    return TRUE;
}

/* SYSTEM's number is one of no password, and reading it takes as long as another. */
gboolean
tw_directory_db_scram_keys(TwDirectoryPlugin *plugin,
                           guint32 company,
                           const char *name,
                           const TwDirectoryObject *user,
                           TwScramKeys *ret,
                           gboolean *ret_real,
                           GError **error)
{
    Wanted wanted = { .number = user != NULL ? user->number : TW_DIRECTORY_SYSTEM };

    if (!tw_directory_db_read(plugin, get_keys_tx, &wanted, error))
        return FALSE;
    make_nobodys(tw_directory_db_scram(plugin), company, name, ret); /* in any case, for the time */
    *ret_real = user != NULL && wanted.found;
    if (*ret_real)
        *ret = wanted.keys;
    tw_secret_wipe(&wanted, sizeof wanted);
    return TRUE;
}

/* ---- after a password was right ---- */

typedef struct {
    guint32 number;
    guint64 generation;
    TwScramKeys keys;
} Kept;

static gboolean
set_keys_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Kept *kept = data;

    return tw_sql_dir_scram_set(tx, kept->number, &kept->keys, kept->generation, error);
}

void
tw_directory_db_scram_learn(TwDirectoryPlugin *plugin,
                            const TwDirectoryObject *user,
                            guint64 generation,
                            const TwSecret *password)
{
    const TwDirectoryScram *scram = tw_directory_db_scram(plugin);
    Wanted wanted = { .number = user->number };
    Kept kept = { .number = user->number, .generation = generation };

    if (!scram->kept || !tw_directory_db_read(plugin, get_keys_tx, &wanted, NULL) || wanted.found)
        return;
    tw_directory_db_scram_make(scram, user->company, user->name, password, &kept.keys);
    tw_directory_db_run(plugin, set_keys_tx, &kept, NULL);
    tw_secret_wipe(&kept, sizeof kept);
}
