/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The provider: a server that is somewhere else. */
#include "remote/remote-private.h"

static TwSession *
find(TwServer *server, guint64 id, const TwPeer *peer, GError **error)
{
    (void) server;
    (void) id;
    (void) peer;
    /* ids are of the server itself: no door of another process hands them out */
    g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "no such session here");
    return NULL;
}

static void
close_server(TwServer *base)
{
    TwRemote *remote = (TwRemote *) base;
    TwClient *client;

    tw_remote_listener_free(remote->listener);
    while ((client = g_queue_pop_head(&remote->idle)) != NULL)
        tw_client_free(client);
    g_ptr_array_unref(remote->sessions);
    tw_tls_client_unref(remote->tls);
    tw_server_url_free(remote->url);
    tw_lock_clear(&remote->lock);
    g_free(remote->program);
    g_free(remote);
}

static const TwServerFuncs funcs = {
    .name = "remote",
    .logon = tw_remote_logon,
    .find = find,
    .close = close_server,
    .call = tw_remote_call,
    .get_info = tw_remote_get_info,
    .watch = tw_remote_watch,
    .watch_add = tw_remote_watch_add,
    .watch_remove = tw_remote_watch_remove,
    .pull = tw_remote_watch_pull,
    .watch_end = tw_remote_watch_end,
    .end = tw_remote_end,
    .ref = tw_remote_ref,
    .unref = tw_remote_unref,
};

static gboolean
make_tls(TwRemote *remote, const TwRemoteConfig *config, GError **error)
{
    const TwTlsClientOptions options = { .ca_file = config->ca_file,
                                         .cert_file = config->key_file,
                                         .key_password = config->key_password };

    if (remote->url->kind != TW_SERVER_URL_HTTPS)
        return TRUE;
    remote->tls = tw_tls_client_new(&options, error);
    return remote->tls != NULL;
}

static TwServerUrl *
copy_url(const TwServerUrl *url)
{
    TwServerUrl *copy = g_new0(TwServerUrl, 1);

    copy->kind = url->kind;
    copy->host = g_strdup(url->host);
    copy->port = url->port;
    copy->path = g_strdup(url->path);
    return copy;
}

TwServer *
tw_remote_new(const TwRemoteConfig *config, GError **error)
{
    TwRemote *remote;

    if (config->url->kind != TW_SERVER_URL_UNIX && config->url->kind != TW_SERVER_URL_HTTP &&
        config->url->kind != TW_SERVER_URL_HTTPS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "not the address of a server");
        return NULL;
    }
    remote = g_new0(TwRemote, 1);
    remote->base.funcs = &funcs;
    remote->url = copy_url(config->url);
    remote->program = g_strdup(config->program);
    remote->connect_ms = config->connect_ms != 0 ? config->connect_ms : 10000;
    remote->call_ms = config->call_ms != 0 ? config->call_ms : 300000;
    remote->most_idle = config->most_idle != 0 ? config->most_idle : 8;
    tw_lock_init(&remote->lock);
    g_queue_init(&remote->idle);
    remote->sessions = g_ptr_array_new();
    if (make_tls(remote, config, error))
        return &remote->base;
    close_server(&remote->base);
    return NULL;
}

gboolean
tw_remote_reach(TwServer *server, GError **error)
{
    TwRemote *remote = (TwRemote *) server;
    TwClient *client = tw_remote_take_idle(remote);

    if (client == NULL)
        client = tw_remote_connect(remote, error);
    if (client == NULL)
        return FALSE;
    tw_remote_give_idle(remote, client);
    return TRUE;
}
