/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/responder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "convert/mime-header.h"
#include "delivery/child.h"
#include "mapi/tags.h"

enum {
    WORD_BYTES = 45,        /* of an encoded word; its text then has 60 characters, of 75 allowed */
    MOST_TEXT = 1000,       /* bytes of a subject or name */
    MOST_BODY = 256 * 1024, /* of an answer */
    MOST_HEADER = 256 * 1024
};

/* ---- the mail ---- */

/* RFC 2047: in words that are never cut inside a character. */
static void
put_words(GString *out, const char *text)
{
    gsize left = MIN(strlen(text), (gsize) MOST_TEXT);
    gboolean first = TRUE;

    while (left > 0) {
        gsize n = MIN(left, (gsize) WORD_BYTES);
        g_autofree char *word = NULL;

        while (n > 1 && n < left && ((guchar) text[n] & 0xc0) == 0x80)
            n--;
        word = g_base64_encode((const guchar *) text, n);
        g_string_append_printf(out, "%s=?utf-8?B?%s?=", first ? "" : "\r\n ", word);
        first = FALSE;
        text += n;
        left -= n;
    }
}

/* What could end the address or the line is left out. */
static void
put_address(GString *out, const char *address)
{
    for (const char *at = address; *at != '\0' && at - address < MOST_TEXT; at++) {
        if ((guchar) *at > ' ' && *at != 0x7f && *at != '<' && *at != '>')
            g_string_append_c(out, *at);
    }
}

static void
put_ids(GString *out, const char *name, const char *ids)
{
    g_auto(GStrv) words = g_strsplit_set(ids, " \t\r\n", -1);

    if (*ids == '\0')
        return;
    g_string_append_printf(out, "%s:", name);
    for (guint i = 0; i < 100 && words[i] != NULL; i++) {
        if (*words[i] != '\0' && strlen(words[i]) < 900)
            g_string_append_printf(out, "\r\n %s", words[i]);
    }
    g_string_append(out, "\r\n");
}

static void
put_body(GString *out, const char *text)
{
    g_autofree char *all = g_base64_encode((const guchar *) text, MIN(strlen(text), MOST_BODY));

    for (gsize at = 0, len = strlen(all); at < len; at += 76)
        g_string_append_printf(out, "%.76s\r\n", all + at);
}

GString *
tw_responder_mail(const TwObject *original,
                  const TwComposeOwner *owner,
                  const TwComposeAnswer *answer)
{
    static const TwComposeNames no_names = { 0 };
    g_autoptr(TwObject) object = tw_compose_answer(original, owner, answer, &no_names);
    GString *out = g_string_new("From: ");

    put_words(out, owner->name);
    g_string_append(out, " <");
    put_address(out, owner->address);
    g_string_append(out, ">\r\nTo: <");
    put_address(out, answer->to);
    g_string_append(out, ">\r\nSubject: ");
    put_words(out, tw_object_get_text(object, PR_SUBJECT, ""));
    g_string_append(out, "\r\n");
    put_ids(out, "In-Reply-To", tw_object_get_text(object, PR_IN_REPLY_TO_ID, ""));
    put_ids(out, "References", tw_object_get_text(object, PR_INTERNET_REFERENCES, ""));
    g_string_append(out, "Auto-Submitted: auto-replied\r\n"
                         "Precedence: bulk\r\n"
                         "X-Auto-Response-Suppress: All\r\n" TW_MARK_VACATION_HEADER ": on\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n");
    put_body(out, answer->text);
    return out;
}

/* ---- files ---- */

static gboolean
write_all(int fd, const void *data, gsize len)
{
    const guint8 *at = data;

    while (len > 0) {
        gssize n = write(fd, at, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        at += n;
        len -= (gsize) n;
    }
    return TRUE;
}

static char *
make_file(const char *folder, const void *data, gsize len, GError **error)
{
    char *path = g_build_filename(folder, "twiga-answer-XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, 0600);

    if (fd >= 0 && write_all(fd, data, len)) {
        (void) close(fd);
        return path;
    }
    g_set_error(error, TW_ERROR, errno == ENOSPC ? TW_ERROR_NO_SPACE : TW_ERROR_FAILED, "%s: %s",
                path, g_strerror(errno));
    if (fd >= 0) {
        (void) close(fd);
        (void) unlink(path);
    }
    g_free(path);
    return NULL;
}

static void
remove_file(char *path)
{
    if (path != NULL)
        (void) unlink(path);
    g_free(path);
}

static gsize
header_len(const TwResponderCall *call)
{
    TwCursor cur = tw_cursor_init(call->header, MIN(call->header_len, MOST_HEADER));
    TwMimeField field;

    while (tw_mime_field_next(&cur, &field)) {
    }
    return (gsize) (cur.next - call->header);
}

/* ---- the program ---- */

static gboolean
wait_for(GPid pid, GError **error)
{
    int status;

    if (!tw_child_wait(pid, TW_RESPONDER_MS, &status))
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "the autoresponder did not end");
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "the autoresponder ended with status %d",
                    status);
    else
        return TRUE;
    return FALSE;
}

static gboolean
run(const TwResponderCall *call, char **argv, const char *headers, GError **error)
{
    static const char *const places[] = { "MESSAGE_TO_ME", "MESSAGE_CC_ME", "MESSAGE_BCC_ME" };
    g_auto(GStrv) environment = g_get_environ();
    g_autoptr(GError) local = NULL;
    GPid pid;

    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        environment =
            g_environ_setenv(environment, places[i], (guint) call->place == i ? "1" : "0", TRUE);
    if (headers != NULL)
        environment = g_environ_setenv(environment, "MAILHEADERS", headers, TRUE);
    if (!g_spawn_async("/", argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
                       &local)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
        return FALSE;
    }
    return wait_for(pid, error);
}

gboolean
tw_responder_call(const TwResponderCall *call,
                  const TwObject *original,
                  const TwComposeOwner *owner,
                  const TwComposeAnswer *answer,
                  GError **error)
{
    static const TwComposeNames no_names = { 0 };
    g_autoptr(TwObject) object = tw_compose_answer(original, owner, answer, &no_names);
    GString *mail = tw_responder_mail(original, owner, answer);
    g_autofree char *program = g_strdup(call->program);
    g_autofree char *from = g_strdup(owner->address);
    g_autofree char *to = g_strdup(answer->to);
    g_autofree char *subject = g_strdup(tw_object_get_text(object, PR_SUBJECT, ""));
    g_autofree char *login = g_strdup(call->login);
    char *file = make_file(call->folder, mail->str, mail->len, error);
    char *headers = make_file(call->folder, call->header, header_len(call), NULL);
    char *argv[] = { program, from, to, subject, login, file, NULL };
    gboolean ok = file != NULL && run(call, argv, headers, error);

    remove_file(file);
    remove_file(headers);
    g_string_free(mail, TRUE);
    return ok;
}
