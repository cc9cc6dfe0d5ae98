/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables whose rows the session makes: rights, rules, the address book, stores, users, sessions, figures. What they show is
 * compared with the operations that say the same one by one, and their orders and restrictions with brute force.
 */
#include <string.h>

#include "base/metrics.h"
#include "mapi/entryid.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "session/world.h"

enum {
    TAG_PATH = 0xFFF9001F,
    TAG_CONTAINER_ID = 0xFFFD0003,
};

/* ---- reading ---- */

static TwTableRows *
read_rows(TwSession *session, guint32 table, const guint32 *tags, guint count)
{
    TwTableSetupArgs setup = { .table = table, .columns = { tags, count } };
    TwTableSeekArgs begin = { .table = table, .bookmark = TW_BOOKMARK_BEGIN };
    TwTableRowsArgs rows = { .table = table, .count = 100000 };

    assert_done(tw_session_table_setup(session, &setup, error));
    assert_done(tw_session_table_seek(session, &begin, error));
    assert_done(tw_session_table_rows(session, &rows, error));
    return rows.rows;
}

static void
print_cell(GString *text, const TwPropValue *cell)
{
    switch (tw_prop_tag_type(cell->tag)) {
    case TW_PT_UNICODE:
        g_string_append_printf(text, "%.*s", (int) cell->len, cell->text);
        break;
    case TW_PT_I8:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, cell->i8);
        break;
    case TW_PT_BOOLEAN:
        g_string_append(text, cell->u4 ? "yes" : "no");
        break;
    case TW_PT_ERROR:
        g_string_append(text, cell->u4 == (guint32) MAPI_E_NOT_FOUND ? "-" : "?");
        break;
    default:
        g_string_append_printf(text, "%x", cell->u4);
        break;
    }
}

/* Rows as text: cells with '/' between, rows with blanks. */
static char *
print_rows(TwSession *session, guint32 table, const guint32 *tags, guint count)
{
    g_autoptr(TwTableRows) rows = read_rows(session, table, tags, count);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < rows->row_count; i++) {
        for (guint j = 0; j < count; j++) {
            if (j > 0)
                g_string_append_c(text, '/');
            print_cell(text, tw_table_rows_cell(rows, i, j));
        }
        g_string_append_c(text, ' ');
    }
    return g_string_free(text, FALSE);
}

#define assert_rows(session, table, wanted, ...)                                                   \
    G_STMT_START                                                                                   \
    {                                                                                              \
        guint32 tags_[] = { __VA_ARGS__ };                                                         \
        g_autofree char *got_ = print_rows(session, table, tags_, G_N_ELEMENTS(tags_));            \
        g_assert_cmpstr(got_, ==, wanted);                                                         \
    }                                                                                              \
    G_STMT_END

/* ---- rights ---- */

static void
set_row(TwSession *session, const TwGuid *store, guint32 folder, guint32 principal, guint32 rights)
{
    TwPermission row = { folder, principal, rights };
    TwPermissionsSetArgs set = { .store = *store, .folder = folder, .rows = { &row, 1 } };

    assert_done(tw_session_permissions_set(session, &set, error));
}

static void
test_permissions(void)
{
    World world;
    WorldUser anna, bert;
    TwTableOpenPermissionsArgs open = { 0 };
    TwTableCountArgs count = { 0 };
    TwSortOrder order = { .keys = { { PR_MEMBER_NAME, TW_SORT_DESCENDING } }, .count = 1 };
    TwTableSetupArgs setup = { .order = &order };
    g_autoptr(TwSession) owner = NULL;
    g_autoptr(TwSession) guest = NULL;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    world_user(&world, 0, "bert", &bert);
    owner = world_logon(&world, "anna");
    guest = world_logon(&world, "bert");
    open.store = anna.store;
    open.folder = anna.inbox;
    assert_refused(tw_session_table_open_permissions(guest, &open, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_session_table_open_permissions(owner, &open, error));
    assert_rows(owner, open.table, "", PR_MEMBER_ID, PR_MEMBER_NAME, PR_MEMBER_RIGHTS);
    set_row(owner, &anna.store, anna.inbox, bert.number, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    set_row(owner, &anna.store, anna.inbox, TW_DIRECTORY_EVERYONE, TW_RIGHT_VISIBLE);
    set_row(owner, &anna.store, anna.inbox, TW_PERMISSION_ANONYMOUS, 0);
    set_row(owner, &anna.store, 0, anna.number, TW_RIGHT_VISIBLE); /* of another folder */
    assert_rows(owner, open.table, "0/Everyone/400 4/bert/401 -1/Anonymous/0 ", PR_MEMBER_ID,
                PR_MEMBER_NAME, PR_MEMBER_RIGHTS);
    setup.table = open.table;
    assert_done(tw_session_table_setup(owner, &setup, error));
    assert_rows(owner, open.table, "Everyone bert Anonymous ", PR_MEMBER_NAME);
    set_row(owner, &anna.store, anna.inbox, bert.number, 0x47b);
    set_row(owner, &anna.store, anna.inbox, TW_DIRECTORY_EVERYONE, TW_PERMISSION_REMOVE);
    assert_rows(owner, open.table, "bert/47b Anonymous/0 ", PR_MEMBER_NAME, PR_MEMBER_RIGHTS);
    /* who may see the folder sees who may do what, as long as that is so */
    assert_done(tw_session_table_open_permissions(guest, &open, error));
    assert_rows(guest, open.table, "4/bert/47b -1/Anonymous/0 ", PR_MEMBER_ID, PR_MEMBER_NAME,
                PR_MEMBER_RIGHTS);
    set_row(owner, &anna.store, anna.inbox, bert.number, TW_PERMISSION_REMOVE);
    count.table = open.table;
    assert_refused(tw_session_table_count(guest, &count, error), TW_ERROR_NOT_FOUND);
    g_clear_pointer(&owner, tw_session_unref);
    g_clear_pointer(&guest, tw_session_unref);
    world_free(&world);
}

/* Any changes, any order: the table is what the operation says. */
static void
test_permissions_model(void)
{
    enum {
        PEOPLE = 12,
        STEPS = 120
    };
    World world;
    WorldUser anna, people[PEOPLE];
    g_autoptr(TwSession) owner = NULL;
    TwTableOpenPermissionsArgs open = { 0 };

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    for (guint i = 0; i < PEOPLE; i++) {
        g_autofree char *name = g_strdup_printf("user%02u", (i * 7) % PEOPLE);
        world_user(&world, 0, name, &people[i]);
    }
    owner = world_logon(&world, "anna");
    open.store = anna.store;
    open.folder = anna.inbox;
    assert_done(tw_session_table_open_permissions(owner, &open, error));
    for (guint step = 0; step < STEPS; step++) {
        static const guint32 tags[] = { PR_MEMBER_ID, PR_MEMBER_RIGHTS };
        guint32 who = people[g_test_rand_int_range(0, PEOPLE)].number;
        gboolean remove = g_test_rand_int_range(0, 3) == 0;
        TwPermissionsArgs truth = { .store = anna.store, .folder = anna.inbox };
        g_autoptr(TwTableRows) rows = NULL;
        set_row(owner, &anna.store, anna.inbox, who,
                remove ? TW_PERMISSION_REMOVE
                       : (guint32) g_test_rand_int_range(0, 2) | TW_RIGHT_VISIBLE);
        rows = read_rows(owner, open.table, tags, G_N_ELEMENTS(tags));
        assert_done(tw_session_permissions(owner, &truth, error));
        g_assert_cmpuint(rows->row_count, ==, truth.rows->len);
        for (guint i = 0; i < truth.rows->len; i++) {
            const TwPermission *row = &g_array_index(truth.rows, TwPermission, i);
            g_assert_cmpint(tw_table_rows_cell(rows, i, 0)->i8, ==, row->principal);
            g_assert_cmpuint(tw_table_rows_cell(rows, i, 1)->u4, ==, row->rights);
        }
        tw_op_clear(TW_OP_PERMISSIONS, &truth);
    }
    g_clear_pointer(&owner, tw_session_unref);
    world_free(&world);
}

/* ---- rules ---- */

static void
change_rule(TwSession *session,
            const WorldUser *user,
            TwRulesOp op,
            guint64 id,
            guint32 sequence,
            const char *name)
{
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwProps props;
    TwRulesChange change = { op, &props };
    TwRulesChangeArgs args = { .store = user->store,
                               .folder = user->inbox,
                               .rows = { &change, 1 } };

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_i8(PR_RULE_ID, (gint64) id));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, sequence));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, TW_RULE_ENABLED));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, name));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    assert_done(tw_session_rules_change(session, &args, error));
}

static void
test_rules(void)
{
    World world;
    WorldUser anna, bert;
    TwTableOpenRulesArgs open = { 0 };
    TwFolderDeleteArgs gone = { .hard = TRUE };
    TwTableCountArgs count = { 0 };
    TwSortOrder order = { .keys = { { PR_RULE_NAME, TW_SORT_DESCENDING } }, .count = 1 };
    TwTableSetupArgs setup = { .order = &order };
    g_autoptr(TwSession) owner = NULL;
    g_autoptr(TwSession) guest = NULL;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    world_user(&world, 0, "bert", &bert);
    world_grant(&world, &anna, anna.inbox, bert.number, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    owner = world_logon(&world, "anna");
    guest = world_logon(&world, "bert");
    open.store = gone.store = anna.store;
    open.folder = gone.folder = anna.inbox;
    assert_refused(tw_session_table_open_rules(guest, &open, error), TW_ERROR_NO_ACCESS);
    assert_done(tw_session_table_open_rules(owner, &open, error));
    assert_rows(owner, open.table, "", PR_RULE_NAME);
    change_rule(owner, &anna, TW_RULES_ADD, 0, 20, "b");
    change_rule(owner, &anna, TW_RULES_ADD, 0, 10, "c");
    change_rule(owner, &anna, TW_RULES_ADD, 0, 10, "a");
    assert_rows(owner, open.table, "2/c/1 3/a/1 1/b/1 ", PR_RULE_ID, PR_RULE_NAME, PR_RULE_STATE);
    change_rule(owner, &anna, TW_RULES_MODIFY, 1, 5, "d");
    assert_rows(owner, open.table, "1/d 2/c 3/a ", PR_RULE_ID, PR_RULE_NAME);
    change_rule(owner, &anna, TW_RULES_REMOVE, 2, 0, "");
    setup.table = open.table;
    assert_done(tw_session_table_setup(owner, &setup, error));
    assert_rows(owner, open.table, "d a ", PR_RULE_NAME);
    assert_done(tw_session_folder_delete(owner, &gone, error));
    count.table = open.table;
    g_assert_false(tw_session_table_count(owner, &count, NULL));
    g_clear_pointer(&owner, tw_session_unref);
    g_clear_pointer(&guest, tw_session_unref);
    world_free(&world);
}

/* ---- the address book ---- */

typedef struct {
    World world;
    guint32 ours, theirs, list, group;
    TwSession *ann, *zoe, *system; /* of ours, of theirs, of all */
} Book;

static guint32
add(Book *book, TwDirectoryKind kind, guint32 company, const char *name, gboolean hidden)
{
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    g_autofree char *shown = g_strconcat("Full ", name, NULL);
    TwDirectoryObject values = { .kind = kind,
                                 .company = company,
                                 .name = name,
                                 .full_name = shown,
                                 .mail = kind == TW_DIRECTORY_USER ? mail : "",
                                 .hidden = hidden };
    guint32 number = 0;

    assert_done(tw_directory_create(book->world.place.directory, &values, NULL, &number, error));
    return number;
}

static void
relate(Book *book, guint32 from, TwDirectoryRelation relation, guint32 to)
{
    assert_done(tw_directory_relate(book->world.place.directory, from,
                                    (TwDirectoryLink){ relation, to }, error));
}

static void
set_hosted(TwLocalConfig *config)
{
    config->hosted = TRUE;
    config->login_format = "%u@%c";
}

static void
book_open(Book *book)
{
    guint32 ann, bob;

    *book = (Book){ 0 };
    world_new_with(&book->world, set_hosted);
    book->ours = add(book, TW_DIRECTORY_COMPANY, 0, "ours", FALSE);
    book->theirs = add(book, TW_DIRECTORY_COMPANY, 0, "theirs", FALSE);
    ann = add(book, TW_DIRECTORY_USER, book->ours, "ann", FALSE);
    bob = add(book, TW_DIRECTORY_USER, book->ours, "bob", FALSE);
    add(book, TW_DIRECTORY_USER, book->ours, "secret", TRUE);
    add(book, TW_DIRECTORY_USER, book->theirs, "zoe", FALSE);
    book->group = add(book, TW_DIRECTORY_SECURITY_GROUP, book->ours, "team", FALSE);
    book->list = add(book, TW_DIRECTORY_ADDRESS_LIST, book->ours, "friends", FALSE);
    relate(book, book->group, TW_DIRECTORY_MEMBER, bob);
    relate(book, book->list, TW_DIRECTORY_LISTED, ann);
    book->ann = world_trusted(&book->world, "ann@ours");
    book->zoe = world_trusted(&book->world, "zoe@theirs");
    book->system = world_trusted(&book->world, "SYSTEM");
}

static void
book_close(Book *book)
{
    tw_session_unref(book->ann);
    tw_session_unref(book->zoe);
    tw_session_unref(book->system);
    world_free(&book->world);
}

static guint32
open_book(TwSession *session, TwBookPlace place, guint32 object, gboolean containers, guint flags)
{
    TwTableOpenBookArgs open = {
        .place = place, .object = object, .containers = containers, .flags = flags
    };

    assert_done(tw_session_table_open_book(session, &open, error));
    return open.table;
}

static void
test_containers(void)
{
    Book book;
    TwTableOpenBookArgs wrong = { .place = TW_BOOK_PLACE_ROOT };

    book_open(&book);
    assert_rows(book.ann, open_book(book.ann, TW_BOOK_PLACE_ROOT, 0, TRUE, 0),
                "All Address Lists/4/50000/1b58/- Global Address Book/4/50000/0/- ",
                PR_DISPLAY_NAME, PR_OBJECT_TYPE, PR_DISPLAY_TYPE, TAG_CONTAINER_ID,
                PR_EC_COMPANY_NAME);
    assert_rows(book.ann, open_book(book.ann, TW_BOOK_PLACE_ROOT, 0, TRUE, TW_TABLE_DEEP),
                "/All Address Lists/0 /All Address Lists/Full friends/1 /Global Address Book/0 ",
                TAG_PATH, PR_DEPTH);
    assert_rows(book.system, open_book(book.system, TW_BOOK_PLACE_GLOBAL, 0, TRUE, 0),
                "Full ours/4/49 Full theirs/4/49 ", PR_DISPLAY_NAME, PR_DISPLAY_TYPE,
                PR_CONTAINER_FLAGS);
    assert_rows(book.ann, open_book(book.ann, TW_BOOK_PLACE_GLOBAL, 0, TRUE, 0), "",
                PR_DISPLAY_NAME);
    assert_rows(book.ann, open_book(book.ann, TW_BOOK_PLACE_ALL_LISTS, 0, TRUE, 0),
                "Full friends/1000000 ", PR_DISPLAY_NAME, PR_DISPLAY_TYPE);
    assert_rows(book.zoe, open_book(book.zoe, TW_BOOK_PLACE_ALL_LISTS, 0, TRUE, 0), "",
                PR_DISPLAY_NAME);
    assert_refused(tw_session_table_open_book(book.ann, &wrong, error), TW_ERROR_NOT_FOUND);
    wrong.place = 4711;
    assert_refused(tw_session_table_open_book(book.ann, &wrong, error), TW_ERROR_NOT_FOUND);
    book_close(&book);
}

static void
test_entries(void)
{
    Book book;
    TwTableOpenBookArgs other = { .place = TW_BOOK_PLACE_OBJECT };
    guint32 table, members;

    book_open(&book);
    table = open_book(book.ann, TW_BOOK_PLACE_GLOBAL, 0, FALSE, 0);
    assert_rows(book.ann, table,
                "Everyone/Everyone/8/1/- Full ann/ann/6/0/ann@example.org "
                "Full bob/bob/6/0/bob@example.org Full team/team/8/1/- ",
                PR_DISPLAY_NAME, PR_ACCOUNT, PR_OBJECT_TYPE, PR_DISPLAY_TYPE, PR_SMTP_ADDRESS);
    members = open_book(book.ann, TW_BOOK_PLACE_OBJECT, book.group, FALSE, 0);
    assert_rows(book.ann, members, "Full bob ", PR_DISPLAY_NAME);
    assert_rows(book.ann, open_book(book.ann, TW_BOOK_PLACE_OBJECT, book.list, FALSE, 0),
                "Full ann/ours ", PR_DISPLAY_NAME, PR_EC_COMPANY_NAME);
    /* what is another company's is not there */
    other.object = book.group;
    assert_refused(tw_session_table_open_book(book.zoe, &other, error), TW_ERROR_NOT_FOUND);
    other.object = 4711;
    assert_refused(tw_session_table_open_book(book.zoe, &other, error), TW_ERROR_NOT_FOUND);
    /* and what changes is seen by all who have the table open */
    add(&book, TW_DIRECTORY_USER, book.ours, "cid", FALSE);
    add(&book, TW_DIRECTORY_USER, book.theirs, "zac", FALSE);
    relate(&book, book.group, TW_DIRECTORY_MEMBER, book.list + 1);
    assert_rows(book.ann, table, "Everyone Full ann Full bob Full cid Full team ", PR_DISPLAY_NAME);
    assert_rows(book.ann, members, "Full bob Full cid ", PR_DISPLAY_NAME);
    assert_done(tw_directory_remove(book.world.place.directory, book.list + 1, error));
    assert_rows(book.ann, members, "Full bob ", PR_DISPLAY_NAME);
    assert_done(tw_directory_remove(book.world.place.directory, book.group, error));
    assert_rows(book.ann, table, "Everyone Full ann Full bob ", PR_DISPLAY_NAME);
    {
        TwTableCountArgs count = { .table = members };
        assert_refused(tw_session_table_count(book.ann, &count, error), TW_ERROR_NOT_FOUND);
    }
    book_close(&book);
}

static void
assert_text(GBytes *bag, guint32 tag, const char *wanted)
{
    TwPropValue value;
    TwProps props;

    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    g_assert_true(tw_props_get(&props, tag, &value));
    g_assert_cmpuint(value.len, ==, strlen(wanted));
    g_assert_cmpint(memcmp(value.text, wanted, value.len), ==, 0);
}

/* One entry that is opened has what its row has, and which groups it is in. */
static void
test_one_entry(void)
{
    enum {
        TAG_MEMBER_OF = 0x80081102
    };
    Book book;
    TwBookResolveArgs resolve = { .text = "bob", .compute = TRUE };
    TwBookGetArgs get = { .compute = TRUE };
    TwPropValue value;
    TwProps props;

    book_open(&book);
    assert_done(tw_session_book_resolve(book.ann, &resolve, error));
    assert_text(resolve.props, PR_DISPLAY_NAME, "Full bob");
    assert_text(resolve.props, PR_SMTP_ADDRESS, "bob@example.org");
    assert_text(resolve.props, PR_EC_COMPANY_NAME, "ours");
    g_assert_true(tw_props_open_bytes(resolve.props, &props, NULL));
    g_assert_true(tw_props_get(&props, TAG_MEMBER_OF, &value));
    g_assert_cmpuint(tw_value_count(&value), ==, 1);
    g_assert_true(tw_props_get(&props, PR_SEARCH_KEY, &value));
    g_assert_cmpuint(value.len, ==, 23);
    g_assert_cmpint(memcmp(value.data, "ZARAFA:BOB@EXAMPLE.ORG", 23), ==, 0);
    get.user = book.list;
    assert_done(tw_session_book_get(book.ann, &get, error));
    assert_text(get.props, PR_DISPLAY_NAME, "Full friends");
    assert_text(get.props, TAG_PATH, "/All Address Lists/Full friends");
    tw_op_clear(TW_OP_BOOK_RESOLVE, &resolve);
    tw_op_clear(TW_OP_BOOK_GET, &get);
    book_close(&book);
}

/* Who sees with other eyes than when the table was opened has no table any more. */
static void
test_other_eyes(void)
{
    Book book;
    TwTableCountArgs count = { 0 };
    TwDirectoryObject values = { .admin = TW_DIRECTORY_SYSTEM_ADMIN };
    TwBookGetArgs me = { 0 };

    book_open(&book);
    assert_done(tw_session_book_get(book.ann, &me, error));
    values.number = me.entry->number;
    values.kind = me.entry->kind;
    assert_done(tw_directory_modify(book.world.place.directory, &values, TW_DIRECTORY_SET_ADMIN,
                                    NULL, error));
    count.table = open_book(book.ann, TW_BOOK_PLACE_GLOBAL, 0, FALSE, 0);
    assert_done(tw_session_table_count(book.ann, &count, error));
    values.admin = TW_DIRECTORY_NO_ADMIN;
    assert_done(tw_directory_modify(book.world.place.directory, &values, TW_DIRECTORY_SET_ADMIN,
                                    NULL, error));
    assert_refused(tw_session_table_count(book.ann, &count, error), TW_ERROR_NOT_FOUND);
    tw_op_clear(TW_OP_BOOK_GET, &me);
    book_close(&book);
}

/* ---- a model of the global list ---- */

typedef struct {
    char name[16], mail[32];
    gboolean hidden;
} Person;

static int
compare_people(gconstpointer a, gconstpointer b, gpointer data)
{
    const Person *x = a, *y = b;

    return GPOINTER_TO_INT(data) ? strcmp(y->mail, x->mail) : strcmp(x->name, y->name);
}

static void
add_person(World *world, GArray *people, guint number)
{
    Person person = { .hidden = number % 5 == 0 };
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER, .hidden = person.hidden };
    guint32 made;

    g_snprintf(person.name, sizeof person.name, "p%05u", (number * 7919) % 100000);
    g_snprintf(person.mail, sizeof person.mail, "m%05u@example.org", (number * 104729) % 100000);
    values.name = values.full_name = person.name;
    values.mail = person.mail;
    assert_done(tw_directory_create(world->place.directory, &values, NULL, &made, error));
    if (!person.hidden)
        g_array_append_val(people, person);
}

static TwRestriction *
mail_from(const char *from)
{
    TwPropValue value = tw_value_str(PR_SMTP_ADDRESS, from);
    TwRestrictionBuilder builder;
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_GE, PR_SMTP_ADDRESS, &value);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    return restriction;
}

/* The rows are the people who match, in the order of the model; find row finds the first. */
static void
check_people(TwSession *session, guint32 table, const GArray *people, const char *from)
{
    static const guint32 tags[] = { PR_DISPLAY_NAME, PR_SMTP_ADDRESS };
    g_autoptr(TwTableRows) rows = read_rows(session, table, tags, G_N_ELEMENTS(tags));
    guint at = 0;

    for (guint i = 0; i < people->len; i++) {
        const Person *person = &g_array_index(people, Person, i);
        const TwPropValue *name;
        if (from != NULL && strcmp(person->mail, from) < 0)
            continue;
        g_assert_cmpuint(at, <, rows->row_count);
        name = tw_table_rows_cell(rows, at++, 0);
        g_assert_cmpuint(name->len, ==, strlen(person->name));
        g_assert_cmpint(memcmp(name->text, person->name, name->len), ==, 0);
    }
    g_assert_cmpuint(at, ==, rows->row_count);
}

static void
test_book_model(void)
{
    enum {
        PEOPLE = 300,
        MORE = 20
    };
    World world;
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(Person));
    TwSortOrder by_name = { .keys = { { PR_DISPLAY_NAME, TW_SORT_ASCENDING } }, .count = 1 };
    TwSortOrder by_mail = { .keys = { { PR_SMTP_ADDRESS, TW_SORT_DESCENDING } }, .count = 1 };
    g_autoptr(TwRestriction) has_mail = mail_from("m");
    g_autoptr(TwRestriction) late = mail_from("m50000@example.org");
    TwTableSetupArgs setup = { 0 };
    g_autoptr(TwSession) session = NULL;
    WorldUser anna;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    for (guint i = 0; i < PEOPLE; i++)
        add_person(&world, people, i);
    session = world_logon(&world, "anna");
    setup.table = open_book(session, TW_BOOK_PLACE_GLOBAL, 0, FALSE, 0);
    for (guint round = 0; round < 3; round++) {
        setup.restrict_rows = TRUE;
        setup.restriction = has_mail; /* neither Everyone, SYSTEM nor anna */
        setup.order = &by_name;
        assert_done(tw_session_table_setup(session, &setup, error));
        g_array_sort_with_data(people, compare_people, GINT_TO_POINTER(FALSE));
        check_people(session, setup.table, people, NULL);
        setup.order = &by_mail;
        assert_done(tw_session_table_setup(session, &setup, error));
        g_array_sort_with_data(people, compare_people, GINT_TO_POINTER(TRUE));
        check_people(session, setup.table, people, NULL);
        setup.restriction = late;
        assert_done(tw_session_table_setup(session, &setup, error));
        check_people(session, setup.table, people, "m50000@example.org");
        for (guint i = 0; i < MORE; i++)
            add_person(&world, people, PEOPLE + round * MORE + i);
    }
    g_clear_pointer(&session, tw_session_unref);
    world_free(&world);
}

/* ---- stores, users, companies ---- */

static void
test_stores(void)
{
    Book book;
    WorldUser ann, orphan;
    TwBookGetArgs me = { 0 };
    TwStoreUnhookArgs unhook = { 0 };
    TwTableOpenStoresArgs open = { 0 };

    book_open(&book);
    assert_done(tw_session_book_get(book.ann, &me, error));
    world_store(&book.world, me.entry->number, TW_STORE_PRIVATE, book.ours, &ann);
    world_store(&book.world, 0, TW_STORE_PUBLIC, book.theirs, &orphan);
    /* who administers nothing sees nothing */
    assert_done(tw_session_table_open_stores(book.ann, &open, error));
    assert_rows(book.ann, open.table, "", PR_EC_USERNAME);
    assert_done(tw_session_table_open_stores(book.system, &open, error));
    assert_rows(book.system, open.table,
                "-/0/-/-/- ann/0/ann/ours/10001 -/1/-/theirs/- bob/0/bob/ours/10001 "
                "secret/0/secret/ours/10001 zoe/0/zoe/theirs/10001 ",
                PR_EC_USERNAME, PR_EC_STORETYPE, PR_DISPLAY_NAME, PR_EC_COMPANY_NAME,
                PR_OBJECT_TYPE);
    /* an orphan still says whose it was */
    unhook.store = ann.store;
    assert_done(tw_session_store_unhook(book.system, &unhook, error));
    assert_done(tw_session_table_open_stores(book.system, &open, error));
    assert_rows(book.system, open.table, "-/- -/ann -/- ann/ann bob/bob secret/secret zoe/zoe ",
                PR_EC_USERNAME, PR_DISPLAY_NAME);
    open.kind = TW_STORES_MAILBOXES;
    assert_done(tw_session_table_open_stores(book.system, &open, error));
    assert_rows(book.system, open.table, "0/-/yes 0/ann/yes 1/-/yes ", PR_EC_STORETYPE,
                PR_EC_MAILBOX_OWNER_ACCOUNT, PR_EC_DELETED_STORE);
    {
        TwStoreHookArgs hook = { .store = ann.store, .owner = me.entry->number };
        assert_done(tw_session_store_hook(book.system, &hook, error));
    }
    assert_done(tw_session_table_open_stores(book.system, &open, error));
    assert_rows(book.system, open.table, "0/-/yes/-/3f 0/ann/no/Full ann/3f 1/-/yes/-/3f ",
                PR_EC_STORETYPE, PR_EC_MAILBOX_OWNER_ACCOUNT, PR_EC_DELETED_STORE,
                PR_MAILBOX_OWNER_NAME, PR_ACCESS);
    open.kind = 2;
    assert_refused(tw_session_table_open_stores(book.system, &open, error), TW_ERROR_INVALID);
    tw_op_clear(TW_OP_BOOK_GET, &me);
    book_close(&book);
}

static void
test_users(void)
{
    Book book;
    WorldUser ann;
    TwBookGetArgs me = { 0 };
    TwTableOpenUsersArgs users = { 0 };
    TwTableOpenCompaniesArgs companies = { 0 };
    TwObjectChangeArgs change = { .fields = TW_DIRECTORY_SET_QUOTA };
    TwDirectoryObject quota = { .quota = { TRUE, 1 << 20, 2 << 20, 3 << 20 } };
    TwPropValue away = tw_value_bool(PR_EC_OUTOFOFFICE, TRUE);
    TwStoreChangePropsArgs oof = { .changes = { .values = &away, .value_count = 1 } };

    book_open(&book);
    assert_done(tw_session_book_get(book.ann, &me, error));
    world_store(&book.world, me.entry->number, TW_STORE_PRIVATE, book.ours, &ann);
    oof.store = ann.store;
    assert_done(tw_session_store_change_props(book.ann, &oof, error));
    change.user = me.entry->number;
    change.values = &quota;
    assert_done(tw_session_object_change(book.system, &change, error));
    assert_refused(tw_session_table_open_users(book.ann, &users, error), TW_ERROR_NO_ACCESS);
    assert_done(tw_session_table_open_users(book.system, &users, error));
    assert_rows(book.system, users.table,
                "ours/bob/Full bob/bob@example.org/0/no ours/secret/Full secret/secret@example.org/"
                "0/no theirs/zoe/Full zoe/zoe@example.org/0/no ours/ann/Full ann/ann@example.org/"
                "400/yes ",
                PR_EC_COMPANY_NAME, PR_EC_USERNAME, PR_DISPLAY_NAME, PR_SMTP_ADDRESS,
                PR_QUOTA_WARNING_THRESHOLD, PR_EC_OUTOFOFFICE);
    {
        static const guint32 tags[] = { PR_LAST_LOGON_TIME, PR_LAST_LOGOFF_TIME };
        g_autoptr(TwTableRows) rows = read_rows(book.system, users.table, tags, 2);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 0)->tag, !=, PR_LAST_LOGON_TIME); /* bob */
        g_assert_cmpuint(tw_table_rows_cell(rows, 3, 0)->tag, ==, PR_LAST_LOGON_TIME); /* ann */
        g_assert_cmpuint(tw_table_rows_cell(rows, 3, 1)->tag, !=, PR_LAST_LOGOFF_TIME);
    }
    tw_session_end(book.ann);
    assert_done(tw_session_table_open_users(book.system, &users, error));
    {
        static const guint32 tags[] = { PR_LAST_LOGOFF_TIME };
        g_autoptr(TwTableRows) rows = read_rows(book.system, users.table, tags, 1);
        g_assert_cmpuint(tw_table_rows_cell(rows, 3, 0)->tag, ==, PR_LAST_LOGOFF_TIME);
    }
    assert_refused(tw_session_table_open_companies(book.zoe, &companies, error),
                   TW_ERROR_NO_ACCESS);
    assert_done(tw_session_table_open_companies(book.system, &companies, error));
    assert_rows(book.system, companies.table, "ours/SYSTEM/0 theirs/SYSTEM/0 ", PR_EC_COMPANY_NAME,
                PR_EC_COMPANY_ADMIN, PR_MESSAGE_SIZE_EXTENDED);
    tw_op_clear(TW_OP_BOOK_GET, &me);
    book_close(&book);
}

/* ---- figures ---- */

static TwMetrics *metrics;

static void
use_metrics(TwLocalConfig *config)
{
    config->metrics = metrics;
}

static void
test_figures(void)
{
    static const TwMetricSpec spec = { .name = "twiga_test_total",
                                       .help = "For the test",
                                       .kind = TW_METRIC_COUNTER,
                                       .labels = { "kind" } };
    static const char *const label[] = { "x" };
    World world;
    WorldUser anna;
    TwTableOpenSystemArgs open = { 0 };
    TwTableOpenSessionsArgs sessions = { 0 };
    TwSortOrder order = { .keys = { { PR_DISPLAY_NAME, TW_SORT_ASCENDING } }, .count = 1 };
    TwTableSetupArgs setup = { .order = &order };
    g_autoptr(TwSession) owner = NULL;
    g_autoptr(TwSession) system = NULL;
    g_autofree char *text = NULL;
    static const guint32 tags[] = { PR_DISPLAY_NAME, PR_EC_STATS_SYSTEM_VALUE };

    metrics = tw_metrics_new();
    world_new_with(&world, use_metrics);
    world_user(&world, 0, "anna", &anna);
    owner = world_logon(&world, "anna");
    system = world_trusted(&world, "SYSTEM");
    tw_metric_add(tw_metrics_get(metrics, &spec, label), 7);
    assert_refused(tw_session_table_open_system(owner, &open, error), TW_ERROR_NO_ACCESS);
    assert_refused(tw_session_table_open_sessions(owner, &sessions, error), TW_ERROR_NO_ACCESS);
    assert_done(tw_session_table_open_system(system, &open, error));
    setup.table = open.table;
    assert_done(tw_session_table_setup(system, &setup, error));
    text = print_rows(system, open.table, tags, 2);
    g_assert_nonnull(strstr(text, "twiga_test_total{kind=\"x\"}/7 "));
    g_assert_nonnull(strstr(text, "sessions/2 "));
    g_assert_nonnull(strstr(text, "sessions_created/2 "));
    g_assert_nonnull(strstr(text, "usercnt_active/1 "));
    g_assert_nonnull(strstr(text, "program_version/" TW_VERSION " "));
    assert_done(tw_session_table_open_sessions(system, &sessions, error));
    setup.table = sessions.table;
    order.keys[0].tag = PR_EC_USERNAME;
    assert_done(tw_session_table_setup(system, &setup, error));
    assert_rows(system, sessions.table, "anna/192.0.2.1/no/2 SYSTEM/-/yes/6 ", PR_EC_USERNAME,
                PR_EC_STATS_SESSION_IPADDRESS, PR_EC_STATS_SESSION_LOCKED,
                PR_EC_STATS_SESSION_REQUESTS);
    g_clear_pointer(&owner, tw_session_unref);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
    g_clear_pointer(&metrics, tw_metrics_free);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/made/permissions", test_permissions);
    g_test_add_func("/session/made/permissions-model", test_permissions_model);
    g_test_add_func("/session/made/rules", test_rules);
    g_test_add_func("/session/made/containers", test_containers);
    g_test_add_func("/session/made/entries", test_entries);
    g_test_add_func("/session/made/one-entry", test_one_entry);
    g_test_add_func("/session/made/other-eyes", test_other_eyes);
    g_test_add_func("/session/made/book-model", test_book_model);
    g_test_add_func("/session/made/stores", test_stores);
    g_test_add_func("/session/made/users", test_users);
    g_test_add_func("/session/made/figures", test_figures);
    return g_test_run();
}
