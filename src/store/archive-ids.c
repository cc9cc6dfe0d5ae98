/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry ids of folders inside of what an archive brings: they hold numbers of the server it was made on. */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/archive-private.h"
#include "store/identity.h"
#include "store/rules.h"

enum {
    GUID_AT = 4, /* of the store's GUID in an entry id: behind the flags */
};

/* The id at @bytes as it is here; its length stays. */
static void
translate_one(guint8 *bytes, const TwGuid *store, GHashTable *numbers)
{
    TwObjectId id;
    guint32 old;
    gpointer number;

    if (!tw_object_id_parse(bytes, TW_OBJECT_ID_LEN, &id, NULL))
        return;
    if (id.type == TW_OBJECT_ID_STORE) {
        tw_identity_entry_id(store, TW_OBJECT_ID_STORE, 0, bytes);
        return;
    }
    if (id.type != TW_OBJECT_ID_FOLDER || !tw_identity_number(&id, &old))
        return;
    number = g_hash_table_lookup(numbers, GUINT_TO_POINTER(old));
    if (number != NULL)
        tw_identity_entry_id(store, TW_OBJECT_ID_FOLDER, GPOINTER_TO_UINT(number), bytes);
}

void
tw_archive_translate_ids(
    guint8 *bytes, gsize len, const TwGuid *from, const TwGuid *to, GHashTable *numbers)
{
    for (gsize at = 0; len >= TW_OBJECT_ID_LEN && at <= len - TW_OBJECT_ID_LEN; at++) {
        if (memcmp(bytes + at + GUID_AT, from->bytes, TW_GUID_LEN) != 0)
            continue;
        translate_one(bytes + at, to, numbers);
        at += TW_OBJECT_ID_LEN - 1;
    }
}

/* ---- of a folder or store: where its special folders are, and what its rules do ---- */

/* Sets @value, whose bytes are the caller's, when it holds ids that are others here. */
static gboolean
translate_value(TwObject *object,
                const TwPropValue *value,
                const TwArchiveIds *ids,
                gboolean *changed,
                GError **error)
{
    g_autofree guint8 *copy = g_memdup2(value->data, value->len);
    TwPropValue here = *value;

    tw_archive_translate_ids(copy, value->len, &ids->from, &ids->to, ids->numbers);
    if (memcmp(copy, value->data, value->len) == 0)
        return TRUE;
    *changed = TRUE;
    here.data = copy;
    return tw_object_set(object, &here, error);
}

/* Rules are many and become a blob; of no other large value is known that it holds ids. */
static gboolean
translate_rules(
    TwStore *store, TwObject *object, const TwArchiveIds *ids, gboolean *changed, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(2 * TW_RULES_MAX_BYTES);
    TwPropValue value;
    TwBlobRef ref;

    if (!tw_object_get_blob(object, PR_RULES_DATA, &ref, NULL))
        return TRUE;
    if (!tw_store_read_value(store, &ref, 0, out.limit, &out, error))
        return FALSE;
    value = tw_value_bytes(PR_RULES_DATA, out.data, out.len);
    return translate_value(object, &value, ids, changed, error);
}

gboolean
tw_archive_translate_object(TwStore *store,
                            TwObject *object,
                            const TwArchiveIds *ids,
                            gboolean *ret_changed,
                            GError **error)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);

    *ret_changed = FALSE;
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        guint type = tw_prop_tag_type(tag);
        TwPropValue value;
        if ((type == TW_PT_BINARY || type == TW_PT_MV_BINARY) &&
            tw_object_get(object, tag, &value) && value.len >= TW_OBJECT_ID_LEN &&
            !translate_value(object, &value, ids, ret_changed, error))
            return FALSE;
    }
    return translate_rules(store, object, ids, ret_changed, error);
}
