/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * IMAP URLs that name a message of this server, or a section of one. Pure. Source: RFC 5092, as CATENATE (RFC 4469) needs it.
 */
#pragma once

#include "imap/fetch-items.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_URL_MAX = 4096 /* bytes; all else of a message has a place of its own */
};

typedef struct {
    char *mailbox;       /* owned (nullable): in UTF-8; NULL: the selected one */
    guint32 uidvalidity; /* 0: not said */
    guint32 uid;
    TwImapItem
        section; /* with partial, first and count; count is G_MAXUINT32 where all the rest is meant */
} TwImapUrl;

/**
 * tw_imap_url_parse:
 * @text: "/INBOX;UIDVALIDITY=7/;UID=20/;SECTION=1.2/;PARTIAL=0.9" or what is behind the mailbox, from its semicolon
 * @ret: (out caller-allocates): what it names; tw_imap_url_clear()
 *
 * A URL with a host in it is refused, for it may be another's.
 *
 * Returns: FALSE if it is not understood; nothing is in @ret then
 */
gboolean tw_imap_url_parse(const char *text, TwImapUrl *ret);

/**
 * tw_imap_url_clear:
 * @url: a URL; what it owns is freed
 */
void tw_imap_url_clear(TwImapUrl *url);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapUrl, tw_imap_url_clear)

G_END_DECLS
