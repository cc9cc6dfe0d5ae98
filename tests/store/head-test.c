/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/head.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"
#include "mapi/message.h"

/* A head in an exact-size copy. */
typedef struct {
    guint8 *bytes;
    gsize len;
    TwHead head;
} Built;

static void
built_clear(Built *built)
{
    g_free(built->bytes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Built, built_clear)

static Built
build(const TwObject *object, const TwHeadOptions *options)
{
    g_autoptr(GBytes) bytes = tw_head_build(object, options, NULL);
    g_autoptr(GError) error = NULL;
    Built built = { .len = g_bytes_get_size(bytes) };

    built.bytes = g_memdup2(g_bytes_get_data(bytes, NULL), built.len);
    tw_head_open(built.bytes, built.len, &built.head, &error);
    g_assert_no_error(error);
    return built;
}

static void
assert_answer(const TwHead *head, guint32 tag, TwHeadAnswer answer, const char *text)
{
    TwPropValue value = { 0 };

    g_assert_cmpint(tw_head_get(head, tag, &value), ==, answer);
    if (answer != TW_HEAD_FOUND && answer != TW_HEAD_CUT)
        return;
    g_assert_true((value.tag != 0) == (text != NULL));
    if (text != NULL)
        assert_bytes_equal(value.text, value.len, text, strlen(text));
}

static void
assert_long(const TwHead *head, guint32 tag, guint32 number)
{
    TwPropValue value = { 0 };

    g_assert_cmpint(tw_head_get(head, tag, &value), ==, TW_HEAD_FOUND);
    g_assert_cmphex(value.tag, ==, tag);
    g_assert_cmpuint(value.u4, ==, number);
}

/* Offsets, sizes and meanings of the table in head.h. */
static void
test_format(void)
{
    static const guint16 keywords[] = { 64, 0x0201 };
    TwHeadOptions options = { .eid = 0x1112131415161718,
                              .has_mail = TRUE,
                              .mail_len = 0x31323334,
                              .mail_header_len = 0x41424344,
                              .preview = "p q",
                              .preview_len = 3,
                              .keywords = keywords,
                              .keyword_count = 2 };
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    guint8 index[22];
    static const char strings[] = "\3x.y\0\6Re: ab\0\1f\0\1a\0\1t\0\3top\0\3p q";

    for (guint i = 0; i < sizeof index; i++)
        index[i] = (guint8) (i == 0 ? 1 : i);
    put_value(message, tw_value_long(PR_IMPORTANCE, 2));
    put_value(message, tw_value_long(PR_SENSITIVITY, 3));
    put_value(message, tw_value_long(PR_PRIORITY, (guint32) -1));
    put_value(message, tw_value_long(PR_MSG_STATUS, 0x01020304));
    put_value(message, tw_value_long(PR_ICON_INDEX, (guint32) -1));
    put_value(message, tw_value_long(PR_FLAG_STATUS, 2));
    put_value(message, tw_value_long(PR_FOLLOWUP_ICON, 6));
    put_value(message, tw_value_long(PR_LAST_VERB_EXECUTED, 0x0166));
    put_value(message, tw_value_i8(PR_CLIENT_SUBMIT_TIME, 0x0102030405060708));
    put_value(message, tw_value_i8(PR_MESSAGE_DELIVERY_TIME, 0x2122232425262728));
    put_value(message, tw_value_bytes(PR_CONVERSATION_INDEX, index, sizeof index));
    put_value(message, tw_value_bool(PR_CONVERSATION_INDEX_TRACKING, TRUE));
    put_text(message, PR_MESSAGE_CLASS, "x.y");
    put_text(message, PR_SUBJECT, "Re: ab");
    put_text(message, PR_CONVERSATION_TOPIC, "top");
    put_text(message, PR_SENT_REPRESENTING_NAME, "f");
    put_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "a");
    put_text(message, PR_SENDER_NAME, "f");
    put_text(message, PR_SENDER_EMAIL_ADDRESS, "other");
    add_recipient(message, 1, "t", "b");
    tw_object_add(message, TW_OBJECT_ATTACHMENT, 0, NULL);
    {
        g_auto(Built) built = build(message, &options);
        static const guint8 expected[] = {
            1,
            0,
            80,
            0,
            0xff,
            0x3f | 0x80,
            0x01 | 0x70 | 0x80,
            0x01, /* all but the addresses and types that are not there */
            0,
            0,
            0x01,
            0, /* the sender's address is another */
            2,
            3,
            0xff,
            1,
            4,
            3,
            2,
            1,
            0xff,
            0xff,
            0xff,
            0xff,
            2,
            6,
            0x66,
            0x01,
            0,
            4,
            2,
            TW_HEAD_SAME_SENDER_NAME,
            8,
            7,
            6,
            5,
            4,
            3,
            2,
            1,
            0x28,
            0x27,
            0x26,
            0x25,
            0x24,
            0x23,
            0x22,
            0x21,
            0x18,
            0x17,
            0x16,
            0x15,
            0x14,
            0x13,
            0x12,
            0x11,
            6,
            7,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
            19,
            20,
            21,
            0x34,
            0x33,
            0x32,
            0x31,
            0x44,
            0x43,
            0x42,
            0x41,
            64,
            0,
            1,
            2,
        };
        g_assert_cmpuint(built.len, ==, sizeof expected + sizeof strings);
        assert_bytes_equal(built.bytes, sizeof expected, expected, sizeof expected);
        assert_bytes_equal(built.bytes + sizeof expected, sizeof strings, strings, sizeof strings);
        g_assert_cmphex(tw_head_get_eid(&built.head), ==, options.eid);
        g_assert_cmpuint(tw_head_keyword_count(&built.head), ==, 2);
        g_assert_cmpuint(tw_head_keyword(&built.head, 1), ==, 0x0201);
    }
}

static void
test_answers(void)
{
    g_autoptr(TwObject) message = make_message();
    g_auto(Built) built = { 0 };
    TwPropValue value;
    guint32 len, header_len;

    put_text(message, PR_SENT_REPRESENTING_SMTP_ADDRESS, "ada@example.org");
    put_text(message, PR_CONVERSATION_TOPIC, "Quarterly figures");
    put_value(message, tw_value_long(PR_LAST_VERB_EXECUTED, 0x10000));
    built = build(message, NULL);
    g_assert_cmpuint(built.len, <=, TW_HEAD_TARGET_LEN);
    assert_long(&built.head, PR_IMPORTANCE, 2);
    assert_answer(&built.head, PR_SENSITIVITY, TW_HEAD_ABSENT, NULL);
    assert_answer(&built.head, PR_LAST_VERB_EXECUTED, TW_HEAD_CUT, NULL); /* no room for it */
    assert_answer(&built.head, PR_MESSAGE_CLASS, TW_HEAD_FOUND, "IPM.Note");
    assert_answer(&built.head, PR_SUBJECT, TW_HEAD_FOUND, "Re: Quarterly figures");
    assert_answer(&built.head, tw_prop_tag(0x0037, TW_PT_STRING8), TW_HEAD_FOUND,
                  "Re: Quarterly figures");
    assert_answer(&built.head, tw_prop_tag(0x0037, TW_PT_UNSPECIFIED), TW_HEAD_FOUND,
                  "Re: Quarterly figures");
    assert_answer(&built.head, tw_prop_tag(0x0037, TW_PT_LONG), TW_HEAD_ABSENT, NULL);
    assert_answer(&built.head, PR_SUBJECT_PREFIX, TW_HEAD_FOUND, "Re: ");
    assert_answer(&built.head, PR_NORMALIZED_SUBJECT, TW_HEAD_FOUND, "Quarterly figures");
    assert_answer(&built.head, PR_CONVERSATION_TOPIC, TW_HEAD_FOUND, "Quarterly figures");
    assert_answer(&built.head, PR_SENT_REPRESENTING_NAME, TW_HEAD_FOUND, "Ada Lovelace");
    assert_answer(&built.head, PR_SENDER_NAME, TW_HEAD_FOUND, "Ada Lovelace");
    assert_answer(&built.head, PR_SENT_REPRESENTING_SMTP_ADDRESS, TW_HEAD_FOUND, "ada@example.org");
    assert_answer(&built.head, PR_SENDER_EMAIL_ADDRESS, TW_HEAD_ABSENT, NULL);
    assert_answer(&built.head, PR_SENT_REPRESENTING_ADDRTYPE, TW_HEAD_FOUND, "SMTP");
    assert_answer(&built.head, PR_DISPLAY_TO, TW_HEAD_FOUND, "Grace Hopper");
    assert_answer(&built.head, PR_PREVIEW, TW_HEAD_CUT, NULL); /* the body is in a blob */
    assert_answer(&built.head, PR_BODY, TW_HEAD_UNKNOWN, NULL);
    g_assert_cmpint(tw_head_get(&built.head, PR_HASATTACH, &value), ==, TW_HEAD_FOUND);
    g_assert_true(value.truth);
    g_assert_cmpint(tw_head_get(&built.head, PR_MESSAGE_DELIVERY_TIME, &value), ==, TW_HEAD_FOUND);
    g_assert_cmphex((guint64) value.i8, ==, 0x01d9000000000000);
    g_assert_false(tw_head_get_mail(&built.head, &len, &header_len));
    g_assert_true(tw_head_answers(PR_SUBJECT) && !tw_head_answers(PR_BODY) &&
                  !tw_head_answers(tw_prop_tag(0x0037, TW_PT_LONG)));
}

static void
test_nothing(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(Built) built = build(message, NULL);

    g_assert_cmpuint(built.len, ==, TW_HEAD_FIXED_LEN + 14);
    assert_answer(&built.head, PR_SUBJECT, TW_HEAD_ABSENT, NULL);
    assert_answer(&built.head, PR_NORMALIZED_SUBJECT, TW_HEAD_ABSENT, NULL);
    assert_answer(&built.head, PR_DISPLAY_TO, TW_HEAD_FOUND, "");
    assert_answer(&built.head, PR_PREVIEW, TW_HEAD_ABSENT, NULL);
    put_text(message, PR_SUBJECT, "");
    put_text(message, PR_BODY, "Hi");
    {
        g_auto(Built) other = build(message, NULL);
        assert_answer(&other.head, PR_SUBJECT, TW_HEAD_FOUND, "");
        assert_answer(&other.head, PR_SUBJECT_PREFIX, TW_HEAD_FOUND, "");
        assert_answer(&other.head, PR_PREVIEW, TW_HEAD_FOUND, "Hi");
    }
}

/* At each limit, and one past it: cut between characters, and said so. */
static void
test_cuts(void)
{
    static const struct {
        guint32 tag;
        gsize most;
    } cases[] = {
        { PR_MESSAGE_CLASS, TW_HEAD_MAX_CLASS },
        { PR_SUBJECT, TW_HEAD_MAX_SUBJECT },
        { PR_SENT_REPRESENTING_NAME, TW_HEAD_MAX_FROM },
        { PR_SENT_REPRESENTING_EMAIL_ADDRESS, TW_HEAD_MAX_ADDRESS },
        { PR_CONVERSATION_TOPIC, TW_HEAD_MAX_TOPIC },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GString) shorter = NULL;

        while (text->len < cases[i].most)
            g_string_append(text, "\xc3\xa4");
        put_text(message, cases[i].tag, text->str);
        {
            g_auto(Built) built = build(message, NULL);
            assert_answer(&built.head, cases[i].tag, TW_HEAD_FOUND, text->str);
        }
        g_string_prepend_c(text, 'x');
        put_text(message, cases[i].tag, text->str);
        shorter = g_string_new_len(text->str, (gssize) text->len - 2);
        {
            g_auto(Built) built = build(message, NULL);
            assert_answer(&built.head, cases[i].tag, TW_HEAD_CUT, shorter->str);
        }
        put_text(message, tw_prop_tag_with_type(cases[i].tag, TW_PT_STRING8), "\xe4");
        {
            g_auto(Built) built = build(message, NULL);
            assert_answer(&built.head, cases[i].tag, TW_HEAD_CUT, NULL);
        }
    }
}

static void
test_large(void)
{
    static guint16 keywords[TW_HEAD_MAX_KEYWORDS + 1];
    g_autofree char *text = g_strnfill(300, 'x');
    TwHeadOptions options = { .preview = text,
                              .preview_len = 300,
                              .keywords = keywords,
                              .keyword_count = TW_HEAD_MAX_KEYWORDS,
                              .has_mail = TRUE,
                              .mail_len = G_GUINT64_CONSTANT(1) << 33 };
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(Built) built = { 0 };
    g_autoptr(GError) error = NULL;
    TwPropValue value;
    guint32 len, header_len;

    put_text(message, PR_SUBJECT, text);
    put_text(message, PR_SUBJECT_PREFIX, text + 100); /* 200 bytes, more than is kept */
    put_text(message, PR_MESSAGE_CLASS, text);
    put_text(message, PR_CONVERSATION_TOPIC, text);
    put_text(message, PR_SENT_REPRESENTING_NAME, text);
    put_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, text);
    add_recipient(message, 1, text, "a");
    built = build(message, &options);
    g_assert_cmpuint(built.len, ==, 80 + 64 + 14 + 120 + 5 * 60 + TW_HEAD_MIN_PREVIEW);
    assert_answer(&built.head, PR_SUBJECT_PREFIX, TW_HEAD_CUT, text + 180);
    g_assert_cmpint(tw_head_get(&built.head, PR_PREVIEW, &value), ==, TW_HEAD_CUT);
    g_assert_cmpuint(value.len, ==, TW_HEAD_MIN_PREVIEW);
    g_assert_true(tw_head_get_mail(&built.head, &len, &header_len));
    g_assert_cmpuint(len, ==, G_MAXUINT32);
    options.keyword_count++;
    g_assert_null(tw_head_build(message, &options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* Whatever a head holds, readers stay inside of it. */
static void
test_damage(void)
{
    g_autoptr(TwObject) message = make_message();
    g_auto(Built) built = build(message, NULL);

    for (gsize cut = 0; cut < built.len; cut++) {
        g_autofree guint8 *part = g_memdup2(built.bytes, cut);
        g_autoptr(GError) error = NULL;
        TwHead head;
        g_assert_false(tw_head_open(part, cut, &head, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    for (gsize bit = 0; bit < built.len * 8; bit++) {
        g_autofree guint8 *flipped = g_memdup2(built.bytes, built.len);
        TwHead head;

        flipped[bit / 8] ^= (guint8) (1u << bit % 8);
        if (!tw_head_open(flipped, built.len, &head, NULL))
            continue;
        for (guint id = 0; id < 0x10000; id += id < 0x1100 ? 1 : 0x11) {
            TwPropValue value = { 0 };
            if (tw_head_get(&head, tw_prop_tag(id, TW_PT_UNSPECIFIED), &value) == TW_HEAD_FOUND)
                g_assert_true(tw_value_check(&value, NULL));
        }
    }
    built.bytes[0] = 2;
    {
        g_autoptr(GError) error = NULL;
        TwHead head;
        g_assert_false(tw_head_open(built.bytes, built.len, &head, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    }
}

static gboolean
object_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_object_get(data, tag, ret);
}

static gboolean
flags_get(G_GNUC_UNUSED gpointer data, guint32 tag, TwPropValue *ret)
{
    if (tag != PR_MESSAGE_FLAGS)
        return FALSE;
    *ret = tw_value_long(tag, 1);
    return TRUE;
}

static gboolean
matches(guint32 tag, const char *word, TwHeadSource *source)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(TwRestriction) restriction = NULL;
    TwPropValue value = tw_value_str(tag, word);
    TwPropSource properties = tw_head_source(source);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_bitmask(&builder, TRUE, PR_MESSAGE_FLAGS, 1);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING, tag, &value);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    source->unsure = FALSE;
    return tw_restriction_match(restriction, &properties, NULL);
}

static void
test_restriction(void)
{
    g_autofree char *subject = g_strnfill(200, 'x');
    g_autoptr(TwObject) message = make_message();
    TwPropSource tail = { .get = object_get, .data = message };
    TwPropSource columns = { .get = flags_get };
    TwHeadSource source = { .first = &columns };
    g_auto(Built) built = { 0 };

    subject[150] = 'y';
    put_text(message, PR_SUBJECT, subject);
    built = build(message, NULL);
    source.head = &built.head;
    g_assert_true(matches(PR_SENT_REPRESENTING_NAME, "Lovelace", &source));
    g_assert_false(source.unsure);
    g_assert_false(matches(PR_SENDER_EMAIL_ADDRESS, "ada", &source)); /* known not to be there */
    g_assert_false(source.unsure);
    g_assert_false(matches(PR_SUBJECT, "y", &source));
    g_assert_true(source.unsure);
    source.more = &tail;
    g_assert_true(matches(PR_SUBJECT, "y", &source));
    g_assert_false(source.unsure);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/head/format", test_format);
    g_test_add_func("/store/head/answers", test_answers);
    g_test_add_func("/store/head/nothing", test_nothing);
    g_test_add_func("/store/head/cuts", test_cuts);
    g_test_add_func("/store/head/large", test_large);
    g_test_add_func("/store/head/damage", test_damage);
    g_test_add_func("/store/head/restriction", test_restriction);
    return g_test_run();
}
