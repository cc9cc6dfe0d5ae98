/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Brings the mirror in line with an image: one closure, one change number. What an object's digest covers is all that its source
 * says of it, so an object that is as it was is not written.
 */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "directory/external-private.h"

typedef struct {
    TwDirectoryPlugin *mirror;
    const TwDirectorySourceFuncs *source;
    gboolean safe_mode;
    const GPtrArray *rows;
    TwDirectoryApplied *ret;
    /* of one run of the closure */
    TwDbTx *tx;
    GPtrArray *known;  /* of TwDirectoryKnown: what the table has */
    GHashTable *by_id; /* class and id -> TwDirectoryKnown of it */
    guint32 *numbers;  /* by position of the row; 0: it is not to be made */
    guint8 (*digests)[TW_SHA256_LEN];
    TwDirectoryKnown **old; /* by position; NULL: new */
    guint64 cn;             /* 0: nothing was changed yet */
} Apply;

/* ---- which row is which object ---- */

static GBytes *
key_of(guint32 class, GBytes *id)
{
    GByteArray *key = g_byte_array_new();
    gsize len;
    const void *bytes = g_bytes_get_data(id, &len);

    g_byte_array_append(key, (const guint8 *) &class, sizeof class);
    g_byte_array_append(key, bytes, (guint) len);
    return g_byte_array_free_to_bytes(key);
}

static gboolean
read_known(Apply *apply, GError **error)
{
    if (!tw_sql_dir_external_list(apply->tx, FALSE, apply->known, error))
        return FALSE;
    for (guint i = 0; i < apply->known->len; i++) {
        TwDirectoryKnown *known = g_ptr_array_index(apply->known, i);
        if (known->id != NULL)
            g_hash_table_insert(apply->by_id, key_of(known->class, known->id), known);
    }
    return TRUE;
}

static gboolean
number_rows(Apply *apply, GError **error)
{
    for (guint i = 0; i < apply->rows->len; i++) {
        const TwDirectoryRow *row = g_ptr_array_index(apply->rows, i);
        guint32 class = tw_directory_external_class(row->values->kind);
        g_autoptr(GBytes) key = key_of(class, row->id);

        apply->old[i] = g_hash_table_lookup(apply->by_id, key);
        if (apply->old[i] != NULL) {
            apply->numbers[i] = apply->old[i]->number;
            g_hash_table_remove(apply->by_id, key); /* what is left in it is gone */
        } else if (apply->safe_mode) {
            apply->ret->made++;
        } else if (!tw_sql_dir_state_next_number(apply->tx, &apply->numbers[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- digests ---- */

static void
add_number(TwSha256 *hash, guint64 number)
{
    tw_sha256_update(hash, &number, sizeof number);
}

static void
add_bytes(TwSha256 *hash, GBytes *bytes)
{
    gsize len = 0;
    const void *data = bytes == NULL ? "" : g_bytes_get_data(bytes, &len);

    add_number(hash, bytes == NULL ? G_MAXUINT64 : len);
    tw_sha256_update(hash, data, len);
}

static void
add_text(TwSha256 *hash, const char *text)
{
    add_number(hash, strlen(text));
    tw_sha256_update(hash, text, strlen(text));
}

static void
add_list(TwSha256 *hash, const char *const *list)
{
    gsize count = 0;

    while (list[count] != NULL)
        add_text(hash, list[count++]);
    add_number(hash, count);
}

static void
add_quota(TwSha256 *hash, const TwDirectoryQuota *quota)
{
    add_number(hash, quota->own ? 1 : 0);
    add_number(hash, quota->warn);
    add_number(hash, quota->soft);
    add_number(hash, quota->hard);
}

static gint
compare_links(gconstpointer a, gconstpointer b)
{
    const TwDirectoryLink *x = a, *y = b;

    if (x->relation != y->relation)
        return x->relation < y->relation ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Where a row's lists lead: sorted, each once, without those that are the administrator's. */
static GArray *
links_of(const Apply *apply, const TwDirectoryRow *row)
{
    GArray *links = g_array_new(FALSE, FALSE, sizeof(TwDirectoryLink));
    guint kept = 0;

    for (guint i = 0; row->links != NULL && i < row->links->len; i++) {
        const TwDirectoryRowLink *link = &g_array_index(row->links, TwDirectoryRowLink, i);
        TwDirectoryLink out = { link->relation, apply->numbers[link->to] };
        if (out.number != 0 && !(apply->source->relations_here & (1u << link->relation)))
            g_array_append_val(links, out);
    }
    g_array_sort(links, compare_links);
    for (guint i = 0; i < links->len; i++) {
        if (kept == 0 || compare_links(&g_array_index(links, TwDirectoryLink, i),
                                       &g_array_index(links, TwDirectoryLink, kept - 1)) != 0)
            g_array_index(links, TwDirectoryLink, kept++) =
                g_array_index(links, TwDirectoryLink, i);
    }
    g_array_set_size(links, kept);
    return links;
}

static guint32
company_of(const Apply *apply, const TwDirectoryRow *row)
{
    return row->company < 0 ? TW_DIRECTORY_NO_COMPANY : apply->numbers[row->company];
}

static void
digest_row(const Apply *apply, const TwDirectoryRow *row, guint8 ret[TW_SHA256_LEN])
{
    const TwDirectoryObject *values = row->values;
    g_autoptr(GArray) links = links_of(apply, row);
    TwSha256 hash;

    tw_sha256_init(&hash);
    add_number(&hash, (guint64) values->kind);
    add_number(&hash, company_of(apply, row));
    add_text(&hash, values->name);
    add_text(&hash, values->full_name);
    add_text(&hash, values->mail);
    add_list(&hash, values->aliases);
    add_number(&hash, (guint64) values->admin);
    add_number(&hash, values->hidden ? 1 : 0);
    add_quota(&hash, &values->quota);
    add_quota(&hash, &values->user_quota);
    add_list(&hash, values->features_on);
    add_list(&hash, values->features_off);
    add_number(&hash, (guint64) values->meeting);
    add_number(&hash, values->capacity);
    add_text(&hash, values->description);
    add_text(&hash, values->home_server);
    add_number(&hash, values->system_contact);
    add_bytes(&hash, values->details);
    add_bytes(&hash, row->photo);
    add_text(&hash, row->signature != NULL ? row->signature : "");
    for (guint i = 0; i < links->len; i++) {
        const TwDirectoryLink *link = &g_array_index(links, TwDirectoryLink, i);
        add_number(&hash, (guint64) link->relation);
        add_number(&hash, link->number);
    }
    tw_sha256_finish(&hash, ret);
}

static gboolean
is_same(const Apply *apply, guint at)
{
    return apply->numbers[at] == 0 ||
           (apply->old[at] != NULL &&
            memcmp(apply->old[at]->digest, apply->digests[at], TW_SHA256_LEN) == 0);
}

/* ---- writing ---- */

static gboolean
need_cn(Apply *apply, GError **error)
{
    return apply->cn != 0 || tw_directory_db_next_cn(apply->mirror, apply->tx, &apply->cn, error);
}

static gboolean
remove_one(Apply *apply, TwDirectoryKnown *known, GError **error)
{
    g_autoptr(GArray) holders = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwDirectoryGone gone = { .number = known->number,
                             .kind = (TwDirectoryKind) known->kind,
                             .company = known->company };

    if (!need_cn(apply, error))
        return FALSE;
    gone.cn = apply->cn;
    if (!tw_sql_dir_relation_to(apply->tx, known->number, holders, error) ||
        !tw_directory_db_touch_all(apply->tx, holders, apply->cn, error) ||
        !tw_directory_db_delete_rows(apply->tx, known->number, error) ||
        !tw_sql_dir_gone_add(apply->tx, &gone, error))
        return FALSE;
    apply->ret->gone++;
    if (known->news & TW_DIRECTORY_NEWS_MADE) /* nobody ever heard of it */
        return tw_sql_dir_external_delete(apply->tx, known->number, error);
    g_clear_pointer(&known->id, g_bytes_unref);
    known->news = TW_DIRECTORY_NEWS_GONE;
    return tw_sql_dir_external_put(apply->tx, known, error);
}

static gboolean
remove_gone(Apply *apply, GError **error)
{
    GHashTableIter iter;
    gpointer known;

    g_hash_table_iter_init(&iter, apply->by_id);
    while (g_hash_table_iter_next(&iter, NULL, &known)) {
        if (apply->safe_mode)
            apply->ret->gone++;
        else if (!remove_one(apply, known, error))
            return FALSE;
    }
    return apply->ret->gone == 0 || apply->safe_mode ||
           tw_sql_dir_gone_forget(apply->tx, TW_DIRECTORY_MOST_GONE, error);
}

/* Two may have swapped names: whoever gets another one gives up the old one first. */
static gboolean
free_names(Apply *apply, GError **error)
{
    for (guint i = 0; i < apply->rows->len; i++) {
        const TwDirectoryRow *row = g_ptr_array_index(apply->rows, i);
        g_autoptr(TwDirectoryObject) now = NULL;
        g_autofree char *name = NULL;
        TwDirectoryObject moved;

        if (apply->old[i] == NULL || is_same(apply, i))
            continue;
        if (!tw_sql_dir_object_get(apply->tx, apply->numbers[i], &now, error))
            return FALSE;
        if (now == NULL ||
            (strcmp(now->name, row->values->name) == 0 && now->company == company_of(apply, row)))
            continue;
        name = g_strdup_printf("%u-%016" G_GINT64_MODIFIER "x", now->number, tw_random_u64());
        moved = *now;
        moved.name = name;
        if (!tw_sql_dir_object_put(apply->tx, &moved, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_links(Apply *apply, guint32 number, const TwDirectoryRow *row, GError **error)
{
    g_autoptr(GArray) wanted = links_of(apply, row);
    g_autoptr(GArray) has = g_array_new(FALSE, FALSE, sizeof(TwDirectoryLink));

    if (!tw_sql_dir_relation_of(apply->tx, number, has, error))
        return FALSE;
    g_array_sort(has, compare_links);
    for (guint i = 0; i < has->len; i++) {
        TwDirectoryLink link = g_array_index(has, TwDirectoryLink, i);
        if (!(apply->source->relations_here & (1u << link.relation)) &&
            !g_array_binary_search(wanted, &link, compare_links, NULL) &&
            !tw_sql_dir_relation_delete(apply->tx, number, link, error))
            return FALSE;
    }
    for (guint i = 0; i < wanted->len; i++) {
        TwDirectoryLink link = g_array_index(wanted, TwDirectoryLink, i);
        if (!g_array_binary_search(has, &link, compare_links, NULL) &&
            !tw_sql_dir_relation_add(apply->tx, number, link, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_texts(
    Apply *apply, guint32 number, const TwDirectoryObject *values, gboolean is_new, GError **error)
{
    TwDirectoryFields keep = is_new ? 0 : apply->source->written_here;

    if (!(keep & TW_DIRECTORY_SET_ALIASES) &&
        !tw_sql_dir_text_set(apply->tx, number, TW_DIRECTORY_TEXT_ALIAS, values->aliases, error))
        return FALSE;
    return (keep & TW_DIRECTORY_SET_FEATURES) ||
           (tw_sql_dir_text_set(apply->tx, number, TW_DIRECTORY_TEXT_FEATURE_ON,
                                values->features_on, error) &&
            tw_sql_dir_text_set(apply->tx, number, TW_DIRECTORY_TEXT_FEATURE_OFF,
                                values->features_off, error));
}

/* The administrator's own settings stay what they are. */
static void
keep_own(TwDirectoryObject *row, const TwDirectoryObject *now, TwDirectoryFields keep)
{
    if (keep & TW_DIRECTORY_SET_MAIL)
        row->mail = now->mail;
    if (keep & TW_DIRECTORY_SET_ADMIN)
        row->admin = now->admin;
    if (keep & TW_DIRECTORY_SET_HIDDEN)
        row->hidden = now->hidden;
    if (keep & TW_DIRECTORY_SET_QUOTA)
        row->quota = now->quota;
    if (keep & TW_DIRECTORY_SET_MEETING) {
        row->meeting = now->meeting;
        row->capacity = now->capacity;
        row->description = now->description;
    }
    if (keep & TW_DIRECTORY_SET_HOME_SERVER)
        row->home_server = now->home_server;
    if (keep & TW_DIRECTORY_SET_DETAILS)
        row->details = now->details;
}

static gboolean
same_quotas(const TwDirectoryObject *a, const TwDirectoryObject *b)
{
    const TwDirectoryQuota *x[] = { &a->quota, &a->user_quota },
                           *y[] = { &b->quota, &b->user_quota };

    for (guint i = 0; i < G_N_ELEMENTS(x); i++) {
        if (x[i]->own != y[i]->own || x[i]->warn != y[i]->warn || x[i]->soft != y[i]->soft ||
            x[i]->hard != y[i]->hard)
            return FALSE;
    }
    return TRUE;
}

/* Its row in dir_external, after the object's own. */
static gboolean
write_known(Apply *apply, guint at, const TwDirectoryObject *object, guint32 news, GError **error)
{
    const TwDirectoryRow *row = g_ptr_array_index(apply->rows, at);
    g_autofree char *plugin = g_strdup(apply->source->name);
    g_autofree char *name = g_strdup(object->name);
    TwDirectoryKnown known = { .number = object->number,
                               .plugin = plugin,
                               .class = tw_directory_external_class(object->kind),
                               .id = row->id,
                               .news = news,
                               .kind = (guint32) object->kind,
                               .company = object->company,
                               .name = name };

    memcpy(known.digest, apply->digests[at], sizeof known.digest);
    return tw_sql_dir_external_put(apply->tx, &known, error);
}

static gboolean
write_row(Apply *apply, guint at, GError **error)
{
    const TwDirectoryRow *row = g_ptr_array_index(apply->rows, at);
    g_autoptr(TwDirectoryObject) now = NULL;
    g_autoptr(GBytes) id = NULL;
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);
    TwDirectoryObject object = *row->values;
    guint32 news = apply->old[at] != NULL ? apply->old[at]->news : TW_DIRECTORY_NEWS_MADE;
    guint8 bytes[TW_DIRECTORY_ID_LEN];

    if (!need_cn(apply, error) ||
        !tw_sql_dir_object_get(apply->tx, apply->numbers[at], &now, error))
        return FALSE;
    tw_random_bytes(bytes, sizeof bytes);
    id = now != NULL ? g_bytes_ref(now->id) : g_bytes_new(bytes, sizeof bytes);
    object.number = apply->numbers[at];
    object.company = company_of(apply, row);
    object.id = id;
    object.cn = apply->cn;
    object.has_photo = row->photo != NULL && g_bytes_get_size(row->photo) > 0;
    /* a remembered password counts while the object is as it was */
    object.password_generation = apply->cn;
    if (now != NULL)
        keep_own(&object, now, apply->source->written_here);
    if (now != NULL && !same_quotas(now, &object))
        news |= TW_DIRECTORY_NEWS_QUOTA;
    apply->ret->made += now == NULL;
    apply->ret->changed += now != NULL;
    return tw_sql_dir_object_put(apply->tx, &object, now == NULL, error) &&
           write_texts(apply, object.number, row->values, now == NULL, error) &&
           write_links(apply, object.number, row, error) &&
           tw_sql_dir_photo_set(apply->tx, object.number, object.has_photo ? row->photo : none,
                                error) &&
           write_known(apply, at, &object, news, error);
}

/* ---- the closure ---- */

static gboolean
run(Apply *apply, GError **error)
{
    *apply->ret = (TwDirectoryApplied){ 0 };
    apply->cn = 0;
    if (!read_known(apply, error) || !number_rows(apply, error))
        return FALSE;
    for (guint i = 0; i < apply->rows->len; i++)
        digest_row(apply, g_ptr_array_index(apply->rows, i), apply->digests[i]);
    if (!remove_gone(apply, error) || !free_names(apply, error))
        return FALSE;
    for (guint i = 0; i < apply->rows->len; i++) {
        if (!is_same(apply, i) && !write_row(apply, i, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
apply_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Apply apply = *(const Apply *) data;
    gsize count = MAX(apply.rows->len, 1);
    g_autoptr(GPtrArray) known =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_known_free);
    g_autoptr(GHashTable) by_id =
        g_hash_table_new_full(tw_hash_gbytes, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
    g_autofree guint32 *numbers = g_new0(guint32, count);
    g_autofree TwDirectoryKnown **old = g_new0(TwDirectoryKnown *, count);
    g_autofree gpointer digests = g_malloc0_n(count, TW_SHA256_LEN);

    apply.tx = tx;
    apply.known = known;
    apply.by_id = by_id;
    apply.numbers = numbers;
    apply.old = old;
    apply.digests = digests;
    return run(&apply, error);
}

gboolean
tw_directory_external_apply(TwDirectoryPlugin *mirror,
                            const TwDirectorySourceFuncs *source,
                            gboolean safe_mode,
                            const GPtrArray *rows,
                            TwDirectoryApplied *ret,
                            GError **error)
{
    Apply apply = {
        .mirror = mirror, .source = source, .safe_mode = safe_mode, .rows = rows, .ret = ret
    };

    return tw_directory_db_run(mirror, apply_tx, &apply, error);
}
