/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Property tags by name: PR_SUBJECT and 1448 more, as constants and as a table for logs and tools.
 *
 * The rows stand in six lists by range of ids (tags-message.h and its neighbours). Text properties are listed as
 * TW_PT_UNICODE; the 8-bit form of a tag is the same id with TW_PT_STRING8. Where one id serves several types the
 * other forms carry a suffix: _O object, _T one text beside a list of them, _B binary, _MV_B binary list, _L 32 bits.
 * An id of 0x6800 to 0x7fff, and many of 0x6700 to 0x67ff, mean something only together with the class of object.
 *
 * Source: spec/mailbox-layout.md, appendix A and 2.1.
 */
#pragma once

#include <glib.h>

#include "mapi/proptype.h"
#include "mapi/tags-book.h"
#include "mapi/tags-class.h"
#include "mapi/tags-message.h"
#include "mapi/tags-object.h"
#include "mapi/tags-provider.h"
#include "mapi/tags-transport.h"

G_BEGIN_DECLS

/* All rows, sorted by id. */
#define TW_TAGS_LIST(X)                                                                            \
    TW_TAGS_MESSAGE_LIST(X)                                                                        \
    TW_TAGS_OBJECT_LIST(X)                                                                         \
    TW_TAGS_TRANSPORT_LIST(X)                                                                      \
    TW_TAGS_PROVIDER_LIST(X)                                                                       \
    TW_TAGS_CLASS_LIST(X)                                                                          \
    TW_TAGS_BOOK_LIST(X)

enum {
#define TW_TAG_ENUM_ROW(name, id, type, canonical) name = (guint32) (id) << 16 | TW_PT_##type,
    TW_TAGS_LIST(TW_TAG_ENUM_ROW)
#undef TW_TAG_ENUM_ROW
};

typedef struct {
    guint32 tag;
    const char *name;      /* "PR_SUBJECT" */
    const char *canonical; /* without "PidTag", where it is not the words of @name; else NULL */
} TwTagInfo;

/**
 * tw_tag_info:
 * @tag: a property tag
 *
 * Looks a tag up by id and type; the two types of text are one.
 *
 * Returns: (transfer none) (nullable): the row, a constant, or NULL when the list has none
 */
const TwTagInfo *tw_tag_info(guint32 tag);

/**
 * tw_tag_info_by_id:
 * @id: a property id
 * @ret_count: (out) (optional): how many rows have the id; they follow one another
 *
 * Returns: (transfer none) (nullable): the first row of the id, a constant, or NULL when the list has none
 */
const TwTagInfo *tw_tag_info_by_id(guint id, gsize *ret_count);

/**
 * tw_tag_is_entryid:
 * @tag: any property tag
 *
 * For those that compare by identity, see tw_entryid_same().
 *
 * Returns: whether the list has it as an entry id, or as many
 */
gboolean tw_tag_is_entryid(guint32 tag);

/**
 * tw_tag_list:
 * @ret_count: (out): how many rows there are
 *
 * Returns: (transfer none): all rows, sorted by id
 */
const TwTagInfo *tw_tag_list(gsize *ret_count);

/**
 * tw_tag_from_name:
 * @name: (array length=len): "PR_SUBJECT", "PidTagSubject", or a tag in eight hexadecimal digits with or without "0x"
 * @len: how many bytes
 * @ret_tag: (out): the tag
 *
 * Names are compared without regard to case and underscores. The endings _A and _W of a text property ask for its 8-bit
 * and its Unicode form. For tools and configuration: it looks through the whole list.
 *
 * Returns: FALSE, and @ret_tag untouched, for a name that the list has not
 */
gboolean tw_tag_from_name(const char *name, gsize len, guint32 *ret_tag);

/**
 * tw_tag_to_string:
 * @tag: any property tag
 *
 * For logs and tools: the name of the constant, with _A behind it for the 8-bit form of text; "0x8012001F" when the
 * list has no such row. tw_tag_from_name() reads all of it.
 *
 * Returns: (transfer full): the text
 */
char *tw_tag_to_string(guint32 tag);

/**
 * tw_prop_id_is_computed:
 * @id: a property id
 *
 * Returns: whether the id is in the range that the store computes or keeps beside the message (0x0e00-0x0fff)
 */
static inline gboolean
tw_prop_id_is_computed(guint id)
{
    return id >= 0x0e00 && id <= 0x0fff;
}

/**
 * tw_prop_id_is_provider_internal:
 * @id: a property id
 *
 * Returns: whether the id belongs to the store itself and never travels with a message (0x6000-0x67ff)
 */
static inline gboolean
tw_prop_id_is_provider_internal(guint id)
{
    return id >= 0x6000 && id <= 0x67ff;
}

/**
 * tw_prop_id_is_server_private:
 * @id: a property id
 *
 * Returns: whether the id is in the range that Zarafa and Kopano use for themselves (0x6700-0x67ff)
 */
static inline gboolean
tw_prop_id_is_server_private(guint id)
{
    return id >= 0x6700 && id <= 0x67ff;
}

/**
 * tw_prop_id_is_class_specific:
 * @id: a property id
 *
 * Returns: whether the id means something only together with the message class (0x6800-0x7fff)
 */
static inline gboolean
tw_prop_id_is_class_specific(guint id)
{
    return id >= 0x6800 && id <= 0x7fff;
}

/**
 * tw_prop_tag_to_unicode:
 * @tag: a property tag
 *
 * Returns: the tag with 8-bit text turned into Unicode text, one or many; any other tag as it is
 */
static inline guint32
tw_prop_tag_to_unicode(guint32 tag)
{
    return (tag & 0x0fffu) == TW_PT_STRING8 ? tag + 1 : tag;
}

G_END_DECLS
