/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/section.h"

#include <string.h>

#include "convert/mime-header.h"

gboolean
tw_imap_message_head(const TwImapMessage *message, TwHead *ret)
{
    GBytes *head = message->mail->row.head;

    return head != NULL &&
           tw_head_open(g_bytes_get_data(head, NULL), g_bytes_get_size(head), ret, NULL);
}

gboolean
tw_imap_message_summary(TwImapMessage *message)
{
    if (message->bytes == NULL)
        message->bytes =
            tw_imap_mail_summary(message->peer, &message->peer->view.store, message->mail, NULL);
    return message->bytes != NULL &&
           tw_mail_summary_open(g_bytes_get_data(message->bytes, NULL),
                                g_bytes_get_size(message->bytes), &message->summary, NULL);
}

GBytes *
tw_imap_message_read(TwImapMessage *message, guint64 at, guint64 len)
{
    g_autoptr(GBytes) bytes =
        tw_imap_mail_read(message->peer, &message->peer->view.store, message->peer->view.folder,
                          message->row->mid, at, len, NULL);

    return bytes != NULL && g_bytes_get_size(bytes) == len ? g_steal_pointer(&bytes) : NULL;
}

/* A mail whose parts are not asked for needs no summary. */
static gboolean
find_in_head(const TwImapMessage *message, const TwImapItem *item, TwImapPlace *ret)
{
    guint32 len, header_len;
    TwHead head;

    if (item->path_count > 0 || item->fields != NULL || !tw_imap_message_head(message, &head) ||
        !tw_head_get_mail(&head, &len, &header_len) || len == G_MAXUINT32)
        return FALSE;
    *ret = (TwImapPlace){ .len = len };
    if (item->part == TW_IMAP_PART_HEADER)
        ret->len = header_len;
    if (item->part == TW_IMAP_PART_TEXT) {
        ret->at = header_len;
        ret->len = len - header_len;
    }
    return TRUE;
}

gboolean
tw_imap_message_find(TwImapMessage *message, const TwImapItem *item, TwImapPlace *ret)
{
    return find_in_head(message, item, ret) ||
           (tw_imap_message_summary(message) &&
            tw_imap_find_part(&message->summary, item->path, item->path_count, item->part, ret));
}

static gboolean
is_asked_for(const TwImapItem *item, const char *name, gsize len)
{
    for (guint i = 0; i < item->fields->len; i++) {
        const char *field = item->fields->pdata[i];

        if (strlen(field) == len && g_ascii_strncasecmp(field, name, len) == 0)
            return !item->not_fields;
    }
    return item->not_fields;
}

/* Whether the summary has all of the fields. */
static gboolean
summary_answers(const TwImapItem *item, const TwImapPlace *place)
{
    if (item->not_fields || !place->whole_header)
        return FALSE;
    for (guint i = 0; i < item->fields->len; i++) {
        const char *name = item->fields->pdata[i];
        int number = tw_mail_field_number(name, strlen(name));

        if (number < 0 || (place->cut >> number & 1) != 0)
            return FALSE;
    }
    return TRUE;
}

static void
put_summary_fields(const TwImapItem *item, const TwImapPlace *place, GByteArray *into)
{
    TwCursor cur = place->fields;
    TwMailField field;

    while (tw_mail_field_next(&cur, &field)) {
        gsize len = field.name.len;

        while (len > 0 && (field.name.text[len - 1] == ':' || field.name.text[len - 1] == ' ' ||
                           field.name.text[len - 1] == '\t'))
            len--;
        if (is_asked_for(item, field.name.text, len))
            g_byte_array_append(into, (const guint8 *) field.field.text, (guint) field.field.len);
    }
}

gboolean
tw_imap_message_fields(TwImapMessage *message,
                       const TwImapItem *item,
                       const TwImapPlace *place,
                       GByteArray *into)
{
    g_autoptr(GBytes) header = NULL;
    TwMimeField field;
    TwCursor cur;

    if (summary_answers(item, place)) {
        put_summary_fields(item, place, into);
        return TRUE;
    }
    header = tw_imap_message_read(message, place->at, place->len);
    if (header == NULL)
        return FALSE;
    cur = tw_cursor_init(g_bytes_get_data(header, NULL), g_bytes_get_size(header));
    for (;;) {
        const guint8 *start = cur.next;

        if (!tw_mime_field_next(&cur, &field))
            return TRUE;
        if (field.name_len > 0 && is_asked_for(item, (const char *) field.name, field.name_len))
            g_byte_array_append(into, start, (guint) field.field_len);
    }
}

void
tw_imap_message_clear(TwImapMessage *message)
{
    message->row = NULL;
    message->mail = NULL;
    g_clear_pointer(&message->bytes, g_bytes_unref);
}

GBytes *
tw_imap_message_section(TwImapMessage *message,
                        const TwImapItem *item,
                        guint64 most,
                        GError **error)
{
    g_autoptr(GByteArray) fields = g_byte_array_new();
    g_autoptr(GBytes) bytes = NULL;
    TwImapPlace place;

    if (!tw_imap_message_find(message, item, &place)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such section");
        return NULL;
    }
    if (place.len > most) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a section");
        return NULL;
    }
    if (item->fields == NULL) {
        bytes = tw_imap_message_read(message, place.at, place.len);
    } else if (tw_imap_message_fields(message, item, &place, fields)) {
        g_byte_array_append(fields, (const guint8 *) "\r\n", 2);
        bytes = g_byte_array_free_to_bytes(g_steal_pointer(&fields));
    }
    if (bytes == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the message is gone");
    return g_steal_pointer(&bytes);
}
