/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of items. A message keeps the name that a client gave it; one that came by other ways is called by its UID. The door
 * holds what it needs of the folders it was asked about, and asks only for what changed since: the folder's window and its
 * tombstones, which hold numbers and no names.
 *
 * An index is changed under its lock, in one step from one change number to the next: what was read for a step that another
 * thread took meanwhile is thrown away.
 */
#include "dav/index-private.h"

#include <string.h>

#include "base/hash.h"
#include "base/number.h"
#include "mapi/message-class.h"

static const char token_prefix[] = "urn:twiga:sync:";

/* ---- entries ---- */

static void
entry_clear(gpointer data)
{
    TwDavEntry *entry = data;

    g_free(entry->name);
    g_free(entry->uid);
    tw_dav_times_clear(&entry->times);
}

static void
entry_release(gpointer entry)
{
    g_atomic_rc_box_release_full(entry, entry_clear);
}

void
tw_dav_entry_unref(const TwDavEntry *entry)
{
    if (entry != NULL)
        entry_release(
            (gpointer) (guintptr) entry); /* NOLINT(performance-no-int-to-ptr): its count */
}

char *
tw_dav_etag(const TwDavEntry *entry)
{
    return g_strdup_printf("\"%u-%" G_GUINT64_FORMAT "\"", entry->mid, entry->cn);
}

/* ---- an index ---- */

TwDavIndex *
tw_dav_index_new(void)
{
    TwDavIndex *index = g_atomic_rc_box_new0(TwDavIndex);

    tw_lock_init(&index->lock);
    index->by_name = g_hash_table_new(tw_hash_str, g_str_equal);
    index->by_uid = g_hash_table_new(tw_hash_str, g_str_equal);
    index->by_mid = g_hash_table_new_full(NULL, NULL, NULL, entry_release);
    index->gone = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return index;
}

static void
index_clear(gpointer data)
{
    TwDavIndex *index = data;

    g_hash_table_unref(index->by_name);
    g_hash_table_unref(index->by_uid);
    g_hash_table_unref(index->by_mid);
    g_hash_table_unref(index->gone);
    tw_lock_clear(&index->lock);
}

void
tw_dav_index_unref(TwDavIndex *index)
{
    if (index != NULL)
        g_atomic_rc_box_release_full(index, index_clear);
}

void
tw_dav_index_drop(TwDavIndex *index, guint32 mid)
{
    gpointer key = GUINT_TO_POINTER(mid);
    const TwDavEntry *entry = g_hash_table_lookup(index->by_mid, key);

    if (entry == NULL)
        return;
    g_hash_table_insert(index->gone, key, g_strdup(entry->name));
    if (g_hash_table_lookup(index->by_name, entry->name) == entry)
        g_hash_table_remove(index->by_name, entry->name);
    if (g_hash_table_lookup(index->by_uid, entry->uid) == entry)
        g_hash_table_remove(index->by_uid, entry->uid);
    g_hash_table_remove(index->by_mid, key);
}

void
tw_dav_index_add(TwDavIndex *index, TwDavEntry *entry)
{
    gpointer key = GUINT_TO_POINTER(entry->mid);

    /* two of one name, or a UID no path can have: by their number */
    if (strlen(entry->name) > TW_DAV_MAX_NAME || entry->name[0] == '\0' ||
        !g_utf8_validate(entry->name, -1, NULL) ||
        g_hash_table_contains(index->by_name, entry->name)) {
        g_free(entry->name);
        entry->name =
            g_strdup_printf("id_%u%s", entry->mid, entry->kind == TW_DAV_CARD ? ".vcf" : ".ics");
    }
    g_hash_table_remove(index->gone, key);
    g_hash_table_insert(index->by_mid, key, entry);
    /* the names are the entries' own: where there are two of one UID, the key goes with its entry */
    g_hash_table_replace(index->by_name, entry->name, entry);
    g_hash_table_replace(index->by_uid, entry->uid, entry);
}

/* ---- messages as entries ---- */

static gboolean
kind_of(const TwDavFolder *folder, const TwObject *object, TwDavItemKind *ret)
{
    static const struct {
        const char *message_class;
        TwDavItemKind kind;
    } known[] = {
        { "IPM.Appointment", TW_DAV_EVENT }, { "IPM.Task", TW_DAV_TODO },
        { "IPM.Activity", TW_DAV_JOURNAL },  { "IPM.StickyNote", TW_DAV_JOURNAL },
        { TW_DAV_BUSY_CLASS, TW_DAV_BUSY },  { "IPM.Contact", TW_DAV_CARD },
        { "IPM.DistList", TW_DAV_CARD },
    };
    const char *message_class = tw_object_get_text(object, PR_MESSAGE_CLASS, "");

    if (folder->holds == TW_DAV_HOLDS_INBOX) {
        *ret =
            tw_message_class_is(message_class, TW_ICAL_TASK_MESSAGE) ? TW_DAV_TODO : TW_DAV_EVENT;
        return *ret == TW_DAV_TODO || tw_message_class_is(message_class, "IPM.Schedule.Meeting");
    }
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (tw_message_class_is(message_class, known[i].message_class)) {
            *ret = known[i].kind;
            return TRUE;
        }
    }
    return FALSE;
}

/* NULL for a message that is no item of such a folder, or cannot be read. */
static TwDavEntry *
entry_of(TwDavCall *call, const TwGuid *store, const TwDavFolder *folder, guint32 mid)
{
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavResourceName);
    guint64 cn = 0;
    g_autoptr(TwObject) object = tw_dav_item_read(call, store, folder->number, mid, &cn, NULL);
    gboolean cards = tw_dav_folder_space(folder) == TW_DAV_BOOKS;
    const char *name;
    TwDavEntry *entry;
    TwDavItemKind kind;
    TwPropValue value;

    if (object == NULL || !kind_of(folder, object, &kind) || cards != (kind == TW_DAV_CARD))
        return NULL;
    entry = g_atomic_rc_box_new0(TwDavEntry);
    entry->uid = cards ? tw_vcard_uid(object, call->names) : tw_ical_uid(object, call->names);
    name = tag != 0 ? tw_object_get_text(object, tag, NULL) : NULL;
    entry->name = folder->holds == TW_DAV_HOLDS_INBOX
                      ? g_strdup_printf("%u.ics", mid) /* there are several of one meeting */
                  : name != NULL ? g_strdup(name)
                                 : g_strconcat(entry->uid, cards ? ".vcf" : ".ics", NULL);
    entry->mid = mid;
    entry->cn = cn;
    entry->kind = kind;
    entry->is_private = tw_object_get_long(object, PR_SENSITIVITY, 0) >= TW_DAV_PRIVATE;
    entry->modified = tw_object_get(object, PR_LAST_MODIFICATION_TIME, &value)
                          ? (value.i8 - TW_DAV_TICKS_1970) / TW_TICKS_SECOND
                          : -1;
    if (!cards)
        tw_dav_times_read(call, object, &entry->times);
    return entry;
}

/* ---- steps ---- */

/* What one step was made from and makes. */
typedef struct {
    guint32 uidvalidity; /* of the index it was made from */
    guint64 since;
    TwFolderWindowArgs window;
    TwFolderVanishedArgs vanished;
    GPtrArray *entries; /* (owned): TwDavEntry, or NULL, of each row of the window */
} Step;

static void
step_clear(Step *step)
{
    tw_folder_window_args_clear(&step->window);
    tw_folder_vanished_args_clear(&step->vanished);
    g_clear_pointer(&step->entries, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Step, step_clear)

static void
release_nullable(gpointer entry)
{
    tw_dav_entry_unref(entry);
}

static gboolean
step_read(
    TwDavCall *call, const TwGuid *store, const TwDavFolder *folder, Step *step, GError **error)
{
    step->window =
        (TwFolderWindowArgs){ .store = *store, .folder = folder->number, .since = step->since };
    step->vanished =
        (TwFolderVanishedArgs){ .store = *store, .folder = folder->number, .since = step->since };
    if (!tw_session_folder_window(call->session, &step->window, error))
        return FALSE;
    if (step->uidvalidity != step->window.uidvalidity && step->since > 0) {
        /* another folder of that number: all of it anew */
        tw_folder_window_args_clear(&step->window);
        step->window.since = 0;
        if (!tw_session_folder_window(call->session, &step->window, error))
            return FALSE;
    } else if (step->since > 0 &&
               !tw_session_folder_vanished(call->session, &step->vanished, error)) {
        return FALSE;
    }
    if (folder->holds == TW_DAV_HOLDS_INBOX && step->window.rows->len > TW_DAV_MAX_INBOX)
        g_array_remove_range(step->window.rows, 0, step->window.rows->len - TW_DAV_MAX_INBOX);
    step->entries = g_ptr_array_new_full(step->window.rows->len, release_nullable);
    for (guint i = 0; i < step->window.rows->len; i++)
        g_ptr_array_add(
            step->entries,
            entry_of(call, store, folder, g_array_index(step->window.rows, TwIndexRow, i).mid));
    return TRUE;
}

static void
forget_all(TwDavIndex *index)
{
    g_hash_table_remove_all(index->by_name);
    g_hash_table_remove_all(index->by_uid);
    g_hash_table_remove_all(index->by_mid);
    g_hash_table_remove_all(index->gone);
}

/* FALSE: another thread was there first, and what was read may be older than what it did. */
static gboolean
step_take(TwDavIndex *index, Step *step)
{
    TW_LOCK_SCOPE(&index->lock);

    if (index->cn != step->since || index->uidvalidity != step->uidvalidity)
        return index->cn >= step->window.cn && index->uidvalidity == step->window.uidvalidity;
    if (index->uidvalidity != step->window.uidvalidity)
        forget_all(index);
    for (guint i = 0; step->vanished.rows != NULL && i < step->vanished.rows->len; i++)
        tw_dav_index_drop(index, g_array_index(step->vanished.rows, TwTomb, i).mid);
    for (guint i = 0; i < step->entries->len; i++) {
        tw_dav_index_drop(index, g_array_index(step->window.rows, TwIndexRow, i).mid);
        if (step->entries->pdata[i] != NULL)
            tw_dav_index_add(index, g_atomic_rc_box_acquire(step->entries->pdata[i]));
    }
    index->uidvalidity = step->window.uidvalidity;
    index->cn = step->window.cn;
    return TRUE;
}

static gboolean
refresh(TwDavCall *call,
        TwDavIndex *index,
        const TwGuid *store,
        const TwDavFolder *folder,
        GError **error)
{
    for (;;) {
        g_auto(Step) step = { 0 };
        tw_lock(&index->lock);
        step.since = index->cn;
        step.uidvalidity = index->uidvalidity;
        tw_unlock(&index->lock);
        if (!step_read(call, store, folder, &step, error))
            return FALSE;
        if (step_take(index, &step))
            return TRUE;
    }
}

/* ---- asking ---- */

static TwDavIndex *
look_up(TwDav *dav, char *key)
{
    TwDavIndex *index;
    TW_LOCK_SCOPE(&dav->lock);

    index = g_hash_table_lookup(dav->indexes, key);
    if (index != NULL) {
        g_free(key);
        return g_atomic_rc_box_acquire(index);
    }
    if (g_hash_table_size(dav->indexes) >= TW_DAV_MAX_INDEXES)
        g_hash_table_remove_all(dav->indexes);
    index = tw_dav_index_new();
    g_hash_table_insert(dav->indexes, key, index);
    return g_atomic_rc_box_acquire(index);
}

TwDavIndex *
tw_dav_index_get(TwDavCall *call, const TwGuid *store, const TwDavFolder *folder, GError **error)
{
    g_autoptr(TwDavIndex) index = NULL;
    char guid[TW_GUID_TEXT_SIZE];

    if (folder->holds == TW_DAV_HOLDS_DIRECTORY) {
        /* what is seen of it depends on who looks */
        index = look_up(call->dav, g_strdup_printf("directory/%u", call->who.user));
        return tw_dav_directory_refresh(call, index, error) ? g_steal_pointer(&index) : NULL;
    }
    tw_guid_print(store, TW_GUID_BRACED, guid);
    index = look_up(call->dav, g_strdup_printf("%s/%u", guid, folder->number));
    if (folder->holds == TW_DAV_HOLDS_OUTBOX) /* nothing stays in it */
        return g_steal_pointer(&index);
    return refresh(call, index, store, folder, error) ? g_steal_pointer(&index) : NULL;
}

static const TwDavEntry *
acquire(const TwDavEntry *entry)
{
    return entry != NULL ? g_atomic_rc_box_acquire((gpointer) (guintptr) entry) : NULL; /* NOLINT */
}

const TwDavEntry *
tw_dav_index_find(TwDavIndex *index, const char *name)
{
    TW_LOCK_SCOPE(&index->lock);

    return acquire(g_hash_table_lookup(index->by_name, name));
}

const TwDavEntry *
tw_dav_index_find_uid(TwDavIndex *index, const char *uid)
{
    TW_LOCK_SCOPE(&index->lock);

    return acquire(g_hash_table_lookup(index->by_uid, uid));
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
    const TwDavEntry *x = *(const TwDavEntry *const *) a, *y = *(const TwDavEntry *const *) b;

    return x->mid < y->mid ? -1 : x->mid > y->mid;
}

/* Locked. */
static char *
print_token(const TwDavIndex *index, guint64 cn)
{
    return g_strdup_printf("%s%u:%" G_GUINT64_FORMAT, token_prefix, index->uidvalidity, cn);
}

GPtrArray *
tw_dav_index_list(TwDavIndex *index, guint64 since, char **ret_token)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(entry_release);
    GHashTableIter iter;
    gpointer value;

    tw_lock(&index->lock);
    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((const TwDavEntry *) value)->cn > since || since == 0)
            g_ptr_array_add(list, g_atomic_rc_box_acquire(value));
    }
    if (ret_token != NULL)
        *ret_token = print_token(index, index->cn);
    tw_unlock(&index->lock);
    g_ptr_array_sort(list, by_number);
    return list;
}

char *
tw_dav_index_token(TwDavIndex *index, guint64 cn)
{
    TW_LOCK_SCOPE(&index->lock);

    return print_token(index, cn != 0 ? cn : index->cn);
}

/* ---- synchronisation ---- */

gboolean
tw_dav_index_token_parse(TwDavIndex *index, const char *token, guint64 *ret)
{
    g_auto(GStrv) parts = NULL;
    guint32 validity;
    guint64 cn;
    TW_LOCK_SCOPE(&index->lock);

    if (!g_str_has_prefix(token, token_prefix))
        return FALSE;
    parts = g_strsplit(token + strlen(token_prefix), ":", 3);
    if (g_strv_length(parts) != 2 ||
        !tw_parse_u32(parts[0], strlen(parts[0]), G_MAXUINT32, &validity) ||
        validity != index->uidvalidity ||
        !tw_parse_u64(parts[1], strlen(parts[1]), G_MAXUINT64, &cn) || cn > index->cn)
        return FALSE;
    *ret = cn;
    return TRUE;
}

/* Adds the name that @mid had; FALSE: it is no longer known. */
static gboolean
add_gone(TwDavIndex *index, guint32 mid, GPtrArray *names, GError **error)
{
    const char *name;
    TW_LOCK_SCOPE(&index->lock);

    if (g_hash_table_contains(index->by_mid, GUINT_TO_POINTER(mid)))
        return TRUE;
    name = g_hash_table_lookup(index->gone, GUINT_TO_POINTER(mid));
    if (name == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CHANGED, "names are no longer known");
        return FALSE;
    }
    if (!g_hash_table_contains(index->by_name, name) &&
        !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, g_strdup(name));
    return TRUE;
}

GPtrArray *
tw_dav_index_gone(TwDavCall *call,
                  TwDavIndex *index,
                  const TwGuid *store,
                  const TwDavFolder *folder,
                  guint64 since,
                  GError **error)
{
    g_auto(TwFolderVanishedArgs)
        args = { .store = *store, .folder = folder->number, .since = since };
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (folder->holds == TW_DAV_HOLDS_DIRECTORY)
        return tw_dav_directory_gone(call, index, since, error);
    if (folder->holds == TW_DAV_HOLDS_OUTBOX)
        return g_steal_pointer(&names);
    if (!tw_session_folder_vanished(call->session, &args, error))
        return NULL;
    for (guint i = 0; i < args.rows->len; i++) {
        const TwTomb *tomb = &g_array_index(args.rows, TwTomb, i);
        GError *local = NULL;
        /* without a number: an item that changed, and has another UID for IMAP since */
        if (tomb->uid == 0 || tomb->mid == 0 || add_gone(index, tomb->mid, names, &local))
            continue;
        if (folder->holds != TW_DAV_HOLDS_INBOX) {
            g_propagate_error(error, local);
            return NULL;
        }
        g_error_free(local); /* a mail about no meeting */
    }
    return g_steal_pointer(&names);
}
