/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   reply    = *( code "-" [ text ] CRLF ) code [ SP text ] CRLF
 *   code     = %x32-35 2DIGIT ; servers use second digits beyond the five of the RFC
 *   text     = [ class "." subject "." detail SP ] anything
 */
#include "net/smtp-reply.h"

#include <string.h>

#include "base/cursor.h"
#include "base/number.h"

void
tw_smtp_reply_init(TwSmtpReply *reply)
{
    *reply = (TwSmtpReply){ .text = g_string_new(NULL) };
}

void
tw_smtp_reply_clear(TwSmtpReply *reply)
{
    if (reply->text != NULL)
        g_string_free(reply->text, TRUE);
    *reply = (TwSmtpReply){ 0 };
}

/* One number of an enhanced code and what must stand behind it. */
static gboolean
take_status_part(TwCursor *cur, char end, guint8 *ret)
{
    gsize digits = 0;
    guint32 value;

    while (digits < cur->left && digits < 4 && g_ascii_isdigit(cur->next[digits]))
        digits++;
    if (digits == 0 || digits > 3 || !tw_parse_u32((const char *) cur->next, digits, 999, &value))
        return FALSE;
    if (digits == cur->left ? end != ' ' : cur->next[digits] != (guint8) end)
        return FALSE;
    *ret = (guint8) MIN(value, 255);
    (void) tw_cursor_skip(cur, MIN(digits + 1, cur->left));
    return TRUE;
}

static gboolean
take_status(TwCursor *cur, guint16 code, guint8 status[3])
{
    TwCursor copy = *cur;
    guint8 found[3];

    if (!take_status_part(&copy, '.', &found[0]) || !take_status_part(&copy, '.', &found[1]) ||
        !take_status_part(&copy, ' ', &found[2]) || found[0] != code / 100)
        return FALSE;
    memcpy(status, found, sizeof found);
    *cur = copy;
    return TRUE;
}

static void
add_text(TwSmtpReply *reply, TwCursor text)
{
    gsize room = TW_SMTP_REPLY_TEXT_MAX - MIN(TW_SMTP_REPLY_TEXT_MAX, reply->text->len);
    gsize start;

    if (reply->line_count > 1 && room > 0) {
        g_string_append_c(reply->text, '\n');
        room--;
    }
    start = reply->text->len;
    g_string_append_len(reply->text, (const char *) text.next, (gssize) MIN(room, text.left));
    for (gsize i = start; i < reply->text->len; i++) {
        char c = reply->text->str[i];
        if (c == '\r' || c == '\n' || c == '\0')
            reply->text->str[i] = ' ';
    }
}

/* The line without its end: code, and whether it is the last one. */
static gboolean
take_code(TwCursor *cur, guint16 *ret_code, gboolean *ret_last)
{
    const guint8 *digits;
    guint32 code;
    guint8 separator = ' ';

    if (!tw_cursor_take(cur, 3, &digits) || !tw_parse_u32((const char *) digits, 3, 599, &code) ||
        code < 200)
        return FALSE;
    /* some servers send the bare code */
    if (tw_cursor_take_u8(cur, &separator) && separator != ' ' && separator != '-')
        return FALSE;
    *ret_code = (guint16) code;
    *ret_last = separator == ' ';
    return TRUE;
}

static void
begin_reply(TwSmtpReply *reply)
{
    g_string_truncate(reply->text, 0);
    reply->line_count = 0;
    reply->whole = FALSE;
    memset(reply->status, 0, sizeof reply->status);
}

TwSmtpReplyResult
tw_smtp_reply_add_line(TwSmtpReply *reply, const char *line, gsize len)
{
    TwCursor cur;
    guint16 code = 0;
    guint8 status[3];
    gboolean last = FALSE;

    if (reply->whole)
        begin_reply(reply);
    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    cur = tw_cursor_init(line, len);
    if (reply->bad || len > TW_SMTP_REPLY_LINE_MAX ||
        reply->line_count == TW_SMTP_REPLY_LINES_MAX || !take_code(&cur, &code, &last) ||
        (reply->line_count > 0 && code != reply->code)) {
        reply->bad = TRUE;
        return TW_SMTP_REPLY_BAD;
    }
    reply->code = code;
    reply->line_count++;
    if (take_status(&cur, code, status) && reply->status[0] == 0)
        memcpy(reply->status, status, sizeof status);
    add_text(reply, cur);
    reply->whole = last;
    return last ? TW_SMTP_REPLY_DONE : TW_SMTP_REPLY_MORE;
}
