/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Keys of synchronisation: who made a change, and which one.
 *
 * An XID is a replica's GUID and a counter of that replica, 17 to 24 bytes. A source key (22 bytes here, 24 in old
 * stores) names an object; a change key (20 bytes here) names the last change of an object; a predecessor change
 * list holds the last change that each replica made. In a list each key has a byte in front that says its length.
 *
 * Counters of four bytes are little-endian (spec/mapi-soap.md 5.6); those of foreign replicas are big-endian
 * (MS-OXCFXICS 2.2.2.1).
 *
 * Sources: spec/mapi-soap.md 5.6 and 8.6, spec/mailbox-layout.md 3.2 and 29.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "base/guid.h"

G_BEGIN_DECLS

enum {
    TW_XID_MAX_COUNTER = 8,
    TW_SOURCE_KEY_LEN = 22,
    TW_CHANGE_KEY_LEN = 20,
    TW_INSTANCE_KEY_LEN = 8,
    TW_CHANGE_LIST_MAX =
        256, /* replicas in one list: each save rewrites and compares the whole of it */
    TW_SEARCH_KEY_MAX_LEN = 1024 /* bytes of the search key of an address */
};

typedef struct {
    TwGuid replica;
    guint8 counter[TW_XID_MAX_COUNTER]; /* as they stand in the key; zero behind the last */
    guint8 counter_len;                 /* 1 to 8 */
} TwXid;

/**
 * tw_xid_parse:
 * @data: (array length=len): a key of 17 to 24 bytes
 * @len: how many
 * @ret_xid: (out): the key
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: FALSE, and @ret_xid untouched, for any other length
 */
gboolean tw_xid_parse(const guint8 *data, gsize len, TwXid *ret_xid, GError **error);

/**
 * tw_xid_write:
 * @xid: a key
 * @out: gets its bytes
 */
void tw_xid_write(const TwXid *xid, TwBuffer *out);

/**
 * tw_source_key_make:
 * @server: GUID of the server
 * @number: number of the object, below 2^48
 *
 * Returns: the source key of 22 bytes
 */
TwXid tw_source_key_make(const TwGuid *server, guint64 number);

/**
 * tw_change_key_make:
 * @server: GUID of the server
 * @change: change number
 *
 * Returns: the change key of 20 bytes
 */
TwXid tw_change_key_make(const TwGuid *server, guint32 change);

/**
 * tw_xid_counter:
 * @xid: a key
 *
 * Returns: its counter as a number
 */
guint64 tw_xid_counter(const TwXid *xid);

/**
 * tw_xid_equal:
 * @a: a key
 * @b: another
 *
 * Returns: whether they are the same, byte for byte; zero bytes behind a source key of 22 do not count
 */
gboolean tw_xid_equal(const TwXid *a, const TwXid *b);

/* The last change that each replica made. */
typedef struct TwChangeList TwChangeList;

/**
 * tw_change_list_new:
 *
 * Returns: (transfer full): an empty list
 */
TwChangeList *tw_change_list_new(void);

/**
 * tw_change_list_parse:
 * @data: (array length=len): a value of PR_PREDECESSOR_CHANGE_LIST
 * @len: how many bytes
 * @error: on failure TW_ERROR_CORRUPT, or TW_ERROR_TOO_BIG for more than %TW_CHANGE_LIST_MAX replicas
 *
 * Reads a list. Of two keys of one replica the later counts. A value of exactly 20 bytes is taken as one bare
 * change key: the peer stores that for new objects.
 *
 * Returns: (transfer full): the list, or NULL
 */
TwChangeList *tw_change_list_parse(const guint8 *data, gsize len, GError **error);

/**
 * tw_change_list_write:
 * @list: a list
 * @out: gets its bytes, sorted by GUID; the one key of a list that would have 20 bytes stands there twice, since
 *   readers take that length for a bare key
 */
void tw_change_list_write(const TwChangeList *list, TwBuffer *out);

/**
 * tw_change_list_count:
 * @list: a list
 *
 * Returns: how many replicas are in it
 */
guint tw_change_list_count(const TwChangeList *list);

/**
 * tw_change_list_add:
 * @list: a list
 * @change: a change key
 * @error: on failure TW_ERROR_TOO_BIG, for one more than %TW_CHANGE_LIST_MAX replicas
 *
 * Notes a change; it takes the place of an earlier one of its replica and does nothing against a later one.
 *
 * Returns: TRUE on success
 */
gboolean tw_change_list_add(TwChangeList *list, const TwXid *change, GError **error);

/**
 * tw_change_list_contains:
 * @list: a list
 * @change: a change key
 *
 * Returns: whether the list knows this change: it has one of the same replica that is not earlier
 */
gboolean tw_change_list_contains(const TwChangeList *list, const TwXid *change);

/**
 * tw_change_list_merge:
 * @list: a list, gets what is in the other one
 * @other: another
 * @error: on failure TW_ERROR_TOO_BIG; @list may then hold a part
 *
 * Returns: TRUE on success
 */
gboolean tw_change_list_merge(TwChangeList *list, const TwChangeList *other, GError **error);

typedef enum {
    TW_CHANGE_SAME,    /* each knows the other's change */
    TW_CHANGE_NEWER,   /* the first was made from the second: overwrite */
    TW_CHANGE_OLDER,   /* the second was made from the first: ignore */
    TW_CHANGE_CONFLICT /* neither knows of the other */
} TwChangeOrder;

/**
 * tw_change_list_compare:
 * @a: predecessors of one version
 * @a_change: its change key
 * @b: predecessors of the other version
 * @b_change: its change key
 *
 * Which of two versions of an object was made from the other. Source: spec/mailbox-layout.md 29.3.
 *
 * Returns: the order
 */
TwChangeOrder tw_change_list_compare(const TwChangeList *a,
                                     const TwXid *a_change,
                                     const TwChangeList *b,
                                     const TwXid *b_change);

/**
 * tw_change_list_free:
 * @list: (nullable) (transfer full): a list
 */
void tw_change_list_free(TwChangeList *list);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwChangeList, tw_change_list_free)

/**
 * tw_instance_key_write:
 * @number: object number; 0 for a category heading
 * @order: 0, the index of a multi-value instance, or the number of a heading
 * @out: (array fixed-size=8): where to put the key
 */
void tw_instance_key_write(guint32 number, guint32 order, guint8 out[TW_INSTANCE_KEY_LEN]);

/**
 * tw_instance_key_parse:
 * @data: (array length=len): an instance key
 * @len: how many bytes
 * @ret_number: (out): object number
 * @ret_order: (out): order number
 *
 * Returns: FALSE, and nothing written, when it has not 8 bytes
 */
gboolean tw_instance_key_parse(const guint8 *data,
                               gsize len,
                               guint32 *ret_number,
                               guint32 *ret_order);

/**
 * tw_search_key_make:
 * @address_type: UTF-8, such as "SMTP"
 * @address: UTF-8
 * @error: on failure TW_ERROR_TOO_BIG, for more than %TW_SEARCH_KEY_MAX_LEN bytes
 *
 * Makes the search key of an address: "TYPE:ADDRESS" in capitals with its NUL.
 *
 * Returns: (transfer full): the key, or NULL
 */
GBytes *tw_search_key_make(const char *address_type, const char *address, GError **error);

/**
 * tw_search_key_parse:
 * @data: (array length=len): a search key
 * @len: how many bytes
 * @ret_type: (out) (transfer full): the address type
 * @ret_address: (out) (transfer full): the address
 *
 * Returns: FALSE, and nothing written, for a key that is not of an address
 */
gboolean tw_search_key_parse(const guint8 *data, gsize len, char **ret_type, char **ret_address);

G_END_DECLS
