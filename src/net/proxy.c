/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   v1 = "PROXY " ( "UNKNOWN" *any / ( "TCP4" / "TCP6" ) SP source SP destination SP port SP port ) CRLF
 *
 *   v2: offset  size  meaning
 *            0    12  signature
 *           12     1  version 2 (high half), command 0 LOCAL, 1 PROXY (low half)
 *           13     1  family 0 none, 1 IPv4, 2 IPv6, 3 Unix (high half), transport 0 none, 1 stream, 2 datagram
 *           14     2  length of what follows, big endian
 *           16        addresses: IPv4 4+4+2+2, IPv6 16+16+2+2, Unix 108+108; then extensions
 */
#include "net/proxy.h"

#include <string.h>

#include "base/cursor.h"
#include "base/number.h"

static const guint8 v2_signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                         0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
static const char v1_signature[] = "PROXY ";

/* Takes what stands before the next blank, or all of it. */
static TwCursor
take_word(TwCursor *cur)
{
    const guint8 *blank = cur->left > 0 ? memchr(cur->next, ' ', cur->left) : NULL;
    gsize len = blank != NULL ? (gsize) (blank - cur->next) : cur->left;
    TwCursor word = tw_cursor_init(cur->next, len);

    cur->next += len + (blank != NULL ? 1 : 0);
    cur->left -= len + (blank != NULL ? 1 : 0);
    return word;
}

static gboolean
parse_v1_address(TwCursor word, gboolean v6, TwAddress *ret)
{
    gboolean colon = word.left > 0 && memchr(word.next, ':', word.left) != NULL;

    return colon == v6 && tw_address_parse((const char *) word.next, word.left, ret);
}

static gboolean
parse_v1_port(TwCursor word, guint16 *ret)
{
    guint32 port;

    if (word.left > 5 || !tw_parse_u32((const char *) word.next, word.left, G_MAXUINT16, &port))
        return FALSE;
    *ret = (guint16) port;
    return TRUE;
}

/* line: behind "PROXY ", without CRLF */
static gboolean
parse_v1_line(TwCursor line, TwProxyHeader *header)
{
    TwCursor family = take_word(&line);
    gboolean v6;

    if (family.left == 7 && memcmp(family.next, "UNKNOWN", 7) == 0)
        return TRUE;
    if (line.left == 0 || line.next[line.left - 1] == ' ' || family.left != 4 ||
        memcmp(family.next, "TCP", 3) != 0 || (family.next[3] != '4' && family.next[3] != '6'))
        return FALSE;
    v6 = family.next[3] == '6';
    return parse_v1_address(take_word(&line), v6, &header->source) &&
           parse_v1_address(take_word(&line), v6, &header->destination) &&
           parse_v1_port(take_word(&line), &header->source.port) &&
           parse_v1_port(take_word(&line), &header->destination.port) && line.left == 0;
}

static TwProxyResult
parse_v1(const guint8 *data, gsize len, TwProxyHeader *ret)
{
    const gsize prefix = sizeof v1_signature - 1;
    TwProxyHeader header = { .len = 0 };
    const guint8 *lf = memchr(data, '\n', MIN(len, TW_PROXY_V1_MAX));

    if (lf == NULL)
        return len < TW_PROXY_V1_MAX ? TW_PROXY_MORE : TW_PROXY_BAD;
    header.len = (gsize) (lf - data) + 1;
    if (header.len < prefix + 2 || lf[-1] != '\r' ||
        !parse_v1_line(tw_cursor_init(data + prefix, header.len - prefix - 2), &header))
        return TW_PROXY_BAD;
    *ret = header;
    return TW_PROXY_DONE;
}

static TwAddress
inet_address(const guint8 *bytes, gsize size, guint16 port)
{
    TwAddress addr = { .family = size == 4 ? TW_ADDRESS_INET : TW_ADDRESS_INET6 };
    static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

    if (size == 16 && memcmp(bytes, mapped, sizeof mapped) == 0) {
        addr.family = TW_ADDRESS_INET;
        bytes += sizeof mapped;
        size = 4;
    }
    memcpy(addr.bytes, bytes, size);
    addr.port = port;
    return addr;
}

static gboolean
parse_v2_inet(TwCursor *cur, gsize size, TwProxyHeader *header)
{
    const guint8 *source, *destination;
    guint16 source_port, destination_port;

    if (!tw_cursor_take(cur, size, &source) || !tw_cursor_take(cur, size, &destination) ||
        !tw_cursor_take_u16be(cur, &source_port) || !tw_cursor_take_u16be(cur, &destination_port))
        return FALSE;
    header->source = inet_address(source, size, source_port);
    header->destination = inet_address(destination, size, destination_port);
    return TRUE;
}

static gboolean
parse_v2_addresses(TwCursor cur, guint8 family, TwProxyHeader *header)
{
    switch (family) {
    case 0x11:
        return parse_v2_inet(&cur, 4, header);
    case 0x21:
        return parse_v2_inet(&cur, 16, header);
    case 0x31:
        header->source.family = header->destination.family = TW_ADDRESS_UNIX;
        return cur.left >= 216;
    default:
        return (family >> 4) <= 3 && (family & 15) <= 2;
    }
}

static TwProxyResult
parse_v2(const guint8 *data, gsize len, TwProxyHeader *ret)
{
    TwCursor cur = tw_cursor_init(data, len), body;
    TwProxyHeader header = { .len = 0 };
    guint8 command, family;
    guint16 body_len;

    if (!tw_cursor_skip(&cur, sizeof v2_signature) || !tw_cursor_take_u8(&cur, &command))
        return TW_PROXY_MORE;
    if (command != 0x20 && command != 0x21)
        return TW_PROXY_BAD;
    if (!tw_cursor_take_u8(&cur, &family) || !tw_cursor_take_u16be(&cur, &body_len))
        return TW_PROXY_MORE;
    header.len = 16u + body_len;
    if (header.len > TW_PROXY_HEADER_MAX)
        return TW_PROXY_BAD;
    if (!tw_cursor_take_cursor(&cur, body_len, &body))
        return TW_PROXY_MORE;
    if (command == 0x21 && !parse_v2_addresses(body, family, &header))
        return TW_PROXY_BAD;
    *ret = header;
    return TW_PROXY_DONE;
}

TwProxyResult
tw_proxy_parse(const guint8 *data, gsize len, TwProxyHeader *ret)
{
    gsize v1 = MIN(len, sizeof v1_signature - 1), v2 = MIN(len, sizeof v2_signature);

    if (len == 0)
        return TW_PROXY_MORE;
    if (memcmp(data, v1_signature, v1) == 0)
        return parse_v1(data, len, ret);
    if (memcmp(data, v2_signature, v2) == 0)
        return parse_v2(data, len, ret);
    return TW_PROXY_BAD;
}
