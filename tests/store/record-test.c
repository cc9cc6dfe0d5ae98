/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/record.h"

#include <zdict.h>

#include "base/error.h"
#include "base/hash.h"
#include "mapi/assert-bytes.h"
#include "mapi/message.h"

static TwObject *
parse(GBytes *record, TwTailDictFunc find_dict, gpointer data, GError **error)
{
    gsize len = g_bytes_get_size(record);
    g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(record, NULL), len);

    return tw_tail_parse(copy, len, find_dict, data, error);
}

/* The same tree gives the same plain record; so two trees are equal when their records are. */
static void
assert_same(const TwObject *a, const TwObject *b)
{
    TwTailOptions plain = { .plain = TRUE };
    g_autoptr(GBytes) left = tw_tail_write(a, &plain, NULL);
    g_autoptr(GBytes) right = tw_tail_write(b, &plain, NULL);

    g_assert_true(g_bytes_equal(left, right));
}

/* Offsets, sizes and meanings of the table in record.h. */
static void
test_format(void)
{
    static const guint8 head[] = { 1, 0, 5, 0 };
    static const guint8 tail[] = {
        0,    0,    0,    0,    100, 0, 0, 0,              /* no dictionary, bytes of the body */
        1,    0,    3,    0,    100, 0, 0, 0,              /* a bag of three */
        0x03, 0,    0x17, 0,    2,   0, 0, 0,              /* PR_IMPORTANCE 2 */
        0x0d, 0,    0x13, 0x0e, 32,  0, 0, 0,              /* the attachments, at 32 */
        0x02, 0x01, 0xfe, 0x67, 84,  0, 0, 0,              /* the blobs, at 84 */
        48,   0,    0,    0,    1,   0, 0, 0, 40, 0, 0, 0, /* a packed list of one bag */
        1,    0,    2,    0,    40,  0, 0, 0,              /* a bag of two */
        0x03, 0,    0x21, 0x0e, 7,   0, 0, 0,              /* PR_ATTACH_NUM 7 */
        0x02, 0x01, 0xfe, 0x67, 24,  0, 0, 0,              /* its blobs, at 24 */
        12,   0,    0,    0,                               /* bytes of them */
        0x02, 0x01, 0x01, 0x37, 5,   0, 0, 0, 0,  0, 0, 0, /* PR_ATTACH_DATA_BIN, 5 bytes */
        12,   0,    0,    0,                               /* blobs of the message */
        0x1f, 0,    0,    0x10, 8,   7, 6, 5, 4,  3, 2, 1, /* PR_BODY */
    };
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwTailOptions plain = { .plain = TRUE };
    g_autoptr(GBytes) record = NULL;
    const guint8 *data;
    TwObject *attachment;
    guint32 sum;

    put_value(message, tw_value_long(PR_IMPORTANCE, 2));
    put_blob(message, PR_BODY, 1, 0x0102030405060708);
    attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, 7, NULL);
    put_blob(attachment, PR_ATTACH_DATA_BIN, 2, 5);
    record = tw_tail_write(message, &plain, NULL);
    data = g_bytes_get_data(record, NULL);
    assert_bytes_equal(data, 4, head, sizeof head);
    assert_bytes_equal(data + 8, g_bytes_get_size(record) - 8, tail, sizeof tail);
    memcpy(&sum, data + 4, 4);
    g_assert_cmphex(GUINT32_FROM_LE(sum), ==,
                    tw_crc32c(tw_crc32c(0, data, 4), data + 8, g_bytes_get_size(record) - 8));
}

static void
test_round_trip(void)
{
    g_autoptr(TwObject) message = make_message();
    g_autoptr(GBytes) record = tw_tail_write(message, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) again = parse(record, NULL, NULL, &error);
    g_autoptr(TwObject) copy = NULL;
    TwBlobId id = { { TW_BLOB_SHA256, 1, 2 } };
    TwObject *inner;
    TwBlobRef ref;
    guint unknown;

    g_assert_no_error(error);
    assert_same(message, again);
    inner = tw_object_get_embedded(tw_object_find(again, TW_OBJECT_ATTACHMENT, 1));
    g_assert_cmpstr(tw_object_get_text(inner, PR_SUBJECT, NULL), ==, "The first figures");
    g_assert_cmpuint(tw_object_get_number(tw_object_at(inner, TW_OBJECT_ATTACHMENT, 0)), ==, 5);
    /* blob ids come from rows */
    g_assert_cmpuint(tw_object_count_blobs(again, &unknown), ==, 3);
    g_assert_cmpuint(unknown, ==, 3);
    g_assert_false(tw_object_resolve(again, (const guint8 *) "\x42\x10\x00", 3, &id, 4999, NULL));
    g_assert_false(tw_object_resolve(again, (const guint8 *) "\x42\x10\x01", 3, &id, 5000, NULL));
    g_assert_true(tw_object_resolve(again, (const guint8 *) "\x42\x10\x00", 3, &id, 5000, &error));
    g_assert_true(tw_object_get_blob(again, PR_BODY, &ref, NULL));
    g_assert_true(ref.known && tw_blob_id_equal(&ref.id, &id));
    /* sums agree, changes over a loaded bag are seen, and only there */
    g_assert_cmpuint(tw_object_inline_bytes(again), ==, tw_object_inline_bytes(message));
    copy = tw_object_copy(again);
    put_text(again, PR_SUBJECT, "new");
    put_text(message, PR_SUBJECT, "new");
    g_assert_true(tw_object_remove(again, PR_IMPORTANCE));
    g_assert_true(tw_object_remove(message, PR_IMPORTANCE));
    assert_same(message, again);
    g_assert_cmpuint(tw_object_inline_bytes(again), ==, tw_object_inline_bytes(message));
    g_assert_cmpstr(tw_object_get_text(copy, PR_SUBJECT, NULL), ==, "Re: Quarterly figures");
    /* a number that was loaded is not given again */
    g_assert_cmpuint(
        tw_object_get_number(tw_object_add(again, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL)),
        ==, 2);
}

static gboolean
leave_out_class(guint32 tag)
{
    return tag >> 16 == 0x001A;
}

static void
test_options(void)
{
    g_autoptr(TwObject) message = make_message(), folder = tw_object_new(TW_OBJECT_FOLDER);
    TwTailOptions options = { .leave_out = leave_out_class, .most = 0 };
    g_autoptr(GBytes) record = tw_tail_write(message, &options, NULL), attrs = NULL, small = NULL;
    g_autoptr(TwObject) again = parse(record, NULL, NULL, NULL), folder_again = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(tw_object_has(again, PR_MESSAGE_CLASS));
    g_assert_true(tw_object_has(again, PR_SUBJECT));
    options.most = g_bytes_get_size(record);
    small = tw_tail_write(message, &options, NULL);
    g_assert_nonnull(small);
    options.most--;
    g_assert_null(tw_tail_write(message, &options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    put_text(folder, PR_COMMENT, "shared");
    attrs = tw_tail_write(folder, NULL, NULL);
    folder_again = parse(attrs, NULL, NULL, NULL);
    g_assert_cmpint(tw_object_get_kind(folder_again), ==, TW_OBJECT_FOLDER);
    assert_same(folder, folder_again);
}

/* A dictionary trained on records like these. */
static TwZstdDict *
train(void)
{
    g_autoptr(GByteArray) samples = g_byte_array_new();
    size_t sizes[200];
    guint8 trained[8192];
    size_t len;

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(TwObject) message = make_message();
        TwTailOptions plain = { .plain = TRUE };
        g_autofree char *subject = g_strdup_printf("%u figures for %u", i, i * 7919);
        g_autoptr(GBytes) record = NULL;

        put_text(message, PR_SUBJECT, subject);
        record = tw_tail_write(message, &plain, NULL);
        sizes[i] = g_bytes_get_size(record) - TW_TAIL_HEADER_LEN;
        g_byte_array_append(samples,
                            (const guint8 *) g_bytes_get_data(record, NULL) + TW_TAIL_HEADER_LEN,
                            (guint) sizes[i]);
    }
    len = ZDICT_trainFromBuffer(trained, sizeof trained, samples->data, sizes, G_N_ELEMENTS(sizes));
    g_assert_false(ZDICT_isError(len));
    return tw_zstd_dict_new(trained, len, TW_TAIL_LEVEL, NULL);
}

static const TwZstdDict *
find_dict(guint32 id, gpointer data)
{
    return data != NULL && tw_zstd_dict_id(data) == id ? data : NULL;
}

static void
test_dictionary(void)
{
    g_autoptr(TwZstdDict) dict = train();
    g_autoptr(TwObject) message = make_message();
    TwTailOptions options = { .dict = dict };
    g_autoptr(GBytes) without = tw_tail_write(message, NULL, NULL);
    g_autoptr(GBytes) record = tw_tail_write(message, &options, NULL);
    g_autoptr(TwObject) again = parse(record, find_dict, dict, NULL);
    g_autoptr(GError) error = NULL;

    assert_same(message, again);
    g_assert_cmpuint(g_bytes_get_size(record), <, g_bytes_get_size(without) / 2);
    g_assert_null(parse(record, find_dict, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_null(parse(record, NULL, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
}

static void
test_damage(void)
{
    g_autoptr(TwObject) message = make_message();

    for (guint plain = 0; plain < 2; plain++) {
        TwTailOptions options = { .plain = plain != 0 };
        g_autoptr(GBytes) record = tw_tail_write(message, &options, NULL);
        gsize len = g_bytes_get_size(record);

        for (gsize cut = 0; cut < len; cut++) {
            g_autofree guint8 *part = g_memdup2(g_bytes_get_data(record, NULL), cut);
            g_autoptr(GError) error = NULL;
            g_assert_null(tw_tail_parse(part, cut, NULL, NULL, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
        for (gsize bit = 0; bit < len * 8; bit++) {
            g_autofree guint8 *flipped = g_memdup2(g_bytes_get_data(record, NULL), len);
            g_autoptr(GError) error = NULL;
            flipped[bit / 8] ^= (guint8) (1u << bit % 8);
            g_assert_null(tw_tail_parse(flipped, len, NULL, NULL, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
    }
}

/* Records whose sum is right and whose content is not. */
static guint8 *
reseal(const guint8 *record, gsize len)
{
    guint8 *copy = g_memdup2(record, len);
    guint32 sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, copy, 4), copy + 8, len - 8));

    memcpy(copy + 4, &sum, 4);
    return copy;
}

static void
test_lies(void)
{
    static const struct {
        gsize at;
        guint8 byte;
        int code;
    } cases[] = {
        { 0, 2, TW_ERROR_UNSUPPORTED }, { 0, 0, TW_ERROR_UNSUPPORTED },
        { 1, 1, TW_ERROR_CORRUPT }, /* not zstd */
        { 1, 2, TW_ERROR_CORRUPT }, /* a dictionary without a number */
        { 1, 3, TW_ERROR_CORRUPT },     { 2, 7, TW_ERROR_CORRUPT }, /* an attachment is no root */
        { 8, 1, TW_ERROR_CORRUPT },     { 12, 1, TW_ERROR_CORRUPT },
        { 15, 0xff, TW_ERROR_TOO_BIG }, { 16, 2, TW_ERROR_CORRUPT }, /* version of the bag */
    };
    TwTailOptions plain = { .plain = TRUE };
    g_autoptr(TwObject) message = make_message();
    g_autoptr(GBytes) record = tw_tail_write(message, &plain, NULL);
    gsize len = g_bytes_get_size(record);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *changed = g_memdup2(g_bytes_get_data(record, NULL), len), *sealed = NULL;
        g_autoptr(GError) error = NULL;
        changed[cases[i].at] = cases[i].byte;
        sealed = reseal(changed, len);
        g_assert_null(tw_tail_parse(sealed, len, NULL, NULL, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

/* A body made by hand: each is a good bag, but not a good object. */
static void
assert_body(const TwPropValue *values, guint count, TwObjectKind kind, int code)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) body = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = NULL;

    tw_props_builder_init(&builder);
    for (guint i = 0; i < count; i++)
        tw_props_builder_set(&builder, values[i]);
    body = tw_props_builder_finish_bytes(&builder, &error);
    g_assert_no_error(error);
    object = tw_tail_parse_body(body, kind, &error);
    if (code < 0) {
        g_assert_no_error(error);
        g_assert_nonnull(object);
    } else {
        g_assert_null(object);
        g_assert_error(error, TW_ERROR, code);
    }
}

/* A row: a bag with nothing but a number, or without one. */
static void
add_row(TwListBuilder *list, guint32 tag, guint32 number)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwBuffer) bag = TW_BUFFER_INIT(1000);

    tw_props_builder_init(&builder);
    if (tag != 0)
        tw_props_builder_set(&builder, tw_value_long(tag, number));
    g_assert_true(tw_props_builder_finish(&builder, &bag, NULL));
    tw_list_builder_add(list, bag.data, bag.len);
}

static void
test_bodies(void)
{
    static const struct {
        const char *list;
        gsize len;
        int code;
    } blobs[] = {
        { "\x1f\0\0\x10\1\0\0\0\0\0\0\0", 12, -1 },
        { "\x1f\0\0\x10\1\0\0\0\0\0\0", 11, TW_ERROR_CORRUPT },
        { "", 0, TW_ERROR_CORRUPT },
        { "\x03\0\0\x10\1\0\0\0\0\0\0\0", 12, TW_ERROR_CORRUPT }, /* a number in a blob */
        { "\x1f\0\x37\0\1\0\0\0\0\0\0\0", 12, TW_ERROR_CORRUPT }, /* the bag has it too */
        { "\2\1\xfe\x67\1\0\0\0\0\0\0\0", 12, TW_ERROR_CORRUPT }, /* the list in a blob */
        { "\x1f\0\0\x10\1\0\0\0\0\0\0\0\x1f\0\0\x10\1\0\0\0\0\0\0\0", 24, TW_ERROR_CORRUPT },
        { "\x1f\0\1\x10\1\0\0\0\0\0\0\0\x1f\0\0\x10\1\0\0\0\0\0\0\0", 24, TW_ERROR_CORRUPT },
    };
    static const struct {
        guint32 list, number_tag, first, second;
        int code;
    } rows[] = {
        { PR_MESSAGE_RECIPIENTS, PR_ROWID, 3, 1, -1 },
        { PR_MESSAGE_ATTACHMENTS, PR_ATTACH_NUM, 0, 1, -1 },
        { PR_MESSAGE_ATTACHMENTS, PR_ATTACH_NUM, 1, 1, TW_ERROR_CORRUPT },
        { PR_MESSAGE_ATTACHMENTS, PR_ATTACH_NUM, 1, G_MAXUINT32, TW_ERROR_CORRUPT },
        { PR_MESSAGE_ATTACHMENTS, PR_ROWID, 0, 1, TW_ERROR_CORRUPT },
        { PR_MESSAGE_RECIPIENTS, 0, 0, 0, TW_ERROR_CORRUPT },
        { PR_ATTACH_DATA_OBJ, PR_ATTACH_NUM, 0, 1, TW_ERROR_CORRUPT }, /* in no attachment */
        { 0x360F000D, PR_ROWID, 0, 1, TW_ERROR_CORRUPT },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(blobs); i++) {
        TwPropValue values[] = {
            tw_value_str(PR_SUBJECT, "x"),
            tw_value_bytes(0x67FE0102, (const guint8 *) blobs[i].list, blobs[i].len),
        };
        assert_body(values, 2, TW_OBJECT_MESSAGE, blobs[i].code);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(TwListBuilder) list = { 0 };
        g_auto(TwBuffer) packed = TW_BUFFER_INIT(1000);
        TwPropValue value;

        tw_list_builder_init(&list, rows[i].list);
        add_row(&list, rows[i].number_tag, rows[i].first);
        add_row(&list, rows[i].number_tag, rows[i].second);
        g_assert_true(tw_list_builder_finish(&list, &packed, &value, NULL));
        assert_body(&value, 1, TW_OBJECT_MESSAGE, rows[i].code);
        assert_body(&value, 1, TW_OBJECT_FOLDER, TW_ERROR_CORRUPT);
    }
}

/* The deepest tree that an object can be is a record, and one of many rows. */
static void
test_extremes(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE), deep = NULL, wide = NULL;
    g_autoptr(GBytes) record = NULL;
    g_autoptr(GError) error = NULL;

    put_blob(message, PR_BODY, 1, 2);
    add_recipient(message, 1, "a", "b");
    for (guint i = 0; i < TW_OBJECT_MAX_DEPTH; i++) {
        TwObject *outer = tw_object_new(TW_OBJECT_MESSAGE);
        TwObject *attachment = tw_object_add(outer, TW_OBJECT_ATTACHMENT, 0xfffffffe, NULL);
        g_assert_true(tw_object_set_embedded(attachment, g_steal_pointer(&message), NULL));
        message = outer;
    }
    record = tw_tail_write(message, NULL, &error);
    g_assert_no_error(error);
    deep = parse(record, NULL, NULL, &error);
    g_assert_no_error(error);
    assert_same(message, deep);
    g_clear_pointer(&message, tw_object_free);
    g_clear_pointer(&record, g_bytes_unref);
    message = tw_object_new(TW_OBJECT_MESSAGE);
    for (guint i = 0; i < TW_OBJECT_MAX_CHILDREN; i++)
        g_assert_nonnull(
            tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_MAX_CHILDREN - i, NULL));
    g_assert_null(tw_object_add(message, TW_OBJECT_RECIPIENT, 0, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    record = tw_tail_write(message, NULL, NULL);
    wide = parse(record, NULL, NULL, NULL);
    assert_same(message, wide);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/record/format", test_format);
    g_test_add_func("/store/record/round-trip", test_round_trip);
    g_test_add_func("/store/record/options", test_options);
    g_test_add_func("/store/record/dictionary", test_dictionary);
    g_test_add_func("/store/record/damage", test_damage);
    g_test_add_func("/store/record/lies", test_lies);
    g_test_add_func("/store/record/bodies", test_bodies);
    g_test_add_func("/store/record/extremes", test_extremes);
    return g_test_run();
}
