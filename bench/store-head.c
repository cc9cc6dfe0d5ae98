/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many heads a second are made and read, and how many a restriction looks at? And tail records? Peers: the same
 * properties as a packed bag; a copy of the bytes.
 */
#include "bench.h"
#include "mapi/tags.h"
#include "store/head.h"
#include "store/record.h"

enum {
    ROWS = 4096,
};

typedef struct {
    TwObject *message;
    GBytes *heads[ROWS], *bags[ROWS], *tail;
    TwRestriction *restriction;
    guint64 sum;
} Data;

static void
put_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);
    tw_object_set(object, &value, NULL);
}

static TwObject *
make_message(guint i)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *subject = g_strdup_printf("Re: Quarterly figures, draft %u of the report", i);
    TwPropValue number = tw_value_i8(PR_MESSAGE_DELIVERY_TIME, 0x01d9000000000000 + i);

    put_text(message, PR_MESSAGE_CLASS, "IPM.Note");
    put_text(message, PR_SUBJECT, subject);
    put_text(message, PR_SENT_REPRESENTING_NAME, "Ada Lovelace");
    put_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "SMTP");
    put_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "ada@example.org");
    put_text(message, PR_SENDER_NAME, "Ada Lovelace");
    put_text(message, PR_SENDER_EMAIL_ADDRESS, "ada@example.org");
    put_text(message, PR_BODY, "Dear all, these are the figures of the quarter as they stand now.");
    tw_object_set(message, &number, NULL);
    number = tw_value_long(PR_IMPORTANCE, i % 3);
    tw_object_set(message, &number, NULL);
    put_text(tw_object_add(message, TW_OBJECT_RECIPIENT, 0, NULL), PR_DISPLAY_NAME, "Grace Hopper");
    for (guint k = 0; k < 40; k++) {
        TwPropValue named = tw_value_long(tw_prop_tag(0x8100 + k, TW_PT_LONG), k);
        tw_object_set(message, &named, NULL);
    }
    tw_object_seal(message, NULL);
    return message;
}

static double
build_heads(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < 256; i++) {
        g_autoptr(GBytes) head = tw_head_build(data->message, NULL, NULL);
        data->sum += g_bytes_get_size(head);
    }
    return 256;
}

static double
build_bags(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < 256; i++) {
        g_auto(TwPropsBuilder) builder = { 0 };
        TwProps props = tw_object_get_props(data->message);
        g_autoptr(GBytes) bag = NULL;

        tw_props_builder_init(&builder);
        tw_props_builder_merge(&builder, &props);
        bag = tw_props_builder_finish_bytes(&builder, NULL);
        data->sum += g_bytes_get_size(bag);
    }
    return 256;
}

static const guint32 columns[] = { PR_SUBJECT, PR_SENT_REPRESENTING_NAME, PR_MESSAGE_DELIVERY_TIME,
                                   PR_IMPORTANCE, PR_MESSAGE_CLASS };

static double
read_heads(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROWS; i++) {
        gsize len;
        const guint8 *bytes = g_bytes_get_data(data->heads[i], &len);
        TwHead head;

        if (!tw_head_open_verified(bytes, len, &head))
            continue;
        for (gsize k = 0; k < G_N_ELEMENTS(columns); k++) {
            TwPropValue value;
            if (tw_head_get(&head, columns[k], &value) == TW_HEAD_FOUND)
                data->sum += value.len;
        }
    }
    return ROWS;
}

static double
read_bags(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROWS; i++) {
        gsize len;
        const guint8 *bytes = g_bytes_get_data(data->bags[i], &len);
        TwProps props;

        if (!tw_props_open_verified(bytes, len, &props, NULL))
            continue;
        for (gsize k = 0; k < G_N_ELEMENTS(columns); k++) {
            TwPropValue value;
            if (tw_props_get(&props, columns[k], &value))
                data->sum += value.len;
        }
    }
    return ROWS;
}

static double
match_heads(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROWS; i++) {
        gsize len;
        const guint8 *bytes = g_bytes_get_data(data->heads[i], &len);
        TwHead head;
        TwHeadSource source = { .head = &head };
        TwPropSource properties = tw_head_source(&source);

        if (tw_head_open_verified(bytes, len, &head))
            data->sum += (guint64) tw_restriction_match(data->restriction, &properties, NULL);
    }
    return ROWS;
}

static double
match_bags(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROWS; i++) {
        gsize len;
        const guint8 *bytes = g_bytes_get_data(data->bags[i], &len);
        TwProps props;

        if (tw_props_open_verified(bytes, len, &props, NULL))
            data->sum += (guint64) tw_restriction_match_props(data->restriction, &props, NULL);
    }
    return ROWS;
}

static double
write_tails(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < 256; i++) {
        g_autoptr(GBytes) tail = tw_tail_write(data->message, NULL, NULL);
        data->sum += g_bytes_get_size(tail);
    }
    return 256;
}

static double
parse_tails(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < 256; i++) {
        gsize len;
        const guint8 *bytes = g_bytes_get_data(data->tail, &len);
        g_autoptr(TwObject) object = tw_tail_parse(bytes, len, NULL, NULL, NULL);
        data->sum += tw_object_inline_bytes(object);
    }
    return 256;
}

int
main(void)
{
    g_autofree Data *data = g_new0(Data, 1);
    g_auto(TwRestrictionBuilder) builder = { 0 };
    TwPropValue word = tw_value_str(PR_SUBJECT, "report");
    TwPropValue least = tw_value_long(PR_IMPORTANCE, 1);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_property(&builder, TW_RELOP_GE, PR_IMPORTANCE, &least);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, PR_SUBJECT,
                                   &word);
    tw_restriction_builder_end(&builder);
    data->restriction = tw_restriction_builder_finish(&builder, NULL);
    for (guint i = 0; i < ROWS; i++) {
        g_autoptr(TwObject) message = make_message(i);
        TwProps props = tw_object_get_props(message);

        data->heads[i] = tw_head_build(message, NULL, NULL);
        data->bags[i] = g_bytes_new(props.data, props.len);
    }
    data->message = make_message(1);
    data->tail = tw_tail_write(data->message, NULL, NULL);
    g_print("head %zu bytes, bag %zu, tail %zu\n", g_bytes_get_size(data->heads[1]),
            g_bytes_get_size(data->bags[1]), g_bytes_get_size(data->tail));
    bench_print("build a head", "heads", bench_rate(build_heads, data, 0.1), "building a bag",
                bench_rate(build_bags, data, 0.1));
    bench_print("read five columns of a head", "rows", bench_rate(read_heads, data, 0.1),
                "of a bag", bench_rate(read_bags, data, 0.1));
    bench_print("importance and word in the subject", "rows", bench_rate(match_heads, data, 0.1),
                "over bags", bench_rate(match_bags, data, 0.1));
    bench_print("write a tail record (zstd)", "records", bench_rate(write_tails, data, 0.1),
                "parsing one", bench_rate(parse_tails, data, 0.1));
    for (guint i = 0; i < ROWS; i++) {
        g_bytes_unref(data->heads[i]);
        g_bytes_unref(data->bags[i]);
    }
    g_bytes_unref(data->tail);
    tw_object_free(data->message);
    tw_restriction_unref(data->restriction);
    return data->sum == 0;
}
