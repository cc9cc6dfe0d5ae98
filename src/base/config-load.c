/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From a file to a configuration, and to the next one at SIGHUP.
 *
 * Goes on after an error, so that a checker shows all of them at once; what is made is thrown away then. Order of strength:
 * default, translation of old keys, file, command line.
 */
#include <string.h>

#include "base/config-private.h"
#include "base/error.h"
#include "base/number.h"

enum {
    VALUE_SHOWN = 200 /* bytes of a wrong value repeated in a message */
};

typedef struct {
    const TwConfigSource *source;
    TwConfigSchema *schema;
    TwConfig *config;
    GPtrArray *notes; /* NULL: not wanted */
    GError *first;    /* first error */
} Load;

void
tw_config_note_free(TwConfigNote *note)
{
    if (note == NULL)
        return;
    g_free(note->where);
    g_free(note->key);
    g_free(note->text);
    g_free(note);
}

char *
tw_config_note_to_string(const TwConfigNote *note)
{
    static const char *const severities[] = {
        [TW_CONFIG_NOTICE] = "notice",
        [TW_CONFIG_WARNING] = "warning",
        [TW_CONFIG_ERROR] = "error",
    };

    return g_strdup_printf("%s%s%s: %s%s%s", note->where, *note->where != '\0' ? ": " : "",
                           severities[note->severity], note->key, *note->key != '\0' ? ": " : "",
                           note->text);
}

static void G_GNUC_PRINTF(5, 6) add_note(Load *load,
                                         TwConfigSeverity severity,
                                         const char *where,
                                         const char *key,
                                         const char *format,
                                         ...)
{
    TwConfigNote *note = g_new0(TwConfigNote, 1);
    va_list args;

    note->severity = severity;
    note->where = g_strdup(where);
    note->key = g_strdup(key);
    va_start(args, format);
    note->text = g_strdup_vprintf(format, args);
    va_end(args);
    if (severity == TW_CONFIG_ERROR && load->first == NULL) {
        load->first =
            g_error_new(TW_ERROR, TW_ERROR_INVALID, "%s%s%s%s%s", where, *where != '\0' ? ": " : "",
                        key, *key != '\0' ? ": " : "", note->text);
    }
    if (load->notes != NULL)
        g_ptr_array_add(load->notes, note);
    else
        tw_config_note_free(note);
}

static char *
show(const char *text)
{
    g_autofree char *start = g_strndup(text, VALUE_SHOWN);

    return g_strescape(start, NULL);
}

static void
note_unknown(Load *load, const char *where, const char *name)
{
    const char *file = g_hash_table_lookup(load->schema->elsewhere, name);
    const char *meant = tw_config_schema_suggest(load->schema, name);
    g_autofree char *shown = show(name);

    if (file != NULL) {
        add_note(load, TW_CONFIG_WARNING, where, shown,
                 "belongs to the whole program and has no effect here; set it in %s", file);
        return;
    }
    add_note(load, load->source->ignore_unknown ? TW_CONFIG_WARNING : TW_CONFIG_ERROR, where, shown,
             "unknown key%s%s%s", meant == NULL ? "" : "; did you mean ",
             meant == NULL ? "" : meant, meant == NULL ? "" : "?");
}

static gboolean
is_variable(const char *text)
{
    if (text[0] != '$' || !(g_ascii_isalpha(text[1]) || text[1] == '_'))
        return FALSE;
    for (text += 2; *text != '\0'; text++) {
        if (!g_ascii_isalnum(*text) && *text != '_')
            return FALSE;
    }
    return TRUE;
}

static const char *
find_variable(const char *const *environment, const char *name)
{
    gsize len = strlen(name);

    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    }
    return NULL;
}

static void
note_about_name(Load *load, const char *where, const char *name, const TwConfigKey *key)
{
    if (strcmp(name, key->name) != 0)
        add_note(load, TW_CONFIG_WARNING, where, name, "old spelling of %s", key->name);
    if ((key->flags & TW_CONFIG_OBSOLETE) != 0)
        add_note(load, TW_CONFIG_WARNING, where, name, "has no effect any more");
    if ((key->flags & TW_CONFIG_LEGACY) != 0)
        add_note(load, TW_CONFIG_WARNING, where, name, "is the old way to say %s", key->instead);
}

static void
set_value(Load *load,
          const char *where,
          const TwConfigKey *key,
          gssize at,
          const char *text,
          TwConfigOrigin origin)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *shown = NULL;
    TwConfigValue *value;

    if (key->type != TW_CONFIG_SECRET && is_variable(text)) {
        const char *found = find_variable(load->source->environment, text + 1);
        if (found == NULL) {
            add_note(load, TW_CONFIG_ERROR, where, key->name, "environment variable %s is not set",
                     text + 1);
            return;
        }
        text = found;
    }
    value = tw_config_value_new(key, text, origin, &error);
    if (value == NULL) {
        shown = key->type == TW_CONFIG_SECRET ? g_strdup("***") : show(text);
        add_note(load, TW_CONFIG_ERROR, where, key->name, "\"%s\" %s%s", shown,
                 key->type == TW_CONFIG_LISTEN || key->type == TW_CONFIG_URL ||
                         key->type == TW_CONFIG_LIST
                     ? "is wrong: "
                     : "",
                 error->message);
        return;
    }
    tw_config_value_unref(load->config->values[at]);
    load->config->values[at] = value;
}

static void
apply(Load *load, const char *where, const char *name, const char *text, TwConfigOrigin origin)
{
    gssize at = tw_config_schema_slot(load->schema, name);
    const TwConfigKey *key;

    if (at < 0) {
        note_unknown(load, where, name);
        return;
    }
    key = g_array_index(load->schema->slots, TwConfigSlot, at).key;
    note_about_name(load, where, name, key);
    if ((key->flags & TW_CONFIG_OBSOLETE) != 0)
        return;
    if (strlen(text) > TW_CONFIG_VALUE_ADVISED)
        add_note(load, TW_CONFIG_WARNING, where, name,
                 "the value is longer than %d bytes; other programs cut it there",
                 TW_CONFIG_VALUE_ADVISED);
    if (origin == TW_CONFIG_FROM_FILE && load->config->values[at]->origin == TW_CONFIG_FROM_FILE)
        add_note(load, TW_CONFIG_NOTICE, where, name, "is set more than once; the last one wins");
    set_value(load, where, key, at, text, origin);
}

static void
free_propmap_line(gpointer data)
{
    TwConfigPropmapLine *line = data;

    g_free(line->attribute);
    g_free(line->where);
    g_free(line);
}

static void
apply_propmap(Load *load, const char *where, const TwConfigLine *line)
{
    const char *digits = line->name;
    TwConfigPropmapLine *mapped;
    guint64 tag;

    if (g_ascii_strncasecmp(digits, "0x", 2) == 0)
        digits += 2;
    if (strlen(digits) != 8 || !tw_parse_hex_u64(digits, 8, &tag)) {
        g_autofree char *shown = show(line->name);
        add_note(load, TW_CONFIG_ERROR, where, shown,
                 "is no property tag with type (0x and 8 hexadecimal digits)");
        return;
    }
    mapped = g_new0(TwConfigPropmapLine, 1);
    mapped->tag = (guint32) tag;
    mapped->attribute = g_strdup(line->value);
    mapped->where = g_strdup(where);
    g_ptr_array_add(load->config->propmap, mapped);
}

static void
apply_line(Load *load, const TwConfigLine *line)
{
    g_autofree char *where = g_strdup_printf("%s:%u", line->file, line->line);

    if (line->kind == TW_CONFIG_LINE_SETTING) {
        apply(load, where, line->name, line->value, TW_CONFIG_FROM_FILE);
    } else if (line->kind == TW_CONFIG_LINE_PROPMAP && load->schema->propmap) {
        apply_propmap(load, where, line);
    } else {
        g_autofree char *shown = show(line->name);
        add_note(load, TW_CONFIG_WARNING, where, "", "%s is ignored: %s", shown,
                 line->kind == TW_CONFIG_LINE_PROPMAP ? "this file has no property map"
                                                      : "unknown directive");
    }
}

static void
read_all(Load *load)
{
    const TwConfigSource *source = load->source;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) lines = NULL;

    if (source->path != NULL) {
        lines = tw_config_file_read(source->path,
                                    source->read == NULL ? tw_config_read_disk : source->read,
                                    source->read_data, &error);
        if (lines == NULL)
            add_note(load, TW_CONFIG_ERROR, "", "", "%s", error->message);
    }
    for (guint i = 0; lines != NULL && i < lines->len; i++)
        apply_line(load, g_ptr_array_index(lines, i));
    for (gsize i = 0; i < source->settings_count; i++)
        apply(load, "command line", source->settings[i].name, source->settings[i].value,
              TW_CONFIG_FROM_COMMAND_LINE);
}

static void
set_defaults(Load *load)
{
    for (guint i = 0; i < load->schema->slots->len; i++) {
        const TwConfigSlot *slot = &g_array_index(load->schema->slots, TwConfigSlot, i);
        /* cannot fail: tried when the schema was made */
        load->config->values[i] =
            tw_config_value_new(slot->key, slot->def, TW_CONFIG_FROM_DEFAULT, NULL);
        g_assert(load->config->values[i] != NULL);
    }
}

static void
translate(Load *load)
{
    for (guint i = 0; i < load->schema->tables->len && load->first == NULL; i++) {
        const TwConfigTable *table = g_array_index(load->schema->tables, const TwConfigTable *, i);
        g_autoptr(GError) error = NULL;

        if (table->translate != NULL && !table->translate(load->config, &error))
            add_note(load, TW_CONFIG_ERROR, "", "", "%s", error->message);
    }
}

static void
check(Load *load)
{
    for (guint i = 0; i < load->schema->tables->len && load->first == NULL; i++) {
        const TwConfigTable *table = g_array_index(load->schema->tables, const TwConfigTable *, i);
        g_autoptr(GError) error = NULL;

        if (table->check != NULL && !table->check(load->config, &error))
            add_note(load, TW_CONFIG_ERROR, "", "", "%s", error->message);
    }
}

/* Keeps what must not change while the program runs. */
static void
keep_running(Load *load, const TwConfig *running)
{
    for (guint i = 0; i < load->schema->slots->len; i++) {
        const TwConfigKey *key = g_array_index(load->schema->slots, TwConfigSlot, i).key;
        TwConfigValue *old = running->values[i];
        TwConfigValue **fresh = &load->config->values[i];

        if ((key->flags & TW_CONFIG_RELOADABLE) != 0 && old->origin != TW_CONFIG_FROM_COMMAND_LINE)
            continue;
        if (!tw_config_value_equal(old, *fresh))
            add_note(load, TW_CONFIG_WARNING, "", key->name, "changed; takes effect at a restart");
        tw_config_value_unref(*fresh);
        *fresh = g_atomic_rc_box_acquire(old);
    }
}

static TwConfig *
load_config(TwConfigSchema *schema,
            const TwConfig *running,
            const TwConfigSource *source,
            GPtrArray *notes,
            GError **error)
{
    g_autoptr(TwConfig) config = g_atomic_rc_box_new0(TwConfig);
    Load load = {
        .source = source, .schema = schema, .config = config, .notes = notes, .first = NULL
    };

    g_atomic_int_set(&schema->sealed, TRUE);
    config->schema = tw_config_schema_ref(schema);
    config->values = g_new0(TwConfigValue *, schema->slots->len);
    config->propmap = g_ptr_array_new_with_free_func(free_propmap_line);
    config->draft = TRUE;
    set_defaults(&load);
    read_all(&load);
    translate(&load);
    if (running != NULL && load.first == NULL)
        keep_running(&load, running);
    check(&load);
    config->draft = FALSE;
    if (load.first != NULL) {
        g_propagate_error(error, load.first);
        return NULL;
    }
    return g_steal_pointer(&config);
}

TwConfig *
tw_config_load(TwConfigSchema *schema,
               const TwConfigSource *source,
               GPtrArray *notes,
               GError **error)
{
    return load_config(schema, NULL, source, notes, error);
}

TwConfig *
tw_config_reload(const TwConfig *running,
                 const TwConfigSource *source,
                 GPtrArray *notes,
                 GError **error)
{
    return load_config(running->schema, running, source, notes, error);
}
