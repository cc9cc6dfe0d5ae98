/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses whose domain is not ASCII: the same domain has a form in the letters of its people and one in ASCII (RFC 5890). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_IDN_DOMAIN_MAX = 1024, /* bytes of a domain that is looked at */
};

/**
 * tw_idn_address_forms:
 * @address: any text
 * @ret_ascii: (out) (transfer full): it with its domain in ASCII
 * @ret_unicode: (out) (transfer full): it with its domain in letters, small ones where that is all the same
 *
 * Returns: FALSE, and nothing, if it is no address, its domain is none, or has but one form
 */
gboolean tw_idn_address_forms(const char *address, char **ret_ascii, char **ret_unicode);

G_END_DECLS
