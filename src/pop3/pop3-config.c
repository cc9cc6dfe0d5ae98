/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator decides, by the names of spec/config-and-cli.md 10. */
#include "pop3/pop3-config.h"

static const TwConfigKey keys[] = {
    { .name = "pop3_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail clients are served by POP3 without TLS, and with STLS where there is a "
              "certificate. Empty: nowhere." },
    { .name = "pop3s_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail clients are served by POP3 inside TLS. Empty: nowhere." },
    { .name = "pop3_enable",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_LEGACY,
      .instead = "pop3_listen",
      .help = "Serve POP3 on all addresses, at pop3_port." },
    { .name = "pop3_port",
      .type = TW_CONFIG_INT,
      .def = "110",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "pop3_listen",
      .help = "The port of pop3_enable." },
    { .name = "pop3s_enable",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_LEGACY,
      .instead = "pop3s_listen",
      .help = "Serve POP3 inside TLS on all addresses, at pop3s_port." },
    { .name = "pop3s_port",
      .type = TW_CONFIG_INT,
      .def = "995",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "pop3s_listen",
      .help = "The port of pop3s_enable." },
};

static gboolean
translate(TwConfig *draft, GError **error)
{
    return tw_config_translate_listen(draft, NULL, "pop3_enable", "pop3_port", "pop3_listen",
                                      error) &&
           tw_config_translate_listen(draft, NULL, "pop3s_enable", "pop3s_port", "pop3s_listen",
                                      error);
}

const TwConfigTable tw_pop3_config_table = {
    .title = "POP3",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

void
tw_pop3_options_read(const TwConfig *config, TwPop3Options *ret)
{
    const char *name = tw_config_get_string(config, "server_hostname");

    if (*name == '\0')
        name = g_get_host_name();
    *ret = (TwPop3Options){
        .plain_needs_tls = tw_config_get_bool(config, "disable_plaintext_auth"),
    };
    if (tw_config_get_bool(config, "server_hostname_greeting"))
        ret->greeting_name = name;
}
