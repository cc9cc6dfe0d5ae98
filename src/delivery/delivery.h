/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Delivery of mails into mailboxes, for the doors by which mail comes in. A mail is looked at once, whoever it is for.
 *
 * While the envelope is told, tw_delivery_find() says for each recipient where its mail goes; when the mail is whole,
 * tw_delivery_run() brings it there, with the owner's rules and out-of-office answer, and says how it went for each.
 */
#pragma once

#include "delivery/duplicates.h"
#include "delivery/hooks.h"
#include "delivery/options.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct TwDelivery TwDelivery;

enum {
    TW_DELIVERY_MOST_PLACES = 10000, /* mailboxes behind one recipient: a group of groups */
    TW_DELIVERY_FOLDER_MAX = 1024,   /* bytes of a folder's path */
    TW_DELIVERY_FOLDER_DEPTH = 32,   /* names in it */
};

/* What whoever brings the mail wants done with it: options of the delivery agent. */
typedef enum {
    TW_DELIVERY_JUNK = 1u << 0,         /* into the junk folder */
    TW_DELIVERY_READ = 1u << 1,         /* marked as read */
    TW_DELIVERY_QUIET = 1u << 2,        /* clients are not told of new mail */
    TW_DELIVERY_PUBLIC = 1u << 3,       /* the folder is one of the public store */
    TW_DELIVERY_CREATE = 1u << 4,       /* make the folder when it is missing */
    TW_DELIVERY_NO_LOGIN = 1u << 5,     /* an address only, no log-on name */
    TW_DELIVERY_STRIP_DOMAIN = 1u << 6, /* what stands before the "@" is the recipient */
} TwDeliveryFlags;

/* All zero: nothing special. */
typedef struct {
    guint flags;        /* bits of #TwDeliveryFlags */
    const char *folder; /* (nullable): path of a folder */
    char separator;     /* between the names in it; 0: a backslash */
    guint64 size;       /* of the mail, as announced; 0: not known */
} TwDeliveryWish;

/* One mailbox that gets the mail. */
typedef struct {
    TwGuid store;
    guint32 user;     /* whose it is: a number of the directory; 0: the public store */
    guint32 folder;   /* 0: where the store receives mail */
    gboolean by_wish; /* the folder was asked for: no rules */
} TwDeliveryPlace;

/* Somebody the mail is for. */
typedef struct {
    char *address;  /* owned: as it was given */
    guint flags;    /* bits of #TwDeliveryFlags */
    GArray *places; /* of TwDeliveryPlace, at least one; a group has many */
    GError *error;  /* owned; after tw_delivery_run(): NULL: it is durable; else why not */
} TwDeliveryRecipient;

/* A mail as it came. */
typedef struct {
    GBytes *mail;       /* raw bytes */
    gsize trace_len;    /* how many of them, at the start, are this server's own trace lines */
    const char *sender; /* of the envelope; "" for none */
    gint64 recv_us;     /* when it was received; 0: now */
    const TwMailDigest *
        digest; /* (nullable): of it without trace lines: who brings it repeats it when no answer comes */
} TwDeliveryMail;

/**
 * tw_delivery_new:
 * @server: where the mailboxes are; outlives the delivery
 * @options: (nullable): how; a reference is taken; NULL: the defaults
 *
 * Returns: (transfer full): what delivers there; any number of threads may use it
 */
TwDelivery *tw_delivery_new(TwServer *server, TwDeliveryOptions *options);

/**
 * tw_delivery_set_options:
 * @delivery: a delivery
 * @options: how, from the next mail on; a reference is taken
 */
void tw_delivery_set_options(TwDelivery *delivery, TwDeliveryOptions *options);

/**
 * tw_delivery_add_hook:
 * @delivery: a delivery nobody uses yet
 * @hook: what looks at each mail; copied. Hooks are asked in the order in which they were added
 */
void tw_delivery_add_hook(TwDelivery *delivery, const TwDeliveryHook *hook);

/**
 * tw_delivery_free:
 * @delivery: (nullable) (transfer full): a delivery nobody uses any more
 */
void tw_delivery_free(TwDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDelivery, tw_delivery_free)

/**
 * tw_delivery_recipient_free:
 * @recipient: (nullable) (transfer full): a recipient
 */
void tw_delivery_recipient_free(TwDeliveryRecipient *recipient);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDeliveryRecipient, tw_delivery_recipient_free)

/**
 * tw_delivery_find:
 * @delivery: a delivery
 * @address: an e-mail address, an alias or a login name, of a user, shared mailbox, resource, group or company; also with
 *   "+folder" before the "@"
 * @wish: (nullable): what is wanted
 * @error: TW_ERROR_NOT_FOUND: nobody has it; AMBIGUOUS: more than one; NO_ACCESS: it is there, and gets no mail; QUOTA: the
 *   mailbox is full, or the mail is too large for what is left; TOO_BIG: a group of too many; what the directory says: try
 *   later
 *
 * A folder that is asked for and is not there is the Inbox.
 *
 * Returns: (transfer full): where its mail goes, or NULL
 */
TwDeliveryRecipient *tw_delivery_find(TwDelivery *delivery,
                                      const char *address,
                                      const TwDeliveryWish *wish,
                                      GError **error);

/**
 * tw_delivery_run:
 * @delivery: a delivery
 * @mail: a mail
 * @recipients: (array length=count): from tw_delivery_find(); a mailbox behind two of them gets one copy
 * @count: how many
 *
 * Sets the error of each, NULL before: TW_ERROR_QUOTA: its mailbox is full; NO_ACCESS: refused for good, by a rule of the owner or a hook;
 * TOO_BIG: larger than a mailbox or its owner takes; all others: try again later. Of a group it is set when nobody got the
 * mail, or when some could not get it now: the others do not get it again when it is tried again.
 */
void tw_delivery_run(TwDelivery *delivery,
                     const TwDeliveryMail *mail,
                     TwDeliveryRecipient *const *recipients,
                     guint count);

/**
 * tw_delivery_confirm:
 * @delivery: a delivery
 * @digest: of a mail that was delivered
 *
 * Whoever brought the mail knows our answer: the same bytes are another mail from now on.
 */
void tw_delivery_confirm(TwDelivery *delivery, const TwMailDigest *digest);

G_END_DECLS
