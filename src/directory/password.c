/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/password.h"

#include <crypt.h>
#include <nettle/md5.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/number.h"
#include "base/random.h"

enum {
    SALT_LEN = 16,
    OLD_SALT_LEN = 8,
    OLD_HASH_LEN = OLD_SALT_LEN + 2 * MD5_DIGEST_SIZE,
    LEAST_BCRYPT = 4,
    MOST_BCRYPT = 12,
};

typedef enum {
    NO_FORM,
    OURS,
    OTHER_CRYPT,
    SALTED_MD5,
} Form;

/* What our hashes begin with; also the cost of a check that can only fail. */
#define OUR_PREFIX "$y$j9T$"
#define NOBODYS_SETTING OUR_PREFIX "tw/nobody/tw/nobody.00"

static gboolean
take_text(TwCursor *cur, const char *text)
{
    gsize len = strlen(text);

    return cur->left >= len && memcmp(cur->next, text, len) == 0 && tw_cursor_skip(cur, len);
}

/* $y$ j N r $: N is the logarithm of the cost in crypt's digits, r 8 or 32. */
static gboolean
is_yescrypt(TwCursor cur)
{
    const guint8 *cost;

    return take_text(&cur, "$y$j") && tw_cursor_take(&cur, 1, &cost) &&
           strchr("789ABC", *cost) != NULL && (take_text(&cur, "T$") || take_text(&cur, "5$"));
}

static gboolean
is_sha_crypt(TwCursor cur)
{
    const guint8 *end;
    guint64 rounds;

    if (!take_text(&cur, "$6$") && !take_text(&cur, "$5$"))
        return FALSE;
    if (!take_text(&cur, "rounds="))
        return TRUE;
    end = cur.left == 0 ? NULL : memchr(cur.next, '$', cur.left);
    return end != NULL && tw_parse_u64((const char *) cur.next, (gsize) (end - cur.next),
                                       TW_PASSWORD_MOST_ROUNDS, &rounds);
}

static gboolean
is_bcrypt(TwCursor cur)
{
    const guint8 *digits;
    guint64 cost;

    if (!take_text(&cur, "$2b$") && !take_text(&cur, "$2a$") && !take_text(&cur, "$2y$"))
        return FALSE;
    return tw_cursor_take(&cur, 2, &digits) &&
           tw_parse_u64((const char *) digits, 2, MOST_BCRYPT, &cost) && cost >= LEAST_BCRYPT &&
           take_text(&cur, "$");
}

static Form
get_form(const char *text, gsize len)
{
    TwCursor cur = tw_cursor_init(text, len);
    gboolean digits = len == OLD_HASH_LEN;

    if (len > TW_PASSWORD_MOST_HASH)
        return NO_FORM;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isgraph(text[i]))
            return NO_FORM;
        digits = digits && g_ascii_isxdigit(text[i]);
    }
    if (digits)
        return SALTED_MD5;
    if (is_yescrypt(cur))
        return take_text(&cur, OUR_PREFIX) ? OURS : OTHER_CRYPT;
    return is_sha_crypt(cur) || is_bcrypt(cur) ? OTHER_CRYPT : NO_FORM;
}

gboolean
tw_password_is_hash(const char *text, gsize len)
{
    return get_form(text, len) != NO_FORM;
}

/* The hash of a password under a setting, or NULL. */
static char *
run_crypt(const char *password, const char *setting)
{
    struct crypt_data *data = g_new0(struct crypt_data, 1);
    const char *out = crypt_r(password, setting, data);
    /* a failure is told by a text that begins with a star */
    char *hash = out == NULL || out[0] == '*' ? NULL : g_strdup(out);

    tw_secret_wipe(data, sizeof *data);
    g_free(data);
    return hash;
}

static void
wipe_text(char *text)
{
    if (text != NULL)
        tw_secret_wipe(text, strlen(text));
    g_free(text);
}

/* The old platform: hexadecimal salt as text, then MD5 of that text and the password. */
static char *
make_salted_md5(const char *salt, const char *password, gsize len)
{
    static const char digits[] = "0123456789abcdef";
    struct md5_ctx md5;
    guint8 digest[MD5_DIGEST_SIZE];
    char *text = g_malloc0(OLD_HASH_LEN + 1);

    md5_init(&md5);
    md5_update(&md5, OLD_SALT_LEN, (const guint8 *) salt);
    md5_update(&md5, len, (const guint8 *) password);
    md5_digest(&md5, sizeof digest, digest);
    tw_secret_wipe(&md5, sizeof md5);
    memcpy(text, salt, OLD_SALT_LEN);
    for (gsize i = 0; i < sizeof digest; i++) {
        text[OLD_SALT_LEN + 2 * i] = digits[digest[i] >> 4];
        text[OLD_SALT_LEN + 2 * i + 1] = digits[digest[i] & 15];
    }
    return text;
}

/* Constant time; hexadecimal digits were written in either case. */
static gboolean
same_hash(Form form, const char *stored, const char *made)
{
    g_autofree char *lower = g_ascii_strdown(stored, -1);
    const char *wanted = form == SALTED_MD5 ? lower : stored;
    g_autoptr(TwSecret) secret = tw_secret_new(wanted, strlen(wanted));

    return tw_secret_equal(secret, made, strlen(made));
}

static gboolean
is_password(const char *text, gsize len)
{
    return len > 0 && len <= TW_PASSWORD_MOST_LEN && memchr(text, 0, len) == NULL;
}

static void
spend_time(const char *password)
{
    wipe_text(run_crypt(password, NOBODYS_SETTING));
}

TwPasswordVerdict
tw_password_check(const char *hash, const TwSecret *password)
{
    gsize len;
    const char *text = tw_secret_reveal(password, &len);
    Form form = hash == NULL ? NO_FORM : get_form(hash, strlen(hash));
    char *made = NULL;
    gboolean right;

    if (form == NO_FORM || !is_password(text, len)) {
        spend_time(is_password(text, len) ? text : "x");
        return TW_PASSWORD_WRONG;
    }
    if (form == SALTED_MD5) {
        g_autofree char *salt = g_ascii_strdown(hash, OLD_SALT_LEN);
        made = make_salted_md5(salt, text, len);
    } else {
        made = run_crypt(text, hash);
    }
    right = made != NULL && same_hash(form, hash, made);
    wipe_text(made);
    if (right)
        return form == OURS ? TW_PASSWORD_RIGHT : TW_PASSWORD_RIGHT_BUT_OLD;
    if (form != OURS)
        spend_time(text);
    return TW_PASSWORD_WRONG;
}

char *
tw_password_hash(const TwSecret *password, GError **error)
{
    gsize len;
    const char *text = tw_secret_reveal(password, &len);
    char salt[SALT_LEN], setting[CRYPT_GENSALT_OUTPUT_SIZE];
    char *hash = NULL;

    if (len > TW_PASSWORD_MOST_LEN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "the password is too long");
        return NULL;
    }
    if (!is_password(text, len)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "the password is empty or has a NUL");
        return NULL;
    }
    tw_random_bytes(salt, sizeof salt);
    if (crypt_gensalt_rn("$y$", 5, salt, sizeof salt, setting, sizeof setting) != NULL)
        hash = run_crypt(text, setting);
    if (hash == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "the password could not be hashed");
    return hash;
}
