/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for mail programs that are being set up: autoconfig and autodiscover, plain and inside TLS (tls-config.h). */
#include <string.h>

#include "autoconfig/autoconfig.h"
#include "base/error.h"
#include "programs/doors.h"
#include "programs/tls-config.h"

static const TwConfigKey keys[] = {
    { .name = "autoconfig_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where mail programs ask over HTTP for the settings of a mailbox "
              "(/.well-known/autoconfig/mail/config-v1.1.xml, /mail/config-v1.1.xml, "
              "/autodiscover/autodiscover.xml), as a rule behind a proxy for "
              "autoconfig.example.org and autodiscover.example.org. Empty: nowhere." },
    { .name = "autoconfig_tls_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "The same over HTTPS; needs ssl_certificate_file. Empty: nowhere." },
    { .name = "autoconfig_servers",
      .type = TW_CONFIG_LIST,
      .def = "",
      .help = "What they are told, the best first: imaps://mail.example.org smtp://"
              "mail.example.org:587 and so on. imap, pop3 and smtp mean STARTTLS, imaps, pop3s "
              "and smtps TLS from the first byte. Users log on by their whole address where "
              "loginname_format has a company in it, else by what stands before the @." },
};

static const TwConfigTable table = {
    .title = "Settings for mail programs",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

typedef struct {
    TwAutoconfig *door;
    TwTlsServer *tls; /* (owned) (nullable) */
    TwHouse *house;
    TwListener *first, *inside; /* borrowed (nullable) */
} Door;

static gboolean
invalid(const char *why, GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    const TwConfig *config = house->daemon->config;
    gboolean plain = *tw_config_get_string(config, "autoconfig_listen") != '\0';
    gboolean inside = *tw_config_get_string(config, "autoconfig_tls_listen") != '\0';
    const char *format = tw_config_get_string(config, "loginname_format");
    g_auto(TwAutoconfigFacts) facts = { .whole_address = strstr(format, "%c") != NULL };
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    if (!tw_autoconfig_facts_read(tw_config_get_list(config, "autoconfig_servers"), &facts, error))
        return FALSE;
    if (facts.servers->len == 0 && (plain || inside))
        return invalid("autoconfig_listen needs autoconfig_servers", error);
    door->door = tw_autoconfig_new(&facts);
    tw_autoconfig_listen_options(door->door, &options);
    if (!tw_house_listen(house, "autoconfig", "autoconfig_listen", &options, &door->first, error))
        return FALSE;
    if (!inside)
        return TRUE;
    if (!tw_tls_config_read(config, &door->tls, error))
        return FALSE;
    if (door->tls == NULL)
        return invalid("autoconfig_tls_listen needs ssl_certificate_file", error);
    options.tls = door->tls;
    return tw_house_listen(house, "autoconfig over TLS", "autoconfig_tls_listen", &options,
                           &door->inside, error);
}

static void
reload_door(gpointer data)
{
    const Door *door = data;
    g_autoptr(GError) error = NULL;

    if (!tw_tls_config_reload(door->house->daemon->config, door->tls, &error))
        tw_log(TW_LOG_ERR, "tls-reload-failed", tw_log_error(error));
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_autoconfig_free(door->door);
    tw_tls_server_unref(door->tls);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;
    char address[TW_ADDRESS_TEXT_MAX];

    if (door->first == NULL)
        return;
    tw_address_format(tw_listener_get_address(door->first), TRUE, address);
    g_string_append_printf(text, "AUTOCONFIG_URL=http://%s\n", address);
}

const TwDoor tw_door_autoconfig = {
    .name = "autoconfig",
    .tables = { &table },
    .bind = bind_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
