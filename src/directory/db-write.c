/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Changes of the db plugin: each is one closure, checked, numbered and committed as a whole. */
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "directory/db-plugin.h"
#include "directory/db-private.h"
#include "directory/password.h"

enum {
    MOST_GROUPS = 100000, /* looked at for a circle; guards the writer's time */
};

typedef struct {
    TwDirectoryPlugin *plugin;
    const TwDirectoryObject *values;
    TwDirectoryFields fields;
    GBytes *id; /* create: the new external id */
    char *hash; /* (nullable): of the new password */
    gboolean has_scram;
    TwScramKeys scram; /* of it */
    GBytes *photo;     /* (nullable): borrowed */
    guint32 number;
} Change;

static void
clear_change(Change *change)
{
    if (change->hash != NULL)
        tw_secret_wipe(change->hash, strlen(change->hash));
    g_clear_pointer(&change->hash, g_free);
    tw_secret_wipe(&change->scram, sizeof change->scram);
    g_clear_pointer(&change->id, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, clear_change)

static gboolean
fail(GError **error, TwError code, const char *why)
{
    g_set_error_literal(error, TW_ERROR, (int) code, why);
    return FALSE;
}

typedef struct {
    guint32 number;
    TwDirectoryObject *object;
} Known;

static gboolean
get_known_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Known *known = data;

    g_clear_pointer(&known->object, tw_directory_object_unref);
    return tw_sql_dir_object_get(tx, known->number, &known->object, error);
}

/* Before the closure, for it takes as long as the hash. The salt comes of the name it has, or is given. */
static gboolean
make_scram(Change *change, const TwSecret *password, GError **error)
{
    const TwDirectoryScram *scram = tw_directory_db_scram(change->plugin);
    Known known = { .number = change->number };
    const TwDirectoryObject *named = change->values;

    if (!scram->kept)
        return TRUE;
    if (change->number != 0 && !tw_directory_db_read(change->plugin, get_known_tx, &known, error))
        return FALSE;
    if (known.object != NULL && !(change->fields & TW_DIRECTORY_SET_NAME))
        named = known.object;
    change->has_scram = named->name != NULL;
    if (change->has_scram)
        tw_directory_db_scram_make(scram,
                                   known.object != NULL ? known.object->company : named->company,
                                   named->name, password, &change->scram);
    g_clear_pointer(&known.object, tw_directory_object_unref);
    return TRUE;
}

static gboolean
take_extras(Change *change, const TwDirectoryExtras *extras, GError **error)
{
    if (extras == NULL)
        return TRUE;
    if (extras->photo != NULL && g_bytes_get_size(extras->photo) > TW_DIRECTORY_MOST_PHOTO)
        return fail(error, TW_ERROR_TOO_BIG, "the photo is too long");
    change->photo = extras->photo;
    if (extras->password == NULL)
        return TRUE;
    change->hash = tw_password_hash(extras->password, error);
    return change->hash != NULL && make_scram(change, extras->password, error);
}

/* ---- one object ---- */

static gboolean
get_object(TwDbTx *tx, guint32 number, TwDirectoryObject **ret, GError **error)
{
    if (!tw_sql_dir_object_get(tx, number, ret, error))
        return FALSE;
    return *ret != NULL || fail(error, TW_ERROR_NOT_FOUND, "there is no such object");
}

/* Lists, password and photo, after the row was made ready. */
static gboolean
put_rest(TwDbTx *tx, const Change *change, guint64 cn, GError **error)
{
    const TwDirectoryObject *values = change->values;

    if ((change->fields & TW_DIRECTORY_SET_ALIASES) &&
        !tw_sql_dir_text_set(tx, change->number, TW_DIRECTORY_TEXT_ALIAS, values->aliases, error))
        return FALSE;
    if ((change->fields & TW_DIRECTORY_SET_FEATURES) &&
        (!tw_sql_dir_text_set(tx, change->number, TW_DIRECTORY_TEXT_FEATURE_ON, values->features_on,
                              error) ||
         !tw_sql_dir_text_set(tx, change->number, TW_DIRECTORY_TEXT_FEATURE_OFF,
                              values->features_off, error)))
        return FALSE;
    if (change->photo != NULL && !tw_sql_dir_photo_set(tx, change->number, change->photo, error))
        return FALSE;
    if (change->hash == NULL)
        return TRUE;
    return tw_sql_dir_secret_set(tx, change->number, change->hash, cn, error) &&
           tw_sql_dir_scram_delete(tx, change->number, error) &&
           (!change->has_scram ||
            tw_sql_dir_scram_set(tx, change->number, &change->scram, cn, error));
}

/* The row's members that the change sets, over those it has. */
static void
override(TwDirectoryObject *row, const TwDirectoryObject *values, TwDirectoryFields fields)
{
    if (fields & TW_DIRECTORY_SET_KIND)
        row->kind = values->kind;
    if (fields & TW_DIRECTORY_SET_NAME)
        row->name = values->name;
    if (fields & TW_DIRECTORY_SET_FULL_NAME)
        row->full_name = values->full_name;
    if (fields & TW_DIRECTORY_SET_MAIL)
        row->mail = values->mail;
    if (fields & TW_DIRECTORY_SET_ADMIN)
        row->admin = values->admin;
    if (fields & TW_DIRECTORY_SET_HIDDEN)
        row->hidden = values->hidden;
    if (fields & TW_DIRECTORY_SET_QUOTA)
        row->quota = values->quota;
    if (fields & TW_DIRECTORY_SET_USER_QUOTA)
        row->user_quota = values->user_quota;
    if (fields & TW_DIRECTORY_SET_MEETING) {
        row->meeting = values->meeting;
        row->capacity = values->capacity;
        row->description = values->description;
    }
    if (fields & TW_DIRECTORY_SET_HOME_SERVER)
        row->home_server = values->home_server;
    if (fields & TW_DIRECTORY_SET_SYSTEM_CONTACT)
        row->system_contact = values->system_contact;
    if (fields & TW_DIRECTORY_SET_DETAILS)
        row->details = values->details;
}

static gboolean
put_row(TwDbTx *tx, const Change *change, TwDirectoryObject *row, gboolean is_new, GError **error)
{
    GError *local = NULL;

    override(row, change->values, change->fields);
    if (change->hash != NULL)
        row->password_generation = row->cn;
    if (change->photo != NULL)
        row->has_photo = g_bytes_get_size(change->photo) > 0;
    if (!tw_sql_dir_object_put(tx, row, is_new, &local)) {
        if (g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS))
            g_prefix_error(&local, "the name is taken: ");
        g_propagate_error(error, local);
        return FALSE;
    }
    return put_rest(tx, change, row->cn, error);
}

/* A company that objects are put into: 0 is always there. */
static gboolean
check_company(TwDbTx *tx, const TwDirectoryObject *values, GError **error)
{
    g_autoptr(TwDirectoryObject) company = NULL;

    if (values->company == TW_DIRECTORY_NO_COMPANY)
        return TRUE;
    if (values->kind == TW_DIRECTORY_COMPANY)
        return fail(error, TW_ERROR_INVALID, "a company cannot be in a company");
    if (!tw_sql_dir_object_get(tx, values->company, &company, error))
        return FALSE;
    return (company != NULL && company->kind == TW_DIRECTORY_COMPANY) ||
           fail(error, TW_ERROR_NOT_FOUND, "there is no such company");
}

static gboolean
create_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Change *change = data;
    TwDirectoryObject row = { .company = change->values->company, .id = change->id };

    if (!tw_directory_db_check_writable(change->plugin, tx, 0, error) ||
        !check_company(tx, change->values, error) ||
        !tw_directory_db_next_cn(change->plugin, tx, &row.cn, error) ||
        !tw_sql_dir_state_next_number(tx, &row.number, error))
        return FALSE;
    change->number = row.number;
    return put_row(tx, change, &row, TRUE, error);
}

gboolean
tw_directory_db_create(TwDirectoryPlugin *plugin,
                       const TwDirectoryObject *values,
                       const TwDirectoryExtras *extras,
                       guint32 *ret_number,
                       GError **error)
{
    g_auto(Change) change = { .plugin = plugin, .values = values, .fields = TW_DIRECTORY_SET_ALL };
    guint8 id[TW_DIRECTORY_ID_LEN];

    if (!tw_directory_object_check(values, TW_DIRECTORY_SET_ALL, error) ||
        !take_extras(&change, extras, error))
        return FALSE;
    tw_random_bytes(id, sizeof id);
    change.id = g_bytes_new(id, sizeof id);
    if (!tw_directory_db_run(plugin, create_tx, &change, error))
        return FALSE;
    *ret_number = change.number;
    return TRUE;
}

static gboolean
modify_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Change *change = data;
    g_autoptr(TwDirectoryObject) old = NULL;
    TwDirectoryObject row;

    if (!tw_directory_db_check_writable(change->plugin, tx, change->number, error) ||
        !get_object(tx, change->number, &old, error))
        return FALSE;
    if ((change->fields & TW_DIRECTORY_SET_KIND) && change->values->kind != old->kind &&
        (tw_directory_type(change->values->kind) != tw_directory_type(old->kind) ||
         tw_directory_type(old->kind) == TW_DIRECTORY_CONTAINERS))
        return fail(error, TW_ERROR_INVALID, "it cannot become that");
    row = *old;
    return tw_directory_db_next_cn(change->plugin, tx, &row.cn, error) &&
           put_row(tx, change, &row, FALSE, error);
}

gboolean
tw_directory_db_modify(TwDirectoryPlugin *plugin,
                       const TwDirectoryObject *values,
                       TwDirectoryFields fields,
                       const TwDirectoryExtras *extras,
                       GError **error)
{
    g_auto(Change)
        change = { .plugin = plugin, .values = values, .fields = fields, .number = values->number };

    return tw_directory_object_check(values, fields, error) &&
           take_extras(&change, extras, error) &&
           tw_directory_db_run(plugin, modify_tx, &change, error);
}

gboolean
tw_directory_db_import_hash(TwDirectoryPlugin *plugin,
                            guint32 number,
                            const char *hash,
                            GError **error)
{
    const TwDirectoryObject nothing = { 0 };
    g_auto(Change) change = { .plugin = plugin, .values = &nothing, .number = number };

    if (!tw_password_is_hash(hash, strlen(hash)))
        return fail(error, TW_ERROR_INVALID, "this is no hash of a password");
    change.hash = g_strdup(hash);
    return tw_directory_db_run(plugin, modify_tx, &change, error);
}

/* ---- going ---- */

gboolean
tw_directory_db_touch_all(TwDbTx *tx, const GArray *numbers, guint64 cn, GError **error)
{
    for (guint i = 0; i < numbers->len; i++) {
        if (!tw_sql_dir_object_touch(tx, g_array_index(numbers, guint32, i), cn, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_directory_db_delete_rows(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(GBytes) no_photo = g_bytes_new_static("", 0);

    return tw_sql_dir_text_delete(tx, number, error) &&
           tw_sql_dir_relation_delete_all(tx, number, error) &&
           tw_sql_dir_secret_delete(tx, number, error) &&
           tw_sql_dir_scram_delete(tx, number, error) &&
           tw_sql_dir_photo_set(tx, number, no_photo, error) &&
           tw_sql_dir_object_delete(tx, number, error);
}

static gboolean
remove_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Change *change = data;
    g_autoptr(TwDirectoryObject) old = NULL;
    g_autoptr(GArray) holders = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwDirectoryGone gone = { .number = change->number };
    gboolean any = FALSE;

    if (!tw_directory_db_check_writable(change->plugin, tx, change->number, error) ||
        !get_object(tx, change->number, &old, error))
        return FALSE;
    if (old->kind == TW_DIRECTORY_COMPANY &&
        !tw_sql_dir_object_any_in(tx, change->number, &any, error))
        return FALSE;
    if (any)
        return fail(error, TW_ERROR_INVALID, "the company is not empty");
    gone.kind = old->kind;
    gone.company = old->company;
    /* who had it in a list has changed too */
    return tw_directory_db_next_cn(change->plugin, tx, &gone.cn, error) &&
           tw_sql_dir_relation_to(tx, change->number, holders, error) &&
           tw_directory_db_touch_all(tx, holders, gone.cn, error) &&
           tw_directory_db_delete_rows(tx, change->number, error) &&
           tw_sql_dir_gone_add(tx, &gone, error) &&
           tw_sql_dir_gone_forget(tx, TW_DIRECTORY_MOST_GONE, error);
}

gboolean
tw_directory_db_remove(TwDirectoryPlugin *plugin, guint32 number, GError **error)
{
    Change change = { .plugin = plugin, .number = number };

    return tw_directory_db_run(plugin, remove_tx, &change, error);
}

/* ---- relations ---- */

typedef struct {
    TwDirectoryPlugin *plugin;
    guint32 from;
    TwDirectoryLink link;
} Relating;

/* Puts the groups that are members of a group into a list, each once. */
static gboolean
add_members(TwDbTx *tx, guint32 group, GArray *found, GHashTable *seen, GError **error)
{
    g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(TwDirectoryLink));

    if (!tw_sql_dir_relation_of(tx, group, links, error))
        return FALSE;
    for (guint i = 0; i < links->len; i++) {
        const TwDirectoryLink *link = &g_array_index(links, TwDirectoryLink, i);
        if (link->relation == TW_DIRECTORY_MEMBER &&
            g_hash_table_add(seen, GUINT_TO_POINTER(link->number)))
            g_array_append_val(found, link->number);
    }
    return TRUE;
}

/* Would the group be in itself, over any number of others? Walks down from the new member, wide not deep. */
static gboolean
check_circle(TwDbTx *tx, guint32 group, guint32 member, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    g_array_append_val(found, member);
    for (guint i = 0; i < found->len; i++) {
        guint32 number = g_array_index(found, guint32, i);
        if (number == group)
            return fail(error, TW_ERROR_INVALID, "the group would be a member of itself");
        if (i == MOST_GROUPS)
            return fail(error, TW_ERROR_TOO_COMPLEX, "too many groups in groups");
        if (!add_members(tx, number, found, seen, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_relation(TwDbTx *tx, const Relating *relating, GError **error)
{
    g_autoptr(TwDirectoryObject) from = NULL, to = NULL;
    guint64 count;

    if (!get_object(tx, relating->from, &from, error) ||
        !get_object(tx, relating->link.number, &to, error))
        return FALSE;
    if (!tw_directory_relation_fits(relating->link.relation, from->kind, to->kind))
        return fail(error, TW_ERROR_INVALID, "it cannot stand in that list");
    /* spec/mapi-soap.md 6.4: who may send as itself already does */
    if (relating->from == relating->link.number && relating->link.relation != TW_DIRECTORY_MEMBER)
        return fail(error, TW_ERROR_EXISTS, "it is that object itself");
    if (!tw_sql_dir_relation_count(tx, relating->from, &count, error))
        return FALSE;
    if (count >= TW_DIRECTORY_MOST_LINKS)
        return fail(error, TW_ERROR_TOO_BIG, "the list is full");
    return relating->link.relation != TW_DIRECTORY_MEMBER ||
           tw_directory_type(to->kind) != TW_DIRECTORY_GROUPS ||
           check_circle(tx, relating->from, relating->link.number, error);
}

static gboolean
touch(TwDbTx *tx, const Relating *relating, GError **error)
{
    guint64 cn;

    return tw_directory_db_next_cn(relating->plugin, tx, &cn, error) &&
           tw_sql_dir_object_touch(tx, relating->from, cn, error);
}

static gboolean
relate_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Relating *relating = data;

    return tw_directory_db_check_writable(relating->plugin, tx, relating->from, error) &&
           check_relation(tx, relating, error) &&
           tw_sql_dir_relation_add(tx, relating->from, relating->link, error) &&
           touch(tx, relating, error);
}

gboolean
tw_directory_db_relate(TwDirectoryPlugin *plugin,
                       guint32 from,
                       TwDirectoryLink link,
                       GError **error)
{
    Relating relating = { plugin, from, link };

    return tw_directory_db_run(plugin, relate_tx, &relating, error);
}

static gboolean
unrelate_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Relating *relating = data;

    return tw_directory_db_check_writable(relating->plugin, tx, relating->from, error) &&
           tw_sql_dir_relation_delete(tx, relating->from, relating->link, error) &&
           touch(tx, relating, error);
}

gboolean
tw_directory_db_unrelate(TwDirectoryPlugin *plugin,
                         guint32 from,
                         TwDirectoryLink link,
                         GError **error)
{
    Relating relating = { plugin, from, link };

    return tw_directory_db_run(plugin, unrelate_tx, &relating, error);
}
