/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Power cuts (spec/robustness.md A3, A4): a script of deliveries, copies, moves, deletes and a collection, with a ledger of
 * what was acknowledged when; disk images as they may be after any call, in every mode. Each opens, has what the
 * ledger says, byte for byte, and every counter is right. TW_POWER_IMAGES asks for more than 200.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/bed.h"

enum {
    MAILS = 40,
    IMAGES = 200,
};

typedef struct {
    guint acked;   /* events when it was acknowledged */
    guint touched; /* events when it was about to be deleted; 0: never */
    guint32 mid;
    GBytes *mail;
} Entry;

static GBytes *
make_mail(GRand *rand, guint number)
{
    GString *mail = g_string_new(NULL);
    gsize len = (gsize) g_rand_int_range(rand, 10, 4000);

    g_string_append_printf(mail,
                           "Subject: mail %u\r\nContent-Type: application/x\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n",
                           number);
    for (gsize at = 0; at < len; at += 57) {
        guint8 line[57];
        g_autofree char *text = NULL;
        for (guint i = 0; i < sizeof line; i++)
            line[i] = (guint8) g_rand_int(rand);
        text = g_base64_encode(line, sizeof line);
        g_string_append_printf(mail, "%s\r\n", text);
    }
    return g_string_free_to_bytes(mail);
}

static void
deliver_one(Bed *bed, GRand *rand, GArray *ledger, guint32 folder)
{
    Entry entry = { .mail = make_mail(rand, ledger->len) };
    TwMailTarget target = { .store = bed->store, .folder = folder };
    TwMailDelivery delivery = { &target, 1, 0 };
    TwMailResult result;

    g_assert_true(tw_mail_deliver(bed->engine, entry.mail, &delivery, &result, NULL));
    g_assert_no_error(result.error);
    entry.mid = result.made.mid;
    entry.acked = tw_fault_fs_events(bed->fs);
    g_array_append_val(ledger, entry);
}

static void
disturb(Bed *bed, GRand *rand, GArray *ledger, guint32 a, guint32 b)
{
    Entry *entry = &g_array_index(ledger, Entry, g_rand_int_range(rand, 0, (gint32) ledger->len));
    TwMessageSet set = { a, &entry->mid, 1 };
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    TwFlagChange flags = { .flags_set = TW_MSGFLAG_READ };
    TwEngineCollected collected;

    switch (g_rand_int_range(rand, 0, 5)) {
    case 0:
        if (entry->touched == 0)
            entry->touched = tw_fault_fs_events(bed->fs);
        g_assert_true(tw_messages_delete(bed->store, &set, FALSE, NULL, NULL));
        break;
    case 1:
        g_assert_true(tw_messages_copy(bed->store, &set, b, NULL, NULL));
        break;
    case 2:
        if (entry->touched == 0)
            entry->touched = tw_fault_fs_events(bed->fs);
        g_assert_true(tw_messages_move(bed->store, &set, b, done, NULL));
        break;
    case 3:
        g_assert_true(tw_messages_set_flags(bed->store, &set, &flags, NULL, NULL));
        break;
    default:
        g_assert_true(tw_engine_collect(bed->engine, 0, TRUE, &collected, NULL));
    }
}

static gboolean
append(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static void
check_image(Bed *bed, guint event, TwImageMode mode, guint32 seed, const GArray *ledger)
{
    TwFaultFs *fs = tw_fault_fs_image(bed->fs, event, mode, seed);
    g_autofree char *label = g_strdup_printf("event %u, mode %d, seed %u", event, (int) mode, seed);
    g_autoptr(GError) error = NULL;
    Bed after;

    bed_open(&after, fs, &error);
    if (after.engine == NULL)
        g_error("%s: %s", label, error->message);
    after.store = tw_store_open(after.engine, &bed->store_guid, &error);
    if (after.store == NULL)
        g_error("%s: %s", label, error->message);
    bed_check_store(after.store, label);
    for (guint i = 0; i < ledger->len; i++) {
        const Entry *entry = &g_array_index(ledger, Entry, i);
        g_autoptr(GByteArray) got = g_byte_array_new();
        gsize len = g_bytes_get_size(entry->mail);
        if (entry->acked > event || (entry->touched != 0 && entry->touched <= event))
            continue;
        if (!tw_message_read_mail(after.store, entry->mid, 0, G_MAXUINT64, append, got, &error))
            g_error("%s: mail %u: %s", label, i, error->message);
        g_assert_cmpuint(got->len, ==, len);
        g_assert_true(memcmp(got->data, g_bytes_get_data(entry->mail, NULL), len) == 0);
    }
    bed_free(&after);
}

static void
test_power(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : IMAGES;
    guint32 seed = (guint32) g_test_rand_int(), a, b;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GArray) ledger = g_array_new(FALSE, FALSE, sizeof(Entry));
    guint first, last;
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    b = bed_folder(&bed, bed.root, "b");
    first = tw_fault_fs_events(bed.fs);
    for (guint i = 0; i < MAILS; i++) {
        deliver_one(&bed, rand, ledger, a);
        disturb(&bed, rand, ledger, a, b);
    }
    last = tw_fault_fs_events(bed.fs);
    g_test_message("%u events", last);
    for (guint i = 0; i < images; i++)
        check_image(&bed, first + (guint) g_rand_int_range(rand, 0, (gint32) (last - first) + 1),
                    (TwImageMode) (i % TW_IMAGE_MODES), g_rand_int(rand), ledger);
    for (guint i = 0; i < ledger->len; i++)
        g_bytes_unref(g_array_index(ledger, Entry, i).mail);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/power", test_power);
    return g_test_run();
}
