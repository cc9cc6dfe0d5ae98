/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reports: delivery status (RFC 3464) and read receipts (RFC 8098), as multipart/report (RFC 6522): text for people, fields for
 * programs, then what was reported on, where it is attached.
 */
#include "base/date.h"
#include "base/error.h"
#include "base/time.h"
#include "convert/mail-out-private.h"
#include "mapi/message-class.h"

/* What a class's last word says. */
static const struct {
    const char *suffix;
    const char *action; /* NULL: a read receipt */
    const char *status; /* where the recipient has none */
    const char *disposition;
    const char *text;
} kinds[] = {
    { ".NDR", "failed", "5.0.0", NULL, "Your message could not be delivered.\r\n" },
    { ".DR", "delivered", "2.0.0", NULL, "Your message was delivered.\r\n" },
    { ".Delayed.DR", "delayed", "4.0.0", NULL, "Your message is delayed.\r\n" },
    { ".Expanded.DR", "expanded", "2.0.0", NULL, "Your message was delivered to a list.\r\n" },
    { ".Relayed.DR", "relayed", "2.0.0", NULL, "Your message was relayed.\r\n" },
    { ".IPNRN", NULL, NULL, "displayed", "Your message was read.\r\n" },
    { ".IPNNRN", NULL, NULL, "deleted", "Your message was deleted unread.\r\n" },
};

/* The row of a report's class: the longest suffix that fits. */
static int
find_kind(const TwObject *message)
{
    const char *class = tw_object_get_text(message, PR_MESSAGE_CLASS, "");
    gsize len = strlen(class), best = 0;
    int found = -1;

    if (!tw_message_class_is(class, "REPORT"))
        return -1;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        gsize suffix = strlen(kinds[i].suffix);

        if (suffix < len && suffix > best &&
            g_ascii_strcasecmp(class + len - suffix, kinds[i].suffix) == 0) {
            best = suffix;
            found = (int) i;
        }
    }
    return found;
}

gboolean
tw_mail_is_report(const TwObject *message, gboolean *ret_receipt)
{
    int kind = find_kind(message);

    *ret_receipt = kind >= 0 && kinds[kind].action == NULL;
    return kind >= 0;
}

static void
put_str(TwMailWriter *writer, const char *text)
{
    tw_buffer_put(&writer->buffer, text, strlen(text));
}

/* A field whose value begins with a kind: "rfc822; someone@example.org". */
static void
put_typed(TwBuffer *out, const char *field, const char *type, const char *value)
{
    TwHead head;

    if (value == NULL || *value == '\0')
        return;
    head = tw_head_begin(out, field, FALSE);
    tw_head_word(&head, type, strlen(type));
    tw_head_text(&head, value, strlen(value));
    tw_head_end(&head);
}

static void
put_time(TwMailWriter *writer, const char *field, const TwObject *node, guint32 tag)
{
    char text[TW_DATE_TEXT_SIZE];
    TwPropValue value;
    gint64 us;

    if (!tw_object_get(node, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_SYSTIME ||
        value.i8 <= 0)
        return;
    tw_time_from_filetime((guint64) value.i8, &us);
    if (tw_date_print_rfc5322(us, writer->options->date_offset_min, text))
        tw_head_put_words(&writer->buffer, field, text);
}

static const char *
reporter(const TwMailWriter *writer)
{
    return writer->options->domain != NULL ? writer->options->domain : "localhost";
}

/* "5.1.1" of a status that the property has as 511; else what the diagnosis says, else the action's own. */
static char *
status_of(const TwObject *row, const char *otherwise)
{
    guint32 code = tw_object_get_long(row, PR_NDR_STATUS_CODE, 0);

    if (code >= 200 && code <= 599 && (code / 100 == 2 || code / 100 >= 4))
        return g_strdup_printf("%u.%u.%u", code / 100, code / 10 % 10, code % 10);
    if (tw_object_get_long(row, PR_NDR_DIAG_CODE, G_MAXUINT32) == 0)
        return g_strdup("5.1.1");
    return g_strdup(otherwise);
}

static void
put_status_of(TwMailWriter *writer, const TwObject *row, guint kind)
{
    TwBuffer *out = &writer->buffer;
    g_auto(TwMailPerson) person = { NULL, NULL };
    g_autofree char *status = status_of(row, kinds[kind].status);
    const char *info = tw_object_get_text(row, PR_SUPPLEMENTARY_INFO, NULL);

    tw_mail_get_recipient(writer, row, &person);
    put_str(writer, "\r\n");
    put_typed(out, "Final-Recipient", "rfc822;",
              person.address != NULL ? person.address : "unknown");
    tw_head_put_words(out, "Action", kinds[kind].action);
    tw_head_put_words(out, "Status", status);
    put_typed(out, "Diagnostic-Code", "smtp;", info);
    put_time(writer, "Last-Attempt-Date", row, PR_REPORT_TIME);
}

static void
put_delivery_status(TwMailWriter *writer, const TwObject *message, guint kind)
{
    put_str(writer, "Content-Type: message/delivery-status\r\n\r\n");
    put_typed(&writer->buffer, "Reporting-MTA", "dns;", reporter(writer));
    put_time(writer, "Arrival-Date", message, PR_ORIGINAL_SUBMIT_TIME);
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        guint32 reports = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & 0xf;

        if (reports <= 3)
            put_status_of(writer, row, kind);
    }
}

static void
put_disposition(TwMailWriter *writer, const TwObject *message, guint kind)
{
    g_auto(TwMailPerson) reader = { NULL, NULL };
    g_autofree char *agent = g_strdup_printf("%s; Twiga", reporter(writer));
    const char *mode = tw_object_get_text(message, PR_REPORT_DISPOSITION_MODE, "");
    g_autofree char *disposition = NULL;
    const char *original = tw_object_get_text(message, PR_IN_REPLY_TO_ID, NULL);

    if (g_ascii_strcasecmp(mode, "automatic-action/MDN-sent-automatically") != 0)
        mode = "manual-action/MDN-sent-manually";
    disposition = g_strdup_printf("%s; %s", mode, kinds[kind].disposition);
    tw_mail_get_author(writer, message, &reader);
    put_str(writer, "Content-Type: message/disposition-notification\r\n\r\n");
    tw_head_put_text(&writer->buffer, "Reporting-UA", agent, FALSE);
    put_typed(&writer->buffer, "Final-Recipient", "rfc822;", reader.address);
    tw_head_put_words(&writer->buffer, "Original-Message-ID", original);
    tw_head_put_words(&writer->buffer, "Disposition", disposition);
}

/* The text for people: what the report says, else what its kind says. */
static gboolean
put_explanation(TwMailWriter *writer, const TwObject *message, guint kind, GError **error)
{
    g_auto(TwMailBodies) bodies = { NULL, NULL, NULL };
    g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) TW_MAIL_OUT_MAX_BODY * 2);
    const char *plain = tw_object_get_text(message, PR_REPORT_TEXT, NULL);
    gsize len = plain != NULL ? strlen(plain) : 0;

    if (!tw_mail_get_bodies(writer, message, &bodies, error))
        return FALSE;
    if (bodies.plain != NULL && g_bytes_get_size(bodies.plain) > 0)
        plain = g_bytes_get_data(bodies.plain, &len);
    else if (plain == NULL)
        len = strlen(plain = kinds[kind].text);
    tw_body_put_flowed(&text, plain, len);
    tw_mail_put_text_part(writer, "plain", "utf-8", "format", "flowed", text.data, text.len);
    return tw_mail_flush(writer, FALSE, error);
}

gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
tw_mail_put_report(TwMailWriter *writer, const TwObject *message, guint depth, GError **error)
{
    guint kind = (guint) find_kind(message);
    gboolean receipt = kinds[kind].action == NULL;
    char boundary[TW_MAIL_BOUNDARY_SIZE];

    tw_mail_begin_multipart(writer, "report", "report-type",
                            receipt ? "disposition-notification" : "delivery-status", boundary);
    tw_mail_delimit(writer, boundary, FALSE);
    if (!put_explanation(writer, message, kind, error))
        return FALSE;
    tw_mail_delimit(writer, boundary, FALSE);
    if (receipt)
        put_disposition(writer, message, kind);
    else
        put_delivery_status(writer, message, kind);
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_ATTACHMENT); i++) {
        const TwObject *attachment = tw_object_at(message, TW_OBJECT_ATTACHMENT, i);

        if (!tw_mail_attachment_has_part(attachment))
            continue;
        tw_mail_delimit(writer, boundary, FALSE);
        if (!tw_mail_put_attachment(writer, attachment, FALSE, depth, error))
            return FALSE;
    }
    tw_mail_delimit(writer, boundary, TRUE);
    return tw_mail_flush(writer, FALSE, error);
}
