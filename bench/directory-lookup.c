/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What does the address book of 10,000 users cost: resolving a name, listing a page and all of it, taking over one change?
 * Peers in the same run: a hash lookup of a folded name, and a walk over all names.
 */
#include <string.h>

#include "base/text.h"
#include "bench.h"
#include "directory/book.h"

enum {
    USERS = 10000,
    PAGE = 50,
};

typedef struct {
    TwDirectorySnapshot *snapshot;
    GPtrArray *objects;
    GHashTable *by_name; /* peer: folded name -> object */
    TwDirectoryViewer viewer;
    TwDirectoryListing listing;
    guint next, found;
    gboolean prefix;
} Data;

static TwDirectoryObject *
make_user(guint i, guint64 cn)
{
    static const char *const families[] = { "Lovelace", "Hopper", "Turing", "Knuth", "Hamilton" };
    g_autofree char *name = g_strdup_printf("user%05u", i);
    g_autofree char *full = g_strdup_printf("%s, Person %05u", families[i % 5], i);
    g_autofree char *mail = g_strdup_printf("person.%05u@example.org", i);
    g_autofree char *alias = g_strdup_printf("p%05u@example.org", i);
    const char *const aliases[] = { alias, NULL };
    TwDirectoryObject values = { .number = TW_DIRECTORY_FIRST_NUMBER + i,
                                 .kind = TW_DIRECTORY_USER,
                                 .name = name,
                                 .full_name = full,
                                 .mail = mail,
                                 .aliases = aliases,
                                 .cn = cn };

    return tw_directory_object_new(&values);
}

static double
resolve(gpointer user)
{
    Data *data = user;

    for (guint n = 0; n < 1000; n++) {
        guint i = data->next++ % USERS;
        char text[64];
        g_snprintf(text, sizeof text, data->prefix ? "Person.%05u@" : "Person.%05u@Example.org", i);
        g_autoptr(TwDirectoryObject) object =
            tw_directory_resolve(data->snapshot, &data->viewer, text, FALSE, NULL);
        data->found += object != NULL;
    }
    return 1000;
}

/* A beginning that all users share: found twice at once. */
static double
resolve_ambiguous(gpointer user)
{
    Data *data = user;

    for (guint n = 0; n < 1000; n++) {
        g_autoptr(GError) error = NULL;
        data->found +=
            tw_directory_resolve(data->snapshot, &data->viewer, "person", FALSE, &error) != NULL;
    }
    return 1000;
}

static double
look_up(gpointer user)
{
    Data *data = user;

    for (guint n = 0; n < 1000; n++) {
        guint i = data->next++ % USERS;
        char text[64];
        g_snprintf(text, sizeof text, "USER%05u", i);
        g_autofree char *key = tw_text_name_key(text, strlen(text), NULL);
        data->found += g_hash_table_lookup(data->by_name, key) != NULL;
    }
    return 1000;
}

static double
walk(gpointer user)
{
    Data *data = user;
    guint i = data->next++ % USERS;
    char text[64];

    g_snprintf(text, sizeof text, "person.%05u@example.org", i);
    for (guint n = 0; n < data->objects->len; n++) {
        const TwDirectoryObject *object = g_ptr_array_index(data->objects, n);
        data->found += g_ascii_strcasecmp(object->mail, text) == 0;
    }
    return 1;
}

static double
list(gpointer user)
{
    Data *data = user;
    g_autoptr(GPtrArray) page =
        tw_directory_list(data->snapshot, &data->viewer, &data->listing, NULL, NULL);

    data->found += page->len;
    return 1;
}

static double
copy(gpointer user)
{
    Data *data = user;
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    for (guint n = 0; n < data->objects->len; n++)
        g_ptr_array_add(all, g_ptr_array_index(data->objects, n));
    data->found += all->len;
    return 1;
}

static TwDirectorySnapshot *
apply(TwDirectorySnapshot *old, guint first, guint count)
{
    g_auto(TwDirectoryDelta) delta = { .epoch = tw_directory_snapshot_epoch(old) + 1 };

    delta.objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    delta.gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    for (guint i = first; i < first + count; i++)
        g_ptr_array_add(delta.objects, make_user(i, delta.epoch));
    return tw_directory_snapshot_apply(old, &delta);
}

static double
change(gpointer user)
{
    Data *data = user;
    TwDirectorySnapshot *next = apply(data->snapshot, data->next++ % USERS, 1);

    tw_directory_snapshot_unref(data->snapshot);
    data->snapshot = next;
    return 1;
}

static void
print_ms(const char *name, BenchRate ours, const char *peer, BenchRate theirs)
{
    g_print("%-44s %9.4f ms [%.4f-%.4f]  %.1f times %s (%.4f ms)\n", name, 1e3 / ours.median,
            1e3 / ours.most, 1e3 / ours.least, theirs.median / ours.median, peer,
            1e3 / theirs.median);
}

static void
run(Data *data)
{
    BenchRate hash = bench_rate(look_up, data, 0.2), scan = bench_rate(walk, data, 0.2);
    BenchRate array = bench_rate(copy, data, 0.2);

    print_ms("resolve an address", bench_rate(resolve, data, 0.2), "a hash lookup", hash);
    data->prefix = TRUE;
    print_ms("resolve a beginning", bench_rate(resolve, data, 0.2), "a walk", scan);
    print_ms("resolve what all share", bench_rate(resolve_ambiguous, data, 0.2), "a walk", scan);
    data->listing.most = PAGE;
    data->listing.offset = USERS / 2;
    print_ms("a page of 50 by full name", bench_rate(list, data, 0.2), "copying pointers", array);
    data->listing.offset = 0;
    data->listing.most = USERS;
    print_ms("all by full name", bench_rate(list, data, 0.2), "copying pointers", array);
    data->listing.sort = TW_DIRECTORY_SORT_MAIL;
    print_ms("all by address", bench_rate(list, data, 0.2), "copying pointers", array);
    print_ms("take over one change", bench_rate(change, data, 0.2), "copying pointers", array);
}

int
main(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) empty =
        tw_directory_snapshot_new(tw_collations_get(collations, "en_US"));
    double start = bench_now();
    Data data = { .snapshot = apply(empty, 0, USERS) };

    g_print("%u users, first snapshot: %.1f ms\n", USERS, 1e3 * (bench_now() - start));
    data.objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    data.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < USERS; i++) {
        TwDirectoryObject *object = make_user(i, 1);
        g_ptr_array_add(data.objects, object);
        g_hash_table_insert(data.by_name, g_strdup(object->name), object);
    }
    run(&data);
    g_hash_table_destroy(data.by_name);
    g_ptr_array_unref(data.objects);
    tw_directory_snapshot_unref(data.snapshot);
    return data.found == 0;
}
