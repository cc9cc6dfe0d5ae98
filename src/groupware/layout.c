/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tables of layout.h. Order of the folder rows: a folder after its parent, so that a plan can be executed from top to
 * bottom. tests/groupware/layout-test.c shows what must hold of them.
 */
#include "groupware/layout.h"

#include <string.h>

#include "base/text.h"
#include "groupware/layout-private.h"
#include "mapi/tags.h"

#define NO_NAMES -1

/* spec/mailbox-layout.md 10.1 */
enum {
    RIGHT_READ = 0x1,
    RIGHT_CREATE = 0x2,
    RIGHT_EDIT_OWN = 0x8,
    RIGHT_DELETE_OWN = 0x10,
    RIGHT_EDIT_ANY = 0x20,
    RIGHT_DELETE_ANY = 0x40,
    RIGHT_CREATE_FOLDER = 0x80,
    RIGHT_OWNER = 0x100,
    RIGHT_VISIBLE = 0x400,
    RIGHTS_FINDER =
        RIGHT_READ | RIGHT_EDIT_OWN | RIGHT_DELETE_OWN | RIGHT_CREATE_FOLDER | RIGHT_VISIBLE,
    RIGHTS_SHARED = RIGHTS_FINDER | RIGHT_CREATE,
    RIGHTS_LOOK = RIGHT_READ | RIGHT_VISIBLE,
    RIGHTS_ALL = RIGHTS_SHARED | RIGHT_EDIT_ANY | RIGHT_DELETE_ANY | RIGHT_OWNER,
};

/* The spooler queue's pointer has no name in the property lists. */
#define PR_SPOOLER_QUEUE_ENTRYID 0x35e80102u

/* ---- folders ---- */

/* Sorted as in the header: the row of a folder is found by its key. */
typedef struct {
    const char *english; /* of a folder whose name is not translated; NULL: see the columns */
    int column;          /* LAYOUT_NAME_..., or NO_NAMES */
    int more;            /* LAYOUT_MORE_..., or NO_NAMES */
} FolderName;

#define FIXED(text)                                                                                \
    {                                                                                              \
        .english = (text), .column = NO_NAMES, .more = NO_NAMES                                    \
    }
#define NAMED(which)                                                                               \
    {                                                                                              \
        .column = LAYOUT_NAME_##which, .more = NO_NAMES                                            \
    }
#define MORE(which)                                                                                \
    {                                                                                              \
        .column = NO_NAMES, .more = LAYOUT_MORE_##which                                            \
    }

static const FolderName folder_names[TW_LAYOUT_FOLDER_COUNT] = {
    [TW_LAYOUT_FOLDER_NONE] = FIXED(""),
    [TW_LAYOUT_FOLDER_ROOT] = FIXED(""),
    [TW_LAYOUT_FOLDER_IPM_SUBTREE] = FIXED("IPM_SUBTREE"),
    [TW_LAYOUT_FOLDER_INBOX] = NAMED(INBOX),
    [TW_LAYOUT_FOLDER_OUTBOX] = NAMED(OUTBOX),
    [TW_LAYOUT_FOLDER_DELETED] = NAMED(DELETED),
    [TW_LAYOUT_FOLDER_SENT] = NAMED(SENT),
    [TW_LAYOUT_FOLDER_DRAFTS] = NAMED(DRAFTS),
    [TW_LAYOUT_FOLDER_CALENDAR] = NAMED(CALENDAR),
    [TW_LAYOUT_FOLDER_CONTACTS] = NAMED(CONTACTS),
    [TW_LAYOUT_FOLDER_TASKS] = NAMED(TASKS),
    [TW_LAYOUT_FOLDER_NOTES] = NAMED(NOTES),
    [TW_LAYOUT_FOLDER_JOURNAL] = NAMED(JOURNAL),
    [TW_LAYOUT_FOLDER_JUNK] = NAMED(JUNK),
    [TW_LAYOUT_FOLDER_RSS] = MORE(RSS),
    [TW_LAYOUT_FOLDER_SUGGESTED] = MORE(SUGGESTED),
    [TW_LAYOUT_FOLDER_CONVERSATIONS] = FIXED("Conversation Action Settings"),
    [TW_LAYOUT_FOLDER_QUICK_STEPS] = FIXED("Quick Step Settings"),
    [TW_LAYOUT_FOLDER_SYNC_ISSUES] = MORE(SYNC_ISSUES),
    [TW_LAYOUT_FOLDER_CONFLICTS] = MORE(CONFLICTS),
    [TW_LAYOUT_FOLDER_LOCAL_FAILURES] = MORE(LOCAL_FAILURES),
    [TW_LAYOUT_FOLDER_SERVER_FAILURES] = MORE(SERVER_FAILURES),
    [TW_LAYOUT_FOLDER_QUICK_CONTACTS] = FIXED("Quick Contacts"),
    [TW_LAYOUT_FOLDER_IM_CONTACTS] = FIXED("IM Contact List"),
    [TW_LAYOUT_FOLDER_GAL_CONTACTS] = FIXED("GAL Contacts"),
    [TW_LAYOUT_FOLDER_COMMON_VIEWS] = FIXED("IPM_COMMON_VIEWS"),
    [TW_LAYOUT_FOLDER_VIEWS] = FIXED("IPM_VIEWS"),
    [TW_LAYOUT_FOLDER_FINDER] = FIXED("FINDER_ROOT"),
    [TW_LAYOUT_FOLDER_SHORTCUTS] = FIXED("Shortcut"),
    [TW_LAYOUT_FOLDER_SCHEDULE] = FIXED("Schedule"),
    [TW_LAYOUT_FOLDER_FREEBUSY] = FIXED("Freebusy Data"),
    [TW_LAYOUT_FOLDER_DEFERRED] = FIXED("Deferred Action"),
    [TW_LAYOUT_FOLDER_SPOOLER] = FIXED("Spooler Queue"),
    [TW_LAYOUT_FOLDER_NON_IPM_SUBTREE] = FIXED("NON_IPM_SUBTREE"),
    [TW_LAYOUT_FOLDER_SITE_SCHEDULE] = FIXED("SCHEDULE+ FREE BUSY"),
    [TW_LAYOUT_FOLDER_SITE_FREEBUSY] = FIXED("Zarafa 1"), /* what clients of old look for */
    [TW_LAYOUT_FOLDER_EFORMS] = FIXED("EFORMS REGISTRY"),
    [TW_LAYOUT_FOLDER_OFFLINE_BOOK] = FIXED("OFFLINE ADDRESS BOOK"),
};

/* key, parent, container class, flags, rights of everyone */
#define FOLDER(k, p, ...)                                                                          \
    {                                                                                              \
        TW_LAYOUT_FOLDER_##k, TW_LAYOUT_FOLDER_##p, NULL, __VA_ARGS__                              \
    }

/* Inbox, Outbox, Deleted Items and Sent Items have no class: so do those that other servers make. */
/* clang-format off */
static const TwLayoutFolder private_folders[] = {
    FOLDER(IPM_SUBTREE, ROOT, NULL, 0, 0),
    FOLDER(INBOX, IPM_SUBTREE, NULL, 0, 0),
    FOLDER(OUTBOX, IPM_SUBTREE, NULL, 0, 0),
    FOLDER(DELETED, IPM_SUBTREE, NULL, 0, 0),
    FOLDER(SENT, IPM_SUBTREE, NULL, 0, 0),
    FOLDER(DRAFTS, IPM_SUBTREE, "IPF.Note", 0, 0),
    FOLDER(CALENDAR, IPM_SUBTREE, "IPF.Appointment", 0, 0),
    FOLDER(CONTACTS, IPM_SUBTREE, "IPF.Contact", 0, 0),
    FOLDER(TASKS, IPM_SUBTREE, "IPF.Task", 0, 0),
    FOLDER(NOTES, IPM_SUBTREE, "IPF.StickyNote", 0, 0),
    FOLDER(JOURNAL, IPM_SUBTREE, "IPF.Journal", 0, 0),
    FOLDER(JUNK, IPM_SUBTREE, "IPF.Note", 0, 0),
    FOLDER(RSS, IPM_SUBTREE, "IPF.Note.OutlookHomepage", 0, 0),
    FOLDER(SUGGESTED, IPM_SUBTREE, "IPF.Contact", 0, 0),
    FOLDER(CONVERSATIONS, IPM_SUBTREE, "IPF.Configuration", TW_LAYOUT_HIDDEN, 0),
    FOLDER(QUICK_STEPS, IPM_SUBTREE, "IPF.Configuration", TW_LAYOUT_HIDDEN, 0),
    FOLDER(SYNC_ISSUES, IPM_SUBTREE, "IPF.Note", 0, 0),
    FOLDER(CONFLICTS, SYNC_ISSUES, "IPF.Note", 0, 0),
    FOLDER(LOCAL_FAILURES, SYNC_ISSUES, "IPF.Note", 0, 0),
    FOLDER(SERVER_FAILURES, SYNC_ISSUES, "IPF.Note", 0, 0),
    FOLDER(QUICK_CONTACTS, CONTACTS, "IPF.Contact.MOC.QuickContacts", TW_LAYOUT_HIDDEN, 0),
    FOLDER(IM_CONTACTS, CONTACTS, "IPF.Contact.MOC.ImContactList", TW_LAYOUT_HIDDEN, 0),
    FOLDER(GAL_CONTACTS, CONTACTS, "IPF.Contact.GalContacts", TW_LAYOUT_HIDDEN, 0),
    FOLDER(COMMON_VIEWS, ROOT, NULL, 0, 0),
    FOLDER(VIEWS, ROOT, NULL, 0, 0),
    FOLDER(FINDER, ROOT, NULL, 0, RIGHTS_FINDER),
    FOLDER(SHORTCUTS, ROOT, NULL, 0, 0),
    FOLDER(SCHEDULE, ROOT, NULL, 0, 0),
    FOLDER(FREEBUSY, ROOT, NULL, 0, 0),
    FOLDER(DEFERRED, ROOT, NULL, 0, 0),
    FOLDER(SPOOLER, ROOT, NULL, TW_LAYOUT_SEARCH, 0),
};

static const TwLayoutFolder public_folders[] = {
    FOLDER(IPM_SUBTREE, ROOT, NULL, 0, RIGHTS_SHARED),
    FOLDER(NON_IPM_SUBTREE, ROOT, NULL, 0, 0),
    FOLDER(SITE_SCHEDULE, NON_IPM_SUBTREE, NULL, 0, RIGHTS_LOOK),
    FOLDER(SITE_FREEBUSY, SITE_SCHEDULE, NULL, 0, RIGHTS_ALL),
    FOLDER(EFORMS, NON_IPM_SUBTREE, NULL, 0, 0),
    FOLDER(OFFLINE_BOOK, NON_IPM_SUBTREE, NULL, 0, 0),
    FOLDER(FINDER, ROOT, NULL, 0, RIGHTS_FINDER),
};

static const TwLayoutFolder archive_folders[] = {
    FOLDER(IPM_SUBTREE, ROOT, NULL, 0, 0),
};
/* clang-format on */

/* ---- hidden messages ---- */

/* Months that are published: what Outlook and older servers agree on when nobody says otherwise. */
enum {
    FREEBUSY_MONTHS = 6
};

static const TwLayoutValue freebusy_hidden_values[] = {
    { PR_FREEBUSY_COUNT_MONTHS, FREEBUSY_MONTHS },
};

static const TwLayoutValue freebusy_values[] = {
    { PR_FREEBUSY_COUNT_MONTHS, FREEBUSY_MONTHS },
    { PR_PROCESS_MEETING_REQUESTS, FALSE },
    { PR_DECLINE_RECURRING_MEETING_REQUESTS, FALSE },
    { PR_DECLINE_CONFLICTING_MEETING_REQUESTS, FALSE },
};

static const TwLayoutMessage private_messages[] = {
    { .key = TW_LAYOUT_MESSAGE_FREEBUSY_HIDDEN,
      .folder = TW_LAYOUT_FOLDER_CALENDAR,
      .associated = TRUE,
      .message_class = "IPM.Microsoft.ScheduleData.FreeBusy",
      .subject = "LocalFreebusy",
      .values = freebusy_hidden_values,
      .values_count = G_N_ELEMENTS(freebusy_hidden_values) },
    { .key = TW_LAYOUT_MESSAGE_FREEBUSY,
      .folder = TW_LAYOUT_FOLDER_FREEBUSY,
      .associated = FALSE,
      .message_class = "IPM.Microsoft.ScheduleData.FreeBusy",
      .subject = "LocalFreebusy",
      .values = freebusy_values,
      .values_count = G_N_ELEMENTS(freebusy_values) },
};

/* ---- pointers ----
 *
 * That to the Inbox is not among them: the store computes it from the receive folders. */

#define ON_BOTH (TW_LAYOUT_ON_ROOT | TW_LAYOUT_ON_INBOX)
#define POINT(t, p, k)                                                                             \
    {                                                                                              \
        .tag = (t), .places = (p), .form = TW_LAYOUT_PLAIN, .folder = TW_LAYOUT_FOLDER_##k         \
    }
#define STORE(t, k) POINT(t, TW_LAYOUT_ON_STORE, k)
#define BOTH(t, k) POINT(t, ON_BOTH, k)
#define ITEM(t, n, k)                                                                              \
    {                                                                                              \
        .tag = (t), .places = ON_BOTH, .form = TW_LAYOUT_ITEM, .number = (n),                      \
        .folder = TW_LAYOUT_FOLDER_##k                                                             \
    }
#define ITEM_MESSAGE(t, n, k)                                                                      \
    {                                                                                              \
        .tag = (t), .places = ON_BOTH, .form = TW_LAYOUT_ITEM, .number = (n),                      \
        .message = TW_LAYOUT_MESSAGE_##k                                                           \
    }
#define PERSIST(n, k)                                                                              \
    {                                                                                              \
        .tag = PR_ADDITIONAL_REN_ENTRYIDS_EX, .places = ON_BOTH, .form = TW_LAYOUT_PERSIST,        \
        .number = (n), .folder = TW_LAYOUT_FOLDER_##k                                              \
    }

static const TwLayoutPointer private_pointers[] = {
    STORE(PR_IPM_SUBTREE_ENTRYID, IPM_SUBTREE),
    STORE(PR_IPM_OUTBOX_ENTRYID, OUTBOX),
    STORE(PR_IPM_WASTEBASKET_ENTRYID, DELETED),
    STORE(PR_IPM_SENTMAIL_ENTRYID, SENT),
    STORE(PR_VIEWS_ENTRYID, VIEWS),
    STORE(PR_COMMON_VIEWS_ENTRYID, COMMON_VIEWS),
    STORE(PR_FINDER_ENTRYID, FINDER),
    STORE(PR_SPOOLER_QUEUE_ENTRYID, SPOOLER),
    STORE(PR_SCHEDULE_FOLDER_ENTRYID, SCHEDULE),
    STORE(PR_IPM_DAF_ENTRYID, DEFERRED),
    STORE(PR_IPM_FAVORITES_ENTRYID, SHORTCUTS),
    BOTH(PR_IPM_APPOINTMENT_ENTRYID, CALENDAR),
    BOTH(PR_IPM_CONTACT_ENTRYID, CONTACTS),
    BOTH(PR_IPM_JOURNAL_ENTRYID, JOURNAL),
    BOTH(PR_IPM_NOTE_ENTRYID, NOTES),
    BOTH(PR_IPM_TASK_ENTRYID, TASKS),
    BOTH(PR_IPM_DRAFTS_ENTRYID, DRAFTS),
    ITEM(PR_ADDITIONAL_REN_ENTRYIDS, 0, CONFLICTS),
    ITEM(PR_ADDITIONAL_REN_ENTRYIDS, 1, SYNC_ISSUES),
    ITEM(PR_ADDITIONAL_REN_ENTRYIDS, 2, LOCAL_FAILURES),
    ITEM(PR_ADDITIONAL_REN_ENTRYIDS, 3, SERVER_FAILURES),
    ITEM(PR_ADDITIONAL_REN_ENTRYIDS, 4, JUNK),
    PERSIST(0x8001, RSS),
    PERSIST(0x8006, CONVERSATIONS),
    PERSIST(0x8007, QUICK_STEPS),
    PERSIST(0x8008, SUGGESTED),
    ITEM_MESSAGE(PR_FREEBUSY_ENTRYIDS, 0, FREEBUSY_HIDDEN),
    ITEM_MESSAGE(PR_FREEBUSY_ENTRYIDS, 1, FREEBUSY),
    ITEM(PR_FREEBUSY_ENTRYIDS, 3, FREEBUSY),
};

static const TwLayoutPointer public_pointers[] = {
    STORE(PR_IPM_SUBTREE_ENTRYID, IPM_SUBTREE),
    STORE(PR_FINDER_ENTRYID, FINDER),
    STORE(PR_NON_IPM_SUBTREE_ENTRYID, NON_IPM_SUBTREE),
    STORE(PR_EFORMS_REGISTRY_ENTRYID, EFORMS),
    STORE(PR_SPLUS_FREE_BUSY_ENTRYID, SITE_SCHEDULE),
    STORE(PR_OFFLINE_ADDRBOOK_ENTRYID, OFFLINE_BOOK),
    STORE(PR_FREE_BUSY_FOR_LOCAL_SITE_ENTRYID, SITE_FREEBUSY),
    STORE(PR_ADDRBOOK_FOR_LOCAL_SITE_ENTRYID, OFFLINE_BOOK),
    STORE(PR_IPM_PUBLIC_FOLDERS_ENTRYID, IPM_SUBTREE),
};

static const TwLayoutPointer archive_pointers[] = {
    STORE(PR_IPM_SUBTREE_ENTRYID, IPM_SUBTREE),
};

/* ---- receive folders ---- */

static const TwLayoutReceive private_receive[] = {
    { "", TW_LAYOUT_FOLDER_INBOX },
    { "IPM", TW_LAYOUT_FOLDER_INBOX },
    { "REPORT.IPM", TW_LAYOUT_FOLDER_INBOX },
    { "IPC", TW_LAYOUT_FOLDER_ROOT },
};

/* ---- kinds ---- */

typedef struct {
    const TwLayoutFolder *folders;
    guint folders_count;
    const TwLayoutMessage *messages;
    guint messages_count;
    const TwLayoutPointer *pointers;
    guint pointers_count;
    const TwLayoutReceive *receive;
    guint receive_count;
    guint32 valid_folders;
} Kind;

static const Kind kinds[] = {
    [TW_LAYOUT_PRIVATE] = { private_folders, G_N_ELEMENTS(private_folders), private_messages,
                            G_N_ELEMENTS(private_messages), private_pointers,
                            G_N_ELEMENTS(private_pointers), private_receive,
                            G_N_ELEMENTS(private_receive), 0xff },
    /* All bits although most of the folders are not there: clients expect it of a public store. */
    [TW_LAYOUT_PUBLIC] = { public_folders, G_N_ELEMENTS(public_folders), NULL, 0, public_pointers,
                           G_N_ELEMENTS(public_pointers), NULL, 0, 0xff },
    [TW_LAYOUT_ARCHIVE] = { archive_folders, G_N_ELEMENTS(archive_folders), NULL, 0,
                            archive_pointers, G_N_ELEMENTS(archive_pointers), NULL, 0, 0x01 },
};

/* ---- languages ---- */

/* The names of a folder: a column of one of the two tables. NULL: not in this language. */
static const char *
name_in(const FolderName *name, const char *language)
{
    for (guint i = 0; name->column != NO_NAMES && i < tw_layout_names_count; i++) {
        if (strcmp(tw_layout_names[i].language, language) == 0)
            return tw_layout_names[i].names[name->column];
    }
    for (guint i = 0; name->more != NO_NAMES && i < tw_layout_more_names_count; i++) {
        if (strcmp(tw_layout_more_names[i].language, language) == 0)
            return tw_layout_more_names[i].names[name->more];
    }
    return NULL;
}

static const char *
english_name(const FolderName *name)
{
    return name->english != NULL ? name->english : name_in(name, "en");
}

/* A row whose language is these bytes, or a language of which there is only a national one: "pt" is pt_BR's first. */
static const char *
find_row(const char *text, gsize len, gboolean national)
{
    for (guint i = 0; i < tw_layout_names_count; i++) {
        const char *row = tw_layout_names[i].language;
        if (g_ascii_strncasecmp(row, text, len) == 0 &&
            (row[len] == '\0' || (national && row[len] == '_')))
            return row;
    }
    return NULL;
}

/* Languages by other names, and countries that write as another one does. */
static const struct {
    const char *from, *to;
} aliases[] = {
    { "no", "nb" },       { "iw", "he" },
    { "in", "id" },       { "tl", "fil" },
    { "zh_HK", "zh_TW" }, { "zh_MO", "zh_TW" },
    { "zh_SG", "zh_CN" }, { "pt_AO", "pt_PT" },
    { "pt_MZ", "pt_PT" }, { "sr_ME", "sr_RS@latin" },
};

static const char *
find_alias(const char *text, gsize len)
{
    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strlen(aliases[i].from) == len && g_ascii_strncasecmp(aliases[i].from, text, len) == 0)
            return aliases[i].to;
    }
    return NULL;
}

const char *
tw_layout_language_find(const char *locale)
{
    g_autofree char *whole = NULL; /* language, country and modifier, without the charset */
    gsize country_len, language_len;
    const char *modifier, *row;

    if (locale == NULL)
        return NULL;
    country_len = strcspn(locale, ".@");
    language_len = MIN(strcspn(locale, "_-"), country_len);
    if (language_len < 2 || language_len > 3)
        return NULL;
    modifier = strchr(locale, '@');
    whole = g_strdup_printf("%.*s%s", (int) MIN(country_len, 16), locale,
                            modifier == NULL ? "" : modifier);
    g_strdelimit(whole, "-", '_');
    row = find_row(whole, strlen(whole), FALSE);
    if (row == NULL)
        row = find_row(whole, MIN(country_len, 16), FALSE);
    if (row == NULL)
        row = find_alias(whole, MIN(country_len, 16));
    if (row == NULL)
        row = find_row(whole, language_len, FALSE);
    if (row == NULL)
        row = find_alias(whole, language_len);
    return row != NULL ? row : find_row(whole, language_len, TRUE);
}

guint
tw_layout_language_count(void)
{
    return tw_layout_names_count;
}

const char *
tw_layout_language_at(guint index)
{
    g_return_val_if_fail(index < tw_layout_names_count, "en");
    return tw_layout_names[index].language;
}

const char *
tw_layout_name(TwLayoutFolderKey key, const char *locale)
{
    const char *language = tw_layout_language_find(locale);
    const char *name = NULL;

    g_return_val_if_fail((guint) key < TW_LAYOUT_FOLDER_COUNT, "");
    if (language != NULL && folder_names[key].english == NULL)
        name = name_in(&folder_names[key], language);
    return name != NULL ? name : english_name(&folder_names[key]);
}

static gboolean
is_same_name(const char *key, const char *name)
{
    g_autofree char *other = name == NULL ? NULL : tw_text_name_key(name, strlen(name), NULL);

    return other != NULL && strcmp(key, other) == 0;
}

gboolean
tw_layout_is_name(TwLayoutFolderKey key, const char *name)
{
    g_autofree char *wanted = tw_text_name_key(name, strlen(name), NULL);
    const FolderName *names = &folder_names[key];

    g_return_val_if_fail((guint) key < TW_LAYOUT_FOLDER_COUNT, FALSE);
    if (wanted == NULL)
        return FALSE;
    if (names->english != NULL)
        return is_same_name(wanted, names->english);
    for (guint i = 0; names->column != NO_NAMES && i < tw_layout_names_count; i++) {
        if (is_same_name(wanted, tw_layout_names[i].names[names->column]))
            return TRUE;
    }
    for (guint i = 0; names->more != NO_NAMES && i < tw_layout_more_names_count; i++) {
        if (is_same_name(wanted, tw_layout_more_names[i].names[names->more]))
            return TRUE;
    }
    return FALSE;
}

/* ---- plans ---- */

void
tw_layout_plan(TwLayoutKind kind, const char *locale, TwLayoutPlan *ret)
{
    const char *language = tw_layout_language_find(locale);
    const Kind *of;

    g_return_if_fail((guint) kind < G_N_ELEMENTS(kinds));
    of = &kinds[kind];
    *ret = (TwLayoutPlan){
        .kind = kind,
        .language = language != NULL ? language : "en",
        .folders_count = of->folders_count,
        .messages = of->messages,
        .messages_count = of->messages_count,
        .pointers = of->pointers,
        .pointers_count = of->pointers_count,
        .receive = of->receive,
        .receive_count = of->receive_count,
        .valid_folders = of->valid_folders,
    };
    for (guint i = 0; i < of->folders_count; i++) {
        ret->folders[i] = of->folders[i];
        ret->folders[i].name = tw_layout_name(of->folders[i].key, ret->language);
    }
}

const TwLayoutFolder *
tw_layout_plan_folder(const TwLayoutPlan *plan, TwLayoutFolderKey key)
{
    for (guint i = 0; i < plan->folders_count; i++) {
        if (plan->folders[i].key == key)
            return &plan->folders[i];
    }
    return NULL;
}
