/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/directory.h"

#include <string.h>

#include "base/error.h"
#include "base/lock.h"
#include "directory/credential-cache.h"
#include "directory/pam.h"

struct TwDirectory {
    TwDirectoryPlugin *plugin; /* owned */
    const TwDirectoryPluginFuncs *funcs;
    TwCollations *collations;
    TwCredentialCache *credentials;
    char *pam_service, *pam_folder; /* (nullable) */
    TwLock lock;                    /* guards what follows; never held while the plugin works */
    GCond loaded;                   /* loading ended */
    gboolean loading;               /* some thread asks the plugin */
    TwDirectorySnapshot *snapshot;  /* owned */
};

/* ---- the snapshot ---- */

static TwDirectorySnapshot *
current(TwDirectory *directory)
{
    TwDirectorySnapshot *snapshot;

    tw_lock(&directory->lock);
    snapshot = tw_directory_snapshot_ref(directory->snapshot);
    tw_unlock(&directory->lock);
    return snapshot;
}

static TwDirectorySnapshot *
load_after(TwDirectory *directory, TwDirectorySnapshot *old, GError **error)
{
    g_auto(TwDirectoryDelta) delta = { 0 };

    if (!directory->funcs->load(directory->plugin, tw_directory_snapshot_epoch(old), &delta, error))
        return NULL;
    return tw_directory_snapshot_apply(old, &delta);
}

static void
publish(TwDirectory *directory, TwDirectorySnapshot *snapshot)
{
    TwDirectorySnapshot *old = NULL;

    tw_lock(&directory->lock);
    if (snapshot != NULL) {
        old = directory->snapshot;
        directory->snapshot = tw_directory_snapshot_ref(snapshot);
    }
    directory->loading = FALSE;
    g_cond_broadcast(&directory->loaded);
    tw_unlock(&directory->lock);
    tw_directory_snapshot_unref(old);
}

/* Waits for who loads already; then TRUE if this thread shall load. */
static gboolean
take_turn(TwDirectory *directory, guint64 epoch)
{
    gboolean load;

    tw_lock(&directory->lock);
    while (directory->loading)
        tw_lock_wait(&directory->lock, &directory->loaded, G_MAXINT64);
    load = tw_directory_snapshot_epoch(directory->snapshot) < epoch;
    directory->loading = load;
    tw_unlock(&directory->lock);
    return load;
}

TwDirectorySnapshot *
tw_directory_snapshot(TwDirectory *directory, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = current(directory);
    TwDirectorySnapshot *newer;
    guint64 epoch;

    if (!directory->funcs->epoch(directory->plugin, &epoch, error))
        return NULL;
    if (tw_directory_snapshot_epoch(snapshot) >= epoch)
        return g_steal_pointer(&snapshot);
    if (!take_turn(directory, epoch))
        return current(directory);
    tw_directory_snapshot_unref(snapshot);
    snapshot = current(directory);
    newer = load_after(directory, snapshot, error);
    publish(directory, newer);
    return newer;
}

gboolean
tw_directory_refresh(TwDirectory *directory, GError **error)
{
    return directory->funcs->refresh == NULL || directory->funcs->refresh(directory->plugin, error);
}

void
tw_directory_follow(TwDirectory *directory, TwDirectoryNewsFunc func, gpointer data)
{
    if (directory->funcs->follow != NULL)
        directory->funcs->follow(directory->plugin, func, data);
}

/* ---- life ---- */

TwDirectory *
tw_directory_new(TwDirectoryPlugin *plugin, const TwDirectoryConfig *config, GError **error)
{
    g_autoptr(TwDirectory) directory = g_new0(TwDirectory, 1);
    TwDirectorySnapshot *first;

    directory->plugin = plugin;
    directory->funcs = plugin->funcs;
    directory->collations = tw_collations_new();
    directory->credentials =
        tw_credential_cache_new(config->credentials_most, config->credentials_life_us);
    directory->pam_service = g_strdup(config->pam_service);
    directory->pam_folder = g_strdup(config->pam_folder);
    tw_lock_init(&directory->lock);
    g_cond_init(&directory->loaded);
    directory->snapshot =
        tw_directory_snapshot_new(tw_collations_get(directory->collations, config->locale));
    first = load_after(directory, directory->snapshot, error);
    if (first == NULL)
        return NULL;
    publish(directory, first);
    tw_directory_snapshot_unref(first);
    return g_steal_pointer(&directory);
}

void
tw_directory_free(TwDirectory *directory)
{
    if (directory == NULL)
        return;
    tw_directory_snapshot_unref(directory->snapshot);
    tw_credential_cache_free(directory->credentials);
    tw_collations_free(directory->collations);
    tw_directory_plugin_close(directory->plugin);
    g_free(directory->pam_service);
    g_free(directory->pam_folder);
    g_cond_clear(&directory->loaded);
    tw_lock_clear(&directory->lock);
    g_free(directory);
}

/* ---- logging in ---- */

/* Who may log in by that name, or NULL. */
static TwDirectoryObject *
find_user(TwDirectory *directory, guint32 company, const char *name, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(directory, error);
    TwDirectoryObject *user;

    if (snapshot == NULL)
        return NULL;
    user = tw_directory_snapshot_find(snapshot, TW_DIRECTORY_USERS, company, name);
    return user != NULL && user->kind == TW_DIRECTORY_USER && user->number != TW_DIRECTORY_SYSTEM
               ? tw_directory_object_ref(user)
               : NULL;
}

static gboolean
seek(TwDirectory *directory, const char *name, GError **error)
{
    return directory->funcs->seek != NULL && directory->funcs->seek(directory->plugin, name, error);
}

static gboolean
check_password(TwDirectory *directory,
               const TwDirectoryObject *user,
               const TwSecret *password,
               guint64 *ret_generation,
               GError **error)
{
    if (directory->pam_service == NULL)
        return directory->funcs->check_password(directory->plugin, user, password, ret_generation,
                                                error);
    if (!tw_pam_check(directory->pam_service, directory->pam_folder,
                      user != NULL ? user->name : NULL, password, error))
        return FALSE;
    *ret_generation = user != NULL ? user->password_generation : 0;
    return TRUE;
}

TwDirectoryObject *
tw_directory_login(TwDirectory *directory,
                   guint32 company,
                   const char *name,
                   const TwSecret *password,
                   gint64 now_us,
                   GError **error)
{
    g_autoptr(TwDirectoryObject) user = NULL;
    GError *local = NULL;
    guint64 generation = 0;

    user = find_user(directory, company, name, &local);
    if (user == NULL && local == NULL && seek(directory, name, &local))
        user = find_user(directory, company, name, &local);
    if (local != NULL) {
        g_propagate_error(error, local);
        return NULL;
    }
    if (user != NULL && tw_credential_cache_check(directory->credentials, user->number,
                                                  user->password_generation, password, now_us))
        return g_steal_pointer(&user);
    if (!check_password(directory, user, password, &generation, error))
        return NULL;
    g_assert(user != NULL); /* no plugin lets nobody in */
    tw_credential_cache_put(directory->credentials, user->number, generation, password, now_us);
    return g_steal_pointer(&user);
}

gboolean
tw_directory_has_scram(TwDirectory *directory)
{
    return directory->pam_service == NULL && directory->funcs->has_scram != NULL &&
           directory->funcs->has_scram(directory->plugin);
}

gboolean
tw_directory_scram_keys(TwDirectory *directory,
                        guint32 company,
                        const char *name,
                        TwScramKeys *ret,
                        TwDirectoryObject **ret_user,
                        GError **error)
{
    g_autoptr(TwDirectoryObject) user = NULL;
    GError *local = NULL;
    gboolean real = FALSE;

    if (!tw_directory_has_scram(directory)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "there are no keys for SCRAM");
        return FALSE;
    }
    user = find_user(directory, company, name, &local);
    if (local != NULL) {
        g_propagate_error(error, local);
        return FALSE;
    }
    if (!directory->funcs->scram_keys(directory->plugin, company, name, user, ret, &real, error))
        return FALSE;
    *ret_user = real ? g_steal_pointer(&user) : NULL;
    return TRUE;
}

/* ---- changes ---- */

static gboolean
is_written_here(const TwDirectory *directory, gboolean can, GError **error)
{
    if (can)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "%s: users are kept elsewhere",
                directory->funcs->name);
    return FALSE;
}

gboolean
tw_directory_create(TwDirectory *directory,
                    const TwDirectoryObject *values,
                    const TwDirectoryExtras *extras,
                    guint32 *ret_number,
                    GError **error)
{
    return is_written_here(directory, directory->funcs->create != NULL, error) &&
           directory->funcs->create(directory->plugin, values, extras, ret_number, error);
}

gboolean
tw_directory_modify(TwDirectory *directory,
                    const TwDirectoryObject *values,
                    TwDirectoryFields fields,
                    const TwDirectoryExtras *extras,
                    GError **error)
{
    if (!is_written_here(directory, directory->funcs->modify != NULL, error) ||
        !directory->funcs->modify(directory->plugin, values, fields, extras, error))
        return FALSE;
    if (extras != NULL && extras->password != NULL)
        tw_credential_cache_drop(directory->credentials, values->number);
    return TRUE;
}

gboolean
tw_directory_remove(TwDirectory *directory, guint32 number, GError **error)
{
    if (!is_written_here(directory, directory->funcs->remove != NULL, error) ||
        !directory->funcs->remove(directory->plugin, number, error))
        return FALSE;
    tw_credential_cache_drop(directory->credentials, number);
    return TRUE;
}

gboolean
tw_directory_relate(TwDirectory *directory, guint32 from, TwDirectoryLink link, GError **error)
{
    return is_written_here(directory, directory->funcs->relate != NULL, error) &&
           directory->funcs->relate(directory->plugin, from, link, error);
}

gboolean
tw_directory_unrelate(TwDirectory *directory, guint32 from, TwDirectoryLink link, GError **error)
{
    return is_written_here(directory, directory->funcs->unrelate != NULL, error) &&
           directory->funcs->unrelate(directory->plugin, from, link, error);
}

GBytes *
tw_directory_photo(TwDirectory *directory, guint32 number, GError **error)
{
    if (directory->funcs->photo != NULL)
        return directory->funcs->photo(directory->plugin, number, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "there are no photos");
    return NULL;
}

/* ---- servers ---- */

enum {
    MOST_NODE_URLS = 2048, /* bytes */
};

static gboolean
is_plain(const char *url)
{
    gsize len = strlen(url);

    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isgraph(url[i]))
            return FALSE;
    }
    return len > 0;
}

char *
tw_directory_node_url(TwDirectory *directory, const char *name, const char *scheme, GError **error)
{
    g_autofree char *key = g_ascii_strdown(name, -1);
    g_autofree char *begin = g_strconcat(scheme, "://", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) urls = NULL;

    if (directory->funcs->node_urls != NULL) {
        text = directory->funcs->node_urls(directory->plugin, key, error);
        if (text == NULL)
            return NULL;
        urls = g_strsplit(text, " ", -1);
        for (guint i = 0; urls[i] != NULL; i++) {
            if (g_ascii_strncasecmp(urls[i], begin, strlen(begin)) == 0)
                return g_strdup(urls[i]);
        }
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "server %s is not reached by %s", name,
                scheme);
    return NULL;
}

gboolean
tw_directory_set_node_urls(TwDirectory *directory,
                           const char *name,
                           const char *const *urls,
                           GError **error)
{
    g_autofree char *key = g_ascii_strdown(name, -1);
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean ok = TRUE;

    if (directory->funcs->set_node_urls == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "servers are written elsewhere");
        return FALSE;
    }
    for (guint i = 0; urls[i] != NULL; i++) {
        ok = ok && is_plain(urls[i]);
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", urls[i]);
    }
    if (ok && text->len <= MOST_NODE_URLS)
        return directory->funcs->set_node_urls(directory->plugin, key, text->str, error);
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                "URLs of a server: without spaces, %d bytes together", MOST_NODE_URLS);
    return FALSE;
}
