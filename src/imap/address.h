/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The addresses of a header field, as ENVELOPE shows them. Never fails: what is no address is shown as one without host.
 * Source: RFC 5322, sections 3.4 and 4.4; RFC 9051, section 7.5.2, "addresses".
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_ADDRESSES_MAX = 2000, /* of one field; more are left out */
    TW_IMAP_ADDRESS_DEPTH = 16,   /* comments inside comments */
};

/* One address, or the begin of a group (no host), or its end (neither). What is absent is NULL. */
typedef struct {
    char *name, *route, *mailbox, *host; /* owned; bytes as they were, encoded words too */
} TwImapAddress;

/**
 * tw_imap_addresses_parse:
 * @text: (array length=len): value of a field, with folds
 * @len: how many bytes
 *
 * Returns: (transfer full) (element-type TwImapAddress): in their order, maybe none
 */
GArray *tw_imap_addresses_parse(const char *text, gsize len);

/**
 * tw_imap_put_addresses:
 * @out: takes them as ENVELOPE has them, or NIL
 * @addresses: (element-type TwImapAddress): addresses
 */
void tw_imap_put_addresses(TwBuffer *out, const GArray *addresses);

G_END_DECLS
