/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message tree as text, one line a value, so that two trees can be compared and a difference read. */
#pragma once

#include "mapi/named.h"
#include "mapi/object.h"
#include "mapi/tags.h"

static inline void
dump_bytes(GString *out, const guint8 *data, gsize len)
{
    for (gsize i = 0; i < len; i++)
        g_string_append_printf(out, "%02x", data[i]);
}

static inline void
dump_value(GString *out, const TwPropValue *value)
{
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(G_MAXSIZE);

    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_UNICODE:
    case TW_PT_STRING8: {
        g_autofree char *text = g_strndup(value->text, value->len);
        g_autofree char *escaped = g_strescape(text, NULL);

        g_string_append(out, escaped);
        break;
    }
    case TW_PT_BINARY:
        dump_bytes(out, value->data, value->len);
        break;
    default:
        tw_value_pack(value, &packed);
        dump_bytes(out, packed.data, packed.len);
    }
}

static inline void
dump_node(GString *out, const TwObject *node, TwNameMap *names, guint indent)
{
    static const TwObjectKind kinds[] = { TW_OBJECT_RECIPIENT, TW_OBJECT_ATTACHMENT };
    g_autoptr(GArray) tags = tw_object_list_tags(node);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        TwPropValue value;
        TwNamedProp name;

        if (tag == PR_ROWID || tag == PR_ATTACH_NUM || !tw_object_get(node, tag, &value))
            continue;
        g_string_append_printf(out, "%*s", (int) indent, "");
        if (tw_prop_tag_id(tag) >= 0x8000 &&
            tw_name_map_get_name(names, tw_prop_tag_id(tag), &name, NULL)) {
            g_autofree char *text = tw_named_prop_to_string(&name);

            g_string_append_printf(out, "%s %04x ", text, tw_prop_tag_type(tag));
        } else {
            g_string_append_printf(out, "%08x ", tag);
        }
        dump_value(out, &value);
        g_string_append_c(out, '\n');
    }
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        for (guint i = 0; i < tw_object_count(node, kinds[k]); i++) {
            g_string_append_printf(out, "%*s%s %u\n", (int) indent, "",
                                   k == 0 ? "recipient" : "attachment", i);
            dump_node(out, tw_object_at(node, kinds[k], i), names, indent + 2);
        }
    }
    if (tw_object_get_kind(node) == TW_OBJECT_ATTACHMENT && tw_object_get_embedded(node) != NULL) {
        g_string_append_printf(out, "%*sembedded\n", (int) indent, "");
        dump_node(out, tw_object_get_embedded(node), names, indent + 2);
    }
}

static inline char *
dump_object(const TwObject *object, TwNameMap *names)
{
    GString *out = g_string_new(NULL);

    dump_node(out, object, names, 0);
    return g_string_free(out, FALSE);
}

/* Sets or stops the test. */
static inline void
put(TwObject *node, TwPropValue value)
{
    g_autoptr(GError) error = NULL;

    tw_object_set(node, &value, &error);
    g_assert_no_error(error);
}
