/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include "base/error.h"
#include "base/utf8.h"

enum {
    PIECE = 32768 /* bytes of text folded at once */
};

/* UTF-16, as ICU wants it. */
typedef struct {
    UChar *data;
    gint32 len;
} Units;

static void
units_clear(Units *units)
{
    g_free(units->data);
    units->data = NULL;
    units->len = 0;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Units, units_clear)

/* ICU fails here only when its data files are broken. */
static void
must(UErrorCode status)
{
    if (U_FAILURE(status))
        g_error("ICU: %s", u_errorName(status));
}

static gboolean
is_ascii(const char *text, gsize len)
{
    guint8 all = 0;

    for (gsize i = 0; i < len; i++)
        all |= (guint8) text[i];
    return all < 0x80;
}

/* Ill-formed parts become U+FFFD. len is bounded by every caller. */
static void
from_utf8(const char *text, gsize len, Units *ret)
{
    UErrorCode status = U_ZERO_ERROR;

    ret->data = g_new(UChar, len + 1); /* never more units than bytes */
    u_strFromUTF8WithSub(ret->data, (gint32) len + 1, &ret->len, text, (gint32) len, 0xfffd, NULL,
                         &status);
    must(status);
}

static void
put_utf8(TwBuffer *out, const Units *units)
{
    gsize most = (gsize) units->len * 3;
    g_autofree char *text = g_malloc(most + 1);
    UErrorCode status = U_ZERO_ERROR;
    gint32 len = 0;

    u_strToUTF8WithSub(text, (gint32) most + 1, &len, units->data, units->len, 0xfffd, NULL,
                       &status);
    must(status);
    tw_buffer_put(out, text, (gsize) len);
}

static void
normalize(const UNormalizer2 *form, Units *units)
{
    gint32 room = units->len + units->len / 2 + 16;

    for (;;) {
        UErrorCode status = U_ZERO_ERROR;
        UChar *data = g_new(UChar, (gsize) room);
        gint32 len = unorm2_normalize(form, units->data, units->len, data, room, &status);

        if (status != U_BUFFER_OVERFLOW_ERROR) {
            must(status);
            g_free(units->data);
            units->data = data;
            units->len = len;
            return;
        }
        g_free(data);
        room = len + 1;
    }
}

static void
fold_case(Units *units)
{
    gint32 room = units->len * 3 + 1; /* full folding makes three of one at most */
    UChar *data = g_new(UChar, (gsize) room);
    UErrorCode status = U_ZERO_ERROR;

    units->len = u_strFoldCase(data, room, units->data, units->len, U_FOLD_CASE_DEFAULT, &status);
    must(status);
    g_free(units->data);
    units->data = data;
}

static const UNormalizer2 *
form_of(const UNormalizer2 *(*get)(UErrorCode *) )
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *form = get(&status);

    must(status);
    return form; /* cppcheck-suppress returnDanglingLifetime ; form is ICU's own */
}

static gboolean
check_text(const char *text, gsize len, gsize most, GError **error)
{
    if (len > most) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "text of more than %" G_GSIZE_FORMAT " bytes", most);
        return FALSE;
    }
    if ((len > 0 && memchr(text, '\0', len) != NULL) || !tw_utf8_valid(text, len, NULL)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "text is not UTF-8");
        return FALSE;
    }
    return TRUE;
}

static char *
to_string(const Units *units)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXSIZE);

    put_utf8(&out, units);
    tw_buffer_put_u8(&out, 0);
    return (char *) g_steal_pointer(&out.data);
}

char *
tw_text_name_key(const char *name, gsize len, GError **error)
{
    g_auto(Units) units = { NULL, 0 };

    if (!check_text(name, len, TW_TEXT_MOST_NAME, error))
        return NULL;
    if (is_ascii(name, len))
        return len > 0 ? g_ascii_strdown(name, (gssize) len) : g_strdup("");
    from_utf8(name, len, &units);
    normalize(form_of(unorm2_getNFDInstance), &units);
    fold_case(&units);
    normalize(form_of(unorm2_getNFCInstance), &units);
    return to_string(&units);
}

char *
tw_text_nfc(const char *text, gsize len, GError **error)
{
    g_auto(Units) units = { NULL, 0 };

    if (!check_text(text, len, TW_TEXT_MOST_NORMALIZED, error))
        return NULL;
    if (is_ascii(text, len))
        return g_strndup(len > 0 ? text : "", len);
    from_utf8(text, len, &units);
    normalize(form_of(unorm2_getNFCInstance), &units);
    return to_string(&units);
}

/* The character at a place in well-formed UTF-16, and the place after it. */
static UChar32
next_character(const Units *units, gint32 *at)
{
    UChar32 c = units->data[(*at)++];

    if (c >= 0xd800 && c < 0xdc00 && *at < units->len)
        c = (c - 0xd800) * 0x400 + (units->data[(*at)++] - 0xdc00) + 0x10000;
    return c;
}

/* Simple title case, character by character. */
static void
to_title(Units *units)
{
    g_auto(Units) old = *units;
    gint32 at = 0, len = 0;

    units->data = g_new(UChar, (gsize) old.len * 2 + 1);
    while (at < old.len) {
        UChar32 c = u_totitle(next_character(&old, &at));

        U16_APPEND_UNSAFE(units->data, len, c);
    }
    units->len = len;
}

static void
drop_marks(Units *units)
{
    gint32 at = 0, len = 0;

    while (at < units->len) {
        UChar32 c = next_character(units, &at);

        if (u_charType(c) != U_NON_SPACING_MARK)
            U16_APPEND_UNSAFE(units->data, len, c);
    }
    units->len = len;
}

/* Where to end a piece: before an ASCII character, where nothing is decomposed or reordered across the cut; in
 * text without any, between two characters. */
static gsize
piece_len(const char *text, gsize len)
{
    gsize at;

    if (len <= PIECE)
        return len;
    for (at = PIECE; at > PIECE / 2; at--) {
        if ((guint8) text[at] < 0x80)
            return at;
    }
    return tw_utf8_truncated_len(text, len, PIECE);
}

static void
put_folded_piece(TwBuffer *out, const char *text, gsize len, TwTextFlags flags)
{
    g_auto(Units) units = { NULL, 0 };

    if (is_ascii(text, len)) {
        if (!tw_buffer_reserve(out, len))
            return;
        for (gsize i = 0; i < len; i++) {
            guint8 c = (guint8) text[i];
            gboolean small = (flags & TW_TEXT_IGNORE_CASE) && c >= 'a' && c <= 'z';

            out->data[out->len + i] = (guint8) (small ? c - 32 : c);
        }
        out->len += len;
        return;
    }
    from_utf8(text, len, &units);
    if (flags & TW_TEXT_IGNORE_CASE)
        to_title(&units);
    normalize(form_of(unorm2_getNFKDInstance), &units);
    if (flags & TW_TEXT_IGNORE_NONSPACING)
        drop_marks(&units);
    put_utf8(out, &units);
}

gboolean
tw_text_put_folded(TwBuffer *out, const char *text, gsize len, TwTextFlags flags)
{
    if (flags == TW_TEXT_EXACT) {
        tw_buffer_put(out, text, len);
        return !tw_buffer_failed(out);
    }
    while (len > 0 && !tw_buffer_failed(out)) {
        gsize piece = piece_len(text, len);

        put_folded_piece(out, text, piece, flags);
        text += piece;
        len -= piece;
    }
    return !tw_buffer_failed(out);
}

struct TwTextPattern {
    TwTextMatch match;
    TwTextFlags flags;
    TwBuffer folded;
};

TwTextPattern *
tw_text_pattern_new(
    const char *text, gsize len, TwTextMatch match, TwTextFlags flags, GError **error)
{
    TwTextPattern *pattern;

    if (len > TW_TEXT_MOST_PATTERN) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "search text of more than %d bytes",
                    TW_TEXT_MOST_PATTERN);
        return NULL;
    }
    pattern = g_new0(TwTextPattern, 1);
    pattern->match = match;
    pattern->flags = flags;
    pattern->folded.limit = G_MAXSIZE;
    tw_text_put_folded(&pattern->folded, text, len, flags);
    return pattern;
}

void
tw_text_pattern_free(TwTextPattern *pattern)
{
    if (pattern == NULL)
        return;
    tw_buffer_clear(&pattern->folded);
    g_free(pattern);
}

static gboolean
matches_exactly(const TwTextPattern *pattern, const char *text, gsize len)
{
    const TwBuffer *p = &pattern->folded;

    if (p->len > len || (pattern->match == TW_TEXT_WHOLE && p->len != len))
        return FALSE;
    if (p->len == 0)
        return TRUE;
    if (pattern->match == TW_TEXT_SUBSTRING)
        return memmem(text, len, p->data, p->len) != NULL;
    return memcmp(text, p->data, p->len) == 0;
}

/* The pattern at the start of the text, or the whole of it. */
static gboolean
matches_at_start(const TwTextPattern *pattern, const char *text, gsize len)
{
    const TwBuffer *p = &pattern->folded;
    g_auto(TwBuffer) folded = TW_BUFFER_INIT(G_MAXSIZE);
    gsize matched = 0;

    while (len > 0 && (matched < p->len || pattern->match == TW_TEXT_WHOLE)) {
        gsize piece = piece_len(text, len), n;

        folded.len = 0;
        put_folded_piece(&folded, text, piece, pattern->flags);
        n = MIN(folded.len, p->len - matched);
        if (n > 0 && memcmp(folded.data, p->data + matched, n) != 0)
            return FALSE;
        if (n < folded.len)
            return pattern->match == TW_TEXT_PREFIX;
        matched += n;
        text += piece;
        len -= piece;
    }
    return matched == p->len;
}

/* The pattern anywhere; the end of one piece is kept for the next. */
static gboolean
matches_within(const TwTextPattern *pattern, const char *text, gsize len)
{
    const TwBuffer *p = &pattern->folded;
    g_auto(TwBuffer) folded = TW_BUFFER_INIT(G_MAXSIZE);

    if (p->len == 0)
        return TRUE;
    while (len > 0) {
        gsize piece = piece_len(text, len), keep;

        put_folded_piece(&folded, text, piece, pattern->flags);
        if (folded.len >= p->len && memmem(folded.data, folded.len, p->data, p->len) != NULL)
            return TRUE;
        keep = MIN(folded.len, p->len - 1);
        if (keep > 0)
            memmove(folded.data, folded.data + folded.len - keep, keep);
        folded.len = keep;
        text += piece;
        len -= piece;
    }
    return FALSE;
}

gboolean
tw_text_pattern_matches(const TwTextPattern *pattern, const char *text, gsize len)
{
    if (pattern->flags == TW_TEXT_EXACT)
        return matches_exactly(pattern, text, len);
    if (pattern->match == TW_TEXT_SUBSTRING)
        return matches_within(pattern, text, len);
    return matches_at_start(pattern, text, len);
}
