/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunks of an archive, to and from bytes. */
#include "store/archive.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/archive-private.h"

enum {
    READ_STEP = 1 << 20, /* memory is taken as bytes come, not as a length says */
};

static const char magic[8] = { 'T', 'W', 'I', 'G', 'A', 'S', 'T', 'O' };

static gboolean
corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "archive: %s", what);
    return FALSE;
}

/* ---- chunks ---- */

static guint32
chunk_crc(const guint8 *header, const guint8 *data, gsize len)
{
    return tw_crc32c(tw_crc32c(0, header, 8), data, len);
}

void
tw_archive_print_chunk(TwChunkKind kind,
                       const guint8 *data,
                       gsize len,
                       guint8 ret[TW_CHUNK_HEADER_LEN])
{
    guint32 words[3] = { GUINT32_TO_LE((guint32) kind), GUINT32_TO_LE((guint32) len), 0 };

    memcpy(ret, words, TW_CHUNK_HEADER_LEN);
    words[2] = GUINT32_TO_LE(chunk_crc(ret, data, len));
    memcpy(ret, words, TW_CHUNK_HEADER_LEN);
}

static gboolean
read_exact(TwArchiveReader *reader, guint8 *data, gsize len, GError **error)
{
    gsize got = 0;

    if (!reader->source(data, len, &got, reader->user_data, error))
        return FALSE;
    return got == len || corrupt(error, "it ends too early");
}

gboolean
tw_archive_read_header(TwArchiveReader *reader, GError **error)
{
    guint8 header[TW_ARCHIVE_HEADER_LEN];
    TwCursor cur = tw_cursor_init(header + 8, 8);
    guint32 version = 0;

    if (!read_exact(reader, header, sizeof header, error))
        return FALSE;
    if (memcmp(header, magic, sizeof magic) != 0)
        return corrupt(error, "this is none");
    tw_cursor_take_u32le(&cur, &version);
    if (version == 0 || version > TW_ARCHIVE_VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "archive: version %u is not known here",
                    version);
        return FALSE;
    }
    if (reader->hash != NULL)
        sha256_update(reader->hash, sizeof header, header);
    return TRUE;
}

static gboolean
read_content(TwArchiveReader *reader, guint32 len, TwBuffer *out, GError **error)
{
    while (out->len < len) {
        gsize step = MIN(len - out->len, READ_STEP);
        if (!tw_buffer_reserve(out, step)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "archive: too large a chunk");
            return FALSE;
        }
        if (!read_exact(reader, out->data + out->len, step, error))
            return FALSE;
        out->len += step;
    }
    return TRUE;
}

gboolean
tw_archive_read_chunk(TwArchiveReader *reader, guint32 *ret_kind, GBytes **ret, GError **error)
{
    guint8 header[TW_CHUNK_HEADER_LEN];
    TwCursor cur = tw_cursor_init(header, sizeof header);
    g_auto(TwBuffer) content = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
    guint32 kind = 0, len = 0, crc = 0;

    if (!read_exact(reader, header, sizeof header, error))
        return FALSE;
    tw_cursor_take_u32le(&cur, &kind);
    tw_cursor_take_u32le(&cur, &len);
    tw_cursor_take_u32le(&cur, &crc);
    if (len > TW_ARCHIVE_MAX_CHUNK) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "archive: too large a chunk");
        return FALSE;
    }
    if (!read_content(reader, len, &content, error))
        return FALSE;
    if (crc != chunk_crc(header, content.data, content.len))
        return corrupt(error, "a checksum is wrong");
    if (reader->hash != NULL && kind != TW_CHUNK_END) {
        sha256_update(reader->hash, sizeof header, header);
        sha256_update(reader->hash, content.len, content.data);
    }
    *ret_kind = kind;
    *ret = tw_buffer_steal_bytes(&content, error);
    return *ret != NULL;
}

/* ---- pieces ---- */

static void
put_bytes32(TwBuffer *out, GBytes *bytes)
{
    gsize len = 0;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    tw_buffer_put_u32le(out, (guint32) len);
    tw_buffer_put(out, data, len);
}

static gboolean
take_bytes32(TwCursor *cur, GBytes **ret)
{
    guint32 len;
    const guint8 *data;

    if (!tw_cursor_take_u32le(cur, &len) || !tw_cursor_take(cur, len, &data))
        return FALSE;
    *ret = g_bytes_new(data, len);
    return TRUE;
}

static gboolean
take_bytes16(TwCursor *cur, GBytes **ret)
{
    guint16 len;
    const guint8 *data;

    if (!tw_cursor_take_u16le(cur, &len) || !tw_cursor_take(cur, len, &data))
        return FALSE;
    *ret = g_bytes_new(data, len);
    return TRUE;
}

static gboolean
take_i64(TwCursor *cur, gint64 *ret)
{
    guint64 value;

    if (!tw_cursor_take_u64le(cur, &value))
        return FALSE;
    *ret = (gint64) value;
    return TRUE;
}

static void
clear_key(gpointer data)
{
    g_bytes_unref(((TwArchiveKey *) data)->key);
}

static void
put_keys(TwBuffer *out, const GArray *keys)
{
    guint count = keys != NULL ? keys->len : 0;

    tw_buffer_put_u8(out, (guint8) count);
    for (guint i = 0; i < count; i++) {
        const TwArchiveKey *key = &g_array_index(keys, TwArchiveKey, i);
        gsize len;
        const guint8 *data = g_bytes_get_data(key->key, &len);
        tw_buffer_put_u8(out, key->kind);
        tw_buffer_put_u16le(out, (guint16) len);
        tw_buffer_put(out, data, len);
    }
}

static gboolean
take_keys(TwCursor *cur, GArray **ret)
{
    guint8 count;

    if (!tw_cursor_take_u8(cur, &count) || count > TW_ARCHIVE_MAX_KEYS)
        return FALSE;
    *ret = g_array_new(FALSE, FALSE, sizeof(TwArchiveKey));
    g_array_set_clear_func(*ret, clear_key);
    for (guint i = 0; i < count; i++) {
        TwArchiveKey key = { 0 };
        if (!tw_cursor_take_u8(cur, &key.kind) || !take_bytes16(cur, &key.key))
            return FALSE;
        g_array_append_val(*ret, key);
        if (key.kind < TW_KEY_ENTRY_ID || key.kind > TW_ARCHIVE_CHANGE_LIST ||
            g_bytes_get_size(key.key) >
                (key.kind == TW_ARCHIVE_CHANGE_LIST ? TW_ARCHIVE_MAX_LIST : TW_ARCHIVE_MAX_KEY))
            return FALSE;
    }
    return TRUE;
}

static void
put_content(TwBuffer *out, const TwArchiveContent *content)
{
    put_bytes32(out, content->record);
    put_bytes32(out, content->summary);
    tw_buffer_put_u32le(out, content->values->len);
    for (guint i = 0; i < content->values->len; i++) {
        const TwValueRow *row = &g_array_index(content->values, TwValueRow, i);
        tw_buffer_put_u8(out, row->kind);
        tw_buffer_put_u8(out, row->part.len);
        tw_buffer_put(out, row->part.bytes, row->part.len);
        tw_buffer_put(out, row->id.bytes, TW_BLOB_ID_LEN);
        tw_buffer_put_u64le(out, row->len);
    }
}

static gboolean
take_value(TwCursor *cur, TwValueRow *ret)
{
    const guint8 *part, *id;

    *ret = (TwValueRow){ 0 };
    if (!tw_cursor_take_u8(cur, &ret->kind) || !tw_cursor_take_u8(cur, &ret->part.len) ||
        !tw_cursor_take(cur, ret->part.len, &part) || !tw_cursor_take(cur, TW_BLOB_ID_LEN, &id) ||
        !tw_cursor_take_u64le(cur, &ret->len) || ret->kind < TW_VALUE_PROPERTY ||
        ret->kind > TW_VALUE_PART || !tw_part_check(part, ret->part.len, NULL))
        return FALSE;
    memcpy(ret->part.bytes, part, ret->part.len);
    memcpy(ret->id.bytes, id, TW_BLOB_ID_LEN);
    return TRUE;
}

static gboolean
take_content(TwCursor *cur, TwArchiveContent *ret)
{
    guint32 count;

    if (!take_bytes32(cur, &ret->record) || !take_bytes32(cur, &ret->summary) ||
        !tw_cursor_take_count(cur, 1 + 1 + TW_BLOB_ID_LEN + 8, &count) ||
        count > TW_ARCHIVE_MAX_VALUES)
        return FALSE;
    if (g_bytes_get_size(ret->summary) == 0)
        g_clear_pointer(&ret->summary, g_bytes_unref);
    ret->values = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    for (guint i = 0; i < count; i++) {
        TwValueRow row;
        if (!take_value(cur, &row))
            return FALSE;
        g_array_append_val(ret->values, row);
    }
    return TRUE;
}

/* ---- items ---- */

void
tw_archive_item_clear(TwArchiveItem *item)
{
    g_clear_pointer(&item->folder.name, g_free);
    tw_message_row_clear(&item->row);
    g_clear_pointer(&item->keywords, g_bytes_unref);
    g_clear_pointer(&item->keys, g_array_unref);
    g_clear_pointer(&item->content.record, g_bytes_unref);
    g_clear_pointer(&item->content.summary, g_bytes_unref);
    g_clear_pointer(&item->content.mail, g_bytes_unref);
    g_clear_pointer(&item->content.values, g_array_unref);
}

static void
put_folder(TwBuffer *out, const TwArchiveItem *item)
{
    const TwFolderRow *row = &item->folder;
    gsize len = strlen(row->name);

    tw_buffer_put_u32le(out, row->id);
    tw_buffer_put_u32le(out, row->parent);
    tw_buffer_put_u8(out, row->state);
    tw_buffer_put_u8(out, row->type);
    tw_buffer_put_u32le(out, row->deleted_with);
    tw_buffer_put_u32le(out, row->uidvalidity);
    tw_buffer_put_u32le(out, row->uidnext);
    tw_buffer_put_u64le(out, row->hicn);
    tw_buffer_put_u64le(out, row->hicn_hier);
    tw_buffer_put_u64le(out, row->cn);
    tw_buffer_put_u64le(out, row->cn_create);
    tw_buffer_put_u64le(out, (guint64) row->changed_us);
    tw_buffer_put_u16le(out, (guint16) len);
    tw_buffer_put(out, row->name, len);
    put_keys(out, item->keys);
    put_bytes32(out, item->keywords);
}

static gboolean
check_keywords(GBytes *bytes)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    g_autoptr(TwKeywords) words = tw_keywords_parse(data, len, NULL);

    return words != NULL;
}

static gboolean
take_folder(TwCursor *cur, TwArchiveItem *ret)
{
    TwFolderRow *row = &ret->folder;
    guint16 len;
    const guint8 *name;

    if (!tw_cursor_take_u32le(cur, &row->id) || !tw_cursor_take_u32le(cur, &row->parent) ||
        !tw_cursor_take_u8(cur, &row->state) || !tw_cursor_take_u8(cur, &row->type) ||
        !tw_cursor_take_u32le(cur, &row->deleted_with) ||
        !tw_cursor_take_u32le(cur, &row->uidvalidity) ||
        !tw_cursor_take_u32le(cur, &row->uidnext) || !tw_cursor_take_u64le(cur, &row->hicn) ||
        !tw_cursor_take_u64le(cur, &row->hicn_hier) || !tw_cursor_take_u64le(cur, &row->cn) ||
        !tw_cursor_take_u64le(cur, &row->cn_create) || !take_i64(cur, &row->changed_us) ||
        !tw_cursor_take_u16le(cur, &len) || !tw_cursor_take(cur, len, &name))
        return FALSE;
    if (len == 0 || memchr(name, '\0', len) != NULL ||
        !g_utf8_validate((const char *) name, len, NULL) || row->state > TW_FOLDER_SOFT ||
        row->type > TW_FOLDER_SEARCH)
        return FALSE;
    row->name = g_strndup((const char *) name, len);
    return take_keys(cur, &ret->keys) && take_bytes32(cur, &ret->keywords) &&
           check_keywords(ret->keywords);
}

static void
put_message(TwBuffer *out, const TwArchiveItem *item)
{
    const TwMessageRow *row = &item->row;

    tw_buffer_put_u32le(out, row->folder);
    tw_buffer_put_u8(out, row->state);
    tw_buffer_put_u32le(out, row->uid);
    tw_buffer_put_u64le(out, (guint64) row->recv);
    tw_buffer_put_u64le(out, (guint64) row->size);
    tw_buffer_put_u32le(out, row->flags);
    tw_buffer_put_u32le(out, row->status);
    tw_buffer_put_u64le(out, row->kw);
    tw_buffer_put_u64le(out, row->cn);
    tw_buffer_put_u64le(out, row->cn_create);
    tw_buffer_put_u64le(out, row->cn_read);
    tw_buffer_put_u64le(out, row->conv);
    put_keys(out, item->keys);
    put_bytes32(out, row->head);
}

static gboolean
check_head(GBytes *bytes)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    TwHead head;

    return tw_head_open(data, len, &head, NULL);
}

static gboolean
take_message(TwCursor *cur, TwArchiveItem *ret)
{
    TwMessageRow *row = &ret->row;

    if (!tw_cursor_take_u32le(cur, &row->folder) || !tw_cursor_take_u8(cur, &row->state) ||
        !tw_cursor_take_u32le(cur, &row->uid) || !take_i64(cur, &row->recv) ||
        !take_i64(cur, &row->size) || !tw_cursor_take_u32le(cur, &row->flags) ||
        !tw_cursor_take_u32le(cur, &row->status) || !tw_cursor_take_u64le(cur, &row->kw) ||
        !tw_cursor_take_u64le(cur, &row->cn) || !tw_cursor_take_u64le(cur, &row->cn_create) ||
        !tw_cursor_take_u64le(cur, &row->cn_read) || !tw_cursor_take_u64le(cur, &row->conv) ||
        !take_keys(cur, &ret->keys) || !take_bytes32(cur, &row->head))
        return FALSE;
    return row->state <= TW_MESSAGE_DELETED_ASSOC && row->size >= 0 &&
           (row->state == TW_MESSAGE_NORMAL) == (row->uid != 0) && check_head(row->head);
}

/* What ends an item: nothing, or a time that is not 0. */
static gboolean
take_time(TwCursor *cur, gint64 *ret)
{
    return cur->left == 0 || (take_i64(cur, ret) && *ret != 0);
}

static void
put_time(TwBuffer *out, gint64 time)
{
    if (time != 0)
        tw_buffer_put_u64le(out, (guint64) time);
}

void
tw_archive_put_item(const TwArchiveItem *item, TwChunkKind kind, TwBuffer *out)
{
    if (kind == TW_CHUNK_FOLDER)
        put_folder(out, item);
    else if (kind == TW_CHUNK_MESSAGE)
        put_message(out, item);
    put_content(out, &item->content);
    put_time(out, kind == TW_CHUNK_FOLDER ? item->folder.deleted_us : item->row.placed);
}

gboolean
tw_archive_take_item(TwCursor *cur, TwChunkKind kind, TwArchiveItem *ret, GError **error)
{
    gboolean ok = TRUE;

    *ret = (TwArchiveItem){ 0 };
    if (kind == TW_CHUNK_FOLDER)
        ok = take_folder(cur, ret);
    else if (kind == TW_CHUNK_MESSAGE)
        ok = take_message(cur, ret);
    ok = ok && take_content(cur, &ret->content) &&
         (kind == TW_CHUNK_PROPS ||
          take_time(cur, kind == TW_CHUNK_FOLDER ? &ret->folder.deleted_us : &ret->row.placed));
    return (ok && cur->left == 0) || corrupt(error, "a folder or message in it makes no sense");
}
