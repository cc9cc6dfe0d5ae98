/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The SOAP door over a Unix socket, client included: rows, a mail with three attachments, logons, and sessions that wait for
 * news. Aims: 6,000 queries of 50 rows with 10 columns a second, 6,000 mails, 5,000 logons with a warm credential (a cold one
 * costs a password hash, stated), 24 KiB for a session that waits, 5 ms from a change to its client.
 *
 * Peer: the same client asking the same HTTP server for the same bytes, ready made. One client that waits for each answer
 * leaves both processors idle in turns, and in a virtual machine waking one costs as much as the answer: the same client with
 * every thread on one processor, and several at once, tell what the machine can do. (By processor time, which TW_BENCH_CPU
 * asks for, the moments count in which a worker looks for the next question instead of sleeping.)
 */
#include "bench.h"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/http-server.h"
#include "soapd/wire.h"

enum {
    ROWS = 50,
    COLUMNS = 10,
    ATTACHMENTS = 3,
    WAITING = 2000,
    CHANGES = 41,
    AT_ONCE = 4,    /* clients that ask at the same time */
    IN_A_ROW = 500, /* questions of each of them */
    COLD = 5,
    HEAD_MOST = 4096,
};

/* One connection that is kept. */
typedef struct {
    const char *name;       /* of the socket */
    TwSoapDecoder *decoder; /* NULL: the answer is not read, as from the peer */
    TwBuffer request;       /* with its head: what is sent again and again */
    TwBuffer answer;        /* the last body */
    int fd;
    TwSoapCall call;
} Client;

static Wire wire;
static char *place; /* the folder of the sockets */
static GBytes *ready_made;

/* ---- client ---- */

static int
connect_to(const char *name)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_snprintf(to.sun_path, sizeof to.sun_path, "%s/%s", place, name);
    if (fd < 0 || connect(fd, (struct sockaddr *) &to, sizeof to) != 0)
        g_error("cannot connect to %s", to.sun_path);
    return fd;
}

static void
client_prepare(Client *client, TwSoapCall call, gconstpointer args)
{
    g_auto(TwBuffer) body = TW_BUFFER_INIT(64 << 20);
    g_autofree char *head = NULL;

    client->call = call;
    client->request.len = 0;
    tw_soap_write_request(call, args, &body);
    head = g_strdup_printf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
                           "Content-Length: %zu\r\n\r\n",
                           body.len);
    tw_buffer_put(&client->request, head, strlen(head));
    tw_buffer_put(&client->request, body.data, body.len);
}

static void
client_new(Client *client, const char *name)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;

    client->name = name;
    client->fd = connect_to(name);
    client->request = (TwBuffer) TW_BUFFER_INIT(64 << 20);
    client->answer = (TwBuffer) TW_BUFFER_INIT(64 << 20);
    client->decoder = tw_soap_decoder_new(&limits);
}

static void
client_free(Client *client)
{
    close(client->fd);
    tw_buffer_clear(&client->request);
    tw_buffer_clear(&client->answer);
    tw_soap_decoder_free(client->decoder);
}

static void
client_send(Client *client)
{
    const guint8 *at = client->request.data;

    for (gsize left = client->request.len; left > 0;) {
        gssize n = send(client->fd, at, left, MSG_NOSIGNAL);
        if (n <= 0)
            g_error("the door has closed");
        at += n;
        left -= (gsize) n;
    }
}

/* The answer has a length: reads its head and all of its body. */
static void
client_receive(Client *client)
{
    char piece[65536];
    gsize have = 0, wanted = 0;
    const char *end = NULL, *length;

    client->answer.len = 0;
    while (end == NULL) {
        gssize n = recv(client->fd, piece + have, sizeof piece - 1 - have, 0);
        if (n <= 0 && have == 0) {
            /* a server may end a connection that it has answered on many times */
            close(client->fd);
            client->fd = connect_to(client->name);
            client_send(client);
            continue;
        }
        if (n <= 0)
            g_error("an answer cut short");
        have += (gsize) n;
        piece[have] = '\0';
        end = strstr(piece, "\r\n\r\n");
    }
    length = strstr(piece, "Content-Length: ");
    if (length == NULL || length > end)
        g_error("an answer without a length");
    wanted = (gsize) g_ascii_strtoull(length + 16, NULL, 10);
    tw_buffer_put(&client->answer, end + 4, have - (gsize) (end + 4 - piece));
    while (client->answer.len < wanted) {
        gssize n = recv(client->fd, piece, sizeof piece, 0);
        if (n <= 0)
            g_error("an answer cut short");
        tw_buffer_put(&client->answer, piece, (gsize) n);
    }
}

static gconstpointer
client_decode(Client *client)
{
    const TwSoapMessage *message;

    tw_soap_decoder_expect_response(client->decoder, client->call);
    if (!tw_soap_decoder_feed(client->decoder, client->answer.data, client->answer.len, NULL) ||
        (message = tw_soap_decoder_finish(client->decoder, NULL)) == NULL || message->body == NULL)
        g_error("an answer that cannot be read");
    return message->body;
}

static gconstpointer
client_ask(Client *client)
{
    client_send(client);
    client_receive(client);
    return client_decode(client);
}

static gconstpointer
client_call(Client *client, TwSoapCall call, gconstpointer args)
{
    client_prepare(client, call, args);
    return client_ask(client);
}

static guint64
client_logon(Client *client, const char *name)
{
    TwSoapLogonArgs args = { .szUsername = name,
                             .szPassword = name,
                             .szVersion = "11.0.2",
                             .ulCapabilities = 59218,
                             .ulFlags = 1,
                             .szClientApp = "bench" };
    const TwSoapLogonResponse *got = client_call(client, TW_SOAP_CALL_LOGON, &args);

    if (got->er != 0)
        g_error("logon: %x", got->er);
    return got->ulSessionId;
}

static double
ask_once(gpointer data)
{
    (void) client_ask(data);
    return 1;
}

/* ---- peer ---- */

static void
answer_ready_made(TwHttpRequest *http, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(200);

    (void) data;
    tw_http_response_set_body(response, "text/xml", ready_made);
    tw_http_request_respond(http, response);
}

static double
ask_peer(gpointer data)
{
    client_send(data);
    client_receive(data);
    return 1;
}

static void
listen_at(const char *name, const TwListenOptions *options)
{
    g_autoptr(GPtrArray) listeners = NULL;
    g_autofree char *spec = g_strdup_printf("unix:%s/%s", place, name);

    if (!tw_listener_open(wire.loop, spec, options, &listeners, NULL))
        g_error("cannot listen at %s", spec);
}

static void
print_rate(const char *name, double aim, BenchRate ours, BenchRate peer)
{
    g_print(
        "%-34s %7.0f/s [%.0f-%.0f], %.2f of the aim of %.0f, %.2f of bytes ready made (%.0f/s)\n",
        name, ours.median, ours.least, ours.most, ours.median / aim, aim, ours.median / peer.median,
        peer.median);
}

/* What @client asks, beside a server that has the answer ready. */
static void
measure(const char *name, double aim, Client *client)
{
    BenchRate ours = bench_rate(ask_once, client, 0.3), theirs;
    Client peer;

    client_new(&peer, "peer");
    ready_made = g_bytes_new(client->answer.data, client->answer.len);
    tw_buffer_put(&peer.request, client->request.data, client->request.len);
    theirs = bench_rate(ask_peer, &peer, 0.3);
    client_free(&peer);
    g_clear_pointer(&ready_made, g_bytes_unref);
    print_rate(name, aim, ours, theirs);
}

/* ---- what is asked for ---- */

static TwSoapBytes
save_message(guint64 session, TwSoapBytes folder, guint attachments, guint8 id[TW_OBJECT_ID_LEN])
{
    static guint8 data[20000];
    static const guint32 method = 1;
    guint8 key[16];
    g_autofree char *subject = g_strdup_printf("Re: Minutes of meeting %u", g_random_int());
    TwPropValue props[] = {
        tw_value_str(PR_SUBJECT, subject),
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
        tw_value_str(PR_SENDER_NAME, "Anna Schmidt"),
        tw_value_str(PR_SENT_REPRESENTING_NAME, "Anna Schmidt"),
        tw_value_long(PR_IMPORTANCE, 1),
        tw_value_str(PR_BODY, "Hello, the minutes are attached."),
        tw_value_i8(PR_MESSAGE_DELIVERY_TIME, 133500000000000000),
        tw_value_bytes(PR_SEARCH_KEY, key, sizeof key),
    };
    TwPropValue of_one[] = { tw_value_str(PR_ATTACH_LONG_FILENAME, "minutes.pdf"),
                             tw_value_long(PR_ATTACH_METHOD, method),
                             tw_value_bytes(PR_ATTACH_DATA_BIN, data, sizeof data) };
    TwSoapSaveObject parts[ATTACHMENTS] = { { .ulObjType = 0 } };
    TwSoapSaveObject tree = { .modProps = { props, G_N_ELEMENTS(props) }, .ulObjType = 5 };
    TwSoapSaveObjectArgs args = { .ulSessionId = session,
                                  .sParentEntryId = folder,
                                  .lpsSaveObj = &tree };
    const TwSoapLoadObjectResponse *saved;

    memset(key, 7, sizeof key);
    for (guint i = 0; i < attachments; i++)
        parts[i] = (TwSoapSaveObject){ .ulObjType = 7,
                                       .ulClientId = i,
                                       .modProps = { of_one, G_N_ELEMENTS(of_one) } };
    tree.items = parts;
    tree.count = attachments;
    args.sEntryId = wire_new_id(&wire.anna.store, TW_OBJECT_ID_MESSAGE, id);
    saved = wire_call(&wire, TW_SOAP_CALL_SAVE_OBJECT, &args);
    if (saved->er != 0)
        g_error("saveObject: %x", saved->er);
    return args.sEntryId;
}

/* A connection and session of its own that is about to ask for the rows of @inbox. */
static void
begin_query(Client *client, TwSoapBytes inbox)
{
    static guint32 tags[COLUMNS] = { PR_ENTRYID,       PR_SUBJECT,
                                     PR_SENDER_NAME,   PR_IMPORTANCE,
                                     PR_MESSAGE_CLASS, PR_MESSAGE_DELIVERY_TIME,
                                     PR_MESSAGE_FLAGS, PR_MESSAGE_SIZE,
                                     PR_HASATTACH,     PR_CLIENT_SUBMIT_TIME };
    TwSoapTableOpenArgs open = { .sEntryId = inbox, .ulTableType = 1, .ulType = 5 };
    TwSoapPropTagArray wanted = { tags, COLUMNS };
    TwSoapTableSetColumnsArgs columns = { .aPropTag = &wanted };
    TwSoapTableQueryRowsArgs query = { .ulRowCount = ROWS, .ulFlags = 1 };
    const TwSoapTableOpenResponse *opened;
    const TwSoapTableQueryRowsResponse *got;

    client_new(client, "door");
    open.ulSessionId = client_logon(client, "anna");
    query.ulSessionId = columns.ulSessionId = open.ulSessionId;
    opened = client_call(client, TW_SOAP_CALL_TABLE_OPEN, &open);
    query.ulTableId = columns.ulTableId = opened->ulTableId;
    (void) client_call(client, TW_SOAP_CALL_TABLE_SET_COLUMNS, &columns);
    got = client_call(client, TW_SOAP_CALL_TABLE_QUERY_ROWS, &query);
    if (got->er != 0 || got->sRowSet.count != ROWS)
        g_error("tableQueryRows: %x, %u rows", got->er, got->sRowSet.count);
}

static gpointer
ask_in_a_row(gpointer data)
{
    for (guint i = 0; i < IN_A_ROW; i++)
        (void) client_ask(data);
    return NULL;
}

static double
ask_at_once(gpointer data)
{
    Client *clients = data;
    GThread *threads[AT_ONCE];

    for (guint i = 0; i < AT_ONCE; i++)
        threads[i] = g_thread_new("client", ask_in_a_row, &clients[i]);
    for (guint i = 0; i < AT_ONCE; i++)
        (void) g_thread_join(threads[i]);
    return AT_ONCE * IN_A_ROW;
}

/* Every thread of this program, the door's and the client's, may run on @processors only. */
static void
keep_threads_on(const cpu_set_t *processors)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    const char *name;

    while (tasks != NULL && (name = g_dir_read_name(tasks)) != NULL)
        (void) sched_setaffinity(atoi(name), sizeof *processors, processors);
}

/* What a query costs where nobody has to wake a processor. */
static void
bench_on_one_processor(Client *client)
{
    cpu_set_t all, one;
    BenchRate rate;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    CPU_SET((size_t) MAX(sched_getcpu(), 0), &one);
    keep_threads_on(&one);
    rate = bench_rate(ask_once, client, 0.3);
    keep_threads_on(&all);
    g_print("%-34s %7.0f/s [%.0f-%.0f], %.2f of the aim of 6000\n",
            "the same, all on one processor", rate.median, rate.least, rate.most,
            rate.median / 6000);
}

static void
bench_query(TwSoapBytes inbox)
{
    Client clients[AT_ONCE];
    BenchRate rate;

    for (guint i = 0; i < AT_ONCE; i++)
        begin_query(&clients[i], inbox);
    measure("50 rows of 10 columns", 6000, &clients[0]);
    bench_on_one_processor(&clients[0]);
    rate = bench_rate(ask_at_once, clients, 0.3);
    g_print("%-34s %7.0f/s [%.0f-%.0f], %.2f of the aim of 6000\n", "the same, 4 clients at once",
            rate.median, rate.least, rate.most, rate.median / 6000);
    for (guint i = 0; i < AT_ONCE; i++)
        client_free(&clients[i]);
}

static void
bench_load(TwSoapBytes id)
{
    TwSoapLoadObjectArgs load = { .sEntryId = id };
    const TwSoapLoadObjectResponse *got;
    Client client;

    client_new(&client, "door");
    load.ulSessionId = client_logon(&client, "anna");
    got = client_call(&client, TW_SOAP_CALL_LOAD_OBJECT, &load);
    if (got->er != 0)
        g_error("loadObject: %x", got->er);
    measure("a mail with 3 attachments", 6000, &client);
    client_free(&client);
}

/* ---- logons ---- */

static void
bench_logon(void)
{
    /* only to check: what a session costs is in the memory of those that wait */
    TwSoapLogonArgs args = { .szUsername = "bert",
                             .szPassword = "bert",
                             .szVersion = "11.0.2",
                             .ulCapabilities = 59218,
                             .ulFlags = 3 };
    g_autoptr(TwSession) system = world_trusted(&wire.world, "SYSTEM");
    g_autoptr(TwSecret) password = tw_secret_new("bert", 4);
    TwObjectChangeArgs change = { .user = wire.bert.number, .password = password };
    double took[COLD];
    Client client;

    client_new(&client, "door");
    (void) client_call(&client, TW_SOAP_CALL_LOGON, &args);
    measure("logon, credential warm", 5000, &client);
    for (guint i = 0; i < COLD; i++) {
        double began;
        if (!tw_session_object_change(system, &change, NULL))
            g_error("the password cannot be changed");
        began = bench_now();
        (void) client_ask(&client);
        took[i] = bench_now() - began;
    }
    qsort(took, COLD, sizeof took[0], bench_compare_doubles);
    g_print("%-34s %7.0f/s (%.1f ms each, the password hash)\n", "logon, credential cold",
            1 / took[COLD / 2], took[COLD / 2] * 1000);
    client_free(&client);
}

/* ---- sessions that wait ---- */

static gsize
memory_now(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) words = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        g_error("no /proc");
    words = g_strsplit(text, " ", 3);
    return (gsize) g_ascii_strtoull(words[1], NULL, 10) * (gsize) sysconf(_SC_PAGESIZE);
}

static void
subscribe(Client *client, guint64 session, TwSoapBytes folder)
{
    TwSoapNotifySubscribe wish = { .ulConnection = 1, .sKey = folder, .ulEventMask = 0x16 };
    TwSoapNotifySubscribeArgs args = { .ulSessionId = session, .notifySubscribe = &wish };

    (void) client_call(client, TW_SOAP_CALL_NOTIFY_SUBSCRIBE, &args);
}

/* Its answer has no length: it is read until it closes the envelope. */
static void
receive_news(Client *client)
{
    char piece[16384];
    gsize have = 0;

    do {
        gssize n = recv(client->fd, piece + have, sizeof piece - 1 - have, 0);
        if (n <= 0)
            g_error("no news");
        have += (gsize) n;
        piece[have] = '\0';
    } while (strstr(piece, "Envelope>\r\n0\r\n") == NULL && strstr(piece, "\r\n0\r\n\r\n") == NULL);
}

static void
bench_waiting(TwSoapBytes inbox, guint64 writer)
{
    Client *clients = g_new0(Client, WAITING);
    TwSoapSessionArgs poll = { .ulSessionId = 0 };
    gsize before, after, mine = 0;
    Client way;
    double took[CHANGES];
    guint8 id[TW_OBJECT_ID_LEN];

    client_new(&way, "door");
    malloc_trim(0); /* what was free before must not count as theirs */
    before = memory_now();
    for (guint i = 0; i < WAITING; i++) {
        poll.ulSessionId = client_logon(&way, "anna");
        if (i == 0)
            subscribe(&way, poll.ulSessionId, inbox);
        clients[i].fd = connect_to("door");
        clients[i].request = (TwBuffer) TW_BUFFER_INIT(4096);
        client_prepare(&clients[i], TW_SOAP_CALL_NOTIFY_GET_ITEMS, &poll);
        client_send(&clients[i]);
        mine += clients[i].request.capacity;
    }
    /* one more call behind them all: they are parked when it is answered */
    (void) save_message(writer, inbox, 0, id);
    receive_news(&clients[0]);
    after = memory_now();
    g_print("%-34s %7.1f KiB each, %.2f of the aim of 24\n", "2,000 sessions that wait",
            (double) (after - before - mine) / WAITING / 1024,
            (double) (after - before - mine) / WAITING / 1024 / 24);
    for (guint i = 0; i < CHANGES; i++) {
        double began;
        client_send(&clients[0]);
        g_usleep(2000); /* it is parked by then */
        began = bench_now();
        (void) save_message(writer, inbox, 0, id);
        receive_news(&clients[0]);
        took[i] = bench_now() - began;
    }
    qsort(took, CHANGES, sizeof took[0], bench_compare_doubles);
    g_print("%-34s %7.2f ms median, %.2f most, %.2f of the aim of 5; the saving itself included\n",
            "from a change to its client", took[CHANGES / 2] * 1000, took[CHANGES - 1] * 1000,
            took[CHANGES / 2] * 1000 / 5);
    for (guint i = 0; i < WAITING; i++)
        client_free(&clients[i]);
    g_free(clients);
}

/* ---- all of it ---- */

static void
many_sessions(TwLocalConfig *config)
{
    config->most_user_sessions = 2 * WAITING;
}

int
main(int argc, char **argv)
{
    gboolean rows_only = argc > 1 && g_str_equal(argv[1], "rows"); /* what a profile is taken of */
    TwSoapdConfig config = { .timeouts = { .idle_ms = 600000 } };
    struct rlimit files;
    TwHttpServerOptions peer_options = { .timeouts = { .idle_ms = 600000 } };
    TwHttpServer *peer = tw_http_server_new(&peer_options);
    TwHttpRoute route = { .prefix = "", .handler = answer_ready_made, .body_most = 1 << 20 };
    TwListenOptions options;
    TwSoapBytes inbox, mail;
    guint8 id[TW_OBJECT_ID_LEN], mail_id[TW_OBJECT_ID_LEN];
    guint64 session;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    bed_quiet();
    place = g_dir_make_tmp("twiga-XXXXXX", NULL);
    wire_new_with(&wire, &config, many_sessions);
    tw_soapd_listen_options(wire.door, &options);
    listen_at("door", &options);
    tw_http_server_add_route(peer, &route);
    tw_http_server_listen_options(peer, &options);
    listen_at("peer", &options);
    session = wire_logon(&wire, "anna", 0);
    inbox = wire_folder_id(&wire, session, "");
    for (guint i = 0; i < ROWS; i++)
        (void) save_message(session, inbox, 0, id);
    mail = save_message(session, inbox, ATTACHMENTS, mail_id);
    bench_query(inbox);
    if (!rows_only) {
        bench_load(mail);
        bench_logon();
        bench_waiting(inbox, session);
    }
    _exit(0); /* two thousand sessions are not ended one by one */
}
