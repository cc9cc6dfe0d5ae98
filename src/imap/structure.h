/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * ENVELOPE, BODY, BODYSTRUCTURE and the parts of a mail, from its summary. Pure.
 * Source: RFC 9051, sections 6.4.5.1 and 7.5.2.
 */
#pragma once

#include "session/types.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_PATH_MAX = 32 /* numbers of a section, such as 3: BODY[1.2.3] */
};

/* What of a part is meant. */
typedef enum {
    TW_IMAP_PART_ALL,    /* the whole mail; of a part its body */
    TW_IMAP_PART_MIME,   /* its own header */
    TW_IMAP_PART_HEADER, /* of the mail, or of the message that the part is */
    TW_IMAP_PART_TEXT,   /* behind that */
} TwImapPartKind;

/* Where in a mail something lies. */
typedef struct {
    guint64 at, len;
    guint8 encoding;       /* TwMimeEncoding of a part's body */
    gboolean known;        /* the word for the encoding is one */
    TwCursor fields;       /* of a header: fields that the summary has of it */
    guint64 have, cut;     /* which; of the mail itself */
    gboolean whole_header; /* the header of the mail: have and cut count */
} TwImapPlace;

/**
 * tw_imap_put_envelope:
 * @out: takes "(...)"
 * @fields: fields of a message, of a summary
 */
void tw_imap_put_envelope(TwBuffer *out, const TwCursor *fields);

/**
 * tw_imap_put_structure:
 * @out: takes "(...)"
 * @summary: of the mail
 * @extended: BODYSTRUCTURE; else BODY
 */
void tw_imap_put_structure(TwBuffer *out, const TwMailSummary *summary, gboolean extended);

/**
 * tw_imap_find_part:
 * @summary: of the mail
 * @path: (array length=count): numbers of a section; none is the mail
 * @count: how many
 * @kind: what of it
 * @ret: (out): where it lies
 *
 * Returns: FALSE: there is no such part
 */
gboolean tw_imap_find_part(const TwMailSummary *summary,
                           const guint32 *path,
                           guint count,
                           TwImapPartKind kind,
                           TwImapPlace *ret);

G_END_DECLS
