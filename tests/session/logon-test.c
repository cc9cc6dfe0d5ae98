/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a logon is decided, how long a session lives, what the audit log says. */
#include <string.h>
#include <unistd.h>

#include "session/world.h"

/* ---- who gets in: a table of peers ---- */

static const char *const admin_users[] = { "500", "keeper", NULL };

static char *
account_of(guint uid, gpointer data)
{
    (void) data;
    return uid == 1001 ? g_strdup("anna") : uid == 1003 ? g_strdup("keeper") : NULL;
}

static void
trust(TwLocalConfig *config)
{
    config->trust = (TwTrust){ .own_uid = 700, .admin_users = admin_users, .local_users = TRUE };
    config->account_of = account_of;
}

typedef struct {
    const char *label;
    TwPeer peer;
    guint flags;
    const char *user, *password, *impersonate;
    const char *who; /* NULL: refused */
} Case;

#define NETWORK                                                                                    \
    {                                                                                              \
        .kind = TW_PEER_NETWORK, .address = "192.0.2.7"                                            \
    }
#define UNIX(number)                                                                               \
    {                                                                                              \
        .kind = TW_PEER_UNIX, .uid = (number)                                                      \
    }

static const Case cases[] = {
    { "password", NETWORK, 0, "anna", "anna", NULL, "anna" },
    { "in another case", NETWORK, 0, "ANNA", "anna", NULL, "anna" },
    { "wrong password", NETWORK, 0, "anna", "bert", NULL, NULL },
    { "no password", NETWORK, 0, "anna", NULL, NULL, NULL },
    { "empty password", NETWORK, 0, "anna", "", NULL, NULL },
    { "unknown user", NETWORK, 0, "zoe", "zoe", NULL, NULL },
    { "no user", NETWORK, 0, "", "anna", NULL, NULL },
    { "SYSTEM over the network", NETWORK, 0, "SYSTEM", "SYSTEM", NULL, NULL },
    { "a group", NETWORK, 0, "Everyone", "Everyone", NULL, NULL },
    { "nobody over the network", NETWORK, TW_LOGON_ANONYMOUS, NULL, NULL, NULL, NULL },
    { "the server's own uid", UNIX(700), 0, "SYSTEM", NULL, NULL, "SYSTEM" },
    { "a uid of the list", UNIX(500), 0, "bert", NULL, NULL, "bert" },
    { "an account of the list", UNIX(1003), 0, "SYSTEM", NULL, NULL, "SYSTEM" },
    { "the account of that name", UNIX(1001), 0, "anna", NULL, NULL, "anna" },
    { "the account of another name", UNIX(1001), 0, "bert", NULL, NULL, NULL },
    { "an account as SYSTEM", UNIX(1001), 0, "SYSTEM", NULL, NULL, NULL },
    { "no such account", UNIX(1002), 0, "anna", NULL, NULL, NULL },
    { "the uid does not count", UNIX(700), TW_LOGON_NO_UID, "bert", NULL, NULL, NULL },
    { "a password over the socket", UNIX(1002), 0, "bert", "bert", NULL, "bert" },
    { "certificate", { .kind = TW_PEER_CERTIFICATE }, 0, "bert", NULL, NULL, "bert" },
    { "certificate, no such user", { .kind = TW_PEER_CERTIFICATE }, 0, "zoe", NULL, NULL, NULL },
    { "for delivery", { .kind = TW_PEER_PROCESS }, TW_LOGON_ANONYMOUS, NULL, NULL, NULL, "" },
    { "SYSTEM as somebody", UNIX(700), 0, "SYSTEM", NULL, "bert", "bert" },
    { "an administrator as somebody", NETWORK, 0, "boss", "boss", "bert", "bert" },
    { "somebody as an administrator", NETWORK, 0, "anna", "anna", "boss", NULL },
    { "somebody as somebody", NETWORK, 0, "anna", "anna", "bert", NULL },
    { "as SYSTEM", NETWORK, 0, "boss", "boss", "SYSTEM", "SYSTEM" },
    { "as nobody there is", NETWORK, 0, "boss", "boss", "zoe", NULL },
    { "as a group", NETWORK, 0, "boss", "boss", "Everyone", NULL },
};

static void
try_case(World *world, const Case *tc)
{
    g_autoptr(TwSecret) password =
        tc->password != NULL ? tw_secret_new(tc->password, strlen(tc->password)) : NULL;
    TwLogon how = { .peer = tc->peer,
                    .flags = tc->flags | TW_LOGON_WAITED,
                    .user = tc->user,
                    .password = password,
                    .impersonate = tc->impersonate };
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GError) error = NULL;
    TwSessionInfo who;
    gboolean ok = tw_server_logon(world->server, &how, &session, NULL, &error);

    g_test_message("%s", tc->label);
    g_assert_true(ok == (tc->who != NULL));
    g_assert_true((session != NULL) == ok);
    if (!ok) {
        g_assert_error(error, TW_ERROR, TW_ERROR_NO_ACCESS);
        return;
    }
    tw_session_get_info(session, &who);
    g_assert_cmpstr(who.name, ==, tc->who);
    tw_session_end(session);
}

static void
test_cases(void)
{
    World world;
    WorldUser user;

    world_new_with(&world, trust);
    world_user(&world, 0, "anna", &user);
    world_user(&world, 0, "bert", &user);
    world_user_of(&world, 0, "boss", TW_DIRECTORY_SYSTEM_ADMIN, &user);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        try_case(&world, &cases[i]);
    world_free(&world);
}

/* ---- tokens ---- */

/* "good NAME" is NAME's; whoever is asked for "later" does not know just now. */
static gboolean
judge(const char *token, gsize len, char **ret_user, gpointer data, GError **error)
{
    g_assert_cmpstr(data, ==, "data");
    if (len > 5 && memcmp(token, "good-", 5) == 0) {
        *ret_user = g_strndup(token + 5, len - 5);
        return TRUE;
    }
    g_set_error_literal(error, TW_ERROR,
                        len == 5 ? (int) TW_ERROR_OFFLINE : (int) TW_ERROR_NO_ACCESS, "not so");
    return FALSE;
}

static char token_data[] = "data";

static void
set_token(TwLocalConfig *config)
{
    config->token = judge;
    config->token_data = token_data;
}

static void
test_tokens(void)
{
    static const struct {
        const char *name, *user, *token, *impersonate, *who;
        TwError code;
    } tokens[] = {
        { "its user", "anna", "good-anna", NULL, "anna", TW_ERROR_FAILED },
        { "in another case", "ANNA", "good-anna", NULL, "anna", TW_ERROR_FAILED },
        { "nobody said who", NULL, "good-anna", NULL, "anna", TW_ERROR_FAILED },
        { "somebody else", "bert", "good-anna", NULL, NULL, TW_ERROR_NO_ACCESS },
        { "somebody unknown", "zoe", "good-anna", NULL, NULL, TW_ERROR_NO_ACCESS },
        { "of nobody", NULL, "good-zoe", NULL, NULL, TW_ERROR_NO_ACCESS },
        { "of SYSTEM", NULL, "good-SYSTEM", NULL, NULL, TW_ERROR_NO_ACCESS },
        { "of a group", NULL, "good-Everyone", NULL, NULL, TW_ERROR_NO_ACCESS },
        { "a bad one", "anna", "bad", NULL, NULL, TW_ERROR_NO_ACCESS },
        { "not now", "anna", "later", NULL, NULL, TW_ERROR_OFFLINE },
        { "as somebody", "anna", "good-anna", "bert", NULL, TW_ERROR_NO_ACCESS },
        { "an administrator as somebody", "boss", "good-boss", "bert", "bert", TW_ERROR_FAILED },
    };
    World world;
    WorldUser user;

    world_new_with(&world, set_token);
    world_user(&world, 0, "anna", &user);
    world_user(&world, 0, "bert", &user);
    world_user_of(&world, 0, "boss", TW_DIRECTORY_SYSTEM_ADMIN, &user);
    g_assert_cmpuint(tw_server_offers(world.server), ==, TW_SERVER_TOKEN);
    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
        g_autoptr(TwSecret) token = tw_secret_new(tokens[i].token, strlen(tokens[i].token));
        TwLogon how = { .peer = NETWORK,
                        .flags = TW_LOGON_WAITED,
                        .user = tokens[i].user,
                        .token = token,
                        .impersonate = tokens[i].impersonate };
        g_autoptr(TwSession) session = NULL;
        g_autoptr(GError) error = NULL;
        TwSessionInfo who;

        g_test_message("%s", tokens[i].name);
        if (tw_server_logon(world.server, &how, &session, NULL, &error)) {
            tw_session_get_info(session, &who);
            g_assert_cmpstr(who.name, ==, tokens[i].who);
            tw_session_end(session);
        } else {
            g_assert_null(tokens[i].who);
            g_assert_error(error, TW_ERROR, (int) tokens[i].code);
        }
    }
    world_free(&world);
}

/* Who is not offered something gets nowhere by it. */
static void
test_not_offered(void)
{
    g_autoptr(TwSecret) token = tw_secret_new("good-anna", 9);
    guint8 signature[TW_SHA256_LEN];
    const TwLogonScram scram = { .messages = "said", .ret_signature = signature };
    TwLogon how = { .peer = NETWORK, .flags = TW_LOGON_WAITED, .user = "anna" };
    TwScramAsk ask;
    TwSession *session = NULL;
    World world;
    WorldUser user;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    g_assert_cmpuint(tw_server_offers(world.server), ==, 0);
    assert_refused(tw_server_scram_ask(world.server, "anna", &ask, error), TW_ERROR_UNSUPPORTED);
    how.token = token;
    assert_refused(tw_server_logon(world.server, &how, &session, NULL, error), TW_ERROR_NO_ACCESS);
    how.token = NULL;
    how.scram = &scram;
    assert_refused(tw_server_logon(world.server, &how, &session, NULL, error),
                   TW_ERROR_UNSUPPORTED);
    world_free(&world);
}

/* ---- companies ---- */

static void
set_hosted(TwLocalConfig *config)
{
    config->hosted = TRUE;
    config->login_format = "%u@%c";
}

static gboolean
gets_in(World *world, const char *name, const char *password)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    TwLogon how = { .peer = { .kind = TW_PEER_NETWORK, .address = "192.0.2.7" },
                    .flags = TW_LOGON_WAITED | TW_LOGON_CHECK,
                    .user = name,
                    .password = secret };
    g_autoptr(TwSession) session = NULL;

    return tw_server_logon(world->server, &how, &session, NULL, NULL);
}

static void
test_companies(void)
{
    World world;
    WorldUser ours, theirs;
    guint32 one, two;

    world_new_with(&world, set_hosted);
    one = place_add(&world.place, TW_DIRECTORY_COMPANY, 0, "one");
    two = place_add(&world.place, TW_DIRECTORY_COMPANY, 0, "two");
    world_user(&world, one, "anna", &ours);
    world_user(&world, two, "anna", &theirs);
    g_assert_true(gets_in(&world, "anna@one", "anna"));
    g_assert_true(gets_in(&world, "anna@TWO", "anna"));
    g_assert_false(gets_in(&world, "anna", "anna"));
    g_assert_false(gets_in(&world, "anna@three", "anna"));
    g_assert_false(gets_in(&world, "@one", "anna"));
    g_assert_false(gets_in(&world, "anna@one@two", "anna"));
    world_free(&world);
}

static void
test_formats(void)
{
    static const struct {
        const char *format;
        gboolean ok;
    } formats[] = { { "%u", TRUE },    { "%u@%c", TRUE }, { "%c\\%u", TRUE },
                    { "%u%c", FALSE }, { "%c", FALSE },   { "%u=%c", FALSE } };
    World world;

    world_new(&world);
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autoptr(GError) error = NULL;
        TwLocalConfig config = world.config;
        TwServer *server;
        config.login_format = formats[i].format;
        server = tw_local_new(&config, &error);
        g_assert_true((server != NULL) == formats[i].ok);
        tw_server_close(server);
    }
    world_free(&world);
}

/* ---- doors a user may not use ---- */

static void
test_features(void)
{
    World world;
    WorldUser user;
    const char *const off[] = { "imap", NULL };
    TwDirectoryObject values = { .features_off = off };
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS }, .flags = TW_LOGON_CHECK, .user = "anna" };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSession) session = NULL;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    values.number = user.number;
    values.kind = TW_DIRECTORY_USER;
    tw_directory_modify(world.place.directory, &values, TW_DIRECTORY_SET_FEATURES, NULL, &error);
    g_assert_no_error(error);
    how.door = "pop3";
    g_assert_true(tw_server_logon(world.server, &how, &session, NULL, NULL));
    how.door = "imap";
    g_assert_false(tw_server_logon(world.server, &how, &session, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_ACCESS);
    world_free(&world);
}

/* ---- guessing ---- */

static void
test_limiter(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSecret) wrong = tw_secret_new("wrong", 5);
    g_autoptr(TwSecret) right = tw_secret_new("anna", 4);
    TwLogon how = { .peer = { .kind = TW_PEER_NETWORK, .address = "192.0.2.7" },
                    .flags = TW_LOGON_CHECK,
                    .user = "anna",
                    .password = wrong };
    g_autoptr(TwSession) session = NULL;
    gint64 wait = 0;
    guint tries = 0;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    while (wait == 0 && tries++ < 50) {
        g_autoptr(GError) error = NULL;
        int wanted;
        g_assert_false(tw_server_logon(world.server, &how, &session, &wait, &error));
        wanted = wait == 0 ? TW_ERROR_NO_ACCESS : TW_ERROR_BUSY;
        g_assert_true(g_error_matches(error, TW_ERROR, wanted));
    }
    g_assert_cmpuint(tries, <, 50);
    how.password = right; /* not even looked at before the wait */
    g_assert_false(tw_server_logon(world.server, &how, &session, &wait, NULL));
    how.flags |= TW_LOGON_WAITED;
    g_assert_true(tw_server_logon(world.server, &how, &session, &wait, NULL));
    how.flags = TW_LOGON_CHECK;
    how.peer.address = "192.0.2.8";
    g_assert_true(tw_server_logon(world.server, &how, &session, &wait, NULL));
    world_free(&world);
}

/* ---- the life of a session ---- */

static void
few_sessions(TwLocalConfig *config)
{
    config->most_user_sessions = 2;
    config->most_sessions = 4;
}

static TwSession *
loose_logon(World *world, const char *name)
{
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS, .address = "door" }, .user = name };
    TwSession *session;

    assert_done(tw_server_logon(world->server, &how, &session, NULL, error));
    return session;
}

static void
test_expiry(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) loose = NULL;
    g_autoptr(TwSession) bound = NULL;
    g_autoptr(TwSession) found = NULL;
    TwPeer peer = { .kind = TW_PEER_PROCESS, .address = "door" };
    TwServerInfoArgs info = { 0 };
    TwSessionInfo who;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    loose = loose_logon(&world, "anna");
    bound = world_logon(&world, "anna");
    tw_session_get_info(loose, &who);
    found = tw_server_find(world.server, who.id, &peer, NULL);
    g_assert_true(found == loose);
    g_clear_pointer(&found, tw_session_unref);
    peer.address = "elsewhere";
    assert_refused((found = tw_server_find(world.server, who.id, &peer, error)) != NULL,
                   TW_ERROR_END_OF_SESSION);
    peer.address = "door";
    assert_refused((found = tw_server_find(world.server, who.id + 1, &peer, error)) != NULL,
                   TW_ERROR_END_OF_SESSION);
    world.now_us += world.config.session_timeout_us - 1;
    g_assert_cmpuint(tw_local_expire(world.local), ==, 0);
    assert_done(tw_session_server_info(loose, &info, error)); /* it is used: begins anew */
    world.now_us += world.config.session_timeout_us - 1;
    g_assert_cmpuint(tw_local_expire(world.local), ==, 0);
    world.now_us++;
    /* over, whether or not somebody looked */
    assert_refused(tw_session_server_info(loose, &info, error), TW_ERROR_END_OF_SESSION);
    assert_refused((found = tw_server_find(world.server, who.id, &peer, error)) != NULL,
                   TW_ERROR_END_OF_SESSION);
    assert_done(tw_session_server_info(bound, &info, error));
    g_clear_pointer(&loose, tw_session_unref);
    loose = loose_logon(&world, "anna");
    world.now_us += world.config.session_timeout_us;
    g_assert_cmpuint(tw_local_expire(world.local), ==, 1);
    assert_refused(tw_session_server_info(loose, &info, error), TW_ERROR_END_OF_SESSION);
    g_clear_pointer(&loose, tw_session_unref);
    g_clear_pointer(&bound, tw_session_unref);
    world_free(&world);
}

static void
test_limits(void)
{
    World world;
    WorldUser user;
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS }, .user = "anna" };
    TwSession *sessions[4] = { NULL };
    TwSession *more;

    world_new_with(&world, few_sessions);
    world_user(&world, 0, "anna", &user);
    world_user(&world, 0, "bert", &user);
    sessions[0] = loose_logon(&world, "anna");
    sessions[1] = loose_logon(&world, "anna");
    assert_refused(tw_server_logon(world.server, &how, &more, NULL, error), TW_ERROR_TOO_BIG);
    tw_session_end(sessions[1]);
    tw_session_unref(sessions[1]);
    sessions[1] = loose_logon(&world, "anna");
    sessions[2] = loose_logon(&world, "bert");
    sessions[3] = loose_logon(&world, "bert");
    how.user = "SYSTEM";
    assert_refused(tw_server_logon(world.server, &how, &more, NULL, error), TW_ERROR_TOO_BIG);
    for (guint i = 0; i < G_N_ELEMENTS(sessions); i++) {
        tw_session_end(sessions[i]);
        tw_session_end(sessions[i]); /* twice does nothing */
        tw_session_unref(sessions[i]);
    }
    world_free(&world);
}

/* ---- the audit log ---- */

static char *audit_path;
static TwLog *audit_log;

static void
with_audit(TwLocalConfig *config)
{
    config->audit = audit_log;
}

static void
test_audit(void)
{
    g_autofree char *folder = g_dir_make_tmp("twiga-audit-XXXXXX", NULL);
    TwLogSettings settings = {
        .level = 1,
        .sink = { .kind = TW_LOG_SINK_FILE, .owner_uid = (uid_t) -1, .owner_gid = (gid_t) -1 }
    };
    World world;
    WorldUser anna, bert;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSession) admin = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(TwFolderGetArgs) get = { 0 };
    TwFolderRenameArgs rename = { .name = "x" };
    TwStoreUnhookArgs unhook = { 0 };

    audit_path = g_build_filename(folder, "audit", NULL);
    settings.sink.path = audit_path;
    audit_log = tw_log_new(&settings, &error);
    g_assert_no_error(error);
    world_new_with(&world, with_audit);
    world_user(&world, 0, "anna", &anna);
    world_user(&world, 0, "bert", &bert);
    g_assert_false(gets_in(&world, "anna", "wrong"));
    session = world_logon(&world, "anna");
    get.store = anna.store;
    tw_session_folder_get(session, &get, NULL); /* one's own store is nobody's business */
    get.store = rename.store = bert.store;
    tw_session_folder_get(session, &get, NULL);
    tw_session_folder_get(session, &get, NULL); /* told once a session */
    tw_session_folder_rename(session, &rename, NULL);
    admin = world_trusted(&world, "SYSTEM");
    unhook.store = bert.store;
    tw_session_store_unhook(admin, &unhook, NULL);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&admin, tw_session_unref);
    world_free(&world);
    tw_log_free(audit_log);
    g_assert_true(g_file_get_contents(audit_path, &text, NULL, NULL));
    {
        char guid[TW_GUID_TEXT_SIZE];
        g_autofree char *wanted = NULL;
        tw_guid_print(&bert.store, TW_GUID_HEX, guid);
        wanted = g_strdup_printf(
            "authenticate failed user='anna' from='192.0.2.7' method='User supplied password' "
            "program=''\n"
            "authenticate ok user='anna' from='192.0.2.1' method='User supplied password' "
            "program='' session='1'\n"
            "access allowed object='%s' type='store' owner='bert' user='anna' by='share'\n"
            "access denied command='FOLDER_RENAME' object='%s' folder='%u' user='anna'\n"
            "authenticate ok user='SYSTEM' from='' method='Trusted program' program='' "
            "session='2'\n"
            "access allowed object='%s' type='store' owner='bert' user='SYSTEM' by='admin'\n"
            "administration command='STORE_UNHOOK' object='%s' folder='%u' user='SYSTEM'\n",
            guid, guid, bert.root, guid, guid, bert.object);
        g_assert_cmpstr(text, ==, wanted);
    }
    unlink(audit_path);
    rmdir(folder);
    g_free(audit_path);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/logon/cases", test_cases);
    g_test_add_func("/session/logon/tokens", test_tokens);
    g_test_add_func("/session/logon/not-offered", test_not_offered);
    g_test_add_func("/session/logon/companies", test_companies);
    g_test_add_func("/session/logon/formats", test_formats);
    g_test_add_func("/session/logon/features", test_features);
    g_test_add_func("/session/logon/limiter", test_limiter);
    g_test_add_func("/session/logon/expiry", test_expiry);
    g_test_add_func("/session/logon/limits", test_limits);
    g_test_add_func("/session/logon/audit", test_audit);
    return g_test_run();
}
