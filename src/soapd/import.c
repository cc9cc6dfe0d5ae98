/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * importMessageFromStream: a message as a part behind the XML. The part is read as it comes: large values go to the storage in
 * pieces (VALUE_BEGIN and so on), the rest is the message in hand, which is saved when all of it is there. Source:
 * spec/mapi-soap.md 11.7, 12.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    FLAG_ASSOCIATED = 0x40,
    VALUES_MOST = 24, /* of one message that go to the storage while they come; more are held */
};

struct TwSoapdImport {
    TwSoapdCall *call; /* borrowed: it owns this */
    const TwSoapImportMessageFromStreamArgs *args;
    TwSoapdPlace place;
    TwSoapStreamReader *reader;
    GArray *uses;  /* TwValueUse */
    guint32 value; /* on its way; 0: none */
};

static void
clear_use(gpointer data)
{
    g_clear_pointer(&((TwValueUse *) data)->path, g_bytes_unref);
}

static void
drop_value(TwSoapdImport *import, guint32 value)
{
    g_auto(TwValueDropArgs) drop = { .value = value };

    if (value != 0)
        (void) tw_session_value_drop(import->call->session, &drop, NULL);
}

void
tw_soapd_import_free(TwSoapdImport *import)
{
    if (import == NULL)
        return;
    /* those that were saved are gone already */
    drop_value(import, import->value);
    for (guint i = 0; i < import->uses->len; i++)
        drop_value(import, g_array_index(import->uses, TwValueUse, i).value);
    g_array_unref(import->uses);
    tw_soap_stream_reader_free(import->reader);
    g_free(import);
}

/* ---- what the reader asks ---- */

static gboolean
on_wants(const TwObject *node, guint32 tag, gpointer data)
{
    const TwSoapdImport *import = data;
    gboolean top = tw_object_get_parent(node) == NULL;

    return tw_save_may_set(tw_object_get_kind(node), tag,
                           (guint) TW_SAVE_FIRST | (top ? (guint) TW_SAVE_IN_FOLDER : 0) |
                               (import->args->ulSyncId != 0 ? (guint) TW_SAVE_SYNC : 0));
}

static gboolean
on_name(const TwNamedProp *name, guint *ret_id, gpointer data, GError **error)
{
    TwSoapdImport *import = data;
    const TwNamedProp *names[] = { name };
    g_auto(TwNamesToIdsArgs) ask = { .names = { names, 1 }, .create = TRUE };

    if (!tw_named_prop_check(name, error) ||
        !tw_session_names_to_ids(import->call->session, &ask, error))
        return FALSE;
    *ret_id = g_array_index(ask.ids, guint32, 0);
    return TRUE;
}

static gboolean
on_begin(guint32 len, gboolean *ret_taken, gpointer data, GError **error)
{
    TwSoapdImport *import = data;
    g_auto(TwValueBeginArgs) begin = { .store = import->place.store };

    (void) len;
    *ret_taken = import->uses->len < VALUES_MOST;
    if (!*ret_taken)
        return TRUE;
    if (!tw_session_value_begin(import->call->session, &begin, error))
        return FALSE;
    import->value = begin.value;
    return TRUE;
}

static gboolean
on_piece(const guint8 *bytes, gsize len, gpointer data, GError **error)
{
    TwSoapdImport *import = data;

    for (gsize at = 0; at < len; at += TW_SESSION_MOST_BYTES) {
        g_autoptr(GBytes) piece =
            g_bytes_new(bytes + at, MIN(len - at, (gsize) TW_SESSION_MOST_BYTES));
        g_auto(TwValueWriteArgs) write_it = { .value = import->value, .bytes = piece };

        if (!tw_session_value_write(import->call->session, &write_it, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
on_end(const TwObject *node, guint32 tag, gpointer data, GError **error)
{
    TwSoapdImport *import = data;
    g_auto(TwValueFinishArgs) finish = { .value = import->value };
    TwValueUse use = { .tag = tag, .value = import->value };
    TwPart part;

    if (tag == 0) {
        drop_value(import, import->value);
        import->value = 0;
        return TRUE;
    }
    if (!tw_session_value_finish(import->call->session, &finish, error))
        return FALSE;
    import->value = 0;
    tw_soapd_part_of(node, &part);
    tw_part_push(&part, TW_PART_PROPERTY, tw_prop_tag_id(tag));
    use.path = g_bytes_new(part.bytes, part.len);
    g_array_append_val(import->uses, use);
    return TRUE; /* cppcheck-suppress memleak; clear_use() frees it */
}

static const TwSoapStreamFuncs stream_funcs = {
    .wants = on_wants, .name = on_name, .begin = on_begin, .piece = on_piece, .end = on_end
};

/* ---- the call, in steps ---- */

static gboolean
find_place(TwSoapdImport *import, GError **error)
{
    const TwSoapImportMessageFromStreamArgs *args = import->args;
    g_auto(TwMessageGetArgs) get = { 0 };

    if (args->bIsNew)
        return tw_soapd_find_folder(import->call, args->sParentEntryId, &import->place, error);
    if (!tw_soapd_find_message(import->call, args->sEntryId, &import->place, error))
        return FALSE;
    get.store = import->place.store;
    get.message = import->place.message;
    if (!tw_session_message_get(import->call->session, &get, error))
        return FALSE;
    return get.row.state < TW_MESSAGE_DELETED ||
           tw_soapd_fail(TW_SOAP_RESULT_OBJECT_DELETED, error);
}

TwSoapdImport *
tw_soapd_import_begin(TwSoapdCall *call,
                      const TwSoapImportMessageFromStreamArgs *args,
                      GError **error)
{
    TwSoapdImport *import = g_new0(TwSoapdImport, 1);

    import->call = call;
    import->args = args;
    import->uses = g_array_new(FALSE, FALSE, sizeof(TwValueUse));
    g_array_set_clear_func(import->uses, clear_use);
    import->reader = tw_soap_stream_reader_new(&stream_funcs, import);
    if (find_place(import, error))
        return import;
    tw_soapd_import_free(import);
    return NULL;
}

/* What is no stream is the client's mistake, not the storage's. */
static gboolean
refuse_stream(GError *why, GError **error)
{
    g_autoptr(GError) owned = why;

    if (g_error_matches(owned, TW_ERROR, TW_ERROR_CORRUPT))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    g_propagate_error(error, g_steal_pointer(&owned));
    return FALSE;
}

gboolean
tw_soapd_import_feed(TwSoapdImport *import, const guint8 *bytes, gsize len, GError **error)
{
    GError *why = NULL;

    return tw_soap_stream_reader_feed(import->reader, bytes, len, &why) ||
           refuse_stream(why, error);
}

static TwValueUses
uses_of(const TwSoapdImport *import)
{
    return (TwValueUses){ (const TwValueUse *) (const void *) import->uses->data,
                          import->uses->len };
}

static gboolean
create(TwSoapdImport *import, TwObject *object, GError **error)
{
    const TwSoapImportMessageFromStreamArgs *args = import->args;
    g_autoptr(GBytes) entry_id = tw_soapd_take_bytes(args->sEntryId);
    g_autoptr(GBytes) source_key =
        tw_soapd_new_source_key(import->call, &import->place.store, object);
    g_auto(TwMessageCreateArgs) make = {
        .store = import->place.store,
        .folder = import->place.folder,
        .object = object,
        .values = uses_of(import),
        .associated = (args->ulFlags & FLAG_ASSOCIATED) != 0,
        .context = args->ulSyncId != 0 ? (guint32) TW_FLAGS_SYNC : 0,
        .entry_id = entry_id,
        .source_key = source_key,
        .sync = args->ulSyncId,
    };

    return tw_session_message_create(import->call->session, &make, error);
}

/* The old message gives way and keeps its number, entry id and IMAP id. */
static gboolean
replace(TwSoapdImport *import, TwObject *object, GError **error)
{
    const TwSoapImportMessageFromStreamArgs *args = import->args;
    g_auto(TwMessageSaveArgs) save = {
        .store = import->place.store,
        .folder = import->place.folder,
        .message = import->place.message,
        .object = object,
        .values = uses_of(import),
        .context = (args->ulSyncId != 0 ? (guint32) TW_FLAGS_SYNC : 0) |
                   (tw_object_has(object, PR_MESSAGE_FLAGS) ? (guint32) TW_FLAGS_SET : 0),
        .sync = args->ulSyncId,
    };

    tw_object_remove(object, PR_SOURCE_KEY);
    return tw_session_message_save(import->call->session, &save, error);
}

/* The stream was fed before the call is done. */
gboolean
tw_soapd_import_message_from_stream(TwSoapdCall *call,
                                    gconstpointer data,
                                    gpointer out,
                                    GError **error)
{
    const TwSoapImportMessageFromStreamArgs *args = data;
    g_autoptr(TwObject) object = NULL;
    GError *why = NULL;

    (void) out;
    if (call->import == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    object = tw_soap_stream_reader_finish(call->import->reader, &why);
    if (object == NULL)
        return refuse_stream(why, error);
    if (args->lpsConflictItems != NULL && args->lpsConflictItems->tag == PR_CONFLICT_ITEMS &&
        !tw_object_set(object, args->lpsConflictItems, error))
        return FALSE;
    return args->bIsNew ? create(call->import, object, error)
                        : replace(call->import, object, error);
}
