/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the properties of a contact or list say, as lines of a card. */
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "convert/html-text.h"
#include "convert/ical-value.h"
#include "convert/vcard-out-private.h"
#include "mapi/entryid.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

typedef struct {
    TwVcardWriter *writer;
    const TwObject *object;
    GPtrArray *lines;
} Maker;

static void
made_free(gpointer data)
{
    TwVcardMade *line = data;

    g_free(line->head);
    g_free(line->value);
    g_free(line);
}

GPtrArray *
tw_vcard_made_new(void)
{
    return g_ptr_array_new_with_free_func(made_free);
}

static void
put(Maker *maker, guint place, const char *head, const char *value)
{
    TwVcardMade *line = g_new0(TwVcardMade, 1);

    line->place = place;
    line->head = g_strdup(head);
    line->value = g_strdup(value);
    g_ptr_array_add(maker->lines, line);
}

static void
put_text(Maker *maker, guint place, const char *head, const char *text)
{
    g_autoptr(GString) value = g_string_new(NULL);

    if (text == NULL || text[0] == '\0')
        return;
    tw_lines_put_text(value, text);
    put(maker, place, head, value->str);
}

static const char *
text_of(const Maker *maker, guint32 tag)
{
    return tag != 0 ? tw_object_get_text(maker->object, tag, "") : "";
}

/* Texts between semicolons. FALSE: all are empty. */
static gboolean
join(GString *out, const char *const *texts, guint count)
{
    gboolean any = FALSE;

    for (guint i = 0; i < count; i++) {
        if (i > 0)
            g_string_append_c(out, ';');
        tw_lines_put_text(out, texts[i]);
        any = any || texts[i][0] != '\0';
    }
    return any;
}

/* ---- names ---- */

static void
put_names(Maker *maker)
{
    const char *const parts[] = {
        text_of(maker, PR_SURNAME),     text_of(maker, PR_GIVEN_NAME),
        text_of(maker, PR_MIDDLE_NAME), text_of(maker, PR_DISPLAY_NAME_PREFIX),
        text_of(maker, PR_GENERATION),
    };
    const char *company = text_of(maker, PR_COMPANY_NAME);
    const char *const unit[] = { company, text_of(maker, PR_DEPARTMENT_NAME) };
    const char *name = text_of(maker, PR_DISPLAY_NAME);
    g_autoptr(GString) structured = g_string_new(NULL), organisation = g_string_new(NULL);

    if (name[0] == '\0')
        name = text_of(maker, PR_SUBJECT);
    /* both versions demand a line, be it empty */
    put_text(maker, TW_VCARD_FN, "FN", name[0] != '\0' ? name : company[0] != '\0' ? company : "?");
    if (join(structured, parts, G_N_ELEMENTS(parts)) || !maker->writer->is_4)
        put(maker, TW_VCARD_N, "N", structured->str);
    if (join(organisation, unit, unit[1][0] != '\0' ? 2 : 1))
        put(maker, TW_VCARD_ORG, "ORG", organisation->str);
}

static void
put_texts(Maker *maker)
{
    TwItemNames *names = &maker->writer->names;

    for (guint i = 0; i < TW_VCARD_TEXTS; i++) {
        const TwVcardText *text = &tw_vcard_texts[i];
        const char *value = text_of(maker, tw_vcard_text_tag(names, i));
        const char *head = maker->writer->is_4 ? text->head4 : text->head3;
        /* an address of no scheme is no URI */
        if (strcmp(head, "IMPP") == 0 && strchr(value, ':') == NULL)
            head = "X-MS-IMADDRESS";
        put_text(maker, TW_VCARD_TEXT + i, head, value);
    }
}

/* ---- numbers and addresses ---- */

/* The second numbers of office and home may be lists. */
static void
put_phone(Maker *maker, guint place, guint32 tag, const char *head)
{
    guint32 list = tw_prop_tag((guint16) (tag >> 16), TW_PT_MV_UNICODE);
    TwPropValue value, item;

    if (tw_object_has(maker->object, tag)) {
        put_text(maker, place, head, text_of(maker, tag));
        return;
    }
    if (!tw_object_get(maker->object, list, &value))
        return;
    for (guint i = 0; i < TW_VCARD_MAX_CATEGORIES && tw_value_item(&value, i, &item); i++) {
        g_autofree char *text = g_strndup(item.text, item.len);
        put_text(maker, place, head, text);
    }
}

static void
put_phones(Maker *maker)
{
    for (guint i = 0; i < TW_VCARD_PHONES; i++) {
        const TwVcardPhone *phone = &tw_vcard_phones[i];
        gboolean is_pref = maker->writer->is_4 && strcmp(phone->types, "PREF") == 0;
        g_autofree char *head =
            is_pref ? g_strdup("TEL;PREF=1") : g_strconcat("TEL;TYPE=", phone->types, NULL);
        put_phone(maker, TW_VCARD_TEL + i, phone->tag, head);
    }
}

static void
put_emails(Maker *maker)
{
    TwItemNames *names = &maker->writer->names;

    for (guint i = 0; i < TW_VCARD_EMAILS; i++) {
        TwItemRole role = {
            .entryid = tw_item_tag(names, tw_vcard_email_name(i, TW_PidLidEmail1OriginalEntryId)),
            .type = tw_item_tag(names, tw_vcard_email_name(i, TW_PidLidEmail1AddressType)),
            .address = tw_item_tag(names, tw_vcard_email_name(i, TW_PidLidEmail1EmailAddress)),
        };
        g_autofree char *address = NULL;
        /* one of a directory shows its SMTP address as the original name */
        guint32 shown =
            tw_item_tag(names, tw_vcard_email_name(i, TW_PidLidEmail1OriginalDisplayName));
        const char *type = text_of(maker, role.type);
        if (g_ascii_strcasecmp(type, "EX") == 0 && strchr(text_of(maker, shown), '@') != NULL)
            address = g_strdup(text_of(maker, shown));
        else if (role.address != 0)
            address = g_strdup(text_of(maker, role.address));
        put_text(maker, TW_VCARD_EMAIL + i, maker->writer->is_4 ? "EMAIL" : "EMAIL;TYPE=INTERNET",
                 address);
    }
}

static gboolean
put_address(Maker *maker, guint which, guint from, const char *head)
{
    static const guint8 order[TW_VCARD_ADDRESS_PARTS] = { 2, 3, 4, 5, 6, 0 };
    const char *parts[7] = { "", "", "", "", "", "", "" };
    g_autoptr(GString) value = g_string_new(NULL);

    for (guint i = 0; i < TW_VCARD_ADDRESS_PARTS; i++)
        parts[order[i]] = text_of(maker, tw_vcard_address_tag(&maker->writer->names, from, i));
    if (!join(value, parts, G_N_ELEMENTS(parts)))
        return FALSE;
    put(maker, TW_VCARD_ADR + which, head, value->str);
    return TRUE;
}

static void
put_addresses(Maker *maker)
{
    static const char *const heads[] = { "ADR;TYPE=HOME", "ADR;TYPE=WORK", "ADR" };
    gboolean any = FALSE;

    for (guint i = 0; i < TW_VCARD_ADDRESSES; i++)
        any = put_address(maker, i, i, heads[i]) || any;
    /* what comes of a directory has the mailing address alone, which is that of the office */
    if (!any)
        put_address(maker, 1, 3, heads[1]);
}

/* ---- others ---- */

static void
put_date(Maker *maker, guint place, const char *head, guint32 tag, TwKnownName local)
{
    TwItemNames *names = &maker->writer->names;
    TwIcalTime time = { .kind = TW_ICAL_DATE };
    char text[TW_ICAL_TIME_SIZE];
    char dashed[16];

    if (tw_item_get_time(maker->object, tag, &time.ticks))
        time.ticks = tw_timezone_to_local(maker->writer->options->zone, time.ticks);
    else if (!tw_item_get_time(maker->object, tw_item_tag(names, local), &time.ticks))
        return;
    /* midnight of another zone: the nearer midnight is meant */
    time.ticks = (time.ticks + TW_TICKS_DAY / 2) / TW_TICKS_DAY * TW_TICKS_DAY;
    tw_ical_time_print(time, text);
    g_snprintf(dashed, sizeof dashed, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
    put(maker, place, head, maker->writer->is_4 ? text : dashed);
}

static void
put_lists(Maker *maker)
{
    guint32 keywords = tw_item_tag(&maker->writer->names, TW_PidNameKeywords);
    const char *child = maker->writer->is_4 ? "RELATED;TYPE=child;VALUE=text" : "X-MS-CHILD";
    g_autoptr(GString) list = g_string_new(NULL);
    TwPropValue value, item;

    if (keywords != 0 && tw_object_get(maker->object, keywords, &value)) {
        for (guint i = 0; i < TW_VCARD_MAX_CATEGORIES && tw_value_item(&value, i, &item); i++) {
            g_autofree char *word = g_strndup(item.text, item.len);
            if (list->len > 0)
                g_string_append_c(list, ',');
            tw_lines_put_text(list, word);
        }
    }
    if (list->len > 0)
        put(maker, TW_VCARD_CATEGORIES, "CATEGORIES", list->str);
    if (!tw_object_get(maker->object, PR_CHILDRENS_NAMES, &value))
        return;
    for (guint i = 0; i < TW_VCARD_MAX_CATEGORIES && tw_value_item(&value, i, &item); i++) {
        g_autofree char *name = g_strndup(item.text, item.len);
        put_text(maker, TW_VCARD_CHILDREN, child, name);
    }
}

static GBytes *
load(Maker *maker, const TwObject *node, guint32 tag, gsize most)
{
    TwVcardWriter *writer = maker->writer;

    if (!tw_value_source_len(node, tag, NULL))
        return NULL;
    return tw_value_source_load(writer->options->source, node, tag, most,
                                writer->error == NULL ? &writer->error : NULL);
}

static void
put_note(Maker *maker)
{
    g_autoptr(GBytes) body = load(maker, maker->object, PR_BODY, TW_VCARD_OUT_MAX_BODY);
    g_autofree char *text = NULL;
    gsize len;
    const char *data;

    if (body == NULL) {
        g_autoptr(GBytes) html = load(maker, maker->object, PR_HTML, TW_VCARD_OUT_MAX_BODY);
        if (html != NULL)
            body = tw_html_to_text(g_bytes_get_data(html, NULL), g_bytes_get_size(html),
                                   TW_VCARD_OUT_MAX_BODY, NULL);
    }
    if (body == NULL)
        return;
    data = g_bytes_get_data(body, &len);
    while (len > 0 && data[len - 1] == '\0')
        len--;
    text = tw_utf8_sanitise(data, len, NULL);
    put_text(maker, TW_VCARD_NOTE, "NOTE", text);
}

static void
put_photo_data(Maker *maker, const char *type, GBytes *data)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(2 * (gsize) TW_VCARD_MAX_PHOTO);
    g_autofree char *head = NULL;

    if (maker->writer->is_4) {
        g_autofree char *start = g_strdup_printf("data:%s;base64,", type);
        tw_buffer_put(&text, start, strlen(start));
    }
    if (!tw_base64_encode(&text, g_bytes_get_data(data, NULL), g_bytes_get_size(data),
                          TW_BASE64_STANDARD))
        return;
    tw_buffer_put_u8(&text, '\0');
    if (tw_buffer_failed(&text))
        return;
    if (!maker->writer->is_4) {
        gboolean is_image = g_ascii_strncasecmp(type, "image/", 6) == 0;
        g_autofree char *upper = g_ascii_strup(is_image ? type + 6 : type, -1);
        g_autoptr(GString) out = g_string_new("PHOTO;ENCODING=b");
        tw_lines_put_param(out, "TYPE", upper);
        head = g_strdup(out->str);
    }
    put(maker, TW_VCARD_PHOTO, head != NULL ? head : "PHOTO", (const char *) text.data);
}

/* The type of an attachment is of other people: one that is none becomes that of nearly all photos. */
static gboolean
is_type(const char *type)
{
    const char *slash = strchr(type, '/');

    for (const char *p = type; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("/+-.", *p) == NULL)
            return FALSE;
    }
    return slash != NULL && slash != type && slash[1] != '\0' && strchr(slash + 1, '/') == NULL;
}

static void
put_photo(Maker *maker)
{
    guint count = tw_object_count(maker->object, TW_OBJECT_ATTACHMENT);

    for (guint i = 0; i < count; i++) {
        const TwObject *attachment = tw_object_at(maker->object, TW_OBJECT_ATTACHMENT, i);
        const char *type = tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, "");
        g_autoptr(GBytes) data = NULL;
        guint64 len;
        if (!tw_item_get_bool(attachment, PR_ATTACHMENT_CONTACTPHOTO) ||
            !tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, &len) || len == 0 ||
            len > TW_VCARD_MAX_PHOTO)
            continue;
        data = load(maker, attachment, PR_ATTACH_DATA_BIN, TW_VCARD_MAX_PHOTO);
        if (data != NULL)
            put_photo_data(maker, is_type(type) ? type : "image/jpeg", data);
        return;
    }
}

static void
put_members(Maker *maker)
{
    gboolean is_4 = maker->writer->is_4;
    guint32 tag = tw_item_tag(&maker->writer->names, TW_PidLidDistributionListOneOffMembers);
    TwPropValue value, item;

    put(maker, TW_VCARD_KIND, is_4 ? "KIND" : "X-ADDRESSBOOKSERVER-KIND", "group");
    if (tag == 0 || !tw_object_get(maker->object, tag, &value))
        return;
    for (guint i = 0; i < TW_VCARD_MAX_MEMBERS && tw_value_item(&value, i, &item); i++) {
        g_autoptr(TwEntryId) id = tw_entryid_parse(item.data, item.len, NULL);
        g_autoptr(GString) head = g_string_new(is_4 ? "MEMBER" : "X-ADDRESSBOOKSERVER-MEMBER");
        g_autofree char *address = NULL;
        if (id == NULL || id->kind != TW_ENTRYID_ONE_OFF || id->one_off.address[0] == '\0' ||
            g_ascii_strcasecmp(id->one_off.address_type, "SMTP") != 0)
            continue;
        if (id->one_off.name[0] != '\0' && strcmp(id->one_off.name, id->one_off.address) != 0)
            tw_lines_put_param(head, "X-CN", id->one_off.name);
        address = g_strconcat("mailto:", id->one_off.address, NULL);
        put(maker, TW_VCARD_MEMBER, head->str, address);
    }
}

static void
put_stamps(Maker *maker)
{
    g_autofree char *uid = tw_vcard_uid(maker->object, maker->writer->names.map);
    TwIcalTime time = { .kind = TW_ICAL_UTC };
    char text[TW_ICAL_TIME_SIZE];

    put_text(maker, TW_VCARD_UID, "UID", uid);
    if (!tw_item_get_time(maker->object, PR_LAST_MODIFICATION_TIME, &time.ticks))
        return;
    tw_ical_time_print(time, text);
    put(maker, TW_VCARD_REV, "REV", text);
}

void
tw_vcard_make(TwVcardWriter *writer, const TwObject *object, GPtrArray *lines)
{
    Maker maker = { writer, object, lines };
    guint32 sensitivity = tw_object_get_long(object, PR_SENSITIVITY, 0);
    const char *message_class = tw_object_get_text(object, PR_MESSAGE_CLASS, "");

    put(&maker, TW_VCARD_HEAD, "VERSION", writer->is_4 ? "4.0" : "3.0");
    put_stamps(&maker);
    if (tw_message_class_is(message_class, "IPM.DistList"))
        put_members(&maker);
    put_names(&maker);
    put_phones(&maker);
    put_emails(&maker);
    put_addresses(&maker);
    put_texts(&maker);
    put_date(&maker, TW_VCARD_BDAY, "BDAY", PR_BIRTHDAY, TW_PidLidBirthdayLocal);
    put_date(&maker, TW_VCARD_ANNIVERSARY, writer->is_4 ? "ANNIVERSARY" : "X-ANNIVERSARY",
             PR_WEDDING_ANNIVERSARY, TW_PidLidWeddingAnniversaryLocal);
    put_lists(&maker);
    if (sensitivity == 2 || sensitivity == 3)
        put(&maker, TW_VCARD_CLASS, "CLASS", sensitivity == 2 ? "PRIVATE" : "CONFIDENTIAL");
    put_note(&maker);
    put_photo(&maker);
}
