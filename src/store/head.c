/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Head records: made from an object, read in place. The format is in head.h.
 *
 * Invariants:
 *  1. What is answered as FOUND is what the object answers; ABSENT means that the object has no property of the id.
 *  2. A reader stays inside of the head, whatever it holds.
 */
#include "store/head.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/utf8.h"
#include "mapi/tags.h"
#include "store/derive.h"

enum {
    STRING_CLASS,
    STRING_SUBJECT,
    STRING_FROM_NAME,
    STRING_FROM_ADDRESS,
    STRING_TO,
    STRING_TOPIC,
    STRING_PREVIEW,
    STRING_COUNT,
};
G_STATIC_ASSERT(STRING_COUNT == G_N_ELEMENTS(((TwHead *) NULL)->string));

/* Offsets of the table in head.h. */
enum {
    AT_VERSION = 0,
    AT_FIXED_LEN = 2,
    AT_HAVE = 4,
    AT_CUT = 8,
    AT_IMPORTANCE = 12,
    AT_SENSITIVITY = 13,
    AT_PRIORITY = 14,
    AT_BOOLEANS = 15,
    AT_STATUS = 16,
    AT_ICON = 20,
    AT_FLAG_STATUS = 24,
    AT_FOLLOWUP_ICON = 25,
    AT_LAST_VERB = 26,
    AT_CLASS = 28,
    AT_PREFIX_LEN = 29,
    AT_KEYWORD_COUNT = 30,
    AT_SAME = 31,
    AT_SUBMIT_TIME = 32,
    AT_DELIVERY_TIME = 40,
    AT_EID = 48,
    AT_CONVERSATION = 56,
    AT_MAIL_LEN = 72,
    AT_MAIL_HEADER_LEN = 76,
};

/* Classes with a number, which is the row's place. On disk: rows are added at the end only, 255 at most. */
static const char *const classes[] = {
    NULL,
    "IPM.Note",
    "IPM.Note.SMIME",
    "IPM.Note.SMIME.MultipartSigned",
    "IPM.Appointment",
    "IPM.Schedule.Meeting.Request",
    "IPM.Schedule.Meeting.Canceled",
    "IPM.Schedule.Meeting.Resp.Pos",
    "IPM.Schedule.Meeting.Resp.Neg",
    "IPM.Schedule.Meeting.Resp.Tent",
    "IPM.Contact",
    "IPM.DistList",
    "IPM.Task",
    "IPM.TaskRequest",
    "IPM.TaskRequest.Accept",
    "IPM.TaskRequest.Decline",
    "IPM.TaskRequest.Update",
    "IPM.StickyNote",
    "IPM.Activity",
    "IPM.Post",
    "IPM.Post.Rss",
    "IPM.Document",
    "REPORT.IPM.Note.NDR",
    "REPORT.IPM.Note.DR",
    "REPORT.IPM.Note.IPNRN",
    "REPORT.IPM.Note.IPNNRN",
    "IPM.Schedule.Meeting.Notification.Forward",
    "IPM.Note.Rules.OofTemplate.Microsoft",
    "IPM.Configuration.CategoryList",
    "IPM",
};

typedef enum {
    KIND_U8,         /* LONG in one byte */
    KIND_S8,         /* LONG in one signed byte */
    KIND_U16,        /* LONG in two bytes */
    KIND_U32,        /* LONG */
    KIND_TIME,       /* SYSTIME */
    KIND_TRUE,       /* BOOLEAN, bit 0 of a byte, always there */
    KIND_GUID,       /* BINARY of 16 bytes */
    KIND_CLASS,      /* class number or string */
    KIND_TEXT,       /* a string */
    KIND_PREFIX,     /* begin of the subject */
    KIND_NORMALIZED, /* the rest of it */
    KIND_TOPIC,      /* the rest of the subject, or a string */
    KIND_SAME,       /* a string if a bit of sameness is set */
    KIND_SMTP,       /* "SMTP" if a bit of sameness is set */
} Kind;

/* Tag, bit of TwHeadBit, kind, offset of the slot or number of the string, bit of TwHeadSame. */
#define HEAD_LIST(X)                                                                               \
    X(PR_IMPORTANCE, IMPORTANCE, U8, AT_IMPORTANCE, 0)                                             \
    X(PR_SENSITIVITY, SENSITIVITY, U8, AT_SENSITIVITY, 0)                                          \
    X(PR_PRIORITY, PRIORITY, S8, AT_PRIORITY, 0)                                                   \
    X(PR_MSG_STATUS, STATUS, U32, AT_STATUS, 0)                                                    \
    X(PR_ICON_INDEX, ICON, U32, AT_ICON, 0)                                                        \
    X(PR_FLAG_STATUS, FLAG_STATUS, U8, AT_FLAG_STATUS, 0)                                          \
    X(PR_FOLLOWUP_ICON, FOLLOWUP_ICON, U8, AT_FOLLOWUP_ICON, 0)                                    \
    X(PR_LAST_VERB_EXECUTED, LAST_VERB, U16, AT_LAST_VERB, 0)                                      \
    X(PR_CLIENT_SUBMIT_TIME, SUBMIT_TIME, TIME, AT_SUBMIT_TIME, 0)                                 \
    X(PR_MESSAGE_DELIVERY_TIME, DELIVERY_TIME, TIME, AT_DELIVERY_TIME, 0)                          \
    X(PR_HASATTACH, CONVERSATION, TRUE, AT_BOOLEANS, 0)                                            \
    X(PR_CONVERSATION_ID, CONVERSATION, GUID, AT_CONVERSATION, 0)                                  \
    X(PR_MESSAGE_CLASS, CLASS, CLASS, STRING_CLASS, 0)                                             \
    X(PR_SUBJECT, SUBJECT, TEXT, STRING_SUBJECT, 0)                                                \
    X(PR_SUBJECT_PREFIX, SUBJECT, PREFIX, STRING_SUBJECT, 0)                                       \
    X(PR_NORMALIZED_SUBJECT, SUBJECT, NORMALIZED, STRING_SUBJECT, 0)                               \
    X(PR_CONVERSATION_TOPIC, TOPIC, TOPIC, STRING_TOPIC, TW_HEAD_TOPIC_IS_SUBJECT)                 \
    X(PR_SENT_REPRESENTING_NAME, FROM_NAME, TEXT, STRING_FROM_NAME, 0)                             \
    X(PR_SENT_REPRESENTING_EMAIL_ADDRESS, FROM_ADDRESS, TEXT, STRING_FROM_ADDRESS, 0)              \
    X(PR_SENT_REPRESENTING_SMTP_ADDRESS, FROM_SMTP, SAME, STRING_FROM_ADDRESS,                     \
      TW_HEAD_SAME_FROM_SMTP)                                                                      \
    X(PR_SENDER_NAME, SENDER_NAME, SAME, STRING_FROM_NAME, TW_HEAD_SAME_SENDER_NAME)               \
    X(PR_SENDER_EMAIL_ADDRESS, SENDER_ADDRESS, SAME, STRING_FROM_ADDRESS,                          \
      TW_HEAD_SAME_SENDER_ADDRESS)                                                                 \
    X(PR_SENDER_SMTP_ADDRESS, SENDER_SMTP, SAME, STRING_FROM_ADDRESS, TW_HEAD_SAME_SENDER_SMTP)    \
    X(PR_SENT_REPRESENTING_ADDRTYPE, FROM_TYPE, SMTP, 0, TW_HEAD_FROM_IS_SMTP)                     \
    X(PR_SENDER_ADDRTYPE, SENDER_TYPE, SMTP, 0, TW_HEAD_SENDER_IS_SMTP)                            \
    X(PR_DISPLAY_TO, TO, TEXT, STRING_TO, 0)                                                       \
    X(PR_PREVIEW, PREVIEW, TEXT, STRING_PREVIEW, 0)

typedef struct {
    guint32 tag, bit;
    Kind kind;
    guint at;
    guint8 same;
} Row;

enum {
#define HEAD_ENUM_ROW(tag_name, bit, kind, at, same) ROW_##tag_name,
    HEAD_LIST(HEAD_ENUM_ROW)
#undef HEAD_ENUM_ROW
};

static const Row rows[] = {
#define HEAD_ROW(tag_name, bit, kind, at, same)                                                    \
    [ROW_##tag_name] = { tag_name, TW_HEAD_##bit, KIND_##kind, at, same },
    HEAD_LIST(HEAD_ROW)
#undef HEAD_ROW
};

static const Row *
find_row(guint id)
{
    switch (id) {
#define HEAD_CASE(tag_name, bit, kind, at, same)                                                   \
    case tag_name >> 16:                                                                           \
        return &rows[ROW_##tag_name];
        HEAD_LIST(HEAD_CASE)
#undef HEAD_CASE
    default:
        return NULL;
    }
}

/* A head in the making. */
typedef struct {
    guint8 fixed[TW_HEAD_FIXED_LEN];
    const char *text[STRING_COUNT]; /* borrowed, not NUL-terminated */
    guint8 len[STRING_COUNT];
    guint32 have, cut;
    guint8 same;
} Draft;

static void
store_number(guint8 *at, guint64 number, guint len)
{
    for (guint i = 0; i < len; i++)
        at[i] = (guint8) (number >> (8 * i));
}

static guint64
load_number(const guint8 *at, guint len)
{
    guint64 number = 0;

    for (guint i = 0; i < len; i++)
        number |= (guint64) at[i] << (8 * i);
    return number;
}

/* A property exists, but the head cannot say what it is. */
static void
mark_cut(Draft *draft, guint32 bit)
{
    draft->have |= bit;
    draft->cut |= bit;
}

static gboolean
exists(const TwObject *object, guint32 tag)
{
    return tw_object_has(object, tw_prop_tag_with_type(tag, TW_PT_UNSPECIFIED));
}

static void
put_number(Draft *draft, const TwObject *object, const Row *row)
{
    TwPropValue value;
    guint len = row->kind == KIND_TIME  ? 8
                : row->kind == KIND_U32 ? 4
                : row->kind == KIND_U16 ? 2
                                        : 1;
    gboolean fits;

    if (!tw_object_get(object, row->tag, &value)) {
        if (exists(object, row->tag))
            mark_cut(draft, row->bit);
        return;
    }
    fits = row->kind == KIND_S8   ? value.i4 >= G_MININT8 && value.i4 <= G_MAXINT8
           : row->kind == KIND_U8 ? value.u4 <= G_MAXUINT8
                                  : row->kind != KIND_U16 || value.u4 <= G_MAXUINT16;
    if (!fits) {
        mark_cut(draft, row->bit);
        return;
    }
    draft->have |= row->bit;
    store_number(draft->fixed + row->at, row->kind == KIND_TIME ? (guint64) value.i8 : value.u4,
                 len);
}

static void
put_string(Draft *draft, guint string, guint32 bit, const char *text, gsize len, gsize most)
{
    gsize kept = tw_utf8_truncated_len(text, len, most);

    draft->have |= bit;
    if (kept < len)
        draft->cut |= bit;
    draft->text[string] = text;
    draft->len[string] = (guint8) kept;
}

/* Unicode text only: what an 8-bit text means is for those to say who know its code page. */
static gboolean
get_unicode(const TwObject *object, guint32 tag, TwPropValue *ret)
{
    return tw_object_get(object, tag, ret) && ret->tag == tag;
}

static void
put_text(Draft *draft, const TwObject *object, const Row *row, gsize most)
{
    TwPropValue value;

    if (get_unicode(object, row->tag, &value))
        put_string(draft, row->at, row->bit, value.text, value.len, most);
    else if (exists(object, row->tag))
        mark_cut(draft, row->bit);
}

static gboolean
texts_equal(const TwPropValue *a, const char *b, gsize b_len)
{
    return a->len == b_len && (b_len == 0 || memcmp(a->text, b, b_len) == 0);
}

/* A property that is the same as another one's whole value, or only known to exist. */
static void
put_same(Draft *draft, const TwObject *object, const Row *row, const Row *other)
{
    TwPropValue value, theirs;

    if (!exists(object, row->tag))
        return;
    if (get_unicode(object, row->tag, &value) && get_unicode(object, other->tag, &theirs) &&
        texts_equal(&value, theirs.text, theirs.len)) {
        draft->have |= row->bit;
        draft->cut |= (draft->cut & other->bit) != 0 ? row->bit : 0;
        draft->same |= row->same;
    } else {
        mark_cut(draft, row->bit);
    }
}

static void
put_type(Draft *draft, const TwObject *object, const Row *row)
{
    TwPropValue value;

    if (get_unicode(object, row->tag, &value) && texts_equal(&value, "SMTP", 4)) {
        draft->have |= row->bit;
        draft->same |= row->same;
    } else if (exists(object, row->tag)) {
        mark_cut(draft, row->bit);
    }
}

static void
put_class(Draft *draft, const TwObject *object)
{
    const Row *row = &rows[ROW_PR_MESSAGE_CLASS];
    TwPropValue value;

    if (get_unicode(object, row->tag, &value)) {
        for (guint i = 1; i < G_N_ELEMENTS(classes); i++) {
            if (texts_equal(&value, classes[i], strlen(classes[i]))) {
                draft->fixed[AT_CLASS] = (guint8) i;
                draft->have |= row->bit;
                return;
            }
        }
    }
    put_text(draft, object, row, TW_HEAD_MAX_CLASS);
}

static void
put_subject(Draft *draft, const TwObject *object)
{
    const Row *row = &rows[ROW_PR_SUBJECT], *topic_row = &rows[ROW_PR_CONVERSATION_TOPIC];
    const char *normalized = tw_derive_normalized_subject(object);
    TwPropValue topic, subject;

    put_text(draft, object, row, TW_HEAD_MAX_SUBJECT);
    if (get_unicode(object, PR_SUBJECT, &subject))
        draft->fixed[AT_PREFIX_LEN] = (guint8) tw_derive_subject_prefix_len(object);
    else if (exists(object, PR_NORMALIZED_SUBJECT) || exists(object, PR_SUBJECT_PREFIX))
        mark_cut(draft, row->bit);
    if ((draft->have & row->bit) != 0 && get_unicode(object, PR_SUBJECT, &subject) &&
        get_unicode(object, topic_row->tag, &topic) &&
        texts_equal(&topic, normalized, strlen(normalized))) {
        draft->have |= topic_row->bit;
        draft->cut |= (draft->cut & row->bit) != 0 ? topic_row->bit : 0;
        draft->same |= topic_row->same;
    } else {
        put_text(draft, object, topic_row, TW_HEAD_MAX_TOPIC);
    }
}

static void
put_senders(Draft *draft, const TwObject *object)
{
    const Row *name = &rows[ROW_PR_SENT_REPRESENTING_NAME];
    const Row *address = &rows[ROW_PR_SENT_REPRESENTING_EMAIL_ADDRESS];

    put_text(draft, object, name, TW_HEAD_MAX_FROM);
    put_text(draft, object, address, TW_HEAD_MAX_ADDRESS);
    put_same(draft, object, &rows[ROW_PR_SENDER_NAME], name);
    put_same(draft, object, &rows[ROW_PR_SENDER_EMAIL_ADDRESS], address);
    put_same(draft, object, &rows[ROW_PR_SENT_REPRESENTING_SMTP_ADDRESS], address);
    put_same(draft, object, &rows[ROW_PR_SENDER_SMTP_ADDRESS], address);
    put_type(draft, object, &rows[ROW_PR_SENT_REPRESENTING_ADDRTYPE]);
    put_type(draft, object, &rows[ROW_PR_SENDER_ADDRTYPE]);
}

/* The preview gets what the other strings left; @ret_preview is freed after the head is written. */
static void
put_preview(Draft *draft,
            const TwObject *object,
            const TwHeadOptions *options,
            gsize len_so_far,
            char **ret_preview)
{
    const Row *row = &rows[ROW_PR_PREVIEW];
    gsize left = len_so_far < TW_HEAD_TARGET_LEN ? TW_HEAD_TARGET_LEN - len_so_far : 0;
    gsize most = CLAMP(left, TW_HEAD_MIN_PREVIEW, TW_HEAD_MAX_PREVIEW);
    TwPropValue body = { 0 };
    gboolean cut;

    if (options->preview != NULL)
        body = tw_value_text(PR_BODY, options->preview, options->preview_len);
    else if (!get_unicode(object, PR_BODY, &body)) {
        if (exists(object, PR_BODY) || exists(object, PR_HTML) || exists(object, PR_RTF_COMPRESSED))
            mark_cut(draft, row->bit);
        return;
    }
    *ret_preview = tw_derive_preview(body.text, body.len, most, &cut);
    put_string(draft, STRING_PREVIEW, row->bit, *ret_preview, strlen(*ret_preview), most);
    if (cut)
        draft->cut |= row->bit;
}

static void
put_others(Draft *draft, const TwObject *object, const TwHeadOptions *options)
{
    TwGuid conversation = tw_derive_conversation_id(object);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind <= KIND_TIME)
            put_number(draft, object, &rows[i]);
    }
    draft->have |= TW_HEAD_CONVERSATION;
    memcpy(draft->fixed + AT_CONVERSATION, conversation.bytes, sizeof conversation.bytes);
    draft->fixed[AT_BOOLEANS] = tw_derive_has_attach(object) ? 1 : 0;
    store_number(draft->fixed + AT_EID, options->eid, 8);
    if (options->has_mail) {
        draft->have |= TW_HEAD_MAIL;
        store_number(draft->fixed + AT_MAIL_LEN, MIN(options->mail_len, G_MAXUINT32), 4);
        store_number(draft->fixed + AT_MAIL_HEADER_LEN, options->mail_header_len, 4);
    }
}

static GBytes *
write_draft(Draft *draft, const TwHeadOptions *options)
{
    guint8 out[TW_HEAD_MAX_LEN];
    gsize len = TW_HEAD_FIXED_LEN;

    store_number(draft->fixed + AT_VERSION, TW_HEAD_VERSION, 2);
    store_number(draft->fixed + AT_FIXED_LEN, TW_HEAD_FIXED_LEN, 2);
    store_number(draft->fixed + AT_HAVE, draft->have, 4);
    store_number(draft->fixed + AT_CUT, draft->cut, 4);
    draft->fixed[AT_KEYWORD_COUNT] = (guint8) options->keyword_count;
    draft->fixed[AT_SAME] = draft->same;
    memcpy(out, draft->fixed, sizeof draft->fixed);
    for (guint i = 0; i < options->keyword_count; i++, len += 2)
        store_number(out + len, options->keywords[i], 2);
    for (guint i = 0; i < STRING_COUNT; i++) {
        out[len++] = draft->len[i];
        if (draft->len[i] > 0)
            memcpy(out + len, draft->text[i], draft->len[i]);
        len += draft->len[i];
        out[len++] = '\0';
    }
    return g_bytes_new(out, len);
}

GBytes *
tw_head_build(const TwObject *object, const TwHeadOptions *options, GError **error)
{
    static const TwHeadOptions defaults = { 0 };
    const TwHeadOptions *how = options != NULL ? options : &defaults;
    g_autofree char *display = NULL, *preview = NULL;
    gsize len = TW_HEAD_FIXED_LEN + (gsize) 2 * STRING_COUNT;
    Draft draft = { 0 };

    if (how->keyword_count > TW_HEAD_MAX_KEYWORDS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "head: %u keywords", how->keyword_count);
        return NULL;
    }
    put_others(&draft, object, how);
    put_class(&draft, object);
    put_subject(&draft, object);
    put_senders(&draft, object);
    display = tw_derive_display(object, 1);
    put_string(&draft, STRING_TO, TW_HEAD_TO, display, strlen(display), TW_HEAD_MAX_TO);
    for (guint i = 0; i < STRING_COUNT; i++)
        len += draft.len[i];
    put_preview(&draft, object, how, len + (gsize) 2 * how->keyword_count, &preview);
    return write_draft(&draft, how);
}

static gboolean
open_head(const guint8 *data, gsize len, TwHead *ret)
{
    TwHead head = { .data = data };
    TwCursor cur;
    gsize fixed;

    if (len < TW_HEAD_FIXED_LEN || len > TW_HEAD_MAX_LEN)
        return FALSE;
    fixed = load_number(data + AT_FIXED_LEN, 2);
    cur = tw_cursor_init(data, len);
    if (fixed < TW_HEAD_FIXED_LEN || data[AT_KEYWORD_COUNT] > TW_HEAD_MAX_KEYWORDS ||
        !tw_cursor_skip(&cur, fixed) || !tw_cursor_skip(&cur, (gsize) 2 * data[AT_KEYWORD_COUNT]))
        return FALSE;
    for (guint i = 0; i < STRING_COUNT; i++) {
        guint8 text_len;
        const guint8 *text;

        head.string[i] = cur.next;
        if (!tw_cursor_take_u8(&cur, &text_len) ||
            !tw_cursor_take(&cur, (gsize) text_len + 1, &text) || text[text_len] != '\0')
            return FALSE;
    }
    head.have = (guint32) load_number(data + AT_HAVE, 4);
    head.cut = (guint32) load_number(data + AT_CUT, 4);
    head.len = (guint) len;
    if (cur.left > 0 || (head.cut & ~head.have) != 0)
        return FALSE;
    *ret = head;
    return TRUE;
}

gboolean
tw_head_open_verified(const guint8 *data, gsize len, TwHead *ret)
{
    return len >= 2 && load_number(data, 2) == TW_HEAD_VERSION && open_head(data, len, ret);
}

gboolean
tw_head_open(const guint8 *data, gsize len, TwHead *ret, GError **error)
{
    TwHead head;

    if (len >= 2 && load_number(data, 2) > TW_HEAD_VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "head: version %u",
                    (guint) load_number(data, 2));
        return FALSE;
    }
    if (!tw_head_open_verified(data, len, &head))
        goto corrupt;
    for (guint i = 0; i < STRING_COUNT; i++) {
        const guint8 *text = head.string[i] + 1;
        guint text_len = head.string[i][0];

        if (!tw_utf8_valid(text, text_len, NULL) || memchr(text, '\0', text_len) != NULL)
            goto corrupt;
        if (i == STRING_SUBJECT && data[AT_PREFIX_LEN] < text_len &&
            (text[data[AT_PREFIX_LEN]] & 0xc0) == 0x80)
            goto corrupt; /* a prefix that ends in a character */
    }
    *ret = head;
    return TRUE;

corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "head: not of the form of version 1");
    return FALSE;
}

static TwHeadAnswer
answer_text(const TwHead *head, const Row *row, guint string, TwPropValue *ret)
{
    *ret =
        tw_value_text(row->tag, (const char *) head->string[string] + 1, head->string[string][0]);
    return (head->cut & row->bit) != 0 ? TW_HEAD_CUT : TW_HEAD_FOUND;
}

/* The subject without its prefix, under the tag and bit of @row. */
static TwHeadAnswer
answer_normalized(const TwHead *head, const Row *row, TwPropValue *ret)
{
    TwHeadAnswer answer = answer_text(head, row, STRING_SUBJECT, ret);
    guint prefix_len = head->data[AT_PREFIX_LEN];

    if (prefix_len > ret->len)
        return TW_HEAD_CUT;
    ret->text += prefix_len;
    ret->len -= prefix_len;
    return answer;
}

static TwHeadAnswer
answer_prefix(const TwHead *head, const Row *row, TwPropValue *ret)
{
    guint prefix_len = head->data[AT_PREFIX_LEN];
    TwHeadAnswer answer = answer_text(head, row, STRING_SUBJECT, ret);

    /* of a subject that was cut, the prefix is whole as long as something is behind it */
    if (prefix_len > ret->len || (ret->len == 0 && answer == TW_HEAD_CUT))
        return TW_HEAD_CUT;
    ret->len = prefix_len;
    return TW_HEAD_FOUND;
}

static TwHeadAnswer
answer_class(const TwHead *head, const Row *row, TwPropValue *ret)
{
    guint number = head->data[AT_CLASS];

    if (number == 0)
        return answer_text(head, row, STRING_CLASS, ret);
    if (number >= G_N_ELEMENTS(classes))
        return TW_HEAD_CUT; /* of a later list */
    *ret = tw_value_str(row->tag, classes[number]);
    return TW_HEAD_FOUND;
}

static TwHeadAnswer
answer_row(const TwHead *head, const Row *row, TwPropValue *ret)
{
    const guint8 *slot = head->data + row->at;
    gboolean is_same = (head->data[AT_SAME] & row->same) != 0;

    switch (row->kind) {
    case KIND_U8:
        *ret = tw_value_long(row->tag, slot[0]);
        break;
    case KIND_S8:
        *ret = tw_value_long(row->tag, (guint32) (gint32) (gint8) slot[0]);
        break;
    case KIND_U16:
        *ret = tw_value_long(row->tag, (guint32) load_number(slot, 2));
        break;
    case KIND_U32:
        *ret = tw_value_long(row->tag, (guint32) load_number(slot, 4));
        break;
    case KIND_TIME:
        *ret = tw_value_i8(row->tag, (gint64) load_number(slot, 8));
        break;
    case KIND_TRUE:
        *ret = tw_value_bool(row->tag, (slot[0] & 1) != 0);
        break;
    case KIND_GUID:
        *ret = tw_value_bytes(row->tag, slot, 16);
        break;
    case KIND_CLASS:
        return answer_class(head, row, ret);
    case KIND_TEXT:
        return answer_text(head, row, row->at, ret);
    case KIND_PREFIX:
        return answer_prefix(head, row, ret);
    case KIND_NORMALIZED:
        return answer_normalized(head, row, ret);
    case KIND_TOPIC:
        return is_same ? answer_normalized(head, row, ret) : answer_text(head, row, row->at, ret);
    case KIND_SAME:
        return is_same ? answer_text(head, row, row->at, ret) : TW_HEAD_CUT;
    case KIND_SMTP:
        *ret = tw_value_text(row->tag, "SMTP", 4);
        return is_same ? TW_HEAD_FOUND : TW_HEAD_CUT;
    }
    return TW_HEAD_FOUND;
}

TwHeadAnswer
tw_head_get(const TwHead *head, guint32 tag, TwPropValue *ret)
{
    const Row *row = find_row(tag >> 16);
    TwHeadAnswer answer;

    if (row == NULL)
        return TW_HEAD_UNKNOWN;
    if ((head->have & row->bit) == 0)
        return TW_HEAD_ABSENT;
    if (!tw_prop_tag_answers(row->tag, tag)) /* the tail may have it under another type */
        return (head->cut & row->bit) != 0 ? TW_HEAD_UNKNOWN : TW_HEAD_ABSENT;
    *ret = (TwPropValue){ .tag = 0 };
    if (row->kind <= KIND_TIME && (head->cut & row->bit) != 0)
        return TW_HEAD_CUT;
    answer = answer_row(head, row, ret);
    if (answer == TW_HEAD_CUT && (ret->len == 0 || row->kind == KIND_SMTP))
        ret->tag = 0;
    return answer;
}

gboolean
tw_head_answers(guint32 tag)
{
    const Row *row = find_row(tag >> 16);

    return row != NULL && tw_prop_tag_answers(row->tag, tag);
}

guint64
tw_head_get_eid(const TwHead *head)
{
    return load_number(head->data + AT_EID, 8);
}

gboolean
tw_head_get_mail(const TwHead *head, guint32 *ret_len, guint32 *ret_header_len)
{
    if ((head->have & TW_HEAD_MAIL) == 0)
        return FALSE;
    *ret_len = (guint32) load_number(head->data + AT_MAIL_LEN, 4);
    *ret_header_len = (guint32) load_number(head->data + AT_MAIL_HEADER_LEN, 4);
    return TRUE;
}

guint
tw_head_keyword_count(const TwHead *head)
{
    return head->data[AT_KEYWORD_COUNT];
}

guint16
tw_head_keyword(const TwHead *head, guint index)
{
    const guint8 *list = head->string[0] - (gsize) 2 * tw_head_keyword_count(head);

    g_return_val_if_fail(index < tw_head_keyword_count(head), 0);
    return (guint16) load_number(list + (gsize) 2 * index, 2);
}

static gboolean
source_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    TwHeadSource *source = data;
    TwPropValue value;

    if (source->first != NULL && source->first->get(source->first->data, tag, ret))
        return TRUE;
    switch (tw_head_get(source->head, tag, &value)) {
    case TW_HEAD_FOUND:
        *ret = value;
        return TRUE;
    case TW_HEAD_ABSENT:
        return FALSE;
    case TW_HEAD_CUT:
    case TW_HEAD_UNKNOWN:
        break;
    }
    if (source->more != NULL)
        return source->more->get(source->more->data, tag, ret);
    source->unsure = TRUE;
    return FALSE;
}

static gboolean
source_get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    TwHeadSource *source = data;

    if (source->more == NULL) {
        source->unsure = TRUE;
        return FALSE;
    }
    return source->more->get_row != NULL &&
           source->more->get_row(source->more->data, tag, index, ret);
}

TwPropSource
tw_head_source(TwHeadSource *source)
{
    return (TwPropSource){ .get = source_get, .get_row = source_get_row, .data = source };
}
