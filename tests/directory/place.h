/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of directory/ share: a directory over the db plugin, on a disk in memory or on MariaDB. */
#pragma once

#include "db/kv.h"
#include "directory/db-plugin.h"
#include "directory/directory.h"

typedef struct {
    KvPlace kv;
    TwDb *db;
    TwDirectory *directory;
} Place;

static inline TwDirectory *
place_open_directory(TwDb *db)
{
    const TwDirectoryConfig config = TW_DIRECTORY_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwDirectoryPlugin *plugin = tw_directory_db_new(db, &error);
    TwDirectory *directory;

    g_assert_no_error(error);
    directory = tw_directory_new(plugin, &config, &error);
    g_assert_no_error(error);
    return directory;
}

static inline void
place_init(Place *place, TwDbKind kind)
{
    g_autoptr(GError) error = NULL;

    kv_place_init(&place->kv, kind);
    place->kv.config.schema = &tw_directory_schema;
    place->db = tw_db_open(&place->kv.config, &error);
    g_assert_no_error(error);
    place->directory = place_open_directory(place->db);
}

static inline void
place_reopen(Place *place)
{
    g_autoptr(GError) error = NULL;

    tw_directory_free(place->directory);
    tw_db_close(place->db);
    place->db = tw_db_open(&place->kv.config, &error);
    g_assert_no_error(error);
    place->directory = place_open_directory(place->db);
}

static inline void
place_clear(Place *place)
{
    tw_directory_free(place->directory);
    tw_db_close(place->db);
    kv_place_clear(&place->kv);
}

static inline guint32
place_add(Place *place, TwDirectoryKind kind, guint32 company, const char *name)
{
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    TwDirectoryObject values = {
        .kind = kind, .company = company, .name = name, .full_name = name, .mail = mail
    };
    g_autoptr(GError) error = NULL;
    guint32 number = 0;

    tw_directory_create(place->directory, &values, NULL, &number, &error);
    g_assert_no_error(error);
    return number;
}

static inline TwDirectorySnapshot *
place_snapshot(Place *place)
{
    g_autoptr(GError) error = NULL;
    TwDirectorySnapshot *snapshot = tw_directory_snapshot(place->directory, &error);

    g_assert_no_error(error);
    return snapshot;
}
