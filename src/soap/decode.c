/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A stack of frames, one for each open element, is all the state there is: so the input may be cut anywhere, and nothing is
 * recursive. An element is opened by the frame above it: a record looks its name up among its members, a list takes the next
 * item, a text takes none. What most of a message is, elements with text only, comes as one token and needs no frame.
 */
#include "soap/decode.h"

#include "base/error.h"
#include "soap/decode-private.h"
#include "soap/plain-private.h"
#include "soap/same-private.h"

enum {
    PLAIN_DEPTH = 2, /* of a value that is read at once: the item, its member */
};

typedef enum {
    OUTSIDE,  /* nothing is open: the envelope comes, or the record of tw_soap_decode_record() */
    ENVELOPE, /* a header may come, then the body */
    BODY,     /* the call comes, or what answers it */
    RECORD,   /* members of a structure, or items of a list */
    VALUE,    /* parts of a property value */
    SCALAR,   /* text */
    SKIP,     /* an element nobody knows, and all in it */
} Mode;

typedef struct {
    Mode mode;
    TwSoapKind kind;        /* SCALAR: of the text */
    guint next;             /* RECORD, VALUE: the member that is likely to come */
    guint32 seen;           /* RECORD, VALUE: which members came, by bit */
    guint32 capacity;       /* RECORD: items there is room for */
    const TwSoapType *type; /* RECORD, VALUE */
    guint8 *target;         /* what is filled in */
    TwSoapParts parts;      /* VALUE: what came so far */
} Frame;

struct TwSoapDecoder {
    TwSoapReader *reader;
    TwSoapLimits limits;
    TwArena *arena, *own_arena;
    Frame frames[TW_SOAP_MAX_DEPTH + 1]; /* 0 is outside */
    guint top;
    TwBuffer text; /* of a SCALAR, until it ends */
    gboolean is_response, done;
    TwSoapMessage message;
    TwSoapFault fault;
    const TwSoapType *root; /* tw_soap_decode_record() */
    gpointer root_target;
    GError *refusal; /* the first */
    GError *error;
};

TwSoapDecoder *
tw_soap_decoder_new(const TwSoapLimits *limits)
{
    TwSoapDecoder *decoder = g_new0(TwSoapDecoder, 1);

    decoder->reader = tw_soap_reader_new(limits);
    decoder->limits = *limits;
    decoder->arena = decoder->own_arena = tw_arena_new(limits->memory);
    decoder->text = (TwBuffer) TW_BUFFER_INIT(limits->text);
    return decoder;
}

void
tw_soap_decoder_free(TwSoapDecoder *decoder)
{
    if (decoder == NULL)
        return;
    tw_soap_reader_free(decoder->reader);
    tw_arena_free(decoder->own_arena);
    tw_buffer_clear(&decoder->text);
    g_clear_error(&decoder->refusal);
    g_clear_error(&decoder->error);
    g_free(decoder);
}

static void
reset(TwSoapDecoder *decoder)
{
    tw_soap_reader_reset(decoder->reader);
    tw_arena_reset(decoder->own_arena);
    decoder->top = 0;
    decoder->frames[0] = (Frame){ .mode = OUTSIDE };
    tw_buffer_clear(&decoder->text);
    decoder->done = FALSE;
    decoder->message = (TwSoapMessage){ 0 };
    decoder->fault = (TwSoapFault){ 0 };
    g_clear_error(&decoder->refusal);
    g_clear_error(&decoder->error);
}

void
tw_soap_decoder_expect_request(TwSoapDecoder *decoder)
{
    reset(decoder);
    decoder->is_response = FALSE;
}

void
tw_soap_decoder_expect_response(TwSoapDecoder *decoder, TwSoapCall call)
{
    reset(decoder);
    decoder->is_response = TRUE;
    decoder->message.call = call;
}

TwArena *
tw_soap_decoder_arena(TwSoapDecoder *decoder)
{
    return decoder->arena;
}

static gboolean
fail(TwSoapDecoder *decoder, TwError code, const char *message, const char *name, gsize len)
{
    if (decoder->error == NULL)
        decoder->error =
            g_error_new(TW_ERROR, (gint) code, "%s: \"%.*s\"", message, (int) MIN(len, 64), name);
    return FALSE;
}

static gboolean
fail_plain(TwSoapDecoder *decoder, TwError code, const char *message)
{
    if (decoder->error == NULL)
        decoder->error = g_error_new_literal(TW_ERROR, (gint) code, message);
    return FALSE;
}

static gpointer
take(TwSoapDecoder *decoder, gsize count, gsize size)
{
    gpointer memory = tw_arena_alloc_array(decoder->arena, count, size);

    if (memory == NULL)
        (void) fail_plain(decoder, TW_ERROR_TOO_BIG, "a message larger than its memory");
    return memory;
}

/* The reader's limit of depth is below the number of frames. */
static Frame *
push(TwSoapDecoder *decoder, Mode mode)
{
    Frame *frame = &decoder->frames[++decoder->top];

    frame->mode = mode;
    frame->next = 0;
    frame->seen = 0;
    frame->capacity = 0;
    frame->type = NULL;
    return frame;
}

/* --- opening --------------------------------------------------------------------------------------------------- */

static const TwSoapAttribute *
find_attribute(const TwSoapToken *token, TwSoapSpace space, const char *name)
{
    for (guint i = 0; i < token->attribute_count; i++) {
        const TwSoapAttribute *one = &token->attributes[i];
        if (one->space == space && one->name_len == strlen(name) &&
            memcmp(one->name, name, one->name_len) == 0)
            return one;
    }
    return NULL;
}

static gboolean
is_nil(const TwSoapToken *token)
{
    const TwSoapAttribute *nil =
        token->attribute_count > 0 ? find_attribute(token, TW_SOAP_SPACE_XSI, "nil") : NULL;

    return nil != NULL && ((nil->value_len == 4 && memcmp(nil->value, "true", 4) == 0) ||
                           (nil->value_len == 1 && *nil->value == '1'));
}

/* How many items an encoded array says it has: a hint for the first room, believed up to a point. */
static guint32
announced(const TwSoapToken *token)
{
    enum {
        MOST = 256,
        LEAST = 4
    };
    const TwSoapAttribute *type = token->attribute_count > 0
                                      ? find_attribute(token, TW_SOAP_SPACE_ENCODING, "arrayType")
                                      : NULL;
    gsize at = type != NULL ? type->value_len : 0;
    guint32 count = 0, scale = 1;

    if (at < 3 || type->value[at - 1] != ']')
        return LEAST;
    for (at--; at > 0 && g_ascii_isdigit(type->value[at - 1]) && scale < 1000000; at--) {
        count += (guint32) (type->value[at - 1] - '0') * scale;
        scale *= 10;
    }
    return CLAMP(count, 1, MOST);
}

/* Room for one more item of a list. */
static guint8 *
add_item(TwSoapDecoder *decoder, Frame *frame)
{
    TwSoapItems *list = (TwSoapItems *) (gpointer) frame->target;
    gsize size = frame->type->item_kind == TW_SOAP_STRUCT
                     ? frame->type->item_type->size
                     : tw_soap_kind_size(frame->type->item_kind);

    if (list->count == frame->capacity || list->items == NULL) {
        guint32 room = list->items == NULL ? MAX(frame->capacity, 4) : frame->capacity * 2;
        gpointer items;

        if (list->count >= decoder->limits.items) {
            (void) fail_plain(decoder, TW_ERROR_TOO_BIG, "a list longer than it may be");
            return NULL;
        }
        items = take(decoder, room, size);
        if (items == NULL)
            return NULL;
        if (list->count > 0 && list->items != NULL)
            memcpy(items, list->items, list->count * size);
        list->items = items;
        frame->capacity = room;
    } else if (list->count >= decoder->limits.items) {
        (void) fail_plain(decoder, TW_ERROR_TOO_BIG, "a list longer than it may be");
        return NULL;
    }
    return (guint8 *) list->items + list->count++ * size;
}

static gboolean
finish_scalar(TwSoapDecoder *decoder, TwSoapKind kind, guint8 *target, const char *text, gsize len)
{
    return tw_soap_scalar_read(kind, text, len, decoder->arena, target, &decoder->error);
}

/* Opens what lies at @target. A scalar that came as a leaf is finished at once, and @ret_open is FALSE. */
static gboolean
open_target(TwSoapDecoder *decoder,
            const TwSoapToken *token,
            TwSoapKind kind,
            const TwSoapType *type,
            guint8 *target,
            gboolean *ret_open)
{
    Frame *frame;

    *ret_open = TRUE;
    switch (kind) {
    case TW_SOAP_OPT_STRUCT:
        *(gpointer *) (gpointer) target = take(decoder, 1, type->size);
        target = *(gpointer *) (gpointer) target;
        if (target == NULL)
            return FALSE;
        break;
    case TW_SOAP_OPT_VALUE:
        *(gpointer *) (gpointer) target = take(decoder, 1, sizeof(TwPropValue));
        target = *(gpointer *) (gpointer) target;
        if (target == NULL)
            return FALSE;
        kind = TW_SOAP_VALUE;
        break;
    default:
        break;
    }
    if (kind == TW_SOAP_STRUCT || kind == TW_SOAP_OPT_STRUCT) {
        frame = push(decoder, RECORD);
        frame->type = type;
        if (type->has_items)
            frame->capacity = announced(token);
    } else if (kind == TW_SOAP_VALUE) {
        frame = push(decoder, VALUE);
        frame->type = &tw_soap_type_parts;
        frame->parts = (TwSoapParts){ 0 };
    } else if (token->kind == TW_SOAP_TOKEN_LEAF && kind != TW_SOAP_XOP) {
        *ret_open = FALSE;
        return finish_scalar(decoder, kind, target, token->text, token->text_len);
    } else {
        frame = push(decoder, SCALAR);
        frame->kind = kind;
        decoder->text.len = 0;
    }
    frame->target = target;
    return TRUE;
}

/* Unqualified, or qualified by the namespace of the calls or of the envelope (faults of SOAP 1.2). */
static gboolean
is_ours(const TwSoapToken *token)
{
    return !token->prefixed || token->space == TW_SOAP_SPACE_CALLS ||
           token->space == TW_SOAP_SPACE_ENV_11 || token->space == TW_SOAP_SPACE_ENV_12;
}

/* The index of a member, or -1. */
static int
find_member(const Frame *frame, const TwSoapToken *token)
{
    const TwSoapMember *members = frame->type->members;

    if (!is_ours(token))
        return -1;
    if (frame->next < frame->type->member_count &&
        members[frame->next].name_len == token->name_len &&
        tw_soap_same(members[frame->next].name, token->name, token->name_len))
        return (int) frame->next;
    for (guint i = 0; i < frame->type->member_count; i++) {
        if (members[i].name_len == token->name_len &&
            tw_soap_same(members[i].name, token->name, token->name_len))
            return (int) i;
    }
    return -1;
}

static gboolean
open_skip(TwSoapDecoder *decoder, const TwSoapToken *token, gboolean *ret_open)
{
    *ret_open = token->kind == TW_SOAP_TOKEN_START;
    if (*ret_open)
        (void) push(decoder, SKIP);
    return TRUE;
}

/* The element in place of bytes that travel in a part of their own. */
static gboolean
open_include(TwSoapDecoder *decoder, Frame *frame, const TwSoapToken *token, gboolean *ret_open)
{
    g_auto(TwBuffer) href = TW_BUFFER_INIT(TW_SOAP_MAX_TAG);
    const TwSoapAttribute *attribute = find_attribute(token, TW_SOAP_SPACE_NONE, "href");
    const char **target = (const char **) (gpointer) frame->target;
    gsize skip;

    if (token->space != TW_SOAP_SPACE_XOP || token->name_len != 7 ||
        memcmp(token->name, "Include", 7) != 0)
        return open_skip(decoder, token, ret_open);
    if (attribute == NULL || *target != NULL)
        return fail_plain(decoder, TW_ERROR_INVALID, "not one place holder for bytes");
    tw_soap_reader_put_value(attribute, &href);
    skip = href.len >= 4 && memcmp(href.data, "cid:", 4) == 0 ? 4 : 0;
    *target = tw_arena_copy(decoder->arena, href.data + skip, href.len - skip);
    if (*target == NULL)
        return fail_plain(decoder, TW_ERROR_TOO_BIG, "a message larger than its memory");
    return open_skip(decoder, token, ret_open);
}

static gboolean
open_in_record(TwSoapDecoder *decoder, Frame *frame, const TwSoapToken *token, gboolean *ret_open)
{
    gboolean is_value = frame->mode == VALUE;
    int index = find_member(frame, token);
    const TwSoapMember *member;
    guint8 *item;

    if (index < 0) {
        /* items of a list may have any name, those in front of members have theirs */
        if (!frame->type->has_items ||
            (frame->type->member_count > 0 &&
             (token->name_len != 4 || memcmp(token->name, "item", 4) != 0)))
            return open_skip(decoder, token, ret_open);
        item = add_item(decoder, frame);
        if (item == NULL)
            return FALSE;
        if (is_nil(token))
            return open_skip(decoder, token, ret_open);
        return open_target(decoder, token, frame->type->item_kind, frame->type->item_type, item,
                           ret_open);
    }
    if ((frame->seen & 1u << index) != 0)
        return fail(decoder, TW_ERROR_INVALID, "an element that is there twice", token->name,
                    token->name_len);
    /* the members of a value share their memory */
    if (is_value && index != TW_SOAP_PART_TAG && frame->seen >> 1 != 0)
        return fail(decoder, TW_ERROR_INVALID, "a value with two members", token->name,
                    token->name_len);
    frame->seen |= 1u << index;
    frame->next = (guint) index + 1;
    if (is_nil(token))
        return open_skip(decoder, token, ret_open);
    member = &frame->type->members[index];
    if (!open_target(decoder, token, member->kind, member->type,
                     (is_value ? (guint8 *) &frame->parts : frame->target) + member->offset,
                     ret_open))
        return FALSE;
    if (is_value && index == TW_SOAP_PART_TAG && !*ret_open)
        frame->next = tw_soap_value_part(frame->parts.tag);
    return TRUE;
}

static gboolean
is_named(const TwSoapToken *token, const char *name)
{
    return token->name_len == strlen(name) && memcmp(token->name, name, token->name_len) == 0;
}

static gboolean
open_envelope(TwSoapDecoder *decoder, const TwSoapToken *token, gboolean *ret_open)
{
    if (decoder->root != NULL)
        return open_target(decoder, token, TW_SOAP_STRUCT, decoder->root, decoder->root_target,
                           ret_open);
    if (!is_named(token, "Envelope") ||
        (token->space != TW_SOAP_SPACE_ENV_11 && token->space != TW_SOAP_SPACE_ENV_12))
        return fail_plain(decoder, TW_ERROR_CORRUPT, "no SOAP envelope");
    decoder->message.version = token->space == TW_SOAP_SPACE_ENV_12 ? TW_SOAP_1_2 : TW_SOAP_1_1;
    *ret_open = TRUE;
    (void) push(decoder, ENVELOPE);
    return TRUE;
}

static gboolean
is_envelope_space(const TwSoapDecoder *decoder, const TwSoapToken *token)
{
    return token->space ==
           (decoder->message.version == TW_SOAP_1_2 ? TW_SOAP_SPACE_ENV_12 : TW_SOAP_SPACE_ENV_11);
}

/* The one element that matters: a call, or what answers it. */
static gboolean
open_call(TwSoapDecoder *decoder, const TwSoapToken *token, gboolean *ret_open)
{
    TwSoapMessage *message = &decoder->message;
    const TwSoapCallInfo *info;
    const TwSoapType *type;

    if (message->body != NULL || message->fault != NULL)
        return open_skip(decoder, token, ret_open);
    if (decoder->is_response && is_envelope_space(decoder, token) && is_named(token, "Fault")) {
        message->fault = &decoder->fault;
        return open_target(decoder, token, TW_SOAP_STRUCT, &tw_soap_type_Fault,
                           (guint8 *) &decoder->fault, ret_open);
    }
    if (decoder->is_response) {
        info = tw_soap_call_info(message->call);
        if (token->space != TW_SOAP_SPACE_CALLS || !is_named(token, info->answer))
            return fail(decoder, TW_ERROR_INVALID, "not the answer to what was asked", token->name,
                        token->name_len);
        type = info->response;
    } else {
        if (token->space != TW_SOAP_SPACE_CALLS ||
            !tw_soap_call_find(token->name, token->name_len, &message->call))
            return fail(decoder, TW_ERROR_NOT_FOUND, "no such call", token->name, token->name_len);
        type = tw_soap_call_info(message->call)->args;
    }
    message->body = take(decoder, 1, type->size);
    return message->body != NULL &&
           open_target(decoder, token, TW_SOAP_STRUCT, type, message->body, ret_open);
}

static gboolean
open_in_envelope(TwSoapDecoder *decoder, const TwSoapToken *token, gboolean *ret_open)
{
    if (!is_envelope_space(decoder, token) || !is_named(token, "Body"))
        return open_skip(decoder, token, ret_open);
    *ret_open = TRUE;
    (void) push(decoder, BODY);
    return TRUE;
}

/* @ret_open: whether a frame was pushed, which the end of the element pops. */
static gboolean
open_element(TwSoapDecoder *decoder, const TwSoapToken *token, gboolean *ret_open)
{
    Frame *frame = &decoder->frames[decoder->top];

    switch (frame->mode) {
    case RECORD:
    case VALUE:
        return open_in_record(decoder, frame, token, ret_open);
    case SKIP:
        return open_skip(decoder, token, ret_open);
    case SCALAR:
        if (frame->kind == TW_SOAP_XOP)
            return open_include(decoder, frame, token, ret_open);
        return fail(decoder, TW_ERROR_INVALID, "an element where text belongs", token->name,
                    token->name_len);
    case BODY:
        return open_call(decoder, token, ret_open);
    case ENVELOPE:
        return open_in_envelope(decoder, token, ret_open);
    case OUTSIDE:
        break;
    }
    return open_envelope(decoder, token, ret_open);
}

/* --- text and ends --------------------------------------------------------------------------------------------- */

static gboolean
take_text(TwSoapDecoder *decoder, const char *text, gsize len)
{
    Frame *frame = &decoder->frames[decoder->top];

    if (len == 0 || frame->mode == SKIP)
        return TRUE;
    if (frame->mode == SCALAR && frame->kind != TW_SOAP_XOP) {
        tw_buffer_put(&decoder->text, text, len);
        return !tw_buffer_failed(&decoder->text) ||
               fail_plain(decoder, TW_ERROR_TOO_BIG, "a text longer than it may be");
    }
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isspace(text[i]))
            return fail(decoder, TW_ERROR_INVALID, "text where elements belong", text, len);
    }
    return TRUE;
}

/* A value that makes no sense is kept as an error: the message is read on. */
static void
join_value(TwSoapDecoder *decoder, const TwSoapParts *parts, guint32 seen, guint8 *target)
{
    g_autoptr(GError) refusal = NULL;

    if (!tw_soap_value_join(parts, seen, decoder->arena, (TwPropValue *) (gpointer) target,
                            &refusal) &&
        decoder->refusal == NULL)
        decoder->refusal = g_steal_pointer(&refusal);
}

static gboolean
close_element(TwSoapDecoder *decoder)
{
    Frame *frame = &decoder->frames[decoder->top--];

    if (frame->mode == SCALAR && frame->kind != TW_SOAP_XOP)
        return finish_scalar(decoder, frame->kind, frame->target, (const char *) decoder->text.data,
                             decoder->text.len);
    if (frame->mode == VALUE)
        join_value(decoder, &frame->parts, frame->seen, frame->target);
    return TRUE;
}

/* Items of an open list of values, as long as they are of the plain form. FALSE with an error set. */
static gboolean
take_plain_values(TwSoapDecoder *decoder)
{
    Frame *frame = &decoder->frames[decoder->top];
    const char *ahead;
    gsize len;

    if (frame->mode != RECORD || frame->type->item_kind != TW_SOAP_VALUE || !frame->type->has_items)
        return TRUE;
    while ((ahead = tw_soap_reader_ahead(decoder->reader, PLAIN_DEPTH, &len)) != NULL) {
        const TwSoapMember *member;
        TwSoapPlainValue plain;
        TwSoapParts parts;
        guint8 *item;

        if (!tw_soap_plain_value(ahead, len, &plain) || plain.text_len > decoder->limits.text)
            break;
        item = add_item(decoder, frame);
        if (item == NULL)
            return FALSE;
        parts.tag = plain.tag;
        member = &tw_soap_type_parts.members[plain.part];
        if (!finish_scalar(decoder, member->kind, (guint8 *) &parts + member->offset, plain.text,
                           plain.text_len))
            return FALSE;
        join_value(decoder, &parts, 1u << TW_SOAP_PART_TAG | 1u << plain.part, item);
        tw_soap_reader_pass(decoder->reader, plain.len);
    }
    return TRUE;
}

static gboolean
handle(TwSoapDecoder *decoder, const TwSoapToken *token)
{
    gboolean open = FALSE;

    switch (token->kind) {
    case TW_SOAP_TOKEN_LEAF:
        if (!open_element(decoder, token, &open))
            return FALSE;
        return !open ||
               (take_text(decoder, token->text, token->text_len) && close_element(decoder));
    case TW_SOAP_TOKEN_START:
        return open_element(decoder, token, &open);
    case TW_SOAP_TOKEN_TEXT:
        return take_text(decoder, token->text, token->text_len);
    case TW_SOAP_TOKEN_END:
        return close_element(decoder);
    case TW_SOAP_TOKEN_DONE:
        decoder->done = TRUE;
        return TRUE;
    case TW_SOAP_TOKEN_MORE:
    case TW_SOAP_TOKEN_BAD:
        break;
    }
    return TRUE;
}

/* Takes tokens until there are none. */
static gboolean
run(TwSoapDecoder *decoder, GError **error)
{
    TwSoapToken token;

    while (decoder->error == NULL && take_plain_values(decoder)) {
        TwSoapTokenKind kind = tw_soap_reader_next(decoder->reader, &token);
        if (kind == TW_SOAP_TOKEN_BAD)
            decoder->error = g_error_copy(tw_soap_reader_error(decoder->reader));
        else if (kind == TW_SOAP_TOKEN_MORE ||
                 (handle(decoder, &token) && kind == TW_SOAP_TOKEN_DONE))
            return TRUE;
    }
    if (error != NULL)
        *error = g_error_copy(decoder->error);
    return FALSE;
}

gboolean
tw_soap_decoder_feed(TwSoapDecoder *decoder, const void *data, gsize len, GError **error)
{
    if (decoder->error == NULL)
        tw_soap_reader_feed(decoder->reader, data, len);
    return run(decoder, error);
}

const TwSoapMessage *
tw_soap_decoder_finish(TwSoapDecoder *decoder, GError **error)
{
    TwSoapMessage *message = &decoder->message;

    tw_soap_reader_finish(decoder->reader);
    if (!decoder->done && !run(decoder, error))
        return NULL;
    if (message->body == NULL && message->fault == NULL) {
        (void) fail_plain(decoder, TW_ERROR_CORRUPT, "an envelope with nothing in it");
        if (error != NULL)
            *error = g_error_copy(decoder->error);
        return NULL;
    }
    message->refusal = decoder->refusal;
    return message;
}

gpointer
tw_soap_decode_record(const TwSoapType *type,
                      const void *data,
                      gsize len,
                      TwArena *arena,
                      const TwSoapLimits *limits,
                      GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(limits);
    gpointer record = tw_arena_alloc(arena, type->size);

    if (record == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a record larger than its memory");
        return NULL;
    }
    decoder->arena = arena;
    decoder->root = type;
    decoder->root_target = record;
    if (!tw_soap_decoder_feed(decoder, data, len, error))
        return NULL;
    tw_soap_reader_finish(decoder->reader);
    if (!run(decoder, error))
        return NULL;
    if (decoder->refusal != NULL) {
        g_propagate_error(error, g_steal_pointer(&decoder->refusal));
        return NULL;
    }
    return record;
}

GError *
tw_soap_fault_error(const TwSoapFault *fault)
{
    const char *text = fault->faultstring != NULL ? fault->faultstring : fault->Reason.Text;

    return g_error_new(TW_ERROR, TW_ERROR_FAILED, "the server refused the message: %s",
                       text != NULL ? text : "no reason given");
}
