/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One item: GET, PUT, DELETE. */
#include "dav/dav-private.h"

#include <string.h>

#include "net/http-condition.h"

/* ---- reading ---- */

static void
put_steps(TwPart *part, const TwObject *node)
{
    const TwObject *nodes[2 * TW_PART_MAX_DEPTH + 4];
    guint count = 0;

    for (; tw_object_get_parent(node) != NULL && count < G_N_ELEMENTS(nodes);
         node = tw_object_get_parent(node))
        nodes[count++] = node;
    while (count-- > 0) {
        TwObjectKind kind = tw_object_get_kind(nodes[count]);
        tw_part_push(part,
                     kind == TW_OBJECT_ATTACHMENT  ? TW_PART_ATTACHMENT
                     : kind == TW_OBJECT_RECIPIENT ? TW_PART_RECIPIENT
                                                   : TW_PART_EMBEDDED,
                     tw_object_get_number(nodes[count]));
    }
}

static gboolean
read_value(gpointer data,
           const TwObject *node,
           guint32 tag,
           guint64 offset,
           void *buf,
           gsize len,
           gsize *ret_len,
           GError **error)
{
    const TwDavCall *call = data;
    TwPart part = { .len = 0 };
    g_autoptr(GBytes) path = NULL;
    g_auto(TwValueReadArgs) args = { .store = call->place.store,
                                     .folder = call->place.folder,
                                     .message = call->place.message,
                                     .offset = offset,
                                     .most = (guint32) MIN(len, (gsize) TW_SESSION_MOST_BYTES) };

    put_steps(&part, node);
    tw_part_push(&part, TW_PART_PROPERTY, tw_prop_tag_id(tag));
    path = g_bytes_new(part.bytes, part.len);
    args.path = path;
    if (!tw_session_value_read(call->session, &args, error))
        return FALSE;
    *ret_len = MIN(len, g_bytes_get_size(args.bytes));
    if (*ret_len > 0)
        memcpy(buf, g_bytes_get_data(args.bytes, NULL), *ret_len);
    return TRUE;
}

TwObject *
tw_dav_item_read(TwDavCall *call, guint32 folder, guint32 mid, GError **error)
{
    g_auto(TwMessageReadArgs) read = { .store = call->store, .folder = folder, .message = mid };

    if (!tw_session_message_read(call->session, &read, error))
        return NULL;
    call->place.store = call->store;
    call->place.folder = folder;
    call->place.message = mid;
    call->source.read = read_value;
    call->source.data = call;
    call->ical.source = &call->source;
    return g_steal_pointer(&read.object);
}

GBytes *
tw_dav_item_text(TwDavCall *call, guint32 folder, const TwDavEntry *entry, GError **error)
{
    g_autoptr(TwObject) object = tw_dav_item_read(call, folder, entry->mid, error);
    const TwObject *const objects[] = { object };

    return object != NULL ? tw_ical_write(objects, 1, TW_ICAL_NO_METHOD, NULL, &call->ical, error)
                          : NULL;
}

static void
add_etag(TwHttpResponse *response, const TwDavEntry *entry)
{
    g_autofree char *etag = tw_dav_etag(entry);

    tw_http_response_add_header(response, "ETag", etag);
}

/* The whole calendar as one file. */
static void
get_collection(TwDavCall *call)
{
    const TwDavFolder *folder = call->target.folder;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = tw_dav_index_get(call, folder->number, &error);
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_object_free);
    g_autoptr(GBytes) text = NULL;
    TwHttpResponse *response;
    GHashTableIter iter;
    gpointer value;

    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwObject *object =
            tw_dav_item_read(call, folder->number, ((TwDavEntry *) value)->mid, NULL);
        if (object != NULL)
            g_ptr_array_add(objects, object);
    }
    /* values in blobs belong to one message each: those of a whole calendar are left out */
    call->ical.source = NULL;
    text = tw_ical_write((const TwObject *const *) objects->pdata, objects->len, TW_ICAL_NO_METHOD,
                         folder->name, &call->ical, &error);
    if (text == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    response = tw_http_response_new(200);
    tw_http_response_set_body(response, "text/calendar; charset=utf-8", text);
    tw_http_request_respond(call->http, response);
}

void
tw_dav_get(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(GBytes) text = NULL;
    g_autofree char *etag = NULL;
    const TwDavEntry *entry;
    TwHttpResponse *response;

    if (target->folder == NULL || target->kind < TW_DAV_COLLECTION) {
        tw_http_request_respond_error(call->http, target->kind < TW_DAV_COLLECTION ? 405 : 404);
        return;
    }
    if (target->kind == TW_DAV_COLLECTION) {
        get_collection(call);
        return;
    }
    index = tw_dav_index_get(call, target->folder->number, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    entry = g_hash_table_lookup(index->by_name, target->item);
    if (entry == NULL) {
        tw_http_request_respond_error(call->http, 404);
        return;
    }
    etag = tw_dav_etag(entry);
    switch (tw_http_condition_check(call->head, etag, TRUE, -1)) {
    case TW_HTTP_CONDITION_FAILED:
        tw_http_request_respond_error(call->http, 412);
        return;
    case TW_HTTP_CONDITION_NOT_MODIFIED:
        response = tw_http_response_new(304);
        add_etag(response, entry);
        tw_http_request_respond(call->http, response);
        return;
    case TW_HTTP_CONDITION_PASS:
        break;
    }
    text = tw_dav_item_text(call, target->folder->number, entry, &error);
    if (text == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    response = tw_http_response_new(200);
    add_etag(response, entry);
    tw_http_response_set_body(response, "text/calendar; charset=utf-8", text);
    tw_http_request_respond(call->http, response);
}

/* ---- writing ---- */

/* What other clients keep with the item and iCalendar knows nothing of: it stays. What iCalendar said before and does not say
 * now goes. */
static gboolean
keep_foreign(TwDavCall *call, TwObject *object, const TwObject *old, GError **error)
{
    guint32 tag = tw_dav_named_tag(call, TW_PidLidInboundICalStream);
    g_autoptr(GArray) tags = tw_object_list_tags(old);
    g_autoptr(GBytes) kept = NULL;
    g_autoptr(TwIcal) then = NULL;
    const TwObject *said = NULL;

    if (tw_value_source_len(old, tag, NULL))
        kept =
            tw_value_source_load(call->ical.source, old, tag, (gsize) 2 * TW_ICAL_MAX_KEPT, NULL);
    if (kept != NULL)
        then =
            tw_ical_read(g_bytes_get_data(kept, NULL), g_bytes_get_size(kept), &call->ical, NULL);
    if (then != NULL && then->items->len == 1)
        said = ((TwIcalItem *) then->items->pdata[0])->object;
    for (guint i = 0; i < tags->len; i++) {
        guint32 other = g_array_index(tags, guint32, i);
        TwPropValue value;
        if (tw_object_has(object, other) || (said != NULL && tw_object_has(said, other)) ||
            tw_prop_id_is_computed(tw_prop_tag_id(other)) || !tw_object_get(old, other, &value) ||
            (said == NULL && tw_prop_tag_id(other) >= 0x8000))
            continue;
        if (!tw_object_set(object, &value, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
store_item(TwDavCall *call, const TwDavEntry *entry, TwObject *object, GError **error)
{
    guint32 folder = call->target.folder->number;
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavResourceName);
    TwPropValue name = tw_value_str(tag, call->target.item);
    g_auto(TwMessageSaveArgs) save = { .store = call->store, .folder = folder, .object = object };
    g_auto(TwMessageCreateArgs)
        create = { .store = call->store, .folder = folder, .object = object };
    g_autoptr(TwObject) old = NULL;

    if (!tw_object_set(object, &name, error))
        return FALSE;
    if (entry == NULL)
        return tw_session_message_create(call->session, &create, error);
    old = tw_dav_item_read(call, folder, entry->mid, error);
    if (old == NULL || !keep_foreign(call, object, old, error))
        return FALSE;
    save.message = entry->mid;
    save.cn = entry->cn;
    return tw_session_message_save(call->session, &save, error);
}

/* The one item of a body, or a refusal that was sent. */
static TwIcalItem *
read_item(TwDavCall *call, TwIcal **ret)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = tw_http_request_get_body(call->http, TW_DAV_MAX_ITEM, &error);
    g_autoptr(TwIcal) ical = NULL;
    TwIcalItem *item;

    if (body == NULL) {
        tw_dav_refuse(call, 413, TW_DAV_NS_CALDAV, "max-resource-size");
        return NULL;
    }
    ical = tw_ical_read(g_bytes_get_data(body, NULL), g_bytes_get_size(body), &call->ical, &error);
    if (ical == NULL) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-calendar-data");
        return NULL;
    }
    if (ical->items->len != 1 || ical->bad_items > 0 || ical->method != TW_ICAL_NO_METHOD) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-calendar-object-resource");
        return NULL;
    }
    item = ical->items->pdata[0];
    if (call->target.folder->tasks_only && item->kind != TW_ICAL_TODO) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "supported-calendar-component");
        return NULL;
    }
    *ret = g_steal_pointer(&ical);
    return item;
}

void
tw_dav_put(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(TwIcal) ical = NULL;
    const TwDavEntry *entry, *same;
    g_autofree char *etag = NULL;
    TwIcalItem *item;

    if (target->kind != TW_DAV_ITEM || target->folder == NULL) {
        tw_http_request_respond_error(call->http, target->kind == TW_DAV_ITEM ? 409 : 405);
        return;
    }
    index = tw_dav_index_get(call, target->folder->number, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    entry = g_hash_table_lookup(index->by_name, target->item);
    etag = entry != NULL ? tw_dav_etag(entry) : NULL;
    if (tw_http_condition_check(call->head, etag, entry != NULL, -1) != TW_HTTP_CONDITION_PASS) {
        tw_http_request_respond_error(call->http, 412);
        return;
    }
    item = read_item(call, &ical);
    if (item == NULL)
        return;
    same = tw_dav_index_by_uid(index, item->uid);
    if (same != NULL && same != entry) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "no-uid-conflict");
        return;
    }
    if (!store_item(call, entry, item->object, &error)) {
        tw_dav_fail(call, error);
        return;
    }
    /* without ETag: what a GET gives is the client's own text, but not byte for byte */
    tw_http_request_respond(call->http, tw_http_response_new(entry != NULL ? 204 : 201));
}

static void
delete_collection(TwDavCall *call)
{
    const TwDavFolder *folder = call->target.folder;
    g_auto(TwFolderDeleteArgs) args = { .store = call->store, .folder = folder->number };
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < TW_LAYOUT_FOLDER_COUNT; i++) {
        if (call->folders.numbers[i] == folder->number) {
            tw_http_request_respond_error(call->http, 403);
            return;
        }
    }
    if (!tw_session_folder_delete(call->session, &args, &error))
        tw_dav_fail(call, error);
    else
        tw_http_request_respond(call->http, tw_http_response_new(204));
}

void
tw_dav_delete(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    const TwDavEntry *entry;
    g_autofree char *etag = NULL;
    g_auto(TwMessagesDeleteArgs) args = { .store = call->store };

    if (target->folder == NULL) {
        tw_http_request_respond_error(call->http, target->kind < TW_DAV_COLLECTION ? 403 : 404);
        return;
    }
    if (target->kind == TW_DAV_COLLECTION) {
        delete_collection(call);
        return;
    }
    index = tw_dav_index_get(call, target->folder->number, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    entry = g_hash_table_lookup(index->by_name, target->item);
    if (entry == NULL) {
        tw_http_request_respond_error(call->http, 404);
        return;
    }
    etag = tw_dav_etag(entry);
    if (tw_http_condition_check(call->head, etag, TRUE, -1) != TW_HTTP_CONDITION_PASS) {
        tw_http_request_respond_error(call->http, 412);
        return;
    }
    args.folder = target->folder->number;
    args.messages = (TwNumbers){ &entry->mid, 1 };
    if (!tw_session_messages_delete(call->session, &args, &error))
        tw_dav_fail(call, error);
    else
        tw_http_request_respond(call->http, tw_http_response_new(204));
}
