/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of the door share.
 *
 *   parse.c         the words of a command (pure)
 *   mailbox-name.c  names as they are written (pure)
 *   uids.c          uids and sequence numbers (pure)
 *   address.c       addresses of a header field (pure)
 *   structure.c     ENVELOPE, BODY, BODYSTRUCTURE and sections from the summary of a mail (pure)
 *   search-parse.c  search keys (pure)
 *   thread.c        threads of messages (pure)
 *   url.c           URLs of messages (pure)
 *   imap.c          one connection: from bytes to whole commands, and which may be said when
 *   answer.c        how a command is answered: news, its end, errors
 *   options.c       what an administrator decided
 *   recent.c        which messages no session was told of
 *   auth.c          LOGIN, AUTHENTICATE, STARTTLS
 *   view.c          the selected mailbox: what the client knows of it, and what changed
 *   flags.c         flags and keywords
 *   mail.c          what is read of messages: heads, summaries, bytes
 *   made.c          mails made of messages that did not come as such
 *   section.c       sections of a message
 *   catenate.c      messages made of parts
 *   filter.c        which mailboxes a command means
 *   result.c        what searches answer
 *   sort-keys.c     what messages are sorted by
 *   context.c       searches whose client is told what comes and goes
 *   cache.c         what was made, kept for a while
 *   ahead.c         mails that are read together
 *   metadata.c      annotations as they are kept (pure)
 *   words.c         keywords of the mailbox and of its messages
 *   data.c          values of the door's own at folders
 *   roots.c         where names begin: one's own, the company's, other users'
 *   tree.c          mailboxes by name
 *   subscribed.c    which are subscribed
 *   cmd-*.c         the commands
 */
#pragma once

#include "groupware/client-sasl.h"
#include "imap/cache.h"
#include "imap/imap.h"
#include "imap/parse.h"
#include "imap/recent.h"
#include "imap/uids.h"

G_BEGIN_DECLS

/* What a client switched on (ENABLE, or by use). */
typedef enum {
    TW_IMAP_CONDSTORE = 1u << 0,
    TW_IMAP_QRESYNC = 1u << 1,
    TW_IMAP_UTF8 = 1u << 2,
    TW_IMAP_REV2 = 1u << 3,
} TwImapEnabled;

/* ---- the selected mailbox ---- */

typedef struct {
    TwGuid store;
    guint32 folder;
    guint32 uidvalidity;
    gboolean read_only;
    guint32 rights;      /* TwRight */
    TwImapUids uids;     /* as the client knows them */
    guint64 cn;          /* flags and new messages are told up to this change */
    guint64 gone_cn;     /* and so is what went away */
    GArray *recent;      /* TwImapRange of uids, nullable: \Recent in this session */
    char **keywords;     /* of the folder, by number; owned */
    guint keyword_count; /* */
    GHashTable *
        words; /* mid -> TwKeywordSet, of those last read that have keywords past the 64th; nullable */
    GHashTable
        *told;     /* uid -> modseq (low bits): what this very command has told already; nullable */
    GArray *saved; /* TwImapRange of uids: "$", nullable */
    GPtrArray *contexts; /* nullable: searches that are told of (context.h) */
    gboolean aside;      /* of one command: nothing is told of it */
} TwImapView;

/* ---- a connection ---- */

typedef enum {
    TW_IMAP_NEW, /* not logged on */
    TW_IMAP_IN,
    TW_IMAP_SELECTED,
} TwImapState;

/* What the input is that comes next. */
typedef enum {
    TW_IMAP_INPUT_LINE,
    TW_IMAP_INPUT_LITERAL,
    TW_IMAP_INPUT_MAIL,    /* a literal that is a message */
    TW_IMAP_INPUT_SKIPPED, /* a literal that is not taken; then the rest of its command */
    TW_IMAP_INPUT_REST,    /* lines of a command that was refused */
    TW_IMAP_INPUT_IDLE,
    TW_IMAP_INPUT_SASL,
    TW_IMAP_INPUT_PARKED, /* a log-on waits */
} TwImapInput;

typedef struct TwImapPeer TwImapPeer;

struct TwImapPeer {
    TwImap *imap;
    TwConn *conn;           /* borrowed: it owns this */
    TwImapOptions *options; /* those in force when it came; a reference; never changed */
    TwImapState state;
    TwSession *session; /* while IN and SELECTED */
    TwGuid store;       /* the user's own */
    guint32 root,
        inbox; /* its folders that hold all others, and what is received; 0: not looked for yet */
    TwGuid public_store;
    guint32 public_root; /* 0: there is none, or nobody asked yet */
    gboolean public_sought;
    guint32 use_tag;       /* of what mailboxes were made for; 0: nobody said */
    gboolean said;         /* the user chose what is subscribed */
    guint enabled;         /* TwImapEnabled */
    TwImapView view;       /* while SELECTED */
    const char *view_name; /* while its selection is told */

    TwBuffer command;  /* what came of it */
    GPtrArray *mails;  /* GByteArray: literals of APPEND, in their order; nullable */
    guint64 mail_left; /* bytes of the last one that are to come */
    TwImapInput input;
    const char *refusal; /* of the command whose rest is passed over */
    char tag[TW_IMAP_TAG_MAX + 1];
    gboolean uid;        /* the command runs as UID ... */
    gboolean keep;       /* at its end no EXPUNGE may be told */
    gint64 told_us;      /* when the client last heard of the command that runs */
    guint errors, rests; /* commands that failed in a row; literals of one that was refused */
    TwClientSasl sasl;   /* while AUTHENTICATE runs */
    TwClientLogonAnswer answer;  /* what is told when the client has heard its last word */
    TwClientLogon logon;         /* from the command or exchange until it is decided */
    TwWatch *watch;              /* of the selected mailbox, while IDLE runs */
    struct TwImapNotify *notify; /* (nullable): cmd-notify.c */
};

/* How a command ended; the words behind the tag. */
typedef enum {
    TW_IMAP_OK,
    TW_IMAP_NO,
    TW_IMAP_BAD,
} TwImapResult;

/* ---- imap.c ---- */

TwServer *tw_imap_server(const TwImap *imap);
TwTlsServer *tw_imap_tls(const TwImap *imap);
/* Mails made of messages, and summaries of them. */
TwImapCache *tw_imap_mails(const TwImap *imap);
TwImapCache *tw_imap_summaries(const TwImap *imap);
/* What messages are sorted by (sort-keys.c). */
TwImapCache *tw_imap_sort_cache(const TwImap *imap);
/* The uids of mailboxes as they were when one was opened last (view.c). */
TwImapCache *tw_imap_opened(const TwImap *imap);
/* Rows of mails with their summaries: each a TwMailRow. */
TwImapCache *tw_imap_rows(const TwImap *imap);
TwImapRecent *tw_imap_recent(const TwImap *imap);
void tw_imap_set_state(TwImapPeer *peer, TwImapState state);
/* The next command. */
void tw_imap_want_command(TwImapPeer *peer);
/* Whether plain passwords are refused on this connection. */
gboolean tw_imap_needs_tls(const TwImapPeer *peer);
/* A bit for each mechanism that is offered on it. */
guint tw_imap_sasl_offers(const TwImapPeer *peer);

/* ---- answer.c ---- */

/* Tells news as the command allows, then its end. */
void tw_imap_done(TwImapPeer *peer, TwImapResult result, const char *text);
/* As tw_imap_done(), in the words of RFC 5530. */
void tw_imap_done_error(TwImapPeer *peer, const GError *error);
/* Tells of a command that takes long how far it is (RFC 9585), now and then. */
void tw_imap_progress(TwImapPeer *peer, guint done, guint of);
/* Its end alone. */
void tw_imap_tagged(TwImapPeer *peer, TwImapResult result, const char *text);
const char *tw_imap_error_text(const GError *error);
/* Writes a whole answer; one that failed ends the connection. */
void tw_imap_write(TwImapPeer *peer, const TwBuffer *out);

/* ---- cmd-any.c ---- */

void tw_imap_put_capabilities(TwImapPeer *peer, TwBuffer *out);

/* ---- auth.c ---- */

/* Tries what the exchange gathered, and answers, or waits for as long as the session API says, without a thread. */
void tw_imap_log_on(TwImapPeer *peer, gboolean waited);
void tw_imap_sasl_line(TwImapPeer *peer, TwCursor line);

/* ---- view.c ---- */

void tw_imap_view_clear(TwImapView *view);
/* Reads the uids of a folder that FOLDER_OPEN told of, whose keywords it takes. unseen: the first, or 0. */
gboolean tw_imap_view_open(
    TwImapPeer *peer, TwImapView *view, TwFolderOpenArgs *now, guint32 *ret_unseen, GError **error);
gboolean tw_imap_view_is_recent(const TwImapView *view, guint32 uid);
guint32 tw_imap_view_count_recent(const TwImapView *view);
/* Tells what changed since. expunges: also what went away. */
void tw_imap_view_sync(TwImapPeer *peer, gboolean expunges);
/* Rows of the messages in ranges of uids, of those the client knows. */
GArray *tw_imap_view_rows(TwImapPeer *peer, const GArray *ranges, GError **error);
/* The uids a set of a command means. FALSE: syntax, or no such number. Takes "$". */
gboolean tw_imap_take_messages(TwImapPeer *peer, TwCursor *args, GArray **ret_ranges);
/* What was just told of a message need not be told at the end of the command. */
void tw_imap_view_told(TwImapView *view, guint32 uid, guint64 modseq);
/* "* 5 FETCH (UID 7 FLAGS (...) MODSEQ (9))" */
void tw_imap_put_flags_fetch(TwImapPeer *peer, TwBuffer *out, const TwIndexRow *row);
void tw_imap_put_number_list(TwBuffer *out, const GArray *numbers);
/* The client wants to know of change numbers from now on. */
void tw_imap_view_condstore(TwImapPeer *peer);

/* ---- words.c ---- */

enum {
    TW_IMAP_KEYWORDS_IN_ROW = 64, /* those of a folder that are bits of a message's row */
};

/* Tells keywords that came since. */
gboolean tw_imap_view_keywords(TwImapPeer *peer, gboolean tell, GError **error);
/* The same, when messages may have some whose names are not known. (element-type TwIndexRow) */
gboolean tw_imap_view_keywords_of(TwImapPeer *peer, const GArray *rows, GError **error);
/* Keywords past those, of messages that were read, for tw_imap_put_flags(); it forgets those of others. (element-type TwMailRow) */
void tw_imap_words_take(TwImapView *view, const GArray *mails);
/* Reads them, if the folder has as many. (element-type TwIndexRow) */
gboolean tw_imap_words_read(TwImapPeer *peer, const GArray *rows, GError **error);
/* The message's next keyword from *io_number on; FALSE: there is none. */
gboolean tw_imap_words_next(const TwImapView *view, const TwIndexRow *row, guint *io_number);

/* ---- flags.c ---- */

enum {
    TW_IMAP_STATUS_FLAGGED = 0x2,
    TW_IMAP_STATUS_DELETED = 0x8,
    TW_IMAP_STATUS_DRAFT = 0x100,
    TW_IMAP_STATUS_ANSWERED = 0x200,
    TW_IMAP_STATUS_FORWARDED = 0x400,
    TW_IMAP_STATUS_ANSWERED_OLD =
        0x10000, /* as an older gateway wrote it (spec/mailbox-layout.md) */
    TW_IMAP_STATUS_DRAFT_OLD = 0x20000,
};

typedef enum {
    TW_IMAP_SEEN = 1u << 0,
    TW_IMAP_ANSWERED = 1u << 1,
    TW_IMAP_FLAGGED = 1u << 2,
    TW_IMAP_DELETED = 1u << 3,
    TW_IMAP_DRAFT = 1u << 4,
    TW_IMAP_RECENT = 1u << 5,
    TW_IMAP_FORWARDED = 1u << 6, /* the keyword $Forwarded */
} TwImapFlag;

guint tw_imap_flags_of(const TwIndexRow *row);
/* A system flag, with backslash, or $Forwarded by name; 0: it is none. */
guint tw_imap_flag_named(const char *name);
/* FLAGS (...) */
void tw_imap_put_flags(const TwImapView *view, TwBuffer *out, const TwIndexRow *row);
/* The keyword of that name in names; -1: there is none. */
gint tw_imap_keyword_find(char *const *names, const char *keyword);
/* As an atom. (transfer full) */
char *tw_imap_keyword_atom(const char *name);
/* Flags as sent: (a b c), or without parentheses when bare. */
gboolean tw_imap_take_flags(TwCursor *args, gboolean bare, GPtrArray *ret);
/* What they mean in a folder; new keywords are made there. numbers gets those of keywords (guint). */
gboolean tw_imap_flags_resolve(TwImapPeer *peer,
                               const TwGuid *store,
                               guint32 folder,
                               const GPtrArray *names,
                               gboolean create,
                               guint *ret_flags,
                               GArray *numbers,
                               GError **error);
/* The bits of a message. */
void tw_imap_flags_to_change(guint set, guint clear, TwFlagChange *change);
/* * FLAGS and PERMANENTFLAGS */
void tw_imap_put_flag_lists(const TwImapView *view, TwBuffer *out);

/* ---- mail.c ---- */

/* Bytes of a mail; NULL with error. */
GBytes *tw_imap_mail_read(TwImapPeer *peer,
                          const TwGuid *store,
                          guint32 folder,
                          guint32 message,
                          guint64 at,
                          guint64 len,
                          GError **error);
/* Heads, and summaries when asked for, of messages of the view, which ascend by mid. What is gone is not there. */
GArray *tw_imap_mail_rows(
    TwImapPeer *peer, const TwIndexRow *rows, guint count, gboolean summaries, GError **error);
/* The summary of a row, made of its mail when it has none. */
GBytes *tw_imap_mail_summary(TwImapPeer *peer,
                             const TwGuid *store,
                             const TwMailRow *row,
                             GError **error);

/* RFC822.SIZE of a row. FALSE: it cannot be told. */
gboolean tw_imap_mail_size(TwImapPeer *peer,
                           const TwGuid *store,
                           const TwMailRow *row,
                           guint64 *ret);

/* ---- made.c ---- */

/* The mail that a message is made into; NULL with error. */
GBytes *tw_imap_made_bytes(
    TwImapPeer *peer, const TwGuid *store, guint32 folder, guint32 message, GError **error);
/* The summary of a version of it, when it is known. (transfer full) (nullable) */
GBytes *tw_imap_made_summary(TwImapPeer *peer, const TwGuid *store, const TwMessageRow *row);
void tw_imap_made_keep_summary(TwImapPeer *peer,
                               const TwGuid *store,
                               const TwMessageRow *row,
                               GBytes *summary);

/* ---- data.c: values of the door's own at folders ---- */

/* Of type BINARY; 0: nobody has such a value. */
gboolean tw_imap_data_tag(
    TwImapPeer *peer, const char *name, gboolean create, guint32 *ret, GError **error);
/* ret: NULL when there is none. */
gboolean tw_imap_data_read(TwImapPeer *peer,
                           const TwGuid *store,
                           guint32 folder,
                           const char *name,
                           GBytes **ret,
                           GError **error);
/* Nothing takes it away. */
gboolean tw_imap_data_write(TwImapPeer *peer,
                            const TwGuid *store,
                            guint32 folder,
                            const char *name,
                            gconstpointer bytes,
                            gsize len,
                            GError **error);

/* ---- roots.c ---- */

#define TW_IMAP_PUBLIC_NAME "Public folders"
#define TW_IMAP_SHARED_NAME "Shared"

/* Where another user's mailboxes are. */
typedef struct {
    TwGuid store;
    guint32 folder; /* what holds them all */
    guint32 inbox;  /* 0: not to be seen */
    char *name;     /* of the user; owned */
} TwImapRoot;

void tw_imap_root_clear(TwImapRoot *root);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapRoot, tw_imap_root_clear)
/* Looks for the user's own root and INBOX, once. */
gboolean tw_imap_roots_find(TwImapPeer *peer, GError **error);
/* Looks for the public root, once. 0: there is none that may be seen. */
guint32 tw_imap_roots_public(TwImapPeer *peer);
/* The mailboxes of a user; whether anything of them may be seen is not said. FALSE: there are none. */
gboolean tw_imap_root_named(TwImapPeer *peer, const char *name, TwImapRoot *ret);
/* Those of users who share something, by name. (element-type TwImapRoot) */
GArray *tw_imap_roots_shared(TwImapPeer *peer);

/* ---- tree.c ---- */

enum {
    TW_IMAP_DELIMITER = '/'
};

typedef enum {
    TW_IMAP_BOX_HAS_CHILDREN = 1u << 0,
    TW_IMAP_BOX_NOSELECT = 1u << 1,
    TW_IMAP_BOX_SUBSCRIBED = 1u << 2,
    TW_IMAP_BOX_NONEXISTENT = 1u << 3,
} TwImapBoxFlag;

/* A mailbox as it is listed. */
typedef struct {
    char *name;       /* as it is sent: modified UTF-7; owned */
    TwGuid store;     /* */
    guint32 folder;   /* 0: none: a name alone */
    guint flags;      /* TwImapBoxFlag */
    const char *use;  /* (nullable): \Sent */
    TwFolderRow *row; /* owned, nullable */
    guint32 rights;   /* TwRight */
} TwImapBox;

/* What is listed beside one's own mailboxes. */
enum {
    TW_IMAP_TREE_PUBLIC = 1u << 0,
    TW_IMAP_TREE_SHARED = 1u << 1,
    TW_IMAP_TREE_ALL = TW_IMAP_TREE_PUBLIC | TW_IMAP_TREE_SHARED,
};

/* What a mailbox was made for (RFC 6154), and the name of the value that says it. */
#define TW_IMAP_USE_DATA "twiga-imap-use"
#define TW_IMAP_USE_ARCHIVE "\\Archive"

/* All mailboxes, each behind its parent. (element-type TwImapBox) */
GArray *tw_imap_tree(TwImapPeer *peer, guint which, GError **error);
/* Finds a mailbox by its name as sent; to be cleared. NULL entry: not there. */
gboolean tw_imap_box_find(TwImapPeer *peer, const char *name, TwImapBox *ret, GError **error);
/* The same for a mailbox that is opened, with what FOLDER_OPEN says: its store, and its number in folder. */
gboolean tw_imap_box_open(TwImapPeer *peer,
                          const char *name,
                          TwFolderOpenArgs *ret,
                          GError **error);
void tw_imap_box_clear(TwImapBox *box);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapBox, tw_imap_box_clear)
/* Its parent, which is made with all above it when create; and its own name there, in UTF-8. */
gboolean tw_imap_box_parent(TwImapPeer *peer,
                            const char *name,
                            gboolean create,
                            TwGuid *ret_store,
                            guint32 *ret_parent,
                            char **ret_name,
                            GError **error);
/* A mailbox name of a command, in the form in which names are kept here. */
gboolean tw_imap_take_mailbox(TwImapPeer *peer, TwCursor *args, char **ret);
/* A name in UTF-8, in that form. (transfer full) */
char *tw_imap_mailbox_of_text(const char *text);
/* As the client wants names. */
void tw_imap_put_mailbox(TwImapPeer *peer, TwBuffer *out, const char *name);
/* (F...) of OBJECTID */
void tw_imap_put_mailbox_id(TwBuffer *out, const TwGuid *store, guint32 folder);

/* ---- subscribed.c ---- */

/* Names that are subscribed, as kept, each as its own value. */
GHashTable *tw_imap_subscriptions(TwImapPeer *peer, GError **error);
/* name: NULL writes down what was never said: all that are there now. */
gboolean tw_imap_subscribe_name(TwImapPeer *peer, const char *name, gboolean on, GError **error);

/* ---- commands ----
 *
 * args: behind the name; a blank first, if there is more. FALSE: syntax. */
#define TW_IMAP_COMMAND_LIST(X)                                                                    \
    X(append)                                                                                      \
    X(authenticate)                                                                                \
    X(cancelupdate)                                                                                \
    X(capability)                                                                                  \
    X(close)                                                                                       \
    X(compress)                                                                                    \
    X(copy)                                                                                        \
    X(create)                                                                                      \
    X(deleteacl)                                                                                   \
    X(delete)                                                                                      \
    X(enable)                                                                                      \
    X(esearch)                                                                                     \
    X(examine)                                                                                     \
    X(expunge)                                                                                     \
    X(fetch)                                                                                       \
    X(getacl)                                                                                      \
    X(getmetadata)                                                                                 \
    X(getquota)                                                                                    \
    X(getquotaroot)                                                                                \
    X(id)                                                                                          \
    X(idle)                                                                                        \
    X(list)                                                                                        \
    X(listrights)                                                                                  \
    X(login)                                                                                       \
    X(logout)                                                                                      \
    X(lsub)                                                                                        \
    X(move)                                                                                        \
    X(myrights)                                                                                    \
    X(namespace)                                                                                   \
    X(noop)                                                                                        \
    X(notify)                                                                                      \
    X(rename)                                                                                      \
    X(replace)                                                                                     \
    X(search)                                                                                      \
    X(select)                                                                                      \
    X(setmetadata)                                                                                 \
    X(setacl)                                                                                      \
    X(sort)                                                                                        \
    X(starttls)                                                                                    \
    X(status)                                                                                      \
    X(store)                                                                                       \
    X(subscribe)                                                                                   \
    X(thread)                                                                                      \
    X(unselect)                                                                                    \
    X(unsubscribe)
#define TW_IMAP_COMMAND_ROW(name) gboolean tw_imap_cmd_##name(TwImapPeer *peer, TwCursor *args);
TW_IMAP_COMMAND_LIST(TW_IMAP_COMMAND_ROW)
#undef TW_IMAP_COMMAND_ROW

/* Rights as letters (RFC 4314), and the line MYRIGHTS of a mailbox. */
void tw_imap_put_rights(TwBuffer *out, guint32 rights);
void tw_imap_put_myrights(TwImapPeer *peer, TwBuffer *out, const TwImapBox *box);
/* Leaves the selected mailbox. */
void tw_imap_leave(TwImapPeer *peer);

/* cmd-append.c, also for REPLACE: messages of a command. */
typedef struct {
    GArray *messages; /* TwMailAppend */
    GPtrArray *owned; /* keywords of them */
    char *why;        /* owned (nullable): NO and this: a part cannot be had */
} TwImapAppends;

void tw_imap_appends_clear(TwImapAppends *appends);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapAppends, tw_imap_appends_clear)
/* To the end of the command. to: where to, for the names of keywords; it may be none. */
gboolean tw_imap_appends_take(TwImapPeer *peer,
                              TwCursor *args,
                              const TwImapBox *to,
                              TwImapAppends *ret);
gboolean tw_imap_appends_have_empty(const TwImapAppends *appends);
/* All or none; uids takes theirs. */
gboolean tw_imap_appends_put(TwImapPeer *peer,
                             const TwImapBox *to,
                             const TwImapAppends *appends,
                             GArray *uids,
                             GError **error);
/* The head of a literal that is a message or a part of one. */
gboolean tw_imap_append_take_literal(
    TwImapPeer *peer, TwCursor *args, guint *next, GBytes **ret, gboolean *ret_binary);
/* catenate.c: behind the word. ret_why: what to say with NO, when a part cannot be had. */
gboolean tw_imap_take_catenate(TwImapPeer *peer,
                               TwCursor *args,
                               guint *next,
                               GBytes **ret,
                               gboolean *ret_binary,
                               char **ret_why);
/* Whether the next literal of a command that came so far is a message. */
gboolean tw_imap_append_takes_mail(const guint8 *command, gsize len);
/* Sends items, as a FETCH names them, of all messages from a uid on, without a command. */
void tw_imap_fetch_news(TwImapPeer *peer, GBytes *items, guint32 from);
/* A line while IDLE runs: its end, whatever it is. */
void tw_imap_idle_line(TwImapPeer *peer, TwCursor line);
void tw_imap_idle_end(TwImapPeer *peer);
void tw_imap_idle_woken(TwImapPeer *peer);
/* NOTIFY: something may have changed; tells what was asked for. */
void tw_imap_notify_woken(TwImapPeer *peer);
/* A command ended: what waited is told soon. */
void tw_imap_notify_resume(TwImapPeer *peer);
void tw_imap_notify_end(TwImapPeer *peer);
/* STATUS items as (A B C); and their values. */
gboolean tw_imap_take_status_items(TwCursor *args, guint *ret);
gboolean tw_imap_put_status(
    TwImapPeer *peer, TwBuffer *out, const TwImapBox *box, guint items, GError **error);

G_END_DECLS
