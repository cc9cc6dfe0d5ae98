/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mirror of a source elsewhere, with a source of this test's own. */
#include <string.h>

#include "base/error.h"
#include "base/lock.h"
#include "directory/external.h"
#include "directory/place.h"

typedef struct {
    const char *id, *name;
    TwDirectoryKind kind;
    const char *company; /* id, nullable */
    const char *member;  /* id of a user, nullable */
    const char *full_name;
    guint64 hard;
} Entry;

typedef struct {
    TwDirectorySource base; /* first */
    TwLock lock;            /* guards what follows */
    const Entry *entries;   /* until one without an id; NULL: it is away */
    guint fetches;
    guint closed; /* of those that are not this one */
    GCond fetched;
} Fake;

static Fake fake;

static int
find(const Entry *entries, const char *id)
{
    for (int i = 0; entries[i].id != NULL; i++) {
        if (g_strcmp0(entries[i].id, id) == 0)
            return i;
    }
    return -1;
}

static gboolean
fake_fetch(TwDirectorySource *source G_GNUC_UNUSED,
           const TwCancel *cancel G_GNUC_UNUSED,
           GPtrArray **ret,
           GError **error)
{
    const Entry *entries;

    tw_lock(&fake.lock);
    entries = fake.entries;
    fake.fetches++;
    g_cond_broadcast(&fake.fetched);
    tw_unlock(&fake.lock);
    if (entries == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "away");
        return FALSE;
    }
    *ret = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_row_free);
    for (const Entry *entry = entries; entry->id != NULL; entry++) {
        const TwDirectoryObject values = { .kind = entry->kind,
                                           .name = entry->name,
                                           .full_name = entry->full_name,
                                           .quota = { entry->hard > 0, 0, 0, entry->hard } };
        TwDirectoryRow *row = g_new0(TwDirectoryRow, 1);
        row->id = g_bytes_new(entry->id, strlen(entry->id));
        row->values = tw_directory_object_new(&values);
        row->company = entry->company == NULL ? -1 : find(entries, entry->company);
        if (entry->member != NULL)
            tw_directory_row_link(row, TW_DIRECTORY_MEMBER, (guint) find(entries, entry->member));
        g_ptr_array_add(*ret, row);
    }
    return TRUE;
}

static gboolean
fake_password(TwDirectorySource *source G_GNUC_UNUSED,
              GBytes *id,
              const char *name G_GNUC_UNUSED,
              const TwSecret *password,
              GError **error)
{
    gsize len;
    const char *text = tw_secret_reveal(password, &len);

    if (id != NULL && g_bytes_get_size(id) == len &&
        memcmp(g_bytes_get_data(id, NULL), text, len) == 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "wrong");
    return FALSE;
}

/* Another than the first is on the heap: who still asked it then would be told by the sanitizers. */
static void
fake_close(TwDirectorySource *source)
{
    if (source == &fake.base)
        return;
    tw_lock(&fake.lock);
    fake.closed++;
    tw_unlock(&fake.lock);
    g_free(source);
}

static const TwDirectorySourceFuncs fake_funcs = {
    .name = "fake",
    .written_here = TW_DIRECTORY_SET_MAIL,
    .relations_here = 1u << TW_DIRECTORY_SEND_AS,
    .close = fake_close,
    .fetch = fake_fetch,
    .check_password = fake_password,
};

static const TwDirectorySourceFuncs other_funcs = { .name = "other", .close = fake_close };

typedef struct {
    KvPlace kv;
    TwDb *db;
    TwDirectoryPlugin *plugin; /* of directory */
    TwDirectory *directory;
} Mirror;

static void
show(const Entry *entries)
{
    tw_lock(&fake.lock);
    fake.entries = entries;
    tw_unlock(&fake.lock);
}

static gboolean
mirror_open(Mirror *mirror, gboolean safe, GError **error)
{
    const TwDirectoryConfig config = TW_DIRECTORY_CONFIG_INIT;
    const TwDirectoryExternalConfig external = { .interval_us = G_TIME_SPAN_DAY,
                                                 .safe_mode = safe };

    fake.base = (TwDirectorySource){ &fake_funcs, "ids" };
    mirror->plugin = tw_directory_external_new(mirror->db, &fake.base, &external, error);
    mirror->directory =
        mirror->plugin != NULL ? tw_directory_new(mirror->plugin, &config, error) : NULL;
    return mirror->directory != NULL;
}

static void
mirror_init(Mirror *mirror, TwDbKind kind)
{
    g_autoptr(GError) error = NULL;

    kv_place_init(&mirror->kv, kind);
    mirror->kv.config.schema = &tw_directory_schema;
    mirror->db = tw_db_open(&mirror->kv.config, &error);
    g_assert_no_error(error);
}

static void
mirror_clear(Mirror *mirror)
{
    tw_directory_free(mirror->directory);
    tw_db_close(mirror->db);
    kv_place_clear(&mirror->kv);
}

static void
read_anew(Mirror *mirror, const Entry *entries)
{
    g_autoptr(GError) error = NULL;

    show(entries);
    tw_directory_refresh(mirror->directory, &error);
    g_assert_no_error(error);
}

/* "number kind name full_name mail members", a line each */
static char *
describe(Mirror *mirror)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(mirror->directory, NULL);
    g_autoptr(GPtrArray) all = tw_directory_snapshot_changed(snapshot, 0);
    GString *text = g_string_new(NULL);

    for (guint32 number = TW_DIRECTORY_FIRST_NUMBER; number < 100; number++) {
        const TwDirectoryObject *object = tw_directory_snapshot_get(snapshot, number);
        if (object == NULL)
            continue;
        g_string_append_printf(text, "%u %s/%u %s %s", number, object->name, object->company,
                               object->full_name, object->mail);
        for (gsize i = 0; i < object->link_count; i++)
            g_string_append_printf(text, " >%u", object->links[i].number);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static void
expect(Mirror *mirror, const char *wanted)
{
    g_autofree char *is = describe(mirror);

    g_assert_cmpstr(is, ==, wanted);
}

#define USER TW_DIRECTORY_USER
#define GROUP TW_DIRECTORY_SECURITY_GROUP
#define END                                                                                        \
    {                                                                                              \
        .id = NULL                                                                                 \
    }

static const Entry two[] = { { .id = "a", .name = "ada", .kind = USER, .full_name = "A" },
                             { .id = "b", .name = "bob", .kind = USER, .full_name = "B" },
                             { .id = "g", .name = "staff", .kind = GROUP, .member = "b" },
                             END };
static const Entry swapped[] = { { .id = "b", .name = "ada", .kind = USER, .full_name = "B" },
                                 { .id = "a", .name = "bob", .kind = USER, .full_name = "A" },
                                 { .id = "g", .name = "staff", .kind = GROUP, .member = "b" },
                                 END };
static const Entry fewer[] = { { .id = "a", .name = "bob", .kind = USER, .full_name = "A" },
                               { .id = "g", .name = "staff", .kind = GROUP, .member = "a" },
                               END };
static const Entry nobody[] = { { .id = "g", .name = "staff", .kind = GROUP }, END };
/* ids are unique within their class; a class that changes is another object */
static const Entry classes[] = { { .id = "a", .name = "bob", .kind = GROUP, .full_name = "A" },
                                 { .id = "b", .name = "bob", .kind = USER, .full_name = "B" },
                                 { .id = "g", .name = "staff", .kind = GROUP, .member = "b" },
                                 END };
static const Entry bad[] = { { .id = "c", .name = "acme", .kind = TW_DIRECTORY_COMPANY },
                             { .id = "x", .name = "system", .kind = TW_DIRECTORY_COMPANY },
                             { .id = "a", .name = "ada", .kind = USER, .company = "c" },
                             { .id = "b", .name = "ada", .kind = USER },
                             { .id = "d", .name = "dan", .kind = USER, .company = "x" },
                             { .id = "e", .name = "ADA", .kind = USER, .company = "c" },
                             { .id = "a", .name = "other", .kind = USER },
                             { .id = "f", .name = "two\nlines", .kind = USER },
                             { .id = "", .name = "no-id", .kind = USER },
                             { .id = "h", .name = "staff", .kind = GROUP, .member = "d" },
                             { .id = "i", .name = "them", .kind = GROUP, .member = "b" },
                             END };

/* Numbers and ids stay, whatever else changes; names may be swapped; what is as it was is not written. */
static void
test_numbers(gconstpointer data)
{
    Mirror mirror = { 0 };
    g_autoptr(TwDirectorySnapshot) first = NULL, second = NULL, third = NULL;
    g_autoptr(GError) error = NULL;

    mirror_init(&mirror, (TwDbKind) GPOINTER_TO_INT(data));
    show(two);
    mirror_open(&mirror, FALSE, &error);
    g_assert_no_error(error);
    expect(&mirror, "3 ada/0 A \n4 bob/0 B \n5 staff/0   >4\n");
    first = tw_directory_snapshot(mirror.directory, NULL);
    read_anew(&mirror, two);
    second = tw_directory_snapshot(mirror.directory, NULL);
    g_assert_cmpuint(tw_directory_snapshot_epoch(first), ==, tw_directory_snapshot_epoch(second));
    read_anew(&mirror, swapped);
    expect(&mirror, "3 bob/0 A \n4 ada/0 B \n5 staff/0   >4\n");
    third = tw_directory_snapshot(mirror.directory, NULL);
    g_assert_true(g_bytes_equal(tw_directory_snapshot_get(first, 3)->id,
                                tw_directory_snapshot_get(third, 3)->id));
    read_anew(&mirror, fewer);
    expect(&mirror, "3 bob/0 A \n5 staff/0   >3\n");
    read_anew(&mirror, classes); /* neither comes back as who it was */
    expect(&mirror, "5 staff/0   >7\n6 bob/0 A \n7 bob/0 B \n");
    mirror_clear(&mirror);
}

static void
test_bad_rows(void)
{
    Mirror mirror = { 0 };
    g_autoptr(GError) error = NULL;

    mirror_init(&mirror, TW_DB_SQLITE);
    show(bad);
    mirror_open(&mirror, FALSE, &error);
    g_assert_no_error(error);
    expect(&mirror, "3 acme/0  \n4 ada/3  \n5 ada/0  \n6 staff/0  \n7 them/0   >5\n");
    mirror_clear(&mirror);
}

/* A source that is away, or says that it has nobody, takes nobody away. */
static void
test_away(void)
{
    Mirror mirror = { 0 };
    g_autoptr(GError) error = NULL;

    mirror_init(&mirror, TW_DB_SQLITE);
    show(NULL);
    g_assert_false(mirror_open(&mirror, FALSE, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    g_clear_error(&error);
    show(two);
    mirror_open(&mirror, FALSE, &error);
    g_assert_no_error(error);
    show(NULL);
    g_assert_false(tw_directory_refresh(mirror.directory, &error));
    g_clear_error(&error);
    show(nobody);
    g_assert_false(tw_directory_refresh(mirror.directory, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_FAILED);
    g_clear_error(&error);
    expect(&mirror, "3 ada/0 A \n4 bob/0 B \n5 staff/0   >4\n");
    show(NULL);
    tw_directory_free(g_steal_pointer(&mirror.directory));
    mirror_open(&mirror, FALSE, &error);
    g_assert_no_error(error);
    expect(&mirror, "3 ada/0 A \n4 bob/0 B \n5 staff/0   >4\n");
    mirror_clear(&mirror);
}

static void
test_safe_mode(void)
{
    Mirror mirror = { 0 };
    g_autoptr(GError) error = NULL;

    mirror_init(&mirror, TW_DB_SQLITE);
    show(fewer);
    mirror_open(&mirror, FALSE, &error);
    tw_directory_free(g_steal_pointer(&mirror.directory));
    show(swapped);
    mirror_open(&mirror, TRUE, &error);
    g_assert_no_error(error);
    expect(&mirror, "3 bob/0 A \n4 staff/0  \n");
    mirror_clear(&mirror);
}

/* What the source does not say is the administrator's; all else is refused, also where the mirror is opened without its source. */
static void
test_writing(void)
{
    Mirror mirror = { 0 };
    TwDirectoryObject values = { .number = 3, .kind = USER, .name = "ada", .mail = "a@x.org" };
    TwDirectoryLink link = { TW_DIRECTORY_MEMBER, 3 }, send_as = { TW_DIRECTORY_SEND_AS, 4 };
    const TwDirectoryConfig config = TW_DIRECTORY_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    guint32 number;

    mirror_init(&mirror, TW_DB_SQLITE);
    show(two);
    mirror_open(&mirror, FALSE, &error);
    g_assert_no_error(error);
    g_assert_true(tw_directory_modify(mirror.directory, &values,
                                      TW_DIRECTORY_SET_MAIL | TW_DIRECTORY_SET_NAME, NULL, NULL));
    g_assert_true(tw_directory_relate(mirror.directory, 3, send_as, NULL));
    values.name = "eve";
    for (guint i = 0; i < 2; i++) {
        g_assert_false(
            tw_directory_modify(mirror.directory, &values, TW_DIRECTORY_SET_NAME, NULL, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(tw_directory_relate(mirror.directory, 5, link, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(tw_directory_create(mirror.directory, &values, NULL, &number, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(tw_directory_remove(mirror.directory, 3, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        if (i == 0) {
            read_anew(&mirror, swapped);
            expect(&mirror, "3 bob/0 A a@x.org >4\n4 ada/0 B \n5 staff/0   >4\n");
            tw_directory_free(mirror.directory);
            mirror.directory =
                tw_directory_new(tw_directory_db_new(mirror.db, NULL), &config, NULL);
        }
    }
    g_assert_false(tw_directory_external_check_none(mirror.db, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    mirror_clear(&mirror);
}

/* ---- news ---- */

typedef struct {
    TwLock lock; /* guards what follows */
    GCond changed;
    GString *text;
    gboolean refuse;
} Heard;

static gboolean
on_news(const TwDirectoryNews *news, gpointer data)
{
    static const char *const words[] = { "came", "went", "quota" };
    Heard *heard = data;
    TW_LOCK_SCOPE(&heard->lock);

    g_string_append_printf(heard->text, "%s %u %s\n", words[news->what], news->number, news->name);
    g_cond_broadcast(&heard->changed);
    return !heard->refuse;
}

static void
wait_heard(Heard *heard, const char *wanted)
{
    gint64 until = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    TW_LOCK_SCOPE(&heard->lock);

    while (strcmp(heard->text->str, wanted) != 0 &&
           tw_lock_wait(&heard->lock, &heard->changed, until))
        ;
    g_assert_cmpstr(heard->text->str, ==, wanted);
    g_string_truncate(heard->text, 0);
}

/* Each is told once, also over a restart; who refuses is told again; who went before anybody heard is not told. */
static void
test_news(void)
{
    static const Entry other_quota[] = {
        { .id = "a", .name = "bob", .kind = USER, .full_name = "A", .hard = 100 },
        { .id = "g", .name = "staff", .kind = GROUP, .member = "a" },
        END
    };
    Mirror mirror = { 0 };
    Heard heard = { .text = g_string_new(NULL), .refuse = TRUE };
    g_autoptr(GError) error = NULL;

    tw_lock_init(&heard.lock);
    g_cond_init(&heard.changed);
    mirror_init(&mirror, TW_DB_SQLITE);
    show(two);
    mirror_open(&mirror, FALSE, &error);
    g_assert_no_error(error);
    tw_directory_follow(mirror.directory, on_news, &heard);
    wait_heard(&heard, "came 3 ada\ncame 4 bob\ncame 5 staff\n");
    tw_directory_follow(mirror.directory, NULL, NULL);
    heard.refuse = FALSE;
    tw_directory_free(mirror.directory);
    mirror_open(&mirror, FALSE, &error);
    tw_directory_follow(mirror.directory, on_news, &heard);
    wait_heard(&heard, "came 3 ada\ncame 4 bob\ncame 5 staff\n");
    read_anew(&mirror, fewer);
    wait_heard(&heard, "went 4 bob\n");
    read_anew(&mirror, other_quota);
    wait_heard(&heard, "quota 3 bob\n");
    tw_directory_follow(mirror.directory, NULL, NULL);
    read_anew(&mirror, swapped); /* one came, and went again */
    read_anew(&mirror, other_quota);
    tw_directory_follow(mirror.directory, on_news, &heard);
    wait_heard(&heard, "quota 3 bob\n");
    tw_directory_follow(mirror.directory, NULL, NULL);
    mirror_clear(&mirror);
    g_string_free(heard.text, TRUE);
    g_cond_clear(&heard.changed);
    tw_lock_clear(&heard.lock);
}

/* ---- other settings ---- */

static gboolean
replace(Mirror *mirror,
        const TwDirectorySourceFuncs *with,
        const char *ids,
        gboolean safe,
        GError **error)
{
    TwDirectorySource *source = g_new0(TwDirectorySource, 1);

    *source = (TwDirectorySource){ with, ids };
    return tw_directory_external_replace(mirror->plugin, source, safe, error);
}

static guint
count(const guint *what)
{
    TW_LOCK_SCOPE(&fake.lock);

    return *what;
}

/* Another source of the same kind is read at once, though the day of the first is not over. */
static void
test_replaced(void)
{
    Mirror mirror = { 0 };
    g_autoptr(GError) error = NULL;
    guint fetches, closed = count(&fake.closed);

    mirror_init(&mirror, TW_DB_SQLITE);
    show(two);
    g_assert_true(mirror_open(&mirror, FALSE, &error));
    g_assert_false(replace(&mirror, &other_funcs, "ids", FALSE, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(replace(&mirror, &fake_funcs, "other ids", FALSE, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_cmpuint(count(&fake.closed), ==, closed + 2);
    fetches = count(&fake.fetches);
    show(swapped);
    g_assert_true(replace(&mirror, &fake_funcs, "ids", FALSE, &error));
    tw_lock(&fake.lock);
    while (fake.fetches == fetches)
        tw_lock_wait(&fake.lock, &fake.fetched, G_MAXINT64);
    tw_unlock(&fake.lock);
    g_assert_true(tw_directory_refresh(mirror.directory, &error)); /* behind that turn */
    expect(&mirror, "3 bob/0 A \n4 ada/0 B \n5 staff/0   >4\n");
    /* now what comes and goes is only told of */
    g_assert_true(replace(&mirror, &fake_funcs, "ids", TRUE, &error));
    g_assert_cmpuint(count(&fake.closed), ==, closed + 3);
    read_anew(&mirror, fewer);
    expect(&mirror, "3 bob/0 A \n4 ada/0 B \n5 staff/0   >3\n");
    mirror_clear(&mirror);
    g_assert_cmpuint(count(&fake.closed), ==, closed + 4);
}

/* ---- threads ---- */

static gpointer
log_on_all_the_time(gpointer data)
{
    Mirror *mirror = data;
    g_autoptr(TwSecret) right = tw_secret_new("a", 1);
    g_autoptr(TwSecret) wrong = tw_secret_new("b", 1);

    for (guint i = 0; i < 200; i++) {
        const char *name = i % 2 ? "ada" : "nobody";
        g_autoptr(GError) error = NULL;
        g_autoptr(TwDirectoryObject) user = tw_directory_login(
            mirror->directory, 0, name, i % 3 ? right : wrong, g_get_monotonic_time(), &error);
        if (user != NULL)
            g_assert_cmpstr(user->name, ==, "ada");
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_NO_ACCESS);
    }
    return NULL;
}

static void
test_threads(void)
{
    static const Entry *const shown[] = { two, swapped, two, fewer };
    Mirror mirror = { 0 };
    Heard heard = { .text = g_string_new(NULL) };
    GThread *threads[3];

    tw_lock_init(&heard.lock);
    g_cond_init(&heard.changed);
    mirror_init(&mirror, TW_DB_SQLITE);
    show(two);
    g_assert_true(mirror_open(&mirror, FALSE, NULL));
    tw_directory_follow(mirror.directory, on_news, &heard);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("log-on", log_on_all_the_time, &mirror);
    for (guint i = 0; i < 40; i++) {
        g_assert_true(i % 4 > 0 || replace(&mirror, &fake_funcs, "ids", FALSE, NULL));
        read_anew(&mirror, shown[i % G_N_ELEMENTS(shown)]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    tw_directory_follow(mirror.directory, NULL, NULL);
    mirror_clear(&mirror);
    g_string_free(heard.text, TRUE);
    g_cond_clear(&heard.changed);
    tw_lock_clear(&heard.lock);
}

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    tw_lock_init(&fake.lock);
    g_cond_init(&fake.fetched);
    g_test_add_data_func("/directory/external/numbers", GINT_TO_POINTER(TW_DB_SQLITE),
                         test_numbers);
    if (kv_maria_start())
        g_test_add_data_func("/directory/external/numbers-mariadb", GINT_TO_POINTER(TW_DB_MARIADB),
                             test_numbers);
    g_test_add_func("/directory/external/bad-rows", test_bad_rows);
    g_test_add_func("/directory/external/away", test_away);
    g_test_add_func("/directory/external/safe-mode", test_safe_mode);
    g_test_add_func("/directory/external/writing", test_writing);
    g_test_add_func("/directory/external/news", test_news);
    g_test_add_func("/directory/external/replaced", test_replaced);
    g_test_add_func("/directory/external/threads", test_threads);
    result = g_test_run();
    kv_maria_stop();
    return result;
}
