/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the tables show of themselves: --dump-config and the manual page.
 */
#include <string.h>
#include <unistd.h>

#include "base/config-private.h"

void
tw_config_dump(const TwConfig *config, GString *text)
{
    const GArray *slots = config->schema->slots;

    for (guint i = 0; i < slots->len; i++) {
        const TwConfigKey *key = g_array_index(slots, TwConfigSlot, i).key;
        const TwConfigValue *value = config->values[i];
        const char *shown = value->text;

        if (key->type == TW_CONFIG_SECRET) {
            gboolean empty = value->u.secret == NULL || tw_secret_is_empty(value->u.secret);
            shown = empty ? "" : "********";
        }
        g_string_append_printf(text, "%s%s =%s%s\n",
                               value->origin == TW_CONFIG_FROM_DEFAULT ? "# " : "", key->name,
                               *shown == '\0' ? "" : " ", shown);
    }
}

/* Appends running text as mdoc: a sentence a line, nothing that could be a macro or an escape. */
static void
append_text(GString *page, const char *text)
{
    gboolean line_start = TRUE;

    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            g_string_append(page, "\\&");
        line_start = FALSE;
        if (*text == '\\') {
            g_string_append(page, "\\e");
        } else if (*text == '\n' || (*text == ' ' && g_str_has_suffix(page->str, "."))) {
            g_string_append_c(page, '\n');
            while (text[1] == ' ' || text[1] == '\n')
                text++;
            line_start = TRUE;
        } else {
            g_string_append_c(page, *text);
        }
    }
    if (!line_start)
        g_string_append_c(page, '\n');
}

static const char *
kind_of_value(TwConfigType type)
{
    switch (type) {
    case TW_CONFIG_BOOL:
        return "yes or no";
    case TW_CONFIG_INT:
        return "a number";
    case TW_CONFIG_SIZE:
        return "a size";
    case TW_CONFIG_TIME:
        return "a time";
    case TW_CONFIG_ENUM:
        return "one of";
    case TW_CONFIG_STRING:
        return "text";
    case TW_CONFIG_PATH:
        return "a path";
    case TW_CONFIG_LIST:
        return "a list of words";
    case TW_CONFIG_SECRET:
        return "a secret";
    case TW_CONFIG_LISTEN:
        return "a list of listeners";
    case TW_CONFIG_URL:
        return "a server";
    }
    g_assert_not_reached();
}

static void
append_facts(GString *page, const TwConfigKey *key, const char *def)
{
    g_autoptr(GString) facts = g_string_new("Value: ");

    g_string_append(facts, kind_of_value(key->type));
    for (guint i = 0; key->type == TW_CONFIG_ENUM && key->choices[i] != NULL; i++)
        g_string_append_printf(facts, "%s%.*s", i > 0 ? ", " : " ",
                               (int) strcspn(key->choices[i], "|"), key->choices[i]);
    if (key->min != 0 || key->max != 0)
        g_string_append_printf(facts, " from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key->min,
                               key->max);
    if (key->unit != NULL)
        g_string_append_printf(facts, ", in %s", key->unit);
    g_string_append_printf(facts, "; default: %s",
                           *def == '\0'                    ? "empty"
                           : key->type == TW_CONFIG_SECRET ? "set"
                                                           : def);
    if ((key->flags & TW_CONFIG_NON_EMPTY) != 0)
        g_string_append(facts, "; must not be empty");
    if ((key->flags & TW_CONFIG_RELOADABLE) != 0)
        g_string_append(facts, "; read again at SIGHUP");
    if (key->aliases != NULL)
        g_string_append_printf(facts, "; old spelling: %s", key->aliases);
    if ((key->flags & TW_CONFIG_LEGACY) != 0)
        g_string_append_printf(facts, "; an old key, use %s", key->instead);
    append_text(page, facts->str);
}

static void
append_key(GString *page, const TwConfigSlot *slot)
{
    const TwConfigKey *key = slot->key;

    g_string_append_printf(page, ".It Ic %s\n", key->name);
    append_text(page, key->help);
    if ((key->flags & TW_CONFIG_OBSOLETE) != 0)
        g_string_append(page, "Obsolete: accepted without effect.\n");
    else
        append_facts(page, key, slot->def);
}

void
tw_config_schema_write_mdoc(const TwConfigSchema *schema, GString *page)
{
    const TwConfigTable *table = NULL;

    for (guint i = 0; i < schema->slots->len; i++) {
        const TwConfigSlot *slot = &g_array_index(schema->slots, TwConfigSlot, i);

        if (slot->table != table) {
            if (table != NULL)
                g_string_append(page, ".El\n");
            table = slot->table;
            g_string_append_printf(page, ".Ss %s\n.Bl -tag -width Ds\n", table->title);
        }
        append_key(page, slot);
    }
    if (table != NULL)
        g_string_append(page, ".El\n");
}

/* ---- paths ---- */

static void
warn(GPtrArray *notes, const char *key, char *text)
{
    TwConfigNote *note = g_new0(TwConfigNote, 1);

    note->severity = TW_CONFIG_WARNING;
    note->where = g_strdup("");
    note->key = g_strdup(key);
    note->text = text;
    g_ptr_array_add(notes, note);
}

void
tw_config_check_paths(const TwConfig *config, GPtrArray *notes)
{
    for (guint i = 0; i < config->schema->slots->len; i++) {
        const TwConfigKey *key = g_array_index(config->schema->slots, TwConfigSlot, i).key;
        const char *path = config->values[i]->text;
        g_autofree char *folder = NULL;

        if (key->type != TW_CONFIG_PATH || (key->flags & TW_CONFIG_OBSOLETE) != 0 ||
            config->values[i]->origin < TW_CONFIG_FROM_FILE || !g_path_is_absolute(path))
            continue;
        folder = g_path_get_dirname(path);
        if (access(folder, F_OK) != 0)
            warn(notes, key->name, g_strdup_printf("there is no folder %s", folder));
        else if (access(path, F_OK) == 0 && access(path, R_OK) != 0)
            warn(notes, key->name, g_strdup_printf("%s may not be read by this user", path));
    }
}
