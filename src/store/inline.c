/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/inline.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "convert/mime-skeleton.h"
#include "store/dictionary.h"
#include "store/record.h"

enum {
    VERSION = 1,
    VERSION_TEXTS = 2,
    TEXTS_HEADER = 8,
    TEXT_BYTES = 12,
    CODING_PLAIN = 0,
    CODING_ZSTD_DICT = 2,
    AT_SUM = 4,
    AT_AFTER_SUM = 8,
    PAGE = 4096,
};

static guint32
checksum(const guint8 *row, gsize len)
{
    return tw_crc32c(tw_crc32c(0, row, AT_SUM), row + AT_AFTER_SUM, len - AT_AFTER_SUM);
}

GBytes *
tw_inline_pack(GBytes *skeleton)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(skeleton, &len);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(len);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(len + TW_INLINE_HEADER_LEN);
    gboolean smaller = tw_zstd_compress(&packed, data, len, TW_TAIL_LEVEL,
                                        tw_dictionary(TW_DICTIONARY_NEWEST, NULL), NULL);
    guint32 sum;

    g_return_val_if_fail(len <= TW_INLINE_MAX_LEN, NULL);
    tw_buffer_put_u8(&out, VERSION);
    tw_buffer_put_u8(&out, smaller ? CODING_ZSTD_DICT : CODING_PLAIN);
    tw_buffer_put_zeros(&out, 2 + 4);
    tw_buffer_put_u32le(&out, smaller ? TW_DICTIONARY_NEWEST : 0);
    tw_buffer_put(&out, smaller ? packed.data : data, smaller ? packed.len : len);
    sum = GUINT32_TO_LE(checksum(out.data, out.len));
    memcpy(out.data + AT_SUM, &sum, sizeof sum);
    return tw_buffer_steal_bytes(&out, NULL);
}

static GBytes *
corrupt(GError **error, const char *why)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "a mail in its row: %s", why);
    return NULL;
}

static GBytes *
open_plain(const TwCursor *cur, GError **error)
{
    if (cur->left <= TW_INLINE_MAX_LEN)
        return g_bytes_new(cur->next, cur->left);
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a mail in its row has %zu bytes", cur->left);
    return NULL;
}

GBytes *
tw_inline_open(GBytes *row, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(row, &len);
    g_auto(TwBuffer) plain = TW_BUFFER_INIT(TW_INLINE_MAX_LEN);
    TwCursor cur = tw_cursor_init(data, len);
    guint8 version, coding;
    guint16 zero;
    guint32 sum, id;

    if (!tw_cursor_take_u8(&cur, &version) || !tw_cursor_take_u8(&cur, &coding) ||
        !tw_cursor_take_u16le(&cur, &zero) || !tw_cursor_take_u32le(&cur, &sum) ||
        !tw_cursor_take_u32le(&cur, &id))
        return corrupt(error, "too short");
    if (sum != checksum(data, len))
        return corrupt(error, "wrong checksum");
    if (version != VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "a mail in its row: version %u",
                    version);
        return NULL;
    }
    if (zero != 0 || (coding == CODING_PLAIN && id != 0))
        return corrupt(error, "wrong form");
    if (coding == CODING_PLAIN)
        return open_plain(&cur, error);
    if (coding != CODING_ZSTD_DICT || tw_dictionary(id, NULL) == NULL)
        return corrupt(error, "its coding or dictionary is not known");
    if (!tw_zstd_decompress(&plain, cur.next, cur.left, TW_INLINE_MAX_LEN, tw_dictionary(id, NULL),
                            error)) {
        g_prefix_error(error, "a mail in its row: ");
        return NULL;
    }
    return tw_buffer_steal_bytes(&plain, error);
}

/* ---- texts that lie in the mail ---- */

GBytes *
tw_inline_texts_pack(const TwInlineText *texts, guint count)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TEXTS_HEADER + TW_INLINE_TEXTS * TEXT_BYTES);
    guint32 sum;

    g_return_val_if_fail(count <= TW_INLINE_TEXTS, NULL);
    tw_buffer_put_u8(&out, VERSION_TEXTS);
    tw_buffer_put_u8(&out, (guint8) count);
    tw_buffer_put_zeros(&out, 2 + 4);
    for (guint i = 0; i < count; i++) {
        tw_buffer_put_u32le(&out, texts[i].tag);
        tw_buffer_put_u32le(&out, texts[i].offset);
        tw_buffer_put_u32le(&out, texts[i].len);
    }
    sum = GUINT32_TO_LE(checksum(out.data, out.len));
    memcpy(out.data + AT_SUM, &sum, sizeof sum);
    return tw_buffer_steal_bytes(&out, NULL);
}

gboolean
tw_inline_is_texts(const guint8 *bytes, gsize len)
{
    return len > 0 && bytes[0] == VERSION_TEXTS;
}

static gboolean
damaged(GError **error, const char *why)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "texts in the mail of a row: %s", why);
    return FALSE;
}

static gboolean
open_texts(GBytes *list, TwInlineText *texts, guint *ret_count, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(list, &len);
    TwCursor cur = tw_cursor_init(data, len);
    guint8 version, count;
    guint16 zero;
    guint32 sum;

    if (!tw_cursor_take_u8(&cur, &version) || !tw_cursor_take_u8(&cur, &count) ||
        !tw_cursor_take_u16le(&cur, &zero) || !tw_cursor_take_u32le(&cur, &sum))
        return damaged(error, "too short");
    if (sum != checksum(data, len))
        return damaged(error, "wrong checksum");
    if (version != VERSION_TEXTS || zero != 0 || count > TW_INLINE_TEXTS ||
        cur.left != (gsize) count * TEXT_BYTES)
        return damaged(error, "wrong form");
    for (guint i = 0; i < count; i++) {
        (void) tw_cursor_take_u32le(&cur, &texts[i].tag);
        (void) tw_cursor_take_u32le(&cur, &texts[i].offset);
        (void) tw_cursor_take_u32le(&cur, &texts[i].len);
    }
    *ret_count = count;
    return TRUE;
}

/* All of a mail that has texts is literal. */
static gboolean
fetch_none(G_GNUC_UNUSED guint ref,
           G_GNUC_UNUSED guint64 offset,
           G_GNUC_UNUSED gsize len,
           G_GNUC_UNUSED TwBuffer *out,
           G_GNUC_UNUSED gpointer user_data,
           GError **error)
{
    return damaged(error, "the mail has values elsewhere");
}

static gboolean
take_bytes(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    tw_buffer_put(user_data, data, len);
    return TRUE;
}

static gboolean
give_text(const TwSkeleton *mail, const TwInlineText *text, TwObject *object, GError **error)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_INLINE_MAX_LEN);
    TwPropValue value;

    if (!tw_skeleton_read(mail, text->offset, text->len, fetch_none, take_bytes, &bytes, error))
        return FALSE;
    if (tw_buffer_failed(&bytes) || bytes.len != text->len)
        return damaged(error, "one is not in it");
    if (tw_prop_tag_type(text->tag) == TW_PT_UNICODE)
        value = tw_value_text(text->tag, (const char *) bytes.data, bytes.len);
    else if (tw_prop_tag_type(text->tag) == TW_PT_BINARY)
        value = tw_value_bytes(text->tag, bytes.data, bytes.len);
    else
        return damaged(error, "no text");
    return tw_object_set(object, &value, NULL) || damaged(error, "no text of that kind");
}

gboolean
tw_inline_texts_give(GBytes *list, GBytes *row, TwObject *object, GError **error)
{
    TwInlineText texts[TW_INLINE_TEXTS] = { { 0 } };
    g_autoptr(TwSkeleton) mail = NULL;
    g_autoptr(GBytes) plain = NULL;
    guint count = 0;

    if (!open_texts(list, texts, &count, error))
        return FALSE;
    if (count == 0)
        return TRUE;
    if (row == NULL)
        return damaged(error, "it is not there");
    plain = tw_inline_open(row, error);
    mail = plain != NULL ? tw_skeleton_parse(plain, error) : NULL;
    for (guint i = 0; mail != NULL && i < count; i++) {
        if (!give_text(mail, &texts[i], object, error))
            return FALSE;
    }
    return mail != NULL;
}

/* ---- the choice ---- */

static int
compare_times(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

    return (x > y) - (x < y);
}

static gboolean
measure(TwFile *file, TwInlineClock clock, gpointer data, gint64 *ret_us, GError **error)
{
    static const guint8 page[PAGE];
    gint64 times[TW_INLINE_FLUSHES];

    /* the first flush makes room for the page, which none after it does */
    if (!tw_file_write(file, 0, page, PAGE, error) || !tw_file_sync(file, error))
        return FALSE;
    for (guint i = 0; i < TW_INLINE_FLUSHES; i++) {
        gint64 start = clock(data);
        if (!tw_file_write(file, 0, page, PAGE, error) || !tw_file_sync(file, error))
            return FALSE;
        times[i] = clock(data) - start;
    }
    qsort(times, TW_INLINE_FLUSHES, sizeof *times, compare_times);
    *ret_us = times[TW_INLINE_FLUSHES / 2];
    return TRUE;
}

gboolean
tw_inline_measure(TwFileSystem *fs,
                  const char *folder,
                  TwInlineClock clock,
                  gpointer data,
                  gint64 *ret_us,
                  GError **error)
{
    g_autofree char *path = g_build_filename(folder, "flush-probe", NULL);
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE, error);
    gboolean ok = file != NULL && measure(file, clock, data, ret_us, error);

    if (file != NULL)
        tw_file_unlink(fs, path, NULL); /* one that stays is written over the next time */
    return ok;
}

static gint64
monotonic(G_GNUC_UNUSED gpointer data)
{
    return g_get_monotonic_time();
}

static const char *
mode_name(TwInlineMode mode)
{
    return mode == TW_INLINE_NEVER ? "never" : mode == TW_INLINE_ALWAYS ? "always" : "auto";
}

gsize
tw_inline_limit(const TwEngineConfig *config, TwInlineClock clock, gpointer data)
{
    gsize limit = config->inline_mode == TW_INLINE_ALWAYS ? config->inline_most : 0;
    g_autoptr(GError) error = NULL;
    gint64 us = 0;

    if (config->inline_mode != TW_INLINE_AUTO) {
        tw_log(TW_LOG_INFO, "values-inline",
               tw_log_str(TW_LOG_REASON, mode_name(config->inline_mode)),
               tw_log_uint(TW_LOG_BYTES, limit));
        return limit;
    }
    if (!tw_inline_measure(config->fs, config->path, clock != NULL ? clock : monotonic, data, &us,
                           &error))
        tw_log(TW_LOG_WARNING, "flush-not-measured", tw_log_str(TW_LOG_FILE, config->path),
               tw_log_error(error));
    limit = us > TW_INLINE_FLUSH_US ? config->inline_most : 0;
    tw_log(TW_LOG_INFO, "values-inline", tw_log_str(TW_LOG_REASON, mode_name(config->inline_mode)),
           tw_log_uint(TW_LOG_BYTES, limit), tw_log_uint(TW_LOG_DURATION_MS, (guint64) us / 1000));
    return limit;
}
