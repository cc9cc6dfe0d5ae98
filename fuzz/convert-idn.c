/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses with a domain of two forms: both keep what stands before the @, one is ASCII and the other UTF-8. */
#include <stddef.h>
#include <stdint.h>

#include "convert/idn.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *) data, size);
    g_autofree char *ascii = NULL, *unicode = NULL;
    const char *at = strrchr(text, '@');
    gsize local;

    if (!tw_idn_address_forms(text, &ascii, &unicode)) {
        g_assert_true(ascii == NULL && unicode == NULL);
        return 0;
    }
    g_assert_nonnull(at);
    local = (gsize) (at - text) + 1;
    g_assert_true(strncmp(ascii, text, local) == 0 && strncmp(unicode, text, local) == 0);
    g_assert_true(g_str_is_ascii(ascii + local) && ascii[local] != '\0');
    g_assert_true(g_utf8_validate(unicode + local, -1, NULL));
    g_assert_cmpstr(ascii + local, !=, unicode + local);
    return 0;
}
