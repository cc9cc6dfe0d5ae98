/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rooms, equipment, and people who have requests answered by themselves: is there room for a meeting? (spec/config-and-cli.md
 * 19.5). A room or a piece of equipment with a capacity of N takes N meetings at a time.
 */
#pragma once

#include "groupware/meetings.h"

G_BEGIN_DECLS

enum {
    TW_RESOURCES_MOST_DAYS = 730, /* of a series: what comes later is not looked at */
};

/* All zero: yes. */
typedef struct {
    gboolean declined;
    char *reason; /* owned (nullable): text for the organiser */
} TwResourceVerdict;

/**
 * tw_resource_verdict_clear:
 * @verdict: a verdict
 */
void tw_resource_verdict_clear(TwResourceVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwResourceVerdict, tw_resource_verdict_clear)

/**
 * tw_resources_judge:
 * @meetings: a mailbox that accepts by itself
 * @item: what was asked for, as it would stand in the calendar
 * @message: of the item that it replaces or is, 0: none; it does not conflict with itself
 * @saved_cn: the change number with which @message was saved: of what is in the calendar only what was saved before it counts; 0:
 *   all of it does
 * @ret: (out): the verdict
 * @error: what an operation failed with
 *
 * Declined: series where they are; what lies wholly in the past; what overlaps more than there is room for, where that is. What is
 * free or cancelled does not conflict. Of a series the instances of the next two years count.
 *
 * Returns: FALSE on failure
 */
gboolean tw_resources_judge(TwMeetings *meetings,
                            const TwObject *item,
                            guint32 message,
                            guint64 saved_cn,
                            TwResourceVerdict *ret,
                            GError **error);

G_END_DECLS
