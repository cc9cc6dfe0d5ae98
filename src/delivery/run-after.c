/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What rules want sent once the mail is durable. */
#include "delivery/run-private.h"

#include <string.h>

#include "base/log.h"

enum {
    MOST_SENT = 100, /* mails that the rules of one mailbox make of one mail */
};

typedef struct {
    TwRun *run;
    TwBox *box;
    const TwObject *message; /* what is sent on or answered */
    guint sent;
    guint step; /* number of the one in hand */
} After;

static void
log_step(const After *after, const TwRuleStep *step, const GError *error)
{
    tw_log(TW_LOG_WARNING, "rule-failed", tw_log_str(TW_LOG_USER, after->box->user->name),
           tw_log_str(TW_LOG_COMMAND, tw_action_name(step->action->type)),
           tw_log_uint(TW_LOG_OBJECT, step->rule->id), tw_log_error(error));
}

/* ---- who it goes to ---- */

static char *
text_of(const TwProps *props, guint32 tag)
{
    TwPropValue value;

    return tw_props_get(props, tag, &value) && value.len > 0 ? g_strndup(value.text, value.len)
                                                             : NULL;
}

static char *
address_in_book(const After *after, const TwBookId *id)
{
    g_auto(TwBookGetArgs) get = { .user = id->number };
    g_auto(TwIdFindArgs) find = { .id = id->external };

    if (id->external != NULL) {
        if (!tw_delivery_call(after->run->delivery, TW_AS_SYSTEM, TW_OP_ID_FIND, &find, NULL))
            return NULL;
        return g_strdup(find.entry->mail);
    }
    if (!tw_delivery_call(after->run->delivery, TW_AS_SYSTEM, TW_OP_BOOK_GET, &get, NULL))
        return NULL;
    return g_strdup(get.entry->mail);
}

/* As good as the client told it: its SMTP address, an address of type SMTP, or what its entry id leads to. */
static char *
address_of(const After *after, const TwProps *props)
{
    char *address = text_of(props, PR_SMTP_ADDRESS);
    g_autofree char *type = text_of(props, PR_ADDRTYPE);
    g_autoptr(TwEntryId) id = NULL;
    TwPropValue value;

    if (address == NULL && type != NULL && g_ascii_strcasecmp(type, "SMTP") == 0)
        address = text_of(props, PR_EMAIL_ADDRESS);
    if (address != NULL || !tw_props_get(props, PR_ENTRYID, &value))
        return address;
    id = tw_entryid_parse(value.data, value.len, NULL);
    if (id != NULL && id->kind == TW_ENTRYID_ONE_OFF)
        return g_strdup(id->one_off.address);
    return id != NULL && id->kind == TW_ENTRYID_BOOK ? address_in_book(after, &id->book) : NULL;
}

static gboolean
is_own(const TwDirectoryObject *user, const char *address)
{
    if (g_ascii_strcasecmp(user->mail, address) == 0 ||
        g_ascii_strcasecmp(user->name, address) == 0)
        return TRUE;
    for (guint i = 0; user->aliases != NULL && user->aliases[i] != NULL; i++) {
        if (g_ascii_strcasecmp(user->aliases[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_here(const After *after, const char *address)
{
    g_auto(TwRecipientFindArgs) find = { .address = address };

    return tw_delivery_call(after->run->delivery, TW_AS_NOBODY, TW_OP_RECIPIENT_FIND, &find, NULL);
}

static gboolean
is_allowed(const After *after, const char *address)
{
    const char *at = strrchr(address, '@');
    g_autofree char *domain = at != NULL ? g_ascii_strdown(at + 1, -1) : NULL;

    for (guint i = 0; domain != NULL && after->run->options->forward_domains[i] != NULL; i++) {
        g_autofree char *pattern = g_ascii_strdown(after->run->options->forward_domains[i], -1);

        if (g_pattern_match_simple(pattern, domain))
            return TRUE;
    }
    return is_here(after, address);
}

/* ---- forward, redirect, delegate ---- */

/* The owner hears of it, by a message that no mail server sees. */
static void
tell_owner(After *after, GError **error)
{
    const TwDeliveryOptions *options = after->run->options;
    TwComposeOwner owner = tw_run_owner(after->box);
    g_autoptr(TwObject) notice =
        tw_compose_notice(&owner, options->refusal_subject, options->refusal_text, after->message);
    g_auto(TwMessageCreateArgs) create = { .store = after->box->place.store,
                                           .folder = after->box->inbox,
                                           .object = notice };

    (void) tw_delivery_call(after->run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_CREATE, &create,
                            error);
}

/* Whether mails of rules would go round in circles. */
static gboolean
is_loop(const After *after)
{
    guint bits = after->run->marks.bits;

    if (tw_marks_has_passed(&after->run->marks, tw_run_owner(after->box).address))
        return TRUE;
    return (bits & (TW_MARK_NO_FORWARD | TW_MARK_VACATION)) != 0 ||
           ((bits & TW_MARK_RULE) != 0 && after->run->options->no_double_forward);
}

static guint
add_recipients(After *after, TwObject *message, const TwAction *action, GError **error)
{
    guint count = 0, refused = 0;

    for (guint i = 0; i < action->recipient_count; i++) {
        const TwProps *props = &action->recipients[i];
        g_autofree char *address = address_of(after, props);
        g_autofree char *name = text_of(props, PR_DISPLAY_NAME);

        if (address == NULL || *address == '\0' || is_own(after->box->user, address))
            continue;
        if (!is_allowed(after, address)) {
            refused++;
            continue;
        }
        tw_compose_add(message, name != NULL ? name : address, address);
        count++;
    }
    if (refused > 0)
        tell_owner(after, error);
    return count;
}

static TwObject *
make_forward(const After *after, const TwAction *action)
{
    TwComposeOwner owner = tw_run_owner(after->box);

    if (action->type == TW_ACTION_DELEGATE)
        return tw_compose_delegate(after->message, &owner);
    if (action->flavor & TW_FORWARD_KEEP_SENDER)
        return tw_compose_redirect(after->message, &owner);
    if (action->flavor & TW_FORWARD_AS_ATTACHMENT)
        return tw_compose_attached(after->message, &owner);
    return tw_compose_forward(after->message, &owner);
}

static const char *
mark_of(const TwAction *action)
{
    if (action->type == TW_ACTION_DELEGATE)
        return "delegate";
    return action->flavor & TW_FORWARD_KEEP_SENDER ? "redirect" : "forward";
}

/* (consumes): what one step of this mail's plan sends goes once, also when the mail comes again after a crash. */
static gboolean
send_named(const After *after, TwObject *message, GError **error)
{
    guint8 name[TW_SHA256_LEN];
    gboolean named = tw_run_name(after->run, after->box, "step", after->step, name);

    return tw_run_send(after->run, after->box, message, named ? name : NULL, error);
}

/* Who sent it on, for those who would send it back. */
static void
mark_passed(const After *after, TwObject *message, const TwComposeNames *names)
{
    const TwMarks *marks = &after->run->marks;
    g_autofree char *all =
        g_strdup_printf("%.*s%s%s", (int) marks->loop_len, marks->loop != NULL ? marks->loop : "",
                        marks->loop_len > 0 ? " " : "", tw_run_owner(after->box).address);

    tw_compose_mark(message, names, TW_COMPOSE_LOOP, all);
}

static gboolean
forward(After *after, const TwRuleStep *step, GError **error)
{
    g_autoptr(TwObject) message = NULL;
    TwComposeNames names;

    if (is_loop(after))
        return TRUE;
    message = make_forward(after, step->action);
    if (add_recipients(after, message, step->action, error) == 0)
        return error == NULL || *error == NULL;
    tw_run_names(after->run, &names);
    mark_passed(after, message, &names);
    if (after->run->options->set_rule_headers)
        tw_compose_mark(message, &names, TW_COMPOSE_RULE, mark_of(step->action));
    return send_named(after, g_steal_pointer(&message), error);
}

/* ---- replies ---- */

static gboolean
is_answerable(const After *after)
{
    const guint never = TW_MARK_AUTOMATIC | TW_MARK_BULK | TW_MARK_LIST | TW_MARK_NO_REPLY |
                        TW_MARK_RULE | TW_MARK_SPAM | TW_MARK_VACATION;
    const char *sender = after->run->mail->sender;

    return *sender != '\0' && (after->run->marks.bits & never) == 0 &&
           (after->run->marks.suppress & 0x20) == 0 && !tw_marks_is_machine(sender) &&
           !is_own(after->box->user, sender);
}

static gboolean
reply(After *after, const TwRuleStep *step, GError **error)
{
    const TwAction *action = step->action;
    const char *to = action->flavor & TW_REPLY_NOT_TO_ORIGINATOR ? NULL : after->run->mail->sender;
    TwComposeOwner owner = tw_run_owner(after->box);
    g_autoptr(TwObject) template_message = NULL;
    TwComposeNames names;
    TwObject *message;

    if (!is_answerable(after))
        return TRUE;
    if (action->type == TW_ACTION_OOF_REPLY) {
        g_autofree char *key = g_strdup_printf("rule %" G_GUINT64_FORMAT " %s", step->rule->id,
                                               after->run->mail->sender);
        if (!tw_run_may_answer(after->run, after->box, key, error))
            return error == NULL || *error == NULL;
    }
    template_message = tw_run_template(after->run, after->box, action, error);
    if (template_message == NULL)
        return FALSE;
    tw_run_names(after->run, &names);
    message = tw_compose_template(after->message, template_message, &owner, to, &names);
    if (after->run->options->set_rule_headers)
        tw_compose_mark(message, &names, TW_COMPOSE_RULE, "reply");
    return send_named(after, message, error);
}

/* ---- all of it ---- */

static gboolean
run_step(After *after, const TwRuleStep *step, GError **error)
{
    switch (step->action->type) {
    case TW_ACTION_FORWARD:
    case TW_ACTION_DELEGATE:
        return after->sent++ >= MOST_SENT || forward(after, step, error);
    case TW_ACTION_REPLY:
    case TW_ACTION_OOF_REPLY:
        return after->sent++ >= MOST_SENT || reply(after, step, error);
    case TW_ACTION_DEFER:
        return after->sent++ >= MOST_SENT || tw_run_defer(after->run, after->box, step, error);
    case TW_ACTION_MOVE: /* from here on: done before it was saved */
    case TW_ACTION_COPY:
    case TW_ACTION_TAG:
    case TW_ACTION_BOUNCE:
    case TW_ACTION_DELETE:
    case TW_ACTION_MARK_READ:
        break;
    }
    return TRUE;
}

/* The mail is there: what its owner did wrong is marked at the rule, what the server cannot do now is tried again. */
static void
run_steps(After *after)
{
    const GArray *steps = after->box->plan.steps;

    for (guint i = 0; steps != NULL && i < steps->len; i++) {
        const TwRuleStep *step = &g_array_index(steps, TwRuleStep, i);
        g_autoptr(GError) error = NULL;

        after->step = i;
        if (run_step(after, step, &error))
            continue;
        log_step(after, step, error);
        if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) ||
            g_error_matches(error, TW_ERROR, TW_ERROR_INVALID))
            tw_run_rule_failed(after->run, after->box, step->rule);
        else if (after->box->error == NULL && g_error_matches(error, TW_ERROR, TW_ERROR_BUSY))
            after->box->error = g_steal_pointer(&error);
    }
}

/* As it is kept, with its attachments; when no rule left it anywhere, as it was read. */
static TwObject *
read_back(TwRun *run, TwBox *box)
{
    g_auto(TwMessageReadArgs) read = { .store = box->place.store, .message = box->message };

    if (box->message == 0 ||
        !tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_READ, &read, NULL))
        return tw_object_copy(box->own != NULL ? box->own : run->object);
    return g_steal_pointer(&read.object);
}

static gboolean
has_more_to_do(const TwRun *run, const TwBox *box)
{
    return box->plan.steps != NULL || tw_oof_is_on(&box->settings->oof, run->now_us);
}

void
tw_run_after(TwRun *run, TwBox *box)
{
    g_autoptr(TwObject) message = NULL;
    After after = { .run = run, .box = box };

    /* a second mail with an id that was there before is none: all was done when the first came */
    if (!has_more_to_do(run, box) ||
        (box->repeated && run->options->duplicates == TW_DUPLICATES_ID))
        return;
    message = read_back(run, box);
    after.message = message;
    run_steps(&after);
    if (tw_oof_is_on(&box->settings->oof, run->now_us))
        tw_run_reply(run, box, message);
}
