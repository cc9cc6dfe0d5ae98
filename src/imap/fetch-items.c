/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/fetch-items.h"

#include <string.h>

void
tw_imap_item_clear(TwImapItem *item)
{
    g_clear_pointer(&item->label, g_free);
    g_clear_pointer(&item->fields, g_ptr_array_unref);
}

static void
clear_item(gpointer item)
{
    tw_imap_item_clear(item);
}

GArray *
tw_imap_items_new(void)
{
    GArray *items = g_array_new(FALSE, TRUE, sizeof(TwImapItem));

    g_array_set_clear_func(items, clear_item);
    return items;
}

gboolean
tw_imap_items_have(const GArray *items, TwImapItemKind kind)
{
    for (guint i = 0; i < items->len; i++) {
        if (g_array_index(items, TwImapItem, i).kind == kind)
            return TRUE;
    }
    return FALSE;
}

void
tw_imap_items_add(GArray *items, TwImapItemKind kind)
{
    TwImapItem item = { .kind = kind };

    if (!tw_imap_items_have(items, kind))
        g_array_append_val(items, item);
}

/* ---- sections ---- */

static gboolean
take_text(TwCursor *cur, const char *text)
{
    gsize len = strlen(text);

    return cur->left >= len && g_ascii_strncasecmp((const char *) cur->next, text, len) == 0 &&
           tw_cursor_skip(cur, len);
}

static gboolean
take_fields(TwCursor *cur, TwImapItem *item)
{
    if (!tw_imap_take_char(cur, ' ') || !tw_imap_take_char(cur, '('))
        return FALSE;
    item->fields = g_ptr_array_new_with_free_func(g_free);
    do {
        char *name;

        if (item->fields->len == TW_IMAP_FIELDS_MAX || !tw_imap_take_astring(cur, &name))
            return FALSE;
        g_ptr_array_add(item->fields, name);
        if (*name == '\0')
            return FALSE;
    } while (tw_imap_take_char(cur, ' '));
    return tw_imap_take_char(cur, ')');
}

static gboolean
take_part_kind(TwCursor *cur, TwImapItem *item)
{
    if (take_text(cur, "HEADER.FIELDS.NOT")) {
        item->part = TW_IMAP_PART_HEADER;
        item->not_fields = TRUE;
        return take_fields(cur, item);
    }
    if (take_text(cur, "HEADER.FIELDS")) {
        item->part = TW_IMAP_PART_HEADER;
        return take_fields(cur, item);
    }
    if (take_text(cur, "HEADER"))
        item->part = TW_IMAP_PART_HEADER;
    else if (take_text(cur, "TEXT"))
        item->part = TW_IMAP_PART_TEXT;
    else if (item->path_count > 0 && take_text(cur, "MIME"))
        item->part = TW_IMAP_PART_MIME;
    else
        return FALSE;
    return TRUE;
}

gboolean
tw_imap_take_section(TwCursor *cur, TwImapItem *item, gboolean most)
{
    gboolean more = !tw_imap_take_char(cur, ']');

    while (more && cur->left > 0 && g_ascii_isdigit(cur->next[0])) {
        guint32 number;

        if (item->path_count == TW_IMAP_PATH_MAX || !tw_imap_take_number(cur, &number) ||
            number == 0)
            return FALSE;
        item->path[item->path_count++] = number;
        if (tw_imap_take_char(cur, ']'))
            more = FALSE;
        else if (!tw_imap_take_char(cur, '.'))
            return FALSE;
    }
    return !more || (most && take_part_kind(cur, item) && tw_imap_take_char(cur, ']'));
}

/* As it is answered: canonical, as clients compare it. */
static char *
make_label(const TwImapItem *item)
{
    static const char *const kinds[] = { "", "MIME", "HEADER", "TEXT" };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);

    tw_imap_put_text(&out, item->kind == TW_IMAP_ITEM_SECTION  ? "BODY["
                           : item->kind == TW_IMAP_ITEM_BINARY ? "BINARY["
                                                               : "BINARY.SIZE[");
    for (guint i = 0; i < item->path_count; i++) {
        if (i > 0)
            tw_buffer_put_u8(&out, '.');
        tw_imap_put_number(&out, item->path[i]);
    }
    if (item->part != TW_IMAP_PART_ALL) {
        if (item->path_count > 0)
            tw_buffer_put_u8(&out, '.');
        tw_imap_put_text(&out, kinds[item->part]);
    }
    for (guint i = 0; item->fields != NULL && i < item->fields->len; i++) {
        tw_imap_put_text(&out, i > 0 ? " " : item->not_fields ? ".FIELDS.NOT (" : ".FIELDS (");
        tw_imap_put_astring(&out, item->fields->pdata[i]);
    }
    tw_imap_put_text(&out, item->fields != NULL ? ")]" : "]");
    if (item->partial) {
        tw_buffer_put_u8(&out, '<');
        tw_imap_put_number(&out, item->first);
        tw_buffer_put_u8(&out, '>');
    }
    return g_strndup((const char *) out.data, out.len);
}

static gboolean
take_partial(TwCursor *cur, TwImapItem *item)
{
    item->partial = tw_imap_take_char(cur, '<');
    return !item->partial ||
           (tw_imap_take_number(cur, &item->first) && tw_imap_take_char(cur, '.') &&
            tw_imap_take_number(cur, &item->count) && item->count > 0 &&
            tw_imap_take_char(cur, '>'));
}

/* Behind the word; with its bracket. */
static gboolean
take_bracket(TwCursor *cur, TwImapItem *item)
{
    if (!tw_imap_take_char(cur, '[') ||
        !tw_imap_take_section(cur, item, item->kind == TW_IMAP_ITEM_SECTION) ||
        (item->kind != TW_IMAP_ITEM_BINARY_SIZE && !take_partial(cur, item)))
        return FALSE;
    item->label = make_label(item);
    return TRUE;
}

/* ---- items ---- */

static const struct {
    const char *name;
    TwImapItemKind kind;
} plain_items[] = {
    { "FLAGS", TW_IMAP_ITEM_FLAGS },       { "UID", TW_IMAP_ITEM_UID },
    { "MODSEQ", TW_IMAP_ITEM_MODSEQ },     { "INTERNALDATE", TW_IMAP_ITEM_INTERNALDATE },
    { "SAVEDATE", TW_IMAP_ITEM_SAVEDATE }, { "RFC822.SIZE", TW_IMAP_ITEM_SIZE },
    { "EMAILID", TW_IMAP_ITEM_EMAILID },   { "THREADID", TW_IMAP_ITEM_THREADID },
    { "ENVELOPE", TW_IMAP_ITEM_ENVELOPE }, { "BODYSTRUCTURE", TW_IMAP_ITEM_BODYSTRUCTURE },
};

static const struct {
    const char *name;
    TwImapPartKind part;
    gboolean peek;
} old_items[] = {
    { "RFC822", TW_IMAP_PART_ALL, FALSE },
    { "RFC822.HEADER", TW_IMAP_PART_HEADER, TRUE },
    { "RFC822.TEXT", TW_IMAP_PART_TEXT, FALSE },
};

static const struct {
    const char *name;
    TwImapItemKind kind;
    gboolean peek;
} bracket_items[] = {
    { "BODY.PEEK", TW_IMAP_ITEM_SECTION, TRUE },  { "BODY", TW_IMAP_ITEM_SECTION, FALSE },
    { "BINARY.PEEK", TW_IMAP_ITEM_BINARY, TRUE }, { "BINARY.SIZE", TW_IMAP_ITEM_BINARY_SIZE, TRUE },
    { "BINARY", TW_IMAP_ITEM_BINARY, FALSE },
};

/* PREVIEW, or PREVIEW (LAZY): ours is always at hand. */
static gboolean
take_preview(TwCursor *cur)
{
    TwCursor at = *cur;

    if (!tw_imap_take_char(&at, ' ') || !tw_imap_take_char(&at, '('))
        return TRUE;
    if (!tw_imap_take_word(&at, "LAZY") || !tw_imap_take_char(&at, ')'))
        return FALSE;
    *cur = at;
    return TRUE;
}

static gboolean
take_item(TwCursor *cur, GArray *items)
{
    TwImapItem item = { 0 };
    gboolean understood = FALSE;

    if (items->len >= TW_IMAP_ITEMS_MAX)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(plain_items); i++) {
        if (tw_imap_take_word(cur, plain_items[i].name)) {
            tw_imap_items_add(items, plain_items[i].kind);
            return TRUE;
        }
    }
    if (tw_imap_take_word(cur, "PREVIEW")) {
        tw_imap_items_add(items, TW_IMAP_ITEM_PREVIEW);
        return take_preview(cur);
    }
    for (guint i = 0; i < G_N_ELEMENTS(old_items); i++) {
        if (tw_imap_take_word(cur, old_items[i].name)) {
            item.kind = TW_IMAP_ITEM_SECTION;
            item.part = old_items[i].part;
            item.peek = old_items[i].peek;
            item.label = g_strdup(old_items[i].name);
            g_array_append_val(items, item);
            return TRUE; /* cppcheck-suppress memleak; the array has it */
        }
    }
    for (guint i = 0; !understood && i < G_N_ELEMENTS(bracket_items); i++) {
        if (!tw_imap_take_word(cur, bracket_items[i].name))
            continue;
        if (strcmp(bracket_items[i].name, "BODY") == 0 && (cur->left == 0 || cur->next[0] != '[')) {
            tw_imap_items_add(items, TW_IMAP_ITEM_BODY);
            return TRUE;
        }
        item.kind = bracket_items[i].kind;
        item.peek = bracket_items[i].peek;
        understood = take_bracket(cur, &item);
        if (!understood)
            break;
        g_array_append_val(items, item);
    }
    if (!understood)
        tw_imap_item_clear(&item);
    return understood;
}

static gboolean
take_macro(TwCursor *cur, GArray *items)
{
    static const TwImapItemKind kinds[] = { TW_IMAP_ITEM_FLAGS, TW_IMAP_ITEM_INTERNALDATE,
                                            TW_IMAP_ITEM_SIZE, TW_IMAP_ITEM_ENVELOPE,
                                            TW_IMAP_ITEM_BODY };
    static const struct {
        const char *name;
        guint count;
    } macros[] = { { "FAST", 3 }, { "ALL", 4 }, { "FULL", 5 } };

    for (guint i = 0; i < G_N_ELEMENTS(macros); i++) {
        if (!tw_imap_take_word(cur, macros[i].name))
            continue;
        for (guint kind = 0; kind < macros[i].count; kind++)
            tw_imap_items_add(items, kinds[kind]);
        return TRUE;
    }
    return FALSE;
}

gboolean
tw_imap_take_items(TwCursor *cur, GArray *items)
{
    if (take_macro(cur, items))
        return TRUE;
    if (!tw_imap_take_char(cur, '('))
        return take_item(cur, items);
    do {
        if (!take_item(cur, items))
            return FALSE;
    } while (tw_imap_take_char(cur, ' '));
    return tw_imap_take_char(cur, ')');
}
