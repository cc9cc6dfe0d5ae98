/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where log lines go: standard error, a file, syslog or the journal.
 *
 * A sink may be used from several threads. Its one lock is held to add a line to a buffer in memory, never while a line is
 * written: the first thread that finds something to write writes, and goes on with what others added meanwhile; they do
 * not wait. When the disk is so slow that the buffer reaches its limit, lines are dropped and counted.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/log-line.h"

G_BEGIN_DECLS

enum {
    TW_LOG_PENDING_MOST = 4 << 20, /* bytes that wait for a slow disk before lines are dropped */
    TW_LOG_DELAY_MS = 1000, /* a buffered line older than this is written with the next one */
};

typedef enum {
    TW_LOG_SINK_STDERR = 0,
    TW_LOG_SINK_FILE = 1,
    TW_LOG_SINK_SYSLOG = 2,
    TW_LOG_SINK_JOURNAL = 3,
} TwLogSinkKind;

typedef struct {
    TwLogSinkKind kind;
    const char *path;  /* of a file; "-" is standard error */
    gsize buffer_size; /* bytes to collect before a file is written; 0: write each line */
    uid_t owner_uid;   /* who a file is given to when root makes it; (uid_t) -1: nobody */
    gid_t owner_gid;   /* likewise */
    const char *ident; /* program name for syslog and journal; borrowed for ever */
    int facility;      /* LOG_MAIL, LOG_AUTHPRIV */
} TwLogSinkSpec;

typedef struct TwLogSink TwLogSink;

/**
 * tw_log_sink_open:
 * @spec: what to open
 * @error: on failure by errno; a symbolic link is refused when root opens a file outside /dev
 *
 * A file that does not exist is made with mode 0640. When root opens it for another user, it is given to that user, so
 * that it can be opened again after privileges are dropped.
 *
 * Returns: (transfer full): the sink, or NULL
 */
TwLogSink *tw_log_sink_open(const TwLogSinkSpec *spec, GError **error);

/**
 * tw_log_sink_free:
 * @sink: (nullable): a sink nobody uses any more
 *
 * Writes what is pending and closes.
 */
void tw_log_sink_free(TwLogSink *sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLogSink, tw_log_sink_free)

/**
 * tw_log_sink_reopen:
 * @sink: a sink
 * @error: on failure by errno; the sink goes on with the old file
 *
 * Opens a file again by its name, for log rotation; other sinks do nothing. The descriptor keeps its number.
 *
 * Returns: TRUE when done
 */
gboolean tw_log_sink_reopen(TwLogSink *sink, GError **error);

/**
 * tw_log_sink_takes_lines:
 * @sink: a sink
 *
 * Returns: TRUE for a file and standard error, where a line needs its own time stamp and end
 */
gboolean tw_log_sink_takes_lines(const TwLogSink *sink);

/**
 * tw_log_sink_fd:
 * @sink: a sink
 *
 * Returns: the descriptor behind it, borrowed, or -1
 */
int tw_log_sink_fd(const TwLogSink *sink);

/**
 * tw_log_sink_write:
 * @sink: a sink
 * @priority: syslog priority, LOG_CRIT to LOG_DEBUG; LOG_ERR and worse are not kept back in the buffer
 * @text: what to write; for lines, with its newline
 * @event: name of the event, for the journal
 * @values: (nullable): its fields, for the journal
 * @now_us: monotonic time, for the age of the buffer
 */
void tw_log_sink_write(TwLogSink *sink,
                       int priority,
                       const GString *text,
                       const char *event,
                       const TwLogValue *values,
                       gint64 now_us);

/**
 * tw_log_sink_flush:
 * @sink: a sink
 *
 * Writes what is pending, unless another thread is at it.
 */
void tw_log_sink_flush(TwLogSink *sink);

/**
 * tw_log_sink_take_lost:
 * @sink: a sink
 *
 * Returns: how many lines were dropped since the last call
 */
guint tw_log_sink_take_lost(TwLogSink *sink);

/**
 * tw_log_journal_fields:
 * @ident: program name
 * @priority: syslog priority
 * @text: the line
 * @event: name of the event
 * @values: (nullable): its fields
 *
 * What is sent to the journal: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, TWIGA_EVENT and a TWIGA_ field for each value, which
 * needs no escapes there.
 *
 * Returns: (transfer full) (element-type GString): "NAME=value" each, freed with the array
 */
GPtrArray *tw_log_journal_fields(const char *ident,
                                 int priority,
                                 const GString *text,
                                 const char *event,
                                 const TwLogValue *values);

G_END_DECLS
