/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The words of IMAP commands. Pure: a whole command, its literals in place ("{3}" CR LF "abc"), is read word by word.
 * Each function takes its word from the cursor and moves it on, or takes nothing and returns FALSE.
 * Source: RFC 3501, section 9; RFC 7888 (literals without waiting).
 */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_TAG_MAX = 128,
    TW_IMAP_RANGES_MAX = 10000, /* of a sequence set; each costs a look-up */
    TW_IMAP_STAR =
        G_MAXUINT32, /* "*" in a sequence set; no number is so large (RFC 3501: below 2^32 - 1) */
};

/* first may be larger than last, as it was sent. */
typedef struct {
    guint32 first, last;
} TwImapRange;

/* A literal announced at the end of a line. */
typedef struct {
    guint64 len;
    gboolean waits; /* the client waits for a go-ahead */
} TwImapLiteral;

/**
 * tw_imap_find_literal:
 * @line: (array length=len): a line with its line end
 * @len: how many bytes
 * @ret: (out): the literal at its end
 *
 * Returns: FALSE if the line announces none; a malformed one announces none, and no parser takes it for a word
 */
gboolean tw_imap_find_literal(const guint8 *line, gsize len, TwImapLiteral *ret);

/**
 * tw_imap_take_char:
 * @cur: a cursor
 * @c: a byte
 *
 * Returns: TRUE when it stood there
 */
gboolean tw_imap_take_char(TwCursor *cur, char c);

/**
 * tw_imap_take_end:
 * @cur: a cursor
 *
 * Returns: TRUE when nothing but the line end is left
 */
gboolean tw_imap_take_end(TwCursor *cur);

/**
 * tw_imap_take_tag:
 * @cur: a cursor
 * @ret: (out caller-allocates): the tag with a NUL
 *
 * Returns: FALSE if it is none, or longer than %TW_IMAP_TAG_MAX
 */
gboolean tw_imap_take_tag(TwCursor *cur, char ret[TW_IMAP_TAG_MAX + 1]);

/**
 * tw_imap_take_atom:
 * @cur: a cursor
 * @ret: (out): its bytes, borrowed from the command
 *
 * Returns: FALSE if there is none
 */
gboolean tw_imap_take_atom(TwCursor *cur, TwCursor *ret);

/**
 * tw_imap_take_word:
 * @cur: a cursor
 * @word: in capitals
 *
 * Takes an atom, or what stands before a bracket, if it is that word in any case.
 *
 * Returns: FALSE if it is another
 */
gboolean tw_imap_take_word(TwCursor *cur, const char *word);

/**
 * tw_imap_take_astring:
 * @cur: a cursor
 * @ret: (out) (transfer full): an atom, a quoted string or a literal, with a NUL; g_free()
 *
 * Returns: FALSE if there is none, or a NUL in it
 */
gboolean tw_imap_take_astring(TwCursor *cur, char **ret);

/**
 * tw_imap_take_list_mailbox:
 * @cur: a cursor
 * @ret: (out) (transfer full): as tw_imap_take_astring(), and an atom may hold "%" and "*"
 *
 * Returns: FALSE if there is none
 */
gboolean tw_imap_take_list_mailbox(TwCursor *cur, char **ret);

/**
 * tw_imap_take_number:
 * @cur: a cursor
 * @ret: (out): a number
 *
 * Returns: FALSE if there is none, or it is too large
 */
gboolean tw_imap_take_number(TwCursor *cur, guint32 *ret);

/**
 * tw_imap_take_set:
 * @cur: a cursor
 * @out: (element-type TwImapRange): takes its ranges
 *
 * Returns: FALSE if there is none, with a zero in it, or more than %TW_IMAP_RANGES_MAX ranges
 */
gboolean tw_imap_take_set(TwCursor *cur, GArray *out);

/**
 * tw_imap_take_string:
 * @cur: a cursor
 * @ret: (out) (transfer full): a quoted string or a literal, with a NUL; g_free()
 *
 * Returns: FALSE if there is none, or a NUL in it
 */
gboolean tw_imap_take_string(TwCursor *cur, char **ret);

/**
 * tw_imap_take_nstring:
 * @cur: a cursor
 * @ret: (out) (transfer full) (nullable): as tw_imap_take_string(); NULL for NIL
 *
 * Returns: FALSE if there is neither
 */
gboolean tw_imap_take_nstring(TwCursor *cur, char **ret);

/**
 * tw_imap_take_flag:
 * @cur: a cursor
 * @ret: (out) (transfer full): a keyword, or a flag with its backslash
 *
 * Returns: FALSE if there is none
 */
gboolean tw_imap_take_flag(TwCursor *cur, char **ret);

/**
 * tw_imap_take_number64:
 * @cur: a cursor
 * @ret: (out): a number below 2^63
 *
 * Returns: FALSE if there is none, or it is too large
 */
gboolean tw_imap_take_number64(TwCursor *cur, guint64 *ret);

/**
 * tw_imap_take_date:
 * @cur: a cursor
 * @ret_day: (out): days since 1 January 1970
 *
 * Takes a date such as 1-Feb-1994, with quotes or without.
 *
 * Returns: FALSE if there is none, or no such day
 */
gboolean tw_imap_take_date(TwCursor *cur, gint64 *ret_day);

/**
 * tw_imap_take_date_time:
 * @cur: a cursor
 * @ret_us: (out): microseconds since 1970
 *
 * Takes a quoted date-time such as "17-Jul-1996 02:44:25 -0700".
 *
 * Returns: FALSE if there is none, or no such time
 */
gboolean tw_imap_take_date_time(TwCursor *cur, gint64 *ret_us);

/**
 * tw_imap_put_text:
 * @out: takes it
 * @text: written as it is
 */
void tw_imap_put_text(TwBuffer *out, const char *text);

/**
 * tw_imap_put_number:
 * @out: takes it
 * @value: written in decimal
 */
void tw_imap_put_number(TwBuffer *out, guint64 value);

/**
 * tw_imap_put_astring:
 * @out: takes it
 * @text: written as an atom where it can be one, else as tw_imap_put_string() does
 */
void tw_imap_put_astring(TwBuffer *out, const char *text);

/**
 * tw_imap_put_string:
 * @out: takes it
 * @text: (array length=len): any bytes
 * @len: how many
 *
 * Writes a quoted string where it can be one, else a literal.
 */
void tw_imap_put_string(TwBuffer *out, const char *text, gsize len);

G_END_DECLS
