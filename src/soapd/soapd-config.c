/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soapd/soapd-config.h"

#include <string.h>

#include "base/error.h"

#define KEY_FILE "/etc/twiga/ssl/server.pem"
#define CA_FILE "/etc/twiga/ssl/cacert.pem"
#define KEYS_FOLDER "/etc/twiga/sslkeys"

static const char *const protocols[] = { "tls1.2", "tls1.3", "tls1.1", "tls1.0", NULL };

static const TwConfigKey keys[] = {
    { .name = "server_listen",
      .type = TW_CONFIG_LISTEN,
      .help =
          "Where clients are served over HTTP without TLS, \"*:236\" as a rule. Empty: nowhere." },
    { .name = "server_listen_tls",
      .type = TW_CONFIG_LISTEN,
      .help = "Where clients are served over HTTPS, \"*:237\" as a rule. Empty: nowhere." },
    { .name = "server_bind",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_LEGACY,
      .instead = "server_listen",
      .help = "Address to listen on, of both listeners. Empty: all." },
    { .name = "server_tcp_enabled",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_LEGACY,
      .instead = "server_listen",
      .help = "Whether there is a listener without TLS." },
    { .name = "server_tcp_port",
      .type = TW_CONFIG_INT,
      .def = "236",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "server_listen",
      .aliases = "server_port",
      .help = "Port of the listener without TLS." },
    { .name = "server_ssl_enabled",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_LEGACY,
      .instead = "server_listen_tls",
      .help = "Whether there is a listener with TLS." },
    { .name = "server_ssl_port",
      .type = TW_CONFIG_INT,
      .def = "237",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "server_listen_tls",
      .help = "Port of the listener with TLS." },
    { .name = "server_pipe_enabled",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "Whether there is a Unix socket. Tools of this machine use it." },
    { .name = "server_pipe_name",
      .type = TW_CONFIG_PATH,
      .aliases = "unix_socket",
      .help = "Unix socket for clients on this machine. Who connects there may be known by the "
              "system account, see local_admin_users and allow_local_users. Empty: none." },
    { .name = "server_pipe_priority",
      .type = TW_CONFIG_PATH,
      .help = "A second Unix socket, for tools that watch the server. Empty: none." },
    { .name = "server_recv_timeout",
      .type = TW_CONFIG_TIME,
      .unit = "s",
      .def = "5",
      .min = 1,
      .max = 86400,
      .help = "A connection on which no further request begins for so long is closed." },
    { .name = "server_read_timeout",
      .type = TW_CONFIG_TIME,
      .unit = "s",
      .def = "60",
      .min = 1,
      .max = 86400,
      .help = "A client of whose request or answer next to nothing came or went for so long is "
              "given up." },
    { .name = "server_send_timeout",
      .type = TW_CONFIG_TIME,
      .unit = "s",
      .def = "60",
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was the time for an answer. server_read_timeout holds for both." },
    { .name = "server_max_keep_alive_requests",
      .type = TW_CONFIG_INT,
      .def = "100",
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was the number of requests on one connection." },
    { .name = "server_ssl_key_file",
      .type = TW_CONFIG_PATH,
      .def = KEY_FILE,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Certificate with its chain and its key, in one PEM file, for server_listen_tls." },
    { .name = "server_ssl_key_pass",
      .type = TW_CONFIG_SECRET,
      .def = "server",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Password of that key. It is not looked at when the key has none." },
    { .name = "server_ssl_ca_file",
      .type = TW_CONFIG_PATH,
      .def = CA_FILE,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Who signs the certificates of trusted services, in PEM. Without this and "
              "server_ssl_ca_path, or where the default file does not exist, their keys alone are "
              "looked at." },
    { .name = "server_ssl_ca_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "A folder of such files." },
    { .name = "sslkeys_path",
      .type = TW_CONFIG_PATH,
      .def = KEYS_FOLDER,
      .help = "A folder with the public keys of services, in PEM. Who shows a certificate of one "
              "of them over HTTPS may be SYSTEM or any user without a password. It is read at the "
              "start and at each reload." },
    { .name = "server_tls_min_proto",
      .type = TW_CONFIG_ENUM,
      .def = "tls1.2",
      .choices = protocols,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "The oldest version of TLS that is spoken." },
    { .name = "server_ssl_protocols",
      .type = TW_CONFIG_LIST,
      .flags = TW_CONFIG_LEGACY,
      .instead = "server_tls_min_proto",
      .help = "Versions by name, with \"!\" those that are not spoken. The oldest that is named "
              "counts; versions below TLS 1.2 have to be." },
    { .name = "server_ssl_ciphers",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "A priority string of GnuTLS. Empty: a list of good ones." },
    { .name = "server_ssl_prefer_server_ciphers",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Choose among ciphers by our preference rather than the client's." },
    { .name = "server_ssl_curves",
      .type = TW_CONFIG_STRING,
      .def = "X25519:P-521:P-384:P-256",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Groups of the key exchange, by preference." },
};

/* ---- old keys ---- */

/* Old name of each version, from the oldest that TLS libraries of today know. */
static const struct {
    const char *name, *value;
} versions[] = {
    { "TLSv1", "tls1.0" },
    { "TLSv1.1", "tls1.1" },
    { "TLSv1.2", "tls1.2" },
    { "TLSv1.3", "tls1.3" },
};

static const char *
oldest_version(const char *const *words)
{
    for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
        if (g_strv_contains(words, versions[i].name))
            return versions[i].value;
    }
    return g_strv_contains(words, "!TLSv1.2") ? "tls1.3" : "tls1.2";
}

static gboolean
translate(TwConfig *draft, GError **error)
{
    if (tw_config_is_set(draft, "server_ssl_protocols") &&
        !tw_config_is_set(draft, "server_tls_min_proto") &&
        !tw_config_set(draft, "server_tls_min_proto",
                       oldest_version(tw_config_get_list(draft, "server_ssl_protocols")), error))
        return FALSE;
    return tw_config_translate_listen(draft, "server_bind", "server_tcp_enabled", "server_tcp_port",
                                      "server_listen", error) &&
           tw_config_translate_listen(draft, "server_bind", "server_ssl_enabled", "server_ssl_port",
                                      "server_listen_tls", error);
}

const TwConfigTable tw_soapd_config_table = {
    .title = "SOAP",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

/* ---- what it says ---- */

void
tw_soapd_config_read(const TwConfig *config, TwSoapdConfig *ret)
{
    const char *name = tw_config_get_string(config, "server_name");

    *ret = (TwSoapdConfig){
        .node = *name != '\0' ? name : NULL,
        .timeouts = { .idle_ms = (guint) tw_config_get_time_ms(config, "server_recv_timeout"),
                      .progress_ms = (guint) tw_config_get_time_ms(config, "server_read_timeout") },
    };
}

/* The value of a path, or NULL where it is a default that nobody made. */
static const char *
path_there(const TwConfig *config, const char *key)
{
    const char *path = tw_config_get_string(config, key);

    if (*path == '\0' || (!tw_config_is_set(config, key) && !g_file_test(path, G_FILE_TEST_EXISTS)))
        return NULL;
    return path;
}

gboolean
tw_soapd_tls_read(const TwConfig *config, TwTlsServer *tls, TwTlsServer **ret, GError **error)
{
    const char *files[] = { tw_config_get_string(config, "server_ssl_key_file"), NULL };
    const char *password =
        tw_secret_reveal(tw_config_get_secret(config, "server_ssl_key_pass"), NULL);
    const TwTlsOptions options = {
        .cert_files = files,
        .key_password = *password != '\0' ? password : NULL,
        .ca_file = path_there(config, "server_ssl_ca_file"),
        .ca_path = path_there(config, "server_ssl_ca_path"),
        .min_proto = tw_config_get_string(config, "server_tls_min_proto"),
        .ciphers = tw_config_get_string(config, "server_ssl_ciphers"),
        .curves = tw_config_get_string(config, "server_ssl_curves"),
        .client_order = !tw_config_get_bool(config, "server_ssl_prefer_server_ciphers"),
        .client_cert = TW_TLS_CLIENT_CERT_REQUEST,
    };

    *ret = NULL;
    if (tw_config_get_listen(config, "server_listen_tls")->len == 0)
        return TRUE;
    if (tls != NULL) {
        if (!tw_tls_server_reload(tls, &options, error))
            return FALSE;
        *ret = tw_tls_server_ref(tls);
        return TRUE;
    }
    *ret = tw_tls_server_new(&options, error);
    return *ret != NULL;
}

/* With somebody who signs, a key has to be signed for, too. */
TwSoapdKeys *
tw_soapd_keys_read_config(const TwConfig *config, GPtrArray *ret_bad, GError **error)
{
    const char *folder = path_there(config, "sslkeys_path");

    if (folder == NULL)
        return tw_soapd_keys_new(FALSE);
    return tw_soapd_keys_read(folder,
                              path_there(config, "server_ssl_ca_file") != NULL ||
                                  path_there(config, "server_ssl_ca_path") != NULL,
                              ret_bad, error);
}
