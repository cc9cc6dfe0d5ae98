/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * exportMessageChangesAsStream: many messages in one answer, each a part beside the XML. Source: spec/mapi-soap.md 1.6, 11.6.
 *
 * Who is there is found out first, because the XML comes first and lists them. The parts are made while they are taken: one
 * message at a time, its large values read as they go, so that no memory holds an attachment. A message that cannot be read
 * any more after it was listed breaks the answer off; the client then asks again.
 */
#include <string.h>

#include "mapi/result.h"
#include "soapd/soapd-private.h"

enum {
    CAPABILITY_ENHANCED_ICS = 0x100,
    FLAG_LIMITED = 0x200,
    FLAG_DELETED = 0x400,
    FLAG_BEST_BODY = 0x2000,

    HELD_MOST = 16 << 20, /* bytes of messages that are kept from listing to writing */
    HEAD_MOST = 64 << 20, /* of the XML */
    PIECE = 256 << 10,    /* of a value, read at once */
    OUT_ENOUGH = 32 << 10,
};

/* A message that is listed. */
typedef struct {
    TwGuid store;
    guint32 folder, message;
    TwObject *object; /* owned, nullable: too large to be kept until it is written */
    GBytes *computed; /* owned, with the object */
} Item;

typedef struct {
    TwSession *session; /* owned */
    guint flags;        /* TwSoapStreamFlags */
    TwMtomType type;
    TwBuffer head; /* what stands before the parts */
    GArray *items; /* Item */
    gsize held;
    GHashTable *names; /* property id -> TwNamedProp, owned, nullable */
    guint next;        /* item */
    GArray *pieces;    /* of the item before it; NULL: it has none left */
    guint piece;
    guint64 offset; /* in it */
} Export;

static void
clear_item(gpointer data)
{
    Item *item = data;

    g_clear_pointer(&item->object, tw_object_free);
    g_clear_pointer(&item->computed, g_bytes_unref);
}

static void
free_export(gpointer data)
{
    Export *export_it = data;

    tw_buffer_clear(&export_it->head);
    g_clear_pointer(&export_it->pieces, g_array_unref);
    g_array_unref(export_it->items);
    g_hash_table_unref(export_it->names);
    tw_session_unref(export_it->session);
    g_free(export_it);
}

static Export *
new_export(TwSoapdCall *call, guint32 flags)
{
    Export *export_it = g_new0(Export, 1);

    export_it->session = tw_session_ref(call->session);
    export_it->flags = (flags & FLAG_LIMITED ? (guint) TW_SOAP_STREAM_NO_RICH : 0) |
                       (flags & FLAG_BEST_BODY ? (guint) TW_SOAP_STREAM_BEST_BODY : 0);
    export_it->head = (TwBuffer) TW_BUFFER_INIT(HEAD_MOST);
    export_it->items = g_array_new(FALSE, FALSE, sizeof(Item));
    g_array_set_clear_func(export_it->items, clear_item);
    export_it->names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    tw_mtom_type_make(&export_it->type);
    return export_it;
}

/* ---- who is there ---- */

/* Where a key of the request leads; FALSE: nowhere. */
static gboolean
find_item(TwSoapdCall *call, const TwSoapSourceKeyPair *pair, gboolean by_id, Item *ret)
{
    g_autoptr(GBytes) key = tw_soapd_take_bytes(pair->sObjectKey);
    g_auto(TwSourceKeyLocateArgs) find = { .source_key = key };
    TwSoapdPlace place;

    *ret = (Item){ 0 };
    if (by_id) {
        if (!tw_soapd_find_message(call, pair->sObjectKey, &place, NULL))
            return FALSE;
        *ret = (Item){ .store = place.store, .folder = place.folder, .message = place.message };
        return TRUE;
    }
    if (key == NULL || !tw_session_source_key_locate(call->session, &find, NULL))
        return FALSE;
    *ret = (Item){ .store = find.store, .folder = find.folder, .message = find.message };
    return find.message != 0;
}

static gboolean
read_item(TwSession *session, const Item *item, TwMessageReadArgs *ret, GError **error)
{
    *ret = (TwMessageReadArgs){
        .store = item->store, .folder = item->folder, .message = item->message, .compute = TRUE
    };
    return tw_session_message_read(session, ret, error);
}

/* What a column asks for; of two forms of text the one that is asked for. */
static TwPropValue
cell(const TwObject *object, const TwProps *computed, guint32 tag)
{
    TwPropValue value;

    if ((computed != NULL && tw_props_get(computed, tag, &value)) ||
        tw_object_get(object, tag, &value)) {
        if (tw_prop_tag_is_text(value.tag))
            value.tag = tag;
        return value;
    }
    return tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), MAPI_E_NOT_FOUND);
}

/* Values are copied: the message may not be kept. */
static gboolean
copy_cell(TwSoapdCall *call, TwPropValue *value, GError **error)
{
    guint8 *bytes;

    if (value->len == 0)
        return TRUE;
    if (!tw_soapd_alloc(call, (gsize) value->len + 1, 1, &bytes, error))
        return FALSE;
    memcpy(bytes, value->data, value->len);
    bytes[value->len] = 0;
    value->data = bytes;
    return TRUE;
}

static gboolean
fill_cells(TwSoapdCall *call,
           const TwObject *object,
           GBytes *computed,
           const TwSoapPropTagArray *tags,
           TwSoapPropValArray *ret,
           GError **error)
{
    TwProps props;
    gboolean has = computed != NULL && tw_props_open_bytes(computed, &props, NULL);

    if (!tw_soapd_alloc(call, tags->count, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint32 i = 0; i < tags->count; i++) {
        ret->items[i] = cell(object, has ? &props : NULL, tags->items[i]);
        if (!copy_cell(call, &ret->items[i], error))
            return FALSE;
    }
    ret->count = tags->count;
    return TRUE;
}

/* Lists one message, if it is there. */
static gboolean
list_item(TwSoapdCall *call,
          Export *export_it,
          const TwSoapExportMessageChangesAsStreamArgs *args,
          guint32 step,
          TwSoapMessageStreamArray *ret,
          GError **error)
{
    const TwSoapSourceKeyPair *pair = &args->sSourceKeys.items[step];
    g_auto(TwMessageReadArgs) read = { 0 };
    TwSoapMessageStream *told = &ret->items[ret->count];
    gboolean deleted = (args->ulFlags & FLAG_DELETED) != 0;
    gsize size;
    Item item;

    if (!find_item(call, pair, args->ulPropTag == PR_ENTRYID, &item) ||
        !read_item(call->session, &item, &read, NULL) ||
        (read.row.state >= TW_MESSAGE_DELETED) != deleted)
        return TRUE;
    *told = (TwSoapMessageStream){ .ulStep = step };
    if (!fill_cells(call, read.object, read.computed, &args->sPropTags, &told->sPropVals, error))
        return FALSE;
    told->sStreamData = g_strdup_printf("emcas-%u", ret->count);
    tw_soapd_keep(call, (gpointer) (gsize) told->sStreamData, g_free); /* NOLINT: made above */
    size = tw_object_inline_bytes(read.object);
    if (size <= HELD_MOST - MIN((gsize) HELD_MOST, export_it->held)) {
        export_it->held += size;
        item.object = g_steal_pointer(&read.object);
        item.computed = g_steal_pointer(&read.computed);
    }
    g_array_append_val(export_it->items, item);
    ret->count++;
    return TRUE;
}

/* ---- a message as pieces ---- */

static const TwNamedProp *
name_of(guint id, gpointer data)
{
    const Export *export_it = data;

    return g_hash_table_lookup(export_it->names, GUINT_TO_POINTER(id));
}

/* Ids with names, of a whole message. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth of the object */
collect_ids(const Export *export_it, const TwObject *object, GArray *ids)
{
    static const TwObjectKind kinds[] = { TW_OBJECT_RECIPIENT, TW_OBJECT_ATTACHMENT };
    g_autoptr(GArray) tags = tw_object_list_tags(object);
    const TwObject *embedded = tw_object_get_embedded(object);

    for (guint i = 0; i < tags->len; i++) {
        guint32 id = tw_prop_tag_id(g_array_index(tags, guint32, i));

        if (id > TW_SOAP_STREAM_NAMES &&
            !g_hash_table_contains(export_it->names, GUINT_TO_POINTER(id)))
            g_array_append_val(ids, id);
    }
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        for (guint i = 0; i < tw_object_count(object, kinds[kind]); i++)
            collect_ids(export_it, tw_object_at(object, kinds[kind], i), ids);
    }
    if (embedded != NULL)
        collect_ids(export_it, embedded, ids);
}

static gboolean
learn_names(Export *export_it, const TwObject *object, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwIdsToNamesArgs) ask = { 0 };

    collect_ids(export_it, object, ids);
    if (ids->len == 0)
        return TRUE;
    ask.ids = (TwNumbers){ (const guint32 *) (const void *) ids->data, ids->len };
    if (!tw_session_ids_to_names(export_it->session, &ask, error))
        return FALSE;
    for (guint i = 0; i < ids->len; i++) {
        const TwNamedProp *name = g_ptr_array_index(ask.names, i);
        guint32 id = g_array_index(ids, guint32, i);

        if (name != NULL)
            g_hash_table_insert(export_it->names, GUINT_TO_POINTER(id), tw_named_prop_copy(name));
    }
    return TRUE;
}

/* What the server keeps beside the message and a copy of it needs; the source key is the last (spec/mapi-soap.md 12). */
static const guint32 kept_beside[] = {
    PR_MESSAGE_FLAGS,
    PR_MSG_STATUS,
    PR_CREATION_TIME,
    PR_LAST_MODIFIER_NAME,
    PR_LAST_MODIFIER_ENTRYID,
    PR_LAST_MODIFICATION_TIME,
    PR_SEARCH_KEY,
    PR_CHANGE_KEY,
    PR_PREDECESSOR_CHANGE_LIST,
    PR_SOURCE_KEY,
};

static gboolean
write_item(Export *export_it, Item *item, GError **error)
{
    TwPropValue more[G_N_ELEMENTS(kept_beside)];
    TwSoapStreamHow how = {
        .flags = export_it->flags, .name = name_of, .data = export_it, .more = more
    };
    TwProps computed;

    if (item->object == NULL) {
        g_auto(TwMessageReadArgs) read = { 0 };

        if (!read_item(export_it->session, item, &read, error))
            return FALSE;
        item->object = g_steal_pointer(&read.object);
        item->computed = g_steal_pointer(&read.computed);
    }
    if (!learn_names(export_it, item->object, error) ||
        !tw_props_open_bytes(item->computed, &computed, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(kept_beside); i++) {
        if (!tw_props_get(&computed, kept_beside[i], &more[how.more_count]))
            continue;
        tw_object_remove(item->object, kept_beside[i]);
        how.more_count++;
    }
    export_it->pieces = tw_soap_stream_write(item->object, &how, error);
    export_it->piece = 0;
    export_it->offset = 0;
    g_clear_pointer(&item->object, tw_object_free);
    g_clear_pointer(&item->computed, g_bytes_unref);
    return export_it->pieces != NULL;
}

/* ---- the answer, as it is taken ---- */

static gboolean
put_value(Export *export_it, const TwSoapStreamPiece *piece, TwBuffer *out, GError **error)
{
    const Item *item = &g_array_index(export_it->items, Item, export_it->next - 1);
    g_autoptr(GBytes) path = g_bytes_new(piece->part.bytes, piece->part.len);
    g_auto(TwValueReadArgs)
        read = { .store = item->store,
                 .folder = item->folder,
                 .message = item->message,
                 .path = path,
                 .offset = export_it->offset,
                 .most = (guint32) MIN(piece->len - export_it->offset, (guint64) PIECE) };
    const guint8 *bytes;
    gsize len;

    if (!tw_session_value_read(export_it->session, &read, error))
        return FALSE;
    bytes = g_bytes_get_data(read.bytes, &len);
    if (len == 0 || read.len != piece->len) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CHANGED, "a value changed under the export");
        return FALSE;
    }
    tw_buffer_put(out, bytes, len);
    export_it->offset += len;
    return TRUE;
}

static gboolean
put_piece(Export *export_it, TwBuffer *out, GError **error)
{
    const TwSoapStreamPiece *piece =
        &g_array_index(export_it->pieces, TwSoapStreamPiece, export_it->piece);

    if (piece->bytes != NULL) {
        const guint8 *bytes = g_bytes_get_data(piece->bytes, NULL);
        gsize len = MIN((gsize) (piece->len - export_it->offset), (gsize) PIECE);

        tw_buffer_put(out, bytes + export_it->offset, len);
        export_it->offset += len;
    } else if (!put_value(export_it, piece, out, error)) {
        return FALSE;
    }
    if (export_it->offset < piece->len)
        return TRUE;
    export_it->offset = 0;
    if (++export_it->piece == export_it->pieces->len)
        g_clear_pointer(&export_it->pieces, g_array_unref);
    return TRUE;
}

static gboolean
begin_item(Export *export_it, TwBuffer *out, GError **error)
{
    char id[32];

    g_snprintf(id, sizeof id, "emcas-%u", export_it->next);
    tw_mtom_put_part(&export_it->type, id, out);
    return write_item(export_it, &g_array_index(export_it->items, Item, export_it->next++), error);
}

static TwHttpPull
pull(TwBuffer *out, gpointer data)
{
    Export *export_it = data;

    if (export_it->head.len > 0) {
        gsize len = MIN(export_it->head.len - export_it->offset, (gsize) PIECE);

        tw_buffer_put(out, export_it->head.data + export_it->offset, len);
        export_it->offset += len;
        if (export_it->offset < export_it->head.len)
            return TW_HTTP_PULL_MORE;
        tw_buffer_clear(&export_it->head);
        export_it->offset = 0;
    }
    while (out->len < OUT_ENOUGH) {
        if (export_it->pieces != NULL) {
            if (!put_piece(export_it, out, NULL))
                return TW_HTTP_PULL_FAILED;
        } else if (export_it->next < export_it->items->len) {
            if (!begin_item(export_it, out, NULL))
                return TW_HTTP_PULL_FAILED;
        } else {
            tw_mtom_put_end(&export_it->type, out);
            return TW_HTTP_PULL_END;
        }
    }
    return TW_HTTP_PULL_MORE;
}

static gboolean
respond(TwSoapdCall *call, Export *export_it, gconstpointer response, GError **error)
{
    g_auto(TwBuffer) type = TW_BUFFER_INIT(TW_MTOM_MAX_TYPE);
    g_autofree char *content_type = NULL;
    TwHttpResponse *answer;

    tw_mtom_put_root(&export_it->type, &export_it->head);
    if (!tw_soapd_write(call->version, call->which, response, &export_it->head)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "an answer larger than its memory");
        return FALSE;
    }
    tw_mtom_put_type(&export_it->type, &type);
    content_type = g_strndup((const char *) type.data, type.len);
    tw_http_request_set_log(call->http, NULL, NULL, "exportMessageChangesAsStream", "SUCCESS");
    answer = tw_http_response_new(200);
    tw_http_response_set_stream(answer, content_type, -1, pull, export_it, free_export);
    tw_soapd_choose_coding(call, answer);
    call->answered = TRUE;
    tw_http_request_respond(call->http, answer);
    return TRUE;
}

gboolean
tw_soapd_export_message_changes_as_stream(TwSoapdCall *call,
                                          gconstpointer data,
                                          gpointer out,
                                          GError **error)
{
    const TwSoapExportMessageChangesAsStreamArgs *args = data;
    TwSoapExportMessageChangesAsStreamResponse *ret = out;
    Export *export_it;
    gboolean ok;

    if ((call->client->capabilities & CAPABILITY_ENHANCED_ICS) == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    if (args->ulPropTag != 0 && args->ulPropTag != PR_SOURCE_KEY && args->ulPropTag != PR_ENTRYID)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    if (!tw_soapd_alloc(call, args->sSourceKeys.count, sizeof *ret->sMsgStreams.items,
                        &ret->sMsgStreams.items, error))
        return FALSE;
    export_it = new_export(call, args->ulFlags);
    for (guint32 i = 0; i < args->sSourceKeys.count; i++) {
        if (!list_item(call, export_it, args, i, &ret->sMsgStreams, error)) {
            free_export(export_it);
            return FALSE;
        }
    }
    /* without a stream it is an ordinary answer */
    ok = export_it->items->len == 0 || respond(call, export_it, ret, error);
    if (!call->answered)
        free_export(export_it);
    return ok;
}
