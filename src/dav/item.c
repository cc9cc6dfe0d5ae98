/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One item: GET, PUT, DELETE, and POST of a new one (RFC 5995). */
#include "dav/schedule.h"

#include <string.h>

#include "base/error.h"
#include "base/guid.h"
#include "dav/attachment.h"
#include "net/http-condition.h"

/* ---- reading ---- */

void
tw_dav_add_etag(TwHttpResponse *response, const TwDavEntry *entry)
{
    g_autofree char *etag = tw_dav_etag(entry);

    tw_http_response_add_header(response, "ETag", etag);
}

/* The version that Accept asks for, as "text/vcard; version=4.0". */
static TwVcardVersion
accepted_version(const TwDavCall *call)
{
    const char *accept = tw_http_head_get(call->head, "Accept");
    const char *vcard = accept != NULL ? strstr(accept, "text/vcard") : NULL;

    if (vcard == NULL || strstr(vcard, "version=") == NULL)
        return TW_VCARD_AS_KEPT;
    return strstr(vcard, "version=4.0") != NULL || strstr(vcard, "version=\"4.0\"") != NULL
               ? TW_VCARD_4
               : TW_VCARD_3;
}

char *
tw_dav_schedule_tag(TwDavCall *call, const TwDavEntry *entry)
{
    g_autoptr(GBytes) text = entry->kind == TW_DAV_EVENT || entry->kind == TW_DAV_TODO
                                 ? tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL)
                                 : NULL;

    if (text == NULL || tw_dav_folder_is_fixed(call->target.folder))
        return NULL;
    return tw_dav_text_schedule_tag(text, call->target.owner.mail);
}

static void
add_schedule_tag(TwDavCall *call, TwHttpResponse *response, const TwDavEntry *entry)
{
    g_autofree char *tag = tw_dav_schedule_tag(call, entry);

    if (tag != NULL)
        tw_http_response_add_header(response, "Schedule-Tag", tag);
}

gboolean
tw_dav_refuse_schedule_tag(TwDavCall *call, const TwDavEntry *entry)
{
    const char *wanted = tw_http_head_get(call->head, "If-Schedule-Tag-Match");
    g_autofree char *tag = NULL;

    if (wanted == NULL)
        return FALSE;
    tag = entry != NULL ? tw_dav_schedule_tag(call, entry) : NULL;
    if (tag != NULL && tw_http_etag_listed(wanted, tag, FALSE))
        return FALSE;
    tw_http_request_respond_error(call->http, 412);
    return TRUE;
}

static void
answer_item(TwDavCall *call, const TwDavEntry *entry)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) text = tw_dav_entry_text(call, entry, accepted_version(call), &error);
    char date[TW_HTTP_DATE_LEN + 1];
    TwHttpResponse *response;

    if (text == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    response = tw_http_response_new(200);
    tw_dav_add_etag(response, entry);
    add_schedule_tag(call, response, entry);
    if (entry->modified >= 0) {
        tw_http_date_format(entry->modified, date);
        tw_http_response_add_header(response, "Last-Modified", date);
    }
    tw_http_response_set_body(response, tw_dav_content_type(entry), text);
    tw_http_request_respond(call->http, response);
}

/* The item of the path, or an answer that was sent: also when a condition says so. */
static const TwDavEntry *
entry_or_answer(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    g_autoptr(TwDavEntryRef) entry = index != NULL ? tw_dav_index_find(index, target->item) : NULL;
    g_autofree char *etag = entry != NULL ? tw_dav_etag(entry) : NULL;
    TwHttpResponse *response;

    if (index == NULL) {
        tw_dav_fail(call, error);
        return NULL;
    }
    if (entry == NULL || !tw_dav_entry_seen(call, entry)) {
        tw_http_request_respond_error(call->http, 404);
        return NULL;
    }
    switch (tw_http_condition_check(call->head, etag, TRUE, entry->modified)) {
    case TW_HTTP_CONDITION_FAILED:
        tw_http_request_respond_error(call->http, 412);
        return NULL;
    case TW_HTTP_CONDITION_NOT_MODIFIED:
        response = tw_http_response_new(304);
        tw_dav_add_etag(response, entry);
        tw_http_request_respond(call->http, response);
        return NULL;
    case TW_HTTP_CONDITION_PASS:
        break;
    }
    return g_steal_pointer(&entry);
}

void
tw_dav_get(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavEntryRef) entry = NULL;

    if (target->kind < TW_DAV_COLLECTION) {
        tw_dav_get_listing(call);
    } else if (target->folder == NULL) {
        tw_http_request_respond_error(call->http, 404);
    } else if (target->kind == TW_DAV_COLLECTION) {
        tw_dav_get_whole(call);
    } else {
        entry = entry_or_answer(call);
        if (entry != NULL && !tw_dav_attachment_get(call, entry))
            answer_item(call, entry);
    }
}

/* ---- writing ---- */

/* What other clients keep with the item and its text knows nothing of: it stays. What the text said before and does not say
 * now goes. */
static gboolean
keep_foreign(TwDavCall *call, TwObject *object, const TwObject *old, GError **error)
{
    g_autoptr(TwObject) then = tw_dav_said_before(call, old, call->target.space);
    g_autoptr(GArray) tags = tw_object_list_tags(old);

    for (guint i = 0; i < tags->len; i++) {
        guint32 other = g_array_index(tags, guint32, i);
        TwPropValue value;
        if (tw_object_has(object, other) || (then != NULL && tw_object_has(then, other)) ||
            tw_prop_id_is_computed(tw_prop_tag_id(other)) || !tw_object_get(old, other, &value) ||
            (then == NULL && tw_prop_tag_id(other) >= 0x8000))
            continue;
        if (!tw_object_set(object, &value, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_dav_store_item(TwDavCall *call,
                  const TwDavTarget *target,
                  const TwDavEntry *entry,
                  TwObject *object,
                  GError **error)
{
    const TwGuid *store = &target->owner.store;
    guint32 folder = target->folder->number;
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavResourceName);
    TwPropValue name = tw_value_str(tag, target->item != NULL ? target->item : "");
    g_auto(TwMessageSaveArgs) save = { .store = *store, .folder = folder, .object = object };
    g_auto(TwMessageCreateArgs) create = { .store = *store, .folder = folder, .object = object };
    g_autoptr(TwObject) old = NULL;
    g_auto(TwDavSchedule) schedule = { .messages = NULL };

    if (target->item != NULL && !tw_object_set(object, &name, error))
        return FALSE;
    if (entry != NULL) {
        old = tw_dav_item_read(call, store, folder, entry->mid, NULL, error);
        if (old == NULL || !keep_foreign(call, object, old, error))
            return FALSE;
        save.message = entry->mid;
        save.cn = entry->cn;
    }
    if (!tw_dav_attachments_keep(call, old, object, error))
        return FALSE;
    if (call->schedules && !tw_dav_schedule_prepare(&schedule, call, old, object, error))
        return FALSE;
    if (entry == NULL ? !tw_session_message_create(call->session, &create, error)
                      : !tw_session_message_save(call->session, &save, error))
        return FALSE;
    tw_dav_schedule_send(&schedule);
    return TRUE;
}

void
tw_dav_refuse_uid(TwDavCall *call, const TwDavTarget *target, const TwDavEntry *same)
{
    gboolean card = target->space == TW_DAV_BOOKS;
    const char *ns = card ? TW_DAV_NS_CARDDAV : TW_DAV_NS_CALDAV;
    GString *body = g_string_new(NULL);
    g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, same->name);

    tw_dav_put_open(body, ns, "no-uid-conflict");
    tw_dav_put_href(body, href);
    tw_dav_put_close(body, ns, "no-uid-conflict");
    tw_dav_answer(call, 403, body, "error");
}

char *
tw_dav_origin(TwDavCall *call)
{
    const char *host = tw_http_head_get(call->head, "Host");

    return host == NULL
               ? g_strdup("")
               : g_strconcat(tw_http_request_is_secure(call->http) ? "https://" : "http://", host,
                             NULL);
}

void
tw_dav_add_location(TwDavCall *call, TwHttpResponse *response, const TwDavTarget *target)
{
    g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, target->item);
    g_autofree char *origin = tw_dav_origin(call);
    g_autofree char *url = g_strconcat(origin, href, NULL);

    tw_http_response_add_header(response, "Location", url);
}

/* A tag is given when a GET gives the same bytes (RFC 4791, 5.3.4): most clients' texts come back so. Who wishes is sent what a GET
 * gives at once (RFC 7240, 4.2). */
static void
answer_put(TwDavCall *call, gboolean fresh, gboolean named_here, GBytes *bytes)
{
    const TwDavTarget *target = &call->target;
    TwHttpResponse *response = tw_http_response_new(fresh ? 201 : call->representation ? 200 : 204);
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, NULL);
    g_autoptr(TwDavEntryRef) entry = index != NULL ? tw_dav_index_find(index, target->item) : NULL;
    g_autoptr(GBytes) text =
        entry != NULL ? tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL) : NULL;

    if (text != NULL && (call->representation || g_bytes_equal(text, bytes)))
        tw_dav_add_etag(response, entry);
    if (text != NULL && call->representation) {
        tw_http_response_add_header(response, "Preference-Applied", "return=representation");
        tw_http_response_set_body(response, tw_dav_content_type(entry), text);
    }
    if (entry != NULL)
        add_schedule_tag(call, response, entry);
    if (named_here)
        tw_dav_add_location(call, response, target);
    tw_http_request_respond(call->http, response);
}

/* Writes a body as the item of the path. */
static void
put_body(TwDavCall *call, TwDavIndex *index, const TwDavEntry *entry, GBytes *bytes)
{
    TwDavTarget *target = &call->target;
    g_auto(TwDavBody) body = { 0 };
    g_autoptr(TwDavEntryRef) same = NULL;
    g_autoptr(GError) error = NULL;
    gboolean made;

    if (!tw_dav_body_read(call, target->folder, bytes, &body))
        return;
    same = tw_dav_index_find_uid(index, body.uid);
    if (same != NULL ? same != entry : entry != NULL && strcmp(entry->uid, body.uid) != 0) {
        tw_dav_refuse_uid(call, target, same != NULL ? same : entry);
        return;
    }
    call->schedules = body.kind == TW_DAV_EVENT || body.kind == TW_DAV_TODO;
    made = target->item == NULL;
    if (made)
        target->item = g_strconcat(body.uid, body.kind == TW_DAV_CARD ? ".vcf" : ".ics", NULL);
    if (!tw_dav_store_item(call, target, entry, body.object, &error)) {
        if (call->refusal == NULL && call->managed != NULL &&
            g_error_matches(error, TW_ERROR, TW_ERROR_INVALID))
            tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-managed-id");
        else
            tw_dav_fail(call, error);
        return;
    }
    answer_put(call, entry == NULL, made, bytes);
}

static GBytes *
body_or_answer(TwDavCall *call)
{
    gboolean card = call->target.space == TW_DAV_BOOKS;
    GBytes *bytes = tw_http_request_get_body(call->http, TW_DAV_MAX_ITEM, NULL);

    if (bytes == NULL)
        tw_dav_refuse(call, 413, card ? TW_DAV_NS_CARDDAV : TW_DAV_NS_CALDAV, "max-resource-size");
    return bytes;
}

void
tw_dav_put(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(TwDavEntryRef) entry = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *etag = NULL;

    if (target->whole) {
        tw_dav_put_whole(call);
        return;
    }
    if (target->kind != TW_DAV_ITEM || target->folder == NULL) {
        tw_http_request_respond_error(call->http, target->kind == TW_DAV_ITEM ? 409 : 405);
        return;
    }
    if (tw_dav_folder_is_fixed(target->folder)) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "need-privileges");
        return;
    }
    index = tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    entry = tw_dav_index_find(index, target->item);
    etag = entry != NULL ? tw_dav_etag(entry) : NULL;
    if (tw_http_condition_check(call->head, etag, entry != NULL, -1) != TW_HTTP_CONDITION_PASS) {
        tw_http_request_respond_error(call->http, 412);
        return;
    }
    if (tw_dav_refuse_schedule_tag(call, entry))
        return;
    /* who sees only when it is must not write that back over it */
    if (entry != NULL && entry->is_private && !target->owner.own && !target->owner.is_public) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "need-privileges");
        return;
    }
    bytes = body_or_answer(call);
    if (bytes != NULL)
        put_body(call, index, entry, bytes);
}

void
tw_dav_post(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(TwDavEntryRef) entry = NULL;

    if (target->kind == TW_DAV_ITEM && target->folder != NULL &&
        target->space == TW_DAV_CALENDARS && !tw_dav_folder_is_fixed(target->folder)) {
        entry = entry_or_answer(call);
        if (entry != NULL && !tw_dav_refuse_schedule_tag(call, entry))
            tw_dav_attachment_post(call, entry);
        return;
    }
    if (target->kind == TW_DAV_COLLECTION && target->folder != NULL &&
        target->folder->holds == TW_DAV_HOLDS_OUTBOX) {
        tw_dav_outbox_post(call);
        return;
    }
    if (target->kind != TW_DAV_COLLECTION || target->folder == NULL || target->whole ||
        tw_dav_folder_is_fixed(target->folder)) {
        tw_http_request_respond_error(call->http, 405);
        return;
    }
    index = tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    bytes = body_or_answer(call);
    if (bytes != NULL)
        put_body(call, index, NULL, bytes);
}

/* ---- deleting ---- */

/* A mailbox always has its default folders: one that is deleted is there again at once, and empty. */
static gboolean
empty_folder(TwDavCall *call, GError **error)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, error);
    g_autoptr(GPtrArray) list = index != NULL ? tw_dav_index_list(index, 0, NULL) : NULL;
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwMessagesDeleteArgs)
        args = { .store = target->owner.store, .folder = target->folder->number };

    if (index == NULL)
        return FALSE;
    for (guint i = 0; i < list->len; i++)
        g_array_append_val(numbers, ((const TwDavEntry *) list->pdata[i])->mid);
    args.messages = (TwNumbers){ (const guint32 *) (gconstpointer) numbers->data, numbers->len };
    return numbers->len == 0 || tw_session_messages_delete(call->session, &args, error);
}

gboolean
tw_dav_is_default(const TwDavTarget *target)
{
    for (guint i = 0; i < TW_LAYOUT_FOLDER_COUNT; i++) {
        if (target->shelf->defaults.numbers[i] == target->folder->number)
            return TRUE;
    }
    return FALSE;
}

static void
delete_collection(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_auto(TwFolderDeleteArgs)
        args = { .store = target->owner.store, .folder = target->folder->number };
    g_autoptr(GError) error = NULL;
    gboolean good;

    if (tw_dav_is_default(target))
        good = empty_folder(call, &error);
    else
        good = tw_session_folder_delete(call->session, &args, &error);
    if (!good)
        tw_dav_fail(call, error);
    else
        tw_http_request_respond(call->http, tw_http_response_new(204));
}

gboolean
tw_dav_delete_item(TwDavCall *call,
                   const TwDavTarget *target,
                   const TwDavEntry *entry,
                   GError **error)
{
    guint32 mid = entry->mid;
    g_auto(TwMessagesDeleteArgs) args = { .store = target->owner.store,
                                          .folder = target->folder->number,
                                          .messages = { &mid, 1 } };
    g_auto(TwDavSchedule) schedule = { .messages = NULL };
    g_autoptr(TwObject) old = NULL;

    if (call->schedules && (entry->kind == TW_DAV_EVENT || entry->kind == TW_DAV_TODO)) {
        old = tw_dav_item_read(call, &args.store, args.folder, mid, NULL, error);
        if (old == NULL || !tw_dav_schedule_prepare(&schedule, call, old, NULL, error))
            return FALSE;
    }
    if (!tw_session_messages_delete(call->session, &args, error))
        return FALSE;
    tw_dav_schedule_send(&schedule);
    return TRUE;
}

void
tw_dav_delete(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavEntryRef) entry = NULL;

    gboolean inbox_item = target->kind == TW_DAV_ITEM && target->folder != NULL &&
                          target->folder->holds == TW_DAV_HOLDS_INBOX;

    if (target->folder == NULL || (tw_dav_folder_is_fixed(target->folder) && !inbox_item)) {
        tw_http_request_respond_error(
            call->http, target->kind < TW_DAV_COLLECTION || target->folder != NULL ? 403 : 404);
        return;
    }
    if (target->kind == TW_DAV_COLLECTION) {
        delete_collection(call);
        return;
    }
    entry = entry_or_answer(call);
    if (entry == NULL || tw_dav_refuse_schedule_tag(call, entry))
        return;
    call->schedules = !inbox_item;
    if (!tw_dav_delete_item(call, target, entry, &error))
        tw_dav_fail(call, error);
    else
        tw_http_request_respond(call->http, tw_http_response_new(204));
}
