/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* COPY and MOVE: RFC 4918, 9.8 and 9.9. Collections move only within their home, as a new name. */
#include "dav/dav-private.h"

#include <string.h>

#include "base/error.h"
#include "net/http-condition.h"

typedef struct {
    TwDavTarget to;
    TwDavIndex *from_index, *to_index; /* (owned) */
    const TwDavEntry *entry;           /* (owned): what is copied */
    const TwDavEntry *there;           /* (owned) (nullable): what it takes the place of */
} Copy;

static void
copy_clear(Copy *copy)
{
    tw_dav_target_clear(&copy->to);
    tw_dav_index_unref(copy->from_index);
    tw_dav_index_unref(copy->to_index);
    tw_dav_entry_unref(copy->entry);
    tw_dav_entry_unref(copy->there);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

/* The path of Destination, or an answer that was sent. */
static gboolean
read_destination(TwDavCall *call, TwDavTarget *ret)
{
    const char *url = tw_http_head_get(call->head, "Destination");
    g_autoptr(GError) error = NULL;

    if (url == NULL) {
        tw_http_request_respond_error(call->http, 400);
        return FALSE;
    }
    if (tw_dav_target_read_url(call, url, ret, &error))
        return TRUE;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_INVALID))
        tw_http_request_respond_error(call->http, 502);
    else if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
        tw_http_request_respond_error(call->http, 409);
    else
        tw_dav_fail(call, error);
    return FALSE;
}

static gboolean
prepare(TwDavCall *call, Copy *copy, GError **error)
{
    const TwDavTarget *from = &call->target;

    copy->from_index = tw_dav_index_get(call, &from->owner.store, from->folder, error);
    if (copy->from_index == NULL)
        return FALSE;
    copy->to_index = tw_dav_index_get(call, &copy->to.owner.store, copy->to.folder, error);
    if (copy->to_index == NULL)
        return FALSE;
    copy->entry = tw_dav_index_find(copy->from_index, from->item);
    copy->there = tw_dav_index_find(copy->to_index, copy->to.item);
    if (copy->entry != NULL && tw_dav_entry_seen(call, copy->entry))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such item");
    return FALSE;
}

/* Whether it may be; else an answer was sent. */
static gboolean
may_copy(TwDavCall *call, const Copy *copy, gboolean move)
{
    const TwDavTarget *from = &call->target;
    gboolean same = tw_guid_equal(&from->owner.store, &copy->to.owner.store) &&
                    from->folder->number == copy->to.folder->number;
    const char *overwrite = tw_http_head_get(call->head, "Overwrite");
    g_autofree char *etag = tw_dav_etag(copy->entry);
    g_autoptr(TwDavEntryRef) twin = tw_dav_index_find_uid(copy->to_index, copy->entry->uid);

    if (tw_http_condition_check(call->head, etag, TRUE, -1) != TW_HTTP_CONDITION_PASS ||
        (copy->there != NULL && overwrite != NULL && g_ascii_strcasecmp(overwrite, "F") == 0)) {
        tw_http_request_respond_error(call->http, 412);
        return FALSE;
    }
    if (tw_dav_refuse_schedule_tag(call, copy->entry))
        return FALSE;
    if (copy->there == copy->entry ||
        (copy->entry->is_private && !from->owner.own && !from->owner.is_public)) {
        tw_http_request_respond_error(call->http, 403);
        return FALSE;
    }
    if (twin != NULL && twin != copy->there && !(move && same)) {
        tw_dav_refuse_uid(call, &copy->to, twin);
        return FALSE;
    }
    /* the UID of what is at a path does not change */
    if (copy->there != NULL && strcmp(copy->there->uid, copy->entry->uid) != 0) {
        tw_dav_refuse_uid(call, &copy->to, copy->there);
        return FALSE;
    }
    return TRUE;
}

/* Gives a message its name in a path. */
static gboolean
rename_item(TwDavCall *call, const TwDavTarget *target, guint32 mid, GError **error)
{
    guint64 cn = 0;
    g_autoptr(TwObject) object =
        tw_dav_item_read(call, &target->owner.store, target->folder->number, mid, &cn, error);
    TwPropValue name =
        tw_value_str(tw_dav_named_tag(call, TW_NameCaldavResourceName), target->item);
    g_auto(TwMessageSaveArgs) save = { .store = target->owner.store,
                                       .folder = target->folder->number,
                                       .message = mid,
                                       .object = object,
                                       .cn = cn };

    return object != NULL && tw_object_set(object, &name, error) &&
           tw_session_message_save(call->session, &save, error);
}

/* The message as it is, with all that no text says, under a new name. */
static gboolean
transfer(TwDavCall *call, const Copy *copy, gboolean move, GError **error)
{
    const TwDavTarget *from = &call->target, *to = &copy->to;
    guint32 mid = copy->entry->mid;
    g_auto(TwMessagesTransferArgs) args = { .store = from->owner.store,
                                            .folder = from->folder->number,
                                            .messages = { &mid, 1 },
                                            .to_store = to->owner.store,
                                            .to_folder = to->folder->number,
                                            .move = move };

    if (copy->there != NULL && !tw_dav_delete_item(call, to, copy->there, error))
        return FALSE;
    if (!move || from->folder->number != to->folder->number ||
        !tw_guid_equal(&from->owner.store, &to->owner.store)) {
        if (!tw_session_messages_transfer(call->session, &args, error))
            return FALSE;
        if (args.done->len != 1 || g_array_index(args.done, TwMessageDone, 0).new_mid == 0) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "the item was not copied");
            return FALSE;
        }
        mid = g_array_index(args.done, TwMessageDone, 0).new_mid;
    }
    return rename_item(call, to, mid, error);
}

static void
copy_item(TwDavCall *call, Copy *copy, gboolean move)
{
    g_autoptr(GError) error = NULL;
    TwHttpResponse *response;

    if (copy->to.kind != TW_DAV_ITEM || copy->to.folder == NULL) {
        tw_http_request_respond_error(call->http, 409);
        return;
    }
    if (copy->to.space != call->target.space || tw_dav_folder_is_fixed(copy->to.folder) ||
        call->target.folder->holds == TW_DAV_HOLDS_INBOX ||
        (move && tw_dav_folder_is_fixed(call->target.folder))) {
        tw_http_request_respond_error(call->http, 403);
        return;
    }
    if (!prepare(call, copy, &error)) {
        tw_dav_fail(call, error);
        return;
    }
    if (!may_copy(call, copy, move))
        return;
    if (!transfer(call, copy, move, &error)) {
        tw_dav_fail(call, error);
        return;
    }
    response = tw_http_response_new(copy->there != NULL ? 204 : 201);
    tw_dav_add_location(call, response, &copy->to);
    tw_http_request_respond(call->http, response);
}

/* A collection gets another name in its path: a property of the folder. */
static void
move_collection(TwDavCall *call, const Copy *copy, gboolean move)
{
    const TwDavTarget *from = &call->target;
    g_autoptr(GError) error = NULL;
    TwPropValue value;
    g_auto(TwFolderChangePropsArgs) args = { .store = from->owner.store,
                                             .folder = from->folder->number,
                                             .changes = { .values = &value, .value_count = 1 } };

    if (!move || copy->to.kind != TW_DAV_COLLECTION || copy->to.space != from->space ||
        !tw_guid_equal(&copy->to.owner.store, &from->owner.store) ||
        tw_dav_folder_is_fixed(from->folder) || tw_dav_is_default(from)) {
        tw_http_request_respond_error(call->http, 403);
        return;
    }
    if (copy->to.folder != NULL) {
        tw_http_request_respond_error(call->http, 412);
        return;
    }
    value = tw_value_str(tw_dav_named_tag(call, TW_NameCaldavFolderId), copy->to.segment);
    if (!tw_session_folder_change_props(call->session, &args, &error))
        tw_dav_fail(call, error);
    else
        tw_http_request_respond(call->http, tw_http_response_new(201));
}

void
tw_dav_copy(TwDavCall *call)
{
    gboolean move = strcmp(call->head->method, "MOVE") == 0;
    g_auto(Copy) copy = { 0 };

    if (call->target.kind < TW_DAV_COLLECTION || call->target.folder == NULL) {
        tw_http_request_respond_error(call->http,
                                      call->target.kind < TW_DAV_COLLECTION ? 403 : 404);
        return;
    }
    if (!read_destination(call, &copy.to))
        return;
    if (call->target.kind == TW_DAV_COLLECTION)
        move_collection(call, &copy, move);
    else
        copy_item(call, &copy, move);
}
