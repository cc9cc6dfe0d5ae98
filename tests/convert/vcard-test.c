/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "convert/vcard-out.h"
#include "mapi/entryid.h"
#include "mapi/tags.h"

static GPtrArray *
read_bytes(const char *text, gsize len, const TwVcardOptions *options, GError **error)
{
    /* of exact size, so that a byte too far shows */
    g_autofree guint8 *copy = g_memdup2(text, len);

    return tw_vcard_read(copy, len, options, error);
}

static GPtrArray *
read_text(const char *text, const TwVcardOptions *options)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *items = read_bytes(text, strlen(text), options, &error);

    g_assert_no_error(error);
    return items;
}

static TwObject *
object_at(GPtrArray *items, guint index)
{
    g_assert_cmpuint(index, <, items->len);
    return ((TwVcardItem *) items->pdata[index])->object;
}

/* With LF, for comparing. */
static char *
write_text(const TwObject *object, const TwVcardOptions *options)
{
    const TwObject *const objects[] = { object };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = tw_vcard_write(objects, 1, options, &error);
    GString *out;

    g_assert_no_error(error);
    out = g_string_new_len(g_bytes_get_data(bytes, NULL), (gssize) g_bytes_get_size(bytes));
    g_string_replace(out, "\r\n ", "", 0);
    g_string_replace(out, "\r\n", "\n", 0);
    return g_string_free(out, FALSE);
}

static guint32
named(TwNameMap *names, TwKnownName which)
{
    TwNamedProp name = tw_known_name(which);
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(names, &name, 1, TRUE, &id, NULL));
    return tw_prop_tag(id, tw_known_name_type(which));
}

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(object, &value, NULL));
}

static void
drop_named_text(TwObject *object, TwNameMap *names, const char *text)
{
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS), .name = text };
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(names, &name, 1, TRUE, &id, NULL));
    g_assert_true(tw_object_remove(object, tw_prop_tag(id, TW_PT_UNSPECIFIED)));
}

/* ---- in ---- */

#define CARD(lines) "BEGIN:VCARD\nVERSION:3.0\nUID:u1\n" lines "END:VCARD\n"

static const struct {
    const char *name, *lines;
    guint32 tag; /* 0: @known */
    TwKnownName known;
    const char *value; /* NULL: it has none */
} fields[] = {
    { "surname", "N:Doe;Jane;Q.;Dr.;Jr.\n", PR_SURNAME, 0, "Doe" },
    { "given", "N:Doe;Jane;Q.;Dr.;Jr.\n", PR_GIVEN_NAME, 0, "Jane" },
    { "middle", "N:Doe;Jane;Q.;Dr.;Jr.\n", PR_MIDDLE_NAME, 0, "Q." },
    { "prefix", "N:Doe;Jane;Q.;Dr.;Jr.\n", PR_DISPLAY_NAME_PREFIX, 0, "Dr." },
    { "suffix", "N:Doe;Jane;Q.;Dr.;Jr.\n", PR_GENERATION, 0, "Jr." },
    { "escaped", "N:Do\\;e\\, x;\n", PR_SURNAME, 0, "Do;e, x" },
    { "file under", "FN:x\nN:Doe;Jane;Q.\n", 0, TW_PidLidFileUnder, "Doe, Jane Q." },
    { "name without FN", "N:Doe;Jane\n", PR_DISPLAY_NAME, 0, "Jane Doe" },
    { "name of a company", "ORG:Acme\n", PR_DISPLAY_NAME, 0, "Acme" },
    { "subject", "FN:Jane\n", PR_SUBJECT, 0, "Jane" },
    { "company", "ORG:Acme;Sales;East\n", PR_COMPANY_NAME, 0, "Acme" },
    { "department", "ORG:Acme;Sales;East\n", PR_DEPARTMENT_NAME, 0, "Sales, East" },
    { "title", "TITLE:Boss\n", PR_TITLE, 0, "Boss" },
    { "role", "ROLE:Cook\n", PR_PROFESSION, 0, "Cook" },
    { "nickname", "NICKNAME:Jo\n", PR_NICKNAME, 0, "Jo" },
    { "note", "NOTE:a\\nb\n", PR_BODY, 0, "a\r\nb" },
    { "work", "TEL;TYPE=WORK,VOICE:1\n", PR_BUSINESS_TELEPHONE_NUMBER, 0, "1" },
    { "second work", "TEL;TYPE=WORK:1\nTEL;TYPE=WORK:2\n", PR_BUSINESS2_TELEPHONE_NUMBER, 0, "2" },
    { "preferred", "TEL;TYPE=WORK:1\nTEL;TYPE=WORK,PREF:2\n", PR_BUSINESS_TELEPHONE_NUMBER, 0,
      "2" },
    { "preferred, 4.0", "TEL;TYPE=home:1\nTEL;PREF=1;TYPE=home:2\n", PR_HOME_TELEPHONE_NUMBER, 0,
      "2" },
    { "preferred only", "TEL;TYPE=PREF:2\n", PR_PRIMARY_TELEPHONE_NUMBER, 0, "2" },
    { "tel uri", "TEL;VALUE=uri;TYPE=cell:tel:+49\n", PR_MOBILE_TELEPHONE_NUMBER, 0, "+49" },
    { "work fax", "TEL;TYPE=FAX;TYPE=WORK:3\n", PR_BUSINESS_FAX_NUMBER, 0, "3" },
    { "fax is no phone", "TEL;TYPE=FAX,WORK:3\n", PR_BUSINESS_TELEPHONE_NUMBER, 0, NULL },
    { "other", "TEL:4\n", PR_OTHER_TELEPHONE_NUMBER, 0, "4" },
    { "first e-mail", "EMAIL:a@x\nEMAIL;TYPE=PREF:b@x\n", 0, TW_PidLidEmail1EmailAddress, "b@x" },
    { "third e-mail", "EMAIL:a@x\nEMAIL:b@x\nEMAIL:c@x\nEMAIL:d@x\n", 0,
      TW_PidLidEmail3EmailAddress, "c@x" },
    { "street", "ADR;TYPE=HOME:Box;Rear;1 Way;Town;ST;123;Land\n", PR_HOME_ADDRESS_STREET, 0,
      "1 Way\r\nRear" },
    { "box", "ADR;TYPE=HOME:Box;;1 Way;Town;ST;123;Land\n", PR_HOME_ADDRESS_POST_OFFICE_BOX, 0,
      "Box" },
    { "work city", "ADR;TYPE=WORK:;;1 Way;Town;ST;123;Land\n", 0, TW_PidLidWorkAddressCity,
      "Town" },
    { "mailing", "ADR;TYPE=WORK:;;1 Way;Town;ST;123;Land\n", PR_COUNTRY, 0, "Land" },
    { "spouse", "RELATED;TYPE=spouse;VALUE=text:Joe\n", PR_SPOUSE_NAME, 0, "Joe" },
    { "spouse elsewhere", "RELATED;TYPE=spouse:urn:uuid:1\n", PR_SPOUSE_NAME, 0, NULL },
    { "spouse by label", "i1.X-ABRELATEDNAMES:Joe\ni1.X-ABLabel:_$!<Spouse>!$_\n", PR_SPOUSE_NAME,
      0, "Joe" },
    { "manager", "X-EVOLUTION-MANAGER:Ann\n", PR_MANAGER_NAME, 0, "Ann" },
    { "assistant", "X-MS-ASSISTANT:Ann\n", PR_ASSISTANT, 0, "Ann" },
    { "im", "IMPP:xmpp:a@x\n", 0, TW_PidLidInstantMessagingAddress, "xmpp:a@x" },
    { "home page", "URL:http://a/\n", PR_PERSONAL_HOME_PAGE, 0, "http://a/" },
    { "work page", "URL;TYPE=WORK:http://a/\n", PR_BUSINESS_HOME_PAGE, 0, "http://a/" },
    { "2.1 text", "NOTE;ENCODING=QUOTED-PRINTABLE:=41\n", PR_BODY, 0, NULL },
    { "class", "FN:x\n", PR_MESSAGE_CLASS, 0, "IPM.Contact" },
    { "list", "KIND:group\nFN:x\n", PR_MESSAGE_CLASS, 0, "IPM.DistList" },
};

static void
test_in(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        TwVcardOptions options = { .names = names };
        g_autofree char *text =
            g_strconcat("BEGIN:VCARD\nVERSION:3.0\nUID:u1\n", fields[i].lines, "END:VCARD\n", NULL);
        g_autoptr(GPtrArray) items = read_text(text, &options);
        guint32 tag = fields[i].tag != 0 ? fields[i].tag : named(names, fields[i].known);

        g_test_message("%s", fields[i].name);
        g_assert_cmpstr(tw_object_get_text(object_at(items, 0), tag, NULL), ==, fields[i].value);
        g_assert_cmpstr(((TwVcardItem *) items->pdata[0])->uid, ==, "u1");
    }
}

static void
test_dates(void)
{
    static const struct {
        const char *line;
        gboolean held;
    } cases[] = {
        { "BDAY:1985-04-12\n", TRUE },
        { "BDAY:19850412\n", TRUE },
        { "BDAY:1985-04-12T10:22:00Z\n", TRUE },
        { "BDAY:--0412\n", FALSE },
        { "BDAY:1985-13-12\n", FALSE },
        { "BDAY:circa 1800\n", FALSE },
        { "BDAY:198504121\n", FALSE },
        { "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12\n", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        TwVcardOptions options = { .names = names };
        g_autofree char *text = g_strconcat("BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:x\n",
                                            cases[i].line, "END:VCARD\n", NULL);
        g_autoptr(GPtrArray) items = read_text(text, &options);
        g_autofree char *again = write_text(object_at(items, 0), &options);
        TwPropValue value;

        g_assert_cmpint(tw_object_get(object_at(items, 0), PR_BIRTHDAY, &value), ==, cases[i].held);
        if (cases[i].held)
            g_assert_cmpint(value.i8, ==, G_GINT64_CONSTANT(121265856000000000));
        g_assert_cmpstr(again, ==, text);
    }
}

/* ---- round trips ---- */

static const char rich[] = CARD("N:Doe;Jane;;;\n"
                                "FN:Jane Doe\n"
                                "item1.TEL;TYPE=WORK:1\n"
                                "item1.X-ABLabel:Desk\n"
                                "TEL;TYPE=CELL:2\n"
                                "TEL;TYPE=CELL:3\n"
                                "TEL;TYPE=CELL:4\n"
                                "EMAIL;TYPE=HOME:a@x\nEMAIL:b@x\nEMAIL:c@x\nEMAIL:d@x\nEMAIL:e@x\n"
                                "ADR;TYPE=HOME:;;1 Way;Town;;;\nADR;TYPE=HOME:;;2 Way;Town;;;\n"
                                "CATEGORIES:a,b\nCATEGORIES:c\n"
                                "X-UNKNOWN;A=B:what\\, ever\n"
                                "REV:20200101T000000Z\n");

static void
test_same(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    g_autoptr(GPtrArray) items = read_text(rich, &options);
    g_autofree char *out = write_text(object_at(items, 0), &options);

    g_assert_cmpstr(out, ==, rich);
}

/* One property changed by a client of MAPI: that line is another, all others are as they came. */
static void
test_changes(void)
{
    static const struct {
        guint32 tag;
        TwKnownName known;
        const char *value; /* NULL: removed */
        const char *before, *after;
    } cases[] = {
        { PR_BUSINESS_TELEPHONE_NUMBER, 0, "9", "item1.TEL;TYPE=WORK:1\n",
          "item1.TEL;TYPE=WORK:9\n" },
        { PR_BUSINESS_TELEPHONE_NUMBER, 0, NULL, "item1.TEL;TYPE=WORK:1\nitem1.X-ABLabel:Desk\n",
          "" },
        { PR_MOBILE_TELEPHONE_NUMBER, 0, "9", "TEL;TYPE=CELL:2\n", "TEL;TYPE=CELL:9\n" },
        { PR_DISPLAY_NAME, 0, "J; D", "FN:Jane Doe\n", "FN:J\\; D\n" },
        { PR_GIVEN_NAME, 0, "Ann", "N:Doe;Jane;;;\n", "N:Doe;Ann;;;\n" },
        { 0, TW_PidLidEmail1EmailAddress, "z@x", "EMAIL;TYPE=HOME:a@x\n", "EMAIL;TYPE=HOME:z@x\n" },
        { 0, TW_PidLidEmail2EmailAddress, NULL, "EMAIL:b@x\n", "" },
        { PR_HOME_ADDRESS_CITY, 0, "City", "ADR;TYPE=HOME:;;1 Way;Town;;;\n",
          "ADR;TYPE=HOME:;;1 Way;City;;;\n" },
        { PR_TITLE, 0, "Boss", "REV:20200101T000000Z\n", "REV:20200101T000000Z\nTITLE:Boss\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        TwVcardOptions options = { .names = names };
        g_autoptr(GPtrArray) items = read_text(rich, &options);
        g_autoptr(GString) expected = g_string_new(rich);
        g_autofree char *out = NULL;
        TwObject *object = object_at(items, 0);
        guint32 tag = cases[i].tag != 0 ? cases[i].tag : named(names, cases[i].known);

        if (cases[i].value != NULL)
            set_text(object, tag, cases[i].value);
        else
            g_assert_true(tw_object_remove(object, tag));
        out = write_text(object, &options);
        g_assert_cmpuint(g_string_replace(expected, cases[i].before, cases[i].after, 1), ==, 1);
        g_assert_cmpstr(out, ==, expected->str);
    }
}

static void
test_stamp(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    g_autoptr(GPtrArray) items = read_text(rich, &options);
    TwObject *object = object_at(items, 0);
    TwPropValue when =
        tw_value_i8(PR_LAST_MODIFICATION_TIME, G_GINT64_CONSTANT(121256352000000000));
    g_autofree char *same = NULL, *changed = NULL;

    g_assert_true(tw_object_set(object, &when, NULL));
    same = write_text(object, &options);
    g_assert_cmpstr(same, ==, rich);
    set_text(object, PR_TITLE, "Boss");
    changed = write_text(object, &options);
    g_assert_nonnull(strstr(changed, "REV:19850401T000000Z\n"));
    g_assert_null(strstr(changed, "REV:2020"));
}

/* ---- out ---- */

static const char full[] =
    CARD("N:Doe;Jane;Q.;Dr.;Jr.\nFN:Jane Doe\nORG:Acme;Sales\nTEL;TYPE=WORK:1\nTEL;TYPE=PREF:2\n"
         "EMAIL:a@x\nADR;TYPE=WORK:;;1 Way;Town;ST;123;Land\nBDAY:1985-04-12\n"
         "ANNIVERSARY:2001-02-03\nX-SPOUSE:Joe\nX-MS-CHILD:Kid\nCATEGORIES:a\\,b,c\nCLASS:PRIVATE\n"
         "NOTE:a\\nb\nIMPP:xmpp:a@x\nNICKNAME:Jo\nPHOTO;ENCODING=b;TYPE=PNG:AAEC\n");

static void
test_versions(void)
{
    static const struct {
        TwVcardVersion version;
        const char *text;
    } cases[] = {
        { TW_VCARD_3,
          CARD("N:Doe;Jane;Q.;Dr.;Jr.\nFN:Jane Doe\nORG:Acme;Sales\n"
               "TEL;TYPE=WORK,VOICE:1\nTEL;TYPE=PREF:2\nEMAIL;TYPE=INTERNET:a@x\n"
               "ADR;TYPE=WORK:;;1 Way;Town;ST;123;Land\nNICKNAME:Jo\nIMPP:xmpp:a@x\nX-SPOUSE:Joe\n"
               "BDAY:1985-04-12\nX-ANNIVERSARY:2001-02-03\nCATEGORIES:a\\,b,c\nX-MS-CHILD:Kid\n"
               "CLASS:PRIVATE\nNOTE:a\\nb\nPHOTO;ENCODING=b;TYPE=PNG:AAEC\n") },
        { TW_VCARD_4,
          "BEGIN:VCARD\nVERSION:4.0\nUID:u1\nN:Doe;Jane;Q.;Dr.;Jr.\nFN:Jane Doe\nORG:Acme;Sales\n"
          "TEL;TYPE=WORK,VOICE:1\nTEL;PREF=1:2\nEMAIL:a@x\n"
          "ADR;TYPE=WORK:;;1 Way;Town;ST;123;Land\nNICKNAME:Jo\nIMPP:xmpp:a@x\n"
          "RELATED;TYPE=spouse;VALUE=text:Joe\nBDAY:19850412\nANNIVERSARY:20010203\n"
          "CATEGORIES:a\\,b,c\nRELATED;TYPE=child;VALUE=text:Kid\nCLASS:PRIVATE\nNOTE:a\\nb\n"
          "PHOTO:data:image/png;base64,AAEC\nEND:VCARD\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        TwVcardOptions options = { .names = names, .version = cases[i].version };
        g_autoptr(GPtrArray) items = read_text(full, &options);
        g_autoptr(GPtrArray) again = NULL;
        g_autofree char *out = NULL, *second = NULL;

        drop_named_text(object_at(items, 0), names, "TwigaVcard");
        out = write_text(object_at(items, 0), &options);
        /* FN stands before N in what is written */
        {
            g_autoptr(GString) expected = g_string_new(cases[i].text);
            g_string_replace(expected, "N:Doe;Jane;Q.;Dr.;Jr.\nFN:Jane Doe\n",
                             "FN:Jane Doe\nN:Doe;Jane;Q.;Dr.;Jr.\n", 1);
            g_assert_cmpstr(out, ==, expected->str);
        }
        again = read_text(out, &options);
        drop_named_text(object_at(again, 0), names, "TwigaVcard");
        second = write_text(object_at(again, 0), &options);
        g_assert_cmpstr(second, ==, out);
    }
}

/* Asked for in another version: what MAPI knows is written anew, all else stays. */
static void
test_other_version(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names, .version = TW_VCARD_4 };
    g_autoptr(GPtrArray) items = read_text(rich, &options);
    g_autofree char *out = write_text(object_at(items, 0), &options);
    static const char *const lines[] = {
        "VERSION:4.0\n",
        "TEL;TYPE=CELL:3\n",
        "TEL;TYPE=CELL:4\n",
        "EMAIL:d@x\n",
        "EMAIL:e@x\n",
        "EMAIL:a@x\n",
        "X-UNKNOWN;A=B:what\\, ever\n",
        "item1.X-ABLabel",
        "CATEGORIES:a,b,c\n",
    };

    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        const char *found = strstr(out, lines[i]);
        g_assert_nonnull(found);
        g_assert_null(strstr(found + 1, lines[i]));
    }
    g_assert_null(strstr(out, "VERSION:3.0"));
}

static void
test_photo(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    g_autoptr(GPtrArray) items = read_text(full, &options);
    TwObject *object = object_at(items, 0);
    TwObject *attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, 0);
    g_autofree char *with = NULL, *without = NULL;
    TwPropValue value;

    g_assert_nonnull(attachment);
    g_assert_true(tw_object_get(attachment, PR_ATTACHMENT_CONTACTPHOTO, &value) && value.truth);
    g_assert_true(tw_object_get(attachment, PR_ATTACH_DATA_BIN, &value));
    g_assert_cmpuint(value.len, ==, 3);
    g_assert_true(memcmp(value.data, "\0\1\2", 3) == 0);
    g_assert_cmpstr(tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, NULL), ==, "image/png");
    g_assert_true(tw_object_get(object, named(names, TW_PidLidHasPicture), &value) && value.truth);
    with = write_text(object, &options);
    g_assert_cmpstr(with, ==, full);
    tw_object_remove_child(object, TW_OBJECT_ATTACHMENT, tw_object_get_number(attachment));
    without = write_text(object, &options);
    g_assert_null(strstr(without, "PHOTO"));
}

static void
test_list(void)
{
    static const char text[] = "BEGIN:VCARD\nVERSION:4.0\nUID:l1\nKIND:group\nFN:Friends\n"
                               "MEMBER;X-CN=Ann:mailto:a@x\nMEMBER:urn:uuid:1\nMEMBER:mailto:b@x\n"
                               "END:VCARD\n";
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    g_autoptr(GPtrArray) items = read_text(text, &options);
    TwObject *object = object_at(items, 0);
    g_autofree char *out = write_text(object, &options), *fresh = NULL;
    g_autoptr(TwEntryId) id = NULL;
    TwPropValue value, item;

    g_assert_cmpstr(out, ==, text);
    g_assert_true(
        tw_object_get(object, named(names, TW_PidLidDistributionListOneOffMembers), &value));
    g_assert_cmpuint(tw_value_count(&value), ==, 2);
    g_assert_true(tw_value_item(&value, 0, &item));
    id = tw_entryid_parse(item.data, item.len, NULL);
    g_assert_nonnull(id);
    g_assert_cmpstr(id->one_off.name, ==, "Ann");
    g_assert_true(tw_object_get(object, named(names, TW_PidLidDistributionListMembers), &value));
    g_assert_true(tw_value_item(&value, 1, &item));
    g_assert_cmpuint(item.data[20], ==, 0x80);
    drop_named_text(object, names, "TwigaVcard");
    fresh = write_text(object, &options);
    g_assert_nonnull(strstr(fresh, "X-ADDRESSBOOKSERVER-KIND:group\n"));
    g_assert_nonnull(strstr(fresh, "X-ADDRESSBOOKSERVER-MEMBER:mailto:b@x\n"));
}

/* ---- bad input ---- */

static void
test_cut(void)
{
    for (gsize len = 0; len < sizeof full; len++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        TwVcardOptions options = { .names = names };
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) items = read_bytes(full, len, &options, &error);

        g_assert_true((items == NULL) == (error != NULL));
        if (error != NULL)
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        else
            g_assert_cmpuint(len, >=, sizeof full - 2);
    }
}

static void
test_limits(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    static const char head[] = "BEGIN:VCARD\nVERSION:3.0\nUID:u\nFN:x\nX-A:",
                      end[] = "\nEND:VCARD\n";

    for (guint past = 0; past < 2; past++) {
        /* "X-A:" and its value are folded: 75 bytes of a line, then 74 after a blank */
        gsize frame = strlen("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:x\r\nEND:VCARD\r\n");
        gsize rows = (TW_VCARD_MAX_KEPT - frame - 77) / 77;
        gsize rest = TW_VCARD_MAX_KEPT - frame - 77 - rows * 77;
        gsize len = 75 + rows * 74 - 4 + (rest > 3 ? rest - 3 : 0) + past * 4;
        g_autofree char *value = g_strnfill(len, 'a');
        g_autofree char *text = g_strconcat(head, value, end, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) items = read_bytes(text, strlen(text), &options, &error);
        if (past == 0) {
            g_assert_no_error(error);
        } else {
            g_assert_null(items);
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        }
    }
    {
        g_autoptr(GError) error = NULL;
        g_assert_null(read_bytes("BEGIN:VEVENT\nEND:VEVENT\n", 24, &options, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* Categories and members past a limit are not in MAPI; they are kept all the same. */
static void
test_many(void)
{
    for (guint past = 0; past < 2; past++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        TwVcardOptions options = { .names = names };
        g_autoptr(GString) text = g_string_new("BEGIN:VCARD\nVERSION:3.0\nUID:u\nFN:x\n");
        g_autoptr(GPtrArray) items = NULL;
        g_autofree char *out = NULL;
        TwPropValue value;

        for (guint i = 0; i < TW_VCARD_MAX_CATEGORIES + past; i++)
            g_string_append_printf(text, "CATEGORIES:c%u\n", i);
        g_string_append(text, "END:VCARD\n");
        items = read_text(text->str, &options);
        g_assert_true(tw_object_get(object_at(items, 0), named(names, TW_PidNameKeywords), &value));
        g_assert_cmpuint(tw_value_count(&value), ==, TW_VCARD_MAX_CATEGORIES);
        out = write_text(object_at(items, 0), &options);
        g_assert_cmpstr(out, ==, text->str);
    }
}

static void
test_uid(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    static const char text[] = "BEGIN:VCARD\nVERSION:3.0\nFN:x\nEND:VCARD\n";
    g_autoptr(GPtrArray) a = read_text(text, &options), b = read_text(text, &options);
    const TwVcardItem *first = a->pdata[0], *second = b->pdata[0];
    g_autofree char *uid = tw_vcard_uid(first->object, names);
    g_autofree char *out = write_text(first->object, &options);
    g_autofree char *line = g_strdup_printf("UID:%s\n", uid);

    g_assert_cmpstr(first->uid, ==, second->uid);
    g_assert_cmpstr(first->uid, ==, uid);
    g_assert_nonnull(strstr(out, line));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vcard/in", test_in);
    g_test_add_func("/vcard/in/dates", test_dates);
    g_test_add_func("/vcard/in/list", test_list);
    g_test_add_func("/vcard/in/uid", test_uid);
    g_test_add_func("/vcard/photo", test_photo);
    g_test_add_func("/vcard/kept/same", test_same);
    g_test_add_func("/vcard/kept/changes", test_changes);
    g_test_add_func("/vcard/kept/stamp", test_stamp);
    g_test_add_func("/vcard/kept/other-version", test_other_version);
    g_test_add_func("/vcard/out/versions", test_versions);
    g_test_add_func("/vcard/bad/cut", test_cut);
    g_test_add_func("/vcard/bad/limits", test_limits);
    g_test_add_func("/vcard/bad/many", test_many);
    return g_test_run();
}
