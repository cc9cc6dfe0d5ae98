/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows in a file. That tables show the same with and without it is in table-model-test.c and table-threads-test.c. */
#include "store/table-spill.h"

#include <string.h>

#include "base/error.h"
#include "store/bed.h"
#include "support/assert-bytes.h"
#include "support/fault-fs.h"

enum {
    ROWS = 3000
};

static guint8 text[G_MAXUINT16];

static gsize
head_len_of(guint32 number)
{
    return number == 7 ? sizeof text : number * 37 % 901;
}

static void
add(TwTableSpill *spill, guint32 number)
{
    TwMessageRow row = { .mid = number, .uid = number + 1, .cn = (guint64) number << 33 };

    tw_table_spill_add(spill, &row, number % 5 == 0 ? NULL : text + number % 50,
                       number % 5 == 0 ? 0 : MIN(head_len_of(number), sizeof text - number % 50));
}

static TwTableSpill *
new_spill(TwFaultFs *fs)
{
    g_autoptr(GError) error = NULL;
    TwTableSpill *spill = tw_table_spill_new(tw_fault_fs_get(fs), "/data", &error);

    g_assert_no_error(error);
    return spill;
}

static TwFaultFs *
new_disk(void)
{
    TwFaultFs *fs = tw_fault_fs_new();

    g_assert_true(tw_file_mkdir(tw_fault_fs_get(fs), "/data", NULL));
    for (gsize i = 0; i < sizeof text; i++)
        text[i] = (guint8) (i * 31 >> 3);
    return fs;
}

static void
test_rows(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(TwTableSpill) spill = new_spill(fs);
    g_autoptr(GPtrArray) names = tw_file_list(tw_fault_fs_get(fs), "/data", NULL);
    g_autoptr(GError) error = NULL;
    guint64 bytes;

    g_assert_cmpuint(names->len, ==, 0); /* it has no name already */
    for (guint32 i = 1; i <= ROWS; i++)
        add(spill, i * 3);
    g_assert_true(tw_table_spill_finish(spill, &error));
    g_assert_cmpuint(tw_table_spill_get_bytes(spill, &bytes), <, ROWS * 12);
    g_assert_cmpuint(bytes, >, ROWS * sizeof(TwMessageRow));
    for (guint32 number = 0; number <= ROWS * 3 + 3; number++) {
        TwSpillPlace place = tw_table_spill_find(spill, number);
        g_autoptr(TwTableRow) row = NULL;
        if (number == 0 || number % 3 != 0 || number > ROWS * 3) {
            g_assert_cmpuint(place.len, ==, 0);
            continue;
        }
        row = tw_table_spill_read(spill, number, place);
        g_assert_nonnull(row);
        g_assert_cmpuint(row->row.mid, ==, number);
        g_assert_cmpuint(row->row.uid, ==, number + 1);
        g_assert_cmpuint(row->row.cn, ==, (guint64) number << 33);
        g_assert_true(row->has_head == (number % 5 != 0));
        if (row->has_head)
            assert_bytes(row->head, row->head_len, text + number % 50, head_len_of(number));
    }
    g_assert_cmpuint(tw_table_spill_find(spill, G_MAXUINT32).len, ==, 0);
}

/* The longest head there can be, and one row alone. */
static void
test_longest(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(TwTableSpill) spill = new_spill(fs);
    g_autoptr(TwTableRow) row = NULL;
    TwMessageRow message = { .mid = 7 };

    tw_table_spill_add(spill, &message, text, sizeof text);
    g_assert_true(tw_table_spill_finish(spill, NULL));
    row = tw_table_spill_read(spill, 7, tw_table_spill_find(spill, 7));
    g_assert_nonnull(row);
    assert_bytes(row->head, row->head_len, text, sizeof text);
}

static void
test_empty(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(TwTableSpill) spill = new_spill(fs);

    g_assert_true(tw_table_spill_finish(spill, NULL));
    g_assert_cmpuint(tw_table_spill_find(spill, 1).len, ==, 0);
    tw_table_spill_forget(spill, 1);
    g_assert_false(tw_table_spill_is_worn(spill));
}

static void
test_forget(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(TwTableSpill) spill = new_spill(fs);

    for (guint32 number = 1; number <= 100; number++)
        add(spill, number);
    g_assert_true(tw_table_spill_finish(spill, NULL));
    for (guint32 number = 1; number <= 25; number++) {
        tw_table_spill_forget(spill, number);
        tw_table_spill_forget(spill, number); /* counts once */
        tw_table_spill_forget(spill, number + 1000);
    }
    g_assert_false(tw_table_spill_is_worn(spill));
    tw_table_spill_forget(spill, 60);
    g_assert_true(tw_table_spill_is_worn(spill));
    for (guint32 number = 1; number <= 100; number++) {
        TwSpillPlace place = tw_table_spill_find(spill, number);
        g_autoptr(TwTableRow) row = NULL;
        g_assert_true((place.len == 0) == (number <= 25 || number == 60));
        if (place.len == 0)
            continue;
        row =
            tw_table_spill_read(spill, number, place); /* the one before a forgotten one as well */
        g_assert_nonnull(row);
    }
}

/* What is not as it was written is not given. */
static void
test_damage(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(TwTableSpill) spill = new_spill(fs);
    TwSpillPlace place;

    for (guint32 number = 1; number <= 100; number++)
        add(spill, number);
    g_assert_true(tw_table_spill_finish(spill, NULL));
    place = tw_table_spill_find(spill, 50);
    g_assert_null(tw_table_spill_read(spill, 51, place));
    for (guint64 off = 8; off < 200; off += 8)
        g_assert_null(
            tw_table_spill_read(spill, 50, (TwSpillPlace){ place.offset + off, place.len }));
    for (gsize len = 0; len < place.len / 2; len++)
        g_assert_null(tw_table_spill_read(spill, 50, (TwSpillPlace){ place.offset, len }));
    g_assert_null(tw_table_spill_read(spill, 50, (TwSpillPlace){ 1u << 30, place.len }));
}

static void
test_full_disk(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(TwTableSpill) spill = new_spill(fs);
    g_autoptr(GError) error = NULL;

    tw_fault_fs_set_space(fs, 300000);
    for (guint32 number = 1; number <= ROWS; number++)
        add(spill, number);
    g_assert_false(tw_table_spill_finish(spill, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
}

static void
test_no_folder(void)
{
    g_autoptr(TwFaultFs) fs = new_disk();
    g_autoptr(GError) error = NULL;

    g_assert_null(tw_table_spill_new(tw_fault_fs_get(fs), "/elsewhere", &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/table-spill/rows", test_rows);
    g_test_add_func("/store/table-spill/longest", test_longest);
    g_test_add_func("/store/table-spill/empty", test_empty);
    g_test_add_func("/store/table-spill/forget", test_forget);
    g_test_add_func("/store/table-spill/damage", test_damage);
    g_test_add_func("/store/table-spill/full-disk", test_full_disk);
    g_test_add_func("/store/table-spill/no-folder", test_no_folder);
    return g_test_run();
}
