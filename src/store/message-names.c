/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of messages and folders that clients made or that stand for them, and what is known of a folder while its rows are looked at. */
#include "store/message-props-private.h"

/* ---- names ---- */

static void
note_key(guint index, TwKeyKind kind, const guint8 *key, gsize len, gpointer data)
{
    TwMessageKeys *keys = (TwMessageKeys *) data + index;
    GBytes **place = kind == TW_KEY_ENTRY_ID ? &keys->entry_id : &keys->source_key;

    g_clear_pointer(place, g_bytes_unref);
    *place = g_bytes_new(key, len);
}

gboolean
tw_message_keys_load(
    TwDbTx *tx, TwStore *store, const guint32 *ids, guint count, TwMessageKeys *ret, GError **error)
{
    memset(ret, 0, sizeof *ret * count);
    if (tw_sql_key_pick(tx, store->number, ids, count, note_key, ret, error))
        return TRUE;
    for (guint i = 0; i < count; i++)
        tw_message_keys_clear(&ret[i]);
    return FALSE;
}

void
tw_message_keys_clear(TwMessageKeys *keys)
{
    g_clear_pointer(&keys->entry_id, g_bytes_unref);
    g_clear_pointer(&keys->source_key, g_bytes_unref);
}

gboolean
tw_folder_names_load(TwDbTx *tx, TwStore *store, guint32 folder, TwFolderNames *ret, GError **error)
{
    TwMessageKeys keys;

    if (!tw_message_keys_load(tx, store, &folder, 1, &keys, error))
        return FALSE;
    *ret = (TwFolderNames){ keys.entry_id, keys.source_key };
    if (ret->entry_id == NULL) {
        guint8 id[TW_OBJECT_ID_LEN];
        tw_identity_entry_id(&store->guid, TW_OBJECT_ID_FOLDER, folder, id);
        ret->entry_id = g_bytes_new(id, sizeof id);
    }
    if (ret->source_key == NULL) {
        guint8 key[TW_SOURCE_KEY_LEN];
        tw_identity_source_key(&store->engine->guid, folder, key);
        ret->source_key = g_bytes_new(key, sizeof key);
    }
    return TRUE;
}

void
tw_folder_names_clear(TwFolderNames *names)
{
    g_clear_pointer(&names->entry_id, g_bytes_unref);
    g_clear_pointer(&names->source_key, g_bytes_unref);
}

/* ---- what is known of a folder ---- */

void
tw_folder_facts_clear(TwFolderFacts *facts)
{
    tw_folder_names_clear(&facts->names);
    g_clear_pointer(&facts->words, tw_keywords_free);
    facts->folder = 0;
}

TwFolderFacts *
tw_props_facts(TwMessageProps *props)
{
    TwFolderFacts *facts = props->facts;

    if (facts != NULL && facts->folder != props->row->folder) {
        tw_folder_facts_clear(facts);
        facts->folder = props->row->folder;
    }
    return facts;
}

static void
ref_names(const TwFolderNames *names, TwFolderNames *ret)
{
    ret->entry_id = g_bytes_ref(names->entry_id);
    ret->source_key = g_bytes_ref(names->source_key);
}

gboolean
tw_props_load_folder_names(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    TwFolderFacts *facts = tw_props_facts(props);

    if (facts != NULL && facts->names.entry_id != NULL) {
        ref_names(&facts->names, &props->own_names);
        return TRUE;
    }
    if (!tw_folder_names_load(tx, props->store, props->row->folder, &props->own_names, error))
        return FALSE;
    if (facts != NULL)
        ref_names(&props->own_names, &facts->names);
    return TRUE;
}
