/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How close does base64 come to copying the same bytes? 64 KiB at a time, at each level of the processor. */
#include "bench.h"

#include "base/base64.h"
#include "base/cpu.h"

enum {
    SIZE = 64 * 1024
};

typedef struct {
    guint8 plain[SIZE];
    TwBuffer line, lines; /* the encoded forms */
    TwBuffer out;
} Data;

static double
copy(gpointer user)
{
    Data *data = user;

    data->out.len = 0;
    tw_buffer_put(&data->out, data->plain, SIZE);
    return SIZE;
}

static double
encode(gpointer user)
{
    Data *data = user;

    data->out.len = 0;
    tw_base64_encode(&data->out, data->plain, SIZE, TW_BASE64_STANDARD);
    return SIZE;
}

static double
decode(gpointer user)
{
    Data *data = user;

    data->out.len = 0;
    tw_base64_decode(&data->out, (const char *) data->line.data, data->line.len, TW_BASE64_STANDARD,
                     NULL);
    return SIZE;
}

static double
encode_lines(gpointer user)
{
    Data *data = user;
    TwBase64Encoder encoder;

    data->out.len = 0;
    tw_base64_encoder_init(&encoder, TW_BASE64_MIME_COLUMNS, FALSE);
    tw_base64_encoder_put(&encoder, data->plain, SIZE, &data->out);
    tw_base64_encoder_finish(&encoder, &data->out);
    return SIZE;
}

static double
decode_lines(gpointer user)
{
    Data *data = user;
    TwBase64Decoder decoder;

    data->out.len = 0;
    tw_base64_decoder_init(&decoder);
    tw_base64_decoder_put(&decoder, data->lines.data, data->lines.len, &data->out);
    tw_base64_decoder_finish(&decoder, &data->out, NULL);
    return SIZE;
}

int
main(void)
{
    g_autofree Data *data = g_new0(Data, 1);
    TwBase64Encoder encoder;
    BenchRate memory;

    for (gsize i = 0; i < SIZE; i++)
        data->plain[i] = (guint8) (i * 2654435761u >> 13);
    data->line.limit = data->lines.limit = data->out.limit = 4 * SIZE;
    tw_base64_encode(&data->line, data->plain, SIZE, TW_BASE64_STANDARD);
    tw_base64_encoder_init(&encoder, TW_BASE64_MIME_COLUMNS, FALSE);
    tw_base64_encoder_put(&encoder, data->plain, SIZE, &data->lines);
    tw_base64_encoder_finish(&encoder, &data->lines);

    memory = bench_rate(copy, data, 0.1);
    bench_print("memcpy of 64 KiB", "B", memory, NULL, memory);
    for (TwCpuLevel level = TW_CPU_PORTABLE; level <= TW_CPU_VBMI; level++) {
        if (tw_cpu_set_most(level) != level)
            continue;
        g_print("level %s, counted in decoded bytes\n", tw_cpu_level_name(level));
        bench_print("encode, one line", "B", bench_rate(encode, data, 0.1), "memcpy", memory);
        bench_print("decode, one line", "B", bench_rate(decode, data, 0.1), "memcpy", memory);
        bench_print("encode, 76-column lines", "B", bench_rate(encode_lines, data, 0.1), "memcpy",
                    memory);
        bench_print("decode, 76-column lines", "B", bench_rate(decode_lines, data, 0.1), "memcpy",
                    memory);
    }
    tw_buffer_clear(&data->line);
    tw_buffer_clear(&data->lines);
    tw_buffer_clear(&data->out);
    return 0;
}
