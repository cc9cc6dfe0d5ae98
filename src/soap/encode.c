/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writing by the descriptions of types.h. Recursion is as deep as the structure in hand, which is ours: messages within
 * messages and restrictions within restrictions have limits where they are made.
 */
#include "soap/encode.h"

#include "base/error.h"
#include "soap/encode-private.h"

enum {
    MAX_DEPTH =
        TW_SOAP_MAX_DEPTH /* structures within one another: a loop among pointers would not end */
};

static void put_item(TwSoapEncoder *encoder,
                     const TwSoapType *type,
                     const guint8 *item,
                     guint depth);

static gsize
item_size(const TwSoapType *type)
{
    return type->item_kind == TW_SOAP_STRUCT ? type->item_type->size
                                             : tw_soap_kind_size(type->item_kind);
}

/* What an encoded array says of itself: T[n], or T[][n] of an array of arrays. */
static void
put_array_type(TwSoapEncoder *encoder, const char *array_type, guint32 count)
{
    TwBuffer *out = encoder->out;

    if (encoder->version == TW_SOAP_1_2) {
        tw_soap_put_str(out, " SOAP-ENC:itemType=\"");
        tw_soap_put_str(out, array_type);
        tw_soap_put_str(out, "\" SOAP-ENC:arraySize=\"");
        tw_soap_put_u64(out, count);
        tw_soap_put_str(out, "\"");
        return;
    }
    tw_soap_put_str(out, " SOAP-ENC:arrayType=\"");
    tw_soap_put_str(out, array_type);
    tw_buffer_put_u8(out, '[');
    tw_soap_put_u64(out, count);
    tw_soap_put_str(out, "]\"");
}

void
tw_soap_encoder_put_open(TwSoapEncoder *encoder,
                         const char *open,
                         gsize open_len,
                         const TwSoapType *type,
                         gconstpointer target)
{
    const TwSoapItems *list = target;

    if (type->array_type == NULL || list->count == 0) {
        tw_buffer_put(encoder->out, open, open_len);
        return;
    }
    tw_buffer_put(encoder->out, open, open_len - 1);
    put_array_type(encoder, type->array_type, list->count);
    tw_buffer_put_u8(encoder->out, '>');
}

static void
put_scalar(TwBuffer *out, TwSoapKind kind, gconstpointer target)
{
    const TwSoapBytes *bytes = target;
    const char *text;

    switch (kind) {
    case TW_SOAP_BOOL:
        tw_soap_put_str(out, *(const gboolean *) target ? "true" : "false");
        break;
    case TW_SOAP_I16:
        tw_soap_put_i64(out, *(const gint16 *) target);
        break;
    case TW_SOAP_U32:
        tw_soap_put_u64(out, *(const guint32 *) target);
        break;
    case TW_SOAP_OPT_U32:
        tw_soap_put_u64(out, **(const guint32 *const *) target);
        break;
    case TW_SOAP_I32:
        tw_soap_put_i64(out, *(const gint32 *) target);
        break;
    case TW_SOAP_U64:
        tw_soap_put_u64(out, *(const guint64 *) target);
        break;
    case TW_SOAP_I64:
        tw_soap_put_i64(out, *(const gint64 *) target);
        break;
    case TW_SOAP_FLOAT:
        tw_soap_put_double(out, (double) *(const float *) target, TRUE);
        break;
    case TW_SOAP_DOUBLE:
        tw_soap_put_double(out, *(const double *) target, FALSE);
        break;
    case TW_SOAP_TEXT:
        text = *(const char *const *) target;
        if (text != NULL)
            tw_soap_put_text(out, text, strlen(text));
        break;
    case TW_SOAP_SPAN:
        tw_soap_put_text(out, (const char *) bytes->data, bytes->len);
        break;
    case TW_SOAP_BYTES:
    case TW_SOAP_OPT_BYTES:
        tw_soap_put_base64(out, bytes->data, bytes->len);
        break;
    case TW_SOAP_XOP:
        tw_soap_put_str(out, "<xop:Include href=\"cid:");
        text = *(const char *const *) target;
        tw_soap_put_text(out, text, strlen(text));
        tw_soap_put_str(out, "\"/>");
        break;
    case TW_SOAP_VALUE:
    case TW_SOAP_OPT_VALUE:
    case TW_SOAP_STRUCT:
    case TW_SOAP_OPT_STRUCT:
        g_return_if_reached();
    }
}

static gboolean
is_absent(TwSoapKind kind, gconstpointer target)
{
    switch (kind) {
    case TW_SOAP_TEXT:
    case TW_SOAP_XOP:
    case TW_SOAP_OPT_U32:
    case TW_SOAP_OPT_VALUE:
    case TW_SOAP_OPT_STRUCT:
        return *(const gconstpointer *) target == NULL;
    case TW_SOAP_OPT_BYTES:
        return ((const TwSoapBytes *) target)->data == NULL;
    default:
        return FALSE;
    }
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_member(TwSoapEncoder *encoder, const TwSoapMember *member, const guint8 *target, guint depth)
{
    gsize open_len = member->name_len + 2;

    if (is_absent(member->kind, target))
        return;
    switch (member->kind) {
    case TW_SOAP_OPT_STRUCT:
        target = *(const guint8 *const *) (gconstpointer) target;
        G_GNUC_FALLTHROUGH;
    case TW_SOAP_STRUCT:
        tw_soap_encoder_put_open(encoder, member->open, open_len, member->type, target);
        tw_soap_encoder_put(encoder, member->type, target, depth + 1);
        break;
    case TW_SOAP_OPT_VALUE:
        target = *(const guint8 *const *) (gconstpointer) target;
        G_GNUC_FALLTHROUGH;
    case TW_SOAP_VALUE:
        tw_buffer_put(encoder->out, member->open, open_len);
        tw_soap_encoder_put_value(encoder, (const TwPropValue *) (gconstpointer) target, depth + 1);
        break;
    case TW_SOAP_TEXT:
        /* there and empty has a form of its own */
        if (**(const char *const *) (gconstpointer) target == '\0') {
            tw_buffer_put(encoder->out, member->open, open_len - 1);
            tw_buffer_put(encoder->out, "/>", 2);
            return;
        }
        G_GNUC_FALLTHROUGH;
    default:
        tw_buffer_put(encoder->out, member->open, open_len);
        put_scalar(encoder->out, member->kind, target);
        break;
    }
    tw_buffer_put(encoder->out, member->close, open_len + 1);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_item(TwSoapEncoder *encoder, const TwSoapType *type, const guint8 *item, guint depth)
{
    static const char open[] = "<item>", close[] = "</item>";
    TwBuffer *out = encoder->out;

    if (type->item_kind == TW_SOAP_STRUCT) {
        tw_soap_encoder_put_open(encoder, open, 6, type->item_type, item);
        tw_soap_encoder_put(encoder, type->item_type, item, depth + 1);
    } else if (type->item_kind == TW_SOAP_VALUE) {
        tw_buffer_put(out, open, 6);
        tw_soap_encoder_put_value(encoder, (const TwPropValue *) (gconstpointer) item, depth + 1);
    } else if (type->item_kind == TW_SOAP_TEXT && !is_absent(TW_SOAP_TEXT, item) &&
               **(const char *const *) (gconstpointer) item == '\0') {
        tw_buffer_put(out, "<item/>", 7);
        return;
    } else {
        tw_buffer_put(out, open, 6);
        put_scalar(out, type->item_kind, item);
    }
    tw_buffer_put(out, close, 7);
}

void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
tw_soap_encoder_put(TwSoapEncoder *encoder,
                    const TwSoapType *type,
                    gconstpointer target,
                    guint depth)
{
    const TwSoapItems *list = target;
    gsize size;

    if (depth > MAX_DEPTH) {
        encoder->out->failed = TRUE;
        return;
    }
    if (type->has_items) {
        size = item_size(type);
        for (guint32 i = 0; i < list->count && !encoder->out->failed; i++)
            put_item(encoder, type, (const guint8 *) list->items + i * size, depth);
    }
    for (guint i = 0; i < type->member_count; i++)
        put_member(encoder, &type->members[i], (const guint8 *) target + type->members[i].offset,
                   depth);
}

/* --- envelopes ------------------------------------------------------------------------------------------------- */

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NAMES(envelope, encoding)                                                                  \
    " xmlns:SOAP-ENV=\"" envelope "\" xmlns:SOAP-ENC=\"" encoding "\""                             \
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""                                     \
    " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""                                              \
    " xmlns:xop=\"http://www.w3.org/2004/08/xop/include\""                                         \
    " xmlns:xmlmime=\"http://www.w3.org/2004/11/xmlmime\" xmlns:ns=\"urn:zarafa\">"
#define NAMES_11                                                                                   \
    NAMES("http://schemas.xmlsoap.org/soap/envelope/", "http://schemas.xmlsoap.org/soap/"          \
                                                       "encoding/")
#define NAMES_12                                                                                   \
    NAMES("http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2003/05/soap-encoding")

static const char *const prologues[] = {
    [TW_SOAP_1_1] = DECLARATION "<SOAP-ENV:Envelope" NAMES_11,
    [TW_SOAP_1_2] = DECLARATION "<SOAP-ENV:Envelope" NAMES_12,
};
static const char *const bodies[] = {
    [TW_SOAP_1_1] =
        "<SOAP-ENV:Body SOAP-ENV:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">",
    [TW_SOAP_1_2] =
        "<SOAP-ENV:Body SOAP-ENV:encodingStyle=\"http://www.w3.org/2003/05/soap-encoding\">",
};
static const char epilogue[] = "</SOAP-ENV:Body></SOAP-ENV:Envelope>";

/* All of a message; at a server, CR LF comes behind it. */
static gboolean
put_message(TwSoapVersion version,
            const char *name,
            const TwSoapType *type,
            gconstpointer record,
            TwBuffer *out)
{
    TwSoapEncoder encoder = { out, version };

    tw_soap_put_str(out, prologues[version]);
    tw_soap_put_str(out, bodies[version]);
    tw_soap_put_str(out, "<ns:");
    tw_soap_put_str(out, name);
    tw_soap_put_str(out, ">");
    tw_soap_encoder_put(&encoder, type, record, 0);
    tw_soap_put_str(out, "</ns:");
    tw_soap_put_str(out, name);
    tw_soap_put_str(out, ">");
    tw_soap_put_str(out, epilogue);
    return !tw_buffer_failed(out);
}

gboolean
tw_soap_write_request(TwSoapCall call, gconstpointer args, TwBuffer *out)
{
    const TwSoapCallInfo *info = tw_soap_call_info(call);

    return put_message(TW_SOAP_1_1, info->name, info->args, args, out);
}

gboolean
tw_soap_write_response(TwSoapVersion version,
                       TwSoapCall call,
                       gconstpointer response,
                       TwBuffer *out)
{
    const TwSoapCallInfo *info = tw_soap_call_info(call);

    put_message(version, info->answer, info->response, response, out);
    tw_soap_put_str(out, "\r\n");
    return !tw_buffer_failed(out);
}

gboolean
tw_soap_write_record(const TwSoapType *type, gconstpointer record, const char *name, TwBuffer *out)
{
    TwSoapEncoder encoder = { out, TW_SOAP_1_1 };
    g_autofree char *open = g_strdup_printf("<%s%s", name, NAMES_11);

    tw_soap_put_str(out, DECLARATION);
    tw_soap_encoder_put_open(&encoder, open, strlen(open), type, record);
    tw_soap_encoder_put(&encoder, type, record, 0);
    tw_soap_put_str(out, "</");
    tw_soap_put_str(out, name);
    tw_soap_put_str(out, ">");
    return !tw_buffer_failed(out);
}

/* --- faults ---------------------------------------------------------------------------------------------------- */

static const char internal[] = "Internal error";

static const char *
fault_text(const GError *error)
{
    if (error->domain != TW_ERROR)
        return internal;
    switch ((TwError) error->code) {
    case TW_ERROR_NOT_FOUND:
        return "Method not implemented: method name or namespace not recognized";
    case TW_ERROR_INVALID:
        return "Validation constraint violation: data type mismatch";
    case TW_ERROR_CORRUPT:
        return "Well-formedness error";
    case TW_ERROR_TOO_BIG:
    case TW_ERROR_TOO_COMPLEX:
        return "Message too large";
    case TW_ERROR_UNSUPPORTED:
        return "HTTP method not supported";
    case TW_ERROR_FAILED:
    case TW_ERROR_NO_ACCESS:
    case TW_ERROR_EXISTS:
    case TW_ERROR_CHANGED:
    case TW_ERROR_NO_SPACE:
    case TW_ERROR_QUOTA:
    case TW_ERROR_BUSY:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_AMBIGUOUS:
    case TW_ERROR_END_OF_SESSION:
    case TW_ERROR_CANCELLED:
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_NOT_QUEUED:
    case TW_ERROR_OFFLINE:
        break;
    }
    return internal;
}

gboolean
tw_soap_write_fault(TwSoapVersion version, const GError *error, TwBuffer *out)
{
    const char *text = fault_text(error);
    gboolean ours = strcmp(text, internal) == 0;

    tw_soap_put_str(out, prologues[version]);
    tw_soap_put_str(out, "<SOAP-ENV:Body><SOAP-ENV:Fault>");
    if (version == TW_SOAP_1_2) {
        tw_soap_put_str(out, "<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:");
        tw_soap_put_str(out, ours ? "Receiver" : "Sender");
        tw_soap_put_str(out, "</SOAP-ENV:Value></SOAP-ENV:Code>"
                             "<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang=\"en\">");
        tw_soap_put_text(out, text, strlen(text));
        tw_soap_put_str(out, "</SOAP-ENV:Text></SOAP-ENV:Reason>");
    } else {
        tw_soap_put_str(out, "<faultcode>SOAP-ENV:");
        tw_soap_put_str(out, ours ? "Server" : "Client");
        tw_soap_put_str(out, "</faultcode><faultstring>");
        tw_soap_put_text(out, text, strlen(text));
        tw_soap_put_str(out, "</faultstring>");
    }
    tw_soap_put_str(out, "</SOAP-ENV:Fault>");
    tw_soap_put_str(out, epilogue);
    tw_soap_put_str(out, "\r\n");
    return !tw_buffer_failed(out);
}
