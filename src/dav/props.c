/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties of WebDAV, CalDAV and CardDAV but those of people and rights: one table of what each kind of resource has. */
#include "dav/props-private.h"

#include <string.h>

#include "net/http-condition.h"

enum {
    HOMES = TW_DAV_HOME | TW_DAV_COLLECTION,
    CONTAINERS = TW_DAV_ROOT | TW_DAV_PRINCIPALS | TW_DAV_HOME | TW_DAV_COLLECTION,
    ANY = CONTAINERS | TW_DAV_PRINCIPAL | TW_DAV_PROXY | TW_DAV_ITEM,
};

static gboolean
is_book(const TwDavView *view)
{
    return view->folder != NULL && tw_dav_folder_space(view->folder) == TW_DAV_BOOKS;
}

static gboolean
is_calendar(const TwDavView *view)
{
    return view->folder != NULL && tw_dav_folder_space(view->folder) == TW_DAV_CALENDARS;
}

/* ---- WebDAV ---- */

static const char *
type_of(const TwDavFolder *folder)
{
    switch (folder->holds) {
    case TW_DAV_HOLDS_CARDS:
        return "<K:addressbook/>";
    case TW_DAV_HOLDS_DIRECTORY:
        return "<K:addressbook/><K:directory/>";
    case TW_DAV_HOLDS_INBOX:
        return "<C:schedule-inbox/>";
    case TW_DAV_HOLDS_OUTBOX:
        return "<C:schedule-outbox/>";
    case TW_DAV_HOLDS_EVENTS:
    case TW_DAV_HOLDS_TASKS:
    case TW_DAV_HOLDS_JOURNAL:
        break;
    }
    return "<C:calendar/>";
}

static gboolean
put_resourcetype(TwDavAsked *asked)
{
    switch (asked->view->kind) {
    case TW_DAV_PRINCIPAL:
        g_string_append(asked->out, "<D:collection/><D:principal/>");
        break;
    case TW_DAV_PROXY:
        g_string_append_printf(asked->out, "<D:collection/><D:principal/><S:%s/>",
                               asked->view->proxy_writes ? TW_DAV_PROXY_WRITE : TW_DAV_PROXY_READ);
        break;
    case TW_DAV_COLLECTION:
        g_string_append(asked->out, "<D:collection/>");
        g_string_append(asked->out, type_of(asked->view->folder));
        break;
    case TW_DAV_ROOT:
    case TW_DAV_PRINCIPALS:
    case TW_DAV_HOME:
        g_string_append(asked->out, "<D:collection/>");
        break;
    case TW_DAV_ITEM:
        break;
    }
    return TRUE;
}

static gboolean
put_displayname(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;

    if (view->kind == TW_DAV_COLLECTION)
        tw_dav_put_text(asked->out, view->folder->name);
    else if (view->kind == TW_DAV_PROXY)
        g_string_append(asked->out, view->proxy_writes ? TW_DAV_PROXY_WRITE : TW_DAV_PROXY_READ);
    else if (view->owner != NULL && view->kind != TW_DAV_ITEM)
        tw_dav_put_text(asked->out, view->owner->full_name);
    else
        return FALSE;
    return TRUE;
}

static gboolean
put_etag(TwDavAsked *asked)
{
    g_autofree char *etag = tw_dav_etag(asked->view->entry);

    tw_dav_put_text(asked->out, etag);
    return TRUE;
}

static gboolean
put_content_type(TwDavAsked *asked)
{
    g_string_append(asked->out, tw_dav_content_type(asked->view->entry));
    return TRUE;
}

static gboolean
put_length(TwDavAsked *asked)
{
    g_autoptr(GBytes) text =
        tw_dav_entry_text(asked->call, asked->view->entry, TW_VCARD_AS_KEPT, NULL);

    if (text == NULL)
        return FALSE;
    g_string_append_printf(asked->out, "%" G_GSIZE_FORMAT, g_bytes_get_size(text));
    return TRUE;
}

static gboolean
put_modified(TwDavAsked *asked)
{
    char text[TW_HTTP_DATE_LEN + 1];

    if (asked->view->entry->modified < 0)
        return FALSE;
    tw_http_date_format(asked->view->entry->modified, text);
    g_string_append(asked->out, text);
    return TRUE;
}

static gboolean
put_nothing(TwDavAsked *asked)
{
    (void) asked;
    return TRUE;
}

static gboolean
put_ctag(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;
    g_auto(TwFolderGetArgs) get = { .store = view->owner->store, .folder = view->folder->number };

    if (view->folder->number == 0 || !tw_session_folder_get(asked->call->session, &get, NULL))
        return FALSE;
    g_string_append_printf(asked->out, "\"%u-%" G_GUINT64_FORMAT "\"", view->folder->number,
                           get.row.row->hicn);
    return TRUE;
}

static gboolean
put_sync_token(TwDavAsked *asked)
{
    const TwDavView *view = asked->view;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(asked->call, &view->owner->store, view->folder, NULL);
    g_autofree char *token = index != NULL ? tw_dav_index_token(index, 0) : NULL;

    if (token != NULL)
        g_string_append(asked->out, token);
    return token != NULL;
}

static gboolean
put_add_member(TwDavAsked *asked)
{
    if (tw_dav_folder_is_fixed(asked->view->folder))
        return FALSE;
    tw_dav_put_href(asked->out, asked->view->href);
    return TRUE;
}

static void
put_report(GString *out, const char *name)
{
    g_string_append_printf(
        out, "<D:supported-report><D:report><%s/></D:report></D:supported-report>", name);
}

static gboolean
put_reports(TwDavAsked *asked)
{
    static const char *const general[] = { "D:expand-property", "D:principal-match",
                                           "D:principal-property-search",
                                           "D:principal-search-property-set",
                                           "D:acl-principal-prop-set" };
    static const char *const calendars[] = { "C:calendar-query", "C:calendar-multiget",
                                             "C:free-busy-query", "D:sync-collection" };
    static const char *const books[] = { "K:addressbook-query", "K:addressbook-multiget",
                                         "D:sync-collection" };

    for (guint i = 0; i < G_N_ELEMENTS(general); i++)
        put_report(asked->out, general[i]);
    for (guint i = 0; is_calendar(asked->view) && i < G_N_ELEMENTS(calendars); i++)
        put_report(asked->out, calendars[i]);
    for (guint i = 0; is_book(asked->view) && i < G_N_ELEMENTS(books); i++)
        put_report(asked->out, books[i]);
    return TRUE;
}

/* ---- quota: RFC 4331 ---- */

static gboolean
get_quota(TwDavAsked *asked, gint64 *ret_used, gint64 *ret_hard)
{
    g_auto(TwStoreInfoArgs) info = { .store = asked->view->owner->store };

    if (!asked->view->owner->own || !tw_session_store_info(asked->call->session, &info, NULL))
        return FALSE;
    *ret_used = info.info.bytes;
    *ret_hard = info.info.quota.hard;
    return TRUE;
}

static gboolean
put_quota_used(TwDavAsked *asked)
{
    gint64 used = 0, hard = 0;

    if (!get_quota(asked, &used, &hard))
        return FALSE;
    g_string_append_printf(asked->out, "%" G_GINT64_FORMAT, used);
    return TRUE;
}

static gboolean
put_quota_left(TwDavAsked *asked)
{
    gint64 used = 0, hard = 0;

    if (!get_quota(asked, &used, &hard) || hard == 0)
        return FALSE;
    g_string_append_printf(asked->out, "%" G_GINT64_FORMAT, MAX(hard - used, 0));
    return TRUE;
}

/* ---- calendars ---- */

static void
put_component(GString *out, const char *name)
{
    g_string_append_printf(out, "<C:comp name=\"%s\"/>", name);
}

static gboolean
put_components(TwDavAsked *asked)
{
    static const char *const names[] = { [TW_DAV_EVENT] = "VEVENT",
                                         [TW_DAV_TODO] = "VTODO",
                                         [TW_DAV_JOURNAL] = "VJOURNAL",
                                         [TW_DAV_BUSY] = "VFREEBUSY" };
    const TwDavFolder *folder = asked->view->folder;
    guint takes;

    if (!is_calendar(asked->view))
        return FALSE;
    /* what comes into the inbox is for any calendar */
    takes = tw_dav_folder_is_fixed(folder) ? tw_dav_folder_takes(TW_DAV_HOLDS_EVENTS, NULL)
                                           : folder->takes;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (takes & 1u << i)
            put_component(asked->out, names[i]);
    }
    return TRUE;
}

static gboolean
put_component_sets(TwDavAsked *asked)
{
    static const char *const names[] = { "VEVENT", "VTODO", "VJOURNAL" };

    if (asked->view->space != TW_DAV_CALENDARS)
        return FALSE;
    for (guint i = 0; i <= G_N_ELEMENTS(names); i++) {
        g_string_append(asked->out, "<C:supported-calendar-component-set>");
        for (guint k = 0; k < G_N_ELEMENTS(names); k++) {
            if (i == 0 || k == i - 1)
                put_component(asked->out, names[k]);
        }
        g_string_append(asked->out, "</C:supported-calendar-component-set>");
    }
    return TRUE;
}

static gboolean
put_supported_data(TwDavAsked *asked)
{
    if (!is_calendar(asked->view))
        return FALSE;
    g_string_append(asked->out,
                    "<C:calendar-data content-type=\"text/calendar\" version=\"2.0\"/>");
    return TRUE;
}

static gboolean
put_calendar_size(TwDavAsked *asked)
{
    if (!is_calendar(asked->view))
        return FALSE;
    g_string_append_printf(asked->out, "%d", TW_DAV_MAX_ITEM);
    return TRUE;
}

static gboolean
put_attachment_count(TwDavAsked *asked)
{
    if (!is_calendar(asked->view))
        return FALSE;
    g_string_append_printf(asked->out, "%d", TW_DAV_MAX_ATTACHMENTS);
    return TRUE;
}

/* RFC 8607, 6.1: without a path in it, attachments go where the items are. */
static gboolean
put_attachments_server(TwDavAsked *asked)
{
    return asked->view->space == TW_DAV_CALENDARS;
}

static gboolean
put_calendar_data(TwDavAsked *asked)
{
    g_autoptr(GBytes) text = NULL;
    g_autoptr(GBytes) part = NULL;
    TwDavEntry moved;

    if (asked->view->entry->kind == TW_DAV_CARD)
        return FALSE;
    moved = tw_dav_entry_at(asked->call, asked->view->entry);
    text = tw_dav_entry_text(asked->call, asked->view->entry, TW_VCARD_AS_KEPT, NULL);
    part = text != NULL ? tw_dav_trim_calendar(&moved, text, asked->prop) : NULL;
    if (part == NULL)
        return FALSE;
    tw_dav_put_text_len(asked->out, g_bytes_get_data(part, NULL), g_bytes_get_size(part));
    return TRUE;
}

static gboolean
put_collations(TwDavAsked *asked)
{
    g_string_append(asked->out, "<C:supported-collation>i;ascii-casemap</C:supported-collation>"
                                "<C:supported-collation>i;octet</C:supported-collation>"
                                "<C:supported-collation>i;unicode-casemap</C:supported-collation>");
    return is_calendar(asked->view);
}

static gboolean
put_transparency(TwDavAsked *asked)
{
    const char *text;

    if (!is_calendar(asked->view) || tw_dav_folder_is_fixed(asked->view->folder))
        return FALSE;
    text = tw_dav_kept_text(asked->call, asked->view->folder, TW_DAV_NS_CALDAV,
                            "schedule-calendar-transp");
    g_string_append(asked->out,
                    g_strcmp0(text, "transparent") == 0 ? "<C:transparent/>" : "<C:opaque/>");
    return TRUE;
}

/* ---- scheduling: RFC 6638 ---- */

static gboolean
put_schedule_tag(TwDavAsked *asked)
{
    g_autofree char *tag = tw_dav_schedule_tag(asked->call, asked->view->entry);

    if (tag != NULL)
        tw_dav_put_text(asked->out, tag);
    return tag != NULL;
}

/* Where requests go: the calendar of the mailbox. */
static gboolean
put_default_calendar(TwDavAsked *asked)
{
    g_autoptr(TwDavShelf) shelf = NULL;

    if (asked->view->folder->holds != TW_DAV_HOLDS_INBOX)
        return FALSE;
    shelf = tw_dav_shelf_get(asked->call, asked->view->owner, NULL);
    for (guint i = 0; shelf != NULL && i < shelf->folders->len; i++) {
        const TwDavFolder *folder = shelf->folders->pdata[i];
        g_autofree char *href = NULL;
        if (folder->number != shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR])
            continue;
        href = tw_dav_href_item(asked->view->owner, folder, NULL);
        tw_dav_put_href(asked->out, href);
        return TRUE;
    }
    return FALSE;
}

/* ---- address books ---- */

static gboolean
put_address_types(TwDavAsked *asked)
{
    if (!is_book(asked->view))
        return FALSE;
    g_string_append(asked->out,
                    "<K:address-data-type content-type=\"text/vcard\" version=\"3.0\"/>"
                    "<K:address-data-type content-type=\"text/vcard\" version=\"4.0\"/>");
    return TRUE;
}

static gboolean
put_card_size(TwDavAsked *asked)
{
    if (!is_book(asked->view))
        return FALSE;
    g_string_append_printf(asked->out, "%d", TW_DAV_MAX_ITEM);
    return TRUE;
}

static gboolean
put_card_collations(TwDavAsked *asked)
{
    g_string_append(asked->out, "<K:supported-collation>i;ascii-casemap</K:supported-collation>"
                                "<K:supported-collation>i;octet</K:supported-collation>"
                                "<K:supported-collation>i;unicode-casemap</K:supported-collation>");
    return is_book(asked->view);
}

static gboolean
put_address_data(TwDavAsked *asked)
{
    const char *version =
        asked->prop != NULL ? g_hash_table_lookup(asked->prop->attributes, "version") : NULL;
    g_autoptr(GBytes) text = NULL;
    g_autoptr(GBytes) part = NULL;

    if (asked->view->entry->kind != TW_DAV_CARD)
        return FALSE;
    text = tw_dav_entry_text(asked->call, asked->view->entry,
                             g_strcmp0(version, "4.0") == 0   ? TW_VCARD_4
                             : g_strcmp0(version, "3.0") == 0 ? TW_VCARD_3
                                                              : TW_VCARD_AS_KEPT,
                             NULL);
    part = text != NULL ? tw_dav_trim_card(text, asked->prop) : NULL;
    if (part == NULL)
        return FALSE;
    tw_dav_put_text_len(asked->out, g_bytes_get_data(part, NULL), g_bytes_get_size(part));
    return TRUE;
}

static gboolean
put_gateway(TwDavAsked *asked)
{
    g_autofree char *home = NULL;
    g_autofree char *href = NULL;
    g_auto(TwDavOwner) own = { 0 };

    if (asked->view->kind == TW_DAV_HOME && asked->view->space != TW_DAV_BOOKS)
        return FALSE;
    if (!tw_dav_owner_find(asked->call, asked->call->who.name, &own, NULL))
        return FALSE;
    home = tw_dav_href_home(&own, TW_DAV_BOOKS);
    href = g_strconcat(home, TW_DAV_DIRECTORY, "/", NULL);
    tw_dav_put_href(asked->out, href);
    return TRUE;
}

/* ---- the table ---- */

const TwDavPropRow tw_dav_plain_props[] = {
    { TW_DAV_NS, "resourcetype", ANY, FALSE, put_resourcetype },
    { TW_DAV_NS, "displayname", ANY, FALSE, put_displayname },
    { TW_DAV_NS, "getetag", TW_DAV_ITEM, FALSE, put_etag },
    { TW_DAV_NS, "getcontenttype", TW_DAV_ITEM, FALSE, put_content_type },
    { TW_DAV_NS, "getcontentlength", TW_DAV_ITEM, TRUE, put_length },
    { TW_DAV_NS, "getlastmodified", TW_DAV_ITEM, FALSE, put_modified },
    { TW_DAV_NS, "supportedlock", ANY, FALSE, put_nothing },
    { TW_DAV_NS, "lockdiscovery", ANY, TRUE, put_nothing },
    { TW_DAV_NS, "sync-token", TW_DAV_COLLECTION, TRUE, put_sync_token },
    { TW_DAV_NS, "add-member", TW_DAV_COLLECTION, TRUE, put_add_member },
    { TW_DAV_NS, "supported-report-set", ANY, TRUE, put_reports },
    { TW_DAV_NS, "quota-used-bytes", HOMES, TRUE, put_quota_used },
    { TW_DAV_NS, "quota-available-bytes", HOMES, TRUE, put_quota_left },
    { TW_DAV_NS_SERVER, "getctag", TW_DAV_COLLECTION, FALSE, put_ctag },
    { TW_DAV_NS_CALDAV, "supported-calendar-component-set", TW_DAV_COLLECTION, TRUE,
      put_components },
    { TW_DAV_NS_CALDAV, "supported-calendar-component-sets", TW_DAV_HOME, TRUE,
      put_component_sets },
    { TW_DAV_NS_CALDAV, "supported-calendar-data", TW_DAV_COLLECTION, TRUE, put_supported_data },
    { TW_DAV_NS_CALDAV, "supported-collation-set", TW_DAV_COLLECTION, TRUE, put_collations },
    { TW_DAV_NS_CALDAV, "max-resource-size", TW_DAV_COLLECTION, TRUE, put_calendar_size },
    { TW_DAV_NS_CALDAV, "max-attachment-size", TW_DAV_COLLECTION, TRUE, put_calendar_size },
    { TW_DAV_NS_CALDAV, "max-attachments-per-resource", TW_DAV_COLLECTION, TRUE,
      put_attachment_count },
    { TW_DAV_NS_CALDAV, "managed-attachments-server-URL", TW_DAV_HOME, TRUE,
      put_attachments_server },
    { TW_DAV_NS_CALDAV, "schedule-calendar-transp", TW_DAV_COLLECTION, TRUE, put_transparency },
    { TW_DAV_NS_CALDAV, "schedule-tag", TW_DAV_ITEM, TRUE, put_schedule_tag },
    { TW_DAV_NS_CALDAV, "schedule-default-calendar-URL", TW_DAV_COLLECTION, TRUE,
      put_default_calendar },
    { TW_DAV_NS_CALDAV, "calendar-data", TW_DAV_ITEM, TRUE, put_calendar_data },
    { TW_DAV_NS_CARDDAV, "supported-address-data", TW_DAV_COLLECTION, TRUE, put_address_types },
    { TW_DAV_NS_CARDDAV, "supported-collation-set", TW_DAV_COLLECTION, TRUE, put_card_collations },
    { TW_DAV_NS_CARDDAV, "max-resource-size", TW_DAV_COLLECTION, TRUE, put_card_size },
    { TW_DAV_NS_CARDDAV, "address-data", TW_DAV_ITEM, TRUE, put_address_data },
    { TW_DAV_NS_CARDDAV, "directory-gateway", TW_DAV_PRINCIPAL | TW_DAV_HOME, TRUE, put_gateway },
};
const guint tw_dav_plain_prop_count = G_N_ELEMENTS(tw_dav_plain_props);
