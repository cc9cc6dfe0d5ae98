/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET of what is no collection of items: a page for who comes with a browser, of addresses that programs are given. */
#include "dav/dav-private.h"

#include <string.h>

static void
put_link(GString *out, const char *href, const char *text)
{
    g_string_append(out, "<li><a href=\"");
    tw_dav_put_text(out, href);
    g_string_append(out, "\">");
    tw_dav_put_text(out, text);
    g_string_append(out, "</a></li>\n");
}

/* One's own places, wherever one looks that is nobody's. */
static void
put_own(TwDavCall *call, GString *out)
{
    g_auto(TwDavOwner) owner = { 0 };
    g_autofree char *calendars = NULL, *books = NULL, *principal = NULL;

    if (!tw_dav_owner_find(call, call->who.name, &owner, NULL))
        return;
    calendars = tw_dav_href_home(&owner, TW_DAV_CALENDARS);
    books = tw_dav_href_home(&owner, TW_DAV_BOOKS);
    principal = tw_dav_href_principal(&owner, NULL);
    put_link(out, calendars, "Calendars and task lists");
    put_link(out, books, "Address books");
    put_link(out, principal, "Principal");
}

static void
put_folders(const TwDavCall *call, GString *out)
{
    const TwDavTarget *target = &call->target;

    for (guint i = 0; i < target->shelf->folders->len; i++) {
        const TwDavFolder *folder = target->shelf->folders->pdata[i];
        g_autofree char *href = NULL;
        if (tw_dav_folder_space(folder) != target->space)
            continue;
        href = tw_dav_href_item(&target->owner, folder, NULL);
        put_link(out, href, folder->name);
    }
}

static void
put_homes(const TwDavOwner *owner, GString *out)
{
    g_autofree char *calendars = tw_dav_href_home(owner, TW_DAV_CALENDARS);
    g_autofree char *books = tw_dav_href_home(owner, TW_DAV_BOOKS);

    put_link(out, calendars, "Calendars and task lists");
    put_link(out, books, "Address books");
}

void
tw_dav_get_listing(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    const char *title = target->owner.name != NULL ? target->owner.name : "Calendars and contacts";
    GString *out = g_string_new("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                                "<title>");
    g_autoptr(GBytes) page = NULL;
    TwHttpResponse *response;

    tw_dav_put_text(out, title);
    g_string_append(out, "</title></head>\n<body><h1>");
    tw_dav_put_text(out, title);
    g_string_append(out, "</h1>\n<ul>\n");
    if (target->kind == TW_DAV_HOME)
        put_folders(call, out);
    else if (target->owner.name != NULL)
        put_homes(&target->owner, out);
    else
        put_own(call, out);
    g_string_append(out, "</ul>\n</body></html>\n");
    page = g_string_free_to_bytes(out);
    response = tw_http_response_new(200);
    tw_http_response_set_body(response, "text/html; charset=utf-8", page);
    tw_http_request_respond(call->http, response);
}
