/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Subscriptions. They are kept where gateways of this house always kept them: at the INBOX, in PR_EC_IMAP_SUBSCRIBED, as
 * entry ids of folders (spec/mailbox-layout.md 24). So what older clients chose stands, and a mailbox stays subscribed
 * when it is renamed. Names of which there is no mailbox (any more) are kept beside it, one a line, for RFC 3501, 6.3.6
 * forbids to forget them.
 *
 *   offset  size  meaning (little-endian)
 *   0       4     how many
 *   then of each:
 *   0       4     size of an entry id
 *   4       size  the entry id of a folder
 */
#include <string.h>

#include "imap/imap-private.h"
#include "mapi/tags.h"

enum {
    SUBSCRIBED_MOST = 10000,      /* mailboxes: each is looked up at a LSUB */
    SUBSCRIBED_BYTES = 1 << 20,   /* of the property */
    NAMES_BYTES = 24 * 1024,      /* of names without a mailbox */
    SUBSCRIBED_TAG = 0x67840102u, /* PR_EC_IMAP_SUBSCRIBED */
};

static const char names_name[] = "twiga-imap-subscribed";

/* ---- reading ---- */

/* A folder of a store as a key: its number behind the GUID. */
static char *
place_key(const TwGuid *store, guint32 folder)
{
    char guid[TW_GUID_TEXT_SIZE];

    tw_guid_print(store, TW_GUID_HEX, guid);
    return g_strdup_printf("%s-%u", guid, folder);
}

/* Names of all mailboxes by their places. */
static GHashTable *
names_by_place(TwImapPeer *peer, GError **error)
{
    g_autoptr(GArray) boxes = tw_imap_tree(peer, TW_IMAP_TREE_ALL, error);
    GHashTable *names = NULL;

    if (boxes != NULL)
        names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; boxes != NULL && i < boxes->len; i++) {
        TwImapBox *box = &g_array_index(boxes, TwImapBox, i);

        if (box->folder != 0)
            g_hash_table_insert(names, place_key(&box->store, box->folder),
                                g_steal_pointer(&box->name));
    }
    return names;
}

/* An id that leads nowhere now is passed over; it goes when the list is written next. */
static gboolean
add_by_id(TwImapPeer *peer, GHashTable *by_place, GBytes *id, GHashTable *names)
{
    g_auto(TwEntryIdFindArgs) find = { .entry_id = id };
    g_autofree char *key = NULL;
    const char *name;

    if (!tw_session_entry_id_find(peer->session, &find, NULL) || find.message != 0)
        return FALSE;
    key = place_key(&find.store, find.folder);
    name = g_hash_table_lookup(by_place, key);
    if (name != NULL)
        g_hash_table_add(names, g_strdup(name));
    return name != NULL;
}

/* What was written by whomever: it is read as far as it makes sense. */
static gboolean
add_ids(TwImapPeer *peer, const TwPropValue *value, GHashTable *names, GError **error)
{
    TwCursor cur = tw_cursor_init(value->data, MIN(value->len, (gsize) SUBSCRIBED_BYTES));
    g_autoptr(GHashTable) by_place = names_by_place(peer, error);
    guint32 count, len;
    const guint8 *bytes;

    if (by_place == NULL)
        return FALSE;
    if (!tw_cursor_take_u32le(&cur, &count))
        return TRUE;
    for (guint32 i = 0; i < MIN(count, (guint32) SUBSCRIBED_MOST); i++) {
        g_autoptr(GBytes) id = NULL;

        if (!tw_cursor_take_u32le(&cur, &len) || !tw_cursor_take(&cur, len, &bytes))
            break;
        id = g_bytes_new(bytes, len);
        (void) add_by_id(peer, by_place, id, names);
    }
    return TRUE;
}

static void
add_lines(const TwPropValue *value, GHashTable *names)
{
    g_autofree char *text = g_strndup((const char *) value->data, value->len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] != '\0')
            g_hash_table_add(names, g_strdup(lines[i]));
    }
}

/* Nobody said yet: all that are there, but for what others share. */
static gboolean
add_all(TwImapPeer *peer, GHashTable *names, GError **error)
{
    g_autoptr(GArray) boxes = tw_imap_tree(peer, TW_IMAP_TREE_PUBLIC, error);

    for (guint i = 0; boxes != NULL && i < boxes->len; i++)
        g_hash_table_add(names, g_strdup(g_array_index(boxes, TwImapBox, i).name));
    return boxes != NULL;
}

GHashTable *
tw_imap_subscriptions(TwImapPeer *peer, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(TwFolderPropsArgs) props = { .store = peer->store };
    TwPropValue ids, lines;
    gboolean has_ids, has_lines;
    guint32 tag;

    if (!tw_imap_roots_find(peer, error) || !tw_imap_data_tag(peer, names_name, FALSE, &tag, error))
        return NULL;
    props.folder = peer->inbox;
    if (!tw_session_folder_props(peer->session, &props, error))
        return NULL;
    has_ids = tw_object_get(props.object, SUBSCRIBED_TAG, &ids);
    has_lines = tag != 0 && tw_object_get(props.object, tag, &lines);
    peer->said = has_ids || has_lines;
    if (!peer->said && !add_all(peer, names, error))
        return NULL;
    if (has_ids && !add_ids(peer, &ids, names, error))
        return NULL;
    if (has_lines)
        add_lines(&lines, names);
    return g_steal_pointer(&names);
}

/* ---- writing ---- */

/* FALSE: no mailbox has that name. */
static gboolean
put_id(TwImapPeer *peer, const char *name, TwBuffer *ids)
{
    g_auto(TwImapBox) box = { 0 };
    g_auto(TwFolderKeysArgs) keys = { 0 };
    const guint8 *bytes;
    gsize len;

    if (!tw_imap_box_find(peer, name, &box, NULL) || box.folder == 0)
        return FALSE;
    keys.store = box.store;
    keys.folder = box.folder;
    if (!tw_session_folder_keys(peer->session, &keys, NULL))
        return FALSE;
    bytes = g_bytes_get_data(keys.entry_id, &len);
    tw_buffer_put_u32le(ids, (guint32) len);
    tw_buffer_put(ids, bytes, len);
    return TRUE;
}

static gboolean
write_names(TwImapPeer *peer, GHashTable *names, GError **error)
{
    g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc) strcmp);
    g_auto(TwBuffer) ids = TW_BUFFER_INIT(SUBSCRIBED_BYTES), all = TW_BUFFER_INIT(SUBSCRIBED_BYTES);
    g_autoptr(GString) lines = g_string_new(NULL);
    TwPropValue values[2];
    guint32 count = 0, tag;

    for (const GList *at = sorted; at != NULL; at = at->next) {
        if (count < SUBSCRIBED_MOST && put_id(peer, at->data, &ids))
            count++;
        else
            g_string_append_printf(lines, "%s\n", (const char *) at->data);
    }
    tw_buffer_put_u32le(&all, count);
    tw_buffer_put(&all, ids.data, ids.len);
    if (lines->len > NAMES_BYTES || tw_buffer_failed(&ids) || tw_buffer_failed(&all)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many subscriptions");
        return FALSE;
    }
    if (!tw_imap_data_tag(peer, names_name, TRUE, &tag, error))
        return FALSE;
    values[0] = tw_value_bytes(SUBSCRIBED_TAG, all.data, all.len);
    values[1] = tw_value_bytes(tag, (const guint8 *) lines->str, lines->len);
    {
        g_auto(TwFolderChangePropsArgs)
            change = { .store = peer->store,
                       .folder = peer->inbox,
                       .changes = { .values = values, .value_count = G_N_ELEMENTS(values) } };
        return tw_session_folder_change_props(peer->session, &change, error);
    }
}

gboolean
tw_imap_subscribe_name(TwImapPeer *peer, const char *name, gboolean on, GError **error)
{
    g_autoptr(GHashTable) names = tw_imap_subscriptions(peer, error);

    if (names == NULL)
        return FALSE;
    if (name == NULL && peer->said)
        return TRUE;
    if (name != NULL && on)
        g_hash_table_add(names, g_strdup(name));
    else if (name != NULL)
        g_hash_table_remove(names, name);
    return write_names(peer, names, error);
}
