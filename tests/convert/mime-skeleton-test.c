/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mime-skeleton.h"

#include "base/base64.h"
#include "base/error.h"

#include <string.h>

/* A mail with one base64 attachment of len bytes in lines of columns, and what stands after it. */
static GString *
make_mail(gsize len, guint columns, gboolean bare_lf, const char *after)
{
    const char *eol = bare_lf ? "\n" : "\r\n";
    GString *mail = g_string_new(NULL);
    g_autofree guint8 *value = g_malloc(MAX(len, 1));
    g_auto(TwBuffer) text = TW_BUFFER_INIT(G_MAXSIZE);
    TwBase64Encoder encoder;

    for (gsize i = 0; i < len; i++)
        value[i] = (guint8) (i * 2654435761u >> 11);
    tw_base64_encoder_init(&encoder, columns, bare_lf);
    tw_base64_encoder_put(&encoder, value, len, &text);
    tw_base64_encoder_finish(&encoder, &text);
    g_string_append_printf(
        mail, "Subject: x%sContent-Type: multipart/mixed; boundary=b%s%s--b%s%shello%s", eol, eol,
        eol, eol, eol, eol);
    g_string_append_printf(mail, "--b%sContent-Transfer-Encoding: base64%s%s", eol, eol, eol);
    g_string_append_len(mail, (const char *) text.data, (gssize) text.len);
    g_string_append_printf(mail, "%s%s--b--%s", after, eol, eol);
    return mail;
}

typedef struct {
    GPtrArray *values; /* of GBytes */
    GByteArray *out;
    guint64 fetched;
} Reader;

static gboolean
append(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static gboolean
append_to_reader(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    return append(data, len, ((Reader *) user_data)->out, error);
}

static gboolean
fetch(guint ref,
      guint64 offset,
      gsize len,
      TwBuffer *out,
      gpointer user_data,
      G_GNUC_UNUSED GError **error)
{
    Reader *reader = user_data;
    gsize size;
    const guint8 *value = g_bytes_get_data(reader->values->pdata[ref], &size);

    if (offset <= size)
        tw_buffer_put(out, value + offset, MIN(len, size - offset));
    reader->fetched += len;
    return TRUE;
}

static TwSkeleton *
build(const GString *mail, GPtrArray *values)
{
    const guint8 *data = (const guint8 *) mail->str;
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, mail->len, NULL);
    g_autoptr(GArray) refs = tw_skeleton_plan(data, mail->len, tree, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwSkeleton *skeleton;

    for (guint i = 0; i < refs->len; i++) {
        const TwSkeletonRef *ref = &g_array_index(refs, TwSkeletonRef, i);
        GByteArray *value = g_byte_array_new();
        g_assert_true(tw_skeleton_decode(data, mail->len, ref, append, value, &error));
        g_assert_cmpuint(value->len, ==, ref->decoded_len);
        g_ptr_array_add(values, g_byte_array_free_to_bytes(value));
    }
    bytes = tw_skeleton_build(data, mail->len, refs, &error);
    g_assert_no_error(error);
    skeleton = tw_skeleton_parse(bytes, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tw_skeleton_get_len(skeleton), ==, mail->len);
    return skeleton;
}

static void
check_range(
    const TwSkeleton *skeleton, GPtrArray *values, const GString *mail, gsize from, gsize len)
{
    Reader reader = { .values = values, .out = g_byte_array_new() };
    g_autoptr(GError) error = NULL;
    gsize expected = from < mail->len ? MIN(len, mail->len - from) : 0;

    g_assert_true(tw_skeleton_read(skeleton, from, len, fetch, append_to_reader, &reader, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(reader.out->len, ==, expected);
    g_assert_true(expected == 0 || memcmp(reader.out->data, mail->str + from, expected) == 0);
    g_byte_array_unref(reader.out);
}

static void
test_the_same_bytes_come_back(void)
{
    static const gsize lens[] = { 300, 301, 302, 57 * 20, 57 * 20 + 1, 40000, 100000 };
    static const guint columns[] = { 4, 60, 64, 72, 76, 996 };

    for (guint l = 0; l < G_N_ELEMENTS(lens); l++) {
        for (guint c = 0; c < G_N_ELEMENTS(columns) * 2; c++) {
            g_autoptr(GString) mail = make_mail(lens[l], columns[c / 2], c % 2, "");
            g_autoptr(GPtrArray) values =
                g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
            g_autoptr(TwSkeleton) skeleton = build(mail, values);

            g_assert_cmpuint(values->len, ==, 1);
            check_range(skeleton, values, mail, 0, mail->len);
            check_range(skeleton, values, mail, mail->len / 2, 1);
            check_range(skeleton, values, mail, mail->len / 3, mail->len);
            check_range(skeleton, values, mail, mail->len, 10);
        }
    }
}

static void
test_every_range(void)
{
    g_autoptr(GString) mail = make_mail(300, 60, FALSE, "");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(TwSkeleton) skeleton = build(mail, values);

    for (gsize from = 0; from <= mail->len; from++) {
        for (gsize len = 0; len <= mail->len - from; len++)
            check_range(skeleton, values, mail, from, len);
    }
}

static void
test_a_range_costs_only_itself(void)
{
    g_autoptr(GString) mail = make_mail(1000000, 76, FALSE, "");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(TwSkeleton) skeleton = build(mail, values);
    Reader reader = { .values = values, .out = g_byte_array_new() };

    g_assert_true(tw_skeleton_read(skeleton, 700000, 100, fetch, append_to_reader, &reader, NULL));
    g_assert_cmpuint(reader.fetched, <=, 3 * 57 + 1);
    g_byte_array_unref(reader.out);
}

/* What is not exactly an encoder's work stays literal, and comes back all the same. */
static void
test_irregular_text_stays_literal(void)
{
    static const struct {
        const char *name;
        gssize at; /* counted from the start of the encoded text */
        const char *text;
        gsize cut;
    } cases[] = {
        { "a blank in a line", 10, " ", 0 },
        { "a line break in a line", 10, "\r\n", 0 },
        { "another line break", 76, "\n", 2 },
        { "a foreign character", 100, "*", 1 },
        { "padding in the middle", 100, "=", 1 },
        { "an empty line", 78, "\r\n", 0 },
        { "blanks at the end of a line", 76, "  ", 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = make_mail(3000, 76, FALSE, "");
        g_autoptr(GPtrArray) values =
            g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
        g_autoptr(TwSkeleton) skeleton = NULL;
        const char *text = strstr(mail->str, "base64\r\n\r\n") + 10;
        gssize at = text - mail->str + cases[i].at;

        g_test_message("%s", cases[i].name);
        g_string_erase(mail, at, (gssize) cases[i].cut);
        g_string_insert(mail, at, cases[i].text);
        skeleton = build(mail, values);
        g_assert_cmpuint(values->len, ==, 0);
        check_range(skeleton, values, mail, 0, mail->len);
    }
}

static void
test_bits_that_padding_hides(void)
{
    g_autoptr(GString) mail = make_mail(301, 76, FALSE, "");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(TwSkeleton) skeleton = NULL;
    char *padding = strstr(mail->str, "==\r\n");

    padding[-1] =
        padding[-1] == 'B' ? 'C' : 'B'; /* A, Q, g and w are what an encoder writes there */
    skeleton = build(mail, values);
    g_assert_cmpuint(values->len, ==, 0);
    check_range(skeleton, values, mail, 0, mail->len);
}

static void
test_breaks_around_the_text_are_literal(void)
{
    g_autoptr(GString) mail = make_mail(3000, 76, FALSE, "\r\n\r\n");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(TwSkeleton) skeleton = build(mail, values);

    g_assert_cmpuint(values->len, ==, 1);
    check_range(skeleton, values, mail, 0, mail->len);
}

static void
test_small_parts_stay_literal(void)
{
    for (gsize len = TW_SKELETON_OVERHEAD - 1; len <= TW_SKELETON_OVERHEAD; len++) {
        g_autoptr(GString) mail = make_mail(len, 76, FALSE, "");
        g_autoptr(GPtrArray) values =
            g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
        g_autoptr(TwSkeleton) skeleton = build(mail, values);
        g_assert_cmpuint(values->len, ==, len == TW_SKELETON_OVERHEAD);
        check_range(skeleton, values, mail, 0, mail->len);
    }
}

/* The layout of version 1, byte for byte. */
static void
test_format(void)
{
    static const guint8 bytes[] = { 'T', 'W', 'S', 'K', 1, 0, 0,    0, 0x9b, 1, 0, 0,   0, 0,
                                    0,   0,   2,   0,   0, 0, 0,    1, 0,    0, 0, 'x', 1, 0,
                                    76,  0,   3,   0,   0, 0, 0x2c, 1, 0,    0, 0, 0,   0, 0 };
    g_autoptr(GBytes) whole = g_bytes_new(bytes, sizeof bytes);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSkeleton) skeleton = tw_skeleton_parse(whole, &error);
    const TwSkeletonRef *ref;

    g_assert_no_error(error);
    g_assert_cmpuint(tw_skeleton_get_refs(skeleton)->len, ==, 1);
    ref = &g_array_index(tw_skeleton_get_refs(skeleton), TwSkeletonRef, 0);
    g_assert_cmpuint(ref->part, ==, 3);
    g_assert_cmpuint(ref->columns, ==, 76);
    g_assert_cmpuint(ref->decoded_len, ==, 300);
    g_assert_cmpuint(ref->encoded_len, ==, 400 + 5 * 2);
    for (gsize cut = 0; cut < sizeof bytes; cut++) {
        g_autofree guint8 *copy = g_memdup2(bytes, cut);
        g_autoptr(GBytes) part = g_bytes_new(copy, cut);
        g_assert_null(tw_skeleton_parse(part, NULL));
    }
}

static void
test_damage(void)
{
    static const struct {
        const char *name;
        gsize at;
        guint8 value;
        int code;
    } cases[] = {
        { "another magic", 0, 'X', TW_ERROR_CORRUPT },
        { "version 0", 4, 0, TW_ERROR_CORRUPT },
        { "a newer version", 4, 3, TW_ERROR_UNSUPPORTED },
        { "reserved", 6, 1, TW_ERROR_CORRUPT },
        { "length of the mail", 8, 1, TW_ERROR_CORRUPT },
        { "more pieces", 16, 3, TW_ERROR_CORRUPT },
        { "2^32 pieces", 19, 0xff, TW_ERROR_CORRUPT },
        { "unknown kind", 20, 3, TW_ERROR_CORRUPT },
        { "verbatim in version 1", 26, 2, TW_ERROR_CORRUPT },
        { "literal of nothing", 21, 0, TW_ERROR_CORRUPT },
        { "unknown flag", 27, 2, TW_ERROR_CORRUPT },
        { "columns not of four", 28, 75, TW_ERROR_CORRUPT },
        { "no columns", 28, 0, TW_ERROR_CORRUPT },
        { "columns of 1100", 29, 4, TW_ERROR_CORRUPT },
        { "a length that overflows", 41, 0xff, TW_ERROR_CORRUPT },
    };
    static const guint8 bytes[] = { 'T', 'W', 'S', 'K', 1, 0, 0,    0, 0x9b, 1, 0, 0,   0, 0,
                                    0,   0,   2,   0,   0, 0, 0,    1, 0,    0, 0, 'x', 1, 0,
                                    76,  0,   3,   0,   0, 0, 0x2c, 1, 0,    0, 0, 0,   0, 0 };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = g_memdup2(bytes, sizeof bytes);
        g_autoptr(GBytes) damaged = NULL;
        g_autoptr(GError) error = NULL;

        copy[cases[i].at] = cases[i].value;
        damaged = g_bytes_new(copy, sizeof bytes);
        g_test_message("%s", cases[i].name);
        g_assert_null(tw_skeleton_parse(damaged, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

/* Verbatim text, an attachment in base64, verbatim text again. */
static TwSkeleton *
build_verbatim(const GString *mail, GPtrArray *values, GBytes **ret_bytes)
{
    const guint8 *data = (const guint8 *) mail->str;
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, mail->len, NULL);
    g_autoptr(GArray) refs = tw_skeleton_plan(data, mail->len, tree, 0);
    TwSkeleton *skeleton;
    guint count;

    tw_mime_tree_get_parts(tree, &count);
    for (guint32 part = count; part > 0; part--) /* the plan sorts them */
        tw_skeleton_plan_verbatim(refs, tree, part - 1);
    for (guint32 part = 0; part < count; part++) /* and has each once */
        tw_skeleton_plan_verbatim(refs, tree, part);
    for (guint i = 0; i < refs->len; i++) {
        GByteArray *value = g_byte_array_new();
        g_assert_true(tw_skeleton_decode(data, mail->len, &g_array_index(refs, TwSkeletonRef, i),
                                         append, value, NULL));
        g_ptr_array_add(values, g_byte_array_free_to_bytes(value));
    }
    *ret_bytes = tw_skeleton_build(data, mail->len, refs, NULL);
    skeleton = tw_skeleton_parse(*ret_bytes, NULL);
    g_assert_nonnull(skeleton);
    return skeleton;
}

static void
test_text_as_it_stands(void)
{
    static const gsize lens[] = { TW_SKELETON_OVERHEAD, 1000, 64 * 1024, 64 * 1024 + 1, 200000 };

    for (guint i = 0; i < G_N_ELEMENTS(lens); i++) {
        g_autoptr(GString) mail = make_mail(3000, 76, FALSE, "");
        g_autofree char *text = g_malloc(lens[i] + 1);
        g_autofree char *part = NULL;
        g_autoptr(GPtrArray) values =
            g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
        g_autoptr(TwSkeleton) skeleton = NULL;
        g_autoptr(GBytes) bytes = NULL;
        gsize from, value_len;

        for (gsize at = 0; at < lens[i]; at++)
            text[at] = at % 50 == 49 ? (char) 10 : (char) (97 + (char) (at % 26));
        text[lens[i]] = '\0';
        g_string_truncate(mail, mail->len - strlen("--b--\r\n"));
        part =
            g_strdup_printf("--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n--b--\r\n", text);
        from = mail->len + strlen("--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        g_string_append(mail, part);
        skeleton = build_verbatim(mail, values, &bytes);
        g_assert_cmpuint(values->len, ==, 2);
        g_bytes_get_data(values->pdata[1], &value_len);
        g_assert_cmpuint(value_len, ==, lens[i]);
        g_assert_true(memcmp(g_bytes_get_data(values->pdata[1], NULL), text, value_len) == 0);
        g_assert_cmpuint(((const guint8 *) g_bytes_get_data(bytes, NULL))[4], ==, 2);
        check_range(skeleton, values, mail, 0, mail->len);
        check_range(skeleton, values, mail, from + 100, 1);
        check_range(skeleton, values, mail, from + lens[i] - 1, 100);
        check_range(skeleton, values, mail, from - 1, lens[i] + 2);
    }
}

static void
test_what_is_encoded_or_short_is_not_verbatim(void)
{
    g_autoptr(GString) mail = make_mail(3000, 76, FALSE, "");
    const guint8 *data = (const guint8 *) mail->str;
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, mail->len, NULL);
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(TwSkeletonRef));
    guint count;

    tw_mime_tree_get_parts(tree, &count);
    for (guint32 part = 0; part < count; part++)
        tw_skeleton_plan_verbatim(refs, tree, part);
    g_assert_cmpuint(refs->len, ==, 0);
}

/* The layout of version 2, byte for byte. */
static void
test_format_verbatim(void)
{
    static const guint8 bytes[] = { 'T', 'W', 'S', 'K', 2, 0,    0, 0, 0x2d, 1, 0, 0, 0,
                                    0,   0,   0,   2,   0, 0,    0, 0, 1,    0, 0, 0, 'x',
                                    2,   3,   0,   0,   0, 0x2c, 1, 0, 0,    0, 0, 0, 0 };
    g_autoptr(GBytes) whole = g_bytes_new(bytes, sizeof bytes);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSkeleton) skeleton = tw_skeleton_parse(whole, &error);
    const TwSkeletonRef *ref;

    g_assert_no_error(error);
    g_assert_cmpuint(tw_skeleton_get_refs(skeleton)->len, ==, 1);
    ref = &g_array_index(tw_skeleton_get_refs(skeleton), TwSkeletonRef, 0);
    g_assert_cmpuint(ref->part, ==, 3);
    g_assert_cmpuint(ref->columns, ==, 0);
    g_assert_cmpuint(ref->encoded, ==, 1);
    g_assert_cmpuint(ref->encoded_len, ==, 300);
    g_assert_cmpuint(ref->decoded_len, ==, 300);
    for (gsize cut = 0; cut < sizeof bytes; cut++) {
        g_autofree guint8 *copy = g_memdup2(bytes, cut);
        g_autoptr(GBytes) part = g_bytes_new(copy, cut);
        g_assert_null(tw_skeleton_parse(part, NULL));
    }
    for (gsize at = 31; at < sizeof bytes; at++) { /* a length that does not fit, or of nothing */
        g_autofree guint8 *copy = g_memdup2(bytes, sizeof bytes);
        g_autoptr(GBytes) wrong = NULL;
        copy[at] = copy[at] == 0 ? 0xff : 0;
        wrong = g_bytes_new(copy, sizeof bytes);
        g_assert_null(tw_skeleton_parse(wrong, NULL));
    }
}

static void
test_a_value_of_another_length(void)
{
    g_autoptr(GString) mail = make_mail(3000, 76, FALSE, "");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(TwSkeleton) skeleton = build(mail, values);
    Reader reader = { .values = values, .out = g_byte_array_new() };
    g_autoptr(GError) error = NULL;

    g_bytes_unref(values->pdata[0]);
    values->pdata[0] = g_bytes_new_static("short", 5);
    g_assert_false(
        tw_skeleton_read(skeleton, 0, mail->len, fetch, append_to_reader, &reader, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_byte_array_unref(reader.out);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/mime-skeleton/same-bytes", test_the_same_bytes_come_back);
    g_test_add_func("/convert/mime-skeleton/every-range", test_every_range);
    g_test_add_func("/convert/mime-skeleton/range-cost", test_a_range_costs_only_itself);
    g_test_add_func("/convert/mime-skeleton/irregular", test_irregular_text_stays_literal);
    g_test_add_func("/convert/mime-skeleton/hidden-bits", test_bits_that_padding_hides);
    g_test_add_func("/convert/mime-skeleton/breaks-around",
                    test_breaks_around_the_text_are_literal);
    g_test_add_func("/convert/mime-skeleton/small", test_small_parts_stay_literal);
    g_test_add_func("/convert/mime-skeleton/format", test_format);
    g_test_add_func("/convert/mime-skeleton/format-verbatim", test_format_verbatim);
    g_test_add_func("/convert/mime-skeleton/verbatim", test_text_as_it_stands);
    g_test_add_func("/convert/mime-skeleton/not-verbatim",
                    test_what_is_encoded_or_short_is_not_verbatim);
    g_test_add_func("/convert/mime-skeleton/damage", test_damage);
    g_test_add_func("/convert/mime-skeleton/wrong-value", test_a_value_of_another_length);
    return g_test_run();
}
