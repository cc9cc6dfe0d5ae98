/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The db plugin on both back ends: what may be made and changed, what is refused, who may log in. */
#include <string.h>

#include "base/text.h"
#include "directory/db-private.h"
#include "directory/place.h"
#include "mapi/props.h"
#include "mapi/tags.h"

static TwDirectoryObject *
get(Place *place, guint32 number)
{
    g_autoptr(TwDirectorySnapshot) snapshot = place_snapshot(place);
    TwDirectoryObject *object = tw_directory_snapshot_get(snapshot, number);

    return object == NULL ? NULL : tw_directory_object_ref(object);
}

static GBytes *
make_details(const char *given)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    GBytes *bytes;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_GIVEN_NAME, given));
    bytes = tw_props_builder_finish_bytes(&builder, NULL);
    return bytes;
}

static void
assert_same_list(const char *const *a, const char *const *b)
{
    guint i;

    for (i = 0; a[i] != NULL && b[i] != NULL; i++)
        g_assert_cmpstr(a[i], ==, b[i]);
    g_assert_true(a[i] == NULL && b[i] == NULL);
}

static void
assert_same(const TwDirectoryObject *a, const TwDirectoryObject *b)
{
    g_assert_cmpint(a->kind, ==, b->kind);
    g_assert_cmpuint(a->company, ==, b->company);
    g_assert_cmpstr(a->name, ==, b->name);
    g_assert_cmpstr(a->full_name, ==, b->full_name);
    g_assert_cmpstr(a->mail, ==, b->mail);
    g_assert_cmpstr(a->description, ==, b->description);
    g_assert_cmpstr(a->home_server, ==, b->home_server);
    assert_same_list(a->aliases, b->aliases);
    assert_same_list(a->features_on, b->features_on);
    assert_same_list(a->features_off, b->features_off);
    g_assert_cmpint(a->admin, ==, b->admin);
    g_assert_cmpint(a->hidden, ==, b->hidden);
    g_assert_cmpint(memcmp(&a->quota.warn, &b->quota.warn, 3 * sizeof a->quota.warn), ==, 0);
    g_assert_cmpint(a->quota.own, ==, b->quota.own);
    g_assert_cmpuint(a->user_quota.hard, ==, b->user_quota.hard);
    g_assert_cmpint(a->user_quota.own, ==, b->user_quota.own);
    g_assert_cmpint(a->meeting, ==, b->meeting);
    g_assert_cmpuint(a->capacity, ==, b->capacity);
    g_assert_cmpuint(a->system_contact, ==, b->system_contact);
    g_assert_true(g_bytes_equal(a->details, b->details));
}

static void
test_round_trip(gconstpointer data)
{
    static const char *const aliases[] = { "ada@b.example", "A.L@example.org", NULL };
    static const char *const on[] = { "imap", "mobile", NULL }, *const off[] = { "pop3", NULL };
    g_autoptr(GBytes) details = make_details("Ada"), other = make_details("Augusta");
    g_autoptr(GBytes) photo = g_bytes_new_static("\xff\xd8\xff", 3), none = g_bytes_new("", 0);
    TwDirectoryObject values = {
        .kind = TW_DIRECTORY_ROOM,
        .name = "Ada",
        .full_name = "Ada Lovelace, 会議室",
        .mail = "ada@example.org",
        .aliases = aliases,
        .admin = TW_DIRECTORY_COMPANY_ADMIN,
        .hidden = TRUE,
        .features_on = on,
        .features_off = off,
        .quota = { TRUE, 1, 2, 3 },
        .capacity = 12,
        .description = "top floor",
        .home_server = "node1",
        .system_contact = 9,
        .details = details,
        .user_quota = { TRUE, 4, 5, G_MAXINT64 },
        .meeting = TW_DIRECTORY_ACCEPT | TW_DIRECTORY_DECLINE_CONFLICT,
    };
    TwDirectoryExtras extras = { .photo = photo };
    g_autoptr(TwDirectoryObject) first = NULL, second = NULL, third = NULL;
    g_autoptr(GBytes) kept = NULL, gone = NULL;
    g_autoptr(GError) error = NULL;
    guint32 number = 0;
    Place place;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    tw_directory_create(place.directory, &values, &extras, &number, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(number, ==, TW_DIRECTORY_FIRST_NUMBER);
    first = get(&place, number);
    assert_same(first, &values);
    g_assert_cmpuint(g_bytes_get_size(first->id), ==, 16);
    g_assert_true(first->has_photo);
    kept = tw_directory_photo(place.directory, number, &error);
    g_assert_true(g_bytes_equal(kept, photo));

    /* one member changes, all others stay */
    values.number = number;
    values.details = other;
    extras.photo = none;
    tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_DETAILS, &extras, &error);
    g_assert_no_error(error);
    second = get(&place, number);
    assert_same(second, &values);
    g_assert_cmpuint(second->cn, >, first->cn);
    g_assert_false(second->has_photo);
    gone = tw_directory_photo(place.directory, number, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);

    place_reopen(&place);
    third = get(&place, number);
    assert_same(third, &values);
    g_assert_true(g_bytes_equal(third->id, first->id));
    place_clear(&place);
}

typedef struct {
    const char *name;
    gssize code; /* -1: accepted */
} NameCase;

/* Attacks 15 and 16: names as SQL, LDAP and shells would like them. What is accepted comes back byte for byte. */
static const NameCase names[] = {
    { "Robert'); DROP TABLE dir_object;--", -1 },
    { "\" OR 1=1 --", -1 },
    { "%", -1 },
    { "_", -1 },
    { "*)(uid=*", -1 },
    { "a\\2a", -1 },
    { "`id`$(id)", -1 },
    { "\xc5\xbd"
      "ofie",
      -1 },
    { "user@company", -1 },
    { "?1", -1 },
    { ":name", -1 },
    { "NULL", -1 },
    { "", TW_ERROR_INVALID },
    { " a", TW_ERROR_INVALID },
    { "a ", TW_ERROR_INVALID },
    { "a\nb", TW_ERROR_INVALID },
    { "a\x7f", TW_ERROR_INVALID },
    { "\xc0\xaf", TW_ERROR_INVALID },
    { "\xed\xa0\x80", TW_ERROR_INVALID },
    { "SYSTEM", TW_ERROR_INVALID },
    { "everyone", TW_ERROR_INVALID },
    { "EveryOne", TW_ERROR_INVALID },
    { "Default", TW_ERROR_INVALID },
};

static void
test_names(gconstpointer data)
{
    guint accepted = 0;
    Place place;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *exact = g_strdup(names[i].name);
        const char *const aliases[] = { "alias '\"%_", NULL };
        TwDirectoryObject values = {
            .kind = TW_DIRECTORY_USER, .name = exact, .full_name = "'; --", .aliases = aliases
        };
        g_autoptr(TwDirectorySnapshot) snapshot = NULL;
        g_autoptr(GError) error = NULL;
        const TwDirectoryObject *found;
        guint32 number = 77;

        tw_directory_create(place.directory, &values, NULL, &number, &error);
        snapshot = place_snapshot(&place);
        found = tw_directory_snapshot_find(snapshot, TW_DIRECTORY_USERS, 0, exact);
        if (names[i].code >= 0) {
            g_assert_error(error, TW_ERROR, (int) names[i].code);
            g_assert_cmpuint(number, ==, 77);
            g_assert_true(found == NULL || found->number == TW_DIRECTORY_SYSTEM);
        } else {
            g_assert_no_error(error);
            g_assert_nonnull(found);
            g_assert_cmpuint(found->number, ==, number);
            g_assert_cmpstr(found->name, ==, exact);
            g_assert_cmpstr(found->full_name, ==, "'; --");
            g_assert_cmpstr(found->aliases[0], ==, aliases[0]);
            accepted++;
        }
        g_assert_cmpuint(tw_directory_snapshot_count(snapshot), ==, accepted + 2);
    }
    place_clear(&place);
}

static void
test_limits(void)
{
    g_autofree char *most = g_strnfill(TW_DIRECTORY_MOST_NAME, 'n');
    g_autofree char *more = g_strnfill(TW_DIRECTORY_MOST_NAME + 1, 'n');
    g_autofree char *most_mail = g_strnfill(TW_DIRECTORY_MOST_MAIL, 'm');
    g_autofree char *more_mail = g_strnfill(TW_DIRECTORY_MOST_MAIL + 1, 'm');
    const char *list[TW_DIRECTORY_MOST_ALIASES + 2] = { NULL };
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER, .name = most, .mail = most_mail };
    g_autoptr(GBytes) photo =
        g_bytes_new_take(g_malloc0(TW_DIRECTORY_MOST_PHOTO + 1), TW_DIRECTORY_MOST_PHOTO + 1);
    g_autoptr(GBytes) most_photo = g_bytes_new_from_bytes(photo, 0, TW_DIRECTORY_MOST_PHOTO);
    g_autoptr(GBytes) broken = g_bytes_new_static("\1\0\1\0", 4);
    TwDirectoryExtras extras = { .photo = most_photo };
    guint32 number;
    Place place;
#define FAILS(want)                                                                                \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autoptr(GError) error = NULL;                                                            \
        g_assert_false(tw_directory_create(place.directory, &values, &extras, &number, &error));   \
        g_assert_error(error, TW_ERROR, want);                                                     \
    }                                                                                              \
    G_STMT_END

    for (gsize i = 0; i <= TW_DIRECTORY_MOST_ALIASES; i++)
        list[i] = "x@y";
    list[TW_DIRECTORY_MOST_ALIASES] = NULL;
    values.aliases = list;
    place_init(&place, TW_DB_SQLITE);
    g_assert_true(tw_directory_create(place.directory, &values, &extras, &number, NULL));
    values.name = more;
    FAILS(TW_ERROR_TOO_BIG);
    values.name = "n";
    values.mail = more_mail;
    FAILS(TW_ERROR_TOO_BIG);
    values.mail = "m";
    list[TW_DIRECTORY_MOST_ALIASES] = "x@y";
    FAILS(TW_ERROR_TOO_BIG);
    values.aliases = NULL;
    extras.photo = photo;
    FAILS(TW_ERROR_TOO_BIG);
    extras.photo = NULL;
    values.kind = (TwDirectoryKind) 0x10006;
    FAILS(TW_ERROR_INVALID);
    values.kind = TW_DIRECTORY_USER;
    values.admin = (TwDirectoryAdmin) 3;
    FAILS(TW_ERROR_INVALID);
    values.admin = 0;
    values.quota.soft = (guint64) G_MAXINT64 + 1;
    FAILS(TW_ERROR_INVALID);
    values.quota.soft = 0;
    values.meeting = (TwDirectoryMeetingFlags) 16;
    FAILS(TW_ERROR_INVALID);
    values.meeting = 0;
    values.company = number;
    FAILS(TW_ERROR_NOT_FOUND); /* a user is no company */
    values.company = 0;
    values.details = broken;
    FAILS(TW_ERROR_CORRUPT);
#undef FAILS
    place_clear(&place);
}

/* ---- names, companies, relations ---- */

enum {
    ADA,
    BOB,
    ROOM,
    CONTACT,
    TEAM,
    ALL,
    DYNAMIC,
    ACME,
    EVIL,
    LIST,
    ANN,
    ACTORS
};

static const struct {
    TwDirectoryKind kind;
    const char *name;
} actors[ACTORS] = {
    [ADA] = { TW_DIRECTORY_USER, "ada" },
    [BOB] = { TW_DIRECTORY_NONACTIVE_USER, "bob" },
    [ROOM] = { TW_DIRECTORY_ROOM, "room" },
    [CONTACT] = { TW_DIRECTORY_CONTACT, "contact" },
    [TEAM] = { TW_DIRECTORY_GROUP, "team" },
    [ALL] = { TW_DIRECTORY_SECURITY_GROUP, "all" },
    [DYNAMIC] = { TW_DIRECTORY_DYNAMIC_GROUP, "dynamic" },
    [ACME] = { TW_DIRECTORY_COMPANY, "acme" },
    [EVIL] = { TW_DIRECTORY_COMPANY, "evil" },
    [LIST] = { TW_DIRECTORY_ADDRESS_LIST, "list" },
    [ANN] = { TW_DIRECTORY_USER, "ann" },
};

typedef struct {
    gboolean remove;
    guint from;
    TwDirectoryRelation relation;
    guint to;
    gssize code; /* -1: done */
} Step;

/* In this order, on one directory. ACTORS stands for a number that is not there. */
static const Step script[] = {
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, ADA, -1 },
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, ADA, TW_ERROR_EXISTS },
    { FALSE, ALL, TW_DIRECTORY_MEMBER, TEAM, -1 },
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, ALL, TW_ERROR_INVALID },  /* a circle of two */
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, TEAM, TW_ERROR_INVALID }, /* of one */
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, DYNAMIC, -1 },
    { FALSE, DYNAMIC, TW_DIRECTORY_MEMBER, ADA, TW_ERROR_INVALID },
    { FALSE, ADA, TW_DIRECTORY_MEMBER, BOB, TW_ERROR_INVALID },
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, ACME, TW_ERROR_INVALID },
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, ACTORS, TW_ERROR_NOT_FOUND },
    { FALSE, ACTORS, TW_DIRECTORY_MEMBER, ADA, TW_ERROR_NOT_FOUND },
    { TRUE, TEAM, TW_DIRECTORY_MEMBER, BOB, TW_ERROR_NOT_FOUND },
    { TRUE, ALL, TW_DIRECTORY_MEMBER, TEAM, -1 },
    { FALSE, TEAM, TW_DIRECTORY_MEMBER, ALL, -1 }, /* no circle any more */
    { FALSE, ACME, TW_DIRECTORY_VIEW, EVIL, -1 },
    { FALSE, ACME, TW_DIRECTORY_VIEW, ACME, TW_ERROR_EXISTS },
    { FALSE, ACME, TW_DIRECTORY_VIEW, ADA, TW_ERROR_INVALID },
    { FALSE, ACME, TW_DIRECTORY_ADMIN, ADA, -1 },
    { FALSE, ACME, TW_DIRECTORY_ADMIN, BOB, TW_ERROR_INVALID },
    { FALSE, ACME, TW_DIRECTORY_USER_QUOTA_RECIPIENT, CONTACT, -1 },
    { FALSE, ACME, TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT, ADA, -1 },
    { FALSE, ADA, TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT, ADA, TW_ERROR_INVALID },
    { FALSE, ADA, TW_DIRECTORY_SEND_AS, BOB, -1 },
    { FALSE, ADA, TW_DIRECTORY_SEND_AS, ADA, TW_ERROR_EXISTS },
    { FALSE, TEAM, TW_DIRECTORY_SEND_AS, ADA, -1 },
    { FALSE, ACME, TW_DIRECTORY_SEND_AS, ADA, TW_ERROR_INVALID },
    { FALSE, LIST, TW_DIRECTORY_LISTED, CONTACT, -1 },
    { FALSE, LIST, TW_DIRECTORY_LISTED, LIST, TW_ERROR_INVALID },
    { FALSE, TEAM, (TwDirectoryRelation) 0, ADA, TW_ERROR_INVALID },
    { FALSE, TEAM, (TwDirectoryRelation) 8, ADA, TW_ERROR_INVALID },
};

static void
make_actors(Place *place, guint32 numbers[ACTORS + 1])
{
    for (guint i = 0; i < ACTORS; i++)
        numbers[i] = place_add(place, actors[i].kind, 0, actors[i].name);
    numbers[ACTORS] = 4000000000u;
}

static void
test_relations(gconstpointer data)
{
    guint32 numbers[ACTORS + 1], one = TW_DIRECTORY_EVERYONE;
    g_autoptr(TwDirectorySnapshot) snapshot = NULL, after = NULL;
    g_autoptr(GArray) groups = NULL, members = NULL, holders = NULL, gone = NULL;
    g_autoptr(TwDirectoryObject) team = NULL;
    g_autoptr(GError) error = NULL;
    guint64 before;
    Place place;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    make_actors(&place, numbers);
    for (gsize i = 0; i < G_N_ELEMENTS(script); i++) {
        const Step *step = &script[i];
        TwDirectoryLink link = { step->relation, numbers[step->to] };
        g_autoptr(GError) failure = NULL;
        if (step->remove)
            tw_directory_unrelate(place.directory, numbers[step->from], link, &failure);
        else
            tw_directory_relate(place.directory, numbers[step->from], link, &failure);
        if (step->code < 0)
            g_assert_no_error(failure);
        else
            g_assert_error(failure, TW_ERROR, (int) step->code);
    }
    g_assert_true(tw_directory_relate(place.directory, numbers[ALL],
                                      (TwDirectoryLink){ TW_DIRECTORY_MEMBER, numbers[BOB] },
                                      NULL));

    snapshot = place_snapshot(&place);
    groups = tw_directory_snapshot_groups_of(snapshot, numbers[BOB]);
    g_assert_cmpuint(groups->len, ==, 3);
    g_assert_cmpuint(g_array_index(groups, guint32, 0), ==, one);
    g_assert_cmpuint(g_array_index(groups, guint32, 1), ==, numbers[ALL]);
    g_assert_cmpuint(g_array_index(groups, guint32, 2), ==, numbers[TEAM]);
    members = tw_directory_snapshot_members(snapshot, numbers[TEAM]);
    g_assert_cmpuint(members->len, ==, 2);
    g_assert_cmpuint(g_array_index(members, guint32, 0), ==, numbers[ADA]);
    g_assert_cmpuint(g_array_index(members, guint32, 1), ==, numbers[BOB]);
    holders = tw_directory_snapshot_holders(snapshot, TW_DIRECTORY_ADMIN, numbers[ADA]);
    g_assert_cmpuint(holders->len, ==, 1);
    g_assert_true(tw_directory_snapshot_company_sees(snapshot, numbers[EVIL], numbers[ACME]));
    g_assert_false(tw_directory_snapshot_company_sees(snapshot, numbers[ACME], numbers[EVIL]));

    /* who goes leaves all lists, and whoever held it has changed */
    before = tw_directory_snapshot_epoch(snapshot);
    tw_directory_remove(place.directory, numbers[ADA], &error);
    g_assert_no_error(error);
    after = place_snapshot(&place);
    g_assert_null(tw_directory_snapshot_get(after, numbers[ADA]));
    g_assert_nonnull(tw_directory_snapshot_get(snapshot, numbers[ADA])); /* the old one stays */
    team = get(&place, numbers[TEAM]);
    g_assert_cmpuint(team->cn, >, before);
    g_array_unref(holders);
    holders = tw_directory_snapshot_holders(after, TW_DIRECTORY_ADMIN, numbers[ADA]);
    g_assert_cmpuint(holders->len, ==, 0);
    gone = tw_directory_snapshot_gone(after, before);
    g_assert_cmpuint(gone->len, ==, 1);
    g_assert_cmpuint(g_array_index(gone, TwDirectoryGone, 0).number, ==, numbers[ADA]);
    place_clear(&place);
}

static void
test_same_names(gconstpointer data)
{
    static const struct {
        TwDirectoryKind kind;
        gboolean in_company;
        const char *name;
        gssize code;
    } cases[] = {
        { TW_DIRECTORY_USER, FALSE, "ADA", TW_ERROR_EXISTS },
        { TW_DIRECTORY_ROOM, FALSE, "Ada", TW_ERROR_EXISTS }, /* the same type */
        { TW_DIRECTORY_GROUP, FALSE, "ada", -1 },
        { TW_DIRECTORY_USER, TRUE, "ada", -1 },
        { TW_DIRECTORY_USER, TRUE, "aDa", TW_ERROR_EXISTS },
        { TW_DIRECTORY_COMPANY, FALSE, "ACME", TW_ERROR_EXISTS },
        { TW_DIRECTORY_COMPANY, TRUE, "inner", TW_ERROR_INVALID },
        { TW_DIRECTORY_USER, FALSE,
          "Stra\xc3\x9f"
          "e",
          -1 },
        { TW_DIRECTORY_USER, FALSE, "STRASSE", TW_ERROR_EXISTS },
        { TW_DIRECTORY_USER, FALSE, "e\xcc\x81lise", -1 },
        { TW_DIRECTORY_USER, FALSE, "\xc3\x89LISE", TW_ERROR_EXISTS },
    };
    guint32 numbers[ACTORS + 1], number;
    TwDirectoryObject values = { 0 };
    g_autoptr(GError) error = NULL;
    Place place;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    make_actors(&place, numbers);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_clear_error(&error);
        values.kind = cases[i].kind;
        values.company = cases[i].in_company ? numbers[ACME] : 0;
        values.name = cases[i].name;
        tw_directory_create(place.directory, &values, NULL, &number, &error);
        if (cases[i].code < 0)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, (int) cases[i].code);
    }
    /* renaming: to a taken name, to one's own in capitals; kinds within a type; a company with somebody in it */
    values = (TwDirectoryObject){ .number = numbers[BOB], .name = "Room" };
    g_clear_error(&error);
    tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_NAME, NULL, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    values.name = "BOB";
    g_assert_true(tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_NAME, NULL, NULL));
    values.kind = TW_DIRECTORY_EQUIPMENT;
    g_assert_true(tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_KIND, NULL, NULL));
    values.kind = TW_DIRECTORY_GROUP;
    g_clear_error(&error);
    tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_KIND, NULL, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    tw_directory_remove(place.directory, numbers[ACME], &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_true(tw_directory_remove(place.directory, numbers[EVIL], NULL));
    for (guint32 built_in = 0; built_in < TW_DIRECTORY_FIRST_NUMBER; built_in++) {
        g_clear_error(&error);
        tw_directory_remove(place.directory, built_in, &error);
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    }
    place_clear(&place);
}

/* ---- logging in ---- */

static int
login(Place *place, const char *name, const char *password)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDirectoryObject) user =
        tw_directory_login(place->directory, 0, name, secret, 0, &error);

    g_assert_true((user == NULL) == (error != NULL));
    return user == NULL ? error->code : -1;
}

static void
set_password(Place *place, guint32 number, const char *password)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    TwDirectoryExtras extras = { .password = secret };
    TwDirectoryObject values = { .number = number };
    g_autoptr(GError) error = NULL;

    tw_directory_modify(place->directory, &values, 0, &extras, &error);
    g_assert_no_error(error);
}

static gboolean
get_hash_tx(TwDbTx *tx, gpointer data, GError **error)
{
    char **hash = data;
    guint64 generation;

    g_clear_pointer(hash, g_free);
    return tw_sql_dir_secret_get(tx, ACTORS + 2, hash, &generation, error);
}

static void
test_login(gconstpointer data)
{
    guint32 numbers[ACTORS + 1];
    g_autoptr(GError) error = NULL;
    TwDirectoryPlugin *plugin;
    TwDirectoryObject values = { 0 };
    g_autofree char *hash = NULL;
    Place place;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
    make_actors(&place, numbers);
    g_assert_cmpint(login(&place, "ada", "first"), ==, TW_ERROR_NO_ACCESS); /* has none yet */
    set_password(&place, numbers[ADA], "first");
    set_password(&place, numbers[BOB], "first");
    g_assert_cmpint(login(&place, "ada", "first"), ==, -1);
    g_assert_cmpint(login(&place, "ADA", "first"), ==, -1); /* remembered */
    g_assert_cmpint(login(&place, "ada", "First"), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "ada", ""), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "bob", "first"), ==, TW_ERROR_NO_ACCESS); /* is not active */
    g_assert_cmpint(login(&place, "nobody", "first"), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "SYSTEM", ""), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "*)(uid=*", "first"), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "' OR '1'='1", "first"), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "\xff\xfe", "first"), ==, TW_ERROR_NO_ACCESS);

    set_password(&place, numbers[ADA], "second");
    g_assert_cmpint(login(&place, "ada", "first"), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "ada", "second"), ==, -1);
    values = (TwDirectoryObject){ .number = numbers[ADA], .kind = TW_DIRECTORY_NONACTIVE_USER };
    g_assert_true(tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_KIND, NULL, NULL));
    g_assert_cmpint(login(&place, "ada", "second"), ==, TW_ERROR_NO_ACCESS); /* at once */
    values.kind = TW_DIRECTORY_USER;
    g_assert_true(tw_directory_modify(place.directory, &values, TW_DIRECTORY_SET_KIND, NULL, NULL));
    g_assert_true(tw_directory_remove(place.directory, numbers[ADA], NULL));
    g_assert_cmpint(login(&place, "ada", "second"), ==, TW_ERROR_NO_ACCESS);

    /* a hash of the old platform, brought in behind the directory's back */
    plugin = tw_directory_db_new(place.db, &error);
    g_assert_no_error(error);
    tw_directory_db_import_hash(plugin, numbers[ANN], "plain text", &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    tw_directory_db_import_hash(plugin, numbers[ANN], "1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6cb",
                                &error);
    g_assert_no_error(error);
    g_assert_cmpint(login(&place, "ann", "wachtwoor"), ==, TW_ERROR_NO_ACCESS);
    g_assert_cmpint(login(&place, "ann", "wachtwoord"), ==, -1);
    tw_directory_plugin_close(plugin);
    g_assert_cmpuint(numbers[ANN], ==, ACTORS + 2);
    g_assert_true(tw_db_read(place.db, NULL, get_hash_tx, &hash, NULL));
    g_assert_true(g_str_has_prefix(hash, "$y$j9T$"));
    place_reopen(&place);
    g_assert_cmpint(login(&place, "ann", "wachtwoord"), ==, -1); /* by the better hash */
    place_clear(&place);
}

/* ---- what went: the last so many are remembered ---- */

enum {
    WENT = 5
};

static gboolean
forget_tx(TwDbTx *tx, gpointer keep, GError **error)
{
    for (guint i = 1; i <= WENT; i++) {
        TwDirectoryGone gone = { .number = 1000 + i,
                                 .kind = TW_DIRECTORY_USER,
                                 .cn = G_GUINT64_CONSTANT(100) * i };
        if (!tw_sql_dir_gone_add(tx, &gone, error))
            return FALSE;
    }
    return tw_sql_dir_gone_forget(tx, GPOINTER_TO_UINT(keep), error);
}

static gboolean
list_gone_tx(TwDbTx *tx, gpointer list, GError **error)
{
    g_array_set_size(list, 0);
    return tw_sql_dir_gone_since(tx, 0, list, error);
}

static void
test_forget_gone(gconstpointer data)
{
    static const struct {
        guint keep, left;
    } cases[] = { { 1, 1 }, { 3, 3 }, { WENT, WENT }, { WENT + 1, WENT } };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
        g_autoptr(GError) error = NULL;
        Place place;
        place_init(&place, (TwDbKind) GPOINTER_TO_INT(data));
        tw_db_write(place.db, forget_tx, GUINT_TO_POINTER(cases[i].keep), &error);
        g_assert_no_error(error);
        tw_db_read(place.db, NULL, list_gone_tx, list, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, cases[i].left);
        for (guint j = 0; j < list->len; j++)
            g_assert_cmpuint(g_array_index(list, TwDirectoryGone, j).number, ==,
                             1000 + WENT - list->len + j + 1);
        place_clear(&place);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        GTestDataFunc func;
    } both[] = {
        { "round-trip", test_round_trip }, { "names", test_names },
        { "relations", test_relations },   { "same-names", test_same_names },
        { "login", test_login },           { "forget-gone", test_forget_gone },
    };
    gboolean maria;
    int result;

    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    maria = kv_maria_start();
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autofree char *lite = g_strconcat("/directory/sqlite/", both[i].name, NULL);
        g_autofree char *other = g_strconcat("/directory/mariadb/", both[i].name, NULL);
        g_test_add_data_func(lite, GINT_TO_POINTER(TW_DB_SQLITE), both[i].func);
        if (maria)
            g_test_add_data_func(other, GINT_TO_POINTER(TW_DB_MARIADB), both[i].func);
    }
    g_test_add_func("/directory/limits", test_limits);
    result = g_test_run();
    kv_maria_stop();
    return result;
}
