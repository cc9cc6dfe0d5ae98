/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-address.h"

#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "convert/mail-text.h"

enum {
    MAX_PIECE = 8 * 1024 /* bytes kept of a phrase, an address or a comment while it is read */
};

/* One mailbox while it is read; raw bytes, folds and quotes removed. */
typedef struct {
    TwCharsetReader *reader;
    GArray *out;
    GByteArray *phrase, *address, *comment;
    gboolean has_address; /* "<" was met */
} Reading;

static void
keep(GByteArray *to, guint8 c)
{
    if (to->len < MAX_PIECE && c != '\0')
        g_byte_array_append(to, &c, 1);
}

static gboolean
is_space(guint8 c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
keep_space(GByteArray *to)
{
    if (to->len > 0 && to->data[to->len - 1] != ' ')
        keep(to, ' ');
}

static void
trim(GByteArray *bytes)
{
    while (bytes->len > 0 && bytes->data[bytes->len - 1] == ' ')
        g_byte_array_set_size(bytes, bytes->len - 1);
}

/* comment = "(" *(text / quoted-pair / comment) ")", after its "(" */
static void
take_comment(TwCursor *cur, GByteArray *to)
{
    gsize depth = 1;
    guint8 c;

    g_byte_array_set_size(to, 0);
    while (depth > 0 && tw_cursor_take_u8(cur, &c)) {
        if (c == '\\') {
            if (!tw_cursor_take_u8(cur, &c))
                return;
        } else if (c == '(') {
            depth++;
        } else if (c == ')') {
            depth--;
        }
        if (depth > 0) {
            if (is_space(c))
                keep_space(to);
            else
                keep(to, c);
        }
    }
}

/* quoted-string after its quote; one that is not closed runs to the end */
static void
take_quoted(TwCursor *cur, GByteArray *to)
{
    guint8 c;

    while (tw_cursor_take_u8(cur, &c) && c != '"') {
        if (c == '\\' && !tw_cursor_take_u8(cur, &c))
            return;
        if (c != '\r' && c != '\n')
            keep(to, c);
    }
}

/* angle-addr after its "<"; quotes stay, as they belong to the local part. Not closed: up to a comma. */
static void
take_angle(Reading *reading, TwCursor *cur)
{
    GByteArray *to = reading->address;
    guint8 c;

    g_byte_array_set_size(to, 0);
    reading->has_address = TRUE;
    while (cur->left > 0) {
        c = *cur->next;
        if (c == ',' && !(to->len > 0 && to->data[0] == '@'))
            return; /* a comma belongs into a route only */
        tw_cursor_skip(cur, 1);
        if (c == '>')
            return;
        if (c == '<') {
            g_byte_array_set_size(to, 0);
        } else if (c == '(') {
            take_comment(cur, reading->comment);
        } else if (c == ':' && to->len > 0 && to->data[0] == '@') {
            g_byte_array_set_size(to, 0); /* a route: "<@a,@b:c@d>" */
        } else if (c == '"') {
            keep(to, '"');
            while (tw_cursor_take_u8(cur, &c) && c != '"') {
                if (c == '\\') {
                    keep(to, c);
                    if (!tw_cursor_take_u8(cur, &c))
                        break;
                }
                keep(to, c);
            }
            keep(to, '"');
        } else if (!is_space(c)) {
            keep(to, c);
        }
    }
}

static char *
decode_name(Reading *reading, const GByteArray *raw)
{
    g_autofree char *name = tw_mail_text_decode(reading->reader, raw->data, raw->len);
    gsize len = tw_utf8_truncated_len(name, strlen(name), TW_MAIL_ADDRESS_MAX_NAME);

    return g_strndup(name, len);
}

/* Addresses are UTF-8 or ASCII; what is neither is read as text. */
static char *
decode_address(Reading *reading, const GByteArray *raw)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(4 * MAX_PIECE);
    gsize to = 0;

    tw_charset_read(reading->reader, NULL, 0, raw->data, raw->len, &text);
    for (gsize i = 0; i < text.len; i++) {
        if (text.data[i] >= ' ' && text.data[i] != 0x7f)
            text.data[to++] = text.data[i];
    }
    return to > 0 && to <= TW_MAIL_ADDRESS_MAX_LEN ? g_strndup((const char *) text.data, to)
                                                   : g_strdup("");
}

/* The last word of a phrase that has no "<", when it holds an "@": "Name name@example.org". */
static void
split_phrase(Reading *reading)
{
    GByteArray *phrase = reading->phrase;
    guint start = phrase->len;

    if (reading->has_address || phrase->len == 0 || memchr(phrase->data, '@', phrase->len) == NULL)
        return;
    while (start > 0 && phrase->data[start - 1] != ' ')
        start--;
    if (start > 0 && memchr(phrase->data + start, '@', phrase->len - start) == NULL)
        start = 0; /* "name @ example.org": all of it */
    g_byte_array_set_size(reading->address, 0);
    for (guint i = start; i < phrase->len; i++) {
        if (phrase->data[i] != ' ')
            keep(reading->address, phrase->data[i]);
    }
    g_byte_array_set_size(phrase, start);
    trim(phrase);
    reading->has_address = TRUE;
}

static void
end_mailbox(Reading *reading)
{
    TwMailAddress address = { NULL, NULL };

    trim(reading->phrase);
    split_phrase(reading);
    trim(reading->comment);
    address.address = decode_address(reading, reading->address);
    address.name =
        decode_name(reading, reading->phrase->len > 0 ? reading->phrase : reading->comment);
    if (address.name[0] == '\0') {
        g_free(address.name);
        address.name = g_strdup(address.address);
    }
    if (address.name[0] != '\0') {
        g_array_append_val(reading->out, address);
    } else {
        g_free(address.name);
        g_free(address.address);
    }
    g_byte_array_set_size(reading->phrase, 0);
    g_byte_array_set_size(reading->address, 0);
    g_byte_array_set_size(reading->comment, 0);
    reading->has_address = FALSE;
}

/* A colon ends the name of a group, which is dropped, unless it stands in what seems an address. */
static void
begin_group(Reading *reading)
{
    if (reading->has_address ||
        (reading->phrase->len > 0 &&
         memchr(reading->phrase->data, '@', reading->phrase->len) != NULL)) {
        keep(reading->phrase, ':');
        return;
    }
    g_byte_array_set_size(reading->phrase, 0);
    g_byte_array_set_size(reading->comment, 0);
}

static void
take_byte(Reading *reading, TwCursor *cur, guint8 c)
{
    switch (c) {
    case '"':
        take_quoted(cur, reading->phrase);
        break;
    case '(':
        take_comment(cur, reading->comment);
        break;
    case '<':
        take_angle(reading, cur);
        break;
    case ':':
        begin_group(reading);
        break;
    case ';': /* also of a group */
    case ',':
        end_mailbox(reading);
        break;
    default:
        if (is_space(c))
            keep_space(reading->phrase);
        else if (c != '>')
            keep(reading->phrase, c);
    }
}

static void
clear_address(gpointer data)
{
    TwMailAddress *address = data;

    g_free(address->name);
    g_free(address->address);
}

GArray *
tw_mail_addresses_parse(TwCharsetReader *reader, const guint8 *raw, gsize len, guint most)
{
    Reading reading = { .reader = reader,
                        .out = g_array_new(FALSE, FALSE, sizeof(TwMailAddress)),
                        .phrase = g_byte_array_new(),
                        .address = g_byte_array_new(),
                        .comment = g_byte_array_new() };
    TwCursor cur = tw_cursor_init(raw, len);
    guint8 c;

    g_array_set_clear_func(reading.out, clear_address);
    while (reading.out->len < most && tw_cursor_take_u8(&cur, &c))
        take_byte(&reading, &cur, c);
    if (reading.out->len < most)
        end_mailbox(&reading);
    g_byte_array_unref(reading.phrase);
    g_byte_array_unref(reading.address);
    g_byte_array_unref(reading.comment);
    return reading.out;
}
