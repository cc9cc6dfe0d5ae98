/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/charset.h"

#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include "base/utf8.h"
#include "mapi/codepage.h"

enum {
    SURE = 50,           /* of ICU's confidence, of 100 */
    LEAST_TO_GUESS = 12, /* bytes over 127, fewer say nothing */
};

struct TwCharsetReader {
    char *fallback;                           /* nullable */
    const char *const *substitutes;           /* borrowed, nullable: pairs */
    guint guesses;                            /* made so far */
    guint guessed;                            /* code page of the last one */
    UCharsetDetector *guesser;                /* nullable */
    guint open_codepage;                      /* of table; 0: none is open */
    TwCodepageReader *table;                  /* nullable */
    char other_name[TW_CHARSET_MAX_NAME + 1]; /* of other */
    TwCodepageReader *other;                  /* nullable: a charset that has no code page */
};

/* Names by which mail calls the code pages of mapi/codepage.h, besides the names there; each means the set that is wide
 * enough for what such mails contain. */
static const struct {
    const char *name;
    guint codepage;
} aliases[] = {
    { "utf8", 65001 },
    { "unicode-1-1-utf-8", 65001 },
    { "x-unicode-2-0-utf-8", 65001 },
    { "ascii", 20127 },
    { "ansi_x3.4-1968", 20127 },
    { "iso646-us", 20127 },
    { "iso-8859-1", 1252 },
    { "iso_8859-1", 1252 },
    { "iso8859-1", 1252 },
    { "latin1", 1252 },
    { "latin-1", 1252 },
    { "l1", 1252 },
    { "cp1252", 1252 },
    { "x-ansi", 1252 },
    { "ansi", 1252 },
    { "iso-8859-9", 1254 },
    { "iso8859-9", 1254 },
    { "latin5", 1254 },
    { "iso-8859-11", 874 },
    { "tis-620", 874 },
    { "cp874", 874 },
    { "gb2312", 54936 },
    { "gb_2312-80", 54936 },
    { "gbk", 54936 },
    { "x-gbk", 54936 },
    { "cp936", 54936 },
    { "euc-cn", 54936 },
    { "gb18030", 54936 },
    { "gb-18030", 54936 },
    { "hz", 52936 },
    { "big5", 950 },
    { "big-5", 950 },
    { "cn-big5", 950 },
    { "cp950", 950 },
    { "shift-jis", 932 },
    { "shiftjis", 932 },
    { "x-sjis", 932 },
    { "sjis", 932 },
    { "ms_kanji", 932 },
    { "cp932", 932 },
    { "windows-31j", 932 },
    { "iso-2022-jp-1", 50220 },
    { "iso-2022-jp-ms", 50220 },
    { "cp50220", 50220 },
    { "cp50221", 50220 },
    { "euc-jp", 51932 },
    { "x-euc-jp", 51932 },
    { "euc-kr", 949 },
    { "ks_c_5601-1989", 949 },
    { "ksc5601", 949 },
    { "ks_c_5601", 949 },
    { "x-windows-949", 949 },
    { "cp949", 949 },
    { "uhc", 949 },
    { "koi8r", 20866 },
    { "koi8u", 21866 },
    { "koi8-ru", 21866 },
    { "koi8", 20866 },
    { "win-1251", 1251 },
    { "cp1250", 1250 },
    { "cp1251", 1251 },
    { "cp1253", 1253 },
    { "cp1254", 1254 },
    { "cp1255", 1255 },
    { "cp1256", 1256 },
    { "cp1257", 1257 },
    { "cp1258", 1258 },
    { "cp437", 437 },
    { "cp850", 850 },
    { "cp852", 852 },
    { "cp866", 866 },
    { "dos-866", 866 },
    { "iso8859-2", 28592 },
    { "latin2", 28592 },
    { "iso8859-5", 28595 },
    { "iso8859-7", 28597 },
    { "iso8859-8", 28598 },
    { "iso-8859-8-e", 28598 },
    { "iso8859-15", 28605 },
    { "latin-9", 28605 },
    { "latin9", 28605 },
    { "mac", 10000 },
    { "x-mac-roman", 10000 },
    { "macroman", 10000 },
    { "utf7", 65000 },
    { "unicode-1-1-utf-7", 65000 },
    { "x-unicode-2-0-utf-7", 65000 },
};

/* Code pages that tw_codepage_charset() knows, for finding one by that name. */
static const guint16 known[] = {
    65001, 20127, 1252,  1250,  1251,  28592, 28605, 20866, 21866, 932,   949,   950,   874,
    437,   737,   775,   850,   852,   855,   857,   858,   860,   861,   862,   863,   864,
    865,   866,   869,   1253,  1254,  1255,  1256,  1257,  1258,  10000, 10006, 10007, 10029,
    10081, 28593, 28594, 28595, 28596, 28597, 28598, 28603, 38598, 50220, 50225, 51949, 52936,
};

TwCharsetReader *
tw_charset_reader_new(const char *fallback, const char *const *substitutes)
{
    TwCharsetReader *reader = g_new0(TwCharsetReader, 1);

    reader->fallback = g_strdup(fallback);
    reader->substitutes = substitutes;
    reader->guessed = TW_CODEPAGE_WESTERN;
    return reader;
}

void
tw_charset_reader_free(TwCharsetReader *reader)
{
    if (reader == NULL)
        return;
    if (reader->guesser != NULL)
        ucsdet_close(reader->guesser);
    tw_codepage_reader_free(reader->table);
    tw_codepage_reader_free(reader->other);
    g_free(reader->fallback);
    g_free(reader);
}

static gboolean
is_name(const char *text, gsize len, const char *name)
{
    return strlen(name) == len && g_ascii_strncasecmp(text, name, len) == 0;
}

guint
tw_charset_codepage(const char *charset, gsize len)
{
    if (charset == NULL || len == 0 || len > TW_CHARSET_MAX_NAME)
        return 0;
    if (is_name(charset, len, "utf-8"))
        return TW_CODEPAGE_UTF8;
    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (is_name(charset, len, aliases[i].name))
            return aliases[i].codepage;
    }
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (is_name(charset, len, tw_codepage_charset(known[i])))
            return known[i];
    }
    return 0;
}

/* ---- what the bytes are like ---- */

static gsize
count_8bit(const guint8 *data, gsize len, gsize most)
{
    gsize count = 0;

    for (gsize i = 0; i < len && count < most; i++)
        count += data[i] >> 7;
    return count;
}

static gboolean
is_ascii(const guint8 *data, gsize len)
{
    guint64 all = 0, word;
    gsize i = 0;

    for (; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        all |= word;
    }
    for (; i < len; i++)
        all |= data[i];
    return (all & G_GUINT64_CONSTANT(0x8080808080808080)) == 0;
}

/* A charset of ISO 2022 by its escape sequences, or 0. */
static const char *
escapes_name(const guint8 *data, gsize len)
{
    const guint8 *at = data, *end = data + len;

    while ((at = memchr(at, 0x1b, (gsize) (end - at))) != NULL) {
        gsize left = (gsize) (end - at);
        if (left >= 4 && memcmp(at + 1, "$)C", 3) == 0)
            return "iso-2022-kr";
        if (left >= 4 && (memcmp(at + 1, "$)A", 3) == 0 || memcmp(at + 1, "$)G", 3) == 0))
            return "iso-2022-cn";
        if (left >= 3 && (memcmp(at + 1, "$B", 2) == 0 || memcmp(at + 1, "$@", 2) == 0 ||
                          memcmp(at + 1, "(J", 2) == 0 || memcmp(at + 1, "(I", 2) == 0))
            return "iso-2022-jp";
        at++;
    }
    return NULL;
}

/* Whether what is no UTF-8 in the text is less than what is. */
static gboolean
is_mostly_utf8(const guint8 *data, gsize len)
{
    gsize whole = 0, broken = 0;

    while (len > 0) {
        gsize valid = 0;
        gboolean all = tw_utf8_valid(data, len, &valid);
        whole += count_8bit(data, valid, valid);
        if (all)
            break;
        broken += 2; /* a sequence of two bytes outweighs it */
        data += valid + 1;
        len -= valid + 1;
    }
    return whole >= broken;
}

/* ---- putting ---- */

/* UTF-8, and without zero bytes. */
static void
put_utf8(const guint8 *data, gsize len, TwBuffer *out)
{
    while (len > 0) {
        const guint8 *zero = memchr(data, 0, len);
        gsize run = zero != NULL ? (gsize) (zero - data) : len;
        if (tw_utf8_valid(data, run, NULL))
            tw_buffer_put(out, data, run);
        else
            tw_utf8_put_sanitised(out, data, run);
        run += zero != NULL;
        data += run;
        len -= run;
    }
}

/* Removes what a converter made of zero bytes. */
static void
drop_zeros(TwBuffer *out, gsize from)
{
    gsize to;

    if (out->len == from || memchr(out->data + from, 0, out->len - from) == NULL)
        return;
    to = from;
    for (gsize i = from; i < out->len; i++) {
        if (out->data[i] != 0)
            out->data[to++] = out->data[i];
    }
    out->len = to;
}

static void
put_table(TwCodepageReader *table, const guint8 *data, gsize len, TwBuffer *out)
{
    gsize from = out->len;

    tw_codepage_reader_append(table, data, len, out);
    drop_zeros(out, from);
}

static void
put_codepage(TwCharsetReader *reader, guint codepage, const guint8 *data, gsize len, TwBuffer *out)
{
    if (reader->open_codepage != codepage) {
        tw_codepage_reader_free(reader->table);
        reader->table = tw_codepage_reader_new(codepage);
        reader->open_codepage = codepage;
    }
    if (reader->table != NULL)
        put_table(reader->table, data, len, out);
    else
        put_utf8(data, len, out);
}

/* A charset that is no code page but that ICU knows. */
static gboolean
put_other(TwCharsetReader *reader,
          const char *charset,
          gsize charset_len,
          const guint8 *data,
          gsize len,
          TwBuffer *out)
{
    if (charset_len == 0 || charset_len > TW_CHARSET_MAX_NAME)
        return FALSE;
    if (!is_name(charset, charset_len, reader->other_name)) {
        memcpy(reader->other_name, charset, charset_len);
        reader->other_name[charset_len] = '\0';
        tw_codepage_reader_free(reader->other);
        reader->other = tw_codepage_reader_new_named(reader->other_name);
    }
    if (reader->other == NULL)
        return FALSE;
    put_table(reader->other, data, len, out);
    return TRUE;
}

static guint
guess(TwCharsetReader *reader, const guint8 *data, gsize len)
{
    UErrorCode status = U_ZERO_ERROR;
    const UCharsetMatch *match;
    const char *name;
    int32_t sure;

    if (count_8bit(data, len, LEAST_TO_GUESS) < LEAST_TO_GUESS)
        return reader->guessed;
    if (reader->guesses++ >= TW_CHARSET_MAX_GUESSES)
        return reader->guessed;
    if (reader->guesser == NULL)
        reader->guesser = ucsdet_open(&status);
    if (U_FAILURE(status))
        return reader->guessed;
    ucsdet_setText(reader->guesser, (const char *) data,
                   (int32_t) MIN(len, (gsize) TW_CHARSET_GUESS_LEN), &status);
    match = ucsdet_detect(reader->guesser, &status);
    if (U_FAILURE(status) || match == NULL)
        return reader->guessed;
    sure = ucsdet_getConfidence(match, &status);
    name = ucsdet_getName(match, &status);
    if (U_SUCCESS(status) && sure >= SURE && name != NULL) {
        guint codepage = tw_charset_codepage(name, strlen(name));
        if (codepage != 0 && codepage != TW_CODEPAGE_UTF8)
            reader->guessed = codepage;
    }
    return reader->guessed;
}

/* The text says nothing of use. */
static void
put_undeclared(TwCharsetReader *reader, const guint8 *data, gsize len, TwBuffer *out)
{
    const char *fallback = reader->fallback;
    const char *escapes = escapes_name(data, len);
    guint codepage;

    if (escapes != NULL && is_ascii(data, len) &&
        put_other(reader, escapes, strlen(escapes), data, len, out))
        return;
    if (tw_utf8_valid(data, len, NULL)) {
        put_utf8(data, len, out);
        return;
    }
    codepage = fallback != NULL ? tw_charset_codepage(fallback, strlen(fallback)) : 0;
    if (codepage == 0 && fallback != NULL &&
        put_other(reader, fallback, strlen(fallback), data, len, out))
        return;
    if (codepage == 0 || codepage == TW_CODEPAGE_UTF8 || codepage == 20127)
        codepage = guess(reader, data, len);
    put_codepage(reader, codepage, data, len, out);
}

/* Charsets in which a byte below 128 need not be that character. */
static gboolean
has_states(guint codepage)
{
    return (codepage >= 50220 && codepage <= 50229) || codepage == 52936 || codepage == 65000;
}

gboolean
tw_charset_is_plain(const char *charset)
{
    static const char all[] =
        "\t\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
        "abcdefghijklmnopqrstuvwxyz{|}~";
    guint codepage = tw_charset_codepage(charset, strlen(charset));
    TwCodepageReader *reader =
        codepage != 0 ? tw_codepage_reader_new(codepage) : tw_codepage_reader_new_named(charset);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4 * sizeof all);
    gboolean plain;

    if (codepage == TW_CODEPAGE_UTF8 || codepage == 20127) {
        tw_codepage_reader_free(reader);
        return TRUE;
    }
    if (reader == NULL)
        return FALSE;
    tw_codepage_reader_append(reader, (const guint8 *) all, sizeof all - 1, &out);
    plain = out.len == sizeof all - 1 && memcmp(out.data, all, sizeof all - 1) == 0;
    tw_codepage_reader_free(reader);
    return plain;
}

/* What a name that nobody knows means here, or the name. */
static const char *
substitute(const TwCharsetReader *reader, const char *charset, gsize *len)
{
    const char *const *pairs = reader->substitutes;

    for (; charset != NULL && pairs != NULL && pairs[0] != NULL && pairs[1] != NULL; pairs += 2) {
        if (is_name(charset, *len, pairs[0])) {
            *len = strlen(pairs[1]);
            return pairs[1];
        }
    }
    return charset;
}

void
tw_charset_read(TwCharsetReader *reader,
                const char *charset,
                gsize charset_len,
                const guint8 *data,
                gsize len,
                TwBuffer *out)
{
    guint codepage = tw_charset_codepage(charset, charset_len);

    if (len == 0)
        return;
    if (codepage == 0 && reader->substitutes != NULL) {
        charset = substitute(reader, charset, &charset_len);
        codepage = tw_charset_codepage(charset, charset_len);
    }
    if ((codepage != 0 && !has_states(codepage) && is_ascii(data, len) &&
         (codepage != 20127 || memchr(data, 0x1b, len) == NULL)) ||
        (codepage == TW_CODEPAGE_WESTERN && tw_utf8_valid(data, len, NULL))) {
        put_utf8(data, len, out);
    } else if (codepage == TW_CODEPAGE_UTF8) {
        if (is_mostly_utf8(data, len))
            put_utf8(data, len, out);
        else
            put_undeclared(reader, data, len, out);
    } else if (codepage != 0 && codepage != 20127) {
        put_codepage(reader, codepage, data, len, out);
    } else if (codepage == 20127 || !put_other(reader, charset, charset_len, data, len, out)) {
        put_undeclared(reader, data, len, out);
    }
}
