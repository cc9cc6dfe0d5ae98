/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which line of a card goes where in MAPI: tables, and the one function that uses them for reading and for writing. */
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "convert/ical-value.h"
#include "convert/vcard-private.h"
#include "mapi/tags.h"

enum {
    TEXT_NICKNAME,
    TEXT_TITLE,
    TEXT_ROLE,
    TEXT_HOME_PAGE,
    TEXT_WORK_PAGE,
    TEXT_IM,
    TEXT_SPOUSE,
    TEXT_ASSISTANT,
    TEXT_MANAGER,
    TEXT_BUSY,
};

const TwVcardText tw_vcard_texts[TW_VCARD_TEXTS] = {
    [TEXT_NICKNAME] = { .tag = PR_NICKNAME, .head3 = "NICKNAME", .head4 = "NICKNAME" },
    [TEXT_TITLE] = { .tag = PR_TITLE, .head3 = "TITLE", .head4 = "TITLE" },
    [TEXT_ROLE] = { .tag = PR_PROFESSION, .head3 = "ROLE", .head4 = "ROLE" },
    [TEXT_HOME_PAGE] = { .tag = PR_PERSONAL_HOME_PAGE,
                         .head3 = "URL;TYPE=HOME",
                         .head4 = "URL;TYPE=home" },
    [TEXT_WORK_PAGE] = { .tag = PR_BUSINESS_HOME_PAGE,
                         .head3 = "URL;TYPE=WORK",
                         .head4 = "URL;TYPE=work" },
    [TEXT_IM] = { .known = TW_PidLidInstantMessagingAddress, .head3 = "IMPP", .head4 = "IMPP" },
    [TEXT_SPOUSE] = { .tag = PR_SPOUSE_NAME,
                      .head3 = "X-SPOUSE",
                      .head4 = "RELATED;TYPE=spouse;VALUE=text" },
    [TEXT_ASSISTANT] = { .tag = PR_ASSISTANT,
                         .head3 = "X-ASSISTANT",
                         .head4 = "RELATED;TYPE=x-assistant;VALUE=text" },
    [TEXT_MANAGER] = { .tag = PR_MANAGER_NAME,
                       .head3 = "X-MANAGER",
                       .head4 = "RELATED;TYPE=x-manager;VALUE=text" },
    [TEXT_BUSY] = { .known = TW_PidLidFreeBusyLocation, .head3 = "FBURL", .head4 = "FBURL" },
};

enum {
    TEL_WORK,
    TEL_WORK2,
    TEL_HOME,
    TEL_HOME2,
    TEL_CELL,
    TEL_PRIMARY,
    TEL_CAR,
    TEL_RADIO,
    TEL_PAGER,
    TEL_WORK_FAX,
    TEL_HOME_FAX,
    TEL_FAX,
    TEL_ASSISTANT,
    TEL_CALLBACK,
    TEL_ISDN,
    TEL_TELEX,
    TEL_TTY,
    TEL_OTHER,
    TEL_COMPANY,
};

const TwVcardPhone tw_vcard_phones[TW_VCARD_PHONES] = {
    [TEL_WORK] = { PR_BUSINESS_TELEPHONE_NUMBER, "WORK,VOICE" },
    [TEL_WORK2] = { PR_BUSINESS2_TELEPHONE_NUMBER, "WORK,VOICE" },
    [TEL_HOME] = { PR_HOME_TELEPHONE_NUMBER, "HOME,VOICE" },
    [TEL_HOME2] = { PR_HOME2_TELEPHONE_NUMBER, "HOME,VOICE" },
    [TEL_CELL] = { PR_MOBILE_TELEPHONE_NUMBER, "CELL" },
    [TEL_PRIMARY] = { PR_PRIMARY_TELEPHONE_NUMBER, "PREF" },
    [TEL_CAR] = { PR_CAR_TELEPHONE_NUMBER, "CAR" },
    [TEL_RADIO] = { PR_RADIO_TELEPHONE_NUMBER, "X-RADIO" },
    [TEL_PAGER] = { PR_PAGER_TELEPHONE_NUMBER, "PAGER" },
    [TEL_WORK_FAX] = { PR_BUSINESS_FAX_NUMBER, "WORK,FAX" },
    [TEL_HOME_FAX] = { PR_HOME_FAX_NUMBER, "HOME,FAX" },
    [TEL_FAX] = { PR_PRIMARY_FAX_NUMBER, "FAX" },
    [TEL_ASSISTANT] = { PR_ASSISTANT_TELEPHONE_NUMBER, "X-ASSISTANT" },
    [TEL_CALLBACK] = { PR_CALLBACK_TELEPHONE_NUMBER, "X-CALLBACK" },
    [TEL_ISDN] = { PR_ISDN_NUMBER, "ISDN" },
    [TEL_TELEX] = { PR_TELEX_NUMBER, "X-TELEX" },
    [TEL_TTY] = { PR_TTYTDD_PHONE_NUMBER, "X-TTY-TDD" },
    [TEL_OTHER] = { PR_OTHER_TELEPHONE_NUMBER, "VOICE" },
    [TEL_COMPANY] = { PR_COMPANY_MAIN_PHONE_NUMBER, "X-COMPANY" },
};

/* The first rule whose types a number has says its places, in order. */
static const struct {
    const char *type, *other; /* nullable */
    guint8 first, second;
} tel_rules[] = {
    { "FAX", "WORK", TEL_WORK_FAX, TEL_WORK_FAX },
    { "FAX", "HOME", TEL_HOME_FAX, TEL_HOME_FAX },
    { "FAX", NULL, TEL_FAX, TEL_FAX },
    { "PAGER", NULL, TEL_PAGER, TEL_PAGER },
    { "CELL", NULL, TEL_CELL, TEL_CELL },
    { "IPHONE", NULL, TEL_CELL, TEL_CELL },
    { "CAR", NULL, TEL_CAR, TEL_CAR },
    { "ISDN", NULL, TEL_ISDN, TEL_ISDN },
    { "X-RADIO", NULL, TEL_RADIO, TEL_RADIO },
    { "X-ASSISTANT", NULL, TEL_ASSISTANT, TEL_ASSISTANT },
    { "X-EVOLUTION-ASSISTANT", NULL, TEL_ASSISTANT, TEL_ASSISTANT },
    { "X-CALLBACK", NULL, TEL_CALLBACK, TEL_CALLBACK },
    { "X-EVOLUTION-CALLBACK", NULL, TEL_CALLBACK, TEL_CALLBACK },
    { "X-TELEX", NULL, TEL_TELEX, TEL_TELEX },
    { "X-EVOLUTION-TELEX", NULL, TEL_TELEX, TEL_TELEX },
    { "X-TTY-TDD", NULL, TEL_TTY, TEL_TTY },
    { "TEXTPHONE", NULL, TEL_TTY, TEL_TTY },
    { "X-COMPANY", NULL, TEL_COMPANY, TEL_COMPANY },
    { "X-EVOLUTION-COMPANY", NULL, TEL_COMPANY, TEL_COMPANY },
    { "WORK", NULL, TEL_WORK, TEL_WORK2 },
    { "HOME", NULL, TEL_HOME, TEL_HOME2 },
    { "PREF", NULL, TEL_PRIMARY, TEL_OTHER },
    { NULL, NULL, TEL_OTHER, TEL_OTHER },
};

/* Names with one meaning. The first line of a name has the place, but where all do. */
static const struct {
    const char *name;
    guint8 place;
    gboolean all;
} names_of_places[] = {
    { "VERSION", TW_VCARD_HEAD, TRUE },
    { "UID", TW_VCARD_UID, FALSE },
    { "REV", TW_VCARD_REV, FALSE },
    { "KIND", TW_VCARD_KIND, FALSE },
    { "X-ADDRESSBOOKSERVER-KIND", TW_VCARD_KIND, FALSE },
    { "FN", TW_VCARD_FN, FALSE },
    { "N", TW_VCARD_N, FALSE },
    { "ORG", TW_VCARD_ORG, FALSE },
    { "NOTE", TW_VCARD_NOTE, FALSE },
    { "BDAY", TW_VCARD_BDAY, FALSE },
    { "ANNIVERSARY", TW_VCARD_ANNIVERSARY, FALSE },
    { "X-ANNIVERSARY", TW_VCARD_ANNIVERSARY, FALSE },
    { "X-EVOLUTION-ANNIVERSARY", TW_VCARD_ANNIVERSARY, FALSE },
    { "X-MS-ANNIVERSARY", TW_VCARD_ANNIVERSARY, FALSE },
    { "CATEGORIES", TW_VCARD_CATEGORIES, TRUE },
    { "CLASS", TW_VCARD_CLASS, FALSE },
    { "PHOTO", TW_VCARD_PHOTO, FALSE },
    { "MEMBER", TW_VCARD_MEMBER, TRUE },
    { "X-ADDRESSBOOKSERVER-MEMBER", TW_VCARD_MEMBER, TRUE },
    { "NICKNAME", TW_VCARD_TEXT + TEXT_NICKNAME, FALSE },
    { "TITLE", TW_VCARD_TEXT + TEXT_TITLE, FALSE },
    { "ROLE", TW_VCARD_TEXT + TEXT_ROLE, FALSE },
    { "IMPP", TW_VCARD_TEXT + TEXT_IM, FALSE },
    { "X-JABBER", TW_VCARD_TEXT + TEXT_IM, FALSE },
    { "X-MS-IMADDRESS", TW_VCARD_TEXT + TEXT_IM, FALSE },
    { "X-SPOUSE", TW_VCARD_TEXT + TEXT_SPOUSE, FALSE },
    { "X-EVOLUTION-SPOUSE", TW_VCARD_TEXT + TEXT_SPOUSE, FALSE },
    { "X-MS-SPOUSE", TW_VCARD_TEXT + TEXT_SPOUSE, FALSE },
    { "X-ASSISTANT", TW_VCARD_TEXT + TEXT_ASSISTANT, FALSE },
    { "X-EVOLUTION-ASSISTANT", TW_VCARD_TEXT + TEXT_ASSISTANT, FALSE },
    { "X-MS-ASSISTANT", TW_VCARD_TEXT + TEXT_ASSISTANT, FALSE },
    { "X-MANAGER", TW_VCARD_TEXT + TEXT_MANAGER, FALSE },
    { "X-EVOLUTION-MANAGER", TW_VCARD_TEXT + TEXT_MANAGER, FALSE },
    { "X-MS-MANAGER", TW_VCARD_TEXT + TEXT_MANAGER, FALSE },
    { "X-MS-CHILD", TW_VCARD_CHILDREN, TRUE },
    { "FBURL", TW_VCARD_TEXT + TEXT_BUSY, FALSE },
};

/* Relations: a TYPE of RELATED, or a label of Apple's. */
static const struct {
    const char *type, *label;
    guint8 place;
} relations[] = {
    { "SPOUSE", "_$!<Spouse>!$_", TW_VCARD_TEXT + TEXT_SPOUSE },
    { "X-ASSISTANT", "_$!<Assistant>!$_", TW_VCARD_TEXT + TEXT_ASSISTANT },
    { "X-MANAGER", "_$!<Manager>!$_", TW_VCARD_TEXT + TEXT_MANAGER },
    { "CHILD", "_$!<Child>!$_", TW_VCARD_CHILDREN },
};

static const guint32 address_tags[][TW_VCARD_ADDRESS_PARTS] = {
    { PR_HOME_ADDRESS_STREET, PR_HOME_ADDRESS_CITY, PR_HOME_ADDRESS_STATE_OR_PROVINCE,
      PR_HOME_ADDRESS_POSTAL_CODE, PR_HOME_ADDRESS_COUNTRY, PR_HOME_ADDRESS_POST_OFFICE_BOX },
    { 0 },
    { PR_OTHER_ADDRESS_STREET, PR_OTHER_ADDRESS_CITY, PR_OTHER_ADDRESS_STATE_OR_PROVINCE,
      PR_OTHER_ADDRESS_POSTAL_CODE, PR_OTHER_ADDRESS_COUNTRY, PR_OTHER_ADDRESS_POST_OFFICE_BOX },
    { PR_STREET_ADDRESS, PR_LOCALITY, PR_STATE_OR_PROVINCE, PR_POSTAL_CODE, PR_COUNTRY,
      PR_POST_OFFICE_BOX },
};
static const TwKnownName work_address[TW_VCARD_ADDRESS_PARTS] = {
    TW_PidLidWorkAddressStreet,     TW_PidLidWorkAddressCity,    TW_PidLidWorkAddressState,
    TW_PidLidWorkAddressPostalCode, TW_PidLidWorkAddressCountry, TW_PidLidWorkAddressPostOfficeBox,
};

/* ---- tags ---- */

guint32
tw_vcard_text_tag(TwItemNames *names, guint index)
{
    const TwVcardText *text = &tw_vcard_texts[index];

    return text->tag != 0 ? text->tag : tw_item_tag(names, text->known);
}

guint32
tw_vcard_address_tag(TwItemNames *names, guint address, guint part)
{
    return address == 1 ? tw_item_tag(names, work_address[part]) : address_tags[address][part];
}

TwKnownName
tw_vcard_email_name(guint email, TwKnownName lid)
{
    static const TwKnownName rows[][TW_VCARD_EMAILS] = {
        { TW_PidLidEmail1DisplayName, TW_PidLidEmail2DisplayName, TW_PidLidEmail3DisplayName },
        { TW_PidLidEmail1AddressType, TW_PidLidEmail2AddressType, TW_PidLidEmail3AddressType },
        { TW_PidLidEmail1EmailAddress, TW_PidLidEmail2EmailAddress, TW_PidLidEmail3EmailAddress },
        { TW_PidLidEmail1OriginalDisplayName, TW_PidLidEmail2OriginalDisplayName,
          TW_PidLidEmail3OriginalDisplayName },
        { TW_PidLidEmail1OriginalEntryId, TW_PidLidEmail2OriginalEntryId,
          TW_PidLidEmail3OriginalEntryId },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i][0] == lid)
            return rows[i][email];
    }
    return lid;
}

guint32
tw_vcard_own_tag(TwItemNames *names, const char *name, guint16 type)
{
    TwNamedProp prop = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS), .name = name };
    guint16 id = 0;

    if (!tw_name_map_get_ids(names->map, &prop, 1, names->create, &id,
                             names->error == NULL ? &names->error : NULL))
        return 0;
    return id != 0 ? tw_prop_tag(id, type) : 0;
}

/* ---- values ---- */

gboolean
tw_vcard_date_parse(const TwContentLine *line, gint64 *ret)
{
    char text[9];
    gsize len = 0;
    TwIcalTime time;

    for (gsize i = 0; i < line->value_len && line->value[i] != 'T' && line->value[i] != ' '; i++) {
        if (line->value[i] == '-' && (i == 4 || i == 7))
            continue;
        if (len == 8 || !g_ascii_isdigit(line->value[i]))
            return FALSE;
        text[len++] = line->value[i];
    }
    text[len] = '\0';
    if (len != 8 || !tw_ical_time_parse(text, len, &time))
        return FALSE;
    /* how those who must write a year say that there is none */
    if (tw_lines_param(line, "X-APPLE-OMIT-YEAR") != NULL)
        return FALSE;
    *ret = time.ticks;
    return TRUE;
}

/* "data:image/png;base64,..." */
static const char *
after_data_head(const TwContentLine *line, char **ret_type)
{
    const char *comma, *semicolon;

    if (g_ascii_strncasecmp(line->value, "data:", 5) != 0 ||
        (comma = strchr(line->value, ',')) == NULL ||
        (semicolon = strchr(line->value, ';')) == NULL || comma - semicolon != 7 ||
        g_ascii_strncasecmp(semicolon, ";base64", 7) != 0)
        return NULL;
    *ret_type = g_strndup(line->value + 5, (gsize) (semicolon - line->value) - 5);
    return comma + 1;
}

GBytes *
tw_vcard_photo_parse(const TwContentLine *line, char **ret_type)
{
    g_auto(TwBuffer) data = TW_BUFFER_INIT(TW_VCARD_MAX_PHOTO);
    g_autofree char *type = NULL;
    const char *text = after_data_head(line, &type);
    TwBase64Decoder decoder;

    if (text == NULL && (tw_lines_param_is(line, "ENCODING", "B") ||
                         tw_lines_param_is(line, "ENCODING", "BASE64"))) {
        const char *word = tw_lines_param(line, "TYPE");
        g_autofree char *lower = g_ascii_strdown(word != NULL ? word : "jpeg", -1);
        type = strchr(lower, '/') != NULL ? g_steal_pointer(&lower)
                                          : g_strconcat("image/", lower, NULL);
        text = line->value;
    }
    if (text == NULL)
        return NULL;
    tw_base64_decoder_init(&decoder);
    if (!tw_base64_decoder_put(&decoder, text, strlen(text), &data) ||
        !tw_base64_decoder_finish(&decoder, &data, NULL) || data.len == 0)
        return NULL;
    *ret_type = g_steal_pointer(&type);
    return tw_buffer_steal_bytes(&data, NULL);
}

/* ---- places ---- */

typedef struct {
    GArray *places;
    GHashTable *labels; /* (owned): group to its X-ABLABEL */
    gboolean taken[TW_VCARD_PLACES];
} Assignment;

static void
take(Assignment *assignment, guint index, guint place)
{
    g_array_index(assignment->places, guint8, index) = (guint8) place;
    assignment->taken[place] = TRUE;
}

static gboolean
take_free(Assignment *assignment, guint index, guint place)
{
    if (assignment->taken[place])
        return FALSE;
    take(assignment, index, place);
    return TRUE;
}

static gboolean
has_type(const TwContentLine *line, const char *type)
{
    return tw_lines_param_is(line, "TYPE", type);
}

static gboolean
is_preferred(const TwContentLine *line)
{
    return has_type(line, "PREF") || tw_lines_param(line, "PREF") != NULL;
}

static void
assign_phone(Assignment *assignment, guint index, const TwContentLine *line)
{
    for (guint i = 0; i < G_N_ELEMENTS(tel_rules); i++) {
        const char *type = tel_rules[i].type, *other = tel_rules[i].other;
        gboolean fits = type == NULL || has_type(line, type) ||
                        (strcmp(type, "PREF") == 0 && is_preferred(line));
        if (!fits || (other != NULL && !has_type(line, other)))
            continue;
        if (!take_free(assignment, index, TW_VCARD_TEL + tel_rules[i].first))
            take_free(assignment, index, TW_VCARD_TEL + tel_rules[i].second);
        return;
    }
}

static void
assign_email(Assignment *assignment, guint index)
{
    for (guint i = 0; i < TW_VCARD_EMAILS; i++) {
        if (take_free(assignment, index, TW_VCARD_EMAIL + i))
            return;
    }
}

static void
assign_address(Assignment *assignment, guint index, const TwContentLine *line)
{
    guint which = has_type(line, "HOME") ? 0 : has_type(line, "WORK") ? 1 : 2;

    take_free(assignment, index, TW_VCARD_ADR + which);
}

static void
assign_relation(Assignment *assignment, guint index, const TwContentLine *line)
{
    gboolean is_text =
        strcmp(line->name, "RELATED") == 0 && tw_lines_param_is(line, "VALUE", "TEXT");
    const char *label = line->group != NULL && strcmp(line->name, "X-ABRELATEDNAMES") == 0
                            ? g_hash_table_lookup(assignment->labels, line->group)
                            : NULL;

    for (guint i = 0; i < G_N_ELEMENTS(relations); i++) {
        if (!(is_text && has_type(line, relations[i].type)) &&
            g_strcmp0(label, relations[i].label) != 0)
            continue;
        if (relations[i].place == TW_VCARD_CHILDREN)
            take(assignment, index, TW_VCARD_CHILDREN);
        else
            take_free(assignment, index, relations[i].place);
        return;
    }
}

/* Whether MAPI can say what the line says. */
static gboolean
is_held(const TwContentLine *line, guint place)
{
    g_autofree char *type = NULL, *text = NULL;
    g_autoptr(GBytes) photo = NULL;
    gint64 ticks;

    switch (place) {
    case TW_VCARD_BDAY:
    case TW_VCARD_ANNIVERSARY:
        return tw_vcard_date_parse(line, &ticks);
    case TW_VCARD_PHOTO:
        photo = tw_vcard_photo_parse(line, &type);
        return photo != NULL;
    case TW_VCARD_UID:
        text = g_strstrip(tw_lines_unescape(line->value, line->value_len));
        return text[0] != '\0';
    case TW_VCARD_MEMBER:
        return g_ascii_strncasecmp(line->value, "mailto:", 7) == 0 && line->value_len > 7 &&
               line->value_len < 1000;
    case TW_VCARD_CLASS:
        return g_ascii_strcasecmp(line->value, "PRIVATE") == 0 ||
               g_ascii_strcasecmp(line->value, "CONFIDENTIAL") == 0;
    case TW_VCARD_KIND:
        return g_ascii_strcasecmp(line->value, "group") == 0;
    default:
        return TRUE;
    }
}

static void
assign_by_name(Assignment *assignment, guint index, const TwContentLine *line)
{
    for (guint i = 0; i < G_N_ELEMENTS(names_of_places); i++) {
        guint place = names_of_places[i].place;
        if (strcmp(line->name, names_of_places[i].name) != 0)
            continue;
        if ((names_of_places[i].all || !assignment->taken[place]) && is_held(line, place))
            take(assignment, index, place);
        return;
    }
}

static void
assign_line(Assignment *assignment, guint index, const TwContentLine *line)
{
    /* of version 2.1, whose values are no texts */
    if (line->value_len == 0 || tw_lines_param_is(line, "ENCODING", "QUOTED-PRINTABLE"))
        return;
    if (strcmp(line->name, "TEL") == 0)
        assign_phone(assignment, index, line);
    else if (strcmp(line->name, "EMAIL") == 0)
        assign_email(assignment, index);
    else if (strcmp(line->name, "ADR") == 0)
        assign_address(assignment, index, line);
    else if (strcmp(line->name, "URL") == 0)
        take_free(assignment, index,
                  TW_VCARD_TEXT + (has_type(line, "WORK") ? TEXT_WORK_PAGE : TEXT_HOME_PAGE));
    else if (strcmp(line->name, "RELATED") == 0 || strcmp(line->name, "X-ABRELATEDNAMES") == 0)
        assign_relation(assignment, index, line);
    else
        assign_by_name(assignment, index, line);
}

GArray *
tw_vcard_assign(const TwContentNode *card)
{
    g_autoptr(GHashTable) labels = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, g_free);
    Assignment assignment = { .labels = labels };
    guint count = 0;

    for (const TwContentLine *line = card->lines; line != NULL; line = line->next, count++) {
        if (line->group != NULL && strcmp(line->name, "X-ABLABEL") == 0)
            g_hash_table_insert(labels, g_strdup(line->group), g_strdup(line->value));
    }
    assignment.places = g_array_sized_new(FALSE, TRUE, 1, count);
    g_array_set_size(assignment.places, count);
    for (guint round = 0; round < 2; round++) {
        guint index = 0;
        for (const TwContentLine *line = card->lines; line != NULL; line = line->next, index++) {
            if (is_preferred(line) == (round == 0))
                assign_line(&assignment, index, line);
        }
    }
    return assignment.places;
}
