/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of the mailbox layout: what must hold of every plan, and names that clients know. */
#include <string.h>

#include "base/text.h"
#include "groupware/layout.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

static const TwLayoutKind kinds[] = { TW_LAYOUT_PRIVATE, TW_LAYOUT_PUBLIC, TW_LAYOUT_ARCHIVE };

typedef void (*PlanFunc)(const TwLayoutPlan *plan);

static void
foreach_plan(PlanFunc func)
{
    for (guint i = 0; i < tw_layout_language_count(); i++) {
        for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            TwLayoutPlan plan;
            tw_layout_plan(kinds[kind], tw_layout_language_at(i), &plan);
            g_assert_cmpstr(plan.language, ==, tw_layout_language_at(i));
            func(&plan);
        }
    }
}

static gboolean
has_folder(const TwLayoutPlan *plan, TwLayoutFolderKey key)
{
    return key == TW_LAYOUT_FOLDER_ROOT || tw_layout_plan_folder(plan, key) != NULL;
}

/* ---- folders ---- */

static void
check_tree(const TwLayoutPlan *plan)
{
    for (guint i = 0; i < plan->folders_count; i++) {
        const TwLayoutFolder *folder = &plan->folders[i];
        gboolean parent_above = folder->parent == TW_LAYOUT_FOLDER_ROOT;

        for (guint j = 0; j < i; j++) {
            g_assert_cmpint(plan->folders[j].key, !=, folder->key);
            parent_above |= plan->folders[j].key == folder->parent;
        }
        if (!parent_above)
            g_error("folder %s stands before its parent", folder->name);
    }
}

/* No two siblings may have one name; the engine would refuse the second. */
static void
check_names(const TwLayoutPlan *plan)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < plan->folders_count; i++) {
        const TwLayoutFolder *folder = &plan->folders[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *key = tw_text_name_key(folder->name, strlen(folder->name), &error);

        g_assert_no_error(error);
        g_assert_cmpstr(key, !=, "");
        g_assert_cmpuint(strlen(folder->name), <=, 255);
        g_assert_null(strpbrk(folder->name, "/\\\t\r\n"));
        g_assert_false(g_ascii_isspace(folder->name[0]));
        g_assert_false(g_ascii_isspace(folder->name[strlen(folder->name) - 1]));
        if (!g_hash_table_add(taken, g_strdup_printf("%d %s", folder->parent, key)))
            g_error("%s: two folders are called %s", plan->language, folder->name);
        g_assert_true(tw_layout_is_name(folder->key, folder->name));
    }
}

static void
check_classes(const TwLayoutPlan *plan)
{
    for (guint i = 0; i < plan->folders_count; i++) {
        const TwLayoutFolder *folder = &plan->folders[i];

        g_assert_cmpuint(folder->flags & ~(guint) (TW_LAYOUT_HIDDEN | TW_LAYOUT_SEARCH), ==, 0);
        g_assert_cmpuint(folder->everyone & ~0x1ffbu, ==, 0);
        if (folder->container_class != NULL)
            g_assert_true(tw_message_class_is(folder->container_class, "IPF"));
    }
    for (guint i = 0; i < plan->messages_count; i++) {
        const TwLayoutMessage *message = &plan->messages[i];

        g_assert_true(tw_message_class_is(message->message_class, "IPM"));
        g_assert_true(has_folder(plan, message->folder));
        for (guint j = 0; j < message->values_count; j++) {
            guint type = tw_prop_tag_type(message->values[j].tag);
            g_assert_true(type == TW_PT_LONG ||
                          (type == TW_PT_BOOLEAN && message->values[j].value <= 1));
        }
    }
}

/* ---- pointers ---- */

static gboolean
plan_has_message(const TwLayoutPlan *plan, TwLayoutMessageKey key)
{
    for (guint i = 0; i < plan->messages_count; i++) {
        if (plan->messages[i].key == key)
            return TRUE;
    }
    return FALSE;
}

static void
check_pointer(const TwLayoutPlan *plan, const TwLayoutPointer *pointer, const TwLayoutPointer *last)
{
    static const guint types[] = { [TW_LAYOUT_PLAIN] = TW_PT_BINARY,
                                   [TW_LAYOUT_ITEM] = TW_PT_MV_BINARY,
                                   [TW_LAYOUT_PERSIST] = TW_PT_BINARY };

    g_assert_cmpuint(tw_prop_tag_type(pointer->tag), ==, types[pointer->form]);
    g_assert_cmpuint(pointer->places, !=, 0);
    if (pointer->message != TW_LAYOUT_MESSAGE_NONE)
        g_assert_true(plan_has_message(plan, pointer->message));
    else
        g_assert_true(has_folder(plan, pointer->folder));
    if ((pointer->places & TW_LAYOUT_ON_INBOX) != 0)
        g_assert_true(has_folder(plan, TW_LAYOUT_FOLDER_INBOX));
    if (last == NULL || last->tag != pointer->tag)
        return;
    /* pieces of one property */
    g_assert_cmpint(pointer->form, !=, TW_LAYOUT_PLAIN);
    g_assert_cmpint(pointer->form, ==, last->form);
    g_assert_cmpint(pointer->places, ==, last->places);
    g_assert_cmpuint(pointer->number, >, last->number);
}

static void
check_pointers(const TwLayoutPlan *plan)
{
    for (guint i = 0; i < plan->pointers_count; i++) {
        check_pointer(plan, &plan->pointers[i], i == 0 ? NULL : &plan->pointers[i - 1]);
        for (guint j = 0; j + 1 < i; j++) /* the pieces of a property stand side by side */
            g_assert_true(plan->pointers[j].tag != plan->pointers[i].tag ||
                          plan->pointers[i - 1].tag == plan->pointers[i].tag);
    }
    for (guint i = 0; i < plan->receive_count; i++)
        g_assert_true(has_folder(plan, plan->receive[i].folder));
}

static void
test_trees(void)
{
    foreach_plan(check_tree);
}

static void
test_names(void)
{
    foreach_plan(check_names);
}

static void
test_classes(void)
{
    foreach_plan(check_classes);
}

static void
test_pointers(void)
{
    foreach_plan(check_pointers);
}

/* A property leads to every folder but those that clients find by their class, and the Inbox, which receives. */
static void
test_nothing_is_lost(void)
{
    static const TwLayoutFolderKey by_name[] = { TW_LAYOUT_FOLDER_INBOX,
                                                 TW_LAYOUT_FOLDER_QUICK_CONTACTS,
                                                 TW_LAYOUT_FOLDER_IM_CONTACTS,
                                                 TW_LAYOUT_FOLDER_GAL_CONTACTS };

    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        TwLayoutPlan plan;
        tw_layout_plan(kinds[kind], "en", &plan);
        for (guint i = 0; i < plan.folders_count; i++) {
            gboolean found = FALSE;
            for (guint j = 0; j < G_N_ELEMENTS(by_name); j++)
                found |= by_name[j] == plan.folders[i].key;
            for (guint j = 0; j < plan.pointers_count; j++)
                found |= plan.pointers[j].folder == plan.folders[i].key;
            if (!found)
                g_error("nothing leads to %s", plan.folders[i].name);
        }
    }
}

/* spec/mailbox-layout.md 5.2, as written there. */
static void
test_pointer_numbers(void)
{
    static const struct {
        guint32 tag;
        guint number;
        TwLayoutFolderKey folder;
        TwLayoutPlaces places;
    } wanted[] = {
        { 0x35e00102, 0, TW_LAYOUT_FOLDER_IPM_SUBTREE, TW_LAYOUT_ON_STORE },
        { 0x35e20102, 0, TW_LAYOUT_FOLDER_OUTBOX, TW_LAYOUT_ON_STORE },
        { 0x35e30102, 0, TW_LAYOUT_FOLDER_DELETED, TW_LAYOUT_ON_STORE },
        { 0x35e40102, 0, TW_LAYOUT_FOLDER_SENT, TW_LAYOUT_ON_STORE },
        { 0x35e50102, 0, TW_LAYOUT_FOLDER_VIEWS, TW_LAYOUT_ON_STORE },
        { 0x35e60102, 0, TW_LAYOUT_FOLDER_COMMON_VIEWS, TW_LAYOUT_ON_STORE },
        { 0x35e70102, 0, TW_LAYOUT_FOLDER_FINDER, TW_LAYOUT_ON_STORE },
        { 0x35e80102, 0, TW_LAYOUT_FOLDER_SPOOLER, TW_LAYOUT_ON_STORE },
        { 0x661e0102, 0, TW_LAYOUT_FOLDER_SCHEDULE, TW_LAYOUT_ON_STORE },
        { 0x661f0102, 0, TW_LAYOUT_FOLDER_DEFERRED, TW_LAYOUT_ON_STORE },
        { 0x66300102, 0, TW_LAYOUT_FOLDER_SHORTCUTS, TW_LAYOUT_ON_STORE },
        { 0x36d00102, 0, TW_LAYOUT_FOLDER_CALENDAR, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d10102, 0, TW_LAYOUT_FOLDER_CONTACTS, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d20102, 0, TW_LAYOUT_FOLDER_JOURNAL, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d30102, 0, TW_LAYOUT_FOLDER_NOTES, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d40102, 0, TW_LAYOUT_FOLDER_TASKS, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d70102, 0, TW_LAYOUT_FOLDER_DRAFTS, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d81102, 0, TW_LAYOUT_FOLDER_CONFLICTS, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d81102, 1, TW_LAYOUT_FOLDER_SYNC_ISSUES, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d81102, 2, TW_LAYOUT_FOLDER_LOCAL_FAILURES, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d81102, 3, TW_LAYOUT_FOLDER_SERVER_FAILURES, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d81102, 4, TW_LAYOUT_FOLDER_JUNK, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d90102, 0x8001, TW_LAYOUT_FOLDER_RSS, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d90102, 0x8006, TW_LAYOUT_FOLDER_CONVERSATIONS,
          TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d90102, 0x8007, TW_LAYOUT_FOLDER_QUICK_STEPS,
          TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36d90102, 0x8008, TW_LAYOUT_FOLDER_SUGGESTED, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
        { 0x36e41102, 3, TW_LAYOUT_FOLDER_FREEBUSY, TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX },
    };
    TwLayoutPlan plan;

    tw_layout_plan(TW_LAYOUT_PRIVATE, "de", &plan);
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        gboolean found = FALSE;
        for (guint j = 0; j < plan.pointers_count; j++)
            found |= plan.pointers[j].tag == wanted[i].tag &&
                     plan.pointers[j].number == wanted[i].number &&
                     plan.pointers[j].folder == wanted[i].folder &&
                     plan.pointers[j].places == wanted[i].places;
        if (!found)
            g_error("no pointer %08x, number %u", wanted[i].tag, wanted[i].number);
    }
}

/* Classes, flags and rights as a server of the platform makes them: spec/mapi-soap.md 17.2 and 17.3. */
static void
test_captured(void)
{
    static const struct {
        TwLayoutKind kind;
        TwLayoutFolderKey key, parent;
        const char *name, *container_class;
        TwLayoutFlags flags;
        guint32 everyone;
    } wanted[] = {
#define PRIVATE(key, parent, ...)                                                                  \
    { TW_LAYOUT_PRIVATE, TW_LAYOUT_FOLDER_##key, TW_LAYOUT_FOLDER_##parent, __VA_ARGS__ }
#define PUBLIC(key, parent, ...)                                                                   \
    {                                                                                              \
        TW_LAYOUT_PUBLIC, TW_LAYOUT_FOLDER_##key, TW_LAYOUT_FOLDER_##parent, __VA_ARGS__           \
    }
        PRIVATE(IPM_SUBTREE, ROOT, "IPM_SUBTREE", NULL, 0, 0),
        PRIVATE(COMMON_VIEWS, ROOT, "IPM_COMMON_VIEWS", NULL, 0, 0),
        PRIVATE(VIEWS, ROOT, "IPM_VIEWS", NULL, 0, 0),
        PRIVATE(FINDER, ROOT, "FINDER_ROOT", NULL, 0, 0x499),
        PRIVATE(SHORTCUTS, ROOT, "Shortcut", NULL, 0, 0),
        PRIVATE(SCHEDULE, ROOT, "Schedule", NULL, 0, 0),
        PRIVATE(FREEBUSY, ROOT, "Freebusy Data", NULL, 0, 0),
        PRIVATE(INBOX, IPM_SUBTREE, "Inbox", NULL, 0, 0),
        PRIVATE(OUTBOX, IPM_SUBTREE, "Outbox", NULL, 0, 0),
        PRIVATE(DELETED, IPM_SUBTREE, "Deleted Items", NULL, 0, 0),
        PRIVATE(SENT, IPM_SUBTREE, "Sent Items", NULL, 0, 0),
        PRIVATE(CONTACTS, IPM_SUBTREE, "Contacts", "IPF.Contact", 0, 0),
        PRIVATE(CALENDAR, IPM_SUBTREE, "Calendar", "IPF.Appointment", 0, 0),
        PRIVATE(DRAFTS, IPM_SUBTREE, "Drafts", "IPF.Note", 0, 0),
        PRIVATE(JOURNAL, IPM_SUBTREE, "Journal", "IPF.Journal", 0, 0),
        PRIVATE(NOTES, IPM_SUBTREE, "Notes", "IPF.StickyNote", 0, 0),
        PRIVATE(TASKS, IPM_SUBTREE, "Tasks", "IPF.Task", 0, 0),
        PRIVATE(JUNK, IPM_SUBTREE, "Junk E-mail", "IPF.Note", 0, 0),
        PRIVATE(RSS, IPM_SUBTREE, "RSS Feeds", "IPF.Note.OutlookHomepage", 0, 0),
        PRIVATE(CONVERSATIONS, IPM_SUBTREE, "Conversation Action Settings", "IPF.Configuration",
                TW_LAYOUT_HIDDEN, 0),
        PRIVATE(QUICK_STEPS, IPM_SUBTREE, "Quick Step Settings", "IPF.Configuration",
                TW_LAYOUT_HIDDEN, 0),
        PRIVATE(SUGGESTED, IPM_SUBTREE, "Suggested Contacts", "IPF.Contact", 0, 0),
        PUBLIC(IPM_SUBTREE, ROOT, "IPM_SUBTREE", NULL, 0, 0x49b),
        PUBLIC(NON_IPM_SUBTREE, ROOT, "NON_IPM_SUBTREE", NULL, 0, 0),
        PUBLIC(FINDER, ROOT, "FINDER_ROOT", NULL, 0, 0x499),
        PUBLIC(SITE_SCHEDULE, NON_IPM_SUBTREE, "SCHEDULE+ FREE BUSY", NULL, 0, 0x401),
        PUBLIC(SITE_FREEBUSY, SITE_SCHEDULE, "Zarafa 1", NULL, 0, 0x5fb),
    };

    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        TwLayoutPlan plan;
        const TwLayoutFolder *folder;

        tw_layout_plan(wanted[i].kind, "en_US.UTF-8", &plan);
        folder = tw_layout_plan_folder(&plan, wanted[i].key);
        g_assert_nonnull(folder);
        g_assert_cmpint(folder->parent, ==, wanted[i].parent);
        g_assert_cmpstr(folder->name, ==, wanted[i].name);
        g_assert_cmpstr(folder->container_class, ==, wanted[i].container_class);
        g_assert_cmpuint(folder->flags, ==, wanted[i].flags);
        g_assert_cmphex(folder->everyone, ==, wanted[i].everyone);
        g_assert_cmpuint(plan.valid_folders, ==, 255);
    }
}

/* ---- names ---- */

static void
test_known_names(void)
{
    static const struct {
        const char *locale;
        TwLayoutFolderKey key;
        const char *name;
    } wanted[] = {
        { "en", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "en_GB.UTF-8", TW_LAYOUT_FOLDER_SENT, "Sent Items" },
        { "de_DE.UTF-8", TW_LAYOUT_FOLDER_INBOX, "Posteingang" },
        { "de_AT@euro", TW_LAYOUT_FOLDER_SENT, "Gesendete Elemente" },
        { "de", TW_LAYOUT_FOLDER_RSS, "RSS-Feeds" },
        { "fr_FR", TW_LAYOUT_FOLDER_JUNK, "Courrier indésirable" },
        { "fr", TW_LAYOUT_FOLDER_SYNC_ISSUES, "Problèmes de synchronisation" },
        { "nl-NL", TW_LAYOUT_FOLDER_INBOX, "Postvak IN" },
        { "nl", TW_LAYOUT_FOLDER_CALENDAR, "Agenda" },
        { "es_MX", TW_LAYOUT_FOLDER_DELETED, "Elementos eliminados" },
        { "it_IT", TW_LAYOUT_FOLDER_OUTBOX, "Posta in uscita" },
        { "pt_BR", TW_LAYOUT_FOLDER_DELETED, "Itens Excluídos" },
        { "pt_PT", TW_LAYOUT_FOLDER_DELETED, "Itens Eliminados" },
        { "pt_AO", TW_LAYOUT_FOLDER_DELETED, "Itens Eliminados" },
        { "sr_RS@latin", TW_LAYOUT_FOLDER_DRAFTS, "Radne verzije" },
        { "sr_RS.UTF-8@latin", TW_LAYOUT_FOLDER_DRAFTS, "Radne verzije" },
        { "zh_HK", TW_LAYOUT_FOLDER_INBOX, "收件匣" },
        { "no_NO", TW_LAYOUT_FOLDER_INBOX, "Innboks" },
        { "ja_JP.eucJP", TW_LAYOUT_FOLDER_TASKS, "タスク" },
        { "ja", TW_LAYOUT_FOLDER_SYNC_ISSUES, "Sync Issues" },
        { "fi", TW_LAYOUT_FOLDER_CONVERSATIONS, "Conversation Action Settings" },
        { "de", TW_LAYOUT_FOLDER_IPM_SUBTREE, "IPM_SUBTREE" },
        /* no language of ours: English */
        { "C", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "POSIX", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { NULL, TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "tlh_KX", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "../../etc/passwd", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "d", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "dex", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
        { "\xff\xfe_\x80", TW_LAYOUT_FOLDER_INBOX, "Inbox" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++)
        g_assert_cmpstr(tw_layout_name(wanted[i].key, wanted[i].locale), ==, wanted[i].name);
}

static void
test_find_language(void)
{
    static const struct {
        const char *locale, *language;
    } wanted[] = {
        { "de_CH", "de" },
        { "DE_de", "de" },
        { "zh", "zh_CN" },
        { "pt", "pt_BR" },
        { "ar_EG", "ar_SA" },
        { "fil_PH", "fil" },
        { "fi", "fi" },
        { "tl", "fil" },
        { "xx", NULL },
        { "english", NULL },
        { "_DE", NULL },
        { "en@", "en" },
        { "ca_ES@valencia", "ca_ES@valencia" },
        { "ca_ES", "ca" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++)
        g_assert_cmpstr(tw_layout_language_find(wanted[i].locale), ==, wanted[i].language);
    for (guint i = 0; i + 1 < tw_layout_language_count(); i++)
        g_assert_cmpint(strcmp(tw_layout_language_at(i), tw_layout_language_at(i + 1)), <, 0);
}

static void
test_is_name(void)
{
    g_assert_true(tw_layout_is_name(TW_LAYOUT_FOLDER_INBOX, "POSTEINGANG"));
    g_assert_true(
        tw_layout_is_name(TW_LAYOUT_FOLDER_SENT, "E\xcc\x81le\xcc\x81ments envoye\xcc\x81s"));
    g_assert_true(tw_layout_is_name(TW_LAYOUT_FOLDER_RSS, "RSS-Feeds"));
    g_assert_true(tw_layout_is_name(TW_LAYOUT_FOLDER_SHORTCUTS, "Shortcut"));
    g_assert_true(tw_layout_is_name(TW_LAYOUT_FOLDER_JUNK, "Junk E-mail"));
    g_assert_true(tw_layout_is_name(TW_LAYOUT_FOLDER_JUNK, "Junk Email"));
    g_assert_false(tw_layout_is_name(TW_LAYOUT_FOLDER_SHORTCUTS, "Shortcuts"));
    g_assert_false(tw_layout_is_name(TW_LAYOUT_FOLDER_INBOX, "Postausgang"));
    g_assert_false(tw_layout_is_name(TW_LAYOUT_FOLDER_INBOX, "My own"));
    g_assert_false(tw_layout_is_name(TW_LAYOUT_FOLDER_INBOX, ""));
    g_assert_false(tw_layout_is_name(TW_LAYOUT_FOLDER_INBOX, "\xff"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/trees", test_trees);
    g_test_add_func("/layout/names", test_names);
    g_test_add_func("/layout/classes", test_classes);
    g_test_add_func("/layout/pointers", test_pointers);
    g_test_add_func("/layout/nothing-is-lost", test_nothing_is_lost);
    g_test_add_func("/layout/pointer-numbers", test_pointer_numbers);
    g_test_add_func("/layout/captured", test_captured);
    g_test_add_func("/layout/known-names", test_known_names);
    g_test_add_func("/layout/find-language", test_find_language);
    g_test_add_func("/layout/is-name", test_is_name);
    return g_test_run();
}
