/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who exists and may log in. Start here: a directory is a plugin (plugin.h), the snapshot made of it (snapshot.h, with
 * the address book of book.h over it), and the passwords that were right a moment ago.
 *
 * It knows nothing of who asks: what a caller may see or change is decided in session/.
 */
#pragma once

#include "directory/book.h"
#include "directory/plugin.h"
#include "directory/snapshot.h"

G_BEGIN_DECLS

typedef struct TwDirectory TwDirectory;

typedef struct {
    const char *locale;     /* of listings: the key default_sort_locale_id */
    guint credentials_most; /* users whose password is remembered; 0: none */
    gint64 credentials_life_us;
    const char *
        pam_service; /* (nullable): passwords are asked of PAM under this name, not of the plugin */
    const char
        *pam_folder; /* (nullable): where PAM's services are; NULL: where the system has them */
} TwDirectoryConfig;

/** TW_DIRECTORY_CONFIG_INIT: a #TwDirectoryConfig as the server has it without a configuration. */
#define TW_DIRECTORY_CONFIG_INIT                                                                   \
    {                                                                                              \
        .locale = "en_US", .credentials_most = 65536,                                              \
        .credentials_life_us = (gint64) 600 * G_USEC_PER_SEC                                       \
    }

/**
 * tw_directory_new:
 * @plugin: (transfer full): where it comes from; closed on failure too
 * @config: how; copied
 * @error: what the first load failed with
 *
 * Returns: (transfer full): the directory, for any number of threads, or NULL
 */
TwDirectory *tw_directory_new(TwDirectoryPlugin *plugin,
                              const TwDirectoryConfig *config,
                              GError **error);

/**
 * tw_directory_free:
 * @directory: (nullable): a directory no thread uses any more, and all of whose snapshots were given back
 */
void tw_directory_free(TwDirectory *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDirectory, tw_directory_free)

/**
 * tw_directory_snapshot:
 * @directory: a directory
 * @error: what the plugin failed with
 *
 * Shows at least everything whose change was answered before this was called. One thread loads at a time, and only
 * what is different; the others wait for it.
 *
 * Returns: (transfer full): the snapshot of now, or NULL
 */
TwDirectorySnapshot *tw_directory_snapshot(TwDirectory *directory, GError **error);

/**
 * tw_directory_refresh:
 * @directory: a directory
 * @error: what its source failed with
 *
 * Reads a source that is kept elsewhere now, and not when its time has come. Any other is always as it is.
 *
 * Returns: TRUE when the next snapshot shows what was there when this was called
 */
gboolean tw_directory_refresh(TwDirectory *directory, GError **error);

/**
 * tw_directory_follow:
 * @directory: a directory
 * @func: (nullable): whom to tell of objects that came and went in a source elsewhere, each at least once, on a thread of its own;
 *   NULL: nobody any more, and none is being told when this returns
 * @data: for @func
 */
void tw_directory_follow(TwDirectory *directory, TwDirectoryNewsFunc func, gpointer data);

/**
 * tw_directory_login:
 * @directory: a directory
 * @company: in which company
 * @name: login name, in any case; any bytes
 * @password: what the client sent
 * @now_us: a monotonic clock
 * @error: TW_ERROR_NO_ACCESS: no such user, not one that logs in, or a wrong password: one answer after one time
 *
 * A password that was right less than ten minutes ago, and is still the user's, costs microseconds; else as long as the
 * plugin takes. SYSTEM has no password. Counting failures is the caller's, with login-limiter.h.
 *
 * Returns: (transfer full): the user, or NULL
 */
TwDirectoryObject *tw_directory_login(TwDirectory *directory,
                                      guint32 company,
                                      const char *name,
                                      const TwSecret *password,
                                      gint64 now_us,
                                      GError **error);

/**
 * tw_directory_has_scram:
 * @directory: a directory
 *
 * Returns: TRUE if users can log on by SCRAM-SHA-256
 */
gboolean tw_directory_has_scram(TwDirectory *directory);

/**
 * tw_directory_scram_keys:
 * @directory: a directory that has them
 * @company: in which company
 * @name: login name, in any case; any bytes
 * @ret: (out): keys to check a proof by; for a name that no user with keys has such as no password belongs to, the same each
 *   time, after the same time
 * @ret_user: (out) (transfer full): who it is whose keys these are; NULL: nobody
 * @error: UNSUPPORTED: it has none
 *
 * Returns: FALSE on failure
 */
gboolean tw_directory_scram_keys(TwDirectory *directory,
                                 guint32 company,
                                 const char *name,
                                 TwScramKeys *ret,
                                 TwDirectoryObject **ret_user,
                                 GError **error);

/**
 * tw_directory_create:
 * @directory: a directory
 * @values: kind, company, name and all else it shall say; number, id, links and change number are not looked at
 * @extras: (nullable): password and photo
 * @ret_number: (out): its number
 * @error: as tw_directory_object_check(); TW_ERROR_EXISTS: the name is taken in that company and type; NOT_FOUND: no such
 *   company; UNSUPPORTED: the source is written elsewhere; or as tw_db_write()
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_create(TwDirectory *directory,
                             const TwDirectoryObject *values,
                             const TwDirectoryExtras *extras,
                             guint32 *ret_number,
                             GError **error);

/**
 * tw_directory_modify:
 * @directory: a directory
 * @values: number says which object; the members that @fields names say what it shall be
 * @fields: which members count
 * @extras: (nullable): a new password, a new photo
 * @error: as tw_directory_create(); NOT_FOUND: no such object, also for Everyone and SYSTEM; INVALID: it cannot
 *   become of that kind
 *
 * A new password drops the remembered one.
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_modify(TwDirectory *directory,
                             const TwDirectoryObject *values,
                             TwDirectoryFields fields,
                             const TwDirectoryExtras *extras,
                             GError **error);

/**
 * tw_directory_remove:
 * @directory: a directory
 * @number: which object
 * @error: NOT_FOUND, also for Everyone and SYSTEM; INVALID: a company that is not empty; UNSUPPORTED
 *
 * It leaves all lists it stood in. Its number and id are never given again.
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_remove(TwDirectory *directory, guint32 number, GError **error);

/**
 * tw_directory_relate:
 * @directory: a directory
 * @from: who holds the list
 * @link: which list, and what shall stand in it
 * @error: EXISTS: it does, or both are the same object; INVALID: the kinds do not fit, or a group would be in itself over
 *   any number of groups; NOT_FOUND; TOO_BIG: the list is full; UNSUPPORTED
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_relate(TwDirectory *directory,
                             guint32 from,
                             TwDirectoryLink link,
                             GError **error);

/**
 * tw_directory_unrelate:
 * @directory: a directory
 * @from: who holds the list
 * @link: which list, and what shall go from it
 * @error: NOT_FOUND: it does not stand there; UNSUPPORTED
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_unrelate(TwDirectory *directory,
                               guint32 from,
                               TwDirectoryLink link,
                               GError **error);

/**
 * tw_directory_photo:
 * @directory: a directory
 * @number: whose
 * @error: NOT_FOUND
 *
 * Returns: (transfer full): the picture's file, or NULL
 */
GBytes *tw_directory_photo(TwDirectory *directory, guint32 number, GError **error);

/**
 * tw_directory_node_url:
 * @directory: a directory
 * @name: of a server that shares it, in any case
 * @scheme: such as "imap"
 * @error: NOT_FOUND: no such server, or it has no URL of that scheme; or as tw_db_read()
 *
 * What the server wrote last is seen at once: nothing of it is remembered.
 *
 * Returns: (transfer full): the first URL of that scheme by which clients reach the server, or NULL
 */
char *tw_directory_node_url(TwDirectory *directory,
                            const char *name,
                            const char *scheme,
                            GError **error);

/**
 * tw_directory_set_node_urls:
 * @directory: a directory
 * @name: of the server that asks, in any case
 * @urls: (array zero-terminated=1): by which clients reach it
 * @error: INVALID: one has a space or a control character, or there are too many bytes of them; UNSUPPORTED; or as
 *   tw_db_write()
 *
 * Returns: TRUE when it is durable
 */
gboolean tw_directory_set_node_urls(TwDirectory *directory,
                                    const char *name,
                                    const char *const *urls,
                                    GError **error);

G_END_DECLS
