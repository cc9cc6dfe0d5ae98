/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a FETCH asks for. Pure. Source: RFC 9051, section 9, "fetch-att", "section"; RFC 3516, 7162, 8474, 8514, 8970. */
#pragma once

#include "imap/parse.h"
#include "imap/structure.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_ITEMS_MAX = 64,   /* of one FETCH */
    TW_IMAP_FIELDS_MAX = 200, /* names in one HEADER.FIELDS */
};

typedef enum {
    TW_IMAP_ITEM_FLAGS,
    TW_IMAP_ITEM_UID,
    TW_IMAP_ITEM_MODSEQ,
    TW_IMAP_ITEM_INTERNALDATE,
    TW_IMAP_ITEM_SAVEDATE,
    TW_IMAP_ITEM_SIZE,
    TW_IMAP_ITEM_EMAILID,
    TW_IMAP_ITEM_THREADID,
    TW_IMAP_ITEM_PREVIEW,
    TW_IMAP_ITEM_ENVELOPE,
    TW_IMAP_ITEM_BODY,
    TW_IMAP_ITEM_BODYSTRUCTURE,
    TW_IMAP_ITEM_SECTION,     /* BODY[...] and the older RFC822... */
    TW_IMAP_ITEM_BINARY,      /* decoded */
    TW_IMAP_ITEM_BINARY_SIZE, /* how long that is */
} TwImapItemKind;

typedef struct {
    TwImapItemKind kind;
    TwImapPartKind part;
    gboolean peek;
    char *label; /* owned: of a section, as it is answered */
    guint32 path[TW_IMAP_PATH_MAX];
    guint path_count;
    GPtrArray *fields; /* owned, nullable: names of header fields */
    gboolean not_fields;
    gboolean partial;
    guint32 first, count;
} TwImapItem;

/**
 * tw_imap_items_new:
 *
 * Returns: (transfer full) (element-type TwImapItem): no items
 */
GArray *tw_imap_items_new(void);

/**
 * tw_imap_take_items:
 * @cur: a cursor
 * @items: takes what is asked for, each once
 *
 * Returns: FALSE if it is not understood
 */
gboolean tw_imap_take_items(TwCursor *cur, GArray *items);

/**
 * tw_imap_items_have:
 * @items: items
 * @kind: of items without a section
 *
 * Returns: whether one is of that kind
 */
gboolean tw_imap_items_have(const GArray *items, TwImapItemKind kind);

/**
 * tw_imap_items_add:
 * @items: items
 * @kind: of an item without a section; put at the end unless it is there
 */
void tw_imap_items_add(GArray *items, TwImapItemKind kind);

/**
 * tw_imap_take_section:
 * @cur: behind "["
 * @item: (inout): gets path, part and fields
 * @most: how much of a header may be asked for: FALSE for BINARY, which takes numbers alone
 *
 * Takes what stands in brackets, and the closing one.
 *
 * Returns: FALSE if it is not understood
 */
gboolean tw_imap_take_section(TwCursor *cur, TwImapItem *item, gboolean most);

/**
 * tw_imap_item_clear:
 * @item: an item; what it owns is freed
 */
void tw_imap_item_clear(TwImapItem *item);

G_END_DECLS
