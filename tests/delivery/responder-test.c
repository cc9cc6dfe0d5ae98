/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Out-of-office answers by a program: what it is given, and what becomes of it when it fails or hangs. */
#include "delivery/responder.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"

static TwObject *
make_original(const char *subject)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue values[] = { tw_value_str(PR_SUBJECT, subject),
                             tw_value_str(PR_INTERNET_MESSAGE_ID, "<1@example.com>"),
                             tw_value_str(PR_INTERNET_REFERENCES, "<0@example.com>") };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(object, &values[i], NULL));
    return object;
}

static const TwComposeOwner ann = { .name = "Ann", .address = "ann@example.org" };

static void
test_mail(void)
{
    g_autoptr(TwObject) original = make_original("Hello");
    const TwComposeAnswer answer = { .subject = "Away: %subject",
                                     .text = "gone fishing",
                                     .to = "jo@example.com" };
    GString *mail = tw_responder_mail(original, &ann, &answer);

    g_assert_nonnull(strstr(mail->str, "From: =?utf-8?B?QW5u?= <ann@example.org>\r\n"));
    g_assert_nonnull(strstr(mail->str, "To: <jo@example.com>\r\n"));
    g_assert_nonnull(strstr(mail->str, "Subject: =?utf-8?B?QXdheTogSGVsbG8=?=\r\n"));
    g_assert_nonnull(strstr(mail->str, "In-Reply-To:\r\n <1@example.com>\r\n"));
    g_assert_nonnull(strstr(mail->str, "References:\r\n <0@example.com>\r\n <1@example.com>\r\n"));
    g_assert_nonnull(strstr(mail->str, "Auto-Submitted: auto-replied\r\n"));
    g_assert_nonnull(strstr(mail->str, "\r\n\r\nZ29uZSBmaXNoaW5n\r\n"));
    g_string_free(mail, TRUE);
}

/* No text can end its line and begin a field of its own. */
static void
test_injection(void)
{
    static const char evil[] = "x\r\nBcc: victim@example.net\r\n\r\nbody";
    g_autoptr(TwObject) original = make_original(evil);
    const TwComposeOwner owner = { .name = evil, .address = evil };
    const TwComposeAnswer answer = { .subject = "", .text = evil, .to = evil };
    GString *mail = tw_responder_mail(original, &owner, &answer);

    g_assert_null(strstr(mail->str, "\nBcc"));
    g_string_free(mail, TRUE);
}

/* Long text in words that no character is cut by, in lines of at most 76. */
static void
test_words(void)
{
    g_autofree char *subject = g_malloc0(601);
    g_autoptr(TwObject) original = NULL;
    const TwComposeAnswer answer = { .subject = "%subject", .text = "", .to = "a@b" };
    GString *mail;
    g_auto(GStrv) lines = NULL;

    for (guint i = 0; i < 300; i++)
        memcpy(subject + 2 * i, "\xc3\xbc", 2);
    original = make_original(subject);
    mail = tw_responder_mail(original, &ann, &answer);
    lines = g_strsplit(mail->str, "\r\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        g_assert_cmpuint(strlen(lines[i]), <=, 90);
    for (const char *at = strstr(mail->str, "Subject: "); (at = strstr(at, "?B?")) != NULL;) {
        const char *end = strstr(at += 3, "?=");
        g_autofree char *word = g_strndup(at, (gsize) (end - at));
        gsize len;
        g_autofree guchar *text = g_base64_decode(word, &len);

        g_assert_true(g_utf8_validate((const char *) text, (gssize) len, NULL));
    }
    g_string_free(mail, TRUE);
}

/* ---- the program ---- */

static char *
write_program(const char *folder, const char *text)
{
    char *path = g_build_filename(folder, "responder", NULL);

    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
    return path;
}

static gboolean
call_program(const char *folder, const char *text, GError **error)
{
    g_autofree char *program = write_program(folder, text);
    g_autoptr(TwObject) original = make_original("Hello");
    static const char header[] = "X-Of: the mail\r\n\r\nits body";
    const TwComposeAnswer answer = { .subject = "a subject", .text = "t", .to = "jo@example.com" };
    const TwResponderCall call = { .program = program,
                                   .folder = folder,
                                   .login = "ann",
                                   .place = TW_OOF_IN_CC,
                                   .header = (const guint8 *) header,
                                   .header_len = strlen(header) };

    return tw_responder_call(&call, original, &ann, &answer, error);
}

static void
remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        (void) g_remove(path);
    }
    (void) g_rmdir(folder);
}

static void
test_contract(void)
{
    g_autofree char *folder = g_dir_make_tmp("twiga-responder-XXXXXX", NULL);
    g_autofree char *seen = g_build_filename(folder, "seen", NULL);
    g_autofree char *script = g_strdup_printf(
        "#!/bin/sh\n{ echo \"$#|$1|$2|$3|$4|$MESSAGE_TO_ME|$MESSAGE_CC_ME|$MESSAGE_BCC_ME\"\n"
        "grep -c Auto-Submitted \"$5\"; cat \"$MAILHEADERS\"; } >%s\n",
        seen);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    g_assert_true(call_program(folder, script, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(seen, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "5|ann@example.org|jo@example.com|a subject|ann|0|1|0\n1\nX-Of: the mail\r\n");
    remove_folder(folder);
}

static void
test_failures(void)
{
    static const char *const scripts[] = { "#!/bin/sh\nexit 1\n", "#!/bin/sh\nkill -9 $$\n",
                                           "no program\n" };
    g_autofree char *folder = g_dir_make_tmp("twiga-responder-XXXXXX", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(call_program(folder, scripts[i], &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_FAILED);
    }
    remove_folder(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/responder/mail", test_mail);
    g_test_add_func("/delivery/responder/injection", test_injection);
    g_test_add_func("/delivery/responder/words", test_words);
    g_test_add_func("/delivery/responder/contract", test_contract);
    g_test_add_func("/delivery/responder/failures", test_failures);
    return g_test_run();
}
