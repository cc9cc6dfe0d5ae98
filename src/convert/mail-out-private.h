/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the writers of headers, bodies, parts and reports of a mail share. */
#pragma once

#include "convert/mail-body.h"
#include "convert/mail-head.h"
#include "convert/mail-out.h"
#include "mapi/tags.h"

G_BEGIN_DECLS

enum {
    TW_MAIL_BOUNDARY_SIZE = 40
};

typedef struct {
    const TwMailOptions *options;
    TwMailFlags flags; /* of @options; inside a message/rfc822 without UTF8 */
    TwMailSinkFunc sink;
    gpointer sink_data;
    TwBuffer buffer;  /* what is not yet with the sink */
    guint8 last;      /* the last byte that went there */
    char *seed;       /* (owned): what boundaries are made from */
    guint boundaries; /* made so far */
} TwMailWriter;

/* Hands what is buffered to the sink; when @all is FALSE, only if it is much. */
gboolean tw_mail_flush(TwMailWriter *writer, gboolean all, GError **error);

/* A boundary that this mail has not had. */
void tw_mail_boundary(TwMailWriter *writer, char ret[TW_MAIL_BOUNDARY_SIZE]);

/* "\r\n--boundary\r\n" before each part, "\r\n--boundary--\r\n" after the last. */
void tw_mail_delimit(TwMailWriter *writer, const char *boundary, gboolean last);

/* Header of a multipart: type, boundary and one more parameter (name NULL: none), then the empty line. */
void tw_mail_begin_multipart(TwMailWriter *writer,
                             const char *subtype,
                             const char *param,
                             const char *value,
                             char ret_boundary[TW_MAIL_BOUNDARY_SIZE]);

/* A text part with header; @text UTF-8 or in @charset. */
void tw_mail_put_text_part(TwMailWriter *writer,
                           const char *subtype,
                           const char *charset,
                           const char *param,
                           const char *value,
                           const guint8 *data,
                           gsize len);

/* All header fields of a message but those of MIME. */
gboolean tw_mail_put_header(TwMailWriter *writer, const TwObject *message, guint depth);

/* One who is named in properties: @address is NULL where none of them is a mail address. */
typedef struct {
    char *name;    /* (owned) (nullable) */
    char *address; /* (owned) (nullable) */
} TwMailPerson;

void tw_mail_person_clear(TwMailPerson *person);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMailPerson, tw_mail_person_clear)

/* Whose name stands in From, and who is in Sender. */
void tw_mail_get_author(TwMailWriter *writer, const TwObject *message, TwMailPerson *ret);
void tw_mail_get_sender(TwMailWriter *writer, const TwObject *message, TwMailPerson *ret);
void tw_mail_get_recipient(TwMailWriter *writer, const TwObject *row, TwMailPerson *ret);

/* The bodies of a message; NULL where there is none. */
typedef struct {
    GBytes *plain; /* (owned): UTF-8 */
    GBytes *html;  /* (owned): in @charset */
    const char *charset;
} TwMailBodies;

void tw_mail_bodies_clear(TwMailBodies *bodies);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMailBodies, tw_mail_bodies_clear)

gboolean tw_mail_get_bodies(TwMailWriter *writer,
                            const TwObject *message,
                            TwMailBodies *ret,
                            GError **error);

/* An attachment as a part with its header. */
gboolean tw_mail_put_attachment(TwMailWriter *writer,
                                const TwObject *attachment,
                                gboolean related,
                                guint depth,
                                GError **error);

/* A value as the whole body: its header of MIME with this type and file name, then base64. */
gboolean tw_mail_put_entity_file(TwMailWriter *writer,
                                 const TwObject *attachment,
                                 const char *type,
                                 const char *name,
                                 GError **error);

/* Whether an attachment is written as a part; the others travel in TNEF or not at all. */
gboolean tw_mail_attachment_has_part(const TwObject *attachment);

/* The message with all header fields of MIME and its body. */
gboolean tw_mail_put_message(TwMailWriter *writer,
                             const TwObject *message,
                             guint depth,
                             GError **error);

/* A report from its MIME header on. */
gboolean tw_mail_put_report(TwMailWriter *writer,
                            const TwObject *message,
                            guint depth,
                            GError **error);

/* Whether the class is one of a report, and of a read receipt. */
gboolean tw_mail_is_report(const TwObject *message, gboolean *ret_receipt);

G_END_DECLS
