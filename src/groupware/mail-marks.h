/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the header of a mail says about how it wants to be treated: spam, bulk, lists, automatic mail, what a rule of ours sent.
 * Pure. Source: RFC 3834, 2 and 5; MS-OXCMAIL, X-Auto-Response-Suppress; spec/config-and-cli.md 6.5.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_MARKS_MOST_HEADER =
        1 << 20, /* bytes of a header that are looked at: a mail may be all header */
    TW_MARKS_MOST_FIELDS = 10000,  /* fields of it, likewise */
    TW_MARKS_MOST_VALUE = 4096,    /* bytes of one value that are compared */
    TW_MARKS_MOST_PATTERNS = 1000, /* of a list: each is compared with each field */
    TW_MARKS_MOST_PASSED = 20, /* mailboxes whose rules may send a mail on, one after the other */
    TW_MARKS_MOST_ID = 1000,   /* bytes of a Message-ID; a longer one is none */
};

/* Headers that rules of this server mark their mails with; the older names are known too. */
#define TW_MARK_RULE_HEADER "X-Twiga-Rule-Action"
#define TW_MARK_VACATION_HEADER "X-Twiga-Vacation"
/* Addresses of those whose rules sent a mail on, with blanks between. */
#define TW_MARK_LOOP_HEADER "X-Twiga-Loop"

typedef enum {
    TW_MARK_SPAM = 1u << 0,
    TW_MARK_AUTOMATIC = 1u << 1,  /* Auto-Submitted, and not "no" */
    TW_MARK_BULK = 1u << 2,       /* Precedence: bulk, list or junk */
    TW_MARK_LIST = 1u << 3,       /* List-Id, List-Post ... */
    TW_MARK_RULE = 1u << 4,       /* sent by a rule */
    TW_MARK_VACATION = 1u << 5,   /* sent by an out-of-office answer */
    TW_MARK_NO_FORWARD = 1u << 6, /* a pattern of the list for forwarding */
    TW_MARK_NO_REPLY = 1u << 7,   /* a pattern of the list for answers */
} TwMarkBits;

typedef struct TwMarkPatterns TwMarkPatterns;

/* What to look for. */
typedef struct {
    const char *spam_name, *spam_value;          /* (nullable): header, and text in its value */
    const TwMarkPatterns *no_forward, *no_reply; /* (nullable) */
} TwMarkWishes;

typedef struct {
    guint bits;       /* of #TwMarkBits */
    guint32 suppress; /* as PR_AUTO_RESPONSE_SUPPRESS */
    const char *id;   /* Message-ID with its brackets, borrowed from the header; NULL: none */
    gsize id_len;
    const char *loop; /* value of %TW_MARK_LOOP_HEADER, borrowed; NULL: none */
    gsize loop_len;
} TwMarks;

/**
 * tw_mark_patterns_new:
 * @words: (array zero-terminated=1): "Name": the header is there; "Name: value": it has that value; a "*" at the end
 *   of either stands for anything. In any case
 *
 * Words past %TW_MARKS_MOST_PATTERNS are passed over.
 *
 * Returns: (transfer full): the list
 */
TwMarkPatterns *tw_mark_patterns_new(const char *const *words);

/**
 * tw_mark_patterns_free:
 * @patterns: (nullable) (transfer full): a list
 */
void tw_mark_patterns_free(TwMarkPatterns *patterns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMarkPatterns, tw_mark_patterns_free)

/**
 * tw_marks_read:
 * @mail: (array length=len): a mail, or its header
 * @len: how many bytes
 * @wishes: what to look for
 * @ret: (out): what its header says
 *
 * Never fails. Time is linear in the header, times the patterns.
 */
void tw_marks_read(const guint8 *mail, gsize len, const TwMarkWishes *wishes, TwMarks *ret);

/**
 * tw_marks_has_passed:
 * @marks: marks of a mail
 * @address: of somebody
 *
 * Returns: whether a rule of theirs sent the mail on before, or those of so many that it may be taken for a circle
 */
gboolean tw_marks_has_passed(const TwMarks *marks, const char *address);

/**
 * tw_marks_is_machine:
 * @address: an address
 *
 * Returns: whether it is known to be no person's: mailer-daemon, postmaster, root, owner-..., ...-request and the like
 *   (RFC 3834, 2)
 */
gboolean tw_marks_is_machine(const char *address);

G_END_DECLS
