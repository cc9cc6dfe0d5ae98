/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Addresses of header fields: From, To, Reply-To and their kin, as the standards have them and as they come.
 *
 * address-list = address *("," address); address = mailbox / group; mailbox = [phrase] "<" [route ":"] addr-spec ">" / addr-spec;
 * group = phrase ":" [mailbox-list] ";" (RFC 5322, section 3.4 and 4.4; RFC 6532 for addresses in UTF-8).
 *
 * Beyond that: a comment is the name of a mailbox that has no other; ";" ends a mailbox outside groups too; a "<" that is
 * not closed runs to the next comma; text without "@" is a name without an address.
 */
#pragma once

#include "convert/charset.h"

G_BEGIN_DECLS

enum {
    TW_MAIL_ADDRESS_MAX_LEN = 1000,  /* bytes of one address; a longer one is only a name */
    TW_MAIL_ADDRESS_MAX_NAME = 1000, /* bytes of one name, cut there */
};

typedef struct {
    char *name;    /* (owned) UTF-8; the address where there is no name; maybe empty */
    char *address; /* (owned) UTF-8, as written, without blanks and comments; maybe empty */
} TwMailAddress;

/**
 * tw_mail_addresses_parse:
 * @reader: of the mail
 * @raw: (array length=len): value of a field, folded or not
 * @len: how many bytes
 * @most: most addresses to give; what follows is not looked at
 *
 * Reads a list of addresses; groups give their members, an empty group none. Runs in time linear in @len.
 *
 * Returns: (transfer full) (element-type TwMailAddress): the addresses in their order, none with both parts empty
 */
GArray *tw_mail_addresses_parse(TwCharsetReader *reader, const guint8 *raw, gsize len, guint most);

G_END_DECLS
