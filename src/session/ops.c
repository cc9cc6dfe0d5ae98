/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of operations as data: rows, fields, and how what comes out is freed. */
#include "session/ops.h"

#include <stddef.h>
#include <string.h>

/* ---- clearing ---- */

static void
clear_text(gpointer field)
{
    g_clear_pointer((char **) field, g_free);
}

static void
clear_bytes(gpointer field)
{
    g_clear_pointer((GBytes **) field, g_bytes_unref);
}

static void
clear_object(gpointer field)
{
    g_clear_pointer((TwObject **) field, tw_object_free);
}

static void
clear_array(gpointer field)
{
    g_clear_pointer((GArray **) field, g_array_unref);
}

static void
clear_names(gpointer field)
{
    g_clear_pointer((char ***) field, g_strfreev);
}

static void
clear_folder(gpointer field)
{
    tw_folder_entry_clear(field);
}

static void
clear_message(gpointer field)
{
    tw_message_row_clear(field);
}

static void
clear_rules(gpointer field)
{
    g_clear_pointer((TwRules **) field, tw_rules_free);
}

static void
clear_keys(gpointer field)
{
    tw_sync_keys_clear(field);
}

static void
clear_table_rows(gpointer field)
{
    g_clear_pointer((TwTableRows **) field, tw_table_rows_free);
}

static void
clear_search(gpointer field)
{
    g_clear_pointer((TwSearchInfo **) field, tw_search_info_free);
}

static void
clear_entry(gpointer field)
{
    g_clear_pointer((TwDirectoryObject **) field, tw_directory_object_unref);
}

static void
clear_pointers(gpointer field)
{
    g_clear_pointer((GPtrArray **) field, g_ptr_array_unref);
}

void
tw_container_entry_clear(TwContainerEntry *entry)
{
    g_clear_pointer(&entry->object, tw_directory_object_unref);
}

void
tw_session_entry_clear(TwSessionEntry *entry)
{
    g_clear_pointer(&entry->name, g_free);
    g_clear_pointer(&entry->address, g_free);
    g_clear_pointer(&entry->program, g_free);
    g_clear_pointer(&entry->program_version, g_free);
    g_clear_pointer(&entry->door, g_free);
    g_clear_pointer(&entry->impersonator, g_free);
}

void
tw_folder_entry_clear(TwFolderEntry *entry)
{
    g_clear_pointer(&entry->row, tw_folder_row_free);
}

static const struct {
    gsize size;
    void (*clear)(gpointer field);
} out_kinds[] = {
#define KIND_ROW(name, type, func) [TW_OUT_##name] = { sizeof(TwOut_##name), func },
    TW_OUT_KIND_LIST(KIND_ROW)
#undef KIND_ROW
};

/* ---- rows ---- */

#define FIELD_IN(kind, field, doc) { #field, doc, offsetof(Args, field), TW_IN_##kind, FALSE },
#define FIELD_OUT(kind, field, doc) { #field, doc, offsetof(Args, field), TW_OUT_##kind, TRUE },
#define OP_FIELDS(upper, lower, camel, ...)                                                        \
    static const TwOpField *fields_##lower(guint *ret_count)                                       \
    {                                                                                              \
        typedef Tw##camel##Args Args;                                                              \
        static const TwOpField fields[] = { TW_ARGS_##camel(FIELD_IN, FIELD_OUT) };                \
                                                                                                   \
        *ret_count = G_N_ELEMENTS(fields);                                                         \
        return fields;                                                                             \
    }
TW_OP_LIST(OP_FIELDS)
#undef OP_FIELDS

#define AUDITED_NO FALSE
#define AUDITED_YES TRUE

static const struct {
    TwOpInfo info;
    const TwOpField *(*fields)(guint *ret_count);
} ops[] = {
#define OP_ROW(upper, lower, camel, class_, on, need_, need_to_, audit)                            \
    [TW_OP_##upper] = { { .name = #upper,                                                          \
                          .struct_name = "Tw" #camel "Args",                                       \
                          .op_class = TW_OP_##class_,                                              \
                          .target = TW_ON_##on,                                                    \
                          .need = TW_NEED_##need_,                                                 \
                          .need_to = TW_NEED_##need_to_,                                           \
                          .audited = AUDITED_##audit,                                              \
                          .args_size = sizeof(Tw##camel##Args) },                                  \
                        fields_##lower },
    TW_OP_LIST(OP_ROW)
#undef OP_ROW
};

const TwOpInfo *
tw_op_info(TwOp op)
{
    g_return_val_if_fail((guint) op < TW_OP_COUNT, NULL);
    return &ops[op].info;
}

const TwOpField *
tw_op_fields(TwOp op, guint *ret_count)
{
    g_return_val_if_fail((guint) op < TW_OP_COUNT, NULL);
    return ops[op].fields(ret_count);
}

const TwOpField *
tw_op_field(TwOp op, const char *name)
{
    guint count;
    const TwOpField *fields = tw_op_fields(op, &count);

    for (guint i = 0; i < count; i++) {
        if (!fields[i].out && strcmp(fields[i].name, name) == 0)
            return &fields[i]; /* cppcheck-suppress returnDanglingLifetime; it is static */
    }
    return NULL;
}

void
tw_op_clear(TwOp op, gpointer args)
{
    guint count;
    const TwOpField *fields = tw_op_fields(op, &count);

    for (guint i = 0; i < count; i++) {
        guint8 *at = (guint8 *) args + fields[i].offset;
        if (!fields[i].out)
            continue;
        if (out_kinds[fields[i].kind].clear != NULL)
            out_kinds[fields[i].kind].clear(at);
        memset(at, 0, out_kinds[fields[i].kind].size);
    }
}
