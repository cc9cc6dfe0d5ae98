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
    { .name = "imap_enable",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_LEGACY,
      .instead = "imap_listen",
      .help = "Serve IMAP on all addresses, at imap_port." },
    { .name = "imap_port",
      .type = TW_CONFIG_INT,
      .def = "143",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "imap_listen",
      .help = "The port of imap_enable." },
    { .name = "imaps_enable",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_LEGACY,
      .instead = "imaps_listen",
      .help = "Serve IMAP inside TLS on all addresses, at imaps_port." },
    { .name = "imaps_port",
      .type = TW_CONFIG_INT,
      .def = "993",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "imaps_listen",
      .help = "The port of imaps_enable." },
    { .name = "imap_generate_utf8",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was whether mails are made in UTF-8. They are." },
    { .name = "imap_store_rfc822",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was whether mails are kept as they came. They are." },
    { .name = "imap_always_generate",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was whether mails that were kept are made anew all the same." },
    { .name = "imap_only_mailfolders",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Show folders of mail alone; else also calendars, contacts and so on." },
    { .name = "imap_public_folders",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Show the public store, below the name Public folders." },
    { .name = "imap_capability_idle",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Offer IDLE, by which clients are told at once of what is new." },
    { .name = "imap_ignore_command_idle",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Accept IDLE, but tell nothing while it runs." },
    { .name = "imap_max_messagesize",
      .type = TW_CONFIG_SIZE,
      .def = "128M",
      .flags = TW_CONFIG_RELOADABLE,
      .min = 65536,
      .max = 1 << 30,
      .help = "Largest mail that a client may put into a mailbox." },
    { .name = "imap_max_fail_commands",
      .type = TW_CONFIG_INT,
      .def = "10",
      .flags = TW_CONFIG_RELOADABLE,
      .min = 1,
      .max = 1000000,
      .help = "Commands in a row that are not understood before the connection is closed." },
    { .name = "imap_expunge_on_delete",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Messages that a client marks as deleted are deleted at once." },
    { .name = "imap_progress_interval",
      .type = TW_CONFIG_INT,
      .def = "10",
      .flags = TW_CONFIG_RELOADABLE,
      .max = 3600,
      .help =
          "Seconds after which a client whose search takes long is told how far it is, again and "
          "again. 0: at every step." },
};

static gboolean
translate(TwConfig *draft, GError **error)
{
    return tw_config_translate_listen(draft, NULL, "imap_enable", "imap_port", "imap_listen",
                                      error) &&
           tw_config_translate_listen(draft, NULL, "imaps_enable", "imaps_port", "imaps_listen",
                                      error);
}

const TwConfigTable tw_imap_config_table = {
    .title = "IMAP",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

void
tw_imap_options_read(const TwConfig *config, TwImapOptions *ret)
{
    const char *name = tw_config_get_string(config, "server_hostname");

    if (*name == '\0')
        name = g_get_host_name();
    *ret = (TwImapOptions){
        .mail_max = tw_config_get_size(config, "imap_max_messagesize"),
        .progress_s = (guint) tw_config_get_int(config, "imap_progress_interval"),
        .fails_max = (guint) tw_config_get_int(config, "imap_max_fail_commands"),
        .only_mail = tw_config_get_bool(config, "imap_only_mailfolders"),
        .public_folders = tw_config_get_bool(config, "imap_public_folders"),
        .idle = tw_config_get_bool(config, "imap_capability_idle"),
        .idle_silent = tw_config_get_bool(config, "imap_ignore_command_idle"),
        .expunge_deleted = tw_config_get_bool(config, "imap_expunge_on_delete"),
        .plain_needs_tls = tw_config_get_bool(config, "disable_plaintext_auth"),
        .bypass_auth = tw_config_get_bool(config, "bypass_auth"),
    };
    if (tw_config_get_bool(config, "server_hostname_greeting"))
        ret->greeting_name = name;
}
