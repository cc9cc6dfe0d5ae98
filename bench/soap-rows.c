/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many answers of 50 rows with 10 columns a second are written, and read, by one core? Aims: 20,000 and 10,000. Peer: the
 * codec that gSOAP makes of the same wire (tests/soap/wire.gsoap).
 */
#include "bench.h"

#include "base/arena.h"
#include "soap/soap.h"

#include "soapH.h"
#include "wire.nsmap"

enum {
    ROWS = 50,
    COLUMNS = 10,
    ROUNDS = 50,
    ENTRY_ID_LEN = 48,
};

typedef struct {
    TwSoapTableQueryRowsResponse response;
    TwBuffer out;
    TwSoapDecoder *decoder;
    const guint8 *wire; /* what gSOAP reads */
    gsize wire_left;
    guint64 sum;
} Data;

/* A list of mail as a gateway or a client asks for it. */
static void
make_rows(Data *data, TwArena *arena)
{
    TwSoapRowSet *set = &data->response.sRowSet;

    set->items = tw_arena_alloc_array(arena, ROWS, sizeof *set->items);
    set->count = ROWS;
    for (guint i = 0; i < ROWS; i++) {
        TwPropValue *row = tw_arena_alloc_array(arena, COLUMNS, sizeof *row);
        g_autofree char *subject = g_strdup_printf("Re: Minutes of meeting %u, second draft", i);
        guint8 *id = tw_arena_alloc(arena, ENTRY_ID_LEN);
        for (guint k = 0; k < ENTRY_ID_LEN; k++)
            id[k] = (guint8) (i * 7 + k * 13);
        row[0] = tw_value_bytes(0x0FFF0102u, id, ENTRY_ID_LEN);
        row[1] = tw_value_bytes(0x0FF60102u, id, 8);
        row[2] = tw_value_str(0x0037001Fu, tw_arena_copy(arena, subject, strlen(subject)));
        row[3] = tw_value_str(0x0C1A001Fu, "Anna Schmidt-M\xc3\xbcller");
        row[4] = tw_value_i8(0x0E060040u, 133500000000000000 + (gint64) i * 60000000);
        row[5] = tw_value_long(0x0E070003u, 1);
        row[6] = tw_value_long(0x0E080003u, 10000 + i);
        row[7] = tw_value_bool(0x0E1B000Bu, i % 3 == 0);
        row[8] = tw_value_str(0x001A001Fu, "IPM.Note");
        row[9] = tw_value_long(0x8001000Au, 0x8004010fu);
        set->items[i] = (TwSoapPropValArray){ row, COLUMNS };
    }
}

static double
write_ours(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROUNDS; i++) {
        data->out.len = 0;
        tw_soap_write_response(TW_SOAP_1_1, TW_SOAP_CALL_TABLE_QUERY_ROWS, &data->response,
                               &data->out);
        data->sum += data->out.len;
    }
    return ROUNDS;
}

static double
read_ours(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROUNDS; i++) {
        const TwSoapMessage *message;
        tw_soap_decoder_expect_response(data->decoder, TW_SOAP_CALL_TABLE_QUERY_ROWS);
        if (!tw_soap_decoder_feed(data->decoder, data->out.data, data->out.len, NULL))
            g_error("our own bytes are not read");
        message = tw_soap_decoder_finish(data->decoder, NULL);
        data->sum += ((const TwSoapTableQueryRowsResponse *) message->body)->sRowSet.count;
    }
    return ROUNDS;
}

static size_t
peer_recv(struct soap *soap, char *buf, size_t len)
{
    Data *data = soap->user;
    gsize n = MIN(len, data->wire_left);

    memcpy(buf, data->wire, n);
    data->wire += n;
    data->wire_left -= n;
    return n;
}

static int
peer_send(struct soap *soap, const char *buf, size_t len)
{
    Data *data = soap->user;

    data->sum += len + (guint8) buf[0];
    return SOAP_OK;
}

static struct soap *
peer_new(Data *data)
{
    struct soap *soap = soap_new1(SOAP_C_UTFSTRING | SOAP_XML_TREE | SOAP_ENC_PLAIN);

    soap->user = data;
    soap->frecv = peer_recv;
    soap->fsend = peer_send;
    return soap;
}

static void
peer_read_one(struct soap *soap, Data *data, struct tableQueryRowsResponse *ret)
{
    data->wire = data->out.data;
    data->wire_left = data->out.len;
    soap_default_tableQueryRowsResponse(soap, ret);
    if (soap_begin_recv(soap) != SOAP_OK || soap_envelope_begin_in(soap) != SOAP_OK ||
        soap_recv_header(soap) != SOAP_OK || soap_body_begin_in(soap) != SOAP_OK ||
        soap_get_tableQueryRowsResponse(soap, ret, "ns:tableQueryRowsResponse", NULL) == NULL ||
        soap_body_end_in(soap) != SOAP_OK || soap_envelope_end_in(soap) != SOAP_OK ||
        soap_end_recv(soap) != SOAP_OK)
        g_error("gSOAP does not read it");
}

static double
read_peer(gpointer user)
{
    Data *data = user;
    struct soap *soap = peer_new(data);

    for (guint i = 0; i < ROUNDS; i++) {
        struct tableQueryRowsResponse response;
        peer_read_one(soap, data, &response);
        data->sum += (guint64) response.sRowSet.__size;
        soap_destroy(soap);
        soap_end(soap);
    }
    soap_free(soap);
    return ROUNDS;
}

static double
write_peer(gpointer user)
{
    Data *data = user;
    struct soap *soap = peer_new(data);
    struct tableQueryRowsResponse response;

    peer_read_one(soap, data, &response);
    for (guint i = 0; i < ROUNDS; i++) {
        soap_serialize_tableQueryRowsResponse(soap, &response);
        if (soap_begin_send(soap) != SOAP_OK || soap_envelope_begin_out(soap) != SOAP_OK ||
            soap_body_begin_out(soap) != SOAP_OK ||
            soap_put_tableQueryRowsResponse(soap, &response, "ns:tableQueryRowsResponse", NULL) !=
                SOAP_OK ||
            soap_body_end_out(soap) != SOAP_OK || soap_envelope_end_out(soap) != SOAP_OK ||
            soap_end_send(soap) != SOAP_OK)
            g_error("gSOAP does not write it");
    }
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    return ROUNDS;
}

static void
print_row(const char *name, double aim, BenchRate ours, BenchRate theirs)
{
    g_print("%-24s %8.0f/s [%.0f-%.0f], %.2f of the aim of %.0f, %.1f times gSOAP (%.0f/s)\n", name,
            ours.median, ours.least, ours.most, ours.median / aim, aim, ours.median / theirs.median,
            theirs.median);
}

int
main(void)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwArena) arena = tw_arena_new(16u << 20);
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    Data data = { .out = TW_BUFFER_INIT(4u << 20), .decoder = decoder };
    BenchRate writing, reading;

    make_rows(&data, arena);
    writing = bench_rate(write_ours, &data, 0.3);
    g_print("%d rows of %d columns, %zu bytes\n", ROWS, COLUMNS, data.out.len);
    print_row("written", 20000, writing, bench_rate(write_peer, &data, 0.3));
    reading = bench_rate(read_ours, &data, 0.3);
    print_row("read", 10000, reading, bench_rate(read_peer, &data, 0.3));
    tw_buffer_clear(&data.out);
    return data.sum == 0;
}
