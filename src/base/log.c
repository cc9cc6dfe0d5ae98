/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log.h"

#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/config-value.h"

struct TwLog {
    TwLogSettings settings; /* sink's path is not used after opening */
    TwLogSink *sink;
    gint level; /* atomic */

    GMutex lock;       /* guards the memory of the last line, all below; never held while writing */
    GString *last;     /* text after time stamp and prefix */
    guint same;        /* equal lines in a row, the first included */
    guint folded;      /* of them not written and not yet counted in the log */
    guint last_level;  /* level of the last line */
    gint64 counted_at; /* when folded lines were last counted, or the first was folded */
};

/* Set before threads start. */
static TwLog *process_log;
static guint early_level = TW_LOG_NOTICE;

static const struct {
    const char *name;
    const char *tag; /* seven characters */
    int priority;
} levels[] = {
    [TW_LOG_NONE] = { "none", "none   ", LOG_DEBUG },
    [TW_LOG_CRIT] = { "crit", "crit   ", LOG_CRIT },
    [TW_LOG_ERR] = { "error", "error  ", LOG_ERR },
    [TW_LOG_WARNING] = { "warning", "warning", LOG_WARNING },
    [TW_LOG_NOTICE] = { "notice", "notice ", LOG_NOTICE },
    [TW_LOG_INFO] = { "info", "info   ", LOG_INFO },
    [TW_LOG_DEBUG] = { "debug", "debug  ", LOG_DEBUG },
};

static const TwLogValue no_values[] = { { .field = TW_LOG_FIELD_END } };

static guint
plain_level(guint level)
{
    return MIN(level & TW_LOG_LEVEL_MASK, TW_LOG_DEBUG);
}

const char *
tw_log_level_name(guint level)
{
    return levels[plain_level(level)].name;
}

gboolean
tw_log_level_from_name(const char *name, guint *ret)
{
    static const struct {
        const char *name;
        guint level;
    } more[] = { { "err", TW_LOG_ERR }, { "warn", TW_LOG_WARNING } };

    for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (g_ascii_strcasecmp(name, levels[i].name) == 0 ||
            (name[0] == (char) ('0' + i) && name[1] == '\0')) {
            *ret = i;
            return TRUE;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(more); i++) {
        if (g_ascii_strcasecmp(name, more[i].name) == 0) {
            *ret = more[i].level;
            return TRUE;
        }
    }
    return FALSE;
}

TwLog *
tw_log_new(const TwLogSettings *settings, GError **error)
{
    g_autoptr(TwLog) log = g_new0(TwLog, 1);

    g_mutex_init(&log->lock);
    log->last = g_string_new(NULL);
    log->settings = *settings;
    log->level = (gint) settings->level;
    log->sink = tw_log_sink_open(&settings->sink, error);
    log->settings.sink.path = NULL;
    return log->sink == NULL ? NULL : g_steal_pointer(&log);
}

void
tw_log_free(TwLog *log)
{
    if (log == NULL)
        return;
    if (log->sink != NULL)
        tw_log_flush(log);
    tw_log_sink_free(log->sink);
    g_string_free(log->last, TRUE);
    g_mutex_clear(&log->lock);
    g_free(log);
}

/* What logs before the program has set one: standard error. Lives as long as the process. */
static TwLog *
early_log(void)
{
    static gsize made;

    if (g_once_init_enter(&made)) {
        TwLogSettings settings = {
            .sink = { .kind = TW_LOG_SINK_STDERR,
                      .owner_uid = (uid_t) -1,
                      .owner_gid = (gid_t) -1 },
            .level = early_level,
            .timestamp = TRUE,
            .level_tag = TRUE,
            .fold = TRUE,
        };
        g_once_init_leave(&made, (gsize) tw_log_new(&settings, NULL));
    }
    return (TwLog *) made; /* NOLINT(performance-no-int-to-ptr): how g_once_init_enter() keeps it */
}

static TwLog *
pick(const TwLog *log)
{
    if (log != NULL)
        return (TwLog *) (guintptr) log; /* NOLINT(performance-no-int-to-ptr) */
    return process_log != NULL ? process_log : early_log();
}

void
tw_log_set_default(TwLog *log)
{
    process_log = log;
}

void
tw_log_set_early_level(const char *text)
{
    gint64 level;

    if (text == NULL || !tw_config_parse_int(text, strlen(text), TRUE, &level) || level < 0 ||
        level > (TW_LOG_COMPONENT_MASK | TW_LOG_LEVEL_MASK))
        return;
    early_level = (guint) level;
    tw_log_set_level(early_log(), early_level);
}

void
tw_log_set_level(TwLog *log, guint level)
{
    g_atomic_int_set(&log->level, (gint) level);
}

gboolean
tw_log_wants(const TwLog *log, guint level)
{
    guint ours = (guint) g_atomic_int_get(&pick(log)->level);
    guint bits = level & TW_LOG_COMPONENT_MASK;

    if (plain_level(level) == TW_LOG_NONE || plain_level(level) > (ours & TW_LOG_LEVEL_MASK))
        return FALSE;
    return bits == 0 || (bits & ours) != 0;
}

int
tw_log_get_fd(const TwLog *log)
{
    return tw_log_sink_fd(log->sink);
}

gboolean
tw_log_reopen(TwLog *log, GError **error)
{
    return tw_log_sink_reopen(log->sink, error);
}

static void
append_head(const TwLog *log, GString *line, gint64 now, guint level)
{
    if (!tw_log_sink_takes_lines(log->sink))
        return;
    if (log->settings.timestamp) {
        tw_log_append_time(line, now, FALSE);
        g_string_append(line, ": ");
    }
    if (log->settings.prefix == TW_LOG_PREFIX_PID)
        g_string_append_printf(line, "[%5d] ", (int) getpid());
    else if (log->settings.prefix == TW_LOG_PREFIX_THREAD)
        g_string_append_printf(line, "[T%d] ", (int) gettid());
    if (log->settings.level_tag)
        g_string_append_printf(line, "[%s] ", levels[plain_level(level)].tag);
}

static gint64
clock_of(const TwLog *log)
{
    return log->settings.clock == NULL ? g_get_real_time() : log->settings.clock();
}

/* Writes one line past all folding. */
static void
emit(TwLog *log,
     gint64 now,
     guint level,
     const char *event,
     const char *text,
     const TwLogValue *values)
{
    g_autoptr(GString) line = g_string_sized_new(256);
    int priority = levels[plain_level(level)].priority;

    if (log->settings.format == TW_LOG_JSON) {
        g_string_append(line, "{\"time\":\"");
        tw_log_append_time(line, now, TRUE);
        g_string_append_printf(line, "\",\"level\":\"%s\",\"event\":\"%s\"",
                               tw_log_level_name(level), event);
        tw_log_append_json(line, values);
        g_string_append_c(line, '}');
    } else {
        append_head(log, line, now, level);
        g_string_append(line, text);
    }
    if (tw_log_sink_takes_lines(log->sink))
        g_string_append_c(line, '\n');
    tw_log_sink_write(log->sink, priority, line, event, values, now);
}

static void
emit_folded(TwLog *log, gint64 now, guint level, guint folded)
{
    const TwLogValue values[] = { tw_log_uint(TW_LOG_COUNT, folded),
                                  { .field = TW_LOG_FIELD_END } };
    g_autofree char *text = g_strdup_printf("Previous message logged %u times", folded);

    emit(log, now, level, "repeated", text, values);
}

static void
emit_lost(TwLog *log, gint64 now)
{
    guint lost = tw_log_sink_take_lost(log->sink);
    const TwLogValue values[] = { tw_log_uint(TW_LOG_COUNT, lost), { .field = TW_LOG_FIELD_END } };
    g_autofree char *text = g_strdup_printf("log-lines-lost count=%u", lost);

    if (lost > 0)
        emit(log, now, TW_LOG_ERR, "log-lines-lost", text, values);
}

/* Remembers the line. Returns how many folded ones to count now; *ret_write says whether to write it. */
static guint
fold(TwLog *log, gint64 now, guint level, const char *text, guint *ret_level, gboolean *ret_write)
{
    guint count = 0;

    *ret_write = TRUE;
    if (!log->settings.fold)
        return 0;
    g_mutex_lock(&log->lock);
    *ret_level = log->last_level;
    if (log->same > 0 && log->last_level == level && strcmp(log->last->str, text) == 0) {
        log->same++;
        if (log->same > TW_LOG_SAME_SHOWN) {
            *ret_write = FALSE;
            if (log->folded++ == 0 && log->same == TW_LOG_SAME_SHOWN + 1)
                log->counted_at = now;
            if (now - log->counted_at >= TW_LOG_FOLD_SECONDS * (gint64) G_USEC_PER_SEC) {
                count = log->folded;
                log->folded = 0;
                log->counted_at = now;
            }
        }
    } else {
        count = log->folded;
        log->folded = 0;
        log->same = 1;
        log->last_level = level;
        g_string_assign(log->last, text);
    }
    g_mutex_unlock(&log->lock);
    return count;
}

void
tw_log_event_as(
    TwLog *log, guint level, const char *event, const char *text, const TwLogValue *values)
{
    TwLog *to = pick(log);
    gint64 now = clock_of(to);
    guint last_level = level;
    guint folded;
    gboolean wanted;

    if (!tw_log_wants(to, level))
        return;
    folded = fold(to, now, level, text, &last_level, &wanted);
    if (folded > 0)
        emit_folded(to, now, last_level, folded);
    if (wanted)
        emit(to, now, level, event, text, values);
    emit_lost(to, now);
}

void
tw_log_event(TwLog *log, guint level, const char *event, const TwLogValue *values)
{
    g_autoptr(GString) text = g_string_new(event);

    tw_log_append_values(text, values, TW_LOG_QUOTE_NEEDED);
    tw_log_event_as(log, level, event, text->str, values);
}

void
tw_log_flush(TwLog *log)
{
    guint folded;
    guint level;

    g_mutex_lock(&log->lock);
    folded = log->folded;
    level = log->last_level;
    log->folded = 0;
    g_mutex_unlock(&log->lock);
    if (folded > 0)
        emit_folded(log, clock_of(log), level, folded);
    tw_log_sink_flush(log->sink);
}

static guint
level_from_glib(GLogLevelFlags flags)
{
    if ((flags & G_LOG_LEVEL_ERROR) != 0)
        return TW_LOG_CRIT;
    if ((flags & G_LOG_LEVEL_CRITICAL) != 0)
        return TW_LOG_ERR;
    if ((flags & G_LOG_LEVEL_WARNING) != 0)
        return TW_LOG_WARNING;
    if ((flags & G_LOG_LEVEL_MESSAGE) != 0)
        return TW_LOG_NOTICE;
    return (flags & G_LOG_LEVEL_INFO) != 0 ? TW_LOG_INFO : TW_LOG_DEBUG;
}

/* A field of GLib's, which has a length or ends with NUL. */
static TwLogValue
value_from_glib(TwLogField field, const GLogField *from)
{
    return from->length < 0 ? tw_log_str(field, from->value)
                            : tw_log_bytes(field, from->value, (gsize) from->length);
}

static GLogWriterOutput
write_glib(GLogLevelFlags flags, const GLogField *fields, gsize count, gpointer data)
{
    TwLogValue values[3] = { { .field = TW_LOG_LIBRARY }, { .field = TW_LOG_MSG } };

    (void) data;
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
            values[0] = value_from_glib(TW_LOG_LIBRARY, &fields[i]);
        else if (strcmp(fields[i].key, "MESSAGE") == 0)
            values[1] = value_from_glib(TW_LOG_MSG, &fields[i]);
    }
    values[2] = no_values[0];
    tw_log_event(NULL, level_from_glib(flags), "library", values);
    return G_LOG_WRITER_HANDLED;
}

void
tw_log_capture_glib(void)
{
    static gsize done;

    if (g_once_init_enter(&done)) {
        g_log_set_writer_func(write_glib, NULL, NULL); /* GLib allows one call only */
        g_once_init_leave(&done, 1);
    }
}

gboolean
tw_log_limit_pass(TwLogLimit *limit, gint64 interval_ms, gint64 now_us, guint *ret_held_back)
{
    gboolean pass;

    g_mutex_lock(&limit->lock);
    pass = limit->next_us == 0 || now_us >= limit->next_us;
    if (pass) {
        *ret_held_back = limit->held_back;
        limit->held_back = 0;
        limit->next_us = now_us + interval_ms * 1000;
    } else {
        limit->held_back++;
    }
    g_mutex_unlock(&limit->lock);
    return pass;
}
