/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log-request.h"

#include <string.h>

static const char *
or_dash(const char *text)
{
    return text == NULL || *text == '\0' ? "-" : text;
}

/* A time that was not measured is left out. */
static TwLogValue
seconds(TwLogField field, gint64 us)
{
    return us < 0 ? tw_log_str(field, NULL) : tw_log_seconds(field, us);
}

void
tw_request_log_write(TwLog *log, const TwRequestLine *line)
{
    const char *names[] = { or_dash(line->peer), or_dash(line->user), or_dash(line->impersonated),
                            or_dash(line->command) };
    const TwLogValue values[] = {
        tw_log_str(TW_LOG_PEER, names[0]),
        tw_log_str(TW_LOG_USER, names[1]),
        tw_log_str(TW_LOG_IMPERSONATED, names[2]),
        tw_log_str(TW_LOG_COMMAND, names[3]),
        tw_log_str(TW_LOG_RESULT, or_dash(line->result)),
        seconds(TW_LOG_T_SINCE_EVENT, line->since_event_us),
        seconds(TW_LOG_T_SINCE_ENQUEUED, line->since_enqueued_us),
        seconds(TW_LOG_T_SINCE_DEQUEUED, line->since_dequeued_us),
        seconds(TW_LOG_T_HANDLER_ALL, line->handler_all_us),
        seconds(TW_LOG_T_HANDLER, line->handler_us),
        { .field = TW_LOG_FIELD_END },
    };
    g_autoptr(GString) text = NULL;

    if (log == NULL)
        return;
    text = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (i > 0)
            g_string_append_c(text, ' ');
        tw_log_append_text(text, names[i], strlen(names[i]), TW_LOG_QUOTE_NEEDED);
    }
    tw_log_append_values(text, values + G_N_ELEMENTS(names), TW_LOG_QUOTE_NEEDED);
    tw_log_event_as(log, TW_LOG_INFO, "request", text->str, values);
}
