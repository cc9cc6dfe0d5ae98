/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soapd/wire.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "support/loopback.h"

enum {
    CAPABILITIES = 59218, /* what clients send: spec/mapi-soap.md 3.5 */
};

static void
free_decoder(gpointer decoder)
{
    tw_soap_decoder_free(decoder);
}

void
wire_new(Wire *wire, const TwSoapdConfig *config)
{
    wire_new_with(wire, config, NULL);
}

void
wire_new_with(Wire *wire, const TwSoapdConfig *config, void (*change)(TwLocalConfig *config))
{
    g_autoptr(GPtrArray) listeners = NULL;
    g_autoptr(GError) error = NULL;
    TwListenOptions options;

    memset(wire, 0, sizeof *wire);
    if (change != NULL)
        world_new_with(&wire->world, change);
    else
        world_new(&wire->world);
    world_user(&wire->world, 0, "anna", &wire->anna);
    world_user(&wire->world, 0, "bert", &wire->bert);
    wire->decoders = g_ptr_array_new_with_free_func(free_decoder);
    wire->door = tw_soapd_new(config);
    tw_soapd_set_server(wire->door, wire->world.server);
    wire->loop = tw_loop_new(NULL, &error);
    g_assert_no_error(error);
    tw_soapd_listen_options(wire->door, &options);
    tw_listener_open(wire->loop, loopback_any_port(), &options, &listeners, &error);
    g_assert_no_error(error);
    wire->address = *tw_listener_get_address(g_ptr_array_index(listeners, 0));
    tw_loop_start(wire->loop, &error);
    g_assert_no_error(error);
}

void
wire_free(Wire *wire)
{
    g_assert_true(tw_loop_stop(wire->loop, 5000));
    tw_loop_free(wire->loop);
    tw_soapd_free(wire->door);
    g_ptr_array_unref(wire->decoders);
    world_free(&wire->world);
}

/* ---- bytes ---- */

static int
connect_to(const Wire *wire)
{
    struct sockaddr_storage to;
    socklen_t len = tw_address_to_sockaddr(&wire->address, &to);
    int fd = socket(to.ss_family, SOCK_STREAM, 0);

    g_assert_cmpint(connect(fd, (struct sockaddr *) &to, len), ==, 0);
    return fd;
}

static void
write_all(int fd, const void *data, gsize len)
{
    const guint8 *next = data;

    while (len > 0) {
        gssize n = send(fd, next, len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* a door that has heard enough */
        next += n;
        len -= (gsize) n;
    }
}

static GBytes *
read_all(int fd)
{
    GByteArray *all = g_byte_array_new();
    guint8 piece[4096];
    gssize n;

    while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
        g_byte_array_append(all, piece, (guint) n);
    close(fd);
    return g_byte_array_free_to_bytes(all);
}

GBytes *
wire_exchange(Wire *wire, const char *head, const void *body, gsize len)
{
    int fd = connect_to(wire);

    write_all(fd, head, strlen(head));
    write_all(fd, body, len);
    return read_all(fd);
}

/* ---- calls ---- */

int
wire_send(Wire *wire, TwSoapCall call, gconstpointer args)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64 << 20);
    g_autofree char *head = NULL;
    int fd = connect_to(wire);

    g_assert_true(tw_soap_write_request(call, args, &out));
    /* HTTP/1.0: the answer ends with the connection */
    head = g_strdup_printf("POST /any/path HTTP/1.0\r\nHost: \r\n"
                           "Content-Type: text/xml; charset=utf-8\r\n"
                           "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                           out.len);
    write_all(fd, head, strlen(head));
    write_all(fd, out.data, out.len);
    return fd;
}

/* The head of an answer is right; its body. */
static const char *
body_of(GBytes *all, gsize *ret_len)
{
    gsize len;
    const char *text = g_bytes_get_data(all, &len), *body;

    g_assert_true(len > 13 && memcmp(text, "HTTP/1.", 7) == 0);
    g_assert_true(memcmp(text + 8, " 200 ", 5) == 0);
    body = g_strstr_len(text, (gssize) len, "\r\n\r\n");
    g_assert_nonnull(body);
    body += 4;
    *ret_len = len - (gsize) (body - text);
    return body;
}

static gpointer
decode_answer(Wire *wire, TwSoapCall call, const void *body, gsize len)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    TwSoapDecoder *decoder = tw_soap_decoder_new(&limits);
    g_autoptr(GError) error = NULL;
    const TwSoapMessage *message;

    tw_soap_decoder_expect_response(decoder, call);
    tw_soap_decoder_feed(decoder, body, len, &error);
    g_assert_no_error(error);
    message = tw_soap_decoder_finish(decoder, &error);
    g_assert_no_error(error);
    g_assert_null(message->fault);
    g_ptr_array_add(wire->decoders, decoder);
    return message->body;
}

gpointer
wire_receive(Wire *wire, int fd, TwSoapCall call)
{
    g_autoptr(GBytes) all = read_all(fd);
    gsize len;
    const char *body = body_of(all, &len);

    return decode_answer(wire, call, body, len);
}

/* ---- streams beside the XML ---- */

/* The first part, and the others into @parts; ids are those that are expected. */
static GByteArray *
split_parts(const TwMtomType *type, const char *body, gsize len, GPtrArray *parts)
{
    g_autoptr(TwMtomReader) reader = tw_mtom_reader_new(type);
    GByteArray *root = g_byte_array_new(), *at = NULL;
    TwMtomToken token;

    tw_mtom_reader_feed(reader, body, len);
    while (tw_mtom_reader_next(reader, &token) != TW_MTOM_DONE) {
        g_assert_true(token.kind != TW_MTOM_BAD && token.kind != TW_MTOM_MORE);
        if (token.kind == TW_MTOM_PART && at != NULL) {
            g_autofree char *wanted = g_strdup_printf("emcas-%u", parts->len);

            g_assert_cmpuint(token.id_len, ==, strlen(wanted));
            g_assert_true(memcmp(token.id, wanted, token.id_len) == 0);
            at = g_byte_array_new();
            g_ptr_array_add(parts, at);
        } else if (token.kind == TW_MTOM_PART) {
            at = root;
        } else if (token.kind == TW_MTOM_DATA) {
            g_byte_array_append(at, token.data, (guint) token.data_len);
        }
    }
    return root;
}

const TwSoapExportMessageChangesAsStreamResponse *
wire_export(Wire *wire, const TwSoapExportMessageChangesAsStreamArgs *args, GPtrArray *parts)
{
    TwSoapCall call = TW_SOAP_CALL_EXPORT_MESSAGE_CHANGES_AS_STREAM;
    g_autoptr(GBytes) all = read_all(wire_send(wire, call, args));
    const TwSoapExportMessageChangesAsStreamResponse *response;
    const char *head = g_bytes_get_data(all, NULL), *type, *end;
    gsize len;
    const char *body = body_of(all, &len);
    g_autoptr(GByteArray) root = NULL;
    TwMtomType frame;

    type = g_strstr_len(head, body - head, "Content-Type: ");
    g_assert_nonnull(type);
    type += strlen("Content-Type: ");
    end = g_strstr_len(type, body - type, "\r\n");
    g_assert_nonnull(end);
    if (!tw_mtom_type_parse(type, (gsize) (end - type), &frame, NULL))
        return decode_answer(wire, call, body, len);
    root = split_parts(&frame, body, len, parts);
    response = decode_answer(wire, call, root->data, root->len);
    g_assert_cmphex(response->er, ==, 0);
    g_assert_cmpuint(response->sMsgStreams.count, ==, parts->len);
    for (guint i = 0; i < parts->len; i++) {
        g_autofree char *wanted = g_strdup_printf("emcas-%u", i);
        g_assert_cmpstr(response->sMsgStreams.items[i].sStreamData, ==, wanted);
    }
    return response;
}

static void
write_chunk(int fd, const void *data, gsize len)
{
    g_autofree char *head = g_strdup_printf("%" G_GSIZE_MODIFIER "X\r\n", len);

    write_all(fd, head, strlen(head));
    write_all(fd, data, len);
    write_all(fd, "\r\n", 2);
}

guint32
wire_import(Wire *wire,
            const TwSoapImportMessageFromStreamArgs *args,
            const guint8 *stream,
            gsize len,
            gsize piece)
{
    TwSoapCall call = TW_SOAP_CALL_IMPORT_MESSAGE_FROM_STREAM;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20), type = TW_BUFFER_INIT(1 << 20);
    g_auto(TwBuffer) end = TW_BUFFER_INIT(1 << 20);
    g_autofree char *head = NULL;
    int fd = connect_to(wire);
    TwMtomType frame;

    tw_mtom_type_make(&frame);
    tw_mtom_put_type(&frame, &type);
    tw_mtom_put_root(&frame, &out);
    g_assert_true(tw_soap_write_request(call, args, &out));
    tw_mtom_put_part(&frame, args->sStreamData, &out);
    head = g_strdup_printf("POST / HTTP/1.1\r\nHost: \r\nConnection: close\r\n"
                           "Content-Type: %.*s\r\nTransfer-Encoding: chunked\r\n\r\n",
                           (int) type.len, (const char *) type.data);
    write_all(fd, head, strlen(head));
    write_chunk(fd, out.data, out.len);
    for (gsize at = 0; at < len; at += piece)
        write_chunk(fd, stream + at, MIN(piece, len - at));
    tw_mtom_put_end(&frame, &end);
    write_chunk(fd, end.data, end.len);
    write_all(fd, "0\r\n\r\n", 5);
    return tw_soap_call_result(call, wire_receive(wire, fd, call));
}

gpointer
wire_call(Wire *wire, TwSoapCall call, gconstpointer args)
{
    return wire_receive(wire, wire_send(wire, call, args), call);
}

guint32
wire_result(Wire *wire, TwSoapCall call, gconstpointer args)
{
    return tw_soap_call_result(call, wire_call(wire, call, args));
}

guint64
wire_logon(Wire *wire, const char *name, guint64 group)
{
    TwSoapLogonArgs args = { .szUsername = name,
                             .szPassword = name,
                             .szImpersonateUser = "",
                             .szVersion = "11.0.2",
                             .ulCapabilities = CAPABILITIES,
                             .ullSessionGroup = group,
                             .szClientApp = "test" };
    const TwSoapLogonResponse *response = wire_call(wire, TW_SOAP_CALL_LOGON, &args);

    g_assert_cmphex(response->er, ==, 0);
    g_assert_cmpuint(response->ulSessionId, !=, 0);
    return response->ulSessionId;
}

TwSoapBytes
wire_folder_id(Wire *wire, guint64 session, const char *message_class)
{
    TwSoapGetStoreArgs store = { .ulSessionId = session };
    const TwSoapGetStoreResponse *own = wire_call(wire, TW_SOAP_CALL_GET_STORE, &store);
    TwSoapGetReceiveFolderArgs args = { .ulSessionId = session,
                                        .sStoreId = own->sStoreId,
                                        .lpszMessageClass = message_class };
    const TwSoapReceiveFolderResponse *found =
        wire_call(wire, TW_SOAP_CALL_GET_RECEIVE_FOLDER, &args);

    g_assert_cmphex(own->er, ==, 0);
    g_assert_cmphex(found->er, ==, 0);
    return found->sReceiveFolder.sEntryId;
}

const TwPropValue *
wire_prop(const TwSoapPropValArray *values, guint32 tag)
{
    for (guint32 i = 0; i < values->count; i++) {
        if (values->items[i].tag == tag)
            return &values->items[i];
    }
    return NULL;
}

TwSoapBytes
wire_new_id(const TwGuid *store, TwObjectType type, guint8 out[TW_OBJECT_ID_LEN])
{
    TwObjectId id = { .store = *store, .type = type, .version = 1 };
    TwSoapBytes ret = { .data = out };

    tw_guid_random(&id.unique);
    ret.len = tw_object_id_write(&id, out);
    return ret;
}

void
wire_assert_bytes(const guint8 *data, gsize len, const guint8 *wanted, gsize wanted_len)
{
    g_assert_cmpuint(len, ==, wanted_len);
    g_assert_true(memcmp(data, wanted, len) == 0);
}

gpointer
wire_first(Wire *wire, int one, int other, TwSoapCall call, int *ret_left)
{
    /* an answer that waits has begun, and its end has not come: wait for the end of either */
    struct pollfd fds[2] = { { .fd = one, .events = POLLIN }, { .fd = other, .events = POLLIN } };

    for (;;) {
        g_assert_cmpint(poll(fds, 2, 30000), >, 0);
        for (guint i = 0; i < 2; i++) {
            guint8 piece[8192];
            gssize n = recv(fds[i].fd, piece, sizeof piece, MSG_PEEK);
            if (n > 0 && g_strstr_len((const char *) piece, n, "</SOAP-ENV:Envelope>") != NULL) {
                *ret_left = fds[1 - i].fd;
                return wire_receive(wire, fds[i].fd, call);
            }
        }
        g_thread_yield();
    }
}
