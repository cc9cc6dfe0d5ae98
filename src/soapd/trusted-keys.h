/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The public keys of services that are trusted by their client certificate (sslkeys_path). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_SOAPD_KEYS_MOST = 10000, /* files looked at: a folder named by mistake takes no longer */
    TW_SOAPD_KEY_FILE_MOST = 256 * 1024, /* bytes of one */
};

typedef struct TwSoapdKeys TwSoapdKeys;

/**
 * tw_soapd_keys_new:
 * @signed_too: see tw_soapd_keys_read()
 *
 * Returns: (transfer full): no keys
 */
TwSoapdKeys *tw_soapd_keys_new(gboolean signed_too);

/**
 * tw_soapd_keys_read:
 * @folder: a folder of PEM files, each a public key or a certificate; subfolders and names that begin with a dot are
 *   passed over
 * @signed_too: the certificate that is shown must also be vouched for by the listener's CA
 * @ret_bad: (nullable) (element-type utf8): gets the paths of files that hold no key, which are passed over
 * @error: TW_ERROR_NOT_FOUND: no such folder; NO_ACCESS; TOO_BIG: more files than %TW_SOAPD_KEYS_MOST
 *
 * Returns: (transfer full): the keys, which never change, or NULL
 */
TwSoapdKeys *tw_soapd_keys_read(const char *folder,
                                gboolean signed_too,
                                GPtrArray *ret_bad,
                                GError **error);

/**
 * tw_soapd_keys_ref:
 * @keys: (nullable): keys
 *
 * Returns: (transfer full): the same
 */
TwSoapdKeys *tw_soapd_keys_ref(TwSoapdKeys *keys);

/**
 * tw_soapd_keys_unref:
 * @keys: (nullable) (transfer full): keys
 */
void tw_soapd_keys_unref(TwSoapdKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapdKeys, tw_soapd_keys_unref)

/**
 * tw_soapd_keys_trust:
 * @keys: (nullable): keys; NULL has none
 * @key: (nullable): a SubjectPublicKeyInfo in DER; its owner has shown that the private key is there
 * @trusted: whether a CA vouches for the certificate it is of
 *
 * Returns: whether who has it is a trusted service
 */
gboolean tw_soapd_keys_trust(const TwSoapdKeys *keys, GBytes *key, gboolean trusted);

/**
 * tw_soapd_keys_count:
 * @keys: (nullable): keys
 *
 * Returns: how many
 */
guint tw_soapd_keys_count(const TwSoapdKeys *keys);

G_END_DECLS
