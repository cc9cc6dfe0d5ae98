/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From the recipients of a message to the envelope: address book, groups, personal distribution lists and fax numbers become mail
 * addresses. Rows of the message in hand are completed or replaced, so that its headers say the same.
 */
#pragma once

#include "session/session.h"
#include "spooler/settings.h"

G_BEGIN_DECLS

enum {
    TW_RECIPIENTS_MOST =
        100000, /* addresses of one message: without it one list in a list in a list is endless */
    TW_RECIPIENTS_MOST_DEPTH = 8, /* personal lists in one another */
};

/* Why a recipient gets nothing. */
typedef enum {
    TW_RECIPIENT_OK,
    TW_RECIPIENT_UNKNOWN,   /* no mail address was found */
    TW_RECIPIENT_REFUSED,   /* the relay will not take it, or not the mail for it */
    TW_RECIPIENT_EXPIRED,   /* it was tried for too long */
    TW_RECIPIENT_EVERYONE,  /* allow_send_to_everyone */
    TW_RECIPIENT_FORBIDDEN, /* the sender may not send for whom it is from */
    TW_RECIPIENT_BROKEN,    /* the message cannot be made a mail */
} TwRecipientTrouble;

/* One address of the envelope, or a recipient that has none. */
typedef struct {
    char *address; /* (owned) (nullable) */
    char *name;    /* (owned) */
    TwRecipientTrouble trouble;
    guint16 code;     /* REFUSED, EXPIRED: what the relay said */
    guint8 status[3]; /* likewise */
    char *text;       /* (owned) (nullable): likewise */
} TwRecipient;

/**
 * tw_recipients_new:
 *
 * Returns: (transfer full) (element-type TwRecipient): an empty list, which owns what its elements do
 */
GArray *tw_recipients_new(void);

/**
 * tw_recipients_add:
 * @list: a list
 * @address: (nullable): a mail address; one that is there already is not added
 * @name: a name
 * @trouble: what is wrong with it
 *
 * Puts one at the end.
 */
void tw_recipients_add(GArray *list,
                       const char *address,
                       const char *name,
                       TwRecipientTrouble trouble);

/**
 * tw_recipients_collect:
 * @session: of the server itself
 * @settings: how
 * @store: of the message: personal lists are looked for there
 * @message: the message in hand
 * @error: TW_ERROR_TOO_BIG: %TW_RECIPIENTS_MOST; else what the directory or the store says
 *
 * Returns: (transfer full) (element-type TwRecipient): for whom it is, or NULL
 */
GArray *tw_recipients_collect(TwSession *session,
                              const TwSpoolerSettings *settings,
                              const TwGuid *store,
                              TwObject *message,
                              GError **error);

G_END_DECLS
