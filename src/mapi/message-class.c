/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/message-class.h"

#include <string.h>

#include "base/error.h"

enum {
    PREFIX_LEAST = 2, /* characters before the colon */
    PREFIX_MOST = 3
};

gboolean
tw_message_class_is(const char *message_class, const char *base)
{
    gsize len = strlen(base);

    if (len == 0)
        return TRUE;
    return g_ascii_strncasecmp(message_class, base, len) == 0 &&
           (message_class[len] == '\0' || message_class[len] == '.');
}

gsize
tw_message_class_parent_len(const char *message_class, gsize len)
{
    while (len > 0) {
        len--;
        if (message_class[len] == '.')
            return len;
    }
    return 0;
}

gboolean
tw_message_class_check(const char *message_class, GError **error)
{
    gsize len = strlen(message_class);

    if (len > TW_MESSAGE_CLASS_MAX_LEN) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "message class of %" G_GSIZE_FORMAT " bytes",
                    len);
        return FALSE;
    }
    for (gsize i = 0; i < len; i++) {
        char c = message_class[i];
        gboolean dot_misplaced =
            c == '.' && (i == 0 || i == len - 1 || message_class[i - 1] == '.');
        if (!g_ascii_isprint(c) || dot_misplaced) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "message class breaks at byte %u",
                        (guint) i);
            return FALSE;
        }
    }
    return TRUE;
}

gsize
tw_subject_prefix_len(const char *subject)
{
    const char *p = subject;

    for (guint count = 0; count <= PREFIX_MOST; count++) {
        gunichar c = g_utf8_get_char_validated(p, -1);

        if (c == ':')
            return count >= PREFIX_LEAST && p[1] == ' ' ? (gsize) (p + 2 - subject) : 0;
        if (c == 0 || c >= 0x110000u || g_unichar_isdigit(c))
            return 0;
        p += g_unichar_to_utf8(c, NULL);
    }
    return 0;
}

const char *
tw_subject_skip_mark(const char *subject)
{
    return subject[0] == 1 && subject[1] != '\0' ? subject + 2 : subject;
}
