/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry ids of folders and messages inside of what an archive brings: they hold numbers of the server it was made on. */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/archive-private.h"
#include "store/identity.h"
#include "store/rules.h"

enum {
    GUID_AT = 4, /* of the store's GUID in an entry id: behind the flags */
};

/* The next id of an object of @store, from *at on; *ret_at is where it is, *at what follows. */
static gboolean
next_id(
    const guint8 *bytes, gsize len, const TwGuid *store, gsize *at, gsize *ret_at, TwObjectId *ret)
{
    for (; len >= TW_OBJECT_ID_LEN && *at <= len - TW_OBJECT_ID_LEN; (*at)++) {
        if (memcmp(bytes + *at + GUID_AT, store->bytes, TW_GUID_LEN) != 0)
            continue;
        *ret_at = *at;
        *at += TW_OBJECT_ID_LEN;
        if (tw_object_id_parse(bytes + *ret_at, TW_OBJECT_ID_LEN, ret, NULL))
            return TRUE;
        (*at)--;
    }
    return FALSE;
}

/* The id at @bytes as it is here; its length stays. FALSE: it stays as it is. */
static gboolean
translate_one(guint8 *bytes, const TwObjectId *id, const TwArchiveIds *ids)
{
    GHashTable *numbers = id->type == TW_OBJECT_ID_FOLDER    ? ids->folders
                          : id->type == TW_OBJECT_ID_MESSAGE ? ids->messages
                                                             : NULL;
    guint32 old, number;

    if (id->type == TW_OBJECT_ID_STORE && !ids->part) {
        tw_identity_entry_id(&ids->to, TW_OBJECT_ID_STORE, 0, bytes);
        return TRUE;
    }
    if (numbers == NULL || !tw_identity_number(id, &old))
        return FALSE;
    number = GPOINTER_TO_UINT(g_hash_table_lookup(numbers, GUINT_TO_POINTER(old)));
    if (number != 0)
        tw_identity_entry_id(&ids->to, id->type, number, bytes);
    return number != 0;
}

void
tw_archive_translate_ids(guint8 *bytes, gsize len, const TwArchiveIds *ids)
{
    guint8 *store = NULL; /* the id of the store, when it was the last one */
    gsize at = 0, found;
    TwObjectId id;

    while (next_id(bytes, len, &ids->from, &at, &found, &id)) {
        if (translate_one(bytes + found, &id, ids) && store != NULL)
            tw_identity_entry_id(&ids->to, TW_OBJECT_ID_STORE, 0, store);
        store = ids->part && id.type == TW_OBJECT_ID_STORE ? bytes + found : NULL;
    }
}

/* ---- of a folder or store: where its special folders are, and what its rules do ---- */

typedef gboolean (*ValueFunc)(TwObject *object,
                              const TwPropValue *value,
                              gpointer data,
                              GError **error);

/* Rules are many and become a blob; of no other large value is known that it holds ids. */
static gboolean
with_rules(TwStore *store, TwObject *object, ValueFunc func, gpointer data, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(2 * TW_RULES_MAX_BYTES);
    TwPropValue value;
    TwBlobRef ref;

    if (!tw_object_get_blob(object, PR_RULES_DATA, &ref, NULL))
        return TRUE;
    if (!tw_store_read_value(store, &ref, 0, out.limit, &out, error))
        return FALSE;
    value = tw_value_bytes(PR_RULES_DATA, out.data, out.len);
    return func(object, &value, data, error);
}

/* All values that may hold ids. */
static gboolean
each_value(TwStore *store, TwObject *object, ValueFunc func, gpointer data, GError **error)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        guint type = tw_prop_tag_type(tag);
        TwPropValue value;
        if ((type == TW_PT_BINARY || type == TW_PT_MV_BINARY) &&
            tw_object_get(object, tag, &value) && value.len >= TW_OBJECT_ID_LEN &&
            !func(object, &value, data, error))
            return FALSE;
    }
    return with_rules(store, object, func, data, error);
}

typedef struct {
    const TwArchiveIds *ids;
    gboolean changed;
} Translate;

/* Sets @value, whose bytes are the caller's, when it holds ids that are others here. */
static gboolean
translate_value(TwObject *object, const TwPropValue *value, gpointer data, GError **error)
{
    Translate *translate = data;
    g_autofree guint8 *copy = g_memdup2(value->data, value->len);
    TwPropValue here = *value;

    tw_archive_translate_ids(copy, value->len, translate->ids);
    if (memcmp(copy, value->data, value->len) == 0)
        return TRUE;
    translate->changed = TRUE;
    here.data = copy;
    return tw_object_set(object, &here, error);
}

gboolean
tw_archive_translate_object(TwStore *store,
                            TwObject *object,
                            const TwArchiveIds *ids,
                            gboolean *ret_changed,
                            GError **error)
{
    Translate translate = { ids, FALSE };
    gboolean ok = each_value(store, object, translate_value, &translate, error);

    *ret_changed = translate.changed;
    return ok;
}

typedef struct {
    const TwGuid *store;
    GHashTable *numbers;
} Listing;

static gboolean
list_value(G_GNUC_UNUSED TwObject *object,
           const TwPropValue *value,
           gpointer data,
           G_GNUC_UNUSED GError **error)
{
    Listing *listing = data;
    gsize at = 0, found;
    TwObjectId id;
    guint32 number;

    while (next_id(value->data, value->len, listing->store, &at, &found, &id)) {
        if (id.type == TW_OBJECT_ID_MESSAGE && tw_identity_number(&id, &number))
            g_hash_table_add(listing->numbers, GUINT_TO_POINTER(number));
    }
    return TRUE;
}

gboolean
tw_archive_list_messages(
    TwStore *store, TwObject *object, const TwGuid *guid, GHashTable *numbers, GError **error)
{
    Listing listing = { guid, numbers };

    return each_value(store, object, list_value, &listing, error);
}
