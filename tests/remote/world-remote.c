/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The world's server is the remote provider: the local one stands behind a SOAP door on a Unix socket, in a folder of its
 * own. So every test of session/ that is linked with this runs over the wire.
 */
#include "remote/world-remote.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "net/loop.h"
#include "remote/remote.h"

typedef struct {
    TwSoapd *door;
    TwLoop *loop;
    char *folder, *socket;
} Provider;

/* Who connects is this process, and so anybody: as tests of the local provider are by TW_PEER_PROCESS. */
void
world_provider_change(TwLocalConfig *config)
{
    config->trust.own_uid = getuid();
}

static void
open_door(World *world)
{
    Provider *provider = world->provider;
    g_autofree char *spec = g_strconcat("unix:", provider->socket, NULL);
    g_autoptr(GError) error = NULL;
    TwListenOptions options;

    provider->door = tw_soapd_new(NULL);
    tw_soapd_set_server(provider->door, world->local);
    provider->loop = tw_loop_new(NULL, &error);
    g_assert_no_error(error);
    tw_soapd_listen_options(provider->door, &options);
    tw_listener_open(provider->loop, spec, &options, NULL, &error);
    g_assert_no_error(error);
    tw_loop_start(provider->loop, &error);
    g_assert_no_error(error);
}

static void
close_door(Provider *provider)
{
    g_assert_true(tw_loop_stop(provider->loop, 5000));
    tw_loop_free(provider->loop);
    tw_soapd_free(provider->door);
}

void
world_remote_restart(World *world)
{
    close_door(world->provider);
    open_door(world);
}

TwServer *
world_provider_open(World *world)
{
    Provider *provider = g_new0(Provider, 1);
    TwServerUrl url = { .kind = TW_SERVER_URL_UNIX };
    TwRemoteConfig config = { .url = &url, .program = "test" };
    g_autoptr(GError) error = NULL;
    TwServer *server;

    world->provider = provider;
    provider->folder = g_dir_make_tmp("twiga-remote-XXXXXX", &error);
    g_assert_no_error(error);
    provider->socket = g_build_filename(provider->folder, "server.sock", NULL);
    open_door(world);
    url.path = provider->socket;
    server = tw_remote_new(&config, &error);
    g_assert_no_error(error);
    return server;
}

void
world_provider_close(World *world)
{
    Provider *provider = world->provider;

    tw_server_close(world->server);
    close_door(provider);
    g_assert_cmpint(g_rmdir(provider->folder), ==, 0);
    g_free(provider->folder);
    g_free(provider->socket);
    g_free(provider);
}
