/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The control socket: its lines, who is answered, and a server that works and stops meanwhile. */
#include "programs/control.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "programs/control-socket.h"
#include "store/store-private.h"

/* ---- lines ---- */

static const struct {
    const char *line;
    gboolean ok;
} request_lines[] = {
    { "check 0 all", TRUE },
    { "check 1 00112233445566778899aabbccddeeff", TRUE },
    { "check 1 {00000000-0000-0000-C000-000000000046}", TRUE },
    { "export 00112233445566778899aabbccddeeff", TRUE },
    { "export all", FALSE },
    { "import 0", TRUE },
    { "import 1", TRUE },
    { "import 2", FALSE },
    { "import", FALSE },
    { "import all", FALSE },
    { "import 0 00112233445566778899aabbccddeeff", FALSE },
    { "check 2 all", FALSE },
    { "check all", FALSE },
    { "check 0 all ", FALSE },
    { "check  0 all", FALSE },
    { " check 0 all", FALSE },
    { "check 0 all all", FALSE },
    { "check 0 0011", FALSE },
    { "check", FALSE },
    { "repair 0 all", FALSE },
    { "", FALSE },
};

static void
test_requests(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(request_lines); i++) {
        gsize len = strlen(request_lines[i].line);
        g_autofree char *line = g_memdup2(request_lines[i].line, len);
        g_autoptr(GString) again = g_string_new(NULL);
        TwControlRequest request, second;
        g_assert_cmpint(tw_control_request_parse(line, len, &request), ==, request_lines[i].ok);
        if (!request_lines[i].ok)
            continue;
        tw_control_request_write(&request, again);
        g_assert_cmpuint(again->len, <=, TW_CONTROL_MAX_REQUEST);
        g_assert_true(tw_control_request_parse(again->str, again->len - 1, &second));
        g_assert_cmpint(second.deed, ==, request.deed);
        g_assert_cmpint(second.deep, ==, request.deep);
        g_assert_cmpint(second.all, ==, request.all);
        g_assert_cmpint(second.new_guid, ==, request.new_guid);
        g_assert_true(request.all || tw_guid_equal(&second.store, &request.store));
    }
}

static const struct {
    const char *line;
    gboolean ok;
} reply_lines[] = {
    { "progress 12 folders", TRUE },
    { "progress 12", TRUE },
    { "progress", FALSE },
    { "progress 18446744073709551616 x", FALSE },
    { "finding 1 folder-counters 1 2 3 1 total 5, not 3", TRUE },
    { "finding 1 folder-counters 1 2 3 1", TRUE },
    { "finding 3 folder-counters 1 2 3 1 x", FALSE },
    { "finding 1 folder-colours 1 2 3 1 x", FALSE },
    { "finding 1 folder-counters 4294967296 2 3 1 x", FALSE },
    { "finding 1 folder-counters 1 2 3 2 x", FALSE },
    { "finding 1 folder-counters 1 2 3", FALSE },
    { "stores 7", TRUE },
    { "stores 7 8", FALSE },
    { "stores -7", FALSE },
    { "data 65536", TRUE },
    { "data 65537", FALSE },
    { "want 65536", TRUE },
    { "want 65537", FALSE },
    { "want", FALSE },
    { "made {00112233-4455-6677-8899-AABBCCDDEEFF}", TRUE },
    { "counts 1 2 3", TRUE },
    { "counts 1 2", FALSE },
    { "done", TRUE },
    { "done now", FALSE },
    { "failed 3 no such store", TRUE },
    { "failed", FALSE },
    { "", FALSE },
};

static void
test_replies(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(reply_lines); i++) {
        gsize len = strlen(reply_lines[i].line);
        g_autofree char *line = g_memdup2(reply_lines[i].line, len);
        g_autoptr(GString) again = g_string_new(NULL);
        TwControlReply reply;
        g_assert_cmpint(tw_control_reply_parse(line, len, &reply), ==, reply_lines[i].ok);
        if (!reply_lines[i].ok)
            continue;
        tw_control_reply_write(&reply, again);
        g_assert_cmpuint(again->len, ==, len + 1);
        g_assert_true(memcmp(again->str, line, len) == 0);
    }
}

/* Text of any length and bytes stays one line that can be read. */
static void
test_long_text(void)
{
    g_autofree char *text = g_strnfill(100000, '\n');
    g_autoptr(GString) line = g_string_new(NULL);
    TwControlReply reply = { .kind = TW_CONTROL_FINDING, .finding = { .why = text } }, again;

    text[0] = 'a';
    tw_control_reply_write(&reply, line);
    g_assert_cmpuint(line->len - 1, <=, TW_CONTROL_MAX_REPLY);
    g_assert_true(memchr(line->str, '\n', line->len) == line->str + line->len - 1);
    g_assert_true(tw_control_reply_parse(line->str, line->len - 1, &again));
    g_assert_cmpint(again.text[0], ==, 'a');
    g_string_set_size(line, TW_CONTROL_MAX_REPLY + 1);
    g_assert_false(tw_control_reply_parse(line->str, line->len, &again));
}

/* ---- a server ---- */

typedef struct {
    char *path;
    TwEngine *engine;
    TwStore *store;
    TwControl *control;
    guint32 root;
    TwGuid guid;
    gint stop; /* atomic */
} Server;

static void
add_message(const Server *server)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *body = g_strnfill(4000, 'b');
    TwPropValue value = tw_value_str(PR_BODY, body);
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    g_assert_true(tw_object_set(object, &value, NULL));
    tw_message_create(server->store, server->root, object, NULL, &made, &error);
    g_assert_no_error(error);
}

static void
server_start(Server *server)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;

    *server = (Server){ .path = g_dir_make_tmp("twiga-control-XXXXXX", &error) };
    g_assert_no_error(error);
    config.fs = tw_file_system_real();
    config.path = server->path;
    config.log_bytes_min = config.log_bytes_max = config.reserve_bytes_max = 1 << 20;
    server->engine = tw_engine_open(&config, &error);
    g_assert_no_error(error);
    server->store = tw_store_create(server->engine, &make, &error);
    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(server->store, &info, NULL));
    server->root = info.root;
    server->guid = info.guid;
    for (guint i = 0; i < 3; i++)
        add_message(server);
    server->control = tw_control_start(server->engine, server->path, &error);
    g_assert_no_error(error);
}

static void
remove_tree(const char *path) /* NOLINT(misc-no-recursion): depth of a data folder */
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    g_remove(path);
}

static void
server_stop(Server *server)
{
    tw_control_stop(server->control);
    tw_store_unref(server->store);
    tw_engine_close(server->engine);
    remove_tree(server->path);
    g_free(server->path);
}

typedef struct {
    guint findings, stores;
    guint64 messages, bytes;
    Server *stop_at_data; /* nullable: its control is stopped when the first byte comes */
    GByteArray *archive;  /* nullable: export: gets it */
    const guint8 *give;   /* import: bytes to give ... */
    gsize left, most;     /* ... how many more, and at a time */
    gboolean refuse;      /* to give any */
    Server *stop_at_give; /* nullable: likewise when all but the last was given */
    char made[64];
} Answer;

static gboolean
give(guint8 *data, gsize len, gsize *ret_got, gpointer user_data, GError **error)
{
    Answer *answer = user_data;
    gsize some = MIN(MIN(len, answer->left), answer->most);

    if (answer->refuse) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "a file that cannot be read");
        return FALSE;
    }
    memcpy(data, answer->give, some);
    answer->give += some;
    answer->left -= some;
    *ret_got = some;
    if (answer->left <= answer->most && answer->stop_at_give != NULL) {
        g_clear_pointer(&answer->stop_at_give->control, tw_control_stop);
        answer->stop_at_give = NULL;
    }
    return TRUE;
}

static gboolean
take(const TwControlReply *reply,
     const guint8 *data,
     gpointer user_data,
     G_GNUC_UNUSED GError **error)
{
    Answer *answer = user_data;

    if (reply->kind == TW_CONTROL_FINDING)
        answer->findings += reply->finding.severity != TW_CHECK_NOTE;
    else if (reply->kind == TW_CONTROL_STORES)
        answer->stores = (guint) reply->numbers[0];
    else if (reply->kind == TW_CONTROL_COUNTS)
        answer->messages = reply->numbers[1];
    else if (reply->kind == TW_CONTROL_DATA)
        answer->bytes += reply->numbers[0];
    else if (reply->kind == TW_CONTROL_MADE)
        g_snprintf(answer->made, sizeof answer->made, "%.*s", (int) reply->text_len, reply->text);
    if (reply->kind == TW_CONTROL_DATA && answer->archive != NULL)
        g_byte_array_append(answer->archive, data, (guint) reply->numbers[0]);
    if (reply->kind == TW_CONTROL_DATA && answer->stop_at_data != NULL) {
        g_clear_pointer(&answer->stop_at_data->control, tw_control_stop);
        answer->stop_at_data = NULL;
    }
    return TRUE;
}

static const TwControlRequest check_all = { .deed = TW_CONTROL_CHECK, .all = TRUE };

static gboolean
damage_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Server *server = data;
    g_autoptr(TwFolderRow) root = tw_sql_folder_get(tx, server->store->number, server->root, error);

    if (root == NULL)
        return FALSE;
    root->total += 5;
    return tw_sql_folder_update(tx, root, error);
}

static void
test_check(void)
{
    Server server;
    g_autoptr(GError) error = NULL;
    TwControlRequest one = { .deed = TW_CONTROL_CHECK, .deep = TRUE };
    Answer answer = { 0 };

    server_start(&server);
    g_assert_true(tw_control_call(server.path, &check_all, take, NULL, &answer, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(answer.stores, ==, 1);
    g_assert_cmpuint(answer.findings, ==, 0);
    one.store = server.guid;
    g_assert_true(tw_store_write(server.store, 0, FALSE, damage_tx, &server, NULL));
    g_assert_true(tw_control_call(server.path, &one, take, NULL, &answer, NULL));
    g_assert_cmpuint(answer.findings, ==, 1);
    one.store.bytes[0] ^= 1;
    g_assert_false(tw_control_call(server.path, &one, take, NULL, &answer, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    server_stop(&server);
}

static gpointer
work(gpointer data)
{
    Server *server = data;

    while (!g_atomic_int_get(&server->stop))
        add_message(server);
    return NULL;
}

/* Users go on beside a check, which has nothing to say of them. */
static void
test_check_under_load(void)
{
    Server server;
    GThread *threads[4];

    server_start(&server);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("work", work, &server);
    for (guint i = 0; i < 10; i++) {
        TwControlRequest request = check_all;
        Answer answer = { 0 };
        g_autoptr(GError) error = NULL;
        request.deep = i % 2 == 1;
        tw_control_call(server.path, &request, take, NULL, &answer, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(answer.stores, ==, 1);
        g_assert_cmpuint(answer.findings, ==, 0);
    }
    g_atomic_int_set(&server.stop, 1);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    server_stop(&server);
}

static void
test_export(void)
{
    Server server;
    g_autoptr(GError) error = NULL;
    TwControlRequest request = { .deed = TW_CONTROL_EXPORT };
    Answer answer = { 0 };

    server_start(&server);
    request.store = server.guid;
    g_assert_true(tw_control_call(server.path, &request, take, NULL, &answer, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(answer.messages, ==, 3);
    g_assert_cmpuint(answer.bytes, >, 500);
    server_stop(&server);
}

/* ---- import ---- */

static guint
count_stores(const Server *server)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(server->engine);

    return stores->len;
}

/* Of a store with a value larger than what goes over the socket at once. */
static GByteArray *
archive_of(const Server *server)
{
    TwControlRequest request = { .deed = TW_CONTROL_EXPORT, .store = server->guid };
    Answer answer = { .archive = g_byte_array_new() };
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *body = g_malloc(300001);
    TwPropValue value;
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    for (guint i = 0; i < 300000; i++)
        body[i] = (char) ('a' + i * 7919 % 26);
    body[300000] = '\0';
    value = tw_value_str(PR_BODY, body);
    g_assert_true(tw_object_set(object, &value, NULL));
    tw_message_create(server->store, server->root, object, NULL, &made, &error);
    g_assert_no_error(error);
    tw_control_call(server->path, &request, take, NULL, &answer, &error);
    g_assert_no_error(error);
    return answer.archive;
}

static void
test_import(void)
{
    static const gsize pieces[] = { 65536, 100000, 1000 };
    Server server;
    g_autoptr(GByteArray) archive = NULL;

    server_start(&server);
    archive = archive_of(&server);
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        TwControlRequest request = { .deed = TW_CONTROL_IMPORT, .new_guid = TRUE };
        TwControlRequest look = { .deed = TW_CONTROL_CHECK, .deep = TRUE, .all = TRUE };
        Answer answer = { .give = archive->data, .left = archive->len, .most = pieces[i] };
        Answer looked = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(TwStore) store = NULL;
        TwGuid guid;
        tw_control_call(server.path, &request, take, give, &answer, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(answer.messages, ==, 4);
        g_assert_true(tw_guid_parse(answer.made, strlen(answer.made), &guid));
        g_assert_false(tw_guid_equal(&guid, &server.guid));
        store = tw_store_open(server.engine, &guid, &error);
        g_assert_no_error(error);
        tw_control_call(server.path, &look, take, NULL, &looked, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(looked.stores, ==, i + 2);
        g_assert_cmpuint(looked.findings, ==, 0);
    }
    server_stop(&server);
}

/* A store that is there, an archive that is cut, a tool that fails or has none: said, and nothing is left. */
static void
test_import_refused(void)
{
    static const struct {
        gsize cut;
        gboolean same, refuse, nothing;
        int code;
    } cases[] = {
        { 0, TRUE, FALSE, FALSE, TW_ERROR_EXISTS },
        { 1, FALSE, FALSE, FALSE, TW_ERROR_CORRUPT },
        { 100000, FALSE, FALSE, FALSE, TW_ERROR_CORRUPT },
        { 0, FALSE, TRUE, FALSE, TW_ERROR_NO_ACCESS },
        { 0, FALSE, FALSE, TRUE, TW_ERROR_CORRUPT },
    };
    Server server;
    g_autoptr(GByteArray) archive = NULL;

    server_start(&server);
    archive = archive_of(&server);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwControlRequest request = { .deed = TW_CONTROL_IMPORT, .new_guid = !cases[i].same };
        Answer answer = { .give = archive->data,
                          .left = archive->len - cases[i].cut,
                          .most = 65536,
                          .refuse = cases[i].refuse };
        Answer looked = { 0 };
        g_autoptr(GError) error = NULL;
        g_assert_false(tw_control_call(server.path, &request, take, cases[i].nothing ? NULL : give,
                                       &answer, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
        /* the next tool is served when this one is done with */
        g_assert_true(tw_control_call(server.path, &check_all, take, NULL, &looked, NULL));
        g_assert_cmpuint(looked.stores, ==, 1);
        g_assert_cmpuint(looked.findings, ==, 0);
        g_assert_cmpuint(count_stores(&server), ==, 1);
    }
    server_stop(&server);
}

/* A server that stops in the middle leaves nothing of it. */
static void
test_import_stopped(void)
{
    Server server;
    TwControlRequest request = { .deed = TW_CONTROL_IMPORT, .new_guid = TRUE };
    g_autoptr(GByteArray) archive = NULL;
    g_autoptr(GError) error = NULL;
    Answer answer = { .most = 65536, .stop_at_give = &server };

    server_start(&server);
    archive = archive_of(&server);
    answer.give = archive->data;
    answer.left = archive->len;
    g_assert_false(tw_control_call(server.path, &request, take, give, &answer, &error));
    g_assert_nonnull(error);
    g_assert_null(server.control);
    g_assert_cmpuint(count_stores(&server), ==, 1);
    server_stop(&server);
}

/* A server that stops ends what it does for a tool, and takes its socket along. */
static void
test_stop(void)
{
    Server server;
    g_autoptr(GError) error = NULL;
    TwControlRequest request = { .deed = TW_CONTROL_EXPORT };
    Answer answer = { .stop_at_data = &server };
    g_autofree char *socket = NULL;

    server_start(&server);
    request.store = server.guid;
    socket = g_build_filename(server.path, "control", NULL);
    g_assert_true(g_file_test(socket, G_FILE_TEST_EXISTS));
    tw_control_call(server.path, &request, take, NULL, &answer, &error);
    g_assert_null(server.control);
    g_assert_false(g_file_test(socket, G_FILE_TEST_EXISTS));
    g_clear_error(&error);
    g_assert_false(tw_control_call(server.path, &check_all, take, NULL, &answer, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    server_stop(&server);
}

static int
connect_raw(const Server *server)
{
    int folder = open(server->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;

    tw_control_address(folder, "control", &address);
    g_assert_cmpint(connect(fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
    close(folder);
    return fd;
}

/* What is no request is answered so, and the next tool is served. */
static void
test_nonsense(void)
{
    static const char *const requests[] = { "shutdown\n", "\n", "check 0 all \n",
                                            "GET / HTTP/1.1\r\n" };
    Server server;
    char answer[256];

    server_start(&server);
    for (guint i = 0; i < G_N_ELEMENTS(requests) + 2; i++) {
        int fd = connect_raw(&server);
        gssize got;
        if (i < G_N_ELEMENTS(requests)) {
            g_assert_cmpint(write(fd, requests[i], strlen(requests[i])), >, 0);
        } else if (i == G_N_ELEMENTS(requests)) { /* a line that does not end */
            memset(answer, 'x', sizeof answer);
            g_assert_cmpint(write(fd, answer, TW_CONTROL_MAX_REQUEST), ==, TW_CONTROL_MAX_REQUEST);
        } else {
            g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
        }
        got = read(fd, answer, sizeof answer);
        g_assert_cmpint(got, >, 7);
        g_assert_true(memcmp(answer, "failed ", 7) == 0);
        close(fd);
    }
    {
        Answer good = { 0 };
        g_assert_true(tw_control_call(server.path, &check_all, take, NULL, &good, NULL));
        g_assert_cmpuint(good.stores, ==, 1);
    }
    server_stop(&server);
}

/* Nobody else may even connect; a socket that a crash left is in nobody's way. */
static void
test_socket(void)
{
    Server server;
    g_autofree char *socket = NULL;
    g_autoptr(GError) error = NULL;
    GStatBuf st;

    server_start(&server);
    socket = g_build_filename(server.path, "control", NULL);
    g_assert_cmpint(g_stat(socket, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    g_clear_pointer(&server.control, tw_control_stop);
    g_assert_true(g_file_set_contents(socket, "left", -1, NULL));
    server.control = tw_control_start(server.engine, server.path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_stat(socket, &st), ==, 0);
    g_assert_true(S_ISSOCK(st.st_mode));
    server_stop(&server);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/programs/control/requests", test_requests);
    g_test_add_func("/programs/control/replies", test_replies);
    g_test_add_func("/programs/control/long-text", test_long_text);
    g_test_add_func("/programs/control/check", test_check);
    g_test_add_func("/programs/control/load", test_check_under_load);
    g_test_add_func("/programs/control/export", test_export);
    g_test_add_func("/programs/control/import", test_import);
    g_test_add_func("/programs/control/import-refused", test_import_refused);
    g_test_add_func("/programs/control/import-stopped", test_import_stopped);
    g_test_add_func("/programs/control/stop", test_stop);
    g_test_add_func("/programs/control/nonsense", test_nonsense);
    g_test_add_func("/programs/control/socket", test_socket);
    return g_test_run();
}
