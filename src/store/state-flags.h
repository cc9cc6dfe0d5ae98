/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Flags of mail clients and the properties in which MAPI clients say the same. The bits of PR_MSG_STATUS in the row are what
 * counts; the properties are kept as they were saved, and shown as the bits say (spec/mailbox-layout.md 22.2, 22.4). Pure.
 *
 *   flag       bit     property
 *   flagged    0x2     PR_FLAG_STATUS 2, PR_FOLLOWUP_ICON, PR_TODO_ITEM_FLAGS
 *   answered   0x200   PR_LAST_VERB_EXECUTED 102, 103, 108; PR_ICON_INDEX 0x105
 *   forwarded  0x400   PR_LAST_VERB_EXECUTED 104; PR_ICON_INDEX 0x106
 *
 * A flagged mail has a request, a title and the state of a task in named properties as well; one that was flagged by the bit alone
 * has no date, and one whose bit was taken away nothing of all that, and no reminder. Those of tasks, appointments and meeting messages
 * are their own.
 */
#pragma once

#include "mapi/object.h"

G_BEGIN_DECLS

typedef enum {
    TW_STATUS_FLAGGED = 0x2,
    TW_STATUS_ANSWERED = 0x200,
    TW_STATUS_FORWARDED = 0x400,
    TW_STATUS_ANSWERED_OLD = 0x10000, /* as an older gateway wrote it */
} TwStatusBit;

/* What a message says in properties. */
typedef struct {
    guint32 flag;   /* PR_FLAG_STATUS; 0: none */
    guint32 verb;   /* PR_LAST_VERB_EXECUTED; 0: none */
    guint32 icon;   /* PR_ICON_INDEX; G_MAXUINT32: none, or a new message */
    gboolean other; /* it is no mail: what its named properties say is not about a flag */
} TwStateProps;

typedef enum {
    TW_STATE_KEEP, /* as it is stored, or not there as it is not stored */
    TW_STATE_GIVE, /* another value */
    TW_STATE_HIDE, /* as if it were not there */
} TwStateAnswer;

/**
 * tw_state_props_of:
 * @object: a message
 *
 * Returns: what it says
 */
TwStateProps tw_state_props_of(const TwObject *object);

/**
 * tw_state_status:
 * @said: what is saved
 * @old: PR_MSG_STATUS of the message before; 0: it is new
 * @wanted: PR_MSG_STATUS as it would be without these properties
 *
 * Who changed something is heard: a property that says other than the bits did changes them; one that says the same leaves
 * them to PR_MSG_STATUS. A message is answered and forwarded when it was one and is now the other.
 *
 * Returns: PR_MSG_STATUS as it shall be
 */
guint32 tw_state_status(const TwStateProps *said, guint32 old, guint32 wanted);

/**
 * tw_state_is_shown:
 * @tag: a property
 *
 * Returns: whether it depends on the bits
 */
gboolean tw_state_is_shown(guint32 tag);

/**
 * tw_state_show:
 * @status: PR_MSG_STATUS of a message
 * @kept: what is stored of it
 * @tag: a property that depends on the bits
 * @ret: (out): its value, on %TW_STATE_GIVE
 *
 * Returns: how the property is shown
 */
TwStateAnswer tw_state_show(guint32 status, const TwStateProps *kept, guint32 tag, guint32 *ret);

/* The named properties of a flagged mail, whose ids are fixed. Each row: name, id, type, how it is without a date: GIVE or HIDE. */
#define TW_STATE_NAME_LIST(X)                                                                      \
    X(FlagRequest, 0x81d0, UNICODE, GIVE)                                                          \
    X(TaskStatus, 0x8071, LONG, GIVE)                                                              \
    X(PercentComplete, 0x8072, DOUBLE, GIVE)                                                       \
    X(TaskComplete, 0x808c, BOOLEAN, GIVE)                                                         \
    X(ToDoTitle, 0x8244, UNICODE, GIVE)                                                            \
    X(FlagString, 0x8260, LONG, HIDE)                                                              \
    X(TaskStartDate, 0x8074, SYSTIME, HIDE)                                                        \
    X(TaskDueDate, 0x8075, SYSTIME, HIDE)                                                          \
    X(TaskDateCompleted, 0x807f, SYSTIME, HIDE)                                                    \
    X(CommonStart, 0x81b6, SYSTIME, HIDE)                                                          \
    X(CommonEnd, 0x81b7, SYSTIME, HIDE)                                                            \
    X(ToDoOrdinalDate, 0x8240, SYSTIME, HIDE)                                                      \
    X(ToDoSubOrdinal, 0x8241, UNICODE, HIDE)                                                       \
    X(ReminderSet, 0x81a3, BOOLEAN, HIDE)                                                          \
    X(ReminderTime, 0x81a2, SYSTIME, HIDE)                                                         \
    X(ReminderSignalTime, 0x8200, SYSTIME, HIDE)

enum {
#define TW_STATE_NAME_ROW(name, id, type, answer) TW_STATE_##name = id,
    TW_STATE_NAME_LIST(TW_STATE_NAME_ROW)
#undef TW_STATE_NAME_ROW
};

/**
 * tw_state_is_named:
 * @tag: a property
 *
 * Returns: whether it is one of them
 */
gboolean tw_state_is_named(guint32 tag);

/**
 * tw_state_is_other:
 * @message_class: (nullable): of a message
 *
 * Returns: whether it is no mail
 */
gboolean tw_state_is_other(const char *message_class);

/**
 * tw_state_show_named:
 * @status: PR_MSG_STATUS of a message
 * @kept: what is stored of it
 * @tag: one of the named properties
 * @ret: (out): its value, on %TW_STATE_GIVE; the title is PR_NORMALIZED_SUBJECT, and has no text here
 *
 * Returns: how the property is shown
 */
TwStateAnswer tw_state_show_named(guint32 status,
                                  const TwStateProps *kept,
                                  guint32 tag,
                                  TwPropValue *ret);

/**
 * tw_state_give:
 * @status: PR_MSG_STATUS of a message
 * @object: (inout): it as it is stored; gets the properties as they are shown
 * @error: as tw_object_set()
 *
 * Returns: FALSE on failure
 */
gboolean tw_state_give(guint32 status, TwObject *object, GError **error);

G_END_DECLS
