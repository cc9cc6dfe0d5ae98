/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A disk that is full in the middle of a save: an error of MAPI and a line in the log, nothing half done, nothing lost. */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "soapd/wire.h"

enum {
    BODY = 300000, /* bytes of a text: more than what is left, less than a limit */
    STEP = 16384,
    STEPS = 60,
};

typedef struct {
    Wire wire;
    guint64 session;
    TwSoapBytes inbox;
} Scene;

static void
scene_new(Scene *scene)
{
    wire_new(&scene->wire, NULL);
    scene->session = wire_logon(&scene->wire, "anna", 0);
    scene->inbox = wire_folder_id(&scene->wire, scene->session, "");
}

static guint32
save(Scene *scene, TwSoapBytes id, const char *body)
{
    TwPropValue props[] = { tw_value_str(PR_SUBJECT, "large"),
                            tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
                            tw_value_str(PR_BODY, body) };
    TwSoapSaveObject tree = { .modProps = { props, G_N_ELEMENTS(props) }, .ulObjType = 5 };
    TwSoapSaveObjectArgs args = { .ulSessionId = scene->session,
                                  .sParentEntryId = scene->inbox,
                                  .sEntryId = id,
                                  .lpsSaveObj = &tree };

    return wire_result(&scene->wire, TW_SOAP_CALL_SAVE_OBJECT, &args);
}

/* Noise, which no compression makes small. */
static char *
make_body(guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    char *body = g_malloc(BODY + 1);

    for (guint i = 0; i < BODY; i++)
        body[i] = (char) g_rand_int_range(rand, 'A', 'z');
    body[BODY] = '\0';
    return body;
}

static guint32
count_rows(Scene *scene)
{
    TwSoapTableOpenArgs open = {
        .ulSessionId = scene->session, .sEntryId = scene->inbox, .ulTableType = 1, .ulType = 5
    };
    const TwSoapTableOpenResponse *table = wire_call(&scene->wire, TW_SOAP_CALL_TABLE_OPEN, &open);
    TwSoapTableGetRowCountArgs ask = { .ulSessionId = scene->session,
                                       .ulTableId = table->ulTableId };
    TwSoapTableCloseArgs gone = { .ulSessionId = scene->session, .ulTableId = table->ulTableId };
    const TwSoapTableGetRowCountResponse *got =
        wire_call(&scene->wire, TW_SOAP_CALL_TABLE_GET_ROW_COUNT, &ask);

    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmphex(wire_result(&scene->wire, TW_SOAP_CALL_TABLE_CLOSE, &gone), ==, 0);
    return got->ulCount;
}

/* The text that is there, or NULL. */
static char *
load_body(Scene *scene, TwSoapBytes id)
{
    TwSoapLoadObjectArgs load = { .ulSessionId = scene->session, .sEntryId = id };
    TwSoapLoadPropArgs prop = { .ulSessionId = scene->session,
                                .sEntryId = id,
                                .ulPropTag = PR_BODY };
    const TwSoapLoadPropResponse *got;

    if (wire_result(&scene->wire, TW_SOAP_CALL_LOAD_OBJECT, &load) != 0)
        return NULL;
    got = wire_call(&scene->wire, TW_SOAP_CALL_LOAD_PROP, &prop);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_nonnull(got->lpPropVal);
    return g_strndup(got->lpPropVal->text, got->lpPropVal->len);
}

/* At each of many fillings of the disk: the save is done and stays, or is refused and leaves no trace. */
static void
test_save(void)
{
    guint8 first_id[TW_OBJECT_ID_LEN], ids[STEPS][TW_OBJECT_ID_LEN];
    g_autofree char *first = make_body(1), *second = make_body(2);
    guint refused = 0, done = 1;
    TwSoapBytes kept;
    Scene scene;

    scene_new(&scene);
    kept = wire_new_id(&scene.wire.anna.store, TW_OBJECT_ID_MESSAGE, first_id);
    g_assert_cmphex(save(&scene, kept, first), ==, 0);
    for (guint i = 0; i < STEPS; i++) {
        TwFaultFs *fs = scene.wire.world.bed.fs;
        TwSoapBytes id = wire_new_id(&scene.wire.anna.store, TW_OBJECT_ID_MESSAGE, ids[i]);
        g_autofree char *there = NULL;
        guint32 result;

        tw_fault_fs_set_space(fs, tw_fault_fs_used(fs) + (guint64) i * STEP);
        result = save(&scene, id, second);
        tw_fault_fs_set_space(fs, G_MAXUINT64);
        there = load_body(&scene, id);
        if (result == 0) {
            g_assert_cmpstr(there, ==, second);
            done++;
        } else {
            g_assert_cmphex(result & 0x80000000u, ==, 0x80000000u);
            g_assert_null(there);
            refused++;
        }
        g_assert_cmpuint(count_rows(&scene), ==, done);
    }
    g_assert_cmpuint(refused, >, 0);
    g_assert_cmpuint(done, >, 1);
    {
        /* with room again it can be saved, and what was there first still is */
        TwSoapBytes id = wire_new_id(&scene.wire.anna.store, TW_OBJECT_ID_MESSAGE, ids[0]);
        g_autofree char *there = NULL, *old = NULL;

        g_assert_cmphex(save(&scene, id, second), ==, 0);
        there = load_body(&scene, id);
        old = load_body(&scene, kept);
        g_assert_cmpstr(there, ==, second);
        g_assert_cmpstr(old, ==, first);
    }
    wire_free(&scene.wire);
}

/* The log of the process in a file; @ret_path: its name. */
static TwLog *
open_log(char **ret_path)
{
    TwLogSettings settings = {
        .sink = { .kind = TW_LOG_SINK_FILE, .owner_uid = (uid_t) -1, .owner_gid = (gid_t) -1 },
        .level = TW_LOG_ERR,
    };
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("twiga-XXXXXX", ret_path, &error);
    TwLog *log;

    g_assert_no_error(error);
    (void) close(fd);
    settings.sink.path = *ret_path;
    log = tw_log_new(&settings, &error);
    g_assert_no_error(error);
    tw_log_set_default(log);
    return log;
}

int
main(int argc, char **argv)
{
    g_autofree char *path = NULL, *text = NULL;
    TwLog *log;
    int result;

    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    log = open_log(&path);
    g_test_add_func("/mapi-soap/full-disk/save", test_save);
    result = g_test_run();
    tw_log_set_default(NULL);
    tw_log_free(log);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    /* whoever must act is told, by name of the call */
    g_assert_nonnull(strstr(text, "call-failed command=saveObject"));
    g_assert_cmpint(unlink(path), ==, 0);
    return result;
}
