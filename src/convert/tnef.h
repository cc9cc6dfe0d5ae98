/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * TNEF (winmail.dat): a message with its recipients, attachments and embedded messages as one stream of attributes.
 *
 * | offset | size | meaning                                                                                     |
 * |--------|------|---------------------------------------------------------------------------------------------|
 * | 0      | 4    | 0x223E9F78                                                                                  |
 * | 4      | 2    | key, any                                                                                    |
 * | 6      |      | attributes: u8 level (1 message, 2 attachment), u32 id, u32 length, bytes, u16 sum of bytes |
 *
 * Little-endian. Most of a message is in property blocks: attMsgProps, attRecipTable, attAttachment. Old attributes beside
 * them (attSubject, attOwner, dates ...) count only where the blocks do not say the same thing. Source: MS-OXTNEF.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "convert/value-source.h"
#include "mapi/named.h"

G_BEGIN_DECLS

enum {
    TW_TNEF_MAX_DEPTH = 10, /* TNEF in TNEF, by embedded messages; each is a recursion */
    TW_TNEF_MAX_ATTRIBUTES =
        100000, /* attributes of one stream with all in it; an empty one is 11 bytes */
    TW_TNEF_MAX_ATTACHMENTS = 4096,  /* attachments of a message */
    TW_TNEF_MAX_RECIPIENTS = 65536,  /* rows of a recipient table */
    TW_TNEF_MAX_PROPERTIES = 100000, /* properties of one stream with all in it */
    TW_TNEF_MAX_NAMES =
        4096, /* named properties of one stream: each may take a number of the server for good */
    TW_TNEF_MAX_VALUE = 48 * 1024 * 1024, /* bytes of one value; a longer one is left out */
};

/* What a reader forgave. */
typedef enum {
    TW_TNEF_NOTE_CHECKSUM = 1u << 0, /* a sum does not fit its attribute */
    TW_TNEF_NOTE_CUT = 1u << 1,      /* the stream breaks off; what was read before stands */
    TW_TNEF_NOTE_DAMAGED = 1u << 2, /* an attribute or a value could not be read and was left out */
    TW_TNEF_NOTE_LIMIT = 1u << 3,   /* a limit stopped the reading, or left a value out */
} TwTnefNote;

typedef enum {
    /* the message's own recipients too, but for hidden ones */
    TW_TNEF_RECIPIENT_TABLE = 1u << 0,
    /* of its attachments those only that a mail has no part for: OLE objects, embedded messages that are no mail */
    TW_TNEF_WITHOUT_FILES = 1u << 1,
} TwTnefFlags;

/**
 * tw_tnef_detect:
 * @data: (array length=len): bytes
 * @len: how many
 *
 * Returns: whether they begin as TNEF does
 */
gboolean tw_tnef_detect(const guint8 *data, gsize len);

/**
 * tw_tnef_decode:
 * @data: (array length=len): a TNEF stream
 * @len: how many bytes
 * @names: where named properties get their ids
 * @message: a message; properties of the stream replace its own, recipients and attachments are added
 * @error: on failure TW_ERROR_CORRUPT (no TNEF at all), or what @names reports
 *
 * Reads a stream wholly, with messages embedded in it and TNEF in those. Text of 8 bits becomes UTF-8 by the stream's code
 * page. A stream that is damaged or breaks off gives what was read of it. Linear in @len.
 *
 * Returns: TRUE if @data was TNEF; on FALSE @message may hold a part only when @names failed
 */
gboolean tw_tnef_decode(
    const guint8 *data, gsize len, TwNameMap *names, TwObject *message, GError **error);

/**
 * tw_tnef_decode_noted:
 * @data: (array length=len): a TNEF stream
 * @len: how many bytes
 * @names: where named properties get their ids
 * @message: as in tw_tnef_decode()
 * @ret_notes: (out): bits of #TwTnefNote
 * @error: as tw_tnef_decode()
 *
 * As tw_tnef_decode(), and tells what was forgiven, for the log.
 *
 * Returns: TRUE if @data was TNEF
 */
gboolean tw_tnef_decode_noted(const guint8 *data,
                              gsize len,
                              TwNameMap *names,
                              TwObject *message,
                              guint *ret_notes,
                              GError **error);

/**
 * tw_tnef_encode:
 * @message: a message; messages embedded deeper than %TW_TNEF_MAX_DEPTH are left out
 * @names: names of its named properties; one that has no name is left out
 * @source: (nullable): how values in blobs are read
 * @flags: what else to write
 * @out: (inout): gets the stream; its limit is the limit of the whole
 * @error: on failure TW_ERROR_TOO_BIG (the limit of @out, %TW_TNEF_MAX_VALUE), or what @source reports
 *
 * Writes all properties that may leave a store, the recipients of embedded messages, and all attachments. The same message gives
 * the same bytes. tw_tnef_decode() gives back the same properties; STRING8 comes back as UNICODE.
 *
 * Returns: FALSE, and @out holds a part, on failure
 */
gboolean tw_tnef_encode(const TwObject *message,
                        TwNameMap *names,
                        const TwValueSource *source,
                        TwTnefFlags flags,
                        TwBuffer *out,
                        GError **error);

/**
 * tw_tnef_only_here:
 * @attachment: an attachment
 *
 * Returns: whether it is one that a mail has no part for, and that %TW_TNEF_WITHOUT_FILES leaves in
 */
gboolean tw_tnef_only_here(const TwObject *attachment);

G_END_DECLS
