/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Attacks 21 to 27 of spec/robustness.md on the API: ids changed byte by byte, ids of others, rights taken away while
 * something is open, properties that would make an object somebody else's, and probing another company.
 */
#include <string.h>

#include "mapi/entryid.h"
#include "mapi/part.h"
#include "mapi/tags.h"
#include "session/world.h"
#include "store/identity.h"

static int
find_id(TwSession *session, const guint8 *bytes, gsize len, TwEntryIdFindArgs *args)
{
    g_autoptr(GBytes) id = g_bytes_new(bytes, len);
    g_autoptr(GError) error = NULL;

    *args = (TwEntryIdFindArgs){ .entry_id = id };
    if (tw_session_entry_id_find(session, args, &error))
        return -1;
    g_assert_true(error->domain == TW_ERROR);
    return error->code;
}

typedef struct {
    World world;
    WorldUser anna, bert, carl; /* carl is of another company */
    TwSession *session, *other, *stranger;
    guint32 ours, shared, hidden, mid, hidden_mid;
} Place3;

static void
set_hosted(TwLocalConfig *config)
{
    config->hosted = TRUE;
    config->login_format = "%u@%c";
}

static void
place3_open(Place3 *p)
{
    guint32 theirs;

    *p = (Place3){ 0 };
    world_new_with(&p->world, set_hosted);
    p->ours = place_add(&p->world.place, TW_DIRECTORY_COMPANY, 0, "ours");
    theirs = place_add(&p->world.place, TW_DIRECTORY_COMPANY, 0, "theirs");
    world_user(&p->world, p->ours, "anna", &p->anna);
    world_user(&p->world, p->ours, "bert", &p->bert);
    world_user(&p->world, theirs, "carl", &p->carl);
    p->session = world_trusted(&p->world, "anna@ours");
    p->other = world_trusted(&p->world, "bert@ours");
    p->stranger = world_trusted(&p->world, "carl@theirs");
    p->shared = world_folder(p->session, &p->anna.store, 0, "Shared");
    p->hidden = world_folder(p->session, &p->anna.store, 0, "Hidden");
    p->mid = world_message(p->session, &p->anna.store, p->shared, "shared");
    p->hidden_mid = world_message(p->session, &p->anna.store, p->hidden, "hidden");
    world_grant(&p->world, &p->anna, p->shared, p->bert.number, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
}

static void
place3_close(Place3 *p)
{
    tw_session_unref(p->session);
    tw_session_unref(p->other);
    tw_session_unref(p->stranger);
    world_free(&p->world);
}

/* ---- 22: every byte of an id ---- */

static void
test_bytes(void)
{
    Place3 p;
    guint8 id[TW_OBJECT_ID_LEN], copy[TW_OBJECT_ID_LEN];
    TwEntryIdFindArgs found;
    guint same = 0;

    place3_open(&p);
    tw_identity_entry_id(&p.anna.store, TW_OBJECT_ID_MESSAGE, p.hidden_mid, id);
    g_assert_cmpint(find_id(p.session, id, sizeof id, &found), ==, -1);
    g_assert_cmpuint(found.message, ==, p.hidden_mid);
    g_assert_cmpuint(found.folder, ==, p.hidden);
    for (guint at = 0; at < sizeof id; at++) {
        for (guint bit = 0; bit < 8; bit++) {
            int own, other;
            memcpy(copy, id, sizeof id);
            copy[at] ^= (guint8) (1u << bit);
            own = find_id(p.session, copy, sizeof copy, &found);
            if (own == -1) {
                /* flags are no part of the identity; anything else has to lead somewhere else of one's own */
                gboolean flag = at == 3 || at == 26 || at == 27;
                g_assert_true(flag || found.message != p.hidden_mid);
                g_assert_true(tw_guid_equal(&found.store, &p.anna.store));
                same += flag ? 1 : 0;
            } else {
                g_assert_cmpint(own, ==, TW_ERROR_NOT_FOUND);
            }
            /* whatever it is, it is not there for whom the message is hidden from */
            other = find_id(p.other, copy, sizeof copy, &found);
            g_assert_true(other == TW_ERROR_NOT_FOUND || found.message == p.mid ||
                          (other == -1 && found.message == 0));
            g_assert_cmpint(find_id(p.stranger, copy, sizeof copy, &found), ==, TW_ERROR_NOT_FOUND);
        }
    }
    g_assert_cmpuint(same, >, 0);
    for (gsize len = 0; len < sizeof id; len++) {
        g_autofree guint8 *cut = g_memdup2(id, len);
        g_assert_cmpint(find_id(p.session, cut, len, &found), ==, TW_ERROR_NOT_FOUND);
    }
    place3_close(&p);
}

/* ---- 22: ids of other kinds and stores ---- */

static void
test_kinds(void)
{
    Place3 p;
    guint8 id[TW_OBJECT_ID_LEN];
    TwEntryIdFindArgs found;
    static const TwObjectType types[] = { TW_OBJECT_ID_FOLDER, TW_OBJECT_ID_MESSAGE,
                                          TW_OBJECT_ID_ATTACHMENT };

    place3_open(&p);
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        gboolean folder = types[i] == TW_OBJECT_ID_FOLDER;
        gboolean message = types[i] == TW_OBJECT_ID_MESSAGE;
        tw_identity_entry_id(&p.anna.store, types[i], p.mid, id);
        g_assert_cmpint(find_id(p.session, id, sizeof id, &found), ==,
                        message ? -1 : (int) TW_ERROR_NOT_FOUND);
        tw_identity_entry_id(&p.anna.store, types[i], p.shared, id);
        g_assert_cmpint(find_id(p.session, id, sizeof id, &found), ==,
                        folder ? -1 : (int) TW_ERROR_NOT_FOUND);
        /* the right number in another store */
        tw_identity_entry_id(&p.bert.store, types[i], p.mid, id);
        g_assert_cmpint(find_id(p.session, id, sizeof id, &found), ==, TW_ERROR_NOT_FOUND);
        g_assert_cmpint(find_id(p.other, id, sizeof id, &found), ==, TW_ERROR_NOT_FOUND);
    }
    /* stores: one's own, one that may be known of, one that may not */
    tw_identity_entry_id(&p.anna.store, TW_OBJECT_ID_STORE, 0, id);
    g_assert_cmpint(find_id(p.session, id, sizeof id, &found), ==, -1);
    g_assert_cmpint(find_id(p.other, id, sizeof id, &found), ==, -1);
    g_assert_cmpint(find_id(p.stranger, id, sizeof id, &found), ==, TW_ERROR_NOT_FOUND);
    place3_close(&p);
}

/* ---- 26: ids that clients may not make ---- */

static void
test_forged_ids(void)
{
    Place3 p;
    guint8 id[TW_OBJECT_ID_LEN];
    TwObjectId client = { .type = TW_OBJECT_ID_MESSAGE, .version = 1 };
    g_autoptr(TwObject) object = bed_object("x", 5);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) key = NULL;
    g_auto(TwMessageKeysArgs) keys = { 0 };
    TwMessageCreateArgs create = { .object = object };
    TwEntryIdFindArgs found;
    gsize len;

    place3_open(&p);
    create.store = client.store = p.anna.store;
    create.folder = p.shared;
    /* of another object, of another store, of a folder */
    tw_identity_entry_id(&p.anna.store, TW_OBJECT_ID_MESSAGE, p.hidden_mid, id);
    create.entry_id = bytes = g_bytes_new(id, sizeof id);
    assert_refused(tw_session_message_create(p.session, &create, error), TW_ERROR_INVALID);
    g_clear_pointer(&bytes, g_bytes_unref);
    tw_guid_random(&client.unique);
    client.store = p.bert.store;
    len = tw_object_id_write(&client, id);
    create.entry_id = bytes = g_bytes_new(id, len);
    assert_refused(tw_session_message_create(p.session, &create, error), TW_ERROR_INVALID);
    g_clear_pointer(&bytes, g_bytes_unref);
    client.store = p.anna.store;
    client.type = TW_OBJECT_ID_FOLDER;
    len = tw_object_id_write(&client, id);
    create.entry_id = bytes = g_bytes_new(id, len);
    assert_refused(tw_session_message_create(p.session, &create, error), TW_ERROR_INVALID);
    g_clear_pointer(&bytes, g_bytes_unref);
    /* its own: found again, with and without flags */
    client.type = TW_OBJECT_ID_MESSAGE;
    client.flags = TW_OBJECT_ID_OPEN_HERE;
    len = tw_object_id_write(&client, id);
    create.entry_id = bytes = g_bytes_new(id, len);
    assert_done(tw_session_message_create(p.session, &create, error));
    g_assert_cmpint(find_id(p.session, id, len, &found), ==, -1);
    g_assert_cmpuint(found.message, ==, create.made.mid);
    assert_refused(tw_session_message_create(p.session, &create, error), TW_ERROR_EXISTS);
    keys.store = p.anna.store;
    keys.message = p.mid;
    assert_done(tw_session_message_keys(p.session, &keys, error));
    create.entry_id = NULL;
    create.source_key = key = g_bytes_ref(keys.keys.source_key);
    assert_refused(tw_session_message_create(p.session, &create, error), TW_ERROR_INVALID);
    place3_close(&p);
}

/* ---- 26: making an object somebody else's ---- */

static void
test_forged_creator(void)
{
    Place3 p;
    g_autoptr(TwDirectorySnapshot) snapshot = NULL;
    g_autoptr(TwObject) object = bed_object("x", 5);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);
    TwMessageCreateArgs create = { .object = object };
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwMessageSaveArgs) save = { 0 };
    TwBookId id = { .type = TW_BOOK_USER };
    TwPropValue value;

    place3_open(&p);
    world_grant(&p.world, &p.anna, p.shared, p.bert.number,
                TW_RIGHT_READ | TW_RIGHT_CREATE | TW_RIGHT_EDIT_OWN | TW_RIGHT_VISIBLE);
    snapshot = place_snapshot(&p.world.place);
    id.number = p.bert.number;
    id.external = tw_directory_snapshot_get(snapshot, p.bert.number)->id;
    tw_book_id_write(&id, &out);
    value = tw_value_bytes(PR_CREATOR_ENTRYID, out.data, out.len);
    /* what anna makes is hers, whatever she writes into it */
    g_assert_true(tw_object_set(object, &value, NULL));
    create.store = read.store = save.store = p.anna.store;
    create.folder = p.shared;
    assert_done(tw_session_message_create(p.session, &create, error));
    save.message = create.made.mid;
    save.object = object;
    assert_refused(tw_session_message_save(p.other, &save, error), TW_ERROR_NOT_FOUND);
    save.folder = p.shared;
    assert_refused(tw_session_message_save(p.other, &save, error), TW_ERROR_NO_ACCESS);
    /* what bert makes is his, and stays his */
    assert_done(tw_session_message_create(p.other, &create, error));
    save.message = read.message = create.made.mid;
    assert_done(tw_session_message_save(p.other, &save, error));
    assert_done(tw_session_message_save(p.session, &save, error));
    assert_done(tw_session_message_save(p.other, &save, error));
    assert_done(tw_session_message_read(p.other, &read, error));
    g_assert_true(tw_object_get(read.object, PR_CREATOR_ENTRYID, &value));
    g_assert_true(tw_entryid_same(value.data, value.len, out.data, out.len));
    place3_close(&p);
}

/* ---- 24: rights that go while something is open ---- */

static void
test_revoked(void)
{
    Place3 p;
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwValueReadArgs) value = { .most = 10 };
    TwPermission row = { .rights = TW_PERMISSION_REMOVE };
    TwPermissionsSetArgs set = { .rows = { &row, 1 } };
    TwFolderMoveArgs move = { 0 };
    g_autoptr(GBytes) path = NULL;
    g_autoptr(GError) why = NULL;
    TwPart part = { 0 };
    guint32 group;

    place3_open(&p);
    tw_part_push(&part, TW_PART_PROPERTY, PR_SUBJECT >> 16);
    path = g_bytes_new(part.bytes, part.len);
    read.store = value.store = set.store = move.store = p.anna.store;
    read.message = value.message = p.mid;
    value.path = path;
    assert_done(tw_session_message_read(p.other, &read, error));
    row.principal = p.bert.number;
    set.folder = p.shared;
    assert_done(tw_session_permissions_set(p.session, &set, error));
    assert_refused(tw_session_message_read(p.other, &read, error), TW_ERROR_NOT_FOUND);
    assert_refused(tw_session_value_read(p.other, &value, error), TW_ERROR_NOT_FOUND);
    /* through a group, and out of the group again */
    group = place_add(&p.world.place, TW_DIRECTORY_SECURITY_GROUP, p.ours, "team");
    row = (TwPermission){ 0, group, TW_RIGHT_READ | TW_RIGHT_VISIBLE };
    world_grant(&p.world, &p.anna, p.shared, group, row.rights);
    assert_refused(tw_session_message_read(p.other, &read, error), TW_ERROR_NOT_FOUND);
    tw_directory_relate(p.world.place.directory, group,
                        (TwDirectoryLink){ TW_DIRECTORY_MEMBER, p.bert.number }, &why);
    g_assert_no_error(why);
    assert_done(tw_session_message_read(p.other, &read, error));
    tw_directory_unrelate(p.world.place.directory, group,
                          (TwDirectoryLink){ TW_DIRECTORY_MEMBER, p.bert.number }, &why);
    g_assert_no_error(why);
    assert_refused(tw_session_message_read(p.other, &read, error), TW_ERROR_NOT_FOUND);
    /* by where the folder lies */
    world_grant(&p.world, &p.anna, p.hidden, p.bert.number, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    move.folder = p.shared;
    move.to = p.hidden;
    assert_done(tw_session_folder_move(p.session, &move, error));
    assert_done(tw_session_message_read(p.other, &read, error));
    move.to = p.anna.inbox;
    assert_done(tw_session_folder_move(p.session, &move, error));
    assert_refused(tw_session_message_read(p.other, &read, error), TW_ERROR_NOT_FOUND);
    place3_close(&p);
}

/* ---- 23 and 27: another company, and what can be told from answers ---- */

static void
test_other_company(void)
{
    Place3 p;
    g_auto(TwBookListArgs) list = { 0 };
    g_auto(TwBookResolveArgs) resolve = { .text = "anna" };
    g_auto(TwNameFindArgs) name = { .name = "anna@ours", .type = TW_DIRECTORY_USERS };
    g_auto(TwStoreFindArgs) find = { 0 };
    TwPermission row = { .rights = TW_RIGHT_READ };
    TwPermissionsSetArgs grant = { .rows = { &row, 1 } };
    g_autoptr(GError) there = NULL;
    g_autoptr(GError) never = NULL;

    place3_open(&p);
    assert_done(tw_session_book_list(p.stranger, &list, error));
    for (guint i = 0; i < list.rows->len; i++) {
        const TwDirectoryObject *object = list.rows->pdata[i];
        g_assert_true(object->number < TW_DIRECTORY_FIRST_NUMBER ||
                      object->number == p.carl.number);
    }
    assert_refused(tw_session_book_resolve(p.stranger, &resolve, error), TW_ERROR_NOT_FOUND);
    assert_refused(tw_session_name_find(p.stranger, &name, error), TW_ERROR_NOT_FOUND);
    find.owner = p.anna.number;
    g_assert_false(tw_session_store_find(p.stranger, &find, &there));
    find.owner = 4711;
    g_assert_false(tw_session_store_find(p.stranger, &find, &never));
    g_assert_cmpint(there->code, ==, never->code);
    /* nobody gives rights to somebody who cannot be known of; and to nobody there is */
    grant.store = p.anna.store;
    grant.folder = p.shared;
    row.principal = p.carl.number;
    assert_refused(tw_session_permissions_set(p.session, &grant, error), TW_ERROR_INVALID);
    row.principal = 4711;
    assert_refused(tw_session_permissions_set(p.session, &grant, error), TW_ERROR_INVALID);
    /* a row that is there all the same gives nothing across companies that do not see each other */
    world_grant(&p.world, &p.anna, p.shared, TW_DIRECTORY_EVERYONE,
                TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    world_grant(&p.world, &p.anna, p.shared, p.carl.number, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    find.owner = p.anna.number;
    assert_refused(tw_session_store_find(p.stranger, &find, error), TW_ERROR_NOT_FOUND);
    place3_close(&p);
}

/* Names of hidden folders: finding one is like finding none, and so is watching it or moving to it. */
static void
test_oracles(void)
{
    Place3 p;
    g_auto(TwFolderFindArgs) find = { 0 };
    g_auto(TwFolderListArgs) list = { .deep = TRUE };
    TwMessagesCopyArgs copy = { 0 };
    g_autoptr(GError) there = NULL;
    g_autoptr(GError) never = NULL;

    place3_open(&p);
    find.store = list.store = copy.store = p.anna.store;
    find.name = "Hidden";
    g_assert_false(tw_session_folder_find(p.other, &find, &there));
    find.name = "Never";
    g_assert_false(tw_session_folder_find(p.other, &find, &never));
    g_assert_cmpint(there->code, ==, never->code);
    g_clear_error(&there);
    g_clear_error(&never);
    assert_done(tw_session_folder_list(p.other, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 1);
    g_assert_cmpuint(g_array_index(list.rows, TwFolderEntry, 0).row->id, ==, p.shared);
    copy.folder = p.shared;
    copy.messages = (TwNumbers){ &p.mid, 1 };
    copy.to = p.hidden;
    g_assert_false(tw_session_messages_copy(p.other, &copy, &there));
    copy.to = 4000000;
    g_assert_false(tw_session_messages_copy(p.other, &copy, &never));
    g_assert_cmpint(there->code, ==, never->code);
    place3_close(&p);
}

/* ---- handles that went stale ---- */

static void
test_stale(void)
{
    Place3 p;
    g_auto(TwFolderListArgs) list = { 0 };
    TwStoreUnhookArgs unhook = { 0 };
    TwStoreDeleteArgs gone = { 0 };
    TwStoreCreateArgs create = { 0 };
    g_autoptr(TwSession) system = NULL;

    place3_open(&p);
    system = world_trusted(&p.world, "SYSTEM");
    list.store = unhook.store = gone.store = p.anna.store;
    assert_done(tw_session_folder_list(p.session, &list, error));
    assert_done(tw_session_store_unhook(system, &unhook, error));
    assert_refused(tw_session_folder_list(p.session, &list, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_session_store_delete(system, &gone, error));
    assert_refused(tw_session_folder_list(p.session, &list, error), TW_ERROR_NOT_FOUND);
    /* another one of the same GUID is another one: nothing of before holds in it */
    create.user = p.bert.number;
    create.kind = TW_STORE_ARCHIVE;
    create.guid = p.anna.store;
    assert_done(tw_session_store_create(system, &create, error));
    assert_done(tw_session_folder_list(p.other, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 0);
    list.folder = p.shared;
    assert_refused(tw_session_folder_list(p.session, &list, error), TW_ERROR_NOT_FOUND);
    g_clear_pointer(&system, tw_session_unref);
    place3_close(&p);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/attack/22/bytes", test_bytes);
    g_test_add_func("/session/attack/22/kinds", test_kinds);
    g_test_add_func("/session/attack/26/ids", test_forged_ids);
    g_test_add_func("/session/attack/26/creator", test_forged_creator);
    g_test_add_func("/session/attack/24/revoked", test_revoked);
    g_test_add_func("/session/attack/23/other-company", test_other_company);
    g_test_add_func("/session/attack/27/oracles", test_oracles);
    g_test_add_func("/session/attack/stale", test_stale);
    return g_test_run();
}
