/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/codepage.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

typedef struct {
    guint16 codepage;
    const char *charset; /* as written in mail */
    const char *icu;     /* ICU's name for the table that Windows uses; NULL: @charset will do */
} CodepageRow;

static const CodepageRow codepages[] = {
    { 437, "ibm437", "ibm-437" },
    { 708, "iso-8859-6", NULL },
    { 737, "ibm737", "ibm-737" },
    { 775, "ibm775", "ibm-775" },
    { 850, "ibm850", "ibm-850" },
    { 852, "ibm852", "ibm-852" },
    { 855, "ibm855", "ibm-855" },
    { 857, "ibm857", "ibm-857" },
    { 858, "ibm858", "ibm-858" },
    { 860, "ibm860", "ibm-860" },
    { 861, "ibm861", "ibm-861" },
    { 862, "ibm862", "ibm-862" },
    { 863, "ibm863", "ibm-863" },
    { 864, "ibm864", "ibm-864" },
    { 865, "ibm865", "ibm-865" },
    { 866, "ibm866", "ibm-866" },
    { 869, "ibm869", "ibm-869" },
    { 874, "windows-874", "windows-874-2000" },
    { 932, "shift_jis", "ibm-943_P15A-2003" },
    { 936, "gb2312", "windows-936-2000" },
    { 949, "ks_c_5601-1987", "windows-949-2000" },
    { 950, "big5", "windows-950-2000" },
    { 1200, "utf-16", "UTF-16LE" },
    { 1201, "utf-16be", "UTF-16BE" },
    { 1250, "windows-1250", NULL },
    { 1251, "windows-1251", NULL },
    { 1252, "windows-1252", NULL },
    { 1253, "windows-1253", NULL },
    { 1254, "windows-1254", NULL },
    { 1255, "windows-1255", NULL },
    { 1256, "windows-1256", NULL },
    { 1257, "windows-1257", NULL },
    { 1258, "windows-1258", NULL },
    { 10000, "macintosh", NULL },
    { 10006, "x-mac-greek", "macgr" },
    { 10007, "x-mac-cyrillic", NULL },
    { 10029, "x-mac-ce", "x-mac-centraleurroman" },
    { 10081, "x-mac-turkish", NULL },
    { 12000, "utf-32", "UTF-32LE" },
    { 12001, "utf-32be", "UTF-32BE" },
    { 20127, "us-ascii", NULL },
    { 20866, "koi8-r", NULL },
    { 20932, "euc-jp", NULL },
    { 20936, "x-cp20936", "gb2312" },
    { 21866, "koi8-u", NULL },
    { 28591, "iso-8859-1", NULL },
    { 28592, "iso-8859-2", NULL },
    { 28593, "iso-8859-3", NULL },
    { 28594, "iso-8859-4", NULL },
    { 28595, "iso-8859-5", NULL },
    { 28596, "iso-8859-6", NULL },
    { 28597, "iso-8859-7", NULL },
    { 28598, "iso-8859-8", NULL },
    { 28599, "iso-8859-9", NULL },
    { 28603, "iso-8859-13", NULL },
    { 28605, "iso-8859-15", NULL },
    { 38598, "iso-8859-8-i", "iso-8859-8" },
    { 50220, "iso-2022-jp", NULL },
    { 50221, "csISO2022JP", "iso-2022-jp" },
    { 50222, "iso-2022-jp", NULL },
    { 50225, "iso-2022-kr", NULL },
    { 51932, "euc-jp", NULL },
    { 51949, "euc-kr", NULL },
    { 52936, "hz-gb-2312", "HZ" },
    { 54936, "gb18030", NULL },
    { 65000, "utf-7", NULL },
    { 65001, "utf-8", NULL },
};

struct TwCodepageReader {
    UConverter *converter;
};

static const CodepageRow *
find_codepage(guint codepage)
{
    for (guint i = 0; i < G_N_ELEMENTS(codepages); i++) {
        if (codepages[i].codepage == codepage)
            return &codepages[i];
    }
    return NULL;
}

const char *
tw_codepage_charset(guint codepage)
{
    const CodepageRow *row = find_codepage(codepage);

    return row != NULL ? row->charset : NULL;
}

/* ICU's own callback writes U+001A for some tables. */
static void
replace_broken(G_GNUC_UNUSED const void *context,
               UConverterToUnicodeArgs *args,
               G_GNUC_UNUSED const char *bytes,
               G_GNUC_UNUSED int32_t len,
               UConverterCallbackReason reason,
               UErrorCode *status)
{
    static const UChar replacement = 0xfffd;

    if (reason > UCNV_IRREGULAR)
        return; /* the converter is closed, reset or copied */
    *status = U_ZERO_ERROR;
    ucnv_cbToUWriteUChars(args, &replacement, 1, 0, status);
}

TwCodepageReader *
tw_codepage_reader_new(guint codepage)
{
    const CodepageRow *row = find_codepage(codepage);

    if (row == NULL)
        return NULL;
    return tw_codepage_reader_new_named(row->icu != NULL ? row->icu : row->charset);
}

TwCodepageReader *
tw_codepage_reader_new_named(const char *charset)
{
    UErrorCode status = U_ZERO_ERROR;
    TwCodepageReader *reader;
    UConverter *converter;

    converter = ucnv_open(charset, &status);
    if (U_FAILURE(status))
        return NULL;
    ucnv_setToUCallBack(converter, replace_broken, NULL, NULL, NULL, &status);
    reader = g_new0(TwCodepageReader, 1);
    reader->converter = converter;
    return reader;
}

static void
put_utf16_as_utf8(TwBuffer *out, const UChar *units, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        gunichar c = units[i];
        char utf8[6] = { 0 };

        if ((c & 0xfc00u) == 0xd800u && i + 1 < count)
            c = 0x10000u + ((c & 0x3ffu) << 10) + (units[++i] & 0x3ffu);
        tw_buffer_put(out, utf8, (gsize) g_unichar_to_utf8(c, utf8));
    }
}

void
tw_codepage_reader_append(TwCodepageReader *reader, const guint8 *data, gsize len, TwBuffer *out)
{
    const char *in = (const char *) data, *end = in + len;
    UErrorCode status;

    ucnv_resetToUnicode(reader->converter);
    do {
        UChar units[512] = { 0 }, *next = units;

        /* a pair may be cut between two rounds: the last place is left for its second half */
        status = U_ZERO_ERROR;
        ucnv_toUnicode(reader->converter, &next, units + G_N_ELEMENTS(units) - 1, &in, end, NULL, 1,
                       &status);
        if (next > units && (next[-1] & 0xfc00u) == 0xd800u) {
            UErrorCode again = U_ZERO_ERROR;
            ucnv_toUnicode(reader->converter, &next, next + 1, &in, end, NULL, 1, &again);
        }
        put_utf16_as_utf8(out, units, (gsize) (next - units));
    } while (status == U_BUFFER_OVERFLOW_ERROR && !tw_buffer_failed(out));
}

void
tw_codepage_reader_free(TwCodepageReader *reader)
{
    if (reader == NULL)
        return;
    ucnv_close(reader->converter);
    g_free(reader);
}
