/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the config files share: the slots of a schema and the values of a configuration.
 */
#pragma once

#include "base/config.h"

G_BEGIN_DECLS

typedef enum {
    TW_CONFIG_FROM_DEFAULT = 0,
    TW_CONFIG_FROM_TABLE = 1, /* tw_config_set() */
    TW_CONFIG_FROM_FILE = 2,
    TW_CONFIG_FROM_COMMAND_LINE = 3,
} TwConfigOrigin;

/* One value, immutable and shared between a configuration and the next. A g_atomic_rc_box. */
typedef struct {
    TwConfigType type;
    TwConfigOrigin origin;
    char *text;    /* as written, after $NAME; NULL for a secret */
    gint64 number; /* bool, int, size, time in ms, enum's index */
    union {
        gpointer any;
        char **list;
        TwSecret *secret;
        GPtrArray *listen;
        TwServerUrl *url;
    } u;
} TwConfigValue;

/* A key in a schema. */
typedef struct {
    const TwConfigKey *key;
    const TwConfigTable *table;
    const char *def; /* this program's default, never NULL */
} TwConfigSlot;

struct TwConfigSchema {
    GArray *slots;         /* of TwConfigSlot */
    GArray *tables;        /* of const TwConfigTable * */
    GHashTable *by_name;   /* names and aliases -> slot number + 1 */
    GHashTable *elsewhere; /* names -> file where they belong */
    gboolean propmap;
    gint sealed; /* a load has begun: no more changes (atomic) */
};

struct TwConfig {
    TwConfigSchema *schema;
    TwConfigValue **values; /* one per slot */
    GPtrArray *propmap;     /* of TwConfigPropmapLine */
    gboolean draft;         /* tw_config_set() is allowed */
};

/**
 * tw_config_schema_slot:
 * @schema: a schema
 * @name: a key or an alias
 *
 * Returns: its slot number, or -1
 */
gssize tw_config_schema_slot(const TwConfigSchema *schema, const char *name);

/**
 * tw_config_value_new:
 * @key: the key
 * @text: the value as written, after $NAME
 * @origin: where it comes from
 * @error: on failure TW_ERROR_INVALID or TW_ERROR_TOO_BIG; the message holds neither the key nor a secret
 *
 * Returns: (transfer full): the value, or NULL
 */
TwConfigValue *tw_config_value_new(const TwConfigKey *key,
                                   const char *text,
                                   TwConfigOrigin origin,
                                   GError **error);

/**
 * tw_config_value_unref:
 * @value: (nullable): a value
 */
void tw_config_value_unref(TwConfigValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwConfigValue, tw_config_value_unref)

/**
 * tw_config_value_equal:
 * @a: a value
 * @b: another of the same key
 *
 * Returns: TRUE when both were written alike
 */
gboolean tw_config_value_equal(const TwConfigValue *a, const TwConfigValue *b);

G_END_DECLS
