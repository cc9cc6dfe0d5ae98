/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties: one table of what each kind of resource has, and PROPFIND. */
#include "dav/dav-private.h"

#include <string.h>

enum {
    ANY = TW_DAV_ROOT | TW_DAV_PRINCIPAL | TW_DAV_HOME | TW_DAV_COLLECTION | TW_DAV_ITEM,
    CAN_EDIT = 2, /* TwRight create */
};

typedef struct {
    TwDavCall *call;
    const TwDavView *view;
    GBytes *data; /* (nullable) */
    GString *out;
} Asked;

typedef struct {
    const char *ns, *name;
    guint kinds;                   /* bits of #TwDavKind */
    gboolean on_demand;            /* not among "allprop" */
    gboolean (*put)(Asked *asked); /* what stands in it; FALSE: there is none */
} PropRow;

static gboolean
put_href(Asked *asked, TwDavKind kind)
{
    g_autofree char *href = tw_dav_href(asked->call, kind, NULL, NULL);

    g_string_append(asked->out, "<D:href>");
    tw_dav_put_text(asked->out, href);
    g_string_append(asked->out, "</D:href>");
    return TRUE;
}

static gboolean
put_resourcetype(Asked *asked)
{
    if (asked->view->kind == TW_DAV_PRINCIPAL)
        g_string_append(asked->out, "<D:collection/><D:principal/>");
    else if (asked->view->kind == TW_DAV_COLLECTION)
        g_string_append(asked->out, "<D:collection/><C:calendar/>");
    else if (asked->view->kind != TW_DAV_ITEM)
        g_string_append(asked->out, "<D:collection/>");
    return TRUE;
}

static gboolean
put_displayname(Asked *asked)
{
    if (asked->view->kind == TW_DAV_COLLECTION) {
        tw_dav_put_text(asked->out, asked->view->folder->name);
        return TRUE;
    }
    if (asked->view->kind != TW_DAV_PRINCIPAL && asked->view->kind != TW_DAV_HOME)
        return FALSE;
    tw_dav_put_text(asked->out, asked->call->who.full_name != NULL ? asked->call->who.full_name
                                                                   : asked->call->who.name);
    return TRUE;
}

static gboolean
put_principal(Asked *asked)
{
    return put_href(asked, TW_DAV_PRINCIPAL);
}

static gboolean
put_home(Asked *asked)
{
    return put_href(asked, TW_DAV_HOME);
}

static gboolean
put_principals(Asked *asked)
{
    g_string_append(asked->out, "<D:href>/principals/</D:href>");
    return TRUE;
}

static gboolean
put_addresses(Asked *asked)
{
    if (asked->call->who.mail != NULL && asked->call->who.mail[0] != '\0') {
        g_string_append(asked->out, "<D:href>mailto:");
        tw_dav_put_text(asked->out, asked->call->who.mail);
        g_string_append(asked->out, "</D:href>");
    }
    return put_href(asked, TW_DAV_PRINCIPAL);
}

static gboolean
put_etag(Asked *asked)
{
    g_autofree char *etag = tw_dav_etag(asked->view->entry);

    tw_dav_put_text(asked->out, etag);
    return TRUE;
}

static gboolean
put_content_type(Asked *asked)
{
    static const char *const components[] = { "vevent", "vtodo", "vjournal" };

    g_string_append_printf(asked->out, "text/calendar; charset=utf-8; component=%s",
                           components[asked->view->entry->kind]);
    return TRUE;
}

static gboolean
put_data(Asked *asked)
{
    gsize len;
    const char *text;
    g_autofree char *copy = NULL;

    if (asked->data == NULL)
        return FALSE;
    text = g_bytes_get_data(asked->data, &len);
    copy = g_strndup(text, len);
    tw_dav_put_text(asked->out, copy);
    return TRUE;
}

static gboolean
put_length(Asked *asked)
{
    if (asked->data == NULL)
        return FALSE;
    g_string_append_printf(asked->out, "%" G_GSIZE_FORMAT, g_bytes_get_size(asked->data));
    return TRUE;
}

static gboolean
put_ctag(Asked *asked)
{
    g_string_append_printf(asked->out, "\"%u-%" G_GUINT64_FORMAT "\"", asked->view->folder->number,
                           asked->view->folder->hicn);
    return TRUE;
}

static gboolean
put_sync_token(Asked *asked)
{
    g_autoptr(TwDavIndex) index = tw_dav_index_get(asked->call, asked->view->folder->number, NULL);

    if (index == NULL)
        return FALSE;
    g_string_append_printf(asked->out, "urn:twiga:sync:%u:%" G_GUINT64_FORMAT, index->uidvalidity,
                           index->cn);
    return TRUE;
}

static gboolean
put_components(Asked *asked)
{
    g_string_append(asked->out, asked->view->folder->tasks_only
                                    ? "<C:comp name=\"VTODO\"/>"
                                    : "<C:comp name=\"VEVENT\"/><C:comp name=\"VTODO\"/>"
                                      "<C:comp name=\"VJOURNAL\"/>");
    return TRUE;
}

static gboolean
put_supported_data(Asked *asked)
{
    g_string_append(asked->out,
                    "<C:calendar-data content-type=\"text/calendar\" version=\"2.0\"/>");
    return TRUE;
}

static gboolean
put_max_size(Asked *asked)
{
    g_string_append_printf(asked->out, "%d", TW_DAV_MAX_ITEM);
    return TRUE;
}

static gboolean
put_reports(Asked *asked)
{
    static const char *const names[] = { "C:calendar-query", "C:calendar-multiget",
                                         "C:free-busy-query", "D:sync-collection" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_string_append_printf(asked->out,
                               "<D:supported-report><D:report><%s/></D:report>"
                               "</D:supported-report>",
                               names[i]);
    return TRUE;
}

static gboolean
put_privileges(Asked *asked)
{
    const TwDavFolder *folder = asked->view->folder;

    g_string_append(asked->out, "<D:privilege><D:read/></D:privilege><D:privilege>"
                                "<D:read-current-user-privilege-set/></D:privilege>");
    if (folder == NULL || folder->rights & CAN_EDIT)
        g_string_append(asked->out,
                        "<D:privilege><D:write/></D:privilege><D:privilege><D:write-content/>"
                        "</D:privilege><D:privilege><D:write-properties/></D:privilege>"
                        "<D:privilege><D:bind/></D:privilege><D:privilege><D:unbind/>"
                        "</D:privilege>");
    return TRUE;
}

static const PropRow rows[] = {
    { TW_DAV_NS, "resourcetype", ANY, FALSE, put_resourcetype },
    { TW_DAV_NS, "displayname", ANY, FALSE, put_displayname },
    { TW_DAV_NS, "current-user-principal", ANY, FALSE, put_principal },
    { TW_DAV_NS, "principal-URL", TW_DAV_PRINCIPAL, FALSE, put_principal },
    { TW_DAV_NS, "principal-collection-set", ANY, TRUE, put_principals },
    { TW_DAV_NS, "owner", TW_DAV_HOME | TW_DAV_COLLECTION | TW_DAV_ITEM, TRUE, put_principal },
    { TW_DAV_NS, "current-user-privilege-set", ANY, TRUE, put_privileges },
    { TW_DAV_NS, "getetag", TW_DAV_ITEM, FALSE, put_etag },
    { TW_DAV_NS, "getcontenttype", TW_DAV_ITEM, FALSE, put_content_type },
    { TW_DAV_NS, "getcontentlength", TW_DAV_ITEM, TRUE, put_length },
    { TW_DAV_NS, "sync-token", TW_DAV_COLLECTION, TRUE, put_sync_token },
    { TW_DAV_NS, "supported-report-set", TW_DAV_COLLECTION, TRUE, put_reports },
    { TW_DAV_NS_SERVER, "getctag", TW_DAV_COLLECTION, FALSE, put_ctag },
    { TW_DAV_NS_CALDAV, "calendar-home-set", TW_DAV_PRINCIPAL | TW_DAV_ROOT, TRUE, put_home },
    { TW_DAV_NS_CALDAV, "calendar-user-address-set", TW_DAV_PRINCIPAL, TRUE, put_addresses },
    { TW_DAV_NS_CALDAV, "supported-calendar-component-set", TW_DAV_COLLECTION, FALSE,
      put_components },
    { TW_DAV_NS_CALDAV, "supported-calendar-data", TW_DAV_COLLECTION, TRUE, put_supported_data },
    { TW_DAV_NS_CALDAV, "max-resource-size", TW_DAV_COLLECTION, TRUE, put_max_size },
    { TW_DAV_NS_CALDAV, "calendar-data", TW_DAV_ITEM, TRUE, put_data },
};

static gboolean
put_kept(Asked *asked, const char *ns, const char *name)
{
    TwNamedProp stored;
    guint16 id = 0;
    const char *text;

    if (asked->view->kind != TW_DAV_COLLECTION || !tw_dav_kept_prop(ns, name, &stored) ||
        !tw_name_map_get_ids(asked->call->names, &stored, 1, FALSE, &id, NULL) || id == 0)
        return FALSE;
    text = tw_object_get_text(asked->view->folder->props, tw_prop_tag(id, TW_PT_UNICODE), NULL);
    if (text == NULL)
        return FALSE;
    if (strcmp(name, "schedule-calendar-transp") == 0)
        g_string_append_printf(asked->out, "<C:%s/>",
                               strcmp(text, "transparent") == 0 ? "transparent" : "opaque");
    else
        tw_dav_put_text(asked->out, text);
    return TRUE;
}

/* Adds the property; FALSE, and nothing added: the resource has none. */
static gboolean
put_prop(Asked *asked, const char *ns, const char *name)
{
    gsize start = asked->out->len;
    gboolean found = FALSE;

    tw_dav_put_open(asked->out, ns, name);
    for (guint i = 0; i < G_N_ELEMENTS(rows) && !found; i++)
        found = strcmp(rows[i].name, name) == 0 && strcmp(rows[i].ns, ns) == 0 &&
                rows[i].kinds & asked->view->kind && rows[i].put(asked);
    found = found || put_kept(asked, ns, name);
    if (found)
        tw_dav_put_close(asked->out, ns, name);
    else
        g_string_truncate(asked->out, start);
    return found;
}

static void
put_all(Asked *asked)
{
    g_string_append(asked->out, "<D:propstat><D:prop>");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!rows[i].on_demand)
            (void) put_prop(asked, rows[i].ns, rows[i].name);
    }
    g_string_append(asked->out, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>");
}

void
tw_dav_put_response(
    TwDavCall *call, GString *out, const TwDavView *view, const TwDavElement *wanted, GBytes *data)
{
    g_autoptr(GString) missing = g_string_new(NULL);
    Asked asked = { call, view, data, out };
    gsize start;
    gboolean any = FALSE;

    g_string_append(out, "<D:response><D:href>");
    tw_dav_put_text(out, view->href);
    g_string_append(out, "</D:href>");
    if (wanted == NULL) {
        put_all(&asked);
        g_string_append(out, "</D:response>");
        return;
    }
    start = out->len;
    g_string_append(out, "<D:propstat><D:prop>");
    for (const TwDavElement *prop = wanted->children; prop != NULL; prop = prop->next) {
        if (put_prop(&asked, prop->ns, prop->name))
            any = TRUE;
        else
            tw_dav_put_name(missing, prop->ns, prop->name);
    }
    if (any || missing->len == 0)
        g_string_append(out, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>");
    else
        g_string_truncate(out, start);
    if (missing->len > 0)
        g_string_append_printf(out,
                               "<D:propstat><D:prop>%s</D:prop><D:status>HTTP/1.1 404 Not "
                               "Found</D:status></D:propstat>",
                               missing->str);
    g_string_append(out, "</D:response>");
}

/* ---- PROPFIND ---- */

typedef struct {
    TwDavCall *call;
    GString *out;
    const TwDavElement *wanted; /* (nullable) */
} Find;

static void
put_view(Find *find, TwDavKind kind, const TwDavFolder *folder, const TwDavEntry *entry)
{
    TwDavView view = { kind, folder, entry, NULL };

    view.href = tw_dav_href(find->call, kind, folder != NULL ? folder->segment : NULL,
                            entry != NULL ? entry->name : NULL);
    tw_dav_put_response(find->call, find->out, &view, find->wanted, NULL);
    g_free(view.href);
}

static gboolean
put_items(Find *find, const TwDavFolder *folder, GError **error)
{
    g_autoptr(TwDavIndex) index = tw_dav_index_get(find->call, folder->number, error);
    GHashTableIter iter;
    gpointer value;

    if (index == NULL)
        return FALSE;
    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        put_view(find, TW_DAV_ITEM, folder, value);
    return TRUE;
}

static gboolean
put_folders(Find *find, GError **error)
{
    g_autoptr(GPtrArray) list = tw_dav_folders(find->call, error);

    if (list == NULL)
        return FALSE;
    for (guint i = 0; i < list->len; i++)
        put_view(find, TW_DAV_COLLECTION, list->pdata[i], NULL);
    return TRUE;
}

static gboolean
put_item(Find *find, GError **error)
{
    const TwDavTarget *target = &find->call->target;
    g_autoptr(TwDavIndex) index = tw_dav_index_get(find->call, target->folder->number, error);
    const TwDavEntry *entry =
        index != NULL ? g_hash_table_lookup(index->by_name, target->item) : NULL;

    if (index == NULL)
        return FALSE;
    if (entry == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such item");
        return FALSE;
    }
    put_view(find, TW_DAV_ITEM, target->folder, entry);
    return TRUE;
}

static gboolean
find_all(Find *find, guint depth, GError **error)
{
    const TwDavTarget *target = &find->call->target;

    if (target->kind >= TW_DAV_COLLECTION && target->folder == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such collection");
        return FALSE;
    }
    if (target->kind == TW_DAV_ITEM)
        return put_item(find, error);
    put_view(find, target->kind, target->folder, NULL);
    if (depth == 0)
        return TRUE;
    if (target->kind == TW_DAV_ROOT)
        put_view(find, TW_DAV_HOME, NULL, NULL);
    if (target->kind == TW_DAV_HOME)
        return put_folders(find, error);
    return target->kind != TW_DAV_COLLECTION || put_items(find, target->folder, error);
}

void
tw_dav_propfind(TwDavCall *call)
{
    Find find = { call, NULL, tw_dav_element_child(call->body, TW_DAV_NS, "prop") };
    g_autoptr(GError) error = NULL;

    if (call->body != NULL && !tw_dav_element_is(call->body, TW_DAV_NS, "propfind")) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    find.out = g_string_new(NULL);
    if (!find_all(&find, tw_dav_depth(call), &error)) {
        g_string_free(find.out, TRUE);
        tw_dav_fail(call, error);
        return;
    }
    tw_dav_answer(call, 207, find.out, "multistatus");
}
