/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails: what was delivered comes back byte for byte, whole and in ranges, to one and to many. */
#include <string.h>

#include "base/error.h"
#include "convert/mail-in.h"
#include "mapi/tags.h"
#include "store/bed.h"

enum {
    RANDOM_MAILS = 150
};

/* A multipart mail with base64 attachments of random bytes, lines of @columns, ended by @eol. */
static GBytes *
make_mail(GRand *rand, guint attachments, guint columns, const char *eol)
{
    GString *mail = g_string_new(NULL);
    guint number = g_rand_int(rand);

    g_string_append_printf(mail,
                           "From: \"Sender, A.\" <a@example.org>%sTo: B <b@example.org>, "
                           "c@example.org%sSubject: Report %u%sMessage-ID: <%u@example.org>%sDate: "
                           "Sun, 22 Nov 2026 02:36:00 +0100%sMIME-Version: 1.0%sContent-Type: "
                           "multipart/mixed; boundary=\"=_b%u\"%s%s",
                           eol, eol, number, eol, number, eol, eol, eol, number, eol, eol);
    g_string_append_printf(mail, "--=_b%u%sContent-Type: text/plain%s%sHello %u%s", number, eol,
                           eol, eol, number, eol);
    for (guint i = 0; i < attachments; i++) {
        gsize len = (gsize) g_rand_int_range(rand, 0, 20000);
        g_autofree guint8 *bytes = g_malloc(len + 1);
        g_autofree char *text = NULL;
        for (gsize at = 0; at < len; at++)
            bytes[at] = (guint8) g_rand_int(rand);
        text = g_base64_encode(bytes, len);
        g_string_append_printf(mail,
                               "--=_b%u%sContent-Type: application/octet-stream; name=\"f%u\"%s"
                               "Content-Transfer-Encoding: base64%s%s",
                               number, eol, i, eol, eol, eol);
        for (gsize at = 0; at < strlen(text); at += columns)
            g_string_append_printf(mail, "%.*s%s", (int) MIN(columns, strlen(text) - at), text + at,
                                   eol);
    }
    g_string_append_printf(mail, "--=_b%u--%s", number, eol);
    return g_string_free_to_bytes(mail);
}

static gboolean
append(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static void
assert_range(Bed *bed, guint32 mid, GBytes *mail, guint64 offset, guint64 len)
{
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    gsize all;
    const guint8 *data = g_bytes_get_data(mail, &all);
    guint64 from = MIN(offset, all), most = MIN(len, all - from);

    tw_message_read_mail(bed->store, mid, offset, len, append, got, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(got->len, ==, most);
    g_assert_true(most == 0 || memcmp(got->data, data + from, most) == 0);
}

static TwMailIn *
convert(GBytes *mail)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(mail, &len);
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, len, NULL);
    TwMailInOptions options = { .inline_most = 1024 };

    return tw_mail_to_object(data, len, tree, &options);
}

static TwMessageMade
deliver(Bed *bed, GBytes *mail)
{
    TwMailTarget target = { .store = bed->store, .folder = bed->root };
    g_autoptr(TwMailIn) in = convert(mail);
    TwMailDelivery delivery = { .targets = &target, .target_count = 1, .in = in };
    TwMailResult result;
    g_autoptr(GError) error = NULL;

    tw_mail_deliver(bed->engine, mail, &delivery, &result, &error);
    g_assert_no_error(error);
    g_assert_no_error(result.error);
    return result.made;
}

typedef struct {
    const char *label, *mail;
} MailCase;

static const MailCase mail_cases[] = {
    { "nothing", "" },
    { "no header", "\r\nbody only\r\n" },
    { "no body", "Subject: x\r\n" },
    { "bare line feeds", "Subject: x\n\nbody\n" },
    { "8-bit header", "Subject: caf\xe9 \xff\r\nFrom: \xfe <x@\x80>\r\n\r\n\x01\x02\r\n" },
    { "no lines", "just words" },
    { "folded", "Subject: a\r\n b\r\n\tc\r\nReferences: <1@x>\r\n <2@x>\r\n\r\n" },
    { "bad base64",
      "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%not base64\r\n" },
    { "open quotes", "From: \"unclosed <a@b>\r\nTo: <<>>,,\"x\r\n\r\n" },
    { "unclosed parts", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\npart" },
};

static void
test_case(gconstpointer data)
{
    const MailCase *tc = data;
    g_autoptr(GBytes) mail = g_bytes_new(tc->mail, strlen(tc->mail));
    TwMessageMade made;
    Bed bed;

    bed_new(&bed);
    made = deliver(&bed, mail);
    assert_range(&bed, made.mid, mail, 0, G_MAXUINT64);
    for (guint64 at = 0; at <= strlen(tc->mail); at++)
        assert_range(&bed, made.mid, mail, at, 3);
    bed_check_store(bed.store, tc->label);
    bed_free(&bed);
}

static void
test_corpus(void)
{
    static const char *const eols[] = { "\r\n", "\n" };
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_test_rand_int());
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint64 bytes = 0;
    Bed bed;

    bed_new(&bed);
    for (guint i = 0; i < RANDOM_MAILS; i++) {
        GBytes *mail = make_mail(rand, (guint) g_rand_int_range(rand, 0, 4), i % 3 == 0 ? 60 : 76,
                                 eols[i % 2]);
        TwMessageMade made = deliver(&bed, mail);
        bytes += g_bytes_get_size(mail);
        g_ptr_array_add(mails, mail);
        g_array_append_val(mids, made.mid);
    }
    bed_reopen(&bed);
    for (guint i = 0; i < RANDOM_MAILS; i++) {
        GBytes *mail = mails->pdata[i];
        gint32 len = (gint32) g_bytes_get_size(mail);
        guint32 mid = g_array_index(mids, guint32, i);
        assert_range(&bed, mid, mail, 0, G_MAXUINT64);
        for (guint n = 0; n < 4; n++)
            assert_range(&bed, mid, mail, (guint64) g_rand_int_range(rand, 0, len + 1),
                         (guint64) g_rand_int_range(rand, 1, 3000));
    }
    g_test_message("%u mails of %" G_GUINT64_FORMAT " bytes in all", RANDOM_MAILS, bytes);
    bed_check_store(bed.store, "corpus");
    bed_free(&bed);
}

static void
test_header(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autoptr(GBytes) mail = make_mail(rand, 1, 76, "\r\n");
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GBytes) summary = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(TwMessageRow) row = { 0 };
    TwMailSummary opened;
    TwMessageMade made;
    guint32 len, header_len;
    TwHead head;
    Bed bed;

    bed_new(&bed);
    made = deliver(&bed, mail);
    object = tw_message_read(bed.store, made.mid, &row, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(tw_object_get_text(object, PR_SENDER_NAME, NULL), ==, "Sender, A.");
    g_assert_cmpstr(tw_object_get_text(object, PR_SENDER_EMAIL_ADDRESS, NULL), ==, "a@example.org");
    g_assert_cmpuint(tw_object_count(object, TW_OBJECT_RECIPIENT), ==, 2);
    g_assert_true(tw_object_has(object, PR_CLIENT_SUBMIT_TIME));
    g_assert_true(tw_object_has(object, PR_TRANSPORT_MESSAGE_HEADERS));
    g_assert_true(tw_object_has(object, PR_BODY));
    g_assert_cmpuint(tw_object_count(object, TW_OBJECT_ATTACHMENT), ==, 1);
    g_assert_true(
        tw_head_open(g_bytes_get_data(row.head, NULL), g_bytes_get_size(row.head), &head, &error));
    g_assert_true(tw_head_get_mail(&head, &len, &header_len));
    g_assert_cmpuint(len, ==, g_bytes_get_size(mail));
    summary = tw_message_get_summary(bed.store, made.mid, &error);
    g_assert_no_error(error);
    g_assert_true(tw_mail_summary_open(g_bytes_get_data(summary, NULL), g_bytes_get_size(summary),
                                       &opened, &error));
    bed_free(&bed);
}

/* To many, one of them twice, one that is full: one copy of the attachment. */
static void
test_many(void)
{
    enum {
        STORES = 20
    };
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    g_autoptr(GBytes) mail = NULL;
    TwMailTarget targets[STORES + 2];
    TwMailResult results[STORES + 2];
    TwMailDelivery delivery = { .targets = targets, .target_count = STORES + 2, .recv_us = 0 };
    TwStoreMake make = { .partition = -1, .company = 1 };
    TwQuota full = { 0, 0, 1 };
    static const guint8 once[32] = "one delivery";
    g_autoptr(GError) error = NULL;
    guint64 before;
    Bed bed;

    bed_new(&bed);
    do {
        g_clear_pointer(&mail, g_bytes_unref);
        mail = make_mail(rand, 3, 76, "\r\n");
    } while (g_bytes_get_size(mail) < 40000);
    for (guint i = 0; i < STORES; i++) {
        TwStore *store = tw_store_create(bed.engine, &make, &error);
        TwStoreInfo info;
        g_assert_true(tw_store_get_info(store, &info, &error));
        targets[i] = (TwMailTarget){ .store = store, .folder = info.root, .once = once };
    }
    targets[STORES] = targets[0];
    targets[STORES + 1] = targets[1];
    targets[STORES + 1].once = NULL;
    targets[STORES + 1].folder = 999999;
    g_assert_true(tw_store_set_quota(targets[2].store, &full, &error));
    before = tw_fault_fs_used(bed.fs);
    g_assert_true(tw_mail_deliver(bed.engine, mail, &delivery, results, &error));
    for (guint i = 0; i < STORES; i++)
        g_assert_no_error(results[i].error);
    g_assert_true(results[STORES].repeated != results[0].repeated);
    g_assert_error(results[STORES + 1].error, TW_ERROR, TW_ERROR_NOT_FOUND);
    for (guint i = 0; i < STORES + 2; i++)
        tw_mail_result_clear(&results[i]);
    g_test_message("%" G_GUINT64_FORMAT " bytes for a mail of %zu to %d",
                   tw_fault_fs_used(bed.fs) - before, g_bytes_get_size(mail), STORES);
    delivery.target_count = 3;
    targets[0].once = targets[2].once = NULL;
    g_assert_true(tw_mail_deliver(bed.engine, mail, &delivery, results, &error));
    g_assert_no_error(results[0].error);
    g_assert_true(results[1].repeated);
    g_assert_error(results[2].error, TW_ERROR, TW_ERROR_QUOTA);
    for (guint i = 0; i < 3; i++)
        tw_mail_result_clear(&results[i]);
    for (guint i = 0; i < STORES; i++) {
        bed_check_store(targets[i].store, "many");
        tw_store_unref(targets[i].store);
    }
    bed_free(&bed);
}

/* Data of an attachment, wherever they are. */
static void
read_data(TwStore *store, const TwObject *attachment, TwBuffer *out)
{
    g_autoptr(GError) error = NULL;
    TwPropValue value;
    TwBlobRef ref;

    if (tw_object_get(attachment, PR_ATTACH_DATA_BIN, &value)) {
        tw_buffer_put(out, value.data, value.len);
        return;
    }
    g_assert_true(tw_object_get_blob(attachment, PR_ATTACH_DATA_BIN, &ref, NULL));
    tw_store_read_value(store, &ref, 0, ref.len, out, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(out->len, ==, ref.len);
}

/* One mail with data of all kinds to stores of two companies: each reads them, and they are the skeleton's where it has them. */
static void
test_data(void)
{
    static const struct {
        const char *encoding, *before, *after;
        gsize len;
    } parts[] = {
        { "base64", "", "", 57 * 40 },  /* in the skeleton */
        { "base64", "!", "", 57 * 40 }, /* no encoder writes that */
        { "quoted-printable", "", "=3D", 78 * 40 - 2 + 1 },
        { "7bit", "", "", 78 * 40 - 2 },
    };
    g_autoptr(GString) text = g_string_new("Subject: x\r\nContent-Type: multipart/mixed; "
                                           "boundary=b\r\n\r\n");
    g_autoptr(GBytes) mail = NULL;
    g_autoptr(TwMailIn) in = NULL;
    g_autoptr(GError) error = NULL;
    TwMailTarget targets[2];
    TwMailResult results[2];
    TwMailDelivery delivery = { .targets = targets, .target_count = 2 };
    TwStoreMake make = { .partition = -1, .company = 7 };
    g_autofree char *line = g_strnfill(76, 'A');
    TwStoreInfo info;
    Bed bed;

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GString) body = g_string_new(NULL);
        for (guint k = 0; k < 40; k++)
            g_string_append_printf(body, "%s%s", k > 0 ? "\r\n" : "", line);
        g_string_append(text, "--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: ");
        g_string_append_printf(text, "%s\r\n\r\n%s%s%s\r\n", parts[i].encoding, parts[i].before,
                               body->str, parts[i].after);
    }
    g_string_append(text, "--b--\r\n");
    mail = g_bytes_new(text->str, text->len);
    in = convert(mail);
    g_assert_cmpuint(in->sources->len, ==, G_N_ELEMENTS(parts));
    delivery.in = in;
    bed_new(&bed);
    targets[0] = (TwMailTarget){ .store = bed.store, .folder = bed.root };
    targets[1] = (TwMailTarget){ .store = tw_store_create(bed.engine, &make, &error) };
    g_assert_true(tw_store_get_info(targets[1].store, &info, &error));
    targets[1].folder = info.root;
    g_assert_true(tw_mail_deliver(bed.engine, mail, &delivery, results, &error));
    for (guint t = 0; t < 2; t++) {
        g_autoptr(TwObject) object = NULL;
        g_assert_no_error(results[t].error);
        object = tw_message_read(targets[t].store, results[t].made.mid, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(tw_object_count(object, TW_OBJECT_ATTACHMENT), ==, G_N_ELEMENTS(parts));
        for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
            g_auto(TwBuffer) data = TW_BUFFER_INIT(100000);
            read_data(targets[t].store, tw_object_at(object, TW_OBJECT_ATTACHMENT, i), &data);
            g_assert_cmpuint(data.len, ==, parts[i].len);
        }
        bed_check_store(targets[t].store, "data");
    }
    tw_store_unref(targets[1].store);
    bed_free(&bed);
}

/* A flag keeps the mail and its uid; another text does not. */
static void
test_save(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    g_autoptr(GBytes) mail = make_mail(rand, 2, 76, "\r\n");
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = NULL;
    g_auto(TwMessageRow) row = { 0 };
    TwPropValue value = tw_value_long(PR_FLAG_STATUS, 2);
    TwMessageMade made;
    guint64 cn;
    Bed bed;

    bed_new(&bed);
    made = deliver(&bed, mail);
    object = tw_message_read(bed.store, made.mid, NULL, &error);
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_message_save(bed.store, made.mid, made.cn, object, 0, &cn, &error));
    assert_range(&bed, made.mid, mail, 0, G_MAXUINT64);
    g_assert_true(tw_message_get(bed.store, made.mid, &row, &error));
    g_assert_cmpuint(row.uid, ==, made.uid);
    tw_message_row_clear(&row);
    value = tw_value_str(PR_SUBJECT, "another subject");
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_message_save(bed.store, made.mid, cn, object, 0, &cn, &error));
    g_assert_true(tw_message_get(bed.store, made.mid, &row, &error));
    g_assert_cmpuint(row.uid, >, made.uid);
    g_assert_false(tw_message_read_mail(bed.store, made.mid, 0, G_MAXUINT64, append, got, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    bed_check_store(bed.store, "saved");
    bed_free(&bed);
}

/* Looked for together: in the folder that is named, however deleted, and each of them alone. */
static void
test_found(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    GBytes *mails[4];
    g_autoptr(GError) error = NULL;
    guint32 mids[6] = { 0 }, elsewhere;
    TwMessageSet set = { 0 };
    Bed bed;

    bed_new(&bed);
    elsewhere = bed_folder(&bed, bed.root, "elsewhere");
    for (guint i = 0; i < G_N_ELEMENTS(mails); i++) {
        mails[i] = make_mail(rand, i, 76, "\r\n");
        mids[i] = deliver(&bed, mails[i]).mid;
    }
    mids[4] = bed_message(&bed, bed.root, "no mail", 20);
    mids[5] = mids[4] + 1000;
    set = (TwMessageSet){ bed.root, mids + 1, 1 };
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, &error));
    for (guint round = 0; round < 3; round++) {
        guint32 folder = round == 0 ? bed.root : round == 1 ? 0 : elsewhere;
        g_autoptr(TwMailsFound) found =
            tw_mails_find(bed.store, folder, mids, G_N_ELEMENTS(mids), &error);

        g_assert_no_error(error);
        for (guint i = 0; i < G_N_ELEMENTS(mids); i++) {
            g_autoptr(GByteArray) got = g_byte_array_new();
            g_autoptr(GError) why = NULL;
            gboolean read =
                tw_mails_found_read(found, i, i == 2 ? 20 : G_MAXUINT64, append, got, &why);
            gsize len;
            const guint8 *data;

            g_assert_true(read == (round < 2 && i < G_N_ELEMENTS(mails)));
            if (!read) {
                g_assert_error(why, TW_ERROR, TW_ERROR_NOT_FOUND);
                continue;
            }
            data = g_bytes_get_data(mails[i], &len);
            g_assert_cmpuint(got->len, ==, i == 2 ? 20 : len);
            g_assert_cmpint(memcmp(got->data, data, got->len), ==, 0);
            g_assert_false(tw_mails_found_read(found, i, 1, append, got, NULL)); /* once */
        }
    }
    g_assert_true(tw_folder_delete(bed.store, elsewhere, TRUE, &error));
    g_assert_null(tw_mails_find(bed.store, elsewhere, mids, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    for (guint i = 0; i < G_N_ELEMENTS(mails); i++)
        g_bytes_unref(mails[i]);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    for (guint i = 0; i < G_N_ELEMENTS(mail_cases); i++) {
        g_autofree char *path = g_strconcat("/store/mail/case/", mail_cases[i].label, NULL);
        g_test_add_data_func(path, &mail_cases[i], test_case);
    }
    g_test_add_func("/store/mail/corpus", test_corpus);
    g_test_add_func("/store/mail/data", test_data);
    g_test_add_func("/store/mail/found", test_found);
    g_test_add_func("/store/mail/header", test_header);
    g_test_add_func("/store/mail/many", test_many);
    g_test_add_func("/store/mail/save", test_save);
    return g_test_run();
}
