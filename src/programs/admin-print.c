/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/admin-print.h"

#include <string.h>

enum {
    FIELD_COLUMN = 32, /* where values of fields begin */
    TAB = 8,
};

void
tw_admin_table_init(AdminTable *table, const AdminColumn *columns, guint count)
{
    *table = (AdminTable){ .columns = columns,
                           .column_count = count,
                           .cells = g_ptr_array_new_with_free_func(g_free) };
}

void
tw_admin_table_clear(AdminTable *table)
{
    g_clear_pointer(&table->cells, g_ptr_array_unref);
}

void
tw_admin_table_add(AdminTable *table, const char *cell)
{
    g_ptr_array_add(table->cells, g_strdup(cell == NULL ? "" : cell));
}

guint
tw_admin_table_rows(const AdminTable *table)
{
    return table->cells->len / table->column_count;
}

typedef struct {
    char *key; /* owned */
    guint row;
} Order;

static gint
compare_rows(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Order *) a)->key, ((const Order *) b)->key);
}

void
tw_admin_table_sort(AdminTable *table)
{
    guint rows = tw_admin_table_rows(table), columns = table->column_count;
    g_autoptr(GArray) order = g_array_sized_new(FALSE, FALSE, sizeof(Order), rows);
    GPtrArray *sorted = g_ptr_array_new_full(rows * columns, g_free);

    for (guint i = 0; i < rows; i++) {
        Order one = { .key = g_utf8_casefold(table->cells->pdata[(gsize) i * columns], -1),
                      .row = i };
        g_array_append_val(order, one);
    }
    g_array_sort(order, compare_rows);
    for (guint i = 0; i < rows; i++) {
        Order *one = &g_array_index(order, Order, i);
        for (guint column = 0; column < columns; column++)
            g_ptr_array_add(sorted,
                            g_steal_pointer(&table->cells->pdata[one->row * columns + column]));
        g_free(one->key);
    }
    g_ptr_array_unref(table->cells);
    table->cells = sorted;
}

/* ---- text ---- */

static guint
width_of(const char *text)
{
    return (guint) g_utf8_strlen(text, -1);
}

static void
pad(GString *out, guint count, char letter)
{
    for (guint i = 0; i < count; i++)
        g_string_append_c(out, letter);
}

static void
print_cell(const AdminTable *table, guint column, const char *text, guint width, GString *out)
{
    g_string_append(out, text);
    if (column + 1 < table->column_count) {
        pad(out, width - width_of(text), ' ');
        g_string_append_c(out, '\t');
    }
}

void
tw_admin_table_print(const AdminTable *table, GString *out)
{
    guint rows = tw_admin_table_rows(table), columns = table->column_count, total = 0;
    g_autofree guint *widths = g_new0(guint, columns);

    for (guint column = 0; column < columns; column++) {
        widths[column] = width_of(table->columns[column].label);
        for (guint row = 0; row < rows; row++)
            widths[column] =
                MAX(widths[column], width_of(table->cells->pdata[row * columns + column]));
        total += widths[column] + (column + 1 < columns ? TAB : 0);
    }
    g_string_append_c(out, '\t');
    for (guint column = 0; column < columns; column++)
        print_cell(table, column, table->columns[column].label, widths[column], out);
    g_string_append(out, "\n\t");
    pad(out, total, '-');
    g_string_append_c(out, '\n');
    for (guint row = 0; row < rows; row++) {
        g_string_append_c(out, '\t');
        for (guint column = 0; column < columns; column++)
            print_cell(table, column, table->cells->pdata[row * columns + column], widths[column],
                       out);
        g_string_append_c(out, '\n');
    }
}

void
tw_admin_print_field(const char *label, const char *value, GString *out)
{
    guint width = width_of(label) + 1;

    g_string_append_printf(out, "%s:", label);
    do {
        g_string_append_c(out, '\t');
        width = (width / TAB + 1) * TAB;
    } while (width < FIELD_COLUMN);
    g_string_append_printf(out, "%s\n", value);
}

char *
tw_admin_format_size(guint64 bytes)
{
    guint64 hundredths = bytes / (1u << 20) * 100 + bytes % (1u << 20) * 100 / (1u << 20);

    return g_strdup_printf("%" G_GUINT64_FORMAT ".%02u MB", hundredths / 100,
                           (guint) (hundredths % 100));
}

/* ---- JSON ---- */

void
tw_admin_print_json_text(const char *text, GString *out)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    g_string_append_c(out, '"');
    for (const char *at = valid; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_printf(out, "\\%c", *at);
        else if ((guint8) *at < 0x20)
            g_string_append_printf(out, "\\u%04x", (guint) *at);
        else
            g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

void
tw_admin_table_print_json(const AdminTable *table, GString *out)
{
    guint rows = tw_admin_table_rows(table), columns = table->column_count;

    g_string_append_c(out, '[');
    for (guint row = 0; row < rows; row++) {
        g_string_append(out, row == 0 ? "{" : ",{");
        for (guint column = 0; column < columns; column++) {
            g_string_append(out, column == 0 ? "" : ",");
            tw_admin_print_json_text(table->columns[column].key, out);
            g_string_append_c(out, ':');
            tw_admin_print_json_text(table->cells->pdata[row * columns + column], out);
        }
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}
