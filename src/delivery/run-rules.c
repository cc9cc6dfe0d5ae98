/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the owner of a mailbox wants done with the mail, before it is saved. */
#include "delivery/run-private.h"

#include "base/log.h"

/* ---- what holds in the mailbox ---- */

static gboolean
read_settings(TwRun *run, TwBox *box)
{
    const char *message_class = tw_object_get_text(run->object, PR_MESSAGE_CLASS, "IPM.Note");

    box->settings = tw_known_settings(run->delivery->known, &box->place.store, box->folder,
                                      message_class, &box->error);
    if (box->settings == NULL)
        return FALSE;
    box->inbox = box->settings->inbox;
    return TRUE;
}

static gboolean
read_user(TwRun *run, TwBox *box)
{
    g_auto(TwBookGetArgs) args = { .user = box->place.user };

    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_BOOK_GET, &args, &box->error))
        return FALSE;
    box->user = g_steal_pointer(&args.entry);
    return TRUE;
}

/* ---- where to ---- */

/* As the owner, who may have rights on other mailboxes. One that cannot log on, such as a shared mailbox, has none. */
static TwSession *
logon_owner(const TwRun *run, const TwBox *box)
{
    const TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                            .flags = TW_LOGON_BOUND,
                            .user = box->user->name,
                            .program = "delivery" };
    TwSession *session = NULL;

    (void) tw_server_logon(run->delivery->server, &logon, &session, NULL, NULL);
    return session;
}

/* Whether the owner may put something there. */
static gboolean
may_create(const TwRun *run, const TwBox *box, const TwDeliveryTarget *target, GError **error)
{
    g_auto(TwFolderGetArgs) get = { .store = target->store, .folder = target->folder };
    g_autoptr(TwSession) session = NULL;

    if (tw_guid_equal(&target->store, &box->place.store))
        return TRUE;
    session = logon_owner(run, box);
    if (session != NULL && !tw_session_folder_get(session, &get, error))
        return FALSE;
    if (session != NULL && (get.row.rights & TW_RIGHT_CREATE))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "the owner may not write there");
    return FALSE;
}

static gboolean
find_target(const TwRun *run,
            const TwBox *box,
            const TwAction *action,
            TwDeliveryTarget *ret,
            GError **error)
{
    g_autoptr(GBytes) id = g_bytes_new(action->folder, action->folder_len);
    g_auto(TwEntryIdFindArgs) find = { .entry_id = id };

    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_ENTRY_ID_FIND, &find, error))
        return FALSE;
    if (find.type != TW_OBJECT_ID_FOLDER) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "it names no folder");
        return FALSE;
    }
    *ret = (TwDeliveryTarget){ .store = find.store, .folder = find.folder };
    return may_create(run, box, ret, error);
}

static gboolean
is_there_already(const TwBox *box, const TwDeliveryTarget *target)
{
    for (guint i = 0; i < box->elsewhere->len; i++) {
        const TwCopy *copy = &g_array_index(box->elsewhere, TwCopy, i);

        if (copy->target.folder == target->folder &&
            tw_guid_equal(&copy->target.store, &target->store))
            return TRUE;
    }
    return !box->plan.remove && target->folder == box->inbox &&
           tw_guid_equal(&target->store, &box->place.store);
}

static void
log_rule(const TwBox *box, const TwRule *rule, const GError *error)
{
    tw_log(TW_LOG_WARNING, "rule-failed", tw_log_str(TW_LOG_USER, box->user->name),
           tw_log_uint(TW_LOG_OBJECT, rule->id != 0 ? rule->id : rule->message),
           tw_log_error(error));
}

/* What nobody can repair but the owner of the rule. */
static gboolean
is_lasting(const GError *error)
{
    return g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_INVALID);
}

/* A move that cannot be done leaves the mail where it was delivered. */
static gboolean
add_elsewhere(TwRun *run, TwBox *box, const TwRuleStep *step)
{
    TwCopy copy = { .rule = step->rule, .as = TW_AS_SYSTEM };
    g_autoptr(GError) local = NULL;

    if (find_target(run, box, step->action, &copy.target, &local)) {
        if (box->plan.read)
            copy.target.flags |= TW_MSGFLAG_READ;
        if (!is_there_already(box, &copy.target))
            g_array_append_val(box->elsewhere, copy);
        return TRUE;
    }
    if (!is_lasting(local)) {
        g_propagate_error(&box->error, g_steal_pointer(&local));
        return FALSE;
    }
    log_rule(box, step->rule, local);
    tw_run_rule_failed(run, box, step->rule);
    if (step->action->type == TW_ACTION_MOVE)
        box->plan.remove = FALSE;
    return TRUE;
}

static void
choose_folders(TwRun *run, TwBox *box)
{
    box->elsewhere = g_array_new(FALSE, FALSE, sizeof(TwCopy));
    for (guint i = 0; box->plan.steps != NULL && i < box->plan.steps->len; i++) {
        const TwRuleStep *step = &g_array_index(box->plan.steps, TwRuleStep, i);

        if ((step->action->type == TW_ACTION_MOVE || step->action->type == TW_ACTION_COPY) &&
            !add_elsewhere(run, box, step))
            return;
    }
}

/* Properties that rules set, for this mailbox alone. */
static void
tag(TwRun *run, TwBox *box)
{
    for (guint i = 0; box->plan.steps != NULL && i < box->plan.steps->len; i++) {
        const TwRuleStep *step = &g_array_index(box->plan.steps, TwRuleStep, i);
        g_autoptr(GError) local = NULL;
        TwPropValue value;

        if (step->action->type != TW_ACTION_TAG)
            continue;
        value = step->action->value;
        value.tag = tw_rule_tag(step->rule, value.tag);
        if (value.tag == 0)
            continue; /* a name that nothing here has */
        box->changed = TRUE;
        if (!tw_object_set(tw_run_own(run, box), &value, &local)) {
            log_rule(box, step->rule, local);
            tw_run_rule_failed(run, box, step->rule);
        }
    }
}

/* A client looks for what was left for it where a message says that there is something. */
static void
note_deferred(TwRun *run, TwBox *box)
{
    const TwPropValue yes = tw_value_bool(PR_HAS_DAMS, TRUE);

    for (guint i = 0; box->plan.steps != NULL && i < box->plan.steps->len; i++) {
        if (g_array_index(box->plan.steps, TwRuleStep, i).action->type == TW_ACTION_DEFER &&
            tw_object_set(tw_run_own(run, box), &yes, NULL))
            box->changed = TRUE;
    }
}

static void
refuse(TwBox *box)
{
    if (box->plan.bounce == TW_BOUNCE_TOO_LARGE)
        g_set_error_literal(&box->error, TW_ERROR, TW_ERROR_TOO_BIG, "a rule: too large");
    else
        g_set_error(&box->error, TW_ERROR, TW_ERROR_NO_ACCESS, "a rule: code %u", box->plan.bounce);
}

void
tw_run_decide(TwRun *run, TwBox *box)
{
    TwObject *message = box->own != NULL ? box->own : run->object;
    TwRuleContext context = { .safe = tw_object_get_long(message, PR_CONTENT_FILTER_SCL, 0) ==
                                      G_MAXUINT32 };
    TwPropSource source;

    if (!read_user(run, box) || !read_settings(run, box) || !tw_object_seal(message, &box->error))
        return;
    if (tw_rule_set_count(box->settings->rules) == 0)
        return;
    context.out_of_office = tw_oof_is_on(&box->settings->oof, run->now_us);
    source = tw_object_source(message);
    tw_rules_plan(box->settings->rules, &source, &context, &box->plan);
    if (box->plan.bounce != 0) {
        refuse(box);
        return;
    }
    choose_folders(run, box);
    tag(run, box);
    note_deferred(run, box);
}

void
tw_run_rule_failed(const TwRun *run, const TwBox *box, const TwRule *rule)
{
    g_auto(TwRuleStateArgs) args = {
        .store = box->place.store, .folder = box->inbox, .rule = rule->id, .set = TW_RULE_ERROR
    };

    if (rule->id != 0)
        (void) tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_RULE_STATE, &args, NULL);
}
