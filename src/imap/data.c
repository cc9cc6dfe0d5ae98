/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the door keeps at folders beside their properties: values of named properties that no other client knows. */
#include "imap/imap-private.h"

gboolean
tw_imap_data_tag(TwImapPeer *peer, const char *name, gboolean create, guint32 *ret, GError **error)
{
    g_autofree char *copy = g_strdup(name);
    TwNamedProp prop = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS), .name = copy };
    const TwNamedProp *props[] = { &prop };
    g_auto(TwNamesToIdsArgs) args = { .names = { props, 1 }, .create = create };
    guint32 id;

    if (!tw_session_names_to_ids(peer->session, &args, error))
        return FALSE;
    id = g_array_index(args.ids, guint32, 0);
    *ret = id != 0 ? (id > 0xffff ? id >> 16 : id) << 16 | TW_PT_BINARY : 0;
    return TRUE;
}

gboolean
tw_imap_data_read(TwImapPeer *peer,
                  const TwGuid *store,
                  guint32 folder,
                  const char *name,
                  GBytes **ret,
                  GError **error)
{
    g_auto(TwFolderPropsArgs) props = { .store = *store, .folder = folder };
    TwPropValue value;
    guint32 tag;

    *ret = NULL;
    if (!tw_imap_data_tag(peer, name, FALSE, &tag, error) ||
        !tw_session_folder_props(peer->session, &props, error))
        return FALSE;
    if (tag != 0 && tw_object_get(props.object, tag, &value))
        *ret = g_bytes_new(value.data, value.len);
    return TRUE;
}

gboolean
tw_imap_data_write(TwImapPeer *peer,
                   const TwGuid *store,
                   guint32 folder,
                   const char *name,
                   gconstpointer bytes,
                   gsize len,
                   GError **error)
{
    g_auto(TwFolderChangePropsArgs) change = { .store = *store, .folder = folder };
    TwPropValue value;
    guint32 tag;

    if (!tw_imap_data_tag(peer, name, TRUE, &tag, error))
        return FALSE;
    value = tw_value_bytes(tag, bytes, len);
    if (len > 0)
        change.changes = (TwPropChanges){ .values = &value, .value_count = 1 };
    else
        change.changes = (TwPropChanges){ .removed = &tag, .removed_count = 1 };
    return tw_session_folder_change_props(peer->session, &change, error);
}
