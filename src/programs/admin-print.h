/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What twiga-admin says: tables and fields, as text that scripts have parsed for years (spec/config-and-cli.md 15.4) or as
 * JSON. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One column. */
typedef struct {
    const char *label; /* of the text form */
    const char *key;   /* of JSON */
} AdminColumn;

typedef struct {
    const AdminColumn *columns;
    guint column_count;
    GPtrArray *cells; /* of char *, row after row */
} AdminTable;

/**
 * tw_admin_table_init:
 * @table: caller's memory
 * @columns: (array length=count): its columns, borrowed
 * @count: how many
 */
void tw_admin_table_init(AdminTable *table, const AdminColumn *columns, guint count);

/**
 * tw_admin_table_clear:
 * @table: a table, also one that is all zero
 */
void tw_admin_table_clear(AdminTable *table);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AdminTable, tw_admin_table_clear)

/**
 * tw_admin_table_add:
 * @table: a table
 * @cell: (nullable): the next cell, copied; NULL is ""
 */
void tw_admin_table_add(AdminTable *table, const char *cell);

/**
 * tw_admin_table_sort:
 * @table: a table
 *
 * Sorts its rows by their first cells, regardless of case.
 */
void tw_admin_table_sort(AdminTable *table);

/**
 * tw_admin_table_rows:
 * @table: a table
 *
 * Returns: how many rows it has
 */
guint tw_admin_table_rows(const AdminTable *table);

/**
 * tw_admin_table_print:
 * @table: a table
 * @out: gets a line of labels, a line of dashes and a line for each row; each begins with a tab, columns are padded and end in
 *   a tab but for the last
 */
void tw_admin_table_print(const AdminTable *table, GString *out);

/**
 * tw_admin_table_print_json:
 * @table: a table
 * @out: gets an array of objects, without a newline at its end
 */
void tw_admin_table_print_json(const AdminTable *table, GString *out);

/**
 * tw_admin_print_field:
 * @label: of the field
 * @value: its value
 * @out: gets a line: label, colon, one tab or more, value
 *
 * Values of all fields stand under one another where tabs are eight wide.
 */
void tw_admin_print_field(const char *label, const char *value, GString *out);

/**
 * tw_admin_print_json_text:
 * @text: any bytes
 * @out: gets a JSON string; what is no UTF-8 becomes U+FFFD
 */
void tw_admin_print_json_text(const char *text, GString *out);

/**
 * tw_admin_format_size:
 * @bytes: a size
 *
 * Returns: (transfer full): such as "12.50 MB"
 */
char *tw_admin_format_size(guint64 bytes);

G_END_DECLS
