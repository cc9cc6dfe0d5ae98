/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Collections: MKCALENDAR, extended MKCOL (RFC 5689), PROPPATCH. */
#include "dav/dav-private.h"

#include <string.h>

#include "dav/dead.h"
#include "groupware/availability.h"

/* ---- properties that clients keep on a collection ---- */

static const struct {
    const char *ns, *name;
} kept_props[] = {
    { TW_DAV_NS_APPLE, "calendar-color" },
    { TW_DAV_NS_APPLE, "calendar-order" },
    { TW_DAV_NS_CALDAV, "calendar-description" },
    { TW_DAV_NS_CALDAV, "calendar-timezone" },
    { TW_DAV_NS_CALDAV, "calendar-timezone-id" },
    { TW_DAV_NS_CALDAV, "schedule-calendar-transp" },
    { TW_DAV_NS_CALDAV, "calendar-availability" },
    { TW_DAV_NS_SERVER, "calendar-availability" },
    { TW_DAV_NS_CALDAV, "default-alarm-vevent-date" },
    { TW_DAV_NS_CALDAV, "default-alarm-vevent-datetime" },
    { TW_DAV_NS_CALDAV, "default-alarm-vtodo-date" },
    { TW_DAV_NS_CALDAV, "default-alarm-vtodo-datetime" },
    { TW_DAV_NS_CARDDAV, "addressbook-description" },
};

gboolean
tw_dav_kept_prop(const char *ns, const char *name, TwNamedProp *ret)
{
    static const char *const stored[] = {
        "urn:twiga:calendar-color",
        "urn:twiga:calendar-order",
        "urn:twiga:calendar-description",
        "urn:twiga:calendar-timezone",
        "urn:twiga:calendar-timezone-id",
        "urn:twiga:schedule-calendar-transp",
        TW_AVAILABILITY_NAME,
        TW_AVAILABILITY_NAME,
        "urn:twiga:default-alarm-vevent-date",
        "urn:twiga:default-alarm-vevent-datetime",
        "urn:twiga:default-alarm-vtodo-date",
        "urn:twiga:default-alarm-vtodo-datetime",
        "urn:twiga:addressbook-description",
    };

    G_STATIC_ASSERT(G_N_ELEMENTS(stored) == G_N_ELEMENTS(kept_props));
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
    g_auto(TwFolderChangePropsArgs) args = { .store = call->target.owner.store, .folder = folder };

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
    g_auto(TwFolderRenameArgs)
        args = { .store = call->target.owner.store, .folder = folder, .name = name };

    return tw_session_folder_rename(call->session, &args, error);
}

/* ---- properties that nobody but clients knows ---- */

static guint32
own_tag(TwDavCall *call, const char *which)
{
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS), .name = which };
    guint16 id = 0;

    return tw_name_map_get_ids(call->names, &name, 1, TRUE, &id, NULL) && id != 0
               ? tw_prop_tag(id, TW_PT_UNICODE)
               : 0;
}

static guint32
dead_tag(TwDavCall *call)
{
    return own_tag(call, "urn:twiga:dead-properties");
}

guint32
tw_dav_components_tag(TwDavCall *call)
{
    return own_tag(call, "urn:twiga:supported-calendar-component-set");
}

guint32
tw_dav_managed_id_tag(TwDavCall *call)
{
    return own_tag(call, "urn:twiga:managed-id");
}

TwDavDead *
tw_dav_dead_of(TwDavCall *call, const TwDavFolder *folder)
{
    guint32 tag = dead_tag(call);

    return tw_dav_dead_parse(
        folder->props != NULL && tag != 0 ? tw_object_get_text(folder->props, tag, NULL) : NULL);
}

static gboolean
save_dead(TwDavCall *call, guint32 folder, const TwDavDead *dead, GError **error)
{
    g_autofree char *text = tw_dav_dead_print(dead);
    guint32 tag = dead_tag(call);

    return tag != 0 && change(call, folder, tag, text, error);
}

static gboolean
is_inbox(const TwDavCall *call)
{
    return call->target.folder != NULL && call->target.folder->holds == TW_DAV_HOLDS_INBOX;
}

/* RFC 7953, 5.1: of an inbox, and kept where free and busy times are looked for. */
static gboolean
is_availability(const TwDavElement *prop)
{
    return strcmp(prop->name, "calendar-availability") == 0;
}

static guint32
calendar_of(const TwDavCall *call)
{
    return call->target.shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR];
}

/* A text that says nothing of any hours is none. */
static gboolean
may_be_availability(TwDavCall *call, const TwDavElement *prop, gboolean set)
{
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));

    return is_inbox(call) &&
           (!set || tw_availability_add(prop->text, &call->ical, 0, TW_TICKS_DAY, spans, NULL));
}

/* One property of "set" or "remove"; the status of it. */
static guint
apply(TwDavCall *call, guint32 folder, const TwDavElement *prop, gboolean set, TwDavDead *dead)
{
    guint32 tag = kept_tag(call, prop);
    g_autoptr(GError) error = NULL;

    if (tag != 0)
        return change(call, is_availability(prop) ? calendar_of(call) : folder, tag,
                      set ? kept_text(prop) : NULL, &error)
                   ? 200
                   : tw_dav_status(error);
    if (tw_dav_element_is(prop, TW_DAV_NS, "displayname"))
        return rename_folder(call, folder, prop->text, &error) ? 200 : tw_dav_status(error);
    if (set)
        return tw_dav_dead_set(dead, prop) ? 200 : 507;
    tw_dav_dead_remove(dead, prop->ns, prop->name);
    return 200;
}

void
tw_dav_put_status(GString *out, const TwDavElement *prop, guint status)
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
    if (tw_dav_element_is(prop, TW_DAV_NS, "displayname"))
        return set && prop->text[0] != '\0' && !is_inbox(call);
    if (is_availability(prop) && kept_tag(call, prop) != 0)
        return may_be_availability(call, prop, set);
    return kept_tag(call, prop) != 0 || !tw_dav_is_live(prop->ns, prop->name);
}

/* Which properties are to be changed may be asked of a collection alone; of all else they are refused one by one. */
static gboolean
is_changeable(const TwDavTarget *target)
{
    return target->kind == TW_DAV_COLLECTION &&
           (!tw_dav_folder_is_fixed(target->folder) || target->folder->holds == TW_DAV_HOLDS_INBOX);
}

static gboolean
put_updates(TwDavCall *call, GString *out)
{
    gboolean changeable = is_changeable(&call->target), good = changeable;
    g_autoptr(TwDavDead) dead = changeable ? tw_dav_dead_of(call, call->target.folder) : NULL;

    for (guint round = 0; round < 2; round++) {
        for (const TwDavElement *update = call->body->children; update != NULL;
             update = update->next) {
            gboolean set = tw_dav_element_is(update, TW_DAV_NS, "set");
            const TwDavElement *list = tw_dav_element_child(update, TW_DAV_NS, "prop");
            for (const TwDavElement *prop = list != NULL ? list->children : NULL; prop != NULL;
                 prop = prop->next) {
                gboolean may = changeable && may_apply(call, prop, set);
                if (round == 0)
                    good &= may;
                else if (good)
                    tw_dav_put_status(out, prop,
                                      apply(call, call->target.folder->number, prop, set, dead));
                else
                    tw_dav_put_status(out, prop, may ? 424 : 403);
            }
        }
    }
    if (good)
        (void) save_dead(call, call->target.folder->number, dead, NULL);
    return good;
}

void
tw_dav_proppatch(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autofree char *href = NULL;
    gboolean good;
    GString *out;

    if (!tw_dav_element_is(call->body, TW_DAV_NS, "propertyupdate")) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    if (target->kind >= TW_DAV_COLLECTION && target->folder == NULL) {
        tw_http_request_respond_error(call->http, 404);
        return;
    }
    out = g_string_new("<D:response>");
    href = target->folder != NULL ? tw_dav_href_item(&target->owner, target->folder, target->item)
                                  : g_strdup(call->head->path);
    tw_dav_put_href(out, href);
    good = target->kind == TW_DAV_PROXY ? tw_dav_put_members(call, out) : put_updates(call, out);
    g_string_append(out, "</D:response>");
    /* RFC 8144, 2.2: what went well need not be said */
    if (call->minimal && good) {
        g_string_free(out, TRUE);
        tw_dav_answer(call, 200, NULL, NULL);
    } else {
        tw_dav_answer(call, 207, out, "multistatus");
    }
}

/* ---- making ---- */

static const TwDavElement *
asked_props(const TwDavElement *body)
{
    return tw_dav_element_child(tw_dav_element_child(body, TW_DAV_NS, "set"), TW_DAV_NS, "prop");
}

/* What MKCALENDAR and extended MKCOL make: the class of a folder; NULL: neither calendar nor address book. */
static const char *
asked_class(const TwDavCall *call)
{
    static const struct {
        const char *component, *container;
    } known[] = { { "VTODO", "IPF.Task" }, { "VJOURNAL", "IPF.Journal" } };
    const TwDavElement *props = asked_props(call->body);
    const TwDavElement *type = tw_dav_element_child(props, TW_DAV_NS, "resourcetype");
    const TwDavElement *set =
        tw_dav_element_child(props, TW_DAV_NS_CALDAV, "supported-calendar-component-set");
    const TwDavElement *only = set != NULL ? set->children : NULL;

    if (call->target.space == TW_DAV_BOOKS)
        return tw_dav_element_child(type, TW_DAV_NS_CARDDAV, "addressbook") != NULL &&
                       strcmp(call->head->method, "MKCOL") == 0
                   ? "IPF.Contact"
                   : NULL;
    if (strcmp(call->head->method, "MKCALENDAR") != 0 &&
        tw_dav_element_child(type, TW_DAV_NS_CALDAV, "calendar") == NULL)
        return NULL;
    for (guint i = 0; only != NULL && only->next == NULL && i < G_N_ELEMENTS(known); i++) {
        if (g_strcmp0(g_hash_table_lookup(only->attributes, "name"), known[i].component) == 0)
            return known[i].container;
    }
    return "IPF.Appointment";
}

/* Names of the components that it shall hold, with blanks between them; NULL: nothing is said of that. */
static char *
asked_components(const TwDavCall *call)
{
    const TwDavElement *set = tw_dav_element_child(asked_props(call->body), TW_DAV_NS_CALDAV,
                                                   "supported-calendar-component-set");
    g_autoptr(GString) names = g_string_new(NULL);
    TwDavItemKind kind;

    for (const TwDavElement *comp = set != NULL ? set->children : NULL; comp != NULL;
         comp = comp->next) {
        const char *name = g_hash_table_lookup(comp->attributes, "name");
        if (tw_dav_element_is(comp, TW_DAV_NS_CALDAV, "comp") && tw_dav_kind_named(name, &kind))
            g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", name);
    }
    return names->len > 0 ? g_string_free(g_steal_pointer(&names), FALSE) : NULL;
}

static gboolean
make_folder(TwDavCall *call, const char *container, guint32 *ret, GError **error)
{
    const TwDavTarget *target = &call->target;
    const TwDavElement *shown =
        tw_dav_element_child(asked_props(call->body), TW_DAV_NS, "displayname");
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavFolderId);
    g_autofree char *components = asked_components(call);
    TwPropValue values[] = {
        tw_value_str(PR_CONTAINER_CLASS, container),
        tw_value_str(tag, target->segment),
        tw_value_str(tw_dav_components_tag(call), components != NULL ? components : ""),
    };
    const char *names[] = { shown != NULL && shown->text[0] != '\0' ? shown->text : target->segment,
                            target->segment };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(TwFolderCreateArgs) args = {
            .store = target->owner.store,
            .folder = target->shelf->defaults.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE],
            .name = names[i],
            .changes = { .values = values,
                         .value_count = G_N_ELEMENTS(values) - (components == NULL) },
        };
        g_clear_error(error);
        if (tw_session_folder_create(call->session, &args, error)) {
            *ret = args.created;
            return TRUE;
        }
    }
    return FALSE;
}

/* What is said while a collection is made. */
static gboolean
is_heard(const TwDavElement *prop)
{
    return tw_dav_element_is(prop, TW_DAV_NS, "resourcetype") ||
           tw_dav_element_is(prop, TW_DAV_NS, "displayname") ||
           tw_dav_element_is(prop, TW_DAV_NS_CALDAV, "supported-calendar-component-set");
}

/* Of components one at least must be known. */
static gboolean
may_hear(const TwDavCall *call, const TwDavElement *prop)
{
    g_autofree char *components = asked_components(call);

    return !tw_dav_element_is(prop, TW_DAV_NS_CALDAV, "supported-calendar-component-set") ||
           (components != NULL && call->target.space == TW_DAV_CALENDARS);
}

/* A property that cannot be set fails all of it: RFC 5689, 3 and RFC 4791, 5.3.1. */
static gboolean
may_make(TwDavCall *call)
{
    const TwDavElement *props = asked_props(call->body);

    for (const TwDavElement *prop = props != NULL ? props->children : NULL; prop != NULL;
         prop = prop->next) {
        if (is_heard(prop) ? !may_hear(call, prop) : !may_apply(call, prop, TRUE))
            return FALSE;
    }
    return TRUE;
}

/* "mkcol-response", or "mkcalendar-response": which property it was. */
static void
refuse_props(TwDavCall *call)
{
    const TwDavElement *props = asked_props(call->body);
    gboolean calendar = strcmp(call->head->method, "MKCALENDAR") == 0;
    GString *out = g_string_new(NULL);

    for (const TwDavElement *prop = props->children; prop != NULL; prop = prop->next) {
        gboolean good = is_heard(prop) ? may_hear(call, prop) : may_apply(call, prop, TRUE);
        tw_dav_put_status(out, prop, good ? 424 : 403);
    }
    tw_dav_answer(call, 207, out, calendar ? "C:mkcalendar-response" : "mkcol-response");
}

static void
refuse_existing(TwDavCall *call)
{
    if (strcmp(call->head->method, "MKCALENDAR") == 0)
        tw_dav_refuse(call, 403, TW_DAV_NS, "resource-must-be-null");
    else
        tw_http_request_respond_error(call->http, 405);
}

static void
set_props(TwDavCall *call, guint32 folder)
{
    const TwDavElement *props = asked_props(call->body);
    g_autoptr(TwDavDead) dead = tw_dav_dead_parse(NULL);

    for (const TwDavElement *prop = props != NULL ? props->children : NULL; prop != NULL;
         prop = prop->next) {
        if (!is_heard(prop))
            (void) apply(call, folder, prop, TRUE, dead);
    }
    (void) save_dead(call, folder, dead, NULL);
}

void
tw_dav_mkcol(TwDavCall *call)
{
    const char *container = asked_class(call);
    GError *error = NULL;
    guint32 folder;

    if (call->target.kind == TW_DAV_ITEM && call->target.folder == NULL) {
        tw_http_request_respond_error(call->http, 409);
    } else if (call->target.kind != TW_DAV_COLLECTION || call->target.whole) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "calendar-collection-location-ok");
    } else if (call->target.folder != NULL) {
        refuse_existing(call);
    } else if (container == NULL) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "valid-resourcetype");
    } else if (!may_make(call)) {
        refuse_props(call);
    } else if (!make_folder(call, container, &folder, &error)) {
        tw_dav_fail(call, error);
        g_clear_error(&error);
    } else {
        set_props(call, folder);
        tw_http_request_respond(call->http, tw_http_response_new(201));
    }
}
