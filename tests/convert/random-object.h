/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages by chance: texts that are hostile as often as plain, any of the properties that mail carries, attachments of all kinds. */
#pragma once

#include "convert/object-dump.h"

static inline char *
random_text(GRand *rand, guint most)
{
    static const char *const pieces[] = {
        "word",
        " ",
        "  ",
        "\r\n",
        "\n",
        "\r",
        "\r\nX: y",
        "=?UTF-8?Q?x?=",
        "\"",
        "\\",
        "<",
        ">",
        ",",
        ";",
        ":",
        "@",
        "=",
        "--=_",
        "\r\n.\r\n",
        "\r\nFrom me",
        "\t",
        "\xc3\xa4\xc3\xb6",
        "\xd0\x9f\xd1\x80",
        "\xf0\x9f\xa6\x92",
        "\x1b",
        "longerwordthanmost",
        "(comment)",
        "a@b.example",
        "\xc2\xa0",
        "\xe2\x80\xae",
    };
    GString *text = g_string_new(NULL);
    guint count = (guint) g_rand_int_range(rand, 0, (gint32) most);

    for (guint i = 0; i < count; i++)
        g_string_append(text, pieces[g_rand_int_range(rand, 0, (gint32) G_N_ELEMENTS(pieces))]);
    if (g_rand_int_range(rand, 0, 40) == 0) {
        g_autofree char *line = g_strnfill(1200, 'w');

        g_string_append(text, line);
    }
    return g_string_free(text, FALSE);
}

static inline void
put_random_text(GRand *rand, TwObject *node, guint32 tag, guint most)
{
    g_autofree char *text = random_text(rand, most);

    if (g_rand_boolean(rand))
        put(node, tw_value_str(tag, text));
}

static inline void
put_random_person(GRand *rand, TwObject *node, guint32 name, guint32 type, guint32 address)
{
    static const char *const addresses[] = { "anna@example.org",
                                             "b\xc3\xbc@example.org",
                                             "c@b\xc3\xbc"
                                             "cher.example",
                                             "a b@example.org",
                                             "evil@x>\r\nBcc: y@z",
                                             "no address",
                                             "" };

    put_random_text(rand, node, name, 6);
    put(node, tw_value_str(type, g_rand_int_range(rand, 0, 5) == 0 ? "EX" : "SMTP"));
    put(node, tw_value_str(address,
                           addresses[g_rand_int_range(rand, 0, (gint32) G_N_ELEMENTS(addresses))]));
}

static inline TwObject *
random_object(GRand *rand, guint depth)
{
    static const char *const classes[] = {
        "IPM.Note",
        "IPM.Note",
        "IPM.Post",
        "IPM.Task",
        "IPM.Contact",
        "REPORT.IPM.Note.NDR",
        "REPORT.IPM.Note.IPNRN",
        "IPM.Note.SMIME",
        "IPM.Note.SMIME.MultipartSigned",
        "IPM.Schedule.Meeting.Request",
        "\r\nX: y",
    };
    static const guint32 texts[] = { PR_SUBJECT,
                                     PR_INTERNET_MESSAGE_ID,
                                     PR_IN_REPLY_TO_ID,
                                     PR_INTERNET_REFERENCES,
                                     PR_CONVERSATION_TOPIC,
                                     PR_LIST_HELP,
                                     PR_LIST_UNSUBSCRIBE,
                                     PR_TRANSPORT_MESSAGE_HEADERS,
                                     PR_REPORT_TEXT };
    static const guint32 file_texts[] = {
        PR_ATTACH_LONG_FILENAME, PR_ATTACH_MIME_TAG,         PR_DISPLAY_NAME,
        PR_ATTACH_CONTENT_ID,    PR_ATTACH_CONTENT_LOCATION, PR_ATTACH_LONG_PATHNAME
    };
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    guint count;

    put(message, tw_value_str(PR_MESSAGE_CLASS,
                              classes[g_rand_int_range(rand, 0, (gint32) G_N_ELEMENTS(classes))]));
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        put_random_text(rand, message, texts[i], 12);
    put_random_text(rand, message, PR_BODY, 60);
    if (g_rand_boolean(rand)) {
        g_autofree char *html = random_text(rand, 60);

        put(message, tw_value_bytes(PR_HTML, (const guint8 *) html, strlen(html)));
        put(message, tw_value_long(PR_INTERNET_CPID, g_rand_boolean(rand) ? 65001 : 1252));
    }
    put(message, tw_value_long(PR_IMPORTANCE, (guint32) g_rand_int_range(rand, 0, 4)));
    put(message, tw_value_long(PR_SENSITIVITY, (guint32) g_rand_int_range(rand, 0, 5)));
    put(message, tw_value_bool(PR_READ_RECEIPT_REQUESTED, g_rand_boolean(rand)));
    put(message, tw_value_i8(PR_CLIENT_SUBMIT_TIME, (gint64) g_rand_int(rand) << 26));
    put_random_person(rand, message, PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS);
    put_random_person(rand, message, PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
                      PR_SENT_REPRESENTING_EMAIL_ADDRESS);
    count = (guint) g_rand_int_range(rand, 0, 5);
    for (guint i = 0; i < count; i++) {
        TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

        put(row, tw_value_long(PR_RECIPIENT_TYPE, (guint32) g_rand_int_range(rand, 1, 4)));
        put_random_person(rand, row, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS);
        put_random_text(rand, row, PR_SUPPLEMENTARY_INFO, 8);
    }
    count = (guint) g_rand_int_range(rand, 0, 4);
    for (guint i = 0; i < count; i++) {
        TwObject *file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
        g_autofree char *data = random_text(rand, 100);

        put(file, tw_value_long(PR_ATTACH_METHOD, (guint32) g_rand_int_range(rand, 0, 8)));
        for (guint k = 0; k < G_N_ELEMENTS(file_texts); k++)
            put_random_text(rand, file, file_texts[k], 6);
        if (g_rand_boolean(rand))
            put(file, tw_value_str(PR_ATTACH_MIME_TAG, "text/plain"));
        if (depth > 0 && g_rand_int_range(rand, 0, 3) == 0)
            g_assert_true(tw_object_set_embedded(file, random_object(rand, depth - 1), NULL));
        else
            put(file, tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) data, strlen(data)));
    }
    return message;
}
