/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reports: of delivery (RFC 3464) and receipts (RFC 8098) as items of class REPORT.*; spec/mailbox-layout.md 22.6.
 *
 * multipart/report has a text for people, a part for machines (groups of fields) and perhaps the message it is about.
 */
#include <string.h>

#include "base/number.h"
#include "convert/mail-date.h"
#include "convert/mail-in-private.h"
#include "convert/mail-text.h"
#include "mapi/tags.h"

enum {
    MAX_GROUPS = 1000, /* recipients of a report */
    MAX_FIELD = 2000,  /* bytes of one field */
    NDR_DIAG_NONE = -1,
    NDR_DIAG_UNKNOWN = 0,
    NDR_DIAG_CONGESTION = 2,
    NDR_DIAG_LOOP = 3,
    NDR_DIAG_UNAVAILABLE = 4,
    NDR_DIAG_EXPIRED = 5,
    NDR_DIAG_TOO_LONG = 13,
    NDR_DIAG_PROHIBITED = 29,
};

/* What a group of fields says of one recipient. */
typedef struct {
    char *recipient, *original, *action, *status, *diagnostic, *remote_mta, *date;
} Group;

static void
clear_group(Group *group)
{
    g_free(group->recipient);
    g_free(group->original);
    g_free(group->action);
    g_free(group->status);
    g_free(group->diagnostic);
    g_free(group->remote_mta);
    g_free(group->date);
    *group = (Group){ 0 };
}

/* The part of the message for machines, or TW_MIME_NONE. */
static guint
find_part(const TwMailConvert *all, guint parent, const char *type, const char *const *subtypes)
{
    for (guint child = all->parts[parent].first_child; child != TW_MIME_NONE;
         child = all->parts[child].next) {
        for (guint i = 0; subtypes[i] != NULL; i++) {
            if (strcmp(all->parts[child].type, type) == 0 &&
                strcmp(all->parts[child].subtype, subtypes[i]) == 0)
                return child;
        }
    }
    return TW_MIME_NONE;
}

static void
keep(TwMailConvert *all, const TwMimeField *field, const char *name, char **to)
{
    if (*to == NULL && tw_mime_field_is(field, name))
        *to = tw_mail_text_decode(all->reader, field->value,
                                  MIN(field->value_len, (gsize) MAX_FIELD));
}

/* "rfc822; name@example.org" without its type; "dns; host" likewise. */
static const char *
without_type(const char *text)
{
    const char *mark = text != NULL ? strchr(text, ';') : NULL;

    if (mark == NULL)
        return text;
    mark++;
    while (*mark == ' ')
        mark++;
    return mark;
}

/* ---- reports of delivery ---- */

/* status = class "." subject "." detail, of one to three digits each, as class * 100 + subject * 10 + detail */
static gboolean
read_status(const char *text, guint32 *ret_code, guint *ret_subject, guint *ret_detail)
{
    guint32 fields[3];
    const char *at = text;

    for (guint i = 0; i < 3; i++) {
        gsize len = strspn(at, "0123456789");
        if (!tw_parse_u32(at, len, 999, &fields[i]))
            return FALSE;
        at += len;
        if (i < 2 && *at++ != '.')
            return FALSE;
    }
    *ret_code = fields[0] * 100 + MIN(fields[1], 9u) * 10 + MIN(fields[2], 9u);
    *ret_subject = fields[1];
    *ret_detail = fields[2];
    return TRUE;
}

/* PR_NDR_DIAG_CODE of an enhanced status: RFC 3463. */
static int
diag_code(guint subject, guint detail)
{
    if (subject == 1 && detail <= 4)
        return NDR_DIAG_UNKNOWN;
    if (subject == 1 && detail == 6)
        return NDR_DIAG_UNKNOWN;
    if ((subject == 2 && (detail == 3 || detail == 4)) || (subject == 3 && detail == 4))
        return NDR_DIAG_TOO_LONG;
    if (subject == 2)
        return NDR_DIAG_UNAVAILABLE;
    if (subject == 4 && detail == 6)
        return NDR_DIAG_LOOP;
    if (subject == 4 && detail == 7)
        return NDR_DIAG_EXPIRED;
    if (subject == 4)
        return NDR_DIAG_CONGESTION;
    if (subject == 7)
        return NDR_DIAG_PROHIBITED;
    return NDR_DIAG_NONE;
}

static const char *
class_of_action(const char *action)
{
    static const struct {
        const char *action, *message_class;
    } classes[] = {
        { "failed", "REPORT.IPM.Note.NDR" },        { "delayed", "REPORT.IPM.Note.Delayed" },
        { "delivered", "REPORT.IPM.Note.DR" },      { "relayed", "REPORT.IPM.Note.Relayed" },
        { "expanded", "REPORT.IPM.Note.Expanded" },
    };

    for (guint i = 0; action != NULL && i < G_N_ELEMENTS(classes); i++) {
        if (g_ascii_strcasecmp(action, classes[i].action) == 0)
            return classes[i].message_class;
    }
    return NULL;
}

/* The worst news is what the report is. */
static guint
weight(const char *message_class)
{
    static const char *const order[] = { "REPORT.IPM.Note.Expanded", "REPORT.IPM.Note.Relayed",
                                         "REPORT.IPM.Note.DR", "REPORT.IPM.Note.Delayed",
                                         "REPORT.IPM.Note.NDR" };

    for (guint i = 0; message_class != NULL && i < G_N_ELEMENTS(order); i++) {
        if (strcmp(order[i], message_class) == 0)
            return i + 1;
    }
    return 0;
}

static void
set_text(TwPropsBuilder *props, guint32 tag, const char *text)
{
    if (text != NULL)
        tw_mail_set_text(props, tag, text);
}

static void
add_failed(TwMailMessage *message, const Group *group, gint64 report_us)
{
    g_auto(TwPropsBuilder) props = { 0 };
    const char *address =
        without_type(group->original != NULL ? group->original : group->recipient);
    g_autoptr(GArray) list = NULL;
    guint32 code = 0;
    guint subject = 0, detail = 0;
    gboolean has_code =
        group->status != NULL && read_status(group->status, &code, &subject, &detail);

    if (address == NULL)
        return;
    list =
        tw_mail_addresses_parse(message->all->reader, (const guint8 *) address, strlen(address), 1);
    if (list->len == 0)
        return;
    tw_props_builder_init(&props);
    if (has_code) {
        tw_props_builder_set(&props, tw_value_long(PR_NDR_STATUS_CODE, code));
        tw_props_builder_set(&props,
                             tw_value_long(PR_NDR_DIAG_CODE, (guint32) diag_code(subject, detail)));
        tw_props_builder_set(&props, tw_value_long(PR_NDR_REASON_CODE, 0)); /* transfer failed */
    }
    set_text(&props, PR_SUPPLEMENTARY_INFO, group->diagnostic);
    set_text(&props, PR_REPORT_TEXT, without_type(group->diagnostic));
    set_text(&props, PR_DSN_REMOTE_MTA, without_type(group->remote_mta));
    if (report_us != 0)
        tw_mail_set_time(&props, PR_REPORT_TIME, report_us);
    tw_mail_recipient_add(message, &g_array_index(list, TwMailAddress, 0), 1, &props);
}

static void
end_group(TwMailMessage *message, Group *group, gint64 report_us, const char **best)
{
    const char *message_class = class_of_action(group->action);

    if (group->recipient != NULL && message_class != NULL) {
        add_failed(message, group, report_us);
        if (weight(message_class) > weight(*best))
            *best = message_class;
    }
    clear_group(group);
}

/* Groups of fields with empty lines between them; the first is of the message, each other of a recipient. */
static void
read_delivery(TwMailMessage *message, const TwBuffer *text)
{
    TwCursor cur = tw_cursor_init(text->data, text->len);
    const char *best = NULL;
    Group group = { 0 };
    guint groups = 0;
    gint64 report_us = 0;

    while (cur.left > 0 && groups < MAX_GROUPS) {
        TwMimeField field;
        if (!tw_mime_field_next(&cur, &field)) { /* an empty line */
            while (cur.left > 0 && (*cur.next == '\r' || *cur.next == '\n'))
                tw_cursor_skip(&cur, 1);
            end_group(message, &group, report_us, &best);
            groups++;
            continue;
        }
        keep(message->all, &field, "Final-Recipient", &group.recipient);
        keep(message->all, &field, "Original-Recipient", &group.original);
        keep(message->all, &field, "Action", &group.action);
        keep(message->all, &field, "Status", &group.status);
        keep(message->all, &field, "Diagnostic-Code", &group.diagnostic);
        keep(message->all, &field, "Remote-MTA", &group.remote_mta);
        keep(message->all, &field, "Last-Attempt-Date", &group.date);
        keep(message->all, &field, "Arrival-Date", &group.date);
        if (group.date != NULL)
            (void) tw_mail_date_parse(group.date, strlen(group.date), &report_us);
    }
    end_group(message, &group, report_us, &best);
    if (best == NULL)
        return;
    message->message_class = best;
    message->has_recipients = tw_object_count(message->object, TW_OBJECT_RECIPIENT) > 0;
    if (report_us != 0)
        tw_mail_set_time(&message->props, PR_REPORT_TIME, report_us);
}

/* ---- receipts ---- */

/* disposition = mode ";" type ["/" modifiers] */
static void
read_receipt(TwMailMessage *message, const TwBuffer *text)
{
    TwCursor cur = tw_cursor_init(text->data, text->len);
    g_autofree char *disposition = NULL, *original = NULL;
    TwMimeField field;
    const char *what;

    while (tw_mime_field_next(&cur, &field)) {
        keep(message->all, &field, "Disposition", &disposition);
        keep(message->all, &field, "Original-Message-ID", &original);
    }
    if (disposition == NULL)
        return;
    what = without_type(disposition);
    message->message_class = g_ascii_strncasecmp(what, "displayed", 9) == 0
                                 ? "REPORT.IPM.Note.IPNRN"
                                 : "REPORT.IPM.Note.IPNNRN";
    tw_mail_set_text(&message->props, PR_REPORT_DISPOSITION, what);
    if (what > disposition) {
        g_autofree char *mode = g_strndup(disposition, strcspn(disposition, ";"));
        g_strstrip(mode);
        tw_mail_set_text(&message->props, PR_REPORT_DISPOSITION_MODE, mode);
    }
    set_text(&message->props, PR_IN_REPLY_TO_ID, original);
}

/* ---- the message that the report is about ---- */

static void
keep_original(TwMailMessage *message, const TwMimeField *field, const char *name, guint32 tag)
{
    g_autofree char *text = NULL;

    keep(message->all, field, name, &text);
    set_text(&message->props, tag, text);
}

static void
read_original(TwMailMessage *message, const guint8 *header, gsize len)
{
    TwCursor cur = tw_cursor_init(header, len);
    g_autofree char *date = NULL;
    TwMimeField field;
    gint64 us;

    for (guint i = 0; i < TW_MAIL_MAX_FIELDS && tw_mime_field_next(&cur, &field); i++) {
        keep_original(message, &field, "Subject", PR_ORIGINAL_SUBJECT);
        keep_original(message, &field, "To", PR_ORIGINAL_DISPLAY_TO);
        keep_original(message, &field, "Cc", PR_ORIGINAL_DISPLAY_CC);
        keep_original(message, &field, "From", PR_ORIGINAL_SENDER_NAME);
        keep(message->all, &field, "Date", &date);
    }
    if (date != NULL && tw_mail_date_parse(date, strlen(date), &us))
        tw_mail_set_time(&message->props, PR_ORIGINAL_SUBMIT_TIME, us);
}

static void
find_original(TwMailMessage *message)
{
    static const char *const headers[] = { "rfc822-headers", NULL };
    static const char *const messages[] = { "rfc822", "global", NULL };
    TwMailConvert *all = message->all;
    guint part = find_part(all, message->part, "message", messages);

    if (part != TW_MIME_NONE && all->parts[part].first_child != TW_MIME_NONE) {
        const TwMimePart *inner = &all->parts[all->parts[part].first_child];
        read_original(message, all->mail + inner->header, inner->header_len);
        return;
    }
    part = find_part(all, message->part, "text", headers);
    if (part != TW_MIME_NONE) {
        g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_MAIL_MAX_REPORT);
        tw_mail_part_decode(all, part, TW_MAIL_MAX_REPORT, &text);
        read_original(message, text.data, text.len);
    }
}

void
tw_mail_report_read(TwMailMessage *message)
{
    static const char *const delivery[] = { "delivery-status", "global-delivery-status", NULL };
    static const char *const receipt[] = { "disposition-notification",
                                           "global-disposition-notification", NULL };
    guint status = find_part(message->all, message->part, "message", delivery);
    guint notification = find_part(message->all, message->part, "message", receipt);
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_MAIL_MAX_REPORT);

    if (status == TW_MIME_NONE && notification == TW_MIME_NONE)
        return;
    tw_mail_part_decode(message->all, status != TW_MIME_NONE ? status : notification,
                        TW_MAIL_MAX_REPORT, &text);
    if (status != TW_MIME_NONE)
        read_delivery(message, &text);
    else
        read_receipt(message, &text);
    if (message->message_class != NULL)
        find_original(message);
}
