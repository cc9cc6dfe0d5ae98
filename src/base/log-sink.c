/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log-sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/error.h"

struct TwLogSink {
    TwLogSinkKind kind;
    char *path;        /* NULL unless a file */
    int fd;            /* -1 unless lines; fixed for life */
    gsize buffer_size; /* see TwLogSinkSpec */
    uid_t owner_uid;
    gid_t owner_gid;
    const char *ident;
    int facility;

    GMutex lock;          /* guards all below; never held while writing */
    GString *pending;     /* lines not yet written */
    gint64 pending_since; /* when the first of them came */
    gboolean writing;     /* a thread is writing, and takes what is added */
    guint lost;
};

/* A file that root gives away must be a plain one that nothing else names. */
static gboolean
give_to_owner(const TwLogSink *sink, int fd, GError **error)
{
    struct stat st;

    if (sink->owner_uid == (uid_t) -1 || geteuid() != 0)
        return TRUE;
    if (fstat(fd, &st) != 0)
        return tw_error_from_errno(error, errno, sink->path);
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
        return TRUE;
    if (fchown(fd, sink->owner_uid, sink->owner_gid) != 0)
        return tw_error_from_errno(error, errno, sink->path);
    return TRUE;
}

static int
open_file(const TwLogSink *sink, GError **error)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd;

    /* In a folder of the service account a link could lead root anywhere. */
    if (geteuid() == 0 && !g_str_has_prefix(sink->path, "/dev/"))
        flags |= O_NOFOLLOW;
    fd = open(sink->path, flags, 0640);
    if (fd < 0) {
        tw_error_from_errno(error, errno, sink->path);
        return -1;
    }
    if (!give_to_owner(sink, fd, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

TwLogSink *
tw_log_sink_open(const TwLogSinkSpec *spec, GError **error)
{
    g_autoptr(TwLogSink) sink = g_new0(TwLogSink, 1);
    gboolean is_file = spec->kind == TW_LOG_SINK_FILE && strcmp(spec->path, "-") != 0;

    g_mutex_init(&sink->lock);
    sink->pending = g_string_new(NULL);
    sink->kind = spec->kind == TW_LOG_SINK_FILE && !is_file ? TW_LOG_SINK_STDERR : spec->kind;
    sink->fd = -1;
    sink->path = is_file ? g_strdup(spec->path) : NULL;
    sink->buffer_size = is_file ? MIN(spec->buffer_size, TW_LOG_PENDING_MOST / 2) : 0;
    sink->owner_uid = spec->owner_uid;
    sink->owner_gid = spec->owner_gid;
    sink->ident = spec->ident;
    sink->facility = spec->facility;
    switch (sink->kind) {
    case TW_LOG_SINK_STDERR:
        sink->fd = STDERR_FILENO;
        break;
    case TW_LOG_SINK_FILE:
        sink->fd = open_file(sink, error);
        if (sink->fd < 0)
            return NULL;
        break;
    case TW_LOG_SINK_SYSLOG:
        openlog(sink->ident, LOG_PID | LOG_NDELAY, sink->facility);
        break;
    case TW_LOG_SINK_JOURNAL:
        break;
    }
    return g_steal_pointer(&sink);
}

void
tw_log_sink_free(TwLogSink *sink)
{
    if (sink == NULL)
        return;
    tw_log_sink_flush(sink);
    if (sink->kind == TW_LOG_SINK_FILE && sink->fd >= 0)
        close(sink->fd);
    g_string_free(sink->pending, TRUE);
    g_mutex_clear(&sink->lock);
    g_free(sink->path);
    g_free(sink);
}

gboolean
tw_log_sink_reopen(TwLogSink *sink, GError **error)
{
    int fd;
    gboolean ok = TRUE;

    if (sink->kind != TW_LOG_SINK_FILE)
        return TRUE;
    tw_log_sink_flush(sink);
    fd = open_file(sink, error);
    if (fd < 0)
        return FALSE;
    /* in one step, so that a thread that is writing never meets a closed descriptor */
    if (dup3(fd, sink->fd, O_CLOEXEC) < 0)
        ok = tw_error_from_errno(error, errno, sink->path);
    close(fd);
    return ok;
}

gboolean
tw_log_sink_takes_lines(const TwLogSink *sink)
{
    return sink->fd >= 0;
}

int
tw_log_sink_fd(const TwLogSink *sink)
{
    return sink->fd;
}

static guint
count_lines(const char *text, gsize len)
{
    guint lines = 0;

    for (gsize i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Returns how many lines could not be written. */
static guint
write_all(int fd, const char *text, gsize len)
{
    while (len > 0) {
        gssize n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return count_lines(text, len);
        text += n;
        len -= (gsize) n;
    }
    return 0;
}

/* Called with the lock held; lets go of it for each write. */
static void
write_pending(TwLogSink *sink)
{
    if (sink->writing)
        return;
    sink->writing = TRUE;
    while (sink->pending->len > 0) {
        GString *batch = sink->pending;
        guint lost;

        sink->pending = g_string_new(NULL);
        g_mutex_unlock(&sink->lock);
        lost = write_all(sink->fd, batch->str, batch->len);
        g_string_free(batch, TRUE);
        g_mutex_lock(&sink->lock);
        sink->lost += lost;
    }
    sink->writing = FALSE;
}

static void
write_line(TwLogSink *sink, int priority, const GString *text, gint64 now_us)
{
    g_mutex_lock(&sink->lock);
    if (text->len > TW_LOG_PENDING_MOST - MIN(sink->pending->len, TW_LOG_PENDING_MOST)) {
        sink->lost++;
        g_mutex_unlock(&sink->lock);
        return;
    }
    if (sink->pending->len == 0)
        sink->pending_since = now_us;
    g_string_append_len(sink->pending, text->str, (gssize) text->len);
    if (sink->pending->len > sink->buffer_size || priority <= LOG_ERR ||
        now_us - sink->pending_since >= TW_LOG_DELAY_MS * (gint64) 1000)
        write_pending(sink);
    g_mutex_unlock(&sink->lock);
}

static void
free_gstring(gpointer data)
{
    g_string_free(data, TRUE);
}

static void G_GNUC_PRINTF(2, 3) add_field(GPtrArray *fields, const char *format, ...)
{
    GString *field = g_string_new(NULL);
    va_list args;

    va_start(args, format);
    g_string_vprintf(field, format, args);
    va_end(args);
    g_ptr_array_add(fields, field);
}

GPtrArray *
tw_log_journal_fields(const char *ident,
                      int priority,
                      const GString *text,
                      const char *event,
                      const TwLogValue *values)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(free_gstring);

    add_field(fields, "MESSAGE=%s", text->str);
    add_field(fields, "PRIORITY=%d", priority);
    add_field(fields, "SYSLOG_IDENTIFIER=%s", ident);
    add_field(fields, "TWIGA_EVENT=%s", event);
    for (; values != NULL && values->field != TW_LOG_FIELD_END; values++) {
        g_autofree char *name = g_ascii_strup(tw_log_field_key(values->field), -1);
        GString *last;

        if (values->text == NULL)
            continue;
        add_field(fields, "TWIGA_%s=", name);
        last = g_ptr_array_index(fields, fields->len - 1);
        if (values->kind == TW_LOG_VALUE_TEXT) {
            g_string_append_len(last, values->text, (gssize) MIN(values->len, TW_LOG_VALUE_MOST));
        } else {
            TwLogValue pair[2] = { *values, { .field = TW_LOG_FIELD_END } };
            g_autoptr(GString) shown = g_string_new(NULL);
            tw_log_append_values(shown, pair, TW_LOG_QUOTE_NEEDED); /* " key=12" */
            g_string_append(last, strchr(shown->str, '=') + 1);
        }
    }
    return fields;
}

static gboolean
send_to_journal(const TwLogSink *sink,
                int priority,
                const GString *text,
                const char *event,
                const TwLogValue *values)
{
    g_autoptr(GPtrArray) fields = tw_log_journal_fields(sink->ident, priority, text, event, values);
    g_autofree struct iovec *parts = g_new(struct iovec, fields->len);

    for (guint i = 0; i < fields->len; i++) {
        const GString *field = g_ptr_array_index(fields, i);
        parts[i] = (struct iovec){ .iov_base = field->str, .iov_len = field->len };
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
    return sd_journal_sendv(parts, (int) fields->len) >= 0;
}

void
tw_log_sink_write(TwLogSink *sink,
                  int priority,
                  const GString *text,
                  const char *event,
                  const TwLogValue *values,
                  gint64 now_us)
{
    gboolean ok = TRUE;

    if (sink->fd >= 0)
        write_line(sink, priority, text, now_us);
    else if (sink->kind == TW_LOG_SINK_SYSLOG)
        syslog(sink->facility | priority, "%s", text->str);
    else
        ok = send_to_journal(sink, priority, text, event, values);
    if (!ok) {
        g_mutex_lock(&sink->lock);
        sink->lost++;
        g_mutex_unlock(&sink->lock);
    }
}

void
tw_log_sink_flush(TwLogSink *sink)
{
    if (sink->fd < 0)
        return;
    g_mutex_lock(&sink->lock);
    write_pending(sink);
    g_mutex_unlock(&sink->lock);
}

guint
tw_log_sink_take_lost(TwLogSink *sink)
{
    guint lost;

    g_mutex_lock(&sink->lock);
    lost = sink->lost;
    sink->lost = 0;
    g_mutex_unlock(&sink->lock);
    return lost;
}
