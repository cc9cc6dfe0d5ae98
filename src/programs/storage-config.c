/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/storage-config.h"

#include <string.h>

#include "base/error.h"

static const char *const inline_choices[] = { "never", "auto", "always", NULL };

G_STATIC_ASSERT(TW_INLINE_NEVER == 0 && TW_INLINE_AUTO == 1 && TW_INLINE_ALWAYS == 2);

static const char *const engine_choices[] = { "sqlite", "mysql", NULL };

enum {
    ENGINE_SQLITE,
    ENGINE_MYSQL,
    MOST_DATABASE = 48, /* bytes of a name: endings are added, and 64 is what a server takes */
};

static const char *const protocol_choices[] = { "https", "http", NULL };
static const char *const uristyle_choices[] = { "virtualhost", "path", NULL };

enum {
    PROTOCOL_HTTPS,
    PROTOCOL_HTTP,
};

enum {
    URISTYLE_VIRTUALHOST,
    URISTYLE_PATH,
};

static const TwConfigKey keys[] = {
    { .name = "data_path",
      .type = TW_CONFIG_PATH,
      .def = "/var/lib/twiga",
      .help = "The folder with server.db, directory.db, the partitions and the blobs. It belongs "
              "to the user the server runs as, and one program at a time can have it open." },
    { .name = "inline_values",
      .type = TW_CONFIG_ENUM,
      .choices = inline_choices,
      .def = "auto",
      .help =
          "Where small mails are kept: in the mailbox's database (always), which makes a "
          "delivery wait for one flush of the disk rather than two, or among the large values "
          "(never), where equal ones are kept once. auto measures the disk at each start, and "
          "keeps them in the database when a flush takes longer than 50 microseconds, as that of "
          "every disk does that has to wait for its medium. What was kept before is read in any "
          "case." },
    { .name = "inline_size",
      .type = TW_CONFIG_SIZE,
      .def = "8k",
      .min = 1,
      .max = TW_INLINE_MOST,
      .help =
          "The largest mail that inline_values is about; of one that goes to several mailboxes, "
          "all its copies together." },
    { .name = "database_engine",
      .type = TW_CONFIG_ENUM,
      .choices = engine_choices,
      .def = "sqlite",
      .help =
          "Where the databases are: in files of data_path (sqlite), or on a MariaDB server or "
          "Galera cluster (mysql). Large values are in data_path in either case. A data folder "
          "that has been used with one does not open with the other: twiga-dbadm exports stores "
          "from one and imports them into the other." },
    { .name = "mysql_host",
      .type = TW_CONFIG_STRING,
      .def = "localhost",
      .help =
          "Where the MariaDB server is. Empty or localhost: on this machine, by mysql_socket." },
    { .name = "mysql_port",
      .type = TW_CONFIG_INT,
      .def = "3306",
      .min = 1,
      .max = 65535,
      .help = "The port of mysql_host." },
    { .name = "mysql_socket",
      .type = TW_CONFIG_PATH,
      .help = "The socket of a MariaDB server on this machine; empty is the usual one." },
    { .name = "mysql_user",
      .type = TW_CONFIG_STRING,
      .def = "root",
      .help = "The account there. It needs all rights on databases whose names begin with that of "
              "mysql_database." },
    { .name = "mysql_password", .type = TW_CONFIG_SECRET, .help = "Its password." },
    { .name = "mysql_database",
      .type = TW_CONFIG_STRING,
      .def = "twiga",
      .help = "The name the databases begin with: NAME is the server's own, NAME_users has users "
              "and groups, NAME_1 the mailboxes. They are made when there are none." },
    { .name = "mysql_users",
      .type = TW_CONFIG_STRING,
      .help = "The database of users and groups; empty: mysql_database and _users. Several nodes, "
              "each with a mysql_database of its own, share one." },
    { .name = "mysql_ssl_ca",
      .type = TW_CONFIG_PATH,
      .help = "Certificates of authorities, in PEM. With them the connection to mysql_host is "
              "encrypted, and refused unless the server's certificate is of one of these and "
              "names mysql_host." },
    { .name = "mysql_ssl_cert",
      .type = TW_CONFIG_PATH,
      .help = "The certificate to show to a MariaDB server that asks for one, with "
              "mysql_ssl_key." },
    { .name = "mysql_ssl_key",
      .type = TW_CONFIG_PATH,
      .help = "Its key. The user the server runs as must be able to read it." },
    { .name = "mysql_lease",
      .type = TW_CONFIG_TIME,
      .unit = "s",
      .def = "5",
      .min = 2,
      .max = 600,
      .help = "One server at a time has the databases. Another that is started meanwhile ends with "
              "a message, and takes over when nothing was heard of the first for so long. Without "
              "a commit for three fifths of that time mailboxes answer with a temporary error, as "
              "another may have taken over." },
    { .name = "attachment_storage",
      .type = TW_CONFIG_STRING,
      .def = "auto",
      .help =
          "Where large values (attachments, mails over inline_size) are kept: s3, in a bucket of "
          "an "
          "S3 server, with a copy of what was used last in data_path; or in data_path alone, which "
          "every other value of older servers means (auto, database, files, files_v1-X-Y, "
          "files_v2): each is kept once there, and files of older servers are not read. What was "
          "there before s3 was said goes to the bucket by and by; a data folder of which values "
          "lie "
          "in a bucket does not open without it." },
    { .name = "attachment_s3_hostname",
      .type = TW_CONFIG_STRING,
      .help = "The S3 server, host or host:port. Redirects are not followed." },
    { .name = "attachment_s3_protocol",
      .type = TW_CONFIG_ENUM,
      .choices = protocol_choices,
      .def = "https",
      .help = "https, with a certificate that the system or attachment_s3_ca_file trusts; or http, "
              "for a server on a network "
              "of its own: requests are signed, but can be read." },
    { .name = "attachment_s3_ca_file",
      .type = TW_CONFIG_STRING,
      .help = "Certificates of the CAs that the S3 server's may be signed by, in PEM, instead of "
              "those the system trusts." },
    { .name = "attachment_s3_uristyle",
      .type = TW_CONFIG_ENUM,
      .choices = uristyle_choices,
      .def = "virtualhost",
      .help = "How a bucket is named: https://BUCKET.HOST/ (virtualhost) or https://HOST/BUCKET/ "
              "(path)." },
    { .name = "attachment_s3_accesskeyid",
      .type = TW_CONFIG_STRING,
      .help = "The account there. It needs to put, read, list and delete objects in the bucket." },
    { .name = "attachment_s3_secretaccesskey",
      .type = TW_CONFIG_SECRET,
      .help = "Its secret key." },
    { .name = "attachment_s3_bucketname",
      .type = TW_CONFIG_STRING,
      .help = "The bucket, which must be there. Several servers can share one: each has names of "
              "its own in it." },
    { .name = "attachment_s3_region",
      .type = TW_CONFIG_STRING,
      .help = "The region that requests are signed for; empty is us-east-1." },
    { .name = "attachment_s3_spool_size",
      .type = TW_CONFIG_SIZE,
      .def = "4g",
      .min = 256 << 20,
      .max = G_MAXINT64,
      .help =
          "The most that may wait in data_path for the S3 server. What comes in slows down at 80 "
          "percent, and is refused for now at 95; deleting and reading go on." },
    { .name = "attachment_s3_cache_size",
      .type = TW_CONFIG_SIZE,
      .def = "10g",
      .min = 64 << 20,
      .max = G_MAXINT64,
      .help = "The most that is kept in data_path of what lies in the bucket; what was used least "
              "lately goes first." },
    { .name = "attachment_s3_acknowledge",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help =
          "no: mail is accepted when it is on the disk here, and goes to the bucket after that. "
          "yes: it is accepted when it is in the bucket too; without the S3 server nothing is "
          "accepted. For several servers that take over from each other." },
    { .name = "softdelete_lifetime",
      .type = TW_CONFIG_TIME,
      .def = "30",
      .max = 36500,
      .unit = "d",
      .flags = TW_CONFIG_RELOADABLE,
      .help =
          "How long messages and folders that were deleted can be restored: once a day those "
          "that were deleted longer ago go for good. 0: they stay until somebody purges them." },
};

/* One of the ways of older servers, "files_v1-X-Y" among them, or s3. */
static gboolean
check_storage(const TwConfig *config, GError **error)
{
    static const char *const known[] = { "auto", "database", "files", "files_v2", "s3", NULL };
    static const char *const needed[] = { "attachment_s3_hostname", "attachment_s3_bucketname",
                                          "attachment_s3_accesskeyid", NULL };
    const char *storage = tw_config_get_string(config, "attachment_storage");

    if (!g_strv_contains(known, storage) && !g_str_has_prefix(storage, "files_v1-")) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "attachment_storage: \"%s\" is none of auto, database, files, files_v2, s3",
                    storage);
        return FALSE;
    }
    for (guint i = 0; strcmp(storage, "s3") == 0 && needed[i] != NULL; i++) {
        if (*tw_config_get_string(config, needed[i]) == '\0') {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: attachment_storage = s3 needs it",
                        needed[i]);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
is_here(const char *host)
{
    return *host == '\0' || g_ascii_strcasecmp(host, "localhost") == 0;
}

/* A name goes into statements that make databases. */
static gboolean
check_name(const TwConfig *config, const char *key, gboolean may_be_empty, GError **error)
{
    const char *name = tw_config_get_string(config, key);
    gsize len = strlen(name);

    if (len <= MOST_DATABASE && (len >= 1 || may_be_empty) &&
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: one to %d letters, digits, _ and -, please",
                key, MOST_DATABASE);
    return FALSE;
}

static gboolean
is_empty(const TwConfig *config, const char *key)
{
    return *tw_config_get_string(config, key) == '\0';
}

/* What was meant to be encrypted is never sent in the clear. */
static gboolean
check_tls(const TwConfig *config, GError **error)
{
    const char *why = NULL;

    if (is_empty(config, "mysql_ssl_cert") != is_empty(config, "mysql_ssl_key"))
        why = "mysql_ssl_cert and mysql_ssl_key: both or none";
    else if (!is_empty(config, "mysql_ssl_cert") && is_empty(config, "mysql_ssl_ca"))
        why = "mysql_ssl_cert: without mysql_ssl_ca nothing is encrypted";
    else if (!is_empty(config, "mysql_ssl_ca") &&
             is_here(tw_config_get_string(config, "mysql_host")))
        why = "mysql_ssl_ca: mysql_host is this machine's socket; 127.0.0.1 is reached by TCP";
    if (why != NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return why == NULL;
}

static gboolean
check(const TwConfig *config, GError **error)
{
    return check_storage(config, error) && check_name(config, "mysql_database", FALSE, error) &&
           check_name(config, "mysql_users", TRUE, error) && check_tls(config, error);
}

const TwConfigTable tw_storage_config_table = {
    .title = "Storage",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .check = check,
};

static const char *
or_null(const char *text)
{
    return *text != '\0' ? text : NULL;
}

gboolean
tw_storage_config_is_maria(const TwConfig *config)
{
    return config != NULL && tw_config_get_enum(config, "database_engine") == ENGINE_MYSQL;
}

static void
apply_maria(const TwConfig *config, TwEngineMaria *maria)
{
    const char *host = tw_config_get_string(config, "mysql_host");

    if (is_here(host)) {
        maria->socket = or_null(tw_config_get_string(config, "mysql_socket"));
    } else {
        maria->host = host;
        maria->port = (guint) tw_config_get_int(config, "mysql_port");
    }
    maria->user = tw_config_get_string(config, "mysql_user");
    maria->password = tw_config_get_secret(config, "mysql_password");
    maria->database = tw_config_get_string(config, "mysql_database");
    maria->tls_ca = or_null(tw_config_get_string(config, "mysql_ssl_ca"));
    maria->tls_cert = or_null(tw_config_get_string(config, "mysql_ssl_cert"));
    maria->tls_key = or_null(tw_config_get_string(config, "mysql_ssl_key"));
    maria->lease_us = tw_config_get_time_ms(config, "mysql_lease") * 1000;
}

void
tw_storage_config_apply_users(const TwConfig *config, TwDbConfig *ret, char **ret_name)
{
    TwEngineMaria maria = { 0 };

    if (!tw_storage_config_is_maria(config))
        return;
    apply_maria(config, &maria);
    *ret_name = is_empty(config, "mysql_users")
                    ? g_strconcat(maria.database, "_users", NULL)
                    : g_strdup(tw_config_get_string(config, "mysql_users"));
    ret->kind = TW_DB_MARIADB;
    ret->host = maria.host;
    ret->port = maria.port;
    ret->socket = maria.socket;
    ret->user = maria.user;
    ret->password = maria.password;
    ret->tls_ca = maria.tls_ca;
    ret->tls_cert = maria.tls_cert;
    ret->tls_key = maria.tls_key;
    ret->database = *ret_name;
}

/* On MariaDB the folder of partitions stays empty, and says that there was a server here. */
gboolean
tw_storage_config_is_there(const TwConfig *config,
                           TwFileSystem *fs,
                           const char *path,
                           GError **error)
{
    g_autofree char *sign = g_build_filename(
        path, tw_storage_config_is_maria(config) ? "partitions" : "server.db", NULL);
    TwFileStat there;

    return tw_file_stat_path(fs, sign, &there, error);
}

gint64
tw_storage_config_deleted_us(const TwConfig *config)
{
    return config != NULL ? tw_config_get_time_ms(config, "softdelete_lifetime") * 1000 : 0;
}

static void
apply_s3(const TwConfig *config, TwBlobS3 *s3)
{
    s3->host = tw_config_get_string(config, "attachment_s3_hostname");
    s3->tls = tw_config_get_enum(config, "attachment_s3_protocol") == PROTOCOL_HTTPS;
    s3->path_style = tw_config_get_enum(config, "attachment_s3_uristyle") == URISTYLE_PATH;
    s3->ca_file = tw_config_get_string(config, "attachment_s3_ca_file");
    if (*s3->ca_file == '\0')
        s3->ca_file = NULL;
    s3->region = tw_config_get_string(config, "attachment_s3_region");
    s3->bucket = tw_config_get_string(config, "attachment_s3_bucketname");
    s3->access_key = tw_config_get_string(config, "attachment_s3_accesskeyid");
    s3->secret = tw_config_get_secret(config, "attachment_s3_secretaccesskey");
    s3->spool_bytes = (guint64) tw_config_get_size(config, "attachment_s3_spool_size");
    s3->cache_bytes = (guint64) tw_config_get_size(config, "attachment_s3_cache_size");
    s3->acknowledge = tw_config_get_bool(config, "attachment_s3_acknowledge");
}

void
tw_storage_config_apply(const TwConfig *config, TwEngineConfig *ret)
{
    ret->inline_mode = (TwInlineMode) tw_config_get_enum(config, "inline_values");
    ret->inline_most = (gsize) tw_config_get_size(config, "inline_size");
    if (tw_storage_config_is_maria(config))
        apply_maria(config, &ret->maria);
    if (strcmp(tw_config_get_string(config, "attachment_storage"), "s3") == 0)
        apply_s3(config, &ret->s3);
}
