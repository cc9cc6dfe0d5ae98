/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who may do what: every operation of the table, for every role, each cell tried on a real server.
 *
 * What is expected stands here in words of its own: a policy is one line of verdicts, one for each role, and each operation
 * names its policy. An operation without a line fails the test. A refusal must change nothing, and where the verdict is
 * "not there" the answer is the one for a store, user or company that never was.
 */
#include <string.h>

#include "session/matrix.h"

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
            matrix_roles[role].name);
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

    extra = matrix_fill(matrix, op, variant, args, &parts);
    if (absent)
        matrix_name_nothing(op, args, &parts);
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
    matrix_parts_clear(&parts);
    return verdict;
}

static guint
check_cell(Matrix *matrix, TwOp op, Policy policy, Role role, guint variant)
{
    char expected = verdict_of(policy, variant, role), got;
    State before, after;
    guint wrong = 0;

    matrix_prepare(matrix, op, role, variant);
    before = state_of(matrix);
    got = try_it(matrix, op, role, variant, FALSE);
    /* one's own mail is a message that did not come as one */
    if ((op == TW_OP_MAIL_READ || op == TW_OP_MAIL_SUMMARY) && (variant & OWN) && expected == '+' &&
        got == '0')
        got = '+';
    after = state_of(matrix);
    if (got != expected) {
        g_printerr("# %s, %s, variant %u: %c, but the policy says %c\n", tw_op_info(op)->name,
                   matrix_roles[role].name, variant, got, expected);
        wrong++;
    }
    if (got != '+' && !same_state(&before, &after)) {
        g_printerr("# %s, %s, variant %u: refused, and yet something changed\n",
                   tw_op_info(op)->name, matrix_roles[role].name, variant);
        wrong++;
    }
    if (expected == '0' && role >= STRANGER &&
        (got = try_it(matrix, op, role, variant, TRUE)) != '0') {
        g_printerr("# %s, %s: what never was answers %c\n", tw_op_info(op)->name,
                   matrix_roles[role].name, got);
        wrong++;
    }
    matrix_repair(matrix, op);
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
