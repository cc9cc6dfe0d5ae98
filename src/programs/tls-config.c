/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/tls-config.h"

#include "base/error.h"

static const char *const versions[] = { "tls1.0", "tls1.1", "tls1.2", "tls1.3", NULL };

static const TwConfigKey keys[] = {
    { .name = "ssl_certificate_file",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Certificate with its chain, in PEM. Empty: no TLS." },
    { .name = "ssl_private_key_file",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Its key, in PEM. Empty: in the same file." },
    { .name = "ssl_verify_client",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Let in only clients with a certificate that ssl_verify_file or ssl_verify_path "
              "vouches for. It opens the connection; who logs on still says a password." },
    { .name = "ssl_verify_file",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "File with the certificates of who signs those of clients, in PEM." },
    { .name = "ssl_verify_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Folder of such files." },
    { .name = "tls_min_proto",
      .type = TW_CONFIG_ENUM,
      .def = "tls1.2",
      .choices = versions,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Lowest version of TLS that is spoken." },
    { .name = "ssl_protocols",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a list of versions. See tls_min_proto." },
    { .name = "ssl_ciphers",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Ciphers as a GnuTLS priority string; versions in it do not count. Empty: a list "
              "that is fit for today." },
    { .name = "ssl_prefer_server_ciphers",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "The order of ciphers is the server's, not the client's." },
    { .name = "ssl_curves",
      .type = TW_CONFIG_STRING,
      .def = "X25519:P-521:P-384:P-256",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Groups of the key exchange, the best first." },
};

static gboolean
check(const TwConfig *config, GError **error)
{
    if (!tw_config_get_bool(config, "ssl_verify_client") ||
        *tw_config_get_string(config, "ssl_verify_file") != '\0' ||
        *tw_config_get_string(config, "ssl_verify_path") != '\0')
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                        "ssl_verify_client needs ssl_verify_file or ssl_verify_path");
    return FALSE;
}

const TwConfigTable tw_tls_config_table = {
    .title = "TLS for mail clients",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .check = check,
};

/* What the options point to. */
typedef struct {
    const char *certificates[2], *keys[2];
    TwTlsOptions options;
} Read;

static const char *
named(const TwConfig *config, const char *key)
{
    const char *text = tw_config_get_string(config, key);

    return *text != '\0' ? text : NULL;
}

/* FALSE: no certificate is named. */
static gboolean
read_options(const TwConfig *config, Read *ret)
{
    *ret = (Read){ .certificates = { named(config, "ssl_certificate_file") },
                   .keys = { tw_config_get_string(config, "ssl_private_key_file") } };
    ret->options = (TwTlsOptions){
        .cert_files = ret->certificates,
        .key_files = ret->keys,
        .ca_file = named(config, "ssl_verify_file"),
        .ca_path = named(config, "ssl_verify_path"),
        .min_proto = tw_config_get_string(config, "tls_min_proto"),
        .ciphers = tw_config_get_string(config, "ssl_ciphers"),
        .curves = tw_config_get_string(config, "ssl_curves"),
        .client_order = !tw_config_get_bool(config, "ssl_prefer_server_ciphers"),
        .client_cert = tw_config_get_bool(config, "ssl_verify_client") ? TW_TLS_CLIENT_CERT_REQUIRE
                                                                       : TW_TLS_CLIENT_CERT_NONE,
    };
    return ret->certificates[0] != NULL;
}

gboolean
tw_tls_config_read(const TwConfig *config, TwTlsServer **ret, GError **error)
{
    Read read;

    *ret = NULL;
    if (!read_options(config, &read))
        return TRUE;
    *ret = tw_tls_server_new(&read.options, error);
    return *ret != NULL;
}

gboolean
tw_tls_config_reload(const TwConfig *config, TwTlsServer *tls, GError **error)
{
    Read read;

    if (tls == NULL || !read_options(config, &read))
        return TRUE;
    return tw_tls_server_reload(tls, &read.options, error);
}
