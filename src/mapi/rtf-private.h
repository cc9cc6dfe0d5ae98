/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the readers of RTF share: rtf-read.c follows groups, fonts and code pages and hands text on to a sink. */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "mapi/rtf-token.h"
#include "mapi/rtf.h"

G_BEGIN_DECLS

/* What a character stands for beside text. */
typedef enum {
    RTF_PAR,
    RTF_LINE,
    RTF_TAB,
    RTF_CELL,
    RTF_ROW,
    RTF_NO_BREAK_SPACE,
    RTF_OPTIONAL_HYPHEN,
    RTF_NO_BREAK_HYPHEN,
    RTF_LEFT_QUOTE,
    RTF_RIGHT_QUOTE,
    RTF_LEFT_DOUBLE_QUOTE,
    RTF_RIGHT_DOUBLE_QUOTE,
    RTF_BULLET,
    RTF_EN_DASH,
    RTF_EM_DASH,
    RTF_EN_SPACE,
    RTF_EM_SPACE,
    RTF_ZERO_WIDTH_JOINER,
    RTF_ZERO_WIDTH_NON_JOINER,
    RTF_SPECIAL_COUNT
} RtfSpecial;

typedef enum {
    RTF_INTO_TEXT,
    RTF_INTO_NOTHING,
    RTF_INTO_FONTS,
    RTF_INTO_COLORS,
    RTF_INTO_HTML_TAG,
    RTF_INTO_FIELD /* the instruction of a field, for its link */
} RtfDestination;

enum {
    RTF_BOLD = 1u << 0,
    RTF_ITALIC = 1u << 1,
    RTF_UNDERLINE = 1u << 2,
    RTF_STRIKE = 1u << 3,
    RTF_SUB = 1u << 4,
    RTF_SUPER = 1u << 5,
    RTF_HIDDEN = 1u << 6
};

/* How characters look. Compared with memcmp: no padding. */
typedef struct {
    gint32 font;
    guint16 half_points;
    guint16 color;
    guint16 flags;
    guint16 link; /* 0, or place + 1 in the reader's links */
} RtfLook;

/* What a group saves. */
typedef struct {
    RtfLook look;
    RtfDestination destination;
    guint8 unicode_skip; /* \ucN */
    guint8 align;        /* 'l', 'c', 'r', 'j' */
    gboolean only_rtf;   /* inside \htmlrtf */
} RtfState;

typedef struct {
    guint codepage;
    char *name; /* (owned) UTF-8 */
} RtfFont;

typedef struct RtfReader RtfReader;

/* Where text goes. Text is UTF-8, in pieces that may end anywhere between characters. */
typedef struct {
    gboolean original_html; /* follow \htmltag and \htmlrtf */
    void (*text)(RtfReader *reader, const char *text, gsize len);
    void (*special)(RtfReader *reader, RtfSpecial special);
    void (*html_tag)(RtfReader *reader); /* a group of markup begins; may be NULL */
} RtfSink;

struct RtfReader {
    const RtfSink *sink;
    TwBuffer out; /* what the sink writes to */
    RtfState state;
    GArray *stack;     /* of RtfState: the groups outside */
    GHashTable *fonts; /* number -> RtfFont */
    GArray *colors;    /* of guint32, 0xrrggbb; 1 << 24 for the default one */
    GPtrArray *links;  /* of char: UTF-8 */
    gint32 default_font;
    guint codepage; /* \ansicpg */

    GHashTable *decoders; /* code page -> TwCodepageReader */
    TwBuffer bytes;       /* text bytes that are not decoded yet, all of bytes_codepage */
    guint bytes_codepage;
    gunichar high; /* first half of a surrogate pair, or 0 */
    guint skip;    /* characters to pass over after \u */

    gboolean star;       /* \* was read: what cannot be followed is passed over */
    gint32 table_font;   /* the font table's current entry; -1 none */
    guint32 table_color; /* likewise */
    gboolean color_set;
    GString *field; /* the instruction being read */
    guint pending_link;

    /* the sink's own */
    gboolean started;   /* something was written */
    gboolean paragraph; /* inside <p> */
    gboolean span, anchor;
    RtfLook written; /* looks of the open span */
    char last;       /* last byte of text in the paragraph; 0 at its start */
};

/* Reads @rtf into @sink. Returns what the sink wrote, or NULL with @error as tw_rtf_to_html(). @end may be NULL. */
GBytes *rtf_read(const guint8 *rtf,
                 gsize len,
                 const RtfSink *sink,
                 void (*begin)(RtfReader *reader),
                 void (*end)(RtfReader *reader),
                 gsize max_len,
                 GError **error);

enum {
    RTF_NO_FONT = -1,
    RTF_MOST_BYTES = 1 << 16 /* bytes gathered before they are decoded */
};

/* Text as it is read: plain bytes and \'hh (those that stand in for a \u are passed over, or kept in any case), \u, a
 * character of our own. */
void rtf_read_bytes(RtfReader *r, const guint8 *data, gsize len);
void rtf_add_bytes(RtfReader *r, const guint8 *data, gsize len);
void rtf_read_unicode(RtfReader *r, gint32 param);
void rtf_put_char(RtfReader *r, gunichar c);

/* Decodes what has gathered: before anything that is not text. */
void rtf_flush_text(RtfReader *r);

/* What control words do. */
typedef enum {
    DO_SPECIAL, /* value: RtfSpecial */
    DO_FLAG,    /* value: bit of the look, off with parameter 0 */
    DO_CLEAR_FLAGS,
    DO_DESTINATION, /* value: RtfDestination */
    DO_ALIGN,       /* value: letter */
    DO_PLAIN,
    DO_FONT,
    DO_SIZE,
    DO_COLOR,
    DO_UNICODE,
    DO_UNICODE_SKIP,
    DO_CODEPAGE,
    DO_DOCUMENT_CHARSET, /* value: code page */
    DO_DEFAULT_FONT,
    DO_FONT_CHARSET,
    DO_FONT_CODEPAGE,
    DO_COLOR_PART, /* value: shift */
    DO_HTML_RTF,
    DO_HTML_TAG,
    DO_FIELD_RESULT
} RtfWordDeed;

typedef struct {
    const char *name;
    RtfWordDeed deed;
    guint value;
} RtfWord;
/* The row of a control word, or NULL for one that means nothing here. */
const RtfWord *rtf_find_word(const TwRtfToken *token);

/* The code page of a font's charset; 0 for those that take the document's (default, symbol). */
guint rtf_charset_codepage(gint32 charset);

/* The sink of ordinary RTF as HTML, rtf-html.c. */
extern const RtfSink rtf_simple_html_sink;
void rtf_simple_html_begin(RtfReader *reader);
void rtf_simple_html_end(RtfReader *reader);

/* The character that @special stands for; 0 for breaks and tabs. */
gunichar rtf_special_char(RtfSpecial special);

G_END_DECLS
