/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the db plugin share: one section per table (README.md has the picture). */
#pragma once

#include "base/scram.h"
#include "db/db.h"
#include "directory/plugin.h"

G_BEGIN_DECLS

enum {
    TW_DIRECTORY_ID_LEN = 16,
    TW_DIRECTORY_MOST_NAME_KEY = 1024, /* bytes; folding lengthens a name */
};

/* A table for both back ends. The types mean the same to both; SQLite keeps no lengths. */
#define TW_DIRECTORY_TABLE(name, columns)                                                          \
    {                                                                                              \
        .sql = "CREATE TABLE " name "(" columns ")",                                               \
        .mariadb = "CREATE TABLE IF NOT EXISTS " name "(" columns                                  \
                   ") ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",                    \
    }
#define TW_DIRECTORY_INDEX(name, on)                                                               \
    {                                                                                              \
        .sql = "CREATE INDEX " name " ON " on,                                                     \
        .mariadb = "CREATE INDEX IF NOT EXISTS " name " ON " on,                                   \
    }

/* ---- dir_state: one row, the counters ---- */

#define TW_DIRECTORY_STATE_COLUMNS                                                                 \
    "id BIGINT NOT NULL PRIMARY KEY, cn BIGINT NOT NULL, next_number BIGINT NOT NULL"
extern const TwDbSqlSet tw_sql_dir_state;
gboolean tw_sql_dir_state_begin(TwDbTx *tx, gpointer data, GError **error); /* a migration */
gboolean tw_sql_dir_state_get(TwDbTx *tx, guint64 *ret_cn, GError **error);
gboolean tw_sql_dir_state_next_cn(TwDbTx *tx, guint64 *ret_cn, GError **error);
gboolean tw_sql_dir_state_next_number(TwDbTx *tx, guint32 *ret_number, GError **error);

/* ---- dir_object: a row an object ---- */

#define TW_DIRECTORY_OBJECT_COLUMNS                                                                \
    "number BIGINT NOT NULL PRIMARY KEY, id VARBINARY(16) NOT NULL UNIQUE, kind BIGINT NOT NULL,"  \
    " company BIGINT NOT NULL, space BIGINT NOT NULL, name VARCHAR(255) NOT NULL,"                 \
    " name_key VARBINARY(1024) NOT NULL, full_name VARCHAR(255) NOT NULL,"                         \
    " mail VARCHAR(320) NOT NULL, home_server VARCHAR(255) NOT NULL,"                              \
    " description VARCHAR(255) NOT NULL, admin_level BIGINT NOT NULL, flags BIGINT NOT NULL,"      \
    " quota_warn BIGINT NOT NULL, quota_soft BIGINT NOT NULL, quota_hard BIGINT NOT NULL,"         \
    " user_warn BIGINT NOT NULL, user_soft BIGINT NOT NULL, user_hard BIGINT NOT NULL,"            \
    " meeting BIGINT NOT NULL, capacity BIGINT NOT NULL, system_contact BIGINT NOT NULL,"          \
    " details MEDIUMBLOB, generation BIGINT NOT NULL, cn BIGINT NOT NULL,"                         \
    " UNIQUE(company, space, name_key)"
extern const TwDbSqlSet tw_sql_dir_object;
/* The row's own part of an object: lists and links are NULL. *ret is NULL without an error when there is none. */
gboolean tw_sql_dir_object_get(TwDbTx *tx, guint32 number, TwDirectoryObject **ret, GError **error);
gboolean tw_sql_dir_object_since(TwDbTx *tx, guint64 cn, GPtrArray *objects, GError **error);
/* EXISTS: the name is taken. */
gboolean tw_sql_dir_object_put(TwDbTx *tx,
                               const TwDirectoryObject *row,
                               gboolean is_new,
                               GError **error);
gboolean tw_sql_dir_object_touch(TwDbTx *tx, guint32 number, guint64 cn, GError **error);
gboolean tw_sql_dir_object_delete(TwDbTx *tx, guint32 number, GError **error);
gboolean tw_sql_dir_object_any_in(TwDbTx *tx, guint32 company, gboolean *ret_any, GError **error);

/* ---- dir_text: lists of texts of an object ---- */

typedef enum {
    TW_DIRECTORY_TEXT_ALIAS = 1,
    TW_DIRECTORY_TEXT_FEATURE_ON = 2,
    TW_DIRECTORY_TEXT_FEATURE_OFF = 3,
    TW_DIRECTORY_TEXT_KINDS = 4,
} TwDirectoryText;

#define TW_DIRECTORY_TEXT_COLUMNS                                                                  \
    "number BIGINT NOT NULL, kind BIGINT NOT NULL, position BIGINT NOT NULL,"                      \
    " value VARCHAR(320) NOT NULL, PRIMARY KEY(number, kind, position)"
extern const TwDbSqlSet tw_sql_dir_text;
gboolean tw_sql_dir_text_get(TwDbTx *tx,
                             guint32 number,
                             GPtrArray *const lists[TW_DIRECTORY_TEXT_KINDS],
                             GError **error);
gboolean tw_sql_dir_text_set(
    TwDbTx *tx, guint32 number, TwDirectoryText kind, const char *const *list, GError **error);
gboolean tw_sql_dir_text_delete(TwDbTx *tx, guint32 number, GError **error);

/* ---- dir_relation: from -> to ---- */

#define TW_DIRECTORY_RELATION_COLUMNS                                                              \
    "from_number BIGINT NOT NULL, relation BIGINT NOT NULL, to_number BIGINT NOT NULL,"            \
    " PRIMARY KEY(from_number, relation, to_number)"
extern const TwDbSqlSet tw_sql_dir_relation;
gboolean tw_sql_dir_relation_of(TwDbTx *tx, guint32 from, GArray *links, GError **error);
gboolean tw_sql_dir_relation_count(TwDbTx *tx, guint32 from, guint64 *ret, GError **error);
/* EXISTS: it is there. */
gboolean tw_sql_dir_relation_add(TwDbTx *tx, guint32 from, TwDirectoryLink link, GError **error);
/* NOT_FOUND: it is not there. */
gboolean tw_sql_dir_relation_delete(TwDbTx *tx, guint32 from, TwDirectoryLink link, GError **error);
/* Numbers of those that lead to it. */
gboolean tw_sql_dir_relation_to(TwDbTx *tx, guint32 to, GArray *numbers, GError **error);
gboolean tw_sql_dir_relation_delete_all(TwDbTx *tx, guint32 number, GError **error);

/* ---- dir_secret: hashes of passwords ---- */

#define TW_DIRECTORY_SECRET_COLUMNS                                                                \
    "number BIGINT NOT NULL PRIMARY KEY, hash VARCHAR(255) NOT NULL, generation BIGINT NOT NULL"
extern const TwDbSqlSet tw_sql_dir_secret;
/* *ret_hash is NULL when there is none. */
gboolean tw_sql_dir_secret_get(
    TwDbTx *tx, guint32 number, char **ret_hash, guint64 *ret_generation, GError **error);
gboolean tw_sql_dir_secret_set(
    TwDbTx *tx, guint32 number, const char *hash, guint64 generation, GError **error);
/* A better hash of the same password: only while that password is still the one. */
gboolean tw_sql_dir_secret_upgrade(
    TwDbTx *tx, guint32 number, const char *hash, guint64 generation, GError **error);
gboolean tw_sql_dir_secret_delete(TwDbTx *tx, guint32 number, GError **error);

/* ---- dir_scram: keys for SCRAM, of some passwords ---- */

#define TW_DIRECTORY_SCRAM_COLUMNS                                                                 \
    "number BIGINT NOT NULL PRIMARY KEY, rounds BIGINT NOT NULL, salt VARBINARY(16) NOT NULL,"     \
    " stored_key VARBINARY(32) NOT NULL, server_key VARBINARY(32) NOT NULL,"                       \
    " generation BIGINT NOT NULL"
extern const TwDbSqlSet tw_sql_dir_scram;
gboolean tw_sql_dir_scram_begin(TwDbTx *tx, gpointer data, GError **error); /* a migration */
gboolean tw_sql_dir_scram_get(TwDbTx *tx,
                              guint32 number,
                              TwScramKeys *ret,
                              gboolean *ret_found,
                              guint64 *ret_generation,
                              GError **error);
/* Only while that password is still the one. */
gboolean tw_sql_dir_scram_set(
    TwDbTx *tx, guint32 number, const TwScramKeys *keys, guint64 generation, GError **error);
gboolean tw_sql_dir_scram_delete(TwDbTx *tx, guint32 number, GError **error);
gboolean tw_sql_dir_scram_any(TwDbTx *tx, gboolean *ret_any, GError **error);
gboolean tw_sql_dir_scram_delete_all(TwDbTx *tx, GError **error); /* but the house's own row */

/* ---- dir_photo ---- */

#define TW_DIRECTORY_PHOTO_COLUMNS "number BIGINT NOT NULL PRIMARY KEY, photo MEDIUMBLOB NOT NULL"
extern const TwDbSqlSet tw_sql_dir_photo;
gboolean tw_sql_dir_photo_get(TwDbTx *tx, guint32 number, GBytes **ret, GError **error);
/* Empty: removes it. */
gboolean tw_sql_dir_photo_set(TwDbTx *tx, guint32 number, GBytes *photo, GError **error);

/* ---- dir_gone: what was deleted ---- */

#define TW_DIRECTORY_GONE_COLUMNS                                                                  \
    "number BIGINT NOT NULL PRIMARY KEY, kind BIGINT NOT NULL, company BIGINT NOT NULL,"           \
    " cn BIGINT NOT NULL"
extern const TwDbSqlSet tw_sql_dir_gone;
gboolean tw_sql_dir_gone_add(TwDbTx *tx, const TwDirectoryGone *gone, GError **error);
/* All but the last @keep. */
gboolean tw_sql_dir_gone_forget(TwDbTx *tx, guint keep, GError **error);
gboolean tw_sql_dir_gone_since(TwDbTx *tx, guint64 cn, GArray *gone, GError **error);

/* ---- dir_node: the servers that share the directory ---- */

#define TW_DIRECTORY_NODE_COLUMNS                                                                  \
    "name VARCHAR(255) NOT NULL PRIMARY KEY, urls VARCHAR(2048) NOT NULL"
extern const TwDbSqlSet tw_sql_dir_node;
/* NOT_FOUND: no such one. */
gboolean tw_sql_dir_node_get(TwDbTx *tx, const char *name, char **ret_urls, GError **error);
gboolean tw_sql_dir_node_set(TwDbTx *tx, const char *name, const char *urls, GError **error);

/* ---- dir_external: which object of a source elsewhere has which number ---- */

/* What those who follow the directory have not been told yet. */
typedef enum {
    TW_DIRECTORY_NEWS_MADE = 1u << 0,
    TW_DIRECTORY_NEWS_GONE = 1u << 1, /* the object's row is no more */
    TW_DIRECTORY_NEWS_QUOTA = 1u << 2,
} TwDirectoryNewsBits;

typedef struct {
    guint32 number;
    char *plugin;      /* owned */
    guint32 class;     /* within which ids are unique: tw_directory_external_class() */
    GBytes *id;        /* (nullable): owned; NULL: it is gone, and another may have its id */
    guint8 digest[32]; /* of all that the source says of it */
    guint32 news;      /* of TwDirectoryNewsBits */
    guint32 kind, company;
    char *name; /* owned */
} TwDirectoryKnown;

#define TW_DIRECTORY_EXTERNAL_COLUMNS                                                              \
    "number BIGINT NOT NULL PRIMARY KEY, plugin VARCHAR(16) NOT NULL, class BIGINT NOT NULL,"      \
    " id VARBINARY(255), digest VARBINARY(32) NOT NULL, news BIGINT NOT NULL,"                     \
    " kind BIGINT NOT NULL, company BIGINT NOT NULL, name VARCHAR(255) NOT NULL,"                  \
    " UNIQUE(class, id)"
extern const TwDbSqlSet tw_sql_dir_external;
void tw_directory_known_free(TwDirectoryKnown *known);
/* All, or those of which there is something to tell; by number. */
gboolean tw_sql_dir_external_list(TwDbTx *tx, gboolean only_news, GPtrArray *ret, GError **error);
/* That of a number, or none. */
gboolean tw_sql_dir_external_get(TwDbTx *tx, guint32 number, GPtrArray *ret, GError **error);
gboolean tw_sql_dir_external_put(TwDbTx *tx, const TwDirectoryKnown *known, GError **error);
gboolean tw_sql_dir_external_delete(TwDbTx *tx, guint32 number, GError **error);
gboolean tw_sql_dir_external_has(TwDbTx *tx, guint32 number, gboolean *ret, GError **error);
/* Name of the plugin whose objects these are; NULL: there are none. */
gboolean tw_sql_dir_external_plugin(TwDbTx *tx, char **ret, GError **error);
/* Whether there is an object that is of no source elsewhere. */
gboolean tw_sql_dir_external_any_other(TwDbTx *tx, gboolean *ret, GError **error);

/* ---- the plugin ---- */

typedef struct TwDirectoryDb TwDirectoryDb;

/* Written by the plugin of a source elsewhere, which decides what may be: external.c. */
void tw_directory_db_set_followed(TwDirectoryPlugin *plugin);
/* In a closure: UNSUPPORTED when users are kept elsewhere. number 0: a new object. */
gboolean tw_directory_db_check_writable(TwDirectoryPlugin *plugin,
                                        TwDbTx *tx,
                                        guint32 number,
                                        GError **error);
/* All rows of an object. */
gboolean tw_directory_db_delete_rows(TwDbTx *tx, guint32 number, GError **error);
/* Gives objects a new change number. */
gboolean tw_directory_db_touch_all(TwDbTx *tx, const GArray *numbers, guint64 cn, GError **error);

/* Writes, db-write.c. Each is a closure given to the database of the plugin. */
gboolean tw_directory_db_create(TwDirectoryPlugin *plugin,
                                const TwDirectoryObject *values,
                                const TwDirectoryExtras *extras,
                                guint32 *ret_number,
                                GError **error);
gboolean tw_directory_db_modify(TwDirectoryPlugin *plugin,
                                const TwDirectoryObject *values,
                                TwDirectoryFields fields,
                                const TwDirectoryExtras *extras,
                                GError **error);
gboolean tw_directory_db_remove(TwDirectoryPlugin *plugin, guint32 number, GError **error);
gboolean tw_directory_db_relate(TwDirectoryPlugin *plugin,
                                guint32 from,
                                TwDirectoryLink link,
                                GError **error);
gboolean tw_directory_db_unrelate(TwDirectoryPlugin *plugin,
                                  guint32 from,
                                  TwDirectoryLink link,
                                  GError **error);

/* Keys for SCRAM, db-scram.c. Set before the plugin is used, then read alone. */
typedef struct {
    gboolean kept; /* they are made, kept and told */
    guint8 secret[TW_SHA256_LEN];
} TwDirectoryScram;

TwDirectoryScram *tw_directory_db_scram(TwDirectoryPlugin *plugin);
gboolean tw_directory_db_has_scram(TwDirectoryPlugin *plugin);
void tw_directory_db_scram_make(const TwDirectoryScram *scram,
                                guint32 company,
                                const char *name,
                                const TwSecret *password,
                                TwScramKeys *ret);
gboolean tw_directory_db_scram_keys(TwDirectoryPlugin *plugin,
                                    guint32 company,
                                    const char *name,
                                    const TwDirectoryObject *user,
                                    TwScramKeys *ret,
                                    gboolean *ret_real,
                                    GError **error);
/* Keeps keys of a password that was just right, unless there are some. What fails is tried at the next log-on. */
void tw_directory_db_scram_learn(TwDirectoryPlugin *plugin,
                                 const TwDirectoryObject *user,
                                 guint64 generation,
                                 const TwSecret *password);

/* Runs a closure that reads. */
gboolean tw_directory_db_read(TwDirectoryPlugin *plugin,
                              TwDbFunc func,
                              gpointer data,
                              GError **error);
/* Runs a closure that changes the directory and moves the epoch with its commit. */
gboolean tw_directory_db_run(TwDirectoryPlugin *plugin,
                             TwDbFunc func,
                             gpointer data,
                             GError **error);
/* In a closure: the next change number, which becomes the epoch when it is committed. */
gboolean tw_directory_db_next_cn(TwDirectoryPlugin *plugin,
                                 TwDbTx *tx,
                                 guint64 *ret_cn,
                                 GError **error);

/* "row: is not as it was written" */
gboolean tw_directory_db_damaged(const char *table, GError **error);
/* A number as the tables keep it: from 1 to 2^32 - 1. */
gboolean tw_directory_db_number(gint64 value, const char *table, guint32 *ret, GError **error);

G_END_DECLS
