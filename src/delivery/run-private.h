/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One mail on its way into mailboxes. For each mailbox (#TwBox) is decided what becomes of the mail there, then all of them
 * get it with one operation, then follows what is to be done once it is durable.
 */
#pragma once

#include "convert/mail-in.h"
#include "delivery/delivery-private.h"
#include "groupware/compose.h"
#include "groupware/oof.h"
#include "groupware/rules.h"

G_BEGIN_DECLS

/* Where one copy goes. */
typedef struct {
    TwDeliveryTarget target;
    guint8 name[TW_SHA256_LEN]; /* of the delivery, when it has one */
    gboolean named;
    TwDeliveryAs as;
    guint box;
    const TwRule *rule;  /* (nullable): that wants it there */
    TwMailResult result; /* owned */
} TwCopy;

/* What one mailbox does with the mail. */
typedef struct {
    TwDeliveryPlace place; /* as it was found */
    guint flags;           /* bits of #TwDeliveryFlags */
    gboolean group;        /* its recipient is more than one mailbox */
    guint32 folder;        /* where the mail goes, or is; 0: where the store receives */
    TwHookMail hook;
    TwObject *own;    /* owned, nullable: the message for this mailbox, to be changed */
    gboolean changed; /* it was */

    /* when rules and out-of-office count here; else all zero */
    gboolean counts;
    TwBoxSettings *settings; /* a reference; NULL when they do not count */
    TwRulePlan plan;
    GArray *elsewhere;       /* of TwCopy; owned, nullable: where rules want it */
    TwDirectoryObject *user; /* owned, nullable: whose mailbox it is */
    guint32 inbox;

    guint first, count; /* of the targets: where it goes in this mailbox, and copies */
    gboolean done;      /* nothing is to be stored, and that is fine */
    gboolean repeated;  /* it was there already */
    gboolean answered;  /* a meeting that was dealt with: nobody need see it */
    gboolean quiet;     /* nobody is told of new mail */
    guint32 message;    /* number of the first copy */
    GError *error;      /* owned: refused or failed */
} TwBox;

typedef struct {
    TwDelivery *delivery;
    TwDeliveryOptions *options;
    const TwDeliveryMail *mail;
    const guint8 *bytes; /* of the mail without our trace lines */
    gsize len;
    gint64 now_us;
    TwMarks marks;
    TwMailIn *in;     /* owned: what is made of the mail, for all mailboxes */
    TwObject *object; /* of it */
    GArray *boxes;    /* of TwBox */
    GArray *copies;   /* of TwCopy */
} TwRun;

/* ---- run.c ---- */

/* The message for this mailbox alone, to be changed. */
TwObject *tw_run_own(const TwRun *run, TwBox *box);

/* ---- run-rules.c ---- */

/* Reads what holds in the mailbox and decides; a failure is the box's error. */
void tw_run_decide(TwRun *run, TwBox *box);
/* Marks a rule that could not be carried out, so that it is not tried with every mail. */
void tw_run_rule_failed(const TwRun *run, const TwBox *box, const TwRule *rule);

/* ---- run-after.c ---- */

/* What follows once the mail is durable: marks of rules, what they send, the out-of-office answer. What cannot be done is
 * logged, or, when trying again can help, is the box's error. */
void tw_run_after(TwRun *run, TwBox *box);

/* ---- run-meeting.c ---- */

/* Brings a meeting into the calendar of the mailbox, where no program of the administrator does. What cannot be done is logged; the mail is there to look at. */
void tw_run_meeting(TwRun *run, TwBox *box);
/* When rules are done: takes away the mail of a meeting that was answered. */
void tw_run_meeting_end(TwRun *run, TwBox *box);

/* ---- run-defer.c ---- */

/* Leaves a note for the client of the owner, who does what only a client can (MS-OXORULE 2.2.6). */
gboolean tw_run_defer(const TwRun *run, const TwBox *box, const TwRuleStep *step, GError **error);

/* ---- run-meeting-program.c ---- */

/* (nullable): the program of the administrator that takes this meeting item of this mailbox; NULL: none does. */
const char *tw_run_meeting_program(const TwRun *run, const TwBox *box);
/* Hands a meeting item that is saved to that program. TRUE: it has answered it, and nothing else is to follow. */
gboolean tw_run_meeting_by_program(const TwRun *run, const TwBox *box);

/* ---- run-template.c ---- */

/* (transfer full): the template that an action answers by. */
TwObject *tw_run_template(const TwRun *run,
                          const TwBox *box,
                          const TwAction *action,
                          GError **error);

/* ---- run-reply.c ---- */

/* Answers for the owner who is away, unless there is a reason not to. */
void tw_run_reply(TwRun *run, TwBox *box, const TwObject *message);
/* Whether an answer named by @key was given lately; else it is written down, durable. */
gboolean tw_run_may_answer(const TwRun *run, const TwBox *box, const char *key, GError **error);

/* ---- run-send.c ---- */

/* Whose mailbox it is, for what it sends; texts are borrowed from the box. To be cleared by g_bytes_unref of the id. */
TwComposeOwner tw_run_owner(const TwBox *box);
/* Ids of the header fields that mark automatic mail. */
void tw_run_names(const TwRun *run, TwComposeNames *ret);
/* The name of something that this mail causes in the mailbox, so that it happens once however often the mail is repeated. FALSE:
 * repetitions are not known, it has none. */
gboolean tw_run_name(
    const TwRun *run, const TwBox *box, const char *what, guint number, guint8 ret[TW_SHA256_LEN]);
/* (consumes): puts a message into the Outbox and into the queue of what is to be sent; with a name (nullable) only once. */
gboolean tw_run_send(
    const TwRun *run, const TwBox *box, TwObject *message, const guint8 *name, GError **error);

G_END_DECLS
