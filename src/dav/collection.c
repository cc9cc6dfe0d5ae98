/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Collections: MKCALENDAR, extended MKCOL (RFC 5689), PROPPATCH. */
#include "dav/dav-private.h"

#include <string.h>

/* ---- properties that clients keep on a collection ---- */

static const struct {
    const char *ns, *name;
} kept_props[] = {
    { TW_DAV_NS_APPLE, "calendar-color" },
    { TW_DAV_NS_APPLE, "calendar-order" },
    { TW_DAV_NS_CALDAV, "calendar-description" },
    { TW_DAV_NS_CALDAV, "calendar-timezone" },
    { TW_DAV_NS_CALDAV, "schedule-calendar-transp" },
};

gboolean
tw_dav_kept_prop(const char *ns, const char *name, TwNamedProp *ret)
{
    static const char *const stored[] = { "urn:twiga:calendar-color", "urn:twiga:calendar-order",
                                          "urn:twiga:calendar-description",
                                          "urn:twiga:calendar-timezone",
                                          "urn:twiga:schedule-calendar-transp" };

    for (guint i = 0; i < G_N_ELEMENTS(kept_props); i++) {
        if (strcmp(kept_props[i].ns, ns) == 0 && strcmp(kept_props[i].name, name) == 0) {
            *ret = (TwNamedProp){ .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                                  .name = stored[i] };
            return TRUE;
        }
    }
    return FALSE;
}

static guint32
kept_tag(TwDavCall *call, const TwDavElement *prop)
{
    TwNamedProp name;
    guint16 id = 0;

    if (!tw_dav_kept_prop(prop->ns, prop->name, &name) ||
        !tw_name_map_get_ids(call->names, &name, 1, TRUE, &id, NULL) || id == 0)
        return 0;
    return tw_prop_tag(id, TW_PT_UNICODE);
}

static const char *
kept_text(const TwDavElement *prop)
{
    /* of these one is an element, not text */
    if (strcmp(prop->name, "schedule-calendar-transp") == 0)
        return tw_dav_element_child(prop, TW_DAV_NS_CALDAV, "transparent") != NULL ? "transparent"
                                                                                   : "opaque";
    return prop->text;
}

static gboolean
change(TwDavCall *call, guint32 folder, guint32 tag, const char *text, GError **error)
{
    TwPropValue value = tw_value_str(tag, text != NULL ? text : "");
    g_auto(TwFolderChangePropsArgs) args = { .store = call->store, .folder = folder };

    if (text != NULL) {
        args.changes.values = &value;
        args.changes.value_count = 1;
    } else {
        args.changes.removed = &tag;
        args.changes.removed_count = 1;
    }
    return tw_session_folder_change_props(call->session, &args, error);
}

static gboolean
rename_folder(TwDavCall *call, guint32 folder, const char *name, GError **error)
{
    g_auto(TwFolderRenameArgs) args = { .store = call->store, .folder = folder, .name = name };

    return tw_session_folder_rename(call->session, &args, error);
}

/* One property of "set" or "remove"; the status of it. */
static guint
apply(TwDavCall *call, guint32 folder, const TwDavElement *prop, gboolean set)
{
    guint32 tag = kept_tag(call, prop);
    g_autoptr(GError) error = NULL;

    if (tag != 0)
        return change(call, folder, tag, set ? kept_text(prop) : NULL, &error)
                   ? 200
                   : tw_dav_status(error);
    if (tw_dav_element_is(prop, TW_DAV_NS, "displayname") && set && prop->text[0] != '\0')
        return rename_folder(call, folder, prop->text, &error) ? 200 : tw_dav_status(error);
    return 403;
}

static void
put_status(GString *out, const TwDavElement *prop, guint status)
{
    g_string_append(out, "<D:propstat><D:prop>");
    tw_dav_put_name(out, prop->ns, prop->name);
    g_string_append_printf(out, "</D:prop><D:status>HTTP/1.1 %u %s</D:status></D:propstat>", status,
                           tw_http_status_text(status));
}

/* Whether all that is asked can be done: RFC 4918, 9.2, all or nothing. */
static gboolean
may_apply(TwDavCall *call, const TwDavElement *prop, gboolean set)
{
    return kept_tag(call, prop) != 0 ||
           (set && tw_dav_element_is(prop, TW_DAV_NS, "displayname") && prop->text[0] != '\0');
}

void
tw_dav_proppatch(TwDavCall *call)
{
    GString *out = g_string_new(NULL);
    g_autofree char *href = NULL;
    gboolean good = TRUE;

    if (call->target.kind != TW_DAV_COLLECTION || call->target.folder == NULL ||
        !tw_dav_element_is(call->body, TW_DAV_NS, "propertyupdate")) {
        g_string_free(out, TRUE);
        tw_http_request_respond_error(call->http, call->target.kind != TW_DAV_COLLECTION ? 403
                                                  : call->target.folder == NULL          ? 404
                                                                                         : 400);
        return;
    }
    href = tw_dav_href(call, TW_DAV_COLLECTION, call->target.segment, NULL);
    g_string_append(out, "<D:response><D:href>");
    tw_dav_put_text(out, href);
    g_string_append(out, "</D:href>");
    for (guint round = 0; round < 2; round++) {
        for (const TwDavElement *update = call->body->children; update != NULL;
             update = update->next) {
            gboolean set = tw_dav_element_is(update, TW_DAV_NS, "set");
            const TwDavElement *list = tw_dav_element_child(update, TW_DAV_NS, "prop");
            for (const TwDavElement *prop = list != NULL ? list->children : NULL; prop != NULL;
                 prop = prop->next) {
                if (round == 0)
                    good &= may_apply(call, prop, set);
                else if (good)
                    put_status(out, prop, apply(call, call->target.folder->number, prop, set));
                else
                    put_status(out, prop, may_apply(call, prop, set) ? 424 : 403);
            }
        }
    }
    g_string_append(out, "</D:response>");
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- making ---- */

static const TwDavElement *
asked_props(const TwDavElement *body)
{
    return tw_dav_element_child(tw_dav_element_child(body, TW_DAV_NS, "set"), TW_DAV_NS, "prop");
}

/* MKCOL makes a calendar when its resource type says so. */
static gboolean
is_calendar(TwDavCall *call)
{
    const TwDavElement *type =
        tw_dav_element_child(asked_props(call->body), TW_DAV_NS, "resourcetype");

    return strcmp(call->head->method, "MKCALENDAR") == 0 ||
           tw_dav_element_child(type, TW_DAV_NS_CALDAV, "calendar") != NULL;
}

static gboolean
only_tasks(const TwDavElement *props)
{
    const TwDavElement *set =
        tw_dav_element_child(props, TW_DAV_NS_CALDAV, "supported-calendar-component-set");
    gboolean tasks = FALSE, others = FALSE;

    for (const TwDavElement *comp = set != NULL ? set->children : NULL; comp != NULL;
         comp = comp->next) {
        const char *name = g_hash_table_lookup(comp->attributes, "name");
        tasks |= g_strcmp0(name, "VTODO") == 0;
        others |= g_strcmp0(name, "VTODO") != 0;
    }
    return tasks && !others;
}

static gboolean
make_folder(TwDavCall *call, guint32 *ret, GError **error)
{
    const TwDavElement *props = asked_props(call->body);
    const TwDavElement *shown = tw_dav_element_child(props, TW_DAV_NS, "displayname");
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavFolderId);
    TwPropValue values[] = {
        tw_value_str(PR_CONTAINER_CLASS, only_tasks(props) ? "IPF.Task" : "IPF.Appointment"),
        tw_value_str(tag, call->target.segment),
    };
    const char *names[] = { shown != NULL && shown->text[0] != '\0' ? shown->text
                                                                    : call->target.segment,
                            call->target.segment };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(TwFolderCreateArgs) args = {
            .store = call->store,
            .folder = call->folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE],
            .name = names[i],
            .changes = { .values = values, .value_count = G_N_ELEMENTS(values) },
        };
        g_clear_error(error);
        if (tw_session_folder_create(call->session, &args, error)) {
            *ret = args.created;
            return TRUE;
        }
    }
    return FALSE;
}

void
tw_dav_mkcol(TwDavCall *call)
{
    const TwDavElement *props = asked_props(call->body);
    GError *error = NULL;
    guint32 folder;

    if (call->target.kind != TW_DAV_COLLECTION || !is_calendar(call)) {
        tw_http_request_respond_error(call->http, call->target.kind == TW_DAV_ITEM ? 409 : 403);
        return;
    }
    if (call->target.folder != NULL) {
        tw_dav_refuse(call, strcmp(call->head->method, "MKCALENDAR") == 0 ? 403 : 405, TW_DAV_NS,
                      "resource-must-be-null");
        return;
    }
    if (!make_folder(call, &folder, &error)) {
        tw_dav_fail(call, error);
        g_clear_error(&error);
        return;
    }
    for (const TwDavElement *prop = props != NULL ? props->children : NULL; prop != NULL;
         prop = prop->next) {
        if (kept_tag(call, prop) != 0)
            (void) apply(call, folder, prop, TRUE);
    }
    tw_http_request_respond(call->http, tw_http_response_new(201));
}
