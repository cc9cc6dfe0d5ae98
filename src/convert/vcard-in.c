/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/vcard-in.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "convert/vcard-private.h"
#include "mapi/entryid.h"
#include "mapi/tags.h"

enum {
    BY_VALUE = 1, /* PR_ATTACH_METHOD */
    FILE_UNDER_NAME = 0x3001,
    FILE_UNDER_SURNAME_FIRST = 0x8017,
    MAX_PARTS = 64, /* of a value of N, ADR and ORG; later ones stay in the last */
};

typedef struct {
    const TwVcardOptions *options;
    TwItemNames names;
    const TwContentNode *card;
    const GArray *places; /* of its lines */
    TwObject *object;
    GPtrArray *categories, *children; /* (owned) of char * */
    GPtrArray *members;               /* (owned) of GBytes: one-off entry ids */
    guint emails, addresses;          /* bits */
} Reader;

static void
set_text(Reader *reader, guint32 tag, const char *text)
{
    tw_item_set_text(&reader->names, reader->object, tag, text);
}

static void
set_known(Reader *reader, TwKnownName name, const char *text)
{
    set_text(reader, tw_item_tag(&reader->names, name), text);
}

static char *
text_of(const TwContentLine *line)
{
    return tw_lines_unescape(line->value, line->value_len);
}

/* MAPI's plain texts of several lines have CRLF. */
static char *
with_crlf(const char *text)
{
    GString *out = g_string_sized_new(strlen(text) + 16);

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\n' && (p == text || p[-1] != '\r'))
            g_string_append_c(out, '\r');
        g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

/* One component of a structured value, without blanks around it. */
static char *
part_of(const GPtrArray *parts, guint index)
{
    char *text;

    if (index >= parts->len)
        return g_strdup("");
    text = tw_lines_unescape(parts->pdata[index], strlen(parts->pdata[index]));
    return g_strstrip(text);
}

/* ---- what lines say ---- */

static void
read_name(Reader *reader, const TwContentLine *line)
{
    static const guint32 tags[] = { PR_SURNAME, PR_GIVEN_NAME, PR_MIDDLE_NAME,
                                    PR_DISPLAY_NAME_PREFIX, PR_GENERATION };
    g_autoptr(GPtrArray) parts = tw_lines_split(line->value, line->value_len, ';', MAX_PARTS);

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_autofree char *text = part_of(parts, i);
        set_text(reader, tags[i], text);
    }
}

static void
read_organisation(Reader *reader, const TwContentLine *line)
{
    g_autoptr(GPtrArray) parts = tw_lines_split(line->value, line->value_len, ';', MAX_PARTS);
    g_autofree char *company = part_of(parts, 0);
    g_autoptr(GString) units = g_string_new(NULL);

    for (guint i = 1; i < parts->len; i++) {
        g_autofree char *unit = part_of(parts, i);
        if (unit[0] != '\0')
            g_string_append_printf(units, "%s%s", units->len > 0 ? ", " : "", unit);
    }
    set_text(reader, PR_COMPANY_NAME, company);
    set_text(reader, PR_DEPARTMENT_NAME, units->str);
}

static void
read_date(Reader *reader, const TwContentLine *line, guint32 tag, TwKnownName local)
{
    gint64 ticks;

    if (!tw_vcard_date_parse(line, &ticks))
        return;
    tw_item_set(&reader->names, reader->object,
                tw_value_i8(tag, tw_timezone_to_utc(reader->options->zone, ticks)));
    tw_item_set(&reader->names, reader->object,
                tw_value_i8(tw_item_tag(&reader->names, local), ticks));
}

static void
read_categories(Reader *reader, const TwContentLine *line)
{
    g_autoptr(GPtrArray) parts =
        tw_lines_split(line->value, line->value_len, ',', TW_VCARD_MAX_CATEGORIES);

    for (guint i = 0; i < parts->len && reader->categories->len < TW_VCARD_MAX_CATEGORIES; i++) {
        char *word = part_of(parts, i);
        if (word[0] != '\0' &&
            !g_ptr_array_find_with_equal_func(reader->categories, word, g_str_equal, NULL))
            g_ptr_array_add(reader->categories, word);
        else
            g_free(word);
    }
}

static void
read_photo(Reader *reader, const TwContentLine *line)
{
    g_autofree char *type = NULL;
    g_autoptr(GBytes) data = tw_vcard_photo_parse(line, &type);
    TwItemNames *names = &reader->names;
    TwObject *attachment;
    static const char name[] = "ContactPicture.jpg";

    if (data == NULL)
        return;
    attachment = tw_object_add(reader->object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER,
                               names->error == NULL ? &names->error : NULL);
    if (attachment == NULL)
        return;
    tw_item_set(names, attachment, tw_value_long(PR_ATTACH_METHOD, BY_VALUE));
    tw_item_set(names, attachment, tw_value_bool(PR_ATTACHMENT_CONTACTPHOTO, TRUE));
    tw_item_set(names, attachment, tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE));
    tw_item_set(names, attachment, tw_value_long(PR_RENDERING_POSITION, G_MAXUINT32));
    tw_item_set_bytes(names, attachment, PR_ATTACH_DATA_BIN, data);
    tw_item_set_text(names, attachment, PR_ATTACH_LONG_FILENAME, name);
    tw_item_set_text(names, attachment, PR_ATTACH_FILENAME, name);
    tw_item_set_text(names, attachment, PR_DISPLAY_NAME, name);
    tw_item_set_text(names, attachment, PR_ATTACH_MIME_TAG, type);
    tw_item_set(names, reader->object,
                tw_value_bool(tw_item_tag(names, TW_PidLidHasPicture), TRUE));
}

/* "tel:+49-1;ext=2" is what version 4 may write; the number is what MAPI shows. */
static void
read_phone(Reader *reader, const TwContentLine *line, guint index)
{
    g_autofree char *text = text_of(line);
    const char *number = g_ascii_strncasecmp(text, "tel:", 4) == 0 ? text + 4 : text;

    set_text(reader, tw_vcard_phones[index].tag, number);
}

static GBytes *
one_off(const char *name, const char *address)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    g_autofree char *shown = g_strdup(name), *copy = g_strdup(address);
    char type[] = "SMTP";
    TwOneOff id = { TW_ONE_OFF_NO_RICH_TEXT, shown, type, copy };

    if (strlen(name) > TW_ENTRYID_MAX_TEXT || strlen(address) > TW_ENTRYID_MAX_TEXT)
        return NULL;
    tw_one_off_write(&id, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}

static void
read_email(Reader *reader, const TwContentLine *line, guint index)
{
    g_autofree char *text = text_of(line);
    const char *address = g_ascii_strncasecmp(text, "mailto:", 7) == 0 ? text + 7 : text;
    g_autoptr(GBytes) id = one_off(address, address);
    TwItemNames *names = &reader->names;

    set_known(reader, tw_vcard_email_name(index, TW_PidLidEmail1DisplayName), address);
    set_known(reader, tw_vcard_email_name(index, TW_PidLidEmail1AddressType), "SMTP");
    set_known(reader, tw_vcard_email_name(index, TW_PidLidEmail1EmailAddress), address);
    set_known(reader, tw_vcard_email_name(index, TW_PidLidEmail1OriginalDisplayName), address);
    tw_item_set_bytes(
        names, reader->object,
        tw_item_tag(names, tw_vcard_email_name(index, TW_PidLidEmail1OriginalEntryId)), id);
    reader->emails |= 1u << index;
}

static void
read_address(Reader *reader, const TwContentLine *line, guint which)
{
    /* of the value: box, extension, street, city, state, code, country */
    static const guint8 order[TW_VCARD_ADDRESS_PARTS] = { 2, 3, 4, 5, 6, 0 };
    static const TwKnownName full[] = { TW_PidLidHomeAddress, TW_PidLidWorkAddress,
                                        TW_PidLidOtherAddress };
    g_autoptr(GPtrArray) parts = tw_lines_split(line->value, line->value_len, ';', MAX_PARTS);
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree char *extension = part_of(parts, 1);
    gboolean is_mailing = reader->addresses == 0;

    for (guint i = 0; i < TW_VCARD_ADDRESS_PARTS; i++) {
        g_autofree char *text = part_of(parts, order[i]);
        g_autofree char *street = NULL;
        if (i == 0 && extension[0] != '\0') {
            street = g_strconcat(text, text[0] != '\0' ? "\n" : "", extension, NULL);
            g_free(text);
            text = with_crlf(street);
        }
        set_text(reader, tw_vcard_address_tag(&reader->names, which, i), text);
        if (is_mailing)
            set_text(reader, tw_vcard_address_tag(&reader->names, 3, i), text);
        if (text[0] != '\0')
            g_string_append_printf(all, "%s%s", all->len > 0 ? "\r\n" : "", text);
    }
    set_known(reader, full[which], all->str);
    if (is_mailing) {
        set_text(reader, PR_POSTAL_ADDRESS, all->str);
        tw_item_set(
            &reader->names, reader->object,
            tw_value_long(tw_item_tag(&reader->names, TW_PidLidPostalAddressId), which + 1));
    }
    reader->addresses |= 1u << which;
}

static void
read_member(Reader *reader, const TwContentLine *line)
{
    const char *address = line->value + strlen("mailto:");
    const char *name = tw_lines_param(line, "X-CN");
    GBytes *id = NULL;

    if (reader->members->len < TW_VCARD_MAX_MEMBERS)
        id = one_off(name != NULL ? name : address, address);
    if (id != NULL)
        g_ptr_array_add(reader->members, id);
}

static void
read_single(Reader *reader, const TwContentLine *line, guint place)
{
    g_autofree char *text = text_of(line);
    g_autofree char *body = NULL;

    switch (place) {
    case TW_VCARD_FN:
        set_text(reader, PR_DISPLAY_NAME, text);
        break;
    case TW_VCARD_NOTE:
        body = with_crlf(text);
        set_text(reader, PR_BODY, body);
        break;
    case TW_VCARD_CLASS:
        tw_item_set(
            &reader->names, reader->object,
            tw_value_long(PR_SENSITIVITY, g_ascii_strcasecmp(line->value, "PRIVATE") == 0 ? 2 : 3));
        break;
    case TW_VCARD_CHILDREN:
        if (reader->children->len < TW_VCARD_MAX_CATEGORIES)
            g_ptr_array_add(reader->children, g_steal_pointer(&text));
        break;
    default:
        break;
    }
}

static void
read_line(Reader *reader, const TwContentLine *line, guint place)
{
    if (place >= TW_VCARD_ADR) {
        read_address(reader, line, place - TW_VCARD_ADR);
    } else if (place >= TW_VCARD_EMAIL) {
        read_email(reader, line, place - TW_VCARD_EMAIL);
    } else if (place >= TW_VCARD_TEL) {
        read_phone(reader, line, place - TW_VCARD_TEL);
    } else if (place >= TW_VCARD_TEXT) {
        g_autofree char *text = text_of(line);
        set_text(reader, tw_vcard_text_tag(&reader->names, place - TW_VCARD_TEXT), text);
    } else if (place == TW_VCARD_N) {
        read_name(reader, line);
    } else if (place == TW_VCARD_ORG) {
        read_organisation(reader, line);
    } else if (place == TW_VCARD_BDAY) {
        read_date(reader, line, PR_BIRTHDAY, TW_PidLidBirthdayLocal);
    } else if (place == TW_VCARD_ANNIVERSARY) {
        read_date(reader, line, PR_WEDDING_ANNIVERSARY, TW_PidLidWeddingAnniversaryLocal);
    } else if (place == TW_VCARD_CATEGORIES) {
        read_categories(reader, line);
    } else if (place == TW_VCARD_PHOTO) {
        read_photo(reader, line);
    } else if (place == TW_VCARD_MEMBER) {
        read_member(reader, line);
    } else {
        read_single(reader, line, place);
    }
}

/* ---- what follows from them ---- */

static void
set_names(Reader *reader)
{
    const TwObject *object = reader->object;
    g_autofree char *given = g_strdup(tw_object_get_text(object, PR_GIVEN_NAME, ""));
    g_autofree char *middle = g_strdup(tw_object_get_text(object, PR_MIDDLE_NAME, ""));
    g_autofree char *surname = g_strdup(tw_object_get_text(object, PR_SURNAME, ""));
    g_autofree char *first = g_strconcat(given, " ", middle, NULL);
    g_autofree char *name = g_strdup(tw_object_get_text(object, PR_DISPLAY_NAME, NULL));
    g_autofree char *file_under = NULL;
    TwItemNames *names = &reader->names;
    gboolean both;

    g_strstrip(first);
    both = first[0] != '\0' && surname[0] != '\0';
    if (name == NULL)
        name = g_strstrip(g_strconcat(first, " ", surname, NULL));
    if (name[0] == '\0') {
        guint32 email = tw_item_tag(names, TW_PidLidEmail1EmailAddress);
        g_free(name);
        name = g_strdup(
            tw_object_get_text(object, PR_COMPANY_NAME, tw_object_get_text(object, email, "")));
    }
    file_under = both ? g_strconcat(surname, ", ", first, NULL) : g_strdup(name);
    set_text(reader, PR_DISPLAY_NAME, name);
    set_text(reader, PR_SUBJECT, name);
    set_text(reader, PR_NORMALIZED_SUBJECT, name);
    set_known(reader, TW_PidLidFileUnder, file_under);
    tw_item_set(names, reader->object,
                tw_value_long(tw_item_tag(names, TW_PidLidFileUnderId),
                              both ? FILE_UNDER_SURNAME_FIRST : FILE_UNDER_NAME));
}

/* Both say which places of e-mail are filled; without them Outlook offers no address of the contact. */
static void
set_email_list(Reader *reader)
{
    TwItemNames *names = &reader->names;
    guint32 indices[TW_VCARD_EMAILS];
    guint count = 0;

    for (guint32 i = 0; i < TW_VCARD_EMAILS; i++) {
        if ((reader->emails & 1u << i) != 0)
            indices[count++] = GUINT32_TO_LE(i);
    }
    if (count == 0)
        return;
    tw_item_set(names, reader->object,
                tw_value_bytes(tw_item_tag(names, TW_PidLidAddressBookProviderEmailList),
                               (const guint8 *) indices, count * sizeof indices[0]));
    tw_item_set(
        names, reader->object,
        tw_value_long(tw_item_tag(names, TW_PidLidAddressBookProviderArrayType), reader->emails));
}

/* Ids as a list; with @head before each. */
static void
set_ids(Reader *reader, TwKnownName name, const guint8 *head, gsize head_len)
{
    guint32 tag = tw_item_tag(&reader->names, name);
    g_auto(TwListBuilder) builder = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VCARD_OUT_MAX);
    GError **error = reader->names.error == NULL ? &reader->names.error : NULL;
    TwPropValue value;

    if (tag == 0 || reader->members->len == 0)
        return;
    tw_list_builder_init(&builder, tag);
    for (guint i = 0; i < reader->members->len; i++) {
        GBytes *id = reader->members->pdata[i];
        g_auto(TwBuffer) one = TW_BUFFER_INIT(2 * (gsize) TW_ENTRYID_MAX_LEN);
        tw_buffer_put(&one, head, head_len);
        tw_buffer_put(&one, g_bytes_get_data(id, NULL), g_bytes_get_size(id));
        tw_list_builder_add(&builder, one.data, one.len);
    }
    if (tw_list_builder_finish(&builder, &out, &value, error))
        tw_item_set(&reader->names, reader->object, value);
}

static void
set_members(Reader *reader)
{
    /* flags, the wrapper's GUID, and 0x80: a one-off entry id follows (MS-OXOCNTC 2.2.2.2.4.1.1) */
    static const guint8 wrapper[] = { 0x00, 0x00, 0x00, 0x00, 0xC0, 0x91, 0xAD,
                                      0xD3, 0x51, 0x9D, 0xCF, 0x11, 0xA4, 0xA9,
                                      0x00, 0xAA, 0x00, 0x47, 0xFA, 0xA4, 0x80 };
    const char *name = tw_object_get_text(reader->object, PR_DISPLAY_NAME, "");
    g_autofree char *copy = g_strdup(name);

    set_known(reader, TW_PidLidDistributionListName, copy);
    set_ids(reader, TW_PidLidDistributionListMembers, wrapper, sizeof wrapper);
    set_ids(reader, TW_PidLidDistributionListOneOffMembers, NULL, 0);
}

/* ---- a card ---- */

/* The only line of its place. */
static const TwContentLine *
line_of(const Reader *reader, guint place)
{
    const TwContentLine *line = reader->card->lines;

    for (guint i = 0; line != NULL && g_array_index(reader->places, guint8, i) != place; i++)
        line = line->next;
    return line;
}

static char *
uid_of(const Reader *reader)
{
    const TwContentLine *line = line_of(reader, TW_VCARD_UID);
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_CONTENT_MAX_LEN);
    guint8 hash[TW_SHA256_LEN];
    GString *out;

    if (line != NULL)
        return g_strstrip(text_of(line));
    tw_lines_write(reader->card, &text);
    tw_sha256(text.data, text.len, hash);
    out = g_string_new(NULL);
    for (guint i = 0; i < 16; i++)
        g_string_append_printf(out, "%02x", hash[i]);
    return g_string_free(out, FALSE);
}

/* The only photo of a card is an attachment; a text that held it too would double the item. */
static const TwContentLine *
photo_of(const Reader *reader)
{
    const TwContentLine *photo = tw_lines_find(reader->card, "PHOTO");

    return photo != NULL && tw_lines_next(photo) == NULL ? line_of(reader, TW_VCARD_PHOTO) : NULL;
}

static gboolean
keep_text(Reader *reader, const char *uid, GError **error)
{
    static const char begin[] = "BEGIN:VCARD", end[] = "END:VCARD";
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VCARD_MAX_KEPT);
    const TwContentLine *photo = photo_of(reader);
    g_autoptr(GBytes) bytes = NULL;

    tw_lines_write_line(&out, begin, strlen(begin));
    for (const TwContentLine *line = reader->card->lines; line != NULL; line = line->next) {
        if (line != photo)
            tw_lines_write_as_it_stood(&out, line);
    }
    if (line_of(reader, TW_VCARD_UID) == NULL) {
        g_autofree char *line = g_strconcat("UID:", uid, NULL);
        tw_lines_write_line(&out, line, strlen(line));
    }
    for (const TwContentNode *node = reader->card->children; node != NULL; node = node->next)
        tw_lines_write(node, &out);
    tw_lines_write_line(&out, end, strlen(end));
    bytes = tw_buffer_steal_bytes(&out, NULL);
    if (bytes == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a card of more than %d bytes",
                    TW_VCARD_MAX_KEPT);
        return FALSE;
    }
    tw_item_set_bytes(&reader->names, reader->object,
                      tw_vcard_own_tag(&reader->names, TW_VCARD_KEPT_NAME, TW_PT_BINARY), bytes);
    return TRUE;
}

static gboolean
fill(Reader *reader, const char *uid, GError **error)
{
    gboolean is_list = FALSE;
    guint index = 0;

    for (const TwContentLine *line = reader->card->lines; line != NULL; line = line->next) {
        guint place = g_array_index(reader->places, guint8, index++);
        is_list = is_list || place == TW_VCARD_KIND;
        if (place != TW_VCARD_NOWHERE)
            read_line(reader, line, place);
    }
    set_text(reader, PR_MESSAGE_CLASS, is_list ? "IPM.DistList" : "IPM.Contact");
    set_names(reader);
    if (is_list)
        set_members(reader);
    set_email_list(reader);
    tw_item_set_list(&reader->names, reader->object,
                     tw_item_tag(&reader->names, TW_PidNameKeywords), reader->categories);
    tw_item_set_list(&reader->names, reader->object, PR_CHILDRENS_NAMES, reader->children);
    set_text(reader, tw_vcard_own_tag(&reader->names, TW_VCARD_UID_NAME, TW_PT_UNICODE), uid);
    if (!keep_text(reader, uid, error))
        return FALSE;
    if (reader->names.error != NULL) {
        g_propagate_error(error, g_steal_pointer(&reader->names.error));
        return FALSE;
    }
    return tw_object_seal(reader->object, error);
}

static void
reader_clear(Reader *reader)
{
    tw_item_names_clear(&reader->names);
    g_clear_pointer(&reader->categories, g_ptr_array_unref);
    g_clear_pointer(&reader->children, g_ptr_array_unref);
    g_clear_pointer(&reader->members, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

static gboolean
read_card(const TwContentNode *card,
          const TwVcardOptions *options,
          TwVcardItem *item,
          GError **error)
{
    g_autoptr(GArray) places = tw_vcard_assign(card);
    g_auto(Reader) reader = {
        .options = options,
        .card = card,
        .places = places,
        .categories = g_ptr_array_new_with_free_func(g_free),
        .children = g_ptr_array_new_with_free_func(g_free),
        .members = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref),
    };

    tw_item_names_init(&reader.names, options->names, TRUE);
    item->uid = uid_of(&reader);
    item->object = reader.object = tw_object_new(TW_OBJECT_MESSAGE);
    return fill(&reader, item->uid, error);
}

static void
item_free(gpointer data)
{
    TwVcardItem *item = data;

    tw_object_free(item->object);
    g_free(item->uid);
    g_free(item);
}

GPtrArray *
tw_vcard_read(const guint8 *text, gsize len, const TwVcardOptions *options, GError **error)
{
    g_autoptr(TwContentTree) tree = tw_lines_parse(text, len, error);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);

    if (tree == NULL)
        return NULL;
    for (const TwContentNode *node = tree->root->children; node != NULL; node = node->next) {
        TwVcardItem *item;
        if (strcmp(node->name, "VCARD") != 0)
            continue;
        if (items->len == TW_VCARD_MAX_CARDS) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d cards",
                        TW_VCARD_MAX_CARDS);
            return NULL;
        }
        item = g_new0(TwVcardItem, 1);
        g_ptr_array_add(items, item);
        if (!read_card(node, options, item, error))
            return NULL;
    }
    if (items->len == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "no VCARD");
        return NULL;
    }
    return g_steal_pointer(&items);
}
