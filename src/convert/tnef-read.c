/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading TNEF: the run of attributes. Property blocks are in tnef-block.c, old attributes in tnef-legacy.c.
 *
 * 1. Nothing in a stream makes it unreadable but its first four bytes: what is damaged is left out and noted.
 * 2. A property block beats an old attribute, whichever comes first.
 * 3. All of one stream, with what is embedded in it, draws on one budget.
 */
#include "convert/tnef-private.h"

#include "base/error.h"
#include "mapi/tags.h"

gboolean
tw_tnef_detect(const guint8 *data, gsize len)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint32 signature;

    return tw_cursor_take_u32le(&cur, &signature) && signature == TW_TNEF_SIGNATURE;
}

guint16
tw_tnef_checksum(const guint8 *data, gsize len)
{
    guint16 sum = 0;

    for (gsize i = 0; i < len; i++)
        sum = (guint16) (sum + data[i]);
    return sum;
}

void
tw_tnef_set(TwTnefReader *reader, TwObject *node, const TwPropValue *value)
{
    g_autoptr(GError) error = NULL;

    if (tw_object_set(node, value, &error))
        return;
    reader->budget->notes |=
        error->code == TW_ERROR_TOO_BIG ? TW_TNEF_NOTE_LIMIT : TW_TNEF_NOTE_DAMAGED;
}

char *
tw_tnef_text(TwTnefReader *reader, const guint8 *data, gsize len, gsize *ret_len)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_TNEF_MAX_VALUE);
    const guint8 *nul = len == 0 ? NULL : memchr(data, '\0', len);
    char *copy;

    if (nul != NULL)
        len = (gsize) (nul - data);
    if (reader->codepage == NULL)
        reader->codepage = tw_codepage_reader_new(TW_CODEPAGE_WESTERN);
    tw_codepage_reader_append(reader->codepage, data, len, &text);
    if (tw_buffer_failed(&text)) {
        reader->budget->notes |= TW_TNEF_NOTE_LIMIT;
        return NULL;
    }
    copy = g_malloc(text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *ret_len = text.len;
    return copy;
}

static void
read_codepage(TwTnefReader *reader, TwCursor cur)
{
    TwCodepageReader *codepage;
    guint32 number;

    if (!tw_cursor_take_u32le(&cur, &number))
        return;
    codepage = tw_codepage_reader_new(number);
    if (codepage == NULL) {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    tw_codepage_reader_free(reader->codepage);
    reader->codepage = codepage;
}

static void
read_recipients(TwTnefReader *reader, TwCursor cur)
{
    TwTnefBudget *budget = reader->budget;
    guint32 count;

    if (!tw_cursor_take_u32le(&cur, &count)) {
        budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    for (guint32 i = 0; i < count && !budget->stop; i++) {
        TwObject *row;

        if (cur.left < sizeof(guint32) || i == TW_TNEF_MAX_RECIPIENTS) {
            budget->notes |= cur.left < sizeof(guint32) ? TW_TNEF_NOTE_DAMAGED : TW_TNEF_NOTE_LIMIT;
            return;
        }
        row = tw_object_add(reader->message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
        if (row == NULL) {
            budget->notes |= TW_TNEF_NOTE_LIMIT;
            return;
        }
        if (!tw_tnef_read_block(reader, &cur, row, NULL)) {
            budget->notes |= TW_TNEF_NOTE_DAMAGED;
            return;
        }
    }
}

/* An embedded message may be told by its method only, its stream being the attachment's data. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
finish_attachment(TwTnefReader *reader)
{
    TwObject *attachment = reader->attachment;
    TwPropValue data;

    reader->attachment = NULL;
    if (attachment == NULL || reader->depth + 1 >= TW_TNEF_MAX_DEPTH ||
        tw_object_get_long(attachment, PR_ATTACH_METHOD, 0) != 5 ||
        !tw_object_get(attachment, PR_ATTACH_DATA_BIN, &data) ||
        !tw_tnef_detect(data.data, data.len))
        return;
    {
        TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
        TwCursor cur = tw_cursor_init(data.data, data.len);

        if (!tw_tnef_read_stream(reader->budget, cur, reader->depth + 1, message) ||
            !tw_object_set_embedded(attachment, message, NULL)) {
            reader->budget->notes |= TW_TNEF_NOTE_LIMIT;
            tw_object_free(message);
        }
    }
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
begin_attachment(TwTnefReader *reader)
{
    TwTnefBudget *budget = reader->budget;

    finish_attachment(reader);
    if (budget->attachments == 0) {
        budget->notes |= TW_TNEF_NOTE_LIMIT;
        budget->stop = TRUE;
        return FALSE;
    }
    budget->attachments--;
    reader->attachment =
        tw_object_add(reader->message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    if (reader->attachment == NULL) {
        budget->notes |= TW_TNEF_NOTE_LIMIT;
        budget->stop = TRUE;
    }
    return reader->attachment != NULL;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
read_attribute(TwTnefReader *reader, guint level, guint32 id, TwCursor body)
{
    TwCursor cur = body;

    if (level == TW_TNEF_LEVEL_ATTACHMENT &&
        (reader->attachment == NULL || id == TW_TNEF_ATTACH_RENDERING) && !begin_attachment(reader))
        return;
    switch (id) {
    case TW_TNEF_VERSION:
        break;
    case TW_TNEF_CODEPAGE:
        read_codepage(reader, cur);
        break;
    case TW_TNEF_PROPERTIES:
        if (!tw_tnef_read_block(reader, &cur, reader->message, reader->blocked))
            reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        break;
    case TW_TNEF_RECIPIENTS:
        read_recipients(reader, cur);
        break;
    case TW_TNEF_ATTACHMENT:
        if (level == TW_TNEF_LEVEL_ATTACHMENT &&
            !tw_tnef_read_block(reader, &cur, reader->attachment, NULL))
            reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        break;
    default:
        tw_tnef_read_legacy(reader, id, body.next, body.left);
        break;
    }
}

/* One attribute. FALSE: there is no more to read. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
next_attribute(TwTnefReader *reader, TwCursor *cur)
{
    TwTnefBudget *budget = reader->budget;
    guint8 level = 0;
    guint32 id = 0, len = 0;
    guint16 sum;
    TwCursor body;

    if (cur->left == 0 || budget->stop)
        return FALSE;
    if (!tw_cursor_take_u8(cur, &level) ||
        (level != TW_TNEF_LEVEL_MESSAGE && level != TW_TNEF_LEVEL_ATTACHMENT) ||
        !tw_cursor_take_u32le(cur, &id) || !tw_cursor_take_u32le(cur, &len)) {
        budget->notes |= TW_TNEF_NOTE_CUT;
        return FALSE;
    }
    if (budget->attributes == 0) {
        budget->notes |= TW_TNEF_NOTE_LIMIT;
        budget->stop = TRUE;
        return FALSE;
    }
    budget->attributes--;
    if (len > cur->left)
        budget->notes |= TW_TNEF_NOTE_CUT;
    tw_cursor_take_cursor(cur, MIN(len, cur->left), &body);
    read_attribute(reader, level, id, body);
    if (!tw_cursor_take_u16le(cur, &sum)) {
        budget->notes |= TW_TNEF_NOTE_CUT;
        return FALSE;
    }
    if (sum != tw_tnef_checksum(body.next, body.left))
        budget->notes |= TW_TNEF_NOTE_CHECKSUM;
    return budget->failed == NULL;
}

gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_TNEF_MAX_DEPTH */
tw_tnef_read_stream(TwTnefBudget *budget, TwCursor cur, guint depth, TwObject *message)
{
    TwTnefReader *reader;
    guint32 signature;
    guint16 key;

    if (!tw_cursor_take_u32le(&cur, &signature) || signature != TW_TNEF_SIGNATURE)
        return FALSE;
    if (!tw_cursor_take_u16le(&cur, &key)) {
        budget->notes |= TW_TNEF_NOTE_CUT;
        return TRUE;
    }
    reader = g_new0(TwTnefReader, 1);
    reader->budget = budget;
    reader->message = message;
    reader->depth = depth;
    while (next_attribute(reader, &cur))
        continue;
    finish_attachment(reader);
    if (budget->failed == NULL)
        tw_tnef_map_meeting(reader);
    tw_codepage_reader_free(reader->codepage);
    g_free(reader);
    return budget->failed == NULL;
}

gboolean
tw_tnef_decode_noted(const guint8 *data,
                     gsize len,
                     TwNameMap *names,
                     TwObject *message,
                     guint *ret_notes,
                     GError **error)
{
    TwTnefBudget budget = {
        .names = names,
        .attributes = TW_TNEF_MAX_ATTRIBUTES,
        .properties = TW_TNEF_MAX_PROPERTIES,
        .named = TW_TNEF_MAX_NAMES,
        .attachments = TW_TNEF_MAX_ATTACHMENTS,
    };

    g_return_val_if_fail(tw_object_get_kind(message) == TW_OBJECT_MESSAGE, FALSE);
    if (!tw_tnef_detect(data, len)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "no TNEF stream");
        return FALSE;
    }
    tw_tnef_read_stream(&budget, tw_cursor_init(data, len), 0, message);
    *ret_notes = budget.notes;
    if (budget.failed != NULL) {
        g_propagate_error(error, budget.failed);
        return FALSE;
    }
    return TRUE;
}

gboolean
tw_tnef_decode(const guint8 *data, gsize len, TwNameMap *names, TwObject *message, GError **error)
{
    guint notes;

    return tw_tnef_decode_noted(data, len, names, message, &notes, error);
}
