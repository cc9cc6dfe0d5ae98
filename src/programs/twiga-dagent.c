/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga-dagent: mail into mailboxes. As a pipe it takes one mail for some recipients and says by its exit code how it went; with
 * -l it is a daemon that speaks LMTP.
 *
 * A pipe hands its mail to the LMTP listener of the server that runs; where none does it opens the data folder itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log-config.h"
#include "base/process-config.h"
#include "delivery/spool.h"
#include "programs/connect.h"
#include "programs/house-main.h"
#include "programs/lmtp-client.h"
#include "programs/node.h"
#include "programs/pipe-mail.h"
#include "programs/storage-config.h"
#include "programs/users-config.h"

/* spec/config-and-cli.md 6.3. */
enum {
    EXIT_DELIVERED = 0,
    EXIT_BAD_ARGUMENTS = 64,
    EXIT_PERMANENT = 70,
    EXIT_TEMPORARY = 75,
    EXIT_PERMANENT_QMAIL = 100,
    EXIT_TEMPORARY_QMAIL = 111,
};

enum {
    OPTION_JUNK = TW_HOUSE_OPTION_END,
    OPTION_FILE,
    OPTION_LISTEN,
    OPTION_DAEMONIZE,
    OPTION_QMAIL,
    OPTION_SILENT,
    OPTION_MORE,
    OPTION_STRIP,
    OPTION_RESOLVE,
    OPTION_NOW,
    OPTION_QUIET,
    OPTION_FOLDER,
    OPTION_PUBLIC,
    OPTION_SEPARATOR,
    OPTION_CREATE,
    OPTION_READ,
    OPTION_AUTORESPONDER,
};

static const TwOption options[] = {
    { .long_name = "junk", .short_name = 'j', .id = OPTION_JUNK, .help = "into the junk folder" },
    { .long_name = "file",
      .short_name = 'f',
      .arg = "FILE",
      .id = OPTION_FILE,
      .help = "read the mail from FILE instead of standard input" },
    { .long_name = "listen",
      .short_name = 'l',
      .id = OPTION_LISTEN,
      .help = "run as a daemon that speaks LMTP" },
    { .long_name = "daemonize", .short_name = 'd', .id = OPTION_DAEMONIZE, .help = "the same" },
    { .short_name = 'q', .id = OPTION_QMAIL, .help = "exit codes of qmail" },
    { .short_name = 's',
      .id = OPTION_SILENT,
      .help = "say nothing but that it was called wrongly" },
    { .short_name = 'v', .id = OPTION_MORE, .help = "say more" },
    { .short_name = 'e', .id = OPTION_STRIP, .help = "take the domain off the recipient" },
    { .short_name = 'R',
      .id = OPTION_RESOLVE,
      .help = "the recipient is an address, no log-on name" },
    { .short_name = 'n',
      .id = OPTION_NOW,
      .help = "it was received now, not when its first Received header says" },
    { .long_name = "do-not-notify",
      .short_name = 'N',
      .id = OPTION_QUIET,
      .help = "do not tell clients of new mail" },
    { .long_name = "folder",
      .short_name = 'F',
      .arg = "PATH",
      .id = OPTION_FOLDER,
      .help = "into this folder of the mailbox" },
    { .long_name = "public",
      .short_name = 'P',
      .arg = "PATH",
      .id = OPTION_PUBLIC,
      .help = "into this folder of the public store" },
    { .short_name = 'p',
      .arg = "CHARACTER",
      .id = OPTION_SEPARATOR,
      .help = "what stands between the names of a PATH, instead of a backslash" },
    { .long_name = "create",
      .short_name = 'C',
      .id = OPTION_CREATE,
      .help = "make the folder when it is missing" },
    { .long_name = "read", .short_name = 'r', .id = OPTION_READ, .help = "mark as read" },
    { .short_name = 'a',
      .arg = "PROGRAM",
      .id = OPTION_AUTORESPONDER,
      .help = "the autoresponder; counts where the data folder is opened" },
    { .long_name = NULL },
};

/* ---- keys ---- */

static const TwConfigKey keys[] = {
    { .name = "lmtp_server",
      .type = TW_CONFIG_STRING,
      .help = "Where a pipe hands its mail over, unless server_socket is set: host:port or "
              "unix:/path of the LMTP listener of the server. Empty: the first one of lmtp_listen, "
              "on this host." },
    { .name = "server_bind",
      .type = TW_CONFIG_STRING,
      .def = "127.0.0.1",
      .flags = TW_CONFIG_LEGACY,
      .instead = "lmtp_listen",
      .help = "Address to listen on." },
    { .name = "lmtp_port",
      .type = TW_CONFIG_INT,
      .def = "2003",
      .max = 65535,
      .flags = TW_CONFIG_LEGACY,
      .instead = "lmtp_listen",
      .help = "Port to listen on." },
    { .name = "server_bind_intf",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was the interface to listen on." },
    { .name = "lmtp_max_threads",
      .type = TW_CONFIG_INT,
      .def = "20",
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was how many connections were served at once. Any number is." },
};

static gboolean
translate(TwConfig *draft, GError **error)
{
    return tw_config_translate_listen(draft, "server_bind", NULL, "lmtp_port", "lmtp_listen",
                                      error);
}

static const TwConfigTable table = {
    .title = "Delivery agent",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

static const TwDoor *const doors[] = { &tw_door_monitoring, &tw_door_lmtp, NULL };

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &tw_storage_config_table, error) &&
           tw_config_schema_add(schema, &tw_users_config_table, error) &&
           tw_doors_add_tables(doors, schema, error) &&
           tw_config_schema_add(schema, &tw_connect_config_table, error) &&
           tw_config_schema_add(schema, &table, error) &&
           tw_config_schema_set_default(schema, "lmtp_listen", "*%lo:2003", error);
}

static const TwProgram program = {
    .name = "twiga-dagent",
    .config_name = "dagent",
    .summary = "delivery agent: mail into mailboxes, by LMTP or as a pipe",
    .description =
        "With recipients as arguments it reads one mail on standard input and delivers it; with -l "
        "it runs as a daemon that speaks LMTP. Where server_socket (or -h) names a server, by its "
        "socket, over HTTP or HTTPS, mail goes into the mailboxes of that one. Else a pipe hands "
        "its mail to the LMTP listener of the running server (lmtp_server), and opens the data "
        "folder itself where no server listens; the daemon opens the data folder. The exit code is "
        "0: delivered; 64: called wrongly; 70: refused for good; 75: try "
        "again later. With -q the last two are 100 and 111.",
    .kind = TW_PROGRAM_DAEMON,
    .options = options,
    .add_tables = add_tables,
    .defaults = tw_connect_defaults,
};

static int
run_daemon(int argc, char **argv)
{
    static const TwHouseProgram what = { .program = &program,
                                         .doors = doors,
                                         .elsewhere = tw_connect_daemon };

    return tw_house_main(&what, argc, argv);
}

/* ---- the pipe ---- */

typedef struct {
    const TwStart *start;
    const char *called; /* as argv[0] */
    char **recipients;  /* NULL-terminated */
    guint count;
    TwDeliveryWish wish;
    GBytes *mail;
    char *sender;
    gint64 recv_us;
    GError **errors; /* one for each recipient */
} Pipe;

static gboolean
has(const Pipe *pipe, int id)
{
    return tw_options_has(pipe->start->options, id);
}

static void
complain(const Pipe *pipe, const char *what, const GError *error)
{
    if (!has(pipe, OPTION_SILENT))
        g_printerr("twiga-dagent: %s: %s\n", what, error->message);
}

static gboolean
read_all(int fd, TwSpool *spool, GError **error)
{
    g_autofree guint8 *piece = g_malloc(65536);

    for (;;) {
        gssize n = read(fd, piece, 65536);

        if (n == 0)
            return TRUE;
        if (n > 0) {
            tw_spool_put(spool, piece, (gsize) n);
        } else if (errno != EINTR) {
            g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "cannot be read: %s", g_strerror(errno));
            return FALSE;
        }
    }
}

static gboolean
read_mail(Pipe *pipe, GError **error)
{
    const TwConfig *config = pipe->start->config;
    const char *path = tw_options_value(pipe->start->options, OPTION_FILE);
    g_auto(TwSpool) spool = { 0 };
    g_autoptr(GBytes) text = NULL;
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    gboolean ok;

    if (fd < 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "%s: %s", path, g_strerror(errno));
        return FALSE;
    }
    tw_spool_init(&spool, tw_config_get_string(config, "tmp_path"), TW_SPOOL_MEMORY,
                  tw_config_get_size(config, "lmtp_max_size"));
    ok = read_all(fd, &spool, error);
    if (path != NULL)
        (void) close(fd);
    text = ok ? tw_spool_finish(&spool, error) : NULL;
    if (text == NULL)
        return FALSE;
    pipe->mail = tw_pipe_mail(text);
    pipe->sender = tw_pipe_sender(pipe->mail);
    pipe->recv_us = has(pipe, OPTION_NOW) ? 0 : tw_pipe_received(pipe->mail);
    pipe->wish.size = g_bytes_get_size(pipe->mail);
    return TRUE;
}

static void
read_wish(Pipe *pipe)
{
    static const struct {
        int option;
        guint flag;
    } flags[] = {
        { OPTION_JUNK, TW_DELIVERY_JUNK },          { OPTION_READ, TW_DELIVERY_READ },
        { OPTION_QUIET, TW_DELIVERY_QUIET },        { OPTION_PUBLIC, TW_DELIVERY_PUBLIC },
        { OPTION_CREATE, TW_DELIVERY_CREATE },      { OPTION_RESOLVE, TW_DELIVERY_NO_LOGIN },
        { OPTION_STRIP, TW_DELIVERY_STRIP_DOMAIN },
    };
    const TwOptions *given = pipe->start->options;
    const char *separator = tw_options_value(given, OPTION_SEPARATOR);

    for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (has(pipe, flags[i].option))
            pipe->wish.flags |= flags[i].flag;
    }
    pipe->wish.folder = tw_options_value(given, OPTION_PUBLIC);
    if (pipe->wish.folder == NULL)
        pipe->wish.folder = tw_options_value(given, OPTION_FOLDER);
    if (separator != NULL)
        pipe->wish.separator = separator[0];
}

/* Where the server of this host listens, as its configuration says. */
static char *
find_server(const TwConfig *config)
{
    const char *named = tw_config_get_string(config, "lmtp_server");
    const GPtrArray *specs = tw_config_get_listen(config, "lmtp_listen");
    const TwListenSpec *first = specs != NULL && specs->len > 0 ? specs->pdata[0] : NULL;

    if (*named != '\0')
        return g_strdup(named);
    if (first == NULL)
        return NULL;
    if (first->family == TW_LISTEN_UNIX)
        return g_strconcat("unix:", first->path, NULL);
    if (first->family == TW_LISTEN_IPV6)
        return g_strdup_printf("[::1]:%u", first->port);
    return g_strdup_printf("127.0.0.1:%u", first->port);
}

/* TRUE: the server has answered for each recipient. FALSE without an error: no server is there. */
static gboolean
try_server(Pipe *pipe, GError **error)
{
    g_autofree char *server = find_server(pipe->start->config);
    const TwHandOver how = { .server = server,
                             .sender = pipe->sender,
                             .recv_us = pipe->recv_us,
                             .mail = pipe->mail,
                             .wish = &pipe->wish };
    g_autoptr(GError) local = NULL;

    if (server == NULL)
        return FALSE;
    if (tw_hand_over(&how, pipe->recipients, pipe->errors, &local))
        return TRUE;
    if (!g_error_matches(local, TW_ERROR, TW_ERROR_BUSY) &&
        !g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND))
        g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

static TwDeliveryOptions *
read_options(const Pipe *pipe, GError **error)
{
    const char *responder = tw_options_value(pipe->start->options, OPTION_AUTORESPONDER);
    TwDeliveryOptions *read = tw_delivery_options_new(pipe->start->config, error);

    if (read != NULL && pipe->start->config_path != NULL) {
        g_free(read->config_path);
        read->config_path = g_strdup(pipe->start->config_path);
    }
    if (read != NULL && responder != NULL) {
        g_free(read->autoresponder);
        read->autoresponder = g_strdup(responder);
    }
    return read;
}

static void
deliver_on(Pipe *pipe, TwDelivery *delivery)
{
    const TwDeliveryMail mail = { .mail = pipe->mail,
                                  .sender = pipe->sender,
                                  .recv_us = pipe->recv_us };
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_delivery_recipient_free);
    g_autofree guint *places = g_new(guint, pipe->count);

    for (guint i = 0; i < pipe->count; i++) {
        TwDeliveryRecipient *recipient =
            tw_delivery_find(delivery, pipe->recipients[i], &pipe->wish, &pipe->errors[i]);

        places[found->len] = i;
        if (recipient != NULL)
            g_ptr_array_add(found, recipient);
    }
    if (found->len == 0)
        return;
    tw_delivery_run(delivery, &mail, (TwDeliveryRecipient *const *) found->pdata, found->len);
    for (guint i = 0; i < found->len; i++)
        pipe->errors[places[i]] =
            g_steal_pointer(&((TwDeliveryRecipient *) found->pdata[i])->error);
}

static TwNode *
open_node(TwConfig *config, GError **error)
{
    TwNodeConfig node = { .fs = tw_file_system_real(),
                          .path = tw_config_get_string(config, "data_path"),
                          .config = config };

    return tw_node_open(&node, error);
}

static gboolean
deliver_here(Pipe *pipe, GError **error)
{
    g_autoptr(TwDeliveryOptions) read = read_options(pipe, error);
    g_autoptr(TwNode) node = read != NULL ? open_node(pipe->start->config, error) : NULL;
    g_autoptr(TwDelivery) delivery = NULL;

    if (node == NULL)
        return FALSE;
    delivery = tw_delivery_new(node->server, read);
    deliver_on(pipe, delivery);
    g_clear_pointer(&delivery, tw_delivery_free); /* its sessions go before the node does */
    return TRUE;
}

/* At the server that server_socket names. */
static gboolean
deliver_elsewhere(Pipe *pipe, GError **error)
{
    g_autoptr(TwDeliveryOptions) read = read_options(pipe, error);
    g_autoptr(TwServer) server =
        read != NULL ? tw_connect_open(pipe->start->config, pipe->called, error) : NULL;
    g_autoptr(TwDelivery) delivery = NULL;

    if (server == NULL)
        return FALSE;
    delivery = tw_delivery_new(server, read);
    deliver_on(pipe, delivery);
    g_clear_pointer(&delivery, tw_delivery_free); /* its sessions go before the server does */
    return TRUE;
}

static gboolean
deliver(Pipe *pipe, GError **error)
{
    if (tw_config_is_set(pipe->start->config, "server_socket"))
        return deliver_elsewhere(pipe, error);
    return try_server(pipe, error) || (*error == NULL && deliver_here(pipe, error));
}

static gboolean
is_permanent(const GError *error)
{
    static const TwError codes[] = { TW_ERROR_NOT_FOUND, TW_ERROR_AMBIGUOUS, TW_ERROR_NO_ACCESS,
                                     TW_ERROR_QUOTA,     TW_ERROR_TOO_BIG,   TW_ERROR_INVALID };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_error_matches(error, TW_ERROR, (gint) codes[i]))
            return TRUE;
    }
    return FALSE;
}

/* What may help is said before what will not: the mail server tries again, and those who have the mail do not get it twice. */
static int
judge(const Pipe *pipe)
{
    gboolean qmail = has(pipe, OPTION_QMAIL);
    int result = EXIT_DELIVERED;

    for (guint i = 0; i < pipe->count; i++) {
        if (pipe->errors[i] == NULL) {
            if (has(pipe, OPTION_MORE) && !has(pipe, OPTION_SILENT))
                g_printerr("twiga-dagent: %s: delivered\n", pipe->recipients[i]);
            continue;
        }
        complain(pipe, pipe->recipients[i], pipe->errors[i]);
        if (!is_permanent(pipe->errors[i]))
            return qmail ? EXIT_TEMPORARY_QMAIL : EXIT_TEMPORARY;
        result = qmail ? EXIT_PERMANENT_QMAIL : EXIT_PERMANENT;
    }
    return result;
}

static int
run_pipe(Pipe *pipe)
{
    g_autoptr(GError) error = NULL;

    read_wish(pipe);
    if (read_mail(pipe, &error) && deliver(pipe, &error))
        return judge(pipe);
    complain(pipe, "not delivered", error);
    if (g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG))
        return has(pipe, OPTION_QMAIL) ? EXIT_PERMANENT_QMAIL : EXIT_PERMANENT;
    return has(pipe, OPTION_QMAIL) ? EXIT_TEMPORARY_QMAIL : EXIT_TEMPORARY;
}

static int
start_pipe(const TwStart *start, const char *called)
{
    Pipe pipe = { .start = start, .called = called, .count = start->options->words->len };
    int result;

    if (pipe.count == 0) {
        g_printerr("twiga-dagent: no recipient; see twiga-dagent --help\n");
        return EXIT_BAD_ARGUMENTS;
    }
    pipe.recipients = g_new0(char *, pipe.count + 1);
    pipe.errors = g_new0(GError *, pipe.count + 1);
    for (guint i = 0; i < pipe.count; i++)
        pipe.recipients[i] = g_strdup(start->options->words->pdata[i]);
    result = run_pipe(&pipe);
    for (guint i = 0; i < pipe.count; i++)
        g_clear_error(&pipe.errors[i]);
    g_free(pipe.errors);
    g_strfreev(pipe.recipients);
    g_free(pipe.sender);
    if (pipe.mail != NULL)
        g_bytes_unref(pipe.mail);
    return result;
}

static gboolean
is_key(const char *name, gconstpointer schema)
{
    return tw_config_schema_has_key(schema, name);
}

/* A mail must not be lost to a typing error in a file: only what is wrong on the command line is the caller's fault. */
static int
refused(int argc, char **argv)
{
    static const TwOption common[] = {
        { .long_name = "config", .short_name = 'c', .arg = "", .id = TW_OPTION_CONFIG },
        { .long_name = "host", .short_name = 'h', .arg = "", .id = TW_OPTION_HOST },
        { .long_name = "foreground", .id = TW_OPTION_FOREGROUND },
        { .long_name = "ignore-unknown-config-options",
          .short_name = 'i',
          .id = TW_OPTION_IGNORE_UNKNOWN },
        { .long_name = "dump-config", .id = TW_OPTION_DUMP_CONFIG },
        { .long_name = "check-config", .id = TW_OPTION_CHECK_CONFIG },
        { .long_name = NULL },
    };
    const TwOption *const tables[] = { options, common, NULL };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(TwOptions) given = NULL;

    if (add_tables(schema, NULL))
        given = tw_options_parse(tables, is_key, schema, argv, argc, NULL);
    return given == NULL ? EXIT_BAD_ARGUMENTS : EXIT_TEMPORARY;
}

int
main(int argc, char **argv)
{
    int result = 0;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &result);

    if (start == NULL)
        return result == TW_EXIT_OK ? result : refused(argc, argv);
    if (tw_options_has(start->options, OPTION_LISTEN) ||
        tw_options_has(start->options, OPTION_DAEMONIZE))
        return run_daemon(argc, argv);
    return start_pipe(start, argv[0]);
}
