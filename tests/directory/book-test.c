/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The address book: who is meant (spec/mailbox-layout.md 32.4), who stands where (spec/mapi-soap.md 15.2). No database:
 * snapshots are made of differences by hand, as a plugin would bring them. */
#include "directory/book.h"

#include <string.h>

#include "base/error.h"
#include "mapi/props.h"
#include "mapi/tags.h"

enum {
    ACME = 10,
    EVIL = 11,
};

typedef struct {
    guint32 number, company;
    TwDirectoryKind kind;
    const char *name, *full_name, *mail, *alias, *given;
    gboolean hidden;
} Row;

static const Row rows[] = {
    { ACME, 0, TW_DIRECTORY_COMPANY, "acme", "Acme Ltd", "", NULL, NULL, FALSE },
    { EVIL, 0, TW_DIRECTORY_COMPANY, "evil", "Evil Corp", "", NULL, NULL, FALSE },
    { 20, ACME, TW_DIRECTORY_USER, "ada", "Lovelace, Ada", "ada@acme.example",
      "countess@acme.example", "Augusta", FALSE },
    { 21, ACME, TW_DIRECTORY_USER, "adam", "Smith, Adam", "adam@acme.example", NULL, NULL, FALSE },
    { 22, ACME, TW_DIRECTORY_USER, "boss", "\xc3\x84rger, Otto", "boss@acme.example", NULL, NULL,
      TRUE },
    { 23, ACME, TW_DIRECTORY_GROUP, "team", "Team", "team@acme.example", NULL, NULL, FALSE },
    { 24, ACME, TW_DIRECTORY_CONTACT, "ext", "Smith, Adam", "adam@elsewhere.example", NULL, NULL,
      FALSE },
    { 25, ACME, TW_DIRECTORY_ROOM, "zroom", "azure room", "zroom@acme.example", NULL, NULL, FALSE },
    { 26, ACME, TW_DIRECTORY_ADDRESS_LIST, "rooms", "Rooms", "", NULL, NULL, FALSE },
    { 27, ACME, TW_DIRECTORY_GROUP, "ada", "Friends of Ada", "", NULL, NULL, FALSE },
    { 30, EVIL, TW_DIRECTORY_USER, "mallory", "Mallory", "mallory@evil.example", NULL, NULL,
      FALSE },
};

static TwDirectoryObject *
make(const Row *row, guint64 cn)
{
    const char *aliases[] = { row->alias, NULL };
    TwDirectoryLink links[3];
    TwDirectoryObject values = {
        .number = row->number,
        .company = row->company,
        .kind = row->kind,
        .name = row->name,
        .full_name = row->full_name,
        .mail = row->mail,
        .aliases = aliases,
        .cn = cn,
        .hidden = row->hidden,
        .links = links,
    };
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) details = NULL;

    if (row->number == EVIL) /* Acme may see Evil */
        links[values.link_count++] = (TwDirectoryLink){ TW_DIRECTORY_VIEW, ACME };
    if (row->number == 26)
        links[values.link_count++] = (TwDirectoryLink){ TW_DIRECTORY_LISTED, 25 };
    if (row->number == 23) { /* in a circle with 27, as only a foreign source can bring it */
        links[values.link_count++] = (TwDirectoryLink){ TW_DIRECTORY_MEMBER, 20 };
        links[values.link_count++] = (TwDirectoryLink){ TW_DIRECTORY_MEMBER, 22 };
        links[values.link_count++] = (TwDirectoryLink){ TW_DIRECTORY_MEMBER, 27 };
    }
    if (row->number == 27)
        links[values.link_count++] = (TwDirectoryLink){ TW_DIRECTORY_MEMBER, 23 };
    tw_props_builder_init(&builder);
    if (row->given != NULL)
        tw_props_builder_set(&builder, tw_value_str(PR_GIVEN_NAME, row->given));
    values.details = details = tw_props_builder_finish_bytes(&builder, NULL);
    return tw_directory_object_new(&values);
}

static TwDirectorySnapshot *
make_snapshot(TwCollations *collations)
{
    g_autoptr(TwDirectorySnapshot) empty =
        tw_directory_snapshot_new(tw_collations_get(collations, "de_DE"));
    g_auto(TwDirectoryDelta) delta = { .epoch = 5, .whole = TRUE };

    delta.objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    delta.gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_ptr_array_add(delta.objects, make(&rows[i], i + 1));
    return tw_directory_snapshot_apply(empty, &delta);
}

static const TwDirectoryViewer acme = { .company = ACME }, evil = { .company = EVIL },
                               nobody = { .company = 99 }, root = { .everything = TRUE };

static const struct {
    const char *label;
    const TwDirectoryViewer *viewer;
    const char *text;
    gboolean exact_only;
    gssize found; /* number, or -1 - error */
} resolutions[] = {
#define FAILS(code) (-1 - TW_ERROR_##code)
    { "an account that begins another, and a group's name", &acme, "ada", FALSE, FAILS(AMBIGUOUS) },
    { "=account is still two types", &acme, "=ADA", FALSE, FAILS(AMBIGUOUS) },
    { "the best class wins", &acme, "ada", TRUE, 20 },
    { "whole beats beginning", &acme, "ADAM", FALSE, 21 },
    { "=account", &acme, "=adam", FALSE, 21 },
    { "=beginning is no account", &acme, "=adamm", FALSE, FAILS(NOT_FOUND) },
    { "primary address", &acme, "Ada@ACME.example", FALSE, 20 },
    { "alias", &acme, "countess@acme.example", FALSE, 20 },
    { "alias by its beginning", &acme, "countess", FALSE, 20 },
    { "given name by its beginning", &acme, "august", FALSE, 20 },
    { "given name is no whole name", &acme, "augusta", TRUE, FAILS(NOT_FOUND) },
    { "a full name twice", &acme, "smith, adam", FALSE, FAILS(AMBIGUOUS) },
    { "a full name twice, users before contacts", &acme, "smith, adam", TRUE, 21 },
    { "beginning of two", &acme, "smith", FALSE, FAILS(AMBIGUOUS) },
    { "beginnings do not count", &acme, "smith", TRUE, FAILS(NOT_FOUND) },
    { "hidden by account", &acme, "boss", FALSE, FAILS(NOT_FOUND) },
    { "hidden by address", &acme, "boss@acme.example", FALSE, 22 },
    { "hidden by the beginning of its address", &acme, "boss@", FALSE, FAILS(NOT_FOUND) },
    { "hidden, for an administrator", &root, "boss", FALSE, 22 },
    { "another company that may be seen", &acme, "mallory", FALSE, 30 },
    { "another company that may not", &evil, "adam", FALSE, FAILS(NOT_FOUND) },
    { "nor by address", &evil, "boss@acme.example", FALSE, FAILS(NOT_FOUND) },
    { "Everyone from anywhere", &nobody, "everyone", FALSE, TW_DIRECTORY_EVERYONE },
    { "nothing", &acme, "", FALSE, FAILS(NOT_FOUND) },
    { "=", &acme, "=", FALSE, FAILS(NOT_FOUND) },
    { "no UTF-8", &acme, "ad\xff", FALSE, FAILS(NOT_FOUND) },
    { "LDAP", &acme, "*)(uid=*", FALSE, FAILS(NOT_FOUND) },
    { "SQL", &acme, "%' OR 1=1 --", FALSE, FAILS(NOT_FOUND) },
    { "a percent sign", &acme, "%", FALSE, FAILS(NOT_FOUND) },
#undef FAILS
};

static void
test_resolve(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) snapshot = make_snapshot(collations);

    for (gsize i = 0; i < G_N_ELEMENTS(resolutions); i++) {
        g_autofree char *text = g_strdup(resolutions[i].text);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwDirectoryObject) found = tw_directory_resolve(
            snapshot, resolutions[i].viewer, text, resolutions[i].exact_only, &error);
        gssize got = found == NULL ? -1 - error->code : (gssize) found->number;
        g_assert_true((found == NULL) == (error != NULL));
        if (got != resolutions[i].found)
            g_error("%s: %d, not %d", resolutions[i].label, (int) got, (int) resolutions[i].found);
    }
}

/* Any length of typed text is safe, and what is too long fits nothing. */
static void
test_long_text(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) snapshot = make_snapshot(collations);

    for (gsize len = 1000; len <= 10000; len += 1000) {
        g_autofree char *text = g_strnfill(len, 'a');
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_directory_resolve(snapshot, &root, text, FALSE, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        g_assert_null(tw_directory_snapshot_find(snapshot, TW_DIRECTORY_USERS, ACME, text));
    }
}

typedef struct {
    const char *label;
    const TwDirectoryViewer *viewer;
    TwDirectoryListing listing;
    guint total;
    guint32 numbers[10];
} ListCase;

static const TwDirectoryViewer acme_admin = { .company = ACME, .everything = TRUE };
static const TwDirectoryViewer acme_shy = { .company = ACME, .hide_everyone = TRUE };

#define SHOWN TW_DIRECTORY_SORT_SHOWN
static const ListCase lists[] = {
    { "all by full name", &acme, { 0, SHOWN, FALSE, 0, 10 }, 7, { 25, 1, 27, 20, 21, 24, 23 } },
    { "hidden ones for administrators",
      &acme_admin,
      { 0, SHOWN, FALSE, 0, 10 },
      9,
      { 22, 25, 1, 27, 20, 21, 24, 2, 23 } },
    { "without Everyone", &acme_shy, { 0, SHOWN, FALSE, 0, 10 }, 6, { 25, 27, 20, 21, 24, 23 } },
    { "backwards", &acme, { 0, SHOWN, TRUE, 0, 10 }, 7, { 23, 24, 21, 20, 27, 1, 25 } },
    { "a page", &acme, { 0, SHOWN, FALSE, 2, 3 }, 7, { 27, 20, 21 } },
    { "the last page", &acme, { 0, SHOWN, FALSE, 6, 3 }, 7, { 23 } },
    { "past the end", &acme, { 0, SHOWN, FALSE, 7, 3 }, 7, { 0 } },
    { "far past the end", &acme, { 0, SHOWN, FALSE, G_MAXUINT, G_MAXUINT }, 7, { 0 } },
    { "by login name",
      &acme,
      { 0, TW_DIRECTORY_SORT_NAME, FALSE, 0, 10 },
      7,
      { 27, 20, 21, 1, 24, 23, 25 } },
    { "by address",
      &acme,
      { 0, TW_DIRECTORY_SORT_MAIL, FALSE, 0, 10 },
      7,
      { 1, 27, 20, 21, 24, 23, 25 } },
    { "a company that is seen", &acme, { EVIL, SHOWN, FALSE, 0, 10 }, 1, { 30 } },
    { "the own one, without Everyone",
      &acme,
      { ACME, SHOWN, FALSE, 0, 10 },
      6,
      { 25, 27, 20, 21, 24, 23 } },
    { "an address list", &acme, { 26, SHOWN, FALSE, 0, 10 }, 1, { 25 } },
    { "members", &acme, { 23, SHOWN, FALSE, 0, 10 }, 2, { 27, 20 } },
    { "members of Everyone",
      &acme,
      { TW_DIRECTORY_EVERYONE, SHOWN, FALSE, 0, 10 },
      4,
      { 25, 20, 30, 21 } },
};
#undef SHOWN

static void
test_lists(void)
{
    static const struct {
        const TwDirectoryViewer *viewer;
        guint32 container;
    } refused[] = {
        { &evil, ACME }, { &acme, 20 }, { &acme, 12345 }, { &evil, 23 }, { &evil, 26 }
    };
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) snapshot = make_snapshot(collations);

    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        const ListCase *tc = &lists[i];
        g_autoptr(GError) error = NULL;
        guint total = 0;
        g_autoptr(GPtrArray) found =
            tw_directory_list(snapshot, tc->viewer, &tc->listing, &total, &error);
        g_assert_no_error(error);
        g_test_message("%s", tc->label);
        for (guint k = 0; k < found->len; k++)
            g_assert_cmpuint(((TwDirectoryObject *) g_ptr_array_index(found, k))->number, ==,
                             tc->numbers[k]);
        g_assert_true(found->len == G_N_ELEMENTS(tc->numbers) || tc->numbers[found->len] == 0);
        g_assert_cmpuint(total, ==, tc->total);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        TwDirectoryListing listing = { .container = refused[i].container, .most = 10 };
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_directory_list(snapshot, refused[i].viewer, &listing, NULL, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    }
}

static void
test_containers(void)
{
    static const struct {
        TwDirectoryContainerKind kind;
        guint depth;
        guint32 number;
    } expected[] = {
        { TW_DIRECTORY_ROOT, 0, 0 },
        { TW_DIRECTORY_GLOBAL_LIST, 1, 0 },
        { TW_DIRECTORY_COMPANY_LIST, 2, ACME },
        { TW_DIRECTORY_COMPANY_LIST, 2, EVIL },
        { TW_DIRECTORY_ALL_LISTS, 1, 0 },
        { TW_DIRECTORY_OWN_LIST, 2, 26 },
    };
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) snapshot = make_snapshot(collations);
    g_autoptr(GArray) tree = tw_directory_containers(snapshot, &acme);
    g_autoptr(GArray) alone = tw_directory_containers(snapshot, &evil);

    g_assert_cmpuint(tree->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < tree->len; i++) {
        const TwDirectoryContainer *container = &g_array_index(tree, TwDirectoryContainer, i);
        g_assert_cmpint(container->kind, ==, expected[i].kind);
        g_assert_cmpuint(container->depth, ==, expected[i].depth);
        g_assert_cmpuint(container->object == NULL ? 0 : container->object->number, ==,
                         expected[i].number);
    }
    g_assert_cmpuint(alone->len, ==, 3); /* Evil sees itself only */
}

static void
test_circle(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) snapshot = make_snapshot(collations);
    g_autoptr(GArray) members = tw_directory_snapshot_members(snapshot, 27);
    g_autoptr(GArray) groups = tw_directory_snapshot_groups_of(snapshot, 23);

    g_assert_cmpuint(members->len, ==, 2);
    g_assert_cmpuint(groups->len, ==, 2); /* Everyone and 27, not itself */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/directory/book/resolve", test_resolve);
    g_test_add_func("/directory/book/long-text", test_long_text);
    g_test_add_func("/directory/book/lists", test_lists);
    g_test_add_func("/directory/book/containers", test_containers);
    g_test_add_func("/directory/book/circle", test_circle);
    return g_test_run();
}
