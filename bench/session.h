/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the benchmarks of the session API share: a server in this process and SYSTEM's session on it.
 */
#pragma once

#include "bench.h"

#include "session/local.h"

typedef struct {
    TwServer *server;
    TwSession *session;
} BenchSession;

/* Makes what the engine keeps in the folder at path. */
static inline void
bench_session_create(const char *path)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwEngine *engine;

    config.fs = tw_file_system_real();
    config.path = path;
    engine = tw_engine_open(&config, &error);
    bench_must(engine != NULL, &error);
    tw_engine_close(engine);
}

static inline void
bench_session_open(BenchSession *bench, const char *path)
{
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS },
                    .flags = TW_LOGON_BOUND,
                    .user = "SYSTEM" };
    g_autoptr(GError) error = NULL;

    bench->server = tw_local_open(path, &error);
    bench_must(bench->server != NULL, &error);
    bench_must(tw_server_logon(bench->server, &how, &bench->session, NULL, &error), &error);
}

static inline void
bench_session_close(BenchSession *bench)
{
    tw_session_unref(bench->session);
    tw_server_close(bench->server);
}
