/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations as bytes: all of them empty and cut, requests with something in each kind, limits. */
#include "session/pack.h"

#include <string.h>

#include "mapi/tags.h"
#include "support/assert-bytes.h"

enum {
    MOST = 1 << 20
};

static const guint8 no_bytes[1];

/* An exact-size copy that ends where the sanitizer looks. */
static gboolean
read_request(TwOp op, const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);
    TwOpRequest *request = tw_op_unpack_request(op, copy != NULL ? copy : no_bytes, len, error);
    g_auto(TwBuffer) again = TW_BUFFER_INIT(MOST);

    if (request == NULL)
        return FALSE;
    /* while what it borrows is there */
    g_assert_true(tw_op_pack_request(op, tw_op_request_args(request), &again, NULL));
    assert_bytes(again.data, again.len, data, len);
    tw_op_request_free(request);
    return TRUE;
}

static void
assert_request(TwOp op, gconstpointer args)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_op_pack_request(op, args, &bytes, &error));
    g_assert_no_error(error);
    g_assert_true(read_request(op, bytes.data, bytes.len, &error));
    g_assert_no_error(error);
    for (gsize len = 0; len < bytes.len; len++) {
        g_autoptr(GError) why = NULL;
        g_assert_false(read_request(op, bytes.data, len, &why));
        g_assert_nonnull(why);
    }
    tw_buffer_put_u8(&bytes, 0);
    g_assert_false(read_request(op, bytes.data, bytes.len, NULL));
}

static void
assert_answer(TwOp op, gconstpointer args)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST);
    g_autofree gpointer room = g_malloc0(tw_op_info(op)->args_size);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_op_pack_answer(op, args, &bytes, &error));
    for (gsize len = 0; len <= bytes.len; len++) {
        g_autofree guint8 *copy = g_memdup2(bytes.data, len);
        gboolean ok = tw_op_unpack_answer(op, copy != NULL ? copy : no_bytes, len, room, NULL);
        g_assert_cmpint(ok, ==, len == bytes.len);
        tw_op_clear(op, room);
    }
}

static void
test_empty(void)
{
    for (guint i = 0; i < TW_OP_COUNT; i++) {
        g_autofree gpointer args = g_malloc0(tw_op_info((TwOp) i)->args_size);

        g_test_message("%s", tw_op_info((TwOp) i)->name);
        assert_request((TwOp) i, args);
        assert_answer((TwOp) i, args);
    }
}

static void
test_shapes(void)
{
    g_autoptr(GHashTable) shapes = g_hash_table_new(NULL, NULL);
    TwOp op;

    for (guint i = 0; i < TW_OP_COUNT; i++) {
        g_assert_true(tw_op_find(tw_op_info((TwOp) i)->name, &op));
        g_assert_cmpint(op, ==, i);
        g_assert_true(g_hash_table_add(shapes, GUINT_TO_POINTER(tw_op_shape((TwOp) i))));
    }
    g_assert_false(tw_op_find("NO_SUCH_OPERATION", &op));
    g_assert_false(tw_op_find("", &op));
}

/* ---- requests with something in each kind ---- */

static TwObject *
an_object(void)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *child = tw_object_add(object, TW_OBJECT_RECIPIENT, 7, NULL);
    TwPropValue value = tw_value_str(PR_SUBJECT, "S\xc3\xb6");
    TwBlobRef ref = { .len = 12345 };

    g_assert_true(tw_object_set(object, &value, NULL));
    value = tw_value_str(PR_DISPLAY_NAME, "somebody");
    g_assert_true(tw_object_set(child, &value, NULL));
    child = tw_object_add(object, TW_OBJECT_ATTACHMENT, 0, NULL);
    g_assert_true(tw_object_set_blob(child, PR_ATTACH_DATA_BIN, &ref, NULL));
    return object;
}

static void
test_message(void)
{
    g_autoptr(TwObject) object = an_object();
    g_autoptr(GBytes) bytes = g_bytes_new_static("abc", 3);
    TwValueUse use = { .path = bytes, .tag = PR_ATTACH_DATA_BIN, .value = 9 };
    TwMessageCreateArgs create = { .folder = 5,
                                   .object = object,
                                   .values = { &use, 1 },
                                   .associated = TRUE,
                                   .recv_us = -5,
                                   .entry_id = bytes };

    tw_guid_random(&create.store);
    assert_request(TW_OP_MESSAGE_CREATE, &create);
}

static void
test_changes(void)
{
    static const guint8 raw[] = { 1, 2, 3 };
    const TwPropValue values[] = {
        tw_value_str(PR_DISPLAY_NAME, "x"),
        tw_value_bytes(PR_ENTRYID, raw, sizeof raw),
        tw_value_long(PR_MESSAGE_FLAGS, 0x80000001u),
        tw_value_bool(PR_HASATTACH, TRUE),
        tw_value_i8(PR_CREATION_TIME, -1),
    };
    const guint32 removed[] = { PR_SUBJECT, PR_BODY };
    const TwFolderChangePropsArgs change = {
        .folder = 1, .changes = { values, G_N_ELEMENTS(values), removed, 2 }
    };
    const TwPermission rows[] = { { 1, 2, 3 }, { 4, 5, TW_PERMISSION_REMOVE } };
    const TwPermissionsSetArgs permissions = { .rows = { rows, 2 }, .replace = TRUE };
    const char *const names[] = { "$Junk", "work", NULL };
    TwFlagChange flags = {
        .flags_set = 1, .kw_set = 1u << 3, .more_set_count = 2, .kw_exact = TRUE
    };
    const guint32 messages[] = { 1, 2, 70000 };
    TwMessagesMarkArgs mark = { .messages = { messages, 3 }, .keywords_set = names };

    flags.more_set[0] = 64;
    flags.more_set[1] = 65;
    mark.change = flags;
    assert_request(TW_OP_FOLDER_CHANGE_PROPS, &change);
    assert_request(TW_OP_PERMISSIONS_SET, &permissions);
    assert_request(TW_OP_MESSAGES_MARK, &mark);
}

static void
test_people(void)
{
    static const char *const list[] = { "a@example.org", "b@example.org", NULL };
    static const TwDirectoryLink links[] = { { TW_DIRECTORY_MEMBER, 4 },
                                             { TW_DIRECTORY_MEMBER, 5 } };
    g_autoptr(TwSecret) secret = tw_secret_new("p\xc3\xa4ss", 5);
    g_autoptr(GBytes) photo = g_bytes_new_static("JFIF", 4);
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);
    const TwDirectoryObject values = { .kind = TW_DIRECTORY_USER,
                                       .name = "anna",
                                       .full_name = "Anna",
                                       .mail = "anna@example.org",
                                       .aliases = list,
                                       .features_on = list,
                                       .features_off = list + 2,
                                       .quota = { TRUE, 1, 2, 3 },
                                       .description = "",
                                       .home_server = "",
                                       .links = links,
                                       .link_count = 2 };
    TwObjectCreateArgs create = { .values = &values, .password = secret, .photo = photo };

    assert_request(TW_OP_OBJECT_CREATE, &create);
    create.photo = none; /* empty is not none */
    assert_request(TW_OP_OBJECT_CREATE, &create);
}

static void
test_tables(void)
{
    const TwSortKey key = { .tag = PR_SUBJECT };
    TwSortOrder order = { .count = 0 };
    TwRestrictionBuilder builder;
    g_autoptr(TwRestriction) restriction = NULL;
    const guint32 columns[] = { PR_SUBJECT, PR_ENTRYID };
    TwTableSetupArgs setup = { .columns = { columns, 2 }, .restrict_rows = TRUE };
    g_autoptr(GError) error = NULL;

    setup.order = &order; /* one without keys */
    assert_request(TW_OP_TABLE_SETUP, &setup);
    g_assert_true(tw_sort_order_set(&key, 1, 0, 0, &order, &error));
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_exist(&builder, PR_SUBJECT);
    restriction = tw_restriction_builder_finish(&builder, &error);
    tw_restriction_builder_clear(&builder);
    g_assert_no_error(error);
    setup.restriction = restriction;
    assert_request(TW_OP_TABLE_SETUP, &setup);
}

/* ---- what is refused ---- */

static void
test_text(void)
{
    TwFolderCreateArgs create = { .folder = 1, .name = "x\xff" };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_op_pack_request(TW_OP_FOLDER_CREATE, &create, &bytes, NULL));
    g_assert_null(tw_op_unpack_request(TW_OP_FOLDER_CREATE, bytes.data, bytes.len, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

static void
test_too_big(void)
{
    g_autofree guint8 *data = g_malloc0(MOST);
    g_autoptr(GBytes) piece = g_bytes_new_static(data, MOST);
    TwValueWriteArgs write = { .bytes = piece };
    g_auto(TwBuffer) fits = TW_BUFFER_INIT(MOST + 8);
    g_auto(TwBuffer) small = TW_BUFFER_INIT(MOST + 7);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_op_pack_request(TW_OP_VALUE_WRITE, &write, &fits, NULL));
    g_assert_false(tw_op_pack_request(TW_OP_VALUE_WRITE, &write, &small, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* ---- rows of an index: what differs from the row before ---- */

static GArray *
send_index(const TwIndexRow *rows, guint count, gsize *ret_len)
{
    g_autoptr(GArray) array = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));
    TwFolderWindowArgs args = { .rows = array, .cn = 9 }, back = { 0 };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST);
    g_autoptr(GError) error = NULL;

    g_array_append_vals(array, rows, count);
    assert_answer(TW_OP_FOLDER_WINDOW, &args);
    g_assert_true(tw_op_pack_answer(TW_OP_FOLDER_WINDOW, &args, &bytes, &error));
    g_assert_true(tw_op_unpack_answer(TW_OP_FOLDER_WINDOW, bytes.data, bytes.len, &back, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(back.cn, ==, 9);
    *ret_len = bytes.len;
    return back.rows;
}

static void
test_index(void)
{
    static const TwIndexRow rows[] = {
        { 1, 1, 0, 0, 0, 1, 0, 0 },
        { 2, 2, 0, 0, 0, 1, 0, 0 },
        { 7, 5, 1, 0x200, G_MAXUINT64, 2, -1, G_MAXINT64 },
        { 8, 4, 0, 0, 0, G_MAXUINT64, G_MININT64, -1 },
        { G_MAXUINT32, G_MAXUINT32, G_MAXUINT32, G_MAXUINT32, 1, 0, G_MAXINT64, G_MININT64 },
        { 0, 0, 0, 0, 0, 0, 0, 0 },
    };
    TwIndexRow many[1000] = { 0 };
    g_autoptr(GArray) back = NULL, none = NULL, all = NULL;
    gsize len, empty;

    back = send_index(rows, G_N_ELEMENTS(rows), &len);
    g_assert_cmpuint(back->len, ==, G_N_ELEMENTS(rows));
    for (guint i = 0; i < back->len; i++)
        g_assert_true(memcmp(&g_array_index(back, TwIndexRow, i), &rows[i], sizeof rows[i]) == 0);
    none = send_index(rows, 0, &empty);
    g_assert_cmpuint(none->len, ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = (TwIndexRow){ .uid = i + 1, .mid = i + 1 };
    all = send_index(many, G_N_ELEMENTS(many), &len);
    g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(many));
    g_assert_cmpuint(len - empty, ==, G_N_ELEMENTS(many)); /* nothing differs: a byte each */
}

/* A uid past 32 bits, a difference of more than 64, and one that never ends. */
static void
test_bad_index(void)
{
    static const struct {
        const char *name;
        guint8 row[16];
        guint len;
    } cases[] = {
        { "uid 2^32", { 0x01, 0xfe, 0xff, 0xff, 0xff, 0x1f }, 6 },
        { "uid -1", { 0x01, 0x03 }, 2 },
        { "65 bits", { 0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02 }, 11 },
        { "eleven bytes",
          { 0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x81, 0x00 },
          12 },
        { "nothing behind the mask", { 0x01 }, 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST);
        TwFolderIndexArgs back = { 0 };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        tw_buffer_put_u8(&bytes, 1);
        tw_buffer_put_u32le(&bytes, 1);
        tw_buffer_put(&bytes, cases[i].row, cases[i].len);
        g_assert_false(
            tw_op_unpack_answer(TW_OP_FOLDER_INDEX, bytes.data, bytes.len, &back, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        tw_op_clear(TW_OP_FOLDER_INDEX, &back);
    }
}

static void
test_events(void)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    g_autoptr(GArray) back = NULL;
    TwNotifyEvent event = { .connection = 4, .type = TW_NOTIFY_NEW_MAIL, .id = 7, .flags = 1 };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MOST);
    TwWatchWish wish = { .connection = 2, .mask = 4, .cn = 9 }, same;
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(MOST);

    event.message_class = g_strdup("IPM.Note");
    g_array_append_val(events, event);
    tw_notify_events_pack(events, &bytes);
    for (gsize len = 0; len < bytes.len; len++) {
        g_autofree guint8 *copy = g_memdup2(bytes.data, len);
        g_assert_false(tw_notify_events_unpack(copy != NULL ? copy : no_bytes, len, &back, NULL));
    }
    g_assert_true(tw_notify_events_unpack(bytes.data, bytes.len, &back, NULL));
    g_assert_cmpuint(back->len, ==, 1);
    g_assert_cmpstr(g_array_index(back, TwNotifyEvent, 0).message_class, ==, "IPM.Note");
    g_assert_cmpuint(g_array_index(back, TwNotifyEvent, 0).id, ==, 7);
    tw_guid_random(&wish.store);
    tw_watch_wish_pack(&wish, &packed);
    g_assert_true(tw_watch_wish_unpack(packed.data, packed.len, &same, NULL));
    g_assert_true(tw_guid_equal(&wish.store, &same.store));
    g_assert_cmpuint(same.connection, ==, 2);
    g_assert_cmpuint(same.cn, ==, 9);
    g_assert_false(tw_watch_wish_unpack(packed.data, packed.len - 1, &same, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/session/pack/empty", test_empty);
    g_test_add_func("/session/pack/shapes", test_shapes);
    g_test_add_func("/session/pack/message", test_message);
    g_test_add_func("/session/pack/changes", test_changes);
    g_test_add_func("/session/pack/people", test_people);
    g_test_add_func("/session/pack/tables", test_tables);
    g_test_add_func("/session/pack/text", test_text);
    g_test_add_func("/session/pack/too-big", test_too_big);
    g_test_add_func("/session/pack/index", test_index);
    g_test_add_func("/session/pack/bad-index", test_bad_index);
    g_test_add_func("/session/pack/events", test_events);
    return g_test_run();
}
