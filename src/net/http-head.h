/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The head of an HTTP/1.x request: request line and header fields, read strictly, with the framing of the
 * body decided. A pure function of its bytes; the answer is the same however the bytes are cut.
 *
 * Strict means: where RFC 9112 lets a recipient be kind and two readers could then see different requests
 * (bare LF, folded lines, a blank before the colon, Content-Length beside Transfer-Encoding, two of a field
 * that may come once), the request is refused and the connection must be closed.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a resumable reader answers. After BAD it stays BAD. */
typedef enum {
    TW_HTTP_MORE, /* needs more bytes */
    TW_HTTP_DONE,
    TW_HTTP_BAD
} TwHttpStep;

/* How the body of a request is delimited. */
typedef enum {
    TW_HTTP_FRAMING_NONE,
    TW_HTTP_FRAMING_LENGTH,
    TW_HTTP_FRAMING_CHUNKED
} TwHttpFraming;

enum {
    /* Fields kept for one head. Each costs an attacker four bytes and us a slot and its place in every look-up. */
    TW_HTTP_FIELDS_MOST = 100,
    TW_HTTP_FIELDS_FEW = 12 /* most requests have fewer; these need no memory of their own */
};

/* Without these an anonymous client makes us hold what it likes. */
typedef struct {
    gsize line_len;    /* request line, without CR LF; longer is 414 */
    gsize field_len;   /* one header line, without CR LF; longer is 431 */
    gsize head_len;    /* all of the head with its empty line; longer is 431 */
    guint field_count; /* at most TW_HTTP_FIELDS_MOST; more is 431 */
} TwHttpHeadLimits;

/* A Kerberos ticket with many groups makes an Authorization line of up to 64 KiB. */
#define TW_HTTP_HEAD_LIMITS_DEFAULT                                                                \
    {                                                                                              \
        .line_len = 8192, .field_len = 65536, .head_len = 98304,                                   \
        .field_count = TW_HTTP_FIELDS_MOST                                                         \
    }

typedef struct {
    guint32 name, name_len;   /* offset into bytes, and length */
    guint32 value, value_len; /* the value without the blanks around it */
} TwHttpField;

/* A head while it is read, and then the finished thing. Members after "finished" hold once the step said
 * DONE and are read-only from then on; text is NUL-terminated and holds no control characters. */
typedef struct {
    TwHttpHeadLimits limits;
    int state;                     /* private */
    gsize line_start;              /* private: offset of the first byte not yet taken */
    gsize scanned;                 /* private: no line end between line_start and here */
    guint32 method_at, method_len; /* private */
    guint32 target_at, target_len; /* private */
    guint status;                  /* after BAD: the HTTP status to answer with before closing */

    /* finished */
    gsize head_len;      /* bytes the head took, with its empty line */
    guint minor_version; /* of HTTP/1.x: 0, or 1 for all newer */
    char *bytes;         /* owned: a copy of the head, each of its parts NUL-terminated */
    const char *method;  /* a token; methods are case-sensitive */
    const char *path;    /* canonical, see tw_http_path_canonical(); "*" for OPTIONS * */
    const char *query;   /* (nullable): what follows the "?", as sent */
    char *host;          /* (nullable): lower-case name or address without port; "" if sent empty */
    guint16 port;        /* from Host; 0 if none */
    TwHttpFraming framing;    /* of the body */
    guint64 content_length;   /* for FRAMING_LENGTH, at most G_MAXINT64 */
    gboolean keep_alive;      /* the client allows another request on this connection */
    gboolean asks_keep_alive; /* it says so in words, and wants to hear them */
    gboolean expect_continue; /* it waits for 100 before it sends the body */
    guint field_count;
    guint field_room;                    /* private: slots in fields */
    TwHttpField *fields;                 /* few, or owned */
    TwHttpField few[TW_HTTP_FIELDS_FEW]; /* private */
    char *own_path;                      /* private: the path when it is not as sent */
} TwHttpHead;

/**
 * tw_http_head_new:
 * @limits: (nullable): limits, or NULL for the defaults; line_len must be below head_len
 *
 * Returns: (transfer full): a head that has read nothing yet
 */
TwHttpHead *tw_http_head_new(const TwHttpHeadLimits *limits);

/**
 * tw_http_head_free:
 * @head: (nullable) (transfer full): a head
 */
void tw_http_head_free(TwHttpHead *head);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpHead, tw_http_head_free)

/**
 * tw_http_head_step:
 * @head: a head
 * @data: (array length=len): all bytes of the connection from the first of this head on; those seen by
 *   earlier steps must come again, unchanged, and are not read twice
 * @len: how many, never fewer than in the step before
 *
 * Reads on. DONE: @head is finished and the body, if any, begins at @data + head_len. BAD: answer with
 * status (400, 414, 417, 431, 501 or 505) and close. Runs in time linear in @len.
 * Source: RFC 9112, sections 2 to 6; RFC 9110, sections 5, 7.2 and 10.1.1.
 *
 * Returns: whether the head is finished, bad, or needs more bytes
 */
TwHttpStep tw_http_head_step(TwHttpHead *head, const guint8 *data, gsize len);

/**
 * tw_http_head_get:
 * @head: a finished head
 * @name: a field name, any case
 *
 * Returns: (transfer none) (nullable): the value of the first field of that name, NUL-terminated, owned by
 *   @head; NULL if there is none. Bytes above 127 may be in any charset.
 */
const char *tw_http_head_get(const TwHttpHead *head, const char *name);

/**
 * tw_http_head_get_next:
 * @head: a finished head
 * @name: a field name, any case
 * @io_index: (inout): where to look from; 0 first, moved behind what was found
 *
 * For fields that may come more than once.
 *
 * Returns: (transfer none) (nullable): the next value of that name, or NULL
 */
const char *tw_http_head_get_next(const TwHttpHead *head, const char *name, guint *io_index);

/**
 * tw_http_head_lists:
 * @head: a finished head
 * @name: a field whose value is a comma-separated list of tokens
 * @token: a token, any case
 *
 * Returns: TRUE if some field of that name lists @token
 */
gboolean tw_http_head_lists(const TwHttpHead *head, const char *name, const char *token);

/**
 * tw_http_field_line_ok:
 * @line: (array length=len): one field line without its CR LF
 * @len: how many bytes
 * @ret: (out) (optional): where name and value are, as offsets into @line
 *
 * The rule of one header or trailer line: a token, a colon with nothing before it, a value of visible
 * characters, blanks and bytes above 127. Source: RFC 9110, section 5; RFC 9112, section 5.
 *
 * Returns: FALSE for anything else
 */
gboolean tw_http_field_line_ok(const guint8 *line, gsize len, TwHttpField *ret);

/**
 * tw_http_is_token:
 * @text: (array length=len): bytes
 * @len: how many
 *
 * Returns: TRUE for a token of RFC 9110, section 5.6.2: one or more letters, digits and !#$%&'*+-.^_`|~
 */
gboolean tw_http_is_token(const guint8 *text, gsize len);

G_END_DECLS
