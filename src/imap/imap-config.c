/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator decides, by the names of spec/config-and-cli.md 10. */
#include "imap/imap-config.h"

static const TwConfigKey keys[] = {
    { .name = "imap_listen",
      .type = TW_CONFIG_LISTEN,
      .help =
          "Where mail clients are served by IMAP without TLS, and with STARTTLS where there is a "
          "certificate. Empty: nowhere." },
    { .name = "imaps_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail clients are served by IMAP inside TLS. Empty: nowhere." },
    { .name = "imap_tls_certificate_file",
      .type = TW_CONFIG_PATH,
      .help = "Certificate with its chain, in PEM, for STARTTLS and imaps_listen. Empty: no TLS." },
    { .name = "imap_tls_private_key_file",
      .type = TW_CONFIG_PATH,
      .help = "Its key. Empty: in the same file." },
    { .name = "imap_only_mailfolders",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "Show folders of mail alone; else also calendars, contacts and so on." },
    { .name = "imap_public_folders",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "Show the public store, below the name Public folders." },
    { .name = "imap_capability_idle",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "Offer IDLE, by which clients are told at once of what is new." },
    { .name = "imap_ignore_command_idle",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Accept IDLE, but tell nothing while it runs." },
    { .name = "imap_max_messagesize",
      .type = TW_CONFIG_SIZE,
      .def = "128M",
      .min = 65536,
      .max = 1 << 30,
      .help = "Largest mail that a client may put into a mailbox." },
    { .name = "imap_max_fail_commands",
      .type = TW_CONFIG_INT,
      .def = "10",
      .min = 1,
      .max = 1000000,
      .help = "Commands in a row that are not understood before the connection is closed." },
    { .name = "imap_expunge_on_delete",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Messages that a client marks as deleted are deleted at once." },
};

const TwConfigTable tw_imap_config_table = {
    .title = "IMAP",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

void
tw_imap_options_read(const TwConfig *config, TwImapOptions *ret)
{
    const char *name = tw_config_get_string(config, "server_hostname");

    *ret = (TwImapOptions){
        .mail_max = tw_config_get_size(config, "imap_max_messagesize"),
        .fails_max = (guint) tw_config_get_int(config, "imap_max_fail_commands"),
        .only_mail = tw_config_get_bool(config, "imap_only_mailfolders"),
        .public_folders = tw_config_get_bool(config, "imap_public_folders"),
        .idle = tw_config_get_bool(config, "imap_capability_idle"),
        .idle_silent = tw_config_get_bool(config, "imap_ignore_command_idle"),
        .expunge_deleted = tw_config_get_bool(config, "imap_expunge_on_delete"),
        .plain_needs_tls = tw_config_get_bool(config, "disable_plaintext_auth"),
    };
    if (*name != '\0' && tw_config_get_bool(config, "server_hostname_greeting"))
        ret->greeting_name = name;
}

gboolean
tw_imap_tls_read(const TwConfig *config, TwTlsServer **ret, GError **error)
{
    const char *certificates[] = { tw_config_get_string(config, "imap_tls_certificate_file"),
                                   NULL };
    const char *key_files[] = { tw_config_get_string(config, "imap_tls_private_key_file"), NULL };
    const TwTlsOptions options = { .cert_files = certificates, .key_files = key_files };

    *ret = NULL;
    if (*certificates[0] == '\0')
        return TRUE;
    *ret = tw_tls_server_new(&options, error);
    return *ret != NULL;
}
