/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What events, tasks and journal items have alike, as lines. */
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "convert/html-text.h"
#include "convert/ical-out-private.h"
#include "mapi/rtf-compress.h"
#include "mapi/rtf.h"
#include "mapi/tags.h"

enum {
    BY_VALUE = 1, /* PR_ATTACH_METHOD */
    BY_WEB_REFERENCE = 7,
};

const TwObject *
tw_ical_view_node(const TwIcalView *view, guint32 tag)
{
    return view->base != NULL && !tw_object_has(view->own, tag) ? view->base : view->own;
}

static GBytes *
load(TwIcalWriter *writer, const TwObject *object, guint32 tag, gsize most)
{
    if (!tw_value_source_len(object, tag, NULL))
        return NULL;
    return tw_value_source_load(writer->options->source, object, tag, most,
                                writer->error == NULL ? &writer->error : NULL);
}

/* ---- bodies ---- */

static char *
as_text(GBytes *bytes)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);

    while (len > 0 && data[len - 1] == '\0')
        len--;
    return tw_utf8_sanitise(data, len, NULL);
}

static GBytes *
text_of_rtf(GBytes *packed)
{
    g_autoptr(GBytes) rtf = tw_rtf_decompress(g_bytes_get_data(packed, NULL),
                                              g_bytes_get_size(packed), TW_ICAL_OUT_MAX_BODY, NULL);

    return rtf != NULL ? tw_rtf_to_text(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf),
                                        TW_ICAL_OUT_MAX_BODY, NULL)
                       : NULL;
}

static void
put_bodies(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place)
{
    const TwObject *node = view->own;
    g_autoptr(GBytes) plain = NULL;
    g_autoptr(GBytes) html = NULL;

    if (view->base != NULL && !tw_object_has(node, PR_BODY) && !tw_object_has(node, PR_HTML) &&
        !tw_object_has(node, PR_RTF_COMPRESSED))
        node = view->base;
    plain = load(writer, node, PR_BODY, TW_ICAL_OUT_MAX_BODY);
    html = load(writer, node, PR_HTML, TW_ICAL_OUT_MAX_BODY);
    if (plain == NULL && html != NULL)
        plain = tw_html_to_text(g_bytes_get_data(html, NULL), g_bytes_get_size(html),
                                TW_ICAL_OUT_MAX_BODY, NULL);
    if (plain == NULL) {
        g_autoptr(GBytes) packed = load(writer, node, PR_RTF_COMPRESSED, TW_ICAL_OUT_MAX_BODY);
        plain = packed != NULL ? text_of_rtf(packed) : NULL;
    }
    if (plain != NULL) {
        g_autofree char *text = as_text(plain);
        tw_ical_put_text(place, "DESCRIPTION", text);
    }
    if (html != NULL && tw_utf8_valid(g_bytes_get_data(html, NULL), g_bytes_get_size(html), NULL)) {
        g_autofree char *text = as_text(html);
        tw_ical_put_text(place, "X-ALT-DESC;FMTTYPE=text/html", text);
    }
}

/* ---- short ones ---- */

static void
put_categories(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place)
{
    guint32 tag = tw_item_tag(&writer->names, TW_PidNameKeywords);
    g_autoptr(GString) list = g_string_new(NULL);
    TwPropValue value, item;

    if (tag == 0 || !tw_object_get(tw_ical_view_node(view, tag), tag, &value))
        return;
    for (guint i = 0; i < TW_ICAL_MAX_CATEGORIES && tw_value_item(&value, i, &item); i++) {
        g_autofree char *word = g_strndup(item.text, item.len);
        if (list->len > 0)
            g_string_append_c(list, ',');
        tw_lines_put_text(list, word);
    }
    tw_ical_put(place, "CATEGORIES", list->len > 0 ? list->str : NULL);
}

static void
put_numbers(const TwIcalView *view, const TwIcalPlace *place)
{
    static const char *const classes[] = { NULL, "X-PERSONAL", "PRIVATE", "CONFIDENTIAL" };
    guint32 sensitivity =
        tw_object_get_long(tw_ical_view_node(view, PR_SENSITIVITY), PR_SENSITIVITY, 0);
    guint32 importance =
        tw_object_get_long(tw_ical_view_node(view, PR_IMPORTANCE), PR_IMPORTANCE, 1);

    if (sensitivity < G_N_ELEMENTS(classes))
        tw_ical_put(place, "CLASS", classes[sensitivity]);
    if (importance == 2)
        tw_ical_put(place, "PRIORITY", "1");
    else if (importance == 0)
        tw_ical_put(place, "PRIORITY", "9");
}

/* ---- attachments ---- */

static void
put_attachment(TwIcalWriter *writer,
               const TwObject *attachment,
               guint32 method,
               const TwIcalPlace *place)
{
    const char *type = tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, NULL);
    const char *name = tw_object_get_text(attachment, PR_ATTACH_LONG_FILENAME, NULL);
    const char *url = tw_object_get_text(attachment, PR_ATTACH_LONG_PATHNAME, NULL);
    g_autoptr(GString) head = g_string_new("ATTACH");
    guint64 len;

    if (name == NULL)
        name = tw_object_get_text(attachment, PR_ATTACH_FILENAME, NULL);
    if (type != NULL)
        tw_lines_put_param(head, "FMTTYPE", type);
    if (method == BY_WEB_REFERENCE && url != NULL) {
        tw_ical_put(place, head->str, url);
    } else if (method == BY_VALUE && tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, &len) &&
               len <= TW_ICAL_OUT_MAX_DATA) {
        g_autoptr(GBytes) data = load(writer, attachment, PR_ATTACH_DATA_BIN, TW_ICAL_OUT_MAX_DATA);
        g_auto(TwBuffer) text = TW_BUFFER_INIT(2 * (gsize) TW_ICAL_OUT_MAX_DATA);
        if (data == NULL || !tw_base64_encode(&text, g_bytes_get_data(data, NULL),
                                              g_bytes_get_size(data), TW_BASE64_STANDARD))
            return;
        tw_buffer_put_u8(&text, '\0');
        g_string_append(head, ";VALUE=BINARY;ENCODING=BASE64");
        if (name != NULL)
            tw_lines_put_param(head, "X-FILENAME", name);
        if (!tw_buffer_failed(&text))
            tw_ical_put(place, head->str, (const char *) text.data);
    }
}

/* Data behind links: a kept text has the links, and what it lacks comes behind it. */
void
tw_ical_attachments_write(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place)
{
    static const guint32 methods[] = { BY_WEB_REFERENCE, BY_VALUE };
    guint count =
        MIN(tw_object_count(view->own, TW_OBJECT_ATTACHMENT), (guint) TW_ICAL_MAX_ATTACHMENTS);

    for (guint m = 0; m < G_N_ELEMENTS(methods); m++) {
        for (guint i = 0; i < count; i++) {
            const TwObject *attachment = tw_object_at(view->own, TW_OBJECT_ATTACHMENT, i);
            if (tw_object_get_embedded(attachment) == NULL &&
                tw_object_get_long(attachment, PR_ATTACH_METHOD, BY_VALUE) == methods[m])
                put_attachment(writer, attachment, methods[m], place);
        }
    }
}

void
tw_ical_fields_write(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place)
{
    tw_ical_put_text(place, "SUMMARY",
                     tw_object_get_text(tw_ical_view_node(view, PR_SUBJECT), PR_SUBJECT, NULL));
    put_bodies(writer, view, place);
    put_numbers(view, place);
    put_categories(writer, view, place);
}

/* ---- stamps ---- */

void
tw_ical_stamps_write(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place)
{
    g_autofree char *uid = tw_ical_uid(object, writer->names.map);
    gboolean is_reply = writer->method == TW_ICAL_REPLY || writer->method == TW_ICAL_COUNTER;
    gint64 created = 0, modified = 0, stamp = 0;
    gboolean has_created = tw_item_get_time(object, PR_CREATION_TIME, &created);
    gboolean has_modified = tw_item_get_time(object, PR_LAST_MODIFICATION_TIME, &modified);
    guint32 critical = tw_item_tag(&writer->names, is_reply ? TW_PidLidAttendeeCriticalChange
                                                            : TW_PidLidOwnerCriticalChange);

    if ((writer->method == TW_ICAL_NO_METHOD || !tw_item_get_time(object, critical, &stamp)) &&
        !has_modified && !has_created && !tw_item_get_time(object, critical, &stamp) &&
        !tw_item_get_time(object, PR_CLIENT_SUBMIT_TIME, &stamp))
        (void) tw_item_get_time(object, tw_item_tag(&writer->names, TW_PidLidCommonStart), &stamp);
    if (stamp == 0)
        stamp = has_modified ? modified : created;
    tw_ical_put_text(place, "UID", uid);
    tw_ical_put_utc(place, "DTSTAMP", stamp);
    if (has_created)
        tw_ical_put_utc(place, "CREATED", created);
    if (has_modified)
        tw_ical_put_utc(place, "LAST-MODIFIED", modified);
}

/* ---- alarms ---- */

void
tw_ical_alarm_write(TwIcalWriter *writer,
                    const TwIcalView *view,
                    gboolean is_task,
                    const TwIcalPlace *place)
{
    guint32 set = tw_item_tag(&writer->names, TW_PidLidReminderSet);
    guint32 delta = tw_item_tag(&writer->names, TW_PidLidReminderDelta);
    guint32 signal = tw_item_tag(&writer->names, TW_PidLidReminderSignalTime);
    guint32 time = tw_item_tag(&writer->names, TW_PidLidReminderTime);
    TwIcalPlace alarm = { place->tree, NULL };
    gint64 ticks = 0;

    if (set == 0 || !tw_item_get_bool(tw_ical_view_node(view, set), set))
        return;
    if (is_task && !tw_item_get_time(view->own, signal, &ticks) &&
        !tw_item_get_time(view->own, time, &ticks))
        return;
    alarm.node = tw_lines_add_node(place->tree, place->node, "VALARM");
    if (alarm.node == NULL)
        return;
    tw_ical_put(&alarm, "ACTION", "DISPLAY");
    tw_ical_put(&alarm, "DESCRIPTION", "Reminder");
    if (is_task) {
        tw_ical_put_utc(&alarm, "TRIGGER;VALUE=DATE-TIME", ticks);
    } else {
        guint32 minutes =
            delta != 0 ? tw_object_get_long(tw_ical_view_node(view, delta), delta, 0) : 0;
        /* 1525252321: "as the user has set it by default" */
        g_autofree char *before =
            tw_ical_duration_print(-60 * (gint64) (minutes <= 1000000 ? minutes : 15));
        tw_ical_put(&alarm, "TRIGGER", before);
    }
}
