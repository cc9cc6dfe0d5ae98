/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How mails are delivered: what dagent.cfg says, read once into a struct that never changes. */
#pragma once

#include "base/config.h"
#include "groupware/mail-marks.h"

G_BEGIN_DECLS

typedef enum {
    TW_DUPLICATES_DELIVER, /* every mail that comes */
    TW_DUPLICATES_RETRIES, /* but not one that the sender repeats because our answer was lost */
    TW_DUPLICATES_ID,      /* nor one whose Message-ID the mailbox had before */
} TwDuplicates;

typedef enum {
    TW_RAW_NEVER,
    TW_RAW_ALL,
    TW_RAW_ERROR, /* mails that a hook failed on */
    TW_RAW_USERS, /* mails to the users in a list */
} TwRawCopies;

/* Everything is owned by the struct. */
typedef struct {
    char *spam_name, *spam_value; /* header that marks spam, and text in it; name "": none */
    TwDuplicates duplicates;
    gboolean set_rule_headers;            /* mark what rules send */
    gboolean no_double_forward;           /* what is so marked is not forwarded again */
    char **forward_domains;               /* patterns of allowed targets */
    char *refusal_subject, *refusal_text; /* of the notice about a target that is not allowed */
    TwMarkPatterns *inhibit_forward, *inhibit_reply;
    char *autoresponder; /* path of a program; "": the built-in one answers */
    gboolean reply_cc, reply_bcc,
        reply_other;          /* answer also where the user is in Cc, Bcc, in none */
    gint64 reply_interval_us; /* to one sender once in so long */
    TwRawCopies raw;
    char **raw_users;
    char *raw_path;
    char *tmp_path;
    char *charset;      /* of text that names none; NULL: it is guessed */
    char **substitutes; /* pairs: a charset that is not known, the one that it means */
    char **headers;     /* fields that become named properties */
    char *plugin_path;  /* folder of programs that are hooks; "": none are called */
    char *mr_accepter,
        *mr_processor; /* paths of programs for meeting mail; "": the server does that */
    char
        *config_path; /* the file that they are told of; "" unless the program that reads it says */
    char *public_recipient; /* name whose "+folder" is in the public store; "": none */
} TwDeliveryOptions;

/** tw_delivery_config_table: spec/config-and-cli.md 6.5, what of it delivery itself heeds, and 7. */
extern const TwConfigTable tw_delivery_config_table;

/**
 * tw_delivery_options_new:
 * @config: (nullable): with the keys of %tw_delivery_config_table; NULL: the defaults
 * @error: TW_ERROR_NOT_FOUND and others: a file that a key names cannot be read
 *
 * Returns: (transfer full): the options, never changed once they are in use, or NULL
 */
TwDeliveryOptions *tw_delivery_options_new(const TwConfig *config, GError **error);

/**
 * tw_delivery_options_ref:
 * @options: options
 *
 * Returns: (transfer full): the same
 */
TwDeliveryOptions *tw_delivery_options_ref(TwDeliveryOptions *options);

/**
 * tw_delivery_options_unref:
 * @options: (nullable) (transfer full): options
 */
void tw_delivery_options_unref(TwDeliveryOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDeliveryOptions, tw_delivery_options_unref)

G_END_DECLS
