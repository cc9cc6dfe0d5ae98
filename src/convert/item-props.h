/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties of calendar items and contacts, set and read by name: what the codecs of iCalendar and vCard share. */
#pragma once

#include "mapi/named.h"
#include "mapi/object.h"

G_BEGIN_DECLS

/* Named properties of one conversion, and the first thing that went wrong in it. */
typedef struct {
    TwNameMap *map;
    gboolean create;                  /* names that have no id are given one */
    GError *error;                    /* (owned) (nullable) */
    guint16 ids[TW_KNOWN_NAME_COUNT]; /* 0: not asked for yet; 1: there is none */
} TwItemNames;

/* The tags of a person's role in a message. */
typedef struct {
    guint32 entryid, name, type, address, search_key, smtp;
} TwItemRole;

extern const TwItemRole tw_item_representing;
extern const TwItemRole tw_item_sender;
extern const TwItemRole tw_item_recipient;

/**
 * tw_item_names_init:
 * @names: caller's memory
 * @map: a map, borrowed
 * @create: whether names that have no id are given one
 */
void tw_item_names_init(TwItemNames *names, TwNameMap *map, gboolean create);

/**
 * tw_item_names_clear:
 * @names: names
 */
void tw_item_names_clear(TwItemNames *names);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwItemNames, tw_item_names_clear)

/**
 * tw_item_tag:
 * @names: names
 * @which: a name
 *
 * Returns: its tag with the type that the specifications give it; 0 when it has none
 */
guint32 tw_item_tag(TwItemNames *names, TwKnownName which);

/**
 * tw_item_set:
 * @names: takes the error
 * @object: a node
 * @value: a value; one of tag 0 is not set
 */
void tw_item_set(TwItemNames *names, TwObject *object, TwPropValue value);

/**
 * tw_item_set_text:
 * @names: takes the error
 * @object: a node
 * @tag: of type UNICODE, or 0
 * @text: (nullable): UTF-8; an empty one is not set
 */
void tw_item_set_text(TwItemNames *names, TwObject *object, guint32 tag, const char *text);

/**
 * tw_item_set_bytes:
 * @names: takes the error
 * @object: a node
 * @tag: of type BINARY, or 0
 * @bytes: (nullable): bytes
 */
void tw_item_set_bytes(TwItemNames *names, TwObject *object, guint32 tag, GBytes *bytes);

/**
 * tw_item_set_list:
 * @names: takes the error
 * @object: a node
 * @tag: of type MV_UNICODE, or 0
 * @list: (element-type utf8): texts; an empty list is not set
 */
void tw_item_set_list(TwItemNames *names, TwObject *object, guint32 tag, GPtrArray *list);

/**
 * tw_item_set_role:
 * @names: takes the error
 * @object: a node
 * @role: its tags
 * @name: display name; an empty one becomes the address
 * @address: SMTP address
 */
void tw_item_set_role(TwItemNames *names,
                      TwObject *object,
                      const TwItemRole *role,
                      const char *name,
                      const char *address);

/**
 * tw_item_role_address:
 * @object: a node
 * @role: its tags
 *
 * Returns: (transfer full) (nullable): the SMTP address of the role: said as such, of a type "SMTP", or in a one-off entry id
 */
char *tw_item_role_address(const TwObject *object, const TwItemRole *role);

/**
 * tw_item_get_time:
 * @object: a node
 * @tag: of type SYSTIME, or 0
 * @ret: (out): ticks
 *
 * Returns: FALSE, and @ret untouched, when it is not there, or not within the years of mapi/timezone.h
 */
gboolean tw_item_get_time(const TwObject *object, guint32 tag, gint64 *ret);

/**
 * tw_item_get_bool:
 * @object: a node
 * @tag: of type BOOLEAN, or 0
 *
 * Returns: whether it is there and true
 */
gboolean tw_item_get_bool(const TwObject *object, guint32 tag);

/**
 * tw_item_get_bytes:
 * @object: a node
 * @tag: of type BINARY, or 0
 *
 * Returns: (transfer full) (nullable): the bytes
 */
GBytes *tw_item_get_bytes(const TwObject *object, guint32 tag);

G_END_DECLS
