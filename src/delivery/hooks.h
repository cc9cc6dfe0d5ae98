/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where others look at a mail on its way into a mailbox: meetings and resources, plugins. Stages and answers:
 * spec/config-and-cli.md 8.
 */
#pragma once

#include "session/session.h"

G_BEGIN_DECLS

/* When a hook is called, once for each mailbox, in this order. */
typedef enum {
    TW_HOOK_POST_CONVERTING, /* the message is made of the mail */
    TW_HOOK_PRE_DELIVERY,    /* before rules and saving */
    TW_HOOK_PRE_RULE,        /* before rules are read; not when none count, as for junk */
    TW_HOOK_NEW_MAIL,        /* before it is saved and clients are told of new mail */
    TW_HOOK_POST_DELIVERY,   /* it is durable */
} TwHookStage;

/* What a hook answers. The numbers are those of the script interface. */
typedef enum {
    TW_HOOK_CONTINUE = 0,
    TW_HOOK_FAILED = 1,       /* logged; goes on */
    TW_HOOK_STOP_SUCCESS = 2, /* done with this mailbox: not stored by us, and that is fine */
    TW_HOOK_STOP_FAILED = 3,  /* refused for good */
    TW_HOOK_EXIT = 4,         /* the other hooks of this stage are passed over */
    TW_HOOK_RETRY_LATER = 5,  /* refused this time */
} TwHookResult;

/* What a hook sees. */
typedef struct {
    TwSession *session; /* of the server itself: it may do everything */
    TwGuid store;       /* of the mailbox */
    guint32 user;       /* whose it is; 0: the public store */
    guint32 folder;     /* where the mail goes, or is; a hook before saving may change it */
    guint32 message;    /* POST_DELIVERY: its number */
    guint32 flags;      /* TwMessageFlag of the new message; a hook before saving may change them */
    TwObject *object;   /* the message */
    gboolean changed;   /* to be set by a hook before saving that changed it, for this mailbox */
    gboolean quiet;     /* may be set by a hook before saving: clients are not told of new mail */
    gboolean
        by_program; /* POST_DELIVERY: a meeting item that a program of the administrator takes care of */
    GBytes *mail; /* as it came */
} TwHookMail;

/**
 * TwHookFunc:
 * @stage: when
 * @mail: (inout): what is delivered
 * @data: of the hook
 * @error: (nullable): may be set with FAILED, STOP_FAILED and RETRY_LATER: why, for the log
 *
 * Called on the thread that delivers. After STOP_SUCCESS, STOP_FAILED or RETRY_LATER of a stage before saving the mail is not
 * saved in this mailbox; after saving they are as FAILED. At NEW_MAIL it is saved whatever they say: STOP_SUCCESS keeps it quiet,
 * the other two are as FAILED.
 *
 * Returns: how it shall go on
 */
typedef TwHookResult (*TwHookFunc)(TwHookStage stage,
                                   TwHookMail *mail,
                                   gpointer data,
                                   GError **error);

typedef struct {
    const char *name; /* for the log; constant */
    guint stages;     /* 1u << TwHookStage each: when it is called */
    TwHookFunc func;
    gpointer data; /* outlives the delivery */
} TwDeliveryHook;

G_END_DECLS
