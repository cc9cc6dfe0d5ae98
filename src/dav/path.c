/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Paths and what they mean.
 *
 *   /                             the root
 *   /principals/                  everybody
 *   /principals/USER/             somebody; below it calendar-proxy-read/ and calendar-proxy-write/
 *   /caldav/USER/                 his calendars and task lists
 *   /carddav/USER/                his address books
 *   /caldav/USER/FOLDER/          one of them: a name that a client chose, the word of what every mailbox has, "id_" and a number, or the
 *                                 folder's own name
 *   /caldav/USER/FOLDER/ITEM      one item
 *   /ical/USER/FOLDER             a calendar as one file
 *
 * "caldav" and "ical" in any case of letters. USER may be left out for one's own, FOLDER of "ical" for the default calendar.
 */
#include "dav/dav-private.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "net/http-uri.h"

enum {
    MOST_PARTS = 4, /* of a path */
};

void
tw_dav_target_clear(TwDavTarget *target)
{
    tw_dav_owner_clear(&target->owner);
    tw_dav_shelf_unref(target->shelf);
    g_free(target->segment);
    g_free(target->item);
    memset(target, 0, sizeof *target);
}

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such path");
    return FALSE;
}

/* ---- folders ---- */

static gboolean
has_name(const TwDavFolder *folder, const char *segment, guint round, guint32 number)
{
    switch (round) {
    case 0:
        return strcmp(folder->segment, segment) == 0;
    case 1:
        return number != 0 && folder->number == number;
    default:
        return strcmp(folder->name, segment) == 0;
    }
}

/* A name that a client chose counts before a number, and that before the folder's own name. */
static const TwDavFolder *
find_folder(const TwDavShelf *shelf, TwDavSpace space, const char *segment)
{
    guint32 number = 0;

    if (g_str_has_prefix(segment, "id_"))
        (void) tw_parse_u32(segment + 3, strlen(segment) - 3, G_MAXUINT32, &number);
    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < shelf->folders->len; i++) {
            const TwDavFolder *folder = shelf->folders->pdata[i];
            if (tw_dav_folder_space(folder) == space && has_name(folder, segment, round, number))
                return folder;
        }
    }
    return NULL;
}

/* "Calendar.ics" is the file of "Calendar". */
static const TwDavFolder *
find_whole(const TwDavTarget *target)
{
    const TwDavFolder *folder = find_folder(target->shelf, TW_DAV_CALENDARS, target->segment);
    g_autofree char *bare = NULL;

    if (folder != NULL || !g_str_has_suffix(target->segment, ".ics"))
        return folder;
    bare = g_strndup(target->segment, strlen(target->segment) - strlen(".ics"));
    return find_folder(target->shelf, TW_DAV_CALENDARS, bare);
}

const TwDavFolder *
tw_dav_default_calendar(const TwDavShelf *shelf)
{
    if (shelf == NULL)
        return NULL;
    for (guint i = 0; i < shelf->folders->len; i++) {
        const TwDavFolder *folder = shelf->folders->pdata[i];
        if (folder->number == shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR])
            return folder;
    }
    return NULL;
}

/* ---- paths ---- */

/* The parts of a path, decoded; NULL: one of them is no name. */
static GPtrArray *
split(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", MOST_PARTS + 4);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; parts[i] != NULL; i++) {
        char *name;
        if (parts[i][0] == '\0')
            continue;
        name = tw_http_percent_decode(parts[i], strlen(parts[i]), FALSE, NULL);
        if (name == NULL || strlen(name) > TW_DAV_MAX_NAME || strchr(parts[i], '/') != NULL ||
            names->len >= MOST_PARTS) {
            g_free(name);
            return NULL;
        }
        g_ptr_array_add(names, name);
    }
    return g_steal_pointer(&names);
}

static gboolean
read_principal(TwDavCall *call, const GPtrArray *names, TwDavTarget *target, GError **error)
{
    target->kind = TW_DAV_PRINCIPALS;
    if (names->len == 1)
        return TRUE;
    target->kind = TW_DAV_PRINCIPAL;
    if (names->len == 3) {
        target->kind = TW_DAV_PROXY;
        target->proxy_writes = strcmp(names->pdata[2], TW_DAV_PROXY_WRITE) == 0;
        if (!target->proxy_writes && strcmp(names->pdata[2], TW_DAV_PROXY_READ) != 0)
            return not_found(error);
    }
    return names->len <= 3 ? tw_dav_owner_find(call, names->pdata[1], &target->owner, error)
                           : not_found(error);
}

/* Owner and shelf; @ret_used: how many names that took. */
static gboolean
read_owner(
    TwDavCall *call, const GPtrArray *names, TwDavTarget *target, guint *ret_used, GError **error)
{
    GError *failed = NULL;

    *ret_used = 1;
    if (names->len >= 2 && tw_dav_owner_find(call, names->pdata[1], &target->owner, &failed))
        *ret_used = 2;
    else if (failed != NULL && !g_error_matches(failed, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, failed);
        return FALSE;
    }
    g_clear_error(&failed);
    if (*ret_used == 1 && !tw_dav_owner_find(call, call->who.name, &target->owner, error))
        return FALSE;
    if (!target->owner.has_store)
        return not_found(error);
    target->shelf = tw_dav_shelf_get(call, &target->owner, error);
    if (target->shelf == NULL)
        return FALSE;
    /* of somebody else's home those know who see something in it */
    return target->owner.own || target->shelf->folders->len > 0 || not_found(error);
}

static gboolean
read_home(TwDavCall *call, const GPtrArray *names, TwDavTarget *target, GError **error)
{
    guint used, left;

    if (!read_owner(call, names, target, &used, error))
        return FALSE;
    left = names->len - used;
    if (used == 1 && left > 0 && !target->whole &&
        find_folder(target->shelf, target->space, names->pdata[1]) == NULL)
        return not_found(error);
    target->kind = left == 0 ? TW_DAV_HOME : left == 1 ? TW_DAV_COLLECTION : TW_DAV_ITEM;
    if (left > 2 || (target->whole && left > 1))
        return not_found(error);
    if (left > 0)
        target->segment = g_strdup(names->pdata[used]);
    if (left > 1)
        target->item = g_strdup(names->pdata[used + 1]);
    if (target->whole) {
        target->kind = TW_DAV_COLLECTION;
        target->folder = left > 0 ? find_whole(target) : tw_dav_default_calendar(target->shelf);
    } else if (left > 0) {
        target->folder = find_folder(target->shelf, target->space, target->segment);
    }
    return TRUE;
}

gboolean
tw_dav_target_read(TwDavCall *call, const char *path, TwDavTarget *ret, GError **error)
{
    g_auto(TwDavTarget) target = { 0 };
    g_autoptr(GPtrArray) names = split(path);
    const char *first;
    gboolean good;

    if (names == NULL)
        return not_found(error);
    first = names->len > 0 ? names->pdata[0] : NULL;
    target.kind = TW_DAV_ROOT;
    if (first == NULL) {
        good = TRUE;
    } else if (strcmp(first, "principals") == 0) {
        good = read_principal(call, names, &target, error);
    } else if (g_ascii_strcasecmp(first, "caldav") == 0) {
        good = read_home(call, names, &target, error);
    } else if (g_ascii_strcasecmp(first, "carddav") == 0) {
        target.space = TW_DAV_BOOKS;
        good = read_home(call, names, &target, error);
    } else if (g_ascii_strcasecmp(first, "ical") == 0) {
        target.whole = TRUE;
        good = read_home(call, names, &target, error);
    } else {
        good = not_found(error);
    }
    if (!good)
        return FALSE;
    *ret = target;
    memset(&target, 0, sizeof target);
    return TRUE;
}

gboolean
tw_dav_target_read_url(TwDavCall *call, const char *url, TwDavTarget *ret, GError **error)
{
    g_autofree char *path = NULL;
    const char *scheme = strstr(url, "://");
    const char *start = url;

    if (scheme != NULL && memchr(url, '/', (gsize) (scheme - url)) == NULL) {
        gsize host_len;
        start = scheme + 3 + strcspn(scheme + 3, "/");
        host_len = strcspn(scheme + 3, "/:");
        if (call->head->host == NULL || strlen(call->head->host) != host_len ||
            g_ascii_strncasecmp(call->head->host, scheme + 3, host_len) != 0) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a URL of another server");
            return FALSE;
        }
    }
    path = tw_http_path_canonical(start, strcspn(start, "?#"), error);
    return path != NULL && tw_dav_target_read(call, path, ret, error);
}

/* ---- and back ---- */

/* RFC 3986, "pchar": clients compare what they are given with what they asked for. */
static char *
encode(const char *name)
{
    return g_uri_escape_string(name, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH_ELEMENT, FALSE);
}

char *
tw_dav_href_home(const TwDavOwner *owner, TwDavSpace space)
{
    g_autofree char *user = encode(owner->name);

    return g_strconcat(space == TW_DAV_BOOKS ? "/carddav/" : "/caldav/", user, "/", NULL);
}

char *
tw_dav_href_principal(const TwDavOwner *owner, const char *proxy)
{
    g_autofree char *user = encode(owner->name);

    return g_strconcat("/principals/", user, "/", proxy != NULL ? proxy : "",
                       proxy != NULL ? "/" : "", NULL);
}

char *
tw_dav_href_item(const TwDavOwner *owner, const TwDavFolder *folder, const char *item)
{
    g_autofree char *home = tw_dav_href_home(owner, tw_dav_folder_space(folder));
    g_autofree char *segment = encode(folder->segment);
    g_autofree char *name = item != NULL ? encode(item) : NULL;

    return g_strconcat(home, segment, "/", name, NULL);
}

char *
tw_dav_href_of(const TwDavCall *call, TwDavKind kind, const TwDavFolder *folder)
{
    const TwDavTarget *target = &call->target;

    switch (kind) {
    case TW_DAV_PRINCIPALS:
        return g_strdup("/principals/");
    case TW_DAV_PRINCIPAL:
        return tw_dav_href_principal(&target->owner, NULL);
    case TW_DAV_PROXY:
        return tw_dav_href_principal(&target->owner,
                                     target->proxy_writes ? TW_DAV_PROXY_WRITE : TW_DAV_PROXY_READ);
    case TW_DAV_HOME:
        return tw_dav_href_home(&target->owner, target->space);
    case TW_DAV_COLLECTION:
    case TW_DAV_ITEM:
        return tw_dav_href_item(&target->owner, folder, NULL);
    case TW_DAV_ROOT:
        break;
    }
    return g_strdup("/");
}
