/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/settings.h"

#include "base/error.h"

#include <string.h>

static const char *const security_choices[] = { "no|false|0", "may", "starttls|yes|true|1",
                                                "tls|smtps", NULL };
static const char *const copy_choices[] = { "no|false|0", "yes|true|1", "move-to-rep", NULL };
static const char *const tnef_choices[] = { "no|false|0", "yes|true|1", "minimal", NULL };

static const TwConfigKey keys[] = {
    { .name = "smtp_server",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE | TW_CONFIG_NON_EMPTY,
      .def = "localhost",
      .help = "The mail server that takes all outgoing mail: a name, an address, or the path of a "
              "Unix socket." },
    { .name = "smtp_port",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "25",
      .min = 1,
      .max = 65535,
      .help = "Its port." },
    { .name = "smtp_tls",
      .type = TW_CONFIG_ENUM,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "may",
      .choices = security_choices,
      .help = "may: STARTTLS when it is offered, without a look at the certificate. starttls: "
              "STARTTLS with a certificate that is checked, or nothing is sent. tls: TLS from the "
              "first byte, checked likewise. no: never." },
    { .name = "smtp_tls_ca_file",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Who signs the certificate of smtp_server (PEM). Empty: whom the system trusts." },
    { .name = "smtp_user",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Log on at smtp_server by this name. The password goes over checked TLS or within "
              "this host only. Empty: without." },
    { .name = "smtp_password",
      .type = TW_CONFIG_SECRET,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "The password of smtp_user." },
    { .name = "smtp_name",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "What this host calls itself to smtp_server and in message ids. Empty: its name." },
    { .name = "max_threads",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "5",
      .min = 1,
      .max = 100,
      .help = "How many messages are sent at once." },
    { .name = "retry_time",
      .type = TW_CONFIG_TIME,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "60",
      .unit = "s",
      .help =
          "When smtp_server does not take a message now it is tried again after this time, then "
          "after twice as long, and so on." },
    { .name = "retry_time_max",
      .type = TW_CONFIG_TIME,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "3600",
      .unit = "s",
      .help = "The longest time between two tries." },
    { .name = "give_up_time",
      .type = TW_CONFIG_TIME,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "432000",
      .unit = "s",
      .help = "A message that could not be sent for so long goes back to its sender." },
    { .name = "fax_domain",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Recipients of type FAX become NUMBER@fax_domain. Empty: they cannot be sent to." },
    { .name = "fax_international",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "+",
      .help = "What stands for the plus in front of a fax number, for example 00." },
    { .name = "always_send_delegates",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "no",
      .help = "Anybody may send on behalf of anybody: rights are not asked, and everything that is "
              "sent for somebody else says who sent it." },
    { .name = "always_send_tnef",
      .type = TW_CONFIG_ENUM,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "no",
      .choices = tnef_choices,
      .help = "no: winmail.dat only with what nothing else can carry. yes: with every message. "
              "minimal: never." },
    { .name = "allow_redirect_spoofing",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "yes",
      .help =
          "What a rule redirects keeps the From it came with. Otherwise it is from the owner of "
          "the mailbox." },
    { .name = "allow_send_to_everyone",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "yes",
      .help = "Mail may be sent to the group Everyone." },
    { .name = "copy_delegate_mails",
      .type = TW_CONFIG_ENUM,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "yes",
      .choices = copy_choices,
      .help =
          "What is sent for somebody else is put into that mailbox's Sent Items too (yes), only "
          "there (move-to-rep), or not (no)." },
    { .name = "expand_groups",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "no",
      .help = "In headers, the members stand in the place of a group without an address. Otherwise "
              "its name does." },
    { .name = "enable_dsn",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "yes",
      .help = "Ask smtp_server for the delivery reports that senders ask for." },
    { .name = "report_language",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "en",
      .help =
          "Language of reports to users whose own language there is no text in: en, de, es, fr, "
          "it or nl." },
    { .name = "log_raw_message_stage1",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "no",
      .help = "Keep a copy of every mail that is sent, with its hidden recipients, in "
              "log_raw_message_path." },
};

const TwConfigTable tw_spooler_config_table = {
    .title = "Mail out",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

static const TwConfigKey place_keys[] = {
    { .name = "log_raw_message_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "/var/lib/twiga",
      .help = "Where such copies go." },
    { .name = "tmp_path",
      .type = TW_CONFIG_PATH,
      .def = "/tmp",
      .help = "Where large mails lie while they are sent." },
};

const TwConfigTable tw_spooler_places_table = {
    .title = "Places",
    .keys = place_keys,
    .keys_count = G_N_ELEMENTS(place_keys),
};

#define HISTORIC(key, why)                                                                         \
    {                                                                                              \
        .name = key, .type = TW_CONFIG_STRING, .flags = TW_CONFIG_OBSOLETE, .help = why            \
    }

static const TwConfigKey historic_keys[] = {
    HISTORIC("server_socket", "It works on the data folder."),
    HISTORIC("sslkey_file", "It connects to no other server of ours."),
    HISTORIC("sslkey_pass", "It connects to no other server of ours."),
    HISTORIC("always_send_utf8", "Texts keep their charset; what it cannot say is UTF-8."),
    HISTORIC("charset_upgrade", "Texts keep their charset; what it cannot say is UTF-8."),
    HISTORIC("allow_delegate_meeting_request", "Meeting requests of others may be forwarded."),
    HISTORIC("archive_on_send", "There are no archive servers to send to."),
    HISTORIC("plugin_enabled", "Plugins are called by a C interface."),
    HISTORIC("plugin_path", "Plugins are called by a C interface."),
    HISTORIC("plugin_manager_path", "Plugins are called by a C interface."),
    HISTORIC("statsclient_url", "Figures are at metrics_listen."),
    HISTORIC("statsclient_interval", "Figures are at metrics_listen."),
    HISTORIC("statsclient_ssl_verify", "Figures are at metrics_listen."),
};

const TwConfigTable tw_spooler_historic_table = {
    .title = "Historic keys of the spooler",
    .keys = historic_keys,
    .keys_count = G_N_ELEMENTS(historic_keys),
};

static gboolean
load_tls(TwSpoolerSettings *settings, GError **error)
{
    const char *ca_file = tw_config_get_string(settings->config, "smtp_tls_ca_file");
    TwTlsClientOptions options = { .ca_file = *ca_file != '\0' ? ca_file : NULL,
                                   .insecure = settings->security == TW_SMTP_WHEN_THERE };

    if (settings->security == TW_SMTP_CLEAR)
        return TRUE;
    settings->tls = tw_tls_client_new(&options, error);
    return settings->tls != NULL;
}

static TwMailTnef
get_tnef(const TwConfig *config)
{
    static const TwMailTnef values[] = { TW_MAIL_TNEF_NEEDED, TW_MAIL_TNEF_ALWAYS,
                                         TW_MAIL_TNEF_NEVER };

    return values[tw_config_get_enum(config, "always_send_tnef")];
}

TwSpoolerSettings *
tw_spooler_settings_new(TwConfig *config, const TwSpoolerRelay *relay, GError **error)
{
    g_autoptr(TwSpoolerSettings) settings = g_atomic_rc_box_new0(TwSpoolerSettings);
    const char *name = tw_config_get_string(config, "smtp_name");

    settings->config = tw_config_ref(config);
    settings->host = tw_config_get_string(config, "smtp_server");
    if (relay != NULL && relay->server != NULL)
        settings->host = relay->server;
    if (settings->host[0] == '/')
        settings->unix_path = settings->host;
    settings->port = (guint16) tw_config_get_int(config, "smtp_port");
    if (relay != NULL && relay->port != 0)
        settings->port = relay->port;
    settings->security = (TwSmtpSecurity) tw_config_get_enum(config, "smtp_tls");
    settings->user = tw_config_get_string(config, "smtp_user");
    settings->password = tw_secret_ref(tw_config_get_secret(config, "smtp_password"));
    settings->name = g_strdup(*name != '\0' ? name : g_get_host_name());
    settings->threads = (guint) tw_config_get_int(config, "max_threads");
    settings->fax_domain = tw_config_get_string(config, "fax_domain");
    settings->fax_international = tw_config_get_string(config, "fax_international");
    settings->raw_path = tw_config_get_string(config, "log_raw_message_path");
    settings->tmp_path = tw_config_get_string(config, "tmp_path");
    settings->language = tw_config_get_string(config, "report_language");
    settings->always_delegates = tw_config_get_bool(config, "always_send_delegates");
    settings->redirect_as_it_was = tw_config_get_bool(config, "allow_redirect_spoofing");
    settings->to_everyone = tw_config_get_bool(config, "allow_send_to_everyone");
    settings->expand_groups = tw_config_get_bool(config, "expand_groups");
    settings->dsn = tw_config_get_bool(config, "enable_dsn");
    settings->raw = tw_config_get_bool(config, "log_raw_message_stage1");
    settings->copy = (TwSpoolerCopy) tw_config_get_enum(config, "copy_delegate_mails");
    settings->tnef = get_tnef(config);
    settings->retry_us = tw_config_get_time_ms(config, "retry_time") * 1000;
    settings->retry_most_us = tw_config_get_time_ms(config, "retry_time_max") * 1000;
    settings->give_up_us = tw_config_get_time_ms(config, "give_up_time") * 1000;
    if (strpbrk(settings->name, " \r\n<>") != NULL || *settings->name == '\0') {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "smtp_name is no name of a host");
        return NULL;
    }
    return load_tls(settings, error) ? g_steal_pointer(&settings) : NULL;
}

TwSpoolerSettings *
tw_spooler_settings_ref(TwSpoolerSettings *settings)
{
    return g_atomic_rc_box_acquire(settings);
}

static void
clear(gpointer data)
{
    TwSpoolerSettings *settings = data;

    tw_config_unref(settings->config);
    tw_tls_client_unref(settings->tls);
    tw_secret_unref(settings->password);
    g_free(settings->name);
}

void
tw_spooler_settings_unref(TwSpoolerSettings *settings)
{
    if (settings != NULL)
        g_atomic_rc_box_release_full(settings, clear);
}
