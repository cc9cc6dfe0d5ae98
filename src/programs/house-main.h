/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The life of a daemon that has the storage: a node with doors in front. twiga has all doors, twiga-server that of MAPI clients,
 * twiga-dagent that of mail that comes in.
 */
#pragma once

#include "programs/doors.h"

G_BEGIN_DECLS

/* Ids of options such programs share. */
enum {
    TW_HOUSE_OPTION_ENDPOINTS = TW_OPTION_OWN,
    TW_HOUSE_OPTION_DEMO,
    TW_HOUSE_OPTION_RESTART,
    TW_HOUSE_OPTION_END, /* a program counts its own from here */
};

typedef struct {
    const TwProgram *program; /* whose options have those ids */
    const TwDoor *const
        *doors; /* NULL-terminated, in the order in which they are bound and started */
    gboolean
        server; /* it is the server of its data folder: it makes one, runs user scripts, keeps an
                          audit log, and its quotas hold; else it only works on the folder */
    /* (nullable): where server_socket is set, the storage is that of the server that this finds, as tw_connect_daemon() */
    TwServer *(*elsewhere)(const TwConfig *config, const char *called, GError **error);
    gboolean demo;     /* it has --demo */
    gboolean restarts; /* it has --restart-searches */
} TwHouseProgram;

/**
 * tw_house_add_tables:
 * @doors: (array zero-terminated=1): doors
 * @schema: gets the keys of the process, logs, storage, users, user scripts, and of every door
 * @error: as tw_config_schema_add()
 *
 * For servers. What only works on a data folder needs no keys of the audit log or of user scripts.
 *
 * Returns: FALSE on failure
 */
gboolean tw_house_add_tables(const TwDoor *const *doors, TwConfigSchema *schema, GError **error);

/**
 * tw_house_main:
 * @what: the program
 * @argc: as in main()
 * @argv: as in main()
 *
 * Returns: what to exit with
 */
int tw_house_main(const TwHouseProgram *what, int argc, char **argv);

G_END_DECLS
