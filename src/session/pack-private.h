/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of pack.h share: members of plain structs as rows of a table, and the reader of them. */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"
#include "session/session.h"

G_BEGIN_DECLS

/* Each row: what a member of a struct is, its size in memory, the fewest bytes it takes when packed. */
#define TW_PACK_TYPE_LIST(X)                                                                       \
    X(BOOL, sizeof(gboolean), 1)                                                                   \
    X(U8, 1, 1)                                                                                    \
    X(U16, 2, 2)                                                                                   \
    X(U32, 4, 4) /* also enums and int */                                                          \
    X(U64, 8, 8) /* also gint64 */                                                                 \
    X(GUID, TW_GUID_LEN, TW_GUID_LEN)                                                              \
    X(KEY, 8, 8)                             /* guint8[8] */                                       \
    X(TEXT, sizeof(char *), 4)               /* nullable */                                        \
    X(BYTES, sizeof(GBytes *), 4)            /* nullable */                                        \
    X(NAMES, sizeof(char **), 4)             /* nullable: ended by NULL */                         \
    X(ONCE, sizeof(guint8 *), 1)             /* nullable: 32 bytes; of requests alone */           \
    X(ENTRY, sizeof(TwDirectoryObject *), 1) /* nullable */                                        \
    X(FOLDER, sizeof(TwFolderRow *), 1)      /* nullable; of answers alone */                      \
    X(ERROR, sizeof(GError *), 1)            /* nullable; of answers alone */

typedef enum {
#define TW_PACK_ENUM_ROW(name, size, least) TW_PACK_##name,
    TW_PACK_TYPE_LIST(TW_PACK_ENUM_ROW)
#undef TW_PACK_ENUM_ROW
} TwPackType;

enum {
#define TW_PACK_SIZE_ROW(name, size, least) TW_PACK_SIZE_##name = (size),
    TW_PACK_TYPE_LIST(TW_PACK_SIZE_ROW)
#undef TW_PACK_SIZE_ROW
    TW_PACK_MOST_NAMES = 65536, /* of one list of texts: each is an allocation */
    TW_PACK_ONCE_LEN = 32,
};

typedef struct {
    guint8 type;
    guint16 offset;
} TwPackMember;

/* A struct. Order and number of its members are its form on the wire. */
typedef struct {
    const TwPackMember *members;
    guint count;
    gsize size;
    GDestroyNotify clear; /* (nullable): frees what an element of an answer owns */
} TwPackShape;

/** TW_PACK_MEMBER: a row of a table of members; a member of another size does not compile. */
#define TW_PACK_MEMBER(Struct, type, member)                                                       \
    { TW_PACK_##type,                                                                              \
      offsetof(Struct, member) +                                                                   \
          0 * sizeof(char[sizeof(((Struct *) NULL)->member) == TW_PACK_SIZE_##type ? 1 : -1]) },

typedef struct {
    gpointer data;
    GDestroyNotify destroy;
} TwPackKept;

/* Bytes that are read. */
typedef struct {
    TwCursor cur;
    GArray *
        kept; /* TwPackKept: what the fields of a request borrow; NULL for answers, which own theirs */
} TwUnpacker;

/* Sets CORRUPT; always FALSE. */
gboolean tw_unpack_failed(const char *what, GError **error);
/* Keeps @data for as long as the request. */
gpointer tw_unpack_keep(TwUnpacker *in, gpointer data, GDestroyNotify destroy);

void tw_pack_count(TwBuffer *out, gsize count);
void tw_pack_bytes(TwBuffer *out, const void *data, gsize len);
gboolean tw_unpack_bool(TwUnpacker *in, gboolean *ret, GError **error);
/* A count and so many bytes, borrowed. */
gboolean tw_unpack_bytes(TwUnpacker *in, TwCursor *ret, GError **error);
gboolean tw_unpack_count(TwUnpacker *in, gsize least, guint32 *ret, GError **error);

void tw_pack_struct(const TwPackShape *shape, gconstpointer from, TwBuffer *out);
/* @to is zeroes; on failure what it owns is to be cleared. */
gboolean tw_unpack_struct(const TwPackShape *shape, TwUnpacker *in, gpointer to, GError **error);
void tw_pack_items(const TwPackShape *shape, gconstpointer items, gsize count, TwBuffer *out);
/* A list of a request; its memory is kept. */
gboolean tw_unpack_items(
    const TwPackShape *shape, TwUnpacker *in, gpointer ret_items, guint *ret_count, GError **error);
/* A list of an answer. */
void tw_pack_array(const TwPackShape *shape, const GArray *array, TwBuffer *out);
gboolean tw_unpack_array(const TwPackShape *shape, TwUnpacker *in, GArray **ret, GError **error);

void tw_pack_entry(const TwDirectoryObject *entry, TwBuffer *out);
gboolean tw_unpack_entry(TwUnpacker *in, TwDirectoryObject **ret, GError **error);

void tw_pack_value(const TwPropValue *value, TwBuffer *out);
/* Borrows from the bytes. @checked: it is somebody's input. */
gboolean tw_unpack_value(TwUnpacker *in, gboolean checked, TwPropValue *ret, GError **error);

/* ---- pack-shape.c ---- */

const TwPackShape *tw_pack_store_info(void);
const TwPackShape *tw_pack_receive_folder(void);
const TwPackShape *tw_pack_change(void);
const TwPackShape *tw_pack_folder_entry(void);
const TwPackShape *tw_pack_permission(void);
const TwPackShape *tw_pack_queue_row(void);
const TwPackShape *tw_pack_message(void);
const TwPackShape *tw_pack_mail_row(void);
const TwPackShape *tw_pack_tomb(void);
const TwPackShape *tw_pack_made(void);
const TwPackShape *tw_pack_done(void);
const TwPackShape *tw_pack_delivered(void);
const TwPackShape *tw_pack_container(void);
const TwPackShape *tw_pack_gone(void);
const TwPackShape *tw_pack_quota(void);
const TwPackShape *tw_pack_store_entry(void);
const TwPackShape *tw_pack_session_entry(void);
const TwPackShape *tw_pack_sync_keys(void);
const TwPackShape *tw_pack_sync_change(void);
const TwPackShape *tw_pack_table_event(void);
const TwPackShape *tw_pack_notify_event(void);
const TwPackShape *tw_pack_watch_wish(void);
const TwPackShape *tw_pack_target(void);
const TwPackShape *tw_pack_append(void);
const TwPackShape *tw_pack_bag(void);
const TwPackShape *tw_pack_value_use(void);

/* ---- pack-kind.c ---- */

typedef struct {
    const char *name;
    void (*pack)(gconstpointer field, TwBuffer *out);
    gboolean (*unpack)(TwUnpacker *in, gpointer field, GError **error);
} TwPackKind;

const TwPackKind *tw_pack_in_kind(TwInKind kind);
const TwPackKind *tw_pack_out_kind(TwOutKind kind);

/* ---- pack-kind.c: what several kinds have in them ---- */
enum {
    TW_PACK_LEAST_VALUE = 4 + 4 + 1
};

void tw_pack_numbers(const guint32 *numbers, gsize count, TwBuffer *out);
gboolean tw_unpack_kept_numbers(TwUnpacker *in,
                                const guint32 **ret,
                                guint *ret_count,
                                GError **error);
void tw_unpack_free_object(gpointer object);
void tw_pack_object_tree(const TwObject *object, TwBuffer *out);
gboolean tw_unpack_object_tree(TwUnpacker *in, TwObject **ret, GError **error);

/* ---- pack-kind-index.c ---- */
void tw_pack_kind_index(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_index(TwUnpacker *in, gpointer field, GError **error);

/* ---- pack-kind-mail.c ---- */
void tw_pack_kind_converted(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_converted(TwUnpacker *in, gpointer field, GError **error);

/* ---- pack-kind-props.c ---- */
void tw_pack_kind_prop_changes(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_values(
    TwUnpacker *in, gboolean checked, guint32 count, TwPropValue *ret_values, GError **error);
gboolean tw_unpack_kind_prop_changes(TwUnpacker *in, gpointer field, GError **error);
void tw_pack_kind_named_props(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_named_props(TwUnpacker *in, gpointer field, GError **error);
void tw_pack_kind_named_list(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_named_list(TwUnpacker *in, gpointer field, GError **error);
void tw_pack_kind_entries(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_entries(TwUnpacker *in, gpointer field, GError **error);
void tw_pack_kind_object_values(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_object_values(TwUnpacker *in, gpointer field, GError **error);

/* ---- pack-kind-rules.c ---- */
void tw_pack_kind_rule_changes(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_rule_changes(TwUnpacker *in, gpointer field, GError **error);
void tw_pack_kind_rules(gconstpointer field, TwBuffer *out);
gboolean tw_unpack_kind_rules(TwUnpacker *in, gpointer field, GError **error);

G_END_DECLS
