/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *  file      = [ UTF-8 BOM ] *( line LF ) [ line ]
 *  line      = *WSP [ "#" ... ]                    ; comment or blank
 *            / "!include" 1*WSP file               ; relative to the file it stands in
 *            / "!propmap" 1*WSP file
 *            / "!" ...                             ; reported, no effect
 *            / name "=" value                      ; split at the first "="
 *            / ...                                 ; without "=": no effect
 *
 * Around name and value, spaces, tabs and carriage returns are dropped. A "#" further on in a line belongs to the value.
 * A NUL anywhere is refused: it would cut a value in two without a word. Source: the configuration contract, 1.1, 1.2.
 */
#include "base/config-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret.h"

typedef struct {
    TwConfigReadFunc read;
    gpointer read_data;
    GPtrArray *lines;
    GHashTable *seen; /* identities of files read */
} Reader;

/* Where a line stands. */
typedef struct {
    GRefString *file;
    guint line;
    guint depth;
    TwConfigLineKind kind; /* of its settings */
} Place;

/* Bytes lent, never NUL-terminated. */
typedef struct {
    const char *text;
    gsize len;
} Span;

static void
free_line(gpointer data)
{
    TwConfigLine *line = data;

    g_ref_string_release(line->file);
    g_free(line->name);
    tw_secret_wipe(line->value, strlen(line->value));
    g_free(line->value);
    g_free(line);
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static Span
trim(Span span)
{
    while (span.len > 0 && is_blank(span.text[0])) {
        span.text++;
        span.len--;
    }
    while (span.len > 0 && is_blank(span.text[span.len - 1]))
        span.len--;
    return span;
}

static gboolean
add_line(Reader *reader,
         const Place *place,
         TwConfigLineKind kind,
         Span name,
         Span value,
         GError **error)
{
    TwConfigLine *line;

    if (reader->lines->len == TW_CONFIG_LINES_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%s:%u: more than %d lines", place->file,
                    place->line, TW_CONFIG_LINES_MOST);
        return FALSE;
    }
    line = g_new0(TwConfigLine, 1);
    line->kind = kind;
    line->file = g_ref_string_acquire(place->file);
    line->line = place->line;
    line->name = g_strndup(name.text, name.len);
    line->value = g_strndup(value.len == 0 ? "" : value.text, value.len);
    g_ptr_array_add(reader->lines, line);
    return TRUE;
}

/* Takes "!word rest" apart: TRUE, and the rest trimmed, when the word is the given one. */
static gboolean
is_directive(Span line, const char *word, Span *ret_rest)
{
    gsize len = strlen(word);

    if (line.len < len || memcmp(line.text, word, len) != 0 ||
        (line.len > len && !is_blank(line.text[len])))
        return FALSE;
    *ret_rest = trim((Span){ .text = line.text + len, .len = line.len - len });
    return TRUE;
}

/* An included file is read at its place; TW_CONFIG_DEPTH_MOST bounds the depth. */
/* NOLINTBEGIN(misc-no-recursion): depth */
static gboolean read_file(
    Reader *reader, const char *path, TwConfigLineKind kind, guint depth, GError **error);

static gboolean
read_named(Reader *reader, const Place *place, TwConfigLineKind kind, Span name, GError **error)
{
    g_autofree char *given = g_strndup(name.len == 0 ? "" : name.text, name.len);
    g_autofree char *folder = g_path_get_dirname(place->file);
    g_autofree char *path =
        g_path_is_absolute(given) ? g_strdup(given) : g_build_filename(folder, given, NULL);

    if (name.len == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s:%u: the directive names no file",
                    place->file, place->line);
        return FALSE;
    }
    if (!read_file(reader, path, kind, place->depth + 1, error)) {
        g_prefix_error(error, "%s:%u: ", place->file, place->line);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_line(Reader *reader, const Place *place, Span raw, GError **error)
{
    Span line = trim(raw);
    Span rest = { .text = NULL, .len = 0 };
    const char *equals;

    if (line.len == 0 || line.text[0] == '#')
        return TRUE;
    if (line.text[0] == '!') {
        if (place->kind == TW_CONFIG_LINE_SETTING && is_directive(line, "!include", &rest))
            return read_named(reader, place, TW_CONFIG_LINE_SETTING, rest, error);
        if (place->kind == TW_CONFIG_LINE_SETTING && is_directive(line, "!propmap", &rest))
            return read_named(reader, place, TW_CONFIG_LINE_PROPMAP, rest, error);
        return add_line(reader, place, TW_CONFIG_LINE_DIRECTIVE, line, rest, error);
    }
    equals = memchr(line.text, '=', line.len);
    if (equals == NULL)
        return TRUE;
    rest.text = equals + 1;
    rest.len = line.len - (gsize) (equals - line.text) - 1;
    line.len = (gsize) (equals - line.text);
    return add_line(reader, place, place->kind, trim(line), trim(rest), error);
}

static gboolean
read_text(Reader *reader, Place *place, Span text, GError **error)
{
    static const char bom[] = "\xef\xbb\xbf";

    if (text.len >= 3 && memcmp(text.text, bom, 3) == 0) {
        text.text += 3;
        text.len -= 3;
    }
    while (text.len > 0) {
        const char *end = memchr(text.text, '\n', text.len);
        Span line = { .text = text.text,
                      .len = end == NULL ? text.len : (gsize) (end - text.text) };

        place->line++;
        if (memchr(line.text, '\0', line.len) != NULL) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s:%u: a NUL character", place->file,
                        place->line);
            return FALSE;
        }
        if (!read_line(reader, place, line, error))
            return FALSE;
        text.text += line.len + (end != NULL);
        text.len -= line.len + (end != NULL);
    }
    return TRUE;
}

static gboolean
read_file(Reader *reader, const char *path, TwConfigLineKind kind, guint depth, GError **error)
{
    char *text;
    char *identity = NULL;
    gsize len = 0;
    Place place = { .file = NULL, .line = 0, .depth = depth, .kind = kind };
    gboolean ok;

    if (depth >= TW_CONFIG_DEPTH_MOST || g_hash_table_size(reader->seen) >= TW_CONFIG_FILES_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "%s: more than %d files, or more than %d deep", path, TW_CONFIG_FILES_MOST,
                    TW_CONFIG_DEPTH_MOST);
        return FALSE;
    }
    text = reader->read(path, &len, &identity, reader->read_data, error);
    if (text == NULL)
        return FALSE;
    if (!g_hash_table_add(reader->seen, identity)) { /* takes the identity either way */
        ok = TRUE;
    } else {
        place.file = g_ref_string_new(path);
        ok = read_text(reader, &place, (Span){ .text = text, .len = len }, error);
        g_ref_string_release(place.file);
    }
    tw_secret_wipe(text, len);
    g_free(text);
    return ok;
}

/* NOLINTEND(misc-no-recursion) */

GPtrArray *
tw_config_file_read(const char *path, TwConfigReadFunc read, gpointer data, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(free_line);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Reader reader = { .read = read, .read_data = data, .lines = lines, .seen = seen };

    if (!read_file(&reader, path, TW_CONFIG_LINE_SETTING, 0, error))
        return NULL;
    return g_steal_pointer(&lines);
}

/* Reads what there is, up to the size of the buffer; -1 on failure. */
static gssize
read_up_to(int fd, char *buffer, gsize size)
{
    gsize len = 0;

    while (len < size) {
        gssize n = read(fd, buffer + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (gsize) n;
    }
    return (gssize) len;
}

/* One buffer from the start, never moved: it may hold a password. One byte more than expected shows a longer file. */
static char *
read_descriptor(int fd, gsize expected, const char *path, gsize *ret_len, GError **error)
{
    gsize size = MIN(expected, TW_CONFIG_FILE_MOST) + 1;
    char *text = g_malloc(size);
    gssize len = read_up_to(fd, text, size);

    if (len >= 0 && (gsize) len < size) {
        *ret_len = (gsize) len;
        return text;
    }
    if (len < 0)
        tw_error_from_errno(error, errno, path);
    else
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%s: longer than %d bytes, or growing", path,
                    TW_CONFIG_FILE_MOST);
    tw_secret_wipe(text, size);
    g_free(text);
    return NULL;
}

char *
tw_config_read_disk(
    const char *path, gsize *ret_len, char **ret_identity, gpointer data, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    char *text = NULL;

    (void) data;
    if (fd < 0) {
        tw_error_from_errno(error, errno, path);
        return NULL;
    }
    if (fstat(fd, &st) != 0)
        tw_error_from_errno(error, errno, path);
    else if (S_ISDIR(st.st_mode))
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: is a folder", path);
    else
        text = read_descriptor(fd, S_ISREG(st.st_mode) ? (gsize) st.st_size : TW_CONFIG_FILE_MOST,
                               path, ret_len, error); /* a pipe has no size */
    if (text != NULL)
        *ret_identity = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                        (guint64) st.st_dev, (guint64) st.st_ino);
    close(fd);
    return text;
}
