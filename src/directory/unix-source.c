/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/unix-source.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/time.h"
#include "directory/password.h"

enum {
    FIRST_BUFFER = 4096,
    MOST_BUFFER = 4 << 20, /* of one entry: a group of everybody */
};

typedef struct {
    TwDirectorySource base; /* first */
    char *charset, *domain, *home_server, *passwd_file, *group_file, *shadow_file;
    char **shells;
    guint32 uid_min, uid_max, gid_min, gid_max;
    GHashTable *uids_without, *gids_without;
} Source;

static Source *
get_self(TwDirectorySource *source)
{
    return (Source *) source;
}

static gboolean
fail_with(int number, const char *what, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "%s: %s", what, g_strerror(number));
    return FALSE;
}

/* NOLINTBEGIN(concurrency-mt-unsafe): one thread has the turn, and nobody else in this process goes through the lists */

/* ---- entries ---- */

/* Where entries come from: a file of ours, or what the system has. */
typedef struct {
    FILE *file; /* (nullable) */
    char *buffer;
    gsize size;
} Reader;

static void
reader_clear(Reader *reader)
{
    if (reader->file != NULL)
        fclose(reader->file);
    g_free(reader->buffer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

static gboolean
reader_open(Reader *reader, const char *path, GError **error)
{
    reader->size = FIRST_BUFFER;
    reader->buffer = g_malloc(reader->size);
    if (path == NULL)
        return TRUE;
    reader->file = fopen(path, "re");
    return reader->file != NULL || fail_with(errno, path, error);
}

/* TRUE: ask again, with more room. */
static gboolean
reader_grow(Reader *reader, int status)
{
    if (status != ERANGE || reader->size >= MOST_BUFFER)
        return FALSE;
    reader->size *= 2;
    reader->buffer = g_realloc(reader->buffer, reader->size);
    return TRUE;
}

/* *ret NULL: there are no more. */
static gboolean
next_passwd(Reader *reader, struct passwd *entry, struct passwd **ret, GError **error)
{
    int status;

    do {
        *ret = NULL;
        status = reader->file != NULL
                     ? fgetpwent_r(reader->file, entry, reader->buffer, reader->size, ret)
                     : getpwent_r(entry, reader->buffer, reader->size, ret);
    } while (reader_grow(reader, status));
    return status == 0 || status == ENOENT || fail_with(status, "reading accounts", error);
}

static gboolean
next_group(Reader *reader, struct group *entry, struct group **ret, GError **error)
{
    int status;

    do {
        *ret = NULL;
        status = reader->file != NULL
                     ? fgetgrent_r(reader->file, entry, reader->buffer, reader->size, ret)
                     : getgrent_r(entry, reader->buffer, reader->size, ret);
    } while (reader_grow(reader, status));
    return status == 0 || status == ENOENT || fail_with(status, "reading groups", error);
}

/* ---- rows ---- */

typedef struct {
    const Source *self;
    GPtrArray *rows;
    GHashTable *users;  /* name -> position */
    GHashTable *groups; /* gid -> position */
    GArray *first;      /* of guint32: gid each user begins with, by position */
} Image;

static GBytes *
id_of(guint32 number)
{
    char *text = g_strdup_printf("%u", number);

    return g_bytes_new_take(text, strlen(text));
}

/* Without the control characters and blanks that a directory does not take; as long as it may be. */
static char *
tidy(const char *text)
{
    GString *out = g_string_new(NULL);

    for (const char *p = text; *p != '\0'; p += g_utf8_skip[(guint8) *p]) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_iscntrl(c)) {
            if (out->len + 6 > TW_DIRECTORY_MOST_TEXT)
                break;
            g_string_append_unichar(out, c);
        }
    }
    return g_strstrip(g_string_free(out, FALSE));
}

/* The first field of GECOS; the log-on name where there is none, or it is not of the charset. */
static char *
full_name_of(const Source *self, const struct passwd *entry)
{
    const char *gecos = entry->pw_gecos != NULL ? entry->pw_gecos : "";
    g_autofree char *text =
        g_convert(gecos, (gssize) strcspn(gecos, ","), "UTF-8", self->charset, NULL, NULL, NULL);
    g_autofree char *name = text != NULL ? tidy(text) : NULL;

    return name != NULL && *name != '\0' ? g_steal_pointer(&name) : g_strdup(entry->pw_name);
}

static gboolean
is_wanted(guint32 number, guint32 low, guint32 high, GHashTable *without)
{
    return number >= low && number <= high &&
           !g_hash_table_contains(without, GUINT_TO_POINTER(number));
}

static void
add_user(Image *image, const struct passwd *entry)
{
    const Source *self = image->self;
    const char *shell = entry->pw_shell != NULL ? entry->pw_shell : "";
    g_autofree char *full_name = full_name_of(self, entry);
    g_autofree char *mail = g_strdup_printf("%s@%s", entry->pw_name, self->domain);
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER,
                                 .name = entry->pw_name,
                                 .full_name = full_name,
                                 .mail = mail,
                                 .home_server = self->home_server,
                                 .meeting = TW_DIRECTORY_MEETING_DEFAULT };
    TwDirectoryRow *row = g_new0(TwDirectoryRow, 1);
    guint32 gid = entry->pw_gid;

    if (g_strv_contains((const char *const *) self->shells, shell))
        values.kind = TW_DIRECTORY_NONACTIVE_USER;
    row->id = id_of(entry->pw_uid);
    row->values = tw_directory_object_new(&values);
    row->company = -1;
    g_hash_table_replace(image->users, g_strdup(entry->pw_name),
                         GUINT_TO_POINTER(image->rows->len));
    g_ptr_array_add(image->rows, row);
    g_array_append_val(image->first, gid);
}

static void
add_group(Image *image, const struct group *entry)
{
    const TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP,
                                       .name = entry->gr_name,
                                       .full_name = entry->gr_name };
    TwDirectoryRow *row = g_new0(TwDirectoryRow, 1);
    gpointer at;

    row->id = id_of(entry->gr_gid);
    row->values = tw_directory_object_new(&values);
    row->company = -1;
    for (char *const *member = entry->gr_mem; member != NULL && *member != NULL; member++) {
        if (g_hash_table_lookup_extended(image->users, *member, NULL, &at))
            tw_directory_row_link(row, TW_DIRECTORY_MEMBER, GPOINTER_TO_UINT(at));
    }
    g_hash_table_replace(image->groups, GUINT_TO_POINTER(entry->gr_gid),
                         GUINT_TO_POINTER(image->rows->len));
    g_ptr_array_add(image->rows, row);
}

static gboolean
cancelled(const TwCancel *cancel, const Image *image, GError **error)
{
    if (tw_cancel_fired(cancel)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "it is to stop");
        return TRUE;
    }
    if (image->rows->len <= TW_DIRECTORY_MOST_ROWS)
        return FALSE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "there are too many accounts");
    return TRUE;
}

static gboolean
read_users(Image *image, const TwCancel *cancel, GError **error)
{
    const Source *self = image->self;
    g_auto(Reader) reader = { 0 };
    struct passwd entry, *found;

    if (!reader_open(&reader, self->passwd_file, error))
        return FALSE;
    while (next_passwd(&reader, &entry, &found, error)) {
        if (found == NULL)
            return TRUE;
        if (cancelled(cancel, image, error))
            return FALSE;
        if (is_wanted(entry.pw_uid, self->uid_min, self->uid_max, self->uids_without))
            add_user(image, &entry);
    }
    return FALSE;
}

static gboolean
read_groups(Image *image, const TwCancel *cancel, GError **error)
{
    const Source *self = image->self;
    g_auto(Reader) reader = { 0 };
    struct group entry, *found;

    if (!reader_open(&reader, self->group_file, error))
        return FALSE;
    while (next_group(&reader, &entry, &found, error)) {
        if (found == NULL)
            return TRUE;
        if (cancelled(cancel, image, error))
            return FALSE;
        if (is_wanted(entry.gr_gid, self->gid_min, self->gid_max, self->gids_without))
            add_group(image, &entry);
    }
    return FALSE;
}

/* Each is also in the group it begins with, which does not list it. */
static void
link_first_groups(const Image *image)
{
    gpointer at;

    for (guint i = 0; i < image->first->len; i++) {
        guint32 gid = g_array_index(image->first, guint32, i);
        if (g_hash_table_lookup_extended(image->groups, GUINT_TO_POINTER(gid), NULL, &at))
            tw_directory_row_link(image->rows->pdata[GPOINTER_TO_UINT(at)], TW_DIRECTORY_MEMBER, i);
    }
}

static gboolean
fetch(TwDirectorySource *source, const TwCancel *cancel, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) rows =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_row_free);
    g_autoptr(GHashTable) users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) groups = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) first = g_array_new(FALSE, FALSE, sizeof(guint32));
    Image image = { get_self(source), rows, users, groups, first };
    gboolean ok;

    setpwent();
    ok = read_users(&image, cancel, error);
    endpwent();
    if (!ok)
        return FALSE;
    setgrent();
    ok = read_groups(&image, cancel, error);
    endgrent();
    if (!ok)
        return FALSE;
    link_first_groups(&image);
    *ret = g_steal_pointer(&rows);
    return TRUE;
}

/* NOLINTEND(concurrency-mt-unsafe) */

/* ---- passwords ---- */

/* That of a file, which is read to its end: it may be as long as it likes, its entries may not. */
static int
find_in_file(Reader *reader, const char *name, struct spwd *entry, struct spwd **ret)
{
    int status;

    for (;;) {
        *ret = NULL;
        status = fgetspent_r(reader->file, entry, reader->buffer, reader->size, ret);
        if (reader_grow(reader, status))
            continue;
        if (status != 0 || *ret == NULL || strcmp(entry->sp_namp, name) == 0)
            return status;
    }
}

static int
find_in_system(Reader *reader, const char *name, struct spwd *entry, struct spwd **ret)
{
    int status;

    do {
        *ret = NULL;
        status = getspnam_r(name, entry, reader->buffer, reader->size, ret);
    } while (reader_grow(reader, status));
    return status;
}

static gboolean
is_over(const struct spwd *entry)
{
    gint64 today = tw_time_now_us() / G_TIME_SPAN_DAY;

    return entry->sp_expire > 0 && today >= entry->sp_expire;
}

static gboolean
check_password(TwDirectorySource *source,
               GBytes *id,
               const char *name,
               const TwSecret *password,
               GError **error)
{
    const Source *self = get_self(source);
    g_auto(Reader) reader = { 0 };
    struct spwd entry, *found = NULL;
    gboolean right;
    int status;

    if (!reader_open(&reader, self->shadow_file, error))
        return FALSE;
    if (id == NULL)
        name = "";
    status = reader.file != NULL ? find_in_file(&reader, name, &entry, &found)
                                 : find_in_system(&reader, name, &entry, &found);
    if (status != 0 && status != ENOENT)
        return fail_with(status, "reading passwords", error);
    right = tw_password_check(found != NULL && id != NULL ? entry.sp_pwdp : NULL, password) !=
            TW_PASSWORD_WRONG;
    tw_secret_wipe(reader.buffer, reader.size);
    if (right && !is_over(&entry))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS,
                        right ? "the account is over" : "unknown user or wrong password");
    return FALSE;
}

/* ---- life ---- */

static void
close_source(TwDirectorySource *source)
{
    Source *self = get_self(source);

    g_free(self->charset);
    g_free(self->domain);
    g_free(self->home_server);
    g_free(self->passwd_file);
    g_free(self->group_file);
    g_free(self->shadow_file);
    g_strfreev(self->shells);
    g_hash_table_unref(self->uids_without);
    g_hash_table_unref(self->gids_without);
    g_free(self);
}

static const TwDirectorySourceFuncs funcs = {
    .name = "unix",
    .written_here = TW_DIRECTORY_SET_MAIL | TW_DIRECTORY_SET_ALIASES | TW_DIRECTORY_SET_ADMIN |
                    TW_DIRECTORY_SET_HIDDEN | TW_DIRECTORY_SET_QUOTA | TW_DIRECTORY_SET_FEATURES |
                    TW_DIRECTORY_SET_MEETING | TW_DIRECTORY_SET_HOME_SERVER |
                    TW_DIRECTORY_SET_DETAILS,
    .relations_here = 1u << TW_DIRECTORY_SEND_AS,
    .close = close_source,
    .fetch = fetch,
    .check_password = check_password,
};

static gboolean
read_numbers(const char *const *words, GHashTable *ret, GError **error)
{
    for (gsize i = 0; words != NULL && words[i] != NULL; i++) {
        guint32 number;
        if (!tw_parse_u32(words[i], strlen(words[i]), G_MAXUINT32, &number)) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no uid or gid", words[i]);
            return FALSE;
        }
        g_hash_table_add(ret, GUINT_TO_POINTER(number));
    }
    return TRUE;
}

static gboolean
check_charset(const char *charset, GError **error)
{
    g_autofree char *text = g_convert("a", 1, "UTF-8", charset, NULL, NULL, NULL);

    if (text != NULL)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no charset", charset);
    return FALSE;
}

TwDirectorySource *
tw_unix_source_new(const TwUnixSourceConfig *config, GError **error)
{
    Source *self = g_new0(Source, 1);
    GPtrArray *shells;

    self->base.funcs = &funcs;
    self->base.ids = "uid gid";
    self->charset = g_strdup(config->charset);
    self->domain = g_strdup(config->domain);
    self->home_server = g_strdup(config->home_server);
    self->passwd_file = g_strdup(config->passwd_file);
    self->group_file = g_strdup(config->group_file);
    self->shadow_file = g_strdup(config->shadow_file);
    shells = g_ptr_array_new();
    for (gsize i = 0; config->shells != NULL && config->shells[i] != NULL; i++)
        g_ptr_array_add(shells, g_strdup(config->shells[i]));
    g_ptr_array_add(shells, NULL);
    self->shells = (char **) g_ptr_array_free(shells, FALSE);
    self->uid_min = config->uid_min;
    self->uid_max = config->uid_max;
    self->gid_min = config->gid_min;
    self->gid_max = config->gid_max;
    self->uids_without = g_hash_table_new(NULL, NULL);
    self->gids_without = g_hash_table_new(NULL, NULL);
    if (check_charset(config->charset, error) &&
        read_numbers(config->uids_without, self->uids_without, error) &&
        read_numbers(config->gids_without, self->gids_without, error))
        return &self->base;
    close_source(&self->base);
    return NULL;
}
