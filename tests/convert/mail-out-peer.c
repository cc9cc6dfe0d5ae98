/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writes mails for another reader to look at: FOLDER/N.eml, and in FOLDER/N.want what it has to find there, a line a fact,
 * values in hexadecimal. mail-out-peer.py reads both.
 */
#include <stdio.h>
#include <string.h>

#include "convert/mail-out.h"
#include "convert/object-dump.h"

static const char *const words[] = { "word",
                                     "Gr\303\274\303\237e",
                                     "\xd0\x9c\xd0\xb8\xd1\x80",
                                     "\xf0\x9f\xa6\x92",
                                     "a,b",
                                     "q\"q",
                                     "=?x?=",
                                     "(c)",
                                     "x;y=z",
                                     "percent%20",
                                     "longer-than-most-words" };

static char *
make_text(GRand *rand, gint32 most)
{
    GString *text = g_string_new(words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
    gint32 count = g_rand_int_range(rand, 0, most);

    for (gint32 i = 0; i < count; i++)
        g_string_append_printf(text, " %s", words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
    return g_string_free(text, FALSE);
}

static void
want(GString *out, const char *fact, const void *data, gsize len)
{
    g_string_append_printf(out, "%s ", fact);
    dump_bytes(out, data, len);
    g_string_append_c(out, '\n');
}

static TwObject *
make_mail(GRand *rand, GString *out)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *subject = make_text(rand, 30);
    g_autofree char *body = make_text(rand, 200);
    g_autofree char *author = make_text(rand, 8);
    gint32 files = g_rand_int_range(rand, 0, 4);

    put(message, tw_value_str(PR_SUBJECT, subject));
    want(out, "subject", subject, strlen(subject));
    put(message, tw_value_str(PR_BODY, body));
    want(out, "body", body, strlen(body));
    put(message, tw_value_str(PR_SENT_REPRESENTING_NAME, author));
    put(message, tw_value_str(PR_SENT_REPRESENTING_ADDRTYPE, "SMTP"));
    put(message, tw_value_str(PR_SENT_REPRESENTING_EMAIL_ADDRESS, "a@example.org"));
    want(out, "from", author, strlen(author));
    put(message, tw_value_i8(PR_CLIENT_SUBMIT_TIME, 132539328000000000));
    for (guint i = 0; i < 3; i++) {
        TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
        g_autofree char *name = make_text(rand, 6);
        g_autofree char *address = g_strdup_printf("r%u@example.org", i);

        put(row, tw_value_long(PR_RECIPIENT_TYPE, 1));
        put(row, tw_value_str(PR_DISPLAY_NAME, name));
        put(row, tw_value_str(PR_ADDRTYPE, "SMTP"));
        put(row, tw_value_str(PR_EMAIL_ADDRESS, address));
        want(out, "to", name, strlen(name));
    }
    if (g_rand_boolean(rand)) {
        g_autofree char *html = g_strdup_printf("<p>%s</p>", body);

        put(message, tw_value_bytes(PR_HTML, (const guint8 *) html, strlen(html)));
        put(message, tw_value_long(PR_INTERNET_CPID, 65001));
        want(out, "html", html, strlen(html));
    }
    for (gint32 i = 0; i < files; i++) {
        TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
        g_autofree char *name = make_text(rand, 12);
        guint8 data[512];
        gsize len = (gsize) g_rand_int_range(rand, 0, 512);

        for (gsize k = 0; k < len; k++)
            data[k] = (guint8) g_rand_int_range(rand, i == 0 ? 32 : 0, i == 0 ? 127 : 256);
        put(file, tw_value_str(PR_ATTACH_LONG_FILENAME, name));
        put(file, tw_value_str(PR_ATTACH_MIME_TAG, i == 0 ? "text/csv" : "image/x-test"));
        put(file, tw_value_bytes(PR_ATTACH_DATA_BIN, data, len));
        want(out, "name", name, strlen(name));
        want(out, "data", data, len);
    }
    return message;
}

int
main(int argc, char **argv)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwMailOptions options = { .names = names, .domain = "mail.example" };

    if (argc != 2)
        return 2;
    for (guint32 seed = 0; seed < 200; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GString) wanted = g_string_new(NULL);
        g_autoptr(TwObject) message = make_mail(rand, wanted);
        g_autoptr(GBytes) mail = tw_mail_write_bytes(message, &options, 1 << 26, NULL);
        g_autofree char *mail_path = g_strdup_printf("%s/%u.eml", argv[1], seed);
        g_autofree char *want_path = g_strdup_printf("%s/%u.want", argv[1], seed);

        if (mail == NULL ||
            !g_file_set_contents(mail_path, g_bytes_get_data(mail, NULL),
                                 (gssize) g_bytes_get_size(mail), NULL) ||
            !g_file_set_contents(want_path, wanted->str, (gssize) wanted->len, NULL))
            return 1;
    }
    return 0;
}
