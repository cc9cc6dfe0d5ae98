/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Named properties: a property set and in it a number (LID) or a string. The server maps a name to an id at or above
 * 0x8000; a door asks a TwNameMap and never keeps such an id outside the store that gave it.
 *
 * Strings are compared byte for byte, case included (spec/mapi-soap.md 18, captured).
 *
 * | ids           | mapping                                                                         |
 * |---------------|---------------------------------------------------------------------------------|
 * | below 0x8000  | set PS_MAPI, number = the id itself                                             |
 * | 0x8000-0x84ff | fixed: clients know them without asking; tw_named_prop_fixed_id()               |
 * | 0x8501-0xfffe | 0x8500 + a number the server gave; numbers run from 1 to %TW_NAMED_MAX_NUMBER   |
 *
 * Source: spec/mailbox-layout.md 2.2 and appendix B; spec/mapi-soap.md 18.
 */
#pragma once

#include <glib.h>

#include "base/guid.h"
#include "mapi/named-list.h"

G_BEGIN_DECLS

enum {
    TW_NAMED_MAX_NAME =
        254, /* bytes of a string name: it is a key in a table and travels with each lookup */
    TW_NAMED_FIRST_ID = 0x8500, /* number 0, which is never given */
    TW_NAMED_MAX_NUMBER =
        31485 /* what clients of the peer can use; all ids up to 0xfffe fit below it */
};

/* TW_PROP_SET_APPOINTMENT and so on. Not part of any format. */
typedef enum {
#define TW_PROP_SET_ENUM_ROW(set, printed, a, b, c, ...) TW_PROP_SET_##set,
    TW_PROP_SET_LIST(TW_PROP_SET_ENUM_ROW)
#undef TW_PROP_SET_ENUM_ROW
    TW_PROP_SET_COUNT
} TwPropSet;

/* The names that the specifications fix: TW_PidLidReminderSet, TW_PidNameKeywords and so on. Not part of any format. */
typedef enum {
#define TW_NAMED_ENUM_ROW(constant, set, name, type) constant,
    TW_NAMED_LID_LIST(TW_NAMED_ENUM_ROW)
    TW_NAMED_STRING_LIST(TW_NAMED_ENUM_ROW)
#undef TW_NAMED_ENUM_ROW
        TW_KNOWN_NAME_COUNT
} TwKnownName;

typedef struct {
    TwGuid set;
    const char *name; /* NULL: the name is the number @lid; else it is this text, UTF-8 */
    guint32 lid;      /* 0 when @name is set */
} TwNamedProp;

/**
 * tw_prop_set_guid:
 * @set: a property set of the list
 *
 * Returns: (transfer none): its GUID, a constant
 */
const TwGuid *tw_prop_set_guid(TwPropSet set);

/**
 * tw_prop_set_name:
 * @guid: a GUID
 *
 * Returns: (transfer none) (nullable): "PSETID_Appointment", a constant, or NULL when the list has no such set
 */
const char *tw_prop_set_name(const TwGuid *guid);

/**
 * tw_named_prop_check:
 * @name: a name from outside
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG for a string longer than %TW_NAMED_MAX_NAME
 *
 * Whether the name may be stored: a string is not empty, valid UTF-8 and not too long.
 *
 * Returns: TRUE if it may
 */
gboolean tw_named_prop_check(const TwNamedProp *name, GError **error);

/**
 * tw_named_prop_equal:
 * @a: (type TwNamedProp): a name
 * @b: (type TwNamedProp): another
 *
 * A #GEqualFunc: same set, same kind, same number or byte for byte the same string.
 *
 * Returns: whether they are the same
 */
gboolean tw_named_prop_equal(gconstpointer a, gconstpointer b);

/**
 * tw_named_prop_hash:
 * @name: (type TwNamedProp): a name
 *
 * A #GHashFunc.
 *
 * Returns: a number for hash tables
 */
guint tw_named_prop_hash(gconstpointer name);

/**
 * tw_named_prop_copy:
 * @name: a name
 *
 * Returns: (transfer full): a copy that owns its string; free it with g_free()
 */
TwNamedProp *tw_named_prop_copy(const TwNamedProp *name);

/**
 * tw_named_prop_to_string:
 * @name: a name
 *
 * For logs and tools: "PidLidReminderSet", "PidNameKeywords", else "{GUID}:0x8503" or "{GUID}:text".
 *
 * Returns: (transfer full): the text
 */
char *tw_named_prop_to_string(const TwNamedProp *name);

/**
 * tw_known_name:
 * @which: a name that the specifications fix
 *
 * Returns: the name; its string is a constant
 */
TwNamedProp tw_known_name(TwKnownName which);

/**
 * tw_known_name_type:
 * @which: a name that the specifications fix
 *
 * Returns: its property type (TW_PT_...); TW_PT_UNSPECIFIED when the specifications leave it open
 */
guint16 tw_known_name_type(TwKnownName which);

/**
 * tw_known_name_canonical:
 * @which: a name that the specifications fix
 *
 * Returns: (transfer none): "PidLidReminderSet", a constant
 */
const char *tw_known_name_canonical(TwKnownName which);

/**
 * tw_known_name_find:
 * @name: a name
 * @ret: (out): which one it is; the first of two canonical names of one string
 *
 * Returns: FALSE, and @ret untouched, when the specifications have no such name
 */
gboolean tw_known_name_find(const TwNamedProp *name, TwKnownName *ret);

/**
 * tw_known_name_from_canonical:
 * @canonical: (array length=len): "PidLidReminderSet", case included
 * @len: how many bytes
 * @ret: (out): which one it is
 *
 * Returns: FALSE, and @ret untouched, when there is none
 */
gboolean tw_known_name_from_canonical(const char *canonical, gsize len, TwKnownName *ret);

/**
 * tw_named_prop_fixed_id:
 * @name: a name
 *
 * Clients resolve these without asking, so a server must give them exactly these ids.
 *
 * Returns: the id, below 0x8500, or 0 when the id of this name is given by the server
 */
guint16 tw_named_prop_fixed_id(const TwNamedProp *name);

/**
 * tw_named_prop_from_fixed_id:
 * @id: a property id
 * @ret: (out): its name; has no string to free
 *
 * The other direction of tw_named_prop_fixed_id().
 *
 * Returns: FALSE, and @ret untouched, for an id that has no fixed name
 */
gboolean tw_named_prop_from_fixed_id(guint16 id, TwNamedProp *ret);

/*
 * A map between names and ids: the server's own, a session's cache of it, or one in memory. An implementation answers for the
 * names whose id is not fixed; the functions below add the fixed ones. An id never changes its name.
 */
typedef struct TwNameMap TwNameMap;

typedef struct {
    /* Fills @ret_ids, one for each of @names, with ids above 0x8500; 0 where there is none and @create is FALSE. */
    gboolean (*get_ids)(TwNameMap *map,
                        const TwNamedProp *const *names,
                        gsize count,
                        gboolean create,
                        guint16 *ret_ids,
                        GError **error);
    /* Fills @ret_names, one for each of @ids, with names that live as long as the map; NULL where there is none. */
    gboolean (*get_names)(TwNameMap *map,
                          const guint16 *ids,
                          gsize count,
                          const TwNamedProp **ret_names,
                          GError **error);
    void (*destroy)(TwNameMap *map);
} TwNameMapFuncs;

struct TwNameMap {
    const TwNameMapFuncs *funcs; /* all three are set */
};

/**
 * tw_name_map_get_ids:
 * @map: a map
 * @names: (array length=count): names that tw_named_prop_check() accepts
 * @count: how many
 * @create: whether names that have no id yet are given one
 * @ret_ids: (out caller-allocates) (array length=count): the ids in the same order, 0 for a name that has none
 * @error: on failure what the map reports; TW_ERROR_TOO_BIG when all ids are given out
 *
 * Returns: FALSE, and @ret_ids untouched, on failure
 */
gboolean tw_name_map_get_ids(TwNameMap *map,
                             const TwNamedProp *names,
                             gsize count,
                             gboolean create,
                             guint16 *ret_ids,
                             GError **error);

/**
 * tw_name_map_get_name:
 * @map: a map
 * @id: a property id
 * @ret_name: (out): the name; its string is borrowed from the map
 * @error: on failure TW_ERROR_NOT_FOUND, or what the map reports
 *
 * Returns: FALSE, and @ret_name untouched, on failure
 */
gboolean tw_name_map_get_name(TwNameMap *map, guint16 id, TwNamedProp *ret_name, GError **error);

/**
 * tw_name_map_new:
 *
 * A map in memory that gives numbers from 1 upwards: for conversions that have no store at hand, and for tests.
 *
 * Returns: (transfer full): an empty map
 */
TwNameMap *tw_name_map_new(void);

/**
 * tw_name_map_free:
 * @map: (nullable) (transfer full): any map
 */
void tw_name_map_free(TwNameMap *map);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwNameMap, tw_name_map_free)

G_END_DECLS
