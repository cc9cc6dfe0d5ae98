/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is known of mailboxes from mails before: what their owners want done with new mail, and how much room there was. A mailbox is
 * not read again while nothing but mail moved in it, which its stamp tells (session/ops-store.h).
 */
#pragma once

#include "delivery/delivery.h"
#include "groupware/oof.h"
#include "groupware/rules.h"

G_BEGIN_DECLS

enum {
    TW_KNOWN_MOST =
        10000, /* mailboxes that are remembered, each some kilobytes; a large one has more */
    TW_KNOWN_SECONDS =
        300, /* at the longest: what a long job removes in the background moves no stamp */
    TW_KNOWN_ROOM_SECONDS =
        60, /* the engine decides when the mail comes, whatever was said before */
};

/* What holds in a mailbox for mail into one folder; never changed once it is made. */
typedef struct {
    guint32 inbox;    /* the folder */
    TwRuleSet *rules; /* owned */
    TwOof oof;
} TwBoxSettings;

/**
 * tw_box_settings_ref:
 * @settings: settings
 *
 * Returns: (transfer full): the same
 */
TwBoxSettings *tw_box_settings_ref(TwBoxSettings *settings);

/**
 * tw_box_settings_unref:
 * @settings: (nullable) (transfer full): settings
 */
void tw_box_settings_unref(TwBoxSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwBoxSettings, tw_box_settings_unref)

typedef struct TwKnown TwKnown;

/**
 * tw_known_new:
 * @delivery: who asks; outlives it
 *
 * Returns: (transfer full): nothing is known
 */
TwKnown *tw_known_new(TwDelivery *delivery);

/**
 * tw_known_free:
 * @known: (nullable) (transfer full): what is known
 */
void tw_known_free(TwKnown *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwKnown, tw_known_free)

/**
 * tw_known_settings:
 * @known: what is known
 * @store: a mailbox
 * @folder: where the mail goes; 0: where the store receives mail of its class
 * @message_class: class of the mail
 * @error: what reading says
 *
 * Returns: (transfer full): what holds there, or NULL
 */
TwBoxSettings *tw_known_settings(
    TwKnown *known, const TwGuid *store, guint32 folder, const char *message_class, GError **error);

/**
 * tw_known_has_room:
 * @known: what is known
 * @user: owner of a mailbox
 * @size: bytes of a mail; 0: not known
 *
 * Looked up when the last look is old, or showed little room.
 *
 * Returns: FALSE: the mailbox is full, or would be by this mail
 */
gboolean tw_known_has_room(TwKnown *known, guint32 user, guint64 size);

G_END_DECLS
