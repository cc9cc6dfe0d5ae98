/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/meeting-helper.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "groupware/mailbox.h"
#include "groupware/meetings.h"
#include "mapi/tags.h"
#include "programs/connect.h"

enum {
    CHUNK = 1000,       /* messages that are listed at once */
    MOST_ENTRYID = 512, /* bytes of one */
};

/* clang-format off */
const TwOption tw_meeting_helper_options[] = {
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this server" },
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "configuration file; the second word is the same" },
    { NULL, 0, NULL, 0, NULL },
};
/* clang-format on */

gboolean
tw_meeting_helper_add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_connect_config_table, error);
}

/* One run of a helper. */
typedef struct {
    TwSession *session; /* of SYSTEM */
    TwMeetings meetings;
    gboolean any; /* something was dealt with */
} Run;

static int
give_up(const GError *error, int code)
{
    fprintf(stderr, "%s\n", error->message);
    return code;
}

/* ---- which messages ---- */

static GBytes *
parse_hex(const char *text, GError **error)
{
    gsize len = strlen(text) / 2;
    g_autofree guint8 *bytes = g_malloc(len + 1);

    if (strlen(text) % 2 != 0 || len == 0 || len > MOST_ENTRYID) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "That is no entry id.");
        return NULL;
    }
    for (gsize i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "That is no entry id.");
            return NULL;
        }
        bytes[i] = (guint8) (high << 4 | low);
    }
    return g_bytes_new(bytes, len);
}

static gboolean
take(Run *run, guint32 message, GError **error)
{
    g_auto(TwMessageReadArgs) read = { .store = run->meetings.store, .message = message };
    TwMeetingsResult result;

    if (!tw_session_message_read(run->session, &read, error) ||
        !tw_meetings_take(&run->meetings, read.object, 0, &result, error))
        return FALSE;
    run->any |= result != TW_MEETINGS_NOTHING;
    return TRUE;
}

static gboolean
take_named(Run *run, const char *text, GError **error)
{
    g_autoptr(GBytes) id = parse_hex(text, error);
    g_auto(TwEntryIdFindArgs) find = { .entry_id = id };

    if (id == NULL || !tw_session_entry_id_find(run->session, &find, error))
        return FALSE;
    if (find.message == 0 || !tw_guid_equal(&find.store, &run->meetings.store)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                            "The mailbox has no such message.");
        return FALSE;
    }
    return take(run, find.message, error);
}

static gboolean
may_be_meeting(const TwMessageRow *row)
{
    gsize len;
    const guint8 *data = row->head != NULL ? g_bytes_get_data(row->head, &len) : NULL;
    TwPropValue value;
    TwHead head;

    return data == NULL || !tw_head_open(data, len, &head, NULL) ||
           tw_head_get(&head, PR_MESSAGE_CLASS, &value) != TW_HEAD_FOUND ||
           g_ascii_strncasecmp(value.text, "IPM.Schedule.Meeting", 20) == 0 ||
           g_ascii_strncasecmp(value.text, TW_ICAL_TASK_MESSAGE, strlen(TW_ICAL_TASK_MESSAGE)) == 0;
}

static gboolean
take_all(Run *run, GError **error)
{
    TwMailboxFolders folders;
    guint32 after = 0;
    guint count;

    if (!tw_mailbox_folders(run->session, &run->meetings.store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    do {
        g_auto(TwMessageListArgs) list = { .store = run->meetings.store,
                                           .folder = folders.numbers[TW_LAYOUT_FOLDER_INBOX],
                                           .after = after,
                                           .most = CHUNK,
                                           .heads = TRUE };

        if (!tw_session_message_list(run->session, &list, error))
            return FALSE;
        count = list.rows->len;
        for (guint i = 0; i < count; i++) {
            const TwMessageRow *row = &g_array_index(list.rows, TwMessageRow, i);
            after = row->mid;
            if (may_be_meeting(row) && !take(run, row->mid, error))
                return FALSE;
        }
    } while (count == CHUNK);
    return TRUE;
}

/* ---- all of it ---- */

static gboolean
open_mailbox(Run *run, const TwMeetingHelper *helper, const char *user, GError **error)
{
    TwMeetingsSpec spec = { .session = run->session, .system = run->session };
    guint64 now = 0;
    TwGuid store;

    (void) tw_time_to_filetime(tw_time_now_us(), &now);
    spec.now = (gint64) now;
    if (!tw_connect_find_store(run->session, user, &spec.user, &store, error) ||
        !tw_meetings_open(&run->meetings, &spec, error))
        return FALSE;
    run->meetings.flags = (run->meetings.flags | helper->take) & ~helper->leave;
    return TRUE;
}

/* The second word is what others say with -c. */
static void
put_config_first(int *argc, char **argv, char **ret)
{
    static char option[] = "-c";

    for (int i = 0; i < *argc; i++)
        ret[i] = argv[i];
    if (*argc < 3 || argv[1][0] == '-' || argv[2][0] == '-' || argv[2][0] == '\0')
        return;
    ret[1] = option;
    ret[2] = argv[2];
    ret[3] = argv[1];
    for (int i = 3; i < *argc; i++)
        ret[i + 1] = argv[i];
    ++*argc;
}

static int
run_helper(const TwMeetingHelper *helper, const TwStart *start, const char *name)
{
    const GPtrArray *words = start->options->words;
    const char *id = words->len > 1 ? words->pdata[1] : NULL;
    g_autoptr(TwServer) server = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GError) error = NULL;
    Run run = { .any = FALSE };
    gboolean ok;

    if (words->len < 1 || words->len > 2) {
        fprintf(stderr, "Say USER DAGENTCFG [ENTRYID].\n");
        return TW_EXIT_USAGE;
    }
    server = tw_connect_open(start->config, name, &error);
    session = server != NULL ? tw_connect_system(server, helper->program->name, &error) : NULL;
    if (session == NULL)
        return give_up(error, tw_connect_exit_code(error));
    run.session = session;
    ok = open_mailbox(&run, helper, words->pdata[0], &error) &&
         (id != NULL ? take_named(&run, id, &error) : take_all(&run, &error));
    tw_meetings_clear(&run.meetings);
    if (!ok)
        return give_up(error, TW_EXIT_FAILED);
    return id == NULL || run.any ? TW_EXIT_OK : TW_EXIT_FAILED;
}

int
tw_meeting_helper_main(const TwMeetingHelper *helper, int argc, char **argv)
{
    g_autofree char **words = g_new0(char *, (gsize) argc + 2);
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = NULL;

    put_config_first(&argc, argv, words);
    start = tw_program_main_start(helper->program, argc, words, &code);
    return start != NULL ? run_helper(helper, start, argv[0]) : code;
}
