/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/control-wire.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/number.h"

enum {
    MOST_TEXT = TW_CONTROL_MAX_REPLY - 256, /* the words before it take less */
};

static const struct {
    const char *word;
    guint numbers;
    gboolean text;
    guint64 most; /* of each number */
} replies[] = {
    [TW_CONTROL_PROGRESS] = { "progress", 1, TRUE, G_MAXUINT64 },
    [TW_CONTROL_FINDING] = { "finding", 0, TRUE, 0 },
    [TW_CONTROL_STORES] = { "stores", 1, FALSE, G_MAXUINT32 },
    [TW_CONTROL_DATA] = { "data", 1, FALSE, TW_CONTROL_MAX_DATA },
    [TW_CONTROL_WANT] = { "want", 1, FALSE, TW_CONTROL_MAX_DATA },
    [TW_CONTROL_MADE] = { "made", 0, TRUE, 0 },
    [TW_CONTROL_COUNTS] = { "counts", 3, FALSE, G_MAXUINT64 },
    [TW_CONTROL_DONE] = { "done", 0, FALSE, 0 },
    [TW_CONTROL_FAILED] = { "failed", 1, TRUE, G_MAXINT32 },
};

/* ---- words ---- */

/* The bytes up to a space, which is taken too, or all. No word is empty. */
static gboolean
take_word(TwCursor *cur, const char **ret, gsize *ret_len)
{
    const guint8 *space = cur->left > 0 ? memchr(cur->next, ' ', cur->left) : NULL;
    gsize len = space != NULL ? (gsize) (space - cur->next) : cur->left;
    const guint8 *word;

    if (len == 0 || (space != NULL && len + 1 == cur->left) || !tw_cursor_take(cur, len, &word))
        return FALSE;
    *ret = (const char *) word;
    *ret_len = len;
    return space == NULL || tw_cursor_skip(cur, 1);
}

static gboolean
take_number(TwCursor *cur, guint64 most, guint64 *ret)
{
    const char *word;
    gsize len;

    return take_word(cur, &word, &len) && tw_parse_u64(word, len, most, ret);
}

static gboolean
is_word(const char *word, gsize len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(word, wanted, len) == 0;
}

/* ---- requests ---- */

static const char *const deeds[] = {
    [TW_CONTROL_CHECK] = "check",
    [TW_CONTROL_EXPORT] = "export",
    [TW_CONTROL_IMPORT] = "import",
};

const char *
tw_control_deed_name(TwControlDeed deed)
{
    return deeds[deed];
}

void
tw_control_request_write(const TwControlRequest *request, GString *out)
{
    char guid[TW_GUID_TEXT_SIZE] = "all";

    if (!request->all || request->deed == TW_CONTROL_EXPORT)
        tw_guid_print(&request->store, TW_GUID_HEX, guid);
    g_string_append(out, deeds[request->deed]);
    if (request->deed == TW_CONTROL_CHECK)
        g_string_append_printf(out, " %d %s\n", request->deep ? 1 : 0, guid);
    else if (request->deed == TW_CONTROL_EXPORT)
        g_string_append_printf(out, " %s\n", guid);
    else
        g_string_append_printf(out, " %d\n", request->new_guid ? 1 : 0);
}

static gboolean
take_deed(TwCursor *cur, TwControlDeed *ret)
{
    const char *word;
    gsize len;

    if (!take_word(cur, &word, &len))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(deeds); i++) {
        if (is_word(word, len, deeds[i])) {
            *ret = (TwControlDeed) i;
            return TRUE;
        }
    }
    return FALSE;
}

/* "all", where that is allowed, or a GUID. */
static gboolean
take_store(TwCursor *cur, gboolean may_be_all, TwControlRequest *ret)
{
    const char *word;
    gsize len;

    if (!take_word(cur, &word, &len))
        return FALSE;
    ret->all = may_be_all && is_word(word, len, "all");
    return ret->all || tw_guid_parse(word, len, &ret->store);
}

gboolean
tw_control_request_parse(const char *line, gsize len, TwControlRequest *ret)
{
    TwCursor cur = tw_cursor_init(line, len);
    TwControlRequest request = { 0 };
    guint64 yes = 0;

    if (!take_deed(&cur, &request.deed) ||
        (request.deed != TW_CONTROL_EXPORT && !take_number(&cur, 1, &yes)) ||
        (request.deed != TW_CONTROL_IMPORT &&
         !take_store(&cur, request.deed == TW_CONTROL_CHECK, &request)) ||
        cur.left > 0)
        return FALSE;
    request.deep = request.deed == TW_CONTROL_CHECK && yes != 0;
    request.new_guid = request.deed == TW_CONTROL_IMPORT && yes != 0;
    *ret = request;
    return TRUE;
}

/* ---- answers ---- */

static void
put_text(GString *out, const char *text, gsize len)
{
    len = MIN(len, (gsize) MOST_TEXT);
    for (gsize i = 0; i < len; i++)
        g_string_append_c(out, (guint8) text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i]);
}

void
tw_control_reply_write(const TwControlReply *reply, GString *out)
{
    const TwCheckFinding *one = &reply->finding;
    const char *text = reply->text;
    gsize len = reply->text_len;

    g_string_append(out, replies[reply->kind].word);
    for (guint i = 0; i < replies[reply->kind].numbers; i++)
        g_string_append_printf(out, " %" G_GUINT64_FORMAT, reply->numbers[i]);
    if (reply->kind == TW_CONTROL_FINDING) {
        g_string_append_printf(out, " %d %s %u %u %u %d", (int) one->severity,
                               tw_check_what_name(one->what), one->store, one->folder, one->object,
                               one->repairable ? 1 : 0);
        text = len == 0 && one->why != NULL ? one->why : text;
        len = len == 0 && one->why != NULL ? strlen(one->why) : len;
    }
    if (replies[reply->kind].text && len > 0) {
        g_string_append_c(out, ' ');
        put_text(out, text, len);
    }
    g_string_append_c(out, '\n');
}

static gboolean
take_what(TwCursor *cur, TwCheckWhat *ret)
{
    const char *word;
    gsize len;

    if (!take_word(cur, &word, &len))
        return FALSE;
    for (guint what = 0; what < TW_CHECK_WHAT_COUNT; what++) {
        if (is_word(word, len, tw_check_what_name((TwCheckWhat) what))) {
            *ret = (TwCheckWhat) what;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
take_finding(TwCursor *cur, TwCheckFinding *ret)
{
    guint64 severity, store, folder, object, repairable;

    if (!take_number(cur, TW_CHECK_ERROR, &severity) || !take_what(cur, &ret->what) ||
        !take_number(cur, G_MAXUINT32, &store) || !take_number(cur, G_MAXUINT32, &folder) ||
        !take_number(cur, G_MAXUINT32, &object) || !take_number(cur, 1, &repairable))
        return FALSE;
    ret->severity = (TwCheckSeverity) severity;
    ret->store = (guint32) store;
    ret->folder = (guint32) folder;
    ret->object = (guint32) object;
    ret->repairable = repairable != 0;
    return TRUE;
}

static gboolean
take_kind(TwCursor *cur, TwControlKind *ret)
{
    const char *word;
    gsize len;

    if (!take_word(cur, &word, &len))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
        if (is_word(word, len, replies[i].word)) {
            *ret = (TwControlKind) i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
tw_control_reply_parse(const char *line, gsize len, TwControlReply *ret)
{
    TwCursor cur = tw_cursor_init(line, len);
    TwControlReply reply = { .text = "" };

    if (len > TW_CONTROL_MAX_REPLY || !take_kind(&cur, &reply.kind))
        return FALSE;
    for (guint i = 0; i < replies[reply.kind].numbers; i++) {
        if (!take_number(&cur, replies[reply.kind].most, &reply.numbers[i]))
            return FALSE;
    }
    if (reply.kind == TW_CONTROL_FINDING && !take_finding(&cur, &reply.finding))
        return FALSE;
    if (cur.left > 0) {
        if (!replies[reply.kind].text)
            return FALSE;
        reply.text = (const char *) cur.next;
        reply.text_len = cur.left;
    }
    *ret = reply;
    return TRUE;
}
