/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a SEARCH asks for: a tree of keys. Pure. Source: RFC 9051, section 6.4.4; RFC 5032 (WITHIN), RFC 7162 (MODSEQ), RFC 8474
 * (EMAILID, THREADID), RFC 8514 (SAVEDATE).
 */
#pragma once

#include "imap/parse.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_KEYS_MAX = 1000, /* of one command; each costs a look at every message */
    TW_IMAP_KEYS_DEPTH = 40, /* keys inside keys */
};

typedef enum {
    TW_IMAP_KEY_ALL,
    TW_IMAP_KEY_AND,
    TW_IMAP_KEY_OR,
    TW_IMAP_KEY_NOT,
    TW_IMAP_KEY_NUMBERS, /* sequence numbers */
    TW_IMAP_KEY_UIDS,
    TW_IMAP_KEY_SAVED, /* "$" */
    TW_IMAP_KEY_FLAGS, /* number: bits of TwImapFlag that it has */
    TW_IMAP_KEY_KEYWORD,
    TW_IMAP_KEY_MODSEQ,      /* number: this or later */
    TW_IMAP_KEY_BEFORE,      /* number: a day since 1970 */
    TW_IMAP_KEY_ON,          /* */
    TW_IMAP_KEY_SINCE,       /* */
    TW_IMAP_KEY_SAVEDBEFORE, /* likewise, of when it came into its folder */
    TW_IMAP_KEY_SAVEDON,
    TW_IMAP_KEY_SAVEDSINCE,
    TW_IMAP_KEY_OLDER,      /* number: seconds */
    TW_IMAP_KEY_YOUNGER,    /* */
    TW_IMAP_KEY_LARGER,     /* number: bytes */
    TW_IMAP_KEY_SMALLER,    /* */
    TW_IMAP_KEY_EMAILID,    /* number */
    TW_IMAP_KEY_THREADID,   /* */
    TW_IMAP_KEY_SENTBEFORE, /* from here on the header is needed */
    TW_IMAP_KEY_SENTON,
    TW_IMAP_KEY_SENTSINCE,
    TW_IMAP_KEY_HEADER, /* name, text */
    TW_IMAP_KEY_BODY,   /* from here on the mail is needed */
    TW_IMAP_KEY_TEXT,
} TwImapKeyKind;

typedef struct {
    TwImapKeyKind kind;
    guint64 number;
    char *name;          /* owned: of a header field or keyword */
    char *text;          /* owned: as sent */
    GArray *ranges;      /* owned: TwImapRange as sent; later uids */
    GPtrArray *children; /* owned: TwImapKey */
    gint bit;            /* of a keyword, once known; -1: no message has it */
} TwImapKey;

/**
 * tw_imap_key_free:
 * @key: (nullable) (transfer full): a key with all inside of it
 */
void tw_imap_key_free(TwImapKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwImapKey, tw_imap_key_free)

/**
 * tw_imap_take_keys:
 * @cur: a cursor behind the blank
 * @ret: (out) (transfer full): all keys up to the end of the command, as one
 *
 * Returns: FALSE if they are not understood, or more than %TW_IMAP_KEYS_MAX
 */
gboolean tw_imap_take_keys(TwCursor *cur, TwImapKey **ret);

/**
 * tw_imap_key_needs:
 * @key: a key
 *
 * Returns: the largest kind in it: what has to be read for it
 */
TwImapKeyKind tw_imap_key_needs(const TwImapKey *key);

/**
 * tw_imap_key_has:
 * @key: a key
 * @kind: a kind
 *
 * Returns: whether there is one in it
 */
gboolean tw_imap_key_has(const TwImapKey *key, TwImapKeyKind kind);

G_END_DECLS
