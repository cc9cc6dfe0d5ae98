/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A whole calendar as one file: GET of a collection, and PUT of /ical/USER/FOLDER. */
#include "dav/attachment.h"

#include <string.h>

#include "base/error.h"

/* ---- reading ---- */

/* Adds what stands between the first and the last line of each text, but one VTIMEZONE of a name once. */
static void
add_components(GString *out, GHashTable *zones, GBytes *text)
{
    g_autoptr(TwContentTree) tree =
        tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const TwContentNode *next;

    for (TwContentNode *node = calendar != NULL ? calendar->children : NULL; node != NULL;
         node = (TwContentNode *) (guintptr) next) { /* NOLINT(performance-no-int-to-ptr) */
        g_auto(TwBuffer) lines = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);
        TwContentNode root = { .name = "", .children = node, .last_child = node };
        next = node->next;
        if (strcmp(node->name, "VTIMEZONE") == 0) {
            const TwContentLine *id = tw_lines_find(node, "TZID");
            if (id == NULL || !g_hash_table_add(zones, g_strdup(id->value)))
                continue;
        }
        node->next = NULL;
        tw_lines_write(&root, &lines);
        g_string_append_len(out, (const char *) lines.data, (gssize) lines.len);
    }
}

static void
put_head(GString *out, const char *name)
{
    g_string_append(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Twiga//Twiga//EN\r\n"
                         "X-WR-CALNAME:");
    tw_lines_put_text(out, name);
    g_string_append(out, "\r\n");
}

static GString *
write_calendar(TwDavCall *call, GPtrArray *entries)
{
    g_autoptr(GHashTable) zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GString *out = g_string_new(NULL);

    put_head(out, call->target.folder->name);
    for (guint i = 0; i < entries->len && out->len < TW_DAV_MAX_ANSWER; i++) {
        const TwDavEntry *entry = entries->pdata[i];
        g_autoptr(GBytes) text = NULL;
        if (!tw_dav_entry_seen(call, entry))
            continue;
        text = tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL);
        if (text != NULL)
            add_components(out, zones, text);
    }
    g_string_append(out, "END:VCALENDAR\r\n");
    return out;
}

static GString *
write_cards(TwDavCall *call, GPtrArray *entries)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < entries->len && out->len < TW_DAV_MAX_ANSWER; i++) {
        const TwDavEntry *entry = entries->pdata[i];
        g_autoptr(GBytes) text = tw_dav_entry_seen(call, entry)
                                     ? tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL)
                                     : NULL;
        if (text != NULL)
            g_string_append_len(out, g_bytes_get_data(text, NULL), (gssize) g_bytes_get_size(text));
    }
    return out;
}

void
tw_dav_get_whole(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    gboolean cards = tw_dav_folder_space(target->folder) == TW_DAV_BOOKS;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GBytes) text = NULL;
    TwHttpResponse *response;

    if (!g_atomic_int_get(&call->dav->whole_calendars)) {
        tw_http_request_respond_error(call->http, 403);
        return;
    }
    index = tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    entries = tw_dav_index_list(index, 0, NULL);
    text =
        g_string_free_to_bytes(cards ? write_cards(call, entries) : write_calendar(call, entries));
    response = tw_http_response_new(200);
    tw_http_response_set_body(
        response, cards ? "text/vcard; charset=utf-8" : "text/calendar; charset=utf-8", text);
    tw_http_request_respond(call->http, response);
}

/* ---- writing ---- */

/* An item of the file takes the place of the one of its UID. */
static gboolean
store_one(TwDavCall *call, TwDavIndex *index, TwIcalItem *item, GHashTable *kept, GError **error)
{
    g_autoptr(TwDavEntryRef) entry = tw_dav_index_find_uid(index, item->uid);
    TwDavTarget target = call->target;

    target.item = entry != NULL ? entry->name : NULL;
    if (entry != NULL)
        g_hash_table_add(kept, GUINT_TO_POINTER(entry->mid));
    return tw_dav_store_item(call, &target, entry, item->object, error);
}

static gboolean
delete_others(TwDavCall *call, TwDavIndex *index, GHashTable *kept, GError **error)
{
    g_autoptr(GPtrArray) entries = tw_dav_index_list(index, 0, NULL);

    for (guint i = 0; i < entries->len; i++) {
        const TwDavEntry *entry = entries->pdata[i];
        if (!g_hash_table_contains(kept, GUINT_TO_POINTER(entry->mid)) &&
            !tw_dav_delete_item(call, &call->target, entry, error))
            return FALSE;
    }
    return TRUE;
}

/* What the file has not is deleted: a client that publishes sends all it has. */
static gboolean
replace(TwDavCall *call, TwDavIndex *index, const TwIcal *ical, GError **error)
{
    g_autoptr(GPtrArray) before = tw_dav_index_list(index, 0, NULL);
    g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < before->len; i++) {
        const TwDavEntry *entry = before->pdata[i];
        if (entry->is_private && !call->target.owner.own)
            g_hash_table_add(kept, GUINT_TO_POINTER(entry->mid));
    }
    for (guint i = 0; i < ical->items->len; i++) {
        if (!store_one(call, index, ical->items->pdata[i], kept, error))
            return FALSE;
    }
    return delete_others(call, index, kept, error);
}

void
tw_dav_put_whole(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) bare = NULL;
    g_autoptr(TwIcal) ical = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(GError) error = NULL;

    if (target->folder == NULL) {
        tw_http_request_respond_error(call->http, 404);
        return;
    }
    bytes = tw_http_request_get_body(call->http, TW_DAV_MAX_ITEM, &error);
    bare = bytes != NULL ? tw_dav_bare_text(call, bytes) : NULL;
    if (bare != NULL) {
        g_bytes_unref(bytes);
        bytes = g_steal_pointer(&bare);
    }
    if (bytes != NULL)
        ical = tw_ical_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &call->ical,
                            &error);
    if (ical == NULL && !g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT)) {
        tw_dav_fail(call, error);
        return;
    }
    if (ical == NULL || ical->bad_items > 0 || ical->bad_lines > 0) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-calendar-data");
        return;
    }
    index = tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    if (index == NULL || !replace(call, index, ical, &error))
        tw_dav_fail(call, error);
    else
        tw_http_request_respond(call->http, tw_http_response_new(204));
}
