/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each invariant is broken in the database itself; the check says what and where, the repair makes it whole again, and
 * nothing is lost by it. */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/check-private.h"
#include "store/permissions.h"
#include "store/queue.h"
#include "store/search-folder.h"

/* What there is in the store that is damaged. */
typedef struct {
    Bed bed;
    guint32 number, object;
    guint32 inbox, sub, other, gone, gone_sub, search;
    guint32 plain, big, mail, associated, soft, second; /* messages */
    guint32 messages;                                   /* all of them, whatever their state */
} World;

static const char mail_text[] =
    "From: a@example.org\r\nTo: b@example.org\r\nSubject: A mail\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
    "Hello\r\n--x\r\nContent-Type: application/octet-stream; name=f\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n";

static GBytes *
make_mail(void)
{
    g_autoptr(GString) mail = g_string_new(mail_text);
    g_autofree guint8 *bytes = g_malloc(3000);
    g_autofree char *text = NULL;

    for (guint i = 0; i < 3000; i++)
        bytes[i] = (guint8) (i * 7 + i / 256);
    text = g_base64_encode(bytes, 3000);
    for (gsize at = 0; at < strlen(text); at += 76)
        g_string_append_printf(mail, "%.*s\r\n", (int) MIN(76, strlen(text) - at), text + at);
    g_string_append(mail, "--x--\r\n");
    return g_bytes_new(mail->str, mail->len);
}

static guint32
deliver(Bed *bed, guint32 folder)
{
    g_autoptr(GBytes) mail = make_mail();
    TwMailTarget target = { .store = bed->store, .folder = folder };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1 };
    TwMailResult result = { 0 };
    g_autoptr(GError) error = NULL;

    tw_mail_deliver(bed->engine, mail, &delivery, &result, &error);
    g_assert_no_error(error);
    g_assert_no_error(result.error);
    return result.made.mid;
}

static guint32
make_associated(Bed *bed, guint32 folder)
{
    g_autoptr(TwObject) object = bed_object("associated", 10);
    g_autoptr(GBytes) key = g_bytes_new_static("a client's key", 14);
    TwMessageMake make = { .associated = TRUE, .entry_id = key };
    TwMessageMade made = { 0 };
    g_autoptr(GError) error = NULL;

    tw_message_create(bed->store, folder, object, &make, &made, &error);
    g_assert_no_error(error);
    return made.mid;
}

static void
delete_message(Bed *bed, guint32 folder, guint32 mid, gboolean soft)
{
    TwMessageSet set = { folder, &mid, 1 };
    g_autoptr(GError) error = NULL;

    tw_messages_delete(bed->store, &set, soft, NULL, &error);
    g_assert_no_error(error);
}

static void
set_keyword(Bed *bed, guint32 folder, guint32 mid)
{
    TwMessageSet set = { folder, &mid, 1 };
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ };
    g_autoptr(GError) error = NULL;
    guint bit = 0;

    tw_folder_keyword(bed->store, folder, "Blue", TRUE, &bit, &error);
    g_assert_no_error(error);
    change.kw_set = G_GUINT64_CONSTANT(1) << bit;
    tw_messages_set_flags(bed->store, &set, &change, NULL, &error);
    g_assert_no_error(error);
}

static guint32
make_search(Bed *bed, guint32 folder)
{
    TwFolderMake make = { .name = "Search", .type = TW_FOLDER_SEARCH };
    TwSearchCriteria criteria = { .folders = &folder, .folder_count = 1 };
    g_autoptr(TwRestriction) restriction = NULL;
    g_auto(TwRestrictionBuilder) builder;
    guint32 id = 0;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_exist(&builder, PR_SUBJECT);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    criteria.restriction = restriction;
    g_assert_true(tw_folder_create(bed->store, bed->root, &make, &id, NULL));
    g_assert_true(tw_search_folder_set(bed->store, id, &criteria, TW_SEARCH_RECURSIVE, NULL));
    g_assert_true(tw_search_folder_wait(bed->store, 0, NULL));
    return id;
}

static void
world_new(World *world)
{
    TwPermission right = { 0, 7, TW_RIGHT_READ | TW_RIGHT_VISIBLE };
    Bed *bed = &world->bed;
    TwStoreInfo info;

    *world = (World){ 0 };
    bed_new(bed);
    g_assert_true(tw_store_get_info(bed->store, &info, NULL));
    world->number = info.number;
    world->object = info.object;
    world->inbox = bed_folder(bed, bed->root, "Inbox");
    world->sub = bed_folder(bed, world->inbox, "Sub");
    world->other = bed_folder(bed, bed->root, "Other");
    world->gone = bed_folder(bed, bed->root, "Gone");
    world->gone_sub = bed_folder(bed, world->gone, "Below");
    world->plain = bed_message(bed, world->inbox, "plain", 20);
    world->second = bed_message(bed, world->sub, "second", 20);
    world->big = bed_message(bed, world->inbox, "big", 5000);
    world->mail = deliver(bed, world->inbox);
    world->associated = make_associated(bed, world->inbox);
    world->soft = bed_message(bed, world->inbox, "soft", 20);
    bed_message(bed, world->gone_sub, "in a deleted folder", 30);
    delete_message(bed, world->inbox, world->soft, TRUE);
    delete_message(bed, world->inbox, bed_message(bed, world->inbox, "purged", 9), FALSE);
    set_keyword(bed, world->inbox, world->plain);
    g_assert_true(tw_folder_delete(bed->store, world->gone, TRUE, NULL));
    right.folder = world->inbox;
    g_assert_true(tw_store_set_permissions(bed->store, world->inbox, &right, 1, FALSE, NULL));
    g_assert_true(tw_store_set_receive_folder(bed->store, "", world->inbox, NULL));
    g_assert_true(tw_store_set_receive_folder(bed->store, "IPM.Appointment", world->other, NULL));
    world->search = make_search(bed, world->inbox);
    g_assert_true(tw_queue_submit(bed->store, world->second, TW_QUEUE_MASTER, 1, NULL));
    world->messages = 7;
}

static GPtrArray *
check(World *world, gboolean repair, gboolean deep)
{
    TwCheckOptions options = { .repair = repair, .deep = deep };
    g_autoptr(GError) error = NULL;
    GPtrArray *found = tw_check_store(world->bed.engine, world->number, &options, &error);

    g_assert_no_error(error);
    return found;
}

static void
tell(const GPtrArray *found)
{
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *one = found->pdata[i];
        g_test_message("%s folder %u object %u: %s%s", tw_check_what_name(one->what), one->folder,
                       one->object, one->why, one->repaired ? " (repaired)" : "");
    }
}

static void
assert_clean(World *world, gboolean deep)
{
    g_autoptr(GPtrArray) found = check(world, FALSE, deep);

    tell(found);
    g_assert_cmpuint(found->len, ==, 0);
}

static void
test_clean(void)
{
    World world;
    TwCheckOptions options = { .deep = TRUE };
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GError) error = NULL;

    world_new(&world);
    assert_clean(&world, FALSE);
    assert_clean(&world, TRUE);
    found = tw_check_server(world.bed.engine, &options, &error);
    g_assert_no_error(error);
    tell(found);
    g_assert_cmpuint(found->len, ==, 0);
    bed_free(&world.bed);
}

/* ---- damage ---- */

typedef gboolean (*Damage)(TwDbTx *tx, World *world, GError **error);

enum {
    MAX_BINDS = 4
};

typedef struct {
    const char *name, *sql, *binds; /* binds: a letter for each "?", see value_of() */
    Damage func;                    /* instead of sql */
    TwCheckWhat what;
    char object; /* whom the finding names, by the same letters; 0: not looked at */
} Case;

static gint64
value_of(const World *world, char letter)
{
    switch (letter) {
    case 's':
        return world->number;
    case 'r':
        return world->bed.root;
    case 'f':
        return world->search;
    case 'i':
        return world->inbox;
    case 'u':
        return world->sub;
    case 'o':
        return world->other;
    case 'g':
        return world->gone;
    case 'w':
        return world->gone_sub;
    case 'p':
        return world->plain;
    case 'b':
        return world->big;
    case 'm':
        return world->mail;
    case 'a':
        return world->associated;
    case 'd':
        return world->soft;
    case '2':
        return world->second;
    case 'P':
        return (gint64) ((guint64) world->number << 32 | world->plain);
    case 'B':
        return (gint64) ((guint64) world->number << 32 | world->big);
    case 'I':
        return (gint64) ((guint64) world->number << 32 | world->inbox);
    default:
        g_assert_not_reached();
    }
}

/* The value of a large body is somewhere else than the row says: nowhere. */
static gboolean
lose_values(TwDbTx *tx, const World *world, guint32 bid, guint kind, GError **error)
{
    g_autoptr(GArray) values = tw_sql_blobref_list(tx, world->number, bid, error);

    if (values == NULL || !tw_sql_blobref_delete(tx, world->number, bid, error))
        return FALSE;
    for (guint i = 0; i < values->len; i++) {
        TwValueRow *row = &g_array_index(values, TwValueRow, i);
        if (row->kind == kind)
            row->id.bytes[7] ^= 1;
        if (!tw_sql_blobref_add(tx, world->number, row, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
lose_body(TwDbTx *tx, World *world, GError **error)
{
    return lose_values(tx, world, world->big, TW_VALUE_PROPERTY, error);
}

static gboolean
lose_mail(TwDbTx *tx, World *world, GError **error)
{
    return lose_values(tx, world, world->mail, TW_VALUE_MAIL, error);
}

static gboolean
lose_part(TwDbTx *tx, World *world, GError **error)
{
    return lose_values(tx, world, world->mail, TW_VALUE_PART, error);
}

static gboolean
drop_mail_reference(TwDbTx *tx, World *world, GError **error)
{
    g_autoptr(GArray) values = tw_sql_blobref_list(tx, world->number, world->mail, error);

    if (values == NULL || !tw_sql_blobref_delete(tx, world->number, world->mail, error))
        return FALSE;
    for (guint i = 0; i < values->len; i++) {
        const TwValueRow *row = &g_array_index(values, TwValueRow, i);
        if (row->kind != TW_VALUE_MAIL && !tw_sql_blobref_add(tx, world->number, row, error))
            return FALSE;
    }
    return TRUE;
}

/* One more value, which no property names. */
static gboolean
add_reference(TwDbTx *tx, World *world, GError **error)
{
    g_autoptr(GArray) values = tw_sql_blobref_list(tx, world->number, world->big, error);
    TwValueRow row = { 0 };

    if (values == NULL)
        return FALSE;
    row = g_array_index(values, TwValueRow, 0);
    row.part = (TwPart){ .len = 0 };
    tw_part_push(&row.part, TW_PART_PROPERTY, PR_HTML >> 16);
    return tw_sql_blobref_add(tx, world->number, &row, error);
}

static gboolean
share_body(TwDbTx *tx, World *world, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };

    if (!tw_sql_msg_get(tx, world->number, world->second, TRUE, &row, error))
        return FALSE;
    row.bid = world->plain;
    return tw_sql_msg_update(tx, &row, error) &&
           tw_sql_tail_delete(tx, world->number, world->second, error);
}

static const Case cases[] = {
    { "store-bytes", "UPDATE store SET bytes = bytes + 1 WHERE id = ?", "s", NULL,
      TW_CHECK_STORE_BYTES, 0 },
    { "store-deleted-bytes", "UPDATE store SET deleted_bytes = 0 WHERE id = ?", "s", NULL,
      TW_CHECK_STORE_BYTES, 0 },
    { "store-crc", "UPDATE store SET crc = crc + 1 WHERE id = ?", "s", NULL, TW_CHECK_STORE_ROW,
      0 },
    { "store-guid", "UPDATE store SET guid = x'00112233445566778899aabbccddeeff' WHERE id = ?", "s",
      NULL, TW_CHECK_STORE_ROW, 0 },
    { "store-cn", "UPDATE store SET cn = 3 WHERE id = ?", "s", NULL, TW_CHECK_STORE_CN, 0 },
    { "root-gone", "DELETE FROM folder WHERE store = ? AND id = ?", "sr", NULL, TW_CHECK_STORE_ROOT,
      'r' },
    { "root-deleted", "UPDATE folder SET state = 1 WHERE store = ? AND id = ?", "sr", NULL,
      TW_CHECK_STORE_ROOT, 'r' },
    { "root-under-another", "UPDATE folder SET parent = ? WHERE store = ? AND id = ?", "osr", NULL,
      TW_CHECK_STORE_ROOT, 'r' },
    { "root-type", "UPDATE folder SET type = 1 WHERE store = ? AND id = ?", "sr", NULL,
      TW_CHECK_STORE_ROOT, 'r' },
    { "folder-crc", "UPDATE folder SET crc = crc + 1 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_ROW, 'i' },
    { "folder-name-changed", "UPDATE folder SET name = x'496e626f79' WHERE store = ? AND id = ?",
      "si", NULL, TW_CHECK_FOLDER_ROW, 'i' },
    { "folder-name-no-text", "UPDATE folder SET name = x'ff00fe' WHERE store = ? AND id = ?", "si",
      NULL, TW_CHECK_FOLDER_NAME, 'i' },
    { "folder-name-key", "UPDATE folder SET name_key = x'7a7a' WHERE store = ? AND id = ?", "si",
      NULL, TW_CHECK_FOLDER_NAME, 'i' },
    { "folder-name-no-key", "UPDATE folder SET name_key = NULL WHERE store = ? AND id = ?", "so",
      NULL, TW_CHECK_FOLDER_NAME, 'o' },
    { "folder-orphan", "UPDATE folder SET parent = 4000000000 WHERE store = ? AND id = ?", "su",
      NULL, TW_CHECK_FOLDER_PARENT, 'u' },
    { "folder-circle", "UPDATE folder SET parent = ? WHERE store = ? AND id = ?", "usi", NULL,
      TW_CHECK_FOLDER_PARENT, 0 },
    { "folder-in-itself", "UPDATE folder SET parent = ? WHERE store = ? AND id = ?", "isi", NULL,
      TW_CHECK_FOLDER_PARENT, 'i' },
    { "folder-type", "UPDATE folder SET type = 0 WHERE store = ? AND id = ?", "so", NULL,
      TW_CHECK_FOLDER_STATE, 'o' },
    { "folder-live-in-deleted",
      "UPDATE folder SET state = 0, deleted_with = 0 WHERE store = ? AND id = ?", "sw", NULL,
      TW_CHECK_FOLDER_STATE, 'w' },
    { "folder-deleted-with-nothing",
      "UPDATE folder SET deleted_with = 4000000000 WHERE store = ? AND id = ?", "sw", NULL,
      TW_CHECK_FOLDER_STATE, 'w' },
    { "folder-unknown-state", "UPDATE folder SET state = 9 WHERE store = ? AND id = ?", "so", NULL,
      TW_CHECK_FOLDER_STATE, 'o' },
    { "folder-uidnext", "UPDATE folder SET uidnext = 1 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_UIDNEXT, 'i' },
    { "folder-hicn", "UPDATE folder SET hicn = 0 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_CN, 'i' },
    { "folder-total", "UPDATE folder SET total = total + 1 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-unread", "UPDATE folder SET unread = unread + 1 WHERE store = ? AND id = ?", "si",
      NULL, TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-assoc", "UPDATE folder SET assoc = 0 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-deleted", "UPDATE folder SET deleted = 7 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-deleted-assoc", "UPDATE folder SET deleted_assoc = 7 WHERE store = ? AND id = ?",
      "si", NULL, TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-bytes", "UPDATE folder SET bytes = bytes - 1 WHERE store = ? AND id = ?", "si", NULL,
      TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-deleted-bytes", "UPDATE folder SET deleted_bytes = 0 WHERE store = ? AND id = ?",
      "si", NULL, TW_CHECK_FOLDER_COUNTERS, 'i' },
    { "folder-subfolders", "UPDATE folder SET subfolders = 5 WHERE store = ? AND id = ?", "si",
      NULL, TW_CHECK_FOLDER_SUBFOLDERS, 'i' },
    { "folder-deleted-folders", "UPDATE folder SET deleted_folders = 0 WHERE store = ? AND id = ?",
      "sr", NULL, TW_CHECK_FOLDER_SUBFOLDERS, 'r' },
    { "folder-gone", "DELETE FROM folder WHERE store = ? AND id = ?", "su", NULL,
      TW_CHECK_MESSAGE_FOLDER, '2' },
    { "folder-record-gone", "DELETE FROM tail WHERE id = ?", "I", NULL, TW_CHECK_RECORD_MISSING,
      'i' },
    { "message-folder", "UPDATE msg SET folder = 4000000000 WHERE store = ? AND mid = ?", "sp",
      NULL, TW_CHECK_MESSAGE_FOLDER, 'p' },
    { "message-state", "UPDATE msg SET state = 9 WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_MESSAGE_STATE, 'p' },
    { "message-no-uid", "UPDATE msg SET uid = NULL WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_MESSAGE_UID, 'p' },
    { "message-uid-of-deleted", "UPDATE msg SET uid = 77 WHERE store = ? AND mid = ?", "sd", NULL,
      TW_CHECK_MESSAGE_UID, 'd' },
    { "message-uid-of-associated", "UPDATE msg SET uid = 77 WHERE store = ? AND mid = ?", "sa",
      NULL, TW_CHECK_MESSAGE_UID, 'a' },
    { "message-uid-too-high", "UPDATE msg SET uid = 77 WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_FOLDER_UIDNEXT, 'i' },
    { "message-cn", "UPDATE msg SET cn = 100000 WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_STORE_CN, 0 },
    { "message-head-crc", "UPDATE msg SET crc = crc + 1 WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_MESSAGE_HEAD, 'p' },
    { "message-head-bytes", "UPDATE msg SET head = x'0102' WHERE store = ? AND mid = ?", "sm", NULL,
      TW_CHECK_MESSAGE_HEAD, 'm' },
    { "message-size", "UPDATE msg SET size = size + 5 WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_MESSAGE_SIZE, 'p' },
    { "message-size-negative", "UPDATE msg SET size = -5 WHERE store = ? AND mid = ?", "sb", NULL,
      TW_CHECK_MESSAGE_SIZE, 'b' },
    { "body-shared", NULL, NULL, share_body, TW_CHECK_BODY_SHARED, '2' },
    { "record-gone", "DELETE FROM tail WHERE id = ?", "P", NULL, TW_CHECK_RECORD_MISSING, 'p' },
    { "record-gone-value-left", "DELETE FROM tail WHERE id = ?", "B", NULL, TW_CHECK_RECORD_MISSING,
      'b' },
    { "record-damaged", "UPDATE tail SET rec = x'01000500deadbeef0000000004000000' WHERE id = ?",
      "P", NULL, TW_CHECK_RECORD_DAMAGED, 'p' },
    { "record-damaged-value-left",
      "UPDATE tail SET rec = x'01000500deadbeef0000000004000000' WHERE id = ?", "B", NULL,
      TW_CHECK_RECORD_DAMAGED, 'b' },
    { "record-orphan", "DELETE FROM msg WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_RECORD_ORPHAN, 'p' },
    { "record-orphan-of-mail", "DELETE FROM msg WHERE store = ? AND mid = ?", "sm", NULL,
      TW_CHECK_RECORD_ORPHAN, 'm' },
    { "reference-gone", "DELETE FROM blobref WHERE store = ? AND bid = ?", "sb", NULL,
      TW_CHECK_VALUE_REFERENCE, 'b' },
    { "reference-damaged", "UPDATE blobref SET len = 1 WHERE store = ? AND bid = ?", "sb", NULL,
      TW_CHECK_VALUE_REFERENCE, 'b' },
    { "reference-too-many", NULL, NULL, add_reference, TW_CHECK_VALUE_REFERENCE, 'b' },
    { "value-gone", NULL, NULL, lose_body, TW_CHECK_VALUE_MISSING, 'b' },
    { "mail-gone", NULL, NULL, lose_mail, TW_CHECK_VALUE_MISSING, 'm' },
    { "mail-part-gone", NULL, NULL, lose_part, TW_CHECK_VALUE_MISSING, 'm' },
    { "mail-reference-gone", NULL, NULL, drop_mail_reference, TW_CHECK_MAIL, 'm' },
    { "vanished-but-there",
      "INSERT INTO tomb(store, folder, cn, uid, mid) SELECT store, folder, 2, uid, mid FROM msg "
      "WHERE store = ? AND mid = ?",
      "sp", NULL, TW_CHECK_TOMB, 'p' },
    { "client-id-of-nothing",
      "INSERT INTO oid(store, kind, `key`, id) VALUES(?, 1, x'0102', 4000000000)", "s", NULL,
      TW_CHECK_KEY, 0 },
    { "change-key-of-nothing",
      "INSERT INTO sent_key(store, id, cn, `key`, list, crc) VALUES(?, 4000000000, 1, x'01', "
      "x'02', "
      "3)",
      "s", NULL, TW_CHECK_KEY, 0 },
    { "change-key-damaged",
      "INSERT INTO sent_key(store, id, cn, `key`, list, crc) VALUES(?, ?, 1, x'01', x'02', 3)",
      "sp", NULL, TW_CHECK_KEY, 'p' },
    { "gone-but-there",
      "INSERT INTO gone(store, kind, `key`, id, cn, parent, crc) VALUES(?, 1, x'0102', ?, 1, 0, 0)",
      "sp", NULL, TW_CHECK_KEY, 'p' },
    { "keywords-crc", "UPDATE keyword SET crc = crc + 1 WHERE store = ? AND folder = ?", "si", NULL,
      TW_CHECK_KEYWORDS, 'i' },
    { "keywords-gone", "DELETE FROM keyword WHERE store = ? AND folder = ?", "si", NULL,
      TW_CHECK_KEYWORDS, 'i' },
    { "keywords-of-nothing", "UPDATE keyword SET folder = 4000000000 WHERE store = ?", "s", NULL,
      TW_CHECK_KEYWORDS, 0 },
    { "rights-on-nothing",
      "INSERT INTO acl(store, folder, principal, rights, crc) VALUES(?, "
      "4000000000, 5, 1, 0)",
      "s", NULL, TW_CHECK_RIGHTS, 0 },
    { "rights-damaged", "UPDATE acl SET rights = rights + 1 WHERE store = ?", "s", NULL,
      TW_CHECK_RIGHTS, 0 },
    { "rights-of-no-number", "UPDATE acl SET principal = -5 WHERE store = ?", "s", NULL,
      TW_CHECK_RIGHTS, 0 },
    { "receive-folder-gone",
      "UPDATE receive_folder SET folder = 4000000000 WHERE store = ? AND class_key <> ''", "s",
      NULL, TW_CHECK_RECEIVE_FOLDER, 0 },
    { "search-criteria-damaged", "UPDATE search_def SET crc = crc + 1 WHERE store = ? AND id = ?",
      "sf", NULL, TW_CHECK_SEARCH, 'f' },
    { "search-criteria-gone", "DELETE FROM search_def WHERE store = ? AND id = ?", "sf", NULL,
      TW_CHECK_SEARCH, 'f' },
    { "search-state", "UPDATE search_folder SET state = 9 WHERE store = ? AND id = ?", "sf", NULL,
      TW_CHECK_SEARCH, 'f' },
    { "search-cn", "UPDATE search_folder SET hicn = 1000000 WHERE store = ? AND id = ?", "sf", NULL,
      TW_CHECK_SEARCH, 'f' },
    { "search-of-a-common-folder", "UPDATE folder SET type = 1 WHERE store = ? AND id = ?", "sf",
      NULL, TW_CHECK_SEARCH, 'f' },
    { "search-folder-gone", "DELETE FROM folder WHERE store = ? AND id = ?", "sf", NULL,
      TW_CHECK_SEARCH, 'f' },
    { "search-total", "UPDATE folder SET total = total + 1 WHERE store = ? AND id = ?", "sf", NULL,
      TW_CHECK_FOLDER_COUNTERS, 'f' },
    { "search-result-gone", "DELETE FROM search_hit WHERE store = ? AND mid = ?", "sp", NULL,
      TW_CHECK_FOLDER_COUNTERS, 'f' },
    { "outgoing-message-gone", "UPDATE outgoing SET mid = 4000000000 WHERE store = ?", "s", NULL,
      TW_CHECK_QUEUE, 0 },
    { "receive-folder-of-all-gone",
      "UPDATE receive_folder SET folder = 4000000000 WHERE store = ? AND class_key = ''", "s", NULL,
      TW_CHECK_RECEIVE_FOLDER, 0 },
};

static TwDbSql damage_rows[G_N_ELEMENTS(cases) + 1];
static const TwDbSqlSet damage_set = { "damage", damage_rows, G_N_ELEMENTS(cases) + 1 };

enum {
    COUNT_ALL = G_N_ELEMENTS(cases)
};

typedef struct {
    World *world;
    const Case *tc;
    gint64 count;
} Doing;

static gboolean
damage_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Doing *doing = data;
    g_autoptr(TwDbStatement) st = NULL;

    if (doing->tc->func != NULL)
        return doing->tc->func(tx, doing->world, error);
    st = tw_db_statement(tx, &damage_set, (guint) (doing->tc - cases));
    for (guint i = 0; doing->tc->binds[i] != '\0'; i++)
        tw_db_bind_i64(st, i, value_of(doing->world, doing->tc->binds[i]));
    if (!tw_db_run(st, error))
        return FALSE;
    g_assert_cmpint(tw_db_changes(st), >=, 1);
    return TRUE;
}

static gboolean
count_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Doing *doing = data;
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &damage_set, COUNT_ALL);

    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    doing->count = tw_db_column_i64(st, 0);
    return TRUE;
}

/* On the partition itself, while no engine is open. */
static void
on_partition(Doing *doing, TwDbFunc func)
{
    const TwDbSqlSet *sets[16];
    TwDbSchema schema = tw_partition_schema;
    g_autoptr(GError) error = NULL;
    TwDb *db;

    memcpy(sets, schema.sets, schema.set_count * sizeof sets[0]);
    sets[schema.set_count++] = &damage_set;
    schema.sets = sets;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        damage_rows[i].sql = cases[i].sql != NULL ? cases[i].sql : "SELECT 1";
    damage_rows[COUNT_ALL].sql = "SELECT count(*) FROM msg";
    bed_close(&doing->world->bed);
    db = bed_open_partition(doing->world->bed.config.fs, 1, &schema);
    tw_db_write(db, func, doing, &error);
    g_assert_no_error(error);
    tw_db_close(db);
    doing->world->bed.engine = tw_engine_open(&doing->world->bed.config, &error);
    g_assert_no_error(error);
}

static const TwCheckFinding *
find(const GPtrArray *found, TwCheckWhat what)
{
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *one = found->pdata[i];
        if (one->what == what)
            return one;
    }
    return NULL;
}

static void
assert_told(const World *world, const Case *tc, const GPtrArray *found)
{
    const TwCheckFinding *one = find(found, tc->what);

    tell(found);
    g_assert_nonnull(one);
    g_assert_true(one->repairable);
    g_assert_cmpuint(one->store, ==, world->number);
    g_assert_cmpstr(one->why, !=, "");
    if (tc->object != 0)
        g_assert_cmpint(one->object, ==, value_of(world, tc->object));
}

static void
assert_repaired(const GPtrArray *found)
{
    tell(found);
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *one = found->pdata[i];
        g_assert_true(one->repaired);
    }
}

/* No message is gone after the repair, and none came to be twice. */
static void
assert_all_there(World *world, gboolean more)
{
    Doing doing = { .world = world };

    on_partition(&doing, count_tx);
    if (more)
        g_assert_cmpint(doing.count, >=, world->messages);
    else
        g_assert_cmpint(doing.count, ==, world->messages);
}

static void
test_damage(gconstpointer data)
{
    World world;
    Doing doing = { .world = &world, .tc = data };
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GPtrArray) again = NULL;
    g_autoptr(GPtrArray) repaired = NULL;

    world_new(&world);
    on_partition(&doing, damage_tx);
    found = check(&world, FALSE, FALSE);
    assert_told(&world, doing.tc, found);
    /* looking changes nothing */
    again = check(&world, FALSE, TRUE);
    g_assert_cmpuint(again->len, >=, found->len);
    repaired = check(&world, TRUE, FALSE);
    assert_repaired(repaired);
    assert_clean(&world, TRUE);
    assert_all_there(&world, FALSE);
    assert_clean(&world, FALSE);
    bed_free(&world.bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/check/clean", test_clean);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/store/check/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_damage);
    }
    return g_test_run();
}
