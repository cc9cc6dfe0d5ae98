/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast is UTF-8 validated, beside copying it and beside GLib? 64 KiB of German, Russian, Chinese and ASCII. */
#include "bench.h"

#include "base/cpu.h"
#include "base/utf8.h"

enum {
    SIZE = 64 * 1024
};

typedef struct {
    char text[SIZE];
    gsize len;
    TwBuffer out;
} Data;

static double
copy(gpointer user)
{
    Data *data = user;

    data->out.len = 0;
    tw_buffer_put(&data->out, data->text, data->len);
    return (double) data->len;
}

static double
validate(gpointer user)
{
    const Data *data = user;

    g_assert_true(tw_utf8_valid(data->text, data->len, NULL));
    return (double) data->len;
}

static double
validate_glib(gpointer user)
{
    const Data *data = user;

    g_assert_true(g_utf8_validate_len(data->text, data->len, NULL));
    return (double) data->len;
}

static void
run(Data *data, const char *language, const char *word)
{
    BenchRate memory, glib;

    g_print("%s\n", language);
    for (data->len = 0; data->len + strlen(word) <= SIZE; data->len += strlen(word))
        memcpy(data->text + data->len, word, strlen(word));
    memory = bench_rate(copy, data, 0.05);
    glib = bench_rate(validate_glib, data, 0.05);
    for (TwCpuLevel level = TW_CPU_PORTABLE; level <= TW_CPU_AVX2; level++) {
        BenchRate ours;

        if (tw_cpu_set_most(level) != level)
            continue;
        ours = bench_rate(validate, data, 0.05);
        bench_print(tw_cpu_level_name(level), "B", ours, "memcpy", memory);
        bench_print(tw_cpu_level_name(level), "B", ours, "g_utf8_validate_len", glib);
    }
    tw_cpu_set_most(TW_CPU_VBMI);
}

int
main(void)
{
    g_autofree Data *data = g_new0(Data, 1);

    data->out.limit = SIZE;
    run(data, "German",
        "Gr\xc3\xb6\xc3\x9f"
        "ere Giraffen h\xc3\xb6ren gern Ges\xc3\xa4nge. ");
    run(data, "Russian",
        "\xd0\x96\xd0\xb8\xd1\x80\xd0\xb0\xd1\x84 \xd0\xb8 \xd1\x81\xd0\xbb\xd0\xbe\xd0\xbd ");
    run(data, "Chinese",
        "\xe9\x95\xbf\xe9\xa2\x88\xe9\xb9\xbf\xe5\x92\x8c\xe5\xa4\xa7\xe8\xb1\xa1");
    run(data, "ASCII", "Giraffes sleep little. ");
    tw_buffer_clear(&data->out);
    return 0;
}
