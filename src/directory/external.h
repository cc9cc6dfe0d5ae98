/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Users that are kept elsewhere: a plugin that mirrors a source into the tables of the plugin `db`.
 *
 * A source (unix-source.h, ldap-source.h) hands over an image of all it has; what differs from the mirror is written in one
 * transaction, with a change number. So numbers and ids stay what they are for as long as the source keeps the ids of its own,
 * readers get snapshots and deltas as from `db`, and a source that is down leaves everybody where they were. The table
 * dir_external says which object of the source has which number, and what those who follow the directory were not told yet.
 */
#pragma once

#include "base/cancel.h"
#include "db/db.h"
#include "directory/plugin.h"

G_BEGIN_DECLS

enum {
    TW_DIRECTORY_MOST_ROWS = 1000000, /* of an image: what a source could fill the memory with */
    TW_DIRECTORY_MOST_PASSWORD = 511, /* bytes that are sent on to a source */
};

typedef struct {
    TwDirectoryRelation relation;
    guint to; /* position of a row in the image */
} TwDirectoryRowLink;

/* An object as its source has it. */
typedef struct {
    GBytes *id;                /* owned: unique among its class, never changes */
    TwDirectoryObject *values; /* owned; number, company, id, links and cn are not looked at */
    gint company;              /* position of its company's row; -1: none */
    GArray *links;             /* (nullable): owned, of TwDirectoryRowLink */
    GBytes *photo;             /* (nullable): owned */
    char *
        signature; /* (nullable): owned: differs when anything of it changed, also what is not here: a password */
} TwDirectoryRow;

typedef struct TwDirectorySource TwDirectorySource;

/* Any thread; fetch() on one at a time. */
typedef struct {
    const char *name; /* as in the key user_plugin */
    /* What it does not say: begins as in the image and then is the administrator's, here. */
    TwDirectoryFields written_here;
    guint relations_here; /* bits by number of relation */
    void (*close)(TwDirectorySource *source);
    /* Everything, or *ret is NULL: just as at the last call that succeeded. Waits; looks at @cancel. */
    gboolean (*fetch)(TwDirectorySource *source,
                      const TwCancel *cancel,
                      GPtrArray **ret, /* of TwDirectoryRow */
                      GError **error);
    /* NULL: fetch() is as cheap. TRUE in *ret: there may be somebody of that name now, any bytes. */
    gboolean (*has)(TwDirectorySource *source, const char *name, gboolean *ret, GError **error);
    /* As TwDirectoryPluginFuncs.check_password; @id NULL: nobody. */
    gboolean (*check_password)(TwDirectorySource *source,
                               GBytes *id,
                               const char *name,
                               const TwSecret *password,
                               GError **error);
} TwDirectorySourceFuncs;

/* What each source begins with. */
struct TwDirectorySource {
    const TwDirectorySourceFuncs *funcs;
    const char *
        ids; /* lives as long as it: what its ids are; by another text the same people have others */
};

typedef struct {
    gint64 interval_us; /* the source is read again so often */
    gboolean safe_mode; /* what came and what went is logged, not done */
} TwDirectoryExternalConfig;

/**
 * tw_directory_row_free:
 * @row: (nullable): a row
 */
void tw_directory_row_free(TwDirectoryRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDirectoryRow, tw_directory_row_free)

/**
 * tw_directory_row_link:
 * @row: a row
 * @relation: one of its lists
 * @to: position of the row that shall stand in it
 */
void tw_directory_row_link(TwDirectoryRow *row, TwDirectoryRelation relation, guint to);

/**
 * tw_directory_external_new:
 * @db: a database opened with %tw_directory_schema; must outlive the plugin
 * @source: (transfer full): where users are kept; closed on failure too
 * @config: how; copied
 * @error: TW_ERROR_INVALID: the database has objects of another plugin; what reading the source failed with, when there are none
 *   of an earlier time
 *
 * Reads the source, and starts the thread that reads it again.
 *
 * Returns: (transfer full): the plugin, or NULL
 */
TwDirectoryPlugin *tw_directory_external_new(TwDb *db,
                                             TwDirectorySource *source,
                                             const TwDirectoryExternalConfig *config,
                                             GError **error);

/**
 * tw_directory_external_replace:
 * @plugin: of tw_directory_external_new()
 * @source: (transfer full): where users are kept from now on: as before, by other settings; closed on failure too
 * @safe_mode: as in #TwDirectoryExternalConfig
 * @error: TW_ERROR_INVALID: @plugin mirrors sources of another kind, or none; or its ids are others, so that everybody would go and
 *   somebody new come
 *
 * It is read at once, by the plugin's own thread: a failure is logged, and everybody stays. Whoever asks the old one at the moment
 * gets its answer. Any thread.
 *
 * Returns: FALSE on failure
 */
gboolean tw_directory_external_replace(TwDirectoryPlugin *plugin,
                                       TwDirectorySource *source,
                                       gboolean safe_mode,
                                       GError **error);

/**
 * tw_directory_external_check_none:
 * @db: a database opened with %tw_directory_schema
 * @error: TW_ERROR_INVALID: it has objects of a source elsewhere
 *
 * For a server whose users are kept by the plugin db.
 *
 * Returns: TRUE if it has none
 */
gboolean tw_directory_external_check_none(TwDb *db, GError **error);

G_END_DECLS
