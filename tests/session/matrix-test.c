/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who may do what: every operation of the table, for every role, each cell tried on a real server.
 *
 * What is expected stands here in words of its own: a policy is one line of verdicts, one for each role, and each operation
 * names its policy. An operation without a line fails the test. A refusal must change nothing, and where the verdict is
 * "not there" the answer is the one for a store, user or company that never was.
 */
#include <string.h>

#include "mapi/entryid.h"
#include "mapi/part.h"
#include "mapi/tags.h"
#include "session/world.h"
#include "store/identity.h"

/* ---- roles ---- */

typedef enum {
    OWNER,       /* of the store */
    ADMIN,       /* administrator of the owner's company */
    SYSADMIN,    /* system administrator, of another company */
    SYSTEM_SELF, /* SYSTEM */
    DELEGATE,    /* secretary: 0x47B */
    VISIBLE,
    READ,
    CREATE,
    EDIT_OWN,
    DELETE_OWN,
    EDIT,
    DELETE,
    SUBFOLDER,
    FOLDER_OWNER,
    GROUP,       /* member of a group in a group that may read */
    NOBODY,      /* of the same company, without rights */
    STRANGER,    /* of another company */
    OTHER_ADMIN, /* administrator of another company */
    ANONYMOUS,
    ROLES
} Role;

static const struct {
    const char *name;
    guint32 rights; /* on the shared folder; 0: no row */
    gboolean other_company;
    TwDirectoryAdmin admin;
} roles[] = {
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

/* ---- the policy ----
 *
 * +: allowed   -: NO_ACCESS   0: NOT_FOUND
 *
 *                           owner, admin, sysadmin, SYSTEM
 *                           |    delegate
 *                           |    | visible, read, create, edit-own, delete-own, edit, delete, subfolder, folder-owner
 *                           |    | |         group
 *                           |    | |         | nobody
 *                           |    | |         | | stranger, other-admin
 *                           |    | |         | | |  anonymous                                                           */
#define POLICIES(X)                                                                                \
    X(ANYBODY, "++++ + +++++++++ + + ++ -")                                                        \
    /* one's own: of these the owner alone has one */                                              \
    X(OWN_STORE, "+000 0 000000000 0 0 00 -")                                                      \
    X(ANY_ADMIN, "-+++ - --------- - - -+ -")                                                      \
    X(SYSTEM_ONLY, "--++ - --------- - - -- -")                                                    \
    /* another session's: not there for anybody */                                                 \
    X(ANOTHERS, "0000 0 000000000 0 0 00 -")                                                       \
    X(STORE_SEEN, "++++ + +++++++++ + + 00 -")                                                     \
    X(STORE_OWNER, "++++ - --------- - - 00 -")                                                    \
    X(STORE_ADMIN, "-+++ - --------- - - 00 -")                                                    \
    X(ORPHAN_ADMIN, "0+++ 0 000000000 0 0 00 -")                                                   \
    X(HIDDEN_FOLDER, "++++ 0 000000000 0 0 00 -")                                                  \
    X(FOLDER_SEEN, "++++ + +++++++++ + 0 00 -")                                                    \
    X(FOLDER_READ, "++++ + -+------- + 0 00 -")                                                    \
    X(FOLDER_CREATE, "++++ + --+------ - 0 00 -")                                                  \
    X(FOLDER_SUBFOLDER, "++++ - -------+- - 0 00 -")                                               \
    X(FOLDER_OWNED, "++++ - --------+ - 0 00 -")                                                   \
    X(SEARCH, "++++ - --------- - 0 00 -")                                                         \
    X(READ_AND_SUBFOLDER, "++++ - --------- - 0 00 -")                                             \
    X(OWNED_AND_SUBFOLDER, "++++ - --------- - 0 00 -")                                            \
    X(DELIVER, "++++ + --+------ - 0 00 0")                                                        \
    X(DELIVERY, "--++ - --------- - - -- +")                                                       \
    X(USER_SEEN, "++++ + +++++++++ + + 00 -")                                                      \
    X(USER_ADMIN, "-+++ - --------- - - 00 -")

/* Messages: somebody else's named with its folder, and without it; one's own, likewise. */
#define MESSAGE_POLICIES(X)                                                                        \
    X(MESSAGE_BY_ID, "++++ + 0+0000000 + 0 00 -", NULL, "++++ + +++++++++ + 0 00 -", NULL)         \
    X(MESSAGE_READ, "++++ + -+------- + 0 00 -", "++++ + 0+0000000 + 0 00 -",                      \
      "++++ + +++++++++ + 0 00 -", "++++ + +++++++++ + 0 00 -")                                    \
    X(MESSAGE_EDIT, "++++ + -----+--- - 0 00 -", "++++ + 00000+000 0 0 00 -",                      \
      "++++ + ---+-+--- - 0 00 -", "++++ + 000+0+000 0 0 00 -")                                    \
    X(MESSAGE_OWNER, "++++ - --------- - 0 00 -", "++++ 0 000000000 0 0 00 -",                     \
      "++++ - --------- - 0 00 -", "++++ 0 000000000 0 0 00 -")                                    \
    X(MESSAGE_DELETE, "++++ + ------+-- - 0 00 -", NULL, "++++ + ----+-+-- - 0 00 -", NULL)        \
    X(MESSAGE_MARK, "++++ + -+------- + 0 00 -", NULL, "++++ + +++++++++ + 0 00 -", NULL)          \
    X(MESSAGES_READ, "++++ + -+------- + 0 00 -", NULL, "++++ + +++++++++ + 0 00 -", NULL)         \
    X(MESSAGE_MOVE, "++++ + --------- - 0 00 -", NULL, "++++ + --------- - 0 00 -", NULL)          \
    X(MESSAGE_COPY, "++++ + --------- - 0 00 -", NULL, "++++ + --+------ - 0 00 -", NULL)

typedef enum {
#define POLICY_ENUM(name, ...) POLICY_##name,
    POLICIES(POLICY_ENUM) MESSAGE_POLICIES(POLICY_ENUM)
#undef POLICY_ENUM
} Policy;

enum {
    NAMED = 0,   /* somebody else's message, with its folder */
    UNNAMED = 1, /* without */
    OWN = 2,     /* one's own */
    VARIANTS = 4
};

static const struct {
    const char *name;
    const char *verdicts[VARIANTS];
} policies[] = {
#define POLICY_ROW(name, text) [POLICY_##name] = { #name, { text } },
    POLICIES(POLICY_ROW)
#undef POLICY_ROW
#define POLICY_ROW(name, a, b, c, d) [POLICY_##name] = { #name, { a, b, c, d } },
        MESSAGE_POLICIES(POLICY_ROW)
#undef POLICY_ROW
};

static const struct {
    const char *op;
    Policy policy;
} lines[] = {
    { "STORE_FIND", POLICY_STORE_SEEN },
    { "HOME_OPEN", POLICY_OWN_STORE },
    { "STORES_SHARED", POLICY_ANYBODY },
    { "STORE_INFO", POLICY_STORE_SEEN },
    { "STORE_PROPS", POLICY_STORE_SEEN },
    { "STORE_CHANGE_PROPS", POLICY_STORE_OWNER },
    { "STORE_STAMP", POLICY_STORE_SEEN },
    { "STORE_CHANGES", POLICY_STORE_SEEN },
    { "RECEIVE_FOLDER", POLICY_HIDDEN_FOLDER },
    { "RECEIVE_FOLDERS", POLICY_STORE_OWNER },
    { "RECEIVE_FOLDER_SET", POLICY_STORE_OWNER },
    { "FOLDER_LIST", POLICY_FOLDER_SEEN },
    { "FOLDER_GET", POLICY_FOLDER_SEEN },
    { "FOLDER_FIND", POLICY_FOLDER_SEEN },
    { "FOLDER_OPEN", POLICY_FOLDER_SEEN },
    { "FOLDER_CREATE", POLICY_FOLDER_SUBFOLDER },
    { "FOLDER_RENAME", POLICY_FOLDER_OWNED },
    { "FOLDER_MOVE", POLICY_OWNED_AND_SUBFOLDER },
    { "FOLDER_COPY", POLICY_READ_AND_SUBFOLDER },
    { "FOLDER_TRANSFER", POLICY_READ_AND_SUBFOLDER },
    { "FOLDER_DELETE", POLICY_FOLDER_OWNED },
    { "FOLDER_RESTORE", POLICY_FOLDER_OWNED },
    { "FOLDER_PROPS", POLICY_FOLDER_SEEN },
    { "FOLDER_CHANGE_PROPS", POLICY_FOLDER_OWNED },
    { "PERMISSIONS", POLICY_FOLDER_SEEN },
    { "PERMISSIONS_SET", POLICY_FOLDER_OWNED },
    { "MESSAGES_TRANSFER", POLICY_MESSAGE_COPY },
    { "VALUE_BEGIN", POLICY_STORE_SEEN },
    { "VALUE_WRITE", POLICY_ANOTHERS },
    { "VALUE_FINISH", POLICY_ANOTHERS },
    { "VALUE_DROP", POLICY_ANOTHERS },
    { "RULES", POLICY_FOLDER_OWNED },
    { "RULES_CHANGE", POLICY_FOLDER_OWNED },
    { "RULE_STATE", POLICY_FOLDER_OWNED },
    { "MESSAGE_LIST", POLICY_FOLDER_READ },
    { "FOLDER_INDEX", POLICY_FOLDER_READ },
    { "FOLDER_WINDOW", POLICY_FOLDER_READ },
    { "FOLDER_VANISHED", POLICY_FOLDER_READ },
    { "KEYWORDS", POLICY_FOLDER_READ },
    { "KEYWORD_ADD", POLICY_FOLDER_READ },
    { "MESSAGE_CREATE", POLICY_FOLDER_CREATE },
    { "MESSAGE_GET", POLICY_MESSAGE_READ },
    { "MESSAGE_READ", POLICY_MESSAGE_READ },
    { "MESSAGE_SAVE", POLICY_MESSAGE_EDIT },
    { "VALUE_READ", POLICY_MESSAGE_READ },
    { "MESSAGES_MARK", POLICY_MESSAGE_MARK },
    { "MESSAGES_DELETE", POLICY_MESSAGE_DELETE },
    { "MESSAGES_RESTORE", POLICY_MESSAGE_DELETE },
    { "MESSAGES_MOVE", POLICY_MESSAGE_MOVE },
    { "MESSAGES_COPY", POLICY_MESSAGE_COPY },
    { "QUEUE_SUBMIT", POLICY_MESSAGE_OWNER },
    { "QUEUE_ABORT", POLICY_MESSAGE_OWNER },
    { "QUEUE_TAKE", POLICY_MESSAGE_OWNER },
    { "QUEUE_RETRY", POLICY_MESSAGE_OWNER },
    { "QUEUE_FINISH", POLICY_MESSAGE_OWNER },
    { "QUEUE_LIST", POLICY_STORE_OWNER },
    { "QUEUE_LIST_ALL", POLICY_SYSTEM_ONLY },
    { "MESSAGE_LOCK", POLICY_MESSAGE_OWNER },
    { "MAIL_READ", POLICY_MESSAGE_READ },
    { "MAILS_READ", POLICY_MESSAGES_READ },
    { "MAIL_SUMMARY", POLICY_MESSAGE_READ },
    { "MAIL_ROWS", POLICY_MESSAGES_READ },
    { "MAIL_ANNOUNCE", POLICY_MESSAGE_EDIT },
    { "MAIL_APPEND", POLICY_FOLDER_CREATE },
    { "MAIL_DELIVER", POLICY_DELIVER },
    { "RECIPIENT_FIND", POLICY_DELIVERY },
    { "ENTRY_ID_FIND", POLICY_MESSAGE_BY_ID },
    { "SOURCE_KEY_FIND", POLICY_MESSAGE_BY_ID },
    { "SOURCE_KEY_LOCATE", POLICY_MESSAGE_BY_ID },
    { "FOLDER_KEYS", POLICY_FOLDER_SEEN },
    { "MESSAGE_KEYS", POLICY_MESSAGE_READ },
    { "SYNC_CHANGES", POLICY_FOLDER_READ },
    { "SYNC_FOLDERS", POLICY_FOLDER_SEEN },
    { "SYNC_REGISTER", POLICY_FOLDER_SEEN },
    { "SYNC_SET", POLICY_FOLDER_SEEN },
    { "SYNC_GET", POLICY_ANYBODY },
    { "SYNC_SERVER_REGISTER", POLICY_SYSTEM_ONLY },
    { "SYNC_SERVER_SET", POLICY_SYSTEM_ONLY },
    { "SYNC_SERVER_CHANGES", POLICY_SYSTEM_ONLY },
    { "SEARCH_SET", POLICY_SEARCH },
    { "SEARCH_GET", POLICY_SEARCH },
    { "TABLE_OPEN", POLICY_FOLDER_READ },
    { "TABLE_OPEN_FOLDERS", POLICY_FOLDER_SEEN },
    { "TABLE_OPEN_CHILDREN", POLICY_MESSAGE_READ },
    { "TABLE_OPEN_RECEIVE", POLICY_STORE_OWNER },
    { "TABLE_OPEN_RULES", POLICY_FOLDER_OWNED },
    { "TABLE_OPEN_PERMISSIONS", POLICY_FOLDER_SEEN },
    { "TABLE_OPEN_BOOK", POLICY_ANYBODY },
    { "TABLE_OPEN_STORES", POLICY_ANYBODY },
    { "TABLE_OPEN_USERS", POLICY_ANY_ADMIN },
    { "TABLE_OPEN_COMPANIES", POLICY_SYSTEM_ONLY },
    { "TABLE_OPEN_SYSTEM", POLICY_SYSTEM_ONLY },
    { "TABLE_OPEN_SESSIONS", POLICY_SYSTEM_ONLY },
    { "TABLE_OPEN_ROWS", POLICY_ANYBODY },
    { "TABLE_SET_ROWS", POLICY_ANOTHERS },
    { "TABLE_SEEK_FRACTION", POLICY_ANOTHERS },
    { "TABLE_BOOKMARK", POLICY_ANOTHERS },
    { "TABLE_BOOKMARK_FREE", POLICY_ANOTHERS },
    { "TABLE_COLUMNS", POLICY_ANOTHERS },
    { "TABLE_EVENTS", POLICY_ANOTHERS },
    { "TABLE_STATE", POLICY_ANOTHERS },
    { "TABLE_STATE_SET", POLICY_ANOTHERS },
    { "TABLE_CLOSE", POLICY_ANOTHERS },
    { "TABLE_SETUP", POLICY_ANOTHERS },
    { "TABLE_ROWS", POLICY_ANOTHERS },
    { "TABLE_COUNT", POLICY_ANOTHERS },
    { "TABLE_SEEK", POLICY_ANOTHERS },
    { "TABLE_FIND", POLICY_ANOTHERS },
    { "TABLE_EXPAND", POLICY_ANOTHERS },
    { "TABLE_COLLAPSE", POLICY_ANOTHERS },
    { "BOOK_CONTAINERS", POLICY_ANYBODY },
    { "BOOK_LIST", POLICY_ANYBODY },
    { "BOOK_RESOLVE", POLICY_USER_SEEN },
    { "BOOK_GET", POLICY_USER_SEEN },
    { "BOOK_PHOTO", POLICY_USER_SEEN },
    { "BOOK_RELATED", POLICY_USER_SEEN },
    { "BOOK_CHANGES", POLICY_ANYBODY },
    { "NAME_FIND", POLICY_USER_SEEN },
    { "HOME_FIND", POLICY_USER_SEEN },
    { "NODE_FIND", POLICY_ANYBODY },
    { "ID_FIND", POLICY_USER_SEEN },
    { "OBJECTS_LIST", POLICY_USER_SEEN },
    { "OBJECT_CREATE", POLICY_USER_ADMIN },
    { "OBJECT_CHANGE", POLICY_USER_ADMIN },
    { "OBJECT_REMOVE", POLICY_USER_ADMIN },
    { "RELATE", POLICY_USER_ADMIN },
    { "UNRELATE", POLICY_USER_ADMIN },
    { "QUOTA_GET", POLICY_USER_ADMIN },
    { "STORE_CREATE", POLICY_USER_ADMIN },
    { "STORE_DELETE", POLICY_ORPHAN_ADMIN },
    { "STORE_HOOK", POLICY_ORPHAN_ADMIN },
    { "STORE_UNHOOK", POLICY_STORE_ADMIN },
    { "STORES_LIST", POLICY_ANY_ADMIN },
    { "BOOK_PLACE", POLICY_ANYBODY },
    { "NAME_SPLIT", POLICY_ANYBODY },
    { "FOLDER_RECOUNT", POLICY_SEARCH },
    { "DELETED_PURGE", POLICY_SYSTEM_ONLY },
    { "CACHE_DROP", POLICY_SYSTEM_ONLY },
    { "DIRECTORY_SYNC", POLICY_ANY_ADMIN },
    { "SERVER_INFO", POLICY_ANYBODY },
    { "NAMES_TO_IDS", POLICY_ANYBODY },
    { "IDS_TO_NAMES", POLICY_ANYBODY },
    { "SESSIONS_LIST", POLICY_SYSTEM_ONLY },
    { "SESSION_END", POLICY_SYSTEM_ONLY },
};

static char
verdict_of(Policy policy, guint variant, Role role)
{
    const char *text = policies[policy].verdicts[variant];
    guint at = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        if (at++ == (guint) role)
            return *text;
    }
    g_error("policy %s, variant %u: no verdict for %s", policies[policy].name, variant,
            roles[role].name);
}

/* ---- the world ---- */

typedef struct {
    World world;
    guint32 ours, theirs, group;
    guint32 numbers[ROLES];
    TwSession *sessions[ROLES];
    TwSession *other; /* one more of the owner */
    TwStore *store;
    WorldUser owner;
    guint32 shared; /* the folder that gives rights to the roles */
    guint32 victim; /* a user of our company, made anew for each cell */
    guint count;
    /* of the cell in hand */
    guint32 folder, to, message, table;
    TwGuid store_guid, orphan;
    char *folder_name, *victim_name;
    GBytes *victim_id;
    Role role;
} Matrix;

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

static TwSession *
log_on(Matrix *matrix, Role role)
{
    g_autofree char *name = role == SYSTEM_SELF
                                ? g_strdup("SYSTEM")
                                : g_strdup_printf("%s@%s", roles[role].name,
                                                  roles[role].other_company ? "theirs" : "ours");

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

static void
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
        guint32 company = roles[role].other_company ? matrix->theirs : matrix->ours;
        if (role == SYSTEM_SELF || role == ANONYMOUS)
            continue;
        matrix->numbers[role] =
            add_object(matrix, TW_DIRECTORY_USER, company, roles[role].name, roles[role].admin);
    }
    matrix->numbers[SYSTEM_SELF] = TW_DIRECTORY_SYSTEM;
    relate(matrix, inner, TW_DIRECTORY_MEMBER, matrix->numbers[GROUP]);
    world_store(&matrix->world, matrix->numbers[OWNER], TW_STORE_PRIVATE, matrix->ours,
                &matrix->owner);
    matrix->store = tw_store_open(matrix->world.bed.engine, &matrix->owner.store, &why);
    g_assert_no_error(why);
    matrix->shared = new_folder(matrix, matrix->owner.root, "Shared");
    for (guint role = 0; role < ROLES; role++) {
        if (roles[role].rights != 0)
            world_grant(&matrix->world, &matrix->owner, matrix->shared, matrix->numbers[role],
                        roles[role].rights);
        matrix->sessions[role] = log_on(matrix, (Role) role);
    }
    world_grant(&matrix->world, &matrix->owner, matrix->shared, matrix->group, 0x401);
    matrix->other = log_on(matrix, OWNER);
    open.store = matrix->owner.store;
    for (guint i = 0; i < 1000; i++) /* so that no role comes to have the number itself */
        assert_done(tw_session_table_open(matrix->other, &open, error));
    matrix->table = open.table;
}

static void
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

static const char mail[] = "From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n";

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
        g_autoptr(GBytes) bytes = g_bytes_new_static(mail, sizeof mail - 1);
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

static TwRestriction *
any_subject(void)
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

static GBytes *
rule_bag(void)
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
    g_autoptr(TwRestriction) restriction = any_subject();
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
    g_autoptr(GBytes) bag = rule_bag();
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

static void
prepare(Matrix *matrix, TwOp op, Role role, guint variant)
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

/* What a cell left behind that a later one would meet. */
static void
repair(Matrix *matrix, TwOp op)
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

static void
set_number(TwOp op, gpointer args, const char *name, guint32 value)
{
    const TwOpField *field = tw_op_field(op, name);

    if (field != NULL && field->kind == TW_IN_U32)
        G_STRUCT_MEMBER(guint32, args, field->offset) = value;
}

/* Everything the operation needs to succeed for who may. */
typedef struct {
    TwObject *object;
    GBytes *bytes;
    guint32 number;
    TwPropValue value;
    TwPermission permission;
    TwDirectoryObject values;
    TwNamedProp name;
    const TwNamedProp *names[1];
    TwDeliveryTarget target;
    TwRestriction *restriction;
    TwProps props;
    TwRulesChange rule;
    TwMailAppend append;
    char *text;
} Parts;

static void
fill(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    const TwOpField *store = tw_op_field(op, "store");
    const TwOpField *messages = tw_op_field(op, "messages");
    const TwOpField *changes = tw_op_field(op, "changes");
    const TwOpField *name = tw_op_field(op, "name");

    parts->number = matrix->message;
    parts->text = g_strdup_printf("new%u", matrix->count);
    if (store != NULL)
        G_STRUCT_MEMBER(TwGuid, args, store->offset) = matrix->store_guid;
    set_number(op, args, "folder", matrix->folder);
    set_number(op, args, "message", matrix->message);
    set_number(op, args, "to", matrix->to);
    set_number(op, args, "user", matrix->victim);
    set_number(op, args, "company", matrix->ours);
    set_number(op, args, "table", matrix->table);
    if (messages != NULL)
        G_STRUCT_MEMBER(TwNumbers, args, messages->offset) = (TwNumbers){ &parts->number, 1 };
    if (changes != NULL) {
        parts->value = tw_value_str(PR_COMMENT, parts->text);
        G_STRUCT_MEMBER(TwPropChanges, args, changes->offset) =
            (TwPropChanges){ .values = &parts->value, .value_count = 1 };
    }
    if (name != NULL && name->kind == TW_IN_TEXT)
        G_STRUCT_MEMBER(const char *, args, name->offset) = parts->text;
}

static void
fill_store(Matrix *matrix, TwOp op, gpointer args)
{
    switch (op) {
    case TW_OP_STORE_FIND:
        ((TwStoreFindArgs *) args)->owner = matrix->numbers[OWNER];
        break;
    case TW_OP_RECEIVE_FOLDER:
        ((TwReceiveFolderArgs *) args)->message_class = "IPM.Note";
        break;
    case TW_OP_RECEIVE_FOLDER_SET:
        ((TwReceiveFolderSetArgs *) args)->message_class = "IPM.Test";
        ((TwReceiveFolderSetArgs *) args)->folder = matrix->owner.inbox;
        break;
    case TW_OP_STORE_HOOK:
        ((TwStoreHookArgs *) args)->owner = matrix->victim;
        break;
    case TW_OP_STORE_CREATE:
        ((TwStoreCreateArgs *) args)->kind = TW_STORE_PRIVATE;
        break;
    default:
        break;
    }
}

static void
fill_message(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    switch (op) {
    case TW_OP_FOLDER_FIND:
        ((TwFolderFindArgs *) args)->folder = matrix->shared;
        ((TwFolderFindArgs *) args)->name = matrix->folder_name;
        break;
    case TW_OP_FOLDER_OPEN:
        ((TwFolderOpenArgs *) args)->folder = matrix->shared;
        ((TwFolderOpenArgs *) args)->name = matrix->folder_name;
        break;
    case TW_OP_PERMISSIONS_SET:
        parts->permission = (TwPermission){ 0, matrix->numbers[NOBODY], TW_RIGHT_VISIBLE };
        ((TwPermissionsSetArgs *) args)->rows = (TwPermissionRows){ &parts->permission, 1 };
        break;
    case TW_OP_MESSAGES_TRANSFER:
        ((TwMessagesTransferArgs *) args)->to_store = matrix->store_guid;
        ((TwMessagesTransferArgs *) args)->to_folder = matrix->to;
        break;
    case TW_OP_FOLDER_TRANSFER:
        ((TwFolderTransferArgs *) args)->to_store = matrix->store_guid;
        ((TwFolderTransferArgs *) args)->to_folder = matrix->to;
        break;
    case TW_OP_VALUE_WRITE:
        parts->bytes = g_bytes_new_static("x", 1);
        ((TwValueWriteArgs *) args)->value = 4711;
        ((TwValueWriteArgs *) args)->bytes = parts->bytes;
        break;
    case TW_OP_RULES_CHANGE:
        parts->bytes = rule_bag();
        g_assert_true(tw_props_open_bytes(parts->bytes, &parts->props, NULL));
        parts->rule = (TwRulesChange){ TW_RULES_ADD, &parts->props };
        ((TwRulesChangeArgs *) args)->rows = (TwRuleChanges){ &parts->rule, 1 };
        break;
    case TW_OP_RULE_STATE:
        ((TwRuleStateArgs *) args)->rule = 1;
        ((TwRuleStateArgs *) args)->set = TW_RULE_ERROR;
        break;
    case TW_OP_MESSAGE_CREATE:
        ((TwMessageCreateArgs *) args)->object = parts->object = bed_object("new", 10);
        break;
    case TW_OP_MESSAGE_SAVE:
        ((TwMessageSaveArgs *) args)->object = parts->object = bed_object("new", 10);
        break;
    case TW_OP_VALUE_READ: {
        TwPart part = { 0 };
        tw_part_push(&part, TW_PART_PROPERTY, PR_SUBJECT >> 16);
        parts->bytes = g_bytes_new(part.bytes, part.len);
        ((TwValueReadArgs *) args)->path = parts->bytes;
        ((TwValueReadArgs *) args)->most = 10;
        break;
    }
    case TW_OP_MESSAGES_MARK:
        ((TwMessagesMarkArgs *) args)->change.flags_set = TW_MSGFLAG_READ;
        break;
    case TW_OP_MAIL_READ:
        ((TwMailReadArgs *) args)->most = 10;
        break;
    case TW_OP_MAIL_APPEND:
        parts->bytes = g_bytes_new_static(mail, sizeof mail - 1);
        parts->append = (TwMailAppend){ .mail = parts->bytes };
        ((TwMailAppendArgs *) args)->mails = (TwMailAppends){ &parts->append, 1 };
        break;
    case TW_OP_MAIL_DELIVER:
        parts->bytes = g_bytes_new_static(mail, sizeof mail - 1);
        parts->target = (TwDeliveryTarget){ .store = matrix->store_guid, .folder = matrix->folder };
        ((TwMailDeliverArgs *) args)->mail = parts->bytes;
        ((TwMailDeliverArgs *) args)->targets = (TwDeliveryTargets){ &parts->target, 1 };
        break;
    default:
        break;
    }
}

/* Of whoever asks now, for the folder or for the whole server. */
static guint32
new_sync_id(Matrix *matrix, gboolean of_folder)
{
    TwSyncInfo info = { .store = of_folder ? tw_store_get_number(matrix->store) : 0,
                        .folder = of_folder ? matrix->folder : 0,
                        .kind = TW_SYNC_CONTENTS,
                        .owner = matrix->numbers[matrix->role] };

    g_assert_true(tw_sync_register(matrix->world.bed.engine, &info, 1, NULL));
    return info.id;
}

static void
fill_key(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    guint8 id[TW_OBJECT_ID_LEN];

    switch (op) {
    case TW_OP_ENTRY_ID_FIND:
        tw_identity_entry_id(&matrix->owner.store, TW_OBJECT_ID_MESSAGE, matrix->message, id);
        parts->bytes = g_bytes_new(id, sizeof id);
        ((TwEntryIdFindArgs *) args)->entry_id = parts->bytes;
        break;
    case TW_OP_SOURCE_KEY_FIND:
        parts->bytes = tw_sync_server_key(matrix->store, matrix->message);
        ((TwSourceKeyFindArgs *) args)->source_key = parts->bytes;
        break;
    case TW_OP_SOURCE_KEY_LOCATE:
        parts->bytes = tw_sync_server_key(matrix->store, matrix->message);
        ((TwSourceKeyLocateArgs *) args)->source_key = parts->bytes;
        break;
    case TW_OP_SYNC_GET:
        ((TwSyncGetArgs *) args)->id = new_sync_id(matrix, TRUE);
        break;
    case TW_OP_SYNC_SERVER_SET:
        ((TwSyncServerSetArgs *) args)->id = new_sync_id(matrix, FALSE);
        break;
    case TW_OP_SYNC_SERVER_CHANGES:
        ((TwSyncServerChangesArgs *) args)->id = new_sync_id(matrix, FALSE);
        ((TwSyncServerChangesArgs *) args)->flags = TW_SYNC_CATCHUP;
        break;
    case TW_OP_SYNC_CHANGES:
        ((TwSyncChangesArgs *) args)->flags = TW_SYNC_NORMAL;
        break;
    case TW_OP_SYNC_REGISTER:
        ((TwSyncRegisterArgs *) args)->kind = TW_SYNC_CONTENTS;
        break;
    case TW_OP_SYNC_SET:
        ((TwSyncSetArgs *) args)->id = new_sync_id(matrix, TRUE);
        ((TwSyncSetArgs *) args)->kind = TW_SYNC_CONTENTS;
        break;
    case TW_OP_TABLE_FIND:
        parts->restriction = any_subject();
        ((TwTableFindArgs *) args)->restriction = parts->restriction;
        break;
    case TW_OP_TABLE_OPEN_BOOK:
        ((TwTableOpenBookArgs *) args)->place = TW_BOOK_PLACE_GLOBAL;
        break;
    case TW_OP_TABLE_OPEN_CHILDREN:
        ((TwTableOpenChildrenArgs *) args)->kind = TW_OBJECT_RECIPIENT;
        break;
    case TW_OP_TABLE_STATE_SET:
        parts->bytes = g_bytes_new_static("12345678", 8);
        ((TwTableStateSetArgs *) args)->state = parts->bytes;
        break;
    case TW_OP_TABLE_EXPAND:
    case TW_OP_TABLE_COLLAPSE:
        parts->bytes = g_bytes_new_static("12345678", 8);
        if (op == TW_OP_TABLE_EXPAND)
            ((TwTableExpandArgs *) args)->key = parts->bytes;
        else
            ((TwTableCollapseArgs *) args)->key = parts->bytes;
        break;
    case TW_OP_SEARCH_SET:
        parts->restriction = any_subject();
        ((TwSearchSetArgs *) args)->restriction = parts->restriction;
        ((TwSearchSetArgs *) args)->folders = (TwNumbers){ &matrix->shared, 1 };
        break;
    default:
        break;
    }
}

static void
fill_book(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    switch (op) {
    case TW_OP_BOOK_RESOLVE:
        ((TwBookResolveArgs *) args)->text = matrix->victim_name;
        ((TwBookResolveArgs *) args)->exact = TRUE;
        break;
    case TW_OP_NODE_FIND:
        ((TwNodeFindArgs *) args)->name = "any";
        ((TwNodeFindArgs *) args)->scheme = "https";
        break;
    case TW_OP_RECIPIENT_FIND:
        ((TwRecipientFindArgs *) args)->address = matrix->victim_name;
        break;
    case TW_OP_BOOK_RELATED:
        ((TwBookRelatedArgs *) args)->relation = TW_DIRECTORY_SEND_AS;
        break;
    case TW_OP_NAME_FIND:
        g_free(parts->text);
        parts->text = g_strconcat(matrix->victim_name, "@ours", NULL);
        ((TwNameFindArgs *) args)->name = parts->text;
        ((TwNameFindArgs *) args)->type = TW_DIRECTORY_USERS;
        break;
    case TW_OP_ID_FIND:
        ((TwIdFindArgs *) args)->id = matrix->victim_id;
        break;
    case TW_OP_OBJECTS_LIST:
        ((TwObjectsListArgs *) args)->type = TW_DIRECTORY_USERS;
        break;
    case TW_OP_OBJECT_CREATE:
        parts->values = (TwDirectoryObject){ .kind = TW_DIRECTORY_USER,
                                             .name = parts->text,
                                             .full_name = "New" };
        ((TwObjectCreateArgs *) args)->values = &parts->values;
        break;
    case TW_OP_OBJECT_CHANGE:
        parts->values = (TwDirectoryObject){ .full_name = "Changed" };
        ((TwObjectChangeArgs *) args)->values = &parts->values;
        ((TwObjectChangeArgs *) args)->fields = TW_DIRECTORY_SET_FULL_NAME;
        break;
    case TW_OP_RELATE:
        ((TwRelateArgs *) args)->relation = TW_DIRECTORY_SEND_AS;
        ((TwRelateArgs *) args)->other = matrix->numbers[READ];
        break;
    case TW_OP_UNRELATE:
        ((TwUnrelateArgs *) args)->relation = TW_DIRECTORY_SEND_AS;
        ((TwUnrelateArgs *) args)->other = matrix->numbers[NOBODY];
        break;
    case TW_OP_NAMES_TO_IDS:
        parts->name = (TwNamedProp){ .name = "x-matrix" };
        parts->names[0] = &parts->name;
        ((TwNamesToIdsArgs *) args)->names = (TwNamedProps){ parts->names, 1 };
        ((TwNamesToIdsArgs *) args)->create = TRUE;
        break;
    default:
        break;
    }
}

/* A session of nobody's interest, to be ended. */
static TwSession *
fill_session(Matrix *matrix, TwOp op, gpointer args)
{
    TwSession *session;
    TwSessionInfo who;

    if (op != TW_OP_SESSION_END)
        return NULL;
    session = log_on(matrix, NOBODY);
    tw_session_get_info(session, &who);
    ((TwSessionEndArgs *) args)->session = who.number;
    return session;
}

static void
name_objects_that_never_were(TwOp op, gpointer args, Parts *parts)
{
    const TwOpField *store = tw_op_field(op, "store");

    if (store != NULL)
        tw_guid_random(&G_STRUCT_MEMBER(TwGuid, args, store->offset));
    tw_guid_random(&parts->target.store);
    set_number(op, args, "user", 4000000);
    set_number(op, args, "company", 4000000);
    set_number(op, args, "owner", 4000000);
}

static void
name_what_never_was(TwOp op, gpointer args, Parts *parts)
{
    guint8 id[TW_OBJECT_ID_LEN];
    TwGuid never;

    if (op == TW_OP_ENTRY_ID_FIND) {
        tw_guid_random(&never);
        tw_identity_entry_id(&never, TW_OBJECT_ID_MESSAGE, 4711, id);
        g_bytes_unref(parts->bytes);
        parts->bytes = g_bytes_new(id, sizeof id);
        ((TwEntryIdFindArgs *) args)->entry_id = parts->bytes;
    }
    name_objects_that_never_were(op, args, parts);
}

/* What a refusal must leave as it is. */
typedef struct {
    guint64 cn, epoch;
    guint stores;
} State;

static State
state_of(Matrix *matrix)
{
    g_autoptr(TwDirectorySnapshot) snapshot = place_snapshot(&matrix->world.place);
    g_autoptr(GArray) stores = tw_engine_list_stores(matrix->world.bed.engine);
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;

    tw_store_get_info(matrix->store, &info, &error);
    g_assert_no_error(error);
    return (State){ info.cn, tw_directory_snapshot_epoch(snapshot), stores->len };
}

static gboolean
same_state(const State *a, const State *b)
{
    return a->cn == b->cn && a->epoch == b->epoch && a->stores == b->stores;
}

static char
try_it(Matrix *matrix, TwOp op, Role role, guint variant, gboolean absent)
{
    g_autofree gpointer args = g_malloc0(tw_op_info(op)->args_size);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSession) extra = NULL;
    Parts parts = { 0 };
    char verdict = '+';

    fill(matrix, op, args, &parts);
    fill_store(matrix, op, args);
    fill_message(matrix, op, args, &parts);
    fill_key(matrix, op, args, &parts);
    fill_book(matrix, op, args, &parts);
    extra = fill_session(matrix, op, args);
    if (variant & UNNAMED)
        set_number(op, args, "folder", 0);
    if (absent)
        name_what_never_was(op, args, &parts);
    if (!tw_session_call(matrix->sessions[role], op, args, &error))
        verdict = g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS)   ? '-'
                  : g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) ? '0'
                                                                         : '?';
    else if (op == TW_OP_MAIL_DELIVER) {
        const GError *one =
            g_array_index(((TwMailDeliverArgs *) args)->results, TwMailResult, 0).error;
        verdict = g_error_matches(one, TW_ERROR, TW_ERROR_NO_ACCESS)   ? '-'
                  : g_error_matches(one, TW_ERROR, TW_ERROR_NOT_FOUND) ? '0'
                  : one != NULL                                        ? '?'
                                                                       : '+';
    }
    if (verdict == '?')
        g_printerr("# %s: %s\n", tw_op_info(op)->name, error != NULL ? error->message : "");
    tw_op_clear(op, args);
    tw_object_free(parts.object);
    g_clear_pointer(&parts.bytes, g_bytes_unref);
    g_clear_pointer(&parts.restriction, tw_restriction_unref);
    g_free(parts.text);
    return verdict;
}

static guint
check_cell(Matrix *matrix, TwOp op, Policy policy, Role role, guint variant)
{
    char expected = verdict_of(policy, variant, role), got;
    State before, after;
    guint wrong = 0;

    prepare(matrix, op, role, variant);
    before = state_of(matrix);
    got = try_it(matrix, op, role, variant, FALSE);
    /* one's own mail is a message that did not come as one */
    if ((op == TW_OP_MAIL_READ || op == TW_OP_MAIL_SUMMARY) && (variant & OWN) && expected == '+' &&
        got == '0')
        got = '+';
    after = state_of(matrix);
    if (got != expected) {
        g_printerr("# %s, %s, variant %u: %c, but the policy says %c\n", tw_op_info(op)->name,
                   roles[role].name, variant, got, expected);
        wrong++;
    }
    if (got != '+' && !same_state(&before, &after)) {
        g_printerr("# %s, %s, variant %u: refused, and yet something changed\n",
                   tw_op_info(op)->name, roles[role].name, variant);
        wrong++;
    }
    if (expected == '0' && role >= STRANGER &&
        (got = try_it(matrix, op, role, variant, TRUE)) != '0') {
        g_printerr("# %s, %s: what never was answers %c\n", tw_op_info(op)->name, roles[role].name,
                   got);
        wrong++;
    }
    repair(matrix, op);
    return wrong;
}

static int
line_of(TwOp op)
{
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (strcmp(lines[i].op, tw_op_info(op)->name) == 0)
            return (int) i;
    }
    return -1;
}

static void
test_matrix(void)
{
    Matrix matrix;
    guint wrong = 0, cells = 0;

    matrix_open(&matrix);
    for (guint op = 0; op < TW_OP_COUNT; op++) {
        int line = line_of((TwOp) op);
        if (line < 0) {
            g_printerr("# %s has no policy\n", tw_op_info((TwOp) op)->name);
            wrong++;
            continue;
        }
        for (guint variant = 0; variant < VARIANTS; variant++) {
            if (policies[lines[line].policy].verdicts[variant] == NULL)
                continue;
            for (guint role = 0; role < ROLES; role++, cells++)
                wrong += check_cell(&matrix, (TwOp) op, lines[line].policy, (Role) role, variant);
        }
    }
    g_test_message("%u cells", cells);
    g_assert_cmpuint(wrong, ==, 0);
    matrix_close(&matrix);
}

/* No line names an operation that is not there. */
static void
test_lines(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        gboolean known = FALSE;
        for (guint op = 0; op < TW_OP_COUNT; op++)
            known = known || strcmp(tw_op_info((TwOp) op)->name, lines[i].op) == 0;
        if (!known)
            g_error("%s is no operation", lines[i].op);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/matrix/lines", test_lines);
    g_test_add_func("/session/matrix/cells", test_matrix);
    return g_test_run();
}
