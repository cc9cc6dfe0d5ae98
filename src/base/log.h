/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The log: one event, one line, a fixed name and registered fields.
 *
 *     tw_log(TW_LOG_NOTICE, "login", tw_log_str(TW_LOG_USER, name), tw_log_str(TW_LOG_PEER, peer));
 *
 * A process has one log, set before its threads start; audit and request log (log-audit.h, log-request.h) are objects of
 * the same type. All functions may be called from any thread. No lock is held while a line is made or written; a
 * short one guards the memory of the last line, by which repeated lines are folded, and one the buffer of the sink.
 */
#pragma once

#include <glib.h>

#include "base/log-line.h"
#include "base/log-sink.h"

G_BEGIN_DECLS

/* Level 0 is "none": nothing is logged at it. */
typedef enum {
    TW_LOG_NONE = 0,
    TW_LOG_CRIT = 1,    /* the program cannot go on */
    TW_LOG_ERR = 2,     /* someone must act */
    TW_LOG_WARNING = 3, /* it went on, but look */
    TW_LOG_NOTICE = 4,  /* start, stop, log-on */
    TW_LOG_INFO = 5,    /* one per mail or call */
    TW_LOG_DEBUG = 6,
} TwLogLevel;

/* Components: a line that carries bits is written only when one of them is switched on in log_level. */
enum {
    TW_LOG_LEVEL_MASK = 0xffff,
    TW_LOG_SQL = 0x010000,
    TW_LOG_USER_PLUGIN = 0x020000,
    TW_LOG_CACHE = 0x040000,
    TW_LOG_USER_CACHE = 0x080000,
    TW_LOG_CALLS = 0x100000, /* protocol calls */
    TW_LOG_SYNC_EXPORT = 0x200000,
    TW_LOG_SEARCH = 0x400000,
    TW_LOG_SYNC = 0x800000,
    TW_LOG_COMPONENT_MASK = 0xff0000,
};

typedef enum {
    TW_LOG_TEXT = 0, /* "TIMESTAMP: [PREFIX] [level  ] event key=value" */
    TW_LOG_JSON = 1, /* one object a line */
} TwLogFormat;

typedef enum {
    TW_LOG_PREFIX_NONE = 0,
    TW_LOG_PREFIX_PID = 1,    /* "[  123]": process per connection */
    TW_LOG_PREFIX_THREAD = 2, /* "[T123]" */
} TwLogPrefix;

typedef struct {
    TwLogSinkSpec sink;
    guint level; /* TwLogLevel and component bits */
    TwLogFormat format;
    TwLogPrefix prefix;
    gboolean timestamp;    /* text lines only; JSON always has one */
    gboolean level_tag;    /* "[notice ]" */
    gboolean fold;         /* fold repeated lines */
    gint64 (*clock)(void); /* microseconds since 1970; NULL: g_get_real_time() */
} TwLogSettings;

typedef struct TwLog TwLog;

enum {
    TW_LOG_SAME_SHOWN = 3,    /* equal lines in a row that are written out */
    TW_LOG_FOLD_SECONDS = 60, /* a line that goes on repeating is counted this often */
};

/**
 * tw_log_new:
 * @settings: how and where
 * @error: as tw_log_sink_open()
 *
 * Returns: (transfer full): a log, or NULL
 */
TwLog *tw_log_new(const TwLogSettings *settings, GError **error);

/**
 * tw_log_free:
 * @log: (nullable): a log nobody uses any more
 *
 * Writes what is pending, and how often the last line was repeated.
 */
void tw_log_free(TwLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLog, tw_log_free)

/**
 * tw_log_set_default:
 * @log: (nullable): the log of the process, borrowed until it is replaced; NULL for the one at start: standard error,
 *   level notice or what tw_log_set_early_level() said
 *
 * Called before threads start, and after they ended.
 */
void tw_log_set_default(TwLog *log);

/**
 * tw_log_set_early_level:
 * @text: (nullable): a level with component bits, decimal or 0x...; anything else is ignored
 *
 * The level before a configuration was read, from KOPANO_CLIENT_LOGLEVEL.
 */
void tw_log_set_early_level(const char *text);

/**
 * tw_log_set_level:
 * @log: a log
 * @level: TwLogLevel and component bits, from now on
 */
void tw_log_set_level(TwLog *log, guint level);

/**
 * tw_log_reopen:
 * @log: a log
 * @error: as tw_log_sink_reopen()
 *
 * For log rotation. On failure the log goes on with the old file.
 *
 * Returns: TRUE when done
 */
gboolean tw_log_reopen(TwLog *log, GError **error);

/**
 * tw_log_flush:
 * @log: a log
 *
 * Writes what is pending, and how often the last line was repeated.
 */
void tw_log_flush(TwLog *log);

/**
 * tw_log_get_fd:
 * @log: a log
 *
 * Returns: the descriptor of its file, for a crash handler, or -1; keeps its number when reopened
 */
int tw_log_get_fd(const TwLog *log);

/**
 * tw_log_wants:
 * @log: (nullable): a log; NULL: the one of the process
 * @level: TwLogLevel, perhaps with component bits
 *
 * Returns: TRUE when such a line would be written
 */
gboolean tw_log_wants(const TwLog *log, guint level);

/**
 * tw_log_event:
 * @log: (nullable): a log; NULL: the one of the process
 * @level: TwLogLevel, perhaps with component bits
 * @event: its name: lower case letters, digits and dashes; a constant
 * @values: fields, ended by one with field %TW_LOG_FIELD_END
 *
 * Logs one event. What tw_log() stands for.
 */
void tw_log_event(TwLog *log, guint level, const char *event, const TwLogValue *values);

/**
 * tw_log_event_as:
 * @log: (nullable): a log; NULL: the one of the process
 * @level: TwLogLevel, perhaps with component bits
 * @event: its name, for JSON and the journal
 * @text: what the text form says instead of name and fields, already escaped
 * @values: fields, ended by one with field %TW_LOG_FIELD_END
 *
 * As tw_log_event(), for logs whose text form is fixed by history.
 */
void tw_log_event_as(
    TwLog *log, guint level, const char *event, const char *text, const TwLogValue *values);

/**
 * tw_log_level_name:
 * @level: TwLogLevel, perhaps with component bits
 *
 * Returns: (transfer none): "none", "crit", "error", "warning", "notice", "info" or "debug"
 */
const char *tw_log_level_name(guint level);

/**
 * tw_log_level_from_name:
 * @name: a name of 24.1 in any case ("err" and "warn" too), or a digit from 0 to 6
 * @ret: (out): the level
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_log_level_from_name(const char *name, guint *ret);

/**
 * tw_log_capture_glib:
 *
 * From now on messages of GLib, and of libraries that use it, go to the log of the process as event "library". May be
 * called more than once.
 */
void tw_log_capture_glib(void);

/**
 * tw_log:
 * @level: TwLogLevel, perhaps with component bits
 * @event: name of the event, a constant
 * @...: any number of values, made by tw_log_str() and its kin; not computed when the line is not wanted
 *
 * Logs one event to the log of the process.
 */
#define tw_log(level, event, ...)                                                                  \
    G_STMT_START                                                                                   \
    {                                                                                              \
        if (tw_log_wants(NULL, (level)))                                                           \
            tw_log_event(NULL, (level), "" event "",                                               \
                         &((const TwLogValue[]){ { .field = TW_LOG_FIELD_END },                    \
                                                 ##__VA_ARGS__,                                    \
                                                 { .field = TW_LOG_FIELD_END } })[1]);             \
    }                                                                                              \
    G_STMT_END

/* Lets one line through per interval at a place that may be reached very often. Zero is ready to use. */
typedef struct {
    gint64 next_us; /* when the next line may pass */
    guint held_back;
    GMutex lock; /* guards both */
} TwLogLimit;

/**
 * tw_log_limit_pass:
 * @limit: state of the place
 * @interval_ms: least time between two lines
 * @now_us: monotonic time
 * @ret_held_back: (out): lines held back since the last one that passed
 *
 * Returns: TRUE when a line may be logged now
 */
gboolean tw_log_limit_pass(TwLogLimit *limit,
                           gint64 interval_ms,
                           gint64 now_us,
                           guint *ret_held_back);

G_END_DECLS
