/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for mail servers: LMTP. */
#include "programs/doors.h"

#include "lmtp/lmtp.h"
#include "net/tls.h"

static const TwConfigKey lmtp_keys[] = {
    { .name = "lmtp_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where the mail server of this host hands over mail by LMTP. Whoever reaches it can "
              "put mail into any mailbox, so offer it to that mail server only. Empty: nowhere." },
    { .name = "lmtp_max_size",
      .type = TW_CONFIG_SIZE,
      .def = "128M",
      .min = 65536,
      .max = 256 << 20,
      .help = "Largest mail that is taken." },
    { .name = "lmtp_max_recipients",
      .type = TW_CONFIG_INT,
      .def = "1000",
      .min = 1,
      .max = 10000,
      .help = "Most recipients of one mail; the mail server sends it again for the others." },
    { .name = "lmtp_max_unknown",
      .type = TW_CONFIG_INT,
      .def = "100",
      .min = 1,
      .max = 1000000,
      .help = "Recipients of one connection that nobody here is, before it is closed." },
    { .name = "lmtp_rate_limit",
      .type = TW_CONFIG_INT,
      .def = "0",
      .max = 1000000,
      .unit = "mails a minute",
      .help = "Most mails of one client in a minute; what is more is to come later. 0: no limit." },
    { .name = "lmtp_tls_certificate_file",
      .type = TW_CONFIG_PATH,
      .help = "Certificate with its chain, in PEM: STARTTLS is offered then. Empty: it is not." },
    { .name = "lmtp_tls_private_key_file",
      .type = TW_CONFIG_PATH,
      .help = "Its key. Empty: in the same file." },
};

static const TwConfigTable lmtp_table = {
    .title = "Mail in",
    .keys = lmtp_keys,
    .keys_count = G_N_ELEMENTS(lmtp_keys),
};

typedef struct {
    TwHouse *house;
    TwLmtp *lmtp;
    TwDelivery *delivery;       /* NULL until it is started */
    TwDeliveryOptions *options; /* */
    TwListener *first;          /* borrowed: the first one that listens */
} Door;

/* @ret stays NULL where no certificate is named. */
static gboolean
make_tls(const TwConfig *config, TwTlsServer **ret, GError **error)
{
    const char *certificates[] = { tw_config_get_string(config, "lmtp_tls_certificate_file"),
                                   NULL };
    const char *keys[] = { tw_config_get_string(config, "lmtp_tls_private_key_file"), NULL };
    const TwTlsOptions options = { .cert_files = certificates, .key_files = keys };

    if (*certificates[0] == '\0')
        return TRUE;
    *ret = tw_tls_server_new(&options, error);
    return *ret != NULL;
}

static TwDeliveryOptions *
read_options(const TwHouse *house, GError **error)
{
    TwDeliveryOptions *options = tw_delivery_options_new(house->daemon->config, error);
    const char *path = house->daemon->start->config_path;

    if (options != NULL && path != NULL) {
        g_free(options->config_path);
        options->config_path = g_strdup(path);
    }
    return options;
}

static gboolean
make_lmtp(const TwConfig *config, Door *door, GError **error)
{
    g_autoptr(TwTlsServer) tls = NULL;
    TwLmtpOptions options = { 0 };

    door->options = read_options(door->house, error);
    if (door->options == NULL || !make_tls(config, &tls, error))
        return FALSE;
    options.most_bytes = tw_config_get_size(config, "lmtp_max_size");
    options.most_recipients = (guint) tw_config_get_int(config, "lmtp_max_recipients");
    options.most_unknown = (guint) tw_config_get_int(config, "lmtp_max_unknown");
    options.mails_per_minute = (guint) tw_config_get_int(config, "lmtp_rate_limit");
    options.spool_path = door->options->tmp_path;
    options.tls = tls;
    door->lmtp = tw_lmtp_new(&options);
    return TRUE;
}

static gboolean
bind_door(TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    TwListenOptions options;

    *ret_door = door;
    door->house = house;
    if (!make_lmtp(house->daemon->config, door, error))
        return FALSE;
    tw_lmtp_listen_options(door->lmtp, &options);
    return tw_house_listen(house, "lmtp", "lmtp_listen", &options, &door->first, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    (void) error;
    door->delivery = tw_delivery_new(door->house->server, door->options);
    tw_lmtp_set_delivery(door->lmtp, door->delivery);
    return TRUE;
}

/* Options that cannot be read leave those there were. */
static void
reload_door(gpointer data)
{
    Door *door = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDeliveryOptions) options = read_options(door->house, &error);

    if (options != NULL)
        tw_delivery_set_options(door->delivery, options);
    else
        tw_log(TW_LOG_ERR, "delivery-options", tw_log_error(error));
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    tw_lmtp_free(door->lmtp);
    tw_delivery_free(door->delivery);
    tw_delivery_options_unref(door->options);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;

    if (door->first != NULL)
        g_string_append_printf(text, "LMTP_PORT=%u\n", tw_listener_get_address(door->first)->port);
}

const TwDoor tw_door_lmtp = {
    .name = "lmtp",
    .tables = { &lmtp_table, &tw_delivery_config_table },
    .bind = bind_door,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
