/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A mail with an attachment of 100 MiB through the SOAP door, in (importMessageFromStream) and out (exportMessageChangesAsStream):
 * how much memory does it take, and how fast is it beside a plain HTTP copy of as many bytes to and from a file?
 *
 * The bars: 4 MiB more, whatever its size; 0.4 of the copy. The client makes and drops bytes as they go, so that what the process has
 * more at most is the door's.
 *
 *     bench-soapd-stream [MIB]
 */
#include "bench.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/http-server.h"
#include "soap/mtom.h"
#include "soap/stream.h"
#include "soapd/wire.h"
#include "store/engine.h"

enum {
    PIECE = 64 << 10,
    MARK = 64, /* bytes of the attachment that the form of the stream is made with */
    RUNS = 3,
};

typedef struct {
    double seconds, kib; /* more at most */
} Run;

static Wire wire;
static char *place, *plain_path;
static guint64 wanted_len = 100 << 20;
static guint8 piece[PIECE];

static void
must(gboolean ok, const char *what)
{
    if (!ok)
        g_error("%s", what);
}

/* ---- memory ---- */

static double
status_kib(const char *name)
{
    g_autofree char *text = NULL;
    const char *line;

    must(g_file_get_contents("/proc/self/status", &text, NULL, NULL), "no /proc");
    line = strstr(text, name);
    must(line != NULL, name);
    return g_ascii_strtod(line + strlen(name), NULL);
}

static double
begin_memory(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    malloc_trim(0);
    must(fd >= 0 && write(fd, "5", 1) == 1, "clear_refs");
    close(fd);
    return status_kib("VmRSS:");
}

/* ---- sockets ---- */

static int
connect_to(const char *name)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_snprintf(to.sun_path, sizeof to.sun_path, "%s/%s", place, name);
    must(fd >= 0 && connect(fd, (struct sockaddr *) &to, sizeof to) == 0, "connect");
    return fd;
}

static void
send_bytes(int fd, gconstpointer data, gsize len)
{
    const guint8 *at = data;

    while (len > 0) {
        gssize n = send(fd, at, len, MSG_NOSIGNAL);
        must(n > 0, "the server has closed");
        at += n;
        len -= (gsize) n;
    }
}

/* No two attachments are equal: one that is would be stored once. */
static void
send_content(int fd, guint number)
{
    for (guint64 at = 0; at < wanted_len; at += PIECE) {
        guint64 mark = at / PIECE + ((guint64) number << 32);
        memcpy(piece, &mark, sizeof mark);
        send_bytes(fd, piece, PIECE);
    }
}

/* All that comes until the server closes; the first bytes of it stay in @head. */
static guint64
receive_all(int fd, char *head, gsize room)
{
    static char bytes[PIECE];
    guint64 got = 0;
    gssize n;

    memset(head, 0, room);
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        if (got < room - 1)
            memcpy(head + got, bytes, MIN((gsize) n, room - 1 - (gsize) got));
        got += (guint64) n;
    }
    close(fd);
    return got;
}

/* ---- the peer: a file ---- */

static void
plain_begin(TwHttpRequest *http, gpointer data)
{
    int *fd = data;

    if (strcmp(tw_http_request_get_head(http)->method, "GET") != 0)
        *fd = open(plain_path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
}

static gboolean
plain_piece(TwHttpRequest *http, const guint8 *bytes, gsize len, gpointer data, GError **error)
{
    (void) http;
    (void) error;
    must(write(*(int *) data, bytes, len) == (gssize) len, "write");
    return TRUE;
}

static guint64 plain_at;

static TwHttpPull
plain_pull(TwBuffer *out, gpointer data)
{
    guint8 bytes[PIECE];
    gssize n = pread(*(int *) data, bytes, sizeof bytes, (off_t) plain_at);

    must(n >= 0, "read");
    tw_buffer_put(out, bytes, (gsize) n);
    plain_at += (guint64) n;
    return plain_at == wanted_len ? TW_HTTP_PULL_END : TW_HTTP_PULL_MORE;
}

static void
plain_handle(TwHttpRequest *http, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(200);

    if (strcmp(tw_http_request_get_head(http)->method, "GET") == 0) {
        plain_at = 0;
        tw_http_response_set_stream(response, NULL, (gint64) wanted_len, plain_pull, data, NULL);
    } else {
        must(fsync(*(int *) data) == 0, "fsync");
    }
    tw_http_request_respond(http, response);
}

static double
copy_in(guint number)
{
    g_autofree char *head = g_strdup_printf("PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                            "Content-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                                            wanted_len);
    double began = bench_now();
    int fd = connect_to("peer");
    char answer[512];

    send_bytes(fd, head, strlen(head));
    send_content(fd, number);
    (void) receive_all(fd, answer, sizeof answer);
    must(strstr(answer, " 200 ") != NULL, answer);
    return bench_now() - began;
}

static double
copy_out(void)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    double began = bench_now();
    int fd = connect_to("peer");
    char answer[512];

    send_bytes(fd, head, strlen(head));
    must(receive_all(fd, answer, sizeof answer) >= wanted_len, "too little");
    return bench_now() - began;
}

/* ---- the door ---- */

/* What stands before and behind the content of the attachment in a stream. */
typedef struct {
    GByteArray *before, *after;
} Form;

/* The stream of a mail with a small attachment, opened where its content is and told of a larger one. */
static Form
make_form(void)
{
    g_autoptr(TwObject) mail = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *attachment = tw_object_add(mail, TW_OBJECT_ATTACHMENT, 0, NULL);
    guint8 content[MARK];
    TwPropValue values[] = { tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
                             tw_value_str(PR_SUBJECT, "large") },
                of_it[] = { tw_value_long(PR_ATTACH_METHOD, 1),
                            tw_value_bytes(PR_ATTACH_DATA_BIN, content, sizeof content) };
    TwSoapStreamHow how = { .flags = 0 };
    g_autoptr(GArray) pieces = NULL;
    GByteArray *all = g_byte_array_new();
    guint32 len = GUINT32_TO_BE((guint32) wanted_len);
    const guint8 *at;
    Form form;

    memset(content, 0xa5, sizeof content);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        must(tw_object_set(mail, &values[i], NULL), "set");
    for (guint i = 0; i < G_N_ELEMENTS(of_it); i++)
        must(tw_object_set(attachment, &of_it[i], NULL), "set");
    pieces = tw_soap_stream_write(mail, &how, NULL);
    must(pieces != NULL, "no stream");
    for (guint i = 0; i < pieces->len; i++) {
        const TwSoapStreamPiece *one = &g_array_index(pieces, TwSoapStreamPiece, i);
        gsize size;
        const guint8 *bytes = g_bytes_get_data(one->bytes, &size);
        g_byte_array_append(all, bytes, (guint) size);
    }
    at = memmem(all->data, all->len, content, sizeof content);
    must(at != NULL && at - all->data >= 4, "no content");
    form.before = g_byte_array_new();
    form.after = g_byte_array_new();
    g_byte_array_append(form.before, all->data, (guint) (at - all->data));
    memcpy(form.before->data + form.before->len - 4, &len, 4);
    g_byte_array_append(form.after, at + MARK, (guint) (all->data + all->len - at) - MARK);
    g_byte_array_unref(all);
    return form;
}

static double
import_one(guint64 session, TwSoapBytes inbox, const Form *form, guint number, TwSoapBytes id)
{
    TwSoapImportMessageFromStreamArgs args = { .ulSessionId = session,
                                               .sParentEntryId = inbox,
                                               .sEntryId = id,
                                               .bIsNew = TRUE,
                                               .sStreamData = "id3" };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20), type = TW_BUFFER_INIT(1 << 20),
                     end = TW_BUFFER_INIT(1 << 20);
    g_autofree char *head = NULL;
    double began = bench_now();
    int fd = connect_to("door");
    char answer[2048];
    TwMtomType frame;

    tw_mtom_type_make(&frame);
    tw_mtom_put_type(&frame, &type);
    tw_mtom_put_root(&frame, &out);
    must(tw_soap_write_request(TW_SOAP_CALL_IMPORT_MESSAGE_FROM_STREAM, &args, &out), "request");
    tw_mtom_put_part(&frame, args.sStreamData, &out);
    tw_mtom_put_end(&frame, &end);
    head = g_strdup_printf("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           "Content-Type: %.*s\r\nContent-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                           (int) type.len, (const char *) type.data,
                           out.len + form->before->len + wanted_len + form->after->len + end.len);
    send_bytes(fd, head, strlen(head));
    send_bytes(fd, out.data, out.len);
    send_bytes(fd, form->before->data, form->before->len);
    send_content(fd, number);
    send_bytes(fd, form->after->data, form->after->len);
    send_bytes(fd, end.data, end.len);
    (void) receive_all(fd, answer, sizeof answer);
    must(strstr(answer, ">0</result>") != NULL || strstr(answer, ">0</er>") != NULL, answer);
    return bench_now() - began;
}

/* Sends a call without streams; the first bytes of what comes back stay in @answer. */
static guint64
post(TwSoapCall call, gconstpointer args, char *answer, gsize room)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    g_autofree char *head = NULL;
    int fd = connect_to("door");

    must(tw_soap_write_request(call, args, &out), "request");
    head = g_strdup_printf("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           "Content-Type: text/xml\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                           out.len);
    send_bytes(fd, head, strlen(head));
    send_bytes(fd, out.data, out.len);
    return receive_all(fd, answer, room);
}

static double
export_one(guint64 session, TwSoapBytes id)
{
    TwSoapSourceKeyPair pair = { .sObjectKey = id };
    TwSoapExportMessageChangesAsStreamArgs args = { .ulSessionId = session,
                                                    .ulPropTag = PR_ENTRYID,
                                                    .sSourceKeys = { &pair, 1 } };
    double began = bench_now();
    char answer[4096];

    must(post(TW_SOAP_CALL_EXPORT_MESSAGE_CHANGES_AS_STREAM, &args, answer, sizeof answer) >=
             wanted_len,
         answer);
    return bench_now() - began;
}

/* A session is good from the kind of peer that logged on: here over the Unix socket. */
static guint64
log_on(void)
{
    TwSoapLogonArgs args = { .szUsername = "anna",
                             .szPassword = "anna",
                             .szVersion = "11.0.2",
                             .ulCapabilities = 59218,
                             .ulFlags = 1,
                             .szClientApp = "bench" };
    char answer[4096];
    const char *id;

    (void) post(TW_SOAP_CALL_LOGON, &args, answer, sizeof answer);
    id = strstr(answer, "<ulSessionId>");
    must(id != NULL, answer);
    return g_ascii_strtoull(id + strlen("<ulSessionId>"), NULL, 10);
}

/* ---- both ---- */

static int
compare_runs(const void *a, const void *b)
{
    return bench_compare_doubles(&((const Run *) a)->seconds, &((const Run *) b)->seconds);
}

static void
print_runs(const char *name, Run ours[RUNS], Run peer[RUNS])
{
    double mib = (double) wanted_len / (1 << 20), most = 0;

    for (guint i = 0; i < RUNS; i++)
        most = MAX(most, ours[i].kib);
    qsort(ours, RUNS, sizeof *ours, compare_runs);
    qsort(peer, RUNS, sizeof *peer, compare_runs);
    g_print("%-4s %6.0f MiB/s, %.2f of a plain copy (%.0f MiB/s), bar 0.4; %.1f MiB more at most, "
            "bar 4\n",
            name, mib / ours[RUNS / 2].seconds, peer[RUNS / 2].seconds / ours[RUNS / 2].seconds,
            mib / peer[RUNS / 2].seconds, most / 1024);
}

/* A folder and what is in it. */
static void /* NOLINTNEXTLINE(misc-no-recursion): as deep as a data folder is */
remove_all(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (unlink(inner) != 0)
            remove_all(inner);
    }
    g_clear_pointer(&dir, g_dir_close);
    (void) rmdir(path);
}

static void
listen_at(const char *name, const TwListenOptions *options)
{
    g_autoptr(GPtrArray) listeners = NULL;
    g_autofree char *spec = g_strdup_printf("unix:%s/%s", place, name);

    must(tw_listener_open(wire.loop, spec, options, &listeners, NULL), spec);
}

/* In place of the disk in memory that tests have, whose engine stays idle. */
static void
use_real_disk(TwLocalConfig *config)
{
    TwEngineConfig real = TW_ENGINE_CONFIG_INIT;
    g_autofree char *path = g_build_filename(place, "data", NULL);
    g_autoptr(GError) error = NULL;

    real.fs = tw_file_system_real();
    real.path = path;
    config->engine = tw_engine_open(&real, &error);
    must(config->engine != NULL, error != NULL ? error->message : "no engine");
    wire.world.bed.engine = config->engine; /* stores of users are made there */
}

static void
measure(guint64 session, TwSoapBytes inbox)
{
    Run in[RUNS], out[RUNS], plain_in[RUNS], plain_out[RUNS];
    Form form = make_form();

    for (guint i = 0; i < RUNS; i++) {
        guint8 bytes[TW_OBJECT_ID_LEN];
        TwSoapBytes id = wire_new_id(&wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes);
        double before = begin_memory();
        in[i].seconds = import_one(session, inbox, &form, i, id);
        in[i].kib = status_kib("VmHWM:") - before;
        plain_in[i].seconds = copy_in(i);
        before = begin_memory();
        out[i].seconds = export_one(session, id);
        out[i].kib = status_kib("VmHWM:") - before;
        plain_out[i].seconds = copy_out();
    }
    print_runs("in", in, plain_in);
    print_runs("out", out, plain_out);
    g_byte_array_unref(form.before);
    g_byte_array_unref(form.after);
}

int
main(int argc, char **argv)
{
    TwSoapdConfig config = { .timeouts = { .idle_ms = 600000 } };
    TwHttpServerOptions options = { .timeouts = { .idle_ms = 600000 } };
    TwHttpServer *peer = tw_http_server_new(&options);
    int plain_fd = -1;
    TwHttpRoute route = { .prefix = "",
                          .handler = plain_handle,
                          .begin = plain_begin,
                          .piece = plain_piece,
                          .data = &plain_fd,
                          .body_most = G_GUINT64_CONSTANT(1) << 32 };
    TwListenOptions listen_options;
    TwSoapBytes inbox;

    if (argc > 1)
        wanted_len = (guint64) CLAMP(atoi(argv[1]), 1, 1000) << 20;
    for (guint i = 0; i < PIECE; i++)
        piece[i] = (guint8) g_random_int();
    bed_quiet();
    place = g_dir_make_tmp("twiga-XXXXXX", NULL);
    plain_path = g_build_filename(place, "plain", NULL);
    wire_new_with(&wire, &config, use_real_disk);
    tw_soapd_listen_options(wire.door, &listen_options);
    listen_at("door", &listen_options);
    tw_http_server_add_route(peer, &route);
    tw_http_server_listen_options(peer, &listen_options);
    listen_at("peer", &listen_options);
    inbox = wire_folder_id(&wire, wire_logon(&wire, "anna", 0), "");
    measure(log_on(), inbox);
    (void) unlink(plain_path);
    remove_all(place);
    _exit(0); /* the rest is gone with the process */
}
