/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/tnef.h"

#include <string.h>

#include "base/error.h"
#include "convert/object-dump.h"
#include "mapi/recurrence.h"

/* --- streams by hand ------------------------------------------------------------------------------------------- */

static void
begin_stream(TwBuffer *out)
{
    tw_buffer_put_u32le(out, 0x223E9F78);
    tw_buffer_put_u16le(out, 0x4711);
}

static void
put_attr(TwBuffer *out, guint level, guint32 id, const void *data, gsize len)
{
    const guint8 *bytes = data;
    guint16 sum = 0;

    tw_buffer_put_u8(out, (guint8) level);
    tw_buffer_put_u32le(out, id);
    tw_buffer_put_u32le(out, (guint32) len);
    tw_buffer_put(out, data, len);
    for (gsize i = 0; i < len; i++)
        sum = (guint16) (sum + bytes[i]);
    tw_buffer_put_u16le(out, sum);
}

#define put_attr_text(out, level, id, text) put_attr(out, level, id, text, sizeof text)

static guint
decode(const guint8 *data, gsize len, TwNameMap *names, TwObject *message)
{
    g_autofree guint8 *input = g_memdup2(data, len);
    g_autoptr(GError) error = NULL;
    guint notes = 0;

    tw_tnef_decode_noted(input, len, names, message, &notes, &error);
    g_assert_no_error(error);
    return notes;
}

/* --- there and back -------------------------------------------------------------------------------------------- */

static void
add_named(TwObject *node, TwNameMap *names, TwNamedProp name, TwPropValue value)
{
    guint16 id;

    g_assert_true(tw_name_map_get_ids(names, &name, 1, TRUE, &id, NULL));
    value.tag = tw_prop_tag(id, tw_prop_tag_type(value.tag));
    put(node, value);
}

static void
add_lists(TwObject *node)
{
    g_auto(TwBuffer) numbers = TW_BUFFER_INIT(1024);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(1024);
    g_auto(TwListBuilder) list;
    TwPropValue value;

    for (guint i = 0; i < 3; i++)
        tw_buffer_put_u16le(&numbers, (guint16) (i * 1000));
    put(node, tw_value_bytes(0x66011002, numbers.data, 6));
    put(node, tw_value_bytes(0x50011002, numbers.data, 6));
    tw_list_builder_init(&list, 0x5002101F);
    tw_list_builder_add(&list, "ein", 3);
    tw_list_builder_add(&list, "", 0);
    tw_list_builder_add(&list, "\xd0\xb4\xd0\xb2\xd0\xb0", 6);
    g_assert_true(tw_list_builder_finish(&list, &packed, &value, NULL));
    put(node, value);
}

static TwObject *
/* NOLINTNEXTLINE(misc-no-recursion): depth */
make_message(TwNameMap *names, guint depth)
{
    static const guint8 bytes[] = { 0, 1, 2, 3, 4 };
    static const guint8 guid[16] = { 1, 2, 3 };
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *row;
    TwNamedProp text_name = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                              .name = "Gr\xc3\xb6\xc3\x9f"
                                      "e" };

    put(message, tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"));
    put(message, tw_value_str(PR_SUBJECT, "Gru\xc3\x9f \xf0\x9f\xa6\x92"));
    put(message, tw_value_str(PR_BODY, "line\r\nline\r\n"));
    put(message, tw_value_long(PR_IMPORTANCE, 2));
    put(message, tw_value_i2(0x50000002, -2));
    put(message, tw_value_bool(PR_READ_RECEIPT_REQUESTED, TRUE));
    put(message, tw_value_i8(PR_CLIENT_SUBMIT_TIME, 0x01d9000000000000));
    put(message, tw_value_double(0x50030005, 1.5));
    put(message, tw_value_r4(0x50040004, 2.5f));
    put(message, tw_value_bytes(0x50050048, guid, 16));
    put(message, tw_value_bytes(PR_CONVERSATION_INDEX, bytes, 5));
    add_named(message, names, text_name, tw_value_str(TW_PT_UNICODE, "value"));
    add_named(message, names, tw_known_name(TW_PidLidReminderSet), tw_value_bool(TW_PT_BOOLEAN, 1));
    add_lists(message);
    row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    put(row, tw_value_str(PR_DISPLAY_NAME, "One"));
    put(row, tw_value_long(PR_RECIPIENT_TYPE, 1));
    put(row, tw_value_bytes(PR_ENTRYID, bytes, 5));
    row = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    put(row, tw_value_long(PR_ATTACH_METHOD, 1));
    put(row, tw_value_long(PR_RENDERING_POSITION, 7));
    put(row, tw_value_str(PR_ATTACH_LONG_FILENAME, "\xc3\xa4.txt"));
    put(row, tw_value_str(PR_ATTACH_FILENAME, "a.txt"));
    put(row, tw_value_str(PR_DISPLAY_NAME, "a.txt"));
    put(row, tw_value_bytes(PR_ATTACH_DATA_BIN, bytes, 3));
    if (depth > 0) {
        row = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
        put(row, tw_value_long(PR_ATTACH_METHOD, 5));
        put(row, tw_value_long(PR_RENDERING_POSITION, G_MAXUINT32));
        g_assert_true(tw_object_set_embedded(row, make_message(names, depth - 1), NULL));
    }
    return message;
}

static GBytes *
encode(const TwObject *message, TwNameMap *names)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 24);
    g_autoptr(GError) error = NULL;

    tw_tnef_encode(message, names, NULL, TW_TNEF_RECIPIENT_TABLE, &out, &error);
    g_assert_no_error(error);
    return tw_buffer_steal_bytes(&out, NULL);
}

static void
test_round_trip(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwNameMap) others = tw_name_map_new();
    g_autoptr(TwObject) message = make_message(names, 2);
    g_autoptr(TwObject) back = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GBytes) bytes = encode(message, names);
    g_autoptr(GBytes) again = encode(message, names);
    g_autofree char *want = NULL;
    g_autofree char *have = NULL;
    TwNamedProp first = tw_known_name(TW_PidNameKeywords);
    guint16 id;

    g_assert_true(
        tw_name_map_get_ids(others, &first, 1, TRUE, &id, NULL)); /* other numbers there */
    g_assert_true(g_bytes_equal(bytes, again));
    g_assert_cmpuint(decode(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), others, back),
                     ==, 0);
    for (TwObject *node = message; node != NULL;) { /* ids of a place stay at home */
        TwObject *attachment = tw_object_at(node, TW_OBJECT_ATTACHMENT, 1);

        tw_object_remove(node, 0x66011002);
        /* names beside the long one come from it */
        put(tw_object_at(node, TW_OBJECT_ATTACHMENT, 0), tw_value_str(PR_ATTACH_FILENAME, "a.txt"));
        node = attachment != NULL ? tw_object_get_embedded(attachment) : NULL;
    }
    want = dump_object(message, names);
    have = dump_object(back, others);
    g_assert_cmpstr(have, ==, want);
}

static void
test_hidden_recipients(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = make_message(names, 0);
    g_autoptr(TwObject) back = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GBytes) bytes = NULL;
    TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

    put(row, tw_value_long(PR_RECIPIENT_TYPE, 3));
    put(row, tw_value_str(PR_DISPLAY_NAME, "Secret"));
    bytes = encode(message, names);
    decode(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), names, back);
    g_assert_cmpuint(tw_object_count(back, TW_OBJECT_RECIPIENT), ==, 1);
}

static void
test_cuts(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = make_message(names, 1);
    g_autoptr(GBytes) bytes = encode(message, names);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    for (gsize cut = 0; cut < len; cut++) {
        g_autofree guint8 *input = g_memdup2(data, cut);
        g_autoptr(TwObject) back = tw_object_new(TW_OBJECT_MESSAGE);
        g_autoptr(GError) error = NULL;
        guint notes = 0;
        gboolean good = tw_tnef_decode_noted(input, cut, names, back, &notes, &error);

        g_assert_true(good == (cut >= 4));
        g_assert_true(good == (error == NULL));
        if (error != NULL)
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        if (cut > len / 2)
            g_assert_cmpstr(tw_object_get_text(back, PR_SUBJECT, ""), ==,
                            "Gru\xc3\x9f \xf0\x9f\xa6\x92");
    }
}

/* --- old attributes -------------------------------------------------------------------------------------------- */

static void
test_legacy(void)
{
    static const guint8 from[] = "\4\0\x20\0\5\0\x0c\0Anna\0SMTP:a@b.de";
    static const guint8 sent[] = "\xd4\7\2\0\x11\0\xb\0\x19\0\x23\0\2\0";
    static const guint8 codepage[] = "\xe3\4\0\0\0\0\0";
    static const guint8 rendering[] = "\1\0\5\0\0\0\0\0\0\0\1\0\0";
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    g_autofree char *have = NULL;

    begin_stream(&out);
    put_attr(&out, 1, 0x00069007, codepage, 8); /* 1251 */
    put_attr_text(&out, 1, 0x00078008, "IPM.Microsoft Mail.Note");
    put_attr(&out, 1, 0x00008000, from, 25);
    put_attr_text(&out, 1, 0x00018004, "\xcf\xf0\xe8\xe2\xe5\xf2");
    put_attr(&out, 1, 0x00038005, sent, 14);
    put_attr_text(&out, 1, 0x0002800C, "body");
    put_attr(&out, 1, 0x0004800D, "\1\0", 2);
    put_attr(&out, 1, 0x00068007, "\x20", 1);
    put_attr_text(&out, 1, 0x00018009, "0AFF");
    put_attr(&out, 1, 0x00040009, "\1\0", 2);
    put_attr(&out, 1, 0x00050008, "\7\0\0\0", 4);
    put_attr(&out, 2, 0x00069002, rendering, 14);
    put_attr(&out, 2, 0x0006800F, "DATA", 4);
    put_attr_text(&out, 2, 0x00018010, "\xff.doc");
    put_attr(&out, 2, 0x00038013, sent, 14);
    g_assert_cmpuint(decode(out.data, out.len, names, message), ==, 0);
    tw_object_remove(message, PR_SENDER_ENTRYID);
    have = dump_object(message, names);
    g_assert_cmpstr(have, ==,
                    "00170003 02000000\n"
                    "001a001f IPM.Note\n"
                    "00260003 01000000\n"
                    "0037001f \\320\\237\\321\\200\\320\\270\\320\\262\\320\\265\\321\\202\n"
                    "00390040 8021bbc248f5c301\n"
                    "00620003 07000000\n"
                    "0063000b 0100\n"
                    "0c1a001f Anna\n"
                    "0c1e001f SMTP\n"
                    "0c1f001f a@b.de\n"
                    "0e070003 03000000\n"
                    "1000001f body\n"
                    "300b0102 0aff\n"
                    "attachment 0\n"
                    "  3001001f \\321\\217.doc\n"
                    "  30080040 8021bbc248f5c301\n"
                    "  37010102 44415441\n"
                    "  37020102 2a864886f714030b01\n"
                    "  3704001f \\321\\217.doc\n"
                    "  37050003 01000000\n"
                    "  370b0003 05000000\n");
}

/* A block beats an attribute, on either side of it. */
static void
test_precedence(void)
{
    g_auto(TwBuffer) block = TW_BUFFER_INIT(256);

    tw_buffer_put_u32le(&block, 1);
    tw_buffer_put_u32le(&block, 0x0037001E);
    tw_buffer_put_u32le(&block, 1);
    tw_buffer_put_u32le(&block, 6);
    tw_buffer_put(&block, "block\0\0", 8);
    for (guint before = 0; before < 2; before++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);

        begin_stream(&out);
        if (before)
            put_attr_text(&out, 1, 0x00018004, "old");
        put_attr(&out, 1, 0x00069003, block.data, block.len);
        if (!before)
            put_attr_text(&out, 1, 0x00018004, "old");
        g_assert_cmpuint(decode(out.data, out.len, names, message), ==, 0);
        g_assert_cmpstr(tw_object_get_text(message, PR_SUBJECT, ""), ==, "block");
    }
}

static void
put_meeting_long(TwBuffer *out, guint type, guint32 lid, guint32 number)
{
    tw_buffer_put_u32le(out, 0x80010000u | type);
    tw_buffer_put(out, tw_prop_set_guid(TW_PROP_SET_MEETING)->bytes, 16);
    tw_buffer_put_u32le(out, 0);
    tw_buffer_put_u32le(out, lid);
    tw_buffer_put_u32le(out, number);
}

#define DATE(year, month, day) ((guint32) (year) << 9 | (guint32) (month) << 5 | (day))
#define TIME(hour, minute) ((guint32) (hour) << 12 | (guint32) (minute) << 6)

static void
test_meeting(void)
{
    static const struct {
        const char *name;
        guint32 type, interval_lid, interval, days, end;
        const char *text;
    } cases[] = {
        { "daily", 64, 0x11, 3, 0, DATE(2004, 3, 31), "daily" },
        { "weekly", 48, 0x12, 2, 0x14, 0, "weekly" },
        { "monthly", 12, 0x13, 1, 0, DATE(4500, 1, 1), "monthly" },
        { "nth of a month", 56, 0x13, 1, 0, 0, "monthly" },
        { "yearly", 7, 0x14, 1, 0, 0, "yearly" },
        { "nth of a year", 51, 0x14, 1, 0, 0, "yearly" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
        g_auto(TwBuffer) block = TW_BUFFER_INIT(4096);
        g_autoptr(TwRecurrence) series = NULL;
        TwNamedProp name = tw_known_name(TW_PidLidAppointmentRecur);
        guint16 id = tw_named_prop_fixed_id(&name);
        TwPropValue value;

        g_test_message("%s", cases[i].name);
        tw_buffer_put_u32le(&block, cases[i].end != 0 ? 8 : 7);
        put_meeting_long(&block, TW_PT_BOOLEAN, 0x05, 1);
        put_meeting_long(&block, TW_PT_LONG, 0x0d, DATE(2004, 2, 17)); /* a Tuesday */
        put_meeting_long(&block, TW_PT_LONG, 0x0e, TIME(23, 30));
        put_meeting_long(&block, TW_PT_LONG, 0x10, TIME(0, 30));
        put_meeting_long(&block, TW_PT_I2, 0x18, cases[i].type);
        put_meeting_long(&block, TW_PT_I2, cases[i].interval_lid, cases[i].interval);
        put_meeting_long(&block, TW_PT_LONG, 0x15, cases[i].days);
        if (cases[i].end != 0)
            put_meeting_long(&block, TW_PT_LONG, 0x0f, cases[i].end);
        begin_stream(&out);
        put_attr_text(&out, 1, 0x00078008, "IPM.Microsoft Schedule.MtgReq");
        put_attr(&out, 1, 0x00030006, "\xd4\7\2\0\x11\0\x17\0\x1e\0\0\0\2\0", 14);
        put_attr(&out, 1, 0x00069003, block.data, block.len);
        g_assert_cmpuint(decode(out.data, out.len, names, message), ==, 0);
        g_assert_cmpstr(tw_object_get_text(message, PR_MESSAGE_CLASS, ""), ==,
                        "IPM.Schedule.Meeting.Request");
        g_assert_true(tw_object_get(message, tw_prop_tag(id, TW_PT_BINARY), &value));
        series = tw_recurrence_parse(value.data, value.len, NULL);
        g_assert_nonnull(series);
        g_assert_cmpuint(series->start_offset, ==, 23 * 60 + 30);
        g_assert_cmpuint(series->end_offset, ==, 24 * 60 + 30);
        g_assert_true(tw_recurrence_is_slot(series, series->pattern.start_date / 1440));
        g_assert_cmpuint(series->pattern.end, ==,
                         i == 0 ? TW_RECURRENCE_END_DATE : TW_RECURRENCE_END_NEVER);
        {
            g_autofree char *text = tw_recurrence_to_string(series, TW_RECURRENCE_TEXT_ONE_LINE);

            g_test_message("%s", text);
            g_assert_nonnull(strstr(text, cases[i].text));
        }
        name = tw_known_name(TW_PidLidAppointmentStartWhole);
        id = tw_named_prop_fixed_id(&name);
        g_assert_true(tw_object_get(message, tw_prop_tag(id, TW_PT_SYSTIME), &value));
    }
}

/* --- damage and limits ----------------------------------------------------------------------------------------- */

static void
test_damage(void)
{
    static const struct {
        const char *name, *stream;
        gsize len;
        guint notes;
    } cases[] = {
        { "signature only", "\x78\x9f\x3e\x22", 4, TW_TNEF_NOTE_CUT },
        { "no attributes", "\x78\x9f\x3e\x22\1\0", 6, 0 },
        { "a level that is none", "\x78\x9f\x3e\x22\1\0\3\0\0\0\0\0\0\0\0\0\0", 17,
          TW_TNEF_NOTE_CUT },
        { "a wrong sum", "\x78\x9f\x3e\x22\1\0\1\4\x80\1\0\2\0\0\0a\0\0\0", 19,
          TW_TNEF_NOTE_CHECKSUM },
        { "a length near 2^32",
          "\x78\x9f\x3e\x22\1\0\1\4\x80\1\0\xff\xff\xff\xff"
          "ab",
          17, TW_TNEF_NOTE_CUT },
        { "a count of properties that is none",
          "\x78\x9f\x3e\x22\1\0\1\3\x90\6\0\4\0\0\0\xff\xff\xff\xff\xfc\3", 21,
          TW_TNEF_NOTE_DAMAGED },
        { "recipients that are none",
          "\x78\x9f\x3e\x22\1\0\1\4\x90\6\0\4\0\0\0\xff\xff\xff\xff\xfc\3", 21,
          TW_TNEF_NOTE_DAMAGED },
        { "a property of no type",
          "\x78\x9f\x3e\x22\1\0\1\3\x90\6\0\x0c\0\0\0\1\0\0\0\x33\0\x37\0\0\0\0\0\x6b\0", 29,
          TW_TNEF_NOTE_DAMAGED },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);

        g_test_message("%s", cases[i].name);
        g_assert_cmpuint(decode((const guint8 *) cases[i].stream, cases[i].len, names, message), ==,
                         cases[i].notes);
    }
}

static guint
depth_of(const TwObject *message)
{
    guint depth = 1;

    while (TRUE) {
        const TwObject *row = NULL;

        for (guint i = 0; i < tw_object_count(message, TW_OBJECT_ATTACHMENT); i++) {
            const TwObject *at = tw_object_at(message, TW_OBJECT_ATTACHMENT, i);

            if (tw_object_get_embedded(at) != NULL)
                row = at;
        }
        if (row == NULL)
            return depth;
        message = tw_object_get_embedded(row);
        depth++;
    }
}

/* Streams in streams, each as the data of an attachment whose method says message. */
static void
test_depth(void)
{
    static const guint8 method[] = "\1\0\0\0\3\0\5\x37\5\0\0";

    for (guint depth = TW_TNEF_MAX_DEPTH; depth <= TW_TNEF_MAX_DEPTH + 1; depth++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
        g_autoptr(GBytes) inner = NULL;
        guint notes;

        for (guint i = 0; i < depth; i++) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 16);

            begin_stream(&out);
            put_attr_text(&out, 1, 0x00018004, "level");
            if (inner != NULL) {
                put_attr(&out, 2, 0x0006800F, g_bytes_get_data(inner, NULL),
                         g_bytes_get_size(inner));
                put_attr(&out, 2, 0x00069005, method, 12);
                g_bytes_unref(inner);
            }
            inner = tw_buffer_steal_bytes(&out, NULL);
        }
        notes = decode(g_bytes_get_data(inner, NULL), g_bytes_get_size(inner), names, message);
        g_assert_cmpuint(notes, ==, 0);
        g_assert_cmpuint(depth_of(message), ==, TW_TNEF_MAX_DEPTH);
    }
}

static void
test_limits(void)
{
    static const guint8 rendering[14] = { 1 };

    for (guint over = 0; over < 2; over++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 24);
        g_auto(TwBuffer) block = TW_BUFFER_INIT(1 << 24);

        begin_stream(&out);
        for (guint i = 0; i < TW_TNEF_MAX_ATTACHMENTS + over; i++)
            put_attr(&out, 2, 0x00069002, rendering, sizeof rendering);
        g_assert_cmpuint(decode(out.data, out.len, names, message), ==,
                         over ? TW_TNEF_NOTE_LIMIT : 0);
        g_assert_cmpuint(tw_object_count(message, TW_OBJECT_ATTACHMENT), ==,
                         TW_TNEF_MAX_ATTACHMENTS);
        tw_buffer_clear(&out);
        begin_stream(&out);
        tw_buffer_put_u32le(&block, TW_TNEF_MAX_NAMES + over);
        for (guint32 i = 0; i < TW_TNEF_MAX_NAMES + over; i++)
            put_meeting_long(&block, TW_PT_LONG, 0x100000 + i, i);
        put_attr(&out, 1, 0x00069003, block.data, block.len);
        g_assert_cmpuint(decode(out.data, out.len, names, message), ==,
                         over ? TW_TNEF_NOTE_LIMIT : 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxtnef/round-trip", test_round_trip);
    g_test_add_func("/oxtnef/hidden-recipients", test_hidden_recipients);
    g_test_add_func("/oxtnef/cuts", test_cuts);
    g_test_add_func("/oxtnef/2.1.3.3/attributes", test_legacy);
    g_test_add_func("/oxtnef/2.1.3.4/precedence", test_precedence);
    g_test_add_func("/oxtnef/meeting", test_meeting);
    g_test_add_func("/oxtnef/damage", test_damage);
    g_test_add_func("/oxtnef/depth", test_depth);
    g_test_add_func("/oxtnef/limits", test_limits);
    return g_test_run();
}
