/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log-audit.h"

static const struct {
    const char *name;
    const char *text;
} events[] = {
#define EVENT_ROW(row_name, row_json, row_text) { .name = (row_json), .text = (row_text) },
    TW_AUDIT_LIST(EVENT_ROW)
#undef EVENT_ROW
};

void
tw_audit(TwLog *log, TwAuditEvent event, const TwLogValue *values)
{
    g_autoptr(GString) text = NULL;

    g_return_if_fail((guint) event < G_N_ELEMENTS(events));
    if (log == NULL || !tw_log_wants(log, TW_LOG_CRIT))
        return;
    text = g_string_new(events[event].text);
    tw_log_append_values(text, values, TW_LOG_QUOTE_SINGLE);
    tw_log_event_as(log, TW_LOG_CRIT, events[event].name, text->str, values);
}
