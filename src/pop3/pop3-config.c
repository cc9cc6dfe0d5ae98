/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator decides, by the names of spec/config-and-cli.md 10. */
#include "pop3/pop3-config.h"

static const TwConfigKey keys[] = {
    { .name = "pop3_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail clients are served by POP3 without TLS, and with STLS where there is a "
              "certificate. Empty: nowhere, unless pop3_enable says otherwise." },
    { .name = "pop3s_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail clients are served by POP3 inside TLS. Empty: nowhere, unless "
              "pop3s_enable says otherwise." },
    { .name = "pop3_enable",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "The older form of pop3_listen: POP3 on all addresses, at pop3_port." },
    { .name = "pop3_port",
      .type = TW_CONFIG_INT,
      .def = "110",
      .max = 65535,
      .help = "The port of pop3_enable." },
    { .name = "pop3s_enable",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "The older form of pop3s_listen: POP3 inside TLS on all addresses, at pop3s_port." },
    { .name = "pop3s_port",
      .type = TW_CONFIG_INT,
      .def = "995",
      .max = 65535,
      .help = "The port of pop3s_enable." },
    { .name = "pop3_tls_certificate_file",
      .type = TW_CONFIG_PATH,
      .help = "Certificate with its chain, in PEM, for STLS and pop3s_listen. Empty: no TLS." },
    { .name = "pop3_tls_private_key_file",
      .type = TW_CONFIG_PATH,
      .help = "Its key. Empty: in the same file." },
};

const TwConfigTable tw_pop3_config_table = {
    .title = "POP3",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

void
tw_pop3_options_read(const TwConfig *config, TwPop3Options *ret)
{
    const char *name = tw_config_get_string(config, "server_hostname");

    *ret = (TwPop3Options){
        .plain_needs_tls = tw_config_get_bool(config, "disable_plaintext_auth"),
    };
    if (*name != '\0' && tw_config_get_bool(config, "server_hostname_greeting"))
        ret->greeting_name = name;
}

gboolean
tw_pop3_tls_read(const TwConfig *config, TwTlsServer **ret, GError **error)
{
    const char *certificates[] = { tw_config_get_string(config, "pop3_tls_certificate_file"),
                                   NULL };
    const char *key_files[] = { tw_config_get_string(config, "pop3_tls_private_key_file"), NULL };
    const TwTlsOptions options = { .cert_files = certificates, .key_files = key_files };

    *ret = NULL;
    if (*certificates[0] == '\0')
        return TRUE;
    *ret = tw_tls_server_new(&options, error);
    return *ret != NULL;
}

char *
tw_pop3_listen_read(const TwConfig *config, gboolean tls)
{
    const char *specs = tw_config_get_string(config, tls ? "pop3s_listen" : "pop3_listen");

    if (*specs != '\0' || !tw_config_get_bool(config, tls ? "pop3s_enable" : "pop3_enable"))
        return g_strdup(specs);
    return g_strdup_printf("*:%u",
                           (guint) tw_config_get_int(config, tls ? "pop3s_port" : "pop3_port"));
}
