/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast is quoted-printable, beside copying the same 64 KiB of German text? */
#include "bench.h"

#include "base/qp.h"

enum {
    SIZE = 64 * 1024
};

typedef struct {
    char text[SIZE];
    TwBuffer encoded, out;
} Data;

static double
copy(gpointer user)
{
    Data *data = user;

    data->out.len = 0;
    tw_buffer_put(&data->out, data->text, SIZE);
    return SIZE;
}

static double
encode(gpointer user)
{
    Data *data = user;
    TwQpEncoder encoder;

    data->out.len = 0;
    tw_qp_encoder_init(&encoder, FALSE);
    tw_qp_encoder_put(&encoder, data->text, SIZE, &data->out);
    tw_qp_encoder_finish(&encoder, &data->out);
    return SIZE;
}

static double
decode(gpointer user)
{
    Data *data = user;
    TwQpDecoder decoder;

    data->out.len = 0;
    tw_qp_decoder_init(&decoder);
    tw_qp_decoder_put(&decoder, data->encoded.data, data->encoded.len, &data->out);
    tw_qp_decoder_finish(&decoder, &data->out, NULL);
    return SIZE;
}

int
main(void)
{
    static const char line[] =
        "Gr\xc3\xb6\xc3\x9f"
        "ere Giraffen fressen gern Bl\xc3\xa4tter von Akazien, sagt man.\r\n";
    g_autofree Data *data = g_new0(Data, 1);
    TwQpEncoder encoder;
    BenchRate memory;

    for (gsize i = 0; i < SIZE; i++)
        data->text[i] = line[i % (sizeof line - 1)];
    data->encoded.limit = data->out.limit = 4 * SIZE;
    tw_qp_encoder_init(&encoder, FALSE);
    tw_qp_encoder_put(&encoder, data->text, SIZE, &data->encoded);
    tw_qp_encoder_finish(&encoder, &data->encoded);
    memory = bench_rate(copy, data, 0.1);
    bench_print("quoted-printable encode", "B", bench_rate(encode, data, 0.1), "memcpy", memory);
    bench_print("quoted-printable decode", "B", bench_rate(decode, data, 0.1), "memcpy", memory);
    tw_buffer_clear(&data->encoded);
    tw_buffer_clear(&data->out);
    return 0;
}
