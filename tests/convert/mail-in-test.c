/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails into messages: tables of small mails and what must come of them. */
#include "convert/mail-in.h"

#include <string.h>

#include "base/date.h"
#include "base/time.h"
#include "mapi/tags.h"

/* ---- what a case expects ----
 *
 * Lines of "place name=value". A place is a row of steps from the message: "to0" its first recipient, "at1" its second attachment,
 * "in" the message in it; "." is the message itself. A value is text, a number, true or false, bytes as text, a time as RFC 3339,
 * or "-" for what is not there. "#to" and "#at" count recipients and attachments.
 */

static TwObject *
walk(TwObject *object, const char *place)
{
    while (object != NULL && *place != '\0' && *place != '.') {
        if (g_str_has_prefix(place, "in")) {
            object = tw_object_get_embedded(object);
            place += 2;
        } else {
            TwObjectKind kind = place[0] == 't' ? TW_OBJECT_RECIPIENT : TW_OBJECT_ATTACHMENT;
            object = tw_object_at(object, kind, (guint) g_ascii_digit_value(place[2]));
            place += 3;
        }
    }
    return object;
}

static char *
time_text(gint64 filetime)
{
    char text[TW_DATE_TEXT_SIZE];
    gint64 us;

    tw_time_from_filetime((guint64) filetime, &us);
    g_assert_true(tw_date_print_rfc3339(us, 0, 0, text));
    return g_strdup(text);
}

static char *
value_text(const TwObject *object, guint32 tag)
{
    TwPropValue value;

    if (!tw_object_get(object, tag, &value))
        return g_strdup("-");
    switch (tw_prop_tag_type(tag)) {
    case TW_PT_LONG:
        return g_strdup_printf("%d", value.i4);
    case TW_PT_BOOLEAN:
        return g_strdup(value.truth ? "true" : "false");
    case TW_PT_SYSTIME:
        return time_text(value.i8);
    case TW_PT_BINARY:
        return g_strndup((const char *) value.data, value.len);
    default:
        return g_strdup(value.text);
    }
}

static char *
answer(TwMailIn *in, TwNameMap *names, const char *place, const char *name)
{
    TwObject *object = walk(in->object, place);
    TwKnownName known;
    guint32 tag = 0;

    if (object == NULL)
        return g_strdup("(no such place)");
    if (strcmp(name, "#to") == 0)
        return g_strdup_printf("%u", tw_object_count(object, TW_OBJECT_RECIPIENT));
    if (strcmp(name, "#at") == 0)
        return g_strdup_printf("%u", tw_object_count(object, TW_OBJECT_ATTACHMENT));
    if (strcmp(name, "#calendars") == 0)
        return g_strdup_printf("%u", in->calendars->len);
    if (strcmp(name, "#sources") == 0)
        return g_strdup_printf("%u", in->sources->len);
    if (tw_known_name_from_canonical(name, strlen(name), &known)) {
        TwNamedProp prop = tw_known_name(known);
        guint16 id;
        g_assert_true(tw_name_map_get_ids(names, &prop, 1, FALSE, &id, NULL));
        tag = tw_prop_tag(id, tw_known_name_type(known));
        if (tw_prop_tag_type(tag) == TW_PT_MV_UNICODE) {
            TwPropValue value;
            return g_strdup(tw_object_get(object, tag, &value) ? "(list)" : "-");
        }
    } else {
        g_assert_true(tw_tag_from_name(name, strlen(name), &tag));
    }
    return value_text(object, tag);
}

static void
check_lines(const char *label, TwMailIn *in, TwNameMap *names, const char *lines)
{
    g_auto(GStrv) rows = g_strsplit(lines, "|", -1);

    for (guint i = 0; rows[i] != NULL; i++) {
        char *blank = strchr(rows[i], ' ');
        char *equals = blank != NULL ? strchr(blank, '=') : NULL;
        g_autofree char *got = NULL;
        g_assert_nonnull(equals);
        *blank = *equals = '\0';
        got = answer(in, names, rows[i], blank + 1);
        if (strcmp(got, equals + 1) != 0)
            g_error("%s: %s %s is \"%s\", not \"%s\"", label, rows[i], blank + 1, got, equals + 1);
    }
}

typedef struct {
    const char *name, *mail, *expect;
} Case;

static TwMailIn *
convert(const char *mail, gsize len, TwNameMap *names)
{
    static const char *const headers[] = { "X-Spam-Flag", NULL };
    TwMailInOptions options = { .names = names,
                                .headers = headers,
                                .received_us = 1000000000ll * G_USEC_PER_SEC };
    g_autofree guint8 *input = g_memdup2(mail, len);
    g_autoptr(TwMimeTree) tree = tw_mime_scan(input, len, NULL);

    return tw_mail_to_object(input, len, tree, &options);
}

/* With CRLF for each LF of the table, cut at every byte too. */
static void
run_case(const Case *tc)
{
    g_auto(GStrv) lines = g_strsplit(tc->mail, "\n", -1);
    g_autofree char *mail = g_strjoinv("\r\n", lines);
    gsize len = strlen(mail);
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwMailIn) in = convert(mail, len, names);

    check_lines(tc->name, in, names, tc->expect);
    for (gsize cut = 0; cut < len; cut++) {
        g_autoptr(TwMailIn) part = convert(mail, cut, names);
        g_assert_true(tw_object_has(part->object, PR_MESSAGE_CLASS));
    }
}

static void
run_cases(const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++)
        run_case(&cases[i]);
}

static void
test_headers(void)
{
    static const Case cases[] = {
        { "plain",
          "From: Ann <ann@example.org>\nTo: Bob <bob@example.org>\nSubject: Re: hello\n"
          "Date: Mon, 2 Jan 2006 15:04:05 +0100\nMessage-ID: <1@example.org>\n"
          "In-Reply-To: <0@example.org>\nReferences: <a@x>\n <0@example.org>\n\nText.\n",
          ". PR_MESSAGE_CLASS=IPM.Note|. PR_SUBJECT=Re: hello|. PR_SUBJECT_PREFIX=Re: "
          "|. PR_CONVERSATION_TOPIC=hello|. PR_SENT_REPRESENTING_NAME=Ann"
          "|. PR_SENT_REPRESENTING_EMAIL_ADDRESS=ann@example.org"
          "|. PR_SENT_REPRESENTING_SMTP_ADDRESS=ann@example.org|. PR_SENDER_NAME=Ann"
          "|. PR_CLIENT_SUBMIT_TIME=2006-01-02T14:04:05Z|. PR_INTERNET_MESSAGE_ID=<1@example.org>"
          "|. PR_MESSAGE_DELIVERY_TIME=2001-09-09T01:46:40Z"
          "|. PR_IN_REPLY_TO_ID=<0@example.org>|. PR_INTERNET_REFERENCES=<a@x> <0@example.org>"
          "|. PR_IMPORTANCE=1|. PR_PRIORITY=0|. PR_SENSITIVITY=0|. #to=1|to0 PR_RECIPIENT_TYPE=1"
          "|to0 PR_DISPLAY_NAME=Bob|to0 PR_SMTP_ADDRESS=bob@example.org|to0 PR_ADDRTYPE=SMTP"
          "|. PR_BODY=Text.\r\n|. PR_NATIVE_BODY_INFO=1|. PR_HTML=-" },
        { "sender and from",
          "Sender: Sec <sec@example.org>\nFrom: Boss <boss@example.org>\nSubject: x\n\n",
          ". PR_SENDER_NAME=Sec|. PR_SENDER_EMAIL_ADDRESS=sec@example.org"
          "|. PR_SENT_REPRESENTING_NAME=Boss|. PR_CLIENT_SUBMIT_TIME=2001-09-09T01:46:40Z" },
        { "recipients",
          "To: \"Doe, John\" <john@example.org>, mary@example.org (Mary Roe),\n"
          " team: a@example.org, B <b@example.org>;, undisclosed-recipients:;\n"
          "Cc: =?utf-8?Q?J=C3=B6rg?= M <j@example.org>; k@example.org\nBcc: <l@example.org>\n\n",
          ". #to=7|to0 PR_DISPLAY_NAME=Doe, John|to1 PR_DISPLAY_NAME=Mary Roe"
          "|to1 PR_EMAIL_ADDRESS=mary@example.org|to2 PR_EMAIL_ADDRESS=a@example.org"
          "|to2 PR_DISPLAY_NAME=a@example.org|to3 PR_DISPLAY_NAME=B"
          "|to4 PR_DISPLAY_NAME=J\303\266rg M|to4 PR_RECIPIENT_TYPE=2"
          "|to5 PR_EMAIL_ADDRESS=k@example.org|to6 PR_RECIPIENT_TYPE=3" },
        { "broken recipients",
          "To: John <john@example.org, Mary mary@example.org, nobody, <<c@example.org>>, , (x)\n\n",
          ". #to=5|to0 PR_EMAIL_ADDRESS=john@example.org|to1 PR_DISPLAY_NAME=Mary"
          "|to1 PR_EMAIL_ADDRESS=mary@example.org|to2 PR_DISPLAY_NAME=nobody"
          "|to2 PR_EMAIL_ADDRESS=-|to3 PR_EMAIL_ADDRESS=c@example.org|to4 PR_DISPLAY_NAME=x" },
        { "routes, quoted local parts, UTF-8",
          "To: <@a.example,@b.example:c@example.org>, \"a b\"@example.org, "
          "\347\224\250\346\210\267@\344\276\213\345\255\220.example, b@xn--bcher-kva.example\n\n",
          ". #to=4|to0 PR_EMAIL_ADDRESS=c@example.org"
          "|to2 PR_EMAIL_ADDRESS=\347\224\250\346\210\267@\344\276\213\345\255\220.example"
          "|to3 PR_EMAIL_ADDRESS=b@xn--bcher-kva.example" },
        { "comments", "To: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\n\n",
          ". #to=1|to0 PR_DISPLAY_NAME=Pete|to0 PR_EMAIL_ADDRESS=pete@silly.test" },
        { "importance",
          "Importance: High\nX-Priority: 5\nPriority: non-urgent\nSensitivity: "
          "Company-Confidential\n\n",
          ". PR_IMPORTANCE=2|. PR_PRIORITY=-1|. PR_SENSITIVITY=3" },
        { "priority by X-Priority", "X-Priority: 1 (Highest)\n\n",
          ". PR_IMPORTANCE=2|. PR_PRIORITY=0" },
        { "priority by Priority", "Priority: urgent\n\n", ". PR_IMPORTANCE=2|. PR_PRIORITY=1" },
        { "receipts",
          "Disposition-Notification-To: R <r@example.org>\nReturn-Receipt-To: d@example.org\n\n",
          ". PR_READ_RECEIPT_REQUESTED=true|. PR_NON_RECEIPT_NOTIFICATION_REQUESTED=true"
          "|. PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED=true"
          "|. PR_READ_RECEIPT_SEARCH_KEY=SMTP:R@EXAMPLE.ORG" },
        { "reply-to", "Reply-To: A <a@example.org>, b@example.org\n\n",
          ". PR_REPLY_RECIPIENT_NAMES=A; b@example.org" },
        { "lists",
          "List-Help: <mailto:h@example.org>\nList-Unsubscribe: <https://example.org/u>\n"
          "List-Subscribe: <mailto:s@example.org>\nReturn-Path: <p@example.org>\n\n",
          ". PR_LIST_HELP=<mailto:h@example.org>|. PR_LIST_UNSUBSCRIBE=<https://example.org/u>"
          "|. PR_LIST_SUBSCRIBE=<mailto:s@example.org>|. PR_INTERNET_RETURN_PATH=<p@example.org>" },
        { "topic and named",
          "Thread-Topic: The topic\nSubject: AW: other\nKeywords: a, b\nX-Message-Flag: Call\n"
          "Reply-By: Tue, 3 Jan 2006 00:00:00 GMT\nExpires: 2006-01-04 05:06:07\n"
          "X-Spam-Flag: YES\nX-Other: no\nContent-Class: urn:content-classes:message\n"
          "X-Auto-Response-Suppress: DR, OOF, AutoReply\nAuto-Submitted: auto-forwarded\n\n",
          ". PR_CONVERSATION_TOPIC=The topic|. PR_SUBJECT_PREFIX=AW: |. PidNameKeywords=(list)"
          "|. PidLidFlagRequest=Call|. PR_FLAG_STATUS=2|. PR_REPLY_TIME=2006-01-03T00:00:00Z"
          "|. PR_EXPIRY_TIME=2006-01-04T05:06:07Z"
          "|. PidNameContentClass=urn:content-classes:message"
          "|. PR_AUTO_RESPONSE_SUPPRESS=49|. PR_AUTO_FORWARDED=true" },
        { "broken dates", "Date: Monday, 2-Jan-06 15:04\n\n",
          ". PR_CLIENT_SUBMIT_TIME=2006-01-02T15:04:00Z" },
        { "date of asctime", "Date: Fri Jan  2 15:04:05 2006\n\n",
          ". PR_CLIENT_SUBMIT_TIME=2006-01-02T15:04:05Z" },
        { "no header at all", "no field here\nTo see\n", ". #to=0|. PR_MESSAGE_CLASS=IPM.Note" },
        { "empty", "", ". #to=0|. PR_MESSAGE_CLASS=IPM.Note|. PR_BODY=" },
    };

    run_cases(cases, G_N_ELEMENTS(cases));
}

static void
test_charsets(void)
{
    static const Case cases[] = {
        { "words", "Subject: =?utf-8?Q?=C3=A4?= =?iso-8859-1?Q?=F6?= x=?us-ascii?q?y_z?=\n\n",
          ". PR_SUBJECT=\303\244\303\266 xy z" },
        { "a character split between words", "Subject: =?utf-8?B?w6TD?= =?UTF-8?b?tg==?=\n\n",
          ". PR_SUBJECT=\303\244\303\266" },
        { "language", "Subject: =?utf-8*de?Q?=C3=A4?=\n\n", ". PR_SUBJECT=\303\244" },
        { "words in quotes and with blanks", "From: \"=?utf-8?q?a b?=\" <a@example.org>\n\n",
          ". PR_SENDER_NAME=a b" },
        { "no words", "Subject: =?a =?utf-8?x?a?= =?utf-8?q?open\n\n",
          ". PR_SUBJECT==?a =?utf-8?x?a?= =?utf-8?q?open" },
        { "unknown charset of UTF-8", "Subject: =?x-none?Q?=C3=A4?=\n\n", ". PR_SUBJECT=\303\244" },
        { "raw UTF-8", "Subject: \303\244\n\n", ". PR_SUBJECT=\303\244" },
        { "raw Latin", "Subject: \344\n\n", ". PR_SUBJECT=\303\244" },
        { "euro in Latin 1", "Subject: =?iso-8859-1?Q?=80?=\n\n", ". PR_SUBJECT=\342\202\254" },
        { "UTF-8 said to be Latin 1", "Subject: =?iso-8859-1?Q?=C3=A4?=\n\n",
          ". PR_SUBJECT=\303\244" },
        { "Latin 1 said to be UTF-8", "Subject: =?utf-8?Q?=E4x=F6?=\n\n",
          ". PR_SUBJECT=\303\244x\303\266" },
        { "ISO-2022-JP", "Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\n\n",
          ". PR_SUBJECT=\346\227\245\346\234\254" },
        { "ISO-2022-JP in two words",
          "Subject: =?ISO-2022-JP?B?GyRCRnwbKEI=?= =?ISO-2022-JP?B?GyRCS1wbKEI=?=\n\n",
          ". PR_SUBJECT=\346\227\245\346\234\254" },
        { "raw ISO-2022-JP", "Subject: \033$BF|K\\\033(B\n\n",
          ". PR_SUBJECT=\346\227\245\346\234\254" },
        { "GB18030 said to be GB2312", "Subject: =?gb2312?B?gTCBMMTj?=\n\n",
          ". PR_SUBJECT=\302\200\344\275\240" },
        { "UTF-7", "Subject: =?utf-7?Q?+AOQ-?=\n\n", ". PR_SUBJECT=\303\244" },
        { "body in KOI8-R", "Content-Type: text/plain; charset=koi8-r\n\n\320\322\311\n",
          ". PR_BODY=\320\277\321\200\320\270\r\n|. PR_INTERNET_CPID=20866" },
        { "body without charset", "\n\344\303\n", ". PR_BODY=\303\244\303\203\r\n" },
        { "body quoted-printable",
          "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
          "quoted-printable\n\n=C3=A4=\nb \n",
          ". PR_BODY=\303\244b\r\n|. PR_INTERNET_CPID=65001" },
    };

    run_cases(cases, G_N_ELEMENTS(cases));
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=b\n\n"
#define HTML "Content-Type: text/html; charset=utf-8\n\n"

static void
test_bodies(void)
{
    static const Case cases[] = {
        { "only HTML", HTML "<p>a &auml;</p><script>x</script>b",
          ". PR_HTML=<p>a &auml;</p><script>x</script>b|. PR_NATIVE_BODY_INFO=3" },
        { "HTML keeps its bytes", "Content-Type: text/html; charset=koi8-r\n\n<b>\320</b>",
          ". PR_HTML=<b>\320</b>|. PR_INTERNET_CPID=20866" },
        { "zeros in HTML",
          "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: "
          "quoted-printable\n\na=00b =00 c",
          ". PR_BODY=ab c\r\n|. PR_MESSAGE_CLASS=IPM.Note|. PR_INTERNET_CPID=1252" },
        { "HTML with its charset in a meta tag",
          "Content-Type: text/html\n\n<meta http-equiv=x content=\"text/html; "
          "charset=windows-1251\">\340",
          ". PR_INTERNET_CPID=1251" },
        { "alternative", ALTERNATIVE "--b\n\nplain\n--b\n" HTML "<b>html</b>\n--b--\n",
          ". PR_BODY=plain|. PR_HTML=<b>html</b>|. #at=0|. PR_NATIVE_BODY_INFO=3" },
        { "alternative the wrong way round",
          ALTERNATIVE "--b\n" HTML "<b>html</b>\n--b\n\nplain\n--b--\n",
          ". PR_BODY=plain|. PR_HTML=<b>html</b>|. #at=0" },
        { "two texts", MIXED "--b\n\none\n--b\n\ntwo\n--b--\n", ". PR_BODY=one\r\ntwo|. #at=0" },
        { "text, then HTML", MIXED "--b\n\none\n--b\n" HTML "<i>two</i>\n--b--\n",
          ". PR_HTML=<html><body>one</body></html>\r\n<i>two</i>|. PR_INTERNET_CPID=65001" },
        { "text as attachment",
          MIXED "--b\n\none\n--b\nContent-Disposition: attachment; filename=t.txt\n\ntwo\n--b--\n",
          ". PR_BODY=one|. #at=1|at0 PR_ATTACH_LONG_FILENAME=t.txt|at0 PR_ATTACH_DATA_BIN=two"
          "|at0 PR_ATTACH_MIME_TAG=text/plain|at0 PR_ATTACH_METHOD=1"
          "|at0 PR_ATTACH_CONTENT_DISPOSITION=attachment|at0 PR_ATTACH_EXTENSION=.txt"
          "|at0 PR_ATTACH_FILENAME=t.txt|at0 PR_RENDERING_POSITION=-1" },
        { "flowed",
          "Content-Type: text/plain; format=flowed\n\nThis \nis one.\n> quo \n> ted\n-- \nsig\n",
          ". PR_BODY=This is one.\r\n> quo ted\r\n-- \r\nsig\r\n" },
        { "flowed with delsp", "Content-Type: text/plain; format=flowed; delsp=yes\n\nab \ncd\n",
          ". PR_BODY=abcd\r\n" },
        { "enriched",
          "Content-Type: text/enriched\n\n<bold>a</bold><<<color><param>red</param>c</color>\n\nd",
          ". PR_HTML=<html><body><b>a</b>&lt;<span>c</span><br>\r\nd</body></html>\r\n" },
        { "uuencode", "\nSee:\nbegin 644 ../cat.txt\n#0V%T\n`\nend\nEnd.\n",
          ". PR_BODY=See:\r\nEnd.\r\n|. #at=1|at0 PR_ATTACH_LONG_FILENAME=cat.txt"
          "|at0 PR_ATTACH_DATA_BIN=Cat" },
        { "no uuencode", "\nbegin 644 cat.txt\nnot a line\n",
          ". PR_BODY=begin 644 cat.txt\r\nnot a line\r\n|. #at=0" },
    };

    run_cases(cases, G_N_ELEMENTS(cases));
}

static void
test_attachments(void)
{
    static const Case cases[] = {
        { "related",
          "Content-Type: multipart/related; boundary=b\n\n--b\n" HTML
          "<img src=\"cid:a%40x\">\n--b\nContent-Type: image/png; name=a.png\nContent-ID: <a@x>\n"
          "Content-Transfer-Encoding: base64\n\nAAEC\n--b\nContent-Type: image/gif\nContent-ID: "
          "<other>\n\nGIF\n--b--\n",
          ". #at=2|at0 PR_ATTACH_CONTENT_ID=a@x|at0 PR_ATTACHMENT_HIDDEN=true|at0 "
          "PR_ATTACH_FLAGS=4|at1 PR_ATTACHMENT_HIDDEN=-|at1 "
          "PR_ATTACH_LONG_FILENAME=attachment.gif" },
        { "related with start",
          "Content-Type: multipart/related; boundary=b; start=\"<r>\"\n\n--b\nContent-Type: "
          "image/png\nContent-Location: http://x/i.png\n\nP\n--b\nContent-Type: "
          "text/html\nContent-ID: "
          "<r>\n\n<img src=http://x/i.png>\n--b--\n",
          ". #at=1|at0 PR_ATTACHMENT_HIDDEN=true|. PR_HTML=<img src=http://x/i.png>" },
        { "names",
          MIXED
          "--b\nContent-Type: application/pdf; name*0*=utf-8''%C3%A4; name*1=\"b.pdf\"\n\nx\n"
          "--b\nContent-Type: application/pdf; name=\"=?iso-8859-1?Q?=F6?=.pdf\"\n\nx\n"
          "--b\nContent-Type: application/x\nContent-Disposition: attachment; "
          "filename=\"C:\\\\dir\\\\..\\\\a/../c.exe\"\n\nx\n"
          "--b\nContent-Type: application/zip\nContent-Disposition: attachment; "
          "filename=\"..\"\n\nx\n"
          "--b\nContent-Disposition: attachment; filename=\"A very long name.text\"\n\nx\n--b--\n",
          ". #at=5|at0 PR_ATTACH_LONG_FILENAME=\303\244b.pdf|at1 "
          "PR_ATTACH_LONG_FILENAME=\303\266.pdf|at2 PR_ATTACH_LONG_FILENAME=c.exe|at3 "
          "PR_ATTACH_LONG_FILENAME=attachment.zip|at4 PR_ATTACH_FILENAME=Averyl~1.tex" },
        { "embedded",
          MIXED "--b\n\nsee\n--b\nContent-Type: message/rfc822\n\nSubject: inner\nTo: "
                "x@example.org\nReceived: a; Mon, 2 Jan 2006 15:04:05 +0000\n\nhello\n--b--\n",
          ". #at=1|at0 PR_ATTACH_METHOD=5|at0 PR_DISPLAY_NAME=inner|at0in PR_SUBJECT=inner|at0in "
          "PR_BODY=hello|at0into0 PR_EMAIL_ADDRESS=x@example.org|at0in "
          "PR_MESSAGE_DELIVERY_TIME=2006-01-02T15:04:05Z|. PR_BODY=see" },
        { "digest",
          "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\n1\n--b\n\nSubject: "
          "two\n\n2\n--b--\n",
          ". #at=2|at1in PR_SUBJECT=two|at1in PR_BODY=2" },
        { "apple double",
          MIXED "--b\nContent-Type: multipart/appledouble; boundary=c\n\n--c\nContent-Type: "
                "application/applefile; name=f\n\nR\n--c\nContent-Type: image/png; "
                "name=f.png\n\nD\n--c--\n--b--\n",
          ". #at=2|at0 PR_ATTACHMENT_HIDDEN=true|at1 PR_ATTACH_LONG_FILENAME=f.png" },
        { "external body",
          MIXED "--b\nContent-Type: message/external-body; access-type=URL; "
                "URL=\"https://example.org/f\"\n\nContent-Type: text/plain\n\n--b--\n",
          ". #at=1|at0 PR_ATTACH_METHOD=7|at0 PR_ATTACH_LONG_PATHNAME=https://example.org/f" },
        { "partial", "Content-Type: message/partial; number=1; total=2; id=x\n\npiece\n",
          ". #at=1|at0 PR_ATTACH_LONG_FILENAME=attachment.eml|at0 PR_ATTACH_DATA_BIN=piece\r\n" },
        { "signed by S/MIME",
          "Subject: s\nContent-Type: multipart/signed; "
          "protocol=\"application/pkcs7-signature\";\n "
          "boundary=b\n\n--b\n\ntext\n--b\nContent-Type: "
          "application/pkcs7-signature; name=smime.p7s\n\nsig\n--b--\n",
          ". PR_MESSAGE_CLASS=IPM.Note.SMIME.MultipartSigned|. #at=1|. PR_BODY=text|. "
          "#sources=1|at0 "
          "PR_ATTACH_MIME_TAG=multipart/signed|at0 PR_ATTACH_LONG_FILENAME=smime.p7m" },
        { "encrypted by S/MIME", "Content-Type: application/pkcs7-mime; name=smime.p7m\n\ndata\n",
          ". PR_MESSAGE_CLASS=IPM.Note.SMIME|. #at=1|at0 PR_ATTACH_LONG_FILENAME=smime.p7m" },
        { "signed by PGP",
          "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; "
          "boundary=b\n\n--b\n\n"
          "text\n--b\nContent-Type: application/pgp-signature\n\nsig\n--b--\n",
          ". PR_MESSAGE_CLASS=IPM.Note|. PR_BODY=text|. #at=1|at0 "
          "PR_ATTACH_LONG_FILENAME=attachment.asc" },
        { "calendar",
          ALTERNATIVE "--b\n\nCome.\n--b\nContent-Type: text/calendar; method=request; "
                      "charset=utf-8\n\nBEGIN:VCALENDAR\n--b--\n",
          ". #calendars=1|. #at=1|at0 PR_ATTACH_LONG_FILENAME=attachment.ics|. PR_BODY=Come." },
        { "a winmail.dat that is none",
          "Content-Type: application/ms-tnef; name=winmail.dat\n\nno\n",
          ". #at=1|at0 PR_ATTACH_LONG_FILENAME=winmail.dat" },
    };

    run_cases(cases, G_N_ELEMENTS(cases));
}

static void
test_reports(void)
{
    static const Case cases[] = {
        { "not delivered",
          "From: MAILER-DAEMON@example.org\nTo: ann@example.org\nSubject: Undelivered\n"
          "Content-Type: multipart/report; report-type=delivery-status; "
          "boundary=b\n\n--b\n\nSorry.\n--b\n"
          "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: "
          "rfc822; "
          "bob@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 "
          "No\nRemote-MTA: dns; "
          "r.example\n\nFinal-Recipient: rfc822; c@example.org\nAction: delayed\nStatus: "
          "4.4.7\n--b\n"
          "Content-Type: message/rfc822\n\nSubject: hello\nDate: Mon, 2 Jan 2006 15:04:05 "
          "+0000\n\n--b--\n",
          ". PR_MESSAGE_CLASS=REPORT.IPM.Note.NDR|. #to=2|to0 PR_EMAIL_ADDRESS=bob@example.org|to0 "
          "PR_NDR_STATUS_CODE=511|to0 PR_NDR_DIAG_CODE=0|to0 PR_REPORT_TEXT=550 No|to0 "
          "PR_DSN_REMOTE_MTA=r.example|to1 PR_NDR_DIAG_CODE=5|. PR_ORIGINAL_SUBJECT=hello|. "
          "PR_ORIGINAL_SUBMIT_TIME=2006-01-02T15:04:05Z|. PR_BODY=Sorry.|. #at=2" },
        { "delivered",
          "Content-Type: multipart/report; boundary=b\n\n--b\n\nok\n--b\nContent-Type: "
          "message/delivery-status\n\nX: y\n\nFinal-Recipient: rfc822;b@example.org\nAction: "
          "delivered\nStatus: 2.0.0\n--b--\n",
          ". PR_MESSAGE_CLASS=REPORT.IPM.Note.DR|. #to=1" },
        { "read",
          "To: ann@example.org\nContent-Type: multipart/report; "
          "boundary=b\n\n--b\n\nread\n--b\nContent-Type: "
          "message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; "
          "displayed\nOriginal-Message-ID: <1@x>\n--b--\n",
          ". PR_MESSAGE_CLASS=REPORT.IPM.Note.IPNRN|. PR_IN_REPLY_TO_ID=<1@x>|. #to=1" },
        { "deleted",
          "Content-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
          "message/disposition-notification\n\nDisposition: "
          "automatic-action/MDN-sent-automatically; "
          "deleted\n--b--\n",
          ". PR_MESSAGE_CLASS=REPORT.IPM.Note.IPNNRN" },
        { "a report of something else",
          "Content-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
          "message/feedback-report\n\nA: b\n--b--\n",
          ". PR_MESSAGE_CLASS=IPM.Note" },
    };

    run_cases(cases, G_N_ELEMENTS(cases));
}

/* ---- sources ---- */

static gboolean
collect(const guint8 *data, gsize len, gpointer to, G_GNUC_UNUSED GError **error)
{
    g_string_append_len(to, (const char *) data, (gssize) len);
    return TRUE;
}

static void
test_sources(void)
{
    static const char head[] =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
        "application/x\r\nContent-Transfer-Encoding: ";
    static const struct {
        const char *encoding, *line, *data;
    } cases[] = {
        { "base64", "YWJjZGVm\r\n", "abcdef" },
        { "quoted-printable", "ab=\r\n=63=\r\n", "abc" },
        { "7bit", "abc\r\n", "abc\r\n" },
        { "x-uuencode", "#86)C\r\n", "abc" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = g_string_new(head);
        g_autoptr(GString) expect = g_string_new(NULL);
        g_autoptr(GString) got = g_string_new(NULL);
        g_autoptr(TwMimeTree) tree = NULL;
        g_autoptr(TwMailIn) in = NULL;
        const TwMailSource *source;
        gboolean uu = strcmp(cases[i].encoding, "x-uuencode") == 0;
        guint id = 0;

        g_string_append_printf(mail, "%s\r\n\r\n%s", cases[i].encoding,
                               uu ? "begin 644 x\r\n" : "");
        for (guint k = 0; k < 30000; k++) {
            g_string_append(mail, cases[i].line);
            g_string_append(expect, cases[i].data);
        }
        g_string_append(mail, uu ? "`\r\nend\r\n" : "");
        g_string_append(mail, "\r\n--b--\r\n");
        tree = tw_mime_scan((const guint8 *) mail->str, mail->len, NULL);
        in = tw_mail_to_object((const guint8 *) mail->str, mail->len, tree, NULL);
        g_assert_cmpuint(in->sources->len, ==, 1);
        source = &g_array_index(in->sources, TwMailSource, 0);
        g_assert_true(source->whole && source->part == 1);
        g_assert_true(tw_object_locate(in->object, source->path.bytes, source->path.len, &id) ==
                      tw_object_at(in->object, TW_OBJECT_ATTACHMENT, 0));
        g_assert_cmpuint(id, ==, PR_ATTACH_DATA_BIN >> 16);
        g_assert_true(tw_mail_source_decode((const guint8 *) mail->str, mail->len, source, collect,
                                            got, NULL));
        g_assert_true(g_string_equal(got, expect) ||
                      (cases[i].encoding[0] == '7' && got->len == expect->len));
    }
}

/* ---- hostile ---- */

static double
seconds_of(GString *mail, TwMailIn **ret)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan((const guint8 *) mail->str, mail->len, NULL);
    gint64 before = g_get_monotonic_time();

    *ret = tw_mail_to_object((const guint8 *) mail->str, mail->len, tree, NULL);
    return (double) (g_get_monotonic_time() - before) / G_USEC_PER_SEC;
}

/* Each of these once took minutes somewhere; a limit of seconds tells that from a slow machine. */
static void
test_hostile(void)
{
    static const struct {
        const char *name, *head, *unit, *tail;
        guint count;
    } cases[] = {
        { "parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n", "",
          20000 },
        { "headers", "", "Subject: x\r\n", "\r\n", 100000 },
        { "address fields", "", "To: a@example.org, b@example.org\r\n", "\r\n", 100000 },
        { "addresses", "To: ", "a@example.org, ", "\r\n\r\n", 500000 },
        { "parentheses in a body", "\r\n", "((((((((((((((((", "", 3 << 16 },
        { "parentheses in an address", "To: ", "((((((((((((((((", "\r\n\r\n", 1 << 16 },
        { "parentheses in a type", "Content-Type: ", "((((((((", "\r\n\r\n", 1 << 16 },
        { "words", "Subject: ", "=?utf-8?q?a?= ", "\r\n\r\n", 1000000 },
        { "open words", "Subject: ", "=?a?q?x ", "\r\n\r\n", 1000000 },
        { "raw headers", "",
          "Subject: \344\303\266\374\337\344\303\266\374\337\344\303\266\374\337\r\n", "\r\n",
          100000 },
        { "raw names",
          "To: ", "\344\303\266\374\337\344\303\266\374\337\344\303\266\374\337 <a@b>,", "\r\n\r\n",
          100000 },
        { "pieces", "Content-Type: application/x;\r\n", " name*1*=a;\r\n", "\r\nx", 100000 },
        { "comments in HTML", "Content-Type: text/html\r\n\r\n", "<!-- <!", "", 300000 },
        { "tags in HTML", "Content-Type: text/html\r\n\r\n", "<a href=\"", "", 300000 },
        { "links in HTML", "Content-Type: text/html\r\n\r\n", "<a href=x>y", "", 300000 },
        { "quotes in HTML", "Content-Type: text/html\r\n\r\n", "<blockquote><br>x", "", 100000 },
        { "meta in HTML", "Content-Type: text/html\r\n\r\n", "<meta ", "", 300000 },
        { "references in HTML", "Content-Type: text/html\r\n\r\n", "cid:x ", "", 300000 },
        { "begin", "\r\n", "begin 644 x\r\n", "", 200000 },
        { "quotes", "To: ", "\"\\\"", "\r\n\r\n", 500000 },
        { "enriched", "Content-Type: text/enriched\r\n\r\n", "<bold>", "", 300000 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = g_string_new(cases[i].head);
        g_autoptr(TwMailIn) in = NULL;
        double seconds;

        for (guint k = 0; k < cases[i].count; k++)
            g_string_append(mail, cases[i].unit);
        g_string_append(mail, cases[i].tail);
        seconds = seconds_of(mail, &in);
        g_test_message("%s: %zu bytes in %.0f ms", cases[i].name, mail->len, seconds * 1000);
        g_assert_cmpfloat(seconds, <, 20);
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_RECIPIENT), <=,
                         TW_MAIL_MAX_RECIPIENTS);
    }
}

/* As many attachments as its size pays for, and never more than the most. */
static void
test_attachment_limit(void)
{
    static const struct {
        guint parts, part_bytes, most;
    } cases[] = {
        { TW_MAIL_FREE_ATTACHMENTS - 1, 10, TW_MAIL_FREE_ATTACHMENTS - 1 },
        { TW_MAIL_MAX_ATTACHMENTS, 10, TW_MAIL_FREE_ATTACHMENTS + 199 },
        { 1000, TW_MAIL_ATTACHMENT_BYTES, 1000 },
        { TW_MAIL_MAX_ATTACHMENTS, TW_MAIL_ATTACHMENT_BYTES, TW_MAIL_MAX_ATTACHMENTS },
        { TW_MAIL_MAX_ATTACHMENTS + 1, TW_MAIL_ATTACHMENT_BYTES, TW_MAIL_MAX_ATTACHMENTS },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        g_autoptr(TwMailIn) in = NULL;

        for (guint k = 0; k < cases[i].parts; k++) {
            g_string_append(mail, "--b\r\nContent-Type: application/x\r\n\r\n");
            for (guint left = cases[i].part_bytes; left > 0; left--)
                g_string_append_c(mail, left % 70 == 0 ? '\n' : 'x');
            g_string_append(mail, "\r\n");
        }
        (void) seconds_of(mail, &in);
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), <=, cases[i].most);
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), >=,
                         MIN(cases[i].parts, TW_MAIL_FREE_ATTACHMENTS));
        if (cases[i].part_bytes > 10)
            g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, cases[i].most);
    }
}

/* Messages in messages: the deepest one allowed is a message, the next one a file. */
static void
test_depth(void)
{
    for (guint depth = 1; depth <= 4; depth++) {
        g_autoptr(GString) mail = g_string_new("Subject: 0\r\n");
        TwMailInOptions options = { .max_embedded = 2 };
        g_autoptr(TwMimeTree) tree = NULL;
        g_autoptr(TwMailIn) in = NULL;
        TwObject *at;
        guint reached = 0;

        for (guint i = 1; i <= depth; i++)
            g_string_append_printf(mail, "Content-Type: message/rfc822\r\n\r\nSubject: %u\r\n", i);
        g_string_append(mail, "\r\nx");
        tree = tw_mime_scan((const guint8 *) mail->str, mail->len, NULL);
        in = tw_mail_to_object((const guint8 *) mail->str, mail->len, tree, &options);
        for (at = in->object; tw_object_count(at, TW_OBJECT_ATTACHMENT) > 0; reached++) {
            TwObject *attachment = tw_object_at(at, TW_OBJECT_ATTACHMENT, 0);
            at = tw_object_get_embedded(attachment);
            if (at == NULL) {
                g_assert_cmpint((int) tw_object_get_long(attachment, PR_ATTACH_METHOD, 0), ==, 1);
                break;
            }
        }
        g_assert_cmpuint(reached, ==, MIN(depth, 2));
        g_assert_true((at == NULL) == (depth > 2));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/mail-in/headers", test_headers);
    g_test_add_func("/convert/mail-in/charsets", test_charsets);
    g_test_add_func("/convert/mail-in/bodies", test_bodies);
    g_test_add_func("/convert/mail-in/attachments", test_attachments);
    g_test_add_func("/convert/mail-in/reports", test_reports);
    g_test_add_func("/convert/mail-in/sources", test_sources);
    g_test_add_func("/convert/mail-in/hostile", test_hostile);
    g_test_add_func("/convert/mail-in/attachment-limit", test_attachment_limit);
    g_test_add_func("/convert/mail-in/depth", test_depth);
    return g_test_run();
}
