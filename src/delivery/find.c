/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who an address is, and which folders its mail goes into. */
#include "delivery/delivery-private.h"

#include <string.h>

#include "convert/idn.h"
#include "groupware/mailbox.h"

/* What is being looked for. */
typedef struct {
    TwDelivery *delivery;
    const TwDeliveryWish *wish;
    char *detail;   /* owned, nullable: what stands behind the "+" */
    GArray *places; /* of TwDeliveryPlace */
} Search;

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such recipient");
    return FALSE;
}

/* ---- folders ---- */

/* A step down. Nobody there: FALSE without an error. */
static gboolean
enter(Search *search, const TwGuid *store, guint32 *folder, const char *name, GError **error)
{
    g_auto(TwFolderFindArgs) find = { .store = *store, .folder = *folder, .name = name };
    g_auto(TwFolderCreateArgs)
        make = { .store = *store, .folder = *folder, .name = name, .open_existing = TRUE };
    g_autoptr(GError) local = NULL;

    if (tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_FOLDER_FIND, &find, &local)) {
        *folder = find.found;
        return TRUE;
    }
    if (!g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if ((search->wish->flags & TW_DELIVERY_CREATE) == 0 ||
        !tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_FOLDER_CREATE, &make, NULL))
        return FALSE;
    *folder = make.created;
    return TRUE;
}

static gboolean
walk(Search *search, const TwGuid *store, guint32 top, char **names, guint32 *ret, GError **error)
{
    guint32 folder = top;
    guint depth = 0;

    for (guint i = 0; names[i] != NULL; i++) {
        if (*names[i] == '\0')
            continue;
        if (++depth > TW_DELIVERY_FOLDER_DEPTH || !enter(search, store, &folder, names[i], error))
            return FALSE;
    }
    *ret = folder;
    return depth > 0;
}

/* By path below the tree that users see, else below the Inbox. @ret stays 0 when there is none. */
static gboolean
find_folder(Search *search,
            const TwGuid *store,
            TwLayoutKind kind,
            const char *path,
            char separator,
            guint32 *ret,
            GError **error)
{
    static const TwLayoutFolderKey tops[] = { TW_LAYOUT_FOLDER_IPM_SUBTREE,
                                              TW_LAYOUT_FOLDER_INBOX };
    char split[] = { separator, '\0' };
    g_autoptr(TwSession) session = NULL;
    g_auto(GStrv) names = NULL;
    TwMailboxFolders folders;

    if (strlen(path) > TW_DELIVERY_FOLDER_MAX || !g_utf8_validate(path, -1, NULL))
        return TRUE;
    session = tw_delivery_get_session(search->delivery, TW_AS_SYSTEM, error);
    if (session == NULL || !tw_mailbox_folders(session, store, kind, &folders, error))
        return FALSE;
    names = g_strsplit(path, split, -1);
    for (guint i = 0; i < G_N_ELEMENTS(tops) && *ret == 0; i++) {
        g_autoptr(GError) local = NULL;
        guint32 top = folders.numbers[tops[i]];

        if (top == 0 || walk(search, store, top, names, ret, &local) || local == NULL)
            continue;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (*ret == folders.numbers[TW_LAYOUT_FOLDER_OUTBOX])
        *ret = 0; /* what lies there waits to be sent */
    return TRUE;
}

/* ---- stores ---- */

static gboolean
add_place(Search *search, const TwDeliveryPlace *place, GError **error)
{
    if (search->places->len >= TW_DELIVERY_MOST_PLACES) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many mailboxes behind it");
        return FALSE;
    }
    g_array_append_vals(search->places, place, 1);
    return TRUE;
}

/* In a folder of the public store; @path NULL: its own. */
static gboolean
add_public(Search *search, guint32 company, const char *path, char separator, GError **error)
{
    g_auto(TwStoreFindArgs)
        find = { .owner = company != 0 ? company : TW_DIRECTORY_EVERYONE, .kind = TW_STORE_PUBLIC };
    TwDeliveryPlace place = { .by_wish = TRUE };

    if (!tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_STORE_FIND, &find, error) ||
        !find_folder(search, &find.store, TW_LAYOUT_PUBLIC, path, separator, &place.folder, error))
        return FALSE;
    if (place.folder == 0)
        return not_found(error);
    place.store = find.store;
    return add_place(search, &place, error);
}

static char
separator_of(const TwDeliveryWish *wish)
{
    if (wish->separator != '\0')
        return wish->separator;
    return '\\';
}

/* Mail for a mailbox at another server is not refused for good: whoever sent it here may have an old map. */
static gboolean
is_at_home(Search *search, const TwDirectoryObject *user, GError **error)
{
    g_auto(TwHomeFindArgs) home = { .user = user->number };

    if (!tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_HOME_FIND, &home, error))
        return FALSE;
    if (home.name == NULL)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_OFFLINE, "the mailbox is at server %s", home.name);
    return FALSE;
}

static gboolean
add_user(Search *search, const TwDirectoryObject *user, GError **error)
{
    const TwDeliveryWish *wish = search->wish;
    g_auto(TwStoreFindArgs) find = { .owner = user->number, .kind = TW_STORE_PRIVATE };
    TwDeliveryPlace place = { .user = user->number };

    if (wish->folder != NULL && (wish->flags & TW_DELIVERY_PUBLIC))
        return add_public(search, user->company, wish->folder, separator_of(wish), error);
    if (!is_at_home(search, user, error))
        return FALSE;
    if (!tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_STORE_FIND, &find, error)) {
        if (error != NULL && g_error_matches(*error, TW_ERROR, TW_ERROR_NOT_FOUND))
            (*error)->code = TW_ERROR_NO_ACCESS; /* there is somebody, and no mailbox */
        return FALSE;
    }
    place.store = find.store;
    if (wish->folder != NULL && !find_folder(search, &find.store, TW_LAYOUT_PRIVATE, wish->folder,
                                             separator_of(wish), &place.folder, error))
        return FALSE;
    if (search->detail != NULL && !find_folder(search, &find.store, TW_LAYOUT_PRIVATE,
                                               search->detail, '/', &place.folder, error))
        return FALSE;
    place.by_wish = place.folder != 0;
    return add_place(search, &place, error);
}

static gboolean
has_mailbox(const TwDirectoryObject *object)
{
    return object->kind == TW_DIRECTORY_USER || object->kind == TW_DIRECTORY_NONACTIVE_USER ||
           object->kind == TW_DIRECTORY_ROOM || object->kind == TW_DIRECTORY_EQUIPMENT;
}

/* Those behind a group or a company; who has no mailbox is passed over. */
static gboolean
add_members(Search *search, const GPtrArray *members, GError **error)
{
    for (guint i = 0; i < members->len; i++) {
        const TwDirectoryObject *member = members->pdata[i];
        g_autoptr(GError) local = NULL;

        if (!has_mailbox(member) || member->number == TW_DIRECTORY_SYSTEM ||
            add_user(search, member, &local) ||
            g_error_matches(local, TW_ERROR, TW_ERROR_NO_ACCESS))
            continue;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return search->places->len > 0 || not_found(error);
}

static gboolean
add_group(Search *search, const TwDirectoryObject *group, GError **error)
{
    g_auto(TwBookRelatedArgs)
        related = { .user = group->number, .relation = TW_DIRECTORY_MEMBER, .deep = TRUE };

    return tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_BOOK_RELATED, &related, error) &&
           add_members(search, related.rows, error);
}

static gboolean
add_company(Search *search, const TwDirectoryObject *company, GError **error)
{
    g_auto(TwObjectsListArgs) list = { .company = company->number, .type = TW_DIRECTORY_USERS };

    return tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_OBJECTS_LIST, &list, error) &&
           add_members(search, list.rows, error);
}

/* Refused while the sender can still be told at once. When the mail comes, the engine decides. */
static gboolean
has_room(Search *search, guint32 user, GError **error)
{
    if (tw_known_has_room(search->delivery->known, user, search->wish->size))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_QUOTA, "the mailbox is full");
    return FALSE;
}

static gboolean
add_object(Search *search, const TwDirectoryObject *object, GError **error)
{
    switch (object->kind) {
    case TW_DIRECTORY_USER:
    case TW_DIRECTORY_NONACTIVE_USER:
    case TW_DIRECTORY_ROOM:
    case TW_DIRECTORY_EQUIPMENT:
        return has_room(search, object->number, error) && add_user(search, object, error);
    case TW_DIRECTORY_GROUP:
    case TW_DIRECTORY_SECURITY_GROUP:
    case TW_DIRECTORY_DYNAMIC_GROUP:
        return add_group(search, object, error);
    case TW_DIRECTORY_COMPANY:
        return add_company(search, object, error);
    case TW_DIRECTORY_CONTACT:
    case TW_DIRECTORY_ADDRESS_LIST:
        break;
    }
    return not_found(error);
}

/* ---- addresses ---- */

/* Names of people are no addresses: what the address book would find by one is not meant. */
static gboolean
is_address_of(const TwDirectoryObject *object, const char *address, gboolean login)
{
    if ((login && g_ascii_strcasecmp(object->name, address) == 0) ||
        g_ascii_strcasecmp(object->mail, address) == 0)
        return TRUE;
    for (guint i = 0; object->aliases != NULL && object->aliases[i] != NULL; i++) {
        if (g_ascii_strcasecmp(object->aliases[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
add_exactly(Search *search, const char *address, GError **error)
{
    gboolean login = (search->wish->flags & TW_DELIVERY_NO_LOGIN) == 0;
    g_auto(TwBookResolveArgs) resolve = { .text = address, .exact = TRUE };

    if (!tw_delivery_call(search->delivery, TW_AS_SYSTEM, TW_OP_BOOK_RESOLVE, &resolve, error))
        return FALSE;
    if (!is_address_of(resolve.entry, address, login))
        return not_found(error);
    return add_object(search, resolve.entry, error);
}

/* Its domain may be written in another form than the directory's. */
static gboolean
add_address(Search *search, const char *address, GError **error)
{
    g_autofree char *ascii = NULL;
    g_autofree char *unicode = NULL;
    g_autoptr(GError) local = NULL;
    gboolean ok = add_exactly(search, address, &local);

    if (!ok && g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND) &&
        tw_idn_address_forms(address, &ascii, &unicode)) {
        g_clear_error(&local);
        ok = add_exactly(search, unicode, &local);
        if (!ok && g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_clear_error(&local);
            ok = add_exactly(search, ascii, &local);
        }
    }
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&local));
    return ok;
}

/* "name+detail@domain" into "name@domain" and "detail"; NULL: it has none. */
static char *
split_detail(const char *address, char **ret_detail)
{
    const char *at = strrchr(address, '@');
    const char *end = at != NULL ? at : address + strlen(address);
    const char *plus = strchr(address, '+');

    if (plus == NULL || plus == address || plus >= end)
        return NULL;
    *ret_detail = g_strndup(plus + 1, (gsize) (end - plus - 1));
    return g_strdup_printf("%.*s%s", (int) (plus - address), address, end);
}

static gboolean
is_public(Search *search, const char *base)
{
    g_autoptr(TwDeliveryOptions) options = tw_delivery_get_options(search->delivery);
    gsize len = strlen(options->public_recipient);

    return len > 0 && g_ascii_strncasecmp(base, options->public_recipient, len) == 0 &&
           (base[len] == '\0' || base[len] == '@');
}

static gboolean
find_all(Search *search, const char *address, GError **error)
{
    g_autofree char *detail = NULL;
    g_autofree char *base = split_detail(address, &detail);
    g_autoptr(GError) local = NULL;

    if (add_address(search, address, &local))
        return TRUE;
    if (base == NULL || !g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_array_set_size(search->places, 0);
    if (is_public(search, base))
        return add_public(search, 0, detail, '/', error);
    search->detail = g_steal_pointer(&detail);
    return add_address(search, base, error);
}

TwDeliveryRecipient *
tw_delivery_find(TwDelivery *delivery,
                 const char *address,
                 const TwDeliveryWish *wish,
                 GError **error)
{
    static const TwDeliveryWish nothing = { 0 };
    Search search = { .delivery = delivery, .wish = wish != NULL ? wish : &nothing };
    const char *at = strrchr(address, '@');
    g_autofree char *local_part = NULL;
    TwDeliveryRecipient *recipient;
    gboolean ok;

    search.places = g_array_new(FALSE, FALSE, sizeof(TwDeliveryPlace));
    if ((search.wish->flags & TW_DELIVERY_STRIP_DOMAIN) && at != NULL)
        local_part = g_strndup(address, (gsize) (at - address));
    ok = find_all(&search, local_part != NULL ? local_part : address, error);
    g_free(search.detail);
    if (!ok) {
        g_array_unref(search.places);
        return NULL;
    }
    recipient = g_new0(TwDeliveryRecipient, 1);
    recipient->address = g_strdup(address);
    recipient->flags = search.wish->flags;
    recipient->places = search.places;
    return recipient;
}
