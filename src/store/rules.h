/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The rules table of a folder: what delivery does with a new message. Kept as one property of the folder, PR_RULES_DATA, in
 * our own form; what clients of the wire write under that tag is translated by the door.
 *
 * A rule is a bag of properties (spec/mailbox-layout.md 13.1). PR_RULE_ID is given here, once. Rows come in the order of
 * PR_RULE_SEQUENCE, then of PR_RULE_ID.
 *
 * Format, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       4     "TWRL"                                                                              1
 *   4       2     version: 1                                                                          1
 *   6       2     n: how many rules                                                                   1
 *   8       8     the next PR_RULE_ID                                                                 1
 *   16            n times {u32 length, a packed bag}, PR_RULE_ID ascending                            1
 */
#pragma once

#include "mapi/props.h"
#include "store/store.h"

G_BEGIN_DECLS

enum {
    TW_RULES_MAX_COUNT = 1000, /* of one folder: each is looked at for every mail delivered */
    TW_RULES_MAX_BYTES = 4 * 1024 * 1024, /* of all rules of a folder */
    TW_RULES_MAX_RULE = 1024 * 1024,      /* of one */
    TW_RULES_MAX_CHANGES = 10000,         /* in one call */
};

/* Bits of PR_RULE_STATE. */
typedef enum {
    TW_RULE_ENABLED = 0x1,
    TW_RULE_ERROR = 0x2,
    TW_RULE_ONLY_WHEN_OOF = 0x4,
    TW_RULE_KEEP_OOF_HISTORY = 0x8,
    TW_RULE_EXIT_LEVEL = 0x10,
    TW_RULE_SKIP_IF_SAFE = 0x20,
    TW_RULE_PARSE_ERROR = 0x40,
    TW_RULE_LEGACY_DISABLED = 0x80,
    TW_RULE_EXTENDED_ONLY_OOF = 0x100,
} TwRuleState;

typedef struct TwRules TwRules;

/**
 * tw_rules_new:
 *
 * Returns: (transfer full): an empty table
 */
TwRules *tw_rules_new(void);

/**
 * tw_rules_free:
 * @rules: (nullable) (transfer full): a table
 */
void tw_rules_free(TwRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwRules, tw_rules_free)

/**
 * tw_rules_parse:
 * @data: (array length=len): a table in our own form; no bytes are an empty one
 * @len: how many bytes
 * @error: TW_ERROR_CORRUPT; UNSUPPORTED: another version; TOO_BIG
 *
 * Returns: (transfer full): the table, or NULL
 */
TwRules *tw_rules_parse(const guint8 *data, gsize len, GError **error);

/**
 * tw_rules_write:
 * @rules: a table
 *
 * Returns: (transfer full): its form on disk
 */
GBytes *tw_rules_write(const TwRules *rules);

/**
 * tw_rules_count:
 * @rules: a table
 *
 * Returns: how many rules it has
 */
guint tw_rules_count(const TwRules *rules);

/**
 * tw_rules_get:
 * @rules: a table
 * @index: from 0, in the order in which rules are carried out
 * @ret: (out): the rule, borrowed until the table is changed
 *
 * Returns: its PR_RULE_ID, or 0 past the end
 */
guint64 tw_rules_get(const TwRules *rules, guint index, TwProps *ret);

/* One row of a change, as ModifyTable has them. Numbers are of the wire. */
typedef enum {
    TW_RULES_ADD = 1, /* a new rule: gets an id, whatever id it has */
    TW_RULES_MODIFY =
        2, /* the rule with its PR_RULE_ID: values of @props replace those it has, others stay */
    TW_RULES_REMOVE = 4, /* the rule with its PR_RULE_ID; none of that id: passed over */
} TwRulesOp;

typedef struct {
    TwRulesOp op;
    const TwProps *props; /* borrowed */
} TwRulesChange;

/**
 * tw_rules_change:
 * @rules: a table
 * @replace: all rules there were go first
 * @changes: (array length=count): what to do, in order
 * @count: how many
 * @error: TW_ERROR_NOT_FOUND: no rule to modify; INVALID: an unknown op, no PR_RULE_ID, an addition without sequence or
 *   provider, a value of the wrong type; CORRUPT, TOO_COMPLEX: a condition or action that cannot be read; TOO_BIG: a limit
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_rules_change(
    TwRules *rules, gboolean replace, const TwRulesChange *changes, guint count, GError **error);

/**
 * tw_folder_read_rules:
 * @store: a store
 * @folder: a folder
 * @error: TW_ERROR_NOT_FOUND; CORRUPT: they cannot be read; UNSUPPORTED
 *
 * Returns: (transfer full): its rules, none when nobody made any, or NULL
 */
TwRules *tw_folder_read_rules(TwStore *store, guint32 folder, GError **error);

/**
 * tw_folder_change_rules:
 * @store: a store
 * @folder: a folder
 * @replace: as tw_rules_change(); also what cannot be read goes then
 * @changes: (array length=count): as tw_rules_change()
 * @count: how many
 * @error: as tw_folder_read_rules() and tw_rules_change(); BUSY: others keep changing the folder
 *
 * Changes the rules of a folder as a whole or not at all; changes of others in between are not lost.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_folder_change_rules(TwStore *store,
                                guint32 folder,
                                gboolean replace,
                                const TwRulesChange *changes,
                                guint count,
                                GError **error);

/**
 * tw_folder_set_rule_state:
 * @store: a store
 * @folder: a folder
 * @rule: a PR_RULE_ID
 * @set: bits of #TwRuleState to set; clearing comes first
 * @clear: bits to clear
 * @error: as tw_folder_change_rules()
 *
 * For delivery: marks a rule that failed.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_set_rule_state(
    TwStore *store, guint32 folder, guint64 rule, guint set, guint clear, GError **error);

G_END_DECLS
