/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/admin-request.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/program.h"

/* Ids of options. An action's option has the action's number. */
enum {
    OPTION_ACTION = TW_OPTION_OWN, /* + AdminAction */
    OPTION_VALUE = TW_OPTION_OWN + ADMIN_ACTIONS,
    OPTION_GROUP = OPTION_VALUE,
    OPTION_COMPANY,
    OPTION_NEW_NAME,
    OPTION_PASSWORD,
    OPTION_PROMPT,
    OPTION_FULL_NAME,
    OPTION_HOME_SERVER,
    OPTION_MAIL,
    OPTION_ADMIN,
    OPTION_NONACTIVE,
    OPTION_QUOTA_OWN,
    OPTION_QUOTA_WARN,
    OPTION_QUOTA_SOFT,
    OPTION_QUOTA_HARD,
    OPTION_USER_QUOTA_OWN,
    OPTION_USER_QUOTA_WARN,
    OPTION_USER_QUOTA_SOFT,
    OPTION_USER_QUOTA_HARD,
    OPTION_ACCEPT,
    OPTION_DECLINE_CONFLICT,
    OPTION_DECLINE_RECURRING,
    OPTION_PROCESS,
    OPTION_TYPE,
    OPTION_LANGUAGE,
    OPTION_COPY_TO_PUBLIC,
    OPTION_ADD_SENDAS,
    OPTION_DEL_SENDAS,
    OPTION_ENABLE_FEATURE,
    OPTION_DISABLE_FEATURE,
    OPTION_JSON,
    OPTION_FORMAT,
    OPTION_DRY_RUN,
    OPTION_PROGRESS,
    OPTION_UTF8,
    OPTION_LOUD,
    OPTION_END,
};

G_STATIC_ASSERT(OPTION_END - OPTION_VALUE < 64); /* sets of them are bits */

#define ACT(name) (OPTION_ACTION + ADMIN_##name)

/* clang-format off */
const TwOption tw_admin_options[] = {
    { NULL, 's', NULL, ACT(CREATE_PUBLIC), "create the public store, of one company with -I" },
    { "create-user", 'c', "USER", ACT(CREATE_USER), "create a user and a store; needs -p or -P, -f and -e" },
    { "update-user", 'u', "USER", ACT(UPDATE_USER), "change a user; also names one for --hook-store" },
    { "delete-user", 'd', "USER", ACT(DELETE_USER), "delete a user; the store becomes an orphan" },
    { "create-group", 'g', "GROUP", ACT(CREATE_GROUP), "create a group" },
    { "update-group", 0, "GROUP", ACT(UPDATE_GROUP), "change a group" },
    { "delete-group", 'G', "GROUP", ACT(DELETE_GROUP), "delete a group" },
    { "add-to-group", 'b', "USER", ACT(ADD_MEMBER), "add to the group of -i" },
    { "remove-from-group", 'B', "USER", ACT(REMOVE_MEMBER), "remove from the group of -i" },
    { "list-users", 'l', NULL, ACT(LIST_USERS), "list users, of one company with -I" },
    { "list-groups", 'L', NULL, ACT(LIST_GROUPS), "list groups, of one company with -I" },
    { "list-companies", 0, NULL, ACT(LIST_COMPANIES), "list companies with their system administrator" },
    { "details", 0, "NAME", ACT(DETAILS), "show a user, or what --type says" },
    { "sync", 0, NULL, ACT(SYNC), "synchronise users and groups with their source" },
    { "user-count", 0, NULL, ACT(USER_COUNT), "count active and non-active users" },
    { "create-company", 0, "COMPANY", ACT(CREATE_COMPANY), "create a company and its public store" },
    { "update-company", 0, "COMPANY", ACT(UPDATE_COMPANY), "change a company's quotas" },
    { "delete-company", 0, "COMPANY", ACT(DELETE_COMPANY), "delete a company that is empty" },
    { "set-system-admin", 0, "USER", ACT(SET_SYSTEM_ADMIN), "whom to ask about the company of -I; grants nothing" },
    { "add-to-viewlist", 0, "COMPANY", ACT(ADD_VIEW), "let a company see the one of -I" },
    { "del-from-viewlist", 0, "COMPANY", ACT(DEL_VIEW), "let it see the one of -I no more" },
    { "list-view", 0, NULL, ACT(LIST_VIEW), "companies that may see the one of -I" },
    { "add-to-adminlist", 0, "USER", ACT(ADD_ADMIN), "let a user of another company administer the one of -I" },
    { "del-from-adminlist", 0, "USER", ACT(DEL_ADMIN), "no more" },
    { "list-admin", 0, NULL, ACT(LIST_ADMIN), "users of other companies who administer the one of -I" },
    { "add-userquota-recipient", 0, "USER", ACT(ADD_USER_RECIPIENT), "tell this one too of users over quota" },
    { "del-userquota-recipient", 0, "USER", ACT(DEL_USER_RECIPIENT), "no more" },
    { "list-userquota-recipients", 0, NULL, ACT(LIST_USER_RECIPIENTS), "who is told" },
    { "add-companyquota-recipient", 0, "USER", ACT(ADD_COMPANY_RECIPIENT), "tell this one when the company is over quota" },
    { "del-companyquota-recipient", 0, "USER", ACT(DEL_COMPANY_RECIPIENT), "no more" },
    { "list-companyquota-recipients", 0, NULL, ACT(LIST_COMPANY_RECIPIENTS), "who is told" },
    { "list-sendas", 0, "NAME", ACT(LIST_SENDAS), "who may send as a user, or as what --type says" },
    { "create-store", 0, "USER", ACT(CREATE_STORE), "create the store of an existing user" },
    { "unhook-store", 0, "NAME", ACT(UNHOOK_STORE), "take the store from its owner; Everyone with --type group: the public store" },
    { "hook-store", 0, "GUID", ACT(HOOK_STORE), "give an orphan to -u NAME" },
    { "remove-store", 0, "GUID", ACT(REMOVE_STORE), "delete an orphan" },
    { "list-orphans", 0, NULL, ACT(LIST_ORPHANS), "stores without a user, users without a store" },
    { "force-resync", 0, NULL, ACT(FORCE_RESYNC), "offline profiles of the users named behind it fetch everything again; of all users when none is" },
    { "reset-folder-count", 0, "USER", ACT(RESET_COUNTS), "count what is in each folder of a user again" },
    { "clear-cache", 0, "[=BITS]", ACT(CLEAR_CACHE), "drop the server's caches" },
    { "purge-softdelete", 0, "DAYS", ACT(PURGE_DELETED), "delete for good what was deleted so many days ago" },
    { "purge-deferred", 0, NULL, ACT(PURGE_DEFERRED), "write back deferred updates; there never are any" },

    { NULL, 'i', "GROUP", OPTION_GROUP, "which group" },
    { NULL, 'I', "COMPANY", OPTION_COMPANY, "which company" },
    { NULL, 'U', "NAME", OPTION_NEW_NAME, "new log-on name" },
    { "password", 'p', "PASS", OPTION_PASSWORD, "set the password; others see it in the list of processes" },
    { "password-prompt", 'P', NULL, OPTION_PROMPT, "ask for the password, twice" },
    { "fullname", 'f', "TEXT", OPTION_FULL_NAME, "display name" },
    { "home-server", 0, "NAME", OPTION_HOME_SERVER, "which of several servers has the mailbox; it is not moved there" },
    { "email", 'e', "ADDR", OPTION_MAIL, "primary address" },
    { NULL, 'a', "LEVEL", OPTION_ADMIN, "administrator: no, yes, or 2: of all companies" },
    { NULL, 'n', "FLAG", OPTION_NONACTIVE, "non-active: no, yes, room or equipment" },
    { "qo", 0, "FLAG", OPTION_QUOTA_OWN, "yes: own quota rather than the default" },
    { "qw", 0, "MB", OPTION_QUOTA_WARN, "warn from here; 0: never" },
    { "qs", 0, "MB", OPTION_QUOTA_SOFT, "no more sending from here" },
    { "qh", 0, "MB", OPTION_QUOTA_HARD, "nothing more is taken from here" },
    { "udqo", 0, "FLAG", OPTION_USER_QUOTA_OWN, "the same for users of a company" },
    { "udqw", 0, "MB", OPTION_USER_QUOTA_WARN, "warn from here" },
    { "udqs", 0, "MB", OPTION_USER_QUOTA_SOFT, "no more sending" },
    { "udqh", 0, "MB", OPTION_USER_QUOTA_HARD, "nothing more is taken" },
    { "mr-accept", 0, "FLAG", OPTION_ACCEPT, "accept meeting requests" },
    { "mr-decline-conflict", 0, "FLAG", OPTION_DECLINE_CONFLICT, "decline those that conflict; needs accept" },
    { "mr-decline-recurring", 0, "FLAG", OPTION_DECLINE_RECURRING, "decline series; needs accept" },
    { "mr-process", 0, "FLAG", OPTION_PROCESS, "put requests into the calendar" },
    { "type", 0, "TYPE", OPTION_TYPE, "user (default), group, company or archive" },
    { "lang", 0, "LOCALE", OPTION_LANGUAGE, "language of default folders" },
    { "copyto-public", 0, NULL, OPTION_COPY_TO_PUBLIC, "hook: copy it into the public store instead" },
    { "add-sendas", 0, "SENDER", OPTION_ADD_SENDAS, "let SENDER send as this user or group" },
    { "del-sendas", 0, "SENDER", OPTION_DEL_SENDAS, "no more" },
    { "enable-feature", 0, "NAME", OPTION_ENABLE_FEATURE, "imap, pop3, ..." },
    { "disable-feature", 0, "NAME", OPTION_DISABLE_FEATURE, "imap, pop3, ..." },
    { "output-format", 0, "FORMAT", OPTION_FORMAT, "lists and details as table (default) or json" },
    { "json", 0, NULL, OPTION_JSON, "short for --output-format=json" },
    { "dry-run", 0, NULL, OPTION_DRY_RUN, "where something is deleted: only say what would be" },
    { "progress", 0, NULL, OPTION_PROGRESS, "say on standard error how far a long job is, also where that is no terminal" },
    { "utf8", 0, NULL, OPTION_UTF8, "text is UTF-8; it always is" },
    { "config", 0, "FILE", TW_OPTION_CONFIG, "configuration file; keys of other programs are passed over" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server; else as server_socket says" },
    { "node", 0, "NAME", ADMIN_OPTION_NODE, "a server of several; refused: there is one" },
    { "verbose", 0, "LEVEL", OPTION_LOUD, "no effect" },
    { NULL, 'v', NULL, OPTION_LOUD, "no effect" },
    { NULL, 0, NULL, 0, NULL },
};
/* clang-format on */

/* ---- what goes together ---- */

#define BIT(name) (G_GUINT64_CONSTANT(1) << (OPTION_##name - OPTION_VALUE))
#define PASSWORDS (BIT(PASSWORD) | BIT(PROMPT))
#define QUOTAS (BIT(QUOTA_OWN) | BIT(QUOTA_WARN) | BIT(QUOTA_SOFT) | BIT(QUOTA_HARD))
#define USER_QUOTAS                                                                                \
    (BIT(USER_QUOTA_OWN) | BIT(USER_QUOTA_WARN) | BIT(USER_QUOTA_SOFT) | BIT(USER_QUOTA_HARD))
#define MEETINGS (BIT(ACCEPT) | BIT(DECLINE_CONFLICT) | BIT(DECLINE_RECURRING) | BIT(PROCESS))
#define SENDAS (BIT(ADD_SENDAS) | BIT(DEL_SENDAS))
#define FEATURES (BIT(ENABLE_FEATURE) | BIT(DISABLE_FEATURE))
#define JSONS (BIT(JSON) | BIT(FORMAT))
#define ALWAYS (BIT(UTF8) | BIT(LOUD) | BIT(PROGRESS))

typedef struct {
    guint64 may, must;
} Rule;

static const Rule rules[ADMIN_ACTIONS] = {
    [ADMIN_CREATE_PUBLIC] = { BIT(COMPANY) | BIT(LANGUAGE), 0 },
    [ADMIN_CREATE_USER] = { PASSWORDS | BIT(ADMIN) | BIT(NONACTIVE) | QUOTAS | BIT(COMPANY) |
                                BIT(LANGUAGE),
                            BIT(FULL_NAME) | BIT(MAIL) },
    [ADMIN_UPDATE_USER] = { BIT(NEW_NAME) | PASSWORDS | BIT(FULL_NAME) | BIT(HOME_SERVER) |
                                BIT(MAIL) | BIT(ADMIN) | BIT(NONACTIVE) | QUOTAS | MEETINGS |
                                SENDAS | FEATURES | BIT(COMPANY),
                            0 },
    [ADMIN_DELETE_USER] = { BIT(COMPANY) | BIT(DRY_RUN), 0 },
    [ADMIN_CREATE_GROUP] = { BIT(MAIL) | BIT(FULL_NAME) | BIT(COMPANY), 0 },
    [ADMIN_UPDATE_GROUP] = { BIT(MAIL) | BIT(FULL_NAME) | BIT(NEW_NAME) | SENDAS | BIT(COMPANY),
                             0 },
    [ADMIN_DELETE_GROUP] = { BIT(COMPANY) | BIT(DRY_RUN), 0 },
    [ADMIN_ADD_MEMBER] = { BIT(COMPANY), BIT(GROUP) },
    [ADMIN_REMOVE_MEMBER] = { BIT(COMPANY), BIT(GROUP) },
    [ADMIN_LIST_USERS] = { BIT(COMPANY) | JSONS, 0 },
    [ADMIN_LIST_GROUPS] = { BIT(COMPANY) | JSONS, 0 },
    [ADMIN_LIST_COMPANIES] = { JSONS, 0 },
    [ADMIN_DETAILS] = { BIT(TYPE) | BIT(COMPANY) | JSONS, 0 },
    [ADMIN_SYNC] = { 0, 0 },
    [ADMIN_USER_COUNT] = { JSONS, 0 },
    [ADMIN_CREATE_COMPANY] = { QUOTAS | USER_QUOTAS | BIT(LANGUAGE), 0 },
    [ADMIN_UPDATE_COMPANY] = { QUOTAS | USER_QUOTAS, 0 },
    [ADMIN_DELETE_COMPANY] = { BIT(DRY_RUN), 0 },
    [ADMIN_SET_SYSTEM_ADMIN] = { 0, BIT(COMPANY) },
    [ADMIN_ADD_VIEW] = { 0, BIT(COMPANY) },
    [ADMIN_DEL_VIEW] = { 0, BIT(COMPANY) },
    [ADMIN_LIST_VIEW] = { JSONS, BIT(COMPANY) },
    [ADMIN_ADD_ADMIN] = { 0, BIT(COMPANY) },
    [ADMIN_DEL_ADMIN] = { 0, BIT(COMPANY) },
    [ADMIN_LIST_ADMIN] = { JSONS, BIT(COMPANY) },
    [ADMIN_ADD_USER_RECIPIENT] = { 0, BIT(COMPANY) },
    [ADMIN_DEL_USER_RECIPIENT] = { 0, BIT(COMPANY) },
    [ADMIN_LIST_USER_RECIPIENTS] = { JSONS, BIT(COMPANY) },
    [ADMIN_ADD_COMPANY_RECIPIENT] = { 0, BIT(COMPANY) },
    [ADMIN_DEL_COMPANY_RECIPIENT] = { 0, BIT(COMPANY) },
    [ADMIN_LIST_COMPANY_RECIPIENTS] = { JSONS, BIT(COMPANY) },
    [ADMIN_LIST_SENDAS] = { BIT(TYPE) | BIT(COMPANY) | JSONS, 0 },
    [ADMIN_CREATE_STORE] = { BIT(LANGUAGE) | BIT(COMPANY), 0 },
    [ADMIN_UNHOOK_STORE] = { BIT(TYPE) | BIT(COMPANY), 0 },
    [ADMIN_HOOK_STORE] = { BIT(TYPE) | BIT(COPY_TO_PUBLIC) | BIT(COMPANY), 0 },
    [ADMIN_REMOVE_STORE] = { BIT(DRY_RUN), 0 },
    [ADMIN_LIST_ORPHANS] = { JSONS, 0 },
    [ADMIN_FORCE_RESYNC] = { BIT(COMPANY), 0 },
    [ADMIN_RESET_COUNTS] = { BIT(COMPANY), 0 },
    [ADMIN_CLEAR_CACHE] = { 0, 0 },
    [ADMIN_PURGE_DELETED] = { BIT(DRY_RUN), 0 },
    [ADMIN_PURGE_DEFERRED] = { 0, 0 },
};

static char *
spell(int id)
{
    for (const TwOption *option = tw_admin_options; option->id != 0; option++) {
        if (option->id == id)
            return option->long_name != NULL ? g_strdup_printf("--%s", option->long_name)
                                             : g_strdup_printf("-%c", option->short_name);
    }
    return g_strdup("?");
}

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean
refuse(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, text);
    return FALSE;
}

/* ---- values ---- */

static const struct {
    const char *word;
    AdminFlag flag;
} flags[] = {
    { "yes", ADMIN_YES }, { "y", ADMIN_YES }, { "1", ADMIN_YES },
    { "no", ADMIN_NO },   { "n", ADMIN_NO },  { "0", ADMIN_NO },
};

static gboolean
parse_flag(const TwOptionHit *hit, AdminFlag *ret, GError **error)
{
    g_autofree char *option = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (g_ascii_strcasecmp(hit->value, flags[i].word) == 0) {
            *ret = flags[i].flag;
            return TRUE;
        }
    }
    option = spell(hit->id);
    return refuse(error, "%s takes yes or no, not \"%s\".", option, hit->value);
}

static gboolean
parse_admin(const TwOptionHit *hit, int *ret, GError **error)
{
    AdminFlag flag = ADMIN_NO;

    if (strcmp(hit->value, "2") == 0) {
        *ret = 2;
        return TRUE;
    }
    if (!parse_flag(hit, &flag, NULL))
        return refuse(error, "-a takes yes, no or 2, not \"%s\".", hit->value);
    *ret = (int) flag;
    return TRUE;
}

static gboolean
parse_active(const TwOptionHit *hit, AdminActive *ret, GError **error)
{
    AdminFlag flag = ADMIN_NO;

    if (g_ascii_strcasecmp(hit->value, "room") == 0)
        *ret = ADMIN_ROOM;
    else if (g_ascii_strcasecmp(hit->value, "equipment") == 0)
        *ret = ADMIN_EQUIPMENT;
    else if (parse_flag(hit, &flag, NULL))
        *ret = flag == ADMIN_YES ? ADMIN_NONACTIVE : ADMIN_ACTIVE;
    else
        return refuse(error, "-n takes yes, no, room or equipment, not \"%s\".", hit->value);
    return TRUE;
}

static gboolean
parse_size(const TwOptionHit *hit, gint64 *ret, GError **error)
{
    g_autofree char *option = NULL;
    guint64 megabytes;

    if (tw_parse_u64(hit->value, strlen(hit->value), G_MAXINT64 >> 20, &megabytes)) {
        *ret = (gint64) megabytes << 20;
        return TRUE;
    }
    option = spell(hit->id);
    return refuse(error, "%s takes a number of megabytes, not \"%s\".", option, hit->value);
}

static gboolean
parse_type(const TwOptionHit *hit, AdminType *ret, GError **error)
{
    static const char *const words[] = { [ADMIN_TYPE_USER] = "user",
                                         [ADMIN_TYPE_GROUP] = "group",
                                         [ADMIN_TYPE_COMPANY] = "company",
                                         [ADMIN_TYPE_ARCHIVE] = "archive" };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(hit->value, words[i]) == 0) {
            *ret = (AdminType) i;
            return TRUE;
        }
    }
    return refuse(error, "--type takes user, group, company or archive, not \"%s\".", hit->value);
}

/* Text goes where it belongs; FALSE when the option is no text. */
static gboolean
take_text(AdminRequest *request, const TwOptionHit *hit)
{
    const struct {
        int id;
        const char **place;
    } places[] = {
        { OPTION_GROUP, &request->group },
        { OPTION_COMPANY, &request->company },
        { OPTION_NEW_NAME, &request->new_name },
        { OPTION_PASSWORD, &request->password },
        { OPTION_FULL_NAME, &request->full_name },
        { OPTION_HOME_SERVER, &request->home_server },
        { OPTION_MAIL, &request->mail },
        { OPTION_LANGUAGE, &request->language },
        { OPTION_ADD_SENDAS, &request->add_sendas },
        { OPTION_DEL_SENDAS, &request->del_sendas },
        { OPTION_ENABLE_FEATURE, &request->enable_feature },
        { OPTION_DISABLE_FEATURE, &request->disable_feature },
    };

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        if (places[i].id == hit->id) {
            *places[i].place = hit->value;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
parse_format(const TwOptionHit *hit, gboolean *ret_json, GError **error)
{
    *ret_json = strcmp(hit->value, "json") == 0;
    return *ret_json || strcmp(hit->value, "table") == 0 ||
           refuse(error, "--output-format is table or json, not \"%s\".", hit->value);
}

static gboolean
take_number(AdminRequest *request, const TwOptionHit *hit, GError **error)
{
    switch (hit->id) {
    case OPTION_ADMIN:
        return parse_admin(hit, &request->admin, error);
    case OPTION_NONACTIVE:
        return parse_active(hit, &request->active, error);
    case OPTION_TYPE:
        return parse_type(hit, &request->type, error);
    case OPTION_QUOTA_OWN:
        return parse_flag(hit, &request->quota.own, error);
    case OPTION_QUOTA_WARN:
        return parse_size(hit, &request->quota.warn, error);
    case OPTION_QUOTA_SOFT:
        return parse_size(hit, &request->quota.soft, error);
    case OPTION_QUOTA_HARD:
        return parse_size(hit, &request->quota.hard, error);
    case OPTION_USER_QUOTA_OWN:
        return parse_flag(hit, &request->user_quota.own, error);
    case OPTION_USER_QUOTA_WARN:
        return parse_size(hit, &request->user_quota.warn, error);
    case OPTION_USER_QUOTA_SOFT:
        return parse_size(hit, &request->user_quota.soft, error);
    case OPTION_USER_QUOTA_HARD:
        return parse_size(hit, &request->user_quota.hard, error);
    case OPTION_ACCEPT:
        return parse_flag(hit, &request->accept, error);
    case OPTION_DECLINE_CONFLICT:
        return parse_flag(hit, &request->decline_conflict, error);
    case OPTION_DECLINE_RECURRING:
        return parse_flag(hit, &request->decline_recurring, error);
    case OPTION_PROCESS:
        return parse_flag(hit, &request->process, error);
    case OPTION_PROMPT:
        request->ask_password = TRUE;
        return TRUE;
    case OPTION_COPY_TO_PUBLIC:
        request->copy_to_public = TRUE;
        return TRUE;
    case OPTION_JSON:
        request->json = TRUE;
        return TRUE;
    case OPTION_FORMAT:
        return parse_format(hit, &request->json, error);
    case OPTION_DRY_RUN:
        request->dry_run = TRUE;
        return TRUE;
    case OPTION_PROGRESS:
        request->progress = TRUE;
        return TRUE;
    default:
        return TRUE;
    }
}

/* ---- the whole ---- */

/* "0x" before a number of bits is read, too. */
static gboolean
parse_bits(const char *text, gint64 *ret)
{
    guint64 number = 0;

    if (g_ascii_strncasecmp(text, "0x", 2) != 0) {
        if (!tw_parse_u64(text, strlen(text), G_MAXUINT32, &number))
            return FALSE;
    } else {
        gsize len = strlen(text + 2);
        if (len == 0 || len > 8)
            return FALSE;
        for (const char *at = text + 2; *at != '\0'; at++) {
            if (!g_ascii_isxdigit(*at))
                return FALSE;
            number = number << 4 | (guint) g_ascii_xdigit_value(*at);
        }
    }
    *ret = (gint64) number;
    return TRUE;
}

/* What two actions have in place of a name. */
static gboolean
take_action_number(AdminRequest *request, GError **error)
{
    guint64 days;

    if (request->action == ADMIN_CLEAR_CACHE) {
        request->number = G_MAXUINT32;
        return request->name == NULL || parse_bits(request->name, &request->number) ||
               refuse(error, "--clear-cache takes a number of bits, not \"%s\".", request->name);
    }
    if (request->action != ADMIN_PURGE_DELETED)
        return TRUE;
    if (!tw_parse_u64(request->name, strlen(request->name), 36500, &days))
        return refuse(error, "--purge-softdelete takes a number of days, not \"%s\".",
                      request->name);
    request->number = (gint64) days;
    return TRUE;
}

static gboolean
is_action(const TwOptionHit *hit)
{
    return hit->id > OPTION_ACTION && hit->id < OPTION_VALUE;
}

/* -u names the owner beside --hook-store and is an action else. */
static gboolean
take_action(AdminRequest *request, const TwOptionHit *hit, GError **error)
{
    AdminAction action = (AdminAction) (hit->id - OPTION_ACTION);

    if (action == ADMIN_UPDATE_USER && request->action == ADMIN_HOOK_STORE) {
        request->user = hit->value;
        return TRUE;
    }
    if (action == ADMIN_HOOK_STORE && request->action == ADMIN_UPDATE_USER) {
        request->user = request->name;
        request->action = ADMIN_NOTHING;
    }
    if (request->action != ADMIN_NOTHING) {
        g_autofree char *first = spell(OPTION_ACTION + (int) request->action);
        g_autofree char *second = spell(hit->id);
        return refuse(error, "%s and %s are two actions; ask for one at a time.", first, second);
    }
    if (hit->value != NULL && hit->value[0] == '\0') {
        g_autofree char *option = spell(hit->id);
        return refuse(error, "%s needs a name.", option);
    }
    request->action = action;
    request->name = hit->value;
    return TRUE;
}

static gboolean
check_together(const AdminRequest *request, guint64 given, GError **error)
{
    const Rule *rule = &rules[request->action];
    g_autofree char *action = spell(OPTION_ACTION + (int) request->action);

    for (int id = OPTION_VALUE; id < OPTION_END; id++) {
        guint64 bit = G_GUINT64_CONSTANT(1) << (id - OPTION_VALUE);
        g_autofree char *option = NULL;

        if ((given & bit) != 0 && ((rule->may | rule->must | ALWAYS) & bit) == 0) {
            option = spell(id);
            return refuse(error, "%s does not go with %s.", option, action);
        }
        if ((rule->must & bit) != 0 && (given & bit) == 0) {
            option = spell(id);
            return refuse(error, "%s needs %s.", action, option);
        }
    }
    if ((given & PASSWORDS) == PASSWORDS)
        return refuse(error, "-p and -P do not go together.");
    if (request->action == ADMIN_CREATE_USER && (given & PASSWORDS) == 0)
        return refuse(error, "%s needs -p or -P.", action);
    if (request->action == ADMIN_HOOK_STORE &&
        (request->user != NULL) == (request->copy_to_public != FALSE))
        return refuse(error, "%s needs -u or --copyto-public, and not both.", action);
    if ((request->action == ADMIN_UPDATE_USER || request->action == ADMIN_UPDATE_GROUP) &&
        (given & ~(BIT(COMPANY) | ALWAYS)) == 0)
        return refuse(error, "%s: say what shall change.", action);
    return TRUE;
}

gboolean
tw_admin_request_parse(const TwOptions *options, AdminRequest *ret, GError **error)
{
    AdminRequest request = {
        .admin = -1,
        .active = ADMIN_ACTIVE_UNSET,
        .quota = { ADMIN_UNSET, -1, -1, -1 },
        .user_quota = { ADMIN_UNSET, -1, -1, -1 },
        .accept = ADMIN_UNSET,
        .decline_conflict = ADMIN_UNSET,
        .decline_recurring = ADMIN_UNSET,
        .process = ADMIN_UNSET,
    };
    guint64 given = 0;

    for (guint i = 0; i < options->hits->len; i++) {
        const TwOptionHit *hit = &g_array_index(options->hits, TwOptionHit, i);
        if (is_action(hit)) {
            if (!take_action(&request, hit, error))
                return FALSE;
        } else if (hit->id >= OPTION_VALUE && hit->id < OPTION_END) {
            given |= G_GUINT64_CONSTANT(1) << (hit->id - OPTION_VALUE);
            if (!take_text(&request, hit) && !take_number(&request, hit, error))
                return FALSE;
        }
    }
    if (options->words->len > 0 && request.action != ADMIN_FORCE_RESYNC)
        return refuse(error, "\"%s\" is no option.", (const char *) options->words->pdata[0]);
    if (request.action == ADMIN_NOTHING)
        return refuse(error, "Say what to do; --help lists the actions.");
    if (!take_action_number(&request, error) || !check_together(&request, given, error))
        return FALSE;
    request.words = options->words;
    *ret = request;
    return TRUE;
}
