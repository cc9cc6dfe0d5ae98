/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two companies, a user for each role, a store that gives them rights; and what a cell is about. */
#include "mapi/tags.h"
#include "session/matrix.h"

const RoleInfo matrix_roles[ROLES] = {
    [OWNER] = { "owner", 0, FALSE, TW_DIRECTORY_NO_ADMIN },
    [ADMIN] = { "admin", 0, FALSE, TW_DIRECTORY_COMPANY_ADMIN },
    [SYSADMIN] = { "sysadmin", 0, TRUE, TW_DIRECTORY_SYSTEM_ADMIN },
    [SYSTEM_SELF] = { "SYSTEM", 0, FALSE, TW_DIRECTORY_SYSTEM_ADMIN },
    [DELEGATE] = { "delegate", 0x47b, FALSE, TW_DIRECTORY_NO_ADMIN },
    [VISIBLE] = { "visible", 0x400, FALSE, TW_DIRECTORY_NO_ADMIN },
    [READ] = { "read", 0x401, FALSE, TW_DIRECTORY_NO_ADMIN },
    [CREATE] = { "create", 0x402, FALSE, TW_DIRECTORY_NO_ADMIN },
    [EDIT_OWN] = { "edit-own", 0x408, FALSE, TW_DIRECTORY_NO_ADMIN },
    [DELETE_OWN] = { "delete-own", 0x410, FALSE, TW_DIRECTORY_NO_ADMIN },
    [EDIT] = { "edit", 0x420, FALSE, TW_DIRECTORY_NO_ADMIN },
    [DELETE] = { "delete", 0x440, FALSE, TW_DIRECTORY_NO_ADMIN },
    [SUBFOLDER] = { "subfolder", 0x480, FALSE, TW_DIRECTORY_NO_ADMIN },
    [FOLDER_OWNER] = { "folder-owner", 0x500, FALSE, TW_DIRECTORY_NO_ADMIN },
    [GROUP] = { "group", 0, FALSE, TW_DIRECTORY_NO_ADMIN },
    [NOBODY] = { "nobody", 0, FALSE, TW_DIRECTORY_NO_ADMIN },
    [STRANGER] = { "stranger", 0, TRUE, TW_DIRECTORY_NO_ADMIN },
    [OTHER_ADMIN] = { "other-admin", 0, TRUE, TW_DIRECTORY_COMPANY_ADMIN },
    [ANONYMOUS] = { "anonymous", 0, FALSE, TW_DIRECTORY_NO_ADMIN },
};

static guint32
add_object(
    Matrix *matrix, TwDirectoryKind kind, guint32 company, const char *name, TwDirectoryAdmin admin)
{
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    g_autoptr(GBytes) photo = g_bytes_new_static("photo", 5);
    TwDirectoryExtras extras = { NULL, kind == TW_DIRECTORY_USER ? photo : NULL };
    TwDirectoryObject values = { .kind = kind,
                                 .company = company,
                                 .name = name,
                                 .full_name = name,
                                 .mail = mail,
                                 .admin = admin };
    g_autoptr(GError) error = NULL;
    guint32 number = 0;

    tw_directory_create(matrix->world.place.directory, &values, &extras, &number, &error);
    g_assert_no_error(error);
    return number;
}

static void
relate(Matrix *matrix, guint32 from, TwDirectoryRelation relation, guint32 to)
{
    g_autoptr(GError) error = NULL;

    tw_directory_relate(matrix->world.place.directory, from, (TwDirectoryLink){ relation, to },
                        &error);
    g_assert_no_error(error);
}

TwSession *
matrix_log_on(Matrix *matrix, Role role)
{
    g_autofree char *name =
        role == SYSTEM_SELF ? g_strdup("SYSTEM")
                            : g_strdup_printf("%s@%s", matrix_roles[role].name,
                                              matrix_roles[role].other_company ? "theirs" : "ours");

    return role == ANONYMOUS ? world_anonymous(&matrix->world)
                             : world_trusted(&matrix->world, name);
}

static guint32
new_folder(Matrix *matrix, guint32 parent, const char *name)
{
    TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    tw_folder_create(matrix->store, parent, &make, &id, &error);
    g_assert_no_error(error);
    return id;
}

static void
set_hosted(TwLocalConfig *config)
{
    config->hosted = TRUE;
    config->login_format = "%u@%c";
}

void
matrix_open(Matrix *matrix)
{
    TwTableOpenArgs open = { .flags = 0 };
    g_autoptr(GError) why = NULL;
    guint32 inner;

    *matrix = (Matrix){ 0 };
    world_new_with(&matrix->world, set_hosted);
    matrix->ours = add_object(matrix, TW_DIRECTORY_COMPANY, 0, "ours", TW_DIRECTORY_NO_ADMIN);
    matrix->theirs = add_object(matrix, TW_DIRECTORY_COMPANY, 0, "theirs", TW_DIRECTORY_NO_ADMIN);
    matrix->group = add_object(matrix, TW_DIRECTORY_SECURITY_GROUP, matrix->ours, "outer",
                               TW_DIRECTORY_NO_ADMIN);
    inner = add_object(matrix, TW_DIRECTORY_SECURITY_GROUP, matrix->ours, "inner",
                       TW_DIRECTORY_NO_ADMIN);
    relate(matrix, matrix->group, TW_DIRECTORY_MEMBER, inner);
    for (guint role = 0; role < ROLES; role++) {
        guint32 company = matrix_roles[role].other_company ? matrix->theirs : matrix->ours;
        if (role == SYSTEM_SELF || role == ANONYMOUS)
            continue;
        matrix->numbers[role] = add_object(matrix, TW_DIRECTORY_USER, company,
                                           matrix_roles[role].name, matrix_roles[role].admin);
    }
    matrix->numbers[SYSTEM_SELF] = TW_DIRECTORY_SYSTEM;
    relate(matrix, inner, TW_DIRECTORY_MEMBER, matrix->numbers[GROUP]);
    world_store(&matrix->world, matrix->numbers[OWNER], TW_STORE_PRIVATE, matrix->ours,
                &matrix->owner);
    matrix->store = tw_store_open(matrix->world.bed.engine, &matrix->owner.store, &why);
    g_assert_no_error(why);
    matrix->shared = new_folder(matrix, matrix->owner.root, "Shared");
    for (guint role = 0; role < ROLES; role++) {
        if (matrix_roles[role].rights != 0)
            world_grant(&matrix->world, &matrix->owner, matrix->shared, matrix->numbers[role],
                        matrix_roles[role].rights);
        matrix->sessions[role] = matrix_log_on(matrix, (Role) role);
    }
    world_grant(&matrix->world, &matrix->owner, matrix->shared, matrix->group, 0x401);
    matrix->other = matrix_log_on(matrix, OWNER);
    open.store = matrix->owner.store;
    for (guint i = 0; i < 1000; i++) /* so that no role comes to have the number itself */
        assert_done(tw_session_table_open(matrix->other, &open, error));
    matrix->table = open.table;
}

void
matrix_close(Matrix *matrix)
{
    for (guint role = 0; role < ROLES; role++)
        tw_session_unref(matrix->sessions[role]);
    tw_session_unref(matrix->other);
    bed_check_store(matrix->store, "matrix");
    tw_store_unref(matrix->store);
    g_free(matrix->folder_name);
    g_free(matrix->victim_name);
    g_clear_pointer(&matrix->victim_id, g_bytes_unref);
    world_free(&matrix->world);
}

/* ---- a cell ---- */

const char matrix_mail[] = "From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n";

static void
sign(Matrix *matrix, TwObject *object, Role role)
{
    g_autoptr(TwDirectorySnapshot) snapshot = place_snapshot(&matrix->world.place);
    const TwDirectoryObject *user = tw_directory_snapshot_get(snapshot, matrix->numbers[role]);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);
    TwBookId id = { TW_BOOK_USER, matrix->numbers[role], user->id };
    TwPropValue value;

    tw_book_id_write(&id, &out);
    value = tw_value_bytes(PR_CREATOR_ENTRYID, out.data, out.len);
    g_assert_true(tw_object_set(object, &value, NULL));
}

/* A message of @role, or of the store's owner; one that came as a mail when it is asked for as one. */
static guint32
new_message(Matrix *matrix, TwOp op, Role role, gboolean own)
{
    g_autoptr(TwObject) object = bed_object("message", 50);
    g_autoptr(GError) error = NULL;
    TwMessageMade made = { 0 };

    if ((op == TW_OP_MAIL_READ || op == TW_OP_MAIL_SUMMARY) && !own) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(matrix_mail, strlen(matrix_mail));
        TwMailTarget target = { .store = matrix->store, .folder = matrix->folder };
        TwMailDelivery how = { .targets = &target, .target_count = 1 };
        TwMailResult result = { 0 };
        g_assert_true(tw_mail_deliver(matrix->world.bed.engine, bytes, &how, &result, &error));
        g_assert_no_error(result.error);
        return result.made.mid;
    }
    if (own && role != ANONYMOUS && role != SYSTEM_SELF)
        sign(matrix, object, role);
    tw_message_create(matrix->store, matrix->folder, object, NULL, &made, &error);
    g_assert_no_error(error);
    return made.mid;
}

static void
new_victim(Matrix *matrix)
{
    g_autoptr(TwDirectorySnapshot) snapshot = NULL;
    const TwDirectoryObject *object;

    g_free(matrix->victim_name);
    matrix->victim_name = g_strdup_printf("victim%u", matrix->count);
    matrix->victim = add_object(matrix, TW_DIRECTORY_USER, matrix->ours, matrix->victim_name,
                                TW_DIRECTORY_NO_ADMIN);
    relate(matrix, matrix->victim, TW_DIRECTORY_SEND_AS, matrix->numbers[NOBODY]);
    snapshot = place_snapshot(&matrix->world.place);
    object = tw_directory_snapshot_get(snapshot, matrix->victim);
    g_clear_pointer(&matrix->victim_id, g_bytes_unref);
    matrix->victim_id = g_bytes_ref(object->id);
}

TwRestriction *
matrix_any_subject(void)
{
    g_autoptr(GError) error = NULL;
    TwRestrictionBuilder builder;
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_exist(&builder, PR_SUBJECT);
    restriction = tw_restriction_builder_finish(&builder, &error);
    g_assert_no_error(error);
    return restriction;
}

GBytes *
matrix_rule_bag(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwPropsBuilder) builder;
    GBytes *bag;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 1));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    bag = tw_props_builder_finish_bytes(&builder, &error);
    g_assert_no_error(error);
    return bag;
}

static guint32
new_search(Matrix *matrix, gboolean criteria)
{
    g_autofree char *name = g_strdup_printf("search%u", matrix->count);
    TwFolderMake make = { .name = name, .type = TW_FOLDER_SEARCH };
    g_autoptr(TwRestriction) restriction = matrix_any_subject();
    TwSearchCriteria what = { .restriction = restriction,
                              .folders = &matrix->folder,
                              .folder_count = 1 };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    tw_folder_create(matrix->store, matrix->shared, &make, &id, &error);
    g_assert_no_error(error);
    if (criteria)
        g_assert_true(tw_search_folder_set(matrix->store, id, &what, 0, &error));
    return id;
}

/* A rule in the cell's folder. */
static void
new_rule(Matrix *matrix)
{
    g_autoptr(GBytes) bag = matrix_rule_bag();
    g_autoptr(GError) error = NULL;
    TwProps props;
    TwRulesChange change = { TW_RULES_ADD, &props };

    g_assert_true(tw_props_open_bytes(bag, &props, &error));
    g_assert_true(tw_folder_change_rules(matrix->store, matrix->folder, FALSE, &change, 1, &error));
}

static gboolean
wants_queued(TwOp op)
{
    return op == TW_OP_QUEUE_ABORT || op == TW_OP_QUEUE_TAKE || op == TW_OP_QUEUE_RETRY ||
           op == TW_OP_QUEUE_FINISH;
}

void
matrix_prepare(Matrix *matrix, TwOp op, Role role, guint variant)
{
    const TwOpInfo *info = tw_op_info(op);
    g_autoptr(GError) error = NULL;
    gboolean own = (variant & OWN) != 0;

    matrix->count++;
    matrix->role = role;
    matrix->store_guid = matrix->owner.store;
    if (info->target == TW_ON_USER || info->target == TW_ON_COMPANY ||
        info->target == TW_ON_SERVER || op == TW_OP_STORE_HOOK)
        new_victim(matrix);
    if (op == TW_OP_RECIPIENT_FIND) {
        WorldUser mailbox;
        world_store(&matrix->world, matrix->victim, TW_STORE_PRIVATE, matrix->ours, &mailbox);
    }
    if (op == TW_OP_STORE_DELETE || op == TW_OP_STORE_HOOK) {
        WorldUser orphan;
        world_store(&matrix->world, 0, TW_STORE_PRIVATE, matrix->ours, &orphan);
        matrix->store_guid = orphan.store;
    }
    if (info->target == TW_ON_STORE && op != TW_OP_STORE_UNHOOK && op != TW_OP_SOURCE_KEY_FIND)
        return;
    g_free(matrix->folder_name);
    matrix->folder_name = g_strdup_printf("folder%u", matrix->count);
    matrix->folder = new_folder(matrix, matrix->shared, matrix->folder_name);
    matrix->to = new_folder(matrix, matrix->folder, "to");
    matrix->message = new_message(matrix, op, role, own);
    if (op == TW_OP_MESSAGES_RESTORE) {
        TwMessageSet set = { matrix->folder, &matrix->message, 1 };
        g_assert_true(tw_messages_delete(matrix->store, &set, TRUE, NULL, &error));
    }
    if (op == TW_OP_RULE_STATE)
        new_rule(matrix);
    if (wants_queued(op))
        g_assert_true(tw_queue_submit(matrix->store, matrix->message, TW_QUEUE_MASTER, 0, &error));
    if (op == TW_OP_FOLDER_MOVE) /* not below itself */
        matrix->to = new_folder(matrix, matrix->shared, "to");
    if (op == TW_OP_FOLDER_COPY || op == TW_OP_FOLDER_TRANSFER)
        matrix->to = new_folder(matrix, matrix->shared, "to");
    if (op == TW_OP_SEARCH_SET || op == TW_OP_SEARCH_GET)
        matrix->folder = new_search(matrix, op == TW_OP_SEARCH_GET);
    if (op == TW_OP_FOLDER_RESTORE)
        g_assert_true(tw_folder_delete(matrix->store, matrix->folder, TRUE, &error));
}

void
matrix_repair(Matrix *matrix, TwOp op)
{
    g_autoptr(GError) error = NULL;
    guint32 left;

    if (op == TW_OP_SEARCH_SET ||
        op == TW_OP_SEARCH_GET) /* a live search follows every later cell */
        g_assert_true(tw_folder_delete(matrix->store, matrix->folder, FALSE, &error));
    if (op == TW_OP_STORE_UNHOOK)
        g_assert_true(tw_store_set_owner(matrix->store, matrix->numbers[OWNER], &error));
    if (op == TW_OP_FOLDER_MOVE || op == TW_OP_FOLDER_COPY || op == TW_OP_FOLDER_TRANSFER) {
        if (tw_folder_find(matrix->store, matrix->shared, "to", &left, NULL))
            g_assert_true(tw_folder_delete(matrix->store, left, FALSE, &error));
    }
}
