/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Three versions of an item into one: kept (what came), then (what we made of it and would have written), now (what we would
 * write). Lines that depend on one another are one group; a group that is the same then and now is written as it came.
 */
#include <string.h>

#include "base/hash.h"
#include "convert/ical-out-private.h"

/* ---- groups of lines ---- */

static const struct {
    const char *name, *group;
} groups[] = {
    { "COMPLETED", "STATUS" },
    { "CREATED", "STAMP" },
    { "DESCRIPTION", "BODY" },
    { "DTEND", "WHEN" },
    { "DTSTAMP", "STAMP" },
    { "DTSTART", "WHEN" },
    { "DUE", "WHEN" },
    { "DURATION", "WHEN" },
    { "EXDATE", "WHEN" },
    { "EXRULE", "WHEN" },
    { "LAST-MODIFIED", "STAMP" },
    { "PERCENT-COMPLETE", "STATUS" },
    { "RDATE", "WHEN" },
    { "RRULE", "WHEN" },
    { "X-ALT-DESC", "BODY" },
    { "X-MICROSOFT-CDO-ALLDAYEVENT", "WHEN" },
};

/* The group of a line; each attendee is one, and so is each attachment. */
static char *
group_of(const TwContentLine *line)
{
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (strcmp(groups[i].name, line->name) == 0)
            return g_strdup(groups[i].group);
    }
    if (strcmp(line->name, "ATTENDEE") == 0 || strcmp(line->name, "ATTACH") == 0) {
        g_autofree char *value = g_ascii_strdown(line->value, (gssize) line->value_len);
        gboolean is_data = tw_lines_param_is(line, "ENCODING", "BASE64");
        return g_strconcat(line->name, is_data ? ":data:" : ":", value, NULL);
    }
    return g_strdup(line->name);
}

static gboolean
is_recurrence(const TwContentLine *line)
{
    return strcmp(line->name, "RRULE") == 0 || strcmp(line->name, "RDATE") == 0 ||
           strcmp(line->name, "EXDATE") == 0 || strcmp(line->name, "EXRULE") == 0;
}

static void
string_free(gpointer string)
{
    g_string_free(string, TRUE);
}

/* The text of each group of a component; of its parts that are components, by their names. */
static GHashTable *
groups_of(const TwContentNode *node)
{
    GHashTable *table = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, string_free);

    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        g_autofree char *key = group_of(line);
        GString *text = g_hash_table_lookup(table, key);
        if (text == NULL)
            g_hash_table_insert(table, g_steal_pointer(&key), text = g_string_new(NULL));
        g_string_append_len(text, line->raw, (gssize) line->raw_len);
        g_string_append_c(text, '\n');
    }
    for (const TwContentNode *child = node->children; child != NULL; child = child->next) {
        g_autofree char *key = g_strconcat("BEGIN:", child->name, NULL);
        GString *text = g_hash_table_lookup(table, key);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);
        if (text == NULL)
            g_hash_table_insert(table, g_steal_pointer(&key), text = g_string_new(NULL));
        tw_lines_write(child, &out);
        g_string_append_len(text, (const char *) out.data, (gssize) out.len);
    }
    return table;
}

static gboolean
same_group(GHashTable *a, GHashTable *b, const char *key)
{
    const GString *x = g_hash_table_lookup(a, key), *y = g_hash_table_lookup(b, key);

    return x == NULL || y == NULL ? x == y : g_string_equal(x, y);
}

/* Whether anything but the stamps differs. */
static gboolean
same_but_stamps(GHashTable *a, GHashTable *b)
{
    GHashTable *tables[] = { a, b };

    for (guint i = 0; i < 2; i++) {
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, tables[i]);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            if (strcmp(key, "STAMP") != 0 && !same_group(a, b, key))
                return FALSE;
        }
    }
    return TRUE;
}

/* ---- a component ---- */

void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
tw_ical_copy_node(const TwContentNode *node, const TwIcalPlace *place)
{
    TwIcalPlace copy = { place->tree, tw_lines_add_node(place->tree, place->node, node->name) };

    if (copy.node == NULL)
        return;
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next)
        tw_lines_add_line(copy.tree, copy.node, line);
    for (const TwContentNode *child = node->children; child != NULL; child = child->next)
        tw_ical_copy_node(child, &copy);
}

typedef struct {
    GHashTable *then, *now; /* texts of groups */
    GHashTable *done;       /* groups of the kept text that were written from what is now */
    const TwContentNode *then_node, *now_node;
    gboolean stamps;          /* take those of now */
    gboolean keep_recurrence; /* MAPI never had it, so it did not change */
} Merge;

static gboolean
is_changed(const Merge *merge, const char *key)
{
    return strcmp(key, "STAMP") == 0 ? merge->stamps : !same_group(merge->then, merge->now, key);
}

/* What MAPI knows of somebody; all other parameters are the text's alone. */
static gboolean
is_known_param(const char *name)
{
    static const char *const known[] = { "CN", "PARTSTAT", "ROLE", "RSVP", NULL };

    return g_strv_contains(known, name);
}

static void
put_param(GString *out, const TwContentParam *param)
{
    for (guint i = 0; i < param->count; i++) {
        g_autoptr(GString) one = g_string_new(NULL);

        tw_lines_put_param(one, param->name, param->values[i]);
        if (i == 0)
            g_string_append(out, one->str);
        else
            g_string_append_printf(out, ",%s", one->str + strlen(param->name) + 2);
    }
}

static const TwContentLine *
find_group(const TwContentNode *node, const char *key)
{
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        g_autofree char *other = group_of(line);
        if (strcmp(other, key) == 0)
            return line;
    }
    return NULL;
}

/* Whether what MAPI knows is no news: the text may have left it out, or said it in other words. */
static gboolean
is_as_before(const TwContentLine *then, const TwContentLine *now, const char *param)
{
    return then != NULL && g_strcmp0(tw_lines_param(then, param), tw_lines_param(now, param)) == 0;
}

/* Who answered is not asked any more. */
static gboolean
has_answered(const TwContentLine *then, const TwContentLine *now)
{
    return !is_as_before(then, now, "PARTSTAT") &&
           !tw_lines_param_is(now, "PARTSTAT", "NEEDS-ACTION");
}

/* Somebody's line with a new answer keeps what else was said of them. */
static void
put_person(const TwContentLine *then,
           const TwContentLine *now,
           const TwContentLine *kept,
           const TwIcalPlace *place)
{
    gsize head = now->raw_len - now->value_len - 1;
    g_autoptr(GString) out = g_string_new("ATTENDEE");

    for (guint i = 0; i < kept->param_count; i++) {
        const TwContentParam *param = &kept->params[i];
        if (strcmp(param->name, "RSVP") == 0 && has_answered(then, now))
            continue;
        if (!is_known_param(param->name) || is_as_before(then, now, param->name))
            put_param(out, param);
    }
    for (guint i = 0; i < now->param_count; i++) {
        const TwContentParam *param = &now->params[i];
        if (is_known_param(param->name) ? !is_as_before(then, now, param->name)
                                        : tw_lines_param(kept, param->name) == NULL)
            put_param(out, param);
    }
    g_string_append_len(out, now->raw + head, (gssize) (now->raw_len - head));
    tw_lines_add_raw(place->tree, place->node, out->str, out->len);
}

/* @kept: the line of the kept text that has this group */
static void
put_group(Merge *merge, const char *key, const TwContentLine *kept, const TwIcalPlace *place)
{
    gboolean person = strcmp(kept->name, "ATTENDEE") == 0;

    if (!g_hash_table_add(merge->done, g_strdup(key)))
        return;
    for (const TwContentLine *line = merge->now_node->lines; line != NULL; line = line->next) {
        g_autofree char *other = group_of(line);
        if (strcmp(other, key) != 0)
            continue;
        if (person)
            put_person(find_group(merge->then_node, key), line, kept, place);
        else
            tw_lines_add_line(place->tree, place->node, line);
    }
}

static gboolean
has_recurrence(const TwContentNode *node)
{
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (is_recurrence(line))
            return TRUE;
    }
    return FALSE;
}

static void
merge_lines(Merge *merge, const TwContentNode *kept, const TwIcalPlace *place)
{
    for (const TwContentLine *line = kept->lines; line != NULL; line = line->next) {
        g_autofree char *key = group_of(line);
        if (!is_changed(merge, key)) {
            tw_lines_add_line(place->tree, place->node, line);
            continue;
        }
        put_group(merge, key, line, place);
        if (merge->keep_recurrence && is_recurrence(line))
            tw_lines_add_line(place->tree, place->node, line);
    }
    for (const TwContentLine *line = merge->now_node->lines; line != NULL; line = line->next) {
        g_autofree char *key = group_of(line);
        if (is_changed(merge, key) && !g_hash_table_contains(merge->done, key))
            tw_lines_add_line(place->tree, place->node, line);
    }
}

static void
merge_children(const Merge *merge, const TwContentNode *kept, const TwIcalPlace *place)
{
    for (const TwContentNode *child = kept->children; child != NULL; child = child->next) {
        g_autofree char *key = g_strconcat("BEGIN:", child->name, NULL);
        if (!is_changed(merge, key))
            tw_ical_copy_node(child, place);
    }
    for (const TwContentNode *child = merge->now_node->children; child != NULL;
         child = child->next) {
        g_autofree char *key = g_strconcat("BEGIN:", child->name, NULL);
        if (is_changed(merge, key))
            tw_ical_copy_node(child, place);
    }
}

static void
merge_node(const TwContentNode *kept,
           const TwContentNode *then,
           const TwContentNode *now,
           const TwIcalPlace *place)
{
    g_autoptr(GHashTable) then_groups = groups_of(then);
    g_autoptr(GHashTable) now_groups = groups_of(now);
    g_autoptr(GHashTable) done = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
    TwIcalPlace merged = { place->tree, tw_lines_add_node(place->tree, place->node, kept->name) };
    Merge merge = {
        .then = then_groups,
        .now = now_groups,
        .done = done,
        .then_node = then,
        .now_node = now,
        .stamps = !same_but_stamps(then_groups, now_groups),
        .keep_recurrence = !has_recurrence(then) && !has_recurrence(now),
    };

    if (merged.node == NULL)
        return;
    merge_lines(&merge, kept, &merged);
    merge_children(&merge, kept, &merged);
}

/* ---- the item ---- */

static const TwContentNode *
find_day(const TwIcalVersion *version, gint64 day)
{
    for (guint i = 0; i < version->made->len; i++) {
        const TwIcalMade *made = &g_array_index(version->made, TwIcalMade, i);
        if (made->day == day)
            return made->node;
    }
    return NULL;
}

/* Overrides that MAPI could not hold stay as long as the series they belong to does. */
static gboolean
same_series(const TwIcalVersion *then, const TwIcalVersion *now)
{
    const TwContentNode *a = find_day(then, -1), *b = find_day(now, -1);
    g_autoptr(GHashTable) x = a != NULL ? groups_of(a) : NULL;
    g_autoptr(GHashTable) y = b != NULL ? groups_of(b) : NULL;

    return x != NULL && y != NULL && same_group(x, y, "WHEN");
}

void
tw_ical_merge(const TwIcalVersion *kept,
              const TwIcalVersion *then,
              const TwIcalVersion *now,
              const TwIcalPlace *place)
{
    gboolean same = same_series(then, now);

    for (guint i = 0; i < kept->made->len; i++) {
        const TwIcalMade *made = &g_array_index(kept->made, TwIcalMade, i);
        const TwContentNode *before = find_day(then, made->day), *after = find_day(now, made->day);
        if (before != NULL && after != NULL)
            merge_node(made->node, before, after, place);
        else if (before == NULL && after == NULL && same)
            tw_ical_copy_node(made->node, place);
    }
    for (guint i = 0; i < now->made->len; i++) {
        const TwIcalMade *made = &g_array_index(now->made, TwIcalMade, i);
        if (find_day(kept, made->day) == NULL || find_day(then, made->day) == NULL)
            tw_ical_copy_node(made->node, place);
    }
}
