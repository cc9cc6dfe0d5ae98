/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/entryid.h"

#include <string.h>

#include "base/error.h"
#include "mapi/assert-bytes.h"
#include "mapi/field-table.h"

#define STORE "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
#define UNIQUE "101112131415161718191A1B1C1D1E1F"
#define INNER "00000000" STORE "0100000005000000" UNIQUE "00000000"

typedef struct {
    guint8 *data; /* exact size */
    gsize len;
} Input;

static Input
from_hex(const char *hex)
{
    Input in = { .len = strlen(hex) / 2 };

    in.data = g_malloc(MAX(in.len, 1));
    for (gsize i = 0; i < in.len; i++) {
        in.data[i] =
            (guint8) (g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    }
    return in;
}

static TwEntryId *
parse_hex(const char *hex, GError **error)
{
    Input in = from_hex(hex);
    g_autofree guint8 *data = in.data;

    return tw_entryid_parse(data, in.len, error);
}

static const struct {
    const char *what, *hex;
    TwEntryIdKind kind;
    const char *printed;
    gboolean canonical; /* written as it was read */
} good[] = {
    { "store", "00000000" STORE "0100000001000000" UNIQUE "00000000", TW_ENTRYID_OBJECT,
      "store 13121110-1514-1716-1819-1a1b1c1d1e1f in 3c2d1e0f-5a4b-7869-8796-a5b4c3d2e1f0", TRUE },
    { "store, open here", "00000000" STORE "0100000001001000" UNIQUE "00000000", TW_ENTRYID_OBJECT,
      NULL, TRUE },
    { "folder of favourites", "00000001" STORE "0100000003000000" UNIQUE "00000000",
      TW_ENTRYID_OBJECT, NULL, TRUE },
    { "message", "00000000" STORE "0100000005000000" UNIQUE "00000000", TW_ENTRYID_OBJECT, NULL,
      TRUE },
    { "version 0",
      "00000000" STORE "0000000003000000"
      "2A00000000000000",
      TW_ENTRYID_OBJECT, "folder 42 in 3c2d1e0f-5a4b-7869-8796-a5b4c3d2e1f0", TRUE },
    { "with server", "00000000" STORE "0100000001000000" UNIQUE "70736575646F3A2F2F6100",
      TW_ENTRYID_OBJECT, NULL, FALSE },
    { "wrapped",
      "00000000"
      "38A1BB1005E5101AA1BB08002B2A56C2"
      "0000"
      "7A6172616661366"
      "36C69656E742E646C6C00"
      "00000000" STORE "0100000001000000" UNIQUE "70736575646F3A2F2F6100",
      TW_ENTRYID_OBJECT, NULL, FALSE },
    { "everyone",
      "00000000"
      "AC21A95040D3EE48B319FBA753304425"
      "00000000"
      "08000000"
      "01000000"
      "00000000",
      TW_ENTRYID_BOOK, "address-book list 1", TRUE },
    { "user with external id",
      "00000000"
      "AC21A95040D3EE48B319FBA753304425"
      "01000000"
      "06000000"
      "03000000"
      "4D513D3D00000000",
      TW_ENTRYID_BOOK, "address-book user 3 with external id", TRUE },
    { "one-off, Unicode",
      "00000000"
      "812B1FA4BEA310199D6E00DD010F5402"
      "0000"
      "0180"
      "4A000000"
      "53004D0054005000"
      "0000"
      "6A004000780000 00",
      TW_ENTRYID_ONE_OFF, "one-off recipient", TRUE },
    { "one-off, 8 bit",
      "00000000"
      "812B1FA4BEA310199D6E00DD010F5402"
      "0000"
      "0100"
      "4AE400"
      "534D545000"
      "6A407800",
      TW_ENTRYID_ONE_OFF, NULL, FALSE },
    { "Exchange folder",
      "00000000" STORE "0100" UNIQUE "000000000007"
      "0000",
      TW_ENTRYID_EXCHANGE, "Exchange object of type 1", TRUE },
    { "Exchange message",
      "00000000" STORE "0700" UNIQUE "000000000007"
      "0000" UNIQUE "000000000008"
      "0000",
      TW_ENTRYID_EXCHANGE, NULL, TRUE },
    { "Exchange address book",
      "00000000"
      "DCA740C8C042101AB4B908002B2FE182"
      "01000000"
      "00000000"
      "2F6F3D6100",
      TW_ENTRYID_EXCHANGE_BOOK, NULL, TRUE },
    { "contact address",
      "00000000"
      "FE42AA0A18C71A10E8850B651C240000"
      "03000000"
      "04000000"
      "01000000"
      "30000000" INNER,
      TW_ENTRYID_CONTACT, "contact address 1", TRUE },
    { "contact folder",
      "00000000"
      "727F0430E3924FDAB86AE52A7FE46571"
      "05000000"
      "02000000" INNER,
      TW_ENTRYID_CONTACT_FOLDER, NULL, TRUE },
};

static char *
without_blanks(const char *hex)
{
    GString *out = g_string_new(NULL);

    for (; *hex != '\0'; hex++) {
        if (*hex != ' ')
            g_string_append_c(out, *hex);
    }
    return g_string_free(out, FALSE);
}

static void
test_good(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *hex = without_blanks(good[i].hex);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwEntryId) id = parse_hex(hex, &error), back = NULL;
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
        g_autofree char *printed = NULL;
        Input in = from_hex(hex);
        g_autofree guint8 *data = in.data;

        g_test_message("%s", good[i].what);
        g_assert_no_error(error);
        g_assert_cmpint(id->kind, ==, good[i].kind);
        printed = tw_entryid_to_string(id);
        if (good[i].printed != NULL)
            g_assert_cmpstr(printed, ==, good[i].printed);
        tw_entryid_write(id, &out);
        if (good[i].canonical)
            assert_bytes_equal(out.data, out.len, data, in.len);
        back = tw_entryid_parse(out.data, out.len, &error);
        g_assert_no_error(error);
        g_assert_true(tw_entryid_equal(id, back));
    }
}

/* An id that is cut anywhere is no id; the shorter kinds are not mistaken for another one. */
static void
test_cut(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *hex = without_blanks(good[i].hex);
        Input in = from_hex(hex);
        g_autofree guint8 *data = in.data;

        for (gsize cut = 0; cut < in.len; cut++) {
            g_autofree guint8 *input = g_memdup2(data, MAX(cut, 1));
            g_autoptr(GError) error = NULL;
            g_autoptr(TwEntryId) id = tw_entryid_parse(input, cut, &error);

            g_assert_true((id == NULL) == (error != NULL));
            if (good[i].kind != TW_ENTRYID_CONTACT_FOLDER && good[i].kind != TW_ENTRYID_OBJECT &&
                good[i].kind != TW_ENTRYID_EXCHANGE && good[i].kind != TW_ENTRYID_BOOK)
                g_assert_null(id);
        }
    }
}

static void
test_object_fields(void)
{
    Input in = from_hex("00000001" STORE "0100000005001000" UNIQUE "00000000");
    g_autofree guint8 *data = in.data;
    TwObjectId id, other;

    g_assert_true(tw_object_id_parse(data, in.len, &id, NULL));
    g_assert_cmpint(id.type, ==, TW_OBJECT_ID_MESSAGE);
    g_assert_cmphex(id.flags, ==, TW_OBJECT_ID_OPEN_HERE);
    g_assert_true(id.from_favorites);
    g_assert_cmpuint(id.version, ==, 1);
    g_assert_cmphex(id.store.bytes[0], ==, 0x0f);
    g_assert_cmphex(id.unique.bytes[15], ==, 0x1f);
    other = id;
    other.flags = 0;
    other.from_favorites = FALSE;
    g_assert_true(tw_object_id_equal(&id, &other));
    other.unique.bytes[3] ^= 1;
    g_assert_false(tw_object_id_equal(&id, &other));
    other = id;
    other.type = TW_OBJECT_ID_FOLDER;
    g_assert_false(tw_object_id_equal(&id, &other));
}

/* spec/mapi-soap.md 5.3: total length of the wrapper is 40 bytes. */
static void
test_wrap(void)
{
    Input in = from_hex("00000000" STORE "0100000001000000" UNIQUE "00000000");
    g_autofree guint8 *data = in.data;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);
    TwObjectId id, back;

    g_assert_true(tw_object_id_parse(data, in.len, &id, NULL));
    tw_object_id_wrap(&id, "pseudo://node1", &out);
    g_assert_cmpuint(out.len, ==, 40 + 44 + 15);
    g_assert_cmpint(memcmp(out.data + 22, "zarafa6client.dll", 18), ==, 0);
    g_assert_cmpint(memcmp(out.data + 40, data, 44), ==, 0);
    g_assert_cmpstr((const char *) out.data + 84, ==, "pseudo://node1");
    g_assert_true(tw_object_id_parse(out.data, out.len, &back, NULL));
    g_assert_true(tw_object_id_equal(&id, &back));
}

static void
test_bad(void)
{
    static const char *const bad[] = {
        "",
        "00000000",
        "00000000" STORE "0200000005000000" UNIQUE "00000000", /* version */
        "00000000" STORE "0100000004000000" UNIQUE "00000000", /* type */
        "00000002" STORE "0100000005000000" UNIQUE "00000000", /* flags */
        "00000000" STORE "0100000005000000" UNIQUE "00000001", /* no server */
        /* wrapped, of a store that is called as the Exchange address book */
        "0000000038A1BB1005E5101AA1BB08002B2A56C200007A617261666136636C69656E6C0000000000"
        "DCA740C8C042101AB4B908002B2FE1820100000001000000" UNIQUE "00000000",
        "00000000" STORE "0100000005000000" UNIQUE "0000000000",
        "00000000" STORE "0100000005000000" UNIQUE "61620A00", /* control character */
        "00000000AC21A95040D3EE48B319FBA75330442502000000080000000100000000000000",
        "00000000AC21A95040D3EE48B319FBA75330442500000000050000000100000000000000",
        "00000000AC21A95040D3EE48B319FBA753304425000000000600000001000000000000",
        "00000000AC21A95040D3EE48B319FBA7533044250100000006000000030000004D3D3D3D00000000",
        "00000000AC21A95040D3EE48B319FBA7533044250100000006000000030000004D513D3D",
        "00000000AC21A95040D3EE48B319FBA7533044250100000006000000030000004D513D3D00000001",
        "00000000812B1FA4BEA310199D6E00DD010F5402010001804A000000",
        "00000000FE42AA0A18C71A10E8850B651C24000003000000040000000100000031000000" INNER,
        "00000000FE42AA0A18C71A10E8850B651C240000030000000600000001000000300000 00" INNER,
    };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *hex = without_blanks(bad[i]);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", bad[i]);
        g_assert_null(parse_hex(hex, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

static void
test_limits(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 16);
    g_autofree char *text = g_strnfill(TW_ENTRYID_MAX_TEXT, 'a'),
                    *longer = g_strnfill(TW_ENTRYID_MAX_TEXT + 1, 'a');
    TwOneOff one_off = { .name = text,
                         .address_type = (char[]){ "SMTP" },
                         .address = (char[]){ "x@y" } };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwEntryId) id = NULL;
    g_autofree guint8 *big = g_malloc0(TW_ENTRYID_MAX_LEN + 1);

    tw_one_off_write(&one_off, &out);
    id = tw_entryid_parse(out.data, out.len, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(id->one_off.name, ==, text);
    tw_buffer_clear(&out);
    one_off.name = longer;
    tw_one_off_write(&one_off, &out);
    g_assert_null(tw_entryid_parse(out.data, out.len, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(tw_entryid_parse(big, TW_ENTRYID_MAX_LEN, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(tw_entryid_parse(big, TW_ENTRYID_MAX_LEN + 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_book_equal(void)
{
    g_autoptr(GBytes) one = g_bytes_new_static("1", 1), two = g_bytes_new_static("2", 1);
    TwBookId a = { .type = TW_BOOK_USER, .number = 3, .external = one },
             b = { .type = TW_BOOK_USER, .number = 9, .external = one },
             c = { .type = TW_BOOK_USER, .number = 3, .external = two },
             d = { .type = TW_BOOK_USER, .number = 3 }, e = { .type = TW_BOOK_LIST, .number = 3 };

    g_assert_true(tw_book_id_equal(&a, &b));
    g_assert_false(tw_book_id_equal(&a, &c));
    g_assert_true(tw_book_id_equal(&a, &d));
    g_assert_false(tw_book_id_equal(&b, &d));
    g_assert_false(tw_book_id_equal(&d, &e));
}

static void
test_one_off(void)
{
    g_autoptr(TwEntryId) a = parse_hex("00000000812B1FA4BEA310199D6E00DD010F54020000010"
                                       "04AE400534D5450006A407800",
                                       NULL);
    g_autoptr(TwEntryId) b = parse_hex("00000000812B1FA4BEA310199D6E00DD010F540200000190"
                                       "4B00000073006D00740070000000"
                                       "4A00400058000000",
                                       NULL);

    g_assert_cmpstr(a->one_off.name, ==, "J\xc3\xa4");
    g_assert_cmpstr(a->one_off.address_type, ==, "SMTP");
    g_assert_cmpstr(a->one_off.address, ==, "j@x");
    g_assert_cmphex(b->one_off.flags, ==, TW_ONE_OFF_UNICODE | TW_ONE_OFF_NO_LOOKUP | 1);
    g_assert_cmpstr(b->one_off.name, ==, "K");
    g_assert_true(tw_entryid_equal(a, b));
    g_free(b->one_off.address);
    b->one_off.address = g_strdup("other@x");
    g_assert_false(tw_entryid_equal(a, b));
}

static void
test_instance(void)
{
    Input in = from_hex("00000000"
                        "7976ED54D0D211DD9705BE5055D89593"
                        "00000000"
                        "01370000"
                        "07000000"
                        "00000000" STORE);
    g_autofree guint8 *data = in.data;
    guint8 out[TW_INSTANCE_ID_LEN];
    TwInstanceId id;

    g_assert_cmpuint(in.len, ==, TW_INSTANCE_ID_LEN);
    g_assert_true(tw_instance_id_parse(data, in.len, &id, NULL));
    g_assert_cmphex(id.property, ==, 0x3701);
    g_assert_cmpuint(id.number, ==, 7);
    tw_instance_id_write(&id, out);
    assert_bytes_equal(out, sizeof out, data, in.len);
    for (gsize cut = 0; cut < in.len; cut++) {
        g_autofree guint8 *input = g_memdup2(data, MAX(cut, 1));
        g_assert_false(tw_instance_id_parse(input, cut, &id, NULL));
    }
    data[0] = 1;
    g_assert_false(tw_instance_id_parse(data, in.len, &id, NULL));
}

/* spec/mapi-soap.md 5.7 and spec/mailbox-layout.md 2.2: bytes as they stand in ids. */
static void
test_providers(void)
{
    static const struct {
        TwProvider provider;
        const char *hex;
    } cases[] = {
        { TW_PROVIDER_PRIVATE_STORE, "CA3D253C27D23C4494FE425FAB958C19" },
        { TW_PROVIDER_PUBLIC_STORE, "094A7FD4BDD33C49B2FC3C90BBCB48D4" },
        { TW_PROVIDER_DELEGATE_STORE, "85107C7C6DBC534E9DAB8A53F8DEF808" },
        { TW_PROVIDER_ARCHIVE_STORE, "AD5389BC3F2E72419404896FF459870F" },
        { TW_PROVIDER_SERVICE_BOOK, "0EE4BA5AF71D3D4F964D658A79924E9D" },
        { TW_PROVIDER_BOOK, "AC21A95040D3EE48B319FBA753304425" },
        { TW_PROVIDER_STORE_WRAP, "38A1BB1005E5101AA1BB08002B2A56C2" },
        { TW_PROVIDER_ONE_OFF, "812B1FA4BEA310199D6E00DD010F5402" },
        { TW_PROVIDER_EXCHANGE_BOOK, "DCA740C8C042101AB4B908002B2FE182" },
        { TW_PROVIDER_CONTACT, "FE42AA0A18C71A10E8850B651C240000" },
        { TW_PROVIDER_CONTACT_FOLDER, "727F0430E3924FDAB86AE52A7FE46571" },
        { TW_PROVIDER_INSTANCE, "7976ED54D0D211DD9705BE5055D89593" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Input in = from_hex(cases[i].hex);
        g_autofree guint8 *data = in.data;
        assert_bytes_equal(tw_provider_guid(cases[i].provider)->bytes, TW_GUID_LEN, data, in.len);
    }
}

/* Spec 3.1: each kind's length, its numbers at their offsets, and others in their place refused. */
static void
test_numbers(void)
{
#define REPLICA                                                                                    \
    UNIQUE "000000000007"                                                                          \
           "0000"
#define EMSAB "DCA740C8C042101AB4B908002B2FE182"
#define CONTACT "FE42AA0A18C71A10E8850B651C240000"
#define BOOK "AC21A95040D3EE48B319FBA753304425"
    static const struct {
        const char *name, *hex;
        gsize len, at, size;
        guint32 good[9];
        guint good_count;
        guint32 bad[3];
        guint bad_count;
    } rows[] = {
        { "Exchange folder",
          "00000000" STORE "0100" REPLICA,
          46,
          20,
          2,
          { 1, 3 },
          2,
          { 0, 7, 9 },
          3 },
        { "Exchange message",
          "00000000" STORE "0700" REPLICA REPLICA,
          70,
          20,
          2,
          { 7, 9 },
          2,
          { 1, 3, 8 },
          3 },
        { "Exchange book version",
          "00000000" EMSAB "01000000"
          "00000000"
          "2F6F00",
          31,
          20,
          4,
          { 1 },
          1,
          { 0, 2 },
          2 },
        { "Exchange book display type",
          "00000000" EMSAB "01000000"
          "00000000"
          "2F6F00",
          31,
          24,
          4,
          { 0, 1, 2, 3, 4, 5, 6, 0x100 },
          8,
          { 0 },
          0 },
        { "one-off version",
          "00000000812B1FA4BEA310199D6E00DD010F5402"
          "0000"
          "0100"
          "410042004300",
          30,
          20,
          2,
          { 0 },
          1,
          { 1, 2 },
          2 },
        { "contact version",
          "00000000" CONTACT "03000000"
          "04000000"
          "00000000"
          "30000000" INNER,
          84,
          20,
          4,
          { 3 },
          1,
          { 0, 2, 4 },
          3 },
        { "contact type",
          "00000000" CONTACT "03000000"
          "04000000"
          "00000000"
          "30000000" INNER,
          84,
          24,
          4,
          { 4, 5 },
          2,
          { 0, 3, 6 },
          3 },
        { "contact index",
          "00000000" CONTACT "03000000"
          "04000000"
          "00000000"
          "30000000" INNER,
          84,
          28,
          4,
          { 0, 1, 2, 3, 4, 5, 255 },
          7,
          { 0 },
          0 },
        { "contact count",
          "00000000" CONTACT "03000000"
          "05000000"
          "FF000000"
          "30000000" INNER,
          84,
          32,
          4,
          { 48 },
          1,
          { 49, 0xffffffff },
          2 },
        { "object version", INNER, 48, 20, 4, { 1 }, 1, { 2, 3 }, 2 },
        { "object type", INNER, 48, 24, 2, { 1, 3, 5, 7 }, 4, { 0, 4, 8 }, 3 },
        { "object of version 0",
          "00000000" STORE "0000000003000000"
          "2A00000000000000",
          36,
          24,
          2,
          { 1, 3, 5, 7 },
          4,
          { 0, 4, 8 },
          3 },
        { "book version 0",
          "00000000" BOOK "0000000006000000"
          "0200000000000000",
          36,
          20,
          4,
          { 0 },
          1,
          { 2 },
          1 },
        { "book type",
          "00000000" BOOK "0000000006000000"
          "0200000000000000",
          36,
          24,
          4,
          { 4, 6, 8 },
          3,
          { 3, 5, 7 },
          3 },
        { "book version 1",
          "00000000" BOOK "0100000006000000"
          "02000000"
          "4D513D3D00000000",
          40,
          20,
          4,
          { 1 },
          1,
          { 2 },
          1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Input in = from_hex(rows[i].hex);
        g_autofree guint8 *data = in.data;

        g_test_message("%s", rows[i].name);
        g_assert_cmpuint(in.len, ==, rows[i].len);
        for (guint j = 0; j < rows[i].good_count; j++) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
            g_autoptr(GError) error = NULL;
            g_autoptr(TwEntryId) id = NULL;

            set_number(data, rows[i].at, rows[i].size, rows[i].good[j]);
            id = tw_entryid_parse(data, in.len, &error);
            g_assert_no_error(error);
            tw_entryid_write(id, &out);
            if (id->kind != TW_ENTRYID_ONE_OFF) /* which is written as Unicode */
                assert_bytes_equal(out.data, out.len, data, in.len);
        }
        for (guint j = 0; j < rows[i].bad_count; j++) {
            g_autoptr(GError) error = NULL;

            set_number(data, rows[i].at, rows[i].size, rows[i].bad[j]);
            g_assert_null(tw_entryid_parse(data, in.len, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        }
    }
    g_assert_cmphex(TW_ONE_OFF_UNICODE, ==, 0x8000);
    g_assert_cmphex(TW_ONE_OFF_NO_LOOKUP, ==, 0x1000);
    g_assert_cmphex(TW_ONE_OFF_NO_RICH_TEXT, ==, 0x0001);
    g_assert_cmpuint(TW_BOOK_NUMBER_EVERYONE, ==, 1);
    g_assert_cmpuint(TW_BOOK_NUMBER_SYSTEM, ==, 2);
    g_assert_cmpuint(TW_BOOK_NUMBER_ROOT, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/3.1/numbers", test_numbers);
    g_test_add_func("/entryid/good", test_good);
    g_test_add_func("/entryid/cut", test_cut);
    g_test_add_func("/entryid/object-fields", test_object_fields);
    g_test_add_func("/entryid/wrap", test_wrap);
    g_test_add_func("/entryid/bad", test_bad);
    g_test_add_func("/entryid/limits", test_limits);
    g_test_add_func("/entryid/book-equal", test_book_equal);
    g_test_add_func("/entryid/one-off", test_one_off);
    g_test_add_func("/entryid/instance", test_instance);
    g_test_add_func("/mailbox-layout/2.2/providers", test_providers);
    return g_test_run();
}
