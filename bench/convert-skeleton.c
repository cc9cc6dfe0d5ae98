/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How fast are scanner and skeleton, and what do they make of real mail?
 *
 * usage: bench-convert-skeleton [FOLDER]   each file in FOLDER and below is a mail
 *
 * Without a folder a mail of 4 KiB and one with a 1 MiB attachment are made. Every mail is put together again and compared.
 */
#include "bench.h"

#include "base/base64.h"
#include "convert/mime-skeleton.h"

#include <string.h>

typedef struct {
    GPtrArray *mails; /* of GBytes */
    double bytes;
} Corpus;

static GBytes *
make_mail(gsize attachment_len)
{
    GString *mail = g_string_new("From: a@example.org\r\nSubject: bench\r\nContent-Type: "
                                 "multipart/mixed; boundary=\"=_b\"\r\n\r\n"
                                 "--=_b\r\nContent-Type: text/plain\r\n\r\n");
    g_autofree guint8 *data = g_malloc(attachment_len);
    g_auto(TwBuffer) text = TW_BUFFER_INIT(G_MAXSIZE);
    TwBase64Encoder encoder;

    for (guint i = 0; i < 30; i++)
        g_string_append(
            mail, "The giraffe is the tallest living land animal and eats leaves all day.\r\n");
    g_string_append(mail, "--=_b\r\nContent-Type: "
                          "application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for (gsize i = 0; i < attachment_len; i++)
        data[i] = (guint8) (i * 2654435761u >> 13);
    tw_base64_encoder_init(&encoder, TW_BASE64_MIME_COLUMNS, FALSE);
    tw_base64_encoder_put(&encoder, data, attachment_len, &text);
    tw_base64_encoder_finish(&encoder, &text);
    g_string_append_len(mail, (const char *) text.data, (gssize) text.len);
    g_string_append(mail, "\r\n--=_b--\r\n");
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
        if (g_file_test(child, G_FILE_TEST_IS_DIR))
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
    return corpus->bytes;
}

static double
plan_all(gpointer data)
{
    Corpus *corpus = data;

    for (guint i = 0; i < corpus->mails->len; i++) {
        gsize len;
        const guint8 *mail = g_bytes_get_data(corpus->mails->pdata[i], &len);
        g_autoptr(TwMimeTree) tree = tw_mime_scan(mail, len, NULL);
        g_autoptr(GArray) refs = tw_skeleton_plan(mail, len, tree, 0);
        g_bytes_unref(tw_skeleton_build(mail, len, refs, NULL));
    }
    return corpus->bytes;
}

static double
copy_all(gpointer data)
{
    Corpus *corpus = data;

    for (guint i = 0; i < corpus->mails->len; i++) {
        gsize len;
        const guint8 *mail = g_bytes_get_data(corpus->mails->pdata[i], &len);
        g_free(g_memdup2(mail, len));
    }
    return corpus->bytes;
}

typedef struct {
    const guint8 *mail;
    gsize len;
    const GArray *refs;
    gsize at;
    gboolean same;
} Check;

static gboolean
collect(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static gboolean
fetch(guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error)
{
    const Check *check = user_data;
    g_autoptr(GByteArray) value = g_byte_array_new();

    if (!tw_skeleton_decode(check->mail, check->len,
                            &g_array_index(check->refs, TwSkeletonRef, ref), collect, value, error))
        return FALSE;
    tw_buffer_put(out, value->data + offset, len);
    return TRUE;
}

static gboolean
compare(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    Check *check = user_data;

    check->same = check->same && len <= check->len - check->at &&
                  memcmp(check->mail + check->at, data, len) == 0;
    check->at += len;
    return TRUE;
}

static void
check_all(const Corpus *corpus)
{
    guint same = 0, cut = 0, refs_count = 0;
    double as_refs = 0, parts = 0;

    for (guint i = 0; i < corpus->mails->len; i++) {
        gsize len;
        const guint8 *mail = g_bytes_get_data(corpus->mails->pdata[i], &len);
        g_autoptr(TwMimeTree) tree = tw_mime_scan(mail, len, NULL);
        g_autoptr(GArray) refs = tw_skeleton_plan(mail, len, tree, 0);
        g_autoptr(GBytes) bytes = tw_skeleton_build(mail, len, refs, NULL);
        g_autoptr(TwSkeleton) skeleton = tw_skeleton_parse(bytes, NULL);
        Check check = { mail, len, refs, 0, TRUE };
        guint count;
        const TwMimePart *all = tw_mime_tree_get_parts(tree, &count);

        parts += count;
        for (guint p = 0; p < count; p++)
            cut += (all[p].flags & TW_MIME_CUT) != 0;
        for (guint r = 0; r < refs->len; r++)
            as_refs += (double) g_array_index(refs, TwSkeletonRef, r).encoded_len;
        refs_count += refs->len;
        if (skeleton != NULL && tw_skeleton_read(skeleton, 0, len, fetch, compare, &check, NULL))
            same += check.same && check.at == len;
    }
    g_print("identical %u of %u mails, %.1f MB, %.0f parts (%u past a limit); %u references hold "
            "%.1f %% of the bytes\n",
            same, corpus->mails->len, corpus->bytes / 1e6, parts, cut, refs_count,
            100 * as_refs / corpus->bytes);
}

static void
measure(const char *what, Corpus *corpus)
{
    BenchRate copy, scan, plan;
    g_autofree char *scan_name = g_strdup_printf("%s: scan", what);
    g_autofree char *plan_name = g_strdup_printf("%s: scan, plan, build", what);

    corpus->bytes = 0;
    for (guint i = 0; i < corpus->mails->len; i++)
        corpus->bytes += (double) g_bytes_get_size(corpus->mails->pdata[i]);
    check_all(corpus);
    copy = bench_rate(copy_all, corpus, 0.3);
    scan = bench_rate(scan_all, corpus, 0.3);
    plan = bench_rate(plan_all, corpus, 0.3);
    bench_print(scan_name, "byte", scan, "memcpy", copy);
    bench_print(plan_name, "byte", plan, "memcpy", copy);
}

int
main(int argc, char **argv)
{
    Corpus corpus = { .mails = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref) };

    if (argc > 1) {
        read_folder(&corpus, argv[1]);
        measure("corpus", &corpus);
    } else {
        g_ptr_array_add(corpus.mails, make_mail(512));
        measure("4 KiB", &corpus);
        g_ptr_array_set_size(corpus.mails, 0);
        g_ptr_array_add(corpus.mails, make_mail(1 << 20));
        measure("1 MiB attachment", &corpus);
    }
    g_ptr_array_unref(corpus.mails);
    return 0;
}
