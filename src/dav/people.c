/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reports about people: RFC 3744, 9 and expand-property (RFC 3253, 3.8). */
#include "dav/dav-private.h"

#include <string.h>

#include "dav/filter.h"

/* ---- one principal ---- */

static void
put_owner(TwDavCall *call, GString *out, const TwDavOwner *owner, const TwDavElement *prop)
{
    g_autofree char *href = tw_dav_href_principal(owner, NULL);
    TwDavView view = { .kind = TW_DAV_PRINCIPAL, .owner = owner, .href = href };

    tw_dav_put_response(call, out, &view, prop);
}

/* ---- principal-property-search ---- */

/* Whether one "match" fits what a principal has in one of the properties that are searched. */
static gboolean
prop_fits(const TwDavElement *search, const TwDavOwner *owner)
{
    const TwDavElement *list = tw_dav_element_child(search, TW_DAV_NS, "prop");
    const TwDavElement *match = tw_dav_element_child(search, TW_DAV_NS, "match");
    g_autofree char *href = tw_dav_href_principal(owner, NULL);
    g_autofree char *mail = owner->mail != NULL ? g_strconcat("mailto:", owner->mail, NULL) : NULL;

    if (match == NULL)
        return FALSE;
    for (const TwDavElement *prop = list != NULL ? list->children : NULL; prop != NULL;
         prop = prop->next) {
        if ((strcmp(prop->name, "displayname") == 0 &&
             tw_dav_text_matches(match, owner->full_name)) ||
            (strcmp(prop->name, "email-address-set") == 0 && owner->mail != NULL &&
             tw_dav_text_matches(match, owner->mail)) ||
            (strcmp(prop->name, "calendar-user-type") == 0 &&
             tw_dav_text_matches(match, owner->type)) ||
            (strcmp(prop->name, "calendar-user-address-set") == 0 &&
             (tw_dav_text_matches(match, href) ||
              (mail != NULL && tw_dav_text_matches(match, mail)))))
            return TRUE;
    }
    return FALSE;
}

/* Apple's search: each word somewhere in name or address. */
static gboolean
tokens_fit(const TwDavElement *body, const TwDavOwner *owner, gboolean *ret_any)
{
    *ret_any = FALSE;
    for (const TwDavElement *token = body->children; token != NULL; token = token->next) {
        if (strcmp(token->name, "search-token") != 0)
            continue;
        *ret_any = TRUE;
        if (!tw_dav_text_matches(token, owner->full_name) &&
            (owner->mail == NULL || !tw_dav_text_matches(token, owner->mail)) &&
            !tw_dav_text_matches(token, owner->name))
            return FALSE;
    }
    return *ret_any;
}

static gboolean
owner_fits(const TwDavElement *body, const TwDavOwner *owner)
{
    gboolean any_of = g_strcmp0(g_hash_table_lookup(body->attributes, "test"), "anyof") == 0;
    gboolean asked = FALSE;

    if (strcmp(body->name, "calendarserver-principal-search") == 0)
        return tokens_fit(body, owner, &asked);
    for (const TwDavElement *search = body->children; search != NULL; search = search->next) {
        if (!tw_dav_element_is(search, TW_DAV_NS, "property-search"))
            continue;
        asked = TRUE;
        if (prop_fits(search, owner) == any_of)
            return any_of;
    }
    return asked && !any_of;
}

void
tw_dav_principal_search(TwDavCall *call)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    g_auto(TwBookListArgs) list = { .sort = TW_DIRECTORY_SORT_NAME };
    g_autoptr(GError) error = NULL;
    guint found = 0;
    GString *out;

    if (!tw_session_book_list(call->session, &list, &error)) {
        tw_dav_fail(call, error);
        return;
    }
    out = g_string_new(NULL);
    for (guint i = 0; i < list.rows->len && found < TW_DAV_MAX_PEOPLE; i++) {
        const TwDirectoryObject *object = list.rows->pdata[i];
        g_auto(TwDavOwner) owner = { 0 };
        if (tw_directory_type(object->kind) != TW_DIRECTORY_USERS ||
            object->kind == TW_DIRECTORY_CONTACT || object->number < TW_DIRECTORY_FIRST_NUMBER)
            continue;
        tw_dav_owner_of_object(call, object, &owner);
        if (owner_fits(call->body, &owner)) {
            found++;
            put_owner(call, out, &owner, prop);
        }
    }
    tw_dav_answer(call, 207, out, "multistatus");
}

void
tw_dav_principal_search_set(TwDavCall *call)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "D:displayname", "Name" },
        { "S:email-address-set", "Mail address" },
        { "C:calendar-user-address-set", "Calendar address" },
        { "C:calendar-user-type", "Kind" },
    };
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_string_append_printf(out,
                               "<D:principal-search-property><D:prop><%s/></D:prop>"
                               "<D:description xml:lang=\"en\">%s</D:description>"
                               "</D:principal-search-property>",
                               rows[i].name, rows[i].text);
    tw_dav_answer(call, 200, out, "principal-search-property-set");
}

/* ---- principal-match ---- */

/* "self": the user; "principal-property": collections whose owner the user is. */
void
tw_dav_principal_match(TwDavCall *call)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    const TwDavTarget *target = &call->target;
    gboolean self = tw_dav_element_child(call->body, TW_DAV_NS, "self") != NULL;
    g_auto(TwDavOwner) own = { 0 };
    g_autoptr(GError) error = NULL;
    GString *out;

    if (!tw_dav_owner_find(call, call->who.name, &own, &error)) {
        tw_dav_fail(call, error);
        return;
    }
    out = g_string_new(NULL);
    if (self && target->kind <= TW_DAV_PRINCIPAL) {
        if (target->kind != TW_DAV_PRINCIPAL || target->owner.own)
            put_owner(call, out, &own, prop);
    } else if (!self && target->kind == TW_DAV_HOME && target->owner.own) {
        for (guint i = 0; i < target->shelf->folders->len; i++) {
            const TwDavFolder *folder = target->shelf->folders->pdata[i];
            g_autofree char *href = tw_dav_href_item(&own, folder, NULL);
            TwDavView view = { .kind = TW_DAV_COLLECTION,
                               .space = target->space,
                               .owner = &own,
                               .folder = folder,
                               .href = href };
            if (tw_dav_folder_space(folder) == target->space)
                tw_dav_put_response(call, out, &view, prop);
        }
    }
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- acl-principal-prop-set ---- */

void
tw_dav_acl_principals(TwDavCall *call)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    guint count = 0;
    GString *out;

    for (const TwDavElement *child = call->body->children; child != NULL; child = child->next)
        count += tw_dav_element_is(child, TW_DAV_NS, "prop") ? 1 : 0;
    /* RFC 3744, 9.2 */
    if (count > 1) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    out = g_string_new(NULL);
    if (call->target.owner.name != NULL)
        put_owner(call, out, &call->target.owner, prop);
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- expand-property ---- */

/* Properties of which the paths in them are followed, one in the other. */
typedef struct {
    TwDavCall *call;
    guint responses;
} Expand;

static void put_expanded(Expand *expand,
                         GString *out,
                         const TwDavTarget *target,
                         const TwDavElement *wanted,
                         const char *href);

/* The paths that a property is made of; each becomes a response. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
follow(Expand *expand, GString *out, const char *xml, const TwDavElement *property)
{
    g_autofree char *whole = g_strconcat("<D:x" TW_DAV_DECLARATIONS ">", xml, "</D:x>", NULL);
    g_autoptr(TwDavElement) root = tw_dav_xml_parse((const guint8 *) whole, strlen(whole), NULL);

    for (const TwDavElement *href = root != NULL ? root->children : NULL; href != NULL;
         href = href->next) {
        g_auto(TwDavTarget) target = { 0 };
        if (!tw_dav_element_is(href, TW_DAV_NS, "href") || expand->responses++ >= TW_DAV_MAX_PEOPLE)
            continue;
        if (tw_dav_target_read_url(expand->call, href->text, &target, NULL))
            put_expanded(expand, out, &target, property, href->text);
    }
}

static gboolean
has_children(const TwDavElement *property)
{
    return tw_dav_element_child(property, TW_DAV_NS, "property") != NULL;
}

/* One "property" of the request as one property of the answer. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_property(Expand *expand,
             GString *good,
             GString *bad,
             const TwDavView *view,
             const TwDavElement *property)
{
    const char *name = g_hash_table_lookup(property->attributes, "name");
    const char *ns = g_hash_table_lookup(property->attributes, "namespace");
    g_autoptr(GString) value = g_string_new(NULL);

    ns = ns != NULL ? ns : TW_DAV_NS;
    if (!tw_dav_put_value(expand->call, value, view, ns, name)) {
        tw_dav_put_name(bad, ns, name);
        return;
    }
    tw_dav_put_open(good, ns, name);
    if (has_children(property))
        follow(expand, good, value->str, property);
    else
        g_string_append(good, value->str);
    tw_dav_put_close(good, ns, name);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_expanded(Expand *expand,
             GString *out,
             const TwDavTarget *target,
             const TwDavElement *wanted,
             const char *href)
{
    g_autofree char *own = g_strdup(href);
    g_autoptr(GString) good = g_string_new(NULL);
    g_autoptr(GString) bad = g_string_new(NULL);
    TwDavView view = { .kind = target->kind,
                       .space = target->space,
                       .owner = target->owner.name != NULL ? &target->owner : NULL,
                       .folder = target->folder,
                       .proxy_writes = target->proxy_writes,
                       .href = own };

    g_string_append(out, "<D:response>");
    tw_dav_put_href(out, href);
    if (target->kind == TW_DAV_ITEM ||
        (target->kind == TW_DAV_COLLECTION && target->folder == NULL)) {
        g_string_append(out, "<D:status>HTTP/1.1 404 Not Found</D:status></D:response>");
        return;
    }
    for (const TwDavElement *property = wanted->children; property != NULL;
         property = property->next) {
        if (tw_dav_element_is(property, TW_DAV_NS, "property"))
            put_property(expand, good, bad, &view, property);
    }
    g_string_append_printf(out,
                           "<D:propstat><D:prop>%s</D:prop><D:status>HTTP/1.1 200 OK"
                           "</D:status></D:propstat>",
                           good->str);
    if (bad->len > 0 && !expand->call->minimal)
        g_string_append_printf(out,
                               "<D:propstat><D:prop>%s</D:prop><D:status>HTTP/1.1 404 Not Found"
                               "</D:status></D:propstat>",
                               bad->str);
    g_string_append(out, "</D:response>");
}

/* Each "property" has a name, down to the last. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
is_whole(const TwDavElement *element)
{
    for (const TwDavElement *child = element->children; child != NULL; child = child->next) {
        const char *name = g_hash_table_lookup(child->attributes, "name");
        if (tw_dav_element_is(child, TW_DAV_NS, "property") &&
            (name == NULL || !tw_dav_is_name(name) || !is_whole(child)))
            return FALSE;
    }
    return TRUE;
}

void
tw_dav_expand_property(TwDavCall *call)
{
    Expand expand = { call, 0 };
    GString *out;

    if (!is_whole(call->body)) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    out = g_string_new(NULL);

    put_expanded(&expand, out, &call->target, call->body, call->head->path);
    tw_dav_answer(call, 207, out, "multistatus");
}
