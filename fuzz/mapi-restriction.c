/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte chooses the width of counts; the rest is a restriction. */
#include "base/error.h"
#include "mapi/restriction.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* Evaluated against a bag that has many ids, and against one that has none. */
static void
evaluate(const TwRestriction *restriction)
{
    static const char subject[] = "Gr\xc3\xbc\xc3\x9f"
                                  "e from the Market";
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bytes = NULL;
    TwProps props = TW_PROPS_EMPTY;
    const TwRestrictionNode *nodes;
    guint32 count;

    (void) tw_restriction_match_props(restriction, &props, NULL);
    nodes = tw_restriction_get_nodes(restriction, &count);
    tw_props_builder_init(&builder);
    for (guint32 i = 0; i < count; i++) {
        /* a property of the type that is asked for, so that comparisons take place */
        if (tw_prop_tag_type(nodes[i].tag) == TW_PT_UNICODE &&
            tw_prop_tag_is_storable(nodes[i].tag))
            tw_props_builder_set(&builder, tw_value_str(nodes[i].tag, subject));
        else if (nodes[i].value_count == 1 && tw_prop_tag_is_storable(nodes[i].values->tag))
            tw_props_builder_set(&builder, *nodes[i].values);
    }
    bytes = tw_props_builder_finish_bytes(&builder, NULL);
    if (bytes != NULL && tw_props_open_bytes(bytes, &props, NULL))
        (void) tw_restriction_match_props(restriction, &props, NULL);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwRestriction) restriction = NULL, back = NULL;
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(1 << 26), again = TW_BUFFER_INIT(1 << 26);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *back_text = NULL;
    TwWireWidth width;

    if (size == 0)
        return 0;
    width = data[0] & 1 ? TW_WIRE_32 : TW_WIRE_16;
    restriction = tw_restriction_parse(data + 1, size - 1, width, &error);
    g_assert_true((restriction == NULL) == (error != NULL));
    if (restriction == NULL) {
        g_assert_true(error->domain == TW_ERROR);
        return 0;
    }
    evaluate(restriction);
    tw_restriction_print(restriction, width, &wire);
    g_assert_false(tw_buffer_failed(&wire));
    back = tw_restriction_parse(wire.data, wire.len, width, &error);
    g_assert_no_error(error);
    tw_restriction_print(back, width, &again);
    g_assert_true(wire.len == again.len && memcmp(wire.data, again.data, wire.len) == 0);
    text = tw_restriction_to_text(restriction, 1 << 20);
    back_text = tw_restriction_to_text(back, 1 << 20);
    g_assert_cmpstr(text, ==, back_text);
    return 0;
}
