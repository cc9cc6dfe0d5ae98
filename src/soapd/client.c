/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the door keeps of each session: numbers of sub-objects, kinds of tables, what it wants to be told of. It goes with the
 * session: at logoff, when a call finds that the session ended, or when nobody used it for as long as sessions last.
 */
#include <string.h>

#include "soapd/soapd-private.h"

TwSoapdClient *
tw_soapd_client_ref(TwSoapdClient *client)
{
    g_atomic_int_inc(&client->refs);
    return client;
}

void
tw_soapd_client_unref(TwSoapdClient *client)
{
    if (client == NULL || !g_atomic_int_dec_and_test(&client->refs))
        return;
    tw_watch_end(client->watch);
    tw_soapd_group_unref(client->group);
    tw_soapd_numbers_clear(&client->numbers);
    g_hash_table_unref(client->tables);
    g_hash_table_unref(client->queues);
    g_hash_table_unref(client->wishes);
    tw_session_unref(client->session);
    tw_lock_clear(&client->lock);
    g_free(client->certificate);
    g_free(client);
}

/* ---- those that nobody used ---- */

/* Each a reference. */
static GPtrArray *
list_unused(TwSoapd *door)
{
    gint64 before = g_get_monotonic_time() - door->config.session_timeout_us;
    GPtrArray *unused = g_ptr_array_new();
    GHashTableIter iter;
    gpointer client;
    TW_LOCK_SCOPE(&door->lock);

    g_hash_table_iter_init(&iter, door->clients);
    while (g_hash_table_iter_next(&iter, NULL, &client)) {
        if (((TwSoapdClient *) client)->used_us < before)
            g_ptr_array_add(unused, tw_soapd_client_ref(client));
    }
    return unused;
}

static void
drop_unused(TwSoapd *door)
{
    g_autoptr(GPtrArray) unused = list_unused(door);

    for (guint i = 0; i < unused->len; i++) {
        g_autoptr(TwSoapdClient) client = g_ptr_array_index(unused, i);
        tw_soapd_client_end(door, client);
    }
}

/* ---- the table ---- */

void
tw_soapd_client_add(
    TwSoapd *door, TwSession *session, const TwPeer *peer, guint64 group, guint32 capabilities)
{
    TwSoapdClient *client = g_new0(TwSoapdClient, 1);
    TwSessionInfo info;
    gboolean sweep;

    tw_session_get_info(session, &info);
    client->refs = 1;
    client->id = info.id;
    client->session = tw_session_ref(session);
    client->capabilities = capabilities;
    client->peer_kind = peer->kind;
    client->certificate =
        g_memdup2(peer->certificate, peer->certificate != NULL ? TW_SHA256_LEN : 0);
    client->used_us = g_get_monotonic_time();
    tw_lock_init(&client->lock);
    tw_soapd_numbers_init(&client->numbers);
    client->tables = g_hash_table_new(NULL, NULL);
    client->queues = g_hash_table_new_full(NULL, NULL, NULL, tw_soapd_queue_free);
    client->wishes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    tw_lock(&door->lock);
    client->group = tw_soapd_group_get(door, group, info.user);
    tw_soapd_group_join(client->group, client);
    g_hash_table_insert(door->clients, &client->id, client);
    /* once in as many logons as there are clients: its cost is then that of a few of them for each */
    sweep = g_hash_table_size(door->clients) < 64 || (client->id & 63) == 0;
    tw_unlock(&door->lock);
    if (sweep)
        drop_unused(door);
}

/* What was trusted at the logon is not judged again for each call: the same certificate is. */
static void
recall_peer(TwSoapd *door, guint64 id, TwPeer *peer)
{
    const TwSoapdClient *client;
    TW_LOCK_SCOPE(&door->lock);

    client = g_hash_table_lookup(door->clients, &id);
    if (client != NULL && client->peer_kind == TW_PEER_CERTIFICATE && peer->certificate != NULL &&
        client->certificate != NULL &&
        memcmp(client->certificate, peer->certificate, TW_SHA256_LEN) == 0)
        peer->kind = TW_PEER_CERTIFICATE;
}

TwSoapdClient *
tw_soapd_client_find(TwSoapd *door, guint64 id, const TwPeer *from, GError **error)
{
    TwPeer peer = *from;
    g_autoptr(TwSession) session = NULL;
    TwSoapdClient *client;

    if (peer.kind == TW_PEER_NETWORK && peer.certificate != NULL)
        recall_peer(door, id, &peer);
    session = tw_server_find(door->server, id, &peer, error);
    if (session == NULL)
        return NULL;
    TW_LOCK_SCOPE(&door->lock);
    client = g_hash_table_lookup(door->clients, &id);
    if (client == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "no session of this door");
        return NULL;
    }
    client->used_us = g_get_monotonic_time();
    return tw_soapd_client_ref(client);
}

void
tw_soapd_client_end(TwSoapd *door, TwSoapdClient *client)
{
    gboolean mine;

    tw_lock(&door->lock);
    mine = g_hash_table_remove(door->clients, &client->id);
    tw_unlock(&door->lock);
    if (!mine)
        return;
    tw_soapd_own_leave(client);
    tw_soapd_group_leave(door, client);
    tw_session_end(client->session);
    tw_soapd_client_unref(client);
}
