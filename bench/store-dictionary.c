/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What does the dictionary of records and summaries (store/dictionary.h) save, and what does it cost?
 *
 * Makes mails, appointments, tasks, contacts and notes as people and their programs write them, stores them, and compresses
 * their tail records and mail summaries with and without the dictionary. With --train it makes a dictionary out of half of
 * them instead and writes it as a C file, and says what it saves on the other half; with a folder of mails it says so
 * for these, which are never trained on.
 *
 *     bench-store-dictionary [FOLDER-OF-MAILS]
 *     bench-store-dictionary --train ID BYTES > src/store/dictionary-ID.c
 */
#include "bench.h"
#include "disk.h"

#include "base/compress.h"
#include "mapi/tags.h"
#include "store/dictionary.h"
#include "store/mail.h"
#include "store/messages.h"
#include "store/record.h"
#include "store/store.h"

#include <string.h>
#include <zdict.h>

enum {
    ROUNDS = 60, /* of each kind of object */
    HEADER_LEN = TW_TAIL_HEADER_LEN,
};

typedef struct {
    TwEngine *engine;
    TwStore *store;
    guint32 inbox;
    GRand *rand;
    GPtrArray *samples; /* GBytes: plain bodies of records, and summaries */
} Maker;

/* ---- words ---- */

/* What many mails have in common; all else is made up anew each time, so that no dictionary learns it. */
static const char *const endings[] = {
    ".com", ".com", ".com", ".org", ".net", ".de", ".co.uk", ".fr", ".edu", ".io", ".info", ".it",
};
static const char *const hosts[] = {
    "gmail.com",  "googlegroups.com", "outlook.com",    "hotmail.com",
    "yahoo.com",  "localhost",        "mail.gmail.com", "localhost.localdomain",
    "github.com", "gmx.de",           "icloud.com",
};

#define PICK(maker, list) (list)[g_rand_int_range((maker)->rand, 0, G_N_ELEMENTS(list))]

static guint
below(Maker *maker, gint most)
{
    return (guint) g_rand_int_range(maker->rand, 0, most);
}

/* A word as one could say it. */
static char *
some_name(Maker *maker, gboolean capital)
{
    GString *text = g_string_new(NULL);

    for (guint i = 2 + below(maker, 3); i > 0; i--) {
        g_string_append_c(text, "bcdfghjklmnprstvwz"[below(maker, 18)]);
        g_string_append_c(text, "aeiou"[below(maker, 5)]);
        if (below(maker, 3) == 0)
            g_string_append_c(text, "lnrst"[below(maker, 5)]);
    }
    if (capital)
        text->str[0] = g_ascii_toupper(text->str[0]);
    return g_string_free(text, FALSE);
}

static char *
some_host(Maker *maker)
{
    static const char *const before[] = { "", "", "", "mail.", "lists.", "www.", "smtp.", "mx." };
    g_autofree char *name = some_name(maker, FALSE);

    if (below(maker, 3) == 0)
        return g_strdup(PICK(maker, hosts));
    return g_strconcat(PICK(maker, before), name, PICK(maker, endings), NULL);
}

static char *
some_words(Maker *maker, guint most)
{
    static const char *const starts[] = { "", "", "Re: ", "Re: ", "Fwd: ", "RE: ", "[", "AW: " };
    static const char *const small[] = { " the ", " of ", " and ", " for ", " to ", " in ", " " };
    GString *text = g_string_new(PICK(maker, starts));

    for (guint i = below(maker, (gint) most); i > 0; i--) {
        g_autofree char *word = some_name(maker, FALSE);
        g_string_append(text, word);
        g_string_append(text, PICK(maker, small));
    }
    return g_string_free(text, FALSE);
}

static char *
some_address(Maker *maker)
{
    g_autofree char *first = some_name(maker, TRUE), *last = some_name(maker, TRUE);
    g_autofree char *host = some_host(maker), *low = some_name(maker, FALSE);

    switch (below(maker, 6)) {
    case 0:
        return g_strdup_printf("%s %s <%s.%s@%s>", first, last, low, last, host);
    case 1:
        return g_strdup_printf("\"%s, %s\" <%s@%s>", last, first, low, host);
    case 2:
        return g_strdup_printf("%s@%s", low, host);
    case 3:
        return g_strdup_printf("=?UTF-8?Q?%s_%s?= <%s@%s>", first, last, low, host);
    case 4:
        return g_strdup_printf("%s@%s (%s %s)", low, host, first, last);
    default:
        return g_strdup_printf("\"%s %s\" <%c.%s@%s>", first, last, *low, low, host);
    }
}

static void
put_date(Maker *maker, GString *out)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    static const char *const zones[] = { "+0000", "+0100",       "+0200", "-0700",
                                         "-0500", "+0000 (UTC)", "GMT" };

    g_string_append_printf(out, "Date: %s, %u %s 20%02u %02u:%02u:%02u %s\r\n", PICK(maker, days),
                           1 + below(maker, 28), PICK(maker, months), 15 + below(maker, 12),
                           below(maker, 24), below(maker, 60), below(maker, 60),
                           PICK(maker, zones));
}

/* ---- mails ---- */

static char *
some_message_id(Maker *maker)
{
    guint64 number = (guint64) g_rand_int(maker->rand) << 32 | g_rand_int(maker->rand);
    g_autofree char *host = some_host(maker);

    switch (below(maker, 5)) {
    case 0:
        return g_strdup_printf("<%08X.%u@%s>", (guint) number, below(maker, 9999999), host);
    case 1:
        return g_strdup_printf("<CA+%x=%x@mail.gmail.example>", (guint) number,
                               (guint) (number >> 32));
    case 2:
        return g_strdup_printf("<%04x%08x-%04x-4%03x-%08x@%s>", below(maker, 65536), (guint) number,
                               below(maker, 65536), below(maker, 4096), (guint) (number >> 32),
                               host);
    case 3:
        return g_strdup_printf("<20%02u%02u%02u%02u%02u.GA%u@%s>", below(maker, 27),
                               1 + below(maker, 12), below(maker, 28), below(maker, 24),
                               below(maker, 60), below(maker, 30000), host);
    default:
        return g_strdup_printf("<%uP189MB%u%08X@AM0P189MB0001.EURP189.PROD.OUTLOOK.example>",
                               below(maker, 9), below(maker, 9999), (guint) number);
    }
}

static void
put_addresses(Maker *maker, GString *out, const char *field, guint most)
{
    g_string_append_printf(out, "%s: ", field);
    for (guint i = below(maker, (gint) most) + 1; i > 0; i--) {
        g_autofree char *address = some_address(maker);
        g_string_append_printf(out, "%s%s", address, i > 1 ? ",\r\n\t" : "\r\n");
    }
}

static void
put_list_fields(Maker *maker, GString *out)
{
    static const char *const names[] = { "devel", "users", "announce", "announcements", "team" };
    const char *name = PICK(maker, names);
    g_autofree char *host = some_host(maker);

    g_string_append_printf(out,
                           "Precedence: list\r\nX-BeenThere: %s@%s\r\n"
                           "List-Id: Discussion <%s.%s>\r\n"
                           "List-Unsubscribe: <https://%s/mailman/options/%s>,\r\n"
                           " <mailto:%s-request@%s?subject=unsubscribe>\r\n"
                           "List-Archive: <https://%s/pipermail/%s/>\r\n"
                           "List-Post: <mailto:%s@%s>\r\n"
                           "List-Help: <mailto:%s-request@%s?subject=help>\r\n"
                           "List-Subscribe: <https://%s/mailman/listinfo/%s>,\r\n"
                           " <mailto:%s-request@%s?subject=subscribe>\r\n",
                           name, host, name, host, host, name, name, host, host, name, name, host,
                           name, host, host, name, name, host);
}

static void
put_header(Maker *maker, GString *out)
{
    static const char *const programs[] = {
        "User-Agent: Mozilla Thunderbird",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Thunderbird/102.0",
        "User-Agent: Mutt/1.5.21 (2010-09-15)",
        "X-Mailer: Microsoft Outlook 16.0\r\nContent-Language: en-us",
        "X-Mailer: Microsoft Outlook Express 6.00.2600.0000",
        "X-Mailer: Apple Mail (2.3445.104.11)",
        "X-Mailer: iPhone Mail (18D52)",
        "X-Mailer: Evolution 3.36.4",
        "X-Mailer: git-send-email 2.30.2",
    };
    g_autofree char *sender = some_address(maker), *id = some_message_id(maker);
    g_autofree char *subject = some_words(maker, 8), *name = some_name(maker, FALSE);
    g_autofree char *host = some_host(maker);

    g_string_append_printf(out, "Return-Path: <%s@%s>\r\n", name, host);
    if (below(maker, 3) == 0)
        g_string_append_printf(out, "Delivered-To: %s@%s\r\n", host, name);
    g_string_append_printf(out, "From: %s\r\n", sender);
    if (below(maker, 5) == 0)
        put_addresses(maker, out, "Sender", 1);
    if (below(maker, 4) == 0)
        put_addresses(maker, out, "Reply-To", 1);
    put_addresses(maker, out, "To", 4);
    if (below(maker, 3) == 0)
        put_addresses(maker, out, "Cc", 5);
    g_string_append_printf(out, "Subject: %s\r\n", subject);
    put_date(maker, out);
    g_string_append_printf(out, "Message-ID: %s\r\n", id);
    if (below(maker, 2) == 0) {
        g_autofree char *parent = some_message_id(maker), *root = some_message_id(maker);
        g_string_append_printf(out, "In-Reply-To: %s\r\nReferences: %s\r\n %s\r\n", parent, root,
                               parent);
    }
    if (below(maker, 4) == 0)
        put_list_fields(maker, out);
    if (below(maker, 6) == 0)
        g_string_append(out, "X-Priority: 3 (Normal)\r\nImportance: Normal\r\n");
    if (below(maker, 8) == 0)
        g_string_append(out, "Auto-Submitted: auto-generated\r\n");
    if (below(maker, 2) == 0)
        g_string_append_printf(out, "%s\r\n", PICK(maker, programs));
    g_string_append(out, below(maker, 2) == 0 ? "MIME-Version: 1.0\r\n" : "Mime-Version: 1.0\r\n");
}

static void
put_text_part(Maker *maker, GString *out, const char *subtype)
{
    static const char *const charsets[] = { "utf-8",        "\"utf-8\"",      "UTF-8",
                                            "\"UTF-8\"",    "us-ascii",       "iso-8859-1",
                                            "\"us-ascii\"", "\"iso-8859-1\"", "windows-1252" };
    static const char *const encodings[] = { "quoted-printable", "7bit", "8bit", "base64" };

    g_string_append_printf(out, "Content-Type: text/%s; charset=%s%s\r\n", subtype,
                           PICK(maker, charsets), below(maker, 4) == 0 ? "; format=flowed" : "");
    if (below(maker, 4) != 0)
        g_string_append_printf(out, "Content-Transfer-Encoding: %s\r\n", PICK(maker, encodings));
    if (below(maker, 10) == 0)
        g_string_append(out, "Content-Disposition: inline\r\n");
    g_string_append(out, "\r\n");
    for (guint i = 3 + below(maker, 10); i > 0; i--) {
        g_autofree char *line = some_words(maker, 12);
        g_string_append_printf(out, "%s\r\n", line);
    }
}

static void
put_attachment(Maker *maker, GString *out)
{
    static const struct {
        const char *type, *end;
    } kinds[] = {
        { "application/pdf", "pdf" },
        { "image/png", "png" },
        { "image/jpeg", "jpg" },
        { "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx" },
        { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx" },
        { "application/octet-stream", "dat" },
        { "application/zip", "zip" },
        { "text/calendar", "ics" },
        { "application/pgp-signature", "asc" },
    };
    guint kind = below(maker, G_N_ELEMENTS(kinds)), number = below(maker, 1000);
    g_autofree char *word = some_name(maker, FALSE);

    g_string_append_printf(out,
                           "Content-Type: %s;\r\n\tname=\"%s%03u.%s\"\r\n"
                           "Content-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: %s;\r\n\tfilename=\"%s%03u.%s\"\r\n",
                           kinds[kind].type, word, number, kinds[kind].end,
                           below(maker, 4) == 0 ? "inline" : "attachment", word, number,
                           kinds[kind].end);
    if (below(maker, 4) == 0)
        g_string_append_printf(out, "Content-ID: <image%03u.%s@01D%05X.%08X>\r\n", number,
                               kinds[kind].end, below(maker, 1 << 20), g_rand_int(maker->rand));
    g_string_append(out, "\r\nAAAA\r\n");
}

static char *
some_boundary(Maker *maker)
{
    guint number = g_rand_int(maker->rand), other = g_rand_int(maker->rand);

    switch (below(maker, 5)) {
    case 0:
        return g_strdup_printf("----=_NextPart_%03u_%04X_%08X.%08X", below(maker, 9),
                               below(maker, 65536), number, other);
    case 1:
        return g_strdup_printf("000000000000%08x%06x", number, other & 0xffffff);
    case 2:
        return g_strdup_printf("------------%08X%08X", number, other);
    case 3:
        return g_strdup_printf("Apple-Mail=_%08X-%04X-4000-A000-%08X", number, below(maker, 65536),
                               other);
    default:
        return g_strdup_printf("=_%08x%08x", number, other);
    }
}

static void
put_alternative(Maker *maker, GString *out)
{
    g_autofree char *boundary = some_boundary(maker);

    g_string_append_printf(out,
                           "Content-Type: multipart/alternative;%sboundary=\"%s\"\r\n\r\n--%s\r\n",
                           below(maker, 2) == 0 ? " " : "\r\n\t", boundary, boundary);
    put_text_part(maker, out, "plain");
    g_string_append_printf(out, "--%s\r\n", boundary);
    put_text_part(maker, out, "html");
    g_string_append_printf(out, "--%s--\r\n", boundary);
}

static GBytes *
make_mail(Maker *maker)
{
    static const char *const kinds[] = { "mixed", "mixed", "related", "signed" };
    GString *out = g_string_new(NULL);
    guint shape = below(maker, 6);

    put_header(maker, out);
    if (shape < 2) {
        put_text_part(maker, out, below(maker, 4) == 0 ? "html" : "plain");
    } else if (shape < 4) {
        put_alternative(maker, out);
    } else {
        g_autofree char *boundary = some_boundary(maker);
        g_string_append_printf(out, "Content-Type: multipart/%s;%sboundary=\"%s\"\r\n\r\n",
                               PICK(maker, kinds), below(maker, 2) == 0 ? " " : "\r\n\t", boundary);
        g_string_append_printf(out, "--%s\r\n", boundary);
        if (below(maker, 2) == 0)
            put_alternative(maker, out);
        else
            put_text_part(maker, out, "plain");
        for (guint i = 1 + below(maker, 3); i > 0; i--) {
            g_string_append_printf(out, "--%s\r\n", boundary);
            put_attachment(maker, out);
        }
        g_string_append_printf(out, "--%s--\r\n", boundary);
    }
    if (below(maker, 2) == 0) /* as files have them */
        g_string_replace(out, "\r\n", "\n", 0);
    return g_string_free_to_bytes(out);
}

/* ---- objects of other clients ---- */

static void
set_text(TwObject *object, guint32 tag, char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    tw_object_set(object, &value, NULL);
    g_free(text);
}

static void
set_number(TwObject *object, guint32 tag, guint32 number)
{
    TwPropValue value = tw_value_long(tag, number);

    tw_object_set(object, &value, NULL);
}

static void
set_time(Maker *maker, TwObject *object, guint32 tag)
{
    TwPropValue value =
        tw_value_i8(tag, G_GINT64_CONSTANT(134000000000000000) +
                             (gint64) below(maker, 100000) * G_GINT64_CONSTANT(600000000));

    tw_object_set(object, &value, NULL);
}

static void
set_person(Maker *maker, TwObject *object, guint32 name, guint32 kind, guint32 address)
{
    g_autofree char *first = some_name(maker, TRUE), *last = some_name(maker, TRUE);
    g_autofree char *host = some_host(maker);

    set_text(object, name, g_strdup_printf("%s %s", first, last));
    set_text(object, kind, g_strdup("SMTP"));
    set_text(object, address, g_strdup_printf("%s.%s@%s", first, last, host));
}

static TwObject *
make_object(Maker *maker)
{
    static const char *const classes[] = { "IPM.Note",
                                           "IPM.Appointment",
                                           "IPM.Task",
                                           "IPM.Contact",
                                           "IPM.StickyNote",
                                           "IPM.Activity",
                                           "IPM.Schedule.Meeting.Request" };
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    guint kind = below(maker, G_N_ELEMENTS(classes));
    g_autofree guint8 *bytes = g_malloc0(24);
    TwPropValue value = tw_value_bytes(PR_SEARCH_KEY, bytes, 16);

    for (guint i = 0; i < 16; i++)
        bytes[i] = (guint8) g_rand_int(maker->rand);
    set_text(object, PR_MESSAGE_CLASS, g_strdup(classes[kind]));
    set_text(object, PR_SUBJECT, some_words(maker, 6));
    set_text(object, PR_BODY, some_words(maker, 60));
    set_person(maker, object, PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS);
    set_person(maker, object, PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
               PR_SENT_REPRESENTING_EMAIL_ADDRESS);
    set_time(maker, object, PR_CLIENT_SUBMIT_TIME);
    set_time(maker, object, PR_MESSAGE_DELIVERY_TIME);
    set_time(maker, object, PR_CREATION_TIME);
    set_time(maker, object, PR_LAST_MODIFICATION_TIME);
    set_number(object, PR_IMPORTANCE, 1);
    set_number(object, PR_PRIORITY, 0);
    set_number(object, PR_SENSITIVITY, 0);
    set_number(object, PR_ICON_INDEX, 1024);
    set_number(object, PR_INTERNET_CPID, 65001);
    set_number(object, PR_MESSAGE_CODEPAGE, 1252);
    tw_object_set(object, &value, NULL);
    value = tw_value_bytes(PR_CONVERSATION_INDEX, bytes, 22);
    tw_object_set(object, &value, NULL);
    if (kind == 3) {
        set_person(maker, object, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS);
        set_text(object, PR_GIVEN_NAME, some_name(maker, TRUE));
        set_text(object, PR_SURNAME, some_name(maker, TRUE));
        set_text(object, PR_COMPANY_NAME, some_host(maker));
        set_text(object, PR_BUSINESS_TELEPHONE_NUMBER,
                 g_strdup_printf("+49 30 %u", below(maker, 9999999)));
        set_text(object, PR_MOBILE_TELEPHONE_NUMBER,
                 g_strdup_printf("+49 170 %u", below(maker, 9999999)));
    } else if (kind == 1 || kind == 6) {
        set_time(maker, object, PR_START_DATE);
        set_time(maker, object, PR_END_DATE);
    }
    for (guint i = 0, n = kind == 0 || kind == 6 ? 1 + below(maker, 5) : 0; i < n; i++) {
        TwObject *recipient =
            tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
        set_number(recipient, PR_RECIPIENT_TYPE, 1 + below(maker, 2));
        set_person(maker, recipient, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS);
        set_number(recipient, PR_OBJECT_TYPE, 6);
        set_number(recipient, PR_DISPLAY_TYPE, 0);
    }
    return object;
}

/* ---- samples ---- */

static void
add_record(Maker *maker, const TwObject *object)
{
    TwTailOptions options = { .plain = TRUE };
    g_autoptr(GBytes) record = tw_tail_write(object, &options, NULL);

    g_ptr_array_add(maker->samples, g_bytes_new_from_bytes(record, HEADER_LEN,
                                                           g_bytes_get_size(record) - HEADER_LEN));
}

/* What the engine makes of a mail. */
static void
add_mail(Maker *maker, GBytes *mail)
{
    TwMailTarget target = { .store = maker->store, .folder = maker->inbox };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1 };
    TwMailResult result = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = NULL;
    g_auto(TwMessageRow) row = { 0 };
    GBytes *summary;

    if (!tw_mail_deliver(maker->engine, mail, &delivery, &result, &error) || result.error != NULL)
        g_error("%s", (error != NULL ? error : result.error)->message);
    object = tw_message_read(maker->store, result.made.mid, &row, &error);
    if (object == NULL)
        g_error("%s", error->message);
    add_record(maker, object);
    summary = tw_message_get_summary(maker->store, result.made.mid, NULL);
    if (summary != NULL)
        g_ptr_array_add(maker->samples, summary);
    tw_mail_result_clear(&result);
}

static void
add_folder(Maker *maker, const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        char *text;
        gsize len;
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            add_folder(maker, path);
        } else if (g_file_get_contents(path, &text, &len, NULL)) {
            g_autoptr(GBytes) mail = g_bytes_new_take(text, len);
            add_mail(maker, mail);
        }
    }
}

static void
open_maker(Maker *maker, const char *folder)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    TwStoreInfo info;
    g_autoptr(GError) error = NULL;

    config.fs = tw_file_system_real();
    config.path = folder;
    maker->engine = tw_engine_open(&config, &error);
    maker->store = maker->engine != NULL ? tw_store_create(maker->engine, &make, &error) : NULL;
    if (maker->store == NULL || !tw_store_get_info(maker->store, &info, &error))
        g_error("%s", error->message);
    maker->inbox = info.root;
    maker->samples = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
}

static void
make_samples(Maker *maker)
{
    for (guint i = 0; i < ROUNDS * 30; i++) {
        g_autoptr(GBytes) mail = make_mail(maker);
        add_mail(maker, mail);
    }
    for (guint i = 0; i < ROUNDS * 15; i++) {
        g_autoptr(TwObject) object = make_object(maker);
        add_record(maker, object);
    }
}

/* ---- figures ---- */

static void
compare(const Maker *maker, guint first, guint step, const TwZstdDict *dict)
{
    gsize plain = 0, without = 0, with = 0;
    double began = bench_now(), half = began, ended;
    guint count = 0;

    for (guint round = 0; round < 2; round++) {
        for (guint i = first; i < maker->samples->len; i += step) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
            gsize len;
            const guint8 *data = g_bytes_get_data(maker->samples->pdata[i], &len);
            tw_zstd_compress(&out, data, len, TW_TAIL_LEVEL, round == 0 ? NULL : dict, NULL);
            *(round == 0 ? &without : &with) += MIN(out.len, len);
            plain += round == 0 ? len : 0;
            count += round;
        }
        half = round == 0 ? bench_now() : half;
    }
    ended = bench_now();
    g_printerr(
        "%u samples of %.0f bytes: %.0f without (%.2f times smaller, %.1f us), %.0f with the "
        "dictionary (%.2f, %.1f us)\n",
        count, (double) plain / count, (double) without / count, (double) plain / (double) without,
        (half - began) / count * 1e6, (double) with / count, (double) plain / (double) with,
        (ended - half) / count * 1e6);
}

static TwZstdDict *
train(const Maker *maker, guint32 id, gsize most)
{
    ZDICT_params_t params = { .compressionLevel = TW_TAIL_LEVEL, .dictID = id };
    g_autoptr(GByteArray) all = g_byte_array_new();
    g_autofree size_t *sizes = g_new0(size_t, maker->samples->len);
    g_autofree guint8 *raw = g_malloc(most), *dict = g_malloc(most);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    TwZstdDict *loaded;
    unsigned count = 0;
    gsize len, skip;

    for (guint i = 0; i < maker->samples->len; i += 2) {
        gsize size;
        const guint8 *data = g_bytes_get_data(maker->samples->pdata[i], &size);
        g_byte_array_append(all, data, (guint) size);
        sizes[count++] = size;
    }
    len = ZDICT_trainFromBuffer(raw, most, all->data, sizes, count);
    skip = ZDICT_isError(len) ? 0 : ZDICT_getDictHeaderSize(raw, len); /* made anew, with our id */
    if (!ZDICT_isError(len))
        len = ZDICT_finalizeDictionary(dict, most, raw + skip, len - skip, all->data, sizes, count,
                                       params);
    if (ZDICT_isError(len))
        g_error("%s", ZDICT_getErrorName(len));
    text = g_base64_encode(dict, len);
    g_print("/* SPDX-License-Identifier: AGPL-3.0-or-later */\n"
            "/* Dictionary %u of dictionary.h, made by bench/store-dictionary.c out of records of "
            "its own: %u bytes in base64. "
            "Never\n * changed: a better one gets another number. */\n"
            "#include \"store/dictionary-private.h\"\n\n/* clang-format off */\n"
            "const char tw_dictionary_%u[] =\n",
            id & 0xffff, (guint) len, id & 0xffff);
    for (gsize at = 0; at < strlen(text); at += 116)
        g_print("    \"%.116s\"%s\n", text + at, at + 116 >= strlen(text) ? ";" : "");
    loaded = tw_zstd_dict_new(dict, len, TW_TAIL_LEVEL, &error);
    if (loaded == NULL)
        g_error("%s", error->message);
    return loaded;
}

int
main(int argc, char **argv)
{
    g_autofree char *folder = g_dir_make_tmp("bench-dictionary-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "data", NULL);
    Maker maker = { .rand = g_rand_new_with_seed(4) };

    open_maker(&maker, path);
    if (argc == 4 && strcmp(argv[1], "--train") == 0) {
        TwZstdDict *dict;
        make_samples(&maker);
        dict = train(&maker, TW_DICTIONARY_IDS | (guint32) g_ascii_strtoull(argv[2], NULL, 10),
                     (gsize) g_ascii_strtoull(argv[3], NULL, 10));
        compare(&maker, 1, 2, dict);
        tw_zstd_dict_unref(dict);
    } else {
        if (argc > 1)
            add_folder(&maker, argv[1]);
        else
            make_samples(&maker);
        compare(&maker, 0, 1, tw_dictionary(TW_DICTIONARY_NEWEST, NULL));
    }
    g_ptr_array_unref(maker.samples);
    tw_store_unref(maker.store);
    tw_engine_close(maker.engine);
    bench_remove(folder);
    g_rand_free(maker.rand);
    return 0;
}
