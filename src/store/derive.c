/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/derive.h"

#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "mapi/conversation.h"
#include "mapi/message-class.h"
#include "mapi/object-node.h"
#include "mapi/tags.h"

gsize
tw_derive_subject_prefix_len(const TwObject *object)
{
    const char *subject = tw_object_get_text(object, PR_SUBJECT, "");
    const char *prefix = tw_object_get_text(object, PR_SUBJECT_PREFIX, NULL);
    gsize len;

    if (prefix == NULL)
        return tw_subject_prefix_len(subject);
    len = strlen(prefix);
    return len <= TW_DERIVE_MAX_PREFIX && g_str_has_prefix(subject, prefix) ? len : 0;
}

const char *
tw_derive_normalized_subject(const TwObject *object)
{
    const char *subject = tw_object_get_text(object, PR_SUBJECT, NULL);

    if (subject == NULL)
        return tw_object_get_text(object, PR_NORMALIZED_SUBJECT, "");
    return subject + tw_derive_subject_prefix_len(object);
}

gboolean
tw_derive_subject_changed(TwObject *object, gboolean prefix_set, GError **error)
{
    TwPropValue subject;

    if (!tw_object_get(object, PR_SUBJECT, &subject)) {
        if (!prefix_set && !tw_object_has(object, PR_SUBJECT))
            tw_object_remove(object, PR_SUBJECT_PREFIX);
        return TRUE;
    }
    if (tw_subject_skip_mark(subject.text) != subject.text) {
        TwPropValue clean = tw_value_str(subject.tag, tw_subject_skip_mark(subject.text));
        if (!tw_object_set(object, &clean, error) || !tw_object_get(object, PR_SUBJECT, &subject))
            return FALSE;
    }
    if (!prefix_set) {
        gsize len = tw_subject_prefix_len(subject.text);
        TwPropValue prefix =
            tw_value_text(tw_prop_tag_with_type(PR_SUBJECT_PREFIX, tw_prop_tag_type(subject.tag)),
                          subject.text, len);
        if (!tw_object_set(object, &prefix, error))
            return FALSE;
    }
    tw_object_remove(object, PR_NORMALIZED_SUBJECT);
    return TRUE;
}

TwGuid
tw_derive_conversation_id(const TwObject *object)
{
    TwPropValue tracking, index = { 0 };
    const char *topic = tw_object_get_text(object, PR_CONVERSATION_TOPIC, NULL);
    gboolean has_index = tw_object_get(object, PR_CONVERSATION_INDEX, &index);
    gboolean tracked =
        tw_object_get(object, PR_CONVERSATION_INDEX_TRACKING, &tracking) && tracking.truth;

    return tw_conversation_id(tracked, has_index ? index.data : NULL, has_index ? index.len : 0,
                              topic != NULL ? topic : tw_derive_normalized_subject(object));
}

guint64
tw_derive_conversation_hash(const TwGuid *id)
{
    guint64 hash;

    memcpy(&hash, id->bytes, sizeof hash);
    return GUINT64_FROM_LE(hash) & G_MAXINT64;
}

gboolean
tw_derive_search_key(TwObject *object, const guint8 random[16], GError **error)
{
    TwPropValue key = tw_value_bytes(PR_SEARCH_KEY, random, 16);

    return tw_object_has(object, PR_SEARCH_KEY) || tw_object_set(object, &key, error);
}

void
tw_derive_search_key_of(const TwObject *object, guint8 ret[TW_DERIVED_SEARCH_KEY_LEN])
{
    static const guint32 tags[] = { PR_INTERNET_MESSAGE_ID, PR_MESSAGE_DELIVERY_TIME,
                                    PR_CLIENT_SUBMIT_TIME, PR_SENT_REPRESENTING_EMAIL_ADDRESS,
                                    PR_SUBJECT };
    guint8 digest[TW_SHA256_LEN];
    TwSha256 hash;

    tw_sha256_init(&hash);
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        TwPropValue value;
        guint32 head[2] = { GUINT32_TO_LE(tags[i]), 0 };
        gint64 number;
        if (!tw_object_get(object, tags[i], &value))
            continue;
        number = GINT64_TO_LE(value.i8);
        if (tw_prop_tag_type(value.tag) == TW_PT_SYSTIME) {
            tw_sha256_update(&hash, head, sizeof head);
            tw_sha256_update(&hash, &number, sizeof number);
        } else { /* the length keeps one text from running into the next */
            head[1] = GUINT32_TO_LE(value.len);
            tw_sha256_update(&hash, head, sizeof head);
            tw_sha256_update(&hash, value.data, value.len);
        }
    }
    tw_sha256_finish(&hash, digest);
    memcpy(ret, digest, TW_DERIVED_SEARCH_KEY_LEN);
}

gboolean
tw_derive_has_attach(const TwObject *object)
{
    const TwObject *attachment;

    for (guint i = 0; (attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, i)) != NULL; i++) {
        TwPropValue hidden;
        if (!tw_object_get(attachment, PR_ATTACHMENT_HIDDEN, &hidden) || !hidden.truth)
            return TRUE;
    }
    return FALSE;
}

/* What a recipient is called in a list: only its Unicode texts can be in one. */
static gboolean
recipient_name(const TwObject *recipient, TwPropValue *ret)
{
    static const guint32 tags[] = { PR_DISPLAY_NAME, PR_SMTP_ADDRESS, PR_EMAIL_ADDRESS };

    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (tw_object_get(recipient, tags[i], ret) && ret->len > 0 &&
            (ret->tag == tags[i] || tw_utf8_valid(ret->text, ret->len, NULL)))
            return TRUE;
    }
    return FALSE;
}

char *
tw_derive_display(const TwObject *object, guint recipient_type)
{
    GString *list = g_string_new(NULL);
    const TwObject *recipient;

    for (guint i = 0; (recipient = tw_object_at(object, TW_OBJECT_RECIPIENT, i)) != NULL; i++) {
        gsize separator = list->len > 0 ? 2 : 0;
        TwPropValue name;

        /* the high bits of the type say what became of the message, not who got it */
        if ((tw_object_get_long(recipient, PR_RECIPIENT_TYPE, 1) & 0xf) != recipient_type ||
            !recipient_name(recipient, &name))
            continue;
        if (name.len + separator > TW_DERIVE_MAX_DISPLAY - list->len)
            break;
        g_string_append_len(list, "; ", (gssize) separator);
        g_string_append_len(list, name.text, name.len);
    }
    return g_string_free(list, FALSE);
}

/* Everything that tree_bytes has for housekeeping, and the bytes in blobs. */
typedef struct {
    guint64 overhead, in_blobs;
} Parts;

static void /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
add_parts(const TwObject *object, Parts *parts)
{
    parts->overhead += TW_OBJECT_NODE_COST + (guint64) object->count * 12;
    for (guint i = 0; object->blobs != NULL && i < object->blobs->len; i++) {
        const TwObjectBlob *blob = &g_array_index(object->blobs, TwObjectBlob, i);
        guint64 len = MIN(blob->ref.len, G_MAXINT64 / 4); /* no sum of believable ones wraps */
        parts->in_blobs += len + (tw_prop_tag_is_text(blob->tag) ? 1 : 0);
    }
    for (guint list = 0; list < G_N_ELEMENTS(object->lists); list++) {
        const GPtrArray *nodes = object->lists[list].nodes;
        for (guint i = 0; nodes != NULL && i < nodes->len; i++)
            add_parts(nodes->pdata[i], parts);
    }
    if (object->embedded != NULL)
        add_parts(object->embedded, parts);
}

guint64
tw_derive_size(const TwObject *object)
{
    Parts parts = { 0 };

    add_parts(object, &parts);
    return object->tree_bytes - parts.overhead + parts.in_blobs;
}

static gboolean
is_blank(gunichar c)
{
    return g_unichar_isspace(c) || g_unichar_iscntrl(c) || c == 0xfeff || c == 0x200b;
}

char *
tw_derive_preview(const char *text, gsize len, gsize most, gboolean *ret_cut)
{
    GString *out = g_string_sized_new(most);
    gboolean blank = FALSE, cut = FALSE;

    for (gsize at = 0; at < len;) {
        gunichar c = g_utf8_get_char_validated(text + at, (gssize) MIN(len - at, 6));
        gsize width;

        if (c >= 0x110000u) {
            cut = TRUE;
            break;
        }
        width = (gsize) g_unichar_to_utf8(c, NULL);
        if (is_blank(c)) {
            blank = out->len > 0;
        } else if (out->len + (blank ? 1 : 0) + width > most) {
            cut = TRUE;
            break;
        } else {
            if (blank)
                g_string_append_c(out, ' ');
            g_string_append_len(out, text + at, (gssize) width);
            blank = FALSE;
        }
        at += width;
    }
    if (ret_cut != NULL)
        *ret_cut = cut;
    return g_string_free(out, FALSE);
}

guint32
tw_derive_message_flags(guint32 old, guint32 wanted, guint context)
{
    static const guint32 by_client =
        TW_MSGFLAG_READ | TW_MSGFLAG_UNMODIFIED | TW_MSGFLAG_UNSENT | TW_MSGFLAG_FROM_ME |
        TW_MSGFLAG_RESEND | TW_MSGFLAG_READ_REPORT_PENDING | TW_MSGFLAG_NONREAD_REPORT_PENDING;
    static const guint32 by_transport =
        TW_MSGFLAG_ORIGIN_X400 | TW_MSGFLAG_ORIGIN_INTERNET | TW_MSGFLAG_UNTRUSTED;
    static const guint32 by_store = TW_MSGFLAG_HAS_ATTACH | TW_MSGFLAG_ASSOCIATED;
    gboolean is_set = (context & TW_FLAGS_SET) != 0;
    gboolean is_sync = (context & TW_FLAGS_SYNC) != 0;
    gboolean is_first = (context & TW_FLAGS_FIRST_SAVE) != 0;
    guint32 settable = 0, flags;

    if (is_set && (is_first || is_sync))
        settable |= by_client;
    if (is_set && is_sync)
        settable |= TW_MSGFLAG_SUBMITTED;
    if (is_set && (context & TW_FLAGS_TRANSPORT) != 0)
        settable |= by_transport;
    flags = (old & ~settable & ~by_store) | (wanted & settable);
    if (!is_first && !(is_set && is_sync))
        flags &= ~(guint32) TW_MSGFLAG_UNMODIFIED;
    if ((context & TW_FLAGS_HAS_ATTACH) != 0)
        flags |= TW_MSGFLAG_HAS_ATTACH;
    if ((context & TW_FLAGS_ASSOCIATED) != 0)
        flags |= TW_MSGFLAG_ASSOCIATED;
    if ((flags & TW_MSGFLAG_READ) != 0)
        flags |= TW_MSGFLAG_EVER_READ;
    return flags;
}

guint32
tw_derive_read_flag(guint32 old, gboolean is_read)
{
    if (!is_read)
        return old & ~(guint32) TW_MSGFLAG_READ;
    return (old | TW_MSGFLAG_READ | TW_MSGFLAG_EVER_READ) &
           ~(guint32) (TW_MSGFLAG_READ_REPORT_PENDING | TW_MSGFLAG_NONREAD_REPORT_PENDING);
}
