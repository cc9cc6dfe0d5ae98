/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The doors of daemons: one table that says what each is called, which keys it reads, and how it is bound, started and
 * stopped. A new door is a file door-NAME.c with its row, and one line in twiga.c. A daemon of one door has a list of its own.
 */
#pragma once

#include "base/config.h"
#include "net/listener.h"
#include "programs/daemon.h"
#include "programs/node.h"

G_BEGIN_DECLS

/* What a door is given; it outlives the door. */
typedef struct {
    TwDaemon *daemon; /* configuration, loop, metrics; its data belongs to the program */
    TwNode *
        node; /* NULL until the storage is open: from start on; and where another program has it open */
    TwServer *
        server; /* where the mailboxes are: that of the node, or one behind a wire; NULL until start */
    gint ready; /* atomic: everything listens */
} TwHouse;

/* One kind of door. What is NULL is passed over. */
typedef struct {
    const char *name;               /* "monitoring" */
    const TwConfigTable *tables[3]; /* the keys that are its own */
    /* Binds what it listens on and gives what the door is, also when it fails half-way; threads do not run yet, and the
     * node is not open. */
    gboolean (*bind)(TwHouse *house, gpointer *ret_door, GError **error);
    /* The node is open; connections come when this has returned for all doors. */
    gboolean (*start)(gpointer door, GError **error);
    /* A new configuration is in force. */
    void (*reloaded)(gpointer door);
    /* Its connections and listeners are closed; frees the door, also one that was only bound, or half bound. */
    void (*stop)(gpointer door);
    /* Appends lines NAME=value for scripts (--endpoints). */
    void (*write_endpoints)(gpointer door, GString *text);
} TwDoor;

/** tw_door_monitoring: GET /metrics, /health/live and /health/ready. */
extern const TwDoor tw_door_monitoring;
/** tw_door_autoconfig: mail programs ask for their settings. */
extern const TwDoor tw_door_autoconfig;
/** tw_door_dav: calendars. */
extern const TwDoor tw_door_dav;
/** tw_door_lmtp: mail comes in. */
extern const TwDoor tw_door_lmtp;
/** tw_door_imap: mail is read. */
extern const TwDoor tw_door_imap;
/** tw_door_soap: clients of Zarafa and Kopano. */
extern const TwDoor tw_door_soap;
/** tw_door_spooler: mail goes out. */
extern const TwDoor tw_door_spooler;
/** tw_door_pop3: mail is fetched. */
extern const TwDoor tw_door_pop3;

/**
 * tw_house_listen_at:
 * @house: the house
 * @what: the protocol, for the log
 * @specs: where, as for tw_listener_open()
 * @options: as for tw_listener_open()
 * @ret_first: (out): the first of the listeners, borrowed from the loop, or NULL if there is none
 * @error: as tw_listener_open()
 *
 * For doors: opens what a specifier names, and logs where.
 *
 * Returns: FALSE on failure
 */
gboolean tw_house_listen_at(TwHouse *house,
                            const char *what,
                            const char *specs,
                            const TwListenOptions *options,
                            TwListener **ret_first,
                            GError **error);

/**
 * tw_house_listen:
 * @house: the house
 * @what: the protocol, for the log
 * @key: of the configuration, which says where
 * @options: as for tw_listener_open()
 * @ret_first: (out): the first of the listeners, borrowed from the loop, or NULL if there is none
 * @error: as tw_listener_open()
 *
 * For doors: opens what a key names, and logs where.
 *
 * Returns: FALSE on failure
 */
gboolean tw_house_listen(TwHouse *house,
                         const char *what,
                         const char *key,
                         const TwListenOptions *options,
                         TwListener **ret_first,
                         GError **error);

typedef struct TwDoors TwDoors;

/**
 * tw_doors_add_tables:
 * @list: (array zero-terminated=1): doors
 * @schema: gets the keys of every door
 * @error: as tw_config_schema_add()
 *
 * Returns: FALSE on failure
 */
gboolean tw_doors_add_tables(const TwDoor *const *list, TwConfigSchema *schema, GError **error);

/**
 * tw_doors_new:
 * @list: (array zero-terminated=1): which; outlives the doors
 *
 * Returns: (transfer full): the doors, none of them bound
 */
TwDoors *tw_doors_new(const TwDoor *const *list);

/**
 * tw_doors_bind:
 * @doors: new doors
 * @house: what they are given; outlives them
 * @error: what the first door failed with
 *
 * Binds all doors, in the order of the table.
 *
 * Returns: FALSE on failure: some are bound then, until tw_doors_stop()
 */
gboolean tw_doors_bind(TwDoors *doors, TwHouse *house, GError **error);

/**
 * tw_doors_start:
 * @doors: doors that were bound
 * @error: what the first door failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_doors_start(TwDoors *doors, GError **error);

/**
 * tw_doors_reloaded:
 * @doors: doors that were started
 */
void tw_doors_reloaded(TwDoors *doors);

/**
 * tw_doors_write_endpoints:
 * @doors: doors that were started
 * @text: gets a line NAME=value for each address
 */
void tw_doors_write_endpoints(TwDoors *doors, GString *text);

/**
 * tw_doors_stop:
 * @doors: (nullable) (transfer full): doors of a loop that was freed, so that no connection is left
 *
 * Stops and frees them, the last first.
 */
void tw_doors_stop(TwDoors *doors);

G_END_DECLS
