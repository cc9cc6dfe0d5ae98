/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names that the engine makes for what no client named: entry ids, source keys and change keys from object and change numbers, and
 * back. Ids made by clients are found with tw_store_find_key() and tw_store_get_key().
 *
 * An entry id (mapi/entryid.h) of version 1 has as GUID of the object:
 *
 *   offset  size  meaning
 *   0       4     object number, little-endian
 *   4       12    00 00 80 00 'T' 'w' 'i' 'g' 'a' 00 00 01: no GUID of version 4 has these bits
 *
 * Source key: the server's GUID and the object number in 6 bytes. Change key: the store's GUID and the change number in 4 bytes.
 */
#pragma once

#include "mapi/entryid.h"
#include "mapi/keys.h"

G_BEGIN_DECLS

/**
 * tw_identity_entry_id:
 * @store: GUID of the store
 * @type: what the object is; of a store, @number does not count
 * @number: object number
 * @out: (array fixed-size=48): where to put the entry id
 */
void tw_identity_entry_id(const TwGuid *store,
                          TwObjectType type,
                          guint32 number,
                          guint8 out[TW_OBJECT_ID_LEN]);

/**
 * tw_identity_number:
 * @id: an entry id
 * @ret_number: (out): the object number in it
 *
 * Returns: FALSE, and nothing written, if the engine did not make it
 */
gboolean tw_identity_number(const TwObjectId *id, guint32 *ret_number);

/**
 * tw_identity_source_key:
 * @server: GUID of the server
 * @number: object number
 * @out: (array fixed-size=22): where to put the source key
 */
void tw_identity_source_key(const TwGuid *server, guint32 number, guint8 out[TW_SOURCE_KEY_LEN]);

/**
 * tw_identity_change_key:
 * @store: GUID of the store
 * @cn: change number; the wire has its lower 32 bits
 * @out: (array fixed-size=20): where to put the change key
 */
void tw_identity_change_key(const TwGuid *store, guint64 cn, guint8 out[TW_CHANGE_KEY_LEN]);

G_END_DECLS
