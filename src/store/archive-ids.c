/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry ids of folders inside of what an archive brings: they hold numbers of the server it was made on. */
#include <string.h>

#include "store/archive-private.h"
#include "store/identity.h"

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
