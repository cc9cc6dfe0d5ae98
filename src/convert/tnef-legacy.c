/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading TNEF's old attributes: those of Microsoft Mail, which writers still put beside the property blocks, and what
 * meeting items of Schedule+ say in their own words. Each becomes a property where no property block has one.
 *
 * Dates of attributes are without a zone; they are taken for UTC, and count only where no block has the time itself.
 * Source: MS-OXTNEF 2.1.3.3; MS-OXOCAL 2.2.6.
 */
#include "base/date.h"
#include "base/error.h"
#include "base/time.h"
#include "convert/tnef-private.h"
#include "mapi/entryid.h"
#include "mapi/message-class.h"
#include "mapi/recurrence.h"
#include "mapi/tags.h"

enum {
    FLAG_MODIFIED = 0x01, /* attMessageStatus */
    FLAG_LOCAL = 0x02,
    FLAG_SUBMITTED = 0x04,
    FLAG_READ = 0x20,
    FLAG_HAS_ATTACHMENTS = 0x80,
    RENDERING_OLE = 2, /* attAttachRendData */
    RENDERING_MAC_BINARY = 1,
};

static const struct {
    const char *old, *now;
} classes[] = {
    { "IPM.Microsoft Mail.Note", "IPM.Note" },
    { "IPM.Microsoft Mail.Read Receipt", "Report.IPM.Note.IPNRN" },
    { "IPM.Microsoft Mail.Non-Delivery", "Report.IPM.Note.NDR" },
    { "IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos" },
    { "IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg" },
    { "IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent" },
    { "IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request" },
    { "IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled" },
};

const char *
tw_tnef_class_in(const char *text)
{
    for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
        if (g_ascii_strcasecmp(text, classes[i].old) == 0)
            return classes[i].now;
    }
    return text;
}

const char *
tw_tnef_class_out(const char *text)
{
    for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
        if (g_ascii_strcasecmp(text, classes[i].now) == 0)
            return classes[i].old;
    }
    return NULL;
}

/* Sets @value where no property block has the property. */
static void
set_legacy(TwTnefReader *reader, TwObject *node, const TwPropValue *value)
{
    guint id = tw_prop_tag_id(value->tag);

    if (node == reader->message ? (reader->blocked[id / 8] & 1u << id % 8) != 0
                                : tw_object_has(node, tw_prop_tag(id, TW_PT_UNSPECIFIED)))
        return;
    tw_tnef_set(reader, node, value);
}

static void
set_text(TwTnefReader *reader, TwObject *node, guint32 tag, const guint8 *data, gsize len)
{
    gsize text_len = 0;
    g_autofree char *text = tw_tnef_text(reader, data, len, &text_len);
    TwPropValue value = tw_value_text(tag, text, text_len);

    if (text != NULL)
        set_legacy(reader, node, &value);
}

static void
set_class(TwTnefReader *reader, guint32 tag, const guint8 *data, gsize len)
{
    gsize text_len = 0;
    g_autofree char *text = tw_tnef_text(reader, data, len, &text_len);
    TwPropValue value;

    if (text == NULL || !tw_message_class_check(text, NULL)) {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    value = tw_value_str(tag, tw_tnef_class_in(text));
    set_legacy(reader, reader->message, &value);
}

/* Seven numbers: year, month, day, hour, minute, second, weekday. */
static void
set_date(TwTnefReader *reader, TwObject *node, guint32 tag, const guint8 *data, gsize len)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint16 parts[6];
    TwDate date = { .us = 0, .offset_min = 0 };
    gint64 us;
    guint64 filetime;

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (!tw_cursor_take_u16le(&cur, &parts[i])) {
            reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
            return;
        }
    }
    date.year = parts[0];
    date.month = parts[1];
    date.day = parts[2];
    date.hour = parts[3];
    date.minute = parts[4];
    date.second = parts[5];
    if (parts[0] == 0)
        return; /* not set */
    if (tw_date_to_us(&date, &us) && tw_time_to_filetime(us, &filetime)) {
        TwPropValue value = tw_value_i8(tag, (gint64) filetime);

        set_legacy(reader, node, &value);
    } else {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
    }
}

/* Bytes written as hexadecimal text. */
static void
set_hex(TwTnefReader *reader, guint32 tag, const guint8 *data, gsize len)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(256);
    TwPropValue value;

    for (gsize i = 0; i + 1 < len && data[i] != '\0'; i += 2) {
        int high = g_ascii_xdigit_value((char) data[i]);
        int low = g_ascii_xdigit_value((char) data[i + 1]);

        if (high < 0 || low < 0)
            break;
        tw_buffer_put_u8(&bytes, (guint8) (high << 4 | low));
    }
    if (tw_buffer_failed(&bytes) || bytes.len == 0)
        return;
    value = tw_value_bytes(tag, bytes.data, bytes.len);
    set_legacy(reader, reader->message, &value);
}

/* Who: the four properties that say it, and an entry id of one who is in no address book. */
typedef struct {
    guint32 name, type, address, entryid;
} WhoTags;

static const WhoTags sender_tags = { PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS,
                                     PR_SENDER_ENTRYID };
static const WhoTags representing_tags = { PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
                                           PR_SENT_REPRESENTING_EMAIL_ADDRESS,
                                           PR_SENT_REPRESENTING_ENTRYID };
static const WhoTags received_tags = { PR_RCVD_REPRESENTING_NAME, PR_RCVD_REPRESENTING_ADDRTYPE,
                                       PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
                                       PR_RCVD_REPRESENTING_ENTRYID };

/* @address is "SMTP:someone@example.org". */
static void
set_who(TwTnefReader *reader,
        const WhoTags *tags,
        const guint8 *name,
        gsize name_len,
        const guint8 *address,
        gsize address_len)
{
    gsize len;
    g_autofree char *shown = tw_tnef_text(reader, name, name_len, &len);
    g_autofree char *typed = tw_tnef_text(reader, address, address_len, &len);
    char *colon = typed != NULL ? strchr(typed, ':') : NULL;
    const char *bare = colon != NULL ? colon + 1 : typed;
    g_autofree char *type = colon != NULL ? g_strndup(typed, (gsize) (colon - typed)) : NULL;
    g_auto(TwBuffer) entryid = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    TwOneOff one_off = { .flags = 0, .name = shown, .address_type = type, .address = NULL };
    TwPropValue value;

    if (shown == NULL || typed == NULL)
        return;
    if (type == NULL)
        one_off.address_type = type = g_strdup("SMTP");
    value = tw_value_str(tags->name, shown);
    set_legacy(reader, reader->message, &value);
    if (*bare == '\0')
        return;
    value = tw_value_str(tags->type, type);
    set_legacy(reader, reader->message, &value);
    value = tw_value_str(tags->address, bare);
    set_legacy(reader, reader->message, &value);
    {
        g_autofree char *copy = g_strdup(bare);

        one_off.address = copy;
        tw_one_off_write(&one_off, &entryid);
    }
    if (tw_buffer_failed(&entryid))
        return;
    value = tw_value_bytes(tags->entryid, entryid.data, entryid.len);
    set_legacy(reader, reader->message, &value);
}

/* attFrom: u16 kind, u16 size, u16 name length, u16 address length, name, address. */
static void
read_from(TwTnefReader *reader, const guint8 *data, gsize len)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint16 kind, size, name_len, address_len;
    const guint8 *name, *address;

    if (tw_cursor_take_u16le(&cur, &kind) && tw_cursor_take_u16le(&cur, &size) &&
        tw_cursor_take_u16le(&cur, &name_len) && tw_cursor_take_u16le(&cur, &address_len) &&
        tw_cursor_take(&cur, name_len, &name) && tw_cursor_take(&cur, address_len, &address))
        set_who(reader, &sender_tags, name, name_len, address, address_len);
    else
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
}

/* attOwner, attSentFor, attDelegate: u16 length, name, u16 length, address. */
static void
read_who(TwTnefReader *reader, const WhoTags *tags, const guint8 *data, gsize len)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint16 name_len, address_len;
    const guint8 *name, *address;

    if (tw_cursor_take_u16le(&cur, &name_len) && tw_cursor_take(&cur, name_len, &name) &&
        tw_cursor_take_u16le(&cur, &address_len) && tw_cursor_take(&cur, address_len, &address))
        set_who(reader, tags, name, name_len, address, address_len);
    else
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
}

static void
read_status(TwTnefReader *reader, guint8 status)
{
    guint32 flags = 0;
    TwPropValue value;

    flags |= status & FLAG_READ ? 0x01u : 0;
    flags |= status & FLAG_MODIFIED ? 0 : 0x02u;
    flags |= status & FLAG_SUBMITTED ? 0x04u : 0;
    flags |= status & FLAG_LOCAL ? 0x08u : 0;
    flags |= status & FLAG_HAS_ATTACHMENTS ? 0x10u : 0;
    value = tw_value_long(PR_MESSAGE_FLAGS, flags);
    set_legacy(reader, reader->message, &value);
}

/* 1 is high, 2 normal, 3 low. */
static void
read_priority(TwTnefReader *reader, guint16 priority)
{
    TwPropValue value;

    if (priority < 1 || priority > 3) {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    value = tw_value_long(PR_IMPORTANCE, 3u - priority);
    set_legacy(reader, reader->message, &value);
    value = tw_value_long(PR_PRIORITY, 2u - priority);
    set_legacy(reader, reader->message, &value);
}

/* u16 kind, u32 position, u16 width, u16 height, u32 flags. */
static void
read_rendering(TwTnefReader *reader, const guint8 *data, gsize len)
{
    static const guint8 mac_binary[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x03, 0x0b, 0x01 };
    TwCursor cur = tw_cursor_init(data, len);
    guint16 kind;
    guint32 position, flags;
    TwPropValue value;

    if (!tw_cursor_take_u16le(&cur, &kind) || !tw_cursor_take_u32le(&cur, &position)) {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    value = tw_value_long(PR_ATTACH_METHOD, kind == RENDERING_OLE ? 6 : 1);
    set_legacy(reader, reader->attachment, &value);
    value = tw_value_long(PR_RENDERING_POSITION, position);
    set_legacy(reader, reader->attachment, &value);
    if (tw_cursor_skip(&cur, 4) && tw_cursor_take_u32le(&cur, &flags) &&
        (flags & RENDERING_MAC_BINARY) != 0) {
        value = tw_value_bytes(PR_ATTACH_ENCODING, mac_binary, sizeof mac_binary);
        set_legacy(reader, reader->attachment, &value);
    }
}

static void
read_number(TwTnefReader *reader, guint32 id, const guint8 *data, gsize len)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint8 byte;
    guint16 word;
    guint32 number;
    TwPropValue value;

    if (id == TW_TNEF_STATUS && tw_cursor_take_u8(&cur, &byte)) {
        read_status(reader, byte);
    } else if (id == TW_TNEF_PRIORITY && tw_cursor_take_u16le(&cur, &word)) {
        read_priority(reader, word);
    } else if (id == TW_TNEF_REQUEST_RESPONSE && tw_cursor_take_u16le(&cur, &word)) {
        value = tw_value_bool(PR_RESPONSE_REQUESTED, word != 0);
        set_legacy(reader, reader->message, &value);
    } else if (id == TW_TNEF_AID_OWNER && tw_cursor_take_u32le(&cur, &number)) {
        value = tw_value_long(PR_OWNER_APPT_ID, number);
        set_legacy(reader, reader->message, &value);
    } else {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
    }
}

/* Attributes that mean an attachment stand among those of the message when a level is wrong. */
static void
read_attachment_legacy(TwTnefReader *reader, guint32 id, const guint8 *data, gsize len)
{
    TwObject *attachment = reader->attachment;
    TwPropValue value;

    if (attachment == NULL) {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    switch (id) {
    case TW_TNEF_ATTACH_RENDERING:
        read_rendering(reader, data, len);
        break;
    case TW_TNEF_ATTACH_DATA:
        if (tw_object_get_embedded(attachment) != NULL)
            break;
        if (len > TW_TNEF_MAX_VALUE) {
            reader->budget->notes |= TW_TNEF_NOTE_LIMIT;
            break;
        }
        value = tw_value_bytes(PR_ATTACH_DATA_BIN, data, len);
        set_legacy(reader, attachment, &value);
        break;
    case TW_TNEF_ATTACH_TITLE:
        set_text(reader, attachment, PR_ATTACH_FILENAME, data, len);
        set_text(reader, attachment, PR_DISPLAY_NAME, data, len);
        break;
    case TW_TNEF_ATTACH_METAFILE:
        value = tw_value_bytes(PR_ATTACH_RENDERING, data, len);
        set_legacy(reader, attachment, &value);
        break;
    case TW_TNEF_ATTACH_CREATED:
        set_date(reader, attachment, PR_CREATION_TIME, data, len);
        break;
    case TW_TNEF_ATTACH_MODIFIED:
        set_date(reader, attachment, PR_LAST_MODIFICATION_TIME, data, len);
        break;
    case TW_TNEF_ATTACH_TRANSPORT_NAME:
        set_text(reader, attachment, PR_ATTACH_TRANSPORT_NAME, data, len);
        break;
    default:
        break;
    }
}

/* A response names its organiser as the one for whom it was received. */
static const WhoTags *
owner_tags(TwTnefReader *reader)
{
    const char *class = tw_object_get_text(reader->message, PR_MESSAGE_CLASS, "");

    return tw_message_class_is(class, "IPM.Schedule.Meeting.Resp") ? &received_tags
                                                                   : &representing_tags;
}

void
tw_tnef_read_legacy(TwTnefReader *reader, guint32 id, const guint8 *data, gsize len)
{
    TwObject *message = reader->message;

    switch (id) {
    case TW_TNEF_CLASS:
        set_class(reader, PR_MESSAGE_CLASS, data, len);
        break;
    case TW_TNEF_ORIGINAL_CLASS:
        set_class(reader, PR_ORIG_MESSAGE_CLASS, data, len);
        break;
    case TW_TNEF_FROM:
        read_from(reader, data, len);
        break;
    case TW_TNEF_OWNER:
        read_who(reader, owner_tags(reader), data, len);
        break;
    case TW_TNEF_SENT_FOR:
        read_who(reader, &representing_tags, data, len);
        break;
    case TW_TNEF_DELEGATE:
        read_who(reader, &received_tags, data, len);
        break;
    case TW_TNEF_SUBJECT:
        set_text(reader, message, PR_SUBJECT, data, len);
        break;
    case TW_TNEF_BODY:
        set_text(reader, message, PR_BODY, data, len);
        break;
    case TW_TNEF_DATE_SENT:
        set_date(reader, message, PR_CLIENT_SUBMIT_TIME, data, len);
        break;
    case TW_TNEF_DATE_RECEIVED:
        set_date(reader, message, PR_MESSAGE_DELIVERY_TIME, data, len);
        break;
    case TW_TNEF_DATE_MODIFIED:
        set_date(reader, message, PR_LAST_MODIFICATION_TIME, data, len);
        break;
    case TW_TNEF_DATE_START:
        set_date(reader, message, PR_START_DATE, data, len);
        break;
    case TW_TNEF_DATE_END:
        set_date(reader, message, PR_END_DATE, data, len);
        break;
    case TW_TNEF_MESSAGE_ID:
        set_hex(reader, PR_SEARCH_KEY, data, len);
        break;
    case TW_TNEF_PARENT_ID:
        set_hex(reader, PR_PARENT_KEY, data, len);
        break;
    case TW_TNEF_CONVERSATION_ID:
        set_hex(reader, PR_CONVERSATION_KEY, data, len);
        break;
    case TW_TNEF_STATUS:
    case TW_TNEF_PRIORITY:
    case TW_TNEF_REQUEST_RESPONSE:
    case TW_TNEF_AID_OWNER:
        read_number(reader, id, data, len);
        break;
    default:
        read_attachment_legacy(reader, id, data, len);
        break;
    }
}
