/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soapd/trusted-keys.h"

#include <sys/stat.h>

#include "base/error.h"
#include "net/tls.h"

struct TwSoapdKeys {
    GHashTable *keys; /* GBytes: SubjectPublicKeyInfo in DER */
    gboolean signed_too;
};

static void
unref_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

TwSoapdKeys *
tw_soapd_keys_new(gboolean signed_too)
{
    TwSoapdKeys *keys = g_atomic_rc_box_new0(TwSoapdKeys);

    keys->signed_too = signed_too;
    keys->keys = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, unref_bytes, NULL);
    return keys;
}

static void
clear_keys(gpointer data)
{
    g_hash_table_unref(((TwSoapdKeys *) data)->keys);
}

TwSoapdKeys *
tw_soapd_keys_ref(TwSoapdKeys *keys)
{
    return keys != NULL ? g_atomic_rc_box_acquire(keys) : NULL;
}

void
tw_soapd_keys_unref(TwSoapdKeys *keys)
{
    if (keys != NULL)
        g_atomic_rc_box_release_full(keys, clear_keys);
}

/* NULL: not a file with a key. */
static GBytes *
read_key(const char *path)
{
    g_autofree char *text = NULL;
    struct stat there;
    gsize len;

    if (stat(path, &there) != 0 || there.st_size > TW_SOAPD_KEY_FILE_MOST ||
        !g_file_get_contents(path, &text, &len, NULL))
        return NULL;
    return tw_tls_public_key_from_pem(text, len, NULL);
}

static void
add_file(TwSoapdKeys *keys, const char *path, GPtrArray *ret_bad)
{
    GBytes *key;

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return;
    key = read_key(path);
    if (key != NULL)
        g_hash_table_add(keys->keys, key);
    else if (ret_bad != NULL)
        g_ptr_array_add(ret_bad, g_strdup(path));
}

static gboolean
cannot_open(const char *folder, const GError *why, GError **error)
{
    TwError code = TW_ERROR_FAILED;

    if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
        g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        code = TW_ERROR_NOT_FOUND;
    else if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_ACCES))
        code = TW_ERROR_NO_ACCESS;
    g_set_error(error, TW_ERROR, (int) code, "%s: %s", folder, why->message);
    return FALSE;
}

TwSoapdKeys *
tw_soapd_keys_read(const char *folder, gboolean signed_too, GPtrArray *ret_bad, GError **error)
{
    g_autoptr(TwSoapdKeys) keys = tw_soapd_keys_new(signed_too);
    g_autoptr(GError) why = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &why);
    const char *name;
    guint count = 0;

    if (dir == NULL) {
        (void) cannot_open(folder, why, error);
        return NULL;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (name[0] == '.')
            continue;
        if (++count > TW_SOAPD_KEYS_MOST) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%s has more than %d files", folder,
                        TW_SOAPD_KEYS_MOST);
            return NULL;
        }
        add_file(keys, path, ret_bad);
    }
    return g_steal_pointer(&keys);
}

gboolean
tw_soapd_keys_trust(const TwSoapdKeys *keys, GBytes *key, gboolean trusted)
{
    return keys != NULL && key != NULL && (trusted || !keys->signed_too) &&
           g_hash_table_contains(keys->keys, key);
}

guint
tw_soapd_keys_count(const TwSoapdKeys *keys)
{
    return keys != NULL ? g_hash_table_size(keys->keys) : 0;
}
