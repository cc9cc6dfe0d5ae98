/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How programs that are not the server reach it: the keys, the remote provider they make, and a user's store there. */
#pragma once

#include "base/config.h"
#include "base/program.h"
#include "session/session.h"

G_BEGIN_DECLS

/** tw_connect_config_table: server_socket, sslkey_file, sslkey_pass, sslca_file. */
extern const TwConfigTable tw_connect_config_table;

/** tw_connect_defaults: where those keys start out, by the generation a program was called as. */
extern const TwProgramDefault tw_connect_defaults[];

/**
 * tw_connect_add_tables:
 * @schema: gets the keys of %tw_connect_config_table
 * @error: as tw_config_schema_add()
 *
 * For programs that have no other keys.
 *
 * Returns: FALSE on failure
 */
gboolean tw_connect_add_tables(TwConfigSchema *schema, GError **error);

/**
 * tw_connect_open:
 * @config: with tw_connect_config_table
 * @program: what to call ourselves, as argv[0]; one of an older generation looks for the socket of that generation
 * @error: TW_ERROR_NOT_FOUND, BUSY, TIMEOUT: nobody can be reached there; NO_ACCESS: the server's certificate does not
 *   convince; INVALID: a URL or a key that cannot be used
 *
 * Returns: (transfer full): the server, or NULL
 */
TwServer *tw_connect_open(const TwConfig *config, const char *program, GError **error);

/* A key that the command line or the environment names, instead of those of the configuration. */
typedef struct {
    const char *file;         /* (nullable): our certificate with its key, in PEM */
    const TwSecret *password; /* (nullable): of that key */
} TwConnectKey;

/**
 * tw_connect_open_with:
 * @config: as for tw_connect_open()
 * @program: likewise
 * @key: what is NULL in it is as @config says
 * @error: as for tw_connect_open()
 *
 * tw_connect_open() with a key of its own.
 *
 * Returns: (transfer full): the server, or NULL
 */
TwServer *tw_connect_open_with(const TwConfig *config,
                               const char *program,
                               const TwConnectKey *key,
                               GError **error);

/**
 * tw_connect_daemon:
 * @config: as for tw_connect_open()
 * @program: likewise
 * @error: TW_ERROR_INVALID: a URL or a key that cannot be used
 *
 * tw_connect_open() for programs that stay: a server that cannot be reached now is a line in the log, and may come.
 *
 * Returns: (transfer full): the server, or NULL
 */
TwServer *tw_connect_daemon(const TwConfig *config, const char *program, GError **error);

/**
 * tw_connect_find_store:
 * @session: of the user, or of who administers them
 * @user: a name to log on with
 * @ret_number: (out) (optional): the user's number in the directory
 * @ret: (out): their own store
 * @error: TW_ERROR_NOT_FOUND, with a sentence: no such user, or one without a store
 *
 * Returns: FALSE on failure
 */
gboolean tw_connect_find_store(
    TwSession *session, const char *user, guint32 *ret_number, TwGuid *ret, GError **error);

/**
 * tw_connect_system:
 * @server: a server
 * @program: what to call ourselves
 * @error: TW_ERROR_NO_ACCESS: we are nobody who may be SYSTEM there
 *
 * Returns: (transfer full): a session of SYSTEM, or NULL
 */
TwSession *tw_connect_system(TwServer *server, const char *program, GError **error);

/**
 * tw_connect_exit_code:
 * @error: why a program could not reach its server, or was not let in
 *
 * Returns: what to exit with
 */
int tw_connect_exit_code(const GError *error);

G_END_DECLS
