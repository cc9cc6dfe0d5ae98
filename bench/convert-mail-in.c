/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What does it cost to make a message of a mail, beside only scanning it?
 *
 * usage: bench-convert-mail-in [FOLDER]   each file in FOLDER and below is a mail
 *
 * Without a folder: plain mails of 3.8 KB, and mails of 24 KB with plain text, HTML and a small image.
 */
#include "bench.h"
#include "mails.h"

#include "base/base64.h"
#include "convert/mail-in.h"

#include <string.h>

enum {
    MAILS = 64,
    LARGE_LEN = 24 * 1024
};

typedef struct {
    GPtrArray *mails; /* of GBytes */
} Corpus;

static GBytes *
make_large(GRand *rand)
{
    GString *mail = g_string_new(NULL);

    bench_mail_header(mail, rand);
    g_string_append(mail,
                    "Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: "
                    "multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; "
                    "charset=utf-8\r\n\r\n");
    bench_mail_words(mail, rand, LARGE_LEN / 4);
    g_string_append(mail, "--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>");
    bench_mail_words(mail, rand, LARGE_LEN * 3 / 4);
    g_string_append(mail, "<img src=\"cid:i\"></body></html>\r\n--a--\r\n--r\r\nContent-Type: "
                          "image/png; name=i.png\r\nContent-ID: <i>\r\nContent-Transfer-Encoding: "
                          "base64\r\n\r\n");
    while (mail->len < LARGE_LEN)
        g_string_append(
            mail, "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhg\r\n");
    g_string_append(mail, "--r--\r\n");
    return g_string_free_to_bytes(mail);
}

static void
read_folder(Corpus *corpus, const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        char *data;
        gsize len;
        if (g_file_test(child,
                        G_FILE_TEST_IS_DIR)) // NOLINTNEXTLINE(misc-no-recursion): depth of a folder
            read_folder(corpus, child);
        else if (g_file_get_contents(child, &data, &len, NULL))
            g_ptr_array_add(corpus->mails, g_bytes_new_take(data, len));
    }
}

static double
scan_all(gpointer data)
{
    Corpus *corpus = data;

    for (guint i = 0; i < corpus->mails->len; i++) {
        gsize len;
        const guint8 *mail = g_bytes_get_data(corpus->mails->pdata[i], &len);
        tw_mime_tree_free(tw_mime_scan(mail, len, NULL));
    }
    return corpus->mails->len;
}

static double
convert_all(gpointer data)
{
    Corpus *corpus = data;
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwMailInOptions options = { .names = names, .inline_most = 1024, .received_us = 1 };

    for (guint i = 0; i < corpus->mails->len; i++) {
        gsize len;
        const guint8 *mail = g_bytes_get_data(corpus->mails->pdata[i], &len);
        g_autoptr(TwMimeTree) tree = tw_mime_scan(mail, len, NULL);
        tw_mail_in_free(tw_mail_to_object(mail, len, tree, &options));
    }
    return corpus->mails->len;
}

static void
measure(const char *what, Corpus *corpus)
{
    double bytes = 0;
    BenchRate scan = bench_rate(scan_all, corpus, 0.5);
    BenchRate convert = bench_rate(convert_all, corpus, 0.5);

    for (guint i = 0; i < corpus->mails->len; i++)
        bytes += (double) g_bytes_get_size(corpus->mails->pdata[i]);
    g_print("%u mails of %.1f KB\n", corpus->mails->len, bytes / 1e3 / corpus->mails->len);
    bench_print(what, "mail", convert, "scan alone", scan);
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Corpus corpus = { mails };

    if (argc > 1) {
        read_folder(&corpus, argv[1]);
        if (mails->len > 0)
            measure("corpus: scan and convert", &corpus);
        return 0;
    }
    for (guint i = 0; i < MAILS; i++)
        g_ptr_array_add(mails, bench_mail_new(rand));
    measure("plain: scan and convert", &corpus);
    g_ptr_array_set_size(mails, 0);
    for (guint i = 0; i < MAILS; i++)
        g_ptr_array_add(mails, make_large(rand));
    measure("alternative with an image: scan and convert", &corpus);
    return 0;
}
