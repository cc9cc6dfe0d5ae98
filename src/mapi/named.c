/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/named.h"

#include <string.h>

#include "base/error.h"
#include "mapi/proptype.h"

typedef struct {
    TwGuid guid;
    const char *name;
} SetRow;

static const SetRow sets[] = {
#define SET_ROW(set, printed, a, b, c, ...)                                                        \
    { .guid = TW_GUID_INIT(a, b, c, __VA_ARGS__), .name = (printed) },
    TW_PROP_SET_LIST(SET_ROW)
#undef SET_ROW
};

typedef struct {
    const char *canonical; /* "TW_PidLidReminderSet" */
    const char *name;      /* NULL for a number */
    guint32 lid;
    guint16 type;
    guint8 set; /* TwPropSet */
} NameRow;

/* Numbers first, sorted by set and number; then the strings. */
static const NameRow rows[] = {
#define LID_ROW(row_constant, row_set, row_lid, row_type)                                          \
    { .canonical = #row_constant,                                                                  \
      .name = NULL,                                                                                \
      .lid = (row_lid),                                                                            \
      .type = TW_PT_##row_type,                                                                    \
      .set = TW_PROP_SET_##row_set },
#define STRING_ROW(row_constant, row_set, row_name, row_type)                                      \
    { .canonical = #row_constant,                                                                  \
      .name = (row_name),                                                                          \
      .lid = 0,                                                                                    \
      .type = TW_PT_##row_type,                                                                    \
      .set = TW_PROP_SET_##row_set },
    TW_NAMED_LID_LIST(LID_ROW) TW_NAMED_STRING_LIST(STRING_ROW)
#undef LID_ROW
#undef STRING_ROW
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) == TW_KNOWN_NAME_COUNT);
G_STATIC_ASSERT(TW_PROP_SET_COUNT <= G_MAXUINT8);

enum {
#define COUNT_ROW(constant, set, lid, type) +1
    LID_ROWS = 0 TW_NAMED_LID_LIST(COUNT_ROW)
#undef COUNT_ROW
};

/* Numbers that clients map by themselves: id = first + (number - low). Source: spec/mapi-soap.md 18. */
typedef struct {
    TwPropSet set;
    guint32 low, high;
    guint16 first;
} FixedBlock;

static const FixedBlock fixed[] = {
    { .set = TW_PROP_SET_APPOINTMENT, .low = 0x8200, .high = 0x826f, .first = 0x8000 },
    { .set = TW_PROP_SET_TASK, .low = 0x8100, .high = 0x813f, .first = 0x8070 },
    { .set = TW_PROP_SET_ADDRESS, .low = 0x8000, .high = 0x80ef, .first = 0x80b0 },
    { .set = TW_PROP_SET_COMMON, .low = 0x8500, .high = 0x85ff, .first = 0x81a0 },
    { .set = TW_PROP_SET_LOG, .low = 0x8700, .high = 0x871f, .first = 0x82a0 },
    { .set = TW_PROP_SET_SET_0006200B, .low = 0x8800, .high = 0x881f, .first = 0x82c0 },
    { .set = TW_PROP_SET_NOTE, .low = 0x8b00, .high = 0x8b1f, .first = 0x82e0 },
    { .set = TW_PROP_SET_REPORT, .low = 0x8d00, .high = 0x8d1f, .first = 0x8300 },
    { .set = TW_PROP_SET_REMOTE, .low = 0x8f00, .high = 0x8f1f, .first = 0x8320 },
    { .set = TW_PROP_SET_MEETING, .low = 0x0000, .high = 0x003f, .first = 0x8340 },
    { .set = TW_PROP_SET_GENERAL, .low = 0x0002, .high = 0x0002, .first = 0x8380 },
};

enum {
    FIRST_NAMED_ID = 0x8000
};

const TwGuid *
tw_prop_set_guid(TwPropSet set)
{
    g_return_val_if_fail((guint) set < G_N_ELEMENTS(sets), NULL);
    return &sets[set].guid;
}

static gboolean
find_set(const TwGuid *guid, TwPropSet *ret)
{
    for (guint i = 0; i < G_N_ELEMENTS(sets); i++) {
        if (tw_guid_equal(guid, &sets[i].guid)) {
            *ret = (TwPropSet) i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *
tw_prop_set_name(const TwGuid *guid)
{
    TwPropSet set;

    return find_set(guid, &set) ? sets[set].name : NULL;
}

gboolean
tw_named_prop_check(const TwNamedProp *name, GError **error)
{
    gsize len;

    if (name->name == NULL)
        return TRUE;
    len = strlen(name->name);
    if (len > TW_NAMED_MAX_NAME) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "property name of %" G_GSIZE_FORMAT " bytes",
                    len);
        return FALSE;
    }
    if (len == 0 || !g_utf8_validate(name->name, (gssize) len, NULL)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "property name is %s",
                    len == 0 ? "empty" : "not UTF-8");
        return FALSE;
    }
    return TRUE;
}

gboolean
tw_named_prop_equal(gconstpointer a, gconstpointer b)
{
    const TwNamedProp *x = a, *y = b;

    if (!tw_guid_equal(&x->set, &y->set) || (x->name == NULL) != (y->name == NULL))
        return FALSE;
    return x->name != NULL ? strcmp(x->name, y->name) == 0 : x->lid == y->lid;
}

guint
tw_named_prop_hash(gconstpointer name)
{
    const TwNamedProp *x = name;
    guint hash = tw_guid_hash(&x->set);

    return x->name != NULL ? hash ^ g_str_hash(x->name) : hash ^ (x->lid * 2654435761u);
}

TwNamedProp *
tw_named_prop_copy(const TwNamedProp *name)
{
    gsize size = name->name != NULL ? strlen(name->name) + 1 : 0;
    TwNamedProp *copy = g_malloc(sizeof *copy + size);

    *copy = *name;
    if (size > 0) {
        char *text = (char *) (copy + 1);
        memcpy(text, name->name, size);
        copy->name = text;
    }
    return copy;
}

char *
tw_named_prop_to_string(const TwNamedProp *name)
{
    char guid[TW_GUID_TEXT_SIZE];
    TwKnownName known;

    if (tw_known_name_find(name, &known))
        return g_strdup(tw_known_name_canonical(known));
    tw_guid_print(&name->set, TW_GUID_BRACED, guid);
    if (name->name != NULL)
        return g_strdup_printf("%s:%s", guid, name->name);
    return g_strdup_printf("%s:0x%04X", guid, name->lid);
}

TwNamedProp
tw_known_name(TwKnownName which)
{
    const NameRow *row = &rows[which];

    return (TwNamedProp){ .set = sets[row->set].guid, .name = row->name, .lid = row->lid };
}

guint16
tw_known_name_type(TwKnownName which)
{
    return rows[which].type;
}

const char *
tw_known_name_canonical(TwKnownName which)
{
    return rows[which].canonical + strlen("TW_");
}

static gboolean
find_lid(TwPropSet set, guint32 lid, TwKnownName *ret)
{
    guint low = 0, high = LID_ROWS;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const NameRow *row = &rows[middle];
        if (row->set == (guint8) set && row->lid == lid) {
            *ret = (TwKnownName) middle;
            return TRUE;
        }
        if (row->set < (guint8) set || (row->set == (guint8) set && row->lid < lid))
            low = middle + 1;
        else
            high = middle;
    }
    return FALSE;
}

gboolean
tw_known_name_find(const TwNamedProp *name, TwKnownName *ret)
{
    TwPropSet set;

    if (!find_set(&name->set, &set))
        return FALSE;
    if (name->name == NULL)
        return find_lid(set, name->lid, ret);
    for (guint i = LID_ROWS; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].set == (guint8) set && strcmp(rows[i].name, name->name) == 0) {
            *ret = (TwKnownName) i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
tw_known_name_from_canonical(const char *canonical, gsize len, TwKnownName *ret)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *words = tw_known_name_canonical((TwKnownName) i);
        if (strlen(words) == len && memcmp(words, canonical, len) == 0) {
            *ret = (TwKnownName) i;
            return TRUE;
        }
    }
    return FALSE;
}

guint16
tw_named_prop_fixed_id(const TwNamedProp *name)
{
    if (name->name != NULL)
        return 0;
    if (tw_guid_equal(&name->set, &sets[TW_PROP_SET_MAPI].guid))
        return name->lid < FIRST_NAMED_ID ? (guint16) name->lid : 0;
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const FixedBlock *block = &fixed[i];
        if (name->lid >= block->low && name->lid <= block->high &&
            tw_guid_equal(&name->set, &sets[block->set].guid))
            return (guint16) (block->first + (name->lid - block->low));
    }
    return 0;
}

gboolean
tw_named_prop_from_fixed_id(guint16 id, TwNamedProp *ret)
{
    if (id > 0 && id < FIRST_NAMED_ID) {
        *ret = (TwNamedProp){ .set = sets[TW_PROP_SET_MAPI].guid, .lid = id };
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const FixedBlock *block = &fixed[i];
        if (id >= block->first && (guint32) (id - block->first) <= block->high - block->low) {
            *ret = (TwNamedProp){ .set = sets[block->set].guid,
                                  .lid = block->low + (guint32) (id - block->first) };
            return TRUE;
        }
    }
    return FALSE;
}
