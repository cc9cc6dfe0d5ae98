/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast is RTF decompressed, compressed and read? Beside memcpy of the same RTF. Bytes are those of the RTF. */
#include <string.h>

#include "bench.h"
#include "mapi/rtf-compress.h"
#include "mapi/rtf.h"

enum {
    PARAGRAPHS = 4000,
    MOST = 1 << 26
};

typedef struct {
    GBytes *rtf, *packed, *html;
    guint8 *copy;
} Data;

static GBytes *
make_html(void)
{
    static const char *const words[] = { "meeting",  "tomorrow", "please",     "find",
                                         "attached", "the",      "report",     "about",
                                         "budget",   "regards",  "caf\xc3\xa9" };
    GString *html = g_string_new("<html><head><title>x</title></head>\r\n<body>\r\n");
    guint32 seed = 42;

    for (guint i = 0; i < PARAGRAPHS; i++) {
        g_string_append(html, "<p class=\"MsoNormal\"><span style='font-size:11pt'>");
        for (guint j = 0; j < 20; j++) {
            seed = seed * 1664525u + 1013904223u;
            g_string_append_printf(html, "%s ", words[(seed >> 16) % G_N_ELEMENTS(words)]);
        }
        g_string_append(html, "&nbsp;</span></p>\r\n");
    }
    g_string_append(html, "</body></html>\r\n");
    return g_string_free_to_bytes(html);
}

static double
run_memcpy(gpointer data)
{
    Data *d = data;

    memcpy(d->copy, g_bytes_get_data(d->rtf, NULL), g_bytes_get_size(d->rtf));
    __asm__ volatile("" ::"r"(d->copy) : "memory");
    return (double) g_bytes_get_size(d->rtf);
}

static double
run_decompress(gpointer data)
{
    Data *d = data;
    g_autoptr(GBytes) rtf = tw_rtf_decompress(g_bytes_get_data(d->packed, NULL),
                                              g_bytes_get_size(d->packed), MOST, NULL);

    return (double) g_bytes_get_size(rtf);
}

static double
run_compress(gpointer data)
{
    Data *d = data;
    g_autoptr(GBytes) packed =
        tw_rtf_compress(g_bytes_get_data(d->rtf, NULL), g_bytes_get_size(d->rtf), NULL);

    return packed != NULL ? (double) g_bytes_get_size(d->rtf) : 0;
}

static double
run_to_html(gpointer data)
{
    Data *d = data;
    g_autoptr(GBytes) html =
        tw_rtf_to_html(g_bytes_get_data(d->rtf, NULL), g_bytes_get_size(d->rtf), MOST, NULL);

    return html != NULL ? (double) g_bytes_get_size(d->rtf) : 0;
}

static double
run_from_html(gpointer data)
{
    Data *d = data;
    g_autoptr(GBytes) rtf =
        tw_rtf_from_html(g_bytes_get_data(d->html, NULL), g_bytes_get_size(d->html), MOST, NULL);

    return rtf != NULL ? (double) g_bytes_get_size(d->rtf) : 0;
}

int
main(void)
{
    Data d = { .html = make_html() };
    BenchRate peer;

    d.rtf = tw_rtf_from_html(g_bytes_get_data(d.html, NULL), g_bytes_get_size(d.html), MOST, NULL);
    d.packed = tw_rtf_compress(g_bytes_get_data(d.rtf, NULL), g_bytes_get_size(d.rtf), NULL);
    d.copy = g_malloc(g_bytes_get_size(d.rtf));
    g_print("HTML %" G_GSIZE_FORMAT ", RTF %" G_GSIZE_FORMAT ", compressed %" G_GSIZE_FORMAT
            " bytes\n",
            g_bytes_get_size(d.html), g_bytes_get_size(d.rtf), g_bytes_get_size(d.packed));
    peer = bench_rate(run_memcpy, &d, 0.1);
    bench_print("decompress", "bytes", bench_rate(run_decompress, &d, 0.1), "memcpy", peer);
    bench_print("compress", "bytes", bench_rate(run_compress, &d, 0.1), "memcpy", peer);
    bench_print("de-encapsulate to HTML", "bytes", bench_rate(run_to_html, &d, 0.1), "memcpy",
                peer);
    bench_print("wrap HTML", "bytes", bench_rate(run_from_html, &d, 0.1), "memcpy", peer);
    g_bytes_unref(d.html);
    g_bytes_unref(d.rtf);
    g_bytes_unref(d.packed);
    g_free(d.copy);
    return 0;
}
