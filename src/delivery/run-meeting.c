/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Meetings that come by mail, brought into the calendar of the mailbox (spec/config-and-cli.md 6.2 and 19.5). */
#include "delivery/run-private.h"

#include "base/log.h"
#include "base/time.h"
#include "delivery/raw-copy.h"
#include "groupware/meetings.h"

/* As it is kept, with its attachments; where no rule left it, as it was read. */
static TwObject *
read_message(const TwRun *run, const TwBox *box, TwSession *session)
{
    g_auto(TwMessageReadArgs) read = { .store = box->place.store, .message = box->message };

    if (box->message != 0 && tw_session_message_read(session, &read, NULL))
        return g_steal_pointer(&read.object);
    return tw_object_copy(box->own != NULL ? box->own : run->object);
}

static gboolean
take(const TwRun *run, TwBox *box, TwSession *session, TwMeetingsResult *ret, GError **error)
{
    g_autoptr(TwObject) message = read_message(run, box, session);
    guint64 ticks;
    TwMeetingsSpec spec = { .session = session, .system = session, .user = box->place.user };
    g_auto(TwMeetings) meetings = { .calendar = 0 };

    tw_time_to_filetime(run->now_us, &ticks);
    spec.now = (gint64) ticks;
    if (!tw_meetings_open(&meetings, &spec, error) ||
        !tw_meetings_take(&meetings, message, 0, ret, error))
        return FALSE;
    /* who answers by themselves need not look at what was answered */
    box->answered = (meetings.flags & TW_DIRECTORY_ACCEPT) != 0 && *ret != TW_MEETINGS_NOTHING &&
                    tw_meeting_kind(message) != TW_MEETING_REPLY;
    return TRUE;
}

/* What somebody's rule sent on is about that calendar: delegates have a copy to look at. */
static gboolean
is_for_others(const TwRun *run)
{
    return run->marks.loop_len > 0 || (run->marks.bits & TW_MARK_RULE) != 0;
}

void
tw_run_meeting(TwRun *run, TwBox *box)
{
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GError) error = NULL;
    TwMeetingsResult result;

    if (!box->counts || is_for_others(run) || tw_run_meeting_program(run, box) != NULL ||
        tw_meeting_kind(box->own != NULL ? box->own : run->object) == TW_MEETING_NONE)
        return;
    session = tw_delivery_get_session(run->delivery, TW_AS_SYSTEM, &error);
    if (session != NULL && take(run, box, session, &result, &error))
        return;
    tw_log(TW_LOG_WARNING, "meeting-failed", tw_log_uint(TW_LOG_USER, box->place.user),
           tw_log_error(error));
    tw_raw_copy(run, box, TRUE);
}

void
tw_run_meeting_end(TwRun *run, TwBox *box)
{
    g_auto(TwMessagesDeleteArgs) args = { .store = box->place.store,
                                          .folder = box->folder,
                                          .messages = { &box->message, 1 },
                                          .hard = TRUE };
    g_auto(TwMessageGetArgs) get = { .store = box->place.store, .message = box->message };

    if (!box->answered || box->message == 0 ||
        !tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_GET, &get, NULL))
        return;
    args.folder = get.row.folder;
    (void) tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGES_DELETE, &args, NULL);
}
