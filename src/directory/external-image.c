/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a source hands over is from outside: rows that cannot be in a directory are left out, each with its reason. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "directory/external-private.h"

void
tw_directory_row_free(TwDirectoryRow *row)
{
    if (row == NULL)
        return;
    g_clear_pointer(&row->id, g_bytes_unref);
    g_clear_pointer(&row->values, tw_directory_object_unref);
    g_clear_pointer(&row->links, g_array_unref);
    g_clear_pointer(&row->photo, g_bytes_unref);
    g_free(row->signature);
    g_free(row);
}

void
tw_directory_row_link(TwDirectoryRow *row, TwDirectoryRelation relation, guint to)
{
    TwDirectoryRowLink link = { relation, to };

    if (row->links == NULL)
        row->links = g_array_new(FALSE, FALSE, sizeof link);
    g_array_append_val(row->links, link);
}

guint32
tw_directory_external_class(TwDirectoryKind kind)
{
    return tw_directory_type(kind) == TW_DIRECTORY_CONTAINERS ? (guint32) kind
                                                              : (guint32) tw_directory_type(kind);
}

static gboolean
fail(GError **error, TwError code, const char *why)
{
    g_set_error_literal(error, TW_ERROR, (int) code, why);
    return FALSE;
}

/* Each id once in its class, each name once in its company and type. */
typedef struct {
    GHashTable *ids, *names; /* of GBytes */
} Taken;

static GBytes *
key_of(guint32 a, guint32 b, const void *bytes, gsize len)
{
    GByteArray *key = g_byte_array_new();

    g_byte_array_append(key, (const guint8 *) &a, sizeof a);
    g_byte_array_append(key, (const guint8 *) &b, sizeof b);
    g_byte_array_append(key, bytes, (guint) len);
    return g_byte_array_free_to_bytes(key);
}

static gboolean
check_unique(const Taken *taken, const TwDirectoryRow *row, GError **error)
{
    g_autofree char *name = tw_text_name_key(row->values->name, strlen(row->values->name), error);
    gsize len;
    const void *id = g_bytes_get_data(row->id, &len);
    GBytes *key;

    if (name == NULL)
        return FALSE;
    if (strlen(name) > TW_DIRECTORY_MOST_NAME_KEY)
        return fail(error, TW_ERROR_TOO_BIG, "the name is too long");
    key = key_of(tw_directory_external_class(row->values->kind), 0, id, len);
    if (!g_hash_table_add(taken->ids, key))
        return fail(error, TW_ERROR_EXISTS, "another object has the same id");
    key = key_of((guint32) tw_directory_type(row->values->kind), (guint32) row->company, name,
                 strlen(name));
    return g_hash_table_add(taken->names, key) ||
           fail(error, TW_ERROR_EXISTS, "another object has the same name");
}

static gboolean
check_row(const GPtrArray *rows, const TwDirectoryRow *row, GError **error)
{
    gsize len = g_bytes_get_size(row->id);
    const TwDirectoryRow *company = NULL;

    if (len == 0 || len > TW_DIRECTORY_MOST_ID)
        return fail(error, TW_ERROR_INVALID, "its id is empty or too long");
    if (row->photo != NULL && g_bytes_get_size(row->photo) > TW_DIRECTORY_MOST_PHOTO)
        return fail(error, TW_ERROR_TOO_BIG, "its photo is too long");
    if (row->company >= (gint) rows->len)
        return fail(error, TW_ERROR_INVALID, "its company is none");
    if (row->company >= 0)
        company = g_ptr_array_index(rows, row->company);
    if (company != NULL && (company->values->kind != TW_DIRECTORY_COMPANY ||
                            row->values->kind == TW_DIRECTORY_COMPANY))
        return fail(error, TW_ERROR_INVALID, "its company is none");
    return tw_directory_object_check(row->values, TW_DIRECTORY_SET_ALL, error);
}

enum {
    LEFT_OUT = G_MAXUINT
};

static gboolean
link_fits(const TwDirectoryRow *from, const TwDirectoryRow *to, TwDirectoryRelation relation)
{
    TwDirectoryKind kind = from->values->kind;

    /* the members of a dynamic group are its source's to say */
    if (kind == TW_DIRECTORY_DYNAMIC_GROUP && relation == TW_DIRECTORY_MEMBER)
        kind = TW_DIRECTORY_GROUP;
    return from != to && tw_directory_relation_fits(relation, kind, to->values->kind);
}

/* Positions change when rows before are left out. */
static void
renumber(const GPtrArray *rows, TwDirectoryRow *row, const GArray *places)
{
    g_autoptr(GArray) links = g_steal_pointer(&row->links);

    if (row->company >= 0)
        row->company = (gint) g_array_index(places, guint, row->company);
    for (guint i = 0; links != NULL && i < links->len; i++) {
        const TwDirectoryRowLink *link = &g_array_index(links, TwDirectoryRowLink, i);
        guint to = link->to < places->len ? g_array_index(places, guint, link->to) : LEFT_OUT;
        if (to != LEFT_OUT && i < TW_DIRECTORY_MOST_LINKS &&
            link_fits(row, g_ptr_array_index(rows, link->to), link->relation))
            tw_directory_row_link(row, link->relation, to);
    }
}

/* Companies first: who is in one that is left out is left out too. */
static gboolean
take(const GPtrArray *rows, guint at, const Taken *taken, const GArray *places, GError **error)
{
    const TwDirectoryRow *row = g_ptr_array_index(rows, at);

    if (!check_row(rows, row, error))
        return FALSE;
    if (row->company >= 0 && g_array_index(places, guint, row->company) == LEFT_OUT)
        return fail(error, TW_ERROR_INVALID, "its company is left out");
    return check_unique(taken, row, error);
}

GPtrArray *
tw_directory_image_clean(GPtrArray *rows, TwDirectorySkipFunc skip, gpointer data)
{
    GPtrArray *clean = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_row_free);
    g_autoptr(GArray) places = g_array_sized_new(FALSE, FALSE, sizeof(guint), rows->len);
    g_autoptr(GHashTable) ids =
        g_hash_table_new_full(tw_hash_gbytes, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
    g_autoptr(GHashTable) names =
        g_hash_table_new_full(tw_hash_gbytes, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
    const Taken taken = { ids, names };
    guint next = 0;

    g_array_set_size(places, rows->len);
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < rows->len; i++) {
            const TwDirectoryRow *row = g_ptr_array_index(rows, i);
            g_autoptr(GError) why = NULL;
            if ((row->values->kind == TW_DIRECTORY_COMPANY) != (pass == 0))
                continue;
            g_array_index(places, guint, i) = LEFT_OUT;
            if (take(rows, i, &taken, places, &why))
                g_array_index(places, guint, i) = 0;
            else
                skip(row, why, data);
        }
    }
    for (guint i = 0; i < rows->len; i++) {
        if (g_array_index(places, guint, i) != LEFT_OUT)
            g_array_index(places, guint, i) = next++;
    }
    for (guint i = 0; i < rows->len; i++) {
        if (g_array_index(places, guint, i) != LEFT_OUT)
            renumber(rows, g_ptr_array_index(rows, i), places);
    }
    for (guint i = 0; i < rows->len; i++) {
        if (g_array_index(places, guint, i) != LEFT_OUT)
            g_ptr_array_add(clean, g_steal_pointer(&rows->pdata[i]));
    }
    return clean;
}
