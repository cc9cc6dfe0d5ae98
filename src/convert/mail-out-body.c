/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The bodies of a message as mail has them: plain text and HTML, made from one another and from RTF where one is missing.
 *
 * HTML goes out in the bytes and the charset it is kept in, so that nothing in it changes but line ends. A message whose native
 * body is plain text has no HTML part.
 */
#include "base/error.h"
#include "base/utf8.h"
#include "convert/html-text.h"
#include "convert/mail-out-private.h"
#include "mapi/codepage.h"
#include "mapi/rtf-compress.h"
#include "mapi/rtf.h"

enum {
    NATIVE_PLAIN = 1, /* PR_NATIVE_BODY_INFO */
};

void
tw_mail_bodies_clear(TwMailBodies *bodies)
{
    g_clear_pointer(&bodies->plain, g_bytes_unref);
    g_clear_pointer(&bodies->html, g_bytes_unref);
}

/* A body that is there, or NULL. FALSE when it could not be read. */
static gboolean
load(TwMailWriter *writer, const TwObject *message, guint32 tag, GBytes **ret, GError **error)
{
    *ret = NULL;
    if (!tw_value_source_len(message, tag, NULL))
        return TRUE;
    *ret = tw_value_source_load(writer->options->source, message, tag, TW_MAIL_OUT_MAX_BODY, error);
    return *ret != NULL;
}

/* Only a limit fails a mail for its RTF; one that cannot be read is as none. */
static gboolean
load_rtf(TwMailWriter *writer, const TwObject *message, GBytes **ret, GError **error)
{
    g_autoptr(GBytes) packed = NULL;
    g_autoptr(GError) broken = NULL;

    *ret = NULL;
    if (!load(writer, message, PR_RTF_COMPRESSED, &packed, error))
        return FALSE;
    if (packed == NULL)
        return TRUE;
    *ret = tw_rtf_decompress(g_bytes_get_data(packed, NULL), g_bytes_get_size(packed),
                             TW_MAIL_OUT_MAX_BODY, &broken);
    if (*ret != NULL || broken->code != TW_ERROR_TOO_BIG)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&broken));
    return FALSE;
}

/* The charset of the HTML that is kept; text of a code page that mail has no name for, or of wide units, becomes UTF-8. */
static GBytes *
settle_charset(const TwObject *message, GBytes *html, const char **ret_charset)
{
    guint codepage = tw_object_get_long(message, PR_INTERNET_CPID, 0);
    gsize len;
    const guint8 *data = g_bytes_get_data(html, &len);
    g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) TW_MAIL_OUT_MAX_BODY * 3);
    g_autoptr(TwCodepageReader) reader = NULL;
    const char *name = tw_codepage_charset(codepage);

    if (tw_utf8_valid(data, len, NULL) &&
        (codepage == TW_CODEPAGE_UTF8 || name == NULL || codepage == 20127)) {
        *ret_charset = "utf-8";
        return g_bytes_ref(html);
    }
    if (name == NULL || codepage == TW_CODEPAGE_UTF8 || codepage == 20127)
        codepage = TW_CODEPAGE_WESTERN;
    else if ((codepage < 1200 || codepage > 1201) && codepage / 10 != 1200 && codepage != 65000) {
        *ret_charset = name;
        return g_bytes_ref(html);
    }
    reader = tw_codepage_reader_new(codepage);
    tw_codepage_reader_append(reader, data, len, &text);
    *ret_charset = "utf-8";
    return tw_buffer_steal_bytes(&text, NULL);
}

/* HTML in UTF-8, for making text of it. */
static GBytes *
html_as_utf8(const TwMailBodies *bodies, guint codepage)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) TW_MAIL_OUT_MAX_BODY * 3);
    g_autoptr(TwCodepageReader) reader = NULL;

    if (strcmp(bodies->charset, "utf-8") == 0)
        return g_bytes_ref(bodies->html);
    reader = tw_codepage_reader_new(codepage);
    if (reader == NULL)
        return g_bytes_ref(bodies->html);
    tw_codepage_reader_append(reader, g_bytes_get_data(bodies->html, NULL),
                              g_bytes_get_size(bodies->html), &text);
    return tw_buffer_failed(&text) ? g_bytes_ref(bodies->html) : tw_buffer_steal_bytes(&text, NULL);
}

/* PR_HTML, PR_BODY_HTML, or what the RTF gives. */
static gboolean
get_html(
    TwMailWriter *writer, const TwObject *message, GBytes *rtf, TwMailBodies *ret, GError **error)
{
    g_autoptr(GBytes) kept = NULL;
    guint32 native = tw_object_get_long(message, PR_NATIVE_BODY_INFO, 0);

    if (native == NATIVE_PLAIN && tw_value_source_len(message, PR_BODY, NULL))
        return TRUE;
    if (!load(writer, message, PR_HTML, &kept, error))
        return FALSE;
    if (kept != NULL) {
        ret->html = settle_charset(message, kept, &ret->charset);
        return TRUE;
    }
    if (!load(writer, message, PR_BODY_HTML, &kept, error))
        return FALSE;
    ret->charset = "utf-8";
    if (kept != NULL)
        ret->html = g_steal_pointer(&kept);
    else if (rtf != NULL &&
             tw_rtf_origin(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf)) != TW_RTF_FROM_TEXT)
        ret->html = tw_rtf_to_html(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf),
                                   TW_MAIL_OUT_MAX_BODY, NULL);
    return TRUE;
}

gboolean
tw_mail_get_bodies(TwMailWriter *writer, const TwObject *message, TwMailBodies *ret, GError **error)
{
    g_autoptr(GBytes) rtf = NULL;

    if (!load(writer, message, PR_BODY, &ret->plain, error))
        return FALSE;
    if ((!tw_value_source_len(message, PR_HTML, NULL) || ret->plain == NULL) &&
        !load_rtf(writer, message, &rtf, error))
        return FALSE;
    if (!get_html(writer, message, rtf, ret, error))
        return FALSE;
    if (ret->plain == NULL && ret->html != NULL) {
        g_autoptr(GBytes) html =
            html_as_utf8(ret, tw_object_get_long(message, PR_INTERNET_CPID, 0));

        ret->plain = tw_html_to_text(g_bytes_get_data(html, NULL), g_bytes_get_size(html),
                                     TW_MAIL_OUT_MAX_BODY, NULL);
    } else if (ret->plain == NULL && rtf != NULL) {
        ret->plain = tw_rtf_to_text(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf),
                                    TW_MAIL_OUT_MAX_BODY, NULL);
    }
    return TRUE;
}
