/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys for SCRAM in the db plugin: when there are some, when they go, and what is told of who has none. */
#include <string.h>

#include "base/scram.h"
#include "directory/place.h"
#include "support/assert-bytes.h"

static void
open_keeping(Place *place, gboolean keep)
{
    const TwDirectoryConfig config = TW_DIRECTORY_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwDirectoryPlugin *plugin;

    tw_directory_free(place->directory);
    plugin = tw_directory_db_new(place->db, &error);
    g_assert_no_error(error);
    tw_directory_db_keep_scram(plugin, keep, &error);
    g_assert_no_error(error);
    place->directory = tw_directory_new(plugin, &config, &error);
    g_assert_no_error(error);
}

static void
set_password(Place *place, guint32 number, const char *password)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    TwDirectoryObject values = { .number = number };
    TwDirectoryExtras extras = { .password = secret };
    g_autoptr(GError) error = NULL;

    tw_directory_modify(place->directory, &values, 0, &extras, &error);
    g_assert_no_error(error);
}

/* Whether one gets in by a proof; the salt, that whoever asks is told. */
static gboolean
proves(Place *place, const char *name, const char *password, TwScramKeys *ret)
{
    g_autoptr(TwDirectoryObject) user = NULL;
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    guint8 salted[TW_SHA256_LEN], proof[TW_SHA256_LEN], theirs[TW_SHA256_LEN], ours[TW_SHA256_LEN];
    g_autoptr(GError) error = NULL;
    gboolean right;

    tw_directory_scram_keys(place->directory, 0, name, ret, &user, &error);
    g_assert_no_error(error);
    tw_scram_salt_password(secret, ret->salt, sizeof ret->salt, ret->rounds, salted);
    tw_scram_prove(salted, "said", 4, proof, theirs);
    right = tw_scram_keys_check(ret, "said", 4, proof, ours);
    g_assert_true(!right || memcmp(theirs, ours, sizeof ours) == 0);
    g_assert_true(!right || user != NULL);
    return right;
}

static void
log_in(Place *place, const char *name, const char *password, gboolean right)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    g_autoptr(TwDirectoryObject) user =
        tw_directory_login(place->directory, 0, name, secret, 1, NULL);

    g_assert_true((user != NULL) == right);
}

static void
test_life(gconstpointer data)
{
    Place place;
    TwScramKeys keys, before;
    guint32 number;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    g_assert_false(tw_directory_has_scram(place.directory));
    number = place_add(&place, TW_DIRECTORY_USER, 0, "Ada");
    set_password(&place, number, "first");

    open_keeping(&place, TRUE);
    g_assert_true(tw_directory_has_scram(place.directory));
    g_assert_false(proves(&place, "ada", "first", &before)); /* it was set before */
    log_in(&place, "ada", "wrong", FALSE);
    g_assert_false(proves(&place, "ada", "first", &keys));
    log_in(&place, "ada", "first", TRUE);
    g_assert_true(proves(&place, "ADA", "first", &keys));
    g_assert_false(proves(&place, "ada", "wrong", &keys));
    assert_bytes(keys.salt, sizeof keys.salt, before.salt, sizeof before.salt);
    g_assert_cmpuint(keys.rounds, ==, before.rounds);

    set_password(&place, number, "second");
    g_assert_false(proves(&place, "ada", "first", &keys));
    g_assert_true(proves(&place, "ada", "second", &keys));

    /* a hash from elsewhere: of that password nothing is known */
    tw_directory_free(place.directory);
    place.directory = NULL;
    {
        g_autoptr(TwDirectoryPlugin) plugin = tw_directory_db_new(place.db, NULL);
        g_assert_true(tw_directory_db_import_hash(
            plugin, number, "0123456789abcdef0123456789abcdef01234567", NULL));
    }
    open_keeping(&place, TRUE);
    g_assert_false(proves(&place, "ada", "second", &keys));

    set_password(&place, number, "third");
    g_assert_true(proves(&place, "ada", "third", &keys));
    open_keeping(&place, FALSE);
    g_assert_false(tw_directory_has_scram(place.directory));
    open_keeping(&place, TRUE);
    g_assert_false(proves(&place, "ada", "third", &keys)); /* dropped when they were not wanted */
    place_clear(&place);
}

/* From outside nobody can be told from somebody, today and after a restart. */
static void
test_nobody(gconstpointer data)
{
    static const char *const names[] = { "zoe", "", "\xff\xfe", "SYSTEM", "Everyone" };
    g_autoptr(TwDirectoryObject) user = NULL;
    TwScramKeys first, again, other;
    Place place;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    open_keeping(&place, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_false(proves(&place, names[i], "x", &first));
        open_keeping(&place, TRUE);
        g_assert_false(proves(&place, names[i], "x", &again));
        assert_bytes(&first, sizeof first, &again, sizeof again);
        g_assert_cmpuint(first.rounds, ==, TW_SCRAM_ROUNDS);
        g_assert_true(tw_directory_scram_keys(place.directory, 7, names[i], &other, &user, NULL));
        g_assert_null(user);
        g_assert_cmpint(memcmp(first.salt, other.salt, sizeof other.salt), !=, 0);
    }
    place_clear(&place);
}

int
main(int argc, char **argv)
{
    gboolean maria;
    int result;

    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    maria = kv_maria_start();
    g_test_add_data_func("/directory/scram/sqlite/life", GINT_TO_POINTER(TW_DB_SQLITE), test_life);
    g_test_add_data_func("/directory/scram/sqlite/nobody", GINT_TO_POINTER(TW_DB_SQLITE),
                         test_nobody);
    if (maria) {
        g_test_add_data_func("/directory/scram/mariadb/life", GINT_TO_POINTER(TW_DB_MARIADB),
                             test_life);
        g_test_add_data_func("/directory/scram/mariadb/nobody", GINT_TO_POINTER(TW_DB_MARIADB),
                             test_nobody);
    }
    result = g_test_run();
    kv_maria_stop();
    return result;
}
