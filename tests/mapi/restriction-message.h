/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The message that the tests of restrictions look at. */
#pragma once

#include "mapi/assert-bytes.h"
#include "mapi/restriction.h"

#define PR_SUBJECT 0x0037001Fu
#define PR_IMPORTANCE 0x00170003u
#define PR_FLAGS 0x0E070003u
#define PR_SIZE 0x0E080003u
#define PR_HASATTACH 0x0E1B000Bu
#define PR_SCL 0x40760003u
#define PR_CREATED 0x30070040u
#define PR_MODIFIED 0x30080040u
#define PR_SEARCH_KEY 0x300B0102u
#define PR_KEYWORDS 0x8001101Fu
#define PR_NUMBERS 0x80021003u
#define PR_NAME 0x3001001Fu
#define PR_ANR 0x360C001Fu
#define PR_BROKEN 0x1000001Fu /* an error is stored */
#define PR_ABSENT 0x6666001Fu
#define PR_ABSENT_LONG 0x66670003u

static inline void
add_rows(TwPropsBuilder *builder, guint32 tag, const char *const *names)
{
    g_auto(TwListBuilder) rows = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(4096);
    TwPropValue value;

    tw_list_builder_init(&rows, tag);
    for (; *names != NULL; names++) {
        g_auto(TwPropsBuilder) row = { 0 };
        g_autoptr(GBytes) bytes = NULL;

        tw_props_builder_init(&row);
        tw_props_builder_set(&row, tw_value_str(PR_NAME, *names));
        bytes = tw_props_builder_finish_bytes(&row, NULL);
        tw_list_builder_add(&rows, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    }
    g_assert_true(tw_list_builder_finish(&rows, &scratch, &value, NULL));
    tw_props_builder_set(builder, value);
}

static inline GBytes *
make_message(void)
{
    static const char *const recipients[] = { "Ada User", "Grace User", NULL };
    static const char *const attachments[] = { "figures.pdf", NULL };
    static const guint8 numbers[] = { 1, 0, 0, 0, 5, 0, 0, 0 };
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwListBuilder) words = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(4096);
    TwPropValue keywords;
    GBytes *bytes;

    tw_props_builder_init(&builder);
    tw_list_builder_init(&words, PR_KEYWORDS);
    tw_list_builder_add(&words, "Red", 3);
    tw_list_builder_add(&words, "Blue", 4);
    g_assert_true(tw_list_builder_finish(&words, &scratch, &keywords, NULL));
    tw_props_builder_set(&builder, keywords);
    tw_props_builder_set(&builder, tw_value_bytes(PR_NUMBERS, numbers, sizeof numbers));
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "Gr\xc3\xbc\xc3\x9f"
                                                            "e from the M\xc3\xa1rket Square"));
    tw_props_builder_set(&builder, tw_value_str(PR_NAME, "Quarterly Report"));
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, 2));
    tw_props_builder_set(&builder, tw_value_long(PR_FLAGS, 0x11));
    tw_props_builder_set(&builder, tw_value_long(PR_SIZE, 5000));
    tw_props_builder_set(&builder, tw_value_long(PR_SCL, (guint32) -1));
    tw_props_builder_set(&builder, tw_value_bool(PR_HASATTACH, TRUE));
    tw_props_builder_set(&builder, tw_value_i8(PR_CREATED, 1000));
    tw_props_builder_set(&builder, tw_value_i8(PR_MODIFIED, 2000));
    tw_props_builder_set(&builder, tw_value_str(0x001A001E, "IPM.Note"));
    tw_props_builder_set(&builder, tw_value_str(0x3A11001F, "Lovelace"));
    tw_props_builder_set(&builder, tw_value_long(0x1000000A, 0x8007000Eu));
    tw_props_builder_set(&builder, tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) "SMTP:A@B", 8));
    add_rows(&builder, TW_RES_RECIPIENTS, recipients);
    add_rows(&builder, TW_RES_ATTACHMENTS, attachments);
    bytes = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_nonnull(bytes);
    return bytes;
}

/* Prints and parses in both widths, and says whether the message matches. */
static inline gboolean
match(TwRestrictionBuilder *builder, TwMatchContext *context)
{
    static const TwWireWidth widths[] = { TW_WIRE_16, TW_WIRE_32 };
    g_autoptr(GBytes) message = make_message();
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRestriction) restriction = tw_restriction_builder_finish(builder, &error);
    g_autofree char *text = NULL;
    TwProps props;
    gboolean answer;

    g_assert_no_error(error);
    text = tw_restriction_to_text(restriction, 4096);
    g_test_message("%s", text);
    g_assert_true(tw_props_open_bytes(message, &props, NULL));
    answer = tw_restriction_match_props(restriction, &props, context);
    for (guint i = 0; i < G_N_ELEMENTS(widths); i++) {
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(65536), again = TW_BUFFER_INIT(65536);
        g_autoptr(TwRestriction) back = NULL;
        g_autofree guint8 *input = NULL;
        g_autofree char *back_text = NULL;

        tw_restriction_print(restriction, widths[i], &wire);
        g_assert_false(tw_buffer_failed(&wire));
        input = g_memdup2(wire.data, wire.len);
        back = tw_restriction_parse(input, wire.len, widths[i], &error);
        g_assert_no_error(error);
        back_text = tw_restriction_to_text(back, 4096);
        g_assert_cmpstr(back_text, ==, text);
        g_assert_cmpint(tw_restriction_match_props(back, &props, NULL), ==, answer);
        tw_restriction_print(back, widths[i], &again);
        assert_bytes_equal(again.data, again.len, wire.data, wire.len);
        for (gsize cut = 0; cut < wire.len; cut++) {
            g_autofree guint8 *part = g_memdup2(wire.data, cut);
            g_autoptr(GError) cut_error = NULL;
            g_assert_null(tw_restriction_parse(part, cut, widths[i], &cut_error));
            g_assert_nonnull(cut_error);
        }
    }
    return answer;
}
