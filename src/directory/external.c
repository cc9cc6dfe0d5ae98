/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The plugin over a source elsewhere. Reading it is a turn that one thread has at a time: the plugin's own, when the time has come,
 * or one that was asked to. After a turn the plugin's thread tells what is new; while it does, others may have turns.
 */
#include "directory/external.h"

#include <string.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/time.h"
#include "directory/db-plugin.h"
#include "directory/external-private.h"

enum {
    MOST_WARNED = 10000, /* rows whose warning is remembered; then they are warned of anew */
};

static const gint64 retry_us = (gint64) 10 * G_USEC_PER_SEC;     /* after a failure */
static const gint64 least_seek_us = (gint64) 2 * G_USEC_PER_SEC; /* between two because of a name */
static const gint64 remind_us = (gint64) 600 * G_USEC_PER_SEC;   /* that it is still away */

/* A source, closed when the last one who asks it is done: another may take its place meanwhile. */
typedef struct {
    TwDirectorySource *source;
} Held;

typedef struct {
    TwDirectoryPlugin base;             /* first */
    TwDirectoryPlugin *mirror;          /* owned: the plugin db */
    const TwDirectorySourceFuncs *kind; /* of each source it has */
    gint64 interval_us;
    TwDb *db;
    TwCancel *cancel;
    GThread *thread;
    TwLock lock; /* guards what follows */
    GCond changed;
    Held *held;         /* owned: a reference */
    gboolean safe_mode; /* of the next turn */
    gboolean ending;
    gboolean busy;     /* somebody has the turn, and with it what stands below */
    gboolean failing;  /* the last turn did */
    gint64 due_us;     /* of the next turn */
    gint64 sought_us;  /* of the last turn because of a name */
    gboolean has_news; /* there may be some to tell */
    gboolean telling;
    TwDirectoryNewsFunc follower; /* (nullable) */
    gpointer follower_data;
    /* of who has the turn */
    gboolean turn_is_safe;
    GHashTable *warned; /* keys of rows that were left out and warned of */
    gboolean away;      /* the last turn failed */
    gint64 reminded_us;
} External;

static External *
get_self(TwDirectoryPlugin *plugin)
{
    return (External *) plugin;
}

static Held *
held_new(TwDirectorySource *source)
{
    Held *held = g_atomic_rc_box_new(Held);

    held->source = source;
    return held;
}

static void
close_held(gpointer data)
{
    TwDirectorySource *source = ((Held *) data)->source;

    source->funcs->close(source);
}

static void
held_unref(Held *held)
{
    g_atomic_rc_box_release_full(held, close_held);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Held, held_unref)

static Held *
get_held(External *self)
{
    TW_LOCK_SCOPE(&self->lock);

    return g_atomic_rc_box_acquire(self->held);
}

/* ---- reading the source ---- */

static void
warn_of_row(const TwDirectoryRow *row, const GError *why, gpointer data)
{
    External *self = data;
    gsize len;
    const guint8 *id = g_bytes_get_data(row->id, &len);
    g_autofree char *coded = g_base64_encode(len > 0 ? id : (const guint8 *) "", len);
    g_autofree char *key =
        g_strdup_printf("%x %s %s", (guint) row->values->kind, coded, row->values->name);

    if (g_hash_table_size(self->warned) >= MOST_WARNED)
        g_hash_table_remove_all(self->warned);
    if (g_hash_table_add(self->warned, g_steal_pointer(&key)))
        tw_log(TW_LOG_WARNING, "user-left-out", tw_log_str(TW_LOG_USER, row->values->name),
               tw_log_error(why));
}

/* An answer without anybody is that of a source that is not there, whatever it says of itself. */
static gboolean
check_somebody(External *self, const GPtrArray *rows, GError **error)
{
    g_auto(TwDirectoryDelta) all = { 0 };

    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryRow *row = g_ptr_array_index(rows, i);
        if (tw_directory_has_store(row->values))
            return TRUE;
    }
    if (!self->mirror->funcs->load(self->mirror, 0, &all, error))
        return FALSE;
    for (guint i = 0; i < all.objects->len; i++) {
        if (tw_directory_has_store(g_ptr_array_index(all.objects, i))) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "it has no users any more");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
take_image(External *self, GPtrArray *rows, TwDirectoryApplied *ret, GError **error)
{
    g_autoptr(GPtrArray) clean = NULL;

    if (rows->len > TW_DIRECTORY_MOST_ROWS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "it has too many objects");
        return FALSE;
    }
    clean = tw_directory_image_clean(rows, warn_of_row, self);
    return check_somebody(self, clean, error) &&
           tw_directory_external_apply(self->mirror, self->kind, self->turn_is_safe, clean, ret,
                                       error);
}

static void
log_turn(External *self, const TwDirectoryApplied *applied, gint64 began_us)
{
    const char *name = self->kind->name;

    if (self->away)
        tw_log(TW_LOG_NOTICE, "user-source-back", tw_log_str(TW_LOG_METHOD, name));
    self->away = FALSE;
    if (applied->made + applied->changed + applied->gone > 0) {
        g_autofree char *text = g_strdup_printf(
            "%u new, %u changed, %u gone%s", applied->made, applied->changed, applied->gone,
            self->turn_is_safe ? " (user_safe_mode: new and gone ones are left as they are)" : "");
        tw_log(TW_LOG_NOTICE, "users-read", tw_log_str(TW_LOG_METHOD, name),
               tw_log_str(TW_LOG_MSG, text),
               tw_log_int(TW_LOG_DURATION_MS, (tw_time_mono_us() - began_us) / 1000));
    }
}

static void
log_failure(External *self, const GError *error)
{
    gint64 now = tw_time_mono_us();

    if (self->away && now - self->reminded_us < remind_us)
        return;
    self->away = TRUE;
    self->reminded_us = now;
    tw_log(TW_LOG_ERR, "user-source-away", tw_log_str(TW_LOG_METHOD, self->kind->name),
           tw_log_error(error),
           tw_log_str(TW_LOG_MSG, "users stay as they were read last; it is tried again"));
}

/* With the turn. */
static gboolean
read_source(External *self, GError **error)
{
    g_autoptr(Held) held = get_held(self);
    g_autoptr(GPtrArray) rows = NULL;
    TwDirectoryApplied applied = { 0 };
    gint64 began = tw_time_mono_us();
    GError *local = NULL;

    if (!self->kind->fetch(held->source, self->cancel, &rows, &local) ||
        (rows != NULL && !take_image(self, rows, &applied, &local))) {
        g_prefix_error(&local, "source %s: ", self->kind->name);
        if (!tw_cancel_fired(self->cancel))
            log_failure(self, local);
        g_propagate_error(error, local);
        return FALSE;
    }
    log_turn(self, &applied, began);
    return TRUE;
}

/* Under the lock, which is given back meanwhile. */
static gboolean
have_turn(External *self, GError **error)
{
    const Held *was = self->held;
    gboolean ok;

    self->busy = TRUE;
    self->turn_is_safe = self->safe_mode;
    tw_unlock(&self->lock);
    ok = read_source(self, error);
    tw_lock(&self->lock);
    self->busy = FALSE;
    self->failing = !ok;
    self->has_news = TRUE;
    if (self->held == was)
        self->due_us =
            tw_time_mono_us() + (ok ? self->interval_us : MIN(self->interval_us, retry_us));
    g_cond_broadcast(&self->changed);
    return ok;
}

/* A turn that began after this was called. */
static gboolean
refresh(TwDirectoryPlugin *plugin, GError **error)
{
    External *self = get_self(plugin);
    gboolean ok;

    tw_lock(&self->lock);
    while (self->busy)
        tw_lock_wait(&self->lock, &self->changed, G_MAXINT64);
    ok = have_turn(self, error);
    tw_unlock(&self->lock);
    return ok;
}

/* ---- news ---- */

static gboolean
is_followed(gpointer data)
{
    External *self = data;
    TW_LOCK_SCOPE(&self->lock);

    return !self->ending && self->follower != NULL;
}

static void
follow(TwDirectoryPlugin *plugin, TwDirectoryNewsFunc func, gpointer data)
{
    External *self = get_self(plugin);
    TW_LOCK_SCOPE(&self->lock);

    self->follower = func;
    self->follower_data = data;
    self->has_news = TRUE;
    g_cond_broadcast(&self->changed);
    while (func == NULL && self->telling)
        tw_lock_wait(&self->lock, &self->changed, G_MAXINT64);
}

/* ---- the thread ---- */

/* Under the lock, which is given back meanwhile. */
static void
tell_news(External *self)
{
    TwDirectoryNewsFunc func = self->follower;
    gpointer data = self->follower_data;

    self->has_news = FALSE;
    self->telling = TRUE;
    tw_unlock(&self->lock);
    tw_directory_external_tell(self->db, func, data, is_followed, self);
    tw_lock(&self->lock);
    self->telling = FALSE;
    g_cond_broadcast(&self->changed);
}

static gpointer
run_thread(gpointer data)
{
    External *self = data;

    tw_lock(&self->lock);
    while (!self->ending) {
        if (self->has_news && self->follower != NULL)
            tell_news(self);
        else if (!self->busy && tw_time_mono_us() >= self->due_us)
            have_turn(self, NULL);
        else
            tw_lock_wait(&self->lock, &self->changed, self->busy ? G_MAXINT64 : self->due_us);
    }
    tw_unlock(&self->lock);
    return NULL;
}

/* ---- what a directory asks ---- */

static gboolean
get_epoch(TwDirectoryPlugin *plugin, guint64 *ret, GError **error)
{
    External *self = get_self(plugin);

    return self->mirror->funcs->epoch(self->mirror, ret, error);
}

static gboolean
load(TwDirectoryPlugin *plugin, guint64 since, TwDirectoryDelta *ret, GError **error)
{
    External *self = get_self(plugin);

    return self->mirror->funcs->load(self->mirror, since, ret, error);
}

/* Whoever tries names must not make the source be read for each. */
static gboolean
may_seek(External *self)
{
    gint64 now = tw_time_mono_us();
    TW_LOCK_SCOPE(&self->lock);

    if (self->failing || now - self->sought_us < least_seek_us)
        return FALSE;
    self->sought_us = now;
    return TRUE;
}

static gboolean
seek(TwDirectoryPlugin *plugin, const char *name, GError **error)
{
    External *self = get_self(plugin);
    g_autoptr(Held) held = NULL;
    gboolean there = TRUE;

    if (*name == '\0' || strlen(name) > TW_DIRECTORY_MOST_NAME)
        return FALSE;
    held = get_held(self);
    if (self->kind->has != NULL && (!self->kind->has(held->source, name, &there, error) || !there))
        return FALSE;
    return may_seek(self) && refresh(plugin, error);
}

/* Somebody's password is right only while the source has somebody of that id. */
typedef struct {
    guint32 number;
    GBytes *id;
} Place;

static gboolean
get_place_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Place *place = data;
    g_autoptr(GPtrArray) one =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_known_free);

    g_clear_pointer(&place->id, g_bytes_unref);
    if (!tw_sql_dir_external_get(tx, place->number, one, error))
        return FALSE;
    if (one->len > 0)
        place->id = g_steal_pointer(&((TwDirectoryKnown *) one->pdata[0])->id);
    return TRUE;
}

static gboolean
check_password(TwDirectoryPlugin *plugin,
               const TwDirectoryObject *user,
               const TwSecret *password,
               guint64 *ret_generation,
               GError **error)
{
    External *self = get_self(plugin);
    g_autoptr(Held) held = get_held(self);
    Place place = { .number = user != NULL ? user->number : 0 };
    g_autoptr(GBytes) id = NULL;

    if (user != NULL && !tw_db_read(self->db, NULL, get_place_tx, &place, error))
        return FALSE;
    id = place.id;
    if (!self->kind->check_password(held->source, id, user != NULL ? user->name : "", password,
                                    error))
        return FALSE;
    if (id == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "unknown user");
        return FALSE;
    }
    *ret_generation = user->password_generation;
    return TRUE;
}

static GBytes *
get_photo(TwDirectoryPlugin *plugin, guint32 number, GError **error)
{
    External *self = get_self(plugin);

    return self->mirror->funcs->photo(self->mirror, number, error);
}

static char *
get_node_urls(TwDirectoryPlugin *plugin, const char *name, GError **error)
{
    External *self = get_self(plugin);

    return self->mirror->funcs->node_urls(self->mirror, name, error);
}

static gboolean
set_node_urls(TwDirectoryPlugin *plugin, const char *name, const char *urls, GError **error)
{
    External *self = get_self(plugin);

    return self->mirror->funcs->set_node_urls(self->mirror, name, urls, error);
}

/* ---- what may be written here ---- */

static gboolean
refuse(const External *self, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "%s: this is kept elsewhere",
                self->kind->name);
    return FALSE;
}

typedef struct {
    guint32 number;
    TwDirectoryObject *object;
} Now;

static gboolean
get_now_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Now *now = data;

    g_clear_pointer(&now->object, tw_directory_object_unref);
    return tw_sql_dir_object_get(tx, now->number, &now->object, error);
}

static gboolean
modify(TwDirectoryPlugin *plugin,
       const TwDirectoryObject *values,
       TwDirectoryFields fields,
       const TwDirectoryExtras *extras,
       GError **error)
{
    External *self = get_self(plugin);
    Now now = { .number = values->number };
    g_autoptr(TwDirectoryObject) object = NULL;

    if (!tw_db_read(self->db, NULL, get_now_tx, &now, error))
        return FALSE;
    object = now.object;
    if (object != NULL)
        fields = tw_directory_fields_changed(object, values, fields);
    if ((fields & ~(guint) self->kind->written_here) != 0 ||
        (extras != NULL && (extras->password != NULL || extras->photo != NULL)))
        return refuse(self, error);
    return self->mirror->funcs->modify(self->mirror, values, fields, NULL, error);
}

static gboolean
is_related_here(const External *self, TwDirectoryLink link)
{
    return (guint) link.relation <= TW_DIRECTORY_LISTED &&
           (self->kind->relations_here & (1u << (guint) link.relation)) != 0;
}

static gboolean
relate(TwDirectoryPlugin *plugin, guint32 from, TwDirectoryLink link, GError **error)
{
    External *self = get_self(plugin);

    return is_related_here(self, link)
               ? self->mirror->funcs->relate(self->mirror, from, link, error)
               : refuse(self, error);
}

static gboolean
unrelate(TwDirectoryPlugin *plugin, guint32 from, TwDirectoryLink link, GError **error)
{
    External *self = get_self(plugin);

    return is_related_here(self, link)
               ? self->mirror->funcs->unrelate(self->mirror, from, link, error)
               : refuse(self, error);
}

/* ---- life ---- */

static void
close_plugin(TwDirectoryPlugin *plugin)
{
    External *self = get_self(plugin);

    tw_lock(&self->lock);
    self->ending = TRUE;
    g_cond_broadcast(&self->changed);
    tw_unlock(&self->lock);
    tw_cancel_fire(self->cancel);
    if (self->thread != NULL)
        g_thread_join(self->thread);
    tw_directory_plugin_close(self->mirror);
    held_unref(self->held);
    g_hash_table_unref(self->warned);
    tw_cancel_unref(self->cancel);
    g_cond_clear(&self->changed);
    tw_lock_clear(&self->lock);
    g_free(self);
}

static const TwDirectoryPluginFuncs funcs = {
    .name = "external",
    .close = close_plugin,
    .epoch = get_epoch,
    .load = load,
    .seek = seek,
    .refresh = refresh,
    .follow = follow,
    .check_password = check_password,
    .photo = get_photo,
    .modify = modify,
    .relate = relate,
    .unrelate = unrelate,
    .node_urls = get_node_urls,
    .set_node_urls = set_node_urls,
};

typedef struct {
    char *plugin;   /* owned, nullable: whose objects are there */
    gboolean other; /* some are of no source */
} Owner;

static gboolean
get_owner_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Owner *owner = data;

    g_clear_pointer(&owner->plugin, g_free);
    return tw_sql_dir_external_plugin(tx, &owner->plugin, error) &&
           tw_sql_dir_external_any_other(tx, &owner->other, error);
}

static gboolean
refuse_owner(const char *owner, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                "the users that are there were kept by the plugin %s: user_plugin must say so, or "
                "they must be removed under it first; their stores stay",
                owner);
    return FALSE;
}

gboolean
tw_directory_external_check_none(TwDb *db, GError **error)
{
    Owner owner = { 0 };
    g_autofree char *plugin = NULL;

    if (!tw_db_read(db, NULL, get_owner_tx, &owner, error))
        return FALSE;
    plugin = owner.plugin;
    return plugin == NULL || refuse_owner(plugin, error);
}

static gboolean
check_owner(const External *self, gboolean *ret_empty, GError **error)
{
    Owner owner = { 0 };
    g_autofree char *plugin = NULL;

    if (!tw_db_read(self->db, NULL, get_owner_tx, &owner, error))
        return FALSE;
    plugin = owner.plugin;
    *ret_empty = plugin == NULL;
    if (owner.other)
        return refuse_owner("db", error);
    return plugin == NULL || strcmp(plugin, self->kind->name) == 0 || refuse_owner(plugin, error);
}

/* The first reading may fail only where users are known from an earlier one. */
static gboolean
begin(External *self, GError **error)
{
    gboolean empty = FALSE;
    GError *local = NULL;

    self->mirror = tw_directory_db_new(self->db, error);
    if (self->mirror == NULL)
        return FALSE;
    tw_directory_db_set_followed(self->mirror);
    if (!check_owner(self, &empty, error))
        return FALSE;
    if (!refresh(&self->base, &local)) {
        if (empty) {
            g_propagate_error(error, local);
            return FALSE;
        }
        g_clear_error(&local);
    }
    self->thread = g_thread_new("users", run_thread, self);
    return TRUE;
}

TwDirectoryPlugin *
tw_directory_external_new(TwDb *db,
                          TwDirectorySource *source,
                          const TwDirectoryExternalConfig *config,
                          GError **error)
{
    External *self = g_new0(External, 1);

    self->base.funcs = &funcs;
    self->db = db;
    self->kind = source->funcs;
    self->held = held_new(source);
    self->interval_us = config->interval_us;
    self->safe_mode = config->safe_mode;
    self->cancel = tw_cancel_new();
    self->warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->sought_us = -least_seek_us;
    tw_lock_init(&self->lock);
    g_cond_init(&self->changed);
    if (begin(self, error))
        return &self->base;
    close_plugin(&self->base);
    return NULL;
}

gboolean
tw_directory_external_replace(TwDirectoryPlugin *plugin,
                              TwDirectorySource *source,
                              gboolean safe_mode,
                              GError **error)
{
    External *self = get_self(plugin);
    g_autoptr(Held) held = held_new(source);
    gboolean same;

    if (plugin->funcs != &funcs || self->kind != source->funcs) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "%s: users are not kept there while this server runs", source->funcs->name);
        return FALSE;
    }
    tw_lock(&self->lock);
    same = strcmp(self->held->source->ids, source->ids) == 0;
    if (same) {
        Held *old = self->held;
        self->held = g_steal_pointer(&held);
        held = old; /* closed without the lock */
        self->safe_mode = safe_mode;
        self->due_us = 0;
        g_cond_broadcast(&self->changed);
    }
    tw_unlock(&self->lock);
    if (!same)
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "%s: with other unique attributes everybody would be somebody new, which takes "
                    "a start of the server",
                    self->kind->name);
    return same;
}
