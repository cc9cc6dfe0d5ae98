/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Out of office: what is set for a mailbox, whom an answer is for, and who got one already. Pure; sending is delivery's.
 *
 * Source: spec/mailbox-layout.md 14, spec/config-and-cli.md 7, RFC 3834.
 *
 * The log of answers, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       4     "TWOL"                                                                              1
 *   4       2     version: 1                                                                          1
 *   6       2     0                                                                                   1
 *   8       8     of which settings: answers of other ones do not count                               1
 *   16      4     n: how many answers                                                                 1
 *   20            n times {u64 hash of the sender, i64 when, in microseconds since 1970}              1
 */
#pragma once

#include "groupware/mail-marks.h"
#include "mapi/object.h"

G_BEGIN_DECLS

/* Our own properties of a store, in the private range of the provider. */
#define TW_PR_OOF_AUDIENCE 0x67e00003u      /* LONG: TwOofAudience: who outside gets an answer */
#define TW_PR_OOF_EXTERNAL_TEXT 0x67e1001fu /* UNICODE: body for those outside; absent: as inside */
#define TW_PR_OOF_EXTERNAL_SUBJECT 0x67e2001fu /* UNICODE: likewise */

/* Class of the hidden message in the Inbox whose PR_RULE_TRIGGER_HISTORY is the log. */
#define TW_OOF_LOG_CLASS "IPM.Twiga.OutOfOffice.Log"

enum {
    TW_OOF_MOST_LOG = 10000, /* answers that are remembered; when there are more, the oldest go */
    TW_OOF_LOG_HEAD = 20,
    TW_OOF_LOG_ENTRY = 16,
};

/* Numbers are in properties. */
typedef enum {
    TW_OOF_ALL = 0,      /* everybody outside */
    TW_OOF_CONTACTS = 1, /* who is in the contacts */
    TW_OOF_INSIDE = 2,   /* nobody outside */
} TwOofAudience;

/* What is set. */
typedef struct {
    gboolean on;                            /* the switch, whatever the time */
    gint64 from_us, until_us;               /* window; 0 and G_MAXINT64 where it is open */
    char *subject, *text;                   /* owned; "" for none */
    char *external_subject, *external_text; /* owned; those for inside where there are none */
    TwOofAudience audience;
    guint64 generation; /* differs when anything above does */
} TwOof;

/**
 * tw_oof_read:
 * @store: properties of a store
 * @ret: (out): what is set; to be cleared
 */
void tw_oof_read(const TwObject *store, TwOof *ret);

/**
 * tw_oof_clear:
 * @oof: settings, or zeros
 */
void tw_oof_clear(TwOof *oof);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwOof, tw_oof_clear)

/**
 * tw_oof_is_on:
 * @oof: settings
 * @now_us: the time
 *
 * Returns: whether the owner is away: the switch is on, and now is in the window
 */
gboolean tw_oof_is_on(const TwOof *oof, gint64 now_us);

/* Where the owner stands in the header of a mail. */
typedef enum {
    TW_OOF_IN_TO,
    TW_OOF_IN_CC,
    TW_OOF_IN_BCC,
    TW_OOF_NOWHERE,
} TwOofPlace;

/**
 * tw_oof_place:
 * @message: a message with recipients
 * @own: (array zero-terminated=1): addresses of the owner
 *
 * Returns: where one of them stands, To before Cc before Bcc
 */
TwOofPlace tw_oof_place(const TwObject *message, const char *const *own);

/* What decides about an answer, besides the settings. */
typedef struct {
    const TwMarks *marks;
    const char *sender;     /* of the envelope; "" for none */
    const char *from;       /* address in From */
    const char *const *own; /* NULL-terminated: addresses of the owner */
    TwOofPlace place;
    gboolean inside;           /* the sender is somebody of this server */
    gboolean contact;          /* the sender is in the owner's contacts */
    gboolean cc, bcc, nowhere; /* answer where the owner stands there */
} TwOofCase;

/* Each row: constant, a word for the log. */
#define TW_OOF_VERDICT_LIST(X)                                                                     \
    X(ANSWER, "answer")                                                                            \
    X(NO_SENDER, "no-sender")                                                                      \
    X(MACHINE, "machine")                                                                          \
    X(SELF, "self")                                                                                \
    X(SPAM, "spam")                                                                                \
    X(AUTOMATIC, "automatic")                                                                      \
    X(LIST, "list")                                                                                \
    X(SUPPRESSED, "suppressed")                                                                    \
    X(INHIBITED, "inhibited")                                                                      \
    X(NOT_ADDRESSED, "not-addressed")                                                              \
    X(OUTSIDE, "outside")

typedef enum {
#define TW_OOF_VERDICT_ROW(name, word) TW_OOF_##name,
    TW_OOF_VERDICT_LIST(TW_OOF_VERDICT_ROW)
#undef TW_OOF_VERDICT_ROW
    TW_OOF_VERDICT_COUNT
} TwOofVerdict;

/**
 * tw_oof_judge:
 * @oof: settings
 * @what: a mail that came while its owner is away
 *
 * Returns: ANSWER, or why there is none
 */
TwOofVerdict tw_oof_judge(const TwOof *oof, const TwOofCase *what);

/**
 * tw_oof_verdict_name:
 * @verdict: a verdict
 *
 * Returns: (transfer none): a word for the log
 */
const char *tw_oof_verdict_name(TwOofVerdict verdict);

/**
 * tw_oof_log_add:
 * @log: (nullable): the log as it is kept; what cannot be read is as none
 * @generation: of the settings now
 * @key: whose answer: an address in any case, with whatever else tells answers apart
 * @now_us: the time
 * @interval_us: for how long an answer counts
 *
 * Returns: (transfer full) (nullable): the log with this answer, and without those that no longer count; NULL: there was one
 *   already
 */
GBytes *tw_oof_log_add(
    GBytes *log, guint64 generation, const char *key, gint64 now_us, gint64 interval_us);

G_END_DECLS
