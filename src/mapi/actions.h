/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a rule does when its condition holds: the value of PR_RULE_ACTIONS. Numbers: spec/mailbox-layout.md 13.3; wire form:
 * MS-OXORULE 2.2.5; members: spec/mapi-soap.md 4.6. In a property bag actions are kept in their 32-bit wire form.
 */
#pragma once

#include "mapi/props.h"
#include "mapi/wire.h"

G_BEGIN_DECLS

typedef enum {
    TW_ACTION_MOVE = 1,
    TW_ACTION_COPY = 2,
    TW_ACTION_REPLY = 3,
    TW_ACTION_OOF_REPLY = 4,
    TW_ACTION_DEFER = 5,
    TW_ACTION_BOUNCE = 6,
    TW_ACTION_FORWARD = 7,
    TW_ACTION_DELEGATE = 8,
    TW_ACTION_TAG = 9,
    TW_ACTION_DELETE = 10,
    TW_ACTION_MARK_READ = 11,
} TwActionType;

/* Flavors of REPLY and OOF_REPLY, and of FORWARD. */
enum {
    TW_REPLY_NOT_TO_ORIGINATOR = 1,
    TW_REPLY_STOCK_TEMPLATE = 2,
    TW_FORWARD_KEEP_SENDER = 1, /* redirect */
    TW_FORWARD_NO_MUNGE = 2,
    TW_FORWARD_AS_ATTACHMENT = 4,
    TW_FORWARD_AS_SMS = 8,
};

/* Codes of BOUNCE. */
enum {
    TW_BOUNCE_TOO_LARGE = 0x0D,
    TW_BOUNCE_FORM_MISMATCH = 0x1F,
    TW_BOUNCE_ACCESS_DENIED = 0x26,
};

enum {
    TW_ACTIONS_MAX_COUNT = 1024, /* actions of one rule; each is work for every mail delivered */
    TW_ACTIONS_MAX_RECIPIENTS = 4096,       /* in all its actions: one mail must not become more */
    TW_ACTIONS_MAX_BYTES = 4 * 1024 * 1024, /* of all they hold, and of their wire form */
};

/* One action. What its type does not use is zero. In hand, all pointers are borrowed from the list it came from. */
typedef struct {
    TwActionType type;
    guint32 flavor, flags;
    gboolean in_this_store; /* MOVE, COPY: 16-bit wire form only */
    const guint8 *store;    /* MOVE, COPY: store entry id */
    const guint8 *folder;   /* MOVE, COPY: folder entry id */
    const guint8 *
        message; /* REPLY, OOF_REPLY: template's entry id; in the 16-bit form folder and message id, 16 bytes */
    const guint8 *data; /* DEFER: the client's own */
    guint32 store_len, folder_len, message_len, data_len;
    guint8 guid[16];           /* REPLY, OOF_REPLY: of the template */
    guint32 bounce;            /* BOUNCE */
    const TwProps *recipients; /* FORWARD, DELEGATE: one bag each */
    guint recipient_count;
    TwPropValue value; /* TAG: the property to set */
} TwAction;

typedef struct TwActions TwActions;

/**
 * tw_actions_ref:
 * @actions: a list
 *
 * Returns: (transfer full): @actions
 */
TwActions *tw_actions_ref(TwActions *actions);

/**
 * tw_actions_unref:
 * @actions: (nullable): a list
 *
 * The last one frees it. Safe from any thread.
 */
void tw_actions_unref(TwActions *actions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwActions, tw_actions_unref)

/**
 * tw_actions_count:
 * @actions: a list
 *
 * Returns: how many
 */
guint tw_actions_count(const TwActions *actions);

/**
 * tw_actions_get:
 * @actions: a list
 * @index: below tw_actions_count()
 *
 * Returns: (transfer none): the action, borrowed from @actions
 */
const TwAction *tw_actions_get(const TwActions *actions, guint index);

/**
 * tw_actions_new:
 * @actions: (array length=count): actions, copied whole
 * @count: how many
 * @error: on failure TW_ERROR_INVALID (unknown type, a value without a wire form), TW_ERROR_CORRUPT (a bad value) or
 *   TW_ERROR_TOO_BIG
 *
 * Returns: (transfer full): the list, never changed after, or NULL
 */
TwActions *tw_actions_new(const TwAction *actions, guint count, GError **error);

/**
 * tw_actions_parse:
 * @data: (array length=len): actions in their wire form
 * @len: bytes, all of which must belong to them
 * @width: of counts and lengths: 16 bits in standard rules, 32 in extended ones
 * @error: on failure TW_ERROR_CORRUPT, or as tw_actions_new()
 *
 * Returns: (transfer full): the list, or NULL
 */
TwActions *tw_actions_parse(const guint8 *data, gsize len, TwWireWidth width, GError **error);

/**
 * tw_actions_print:
 * @actions: a list
 * @width: of counts and lengths
 * @out: (inout): takes the wire form; it fails when a length does not fit the width, or in the 16-bit form a
 *   template's id is not 16 bytes long
 */
void tw_actions_print(const TwActions *actions, TwWireWidth width, TwBuffer *out);

/**
 * tw_action_name:
 * @type: of an action
 *
 * Returns: (transfer none): a constant for logs, such as "move"; "unknown" for a number outside the list
 */
const char *tw_action_name(TwActionType type);

G_END_DECLS
