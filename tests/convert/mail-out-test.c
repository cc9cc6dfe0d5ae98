/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-out.h"

#include <string.h>

#include "base/error.h"
#include "convert/mail-in.h"
#include "convert/random-object.h"
#include "convert/tnef.h"
#include "mapi/entryid.h"
#include "mapi/rtf-compress.h"
#include "mapi/rtf.h"

static char *
write_with(const TwObject *message, TwMailOptions options)
{
    g_autoptr(TwNameMap) names = options.names == NULL ? tw_name_map_new() : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = NULL;
    gsize len;
    const char *data;

    if (options.names == NULL)
        options.names = names;
    if (options.domain == NULL)
        options.domain = "mail.example";
    mail = tw_mail_write_bytes(message, &options, 1 << 26, &error);
    g_assert_no_error(error);
    data = g_bytes_get_data(mail, &len);
    g_assert_null(memchr(data, 0, len));
    return g_strndup(data, len);
}

static TwObject *
make_mail(void)
{
    static const guint8 key[] = "a search key of it";
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *row;

    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"));
    put(message, tw_value_bytes(PR_SEARCH_KEY, key, 16));
    put(message, tw_value_str(PR_SUBJECT, "Gr\xc3\xbc\xc3\x9f"
                                          "e"));
    put(message, tw_value_str(PR_BODY, "Hello\r\nworld\r\n"));
    put(message, tw_value_i8(PR_CLIENT_SUBMIT_TIME, 132539328000000000));
    put(message, tw_value_str(PR_SENT_REPRESENTING_NAME, "Anna Boss"));
    put(message, tw_value_str(PR_SENT_REPRESENTING_ADDRTYPE, "SMTP"));
    put(message, tw_value_str(PR_SENT_REPRESENTING_EMAIL_ADDRESS, "anna@example.org"));
    put(message, tw_value_str(PR_SENDER_NAME, "Bert"));
    put(message, tw_value_str(PR_SENDER_ADDRTYPE, "SMTP"));
    put(message, tw_value_str(PR_SENDER_EMAIL_ADDRESS, "bert@example.org"));
    for (guint i = 1; i <= 3; i++) {
        static const char *const addresses[] = { "to@example.org", "cc@example.org",
                                                 "bcc@example.org" };

        row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
        put(row, tw_value_long(PR_RECIPIENT_TYPE, i));
        put(row, tw_value_str(PR_DISPLAY_NAME, "Some One"));
        put(row, tw_value_str(PR_ADDRTYPE, "SMTP"));
        put(row, tw_value_str(PR_EMAIL_ADDRESS, addresses[i - 1]));
    }
    return message;
}

static TwObject *
add_file(TwObject *message, const char *name, const char *type, const char *data)
{
    TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

    put(file, tw_value_long(PR_ATTACH_METHOD, 1));
    put(file, tw_value_str(PR_ATTACH_LONG_FILENAME, name));
    put(file, tw_value_str(PR_ATTACH_MIME_TAG, type));
    put(file, tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) data, strlen(data)));
    return file;
}

static void
test_plain(void)
{
    g_autoptr(TwObject) message = make_mail();
    g_autofree char *mail = write_with(message, (TwMailOptions){ .date_offset_min = 120 });
    g_autofree char *again = write_with(message, (TwMailOptions){ .date_offset_min = 120 });

    g_assert_cmpstr(mail, ==, again);
    g_assert_cmpstr(mail, ==,
                    "Date: Fri, 1 Jan 2021 02:00:00 +0200\r\n"
                    "From: Anna Boss <anna@example.org>\r\n"
                    "Sender: Bert <bert@example.org>\r\n"
                    "To: Some One <to@example.org>\r\n"
                    "Cc: Some One <cc@example.org>\r\n"
                    "Message-ID: <4f16073ce8b432e779ce1ccf33800302@mail.example>\r\n"
                    "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
                    "MIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=us-ascii; format=flowed\r\n"
                    "Content-Transfer-Encoding: 7bit\r\n"
                    "\r\n"
                    "Hello\r\nworld\r\n");
}

/* The types of all parts, in order, with what matters beside them. */
static char *
structure(const char *mail)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan((const guint8 *) mail, strlen(mail), NULL);
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < count; i++) {
        g_assert_cmpuint(parts[i].flags & (TW_MIME_UNCLOSED | TW_MIME_CUT | TW_MIME_NO_HEADER_END),
                         ==, 0);
        g_string_append_printf(out, "%s%*s%s/%s", i > 0 ? "\n" : "", parts[i].depth, "",
                               parts[i].type, parts[i].subtype);
    }
    return g_string_free(out, FALSE);
}

static gboolean
make_calendar(gpointer data, const TwObject *message, TwMailOutPart *ret, GError **error)
{
    (void) data;
    (void) message;
    (void) error;
    ret->text = g_bytes_new_static("BEGIN:VCALENDAR\nEND:VCALENDAR\n", 30);
    ret->method = g_strdup("REQUEST");
    return TRUE;
}

static void
set_html(TwObject *message, const char *html)
{
    put(message, tw_value_bytes(PR_HTML, (const guint8 *) html, strlen(html)));
    put(message, tw_value_long(PR_INTERNET_CPID, 65001));
}

static void
build_alternative(TwObject *message)
{
    set_html(message, "<p>Hello</p>");
}

static void
build_related(TwObject *message)
{
    TwObject *file = add_file(message, "a.png", "image/png", "PNG");

    set_html(message, "<img src=\"cid:one%40here\">");
    put(file, tw_value_str(PR_ATTACH_CONTENT_ID, "one@here"));
    add_file(message, "b.pdf", "application/pdf", "PDF");
}

static void
build_embedded(TwObject *message)
{
    TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    TwObject *inner = make_mail();

    build_alternative(inner);
    g_assert_true(tw_object_set_embedded(file, inner, NULL));
}

static void
build_rtf(TwObject *message)
{
    static const char html[] = "<b>bold</b>";
    g_autoptr(GBytes) rtf = tw_rtf_from_html(html, strlen(html), 1 << 16, NULL);
    g_autoptr(GBytes) packed =
        tw_rtf_compress(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf), NULL);

    tw_object_remove(message, PR_BODY);
    put(message, tw_value_bytes(PR_RTF_COMPRESSED, g_bytes_get_data(packed, NULL),
                                g_bytes_get_size(packed)));
}

static void
build_native_plain(TwObject *message)
{
    set_html(message, "<p>made by a client</p>");
    put(message, tw_value_long(PR_NATIVE_BODY_INFO, 1));
}

static void
build_meeting(TwObject *message)
{
    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.Schedule.Meeting.Request"));
}

static void
build_task(TwObject *message)
{
    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.StickyNote"));
    add_file(message, "b.pdf", "application/pdf", "PDF");
}

static void
build_report(TwObject *message)
{
    put(message, tw_value_str(PR_MESSAGE_CLASS, "REPORT.IPM.Note.NDR"));
    build_embedded(message);
}

static void
build_receipt(TwObject *message)
{
    put(message, tw_value_str(PR_MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN"));
}

static void
build_signed(TwObject *message)
{
    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.Note.SMIME.MultipartSigned"));
    add_file(message, "smime.p7m", "multipart/signed",
             "Content-Type: multipart/signed; boundary=x\n\n--x\n\nhi\n--x\n"
             "Content-Type: application/pkcs7-signature\n\nsig\n--x--\n");
}

static void
build_encrypted(TwObject *message)
{
    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.Note.SMIME"));
    add_file(message, "smime.p7m", "application/pkcs7-mime", "0\x82");
}

static void
build_by_reference(TwObject *message)
{
    TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

    put(file, tw_value_long(PR_ATTACH_METHOD, 7));
    put(file, tw_value_str(PR_ATTACH_LONG_PATHNAME, "https://example.org/file.pdf"));
}

#define ALTERNATIVE "multipart/alternative\n text/plain\n text/html"

static const struct {
    const char *name;
    void (*build)(TwObject *message);
    TwMailTnef tnef;
    const char *expect;
} shapes[] = {
    { "alternative", build_alternative, TW_MAIL_TNEF_NEEDED, ALTERNATIVE },
    { "related", build_related, TW_MAIL_TNEF_NEEDED,
      "multipart/mixed\n multipart/alternative\n  text/plain\n  multipart/related\n   text/html\n"
      "   image/png\n application/pdf" },
    { "embedded", build_embedded, TW_MAIL_TNEF_NEEDED,
      "multipart/mixed\n text/plain\n message/rfc822\n  multipart/alternative\n   text/plain\n"
      "   text/html" },
    { "RTF", build_rtf, TW_MAIL_TNEF_NEEDED, ALTERNATIVE },
    { "native plain", build_native_plain, TW_MAIL_TNEF_NEEDED, "text/plain" },
    { "meeting", build_meeting, TW_MAIL_TNEF_NEEDED,
      "multipart/alternative\n text/plain\n text/calendar" },
    { "note", build_task, TW_MAIL_TNEF_NEEDED,
      "multipart/mixed\n text/plain\n application/pdf\n application/ms-tnef" },
    { "note without TNEF", build_task, TW_MAIL_TNEF_NEVER,
      "multipart/mixed\n text/plain\n application/pdf" },
    { "TNEF always", build_alternative, TW_MAIL_TNEF_ALWAYS,
      "multipart/mixed\n multipart/alternative\n  text/plain\n  text/html\n application/ms-tnef" },
    { "report", build_report, TW_MAIL_TNEF_NEEDED,
      "multipart/report\n text/plain\n message/delivery-status\n message/rfc822\n"
      "  multipart/alternative\n   text/plain\n   text/html" },
    { "receipt", build_receipt, TW_MAIL_TNEF_NEEDED,
      "multipart/report\n text/plain\n message/disposition-notification" },
    { "signed", build_signed, TW_MAIL_TNEF_NEEDED,
      "multipart/signed\n text/plain\n application/pkcs7-signature" },
    { "encrypted", build_encrypted, TW_MAIL_TNEF_NEEDED, "application/pkcs7-mime" },
    { "by reference", build_by_reference, TW_MAIL_TNEF_NEEDED,
      "multipart/mixed\n text/plain\n message/external-body" },
};

static void
test_shapes(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(TwObject) message = make_mail();
        g_autofree char *mail = NULL;
        g_autofree char *have = NULL;

        g_test_message("%s", shapes[i].name);
        shapes[i].build(message);
        mail = write_with(message,
                          (TwMailOptions){ .tnef = shapes[i].tnef, .calendar = make_calendar });
        have = structure(mail);
        g_assert_cmpstr(have, ==, shapes[i].expect);
        if (shapes[i].build !=
            build_report) /* a hidden one that failed is no secret to the sender */
            g_assert_null(strstr(mail, "bcc@"));
    }
}

static void
test_options(void)
{
    static const struct {
        const char *name;
        TwMailOptions options;
        const char *has, *lacks;
    } cases[] = {
        { "bcc", { .flags = TW_MAIL_BCC }, "\r\nBcc: Some One <bcc@", NULL },
        { "UTF-8", { .flags = TW_MAIL_UTF8 }, "Subject: Gr\xc3\xbc", "=?" },
        { "an id's domain", { .domain = "other.example" }, "@other.example>", "@mail.example" },
        { "a bad domain", { .domain = "x>\r\nBcc: y" }, "@localhost>", "Bcc" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwObject) message = make_mail();
        g_autofree char *mail = write_with(message, cases[i].options);

        g_test_message("%s", cases[i].name);
        g_assert_nonnull(strstr(mail, cases[i].has));
        if (cases[i].lacks != NULL)
            g_assert_null(strstr(mail, cases[i].lacks));
    }
}

/* Every text of a message, recipient and attachment tries to be a field of its own. */
static void
test_injection(void)
{
    static const char *const evil[] = { "x\r\nBcc: victim@x", "x\nBcc: victim@x",
                                        "x\rBcc: victim@x", "\r\n\r\nBcc: victim@x",
                                        "x\r\n Bcc:y\r\nBcc: z" };
    static const guint32 ids[] = { 0x0037, 0x0070, 0x007d, 0x001a, 0x0042, 0x0064, 0x0065, 0x0c1a,
                                   0x0c1e, 0x0c1f, 0x1035, 0x1037, 0x1039, 0x1042, 0x1043, 0x1044,
                                   0x1045, 0x3001, 0x3002, 0x3003, 0x39fe, 0x3704, 0x3707, 0x370d,
                                   0x370e, 0x3712, 0x3713, 0x5d01, 0x5d02, 0x0080, 0x0081 };

    for (guint e = 0; e < G_N_ELEMENTS(evil); e++) {
        for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
            g_autoptr(TwObject) message = make_mail();
            TwObject *file = add_file(message, "a", "text/plain", "x");
            TwPropValue value = tw_value_str(tw_prop_tag(ids[i], TW_PT_UNICODE), evil[e]);
            g_autofree char *mail = NULL;

            put(message, value);
            if (ids[i] != 0x3001 || e % 2 == 0)
                put(file, value);
            put(tw_object_at(message, TW_OBJECT_RECIPIENT, 0), value);
            mail = write_with(message, (TwMailOptions){ .flags = TW_MAIL_RECEIVED });
            if (ids[i] != 0x007d) /* what it came with is fields, but never one of ours */
                g_assert_null(strstr(mail, "\nBcc:"));
            g_assert_null(strstr(mail, "\nBcc: victim"));
        }
    }
}

/* No bare CR or LF, no line over 998, whatever the object. */
static void
check_lines(const char *mail, gsize len)
{
    gsize line = 0;

    for (gsize i = 0; i < len; i++) {
        if (mail[i] == '\n') {
            g_assert_true(i > 0 && mail[i - 1] == '\r');
            g_assert_cmpuint(i - 1 - line, <=, 998);
            line = i + 1;
        } else if (mail[i] == '\r') {
            g_assert_true(i + 1 < len && mail[i + 1] == '\n');
        } else {
            g_assert_true(mail[i] != '\0');
        }
    }
    g_assert_cmpuint(line, ==, len);
}

static void
test_random(void)
{
    for (guint32 seed = 0; seed < 600; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(TwObject) message = random_object(rand, 2);
        TwMailOptions options = { .flags = seed % 16, .calendar = seed % 3 ? make_calendar : NULL };
        g_autofree char *mail = write_with(message, options);
        g_autofree char *shape = NULL;

        check_lines(mail, strlen(mail));
        if ((options.flags & (TW_MAIL_8BIT | TW_MAIL_UTF8)) == 0 &&
            strstr(mail, "multipart/signed") == NULL)
            g_assert_true(g_str_is_ascii(mail));
        shape = structure(mail);
        g_assert_nonnull(shape);
    }
}

/* --- values in blobs ------------------------------------------------------------------------------------------- */

typedef struct {
    gsize largest, len;
    guint64 seen;
} Reading;

static gboolean
read_blob(gpointer data,
          const TwObject *node,
          guint32 tag,
          guint64 offset,
          void *buf,
          gsize len,
          gsize *ret_len,
          GError **error)
{
    Reading *reading = data;

    (void) node;
    (void) error;
    g_assert_cmpuint(tag, ==, PR_ATTACH_DATA_BIN);
    g_assert_cmpuint(offset, ==, reading->seen);
    if (offset >= reading->len) {
        *ret_len = 0;
        return TRUE;
    }
    *ret_len = MIN(len, reading->len - (gsize) offset);
    *ret_len = MIN(*ret_len, 10007);
    memset(buf, 'x', *ret_len);
    reading->seen += *ret_len;
    return TRUE;
}

static gboolean
count_bytes(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    Reading *reading = data;

    (void) bytes;
    (void) error;
    reading->largest = MAX(reading->largest, len);
    return TRUE;
}

static void
test_streaming(void)
{
    enum {
        LEN = 5242880
    };
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = make_mail();
    TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    TwBlobRef ref = { .known = FALSE, .len = LEN };
    Reading reading = { .len = LEN };
    TwValueSource source = { read_blob, &reading };
    TwMailOptions options = { .names = names, .source = &source };
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_object_set_blob(file, PR_ATTACH_DATA_BIN, &ref, NULL));
    tw_mail_write(message, &options, count_bytes, &reading, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(reading.seen, ==, LEN);
    g_assert_cmpuint(reading.largest, <, 64 * 1024);
    reading.seen = 0;
    reading.len = LEN / 2; /* the blob is shorter than the message says */
    g_assert_false(tw_mail_write(message, &options, count_bytes, &reading, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    options.source = NULL;
    g_assert_false(tw_mail_write(message, &options, count_bytes, &reading, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
}

/* --- there and back; row by row in mail-properties-test.c ------------------------------------------------------- */

static TwMailIn *
read_mail(const char *mail, TwNameMap *names)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan((const guint8 *) mail, strlen(mail), NULL);
    TwMailInOptions options = { .names = names };

    return tw_mail_to_object((const guint8 *) mail, strlen(mail), tree, &options);
}

static void
test_parts_come_back(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = make_mail();
    TwObject *file = add_file(message,
                              "Gr\xc3\xb6\xc3\x9f"
                              "e und so weiter, ein langer Name eines Bildes.png",
                              "image/png", "\x89PNG\r\n\x1a\nxyz");
    g_autoptr(TwMailIn) back = NULL;
    g_autofree char *mail = NULL;
    TwPropValue value;

    put(file, tw_value_str(PR_ATTACH_CONTENT_ID, "one@here"));
    set_html(message, "<p>Gr\xc3\xbc\xc3\x9f"
                      "e<img src=cid:one@here></p>\r\n");
    add_file(message, "a.txt", "text/plain", "lines\nwith bare ends\r\nand \xff bytes ");
    build_embedded(message);
    mail = write_with(message, (TwMailOptions){ .names = names });
    back = read_mail(mail, names);
    g_assert_cmpuint(tw_object_count(back->object, TW_OBJECT_ATTACHMENT), ==, 3);
    g_assert_cmpuint(tw_object_count(back->object, TW_OBJECT_RECIPIENT), ==, 2);
    g_assert_true(tw_object_get(back->object, PR_HTML, &value));
    {
        g_autofree char *html = g_strndup((const char *) value.data, value.len);

        g_assert_nonnull(strstr(html, "Gr\xc3\xbc\xc3\x9f"
                                      "e<img src=cid:one@here></p>"));
    }
    for (guint i = 0; i < 2; i++) {
        const TwObject *was = tw_object_at(message, TW_OBJECT_ATTACHMENT, i);
        const TwObject *is = tw_object_at(back->object, TW_OBJECT_ATTACHMENT, i);
        TwPropValue want;

        g_assert_cmpstr(tw_object_get_text(is, PR_ATTACH_LONG_FILENAME, ""), ==,
                        tw_object_get_text(was, PR_ATTACH_LONG_FILENAME, ""));
        g_assert_cmpstr(tw_object_get_text(is, PR_ATTACH_MIME_TAG, ""), ==,
                        tw_object_get_text(was, PR_ATTACH_MIME_TAG, ""));
        g_assert_true(tw_object_get(is, PR_ATTACH_DATA_BIN, &value));
        g_assert_true(tw_object_get(was, PR_ATTACH_DATA_BIN, &want));
        g_assert_true(tw_value_equal(&value, &want));
    }
    file = tw_object_at(back->object, TW_OBJECT_ATTACHMENT, 2);
    g_assert_nonnull(tw_object_get_embedded(file));
    g_assert_cmpstr(tw_object_get_text(tw_object_get_embedded(file), PR_SUBJECT, ""), ==,
                    "Gr\xc3\xbc\xc3\x9f"
                    "e");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mail-out/plain", test_plain);
    g_test_add_func("/mail-out/shapes", test_shapes);
    g_test_add_func("/mail-out/options", test_options);
    g_test_add_func("/mail-out/injection", test_injection);
    g_test_add_func("/mail-out/random", test_random);
    g_test_add_func("/mail-out/streaming", test_streaming);
    g_test_add_func("/mail-out/parts", test_parts_come_back);
    return g_test_run();
}
