/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mailboxes over the local provider: every kind in every language is what the plan says; an interrupted, damaged or
 * half-deleted one is made whole and nothing is made twice.
 */
#include <string.h>

#include "base/error.h"
#include "groupware/mailbox.h"
#include "groupware/pointers.h"
#include "mapi/tags.h"
#include "session/world.h"
#include "store/identity.h"
#include "store/invariants.h"
#include "support/assert-bytes.h"

enum {
    EVERYONE_FINDER = 0x499,
};

/* ---- a session that fails ---- */

/* Passes calls on until so many changes were made; then each change fails. */
typedef struct {
    TwSession parent;
    TwSession *inner;
    guint changes_left, changes;
} Limited;

static gboolean
limited_call(TwSession *session, TwOp op, gpointer args, GError **error)
{
    Limited *limited = (Limited *) session;

    if (tw_op_info(op)->op_class == TW_OP_READ)
        return tw_session_call(limited->inner, op, args, error);
    if (limited->changes >= limited->changes_left) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_SPACE, "as the test wants it");
        return FALSE;
    }
    limited->changes++;
    return tw_session_call(limited->inner, op, args, error);
}

static const TwServerFuncs limited_funcs = { .name = "limited", .call = limited_call };

static Limited
limit(TwSession *inner, guint changes)
{
    return (
        Limited){ .parent = { .funcs = &limited_funcs }, .inner = inner, .changes_left = changes };
}

/* ---- a house with an empty store in it ---- */

typedef struct {
    World world;
    TwSession *system;
    guint next_owner;
} House;

static void
house_new(House *house)
{
    *house = (House){ .next_owner = 1000 };
    world_new(&house->world);
    house->system = world_trusted(&house->world, "SYSTEM");
}

static void
house_free(House *house)
{
    invariants_check_engine(house->world.bed.engine, INVARIANTS_ALL, "at the end");
    tw_session_unref(house->system);
    world_free(&house->world);
}

static TwGuid
make_store(House *house, TwStoreKind kind)
{
    TwStoreMake make = { .kind = kind, .partition = -1 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_create(house->world.bed.engine, &make, &error);
    TwStoreInfo info;

    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(store, &info, &error));
    return info.guid;
}

static TwMailboxSpec
spec_of(TwLayoutKind kind, const char *language)
{
    return (TwMailboxSpec){ .kind = kind, .language = language, .everyone = TW_DIRECTORY_EVERYONE };
}

static TwMailboxMissing
fill(TwSession *session, const TwGuid *store, const TwMailboxSpec *spec, gboolean look_only)
{
    g_autoptr(GError) error = NULL;
    TwMailboxMissing missing;

    tw_mailbox_fill(session, store, spec, look_only, &missing, &error);
    g_assert_no_error(error);
    return missing;
}

static void
assert_complete(House *house, const TwGuid *store, const TwMailboxSpec *spec)
{
    TwMailboxMissing missing = fill(house->system, store, spec, TRUE);

    g_assert_cmpuint(missing.folders, ==, 0);
    g_assert_cmpuint(missing.messages, ==, 0);
    g_assert_cmpuint(missing.properties, ==, 0);
    g_assert_cmpuint(missing.rights, ==, 0);
    g_assert_cmpuint(missing.receive_folders, ==, 0);
}

static guint64
change_number(House *house, const TwGuid *store)
{
    g_auto(TwStoreInfoArgs) args = { .store = *store };

    g_assert_true(tw_session_store_info(house->system, &args, NULL));
    return args.info.cn;
}

static guint
count_folders(House *house, const TwGuid *store)
{
    g_auto(TwFolderListArgs) args = { .store = *store, .deep = TRUE };

    g_assert_true(tw_session_folder_list(house->system, &args, NULL));
    return args.rows->len;
}

static char *
name_of(House *house, const TwGuid *store, guint32 folder)
{
    g_auto(TwFolderGetArgs) args = { .store = *store, .folder = folder };

    g_assert_true(tw_session_folder_get(house->system, &args, NULL));
    return g_strdup(args.row.row->name);
}

/* ---- what a client finds ---- */

static TwObject *
read_place(House *house, const TwGuid *store, guint place, guint32 inbox)
{
    g_auto(TwStorePropsArgs) of_store = { .store = *store };
    g_auto(TwFolderPropsArgs)
        of_folder = { .store = *store, .folder = place == TW_LAYOUT_ON_INBOX ? inbox : 0 };

    if (place == TW_LAYOUT_ON_STORE) {
        g_assert_true(tw_session_store_props(house->system, &of_store, NULL));
        return g_steal_pointer(&of_store.object);
    }
    g_assert_true(tw_session_folder_props(house->system, &of_folder, NULL));
    return g_steal_pointer(&of_folder.object);
}

/* The object a pointer leads to, as a client without knowledge of ours reads it. */
static guint32
follow(
    House *house, const TwGuid *store, const TwLayoutPointer *pointer, guint place, guint32 inbox)
{
    g_autoptr(TwObject) object = read_place(house, store, place, inbox);
    TwPropValue value;
    const guint8 *data;
    gsize len;
    TwObjectId id;
    guint32 number;

    g_assert_true(tw_object_get(object, pointer->tag, &value));
    g_assert_true(tw_pointer_get(&value, pointer->form, pointer->number, &data, &len));
    g_assert_true(tw_object_id_parse(data, len, &id, NULL));
    g_assert_true(tw_guid_equal(&id.store, store));
    g_assert_cmpint(id.type, ==,
                    pointer->message != TW_LAYOUT_MESSAGE_NONE ? TW_OBJECT_ID_MESSAGE
                                                               : TW_OBJECT_ID_FOLDER);
    g_assert_true(tw_identity_number(&id, &number));
    return number;
}

static void
assert_message(House *house, const TwGuid *store, const TwLayoutMessage *wanted, guint32 number)
{
    g_auto(TwMessageReadArgs) args = { .store = *store, .message = number };
    g_autoptr(GError) error = NULL;

    tw_session_message_read(house->system, &args, &error);
    g_assert_no_error(error);
    g_assert_cmpint(args.row.state, ==, wanted->associated ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL);
    g_assert_cmpstr(tw_object_get_text(args.object, PR_MESSAGE_CLASS, NULL), ==,
                    wanted->message_class);
    g_assert_cmpstr(tw_object_get_text(args.object, PR_SUBJECT, NULL), ==, wanted->subject);
    g_assert_cmpuint(tw_object_get_long(args.object, PR_FREEBUSY_COUNT_MONTHS, 0), ==, 6);
}

static void
assert_folder(House *house, const TwGuid *store, const TwLayoutFolder *wanted, guint32 number)
{
    g_auto(TwFolderPropsArgs) props = { .store = *store, .folder = number };
    g_autofree char *name = name_of(house, store, number);
    TwPropValue hidden = { 0 };

    g_assert_cmpstr(name, ==, wanted->name);
    g_assert_true(tw_session_folder_props(house->system, &props, NULL));
    g_assert_cmpstr(tw_object_get_text(props.object, PR_CONTAINER_CLASS, NULL), ==,
                    wanted->container_class);
    g_assert_cmpint(tw_object_get(props.object, PR_ATTR_HIDDEN, &hidden), ==,
                    (wanted->flags & TW_LAYOUT_HIDDEN) != 0);
}

static void
assert_pointer(House *house,
               const TwGuid *store,
               const TwLayoutPlan *plan,
               const TwLayoutPointer *pointer,
               guint32 inbox)
{
    for (guint place = TW_LAYOUT_ON_STORE; place <= TW_LAYOUT_ON_INBOX; place <<= 1) {
        guint32 number;

        if ((pointer->places & place) == 0)
            continue;
        number = follow(house, store, pointer, place, inbox);
        if (pointer->message == TW_LAYOUT_MESSAGE_NONE)
            assert_folder(house, store, tw_layout_plan_folder(plan, pointer->folder), number);
        for (guint i = 0; i < plan->messages_count; i++) {
            if (plan->messages[i].key == pointer->message)
                assert_message(house, store, &plan->messages[i], number);
        }
    }
}

static void
assert_receive(House *house, const TwGuid *store, const TwMailboxFolders *folders)
{
    static const struct {
        const char *message_class;
        TwLayoutFolderKey folder;
    } wanted[] = {
        { "", TW_LAYOUT_FOLDER_INBOX },           { "IPM", TW_LAYOUT_FOLDER_INBOX },
        { "IPM.Note.x", TW_LAYOUT_FOLDER_INBOX }, { "REPORT.IPM.Note", TW_LAYOUT_FOLDER_INBOX },
        { "IPC.x", TW_LAYOUT_FOLDER_ROOT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_auto(TwReceiveFolderArgs)
            args = { .store = *store, .message_class = wanted[i].message_class };
        g_assert_true(tw_session_receive_folder(house->system, &args, NULL));
        g_assert_cmpuint(args.folder, ==, folders->numbers[wanted[i].folder]);
    }
}

static TwMailboxFolders
find_folders(TwSession *session, const TwGuid *store, TwLayoutKind kind)
{
    g_autoptr(GError) error = NULL;
    TwMailboxFolders folders;

    tw_mailbox_folders(session, store, kind, &folders, &error);
    g_assert_no_error(error);
    return folders;
}

static guint32
rights_of(House *house, const TwGuid *store, guint32 folder, guint32 principal)
{
    g_auto(TwPermissionsArgs) args = { .store = *store, .folder = folder };

    g_assert_true(tw_session_permissions(house->system, &args, NULL));
    for (guint i = 0; i < args.rows->len; i++) {
        const TwPermission *row = &g_array_index(args.rows, TwPermission, i);
        if (row->principal == principal)
            return row->rights;
    }
    return 0;
}

static void
assert_as_planned(House *house, const TwGuid *store, const TwMailboxSpec *spec)
{
    TwMailboxFolders folders = find_folders(house->system, store, spec->kind);
    guint32 inbox = folders.numbers[TW_LAYOUT_FOLDER_INBOX];
    g_autoptr(TwObject) props = read_place(house, store, TW_LAYOUT_ON_STORE, 0);
    TwLayoutPlan plan;

    tw_layout_plan(spec->kind, spec->language, &plan);
    g_assert_cmpuint(count_folders(house, store), ==, plan.folders_count);
    g_assert_cmphex(tw_object_get_long(props, PR_VALID_FOLDER_MASK, 0), ==, plan.valid_folders);
    for (guint i = 0; i < plan.pointers_count; i++)
        assert_pointer(house, store, &plan, &plan.pointers[i], inbox);
    for (guint i = 0; i < plan.folders_count; i++) {
        guint32 number = folders.numbers[plan.folders[i].key];
        if (number != 0)
            g_assert_cmphex(rights_of(house, store, number, TW_DIRECTORY_EVERYONE), ==,
                            plan.folders[i].everyone);
    }
    if (plan.receive_count > 0)
        assert_receive(house, store, &folders);
}

/* ---- the tests ---- */

static void
test_kinds(void)
{
    static const TwStoreKind kinds[] = { [TW_LAYOUT_PRIVATE] = TW_STORE_PRIVATE,
                                         [TW_LAYOUT_PUBLIC] = TW_STORE_PUBLIC,
                                         [TW_LAYOUT_ARCHIVE] = TW_STORE_ARCHIVE };
    House house;

    house_new(&house);
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        TwMailboxSpec spec = spec_of((TwLayoutKind) kind, "de_DE.UTF-8");
        TwGuid store = make_store(&house, kinds[kind]);
        TwMailboxMissing before = fill(house.system, &store, &spec, TRUE), made;
        guint64 cn = change_number(&house, &store);

        g_assert_cmpuint(count_folders(&house, &store), ==, 0); /* it only looked */
        made = fill(house.system, &store, &spec, FALSE);
        assert_bytes(&made, sizeof made, &before, sizeof before);
        assert_as_planned(&house, &store, &spec);
        assert_complete(&house, &store, &spec);
        g_assert_cmpuint(change_number(&house, &store), >, cn);

        /* a second time changes nothing, not even a change number */
        cn = change_number(&house, &store);
        fill(house.system, &store, &spec, FALSE);
        g_assert_cmpuint(change_number(&house, &store), ==, cn);
    }
    house_free(&house);
}

static void
test_languages(void)
{
    House house;

    house_new(&house);
    for (guint i = 0; i < tw_layout_language_count(); i++) {
        TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, tw_layout_language_at(i));
        TwGuid store = make_store(&house, TW_STORE_PRIVATE);

        fill(house.system, &store, &spec, FALSE);
        assert_as_planned(&house, &store, &spec);
    }
    house_free(&house);
}

/* It stops after every number of changes, and is completed in another language: nothing is there twice. */
static void
test_interrupted(void)
{
    TwMailboxSpec first = spec_of(TW_LAYOUT_PRIVATE, "fr"),
                  second = spec_of(TW_LAYOUT_PRIVATE, "nl");
    gboolean done = FALSE;
    TwLayoutPlan plan;
    House house;

    tw_layout_plan(TW_LAYOUT_PRIVATE, "fr", &plan);
    house_new(&house);
    for (guint changes = 0; !done; changes++) {
        TwGuid store = make_store(&house, TW_STORE_PRIVATE);
        Limited limited = limit(house.system, changes);
        g_autoptr(GError) error = NULL;

        done = tw_mailbox_fill(&limited.parent, &store, &first, FALSE, NULL, &error);
        g_assert_true(done == (error == NULL));
        if (!done)
            g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
        fill(house.system, &store, &second, FALSE);
        assert_complete(&house, &store, &second);
        g_assert_cmpuint(count_folders(&house, &store), ==, plan.folders_count);
        g_assert_cmphex(rights_of(&house, &store,
                                  find_folders(house.system, &store, TW_LAYOUT_PRIVATE)
                                      .numbers[TW_LAYOUT_FOLDER_FINDER],
                                  TW_DIRECTORY_EVERYONE),
                        ==, EVERYONE_FINDER);
        if (done)
            g_assert_cmpuint(changes, >, plan.folders_count);
    }
    house_free(&house);
}

static void
remove_prop(House *house, const TwGuid *store, guint place, guint32 inbox, guint32 tag)
{
    TwPropChanges changes = { .removed = &tag, .removed_count = 1 };
    g_auto(TwStoreChangePropsArgs) of_store = { .store = *store, .changes = changes };
    g_auto(TwFolderChangePropsArgs) of_folder = { .store = *store,
                                                  .folder = place == TW_LAYOUT_ON_INBOX ? inbox : 0,
                                                  .changes = changes };

    g_assert_true(place == TW_LAYOUT_ON_STORE
                      ? tw_session_store_change_props(house->system, &of_store, NULL)
                      : tw_session_folder_change_props(house->system, &of_folder, NULL));
}

/* Every property that leads somewhere is lost once, at each place. */
static void
test_lost_pointers(void)
{
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "it");
    House house;
    TwGuid store;
    guint32 inbox, last = 0;
    TwLayoutPlan plan;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &spec, FALSE);
    inbox = find_folders(house.system, &store, TW_LAYOUT_PRIVATE).numbers[TW_LAYOUT_FOLDER_INBOX];
    tw_layout_plan(TW_LAYOUT_PRIVATE, "it", &plan);
    for (guint i = 0; i < plan.pointers_count; i++) {
        const TwLayoutPointer *pointer = &plan.pointers[i];

        for (guint place = TW_LAYOUT_ON_STORE; place <= TW_LAYOUT_ON_INBOX; place <<= 1) {
            if ((pointer->places & place) == 0 || pointer->tag == last)
                continue;
            remove_prop(&house, &store, place, inbox, pointer->tag);
            g_assert_cmpuint(fill(house.system, &store, &spec, FALSE).properties, >, 0);
        }
        last = pointer->tag;
    }
    assert_as_planned(&house, &store, &spec);
    house_free(&house);
}

/* All at once: the names find them, in whatever language they are. */
static void
test_all_pointers_lost(void)
{
    TwMailboxSpec made = spec_of(TW_LAYOUT_PRIVATE, "es"), other = spec_of(TW_LAYOUT_PRIVATE, "en");
    House house;
    TwGuid store;
    guint32 inbox;
    TwLayoutPlan plan;
    TwMailboxMissing missing;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &made, FALSE);
    inbox = find_folders(house.system, &store, TW_LAYOUT_PRIVATE).numbers[TW_LAYOUT_FOLDER_INBOX];
    tw_layout_plan(TW_LAYOUT_PRIVATE, "es", &plan);
    for (guint i = 0; i < plan.pointers_count; i++) {
        for (guint place = TW_LAYOUT_ON_STORE; place <= TW_LAYOUT_ON_INBOX; place <<= 1) {
            if ((plan.pointers[i].places & place) != 0)
                remove_prop(&house, &store, place, inbox, plan.pointers[i].tag);
        }
    }
    missing = fill(house.system, &store, &other, FALSE);
    g_assert_cmpuint(missing.folders, ==, 0);
    g_assert_cmpuint(missing.messages, ==, 0);
    g_assert_cmpuint(missing.properties, >, 0);
    assert_as_planned(&house, &store, &made);
    house_free(&house);
}

/* Entry ids that lead elsewhere: to another store, to a message that is gone, to rubbish. */
static void
test_wrong_pointers(void)
{
    static const guint8 rubbish[] = "no entry id at all";
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "en");
    guint8 foreign[TW_OBJECT_ID_LEN], gone[TW_OBJECT_ID_LEN], text[TW_OBJECT_ID_LEN] = { 0 };
    guint8 *const ids[] = { foreign, gone, text };
    House house;
    TwGuid store, other;
    TwMailboxFolders folders;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    other = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &spec, FALSE);
    fill(house.system, &other, &spec, FALSE);
    folders = find_folders(house.system, &other, TW_LAYOUT_PRIVATE);
    tw_identity_entry_id(&other, TW_OBJECT_ID_FOLDER, folders.numbers[TW_LAYOUT_FOLDER_NOTES],
                         foreign);
    tw_identity_entry_id(&store, TW_OBJECT_ID_FOLDER, 0x7fffffff, gone);
    memcpy(text, rubbish, sizeof rubbish);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        TwPropValue value = tw_value_bytes(PR_IPM_NOTE_ENTRYID, ids[i], TW_OBJECT_ID_LEN);
        TwPropValue sent = tw_value_bytes(PR_IPM_SENTMAIL_ENTRYID, ids[i], TW_OBJECT_ID_LEN);
        g_auto(TwFolderChangePropsArgs)
            root = { .store = store, .changes = { .values = &value, .value_count = 1 } };
        g_auto(TwStoreChangePropsArgs)
            of_store = { .store = store, .changes = { .values = &sent, .value_count = 1 } };

        g_assert_true(tw_session_folder_change_props(house.system, &root, NULL));
        g_assert_true(tw_session_store_change_props(house.system, &of_store, NULL));
        g_assert_cmpuint(fill(house.system, &store, &spec, FALSE).properties, ==, 2);
        assert_as_planned(&house, &store, &spec);
    }
    house_free(&house);
}

/* A folder that is gone for good is made again; one a user renamed or moved is still the same. */
static void
test_moved_and_deleted(void)
{
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "en");
    House house;
    TwGuid store;
    TwMailboxFolders folders, after;
    g_autofree char *name = NULL;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &spec, FALSE);
    folders = find_folders(house.system, &store, TW_LAYOUT_PRIVATE);
    {
        g_auto(TwFolderDeleteArgs) delete_notes = {
            .store = store, .folder = folders.numbers[TW_LAYOUT_FOLDER_NOTES], .hard = TRUE
        };
        g_auto(TwFolderDeleteArgs)
            delete_calendar = { .store = store,
                                .folder = folders.numbers[TW_LAYOUT_FOLDER_CALENDAR] };
        g_auto(TwFolderMoveArgs) move = { .store = store,
                                          .folder = folders.numbers[TW_LAYOUT_FOLDER_RSS],
                                          .to = folders.numbers[TW_LAYOUT_FOLDER_INBOX],
                                          .name = "News" };
        g_assert_true(tw_session_folder_delete(house.system, &delete_notes, NULL));
        g_assert_true(tw_session_folder_delete(house.system, &delete_calendar, NULL));
        g_assert_true(tw_session_folder_move(house.system, &move, NULL));
    }
    fill(house.system, &store, &spec, FALSE);
    assert_complete(&house, &store, &spec);
    after = find_folders(house.system, &store, TW_LAYOUT_PRIVATE);
    g_assert_cmpuint(after.numbers[TW_LAYOUT_FOLDER_NOTES], !=,
                     folders.numbers[TW_LAYOUT_FOLDER_NOTES]);
    g_assert_cmpuint(after.numbers[TW_LAYOUT_FOLDER_CALENDAR], !=,
                     folders.numbers[TW_LAYOUT_FOLDER_CALENDAR]);
    g_assert_cmpuint(after.numbers[TW_LAYOUT_FOLDER_RSS], ==,
                     folders.numbers[TW_LAYOUT_FOLDER_RSS]);
    name = name_of(&house, &store, after.numbers[TW_LAYOUT_FOLDER_RSS]);
    g_assert_cmpstr(name, ==, "News");
    house_free(&house);
}

/* What a client keeps in the same properties stays; rights that the owner took away stay away. */
static void
test_keeps(void)
{
    static const guint8 own_block[] = { 0x02, 0x80, 5, 0, 1, 0, 1, 0, 'x', 0, 0, 0, 0 };
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "en");
    TwPropValue value = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, own_block, sizeof own_block);
    TwPermission none = { .principal = TW_DIRECTORY_EVERYONE, .rights = TW_PERMISSION_REMOVE };
    House house;
    TwGuid store;
    TwMailboxFolders folders;
    g_autoptr(TwObject) root = NULL;
    const guint8 *data;
    gsize len;
    TwPropValue kept;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &spec, FALSE);
    folders = find_folders(house.system, &store, TW_LAYOUT_PRIVATE);
    {
        g_auto(TwFolderChangePropsArgs)
            change = { .store = store, .changes = { .values = &value, .value_count = 1 } };
        g_auto(TwPermissionsSetArgs) rights = { .store = store,
                                                .folder = folders.numbers[TW_LAYOUT_FOLDER_FINDER],
                                                .rows = { .items = &none, .count = 1 } };
        g_assert_true(tw_session_folder_change_props(house.system, &change, NULL));
        g_assert_true(tw_session_permissions_set(house.system, &rights, NULL));
    }
    g_assert_cmpuint(fill(house.system, &store, &spec, FALSE).properties, ==, 4);
    root = read_place(&house, &store, TW_LAYOUT_ON_ROOT, 0);
    g_assert_true(tw_object_get(root, PR_ADDITIONAL_REN_ENTRYIDS_EX, &kept));
    g_assert_true(tw_pointer_get(&kept, TW_LAYOUT_PERSIST, 0x8002, &data, &len));
    g_assert_true(len == 1 && data[0] == 'x');
    g_assert_cmphex(
        rights_of(&house, &store, folders.numbers[TW_LAYOUT_FOLDER_FINDER], TW_DIRECTORY_EVERYONE),
        ==, 0);
    house_free(&house);
}

/* A folder whose entry id a client made is followed, and the pointer stays as the client wrote it. */
static void
test_client_ids(void)
{
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "en");
    TwObjectId id = { .type = TW_OBJECT_ID_FOLDER, .version = 1 };
    guint8 bytes[TW_OBJECT_ID_LEN];
    House house;
    TwGuid store;
    TwMailboxFolders folders;
    g_autoptr(GBytes) entry_id = NULL;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &spec, FALSE);
    folders = find_folders(house.system, &store, TW_LAYOUT_PRIVATE);
    id.store = store;
    tw_guid_random(&id.unique);
    entry_id = g_bytes_new(bytes, tw_object_id_write(&id, bytes));
    {
        g_auto(TwFolderCreateArgs) made = { .store = store,
                                            .folder = folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE],
                                            .name = "Tasks of mine",
                                            .entry_id = entry_id };
        TwPropValue value = tw_value_bytes(PR_IPM_TASK_ENTRYID, bytes, sizeof bytes);
        TwPropChanges set = { .values = &value, .value_count = 1 };
        g_auto(TwFolderChangePropsArgs) root = { .store = store, .changes = set };
        g_auto(TwFolderChangePropsArgs) inbox = { .store = store,
                                                  .folder = folders.numbers[TW_LAYOUT_FOLDER_INBOX],
                                                  .changes = set };
        g_assert_true(tw_session_folder_create(house.system, &made, NULL));
        g_assert_true(tw_session_folder_change_props(house.system, &root, NULL));
        g_assert_true(tw_session_folder_change_props(house.system, &inbox, NULL));
        folders = find_folders(house.system, &store, TW_LAYOUT_PRIVATE);
        g_assert_cmpuint(folders.numbers[TW_LAYOUT_FOLDER_TASKS], ==, made.created);

        /* the pointer of the root alone is lost: it is written again with the same id */
        remove_prop(&house, &store, TW_LAYOUT_ON_ROOT, 0, PR_IPM_TASK_ENTRYID);
        fill(house.system, &store, &spec, FALSE);
    }
    {
        g_autoptr(TwObject) root = read_place(&house, &store, TW_LAYOUT_ON_ROOT, 0);
        TwPropValue value;
        g_assert_true(tw_object_get(root, PR_IPM_TASK_ENTRYID, &value));
        assert_bytes(value.data, value.len, bytes, sizeof bytes);
    }
    house_free(&house);
}

static void
test_localize(void)
{
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "en"),
                  german = spec_of(TW_LAYOUT_PRIVATE, "de");
    House house;
    TwGuid store;
    TwMailboxFolders folders;
    g_autoptr(GError) error = NULL;
    g_autofree char *notes = NULL, *tasks = NULL;
    guint renamed = 99;

    house_new(&house);
    store = make_store(&house, TW_STORE_PRIVATE);
    fill(house.system, &store, &spec, FALSE);
    g_assert_true(
        tw_mailbox_localize(house.system, &store, TW_LAYOUT_PRIVATE, "de_AT", &renamed, &error));
    g_assert_cmpuint(renamed, >, 14);
    assert_as_planned(&house, &store, &german);
    g_assert_true(
        tw_mailbox_localize(house.system, &store, TW_LAYOUT_PRIVATE, "de", &renamed, &error));
    g_assert_cmpuint(renamed, ==, 0);

    /* a name of the owner's own stays; so does one whose new name is taken */
    folders = find_folders(house.system, &store, TW_LAYOUT_PRIVATE);
    {
        g_auto(TwFolderRenameArgs) own = { .store = store,
                                           .folder = folders.numbers[TW_LAYOUT_FOLDER_NOTES],
                                           .name = "Gedanken" };
        g_auto(TwFolderCreateArgs) taken = {
            .store = store, .folder = folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE], .name = "TAKEN"
        };
        g_assert_true(tw_session_folder_rename(house.system, &own, NULL));
        g_assert_true(tw_session_folder_create(house.system, &taken, NULL));
    }
    g_assert_true(
        tw_mailbox_localize(house.system, &store, TW_LAYOUT_PRIVATE, "nl", &renamed, &error));
    notes = name_of(&house, &store, folders.numbers[TW_LAYOUT_FOLDER_NOTES]);
    g_assert_cmpstr(notes, ==, "Gedanken");
    tasks = name_of(&house, &store, folders.numbers[TW_LAYOUT_FOLDER_TASKS]);
    g_assert_cmpstr(tasks, ==, "Aufgaben");
    g_assert_false(
        tw_mailbox_localize(house.system, &store, TW_LAYOUT_PRIVATE, "klingon", &renamed, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    house_free(&house);
}

/* Who has no right to it changes nothing and learns nothing. */
static void
test_strangers(void)
{
    TwMailboxSpec spec = spec_of(TW_LAYOUT_PRIVATE, "en");
    House house;
    WorldUser owner, other;
    TwMailboxFolders folders, seen;
    g_autoptr(TwSession) mine = NULL, theirs = NULL;
    g_autoptr(GError) error = NULL;
    guint64 cn;

    house_new(&house);
    world_user(&house.world, 0, "owner", &owner);
    world_user(&house.world, 0, "other", &other);
    mine = world_logon(&house.world, "owner");
    theirs = world_logon(&house.world, "other");
    /* the owner may complete the own store; the Inbox that was there stays what it is */
    fill(mine, &owner.store, &spec, FALSE);
    folders = find_folders(mine, &owner.store, TW_LAYOUT_PRIVATE);
    g_assert_cmpuint(folders.numbers[TW_LAYOUT_FOLDER_INBOX], ==, owner.inbox);

    cn = change_number(&house, &owner.store);
    g_assert_false(tw_mailbox_fill(theirs, &owner.store, &spec, FALSE, NULL, &error));
    g_assert_nonnull(error);
    g_assert_cmpuint(change_number(&house, &owner.store), ==, cn);
    world_grant(&house.world, &owner, folders.numbers[TW_LAYOUT_FOLDER_CALENDAR], other.number,
                0x401);
    world_grant(&house.world, &owner, owner.root, other.number, 0x400);
    seen = find_folders(theirs, &owner.store, TW_LAYOUT_PRIVATE);
    g_assert_cmpuint(seen.numbers[TW_LAYOUT_FOLDER_CALENDAR], ==,
                     folders.numbers[TW_LAYOUT_FOLDER_CALENDAR]);
    g_clear_pointer(&mine, tw_session_unref);
    g_clear_pointer(&theirs, tw_session_unref);
    house_free(&house);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/mailbox/kinds", test_kinds);
    g_test_add_func("/mailbox/languages", test_languages);
    g_test_add_func("/mailbox/interrupted", test_interrupted);
    g_test_add_func("/mailbox/lost-pointers", test_lost_pointers);
    g_test_add_func("/mailbox/all-pointers-lost", test_all_pointers_lost);
    g_test_add_func("/mailbox/wrong-pointers", test_wrong_pointers);
    g_test_add_func("/mailbox/moved-and-deleted", test_moved_and_deleted);
    g_test_add_func("/mailbox/keeps", test_keeps);
    g_test_add_func("/mailbox/client-ids", test_client_ids);
    g_test_add_func("/mailbox/localize", test_localize);
    g_test_add_func("/mailbox/strangers", test_strangers);
    return g_test_run();
}
