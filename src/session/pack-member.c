/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Plain structs as bytes, by tables of their members. All numbers little-endian:
 *
 *   member           bytes
 *   BOOL, U8         1
 *   U16, U32, U64    2, 4, 8
 *   GUID, KEY        16, 8
 *   TEXT, BYTES      u32: 0 for none, else length and 1; so many bytes
 *   NAMES            u32: 0 for none, else count and 1; a TEXT each
 *   ONCE             u8: 0 for none; 32 bytes
 *   ENTRY, FOLDER    u8: 0 for none; the struct
 *   ERROR            u8: 0 for none; u32 MAPI result, TEXT
 */
#include "session/pack-private.h"

#include <stddef.h>
#include <string.h>

#include "base/utf8.h"

/* A struct has members that are structs; no shape leads back to itself, and the items of one are not read by it. */
/* NOLINTBEGIN(misc-no-recursion,bugprone-sizeof-expression) */

static const guint8 least_bytes[] = {
#define LEAST_ROW(name, size, least) [TW_PACK_##name] = (least),
    TW_PACK_TYPE_LIST(LEAST_ROW)
#undef LEAST_ROW
};

gboolean
tw_unpack_failed(const char *what, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "call: %s", what);
    return FALSE;
}

gpointer
tw_unpack_keep(TwUnpacker *in, gpointer data, GDestroyNotify destroy)
{
    TwPackKept kept = { data, destroy };

    g_array_append_val(in->kept, kept);
    return data;
}

/* ---- bytes ---- */

void
tw_pack_count(TwBuffer *out, gsize count)
{
    tw_buffer_put_u32le(out, (guint32) MIN(count, G_MAXUINT32));
}

void
tw_pack_bytes(TwBuffer *out, const void *data, gsize len)
{
    tw_pack_count(out, len);
    tw_buffer_put(out, data, len);
}

gboolean
tw_unpack_bytes(TwUnpacker *in, TwCursor *ret, GError **error)
{
    guint32 len;

    return (tw_cursor_take_u32le(&in->cur, &len) && tw_cursor_take_cursor(&in->cur, len, ret)) ||
           tw_unpack_failed("bytes are cut short", error);
}

gboolean
tw_unpack_count(TwUnpacker *in, gsize least, guint32 *ret, GError **error)
{
    return tw_cursor_take_count(&in->cur, least, ret) ||
           tw_unpack_failed("a list is cut short", error);
}

gboolean
tw_unpack_bool(TwUnpacker *in, gboolean *ret, GError **error)
{
    guint8 byte;

    if (!tw_cursor_take_u8(&in->cur, &byte) || byte > 1)
        return tw_unpack_failed("not yes or no", error);
    *ret = byte != 0;
    return TRUE;
}

/* ---- text and bytes that may be none ---- */

static void
pack_optional(TwBuffer *out, const void *data, gsize len)
{
    if (data == NULL) {
        tw_pack_count(out, 0);
        return;
    }
    tw_pack_count(out, len + 1);
    tw_buffer_put(out, data, len);
}

/* FALSE with @ret->next NULL for none. */
static gboolean
unpack_optional(TwUnpacker *in, TwCursor *ret, GError **error)
{
    guint32 len;

    *ret = (TwCursor){ 0 };
    if (!tw_cursor_take_u32le(&in->cur, &len) ||
        (len > 0 && !tw_cursor_take_cursor(&in->cur, len - 1, ret)))
        return tw_unpack_failed("a text is cut short", error);
    if (len == 1 && ret->next == NULL)
        ret->next = (const guint8 *) "";
    return TRUE;
}

/* A new text, NULL for none. */
static gboolean
unpack_text(TwUnpacker *in, char **ret, GError **error)
{
    TwCursor bytes;

    if (!unpack_optional(in, &bytes, error))
        return FALSE;
    if (bytes.next == NULL)
        return TRUE;
    if (memchr(bytes.next, 0, bytes.left) != NULL)
        return tw_unpack_failed("a NUL in a text", error);
    if (in->kept != NULL && !tw_utf8_valid(bytes.next, bytes.left, NULL)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "call: a text that is not UTF-8");
        return FALSE;
    }
    *ret = g_strndup((const char *) bytes.next, bytes.left);
    return TRUE;
}

static gboolean
unpack_names(TwUnpacker *in, char ***ret, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    guint32 count;

    if (!tw_cursor_take_u32le(&in->cur, &count) || count > TW_PACK_MOST_NAMES ||
        (count > 0 && (count - 1) > in->cur.left / 4))
        return tw_unpack_failed("a list of texts is cut short or too long", error);
    if (count == 0)
        return TRUE;
    names = g_ptr_array_new_with_free_func(g_free);
    for (guint32 i = 1; i < count; i++) {
        char *name = NULL;
        if (!unpack_text(in, &name, error))
            return FALSE;
        if (name == NULL)
            return tw_unpack_failed("a list with a text that is none", error);
        g_ptr_array_add(names, name);
    }
    g_ptr_array_add(names, NULL);
    *ret = (char **) g_ptr_array_free(g_steal_pointer(&names), FALSE);
    return TRUE;
}

static void
pack_names(const char *const *names, TwBuffer *out)
{
    gsize count = 0;

    while (names != NULL && names[count] != NULL)
        count++;
    tw_pack_count(out, names != NULL ? count + 1 : 0);
    for (gsize i = 0; i < count; i++)
        pack_optional(out, names[i], strlen(names[i]));
}

/* ---- structs that members point to ---- */

/* clang-format off */
#define FOLDER_MEMBER(type, member) TW_PACK_MEMBER(TwFolderRow, type, member)
#define FOLDER_MEMBERS(M) \
    M(U32, store) M(U32, id) M(U32, parent) M(U32, deleted_with) M(U8, state) M(U8, type) \
    M(U32, uidvalidity) M(U32, uidnext) M(U64, hicn) M(U64, hicn_hier) M(U64, cn) M(U64, cn_create) \
    M(U32, total) M(U32, unread) M(U32, assoc) M(U32, deleted) M(U32, deleted_assoc) \
    M(U32, subfolders) M(U32, deleted_folders) M(U64, bytes) M(U64, deleted_bytes) \
    M(U64, changed_us) M(U64, deleted_us) M(TEXT, name)
static const TwPackMember folder_members[] = { FOLDER_MEMBERS(FOLDER_MEMBER) };

#define QUOTA_MEMBERS(M, field) \
    M(BOOL, field.own) M(U64, field.warn) M(U64, field.soft) M(U64, field.hard)
#define ENTRY_MEMBER(type, member) TW_PACK_MEMBER(TwDirectoryObject, type, member)
#define ENTRY_MEMBERS(M) \
    M(U32, number) M(U32, company) M(U32, kind) M(BYTES, id) M(TEXT, name) M(TEXT, full_name) \
    M(TEXT, mail) M(NAMES, aliases) M(U32, admin) M(BOOL, hidden) QUOTA_MEMBERS(M, quota) \
    QUOTA_MEMBERS(M, user_quota) M(NAMES, features_on) M(NAMES, features_off) M(U32, meeting) \
    M(U32, capacity) M(TEXT, description) M(TEXT, home_server) M(U32, system_contact) \
    M(BYTES, details) M(BOOL, has_photo) M(U64, password_generation) M(U64, cn)
static const TwPackMember entry_members[] = { ENTRY_MEMBERS(ENTRY_MEMBER) };

#define LINK_MEMBER(type, member) TW_PACK_MEMBER(TwDirectoryLink, type, member)
static const TwPackMember link_members[] = { LINK_MEMBER(U32, relation) LINK_MEMBER(U32, number) };
/* clang-format on */

static const TwPackShape folder_shape = { .members = folder_members,
                                          .count = G_N_ELEMENTS(folder_members),
                                          .size = sizeof(TwFolderRow) };

static const TwPackShape entry_shape = { .members = entry_members,
                                         .count = G_N_ELEMENTS(entry_members),
                                         .size = sizeof(TwDirectoryObject) };

static const TwPackShape link_shape = { .members = link_members,
                                        .count = G_N_ELEMENTS(link_members),
                                        .size = sizeof(TwDirectoryLink) };

void
tw_pack_entry(const TwDirectoryObject *entry, TwBuffer *out)
{
    tw_buffer_put_u8(out, entry != NULL);
    if (entry == NULL)
        return;
    tw_pack_struct(&entry_shape, entry, out);
    tw_pack_items(&link_shape, entry->links, entry->link_count, out);
}

static GArray *
kept_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(TwPackKept));
}

static void
release_kept(GArray *kept)
{
    for (guint i = kept->len; i-- > 0;) {
        const TwPackKept *one = &g_array_index(kept, TwPackKept, i);
        one->destroy(one->data);
    }
    g_array_unref(kept);
}

/* Its texts are borrowed for as long as it is copied into an object of its own. */
gboolean
tw_unpack_entry(TwUnpacker *in, TwDirectoryObject **ret, GError **error)
{
    TwUnpacker inner = { .cur = in->cur, .kept = kept_new() };
    TwDirectoryObject values = { 0 };
    gpointer links = NULL;
    gboolean there = FALSE, ok;
    guint count = 0;

    ok = tw_unpack_bool(&inner, &there, error) &&
         (!there || (tw_unpack_struct(&entry_shape, &inner, &values, error) &&
                     tw_unpack_items(&link_shape, &inner, &links, &count, error)));
    if (ok && there) {
        values.links = links;
        values.link_count = count;
        *ret = tw_directory_object_new(&values);
    }
    in->cur = inner.cur;
    release_kept(inner.kept);
    return ok;
}

static void
pack_folder(const TwFolderRow *row, TwBuffer *out)
{
    tw_buffer_put_u8(out, row != NULL);
    if (row != NULL)
        tw_pack_struct(&folder_shape, row, out);
}

static gboolean
unpack_folder(TwUnpacker *in, TwFolderRow **ret, GError **error)
{
    gboolean there = FALSE;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    *ret = g_new0(TwFolderRow, 1);
    return tw_unpack_struct(&folder_shape, in, *ret, error);
}

static void
pack_error(const GError *error, TwBuffer *out)
{
    tw_buffer_put_u8(out, error != NULL);
    if (error == NULL)
        return;
    tw_buffer_put_u32le(out, tw_error_to_mapi(error));
    pack_optional(out, error->message, strlen(error->message));
}

static gboolean
unpack_error(TwUnpacker *in, GError **ret, GError **error)
{
    g_autofree char *message = NULL;
    gboolean there = FALSE;
    guint32 mapi;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!tw_cursor_take_u32le(&in->cur, &mapi))
        return tw_unpack_failed("an error is cut short", error);
    if (!unpack_text(in, &message, error))
        return FALSE;
    *ret = tw_error_from_mapi(mapi, message != NULL ? message : "");
    if (*ret == NULL)
        *ret = g_error_new_literal(TW_ERROR, TW_ERROR_FAILED, "an error that is none");
    return TRUE;
}

/* ---- members ---- */

static void
pack_member(const TwPackMember *member, const guint8 *at, TwBuffer *out)
{
    gsize len = 0;
    gconstpointer data;

    switch ((TwPackType) member->type) {
    case TW_PACK_BOOL:
        tw_buffer_put_u8(out, *(const gboolean *) (gconstpointer) at != FALSE);
        break;
    case TW_PACK_U8:
        tw_buffer_put_u8(out, *at);
        break;
    case TW_PACK_U16:
        tw_buffer_put_u16le(out, *(const guint16 *) (gconstpointer) at);
        break;
    case TW_PACK_U32:
        tw_buffer_put_u32le(out, *(const guint32 *) (gconstpointer) at);
        break;
    case TW_PACK_U64:
        tw_buffer_put_u64le(out, *(const guint64 *) (gconstpointer) at);
        break;
    case TW_PACK_GUID:
        tw_buffer_put(out, at, TW_GUID_LEN);
        break;
    case TW_PACK_KEY:
        tw_buffer_put(out, at, TW_PACK_SIZE_KEY);
        break;
    case TW_PACK_TEXT: {
        const char *text = *(const char *const *) (gconstpointer) at;
        pack_optional(out, text, text != NULL ? strlen(text) : 0);
        break;
    }
    case TW_PACK_BYTES: {
        GBytes *bytes = *(GBytes *const *) (gconstpointer) at;
        data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;
        pack_optional(out, bytes != NULL && data == NULL ? "" : data, len);
        break;
    }
    case TW_PACK_NAMES:
        pack_names(*(const char *const *const *) (gconstpointer) at, out);
        break;
    case TW_PACK_ONCE:
        data = *(const guint8 *const *) (gconstpointer) at;
        tw_buffer_put_u8(out, data != NULL);
        if (data != NULL)
            tw_buffer_put(out, data, TW_PACK_ONCE_LEN);
        break;
    case TW_PACK_ENTRY:
        tw_pack_entry(*(const TwDirectoryObject *const *) (gconstpointer) at, out);
        break;
    case TW_PACK_FOLDER:
        pack_folder(*(const TwFolderRow *const *) (gconstpointer) at, out);
        break;
    case TW_PACK_ERROR:
        pack_error(*(const GError *const *) (gconstpointer) at, out);
        break;
    }
}

static void
unref_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void
free_names(gpointer names)
{
    g_strfreev(names);
}

/* What a request holds is kept beside it; what an answer holds it owns. */
static void
keep_of_request(TwUnpacker *in, gpointer data, GDestroyNotify destroy)
{
    if (in->kept != NULL && data != NULL)
        tw_unpack_keep(in, data, destroy);
}

static gboolean
unpack_bytes_member(TwUnpacker *in, GBytes **at, GError **error)
{
    TwCursor bytes;

    if (!unpack_optional(in, &bytes, error))
        return FALSE;
    if (bytes.next != NULL)
        *at = g_bytes_new(bytes.next, bytes.left);
    keep_of_request(in, *at, unref_bytes);
    return TRUE;
}

static gboolean
unpack_once(TwUnpacker *in, const guint8 **at, GError **error)
{
    gboolean there;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    return !there || tw_cursor_take(&in->cur, TW_PACK_ONCE_LEN, at) ||
           tw_unpack_failed("the name of a delivery is cut short", error);
}

static gboolean
unpack_raw(TwUnpacker *in, guint8 *at, gsize n, GError **error)
{
    const guint8 *from;

    if (!tw_cursor_take(&in->cur, n, &from))
        return tw_unpack_failed("a struct is cut short", error);
    memcpy(at, from, n);
    return TRUE;
}

static gboolean
unpack_number(TwPackType type, TwUnpacker *in, gpointer at, GError **error)
{
    gboolean ok = type == TW_PACK_U8    ? tw_cursor_take_u8(&in->cur, at)
                  : type == TW_PACK_U16 ? tw_cursor_take_u16le(&in->cur, at)
                  : type == TW_PACK_U32 ? tw_cursor_take_u32le(&in->cur, at)
                                        : tw_cursor_take_u64le(&in->cur, at);

    return ok || tw_unpack_failed("a number is cut short", error);
}

static gboolean
unpack_member(const TwPackMember *member, TwUnpacker *in, guint8 *at, GError **error)
{
    gpointer to = at;

    switch ((TwPackType) member->type) {
    case TW_PACK_BOOL:
        return tw_unpack_bool(in, to, error);
    case TW_PACK_U8:
    case TW_PACK_U16:
    case TW_PACK_U32:
    case TW_PACK_U64:
        return unpack_number((TwPackType) member->type, in, to, error);
    case TW_PACK_GUID:
        return unpack_raw(in, at, TW_GUID_LEN, error);
    case TW_PACK_KEY:
        return unpack_raw(in, at, TW_PACK_SIZE_KEY, error);
    case TW_PACK_TEXT:
        if (!unpack_text(in, to, error))
            return FALSE;
        keep_of_request(in, *(gpointer *) to, g_free);
        return TRUE;
    case TW_PACK_BYTES:
        return unpack_bytes_member(in, to, error);
    case TW_PACK_NAMES:
        if (!unpack_names(in, to, error))
            return FALSE;
        keep_of_request(in, *(gpointer *) to, free_names);
        return TRUE;
    case TW_PACK_ONCE:
        return unpack_once(in, to, error);
    case TW_PACK_ENTRY:
        return tw_unpack_entry(in, to, error);
    case TW_PACK_FOLDER:
        return unpack_folder(in, to, error);
    case TW_PACK_ERROR:
        return unpack_error(in, to, error);
    }
    return FALSE;
}

/* ---- structs ---- */

void
tw_pack_struct(const TwPackShape *shape, gconstpointer from, TwBuffer *out)
{
    for (guint i = 0; i < shape->count; i++)
        pack_member(&shape->members[i], (const guint8 *) from + shape->members[i].offset, out);
}

gboolean
tw_unpack_struct(const TwPackShape *shape, TwUnpacker *in, gpointer to, GError **error)
{
    for (guint i = 0; i < shape->count; i++) {
        if (!unpack_member(&shape->members[i], in, (guint8 *) to + shape->members[i].offset, error))
            return FALSE;
    }
    return TRUE;
}

static gsize
least_of(const TwPackShape *shape)
{
    gsize least = 0;

    for (guint i = 0; i < shape->count; i++)
        least += least_bytes[shape->members[i].type];
    return MAX(least, 1);
}

void
tw_pack_items(const TwPackShape *shape, gconstpointer items, gsize count, TwBuffer *out)
{
    tw_pack_count(out, count);
    for (gsize i = 0; i < count; i++)
        tw_pack_struct(shape, (const guint8 *) items + i * shape->size, out);
}

gboolean
tw_unpack_items(
    const TwPackShape *shape, TwUnpacker *in, gpointer ret_items, guint *ret_count, GError **error)
{
    guint32 count;
    guint8 *items;

    if (!tw_unpack_count(in, least_of(shape), &count, error))
        return FALSE;
    if (count == 0)
        return TRUE;
    items = tw_unpack_keep(in, g_malloc0_n(count, shape->size), g_free);
    *(gpointer *) ret_items = items;
    *ret_count = count;
    for (guint32 i = 0; i < count; i++) {
        if (!tw_unpack_struct(shape, in, items + i * shape->size, error))
            return FALSE;
    }
    return TRUE;
}

void
tw_pack_array(const TwPackShape *shape, const GArray *array, TwBuffer *out)
{
    tw_buffer_put_u8(out, array != NULL);
    if (array != NULL)
        tw_pack_items(shape, array->data, array->len, out);
}

gboolean
tw_unpack_array(const TwPackShape *shape, TwUnpacker *in, GArray **ret, GError **error)
{
    gboolean there = FALSE;
    guint32 count;

    if (!tw_unpack_bool(in, &there, error) ||
        (there && !tw_unpack_count(in, least_of(shape), &count, error)))
        return FALSE;
    if (!there)
        return TRUE;
    *ret = g_array_sized_new(FALSE, TRUE, (guint) shape->size, count);
    if (shape->clear != NULL)
        g_array_set_clear_func(*ret, shape->clear);
    for (guint32 i = 0; i < count; i++) {
        g_array_set_size(*ret, i + 1);
        if (!tw_unpack_struct(shape, in, (guint8 *) (*ret)->data + i * shape->size, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- values ---- */

/* FALSE: it is bytes. */
static gboolean
number_of(const TwPropValue *value, guint64 *ret)
{
    switch (value->tag & 0xffff) {
    case TW_PT_UNSPECIFIED:
    case TW_PT_NULL:
        *ret = 0;
        return TRUE;
    case TW_PT_I2:
        *ret = (guint16) value->i2;
        return TRUE;
    case TW_PT_LONG:
    case TW_PT_R4: /* its bits */
    case TW_PT_ERROR:
        *ret = value->u4;
        return TRUE;
    case TW_PT_BOOLEAN:
        *ret = value->truth != FALSE;
        return TRUE;
    case TW_PT_DOUBLE: /* its bits */
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        *ret = (guint64) value->i8;
        return TRUE;
    default:
        return FALSE;
    }
}

static void
set_number(TwPropValue *value, guint64 number)
{
    switch (value->tag & 0xffff) {
    case TW_PT_I2:
        value->i2 = (gint16) (guint16) number;
        break;
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_ERROR:
        value->u4 = (guint32) number;
        break;
    case TW_PT_BOOLEAN:
        value->truth = number != 0;
        break;
    default:
        value->i8 = (gint64) number;
    }
}

/* Tag; then 8 bytes of a number, or a count of bytes, them, and a NUL that is not counted. */
void
tw_pack_value(const TwPropValue *value, TwBuffer *out)
{
    guint64 number;

    tw_buffer_put_u32le(out, value->tag);
    if (number_of(value, &number)) {
        tw_buffer_put_u64le(out, number);
        return;
    }
    tw_pack_bytes(out, value->data, value->len);
    tw_buffer_put_u8(out, 0);
}

static gboolean
unpack_value_bytes(TwUnpacker *in, TwPropValue *ret, GError **error)
{
    TwCursor bytes;
    guint8 end;

    if (!tw_unpack_bytes(in, &bytes, error))
        return FALSE;
    if (!tw_cursor_take_u8(&in->cur, &end) || end != 0)
        return tw_unpack_failed("a value without its end", error);
    ret->len = (guint32) bytes.left;
    ret->data = bytes.next != NULL ? bytes.next : (const guint8 *) "";
    return TRUE;
}

gboolean
tw_unpack_value(TwUnpacker *in, gboolean checked, TwPropValue *ret, GError **error)
{
    guint64 number;

    *ret = (TwPropValue){ 0 };
    if (!tw_cursor_take_u32le(&in->cur, &ret->tag))
        return tw_unpack_failed("a value is cut short", error);
    if (!number_of(ret, &number)) {
        if (!unpack_value_bytes(in, ret, error))
            return FALSE;
    } else if (!tw_cursor_take_u64le(&in->cur, &number)) {
        return tw_unpack_failed("a value is cut short", error);
    } else {
        set_number(ret, number);
    }
    return !checked || tw_value_check(ret, error);
}

/* NOLINTEND(misc-no-recursion,bugprone-sizeof-expression) */
