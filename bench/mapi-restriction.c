/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many rows a second does a restriction on three properties look at, over packed bags as a list view keeps them?
 * Peer: the same three questions written out in C over the same bags.
 */
#include "bench.h"
#include "mapi/restriction.h"

enum {
    ROWS = 4096,
    PR_SUBJECT = 0x0037001F,
    PR_FLAGS = 0x0E070003,
    PR_SIZE = 0x0E080003,
};

typedef struct {
    GBytes *bytes[ROWS];
    TwProps rows[ROWS];
    TwRestriction *restriction;
    guint hits;
} Data;

static double
evaluate(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROWS; i++)
        data->hits += (guint) tw_restriction_match_props(data->restriction, &data->rows[i], NULL);
    return ROWS;
}

static double
by_hand(gpointer user)
{
    Data *data = user;

    for (guint i = 0; i < ROWS; i++) {
        const TwProps *row = &data->rows[i];
        if (tw_props_get_long(row, PR_SIZE, 0) > 1000 &&
            !(tw_props_get_long(row, PR_FLAGS, 0) & 4) &&
            strcasestr(tw_props_get_text(row, PR_SUBJECT, ""), "report") != NULL)
            data->hits++;
    }
    return ROWS;
}

static GBytes *
make_row(guint i, const char *subject)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autofree char *text = g_strdup_printf("%s %u", subject, i);

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, text));
    tw_props_builder_set(&builder, tw_value_long(PR_FLAGS, i % 7));
    tw_props_builder_set(&builder, tw_value_long(PR_SIZE, 1001 + i));
    tw_props_builder_set(&builder, tw_value_str(0x001A001F, "IPM.Note"));
    tw_props_builder_set(&builder, tw_value_str(0x0C1A001F, "Ada Lovelace"));
    tw_props_builder_set(&builder, tw_value_str(0x0C1F001F, "ada@example.org"));
    tw_props_builder_set(&builder, tw_value_i8(0x0E060040, 0x01d9000000000000 + i));
    tw_props_builder_set(&builder, tw_value_long(0x00170003, 1));
    tw_props_builder_set(&builder, tw_value_bool(0x0E1B000B, FALSE));
    tw_props_builder_set(&builder, tw_value_str(0x0E04001F, "Grace Hopper; Alan Turing"));
    return tw_props_builder_finish_bytes(&builder, NULL);
}

static TwRestriction *
make_restriction(guint32 fuzzy)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    TwPropValue size = tw_value_long(PR_SIZE, 1000), word = tw_value_str(PR_SUBJECT, "report");

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_property(&builder, TW_RELOP_GT, PR_SIZE, &size);
    tw_restriction_builder_bitmask(&builder, FALSE, PR_FLAGS, 4);
    tw_restriction_builder_content(&builder, fuzzy, PR_SUBJECT, &word);
    tw_restriction_builder_end(&builder);
    return tw_restriction_builder_finish(&builder, NULL);
}

static void
run(const char *name, const char *subject, guint32 fuzzy)
{
    Data *data = g_new0(Data, 1);
    BenchRate ours, theirs;

    for (guint i = 0; i < ROWS; i++) {
        data->bytes[i] = make_row(i, subject);
        tw_props_open_bytes(data->bytes[i], &data->rows[i], NULL);
    }
    data->restriction = make_restriction(fuzzy);
    ours = bench_rate(evaluate, data, 0.2);
    theirs = bench_rate(by_hand, data, 0.2);
    bench_print(name, "rows", ours, "by hand", theirs);
    for (guint i = 0; i < ROWS; i++)
        g_bytes_unref(data->bytes[i]);
    tw_restriction_unref(data->restriction);
    g_free(data);
}

int
main(void)
{
    run("size, flags, subject (ASCII)", "Quarterly figures, second draft of the report", 0x10001);
    run("size, flags, subject (umlauts)",
        "Gr\xc3\xbc\xc3\x9f"
        "e zum zweiten Entwurf des Berichts, report",
        0x10001);
    run("size, flags, subject (loose)",
        "Gr\xc3\xbc\xc3\x9f"
        "e zum zweiten Entwurf des Berichts, report",
        0x40001);
    return 0;
}
