/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vocabulary of RTF: what control words do, and the numbers of charsets. */
#include <string.h>

#include "mapi/rtf-private.h"

gunichar
rtf_special_char(RtfSpecial special)
{
    static const gunichar chars[RTF_SPECIAL_COUNT] = {
        [RTF_NO_BREAK_SPACE] = 0xa0,
        [RTF_OPTIONAL_HYPHEN] = 0xad,
        [RTF_NO_BREAK_HYPHEN] = 0x2011,
        [RTF_LEFT_QUOTE] = 0x2018,
        [RTF_RIGHT_QUOTE] = 0x2019,
        [RTF_LEFT_DOUBLE_QUOTE] = 0x201c,
        [RTF_RIGHT_DOUBLE_QUOTE] = 0x201d,
        [RTF_BULLET] = 0x2022,
        [RTF_EN_DASH] = 0x2013,
        [RTF_EM_DASH] = 0x2014,
        [RTF_EN_SPACE] = 0x2002,
        [RTF_EM_SPACE] = 0x2003,
        [RTF_ZERO_WIDTH_JOINER] = 0x200d,
        [RTF_ZERO_WIDTH_NON_JOINER] = 0x200c,
    };

    return chars[special];
}

/* Charsets of a font table, RTF 1.9.1 "Font table"; 1 and 2 (default, symbol) are left out. */
guint
rtf_charset_codepage(gint32 charset)
{
    static const struct {
        guint16 charset, codepage;
    } table[] = {
        { 0, 1252 },   { 77, 10000 }, { 78, 932 },   { 79, 949 },   { 80, 936 },   { 81, 950 },
        { 83, 1255 },  { 84, 1256 },  { 85, 1253 },  { 86, 1254 },  { 87, 874 },   { 88, 1250 },
        { 89, 1251 },  { 128, 932 },  { 129, 949 },  { 134, 936 },  { 136, 950 },  { 161, 1253 },
        { 162, 1254 }, { 163, 1258 }, { 177, 1255 }, { 178, 1256 }, { 186, 1257 }, { 204, 1251 },
        { 222, 874 },  { 238, 1250 }, { 254, 437 },  { 255, 850 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        if (table[i].charset == charset)
            return table[i].codepage;
    }
    return 0;
}

/* Sorted by name. */
static const RtfWord words[] = {
    { "ansi", DO_DOCUMENT_CHARSET, 1252 },
    { "ansicpg", DO_CODEPAGE, 0 },
    { "b", DO_FLAG, RTF_BOLD },
    { "blue", DO_COLOR_PART, 0 },
    { "bullet", DO_SPECIAL, RTF_BULLET },
    { "cell", DO_SPECIAL, RTF_CELL },
    { "cf", DO_COLOR, 0 },
    { "colortbl", DO_DESTINATION, RTF_INTO_COLORS },
    { "cpg", DO_FONT_CODEPAGE, 0 },
    { "deff", DO_DEFAULT_FONT, 0 },
    { "emdash", DO_SPECIAL, RTF_EM_DASH },
    { "emspace", DO_SPECIAL, RTF_EM_SPACE },
    { "endash", DO_SPECIAL, RTF_EN_DASH },
    { "enspace", DO_SPECIAL, RTF_EN_SPACE },
    { "f", DO_FONT, 0 },
    { "fcharset", DO_FONT_CHARSET, 0 },
    { "fldinst", DO_DESTINATION, RTF_INTO_FIELD },
    { "fldrslt", DO_FIELD_RESULT, 0 },
    { "fonttbl", DO_DESTINATION, RTF_INTO_FONTS },
    { "footer", DO_DESTINATION, RTF_INTO_NOTHING },
    { "footerf", DO_DESTINATION, RTF_INTO_NOTHING },
    { "footerl", DO_DESTINATION, RTF_INTO_NOTHING },
    { "footerr", DO_DESTINATION, RTF_INTO_NOTHING },
    { "fs", DO_SIZE, 0 },
    { "ftnsep", DO_DESTINATION, RTF_INTO_NOTHING },
    { "green", DO_COLOR_PART, 8 },
    { "header", DO_DESTINATION, RTF_INTO_NOTHING },
    { "headerf", DO_DESTINATION, RTF_INTO_NOTHING },
    { "headerl", DO_DESTINATION, RTF_INTO_NOTHING },
    { "headerr", DO_DESTINATION, RTF_INTO_NOTHING },
    { "htmlrtf", DO_HTML_RTF, 0 },
    { "htmltag", DO_HTML_TAG, 0 },
    { "i", DO_FLAG, RTF_ITALIC },
    { "info", DO_DESTINATION, RTF_INTO_NOTHING },
    { "ldblquote", DO_SPECIAL, RTF_LEFT_DOUBLE_QUOTE },
    { "line", DO_SPECIAL, RTF_LINE },
    { "lquote", DO_SPECIAL, RTF_LEFT_QUOTE },
    { "mac", DO_DOCUMENT_CHARSET, 10000 },
    { "nestcell", DO_SPECIAL, RTF_CELL },
    { "nestrow", DO_SPECIAL, RTF_ROW },
    { "nonesttables", DO_DESTINATION, RTF_INTO_NOTHING },
    { "nosupersub", DO_CLEAR_FLAGS, RTF_SUB | RTF_SUPER },
    { "objdata", DO_DESTINATION, RTF_INTO_NOTHING },
    { "page", DO_SPECIAL, RTF_PAR },
    { "par", DO_SPECIAL, RTF_PAR },
    { "pard", DO_ALIGN, 'l' },
    { "pc", DO_DOCUMENT_CHARSET, 437 },
    { "pca", DO_DOCUMENT_CHARSET, 850 },
    { "pict", DO_DESTINATION, RTF_INTO_NOTHING },
    { "plain", DO_PLAIN, 0 },
    { "qc", DO_ALIGN, 'c' },
    { "qj", DO_ALIGN, 'j' },
    { "ql", DO_ALIGN, 'l' },
    { "qr", DO_ALIGN, 'r' },
    { "rdblquote", DO_SPECIAL, RTF_RIGHT_DOUBLE_QUOTE },
    { "red", DO_COLOR_PART, 16 },
    { "row", DO_SPECIAL, RTF_ROW },
    { "rquote", DO_SPECIAL, RTF_RIGHT_QUOTE },
    { "rxe", DO_DESTINATION, RTF_INTO_NOTHING },
    { "sect", DO_SPECIAL, RTF_PAR },
    { "strike", DO_FLAG, RTF_STRIKE },
    { "striked", DO_FLAG, RTF_STRIKE },
    { "stylesheet", DO_DESTINATION, RTF_INTO_NOTHING },
    { "sub", DO_FLAG, RTF_SUB },
    { "super", DO_FLAG, RTF_SUPER },
    { "tab", DO_SPECIAL, RTF_TAB },
    { "tc", DO_DESTINATION, RTF_INTO_NOTHING },
    { "u", DO_UNICODE, 0 },
    { "uc", DO_UNICODE_SKIP, 0 },
    { "ul", DO_FLAG, RTF_UNDERLINE },
    { "uld", DO_FLAG, RTF_UNDERLINE },
    { "uldb", DO_FLAG, RTF_UNDERLINE },
    { "ulnone", DO_CLEAR_FLAGS, RTF_UNDERLINE },
    { "ulw", DO_FLAG, RTF_UNDERLINE },
    { "v", DO_FLAG, RTF_HIDDEN },
    { "xe", DO_DESTINATION, RTF_INTO_NOTHING },
    { "zwj", DO_SPECIAL, RTF_ZERO_WIDTH_JOINER },
    { "zwnj", DO_SPECIAL, RTF_ZERO_WIDTH_NON_JOINER },
};

const RtfWord *
rtf_find_word(const TwRtfToken *token)
{
    gsize low = 0, high = G_N_ELEMENTS(words);

    while (low < high) {
        gsize middle = low + (high - low) / 2;
        const char *name = words[middle].name;
        int order = strncmp(name, (const char *) token->data, token->len);
        if (order == 0 && name[token->len] != '\0')
            order = 1;
        if (order == 0)
            return &words[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
