/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PROPFIND, and the "response" of all answers. */
#include "dav/props-private.h"

#include <string.h>

#include "base/error.h"

/* ---- one response ---- */

static const TwDavPropRow *
find_row(const char *ns, const char *name, guint kinds)
{
    const struct {
        const TwDavPropRow *rows;
        guint count;
    } tables[] = { { tw_dav_plain_props, tw_dav_plain_prop_count },
                   { tw_dav_acl_props, tw_dav_acl_prop_count } };

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (guint k = 0; k < tables[i].count; k++) {
            const TwDavPropRow *row = &tables[i].rows[k];
            if (row->kinds & kinds && strcmp(row->name, name) == 0 && strcmp(row->ns, ns) == 0)
                return row;
        }
    }
    return NULL;
}

gboolean
tw_dav_is_live(const char *ns, const char *name)
{
    return find_row(ns, name, ~0u) != NULL;
}

const char *
tw_dav_kept_text(TwDavCall *call, const TwDavFolder *folder, const char *ns, const char *name)
{
    TwNamedProp stored;
    guint16 id = 0;

    if (folder == NULL || folder->props == NULL || !tw_dav_kept_prop(ns, name, &stored) ||
        !tw_name_map_get_ids(call->names, &stored, 1, FALSE, &id, NULL) || id == 0)
        return NULL;
    return tw_object_get_text(folder->props, tw_prop_tag(id, TW_PT_UNICODE), NULL);
}

static gboolean
put_kept(TwDavAsked *asked, const char *ns, const char *name)
{
    const TwDavFolder *folder = asked->view->kind == TW_DAV_COLLECTION ? asked->view->folder : NULL;
    const char *text;

    /* it is the inbox's, and lies where free and busy times are looked for */
    if (strcmp(name, "calendar-availability") == 0)
        folder = folder != NULL && folder->holds == TW_DAV_HOLDS_INBOX
                     ? tw_dav_default_calendar(asked->call->target.shelf)
                     : NULL;
    text = tw_dav_kept_text(asked->call, folder, ns, name);

    if (text != NULL)
        tw_dav_put_text(asked->out, text);
    return text != NULL;
}

static gboolean
put_value(TwDavAsked *asked, const char *ns, const char *name)
{
    const TwDavPropRow *row = find_row(ns, name, asked->view->kind);

    return row != NULL ? row->put(asked) : put_kept(asked, ns, name);
}

gboolean
tw_dav_put_value(
    TwDavCall *call, GString *out, const TwDavView *view, const char *ns, const char *name)
{
    TwDavAsked asked = { call, view, NULL, out };

    return put_value(&asked, ns, name);
}

static gboolean
put_dead(TwDavAsked *asked, const char *ns, const char *name)
{
    g_autoptr(TwDavDead) dead = NULL;
    const char *text;

    if (asked->view->kind != TW_DAV_COLLECTION || tw_dav_is_live(ns, name))
        return FALSE;
    dead = tw_dav_dead_of(asked->call, asked->view->folder);
    text = tw_dav_dead_get(dead, ns, name);
    if (text != NULL)
        g_string_append(asked->out, text);
    return text != NULL;
}

/* Adds the property; FALSE, and nothing added: the resource has none. */
static gboolean
put_prop(TwDavAsked *asked, const char *ns, const char *name)
{
    gsize start = asked->out->len;

    if (put_dead(asked, ns, name))
        return TRUE;
    tw_dav_put_open(asked->out, ns, name);
    if (put_value(asked, ns, name)) {
        tw_dav_put_close(asked->out, ns, name);
        return TRUE;
    }
    g_string_truncate(asked->out, start);
    return FALSE;
}

static void
put_rows(TwDavAsked *asked, const TwDavPropRow *rows, guint count, gboolean names)
{
    for (guint i = 0; i < count; i++) {
        if (names && rows[i].kinds & asked->view->kind)
            tw_dav_put_name(asked->out, rows[i].ns, rows[i].name);
        else if (!names && !rows[i].on_demand && rows[i].kinds & asked->view->kind)
            (void) put_prop(asked, rows[i].ns, rows[i].name);
    }
}

static void
put_all(TwDavAsked *asked, gboolean names)
{
    g_string_append(asked->out, "<D:propstat><D:prop>");
    put_rows(asked, tw_dav_plain_props, tw_dav_plain_prop_count, names);
    put_rows(asked, tw_dav_acl_props, tw_dav_acl_prop_count, names);
    if (!names && asked->view->kind == TW_DAV_COLLECTION) {
        g_autoptr(TwDavDead) dead = tw_dav_dead_of(asked->call, asked->view->folder);
        tw_dav_dead_put_all(dead, asked->out);
    }
    g_string_append(asked->out, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>");
}

static void
put_wanted(TwDavAsked *asked, const TwDavElement *wanted)
{
    g_autoptr(GString) missing = g_string_new(NULL);
    GString *out = asked->out;
    gsize start = out->len;
    gboolean any = FALSE, minimal = asked->call->minimal;

    g_string_append(out, "<D:propstat><D:prop>");
    for (const TwDavElement *prop = wanted->children; prop != NULL; prop = prop->next) {
        asked->prop = prop;
        if (put_prop(asked, prop->ns, prop->name))
            any = TRUE;
        else
            tw_dav_put_name(missing, prop->ns, prop->name);
    }
    if (any || missing->len == 0 || minimal)
        g_string_append(out, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>");
    else
        g_string_truncate(out, start);
    if (missing->len > 0 && !minimal)
        g_string_append_printf(out,
                               "<D:propstat><D:prop>%s</D:prop><D:status>HTTP/1.1 404 Not "
                               "Found</D:status></D:propstat>",
                               missing->str);
}

void
tw_dav_put_response(TwDavCall *call,
                    GString *out,
                    const TwDavView *view,
                    const TwDavElement *wanted)
{
    TwDavAsked asked = { call, view, NULL, out };

    g_string_append(out, "<D:response>");
    tw_dav_put_href(out, view->href);
    if (wanted == NULL)
        put_all(&asked, call->names_only);
    else
        put_wanted(&asked, wanted);
    g_string_append(out, "</D:response>");
}

void
tw_dav_put_entry(TwDavCall *call, GString *out, const TwDavElement *wanted, const TwDavEntry *entry)
{
    const TwDavTarget *target = &call->target;
    g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, entry->name);
    TwDavView view = { .kind = TW_DAV_ITEM,
                       .space = target->space,
                       .owner = &target->owner,
                       .folder = target->folder,
                       .entry = entry,
                       .href = href };

    tw_dav_put_response(call, out, &view, wanted);
}

/* ---- PROPFIND ---- */

static void
put_view(TwDavCall *call,
         GString *out,
         const TwDavElement *wanted,
         TwDavKind kind,
         const TwDavFolder *folder)
{
    const TwDavTarget *target = &call->target;
    TwDavView view = { .kind = kind,
                       .space = target->space,
                       .owner = &target->owner,
                       .folder = folder,
                       .proxy_writes = target->proxy_writes };
    g_autofree char *href = tw_dav_href_of(call, kind, folder);

    if (kind == TW_DAV_ROOT || kind == TW_DAV_PRINCIPALS)
        view.owner = NULL;
    view.href = href;
    tw_dav_put_response(call, out, &view, wanted);
}

static gboolean
put_items(TwDavCall *call, GString *out, const TwDavElement *wanted, GError **error)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, error);
    g_autoptr(GPtrArray) list = index != NULL ? tw_dav_index_list(index, 0, NULL) : NULL;

    for (guint i = 0; list != NULL && i < list->len; i++) {
        if (tw_dav_entry_seen(call, list->pdata[i]))
            tw_dav_put_entry(call, out, wanted, list->pdata[i]);
    }
    return index != NULL;
}

static gboolean
put_item(TwDavCall *call, GString *out, const TwDavElement *wanted, GError **error)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, error);
    g_autoptr(TwDavEntryRef) entry = index != NULL ? tw_dav_index_find(index, target->item) : NULL;

    if (index == NULL)
        return FALSE;
    if (entry == NULL || !tw_dav_entry_seen(call, entry)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such item");
        return FALSE;
    }
    tw_dav_put_entry(call, out, wanted, entry);
    return TRUE;
}

static gboolean
put_below(TwDavCall *call, GString *out, const TwDavElement *wanted, GError **error)
{
    const TwDavTarget *target = &call->target;

    switch (target->kind) {
    case TW_DAV_ROOT:
        put_view(call, out, wanted, TW_DAV_PRINCIPALS, NULL);
        break;
    case TW_DAV_HOME:
        for (guint i = 0; i < target->shelf->folders->len; i++) {
            const TwDavFolder *folder = target->shelf->folders->pdata[i];
            if (tw_dav_folder_space(folder) == target->space)
                put_view(call, out, wanted, TW_DAV_COLLECTION, folder);
        }
        break;
    case TW_DAV_COLLECTION:
        return put_items(call, out, wanted, error);
    case TW_DAV_PRINCIPAL:
        for (guint i = 0; i < 2; i++) {
            call->target.proxy_writes = i == 1;
            put_view(call, out, wanted, TW_DAV_PROXY, NULL);
        }
        break;
    case TW_DAV_PRINCIPALS:
    case TW_DAV_PROXY:
    case TW_DAV_ITEM:
        break;
    }
    return TRUE;
}

static gboolean
find_all(TwDavCall *call, GString *out, const TwDavElement *wanted, guint depth, GError **error)
{
    const TwDavTarget *target = &call->target;

    if (target->kind >= TW_DAV_COLLECTION && target->folder == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such collection");
        return FALSE;
    }
    if (target->kind == TW_DAV_ITEM)
        return put_item(call, out, wanted, error);
    if (!(depth > 0 && call->no_root))
        put_view(call, out, wanted, target->kind, target->folder);
    return depth == 0 || put_below(call, out, wanted, error);
}

/* RFC 4918, 14.20: one of three, and "include" beside "allprop". */
static gboolean
is_question(const TwDavElement *body)
{
    static const char *const kinds[] = { "prop", "allprop", "propname" };
    guint found = 0;

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        found += tw_dav_element_child(body, TW_DAV_NS, kinds[i]) != NULL ? 1 : 0;
    return tw_dav_element_is(body, TW_DAV_NS, "propfind") && found == 1;
}

/* RFC 4918, 9.1: that may be refused; it is also what is asked without the field (10.2). Below items and what is not there is
 * nothing. */
static gboolean
lists_everything(const TwDavCall *call)
{
    const char *depth = tw_http_head_get(call->head, "Depth");

    return (depth == NULL || g_ascii_strcasecmp(depth, "infinity") == 0) &&
           call->target.kind != TW_DAV_ITEM &&
           (call->target.kind < TW_DAV_COLLECTION || call->target.folder != NULL);
}

void
tw_dav_propfind(TwDavCall *call)
{
    const TwDavElement *wanted = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    g_autoptr(GError) error = NULL;
    GString *out;

    if (call->body != NULL && !is_question(call->body)) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    if (lists_everything(call)) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "propfind-finite-depth");
        return;
    }
    call->names_only = tw_dav_element_child(call->body, TW_DAV_NS, "propname") != NULL;
    out = g_string_new(NULL);
    if (!find_all(call, out, wanted, tw_dav_depth(call), &error)) {
        g_string_free(out, TRUE);
        tw_dav_fail(call, error);
        return;
    }
    tw_dav_answer(call, 207, out, "multistatus");
}
