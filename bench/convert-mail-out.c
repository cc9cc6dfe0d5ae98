/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast is a message written as mail? Peer: base64 of its attachment alone; for a small mail, copying the mail. */
#include <string.h>

#include "base/base64.h"
#include "bench.h"
#include "convert/mail-out.h"
#include "mapi/tags.h"

typedef struct {
    TwNameMap *names;
    TwObject *message;
    guint8 *file;
    gsize file_len;
    GBytes *mail;
} Bed;

static void
put(TwObject *node, TwPropValue value)
{
    if (!tw_object_set(node, &value, NULL))
        g_error("a value that is none");
}

static Bed
make_bed(gsize file_len)
{
    Bed bed = { .names = tw_name_map_new(), .message = tw_object_new(TW_OBJECT_MESSAGE) };
    TwMailOptions options = { .names = bed.names };
    GString *text = g_string_new(NULL);

    while (text->len < 2000)
        g_string_append(text, "Some words of a paragraph that goes on for a while, as they do. ");
    put(bed.message, tw_value_str(PR_SUBJECT, "Gr\xc3\xbc\xc3\x9f"
                                              "e aus dem Norden"));
    put(bed.message, tw_value_str(PR_BODY, text->str));
    put(bed.message, tw_value_str(PR_SENT_REPRESENTING_NAME, "Anna Boss"));
    put(bed.message, tw_value_str(PR_SENT_REPRESENTING_ADDRTYPE, "SMTP"));
    put(bed.message, tw_value_str(PR_SENT_REPRESENTING_EMAIL_ADDRESS, "anna@example.org"));
    put(bed.message, tw_value_bytes(PR_HTML, (const guint8 *) text->str, text->len));
    put(bed.message, tw_value_long(PR_INTERNET_CPID, 65001));
    for (guint i = 0; i < 5; i++) {
        TwObject *row = tw_object_add(bed.message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

        put(row, tw_value_long(PR_RECIPIENT_TYPE, 1));
        put(row, tw_value_str(PR_DISPLAY_NAME, "Someone Else"));
        put(row, tw_value_str(PR_ADDRTYPE, "SMTP"));
        put(row, tw_value_str(PR_EMAIL_ADDRESS, "someone@example.org"));
    }
    bed.file_len = file_len;
    bed.file = g_malloc0(file_len + 1);
    for (gsize i = 0; i < file_len; i++)
        bed.file[i] = (guint8) (i * 2654435761u >> 13);
    if (file_len > 0) {
        TwObject *file =
            tw_object_add(bed.message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

        put(file, tw_value_str(PR_ATTACH_LONG_FILENAME, "picture.png"));
        put(file, tw_value_str(PR_ATTACH_MIME_TAG, "image/png"));
        put(file, tw_value_bytes(PR_ATTACH_DATA_BIN, bed.file, file_len));
    }
    bed.mail = tw_mail_write_bytes(bed.message, &options, 1 << 26, NULL);
    g_string_free(text, TRUE);
    return bed;
}

static void
clear_bed(Bed *bed)
{
    g_bytes_unref(bed->mail);
    tw_object_free(bed->message);
    tw_name_map_free(bed->names);
    g_free(bed->file);
}

static gboolean
count(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    (void) bytes;
    (void) error;
    *(gsize *) data += len;
    return TRUE;
}

static double
write_mail(gpointer data)
{
    Bed *bed = data;
    TwMailOptions options = { .names = bed->names };
    gsize len = 0;

    if (!tw_mail_write(bed->message, &options, count, &len, NULL))
        g_error("not written");
    return (double) len;
}

static double
encode_file(gpointer data)
{
    Bed *bed = data;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 26);
    TwBase64Encoder encoder;

    tw_base64_encoder_init(&encoder, TW_BASE64_MIME_COLUMNS, FALSE);
    tw_base64_encoder_put(&encoder, bed->file, bed->file_len, &out);
    tw_base64_encoder_finish(&encoder, &out);
    return (double) out.len;
}

static double
copy_mail(gpointer data)
{
    Bed *bed = data;
    gsize len;
    const void *bytes = g_bytes_get_data(bed->mail, &len);
    g_autofree void *copy = g_memdup2(bytes, len);

    return copy != NULL ? (double) len : 0;
}

int
main(void)
{
    Bed small = make_bed(0);
    Bed large = make_bed(4 << 20);
    BenchRate rate = bench_rate(write_mail, &small, 0.3);
    double len = (double) g_bytes_get_size(small.mail);

    bench_print("text and HTML", "byte", rate, "copying it", bench_rate(copy_mail, &small, 0.3));
    g_print("%.0f mails of %.0f bytes a second\n", rate.median / len, len);
    bench_print("with a file of 4 MiB", "byte", bench_rate(write_mail, &large, 0.3),
                "base64 of the file", bench_rate(encode_file, &large, 0.3));
    clear_bed(&small);
    clear_bed(&large);
    return 0;
}
