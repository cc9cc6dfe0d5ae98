/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/identity.h"

#include <string.h>

static const guint8 mark[12] = { 0, 0, 0x80, 0, 'T', 'w', 'i', 'g', 'a', 0, 0, 1 };

void
tw_identity_entry_id(const TwGuid *store,
                     TwObjectType type,
                     guint32 number,
                     guint8 out[TW_OBJECT_ID_LEN])
{
    TwObjectId id = { .store = *store, .type = type, .version = 1 };
    guint32 le = GUINT32_TO_LE(number);

    if (type == TW_OBJECT_ID_STORE) {
        id.unique = *store;
    } else {
        memcpy(id.unique.bytes, &le, sizeof le);
        memcpy(id.unique.bytes + sizeof le, mark, sizeof mark);
    }
    tw_object_id_write(&id, out);
}

gboolean
tw_identity_number(const TwObjectId *id, guint32 *ret_number)
{
    guint32 le;

    if (id->version != 1 || id->type == TW_OBJECT_ID_STORE ||
        memcmp(id->unique.bytes + sizeof le, mark, sizeof mark) != 0)
        return FALSE;
    memcpy(&le, id->unique.bytes, sizeof le);
    *ret_number = GUINT32_FROM_LE(le);
    return TRUE;
}

void
tw_identity_source_key(const TwGuid *server, guint32 number, guint8 out[TW_SOURCE_KEY_LEN])
{
    guint32 le = GUINT32_TO_LE(number);

    memcpy(out, server->bytes, TW_GUID_LEN);
    memcpy(out + TW_GUID_LEN, &le, sizeof le);
    memset(out + TW_GUID_LEN + sizeof le, 0, TW_SOURCE_KEY_LEN - TW_GUID_LEN - sizeof le);
}

void
tw_identity_change_key(const TwGuid *store, guint64 cn, guint8 out[TW_CHANGE_KEY_LEN])
{
    guint32 le = GUINT32_TO_LE((guint32) cn);

    memcpy(out, store->bytes, TW_GUID_LEN);
    memcpy(out + TW_GUID_LEN, &le, sizeof le);
}
