/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a session gives with an object that is loaded, beside what is stored (spec/mapi-soap.md 7.2, 7.4, 14.2): each property, for the
 * owner of the store and for a guest who is an author on the Inbox and sees the root by name.
 */
#include <string.h>

#include "mapi/message.h"
#include "mapi/props.h"
#include "mapi/tags.h"
#include "session/world.h"

typedef struct {
    guint32 tag;
    const char *owner, *guest; /* as text; NULL: it is not there; "*": there, with any value */
} Row;

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *owner, *guest;
} Scene;

static void
scene_new(Scene *scene)
{
    world_new(&scene->world);
    world_user(&scene->world, 0, "anna", &scene->anna);
    world_user(&scene->world, 0, "bert", &scene->bert);
    scene->owner = world_logon(&scene->world, "anna");
    scene->guest = world_logon(&scene->world, "bert");
    world_grant(&scene->world, &scene->anna, scene->anna.inbox, scene->bert.number, 0x41B);
}

static void
scene_free(Scene *scene)
{
    g_clear_pointer(&scene->owner, tw_session_unref);
    g_clear_pointer(&scene->guest, tw_session_unref);
    bed_check_store(scene->world.bed.store, "computed");
    world_free(&scene->world);
}

static char *
text_of(const TwPropValue *value)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_LONG:
        return g_strdup_printf("%u", value->u4);
    case TW_PT_UNICODE:
        return g_strndup(value->text, value->len);
    default:
        return g_strdup("*");
    }
}

static void
check_bag(GBytes *bytes, const Row *rows, guint count, gboolean guest)
{
    TwProps bag;

    g_assert_nonnull(bytes);
    g_assert_true(tw_props_open_bytes(bytes, &bag, NULL));
    for (guint i = 0; i < count; i++) {
        const char *wanted = guest ? rows[i].guest : rows[i].owner;
        g_autofree char *text = NULL;
        TwPropValue value;
        g_test_message("%08x for the %s", rows[i].tag, guest ? "guest" : "owner");
        g_assert_cmpint(tw_props_get(&bag, rows[i].tag, &value), ==, wanted != NULL);
        if (wanted == NULL || strcmp(wanted, "*") == 0)
            continue;
        text = text_of(&value);
        g_assert_cmpstr(text, ==, wanted);
    }
}

/* The user a property of a bag, or of an object, names by an entry id. */
static guint32
user_in(GBytes *bytes, const TwObject *object, guint32 tag)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwEntryId) id = NULL;
    TwPropValue value;
    TwProps bag;

    if (bytes != NULL) {
        g_assert_true(tw_props_open_bytes(bytes, &bag, NULL));
        g_assert_true(tw_props_get(&bag, tag, &value));
    } else {
        g_assert_true(tw_object_get(object, tag, &value));
    }
    id = tw_entryid_parse(value.data, value.len, &error);
    g_assert_no_error(error);
    g_assert_cmpint(id->kind, ==, TW_ENTRYID_BOOK);
    g_assert_cmpint(id->book.type, ==, TW_BOOK_USER);
    return id->book.number;
}

static void
test_store(void)
{
    static const Row rows[] = {
        { PR_USER_NAME, "anna", "bert" },
        { PR_USER_ENTRYID, "*", "*" },
        { PR_MAILBOX_OWNER_NAME, "anna", "anna" },
        { PR_MAILBOX_OWNER_ENTRYID, "*", "*" },
        { PR_DISPLAY_NAME, "anna", "anna" },
        { PR_ENTRYID, "*", "*" },
        { PR_RECORD_KEY, "*", "*" },
        { PR_MAPPING_SIGNATURE, "*", "*" },
        { PR_PROVIDER_UID, "*", "*" },
        { PR_SORT_LOCALE_ID, "1033", "1033" },
        { PR_ACCESS_LEVEL, "1", "0" },
        { PR_MESSAGE_SIZE_EXTENDED, "*", NULL },
        { PR_QUOTA_WARNING_THRESHOLD, "10", NULL },
        { PR_QUOTA_SEND_THRESHOLD, "20", NULL },
        { PR_QUOTA_RECEIVE_THRESHOLD, "30", NULL },
    };
    TwQuota quota = { 10 << 10, 20 << 10, 30 << 10 };
    g_autoptr(TwStore) store = NULL;
    Scene scene;

    scene_new(&scene);
    store = tw_store_open(scene.world.bed.engine, &scene.anna.store, NULL);
    g_assert_true(tw_store_set_quota(store, &quota, NULL));
    for (guint guest = 0; guest < 2; guest++) {
        g_auto(TwStorePropsArgs) args = { .store = scene.anna.store, .compute = TRUE };
        assert_done(tw_session_store_props(guest ? scene.guest : scene.owner, &args, error));
        check_bag(args.computed, rows, G_N_ELEMENTS(rows), guest != 0);
        g_assert_cmpuint(user_in(args.computed, NULL, PR_USER_ENTRYID), ==,
                         guest ? scene.bert.number : scene.anna.number);
        g_assert_cmpuint(user_in(args.computed, NULL, PR_MAILBOX_OWNER_ENTRYID), ==,
                         scene.anna.number);
    }
    g_clear_pointer(&store, tw_store_unref);
    scene_free(&scene);
}

static void
check_folder(const Scene *scene, guint32 folder, const Row *rows, guint count)
{
    for (guint guest = 0; guest < 2; guest++) {
        g_auto(TwFolderPropsArgs)
            args = { .store = scene->anna.store, .folder = folder, .compute = TRUE };
        assert_done(tw_session_folder_props(guest ? scene->guest : scene->owner, &args, error));
        check_bag(args.computed, rows, count, guest != 0);
    }
}

static void
test_folders(void)
{
    static const Row inbox[] = {
        { PR_ENTRYID, "*", "*" },
        { PR_RECORD_KEY, "*", "*" },
        { PR_SOURCE_KEY, "*", "*" },
        { PR_PARENT_SOURCE_KEY, "*", "*" },
        { PR_PARENT_ENTRYID, "*", "*" },
        { PR_DISPLAY_NAME, "Inbox", "Inbox" },
        { PR_RIGHTS, "1531", "1051" },
        { PR_ACCESS, "63", "18" },
        { PR_ACCESS_LEVEL, "1", "1" },
        { PR_FOLDER_TYPE, "1", "1" },
        { PR_CONTENT_COUNT, "1", "1" },
        { PR_CONTENT_UNREAD, "1", "1" },
        { PR_FOLDER_CHILD_COUNT, "0", "0" },
        { PR_ASSOC_CONTENT_COUNT, "0", "0" },
        { PR_SUBFOLDERS, "*", "*" },
        { PR_DELETED_MSG_COUNT, "0", "0" },
        { PR_DELETED_FOLDER_COUNT, "0", "0" },
        { PR_DELETED_ASSOC_MSG_COUNT, "0", "0" },
        { PR_OBJECT_TYPE, "3", "3" },
        { PR_STORE_ENTRYID, "*", "*" },
        { PR_STORE_RECORD_KEY, "*", "*" },
        { PR_MAPPING_SIGNATURE, "*", "*" },
        { PR_EC_HIERARCHYID, "*", "*" },
        { PR_CHANGE_KEY, "*", "*" },
        { PR_LOCAL_COMMIT_TIME_MAX, "*", "*" },
    };
    static const Row root[] = {
        { PR_ENTRYID, "*", "*" },
        { PR_PARENT_ENTRYID, "*", "*" },
        { PR_PARENT_SOURCE_KEY, NULL, NULL },
        { PR_RIGHTS, "1531", "0" },
        { PR_ACCESS, "63", "0" },
        { PR_ACCESS_LEVEL, "1", "0" },
        { PR_FOLDER_TYPE, "0", "0" },
        { PR_CONTENT_COUNT, "0", NULL },
        { PR_MESSAGE_SIZE_EXTENDED, "*", NULL },
    };
    Scene scene;

    scene_new(&scene);
    world_message(scene.owner, &scene.anna.store, scene.anna.inbox, "first");
    check_folder(&scene, scene.anna.inbox, inbox, G_N_ELEMENTS(inbox));
    check_folder(&scene, scene.anna.root, root, G_N_ELEMENTS(root));
    scene_free(&scene);
}

/* Of a folder that is seen by name: where its pointers lead, nothing else that its owner keeps there. */
static void
test_by_name(void)
{
    static const guint8 pointer[] = "calendar";
    const TwPropValue values[] = {
        tw_value_bytes(PR_IPM_APPOINTMENT_ENTRYID, pointer, sizeof pointer),
        tw_value_str(PR_COMMENT, "a secret"),
    };
    Scene scene;
    g_auto(TwFolderChangePropsArgs) change = { .changes = { .values = values, .value_count = 2 } };
    g_auto(TwFolderPropsArgs) props = { 0 };

    scene_new(&scene);
    change.store = props.store = scene.anna.store;
    assert_done(tw_session_folder_change_props(scene.owner, &change, error));
    assert_done(tw_session_folder_props(scene.owner, &props, error));
    g_assert_true(tw_object_has(props.object, PR_COMMENT));
    g_assert_null(props.computed);
    tw_folder_props_args_clear(&props);
    assert_done(tw_session_folder_props(scene.guest, &props, error));
    g_assert_true(tw_object_has(props.object, PR_IPM_APPOINTMENT_ENTRYID));
    g_assert_false(tw_object_has(props.object, PR_COMMENT));
    scene_free(&scene);
}

static const Row message_rows[] = {
    { PR_ENTRYID, "*", "*" },
    { PR_RECORD_KEY, "*", "*" },
    { PR_SOURCE_KEY, "*", "*" },
    { PR_PARENT_SOURCE_KEY, "*", "*" },
    { PR_PARENT_ENTRYID, "*", "*" },
    { PR_CHANGE_KEY, "*", "*" },
    { PR_PREDECESSOR_CHANGE_LIST, "*", "*" },
    { PR_LAST_MODIFICATION_TIME, "*", "*" },
    { PR_CREATION_TIME, "*", "*" },
    { PR_EC_IMAP_ID, "*", "*" },
    { PR_HASATTACH, "*", "*" },
    { PR_MESSAGE_SIZE, "*", "*" },
    { PR_SUBMIT_FLAGS, "0", "0" },
    { PR_ACCESS, "7", "2" },
    { PR_ACCESS_LEVEL, "1", "0" },
    { PR_CREATOR_NAME, "anna", "anna" },
    { PR_CREATOR_ENTRYID, "*", "*" },
    { PR_RIGHTS, NULL, NULL },
};

static void
test_message(void)
{
    Scene scene;
    guint32 mid;

    scene_new(&scene);
    mid = world_message(scene.owner, &scene.anna.store, scene.anna.inbox, "first");
    for (guint guest = 0; guest < 2; guest++) {
        g_auto(TwMessageReadArgs)
            args = { .store = scene.anna.store, .message = mid, .compute = TRUE };
        assert_done(tw_session_message_read(guest ? scene.guest : scene.owner, &args, error));
        check_bag(args.computed, message_rows, G_N_ELEMENTS(message_rows), guest != 0);
        g_assert_cmpuint(user_in(args.computed, NULL, PR_CREATOR_ENTRYID), ==, scene.anna.number);
        g_assert_cmpuint(user_in(NULL, args.object, PR_LAST_MODIFIER_ENTRYID), ==,
                         scene.anna.number);
    }
    scene_free(&scene);
}

/* What is made of subject, recipients, attachments and state (spec/mapi-soap.md 7.2, 8.4; spec/mailbox-layout.md 3.3, 22.5). */
static const Row derived_rows[] = {
    { PR_NORMALIZED_SUBJECT, "Minutes", "Minutes" },
    { PR_SUBJECT_PREFIX, "AW: ", "AW: " },
    { PR_CONVERSATION_TOPIC, "Minutes", "Minutes" },
    { PR_CONVERSATION_ID, "*", "*" },
    { PR_DISPLAY_TO, "Bert; Carl", "Bert; Carl" },
    { PR_DISPLAY_CC, "Dora", "Dora" },
    { PR_DISPLAY_BCC, "", "" },
    { PR_SEARCH_KEY, "*", "*" },
    { PR_OBJECT_TYPE, "5", "5" },
    { PR_STORE_ENTRYID, "*", "*" },
    { PR_STORE_RECORD_KEY, "*", "*" },
    { PR_MAPPING_SIGNATURE, "*", "*" },
    { PR_EC_HIERARCHYID, "*", "*" },
    { PR_EC_PARENT_HIERARCHYID, "*", "*" },
    { PR_MSG_STATUS, "0", "0" },
    { PR_MESSAGE_FLAGS, "16", "16" }, /* it has an attachment */
    { PR_READ, "*", "*" },
    { PR_ASSOCIATED, "*", "*" },
    { PR_HASATTACH, "*", "*" },
    { PR_CHANGE_NUM, "*", "*" },
};

static void
add_receiver(TwObject *object, guint32 type, const char *name)
{
    TwObject *recipient = tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    const TwPropValue values[] = { tw_value_long(PR_RECIPIENT_TYPE, type),
                                   tw_value_str(PR_DISPLAY_NAME, name) };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(recipient, &values[i], NULL));
}

static void
test_derived(void)
{
    Scene scene;
    g_autoptr(TwObject) object = bed_object("AW: Minutes", 10);
    TwObject *attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, 0, NULL);
    const TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 1);
    TwMessageCreateArgs create = { .object = object };

    add_receiver(object, 1, "Bert");
    add_receiver(object, 2, "Dora");
    add_receiver(object, 1, "Carl");
    g_assert_true(tw_object_set(attachment, &method, NULL));
    scene_new(&scene);
    create.store = scene.anna.store;
    create.folder = scene.anna.inbox;
    assert_done(tw_session_message_create(scene.owner, &create, error));
    for (guint guest = 0; guest < 2; guest++) {
        g_auto(TwMessageReadArgs)
            args = { .store = scene.anna.store, .message = create.made.mid, .compute = TRUE };
        assert_done(tw_session_message_read(guest ? scene.guest : scene.owner, &args, error));
        check_bag(args.computed, derived_rows, G_N_ELEMENTS(derived_rows), guest != 0);
    }
    scene_free(&scene);
}

static void
assert_text(const TwObject *object, guint32 tag, const char *wanted)
{
    g_assert_cmpstr(tw_object_get_text(object, tag, ""), ==, wanted);
}

/* Who made and who changed a message is what the server knows, not what a client says; but a collector brings who it was. */
static void
test_makers(void)
{
    static const Row own[] = {
        { PR_ACCESS, "7", "7" },
        { PR_ACCESS_LEVEL, "1", "1" },
        { PR_CREATOR_NAME, NULL, NULL }, /* it is stored */
    };
    g_autoptr(TwObject) object = bed_object("mine", 10);
    Scene scene;
    g_auto(TwMessageCreateArgs) create = { .object = object, .compute = TRUE };
    g_auto(TwMessageReadArgs) read = { .compute = TRUE };
    g_auto(TwMessageSaveArgs) save = { .compute = TRUE };

    scene_new(&scene);
    put_text(object, PR_LAST_MODIFIER_NAME, "forged");
    put_text(object, PR_CREATOR_NAME, "forged");
    create.store = read.store = save.store = scene.anna.store;
    create.folder = scene.anna.inbox;
    assert_done(tw_session_message_create(scene.guest, &create, error));
    check_bag(create.computed, own, G_N_ELEMENTS(own), TRUE);
    read.message = save.message = create.made.mid;
    assert_done(tw_session_message_read(scene.guest, &read, error));
    check_bag(read.computed, own, G_N_ELEMENTS(own), TRUE);
    assert_text(read.object, PR_CREATOR_NAME, "bert");
    assert_text(read.object, PR_LAST_MODIFIER_NAME, "bert");
    g_assert_cmpuint(user_in(NULL, read.object, PR_LAST_MODIFIER_ENTRYID), ==, scene.bert.number);
    /* the owner changes it */
    save.object = read.object;
    assert_done(tw_session_message_save(scene.owner, &save, error));
    check_bag(save.computed, own, G_N_ELEMENTS(own), FALSE);
    tw_message_read_args_clear(&read);
    assert_done(tw_session_message_read(scene.guest, &read, error));
    assert_text(read.object, PR_CREATOR_NAME, "bert");
    assert_text(read.object, PR_LAST_MODIFIER_NAME, "anna");
    g_assert_cmpuint(user_in(NULL, read.object, PR_CREATOR_ENTRYID), ==, scene.bert.number);
    /* a collector brings who it was elsewhere */
    put_text(read.object, PR_LAST_MODIFIER_NAME, "carla");
    save.object = read.object;
    save.context = TW_FLAGS_SYNC;
    tw_message_save_args_clear(&save);
    assert_done(tw_session_message_save(scene.owner, &save, error));
    tw_message_read_args_clear(&read);
    assert_done(tw_session_message_read(scene.guest, &read, error));
    assert_text(read.object, PR_LAST_MODIFIER_NAME, "carla");
    scene_free(&scene);
}

/* A mail that came has nobody written down: it is the owner's. */
static void
test_delivered(void)
{
    static const char mail[] = "From: a@example.org\r\nSubject: one\r\n\r\nHello\r\n";
    static const Row rows[] = {
        { PR_CREATOR_NAME, "anna", "anna" },
        { PR_LAST_MODIFIER_NAME, "anna", "anna" },
        { PR_LAST_MODIFIER_ENTRYID, "*", "*" },
        { PR_ACCESS, "7", "2" },
    };
    g_autoptr(GBytes) bytes = g_bytes_new_static(mail, sizeof mail - 1);
    Scene scene;
    TwDeliveryTarget target = { .folder = 0 };
    g_auto(TwMailDeliverArgs) deliver = { .mail = bytes };
    g_autoptr(TwSession) nobody = NULL;
    guint32 mid;

    scene_new(&scene);
    target.store = scene.anna.store;
    deliver.targets = (TwDeliveryTargets){ &target, 1 };
    nobody = world_anonymous(&scene.world);
    assert_done(tw_session_mail_deliver(nobody, &deliver, error));
    mid = g_array_index(deliver.results, TwMailResult, 0).made.mid;
    for (guint guest = 0; guest < 2; guest++) {
        g_auto(TwMessageReadArgs)
            args = { .store = scene.anna.store, .message = mid, .compute = TRUE };
        assert_done(tw_session_message_read(guest ? scene.guest : scene.owner, &args, error));
        check_bag(args.computed, rows, G_N_ELEMENTS(rows), guest != 0);
    }
    g_clear_pointer(&nobody, tw_session_unref);
    scene_free(&scene);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/computed/store", test_store);
    g_test_add_func("/session/computed/folders", test_folders);
    g_test_add_func("/session/computed/by-name", test_by_name);
    g_test_add_func("/session/computed/message", test_message);
    g_test_add_func("/session/computed/derived", test_derived);
    g_test_add_func("/session/computed/makers", test_makers);
    g_test_add_func("/session/computed/delivered", test_delivered);
    return g_test_run();
}
