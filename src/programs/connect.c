/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/connect.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "remote/remote.h"

#define CA_FILE "/etc/twiga/ssl/cacert.pem"

static const TwConfigKey keys[] = {
    { .name = "server_socket",
      .type = TW_CONFIG_URL,
      .def = "default:",
      .help = "The server: file:///run/twiga/server.sock, http://host:236/ or https://host:237/. "
              "\"default:\" is what "
              "TWIGA_SOCKET, KOPANO_SOCKET or ZARAFA_SOCKET of the environment says, else the "
              "socket of this "
              "machine's server." },
    { .name = "sslkey_file",
      .type = TW_CONFIG_PATH,
      .help = "Our certificate with its key, in PEM, for https. The server knows us by it when the "
              "public "
              "key lies in its sslkeys_path." },
    { .name = "sslkey_pass", .type = TW_CONFIG_SECRET, .help = "Password of that key." },
    { .name = "sslca_file",
      .type = TW_CONFIG_PATH,
      .def = CA_FILE,
      .help = "Who signed the server's certificate, in PEM. Empty, or a default that does not "
              "exist: whoever this "
              "machine trusts." },
};

const TwConfigTable tw_connect_config_table = {
    .title = "Server",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

const TwProgramDefault tw_connect_defaults[] = {
    { "sslca_file", { CA_FILE, "/etc/kopano/ssl/cacert.pem", "/etc/zarafa/ssl/cacert.pem" } },
    { NULL, { NULL } },
};

gboolean
tw_connect_add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_connect_config_table, error);
}

/* Where the server of this machine listens, by the generation that a program was called as. */
static const char *
local_socket(const char *called)
{
    static const char *const sockets[] = {
        [TW_GENERATION_TWIGA] = "/run/twiga/server.sock",
        [TW_GENERATION_KOPANO] = "/var/run/kopano/server.sock",
        [TW_GENERATION_ZARAFA] = "/var/run/zarafa",
    };

    return sockets[tw_program_generation(called)];
}

static const char *
path_or_null(const TwConfig *config, const char *key)
{
    const char *path = tw_config_get_string(config, key);

    if (*path == '\0' || (!tw_config_is_set(config, key) && !g_file_test(path, G_FILE_TEST_EXISTS)))
        return NULL;
    return path;
}

TwServer *
tw_connect_open(const TwConfig *config, const char *program, GError **error)
{
    return tw_connect_open_with(config, program, &(TwConnectKey){ .file = NULL }, error);
}

/* The server that is meant, not looked for. @ret_text: its URL. */
static TwServer *
make(const TwConfig *config,
     const char *program,
     const TwConnectKey *key,
     char **ret_text,
     GError **error)
{
    const TwSecret *secret =
        key->password != NULL ? key->password : tw_config_get_secret(config, "sslkey_pass");
    const char *password = tw_secret_reveal(secret, NULL);
    g_auto(GStrv) environment = g_get_environ();
    g_autofree char *name = g_path_get_basename(program);
    g_autoptr(TwServerUrl) url =
        tw_server_url_resolve(tw_config_get_url(config, "server_socket"),
                              (const char *const *) environment, local_socket(program), error);
    TwRemoteConfig remote = { .url = url,
                              .key_file = key->file != NULL ? key->file
                                                            : path_or_null(config, "sslkey_file"),
                              .key_password = *password != '\0' ? password : NULL,
                              .ca_file = path_or_null(config, "sslca_file"),
                              .program = name };
    TwServer *server;

    if (url == NULL)
        return NULL;
    server = tw_remote_new(&remote, error);
    if (server != NULL)
        *ret_text = tw_server_url_to_string(url);
    return server;
}

TwServer *
tw_connect_open_with(const TwConfig *config,
                     const char *program,
                     const TwConnectKey *key,
                     GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(TwServer) server = make(config, program, key, &text, error);

    if (server == NULL)
        return NULL;
    if (tw_remote_reach(server, error))
        return g_steal_pointer(&server);
    g_prefix_error(error, "%s: ", text);
    return NULL;
}

TwServer *
tw_connect_daemon(const TwConfig *config, const char *program, GError **error)
{
    g_autofree char *text = NULL;
    TwServer *server = make(config, program, &(TwConnectKey){ .file = NULL }, &text, error);
    g_autoptr(GError) why = NULL;

    if (server == NULL)
        return NULL;
    if (tw_remote_reach(server, &why))
        tw_log(TW_LOG_NOTICE, "server-reached", tw_log_str(TW_LOG_LISTENER, text));
    else
        tw_log(TW_LOG_WARNING, "server-unreachable", tw_log_str(TW_LOG_LISTENER, text),
               tw_log_error(why));
    return server;
}

TwSession *
tw_connect_system(TwServer *server, const char *program, GError **error)
{
    const TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                            .flags = TW_LOGON_BOUND,
                            .user = "SYSTEM",
                            .program = program };
    TwSession *session = NULL;

    return tw_server_logon(server, &logon, &session, NULL, error) ? session : NULL;
}

gboolean
tw_connect_find_store(
    TwSession *session, const char *user, guint32 *ret_number, TwGuid *ret, GError **error)
{
    g_auto(TwNameFindArgs) name = { .name = user, .type = TW_DIRECTORY_USERS };
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PRIVATE };

    if (!tw_session_name_find(session, &name, error)) {
        g_prefix_error(error, "There is no user \"%s\": ", user);
        return FALSE;
    }
    find.owner = name.entry->number;
    if (!tw_session_store_find(session, &find, error)) {
        g_prefix_error(error, "The store of \"%s\" is not found: ", user);
        return FALSE;
    }
    if (ret_number != NULL)
        *ret_number = find.owner;
    *ret = find.store;
    return TRUE;
}

int
tw_connect_exit_code(const GError *error)
{
    if (error->domain != TW_ERROR)
        return TW_EXIT_FAILED;
    switch ((TwError) error->code) {
    case TW_ERROR_NOT_FOUND:
    case TW_ERROR_BUSY:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_UNSUPPORTED:
        return TW_EXIT_UNAVAILABLE;
    case TW_ERROR_NO_ACCESS:
        return TW_EXIT_PERMISSION;
    case TW_ERROR_FAILED:
    case TW_ERROR_INVALID:
    case TW_ERROR_EXISTS:
    case TW_ERROR_CHANGED:
    case TW_ERROR_CORRUPT:
    case TW_ERROR_TOO_BIG:
    case TW_ERROR_NO_SPACE:
    case TW_ERROR_QUOTA:
    case TW_ERROR_AMBIGUOUS:
    case TW_ERROR_END_OF_SESSION:
    case TW_ERROR_TOO_COMPLEX:
    case TW_ERROR_CANCELLED:
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_NOT_QUEUED:
    case TW_ERROR_OFFLINE:
        return TW_EXIT_FAILED;
    }
    return TW_EXIT_FAILED;
}
