/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "mapi/props.h"

typedef struct {
    TwDirectoryObject object; /* first: a reference to the one is one to the other */
    GPtrArray *memory;        /* all its texts and lists */
} Owned;

static gpointer
keep(Owned *owned, gpointer memory)
{
    g_ptr_array_add(owned->memory, memory);
    return memory;
}

static const char *
copy_text(Owned *owned, const char *text)
{
    return text == NULL || text[0] == '\0' ? "" : keep(owned, g_strdup(text));
}

static const char *const *
copy_list(Owned *owned, const char *const *list)
{
    static const char *const none[] = { NULL };
    gsize count = 0;
    const char **copy;

    while (list != NULL && list[count] != NULL)
        count++;
    if (count == 0)
        return none;
    copy = keep(owned, g_new0(const char *, count + 1));
    for (gsize i = 0; i < count; i++)
        copy[i] = copy_text(owned, list[i]);
    return copy;
}

static int
compare_links(const void *a, const void *b)
{
    const TwDirectoryLink *x = a, *y = b;

    if (x->relation != y->relation)
        return x->relation < y->relation ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static const TwDirectoryLink *
copy_links(Owned *owned, const TwDirectoryLink *links, gsize count)
{
    TwDirectoryLink *copy;

    if (count == 0)
        return NULL;
    copy = keep(owned, g_memdup2(links, count * sizeof *links));
    qsort(copy, count, sizeof *copy, compare_links);
    return copy;
}

TwDirectoryObject *
tw_directory_object_new(const TwDirectoryObject *values)
{
    Owned *owned = g_atomic_rc_box_new0(Owned);
    TwDirectoryObject *object = &owned->object;

    owned->memory = g_ptr_array_new_with_free_func(g_free);
    *object = *values;
    object->id = values->id == NULL ? NULL : g_bytes_ref(values->id);
    object->details = values->details == NULL ? NULL : g_bytes_ref(values->details);
    object->name = copy_text(owned, values->name);
    object->full_name = copy_text(owned, values->full_name);
    object->mail = copy_text(owned, values->mail);
    object->description = copy_text(owned, values->description);
    object->home_server = copy_text(owned, values->home_server);
    object->aliases = copy_list(owned, values->aliases);
    object->features_on = copy_list(owned, values->features_on);
    object->features_off = copy_list(owned, values->features_off);
    object->links = copy_links(owned, values->links, values->link_count);
    return object;
}

TwDirectoryObject *
tw_directory_object_ref(TwDirectoryObject *object)
{
    return g_atomic_rc_box_acquire(object);
}

static void
clear_owned(gpointer data)
{
    Owned *owned = data;

    g_clear_pointer(&owned->object.id, g_bytes_unref);
    g_clear_pointer(&owned->object.details, g_bytes_unref);
    g_ptr_array_unref(owned->memory);
}

void
tw_directory_object_unref(TwDirectoryObject *object)
{
    if (object != NULL)
        g_atomic_rc_box_release_full(object, clear_owned);
}

gboolean
tw_directory_has_store(const TwDirectoryObject *object)
{
    return tw_directory_type(object->kind) == TW_DIRECTORY_USERS &&
           object->kind != TW_DIRECTORY_CONTACT;
}

const TwDirectoryLink *
tw_directory_links(const TwDirectoryObject *object, TwDirectoryRelation relation, gsize *ret_count)
{
    gsize low = 0, high = object->link_count, end;

    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (object->links[middle].relation < relation)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < object->link_count && object->links[end].relation == relation; end++)
        ;
    *ret_count = end - low;
    return end == low ? NULL : object->links + low;
}

/* ---- checking ---- */

static gboolean
bad(GError **error, TwError code, const char *what, const char *why)
{
    g_set_error(error, TW_ERROR, (int) code, "%s %s", what, why);
    return FALSE;
}

/* Text in one line. Control characters would forge lines in what administrators print; blanks at an end look alike. */
static gboolean
check_text(const char *text, gsize most, const char *what, GError **error)
{
    gsize len = text == NULL ? 0 : strlen(text);

    if (len > most)
        return bad(error, TW_ERROR_TOO_BIG, what, "is too long");
    if (len == 0)
        return TRUE;
    if (!tw_utf8_valid(text, len, NULL))
        return bad(error, TW_ERROR_INVALID, what, "is not UTF-8");
    for (gsize i = 0; i < len; i++) {
        if (g_ascii_iscntrl(text[i]))
            return bad(error, TW_ERROR_INVALID, what, "has a control character");
    }
    if (text[0] == ' ' || text[len - 1] == ' ')
        return bad(error, TW_ERROR_INVALID, what, "begins or ends with a blank");
    return TRUE;
}

/* The names of what is always there, as keys. */
static gboolean
is_reserved(const char *key)
{
    return g_str_equal(key, "system") || g_str_equal(key, "everyone") ||
           g_str_equal(key, "default");
}

static gboolean
check_name(const char *name, GError **error)
{
    g_autofree char *key = NULL;

    if (name == NULL || name[0] == '\0')
        return bad(error, TW_ERROR_INVALID, "the name", "is empty");
    if (!check_text(name, TW_DIRECTORY_MOST_NAME, "the name", error))
        return FALSE;
    key = tw_text_name_key(name, strlen(name), error);
    if (key == NULL)
        return FALSE;
    if (is_reserved(key))
        return bad(error, TW_ERROR_INVALID, "the name", "is reserved");
    return TRUE;
}

static gboolean
check_list(const char *const *list, gsize most_count, gsize most, const char *what, GError **error)
{
    for (gsize i = 0; list != NULL && list[i] != NULL; i++) {
        if (i == most_count)
            return bad(error, TW_ERROR_TOO_BIG, what, "are too many");
        if (list[i][0] == '\0')
            return bad(error, TW_ERROR_INVALID, what, "have an empty one");
        if (!check_text(list[i], most, what, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_details(GBytes *details, GError **error)
{
    TwProps props;

    if (details == NULL)
        return TRUE;
    if (g_bytes_get_size(details) > TW_DIRECTORY_MOST_DETAILS)
        return bad(error, TW_ERROR_TOO_BIG, "the details", "are too long");
    return tw_props_open_bytes(details, &props, error);
}

static gboolean
is_kind(TwDirectoryKind kind)
{
    switch (kind) {
    case TW_DIRECTORY_USER:
    case TW_DIRECTORY_NONACTIVE_USER:
    case TW_DIRECTORY_ROOM:
    case TW_DIRECTORY_EQUIPMENT:
    case TW_DIRECTORY_CONTACT:
    case TW_DIRECTORY_GROUP:
    case TW_DIRECTORY_SECURITY_GROUP:
    case TW_DIRECTORY_DYNAMIC_GROUP:
    case TW_DIRECTORY_COMPANY:
    case TW_DIRECTORY_ADDRESS_LIST:
        return TRUE;
    }
    return FALSE;
}

static gboolean
is_quota(const TwDirectoryQuota *quota)
{
    return quota->warn <= G_MAXINT64 && quota->soft <= G_MAXINT64 && quota->hard <= G_MAXINT64;
}

static gboolean
check_numbers(const TwDirectoryObject *values, TwDirectoryFields fields, GError **error)
{
    if ((fields & TW_DIRECTORY_SET_KIND) && !is_kind(values->kind))
        return bad(error, TW_ERROR_INVALID, "the class", "is unknown");
    if ((fields & TW_DIRECTORY_SET_ADMIN) && (guint) values->admin > TW_DIRECTORY_SYSTEM_ADMIN)
        return bad(error, TW_ERROR_INVALID, "the administrator level", "is unknown");
    if ((fields & TW_DIRECTORY_SET_QUOTA) && !is_quota(&values->quota))
        return bad(error, TW_ERROR_INVALID, "the quota", "is out of bounds");
    if ((fields & TW_DIRECTORY_SET_USER_QUOTA) && !is_quota(&values->user_quota))
        return bad(error, TW_ERROR_INVALID, "the quota of users", "is out of bounds");
    if ((fields & TW_DIRECTORY_SET_MEETING) &&
        (values->meeting & ~(guint) TW_DIRECTORY_MEETING_FLAGS) != 0)
        return bad(error, TW_ERROR_INVALID, "the meeting flags", "are unknown");
    return TRUE;
}

gboolean
tw_directory_object_check(const TwDirectoryObject *values, TwDirectoryFields fields, GError **error)
{
    if (!check_numbers(values, fields, error))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_NAME) && !check_name(values->name, error))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_FULL_NAME) &&
        !check_text(values->full_name, TW_DIRECTORY_MOST_TEXT, "the full name", error))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_MAIL) &&
        !check_text(values->mail, TW_DIRECTORY_MOST_MAIL, "the address", error))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_ALIASES) &&
        !check_list(values->aliases, TW_DIRECTORY_MOST_ALIASES, TW_DIRECTORY_MOST_MAIL,
                    "the aliases", error))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_FEATURES) &&
        (!check_list(values->features_on, TW_DIRECTORY_MOST_FEATURES, TW_DIRECTORY_MOST_TEXT,
                     "the features", error) ||
         !check_list(values->features_off, TW_DIRECTORY_MOST_FEATURES, TW_DIRECTORY_MOST_TEXT,
                     "the features", error)))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_MEETING) &&
        !check_text(values->description, TW_DIRECTORY_MOST_TEXT, "the description", error))
        return FALSE;
    if ((fields & TW_DIRECTORY_SET_HOME_SERVER) &&
        !check_text(values->home_server, TW_DIRECTORY_MOST_TEXT, "the home server", error))
        return FALSE;
    return !(fields & TW_DIRECTORY_SET_DETAILS) || check_details(values->details, error);
}

/* ---- relations ---- */

enum {
    ANY_USER = 1u << 0, /* every kind of the type */
    ANY_GROUP = 1u << 1,
    COMPANY = 1u << 2,
    LIST = 1u << 3,
    ACTIVE = 1u << 4,
    PLAIN_GROUP = 1u << 5, /* one whose members are set here */
};

static const struct {
    guint from, to;
} relations[] = {
    [TW_DIRECTORY_MEMBER] = { PLAIN_GROUP, ANY_USER | ANY_GROUP },
    [TW_DIRECTORY_VIEW] = { COMPANY, COMPANY },
    [TW_DIRECTORY_ADMIN] = { COMPANY, ACTIVE },
    [TW_DIRECTORY_USER_QUOTA_RECIPIENT] = { COMPANY, ANY_USER },
    [TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT] = { COMPANY, ANY_USER },
    [TW_DIRECTORY_SEND_AS] = { ANY_USER | ANY_GROUP, ANY_USER | ANY_GROUP },
    [TW_DIRECTORY_LISTED] = { LIST, ANY_USER | ANY_GROUP },
};

static guint
bits_of(TwDirectoryKind kind)
{
    switch (kind) {
    case TW_DIRECTORY_USER:
        return ANY_USER | ACTIVE;
    case TW_DIRECTORY_NONACTIVE_USER:
    case TW_DIRECTORY_ROOM:
    case TW_DIRECTORY_EQUIPMENT:
    case TW_DIRECTORY_CONTACT:
        return ANY_USER;
    case TW_DIRECTORY_GROUP:
    case TW_DIRECTORY_SECURITY_GROUP:
        return ANY_GROUP | PLAIN_GROUP;
    case TW_DIRECTORY_DYNAMIC_GROUP:
        return ANY_GROUP;
    case TW_DIRECTORY_COMPANY:
        return COMPANY;
    case TW_DIRECTORY_ADDRESS_LIST:
        return LIST;
    }
    return 0;
}

gboolean
tw_directory_relation_fits(TwDirectoryRelation relation, TwDirectoryKind from, TwDirectoryKind to)
{
    guint row = (guint) relation;

    return row < G_N_ELEMENTS(relations) && (relations[row].from & bits_of(from)) != 0 &&
           (relations[row].to & bits_of(to)) != 0;
}
