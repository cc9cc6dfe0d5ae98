/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where a directory comes from: the interface every plugin implements (spec/config-and-cli.md 4.1).
 *
 * A plugin hands over what changed; names, parents, searches and listings are answered from the snapshot that is made
 * of it (snapshot.h), alike for all plugins. So a plugin is small: it loads, it checks passwords, and if its source
 * can be written it writes. All members may be called from any thread at any time, and may wait for I/O.
 */
#pragma once

#include "base/scram.h"
#include "directory/object.h"

G_BEGIN_DECLS

typedef struct TwDirectoryPlugin TwDirectoryPlugin;

enum {
    TW_DIRECTORY_MOST_GONE = 10000, /* objects that went and are remembered: the last so many */
};

/* Something that is no more. */
typedef struct {
    guint32 number;
    TwDirectoryKind kind;
    guint32 company;
    guint64 cn; /* the change number of its going */
} TwDirectoryGone;

/* What is different since some epoch. */
typedef struct {
    guint64 epoch;      /* of the moment this shows: what to ask "since" next */
    gboolean whole;     /* objects is everything: what is not in it is no more */
    GPtrArray *objects; /* of TwDirectoryObject, owned; new ones and changed ones, each once */
    GArray *gone; /* of TwDirectoryGone, by change number; with whole: all that is remembered */
} TwDirectoryDelta;

/* What goes with a change but is never in a snapshot. */
typedef struct {
    const TwSecret *password; /* (nullable): NULL leaves it as it is */
    GBytes *photo;            /* (nullable): NULL leaves it; empty removes it */
} TwDirectoryExtras;

/* What happened to an object in the source. */
typedef enum {
    TW_DIRECTORY_CAME,
    TW_DIRECTORY_WENT,        /* it is in no snapshot any more */
    TW_DIRECTORY_OTHER_QUOTA, /* its own, or of a company's users */
} TwDirectoryNewsKind;

typedef struct {
    TwDirectoryNewsKind what;
    guint32 number;
    TwDirectoryKind kind;
    guint32 company;
    const char *name;
} TwDirectoryNews;

/**
 * TwDirectoryNewsFunc:
 * @news: what happened; it is durable
 * @data: as was given with it
 *
 * No lock is held. Once it has answered, this is not told again.
 *
 * Returns: FALSE: it is to be told again later
 */
typedef gboolean (*TwDirectoryNewsFunc)(const TwDirectoryNews *news, gpointer data);

typedef struct {
    const char *name; /* as in the key user_plugin */
    void (*close)(TwDirectoryPlugin *plugin);

    /* Cheap, asked before each use of a snapshot: a greater number when the source may have changed. Never fails for a
     * plugin that only learns of changes when it is told to synchronise. */
    gboolean (*epoch)(TwDirectoryPlugin *plugin, guint64 *ret, GError **error);
    /* What is different since the epoch of an earlier load; 0: everything. One moment of the source, not a mixture; each
     * object passes tw_directory_object_check(). */
    gboolean (*load)(TwDirectoryPlugin *plugin,
                     guint64 since,
                     TwDirectoryDelta *ret,
                     GError **error);
    /* NULL: only load() finds objects. Else: look for one the snapshot does not have, by any of its names; TRUE when there
     * may be one now, and the epoch moved. For sources too big or too slow to be loaded at each change. */
    gboolean (*seek)(TwDirectoryPlugin *plugin, const char *name, GError **error);

    /* NULL, both: it knows of every change as it is made. Reads the source now; when it answers, load() shows what was there. */
    gboolean (*refresh)(TwDirectoryPlugin *plugin, GError **error);
    /* Whom to tell of objects that came and went elsewhere, each at least once, on a thread of the plugin, and in the order of
     * their numbers; func NULL: nobody, and when it answers none is being told any more. */
    void (*follow)(TwDirectoryPlugin *plugin, TwDirectoryNewsFunc func, gpointer data);

    /* TW_ERROR_NO_ACCESS for a wrong password; other codes when it cannot be said. user NULL: nobody of that name; must
     * fail after as long as for somebody. *ret_generation: of the password that was checked. */
    gboolean (*check_password)(TwDirectoryPlugin *plugin,
                               const TwDirectoryObject *user,
                               const TwSecret *password,
                               guint64 *ret_generation,
                               GError **error);

    /* NULL, both: never has keys for SCRAM. */
    gboolean (*has_scram)(TwDirectoryPlugin *plugin);
    /* Only when it has. Of a user without keys, and user NULL (nobody of that name), such as no password belongs to: always
     * the same, after as long, and *ret_real is FALSE. */
    gboolean (*scram_keys)(TwDirectoryPlugin *plugin,
                           guint32 company,
                           const char *name,
                           const TwDirectoryObject *user,
                           TwScramKeys *ret,
                           gboolean *ret_real,
                           GError **error);

    /* NULL: has no photos. NOT_FOUND when there is none. */
    GBytes *(*photo)(TwDirectoryPlugin *plugin, guint32 number, GError **error);

    /* NULL, each: the source is written elsewhere (TW_ERROR_UNSUPPORTED). "Done" is durable. */
    gboolean (*create)(TwDirectoryPlugin *plugin,
                       const TwDirectoryObject *values,
                       const TwDirectoryExtras *extras,
                       guint32 *ret_number,
                       GError **error);
    gboolean (*modify)(TwDirectoryPlugin *plugin,
                       const TwDirectoryObject *values, /* number says which */
                       TwDirectoryFields fields,
                       const TwDirectoryExtras *extras,
                       GError **error);
    gboolean (*remove)(TwDirectoryPlugin *plugin, guint32 number, GError **error);
    gboolean (*relate)(TwDirectoryPlugin *plugin,
                       guint32 from,
                       TwDirectoryLink link,
                       GError **error);
    gboolean (*unrelate)(TwDirectoryPlugin *plugin,
                         guint32 from,
                         TwDirectoryLink link,
                         GError **error);

    /* NULL, both: its source knows of no servers. URLs of a server, by its name in lower case, between spaces. */
    char *(*node_urls)(TwDirectoryPlugin *plugin, const char *name, GError **error);
    gboolean (*set_node_urls)(TwDirectoryPlugin *plugin,
                              const char *name,
                              const char *urls,
                              GError **error);
} TwDirectoryPluginFuncs;

/* What each plugin begins with. */
struct TwDirectoryPlugin {
    const TwDirectoryPluginFuncs *funcs;
};

/**
 * tw_directory_delta_clear:
 * @delta: a delta, also one that is all zero
 */
void tw_directory_delta_clear(TwDirectoryDelta *delta);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDirectoryDelta, tw_directory_delta_clear)

/**
 * tw_directory_plugin_close:
 * @plugin: (nullable): a plugin no thread uses any more
 */
void tw_directory_plugin_close(TwDirectoryPlugin *plugin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDirectoryPlugin, tw_directory_plugin_close)

/**
 * tw_directory_fields_changed:
 * @now: an object as it is
 * @values: what is to be written
 * @fields: which of it
 *
 * Clients send all they know of a user: what says nothing new is no change. Quotas, features and aliases are not compared.
 *
 * Returns: @fields without those that are as they were
 */
TwDirectoryFields tw_directory_fields_changed(const TwDirectoryObject *now,
                                              const TwDirectoryObject *values,
                                              TwDirectoryFields fields);

G_END_DECLS
