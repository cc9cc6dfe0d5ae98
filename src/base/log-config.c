/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log-config.h"

#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/error.h"

typedef enum {
    METHOD_AUTO = 0,
    METHOD_FILE = 1,
    METHOD_SYSLOG = 2,
    METHOD_JOURNAL = 3,
    METHOD_STDERR = 4,
} Method;

static const char *const methods[] = { "auto", "file", "syslog", "journal", "stderr", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const request_methods[] = { "off", "file", "syslog", NULL };
static const char *const audit_methods[] = { "syslog", "file", NULL };

static const TwConfigKey log_keys[] = {
    { .name = "log_method",
      .type = TW_CONFIG_ENUM,
      .def = "auto",
      .choices = methods,
      .help = "Where log lines go. With auto: to log_file if it is set, else to the journal if "
              "standard error goes "
              "there, else to syslog (facility mail) if it listens, else to standard error." },
    { .name = "log_file",
      .type = TW_CONFIG_PATH,
      .help = "The log file. A single dash is standard error. The file is opened again at SIGHUP, "
              "as the user the "
              "program runs as." },
    { .name = "log_level",
      .type = TW_CONFIG_INT,
      .def = "3",
      .flags = TW_CONFIG_RELOADABLE | TW_CONFIG_HEX,
      .max = 0xffffff,
      .help = "How much is logged: 0 nothing, 1 critical, 2 errors, 3 warnings, 4 notices, 5 "
              "information, 6 debug. "
              "Bits switch on components: 0x10000 SQL, 0x20000 user plugin, 0x40000 cache, 0x80000 "
              "user cache, "
              "0x100000 protocol calls, 0x200000 synchronisation export, 0x400000 search, 0x800000 "
              "synchronisation; "
              "0x20006 is debug with user plugin." },
    { .name = "log_timestamp",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "Begin each line of a file or of standard error with the time. Left out when "
              "standard error goes to the "
              "journal, which stamps lines itself." },
    { .name = "log_buffer_size",
      .type = TW_CONFIG_SIZE,
      .def = "0",
      .max = TW_LOG_PENDING_MOST / 2,
      .help = "Bytes to collect before the log file is written. 0 writes each line at once. Errors "
              "are always "
              "written at once." },
    { .name = "log_format",
      .type = TW_CONFIG_ENUM,
      .def = "text",
      .choices = formats,
      .help = "The form of log lines: text, or one JSON object a line. Also of the request log and "
              "the audit log." },
};

static const TwConfigKey request_log_keys[] = {
    { .name = "request_log_method",
      .type = TW_CONFIG_ENUM,
      .def = "off",
      .choices = request_methods,
      .help = "Where one line per protocol request goes." },
    { .name = "request_log_file",
      .type = TW_CONFIG_PATH,
      .def = "-",
      .help = "The request log file. A single dash is standard error." },
};

static const TwConfigKey audit_log_keys[] = {
    { .name = "audit_log_enabled",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Keep an audit log: log-ons, access to the data of others, changes of rights." },
    { .name = "audit_log_method",
      .type = TW_CONFIG_ENUM,
      .def = "syslog",
      .choices = audit_methods,
      .help = "Where audit lines go. With syslog, facility authpriv." },
    { .name = "audit_log_file",
      .type = TW_CONFIG_PATH,
      .def = "-",
      .help = "The audit log file. A single dash is standard error." },
    { .name = "audit_log_level",
      .type = TW_CONFIG_INT,
      .def = "1",
      .max = 1,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "1 writes every audit line, 0 none." },
    { .name = "audit_log_timestamp",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Begin each line of an audit file with the time." },
};

static gboolean
check_log(const TwConfig *config, GError **error)
{
    gint64 level = tw_config_get_int(config, "log_level");
    guint method = tw_config_get_enum(config, "log_method");

    if ((level & TW_LOG_LEVEL_MASK) > TW_LOG_DEBUG) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "log_level: \"%s\": the last four hexadecimal digits are a level from 0 to 6",
                    tw_config_get_string(config, "log_level"));
        return FALSE;
    }
    if (method == METHOD_FILE && *tw_config_get_string(config, "log_file") == '\0') {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "log_method is file, but log_file is empty");
        return FALSE;
    }
    return TRUE;
}

const TwConfigTable tw_log_config_table = {
    .title = "Log",
    .keys = log_keys,
    .keys_count = G_N_ELEMENTS(log_keys),
    .check = check_log,
};

const TwConfigTable tw_request_log_config_table = {
    .title = "Request log",
    .keys = request_log_keys,
    .keys_count = G_N_ELEMENTS(request_log_keys),
};

const TwConfigTable tw_audit_log_config_table = {
    .title = "Audit log",
    .keys = audit_log_keys,
    .keys_count = G_N_ELEMENTS(audit_log_keys),
};

void
tw_log_place_detect(TwLogPlace *place, const char *const *environment)
{
    static const char name[] = "JOURNAL_STREAM=";
    struct stat st;

    place->under_journal = FALSE;
    for (; environment != NULL && *environment != NULL; environment++) {
        g_autofree char *ours = NULL;

        if (!g_str_has_prefix(*environment, name) || fstat(STDERR_FILENO, &st) != 0)
            continue;
        ours = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64) st.st_dev,
                               (guint64) st.st_ino);
        place->under_journal = strcmp(*environment + sizeof name - 1, ours) == 0;
    }
    place->has_syslog = stat("/dev/log", &st) == 0 && S_ISSOCK(st.st_mode);
}

static TwLogSinkKind
pick_sink(Method method, const char *file, const TwLogPlace *place)
{
    switch (method) {
    case METHOD_AUTO:
        if (*file != '\0')
            return TW_LOG_SINK_FILE;
        if (place->under_journal)
            return TW_LOG_SINK_JOURNAL;
        return place->has_syslog ? TW_LOG_SINK_SYSLOG : TW_LOG_SINK_STDERR;
    case METHOD_FILE:
        return TW_LOG_SINK_FILE;
    case METHOD_SYSLOG:
        return TW_LOG_SINK_SYSLOG;
    case METHOD_JOURNAL:
        return TW_LOG_SINK_JOURNAL;
    case METHOD_STDERR:
        return TW_LOG_SINK_STDERR;
    }
    g_assert_not_reached();
}

static TwLogSettings
common_settings(const TwConfig *config, const TwLogPlace *place)
{
    return (TwLogSettings){
        .sink = {
            .owner_uid = place->owner_uid,
            .owner_gid = place->owner_gid,
            .ident = place->ident,
            .facility = LOG_MAIL,
        },
        .format = (TwLogFormat) tw_config_get_enum(config, "log_format"),
    };
}

TwLogSettings
tw_log_settings_from_config(const TwConfig *config, const TwLogPlace *place)
{
    TwLogSettings settings = common_settings(config, place);
    const char *file = tw_config_get_string(config, "log_file");
    gboolean to_stderr;

    settings.sink.path = file;
    settings.sink.kind = pick_sink((Method) tw_config_get_enum(config, "log_method"), file, place);
    settings.sink.buffer_size = tw_config_get_size(config, "log_buffer_size");
    settings.level = (guint) tw_config_get_int(config, "log_level");
    settings.prefix = place->prefix;
    settings.level_tag = TRUE;
    settings.fold = TRUE;
    to_stderr = settings.sink.kind == TW_LOG_SINK_STDERR || strcmp(file, "-") == 0;
    settings.timestamp =
        tw_config_get_bool(config, "log_timestamp") && !(to_stderr && place->under_journal);
    return settings;
}

gboolean
tw_request_log_open(const TwConfig *config, const TwLogPlace *place, TwLog **ret, GError **error)
{
    TwLogSettings settings = common_settings(config, place);
    guint method = tw_config_get_enum(config, "request_log_method");
    TwLog *log = NULL;

    if (method != 0) {
        settings.sink.kind = method == 1 ? TW_LOG_SINK_FILE : TW_LOG_SINK_SYSLOG;
        settings.sink.path = tw_config_get_string(config, "request_log_file");
        settings.level = TW_LOG_INFO;
        settings.timestamp = TRUE;
        log = tw_log_new(&settings, error);
        if (log == NULL)
            return FALSE;
    }
    *ret = log;
    return TRUE;
}

gboolean
tw_audit_log_open(const TwConfig *config, const TwLogPlace *place, TwLog **ret, GError **error)
{
    TwLogSettings settings = common_settings(config, place);
    TwLog *log = NULL;

    if (tw_config_get_bool(config, "audit_log_enabled")) {
        settings.sink.kind = tw_config_get_enum(config, "audit_log_method") == 0
                                 ? TW_LOG_SINK_SYSLOG
                                 : TW_LOG_SINK_FILE;
        settings.sink.facility = LOG_AUTHPRIV;
        settings.sink.path = tw_config_get_string(config, "audit_log_file");
        settings.level = (guint) tw_config_get_int(config, "audit_log_level");
        settings.timestamp = tw_config_get_bool(config, "audit_log_timestamp");
        log = tw_log_new(&settings, error);
        if (log == NULL)
            return FALSE;
    }
    *ret = log;
    return TRUE;
}

void
tw_log_notes(const GPtrArray *notes)
{
    for (guint i = 0; i < notes->len; i++) {
        const TwConfigNote *note = g_ptr_array_index(notes, i);

        if (note->severity == TW_CONFIG_ERROR)
            tw_log(TW_LOG_ERR, "config", tw_log_str(TW_LOG_FILE, note->where),
                   tw_log_str(TW_LOG_CONFIG_KEY, note->key), tw_log_str(TW_LOG_MSG, note->text));
        else if (note->severity == TW_CONFIG_WARNING)
            tw_log(TW_LOG_WARNING, "config", tw_log_str(TW_LOG_FILE, note->where),
                   tw_log_str(TW_LOG_CONFIG_KEY, note->key), tw_log_str(TW_LOG_MSG, note->text));
    }
}
