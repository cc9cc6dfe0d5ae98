/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * doc/mail-properties.md, row by row: each row of its tables has a case here and each case a row there. A case puts the
 * properties into a message, looks for the field in the mail that is made of it, and for the properties in the message that
 * is made of the mail.
 */
#include <string.h>

#include "convert/mail-in.h"
#include "convert/mail-out.h"
#include "convert/object-dump.h"
#include "mapi/entryid.h"
#include "mapi/rtf-compress.h"
#include "mapi/rtf.h"

#define TIME G_GINT64_CONSTANT(132539328000000000) /* Fri, 1 Jan 2021 00:00:00 +0000 */
#define DATE "Fri, 1 Jan 2021 00:00:00 +0000"
#define GREEN "Gr\xc3\xbcn" /* u with two dots */

enum {
    MOST_VALUES = 4,
    MOST_MAIL = 1 << 20,
};

/* A message on its way. */
typedef struct {
    TwNameMap *names;
    TwObject *message, *node; /* node: where the values are put: the message, or its attachment */
    char *mail;
    TwMailIn *back;
    const TwObject *node_back;
} Trip;

typedef struct {
    const char *row;                 /* first cell of the row */
    TwPropValue values[MOST_VALUES]; /* put into the message; what comes back is the same */
    guint count;
    const char *field;               /* (nullable): stands in the mail */
    void (*build)(Trip *trip);       /* (nullable): makes more of it */
    void (*check)(const Trip *trip); /* (nullable): looks for more */
    TwMailFlags flags;
    gboolean is_one_way; /* the values do not come back */
} Case;

static void
put_person(TwObject *node, guint32 name_tag, guint32 type, guint32 address_tag, const char *name)
{
    g_autofree char *address = g_strconcat(name, "@example.org", NULL);

    put(node, tw_value_str(name_tag, name));
    put(node, tw_value_str(type, "SMTP"));
    put(node, tw_value_str(address_tag, address));
}

static TwObject *
make_message(void)
{
    static const char *const people[] = { "tom", "cora", "bob" };
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);

    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"));
    put(message, tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) "a search key of it", 16));
    put(message, tw_value_str(PR_BODY, "Hello\r\n"));
    put_person(message, PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
               PR_SENT_REPRESENTING_EMAIL_ADDRESS, "anna");
    for (guint i = 0; i < G_N_ELEMENTS(people); i++) {
        TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

        put(row, tw_value_long(PR_RECIPIENT_TYPE, i + 1));
        put_person(row, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, people[i]);
    }
    return message;
}

static TwObject *
add_attachment(TwObject *message)
{
    TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

    put(file, tw_value_long(PR_ATTACH_METHOD, 1));
    put(file, tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) "data", 4));
    put(file, tw_value_str(PR_ATTACH_LONG_FILENAME, "file.dat"));
    return file;
}

static guint32
named_tag(Trip *trip, TwNamedProp name, guint16 type)
{
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(trip->names, &name, 1, TRUE, &id, NULL));
    return tw_prop_tag(id, type);
}

static void
assert_has(const char *mail, const char *text)
{
    if (strstr(mail, text) == NULL)
        g_test_fail_printf("no \"%s\" in:\n%s", text, mail);
}

static void
assert_text(const TwObject *node, guint32 tag, const char *text)
{
    g_assert_cmpstr(tw_object_get_text(node, tag, NULL), ==, text);
}

/* ---- people ---- */

static void
build_sender(Trip *trip)
{
    put(trip->message, tw_value_str(PR_SENDER_ADDRTYPE, "SMTP"));
}

static const TwObject *
recipient_of(const TwObject *message, guint32 type)
{
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);

        if (tw_object_get_long(row, PR_RECIPIENT_TYPE, 0) == type)
            return row;
    }
    return NULL;
}

static void
check_recipient(const Trip *trip, guint32 type, const char *name, const char *address)
{
    const TwObject *row = recipient_of(trip->back->object, type);

    g_assert_nonnull(row);
    assert_text(row, PR_DISPLAY_NAME, name);
    assert_text(row, PR_EMAIL_ADDRESS, address);
}

static void
check_shown(const Trip *trip)
{
    assert_has(trip->mail, "\r\nCc: cora <cora@example.org>\r\n");
    check_recipient(trip, 1, "tom", "tom@example.org");
    check_recipient(trip, 2, "cora", "cora@example.org");
    g_assert_null(recipient_of(trip->back->object, 3));
    g_assert_null(strstr(trip->mail, "bob"));
}

static void
check_hidden(const Trip *trip)
{
    check_recipient(trip, 3, "bob", "bob@example.org");
}

static void
put_one_off(TwBuffer *out)
{
    static char name[] = "Rita", type[] = "SMTP", address[] = "rita@example.org";
    const TwOneOff one = { .name = name, .address_type = type, .address = address };

    tw_one_off_write(&one, out);
}

static void
build_reply_to(Trip *trip)
{
    g_auto(TwBuffer) one = TW_BUFFER_INIT(1000);
    g_auto(TwBuffer) all = TW_BUFFER_INIT(2000);
    guint pad;

    put_one_off(&one);
    pad = (guint) (4 - one.len % 4) % 4;
    tw_buffer_put_u32le(&all, 1);
    tw_buffer_put_u32le(&all, (guint32) (4 + one.len + pad));
    tw_buffer_put_u32le(&all, (guint32) one.len);
    tw_buffer_put(&all, one.data, one.len);
    tw_buffer_put_zeros(&all, pad);
    put(trip->message, tw_value_bytes(PR_REPLY_RECIPIENT_ENTRIES, all.data, all.len));
}

/* What a mail is made of and what is made of that gives the same field once more. */
static void
check_written_again(const Trip *trip, const char *field)
{
    const TwMailOptions options = { .names = trip->names };
    g_autoptr(GBytes) again = tw_mail_write_bytes(trip->back->object, &options, MOST_MAIL, NULL);
    g_autofree char *text = NULL;

    g_assert_nonnull(again);
    text = g_strndup(g_bytes_get_data(again, NULL), g_bytes_get_size(again));
    assert_has(text, field);
}

static void
check_reply_to(const Trip *trip)
{
    assert_text(trip->back->object, PR_REPLY_RECIPIENT_NAMES, "Rita");
    check_written_again(trip, "Reply-To: Rita <rita@example.org>\r\n");
}

static void
build_receipt_wish(Trip *trip)
{
    g_auto(TwBuffer) one = TW_BUFFER_INIT(1000);

    put_one_off(&one);
    put(trip->message, tw_value_bytes(PR_READ_RECEIPT_ENTRYID, one.data, one.len));
}

static void
check_receipt_wish(const Trip *trip)
{
    check_written_again(trip, "Disposition-Notification-To: Rita <rita@example.org>\r\n");
}

/* ---- fields ---- */

static void
build_keywords(Trip *trip)
{
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(1000);
    TwPropValue value;

    tw_list_builder_init(&list,
                         named_tag(trip, tw_known_name(TW_PidNameKeywords), TW_PT_MV_UNICODE));
    tw_list_builder_add(&list, "one", 3);
    tw_list_builder_add(&list, "two words", 9);
    g_assert_true(tw_list_builder_finish(&list, &packed, &value, NULL));
    put(trip->message, value);
    put(trip->message,
        tw_value_str(named_tag(trip, tw_known_name(TW_PidLidFlagRequest), TW_PT_UNICODE), "Call"));
}

static void
check_named(const Trip *trip, TwNamedProp name, guint16 type)
{
    TwPropValue was, is;
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(trip->names, &name, 1, FALSE, &id, NULL));
    g_assert_true(tw_object_get(trip->message, tw_prop_tag(id, type), &was));
    g_assert_true(tw_object_get(trip->back->object, tw_prop_tag(id, type), &is));
    g_assert_true(tw_value_equal(&was, &is));
}

static void
check_keywords(const Trip *trip)
{
    assert_has(trip->mail, "\r\nX-Message-Flag: Call\r\n");
    check_named(trip, tw_known_name(TW_PidNameKeywords), TW_PT_MV_UNICODE);
    check_named(trip, tw_known_name(TW_PidLidFlagRequest), TW_PT_UNICODE);
}

static TwNamedProp
x_field(void)
{
    static char name[] = "X-Giraffe";

    return (TwNamedProp){ .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS), .name = name };
}

static void
build_x_field(Trip *trip)
{
    put(trip->message, tw_value_str(named_tag(trip, x_field(), TW_PT_UNICODE), "tall"));
}

static void
check_x_field(const Trip *trip)
{
    check_named(trip, x_field(), TW_PT_UNICODE);
}

static void
check_kept_header(const Trip *trip)
{
    const char *header = tw_object_get_text(trip->back->object, PR_TRANSPORT_MESSAGE_HEADERS, "");

    g_assert_null(strstr(trip->mail, "nobody"));
    assert_has(header, "X-Kept: so\r\n");
}

static void
build_named(Trip *trip)
{
    static char giraffe[] = "giraffe";
    const TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                               .name = giraffe };

    put(trip->message, tw_value_str(named_tag(trip, name, TW_PT_UNICODE), "tall"));
}

/* ---- bodies ---- */

static void
check_body(const Trip *trip)
{
    g_autofree char *text = g_strdup(tw_object_get_text(trip->back->object, PR_BODY, ""));

    /* a mail ends in a line end */
    g_assert_cmpstr(g_strchomp(text), ==, tw_object_get_text(trip->message, PR_BODY, ""));
}

static void
check_html(const Trip *trip)
{
    TwPropValue value;
    g_autofree char *html = NULL;

    g_assert_true(tw_object_get(trip->back->object, PR_HTML, &value));
    html = g_strndup((const char *) value.data, value.len);
    assert_has(html, "bold");
    g_assert_cmpuint(tw_object_get_long(trip->back->object, PR_INTERNET_CPID, 0), ==, 65001);
}

static void
build_rtf(Trip *trip)
{
    static const char html[] = "<b>bold</b>";
    g_autoptr(GBytes) rtf = tw_rtf_from_html(html, strlen(html), 1 << 16, NULL);
    g_autoptr(GBytes) packed =
        tw_rtf_compress(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf), NULL);

    tw_object_remove(trip->message, PR_BODY);
    put(trip->message, tw_value_bytes(PR_RTF_COMPRESSED, g_bytes_get_data(packed, NULL),
                                      g_bytes_get_size(packed)));
}

/* ---- classes ---- */

static void
check_report(const Trip *trip)
{
    assert_text(trip->back->object, PR_MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN");
}

static void
build_signed(Trip *trip)
{
    static const char entity[] = "Content-Type: multipart/signed; boundary=x; micalg=sha-256;\r\n "
                                 "protocol=\"application/pkcs7-signature\"\r\n\r\n--x\r\n\r\nhi\r\n"
                                 "--x\r\nContent-Type: application/pkcs7-signature\r\n\r\nsig\r\n"
                                 "--x--\r\n";
    TwObject *file = add_attachment(trip->message);

    put(file, tw_value_str(PR_ATTACH_MIME_TAG, "multipart/signed"));
    put(file, tw_value_str(PR_ATTACH_LONG_FILENAME, "smime.p7m"));
    put(file, tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) entity, strlen(entity)));
}

static void
check_signed(const Trip *trip)
{
    assert_text(trip->back->object, PR_MESSAGE_CLASS, "IPM.Note.SMIME.MultipartSigned");
    g_assert_cmpuint(tw_object_count(trip->back->object, TW_OBJECT_ATTACHMENT), ==, 1);
}

static gboolean
make_part(gpointer data, const TwObject *message, TwMailOutPart *ret, GError **error)
{
    const char *class = tw_object_get_text(message, PR_MESSAGE_CLASS, "");
    gboolean card = g_str_has_prefix(class, "IPM.Contact");
    const char *kind = card ? "VCARD" : "VCALENDAR";
    g_autofree char *text = g_strdup_printf("BEGIN:%s\nEND:%s\n", kind, kind);

    (void) data;
    (void) error;
    ret->text = g_bytes_new(text, strlen(text));
    ret->method = g_strdup(card ? NULL : "REQUEST");
    return TRUE;
}

static void
check_meeting(const Trip *trip)
{
    g_assert_cmpuint(trip->back->calendars->len, ==, 1);
    g_assert_cmpstr(g_array_index(trip->back->calendars, TwMailCalendar, 0).method, ==, "REQUEST");
}

static void
build_note(Trip *trip)
{
    put(trip->message, tw_value_str(PR_MESSAGE_CLASS, "IPM.StickyNote"));
}

static void
check_note(const Trip *trip)
{
    assert_text(trip->back->object, PR_MESSAGE_CLASS, "IPM.StickyNote");
}

/* ---- attachments ---- */

static void
build_embedded(Trip *trip)
{
    TwObject *file = tw_object_add(trip->message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    TwObject *inner = make_message();

    put(inner, tw_value_str(PR_SUBJECT, "inner"));
    g_assert_true(tw_object_set_embedded(file, inner, NULL));
}

static void
check_embedded(const Trip *trip)
{
    const TwObject *file = tw_object_at(trip->back->object, TW_OBJECT_ATTACHMENT, 0);

    g_assert_nonnull(tw_object_get_embedded(file));
    assert_text(tw_object_get_embedded(file), PR_SUBJECT, "inner");
    g_assert_null(strstr(trip->mail, "bob"));
}

static void
check_short_name(const Trip *trip)
{
    g_autoptr(TwObject) message = make_message();
    TwObject *file = add_attachment(message);
    const TwMailOptions options = { .names = trip->names };
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *mail = NULL;

    tw_object_remove(file, PR_ATTACH_LONG_FILENAME);
    put(file, tw_value_str(PR_ATTACH_FILENAME, "SHORT.DAT"));
    bytes = tw_mail_write_bytes(message, &options, MOST_MAIL, NULL);
    mail = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    assert_has(mail, "filename=SHORT.DAT");
}

static void
build_reference(Trip *trip)
{
    tw_object_remove(trip->node, PR_ATTACH_DATA_BIN);
    put(trip->node, tw_value_long(PR_ATTACH_METHOD, 7));
}

/* ---- the rows ---- */

#define STR(which, words)                                                                          \
    {                                                                                              \
        .tag = (which), .text = (words), .len = sizeof(words) - 1                                  \
    }

static const guint8 conversation[22] = { 1, 0xd6, 2, 3, 4, 5, 6, 7, 8 };

static const Case message_cases[] = {
    { .row = "PR_SUBJECT",
      .values = { STR(PR_SUBJECT, GREEN "  an \xf0\x9f\xa6\x92") },
      .count = 1,
      .field = "\r\nSubject: =?UTF-8?" },
    { .row = "PR_SENT_REPRESENTING_*",
      .values = { STR(PR_SENT_REPRESENTING_NAME, GREEN ", Chefin"),
                  STR(PR_SENT_REPRESENTING_EMAIL_ADDRESS, "green@example.org") },
      .count = 2,
      .field = " <green@example.org>\r\n" },
    { .row = "PR_SENDER_*",
      .values = { STR(PR_SENDER_NAME, "Bert \"the\" Second"),
                  STR(PR_SENDER_EMAIL_ADDRESS, "bert@example.org") },
      .count = 2,
      .field = "\r\nSender: \"Bert \\\"the\\\" Second\" <bert@example.org>\r\n",
      .build = build_sender },
    { .row = "recipients, type 1 and 2",
      .field = "\r\nTo: tom <tom@example.org>\r\n",
      .check = check_shown },
    { .row = "recipients, type 3",
      .field = "\r\nBcc: bob <bob@example.org>\r\n",
      .check = check_hidden,
      .flags = TW_MAIL_BCC },
    { .row = "PR_REPLY_RECIPIENT_ENTRIES",
      .field = "\r\nReply-To: Rita <rita@example.org>\r\n",
      .build = build_reply_to,
      .check = check_reply_to },
    { .row = "PR_CLIENT_SUBMIT_TIME",
      .values = { { .tag = PR_CLIENT_SUBMIT_TIME, .i8 = TIME } },
      .count = 1,
      .field = "Date: " DATE "\r\n" },
    { .row = "PR_INTERNET_MESSAGE_ID",
      .values = { STR(PR_INTERNET_MESSAGE_ID, "<id@example.org>") },
      .count = 1,
      .field = "\r\nMessage-ID: <id@example.org>\r\n" },
    { .row = "PR_IN_REPLY_TO_ID, PR_INTERNET_REFERENCES",
      .values = { STR(PR_IN_REPLY_TO_ID, "<parent@example.org>"),
                  STR(PR_INTERNET_REFERENCES, "<first@example.org> <parent@example.org>") },
      .count = 2,
      .field = "\r\nReferences: <first@example.org> <parent@example.org>\r\n" },
    { .row = "PR_CONVERSATION_TOPIC, PR_CONVERSATION_INDEX",
      .values = { STR(PR_CONVERSATION_TOPIC, GREEN),
                  { .tag = PR_CONVERSATION_INDEX,
                    .data = conversation,
                    .len = sizeof conversation } },
      .count = 2,
      .field = "\r\nThread-Index: AdYC" },
    { .row = "PR_IMPORTANCE, PR_PRIORITY",
      .values = { { .tag = PR_IMPORTANCE, .u4 = 2 }, { .tag = PR_PRIORITY, .u4 = 1 } },
      .count = 2,
      .field = "\r\nImportance: high\r\nX-Priority: 1\r\nPriority: urgent\r\n" },
    { .row = "PR_SENSITIVITY",
      .values = { { .tag = PR_SENSITIVITY, .u4 = 2 } },
      .count = 1,
      .field = "\r\nSensitivity: Private\r\n" },
    { .row = "PR_READ_RECEIPT_REQUESTED, PR_READ_RECEIPT_ENTRYID",
      .values = { { .tag = PR_READ_RECEIPT_REQUESTED, .truth = TRUE } },
      .count = 1,
      .field = "\r\nDisposition-Notification-To: Rita <rita@example.org>\r\n",
      .build = build_receipt_wish,
      .check = check_receipt_wish },
    { .row = "PR_EXPIRY_TIME, PR_REPLY_TIME",
      .values = { { .tag = PR_EXPIRY_TIME, .i8 = TIME }, { .tag = PR_REPLY_TIME, .i8 = TIME } },
      .count = 2,
      .field = "\r\nExpires: " DATE "\r\nReply-By: " DATE "\r\n" },
    { .row = "PR_AUTO_RESPONSE_SUPPRESS",
      .values = { { .tag = PR_AUTO_RESPONSE_SUPPRESS, .u4 = 0x22 } },
      .count = 1,
      .field = "\r\nX-Auto-Response-Suppress: NDR, AutoReply\r\n" },
    { .row = "PR_AUTO_FORWARDED",
      .values = { { .tag = PR_AUTO_FORWARDED, .truth = TRUE } },
      .count = 1,
      .field = "\r\nAuto-Submitted: auto-generated\r\nAutoforwarded: true\r\n" },
    { .row = "PR_LIST_HELP, _SUBSCRIBE, _UNSUBSCRIBE",
      .values = { STR(PR_LIST_HELP, "<mailto:help@example.org>"),
                  STR(PR_LIST_SUBSCRIBE, "<mailto:sub@example.org>"),
                  STR(PR_LIST_UNSUBSCRIBE, "<mailto:unsub@example.org>") },
      .count = 3,
      .field = "\r\nList-Unsubscribe: <mailto:unsub@example.org>\r\n" },
    { .row = "PR_INTERNET_ORGANIZATION",
      .values = { STR(PR_INTERNET_ORGANIZATION, "Acacia & Sons") },
      .count = 1,
      .field = "\r\nOrganization: Acacia & Sons\r\n" },
    { .row = "Keywords, FlagRequest (named)",
      .field = "\r\nKeywords: one, two words\r\n",
      .build = build_keywords,
      .check = check_keywords },
    { .row = "named strings of PS_INTERNET_HEADERS",
      .field = "X-Giraffe: tall\r\n",
      .build = build_x_field,
      .check = check_x_field },
    { .row = "PR_TRANSPORT_MESSAGE_HEADERS",
      .values = { STR(PR_TRANSPORT_MESSAGE_HEADERS,
                      "X-Kept: so\r\nFrom: nobody <nobody@example.org>\r\n") },
      .count = 1,
      .field = "X-Kept: so\r\n",
      .check = check_kept_header,
      .flags = TW_MAIL_RECEIVED,
      .is_one_way = TRUE },
    { .row = "PR_BODY",
      .values = { STR(
          PR_BODY,
          "A paragraph that is longer than the columns of a flowed line, so it is broken on "
          "its way.\r\n> quoted\r\n>no quote\r\n  indented\r\n\r\nend") },
      .count = 1,
      .field = "; format=flowed\r\n",
      .check = check_body,
      .is_one_way = TRUE },
    { .row = "PR_HTML with PR_INTERNET_CPID, PR_BODY_HTML",
      .values = { { .tag = PR_HTML,
                    .data = (const guint8 *) "<p>bold " GREEN "</p>\r\n",
                    .len = 19 },
                  { .tag = PR_INTERNET_CPID, .u4 = 65001 } },
      .count = 2,
      .field = "\r\nContent-Type: text/html; charset=utf-8\r\n",
      .check = check_html },
    { .row = "PR_RTF_COMPRESSED",
      .field = "\r\nContent-Type: text/html; charset=",
      .build = build_rtf,
      .check = check_html },
    { .row = "class REPORT.* with PR_REPORT_*, PR_NDR_*, PR_SUPPLEMENTARY_INFO",
      .values = { STR(PR_MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN") },
      .count = 1,
      .field = "report-type=disposition-notification",
      .check = check_report },
    { .row = "class IPM.Note.SMIME*",
      .values = { STR(PR_MESSAGE_CLASS, "IPM.Note.SMIME.MultipartSigned") },
      .count = 1,
      .field = "protocol=\"application/pkcs7-signature\"\r\n\r\n--x\r\n\r\nhi\r\n--x\r\n",
      .build = build_signed,
      .check = check_signed },
    { .row = "class IPM.Schedule.Meeting.*, IPM.Appointment, IPM.Task",
      .values = { STR(PR_MESSAGE_CLASS, "IPM.Schedule.Meeting.Request") },
      .count = 1,
      .field = "\r\nContent-Type: text/calendar; ",
      .check = check_meeting,
      .is_one_way = TRUE },
    { .row = "class IPM.Contact, IPM.DistList",
      .values = { STR(PR_MESSAGE_CLASS, "IPM.Contact") },
      .count = 1,
      .field = "\r\nContent-Type: text/vcard; ",
      .is_one_way = TRUE },
    { .row = "any other class, voting buttons",
      .field = "winmail.dat",
      .build = build_note,
      .check = check_note },
};

static const Case attachment_cases[] = {
    { .row = "PR_ATTACH_DATA_BIN",
      .values = { { .tag = PR_ATTACH_DATA_BIN,
                    .data = (const guint8 *) "a\nb\r\n\xff ",
                    .len = 7 } },
      .count = 1,
      .field = "\r\nContent-Transfer-Encoding: base64\r\n" },
    { .row = "PR_ATTACH_DATA_OBJ",
      .field = "\r\nContent-Type: message/rfc822",
      .build = build_embedded,
      .check = check_embedded },
    { .row = "PR_ATTACH_LONG_FILENAME, else PR_ATTACH_FILENAME",
      .values = { STR(PR_ATTACH_LONG_FILENAME,
                      GREEN " und so weiter, ein langer Name eines Bildes.png") },
      .count = 1,
      .field = "filename*",
      .check = check_short_name },
    { .row = "PR_ATTACH_MIME_TAG",
      .values = { STR(PR_ATTACH_MIME_TAG, "application/x-giraffe") },
      .count = 1,
      .field = "\r\nContent-Type: application/x-giraffe" },
    { .row = "PR_ATTACH_CONTENT_ID, _CONTENT_LOCATION",
      .values = { STR(PR_ATTACH_CONTENT_ID, "one@here"),
                  STR(PR_ATTACH_CONTENT_LOCATION, "http://example.org/one") },
      .count = 2,
      .field = "\r\nContent-ID: <one@here>\r\nContent-Location: http://example.org/one\r\n" },
    { .row = "PR_DISPLAY_NAME",
      .values = { STR(PR_DISPLAY_NAME, "What it is") },
      .count = 1,
      .field = "\r\nContent-Description: What it is\r\n" },
    { .row = "PR_CREATION_TIME, PR_LAST_MODIFICATION_TIME",
      .values = { { .tag = PR_CREATION_TIME, .i8 = TIME },
                  { .tag = PR_LAST_MODIFICATION_TIME, .i8 = TIME } },
      .count = 2,
      .field = "modification-date=\"" DATE "\"" },
    { .row = "PR_ATTACH_LONG_PATHNAME, by reference",
      .values = { STR(PR_ATTACH_LONG_PATHNAME, "https://example.org/file.pdf") },
      .count = 1,
      .field = "\r\nContent-Type: message/external-body; ",
      .build = build_reference },
    { .row = "PR_RENDERING_POSITION, PR_ATTACH_RENDERING, OLE",
      .values = { { .tag = PR_RENDERING_POSITION, .u4 = 7 }, { .tag = PR_ATTACH_METHOD, .u4 = 6 } },
      .count = 2,
      .field = "winmail.dat",
      .build = build_note },
};

/* What makes no difference to the mail. */
static const Case home_cases[] = {
    { .row = "entry ids, record, source, change and instance keys, folder ids, sizes, access",
      .values = { { .tag = PR_RECORD_KEY, .data = (const guint8 *) "key", .len = 3 },
                  { .tag = PR_SOURCE_KEY, .data = (const guint8 *) "key", .len = 3 },
                  { .tag = PR_CHANGE_KEY, .data = (const guint8 *) "key", .len = 3 },
                  { .tag = PR_ACCESS, .u4 = 3 } },
      .count = 4 },
    { .row = "PR_MESSAGE_FLAGS, flags, categories' colours, reminders",
      .values = { { .tag = PR_MESSAGE_FLAGS, .u4 = 1 },
                  { .tag = PR_FLAG_STATUS, .u4 = 2 },
                  { .tag = PR_FOLLOWUP_ICON, .u4 = 6 } },
      .count = 3 },
    { .row = "PR_CLIENT_SUBMIT_TIME below a second, blanks at ends of lines",
      .values = { { .tag = PR_CLIENT_SUBMIT_TIME, .i8 = TIME + 1234567 },
                  STR(PR_BODY, "Hello  \r\n") },
      .count = 2 },
    { .row = "named properties of other sets", .build = build_named },
    { .row = "PR_DISPLAY_TO and other computed ones",
      .values = { STR(PR_DISPLAY_TO, "somebody else"), STR(PR_DISPLAY_CC, "somebody else") },
      .count = 2 },
};

/* ---- the document ---- */

/* The first cells of the table under a heading. */
static GStrv
rows_of(const char *heading)
{
    g_autofree char *path =
        g_build_filename(g_getenv("TW_SOURCE_ROOT"), "doc", "mail-properties.md", NULL);
    g_autofree char *text = NULL;
    g_autofree char *line = g_strdup_printf("\n## %s\n", heading);
    g_autoptr(GStrvBuilder) rows = g_strv_builder_new();
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) lines = NULL;
    char *at, *end;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    at = strstr(text, line);
    g_assert_nonnull(at);
    at += strlen(line);
    end = strstr(at, "\n## ");
    if (end != NULL)
        *end = '\0';
    lines = g_strsplit(at, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *cell_end = strstr(lines[i], " |");

        if (g_str_has_prefix(lines[i], "| ") && !g_str_has_prefix(lines[i], "| propert")) {
            g_autofree char *cell = NULL;

            g_assert_nonnull(cell_end);
            cell = g_strndup(lines[i] + 2, (gsize) (cell_end - lines[i]) - 2);
            g_strv_builder_add(rows, cell);
        }
    }
    return g_strv_builder_end(rows);
}

static void
check_rows(const char *heading, const Case *cases, guint count)
{
    g_auto(GStrv) rows = rows_of(heading);

    for (guint i = 0; i < MAX(count, g_strv_length(rows)); i++) {
        g_assert_cmpstr(i < g_strv_length(rows) ? rows[i] : "no row", ==,
                        i < count ? cases[i].row : "no case");
    }
}

/* ---- the trips ---- */

static char *
write_mail(const Trip *trip, TwMailFlags flags)
{
    const TwMailOptions options = {
        .names = trip->names, .flags = flags, .calendar = make_part, .card = make_part
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = tw_mail_write_bytes(trip->message, &options, MOST_MAIL, &error);

    g_assert_no_error(error);
    return g_strndup(g_bytes_get_data(mail, NULL), g_bytes_get_size(mail));
}

static void
begin_trip(const Case *one, Trip *trip, gboolean of_attachment)
{
    trip->names = tw_name_map_new();
    trip->message = make_message();
    trip->node = trip->message;
    if (of_attachment && one->build != build_embedded)
        trip->node = add_attachment(trip->message);
    for (guint i = 0; i < one->count; i++)
        put(trip->node, one->values[i]);
    if (one->build != NULL)
        one->build(trip);
}

static void
end_trip(Trip *trip)
{
    tw_mail_in_free(trip->back);
    tw_object_free(trip->message);
    tw_name_map_free(trip->names);
    g_free(trip->mail);
}

static void
read_back(Trip *trip)
{
    static const char *const headers[] = { "X-Giraffe", NULL };
    const guint8 *mail = (const guint8 *) trip->mail;
    gsize len = strlen(trip->mail);
    const TwMailInOptions options = { .names = trip->names, .headers = headers };
    g_autoptr(TwMimeTree) tree = tw_mime_scan(mail, len, NULL);

    trip->back = tw_mail_to_object(mail, len, tree, &options);
    trip->node_back = trip->back->object;
    if (trip->node != trip->message)
        trip->node_back = tw_object_at(trip->back->object, TW_OBJECT_ATTACHMENT, 0);
}

static void
check_values(const Case *one, const Trip *trip)
{
    for (guint i = 0; i < one->count; i++) {
        g_autofree char *tag = tw_tag_to_string(one->values[i].tag);
        TwPropValue value;

        if (!tw_object_get(trip->node_back, one->values[i].tag, &value) ||
            !tw_value_equal(&value, &one->values[i]))
            g_test_fail_printf("%s does not come back from:\n%s", tag, trip->mail);
    }
}

static void
run_case(const Case *one, gboolean of_attachment)
{
    Trip trip = { 0 };

    g_test_message("%s", one->row);
    begin_trip(one, &trip, of_attachment);
    trip.mail = write_mail(&trip, one->flags);
    assert_has(trip.mail, one->field);
    read_back(&trip);
    g_assert_nonnull(trip.node_back);
    if (!one->is_one_way)
        check_values(one, &trip);
    if (one->check != NULL)
        one->check(&trip);
    end_trip(&trip);
}

static void
test_message(void)
{
    check_rows("Message", message_cases, G_N_ELEMENTS(message_cases));
    for (guint i = 0; i < G_N_ELEMENTS(message_cases); i++)
        run_case(&message_cases[i], FALSE);
}

static void
test_attachment(void)
{
    check_rows("Attachment", attachment_cases, G_N_ELEMENTS(attachment_cases));
    for (guint i = 0; i < G_N_ELEMENTS(attachment_cases); i++)
        run_case(&attachment_cases[i], TRUE);
}

static void
test_home(void)
{
    const Case whole_second = { .values = { { .tag = PR_CLIENT_SUBMIT_TIME, .i8 = TIME } },
                                .count = 1 };

    check_rows("What stays at home", home_cases, G_N_ELEMENTS(home_cases));
    for (guint i = 0; i < G_N_ELEMENTS(home_cases); i++) {
        Trip plain = { 0 }, trip = { 0 };

        g_test_message("%s", home_cases[i].row);
        begin_trip(&whole_second, &plain, FALSE);
        plain.mail = write_mail(&plain, 0);
        begin_trip(&home_cases[i], &trip, FALSE);
        if (!tw_object_has(trip.message, PR_CLIENT_SUBMIT_TIME))
            put(trip.message, whole_second.values[0]);
        trip.mail = write_mail(&trip, 0);
        g_assert_cmpstr(trip.mail, ==, plain.mail);
        end_trip(&plain);
        end_trip(&trip);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mail-properties/message", test_message);
    g_test_add_func("/mail-properties/attachment", test_attachment);
    g_test_add_func("/mail-properties/home", test_home);
    return g_test_run();
}
