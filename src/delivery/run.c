/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rules are asked before the mail is saved, and say where it is saved. So a mail that a rule moves is never seen elsewhere,
 * one operation puts it into all mailboxes and folders, and a crash leaves no rule half done. What a rule sends follows when
 * the mail is durable, and before the answer: after a crash in between the mail comes again, is found to be there, and what
 * was to be sent is sent then.
 */
#include "delivery/run-private.h"

#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "delivery/raw-copy.h"
#include "groupware/mail-import.h"
#include "groupware/mailbox.h"

enum {
    MOST_TARGETS = 1000, /* of one operation: a limit of the engine */
};

/* ---- boxes ---- */

static void
clear_box(gpointer data)
{
    TwBox *box = data;

    tw_object_free(box->own);
    tw_rule_plan_clear(&box->plan);
    tw_box_settings_unref(box->settings);
    if (box->elsewhere != NULL)
        g_array_unref(box->elsewhere);
    tw_directory_object_unref(box->user);
    g_clear_error(&box->error);
}

static void
clear_copy(gpointer data)
{
    tw_mail_result_clear(&((TwCopy *) data)->result);
}

static TwBox *
box_of(const TwRun *run, const TwDeliveryPlace *place)
{
    for (guint i = 0; i < run->boxes->len; i++) {
        TwBox *box = &g_array_index(run->boxes, TwBox, i);

        if (box->place.folder == place->folder && tw_guid_equal(&box->place.store, &place->store))
            return box;
    }
    return NULL;
}

static void
add_boxes(TwRun *run, const TwDeliveryRecipient *recipient)
{
    for (guint i = 0; i < recipient->places->len; i++) {
        const TwDeliveryPlace *place = &g_array_index(recipient->places, TwDeliveryPlace, i);
        TwBox box = { .place = *place,
                      .flags = recipient->flags,
                      .folder = place->folder,
                      .group = recipient->places->len > 1 };

        if (box_of(run, place) == NULL)
            g_array_append_val(run->boxes, box);
    }
}

/* ---- hooks ---- */

static void
take_verdict(TwBox *box, const TwDeliveryHook *hook, TwHookResult result, GError *why)
{
    const char *reason = why != NULL ? why->message : "";

    if (result == TW_HOOK_STOP_SUCCESS)
        box->done = TRUE;
    else if (result == TW_HOOK_STOP_FAILED)
        g_set_error(&box->error, TW_ERROR, TW_ERROR_NO_ACCESS, "%s: %s", hook->name, reason);
    else
        g_set_error(&box->error, TW_ERROR, TW_ERROR_BUSY, "%s: %s", hook->name, reason);
}

static gboolean
is_final(TwHookResult result)
{
    return result == TW_HOOK_STOP_SUCCESS || result == TW_HOOK_STOP_FAILED ||
           result == TW_HOOK_RETRY_LATER;
}

static void
log_hook(const TwDeliveryHook *hook, const GError *error)
{
    tw_log(TW_LOG_WARNING, "hook-failed", tw_log_str(TW_LOG_PROGRAM, hook->name),
           tw_log_error(error));
}

/* Nothing can be kept from being saved any more. */
static gboolean
is_late(TwHookStage stage)
{
    return stage == TW_HOOK_POST_DELIVERY || stage == TW_HOOK_NEW_MAIL;
}

static void
call_hooks(TwRun *run, TwBox *box, TwHookStage stage)
{
    for (guint i = 0; i < run->delivery->hooks->len; i++) {
        const TwDeliveryHook *hook = &g_array_index(run->delivery->hooks, TwDeliveryHook, i);
        g_autoptr(GError) why = NULL;
        TwHookResult result;

        if ((hook->stages & (1u << stage)) == 0)
            continue;
        result = hook->func(stage, &box->hook, hook->data, &why);
        if (stage == TW_HOOK_NEW_MAIL && result == TW_HOOK_STOP_SUCCESS) {
            box->hook.quiet = TRUE;
            return;
        }
        if (result == TW_HOOK_FAILED || (is_late(stage) && is_final(result))) {
            log_hook(hook, why);
            tw_raw_copy(run, box, TRUE);
        } else if (is_final(result)) {
            take_verdict(box, hook, result, why);
            return;
        } else if (result == TW_HOOK_EXIT) {
            return;
        }
    }
}

TwObject *
tw_run_own(const TwRun *run, TwBox *box)
{
    if (box->own == NULL)
        box->own = tw_object_copy(run->object);
    return box->own;
}

/* A hook may change the message for its mailbox: so it gets one of its own. */
static void
begin_hooks(TwRun *run, TwBox *box, TwSession *session)
{
    if (run->delivery->hooks->len == 0)
        return;
    box->hook = (TwHookMail){ .session = session,
                              .store = box->place.store,
                              .user = box->place.user,
                              .folder = box->folder,
                              .flags = box->flags & TW_DELIVERY_READ ? TW_MSGFLAG_READ : 0,
                              .object = tw_run_own(run, box),
                              .mail = run->mail->mail };
    call_hooks(run, box, TW_HOOK_POST_CONVERTING);
    if (box->error == NULL && !box->done)
        call_hooks(run, box, TW_HOOK_PRE_DELIVERY);
}

/* ---- decisions ---- */

/* Junk goes into the junk folder, whatever else holds, but to who asked for a folder. */
static gboolean
choose_junk(TwRun *run, TwBox *box, TwSession *session)
{
    gboolean junk = (run->marks.bits & TW_MARK_SPAM) || (box->flags & TW_DELIVERY_JUNK);
    TwMailboxFolders folders;

    if (!junk || box->place.by_wish)
        return FALSE;
    if (tw_mailbox_folders(session, &box->place.store, TW_LAYOUT_PRIVATE, &folders, &box->error))
        box->folder = folders.numbers[TW_LAYOUT_FOLDER_JUNK];
    return TRUE;
}

static void
apply_rules(TwRun *run, TwBox *box)
{
    call_hooks(run, box, TW_HOOK_PRE_RULE);
    if (box->error == NULL && !box->done)
        tw_run_decide(run, box);
}

static void
decide(TwRun *run, TwBox *box)
{
    g_autoptr(TwSession) session =
        tw_delivery_get_session(run->delivery, TW_AS_SYSTEM, &box->error);

    if (session == NULL)
        return;
    begin_hooks(run, box, session);
    if (box->error != NULL || box->done)
        return;
    if (box->hook.object != NULL)
        box->folder = box->hook.folder;
    box->counts = !choose_junk(run, box, session) && !box->place.by_wish && box->place.user != 0;
    if (box->error == NULL && box->counts)
        apply_rules(run, box);
    if (box->hook.object != NULL && box->error == NULL && !box->done)
        call_hooks(run, box, TW_HOOK_NEW_MAIL);
    box->quiet = box->hook.quiet || (box->flags & TW_DELIVERY_QUIET) != 0;
    box->changed |= box->hook.changed;
    if (box->changed && box->error == NULL)
        (void) tw_object_seal(box->own, &box->error);
}

/* ---- copies ---- */

static void
name_copy(TwRun *run, TwCopy *copy)
{
    /* a group has one answer: who has the mail already must not get it again when the others do */
    gboolean group = g_array_index(run->boxes, TwBox, copy->box).group;
    const TwMailDigest *digest = run->mail->digest;
    const TwMarks *marks = &run->marks;
    guint32 folder = copy->target.folder;

    if (run->options->duplicates == TW_DUPLICATES_ID && marks->id != NULL) {
        tw_delivery_name_by_id(marks->id, marks->id_len, folder, copy->name);
        copy->named = TRUE;
    } else if (digest != NULL && (group || run->options->duplicates != TW_DUPLICATES_DELIVER)) {
        tw_delivery_name(digest, tw_seen_count(run->delivery->seen, digest), folder, copy->name);
        copy->named = TRUE;
    }
}

static void
add_own_copy(TwRun *run, guint number)
{
    TwBox *box = &g_array_index(run->boxes, TwBox, number);
    TwCopy copy = { .target = { .store = box->place.store, .folder = box->folder },
                    .as = box->place.user != 0 ? TW_AS_SYSTEM : TW_AS_NOBODY,
                    .box = number };

    if (box->hook.object != NULL)
        copy.target.flags = box->hook.flags;
    else if (box->flags & TW_DELIVERY_READ)
        copy.target.flags = TW_MSGFLAG_READ;
    if (box->plan.read)
        copy.target.flags |= TW_MSGFLAG_READ;
    name_copy(run, &copy); /* of the Inbox by 0, whatever its number is */
    if (copy.target.folder == 0)
        copy.target.folder = box->inbox; /* known already, unless it is 0 */
    g_array_append_val(run->copies, copy);
}

static void
add_copies(TwRun *run, guint number)
{
    TwBox *box = &g_array_index(run->boxes, TwBox, number);

    box->first = run->copies->len;
    if (box->error == NULL && !box->done) {
        if (!box->plan.remove)
            add_own_copy(run, number);
        for (guint i = 0; box->elsewhere != NULL && i < box->elsewhere->len; i++) {
            TwCopy copy = g_array_index(box->elsewhere, TwCopy, i);

            copy.box = number;
            name_copy(run, &copy);
            g_array_append_val(run->copies, copy);
        }
    }
    box->count = run->copies->len - box->first;
}

/* ---- saving ---- */

/* What one operation saves: the same message, by one session, told of or not. */
typedef struct {
    TwDeliveryAs as;
    gboolean quiet;
    TwObject *message;
} Way;

static Way
way_of(const TwRun *run, const TwCopy *copy)
{
    const TwBox *box = &g_array_index(run->boxes, TwBox, copy->box);

    return (Way){ .as = copy->as,
                  .quiet = box->quiet,
                  .message = box->changed ? box->own : run->object };
}

/* Those that go the way of the first one that is left, at most so many as one operation takes. */
static void
take_some(TwRun *run, GArray *left, GArray *places, Way *ret)
{
    guint kept = 0;

    *ret = way_of(run, &g_array_index(run->copies, TwCopy, g_array_index(left, guint, 0)));
    g_array_set_size(places, 0);
    for (guint i = 0; i < left->len; i++) {
        guint at = g_array_index(left, guint, i);
        Way way = way_of(run, &g_array_index(run->copies, TwCopy, at));

        if (places->len < MOST_TARGETS && way.as == ret->as && way.quiet == ret->quiet &&
            way.message == ret->message)
            g_array_append_val(places, at);
        else
            g_array_index(left, guint, kept++) = at;
    }
    g_array_set_size(left, kept);
}

static void
store_places(TwRun *run, const GArray *places, const Way *way)
{
    const TwMailIn message = { .object = way->message,
                               .sources = run->in->sources,
                               .calendars = run->in->calendars };
    g_autofree TwDeliveryTarget *targets = g_new(TwDeliveryTarget, places->len);
    g_auto(TwMailDeliverArgs) args = { .mail = run->mail->mail,
                                       .message = &message,
                                       .targets = { targets, places->len },
                                       .announce = !way->quiet,
                                       .recv_us = run->mail->recv_us };
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < places->len; i++) {
        const TwCopy *copy = &g_array_index(run->copies, TwCopy, g_array_index(places, guint, i));
        targets[i] = copy->target;
        targets[i].once = copy->named ? copy->name : NULL;
    }
    (void) tw_delivery_call(run->delivery, way->as, TW_OP_MAIL_DELIVER, &args, &error);
    for (guint i = 0; i < places->len; i++) {
        TwCopy *copy = &g_array_index(run->copies, TwCopy, g_array_index(places, guint, i));
        TwMailResult *result;

        if (error != NULL) {
            copy->result.error = g_error_copy(error);
            continue;
        }
        result = &g_array_index(args.results, TwMailResult, i);
        copy->result = *result;
        result->error = NULL; /* it is the copy's now */
    }
}

static void
store_all(TwRun *run)
{
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint at = 0; at < run->copies->len; at++)
        g_array_append_val(left, at);
    while (left->len > 0) {
        Way way;

        take_some(run, left, places, &way);
        store_places(run, places, &way);
    }
}

/* ---- results ---- */

static void
mark_rule(TwRun *run, const TwBox *box, const TwCopy *copy)
{
    tw_log(TW_LOG_WARNING, "rule-failed",
           tw_log_str(TW_LOG_USER, box->user != NULL ? box->user->name : ""),
           tw_log_error(copy->result.error));
    tw_run_rule_failed(run, box, copy->rule);
}

/* A folder that is gone or closed, or somebody else's full mailbox. */
static gboolean
is_fault_of_rule(const TwBox *box, const TwCopy *copy)
{
    const GError *error = copy->result.error;

    return g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS) ||
           (g_error_matches(error, TW_ERROR, TW_ERROR_QUOTA) &&
            !tw_guid_equal(&copy->target.store, &box->place.store));
}

/* A rule's copy that could not be made does not keep the mail from its owner, unless trying again can help. */
static void
take_results(TwRun *run, TwBox *box)
{
    guint made = 0;

    for (guint i = 0; i < box->count && box->error == NULL; i++) {
        TwCopy *copy = &g_array_index(run->copies, TwCopy, box->first + i);

        if (copy->result.error == NULL) {
            if (made++ == 0) {
                box->message = copy->result.made.mid;
                box->folder = copy->target.folder;
                box->repeated = copy->result.repeated;
            }
        } else if (copy->rule != NULL && is_fault_of_rule(box, copy)) {
            mark_rule(run, box, copy);
        } else {
            box->error = g_error_copy(copy->result.error);
        }
    }
    if (made == 0 && box->error == NULL && box->count > 0)
        g_set_error_literal(&box->error, TW_ERROR, TW_ERROR_BUSY, "no folder took it");
}

static gboolean
is_permanent(const GError *error)
{
    return g_error_matches(error, TW_ERROR, TW_ERROR_QUOTA) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

/* What may pass by itself counts; what will not only when nobody got the mail. */
static void
answer(const TwRun *run, TwDeliveryRecipient *recipient)
{
    const GError *permanent = NULL, *temporary = NULL;
    guint failed = 0;

    for (guint i = 0; i < recipient->places->len; i++) {
        const TwBox *box = box_of(run, &g_array_index(recipient->places, TwDeliveryPlace, i));

        if (box == NULL || box->error == NULL)
            continue;
        failed++;
        if (is_permanent(box->error))
            permanent = box->error;
        else
            temporary = box->error;
    }
    if (temporary != NULL)
        recipient->error = g_error_copy(temporary);
    else if (permanent != NULL && failed == recipient->places->len)
        recipient->error = g_error_copy(permanent);
    else if (permanent != NULL)
        tw_log(TW_LOG_WARNING, "member-refused", tw_log_str(TW_LOG_USER, recipient->address),
               tw_log_uint(TW_LOG_COUNT, failed), tw_log_error(permanent));
}

/* ---- all of it ---- */

static void
read_mail(TwRun *run)
{
    const TwMarkWishes wishes = { .spam_name = run->options->spam_name,
                                  .spam_value = run->options->spam_value,
                                  .no_forward = run->options->inhibit_forward,
                                  .no_reply = run->options->inhibit_reply };
    const guint8 *all = g_bytes_get_data(run->mail->mail, &run->len);
    TwMailInOptions how = { .names = run->delivery->names,
                            .charset = run->options->charset,
                            .substitutes = (const char *const *) run->options->substitutes,
                            .headers = (const char *const *) run->options->headers };

    run->bytes = all + run->mail->trace_len;
    run->len -= run->mail->trace_len;
    run->now_us = run->mail->recv_us != 0 ? run->mail->recv_us : tw_time_now_us();
    how.received_us = run->now_us;
    tw_marks_read(run->bytes, run->len, &wishes, &run->marks);
    run->in = tw_mail_import(run->mail->mail, &how);
    run->object = run->in->object;
}

/* The mail is there: meetings, by the server or a program of the administrator; what rules send; the answer of who is away. */
static void
follow(TwRun *run, TwBox *box)
{
    gboolean ends = FALSE;

    if (tw_run_meeting_program(run, box) != NULL)
        ends = tw_run_meeting_call(run, box);
    else
        tw_run_meeting(run, box);
    if (!ends)
        tw_run_after(run, box);
    tw_run_meeting_end(run, box);
}

static void
deliver(TwRun *run)
{
    for (guint i = 0; i < run->boxes->len; i++)
        decide(run, &g_array_index(run->boxes, TwBox, i));
    for (guint i = 0; i < run->boxes->len; i++)
        add_copies(run, i);
    store_all(run);
    for (guint i = 0; i < run->boxes->len; i++) {
        TwBox *box = &g_array_index(run->boxes, TwBox, i);

        take_results(run, box);
        if (box->error != NULL || box->done)
            continue;
        tw_raw_copy(run, box, FALSE);
        if (box->hook.object != NULL) {
            box->hook.folder = box->folder;
            box->hook.message = box->message;
            call_hooks(run, box, TW_HOOK_POST_DELIVERY);
        }
        if (box->counts)
            follow(run, box);
    }
}

void
tw_delivery_run(TwDelivery *delivery,
                const TwDeliveryMail *mail,
                TwDeliveryRecipient *const *recipients,
                guint count)
{
    TwRun run = { .delivery = delivery, .mail = mail };

    run.options = tw_delivery_get_options(delivery);
    run.boxes = g_array_new(FALSE, FALSE, sizeof(TwBox));
    run.copies = g_array_new(FALSE, FALSE, sizeof(TwCopy));
    g_array_set_clear_func(run.boxes, clear_box);
    g_array_set_clear_func(run.copies, clear_copy);
    read_mail(&run);
    for (guint i = 0; i < count; i++)
        add_boxes(&run, recipients[i]);
    deliver(&run);
    for (guint i = 0; i < count; i++)
        answer(&run, recipients[i]);
    tw_mail_in_free(run.in);
    g_array_unref(run.copies);
    g_array_unref(run.boxes);
    tw_delivery_options_unref(run.options);
}
