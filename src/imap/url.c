/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *     url     = "/" mailbox [";UIDVALIDITY=" number] "/" message / message
 *     message = ";UID=" number ["/;SECTION=" section] ["/;PARTIAL=" number ["." number]]
 */
#include "imap/url.h"

#include <string.h>

#include "base/utf8.h"

void
tw_imap_url_clear(TwImapUrl *url)
{
    g_clear_pointer(&url->mailbox, g_free);
    tw_imap_item_clear(&url->section);
}

/* "%41" is "A"; NULL: it is no text then. */
static char *
unescape(const char *text, gsize len)
{
    g_autoptr(GString) out = g_string_sized_new(len);

    for (gsize i = 0; i < len; i++) {
        gint high, low;

        if (text[i] != '%') {
            g_string_append_c(out, text[i]);
            continue;
        }
        high = len - i > 2 ? g_ascii_xdigit_value(text[i + 1]) : -1;
        low = high >= 0 ? g_ascii_xdigit_value(text[i + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            return NULL;
        g_string_append_c(out, (char) (high << 4 | low));
        i += 2;
    }
    return tw_utf8_valid(out->str, out->len, NULL) ? g_strndup(out->str, out->len) : NULL;
}

static gboolean
take_text(TwCursor *cur, const char *text)
{
    gsize len = strlen(text);

    return cur->left >= len && g_ascii_strncasecmp((const char *) cur->next, text, len) == 0 &&
           tw_cursor_skip(cur, len);
}

/* Up to a byte, or to the end. */
static TwCursor
take_until(TwCursor *cur, char end)
{
    const guint8 *at = cur->left > 0 ? memchr(cur->next, end, cur->left) : NULL;
    TwCursor part = tw_cursor_init(cur->next, at != NULL ? (gsize) (at - cur->next) : cur->left);

    (void) tw_cursor_skip(cur, part.left);
    return part;
}

/* The delimiter of mailboxes is that of a path, too: the last "/;" in front of UID ends the name. */
static gboolean
take_mailbox(TwCursor *cur, TwImapUrl *ret)
{
    const char *text = (const char *) cur->next, *end = NULL;
    TwCursor name;
    g_autofree char *decoded = NULL;

    for (gsize i = 0; i + 6 <= cur->left && end == NULL; i++) {
        if (g_ascii_strncasecmp(text + i, "/;UID=", 6) == 0)
            end = text + i;
    }
    if (end == NULL)
        return FALSE;
    name = tw_cursor_init(cur->next, (gsize) (end - text));
    (void) tw_cursor_skip(cur, (gsize) (end - text) + 1);
    for (gsize i = 0; i < name.left; i++) {
        TwCursor rest = tw_cursor_init(name.next + i, name.left - i);

        if (!take_text(&rest, ";UIDVALIDITY="))
            continue;
        if (!tw_imap_take_number(&rest, &ret->uidvalidity) || rest.left != 0 ||
            ret->uidvalidity == 0)
            return FALSE;
        name.left = i;
    }
    decoded = name.left > 0 ? unescape((const char *) name.next, name.left) : NULL;
    ret->mailbox = g_steal_pointer(&decoded);
    return ret->mailbox != NULL;
}

static gboolean
take_section(TwCursor *cur, TwImapItem *item)
{
    TwCursor part = take_until(cur, '/');
    g_autofree char *decoded = unescape((const char *) part.next, part.left);
    g_autofree char *closed = decoded != NULL ? g_strconcat(decoded, "]", NULL) : NULL;
    TwCursor inner;

    if (closed == NULL)
        return FALSE;
    inner = tw_cursor_init(closed, strlen(closed));
    return tw_imap_take_section(&inner, item, TRUE) && inner.left == 0;
}

static gboolean
take_partial(TwCursor *cur, TwImapItem *item)
{
    item->partial = TRUE;
    item->count = G_MAXUINT32;
    return tw_imap_take_number(cur, &item->first) &&
           (!tw_imap_take_char(cur, '.') ||
            (tw_imap_take_number(cur, &item->count) && item->count > 0));
}

static gboolean
take_message(TwCursor *cur, TwImapUrl *ret)
{
    if (!take_text(cur, ";UID=") || !tw_imap_take_number(cur, &ret->uid) || ret->uid == 0)
        return FALSE;
    if (take_text(cur, "/;SECTION=") && !take_section(cur, &ret->section))
        return FALSE;
    return (!take_text(cur, "/;PARTIAL=") || take_partial(cur, &ret->section)) && cur->left == 0;
}

gboolean
tw_imap_url_parse(const char *text, TwImapUrl *ret)
{
    g_auto(TwImapUrl) url = { .section = { .kind = TW_IMAP_ITEM_SECTION } };
    gsize len = strlen(text);
    TwCursor cur = tw_cursor_init(text, len);

    if (len > TW_IMAP_URL_MAX || (tw_imap_take_char(&cur, '/') && !take_mailbox(&cur, &url)) ||
        !take_message(&cur, &url))
        return FALSE;
    *ret = url;
    url = (TwImapUrl){ 0 };
    return TRUE;
}
