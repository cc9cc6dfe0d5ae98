/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a mailbox consists of: the default folders of each kind of store, the messages that are hidden in them, and the
 * properties by which clients find both. Data and pure functions; mailbox.h makes stores of it.
 *
 * Source: spec/mapi-soap.md 17, spec/mailbox-layout.md 5 to 8 and appendix C.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which layout. */
typedef enum {
    TW_LAYOUT_PRIVATE,
    TW_LAYOUT_PUBLIC,
    TW_LAYOUT_ARCHIVE,
} TwLayoutKind;

/* A default folder, whatever it is called in some language. In no format: rows may be added anywhere. */
#define TW_LAYOUT_FOLDER_LIST(X)                                                                   \
    X(NONE)                                                                                        \
    X(ROOT)                                                                                        \
    X(IPM_SUBTREE)                                                                                 \
    X(INBOX)                                                                                       \
    X(OUTBOX)                                                                                      \
    X(DELETED)                                                                                     \
    X(SENT)                                                                                        \
    X(DRAFTS)                                                                                      \
    X(CALENDAR)                                                                                    \
    X(CONTACTS)                                                                                    \
    X(TASKS)                                                                                       \
    X(NOTES)                                                                                       \
    X(JOURNAL)                                                                                     \
    X(JUNK)                                                                                        \
    X(RSS)                                                                                         \
    X(SUGGESTED)     /* Suggested Contacts */                                                      \
    X(CONVERSATIONS) /* Conversation Action Settings */                                            \
    X(QUICK_STEPS)   /* Quick Step Settings */                                                     \
    X(SYNC_ISSUES)                                                                                 \
    X(CONFLICTS)                                                                                   \
    X(LOCAL_FAILURES)                                                                              \
    X(SERVER_FAILURES)                                                                             \
    X(QUICK_CONTACTS)                                                                              \
    X(IM_CONTACTS)                                                                                 \
    X(GAL_CONTACTS)                                                                                \
    X(COMMON_VIEWS)                                                                                \
    X(VIEWS)                                                                                       \
    X(FINDER)                                                                                      \
    X(SHORTCUTS)                                                                                   \
    X(SCHEDULE)                                                                                    \
    X(FREEBUSY)                                                                                    \
    X(DEFERRED)        /* Deferred Action */                                                       \
    X(SPOOLER)         /* Spooler Queue */                                                         \
    X(NON_IPM_SUBTREE) /* from here on: of public stores */                                        \
    X(SITE_SCHEDULE)   /* SCHEDULE+ FREE BUSY */                                                   \
    X(SITE_FREEBUSY)   /* its folder of this site */                                               \
    X(EFORMS)                                                                                      \
    X(OFFLINE_BOOK)

/* TW_LAYOUT_FOLDER_INBOX and so on; TW_LAYOUT_FOLDER_COUNT of them. */
typedef enum {
#define TW_LAYOUT_FOLDER_ENUM_ROW(name) TW_LAYOUT_FOLDER_##name,
    TW_LAYOUT_FOLDER_LIST(TW_LAYOUT_FOLDER_ENUM_ROW)
#undef TW_LAYOUT_FOLDER_ENUM_ROW
    TW_LAYOUT_FOLDER_COUNT
} TwLayoutFolderKey;

typedef enum {
    TW_LAYOUT_HIDDEN = 1u << 0, /* PR_ATTR_HIDDEN */
    TW_LAYOUT_SEARCH = 1u << 1, /* a search folder: over what is submitted and not sent */
} TwLayoutFlags;

/* One folder of a plan. All text is constant. */
typedef struct {
    TwLayoutFolderKey key, parent;
    const char *name;            /* in the language asked for */
    const char *container_class; /* (nullable) */
    TwLayoutFlags flags;
    guint32 everyone; /* rights of Everyone, in a public store of the company; 0: no row */
} TwLayoutFolder;

/* Properties of a hidden message that are the same in every store. */
typedef struct {
    guint32 tag; /* of type LONG or BOOLEAN */
    guint32 value;
} TwLayoutValue;

typedef enum {
    TW_LAYOUT_MESSAGE_NONE,
    TW_LAYOUT_MESSAGE_FREEBUSY_HIDDEN, /* LocalFreebusy, associated, in the calendar */
    TW_LAYOUT_MESSAGE_FREEBUSY,        /* LocalFreebusy, with the options, in Freebusy Data */
    TW_LAYOUT_MESSAGE_COUNT
} TwLayoutMessageKey;

typedef struct {
    TwLayoutMessageKey key;
    TwLayoutFolderKey folder;
    gboolean associated;
    const char *message_class, *subject;
    const TwLayoutValue *values;
    guint values_count;
} TwLayoutMessage;

typedef enum {
    TW_LAYOUT_ON_STORE = 1u << 0,
    TW_LAYOUT_ON_ROOT = 1u << 1,
    TW_LAYOUT_ON_INBOX = 1u << 2,
} TwLayoutPlaces;

typedef enum {
    TW_LAYOUT_PLAIN,   /* BINARY: the entry id */
    TW_LAYOUT_ITEM,    /* MV_BINARY: one item of it; items nobody names are empty */
    TW_LAYOUT_PERSIST, /* BINARY: blocks of spec/mailbox-layout.md 5.2 */
} TwLayoutForm;

/* A property that leads to a folder or a message of the plan. */
typedef struct {
    guint32 tag;
    TwLayoutPlaces places;
    TwLayoutForm form;
    guint number; /* ITEM: its index; PERSIST: the persist id */
    TwLayoutFolderKey folder;
    TwLayoutMessageKey message; /* instead of a folder, when it is not NONE */
} TwLayoutPointer;

typedef struct {
    const char *message_class;
    TwLayoutFolderKey folder;
} TwLayoutReceive;

/* Everything a store of some kind is made of, in the order in which it can be made. */
typedef struct {
    TwLayoutKind kind;
    const char *language; /* the row of names that was chosen */
    TwLayoutFolder folders[TW_LAYOUT_FOLDER_COUNT];
    guint folders_count; /* the root is not among them: a store is born with it */
    const TwLayoutMessage *messages;
    guint messages_count;
    const TwLayoutPointer *pointers; /* of one tag side by side, numbers ascending */
    guint pointers_count;
    const TwLayoutReceive *receive;
    guint receive_count;
    guint32 valid_folders; /* PR_VALID_FOLDER_MASK */
} TwLayoutPlan;

/**
 * tw_layout_plan:
 * @kind: which layout
 * @locale: (nullable): a language as "de", "de_DE" or "de_DE.UTF-8@euro"; any bytes
 * @ret: (out): the plan; all it points to is constant
 *
 * What a store consists of, with names in that language: looked for by locale, then by language, then English. Folders
 * whose name nobody sees keep their English one.
 */
void tw_layout_plan(TwLayoutKind kind, const char *locale, TwLayoutPlan *ret);

/**
 * tw_layout_plan_folder:
 * @plan: a plan
 * @key: a folder
 *
 * Returns: (transfer none) (nullable): its row, or NULL when stores of that kind have no such folder
 */
const TwLayoutFolder *tw_layout_plan_folder(const TwLayoutPlan *plan, TwLayoutFolderKey key);

/**
 * tw_layout_language_count:
 *
 * Returns: how many languages there are
 */
guint tw_layout_language_count(void);

/**
 * tw_layout_language_at:
 * @index: from 0
 *
 * Returns: (transfer none): a language, as "de" or "pt_BR"
 */
const char *tw_layout_language_at(guint index);

/**
 * tw_layout_language_find:
 * @locale: (nullable): as for tw_layout_plan()
 *
 * Returns: (transfer none) (nullable): the language whose names are used for it, or NULL when there is none and English is
 *   used instead
 */
const char *tw_layout_language_find(const char *locale);

/**
 * tw_layout_name:
 * @key: a folder
 * @locale: (nullable): as for tw_layout_plan()
 *
 * Returns: (transfer none): its name in that language; "" for the root
 */
const char *tw_layout_name(TwLayoutFolderKey key, const char *locale);

/**
 * tw_layout_is_name:
 * @key: a folder
 * @name: the name of some folder, UTF-8
 *
 * To tell a folder that was never renamed, also when it was made in another language.
 *
 * Returns: whether @key is called so in any language, regardless of case
 */
gboolean tw_layout_is_name(TwLayoutFolderKey key, const char *name);

G_END_DECLS
