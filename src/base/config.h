/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Configuration: tables of keys in, one immutable object out.
 *
 * A module describes its keys in a static const #TwConfigTable. A program puts the tables it wants into a
 * #TwConfigSchema, loads a file over it and hands the #TwConfig down. From the tables come the values, the long options,
 * --dump-config, the manual page and every message about a wrong line.
 */
#pragma once

#include <glib.h>

#include "base/config-file.h"
#include "base/listen-spec.h"
#include "base/secret.h"
#include "base/server-url.h"

G_BEGIN_DECLS

typedef enum {
    TW_CONFIG_BOOL = 0,   /* yes/no; empty is no */
    TW_CONFIG_INT = 1,    /* within min and max */
    TW_CONFIG_SIZE = 2,   /* bytes, k/m/g; within min and max */
    TW_CONFIG_TIME = 3,   /* a number counts in unit; within min and max of that unit */
    TW_CONFIG_ENUM = 4,   /* one of choices, any case */
    TW_CONFIG_STRING = 5, /* verbatim */
    TW_CONFIG_PATH = 6,   /* verbatim */
    TW_CONFIG_LIST = 7,   /* words, double quotes group */
    TW_CONFIG_SECRET = 8, /* verbatim, never expanded, never shown */
    TW_CONFIG_LISTEN = 9, /* socket specifiers to listen on */
    TW_CONFIG_URL = 10,   /* a storage server; empty is "default:" */
} TwConfigType;

typedef enum {
    TW_CONFIG_RELOADABLE = 1u << 0, /* read again at SIGHUP */
    TW_CONFIG_NON_EMPTY = 1u << 1,  /* an empty value is an error */
    TW_CONFIG_OBSOLETE = 1u << 2,   /* accepted with a warning, any value, no effect */
    TW_CONFIG_LEGACY = 1u << 3, /* has effect, with a warning that names the newer key (instead) */
    TW_CONFIG_HEX = 1u << 4,    /* an int that may be written 0x... */
} TwConfigFlags;

/* One key. What is not said is zero. */
typedef struct {
    const char *name; /* lower case, digits, underscores */
    TwConfigType type;
    guint flags;     /* of TwConfigFlags */
    const char *def; /* default, as it would stand in the file; NULL is the empty text */
    gint64 min,
        max; /* for int, size, time; both 0: from 0 to the largest 31-bit (int) or 63-bit number */
    const char *
        unit; /* for time: ms, s, min, h or d, not NULL; for others a word for the manual, or NULL */
    /* for enum: NULL-terminated; "no|false|0" is one choice with three spellings, the first is shown */
    const char *const *choices;
    const char *aliases; /* old spellings, separated by spaces, or NULL */
    const char *instead; /* for TW_CONFIG_LEGACY: the key to use now */
    const char *help;    /* one paragraph of sentences; not empty */
} TwConfigKey;

typedef struct TwConfig TwConfig;
typedef struct TwConfigSchema TwConfigSchema;

/* The keys of one module. */
typedef struct {
    const char *title; /* heading in the manual page */
    const TwConfigKey *keys;
    gsize keys_count;
    /* May set keys from others, for old spellings that mean something else now; NULL: nothing to do. Called on a
     * configuration that nobody else has seen yet. */
    gboolean (*translate)(TwConfig *draft, GError **error);
    /* Refuses values that do not go together; NULL: nothing to check. */
    gboolean (*check)(const TwConfig *config, GError **error);
} TwConfigTable;

typedef enum {
    TW_CONFIG_NOTICE = 0,
    TW_CONFIG_WARNING = 1,
    TW_CONFIG_ERROR = 2,
} TwConfigSeverity;

/* Something to say about a file: start-up logs warnings and errors, a checker shows all. */
typedef struct {
    TwConfigSeverity severity;
    char *where; /* "file:line", "command line", or "" */
    char *key;   /* "" when it is not about one */
    char *text;  /* never holds the value of a secret */
} TwConfigNote;

/* A "TAG = attribute" line of a file named by !propmap. */
typedef struct {
    guint32 tag;     /* MAPI property tag with its type */
    char *attribute; /* may be empty: not mapped */
    char *where;     /* "file:line" */
} TwConfigPropmapLine;

/* A value from the command line. */
typedef struct {
    const char *name;
    const char *value;
} TwConfigSetting;

/* What a configuration is read from. All borrowed for the call. */
typedef struct {
    const char *path;                /* file; NULL: none, only defaults */
    TwConfigReadFunc read;           /* NULL: tw_config_read_disk() */
    gpointer read_data;              /* for read */
    gboolean ignore_unknown;         /* unknown keys are warnings */
    const TwConfigSetting *settings; /* from the command line; they beat the file */
    gsize settings_count;
    const char *const *environment; /* "NAME=value", NULL-terminated; for $NAME; NULL: none */
} TwConfigSource;

/**
 * tw_config_schema_new:
 *
 * Returns: (transfer full): an empty schema. It may be changed until the first load
 */
TwConfigSchema *tw_config_schema_new(void);

/**
 * tw_config_schema_ref:
 * @schema: a schema
 *
 * Returns: (transfer full): the same one, with one more reference
 */
TwConfigSchema *tw_config_schema_ref(TwConfigSchema *schema);

/**
 * tw_config_schema_unref:
 * @schema: (nullable): a schema
 */
void tw_config_schema_unref(TwConfigSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwConfigSchema, tw_config_schema_unref)

/**
 * tw_config_schema_add:
 * @schema: a schema
 * @table: a table, borrowed for ever
 * @error: on failure TW_ERROR_INVALID (a name that is not lower case, a key without help, a default its own type
 *   refuses, ...) or TW_ERROR_EXISTS (a name or alias that is there already)
 *
 * Adds the keys of a module.
 *
 * Returns: FALSE, and nothing added, when the table is wrong
 */
gboolean tw_config_schema_add(TwConfigSchema *schema, const TwConfigTable *table, GError **error);

/**
 * tw_config_schema_add_elsewhere:
 * @schema: a schema
 * @table: a table, borrowed for ever
 * @file: name of the file where its keys belong, borrowed for ever
 *
 * Lets the keys of @table stand in this file with a warning that they have no effect here. Names that the schema
 * knows itself are passed over. For the door files of the all-in-one program.
 */
void tw_config_schema_add_elsewhere(TwConfigSchema *schema,
                                    const TwConfigTable *table,
                                    const char *file);

/**
 * tw_config_schema_set_default:
 * @schema: a schema
 * @name: a key it has
 * @value: the default of this program, borrowed for ever
 * @error: on failure TW_ERROR_NOT_FOUND, or TW_ERROR_INVALID for a value the key refuses
 *
 * Some keys are shared by all programs but start out differently.
 *
 * Returns: TRUE when done
 */
gboolean tw_config_schema_set_default(TwConfigSchema *schema,
                                      const char *name,
                                      const char *value,
                                      GError **error);

/**
 * tw_config_schema_allow_propmap:
 * @schema: a schema
 *
 * From now on "!propmap FILE" is read; without this it is a warning like any unknown directive.
 */
void tw_config_schema_allow_propmap(TwConfigSchema *schema);

/**
 * tw_config_schema_has_key:
 * @schema: a schema
 * @name: the name of a key or an alias
 *
 * Returns: TRUE when a file may set it here
 */
gboolean tw_config_schema_has_key(const TwConfigSchema *schema, const char *name);

/**
 * tw_config_schema_suggest:
 * @schema: a schema
 * @name: a name it does not have
 *
 * Returns: (transfer none) (nullable): the key that was probably meant
 */
const char *tw_config_schema_suggest(const TwConfigSchema *schema, const char *name);

/**
 * tw_config_schema_write_mdoc:
 * @schema: a schema
 * @page: mdoc source is appended here
 *
 * Writes one subsection per table with an entry for each key, for the section CONFIGURATION of a manual page.
 */
void tw_config_schema_write_mdoc(const TwConfigSchema *schema, GString *page);

/**
 * tw_config_note_free:
 * @note: (nullable): a note
 */
void tw_config_note_free(TwConfigNote *note);

/**
 * tw_config_note_to_string:
 * @note: a note
 *
 * Returns: (transfer full): one line such as "gateway.cfg:7: error: imap_prot: unknown key"
 */
char *tw_config_note_to_string(const TwConfigNote *note);

/**
 * tw_config_check_paths:
 * @config: a configuration
 * @notes: (element-type TwConfigNote): receives a warning for each path that was set and cannot be: one in a folder that is not
 *   there, and a file or folder that the caller may not read
 *
 * For checkers of files: what a program only finds out when it opens something.
 */
void tw_config_check_paths(const TwConfig *config, GPtrArray *notes);

/**
 * tw_config_load:
 * @schema: what may stand in the file
 * @source: where to read
 * @notes: (nullable) (element-type TwConfigNote): receives every note, errors too; must free its elements with
 *   tw_config_note_free()
 * @error: the first error: TW_ERROR_INVALID (file, line and key are in the message), TW_ERROR_TOO_BIG, or what reading the
 *   file said
 *
 * Reads defaults, file and command line, in this order of strength.
 *
 * Returns: (transfer full): the configuration, or NULL when there was any error
 */
TwConfig *tw_config_load(TwConfigSchema *schema,
                         const TwConfigSource *source,
                         GPtrArray *notes,
                         GError **error);

/**
 * tw_config_reload:
 * @running: the configuration in use; not changed
 * @source: where to read; the command line of the start again
 * @notes: (nullable) (element-type TwConfigNote): receives every note, also one per changed key that needs a restart
 * @error: as tw_config_load()
 *
 * Reads again, and takes over exactly the keys marked reloadable that did not come from the command line; all others keep
 * the value of @running. A property map is taken over whole.
 *
 * Returns: (transfer full): the next configuration, or NULL: go on with @running
 */
TwConfig *tw_config_reload(const TwConfig *running,
                           const TwConfigSource *source,
                           GPtrArray *notes,
                           GError **error);

/**
 * tw_config_ref:
 * @config: a configuration
 *
 * Returns: (transfer full): the same one, with one more reference; may be used from several threads
 */
TwConfig *tw_config_ref(const TwConfig *config);

/**
 * tw_config_unref:
 * @config: (nullable): a configuration
 */
void tw_config_unref(TwConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwConfig, tw_config_unref)

/**
 * tw_config_set:
 * @draft: the configuration handed to a table's translate function, nothing else
 * @name: a key
 * @value: its value, as it would stand in the file
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: TRUE when set
 */
gboolean tw_config_set(TwConfig *draft, const char *name, const char *value, GError **error);

/**
 * tw_config_translate_listen:
 * @draft: the configuration handed to a table's translate function
 * @bind: (nullable): string key with an address, such as "server_bind"
 * @enabled: (nullable): bool key that says whether to listen at all
 * @port: int key with the port
 * @listen: listen key to set
 * @error: on failure TW_ERROR_INVALID
 *
 * Translates the old way of naming a listener. Does nothing when @listen was set or none of the old keys was.
 *
 * Returns: TRUE unless the address is wrong
 */
gboolean tw_config_translate_listen(TwConfig *draft,
                                    const char *bind,
                                    const char *enabled,
                                    const char *port,
                                    const char *listen,
                                    GError **error);

/* The getters below end the program for a key that the schema does not have, or of another type: that is a mistake in
 * the program, not in the file. They search by name; what is asked often is read once. */

/**
 * tw_config_is_set:
 * @config: a configuration
 * @name: a key
 *
 * Returns: TRUE when file or command line gave it a value, even if it is the default
 */
gboolean tw_config_is_set(const TwConfig *config, const char *name);

/**
 * tw_config_get_bool:
 * @config: a configuration
 * @name: a bool key
 *
 * Returns: its value
 */
gboolean tw_config_get_bool(const TwConfig *config, const char *name);

/**
 * tw_config_get_int:
 * @config: a configuration
 * @name: an int key
 *
 * Returns: its value, within the key's bounds
 */
gint64 tw_config_get_int(const TwConfig *config, const char *name);

/**
 * tw_config_get_size:
 * @config: a configuration
 * @name: a size key
 *
 * Returns: its value in bytes, within the key's bounds
 */
guint64 tw_config_get_size(const TwConfig *config, const char *name);

/**
 * tw_config_get_time_ms:
 * @config: a configuration
 * @name: a time key
 *
 * Returns: its value in milliseconds, within the key's bounds
 */
gint64 tw_config_get_time_ms(const TwConfig *config, const char *name);

/**
 * tw_config_get_enum:
 * @config: a configuration
 * @name: an enum key
 *
 * Returns: the index of its value among the key's choices
 */
guint tw_config_get_enum(const TwConfig *config, const char *name);

/**
 * tw_config_get_string:
 * @config: a configuration
 * @name: a key of any type but secret
 *
 * Returns: (transfer none): the text of its value, never NULL, borrowed as long as @config lives
 */
const char *tw_config_get_string(const TwConfig *config, const char *name);

/**
 * tw_config_get_list:
 * @config: a configuration
 * @name: a list key
 *
 * Returns: (transfer none) (array zero-terminated=1): its words, borrowed as long as @config lives
 */
const char *const *tw_config_get_list(const TwConfig *config, const char *name);

/**
 * tw_config_get_secret:
 * @config: a configuration
 * @name: a secret key
 *
 * Returns: (transfer none): its value, never NULL; take a reference to keep it
 */
TwSecret *tw_config_get_secret(const TwConfig *config, const char *name);

/**
 * tw_config_get_listen:
 * @config: a configuration
 * @name: a listen key
 *
 * Returns: (transfer none) (element-type TwListenSpec): its listeners, empty for none, borrowed as long as @config lives
 */
const GPtrArray *tw_config_get_listen(const TwConfig *config, const char *name);

/**
 * tw_config_get_url:
 * @config: a configuration
 * @name: a url key
 *
 * Returns: (transfer none): its value, borrowed as long as @config lives
 */
const TwServerUrl *tw_config_get_url(const TwConfig *config, const char *name);

/**
 * tw_config_get_propmap:
 * @config: a configuration
 *
 * Returns: (transfer none) (element-type TwConfigPropmapLine): the lines of all !propmap files in order, empty for none
 */
const GPtrArray *tw_config_get_propmap(const TwConfig *config);

/**
 * tw_config_dump:
 * @config: a configuration
 * @text: the lines are appended here
 *
 * Writes every key as "name = value", those still at the default behind "# ", secrets masked.
 */
void tw_config_dump(const TwConfig *config, GString *text);

G_END_DECLS
