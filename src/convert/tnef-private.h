/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers of the TNEF format and what its reader and writer share. Source: MS-OXTNEF 2.1.3. */
#pragma once

#include "base/cursor.h"
#include "convert/tnef.h"
#include "mapi/codepage.h"
#include "mapi/object.h"

G_BEGIN_DECLS

#define TW_TNEF_SIGNATURE 0x223E9F78u

/* IID_IMessage and IID_IStorage: what an object is whose bytes follow. */
#define TW_TNEF_IID_MESSAGE                                                                        \
    TW_GUID_INIT(0x00020307, 0x0000, 0x0000, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46)
#define TW_TNEF_IID_STORAGE                                                                        \
    TW_GUID_INIT(0x0000000b, 0x0000, 0x0000, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46)

enum {
    TW_TNEF_LEVEL_MESSAGE = 1,
    TW_TNEF_LEVEL_ATTACHMENT = 2,
};

/* The high half is the kind of value, which readers do not need. */
enum {
    TW_TNEF_OWNER = 0x00060000,
    TW_TNEF_SENT_FOR = 0x00060001,
    TW_TNEF_DELEGATE = 0x00060002,
    TW_TNEF_ORIGINAL_CLASS = 0x00070006,
    TW_TNEF_DATE_START = 0x00030006,
    TW_TNEF_DATE_END = 0x00030007,
    TW_TNEF_AID_OWNER = 0x00050008,
    TW_TNEF_REQUEST_RESPONSE = 0x00040009,
    TW_TNEF_FROM = 0x00008000,
    TW_TNEF_SUBJECT = 0x00018004,
    TW_TNEF_DATE_SENT = 0x00038005,
    TW_TNEF_DATE_RECEIVED = 0x00038006,
    TW_TNEF_STATUS = 0x00068007,
    TW_TNEF_CLASS = 0x00078008,
    TW_TNEF_MESSAGE_ID = 0x00018009,
    TW_TNEF_PARENT_ID = 0x0001800A,
    TW_TNEF_CONVERSATION_ID = 0x0001800B,
    TW_TNEF_BODY = 0x0002800C,
    TW_TNEF_PRIORITY = 0x0004800D,
    TW_TNEF_ATTACH_DATA = 0x0006800F,
    TW_TNEF_ATTACH_TITLE = 0x00018010,
    TW_TNEF_ATTACH_METAFILE = 0x00068011,
    TW_TNEF_ATTACH_CREATED = 0x00038012,
    TW_TNEF_ATTACH_MODIFIED = 0x00038013,
    TW_TNEF_DATE_MODIFIED = 0x00038020,
    TW_TNEF_ATTACH_TRANSPORT_NAME = 0x00069001,
    TW_TNEF_ATTACH_RENDERING = 0x00069002,
    TW_TNEF_PROPERTIES = 0x00069003,
    TW_TNEF_RECIPIENTS = 0x00069004,
    TW_TNEF_ATTACHMENT = 0x00069005,
    TW_TNEF_CODEPAGE = 0x00069007,
    TW_TNEF_VERSION = 0x00089006,
};

/* What a stream and all in it may still use up. */
typedef struct {
    TwNameMap *names;
    guint notes; /* TwTnefNote */
    guint attributes, properties, named, attachments;
    gboolean stop;  /* a limit was passed: read no further */
    GError *failed; /* (owned): the name map's; everything stops */
} TwTnefBudget;

/* One stream: a message and where in it the reader stands. */
typedef struct {
    TwTnefBudget *budget;
    TwObject *message;
    TwObject *attachment; /* (nullable): the one that is read */
    guint depth;
    TwCodepageReader *codepage;
    guint8 blocked[65536 / 8]; /* ids of the message that a property block has set */
} TwTnefReader;

/* Reads the stream in @cur into @message. FALSE: no TNEF, or the name map failed. */
gboolean tw_tnef_read_stream(TwTnefBudget *budget, TwCursor cur, guint depth, TwObject *message);

/* Reads a property block into @node; @ids (nullable) gets the bits of what was set. FALSE: it breaks off. */
gboolean tw_tnef_read_block(TwTnefReader *reader, TwCursor *cur, TwObject *node, guint8 *ids);

/* Sets a value and notes what was refused. */
void tw_tnef_set(TwTnefReader *reader, TwObject *node, const TwPropValue *value);

/* 8-bit text by the stream's code page, up to its first NUL; (transfer full) UTF-8. */
char *tw_tnef_text(TwTnefReader *reader, const guint8 *data, gsize len, gsize *ret_len);

/* An old attribute of the message or of the attachment. */
void tw_tnef_read_legacy(TwTnefReader *reader, guint32 id, const guint8 *data, gsize len);

/* After all attributes: what old meeting items say in other words than today's. */
void tw_tnef_map_meeting(TwTnefReader *reader);

/* The class of today for one of Microsoft Mail; others as they are. */
const char *tw_tnef_class_in(const char *text);

/* The other way; NULL when there is none. */
const char *tw_tnef_class_out(const char *text);

/* Sum of bytes, as attributes end with. */
guint16 tw_tnef_checksum(const guint8 *data, gsize len);

/* Whether a property of this id may come from outside in a message or attachment (those that name a place in some store do not). */
gboolean tw_tnef_may_travel(TwObjectKind kind, guint id);

G_END_DECLS
