/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/oof.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/time.h"
#include "mapi/tags.h"

/* ---- settings ---- */

static gboolean
truth_of(const TwObject *object, guint32 tag)
{
    TwPropValue value;

    return tw_object_get(object, tag, &value) && value.truth;
}

static gint64
time_of(const TwObject *object, guint32 tag, gint64 fallback)
{
    TwPropValue value;
    gint64 us;

    if (!tw_object_get(object, tag, &value) || value.i8 <= 0)
        return fallback;
    tw_time_from_filetime((guint64) value.i8, &us);
    return us;
}

static guint64
generation_of(const TwOof *oof)
{
    g_autofree char *all = g_strdup_printf(
        "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d\n%s\n%s\n%s\n%s", oof->from_us, oof->until_us,
        (int) oof->audience, oof->subject, oof->text, oof->external_subject, oof->external_text);
    guint8 digest[TW_SHA256_LEN];
    TwCursor cur = tw_cursor_init(digest, sizeof digest);
    guint64 generation = 0;

    tw_sha256(all, strlen(all), digest);
    (void) tw_cursor_take_u64le(&cur, &generation);
    return generation;
}

void
tw_oof_read(const TwObject *store, TwOof *ret)
{
    guint32 audience = tw_object_get_long(store, TW_PR_OOF_AUDIENCE, TW_OOF_ALL);

    *ret = (TwOof){ 0 };
    ret->on = truth_of(store, PR_EC_OUTOFOFFICE) || truth_of(store, PR_OOF_STATE) ||
              tw_object_get_long(store, PR_EC_OUTOFOFFICE_L, 0) != 0;
    ret->from_us = time_of(store, PR_EC_OUTOFOFFICE_FROM, 0);
    ret->until_us = time_of(store, PR_EC_OUTOFOFFICE_UNTIL, G_MAXINT64);
    ret->subject = g_strdup(tw_object_get_text(store, PR_EC_OUTOFOFFICE_SUBJECT, ""));
    ret->text = g_strdup(tw_object_get_text(store, PR_EC_OUTOFOFFICE_MSG, ""));
    ret->external_subject =
        g_strdup(tw_object_get_text(store, TW_PR_OOF_EXTERNAL_SUBJECT, ret->subject));
    ret->external_text = g_strdup(tw_object_get_text(store, TW_PR_OOF_EXTERNAL_TEXT, ret->text));
    ret->audience = audience <= TW_OOF_INSIDE ? (TwOofAudience) audience : TW_OOF_INSIDE;
    ret->generation = generation_of(ret);
}

void
tw_oof_clear(TwOof *oof)
{
    g_free(oof->subject);
    g_free(oof->text);
    g_free(oof->external_subject);
    g_free(oof->external_text);
    *oof = (TwOof){ 0 };
}

gboolean
tw_oof_is_on(const TwOof *oof, gint64 now_us)
{
    return oof->on && now_us >= oof->from_us && now_us < oof->until_us;
}

/* ---- whom an answer is for ---- */

static gboolean
is_own(const char *const *own, const char *address)
{
    for (guint i = 0; own[i] != NULL; i++) {
        if (*address != '\0' && g_ascii_strcasecmp(own[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

TwOofPlace
tw_oof_place(const TwObject *message, const char *const *own)
{
    TwOofPlace best = TW_OOF_NOWHERE;
    guint count = tw_object_count(message, TW_OBJECT_RECIPIENT);

    for (guint i = 0; i < count; i++) {
        const TwObject *recipient = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        guint32 type = tw_object_get_long(recipient, PR_RECIPIENT_TYPE, 0);
        const char *plain = tw_object_get_text(recipient, PR_EMAIL_ADDRESS, "");

        if (type < 1 || type > 3 ||
            !is_own(own, tw_object_get_text(recipient, PR_SMTP_ADDRESS, plain)))
            continue;
        best = MIN(best, (TwOofPlace) (type - 1));
    }
    return best;
}

static gboolean
is_addressed(const TwOofCase *what)
{
    switch (what->place) {
    case TW_OOF_IN_TO:
        return TRUE;
    case TW_OOF_IN_CC:
        return what->cc;
    case TW_OOF_IN_BCC:
        return what->bcc;
    case TW_OOF_NOWHERE:
        break;
    }
    return what->nowhere;
}

TwOofVerdict
tw_oof_judge(const TwOof *oof, const TwOofCase *what)
{
    const guint automatic = TW_MARK_AUTOMATIC | TW_MARK_RULE | TW_MARK_VACATION;
    const guint32 no_answer = 0x10 | 0x20; /* of PR_AUTO_RESPONSE_SUPPRESS: OOF, other answers */

    if (*what->sender == '\0')
        return TW_OOF_NO_SENDER;
    if (tw_marks_is_machine(what->sender) ||
        (*what->from != '\0' && tw_marks_is_machine(what->from)))
        return TW_OOF_MACHINE;
    if (is_own(what->own, what->sender) || is_own(what->own, what->from))
        return TW_OOF_SELF;
    if (what->marks->bits & TW_MARK_SPAM)
        return TW_OOF_SPAM;
    if (what->marks->bits & automatic)
        return TW_OOF_AUTOMATIC;
    if (what->marks->bits & (TW_MARK_BULK | TW_MARK_LIST))
        return TW_OOF_LIST;
    if (what->marks->suppress & no_answer)
        return TW_OOF_SUPPRESSED;
    if (what->marks->bits & TW_MARK_NO_REPLY)
        return TW_OOF_INHIBITED;
    if (!is_addressed(what))
        return TW_OOF_NOT_ADDRESSED;
    if (!what->inside &&
        (oof->audience == TW_OOF_INSIDE || (oof->audience == TW_OOF_CONTACTS && !what->contact)))
        return TW_OOF_OUTSIDE;
    return TW_OOF_ANSWER;
}

const char *
tw_oof_verdict_name(TwOofVerdict verdict)
{
    static const char *const names[] = {
#define TW_OOF_VERDICT_NAME(name, word) [TW_OOF_##name] = word,
        TW_OOF_VERDICT_LIST(TW_OOF_VERDICT_NAME)
#undef TW_OOF_VERDICT_NAME
    };

    return verdict < TW_OOF_VERDICT_COUNT ? names[verdict] : "";
}

/* ---- the log ---- */

static const char magic[] = { 'T', 'W', 'O', 'L' };

typedef struct {
    guint64 hash;
    gint64 when_us;
} Answer;

static guint64
hash_of(const char *key)
{
    g_autofree char *folded = g_ascii_strdown(key, -1);
    guint8 digest[TW_SHA256_LEN];
    TwCursor cur = tw_cursor_init(digest, sizeof digest);
    guint64 hash = 0;

    tw_sha256(folded, strlen(folded), digest);
    (void) tw_cursor_take_u64le(&cur, &hash);
    return hash;
}

/* What no reader made is an empty log. */
static gboolean
open_log(GBytes *log, guint64 generation, TwCursor *ret, guint32 *ret_count)
{
    const guint8 *head;
    guint64 stored;
    guint16 version, zero;
    gsize len;
    const void *data;

    if (log == NULL)
        return FALSE;
    data = g_bytes_get_data(log, &len);
    *ret = tw_cursor_init(data, len);
    return tw_cursor_take(ret, sizeof magic, &head) && memcmp(head, magic, sizeof magic) == 0 &&
           tw_cursor_take_u16le(ret, &version) && version == 1 &&
           tw_cursor_take_u16le(ret, &zero) && tw_cursor_take_u64le(ret, &stored) &&
           stored == generation && tw_cursor_take_count(ret, TW_OOF_LOG_ENTRY, ret_count);
}

static GArray *
read_log(GBytes *log, guint64 generation, gint64 now_us, gint64 interval_us)
{
    GArray *answers = g_array_new(FALSE, FALSE, sizeof(Answer));
    guint32 count;
    TwCursor cur;

    if (!open_log(log, generation, &cur, &count))
        return answers;
    for (guint32 i = 0; i < count; i++) {
        Answer answer;
        guint64 when;

        if (!tw_cursor_take_u64le(&cur, &answer.hash) || !tw_cursor_take_u64le(&cur, &when))
            break;
        answer.when_us = (gint64) when;
        /* one from the future, after the clock was set back, counts from now on */
        answer.when_us = MIN(answer.when_us, now_us);
        if (answer.when_us > 0 && now_us - answer.when_us < interval_us)
            g_array_append_val(answers, answer);
    }
    return answers;
}

static GBytes *
write_log(const GArray *answers, guint64 generation)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_OOF_LOG_HEAD + TW_OOF_MOST_LOG * TW_OOF_LOG_ENTRY);

    tw_buffer_put(&out, magic, sizeof magic);
    tw_buffer_put_u16le(&out, 1);
    tw_buffer_put_u16le(&out, 0);
    tw_buffer_put_u64le(&out, generation);
    tw_buffer_put_u32le(&out, answers->len);
    for (guint i = 0; i < answers->len; i++) {
        const Answer *answer = &g_array_index(answers, Answer, i);

        tw_buffer_put_u64le(&out, answer->hash);
        tw_buffer_put_u64le(&out, (guint64) answer->when_us);
    }
    return tw_buffer_steal_bytes(&out, NULL);
}

GBytes *
tw_oof_log_add(GBytes *log, guint64 generation, const char *key, gint64 now_us, gint64 interval_us)
{
    g_autoptr(GArray) answers = read_log(log, generation, now_us, interval_us);
    Answer mine = { hash_of(key), now_us };

    for (guint i = 0; i < answers->len; i++) {
        if (g_array_index(answers, Answer, i).hash == mine.hash)
            return NULL;
    }
    if (answers->len >= TW_OOF_MOST_LOG)
        g_array_remove_range(answers, 0, answers->len - TW_OOF_MOST_LOG + 1);
    g_array_append_val(answers, mine);
    return write_log(answers, generation);
}
