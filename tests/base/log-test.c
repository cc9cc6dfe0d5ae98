/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log-audit.h"
#include "base/log-config.h"
#include "base/log-request.h"

enum {
    THREADS = 4,
    LINES_EACH = 500,
};

typedef struct {
    char *folder;
    char *path;
    TwLogSettings settings;
} Fixture;

static gint64 fake_now;

static gint64
fake_clock(void)
{
    return fake_now;
}

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->folder = g_dir_make_tmp("twiga-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "log", NULL);
    f->settings = (TwLogSettings){
        .sink = { .kind = TW_LOG_SINK_FILE,
                  .path = f->path,
                  .owner_uid = (uid_t) -1,
                  .owner_gid = (gid_t) -1 },
        .level = TW_LOG_INFO,
        .level_tag = TRUE,
        .fold = TRUE,
        .clock = fake_clock,
    };
    fake_now = 0;
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_autofree char *old = g_strconcat(f->path, ".1", NULL);

    (void) data;
    unlink(f->path);
    unlink(old);
    rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
}

static char *
contents(const char *path)
{
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void
say(TwLog *log, guint level, const char *event, const char *user)
{
    const TwLogValue values[] = { tw_log_str(TW_LOG_USER, user), { .field = TW_LOG_FIELD_END } };

    tw_log_event(log, level, event, values);
}

static void
test_lines(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = NULL;
    g_autofree char *text = NULL;

    (void) data;
    f->settings.timestamp = TRUE;
    log = tw_log_new(&f->settings, NULL);
    say(log, TW_LOG_NOTICE, "login", "joe");
    say(log, TW_LOG_ERR, "lost", "a\nb");
    say(log, TW_LOG_DEBUG, "hidden", NULL);
    text = contents(f->path);
    g_assert_cmpstr(text, ==,
                    "1970-01-01T01:00:00.000000: [notice ] login user=joe\n"
                    "1970-01-01T01:00:00.000000: [error  ] lost user=\"a\\nb\"\n");
}

static void
test_json(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = NULL;
    g_autofree char *text = NULL;

    (void) data;
    f->settings.format = TW_LOG_JSON;
    log = tw_log_new(&f->settings, NULL);
    say(log, TW_LOG_CRIT, "stop", "\"x\"");
    text = contents(f->path);
    g_assert_cmpstr(
        text, ==,
        "{\"time\":\"1970-01-01T01:00:00.000000+0100\",\"level\":\"crit\",\"event\":\"stop\""
        ",\"user\":\"\\\"x\\\"\"}\n");
}

static void
test_prefixes(Fixture *f, gconstpointer data)
{
    g_autofree char *expected =
        g_strdup_printf("[%5d] [info   ] a\n[T%d] [info   ] a\n", (int) getpid(), (int) gettid());
    g_autofree char *text = NULL;

    (void) data;
    for (TwLogPrefix prefix = TW_LOG_PREFIX_PID; prefix <= TW_LOG_PREFIX_THREAD; prefix++) {
        g_autoptr(TwLog) log = NULL;

        f->settings.prefix = prefix;
        log = tw_log_new(&f->settings, NULL);
        say(log, TW_LOG_INFO, "a", NULL);
    }
    text = contents(f->path);
    g_assert_cmpstr(text, ==, expected);
}

static void
test_levels(Fixture *f, gconstpointer data)
{
    static const struct {
        guint configured, line;
        gboolean wanted;
    } cases[] = {
        { TW_LOG_WARNING, TW_LOG_WARNING, TRUE },
        { TW_LOG_WARNING, TW_LOG_NOTICE, FALSE },
        { TW_LOG_NONE, TW_LOG_CRIT, FALSE },
        { TW_LOG_DEBUG, TW_LOG_NONE, FALSE },
        { TW_LOG_DEBUG, TW_LOG_DEBUG | TW_LOG_SQL, FALSE },
        { TW_LOG_DEBUG | TW_LOG_SQL, TW_LOG_DEBUG | TW_LOG_SQL, TRUE },
        { TW_LOG_DEBUG | TW_LOG_SQL, TW_LOG_DEBUG | TW_LOG_CACHE, FALSE },
        { TW_LOG_INFO | TW_LOG_SQL, TW_LOG_DEBUG | TW_LOG_SQL, FALSE },
    };
    guint level = 77;
    g_autoptr(TwLog) log = tw_log_new(&f->settings, NULL);

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        tw_log_set_level(log, cases[i].configured);
        g_assert_cmpint(tw_log_wants(log, cases[i].line), ==, cases[i].wanted);
    }
    for (guint i = TW_LOG_NONE; i <= TW_LOG_DEBUG; i++) {
        g_assert_true(tw_log_level_from_name(tw_log_level_name(i), &level));
        g_assert_cmpuint(level, ==, i);
    }
    g_assert_true(tw_log_level_from_name("WARN", &level) && level == TW_LOG_WARNING);
    g_assert_true(tw_log_level_from_name("2", &level) && level == TW_LOG_ERR);
    g_assert_false(tw_log_level_from_name("7", &level));
    g_assert_false(tw_log_level_from_name("", &level));
    g_assert_false(tw_log_level_from_name("loud", &level));
}

static void
test_folding(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = tw_log_new(&f->settings, NULL);
    g_autofree char *text = NULL;

    (void) data;
    for (guint i = 0; i < 10; i++)
        say(log, TW_LOG_WARNING, "full", "joe");
    say(log, TW_LOG_WARNING, "full", "ann"); /* another line */
    for (guint i = 0; i < 3; i++)
        say(log, TW_LOG_WARNING, "full", "bob"); /* few enough to be written */
    for (guint i = 0; i < 5; i++)
        say(log, TW_LOG_ERR, "full", "bob");          /* same text, other level */
    fake_now += TW_LOG_FOLD_SECONDS * G_USEC_PER_SEC; /* still going on: counted now and then */
    say(log, TW_LOG_ERR, "full", "bob");
    say(log, TW_LOG_ERR, "full", "bob");
    tw_log_flush(log);
    say(log, TW_LOG_ERR, "full", "bob"); /* a flush does not begin the count anew */
    text = contents(f->path);
    g_assert_cmpstr(text, ==,
                    "[warning] full user=joe\n[warning] full user=joe\n[warning] full user=joe\n"
                    "[warning] Previous message logged 7 times\n"
                    "[warning] full user=ann\n"
                    "[warning] full user=bob\n[warning] full user=bob\n[warning] full user=bob\n"
                    "[error  ] full user=bob\n[error  ] full user=bob\n[error  ] full user=bob\n"
                    "[error  ] Previous message logged 3 times\n"
                    "[error  ] Previous message logged 1 times\n");
}

static void
test_rotation(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = tw_log_new(&f->settings, NULL);
    g_autofree char *old = g_strconcat(f->path, ".1", NULL);
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autoptr(GError) error = NULL;
    int fd = tw_log_get_fd(log);

    (void) data;
    say(log, TW_LOG_INFO, "one", NULL);
    g_assert_cmpint(rename(f->path, old), ==, 0);
    say(log, TW_LOG_INFO, "two", NULL);
    g_assert_true(tw_log_reopen(log, NULL));
    say(log, TW_LOG_INFO, "three", NULL);
    first = contents(old);
    second = contents(f->path);
    g_assert_cmpstr(first, ==, "[info   ] one\n[info   ] two\n");
    g_assert_cmpstr(second, ==, "[info   ] three\n");
    g_assert_cmpint(tw_log_get_fd(log), ==, fd);

    /* the name is a folder now: goes on with the old file */
    unlink(f->path);
    g_assert_cmpint(mkdir(f->path, 0700), ==, 0);
    g_assert_false(tw_log_reopen(log, &error));
    g_assert_nonnull(error);
    say(log, TW_LOG_INFO, "four", NULL);
    rmdir(f->path);
}

static void
test_file_is_given_away(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = NULL;
    g_autoptr(TwLog) again = NULL;
    g_autofree char *old = g_strconcat(f->path, ".1", NULL);
    g_autoptr(GError) error = NULL;
    struct stat st;

    (void) data;
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    f->settings.sink.owner_uid = 4242;
    f->settings.sink.owner_gid = 4243;
    log = tw_log_new(&f->settings, NULL);
    g_assert_cmpint(stat(f->path, &st), ==, 0);
    g_assert_cmpuint(st.st_uid, ==, 4242);
    g_assert_cmpuint(st.st_gid, ==, 4243);
    g_assert_cmpuint(st.st_mode & 07777, ==, 0640 & ~umask(022));
    /* a link where root would write is refused */
    g_assert_cmpint(rename(f->path, old), ==, 0);
    g_assert_cmpint(symlink(old, f->path), ==, 0);
    again = tw_log_new(&f->settings, &error);
    g_assert_null(again);
    g_assert_nonnull(error);
}

static void
test_buffer(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = NULL;
    g_autofree char *nothing = NULL;
    g_autofree char *at_error = NULL;
    g_autofree char *late = NULL;

    (void) data;
    f->settings.sink.buffer_size = 4096;
    log = tw_log_new(&f->settings, NULL);
    say(log, TW_LOG_INFO, "one", NULL);
    nothing = contents(f->path);
    g_assert_cmpstr(nothing, ==, "");
    say(log, TW_LOG_ERR, "two", NULL);
    at_error = contents(f->path);
    g_assert_cmpstr(at_error, ==, "[info   ] one\n[error  ] two\n");
    say(log, TW_LOG_INFO, "three", NULL);
    fake_now += TW_LOG_DELAY_MS * 1000;
    say(log, TW_LOG_INFO, "four", NULL);
    late = contents(f->path);
    g_assert_true(g_str_has_suffix(late, "three\n[info   ] four\n"));
}

static void
test_lost_lines(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLogSink) sink = NULL;
    TwLogSinkSpec full = { .kind = TW_LOG_SINK_FILE,
                           .path = "/dev/full",
                           .owner_uid = (uid_t) -1,
                           .owner_gid = (gid_t) -1 };
    g_autoptr(GString) two = g_string_new("a\nb\n");
    g_autoptr(GString) huge = g_string_new(NULL);

    (void) f;
    (void) data;
    sink = tw_log_sink_open(&full, NULL);
    tw_log_sink_write(sink, LOG_INFO, two, "e", NULL, 0);
    g_assert_cmpuint(tw_log_sink_take_lost(sink), ==, 2);
    g_assert_cmpuint(tw_log_sink_take_lost(sink), ==, 0);
    g_string_set_size(huge, TW_LOG_PENDING_MOST + 1);
    tw_log_sink_write(sink, LOG_INFO, huge, "e", NULL, 0);
    g_assert_cmpuint(tw_log_sink_take_lost(sink), ==, 1);
}

static gpointer
write_many(gpointer data)
{
    TwLog *log = data;

    for (guint i = 0; i < LINES_EACH; i++) {
        const TwLogValue values[] = { tw_log_int(TW_LOG_PID, gettid()),
                                      tw_log_uint(TW_LOG_COUNT, i),
                                      { .field = TW_LOG_FIELD_END } };
        tw_log_event(log, TW_LOG_INFO, "line", values);
        if (i % 100 == 0)
            g_assert_true(tw_log_reopen(log, NULL));
    }
    return NULL;
}

/* Every line arrives whole, and those of one thread in order. */
static void
test_threads(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = NULL;
    GThread *threads[THREADS];
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GHashTable) next = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    f->settings.sink.buffer_size = GPOINTER_TO_UINT(data);
    log = tw_log_new(&f->settings, NULL);
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("writer", write_many, log);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    tw_log_flush(log);
    text = contents(f->path);
    lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, THREADS * LINES_EACH + 1);
    for (guint i = 0; i < THREADS * LINES_EACH; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], "=", -1);
        guint count;

        g_assert_cmpuint(g_strv_length(words), ==, 3);
        count = GPOINTER_TO_UINT(g_hash_table_lookup(next, words[1]));
        g_assert_cmpuint(g_ascii_strtoull(words[2], NULL, 10), ==, count);
        g_hash_table_insert(next, g_strdup(words[1]), GUINT_TO_POINTER(count + 1));
    }
    g_assert_cmpuint(g_hash_table_size(next), ==, THREADS);
}

static void
test_process_log_and_glib(Fixture *f, gconstpointer data)
{
    g_autoptr(TwLog) log = tw_log_new(&f->settings, NULL);
    g_autofree char *text = NULL;
    guint computed = 0;

    (void) data;
    tw_log_set_default(log);
    tw_log_capture_glib();
    tw_log(TW_LOG_NOTICE, "start");
    tw_log(TW_LOG_NOTICE, "two", tw_log_str(TW_LOG_USER, "a"), tw_log_int(TW_LOG_PID, 1));
    tw_log(TW_LOG_DEBUG, "not-wanted", tw_log_uint(TW_LOG_COUNT, ++computed));
    g_info("from %s", "glib");
    g_log_structured("lib", G_LOG_LEVEL_MESSAGE, "MESSAGE", "x\ny");
    tw_log_set_default(NULL);
    text = contents(f->path);
    g_assert_cmpstr(text, ==,
                    "[notice ] start\n[notice ] two user=a pid=1\n"
                    "[info   ] library library=twiga msg=\"from glib\"\n"
                    "[notice ] library library=lib msg=\"x\\ny\"\n");
    g_assert_cmpuint(computed, ==, 0);
}

static void
test_audit(Fixture *f, gconstpointer data)
{
    const TwLogValue values[] = { tw_log_str(TW_LOG_USER, "o'joe"),
                                  tw_log_str(TW_LOG_FROM, "10.0.0.1"),
                                  tw_log_str(TW_LOG_METHOD, "plugin"),
                                  tw_log_str(TW_LOG_PROGRAM, "imap"),
                                  { .field = TW_LOG_FIELD_END } };
    g_autofree char *text = NULL;

    (void) data;
    f->settings.level_tag = FALSE;
    f->settings.fold = FALSE;
    f->settings.level = 1;
    for (TwLogFormat format = TW_LOG_TEXT; format <= TW_LOG_JSON; format++) {
        g_autoptr(TwLog) log = NULL;

        f->settings.format = format;
        log = tw_log_new(&f->settings, NULL);
        tw_audit(log, TW_AUDIT_LOGON_OK, values);
        tw_log_set_level(log, 0);
        tw_audit(log, TW_AUDIT_LOGON_FAILED, values);
    }
    tw_audit(NULL, TW_AUDIT_LOGON_OK, values);
    text = contents(f->path);
    g_assert_cmpstr(
        text, ==,
        "authenticate ok user='o\\'joe' from='10.0.0.1' method='plugin' program='imap'\n"
        "{\"time\":\"1970-01-01T01:00:00.000000+0100\",\"level\":\"crit\",\"event\":"
        "\"authenticate-ok\",\"user\":\"o'joe\",\"from\":\"10.0.0.1\",\"method\":"
        "\"plugin\",\"program\":\"imap\"}\n");
}

static void
test_request(Fixture *f, gconstpointer data)
{
    TwRequestLine line = { .peer = "::1",
                           .user = "joe x",
                           .command = "tls_setup",
                           .result = "soaperr",
                           .since_event_us = 1500,
                           .since_enqueued_us = 2,
                           .since_dequeued_us = 1,
                           .handler_all_us = -1,
                           .handler_us = 1000000 };
    g_autoptr(TwLog) log = NULL;
    g_autofree char *text = NULL;

    (void) data;
    f->settings.level_tag = FALSE;
    log = tw_log_new(&f->settings, NULL);
    tw_request_log_write(log, &line);
    tw_request_log_write(NULL, &line);
    text = contents(f->path);
    g_assert_cmpstr(text, ==,
                    "::1 \"joe x\" - tls_setup rc=soaperr Tsk=0.001500 Tenq=0.000002 Twi=0.000001 "
                    "Trh2=1.000000\n");
}

static void
test_journal_fields(void)
{
    const TwLogValue values[] = { tw_log_bytes(TW_LOG_USER, "a\nb", 3),
                                  tw_log_int(TW_LOG_STATUS, -7),
                                  tw_log_str(TW_LOG_PEER, NULL),
                                  { .field = TW_LOG_FIELD_END } };
    static const char *const expected[] = {
        "MESSAGE=text",  "PRIORITY=4",      "SYSLOG_IDENTIFIER=twiga",
        "TWIGA_EVENT=e", "TWIGA_USER=a\nb", "TWIGA_STATUS=-7"
    };
    g_autoptr(GString) text = g_string_new("text");
    g_autoptr(GPtrArray) fields = tw_log_journal_fields("twiga", LOG_WARNING, text, "e", values);

    g_assert_cmpuint(fields->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < fields->len; i++)
        g_assert_cmpstr(((const GString *) fields->pdata[i])->str, ==, expected[i]);
}

static void
test_limit(void)
{
    TwLogLimit limit = { 0 };
    guint held = 77;

    g_assert_true(tw_log_limit_pass(&limit, 60000, 5, &held));
    g_assert_cmpuint(held, ==, 0);
    g_assert_false(tw_log_limit_pass(&limit, 60000, 6, &held));
    g_assert_false(tw_log_limit_pass(&limit, 60000, 60000004, &held));
    g_assert_true(tw_log_limit_pass(&limit, 60000, 60000005, &held));
    g_assert_cmpuint(held, ==, 2);
}

static void
test_config(void)
{
    static const struct {
        const char *method, *file;
        gboolean journal, syslog;
        TwLogSinkKind kind;
        gboolean timestamp;
    } cases[] = {
        { "auto", "", FALSE, FALSE, TW_LOG_SINK_STDERR, TRUE },
        { "auto", "", FALSE, TRUE, TW_LOG_SINK_SYSLOG, TRUE },
        { "auto", "", TRUE, TRUE, TW_LOG_SINK_JOURNAL, TRUE },
        { "auto", "/x", TRUE, TRUE, TW_LOG_SINK_FILE, TRUE },
        { "file", "-", TRUE, FALSE, TW_LOG_SINK_FILE, FALSE },
        { "stderr", "/x", TRUE, FALSE, TW_LOG_SINK_STDERR, FALSE },
        { "syslog", "/x", FALSE, FALSE, TW_LOG_SINK_SYSLOG, TRUE },
    };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GError) error = NULL;

    tw_config_schema_add(schema, &tw_log_config_table, &error);
    tw_config_schema_add(schema, &tw_request_log_config_table, &error);
    tw_config_schema_add(schema, &tw_audit_log_config_table, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwConfigSetting settings[] = { { "log_method", cases[i].method },
                                       { "log_file", cases[i].file } };
        TwConfigSource source = { .settings = settings, .settings_count = 2 };
        TwLogPlace place = { .under_journal = cases[i].journal, .has_syslog = cases[i].syslog };
        g_autoptr(TwConfig) config = tw_config_load(schema, &source, NULL, NULL);
        TwLogSettings got = tw_log_settings_from_config(config, &place);
        TwLog *none = (TwLog *) &place;

        g_test_message("case %u", i);
        g_assert_cmpint(got.sink.kind, ==, cases[i].kind);
        g_assert_cmpint(got.timestamp, ==, cases[i].timestamp);
        g_assert_cmpuint(got.level, ==, TW_LOG_WARNING);
        g_assert_true(tw_request_log_open(config, &place, &none, NULL));
        g_assert_null(none);
    }
}

static void
test_config_refused(void)
{
    static const TwConfigSetting cases[][1] = {
        { { "log_level", "7" } },
        { { "log_level", "0x20007" } },
        { { "log_level", "0x1000000" } },
        { { "log_method", "file" } }, /* which? */
    };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();

    g_assert_true(tw_config_schema_add(schema, &tw_log_config_table, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwConfigSource source = { .settings = cases[i], .settings_count = 1 };
        g_assert_null(tw_config_load(schema, &source, NULL, NULL));
    }
}

#define ADD(path, data, function) g_test_add(path, Fixture, data, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_setenv("TZ", "TST-1", TRUE);
    g_test_init(&argc, &argv, NULL);
    ADD("/base/log/24.2/lines", NULL, test_lines);
    ADD("/base/log/json", NULL, test_json);
    ADD("/base/log/24.2/prefixes", NULL, test_prefixes);
    ADD("/base/log/24.1/levels", NULL, test_levels);
    ADD("/base/log/24.2/folding", NULL, test_folding);
    ADD("/base/log/rotation", NULL, test_rotation);
    ADD("/base/log/file-is-given-away", NULL, test_file_is_given_away);
    ADD("/base/log/buffer", NULL, test_buffer);
    ADD("/base/log/lost-lines", NULL, test_lost_lines);
    ADD("/base/log/threads", GUINT_TO_POINTER(0), test_threads);
    ADD("/base/log/threads-buffered", GUINT_TO_POINTER(1000), test_threads);
    ADD("/base/log/process-log", NULL, test_process_log_and_glib);
    ADD("/base/log/24.3/audit", NULL, test_audit);
    ADD("/base/log/24.4/request", NULL, test_request);
    g_test_add_func("/base/log/journal-fields", test_journal_fields);
    g_test_add_func("/base/log/limit", test_limit);
    g_test_add_func("/base/log/3.4/config", test_config);
    g_test_add_func("/base/log/3.4/config-refused", test_config_refused);
    return g_test_run();
}
