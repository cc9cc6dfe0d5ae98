/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): the rules of a folder. They say whom somebody hears from, so who may not change
 * them does not read them either. */
#pragma once

#define TW_OP_RULE_LIST(X)                                                                         \
    X(RULES, rules, Rules, READ, FOLDER, FOLDER_OWNER, NOTHING, NO)                                \
    X(RULES_CHANGE, rules_change, RulesChange, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)           \
    X(RULE_STATE, rule_state, RuleState, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)

#define TW_ARGS_Rules(IN, OUT)                                                                     \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    OUT(RULES, rules, "in the order in which they are carried out")
#define TW_ARGS_RulesChange(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(FLAG, replace, "all rules there were go first")                                             \
    IN(RULE_CHANGES, rows, "what to do, in order: all of it or nothing")
#define TW_ARGS_RuleState(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U64, rule, "a PR_RULE_ID")                                                                  \
    IN(U32, set, "TwRuleState to set; clearing comes first")                                       \
    IN(U32, clear, "TwRuleState to clear")
