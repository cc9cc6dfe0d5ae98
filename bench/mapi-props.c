/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many properties a second are read from a packed bag of 60, in place? Peers: the same values in a hash table of
 * unpacked values, and a walk over an unpacked array, as a bag without an index would be read.
 */
#include "bench.h"
#include "mapi/props.h"

enum {
    PROPS = 60,
    ROUNDS = 2000
};

typedef struct {
    TwProps props;
    GBytes *bytes;
    guint32 tags[PROPS]; /* in the order of reading: not that of the bag */
    TwPropValue values[PROPS];
    GHashTable *table;
    guint64 sum;
} Data;

static double
read_bag(gpointer user)
{
    Data *data = user;
    TwPropValue value;

    for (guint r = 0; r < ROUNDS; r++) {
        for (guint i = 0; i < PROPS; i++) {
            if (tw_props_get(&data->props, data->tags[i], &value))
                data->sum += value.len;
        }
    }
    return (double) ROUNDS * PROPS;
}

static double
read_table(gpointer user)
{
    Data *data = user;

    for (guint r = 0; r < ROUNDS; r++) {
        for (guint i = 0; i < PROPS; i++) {
            const TwPropValue *value =
                g_hash_table_lookup(data->table, GUINT_TO_POINTER(data->tags[i]));
            data->sum += value->len;
        }
    }
    return (double) ROUNDS * PROPS;
}

static double
read_array(gpointer user)
{
    Data *data = user;

    for (guint r = 0; r < ROUNDS; r++) {
        for (guint i = 0; i < PROPS; i++) {
            guint k = 0;
            while (data->values[k].tag != data->tags[i])
                k++;
            data->sum += data->values[k].len;
        }
    }
    return (double) ROUNDS * PROPS;
}

static double
open_bag(gpointer user)
{
    Data *data = user;
    TwProps props;

    for (guint r = 0; r < ROUNDS; r++) {
        if (tw_props_open_bytes(data->bytes, &props, NULL))
            data->sum += props.count;
    }
    return ROUNDS;
}

static double
build_bag(gpointer user)
{
    Data *data = user;

    for (guint r = 0; r < ROUNDS / 10; r++) {
        g_auto(TwPropsBuilder) builder = { 0 };
        g_autoptr(GBytes) bytes = NULL;

        tw_props_builder_init(&builder);
        for (guint i = 0; i < PROPS; i++)
            tw_props_builder_set(&builder, data->values[i]);
        bytes = tw_props_builder_finish_bytes(&builder, NULL);
        data->sum += g_bytes_get_size(bytes);
    }
    return ROUNDS / 10;
}

static TwPropValue
make_value(guint i)
{
    static const char *const texts[] = { "IPM.Note", "Quarterly figures, second draft", "SMTP",
                                         "ada.lovelace@example.org" };
    guint id = 0x0017 + i * 0x01f3;

    switch (i % 4) {
    case 0:
        return tw_value_long(tw_prop_tag(id, TW_PT_LONG), i);
    case 1:
        return tw_value_str(tw_prop_tag(id, TW_PT_UNICODE), texts[i / 4 % 4]);
    case 2:
        return tw_value_i8(tw_prop_tag(id, TW_PT_SYSTIME), 0x01d9000000000000 + i);
    default:
        return tw_value_bytes(tw_prop_tag(id, TW_PT_BINARY), (const guint8 *) texts[i / 4 % 4], 8);
    }
}

int
main(void)
{
    Data data = { .sum = 0 };
    g_auto(TwPropsBuilder) builder = { 0 };
    BenchRate table, array, bag, open, build;

    tw_props_builder_init(&builder);
    data.table = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < PROPS; i++) {
        data.values[i] = make_value(i);
        data.tags[i * 37 % PROPS] = data.values[i].tag;
        g_hash_table_insert(data.table, GUINT_TO_POINTER(data.values[i].tag), &data.values[i]);
        tw_props_builder_set(&builder, data.values[i]);
    }
    data.bytes = tw_props_builder_finish_bytes(&builder, NULL);
    if (data.bytes == NULL || !tw_props_open_bytes(data.bytes, &data.props, NULL))
        return 1;
    bag = bench_rate(read_bag, &data, 0.2);
    table = bench_rate(read_table, &data, 0.2);
    array = bench_rate(read_array, &data, 0.2);
    open = bench_rate(open_bag, &data, 0.2);
    build = bench_rate(build_bag, &data, 0.2);
    g_print("bag of %u properties, %u bytes\n", data.props.count, data.props.len);
    bench_print("read a property in place", "reads", bag, "hash table of unpacked", table);
    bench_print("read a property in place", "reads", bag, "walk over unpacked", array);
    bench_print("open with every check", "bags", open, NULL, open);
    bench_print("build", "bags", build, NULL, build);
    g_hash_table_unref(data.table);
    g_bytes_unref(data.bytes);
    return data.sum == 1;
}
