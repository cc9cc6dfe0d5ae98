/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/idn.h"

#include <idn2.h>
#include <string.h>

gboolean
tw_idn_address_forms(const char *address, char **ret_ascii, char **ret_unicode)
{
    const char *at = strrchr(address, '@');
    char *ascii = NULL, *unicode = NULL;
    gboolean has_two;
    int local_len;

    if (at == NULL || at == address || at - address > TW_IDN_DOMAIN_MAX ||
        strlen(at + 1) > TW_IDN_DOMAIN_MAX || !g_utf8_validate(at + 1, -1, NULL))
        return FALSE;
    local_len = (int) (at - address);
    has_two = idn2_to_ascii_8z(at + 1, &ascii, IDN2_NONTRANSITIONAL) == IDN2_OK &&
              idn2_to_unicode_8z8z(ascii, &unicode, 0) == IDN2_OK && strcmp(ascii, unicode) != 0;
    if (has_two) {
        *ret_ascii = g_strdup_printf("%.*s@%s", local_len, address, ascii);
        *ret_unicode = g_strdup_printf("%.*s@%s", local_len, address, unicode);
    }
    idn2_free(ascii);
    idn2_free(unicode);
    return has_two;
}
