/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-coding.h"

#include <string.h>

enum {
    GZIP_LEVEL = 4, /* half the time of 6 for one or two per cent more bytes on XML */
    ZSTD_LEVEL = 3, /* its own default */
};

/* --- choosing --- */

/* "q=0.5" as thousandths; -1 if it is broken */
static int
read_quality(const char *text, gsize len)
{
    int value, scale = 100;

    if (len < 3 || (text[0] | 0x20) != 'q' || text[1] != '=' || (text[2] != '0' && text[2] != '1'))
        return -1;
    value = (text[2] - '0') * 1000;
    if (len > 3 && text[3] != '.')
        return -1;
    if (len > 7)
        return -1;
    for (gsize i = 4; i < len; i++, scale /= 10) {
        if (!g_ascii_isdigit(text[i]))
            return -1;
        value += (text[i] - '0') * scale;
    }
    return value <= 1000 ? value : -1;
}

typedef struct {
    int gzip, zstd, any, identity; /* thousandths; -1: not named */
} Wishes;

static void
note_wish(Wishes *wishes, const char *name, gsize len, int quality)
{
    if ((len == 4 && g_ascii_strncasecmp(name, "gzip", 4) == 0) ||
        (len == 6 && g_ascii_strncasecmp(name, "x-gzip", 6) == 0))
        wishes->gzip = quality;
    else if (len == 4 && g_ascii_strncasecmp(name, "zstd", 4) == 0)
        wishes->zstd = quality;
    else if (len == 8 && g_ascii_strncasecmp(name, "identity", 8) == 0)
        wishes->identity = quality;
    else if (len == 1 && name[0] == '*')
        wishes->any = quality;
}

/* One comma-separated list of "coding [; q=number]". Stops at the first thing it does not know. */
static void
read_wishes(const char *text, Wishes *wishes)
{
    for (;;) {
        gsize len;
        const char *name;
        int quality = 1000;

        text += strspn(text, ", \t");
        name = text;
        len = strcspn(text, ",; \t");
        if (len == 0)
            return;
        text += len;
        text += strspn(text, " \t");
        if (*text == ';') {
            gsize parameter_len;

            text += 1 + strspn(text + 1, " \t");
            parameter_len = strcspn(text, ", \t");
            quality = read_quality(text, parameter_len);
            if (quality < 0)
                return;
            text += parameter_len + strspn(text + parameter_len, " \t");
        }
        if (*text != ',' && *text != '\0')
            return;
        note_wish(wishes, name, len, quality);
    }
}

TwHttpCoding
tw_http_coding_choose(const TwHttpHead *head)
{
    Wishes wishes = { -1, -1, -1, -1 };
    const char *value;
    guint index = 0;

    while ((value = tw_http_head_get_next(head, "Accept-Encoding", &index)) != NULL)
        read_wishes(value, &wishes);
    /* what is not named is as good as "*"; identity is always acceptable unless refused by name */
    if (wishes.zstd < 0)
        wishes.zstd = wishes.any;
    if (wishes.gzip < 0)
        wishes.gzip = wishes.any;
    if (wishes.zstd > 0 && wishes.zstd >= wishes.gzip && wishes.zstd >= wishes.identity)
        return TW_HTTP_CODING_ZSTD;
    if (wishes.gzip > 0 && wishes.gzip >= wishes.identity)
        return TW_HTTP_CODING_GZIP;
    return TW_HTTP_CODING_IDENTITY;
}

TwHttpCoding
tw_http_coding_of_request(const TwHttpHead *head)
{
    const char *value = tw_http_head_get(head, "Content-Encoding");

    if (value == NULL || value[0] == '\0' || g_ascii_strcasecmp(value, "identity") == 0)
        return TW_HTTP_CODING_IDENTITY;
    if (g_ascii_strcasecmp(value, "gzip") == 0 || g_ascii_strcasecmp(value, "x-gzip") == 0)
        return TW_HTTP_CODING_GZIP;
    if (g_ascii_strcasecmp(value, "zstd") == 0)
        return TW_HTTP_CODING_ZSTD;
    return TW_HTTP_CODING_UNKNOWN;
}

const char *
tw_http_coding_name(TwHttpCoding coding)
{
    return coding == TW_HTTP_CODING_GZIP   ? "gzip"
           : coding == TW_HTTP_CODING_ZSTD ? "zstd"
                                           : "identity";
}

gboolean
tw_http_type_compresses(const char *content_type)
{
    static const char *const wholes[] = {
        "application/json", "application/xml",      "application/javascript",
        "application/wasm", "application/x-ndjson", "application/manifest+json",
        "image/svg+xml",    "application/ld+json",  "application/vnd.ms-fontobject",
        "application/rtf",  "message/rfc822",
    };
    gsize len = strcspn(content_type, "; \t");

    if (len == 17 && g_ascii_strncasecmp(content_type, "text/event-stream", len) == 0)
        return FALSE;
    if (len > 5 && g_ascii_strncasecmp(content_type, "text/", 5) == 0)
        return TRUE;
    if (len > 4 && g_ascii_strncasecmp(content_type + len - 4, "+xml", 4) == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(wholes); i++) {
        if (strlen(wholes[i]) == len && g_ascii_strncasecmp(content_type, wholes[i], len) == 0)
            return TRUE;
    }
    return FALSE;
}

/* --- coding --- */

TwCompressor *
tw_http_coding_compressor(TwHttpCoding coding)
{
    g_assert(coding == TW_HTTP_CODING_GZIP || coding == TW_HTTP_CODING_ZSTD);
    return coding == TW_HTTP_CODING_GZIP ? tw_compressor_new(TW_CODING_GZIP, GZIP_LEVEL)
                                         : tw_compressor_new(TW_CODING_ZSTD, ZSTD_LEVEL);
}

TwDecompressor *
tw_http_coding_decompressor(TwHttpCoding coding, guint64 most)
{
    g_assert(coding == TW_HTTP_CODING_GZIP || coding == TW_HTTP_CODING_ZSTD);
    return tw_decompressor_new(coding == TW_HTTP_CODING_GZIP ? TW_CODING_GZIP : TW_CODING_ZSTD,
                               most, TW_HTTP_RATIO_MOST);
}
