/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/restriction-private.h"

enum {
    LONGEST_TEXT = 64
};

static void
add_tag(GString *out, guint32 tag)
{
    const TwPropTypeInfo *info = tw_prop_type_info(tw_prop_tag_type(tag));

    g_string_append_printf(out, " %04x:", tw_prop_tag_id(tag));
    if (info == NULL)
        g_string_append_printf(out, "%04x", tw_prop_tag_type(tag));
    else
        g_string_append(out, info->short_name);
    if (tag & TW_PT_MV_FLAG)
        g_string_append(out, "[]");
    if (tag & TW_PT_MVI_FLAG)
        g_string_append(out, "*");
}

/* Quoted, printable ASCII whatever the bytes are. */
static void
add_quoted(GString *out, const char *text, gsize len)
{
    g_string_append_c(out, '"');
    for (gsize i = 0; i < MIN(len, LONGEST_TEXT); i++) {
        if (text[i] == '"' || text[i] == '\\')
            g_string_append_printf(out, "\\%c", text[i]);
        else if (text[i] < 0x20 || text[i] > 0x7e)
            g_string_append_printf(out, "\\x%02x", (guint8) text[i]);
        else
            g_string_append_c(out, text[i]);
    }
    g_string_append(out, len > LONGEST_TEXT ? "\"..." : "\"");
}

static void
add_hex(GString *out, const guint8 *data, gsize len)
{
    g_string_append(out, "x'");
    for (gsize i = 0; i < MIN(len, LONGEST_TEXT / 2); i++)
        g_string_append_printf(out, "%02x", data[i]);
    g_string_append(out, len > LONGEST_TEXT / 2 ? "'..." : "'");
}

static void
add_number(GString *out, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(out, g_ascii_dtostr(text, sizeof text, number));
}

static void
add_value(GString *out, const TwPropValue *value)
{
    g_string_append_c(out, ' ');
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_NULL:
        g_string_append(out, "null");
        return;
    case TW_PT_I2:
        g_string_append_printf(out, "%d", value->i2);
        return;
    case TW_PT_LONG:
        g_string_append_printf(out, "%d", value->i4);
        return;
    case TW_PT_ERROR:
        g_string_append_printf(out, "0x%08x", value->u4);
        return;
    case TW_PT_BOOLEAN:
        g_string_append(out, value->truth ? "true" : "false");
        return;
    case TW_PT_R4:
        add_number(out, (double) value->r4);
        return;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        add_number(out, value->r8);
        return;
    case TW_PT_I8:
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, value->i8);
        return;
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        add_quoted(out, value->text, value->len);
        return;
    default:
        add_hex(out, value->data, value->len);
    }
}

static const char *
relop_name(guint relop)
{
    static const char *const names[] = { "<", "<=", ">", ">=", "=", "!=", "~" };

    return relop < G_N_ELEMENTS(names) ? names[relop] : "member-of";
}

static void
add_fuzzy(GString *out, guint32 fuzzy)
{
    switch (fuzzy & TW_FUZZY_WAY_MASK) {
    case TW_FUZZY_FULL:
        g_string_append(out, " full");
        break;
    case TW_FUZZY_SUBSTRING:
        g_string_append(out, " substring");
        break;
    case TW_FUZZY_PREFIX:
        g_string_append(out, " prefix");
        break;
    case TW_FUZZY_WORD_PREFIX:
        g_string_append(out, " word-prefix");
        break;
    case TW_FUZZY_PHRASE:
        g_string_append(out, " phrase");
        break;
    default:
        g_string_append_printf(out, " way-%u", fuzzy & TW_FUZZY_WAY_MASK);
    }
    if (fuzzy & TW_FUZZY_IGNORE_CASE)
        g_string_append(out, ",nocase");
    if (fuzzy & TW_FUZZY_IGNORE_MARKS)
        g_string_append(out, ",nomarks");
    if (fuzzy & TW_FUZZY_LOOSE)
        g_string_append(out, ",loose");
}

static const char *
kind_name(TwRestrictionKind kind)
{
    switch (kind) {
    case TW_RES_AND:
        return "and";
    case TW_RES_OR:
        return "or";
    case TW_RES_NOT:
        return "not";
    case TW_RES_CONTENT:
        return "content";
    case TW_RES_PROPERTY:
        return "prop";
    case TW_RES_COMPARE:
        return "compare";
    case TW_RES_BITMASK:
        return "bits";
    case TW_RES_SIZE:
        return "size";
    case TW_RES_EXIST:
        return "exist";
    case TW_RES_SUB:
        return "sub";
    case TW_RES_COMMENT:
        return "comment";
    case TW_RES_COUNT:
        return "count";
    case TW_RES_ANNOTATION:
        return "annotation";
    case TW_RES_NULL:
        return "null";
    }
    g_return_val_if_reached("?");
}

/* What stands between the name of a node and its children. */
static void
add_operands(GString *out, const TwRestrictionNode *node)
{
    switch (node->kind) {
    case TW_RES_CONTENT:
        add_tag(out, node->tag);
        add_fuzzy(out, node->number);
        break;
    case TW_RES_PROPERTY:
        add_tag(out, node->tag);
        g_string_append_printf(out, " %s", relop_name(node->relop));
        break;
    case TW_RES_COMPARE:
        add_tag(out, node->tag);
        g_string_append_printf(out, " %s", relop_name(node->relop));
        add_tag(out, node->number);
        break;
    case TW_RES_BITMASK:
        add_tag(out, node->tag);
        g_string_append_printf(out, " 0x%x %s", node->number, node->relop ? "some" : "none");
        break;
    case TW_RES_SIZE:
        add_tag(out, node->tag);
        g_string_append_printf(out, " %s %u", relop_name(node->relop), node->number);
        break;
    case TW_RES_EXIST:
    case TW_RES_SUB:
        add_tag(out, node->tag);
        break;
    case TW_RES_COUNT:
        g_string_append_printf(out, " %u", node->number);
        break;
    default:
        break;
    }
    for (guint32 i = 0; i < node->value_count; i++)
        add_value(out, &node->values[i]);
}

char *
tw_restriction_to_text(const TwRestriction *restriction, gsize max_len)
{
    GString *out = g_string_new(NULL);
    guint32 ends[TW_RESTRICTION_MAX_DEPTH + 2];
    guint depth = 0;

    for (guint32 i = 0; i < restriction->node_count && out->len <= max_len; i++) {
        const TwRestrictionNode *node = &restriction->nodes[i];

        g_string_append_printf(out, "%s(%s", i == 0 ? "" : " ", kind_name(node->kind));
        add_operands(out, node);
        ends[depth++] = node->next;
        while (depth > 0 && ends[depth - 1] == i + 1) {
            g_string_append_c(out, ')');
            depth--;
        }
    }
    if (out->len > max_len) {
        g_string_truncate(out, max_len);
        for (gsize i = 0; i < MIN(max_len, 3); i++)
            out->str[max_len - 1 - i] = '.';
    }
    return g_string_free(out, FALSE);
}
