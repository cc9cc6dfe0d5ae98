/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What events, tasks and journal items have alike: texts, categories, class, priority, alarms, attachments. */
#include <string.h>

#include "base/base64.h"
#include "base/number.h"
#include "convert/ical-in-private.h"
#include "mapi/tags.h"

enum {
    UTF8_CODEPAGE = 65001,
    BY_VALUE = 1, /* PR_ATTACH_METHOD */
    BY_WEB_REFERENCE = 7,
    MAX_DATA = 64 * 1024 * 1024, /* bytes of an attachment */
};

static char *
text_of(const TwContentNode *node, const char *name)
{
    const TwContentLine *line = tw_lines_find(node, name);

    return line != NULL ? tw_lines_unescape(line->value, line->value_len) : NULL;
}

/* MAPI's plain bodies have CRLF. */
static char *
with_crlf(const char *text)
{
    GString *out = g_string_sized_new(strlen(text) + 16);

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\n' && (p == text || p[-1] != '\r'))
            g_string_append_c(out, '\r');
        g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

static void
set_texts(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    g_autofree char *summary = text_of(node, "SUMMARY");
    g_autofree char *description = text_of(node, "DESCRIPTION");
    g_autofree char *html = NULL;

    if (summary != NULL && !(reader->into_mail && tw_object_has(object, PR_SUBJECT))) {
        tw_item_set_text(&reader->names, object, PR_SUBJECT, summary);
        tw_item_set_text(&reader->names, object, PR_NORMALIZED_SUBJECT, summary);
        tw_item_set_text(&reader->names, object, PR_CONVERSATION_TOPIC, summary);
    }
    if (reader->into_mail && (tw_object_has(object, PR_BODY) || tw_object_has(object, PR_HTML)))
        return;
    if (description != NULL) {
        g_autofree char *body = with_crlf(description);
        tw_item_set_text(&reader->names, object, PR_BODY, body);
    }
    for (const TwContentLine *line = tw_lines_find(node, "X-ALT-DESC"); line != NULL;
         line = tw_lines_next(line)) {
        if (!tw_lines_param_is(line, "FMTTYPE", "text/html") || html != NULL)
            continue;
        html = tw_lines_unescape(line->value, line->value_len);
        tw_item_set(&reader->names, object,
                    tw_value_bytes(PR_HTML, (const guint8 *) html, strlen(html)));
        tw_item_set(&reader->names, object, tw_value_long(PR_INTERNET_CPID, UTF8_CODEPAGE));
    }
}

static void
set_class(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    static const char *const words[] = { "PUBLIC", "X-PERSONAL", "PRIVATE", "CONFIDENTIAL" };
    const TwContentLine *line = tw_lines_find(node, "CLASS");

    for (guint i = 0; line != NULL && i < G_N_ELEMENTS(words); i++) {
        if (g_ascii_strcasecmp(line->value, words[i]) != 0)
            continue;
        tw_item_set(&reader->names, object, tw_value_long(PR_SENSITIVITY, i));
        tw_item_set(&reader->names, object,
                    tw_value_bool(tw_item_tag(&reader->names, TW_PidLidPrivate), i == 2));
    }
}

static void
set_priority(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    const TwContentLine *line = tw_lines_find(node, "PRIORITY");
    guint32 priority;

    if (line == NULL || !tw_parse_u32(line->value, line->value_len, 9, &priority))
        return;
    tw_item_set(&reader->names, object,
                tw_value_long(PR_IMPORTANCE, priority == 0   ? 1
                                             : priority < 5  ? 2
                                             : priority == 5 ? 1
                                                             : 0));
    tw_item_set(&reader->names, object,
                tw_value_long(PR_PRIORITY, priority == 0  ? 0
                                           : priority < 5 ? 1
                                           : priority > 5 ? G_MAXUINT32
                                                          : 0));
}

static void
set_categories(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

    for (const TwContentLine *line = tw_lines_find(node, "CATEGORIES"); line != NULL;
         line = tw_lines_next(line)) {
        g_autoptr(GPtrArray) parts =
            tw_lines_split(line->value, line->value_len, ',', TW_ICAL_MAX_CATEGORIES);
        for (guint i = 0; i < parts->len && list->len < TW_ICAL_MAX_CATEGORIES; i++) {
            char *word = tw_lines_unescape(parts->pdata[i], strlen(parts->pdata[i]));
            g_strstrip(word);
            if (word[0] != '\0' && !g_ptr_array_find_with_equal_func(list, word, g_str_equal, NULL))
                g_ptr_array_add(list, word);
            else
                g_free(word);
        }
    }
    tw_item_set_list(&reader->names, object, tw_item_tag(&reader->names, TW_PidNameKeywords), list);
}

/* ---- attachments ---- */

static const char *
file_name(const TwContentLine *line)
{
    static const char *const names[] = { "FILENAME", "X-FILENAME", "X-APPLE-FILENAME",
                                         "X-ORACLE-FILENAME", "X-LABEL" };
    const char *name = NULL;

    for (guint i = 0; name == NULL && i < G_N_ELEMENTS(names); i++)
        name = tw_lines_param(line, names[i]);
    return name;
}

static gboolean
set_data(TwIcalReader *reader, const TwContentLine *line, TwObject *attachment)
{
    g_auto(TwBuffer) data = TW_BUFFER_INIT(MAX_DATA);
    TwBase64Decoder decoder;

    tw_base64_decoder_init(&decoder);
    if (!tw_base64_decoder_put(&decoder, line->value, line->value_len, &data) ||
        !tw_base64_decoder_finish(&decoder, &data, NULL))
        return FALSE;
    tw_item_set(&reader->names, attachment, tw_value_long(PR_ATTACH_METHOD, BY_VALUE));
    tw_item_set(&reader->names, attachment,
                tw_value_bytes(PR_ATTACH_DATA_BIN,
                               data.data != NULL ? data.data : (const guint8 *) "", data.len));
    return TRUE;
}

static void
add_attachment(TwIcalReader *reader, const TwContentLine *line, TwObject *object)
{
    gboolean is_data = tw_lines_param_is(line, "ENCODING", "BASE64");
    const char *name = file_name(line), *type = tw_lines_param(line, "FMTTYPE");
    TwObject *attachment;

    /* "CID:" names a part of the mail, which is an attachment there */
    if (!is_data && (g_ascii_strncasecmp(line->value, "cid:", 4) == 0 || line->value_len == 0))
        return;
    attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER,
                               reader->names.error == NULL ? &reader->names.error : NULL);
    if (attachment == NULL)
        return;
    if (!is_data || !set_data(reader, line, attachment)) {
        tw_item_set(&reader->names, attachment, tw_value_long(PR_ATTACH_METHOD, BY_WEB_REFERENCE));
        tw_item_set_text(&reader->names, attachment, PR_ATTACH_LONG_PATHNAME, line->value);
    }
    if (name == NULL && !is_data) {
        const char *slash = strrchr(line->value, '/');
        name = slash != NULL && slash[1] != '\0' ? slash + 1 : line->value;
    }
    tw_item_set_text(&reader->names, attachment, PR_ATTACH_LONG_FILENAME, name);
    tw_item_set_text(&reader->names, attachment, PR_ATTACH_FILENAME, name);
    tw_item_set_text(&reader->names, attachment, PR_DISPLAY_NAME, name);
    tw_item_set_text(&reader->names, attachment, PR_ATTACH_MIME_TAG, type);
    tw_item_set(&reader->names, attachment, tw_value_long(PR_RENDERING_POSITION, G_MAXUINT32));
}

void
tw_ical_fields_read(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    guint left = TW_ICAL_MAX_ATTACHMENTS;

    set_texts(reader, node, object);
    set_class(reader, node, object);
    set_priority(reader, node, object);
    set_categories(reader, node, object);
    for (const TwContentLine *line = tw_lines_find(node, "ATTACH"); line != NULL && left > 0;
         line = tw_lines_next(line), left--)
        add_attachment(reader, line, object);
}

/* ---- alarms ---- */

static gboolean
shows_something(const TwContentNode *alarm)
{
    const TwContentLine *action = tw_lines_find(alarm, "ACTION");

    return strcmp(alarm->name, "VALARM") == 0 && tw_lines_find(alarm, "TRIGGER") != NULL &&
           (action == NULL || g_ascii_strcasecmp(action->value, "DISPLAY") == 0 ||
            g_ascii_strcasecmp(action->value, "AUDIO") == 0);
}

/* When an alarm rings; FALSE: never. */
static gboolean
alarm_time(TwIcalReader *reader,
           const TwContentNode *alarm,
           gint64 start,
           gint64 end,
           gboolean has_start,
           gint64 *ret)
{
    const TwContentLine *trigger = tw_lines_find(alarm, "TRIGGER");
    TwIcalMoment moment;
    gint64 seconds;

    if (tw_ical_duration_parse(trigger->value, trigger->value_len, &seconds)) {
        gint64 from = tw_lines_param_is(trigger, "RELATED", "END") ? end : start;
        if (!has_start)
            return FALSE;
        *ret = CLAMP(from / TW_TICKS_SECOND + seconds, 0, TW_TICKS_MAX / TW_TICKS_SECOND) *
               TW_TICKS_SECOND;
        return TRUE;
    }
    if (!tw_ical_moment(reader, trigger, &moment))
        return FALSE;
    *ret = moment.utc;
    return TRUE;
}

void
tw_ical_alarm_read(TwIcalReader *reader,
                   const TwContentNode *node,
                   gint64 start,
                   gint64 end,
                   gboolean has_start,
                   TwObject *object)
{
    TwItemNames *names = &reader->names;
    const TwContentNode *alarm = node->children;
    gint64 rings, minutes;

    while (alarm != NULL && !shows_something(alarm))
        alarm = alarm->next;
    if (alarm == NULL || !alarm_time(reader, alarm, start, end, has_start, &rings)) {
        tw_item_set(names, object, tw_value_bool(tw_item_tag(names, TW_PidLidReminderSet), FALSE));
        return;
    }
    minutes = has_start ? CLAMP((start - rings) / TW_TICKS_MINUTE, 0, G_MAXINT32) : 0;
    tw_item_set(names, object, tw_value_bool(tw_item_tag(names, TW_PidLidReminderSet), TRUE));
    tw_item_set(names, object,
                tw_value_long(tw_item_tag(names, TW_PidLidReminderDelta), (guint32) minutes));
    tw_item_set(names, object,
                tw_value_i8(tw_item_tag(names, TW_PidLidReminderTime), has_start ? start : rings));
    tw_item_set(names, object, tw_value_i8(tw_item_tag(names, TW_PidLidReminderSignalTime), rings));
}
