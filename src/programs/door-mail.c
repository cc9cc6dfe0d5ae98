/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The doors for mail servers and mail clients. They differ in what is made, and in nothing of how it is run. */
#include "programs/doors.h"

#include "imap/imap-config.h"
#include "lmtp/lmtp.h"
#include "net/tls.h"
#include "pop3/pop3-config.h"

/* What one of them is. */
typedef struct {
    const char *name, *endpoint;
    const char *inside;                      /* (nullable): the endpoint inside TLS */
    const char *key;                         /* where it listens; NULL: as listen says */
    char *(*listen)(const TwConfig *config); /* nullable */
    gboolean (*make)(const TwConfig *config, gpointer *ret, GError **error);
    void (*listen_options)(gpointer self, TwListenOptions *ret);
    gboolean (*start)(gpointer self, TwServer *server, GError **error);
    void (*reloaded)(gpointer self, const TwConfig *config); /* nullable */
    void (*free)(gpointer self);
} MailDoor;

typedef struct {
    const MailDoor *kind;
    TwHouse *house;
    gpointer self;
    TwListener *first;  /* borrowed: the first one that listens */
    TwListener *inside; /* borrowed (nullable): the first one inside TLS */
} Door;

static gboolean
bind_mail(const MailDoor *kind, TwHouse *house, gpointer *ret_door, GError **error)
{
    Door *door = g_new0(Door, 1);
    g_autofree char *specs = NULL;
    TwListenOptions options;

    *ret_door = door;
    door->kind = kind;
    door->house = house;
    if (!kind->make(house->daemon->config, &door->self, error))
        return FALSE;
    kind->listen_options(door->self, &options);
    specs = kind->listen != NULL ? kind->listen(house->daemon->config)
                                 : g_strdup(tw_config_get_string(house->daemon->config, kind->key));
    return tw_house_listen_at(house, kind->name, specs, &options, &door->first, error);
}

static gboolean
start_door(gpointer data, GError **error)
{
    Door *door = data;

    return door->kind->start(door->self, door->house->node->server, error);
}

static void
reload_door(gpointer data)
{
    Door *door = data;

    if (door->kind->reloaded != NULL)
        door->kind->reloaded(door->self, door->house->daemon->config);
}

static void
stop_door(gpointer data)
{
    Door *door = data;

    if (door->self != NULL)
        door->kind->free(door->self);
    g_free(door);
}

static void
write_endpoints(gpointer data, GString *text)
{
    const Door *door = data;

    if (door->first != NULL)
        g_string_append_printf(text, "%s=%u\n", door->kind->endpoint,
                               tw_listener_get_address(door->first)->port);
    if (door->inside != NULL)
        g_string_append_printf(text, "%s=%u\n", door->kind->inside,
                               tw_listener_get_address(door->inside)->port);
}

/* ---- doors for mail clients ---- */

/* What IMAP and POP3 have in common; it stands in the schema once. */
static const TwConfigKey client_keys[] = {
    { .name = "disable_plaintext_auth",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Refuse passwords on connections without TLS, but for those from this host." },
    { .name = "server_hostname",
      .type = TW_CONFIG_STRING,
      .help = "Name of this host in greetings. Empty: none." },
    { .name = "server_hostname_greeting",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Say the name of this host in greetings." },
};

static const TwConfigTable client_table = {
    .title = "Mail clients",
    .keys = client_keys,
    .keys_count = G_N_ELEMENTS(client_keys),
};

/* ---- IMAP ---- */

static gboolean
make_imap(const TwConfig *config, gpointer *ret, GError **error)
{
    g_autoptr(TwTlsServer) tls = NULL;
    TwImapOptions options;
    TwImap *imap;

    if (!tw_imap_tls_read(config, &tls, error))
        return FALSE;
    tw_imap_options_read(config, &options);
    imap = tw_imap_new();
    tw_imap_set_options(imap, &options);
    tw_imap_set_tls(imap, tls);
    *ret = imap;
    return TRUE;
}

static void
imap_listen_options(gpointer self, TwListenOptions *ret)
{
    tw_imap_listen_options(self, ret);
}

static gboolean
start_imap(gpointer self, TwServer *server, GError **error)
{
    (void) error;
    tw_imap_set_server(self, server);
    return TRUE;
}

static void
free_imap(gpointer self)
{
    tw_imap_free(self);
}

static const MailDoor imap = {
    .name = "imap",
    .key = "imap_listen",
    .endpoint = "IMAP_PORT",
    .inside = "IMAPS_PORT",
    .make = make_imap,
    .listen_options = imap_listen_options,
    .start = start_imap,
    .free = free_imap,
};

/* The same inside TLS. */
static gboolean
bind_imaps(TwHouse *house, Door *door, GError **error)
{
    TwListenOptions options;

    if (*tw_config_get_string(house->daemon->config, "imaps_listen") == '\0')
        return TRUE;
    if (!tw_imap_listen_tls_options(door->self, &options)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "imaps_listen needs imap_tls_certificate_file");
        return FALSE;
    }
    return tw_house_listen(house, "imaps", "imaps_listen", &options, &door->inside, error);
}

static gboolean
bind_imap(TwHouse *house, gpointer *ret_door, GError **error)
{
    return bind_mail(&imap, house, ret_door, error) && bind_imaps(house, *ret_door, error);
}

const TwDoor tw_door_imap = {
    .name = "imap",
    .tables = { &tw_imap_config_table, &client_table },
    .bind = bind_imap,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};

/* ---- POP3 ---- */

static gboolean
make_pop3(const TwConfig *config, gpointer *ret, GError **error)
{
    g_autoptr(TwTlsServer) tls = NULL;
    TwPop3Options options;
    TwPop3 *pop3;

    if (!tw_pop3_tls_read(config, &tls, error))
        return FALSE;
    tw_pop3_options_read(config, &options);
    pop3 = tw_pop3_new();
    tw_pop3_set_options(pop3, &options);
    tw_pop3_set_tls(pop3, tls);
    *ret = pop3;
    return TRUE;
}

static char *
pop3_listen(const TwConfig *config)
{
    return tw_pop3_listen_read(config, FALSE);
}

static void
pop3_listen_options(gpointer self, TwListenOptions *ret)
{
    tw_pop3_listen_options(self, ret);
}

static gboolean
start_pop3(gpointer self, TwServer *server, GError **error)
{
    (void) error;
    tw_pop3_set_server(self, server);
    return TRUE;
}

static void
free_pop3(gpointer self)
{
    tw_pop3_free(self);
}

static const MailDoor pop3 = {
    .name = "pop3",
    .listen = pop3_listen,
    .endpoint = "POP3_PORT",
    .make = make_pop3,
    .listen_options = pop3_listen_options,
    .start = start_pop3,
    .free = free_pop3,
};

/* The same inside TLS. */
static gboolean
bind_pop3s(TwHouse *house, TwPop3 *self, GError **error)
{
    g_autofree char *specs = tw_pop3_listen_read(house->daemon->config, TRUE);
    TwListener *first = NULL;
    TwListenOptions options;

    if (*specs == '\0')
        return TRUE;
    if (!tw_pop3_listen_tls_options(self, &options)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "pop3s_listen needs pop3_tls_certificate_file");
        return FALSE;
    }
    return tw_house_listen_at(house, "pop3s", specs, &options, &first, error);
}

static gboolean
bind_pop3(TwHouse *house, gpointer *ret_door, GError **error)
{
    return bind_mail(&pop3, house, ret_door, error) &&
           bind_pop3s(house, ((Door *) *ret_door)->self, error);
}

const TwDoor tw_door_pop3 = {
    .name = "pop3",
    .tables = { &tw_pop3_config_table },
    .bind = bind_pop3,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};

/* ---- LMTP ---- */

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
    TwLmtp *lmtp;
    TwDelivery *delivery; /* NULL until it is started */
    TwDeliveryOptions *options;
} Lmtp;

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

static gboolean
make_lmtp(const TwConfig *config, gpointer *ret, GError **error)
{
    g_autoptr(TwTlsServer) tls = NULL;
    g_autoptr(TwDeliveryOptions) delivery = tw_delivery_options_new(config, error);
    TwLmtpOptions options = { 0 };
    Lmtp *self;

    if (delivery == NULL || !make_tls(config, &tls, error))
        return FALSE;
    options.most_bytes = tw_config_get_size(config, "lmtp_max_size");
    options.most_recipients = (guint) tw_config_get_int(config, "lmtp_max_recipients");
    options.most_unknown = (guint) tw_config_get_int(config, "lmtp_max_unknown");
    options.mails_per_minute = (guint) tw_config_get_int(config, "lmtp_rate_limit");
    options.spool_path = delivery->tmp_path;
    options.tls = tls;
    self = g_new0(Lmtp, 1);
    self->lmtp = tw_lmtp_new(&options);
    self->options = g_steal_pointer(&delivery);
    *ret = self;
    return TRUE;
}

static void
lmtp_listen_options(gpointer self, TwListenOptions *ret)
{
    tw_lmtp_listen_options(((Lmtp *) self)->lmtp, ret);
}

static gboolean
start_lmtp(gpointer data, TwServer *server, GError **error)
{
    Lmtp *self = data;

    (void) error;
    self->delivery = tw_delivery_new(server, self->options);
    tw_lmtp_set_delivery(self->lmtp, self->delivery);
    return TRUE;
}

/* Options that cannot be read leave those there were. */
static void
reload_lmtp(gpointer data, const TwConfig *config)
{
    Lmtp *self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDeliveryOptions) options = tw_delivery_options_new(config, &error);

    if (options != NULL)
        tw_delivery_set_options(self->delivery, options);
    else
        tw_log(TW_LOG_ERR, "delivery-options", tw_log_error(error));
}

static void
free_lmtp(gpointer data)
{
    Lmtp *self = data;

    tw_lmtp_free(self->lmtp);
    tw_delivery_free(self->delivery);
    tw_delivery_options_unref(self->options);
    g_free(self);
}

static const MailDoor lmtp = {
    .name = "lmtp",
    .key = "lmtp_listen",
    .endpoint = "LMTP_PORT",
    .make = make_lmtp,
    .listen_options = lmtp_listen_options,
    .start = start_lmtp,
    .reloaded = reload_lmtp,
    .free = free_lmtp,
};

static gboolean
bind_lmtp(TwHouse *house, gpointer *ret_door, GError **error)
{
    return bind_mail(&lmtp, house, ret_door, error);
}

const TwDoor tw_door_lmtp = {
    .name = "lmtp",
    .tables = { &lmtp_table, &tw_delivery_config_table },
    .bind = bind_lmtp,
    .start = start_door,
    .reloaded = reload_door,
    .stop = stop_door,
    .write_endpoints = write_endpoints,
};
