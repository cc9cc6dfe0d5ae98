/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The conversion as a whole: one mail, its messages, and the data that lie in the mail. */
#include "convert/mail-in.h"

#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/qp.h"
#include "base/time.h"
#include "convert/mail-in-private.h"
#include "convert/plain-text.h"
#include "mapi/tags.h"

enum {
    PIECE = 48 * 1024, /* encoded bytes that are decoded at a time */
    MAX_PIECE = 64 * 1024,
};

void
tw_mail_set_text(TwPropsBuilder *props, guint32 tag, const char *text)
{
    if (text[0] != '\0')
        tw_props_builder_set(props, tw_value_str(tag, text));
}

void
tw_mail_set_time(TwPropsBuilder *props, guint32 tag, gint64 us)
{
    guint64 filetime;

    if (tw_time_to_filetime(us, &filetime) && filetime <= G_MAXINT64)
        tw_props_builder_set(props, tw_value_i8(tag, (gint64) filetime));
}

/* One by one: a value that does not fit is left out, and the others stand. */
static void
set_each(TwObject *node, const TwProps *bag)
{
    TwPropValue value;

    for (guint i = 0; tw_props_at(bag, i, &value); i++)
        tw_object_set(node, &value, NULL);
}

void
tw_mail_node_finish(TwObject *node, TwPropsBuilder *props, gboolean is_new)
{
    g_autoptr(GBytes) bag = tw_props_builder_finish_bytes(props, NULL);
    TwProps opened;

    tw_props_builder_clear(props);
    if (bag == NULL || (is_new && tw_object_set_bag(node, bag, NULL)))
        return;
    if (tw_props_open_bytes(bag, &opened, NULL))
        set_each(node, &opened);
}

guint32
tw_mail_named_tag(TwMailMessage *message, const TwNamedProp *name, guint type)
{
    TwNameMap *map = message->all->options->names;
    guint16 id = 0;

    if (map == NULL || !tw_named_prop_check(name, NULL) ||
        !tw_name_map_get_ids(map, name, 1, TRUE, &id, NULL) || id == 0)
        return 0;
    return tw_prop_tag(id, type);
}

/* ---- one message ---- */

static void
clear_body(TwMailBody *body)
{
    tw_buffer_clear(&body->plain);
    tw_buffer_clear(&body->html);
}

static void
set_common(TwMailMessage *message)
{
    const TwMailInOptions *options = message->all->options;

    if (message->message_class != NULL || !tw_object_has(message->object, PR_MESSAGE_CLASS))
        tw_mail_set_text(&message->props, PR_MESSAGE_CLASS,
                         message->message_class != NULL ? message->message_class : "IPM.Note");
    if (message->depth == 0 && options->received_us != 0)
        tw_mail_set_time(&message->props, PR_MESSAGE_DELIVERY_TIME, options->received_us);
}

TwObject *
tw_mail_message_convert(TwMailConvert *all, guint part, guint depth, const TwPart *path)
{
    TwMailMessage message = { .all = all, .part = part, .depth = depth, .path = *path };
    const TwMimePart *root = &all->parts[part];

    message.object = tw_object_new(TW_OBJECT_MESSAGE);
    message.body.plain = (TwBuffer) TW_BUFFER_INIT((gsize) 4 * TW_MAIL_MAX_BODY);
    message.body.html = (TwBuffer) TW_BUFFER_INIT((gsize) 4 * TW_MAIL_MAX_BODY);
    tw_props_builder_init(&message.props);
    tw_mail_body_read(&message);
    if (root->kind == TW_MIME_MULTIPART && strcmp(root->subtype, "report") == 0)
        tw_mail_report_read(&message);
    tw_mail_header_read(&message);
    set_common(&message);
    tw_mail_body_finish(&message);
    tw_mail_attach_hide_related(&message);
    tw_mail_node_finish(message.object, &message.props, !message.tnef_tried);
    clear_body(&message.body);
    if (message.cids != NULL)
        g_ptr_array_unref(message.cids);
    return message.object;
}

/* ---- one mail ---- */

static void
clear_source(gpointer data)
{
    TwMailSource *source = data;

    g_clear_pointer(&source->prefix, g_bytes_unref);
}

TwMailIn *
tw_mail_to_object(const guint8 *mail,
                  gsize len,
                  const TwMimeTree *tree,
                  const TwMailInOptions *options)
{
    TwMailInOptions effective = options != NULL ? *options : (TwMailInOptions){ 0 };
    TwMailConvert all = { .mail = mail, .len = len, .options = &effective };
    TwMailIn *in = g_new0(TwMailIn, 1);
    const TwPart here = { 0 };

    if (effective.max_embedded == 0 || effective.max_embedded > TW_PART_MAX_DEPTH)
        effective.max_embedded = TW_PART_MAX_DEPTH;
    if (effective.inline_most == 0)
        effective.inline_most = TW_MAIL_INLINE_MOST;
    in->sources = g_array_new(FALSE, FALSE, sizeof(TwMailSource));
    g_array_set_clear_func(in->sources, clear_source);
    in->calendars = g_array_new(FALSE, FALSE, sizeof(TwMailCalendar));
    all.in = in;
    all.parts = tw_mime_tree_get_parts(tree, &all.part_count);
    all.most_attachments = (guint) MIN(TW_MAIL_FREE_ATTACHMENTS + len / TW_MAIL_ATTACHMENT_BYTES,
                                       (gsize) TW_MAIL_MAX_ATTACHMENTS);
    all.reader = tw_charset_reader_new(effective.charset, effective.substitutes);
    in->object = tw_mail_message_convert(&all, 0, 0, &here);
    tw_charset_reader_free(all.reader);
    if (!tw_object_has(in->object, PR_MESSAGE_CLASS) || !tw_object_seal(in->object, NULL)) {
        /* past every limit: its mail is kept, with a name to find it by */
        TwPropValue class = tw_value_str(PR_MESSAGE_CLASS, "IPM.Note");
        tw_object_free(in->object);
        g_array_set_size(in->sources, 0);
        g_array_set_size(in->calendars, 0);
        in->object = tw_object_new(TW_OBJECT_MESSAGE);
        tw_object_set(in->object, &class, NULL);
        tw_object_seal(in->object, NULL);
    }
    return in;
}

void
tw_mail_in_free(TwMailIn *in)
{
    if (in == NULL)
        return;
    tw_object_free(in->object);
    g_array_unref(in->sources);
    g_array_unref(in->calendars);
    g_free(in);
}

/* ---- data that lie in the mail ---- */

typedef union {
    TwBase64Decoder base64;
    TwQpDecoder qp;
} Decoder;

static void
decoder_init(Decoder *decoder, TwMimeEncoding encoding)
{
    if (encoding == TW_MIME_ENCODING_BASE64)
        tw_base64_decoder_init(&decoder->base64);
    else if (encoding == TW_MIME_ENCODING_QUOTED_PRINTABLE)
        tw_qp_decoder_init(&decoder->qp);
}

static void
decoder_put(Decoder *decoder, TwMimeEncoding encoding, const guint8 *data, gsize len, TwBuffer *out)
{
    switch (encoding) {
    case TW_MIME_ENCODING_BASE64:
        tw_base64_decoder_put(&decoder->base64, data, len, out);
        break;
    case TW_MIME_ENCODING_QUOTED_PRINTABLE:
        tw_qp_decoder_put(&decoder->qp, data, len, out);
        break;
    case TW_MIME_ENCODING_UUENCODE:
        tw_uu_decode(data, len, out);
        break;
    case TW_MIME_ENCODING_IDENTITY:
        tw_buffer_put(out, data, len);
        break;
    }
}

static void
decoder_finish(Decoder *decoder, TwMimeEncoding encoding, TwBuffer *out)
{
    if (encoding == TW_MIME_ENCODING_BASE64)
        tw_base64_decoder_finish(&decoder->base64, out, NULL);
    else if (encoding == TW_MIME_ENCODING_QUOTED_PRINTABLE)
        tw_qp_decoder_finish(&decoder->qp, out, NULL);
}

/* The lines of a uuencoded part, without what stands before "begin" and after "end". */
static void
uu_lines(const guint8 **data, gsize *len)
{
    TwUuFile file;

    if (!tw_uu_find(*data, *len, 0, &file))
        return;
    g_free(file.name);
    *data += file.data;
    *len = file.data_len;
}

/* Bytes to take of @len: pieces of uuencode end at the end of a line. */
static gsize
piece_len(TwMimeEncoding encoding, const guint8 *data, gsize len)
{
    gsize take = MIN(len, (gsize) PIECE);
    const guint8 *line;

    if (encoding != TW_MIME_ENCODING_UUENCODE || take == len)
        return take;
    line = memrchr(data, '\n', take);
    return line != NULL ? (gsize) (line - data) + 1 : take;
}

static gboolean
give(TwBuffer *out, TwSkeletonSink sink, gpointer user_data, GError **error)
{
    gboolean ok = out->len == 0 || sink(out->data, out->len, user_data, error);

    out->len = 0;
    return ok;
}

gboolean
tw_mail_source_decode(const guint8 *mail,
                      gsize len,
                      const TwMailSource *source,
                      TwSkeletonSink sink,
                      gpointer user_data,
                      GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(MAX_PIECE);
    TwMimeEncoding encoding = (TwMimeEncoding) source->encoding;
    const guint8 *data;
    gsize left = source->len;
    Decoder decoder;

    if (source->start > len || source->len > len - source->start) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "data outside of the mail");
        return FALSE;
    }
    data = mail + source->start;
    decoder_init(&decoder, encoding);
    if (encoding == TW_MIME_ENCODING_UUENCODE)
        uu_lines(&data, &left);
    if (source->prefix != NULL) {
        gsize prefix_len;
        const guint8 *prefix = g_bytes_get_data(source->prefix, &prefix_len);
        if (prefix_len > 0 && !sink(prefix, prefix_len, user_data, error))
            return FALSE;
    }
    while (left > 0) {
        gsize take = piece_len(encoding, data, left);
        decoder_put(&decoder, encoding, data, take, &out);
        if (!give(&out, sink, user_data, error))
            return FALSE;
        data += take;
        left -= take;
    }
    decoder_finish(&decoder, encoding, &out);
    return give(&out, sink, user_data, error);
}

void
tw_mail_part_decode(TwMailConvert *all, guint part, gsize most, TwBuffer *out)
{
    const TwMimePart *at = &all->parts[part];
    TwMimeEncoding encoding = (TwMimeEncoding) at->encoding;
    const guint8 *data = all->mail + at->body;
    gsize len = MIN(at->body_len, most);
    Decoder decoder;

    decoder_init(&decoder, encoding);
    if (encoding == TW_MIME_ENCODING_UUENCODE)
        uu_lines(&data, &len);
    decoder_put(&decoder, encoding, data, len, out);
    decoder_finish(&decoder, encoding, out);
}
