/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * As in reader.c, what was cut at the end of a piece moves to "carry", which grows there by slices of the next piece until the
 * delimiter or the head is whole. The body is read as if CR LF stood before it, so that its first delimiter is one.
 */
#include "base/cursor.h"
#include "base/error.h"
#include "soap/mtom.h"

enum {
    SLICE = 512,
    CARRY = TW_MTOM_MAX_HEAD + TW_MTOM_MAX_BOUNDARY + 64 + SLICE,
};

typedef enum {
    PREAMBLE,  /* bytes before the first delimiter */
    DATA,      /* bytes of a part */
    DELIMITER, /* behind a delimiter: a head, or "--" */
    FINISHED,
    FAILED,
} State;

typedef enum {
    WHOLE,
    CUT,
    BAD,
} Scan;

struct TwMtomReader {
    State state;
    char delimiter[TW_MTOM_MAX_BOUNDARY + 8]; /* CR LF "--" boundary */
    gsize delimiter_len;
    guint8 carry[CARRY];
    gsize carry_at, carry_len; /* unread from carry_at to carry_len */
    TwCursor piece;
    gsize preamble;
    guint parts;
    GError *error;
};

TwMtomReader *
tw_mtom_reader_new(const TwMtomType *type)
{
    TwMtomReader *reader = g_new0(TwMtomReader, 1);
    gsize len = strlen(type->boundary);

    memcpy(reader->delimiter, "\r\n--", 4);
    memcpy(reader->delimiter + 4, type->boundary, len);
    reader->delimiter_len = len + 4;
    memcpy(reader->carry, "\r\n", 2);
    reader->carry_len = 2;
    return reader;
}

void
tw_mtom_reader_free(TwMtomReader *reader)
{
    if (reader == NULL)
        return;
    g_clear_error(&reader->error);
    g_free(reader);
}

const GError *
tw_mtom_reader_error(const TwMtomReader *reader)
{
    return reader->error;
}

void
tw_mtom_reader_feed(TwMtomReader *reader, const void *data, gsize len)
{
    g_return_if_fail(reader->piece.left == 0 || reader->state >= FINISHED);
    reader->piece = tw_cursor_init(data, len);
}

static Scan
fail(TwMtomReader *reader, TwError code, const char *message)
{
    reader->error = g_error_new_literal(TW_ERROR, (gint) code, message);
    reader->state = FAILED;
    return BAD;
}

/* How many bytes at @at are surely not of a delimiter. 0: one may begin right here. */
static gsize
free_bytes(const TwMtomReader *reader, const guint8 *at, const guint8 *end)
{
    const guint8 *p = at;

    while ((p = memchr(p, '\r', (gsize) (end - p))) != NULL) {
        gsize there = MIN((gsize) (end - p), reader->delimiter_len);
        if (memcmp(p, reader->delimiter, there) == 0)
            return (gsize) (p - at);
        p++;
    }
    return (gsize) (end - at);
}

/* Bytes of a part or of the preamble, or the delimiter behind them. */
static Scan
scan_data(
    TwMtomReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, TwMtomToken *token)
{
    gsize len = free_bytes(reader, at, end);

    if (len == 0) {
        if ((gsize) (end - at) < reader->delimiter_len)
            return CUT;
        token->kind = reader->state == DATA ? TW_MTOM_END : TW_MTOM_MORE;
        reader->state = DELIMITER;
        *ret_len = reader->delimiter_len;
        return WHOLE;
    }
    *ret_len = len;
    if (reader->state == DATA) {
        token->kind = TW_MTOM_DATA;
        token->data = at;
        token->data_len = len;
        return WHOLE;
    }
    /* the CR LF that we put there counts too */
    reader->preamble += len;
    return reader->preamble <= TW_MTOM_MAX_PREAMBLE + 2
               ? WHOLE
               : fail(reader, TW_ERROR_TOO_BIG, "too many bytes before the first part");
}

static gboolean
is_header(const char *line, gsize len, const char *name, const char **ret, gsize *ret_len)
{
    gsize name_len = strlen(name);

    if (len <= name_len || g_ascii_strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return FALSE;
    line += name_len + 1;
    len -= name_len + 1;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    *ret = line;
    *ret_len = len;
    return TRUE;
}

static gboolean
is_one_of(const char *value, gsize len, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (len == strlen(*names) && g_ascii_strncasecmp(value, *names, len) == 0)
            return TRUE;
    }
    return FALSE;
}

static Scan
read_header(TwMtomReader *reader, const char *line, gsize len, TwMtomToken *token)
{
    static const char *const plain[] = { "binary", "8bit", "7bit", NULL };
    const char *value;
    gsize value_len;

    if (is_header(line, len, "Content-Transfer-Encoding", &value, &value_len) &&
        !is_one_of(value, value_len, plain))
        return fail(reader, TW_ERROR_UNSUPPORTED, "a part whose bytes are encoded");
    if (!is_header(line, len, "Content-ID", &value, &value_len))
        return memchr(line, ':', len) != NULL
                   ? WHOLE
                   : fail(reader, TW_ERROR_CORRUPT, "a line in the head of a part");
    if (value_len >= 2 && value[0] == '<' && value[value_len - 1] == '>') {
        value++;
        value_len -= 2;
    }
    if (value_len > TW_MTOM_MAX_ID)
        return fail(reader, TW_ERROR_TOO_BIG, "the id of a part is longer than it may be");
    token->id = value;
    token->id_len = value_len;
    return WHOLE;
}

/* The lines of a head, each with its CR LF. */
static Scan
read_head(TwMtomReader *reader, const char *at, gsize len, TwMtomToken *token)
{
    while (len > 0) {
        const char *end = memmem(at, len, "\r\n", 2);
        gsize line = end != NULL ? (gsize) (end - at) : len;
        if (read_header(reader, at, line, token) != WHOLE)
            return BAD;
        len -= MIN(len, line + 2);
        at += line + 2;
    }
    return WHOLE;
}

/* What is behind a delimiter. */
static Scan
scan_head(
    TwMtomReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, TwMtomToken *token)
{
    gsize left = (gsize) (end - at), blanks = 0;
    const guint8 *stop;

    if (left < 2)
        return CUT;
    if (at[0] == '-' && at[1] == '-') {
        if (reader->parts == 0)
            return fail(reader, TW_ERROR_CORRUPT, "a frame without a part");
        reader->state = FINISHED;
        *ret_len = 2;
        return WHOLE;
    }
    stop = memmem(at, MIN(left, (gsize) TW_MTOM_MAX_HEAD), "\r\n\r\n", 4);
    if (stop == NULL)
        return left < TW_MTOM_MAX_HEAD
                   ? CUT
                   : fail(reader, TW_ERROR_TOO_BIG, "the head of a part is longer than it may be");
    while (at[blanks] == ' ' || at[blanks] == '\t')
        blanks++;
    if (at[blanks] != '\r' || at[blanks + 1] != '\n')
        return fail(reader, TW_ERROR_CORRUPT, "a delimiter that goes on");
    if (++reader->parts > TW_MTOM_MAX_PARTS)
        return fail(reader, TW_ERROR_TOO_BIG, "more parts than there may be");
    token->kind = TW_MTOM_PART;
    token->id = "";
    token->id_len = 0;
    reader->state = DATA;
    *ret_len = (gsize) (stop + 4 - at);
    if (stop == at + blanks)
        return WHOLE;
    return read_head(reader, (const char *) at + blanks + 2, (gsize) (stop + 2 - at) - blanks - 2,
                     token);
}

static gboolean
grow_carry(TwMtomReader *reader)
{
    gsize have = reader->carry_len - reader->carry_at,
          take = MIN(reader->piece.left, (gsize) SLICE);
    const guint8 *bytes;

    memmove(reader->carry, reader->carry + reader->carry_at, have);
    reader->carry_at = 0;
    reader->carry_len = have;
    if (take == 0 || !tw_cursor_take(&reader->piece, take, &bytes))
        return FALSE;
    memcpy(reader->carry + have, bytes, take);
    reader->carry_len += take;
    return TRUE;
}

TwMtomKind
tw_mtom_reader_next(TwMtomReader *reader, TwMtomToken *ret)
{
    *ret = (TwMtomToken){ .kind = TW_MTOM_MORE };
    while (reader->state < FINISHED) {
        gboolean carried = reader->carry_at < reader->carry_len;
        const guint8 *at = carried ? reader->carry + reader->carry_at : reader->piece.next;
        gsize left = carried ? reader->carry_len - reader->carry_at : reader->piece.left, len = 0;
        Scan scan;

        if (left == 0)
            return ret->kind;
        scan = reader->state == DELIMITER ? scan_head(reader, at, at + left, &len, ret)
                                          : scan_data(reader, at, at + left, &len, ret);
        if (scan == BAD)
            break;
        if (scan == CUT) {
            if (carried && grow_carry(reader))
                continue;
            if (!carried) {
                /* cut tokens are shorter than a head may be */
                memcpy(reader->carry, reader->piece.next, left);
                reader->carry_at = 0;
                reader->carry_len = left;
                reader->piece.left = 0;
            }
            return ret->kind;
        }
        if (carried)
            reader->carry_at += len;
        else
            (void) tw_cursor_skip(&reader->piece, len);
        if (ret->kind != TW_MTOM_MORE)
            return ret->kind;
    }
    if (reader->state == FINISHED)
        reader->piece.left = reader->carry_len = reader->carry_at = 0;
    return ret->kind = reader->state == FINISHED ? TW_MTOM_DONE : TW_MTOM_BAD;
}
