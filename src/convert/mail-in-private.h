/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the mail-in codec share: the conversion of a mail, and in it of one message. */
#pragma once

#include "convert/charset.h"
#include "convert/mail-address.h"
#include "convert/mail-in.h"
#include "convert/mime-header.h"

G_BEGIN_DECLS

/* One mail with all that is embedded in it. */
typedef struct {
    const guint8 *mail;
    gsize len;
    const TwMimePart *parts;
    guint part_count;
    const TwMailInOptions *options;
    TwMailIn *in; /* gets sources and calendars */
    TwCharsetReader *reader;
    guint attachments, most_attachments; /* made so far, and that may be made */
    gsize bodies;                        /* encoded bytes of text parts taken so far */
} TwMailConvert;

/* Text of a body so far. */
typedef struct {
    TwBuffer plain;     /* UTF-8, CRLF */
    TwBuffer html;      /* in html_codepage */
    gboolean has_plain; /* there is a plain text that a sender wrote */
    gboolean has_html;
    guint html_codepage;
    guint plain_codepage; /* of the first plain text; 0: not known */
} TwMailBody;

/* One message: the mail itself or one that is embedded. */
typedef struct {
    TwMailConvert *all;
    guint part;  /* its place in the tree */
    guint depth; /* 0: the mail itself */
    TwObject *object;
    TwPropsBuilder props; /* of object, put into it at the end */
    TwPart path;          /* of object in the outermost one */
    TwMailBody body;
    gsize body_taken; /* encoded bytes of text parts */
    guint text_parts;
    const char *message_class; /* a constant */
    gboolean tnef_tried;       /* object may have properties already */
    gboolean has_tnef;         /* a winmail.dat was taken apart into object */
    gboolean text_only;        /* attachments are in the signed entity and are not made again */
    gboolean has_recipients;   /* recipients come from a report, not from the header */
    GPtrArray *cids;           /* (nullable): of hidden candidates; private to mail-in-attach.c */
} TwMailMessage;

/* How one part stands in its message. */
typedef struct {
    gboolean in_related;     /* not the root of a multipart/related */
    gboolean in_alternative; /* among versions of one text */
    gboolean attach_only;    /* no text of this is a body */
    TwMailBody *body;        /* where text goes */
} TwMailContext;

/* Content fields of a part. */
typedef struct {
    TwMimeValue *type;        /* (nullable) */
    TwMimeValue *disposition; /* (nullable) */
    TwMimeField id, location, base, description;
    gboolean has_id, has_location, has_base, has_description;
} TwMailPartFields;

/* ---- mail-in.c ---- */

/**
 * tw_mail_message_convert:
 * @all: the mail
 * @part: of the tree: the message
 * @depth: 0 for the mail itself
 * @path: of the message in the outermost one
 *
 * Returns: (transfer full): the message as a root
 */
TwObject *tw_mail_message_convert(TwMailConvert *all, guint part, guint depth, const TwPart *path);

/**
 * tw_mail_set_text:
 * @props: gets the property
 * @tag: of type UNICODE
 * @text: UTF-8; an empty one is not set
 */
void tw_mail_set_text(TwPropsBuilder *props, guint32 tag, const char *text);

/**
 * tw_mail_set_time:
 * @props: gets the property
 * @tag: of type SYSTIME
 * @us: the time; one that MAPI cannot say is not set
 */
void tw_mail_set_time(TwPropsBuilder *props, guint32 tag, gint64 us);

/**
 * tw_mail_node_finish:
 * @node: a node
 * @props: (transfer none): its properties; cleared
 * @is_new: nobody gave it a property yet
 *
 * Gives a node its properties; those that it has already (of TNEF) are replaced.
 */
void tw_mail_node_finish(TwObject *node, TwPropsBuilder *props, gboolean is_new);

/**
 * tw_mail_named_tag:
 * @message: a message
 * @name: a name
 * @type: property type
 *
 * Returns: the tag, or 0: there is no map, or it has no room
 */
guint32 tw_mail_named_tag(TwMailMessage *message, const TwNamedProp *name, guint type);

/* ---- mail-in-header.c ---- */

/**
 * tw_mail_header_read:
 * @message: a message
 *
 * Makes properties and recipients of the header.
 */
void tw_mail_header_read(TwMailMessage *message);

/**
 * tw_mail_recipient_add:
 * @message: a message
 * @address: who
 * @type: PR_RECIPIENT_TYPE
 * @props: an empty builder that holds more properties of the row; cleared
 *
 * Adds a recipient.
 *
 * Returns: FALSE when there are too many
 */
gboolean tw_mail_recipient_add(TwMailMessage *message,
                               const TwMailAddress *address,
                               guint type,
                               TwPropsBuilder *props);

/* ---- mail-in-body.c ---- */

/**
 * tw_mail_body_read:
 * @message: a message
 *
 * Makes bodies and attachments of all parts.
 */
void tw_mail_body_read(TwMailMessage *message);

/**
 * tw_mail_body_finish:
 * @message: a message whose parts were read
 *
 * Sets the properties of the bodies.
 */
void tw_mail_body_finish(TwMailMessage *message);

/**
 * tw_mail_part_decode:
 * @all: the mail
 * @part: of the tree
 * @most: bytes of the encoded text to look at
 * @out: gets the decoded bytes
 */
void tw_mail_part_decode(TwMailConvert *all, guint part, gsize most, TwBuffer *out);

/**
 * tw_mail_part_fields:
 * @all: the mail
 * @part: of the tree
 * @ret: (out): its content fields, to be cleared with tw_mail_part_fields_clear()
 */
void tw_mail_part_fields(TwMailConvert *all, guint part, TwMailPartFields *ret);

/**
 * tw_mail_part_fields_clear:
 * @fields: content fields
 */
void tw_mail_part_fields_clear(TwMailPartFields *fields);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMailPartFields, tw_mail_part_fields_clear)

/* ---- mail-in-attach.c ---- */

/**
 * tw_mail_attach_part:
 * @message: a message
 * @part: of the tree
 * @fields: its content fields
 * @context: how it stands
 *
 * Makes an attachment of a part: a file, an embedded message or a reference.
 *
 * Returns: (transfer none) (nullable): the attachment, or NULL when there are too many
 */
TwObject *tw_mail_attach_part(TwMailMessage *message,
                              guint part,
                              const TwMailPartFields *fields,
                              const TwMailContext *context);

/**
 * tw_mail_attach_entity:
 * @message: a message
 * @part: of the tree, a multipart
 * @fields: its content fields
 *
 * Makes one attachment of a whole multipart, with its Content-Type in front, as S/MIME needs it.
 */
void tw_mail_attach_entity(TwMailMessage *message, guint part, const TwMailPartFields *fields);

/**
 * tw_mail_attach_bytes:
 * @message: a message
 * @name: (nullable): file name
 * @mime_tag: its type
 * @data: (array length=len): its data, decoded
 * @len: how many bytes
 *
 * Makes an attachment of bytes that no part has by itself.
 */
void tw_mail_attach_bytes(
    TwMailMessage *message, const char *name, const char *mime_tag, const guint8 *data, gsize len);

/**
 * tw_mail_attach_hide_related:
 * @message: a message whose bodies were read
 *
 * Hides the attachments that the HTML shows.
 */
void tw_mail_attach_hide_related(TwMailMessage *message);

/* ---- mail-in-report.c ---- */

/**
 * tw_mail_report_read:
 * @message: a message whose root is multipart/report
 *
 * Sets message class, recipients and properties of a report of delivery or a receipt. Anything else stays a mail.
 */
void tw_mail_report_read(TwMailMessage *message);

G_END_DECLS
