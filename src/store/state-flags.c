/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/state-flags.h"

#include "mapi/tags.h"
#include "store/derive.h"

enum {
    FLAG_SET = 2,
    ICON_RED = 6,
    ITEM_FLAGGED = 1,
    VERB_REPLY = 102,
    VERB_REPLY_ALL = 103,
    VERB_FORWARD = 104,
    VERB_REPLY_TO_FOLDER = 108,
    ICON_READ = 0x100,
    ICON_UNREAD = 0x101,
    ICON_REPLIED = 0x105,
    ICON_FORWARDED = 0x106,
    TURNED = TW_STATUS_ANSWERED | TW_STATUS_FORWARDED,
    TASK_NOT_STARTED = 0,
};

/* As clients write it, whatever their language. */
static const char request_text[] = "Follow up";

static const guint32 shown_tags[] = {
    PR_FLAG_STATUS,     PR_FOLLOWUP_ICON,      PR_FLAG_COMPLETE_TIME,
    PR_TODO_ITEM_FLAGS, PR_LAST_VERB_EXECUTED, PR_LAST_VERB_EXECUTION_TIME,
    PR_ICON_INDEX,
};

TwStateProps
tw_state_props_of(const TwObject *object)
{
    return (TwStateProps){ .flag = tw_object_get_long(object, PR_FLAG_STATUS, 0),
                           .verb = tw_object_get_long(object, PR_LAST_VERB_EXECUTED, 0),
                           .icon = tw_object_get_long(object, PR_ICON_INDEX, G_MAXUINT32),
                           .other = tw_state_is_other(
                               tw_object_get_text(object, PR_MESSAGE_CLASS, NULL)) };
}

static guint32
bit_of_verb(guint32 verb)
{
    if (verb == VERB_REPLY || verb == VERB_REPLY_ALL || verb == VERB_REPLY_TO_FOLDER)
        return TW_STATUS_ANSWERED;
    return verb == VERB_FORWARD ? TW_STATUS_FORWARDED : 0;
}

static guint32
bit_of_icon(guint32 icon)
{
    return icon == ICON_REPLIED     ? TW_STATUS_ANSWERED
           : icon == ICON_FORWARDED ? TW_STATUS_FORWARDED
                                    : 0;
}

/* Answered, forwarded or both. */
static guint32
turned(guint32 status)
{
    return (status & TURNED) |
           ((status & TW_STATUS_ANSWERED_OLD) != 0 ? (guint32) TW_STATUS_ANSWERED : 0);
}

guint32
tw_state_status(const TwStateProps *said, guint32 old, guint32 wanted)
{
    guint32 flagged = said->flag == FLAG_SET ? TW_STATUS_FLAGGED : 0;
    guint32 now = bit_of_verb(said->verb) | bit_of_icon(said->icon);

    if (flagged != (old & TW_STATUS_FLAGGED))
        wanted = (wanted & ~(guint32) TW_STATUS_FLAGGED) | flagged;
    if (now == 0 && turned(old) != 0)
        return wanted & ~(guint32) (TURNED | TW_STATUS_ANSWERED_OLD);
    return wanted | (now & ~turned(old));
}

gboolean
tw_state_is_shown(guint32 tag)
{
    for (guint i = 0; i < G_N_ELEMENTS(shown_tags); i++) {
        if (shown_tags[i] >> 16 == tag >> 16)
            return TRUE;
    }
    return FALSE;
}

static TwStateAnswer
show_flag(gboolean is, guint32 value, guint32 *ret)
{
    *ret = value;
    return is ? TW_STATE_GIVE : TW_STATE_HIDE;
}

/* An icon that says more than read or unread stays. */
static TwStateAnswer
show_icon(guint32 bits, guint32 icon, guint32 *ret)
{
    guint32 says = bit_of_icon(icon);

    if ((says & bits) != 0 || (says | bits) == 0)
        return TW_STATE_KEEP;
    if (bits == 0)
        return TW_STATE_HIDE;
    if (says == 0 && icon != G_MAXUINT32 && icon != ICON_READ && icon != ICON_UNREAD)
        return TW_STATE_KEEP;
    *ret = (bits & TW_STATUS_ANSWERED) != 0 ? ICON_REPLIED : ICON_FORWARDED;
    return TW_STATE_GIVE;
}

TwStateAnswer
tw_state_show(guint32 status, const TwStateProps *kept, guint32 tag, guint32 *ret)
{
    gboolean flagged = (status & TW_STATUS_FLAGGED) != 0;
    guint32 bits = turned(status), says = bit_of_verb(kept->verb);

    switch (tag >> 16) {
    case PR_ICON_INDEX >> 16:
        return show_icon(bits, kept->icon, ret);
    case PR_LAST_VERB_EXECUTED >> 16:
        *ret = (bits & TW_STATUS_ANSWERED) != 0 ? VERB_REPLY : VERB_FORWARD;
        return (says & bits) != 0 || (says | bits) == 0 ? TW_STATE_KEEP
               : bits != 0                              ? TW_STATE_GIVE
                                                        : TW_STATE_HIDE;
    case PR_LAST_VERB_EXECUTION_TIME >> 16: /* when it was is not known of a bit */
        return (says & bits) != 0 || (says | bits) == 0 ? TW_STATE_KEEP : TW_STATE_HIDE;
    default:
        break;
    }
    if (flagged == (kept->flag == FLAG_SET))
        return TW_STATE_KEEP;
    switch (tag >> 16) {
    case PR_FLAG_STATUS >> 16:
        return show_flag(flagged, FLAG_SET, ret);
    case PR_FOLLOWUP_ICON >> 16:
        return show_flag(flagged, ICON_RED, ret);
    case PR_TODO_ITEM_FLAGS >> 16:
        return show_flag(flagged, ITEM_FLAGGED, ret);
    default:
        return TW_STATE_HIDE; /* it is complete no more */
    }
}

/* ---- named properties ---- */

static const struct {
    guint32 tag;
    TwStateAnswer undated;
} named[] = {
#define TW_STATE_NAME_ROW(name, id, type, answer)                                                  \
    { (guint32) (id) << 16 | TW_PT_##type, TW_STATE_##answer },
    TW_STATE_NAME_LIST(TW_STATE_NAME_ROW)
#undef TW_STATE_NAME_ROW
};

static guint
index_of(guint32 tag)
{
    guint i = 0;

    while (i < G_N_ELEMENTS(named) && named[i].tag >> 16 != tag >> 16)
        i++;
    return i;
}

gboolean
tw_state_is_named(guint32 tag)
{
    return tag >= 0x80000000 && index_of(tag) < G_N_ELEMENTS(named);
}

gboolean
tw_state_is_other(const char *message_class)
{
    static const char note[] = "IPM.Note";
    gsize len = sizeof note - 1;

    if (message_class == NULL || g_ascii_strncasecmp(message_class, note, len) != 0)
        return message_class != NULL;
    return message_class[len] != '\0' && message_class[len] != '.';
}

static TwPropValue
undated(guint32 tag)
{
    switch (tag >> 16) {
    case TW_STATE_FlagRequest:
        return tw_value_str(tag, request_text);
    case TW_STATE_TaskStatus:
        return tw_value_long(tag, TASK_NOT_STARTED);
    case TW_STATE_PercentComplete:
        return tw_value_double(tag, 0);
    case TW_STATE_TaskComplete:
        return tw_value_bool(tag, FALSE);
    default:
        return (TwPropValue){ .tag = tag };
    }
}

TwStateAnswer
tw_state_show_named(guint32 status, const TwStateProps *kept, guint32 tag, TwPropValue *ret)
{
    gboolean flagged = (status & TW_STATUS_FLAGGED) != 0;
    guint at = index_of(tag);

    if (kept->other || flagged == (kept->flag == FLAG_SET))
        return TW_STATE_KEEP;
    if (!flagged || named[at].undated == TW_STATE_HIDE)
        return TW_STATE_HIDE;
    *ret = undated(named[at].tag);
    return TW_STATE_GIVE;
}

static gboolean
give_named(guint32 status, const TwStateProps *kept, TwObject *object, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(named); i++) {
        TwPropValue value;
        TwStateAnswer answer = tw_state_show_named(status, kept, named[i].tag, &value);

        if (answer == TW_STATE_KEEP)
            return TRUE; /* so are the others */
        if (answer == TW_STATE_HIDE) {
            tw_object_remove(object, named[i].tag);
            continue;
        }
        if (value.tag >> 16 == TW_STATE_ToDoTitle)
            value = tw_value_str(value.tag, tw_derive_normalized_subject(object));
        if (!tw_object_set(object, &value, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_state_give(guint32 status, TwObject *object, GError **error)
{
    TwStateProps kept = tw_state_props_of(object);

    for (guint i = 0; i < G_N_ELEMENTS(shown_tags); i++) {
        guint32 number;
        TwStateAnswer answer = tw_state_show(status, &kept, shown_tags[i], &number);
        TwPropValue value;

        if (answer == TW_STATE_HIDE)
            tw_object_remove(object, shown_tags[i]);
        if (answer != TW_STATE_GIVE)
            continue;
        value = tw_value_long(shown_tags[i], number);
        if (!tw_object_set(object, &value, error))
            return FALSE;
    }
    return give_named(status, &kept, object, error);
}
