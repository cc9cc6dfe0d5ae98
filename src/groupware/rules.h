/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rules of a mailbox: what they want done with a message. Pure: rules and a message in, a plan out; whoever delivers carries
 * it out. Source: spec/mailbox-layout.md 13, MS-OXORULE.
 *
 *   rows of the rules table, hidden messages -> TwRuleSet, compiled once
 *   TwRuleSet + message                      -> TwRulePlan
 */
#pragma once

#include "mapi/actions.h"
#include "mapi/named.h"
#include "mapi/restriction.h"

G_BEGIN_DECLS

enum {
    TW_RULES_MOST = 1000,       /* rules of one folder that are looked at */
    TW_RULES_MOST_NAMES = 100,  /* named properties of one extended rule: each is looked up */
    TW_RULES_MOST_STEPS = 1000, /* of one plan: what one mail can be made to cause */
};

/* One rule, compiled. */
typedef struct {
    guint64 id;       /* PR_RULE_ID; 0: of a hidden message */
    guint32 message;  /* number of the hidden message it is kept in; 0: a row of the table */
    guint32 sequence; /* PR_RULE_SEQUENCE */
    guint32 state;    /* PR_RULE_STATE */
    char *name;       /* owned; "" for none */
    char *provider;   /* owned; "" for none */
    TwRestriction *condition; /* owned; NULL: always */
    TwActions *actions;       /* owned; NULL: it cannot be read */
    GHashTable *
        names; /* owned, nullable: ids of named properties as the rule has them -> as the server has them */
} TwRule;

/* Rules in the order in which they are carried out; never changed once it is made. */
typedef struct TwRuleSet TwRuleSet;

/**
 * tw_rule_set_new:
 *
 * Returns: (transfer full): a set without rules
 */
TwRuleSet *tw_rule_set_new(void);

/**
 * tw_rule_set_unref:
 * @set: (nullable) (transfer full): a set
 */
void tw_rule_set_unref(TwRuleSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwRuleSet, tw_rule_set_unref)

/**
 * tw_rule_set_add:
 * @set: a set in the making
 * @row: a row of the rules table
 *
 * Adds a rule behind those whose sequence is not greater. One whose condition or actions cannot be read is kept and never
 * carried out. Past %TW_RULES_MOST nothing is added.
 */
void tw_rule_set_add(TwRuleSet *set, const TwProps *row);

/**
 * tw_rule_set_add_extended:
 * @set: a set in the making
 * @props: properties of a hidden message of class IPM.ExtendedRule.Message
 * @message: its number
 * @names: (nullable): ids of named properties; NULL: a rule that has some cannot be read
 *
 * Adds a rule that is kept in a message of its own, as the junk rule is: as tw_rule_set_add(). Such a rule names the properties it
 * uses (MS-OXORULE 2.2.4), for it may have been written for another server's ids.
 */
void tw_rule_set_add_extended(TwRuleSet *set,
                              const TwProps *props,
                              guint32 message,
                              TwNameMap *names);

/**
 * tw_rule_tag:
 * @rule: a rule
 * @tag: a tag in it
 *
 * Returns: the tag of that property on this server; 0: it has none
 */
guint32 tw_rule_tag(const TwRule *rule, guint32 tag);

/**
 * tw_rule_set_count:
 * @set: (nullable): a set
 *
 * Returns: how many rules it has
 */
guint tw_rule_set_count(const TwRuleSet *set);

/**
 * tw_rule_set_get:
 * @set: a set
 * @index: below tw_rule_set_count()
 *
 * Returns: (transfer none): the rule
 */
const TwRule *tw_rule_set_get(const TwRuleSet *set, guint index);

/* What else decides. */
typedef struct {
    gboolean out_of_office; /* its owner is away now */
    gboolean safe;          /* the spam filter trusts the sender: PR_CONTENT_FILTER_SCL is -1 */
} TwRuleContext;

/* One thing that a rule wants done. */
typedef struct {
    const TwRule *rule;     /* borrowed from the set */
    const TwAction *action; /* borrowed from the rule */
} TwRuleStep;

/* What shall become of a message. */
typedef struct {
    GArray *
        steps; /* of TwRuleStep, in order: MOVE and COPY (both put a copy there), FORWARD, DELEGATE, REPLY, OOF_REPLY, TAG,
                      * DEFER; NULL: none */
    gboolean remove; /* it does not stay where it was delivered: moved or deleted */
    gboolean read;   /* it is marked as read */
    guint32
        bounce; /* it goes back to its sender, for this code; then nothing else counts. 0: it does not */
} TwRulePlan;

/**
 * tw_rule_plan_clear:
 * @plan: a plan, or zeros
 */
void tw_rule_plan_clear(TwRulePlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwRulePlan, tw_rule_plan_clear)

/**
 * tw_rules_plan:
 * @set: rules; outlive the plan
 * @message: the message as it is delivered
 * @context: what else decides
 * @ret: (out): what shall become of it; to be cleared
 *
 * Asks each rule that is enabled and sound, in order, until one that matches says that it is the last. Each condition is
 * asked of the message as it was delivered, whatever rules before it want.
 */
void tw_rules_plan(const TwRuleSet *set,
                   const TwPropSource *message,
                   const TwRuleContext *context,
                   TwRulePlan *ret);

G_END_DECLS
