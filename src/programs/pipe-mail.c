/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/pipe-mail.h"

#include <string.h>

#include "base/date.h"
#include "convert/mime-header.h"

enum {
    MOST_FIELDS = 1000,
    MOST_ADDRESS = 1000,
};

static gboolean
has_bare_lines(const guint8 *data, gsize len)
{
    const guint8 *lf = memchr(data, '\n', len);

    return lf != NULL && (lf == data || lf[-1] != '\r');
}

static GBytes *
with_returns(const guint8 *data, gsize len)
{
    GByteArray *out = g_byte_array_sized_new((guint) MIN(len + len / 16, G_MAXUINT / 2));

    for (gsize at = 0; at < len;) {
        const guint8 *lf = memchr(data + at, '\n', len - at);
        gsize n = lf != NULL ? (gsize) (lf - data) - at : len - at;

        g_byte_array_append(out, data + at, (guint) n);
        if (lf != NULL && n > 0 && lf[-1] == '\r')
            g_byte_array_append(out, lf, 1);
        else if (lf != NULL)
            g_byte_array_append(out, (const guint8 *) "\r\n", 2);
        at += n + 1;
    }
    return g_byte_array_free_to_bytes(out);
}

GBytes *
tw_pipe_mail(GBytes *text)
{
    gsize len, skip = 0;
    const guint8 *data = g_bytes_get_data(text, &len);

    if (len >= 5 && memcmp(data, "From ", 5) == 0) {
        const guint8 *lf = memchr(data, '\n', len);
        skip = lf != NULL ? (gsize) (lf - data) + 1 : len;
    }
    if (len > skip && has_bare_lines(data + skip, len - skip))
        return with_returns(data + skip, len - skip);
    return g_bytes_new_from_bytes(text, skip, len - skip);
}

static gboolean
find_field(GBytes *mail, const char *name, TwMimeField *ret)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(mail, &len);
    TwCursor cur = tw_cursor_init(data, len);

    for (guint i = 0; i < MOST_FIELDS && tw_mime_field_next(&cur, ret); i++) {
        if (tw_mime_field_is(ret, name))
            return TRUE;
    }
    return FALSE;
}

/* What stands in the last angle brackets, else all of it; nothing that an envelope cannot hold. */
static char *
address_in(const TwMimeField *field)
{
    GString *line = tw_mime_unfold(field->value, field->value_len);
    const char *open = strrchr(line->str, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    char *address =
        close != NULL ? g_strndup(open + 1, (gsize) (close - open - 1)) : g_strdup(line->str);

    g_string_free(line, TRUE);
    g_strstrip(address);
    for (const char *at = address; *at != '\0'; at++) {
        if ((guchar) *at <= ' ' || *at == 0x7f || strchr("<>()\\\",:;", *at) != NULL) {
            address[0] = '\0';
            break;
        }
    }
    if (strlen(address) > MOST_ADDRESS || !g_utf8_validate(address, -1, NULL))
        address[0] = '\0';
    return address;
}

char *
tw_pipe_sender(GBytes *mail)
{
    TwMimeField field;

    if (find_field(mail, "Return-Path", &field) || find_field(mail, "From", &field))
        return address_in(&field);
    return g_strdup("");
}

gint64
tw_pipe_received(GBytes *mail)
{
    TwMimeField field;
    TwDate date;
    gint64 us = 0;
    GString *line;
    const char *semicolon;

    if (!find_field(mail, "Received", &field))
        return 0;
    line = tw_mime_unfold(field.value, field.value_len);
    semicolon = strrchr(line->str, ';');
    if (semicolon == NULL || !tw_date_parse_rfc5322(semicolon + 1, strlen(semicolon + 1), &date) ||
        !tw_date_to_us(&date, &us))
        us = 0;
    g_string_free(line, TRUE);
    return MAX(us, 0);
}
