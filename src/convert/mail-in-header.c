/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Header fields into properties and recipients: spec/mailbox-layout.md 33.3. The first field of a name counts, but for lists
 * of recipients, which add up. */
#include <string.h>

#include "base/number.h"
#include "convert/mail-date.h"
#include "convert/mail-in-private.h"
#include "convert/mail-text.h"
#include "mapi/conversation.h"
#include "mapi/entryid.h"
#include "mapi/keys.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    MAX_ENTRYID = 8 * 1024,    /* of a one-off recipient: two texts of 1,000 bytes as UTF-16 */
    MAX_ENTRIES = 1024 * 1024, /* of reply recipients */
    PREFIX_MOST = 255,
    SUPPRESS_ALL = -1
};

/* What is worked out of several fields, or needed by others. */
typedef struct {
    TwMailMessage *message;
    TwPropsBuilder *props;
    guint64 seen; /* bits of fields */
    TwMailAddress from, sender;
    gboolean has_from, has_sender;
    guint importance, importance_rank; /* rank: 0 none, 3 Importance, 2 X-Priority, 1 others */
    char *subject, *topic;
    gboolean has_date;
    guint recipients;
} Reading;

typedef struct {
    const char *name;
    void (*take)(Reading *reading, const TwMimeField *field, guint32 tag);
    guint32 tag;
    gboolean repeats; /* every field of that name is taken, not only the first */
} FieldRow;

/* ---- addresses ---- */

/* Tags of one role: spec/mailbox-layout.md 22.3. */
typedef struct {
    guint32 entryid, name, type, address, search_key, smtp;
} Role;

static const Role representing_role = {
    PR_SENT_REPRESENTING_ENTRYID,    PR_SENT_REPRESENTING_NAME,
    PR_SENT_REPRESENTING_ADDRTYPE,   PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    PR_SENT_REPRESENTING_SEARCH_KEY, PR_SENT_REPRESENTING_SMTP_ADDRESS,
};
static const Role sender_role = {
    PR_SENDER_ENTRYID,       PR_SENDER_NAME,       PR_SENDER_ADDRTYPE,
    PR_SENDER_EMAIL_ADDRESS, PR_SENDER_SEARCH_KEY, PR_SENDER_SMTP_ADDRESS,
};
static const Role recipient_role = {
    PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};

static void
put_entryid(const TwMailAddress *address, TwBuffer *out)
{
    char type[] = "SMTP";
    TwOneOff one_off = { TW_ONE_OFF_NO_RICH_TEXT, address->name, type, address->address };

    tw_one_off_write(&one_off, out);
}

static void
set_search_key(TwPropsBuilder *props, guint32 tag, const TwMailAddress *address)
{
    g_autoptr(GBytes) key = tw_search_key_make("SMTP", address->address, NULL);

    if (key != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(key, &len);
        tw_props_builder_set(props, tw_value_bytes(tag, data, len));
    }
}

static void
set_role(TwPropsBuilder *props, const Role *role, const TwMailAddress *address)
{
    g_auto(TwBuffer) entryid = TW_BUFFER_INIT(MAX_ENTRYID);

    put_entryid(address, &entryid);
    tw_mail_set_text(props, role->name, address->name);
    tw_mail_set_text(props, role->type, "SMTP");
    if (address->address[0] != '\0') {
        tw_mail_set_text(props, role->address, address->address);
        tw_mail_set_text(props, role->smtp, address->address);
        set_search_key(props, role->search_key, address);
    }
    if (!tw_buffer_failed(&entryid))
        tw_props_builder_set(props, tw_value_bytes(role->entryid, entryid.data, entryid.len));
}

static GArray *
parse_addresses(Reading *reading, const TwMimeField *field, guint most)
{
    return tw_mail_addresses_parse(reading->message->all->reader, field->value, field->value_len,
                                   most);
}

gboolean
tw_mail_recipient_add(TwMailMessage *message,
                      const TwMailAddress *address,
                      guint type,
                      TwPropsBuilder *props)
{
    TwObject *node;

    if (tw_object_count(message->object, TW_OBJECT_RECIPIENT) >= TW_MAIL_MAX_RECIPIENTS)
        return FALSE;
    node = tw_object_add(message->object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    if (node == NULL)
        return FALSE;
    tw_props_builder_set(props, tw_value_long(PR_RECIPIENT_TYPE, type));
    tw_props_builder_set(props, tw_value_long(PR_OBJECT_TYPE, 6)); /* MAPI_MAILUSER */
    tw_props_builder_set(props, tw_value_long(PR_DISPLAY_TYPE, 0));
    tw_props_builder_set(props, tw_value_bool(PR_RESPONSIBILITY, TRUE));
    set_role(props, &recipient_role, address);
    tw_mail_node_finish(node, props, TRUE);
    return TRUE;
}

static void
take_recipients(Reading *reading, const TwMimeField *field, guint32 type)
{
    TwMailMessage *message = reading->message;
    g_auto(TwPropsBuilder) props = { 0 };
    g_autoptr(GArray) list = NULL;

    if (message->has_recipients || reading->recipients >= TW_MAIL_MAX_RECIPIENTS)
        return;
    list = parse_addresses(reading, field, TW_MAIL_MAX_RECIPIENTS - reading->recipients);
    reading->recipients += list->len;
    tw_props_builder_init(&props);
    for (guint i = 0; i < list->len; i++) {
        if (!tw_mail_recipient_add(message, &g_array_index(list, TwMailAddress, i), type, &props))
            return;
    }
}

static gboolean
first_address(Reading *reading, const TwMimeField *field, TwMailAddress *ret)
{
    g_autoptr(GArray) list = parse_addresses(reading, field, 1);
    TwMailAddress *first;

    if (list->len == 0)
        return FALSE;
    first = &g_array_index(list, TwMailAddress, 0);
    ret->name = g_steal_pointer(&first->name);
    ret->address = g_steal_pointer(&first->address);
    return TRUE;
}

static void
take_from(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    reading->has_from = first_address(reading, field, &reading->from);
}

static void
take_sender(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    reading->has_sender = first_address(reading, field, &reading->sender);
}

/* PR_REPLY_RECIPIENT_ENTRIES: u32 count, u32 bytes, and for each u32 length, the entry id, zeros up to a multiple of 4. */
static void
take_reply_to(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    g_autoptr(GArray) list = parse_addresses(reading, field, TW_MAIL_MAX_REPLY_TO);
    g_auto(TwBuffer) entries = TW_BUFFER_INIT(MAX_ENTRIES);
    g_auto(TwBuffer) all = TW_BUFFER_INIT(MAX_ENTRIES + 8);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++) {
        const TwMailAddress *address = &g_array_index(list, TwMailAddress, i);
        g_auto(TwBuffer) entryid = TW_BUFFER_INIT(MAX_ENTRYID);
        put_entryid(address, &entryid);
        tw_buffer_put_u32le(&entries, (guint32) entryid.len);
        tw_buffer_put(&entries, entryid.data, entryid.len);
        tw_buffer_put_zeros(&entries, (4 - entryid.len % 4) % 4);
        g_string_append(names, i > 0 ? "; " : "");
        g_string_append(names, address->name);
    }
    if (list->len == 0 || tw_buffer_failed(&entries))
        return;
    tw_buffer_put_u32le(&all, list->len);
    tw_buffer_put_u32le(&all, (guint32) entries.len);
    tw_buffer_put(&all, entries.data, entries.len);
    tw_props_builder_set(reading->props,
                         tw_value_bytes(PR_REPLY_RECIPIENT_ENTRIES, all.data, all.len));
    tw_mail_set_text(reading->props, PR_REPLY_RECIPIENT_NAMES, names->str);
}

static void
take_read_receipt(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    g_auto(TwBuffer) entryid = TW_BUFFER_INIT(MAX_ENTRYID);
    TwMailAddress address = { NULL, NULL };

    if (!first_address(reading, field, &address))
        return;
    put_entryid(&address, &entryid);
    tw_props_builder_set(reading->props, tw_value_bool(PR_READ_RECEIPT_REQUESTED, TRUE));
    tw_props_builder_set(reading->props,
                         tw_value_bool(PR_NON_RECEIPT_NOTIFICATION_REQUESTED, TRUE));
    if (!tw_buffer_failed(&entryid))
        tw_props_builder_set(reading->props,
                             tw_value_bytes(PR_READ_RECEIPT_ENTRYID, entryid.data, entryid.len));
    set_search_key(reading->props, PR_READ_RECEIPT_SEARCH_KEY, &address);
    g_free(address.name);
    g_free(address.address);
}

/* ---- texts ---- */

static char *
field_text(Reading *reading, const TwMimeField *field)
{
    return tw_mail_text_decode(reading->message->all->reader, field->value, field->value_len);
}

static void
take_text(Reading *reading, const TwMimeField *field, guint32 tag)
{
    g_autofree char *text = field_text(reading, field);

    tw_mail_set_text(reading->props, tag, text);
}

static void
take_subject(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    reading->subject = field_text(reading, field);
}

static void
take_topic(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    reading->topic = field_text(reading, field);
}

static void
take_index(Reading *reading, const TwMimeField *field, guint32 tag)
{
    g_autoptr(GBytes) index = tw_conversation_index_from_header(
        (const char *) field->value, MIN(field->value_len, (gsize) TW_MIME_MAX_VALUE_LEN), NULL);

    if (index != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(index, &len);
        tw_props_builder_set(reading->props, tw_value_bytes(tag, data, len));
    }
}

static void
take_correlator(Reading *reading, const TwMimeField *field, guint32 tag)
{
    g_autofree char *text = field_text(reading, field);

    if (text[0] != '\0')
        tw_props_builder_set(reading->props,
                             tw_value_bytes(tag, (const guint8 *) text, strlen(text) + 1));
}

static void
take_time(Reading *reading, const TwMimeField *field, guint32 tag)
{
    g_autoptr(GString) line = tw_mime_unfold(field->value, MIN(field->value_len, (gsize) 1000));
    gint64 us;

    if (!tw_mail_date_parse(line->str, line->len, &us))
        return;
    reading->has_date |= tag == PR_CLIENT_SUBMIT_TIME;
    tw_mail_set_time(reading->props, tag, us);
}

/* The time behind the last ";" of the topmost one, for mails that are embedded and have no time of delivery else. */
static void
take_received(Reading *reading, const TwMimeField *field, guint32 tag)
{
    gsize len = MIN(field->value_len, (gsize) TW_MIME_MAX_VALUE_LEN);
    const guint8 *mark = memrchr(field->value, ';', len);
    gint64 us;

    if (reading->message->depth == 0 || mark == NULL)
        return;
    mark++;
    if (tw_mail_date_parse((const char *) mark, (gsize) (field->value + len - mark), &us))
        tw_mail_set_time(reading->props, tag, us);
}

/* ---- words and numbers ---- */

typedef struct {
    const char *word;
    int number;
} WordRow;

/* The first word of a field, in a list of words. */
static gboolean
find_word(const TwMimeField *field, const WordRow *rows, gsize count, int *ret)
{
    g_autoptr(GString) line = tw_mime_unfold(field->value, MIN(field->value_len, (gsize) 200));
    gsize len = strcspn(line->str, " \t;(,");

    for (gsize i = 0; i < count; i++) {
        if (strlen(rows[i].word) == len && g_ascii_strncasecmp(rows[i].word, line->str, len) == 0) {
            *ret = rows[i].number;
            return TRUE;
        }
    }
    return FALSE;
}

static void
set_importance(Reading *reading, int importance, guint rank)
{
    if (rank <= reading->importance_rank)
        return;
    reading->importance = (guint) importance;
    reading->importance_rank = rank;
}

static void
take_importance(Reading *reading, const TwMimeField *field, guint32 rank)
{
    static const WordRow words[] = {
        { "low", 0 }, { "normal", 1 },  { "medium", 1 }, { "high", 2 },
        { "1", 2 },   { "2", 2 },       { "3", 1 },      { "4", 0 },
        { "5", 0 },   { "highest", 2 }, { "lowest", 0 },
    };
    int importance;

    if (find_word(field, words, G_N_ELEMENTS(words), &importance))
        set_importance(reading, importance, rank);
}

static void
take_priority(Reading *reading, const TwMimeField *field, guint32 tag)
{
    static const WordRow words[] = {
        { "non-urgent", -1 },
        { "normal", 0 },
        { "urgent", 1 },
    };
    int priority;

    if (!find_word(field, words, G_N_ELEMENTS(words), &priority))
        return;
    tw_props_builder_set(reading->props, tw_value_long(tag, (guint32) priority));
    set_importance(reading, priority + 1, 1);
}

static void
take_sensitivity(Reading *reading, const TwMimeField *field, guint32 tag)
{
    static const WordRow words[] = {
        { "personal", 1 },
        { "private", 2 },
        { "company-confidential", 3 },
        { "confidential", 3 },
    };
    int sensitivity;

    if (find_word(field, words, G_N_ELEMENTS(words), &sensitivity))
        tw_props_builder_set(reading->props, tw_value_long(tag, (guint32) sensitivity));
}

static void
take_auto_submitted(Reading *reading, const TwMimeField *field, guint32 tag)
{
    static const WordRow words[] = {
        { "auto-forwarded", 1 }, { "true", 1 }, /* Autoforwarded: */
    };
    int yes;

    if (find_word(field, words, G_N_ELEMENTS(words), &yes))
        tw_props_builder_set(reading->props, tw_value_bool(tag, TRUE));
}

static void
take_suppress(Reading *reading, const TwMimeField *field, guint32 tag)
{
    static const WordRow words[] = {
        { "none", 0 }, { "all", SUPPRESS_ALL }, { "dr", 1 },         { "ndr", 2 }, { "rn", 4 },
        { "nrn", 8 },  { "oof", 16 },           { "autoreply", 32 },
    };
    g_autoptr(GString) line = tw_mime_unfold(field->value, MIN(field->value_len, (gsize) 200));
    g_auto(GStrv) parts = g_strsplit(line->str, ",", 20);
    guint32 bits = 0;

    for (guint i = 0; parts[i] != NULL; i++) {
        g_strstrip(parts[i]);
        for (guint k = 0; k < G_N_ELEMENTS(words); k++) {
            if (g_ascii_strcasecmp(parts[i], words[k].word) == 0)
                bits |= (guint32) words[k].number;
        }
    }
    tw_props_builder_set(reading->props, tw_value_long(tag, bits));
}

static void
take_flag(Reading *reading, G_GNUC_UNUSED const TwMimeField *field, guint32 tag)
{
    tw_props_builder_set(reading->props, tw_value_bool(tag, TRUE));
}

static void
take_scl(Reading *reading, const TwMimeField *field, guint32 tag)
{
    g_autoptr(GString) line = tw_mime_unfold(field->value, MIN(field->value_len, (gsize) 20));
    guint32 level;

    if (strcmp(line->str, "-1") == 0)
        tw_props_builder_set(reading->props, tw_value_long(tag, G_MAXUINT32));
    else if (tw_parse_u32(line->str, line->len, 9, &level))
        tw_props_builder_set(reading->props, tw_value_long(tag, level));
}

/* ---- named properties ---- */

static void
set_named_text(Reading *reading, const TwNamedProp *name, const TwMimeField *field)
{
    guint32 tag = tw_mail_named_tag(reading->message, name, TW_PT_UNICODE);

    if (tag != 0)
        take_text(reading, field, tag);
}

static void
take_named(Reading *reading, const TwMimeField *field, guint32 which)
{
    TwNamedProp name = tw_known_name((TwKnownName) which);

    set_named_text(reading, &name, field);
}

static void
take_message_flag(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    TwNamedProp name = tw_known_name(TW_PidLidFlagRequest);

    set_named_text(reading, &name, field);
    tw_props_builder_set(reading->props, tw_value_long(PR_FLAG_STATUS, 2));   /* flagged */
    tw_props_builder_set(reading->props, tw_value_long(PR_FOLLOWUP_ICON, 6)); /* red */
}

/* Keywords: text, text, ... */
static void
take_keywords(Reading *reading, const TwMimeField *field, G_GNUC_UNUSED guint32 tag)
{
    TwNamedProp name = tw_known_name(TW_PidNameKeywords);
    g_autofree char *text = field_text(reading, field);
    g_auto(GStrv) words = g_strsplit_set(text, ",;", TW_MAIL_MAX_KEYWORDS);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(MAX_ENTRIES);
    g_auto(TwListBuilder) list = { 0 };
    guint32 named = tw_mail_named_tag(reading->message, &name, TW_PT_MV_UNICODE);
    TwPropValue value;
    guint count = 0;

    tw_list_builder_init(&list, named);
    for (guint i = 0; words[i] != NULL; i++) {
        g_strstrip(words[i]);
        if (words[i][0] == '\0')
            continue;
        tw_list_builder_add(&list, words[i], strlen(words[i]));
        count++;
    }
    if (named != 0 && count > 0 && tw_list_builder_finish(&list, &packed, &value, NULL))
        tw_props_builder_set(reading->props, value);
}

/* ---- the table ---- */

/* Grouped by first letter, in lower case; see find_row(). At most 64 rows. */
static const FieldRow rows[] = {
    { "Accept-Language", take_named, TW_PidNameAcceptLanguage, FALSE },
    { "Apparently-To", take_recipients, 1, TRUE },
    { "Approved", take_text, PR_INTERNET_APPROVED, FALSE },
    { "Auto-Submitted", take_auto_submitted, PR_AUTO_FORWARDED, FALSE },
    { "Autoforwarded", take_auto_submitted, PR_AUTO_FORWARDED, FALSE },
    { "Bcc", take_recipients, 3, TRUE },
    { "Cc", take_recipients, 2, TRUE },
    { "Content-Class", take_named, TW_PidNameContentClass, FALSE },
    { "Control", take_text, PR_INTERNET_CONTROL, FALSE },
    { "Date", take_time, PR_CLIENT_SUBMIT_TIME, FALSE },
    { "Deferred-Delivery", take_time, PR_DEFERRED_DELIVERY_TIME, FALSE },
    { "Disposition-Notification-To", take_read_receipt, 0, FALSE },
    { "Distribution", take_text, PR_INTERNET_DISTRIBUTION, FALSE },
    { "Expires", take_time, PR_EXPIRY_TIME, FALSE },
    { "Expiry-Date", take_time, PR_EXPIRY_TIME, FALSE },
    { "Followup-To", take_text, PR_INTERNET_FOLLOWUP_TO, FALSE },
    { "From", take_from, 0, FALSE },
    { "Importance", take_importance, 3, FALSE },
    { "In-Reply-To", take_text, PR_IN_REPLY_TO_ID, FALSE },
    { "Keywords", take_keywords, 0, FALSE },
    { "List-Help", take_text, PR_LIST_HELP, FALSE },
    { "List-Subscribe", take_text, PR_LIST_SUBSCRIBE, FALSE },
    { "List-Unsubscribe", take_text, PR_LIST_UNSUBSCRIBE, FALSE },
    { "Message-ID", take_text, PR_INTERNET_MESSAGE_ID, FALSE },
    { "Newsgroups", take_text, PR_INTERNET_NEWSGROUPS, FALSE },
    { "Organization", take_text, PR_INTERNET_ORGANIZATION, FALSE },
    { "Priority", take_priority, PR_PRIORITY, FALSE },
    { "Received", take_received, PR_MESSAGE_DELIVERY_TIME, FALSE },
    { "References", take_text, PR_INTERNET_REFERENCES, FALSE },
    { "Reply-By", take_time, PR_REPLY_TIME, FALSE },
    { "Reply-To", take_reply_to, 0, FALSE },
    { "Return-Path", take_text, PR_INTERNET_RETURN_PATH, FALSE },
    { "Return-Receipt-To", take_flag, PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, FALSE },
    { "Sender", take_sender, 0, FALSE },
    { "Sensitivity", take_sensitivity, PR_SENSITIVITY, FALSE },
    { "Subject", take_subject, 0, FALSE },
    { "Supersedes", take_text, PR_SUPERSEDES, FALSE },
    { "Thread-Index", take_index, PR_CONVERSATION_INDEX, FALSE },
    { "Thread-Topic", take_topic, 0, FALSE },
    { "To", take_recipients, 1, TRUE },
    { "X-Auto-Response-Suppress", take_suppress, PR_AUTO_RESPONSE_SUPPRESS, FALSE },
    { "X-Confirm-Reading-To", take_read_receipt, 0, FALSE },
    { "X-Keywords", take_keywords, 0, FALSE },
    { "X-Message-Flag", take_message_flag, 0, FALSE },
    { "X-MS-Exchange-Organization-SCL", take_scl, PR_CONTENT_FILTER_SCL, FALSE },
    { "X-MS-TNEF-Correlator", take_correlator, PR_TNEF_CORRELATION_KEY, FALSE },
    { "X-MSMail-Priority", take_importance, 1, FALSE },
    { "X-Priority", take_importance, 2, FALSE },
    { "Xref", take_named, TW_PidNameCrossReference, FALSE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) <= 64);

/* The row of a field, or the number of rows. */
static guint
find_row(const TwMimeField *field)
{
    char first = g_ascii_toupper((char) field->name[0]);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].name[0] == first && tw_mime_field_is(field, rows[i].name))
            return i;
    }
    return G_N_ELEMENTS(rows);
}

/* A field that the administrator asked to have as a named property: PS_INTERNET_HEADERS, with the name as it is asked for. */
static void
take_asked(Reading *reading, const TwMimeField *field)
{
    const char *const *asked = reading->message->all->options->headers;

    for (guint i = 0; asked != NULL && asked[i] != NULL; i++) {
        TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS),
                             .name = asked[i] };
        if (tw_mime_field_is(field, asked[i]))
            set_named_text(reading, &name, field);
    }
}

static void
take_field(Reading *reading, const TwMimeField *field)
{
    guint row = find_row(field);
    guint64 bit = row < G_N_ELEMENTS(rows) ? G_GUINT64_CONSTANT(1) << row : 0;

    take_asked(reading, field);
    if (bit == 0 || ((reading->seen & bit) != 0 && !rows[row].repeats))
        return;
    reading->seen |= bit;
    rows[row].take(reading, field, rows[row].tag);
}

/* ---- what is worked out ---- */

static void
set_senders(Reading *reading)
{
    if (reading->has_from)
        set_role(reading->props, &representing_role, &reading->from);
    else if (reading->has_sender)
        set_role(reading->props, &representing_role, &reading->sender);
    if (reading->has_sender)
        set_role(reading->props, &sender_role, &reading->sender);
    else if (reading->has_from)
        set_role(reading->props, &sender_role, &reading->from);
}

/* PR_NORMALIZED_SUBJECT is what the store computes of these two. */
static void
set_subject(Reading *reading)
{
    const char *subject = reading->subject != NULL ? reading->subject : "";
    gsize prefix_len = MIN(tw_subject_prefix_len(subject), (gsize) PREFIX_MOST);
    g_autofree char *prefix = g_strndup(subject, prefix_len);
    const char *topic =
        reading->topic != NULL && reading->topic[0] != '\0' ? reading->topic : subject + prefix_len;

    tw_mail_set_text(reading->props, PR_SUBJECT, subject);
    tw_mail_set_text(reading->props, PR_SUBJECT_PREFIX, prefix);
    tw_mail_set_text(reading->props, PR_CONVERSATION_TOPIC, topic);
}

static void
set_header_text(Reading *reading, const TwMimePart *part)
{
    TwMailConvert *all = reading->message->all;
    g_auto(TwBuffer) text = TW_BUFFER_INIT(3 * TW_MAIL_MAX_HEADERS);

    tw_charset_read(all->reader, NULL, 0, all->mail + part->header,
                    MIN(part->header_len, (gsize) TW_MAIL_MAX_HEADERS), &text);
    if (text.len > 0 && !tw_buffer_failed(&text))
        tw_props_builder_set(reading->props, tw_value_text(PR_TRANSPORT_MESSAGE_HEADERS,
                                                           (const char *) text.data, text.len));
}

static void
clear_reading(Reading *reading)
{
    g_free(reading->from.name);
    g_free(reading->from.address);
    g_free(reading->sender.name);
    g_free(reading->sender.address);
    g_free(reading->subject);
    g_free(reading->topic);
}

void
tw_mail_header_read(TwMailMessage *message)
{
    const TwMailConvert *all = message->all;
    const TwMimePart *part = &all->parts[message->part];
    TwCursor cur = tw_cursor_init(all->mail + part->header, part->header_len);
    Reading reading = { .message = message, .props = &message->props, .importance = 1 };
    TwMimeField field;

    tw_props_builder_set(reading.props, tw_value_long(PR_PRIORITY, 0));
    tw_props_builder_set(reading.props, tw_value_long(PR_SENSITIVITY, 0));
    set_header_text(&reading, part); /* first: a guess at all of it is better than one at a name */
    for (guint i = 0; i < TW_MAIL_MAX_FIELDS && tw_mime_field_next(&cur, &field); i++) {
        if (field.name_len > 0)
            take_field(&reading, &field);
    }
    set_senders(&reading);
    set_subject(&reading);
    tw_props_builder_set(reading.props, tw_value_long(PR_IMPORTANCE, reading.importance));
    if (!reading.has_date && message->depth == 0 && all->options->received_us != 0)
        tw_mail_set_time(reading.props, PR_CLIENT_SUBMIT_TIME, all->options->received_us);
    clear_reading(&reading);
}
