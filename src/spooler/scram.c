/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/scram.h"

#include <string.h>

#include "base/base64.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/number.h"
#include "base/scram.h"

static const char no_binding[] = "n,,";

static char *
encode(const void *data, gsize len)
{
    return g_base64_encode(data, len);
}

/* RFC 5802, 5.1: a comma and an equals sign end things. */
static char *
name_of(const char *user)
{
    GString *out = g_string_new(NULL);

    for (; *user != '\0'; user++) {
        if (*user == ',')
            g_string_append(out, "=2C");
        else if (*user == '=')
            g_string_append(out, "=3D");
        else
            g_string_append_c(out, *user);
    }
    return g_string_free(out, FALSE);
}

char *
tw_scram_begin(TwScram *scram, const char *user, const char *nonce)
{
    g_autofree char *name = name_of(user);

    *scram = (TwScram){ .nonce = g_strdup(nonce) };
    scram->bare = g_strdup_printf("n=%s,r=%s", name, nonce);
    return g_strconcat(no_binding, scram->bare, NULL);
}

void
tw_scram_clear(TwScram *scram)
{
    g_free(scram->bare);
    g_free(scram->nonce);
    tw_secret_wipe(scram->proof_of_server, sizeof scram->proof_of_server);
    *scram = (TwScram){ 0 };
}

/* ---- what the relay says ---- */

typedef struct {
    const char *nonce, *salt;
    gsize nonce_len, salt_len; /* salt in base64 */
    guint64 rounds;
} Asked;

/* "x=value", up to a comma or the end. */
static gboolean
take_part(TwCursor *cur, char letter, const char **ret, gsize *ret_len)
{
    TwCursor at = *cur;
    const guint8 *comma, *head;

    if (!tw_cursor_take(&at, 2, &head) || head[0] != (guint8) letter || head[1] != '=')
        return FALSE;
    comma = memchr(at.next, ',', at.left);
    *ret = (const char *) at.next;
    *ret_len = comma != NULL ? (gsize) (comma - at.next) : at.left;
    (void) tw_cursor_skip(&at, *ret_len);
    if (comma != NULL)
        (void) tw_cursor_skip(&at, 1);
    *cur = at;
    return TRUE;
}

/* server-first-message = nonce "," salt "," iteration-count ["," extensions] */
static gboolean
read_asked(const char *said, gsize len, Asked *ret)
{
    TwCursor cur = tw_cursor_init((const guint8 *) said, len);
    const char *rounds;
    gsize rounds_len;

    return len <= TW_SCRAM_MESSAGE_MAX && take_part(&cur, 'r', &ret->nonce, &ret->nonce_len) &&
           take_part(&cur, 's', &ret->salt, &ret->salt_len) &&
           take_part(&cur, 'i', &rounds, &rounds_len) &&
           tw_parse_u64(rounds, rounds_len, G_MAXUINT32, &ret->rounds);
}

static gboolean
corrupt(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "no answer of SCRAM-SHA-256");
    return FALSE;
}

static gboolean
check_asked(const TwScram *scram, const Asked *asked, GError **error)
{
    gsize own = strlen(scram->nonce);

    if (asked->nonce_len <= own || memcmp(asked->nonce, scram->nonce, own) != 0)
        return corrupt(error);
    if (asked->rounds < TW_SCRAM_LEAST_ROUNDS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "too few rounds of SCRAM");
        return FALSE;
    }
    if (asked->rounds > TW_SCRAM_MOST_ROUNDS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "too many rounds of SCRAM");
        return FALSE;
    }
    return TRUE;
}

/* ---- answers ---- */

char *
tw_scram_answer(
    TwScram *scram, const char *said, gsize len, const TwSecret *password, GError **error)
{
    Asked asked = { 0 };
    g_auto(TwBuffer) salt = TW_BUFFER_INIT(TW_SCRAM_SALT_MAX);
    guint8 salted[TW_SHA256_LEN], proof[TW_SHA256_LEN];
    g_autofree char *bare = NULL, *message = NULL, *last = NULL, *text = NULL;
    g_autofree char *binding = encode(no_binding, strlen(no_binding));

    if (!read_asked(said, len, &asked) ||
        !tw_base64_decode(&salt, asked.salt, asked.salt_len, TW_BASE64_STANDARD, NULL) ||
        salt.len == 0) {
        corrupt(error);
        return NULL;
    }
    if (!check_asked(scram, &asked, error))
        return NULL;
    tw_scram_salt_password(password, salt.data, salt.len, (guint32) asked.rounds, salted);
    bare = g_strdup_printf("c=%s,r=%.*s", binding, (int) asked.nonce_len, asked.nonce);
    message = g_strdup_printf("%s,%.*s,%s", scram->bare, (int) len, said, bare);
    tw_scram_prove(salted, message, strlen(message), proof, scram->proof_of_server);
    text = encode(proof, sizeof proof);
    last = g_strdup_printf("%s,p=%s", bare, text);
    tw_secret_wipe(salted, sizeof salted);
    return g_steal_pointer(&last);
}

gboolean
tw_scram_is_server(const TwScram *scram, const char *said, gsize len)
{
    TwCursor cur = tw_cursor_init((const guint8 *) said, len);
    g_auto(TwBuffer) proof = TW_BUFFER_INIT(TW_SCRAM_SALT_MAX);
    const char *text;
    gsize text_len;
    guint8 differ = 0;

    if (len > TW_SCRAM_MESSAGE_MAX || !take_part(&cur, 'v', &text, &text_len) ||
        !tw_base64_decode(&proof, text, text_len, TW_BASE64_STANDARD, NULL) ||
        proof.len != TW_SHA256_LEN)
        return FALSE;
    for (guint i = 0; i < TW_SHA256_LEN; i++)
        differ |= proof.data[i] ^ scram->proof_of_server[i];
    return differ == 0;
}
