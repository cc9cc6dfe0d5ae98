/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The file: one record after the other, each on a multiple of STEP bytes and as far as the next one begins.
 *
 *     guint32 crc      CRC-32C of all that follows
 *     guint16 has_head, head_len
 *     TwMessageRow     as in memory, without its head
 *     guint8[head_len]
 */
#include "store/table-spill.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

enum {
    STEP = 8,
    WRITE_LEN = 256 << 10, /* bytes of one write */
    STACK_LEN = 2048,      /* a longer record, which is rare, is read into memory of its own */
    WORN_PART = 4,
    ROW_ESTIMATE = 480, /* bytes of a row in the file */
};

#define GONE (1u << 31) /* in Entry.at */

typedef struct {
    guint32 number;
    guint32 at; /* in STEPs; GONE: forgotten */
} Entry;

typedef struct {
    guint32 crc;
    guint16 has_head, head_len;
    TwMessageRow row;
} Record;

struct TwTableSpill {
    gint refs; /* atomic */
    TwFile *file;
    GArray *entries; /* Entry, by number; the last one is the end */
    guint gone;
    GByteArray *unwritten;
    guint64 written; /* bytes */
    GError *failure;
};

TwTableSpill *
tw_table_spill_new(TwFileSystem *fs, const char *folder, GError **error)
{
    g_autofree char *id = g_uuid_string_random();
    g_autofree char *name = g_strdup_printf("rows-%s.tmp", id);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    TwFile *file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE_NEW, error);
    TwTableSpill *spill;

    if (file == NULL)
        return NULL;
    if (!tw_file_unlink(fs, path, error)) {
        tw_file_close(file);
        return NULL;
    }
    spill = g_new0(TwTableSpill, 1);
    spill->refs = 1;
    spill->file = file;
    spill->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    spill->unwritten = g_byte_array_sized_new(WRITE_LEN + STACK_LEN);
    return spill;
}

TwTableSpill *
tw_table_spill_ref(TwTableSpill *spill)
{
    g_atomic_int_inc(&spill->refs);
    return spill;
}

void
tw_table_spill_unref(TwTableSpill *spill)
{
    if (spill == NULL || !g_atomic_int_dec_and_test(&spill->refs))
        return;
    tw_file_close(spill->file);
    g_array_unref(spill->entries);
    g_clear_pointer(&spill->unwritten, g_byte_array_unref);
    g_clear_error(&spill->failure);
    g_free(spill);
}

static void
write_out(TwTableSpill *spill)
{
    GByteArray *bytes = spill->unwritten;

    if (spill->failure == NULL &&
        tw_file_write(spill->file, spill->written, bytes->data, bytes->len, &spill->failure))
        spill->written += bytes->len;
    g_byte_array_set_size(bytes, 0);
}

static void
add_entry(TwTableSpill *spill, guint32 number)
{
    guint64 at = (spill->written + spill->unwritten->len) / STEP;
    Entry entry = { number, (guint32) at };

    if (at < GONE)
        g_array_append_val(spill->entries, entry);
    else if (spill->failure == NULL)
        g_set_error_literal(&spill->failure, TW_ERROR, TW_ERROR_TOO_BIG, "rows: too large a file");
}

static guint32
sum_record(const guint8 *record, gsize len)
{
    return tw_crc32c(0, record + sizeof(guint32), len - sizeof(guint32));
}

void
tw_table_spill_add(TwTableSpill *spill, const TwMessageRow *row, const guint8 *head, gsize head_len)
{
    static const guint8 padding[STEP];
    GByteArray *bytes = spill->unwritten;
    guint start = bytes->len;
    Record record;
    gsize len = sizeof record + head_len;

    if (spill->failure != NULL || head_len > G_MAXUINT16)
        return;
    add_entry(spill, row->mid);
    memset(&record, 0, sizeof record);
    record.has_head = head != NULL;
    record.head_len = (guint16) head_len;
    record.row = *row;
    record.row.head = NULL;
    g_byte_array_append(bytes, (const guint8 *) &record, sizeof record);
    g_byte_array_append(bytes, head, (guint) head_len);
    record.crc = sum_record(bytes->data + start, len);
    memcpy(bytes->data + start, &record.crc, sizeof record.crc);
    g_byte_array_append(bytes, padding, (guint) ((STEP - len % STEP) % STEP));
    if (bytes->len >= WRITE_LEN)
        write_out(spill);
}

gboolean
tw_table_spill_finish(TwTableSpill *spill, GError **error)
{
    write_out(spill);
    add_entry(spill, G_MAXUINT32);
    g_clear_pointer(&spill->unwritten, g_byte_array_unref);
    if (spill->failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&spill->failure));
    return FALSE;
}

/* NULL: it is not there. */
static Entry *
find_entry(const TwTableSpill *spill, guint32 number)
{
    Entry *entries = (Entry *) (gpointer) spill->entries->data;
    guint low = 0, high = spill->entries->len - 1;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (entries[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return entries[low].number == number && low < spill->entries->len - 1 ? &entries[low] : NULL;
}

TwSpillPlace
tw_table_spill_find(const TwTableSpill *spill, guint32 number)
{
    const Entry *entry = find_entry(spill, number);

    if (entry == NULL || (entry->at & GONE) != 0)
        return (TwSpillPlace){ 0, 0 };
    return (TwSpillPlace){ (guint64) entry->at * STEP,
                           (gsize) ((entry[1].at & ~GONE) - entry->at) * STEP };
}

TwTableRow *
tw_table_spill_read(TwTableSpill *spill, guint32 number, TwSpillPlace place)
{
    guint8 near[STACK_LEN];
    g_autofree guint8 *far = place.len > sizeof near ? g_malloc(place.len) : NULL;
    guint8 *bytes = far != NULL ? far : near;
    Record record;

    if (place.len < sizeof record ||
        !tw_file_read_exact(spill->file, place.offset, bytes, place.len, NULL))
        return NULL;
    memcpy(&record, bytes, sizeof record);
    if (record.head_len > place.len - sizeof record || record.row.mid != number ||
        record.crc != sum_record(bytes, sizeof record + record.head_len))
        return NULL;
    return tw_table_row_new_message(&record.row, record.has_head ? bytes + sizeof record : NULL,
                                    record.head_len);
}

void
tw_table_spill_forget(TwTableSpill *spill, guint32 number)
{
    Entry *entry = find_entry(spill, number);

    if (entry == NULL || (entry->at & GONE) != 0)
        return;
    entry->at |= GONE;
    spill->gone++;
}

gboolean
tw_table_spill_is_worn(const TwTableSpill *spill)
{
    return spill->gone > spill->entries->len / WORN_PART;
}

gsize
tw_table_spill_get_bytes(const TwTableSpill *spill, guint64 *ret_file)
{
    if (ret_file != NULL)
        *ret_file = spill->written;
    return sizeof *spill + (gsize) spill->entries->len * sizeof(Entry);
}

/* ---- of a source ---- */

void
tw_table_source_drop_spill(TwTableSource *source)
{
    TwTableSpill *spill = g_steal_pointer(&source->spill);
    guint64 bytes;

    if (spill == NULL)
        return;
    tw_table_spill_get_bytes(spill, &bytes);
    __atomic_sub_fetch(&source->tables->spill_bytes, bytes, __ATOMIC_RELAXED);
    tw_table_spill_unref(spill);
}

TwTableSpill *
tw_table_source_begin_spill(TwTableSource *source, guint64 rows)
{
    TwTables *tables = source->tables;
    guint64 used = __atomic_load_n(&tables->spill_bytes, __ATOMIC_RELAXED);
    g_autoptr(GError) error = NULL;
    TwTableSpill *spill;

    if (rows < tables->config.spill_rows || used >= tables->config.spill_bytes ||
        rows * ROW_ESTIMATE > tables->config.spill_bytes - used)
        return NULL;
    tw_lock(&source->lock);
    spill = source->spill;
    if (spill != NULL && tw_table_spill_is_worn(spill))
        tw_table_source_drop_spill(source);
    spill = source->spill;
    tw_unlock(&source->lock);
    if (spill != NULL)
        return NULL;
    spill = tw_table_spill_new(tables->engine->config.fs, tables->engine->path, &error);
    if (spill == NULL)
        tw_log(TW_LOG_WARNING, "rows-file", tw_log_str(TW_LOG_FILE, source->tables->engine->path),
               tw_log_error(error));
    return spill;
}

void
tw_table_source_end_spill(TwTableSource *source, TwTableSpill *spill)
{
    g_autoptr(GError) error = NULL;
    guint64 bytes;

    if (!tw_table_spill_finish(spill, &error)) {
        tw_log(TW_LOG_WARNING, "rows-file", tw_log_str(TW_LOG_FILE, source->tables->engine->path),
               tw_log_error(error));
        return;
    }
    tw_table_spill_get_bytes(spill, &bytes);
    TW_LOCK_SCOPE(&source->lock);
    tw_table_source_drop_spill(source);
    source->spill = tw_table_spill_ref(spill);
    __atomic_add_fetch(&source->tables->spill_bytes, bytes, __ATOMIC_RELAXED);
}
