/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The header of a mail from the properties of a message. doc/mail-properties.md is the list. */
#include "base/date.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "convert/mail-out-private.h"
#include "convert/mime-header.h"
#include "mapi/conversation.h"
#include "mapi/entryid.h"
#include "mapi/message-class.h"

/* --- persons --------------------------------------------------------------------------------------------------- */

void
tw_mail_person_clear(TwMailPerson *person)
{
    g_clear_pointer(&person->name, g_free);
    g_clear_pointer(&person->address, g_free);
}

typedef struct {
    guint32 name, smtp, type, address, entryid;
} PersonTags;

static const PersonTags sender_tags = { PR_SENDER_NAME, PR_SENDER_SMTP_ADDRESS, PR_SENDER_ADDRTYPE,
                                        PR_SENDER_EMAIL_ADDRESS, PR_SENDER_ENTRYID };
static const PersonTags author_tags = {
    PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_SMTP_ADDRESS, PR_SENT_REPRESENTING_ADDRTYPE,
    PR_SENT_REPRESENTING_EMAIL_ADDRESS, PR_SENT_REPRESENTING_ENTRYID
};
static const PersonTags recipient_tags = { PR_DISPLAY_NAME, PR_SMTP_ADDRESS, PR_ADDRTYPE,
                                           PR_EMAIL_ADDRESS, PR_ENTRYID };

static char *
address_of_entryid(TwMailWriter *writer, const guint8 *data, gsize len, char **ret_name)
{
    const TwMailOptions *options = writer->options;
    g_autoptr(TwEntryId) id = tw_entryid_parse(data, len, NULL);

    if (id != NULL && id->kind == TW_ENTRYID_ONE_OFF && id->one_off.address != NULL &&
        strchr(id->one_off.address, '@') != NULL) {
        if (ret_name != NULL)
            *ret_name = g_strdup(id->one_off.name);
        return g_strdup(id->one_off.address);
    }
    return options->resolve != NULL ? options->resolve(options->data, data, len) : NULL;
}

static void
get_person(TwMailWriter *writer, const TwObject *node, const PersonTags *tags, TwMailPerson *ret)
{
    const char *smtp = tw_object_get_text(node, tags->smtp, "");
    const char *type = tw_object_get_text(node, tags->type, "");
    const char *address = tw_object_get_text(node, tags->address, "");
    TwPropValue entryid;

    ret->name = g_strdup(tw_object_get_text(node, tags->name, NULL));
    ret->address = NULL;
    if (strchr(smtp, '@') != NULL)
        ret->address = g_strdup(smtp);
    else if (g_ascii_strcasecmp(type, "SMTP") == 0 && *address != '\0')
        ret->address = g_strdup(address);
    else if (tw_object_get(node, tags->entryid, &entryid) &&
             tw_prop_tag_type(entryid.tag) == TW_PT_BINARY)
        ret->address = address_of_entryid(writer, entryid.data, entryid.len, NULL);
    if (ret->address == NULL && strchr(address, '@') != NULL)
        ret->address = g_strdup(address);
}

void
tw_mail_get_sender(TwMailWriter *writer, const TwObject *message, TwMailPerson *ret)
{
    get_person(writer, message, &sender_tags, ret);
}

void
tw_mail_get_author(TwMailWriter *writer, const TwObject *message, TwMailPerson *ret)
{
    get_person(writer, message, &author_tags, ret);
    if (ret->address == NULL && (ret->name == NULL || *ret->name == '\0')) {
        tw_mail_person_clear(ret);
        tw_mail_get_sender(writer, message, ret);
    }
}

void
tw_mail_get_recipient(TwMailWriter *writer, const TwObject *row, TwMailPerson *ret)
{
    get_person(writer, row, &recipient_tags, ret);
}

static gboolean
use_utf8(const TwMailWriter *writer)
{
    return (writer->flags & TW_MAIL_UTF8) != 0;
}

static gboolean
is_nobody(const TwMailPerson *person)
{
    return person->address == NULL && (person->name == NULL || *person->name == '\0');
}

static void
put_person(TwMailWriter *writer, const char *field, const TwMailPerson *person)
{
    TwHead head = tw_head_begin(&writer->buffer, field, use_utf8(writer));
    TwMailbox mailbox = { person->name, person->address };

    tw_head_mailbox(&head, &mailbox, FALSE);
    tw_head_end(&head);
}

/* From, and Sender where it is somebody else who sends. */
static void
put_from(TwMailWriter *writer, const TwObject *message)
{
    g_auto(TwMailPerson) author = { NULL, NULL };
    g_auto(TwMailPerson) sender = { NULL, NULL };

    tw_mail_get_author(writer, message, &author);
    tw_mail_get_sender(writer, message, &sender);
    if (is_nobody(&author))
        return;
    put_person(writer, "From", &author);
    if (sender.address != NULL && tw_head_address_is_safe(sender.address, use_utf8(writer)) &&
        (author.address == NULL || g_ascii_strcasecmp(sender.address, author.address) != 0))
        put_person(writer, "Sender", &sender);
}

/* Recipients of one type, in their order. */
static guint
put_recipients(TwMailWriter *writer, const TwObject *message, const char *field, guint32 type)
{
    TwMailPerson held = { NULL, NULL };
    TwHead head = { .out = NULL };
    guint count = 0;

    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        TwMailPerson next = { NULL, NULL };

        if ((tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & 0xf) != type ||
            count == TW_MAIL_OUT_MAX_ADDRESSES)
            continue;
        tw_mail_get_recipient(writer, row, &next);
        if (is_nobody(&next)) {
            tw_mail_person_clear(&next);
            continue;
        }
        if (count++ == 0) {
            head = tw_head_begin(&writer->buffer, field, use_utf8(writer));
        } else {
            TwMailbox mailbox = { held.name, held.address };

            tw_head_mailbox(&head, &mailbox, TRUE);
        }
        tw_mail_person_clear(&held);
        held = next;
    }
    if (count > 0) {
        TwMailbox mailbox = { held.name, held.address };

        tw_head_mailbox(&head, &mailbox, FALSE);
        tw_head_end(&head);
    }
    tw_mail_person_clear(&held);
    return count;
}

/* PR_REPLY_RECIPIENT_ENTRIES: u32 count, u32 bytes, then u32 length and an entry id, padded to four. */
static void
put_reply_to(TwMailWriter *writer, const TwObject *message)
{
    TwPropValue value;
    TwCursor cur, entry;
    guint32 count, bytes, len;
    guint written = 0;
    TwMailPerson held = { NULL, NULL };
    TwHead head = { .out = NULL };

    if (!tw_object_get(message, PR_REPLY_RECIPIENT_ENTRIES, &value))
        return;
    cur = tw_cursor_init(value.data, value.len);
    if (!tw_cursor_take_u32le(&cur, &count) || !tw_cursor_take_u32le(&cur, &bytes))
        return;
    for (guint32 i = 0; i < MIN(count, TW_MAIL_OUT_MAX_ADDRESSES); i++) {
        TwMailPerson next = { NULL, NULL };

        if (!tw_cursor_take_u32le(&cur, &len) || !tw_cursor_take_cursor(&cur, len, &entry))
            break;
        tw_cursor_skip(&cur, MIN((4 - len % 4) % 4, cur.left));
        next.address = address_of_entryid(writer, entry.next, entry.left, &next.name);
        if (next.address == NULL) {
            tw_mail_person_clear(&next);
            continue;
        }
        if (written++ == 0) {
            head = tw_head_begin(&writer->buffer, "Reply-To", use_utf8(writer));
        } else {
            TwMailbox mailbox = { held.name, held.address };

            tw_head_mailbox(&head, &mailbox, TRUE);
        }
        tw_mail_person_clear(&held);
        held = next;
    }
    if (written > 0) {
        TwMailbox mailbox = { held.name, held.address };

        tw_head_mailbox(&head, &mailbox, FALSE);
        tw_head_end(&head);
    }
    tw_mail_person_clear(&held);
}

/* --- ids and dates --------------------------------------------------------------------------------------------- */

/* Whether text is one message id and nothing else. */
static gboolean
is_message_id(const char *text, gsize len)
{
    if (len < 3 || len > TW_HEAD_MAX_WORD || text[0] != '<' || text[len - 1] != '>')
        return FALSE;
    for (gsize i = 1; i + 1 < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '<' || text[i] == '>')
            return FALSE;
    }
    return TRUE;
}

/* What tells this message from all others: a key, else what it says. */
static void
hash_identity(const TwObject *message, TwSha256 *hash)
{
    static const guint32 keys[] = { PR_SEARCH_KEY, PR_SOURCE_KEY, PR_ENTRYID };
    static const guint32 content[] = {
        PR_SUBJECT, PR_SENDER_EMAIL_ADDRESS, PR_CLIENT_SUBMIT_TIME, PR_CREATION_TIME,
        PR_BODY,    PR_CONVERSATION_INDEX
    };
    TwPropValue value;

    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (tw_object_get(message, keys[i], &value) &&
            tw_prop_tag_type(value.tag) == TW_PT_BINARY && value.len > 0) {
            tw_sha256_update(hash, value.data, value.len);
            return;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(content); i++) {
        g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_VALUE_MAX_LEN + 16);

        if (!tw_object_get(message, content[i], &value))
            continue;
        tw_value_pack(&value, &packed);
        tw_sha256_update(hash, &content[i], sizeof content[i]);
        tw_sha256_update(hash, packed.data, packed.len);
    }
}

char *
tw_mail_message_id(const TwObject *message, const char *domain)
{
    const char *id = tw_object_get_text(message, PR_INTERNET_MESSAGE_ID, "");
    guint8 digest[TW_SHA256_LEN];
    TwSha256 hash;
    GString *out;

    if (is_message_id(id, strlen(id)))
        return g_strdup(id);
    tw_sha256_init(&hash);
    hash_identity(message, &hash);
    tw_sha256_finish(&hash, digest);
    out = g_string_new("<");
    for (guint i = 0; i < 16; i++)
        g_string_append_printf(out, "%02x", digest[i]);
    if (domain == NULL || !g_hostname_is_ip_address(domain))
        g_string_append_printf(out, "@%s>",
                               domain != NULL && g_str_is_ascii(domain) &&
                                       domain[strcspn(domain, " <>@\"\\(),:;[]\r\n\t")] == '\0'
                                   ? domain
                                   : "localhost");
    else
        g_string_append_printf(out, "@[%s]>", domain);
    if (!is_message_id(out->str, out->len))
        g_string_truncate(out, 0);
    return g_string_free(out, FALSE);
}

/* Message ids between blanks; of too many, the first and the last ones. */
static void
put_ids(TwMailWriter *writer, const char *field, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\r\n,", -1);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    TwHead head;

    for (char **word = words; *word != NULL; word++) {
        if (is_message_id(*word, strlen(*word)))
            g_ptr_array_add(ids, *word);
    }
    if (ids->len == 0)
        return;
    if (ids->len > TW_MAIL_OUT_MAX_REFERENCES)
        g_ptr_array_remove_range(ids, 1, ids->len - TW_MAIL_OUT_MAX_REFERENCES);
    head = tw_head_begin(&writer->buffer, field, FALSE);
    for (guint i = 0; i < ids->len; i++)
        tw_head_word(&head, ids->pdata[i], strlen(ids->pdata[i]));
    tw_head_end(&head);
}

static gboolean
get_time(const TwObject *message, guint32 tag, gint64 *ret_us)
{
    TwPropValue value;

    if (!tw_object_get(message, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_SYSTIME ||
        value.i8 <= 0)
        return FALSE;
    tw_time_from_filetime((guint64) value.i8, ret_us);
    return TRUE;
}

static gboolean
put_date(TwMailWriter *writer, const char *field, const TwObject *message, guint32 tag)
{
    char text[TW_DATE_TEXT_SIZE];
    gint64 us;

    if (!get_time(message, tag, &us) ||
        !tw_date_print_rfc5322(us, writer->options->date_offset_min, text))
        return FALSE;
    tw_head_put_words(&writer->buffer, field, text);
    return TRUE;
}

/* A mail has a date; without any, it is that of the era. */
static void
put_sent_date(TwMailWriter *writer, const TwObject *message)
{
    static const guint32 times[] = { PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_DELIVERY_TIME,
                                     PR_CREATION_TIME, PR_LAST_MODIFICATION_TIME };

    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        if (put_date(writer, "Date", message, times[i]))
            return;
    }
    tw_head_put_words(&writer->buffer, "Date", "Thu, 1 Jan 1970 00:00:00 +0000");
}

/* --- marks ----------------------------------------------------------------------------------------------------- */

static void
put_conversation(TwMailWriter *writer, const TwObject *message)
{
    const char *topic = tw_object_get_text(message, PR_CONVERSATION_TOPIC, NULL);
    TwPropValue index;

    put_ids(writer, "In-Reply-To", tw_object_get_text(message, PR_IN_REPLY_TO_ID, ""));
    put_ids(writer, "References", tw_object_get_text(message, PR_INTERNET_REFERENCES, ""));
    tw_head_put_text(&writer->buffer, "Thread-Topic", topic, use_utf8(writer));
    if (tw_object_get(message, PR_CONVERSATION_INDEX, &index) && index.len > 0 &&
        index.len <= TW_CONVERSATION_MAX_LEN) {
        g_autofree char *text = tw_conversation_index_to_header(index.data, index.len);
        TwHead head = tw_head_begin(&writer->buffer, "Thread-Index", FALSE);

        for (gsize at = 0, len = strlen(text); at < len; at += 60)
            tw_head_word(&head, text + at, MIN(len - at, 60));
        tw_head_end(&head);
    }
}

/* A header field that was set for this mail: a named property of the set of headers. NULL: none. */
static const char *
get_field(TwMailWriter *writer, const TwObject *message, const char *field)
{
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS), .name = field };
    guint16 id = 0;

    if (!tw_name_map_get_ids(writer->options->names, &name, 1, FALSE, &id, NULL) || id == 0)
        return NULL;
    return tw_object_get_text(message, tw_prop_tag(id, TW_PT_UNICODE), NULL);
}

/* RFC 3834, 5: what no person wrote says so. */
static void
put_auto_submitted(TwMailWriter *writer, const TwObject *message)
{
    TwBuffer *out = &writer->buffer;
    const char *said = get_field(writer, message, "auto-submitted");
    gboolean receipt;
    TwPropValue value;

    if (tw_mail_is_report(message, &receipt)) {
        tw_head_put_words(out, "Auto-Submitted", "auto-replied");
    } else if (tw_object_get(message, PR_AUTO_FORWARDED, &value) &&
               tw_prop_tag_type(value.tag) == TW_PT_BOOLEAN && value.truth) {
        tw_head_put_words(out, "Auto-Submitted", "auto-generated");
        tw_head_put_words(out, "Autoforwarded", "true"); /* RFC 2156: why */
    } else {
        tw_head_put_words(out, "Auto-Submitted", said);
    }
}

static void
put_marks(TwMailWriter *writer, const TwObject *message)
{
    static const char *const sensitivities[] = { NULL, "Personal", "Private",
                                                 "Company-Confidential" };
    TwBuffer *out = &writer->buffer;
    guint32 importance = tw_object_get_long(message, PR_IMPORTANCE, 1);
    guint32 priority = tw_object_get_long(message, PR_PRIORITY, 0);
    guint32 sensitivity = tw_object_get_long(message, PR_SENSITIVITY, 0);
    guint32 suppress = tw_object_get_long(message, PR_AUTO_RESPONSE_SUPPRESS, 0);

    if (importance == 0 || importance == 2) {
        tw_head_put_words(out, "Importance", importance == 2 ? "high" : "low");
        tw_head_put_words(out, "X-Priority", importance == 2 ? "1" : "5");
    }
    if (priority == 1 || priority == G_MAXUINT32)
        tw_head_put_words(out, "Priority", priority == 1 ? "urgent" : "non-urgent");
    if (sensitivity > 0 && sensitivity < G_N_ELEMENTS(sensitivities))
        tw_head_put_words(out, "Sensitivity", sensitivities[sensitivity]);
    put_date(writer, "Expires", message, PR_EXPIRY_TIME);
    put_date(writer, "Reply-By", message, PR_REPLY_TIME);
    if (suppress == G_MAXUINT32) {
        tw_head_put_words(out, "X-Auto-Response-Suppress", "All");
    } else if ((suppress & 0x3f) != 0) {
        static const char *const names[] = { "DR", "NDR", "RN", "NRN", "OOF", "AutoReply" };
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
            if (suppress & 1u << i)
                g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", names[i]);
        }
        tw_head_put_words(out, "X-Auto-Response-Suppress", text->str);
    }
    put_auto_submitted(writer, message);
}

/* Where receipts go: to whom a property names, else to the author. */
static void
put_receipt_request(TwMailWriter *writer, const TwObject *message)
{
    g_auto(TwMailPerson) person = { NULL, NULL };
    TwPropValue value;

    if (!tw_object_get(message, PR_READ_RECEIPT_REQUESTED, &value) ||
        tw_prop_tag_type(value.tag) != TW_PT_BOOLEAN || !value.truth)
        return;
    if (tw_object_get(message, PR_READ_RECEIPT_ENTRYID, &value))
        person.address = address_of_entryid(writer, value.data, value.len, &person.name);
    if (person.address == NULL)
        tw_mail_get_author(writer, message, &person);
    if (person.address != NULL && tw_head_address_is_safe(person.address, use_utf8(writer)))
        put_person(writer, "Disposition-Notification-To", &person);
}

static void
put_lists(TwMailWriter *writer, const TwObject *message)
{
    tw_head_put_words(&writer->buffer, "List-Help",
                      tw_object_get_text(message, PR_LIST_HELP, NULL));
    tw_head_put_words(&writer->buffer, "List-Subscribe",
                      tw_object_get_text(message, PR_LIST_SUBSCRIBE, NULL));
    tw_head_put_words(&writer->buffer, "List-Unsubscribe",
                      tw_object_get_text(message, PR_LIST_UNSUBSCRIBE, NULL));
    tw_head_put_text(&writer->buffer, "Organization",
                     tw_object_get_text(message, PR_INTERNET_ORGANIZATION, NULL), use_utf8(writer));
}

/* --- named and kept fields ------------------------------------------------------------------------------------- */

/* Fields that are written from properties, or say what is no longer so when a mail is written anew. Lower case, sorted. */
static const char *const own_fields[] = {
    "auto-submitted",
    "autoforwarded",
    "bcc",
    "cc",
    "date",
    "disposition-notification-to",
    "expires",
    "from",
    "importance",
    "in-reply-to",
    "keywords",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "message-id",
    "mime-version",
    "organization",
    "priority",
    "references",
    "reply-by",
    "reply-to",
    "resent-bcc",
    "return-path",
    "sender",
    "sensitivity",
    "subject",
    "thread-index",
    "thread-topic",
    "to",
    "x-auto-response-suppress",
    "x-message-flag",
    "x-ms-tnef-correlator",
    "x-priority",
};

static int
compare_field(gconstpointer key, gconstpointer row)
{
    return strcmp(key, *(const char *const *) row);
}

static gboolean
is_own_field(const char *name, gsize len)
{
    g_autofree char *lower = g_ascii_strdown(name, (gssize) len);

    return g_str_has_prefix(lower, "content-") ||
           bsearch(lower, own_fields, G_N_ELEMENTS(own_fields), sizeof own_fields[0],
                   compare_field) != NULL;
}

/* Fields that only those who carry a mail add; a sender has none. */
static gboolean
is_trace_field(const char *name)
{
    static const char *const traces[] = {
        "received",     "dkim-signature", "authentication-results",
        "received-spf", "delivered-to",   "x-original-to"
    };

    for (guint i = 0; i < G_N_ELEMENTS(traces); i++) {
        if (g_ascii_strcasecmp(name, traces[i]) == 0)
            return TRUE;
    }
    return g_ascii_strncasecmp(name, "arc-", 4) == 0 ||
           g_ascii_strncasecmp(name, "resent-", 7) == 0;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    const TwNamedProp *const *one = a;
    const TwNamedProp *const *two = b;

    return strcmp((*one)->name, (*two)->name);
}

/* Named properties of the set of headers, in the order of their names: ids differ from server to server. */
static void
put_named_fields(TwMailWriter *writer, const TwObject *message, GHashTable *written)
{
    g_autoptr(GArray) tags = tw_object_list_tags(message);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) values = g_hash_table_new(g_direct_hash, g_direct_equal);

    for (guint i = 0; i < tags->len && names->len < TW_MAIL_OUT_MAX_HEADERS; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        TwNamedProp name;

        if (tw_prop_tag_id(tag) < 0x8000 || tw_prop_tag_type(tag) != TW_PT_UNICODE ||
            !tw_name_map_get_name(writer->options->names, tw_prop_tag_id(tag), &name, NULL) ||
            name.name == NULL ||
            !tw_guid_equal(&name.set, tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS)) ||
            !tw_head_name_is_valid(name.name, strlen(name.name)) ||
            is_own_field(name.name, strlen(name.name)) || is_trace_field(name.name))
            continue;
        {
            TwNamedProp *copy = tw_named_prop_copy(&name);

            g_ptr_array_add(names, copy);
            g_hash_table_insert(values, copy, GUINT_TO_POINTER(tag));
        }
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        const TwNamedProp *name = names->pdata[i];
        guint32 tag = GPOINTER_TO_UINT(g_hash_table_lookup(values, name));
        char *lower = g_ascii_strdown(name->name, -1);

        if (g_hash_table_add(written, lower))
            tw_head_put_text(&writer->buffer, name->name, tw_object_get_text(message, tag, NULL),
                             use_utf8(writer));
    }
}

/* What the message came with, but for what is written from properties. */
static void
put_kept_fields(TwMailWriter *writer, const TwObject *message, GHashTable *written)
{
    const char *text = tw_object_get_text(message, PR_TRANSPORT_MESSAGE_HEADERS, "");
    TwCursor cur = tw_cursor_init(text, strlen(text));
    TwMimeField field;
    guint count = 0;

    while (tw_mime_field_next(&cur, &field) && count < TW_MAIL_OUT_MAX_HEADERS) {
        g_autofree char *name = g_strndup((const char *) field.name, field.name_len);
        g_autofree char *lower = g_ascii_strdown(name, -1);
        g_autoptr(GString) value = NULL;

        if (!tw_head_name_is_valid(name, strlen(name)) || is_own_field(name, strlen(name)) ||
            g_hash_table_contains(written, lower))
            continue;
        value = tw_mime_unfold(field.value, field.value_len);
        if (g_str_is_ascii(value->str))
            tw_head_put_raw(&writer->buffer, name, value->str);
        else
            tw_head_put_text(&writer->buffer, name, value->str, use_utf8(writer));
        count++;
    }
}

static void
put_keywords(TwMailWriter *writer, const TwObject *message)
{
    TwNamedProp name = tw_known_name(TW_PidNameKeywords);
    g_autoptr(GString) text = g_string_new(NULL);
    TwPropValue value, item;
    guint16 id = 0;

    if (!tw_name_map_get_ids(writer->options->names, &name, 1, FALSE, &id, NULL) || id == 0 ||
        !tw_object_get(message, tw_prop_tag(id, TW_PT_MV_UNICODE), &value))
        return;
    for (guint i = 0; tw_value_item(&value, i, &item); i++)
        g_string_append_printf(text, "%s%.*s", text->len > 0 ? ", " : "", (int) item.len,
                               item.text);
    tw_head_put_text(&writer->buffer, "Keywords", text->str, use_utf8(writer));
}

static void
put_flag_request(TwMailWriter *writer, const TwObject *message)
{
    TwNamedProp name = tw_known_name(TW_PidLidFlagRequest);
    guint16 id = 0;

    if (tw_name_map_get_ids(writer->options->names, &name, 1, FALSE, &id, NULL) && id != 0)
        tw_head_put_text(&writer->buffer, "X-Message-Flag",
                         tw_object_get_text(message, tw_prop_tag(id, TW_PT_UNICODE), NULL),
                         use_utf8(writer));
}

gboolean
tw_mail_put_header(TwMailWriter *writer, const TwObject *message, guint depth)
{
    g_autoptr(GHashTable) written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *id = tw_mail_message_id(message, writer->options->domain);
    guint seen;

    put_named_fields(writer, message, written);
    if (depth > 0 || (writer->flags & TW_MAIL_RECEIVED) != 0)
        put_kept_fields(writer, message, written);
    put_sent_date(writer, message);
    put_from(writer, message);
    put_reply_to(writer, message);
    seen = put_recipients(writer, message, "To", 1);
    seen += put_recipients(writer, message, "Cc", 2);
    if ((writer->flags & TW_MAIL_BCC) != 0)
        put_recipients(writer, message, "Bcc", 3);
    if (seen == 0)
        tw_head_put_words(&writer->buffer, "To", "undisclosed-recipients:;");
    tw_head_put_words(&writer->buffer, "Message-ID", id);
    tw_head_put_text(&writer->buffer, "Subject", tw_object_get_text(message, PR_SUBJECT, NULL),
                     use_utf8(writer));
    put_conversation(writer, message);
    put_marks(writer, message);
    put_receipt_request(writer, message);
    put_keywords(writer, message);
    put_flag_request(writer, message);
    put_lists(writer, message);
    tw_head_put_words(&writer->buffer, "MIME-Version", "1.0");
    return !tw_buffer_failed(&writer->buffer);
}
