/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/pam.h"

#include <security/pam_appl.h>
#include <string.h>

#include "base/error.h"

enum {
    MOST_PASSWORD = PAM_MAX_RESP_SIZE - 1,
    MOST_MESSAGES = PAM_MAX_NUM_MSG,
};

/* A name that no system has: its own rules for names forbid the colon. */
#define NOBODY "nobody:nobody"

/* Answers of a conversation are PAM's to free, by free(), which is what g_free() is. */
static void
free_answers(struct pam_response *answers, int count)
{
    for (int i = 0; i < count; i++) {
        if (answers[i].resp != NULL)
            tw_secret_wipe(answers[i].resp, strlen(answers[i].resp));
        g_free(answers[i].resp);
    }
    g_free(answers);
}

/* Whatever is asked without an echo is the password; nothing else can be answered. */
static int
converse(int count,
         const struct pam_message **messages,
         struct pam_response **ret_answers,
         void *data)
{
    const TwSecret *password = data;
    struct pam_response *answers;
    gsize len;
    const char *text = tw_secret_reveal(password, &len);

    if (count <= 0 || count > MOST_MESSAGES)
        return PAM_CONV_ERR;
    answers = g_new0(struct pam_response, count);
    for (int i = 0; i < count; i++) {
        if (messages[i]->msg_style == PAM_TEXT_INFO || messages[i]->msg_style == PAM_ERROR_MSG)
            continue;
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            answers[i].resp = g_strndup(text, len);
        if (answers[i].resp == NULL) {
            free_answers(answers, count);
            return PAM_CONV_ERR;
        }
    }
    *ret_answers = answers;
    return PAM_SUCCESS;
}

static void
no_delay(int status G_GNUC_UNUSED, unsigned usec G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
}

static gboolean
is_refusal(int status)
{
    switch (status) {
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_MAXTRIES:
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_CRED_EXPIRED:
    case PAM_AUTHTOK_EXPIRED:
    case PAM_PERM_DENIED:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
is_password(const TwSecret *password)
{
    gsize len;
    const char *text = tw_secret_reveal(password, &len);

    return len > 0 && len <= MOST_PASSWORD && memchr(text, 0, len) == NULL;
}

gboolean
tw_pam_check(const char *service,
             const char *folder,
             const char *name,
             const TwSecret *password,
             GError **error)
{
    struct pam_conv conversation = { .conv = converse };
    union {
        void (*func)(int, unsigned, void *);
        const void *item;
    } delay = { .func = no_delay };
    pam_handle_t *pam = NULL;
    gboolean possible = name != NULL && is_password(password);
    g_autoptr(TwSecret) wrong = tw_secret_new("x", 1);
    union {
        const TwSecret *secret;
        void *data;
    } shown = { .secret = is_password(password) ? password : wrong };
    int status;

    conversation.appdata_ptr = shown.data;
    status = pam_start_confdir(service, name != NULL ? name : NOBODY, &conversation, folder, &pam);
    if (status == PAM_SUCCESS)
        status = pam_set_item(pam, PAM_FAIL_DELAY, delay.item);
    if (status == PAM_SUCCESS)
        status = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (status == PAM_SUCCESS)
        status = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (status == PAM_SUCCESS && !possible)
        status = PAM_AUTH_ERR;
    if (status != PAM_SUCCESS)
        g_set_error(error, TW_ERROR, is_refusal(status) ? TW_ERROR_NO_ACCESS : TW_ERROR_FAILED,
                    "PAM service %s: %s", service, pam_strerror(pam, status));
    if (pam != NULL)
        pam_end(pam, status);
    return status == PAM_SUCCESS;
}
