/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Change synchronisation over the wire: spec/mapi-soap.md 11, 12. */
#include <string.h>

#include "soapd/wire.h"

enum {
    FLAGS_ALL = 0x38, /* read state, associated and normal messages */
    TAG_DATA = 0x37010102,
    STEPS = 120,
    LARGE = 3 << 20,
};

/* Somebody else's changes, and a client that knows the folder by synchronisation alone. */
typedef struct {
    Wire wire;
    guint64 other, mine;
    TwSoapBytes inbox, sub, inbox_key;
    guint32 sync, change;
    GHashTable *replica; /* source key as text -> "subject/read" */
    guint made;
} Bench;

static char *
key_text(const guint8 *data, gsize len)
{
    return g_base64_encode(data, len);
}

static TwSoapBytes
source_key(Bench *bench, TwSoapBytes id)
{
    TwSoapLoadObjectArgs load = { .ulSessionId = bench->other, .sEntryId = id };
    const TwSoapLoadObjectResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_LOAD_OBJECT, &load);
    const TwPropValue *key;

    g_assert_cmphex(got->er, ==, 0);
    key = wire_prop(&got->sSaveObject.modProps, PR_SOURCE_KEY);
    g_assert_nonnull(key);
    return (TwSoapBytes){ key->data, key->len };
}

static guint32
set_status(
    Bench *bench, TwSoapBytes key, guint32 sync, guint32 change, guint32 type, guint32 wanted)
{
    TwSoapSetSyncStatusArgs args = { .ulSessionId = bench->mine,
                                     .sSourceKeyFolder = key,
                                     .ulSyncId = sync,
                                     .ulChangeId = change,
                                     .ulChangeType = type };
    const TwSoapSetSyncStatusResponse *got =
        wire_call(&bench->wire, TW_SOAP_CALL_SET_SYNC_STATUS, &args);

    g_assert_cmphex(got->er, ==, wanted);
    return got->ulSyncId;
}

static const TwSoapIcsChangeResponse *
get_changes(Bench *bench, guint32 sync, guint32 change, guint32 type, guint32 flags)
{
    TwSoapGetChangesArgs args = { .ulSessionId = bench->mine,
                                  .sSourceKeyFolder = bench->inbox_key,
                                  .ulSyncId = sync,
                                  .ulChangeId = change,
                                  .ulChangeType = type,
                                  .ulFlags = flags };

    return wire_call(&bench->wire, TW_SOAP_CALL_GET_CHANGES, &args);
}

static TwSoapBytes
create_folder(Bench *bench, TwSoapBytes parent, const char *name)
{
    TwSoapCreateFolderArgs create = {
        .ulSessionId = bench->other, .sParentId = parent, .ulType = 1, .szName = name
    };
    const TwSoapCreateFolderResponse *made =
        wire_call(&bench->wire, TW_SOAP_CALL_CREATE_FOLDER, &create);

    g_assert_cmphex(made->er, ==, 0);
    return made->sEntryId;
}

static void
bench_new(Bench *bench)
{
    memset(bench, 0, sizeof *bench);
    wire_new(&bench->wire, NULL);
    bench->other = wire_logon(&bench->wire, "anna", 0);
    bench->mine = wire_logon(&bench->wire, "anna", 0);
    bench->inbox = wire_folder_id(&bench->wire, bench->other, "");
    bench->sub = create_folder(bench, bench->inbox, "Sub");
    bench->inbox_key = source_key(bench, bench->inbox);
    bench->replica = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
bench_free(Bench *bench)
{
    g_hash_table_unref(bench->replica);
    wire_free(&bench->wire);
}

/* ---- streams at the client ---- */

static gboolean
want_all(const TwObject *node, guint32 tag, gpointer data)
{
    (void) node;
    (void) data;
    return tw_prop_tag_is_storable(tag);
}

static gboolean
same_id(const TwNamedProp *name, guint *ret_id, gpointer data, GError **error)
{
    (void) data;
    (void) error;
    g_assert_true(name->name != NULL || name->lid != 0);
    *ret_id = 0x9000;
    return TRUE;
}

static gboolean
take_nothing(guint32 len, gboolean *ret_taken, gpointer data, GError **error)
{
    (void) len;
    (void) data;
    (void) error;
    *ret_taken = FALSE;
    return TRUE;
}

static const TwSoapStreamFuncs client_funcs = { .wants = want_all,
                                                .name = same_id,
                                                .begin = take_nothing };

static TwObject *
read_stream(const GByteArray *stream)
{
    g_autoptr(TwSoapStreamReader) reader = tw_soap_stream_reader_new(&client_funcs, NULL);
    g_autoptr(GError) error = NULL;
    TwObject *object;

    tw_soap_stream_reader_feed(reader, stream->data, stream->len, &error);
    g_assert_no_error(error);
    object = tw_soap_stream_reader_finish(reader, &error);
    g_assert_no_error(error);
    return object;
}

static void
free_part(gpointer part)
{
    g_byte_array_unref(part);
}

static GPtrArray *
export_keys(Bench *bench, TwSoapSourceKeyPair *pairs, guint count, guint32 *ret_steps)
{
    guint32 tags[] = { PR_SOURCE_KEY, PR_ENTRYID, PR_SENDER_NAME };
    TwSoapExportMessageChangesAsStreamArgs args = { .ulSessionId = bench->mine,
                                                    .sPropTags = { tags, 3 },
                                                    .sSourceKeys = { pairs, count },
                                                    .ulPropTag = PR_SOURCE_KEY };
    GPtrArray *parts = g_ptr_array_new_with_free_func(free_part);
    const TwSoapExportMessageChangesAsStreamResponse *got = wire_export(&bench->wire, &args, parts);

    for (guint i = 0; i < parts->len; i++) {
        const TwSoapMessageStream *item = &got->sMsgStreams.items[i];

        g_assert_cmpuint(item->ulStep, <, count);
        ret_steps[i] = item->ulStep;
        g_assert_cmpuint(item->sPropVals.count, ==, 3);
        wire_assert_bytes(item->sPropVals.items[0].data, item->sPropVals.items[0].len,
                          pairs[item->ulStep].sObjectKey.data, pairs[item->ulStep].sObjectKey.len);
        g_assert_cmpuint(item->sPropVals.items[1].len, ==, 48);
        g_assert_cmphex(item->sPropVals.items[2].tag, ==, 0x0C1A000A);
    }
    return parts;
}

/* ---- the replica ---- */

/* Does what it is told: whole messages come as streams. */
static void
apply_changes(Bench *bench)
{
    const TwSoapIcsChangeResponse *got =
        get_changes(bench, bench->sync, bench->change, 1, FLAGS_ALL);
    g_autofree TwSoapSourceKeyPair *pairs = NULL;
    g_autofree guint32 *steps = NULL;
    g_autoptr(GPtrArray) parts = NULL;
    guint count = 0;

    g_assert_cmphex(got->er, ==, 0);
    pairs = g_new0(TwSoapSourceKeyPair, got->sChangesArray.count + 1);
    steps = g_new0(guint32, got->sChangesArray.count + 1);
    for (guint32 i = 0; i < got->sChangesArray.count; i++) {
        const TwSoapIcsChange *change = &got->sChangesArray.items[i];
        g_autofree char *key = key_text(change->sSourceKey.data, change->sSourceKey.len);
        const char *known = g_hash_table_lookup(bench->replica, key);

        g_assert_cmphex(change->ulChangeType & 0xF000, ==, 0x1000);
        g_assert_cmpuint(change->ulChangeId, <=, got->ulMaxChangeId);
        wire_assert_bytes(change->sParentSourceKey.data, change->sParentSourceKey.len,
                          bench->inbox_key.data, bench->inbox_key.len);
        switch (change->ulChangeType & 0xF) {
        case 1:
        case 2:
            pairs[count].sParentKey = change->sParentSourceKey;
            pairs[count++].sObjectKey = change->sSourceKey;
            break;
        case 3:
            if (known != NULL) {
                g_auto(GStrv) parted = g_strsplit(known, "/", 2);
                g_hash_table_insert(bench->replica, g_steal_pointer(&key),
                                    g_strdup_printf("%s/%u", parted[0], change->ulFlags));
            }
            break;
        default:
            g_hash_table_remove(bench->replica, key);
            break;
        }
    }
    parts = export_keys(bench, pairs, count, steps);
    for (guint i = 0; i < parts->len; i++) {
        g_autoptr(TwObject) object = read_stream(g_ptr_array_index(parts, i));
        TwSoapBytes key = pairs[steps[i]].sObjectKey;
        g_hash_table_insert(bench->replica, key_text(key.data, key.len),
                            g_strdup_printf("%s/%u", tw_object_get_text(object, PR_SUBJECT, "?"),
                                            tw_object_get_long(object, PR_MESSAGE_FLAGS, 0) & 1));
    }
    bench->change = got->ulMaxChangeId;
    set_status(bench, bench->inbox_key, bench->sync, bench->change, 1, 0);
}

/* The rows of the folder, or of its associated list. */
static const TwSoapRowSet *
read_rows(Bench *bench, guint32 flags)
{
    guint32 tags[] = { PR_SOURCE_KEY, PR_SUBJECT, PR_MESSAGE_FLAGS, PR_ENTRYID };
    TwSoapTableOpenRequest open = {
        .sEntryId = bench->inbox, .ulTableType = 1, .ulType = 5, .ulFlags = flags
    };
    TwSoapPropTagArray columns = { tags, 4 };
    TwSoapTableQueryRowsRequest query = { .ulCount = 0x7fffffff };
    TwSoapTableMultiArgs multi = { .ulSessionId = bench->other };
    const TwSoapTableMultiResponse *rows;
    TwSoapTableCloseArgs close_it = { .ulSessionId = bench->other };

    multi.sRequest = (TwSoapTableMultiRequest){ .lpOpen = &open,
                                                .lpSetColumns = &columns,
                                                .lpQueryRows = &query };
    rows = wire_call(&bench->wire, TW_SOAP_CALL_TABLE_MULTI, &multi);
    g_assert_cmphex(rows->er, ==, 0);
    close_it.ulTableId = rows->ulTableId;
    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_TABLE_CLOSE, &close_it), ==, 0);
    return &rows->sRowSet;
}

static void
compare_replica(Bench *bench)
{
    static const guint32 lists[] = { 0, 0x40 };
    guint count = 0;

    for (guint list = 0; list < G_N_ELEMENTS(lists); list++) {
        const TwSoapRowSet *rows = read_rows(bench, lists[list]);

        for (guint32 i = 0; i < rows->count; i++) {
            const TwPropValue *cells = rows->items[i].items;
            g_autofree char *key = key_text(cells[0].data, cells[0].len);
            g_autofree char *wanted = g_strdup_printf("%s/%u", cells[1].text, cells[2].u4 & 1);

            g_assert_cmpstr(g_hash_table_lookup(bench->replica, key), ==, wanted);
            count++;
        }
    }
    g_assert_cmpuint(g_hash_table_size(bench->replica), ==, count);
}

/* ---- what somebody else does ---- */

static TwSoapBytes
save_message(Bench *bench, TwSoapBytes folder, TwSoapBytes id, guint32 sync, guint32 flags)
{
    g_autofree char *subject = g_strdup_printf("subject %u", bench->made++);
    TwPropValue props[] = { tw_value_str(PR_SUBJECT, subject),
                            tw_value_str(PR_MESSAGE_CLASS, "IPM.Note") };
    TwSoapSaveObject tree = { .modProps = { props, 2 }, .ulObjType = 5 };
    TwSoapSaveObjectArgs args = { .ulSessionId = sync != 0 ? bench->mine : bench->other,
                                  .sParentEntryId = folder,
                                  .sEntryId = id,
                                  .lpsSaveObj = &tree,
                                  .ulFlags = flags,
                                  .ulSyncId = sync };

    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SAVE_OBJECT, &args), ==, 0);
    return id;
}

static TwSoapBytes
random_message(Bench *bench)
{
    const TwSoapRowSet *rows = read_rows(bench, g_test_rand_int_range(0, 4) == 0 ? 0x40 : 0);
    const TwPropValue *id;

    if (rows->count == 0)
        return (TwSoapBytes){ 0 };
    id = &rows->items[g_test_rand_int_range(0, (gint32) rows->count)].items[3];
    return (TwSoapBytes){ id->data, id->len };
}

static void
change_something(Bench *bench)
{
    TwSoapBytes id = random_message(bench);
    TwSoapEntryList list = { &id, 1 };
    TwSoapDeleteObjectsArgs delete_them = { .ulSessionId = bench->other, .aMessages = &list };
    TwSoapSetReadFlagsArgs mark = { .ulSessionId = bench->other, .lpMessages = &list };
    TwSoapCopyObjectsArgs copy = { .ulSessionId = bench->other, .aMessages = &list };
    gint32 what = g_test_rand_int_range(0, 12);
    guint8 bytes[TW_OBJECT_ID_LEN];

    if (id.len == 0 || what < 4) {
        save_message(bench, bench->inbox,
                     wire_new_id(&bench->wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes), 0,
                     what == 0 ? 0x40 : 0);
    } else if (what < 6) {
        save_message(bench, bench->inbox, id, 0, 0);
    } else if (what < 9) {
        mark.ulFlags = what == 8 ? 4 : 1;
        g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SET_READ_FLAGS, &mark), ==, 0);
    } else if (what < 11) {
        delete_them.ulFlags = what == 9 ? 0x10 : 0;
        g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_DELETE_OBJECTS, &delete_them), ==,
                        0);
    } else {
        copy.ulFlags = 1;
        copy.sDestFolderId = bench->sub;
        g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_COPY_OBJECTS, &copy), ==, 0);
    }
}

/* A client that begins with what is there and then does what it is told knows what the tables show. */
static void
test_replica(void)
{
    Bench bench;

    bench_new(&bench);
    for (guint i = 0; i < 20; i++)
        change_something(&bench);
    bench.sync = set_status(&bench, bench.inbox_key, 0, 0, 1, 0);
    g_assert_cmpuint(bench.sync, !=, 0);
    apply_changes(&bench);
    compare_replica(&bench);
    for (guint i = 0; i < STEPS; i++) {
        change_something(&bench);
        if (g_test_rand_int_range(0, 3) == 0) {
            apply_changes(&bench);
            compare_replica(&bench);
        }
    }
    apply_changes(&bench);
    compare_replica(&bench);
    bench_free(&bench);
}

/* ---- sync ids ---- */

static void
test_status(void)
{
    static const guint8 nothing[22] = { 1 };
    Bench bench;
    TwSoapGetSyncStatesArgs states = { 0 };
    const TwSoapGetSyncStatesReponse *got;
    guint32 ids[3];
    TwSoapBytes sub;
    const TwSoapIcsChangeResponse *changes;

    bench_new(&bench);
    sub = source_key(&bench, bench.sub);
    set_status(&bench, (TwSoapBytes){ nothing, 22 }, 0, 0, 1, 0x80000002);
    set_status(&bench, bench.inbox_key, 0, 0, 7, 0x80000006);
    ids[0] = set_status(&bench, bench.inbox_key, 0, 0, 1, 0);
    ids[1] = set_status(&bench, bench.inbox_key, 0, 0, 2, 0);
    ids[2] = 4711;
    g_assert_cmpuint(ids[0], !=, ids[1]);
    set_status(&bench, bench.inbox_key, ids[0], 17, 1, 0);
    set_status(&bench, bench.inbox_key, ids[0], 17, 2, 0x80000008);
    set_status(&bench, sub, ids[0], 17, 1, 0x80000008);
    set_status(&bench, bench.inbox_key, 4711, 17, 1, 0x80000002);
    /* the whole server is the administrator's */
    set_status(&bench, (TwSoapBytes){ 0 }, 0, 0, 1, 0x80000003);

    states.ulSessionId = bench.mine;
    states.ulaSyncId.items = ids;
    states.ulaSyncId.count = 3;
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_SYNC_STATES, &states);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->sSyncStates.count, ==, 2);
    g_assert_cmpuint(got->sSyncStates.items[0].ulSyncId, ==, ids[0]);
    g_assert_cmpuint(got->sSyncStates.items[0].ulChangeId, ==, 17);

    /* another's sync id is as if it were not there */
    bench.mine = wire_logon(&bench.wire, "bert", 0);
    set_status(&bench, bench.inbox_key, ids[0], 18, 1, 0x80000002);
    g_assert_cmphex(get_changes(&bench, ids[0], 0, 1, FLAGS_ALL)->er, ==, 0x80000002);
    set_status(&bench, bench.inbox_key, 0, 0, 1, 0x80000002);
    bench.mine = wire_logon(&bench.wire, "anna", 0);
    changes = get_changes(&bench, ids[1], 0, 2, 0);
    g_assert_cmphex(changes->er, ==, 0);
    g_assert_cmpuint(changes->sChangesArray.count, ==, 1);
    g_assert_cmphex(changes->sChangesArray.items[0].ulChangeType, ==, 0x2001);
    wire_assert_bytes(changes->sChangesArray.items[0].sSourceKey.data,
                      changes->sChangesArray.items[0].sSourceKey.len, sub.data, sub.len);
    g_assert_cmphex(get_changes(&bench, ids[1], 0, 1, 0)->er, ==, 0x80000008);
    g_assert_cmphex(get_changes(&bench, ids[1], 0, 9, 0)->er, ==, 0x80000006);
    bench_free(&bench);
}

/* What a client made itself it is not told, and CATCHUP tells nothing. */
static void
test_own_changes(void)
{
    Bench bench;
    guint8 one[TW_OBJECT_ID_LEN], two[TW_OBJECT_ID_LEN];
    TwSoapBytes id;
    const TwSoapIcsChangeResponse *got;
    TwSoapEntryList list = { &id, 1 };
    TwSoapDeleteObjectsArgs delete_them = { .aMessages = &list, .ulFlags = 0x10 };
    guint32 start;

    bench_new(&bench);
    bench.sync = set_status(&bench, bench.inbox_key, 0, 0, 1, 0);
    save_message(&bench, bench.inbox,
                 wire_new_id(&bench.wire.anna.store, TW_OBJECT_ID_MESSAGE, two), 0, 0);
    got = get_changes(&bench, bench.sync, 0, 1, FLAGS_ALL | 0x400);
    g_assert_cmpuint(got->sChangesArray.count, ==, 0);
    g_assert_cmpuint(got->ulMaxChangeId, >, 0);
    start = got->ulMaxChangeId;
    id =
        save_message(&bench, bench.inbox,
                     wire_new_id(&bench.wire.anna.store, TW_OBJECT_ID_MESSAGE, one), bench.sync, 0);
    got = get_changes(&bench, bench.sync, start, 1, FLAGS_ALL);
    g_assert_cmpuint(got->sChangesArray.count, ==, 0);
    save_message(&bench, bench.inbox, id, 0, 0);
    got = get_changes(&bench, bench.sync, start, 1, FLAGS_ALL);
    g_assert_cmpuint(got->sChangesArray.count, ==, 1);
    start = got->ulMaxChangeId;
    delete_them.ulSessionId = bench.mine;
    delete_them.ulSyncId = bench.sync;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_OBJECTS, &delete_them), ==, 0);
    got = get_changes(&bench, bench.sync, start, 1, FLAGS_ALL);
    g_assert_cmpuint(got->sChangesArray.count, ==, 0);
    bench_free(&bench);
}

/* ---- streams ---- */

static TwSoapBytes
save_large(Bench *bench, const guint8 *data, guint8 bytes[TW_OBJECT_ID_LEN])
{
    TwPropValue recipient[] = { tw_value_str(PR_DISPLAY_NAME, "Bert"),
                                tw_value_long(PR_RECIPIENT_TYPE, 1) };
    TwPropValue attachment[] = { tw_value_str(PR_ATTACH_LONG_FILENAME, "a.bin"),
                                 tw_value_long(PR_ATTACH_METHOD, 1),
                                 tw_value_bytes(TAG_DATA, data, LARGE) };
    TwPropValue inner_props[] = { tw_value_str(PR_SUBJECT, "inside"),
                                  tw_value_str(PR_MESSAGE_CLASS, "IPM.Note") };
    TwPropValue holder[] = { tw_value_long(PR_ATTACH_METHOD, 5) };
    TwPropValue own[] = { tw_value_str(PR_SUBJECT, "large"),
                          tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
                          tw_value_str(PR_BODY, "a body"), tw_value_bool(0x8501000B, TRUE),
                          tw_value_i8(PR_CLIENT_SUBMIT_TIME, 132000000000000000) };
    TwSoapSaveObject inner = { .modProps = { inner_props, 2 }, .ulObjType = 5 };
    TwSoapSaveObject children[] = {
        { .modProps = { recipient, 2 }, .ulObjType = 6 },
        { .modProps = { attachment, 3 }, .ulObjType = 7 },
        { .items = &inner, .count = 1, .modProps = { holder, 1 }, .ulClientId = 1, .ulObjType = 7 },
    };
    TwSoapSaveObject tree = {
        .items = children, .count = 3, .modProps = { own, 5 }, .ulObjType = 5
    };
    TwSoapBytes id = wire_new_id(&bench->wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes);
    TwSoapSaveObjectArgs args = { .ulSessionId = bench->other,
                                  .sParentEntryId = bench->inbox,
                                  .sEntryId = id,
                                  .lpsSaveObj = &tree };

    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SAVE_OBJECT, &args), ==, 0);
    return id;
}

static void
name_a_prop(Bench *bench)
{
    static const guint8 set[16] = { 7 };
    TwSoapNamedProp name = { .lpString = "word", .lpguid = { set, 16 } };
    TwSoapNamedPropArray names = { &name, 1 };
    TwSoapGetIDsFromNamesArgs ask = { .lpsNamedProps = &names, .ulFlags = 2 };
    const TwSoapGetIDsFromNamesResponse *got;

    ask.ulSessionId = bench->other;
    got = wire_call(&bench->wire, TW_SOAP_CALL_GET_IDS_FROM_NAMES, &ask);
    g_assert_cmpuint(got->lpsPropTags.items[0], ==, 1);
}

static void
check_large(Bench *bench, TwSoapBytes id, const guint8 *data, const char *subject)
{
    TwSoapLoadObjectArgs load = { .ulSessionId = bench->other, .sEntryId = id };
    const TwSoapLoadObjectResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_LOAD_OBJECT, &load);
    const TwSoapSaveObject *object = &got->sSaveObject;
    TwSoapLoadPropArgs prop = { .ulSessionId = bench->other, .ulPropTag = TAG_DATA };
    const TwSoapLoadPropResponse *value;

    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpstr(wire_prop(&object->modProps, PR_SUBJECT)->text, ==, subject);
    g_assert_true(wire_prop(&object->modProps, 0x8501000B)->truth);
    g_assert_cmpuint(object->count, ==, 3);
    g_assert_cmpstr(wire_prop(&object->items[0].modProps, PR_DISPLAY_NAME)->text, ==, "Bert");
    g_assert_cmpstr(wire_prop(&object->items[2].items[0].modProps, PR_SUBJECT)->text, ==, "inside");
    prop.ulObjId = object->items[1].ulServerId;
    value = wire_call(&bench->wire, TW_SOAP_CALL_LOAD_PROP, &prop);
    g_assert_cmphex(value->er, ==, 0);
    g_assert_cmpuint(value->lpPropVal->len, ==, LARGE);
    g_assert_true(memcmp(value->lpPropVal->data, data, LARGE) == 0);
}

/* A message goes out as a stream and comes in as one, however it is cut; a second import takes the place of the first. */
static void
test_stream(void)
{
    Bench bench;
    guint8 bytes[TW_OBJECT_ID_LEN], copy_bytes[TW_OBJECT_ID_LEN];
    g_autofree guint8 *data = g_malloc(LARGE);
    TwSoapSourceKeyPair pairs[2] = { 0 };
    guint32 steps[2];
    g_autoptr(GPtrArray) parts = NULL;
    GByteArray *stream;
    g_autoptr(TwObject) object = NULL;
    TwSoapImportMessageFromStreamArgs import = { .bIsNew = TRUE, .sStreamData = "id3" };
    TwPropValue value;

    bench_new(&bench);
    for (guint i = 0; i < LARGE; i++)
        data[i] = (guint8) (i * 31 >> 3);
    name_a_prop(&bench);
    pairs[0].sObjectKey = (TwSoapBytes){ (const guint8 *) "nobody has this key!!!", 22 };
    pairs[1].sObjectKey = source_key(&bench, save_large(&bench, data, bytes));
    parts = export_keys(&bench, pairs, 2, steps);
    g_assert_cmpuint(parts->len, ==, 1);
    g_assert_cmpuint(steps[0], ==, 1);
    stream = g_ptr_array_index(parts, 0);
    g_assert_true(memcmp(stream->data, "\0\0\0\1", 4) == 0);
    object = read_stream(stream);
    g_assert_cmpstr(tw_object_get_text(object, PR_SUBJECT, NULL), ==, "large");
    g_assert_true(tw_object_get(object, 0x9000000B, &value));
    g_assert_true(tw_object_get(tw_object_at(object, TW_OBJECT_ATTACHMENT, 0), TAG_DATA, &value));
    g_assert_cmpuint(value.len, ==, LARGE);

    import.ulSessionId = bench.mine;
    import.ulSyncId = bench.sync = set_status(&bench, bench.inbox_key, 0, 0, 1, 0);
    import.sParentEntryId = bench.inbox;
    import.sEntryId = wire_new_id(&bench.wire.anna.store, TW_OBJECT_ID_MESSAGE, copy_bytes);
    g_assert_cmphex(wire_import(&bench.wire, &import, stream->data, stream->len, 70001), ==, 0);
    check_large(&bench, import.sEntryId, data, "large");
    /* as new once more: the id is taken */
    g_assert_cmphex(wire_import(&bench.wire, &import, stream->data, stream->len, 1 << 20), ==,
                    0x80000008);
    import.bIsNew = FALSE;
    save_message(&bench, bench.inbox, import.sEntryId, 0, 0);
    g_assert_cmphex(wire_import(&bench.wire, &import, stream->data, stream->len, 999), ==, 0);
    check_large(&bench, import.sEntryId, data, "large");
    bench_free(&bench);
}

/* Whatever is wrong with a stream, it is the call's result and nothing is kept. */
static void
test_bad_stream(void)
{
    static const guint8 bad[][12] = { { 0, 0, 0, 2 },
                                      { 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF },
                                      { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x1A } };
    Bench bench;
    guint8 bytes[TW_OBJECT_ID_LEN];
    TwSoapImportMessageFromStreamArgs import = { .bIsNew = TRUE, .sStreamData = "id3" };
    TwSoapEntryList list;
    TwSoapDeleteObjectsArgs delete_them = { 0 };

    bench_new(&bench);
    import.ulSessionId = bench.mine;
    import.sParentEntryId = bench.inbox;
    import.sEntryId = wire_new_id(&bench.wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_cmphex(wire_import(&bench.wire, &import, bad[i], sizeof bad[i], 3), ==,
                        0x80000006);
    g_assert_cmpuint(read_rows(&bench, 0)->count, ==, 0);
    import.bIsNew = FALSE;
    g_assert_cmphex(wire_import(&bench.wire, &import, bad[0], 4, 4), ==, 0x80000002);
    save_message(&bench, bench.inbox, import.sEntryId, 0, 0);
    list = (TwSoapEntryList){ &import.sEntryId, 1 };
    delete_them = (TwSoapDeleteObjectsArgs){ .ulSessionId = bench.mine, .aMessages = &list };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_OBJECTS, &delete_them), ==, 0);
    g_assert_cmphex(wire_import(&bench.wire, &import, bad[0], 4, 4), ==, 0x8000002C);
    import.ulSessionId ^= 1;
    g_assert_cmphex(wire_import(&bench.wire, &import, bad[0], 4, 4), ==, 0x80000010);
    bench_free(&bench);
}

/* ---- the address book, the whole server ---- */

static void
test_book(void)
{
    Bench bench;
    const TwSoapIcsChangeResponse *got;
    WorldUser carl;
    guint32 start;

    bench_new(&bench);
    got = get_changes(&bench, 0, 0, 3, 0);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->sChangesArray.count, ==, 2);
    g_assert_cmphex(got->sChangesArray.items[0].ulChangeType, ==, 0x4001);
    start = got->ulMaxChangeId;
    g_assert_cmpuint(get_changes(&bench, 0, start, 3, 0)->sChangesArray.count, ==, 0);
    world_user(&bench.wire.world, 0, "carl", &carl);
    got = get_changes(&bench, 0, start, 3, 0);
    g_assert_cmpuint(got->sChangesArray.count, ==, 1);
    g_assert_cmpuint(got->ulMaxChangeId, >, start);
    bench_free(&bench);
}

static void
test_server(void)
{
    Bench bench;
    WorldUser root;
    guint8 bytes[TW_OBJECT_ID_LEN];
    const TwSoapIcsChangeResponse *got;
    TwSoapBytes key;
    guint32 sync, start;

    bench_new(&bench);
    world_user_of(&bench.wire.world, 0, "root", TW_DIRECTORY_SYSTEM_ADMIN, &root);
    bench.mine = wire_logon(&bench.wire, "root", 0);
    sync = set_status(&bench, (TwSoapBytes){ 0 }, 0, 0, 1, 0);
    g_assert_cmphex(get_changes(&bench, sync, 0, 1, FLAGS_ALL)->er, ==, 0x80000018);
    got = get_changes(&bench, sync, 0, 1, 0x420);
    g_assert_cmphex(got->er, ==, 0);
    start = got->ulMaxChangeId;
    set_status(&bench, (TwSoapBytes){ 0 }, sync, start, 1, 0);
    key = source_key(&bench,
                     save_message(&bench, bench.inbox,
                                  wire_new_id(&bench.wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes),
                                  0, 0));
    got = get_changes(&bench, sync, start, 1, FLAGS_ALL);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->sChangesArray.count, ==, 1);
    wire_assert_bytes(got->sChangesArray.items[0].sSourceKey.data,
                      got->sChangesArray.items[0].sSourceKey.len, key.data, key.len);
    wire_assert_bytes(got->sChangesArray.items[0].sParentSourceKey.data,
                      got->sChangesArray.items[0].sParentSourceKey.len, bench.inbox_key.data,
                      bench.inbox_key.len);
    g_assert_cmpuint(got->ulMaxChangeId, >, start);
    bench_free(&bench);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/11/replica", test_replica);
    g_test_add_func("/mapi-soap/11.2/status", test_status);
    g_test_add_func("/mapi-soap/11.3/own-changes", test_own_changes);
    g_test_add_func("/mapi-soap/12/stream", test_stream);
    g_test_add_func("/mapi-soap/12/bad-stream", test_bad_stream);
    g_test_add_func("/mapi-soap/11.5/book", test_book);
    g_test_add_func("/mapi-soap/11.3/server", test_server);
    return g_test_run();
}
