/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties of people and of rights: RFC 3744, current-user-principal, homes, proxies. */
#include "dav/props-private.h"

#include <string.h>

enum {
    OWNED = TW_DAV_HOME | TW_DAV_COLLECTION | TW_DAV_ITEM,
    PEOPLE = TW_DAV_PRINCIPAL | TW_DAV_PROXY,
    ANY = TW_DAV_ROOT | TW_DAV_PRINCIPALS | PEOPLE | OWNED,
    ALL_WRITE = TW_RIGHT_CREATE | TW_RIGHT_EDIT | TW_RIGHT_DELETE,
};

static gboolean
put_own(GString *out, char *href)
{
    tw_dav_put_href(out, href);
    g_free(href);
    return TRUE;
}

/* ---- people ---- */

static gboolean
put_current(TwDavAsked *asked)
{
    TwDavOwner own = { .name = asked->call->name };

    return put_own(asked->out, tw_dav_href_principal(&own, NULL));
}

static gboolean
put_self(TwDavAsked *asked)
{
    return put_own(asked->out, g_strdup(asked->view->href));
}

static gboolean
put_owner(TwDavAsked *asked)
{
    return put_own(asked->out, tw_dav_href_principal(asked->view->owner, NULL));
}

static gboolean
put_collections(TwDavAsked *asked)
{
    tw_dav_put_href(asked->out, "/principals/");
    return TRUE;
}

static gboolean
put_calendar_home(TwDavAsked *asked)
{
    TwDavOwner own = { .name = asked->call->name };

    return put_own(
        asked->out,
        tw_dav_href_home(asked->view->owner != NULL ? asked->view->owner : &own, TW_DAV_CALENDARS));
}

static gboolean
put_book_home(TwDavAsked *asked)
{
    TwDavOwner own = { .name = asked->call->name };

    return put_own(
        asked->out,
        tw_dav_href_home(asked->view->owner != NULL ? asked->view->owner : &own, TW_DAV_BOOKS));
}

static gboolean
put_box(TwDavAsked *asked, const char *segment)
{
    g_autofree char *home = tw_dav_href_home(asked->view->owner, TW_DAV_CALENDARS);

    return !asked->view->owner->is_public &&
           put_own(asked->out, g_strconcat(home, segment, "/", NULL));
}

static gboolean
put_inbox(TwDavAsked *asked)
{
    return put_box(asked, TW_DAV_INBOX);
}

static gboolean
put_outbox(TwDavAsked *asked)
{
    return put_box(asked, TW_DAV_OUTBOX);
}

static gboolean
put_addresses(TwDavAsked *asked)
{
    const TwDavOwner *owner = asked->view->owner;

    if (owner->mail != NULL)
        (void) put_own(asked->out, g_strconcat("mailto:", owner->mail, NULL));
    return put_own(asked->out, tw_dav_href_principal(owner, NULL));
}

static gboolean
put_mails(TwDavAsked *asked)
{
    if (asked->view->owner->mail == NULL)
        return FALSE;
    g_string_append(asked->out, "<S:email-address>");
    tw_dav_put_text(asked->out, asked->view->owner->mail);
    g_string_append(asked->out, "</S:email-address>");
    return TRUE;
}

static gboolean
put_user_type(TwDavAsked *asked)
{
    g_string_append(asked->out, asked->view->owner->type);
    return TRUE;
}

static gboolean
put_record_type(TwDavAsked *asked)
{
    g_string_append(asked->out, asked->view->kind == TW_DAV_PROXY ? "groups" : "users");
    return TRUE;
}

static gboolean
put_nothing(TwDavAsked *asked)
{
    (void) asked;
    return TRUE;
}

/* ---- proxies ---- */

/* Whose calendars the session's user reads, or writes. */
static gboolean
put_shared(TwDavAsked *asked, gboolean writes, const char *proxy)
{
    g_autoptr(GPtrArray) owners = NULL;

    if (!asked->view->owner->own)
        return TRUE;
    owners = tw_dav_owners_shared(asked->call);
    for (guint i = 0; i < owners->len; i++) {
        const TwDavOwner *owner = owners->pdata[i];
        g_autoptr(TwDavShelf) shelf = tw_dav_shelf_get(asked->call, owner, NULL);
        if (shelf == NULL || !tw_dav_shelf_has(shelf, TW_DAV_CALENDARS, 0) ||
            tw_dav_shelf_has(shelf, TW_DAV_CALENDARS, ALL_WRITE) != writes)
            continue;
        (void) put_own(asked->out, tw_dav_href_principal(owner, proxy));
    }
    return TRUE;
}

static gboolean
put_read_for(TwDavAsked *asked)
{
    return put_shared(asked, FALSE, NULL);
}

static gboolean
put_write_for(TwDavAsked *asked)
{
    return put_shared(asked, TRUE, NULL);
}

static gboolean
is_writer(guint32 rights)
{
    return (rights & ALL_WRITE) == ALL_WRITE;
}

/* Rows of the default calendar of the session's user. */
static GArray *
own_rows(TwDavCall *call, TwDavOwner *ret_own)
{
    g_auto(TwPermissionsArgs) args = { 0 };
    g_autoptr(TwDavShelf) shelf = NULL;

    if (!tw_dav_owner_find(call, call->who.name, ret_own, NULL))
        return NULL;
    shelf = tw_dav_shelf_get(call, ret_own, NULL);
    if (shelf == NULL)
        return NULL;
    args.store = ret_own->store;
    args.folder = shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR];
    return tw_session_permissions(call->session, &args, NULL) ? g_steal_pointer(&args.rows) : NULL;
}

/* The proxies of others that the user is; of somebody else those of the user that he is. */
static gboolean
put_membership(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;
    g_autoptr(GArray) rows = NULL;
    g_auto(TwDavOwner) own = { 0 };

    if (view->kind == TW_DAV_PROXY)
        return TRUE;
    if (view->owner->own)
        return put_shared(asked, FALSE, TW_DAV_PROXY_READ) &&
               put_shared(asked, TRUE, TW_DAV_PROXY_WRITE);
    rows = own_rows(asked->call, &own);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        if (row->principal == view->owner->user && row->rights & TW_RIGHT_READ)
            (void) put_own(asked->out,
                           tw_dav_href_principal(&own, is_writer(row->rights) ? TW_DAV_PROXY_WRITE
                                                                              : TW_DAV_PROXY_READ));
    }
    return TRUE;
}

/* A proxy's members are the users whom the owner gave rights on the default calendar. */
static gboolean
put_members(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;
    g_autoptr(TwDavShelf) shelf = NULL;
    g_auto(TwPermissionsArgs) permissions = { .store = view->owner->store };

    if (view->kind != TW_DAV_PROXY || !view->owner->own)
        return TRUE;
    shelf = tw_dav_shelf_get(asked->call, view->owner, NULL);
    if (shelf == NULL)
        return FALSE;
    permissions.folder = shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR];
    if (!tw_session_permissions(asked->call->session, &permissions, NULL))
        return FALSE;
    for (guint i = 0; i < permissions.rows->len; i++) {
        const TwPermission *row = &g_array_index(permissions.rows, TwPermission, i);
        g_auto(TwBookGetArgs) get = { .user = row->principal };
        g_auto(TwDavOwner) member = { 0 };
        if (row->principal < TW_DIRECTORY_FIRST_NUMBER || !(row->rights & TW_RIGHT_READ) ||
            is_writer(row->rights) != view->proxy_writes ||
            !tw_session_book_get(asked->call->session, &get, NULL) ||
            tw_directory_type(get.entry->kind) != TW_DIRECTORY_USERS)
            continue;
        tw_dav_owner_of_object(asked->call, get.entry, &member);
        (void) put_own(asked->out, tw_dav_href_principal(&member, NULL));
    }
    return TRUE;
}

/* ---- rights ---- */

static const struct {
    guint32 rights; /* all of these */
    const char *privilege;
} privileges[] = {
    { TW_RIGHT_READ, "D:read" },
    { TW_RIGHT_READ, "C:read-free-busy" },
    { ALL_WRITE, "D:write" },
    { TW_RIGHT_EDIT, "D:write-content" },
    { TW_RIGHT_OWNER, "D:write-properties" },
    { TW_RIGHT_CREATE, "D:bind" },
    { TW_RIGHT_DELETE, "D:unbind" },
    { TW_RIGHT_OWNER, "D:read-acl" },
};

static void
put_privilege(GString *out, const char *name)
{
    g_string_append_printf(out, "<D:privilege><%s/></D:privilege>", name);
}

static void
put_rights(GString *out, guint32 rights)
{
    if ((rights & TW_RIGHT_ALL) == TW_RIGHT_ALL)
        put_privilege(out, "D:all");
    for (guint i = 0; i < G_N_ELEMENTS(privileges); i++) {
        if ((rights & privileges[i].rights) == privileges[i].rights)
            put_privilege(out, privileges[i].privilege);
    }
}

/* RFC 6638, 6: everybody here may be written to; who writes does so from the own outbox. */
static void
put_schedule_rights(GString *out, TwDavHolds holds)
{
    static const char *const inbox[] = { "C:schedule-deliver", "C:schedule-deliver-invite",
                                         "C:schedule-deliver-reply", "C:schedule-query-freebusy" };
    static const char *const outbox[] = { "C:schedule-send", "C:schedule-send-invite",
                                          "C:schedule-send-reply", "C:schedule-send-freebusy" };

    for (guint i = 0; holds == TW_DAV_HOLDS_INBOX && i < G_N_ELEMENTS(inbox); i++)
        put_privilege(out, inbox[i]);
    for (guint i = 0; holds == TW_DAV_HOLDS_OUTBOX && i < G_N_ELEMENTS(outbox); i++)
        put_privilege(out, outbox[i]);
}

static gboolean
put_privileges(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;
    guint32 rights = TW_RIGHT_READ;

    if (view->folder != NULL)
        rights = view->folder->rights;
    else if (view->owner != NULL && view->owner->own)
        rights = TW_RIGHT_ALL;
    put_privilege(asked->out, "D:read-current-user-privilege-set");
    put_rights(asked->out, rights);
    if (view->folder != NULL)
        put_schedule_rights(asked->out, view->folder->holds);
    if (view->folder != NULL && view->folder->holds == TW_DAV_HOLDS_INBOX && view->owner->own)
        put_privilege(asked->out, "D:write-properties");
    return TRUE;
}

static gboolean
put_supported(TwDavAsked *asked)
{
    static const char *const names[] = { "D:read",
                                         "C:read-free-busy",
                                         "D:read-current-user-privilege-set",
                                         "D:read-acl",
                                         "D:write",
                                         "D:write-content",
                                         "D:write-properties",
                                         "D:bind",
                                         "D:unbind" };

    g_string_append(asked->out, "<D:supported-privilege><D:privilege><D:all/></D:privilege>"
                                "<D:description>Everything</D:description>");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_string_append_printf(asked->out,
                               "<D:supported-privilege><D:privilege><%s/></D:privilege>"
                               "<D:description>%s</D:description></D:supported-privilege>",
                               names[i], names[i] + 2);
    g_string_append(asked->out, "</D:supported-privilege>");
    return TRUE;
}

static void
put_ace(GString *out, const char *principal, guint32 rights)
{
    g_string_append_printf(out, "<D:ace><D:principal>%s</D:principal><D:grant>", principal);
    put_rights(out, rights);
    g_string_append(out, "</D:grant></D:ace>");
}

static void
put_ace_of(TwDavAsked *asked, const TwPermission *row)
{
    g_auto(TwBookGetArgs) get = { .user = row->principal };
    g_auto(TwDavOwner) member = { 0 };
    g_autofree char *href = NULL;
    g_autoptr(GString) principal = g_string_new(NULL);

    if (!(row->rights & TW_RIGHT_READ))
        return;
    if (row->principal == TW_DIRECTORY_EVERYONE) {
        put_ace(asked->out, "<D:authenticated/>", row->rights);
    } else if (row->principal >= TW_DIRECTORY_FIRST_NUMBER &&
               tw_session_book_get(asked->call->session, &get, NULL) &&
               tw_directory_type(get.entry->kind) == TW_DIRECTORY_USERS) {
        tw_dav_owner_of_object(asked->call, get.entry, &member);
        href = tw_dav_href_principal(&member, NULL);
        tw_dav_put_href(principal, href);
        put_ace(asked->out, principal->str, row->rights);
    }
}

/* What the folder's own rows say; who may read them is asked below. */
static gboolean
put_acl(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;
    g_auto(TwPermissionsArgs) permissions = { .store = view->owner->store };

    if (view->folder != NULL && view->folder->holds == TW_DAV_HOLDS_DIRECTORY) {
        put_ace(asked->out, "<D:authenticated/>", TW_RIGHT_READ);
        return TRUE;
    }
    if (!view->owner->own && (view->folder == NULL || !(view->folder->rights & TW_RIGHT_OWNER)))
        return FALSE;
    put_ace(asked->out, "<D:property><D:owner/></D:property>", TW_RIGHT_ALL);
    if (view->folder == NULL)
        return TRUE;
    permissions.folder = view->folder->number;
    if (tw_session_permissions(asked->call->session, &permissions, NULL)) {
        for (guint i = 0; i < permissions.rows->len; i++)
            put_ace_of(asked, &g_array_index(permissions.rows, TwPermission, i));
    }
    return TRUE;
}

static gboolean
put_restrictions(TwDavAsked *asked)
{
    g_string_append(asked->out, "<D:grant-only/><D:no-invert/>");
    return TRUE;
}

const TwDavPropRow tw_dav_acl_props[] = {
    { TW_DAV_NS, "current-user-principal", ANY, FALSE, put_current },
    { TW_DAV_NS, "principal-URL", PEOPLE, FALSE, put_self },
    { TW_DAV_NS, "alternate-URI-set", PEOPLE, TRUE, put_nothing },
    { TW_DAV_NS, "group-member-set", PEOPLE, TRUE, put_members },
    { TW_DAV_NS, "group-membership", PEOPLE, TRUE, put_membership },
    { TW_DAV_NS, "principal-collection-set", ANY, TRUE, put_collections },
    { TW_DAV_NS, "owner", OWNED, TRUE, put_owner },
    { TW_DAV_NS, "current-user-privilege-set", ANY, TRUE, put_privileges },
    { TW_DAV_NS, "supported-privilege-set", OWNED, TRUE, put_supported },
    { TW_DAV_NS, "acl", OWNED, TRUE, put_acl },
    { TW_DAV_NS, "acl-restrictions", OWNED, TRUE, put_restrictions },
    { TW_DAV_NS, "inherited-acl-set", OWNED, TRUE, put_nothing },
    { TW_DAV_NS_CALDAV, "calendar-home-set", TW_DAV_PRINCIPAL | TW_DAV_ROOT, TRUE,
      put_calendar_home },
    { TW_DAV_NS_CARDDAV, "addressbook-home-set", TW_DAV_PRINCIPAL | TW_DAV_ROOT, TRUE,
      put_book_home },
    { TW_DAV_NS_CALDAV, "calendar-user-address-set", TW_DAV_PRINCIPAL, TRUE, put_addresses },
    { TW_DAV_NS_CALDAV, "schedule-inbox-URL", TW_DAV_PRINCIPAL, TRUE, put_inbox },
    { TW_DAV_NS_CALDAV, "schedule-outbox-URL", TW_DAV_PRINCIPAL, TRUE, put_outbox },
    { TW_DAV_NS_CALDAV, "calendar-user-type", TW_DAV_PRINCIPAL, TRUE, put_user_type },
    { TW_DAV_NS_SERVER, "email-address-set", TW_DAV_PRINCIPAL, TRUE, put_mails },
    { TW_DAV_NS_SERVER, "record-type", PEOPLE, TRUE, put_record_type },
    { TW_DAV_NS_SERVER, "calendar-proxy-read-for", TW_DAV_PRINCIPAL, TRUE, put_read_for },
    { TW_DAV_NS_SERVER, "calendar-proxy-write-for", TW_DAV_PRINCIPAL, TRUE, put_write_for },
};
const guint tw_dav_acl_prop_count = G_N_ELEMENTS(tw_dav_acl_props);

/* ---- changing who is a proxy ---- */

/* The principals that a "group-member-set" names; FALSE: one of them is nobody. */
static gboolean
read_members(TwDavCall *call, const TwDavElement *prop, GArray *ret)
{
    for (const TwDavElement *href = prop->children; href != NULL; href = href->next) {
        g_auto(TwDavTarget) target = { 0 };
        if (!tw_dav_element_is(href, TW_DAV_NS, "href"))
            continue;
        if (!tw_dav_target_read_url(call, href->text, &target, NULL) ||
            target.kind != TW_DAV_PRINCIPAL || target.owner.user == 0)
            return FALSE;
        g_array_append_val(ret, target.owner.user);
    }
    return TRUE;
}

static gboolean
stands_in(const GArray *list, guint32 number)
{
    for (guint i = 0; i < list->len; i++) {
        if (g_array_index(list, guint32, i) == number)
            return TRUE;
    }
    return FALSE;
}

/* Rows of the default calendar: members get theirs, who was one and is none any more loses his. */
static gboolean
set_members(TwDavCall *call, const GArray *members, GError **error)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavShelf) shelf = tw_dav_shelf_get(call, &target->owner, error);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwPermission));
    g_auto(TwPermissionsArgs) there = { .store = target->owner.store };
    g_auto(TwPermissionsSetArgs) set = { .store = target->owner.store };
    guint32 rights = TW_RIGHT_READ | TW_RIGHT_VISIBLE;

    if (shelf == NULL)
        return FALSE;
    if (target->proxy_writes)
        rights |= ALL_WRITE | TW_RIGHT_EDIT_OWN | TW_RIGHT_DELETE_OWN;
    there.folder = set.folder = shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR];
    if (!tw_session_permissions(call->session, &there, error))
        return FALSE;
    for (guint i = 0; i < there.rows->len; i++) {
        TwPermission row = g_array_index(there.rows, TwPermission, i);
        if (row.principal < TW_DIRECTORY_FIRST_NUMBER || !(row.rights & TW_RIGHT_READ) ||
            is_writer(row.rights) != target->proxy_writes || stands_in(members, row.principal))
            continue;
        row.rights = TW_PERMISSION_REMOVE;
        g_array_append_val(rows, row);
    }
    for (guint i = 0; i < members->len; i++) {
        TwPermission row = { .principal = g_array_index(members, guint32, i), .rights = rights };
        g_array_append_val(rows, row);
    }
    set.rows = (TwPermissionRows){ (const TwPermission *) (gconstpointer) rows->data, rows->len };
    return rows->len == 0 || tw_session_permissions_set(call->session, &set, error);
}

static guint
change_members(TwDavCall *call, const TwDavElement *prop)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) error = NULL;

    if (!tw_dav_element_is(prop, TW_DAV_NS, "group-member-set") || !call->target.owner.own)
        return 403;
    if (!read_members(call, prop, members))
        return 409;
    return set_members(call, members, &error) ? 200 : tw_dav_status(error);
}

gboolean
tw_dav_put_members(TwDavCall *call, GString *out)
{
    gboolean good = TRUE;

    for (const TwDavElement *update = call->body->children; update != NULL; update = update->next) {
        const TwDavElement *list = tw_dav_element_child(update, TW_DAV_NS, "prop");
        for (const TwDavElement *prop = list != NULL ? list->children : NULL; prop != NULL;
             prop = prop->next) {
            guint status =
                tw_dav_element_is(update, TW_DAV_NS, "set") ? change_members(call, prop) : 403;
            tw_dav_put_status(out, prop, status);
            good &= status == 200;
        }
    }
    return good;
}
