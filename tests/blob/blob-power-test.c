/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * spec/robustness.md A3: a script of puts, syncs, collections and compactions on the recorded disk; images of the disk as it may be
 * after any of its calls, in every mode; each is opened and compared with the ledger of what was acknowledged by then.
 */
#include "blob/blob.h"

#include "base/error.h"
#include "support/fault-fs.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    guint event; /* trace length when the sync had returned */
    TwBlobId id;
    GBytes *value;
    guint dropped; /* trace length when it was given to the collector; 0: never */
} Acked;

static TwBlobVolume *
open_volume(TwFaultFs *fs, GError **error)
{
    TwBlobConfig config = TW_BLOB_CONFIG_INIT;

    config.fs = tw_fault_fs_get(fs);
    config.path = "/blobs";
    config.segment_bytes_min = 16 * 1024;
    config.segment_bytes_max = 32 * 1024;
    config.large_bytes = 8 * 1024;
    return tw_blob_volume_open(&config, error);
}

static gboolean
used_unless_dropped(const TwBlobId *id, gboolean *ret, gpointer data, G_GNUC_UNUSED GError **error)
{
    GArray *ledger = data;

    *ret = FALSE;
    for (guint i = 0; i < ledger->len; i++) {
        const Acked *acked = &g_array_index(ledger, Acked, i);
        *ret |= acked->dropped == 0 && tw_blob_id_equal(&acked->id, id);
    }
    return TRUE;
}

static void
put_some(TwFaultFs *fs, TwBlobVolume *volume, GArray *ledger, GRand *rand)
{
    g_autoptr(TwBlobUse) use = tw_blob_use_begin(volume);
    guint first = ledger->len, count = (guint) g_rand_int_range(rand, 1, 4);

    for (guint i = 0; i < count; i++) {
        gsize len =
            (gsize) g_rand_int_range(rand, 0, g_rand_int_range(rand, 0, 10) == 0 ? 30000 : 3000);
        guint8 *data = g_malloc(len + 1);
        Acked acked = { 0 };
        for (gsize at = 0; at < len; at++)
            data[at] = (guint8) g_rand_int(rand);
        acked.value = g_bytes_new_take(data, len);
        g_assert_true(tw_blob_put(use, data, len, NULL, &acked.id, NULL));
        g_array_append_val(ledger, acked);
    }
    g_assert_true(tw_blob_sync(volume, NULL));
    for (guint i = first; i < ledger->len; i++)
        g_array_index(ledger, Acked, i).event = tw_fault_fs_events(fs);
}

static void
keep_house(TwFaultFs *fs, TwBlobVolume *volume, GArray *ledger, GRand *rand)
{
    TwBlobCollect how = { used_unless_dropped, ledger, 10, 0, 1000 };
    TwBlobCollected done;

    for (guint i = 0; i < ledger->len; i++) {
        Acked *acked = &g_array_index(ledger, Acked, i);
        if (acked->dropped == 0 && g_rand_int_range(rand, 0, 3) == 0) {
            acked->dropped = tw_fault_fs_events(fs);
            g_assert_true(tw_blob_hint(volume, &acked->id, 1, 0, NULL));
        }
    }
    g_assert_true(tw_blob_collect(volume, &how, &done, NULL));
    g_assert_true(tw_blob_compact(volume, 0.3, 2, NULL, NULL));
}

static void
check_image(TwFaultFs *fs, guint event, TwImageMode mode, guint32 seed, GArray *ledger)
{
    g_autoptr(TwFaultFs) after = tw_fault_fs_image(fs, event, mode, seed);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwBlobVolume) volume = open_volume(after, &error);

    if (volume == NULL)
        g_test_message("event %u, mode %d, seed %u", event, (int) mode, seed);
    g_assert_no_error(error);
    for (guint i = 0; i < ledger->len; i++) {
        const Acked *acked = &g_array_index(ledger, Acked, i);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
        gsize len = g_bytes_get_size(acked->value);

        if (acked->event > event || (acked->dropped != 0 && acked->dropped <= event))
            continue;
        if (!tw_blob_read(volume, &acked->id, 0, len, &out, &error))
            g_test_message("value %u, event %u, mode %d, seed %u", i, event, (int) mode, seed);
        g_assert_no_error(error);
        g_assert_cmpuint(out.len, ==, len);
        g_assert_true(len == 0 || memcmp(out.data, g_bytes_get_data(acked->value, NULL), len) == 0);
    }
}

static void
test_power_cuts(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : 200;
    g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_test_rand_int());
    GArray *ledger = g_array_new(FALSE, FALSE, sizeof(Acked));
    TwBlobVolume *volume = open_volume(fs, NULL);

    for (guint step = 0; step < 60; step++) {
        put_some(fs, volume, ledger, rand);
        if (step % 10 == 9)
            keep_house(fs, volume, ledger, rand);
    }
    tw_blob_volume_close(volume);
    g_test_message("%u values, %u events", ledger->len, tw_fault_fs_events(fs));
    for (guint n = 0; n < images; n++) {
        guint event = (guint) g_rand_int_range(rand, 1, (gint32) tw_fault_fs_events(fs) + 1);
        check_image(fs, event, (TwImageMode) (n % TW_IMAGE_MODES), g_rand_int(rand), ledger);
    }
    for (guint i = 0; i < ledger->len; i++)
        g_bytes_unref(g_array_index(ledger, Acked, i).value);
    g_array_free(ledger, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/blob/power-cuts", test_power_cuts);
    return g_test_run();
}
